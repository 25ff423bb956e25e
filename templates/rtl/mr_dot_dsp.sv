// SPDX-License-Identifier: Apache-2.0
//
// LANES lanes of a matrix-vector unit whose products share DSP blocks: sum[i] = the sum over FOLDS
// words of SIMD products a[s] * w[i][s], modulo 2^ACC_BITS. One multiplier per s serves all lanes.
//
// Parameters: SIMD, FOLDS (>= 1); LANES (>= 1) and SPACING, below; APART (1 where LANES > 1; 1 for one
// lane gives it the latency of several); A_BITS, A_ENC and W_BITS, W_ENC
// (0 unsigned, 1 signed); W_NARROW (1: no weight is -2^(W_BITS-1)); ACC_BITS.
// Ports: w, lane after lane of W_BITS planes: bit b of weight s of lane i is
// w[(i * W_BITS + b) * SIMD + s]; in_valid, in_last with the FOLDS-th word of a sum;
// out_valid when the sums are finished ones.
//
// Schedule: a word every cycle with ce. Latency in cycles with ce: 2 in the block (operands, product),
// 1 to take the products apart if APART, $clog2(SIMD), 1. Sums stay as mr_accumulator's.
//
// The factor of the shared number is the sum of w[i] * 2^(SPACING * i), so the product holds a w[i]
// in field i of SPACING bits, if each fits there as a signed number. A negative field borrows one
// from the field above, so field i is taken as its bits plus the bit below them. The unit that
// instantiates this chooses LANES such that the factor fits the multiplier.
module mr_dot_dsp #(
    parameter SIMD = 2,
    parameter FOLDS = 4,
    parameter LANES = 2,
    parameter SPACING = 16,
    parameter APART = 1,
    parameter A_BITS = 8,
    parameter A_ENC = 0,
    parameter W_BITS = 8,
    parameter W_ENC = 1,
    parameter W_NARROW = 0,
    parameter ACC_BITS = 20
) (
    input logic clk,
    input logic rst,
    input logic ce,
    input logic in_valid,
    input logic in_last,
    input logic [SIMD*A_BITS-1:0] a,
    input logic [LANES*SIMD*W_BITS-1:0] w,
    output logic out_valid,
    output logic [LANES*ACC_BITS-1:0] sums
);
  localparam AX = A_BITS + (A_ENC == 0 ? 1 : 0);
  localparam WX = W_BITS + (W_ENC == 0 ? 1 : 0);
  // No bit more than the factor needs: one too many for the multiplier's port makes it two blocks.
  // Of several lanes the lower ones may borrow from the lowest number of the top one.
  localparam TOP = (LANES > 1 && W_ENC == 1 && W_NARROW == 0) ? W_BITS + 1 : WX;
  localparam FACTOR = (LANES - 1) * SPACING + TOP;
  localparam PRODUCT = FACTOR + AX;
  localparam FIELD = (LANES > 1) ? SPACING : PRODUCT;
  localparam PART = FIELD + $clog2(SIMD);
  localparam CUT = (PART < ACC_BITS) ? PART : ACC_BITS;

  localparam STAGES = (APART != 0) ? 3 : 2;
  logic [STAGES-1:0] valid, last;
  always_ff @(posedge clk)
    if (rst) begin
      valid <= '0;
      last  <= '0;
    end else if (ce) begin
      valid <= {valid[STAGES-2:0], in_valid};
      last  <= {last[STAGES-2:0], in_valid && in_last};
    end

  logic [LANES*SIMD*FIELD-1:0] fields;
  wire [LANES-1:0] done;
  genvar s, i;
  generate
    for (s = 0; s < SIMD; s = s + 1) begin : g_product
      logic signed [FACTOR-1:0] packed_weights;
      logic [W_BITS-1:0] weight;
      integer field, digit;
      always_comb begin
        packed_weights = '0;
        for (field = 0; field < LANES; field = field + 1) begin
          for (digit = 0; digit < W_BITS; digit = digit + 1)
            weight[digit] = w[(field*W_BITS+digit)*SIMD+s];
          packed_weights = packed_weights +
              ({{(FACTOR - W_BITS) {(W_ENC == 1) & weight[W_BITS-1]}}, weight} << (SPACING * field));
        end
      end
      wire signed [AX-1:0] number;
      if (A_ENC == 0) begin : g_unsigned
        assign number = {1'b0, a[s*A_BITS+:A_BITS]};
      end else begin : g_signed
        assign number = a[s*A_BITS+:A_BITS];
      end
      logic signed [FACTOR-1:0] factor;
      logic signed [AX-1:0] shared;
      logic signed [PRODUCT-1:0] product;
      always_ff @(posedge clk)
        if (ce) begin
          factor  <= packed_weights;
          shared  <= number;
          product <= factor * shared;
        end
      if (LANES == 1 && APART == 0) begin : g_one
        assign fields[s*FIELD+:FIELD] = product;
      end else if (LANES == 1) begin : g_late
        always_ff @(posedge clk) if (ce) fields[s*FIELD+:FIELD] <= product;
      end else begin : g_lanes
        wire unused = &{1'b0, product};
        for (i = 0; i < LANES; i = i + 1) begin : g_field
          wire [FIELD-1:0] bits = product[i*SPACING+:SPACING];
          wire borrowed;
          if (i == 0) begin : g_lowest
            assign borrowed = 1'b0;
          end else begin : g_above
            assign borrowed = product[i*SPACING-1];
          end
          always_ff @(posedge clk)
            if (ce) fields[(i*SIMD+s)*FIELD+:FIELD] <= bits + {{(FIELD - 1) {1'b0}}, borrowed};
        end
      end
    end

    for (i = 0; i < LANES; i = i + 1) begin : g_lane
      wire [1:0] tag;
      wire [CUT-1:0] part;
      mr_add_tree #(
          .N(SIMD),
          .IN_BITS(FIELD),
          .SIGNED(1),
          .OUT_BITS(CUT),
          .TAG(2)
      ) tree (
          .clk(clk),
          .rst(rst),
          .ce(ce),
          .in_tag({last[STAGES-1], valid[STAGES-1]}),
          .terms(fields[i*SIMD*FIELD+:SIMD*FIELD]),
          .out_tag(tag),
          .sum(part)
      );
      mr_accumulator #(
          .IN_BITS(CUT),
          .SIGNED(1),
          .BITS(ACC_BITS),
          .SINGLE(FOLDS == 1 ? 1 : 0)
      ) accumulator (
          .clk(clk),
          .rst(rst),
          .ce(ce),
          .in_valid(tag[0]),
          .in_last(tag[1]),
          .number(part),
          .out_valid(done[i]),
          .sum(sums[i*ACC_BITS+:ACC_BITS])
      );
    end
  endgenerate
  assign out_valid = done[0];
  wire unused_done = &{1'b0, done};
endmodule
