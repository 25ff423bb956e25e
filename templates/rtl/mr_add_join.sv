// SPDX-License-Identifier: Apache-2.0
//
// y[c] = multiplier_a[c] * a[c] + multiplier_b[c] * b[c] for two streams of one shape, modulo
// 2^OUT_BITS, c the channel.
//
// Parameters: PE lanes; FOLDS words of a vector, so lane p of word f has channel f * PE + p; A_BITS,
// A_ENC, B_BITS, B_ENC, OUT_BITS, OUT_ENC (0 unsigned, 1 signed, 2 bipolar).
//   M_BITS               of a multiplier, two's complement
//   SHARED_A, SHARED_B   1: one for all channels
//   MULTIPLIER_A, _B     channel c's in bits [c * M_BITS +: M_BITS]
//   MULT                 0: products in LUTs, 1: in DSP blocks
//   STYLE                of the multipliers' memories (mr_rom)
//
// Schedule: a word of each input a cycle. Latency: 2 where both multipliers are shared powers of two
// (wires), else 1 and that of a dot product of two (mr_dot_accumulate, mr_dot_dsp), and 1.
// Handshake: all stages move with ce = the output word is absent or taken; each input's ready is
// ce and the other one's valid, so both words move in the same cycle. Valid does not wait for ready
// on either side, so neither input waits for itself.
module mr_add_join #(
    parameter PE = 2,
    parameter FOLDS = 2,
    parameter A_BITS = 8,
    parameter A_ENC = 1,
    parameter B_BITS = 8,
    parameter B_ENC = 1,
    parameter OUT_BITS = 9,
    parameter OUT_ENC = 1,
    parameter M_BITS = 2,
    parameter SHARED_A = 1,
    parameter SHARED_B = 1,
    parameter [(SHARED_A != 0 ? 1 : PE*FOLDS)*M_BITS-1:0] MULTIPLIER_A = 1,
    parameter [(SHARED_B != 0 ? 1 : PE*FOLDS)*M_BITS-1:0] MULTIPLIER_B = 1,
    parameter MULT = 0,
    parameter STYLE = 0
) (
    input logic clk,
    input logic rst,
    input logic [PE*A_BITS-1:0] in0_data,
    input logic in0_valid,
    output logic in0_ready,
    input logic [PE*B_BITS-1:0] in1_data,
    input logic in1_valid,
    output logic in1_ready,
    output logic [PE*OUT_BITS-1:0] out_data,
    output logic out_valid,
    input logic out_ready
);
  // Operands as signed numbers of one width.
  localparam AX = (A_ENC == 1) ? A_BITS : A_BITS + 1;
  localparam BX = (B_ENC == 1) ? B_BITS : B_BITS + 1;
  localparam X = (AX > BX) ? AX : BX;
  // The place of the one bit of a power of two, or -1.
  function automatic integer power(input [M_BITS-1:0] number);
    integer i;
    begin
      power = -1;
      for (i = 0; i < M_BITS - 1; i = i + 1)
        if (number == (M_BITS'(1) << i)) power = i;
    end
  endfunction
  localparam SHIFT_A = (SHARED_A != 0) ? power(MULTIPLIER_A[M_BITS-1:0]) : -1;
  localparam SHIFT_B = (SHARED_B != 0) ? power(MULTIPLIER_B[M_BITS-1:0]) : -1;
  localparam WIRES = SHIFT_A >= 0 && SHIFT_B >= 0;
  localparam SUM = X + M_BITS + 1;  // bits of the exact sum

  wire ce = !out_valid || out_ready;
  wire both = in0_valid && in1_valid;
  assign in0_ready = ce && in1_valid;
  assign in1_ready = ce && in0_valid;

  wire [PE*X-1:0] a, b;
  mr_encode #(
      .LANES(PE),
      .IN_BITS(A_BITS),
      .IN_ENC(A_ENC),
      .OUT_BITS(X),
      .OUT_ENC(1)
  ) numbers_a (
      .in_data (in0_data),
      .out_data(a)
  );
  mr_encode #(
      .LANES(PE),
      .IN_BITS(B_BITS),
      .IN_ENC(B_ENC),
      .OUT_BITS(X),
      .OUT_ENC(1)
  ) numbers_b (
      .in_data (in1_data),
      .out_data(b)
  );
  wire [PE*M_BITS-1:0] factors_a, factors_b;
  mr_channel_constant #(
      .PE(PE),
      .FOLDS(FOLDS),
      .BITS(M_BITS),
      .SHARED(SHARED_A),
      .STYLE(STYLE),
      .VALUES(MULTIPLIER_A)
  ) constants_a (
      .clk(clk),
      .rst(rst),
      .ce(ce),
      .next(both),
      .values(factors_a)
  );
  mr_channel_constant #(
      .PE(PE),
      .FOLDS(FOLDS),
      .BITS(M_BITS),
      .SHARED(SHARED_B),
      .STYLE(STYLE),
      .VALUES(MULTIPLIER_B)
  ) constants_b (
      .clk(clk),
      .rst(rst),
      .ce(ce),
      .next(both),
      .values(factors_b)
  );
  logic word_valid;
  logic [PE*X-1:0] word_a, word_b;
  always_ff @(posedge clk)
    if (rst) word_valid <= 1'b0;
    else if (ce) word_valid <= both;
  always_ff @(posedge clk)
    if (ce) begin
      word_a <= a;
      word_b <= b;
    end

  wire [PE-1:0] done;
  genvar p, m;
  generate
    for (p = 0; p < PE; p = p + 1) begin : g_lane
      wire [SUM-1:0] sum;
      if (WIRES) begin : g_wires
        wire signed [SUM-1:0] left = {{(SUM - X) {word_a[p*X+X-1]}}, word_a[p*X+:X]};
        wire signed [SUM-1:0] right = {{(SUM - X) {word_b[p*X+X-1]}}, word_b[p*X+:X]};
        logic [SUM-1:0] added;
        logic valid;
        always_ff @(posedge clk)
          if (ce) added <= (left <<< (WIRES ? SHIFT_A : 0)) + (right <<< (WIRES ? SHIFT_B : 0));
        always_ff @(posedge clk)
          if (rst) valid <= 1'b0;
          else if (ce) valid <= word_valid;
        assign sum = added;
        assign done[p] = valid;
        wire unused = &{1'b0, factors_a[p*M_BITS+:M_BITS], factors_b[p*M_BITS+:M_BITS]};
      end else if (MULT != 0) begin : g_dsp
        wire [2*M_BITS-1:0] planes;
        for (m = 0; m < M_BITS; m = m + 1) begin : g_plane
          assign planes[2*m+:2] = {factors_b[p*M_BITS+m], factors_a[p*M_BITS+m]};
        end
        mr_dot_dsp #(
            .SIMD(2),
            .FOLDS(1),
            .LANES(1),
            .APART(0),
            .A_BITS(X),
            .A_ENC(1),
            .W_BITS(M_BITS),
            .W_ENC(1),
            .ACC_BITS(SUM)
        ) products (
            .clk(clk),
            .rst(rst),
            .ce(ce),
            .in_valid(word_valid),
            .in_last(1'b1),
            .a({word_b[p*X+:X], word_a[p*X+:X]}),
            .w(planes),
            .out_valid(done[p]),
            .sums(sum)
        );
      end else begin : g_lut
        wire [2*M_BITS-1:0] planes;
        for (m = 0; m < M_BITS; m = m + 1) begin : g_plane
          assign planes[2*m+:2] = {factors_b[p*M_BITS+m], factors_a[p*M_BITS+m]};
        end
        mr_dot_accumulate #(
            .SIMD(2),
            .FOLDS(1),
            .A_BITS(X),
            .A_ENC(1),
            .W_BITS(M_BITS),
            .W_ENC(1),
            .ACC_BITS(SUM)
        ) products (
            .clk(clk),
            .rst(rst),
            .ce(ce),
            .in_valid(word_valid),
            .in_last(1'b1),
            .a({word_b[p*X+:X], word_a[p*X+:X]}),
            .w(planes),
            .out_valid(done[p]),
            .sum(sum)
        );
      end
      mr_encode #(
          .LANES(1),
          .IN_BITS(SUM),
          .IN_ENC(1),
          .OUT_BITS(OUT_BITS),
          .OUT_ENC(OUT_ENC)
      ) element (
          .in_data (sum),
          .out_data(out_data[p*OUT_BITS+:OUT_BITS])
      );
    end
  endgenerate
  assign out_valid = done[0];
  wire unused_done = &{1'b0, done};
endmodule
