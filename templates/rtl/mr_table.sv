// SPDX-License-Identifier: Apache-2.0
//
// A read-only memory whose words are some elements of a parameter: per-channel constants,
// thresholds, tables.
//
// Parameters: WIDTH bits of a word (>= 1); SIZE elements (>= 1) of WIDTH bits in CONTENTS, element i
// in bits [i * WIDTH +: WIDTH]; ROWS rows of NODES words, of which the first USED are filled: word
// r * NODES + i is element OFFSET + r * ROW_STEP + i * NODE_STEP; STYLE and its automatic
// choice as mr_rom's; READ_LATENCY 0 or 1.
//
// Latency: 0: data is a function of addr in the same cycle; for at most 16 words or so.
//          1: the word leaves one cycle after its address, in cycles with ce; without ce data stays.
// addr is below ROWS * NODES and that of a filled word; elsewhere data is undefined.
// The name that synthesis has for a ROM in LUTs.
`ifndef MR_ROM_IN_LUTS
`ifdef YOSYS
`define MR_ROM_IN_LUTS "logic"
`else
`define MR_ROM_IN_LUTS "distributed"
`endif
`endif
module mr_table #(
    parameter WIDTH = 8,
    parameter SIZE = 4,
    parameter ROWS = 1,
    parameter NODES = 4,
    parameter USED = NODES,
    parameter OFFSET = 0,
    parameter ROW_STEP = NODES,
    parameter NODE_STEP = 1,
    parameter STYLE = 0,
    parameter READ_LATENCY = 0,
    parameter [WIDTH*SIZE-1:0] CONTENTS = '0,
    localparam DEPTH = ROWS * NODES,
    localparam ADDR_BITS = (DEPTH > 1) ? $clog2(DEPTH) : 1
) (
    input logic clk,
    input logic ce,
    input logic [ADDR_BITS-1:0] addr,
    output logic [WIDTH-1:0] data
);
  // As mr_rom.
  localparam LUTS = WIDTH * ((DEPTH + 63) / 64);
  localparam BLOCK_BITS = DEPTH <= 512 ? 36 : DEPTH <= 1024 ? 18 : DEPTH <= 2048 ? 9 : DEPTH <= 4096 ? 4 :
      DEPTH <= 8192 ? 2 : 1;
  localparam BLOCKS =
      ((WIDTH + BLOCK_BITS - 1) / BLOCK_BITS) * (DEPTH <= 16384 ? 1 : (DEPTH + 16383) / 16384);
  localparam IN_BLOCK = STYLE == 2 || (STYLE == 0 && LUTS > 128 * BLOCKS);
  genvar b, w;
  generate
    if (DEPTH == 1) begin : g_constant
      wire unused = &{1'b0, clk, ce, addr};
      assign data = CONTENTS[OFFSET*WIDTH+:WIDTH];
    end else if (READ_LATENCY == 0) begin : g_now
      // Bit by bit: synthesis moves the registers of a memory's address behind the memory, and what
      // computes the next address with them.
      wire unused = &{1'b0, clk, ce};
      for (b = 0; b < WIDTH; b = b + 1) begin : g_bit
        wire [(1<<ADDR_BITS)-1:0] column;
        for (w = 0; w < (1 << ADDR_BITS); w = w + 1) begin : g_word
          if (w < DEPTH && w % NODES < USED) begin : g_filled
            assign column[w] =
                CONTENTS[(OFFSET+w/NODES*ROW_STEP+w%NODES*NODE_STEP)*WIDTH+b];
          end else begin : g_free
            assign column[w] = 1'b0;
          end
        end
        assign data[b] = column[addr];
      end
    end else if (IN_BLOCK) begin : g_block
      (* rom_style = "block" *) logic [WIDTH-1:0] words[0:DEPTH-1];
      integer r, i;
      initial
        for (r = 0; r < ROWS; r = r + 1)
          for (i = 0; i < NODES; i = i + 1)
            words[r*NODES+i] = (i < USED) ?
                CONTENTS[(OFFSET+r*ROW_STEP+(i<USED?i : 0)*NODE_STEP)*WIDTH+:WIDTH] : '0;
      always_ff @(posedge clk) if (ce) data <= words[addr];
    end else begin : g_lut
      (* rom_style = `MR_ROM_IN_LUTS *) logic [WIDTH-1:0] words[0:DEPTH-1];
      integer r, i;
      initial
        for (r = 0; r < ROWS; r = r + 1)
          for (i = 0; i < NODES; i = i + 1)
            words[r*NODES+i] = (i < USED) ?
                CONTENTS[(OFFSET+r*ROW_STEP+(i<USED?i : 0)*NODE_STEP)*WIDTH+:WIDTH] : '0;
      always_ff @(posedge clk) if (ce) data <= words[addr];
    end
  endgenerate
endmodule
