// SPDX-License-Identifier: Apache-2.0
//
// Bytes from a serial line: 8 data bits, the lowest first, no parity, one stop bit.
//
//   CLOCKS  clock cycles of a bit, 4 or more
//
// A falling edge starts a byte; it is sampled in the middle of each bit, counted from that edge, so
// the sender's clock may be off by (0.5 - 1 / CLOCKS) / 9.5: half a bit in the 9.5 up to the middle
// of the stop bit, less the clock cycle in which the edge fell. With CLOCKS = 8 that is 3.9 %.
//
// A line that is low from the start bit to the stop bit is a break: `line_break` for one cycle. A
// stop bit of 0 behind other data is an error: what follows cannot be trusted, so nothing comes out
// until the next break.
module mr_uart_receive #(
    parameter CLOCKS = 104
) (
    input logic clk,
    input logic rst,
    input logic rx,
    output logic [7:0] out_data,
    output logic out_valid,
    output logic line_break
);
  localparam integer CW = $clog2(CLOCKS);
  localparam integer WHOLE = CLOCKS - 1;
  localparam integer HALF = CLOCKS / 2 - 1;

  logic [3:0] line;       // the last cycles, the oldest lowest; the upper two are not looked at yet
  logic busy;
  logic failed;
  logic [CW-1:0] count;   // cycles up to the next sample
  logic [3:0] left;       // samples behind it
  logic sample;
  assign sample = busy && count == '0;

  always_ff @(posedge clk) begin
    line <= {rx, line[3:1]};
    if (!busy || sample) count <= busy ? WHOLE[CW-1:0] : HALF[CW-1:0];
    else count <= count - 1'b1;
    if (!busy) left <= 4'd9;
    else if (sample) left <= left - 1'b1;
    if (sample && left != 4'd0) out_data <= {line[1], out_data[7:1]};
    out_valid <= sample && left == 4'd0 && line[1] && !failed;
    line_break <= sample && left == 4'd0 && !line[1] && out_data == 8'd0;
    if (sample && left == 4'd0 && !line[1]) failed <= out_data != 8'd0;
    // A start bit that is gone in its middle was none.
    if (!busy) busy <= line[0] && !line[1];
    else if (sample) busy <= left == 4'd9 ? !line[1] : left != 4'd0;
    if (rst) begin
      line <= '1;
      busy <= 1'b0;
      failed <= 1'b0;
      out_valid <= 1'b0;
      line_break <= 1'b0;
    end
  end
endmodule
