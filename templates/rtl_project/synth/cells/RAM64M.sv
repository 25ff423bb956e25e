// SPDX-License-Identifier: Apache-2.0
//
// Four LUTs as memory of 64 words: three ports of a bit that read, one that reads and writes (D); a
// write goes to all of them at ADDRD. For simulation.
module RAM64M (
    output logic DOA,
    output logic DOB,
    output logic DOC,
    output logic DOD,
    input logic [5:0] ADDRA,
    input logic [5:0] ADDRB,
    input logic [5:0] ADDRC,
    input logic [5:0] ADDRD,
    input logic DIA,
    input logic DIB,
    input logic DIC,
    input logic DID,
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
      a[ADDRD] <= DIA;
      b[ADDRD] <= DIB;
      c[ADDRD] <= DIC;
      d[ADDRD] <= DID;
    end
  assign DOA = a[ADDRA];
  assign DOB = b[ADDRB];
  assign DOC = c[ADDRC];
  assign DOD = d[ADDRD];
endmodule
