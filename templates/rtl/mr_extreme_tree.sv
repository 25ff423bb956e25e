// SPDX-License-Identifier: Apache-2.0
//
// The largest or the smallest of N terms by a binary tree of comparisons with a register after each
// level.
//
// Parameters: N terms (>= 1) of BITS each, SIGNED (1: two's complement), LARGEST (0: the smallest).
// Ports: in_tag, a bit that travels with the terms and is 0 after reset.
//
// Schedule: terms every cycle with ce. Latency: $clog2(N) cycles with ce; none for N = 1. Without ce
// nothing moves.
module mr_extreme_tree #(
    parameter N = 4,
    parameter BITS = 4,
    parameter SIGNED = 1,
    parameter LARGEST = 1
) (
    input logic clk,
    input logic rst,
    input logic ce,
    input logic in_tag,
    input logic [N*BITS-1:0] terms,
    output logic out_tag,
    output logic [BITS-1:0] extreme
);
  localparam LEVELS = $clog2(N);

  genvar l, i;
  generate
    for (l = 0; l <= LEVELS; l = l + 1) begin : g_level
      // Of N terms, each level leaves half, a lone one as it is.
      localparam COUNT = (N + (1 << l) - 1) >> l;
      logic [COUNT*BITS-1:0] v;
      logic tag;
      if (l == 0) begin : g_in
        assign tag = in_tag;
        assign v   = terms;
      end else begin : g_compare
        localparam BEFORE = (N + (1 << (l - 1)) - 1) >> (l - 1);
        for (i = 0; i < COUNT; i = i + 1) begin : g_term
          wire [BITS-1:0] a = g_level[l-1].v[2*i*BITS+:BITS];
          if (2 * i + 1 < BEFORE) begin : g_two
            wire [BITS-1:0] b = g_level[l-1].v[(2*i+1)*BITS+:BITS];
            wire a_more = (SIGNED != 0) ? $signed(a) > $signed(b) : a > b;
            always_ff @(posedge clk) if (ce) v[i*BITS+:BITS] <= a_more == (LARGEST != 0) ? a : b;
          end else begin : g_one
            always_ff @(posedge clk) if (ce) v[i*BITS+:BITS] <= a;
          end
        end
        always_ff @(posedge clk)
          if (rst) tag <= 1'b0;
          else if (ce) tag <= g_level[l-1].tag;
      end
    end
  endgenerate

  assign out_tag = g_level[LEVELS].tag;
  assign extreme = g_level[LEVELS].v;
  generate
    if (LEVELS == 0) begin : g_wires
      wire unused = &{1'b0, clk, rst, ce};
    end
  endgenerate
endmodule
