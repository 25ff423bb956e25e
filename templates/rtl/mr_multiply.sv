// SPDX-License-Identifier: Apache-2.0
//
// product = a * b, exact modulo 2^OUT_BITS (at most 64 bits in LUTs).
//
// Parameters: A_BITS, A_ENC, B_BITS, B_ENC (0 unsigned, 1 signed, 2 bipolar); MULT 0: in LUTs
// (mr_dot_product), 1: a multiplication for the synthesiser to put into DSP blocks, except where a
// side is bipolar; OUT_BITS (at least 2).
//
// Schedule: a product every cycle with ce. Latency in cycles with ce: mr_dot_accumulate's, or 3.
// in_valid comes out as out_valid with its product; without ce nothing moves.
module mr_multiply #(
    parameter A_BITS = 8,
    parameter A_ENC = 1,
    parameter B_BITS = 8,
    parameter B_ENC = 1,
    parameter MULT = 0,
    parameter OUT_BITS = 16
) (
    input logic clk,
    input logic rst,
    input logic ce,
    input logic in_valid,
    input logic [A_BITS-1:0] a,
    input logic [B_BITS-1:0] b,
    output logic out_valid,
    output logic [OUT_BITS-1:0] product
);
  generate
    if (MULT != 0 && A_ENC != 2 && B_ENC != 2) begin : g_dsp
      mr_dot_dsp #(
          .SIMD(1),
          .FOLDS(1),
          .LANES(1),
          .APART(0),
          .A_BITS(A_BITS),
          .A_ENC(A_ENC),
          .W_BITS(B_BITS),
          .W_ENC(B_ENC),
          .ACC_BITS(OUT_BITS)
      ) multiplier (
          .clk(clk),
          .rst(rst),
          .ce(ce),
          .in_valid(in_valid),
          .in_last(1'b1),
          .a(a),
          .w(b),
          .out_valid(out_valid),
          .sums(product)
      );
    end else begin : g_lut
      mr_dot_accumulate #(
          .SIMD(1),
          .FOLDS(1),
          .A_BITS(A_BITS),
          .A_ENC(A_ENC),
          .W_BITS(B_BITS),
          .W_ENC(B_ENC),
          .ACC_BITS(OUT_BITS)
      ) multiplier (
          .clk(clk),
          .rst(rst),
          .ce(ce),
          .in_valid(in_valid),
          .in_last(1'b1),
          .a(a),
          .w(b),
          .out_valid(out_valid),
          .sum(product)
      );
    end
  endgenerate
endmodule
