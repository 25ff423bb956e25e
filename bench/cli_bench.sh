#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What is timed as whole processes, the command as users run it: cli_bench.sh MILLRACE.
# Prints a line per figure with its target; figures whose model is not here are skipped by name.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

millrace=${1:?usage: cli_bench.sh MILLRACE}
models=../shared/models
data=../shared/data
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

skip() { printf 'SKIPPED: %s\n' "$*"; }

# seconds COMMAND...: wall time of one run.
seconds() {
    local begin end
    begin=$(date +%s%N)
    "$@" >/dev/null
    end=$(date +%s%N)
    awk -v n=$((end - begin)) 'BEGIN { printf "%.3f", n / 1e9 }'
}

# best RUNS FOLDER COMMAND...: the shortest wall time; the folder is removed before each run. (One
# run tells little: other work and steps of the clock only ever add.)
best() {
    local runs=$1 folder=$2 i
    shift 2
    for ((i = 0; i < runs; i++)); do
        rm -rf "$folder"
        seconds "$@"
        echo
    done | sort -n | head -1
}

# figure NAME VALUE UNIT TARGET
figure() { printf '%-58s %12s %-12s (%s)\n' "$@"; }

json_number() { sed -n "s/.*\"$1\": *\([0-9.e+-]*\).*/\1/p" | head -1; }

# ------------------------------------------------------------------------------- compiling
for model in qonnx_mlp/mnist_TFC_1W1A qonnx_mlp/kws_mlp_w3a3; do
    if [[ -e $models/$model.onnx ]]; then
        figure "compile ${model##*/}, whole process" \
            "$(best 5 "$work/p" "$millrace" compile "$models/$model.onnx" -o "$work/p")" s "under 0.3 s"
    else
        skip "compile ${model##*/}: no such model"
    fi
done
figure "compile examples/digits, whole process" \
    "$(best 5 "$work/p" "$millrace" compile examples/digits/digits.onnx -o "$work/p")" s "under 0.3 s"

# ----------------------------------------------------------------------------- reference engine
tfc=$models/qonnx_mlp/mnist_TFC_1W1A.onnx
images=$data/mnist_t10k_images_u8.npy
if [[ -e $tfc && -e $images ]]; then
    # Several runs: the first ones warm the machine's clock.
    for _ in 1 2 3; do
        "$millrace" simulate "$tfc" --engine reference --input "$images" --json |
            json_number inferences_per_second
    done | sort -g | tail -1 >"$work/rate"
    figure "simulate --engine reference, TFC_1W1A, 10,000 images" \
        "$(printf '%.0f' "$(cat "$work/rate")")" inferences/s "over 50,000/s"
else
    skip "reference engine: no TFC_1W1A or no MNIST images"
fi

# ------------------------------------------------------------------------------- C simulation
mlp=$models/bench/mlp_16_64_32_32_5_w6a6.onnx
if [[ -e $mlp ]]; then
    rm -rf "$work/p"
    "$millrace" compile "$mlp" -o "$work/p" >/dev/null
    if command -v make >/dev/null; then
        figure "C simulation of mlp_16_64_32_32_5_w6a6, build -O2" \
            "$(best 3 "$work/p/build" make -s -C "$work/p" csim OPT=-O2)" s "under 3 s; hls4ml 6.4 s"
        rm -rf "$work/p/build"
    else
        skip "C simulation, build -O2: no make"
    fi
    # Samples: the golden ones over and over, as a .npy of 200,000 rows.
    rows=200000
    golden=../shared/golden/bench/mlp_16_64_32_32_5_w6a6/random_many/input_0.npy
    {
        header="{'descr': '<f4', 'fortran_order': False, 'shape': ($rows, 16), }"
        printf '\x93NUMPY\x01\x00\x76\x00%-117s\n' "$header"
        for ((i = 0; i < rows / 64; i++)); do tail -c $((64 * 16 * 4)) "$golden"; done
    } >"$work/x.npy"
    for _ in 1 2 3; do
        "$millrace" simulate "$work/p" --engine csim --input "$work/x.npy" --json |
            json_number inferences_per_second
    done | sort -g | tail -1 >"$work/rate"
    figure "C simulation of mlp_16_64_32_32_5_w6a6, -O3, with host steps" \
        "$(printf '%.0f' "$(cat "$work/rate")")" inferences/s "over 100,000/s; hls4ml 12,000/s"
else
    skip "C simulation of the benchmark MLP: no such model"
fi

# ------------------------------------------------------------------------------------- scale
large=$(dirname -- "$millrace")/bench/large_mlp_bench
if [[ -x $large ]]; then
    "$large" --write "$work/large.onnx"
    rm -rf "$work/p"
    if command -v /usr/bin/time >/dev/null; then
        /usr/bin/time -f '%e %M' -o "$work/time" \
            "$millrace" compile "$work/large.onnx" -o "$work/p" --cycles 65536 >/dev/null
        read -r elapsed kilobytes <"$work/time"
        figure "compile 4 x 2048 x 2048 x 8 bit, peak memory" "$((kilobytes / 1024))" MB "under 1024"
    else
        elapsed=$(seconds "$millrace" compile "$work/large.onnx" -o "$work/p" --cycles 65536)
        skip "peak memory: no /usr/bin/time"
    fi
    figure "compile 4 x 2048 x 2048 x 8 bit, whole process" "$elapsed" s "under 5 s"
    if command -v make >/dev/null; then
        figure "its C simulation, build -O3" "$(best 3 "$work/p/build" make -s -C "$work/p" csim)" s "under 20 s"
    else
        skip "its C simulation: no make"
    fi
else
    skip "scale: bin/bench/large_mlp_bench is not built (needs Google Benchmark)"
fi
