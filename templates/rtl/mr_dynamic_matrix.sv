// SPDX-License-Identifier: Apache-2.0
//
// The product of two streams' matrices: out[m][n] = sum over k of (a[m][k] - ZERO_A) * (b[k][n] -
// ZERO_B), modulo 2^ACC_BITS, for a of M rows in words of one element and b of K rows in words of
// PE elements.
//
// Parameters: M, K, N, PE (divides N); A_BITS, A_ENC, B_BITS, B_ENC (0 unsigned, 1 signed, 2 bipolar);
// ZERO_A, ZERO_B (64 bits, two's complement) and Z_BITS that hold both; ACC_BITS (at most 64);
// MULT 0: products in LUTs, 1: in DSP blocks; STYLE of b's memory (mr_ram: 0 automatic, 1 LUT, 2
// block, 3 UltraRAM).
// Ports: in0 is a, in1 is b.
//
// Schedule, for each pair of matrices: K * N / PE cycles that each read a word of b into a memory, in
// its order; then m, nf in [0, N / PE), k, one cycle each: an element of a is read with nf = 0 and
// kept, a word leaves after each last k. So a pair takes (K + M * K) * N / PE cycles.
// Latency from the cycle with a word's last k to out_valid: 2 and mr_dot_accumulate's or mr_dot_dsp's
// (b and a; differences; product and sum).
//
// Handshake: all stages move in cycles with ce = the output word is absent or taken. An input is
// ready in cycles with ce whose step reads it. The memory of b is written only in steps that read b,
// after the last read of the pair before, which takes its word in its own cycle.
module mr_dynamic_matrix #(
    parameter M = 2,
    parameter K = 4,
    parameter N = 4,
    parameter PE = 2,
    parameter A_BITS = 4,
    parameter A_ENC = 0,
    parameter B_BITS = 4,
    parameter B_ENC = 1,
    parameter [63:0] ZERO_A = 64'd0,
    parameter [63:0] ZERO_B = 64'd0,
    parameter Z_BITS = 2,
    parameter ACC_BITS = 12,
    parameter MULT = 0,
    parameter STYLE = 0
) (
    input logic clk,
    input logic rst,
    input logic [A_BITS-1:0] in0_data,
    input logic in0_valid,
    output logic in0_ready,
    input logic [PE*B_BITS-1:0] in1_data,
    input logic in1_valid,
    output logic in1_ready,
    output logic [PE*ACC_BITS-1:0] out_data,
    output logic out_valid,
    input logic out_ready
);
  localparam NF = N / PE;
  localparam WORDS = K * NF;
  localparam WORD_BITS = (WORDS > 1) ? $clog2(WORDS) : 1;
  localparam K_BITS = (K > 1) ? $clog2(K) : 1;
  localparam NF_BITS = (NF > 1) ? $clog2(NF) : 1;

  wire ce = !out_valid || out_ready;

  // ---- stage A: the step
  logic filling;
  logic [WORD_BITS-1:0] address;  // filling: the word; else k * NF + nf
  wire [K_BITS-1:0] k;
  wire [NF_BITS-1:0] nf;
  wire fresh = nf == '0;
  wire last_k = k == K_BITS'(K - 1);
  wire last_nf = nf == NF_BITS'(NF - 1);
  wire fill = filling && in1_valid;
  wire multiply = !filling && (!fresh || in0_valid);
  wire last_m;
  assign in0_ready = ce && !filling && fresh;
  assign in1_ready = ce && filling;
  mr_fold_counter #(
      .FOLDS(K)
  ) ks (
      .clk (clk),
      .rst (rst),
      .next(ce && multiply),
      .fold(k)
  );
  mr_fold_counter #(
      .FOLDS(NF)
  ) nfs (
      .clk (clk),
      .rst (rst),
      .next(ce && multiply && last_k),
      .fold(nf)
  );
  localparam M_BITS = (M > 1) ? $clog2(M) : 1;
  wire [M_BITS-1:0] m;
  mr_fold_counter #(
      .FOLDS(M)
  ) ms (
      .clk (clk),
      .rst (rst),
      .next(ce && multiply && last_k && last_nf),
      .fold(m)
  );
  assign last_m = m == M_BITS'(M - 1);
  wire last_word = address == WORD_BITS'(WORDS - 1);
  generate
    if (WORDS > 1) begin : g_address
      always_ff @(posedge clk)
        if (rst) address <= '0;
        else if (ce && fill) address <= last_word ? '0 : address + 1'b1;
        else if (ce && multiply)
          address <= !last_k ? address + WORD_BITS'(NF) : last_nf ? '0 : WORD_BITS'(nf) + 1'b1;
    end else begin : g_no_address
      assign address = '0;
    end
  endgenerate
  always_ff @(posedge clk)
    if (rst) filling <= 1'b1;
    else if (ce && fill) filling <= !last_word;
    else if (ce && multiply && last_k && last_nf && last_m) filling <= 1'b1;

  // ---- stage B: the words
  wire [PE*B_BITS-1:0] b;
  mr_ram #(
      .WIDTH(PE * B_BITS),
      .DEPTH(WORDS),
      .STYLE(STYLE)
  ) rows (
      .clk(clk),
      .write(ce && fill),
      .write_address(address),
      .write_data(in1_data),
      .read(ce && multiply),
      .read_address(address),
      .read_data(b)
  );
  logic b_valid, b_last;
  always_ff @(posedge clk)
    if (rst) b_valid <= 1'b0;
    else if (ce) b_valid <= multiply;
  always_ff @(posedge clk) if (ce) b_last <= last_k;
  logic [A_BITS-1:0] a;
  generate
    if (NF > 1 && K > 1) begin : g_keep
      logic [A_BITS-1:0] row[0:K-1];
      logic [K_BITS-1:0] b_k;
      always_ff @(posedge clk) if (ce && multiply && fresh) row[k] <= in0_data;
      always_ff @(posedge clk) if (ce) b_k <= k;
      assign a = row[b_k];
    end else begin : g_register
      always_ff @(posedge clk) if (ce && multiply && fresh) a <= in0_data;
    end
  endgenerate

  // ---- differences, products, sums
  localparam AX = (A_ENC == 1) ? A_BITS : A_BITS + 1;
  localparam BX = (B_ENC == 1) ? B_BITS : B_BITS + 1;
  localparam PLAIN_A = ZERO_A == '0;
  localparam PLAIN_B = ZERO_B == '0;
  localparam DA = PLAIN_A ? A_BITS : ((AX > Z_BITS) ? AX : Z_BITS) + 1;
  localparam DB = PLAIN_B ? B_BITS : ((BX > Z_BITS) ? BX : Z_BITS) + 1;
  localparam ENC_A = PLAIN_A ? A_ENC : 1;
  localparam ENC_B = PLAIN_B ? B_ENC : 1;
  wire [DA-1:0] left;
  wire [PE*DB-1:0] right;
  logic d_valid, d_last;
  mr_difference #(
      .LANES(1),
      .BITS(A_BITS),
      .ENC(A_ENC),
      .Z_BITS(Z_BITS),
      .PLAIN(PLAIN_A ? 1 : 0),
      .OUT_BITS(DA)
  ) differences_a (
      .clk(clk),
      .ce(ce),
      .data(a),
      .zeros(ZERO_A[Z_BITS-1:0]),
      .differences(left)
  );
  mr_difference #(
      .LANES(PE),
      .BITS(B_BITS),
      .ENC(B_ENC),
      .Z_BITS(Z_BITS),
      .PLAIN(PLAIN_B ? 1 : 0),
      .OUT_BITS(DB)
  ) differences_b (
      .clk(clk),
      .ce(ce),
      .data(b),
      .zeros({PE{ZERO_B[Z_BITS-1:0]}}),
      .differences(right)
  );
  always_ff @(posedge clk)
    if (rst) d_valid <= 1'b0;
    else if (ce) d_valid <= b_valid;
  always_ff @(posedge clk) if (ce) d_last <= b_last;

  wire [PE-1:0] done;
  genvar p;
  generate
    for (p = 0; p < PE; p = p + 1) begin : g_lane
      if (MULT != 0 && ENC_A != 2 && ENC_B != 2) begin : g_dsp
        mr_dot_dsp #(
            .SIMD(1),
            .FOLDS(K),
            .LANES(1),
            .APART(0),
            .A_BITS(DA),
            .A_ENC(ENC_A),
            .W_BITS(DB),
            .W_ENC(ENC_B),
            .ACC_BITS(ACC_BITS)
        ) lane (
            .clk(clk),
            .rst(rst),
            .ce(ce),
            .in_valid(d_valid),
            .in_last(d_last),
            .a(left),
            .w(right[p*DB+:DB]),
            .out_valid(done[p]),
            .sums(out_data[p*ACC_BITS+:ACC_BITS])
        );
      end else begin : g_lut
        mr_dot_accumulate #(
            .SIMD(1),
            .FOLDS(K),
            .A_BITS(DA),
            .A_ENC(ENC_A),
            .W_BITS(DB),
            .W_ENC(ENC_B),
            .ACC_BITS(ACC_BITS)
        ) lane (
            .clk(clk),
            .rst(rst),
            .ce(ce),
            .in_valid(d_valid),
            .in_last(d_last),
            .a(left),
            .w(right[p*DB+:DB]),
            .out_valid(done[p]),
            .sum(out_data[p*ACC_BITS+:ACC_BITS])
        );
      end
    end
  endgenerate
  assign out_valid = done[0];
  wire unused_done = &{1'b0, done};
endmodule
