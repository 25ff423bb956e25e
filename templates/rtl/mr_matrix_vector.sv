// SPDX-License-Identifier: Apache-2.0
//
// Matrix-vector unit: for each vector of GROUPS blocks of K elements, out[n] = sum over k of
// w[n][k] * in[g * K + k], g = n / (N / GROUPS), modulo 2^ACC_BITS.
//
// Parameters: K inputs of a group, N outputs of all groups, GROUPS, PE output lanes (divides
// N / GROUPS), SIMD input lanes (divides K); A_BITS, A_ENC, W_BITS, W_ENC, bits and encoding of
// inputs and weights (0 unsigned, 1 signed, 2 bipolar); ACC_BITS of an output (two's complement or
// unsigned; at least 2 for bipolar times bipolar, at most 64).
//   TERNARY   1: inputs and weights are signed, 2 bits, and never -2.
//   MULT      0: products in LUTs (mr_dot_product), 1: in DSP blocks (mr_dot_dsp); products with a
//             bipolar side are always in LUTs.
//   DSP_BITS  of the multiplier's wide port: 25 (DSP48E1) or 27 (DSP48E2, DSP58). Says how many PE
//             share a multiplier.
//   W_NARROW  1: no weight is -2^(W_BITS-1), which lets more PE share one.
//   STYLE     of the weights' memory (mr_rom); BUFFER of the memory that
//             keeps inputs for the next outputs (0: block above 128 words, 1 LUT, 2 block).
//   INIT      file of the weights ($readmemh), a word for each cycle of a vector, in the order of
//             the cycles: word (g * N / GROUPS / PE + nf) * K / SIMD + sf holds, lane after lane, in
//             planes, the weights of outputs n = g * N / GROUPS + nf * PE + p, p in [0, PE), and
//             inputs k = sf * SIMD + s, s in [0, SIMD): bit b of w[n][k] in two's complement (of a
//             bipolar one: its bit) is bit (p * W_BITS + b) * SIMD + s of the word.
//
// Schedule: group, nf in [0, N / GROUPS / PE), sf in [0, K / SIMD), one cycle each; an input word is
// read in each cycle with nf = 0 and kept; an output word leaves after each last sf. So a vector
// takes (N / PE) * (K / SIMD) cycles, and frames follow each other without a gap.
// Latency from the cycle that reads the last word of a sum to the cycle with out_valid: 1, one more
// with a block buffer, and mr_dot_accumulate's or mr_dot_dsp's.
//
// Handshake: all stages move together, in cycles with ce = the output word is absent or taken.
// in_ready = ce and nf = 0; valid bits travel with the data, so words inside leave while the input
// is empty, and ce is only withheld by a word that waits at the output: no word is lost, and none
// waits for anything but out_ready.
module mr_matrix_vector #(
    parameter K = 16,
    parameter N = 8,
    parameter GROUPS = 1,
    parameter PE = 2,
    parameter SIMD = 4,
    parameter A_BITS = 2,
    parameter A_ENC = 0,
    parameter W_BITS = 2,
    parameter W_ENC = 1,
    parameter ACC_BITS = 10,
    parameter TERNARY = 0,
    parameter MULT = 0,
    parameter DSP_BITS = 25,
    parameter W_NARROW = 0,
    parameter STYLE = 0,
    parameter BUFFER = 0,
    parameter INIT = "weights.mem"
) (
    input logic clk,
    input logic rst,
    input logic [SIMD*A_BITS-1:0] in_data,
    input logic in_valid,
    output logic in_ready,
    output logic [PE*ACC_BITS-1:0] out_data,
    output logic out_valid,
    input logic out_ready
);
  localparam SF = K / SIMD;
  localparam NF = N / GROUPS / PE;
  localparam WORDS = (N / PE) * SF;
  localparam SF_BITS = (SF > 1) ? $clog2(SF) : 1;
  localparam NF_BITS = (NF > 1) ? $clog2(NF) : 1;
  localparam WORD_BITS = (WORDS > 1) ? $clog2(WORDS) : 1;
  localparam A_WORD = SIMD * A_BITS;

  wire ce = !out_valid || out_ready;

  // ---- stage A: which word; input words are read and kept
  logic [SF_BITS-1:0] sf;
  logic [NF_BITS-1:0] nf;
  wire fresh = nf == '0;
  wire a_valid = !fresh || in_valid;
  wire a_last = sf == SF_BITS'(SF - 1);
  assign in_ready = ce && fresh;
  generate
    if (SF > 1) begin : g_sf
      always_ff @(posedge clk)
        if (rst) sf <= '0;
        else if (ce && a_valid) sf <= a_last ? '0 : sf + 1'b1;
    end else begin : g_no_sf
      assign sf = '0;
    end
    if (NF > 1) begin : g_nf
      always_ff @(posedge clk)
        if (rst) nf <= '0;
        else if (ce && a_valid && a_last) nf <= (nf == NF_BITS'(NF - 1)) ? '0 : nf + 1'b1;
    end else begin : g_no_nf
      assign nf = '0;
    end
  endgenerate
  logic b_valid, b_last;
  always_ff @(posedge clk)
    if (rst) b_valid <= 1'b0;
    else if (ce) b_valid <= a_valid;
  always_ff @(posedge clk) if (ce) b_last <= a_last;

  // ---- the input word of the stage that multiplies, D: B or the one after it
  localparam KEPT = NF > 1 && SF > 1;
  localparam BLOCK = KEPT && (BUFFER == 2 || (BUFFER == 0 && SF > 128));
  wire [A_WORD-1:0] d_word;
  logic d_valid, d_last;
  generate
    if (!KEPT) begin : g_register
      logic [A_WORD-1:0] word;
      always_ff @(posedge clk) if (ce && fresh) word <= in_data;
      assign d_word = word;
    end else begin : g_keep
      logic [SF_BITS-1:0] b_sf;
      always_ff @(posedge clk) if (ce) b_sf <= sf;
      if (BLOCK) begin : g_block
        (* ram_style = "block", no_rw_check *) logic [A_WORD-1:0] words[0:SF-1];
        logic [A_WORD-1:0] word;
        always_ff @(posedge clk) if (ce && fresh && in_valid) words[sf] <= in_data;
        always_ff @(posedge clk) if (ce) word <= words[b_sf];
        assign d_word = word;
      end else begin : g_lut
        logic [A_WORD-1:0] words[0:SF-1];
        always_ff @(posedge clk) if (ce && fresh && in_valid) words[sf] <= in_data;
        assign d_word = words[b_sf];
      end
    end
    if (BLOCK) begin : g_late
      always_ff @(posedge clk)
        if (rst) d_valid <= 1'b0;
        else if (ce) d_valid <= b_valid;
      always_ff @(posedge clk) if (ce) d_last <= b_last;
    end else begin : g_early
      assign d_valid = b_valid;
      assign d_last  = b_last;
    end
  endgenerate

  // ---- weights, read one stage before D
  wire addressed = BLOCK ? b_valid : a_valid;
  logic [WORD_BITS-1:0] address;
  wire [PE*SIMD*W_BITS-1:0] weights;
  generate
    if (WORDS > 1) begin : g_address
      always_ff @(posedge clk)
        if (rst) address <= '0;
        else if (ce && addressed)
          address <= (address == WORD_BITS'(WORDS - 1)) ? '0 : address + 1'b1;
    end else begin : g_no_address
      assign address = '0;
      wire unused = addressed;
    end
  endgenerate
  mr_rom #(
      .WIDTH(PE * SIMD * W_BITS),
      .DEPTH(WORDS),
      .STYLE(STYLE),
      .INIT(INIT)
  ) rom (
      .clk(clk),
      .ce(ce),
      .addr(address),
      .data(weights)
  );

  // ---- products and sums
  localparam IN_DSP = MULT != 0 && A_ENC != 2 && W_ENC != 2;
  // Bits of a product as a signed number, and of the lanes' factor (mr_dot_dsp).
  localparam SPACING = W_BITS + A_BITS +
      ((W_ENC == 0 && A_ENC == 0) ? 1 : (W_NARROW != 0 && W_ENC == 1 && A_ENC == 1) ? -1 : 0);
  localparam TOP = W_BITS + ((W_ENC == 0) ? 1 : (W_NARROW != 0) ? 0 : 1);
  localparam SHARE = (DSP_BITS > TOP) ? (DSP_BITS - TOP) / SPACING + 1 : 1;

  genvar p;
  generate
    if (IN_DSP) begin : g_dsp
      localparam BLOCKS = (PE + SHARE - 1) / SHARE;
      wire [BLOCKS-1:0] done;
      for (p = 0; p < BLOCKS; p = p + 1) begin : g_block
        localparam LANES = ((p + 1) * SHARE <= PE) ? SHARE : PE - p * SHARE;
        mr_dot_dsp #(
            .SIMD(SIMD),
            .FOLDS(SF),
            .LANES(LANES),
            .SPACING(SPACING),
            .APART(PE > 1 ? 1 : 0),
            .A_BITS(A_BITS),
            .A_ENC(A_ENC),
            .W_BITS(W_BITS),
            .W_ENC(W_ENC),
            .W_NARROW(W_NARROW),
            .ACC_BITS(ACC_BITS)
        ) lanes (
            .clk(clk),
            .rst(rst),
            .ce(ce),
            .in_valid(d_valid),
            .in_last(d_last),
            .a(d_word),
            .w(weights[p*SHARE*SIMD*W_BITS+:LANES*SIMD*W_BITS]),
            .out_valid(done[p]),
            .sums(out_data[p*SHARE*ACC_BITS+:LANES*ACC_BITS])
        );
      end
      assign out_valid = done[0];
      wire unused_done = &{1'b0, done};
    end else begin : g_lut
      wire [PE-1:0] done;
      for (p = 0; p < PE; p = p + 1) begin : g_lane
        mr_dot_accumulate #(
            .SIMD(SIMD),
            .FOLDS(SF),
            .A_BITS(A_BITS),
            .A_ENC(A_ENC),
            .W_BITS(W_BITS),
            .W_ENC(W_ENC),
            .TERNARY(TERNARY),
            .ACC_BITS(ACC_BITS)
        ) lane (
            .clk(clk),
            .rst(rst),
            .ce(ce),
            .in_valid(d_valid),
            .in_last(d_last),
            .a(d_word),
            .w(weights[p*SIMD*W_BITS+:SIMD*W_BITS]),
            .out_valid(done[p]),
            .sum(out_data[p*ACC_BITS+:ACC_BITS])
        );
      end
      assign out_valid = done[0];
      wire unused_done = &{1'b0, done};
    end
  endgenerate
endmodule
