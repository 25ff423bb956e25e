// SPDX-License-Identifier: Apache-2.0
//
// Instances of the other arithmetic actors and of their parts; arithmetic_actors.cpp holds the same
// list and the formula of noise(). Each instance has a slot of W bits in the data ports.
module arithmetic_actors_top #(
    localparam INSTANCES = 73,
    localparam W = 80
) (
    input logic clk,
    input logic rst,
    input logic [INSTANCES*W-1:0] in0_data,
    input logic [INSTANCES-1:0] in0_valid,
    output logic [INSTANCES-1:0] in0_ready,
    input logic [INSTANCES*W-1:0] in1_data,
    input logic [INSTANCES-1:0] in1_valid,
    output logic [INSTANCES-1:0] in1_ready,
    output logic [INSTANCES*W-1:0] out0_data,
    output logic [INSTANCES-1:0] out0_valid,
    input logic [INSTANCES-1:0] out0_ready,
    output logic [INSTANCES*W-1:0] out1_data,
    output logic [INSTANCES-1:0] out1_valid,
    input logic [INSTANCES-1:0] out1_ready
);
  // Numbers without order.
  function automatic [1023:0] noise(input integer count, input integer bits, input integer seed);
    integer i, k, number;
    begin
      noise = '0;
      for (i = 0; i < count; i = i + 1) begin
        number = (i + 1) * (i + 7) * 37 + (seed + 3) * (i + 5) * 11;
        number = number / 4;
        for (k = 0; k < bits; k = k + 1) noise[i*bits+k] = number[k%32];
      end
    end
  endfunction
  // What some instances do not have.
  wire unused = &{1'b0, in0_data, in1_data, in1_valid, out1_ready};

  mr_depthwise #(
      .TAPS(9), .BLOCKS(3), .PE(2), .A_BITS(4), .A_ENC(0), .W_BITS(4), .W_ENC(1), .ACC_BITS(12),
      .TERNARY(0), .MULT(0), .STYLE(0), .INIT("depthwise_0.mem")
  ) a0 (
      .clk(clk), .rst(rst),
      .in_data(in0_data[0*W+:8]), .in_valid(in0_valid[0]), .in_ready(in0_ready[0]),
      .out_data(out0_data[0*W+:24]), .out_valid(out0_valid[0]), .out_ready(out0_ready[0])
  );
  assign out0_data[0*W+24+:W-24] = '0;
  assign in1_ready[0] = 1'b0;
  assign out1_data[0*W+:W] = '0;
  assign out1_valid[0] = 1'b0;

  mr_depthwise #(
      .TAPS(5), .BLOCKS(1), .PE(3), .A_BITS(8), .A_ENC(1), .W_BITS(8), .W_ENC(1), .ACC_BITS(18),
      .TERNARY(0), .MULT(1), .STYLE(0), .INIT("depthwise_1.mem")
  ) a1 (
      .clk(clk), .rst(rst),
      .in_data(in0_data[1*W+:24]), .in_valid(in0_valid[1]), .in_ready(in0_ready[1]),
      .out_data(out0_data[1*W+:54]), .out_valid(out0_valid[1]), .out_ready(out0_ready[1])
  );
  assign out0_data[1*W+54+:W-54] = '0;
  assign in1_ready[1] = 1'b0;
  assign out1_data[1*W+:W] = '0;
  assign out1_valid[1] = 1'b0;

  mr_depthwise #(
      .TAPS(9), .BLOCKS(2), .PE(2), .A_BITS(1), .A_ENC(2), .W_BITS(1), .W_ENC(2), .ACC_BITS(5),
      .TERNARY(0), .MULT(0), .STYLE(0), .INIT("depthwise_2.mem")
  ) a2 (
      .clk(clk), .rst(rst),
      .in_data(in0_data[2*W+:2]), .in_valid(in0_valid[2]), .in_ready(in0_ready[2]),
      .out_data(out0_data[2*W+:10]), .out_valid(out0_valid[2]), .out_ready(out0_ready[2])
  );
  assign out0_data[2*W+10+:W-10] = '0;
  assign in1_ready[2] = 1'b0;
  assign out1_data[2*W+:W] = '0;
  assign out1_valid[2] = 1'b0;

  mr_depthwise #(
      .TAPS(4), .BLOCKS(2), .PE(1), .A_BITS(2), .A_ENC(1), .W_BITS(2), .W_ENC(1), .ACC_BITS(4),
      .TERNARY(1), .MULT(0), .STYLE(0), .INIT("depthwise_3.mem")
  ) a3 (
      .clk(clk), .rst(rst),
      .in_data(in0_data[3*W+:2]), .in_valid(in0_valid[3]), .in_ready(in0_ready[3]),
      .out_data(out0_data[3*W+:4]), .out_valid(out0_valid[3]), .out_ready(out0_ready[3])
  );
  assign out0_data[3*W+4+:W-4] = '0;
  assign in1_ready[3] = 1'b0;
  assign out1_data[3*W+:W] = '0;
  assign out1_valid[3] = 1'b0;

  mr_depthwise #(
      .TAPS(1), .BLOCKS(4), .PE(2), .A_BITS(3), .A_ENC(0), .W_BITS(3), .W_ENC(1), .ACC_BITS(6),
      .TERNARY(0), .MULT(0), .STYLE(0), .INIT("depthwise_4.mem")
  ) a4 (
      .clk(clk), .rst(rst),
      .in_data(in0_data[4*W+:6]), .in_valid(in0_valid[4]), .in_ready(in0_ready[4]),
      .out_data(out0_data[4*W+:12]), .out_valid(out0_valid[4]), .out_ready(out0_ready[4])
  );
  assign out0_data[4*W+12+:W-12] = '0;
  assign in1_ready[4] = 1'b0;
  assign out1_data[4*W+:W] = '0;
  assign out1_valid[4] = 1'b0;

  mr_depthwise #(
      .TAPS(9), .BLOCKS(2), .PE(2), .A_BITS(8), .A_ENC(1), .W_BITS(1), .W_ENC(2), .ACC_BITS(13),
      .TERNARY(0), .MULT(0), .STYLE(0), .INIT("depthwise_5.mem")
  ) a5 (
      .clk(clk), .rst(rst),
      .in_data(in0_data[5*W+:16]), .in_valid(in0_valid[5]), .in_ready(in0_ready[5]),
      .out_data(out0_data[5*W+:26]), .out_valid(out0_valid[5]), .out_ready(out0_ready[5])
  );
  assign out0_data[5*W+26+:W-26] = '0;
  assign in1_ready[5] = 1'b0;
  assign out1_data[5*W+:W] = '0;
  assign out1_valid[5] = 1'b0;

  mr_depthwise #(
      .TAPS(3), .BLOCKS(3), .PE(2), .A_BITS(5), .A_ENC(0), .W_BITS(6), .W_ENC(0), .ACC_BITS(14),
      .TERNARY(0), .MULT(1), .STYLE(2), .INIT("depthwise_6.mem")
  ) a6 (
      .clk(clk), .rst(rst),
      .in_data(in0_data[6*W+:10]), .in_valid(in0_valid[6]), .in_ready(in0_ready[6]),
      .out_data(out0_data[6*W+:28]), .out_valid(out0_valid[6]), .out_ready(out0_ready[6])
  );
  assign out0_data[6*W+28+:W-28] = '0;
  assign in1_ready[6] = 1'b0;
  assign out1_data[6*W+:W] = '0;
  assign out1_valid[6] = 1'b0;

  mr_reduce #(
      .TAPS(4), .PE(3), .REDUCTION(0), .IN_BITS(4), .IN_ENC(0), .OUT_BITS(4), .OUT_ENC(0)
  ) a7 (
      .clk(clk), .rst(rst),
      .in_data(in0_data[7*W+:12]), .in_valid(in0_valid[7]), .in_ready(in0_ready[7]),
      .out_data(out0_data[7*W+:12]), .out_valid(out0_valid[7]), .out_ready(out0_ready[7])
  );
  assign out0_data[7*W+12+:W-12] = '0;
  assign in1_ready[7] = 1'b0;
  assign out1_data[7*W+:W] = '0;
  assign out1_valid[7] = 1'b0;

  mr_reduce #(
      .TAPS(9), .PE(2), .REDUCTION(0), .IN_BITS(5), .IN_ENC(1), .OUT_BITS(5), .OUT_ENC(1)
  ) a8 (
      .clk(clk), .rst(rst),
      .in_data(in0_data[8*W+:10]), .in_valid(in0_valid[8]), .in_ready(in0_ready[8]),
      .out_data(out0_data[8*W+:10]), .out_valid(out0_valid[8]), .out_ready(out0_ready[8])
  );
  assign out0_data[8*W+10+:W-10] = '0;
  assign in1_ready[8] = 1'b0;
  assign out1_data[8*W+:W] = '0;
  assign out1_valid[8] = 1'b0;

  mr_reduce #(
      .TAPS(4), .PE(2), .REDUCTION(1), .IN_BITS(5), .IN_ENC(1), .OUT_BITS(6), .OUT_ENC(1)
  ) a9 (
      .clk(clk), .rst(rst),
      .in_data(in0_data[9*W+:10]), .in_valid(in0_valid[9]), .in_ready(in0_ready[9]),
      .out_data(out0_data[9*W+:12]), .out_valid(out0_valid[9]), .out_ready(out0_ready[9])
  );
  assign out0_data[9*W+12+:W-12] = '0;
  assign in1_ready[9] = 1'b0;
  assign out1_data[9*W+:W] = '0;
  assign out1_valid[9] = 1'b0;

  mr_reduce #(
      .TAPS(4), .PE(3), .REDUCTION(0), .IN_BITS(1), .IN_ENC(2), .OUT_BITS(1), .OUT_ENC(2)
  ) a10 (
      .clk(clk), .rst(rst),
      .in_data(in0_data[10*W+:3]), .in_valid(in0_valid[10]), .in_ready(in0_ready[10]),
      .out_data(out0_data[10*W+:3]), .out_valid(out0_valid[10]), .out_ready(out0_ready[10])
  );
  assign out0_data[10*W+3+:W-3] = '0;
  assign in1_ready[10] = 1'b0;
  assign out1_data[10*W+:W] = '0;
  assign out1_valid[10] = 1'b0;

  mr_reduce #(
      .TAPS(3), .PE(2), .REDUCTION(1), .IN_BITS(1), .IN_ENC(2), .OUT_BITS(2), .OUT_ENC(1)
  ) a11 (
      .clk(clk), .rst(rst),
      .in_data(in0_data[11*W+:2]), .in_valid(in0_valid[11]), .in_ready(in0_ready[11]),
      .out_data(out0_data[11*W+:4]), .out_valid(out0_valid[11]), .out_ready(out0_ready[11])
  );
  assign out0_data[11*W+4+:W-4] = '0;
  assign in1_ready[11] = 1'b0;
  assign out1_data[11*W+:W] = '0;
  assign out1_valid[11] = 1'b0;

  mr_reduce #(
      .TAPS(7), .PE(2), .REDUCTION(2), .IN_BITS(6), .IN_ENC(1), .OUT_BITS(9), .OUT_ENC(1)
  ) a12 (
      .clk(clk), .rst(rst),
      .in_data(in0_data[12*W+:12]), .in_valid(in0_valid[12]), .in_ready(in0_ready[12]),
      .out_data(out0_data[12*W+:18]), .out_valid(out0_valid[12]), .out_ready(out0_ready[12])
  );
  assign out0_data[12*W+18+:W-18] = '0;
  assign in1_ready[12] = 1'b0;
  assign out1_data[12*W+:W] = '0;
  assign out1_valid[12] = 1'b0;

  mr_reduce #(
      .TAPS(8), .PE(2), .REDUCTION(2), .IN_BITS(1), .IN_ENC(2), .OUT_BITS(5), .OUT_ENC(1)
  ) a13 (
      .clk(clk), .rst(rst),
      .in_data(in0_data[13*W+:2]), .in_valid(in0_valid[13]), .in_ready(in0_ready[13]),
      .out_data(out0_data[13*W+:10]), .out_valid(out0_valid[13]), .out_ready(out0_ready[13])
  );
  assign out0_data[13*W+10+:W-10] = '0;
  assign in1_ready[13] = 1'b0;
  assign out1_data[13*W+:W] = '0;
  assign out1_valid[13] = 1'b0;

  mr_reduce #(
      .TAPS(5), .PE(1), .REDUCTION(2), .IN_BITS(8), .IN_ENC(0), .OUT_BITS(11), .OUT_ENC(0)
  ) a14 (
      .clk(clk), .rst(rst),
      .in_data(in0_data[14*W+:8]), .in_valid(in0_valid[14]), .in_ready(in0_ready[14]),
      .out_data(out0_data[14*W+:11]), .out_valid(out0_valid[14]), .out_ready(out0_ready[14])
  );
  assign out0_data[14*W+11+:W-11] = '0;
  assign in1_ready[14] = 1'b0;
  assign out1_data[14*W+:W] = '0;
  assign out1_valid[14] = 1'b0;

  mr_reduce #(
      .TAPS(1), .PE(2), .REDUCTION(0), .IN_BITS(4), .IN_ENC(1), .OUT_BITS(4), .OUT_ENC(1)
  ) a15 (
      .clk(clk), .rst(rst),
      .in_data(in0_data[15*W+:8]), .in_valid(in0_valid[15]), .in_ready(in0_ready[15]),
      .out_data(out0_data[15*W+:8]), .out_valid(out0_valid[15]), .out_ready(out0_ready[15])
  );
  assign out0_data[15*W+8+:W-8] = '0;
  assign in1_ready[15] = 1'b0;
  assign out1_data[15*W+:W] = '0;
  assign out1_valid[15] = 1'b0;

  mr_reduce #(
      .TAPS(1), .PE(2), .REDUCTION(2), .IN_BITS(3), .IN_ENC(0), .OUT_BITS(5), .OUT_ENC(1)
  ) a16 (
      .clk(clk), .rst(rst),
      .in_data(in0_data[16*W+:6]), .in_valid(in0_valid[16]), .in_ready(in0_ready[16]),
      .out_data(out0_data[16*W+:10]), .out_valid(out0_valid[16]), .out_ready(out0_ready[16])
  );
  assign out0_data[16*W+10+:W-10] = '0;
  assign in1_ready[16] = 1'b0;
  assign out1_data[16*W+:W] = '0;
  assign out1_valid[16] = 1'b0;

  mr_add_join #(
      .PE(3), .FOLDS(2), .A_BITS(6), .A_ENC(1), .B_BITS(6), .B_ENC(1), .OUT_BITS(7), .OUT_ENC(1),
      .M_BITS(2), .SHARED_A(1), .SHARED_B(1), .MULT(0), .MULTIPLIER_A(2'd1), .MULTIPLIER_B(2'd1)
  ) a17 (
      .clk(clk), .rst(rst),
      .in0_data(in0_data[17*W+:18]), .in0_valid(in0_valid[17]), .in0_ready(in0_ready[17]),
      .in1_data(in1_data[17*W+:18]), .in1_valid(in1_valid[17]), .in1_ready(in1_ready[17]),
      .out_data(out0_data[17*W+:21]), .out_valid(out0_valid[17]), .out_ready(out0_ready[17])
  );
  assign out0_data[17*W+21+:W-21] = '0;
  assign out1_data[17*W+:W] = '0;
  assign out1_valid[17] = 1'b0;

  mr_add_join #(
      .PE(2), .FOLDS(3), .A_BITS(6), .A_ENC(0), .B_BITS(8), .B_ENC(1), .OUT_BITS(12), .OUT_ENC(1),
      .M_BITS(4), .SHARED_A(1), .SHARED_B(1), .MULT(0), .MULTIPLIER_A(4'd4), .MULTIPLIER_B(4'd1)
  ) a18 (
      .clk(clk), .rst(rst),
      .in0_data(in0_data[18*W+:12]), .in0_valid(in0_valid[18]), .in0_ready(in0_ready[18]),
      .in1_data(in1_data[18*W+:16]), .in1_valid(in1_valid[18]), .in1_ready(in1_ready[18]),
      .out_data(out0_data[18*W+:24]), .out_valid(out0_valid[18]), .out_ready(out0_ready[18])
  );
  assign out0_data[18*W+24+:W-24] = '0;
  assign out1_data[18*W+:W] = '0;
  assign out1_valid[18] = 1'b0;

  mr_add_join #(
      .PE(2), .FOLDS(2), .A_BITS(5), .A_ENC(1), .B_BITS(7), .B_ENC(0), .OUT_BITS(12), .OUT_ENC(1),
      .M_BITS(4), .SHARED_A(1), .SHARED_B(1), .MULT(0), .MULTIPLIER_A(4'd3), .MULTIPLIER_B(4'd11)
  ) a19 (
      .clk(clk), .rst(rst),
      .in0_data(in0_data[19*W+:10]), .in0_valid(in0_valid[19]), .in0_ready(in0_ready[19]),
      .in1_data(in1_data[19*W+:14]), .in1_valid(in1_valid[19]), .in1_ready(in1_ready[19]),
      .out_data(out0_data[19*W+:24]), .out_valid(out0_valid[19]), .out_ready(out0_ready[19])
  );
  assign out0_data[19*W+24+:W-24] = '0;
  assign out1_data[19*W+:W] = '0;
  assign out1_valid[19] = 1'b0;

  localparam [1023:0] A20 = noise(6, 5, 20);

  mr_add_join #(
      .PE(2), .FOLDS(3), .A_BITS(6), .A_ENC(1), .B_BITS(4), .B_ENC(0), .OUT_BITS(13), .OUT_ENC(1),
      .M_BITS(5), .SHARED_A(0), .SHARED_B(1), .MULT(0), .MULTIPLIER_A(A20[29:0]),
      .MULTIPLIER_B(5'd7)
  ) a20 (
      .clk(clk), .rst(rst),
      .in0_data(in0_data[20*W+:12]), .in0_valid(in0_valid[20]), .in0_ready(in0_ready[20]),
      .in1_data(in1_data[20*W+:8]), .in1_valid(in1_valid[20]), .in1_ready(in1_ready[20]),
      .out_data(out0_data[20*W+:26]), .out_valid(out0_valid[20]), .out_ready(out0_ready[20])
  );
  assign out0_data[20*W+26+:W-26] = '0;
  assign out1_data[20*W+:W] = '0;
  assign out1_valid[20] = 1'b0;

  localparam [1023:0] A21 = noise(4, 5, 21);

  localparam [1023:0] B21 = noise(4, 5, 21 + 1);

  mr_add_join #(
      .PE(1), .FOLDS(4), .A_BITS(8), .A_ENC(1), .B_BITS(8), .B_ENC(1), .OUT_BITS(14), .OUT_ENC(1),
      .M_BITS(5), .SHARED_A(0), .SHARED_B(0), .MULT(1), .MULTIPLIER_A(A21[19:0]),
      .MULTIPLIER_B(B21[19:0])
  ) a21 (
      .clk(clk), .rst(rst),
      .in0_data(in0_data[21*W+:8]), .in0_valid(in0_valid[21]), .in0_ready(in0_ready[21]),
      .in1_data(in1_data[21*W+:8]), .in1_valid(in1_valid[21]), .in1_ready(in1_ready[21]),
      .out_data(out0_data[21*W+:14]), .out_valid(out0_valid[21]), .out_ready(out0_ready[21])
  );
  assign out0_data[21*W+14+:W-14] = '0;
  assign out1_data[21*W+:W] = '0;
  assign out1_valid[21] = 1'b0;

  mr_add_join #(
      .PE(4), .FOLDS(1), .A_BITS(1), .A_ENC(2), .B_BITS(1), .B_ENC(2), .OUT_BITS(3), .OUT_ENC(1),
      .M_BITS(2), .SHARED_A(1), .SHARED_B(1), .MULT(0), .MULTIPLIER_A(2'd1), .MULTIPLIER_B(2'd1)
  ) a22 (
      .clk(clk), .rst(rst),
      .in0_data(in0_data[22*W+:4]), .in0_valid(in0_valid[22]), .in0_ready(in0_ready[22]),
      .in1_data(in1_data[22*W+:4]), .in1_valid(in1_valid[22]), .in1_ready(in1_ready[22]),
      .out_data(out0_data[22*W+:12]), .out_valid(out0_valid[22]), .out_ready(out0_ready[22])
  );
  assign out0_data[22*W+12+:W-12] = '0;
  assign out1_data[22*W+:W] = '0;
  assign out1_valid[22] = 1'b0;

  mr_add_join #(
      .PE(2), .FOLDS(2), .A_BITS(4), .A_ENC(0), .B_BITS(4), .B_ENC(0), .OUT_BITS(8), .OUT_ENC(0),
      .M_BITS(4), .SHARED_A(1), .SHARED_B(1), .MULT(0), .MULTIPLIER_A(4'd2), .MULTIPLIER_B(4'd4)
  ) a23 (
      .clk(clk), .rst(rst),
      .in0_data(in0_data[23*W+:8]), .in0_valid(in0_valid[23]), .in0_ready(in0_ready[23]),
      .in1_data(in1_data[23*W+:8]), .in1_valid(in1_valid[23]), .in1_ready(in1_ready[23]),
      .out_data(out0_data[23*W+:16]), .out_valid(out0_valid[23]), .out_ready(out0_ready[23])
  );
  assign out0_data[23*W+16+:W-16] = '0;
  assign out1_data[23*W+:W] = '0;
  assign out1_valid[23] = 1'b0;

  mr_mul_join #(
      .PE(2), .FOLDS(3), .A_BITS(6), .A_ENC(1), .B_BITS(5), .B_ENC(1), .OUT_BITS(11), .OUT_ENC(1),
      .Z_BITS(2), .SHARED_A(1), .SHARED_B(1), .MULT(0), .ZERO_A(2'd0), .ZERO_B(2'd0)
  ) a24 (
      .clk(clk), .rst(rst),
      .in0_data(in0_data[24*W+:12]), .in0_valid(in0_valid[24]), .in0_ready(in0_ready[24]),
      .in1_data(in1_data[24*W+:10]), .in1_valid(in1_valid[24]), .in1_ready(in1_ready[24]),
      .out_data(out0_data[24*W+:22]), .out_valid(out0_valid[24]), .out_ready(out0_ready[24])
  );
  assign out0_data[24*W+22+:W-22] = '0;
  assign out1_data[24*W+:W] = '0;
  assign out1_valid[24] = 1'b0;

  mr_mul_join #(
      .PE(2), .FOLDS(2), .A_BITS(5), .A_ENC(0), .B_BITS(5), .B_ENC(0), .OUT_BITS(10), .OUT_ENC(0),
      .Z_BITS(2), .SHARED_A(1), .SHARED_B(1), .MULT(1), .ZERO_A(2'd0), .ZERO_B(2'd0)
  ) a25 (
      .clk(clk), .rst(rst),
      .in0_data(in0_data[25*W+:10]), .in0_valid(in0_valid[25]), .in0_ready(in0_ready[25]),
      .in1_data(in1_data[25*W+:10]), .in1_valid(in1_valid[25]), .in1_ready(in1_ready[25]),
      .out_data(out0_data[25*W+:20]), .out_valid(out0_valid[25]), .out_ready(out0_ready[25])
  );
  assign out0_data[25*W+20+:W-20] = '0;
  assign out1_data[25*W+:W] = '0;
  assign out1_valid[25] = 1'b0;

  localparam [1023:0] A26 = noise(3, 5, 26);

  mr_mul_join #(
      .PE(1), .FOLDS(3), .A_BITS(6), .A_ENC(0), .B_BITS(6), .B_ENC(1), .OUT_BITS(16), .OUT_ENC(1),
      .Z_BITS(5), .SHARED_A(0), .SHARED_B(1), .MULT(0), .ZERO_A(A26[14:0]), .ZERO_B(5'd3)
  ) a26 (
      .clk(clk), .rst(rst),
      .in0_data(in0_data[26*W+:6]), .in0_valid(in0_valid[26]), .in0_ready(in0_ready[26]),
      .in1_data(in1_data[26*W+:6]), .in1_valid(in1_valid[26]), .in1_ready(in1_ready[26]),
      .out_data(out0_data[26*W+:16]), .out_valid(out0_valid[26]), .out_ready(out0_ready[26])
  );
  assign out0_data[26*W+16+:W-16] = '0;
  assign out1_data[26*W+:W] = '0;
  assign out1_valid[26] = 1'b0;

  localparam [1023:0] B27 = noise(4, 8, 27 + 1);

  mr_mul_join #(
      .PE(2), .FOLDS(2), .A_BITS(7), .A_ENC(0), .B_BITS(7), .B_ENC(0), .OUT_BITS(17), .OUT_ENC(1),
      .Z_BITS(8), .SHARED_A(1), .SHARED_B(0), .MULT(1), .ZERO_A(8'd100), .ZERO_B(B27[31:0])
  ) a27 (
      .clk(clk), .rst(rst),
      .in0_data(in0_data[27*W+:14]), .in0_valid(in0_valid[27]), .in0_ready(in0_ready[27]),
      .in1_data(in1_data[27*W+:14]), .in1_valid(in1_valid[27]), .in1_ready(in1_ready[27]),
      .out_data(out0_data[27*W+:34]), .out_valid(out0_valid[27]), .out_ready(out0_ready[27])
  );
  assign out0_data[27*W+34+:W-34] = '0;
  assign out1_data[27*W+:W] = '0;
  assign out1_valid[27] = 1'b0;

  mr_mul_join #(
      .PE(3), .FOLDS(1), .A_BITS(1), .A_ENC(2), .B_BITS(5), .B_ENC(1), .OUT_BITS(7), .OUT_ENC(1),
      .Z_BITS(2), .SHARED_A(1), .SHARED_B(1), .MULT(0), .ZERO_A(2'd0), .ZERO_B(2'd0)
  ) a28 (
      .clk(clk), .rst(rst),
      .in0_data(in0_data[28*W+:3]), .in0_valid(in0_valid[28]), .in0_ready(in0_ready[28]),
      .in1_data(in1_data[28*W+:15]), .in1_valid(in1_valid[28]), .in1_ready(in1_ready[28]),
      .out_data(out0_data[28*W+:21]), .out_valid(out0_valid[28]), .out_ready(out0_ready[28])
  );
  assign out0_data[28*W+21+:W-21] = '0;
  assign out1_data[28*W+:W] = '0;
  assign out1_valid[28] = 1'b0;

  mr_mul_join #(
      .PE(3), .FOLDS(1), .A_BITS(1), .A_ENC(2), .B_BITS(1), .B_ENC(2), .OUT_BITS(1), .OUT_ENC(2),
      .Z_BITS(2), .SHARED_A(1), .SHARED_B(1), .MULT(0), .ZERO_A(2'd0), .ZERO_B(2'd0)
  ) a29 (
      .clk(clk), .rst(rst),
      .in0_data(in0_data[29*W+:3]), .in0_valid(in0_valid[29]), .in0_ready(in0_ready[29]),
      .in1_data(in1_data[29*W+:3]), .in1_valid(in1_valid[29]), .in1_ready(in1_ready[29]),
      .out_data(out0_data[29*W+:3]), .out_valid(out0_valid[29]), .out_ready(out0_ready[29])
  );
  assign out0_data[29*W+3+:W-3] = '0;
  assign out1_data[29*W+:W] = '0;
  assign out1_valid[29] = 1'b0;

  mr_dynamic_matrix #(
      .M(3), .K(5), .N(6), .PE(2), .A_BITS(4), .A_ENC(0), .B_BITS(4), .B_ENC(1), .ZERO_A(64'h0),
      .ZERO_B(64'h0), .Z_BITS(2), .ACC_BITS(12), .MULT(0), .STYLE(0)
  ) a30 (
      .clk(clk), .rst(rst),
      .in0_data(in0_data[30*W+:4]), .in0_valid(in0_valid[30]), .in0_ready(in0_ready[30]),
      .in1_data(in1_data[30*W+:8]), .in1_valid(in1_valid[30]), .in1_ready(in1_ready[30]),
      .out_data(out0_data[30*W+:24]), .out_valid(out0_valid[30]), .out_ready(out0_ready[30])
  );
  assign out0_data[30*W+24+:W-24] = '0;
  assign out1_data[30*W+:W] = '0;
  assign out1_valid[30] = 1'b0;

  mr_dynamic_matrix #(
      .M(2), .K(4), .N(4), .PE(4), .A_BITS(8), .A_ENC(1), .B_BITS(8), .B_ENC(1), .ZERO_A(64'h3),
      .ZERO_B(64'hfffffffffffffffb), .Z_BITS(5), .ACC_BITS(19), .MULT(1), .STYLE(0)
  ) a31 (
      .clk(clk), .rst(rst),
      .in0_data(in0_data[31*W+:8]), .in0_valid(in0_valid[31]), .in0_ready(in0_ready[31]),
      .in1_data(in1_data[31*W+:32]), .in1_valid(in1_valid[31]), .in1_ready(in1_ready[31]),
      .out_data(out0_data[31*W+:76]), .out_valid(out0_valid[31]), .out_ready(out0_ready[31])
  );
  assign out0_data[31*W+76+:W-76] = '0;
  assign out1_data[31*W+:W] = '0;
  assign out1_valid[31] = 1'b0;

  mr_dynamic_matrix #(
      .M(1), .K(1), .N(1), .PE(1), .A_BITS(3), .A_ENC(0), .B_BITS(3), .B_ENC(0), .ZERO_A(64'h0),
      .ZERO_B(64'h0), .Z_BITS(2), .ACC_BITS(7), .MULT(0), .STYLE(0)
  ) a32 (
      .clk(clk), .rst(rst),
      .in0_data(in0_data[32*W+:3]), .in0_valid(in0_valid[32]), .in0_ready(in0_ready[32]),
      .in1_data(in1_data[32*W+:3]), .in1_valid(in1_valid[32]), .in1_ready(in1_ready[32]),
      .out_data(out0_data[32*W+:7]), .out_valid(out0_valid[32]), .out_ready(out0_ready[32])
  );
  assign out0_data[32*W+7+:W-7] = '0;
  assign out1_data[32*W+:W] = '0;
  assign out1_valid[32] = 1'b0;

  mr_dynamic_matrix #(
      .M(4), .K(3), .N(2), .PE(1), .A_BITS(5), .A_ENC(0), .B_BITS(6), .B_ENC(0), .ZERO_A(64'h7),
      .ZERO_B(64'h0), .Z_BITS(5), .ACC_BITS(14), .MULT(0), .STYLE(2)
  ) a33 (
      .clk(clk), .rst(rst),
      .in0_data(in0_data[33*W+:5]), .in0_valid(in0_valid[33]), .in0_ready(in0_ready[33]),
      .in1_data(in1_data[33*W+:6]), .in1_valid(in1_valid[33]), .in1_ready(in1_ready[33]),
      .out_data(out0_data[33*W+:14]), .out_valid(out0_valid[33]), .out_ready(out0_ready[33])
  );
  assign out0_data[33*W+14+:W-14] = '0;
  assign out1_data[33*W+:W] = '0;
  assign out1_valid[33] = 1'b0;

  mr_dynamic_matrix #(
      .M(2), .K(7), .N(3), .PE(1), .A_BITS(1), .A_ENC(2), .B_BITS(1), .B_ENC(2), .ZERO_A(64'h0),
      .ZERO_B(64'h0), .Z_BITS(2), .ACC_BITS(5), .MULT(0), .STYLE(0)
  ) a34 (
      .clk(clk), .rst(rst),
      .in0_data(in0_data[34*W+:1]), .in0_valid(in0_valid[34]), .in0_ready(in0_ready[34]),
      .in1_data(in1_data[34*W+:1]), .in1_valid(in1_valid[34]), .in1_ready(in1_ready[34]),
      .out_data(out0_data[34*W+:5]), .out_valid(out0_valid[34]), .out_ready(out0_ready[34])
  );
  assign out0_data[34*W+5+:W-5] = '0;
  assign out1_data[34*W+:W] = '0;
  assign out1_valid[34] = 1'b0;

  mr_dynamic_matrix #(
      .M(3), .K(1), .N(4), .PE(2), .A_BITS(4), .A_ENC(1), .B_BITS(4), .B_ENC(1), .ZERO_A(64'h0),
      .ZERO_B(64'h1), .Z_BITS(3), .ACC_BITS(10), .MULT(0), .STYLE(0)
  ) a35 (
      .clk(clk), .rst(rst),
      .in0_data(in0_data[35*W+:4]), .in0_valid(in0_valid[35]), .in0_ready(in0_ready[35]),
      .in1_data(in1_data[35*W+:8]), .in1_valid(in1_valid[35]), .in1_ready(in1_ready[35]),
      .out_data(out0_data[35*W+:20]), .out_valid(out0_valid[35]), .out_ready(out0_ready[35])
  );
  assign out0_data[35*W+20+:W-20] = '0;
  assign out1_data[35*W+:W] = '0;
  assign out1_valid[35] = 1'b0;

  mr_top_k #(
      .N(10), .K(1), .PE(10), .BITS(8), .ENC(1), .INDEX_BITS(4), .LARGEST(1), .LAST_INDEX(0),
      .VALUES(0)
  ) a36 (
      .clk(clk), .rst(rst),
      .in_data(in0_data[36*W+:80]), .in_valid(in0_valid[36]), .in_ready(in0_ready[36]),
      .out1_data(out1_data[36*W+:8]), .out1_valid(out1_valid[36]), .out1_ready(out1_ready[36]),
      .out0_data(out0_data[36*W+:4]), .out0_valid(out0_valid[36]), .out0_ready(out0_ready[36])
  );
  assign out0_data[36*W+4+:W-4] = '0;
  assign in1_ready[36] = 1'b0;
  assign out1_data[36*W+8+:W-8] = '0;

  mr_top_k #(
      .N(10), .K(3), .PE(2), .BITS(4), .ENC(1), .INDEX_BITS(4), .LARGEST(1), .LAST_INDEX(0),
      .VALUES(1)
  ) a37 (
      .clk(clk), .rst(rst),
      .in_data(in0_data[37*W+:8]), .in_valid(in0_valid[37]), .in_ready(in0_ready[37]),
      .out1_data(out1_data[37*W+:12]), .out1_valid(out1_valid[37]), .out1_ready(out1_ready[37]),
      .out0_data(out0_data[37*W+:12]), .out0_valid(out0_valid[37]), .out0_ready(out0_ready[37])
  );
  assign out0_data[37*W+12+:W-12] = '0;
  assign in1_ready[37] = 1'b0;
  assign out1_data[37*W+12+:W-12] = '0;

  mr_top_k #(
      .N(9), .K(2), .PE(3), .BITS(4), .ENC(0), .INDEX_BITS(5), .LARGEST(0), .LAST_INDEX(1),
      .VALUES(1)
  ) a38 (
      .clk(clk), .rst(rst),
      .in_data(in0_data[38*W+:12]), .in_valid(in0_valid[38]), .in_ready(in0_ready[38]),
      .out1_data(out1_data[38*W+:8]), .out1_valid(out1_valid[38]), .out1_ready(out1_ready[38]),
      .out0_data(out0_data[38*W+:10]), .out0_valid(out0_valid[38]), .out0_ready(out0_ready[38])
  );
  assign out0_data[38*W+10+:W-10] = '0;
  assign in1_ready[38] = 1'b0;
  assign out1_data[38*W+8+:W-8] = '0;

  mr_top_k #(
      .N(6), .K(6), .PE(1), .BITS(3), .ENC(0), .INDEX_BITS(3), .LARGEST(1), .LAST_INDEX(1),
      .VALUES(1)
  ) a39 (
      .clk(clk), .rst(rst),
      .in_data(in0_data[39*W+:3]), .in_valid(in0_valid[39]), .in_ready(in0_ready[39]),
      .out1_data(out1_data[39*W+:18]), .out1_valid(out1_valid[39]), .out1_ready(out1_ready[39]),
      .out0_data(out0_data[39*W+:18]), .out0_valid(out0_valid[39]), .out0_ready(out0_ready[39])
  );
  assign out0_data[39*W+18+:W-18] = '0;
  assign in1_ready[39] = 1'b0;
  assign out1_data[39*W+18+:W-18] = '0;

  mr_top_k #(
      .N(1), .K(1), .PE(1), .BITS(5), .ENC(1), .INDEX_BITS(1), .LARGEST(1), .LAST_INDEX(0),
      .VALUES(1)
  ) a40 (
      .clk(clk), .rst(rst),
      .in_data(in0_data[40*W+:5]), .in_valid(in0_valid[40]), .in_ready(in0_ready[40]),
      .out1_data(out1_data[40*W+:5]), .out1_valid(out1_valid[40]), .out1_ready(out1_ready[40]),
      .out0_data(out0_data[40*W+:1]), .out0_valid(out0_valid[40]), .out0_ready(out0_ready[40])
  );
  assign out0_data[40*W+1+:W-1] = '0;
  assign in1_ready[40] = 1'b0;
  assign out1_data[40*W+5+:W-5] = '0;

  mr_top_k #(
      .N(8), .K(2), .PE(4), .BITS(1), .ENC(2), .INDEX_BITS(3), .LARGEST(1), .LAST_INDEX(0),
      .VALUES(1)
  ) a41 (
      .clk(clk), .rst(rst),
      .in_data(in0_data[41*W+:4]), .in_valid(in0_valid[41]), .in_ready(in0_ready[41]),
      .out1_data(out1_data[41*W+:2]), .out1_valid(out1_valid[41]), .out1_ready(out1_ready[41]),
      .out0_data(out0_data[41*W+:6]), .out0_valid(out0_valid[41]), .out0_ready(out0_ready[41])
  );
  assign out0_data[41*W+6+:W-6] = '0;
  assign in1_ready[41] = 1'b0;
  assign out1_data[41*W+2+:W-2] = '0;

  mr_top_k #(
      .N(5), .K(1), .PE(5), .BITS(6), .ENC(0), .INDEX_BITS(3), .LARGEST(0), .LAST_INDEX(0),
      .VALUES(1)
  ) a42 (
      .clk(clk), .rst(rst),
      .in_data(in0_data[42*W+:30]), .in_valid(in0_valid[42]), .in_ready(in0_ready[42]),
      .out1_data(out1_data[42*W+:6]), .out1_valid(out1_valid[42]), .out1_ready(out1_ready[42]),
      .out0_data(out0_data[42*W+:3]), .out0_valid(out0_valid[42]), .out0_ready(out0_ready[42])
  );
  assign out0_data[42*W+3+:W-3] = '0;
  assign in1_ready[42] = 1'b0;
  assign out1_data[42*W+6+:W-6] = '0;

  // The part's ce as an actor's: withheld while a result waits.
  wire ce43 = !out0_valid[43] || out0_ready[43];
  assign in0_ready[43] = ce43;
  mr_popcount #(
      .N(1), .TAG(1)
  ) a43 (
      .clk(clk), .rst(rst), .ce(ce43), .in_tag(in0_valid[43]), .bits(in0_data[43*W+:1]),
      .out_tag(out0_valid[43]), .count(out0_data[43*W+:1])
  );
  assign out0_data[43*W+1+:W-1] = '0;
  assign in1_ready[43] = 1'b0;
  assign out1_data[43*W+:W] = '0;
  assign out1_valid[43] = 1'b0;

  // The part's ce as an actor's: withheld while a result waits.
  wire ce44 = !out0_valid[44] || out0_ready[44];
  assign in0_ready[44] = ce44;
  mr_popcount #(
      .N(5), .TAG(1)
  ) a44 (
      .clk(clk), .rst(rst), .ce(ce44), .in_tag(in0_valid[44]), .bits(in0_data[44*W+:5]),
      .out_tag(out0_valid[44]), .count(out0_data[44*W+:3])
  );
  assign out0_data[44*W+3+:W-3] = '0;
  assign in1_ready[44] = 1'b0;
  assign out1_data[44*W+:W] = '0;
  assign out1_valid[44] = 1'b0;

  // The part's ce as an actor's: withheld while a result waits.
  wire ce45 = !out0_valid[45] || out0_ready[45];
  assign in0_ready[45] = ce45;
  mr_popcount #(
      .N(17), .TAG(1)
  ) a45 (
      .clk(clk), .rst(rst), .ce(ce45), .in_tag(in0_valid[45]), .bits(in0_data[45*W+:17]),
      .out_tag(out0_valid[45]), .count(out0_data[45*W+:5])
  );
  assign out0_data[45*W+5+:W-5] = '0;
  assign in1_ready[45] = 1'b0;
  assign out1_data[45*W+:W] = '0;
  assign out1_valid[45] = 1'b0;

  // The part's ce as an actor's: withheld while a result waits.
  wire ce46 = !out0_valid[46] || out0_ready[46];
  assign in0_ready[46] = ce46;
  mr_popcount #(
      .N(64), .TAG(1)
  ) a46 (
      .clk(clk), .rst(rst), .ce(ce46), .in_tag(in0_valid[46]), .bits(in0_data[46*W+:64]),
      .out_tag(out0_valid[46]), .count(out0_data[46*W+:7])
  );
  assign out0_data[46*W+7+:W-7] = '0;
  assign in1_ready[46] = 1'b0;
  assign out1_data[46*W+:W] = '0;
  assign out1_valid[46] = 1'b0;

  // The part's ce as an actor's: withheld while a result waits.
  wire ce47 = !out0_valid[47] || out0_ready[47];
  assign in0_ready[47] = ce47;
  logic late47;
  logic [4:0] term47;
  always_ff @(posedge clk)
    if (rst) late47 <= 1'b0;
    else if (ce47) late47 <= in0_valid[47];
  always_ff @(posedge clk) if (ce47) term47 <= in0_data[47*W+:5];
  mr_add_tree #(
      .N(1), .IN_BITS(5), .SIGNED(1), .OUT_BITS(7), .TAG(1)
  ) a47 (
      .clk(clk), .rst(rst), .ce(ce47), .in_tag(late47), .terms(term47),
      .out_tag(out0_valid[47]), .sum(out0_data[47*W+:7])
  );
  assign out0_data[47*W+7+:W-7] = '0;
  assign in1_ready[47] = 1'b0;
  assign out1_data[47*W+:W] = '0;
  assign out1_valid[47] = 1'b0;

  // The part's ce as an actor's: withheld while a result waits.
  wire ce48 = !out0_valid[48] || out0_ready[48];
  assign in0_ready[48] = ce48;
  mr_add_tree #(
      .N(5), .IN_BITS(4), .SIGNED(1), .OUT_BITS(7), .TAG(1)
  ) a48 (
      .clk(clk), .rst(rst), .ce(ce48), .in_tag(in0_valid[48]), .terms(in0_data[48*W+:20]),
      .out_tag(out0_valid[48]), .sum(out0_data[48*W+:7])
  );
  assign out0_data[48*W+7+:W-7] = '0;
  assign in1_ready[48] = 1'b0;
  assign out1_data[48*W+:W] = '0;
  assign out1_valid[48] = 1'b0;

  // The part's ce as an actor's: withheld while a result waits.
  wire ce49 = !out0_valid[49] || out0_ready[49];
  assign in0_ready[49] = ce49;
  mr_add_tree #(
      .N(7), .IN_BITS(6), .SIGNED(0), .OUT_BITS(9), .TAG(1)
  ) a49 (
      .clk(clk), .rst(rst), .ce(ce49), .in_tag(in0_valid[49]), .terms(in0_data[49*W+:42]),
      .out_tag(out0_valid[49]), .sum(out0_data[49*W+:9])
  );
  assign out0_data[49*W+9+:W-9] = '0;
  assign in1_ready[49] = 1'b0;
  assign out1_data[49*W+:W] = '0;
  assign out1_valid[49] = 1'b0;

  // The part's ce as an actor's: withheld while a result waits.
  wire ce50 = !out0_valid[50] || out0_ready[50];
  assign in0_ready[50] = ce50;
  mr_add_tree #(
      .N(6), .IN_BITS(5), .SIGNED(1), .OUT_BITS(4), .TAG(1)
  ) a50 (
      .clk(clk), .rst(rst), .ce(ce50), .in_tag(in0_valid[50]), .terms(in0_data[50*W+:30]),
      .out_tag(out0_valid[50]), .sum(out0_data[50*W+:4])
  );
  assign out0_data[50*W+4+:W-4] = '0;
  assign in1_ready[50] = 1'b0;
  assign out1_data[50*W+:W] = '0;
  assign out1_valid[50] = 1'b0;

  // The part's ce as an actor's: withheld while a result waits.
  wire ce51 = !out0_valid[51] || out0_ready[51];
  assign in0_ready[51] = ce51;
  mr_add_tree #(
      .N(4), .IN_BITS(8), .SIGNED(0), .OUT_BITS(13), .TAG(1)
  ) a51 (
      .clk(clk), .rst(rst), .ce(ce51), .in_tag(in0_valid[51]), .terms(in0_data[51*W+:32]),
      .out_tag(out0_valid[51]), .sum(out0_data[51*W+:13])
  );
  assign out0_data[51*W+13+:W-13] = '0;
  assign in1_ready[51] = 1'b0;
  assign out1_data[51*W+:W] = '0;
  assign out1_valid[51] = 1'b0;

  // The part's ce as an actor's: withheld while a result waits.
  wire ce52 = !out0_valid[52] || out0_ready[52];
  assign in0_ready[52] = ce52;
  mr_multiply #(
      .A_BITS(6), .A_ENC(1), .B_BITS(6), .B_ENC(1), .MULT(0), .OUT_BITS(13)
  ) a52 (
      .clk(clk), .rst(rst), .ce(ce52), .in_valid(in0_valid[52]), .a(in0_data[52*W+:6]),
      .b(in0_data[52*W+6+:6]), .out_valid(out0_valid[52]), .product(out0_data[52*W+:13])
  );
  assign out0_data[52*W+13+:W-13] = '0;
  assign in1_ready[52] = 1'b0;
  assign out1_data[52*W+:W] = '0;
  assign out1_valid[52] = 1'b0;

  // The part's ce as an actor's: withheld while a result waits.
  wire ce53 = !out0_valid[53] || out0_ready[53];
  assign in0_ready[53] = ce53;
  mr_multiply #(
      .A_BITS(9), .A_ENC(0), .B_BITS(9), .B_ENC(0), .MULT(1), .OUT_BITS(19)
  ) a53 (
      .clk(clk), .rst(rst), .ce(ce53), .in_valid(in0_valid[53]), .a(in0_data[53*W+:9]),
      .b(in0_data[53*W+9+:9]), .out_valid(out0_valid[53]), .product(out0_data[53*W+:19])
  );
  assign out0_data[53*W+19+:W-19] = '0;
  assign in1_ready[53] = 1'b0;
  assign out1_data[53*W+:W] = '0;
  assign out1_valid[53] = 1'b0;

  // The part's ce as an actor's: withheld while a result waits.
  wire ce54 = !out0_valid[54] || out0_ready[54];
  assign in0_ready[54] = ce54;
  mr_multiply #(
      .A_BITS(16), .A_ENC(1), .B_BITS(16), .B_ENC(1), .MULT(0), .OUT_BITS(33)
  ) a54 (
      .clk(clk), .rst(rst), .ce(ce54), .in_valid(in0_valid[54]), .a(in0_data[54*W+:16]),
      .b(in0_data[54*W+16+:16]), .out_valid(out0_valid[54]), .product(out0_data[54*W+:33])
  );
  assign out0_data[54*W+33+:W-33] = '0;
  assign in1_ready[54] = 1'b0;
  assign out1_data[54*W+:W] = '0;
  assign out1_valid[54] = 1'b0;

  // The part's ce as an actor's: withheld while a result waits.
  wire ce55 = !out0_valid[55] || out0_ready[55];
  assign in0_ready[55] = ce55;
  mr_multiply #(
      .A_BITS(1), .A_ENC(1), .B_BITS(1), .B_ENC(1), .MULT(0), .OUT_BITS(3)
  ) a55 (
      .clk(clk), .rst(rst), .ce(ce55), .in_valid(in0_valid[55]), .a(in0_data[55*W+:1]),
      .b(in0_data[55*W+1+:1]), .out_valid(out0_valid[55]), .product(out0_data[55*W+:3])
  );
  assign out0_data[55*W+3+:W-3] = '0;
  assign in1_ready[55] = 1'b0;
  assign out1_data[55*W+:W] = '0;
  assign out1_valid[55] = 1'b0;

  // The part's ce as an actor's: withheld while a result waits.
  wire ce56 = !out0_valid[56] || out0_ready[56];
  assign in0_ready[56] = ce56;
  mr_multiply #(
      .A_BITS(12), .A_ENC(1), .B_BITS(12), .B_ENC(1), .MULT(1), .OUT_BITS(25)
  ) a56 (
      .clk(clk), .rst(rst), .ce(ce56), .in_valid(in0_valid[56]), .a(in0_data[56*W+:12]),
      .b(in0_data[56*W+12+:12]), .out_valid(out0_valid[56]), .product(out0_data[56*W+:25])
  );
  assign out0_data[56*W+25+:W-25] = '0;
  assign in1_ready[56] = 1'b0;
  assign out1_data[56*W+:W] = '0;
  assign out1_valid[56] = 1'b0;

  mr_depthwise #(
      .TAPS(9), .SIMD(9), .BLOCKS(3), .PE(1), .A_BITS(4), .A_ENC(0), .W_BITS(4),
      .W_ENC(1), .ACC_BITS(12), .TERNARY(0), .MULT(0), .STYLE(0), .INIT("depthwise_57.mem")
  ) a57 (
      .clk(clk), .rst(rst),
      .in_data(in0_data[57*W+:36]), .in_valid(in0_valid[57]), .in_ready(in0_ready[57]),
      .out_data(out0_data[57*W+:12]), .out_valid(out0_valid[57]), .out_ready(out0_ready[57])
  );
  assign out0_data[57*W+12+:W-12] = '0;
  assign in1_ready[57] = 1'b0;
  assign out1_data[57*W+:W] = '0;
  assign out1_valid[57] = 1'b0;

  mr_depthwise #(
      .TAPS(9), .SIMD(9), .BLOCKS(1), .PE(1), .A_BITS(8), .A_ENC(1), .W_BITS(8),
      .W_ENC(1), .ACC_BITS(20), .TERNARY(0), .MULT(1), .STYLE(0), .INIT("depthwise_58.mem")
  ) a58 (
      .clk(clk), .rst(rst),
      .in_data(in0_data[58*W+:72]), .in_valid(in0_valid[58]), .in_ready(in0_ready[58]),
      .out_data(out0_data[58*W+:20]), .out_valid(out0_valid[58]), .out_ready(out0_ready[58])
  );
  assign out0_data[58*W+20+:W-20] = '0;
  assign in1_ready[58] = 1'b0;
  assign out1_data[58*W+:W] = '0;
  assign out1_valid[58] = 1'b0;

  mr_depthwise #(
      .TAPS(4), .SIMD(4), .BLOCKS(2), .PE(2), .A_BITS(1), .A_ENC(2), .W_BITS(1),
      .W_ENC(2), .ACC_BITS(4), .TERNARY(0), .MULT(0), .STYLE(0), .INIT("depthwise_59.mem")
  ) a59 (
      .clk(clk), .rst(rst),
      .in_data(in0_data[59*W+:8]), .in_valid(in0_valid[59]), .in_ready(in0_ready[59]),
      .out_data(out0_data[59*W+:8]), .out_valid(out0_valid[59]), .out_ready(out0_ready[59])
  );
  assign out0_data[59*W+8+:W-8] = '0;
  assign in1_ready[59] = 1'b0;
  assign out1_data[59*W+:W] = '0;
  assign out1_valid[59] = 1'b0;

  mr_depthwise #(
      .TAPS(6), .SIMD(3), .BLOCKS(2), .PE(2), .A_BITS(3), .A_ENC(0), .W_BITS(3),
      .W_ENC(1), .ACC_BITS(9), .TERNARY(0), .MULT(0), .STYLE(0), .INIT("depthwise_60.mem")
  ) a60 (
      .clk(clk), .rst(rst),
      .in_data(in0_data[60*W+:18]), .in_valid(in0_valid[60]), .in_ready(in0_ready[60]),
      .out_data(out0_data[60*W+:18]), .out_valid(out0_valid[60]), .out_ready(out0_ready[60])
  );
  assign out0_data[60*W+18+:W-18] = '0;
  assign in1_ready[60] = 1'b0;
  assign out1_data[60*W+:W] = '0;
  assign out1_valid[60] = 1'b0;

  mr_depthwise #(
      .TAPS(4), .SIMD(2), .BLOCKS(2), .PE(2), .A_BITS(8), .A_ENC(1), .W_BITS(8),
      .W_ENC(1), .ACC_BITS(18), .TERNARY(0), .MULT(1), .STYLE(0), .INIT("depthwise_61.mem")
  ) a61 (
      .clk(clk), .rst(rst),
      .in_data(in0_data[61*W+:32]), .in_valid(in0_valid[61]), .in_ready(in0_ready[61]),
      .out_data(out0_data[61*W+:36]), .out_valid(out0_valid[61]), .out_ready(out0_ready[61])
  );
  assign out0_data[61*W+36+:W-36] = '0;
  assign in1_ready[61] = 1'b0;
  assign out1_data[61*W+:W] = '0;
  assign out1_valid[61] = 1'b0;

  mr_depthwise #(
      .TAPS(4), .SIMD(4), .BLOCKS(3), .PE(3), .A_BITS(2), .A_ENC(1), .W_BITS(2),
      .W_ENC(1), .ACC_BITS(4), .TERNARY(1), .MULT(0), .STYLE(0), .INIT("depthwise_62.mem")
  ) a62 (
      .clk(clk), .rst(rst),
      .in_data(in0_data[62*W+:24]), .in_valid(in0_valid[62]), .in_ready(in0_ready[62]),
      .out_data(out0_data[62*W+:12]), .out_valid(out0_valid[62]), .out_ready(out0_ready[62])
  );
  assign out0_data[62*W+12+:W-12] = '0;
  assign in1_ready[62] = 1'b0;
  assign out1_data[62*W+:W] = '0;
  assign out1_valid[62] = 1'b0;

  mr_depthwise #(
      .TAPS(4), .SIMD(4), .BLOCKS(2), .PE(2), .A_BITS(8), .A_ENC(1), .W_BITS(1),
      .W_ENC(2), .ACC_BITS(12), .TERNARY(0), .MULT(0), .STYLE(0), .INIT("depthwise_63.mem")
  ) a63 (
      .clk(clk), .rst(rst),
      .in_data(in0_data[63*W+:64]), .in_valid(in0_valid[63]), .in_ready(in0_ready[63]),
      .out_data(out0_data[63*W+:24]), .out_valid(out0_valid[63]), .out_ready(out0_ready[63])
  );
  assign out0_data[63*W+24+:W-24] = '0;
  assign in1_ready[63] = 1'b0;
  assign out1_data[63*W+:W] = '0;
  assign out1_valid[63] = 1'b0;

  mr_reduce #(
      .TAPS(4), .SIMD(4), .PE(3), .REDUCTION(0), .IN_BITS(4), .IN_ENC(0),
      .OUT_BITS(4), .OUT_ENC(0)
  ) a64 (
      .clk(clk), .rst(rst),
      .in_data(in0_data[64*W+:48]), .in_valid(in0_valid[64]), .in_ready(in0_ready[64]),
      .out_data(out0_data[64*W+:12]), .out_valid(out0_valid[64]), .out_ready(out0_ready[64])
  );
  assign out0_data[64*W+12+:W-12] = '0;
  assign in1_ready[64] = 1'b0;
  assign out1_data[64*W+:W] = '0;
  assign out1_valid[64] = 1'b0;

  mr_reduce #(
      .TAPS(9), .SIMD(9), .PE(1), .REDUCTION(0), .IN_BITS(5), .IN_ENC(1),
      .OUT_BITS(5), .OUT_ENC(1)
  ) a65 (
      .clk(clk), .rst(rst),
      .in_data(in0_data[65*W+:45]), .in_valid(in0_valid[65]), .in_ready(in0_ready[65]),
      .out_data(out0_data[65*W+:5]), .out_valid(out0_valid[65]), .out_ready(out0_ready[65])
  );
  assign out0_data[65*W+5+:W-5] = '0;
  assign in1_ready[65] = 1'b0;
  assign out1_data[65*W+:W] = '0;
  assign out1_valid[65] = 1'b0;

  mr_reduce #(
      .TAPS(9), .SIMD(3), .PE(2), .REDUCTION(1), .IN_BITS(5), .IN_ENC(1),
      .OUT_BITS(5), .OUT_ENC(1)
  ) a66 (
      .clk(clk), .rst(rst),
      .in_data(in0_data[66*W+:30]), .in_valid(in0_valid[66]), .in_ready(in0_ready[66]),
      .out_data(out0_data[66*W+:10]), .out_valid(out0_valid[66]), .out_ready(out0_ready[66])
  );
  assign out0_data[66*W+10+:W-10] = '0;
  assign in1_ready[66] = 1'b0;
  assign out1_data[66*W+:W] = '0;
  assign out1_valid[66] = 1'b0;

  mr_reduce #(
      .TAPS(4), .SIMD(4), .PE(3), .REDUCTION(0), .IN_BITS(1), .IN_ENC(2),
      .OUT_BITS(1), .OUT_ENC(2)
  ) a67 (
      .clk(clk), .rst(rst),
      .in_data(in0_data[67*W+:12]), .in_valid(in0_valid[67]), .in_ready(in0_ready[67]),
      .out_data(out0_data[67*W+:3]), .out_valid(out0_valid[67]), .out_ready(out0_ready[67])
  );
  assign out0_data[67*W+3+:W-3] = '0;
  assign in1_ready[67] = 1'b0;
  assign out1_data[67*W+:W] = '0;
  assign out1_valid[67] = 1'b0;

  mr_reduce #(
      .TAPS(9), .SIMD(9), .PE(1), .REDUCTION(2), .IN_BITS(6), .IN_ENC(1),
      .OUT_BITS(10), .OUT_ENC(1)
  ) a68 (
      .clk(clk), .rst(rst),
      .in_data(in0_data[68*W+:54]), .in_valid(in0_valid[68]), .in_ready(in0_ready[68]),
      .out_data(out0_data[68*W+:10]), .out_valid(out0_valid[68]), .out_ready(out0_ready[68])
  );
  assign out0_data[68*W+10+:W-10] = '0;
  assign in1_ready[68] = 1'b0;
  assign out1_data[68*W+:W] = '0;
  assign out1_valid[68] = 1'b0;

  mr_reduce #(
      .TAPS(8), .SIMD(4), .PE(2), .REDUCTION(2), .IN_BITS(1), .IN_ENC(2),
      .OUT_BITS(5), .OUT_ENC(1)
  ) a69 (
      .clk(clk), .rst(rst),
      .in_data(in0_data[69*W+:8]), .in_valid(in0_valid[69]), .in_ready(in0_ready[69]),
      .out_data(out0_data[69*W+:10]), .out_valid(out0_valid[69]), .out_ready(out0_ready[69])
  );
  assign out0_data[69*W+10+:W-10] = '0;
  assign in1_ready[69] = 1'b0;
  assign out1_data[69*W+:W] = '0;
  assign out1_valid[69] = 1'b0;

  mr_reduce #(
      .TAPS(9), .SIMD(9), .PE(1), .REDUCTION(2), .IN_BITS(8), .IN_ENC(0),
      .OUT_BITS(12), .OUT_ENC(0)
  ) a70 (
      .clk(clk), .rst(rst),
      .in_data(in0_data[70*W+:72]), .in_valid(in0_valid[70]), .in_ready(in0_ready[70]),
      .out_data(out0_data[70*W+:12]), .out_valid(out0_valid[70]), .out_ready(out0_ready[70])
  );
  assign out0_data[70*W+12+:W-12] = '0;
  assign in1_ready[70] = 1'b0;
  assign out1_data[70*W+:W] = '0;
  assign out1_valid[70] = 1'b0;

  mr_reduce #(
      .TAPS(6), .SIMD(2), .PE(1), .REDUCTION(2), .IN_BITS(3), .IN_ENC(0),
      .OUT_BITS(6), .OUT_ENC(1)
  ) a71 (
      .clk(clk), .rst(rst),
      .in_data(in0_data[71*W+:6]), .in_valid(in0_valid[71]), .in_ready(in0_ready[71]),
      .out_data(out0_data[71*W+:6]), .out_valid(out0_valid[71]), .out_ready(out0_ready[71])
  );
  assign out0_data[71*W+6+:W-6] = '0;
  assign in1_ready[71] = 1'b0;
  assign out1_data[71*W+:W] = '0;
  assign out1_valid[71] = 1'b0;

  mr_reduce #(
      .TAPS(3), .SIMD(3), .PE(2), .REDUCTION(1), .IN_BITS(1), .IN_ENC(2),
      .OUT_BITS(2), .OUT_ENC(1)
  ) a72 (
      .clk(clk), .rst(rst),
      .in_data(in0_data[72*W+:6]), .in_valid(in0_valid[72]), .in_ready(in0_ready[72]),
      .out_data(out0_data[72*W+:4]), .out_valid(out0_valid[72]), .out_ready(out0_ready[72])
  );
  assign out0_data[72*W+4+:W-4] = '0;
  assign in1_ready[72] = 1'b0;
  assign out1_data[72*W+:W] = '0;
  assign out1_valid[72] = 1'b0;
endmodule
