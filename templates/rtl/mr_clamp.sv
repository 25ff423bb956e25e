// SPDX-License-Identifier: Apache-2.0
//
// A signed number, limited to [LO, HI], as a stream's element; no registers.
//
// Parameters: IN_BITS (1 to 63); LO <= HI, 64 bits, two's complement; OUT_BITS, OUT_ENC (0 unsigned, 1
// signed, 2 bipolar: numbers >= 0 become +1), which hold every number from LO to HI.
module mr_clamp #(
    parameter IN_BITS = 12,
    parameter [63:0] LO = 64'd0,
    parameter [63:0] HI = 64'd255,
    parameter OUT_BITS = 8,
    parameter OUT_ENC = 0
) (
    input logic [IN_BITS-1:0] number,
    output logic [OUT_BITS-1:0] element
);
  // The limits in the number's bits; a limit that no number of those bits passes is no limit.
  localparam [63:0] LOWEST = ~64'd0 << (IN_BITS - 1);
  localparam BELOW = $signed(LO) > $signed(LOWEST);
  localparam ABOVE = $signed(HI) < $signed(~LOWEST);
  localparam W = (IN_BITS > OUT_BITS) ? IN_BITS : OUT_BITS;
  wire low = BELOW && $signed(number) < $signed(LO[IN_BITS-1:0]);
  wire high = ABOVE && $signed(number) > $signed(HI[IN_BITS-1:0]);
  generate
    if (OUT_ENC == 2) begin : g_sign
      assign element = low ? !LO[63] : high ? !HI[63] : !number[IN_BITS-1];
    end else begin : g_number
      wire [W-1:0] wide;
      if (W > IN_BITS) begin : g_extend
        assign wide = {{(W - IN_BITS) {number[IN_BITS-1]}}, number};
      end else begin : g_same
        assign wide = number;
      end
      assign element = low ? LO[OUT_BITS-1:0] : high ? HI[OUT_BITS-1:0] : wide[OUT_BITS-1:0];
      wire unused = &{1'b0, wide};
    end
  endgenerate
endmodule
