// SPDX-License-Identifier: Apache-2.0
//
// Four LUTs as memory of 32 words: three ports of two bits that read, one that reads and writes
// (D); a write goes to all of them at ADDRD. For simulation.
module RAM32M (
    output logic [1:0] DOA,
    output logic [1:0] DOB,
    output logic [1:0] DOC,
    output logic [1:0] DOD,
    input logic [4:0] ADDRA,
    input logic [4:0] ADDRB,
    input logic [4:0] ADDRC,
    input logic [4:0] ADDRD,
    input logic [1:0] DIA,
    input logic [1:0] DIB,
    input logic [1:0] DIC,
    input logic [1:0] DID,
    input logic WCLK,
    input logic WE
);
  parameter [63:0] INIT_A = 64'h0;
  parameter [63:0] INIT_B = 64'h0;
  parameter [63:0] INIT_C = 64'h0;
  parameter [63:0] INIT_D = 64'h0;
  logic [63:0] a, b, c, d;
  initial begin
    a = INIT_A;
    b = INIT_B;
    c = INIT_C;
    d = INIT_D;
  end
  always_ff @(posedge WCLK)
    if (WE) begin
      a[2*ADDRD+:2] <= DIA;
      b[2*ADDRD+:2] <= DIB;
      c[2*ADDRD+:2] <= DIC;
      d[2*ADDRD+:2] <= DID;
    end
  assign DOA = a[2*ADDRA+:2];
  assign DOB = b[2*ADDRB+:2];
  assign DOC = c[2*ADDRC+:2];
  assign DOD = d[2*ADDRD+:2];
endmodule
