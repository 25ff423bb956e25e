// SPDX-License-Identifier: Apache-2.0
//
// How many of the COUNT ascending thresholds of a row are <= x, by binary search, a level a stage.
//
// Parameters: X_BITS, X_SIGNED and T_BITS, T_SIGNED, the number's and the thresholds' formats; COUNT
// (>= 1) thresholds of a row, ROWS (>= 1) rows; STYLE of the memories (mr_table); TABLE of SIZE
// thresholds, of which number OFFSET + r * ROW_STEP + i is threshold i of row r.
// Ports: x with its row; count with the same row some cycles later.
//
// Level j reads one of 2^j thresholds of the row, at the address made of the outcomes so far, and
// appends its outcome; in the end the outcomes are the count: node i of level j is threshold
// (2 i + 1) * 2^(LEVELS-1-j) - 1. Nodes behind the last threshold compare false.
//
// Schedule: a number every cycle with ce. Latency in cycles with ce: 1 for each level whose memory
// has at most 16 words (a LUT compares a bit with any of them), 2 for larger ones. LEVELS is $clog2(COUNT + 1).
// Without ce nothing moves.
module mr_search #(
    parameter X_BITS = 8,
    parameter X_SIGNED = 1,
    parameter T_BITS = 8,
    parameter T_SIGNED = 1,
    parameter COUNT = 3,
    parameter ROWS = 2,
    parameter OFFSET = 0,
    parameter ROW_STEP = COUNT,
    parameter SIZE = ROWS * COUNT,
    parameter STYLE = 0,
    parameter [SIZE*T_BITS-1:0] TABLE = '0,
    localparam LEVELS = $clog2(COUNT + 1),
    localparam ROW_BITS = (ROWS > 1) ? $clog2(ROWS) : 1
) (
    input logic clk,
    input logic ce,
    input logic [X_BITS-1:0] x,
    input logic [ROW_BITS-1:0] row,
    output logic [LEVELS-1:0] count,
    output logic [ROW_BITS-1:0] count_row
);
  // Both sides as numbers of one width; signed unless neither is.
  localparam SIGNED = X_SIGNED != 0 || T_SIGNED != 0;
  localparam XS = X_BITS + ((SIGNED && X_SIGNED == 0) ? 1 : 0);
  localparam TS = T_BITS + ((SIGNED && T_SIGNED == 0) ? 1 : 0);
  localparam W0 = (XS > TS) ? XS : TS;
  localparam W = (W0 > 1) ? W0 : 2;

  genvar j;
  generate
    for (j = 0; j <= LEVELS; j = j + 1) begin : g_level
      // What stands before level j.
      logic [X_BITS-1:0] lx;
      logic [ROW_BITS-1:0] lrow;
      logic [LEVELS-1:0] found;  // outcomes so far in the lowest j bits
      if (j == 0) begin : g_in
        assign lx = x;
        assign lrow = row;
        assign found = '0;
      end else begin : g_compare
        localparam NODES = 1 << (j - 1);
        localparam STEP = 1 << (LEVELS - j);
        localparam THERE = (COUNT / STEP + 1) / 2;  // nodes with a threshold
        localparam DEPTH = ROWS * NODES;
        localparam DELAY = (DEPTH > 16) ? 1 : 0;
        localparam A = (DEPTH > 1) ? $clog2(DEPTH) : 1;
        wire [A-1:0] address;
        if (ROWS == 1 && NODES == 1) begin : g_single
          assign address = '0;
        end else if (NODES == 1) begin : g_rows
          assign address = g_level[j-1].lrow;
        end else if (ROWS == 1) begin : g_nodes
          assign address = g_level[j-1].found[A-1:0];
        end else begin : g_both
          assign address = {g_level[j-1].lrow, g_level[j-1].found[j-2:0]};
        end
        wire [T_BITS-1:0] threshold;
        mr_table #(
            .WIDTH(T_BITS),
            .SIZE(SIZE),
            .ROWS(ROWS),
            .NODES(NODES),
            .USED(THERE),
            .OFFSET(OFFSET + STEP - 1),
            .ROW_STEP(ROW_STEP),
            .NODE_STEP(2 * STEP),
            .STYLE(STYLE),
            .READ_LATENCY(DELAY),
            .CONTENTS(TABLE)
        ) memory (
            .clk(clk),
            .ce(ce),
            .addr(address),
            .data(threshold)
        );
        logic [X_BITS-1:0] cx;
        logic [ROW_BITS-1:0] crow;
        logic [LEVELS-1:0] cfound;
        if (DELAY != 0) begin : g_wait
          always_ff @(posedge clk)
            if (ce) begin
              cx <= g_level[j-1].lx;
              crow <= g_level[j-1].lrow;
              cfound <= g_level[j-1].found;
            end
        end else begin : g_now
          assign cx = g_level[j-1].lx;
          assign crow = g_level[j-1].lrow;
          assign cfound = g_level[j-1].found;
        end
        wire [W-1:0] a, b;
        if (W == X_BITS) begin : g_x
          assign a = cx;
        end else begin : g_x_wide
          assign a = {{(W - X_BITS) {(X_SIGNED != 0) & cx[X_BITS-1]}}, cx};
        end
        if (W == T_BITS) begin : g_t
          assign b = threshold;
        end else begin : g_t_wide
          assign b = {{(W - T_BITS) {(T_SIGNED != 0) & threshold[T_BITS-1]}}, threshold};
        end
        // The borrow of a difference, with x as the first operand: carry chains take the first one as
        // it is, and the second one's memory goes into the same LUTs. Signed numbers have each
        // other's sign bits, which is the same as both inverted.
        wire [W-1:0] left = {SIGNED ? b[W-1] : a[W-1], a[W-2:0]};
        wire [W-1:0] right = {SIGNED ? a[W-1] : b[W-1], b[W-2:0]};
        wire [W:0] difference = {1'b1, left} - {1'b0, right};
        wire reached = difference[W];
        wire there;
        if (THERE == NODES) begin : g_full
          assign there = 1'b1;
        end else begin : g_part
          assign there = cfound < LEVELS'(THERE);
        end
        wire [LEVELS:0] longer = {cfound, reached && there};
        wire unused = &{1'b0, longer[LEVELS], difference};
        always_ff @(posedge clk)
          if (ce) begin
            lx <= cx;
            lrow <= crow;
            found <= longer[LEVELS-1:0];
          end
      end
    end
  endgenerate
  assign count = g_level[LEVELS].found;
  assign count_row = g_level[LEVELS].lrow;
  wire unused_x = &{1'b0, g_level[LEVELS].lx};
endmodule
