// SPDX-License-Identifier: Apache-2.0
//
// y = x limited to [LO, HI], perhaps in another encoding.
//
// Parameters: PE lanes; IN_BITS, IN_ENC, OUT_BITS, OUT_ENC (0 unsigned, 1 signed, 2 bipolar; into
// bipolar, numbers >= 0 become +1); LO <= HI, 64 bits, two's complement, which OUT holds; the
// defaults are no limits.
//
// Schedule: a word a cycle. Latency: 1.
// Handshake: the register is loaded in cycles with ce = the output word is absent or taken;
// in_ready = ce.
module mr_function_identity #(
    parameter PE = 2,
    parameter IN_BITS = 8,
    parameter IN_ENC = 1,
    parameter OUT_BITS = 8,
    parameter OUT_ENC = 1,
    parameter [63:0] LO = 64'h8000000000000000,
    parameter [63:0] HI = 64'h7fffffffffffffff
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
  wire ce = !out_valid || out_ready;
  assign in_ready = ce;
  always_ff @(posedge clk)
    if (rst) out_valid <= 1'b0;
    else if (ce) out_valid <= in_valid;

  localparam X_BITS = (IN_ENC == 1) ? IN_BITS : IN_BITS + 1;
  genvar p;
  generate
    for (p = 0; p < PE; p = p + 1) begin : g_lane
      wire [X_BITS-1:0] x;
      mr_encode #(
          .LANES(1),
          .IN_BITS(IN_BITS),
          .IN_ENC(IN_ENC),
          .OUT_BITS(X_BITS),
          .OUT_ENC(1)
      ) number (
          .in_data (in_data[p*IN_BITS+:IN_BITS]),
          .out_data(x)
      );
      wire [OUT_BITS-1:0] y;
      mr_clamp #(
          .IN_BITS(X_BITS),
          .LO(LO),
          .HI(HI),
          .OUT_BITS(OUT_BITS),
          .OUT_ENC(OUT_ENC)
      ) clamp (
          .number (x),
          .element(y)
      );
      always_ff @(posedge clk) if (ce) out_data[p*OUT_BITS+:OUT_BITS] <= y;
    end
  endgenerate
endmodule
