// SPDX-License-Identifier: Apache-2.0
//
// A word and those LENGTH, twice LENGTH, ... words before it, KEPT of them: the line buffers of
// mr_parallel_window, and its columns where they are far from each other.
//
//   BITS    of a word
//   KEPT    words besides the incoming one, 0 or more
//   LENGTH  words from one to the next, 1 or more
//   STYLE   of the memory: 0 automatic, 1 LUT, 2 block RAM, 3 UltraRAM
//
// A word goes by in a cycle with `step`. out_data has the incoming word highest, the oldest lowest.
//
// All words that are kept lie in one memory: at a position those LENGTH, twice that, ... words ago. A
// position is rewritten with the incoming word in front and the oldest dropped. The memory is read
// one position ahead, so it has a read register, and the position that is read is never the one that
// is written (they differ by one of at least two).
module mr_window_memory #(
    parameter BITS = 8,
    parameter KEPT = 2,
    parameter LENGTH = 6,
    parameter STYLE = 0
) (
    input logic clk,
    input logic rst,
    input logic step,
    input logic [BITS-1:0] in_data,
    output logic [(KEPT+1)*BITS-1:0] out_data
);
  generate
    if (KEPT == 0) begin : g_wires
      assign out_data = in_data;
      wire unused = &{1'b0, clk, rst, step};
    end else begin : g_kept
      localparam integer WORD = KEPT * BITS;
      logic [WORD-1:0] kept;
      assign out_data = {in_data, kept};
      if (LENGTH == 1) begin : g_register
        always_ff @(posedge clk) if (step) kept <= out_data[WORD+BITS-1:BITS];
        wire unused = &{1'b0, rst};
      end else begin : g_memory
        localparam integer PW = $clog2(LENGTH);
        localparam integer LAST = LENGTH - 1;
        logic [PW-1:0] position;
        logic [PW-1:0] position_next;
        assign position_next = position == LAST[PW-1:0] ? '0 : position + 1'b1;
        always_ff @(posedge clk) begin
          if (rst) position <= '0;
          else if (step) position <= position_next;
        end
        mr_ram #(
            .WIDTH(WORD),
            .DEPTH(LENGTH),
            .STYLE(STYLE)
        ) memory (
            .clk(clk),
            .write(step),
            .write_address(position),
            .write_data(out_data[WORD+BITS-1:BITS]),
            .read(step),
            .read_address(position_next),
            .read_data(kept)
        );
      end
    end
  endgenerate
endmodule
