// SPDX-License-Identifier: Apache-2.0
//
// A constant of the channel of each lane: lane p of word f of a vector has channel f * PE + p.
//
// Parameters: PE lanes, FOLDS words of a vector, BITS of a constant, SHARED (1: one constant for all
// channels), STYLE of the memory (mr_rom), VALUES: channel c's in bits [c * BITS +: BITS].
// Ports: next, a word comes in this cycle (with ce); values, the constants of that word from the
// next cycle on, kept without ce. Shared constants do not change at all.
module mr_channel_constant #(
    parameter PE = 2,
    parameter FOLDS = 2,
    parameter BITS = 8,
    parameter SHARED = 0,
    parameter STYLE = 0,
    parameter [(SHARED != 0 ? 1 : PE*FOLDS)*BITS-1:0] VALUES = '0
) (
    input logic clk,
    input logic rst,
    input logic ce,
    input logic next,
    output logic [PE*BITS-1:0] values
);
  localparam FOLD_BITS = (FOLDS > 1) ? $clog2(FOLDS) : 1;
  generate
    if (SHARED != 0) begin : g_shared
      wire unused = &{1'b0, clk, rst, ce, next};
      assign values = {PE{VALUES}};
    end else begin : g_channels
      wire [FOLD_BITS-1:0] fold;
      mr_fold_counter #(
          .FOLDS(FOLDS)
      ) counter (
          .clk (clk),
          .rst (rst),
          .next(ce && next),
          .fold(fold)
      );
      mr_table #(
          .WIDTH(PE * BITS),
          .SIZE(FOLDS),
          .ROWS(FOLDS),
          .NODES(1),
          .STYLE(STYLE),
          .READ_LATENCY(1),
          .CONTENTS(VALUES)
      ) memory (
          .clk (clk),
          .ce  (ce),
          .addr(fold),
          .data(values)
      );
    end
  endgenerate
endmodule
