// SPDX-License-Identifier: Apache-2.0
//
// Surrounds the two axes before the channels by values: [..., ROWS, COLUMNS, C] becomes
// [..., TOP + ROWS + BOTTOM, LEFT + COLUMNS + RIGHT, C], C / LANES = FOLDS words a pixel. The
// output encoding holds inputs and pads.
//
//   LANES              elements of a word
//   IN_BITS, IN_ENC    encoding of inputs: 0 unsigned, 1 signed, 2 bipolar
//   OUT_BITS, OUT_ENC  encoding of outputs
//   FOLDS              words of a pixel
//   ROWS, COLUMNS      of the input, 1 or more
//   TOP, BOTTOM, LEFT, RIGHT  pixels, 0 or more
//   SHARED             1: one value for all channels
//   VALUES             codes of the pads: channel c's in bits [c * OUT_BITS +: OUT_BITS], lane p of
//                      word f of a pixel is channel f * LANES + p
//   STYLE              of the memory of VALUES
//
// Schedule: one output word a cycle, an input word is taken in the cycle that sends it. Latency 0:
// it stands between FIFOs. out_valid does not depend on out_ready; in_ready follows out_ready where
// an input word is due, and a pad leaves without looking at the input. So the pads in front of a
// frame leave before its first input word is there, after the last frame, too; the next frame goes
// on behind them.
module mr_pad #(
    parameter LANES = 1,
    parameter IN_BITS = 4,
    parameter IN_ENC = 0,
    parameter OUT_BITS = 4,
    parameter OUT_ENC = 0,
    parameter FOLDS = 1,
    parameter ROWS = 4,
    parameter COLUMNS = 4,
    parameter TOP = 1,
    parameter BOTTOM = 1,
    parameter LEFT = 1,
    parameter RIGHT = 1,
    parameter SHARED = 1,
    parameter [(SHARED != 0 ? 1 : LANES*FOLDS)*OUT_BITS-1:0] VALUES = '0,
    parameter STYLE = 1
) (
    input logic clk,
    input logic rst,
    input logic [LANES*IN_BITS-1:0] in_data,
    input logic in_valid,
    output logic in_ready,
    output logic [LANES*OUT_BITS-1:0] out_data,
    output logic out_valid,
    input logic out_ready
);
  // Words of a row and rows of an image; where input words begin and end.
  localparam integer WIDTH = (LEFT + COLUMNS + RIGHT) * FOLDS;
  localparam integer HEIGHT = TOP + ROWS + BOTTOM;
  localparam integer CW = WIDTH > 1 ? $clog2(WIDTH) : 1;
  localparam integer RW = HEIGHT > 1 ? $clog2(HEIGHT) : 1;
  localparam integer LAST_COLUMN = WIDTH - 1;
  localparam integer LAST_ROW = HEIGHT - 1;
  localparam integer BEFORE_COLUMNS = (LEFT * FOLDS + WIDTH - 1) % WIDTH;
  localparam integer BEFORE_ROWS = (TOP + HEIGHT - 1) % HEIGHT;
  localparam integer END_COLUMNS = (LEFT + COLUMNS) * FOLDS - 1;
  localparam integer END_ROWS = TOP + ROWS - 1;

  logic [CW-1:0] column;
  logic [RW-1:0] row;
  logic in_columns;  // the position is within the input's columns
  logic in_rows;
  logic covered;
  logic sends;
  logic ends_row;
  logic [LANES*OUT_BITS-1:0] number;
  logic [LANES*OUT_BITS-1:0] value;

  assign covered = in_columns && in_rows;
  assign out_valid = in_valid || !covered;
  assign in_ready = out_ready && covered;
  assign sends = out_valid && out_ready;
  assign ends_row = column == LAST_COLUMN[CW-1:0];
  assign out_data = covered ? number : value;

  mr_encode #(
      .LANES(LANES),
      .IN_BITS(IN_BITS),
      .IN_ENC(IN_ENC),
      .OUT_BITS(OUT_BITS),
      .OUT_ENC(OUT_ENC)
  ) encode (
      .in_data(in_data),
      .out_data(number)
  );

  // `in_columns` and `in_rows` are set by the position before the first covered one, and cleared by
  // the last covered one; where all positions are, setting wins and they stay.
  always_ff @(posedge clk) begin
    if (rst) begin
      column <= '0;
      row <= '0;
      in_columns <= LEFT == 0;
      in_rows <= TOP == 0;
    end else if (sends) begin
      column <= ends_row ? '0 : column + 1'b1;
      if (column == BEFORE_COLUMNS[CW-1:0]) in_columns <= 1'b1;
      else if (column == END_COLUMNS[CW-1:0]) in_columns <= 1'b0;
      if (ends_row) begin
        row <= row == LAST_ROW[RW-1:0] ? '0 : row + 1'b1;
        if (row == BEFORE_ROWS[RW-1:0]) in_rows <= 1'b1;
        else if (row == END_ROWS[RW-1:0]) in_rows <= 1'b0;
      end
    end
  end

  generate
    if (SHARED != 0) begin : g_shared
      assign value = {LANES{VALUES}};
    end else if (FOLDS == 1) begin : g_lanes
      assign value = VALUES;
    end else begin : g_folds
      // The memory is read ahead: during reset the first word, then the one behind that is sent.
      localparam integer FW = $clog2(FOLDS);
      localparam integer LAST_FOLD = FOLDS - 1;
      logic [FW-1:0] fold;
      logic [FW-1:0] fold_next;
      assign fold_next = rst || fold == LAST_FOLD[FW-1:0] ? '0 : fold + 1'b1;
      always_ff @(posedge clk) if (rst || sends) fold <= fold_next;
      mr_table #(
          .WIDTH(LANES * OUT_BITS),
          .SIZE(FOLDS),
          .ROWS(FOLDS),
          .NODES(1),
          .STYLE(STYLE),
          .READ_LATENCY(1),
          .CONTENTS(VALUES)
      ) values (
          .clk(clk),
          .ce(rst || sends),
          .addr(fold_next),
          .data(value)
      );
    end
  endgenerate
endmodule
