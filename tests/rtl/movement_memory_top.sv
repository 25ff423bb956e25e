// SPDX-License-Identifier: Apache-2.0
//
// Pairs of mr_memory_to_stream and mr_stream_to_memory, with a FIFO between, which copy frames; movement_memory.cpp holds
// the same list. Of the ports that both have, pair i has 2 i and 2 i + 1.
module movement_memory_top #(
    localparam PAIRS = 12,
    localparam W = 512
) (
    input logic clk,
    input logic rst,
    input logic [2*PAIRS-1:0] start,
    output logic [2*PAIRS-1:0] start_ready,
    input logic [2*PAIRS*64-1:0] address,
    input logic [2*PAIRS*32-1:0] frames,
    output logic [2*PAIRS-1:0] done,
    output logic [2*PAIRS*64-1:0] request_address,
    output logic [2*PAIRS*8-1:0] request_length,
    output logic [2*PAIRS-1:0] request_valid,
    input logic [2*PAIRS-1:0] request_ready,
    input logic [PAIRS*W-1:0] rdata,
    input logic [PAIRS-1:0] rvalid,
    output logic [PAIRS-1:0] rready,
    output logic [PAIRS*W-1:0] wdata,
    output logic [PAIRS-1:0] wlast,
    output logic [PAIRS-1:0] wvalid,
    input logic [PAIRS-1:0] wready,
    input logic [PAIRS-1:0] bvalid,
    output logic [PAIRS-1:0] bready
);
  // Bits of slots that no pair has.
  wire unused = &{1'b0, rdata};

  wire [31:0] data0;
  wire valid0;
  wire ready0;
  wire [31:0] out0;
  wire out_valid0;
  wire out_ready0;
  mr_memory_to_stream #(
      .MEM_BITS(64), .BITS(8), .LANES(4), .ELEMENTS(20), .BURST(8), .OUTSTANDING(2), .STYLE(0)
  ) reader0 (
      .clk(clk), .rst(rst), .start(start[0]), .start_ready(start_ready[0]),
      .address(address[0*64+:64]), .frames(frames[0*32+:32]), .done(done[0]),
      .araddr(request_address[0*64+:64]), .arlen(request_length[0*8+:8]),
      .arvalid(request_valid[0]), .arready(request_ready[0]),
      .rdata(rdata[0*W+:64]), .rvalid(rvalid[0]), .rready(rready[0]),
      .out_data(data0), .out_valid(valid0), .out_ready(ready0)
  );
  mr_fifo #(
      .WIDTH(32)
  ) fifo0 (
      .clk(clk), .rst(rst), .in_data(data0), .in_valid(valid0), .in_ready(ready0),
      .out_data(out0), .out_valid(out_valid0), .out_ready(out_ready0)
  );
  mr_stream_to_memory #(
      .MEM_BITS(64), .BITS(8), .ENC(0), .LANES(4), .ELEMENTS(20), .BURST(8), .OUTSTANDING(2), .STYLE(0)
  ) writer0 (
      .clk(clk), .rst(rst), .start(start[1]), .start_ready(start_ready[1]),
      .address(address[1*64+:64]), .frames(frames[1*32+:32]), .done(done[1]),
      .awaddr(request_address[1*64+:64]), .awlen(request_length[1*8+:8]),
      .awvalid(request_valid[1]), .awready(request_ready[1]),
      .wdata(wdata[0*W+:64]), .wlast(wlast[0]), .wvalid(wvalid[0]), .wready(wready[0]),
      .bvalid(bvalid[0]), .bready(bready[0]),
      .in_data(out0), .in_valid(out_valid0), .in_ready(out_ready0)
  );
  assign wdata[0*W+64+:W-64] = '0;

  wire [63:0] data1;
  wire valid1;
  wire ready1;
  wire [63:0] out1;
  wire out_valid1;
  wire out_ready1;
  mr_memory_to_stream #(
      .MEM_BITS(64), .BITS(8), .LANES(8), .ELEMENTS(24), .BURST(16), .OUTSTANDING(3), .STYLE(0)
  ) reader1 (
      .clk(clk), .rst(rst), .start(start[2]), .start_ready(start_ready[2]),
      .address(address[2*64+:64]), .frames(frames[2*32+:32]), .done(done[2]),
      .araddr(request_address[2*64+:64]), .arlen(request_length[2*8+:8]),
      .arvalid(request_valid[2]), .arready(request_ready[2]),
      .rdata(rdata[1*W+:64]), .rvalid(rvalid[1]), .rready(rready[1]),
      .out_data(data1), .out_valid(valid1), .out_ready(ready1)
  );
  mr_fifo #(
      .WIDTH(64)
  ) fifo1 (
      .clk(clk), .rst(rst), .in_data(data1), .in_valid(valid1), .in_ready(ready1),
      .out_data(out1), .out_valid(out_valid1), .out_ready(out_ready1)
  );
  mr_stream_to_memory #(
      .MEM_BITS(64), .BITS(8), .ENC(1), .LANES(8), .ELEMENTS(24), .BURST(16), .OUTSTANDING(3), .STYLE(0)
  ) writer1 (
      .clk(clk), .rst(rst), .start(start[3]), .start_ready(start_ready[3]),
      .address(address[3*64+:64]), .frames(frames[3*32+:32]), .done(done[3]),
      .awaddr(request_address[3*64+:64]), .awlen(request_length[3*8+:8]),
      .awvalid(request_valid[3]), .awready(request_ready[3]),
      .wdata(wdata[1*W+:64]), .wlast(wlast[1]), .wvalid(wvalid[1]), .wready(wready[1]),
      .bvalid(bvalid[1]), .bready(bready[1]),
      .in_data(out1), .in_valid(out_valid1), .in_ready(out_ready1)
  );
  assign wdata[1*W+64+:W-64] = '0;

  wire [6:0] data2;
  wire valid2;
  wire ready2;
  wire [6:0] out2;
  wire out_valid2;
  wire out_ready2;
  mr_memory_to_stream #(
      .MEM_BITS(64), .BITS(1), .LANES(7), .ELEMENTS(98), .BURST(8), .OUTSTANDING(2), .STYLE(0)
  ) reader2 (
      .clk(clk), .rst(rst), .start(start[4]), .start_ready(start_ready[4]),
      .address(address[4*64+:64]), .frames(frames[4*32+:32]), .done(done[4]),
      .araddr(request_address[4*64+:64]), .arlen(request_length[4*8+:8]),
      .arvalid(request_valid[4]), .arready(request_ready[4]),
      .rdata(rdata[2*W+:64]), .rvalid(rvalid[2]), .rready(rready[2]),
      .out_data(data2), .out_valid(valid2), .out_ready(ready2)
  );
  mr_fifo #(
      .WIDTH(7)
  ) fifo2 (
      .clk(clk), .rst(rst), .in_data(data2), .in_valid(valid2), .in_ready(ready2),
      .out_data(out2), .out_valid(out_valid2), .out_ready(out_ready2)
  );
  mr_stream_to_memory #(
      .MEM_BITS(64), .BITS(1), .ENC(2), .LANES(7), .ELEMENTS(98), .BURST(8), .OUTSTANDING(2), .STYLE(0)
  ) writer2 (
      .clk(clk), .rst(rst), .start(start[5]), .start_ready(start_ready[5]),
      .address(address[5*64+:64]), .frames(frames[5*32+:32]), .done(done[5]),
      .awaddr(request_address[5*64+:64]), .awlen(request_length[5*8+:8]),
      .awvalid(request_valid[5]), .awready(request_ready[5]),
      .wdata(wdata[2*W+:64]), .wlast(wlast[2]), .wvalid(wvalid[2]), .wready(wready[2]),
      .bvalid(bvalid[2]), .bready(bready[2]),
      .in_data(out2), .in_valid(out_valid2), .in_ready(out_ready2)
  );
  assign wdata[2*W+64+:W-64] = '0;

  wire [14:0] data3;
  wire valid3;
  wire ready3;
  wire [14:0] out3;
  wire out_valid3;
  wire out_ready3;
  mr_memory_to_stream #(
      .MEM_BITS(64), .BITS(5), .LANES(3), .ELEMENTS(27), .BURST(16), .OUTSTANDING(2), .STYLE(1)
  ) reader3 (
      .clk(clk), .rst(rst), .start(start[6]), .start_ready(start_ready[6]),
      .address(address[6*64+:64]), .frames(frames[6*32+:32]), .done(done[6]),
      .araddr(request_address[6*64+:64]), .arlen(request_length[6*8+:8]),
      .arvalid(request_valid[6]), .arready(request_ready[6]),
      .rdata(rdata[3*W+:64]), .rvalid(rvalid[3]), .rready(rready[3]),
      .out_data(data3), .out_valid(valid3), .out_ready(ready3)
  );
  mr_fifo #(
      .WIDTH(15)
  ) fifo3 (
      .clk(clk), .rst(rst), .in_data(data3), .in_valid(valid3), .in_ready(ready3),
      .out_data(out3), .out_valid(out_valid3), .out_ready(out_ready3)
  );
  mr_stream_to_memory #(
      .MEM_BITS(64), .BITS(5), .ENC(1), .LANES(3), .ELEMENTS(27), .BURST(16), .OUTSTANDING(2), .STYLE(1)
  ) writer3 (
      .clk(clk), .rst(rst), .start(start[7]), .start_ready(start_ready[7]),
      .address(address[7*64+:64]), .frames(frames[7*32+:32]), .done(done[7]),
      .awaddr(request_address[7*64+:64]), .awlen(request_length[7*8+:8]),
      .awvalid(request_valid[7]), .awready(request_ready[7]),
      .wdata(wdata[3*W+:64]), .wlast(wlast[3]), .wvalid(wvalid[3]), .wready(wready[3]),
      .bvalid(bvalid[3]), .bready(bready[3]),
      .in_data(out3), .in_valid(out_valid3), .in_ready(out_ready3)
  );
  assign wdata[3*W+64+:W-64] = '0;

  wire [31:0] data4;
  wire valid4;
  wire ready4;
  wire [31:0] out4;
  wire out_valid4;
  wire out_ready4;
  mr_memory_to_stream #(
      .MEM_BITS(128), .BITS(32), .LANES(1), .ELEMENTS(5), .BURST(4), .OUTSTANDING(4), .STYLE(0)
  ) reader4 (
      .clk(clk), .rst(rst), .start(start[8]), .start_ready(start_ready[8]),
      .address(address[8*64+:64]), .frames(frames[8*32+:32]), .done(done[8]),
      .araddr(request_address[8*64+:64]), .arlen(request_length[8*8+:8]),
      .arvalid(request_valid[8]), .arready(request_ready[8]),
      .rdata(rdata[4*W+:128]), .rvalid(rvalid[4]), .rready(rready[4]),
      .out_data(data4), .out_valid(valid4), .out_ready(ready4)
  );
  mr_fifo #(
      .WIDTH(32)
  ) fifo4 (
      .clk(clk), .rst(rst), .in_data(data4), .in_valid(valid4), .in_ready(ready4),
      .out_data(out4), .out_valid(out_valid4), .out_ready(out_ready4)
  );
  mr_stream_to_memory #(
      .MEM_BITS(128), .BITS(32), .ENC(1), .LANES(1), .ELEMENTS(5), .BURST(4), .OUTSTANDING(4), .STYLE(0)
  ) writer4 (
      .clk(clk), .rst(rst), .start(start[9]), .start_ready(start_ready[9]),
      .address(address[9*64+:64]), .frames(frames[9*32+:32]), .done(done[9]),
      .awaddr(request_address[9*64+:64]), .awlen(request_length[9*8+:8]),
      .awvalid(request_valid[9]), .awready(request_ready[9]),
      .wdata(wdata[4*W+:128]), .wlast(wlast[4]), .wvalid(wvalid[4]), .wready(wready[4]),
      .bvalid(bvalid[4]), .bready(bready[4]),
      .in_data(out4), .in_valid(out_valid4), .in_ready(out_ready4)
  );
  assign wdata[4*W+128+:W-128] = '0;

  wire [99:0] data5;
  wire valid5;
  wire ready5;
  wire [99:0] out5;
  wire out_valid5;
  wire out_ready5;
  mr_memory_to_stream #(
      .MEM_BITS(128), .BITS(10), .LANES(10), .ELEMENTS(10), .BURST(64), .OUTSTANDING(2), .STYLE(2)
  ) reader5 (
      .clk(clk), .rst(rst), .start(start[10]), .start_ready(start_ready[10]),
      .address(address[10*64+:64]), .frames(frames[10*32+:32]), .done(done[10]),
      .araddr(request_address[10*64+:64]), .arlen(request_length[10*8+:8]),
      .arvalid(request_valid[10]), .arready(request_ready[10]),
      .rdata(rdata[5*W+:128]), .rvalid(rvalid[5]), .rready(rready[5]),
      .out_data(data5), .out_valid(valid5), .out_ready(ready5)
  );
  mr_fifo #(
      .WIDTH(100)
  ) fifo5 (
      .clk(clk), .rst(rst), .in_data(data5), .in_valid(valid5), .in_ready(ready5),
      .out_data(out5), .out_valid(out_valid5), .out_ready(out_ready5)
  );
  mr_stream_to_memory #(
      .MEM_BITS(128), .BITS(10), .ENC(1), .LANES(10), .ELEMENTS(10), .BURST(64), .OUTSTANDING(2), .STYLE(2)
  ) writer5 (
      .clk(clk), .rst(rst), .start(start[11]), .start_ready(start_ready[11]),
      .address(address[11*64+:64]), .frames(frames[11*32+:32]), .done(done[11]),
      .awaddr(request_address[11*64+:64]), .awlen(request_length[11*8+:8]),
      .awvalid(request_valid[11]), .awready(request_ready[11]),
      .wdata(wdata[5*W+:128]), .wlast(wlast[5]), .wvalid(wvalid[5]), .wready(wready[5]),
      .bvalid(bvalid[5]), .bready(bready[5]),
      .in_data(out5), .in_valid(out_valid5), .in_ready(out_ready5)
  );
  assign wdata[5*W+128+:W-128] = '0;

  wire [47:0] data6;
  wire valid6;
  wire ready6;
  wire [47:0] out6;
  wire out_valid6;
  wire out_ready6;
  mr_memory_to_stream #(
      .MEM_BITS(256), .BITS(3), .LANES(16), .ELEMENTS(160), .BURST(16), .OUTSTANDING(2), .STYLE(0)
  ) reader6 (
      .clk(clk), .rst(rst), .start(start[12]), .start_ready(start_ready[12]),
      .address(address[12*64+:64]), .frames(frames[12*32+:32]), .done(done[12]),
      .araddr(request_address[12*64+:64]), .arlen(request_length[12*8+:8]),
      .arvalid(request_valid[12]), .arready(request_ready[12]),
      .rdata(rdata[6*W+:256]), .rvalid(rvalid[6]), .rready(rready[6]),
      .out_data(data6), .out_valid(valid6), .out_ready(ready6)
  );
  mr_fifo #(
      .WIDTH(48)
  ) fifo6 (
      .clk(clk), .rst(rst), .in_data(data6), .in_valid(valid6), .in_ready(ready6),
      .out_data(out6), .out_valid(out_valid6), .out_ready(out_ready6)
  );
  mr_stream_to_memory #(
      .MEM_BITS(256), .BITS(3), .ENC(0), .LANES(16), .ELEMENTS(160), .BURST(16), .OUTSTANDING(2), .STYLE(0)
  ) writer6 (
      .clk(clk), .rst(rst), .start(start[13]), .start_ready(start_ready[13]),
      .address(address[13*64+:64]), .frames(frames[13*32+:32]), .done(done[13]),
      .awaddr(request_address[13*64+:64]), .awlen(request_length[13*8+:8]),
      .awvalid(request_valid[13]), .awready(request_ready[13]),
      .wdata(wdata[6*W+:256]), .wlast(wlast[6]), .wvalid(wvalid[6]), .wready(wready[6]),
      .bvalid(bvalid[6]), .bready(bready[6]),
      .in_data(out6), .in_valid(out_valid6), .in_ready(out_ready6)
  );
  assign wdata[6*W+256+:W-256] = '0;

  wire [63:0] data7;
  wire valid7;
  wire ready7;
  wire [63:0] out7;
  wire out_valid7;
  wire out_ready7;
  mr_memory_to_stream #(
      .MEM_BITS(512), .BITS(2), .LANES(32), .ELEMENTS(96), .BURST(8), .OUTSTANDING(4), .STYLE(0)
  ) reader7 (
      .clk(clk), .rst(rst), .start(start[14]), .start_ready(start_ready[14]),
      .address(address[14*64+:64]), .frames(frames[14*32+:32]), .done(done[14]),
      .araddr(request_address[14*64+:64]), .arlen(request_length[14*8+:8]),
      .arvalid(request_valid[14]), .arready(request_ready[14]),
      .rdata(rdata[7*W+:512]), .rvalid(rvalid[7]), .rready(rready[7]),
      .out_data(data7), .out_valid(valid7), .out_ready(ready7)
  );
  mr_fifo #(
      .WIDTH(64)
  ) fifo7 (
      .clk(clk), .rst(rst), .in_data(data7), .in_valid(valid7), .in_ready(ready7),
      .out_data(out7), .out_valid(out_valid7), .out_ready(out_ready7)
  );
  mr_stream_to_memory #(
      .MEM_BITS(512), .BITS(2), .ENC(1), .LANES(32), .ELEMENTS(96), .BURST(8), .OUTSTANDING(4), .STYLE(0)
  ) writer7 (
      .clk(clk), .rst(rst), .start(start[15]), .start_ready(start_ready[15]),
      .address(address[15*64+:64]), .frames(frames[15*32+:32]), .done(done[15]),
      .awaddr(request_address[15*64+:64]), .awlen(request_length[15*8+:8]),
      .awvalid(request_valid[15]), .awready(request_ready[15]),
      .wdata(wdata[7*W+:512]), .wlast(wlast[7]), .wvalid(wvalid[7]), .wready(wready[7]),
      .bvalid(bvalid[7]), .bready(bready[7]),
      .in_data(out7), .in_valid(out_valid7), .in_ready(out_ready7)
  );

  wire [50:0] data8;
  wire valid8;
  wire ready8;
  wire [50:0] out8;
  wire out_valid8;
  wire out_ready8;
  mr_memory_to_stream #(
      .MEM_BITS(512), .BITS(17), .LANES(3), .ELEMENTS(21), .BURST(64), .OUTSTANDING(2), .STYLE(0)
  ) reader8 (
      .clk(clk), .rst(rst), .start(start[16]), .start_ready(start_ready[16]),
      .address(address[16*64+:64]), .frames(frames[16*32+:32]), .done(done[16]),
      .araddr(request_address[16*64+:64]), .arlen(request_length[16*8+:8]),
      .arvalid(request_valid[16]), .arready(request_ready[16]),
      .rdata(rdata[8*W+:512]), .rvalid(rvalid[8]), .rready(rready[8]),
      .out_data(data8), .out_valid(valid8), .out_ready(ready8)
  );
  mr_fifo #(
      .WIDTH(51)
  ) fifo8 (
      .clk(clk), .rst(rst), .in_data(data8), .in_valid(valid8), .in_ready(ready8),
      .out_data(out8), .out_valid(out_valid8), .out_ready(out_ready8)
  );
  mr_stream_to_memory #(
      .MEM_BITS(512), .BITS(17), .ENC(1), .LANES(3), .ELEMENTS(21), .BURST(64), .OUTSTANDING(2), .STYLE(0)
  ) writer8 (
      .clk(clk), .rst(rst), .start(start[17]), .start_ready(start_ready[17]),
      .address(address[17*64+:64]), .frames(frames[17*32+:32]), .done(done[17]),
      .awaddr(request_address[17*64+:64]), .awlen(request_length[17*8+:8]),
      .awvalid(request_valid[17]), .awready(request_ready[17]),
      .wdata(wdata[8*W+:512]), .wlast(wlast[8]), .wvalid(wvalid[8]), .wready(wready[8]),
      .bvalid(bvalid[8]), .bready(bready[8]),
      .in_data(out8), .in_valid(out_valid8), .in_ready(out_ready8)
  );

  wire [23:0] data9;
  wire valid9;
  wire ready9;
  wire [23:0] out9;
  wire out_valid9;
  wire out_ready9;
  mr_memory_to_stream #(
      .MEM_BITS(64), .BITS(12), .LANES(2), .ELEMENTS(2), .BURST(256), .OUTSTANDING(2), .STYLE(2)
  ) reader9 (
      .clk(clk), .rst(rst), .start(start[18]), .start_ready(start_ready[18]),
      .address(address[18*64+:64]), .frames(frames[18*32+:32]), .done(done[18]),
      .araddr(request_address[18*64+:64]), .arlen(request_length[18*8+:8]),
      .arvalid(request_valid[18]), .arready(request_ready[18]),
      .rdata(rdata[9*W+:64]), .rvalid(rvalid[9]), .rready(rready[9]),
      .out_data(data9), .out_valid(valid9), .out_ready(ready9)
  );
  mr_fifo #(
      .WIDTH(24)
  ) fifo9 (
      .clk(clk), .rst(rst), .in_data(data9), .in_valid(valid9), .in_ready(ready9),
      .out_data(out9), .out_valid(out_valid9), .out_ready(out_ready9)
  );
  mr_stream_to_memory #(
      .MEM_BITS(64), .BITS(12), .ENC(0), .LANES(2), .ELEMENTS(2), .BURST(256), .OUTSTANDING(2), .STYLE(2)
  ) writer9 (
      .clk(clk), .rst(rst), .start(start[19]), .start_ready(start_ready[19]),
      .address(address[19*64+:64]), .frames(frames[19*32+:32]), .done(done[19]),
      .awaddr(request_address[19*64+:64]), .awlen(request_length[19*8+:8]),
      .awvalid(request_valid[19]), .awready(request_ready[19]),
      .wdata(wdata[9*W+:64]), .wlast(wlast[9]), .wvalid(wvalid[9]), .wready(wready[9]),
      .bvalid(bvalid[9]), .bready(bready[9]),
      .in_data(out9), .in_valid(out_valid9), .in_ready(out_ready9)
  );
  assign wdata[9*W+64+:W-64] = '0;

  wire [119:0] data10;
  wire valid10;
  wire ready10;
  wire [119:0] out10;
  wire out_valid10;
  wire out_ready10;
  mr_memory_to_stream #(
      .MEM_BITS(64), .BITS(24), .LANES(5), .ELEMENTS(5), .BURST(2), .OUTSTANDING(1), .STYLE(0)
  ) reader10 (
      .clk(clk), .rst(rst), .start(start[20]), .start_ready(start_ready[20]),
      .address(address[20*64+:64]), .frames(frames[20*32+:32]), .done(done[20]),
      .araddr(request_address[20*64+:64]), .arlen(request_length[20*8+:8]),
      .arvalid(request_valid[20]), .arready(request_ready[20]),
      .rdata(rdata[10*W+:64]), .rvalid(rvalid[10]), .rready(rready[10]),
      .out_data(data10), .out_valid(valid10), .out_ready(ready10)
  );
  mr_fifo #(
      .WIDTH(120)
  ) fifo10 (
      .clk(clk), .rst(rst), .in_data(data10), .in_valid(valid10), .in_ready(ready10),
      .out_data(out10), .out_valid(out_valid10), .out_ready(out_ready10)
  );
  mr_stream_to_memory #(
      .MEM_BITS(64), .BITS(24), .ENC(1), .LANES(5), .ELEMENTS(5), .BURST(2), .OUTSTANDING(1), .STYLE(0)
  ) writer10 (
      .clk(clk), .rst(rst), .start(start[21]), .start_ready(start_ready[21]),
      .address(address[21*64+:64]), .frames(frames[21*32+:32]), .done(done[21]),
      .awaddr(request_address[21*64+:64]), .awlen(request_length[21*8+:8]),
      .awvalid(request_valid[21]), .awready(request_ready[21]),
      .wdata(wdata[10*W+:64]), .wlast(wlast[10]), .wvalid(wvalid[10]), .wready(wready[10]),
      .bvalid(bvalid[10]), .bready(bready[10]),
      .in_data(out10), .in_valid(out_valid10), .in_ready(out_ready10)
  );
  assign wdata[10*W+64+:W-64] = '0;

  wire [799:0] data11;
  wire valid11;
  wire ready11;
  wire [799:0] out11;
  wire out_valid11;
  wire out_ready11;
  mr_memory_to_stream #(
      .MEM_BITS(512), .BITS(8), .LANES(100), .ELEMENTS(300), .BURST(16), .OUTSTANDING(2), .STYLE(2)
  ) reader11 (
      .clk(clk), .rst(rst), .start(start[22]), .start_ready(start_ready[22]),
      .address(address[22*64+:64]), .frames(frames[22*32+:32]), .done(done[22]),
      .araddr(request_address[22*64+:64]), .arlen(request_length[22*8+:8]),
      .arvalid(request_valid[22]), .arready(request_ready[22]),
      .rdata(rdata[11*W+:512]), .rvalid(rvalid[11]), .rready(rready[11]),
      .out_data(data11), .out_valid(valid11), .out_ready(ready11)
  );
  mr_fifo #(
      .WIDTH(800)
  ) fifo11 (
      .clk(clk), .rst(rst), .in_data(data11), .in_valid(valid11), .in_ready(ready11),
      .out_data(out11), .out_valid(out_valid11), .out_ready(out_ready11)
  );
  mr_stream_to_memory #(
      .MEM_BITS(512), .BITS(8), .ENC(0), .LANES(100), .ELEMENTS(300), .BURST(16), .OUTSTANDING(2), .STYLE(2)
  ) writer11 (
      .clk(clk), .rst(rst), .start(start[23]), .start_ready(start_ready[23]),
      .address(address[23*64+:64]), .frames(frames[23*32+:32]), .done(done[23]),
      .awaddr(request_address[23*64+:64]), .awlen(request_length[23*8+:8]),
      .awvalid(request_valid[23]), .awready(request_ready[23]),
      .wdata(wdata[11*W+:512]), .wlast(wlast[11]), .wvalid(wvalid[11]), .wready(wready[11]),
      .bvalid(bvalid[11]), .bready(bready[11]),
      .in_data(out11), .in_valid(out_valid11), .in_ready(out_ready11)
  );
endmodule
