// SPDX-License-Identifier: Apache-2.0
//
// Whose byte it is: a frame on the line is the bytes of port 0, then those of port 1, and so on.
//
//   PORTS  of the side, 1 or more
//   BYTES  of a frame, of port i in bits [32*i +: 32], 1 or more
//
// `turn` has one bit set, that of the port whose byte moves next; `last` says that this byte is the
// frame's last. Both change in cycles with `move`.
module mr_port_turns #(
    parameter PORTS = 1,
    parameter [32*PORTS-1:0] BYTES = 32'd1
) (
    input logic clk,
    input logic rst,
    input logic move,
    output logic [PORTS-1:0] turn,
    output logic last
);
  function integer most(input integer ports);
    integer p;
    begin
      most = 1;
      for (p = 0; p < ports; p = p + 1) if (BYTES[32*p+:32] > most) most = BYTES[32*p+:32];
    end
  endfunction
  localparam integer CW = $clog2(most(PORTS) + 1);

  logic [CW-1:0] left;       // bytes of the port, the next one included
  logic [CW-1:0] next_left;  // of the port behind it
  logic ends;
  assign ends = left == {{(CW - 1) {1'b0}}, 1'b1};
  assign last = ends && turn[PORTS-1];
  integer p;
  always_comb begin
    next_left = BYTES[CW-1:0];
    for (p = 1; p < PORTS; p = p + 1) if (turn[p-1]) next_left = BYTES[32*p+:CW];
  end
  always_ff @(posedge clk) begin
    if (rst) begin
      turn <= {{(PORTS - 1) {1'b0}}, 1'b1};
      left <= BYTES[CW-1:0];
    end else if (move) begin
      left <= ends ? next_left : left - 1'b1;
      if (ends) turn <= last ? {{(PORTS - 1) {1'b0}}, 1'b1} : turn << 1;
    end
  end
endmodule
