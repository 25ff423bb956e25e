// SPDX-License-Identifier: Apache-2.0
//
// The words of an output port's stream as bytes; mr_bytes_to_stream has the layout. Elements are
// sign-extended to their containers, what a frame's last byte has beyond it is zero.
//
//   BITS      of an element
//   ENC       0 unsigned, 1 signed, 2 bipolar
//   LANES     elements of a stream word
//   ELEMENTS  of a frame, a multiple of LANES
//   DEPTH     bytes that wait, 1 or more
module mr_stream_to_bytes #(
    parameter BITS = 8,
    parameter ENC = 0,
    parameter LANES = 1,
    parameter ELEMENTS = 16,
    parameter DEPTH = 2
) (
    input logic clk,
    input logic rst,
    input logic [LANES*BITS-1:0] in_data,
    input logic in_valid,
    output logic in_ready,
    output logic [7:0] out_data,
    output logic out_valid,
    input logic out_ready
);
  localparam integer CONTAINER = 1 << $clog2(BITS);
  localparam integer GROUP = CONTAINER > 8 ? CONTAINER / 8 : 1;   // bytes
  localparam integer GROUP_LANES = GROUP * 8 / CONTAINER;         // elements in them

  logic [GROUP_LANES*BITS-1:0] elements;
  logic [8*GROUP-1:0] group;
  logic group_valid;
  logic group_ready;
  mr_width_converter #(
      .BITS(BITS),
      .IN_LANES(LANES),
      .OUT_LANES(GROUP_LANES),
      .ELEMENTS(ELEMENTS)
  ) lane_converter (
      .clk(clk),
      .rst(rst),
      .in_data(in_data),
      .in_valid(in_valid),
      .in_ready(in_ready),
      .out_data(elements),
      .out_valid(group_valid),
      .out_ready(group_ready)
  );
  mr_encode #(
      .LANES(GROUP_LANES),
      .IN_BITS(BITS),
      .IN_ENC(ENC == 1 ? 1 : 0),
      .OUT_BITS(CONTAINER),
      .OUT_ENC(ENC == 1 ? 1 : 0)
  ) containers (
      .in_data(elements),
      .out_data(group)
  );

  logic [7:0] data;
  logic valid;
  logic ready;
  generate
    if (GROUP == 1) begin : g_byte
      assign data = group;
      assign valid = group_valid;
      assign group_ready = ready;
    end else begin : g_bytes
      mr_width_converter #(
          .BITS(8),
          .IN_LANES(GROUP),
          .OUT_LANES(1)
      ) bytes (
          .clk(clk),
          .rst(rst),
          .in_data(group),
          .in_valid(group_valid),
          .in_ready(group_ready),
          .out_data(data),
          .out_valid(valid),
          .out_ready(ready)
      );
    end
  endgenerate
  mr_fifo #(
      .WIDTH(8),
      .DEPTH(DEPTH),
      .STYLE(DEPTH >= 512 ? 2 : 0)
  ) waiting (
      .clk(clk),
      .rst(rst),
      .in_data(data),
      .in_valid(valid),
      .in_ready(ready),
      .out_data(out_data),
      .out_valid(out_valid),
      .out_ready(out_ready)
  );
endmodule
