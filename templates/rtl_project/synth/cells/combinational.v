// SPDX-License-Identifier: Apache-2.0
//
// What the combinational cells of the 7 series compute, as rules for Yosys's techmap: gates.sh writes
// them out as expressions over single bits. That matters for CARRY4: as one vector that refers to
// itself, as in Yosys's own models, Verilator 5.006 computes it wrongly.
module LUT1 (output O, input I0);
  parameter [1:0] INIT = 0;
  assign O = INIT[I0];
endmodule

module LUT2 (output O, input I0, I1);
  parameter [3:0] INIT = 0;
  assign O = INIT[{I1, I0}];
endmodule

module LUT3 (output O, input I0, I1, I2);
  parameter [7:0] INIT = 0;
  assign O = INIT[{I2, I1, I0}];
endmodule

module LUT4 (output O, input I0, I1, I2, I3);
  parameter [15:0] INIT = 0;
  assign O = INIT[{I3, I2, I1, I0}];
endmodule

module LUT5 (output O, input I0, I1, I2, I3, I4);
  parameter [31:0] INIT = 0;
  assign O = INIT[{I4, I3, I2, I1, I0}];
endmodule

module LUT6 (output O, input I0, I1, I2, I3, I4, I5);
  parameter [63:0] INIT = 0;
  assign O = INIT[{I5, I4, I3, I2, I1, I0}];
endmodule

module INV (output O, input I);
  assign O = ~I;
endmodule

module BUF (output O, input I);
  assign O = I;
endmodule

module MUXF7 (output O, input I0, I1, S);
  assign O = S ? I1 : I0;
endmodule

module MUXF8 (output O, input I0, I1, S);
  assign O = S ? I1 : I0;
endmodule

// CI comes from the cell below, CYINIT from the fabric; one of them is 0.
module CARRY4 (output [3:0] CO, output [3:0] O, input CI, CYINIT, input [3:0] DI, S);
  wire c0, c1, c2, c3, c4;
  assign c0 = CI | CYINIT;
  assign c1 = S[0] ? c0 : DI[0];
  assign c2 = S[1] ? c1 : DI[1];
  assign c3 = S[2] ? c2 : DI[2];
  assign c4 = S[3] ? c3 : DI[3];
  assign CO = {c4, c3, c2, c1};
  assign O = {S[3] ^ c3, S[2] ^ c2, S[1] ^ c1, S[0] ^ c0};
endmodule
