// SPDX-License-Identifier: Apache-2.0
//
// The whole sliding window at once: images of HEIGHT x WIDTH pixels, one a word, become words of
// KERNEL_ROWS x KERNEL_COLUMNS pixels in the order (row, column, pixel), pixel (0, 0) lowest. No
// padding. A frame is any number of images.
//
//   BITS                          of a pixel
//   HEIGHT, WIDTH                 pixels
//   KERNEL_ROWS, KERNEL_COLUMNS   1 or more
//   STRIDE_ROWS, STRIDE_COLUMNS   1 or more
//   DILATION_ROWS, DILATION_COLUMNS  1 or more; the dilated window fits into the image
//   STYLE                         of the line buffers: 0 automatic, 1 LUT, 2 block RAM, 3 UltraRAM
//
// Schedule: one pixel a cycle; a window leaves with its last pixel. Latency 1: it is offered in the
// cycle after that pixel was taken.
//
// All line buffers are one memory: the word at a position has the pixels DILATION_ROWS, twice that,
// ... rows above. A position is rewritten with the incoming pixel in front and the oldest dropped.
// The word is read one pixel ahead, so the memory has a read register and the word that is read is
// never the one that is written (they differ by one of at least two positions). Columns enter shift
// registers, whose taps are the window; windows that are sent lie inside of one image, so nothing
// is cleared between rows and images.
//
// in_ready depends on out_ready only while a window waits; the registers move when a pixel is
// taken, which is not before that window has left.
module mr_parallel_window #(
    parameter BITS = 8,
    parameter HEIGHT = 6,
    parameter WIDTH = 6,
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
  localparam integer COLUMNS = (KERNEL_COLUMNS - 1) * DILATION_COLUMNS + 1;

  logic takes;
  logic row_ends;     // the pixel is in the last row of windows
  logic column_ends;  // in the last column of windows
  logic next_row;     // the pixel is its row's last
  logic [KERNEL_ROWS*BITS-1:0] column;  // the pixel and those above it, the highest row lowest

  assign in_ready = !out_valid || out_ready;
  assign takes = in_valid && in_ready;
  always_ff @(posedge clk) begin
    if (rst) out_valid <= 1'b0;
    else if (in_ready) out_valid <= in_valid && row_ends && column_ends;
  end

  mr_window_axis #(
      .SIZE(WIDTH),
      .FIRST((KERNEL_COLUMNS - 1) * DILATION_COLUMNS),
      .STRIDE(STRIDE_COLUMNS)
  ) columns (
      .clk(clk),
      .rst(rst),
      .step(takes),
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
      .step(takes && next_row),
      .ends_window(row_ends),
      .last(last_row)
  );
  logic unused;
  assign unused = last_row;

  genvar r;
  genvar c;
  generate
    if (KERNEL_ROWS == 1) begin : g_one_row
      assign column = in_data;
    end else begin : g_lines
      localparam integer WORD = (KERNEL_ROWS - 1) * BITS;
      localparam integer LENGTH = DILATION_ROWS * WIDTH;
      logic [WORD-1:0] above;  // the highest row lowest
      assign column = {in_data, above};
      if (LENGTH == 1) begin : g_register
        always_ff @(posedge clk) if (takes) above <= column[WORD+BITS-1:BITS];
      end else begin : g_memory
        localparam integer PW = $clog2(LENGTH);
        localparam integer LAST = LENGTH - 1;
        logic [PW-1:0] position;
        logic [PW-1:0] position_next;
        assign position_next = position == LAST[PW-1:0] ? '0 : position + 1'b1;
        always_ff @(posedge clk) begin
          if (rst) position <= '0;
          else if (takes) position <= position_next;
        end
        mr_ram #(
            .WIDTH(WORD),
            .DEPTH(LENGTH),
            .STYLE(STYLE)
        ) lines (
            .clk(clk),
            .write(takes),
            .write_address(position),
            .write_data(column[WORD+BITS-1:BITS]),
            .read(takes),
            .read_address(position_next),
            .read_data(above)
        );
      end
    end

    for (r = 0; r < KERNEL_ROWS; r = r + 1) begin : g_row
      // The last COLUMNS pixels of the row, the newest highest.
      logic [COLUMNS*BITS-1:0] pixels;
      if (COLUMNS == 1) begin : g_one
        always_ff @(posedge clk) if (takes) pixels <= column[r*BITS+:BITS];
      end else begin : g_shift
        always_ff @(posedge clk)
          if (takes) pixels <= {column[r*BITS+:BITS], pixels[COLUMNS*BITS-1:BITS]};
      end
      for (c = 0; c < KERNEL_COLUMNS; c = c + 1) begin : g_tap
        assign out_data[(r*KERNEL_COLUMNS+c)*BITS+:BITS] = pixels[c*DILATION_COLUMNS*BITS+:BITS];
      end
    end
  endgenerate
endmodule
