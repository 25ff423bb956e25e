// SPDX-License-Identifier: Apache-2.0
//
// Instances of mr_rearrange and mr_parallel_window; movement_windows.cpp holds the same list. Each
// has a slot of W bits in the data ports.
module movement_windows_top #(
    localparam INSTANCES = 38,
    localparam W = 256
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

  mr_rearrange #(
      .WIDTH(8), .IN_WORDS(36), .DEPTH(15), .OFFSET(0), .LOOPS(4),
      .COUNTS({32'd3, 32'd3, 32'd4, 32'd4}),
      .STRIDES({32'd1, 32'd6, 32'd1, 32'd6}),
      .LEADING(2), .OVERLAP(0), .STYLE(0)
  ) u0 (
      .clk(clk), .rst(rst),
      .in_data(in_data[0*W+:8]), .in_valid(in_valid[0]), .in_ready(in_ready[0]),
      .out_data(out_data[0*W+:8]), .out_valid(out_valid[0]), .out_ready(out_ready[0])
  );
  assign out_data[0*W+8+:W-8] = '0;

  mr_rearrange #(
      .WIDTH(8), .IN_WORDS(36), .DEPTH(18), .OFFSET(0), .LOOPS(4),
      .COUNTS({32'd3, 32'd3, 32'd4, 32'd4}),
      .STRIDES({32'd1, 32'd6, 32'd1, 32'd6}),
      .LEADING(2), .OVERLAP(1), .STYLE(0)
  ) u1 (
      .clk(clk), .rst(rst),
      .in_data(in_data[1*W+:8]), .in_valid(in_valid[1]), .in_ready(in_ready[1]),
      .out_data(out_data[1*W+:8]), .out_valid(out_valid[1]), .out_ready(out_ready[1])
  );
  assign out_data[1*W+8+:W-8] = '0;

  mr_rearrange #(
      .WIDTH(8), .IN_WORDS(36), .DEPTH(18), .OFFSET(0), .LOOPS(4),
      .COUNTS({32'd3, 32'd3, 32'd4, 32'd4}),
      .STRIDES({32'd1, 32'd6, 32'd1, 32'd6}),
      .LEADING(2), .OVERLAP(1), .STYLE(2)
  ) u2 (
      .clk(clk), .rst(rst),
      .in_data(in_data[2*W+:8]), .in_valid(in_valid[2]), .in_ready(in_ready[2]),
      .out_data(out_data[2*W+:8]), .out_valid(out_valid[2]), .out_ready(out_ready[2])
  );
  assign out_data[2*W+8+:W-8] = '0;

  mr_rearrange #(
      .WIDTH(5), .IN_WORDS(35), .DEPTH(31), .OFFSET(0), .LOOPS(2),
      .COUNTS({32'd7, 32'd5}),
      .STRIDES({32'd5, 32'd1}),
      .LEADING(1), .OVERLAP(0), .STYLE(0)
  ) u3 (
      .clk(clk), .rst(rst),
      .in_data(in_data[3*W+:5]), .in_valid(in_valid[3]), .in_ready(in_ready[3]),
      .out_data(out_data[3*W+:5]), .out_valid(out_valid[3]), .out_ready(out_ready[3])
  );
  assign out_data[3*W+5+:W-5] = '0;

  mr_rearrange #(
      .WIDTH(5), .IN_WORDS(35), .DEPTH(66), .OFFSET(0), .LOOPS(2),
      .COUNTS({32'd7, 32'd5}),
      .STRIDES({32'd5, 32'd1}),
      .LEADING(1), .OVERLAP(1), .STYLE(0)
  ) u4 (
      .clk(clk), .rst(rst),
      .in_data(in_data[4*W+:5]), .in_valid(in_valid[4]), .in_ready(in_ready[4]),
      .out_data(out_data[4*W+:5]), .out_valid(out_valid[4]), .out_ready(out_ready[4])
  );
  assign out_data[4*W+5+:W-5] = '0;

  mr_rearrange #(
      .WIDTH(16), .IN_WORDS(20), .DEPTH(3), .OFFSET(5), .LOOPS(2),
      .COUNTS({32'd2, 32'd3}),
      .STRIDES({32'd1, 32'd4}),
      .LEADING(2), .OVERLAP(0), .STYLE(0)
  ) u5 (
      .clk(clk), .rst(rst),
      .in_data(in_data[5*W+:16]), .in_valid(in_valid[5]), .in_ready(in_ready[5]),
      .out_data(out_data[5*W+:16]), .out_valid(out_valid[5]), .out_ready(out_ready[5])
  );
  assign out_data[5*W+16+:W-16] = '0;

  mr_rearrange #(
      .WIDTH(4), .IN_WORDS(5), .DEPTH(1), .OFFSET(0), .LOOPS(2),
      .COUNTS({32'd3, 32'd5}),
      .STRIDES({32'd0, 32'd1}),
      .LEADING(2), .OVERLAP(0), .STYLE(0)
  ) u6 (
      .clk(clk), .rst(rst),
      .in_data(in_data[6*W+:4]), .in_valid(in_valid[6]), .in_ready(in_ready[6]),
      .out_data(out_data[6*W+:4]), .out_valid(out_valid[6]), .out_ready(out_ready[6])
  );
  assign out_data[6*W+4+:W-4] = '0;

  mr_rearrange #(
      .WIDTH(3), .IN_WORDS(7), .DEPTH(1), .OFFSET(0), .LOOPS(1),
      .COUNTS({32'd7}),
      .STRIDES({32'd1}),
      .LEADING(1), .OVERLAP(0), .STYLE(0)
  ) u7 (
      .clk(clk), .rst(rst),
      .in_data(in_data[7*W+:3]), .in_valid(in_valid[7]), .in_ready(in_ready[7]),
      .out_data(out_data[7*W+:3]), .out_valid(out_valid[7]), .out_ready(out_ready[7])
  );
  assign out_data[7*W+3+:W-3] = '0;

  mr_rearrange #(
      .WIDTH(3), .IN_WORDS(4), .DEPTH(1), .OFFSET(2), .LOOPS(1),
      .COUNTS({32'd1}),
      .STRIDES({32'd1}),
      .LEADING(1), .OVERLAP(0), .STYLE(0)
  ) u8 (
      .clk(clk), .rst(rst),
      .in_data(in_data[8*W+:3]), .in_valid(in_valid[8]), .in_ready(in_ready[8]),
      .out_data(out_data[8*W+:3]), .out_valid(out_valid[8]), .out_ready(out_ready[8])
  );
  assign out_data[8*W+3+:W-3] = '0;

  mr_rearrange #(
      .WIDTH(3), .IN_WORDS(4), .DEPTH(2), .OFFSET(2), .LOOPS(2),
      .COUNTS({32'd1, 32'd1}),
      .STRIDES({32'd5, 32'd1}),
      .LEADING(2), .OVERLAP(1), .STYLE(0)
  ) u9 (
      .clk(clk), .rst(rst),
      .in_data(in_data[9*W+:3]), .in_valid(in_valid[9]), .in_ready(in_ready[9]),
      .out_data(out_data[9*W+:3]), .out_valid(out_valid[9]), .out_ready(out_ready[9])
  );
  assign out_data[9*W+3+:W-3] = '0;

  mr_rearrange #(
      .WIDTH(1), .IN_WORDS(1), .DEPTH(1), .OFFSET(0), .LOOPS(1),
      .COUNTS({32'd4}),
      .STRIDES({32'd0}),
      .LEADING(1), .OVERLAP(0), .STYLE(0)
  ) u10 (
      .clk(clk), .rst(rst),
      .in_data(in_data[10*W+:1]), .in_valid(in_valid[10]), .in_ready(in_ready[10]),
      .out_data(out_data[10*W+:1]), .out_valid(out_valid[10]), .out_ready(out_ready[10])
  );
  assign out_data[10*W+1+:W-1] = '0;

  mr_rearrange #(
      .WIDTH(12), .IN_WORDS(297), .DEPTH(167), .OFFSET(0), .LOOPS(5),
      .COUNTS({32'd3, 32'd3, 32'd3, 32'd4, 32'd3}),
      .STRIDES({32'd1, 32'd6, 32'd66, 32'd6, 32'd66}),
      .LEADING(2), .OVERLAP(0), .STYLE(1)
  ) u11 (
      .clk(clk), .rst(rst),
      .in_data(in_data[11*W+:12]), .in_valid(in_valid[11]), .in_ready(in_ready[11]),
      .out_data(out_data[11*W+:12]), .out_valid(out_valid[11]), .out_ready(out_ready[11])
  );
  assign out_data[11*W+12+:W-12] = '0;

  mr_rearrange #(
      .WIDTH(12), .IN_WORDS(297), .DEPTH(167), .OFFSET(0), .LOOPS(5),
      .COUNTS({32'd3, 32'd3, 32'd3, 32'd4, 32'd3}),
      .STRIDES({32'd1, 32'd6, 32'd66, 32'd6, 32'd66}),
      .LEADING(2), .OVERLAP(0), .STYLE(2)
  ) u12 (
      .clk(clk), .rst(rst),
      .in_data(in_data[12*W+:12]), .in_valid(in_valid[12]), .in_ready(in_ready[12]),
      .out_data(out_data[12*W+:12]), .out_valid(out_valid[12]), .out_ready(out_ready[12])
  );
  assign out_data[12*W+12+:W-12] = '0;

  mr_rearrange #(
      .WIDTH(12), .IN_WORDS(297), .DEPTH(217), .OFFSET(0), .LOOPS(5),
      .COUNTS({32'd3, 32'd3, 32'd3, 32'd4, 32'd3}),
      .STRIDES({32'd1, 32'd6, 32'd66, 32'd6, 32'd66}),
      .LEADING(2), .OVERLAP(1), .STYLE(0)
  ) u13 (
      .clk(clk), .rst(rst),
      .in_data(in_data[13*W+:12]), .in_valid(in_valid[13]), .in_ready(in_ready[13]),
      .out_data(out_data[13*W+:12]), .out_valid(out_valid[13]), .out_ready(out_ready[13])
  );
  assign out_data[13*W+12+:W-12] = '0;

  mr_rearrange #(
      .WIDTH(9), .IN_WORDS(168), .DEPTH(70), .OFFSET(0), .LOOPS(5),
      .COUNTS({32'd3, 32'd3, 32'd4, 32'd5, 32'd4}),
      .STRIDES({32'd4, 32'd28, 32'd1, 32'd4, 32'd28}),
      .LEADING(3), .OVERLAP(0), .STYLE(0)
  ) u14 (
      .clk(clk), .rst(rst),
      .in_data(in_data[14*W+:9]), .in_valid(in_valid[14]), .in_ready(in_ready[14]),
      .out_data(out_data[14*W+:9]), .out_valid(out_valid[14]), .out_ready(out_ready[14])
  );
  assign out_data[14*W+9+:W-9] = '0;

  mr_rearrange #(
      .WIDTH(9), .IN_WORDS(168), .DEPTH(38), .OFFSET(0), .LOOPS(5),
      .COUNTS({32'd2, 32'd2, 32'd4, 32'd3, 32'd2}),
      .STRIDES({32'd4, 32'd28, 32'd1, 32'd8, 32'd56}),
      .LEADING(3), .OVERLAP(1), .STYLE(3)
  ) u15 (
      .clk(clk), .rst(rst),
      .in_data(in_data[15*W+:9]), .in_valid(in_valid[15]), .in_ready(in_ready[15]),
      .out_data(out_data[15*W+:9]), .out_valid(out_valid[15]), .out_ready(out_ready[15])
  );
  assign out_data[15*W+9+:W-9] = '0;

  mr_rearrange #(
      .WIDTH(40), .IN_WORDS(60), .DEPTH(101), .OFFSET(0), .LOOPS(12),
      .COUNTS({32'd1, 32'd1, 32'd1, 32'd1, 32'd5, 32'd1, 32'd3, 32'd1, 32'd1, 32'd2, 32'd1, 32'd2}),
      .STRIDES({32'd2, 32'd4, 32'd3, 32'd0, 32'd1, 32'd1, 32'd5, 32'd7, 32'd0, 32'd15, 32'd9, 32'd30}),
      .LEADING(12), .OVERLAP(0), .STYLE(0)
  ) u16 (
      .clk(clk), .rst(rst),
      .in_data(in_data[16*W+:40]), .in_valid(in_valid[16]), .in_ready(in_ready[16]),
      .out_data(out_data[16*W+:40]), .out_valid(out_valid[16]), .out_ready(out_ready[16])
  );
  assign out_data[16*W+40+:W-40] = '0;

  mr_rearrange #(
      .WIDTH(2), .IN_WORDS(16), .DEPTH(15), .OFFSET(1), .LOOPS(4),
      .COUNTS({32'd3, 32'd2, 32'd2, 32'd2}),
      .STRIDES({32'd1, 32'd1, 32'd4, 32'd7}),
      .LEADING(0), .OVERLAP(0), .STYLE(0)
  ) u17 (
      .clk(clk), .rst(rst),
      .in_data(in_data[17*W+:2]), .in_valid(in_valid[17]), .in_ready(in_ready[17]),
      .out_data(out_data[17*W+:2]), .out_valid(out_valid[17]), .out_ready(out_ready[17])
  );
  assign out_data[17*W+2+:W-2] = '0;

  mr_rearrange #(
      .WIDTH(6), .IN_WORDS(24), .DEPTH(4), .OFFSET(0), .LOOPS(4),
      .COUNTS({32'd3, 32'd2, 32'd4, 32'd2}),
      .STRIDES({32'd1, 32'd0, 32'd3, 32'd12}),
      .LEADING(3), .OVERLAP(0), .STYLE(1)
  ) u18 (
      .clk(clk), .rst(rst),
      .in_data(in_data[18*W+:6]), .in_valid(in_valid[18]), .in_ready(in_ready[18]),
      .out_data(out_data[18*W+:6]), .out_valid(out_valid[18]), .out_ready(out_ready[18])
  );
  assign out_data[18*W+6+:W-6] = '0;

  mr_rearrange #(
      .WIDTH(6), .IN_WORDS(12), .DEPTH(2), .OFFSET(3), .LOOPS(2),
      .COUNTS({32'd2, 32'd2}),
      .STRIDES({32'd1, 32'd3}),
      .LEADING(2), .OVERLAP(0), .STYLE(1)
  ) u19 (
      .clk(clk), .rst(rst),
      .in_data(in_data[19*W+:6]), .in_valid(in_valid[19]), .in_ready(in_ready[19]),
      .out_data(out_data[19*W+:6]), .out_valid(out_valid[19]), .out_ready(out_ready[19])
  );
  assign out_data[19*W+6+:W-6] = '0;

  mr_rearrange #(
      .WIDTH(19), .IN_WORDS(15), .DEPTH(21), .OFFSET(2), .LOOPS(3),
      .COUNTS({32'd1, 32'd4, 32'd2}),
      .STRIDES({32'd0, 32'd4, 32'd0}),
      .LEADING(1), .OVERLAP(0), .STYLE(0)
  ) u20 (
      .clk(clk), .rst(rst),
      .in_data(in_data[20*W+:19]), .in_valid(in_valid[20]), .in_ready(in_ready[20]),
      .out_data(out_data[20*W+:19]), .out_valid(out_valid[20]), .out_ready(out_ready[20])
  );
  assign out_data[20*W+19+:W-19] = '0;

  mr_rearrange #(
      .WIDTH(8), .IN_WORDS(1), .DEPTH(9), .OFFSET(0), .LOOPS(2),
      .COUNTS({32'd1, 32'd1}),
      .STRIDES({32'd3, 32'd3}),
      .LEADING(2), .OVERLAP(1), .STYLE(0)
  ) u21 (
      .clk(clk), .rst(rst),
      .in_data(in_data[21*W+:8]), .in_valid(in_valid[21]), .in_ready(in_ready[21]),
      .out_data(out_data[21*W+:8]), .out_valid(out_valid[21]), .out_ready(out_ready[21])
  );
  assign out_data[21*W+8+:W-8] = '0;

  mr_rearrange #(
      .WIDTH(19), .IN_WORDS(9), .DEPTH(7), .OFFSET(0), .LOOPS(3),
      .COUNTS({32'd2, 32'd1, 32'd1}),
      .STRIDES({32'd4, 32'd5, 32'd5}),
      .LEADING(3), .OVERLAP(0), .STYLE(2)
  ) u22 (
      .clk(clk), .rst(rst),
      .in_data(in_data[22*W+:19]), .in_valid(in_valid[22]), .in_ready(in_ready[22]),
      .out_data(out_data[22*W+:19]), .out_valid(out_valid[22]), .out_ready(out_ready[22])
  );
  assign out_data[22*W+19+:W-19] = '0;

  mr_rearrange #(
      .WIDTH(14), .IN_WORDS(8), .DEPTH(9), .OFFSET(2), .LOOPS(2),
      .COUNTS({32'd1, 32'd2}),
      .STRIDES({32'd1, 32'd4}),
      .LEADING(2), .OVERLAP(1), .STYLE(2)
  ) u23 (
      .clk(clk), .rst(rst),
      .in_data(in_data[23*W+:14]), .in_valid(in_valid[23]), .in_ready(in_ready[23]),
      .out_data(out_data[23*W+:14]), .out_valid(out_valid[23]), .out_ready(out_ready[23])
  );
  assign out_data[23*W+14+:W-14] = '0;

  mr_parallel_window #(
      .BITS(8), .HEIGHT(6), .WIDTH(6), .KERNEL_ROWS(3), .KERNEL_COLUMNS(3), .STRIDE_ROWS(1),
      .STRIDE_COLUMNS(1), .DILATION_ROWS(1), .DILATION_COLUMNS(1), .STYLE(0)
  ) u24 (
      .clk(clk), .rst(rst),
      .in_data(in_data[24*W+:8]), .in_valid(in_valid[24]), .in_ready(in_ready[24]),
      .out_data(out_data[24*W+:72]), .out_valid(out_valid[24]), .out_ready(out_ready[24])
  );
  assign out_data[24*W+72+:W-72] = '0;

  mr_parallel_window #(
      .BITS(3), .HEIGHT(7), .WIDTH(9), .KERNEL_ROWS(3), .KERNEL_COLUMNS(2), .STRIDE_ROWS(2),
      .STRIDE_COLUMNS(1), .DILATION_ROWS(1), .DILATION_COLUMNS(2), .STYLE(1)
  ) u25 (
      .clk(clk), .rst(rst),
      .in_data(in_data[25*W+:3]), .in_valid(in_valid[25]), .in_ready(in_ready[25]),
      .out_data(out_data[25*W+:18]), .out_valid(out_valid[25]), .out_ready(out_ready[25])
  );
  assign out_data[25*W+18+:W-18] = '0;

  mr_parallel_window #(
      .BITS(24), .HEIGHT(5), .WIDTH(8), .KERNEL_ROWS(2), .KERNEL_COLUMNS(3), .STRIDE_ROWS(2),
      .STRIDE_COLUMNS(2), .DILATION_ROWS(2), .DILATION_COLUMNS(1), .STYLE(2)
  ) u26 (
      .clk(clk), .rst(rst),
      .in_data(in_data[26*W+:24]), .in_valid(in_valid[26]), .in_ready(in_ready[26]),
      .out_data(out_data[26*W+:144]), .out_valid(out_valid[26]), .out_ready(out_ready[26])
  );
  assign out_data[26*W+144+:W-144] = '0;

  mr_parallel_window #(
      .BITS(10), .HEIGHT(1), .WIDTH(12), .KERNEL_ROWS(1), .KERNEL_COLUMNS(5), .STRIDE_ROWS(1),
      .STRIDE_COLUMNS(3), .DILATION_ROWS(1), .DILATION_COLUMNS(2), .STYLE(0)
  ) u27 (
      .clk(clk), .rst(rst),
      .in_data(in_data[27*W+:10]), .in_valid(in_valid[27]), .in_ready(in_ready[27]),
      .out_data(out_data[27*W+:50]), .out_valid(out_valid[27]), .out_ready(out_ready[27])
  );
  assign out_data[27*W+50+:W-50] = '0;

  mr_parallel_window #(
      .BITS(10), .HEIGHT(12), .WIDTH(1), .KERNEL_ROWS(5), .KERNEL_COLUMNS(1), .STRIDE_ROWS(1),
      .STRIDE_COLUMNS(1), .DILATION_ROWS(2), .DILATION_COLUMNS(1), .STYLE(0)
  ) u28 (
      .clk(clk), .rst(rst),
      .in_data(in_data[28*W+:10]), .in_valid(in_valid[28]), .in_ready(in_ready[28]),
      .out_data(out_data[28*W+:50]), .out_valid(out_valid[28]), .out_ready(out_ready[28])
  );
  assign out_data[28*W+50+:W-50] = '0;

  mr_parallel_window #(
      .BITS(4), .HEIGHT(4), .WIDTH(4), .KERNEL_ROWS(1), .KERNEL_COLUMNS(1), .STRIDE_ROWS(2),
      .STRIDE_COLUMNS(2), .DILATION_ROWS(1), .DILATION_COLUMNS(1), .STYLE(0)
  ) u29 (
      .clk(clk), .rst(rst),
      .in_data(in_data[29*W+:4]), .in_valid(in_valid[29]), .in_ready(in_ready[29]),
      .out_data(out_data[29*W+:4]), .out_valid(out_valid[29]), .out_ready(out_ready[29])
  );
  assign out_data[29*W+4+:W-4] = '0;

  mr_parallel_window #(
      .BITS(16), .HEIGHT(3), .WIDTH(3), .KERNEL_ROWS(3), .KERNEL_COLUMNS(3), .STRIDE_ROWS(1),
      .STRIDE_COLUMNS(1), .DILATION_ROWS(1), .DILATION_COLUMNS(1), .STYLE(2)
  ) u30 (
      .clk(clk), .rst(rst),
      .in_data(in_data[30*W+:16]), .in_valid(in_valid[30]), .in_ready(in_ready[30]),
      .out_data(out_data[30*W+:144]), .out_valid(out_valid[30]), .out_ready(out_ready[30])
  );
  assign out_data[30*W+144+:W-144] = '0;

  mr_parallel_window #(
      .BITS(7), .HEIGHT(2), .WIDTH(2), .KERNEL_ROWS(2), .KERNEL_COLUMNS(2), .STRIDE_ROWS(1),
      .STRIDE_COLUMNS(1), .DILATION_ROWS(1), .DILATION_COLUMNS(1), .STYLE(0)
  ) u31 (
      .clk(clk), .rst(rst),
      .in_data(in_data[31*W+:7]), .in_valid(in_valid[31]), .in_ready(in_ready[31]),
      .out_data(out_data[31*W+:28]), .out_valid(out_valid[31]), .out_ready(out_ready[31])
  );
  assign out_data[31*W+28+:W-28] = '0;

  mr_parallel_window #(
      .BITS(5), .HEIGHT(5), .WIDTH(5), .KERNEL_ROWS(2), .KERNEL_COLUMNS(2), .STRIDE_ROWS(3),
      .STRIDE_COLUMNS(2), .DILATION_ROWS(1), .DILATION_COLUMNS(3), .STYLE(0)
  ) u32 (
      .clk(clk), .rst(rst),
      .in_data(in_data[32*W+:5]), .in_valid(in_valid[32]), .in_ready(in_ready[32]),
      .out_data(out_data[32*W+:20]), .out_valid(out_valid[32]), .out_ready(out_ready[32])
  );
  assign out_data[32*W+20+:W-20] = '0;

  mr_parallel_window #(
      .BITS(8), .HEIGHT(6), .WIDTH(6), .BLOCKS(2), .KERNEL_ROWS(3), .KERNEL_COLUMNS(3),
      .STRIDE_ROWS(1), .STRIDE_COLUMNS(1), .DILATION_ROWS(1), .DILATION_COLUMNS(1), .STYLE(0)
  ) u33 (
      .clk(clk), .rst(rst),
      .in_data(in_data[33*W+:8]), .in_valid(in_valid[33]), .in_ready(in_ready[33]),
      .out_data(out_data[33*W+:72]), .out_valid(out_valid[33]), .out_ready(out_ready[33])
  );
  assign out_data[33*W+72+:W-72] = '0;

  mr_parallel_window #(
      .BITS(3), .HEIGHT(5), .WIDTH(7), .BLOCKS(3), .KERNEL_ROWS(3), .KERNEL_COLUMNS(2),
      .STRIDE_ROWS(2), .STRIDE_COLUMNS(1), .DILATION_ROWS(1), .DILATION_COLUMNS(2), .STYLE(1)
  ) u34 (
      .clk(clk), .rst(rst),
      .in_data(in_data[34*W+:3]), .in_valid(in_valid[34]), .in_ready(in_ready[34]),
      .out_data(out_data[34*W+:18]), .out_valid(out_valid[34]), .out_ready(out_ready[34])
  );
  assign out_data[34*W+18+:W-18] = '0;

  mr_parallel_window #(
      .BITS(6), .HEIGHT(1), .WIDTH(9), .BLOCKS(5), .KERNEL_ROWS(1), .KERNEL_COLUMNS(3),
      .STRIDE_ROWS(1), .STRIDE_COLUMNS(2), .DILATION_ROWS(1), .DILATION_COLUMNS(1), .STYLE(0)
  ) u35 (
      .clk(clk), .rst(rst),
      .in_data(in_data[35*W+:6]), .in_valid(in_valid[35]), .in_ready(in_ready[35]),
      .out_data(out_data[35*W+:18]), .out_valid(out_valid[35]), .out_ready(out_ready[35])
  );
  assign out_data[35*W+18+:W-18] = '0;

  mr_parallel_window #(
      .BITS(2), .HEIGHT(4), .WIDTH(4), .BLOCKS(40), .KERNEL_ROWS(2), .KERNEL_COLUMNS(2),
      .STRIDE_ROWS(2), .STRIDE_COLUMNS(2), .DILATION_ROWS(1), .DILATION_COLUMNS(1), .STYLE(0)
  ) u36 (
      .clk(clk), .rst(rst),
      .in_data(in_data[36*W+:2]), .in_valid(in_valid[36]), .in_ready(in_ready[36]),
      .out_data(out_data[36*W+:8]), .out_valid(out_valid[36]), .out_ready(out_ready[36])
  );
  assign out_data[36*W+8+:W-8] = '0;

  mr_parallel_window #(
      .BITS(5), .HEIGHT(3), .WIDTH(3), .BLOCKS(1), .KERNEL_ROWS(3), .KERNEL_COLUMNS(3),
      .STRIDE_ROWS(1), .STRIDE_COLUMNS(1), .DILATION_ROWS(1), .DILATION_COLUMNS(1), .STYLE(2)
  ) u37 (
      .clk(clk), .rst(rst),
      .in_data(in_data[37*W+:5]), .in_valid(in_valid[37]), .in_ready(in_ready[37]),
      .out_data(out_data[37*W+:45]), .out_valid(out_valid[37]), .out_ready(out_ready[37])
  );
  assign out_data[37*W+45+:W-45] = '0;
endmodule
