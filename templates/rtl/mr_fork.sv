// SPDX-License-Identifier: Apache-2.0
//
// Every word to each of WAYS outputs (bit i of out_valid and out_ready is output i; all see
// out_data).
//
//   WIDTH  bits of a word
//   WAYS   2 or more
//
// Schedule: one word a cycle. Latency 0: it stands between FIFOs, which hold the word.
//
// An output that has taken the word is `done` and sees no more of it until the others have, so no
// output waits for another and none takes a word twice; the input word is released in the cycle in
// which the last output takes it. valid never depends on ready.
module mr_fork #(
    parameter WIDTH = 8,
    parameter WAYS = 2
) (
    input logic clk,
    input logic rst,
    input logic [WIDTH-1:0] in_data,
    input logic in_valid,
    output logic in_ready,
    output logic [WIDTH-1:0] out_data,
    output logic [WAYS-1:0] out_valid,
    input logic [WAYS-1:0] out_ready
);
  logic [WAYS-1:0] done;

  assign in_ready = &(done | out_ready);
  assign out_valid = {WAYS{in_valid}} & ~done;
  assign out_data = in_data;
  always_ff @(posedge clk) begin
    if (rst) done <= '0;
    else if (in_valid) done <= in_ready ? '0 : done | out_ready;
  end
endmodule
