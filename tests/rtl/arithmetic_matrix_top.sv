// SPDX-License-Identifier: Apache-2.0
//
// Instances of mr_matrix_vector; arithmetic_matrix.cpp holds the same list. Each has a slot of W bits
// in the data ports.
module arithmetic_matrix_top #(
    localparam INSTANCES = 21,
    localparam W = 80
) (
    input logic clk,
    input logic rst,
    input logic [INSTANCES*W-1:0] in_data,
    input logic [INSTANCES-1:0] in_valid,
    output logic [INSTANCES-1:0] in_ready,
    output logic [INSTANCES*W-1:0] out_data,
    output logic [INSTANCES-1:0] out_valid,
    input logic [INSTANCES-1:0] out_ready
);
  // Bits of slots that no instance has.
  wire unused = &{1'b0, in_data};

  mr_matrix_vector #(
      .K(98), .N(8), .PE(4), .SIMD(49), .A_BITS(1), .A_ENC(2),
      .W_BITS(1), .W_ENC(2), .ACC_BITS(9),
      .INIT("matrix_0.mem")
  ) m0 (
      .clk(clk), .rst(rst),
      .in_data(in_data[0*W+:49]), .in_valid(in_valid[0]), .in_ready(in_ready[0]),
      .out_data(out_data[0*W+:36]), .out_valid(out_valid[0]), .out_ready(out_ready[0])
  );
  assign out_data[0*W+36+:W-36] = '0;

  mr_matrix_vector #(
      .K(8), .N(4), .PE(4), .SIMD(8), .A_BITS(1), .A_ENC(2),
      .W_BITS(1), .W_ENC(2), .ACC_BITS(5), .STYLE(1),
      .INIT("matrix_1.mem")
  ) m1 (
      .clk(clk), .rst(rst),
      .in_data(in_data[1*W+:8]), .in_valid(in_valid[1]), .in_ready(in_ready[1]),
      .out_data(out_data[1*W+:20]), .out_valid(out_valid[1]), .out_ready(out_ready[1])
  );
  assign out_data[1*W+20+:W-20] = '0;

  mr_matrix_vector #(
      .K(15), .N(6), .PE(2), .SIMD(5), .A_BITS(2), .A_ENC(1),
      .W_BITS(2), .W_ENC(1), .ACC_BITS(7),
      .INIT("matrix_2.mem")
  ) m2 (
      .clk(clk), .rst(rst),
      .in_data(in_data[2*W+:10]), .in_valid(in_valid[2]), .in_ready(in_ready[2]),
      .out_data(out_data[2*W+:14]), .out_valid(out_valid[2]), .out_ready(out_ready[2])
  );
  assign out_data[2*W+14+:W-14] = '0;

  mr_matrix_vector #(
      .K(24), .N(6), .PE(3), .SIMD(12), .A_BITS(2), .A_ENC(1),
      .W_BITS(2), .W_ENC(1), .ACC_BITS(6), .TERNARY(1),
      .INIT("matrix_3.mem")
  ) m3 (
      .clk(clk), .rst(rst),
      .in_data(in_data[3*W+:24]), .in_valid(in_valid[3]), .in_ready(in_ready[3]),
      .out_data(out_data[3*W+:18]), .out_valid(out_valid[3]), .out_ready(out_ready[3])
  );
  assign out_data[3*W+18+:W-18] = '0;

  mr_matrix_vector #(
      .K(9), .N(4), .PE(2), .SIMD(3), .A_BITS(8), .A_ENC(0),
      .W_BITS(1), .W_ENC(2), .ACC_BITS(13),
      .INIT("matrix_4.mem")
  ) m4 (
      .clk(clk), .rst(rst),
      .in_data(in_data[4*W+:24]), .in_valid(in_valid[4]), .in_ready(in_ready[4]),
      .out_data(out_data[4*W+:26]), .out_valid(out_valid[4]), .out_ready(out_ready[4])
  );
  assign out_data[4*W+26+:W-26] = '0;

  mr_matrix_vector #(
      .K(27), .N(4), .PE(4), .SIMD(3), .A_BITS(8), .A_ENC(1),
      .W_BITS(1), .W_ENC(2), .ACC_BITS(14),
      .INIT("matrix_5.mem")
  ) m5 (
      .clk(clk), .rst(rst),
      .in_data(in_data[5*W+:24]), .in_valid(in_valid[5]), .in_ready(in_ready[5]),
      .out_data(out_data[5*W+:56]), .out_valid(out_valid[5]), .out_ready(out_ready[5])
  );
  assign out_data[5*W+56+:W-56] = '0;

  mr_matrix_vector #(
      .K(10), .N(6), .PE(3), .SIMD(5), .A_BITS(1), .A_ENC(2),
      .W_BITS(4), .W_ENC(1), .ACC_BITS(9),
      .INIT("matrix_6.mem")
  ) m6 (
      .clk(clk), .rst(rst),
      .in_data(in_data[6*W+:5]), .in_valid(in_valid[6]), .in_ready(in_ready[6]),
      .out_data(out_data[6*W+:27]), .out_valid(out_valid[6]), .out_ready(out_ready[6])
  );
  assign out_data[6*W+27+:W-27] = '0;

  mr_matrix_vector #(
      .K(14), .N(4), .PE(2), .SIMD(7), .A_BITS(1), .A_ENC(0),
      .W_BITS(1), .W_ENC(2), .ACC_BITS(5),
      .INIT("matrix_7.mem")
  ) m7 (
      .clk(clk), .rst(rst),
      .in_data(in_data[7*W+:7]), .in_valid(in_valid[7]), .in_ready(in_ready[7]),
      .out_data(out_data[7*W+:10]), .out_valid(out_valid[7]), .out_ready(out_ready[7])
  );
  assign out_data[7*W+10+:W-10] = '0;

  mr_matrix_vector #(
      .K(20), .N(10), .PE(5), .SIMD(4), .A_BITS(4), .A_ENC(0),
      .W_BITS(4), .W_ENC(1), .ACC_BITS(13),
      .INIT("matrix_8.mem")
  ) m8 (
      .clk(clk), .rst(rst),
      .in_data(in_data[8*W+:16]), .in_valid(in_valid[8]), .in_ready(in_ready[8]),
      .out_data(out_data[8*W+:65]), .out_valid(out_valid[8]), .out_ready(out_ready[8])
  );
  assign out_data[8*W+65+:W-65] = '0;

  mr_matrix_vector #(
      .K(20), .N(10), .PE(5), .SIMD(4), .A_BITS(4), .A_ENC(0),
      .W_BITS(4), .W_ENC(1), .ACC_BITS(13), .MULT(1),
      .INIT("matrix_9.mem")
  ) m9 (
      .clk(clk), .rst(rst),
      .in_data(in_data[9*W+:16]), .in_valid(in_valid[9]), .in_ready(in_ready[9]),
      .out_data(out_data[9*W+:65]), .out_valid(out_valid[9]), .out_ready(out_ready[9])
  );
  assign out_data[9*W+65+:W-65] = '0;

  mr_matrix_vector #(
      .K(6), .N(4), .PE(4), .SIMD(2), .A_BITS(8), .A_ENC(1),
      .W_BITS(8), .W_ENC(1), .ACC_BITS(19), .MULT(1), .DSP_BITS(27),
      .INIT("matrix_10.mem")
  ) m10 (
      .clk(clk), .rst(rst),
      .in_data(in_data[10*W+:16]), .in_valid(in_valid[10]), .in_ready(in_ready[10]),
      .out_data(out_data[10*W+:76]), .out_valid(out_valid[10]), .out_ready(out_ready[10])
  );
  assign out_data[10*W+76+:W-76] = '0;

  mr_matrix_vector #(
      .K(9), .N(8), .PE(4), .SIMD(3), .A_BITS(4), .A_ENC(1),
      .W_BITS(4), .W_ENC(1), .ACC_BITS(11), .MULT(1), .W_NARROW(1),
      .INIT("matrix_11.mem")
  ) m11 (
      .clk(clk), .rst(rst),
      .in_data(in_data[11*W+:12]), .in_valid(in_valid[11]), .in_ready(in_ready[11]),
      .out_data(out_data[11*W+:44]), .out_valid(out_valid[11]), .out_ready(out_ready[11])
  );
  assign out_data[11*W+44+:W-44] = '0;

  mr_matrix_vector #(
      .K(6), .N(12), .GROUPS(3), .PE(2), .SIMD(2), .A_BITS(3),
      .A_ENC(0), .W_BITS(3), .W_ENC(1), .ACC_BITS(9),
      .INIT("matrix_12.mem")
  ) m12 (
      .clk(clk), .rst(rst),
      .in_data(in_data[12*W+:6]), .in_valid(in_valid[12]), .in_ready(in_ready[12]),
      .out_data(out_data[12*W+:18]), .out_valid(out_valid[12]), .out_ready(out_ready[12])
  );
  assign out_data[12*W+18+:W-18] = '0;

  mr_matrix_vector #(
      .K(32), .N(16), .PE(2), .SIMD(4), .A_BITS(2), .A_ENC(0),
      .W_BITS(2), .W_ENC(1), .ACC_BITS(9), .STYLE(2), .BUFFER(2),
      .INIT("matrix_13.mem")
  ) m13 (
      .clk(clk), .rst(rst),
      .in_data(in_data[13*W+:8]), .in_valid(in_valid[13]), .in_ready(in_ready[13]),
      .out_data(out_data[13*W+:18]), .out_valid(out_valid[13]), .out_ready(out_ready[13])
  );
  assign out_data[13*W+18+:W-18] = '0;

  mr_matrix_vector #(
      .K(6), .N(3), .PE(3), .SIMD(3), .A_BITS(1), .A_ENC(1),
      .W_BITS(3), .W_ENC(1), .ACC_BITS(7),
      .INIT("matrix_14.mem")
  ) m14 (
      .clk(clk), .rst(rst),
      .in_data(in_data[14*W+:3]), .in_valid(in_valid[14]), .in_ready(in_ready[14]),
      .out_data(out_data[14*W+:21]), .out_valid(out_valid[14]), .out_ready(out_ready[14])
  );
  assign out_data[14*W+21+:W-21] = '0;

  mr_matrix_vector #(
      .K(1), .N(1), .PE(1), .SIMD(1), .A_BITS(3), .A_ENC(0),
      .W_BITS(3), .W_ENC(0), .ACC_BITS(6),
      .INIT("matrix_15.mem")
  ) m15 (
      .clk(clk), .rst(rst),
      .in_data(in_data[15*W+:3]), .in_valid(in_valid[15]), .in_ready(in_ready[15]),
      .out_data(out_data[15*W+:6]), .out_valid(out_valid[15]), .out_ready(out_ready[15])
  );
  assign out_data[15*W+6+:W-6] = '0;

  mr_matrix_vector #(
      .K(8), .N(6), .PE(3), .SIMD(2), .A_BITS(8), .A_ENC(0),
      .W_BITS(8), .W_ENC(0), .ACC_BITS(19), .MULT(1), .DSP_BITS(27),
      .INIT("matrix_16.mem")
  ) m16 (
      .clk(clk), .rst(rst),
      .in_data(in_data[16*W+:16]), .in_valid(in_valid[16]), .in_ready(in_ready[16]),
      .out_data(out_data[16*W+:57]), .out_valid(out_valid[16]), .out_ready(out_ready[16])
  );
  assign out_data[16*W+57+:W-57] = '0;

  mr_matrix_vector #(
      .K(40), .N(4), .PE(1), .SIMD(1), .A_BITS(3), .A_ENC(1),
      .W_BITS(2), .W_ENC(0), .ACC_BITS(6), .STYLE(1),
      .INIT("matrix_17.mem")
  ) m17 (
      .clk(clk), .rst(rst),
      .in_data(in_data[17*W+:3]), .in_valid(in_valid[17]), .in_ready(in_ready[17]),
      .out_data(out_data[17*W+:6]), .out_valid(out_valid[17]), .out_ready(out_ready[17])
  );
  assign out_data[17*W+6+:W-6] = '0;

  mr_matrix_vector #(
      .K(12), .N(4), .PE(2), .SIMD(3), .A_BITS(5), .A_ENC(1),
      .W_BITS(6), .W_ENC(1), .ACC_BITS(14), .MULT(1), .STYLE(2), .BUFFER(1),
      .INIT("matrix_18.mem")
  ) m18 (
      .clk(clk), .rst(rst),
      .in_data(in_data[18*W+:15]), .in_valid(in_valid[18]), .in_ready(in_ready[18]),
      .out_data(out_data[18*W+:28]), .out_valid(out_valid[18]), .out_ready(out_ready[18])
  );
  assign out_data[18*W+28+:W-28] = '0;

  mr_matrix_vector #(
      .K(5), .N(2), .GROUPS(2), .PE(1), .SIMD(5), .A_BITS(1),
      .A_ENC(2), .W_BITS(1), .W_ENC(2), .ACC_BITS(4),
      .INIT("matrix_19.mem")
  ) m19 (
      .clk(clk), .rst(rst),
      .in_data(in_data[19*W+:5]), .in_valid(in_valid[19]), .in_ready(in_ready[19]),
      .out_data(out_data[19*W+:4]), .out_valid(out_valid[19]), .out_ready(out_ready[19])
  );
  assign out_data[19*W+4+:W-4] = '0;

  mr_matrix_vector #(
      .K(4), .N(6), .PE(2), .SIMD(4), .A_BITS(4), .A_ENC(1),
      .W_BITS(5), .W_ENC(1), .ACC_BITS(12),
      .INIT("matrix_20.mem")
  ) m20 (
      .clk(clk), .rst(rst),
      .in_data(in_data[20*W+:16]), .in_valid(in_valid[20]), .in_ready(in_ready[20]),
      .out_data(out_data[20*W+:24]), .out_valid(out_valid[20]), .out_ready(out_ready[20])
  );
  assign out_data[20*W+24+:W-24] = '0;
endmodule
