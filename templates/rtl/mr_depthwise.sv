// SPDX-License-Identifier: Apache-2.0
//
// out[c] = sum over t of in[t][c] * w[t][c], modulo 2^ACC_BITS: each lane sums the TAPS elements of
// its channel; blocks of PE channels one after the other. A word has SIMD taps, tap after tap the
// PE channels of the block; the TAPS / SIMD words of a block follow each other.
//
// Parameters: TAPS elements of a sum (>= 1), SIMD taps of a word (divides TAPS), BLOCKS of channels
// (channels / PE), PE output lanes; A_BITS, A_ENC, W_BITS, W_ENC (0 unsigned, 1 signed, 2 bipolar);
// ACC_BITS (at most 64; at least 2 for bipolar times bipolar); TERNARY, MULT, STYLE as
// mr_matrix_vector's (in DSP blocks, one product each).
//   INIT   file of the weights ($readmemh), that of a mr_matrix_vector with K = TAPS, N = channels.
//
// Schedule: a word a cycle, an output word after each TAPS / SIMD-th. Latency from that word: 1 and
// mr_dot_accumulate's or mr_dot_dsp's.
// Handshake: as mr_matrix_vector: all stages move with ce, in_ready = ce.
module mr_depthwise #(
    parameter TAPS = 9,
    parameter SIMD = 1,
    parameter BLOCKS = 2,
    parameter PE = 2,
    parameter A_BITS = 4,
    parameter A_ENC = 0,
    parameter W_BITS = 4,
    parameter W_ENC = 1,
    parameter ACC_BITS = 12,
    parameter TERNARY = 0,
    parameter MULT = 0,
    parameter STYLE = 0,
    parameter INIT = "weights.mem"
) (
    input logic clk,
    input logic rst,
    input logic [SIMD*PE*A_BITS-1:0] in_data,
    input logic in_valid,
    output logic in_ready,
    output logic [PE*ACC_BITS-1:0] out_data,
    output logic out_valid,
    input logic out_ready
);
  localparam FOLDS = TAPS / SIMD;
  localparam WORDS = BLOCKS * FOLDS;
  localparam FOLD_BITS = (FOLDS > 1) ? $clog2(FOLDS) : 1;
  localparam WORD_BITS = (WORDS > 1) ? $clog2(WORDS) : 1;

  wire ce = !out_valid || out_ready;
  assign in_ready = ce;

  wire [FOLD_BITS-1:0] fold;
  mr_fold_counter #(
      .FOLDS(FOLDS)
  ) folds (
      .clk (clk),
      .rst (rst),
      .next(ce && in_valid),
      .fold(fold)
  );
  wire [WORD_BITS-1:0] address;
  mr_fold_counter #(
      .FOLDS(WORDS)
  ) words (
      .clk (clk),
      .rst (rst),
      .next(ce && in_valid),
      .fold(address)
  );
  wire [PE*SIMD*W_BITS-1:0] weights;
  mr_rom #(
      .WIDTH(PE * SIMD * W_BITS),
      .DEPTH(WORDS),
      .STYLE(STYLE),
      .INIT(INIT)
  ) rom (
      .clk (clk),
      .ce  (ce),
      .addr(address),
      .data(weights)
  );
  logic [SIMD*PE*A_BITS-1:0] word;
  logic valid, last;
  always_ff @(posedge clk)
    if (rst) valid <= 1'b0;
    else if (ce) valid <= in_valid;
  always_ff @(posedge clk)
    if (ce) begin
      word <= in_data;
      last <= fold == FOLD_BITS'(FOLDS - 1);
    end

  wire [PE-1:0] done;
  genvar p, s;
  generate
    for (p = 0; p < PE; p = p + 1) begin : g_lane
      wire [SIMD*A_BITS-1:0] taps;
      for (s = 0; s < SIMD; s = s + 1) begin : g_tap
        assign taps[s*A_BITS+:A_BITS] = word[(s*PE+p)*A_BITS+:A_BITS];
      end
      if (MULT != 0 && A_ENC != 2 && W_ENC != 2) begin : g_dsp
        mr_dot_dsp #(
            .SIMD(SIMD),
            .FOLDS(FOLDS),
            .LANES(1),
            .APART(0),
            .A_BITS(A_BITS),
            .A_ENC(A_ENC),
            .W_BITS(W_BITS),
            .W_ENC(W_ENC),
            .ACC_BITS(ACC_BITS)
        ) lane (
            .clk(clk),
            .rst(rst),
            .ce(ce),
            .in_valid(valid),
            .in_last(last),
            .a(taps),
            .w(weights[p*SIMD*W_BITS+:SIMD*W_BITS]),
            .out_valid(done[p]),
            .sums(out_data[p*ACC_BITS+:ACC_BITS])
        );
      end else begin : g_lut
        mr_dot_accumulate #(
            .SIMD(SIMD),
            .FOLDS(FOLDS),
            .A_BITS(A_BITS),
            .A_ENC(A_ENC),
            .W_BITS(W_BITS),
            .W_ENC(W_ENC),
            .TERNARY(TERNARY),
            .ACC_BITS(ACC_BITS)
        ) lane (
            .clk(clk),
            .rst(rst),
            .ce(ce),
            .in_valid(valid),
            .in_last(last),
            .a(taps),
            .w(weights[p*SIMD*W_BITS+:SIMD*W_BITS]),
            .out_valid(done[p]),
            .sum(out_data[p*ACC_BITS+:ACC_BITS])
        );
      end
    end
  endgenerate
  assign out_valid = done[0];
  wire unused_done = &{1'b0, done};
endmodule
