// SPDX-License-Identifier: Apache-2.0
//
// A lane of a matrix-vector or depthwise unit in LUTs: the sum over FOLDS words of SIMD products,
// modulo 2^ACC_BITS. mr_dot_product and mr_accumulator; the offset of the former's heap is taken off
// by the latter's initial value, at no cost.
//
// Parameters: FOLDS words of a sum (>= 1), ACC_BITS (1 to 64; at least 2 for bipolar times bipolar),
// the others as mr_dot_product's.
// Ports: in_valid, in_last with the FOLDS-th word of a sum; out_valid when sum is a finished one.
//
// Schedule: a word every cycle with ce. Latency: mr_dot_product's and 1. Sums stay as
// mr_accumulator's.
//
// Two bipolar operands: 2 p - K for the count p of K = FOLDS * SIMD signs is even where K is, so the
// lowest bit is K's and only p - ceil(K / 2) is accumulated.
module mr_dot_accumulate #(
    parameter SIMD = 4,
    parameter FOLDS = 4,
    parameter A_BITS = 2,
    parameter A_ENC = 0,
    parameter W_BITS = 2,
    parameter W_ENC = 1,
    parameter TERNARY = 0,
    parameter ACC_BITS = 10
) (
    input logic clk,
    input logic rst,
    input logic ce,
    input logic in_valid,
    input logic in_last,
    input logic [SIMD*A_BITS-1:0] a,
    input logic [SIMD*W_BITS-1:0] w,
    output logic out_valid,
    output logic [ACC_BITS-1:0] sum
);
  localparam SIGNS = A_ENC == 2 && W_ENC == 2;
  localparam [63:0] ONE = 64'd1;
  localparam A_EFF = (A_ENC == 1 && A_BITS == 1) ? 2 : A_BITS;
  localparam W_EFF = (W_ENC == 1 && W_BITS == 1) ? 2 : W_BITS;
  localparam N_EFF = (W_ENC == 2) ? A_EFF : W_EFF;
  localparam N_SIGNED = (W_ENC == 2) ? A_ENC == 1 : W_ENC == 1;

  // What a product's bits count too much, and the most they can count (mr_dot_product).
  localparam [63:0] OFFSET =
      (A_ENC == 2 || W_ENC == 2) ? ONE << (N_SIGNED ? N_EFF - 1 : N_EFF) :
      (TERNARY != 0) ? 64'd2 :
      (A_ENC == 1 && W_ENC == 1) ?
          (ONE << (W_EFF + A_EFF - 1)) - (ONE << (W_EFF - 1)) - (ONE << (A_EFF - 1)) :
      (W_ENC == 1) ? (ONE << (W_EFF + A_EFF - 1)) - (ONE << (W_EFF - 1)) :
      (A_ENC == 1) ? (ONE << (W_EFF + A_EFF - 1)) - (ONE << (A_EFF - 1)) : 64'd0;
  localparam [63:0] MOST =
      SIGNS ? 64'd1 :
      (A_ENC == 2 || W_ENC == 2) ? (N_SIGNED ? ONE << N_EFF : (ONE << (N_EFF + 1)) - 64'd1) :
      (TERNARY != 0) ? 64'd3 :
      (A_ENC == 1 && W_ENC == 1) ? 64'd3 << (W_EFF + A_EFF - 2) :
      ((ONE << W_EFF) - 64'd1) * ((ONE << A_EFF) - 64'd1);

  function automatic integer bits_of(input [63:0] number);
    reg [63:0] left;
    begin
      bits_of = 0;
      left = number;
      while (left != 64'd0) begin
        left = left >> 1;
        bits_of = bits_of + 1;
      end
    end
  endfunction
  localparam [63:0] PRODUCTS = 64'(SIMD);
  localparam [63:0] ALL = 64'(FOLDS * SIMD);
  // Of signs, half the sum: the last bit of a sum of +1 and -1 is that of their number.
  localparam BITS = SIGNS && ACC_BITS > 1 ? ACC_BITS - 1 : ACC_BITS;
  localparam PART_FULL = bits_of(MOST * PRODUCTS);
  localparam PART_BITS = (PART_FULL < BITS) ? PART_FULL : BITS;
  localparam [63:0] INITIAL = SIGNS ? -((ALL + 64'd1) >> 1) : -(ALL * OFFSET);

  wire [PART_BITS-1:0] part;
  wire [1:0] tag;
  mr_dot_product #(
      .SIMD(SIMD),
      .A_BITS(A_BITS),
      .A_ENC(A_ENC),
      .W_BITS(W_BITS),
      .W_ENC(W_ENC),
      .TERNARY(TERNARY),
      .OUT_BITS(PART_BITS),
      .TAG(2)
  ) products (
      .clk(clk),
      .rst(rst),
      .ce(ce),
      .in_tag({in_valid && in_last, in_valid}),
      .a(a),
      .w(w),
      .out_tag(tag),
      .sum(part)
  );
  wire [BITS-1:0] total;
  mr_accumulator #(
      .IN_BITS(PART_BITS),
      .SIGNED(0),
      .BITS(BITS),
      .INITIAL(INITIAL),
      .SINGLE(FOLDS == 1 ? 1 : 0)
  ) accumulator (
      .clk(clk),
      .rst(rst),
      .ce(ce),
      .in_valid(tag[0]),
      .in_last(tag[1]),
      .number(part),
      .out_valid(out_valid),
      .sum(total)
  );
  generate
    if (SIGNS) begin : g_signs
      assign sum = ACC_BITS'({total, ALL[0]});
    end else begin : g_numbers
      assign sum = total;
    end
  endgenerate
endmodule
