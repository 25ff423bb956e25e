// SPDX-License-Identifier: Apache-2.0
//
// For each vector the words of the first input, then those of the second, ...: the concatenation
// along the last axis. Elements are given to the output encoding, which holds them all.
//
//   INPUTS             2 or more
//   LANES              elements of a word, on all streams
//   IN_WIDTH           bits of in_data: LANES times the sum of the inputs' bits; input 0 is lowest
//   WORDS              words of input i in a vector (1 or more) in bits [32*i +: 32]
//   BITS, ENCS         bits and encoding (0 unsigned, 1 signed, 2 bipolar) of input i, likewise
//   OUT_BITS, OUT_ENC  encoding of outputs
//
// Bit i of in_valid and in_ready is input i. Schedule: one word a cycle. Latency 0: it stands
// between FIFOs. Only the input whose turn it is is looked at; out_valid does not depend on
// out_ready.
module mr_concat #(
    parameter INPUTS = 2,
    parameter LANES = 1,
    parameter IN_WIDTH = 16,
    parameter [32*INPUTS-1:0] WORDS = {32'd3, 32'd2},
    parameter [32*INPUTS-1:0] BITS = {32'd8, 32'd8},
    parameter [32*INPUTS-1:0] ENCS = {32'd0, 32'd1},
    parameter OUT_BITS = 9,
    parameter OUT_ENC = 1
) (
    input logic clk,
    input logic rst,
    input logic [IN_WIDTH-1:0] in_data,
    input logic [INPUTS-1:0] in_valid,
    output logic [INPUTS-1:0] in_ready,
    output logic [LANES*OUT_BITS-1:0] out_data,
    output logic out_valid,
    input logic out_ready
);
  // The first bit of input i's word.
  function integer first_bit(input integer index);
    integer k;
    begin
      first_bit = 0;
      for (k = 0; k < index; k = k + 1) first_bit = first_bit + LANES * BITS[32*k+:32];
    end
  endfunction
  function integer most_words(input integer least);
    integer k;
    begin
      most_words = least;
      for (k = 0; k < INPUTS; k = k + 1)
        if (WORDS[32*k+:32] > most_words) most_words = WORDS[32*k+:32];
    end
  endfunction
  localparam integer CW = $clog2(most_words(2));

  logic [INPUTS-1:0] turn;  // one-hot
  logic [CW-1:0] count;     // words of the input that are sent
  logic [INPUTS-1:0] ends;  // it is input i's turn, and its last word's
  logic sends;

  assign out_valid = |(in_valid & turn);
  assign in_ready = turn & {INPUTS{out_ready}};
  assign sends = out_valid && out_ready;
  always_ff @(posedge clk) begin
    if (rst) begin
      turn <= {{(INPUTS - 1) {1'b0}}, 1'b1};
      count <= '0;
    end else if (sends) begin
      if (|ends) turn <= {turn[INPUTS-2:0], turn[INPUTS-1]};
      count <= |ends ? '0 : count + 1'b1;
    end
  end

  genvar i;
  generate
    for (i = 0; i < INPUTS; i = i + 1) begin : g_input
      localparam integer LAST = WORDS[32*i+:32] - 1;
      logic [LANES*OUT_BITS-1:0] number;
      logic [LANES*OUT_BITS-1:0] chosen;  // of this input and those before it
      assign ends[i] = turn[i] && count == LAST[CW-1:0];
      mr_encode #(
          .LANES(LANES),
          .IN_BITS(BITS[32*i+:32]),
          .IN_ENC(ENCS[32*i+:32]),
          .OUT_BITS(OUT_BITS),
          .OUT_ENC(OUT_ENC)
      ) encode (
          .in_data(in_data[first_bit(i)+:LANES*BITS[32*i+:32]]),
          .out_data(number)
      );
      if (i == 0) begin : g_first
        assign chosen = number;
      end else begin : g_other
        assign chosen = turn[i] ? number : g_input[i-1].chosen;
      end
    end
  endgenerate
  assign out_data = g_input[INPUTS-1].chosen;
endmodule
