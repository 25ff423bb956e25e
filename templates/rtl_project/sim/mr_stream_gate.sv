// SPDX-License-Identifier: Apache-2.0
//
// Between a memory mover and the network in simulations (MILLRACE_PROBES): shows when a word moves,
// and lets no word through in cycles with `stall`, so that the network starves and jams whatever
// the movers hold in their buffers. What is offered stays offered: a word that waits for ready is
// not stalled any more. Combinational but for that; without stall it is a wire.
module mr_stream_gate #(
    parameter WIDTH = 8
) (
    input logic clk,
    input logic rst,
    input logic stall,
    output logic moves,
    input logic [WIDTH-1:0] in_data,
    input logic in_valid,
    output logic in_ready,
    output logic [WIDTH-1:0] out_data,
    output logic out_valid,
    input logic out_ready
);
  logic waits;
  logic open;
  assign open = !stall || waits;
  assign out_data = in_data;
  assign out_valid = in_valid && open;
  assign in_ready = out_ready && open;
  assign moves = out_valid && out_ready;
  always_ff @(posedge clk) waits <= !rst && out_valid && !out_ready;
endmodule
