// SPDX-License-Identifier: Apache-2.0
//
// y[c] = (a[c] - zero_a[c]) * (b[c] - zero_b[c]) for two streams of one shape, modulo 2^OUT_BITS, c
// the channel.
//
// Parameters: PE lanes; FOLDS words of a vector, so lane p of word f has channel f * PE + p; A_BITS,
// A_ENC, B_BITS, B_ENC, OUT_BITS, OUT_ENC (0 unsigned, 1 signed, 2 bipolar).
//   Z_BITS             of a zero point, two's complement
//   SHARED_A, SHARED_B 1: one for all channels
//   ZERO_A, ZERO_B     channel c's in bits [c * Z_BITS +: Z_BITS]
//   MULT               0: products in LUTs, 1: in DSP blocks
//   STYLE              of the zero points' memories (mr_rom)
//
// Schedule: a word of each input a cycle. Latency: 2 (zero points; differences) and mr_multiply's.
// Handshake: as mr_add_join.
module mr_mul_join #(
    parameter PE = 2,
    parameter FOLDS = 2,
    parameter A_BITS = 8,
    parameter A_ENC = 1,
    parameter B_BITS = 8,
    parameter B_ENC = 1,
    parameter OUT_BITS = 16,
    parameter OUT_ENC = 1,
    parameter Z_BITS = 2,
    parameter SHARED_A = 1,
    parameter SHARED_B = 1,
    parameter [(SHARED_A != 0 ? 1 : PE*FOLDS)*Z_BITS-1:0] ZERO_A = '0,
    parameter [(SHARED_B != 0 ? 1 : PE*FOLDS)*Z_BITS-1:0] ZERO_B = '0,
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
  localparam AX = (A_ENC == 1) ? A_BITS : A_BITS + 1;
  localparam BX = (B_ENC == 1) ? B_BITS : B_BITS + 1;
  // No zero points: the operands themselves; else signed differences.
  localparam PLAIN_A = SHARED_A != 0 && ZERO_A[Z_BITS-1:0] == '0;
  localparam PLAIN_B = SHARED_B != 0 && ZERO_B[Z_BITS-1:0] == '0;
  localparam DA = PLAIN_A ? A_BITS : ((AX > Z_BITS) ? AX : Z_BITS) + 1;
  localparam DB = PLAIN_B ? B_BITS : ((BX > Z_BITS) ? BX : Z_BITS) + 1;
  localparam ENC_A = PLAIN_A ? A_ENC : 1;
  localparam ENC_B = PLAIN_B ? B_ENC : 1;
  localparam PRODUCT = DA + DB + 1;

  wire ce = !out_valid || out_ready;
  wire both = in0_valid && in1_valid;
  assign in0_ready = ce && in1_valid;
  assign in1_ready = ce && in0_valid;

  wire [PE*Z_BITS-1:0] zeros_a, zeros_b;
  mr_channel_constant #(
      .PE(PE),
      .FOLDS(FOLDS),
      .BITS(Z_BITS),
      .SHARED(SHARED_A),
      .STYLE(STYLE),
      .VALUES(ZERO_A)
  ) constants_a (
      .clk(clk),
      .rst(rst),
      .ce(ce),
      .next(both),
      .values(zeros_a)
  );
  mr_channel_constant #(
      .PE(PE),
      .FOLDS(FOLDS),
      .BITS(Z_BITS),
      .SHARED(SHARED_B),
      .STYLE(STYLE),
      .VALUES(ZERO_B)
  ) constants_b (
      .clk(clk),
      .rst(rst),
      .ce(ce),
      .next(both),
      .values(zeros_b)
  );
  logic word_valid, difference_valid;
  logic [PE*A_BITS-1:0] word_a;
  logic [PE*B_BITS-1:0] word_b;
  always_ff @(posedge clk)
    if (rst) {difference_valid, word_valid} <= '0;
    else if (ce) {difference_valid, word_valid} <= {word_valid, both};
  always_ff @(posedge clk)
    if (ce) begin
      word_a <= in0_data;
      word_b <= in1_data;
    end

  wire [PE*DA-1:0] a;
  wire [PE*DB-1:0] b;
  mr_difference #(
      .LANES(PE),
      .BITS(A_BITS),
      .ENC(A_ENC),
      .Z_BITS(Z_BITS),
      .PLAIN(PLAIN_A ? 1 : 0),
      .OUT_BITS(DA)
  ) differences_a (
      .clk(clk),
      .ce(ce),
      .data(word_a),
      .zeros(zeros_a),
      .differences(a)
  );
  mr_difference #(
      .LANES(PE),
      .BITS(B_BITS),
      .ENC(B_ENC),
      .Z_BITS(Z_BITS),
      .PLAIN(PLAIN_B ? 1 : 0),
      .OUT_BITS(DB)
  ) differences_b (
      .clk(clk),
      .ce(ce),
      .data(word_b),
      .zeros(zeros_b),
      .differences(b)
  );

  wire [PE-1:0] done;
  genvar p;
  generate
    for (p = 0; p < PE; p = p + 1) begin : g_lane
      wire [PRODUCT-1:0] product;
      mr_multiply #(
          .A_BITS(DA),
          .A_ENC(ENC_A),
          .B_BITS(DB),
          .B_ENC(ENC_B),
          .MULT(MULT),
          .OUT_BITS(PRODUCT)
      ) multiplier (
          .clk(clk),
          .rst(rst),
          .ce(ce),
          .in_valid(difference_valid),
          .a(a[p*DA+:DA]),
          .b(b[p*DB+:DB]),
          .out_valid(done[p]),
          .product(product)
      );
      mr_encode #(
          .LANES(1),
          .IN_BITS(PRODUCT),
          .IN_ENC(1),
          .OUT_BITS(OUT_BITS),
          .OUT_ENC(OUT_ENC)
      ) element (
          .in_data (product),
          .out_data(out_data[p*OUT_BITS+:OUT_BITS])
      );
    end
  endgenerate
  assign out_valid = done[0];
  wire unused_done = &{1'b0, done};
endmodule
