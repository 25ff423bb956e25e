// SPDX-License-Identifier: Apache-2.0
//
// Memory of DEPTH words with one write port and one read port: the buffer of FIFOs, rearrangements
// and line buffers. A read that is asked for (`read`) shows its word from the next cycle on and
// keeps it until the next one; a write is seen by reads of later cycles. The users never read the
// word that is written in the same cycle, so no port needs a comparison of addresses.
//
//   WIDTH  bits of a word
//   DEPTH  words, 1 or more
//   STYLE  0 automatic, 1 LUT, 2 block RAM, 3 UltraRAM, 4 registers
//
// Automatic: LUTs unless block RAM saves more than 128 of them for each 18 Kbit block; that is the
// ratio of LUTs to blocks on devices of the 7 series and UltraScale+, less what surrounds them.
// The synthesiser is told what to build, it does not choose; but for families without memory in
// LUTs (iCE40), for which the macro MR_NO_LUT_RAM leaves what would be there to it.
`ifndef MR_LUT_RAM
`ifdef MR_NO_LUT_RAM
`define MR_LUT_RAM "auto"
`else
`define MR_LUT_RAM "distributed"
`endif
`endif
module mr_ram #(
    parameter WIDTH = 8,
    parameter DEPTH = 16,
    parameter STYLE = 0
) (
    input logic clk,
    input logic write,
    input logic [(DEPTH > 1 ? $clog2(DEPTH) : 1)-1:0] write_address,
    input logic [WIDTH-1:0] write_data,
    input logic read,
    input logic [(DEPTH > 1 ? $clog2(DEPTH) : 1)-1:0] read_address,
    output logic [WIDTH-1:0] read_data
);
  // LUTs: four hold 6 bits of 32 words or 3 bits of 64.
  localparam integer LUTS =
      4 * (DEPTH <= 32 ? (WIDTH + 5) / 6 : (WIDTH + 2) / 3 * ((DEPTH + 63) / 64));
  // Words of an 18 Kbit block by its width, 512 x 36 to 16,384 x 1.
  localparam integer BLOCK_BITS =
      WIDTH > 18 ? 36 : WIDTH > 9 ? 18 : WIDTH > 4 ? 9 : WIDTH > 2 ? 4 : WIDTH;
  localparam integer BLOCK_WORDS =
      WIDTH > 18 ? 512 : WIDTH > 9 ? 1024 : WIDTH > 4 ? 2048 : WIDTH > 2 ? 4096 : 16384 / WIDTH;
  localparam integer BLOCKS =
      ((WIDTH + BLOCK_BITS - 1) / BLOCK_BITS) * ((DEPTH + BLOCK_WORDS - 1) / BLOCK_WORDS);
  localparam integer BUILT = STYLE != 0 ? STYLE : LUTS > 128 * BLOCKS ? 2 : 1;

  generate
    if (BUILT == 1) begin : g_lut
      (* ram_style = `MR_LUT_RAM *) logic [WIDTH-1:0] words[0:DEPTH-1];
      always_ff @(posedge clk) begin
        if (write) words[write_address] <= write_data;
        if (read) read_data <= words[read_address];
      end
    end else if (BUILT == 2) begin : g_block
      (* ram_style = "block", no_rw_check *) logic [WIDTH-1:0] words[0:DEPTH-1];
      always_ff @(posedge clk) begin
        if (write) words[write_address] <= write_data;
        if (read) read_data <= words[read_address];
      end
    end else if (BUILT == 3) begin : g_ultra
      (* ram_style = "ultra", no_rw_check *) logic [WIDTH-1:0] words[0:DEPTH-1];
      always_ff @(posedge clk) begin
        if (write) words[write_address] <= write_data;
        if (read) read_data <= words[read_address];
      end
    end else begin : g_registers
      (* ram_style = "registers" *) logic [WIDTH-1:0] words[0:DEPTH-1];
      always_ff @(posedge clk) begin
        if (write) words[write_address] <= write_data;
        if (read) read_data <= words[read_address];
      end
    end
  endgenerate
endmodule
