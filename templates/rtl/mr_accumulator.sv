// SPDX-License-Identifier: Apache-2.0
//
// Sums runs of numbers: sum = INITIAL + the numbers of a run, modulo 2^BITS.
//
// Parameters: IN_BITS (<= BITS) of a number, SIGNED (1: two's complement), BITS of the sum,
// INITIAL (64 bits; 0 for longer sums), SINGLE (1: each run is one number, so nothing is fed back).
// Ports: in_valid and in_last (the run ends with this number; only with in_valid); out_valid in the
// cycle in which sum is that of a finished run.
//
// Schedule: a number every cycle with ce. Latency: 1 cycle with ce; the sum stays until the next
// number comes, so a unit that withholds ce while a finished sum waits keeps it. The feedback is
// masked (not a choice between two sums), which takes one LUT a bit and packs into DSP blocks.
module mr_accumulator #(
    parameter IN_BITS = 4,
    parameter SIGNED = 1,
    parameter BITS = 8,
    parameter [63:0] INITIAL = 64'd0,
    parameter SINGLE = 0
) (
    input logic clk,
    input logic rst,
    input logic ce,
    input logic in_valid,
    input logic in_last,
    input logic [IN_BITS-1:0] number,
    output logic out_valid,
    output logic [BITS-1:0] sum
);
  wire [BITS-1:0] addend;
  wire [BITS-1:0] start = BITS'(INITIAL);
  generate
    if (IN_BITS == BITS) begin : g_same
      assign addend = number;
    end else begin : g_wide
      assign addend = {{(BITS - IN_BITS) {(SIGNED != 0) & number[IN_BITS-1]}}, number};
    end
    if (SINGLE != 0) begin : g_single
      always_ff @(posedge clk) if (ce && in_valid) sum <= addend + start;
    end else begin : g_run
      logic first;
      wire [BITS-1:0] held = (start & {BITS{first}}) | (sum & {BITS{!first}});
      always_ff @(posedge clk) if (ce && in_valid) sum <= addend + held;
      always_ff @(posedge clk)
        if (rst) first <= 1'b1;
        else if (ce && in_valid) first <= in_last;
    end
  endgenerate
  always_ff @(posedge clk)
    if (rst) out_valid <= 1'b0;
    else if (ce) out_valid <= in_valid && in_last;
endmodule
