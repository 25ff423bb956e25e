// SPDX-License-Identifier: Apache-2.0
//
// Two LUTs as memory of 32 bits with a port that reads and writes (A) and one that reads (DPRA),
// for simulation.
module RAM32X1D (
    output logic DPO,
    output logic SPO,
    input logic A0,
    input logic A1,
    input logic A2,
    input logic A3,
    input logic A4,
    input logic DPRA0,
    input logic DPRA1,
    input logic DPRA2,
    input logic DPRA3,
    input logic DPRA4,
    input logic D,
    input logic WCLK,
    input logic WE
);
  parameter [31:0] INIT = 32'h0;
  logic [31:0] bits;
  initial bits = INIT;
  wire [4:0] address = {A4, A3, A2, A1, A0};
  always_ff @(posedge WCLK) if (WE) bits[address] <= D;
  assign SPO = bits[address];
  assign DPO = bits[{DPRA4, DPRA3, DPRA2, DPRA1, DPRA0}];
endmodule
