// SPDX-License-Identifier: Apache-2.0
//
// y = clamp(round((x + add[c]) / 2^SHIFT), LO, HI), c the channel.
//
// Parameters: PE lanes; FOLDS words of a vector, so lane p of word f has channel f * PE + p; IN_BITS,
// IN_ENC, OUT_BITS, OUT_ENC (0 unsigned, 1 signed, 2 bipolar; into bipolar, y >= 0 becomes +1);
// SHIFT (0 to 62); ROUNDING: 0 half to even, 1 half away from zero, 2 half toward zero, 3 floor,
// 4 ceiling, 5 away from zero, 6 toward zero; LO <= HI, 64 bits, two's complement.
//   ADD_BITS    of an added number, two's complement
//   SHARED      1: one number for all channels
//   ADD         channel c's number in bits [c * ADD_BITS +: ADD_BITS]
//   STYLE       of the numbers' memory (mr_rom)
// x + add has at most 62 bits.
//
// Schedule: a word a cycle. Latency: 4 (constant and word; sum; rounding; limits).
// Handshake: as mr_function_thresholds: all stages move with ce, in_ready = ce.
//
// The quotient's floor q and the remainder r decide every mode: the result is q or q + 1, which one
// depends only on r against 0 and one half, the sign, and q's lowest bit.
module mr_function_shift #(
    parameter PE = 2,
    parameter FOLDS = 1,
    parameter IN_BITS = 12,
    parameter IN_ENC = 1,
    parameter OUT_BITS = 8,
    parameter OUT_ENC = 1,
    parameter SHIFT = 4,
    parameter ROUNDING = 0,
    parameter [63:0] LO = 64'hffffffffffffff80,
    parameter [63:0] HI = 64'h7f,
    parameter ADD_BITS = 4,
    parameter SHARED = 0,
    parameter [(SHARED != 0 ? 1 : PE*FOLDS)*ADD_BITS-1:0] ADD = '0,
    parameter STYLE = 0
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
  localparam X_BITS = (IN_ENC == 1) ? IN_BITS : IN_BITS + 1;
  localparam SUM_BITS = ((X_BITS > ADD_BITS) ? X_BITS : ADD_BITS) + 1;
  // The quotient, one more bit for the rounding.
  localparam Q_BITS = ((SUM_BITS > SHIFT) ? SUM_BITS - SHIFT : 1) + 1;

  wire ce = !out_valid || out_ready;
  assign in_ready = ce;
  logic [2:0] valid;
  always_ff @(posedge clk)
    if (rst) {out_valid, valid} <= '0;
    else if (ce) {out_valid, valid} <= {valid, in_valid};

  wire [PE*ADD_BITS-1:0] adds;
  mr_channel_constant #(
      .PE(PE),
      .FOLDS(FOLDS),
      .BITS(ADD_BITS),
      .SHARED(SHARED),
      .STYLE(STYLE),
      .VALUES(ADD)
  ) constants (
      .clk(clk),
      .rst(rst),
      .ce(ce),
      .next(in_valid),
      .values(adds)
  );
  logic [PE*IN_BITS-1:0] word;
  always_ff @(posedge clk) if (ce) word <= in_data;

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
          .in_data (word[p*IN_BITS+:IN_BITS]),
          .out_data(x)
      );
      wire [ADD_BITS-1:0] add = adds[p*ADD_BITS+:ADD_BITS];
      logic [SUM_BITS-1:0] sum;
      always_ff @(posedge clk)
        if (ce)
          sum <= {{(SUM_BITS - X_BITS) {x[X_BITS-1]}}, x} +
              {{(SUM_BITS - ADD_BITS) {add[ADD_BITS-1]}}, add};

      wire [Q_BITS-1:0] q;
      wire up;
      if (SHIFT == 0) begin : g_whole
        assign q  = {sum[SUM_BITS-1], sum};
        assign up = 1'b0;
      end else begin : g_part
        localparam S = (SHIFT < SUM_BITS) ? SHIFT : SUM_BITS;
        if (SHIFT < SUM_BITS) begin : g_quotient
          assign q = {sum[SUM_BITS-1], sum[SUM_BITS-1:S]};
        end else begin : g_sign
          assign q = {Q_BITS{sum[SUM_BITS-1]}};
        end
        // Bits of the remainder above the sum's own repeat its sign.
        wire [S-1:0] low = sum[S-1:0];
        wire half = (SHIFT <= SUM_BITS) ? low[S-1] : sum[SUM_BITS-1];
        wire rest;  // the remainder below its highest bit
        if (SHIFT > SUM_BITS) begin : g_above
          assign rest = |low;
        end else if (S > 1) begin : g_below
          assign rest = |low[S-2:0];
        end else begin : g_none
          assign rest = 1'b0;
        end
        wire exact = !half && !rest;
        wire at_half = half && !rest;
        wire above_half = half && rest;
        wire negative = sum[SUM_BITS-1];
        assign up = (ROUNDING == 0) ? above_half || (at_half && q[0]) :
                    (ROUNDING == 1) ? above_half || (at_half && !negative) :
                    (ROUNDING == 2) ? above_half || (at_half && negative) :
                    (ROUNDING == 4) ? !exact :
                    (ROUNDING == 5) ? !exact && !negative :
                    (ROUNDING == 6) ? !exact && negative : 1'b0;
        wire unused = &{1'b0, exact, at_half, above_half, negative};
      end
      logic [Q_BITS-1:0] rounded;
      always_ff @(posedge clk) if (ce) rounded <= q + {{(Q_BITS - 1) {1'b0}}, up};
      wire [OUT_BITS-1:0] y;
      mr_clamp #(
          .IN_BITS(Q_BITS),
          .LO(LO),
          .HI(HI),
          .OUT_BITS(OUT_BITS),
          .OUT_ENC(OUT_ENC)
      ) clamp (
          .number (rounded),
          .element(y)
      );
      always_ff @(posedge clk) if (ce) out_data[p*OUT_BITS+:OUT_BITS] <= y;
    end
  endgenerate
endmodule
