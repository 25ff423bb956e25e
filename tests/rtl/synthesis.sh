#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# synthesis.sh RTL_DIR [all]: what decides about DSP blocks is the parameter MULT, in both
# directions, although Yosys would take one for any product of more than 8 bits. With `all`: Yosys
# accepts every module of RTL_DIR by itself, with its default parameters. synth_xilinx for the 7
# series, called as by the emitted projects. Works in the current folder.
set -euo pipefail
rtl=$1
what=${2:-checks}
yosys=${YOSYS:-yosys}
if ! command -v "$yosys" > /dev/null; then
  echo "skipped: no yosys"
  exit 77
fi

# Contents of the ROMs, words of up to 64 bits.
for file in rom.mem weights.mem; do
  awk 'BEGIN { srand(4); for (i = 0; i < 64; ++i) printf "%04x%04x%04x%04x\n", rand() * 65536,
               rand() * 65536, rand() * 65536, rand() * 65536 }' > "$file"
done

# Products of more than 8 bits, which Yosys would put into DSP blocks.
cat > checks.sv <<'SV'
module check_lut_matrix (input logic clk, rst, in_valid, out_ready, input logic [31:0] in_data,
                         output logic in_ready, out_valid, output logic [79:0] out_data);
  mr_matrix_vector #(.K(8), .N(8), .PE(4), .SIMD(4), .A_BITS(8), .W_BITS(8), .ACC_BITS(20), .MULT(0),
                     .INIT("weights.mem")) unit (.*);
endmodule
module check_dsp_matrix (input logic clk, rst, in_valid, out_ready, input logic [31:0] in_data,
                         output logic in_ready, out_valid, output logic [79:0] out_data);
  mr_matrix_vector #(.K(8), .N(8), .PE(4), .SIMD(4), .A_BITS(8), .W_BITS(8), .ACC_BITS(20), .MULT(1),
                     .INIT("weights.mem")) unit (.*);
endmodule
module check_full_port (input logic clk, rst, in_valid, out_ready, input logic [15:0] in_data,
                        output logic in_ready, out_valid, output logic [47:0] out_data);
  mr_matrix_vector #(.K(8), .N(8), .PE(4), .SIMD(4), .A_BITS(4), .A_ENC(1), .W_BITS(4), .W_ENC(1),
                     .W_NARROW(1), .ACC_BITS(12), .MULT(1), .INIT("weights.mem")) unit (.*);
endmodule
module check_lut_scale (input logic clk, rst, in_valid, out_ready, input logic [23:0] in_data,
                        output logic in_ready, out_valid, output logic [15:0] out_data);
  mr_function_scale #(.FOLDS(2), .M_BITS(12), .MULTIPLIER(48'h7654a985c321), .MULT(0)) unit (.*);
endmodule
module check_dsp_scale (input logic clk, rst, in_valid, out_ready, input logic [23:0] in_data,
                        output logic in_ready, out_valid, output logic [15:0] out_data);
  mr_function_scale #(.FOLDS(2), .M_BITS(12), .MULTIPLIER(48'h7654a985c321), .MULT(1)) unit (.*);
endmodule
SV

# synthesise TOP: leaves TOP.stat.
synthesise() {
  "$yosys" -q -p "read_verilog -sv -defer $rtl/mr_*.sv checks.sv;
    synth_xilinx -top $1 -family xc7 -nosrl -flatten -noiopad -noclkbuf; check -assert -noinit;
    select -assert-none t:\$*; tee -o $1.stat stat" > "$1.out" 2>&1 || {
    echo "$1:"
    grep -m 5 -A 3 ERROR "$1.out" || tail -n 5 "$1.out"
    return 1
  }
}

failed=0
if [ "$what" = all ]; then
  for file in "$rtl"/mr_*.sv; do
    synthesise "$(basename "$file" .sv)" || failed=1
  done
else
  # Two 8-bit products share a block: 4 inputs times 4 outputs take 8. Four of 4 bits that are never
  # -8 fill the 25 bits of its port to the last.
  for expected in "check_lut_matrix 0" "check_dsp_matrix 8" "check_full_port 4" "check_lut_scale 0" "check_dsp_scale 2"; do
    read -r module count <<< "$expected"
    synthesise "$module" || {
      failed=1
      continue
    }
    used=$(awk '/DSP48E1/ { n = $2 } END { print n + 0 }' "$module.stat")
    if [ "$used" != "$count" ]; then
      echo "$module has $used DSP48E1 instead of $count"
      failed=1
    fi
  done
fi
[ $failed = 0 ] && echo "passed"
exit $failed
