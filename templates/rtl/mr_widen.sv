// SPDX-License-Identifier: Apache-2.0
//
// mr_width_converter for wider output words that are no multiple of the input words: the same
// parameters, schedule and latency, for 1 < IN < OUT (chunks, see there).
//
// The output word stands in a register of OUT chunks and is filled from below: an input word is
// rotated so that each of its chunks comes to the place of its position modulo IN, and those chunks
// of the register that begin at `base` take it. So a bit costs no multiplexer in the wide register,
// only in the narrow rotation. What an input word has beyond the output word goes to IN - 1 chunks
// behind the register and moves to its front when the word leaves. All of it happens in the cycle
// that takes the input word.
module mr_widen #(
    parameter BITS = 8,
    parameter IN_LANES = 2,
    parameter OUT_LANES = 3,
    parameter ELEMENTS = 0,
    parameter CHUNK_LANES = 1
) (
    input logic clk,
    input logic rst,
    input logic [IN_LANES*BITS-1:0] in_data,
    input logic in_valid,
    output logic in_ready,
    output logic [OUT_LANES*BITS-1:0] out_data,
    output logic out_valid,
    input logic out_ready
);
  localparam integer CHUNK = CHUNK_LANES * BITS;
  localparam integer IN = IN_LANES / CHUNK_LANES;
  localparam integer OUT = OUT_LANES / CHUNK_LANES;
  localparam integer SLOTS = OUT + IN - 1;
  localparam integer BW = $clog2(SLOTS + 1);
  localparam integer TW = $clog2(IN);
  localparam integer IN_STEP = IN;
  localparam integer BACK = OUT - IN;       // a word that fills the register sets `base` back
  localparam integer TURN_BACK = OUT % IN;  // and its remainder modulo IN
  localparam integer TURN_FORTH = IN - TURN_BACK;

  // Frames that do not fill their last word begin again at the front.
  localparam integer FRAMED =
      ELEMENTS != 0 && (ELEMENTS % IN_LANES != 0 || ELEMENTS % OUT_LANES != 0) ? 1 : 0;
  localparam integer FLUSHES = FRAMED != 0 && ELEMENTS % OUT_LANES != 0 ? 1 : 0;
  localparam integer IN_WORDS = FRAMED != 0 ? (ELEMENTS + IN_LANES - 1) / IN_LANES : 1;
  localparam integer REST = FLUSHES != 0 ? ELEMENTS % OUT_LANES / CHUNK_LANES : OUT;
  // Whether the last input word of a frame with a rest also completes the word before the rest.
  localparam integer TWO_AT_LAST = FLUSHES != 0 && REST < IN && ELEMENTS > OUT_LANES ? 1 : 0;

  logic [BW-1:0] base;  // where the next input word begins
  logic [TW-1:0] turn;  // that modulo IN
  logic fills;          // it will reach the register's end
  logic last;           // it is its frame's last
  logic takes;
  logic sends;
  logic rest_waits;  // behind the word that is offered there is the frame's rest
  logic is_rest;     // the word that is offered is the frame's rest
  logic [IN*CHUNK-1:0] rotated;
  wire unused = &{1'b0, is_rest};  // where there is no rest

  assign in_ready = !out_valid || (out_ready && !rest_waits);
  assign takes = in_valid && in_ready;
  assign sends = out_valid && out_ready;
  assign fills = base >= BACK[BW-1:0];
  always_ff @(posedge clk) begin
    if (rst) begin
      base <= '0;
      turn <= '0;
      out_valid <= 1'b0;
      rest_waits <= 1'b0;
      is_rest <= 1'b0;
    end else begin
      if (takes) begin
        base <= last ? '0 : fills ? base - BACK[BW-1:0] : base + IN_STEP[BW-1:0];
        if (last) turn <= '0;
        else if (fills && turn >= TURN_BACK[TW-1:0]) turn <= turn - TURN_BACK[TW-1:0];
        else if (fills) turn <= turn + TURN_FORTH[TW-1:0];
        out_valid <= fills || (FLUSHES != 0 && last);
        rest_waits <= TWO_AT_LAST != 0 && last;
        is_rest <= FLUSHES != 0 && TWO_AT_LAST == 0 && last;
      end else if (sends) begin
        out_valid <= rest_waits;
        rest_waits <= 1'b0;
        is_rest <= rest_waits;
      end
    end
  end

  genvar i;
  genvar k;
  generate
    if (FRAMED != 0 && IN_WORDS > 1) begin : g_frame
      localparam integer CW = $clog2(IN_WORDS);
      localparam integer LAST_WORD = IN_WORDS - 1;
      logic [CW-1:0] count;
      assign last = count == LAST_WORD[CW-1:0];
      always_ff @(posedge clk) begin
        if (rst) count <= '0;
        else if (takes) count <= last ? '0 : count + 1'b1;
      end
    end else begin : g_no_frame
      assign last = FRAMED != 0;
    end

    for (i = 0; i < IN; i = i + 1) begin : g_rotation
      // For each turn the chunk that comes to place i.
      logic [IN*CHUNK-1:0] choices;
      for (k = 0; k < IN; k = k + 1) begin : g_choice
        assign choices[k*CHUNK+:CHUNK] = in_data[((i+IN-k)%IN)*CHUNK+:CHUNK];
      end
      mr_select #(
          .WIDTH(CHUNK),
          .CHOICES(IN)
      ) select (
          .in_data(choices),
          .index(turn),
          .out_data(rotated[i*CHUNK+:CHUNK])
      );
    end

    for (i = 0; i < SLOTS; i = i + 1) begin : g_slot
      logic [CHUNK-1:0] chunk;
      logic [IN-1:0] from;  // the input word begins k chunks before this one
      for (k = 0; k < IN; k = k + 1) begin : g_from
        localparam integer BEGIN = i - k;
        if (BEGIN >= 0 && BEGIN < OUT) begin : g_possible
          assign from[k] = base == BEGIN[BW-1:0];
        end else begin : g_impossible
          assign from[k] = 1'b0;
        end
      end
      if (i < IN - 1) begin : g_front
        always_ff @(posedge clk) begin
          if (takes && |from) chunk <= rotated[(i%IN)*CHUNK+:CHUNK];
          else if (sends) chunk <= g_slot[OUT+i].chunk;
        end
      end else begin : g_behind
        always_ff @(posedge clk) if (takes && |from) chunk <= rotated[(i%IN)*CHUNK+:CHUNK];
      end
      if (i < OUT) begin : g_out
        if (i < REST) begin : g_always
          assign out_data[i*CHUNK+:CHUNK] = chunk;
        end else begin : g_not_in_rest
          assign out_data[i*CHUNK+:CHUNK] = is_rest ? '0 : chunk;
        end
      end
    end
  endgenerate
endmodule
