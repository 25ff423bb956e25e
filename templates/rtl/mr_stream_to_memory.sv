// SPDX-License-Identifier: Apache-2.0
//
// Writes a batch of frames from a stream of words of LANES elements to memory through an AXI4
// master. The layout is mr_memory_to_stream's; containers are filled by sign extension (ENC 1) or
// zeros, and what a frame's last memory word has beyond the frame is zero.
//
//   MEM_BITS     bits of a memory word: 64, 128, 256 or 512
//   BITS, ENC    of an element: 0 unsigned, 1 signed, 2 bipolar
//   LANES        elements of a stream word
//   ELEMENTS     of a frame, a multiple of LANES
//   BURST        words of a burst, a power of two from 2 to 256, at most 4 KiB
//   OUTSTANDING  bursts without a response, 1 or more
//   STYLE        of the buffer of two bursts: 0 automatic, 1 LUT, 2 block RAM, ...
//
// A job is taken in a cycle with start and start_ready; address and frames must stay until then.
// `done` is high for one cycle when the memory has answered all bursts of the job. The AXI4 signals
// that are always the same belong to the top: awsize log2(MEM_BITS / 8), awburst 1 (incrementing),
// wstrb all ones, one id.
//
// Schedule: one word of the narrower side a cycle: a frame takes the cycles of its conversion
// (mr_width_converter) or its memory words, what is more. A burst is only announced when all its
// words are in the buffer, so the bus never waits for the design; the last burst of a job is as
// short as what is left and leaves at once.
module mr_stream_to_memory #(
    parameter MEM_BITS = 64,
    parameter BITS = 8,
    parameter ENC = 0,
    parameter LANES = 1,
    parameter ELEMENTS = 16,
    parameter BURST = 64,
    parameter OUTSTANDING = 2,
    parameter STYLE = 0
) (
    input logic clk,
    input logic rst,
    input logic start,
    output logic start_ready,
    input logic [63:0] address,
    input logic [31:0] frames,
    output logic done,
    output logic [63:0] awaddr,
    output logic [7:0] awlen,
    output logic awvalid,
    input logic awready,
    output logic [MEM_BITS-1:0] wdata,
    output logic wlast,
    output logic wvalid,
    input logic wready,
    input logic bvalid,
    output logic bready,
    input logic [LANES*BITS-1:0] in_data,
    input logic in_valid,
    output logic in_ready
);
  localparam integer CONTAINER = 1 << $clog2(BITS);
  localparam integer MEM_LANES = MEM_BITS / CONTAINER;
  localparam integer WORDS = (ELEMENTS + MEM_LANES - 1) / MEM_LANES;
  localparam integer LW = $clog2(BURST);
  // Two bursts, and the word in the FIFO's output register.
  localparam integer BW = $clog2(2 * BURST + 2);
  localparam integer OW = $clog2(OUTSTANDING + 1);

  logic busy;
  logic requests_start;
  logic requests_idle;
  logic request_valid;
  logic request;
  logic [LW-1:0] length;
  logic [BW-1:0] beats;
  logic [BW-1:0] buffered;  // words in the buffer that are in no burst yet
  logic [OW-1:0] pending;   // bursts without a response
  logic announce_ready;

  assign requests_start = start && !busy;
  assign awvalid = request_valid && announce_ready && buffered > {{(BW - LW) {1'b0}}, length} &&
      pending != OUTSTANDING[OW-1:0];
  assign awlen = {{(8 - LW) {1'b0}}, length};
  assign request = awvalid && awready;
  assign beats = request ? {{(BW - LW) {1'b0}}, length} + 1'b1 : '0;
  assign bready = 1'b1;
  assign done = busy && requests_idle && pending == '0;
  mr_burst_requests #(
      .MEM_BITS(MEM_BITS),
      .WORDS(WORDS),
      .BURST(BURST)
  ) requests (
      .clk(clk),
      .rst(rst),
      .start(requests_start),
      .start_ready(start_ready),
      .address(address),
      .frames(frames),
      .idle(requests_idle),
      .request_valid(request_valid),
      .request_ready(request),
      .request_address(awaddr),
      .request_length(length)
  );

  // Memory words.
  logic [MEM_LANES*BITS-1:0] word;
  logic word_valid;
  logic word_ready;
  logic [MEM_LANES*BITS-1:0] elements;
  logic elements_valid;
  logic elements_ready;
  mr_width_converter #(
      .BITS(BITS),
      .IN_LANES(LANES),
      .OUT_LANES(MEM_LANES),
      .ELEMENTS(ELEMENTS)
  ) converter (
      .clk(clk),
      .rst(rst),
      .in_data(in_data),
      .in_valid(in_valid),
      .in_ready(in_ready),
      .out_data(word),
      .out_valid(word_valid),
      .out_ready(word_ready)
  );
  mr_fifo #(
      .WIDTH(MEM_LANES * BITS),
      .DEPTH(2 * BURST),
      .STYLE(STYLE)
  ) buffer (
      .clk(clk),
      .rst(rst),
      .in_data(word),
      .in_valid(word_valid),
      .in_ready(word_ready),
      .out_data(elements),
      .out_valid(elements_valid),
      .out_ready(elements_ready)
  );
  mr_encode #(
      .LANES(MEM_LANES),
      .IN_BITS(BITS),
      .IN_ENC(ENC == 1 ? 1 : 0),
      .OUT_BITS(CONTAINER),
      .OUT_ENC(ENC == 1 ? 1 : 0)
  ) containers (
      .in_data(elements),
      .out_data(wdata)
  );

  // Lengths of bursts that are announced wait until their words are sent.
  logic [LW-1:0] next_length;
  logic next_valid;
  logic next_ready;
  logic sending;
  logic [LW-1:0] left;  // words of the burst behind the next one
  mr_fifo #(
      .WIDTH(LW),
      .DEPTH(OUTSTANDING)
  ) announced (
      .clk(clk),
      .rst(rst),
      .in_data(length),
      .in_valid(request),
      .in_ready(announce_ready),
      .out_data(next_length),
      .out_valid(next_valid),
      .out_ready(next_ready)
  );
  assign wvalid = sending && elements_valid;
  assign wlast = left == '0;
  assign elements_ready = sending && wready;
  assign next_ready = !sending || (wvalid && wready && wlast);

  always_ff @(posedge clk) begin
    if (next_ready) left <= next_length;
    else if (wvalid && wready) left <= left - 1'b1;
    if (rst) begin
      busy <= 1'b0;
      sending <= 1'b0;
      buffered <= '0;
      pending <= '0;
    end else begin
      busy <= start_ready || (busy && !done);
      if (next_ready) sending <= next_valid;
      buffered <= buffered + {{(BW - 1) {1'b0}}, word_valid && word_ready} - beats;
      if (request != bvalid) pending <= request ? pending + 1'b1 : pending - 1'b1;
    end
  end
endmodule
