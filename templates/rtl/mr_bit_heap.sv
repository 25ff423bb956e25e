// SPDX-License-Identifier: Apache-2.0
//
// The sum of a heap of bits: column c holds some bits that each count 2^c. Compressors that put six
// bits of a column into a number of three (three LUT6 for three bits less, twice as good as a full
// adder) work level by level, with a register after each, until no column holds more than four
// bits; adders on carry chains (mr_add_tree) add the four rows that are left.
//
// Parameters: COLUMNS (>= 1), also the bits of the sum; HEIGHTS, 16 bits for each column from column
// 0 up, the number of its bits; TOTAL, the sum of the heights (>= 1); TAG bits (>= 1) that travel
// with the heap and are 0 after reset.
// Ports: bits, column after column from column 0.
//
// Schedule: a heap every cycle with ce. Latency in cycles with ce: the levels of compressors plus
// $clog2(rows); 0 when no column has more than one bit. Without ce nothing moves.
//
// Exact modulo 2^COLUMNS: what a column hands up has twice its weight; what leaves the last column
// counts a multiple of 2^COLUMNS. The compressors of a level take the bits of a column in groups of
// six; of the rest, five make another one, three of three or four a full adder, others wait.
module mr_bit_heap #(
    parameter COLUMNS = 4,
    parameter [16*COLUMNS-1:0] HEIGHTS = {COLUMNS{16'd1}},
    parameter TOTAL = COLUMNS,
    parameter TAG = 1
) (
    input logic clk,
    input logic rst,
    input logic ce,
    input logic [TAG-1:0] in_tag,
    input logic [TOTAL-1:0] bits,
    output logic [TAG-1:0] out_tag,
    output logic [COLUMNS-1:0] sum
);
  localparam ROWS_LEFT = 4;

  // A column's bits after a level: sums of its own groups, carries of the columns below.
  function automatic integer sums(input integer h);
    sums = h / 6 + ((h % 6 == 2 || h % 6 == 4) ? 2 : (h % 6 == 0) ? 0 : 1);
  endfunction
  function automatic integer twos(input integer h);
    twos = h / 6 + ((h % 6 >= 3) ? 1 : 0);
  endfunction
  function automatic integer fours(input integer h);
    fours = h / 6 + ((h % 6 == 5) ? 1 : 0);
  endfunction
  function automatic [16*COLUMNS-1:0] compressed(input [16*COLUMNS-1:0] heights);
    integer i, n;
    begin
      compressed = '0;
      for (i = 0; i < COLUMNS; i = i + 1) begin
        n = sums({16'd0, heights[16*i+:16]});
        if (i >= 1) n = n + twos({16'd0, heights[16*(i-1)+:16]});
        if (i >= 2) n = n + fours({16'd0, heights[16*(i-2)+:16]});
        compressed[16*i+:16] = 16'(n);
      end
    end
  endfunction
  function automatic [16*COLUMNS-1:0] heights_after(input integer levels);
    integer i;
    begin
      heights_after = HEIGHTS;
      for (i = 0; i < levels; i = i + 1) heights_after = compressed(heights_after);
    end
  endfunction
  function automatic integer tallest(input [16*COLUMNS-1:0] heights);
    integer i;
    begin
      tallest = 0;
      for (i = 0; i < COLUMNS; i = i + 1)
        if ({16'd0, heights[16*i+:16]} > tallest) tallest = {16'd0, heights[16*i+:16]};
    end
  endfunction
  function automatic integer level_count(input integer unused_argument);
    reg [16*COLUMNS-1:0] heights;
    begin
      level_count = unused_argument;
      heights = HEIGHTS;
      while (tallest(heights) > ROWS_LEFT) begin
        heights = compressed(heights);
        level_count = level_count + 1;
      end
    end
  endfunction
  // Where a column begins.
  function automatic integer start(input [16*COLUMNS-1:0] heights, input integer column);
    integer i;
    begin
      start = 0;
      for (i = 0; i < column; i = i + 1) start = start + {16'd0, heights[16*i+:16]};
    end
  endfunction

  localparam LEVELS = level_count(0);

  genvar l, c, r;
  generate
    for (l = 0; l <= LEVELS; l = l + 1) begin : g_level
      localparam [16*COLUMNS-1:0] H = heights_after(l);
      localparam SIZE = start(H, COLUMNS);
      logic [SIZE-1:0] v;
      logic [TAG-1:0] tag;
      if (l == 0) begin : g_in
        assign v = bits;
        assign tag = in_tag;
      end else begin : g_compress
        localparam [16*COLUMNS-1:0] P = heights_after(l - 1);
        logic [SIZE-1:0] n;
        for (c = 0; c < COLUMNS; c = c + 1) begin : g_column
          localparam integer HEIGHT = {16'd0, P[16*c+:16]};
          localparam FROM = start(P, c);
          localparam GROUPS = HEIGHT / 6;
          localparam REST = HEIGHT % 6;
          // Places of sums, carries and carries of four; the latter two behind those of the
          // columns that own them.
          localparam TO = start(H, c);
          localparam TO2 = (c + 1 < COLUMNS) ?
              start(H, c + 1) + sums((c + 1 < COLUMNS) ? {16'd0, P[16*((c+1)%COLUMNS)+:16]} : 0) : 0;
          localparam TO4 = (c + 2 < COLUMNS) ?
              start(H, c + 2) + sums((c + 2 < COLUMNS) ? {16'd0, P[16*((c+2)%COLUMNS)+:16]} : 0)
              + twos((c + 1 < COLUMNS) ? {16'd0, P[16*((c+1)%COLUMNS)+:16]} : 0) : 0;
          // Group g takes bits g, GROUPS + g, 2 * GROUPS + g, ... of the column, so that simulation
          // computes all groups by the same operations on words.
          if (GROUPS > 0) begin : g_sixes
            wire [6*GROUPS-1:0] x = g_level[l-1].v[FROM+:6*GROUPS];
            wire [GROUPS-1:0] x0 = x[0+:GROUPS], x1 = x[GROUPS+:GROUPS], x2 = x[2*GROUPS+:GROUPS];
            wire [GROUPS-1:0] x3 = x[3*GROUPS+:GROUPS], x4 = x[4*GROUPS+:GROUPS];
            wire [GROUPS-1:0] x5 = x[5*GROUPS+:GROUPS];
            // Two full adders, and the sum of their results.
            wire [GROUPS-1:0] odd0 = x0 ^ x1 ^ x2, odd1 = x3 ^ x4 ^ x5;
            wire [GROUPS-1:0] two0 = (x0 & x1) | (x2 & (x0 ^ x1));
            wire [GROUPS-1:0] two1 = (x3 & x4) | (x5 & (x3 ^ x4));
            wire [GROUPS-1:0] both = odd0 & odd1;
            assign n[TO+:GROUPS] = odd0 ^ odd1;
            if (c + 1 < COLUMNS) begin : g_two
              assign n[TO2+:GROUPS] = two0 ^ two1 ^ both;
            end
            if (c + 2 < COLUMNS) begin : g_four
              assign n[TO4+:GROUPS] = (two0 & two1) | (both & (two0 ^ two1));
            end
          end
          if (REST == 5) begin : g_five
            wire [4:0] x = g_level[l-1].v[FROM+6*GROUPS+:5];
            wire odd = x[0] ^ x[1] ^ x[2];
            wire two0 = (x[0] & x[1]) | (x[2] & (x[0] ^ x[1]));
            wire two1 = x[3] & x[4];
            wire both = odd & (x[3] ^ x[4]);
            assign n[TO+GROUPS] = odd ^ x[3] ^ x[4];
            if (c + 1 < COLUMNS) begin : g_two
              assign n[TO2+GROUPS] = two0 ^ two1 ^ both;
            end
            if (c + 2 < COLUMNS) begin : g_four
              assign n[TO4+GROUPS] = (two0 & two1) | (both & (two0 ^ two1));
            end
          end else if (REST >= 3) begin : g_three
            wire [2:0] x = g_level[l-1].v[FROM+6*GROUPS+:3];
            assign n[TO+GROUPS] = ^x;
            if (c + 1 < COLUMNS) begin : g_two
              assign n[TO2+GROUPS] = (x[0] & x[1]) | (x[2] & (x[0] ^ x[1]));
            end
          end
          // Bits that wait.
          localparam DONE = (REST == 5) ? 5 : (REST >= 3) ? 3 : 0;
          for (r = DONE; r < REST; r = r + 1) begin : g_wait
            assign n[TO+GROUPS+(REST>=3?1:0)+r-DONE] = g_level[l-1].v[FROM+6*GROUPS+r];
          end
        end
        always_ff @(posedge clk) if (ce) v <= n;
        always_ff @(posedge clk)
          if (rst) tag <= '0;
          else if (ce) tag <= g_level[l-1].tag;
      end
    end
  endgenerate

  localparam [16*COLUMNS-1:0] LEFT = heights_after(LEVELS);
  localparam ROWS = tallest(LEFT);
  logic [ROWS*COLUMNS-1:0] rows;
  generate
    for (r = 0; r < ROWS; r = r + 1) begin : g_row
      for (c = 0; c < COLUMNS; c = c + 1) begin : g_bit
        if ({16'd0, LEFT[16*c+:16]} > r) begin : g_there
          localparam FROM = start(LEFT, c);
          assign rows[r*COLUMNS+c] = g_level[LEVELS].v[FROM+r];
        end else begin : g_none
          assign rows[r*COLUMNS+c] = 1'b0;
        end
      end
    end
  endgenerate
  mr_add_tree #(
      .N(ROWS),
      .IN_BITS(COLUMNS),
      .SIGNED(0),
      .OUT_BITS(COLUMNS),
      .TAG(TAG)
  ) rows_sum (
      .clk(clk),
      .rst(rst),
      .ce(ce),
      .in_tag(g_level[LEVELS].tag),
      .terms(rows),
      .out_tag(out_tag),
      .sum(sum)
  );
endmodule
