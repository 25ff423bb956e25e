// SPDX-License-Identifier: Apache-2.0
//
// A read-only memory of DEPTH words, filled from the file INIT ($readmemh, one word a line). The
// file is in the current folder; in Verilator's simulations in the folder that the argument
// +mr_weights=FOLDER names, if there is one.
//
// Parameters: WIDTH bits of a word (>= 1), DEPTH words (>= 1), STYLE of the memory (0 automatic, 1
// LUT, 2 block, 3 as 1: UltraRAM has no initial contents).
// Automatic: LUTs unless block RAM saves more than 128 of them for each 18 Kbit block, as mr_ram.
//
// Latency: the word leaves one cycle after its address, in cycles with ce; without ce data stays.
// addr is below DEPTH; above, data is undefined.
// The name that synthesis has for a ROM in LUTs.
`ifndef MR_ROM_IN_LUTS
`ifdef YOSYS
`define MR_ROM_IN_LUTS "logic"
`else
`define MR_ROM_IN_LUTS "distributed"
`endif
`endif
// With its limits $readmemh complains of a file that ends too early.
`ifdef VERILATOR
`define MR_ROM_READ(words) \
  initial begin : read_file \
    string folder; \
    if ($value$plusargs("mr_weights=%s", folder) != 0) \
      $readmemh({folder, "/", INIT}, words, 0, DEPTH - 1); \
    else $readmemh(INIT, words, 0, DEPTH - 1); \
  end
`else
`define MR_ROM_READ(words) initial $readmemh(INIT, words);
`endif
module mr_rom #(
    parameter WIDTH = 8,
    parameter DEPTH = 16,
    parameter STYLE = 0,
    parameter INIT = "rom.mem",
    localparam ADDR_BITS = (DEPTH > 1) ? $clog2(DEPTH) : 1
) (
    input logic clk,
    input logic ce,
    input logic [ADDR_BITS-1:0] addr,
    output logic [WIDTH-1:0] data
);
  // A LUT holds 64 words of a bit; a block 512 words of 36 bits to 16,384 of one.
  localparam LUTS = WIDTH * ((DEPTH + 63) / 64);
  localparam BLOCK_BITS = DEPTH <= 512 ? 36 : DEPTH <= 1024 ? 18 : DEPTH <= 2048 ? 9 : DEPTH <= 4096 ? 4 :
      DEPTH <= 8192 ? 2 : 1;
  localparam BLOCKS =
      ((WIDTH + BLOCK_BITS - 1) / BLOCK_BITS) * (DEPTH <= 16384 ? 1 : (DEPTH + 16383) / 16384);
  localparam IN_BLOCK = STYLE == 2 || (STYLE == 0 && LUTS > 128 * BLOCKS);
  generate
    if (IN_BLOCK) begin : g_block
      (* rom_style = "block" *) logic [WIDTH-1:0] words[0:DEPTH-1];
      `MR_ROM_READ(words)
      always_ff @(posedge clk) if (ce) data <= words[addr];
    end else begin : g_lut
      (* rom_style = `MR_ROM_IN_LUTS *) logic [WIDTH-1:0] words[0:DEPTH-1];
      `MR_ROM_READ(words)
      always_ff @(posedge clk) if (ce) data <= words[addr];
    end
  endgenerate
endmodule
