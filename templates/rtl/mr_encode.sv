// SPDX-License-Identifier: Apache-2.0
//
// The numbers of a word in another encoding, lane by lane; wires, and an inverter where bipolar
// numbers become ordinary ones. The output encoding holds the numbers; into bipolar, numbers from 0
// on become +1 and others -1.
//
//   LANES              elements of a word
//   IN_BITS, OUT_BITS  bits of an element, 1 or more
//   IN_ENC, OUT_ENC    0 unsigned, 1 signed, 2 bipolar (one bit b stands for 2b - 1)
module mr_encode #(
    parameter LANES = 1,
    parameter IN_BITS = 4,
    parameter IN_ENC = 0,
    parameter OUT_BITS = 8,
    parameter OUT_ENC = 1
) (
    input logic [LANES*IN_BITS-1:0] in_data,
    output logic [LANES*OUT_BITS-1:0] out_data
);
  genvar i;
  generate
    for (i = 0; i < LANES; i = i + 1) begin : g_lane
      if (IN_ENC == OUT_ENC && IN_BITS == OUT_BITS) begin : g_same
        assign out_data[i*OUT_BITS+:OUT_BITS] = in_data[i*IN_BITS+:IN_BITS];
      end else if (OUT_ENC == 2) begin : g_sign
        assign out_data[i*OUT_BITS+:OUT_BITS] = IN_ENC == 1 ? !in_data[i*IN_BITS+IN_BITS-1] : 1'b1;
        logic unused;
        assign unused = &{1'b0, in_data[i*IN_BITS+:IN_BITS]};
      end else if (IN_ENC == 2) begin : g_bipolar
        // +1 is ...0001, -1 is ...1111.
        if (OUT_BITS == 1) begin : g_one
          assign out_data[i] = 1'b1;
          logic unused;
          assign unused = &{1'b0, in_data[i]};
        end else begin : g_two
          assign out_data[i*OUT_BITS+:OUT_BITS] = {{(OUT_BITS - 1) {!in_data[i]}}, 1'b1};
        end
      end else if (OUT_BITS > IN_BITS) begin : g_extend
        assign out_data[i*OUT_BITS+:OUT_BITS] = {
          {(OUT_BITS - IN_BITS) {IN_ENC == 1 && in_data[i*IN_BITS+IN_BITS-1]}},
          in_data[i*IN_BITS+:IN_BITS]
        };
      end else begin : g_cut
        assign out_data[i*OUT_BITS+:OUT_BITS] = in_data[i*IN_BITS+:OUT_BITS];
        if (OUT_BITS < IN_BITS) begin : g_rest
          logic unused;
          assign unused = &{1'b0, in_data[i*IN_BITS+OUT_BITS+:IN_BITS-OUT_BITS]};
        end
      end
    end
  endgenerate
endmodule
