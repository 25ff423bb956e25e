// SPDX-License-Identifier: Apache-2.0
//
// Multiply-add-shift: t = x * multiplier[c] + add[c] * 2^ADD_SHIFT; q = floor(t / 2^SHIFT), r the
// remainder; y = clamp(r < TIE and q odd ? q - 1 : q, LO, HI), c the channel.
//
// Parameters: PE lanes; FOLDS words of a vector, so lane p of word f has channel f * PE + p; IN_BITS,
// IN_ENC, OUT_BITS, OUT_ENC (0 unsigned, 1 signed, 2 bipolar; into bipolar, y >= 0 becomes +1);
// SHIFT (0 to 126), ADD_SHIFT (>= 0), TIE (0: no rounding to even; only with SHIFT > 0), LO <= HI (64
// bits, two's complement).
//   M_BITS, A_BITS            of a multiplier and an added number, two's complement
//   SHARED_M, SHARED_A        1: one for all channels
//   MULTIPLIER, ADD           channel c's number in bits [c * bits +: bits]
//   MULT                      0: products in LUTs, 1: for DSP blocks (mr_multiply)
//   STYLE                     of the numbers' memories (mr_rom)
// In LUTs x * multiplier has at most 64 bits.
//
// Schedule: a word a cycle. Latency: 1, mr_multiply's, and 4 (constant; sum; ties; limits).
// Handshake: as mr_function_thresholds: all stages move with ce, in_ready = ce.
module mr_function_scale #(
    parameter PE = 2,
    parameter FOLDS = 1,
    parameter IN_BITS = 12,
    parameter IN_ENC = 1,
    parameter OUT_BITS = 8,
    parameter OUT_ENC = 1,
    parameter SHIFT = 10,
    parameter ADD_SHIFT = 0,
    parameter [63:0] TIE = 64'd0,
    parameter [63:0] LO = 64'hffffffffffffff80,
    parameter [63:0] HI = 64'h7f,
    parameter M_BITS = 8,
    parameter SHARED_M = 0,
    parameter [(SHARED_M != 0 ? 1 : PE*FOLDS)*M_BITS-1:0] MULTIPLIER = '0,
    parameter A_BITS = 8,
    parameter SHARED_A = 0,
    parameter [(SHARED_A != 0 ? 1 : PE*FOLDS)*A_BITS-1:0] ADD = '0,
    parameter MULT = 0,
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
  localparam X_BITS = (IN_ENC == 2) ? 2 : IN_BITS;
  localparam P_BITS = X_BITS + M_BITS + (IN_ENC == 0 ? 1 : 0);
  localparam SHIFTED = A_BITS + ADD_SHIFT;
  localparam T_BITS = ((P_BITS > SHIFTED) ? P_BITS : SHIFTED) + 1;
  localparam Q_BITS = (T_BITS > SHIFT) ? T_BITS - SHIFT : 1;

  wire ce = !out_valid || out_ready;
  assign in_ready = ce;

  // ---- multiplier and word
  wire [PE*M_BITS-1:0] factors;
  mr_channel_constant #(
      .PE(PE),
      .FOLDS(FOLDS),
      .BITS(M_BITS),
      .SHARED(SHARED_M),
      .STYLE(STYLE),
      .VALUES(MULTIPLIER)
  ) multipliers (
      .clk(clk),
      .rst(rst),
      .ce(ce),
      .next(in_valid),
      .values(factors)
  );
  logic [PE*IN_BITS-1:0] word;
  logic word_valid;
  always_ff @(posedge clk) if (ce) word <= in_data;
  always_ff @(posedge clk)
    if (rst) word_valid <= 1'b0;
    else if (ce) word_valid <= in_valid;

  // ---- products
  wire [PE*P_BITS-1:0] products;
  wire [PE-1:0] product_valid;
  genvar p;
  generate
    for (p = 0; p < PE; p = p + 1) begin : g_product
      wire [X_BITS-1:0] x;
      if (IN_ENC == 2) begin : g_bipolar
        assign x = {!word[p], 1'b1};
      end else begin : g_number
        assign x = word[p*IN_BITS+:IN_BITS];
      end
      mr_multiply #(
          .A_BITS(X_BITS),
          .A_ENC(IN_ENC == 0 ? 0 : 1),
          .B_BITS(M_BITS),
          .B_ENC(1),
          .MULT(MULT),
          .OUT_BITS(P_BITS)
      ) multiplier (
          .clk(clk),
          .rst(rst),
          .ce(ce),
          .in_valid(word_valid),
          .a(x),
          .b(factors[p*M_BITS+:M_BITS]),
          .out_valid(product_valid[p]),
          .product(products[p*P_BITS+:P_BITS])
      );
    end
  endgenerate
  wire unused_valid = &{1'b0, product_valid};

  // ---- added number; sum; ties; limits
  wire [PE*A_BITS-1:0] adds;
  mr_channel_constant #(
      .PE(PE),
      .FOLDS(FOLDS),
      .BITS(A_BITS),
      .SHARED(SHARED_A),
      .STYLE(STYLE),
      .VALUES(ADD)
  ) addends (
      .clk(clk),
      .rst(rst),
      .ce(ce),
      .next(product_valid[0]),
      .values(adds)
  );
  logic [2:0] valid;
  always_ff @(posedge clk)
    if (rst) {out_valid, valid} <= '0;
    else if (ce) {out_valid, valid} <= {valid, product_valid[0]};

  generate
    for (p = 0; p < PE; p = p + 1) begin : g_lane
      logic [P_BITS-1:0] product;
      always_ff @(posedge clk) if (ce) product <= products[p*P_BITS+:P_BITS];
      wire [A_BITS-1:0] add = adds[p*A_BITS+:A_BITS];
      wire [T_BITS-1:0] wide_add = {{(T_BITS - A_BITS) {add[A_BITS-1]}}, add};
      logic [T_BITS-1:0] t;
      always_ff @(posedge clk)
        if (ce)
          t <= {{(T_BITS - P_BITS) {product[P_BITS-1]}}, product} + (wide_add << ADD_SHIFT);

      wire [Q_BITS-1:0] q;
      if (SHIFT < T_BITS) begin : g_quotient
        assign q = t[T_BITS-1:SHIFT];
      end else begin : g_sign
        assign q = t[T_BITS-1];
      end
      wire down;
      if (TIE != 64'd0) begin : g_ties
        // A limit beyond the remainder's bits holds for every remainder.
        if (SHIFT < 64 && (TIE >> SHIFT) != 64'd0) begin : g_every
          assign down = q[0];
        end else begin : g_some
          localparam R = (SHIFT > 64) ? SHIFT : 64;
          wire [R-1:0] tie = R'(TIE);
          wire [R-1:0] r;
          if (SHIFT <= T_BITS) begin : g_low
            assign r = R'(t[SHIFT-1:0]);
          end else begin : g_high
            assign r = R'({{(SHIFT - T_BITS) {t[T_BITS-1]}}, t});
          end
          assign down = q[0] && r < tie;
        end
    end else begin : g_floor
        assign down = 1'b0;
      end
      logic [Q_BITS:0] rounded;
      always_ff @(posedge clk)
        if (ce) rounded <= {q[Q_BITS-1], q} - {{Q_BITS{1'b0}}, down};
      wire unused = &{1'b0, t};

      wire [OUT_BITS-1:0] y;
      mr_clamp #(
          .IN_BITS(Q_BITS + 1),
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
