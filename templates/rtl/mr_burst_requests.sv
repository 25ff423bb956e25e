// SPDX-License-Identifier: Apache-2.0
//
// Cuts a batch of frames that lie one behind the other in memory into AXI4 bursts. Part of the
// memory movers.
//
//   MEM_BITS  bits of a memory word, 64 to 512
//   WORDS     memory words of a frame, 1 or more
//   BURST     words of a burst, a power of two from 2 to 256, at most 4 KiB
//
// A job is `address` of the first frame (bits below a memory word are ignored) and `frames`, a
// signed number: none if it is 0 or below. All frames together have less than 2^31 words. Both must
// stay while `start` waits for `start_ready`. `idle` until a job is taken and after its last
// request.
//
// A burst ends where its number of words is a multiple of BURST words from address 0, or with the
// last frame; so it never crosses 4 KiB. request_length is the number of words less one, as AXI4
// has it. Requests follow each other every two cycles; a job's first comes log2(WORDS) + 3 cycles
// after its start, as frames * WORDS is added up bit by bit.
module mr_burst_requests #(
    parameter MEM_BITS = 64,
    parameter WORDS = 98,
    parameter BURST = 64
) (
    input logic clk,
    input logic rst,
    input logic start,
    output logic start_ready,
    input logic [63:0] address,
    input logic [31:0] frames,
    output logic idle,
    output logic request_valid,
    input logic request_ready,
    output logic [63:0] request_address,
    output logic [$clog2(BURST)-1:0] request_length
);
  localparam integer BYTE_BITS = $clog2(MEM_BITS / 8);
  localparam integer BURST_BITS = $clog2(BURST);
  localparam integer LOW = BYTE_BITS + BURST_BITS;
  localparam integer FACTOR_BITS = $clog2(WORDS + 1);
  localparam integer LEFT_BITS = 31;
  localparam [FACTOR_BITS-1:0] FACTOR = WORDS[FACTOR_BITS-1:0];
  localparam integer STEP_BITS = FACTOR_BITS > 1 ? $clog2(FACTOR_BITS) : 1;
  localparam integer FIRST_STEP = FACTOR_BITS - 1;

  wire unused = &{1'b0, address[BYTE_BITS-1:0]};

  logic multiplies;
  logic prepares;
  logic [LEFT_BITS-1:0] left;       // words without a request
  logic [STEP_BITS-1:0] step;       // bit of FACTOR that is due
  logic [FACTOR_BITS-1:0] factor;   // that bit and those below it, in the highest bits
  logic [BURST_BITS-1:0] to_end;    // words to the end of a burst from here, less one
  logic more;                       // there are at least that many and one

  assign idle = !multiplies && !prepares && !request_valid;
  assign start_ready = multiplies && step == '0;
  assign to_end = ~request_address[LOW-1:BYTE_BITS];
  assign more = |left[LEFT_BITS-1:BURST_BITS] || left[BURST_BITS-1:0] > to_end;

  always_ff @(posedge clk) begin
    if (idle) begin
      left <= '0;
      factor <= FACTOR;
      step <= FIRST_STEP[STEP_BITS-1:0];
    end else if (multiplies) begin
      left <= {left[LEFT_BITS-2:0], 1'b0} +
          (factor[FACTOR_BITS-1] && !frames[31] ? frames[30:0] : '0);
      factor <= factor << 1;
      step <= step - 1'b1;
      request_address <= {address[63:BYTE_BITS], {BYTE_BITS{1'b0}}};
    end else if (prepares) begin
      request_length <= more ? to_end : left[BURST_BITS-1:0] - 1'b1;
    end else if (request_valid && request_ready) begin
      left <= left - {{(LEFT_BITS - BURST_BITS) {1'b0}}, request_length} - 1'b1;
      // More words only follow a burst that went to its end.
      request_address <= {request_address[63:LOW] + 1'b1, {LOW{1'b0}}};
    end
    if (rst) begin
      multiplies <= 1'b0;
      prepares <= 1'b0;
      request_valid <= 1'b0;
    end else begin
      multiplies <= (idle && start) || (multiplies && !start_ready);
      prepares <= start_ready || (request_valid && request_ready);
      request_valid <= (prepares && left != '0) || (request_valid && !request_ready);
    end
  end
endmodule
