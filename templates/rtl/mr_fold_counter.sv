// SPDX-License-Identifier: Apache-2.0
//
// Which word of a vector of FOLDS words (>= 1) is next: counts the cycles with `next`, from 0 to
// FOLDS - 1 and over again.
module mr_fold_counter #(
    parameter FOLDS = 4,
    localparam BITS = (FOLDS > 1) ? $clog2(FOLDS) : 1
) (
    input logic clk,
    input logic rst,
    input logic next,
    output logic [BITS-1:0] fold
);
  generate
    if (FOLDS > 1) begin : g_count
      always_ff @(posedge clk)
        if (rst) fold <= '0;
        else if (next) fold <= (fold == BITS'(FOLDS - 1)) ? '0 : fold + 1'b1;
    end else begin : g_one
      assign fold = '0;
      wire unused = &{1'b0, clk, rst, next};
    end
  endgenerate
endmodule
