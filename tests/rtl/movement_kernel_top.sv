// SPDX-License-Identifier: Apache-2.0
//
// Two whole kernels around mr_control: frames of 6 signed elements of 8 bits and of 10 unsigned
// elements of 4 bits come from two memories and go, one behind the other, to a third. Kernel 0 has
// the protocol ap_ctrl_chain, kernel 1 ap_ctrl_hs. Memory port p of kernel k has slot 3 k + p; a
// slot has W bits of data.
module movement_kernel_top #(
    localparam W = 128
) (
    input logic clk,
    input logic rst,
    input logic [2*16-1:0] awaddr,
    input logic [1:0] awvalid,
    output logic [1:0] awready,
    input logic [2*32-1:0] wdata,
    input logic [2*4-1:0] wstrb,
    input logic [1:0] wvalid,
    output logic [1:0] wready,
    output logic [2*2-1:0] bresp,
    output logic [1:0] bvalid,
    input logic [1:0] bready,
    input logic [2*16-1:0] araddr,
    input logic [1:0] arvalid,
    output logic [1:0] arready,
    output logic [2*32-1:0] rdata,
    output logic [2*2-1:0] rresp,
    output logic [1:0] rvalid,
    input logic [1:0] rready,
    output logic [1:0] irq,
    output logic [6*64-1:0] request_address,
    output logic [6*8-1:0] request_length,
    output logic [5:0] request_valid,
    input logic [5:0] request_ready,
    input logic [6*W-1:0] read_data,
    input logic [5:0] read_valid,
    output logic [5:0] read_ready,
    output logic [6*W-1:0] write_data,
    output logic [5:0] write_last,
    output logic [5:0] write_valid,
    input logic [5:0] write_ready,
    input logic [5:0] response_valid,
    output logic [5:0] response_ready
);
  // What a slot's port does not have.
  wire unused = &{1'b0, read_data, read_valid, write_ready, response_valid};

  genvar k;
  generate
    for (k = 0; k < 2; k = k + 1) begin : g_kernel
      logic [3*64-1:0] addresses;
      logic [31:0] frames;
      logic [2:0] start;
      logic [2:0] start_ready;
      logic [2:0] done;
      mr_control #(
          .INPUTS(2),
          .OUTPUTS(1),
          .CHAIN(1 - k)
      ) control (
          .clk(clk),
          .rst(rst),
          .s_axi_awaddr(awaddr[16*k+:16]),
          .s_axi_awvalid(awvalid[k]),
          .s_axi_awready(awready[k]),
          .s_axi_wdata(wdata[32*k+:32]),
          .s_axi_wstrb(wstrb[4*k+:4]),
          .s_axi_wvalid(wvalid[k]),
          .s_axi_wready(wready[k]),
          .s_axi_bresp(bresp[2*k+:2]),
          .s_axi_bvalid(bvalid[k]),
          .s_axi_bready(bready[k]),
          .s_axi_araddr(araddr[16*k+:16]),
          .s_axi_arvalid(arvalid[k]),
          .s_axi_arready(arready[k]),
          .s_axi_rdata(rdata[32*k+:32]),
          .s_axi_rresp(rresp[2*k+:2]),
          .s_axi_rvalid(rvalid[k]),
          .s_axi_rready(rready[k]),
          .irq(irq[k]),
          .addresses(addresses),
          .frames(frames),
          .start(start),
          .start_ready(start_ready),
          .done(done)
      );

      logic [15:0] a_data;
      logic [7:0] b_data;
      logic [1:0] valid;
      logic [1:0] ready;
      mr_memory_to_stream #(
          .MEM_BITS(64),
          .BITS(8),
          .LANES(2),
          .ELEMENTS(6),
          .BURST(8)
      ) read_a (
          .clk(clk),
          .rst(rst),
          .start(start[0]),
          .start_ready(start_ready[0]),
          .address(addresses[63:0]),
          .frames(frames),
          .done(done[0]),
          .araddr(request_address[(3*k)*64+:64]),
          .arlen(request_length[(3*k)*8+:8]),
          .arvalid(request_valid[3*k]),
          .arready(request_ready[3*k]),
          .rdata(read_data[(3*k)*W+:64]),
          .rvalid(read_valid[3*k]),
          .rready(read_ready[3*k]),
          .out_data(a_data),
          .out_valid(valid[0]),
          .out_ready(ready[0])
      );
      mr_memory_to_stream #(
          .MEM_BITS(128),
          .BITS(4),
          .LANES(2),
          .ELEMENTS(10),
          .BURST(16)
      ) read_b (
          .clk(clk),
          .rst(rst),
          .start(start[1]),
          .start_ready(start_ready[1]),
          .address(addresses[127:64]),
          .frames(frames),
          .done(done[1]),
          .araddr(request_address[(3*k+1)*64+:64]),
          .arlen(request_length[(3*k+1)*8+:8]),
          .arvalid(request_valid[3*k+1]),
          .arready(request_ready[3*k+1]),
          .rdata(read_data[(3*k+1)*W+:128]),
          .rvalid(read_valid[3*k+1]),
          .rready(read_ready[3*k+1]),
          .out_data(b_data),
          .out_valid(valid[1]),
          .out_ready(ready[1])
      );

      logic [15:0] joined_data;
      logic joined_valid;
      logic joined_ready;
      logic [15:0] out_data;
      logic out_valid;
      logic out_ready;
      mr_concat #(
          .INPUTS(2),
          .LANES(2),
          .IN_WIDTH(24),
          .WORDS({32'd5, 32'd3}),
          .BITS({32'd4, 32'd8}),
          .ENCS({32'd0, 32'd1}),
          .OUT_BITS(8),
          .OUT_ENC(1)
      ) join_both (
          .clk(clk),
          .rst(rst),
          .in_data({b_data, a_data}),
          .in_valid(valid),
          .in_ready(ready),
          .out_data(joined_data),
          .out_valid(joined_valid),
          .out_ready(joined_ready)
      );
      mr_fifo #(
          .WIDTH(16)
      ) fifo (
          .clk(clk),
          .rst(rst),
          .in_data(joined_data),
          .in_valid(joined_valid),
          .in_ready(joined_ready),
          .out_data(out_data),
          .out_valid(out_valid),
          .out_ready(out_ready)
      );
      mr_stream_to_memory #(
          .MEM_BITS(64),
          .BITS(8),
          .ENC(1),
          .LANES(2),
          .ELEMENTS(16),
          .BURST(8)
      ) write_out (
          .clk(clk),
          .rst(rst),
          .start(start[2]),
          .start_ready(start_ready[2]),
          .address(addresses[191:128]),
          .frames(frames),
          .done(done[2]),
          .awaddr(request_address[(3*k+2)*64+:64]),
          .awlen(request_length[(3*k+2)*8+:8]),
          .awvalid(request_valid[3*k+2]),
          .awready(request_ready[3*k+2]),
          .wdata(write_data[(3*k+2)*W+:64]),
          .wlast(write_last[3*k+2]),
          .wvalid(write_valid[3*k+2]),
          .wready(write_ready[3*k+2]),
          .bvalid(response_valid[3*k+2]),
          .bready(response_ready[3*k+2]),
          .in_data(out_data),
          .in_valid(out_valid),
          .in_ready(out_ready)
      );
      assign read_ready[3*k+2] = 1'b0;
      assign write_data[(3*k)*W+:2*W] = '0;
      assign write_data[(3*k+2)*W+64+:W-64] = '0;
      assign write_last[3*k+:2] = 2'b00;
      assign write_valid[3*k+:2] = 2'b00;
      assign response_ready[3*k+:2] = 2'b00;
    end
  endgenerate
endmodule
