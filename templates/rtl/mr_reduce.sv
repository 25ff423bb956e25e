// SPDX-License-Identifier: Apache-2.0
//
// The largest, the smallest or the sum of TAPS words, lane by lane.
//
// Parameters: TAPS words of a result (>= 1), PE lanes; REDUCTION 0 largest, 1 smallest, 2 sum; IN_BITS,
// IN_ENC, OUT_BITS, OUT_ENC (0 unsigned, 1 signed, 2 bipolar), where OUT holds the results.
//
// Schedule: a word a cycle, an output word after each TAPS-th. Latency: 1.
// Handshake: the register of the result so far is also that of the output: it is loaded in cycles
// with ce = no finished word waits or it is taken; in_ready = ce.
module mr_reduce #(
    parameter TAPS = 4,
    parameter PE = 2,
    parameter REDUCTION = 0,
    parameter IN_BITS = 4,
    parameter IN_ENC = 0,
    parameter OUT_BITS = 4,
    parameter OUT_ENC = 0
) (
    input logic clk,
    input logic rst,
    input logic [PE*IN_BITS-1:0] in_data,
    input logic in_valid,
    output logic in_ready,
    output logic [PE*OUT_BITS-1:0] out_data,
    output logic out_valid,
    input logic out_ready
);
  localparam TAP_BITS = (TAPS > 1) ? $clog2(TAPS) : 1;
  wire ce = !out_valid || out_ready;
  assign in_ready = ce;
  wire [TAP_BITS-1:0] tap;
  mr_fold_counter #(
      .FOLDS(TAPS)
  ) counter (
      .clk (clk),
      .rst (rst),
      .next(ce && in_valid),
      .fold(tap)
  );
  always_ff @(posedge clk)
    if (rst) out_valid <= 1'b0;
    else if (ce) out_valid <= in_valid && tap == TAP_BITS'(TAPS - 1);

  wire first = tap == '0;
  // A sum in the output's bits is exact modulo 2^OUT_BITS. Codes of one encoding compare as they
  // are; bipolar ones by their bit.
  localparam X_BITS = (REDUCTION == 2) ? OUT_BITS : IN_BITS;
  localparam X_ENC = (REDUCTION == 2) ? 1 : IN_ENC;
  wire [PE*X_BITS-1:0] word;
  mr_encode #(
      .LANES(PE),
      .IN_BITS(IN_BITS),
      .IN_ENC(IN_ENC),
      .OUT_BITS(X_BITS),
      .OUT_ENC(X_ENC)
  ) numbers (
      .in_data (in_data),
      .out_data(word)
  );
  logic [PE*X_BITS-1:0] best;
  genvar p;
  generate
    for (p = 0; p < PE; p = p + 1) begin : g_lane
      wire [X_BITS-1:0] x = word[p*X_BITS+:X_BITS];
      wire [X_BITS-1:0] held = best[p*X_BITS+:X_BITS];
      if (REDUCTION == 2) begin : g_sum
        always_ff @(posedge clk)
          if (ce && in_valid) best[p*X_BITS+:X_BITS] <= x + (held & {X_BITS{!first}});
      end else begin : g_best
        wire less = (X_ENC == 1) ? $signed(x) < $signed(held) : x < held;
        wire more = (X_ENC == 1) ? $signed(x) > $signed(held) : x > held;
        always_ff @(posedge clk)
          if (ce && in_valid && (first || (REDUCTION == 0 ? more : less)))
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
