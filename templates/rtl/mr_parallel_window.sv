// SPDX-License-Identifier: Apache-2.0
//
// The whole sliding window at once: images of HEIGHT x WIDTH pixels, one a word, become words of
// KERNEL_ROWS x KERNEL_COLUMNS pixels in the order (row, column, pixel), pixel (0, 0) lowest. No
// padding. A frame is any number of images. A pixel may come as BLOCKS words, which have windows of
// their own: of block 0, block 1, ...
//
//   BITS                          of a word
//   HEIGHT, WIDTH                 pixels
//   BLOCKS                        words of a pixel
//   KERNEL_ROWS, KERNEL_COLUMNS   1 or more
//   STRIDE_ROWS, STRIDE_COLUMNS   1 or more
//   DILATION_ROWS, DILATION_COLUMNS  1 or more; the dilated window fits into the image
//   STYLE                         of the line buffers: 0 automatic, 1 LUT, 2 block RAM, 3 UltraRAM
//
// Schedule: one word a cycle; a window leaves with its last word. Latency 1: it is offered in the
// cycle after that word was taken.
//
// The words above the incoming one and it are a column. Columns enter shift registers, or, where the
// columns of a window are far from each other, a memory; their taps, BLOCKS * DILATION_COLUMNS words
// from each other, are the window. Windows that are sent lie inside of one image, so nothing is
// cleared between rows and images.
//
// in_ready depends on out_ready only while a window waits; the registers move when a word is
// taken, which is not before that window has left.
module mr_parallel_window #(
    parameter BITS = 8,
    parameter HEIGHT = 6,
    parameter WIDTH = 6,
    parameter BLOCKS = 1,
    parameter KERNEL_ROWS = 3,
    parameter KERNEL_COLUMNS = 3,
    parameter STRIDE_ROWS = 1,
    parameter STRIDE_COLUMNS = 1,
    parameter DILATION_ROWS = 1,
    parameter DILATION_COLUMNS = 1,
    parameter STYLE = 0
) (
    input logic clk,
    input logic rst,
    input logic [BITS-1:0] in_data,
    input logic in_valid,
    output logic in_ready,
    output logic [KERNEL_ROWS*KERNEL_COLUMNS*BITS-1:0] out_data,
    output logic out_valid,
    input logic out_ready
);
  localparam integer APART = BLOCKS * DILATION_COLUMNS;  // words between columns of a window
  localparam integer SPAN = (KERNEL_COLUMNS - 1) * APART + 1;

  logic takes;
  logic pixel_ends;   // the word is its pixel's last
  logic row_ends;     // the pixel is in the last row of windows
  logic column_ends;  // in the last column of windows
  logic next_row;     // the pixel is its row's last
  logic [KERNEL_ROWS*BITS-1:0] column;  // the word and those above it, the highest row lowest

  assign in_ready = !out_valid || out_ready;
  assign takes = in_valid && in_ready;
  always_ff @(posedge clk) begin
    if (rst) out_valid <= 1'b0;
    else if (in_ready) out_valid <= in_valid && row_ends && column_ends;
  end

  localparam integer BLOCK_BITS = BLOCKS > 1 ? $clog2(BLOCKS) : 1;
  localparam integer LAST_BLOCK = BLOCKS - 1;
  logic [BLOCK_BITS-1:0] block;
  mr_fold_counter #(
      .FOLDS(BLOCKS)
  ) blocks (
      .clk (clk),
      .rst (rst),
      .next(takes),
      .fold(block)
  );
  assign pixel_ends = block == LAST_BLOCK[BLOCK_BITS-1:0];
  mr_window_axis #(
      .SIZE(WIDTH),
      .FIRST((KERNEL_COLUMNS - 1) * DILATION_COLUMNS),
      .STRIDE(STRIDE_COLUMNS)
  ) columns (
      .clk(clk),
      .rst(rst),
      .step(takes && pixel_ends),
      .ends_window(column_ends),
      .last(next_row)
  );
  logic last_row;
  mr_window_axis #(
      .SIZE(HEIGHT),
      .FIRST((KERNEL_ROWS - 1) * DILATION_ROWS),
      .STRIDE(STRIDE_ROWS)
  ) rows (
      .clk(clk),
      .rst(rst),
      .step(takes && pixel_ends && next_row),
      .ends_window(row_ends),
      .last(last_row)
  );
  logic unused;
  assign unused = last_row;

  mr_window_memory #(
      .BITS(BITS),
      .KEPT(KERNEL_ROWS - 1),
      .LENGTH(DILATION_ROWS * WIDTH * BLOCKS),
      .STYLE(STYLE)
  ) lines (
      .clk(clk),
      .rst(rst),
      .step(takes),
      .in_data(in_data),
      .out_data(column)
  );

  genvar r;
  genvar c;
  generate
    if (KERNEL_COLUMNS > 1 && APART >= 4) begin : g_far
      logic [KERNEL_COLUMNS*KERNEL_ROWS*BITS-1:0] columns_now;
      logic [KERNEL_COLUMNS*KERNEL_ROWS*BITS-1:0] window;  // column after column
      mr_window_memory #(
          .BITS(KERNEL_ROWS * BITS),
          .KEPT(KERNEL_COLUMNS - 1),
          .LENGTH(APART),
          .STYLE(STYLE)
      ) row (
          .clk(clk),
          .rst(rst),
          .step(takes),
          .in_data(column),
          .out_data(columns_now)
      );
      always_ff @(posedge clk) if (takes) window <= columns_now;
      for (r = 0; r < KERNEL_ROWS; r = r + 1) begin : g_row
        for (c = 0; c < KERNEL_COLUMNS; c = c + 1) begin : g_tap
          assign out_data[(r*KERNEL_COLUMNS+c)*BITS+:BITS] = window[(c*KERNEL_ROWS+r)*BITS+:BITS];
        end
      end
    end else begin : g_near
      for (r = 0; r < KERNEL_ROWS; r = r + 1) begin : g_row
        // The last SPAN words of the row, the newest highest.
        logic [SPAN*BITS-1:0] words;
        if (SPAN == 1) begin : g_one
          always_ff @(posedge clk) if (takes) words <= column[r*BITS+:BITS];
        end else begin : g_shift
          always_ff @(posedge clk)
            if (takes) words <= {column[r*BITS+:BITS], words[SPAN*BITS-1:BITS]};
        end
        for (c = 0; c < KERNEL_COLUMNS; c = c + 1) begin : g_tap
          assign out_data[(r*KERNEL_COLUMNS+c)*BITS+:BITS] = words[c*APART*BITS+:BITS];
        end
      end
    end
  endgenerate
endmodule
