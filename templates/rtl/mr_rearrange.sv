// SPDX-License-Identifier: Apache-2.0
//
// Words of a frame by nested loops: output word j, in row-major order of the loops' counts, is
// input word a(j) = OFFSET + sum of index_i * stride_i. Sliding windows, transposes, slices,
// repetition and interleaving are all this actor.
//
//   WIDTH     bits of a word
//   IN_WORDS  input words of a frame
//   DEPTH     words of the circular buffer
//   OFFSET    words
//   LOOPS     number of loops, 1 to 12
//   COUNTS    count of loop i (1 or more) in bits [32*i +: 32]; loop 0 is the outermost
//   STRIDES   stride of loop i in words (none negative), likewise
//   LEADING   number of leading loops that only go forward (rearrange_monotone_loops(), or fewer)
//   OVERLAP   0: frames do not overlap, as ops::Rearrange has it; 1: words of the next frame are
//             read as soon as they have room (a frame takes no more cycles than without)
//   STYLE     of the buffer: 0 automatic, 1 LUT, 2 block RAM, 3 UltraRAM
//
// With low(j) = OFFSET + sum over i < LEADING of index_i * stride_i no word before low(j) is sent
// any more. Schedule, with r words read and j words sent before a cycle:
//   - an input word is taken if r < IN_WORDS and (r - low(j) < DEPTH or all words are sent);
//   - word j leaves if a(j) < r.
// Latency 2: an input word may be offered at the output two cycles after it was taken.
//
// Words are numbered through all frames, as if the frames were one more loop with a stride of
// IN_WORDS; word x lies in slot x modulo RING (DEPTH, or the next power of two where that costs no
// memory). So nothing is special between frames, but that without OVERLAP no word is taken while
// the frame before is not yet over. Every step from j to j + 1 adds a constant that depends only on
// which loop goes on: there are no multipliers, and a slot wraps by one subtraction. Two signed
// counters carry the schedule in their signs:
//   ahead = r - a(j) - 1       (not negative: word j may leave)
//   fill  = r - low(j) - DEPTH (negative: a word may be taken)
// The steps for the word behind the next one are worked out a word ahead and kept in registers, so
// the loops' carries are not in the way of the addresses.
//
// low(j) <= a(j) < r <= low(j) + DEPTH, so the word that is sent was written in an earlier cycle,
// is still there, and never lies in the slot that is written in the same cycle. in_ready depends on
// registers only; the output register keeps its word until it is taken. A buffer that is full holds
// word a(j), so it always goes on.
module mr_rearrange #(
    parameter WIDTH = 8,
    parameter IN_WORDS = 36,
    parameter DEPTH = 15,
    parameter OFFSET = 0,
    parameter LOOPS = 4,
    parameter [32*LOOPS-1:0] COUNTS = {32'd3, 32'd3, 32'd4, 32'd4},
    parameter [32*LOOPS-1:0] STRIDES = {32'd1, 32'd6, 32'd1, 32'd6},
    parameter LEADING = 2,
    parameter OVERLAP = 0,
    parameter STYLE = 0
) (
    input logic clk,
    input logic rst,
    input logic [WIDTH-1:0] in_data,
    input logic in_valid,
    output logic in_ready,
    output logic [WIDTH-1:0] out_data,
    output logic out_valid,
    input logic out_ready
);
  // Loops that go on where their inner neighbour ends become one with it, their own count 1.
  function [32*LOOPS-1:0] merged_counts(input integer none);
    integer i;
    integer inner;
    begin
      merged_counts = COUNTS;
      inner = none;
      for (i = LOOPS - 1; i >= 0; i = i - 1) begin
        if (COUNTS[32*i+:32] != 1) begin
          if (inner != none && (i < LEADING) == (inner < LEADING) &&
              STRIDES[32*i+:32] == merged_counts[32*inner+:32] * STRIDES[32*inner+:32]) begin
            merged_counts[32*inner+:32] = merged_counts[32*inner+:32] * COUNTS[32*i+:32];
            merged_counts[32*i+:32] = 32'd1;
          end else begin
            inner = i;
          end
        end
      end
    end
  endfunction
  localparam [32*LOOPS-1:0] MERGED = merged_counts(-1);

  // How far loop `loop` goes on with all loops inside of it back at their start; loop -1 is the
  // frame.
  function integer address_step(input integer loop);
    integer i;
    begin
      address_step = IN_WORDS;
      for (i = 0; i < LOOPS; i = i + 1) begin
        if (i == loop) address_step = STRIDES[32*i+:32];
        if (i > loop) address_step = address_step - (MERGED[32*i+:32] - 1) * STRIDES[32*i+:32];
      end
    end
  endfunction
  function integer low_step(input integer loop);
    integer i;
    begin
      low_step = loop < LEADING ? IN_WORDS : 0;
      for (i = 0; i < LOOPS && i < LEADING; i = i + 1) begin
        if (i == loop) low_step = STRIDES[32*i+:32];
        if (i > loop) low_step = low_step - (MERGED[32*i+:32] - 1) * STRIDES[32*i+:32];
      end
    end
  endfunction
  function integer largest_step(input integer of_low);
    integer i;
    integer step;
    begin
      largest_step = OFFSET + 1;
      for (i = -1; i < LOOPS; i = i + 1) begin
        step = of_low != 0 ? low_step(i) : address_step(i);
        if (step > largest_step) largest_step = step;
      end
    end
  endfunction
  // The innermost loop that has more than one iteration, or the frame.
  function integer innermost_loop(input integer none);
    integer i;
    begin
      innermost_loop = none;
      for (i = 0; i < LOOPS; i = i + 1) if (MERGED[32*i+:32] != 1) innermost_loop = i;
    end
  endfunction

  localparam integer POWER = DEPTH <= 2 ? 2 : 1 << $clog2(DEPTH);
  // Words of memory that come for the same price as fewer.
  localparam integer GRAIN = STYLE == 2 || STYLE == 3 ? 512 : 64;
  localparam integer RING =
      (POWER + GRAIN - 1) / GRAIN == (DEPTH + GRAIN - 1) / GRAIN ? POWER : DEPTH;
  localparam integer SW = $clog2(RING);
  localparam integer LAST_SLOT = RING - 1;
  localparam integer FIRST_SLOT = OFFSET % RING;

  // `ahead` is never less than minus the largest step, never more than DEPTH; `fill` is 0 at most.
  localparam integer LARGEST = largest_step(0);
  localparam integer LARGEST_LOW = largest_step(1);
  localparam integer AW = 1 + $clog2((LARGEST > DEPTH ? LARGEST : DEPTH) + 1);
  localparam integer FW = 1 + $clog2(DEPTH + LARGEST_LOW + 1);
  localparam integer FIRST_AHEAD = -OFFSET - 1;
  localparam integer FIRST_FILL = -OFFSET - DEPTH;

  // Sums take the steps' negatives; slots take the step modulo RING, and that less RING.
  localparam integer INNERMOST = innermost_loop(-1);
  localparam integer FIRST_AHEAD_STEP = -address_step(INNERMOST);
  localparam integer FIRST_FILL_STEP = -low_step(INNERMOST);
  localparam integer FIRST_SLOT_STEP = (address_step(INNERMOST) % RING + RING) % RING;

  logic signed [AW-1:0] ahead;
  logic signed [FW-1:0] fill;
  logic [SW-1:0] read_slot;
  logic [SW-1:0] write_slot;
  logic [AW-1:0] ahead_step;
  logic [FW-1:0] fill_step;
  logic [SW-1:0] slot_step;
  logic [AW-1:0] ahead_step_next;
  logic [FW-1:0] fill_step_next;
  logic [SW-1:0] slot_step_next;
  logic [LOOPS-1:0] ends;  // loop i is in its last iteration, or has only one
  logic frame_read;        // all words of this frame are read; never with OVERLAP
  logic takes;
  logic sends;

  assign in_ready = fill[FW-1] && !frame_read;
  assign takes = in_valid && in_ready;
  assign sends = !ahead[AW-1] && (!out_valid || out_ready);

  always_ff @(posedge clk) begin
    if (rst) begin
      ahead <= FIRST_AHEAD[AW-1:0];
      fill <= FIRST_FILL[FW-1:0];
      ahead_step <= FIRST_AHEAD_STEP[AW-1:0];
      fill_step <= FIRST_FILL_STEP[FW-1:0];
      slot_step <= FIRST_SLOT_STEP[SW-1:0];
      out_valid <= 1'b0;
    end else begin
      ahead <= ahead + (ahead_step & {AW{sends}}) + {{AW - 1{1'b0}}, takes};
      fill <= fill + (fill_step & {FW{sends}}) + {{FW - 1{1'b0}}, takes};
      if (sends) begin
        ahead_step <= ahead_step_next;
        fill_step <= fill_step_next;
        slot_step <= slot_step_next;
      end
      if (!out_valid || out_ready) out_valid <= !ahead[AW-1];
    end
  end

  // The loops stand at the word behind the next one. The innermost loop that does not end goes on.
  genvar i;
  generate
    for (i = 0; i < LOOPS; i = i + 1) begin : g_loop
      localparam integer COUNT = MERGED[32*i+:32];
      if (COUNT == 1) begin : g_once
        assign ends[i] = 1'b1;
      end else begin : g_count
        localparam integer IW = $clog2(COUNT);
        localparam integer LAST = COUNT - 1;
        localparam integer FIRST = i == INNERMOST ? 1 : 0;
        localparam integer OUTER = (2 << i) - 1;
        logic [IW-1:0] index;
        logic goes;  // all loops inside of this one end
        assign goes = &(ends | OUTER[LOOPS-1:0]);
        assign ends[i] = index == LAST[IW-1:0];
        always_ff @(posedge clk) begin
          if (rst) index <= FIRST[IW-1:0];
          else if (sends && goes) index <= ends[i] ? '0 : index + 1'b1;
        end
      end
    end

    // Steps by loop; the chain of choices starts with the frame's.
    for (i = 0; i <= LOOPS; i = i + 1) begin : g_step
      localparam integer AHEAD_STEP = -address_step(i - 1);
      localparam integer FILL_STEP = -low_step(i - 1);
      localparam integer SLOT_STEP = (address_step(i - 1) % RING + RING) % RING;
      logic [AW-1:0] ahead_chosen;
      logic [FW-1:0] fill_chosen;
      logic [SW-1:0] slot_chosen;
      if (i == 0) begin : g_frame
        assign ahead_chosen = AHEAD_STEP[AW-1:0];
        assign fill_chosen = FILL_STEP[FW-1:0];
        assign slot_chosen = SLOT_STEP[SW-1:0];
      end else begin : g_inner
        assign ahead_chosen = ends[i-1] ? g_step[i-1].ahead_chosen : AHEAD_STEP[AW-1:0];
        assign fill_chosen = ends[i-1] ? g_step[i-1].fill_chosen : FILL_STEP[FW-1:0];
        assign slot_chosen = ends[i-1] ? g_step[i-1].slot_chosen : SLOT_STEP[SW-1:0];
      end
    end
    assign ahead_step_next = g_step[LOOPS].ahead_chosen;
    assign fill_step_next = g_step[LOOPS].fill_chosen;
    assign slot_step_next = g_step[LOOPS].slot_chosen;

    // Slots.
    if (RING == POWER) begin : g_natural
      always_ff @(posedge clk) begin
        if (rst) begin
          read_slot <= FIRST_SLOT[SW-1:0];
          write_slot <= '0;
        end else begin
          if (sends) read_slot <= read_slot + slot_step;
          if (takes) write_slot <= write_slot + 1'b1;
        end
      end
    end else begin : g_wrap
      localparam integer NEGATIVE = -RING;
      logic [SW:0] wrapped;
      logic [SW:0] wrapping_step;
      assign wrapped = {1'b0, read_slot} + wrapping_step;
      always_ff @(posedge clk) begin
        if (rst) begin
          wrapping_step <= {1'b0, FIRST_SLOT_STEP[SW-1:0]} + NEGATIVE[SW:0];
          read_slot <= FIRST_SLOT[SW-1:0];
          write_slot <= '0;
        end else begin
          if (sends) begin
            wrapping_step <= {1'b0, slot_step_next} + NEGATIVE[SW:0];
            read_slot <= wrapped[SW] ? read_slot + slot_step : wrapped[SW-1:0];
          end
          if (takes) write_slot <= write_slot == LAST_SLOT[SW-1:0] ? '0 : write_slot + 1'b1;
        end
      end
    end

    // Frames one after the other.
    if (OVERLAP != 0) begin : g_overlap
      assign frame_read = 1'b0;
    end else begin : g_apart
      localparam integer CW = $clog2(IN_WORDS + 1);
      localparam integer LAST_WORD = IN_WORDS - 1;
      localparam integer ONE_WORD = INNERMOST < 0 ? 1 : 0;
      logic [CW-1:0] count;  // words read of this frame
      logic last;            // the next word is the frame's last
      logic frame_sent;      // all words of this frame are sent
      logic sends_last;      // the word that leaves is the frame's last
      logic read_over;
      logic sent_over;
      assign last = count == LAST_WORD[CW-1:0];
      assign read_over = frame_read || (takes && last);
      assign sent_over = frame_sent || (sends && sends_last);
      always_ff @(posedge clk) begin
        if (rst) begin
          count <= '0;
          frame_read <= 1'b0;
          frame_sent <= 1'b0;
          sends_last <= ONE_WORD[0];
        end else begin
          if (takes) count <= last ? '0 : count + 1'b1;
          frame_read <= read_over && !sent_over;
          frame_sent <= sent_over && !read_over;
          if (sends) sends_last <= &ends;
        end
      end
    end
  endgenerate

  mr_ram #(
      .WIDTH(WIDTH),
      .DEPTH(RING),
      .STYLE(STYLE)
  ) buffer (
      .clk(clk),
      .write(takes),
      .write_address(write_slot),
      .write_data(in_data),
      .read(sends),
      .read_address(read_slot),
      .read_data(out_data)
  );
endmodule
