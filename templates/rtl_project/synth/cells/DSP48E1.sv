// SPDX-License-Identifier: Apache-2.0
//
// DSP block of the 7 series as Yosys uses it, for simulation: pre-adder, multiplier, adder and
// their registers; operands of the multiplier from A, B and D, of the adder from C, P and PCIN.
// Not: cascades of A and B, SIMD, logic operations, patterns, registers of the modes.
module DSP48E1 (
    input logic CLK,
    input logic [29:0] A,
    input logic [29:0] ACIN,
    input logic [17:0] B,
    input logic [17:0] BCIN,
    input logic [47:0] C,
    input logic [24:0] D,
    input logic CARRYIN,
    input logic [2:0] CARRYINSEL,
    input logic [4:0] INMODE,
    input logic [6:0] OPMODE,
    input logic [3:0] ALUMODE,
    input logic [47:0] PCIN,
    input logic CEA1,
    input logic CEA2,
    input logic CEAD,
    input logic CEB1,
    input logic CEB2,
    input logic CEC,
    input logic CED,
    input logic CEM,
    input logic CEP,
    input logic RSTA,
    input logic RSTB,
    input logic RSTC,
    input logic RSTD,
    input logic RSTM,
    input logic RSTP,
    output logic [47:0] P,
    output logic [29:0] ACOUT,
    output logic [17:0] BCOUT,
    output logic [47:0] PCOUT
);
  parameter ACASCREG = 0;
  parameter ADREG = 0;
  parameter ALUMODEREG = 0;
  parameter AREG = 0;
  parameter A_INPUT = "DIRECT";
  parameter BCASCREG = 0;
  parameter BREG = 0;
  parameter B_INPUT = "DIRECT";
  parameter CARRYINREG = 0;
  parameter CARRYINSELREG = 0;
  parameter CREG = 0;
  parameter DREG = 0;
  parameter INMODEREG = 0;
  parameter MREG = 0;
  parameter OPMODEREG = 0;
  parameter PREG = 0;
  parameter USE_DPORT = "FALSE";
  parameter USE_MULT = "MULTIPLY";
  parameter USE_SIMD = "ONE48";
  generate
    if (ALUMODEREG != 0 || CARRYINREG != 0 || CARRYINSELREG != 0 || INMODEREG != 0 ||
        OPMODEREG != 0 || (ACASCREG != AREG && !(ACASCREG == 1 && AREG == 2)) ||
        (BCASCREG != BREG && !(BCASCREG == 1 && BREG == 2)) ||
        USE_SIMD != "ONE48") begin : g_unknown
      initial $error("this use of a DSP block is not modelled");
    end
  endgenerate

  logic [29:0] a1, a2;
  logic [17:0] b1, b2;
  logic [47:0] c;
  logic [24:0] d, sum, sum_held;
  logic [42:0] product, product_held;
  wire [29:0] a_in = A_INPUT == "CASCADE" ? ACIN : A;
  wire [17:0] b_in = B_INPUT == "CASCADE" ? BCIN : B;
  wire [29:0] a = AREG == 0 ? a_in : a2;
  wire [17:0] b = BREG == 0 ? b_in : b2;
  // A cascade leaves behind all registers, or behind the first of two.
  assign ACOUT = ACASCREG == AREG ? a : a1;
  assign BCOUT = BCASCREG == BREG ? b : b1;
  wire [24:0] a_gated = INMODE[1] ? 25'd0 : a[24:0];
  wire [24:0] d_gated = INMODE[2] ? (DREG == 0 ? D : d) : 25'd0;
  assign sum = INMODE[3] ? d_gated - a_gated : d_gated + a_gated;
  wire [24:0] factor = USE_DPORT != "TRUE" ? a[24:0] : ADREG == 0 ? sum : sum_held;
  assign product = {{18{factor[24]}}, factor} * {{25{b[17]}}, b};
  wire [42:0] m = MREG == 0 ? product : product_held;
  always_ff @(posedge CLK) begin
    if (RSTA) a1 <= 30'd0;
    else if (CEA1) a1 <= a_in;
    if (RSTA) a2 <= 30'd0;
    else if (CEA2) a2 <= AREG == 2 ? a1 : a_in;
    if (RSTB) b1 <= 18'd0;
    else if (CEB1) b1 <= b_in;
    if (RSTB) b2 <= 18'd0;
    else if (CEB2) b2 <= BREG == 2 ? b1 : b_in;
    if (RSTC) c <= 48'd0;
    else if (CEC) c <= C;
    if (RSTD) d <= 25'd0;
    else if (CED) d <= D;
    if (RSTD) sum_held <= 25'd0;
    else if (CEAD) sum_held <= sum;
    if (RSTM) product_held <= 43'd0;
    else if (CEM) product_held <= product;
  end

  wire [47:0] held = PREG == 0 ? 48'd0 : P;
  // The multiplier comes as one operand; the cell's two partial products add up to it.
  logic [47:0] x, y, z, result;
  always_comb begin
    case (OPMODE[1:0])
      2'd0: x = 48'd0;
      2'd1: x = USE_MULT == "NONE" ? 48'd0 : {{5{m[42]}}, m};
      2'd2: x = held;
      default: x = {a, b};
    endcase
    case (OPMODE[3:2])
      2'd2: y = {48{1'b1}};
      2'd3: y = CREG == 0 ? C : c;
      default: y = 48'd0;
    endcase
    case (OPMODE[6:4])
      3'd1: z = PCIN;
      3'd2, 3'd4: z = held;
      3'd3: z = CREG == 0 ? C : c;
      3'd5: z = {{17{PCIN[47]}}, PCIN[47:17]};
      3'd6: z = {{17{held[47]}}, held[47:17]};
      default: z = 48'd0;
    endcase
    case (ALUMODE)
      4'd3: result = z - (x + y + {47'd0, CARRYIN});
      default: result = z + x + y + {47'd0, CARRYIN};
    endcase
  end
  always_ff @(posedge CLK)
    if ((ALUMODE != 4'd0 && ALUMODE != 4'd3) || CARRYINSEL != 3'd0 || INMODE[0] || INMODE[4])
      $error("this mode of a DSP block is not modelled");
  generate
    if (PREG == 0) begin : g_direct
      assign P = result;
    end else begin : g_held
      always_ff @(posedge CLK)
        if (RSTP) P <= 48'd0;
        else if (CEP) P <= result;
    end
  endgenerate
  assign PCOUT = P;
  wire unused = &{1'b0, A, B, ACIN, BCIN};
endmodule
