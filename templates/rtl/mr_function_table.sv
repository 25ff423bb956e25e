// SPDX-License-Identifier: Apache-2.0
//
// y = values[c][x - LO], c the channel.
//
// Parameters: PE lanes; FOLDS words of a vector, so lane p of word f has channel f * PE + p; IN_BITS,
// IN_ENC, OUT_BITS (0 unsigned, 1 signed, 2 bipolar; values are stored as the stream's codes); LO
// (64 bits, two's complement) and SIZE: every x is in [LO, LO + SIZE).
//   SHARED   1: one table for all channels.
//   VALUES   value i of channel c in bits [(c * SIZE + i) * OUT_BITS +: OUT_BITS].
//   STYLE    of the memories (mr_rom), one for each lane.
//
// Schedule: a word a cycle. Latency: 2 (address; value).
// Handshake: as mr_function_thresholds: all stages move with ce, in_ready = ce.
module mr_function_table #(
    parameter PE = 2,
    parameter FOLDS = 2,
    parameter IN_BITS = 4,
    parameter IN_ENC = 1,
    parameter OUT_BITS = 4,
    parameter [63:0] LO = 64'hfffffffffffffff8,
    parameter SIZE = 16,
    parameter SHARED = 0,
    parameter [(SHARED != 0 ? 1 : PE*FOLDS)*SIZE*OUT_BITS-1:0] VALUES = '0,
    parameter STYLE = 0
) (
    input logic clk,
    input logic rst,
    input logic [PE*IN_BITS-1:0] in_data,
    input logic in_valid,
    output logic in_ready,
    output logic [PE*OUT_BITS-1:0] out_data,
    output logic out_valid,
    input logic out_ready
);
  localparam ROWS = (SHARED != 0) ? 1 : FOLDS;
  localparam CHANNELS = (SHARED != 0) ? 1 : PE * FOLDS;
  localparam FOLD_BITS = (FOLDS > 1) ? $clog2(FOLDS) : 1;
  localparam INDEX_BITS = (SIZE > 1) ? $clog2(SIZE) : 1;
  localparam ADDR_BITS = INDEX_BITS + (ROWS > 1 ? FOLD_BITS : 0);

  wire ce = !out_valid || out_ready;
  assign in_ready = ce;
  wire [FOLD_BITS-1:0] fold;
  mr_fold_counter #(
      .FOLDS(FOLDS)
  ) counter (
      .clk (clk),
      .rst (rst),
      .next(ce && in_valid),
      .fold(fold)
  );
  wire unused_fold = &{1'b0, fold};
  logic index_valid;
  always_ff @(posedge clk)
    if (rst) {out_valid, index_valid} <= '0;
    else if (ce) {out_valid, index_valid} <= {index_valid, in_valid};

  localparam X_BITS = (IN_ENC == 2) ? 2 : IN_BITS;
  localparam W = (X_BITS > INDEX_BITS) ? X_BITS : INDEX_BITS;
  genvar p;
  generate
    for (p = 0; p < PE; p = p + 1) begin : g_lane
      wire [W-1:0] x;
      if (IN_ENC == 2) begin : g_bipolar
        assign x = {{(W - 1) {!in_data[p]}}, 1'b1};
      end else if (W > IN_BITS) begin : g_extend
        assign x = {
          {(W - IN_BITS) {(IN_ENC == 1) & in_data[p*IN_BITS+IN_BITS-1]}}, in_data[p*IN_BITS+:IN_BITS]
        };
      end else begin : g_number
        assign x = in_data[p*IN_BITS+:IN_BITS];
      end
      // The index is below SIZE, so the lowest bits of the difference are all of it.
      wire [INDEX_BITS-1:0] index = x[INDEX_BITS-1:0] - LO[INDEX_BITS-1:0];
      wire unused = &{1'b0, x};
      logic [ADDR_BITS-1:0] address;
      if (ROWS > 1) begin : g_rows
        always_ff @(posedge clk) if (ce) address <= {fold, index};
      end else begin : g_row
        always_ff @(posedge clk) if (ce) address <= index;
      end
      mr_table #(
          .WIDTH(OUT_BITS),
          .SIZE(CHANNELS * SIZE),
          .ROWS(ROWS),
          .NODES(1 << INDEX_BITS),
          .USED(SIZE),
          .OFFSET(SHARED != 0 ? 0 : p * SIZE),
          .ROW_STEP(PE * SIZE),
          .STYLE(STYLE),
          .READ_LATENCY(1),
          .CONTENTS(VALUES)
      ) values (
          .clk (clk),
          .ce  (ce),
          .addr(address),
          .data(out_data[p*OUT_BITS+:OUT_BITS])
      );
    end
  endgenerate
endmodule
