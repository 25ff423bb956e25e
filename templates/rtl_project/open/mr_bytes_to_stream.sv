// SPDX-License-Identifier: Apache-2.0
//
// An input port's bytes as words of its stream. Elements lie in containers of the next power of two
// of bits, containers from bit 0 upwards, little endian, a frame in whole bytes: as in a kernel's
// memory, but for the padding to memory words.
//
//   BITS      of an element
//   LANES     elements of a stream word
//   ELEMENTS  of a frame, a multiple of LANES
//   DEPTH     bytes that wait; there is no in_ready: whoever sends more is the reason for the loss
module mr_bytes_to_stream #(
    parameter BITS = 8,
    parameter LANES = 1,
    parameter ELEMENTS = 16,
    parameter DEPTH = 512
) (
    input logic clk,
    input logic rst,
    input logic [7:0] in_data,
    input logic in_valid,
    output logic [LANES*BITS-1:0] out_data,
    output logic out_valid,
    input logic out_ready
);
  localparam integer CONTAINER = 1 << $clog2(BITS);
  localparam integer GROUP = CONTAINER > 8 ? CONTAINER / 8 : 1;   // bytes
  localparam integer GROUP_LANES = GROUP * 8 / CONTAINER;         // elements in them

  logic [7:0] data;
  logic valid;
  logic ready;
  logic room;
  wire unused_room = &{1'b0, room};
  mr_fifo #(
      .WIDTH(8),
      .DEPTH(DEPTH),
      .STYLE(DEPTH >= 512 ? 2 : 0)
  ) waiting (
      .clk(clk),
      .rst(rst),
      .in_data(in_data),
      .in_valid(in_valid),
      .in_ready(room),
      .out_data(data),
      .out_valid(valid),
      .out_ready(ready)
  );

  logic [8*GROUP-1:0] group;
  logic group_valid;
  logic group_ready;
  generate
    if (GROUP == 1) begin : g_byte
      assign group = data;
      assign group_valid = valid;
      assign ready = group_ready;
    end else begin : g_bytes
      mr_width_converter #(
          .BITS(8),
          .IN_LANES(1),
          .OUT_LANES(GROUP)
      ) containers (
          .clk(clk),
          .rst(rst),
          .in_data(data),
          .in_valid(valid),
          .in_ready(ready),
          .out_data(group),
          .out_valid(group_valid),
          .out_ready(group_ready)
      );
    end
  endgenerate

  logic [GROUP_LANES*BITS-1:0] elements;
  genvar i;
  generate
    for (i = 0; i < GROUP_LANES; i = i + 1) begin : g_lane
      assign elements[i*BITS+:BITS] = group[i*CONTAINER+:BITS];
      if (CONTAINER > BITS) begin : g_rest
        wire unused = &{1'b0, group[i*CONTAINER+BITS+:CONTAINER-BITS]};
      end
    end
  endgenerate
  mr_width_converter #(
      .BITS(BITS),
      .IN_LANES(GROUP_LANES),
      .OUT_LANES(LANES),
      .ELEMENTS(ELEMENTS)
  ) lane_converter (
      .clk(clk),
      .rst(rst),
      .in_data(elements),
      .in_valid(group_valid),
      .in_ready(group_ready),
      .out_data(out_data),
      .out_valid(out_valid),
      .out_ready(out_ready)
  );
endmodule
