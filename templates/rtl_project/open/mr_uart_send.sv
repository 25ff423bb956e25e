// SPDX-License-Identifier: Apache-2.0
//
// Bytes to a serial line: 8 data bits, the lowest first, no parity, one stop bit.
//
//   CLOCKS  clock cycles of a bit, 2 or more
//
// A byte is taken when the one before it is gone, its stop bit included; until then the line is
// high.
module mr_uart_send #(
    parameter CLOCKS = 104
) (
    input logic clk,
    input logic rst,
    input logic [7:0] in_data,
    input logic in_valid,
    output logic in_ready,
    output logic tx
);
  localparam integer CW = $clog2(CLOCKS);
  localparam integer WHOLE = CLOCKS - 1;

  logic [8:0] bits;      // the line's bit is the lowest
  logic [3:0] left;      // bits of the byte that are not over
  logic [CW-1:0] count;  // cycles up to the end of this bit
  assign in_ready = left == 4'd0;
  assign tx = bits[0];

  always_ff @(posedge clk) begin
    if (rst) begin
      bits <= '1;
      left <= 4'd0;
    end else if (in_ready) begin
      if (in_valid) begin
        bits <= {in_data, 1'b0};
        left <= 4'd10;
      end
    end else if (count == '0) begin
      bits <= {1'b1, bits[8:1]};
      left <= left - 1'b1;
    end
    count <= in_ready || count == '0 ? WHOLE[CW-1:0] : count - 1'b1;
  end
endmodule
