// SPDX-License-Identifier: Apache-2.0
//
// Elements minus their zero points, lane by lane: register of the operands of a product.
//
// Parameters: LANES; BITS, ENC of an element (0 unsigned, 1 signed, 2 bipolar); Z_BITS of a zero point,
// two's complement; OUT_BITS of the signed differences, which holds them; PLAIN 1: no zero points,
// the elements come out as they are (OUT_BITS = BITS).
// Latency: 1 cycle with ce; without ce nothing moves.
module mr_difference #(
    parameter LANES = 1,
    parameter BITS = 8,
    parameter ENC = 0,
    parameter Z_BITS = 8,
    parameter PLAIN = 0,
    parameter OUT_BITS = 10
) (
    input logic clk,
    input logic ce,
    input logic [LANES*BITS-1:0] data,
    input logic [LANES*Z_BITS-1:0] zeros,
    output logic [LANES*OUT_BITS-1:0] differences
);
  genvar p;
  generate
    if (PLAIN != 0) begin : g_plain
      wire unused = &{1'b0, zeros};
      always_ff @(posedge clk) if (ce) differences <= data;
    end else begin : g_difference
      wire [LANES*OUT_BITS-1:0] numbers;
      mr_encode #(
          .LANES(LANES),
          .IN_BITS(BITS),
          .IN_ENC(ENC),
          .OUT_BITS(OUT_BITS),
          .OUT_ENC(1)
      ) encode (
          .in_data (data),
          .out_data(numbers)
      );
      for (p = 0; p < LANES; p = p + 1) begin : g_lane
        wire [Z_BITS-1:0] zero = zeros[p*Z_BITS+:Z_BITS];
        always_ff @(posedge clk)
          if (ce)
            differences[p*OUT_BITS+:OUT_BITS] <= numbers[p*OUT_BITS+:OUT_BITS] -
                {{(OUT_BITS - Z_BITS) {zero[Z_BITS-1]}}, zero};
      end
    end
  endgenerate
endmodule
