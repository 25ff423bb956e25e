// SPDX-License-Identifier: Apache-2.0
//
// Reads a batch of frames from memory through an AXI4 master and sends it as words of LANES
// elements. In memory each element has a container of the next power of two of bits, of which the
// low BITS count; containers are packed from bit 0, a frame is padded to whole memory words, frames
// lie one behind the other.
//
//   MEM_BITS     bits of a memory word: 64, 128, 256 or 512
//   BITS         of an element
//   LANES        elements of a stream word
//   ELEMENTS     of a frame, a multiple of LANES
//   BURST        words of a burst, a power of two from 2 to 256, at most 4 KiB
//   OUTSTANDING  bursts under way, 1 or more
//   STYLE        of the buffer of BURST * OUTSTANDING words: 0 automatic, 1 LUT, 2 block RAM, ...
//
// A job is taken in a cycle with start and start_ready; address and frames must stay until then.
// `done` is high for one cycle when all words of the job have come from memory; jobs follow each
// other without a gap in the stream. The AXI4 signals that are always the same belong to the top:
// arsize log2(MEM_BITS / 8), arburst 1 (incrementing), one id.
//
// Schedule: one word of the narrower side a cycle: a frame takes the cycles of its conversion
// (mr_width_converter) or its memory words, what is more. A burst is only asked for when the buffer
// has room for all of it, so the memory is never kept waiting and a stalled stream holds up nobody
// else on the bus.
module mr_memory_to_stream #(
    parameter MEM_BITS = 64,
    parameter BITS = 8,
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
    output logic [63:0] araddr,
    output logic [7:0] arlen,
    output logic arvalid,
    input logic arready,
    input logic [MEM_BITS-1:0] rdata,
    input logic rvalid,
    output logic rready,
    output logic [LANES*BITS-1:0] out_data,
    output logic out_valid,
    input logic out_ready
);
  localparam integer CONTAINER = 1 << $clog2(BITS);
  localparam integer MEM_LANES = MEM_BITS / CONTAINER;
  localparam integer WORDS = (ELEMENTS + MEM_LANES - 1) / MEM_LANES;
  localparam integer LW = $clog2(BURST);
  localparam integer ROOM = BURST * OUTSTANDING;
  localparam integer RW = $clog2(ROOM + 1) + 1;
  localparam integer SPARE = ROOM - BURST;

  logic busy;
  logic requests_start;
  logic requests_idle;
  logic request_valid;
  logic request;
  logic [LW-1:0] length;
  logic [RW-1:0] beats;
  logic [RW-1:0] spare;    // words of the buffer that are not spoken for, less BURST; signed
  logic [RW-1:0] pending;  // words asked for that have not come
  logic receive;
  logic [MEM_LANES*BITS-1:0] elements;
  logic [MEM_LANES*BITS-1:0] word;
  logic word_valid;
  logic word_ready;

  assign requests_start = start && !busy;
  assign arvalid = request_valid && !spare[RW-1];
  assign arlen = {{(8 - LW) {1'b0}}, length};
  assign request = arvalid && arready;
  assign beats = request ? {{(RW - LW) {1'b0}}, length} + 1'b1 : '0;
  assign receive = rvalid && rready;
  assign done = busy && requests_idle && pending == '0;
  always_ff @(posedge clk) begin
    if (rst) begin
      busy <= 1'b0;
      spare <= SPARE[RW-1:0];
      pending <= '0;
    end else begin
      busy <= start_ready || (busy && !done);
      spare <= spare - beats + {{(RW - 1) {1'b0}}, word_valid && word_ready};
      pending <= pending + beats - {{(RW - 1) {1'b0}}, receive};
    end
  end

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
      .request_address(araddr),
      .request_length(length)
  );

  genvar i;
  generate
    for (i = 0; i < MEM_LANES; i = i + 1) begin : g_lane
      assign elements[i*BITS+:BITS] = rdata[i*CONTAINER+:BITS];
      if (CONTAINER > BITS) begin : g_rest
        wire unused = &{1'b0, rdata[i*CONTAINER+BITS+:CONTAINER-BITS]};
      end
    end
  endgenerate
  mr_fifo #(
      .WIDTH(MEM_LANES * BITS),
      .DEPTH(ROOM),
      .STYLE(STYLE)
  ) buffer (
      .clk(clk),
      .rst(rst),
      .in_data(elements),
      .in_valid(rvalid),
      .in_ready(rready),
      .out_data(word),
      .out_valid(word_valid),
      .out_ready(word_ready)
  );
  mr_width_converter #(
      .BITS(BITS),
      .IN_LANES(MEM_LANES),
      .OUT_LANES(LANES),
      .ELEMENTS(ELEMENTS)
  ) converter (
      .clk(clk),
      .rst(rst),
      .in_data(word),
      .in_valid(word_valid),
      .in_ready(word_ready),
      .out_data(out_data),
      .out_valid(out_valid),
      .out_ready(out_ready)
  );
endmodule
