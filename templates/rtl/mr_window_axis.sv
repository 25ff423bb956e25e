// SPDX-License-Identifier: Apache-2.0
//
// Counts positions 0 to SIZE - 1 on an axis of an image, again and again, and says at which of them
// a window ends: at FIRST, FIRST + STRIDE, ... Part of mr_parallel_window.
//
//   SIZE    positions, 1 or more
//   FIRST   0 to SIZE - 1
//   STRIDE  1 or more
//
// A position goes by in a cycle with `step`. One counter says where the axis ends, the other how
// many positions there are until a window ends.
module mr_window_axis #(
    parameter SIZE = 6,
    parameter FIRST = 2,
    parameter STRIDE = 1
) (
    input logic clk,
    input logic rst,
    input logic step,
    output logic ends_window,
    output logic last
);
  localparam integer PW = SIZE > 1 ? $clog2(SIZE) : 1;
  localparam integer LAST = SIZE - 1;
  localparam integer AGAIN = STRIDE - 1;
  localparam integer LONGEST = FIRST > AGAIN ? FIRST : AGAIN;
  localparam integer WW = LONGEST > 0 ? $clog2(LONGEST + 1) : 1;

  logic [PW-1:0] position;
  logic [WW-1:0] left;  // positions until a window ends

  assign ends_window = left == '0;
  assign last = position == LAST[PW-1:0];
  always_ff @(posedge clk) begin
    if (rst) begin
      position <= '0;
      left <= FIRST[WW-1:0];
    end else if (step) begin
      position <= last ? '0 : position + 1'b1;
      left <= last ? FIRST[WW-1:0] : ends_window ? AGAIN[WW-1:0] : left - 1'b1;
    end
  end
endmodule
