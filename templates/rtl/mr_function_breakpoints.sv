// SPDX-License-Identifier: Apache-2.0
//
// y = values[c][#{i : x >= starts[c][i]}], c the channel: any function of few steps.
//
// Parameters: PE lanes; FOLDS words of a vector, so lane p of word f has channel f * PE + p; IN_BITS,
// IN_ENC, OUT_BITS (0 unsigned, 1 signed, 2 bipolar; values are stored as the stream's codes);
// COUNT starts of a channel (>= 1; the first segment, which begins at the lowest x, is not among
// them), T_BITS and T_SIGNED their format.
//   SHARED   1: one row of starts and values for all channels.
//   STARTS   ascending; start i of channel c in bits [(c * COUNT + i) * T_BITS +: T_BITS].
//   VALUES   value i of channel c in bits [(c * (COUNT + 1) + i) * OUT_BITS +: OUT_BITS].
//   STYLE    of the memories (mr_rom).
//
// Schedule: a word a cycle. Latency: mr_search's and 1.
// Handshake: as mr_function_thresholds: all stages move with ce, in_ready = ce.
module mr_function_breakpoints #(
    parameter PE = 2,
    parameter FOLDS = 2,
    parameter IN_BITS = 8,
    parameter IN_ENC = 1,
    parameter OUT_BITS = 4,
    parameter COUNT = 5,
    parameter T_BITS = 8,
    parameter T_SIGNED = 1,
    parameter SHARED = 0,
    parameter [(SHARED != 0 ? 1 : PE*FOLDS)*COUNT*T_BITS-1:0] STARTS = '0,
    parameter [(SHARED != 0 ? 1 : PE*FOLDS)*(COUNT+1)*OUT_BITS-1:0] VALUES = '0,
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
  localparam LEVELS = $clog2(COUNT + 1);
  localparam ROWS = (SHARED != 0) ? 1 : FOLDS;
  localparam CHANNELS = (SHARED != 0) ? 1 : PE * FOLDS;
  localparam FOLD_BITS = (FOLDS > 1) ? $clog2(FOLDS) : 1;
  localparam ROW_BITS = (ROWS > 1) ? $clog2(ROWS) : 1;
  localparam ADDR_BITS = LEVELS + (ROWS > 1 ? ROW_BITS : 0);
  function automatic integer stages(input integer from);
    integer j;
    begin
      stages = 1;
      for (j = from; j < LEVELS; j = j + 1) stages = stages + ((ROWS << j) > 16 ? 2 : 1);
    end
  endfunction
  localparam STAGES = stages(0);

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
  logic [STAGES-1:0] valid;
  always_ff @(posedge clk)
    if (rst) valid <= '0;
    else if (ce) valid <= STAGES'({valid, in_valid});
  assign out_valid = valid[STAGES-1];

  localparam X_BITS = (IN_ENC == 2) ? 2 : IN_BITS;
  genvar p;
  generate
    for (p = 0; p < PE; p = p + 1) begin : g_lane
      wire [X_BITS-1:0] x;
      if (IN_ENC == 2) begin : g_bipolar
        assign x = {!in_data[p], 1'b1};
      end else begin : g_number
        assign x = in_data[p*IN_BITS+:IN_BITS];
      end
      wire [LEVELS-1:0] count;
      wire [ROW_BITS-1:0] row;
      mr_search #(
          .X_BITS(X_BITS),
          .X_SIGNED(IN_ENC != 0 ? 1 : 0),
          .T_BITS(T_BITS),
          .T_SIGNED(T_SIGNED),
          .COUNT(COUNT),
          .ROWS(ROWS),
          .OFFSET(SHARED != 0 ? 0 : p * COUNT),
          .ROW_STEP(PE * COUNT),
          .SIZE(CHANNELS * COUNT),
          .STYLE(STYLE),
          .TABLE(STARTS)
      ) search (
          .clk(clk),
          .ce(ce),
          .x(x),
          .row(ROWS == 1 ? {ROW_BITS{1'b0}} : ROW_BITS'(fold)),
          .count(count),
          .count_row(row)
      );
      wire [ADDR_BITS-1:0] address;
      if (ROWS > 1) begin : g_rows
        assign address = {row, count};
      end else begin : g_row
        assign address = count;
        wire unused = &{1'b0, row};
      end
      mr_table #(
          .WIDTH(OUT_BITS),
          .SIZE(CHANNELS * (COUNT + 1)),
          .ROWS(ROWS),
          .NODES(1 << LEVELS),
          .USED(COUNT + 1),
          .OFFSET(SHARED != 0 ? 0 : p * (COUNT + 1)),
          .ROW_STEP(PE * (COUNT + 1)),
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
