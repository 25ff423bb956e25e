// SPDX-License-Identifier: Apache-2.0
//
// Instances of the actors that pass words on; movement_words.cpp holds the same list. Each stream has a
// slot of W bits in the data ports, inputs and outputs counted apart.
module movement_words_top #(
    localparam SOURCES = 63,
    localparam SINKS = 63,
    localparam W = 128
) (
    input logic clk,
    input logic rst,
    input logic [SOURCES*W-1:0] in_data,
    input logic [SOURCES-1:0] in_valid,
    output logic [SOURCES-1:0] in_ready,
    output logic [SINKS*W-1:0] out_data,
    output logic [SINKS-1:0] out_valid,
    input logic [SINKS-1:0] out_ready
);
  // Bits of slots that no instance has.
  wire unused = &{1'b0, in_data};

  mr_fifo #(
      .WIDTH(98), .DEPTH(2), .STYLE(0), .BYPASS(0), .REGISTERED(1)
  ) u0 (
      .clk(clk), .rst(rst),
      .in_data(in_data[0*W+:98]), .in_valid(in_valid[0]), .in_ready(in_ready[0]),
      .out_data(out_data[0*W+:98]), .out_valid(out_valid[0]), .out_ready(out_ready[0])
  );
  assign out_data[0*W+98+:W-98] = '0;

  mr_fifo #(
      .WIDTH(7), .DEPTH(1), .STYLE(0), .BYPASS(0), .REGISTERED(1)
  ) u1 (
      .clk(clk), .rst(rst),
      .in_data(in_data[1*W+:7]), .in_valid(in_valid[1]), .in_ready(in_ready[1]),
      .out_data(out_data[1*W+:7]), .out_valid(out_valid[1]), .out_ready(out_ready[1])
  );
  assign out_data[1*W+7+:W-7] = '0;

  mr_fifo #(
      .WIDTH(9), .DEPTH(2), .STYLE(4), .BYPASS(0), .REGISTERED(1)
  ) u2 (
      .clk(clk), .rst(rst),
      .in_data(in_data[2*W+:9]), .in_valid(in_valid[2]), .in_ready(in_ready[2]),
      .out_data(out_data[2*W+:9]), .out_valid(out_valid[2]), .out_ready(out_ready[2])
  );
  assign out_data[2*W+9+:W-9] = '0;

  mr_fifo #(
      .WIDTH(16), .DEPTH(2), .STYLE(0), .BYPASS(1), .REGISTERED(1)
  ) u3 (
      .clk(clk), .rst(rst),
      .in_data(in_data[3*W+:16]), .in_valid(in_valid[3]), .in_ready(in_ready[3]),
      .out_data(out_data[3*W+:16]), .out_valid(out_valid[3]), .out_ready(out_ready[3])
  );
  assign out_data[3*W+16+:W-16] = '0;

  mr_fifo #(
      .WIDTH(5), .DEPTH(13), .STYLE(1), .BYPASS(1), .REGISTERED(1)
  ) u4 (
      .clk(clk), .rst(rst),
      .in_data(in_data[4*W+:5]), .in_valid(in_valid[4]), .in_ready(in_ready[4]),
      .out_data(out_data[4*W+:5]), .out_valid(out_valid[4]), .out_ready(out_ready[4])
  );
  assign out_data[4*W+5+:W-5] = '0;

  mr_fifo #(
      .WIDTH(64), .DEPTH(16), .STYLE(0), .BYPASS(0), .REGISTERED(1)
  ) u5 (
      .clk(clk), .rst(rst),
      .in_data(in_data[5*W+:64]), .in_valid(in_valid[5]), .in_ready(in_ready[5]),
      .out_data(out_data[5*W+:64]), .out_valid(out_valid[5]), .out_ready(out_ready[5])
  );
  assign out_data[5*W+64+:W-64] = '0;

  mr_fifo #(
      .WIDTH(8), .DEPTH(70), .STYLE(1), .BYPASS(0), .REGISTERED(1)
  ) u6 (
      .clk(clk), .rst(rst),
      .in_data(in_data[6*W+:8]), .in_valid(in_valid[6]), .in_ready(in_ready[6]),
      .out_data(out_data[6*W+:8]), .out_valid(out_valid[6]), .out_ready(out_ready[6])
  );
  assign out_data[6*W+8+:W-8] = '0;

  mr_fifo #(
      .WIDTH(20), .DEPTH(100), .STYLE(2), .BYPASS(0), .REGISTERED(1)
  ) u7 (
      .clk(clk), .rst(rst),
      .in_data(in_data[7*W+:20]), .in_valid(in_valid[7]), .in_ready(in_ready[7]),
      .out_data(out_data[7*W+:20]), .out_valid(out_valid[7]), .out_ready(out_ready[7])
  );
  assign out_data[7*W+20+:W-20] = '0;

  mr_fifo #(
      .WIDTH(11), .DEPTH(5), .STYLE(1), .BYPASS(0), .REGISTERED(0)
  ) u8 (
      .clk(clk), .rst(rst),
      .in_data(in_data[8*W+:11]), .in_valid(in_valid[8]), .in_ready(in_ready[8]),
      .out_data(out_data[8*W+:11]), .out_valid(out_valid[8]), .out_ready(out_ready[8])
  );
  assign out_data[8*W+11+:W-11] = '0;

  mr_fifo #(
      .WIDTH(12), .DEPTH(6), .STYLE(4), .BYPASS(0), .REGISTERED(1)
  ) u9 (
      .clk(clk), .rst(rst),
      .in_data(in_data[9*W+:12]), .in_valid(in_valid[9]), .in_ready(in_ready[9]),
      .out_data(out_data[9*W+:12]), .out_valid(out_valid[9]), .out_ready(out_ready[9])
  );
  assign out_data[9*W+12+:W-12] = '0;

  mr_fifo #(
      .WIDTH(3), .DEPTH(300), .STYLE(3), .BYPASS(1), .REGISTERED(1)
  ) u10 (
      .clk(clk), .rst(rst),
      .in_data(in_data[10*W+:3]), .in_valid(in_valid[10]), .in_ready(in_ready[10]),
      .out_data(out_data[10*W+:3]), .out_valid(out_valid[10]), .out_ready(out_ready[10])
  );
  assign out_data[10*W+3+:W-3] = '0;

  mr_fifo #(
      .WIDTH(1), .DEPTH(2), .STYLE(0), .BYPASS(0), .REGISTERED(0)
  ) u11 (
      .clk(clk), .rst(rst),
      .in_data(in_data[11*W+:1]), .in_valid(in_valid[11]), .in_ready(in_ready[11]),
      .out_data(out_data[11*W+:1]), .out_valid(out_valid[11]), .out_ready(out_ready[11])
  );
  assign out_data[11*W+1+:W-1] = '0;

  mr_width_converter #(
      .BITS(8), .IN_LANES(1), .OUT_LANES(8), .ELEMENTS(0)
  ) u12 (
      .clk(clk), .rst(rst),
      .in_data(in_data[12*W+:8]), .in_valid(in_valid[12]), .in_ready(in_ready[12]),
      .out_data(out_data[12*W+:64]), .out_valid(out_valid[12]), .out_ready(out_ready[12])
  );
  assign out_data[12*W+64+:W-64] = '0;

  mr_width_converter #(
      .BITS(8), .IN_LANES(8), .OUT_LANES(1), .ELEMENTS(0)
  ) u13 (
      .clk(clk), .rst(rst),
      .in_data(in_data[13*W+:64]), .in_valid(in_valid[13]), .in_ready(in_ready[13]),
      .out_data(out_data[13*W+:8]), .out_valid(out_valid[13]), .out_ready(out_ready[13])
  );
  assign out_data[13*W+8+:W-8] = '0;

  mr_width_converter #(
      .BITS(4), .IN_LANES(3), .OUT_LANES(4), .ELEMENTS(0)
  ) u14 (
      .clk(clk), .rst(rst),
      .in_data(in_data[14*W+:12]), .in_valid(in_valid[14]), .in_ready(in_ready[14]),
      .out_data(out_data[14*W+:16]), .out_valid(out_valid[14]), .out_ready(out_ready[14])
  );
  assign out_data[14*W+16+:W-16] = '0;

  mr_width_converter #(
      .BITS(4), .IN_LANES(4), .OUT_LANES(3), .ELEMENTS(0)
  ) u15 (
      .clk(clk), .rst(rst),
      .in_data(in_data[15*W+:16]), .in_valid(in_valid[15]), .in_ready(in_ready[15]),
      .out_data(out_data[15*W+:12]), .out_valid(out_valid[15]), .out_ready(out_ready[15])
  );
  assign out_data[15*W+12+:W-12] = '0;

  mr_width_converter #(
      .BITS(1), .IN_LANES(2), .OUT_LANES(7), .ELEMENTS(0)
  ) u16 (
      .clk(clk), .rst(rst),
      .in_data(in_data[16*W+:2]), .in_valid(in_valid[16]), .in_ready(in_ready[16]),
      .out_data(out_data[16*W+:7]), .out_valid(out_valid[16]), .out_ready(out_ready[16])
  );
  assign out_data[16*W+7+:W-7] = '0;

  mr_width_converter #(
      .BITS(3), .IN_LANES(7), .OUT_LANES(2), .ELEMENTS(0)
  ) u17 (
      .clk(clk), .rst(rst),
      .in_data(in_data[17*W+:21]), .in_valid(in_valid[17]), .in_ready(in_ready[17]),
      .out_data(out_data[17*W+:6]), .out_valid(out_valid[17]), .out_ready(out_ready[17])
  );
  assign out_data[17*W+6+:W-6] = '0;

  mr_width_converter #(
      .BITS(5), .IN_LANES(6), .OUT_LANES(6), .ELEMENTS(0)
  ) u18 (
      .clk(clk), .rst(rst),
      .in_data(in_data[18*W+:30]), .in_valid(in_valid[18]), .in_ready(in_ready[18]),
      .out_data(out_data[18*W+:30]), .out_valid(out_valid[18]), .out_ready(out_ready[18])
  );
  assign out_data[18*W+30+:W-30] = '0;

  mr_width_converter #(
      .BITS(2), .IN_LANES(12), .OUT_LANES(8), .ELEMENTS(0)
  ) u19 (
      .clk(clk), .rst(rst),
      .in_data(in_data[19*W+:24]), .in_valid(in_valid[19]), .in_ready(in_ready[19]),
      .out_data(out_data[19*W+:16]), .out_valid(out_valid[19]), .out_ready(out_ready[19])
  );
  assign out_data[19*W+16+:W-16] = '0;

  mr_width_converter #(
      .BITS(8), .IN_LANES(4), .OUT_LANES(6), .ELEMENTS(30)
  ) u20 (
      .clk(clk), .rst(rst),
      .in_data(in_data[20*W+:32]), .in_valid(in_valid[20]), .in_ready(in_ready[20]),
      .out_data(out_data[20*W+:48]), .out_valid(out_valid[20]), .out_ready(out_ready[20])
  );
  assign out_data[20*W+48+:W-48] = '0;

  mr_width_converter #(
      .BITS(4), .IN_LANES(8), .OUT_LANES(3), .ELEMENTS(27)
  ) u21 (
      .clk(clk), .rst(rst),
      .in_data(in_data[21*W+:32]), .in_valid(in_valid[21]), .in_ready(in_ready[21]),
      .out_data(out_data[21*W+:12]), .out_valid(out_valid[21]), .out_ready(out_ready[21])
  );
  assign out_data[21*W+12+:W-12] = '0;

  mr_width_converter #(
      .BITS(4), .IN_LANES(4), .OUT_LANES(2), .ELEMENTS(14)
  ) u22 (
      .clk(clk), .rst(rst),
      .in_data(in_data[22*W+:16]), .in_valid(in_valid[22]), .in_ready(in_ready[22]),
      .out_data(out_data[22*W+:8]), .out_valid(out_valid[22]), .out_ready(out_ready[22])
  );
  assign out_data[22*W+8+:W-8] = '0;

  mr_width_converter #(
      .BITS(4), .IN_LANES(3), .OUT_LANES(8), .ELEMENTS(9)
  ) u23 (
      .clk(clk), .rst(rst),
      .in_data(in_data[23*W+:12]), .in_valid(in_valid[23]), .in_ready(in_ready[23]),
      .out_data(out_data[23*W+:32]), .out_valid(out_valid[23]), .out_ready(out_ready[23])
  );
  assign out_data[23*W+32+:W-32] = '0;

  mr_width_converter #(
      .BITS(6), .IN_LANES(2), .OUT_LANES(8), .ELEMENTS(14)
  ) u24 (
      .clk(clk), .rst(rst),
      .in_data(in_data[24*W+:12]), .in_valid(in_valid[24]), .in_ready(in_ready[24]),
      .out_data(out_data[24*W+:48]), .out_valid(out_valid[24]), .out_ready(out_ready[24])
  );
  assign out_data[24*W+48+:W-48] = '0;

  mr_width_converter #(
      .BITS(3), .IN_LANES(6), .OUT_LANES(4), .ELEMENTS(18)
  ) u25 (
      .clk(clk), .rst(rst),
      .in_data(in_data[25*W+:18]), .in_valid(in_valid[25]), .in_ready(in_ready[25]),
      .out_data(out_data[25*W+:12]), .out_valid(out_valid[25]), .out_ready(out_ready[25])
  );
  assign out_data[25*W+12+:W-12] = '0;

  mr_width_converter #(
      .BITS(2), .IN_LANES(16), .OUT_LANES(3), .ELEMENTS(3)
  ) u26 (
      .clk(clk), .rst(rst),
      .in_data(in_data[26*W+:32]), .in_valid(in_valid[26]), .in_ready(in_ready[26]),
      .out_data(out_data[26*W+:6]), .out_valid(out_valid[26]), .out_ready(out_ready[26])
  );
  assign out_data[26*W+6+:W-6] = '0;

  mr_width_converter #(
      .BITS(2), .IN_LANES(3), .OUT_LANES(16), .ELEMENTS(3)
  ) u27 (
      .clk(clk), .rst(rst),
      .in_data(in_data[27*W+:6]), .in_valid(in_valid[27]), .in_ready(in_ready[27]),
      .out_data(out_data[27*W+:32]), .out_valid(out_valid[27]), .out_ready(out_ready[27])
  );
  assign out_data[27*W+32+:W-32] = '0;

  mr_width_converter #(
      .BITS(8), .IN_LANES(4), .OUT_LANES(6), .ELEMENTS(32)
  ) u28 (
      .clk(clk), .rst(rst),
      .in_data(in_data[28*W+:32]), .in_valid(in_valid[28]), .in_ready(in_ready[28]),
      .out_data(out_data[28*W+:48]), .out_valid(out_valid[28]), .out_ready(out_ready[28])
  );
  assign out_data[28*W+48+:W-48] = '0;

  mr_width_converter #(
      .BITS(4), .IN_LANES(12), .OUT_LANES(8), .ELEMENTS(36)
  ) u29 (
      .clk(clk), .rst(rst),
      .in_data(in_data[29*W+:48]), .in_valid(in_valid[29]), .in_ready(in_ready[29]),
      .out_data(out_data[29*W+:32]), .out_valid(out_valid[29]), .out_ready(out_ready[29])
  );
  assign out_data[29*W+32+:W-32] = '0;

  mr_width_converter #(
      .BITS(5), .IN_LANES(1), .OUT_LANES(4), .ELEMENTS(7)
  ) u30 (
      .clk(clk), .rst(rst),
      .in_data(in_data[30*W+:5]), .in_valid(in_valid[30]), .in_ready(in_ready[30]),
      .out_data(out_data[30*W+:20]), .out_valid(out_valid[30]), .out_ready(out_ready[30])
  );
  assign out_data[30*W+20+:W-20] = '0;

  mr_width_converter #(
      .BITS(5), .IN_LANES(16), .OUT_LANES(4), .ELEMENTS(20)
  ) u31 (
      .clk(clk), .rst(rst),
      .in_data(in_data[31*W+:80]), .in_valid(in_valid[31]), .in_ready(in_ready[31]),
      .out_data(out_data[31*W+:20]), .out_valid(out_valid[31]), .out_ready(out_ready[31])
  );
  assign out_data[31*W+20+:W-20] = '0;

  mr_width_converter #(
      .BITS(2), .IN_LANES(8), .OUT_LANES(49), .ELEMENTS(0)
  ) u32 (
      .clk(clk), .rst(rst),
      .in_data(in_data[32*W+:16]), .in_valid(in_valid[32]), .in_ready(in_ready[32]),
      .out_data(out_data[32*W+:98]), .out_valid(out_valid[32]), .out_ready(out_ready[32])
  );
  assign out_data[32*W+98+:W-98] = '0;

  mr_width_converter #(
      .BITS(2), .IN_LANES(8), .OUT_LANES(49), .ELEMENTS(98)
  ) u33 (
      .clk(clk), .rst(rst),
      .in_data(in_data[33*W+:16]), .in_valid(in_valid[33]), .in_ready(in_ready[33]),
      .out_data(out_data[33*W+:98]), .out_valid(out_valid[33]), .out_ready(out_ready[33])
  );
  assign out_data[33*W+98+:W-98] = '0;

  mr_width_converter #(
      .BITS(2), .IN_LANES(8), .OUT_LANES(49), .ELEMENTS(56)
  ) u34 (
      .clk(clk), .rst(rst),
      .in_data(in_data[34*W+:16]), .in_valid(in_valid[34]), .in_ready(in_ready[34]),
      .out_data(out_data[34*W+:98]), .out_valid(out_valid[34]), .out_ready(out_ready[34])
  );
  assign out_data[34*W+98+:W-98] = '0;

  mr_width_converter #(
      .BITS(2), .IN_LANES(8), .OUT_LANES(49), .ELEMENTS(80)
  ) u35 (
      .clk(clk), .rst(rst),
      .in_data(in_data[35*W+:16]), .in_valid(in_valid[35]), .in_ready(in_ready[35]),
      .out_data(out_data[35*W+:98]), .out_valid(out_valid[35]), .out_ready(out_ready[35])
  );
  assign out_data[35*W+98+:W-98] = '0;

  mr_width_converter #(
      .BITS(2), .IN_LANES(8), .OUT_LANES(49), .ELEMENTS(24)
  ) u36 (
      .clk(clk), .rst(rst),
      .in_data(in_data[36*W+:16]), .in_valid(in_valid[36]), .in_ready(in_ready[36]),
      .out_data(out_data[36*W+:98]), .out_valid(out_valid[36]), .out_ready(out_ready[36])
  );
  assign out_data[36*W+98+:W-98] = '0;

  mr_width_converter #(
      .BITS(3), .IN_LANES(6), .OUT_LANES(40), .ELEMENTS(0)
  ) u37 (
      .clk(clk), .rst(rst),
      .in_data(in_data[37*W+:18]), .in_valid(in_valid[37]), .in_ready(in_ready[37]),
      .out_data(out_data[37*W+:120]), .out_valid(out_valid[37]), .out_ready(out_ready[37])
  );
  assign out_data[37*W+120+:W-120] = '0;

  mr_width_converter #(
      .BITS(3), .IN_LANES(5), .OUT_LANES(23), .ELEMENTS(92)
  ) u38 (
      .clk(clk), .rst(rst),
      .in_data(in_data[38*W+:15]), .in_valid(in_valid[38]), .in_ready(in_ready[38]),
      .out_data(out_data[38*W+:69]), .out_valid(out_valid[38]), .out_ready(out_ready[38])
  );
  assign out_data[38*W+69+:W-69] = '0;

  mr_width_converter #(
      .BITS(2), .IN_LANES(49), .OUT_LANES(8), .ELEMENTS(0)
  ) u39 (
      .clk(clk), .rst(rst),
      .in_data(in_data[39*W+:98]), .in_valid(in_valid[39]), .in_ready(in_ready[39]),
      .out_data(out_data[39*W+:16]), .out_valid(out_valid[39]), .out_ready(out_ready[39])
  );
  assign out_data[39*W+16+:W-16] = '0;

  mr_width_converter #(
      .BITS(2), .IN_LANES(49), .OUT_LANES(8), .ELEMENTS(104)
  ) u40 (
      .clk(clk), .rst(rst),
      .in_data(in_data[40*W+:98]), .in_valid(in_valid[40]), .in_ready(in_ready[40]),
      .out_data(out_data[40*W+:16]), .out_valid(out_valid[40]), .out_ready(out_ready[40])
  );
  assign out_data[40*W+16+:W-16] = '0;

  mr_width_converter #(
      .BITS(2), .IN_LANES(49), .OUT_LANES(8), .ELEMENTS(49)
  ) u41 (
      .clk(clk), .rst(rst),
      .in_data(in_data[41*W+:98]), .in_valid(in_valid[41]), .in_ready(in_ready[41]),
      .out_data(out_data[41*W+:16]), .out_valid(out_valid[41]), .out_ready(out_ready[41])
  );
  assign out_data[41*W+16+:W-16] = '0;

  mr_width_converter #(
      .BITS(2), .IN_LANES(49), .OUT_LANES(8), .ELEMENTS(98)
  ) u42 (
      .clk(clk), .rst(rst),
      .in_data(in_data[42*W+:98]), .in_valid(in_valid[42]), .in_ready(in_ready[42]),
      .out_data(out_data[42*W+:16]), .out_valid(out_valid[42]), .out_ready(out_ready[42])
  );
  assign out_data[42*W+16+:W-16] = '0;

  mr_width_converter #(
      .BITS(3), .IN_LANES(20), .OUT_LANES(6), .ELEMENTS(0)
  ) u43 (
      .clk(clk), .rst(rst),
      .in_data(in_data[43*W+:60]), .in_valid(in_valid[43]), .in_ready(in_ready[43]),
      .out_data(out_data[43*W+:18]), .out_valid(out_valid[43]), .out_ready(out_ready[43])
  );
  assign out_data[43*W+18+:W-18] = '0;

  mr_width_converter #(
      .BITS(4), .IN_LANES(25), .OUT_LANES(7), .ELEMENTS(0)
  ) u44 (
      .clk(clk), .rst(rst),
      .in_data(in_data[44*W+:100]), .in_valid(in_valid[44]), .in_ready(in_ready[44]),
      .out_data(out_data[44*W+:28]), .out_valid(out_valid[44]), .out_ready(out_ready[44])
  );
  assign out_data[44*W+28+:W-28] = '0;

  mr_width_converter #(
      .BITS(4), .IN_LANES(25), .OUT_LANES(7), .ELEMENTS(75)
  ) u45 (
      .clk(clk), .rst(rst),
      .in_data(in_data[45*W+:100]), .in_valid(in_valid[45]), .in_ready(in_ready[45]),
      .out_data(out_data[45*W+:28]), .out_valid(out_valid[45]), .out_ready(out_ready[45])
  );
  assign out_data[45*W+28+:W-28] = '0;

  mr_width_converter #(
      .BITS(4), .IN_LANES(25), .OUT_LANES(7), .ELEMENTS(14)
  ) u46 (
      .clk(clk), .rst(rst),
      .in_data(in_data[46*W+:100]), .in_valid(in_valid[46]), .in_ready(in_ready[46]),
      .out_data(out_data[46*W+:28]), .out_valid(out_valid[46]), .out_ready(out_ready[46])
  );
  assign out_data[46*W+28+:W-28] = '0;

  // Pads in front of a frame need no input; the bench has an end, so they wait for the frame here.
  wire pad0_valid;
  wire pad0_begun;
  reg [15:0] pad0_word;
  assign pad0_begun = pad0_word != 16'd0 || in_valid[47];
  assign out_valid[47] = pad0_valid && pad0_begun;
  always_ff @(posedge clk) begin
    if (rst) pad0_word <= 16'd0;
    else if (out_valid[47] && out_ready[47]) pad0_word <= pad0_word == 16'd41 ? 16'd0 : pad0_word + 16'd1;
  end
  mr_pad #(
      .LANES(1), .IN_BITS(4), .IN_ENC(0), .OUT_BITS(4), .OUT_ENC(0), .FOLDS(1),
      .ROWS(4), .COLUMNS(5), .TOP(1), .BOTTOM(1), .LEFT(1), .RIGHT(1), .SHARED(1), .VALUES(4'h0)
  ) u47 (
      .clk(clk), .rst(rst),
      .in_data(in_data[47*W+:4]), .in_valid(in_valid[47]), .in_ready(in_ready[47]),
      .out_data(out_data[47*W+:4]), .out_valid(pad0_valid), .out_ready(out_ready[47] && pad0_begun)
  );
  assign out_data[47*W+4+:W-4] = '0;

  // Pads in front of a frame need no input; the bench has an end, so they wait for the frame here.
  wire pad1_valid;
  wire pad1_begun;
  reg [15:0] pad1_word;
  assign pad1_begun = pad1_word != 16'd0 || in_valid[48];
  assign out_valid[48] = pad1_valid && pad1_begun;
  always_ff @(posedge clk) begin
    if (rst) pad1_word <= 16'd0;
    else if (out_valid[48] && out_ready[48]) pad1_word <= pad1_word == 16'd44 ? 16'd0 : pad1_word + 16'd1;
  end
  mr_pad #(
      .LANES(2), .IN_BITS(1), .IN_ENC(2), .OUT_BITS(2), .OUT_ENC(1), .FOLDS(3),
      .ROWS(3), .COLUMNS(2), .TOP(0), .BOTTOM(2), .LEFT(1), .RIGHT(0), .SHARED(1), .VALUES(2'h0)
  ) u48 (
      .clk(clk), .rst(rst),
      .in_data(in_data[48*W+:2]), .in_valid(in_valid[48]), .in_ready(in_ready[48]),
      .out_data(out_data[48*W+:4]), .out_valid(pad1_valid), .out_ready(out_ready[48] && pad1_begun)
  );
  assign out_data[48*W+4+:W-4] = '0;

  // Pads in front of a frame need no input; the bench has an end, so they wait for the frame here.
  wire pad2_valid;
  wire pad2_begun;
  reg [15:0] pad2_word;
  assign pad2_begun = pad2_word != 16'd0 || in_valid[49];
  assign out_valid[49] = pad2_valid && pad2_begun;
  always_ff @(posedge clk) begin
    if (rst) pad2_word <= 16'd0;
    else if (out_valid[49] && out_ready[49]) pad2_word <= pad2_word == 16'd23 ? 16'd0 : pad2_word + 16'd1;
  end
  mr_pad #(
      .LANES(3), .IN_BITS(4), .IN_ENC(1), .OUT_BITS(5), .OUT_ENC(1), .FOLDS(2),
      .ROWS(1), .COLUMNS(1), .TOP(2), .BOTTOM(0), .LEFT(0), .RIGHT(3), .SHARED(0), .VALUES(30'h207f81f7)
  ) u49 (
      .clk(clk), .rst(rst),
      .in_data(in_data[49*W+:12]), .in_valid(in_valid[49]), .in_ready(in_ready[49]),
      .out_data(out_data[49*W+:15]), .out_valid(pad2_valid), .out_ready(out_ready[49] && pad2_begun)
  );
  assign out_data[49*W+15+:W-15] = '0;

  // Pads in front of a frame need no input; the bench has an end, so they wait for the frame here.
  wire pad3_valid;
  wire pad3_begun;
  reg [15:0] pad3_word;
  assign pad3_begun = pad3_word != 16'd0 || in_valid[50];
  assign out_valid[50] = pad3_valid && pad3_begun;
  always_ff @(posedge clk) begin
    if (rst) pad3_word <= 16'd0;
    else if (out_valid[50] && out_ready[50]) pad3_word <= pad3_word == 16'd8 ? 16'd0 : pad3_word + 16'd1;
  end
  mr_pad #(
      .LANES(2), .IN_BITS(8), .IN_ENC(0), .OUT_BITS(8), .OUT_ENC(0), .FOLDS(1),
      .ROWS(3), .COLUMNS(3), .TOP(0), .BOTTOM(0), .LEFT(0), .RIGHT(0), .SHARED(1), .VALUES(8'h0)
  ) u50 (
      .clk(clk), .rst(rst),
      .in_data(in_data[50*W+:16]), .in_valid(in_valid[50]), .in_ready(in_ready[50]),
      .out_data(out_data[50*W+:16]), .out_valid(pad3_valid), .out_ready(out_ready[50] && pad3_begun)
  );
  assign out_data[50*W+16+:W-16] = '0;

  // Pads in front of a frame need no input; the bench has an end, so they wait for the frame here.
  wire pad4_valid;
  wire pad4_begun;
  reg [15:0] pad4_word;
  assign pad4_begun = pad4_word != 16'd0 || in_valid[51];
  assign out_valid[51] = pad4_valid && pad4_begun;
  always_ff @(posedge clk) begin
    if (rst) pad4_word <= 16'd0;
    else if (out_valid[51] && out_ready[51]) pad4_word <= pad4_word == 16'd17 ? 16'd0 : pad4_word + 16'd1;
  end
  mr_pad #(
      .LANES(1), .IN_BITS(3), .IN_ENC(0), .OUT_BITS(3), .OUT_ENC(0), .FOLDS(2),
      .ROWS(2), .COLUMNS(3), .TOP(1), .BOTTOM(0), .LEFT(0), .RIGHT(0), .SHARED(1), .VALUES(3'h5)
  ) u51 (
      .clk(clk), .rst(rst),
      .in_data(in_data[51*W+:3]), .in_valid(in_valid[51]), .in_ready(in_ready[51]),
      .out_data(out_data[51*W+:3]), .out_valid(pad4_valid), .out_ready(out_ready[51] && pad4_begun)
  );
  assign out_data[51*W+3+:W-3] = '0;

  // Pads in front of a frame need no input; the bench has an end, so they wait for the frame here.
  wire pad5_valid;
  wire pad5_begun;
  reg [15:0] pad5_word;
  assign pad5_begun = pad5_word != 16'd0 || in_valid[52];
  assign out_valid[52] = pad5_valid && pad5_begun;
  always_ff @(posedge clk) begin
    if (rst) pad5_word <= 16'd0;
    else if (out_valid[52] && out_ready[52]) pad5_word <= pad5_word == 16'd15 ? 16'd0 : pad5_word + 16'd1;
  end
  mr_pad #(
      .LANES(2), .IN_BITS(4), .IN_ENC(0), .OUT_BITS(4), .OUT_ENC(0), .FOLDS(1),
      .ROWS(2), .COLUMNS(2), .TOP(1), .BOTTOM(1), .LEFT(1), .RIGHT(1), .SHARED(0), .VALUES(8'hc3)
  ) u52 (
      .clk(clk), .rst(rst),
      .in_data(in_data[52*W+:8]), .in_valid(in_valid[52]), .in_ready(in_ready[52]),
      .out_data(out_data[52*W+:8]), .out_valid(pad5_valid), .out_ready(out_ready[52] && pad5_begun)
  );
  assign out_data[52*W+8+:W-8] = '0;

  wire [9:0] fork53;
  mr_fork #(
      .WIDTH(10), .WAYS(2)
  ) u53 (
      .clk(clk), .rst(rst),
      .in_data(in_data[53*W+:10]), .in_valid(in_valid[53]), .in_ready(in_ready[53]),
      .out_data(fork53), .out_valid(out_valid[53+:2]), .out_ready(out_ready[53+:2])
  );
  assign out_data[53*W+:10] = fork53;
  assign out_data[53*W+10+:W-10] = '0;
  assign out_data[54*W+:10] = fork53;
  assign out_data[54*W+10+:W-10] = '0;

  wire [32:0] fork54;
  mr_fork #(
      .WIDTH(33), .WAYS(5)
  ) u54 (
      .clk(clk), .rst(rst),
      .in_data(in_data[54*W+:33]), .in_valid(in_valid[54]), .in_ready(in_ready[54]),
      .out_data(fork54), .out_valid(out_valid[55+:5]), .out_ready(out_ready[55+:5])
  );
  assign out_data[55*W+:33] = fork54;
  assign out_data[55*W+33+:W-33] = '0;
  assign out_data[56*W+:33] = fork54;
  assign out_data[56*W+33+:W-33] = '0;
  assign out_data[57*W+:33] = fork54;
  assign out_data[57*W+33+:W-33] = '0;
  assign out_data[58*W+:33] = fork54;
  assign out_data[58*W+33+:W-33] = '0;
  assign out_data[59*W+:33] = fork54;
  assign out_data[59*W+33+:W-33] = '0;

  mr_concat #(
      .INPUTS(2), .LANES(2), .IN_WIDTH(14), .WORDS({32'd2, 32'd1}),
      .BITS({32'd4, 32'd3}), .ENCS({32'd1, 32'd0}), .OUT_BITS(5), .OUT_ENC(1)
  ) u55 (
      .clk(clk), .rst(rst),
      .in_data({in_data[56*W+:8], in_data[55*W+:6]}),
      .in_valid(in_valid[55+:2]), .in_ready(in_ready[55+:2]),
      .out_data(out_data[60*W+:10]), .out_valid(out_valid[60]), .out_ready(out_ready[60])
  );
  assign out_data[60*W+10+:W-10] = '0;

  mr_concat #(
      .INPUTS(4), .LANES(1), .IN_WIDTH(16), .WORDS({32'd1, 32'd4, 32'd1, 32'd3}),
      .BITS({32'd5, 32'd2, 32'd1, 32'd8}), .ENCS({32'd1, 32'd0, 32'd2, 32'd1}), .OUT_BITS(8), .OUT_ENC(1)
  ) u56 (
      .clk(clk), .rst(rst),
      .in_data({in_data[60*W+:5], in_data[59*W+:2], in_data[58*W+:1], in_data[57*W+:8]}),
      .in_valid(in_valid[57+:4]), .in_ready(in_ready[57+:4]),
      .out_data(out_data[61*W+:8]), .out_valid(out_valid[61]), .out_ready(out_ready[61])
  );
  assign out_data[61*W+8+:W-8] = '0;

  mr_concat #(
      .INPUTS(2), .LANES(3), .IN_WIDTH(12), .WORDS({32'd1, 32'd1}),
      .BITS({32'd2, 32'd2}), .ENCS({32'd0, 32'd0}), .OUT_BITS(2), .OUT_ENC(0)
  ) u57 (
      .clk(clk), .rst(rst),
      .in_data({in_data[62*W+:6], in_data[61*W+:6]}),
      .in_valid(in_valid[61+:2]), .in_ready(in_ready[61+:2]),
      .out_data(out_data[62*W+:6]), .out_valid(out_valid[62]), .out_ready(out_ready[62])
  );
  assign out_data[62*W+6+:W-6] = '0;
endmodule
