// SPDX-License-Identifier: Apache-2.0
//
// Indices (and values) of the K largest or smallest of the N elements of a vector, best in lane 0.
//
// Parameters: N elements of a vector (>= 1), K (1 to N), PE input lanes (divides N), BITS, ENC of an
// element (0 unsigned, 1 signed, 2 bipolar); INDEX_BITS (N - 1 fits); LARGEST 1 or 0; LAST_INDEX 1:
// of equal elements the one with the higher index is better, 0: with the lower.
// Ports: out0, a word of K indices; out1, a word of K elements (VALUES 1; else never valid).
//
// Schedule: an element a cycle; an input word is read with its first element, the output words leave
// after a vector's last. Latency from the cycle that handles the last element: 1; a word's first
// element is handled one cycle after the word is read.
//
// The K best so far are kept in order. A new element goes before those it is better than; these are
// the last ones, so each place keeps its own, takes the new one, or takes that of the place before,
// which depends on two comparisons. Places that are not yet filled lose against every element.
//
// Handshake: the places are also the output registers. They change in cycles with ce = no finished
// word of either output waits; each output's valid falls when its word is taken. in_ready: ce, and no
// word is held or its last element is handled in this cycle.
module mr_top_k #(
    parameter N = 8,
    parameter K = 2,
    parameter PE = 2,
    parameter BITS = 8,
    parameter ENC = 1,
    parameter INDEX_BITS = 3,
    parameter LARGEST = 1,
    parameter LAST_INDEX = 0,
    parameter VALUES = 0
) (
    input logic clk,
    input logic rst,
    input logic [PE*BITS-1:0] in_data,
    input logic in_valid,
    output logic in_ready,
    output logic [K*INDEX_BITS-1:0] out0_data,
    output logic out0_valid,
    input logic out0_ready,
    output logic [K*BITS-1:0] out1_data,
    output logic out1_valid,
    input logic out1_ready
);
  wire ce = (!out0_valid || out0_ready) && (!out1_valid || out1_ready);

  // ---- the word that is handled
  logic held;
  logic [PE*BITS-1:0] word;
  localparam LANE_BITS = (PE > 1) ? $clog2(PE) : 1;
  wire [LANE_BITS-1:0] lane;
  wire step = ce && held;
  mr_fold_counter #(
      .FOLDS(PE)
  ) lanes (
      .clk (clk),
      .rst (rst),
      .next(step),
      .fold(lane)
  );
  assign in_ready = ce && (!held || lane == LANE_BITS'(PE - 1));
  always_ff @(posedge clk)
    if (rst) held <= 1'b0;
    else if (in_ready) held <= in_valid;
  generate
    if (PE > 1) begin : g_shift
      // The element that is handled is the lowest.
      always_ff @(posedge clk)
        if (in_ready) word <= in_data;
        else if (step) word <= {{BITS{1'b0}}, word[PE*BITS-1:BITS]};
    end else begin : g_load
      always_ff @(posedge clk) if (in_ready) word <= in_data;
    end
  endgenerate
  localparam COUNT_BITS = (N > 1) ? $clog2(N) : 1;
  wire [COUNT_BITS-1:0] index;
  mr_fold_counter #(
      .FOLDS(N)
  ) indices (
      .clk (clk),
      .rst (rst),
      .next(step),
      .fold(index)
  );
  wire first = index == '0;
  wire last = index == COUNT_BITS'(N - 1);
  wire [BITS-1:0] x = word[BITS-1:0];

  // ---- the places
  logic [K-1:0] filled;
  wire [K-1:0] better;
  genvar i;
  generate
    for (i = 0; i < K; i = i + 1) begin : g_place
      wire [BITS-1:0] value = out1_data[i*BITS+:BITS];
      wire above = (ENC == 1) ? $signed(x) > $signed(value) : x > value;
      wire below = (ENC == 1) ? $signed(x) < $signed(value) : x < value;
      wire wins = (LAST_INDEX != 0) ? (LARGEST != 0 ? !below : !above) : (LARGEST != 0 ? above : below);
      assign better[i] = wins || first || !filled[i];
      if (i == 0) begin : g_best
        always_ff @(posedge clk)
          if (step && better[i]) begin
            out1_data[i*BITS+:BITS] <= x;
            out0_data[i*INDEX_BITS+:INDEX_BITS] <= INDEX_BITS'(index);
          end
        always_ff @(posedge clk)
          if (rst) filled[i] <= 1'b0;
          else if (step) filled[i] <= 1'b1;
      end else begin : g_next
        // A vector's first element fills place 0 only.
        wire pushed = better[i-1] && !first;
        always_ff @(posedge clk)
          if (step && better[i]) begin
            out1_data[i*BITS+:BITS] <= pushed ? out1_data[(i-1)*BITS+:BITS] : x;
            out0_data[i*INDEX_BITS+:INDEX_BITS] <=
                pushed ? out0_data[(i-1)*INDEX_BITS+:INDEX_BITS] : INDEX_BITS'(index);
          end
        always_ff @(posedge clk)
          if (rst) filled[i] <= 1'b0;
          else if (step) filled[i] <= !first && (filled[i] || filled[i-1]);
      end
    end
  endgenerate
  always_ff @(posedge clk)
    if (rst) out0_valid <= 1'b0;
    else if (ce) out0_valid <= held && last;
    else if (out0_ready) out0_valid <= 1'b0;
  always_ff @(posedge clk)
    if (rst) out1_valid <= 1'b0;
    else if (ce) out1_valid <= VALUES != 0 && held && last;
    else if (out1_ready) out1_valid <= 1'b0;
endmodule
