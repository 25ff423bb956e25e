// SPDX-License-Identifier: Apache-2.0
//
// The memory in RAMB18E1 and RAMB36E1, for simulation: two ports that read and write words of 2^n
// bits, from 8 bits on with a parity bit for each byte, at addresses that count bits. No output
// registers, no cascades, no error correction; a reset of a read is an error. A port that reads
// what the other one writes in the same cycle gets the old word.
//
//   BYTES             2048 or 4096
//   READ_*, WRITE_*   widths as the cells have them: 0 (unused), 1, 2, 4, 9, 18, 36, 72
//   MODE_*            what a port reads while it writes: "READ_FIRST", "WRITE_FIRST", "NO_CHANGE"
//   DATA, PARITY      initial contents
//
// It is kept in rows of eight bytes with their parity bits; an access takes a part of a row.
module block_ram_7series #(
    parameter BYTES = 2048,
    parameter READ_A = 0,
    parameter READ_B = 0,
    parameter WRITE_A = 0,
    parameter WRITE_B = 0,
    parameter MODE_A = "READ_FIRST",
    parameter MODE_B = "READ_FIRST",
    parameter [8*BYTES-1:0] DATA = 0,
    parameter [BYTES-1:0] PARITY = 0
) (
    input logic clk_a,
    input logic enable_a,
    input logic reset_a,
    input logic [14:0] address_a,
    input logic [7:0] write_a,
    input logic [63:0] in_a,
    input logic [7:0] in_parity_a,
    output logic [63:0] out_a,
    output logic [7:0] out_parity_a,
    input logic clk_b,
    input logic enable_b,
    input logic reset_b,
    input logic [14:0] address_b,
    input logic [7:0] write_b,
    input logic [63:0] in_b,
    input logic [7:0] in_parity_b,
    output logic [63:0] out_b,
    output logic [7:0] out_parity_b
);
  localparam integer AW = $clog2(BYTES) + 3;
  logic [71:0] rows[0:BYTES/8-1];  // parity above data
  integer i;
  initial for (i = 0; i < BYTES / 8; i = i + 1) rows[i] = {PARITY[8*i+:8], DATA[64*i+:64]};

  // The first bit of a word in its row.
  function automatic [5:0] first(input [5:0] address, input integer width);
    case (width)
      72: first = 6'd0;
      36: first = {address[5], 5'd0};
      18: first = {address[5:4], 4'd0};
      9: first = {address[5:3], 3'd0};
      4: first = {address[5:2], 2'd0};
      2: first = {address[5:1], 1'd0};
      default: first = address;
    endcase
  endfunction
  function automatic [71:0] part(input [71:0] row, input [5:0] at);
    part = {row[71:64] >> at[5:3], row[63:0] >> at};
  endfunction
  // The row with a word written to it.
  function automatic [71:0] merged(input [71:0] row, input integer width, input [5:0] at,
                                   input [7:0] write, input [63:0] in, input [7:0] in_parity);
    logic [63:0] mask;
    logic [7:0] mask_parity;
    integer k;
    mask = 64'd0;
    for (k = 0; k < 64; k = k + 1) mask[k] = k < (width < 9 ? width : width / 9 * 8) && write[k/8];
    mask_parity = 8'd0;
    for (k = 0; k < 8; k = k + 1) mask_parity[k] = k < width / 9 && write[k];
    merged[63:0] = (row[63:0] & ~(mask << at)) | ((in & mask) << at);
    merged[71:64] =
        (row[71:64] & ~(mask_parity << at[5:3])) | ((in_parity & mask_parity) << at[5:3]);
  endfunction

  wire [71:0] row_a = rows[address_a[AW-1:6]];
  wire [71:0] row_b = rows[address_b[AW-1:6]];
  wire [71:0] next_a =
      merged(row_a, WRITE_A, first(address_a[5:0], WRITE_A), write_a, in_a, in_parity_a);
  wire [71:0] next_b =
      merged(row_b, WRITE_B, first(address_b[5:0], WRITE_B), write_b, in_b, in_parity_b);
  generate
    if (WRITE_A != 0 && WRITE_B != 0) begin : g_two_writers
      initial $error("two writing ports are not modelled");
    end
    if (WRITE_A != 0) begin : g_write_a
      always_ff @(posedge clk_a) if (enable_a && write_a != 0) rows[address_a[AW-1:6]] <= next_a;
    end else if (WRITE_B != 0) begin : g_write_b
      always_ff @(posedge clk_b) if (enable_b && write_b != 0) rows[address_b[AW-1:6]] <= next_b;
    end
    if (READ_A != 0) begin : g_read_a
      always_ff @(posedge clk_a)
        if (enable_a) begin
          if (reset_a) $error("a reset of read data is not modelled");
          if (WRITE_A == 0 || write_a == 0 || MODE_A != "NO_CHANGE")
            {out_parity_a, out_a} <=
                part(WRITE_A != 0 && MODE_A == "WRITE_FIRST" ? next_a : row_a,
                     first(address_a[5:0], READ_A));
        end
    end else begin : g_no_read_a
      assign {out_parity_a, out_a} = 72'd0;
    end
    if (READ_B != 0) begin : g_read_b
      always_ff @(posedge clk_b)
        if (enable_b) begin
          if (reset_b) $error("a reset of read data is not modelled");
          if (WRITE_B == 0 || write_b == 0 || MODE_B != "NO_CHANGE")
            {out_parity_b, out_b} <=
                part(WRITE_B != 0 && MODE_B == "WRITE_FIRST" ? next_b : row_b,
                     first(address_b[5:0], READ_B));
        end
    end else begin : g_no_read_b
      assign {out_parity_b, out_b} = 72'd0;
    end
  endgenerate
endmodule
