// SPDX-License-Identifier: Apache-2.0
//
// Flip-flop of the 7 series with clock enable and synchronous reset, for simulation. Without INIT
// it starts with what the simulator starts with.
module FDRE (
    output logic Q,
    input logic C,
    input logic CE,
    input logic D,
    input logic R
);
  parameter INIT = 1'bx;
  generate
    if (INIT === 1'b0 || INIT === 1'b1) begin : g_init
      initial Q = INIT;
    end
  endgenerate
  always_ff @(posedge C)
    if (R) Q <= 1'b0;
    else if (CE) Q <= D;
endmodule
