// SPDX-License-Identifier: Apache-2.0
//
// Four LUTs as memory of 128 bits with a port that reads and writes (A) and one that reads (DPRA),
// for simulation.
module RAM128X1D (
    output logic DPO,
    output logic SPO,
    input logic [6:0] A,
    input logic [6:0] DPRA,
    input logic D,
    input logic WCLK,
    input logic WE
);
  parameter [127:0] INIT = 128'h0;
  logic [127:0] bits;
  initial bits = INIT;
  always_ff @(posedge WCLK) if (WE) bits[A] <= D;
  assign SPO = bits[A];
  assign DPO = bits[DPRA];
endmodule
