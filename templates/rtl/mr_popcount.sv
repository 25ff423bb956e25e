// SPDX-License-Identifier: Apache-2.0
//
// How many of N bits are 1: a mr_bit_heap of one column.
//
// Parameters: N bits (>= 1), TAG bits (>= 1) that travel with them and are 0 after reset.
// Schedule: a word every cycle with ce. Latency: mr_bit_heap's; 5 for 64 bits. Without ce nothing
// moves.
module mr_popcount #(
    parameter N = 64,
    parameter TAG = 1,
    localparam OUT_BITS = $clog2(N + 1)
) (
    input logic clk,
    input logic rst,
    input logic ce,
    input logic [TAG-1:0] in_tag,
    input logic [N-1:0] bits,
    output logic [TAG-1:0] out_tag,
    output logic [OUT_BITS-1:0] count
);
  localparam [15:0] HEIGHT = N[15:0];
  mr_bit_heap #(
      .COLUMNS(OUT_BITS),
      .HEIGHTS({{(16 * OUT_BITS - 16) {1'b0}}, HEIGHT}),
      .TOTAL(N),
      .TAG(TAG)
  ) heap (
      .clk(clk),
      .rst(rst),
      .ce(ce),
      .in_tag(in_tag),
      .bits(bits),
      .out_tag(out_tag),
      .sum(count)
  );
endmodule
