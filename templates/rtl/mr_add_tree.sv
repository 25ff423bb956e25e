// SPDX-License-Identifier: Apache-2.0
//
// The sum of N terms by a binary tree of adders with a register after each level.
//
// Parameters: N terms (>= 1) of IN_BITS each, SIGNED (1: two's complement), OUT_BITS of the sum,
// TAG bits (>= 1) that travel with the terms and are 0 after reset.
//
// Schedule: terms every cycle with ce. Latency: $clog2(N) cycles with ce; none for N = 1. Without ce
// nothing moves. The sum is exact modulo 2^OUT_BITS: a level's numbers are one bit wider than those
// of the level before until they have OUT_BITS.
module mr_add_tree #(
    parameter N = 4,
    parameter IN_BITS = 4,
    parameter SIGNED = 1,
    parameter OUT_BITS = 6,
    parameter TAG = 1
) (
    input logic clk,
    input logic rst,
    input logic ce,
    input logic [TAG-1:0] in_tag,
    input logic [N*IN_BITS-1:0] terms,
    output logic [TAG-1:0] out_tag,
    output logic [OUT_BITS-1:0] sum
);
  localparam LEVELS = $clog2(N);

  // Numbers left after some levels, and their bits.
  function automatic integer left(input integer level);
    integer done;
    begin
      left = N;
      for (done = 0; done < level; done = done + 1) left = (left + 1) / 2;
    end
  endfunction
  function automatic integer width(input integer level);
    width = (IN_BITS + level < OUT_BITS) ? IN_BITS + level : OUT_BITS;
  endfunction

  genvar l, i;
  generate
    for (l = 0; l <= LEVELS; l = l + 1) begin : g_level
      localparam COUNT = left(l);
      localparam W = width(l);
      logic [COUNT*W-1:0] v;
      logic [TAG-1:0] tag;
      if (l == 0) begin : g_in
        assign tag = in_tag;
        for (i = 0; i < N; i = i + 1) begin : g_term
          assign v[i*W+:W] = terms[i*IN_BITS+:W];
          if (W < IN_BITS) begin : g_cut
            wire unused = &{1'b0, terms[i*IN_BITS+W+:IN_BITS-W]};
          end
        end
      end else begin : g_add
        localparam BEFORE = left(l - 1);
        localparam B = width(l - 1);
        for (i = 0; i < COUNT; i = i + 1) begin : g_sum
          wire [B-1:0] a = g_level[l-1].v[2*i*B+:B];
          wire [W-1:0] ax;
          if (W == B) begin : g_same
            assign ax = a;
          end else begin : g_wide
            assign ax = {(SIGNED != 0) & a[B-1], a};
          end
          if (2 * i + 1 < BEFORE) begin : g_two
            wire [B-1:0] b = g_level[l-1].v[(2*i+1)*B+:B];
            wire [W-1:0] bx;
            if (W == B) begin : g_same
              assign bx = b;
            end else begin : g_wide
              assign bx = {(SIGNED != 0) & b[B-1], b};
            end
            always_ff @(posedge clk) if (ce) v[i*W+:W] <= ax + bx;
          end else begin : g_one
            always_ff @(posedge clk) if (ce) v[i*W+:W] <= ax;
          end
        end
        always_ff @(posedge clk)
          if (rst) tag <= '0;
          else if (ce) tag <= g_level[l-1].tag;
      end
    end
  endgenerate

  assign out_tag = g_level[LEVELS].tag;
  localparam LAST = width(LEVELS);
  wire [LAST-1:0] last = g_level[LEVELS].v;
  generate
    if (LAST == OUT_BITS) begin : g_exact
      assign sum = last;
    end else begin : g_extend
      assign sum = {{(OUT_BITS - LAST) {(SIGNED != 0) & last[LAST-1]}}, last};
    end
    if (LEVELS == 0) begin : g_wires
      wire unused = &{1'b0, clk, rst, ce};
    end
  endgenerate
endmodule
