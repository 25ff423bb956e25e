// SPDX-License-Identifier: Apache-2.0
//
// y = base[c] + step[c] * #{i : x >= thresholds[c][i]}, step +1 or -1, c the channel.
//
// Parameters: PE lanes; FOLDS words of a vector, so lane p of word f has channel f * PE + p; IN_BITS,
// IN_ENC, OUT_BITS, OUT_ENC (0 unsigned, 1 signed, 2 bipolar; into bipolar, y >= 0 becomes +1);
// COUNT thresholds of a channel (>= 1), T_BITS and T_SIGNED their format (never reached: more than
// any x).
//   SHARED      1: one row of thresholds for all channels.
//   THRESHOLDS  ascending; threshold i of channel c in bits [(c * COUNT + i) * T_BITS +: T_BITS].
//   BASE_BITS   0: BASE is one number of 32 bits and every step is +1. Else a channel's base (two's
//               complement) is BASE[c * BASE_BITS +: BASE_BITS] and its step -1 where FALLING[c].
//   STYLE       of the thresholds' memories (mr_table).
//
// Schedule: a word a cycle. Latency: mr_search's, 1 cycle a level for up to 16 thresholds in a
// memory, 2 above.
// Handshake: all stages move in cycles with ce = the output word is absent or taken; in_ready = ce.
// Valid bits travel with the words, so words leave while the input is empty, and none is lost.
module mr_function_thresholds #(
    parameter PE = 2,
    parameter FOLDS = 2,
    parameter IN_BITS = 8,
    parameter IN_ENC = 1,
    parameter OUT_BITS = 2,
    parameter OUT_ENC = 0,
    parameter COUNT = 3,
    parameter T_BITS = 8,
    parameter T_SIGNED = 1,
    parameter SHARED = 0,
    parameter [(SHARED != 0 ? 1 : PE*FOLDS)*COUNT*T_BITS-1:0] THRESHOLDS = '0,
    parameter BASE_BITS = 0,
    parameter [(BASE_BITS > 0 ? PE*FOLDS*BASE_BITS : 32)-1:0] BASE = '0,
    parameter [PE*FOLDS-1:0] FALLING = '0,
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
  localparam SIZE = (SHARED != 0 ? 1 : PE * FOLDS) * COUNT;
  localparam FOLD_BITS = (FOLDS > 1) ? $clog2(FOLDS) : 1;
  localparam ROW_BITS = (ROWS > 1) ? $clog2(ROWS) : 1;
  // Cycles of the search.
  function automatic integer stages(input integer from);
    integer j;
    begin
      stages = 0;
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
  logic [STAGES-1:0] valid;
  always_ff @(posedge clk)
    if (rst) valid <= '0;
    else if (ce) valid <= STAGES'({valid, in_valid});
  assign out_valid = valid[STAGES-1];

  // The fold one stage before the result, where its base and step are read.
  wire [FOLD_BITS-1:0] late_fold;
  generate
    if (BASE_BITS > 0 && FOLDS > 1 && STAGES > 1) begin : g_fold
      logic [(STAGES-1)*FOLD_BITS-1:0] folds;
      always_ff @(posedge clk) if (ce) folds <= ((STAGES - 1) * FOLD_BITS)'({folds, fold});
      assign late_fold = folds[(STAGES-2)*FOLD_BITS+:FOLD_BITS];
    end else begin : g_now
      assign late_fold = fold;
    end
  endgenerate

  localparam X_BITS = (IN_ENC == 2) ? 2 : IN_BITS;
  localparam Y_BITS = ((BASE_BITS == 0 ? 32 : BASE_BITS) > LEVELS + 1 ?
                       (BASE_BITS == 0 ? 32 : BASE_BITS) : LEVELS + 1) + 1;
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
      wire [ROW_BITS-1:0] count_row;
      wire unused_row = &{1'b0, count_row};
      mr_search #(
          .X_BITS(X_BITS),
          .X_SIGNED(IN_ENC != 0 ? 1 : 0),
          .T_BITS(T_BITS),
          .T_SIGNED(T_SIGNED),
          .COUNT(COUNT),
          .ROWS(ROWS),
          .OFFSET(SHARED != 0 ? 0 : p * COUNT),
          .ROW_STEP(PE * COUNT),
          .SIZE(SIZE),
          .STYLE(STYLE),
          .TABLE(THRESHOLDS)
      ) search (
          .clk(clk),
          .ce(ce),
          .x(x),
          .row(ROWS == 1 ? {ROW_BITS{1'b0}} : ROW_BITS'(fold)),
          .count(count),
          .count_row(count_row)
      );

      wire [Y_BITS-1:0] wide_count = {{(Y_BITS - LEVELS) {1'b0}}, count};
      wire [Y_BITS-1:0] y;
      if (BASE_BITS == 0) begin : g_plain
        assign y = wide_count + {BASE[31], BASE[31:0]};
      end else begin : g_channels
        wire falling;
        wire [BASE_BITS-1:0] base;
        mr_table #(
            .WIDTH(BASE_BITS),
            .SIZE(PE * FOLDS),
            .ROWS(FOLDS),
            .NODES(1),
            .OFFSET(p),
            .ROW_STEP(PE),
            .STYLE(1),
            .READ_LATENCY(1),
            .CONTENTS(BASE)
        ) bases (
            .clk(clk),
            .ce(ce),
            .addr(late_fold),
            .data(base)
        );
        mr_table #(
            .WIDTH(1),
            .SIZE(PE * FOLDS),
            .ROWS(FOLDS),
            .NODES(1),
            .OFFSET(p),
            .ROW_STEP(PE),
            .STYLE(1),
            .READ_LATENCY(1),
            .CONTENTS(FALLING)
        ) steps (
            .clk(clk),
            .ce(ce),
            .addr(late_fold),
            .data(falling)
        );
        wire [Y_BITS-1:0] wide_base = {{(Y_BITS - BASE_BITS) {base[BASE_BITS-1]}}, base};
        assign y = falling ? wide_base - wide_count : wide_base + wide_count;
      end
      if (OUT_ENC == 2) begin : g_sign
        assign out_data[p] = !y[Y_BITS-1];
      end else if (OUT_BITS > Y_BITS) begin : g_wide
        assign out_data[p*OUT_BITS+:OUT_BITS] = {{(OUT_BITS - Y_BITS) {y[Y_BITS-1]}}, y};
      end else begin : g_value
        assign out_data[p*OUT_BITS+:OUT_BITS] = y[OUT_BITS-1:0];
      end
      wire unused = &{1'b0, y};
    end
  endgenerate
  wire unused_fold = &{1'b0, fold, late_fold};
endmodule
