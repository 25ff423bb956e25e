// SPDX-License-Identifier: Apache-2.0
//
// The sum of SIMD products in LUTs: sum = constant + sum over s of a[s] * w[s], where the constant
// (SIMD times the offset below) makes all bits of the heap count positive.
//
// Parameters: SIMD products (>= 1); A_BITS, A_ENC and W_BITS, W_ENC, the operands' bits and encoding
// (0 unsigned, 1 signed, 2 bipolar: one bit b is 2b-1); TERNARY (1: both are signed, two bits, and
// never -2); OUT_BITS of the sum, which is exact modulo 2^OUT_BITS; TAG bits (>= 1) that travel with
// the operands and are 0 after reset.
//
// Ports: a, number s in bits [s * A_BITS +: A_BITS]; w in planes: bit b of weight s is w[b * SIMD + s]
// (so that simulation multiplies all weights' bits b by one operation).
//
// Schedule: operands every cycle with ce. Latency in cycles with ce: 1 + mr_bit_heap's. Without ce
// nothing moves.
//
// A product is a few bits that each depend on one bit of either operand, and the first level adds
// three such bits of one weight: a sum and a carry, each of six inputs, so two LUT6 take in three
// bits of products and leave two. There is never a row of partial products. By encodings, with
// n[j] the bits of a number and s the bit of a sign (bipolar):
//   number * number   bit i + j: w[i] & a[j]; where just one of them is a sign bit, its complement
//                     (1 - w[i] a[j]) counts 2^(i+j) too much.
//   sign * sign       the count of equal signs p stands for 2 p - SIMD; the sum is the count.
//   sign * number     the lowest bit of -n is that of n, so bit 0 is n[0] (the same for all weights,
//                     so that synthesis makes one of it); bit 1 has ~s & ~n[0], bit j > 0 has n[j]
//                     where s, else ~n[j]. A signed number's sign bit is complemented, which counts
//                     2^(bits-1) too much; an unsigned number has the bit s at `bits`, 2^bits too
//                     much.
//   TERNARY           bit 0: w[0] & a[0], the product's magnitude; bit 1: not negative, 2 too much.
module mr_dot_product #(
    parameter SIMD = 4,
    parameter A_BITS = 2,
    parameter A_ENC = 0,
    parameter W_BITS = 2,
    parameter W_ENC = 1,
    parameter TERNARY = 0,
    parameter OUT_BITS = 7,
    parameter TAG = 1
) (
    input logic clk,
    input logic rst,
    input logic ce,
    input logic [TAG-1:0] in_tag,
    input logic [SIMD*A_BITS-1:0] a,
    input logic [SIMD*W_BITS-1:0] w,
    output logic [TAG-1:0] out_tag,
    output logic [OUT_BITS-1:0] sum
);
  localparam NUMBERS = 0, SIGNS = 1, SIGN_NUMBER = 2, TERNARIES = 3;
  localparam KIND = (A_ENC == 2 && W_ENC == 2) ? SIGNS : (A_ENC == 2 || W_ENC == 2) ? SIGN_NUMBER :
      (TERNARY != 0) ? TERNARIES : NUMBERS;
  // A signed number of one bit (0, -1) counts as two bits, the sign twice.
  localparam A_EFF = (A_ENC == 1 && A_BITS == 1) ? 2 : A_BITS;
  localparam W_EFF = (W_ENC == 1 && W_BITS == 1) ? 2 : W_BITS;
  // SIGN_NUMBER: the number.
  localparam N_EFF = (W_ENC == 2) ? A_EFF : W_EFF;
  localparam N_SIGNED = (W_ENC == 2) ? A_ENC == 1 : W_ENC == 1;

  // Of one product: bits of two operand bits in column c, and bits that are already reduced.
  function automatic integer pairs_in(input integer c);
    integer lo, hi;
    begin
      pairs_in = 0;
      lo = (c >= A_EFF) ? c - A_EFF + 1 : 0;
      hi = (c < W_EFF) ? c : W_EFF - 1;
      case (KIND)
        NUMBERS: if (hi >= lo) pairs_in = hi - lo + 1;
        SIGNS: if (c == 0) pairs_in = 1;
        SIGN_NUMBER: begin
          if (c == 1) pairs_in = 1;
          if (c >= 1 && c < N_EFF) pairs_in = pairs_in + 1;
        end
        default: if (c == 0) pairs_in = 1;
      endcase
    end
  endfunction
  function automatic integer singles_in(input integer c);
    begin
      singles_in = 0;
      if (KIND == SIGN_NUMBER) begin
        if (c == 0) singles_in = 1;
        if (!N_SIGNED && c == N_EFF) singles_in = singles_in + 1;
      end
      if (KIND == TERNARIES && c == 1) singles_in = 1;
    end
  endfunction

  // The heap after the first level: per column sums, carries of the column below, singles.
  function automatic integer sums_of(input integer c);
    sums_of = (c < 0) ? 0 : (SIMD * pairs_in(c) + 2) / 3;
  endfunction
  function automatic integer carries_of(input integer c);
    carries_of = (c < 0) ? 0 : (SIMD * pairs_in(c) + 1) / 3;
  endfunction
  function automatic integer height_of(input integer c);
    height_of = sums_of(c) + carries_of(c - 1) + SIMD * singles_in(c);
  endfunction
  function automatic [16*OUT_BITS-1:0] all_heights(input integer from);
    integer column;
    begin
      all_heights = '0;
      for (column = from; column < OUT_BITS; column = column + 1)
        all_heights[16*column+:16] = 16'(height_of(column));
    end
  endfunction
  function automatic integer start(input integer column);
    integer below;
    begin
      start = 0;
      for (below = 0; below < column; below = below + 1) start = start + height_of(below);
    end
  endfunction

  localparam TOTAL = start(OUT_BITS);
  logic [TOTAL-1:0] n;
  logic [TOTAL-1:0] heap;
  logic [TAG-1:0] tag;

  // Planes of the activations, as of the weights.
  wire [A_BITS*SIMD-1:0] planes;
  genvar c, q, s;
  generate
    for (s = 0; s < SIMD; s = s + 1) begin : g_transpose
      for (q = 0; q < A_BITS; q = q + 1) begin : g_bit
        assign planes[q*SIMD+s] = a[s*A_BITS+q];
      end
    end
    // SIGN_NUMBER: the signs and the lowest bits of the numbers.
    wire [SIMD-1:0] signs, lowest;
    if (W_ENC == 2) begin : g_weight_signs
      assign signs  = w[0+:SIMD];
      assign lowest = planes[0+:SIMD];
    end else begin : g_input_signs
      assign signs  = planes[0+:SIMD];
      assign lowest = w[0+:SIMD];
    end

    for (c = 0; c < OUT_BITS; c = c + 1) begin : g_column
      localparam EACH = pairs_in(c);
      localparam PAIRS = SIMD * EACH;
      localparam THREES = PAIRS / 3;
      localparam TO = start(c);
      localparam TO_SINGLES = TO + sums_of(c) + carries_of(c - 1);
      localparam TO_NEXT = (c + 1 < OUT_BITS) ? start(c + 1) + sums_of(c + 1) : 0;
      if (PAIRS > 0) begin : g_pairs
        wire [PAIRS-1:0] pair;
        for (q = 0; q < EACH; q = q + 1) begin : g_pair
          if (KIND == SIGNS) begin : g_signs
            assign pair = ~(w ^ planes);
          end else if (KIND == TERNARIES) begin : g_ternaries
            assign pair = w[0+:SIMD] & planes[0+:SIMD];
          end else if (KIND == NUMBERS) begin : g_numbers
            localparam I = ((c >= A_EFF) ? c - A_EFF + 1 : 0) + q;
            localparam J = c - I;
            localparam NEGATIVE = (I == W_EFF - 1 && W_ENC == 1) != (J == A_EFF - 1 && A_ENC == 1);
            wire [SIMD-1:0] both = w[((I<W_BITS)?I : W_BITS-1)*SIMD+:SIMD] &
                planes[((J<A_BITS)?J : A_BITS-1)*SIMD+:SIMD];
            assign pair[q*SIMD+:SIMD] = NEGATIVE ? ~both : both;
          end else begin : g_sign_number
            if (c == 1 && q == 0) begin : g_low
              assign pair[0+:SIMD] = ~(signs | lowest);
            end else begin : g_digit
              localparam TOP = ((W_ENC == 2) ? A_BITS : W_BITS) - 1;
              wire [SIMD-1:0] digit;
              if (W_ENC == 2) begin : g_weight_signs
                assign digit = planes[((c<TOP)?c : TOP)*SIMD+:SIMD];
              end else begin : g_input_signs
                assign digit = w[((c<TOP)?c : TOP)*SIMD+:SIMD];
              end
              assign pair[q*SIMD+:SIMD] =
                  (N_SIGNED && c == N_EFF - 1) ? (signs ^ digit) : ~(signs ^ digit);
            end
          end
        end
        // Threes take bits q, THREES + q, 2 * THREES + q.
        if (THREES > 0) begin : g_threes
          wire [THREES-1:0] x = pair[0+:THREES], y = pair[THREES+:THREES];
          wire [THREES-1:0] z = pair[2*THREES+:THREES];
          assign n[TO+:THREES] = x ^ y ^ z;
          if (c + 1 < OUT_BITS) begin : g_carry
            assign n[TO_NEXT+:THREES] = (x & y) | (z & (x ^ y));
          end
        end
        if (PAIRS % 3 == 2) begin : g_two
          assign n[TO+THREES] = pair[PAIRS-1] ^ pair[PAIRS-2];
          if (c + 1 < OUT_BITS) begin : g_carry
            assign n[TO_NEXT+THREES] = pair[PAIRS-1] & pair[PAIRS-2];
          end
        end else if (PAIRS % 3 == 1) begin : g_one
          assign n[TO+THREES] = pair[PAIRS-1];
        end
      end
      if (KIND == TERNARIES && c == 1) begin : g_not_negative
        assign n[TO_SINGLES+:SIMD] = ~(w[0+:SIMD] & planes[0+:SIMD] & (w[SIMD+:SIMD] ^ planes[SIMD+:SIMD]));
      end else if (KIND == SIGN_NUMBER && c == 0) begin : g_lowest
        assign n[TO_SINGLES+:SIMD] = lowest;
      end else if (KIND == SIGN_NUMBER && !N_SIGNED && c == N_EFF) begin : g_sign
        assign n[TO_SINGLES+:SIMD] = signs;
      end
    end
  endgenerate

  always_ff @(posedge clk) if (ce) heap <= n;
  always_ff @(posedge clk)
    if (rst) tag <= '0;
    else if (ce) tag <= in_tag;

  // Operand bits whose products all lie above OUT_BITS; what other kinds use.
  wire unused_operands = &{1'b0, planes, w, signs, lowest};

  mr_bit_heap #(
      .COLUMNS(OUT_BITS),
      .HEIGHTS(all_heights(0)),
      .TOTAL(TOTAL),
      .TAG(TAG)
  ) rest (
      .clk(clk),
      .rst(rst),
      .ce(ce),
      .in_tag(tag),
      .bits(heap),
      .out_tag(out_tag),
      .sum(sum)
  );
endmodule
