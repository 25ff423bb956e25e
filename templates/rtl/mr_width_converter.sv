// SPDX-License-Identifier: Apache-2.0
//
// The same elements in words of another number of lanes, any ratio; with ELEMENTS also where a
// frame does not fill its last word.
//
//   BITS       of an element
//   IN_LANES   elements of an input word
//   OUT_LANES  elements of an output word
//   ELEMENTS   of a frame. 0: frames are whole words on both sides. Else one side at least is whole
//              words; what an input word has beyond the frame is dropped, what an output word has
//              beyond it is zero.
//
// Let G be the greatest common divisor of the lanes and a chunk G elements; IN chunks come in a
// word and OUT leave. The last IN + OUT - 1 chunks that came are kept in a register that shifts by
// a whole input word, without multiplexers. `skip` says how many of them, from the oldest, are
// gone: the next output word begins there. As a word is only taken while fewer than OUT chunks
// remain, `skip` is below IN whenever a word can leave, so one IN-to-1 multiplexer picks it; for
// whole ratios upward (IN = 1) there is none, downward (OUT = 1) the register is an input word.
// Where neither word is a multiple of the other that multiplexer may be large. Then, upward,
// mr_widen does it; downward, the word is picked in two steps: with the register in rows of OUT
// chunks, each place takes its chunk from one of two neighbouring rows, and the row is rotated.
//
// Schedule: one word of the narrower side a cycle; input words are taken when fewer than OUT_LANES
// elements wait. Latency 1: an output word is offered in the cycle after the input word that
// completes it. A frame whose last output word is partly filled is flushed as if it were full; that
// takes a cycle of its own only if the last input word also completes the word before it.
//
// in_ready depends on out_ready where an output word makes room for the input word. A word waits
// in the register until it is taken, nothing is overwritten: it shifts only when what is kept of it
// (OUT - 1 chunks) holds all that remains.
module mr_width_converter #(
    parameter BITS = 8,
    parameter IN_LANES = 2,
    parameter OUT_LANES = 3,
    parameter ELEMENTS = 0
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
  function integer common_divisor(input integer first, input integer second);
    integer a;
    integer b;
    integer rest;
    begin
      a = first;
      b = second;
      while (b != 0) begin
        rest = a % b;
        a = b;
        b = rest;
      end
      common_divisor = a;
    end
  endfunction

  localparam integer G = common_divisor(IN_LANES, OUT_LANES);
  localparam integer CHUNK = G * BITS;
  localparam integer IN = IN_LANES / G;
  localparam integer OUT = OUT_LANES / G;
  localparam integer KEPT = IN + OUT - 1;
  localparam integer SW = $clog2(KEPT + 1);
  localparam integer IN_STEP = IN;
  localparam integer OUT_STEP = OUT;
  localparam integer IN_BITS = IN * CHUNK;
  localparam integer OUT_BITS = OUT * CHUNK;

  localparam integer DROPS = ELEMENTS != 0 && ELEMENTS % IN_LANES != 0 ? 1 : 0;
  localparam integer FLUSHES = ELEMENTS != 0 && ELEMENTS % OUT_LANES != 0 ? 1 : 0;
  // Chunks of the last, partly filled output word.
  localparam integer REST = FLUSHES != 0 ? ELEMENTS % OUT_LANES / G : 1;

  // LUTs for a bit of an N-to-1 multiplexer are about N / 4.
  localparam integer ROWS = (KEPT + OUT - 1) / OUT;
  localparam integer DIRECT_LUTS = OUT * CHUNK * ((IN + 3) / 4);
  localparam integer WIDEN_LUTS = IN * CHUNK * ((IN + 3) / 4) + (IN - 1) * CHUNK + 2 * KEPT;
  localparam integer ROW_LUTS = OUT * CHUNK * ((ROWS + 3) / 4 + (OUT + 3) / 4) + 4 * OUT;
  localparam integer WIDENS = IN > 1 && IN < OUT && WIDEN_LUTS < DIRECT_LUTS ? 1 : 0;
  localparam integer BY_ROWS = OUT > 1 && IN > OUT && ROW_LUTS < DIRECT_LUTS ? 1 : 0;

  generate
    if (WIDENS != 0) begin : g_widen
      mr_widen #(
          .BITS(BITS),
          .IN_LANES(IN_LANES),
          .OUT_LANES(OUT_LANES),
          .ELEMENTS(ELEMENTS),
          .CHUNK_LANES(G)
      ) widen (
          .clk(clk),
          .rst(rst),
          .in_data(in_data),
          .in_valid(in_valid),
          .in_ready(in_ready),
          .out_data(out_data),
          .out_valid(out_valid),
          .out_ready(out_ready)
      );
    end else begin : g_window
      logic [KEPT*CHUNK-1:0] chunks;
      logic [OUT_BITS-1:0] word;
      logic [SW-1:0] skip;
      logic [SW-1:0] skip_left;
      logic [SW-1:0] skip_next;
      logic sends;
      logic takes;
      logic room;      // the word that is offered makes room for an input word
      logic few;       // fewer than OUT chunks remain behind it
      logic ends;      // the word that is offered is its frame's last
      logic rest_next; // a frame's rest will wait to be flushed

      assign sends = out_valid && out_ready;
      assign takes = in_valid && in_ready;
      assign in_ready = !out_valid || (out_ready && room);
      always_comb begin
        skip_left = skip;
        if (sends) skip_left = ends ? KEPT[SW-1:0] : skip + OUT_STEP[SW-1:0];
        skip_next = takes ? skip_left - IN_STEP[SW-1:0] : skip_left;
      end
      always_ff @(posedge clk) begin
        if (rst) begin
          skip <= KEPT[SW-1:0];
          out_valid <= 1'b0;
        end else begin
          skip <= skip_next;
          out_valid <= skip_next < IN_STEP[SW-1:0] || rest_next;
        end
      end

      if (KEPT > IN) begin : g_shift
        always_ff @(posedge clk) if (takes) chunks <= {in_data, chunks[KEPT*CHUNK-1:IN_BITS]};
      end else begin : g_load
        always_ff @(posedge clk) if (takes) chunks <= in_data;
      end

      // The output word at `skip`.
      if (IN == 1) begin : g_fixed
        assign word = chunks;
      end else if (BY_ROWS != 0) begin : g_rows
        // skip = OUT * row + turn.
        localparam integer RW = $clog2(ROWS + 1);
        localparam integer TW = $clog2(OUT);
        localparam integer ALL_ROWS = KEPT / OUT;
        localparam integer ALL_TURN = KEPT % OUT;
        localparam integer IN_ROWS = IN / OUT;
        localparam integer IN_TURN = IN % OUT;
        localparam integer TURN_FORTH = OUT - IN_TURN;
        logic [RW-1:0] row;
        logic [RW-1:0] row_left;
        logic [RW-1:0] row_after;
        logic [TW-1:0] turn;
        logic [TW-1:0] turn_left;
        logic [OUT_BITS-1:0] places;
        always_comb begin
          row_left = row;
          turn_left = turn;
          if (sends) begin
            row_left = ends ? ALL_ROWS[RW-1:0] : row + 1'b1;
            if (ends) turn_left = ALL_TURN[TW-1:0];
          end
        end
        always_ff @(posedge clk) begin
          if (rst) begin
            row <= ALL_ROWS[RW-1:0];
            turn <= ALL_TURN[TW-1:0];
          end else if (!takes) begin
            row <= row_left;
            turn <= turn_left;
          end else if (turn_left >= IN_TURN[TW-1:0]) begin
            row <= row_left - IN_ROWS[RW-1:0];
            turn <= turn_left - IN_TURN[TW-1:0];
          end else begin
            row <= row_left - IN_ROWS[RW-1:0] - 1'b1;
            turn <= turn_left + TURN_FORTH[TW-1:0];
          end
        end
        assign row_after = row + 1'b1;
        genvar m;
        genvar v;
        for (m = 0; m < OUT; m = m + 1) begin : g_place
          localparam integer PLACE = m;
          // Rows that have this place.
          localparam integer HERE = (KEPT - m + OUT - 1) / OUT;
          logic [HERE*CHUNK-1:0] rows;
          logic [RW-1:0] chosen;
          assign chosen = {1'b0, turn} > PLACE[TW:0] ? row_after : row;
          for (v = 0; v < HERE; v = v + 1) begin : g_row
            assign rows[v*CHUNK+:CHUNK] = chunks[(OUT*v+m)*CHUNK+:CHUNK];
          end
          mr_select #(
              .WIDTH(CHUNK),
              .CHOICES(HERE)
          ) select (
              .in_data(rows),
              .index(chosen[$clog2(HERE)-1:0]),
              .out_data(places[m*CHUNK+:CHUNK])
          );
          if (RW > $clog2(HERE)) begin : g_rest
            wire unused = &{1'b0, chosen[RW-1:$clog2(HERE)]};
          end
          logic [OUT*CHUNK-1:0] turns;
          for (v = 0; v < OUT; v = v + 1) begin : g_turn
            assign turns[v*CHUNK+:CHUNK] = places[((m+v)%OUT)*CHUNK+:CHUNK];
          end
          mr_select #(
              .WIDTH(CHUNK),
              .CHOICES(OUT)
          ) rotate (
              .in_data(turns),
              .index(turn),
              .out_data(word[m*CHUNK+:CHUNK])
          );
        end
      end else begin : g_choice
        logic [IN*OUT_BITS-1:0] words;
        genvar i;
        for (i = 0; i < IN; i = i + 1) begin : g_word
          assign words[i*OUT_BITS+:OUT_BITS] = chunks[i*CHUNK+:OUT_BITS];
        end
        mr_select #(
            .WIDTH(OUT_BITS),
            .CHOICES(IN)
        ) choice (
            .in_data(words),
            .index(skip[$clog2(IN)-1:0]),
            .out_data(word)
        );
      end

      // Whether fewer than OUT chunks remain behind the word that is offered.
      if (2 * OUT - 1 >= KEPT) begin : g_always_enough
        assign few = 1'b1;
      end else begin : g_count
        localparam integer BOUND = KEPT - (2 * OUT - 1);
        assign few = skip >= BOUND[SW-1:0];
      end

      if (FLUSHES != 0) begin : g_flush
        // After its last input word a frame's chunks leave without waiting for more.
        localparam integer WORDS = ELEMENTS / IN_LANES;
        localparam integer CW = WORDS > 1 ? $clog2(WORDS) : 1;
        localparam integer LAST_WORD = WORDS - 1;
        localparam integer REST_SKIP = KEPT - REST;
        logic [CW-1:0] taken;  // input words of the frame
        logic complete;        // all are there
        logic last;
        assign last = taken == LAST_WORD[CW-1:0];
        assign ends = complete && skip == REST_SKIP[SW-1:0];
        assign room = complete ? ends : few;
        assign rest_next = (complete && !(sends && ends)) || (takes && last);
        always_ff @(posedge clk) begin
          if (rst) begin
            taken <= '0;
            complete <= 1'b0;
          end else begin
            if (takes) taken <= last ? '0 : taken + 1'b1;
            complete <= rest_next;
          end
        end
        logic [OUT_BITS-1:0] rest;
        if (REST < OUT) begin : g_partial
          assign rest = {{((OUT - REST) * CHUNK) {1'b0}}, chunks[KEPT*CHUNK-1-:REST*CHUNK]};
        end else begin : g_whole
          assign rest = chunks[KEPT*CHUNK-1-:OUT_BITS];
        end
        assign out_data = ends ? rest : word;
      end else begin : g_whole
        assign rest_next = 1'b0;
        assign out_data = word;
        if (DROPS != 0) begin : g_drop
          localparam integer WORDS = ELEMENTS / OUT_LANES;
          localparam integer CW = WORDS > 1 ? $clog2(WORDS) : 1;
          localparam integer LAST_WORD = WORDS - 1;
          logic [CW-1:0] sent;
          assign ends = sent == LAST_WORD[CW-1:0];
          assign room = ends || few;
          always_ff @(posedge clk) begin
            if (rst) sent <= '0;
            else if (sends) sent <= ends ? '0 : sent + 1'b1;
          end
        end else begin : g_endless
          assign ends = 1'b0;
          assign room = few;
        end
      end
    end
  endgenerate
endmodule
