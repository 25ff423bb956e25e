// SPDX-License-Identifier: Apache-2.0
//
// Bounded queue of words. It stands on every edge of a design and cuts it in two: in_ready,
// out_valid and out_data come from registers, so no path goes through a FIFO in either direction.
//
//   WIDTH       bits of a word
//   DEPTH       words that wait, 1 or more; at least this many (see below)
//   STYLE       0 automatic, 1 LUT, 2 block RAM, 3 UltraRAM, 4 registers
//   BYPASS      1: an empty FIFO sends a word in the cycle after it came, for a LUT a bit; else one
//               cycle later. Block RAM and UltraRAM have no bypass.
//   REGISTERED  0: out_data comes straight from LUT memory (no register, no LUT a bit); only for
//               STYLE 0, 1 and 4
//
// Schedule: one word a cycle. Latency, from the cycle that takes a word to the cycle that offers
// it: 1 with BYPASS, with STYLE 4 or without REGISTERED, else 2.
//
// Words wait in a ring, and one more in the output register, which is filled from the ring whenever
// it is empty or read. The ring has DEPTH words, or the next power of two where the memory is no
// larger for it: more room never stops a design. STYLE 4 with a DEPTH of at most 2 is two registers
// of which the first is the output.
//
// Nothing is lost: in_ready is false while the ring is full, and the ring has no other writer.
// Nothing is stuck: a word in the ring moves on as soon as the output register may take it.
`ifndef MR_LUT_RAM
`ifdef MR_NO_LUT_RAM
`define MR_LUT_RAM "auto"
`else
`define MR_LUT_RAM "distributed"
`endif
`endif
module mr_fifo #(
    parameter WIDTH = 8,
    parameter DEPTH = 2,
    parameter STYLE = 0,
    parameter BYPASS = 0,
    parameter REGISTERED = 1
) (
    input logic clk,
    input logic rst,
    input logic [WIDTH-1:0] in_data,
    input logic in_valid,
    output logic in_ready,
    output logic [WIDTH-1:0] out_data,
    output logic out_valid,
    input logic out_ready
);
  localparam integer POWER = DEPTH <= 2 ? 2 : 1 << $clog2(DEPTH);
  // Words of memory that come for the same price as fewer.
  localparam integer GRAIN = STYLE == 2 || STYLE == 3 ? 512 : STYLE == 4 ? 1 : 64;
  localparam integer RING =
      DEPTH <= 2 ? 2 : (POWER + GRAIN - 1) / GRAIN == (DEPTH + GRAIN - 1) / GRAIN ? POWER : DEPTH;
  localparam integer AW = $clog2(RING);
  localparam integer LAST = RING - 1;

  generate
    if (STYLE == 4 && DEPTH <= 2) begin : g_pair
      logic [WIDTH-1:0] second;
      logic second_valid;
      assign in_ready = !second_valid;
      always_ff @(posedge clk) begin
        if (in_ready) second <= in_data;
        if (!out_valid || out_ready) out_data <= second_valid ? second : in_data;
        if (rst) begin
          out_valid <= 1'b0;
          second_valid <= 1'b0;
        end else begin
          if (!out_valid || out_ready) begin
            out_valid <= in_valid || second_valid;
            second_valid <= 1'b0;
          end else if (in_valid) begin
            second_valid <= 1'b1;
          end
        end
      end
    end else begin : g_ring
      logic [AW-1:0] write_address;
      logic [AW-1:0] read_address;
      logic [AW-1:0] write_next;
      logic [AW-1:0] read_next;
      logic held;  // the ring is not empty
      logic write;
      logic read;

      // Whether the ring is full or empty changes only where one side moves and the other does not;
      // then the addresses say it, and no counter is needed.
      assign write_next =
          RING != POWER && write_address == LAST[AW-1:0] ? '0 : write_address + 1'b1;
      assign read_next =
          RING != POWER && read_address == LAST[AW-1:0] ? '0 : read_address + 1'b1;
      always_ff @(posedge clk) begin
        if (rst) begin
          write_address <= '0;
          read_address <= '0;
          held <= 1'b0;
          in_ready <= 1'b1;
        end else begin
          if (write) write_address <= write_next;
          if (read) read_address <= read_next;
          if (write != read) begin
            held <= write || read_next != write_address;
            in_ready <= read || write_next != read_address;
          end
        end
      end

      if (REGISTERED == 0 && STYLE != 2 && STYLE != 3) begin : g_direct
        assign write = in_valid && in_ready;
        assign read = held && out_ready;
        assign out_valid = held;
        (* ram_style = `MR_LUT_RAM *) logic [WIDTH-1:0] words[0:RING-1];
        always_ff @(posedge clk) if (write) words[write_address] <= in_data;
        assign out_data = words[read_address];
      end else if (BYPASS != 0 && STYLE != 2 && STYLE != 3) begin : g_bypass
        logic load;
        assign load = !out_valid || out_ready;
        assign write = in_valid && in_ready && (held || !load);
        assign read = held && load;
        (* ram_style = `MR_LUT_RAM *) logic [WIDTH-1:0] words[0:RING-1];
        always_ff @(posedge clk) begin
          // Behind the last word the ring may be overwritten at will.
          if (in_ready) words[write_address] <= in_data;
          if (load) out_data <= held ? words[read_address] : in_data;
          if (rst) out_valid <= 1'b0;
          else if (load) out_valid <= held || (in_valid && in_ready);
        end
      end else begin : g_memory
        assign write = in_valid && in_ready;
        assign read = held && (!out_valid || out_ready);
        always_ff @(posedge clk) begin
          if (rst) out_valid <= 1'b0;
          else if (!out_valid || out_ready) out_valid <= held;
        end
        mr_ram #(
            .WIDTH(WIDTH),
            .DEPTH(RING),
            .STYLE(STYLE)
        ) ring (
            .clk(clk),
            .write(write),
            .write_address(write_address),
            .write_data(in_data),
            .read(read),
            .read_address(read_address),
            .read_data(out_data)
        );
      end
    end
  endgenerate
endmodule
