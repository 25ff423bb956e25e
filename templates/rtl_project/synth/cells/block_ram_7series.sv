// SPDX-License-Identifier: Apache-2.0
//
// The memory in RAMB18E1 and RAMB36E1, for simulation: two ports that read and write words of
// 2^n bits, from 8 bits on with a parity bit each, at addresses that count bits. No output registers,
// no cascades, no error correction; a reset of a read is an error. A port that reads what the other
// one writes in the same cycle gets the old word.
//
//   BYTES          2048 or 4096
//   READ_*, WRITE_* widths as the cells have them: 0 (unused), 1, 2, 4, 9, 18, 36, 72
//   MODE_*         what a port reads while it writes: "READ_FIRST", "WRITE_FIRST", "NO_CHANGE"
//   DATA, PARITY   initial contents
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
  localparam integer AW = $clog2(BYTES);
  logic [7:0] data[0:BYTES-1];
  logic parity[0:BYTES-1];
  integer i;
  initial begin
    for (i = 0; i < BYTES; i = i + 1) begin
      data[i] = DATA[8*i+:8];
      parity[i] = PARITY[i];
    end
  end

  // Bytes of a word; the first byte of the word at an address; the first bit in it of a word of less.
  function automatic integer bytes_of(input integer width);
    bytes_of = width < 9 ? 1 : width / 9;
  endfunction
  function automatic integer first_byte(input [14:0] address, input integer width);
    first_byte = (address[AW+2:3] / bytes_of(width)) * bytes_of(width);
  endfunction
  function automatic integer first_bit(input [14:0] address, input integer width);
    first_bit = width == 1 ? address[2:0] : width == 2 ? {address[2:1], 1'b0} :
        width == 4 ? {address[2], 2'b00} : 0;
  endfunction

  // The word at an address, parity above 64 bits of data, with what is written now.
  function automatic [71:0] word(input [14:0] address, input integer width, input [7:0] write,
                                 input [63:0] in, input [7:0] in_parity);
    integer k;
    word = 72'd0;
    for (k = 0; k < bytes_of(width); k = k + 1) begin
      word[8*k+:8] = data[first_byte(address, width)+k] >> first_bit(address, width);
      word[64+k] = parity[first_byte(address, width)+k];
      if (write[k]) begin
        word[8*k+:8] = in[8*k+:8];
        word[64+k] = in_parity[k];
      end
    end
  endfunction

  generate
    if (READ_A != 0) begin : g_read_a
      always_ff @(posedge clk_a)
        if (enable_a) begin
          if (reset_a) $error("a reset of read data is not modelled");
          if (MODE_A != "NO_CHANGE" || WRITE_A == 0 || write_a == 0)
            {out_parity_a, out_a} <= word(address_a, READ_A,
                                          MODE_A == "WRITE_FIRST" && WRITE_A != 0 ? write_a : 8'd0,
                                          in_a, in_parity_a);
        end
    end else begin : g_no_read_a
      assign {out_parity_a, out_a} = 72'd0;
    end
    if (READ_B != 0) begin : g_read_b
      always_ff @(posedge clk_b)
        if (enable_b) begin
          if (reset_b) $error("a reset of read data is not modelled");
          if (MODE_B != "NO_CHANGE" || WRITE_B == 0 || write_b == 0)
            {out_parity_b, out_b} <= word(address_b, READ_B,
                                          MODE_B == "WRITE_FIRST" && WRITE_B != 0 ? write_b : 8'd0,
                                          in_b, in_parity_b);
        end
    end else begin : g_no_read_b
      assign {out_parity_b, out_b} = 72'd0;
    end
    if (WRITE_A != 0 && WRITE_B != 0) begin : g_two_writers
      initial $error("two writing ports are not modelled");
    end else if (WRITE_A != 0) begin : g_write_a
      integer k;
      always_ff @(posedge clk_a)
        if (enable_a)
          for (k = 0; k < bytes_of(WRITE_A); k = k + 1)
            if (write_a[k]) begin
              if (WRITE_A >= 9) begin
                data[first_byte(address_a, WRITE_A)+k] <= in_a[8*k+:8];
                parity[first_byte(address_a, WRITE_A)+k] <= in_parity_a[k];
              end else begin
                data[first_byte(address_a, WRITE_A)][first_bit(address_a, WRITE_A)+:(WRITE_A % 9)] <=
                    in_a[(WRITE_A%9)-1:0];
              end
            end
    end else if (WRITE_B != 0) begin : g_write_b
      integer k;
      always_ff @(posedge clk_b)
        if (enable_b)
          for (k = 0; k < bytes_of(WRITE_B); k = k + 1)
            if (write_b[k]) begin
              if (WRITE_B >= 9) begin
                data[first_byte(address_b, WRITE_B)+k] <= in_b[8*k+:8];
                parity[first_byte(address_b, WRITE_B)+k] <= in_parity_b[k];
              end else begin
                data[first_byte(address_b, WRITE_B)][first_bit(address_b, WRITE_B)+:(WRITE_B % 9)] <=
                    in_b[(WRITE_B%9)-1:0];
              end
            end
    end
  endgenerate
endmodule
