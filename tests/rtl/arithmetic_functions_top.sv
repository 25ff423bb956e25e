// SPDX-License-Identifier: Apache-2.0
//
// Instances of the function units; arithmetic_functions.cpp holds the same list and the formulas of
// ramp() and noise(). Each instance has a slot of W bits in the data ports.
module arithmetic_functions_top #(
    localparam INSTANCES = 46,
    localparam W = 64
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
  // Rows of ascending numbers, in elements of some bits.
  function automatic [4095:0] ramp(input integer rows, input integer count, input integer bits,
                                   input integer first, input integer step);
    integer r, i, k, number;
    begin
      ramp = '0;
      for (r = 0; r < rows; r = r + 1)
        for (i = 0; i < count; i = i + 1) begin
          number = first + (3 * r) % 7 + i * step;
          for (k = 0; k < bits; k = k + 1) ramp[(r*count+i)*bits+k] = number[k%32];
        end
    end
  endfunction
  // Numbers without order.
  function automatic [4095:0] noise(input integer count, input integer bits, input integer seed);
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
  // Bits of slots that no instance has.
  wire unused = &{1'b0, in_data};

  localparam [4095:0] T0 = ramp(6, 3, 8, -9, 4);

  mr_function_thresholds #(
      .PE(2), .FOLDS(3), .IN_BITS(8), .IN_ENC(1), .OUT_BITS(2), .OUT_ENC(0), .COUNT(3), .T_BITS(8),
      .T_SIGNED(1), .SHARED(0), .THRESHOLDS(T0[143:0]), .STYLE(0), .BASE(32'h0)
  ) f0 (
      .clk(clk), .rst(rst),
      .in_data(in_data[0*W+:16]), .in_valid(in_valid[0]), .in_ready(in_ready[0]),
      .out_data(out_data[0*W+:4]), .out_valid(out_valid[0]), .out_ready(out_ready[0])
  );
  assign out_data[0*W+4+:W-4] = '0;

  localparam [4095:0] T1 = ramp(1, 1, 5, 3, 1);

  mr_function_thresholds #(
      .PE(1), .FOLDS(1), .IN_BITS(9), .IN_ENC(1), .OUT_BITS(1), .OUT_ENC(2), .COUNT(1), .T_BITS(5),
      .T_SIGNED(1), .SHARED(1), .THRESHOLDS(T1[4:0]), .STYLE(0), .BASE(32'hffffffff)
  ) f1 (
      .clk(clk), .rst(rst),
      .in_data(in_data[1*W+:9]), .in_valid(in_valid[1]), .in_ready(in_ready[1]),
      .out_data(out_data[1*W+:1]), .out_valid(out_valid[1]), .out_ready(out_ready[1])
  );
  assign out_data[1*W+1+:W-1] = '0;

  localparam [4095:0] T2 = ramp(6, 5, 7, 5, 9);
  localparam [4095:0] B2 = noise(6, 3, 2);
  localparam [4095:0] F2 = noise(6, 1, 2+1);

  mr_function_thresholds #(
      .PE(3), .FOLDS(2), .IN_BITS(6), .IN_ENC(0), .OUT_BITS(5), .OUT_ENC(1), .COUNT(5), .T_BITS(7),
      .T_SIGNED(0), .SHARED(0), .THRESHOLDS(T2[209:0]), .STYLE(0), .BASE_BITS(3), .BASE(B2[17:0]),
      .FALLING(F2[5:0])
  ) f2 (
      .clk(clk), .rst(rst),
      .in_data(in_data[2*W+:18]), .in_valid(in_valid[2]), .in_ready(in_ready[2]),
      .out_data(out_data[2*W+:15]), .out_valid(out_valid[2]), .out_ready(out_ready[2])
  );
  assign out_data[2*W+15+:W-15] = '0;

  localparam [4095:0] T3 = ramp(40, 2, 7, -20, 11);
  localparam [4095:0] B3 = noise(40, 3, 3);
  localparam [4095:0] F3 = noise(40, 1, 3+1);

  mr_function_thresholds #(
      .PE(2), .FOLDS(20), .IN_BITS(7), .IN_ENC(1), .OUT_BITS(1), .OUT_ENC(2), .COUNT(2),
      .T_BITS(7), .T_SIGNED(1), .SHARED(0), .THRESHOLDS(T3[559:0]), .STYLE(0), .BASE_BITS(3),
      .BASE(B3[119:0]), .FALLING(F3[39:0])
  ) f3 (
      .clk(clk), .rst(rst),
      .in_data(in_data[3*W+:14]), .in_valid(in_valid[3]), .in_ready(in_ready[3]),
      .out_data(out_data[3*W+:2]), .out_valid(out_valid[3]), .out_ready(out_ready[3])
  );
  assign out_data[3*W+2+:W-2] = '0;

  localparam [4095:0] T4 = ramp(1, 255, 12, -700, 6);

  mr_function_thresholds #(
      .PE(2), .FOLDS(2), .IN_BITS(11), .IN_ENC(1), .OUT_BITS(8), .OUT_ENC(0), .COUNT(255),
      .T_BITS(12), .T_SIGNED(1), .SHARED(1), .THRESHOLDS(T4[3059:0]), .STYLE(0), .BASE(32'h0)
  ) f4 (
      .clk(clk), .rst(rst),
      .in_data(in_data[4*W+:22]), .in_valid(in_valid[4]), .in_ready(in_ready[4]),
      .out_data(out_data[4*W+:16]), .out_valid(out_valid[4]), .out_ready(out_ready[4])
  );
  assign out_data[4*W+16+:W-16] = '0;

  localparam [4095:0] T5 = ramp(6, 1, 4, -2, 1);

  mr_function_thresholds #(
      .PE(2), .FOLDS(3), .IN_BITS(1), .IN_ENC(2), .OUT_BITS(2), .OUT_ENC(0), .COUNT(1), .T_BITS(4),
      .T_SIGNED(1), .SHARED(0), .THRESHOLDS(T5[23:0]), .STYLE(0), .BASE(32'h1)
  ) f5 (
      .clk(clk), .rst(rst),
      .in_data(in_data[5*W+:2]), .in_valid(in_valid[5]), .in_ready(in_ready[5]),
      .out_data(out_data[5*W+:4]), .out_valid(out_valid[5]), .out_ready(out_ready[5])
  );
  assign out_data[5*W+4+:W-4] = '0;

  localparam [4095:0] T6 = ramp(40, 7, 9, -60, 15);

  mr_function_thresholds #(
      .PE(1), .FOLDS(40), .IN_BITS(8), .IN_ENC(1), .OUT_BITS(3), .OUT_ENC(0), .COUNT(7),
      .T_BITS(9), .T_SIGNED(1), .SHARED(0), .THRESHOLDS(T6[2519:0]), .STYLE(2), .BASE(32'h0)
  ) f6 (
      .clk(clk), .rst(rst),
      .in_data(in_data[6*W+:8]), .in_valid(in_valid[6]), .in_ready(in_ready[6]),
      .out_data(out_data[6*W+:3]), .out_valid(out_valid[6]), .out_ready(out_ready[6])
  );
  assign out_data[6*W+3+:W-3] = '0;

  localparam [4095:0] T7 = ramp(6, 5, 8, -30, 13);
  localparam [4095:0] V7 = noise(36, 4, 7);

  mr_function_breakpoints #(
      .PE(2), .FOLDS(3), .IN_BITS(8), .IN_ENC(1), .OUT_BITS(4), .COUNT(5), .T_BITS(8),
      .T_SIGNED(1), .SHARED(0), .STARTS(T7[239:0]), .VALUES(V7[143:0])
  ) f7 (
      .clk(clk), .rst(rst),
      .in_data(in_data[7*W+:16]), .in_valid(in_valid[7]), .in_ready(in_ready[7]),
      .out_data(out_data[7*W+:8]), .out_valid(out_valid[7]), .out_ready(out_ready[7])
  );
  assign out_data[7*W+8+:W-8] = '0;

  localparam [4095:0] T8 = ramp(1, 1, 6, 31, 1);
  localparam [4095:0] V8 = noise(2, 5, 8);

  mr_function_breakpoints #(
      .PE(3), .FOLDS(1), .IN_BITS(6), .IN_ENC(0), .OUT_BITS(5), .COUNT(1), .T_BITS(6),
      .T_SIGNED(0), .SHARED(1), .STARTS(T8[5:0]), .VALUES(V8[9:0])
  ) f8 (
      .clk(clk), .rst(rst),
      .in_data(in_data[8*W+:18]), .in_valid(in_valid[8]), .in_ready(in_ready[8]),
      .out_data(out_data[8*W+:15]), .out_valid(out_valid[8]), .out_ready(out_ready[8])
  );
  assign out_data[8*W+15+:W-15] = '0;

  localparam [4095:0] T9 = ramp(12, 9, 8, -50, 11);
  localparam [4095:0] V9 = noise(120, 6, 9);

  mr_function_breakpoints #(
      .PE(1), .FOLDS(12), .IN_BITS(7), .IN_ENC(1), .OUT_BITS(6), .COUNT(9), .T_BITS(8),
      .T_SIGNED(1), .SHARED(0), .STARTS(T9[863:0]), .VALUES(V9[719:0])
  ) f9 (
      .clk(clk), .rst(rst),
      .in_data(in_data[9*W+:7]), .in_valid(in_valid[9]), .in_ready(in_ready[9]),
      .out_data(out_data[9*W+:6]), .out_valid(out_valid[9]), .out_ready(out_ready[9])
  );
  assign out_data[9*W+6+:W-6] = '0;

  localparam [4095:0] V10 = noise(96, 4, 10);

  mr_function_table #(
      .PE(2), .FOLDS(3), .IN_BITS(4), .IN_ENC(1), .OUT_BITS(4), .LO(64'hfffffffffffffff8),
      .SIZE(16), .SHARED(0), .VALUES(V10[383:0]), .STYLE(0)
  ) f10 (
      .clk(clk), .rst(rst),
      .in_data(in_data[10*W+:8]), .in_valid(in_valid[10]), .in_ready(in_ready[10]),
      .out_data(out_data[10*W+:8]), .out_valid(out_valid[10]), .out_ready(out_ready[10])
  );
  assign out_data[10*W+8+:W-8] = '0;

  localparam [4095:0] V11 = noise(40, 7, 11);

  mr_function_table #(
      .PE(3), .FOLDS(2), .IN_BITS(6), .IN_ENC(0), .OUT_BITS(7), .LO(64'h5), .SIZE(40), .SHARED(1),
      .VALUES(V11[279:0]), .STYLE(2)
  ) f11 (
      .clk(clk), .rst(rst),
      .in_data(in_data[11*W+:18]), .in_valid(in_valid[11]), .in_ready(in_ready[11]),
      .out_data(out_data[11*W+:21]), .out_valid(out_valid[11]), .out_ready(out_ready[11])
  );
  assign out_data[11*W+21+:W-21] = '0;

  localparam [4095:0] V12 = noise(55, 3, 12);

  mr_function_table #(
      .PE(1), .FOLDS(5), .IN_BITS(5), .IN_ENC(1), .OUT_BITS(3), .LO(64'hfffffffffffffffd),
      .SIZE(11), .SHARED(0), .VALUES(V12[164:0]), .STYLE(0)
  ) f12 (
      .clk(clk), .rst(rst),
      .in_data(in_data[12*W+:5]), .in_valid(in_valid[12]), .in_ready(in_ready[12]),
      .out_data(out_data[12*W+:3]), .out_valid(out_valid[12]), .out_ready(out_ready[12])
  );
  assign out_data[12*W+3+:W-3] = '0;

  localparam [4095:0] V13 = noise(3, 3, 13);

  mr_function_table #(
      .PE(2), .FOLDS(1), .IN_BITS(1), .IN_ENC(2), .OUT_BITS(3), .LO(64'hffffffffffffffff),
      .SIZE(3), .SHARED(1), .VALUES(V13[8:0]), .STYLE(0)
  ) f13 (
      .clk(clk), .rst(rst),
      .in_data(in_data[13*W+:2]), .in_valid(in_valid[13]), .in_ready(in_ready[13]),
      .out_data(out_data[13*W+:6]), .out_valid(out_valid[13]), .out_ready(out_ready[13])
  );
  assign out_data[13*W+6+:W-6] = '0;

  localparam [4095:0] A14 = noise(4, 4, 14);

  mr_function_shift #(
      .PE(2), .FOLDS(2), .IN_BITS(8), .IN_ENC(1), .OUT_BITS(5), .OUT_ENC(1), .SHIFT(3),
      .ROUNDING(0), .LO(64'hfffffffffffffff6), .HI(64'hc), .ADD_BITS(4), .SHARED(0),
      .ADD(A14[15:0])
  ) f14 (
      .clk(clk), .rst(rst),
      .in_data(in_data[14*W+:16]), .in_valid(in_valid[14]), .in_ready(in_ready[14]),
      .out_data(out_data[14*W+:10]), .out_valid(out_valid[14]), .out_ready(out_ready[14])
  );
  assign out_data[14*W+10+:W-10] = '0;

  localparam [4095:0] A15 = noise(1, 4, 15);

  mr_function_shift #(
      .PE(2), .FOLDS(2), .IN_BITS(8), .IN_ENC(1), .OUT_BITS(5), .OUT_ENC(1), .SHIFT(3),
      .ROUNDING(1), .LO(64'hfffffffffffffff6), .HI(64'hc), .ADD_BITS(4), .SHARED(1), .ADD(A15[3:0])
  ) f15 (
      .clk(clk), .rst(rst),
      .in_data(in_data[15*W+:16]), .in_valid(in_valid[15]), .in_ready(in_ready[15]),
      .out_data(out_data[15*W+:10]), .out_valid(out_valid[15]), .out_ready(out_ready[15])
  );
  assign out_data[15*W+10+:W-10] = '0;

  localparam [4095:0] A16 = noise(4, 4, 16);

  mr_function_shift #(
      .PE(2), .FOLDS(2), .IN_BITS(8), .IN_ENC(1), .OUT_BITS(5), .OUT_ENC(1), .SHIFT(3),
      .ROUNDING(2), .LO(64'hfffffffffffffff6), .HI(64'hc), .ADD_BITS(4), .SHARED(0),
      .ADD(A16[15:0])
  ) f16 (
      .clk(clk), .rst(rst),
      .in_data(in_data[16*W+:16]), .in_valid(in_valid[16]), .in_ready(in_ready[16]),
      .out_data(out_data[16*W+:10]), .out_valid(out_valid[16]), .out_ready(out_ready[16])
  );
  assign out_data[16*W+10+:W-10] = '0;

  localparam [4095:0] A17 = noise(1, 4, 17);

  mr_function_shift #(
      .PE(2), .FOLDS(2), .IN_BITS(8), .IN_ENC(1), .OUT_BITS(5), .OUT_ENC(1), .SHIFT(3),
      .ROUNDING(3), .LO(64'hfffffffffffffff6), .HI(64'hc), .ADD_BITS(4), .SHARED(1), .ADD(A17[3:0])
  ) f17 (
      .clk(clk), .rst(rst),
      .in_data(in_data[17*W+:16]), .in_valid(in_valid[17]), .in_ready(in_ready[17]),
      .out_data(out_data[17*W+:10]), .out_valid(out_valid[17]), .out_ready(out_ready[17])
  );
  assign out_data[17*W+10+:W-10] = '0;

  localparam [4095:0] A18 = noise(4, 4, 18);

  mr_function_shift #(
      .PE(2), .FOLDS(2), .IN_BITS(8), .IN_ENC(1), .OUT_BITS(5), .OUT_ENC(1), .SHIFT(3),
      .ROUNDING(4), .LO(64'hfffffffffffffff6), .HI(64'hc), .ADD_BITS(4), .SHARED(0),
      .ADD(A18[15:0])
  ) f18 (
      .clk(clk), .rst(rst),
      .in_data(in_data[18*W+:16]), .in_valid(in_valid[18]), .in_ready(in_ready[18]),
      .out_data(out_data[18*W+:10]), .out_valid(out_valid[18]), .out_ready(out_ready[18])
  );
  assign out_data[18*W+10+:W-10] = '0;

  localparam [4095:0] A19 = noise(1, 4, 19);

  mr_function_shift #(
      .PE(2), .FOLDS(2), .IN_BITS(8), .IN_ENC(1), .OUT_BITS(5), .OUT_ENC(1), .SHIFT(3),
      .ROUNDING(5), .LO(64'hfffffffffffffff6), .HI(64'hc), .ADD_BITS(4), .SHARED(1), .ADD(A19[3:0])
  ) f19 (
      .clk(clk), .rst(rst),
      .in_data(in_data[19*W+:16]), .in_valid(in_valid[19]), .in_ready(in_ready[19]),
      .out_data(out_data[19*W+:10]), .out_valid(out_valid[19]), .out_ready(out_ready[19])
  );
  assign out_data[19*W+10+:W-10] = '0;

  localparam [4095:0] A20 = noise(4, 4, 20);

  mr_function_shift #(
      .PE(2), .FOLDS(2), .IN_BITS(8), .IN_ENC(1), .OUT_BITS(5), .OUT_ENC(1), .SHIFT(3),
      .ROUNDING(6), .LO(64'hfffffffffffffff6), .HI(64'hc), .ADD_BITS(4), .SHARED(0),
      .ADD(A20[15:0])
  ) f20 (
      .clk(clk), .rst(rst),
      .in_data(in_data[20*W+:16]), .in_valid(in_valid[20]), .in_ready(in_ready[20]),
      .out_data(out_data[20*W+:10]), .out_valid(out_valid[20]), .out_ready(out_ready[20])
  );
  assign out_data[20*W+10+:W-10] = '0;

  localparam [4095:0] A21 = noise(3, 5, 21);

  mr_function_shift #(
      .PE(1), .FOLDS(3), .IN_BITS(6), .IN_ENC(0), .OUT_BITS(7), .OUT_ENC(1), .SHIFT(0),
      .ROUNDING(0), .LO(64'hffffffffffffff9c), .HI(64'h64), .ADD_BITS(5), .SHARED(0),
      .ADD(A21[14:0])
  ) f21 (
      .clk(clk), .rst(rst),
      .in_data(in_data[21*W+:6]), .in_valid(in_valid[21]), .in_ready(in_ready[21]),
      .out_data(out_data[21*W+:7]), .out_valid(out_valid[21]), .out_ready(out_ready[21])
  );
  assign out_data[21*W+7+:W-7] = '0;

  localparam [4095:0] A22 = noise(2, 6, 22);

  mr_function_shift #(
      .PE(1), .FOLDS(2), .IN_BITS(8), .IN_ENC(1), .OUT_BITS(2), .OUT_ENC(1), .SHIFT(9),
      .ROUNDING(0), .LO(64'hfffffffffffffffe), .HI(64'h1), .ADD_BITS(6), .SHARED(0),
      .ADD(A22[11:0])
  ) f22 (
      .clk(clk), .rst(rst),
      .in_data(in_data[22*W+:8]), .in_valid(in_valid[22]), .in_ready(in_ready[22]),
      .out_data(out_data[22*W+:2]), .out_valid(out_valid[22]), .out_ready(out_ready[22])
  );
  assign out_data[22*W+2+:W-2] = '0;

  localparam [4095:0] A23 = noise(2, 6, 23);

  mr_function_shift #(
      .PE(1), .FOLDS(2), .IN_BITS(8), .IN_ENC(1), .OUT_BITS(2), .OUT_ENC(1), .SHIFT(9),
      .ROUNDING(1), .LO(64'hfffffffffffffffe), .HI(64'h1), .ADD_BITS(6), .SHARED(0),
      .ADD(A23[11:0])
  ) f23 (
      .clk(clk), .rst(rst),
      .in_data(in_data[23*W+:8]), .in_valid(in_valid[23]), .in_ready(in_ready[23]),
      .out_data(out_data[23*W+:2]), .out_valid(out_valid[23]), .out_ready(out_ready[23])
  );
  assign out_data[23*W+2+:W-2] = '0;

  localparam [4095:0] A24 = noise(2, 6, 24);

  mr_function_shift #(
      .PE(1), .FOLDS(2), .IN_BITS(8), .IN_ENC(1), .OUT_BITS(2), .OUT_ENC(1), .SHIFT(9),
      .ROUNDING(2), .LO(64'hfffffffffffffffe), .HI(64'h1), .ADD_BITS(6), .SHARED(0),
      .ADD(A24[11:0])
  ) f24 (
      .clk(clk), .rst(rst),
      .in_data(in_data[24*W+:8]), .in_valid(in_valid[24]), .in_ready(in_ready[24]),
      .out_data(out_data[24*W+:2]), .out_valid(out_valid[24]), .out_ready(out_ready[24])
  );
  assign out_data[24*W+2+:W-2] = '0;

  localparam [4095:0] A25 = noise(2, 6, 25);

  mr_function_shift #(
      .PE(1), .FOLDS(2), .IN_BITS(8), .IN_ENC(1), .OUT_BITS(2), .OUT_ENC(1), .SHIFT(10),
      .ROUNDING(0), .LO(64'hfffffffffffffffe), .HI(64'h1), .ADD_BITS(6), .SHARED(0),
      .ADD(A25[11:0])
  ) f25 (
      .clk(clk), .rst(rst),
      .in_data(in_data[25*W+:8]), .in_valid(in_valid[25]), .in_ready(in_ready[25]),
      .out_data(out_data[25*W+:2]), .out_valid(out_valid[25]), .out_ready(out_ready[25])
  );
  assign out_data[25*W+2+:W-2] = '0;

  localparam [4095:0] A26 = noise(2, 6, 26);

  mr_function_shift #(
      .PE(1), .FOLDS(2), .IN_BITS(8), .IN_ENC(1), .OUT_BITS(2), .OUT_ENC(1), .SHIFT(10),
      .ROUNDING(4), .LO(64'hfffffffffffffffe), .HI(64'h1), .ADD_BITS(6), .SHARED(0),
      .ADD(A26[11:0])
  ) f26 (
      .clk(clk), .rst(rst),
      .in_data(in_data[26*W+:8]), .in_valid(in_valid[26]), .in_ready(in_ready[26]),
      .out_data(out_data[26*W+:2]), .out_valid(out_valid[26]), .out_ready(out_ready[26])
  );
  assign out_data[26*W+2+:W-2] = '0;

  localparam [4095:0] A27 = noise(2, 6, 27);

  mr_function_shift #(
      .PE(1), .FOLDS(2), .IN_BITS(8), .IN_ENC(1), .OUT_BITS(2), .OUT_ENC(1), .SHIFT(12),
      .ROUNDING(5), .LO(64'hfffffffffffffffe), .HI(64'h1), .ADD_BITS(6), .SHARED(0),
      .ADD(A27[11:0])
  ) f27 (
      .clk(clk), .rst(rst),
      .in_data(in_data[27*W+:8]), .in_valid(in_valid[27]), .in_ready(in_ready[27]),
      .out_data(out_data[27*W+:2]), .out_valid(out_valid[27]), .out_ready(out_ready[27])
  );
  assign out_data[27*W+2+:W-2] = '0;

  localparam [4095:0] A28 = noise(2, 6, 28);

  mr_function_shift #(
      .PE(1), .FOLDS(2), .IN_BITS(8), .IN_ENC(1), .OUT_BITS(2), .OUT_ENC(1), .SHIFT(12),
      .ROUNDING(6), .LO(64'hfffffffffffffffe), .HI(64'h1), .ADD_BITS(6), .SHARED(0),
      .ADD(A28[11:0])
  ) f28 (
      .clk(clk), .rst(rst),
      .in_data(in_data[28*W+:8]), .in_valid(in_valid[28]), .in_ready(in_ready[28]),
      .out_data(out_data[28*W+:2]), .out_valid(out_valid[28]), .out_ready(out_ready[28])
  );
  assign out_data[28*W+2+:W-2] = '0;

  localparam [4095:0] A29 = noise(2, 6, 29);

  mr_function_shift #(
      .PE(1), .FOLDS(2), .IN_BITS(8), .IN_ENC(1), .OUT_BITS(2), .OUT_ENC(1), .SHIFT(8),
      .ROUNDING(0), .LO(64'hfffffffffffffffe), .HI(64'h1), .ADD_BITS(6), .SHARED(0),
      .ADD(A29[11:0])
  ) f29 (
      .clk(clk), .rst(rst),
      .in_data(in_data[29*W+:8]), .in_valid(in_valid[29]), .in_ready(in_ready[29]),
      .out_data(out_data[29*W+:2]), .out_valid(out_valid[29]), .out_ready(out_ready[29])
  );
  assign out_data[29*W+2+:W-2] = '0;

  localparam [4095:0] A30 = noise(2, 6, 30);

  mr_function_shift #(
      .PE(1), .FOLDS(2), .IN_BITS(8), .IN_ENC(1), .OUT_BITS(2), .OUT_ENC(1), .SHIFT(8),
      .ROUNDING(2), .LO(64'hfffffffffffffffe), .HI(64'h1), .ADD_BITS(6), .SHARED(0),
      .ADD(A30[11:0])
  ) f30 (
      .clk(clk), .rst(rst),
      .in_data(in_data[30*W+:8]), .in_valid(in_valid[30]), .in_ready(in_ready[30]),
      .out_data(out_data[30*W+:2]), .out_valid(out_valid[30]), .out_ready(out_ready[30])
  );
  assign out_data[30*W+2+:W-2] = '0;

  localparam [4095:0] A31 = noise(1, 3, 31);

  mr_function_shift #(
      .PE(1), .FOLDS(1), .IN_BITS(1), .IN_ENC(2), .OUT_BITS(1), .OUT_ENC(2), .SHIFT(1),
      .ROUNDING(3), .LO(64'hffffffffffffffff), .HI(64'h1), .ADD_BITS(3), .SHARED(1), .ADD(A31[2:0])
  ) f31 (
      .clk(clk), .rst(rst),
      .in_data(in_data[31*W+:1]), .in_valid(in_valid[31]), .in_ready(in_ready[31]),
      .out_data(out_data[31*W+:1]), .out_valid(out_valid[31]), .out_ready(out_ready[31])
  );
  assign out_data[31*W+1+:W-1] = '0;

  localparam [4095:0] M32 = noise(6, 7, 32);
  localparam [4095:0] A32 = noise(6, 8, 32 + 1);

  mr_function_scale #(
      .PE(2), .FOLDS(3), .IN_BITS(10), .IN_ENC(1), .OUT_BITS(6), .OUT_ENC(1), .SHIFT(6),
      .ADD_SHIFT(0), .TIE(64'h0), .LO(64'hffffffffffffffe2), .HI(64'h1f), .M_BITS(7), .SHARED_M(0),
      .MULTIPLIER(M32[41:0]), .A_BITS(8), .SHARED_A(0), .ADD(A32[47:0]), .MULT(0)
  ) f32 (
      .clk(clk), .rst(rst),
      .in_data(in_data[32*W+:20]), .in_valid(in_valid[32]), .in_ready(in_ready[32]),
      .out_data(out_data[32*W+:12]), .out_valid(out_valid[32]), .out_ready(out_ready[32])
  );
  assign out_data[32*W+12+:W-12] = '0;

  localparam [4095:0] M33 = noise(1, 7, 33);
  localparam [4095:0] A33 = noise(6, 8, 33 + 1);

  mr_function_scale #(
      .PE(2), .FOLDS(3), .IN_BITS(10), .IN_ENC(1), .OUT_BITS(6), .OUT_ENC(1), .SHIFT(6),
      .ADD_SHIFT(2), .TIE(64'h5), .LO(64'hffffffffffffffe0), .HI(64'h1f), .M_BITS(7), .SHARED_M(1),
      .MULTIPLIER(M33[6:0]), .A_BITS(8), .SHARED_A(0), .ADD(A33[47:0]), .MULT(1)
  ) f33 (
      .clk(clk), .rst(rst),
      .in_data(in_data[33*W+:20]), .in_valid(in_valid[33]), .in_ready(in_ready[33]),
      .out_data(out_data[33*W+:12]), .out_valid(out_valid[33]), .out_ready(out_ready[33])
  );
  assign out_data[33*W+12+:W-12] = '0;

  localparam [4095:0] M34 = noise(4, 9, 34);
  localparam [4095:0] A34 = noise(1, 5, 34 + 1);

  mr_function_scale #(
      .PE(1), .FOLDS(4), .IN_BITS(8), .IN_ENC(0), .OUT_BITS(8), .OUT_ENC(0), .SHIFT(9),
      .ADD_SHIFT(3), .TIE(64'h11), .LO(64'h0), .HI(64'hc8), .M_BITS(9), .SHARED_M(0),
      .MULTIPLIER(M34[35:0]), .A_BITS(5), .SHARED_A(1), .ADD(A34[4:0]), .MULT(0)
  ) f34 (
      .clk(clk), .rst(rst),
      .in_data(in_data[34*W+:8]), .in_valid(in_valid[34]), .in_ready(in_ready[34]),
      .out_data(out_data[34*W+:8]), .out_valid(out_valid[34]), .out_ready(out_ready[34])
  );
  assign out_data[34*W+8+:W-8] = '0;

  localparam [4095:0] M35 = noise(2, 4, 35);
  localparam [4095:0] A35 = noise(2, 5, 35 + 1);

  mr_function_scale #(
      .PE(1), .FOLDS(2), .IN_BITS(6), .IN_ENC(1), .OUT_BITS(1), .OUT_ENC(2), .SHIFT(4),
      .ADD_SHIFT(1), .TIE(64'h0), .LO(64'hffffffffffffffff), .HI(64'h1), .M_BITS(4), .SHARED_M(0),
      .MULTIPLIER(M35[7:0]), .A_BITS(5), .SHARED_A(0), .ADD(A35[9:0]), .MULT(0)
  ) f35 (
      .clk(clk), .rst(rst),
      .in_data(in_data[35*W+:6]), .in_valid(in_valid[35]), .in_ready(in_ready[35]),
      .out_data(out_data[35*W+:1]), .out_valid(out_valid[35]), .out_ready(out_ready[35])
  );
  assign out_data[35*W+1+:W-1] = '0;

  localparam [4095:0] M36 = noise(2, 4, 36);
  localparam [4095:0] A36 = noise(2, 5, 36 + 1);

  mr_function_scale #(
      .PE(1), .FOLDS(2), .IN_BITS(6), .IN_ENC(1), .OUT_BITS(3), .OUT_ENC(1), .SHIFT(20),
      .ADD_SHIFT(0), .TIE(64'h100000), .LO(64'hfffffffffffffffc), .HI(64'h3), .M_BITS(4),
      .SHARED_M(0), .MULTIPLIER(M36[7:0]), .A_BITS(5), .SHARED_A(0), .ADD(A36[9:0]), .MULT(0)
  ) f36 (
      .clk(clk), .rst(rst),
      .in_data(in_data[36*W+:6]), .in_valid(in_valid[36]), .in_ready(in_ready[36]),
      .out_data(out_data[36*W+:3]), .out_valid(out_valid[36]), .out_ready(out_ready[36])
  );
  assign out_data[36*W+3+:W-3] = '0;

  localparam [4095:0] M37 = noise(2, 4, 37);
  localparam [4095:0] A37 = noise(2, 5, 37 + 1);

  mr_function_scale #(
      .PE(1), .FOLDS(2), .IN_BITS(6), .IN_ENC(1), .OUT_BITS(3), .OUT_ENC(1), .SHIFT(14),
      .ADD_SHIFT(0), .TIE(64'h3e80), .LO(64'hfffffffffffffffc), .HI(64'h3), .M_BITS(4),
      .SHARED_M(0), .MULTIPLIER(M37[7:0]), .A_BITS(5), .SHARED_A(0), .ADD(A37[9:0]), .MULT(1)
  ) f37 (
      .clk(clk), .rst(rst),
      .in_data(in_data[37*W+:6]), .in_valid(in_valid[37]), .in_ready(in_ready[37]),
      .out_data(out_data[37*W+:3]), .out_valid(out_valid[37]), .out_ready(out_ready[37])
  );
  assign out_data[37*W+3+:W-3] = '0;

  localparam [4095:0] M38 = noise(2, 5, 38);
  localparam [4095:0] A38 = noise(2, 6, 38 + 1);

  mr_function_scale #(
      .PE(2), .FOLDS(1), .IN_BITS(1), .IN_ENC(2), .OUT_BITS(7), .OUT_ENC(1), .SHIFT(0),
      .ADD_SHIFT(0), .TIE(64'h0), .LO(64'hffffffffffffffc0), .HI(64'h3f), .M_BITS(5), .SHARED_M(0),
      .MULTIPLIER(M38[9:0]), .A_BITS(6), .SHARED_A(0), .ADD(A38[11:0]), .MULT(0)
  ) f38 (
      .clk(clk), .rst(rst),
      .in_data(in_data[38*W+:2]), .in_valid(in_valid[38]), .in_ready(in_ready[38]),
      .out_data(out_data[38*W+:14]), .out_valid(out_valid[38]), .out_ready(out_ready[38])
  );
  assign out_data[38*W+14+:W-14] = '0;

  mr_function_identity #(
      .PE(3), .IN_BITS(8), .IN_ENC(1), .OUT_BITS(4), .OUT_ENC(0), .LO(64'h0), .HI(64'hf)
  ) f39 (
      .clk(clk), .rst(rst),
      .in_data(in_data[39*W+:24]), .in_valid(in_valid[39]), .in_ready(in_ready[39]),
      .out_data(out_data[39*W+:12]), .out_valid(out_valid[39]), .out_ready(out_ready[39])
  );
  assign out_data[39*W+12+:W-12] = '0;

  mr_function_identity #(
      .PE(2), .IN_BITS(1), .IN_ENC(2), .OUT_BITS(3), .OUT_ENC(1)
  ) f40 (
      .clk(clk), .rst(rst),
      .in_data(in_data[40*W+:2]), .in_valid(in_valid[40]), .in_ready(in_ready[40]),
      .out_data(out_data[40*W+:6]), .out_valid(out_valid[40]), .out_ready(out_ready[40])
  );
  assign out_data[40*W+6+:W-6] = '0;

  mr_function_identity #(
      .PE(2), .IN_BITS(5), .IN_ENC(1), .OUT_BITS(1), .OUT_ENC(2), .LO(64'hfffffffffffffff0),
      .HI(64'hf)
  ) f41 (
      .clk(clk), .rst(rst),
      .in_data(in_data[41*W+:10]), .in_valid(in_valid[41]), .in_ready(in_ready[41]),
      .out_data(out_data[41*W+:2]), .out_valid(out_valid[41]), .out_ready(out_ready[41])
  );
  assign out_data[41*W+2+:W-2] = '0;

  mr_function_identity #(
      .PE(1), .IN_BITS(7), .IN_ENC(0), .OUT_BITS(6), .OUT_ENC(1), .LO(64'h3), .HI(64'h1e)
  ) f42 (
      .clk(clk), .rst(rst),
      .in_data(in_data[42*W+:7]), .in_valid(in_valid[42]), .in_ready(in_ready[42]),
      .out_data(out_data[42*W+:6]), .out_valid(out_valid[42]), .out_ready(out_ready[42])
  );
  assign out_data[42*W+6+:W-6] = '0;

  mr_function_identity #(
      .PE(2), .IN_BITS(6), .IN_ENC(1), .OUT_BITS(9), .OUT_ENC(1)
  ) f43 (
      .clk(clk), .rst(rst),
      .in_data(in_data[43*W+:12]), .in_valid(in_valid[43]), .in_ready(in_ready[43]),
      .out_data(out_data[43*W+:18]), .out_valid(out_valid[43]), .out_ready(out_ready[43])
  );
  assign out_data[43*W+18+:W-18] = '0;

  // Products of more than 64 bits.
  mr_function_scale #(
      .PE(2), .FOLDS(1), .IN_BITS(30), .IN_ENC(1), .OUT_BITS(8), .OUT_ENC(1), .SHIFT(80),
      .ADD_SHIFT(45), .TIE(64'h0), .LO(64'hffffffffffffff80), .HI(64'h7f), .M_BITS(58),
      .SHARED_M(1), .MULTIPLIER(58'h1f37a5c93e1d20b), .A_BITS(40), .SHARED_A(0),
      .ADD({40'hfeaa55aa56, 40'h3a5c1e9d27}), .MULT(1)
  ) f44 (
      .clk(clk), .rst(rst),
      .in_data(in_data[44*W+:60]), .in_valid(in_valid[44]), .in_ready(in_ready[44]),
      .out_data(out_data[44*W+:16]), .out_valid(out_valid[44]), .out_ready(out_ready[44])
  );
  assign out_data[44*W+16+:W-16] = '0;

  mr_function_scale #(
      .PE(1), .FOLDS(2), .IN_BITS(33), .IN_ENC(0), .OUT_BITS(9), .OUT_ENC(1), .SHIFT(82),
      .ADD_SHIFT(60), .TIE(64'h4000000000000000), .LO(64'hffffffffffffff00), .HI(64'hff),
      .M_BITS(58), .SHARED_M(0), .MULTIPLIER({58'h30123456789abce, 58'h0b7d4c2a9158e63}), .A_BITS(20),
      .SHARED_A(1), .ADD(20'h12345), .MULT(1)
  ) f45 (
      .clk(clk), .rst(rst),
      .in_data(in_data[45*W+:33]), .in_valid(in_valid[45]), .in_ready(in_ready[45]),
      .out_data(out_data[45*W+:9]), .out_valid(out_valid[45]), .out_ready(out_ready[45])
  );
  assign out_data[45*W+9+:W-9] = '0;
endmodule
