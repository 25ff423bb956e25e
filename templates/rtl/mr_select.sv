// SPDX-License-Identifier: Apache-2.0
//
// out_data = word `index` of the CHOICES words of in_data (word i in bits [i*WIDTH +: WIDTH]), as a
// tree of two-to-one choices, which fills LUTs of six inputs with four words each. Combinational;
// anything where index is CHOICES or more.
//
//   WIDTH    bits of a word
//   CHOICES  words, 2 or more
module mr_select #(
    parameter WIDTH = 8,
    parameter CHOICES = 3
) (
    input logic [CHOICES*WIDTH-1:0] in_data,
    input logic [$clog2(CHOICES)-1:0] index,
    output logic [WIDTH-1:0] out_data
);
  localparam integer LEVELS = $clog2(CHOICES);
  genvar level;
  genvar i;
  generate
    for (level = 0; level <= LEVELS; level = level + 1) begin : g_level
      // Words that are left: CHOICES / 2^level, rounded up.
      localparam integer WORDS = (CHOICES + (1 << level) - 1) >> level;
      logic [WORDS*WIDTH-1:0] words;
      if (level == 0) begin : g_leaves
        assign words = in_data;
      end else begin : g_nodes
        localparam integer BELOW = (CHOICES + (1 << (level - 1)) - 1) >> (level - 1);
        for (i = 0; i < WORDS; i = i + 1) begin : g_node
          if (2 * i + 1 < BELOW) begin : g_two
            assign words[i*WIDTH+:WIDTH] =
                index[level-1] ? g_level[level-1].words[(2*i+1)*WIDTH+:WIDTH]
                               : g_level[level-1].words[2*i*WIDTH+:WIDTH];
          end else begin : g_one
            assign words[i*WIDTH+:WIDTH] = g_level[level-1].words[2*i*WIDTH+:WIDTH];
          end
        end
      end
    end
  endgenerate
  assign out_data = g_level[LEVELS].words;
endmodule
