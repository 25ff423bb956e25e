// SPDX-License-Identifier: Apache-2.0
//
// Block RAM of 18 Kbit of the 7 series as Yosys uses it, for simulation: no output registers, no
// cascades. In simple dual-port mode ("SDP") port A reads and port B writes, words of 36 bits over
// the data pins of both.
module RAMB18E1 (
    input logic CLKARDCLK,
    input logic CLKBWRCLK,
    input logic ENARDEN,
    input logic ENBWREN,
    input logic REGCEAREGCE,
    input logic REGCEB,
    input logic RSTRAMARSTRAM,
    input logic RSTRAMB,
    input logic RSTREGARSTREG,
    input logic RSTREGB,
    input logic [13:0] ADDRARDADDR,
    input logic [13:0] ADDRBWRADDR,
    input logic [15:0] DIADI,
    input logic [15:0] DIBDI,
    input logic [1:0] DIPADIP,
    input logic [1:0] DIPBDIP,
    input logic [1:0] WEA,
    input logic [3:0] WEBWE,
    output logic [15:0] DOADO,
    output logic [15:0] DOBDO,
    output logic [1:0] DOPADOP,
    output logic [1:0] DOPBDOP
);
  parameter [255:0] INIT_00 = 256'h0;
  parameter [255:0] INIT_01 = 256'h0;
  parameter [255:0] INIT_02 = 256'h0;
  parameter [255:0] INIT_03 = 256'h0;
  parameter [255:0] INIT_04 = 256'h0;
  parameter [255:0] INIT_05 = 256'h0;
  parameter [255:0] INIT_06 = 256'h0;
  parameter [255:0] INIT_07 = 256'h0;
  parameter [255:0] INIT_08 = 256'h0;
  parameter [255:0] INIT_09 = 256'h0;
  parameter [255:0] INIT_0A = 256'h0;
  parameter [255:0] INIT_0B = 256'h0;
  parameter [255:0] INIT_0C = 256'h0;
  parameter [255:0] INIT_0D = 256'h0;
  parameter [255:0] INIT_0E = 256'h0;
  parameter [255:0] INIT_0F = 256'h0;
  parameter [255:0] INIT_10 = 256'h0;
  parameter [255:0] INIT_11 = 256'h0;
  parameter [255:0] INIT_12 = 256'h0;
  parameter [255:0] INIT_13 = 256'h0;
  parameter [255:0] INIT_14 = 256'h0;
  parameter [255:0] INIT_15 = 256'h0;
  parameter [255:0] INIT_16 = 256'h0;
  parameter [255:0] INIT_17 = 256'h0;
  parameter [255:0] INIT_18 = 256'h0;
  parameter [255:0] INIT_19 = 256'h0;
  parameter [255:0] INIT_1A = 256'h0;
  parameter [255:0] INIT_1B = 256'h0;
  parameter [255:0] INIT_1C = 256'h0;
  parameter [255:0] INIT_1D = 256'h0;
  parameter [255:0] INIT_1E = 256'h0;
  parameter [255:0] INIT_1F = 256'h0;
  parameter [255:0] INIT_20 = 256'h0;
  parameter [255:0] INIT_21 = 256'h0;
  parameter [255:0] INIT_22 = 256'h0;
  parameter [255:0] INIT_23 = 256'h0;
  parameter [255:0] INIT_24 = 256'h0;
  parameter [255:0] INIT_25 = 256'h0;
  parameter [255:0] INIT_26 = 256'h0;
  parameter [255:0] INIT_27 = 256'h0;
  parameter [255:0] INIT_28 = 256'h0;
  parameter [255:0] INIT_29 = 256'h0;
  parameter [255:0] INIT_2A = 256'h0;
  parameter [255:0] INIT_2B = 256'h0;
  parameter [255:0] INIT_2C = 256'h0;
  parameter [255:0] INIT_2D = 256'h0;
  parameter [255:0] INIT_2E = 256'h0;
  parameter [255:0] INIT_2F = 256'h0;
  parameter [255:0] INIT_30 = 256'h0;
  parameter [255:0] INIT_31 = 256'h0;
  parameter [255:0] INIT_32 = 256'h0;
  parameter [255:0] INIT_33 = 256'h0;
  parameter [255:0] INIT_34 = 256'h0;
  parameter [255:0] INIT_35 = 256'h0;
  parameter [255:0] INIT_36 = 256'h0;
  parameter [255:0] INIT_37 = 256'h0;
  parameter [255:0] INIT_38 = 256'h0;
  parameter [255:0] INIT_39 = 256'h0;
  parameter [255:0] INIT_3A = 256'h0;
  parameter [255:0] INIT_3B = 256'h0;
  parameter [255:0] INIT_3C = 256'h0;
  parameter [255:0] INIT_3D = 256'h0;
  parameter [255:0] INIT_3E = 256'h0;
  parameter [255:0] INIT_3F = 256'h0;
  parameter [255:0] INITP_00 = 256'h0;
  parameter [255:0] INITP_01 = 256'h0;
  parameter [255:0] INITP_02 = 256'h0;
  parameter [255:0] INITP_03 = 256'h0;
  parameter [255:0] INITP_04 = 256'h0;
  parameter [255:0] INITP_05 = 256'h0;
  parameter [255:0] INITP_06 = 256'h0;
  parameter [255:0] INITP_07 = 256'h0;
  parameter INIT_A = 18'h0;
  parameter INIT_B = 18'h0;
  parameter SRVAL_A = 18'h0;
  parameter SRVAL_B = 18'h0;
  parameter READ_WIDTH_A = 0;
  parameter READ_WIDTH_B = 0;
  parameter WRITE_WIDTH_A = 0;
  parameter WRITE_WIDTH_B = 0;
  parameter WRITE_MODE_A = "WRITE_FIRST";
  parameter WRITE_MODE_B = "WRITE_FIRST";
  parameter RAM_MODE = "TDP";
  parameter DOA_REG = 0;
  parameter DOB_REG = 0;
  localparam [16383:0] DATA = {
      INIT_3F, INIT_3E, INIT_3D, INIT_3C, INIT_3B, INIT_3A, INIT_39, INIT_38, INIT_37, INIT_36,
      INIT_35, INIT_34, INIT_33, INIT_32, INIT_31, INIT_30, INIT_2F, INIT_2E, INIT_2D, INIT_2C,
      INIT_2B, INIT_2A, INIT_29, INIT_28, INIT_27, INIT_26, INIT_25, INIT_24, INIT_23, INIT_22,
      INIT_21, INIT_20, INIT_1F, INIT_1E, INIT_1D, INIT_1C, INIT_1B, INIT_1A, INIT_19, INIT_18,
      INIT_17, INIT_16, INIT_15, INIT_14, INIT_13, INIT_12, INIT_11, INIT_10, INIT_0F, INIT_0E,
      INIT_0D, INIT_0C, INIT_0B, INIT_0A, INIT_09, INIT_08, INIT_07, INIT_06, INIT_05, INIT_04,
      INIT_03, INIT_02, INIT_01, INIT_00
  };
  localparam [2047:0] PARITY = {
      INITP_07, INITP_06, INITP_05, INITP_04, INITP_03, INITP_02, INITP_01, INITP_00
  };
  localparam WIDE_READ = RAM_MODE == "SDP" && READ_WIDTH_A == 36;
  localparam WIDE_WRITE = RAM_MODE == "SDP" && WRITE_WIDTH_B == 36;
  generate
    if (DOA_REG != 0 || DOB_REG != 0) begin : g_unknown
      initial $error("this use of a block RAM is not modelled");
    end
  endgenerate
  wire [63:0] out_a, out_b;
  wire [7:0] out_parity_a, out_parity_b;
  assign DOADO = out_a[15:0];
  assign DOPADOP = out_parity_a[1:0];
  assign DOBDO = WIDE_READ ? out_a[31:16] : out_b[15:0];
  assign DOPBDOP = WIDE_READ ? out_parity_a[3:2] : out_parity_b[1:0];
  block_ram_7series #(
      .BYTES(2048),
      .READ_A(READ_WIDTH_A),
      .READ_B(READ_WIDTH_B),
      .WRITE_A(WRITE_WIDTH_A),
      .WRITE_B(WRITE_WIDTH_B),
      .MODE_A(WRITE_MODE_A),
      .MODE_B(WRITE_MODE_B),
      .DATA(DATA),
      .PARITY(PARITY)
  ) memory (
      .clk_a(CLKARDCLK),
      .enable_a(ENARDEN),
      .reset_a(RSTRAMARSTRAM),
      .address_a({1'b0, ADDRARDADDR}),
      .write_a({6'd0, WEA}),
      .in_a({48'd0, DIADI}),
      .in_parity_a({6'd0, DIPADIP}),
      .out_a(out_a),
      .out_parity_a(out_parity_a),
      .clk_b(CLKBWRCLK),
      .enable_b(ENBWREN),
      .reset_b(RSTRAMB),
      .address_b({1'b0, ADDRBWRADDR}),
      .write_b({4'd0, WEBWE}),
      .in_b(WIDE_WRITE ? {32'd0, DIBDI, DIADI} : {48'd0, DIBDI}),
      .in_parity_b(WIDE_WRITE ? {4'd0, DIPBDIP, DIPADIP} : {6'd0, DIPBDIP}),
      .out_b(out_b),
      .out_parity_b(out_parity_b)
  );
  wire unused = &{1'b0, REGCEAREGCE, REGCEB, RSTREGARSTREG, RSTREGB};
endmodule
