// SPDX-License-Identifier: Apache-2.0
//
// The largest, the smallest or the sum of TAPS elements, lane by lane. A word has SIMD taps, tap
// after tap PE lanes.
//
// Parameters: TAPS elements of a result (>= 1), SIMD taps of a word (divides TAPS), PE output lanes;
// REDUCTION 0 largest, 1 smallest, 2 sum; IN_BITS, IN_ENC, OUT_BITS, OUT_ENC (0 unsigned, 1 signed,
// 2 bipolar), where OUT holds the results.
//
// Schedule: a word a cycle, an output word after each TAPS / SIMD-th. Latency: $clog2(SIMD) + 1.
// Handshake: the register of the result so far is also that of the output: it is loaded in cycles
// with ce = no finished word waits or it is taken; in_ready = ce. The trees of a word's taps move
// with it.
module mr_reduce #(
    parameter TAPS = 4,
    parameter SIMD = 1,
    parameter PE = 2,
    parameter REDUCTION = 0,
    parameter IN_BITS = 4,
    parameter IN_ENC = 0,
    parameter OUT_BITS = 4,
    parameter OUT_ENC = 0
) (
    input logic clk,
    input logic rst,
    input logic [SIMD*PE*IN_BITS-1:0] in_data,
    input logic in_valid,
    output logic in_ready,
    output logic [PE*OUT_BITS-1:0] out_data,
    output logic out_valid,
    input logic out_ready
);
  wire ce = !out_valid || out_ready;
  assign in_ready = ce;

  // Codes of one encoding compare as they are; bipolar ones by their bit. Sums take them as numbers.
  localparam T_BITS = (REDUCTION == 2 && IN_ENC == 2) ? 2 : IN_BITS;
  localparam T_ENC = (REDUCTION == 2 && IN_ENC == 2) ? 1 : IN_ENC;
  wire [SIMD*PE*T_BITS-1:0] numbers;
  mr_encode #(
      .LANES(SIMD * PE),
      .IN_BITS(IN_BITS),
      .IN_ENC(IN_ENC),
      .OUT_BITS(T_BITS),
      .OUT_ENC(T_ENC)
  ) as_numbers (
      .in_data (in_data),
      .out_data(numbers)
  );
  // A word's taps become one. A sum in the output's bits is exact modulo 2^OUT_BITS.
  localparam X_BITS = (REDUCTION == 2) ? OUT_BITS : IN_BITS;
  localparam X_ENC = (REDUCTION == 2) ? 1 : IN_ENC;
  wire [PE*X_BITS-1:0] word;
  wire [PE-1:0] tags;
  wire valid = tags[0];
  wire unused_tags = &{1'b0, tags};
  genvar p, s;
  generate
    for (p = 0; p < PE; p = p + 1) begin : g_taps
      wire [SIMD*T_BITS-1:0] taps;
      for (s = 0; s < SIMD; s = s + 1) begin : g_tap
        assign taps[s*T_BITS+:T_BITS] = numbers[(s*PE+p)*T_BITS+:T_BITS];
      end
      if (REDUCTION == 2) begin : g_sum
        mr_add_tree #(
            .N(SIMD),
            .IN_BITS(T_BITS),
            .SIGNED(T_ENC),
            .OUT_BITS(X_BITS)
        ) tree (
            .clk(clk),
            .rst(rst),
            .ce(ce),
            .in_tag(in_valid),
            .terms(taps),
            .out_tag(tags[p]),
            .sum(word[p*X_BITS+:X_BITS])
        );
      end else begin : g_best
        mr_extreme_tree #(
            .N(SIMD),
            .BITS(X_BITS),
            .SIGNED(X_ENC == 1 ? 1 : 0),
            .LARGEST(REDUCTION == 0 ? 1 : 0)
        ) tree (
            .clk(clk),
            .rst(rst),
            .ce(ce),
            .in_tag(in_valid),
            .terms(taps),
            .out_tag(tags[p]),
            .extreme(word[p*X_BITS+:X_BITS])
        );
      end
    end
  endgenerate

  localparam FOLDS = TAPS / SIMD;
  localparam FOLD_BITS = (FOLDS > 1) ? $clog2(FOLDS) : 1;
  wire [FOLD_BITS-1:0] fold;
  mr_fold_counter #(
      .FOLDS(FOLDS)
  ) counter (
      .clk (clk),
      .rst (rst),
      .next(ce && valid),
      .fold(fold)
  );
  always_ff @(posedge clk)
    if (rst) out_valid <= 1'b0;
    else if (ce) out_valid <= valid && fold == FOLD_BITS'(FOLDS - 1);

  wire first = fold == '0;
  logic [PE*X_BITS-1:0] best;
  generate
    for (p = 0; p < PE; p = p + 1) begin : g_lane
      wire [X_BITS-1:0] x = word[p*X_BITS+:X_BITS];
      wire [X_BITS-1:0] held = best[p*X_BITS+:X_BITS];
      if (REDUCTION == 2) begin : g_sum
        always_ff @(posedge clk)
          if (ce && valid) best[p*X_BITS+:X_BITS] <= x + (held & {X_BITS{!first}});
      end else begin : g_best
        wire less = (X_ENC == 1) ? $signed(x) < $signed(held) : x < held;
        wire more = (X_ENC == 1) ? $signed(x) > $signed(held) : x > held;
        always_ff @(posedge clk)
          if (ce && valid && (first || (REDUCTION == 0 ? more : less)))
            best[p*X_BITS+:X_BITS] <= x;
      end
    end
  endgenerate
  mr_encode #(
      .LANES(PE),
      .IN_BITS(X_BITS),
      .IN_ENC((REDUCTION == 2 && OUT_ENC == 0) ? 0 : X_ENC),
      .OUT_BITS(OUT_BITS),
      .OUT_ENC(OUT_ENC)
  ) elements (
      .in_data (best),
      .out_data(out_data)
  );
endmodule
