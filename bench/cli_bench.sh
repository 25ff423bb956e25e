#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What is timed as whole processes, the command as users run it: cli_bench.sh MILLRACE.
# Prints a line per figure with its target; figures whose model is not here are skipped by name.
# Every figure is the best of several runs, with the number of runs and the worst of them beside it:
# what else the machine does only ever adds time, so the best is what the program costs, and a worst
# far from it says that the machine was busy. All are wall times; where other programs run at the
# start, the output begins by saying so.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

millrace=${1:?usage: cli_bench.sh MILLRACE}
models=../shared/models
data=../shared/data
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Whether other programs are running at the moment: of ten looks, those that see one.
busy=0
if [[ -r /proc/loadavg ]]; then
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        read -r _ _ _ running _ </proc/loadavg
        [[ ${running%/*} -le 1 ]] || busy=$((busy + 1)) # this shell is one
        sleep 0.1
    done
fi
if [[ $busy -gt 2 ]]; then
    printf 'BUSY: other programs are running on the %s processors: all figures will be worse\n' \
        "$(nproc)"
fi

skip() { printf 'SKIPPED: %s\n' "$*"; }

# seconds COMMAND...: wall time of one run.
seconds() {
    local begin end
    begin=$(date +%s%N)
    "$@" >/dev/null
    end=$(date +%s%N)
    awk -v n=$((end - begin)) 'BEGIN { printf "%.3f", n / 1e9 }'
}

# best RUNS FOLDER COMMAND...: "BEST WORST" of the wall times; the folder is removed before each run.
best() {
    local runs=$1 folder=$2 i
    shift 2
    for ((i = 0; i < runs; i++)); do
        rm -rf "$folder"
        seconds "$@"
        echo
    done | sort -g | sed -n '1p;$p' | paste -sd' '
}

# best_rate RUNS ARGUMENT...: "BEST WORST" of the inferences per second that simulate reports.
best_rate() {
    local runs=$1 i
    shift
    for ((i = 0; i < runs; i++)); do
        "$millrace" simulate "$@" --json |
            sed -n 's/.*"inferences_per_second": *\([0-9]*\).*/\1/p'
    done | sort -gr | sed -n '1p;$p' | paste -sd' '
}

# figure RUNS NAME UNIT TARGET "BEST WORST"
figure() {
    local runs=$1 name=$2 unit=$3 target=$4 values=$5
    printf '%-58s %10s %-12s (%s) best of %s, worst %s\n' \
        "$name" "${values% *}" "$unit" "$target" "$runs" "${values#* }"
}

# ------------------------------------------------------------------------------- compiling
compile_figure() { # NAME MODEL
    figure 5 "compile $1, whole process" s "under 0.3 s" \
        "$(best 5 "$work/p" "$millrace" compile "$2" -o "$work/p")"
}
for model in qonnx_mlp/mnist_TFC_1W1A qonnx_mlp/kws_mlp_w3a3; do
    if [[ -e $models/$model.onnx ]]; then
        compile_figure "${model##*/}" "$models/$model.onnx"
    else
        skip "compile ${model##*/}: no such model"
    fi
done
compile_figure examples/digits examples/digits/digits.onnx

# ----------------------------------------------------------------------------- reference engine
tfc=$models/qonnx_mlp/mnist_TFC_1W1A.onnx
images=$data/mnist_t10k_images_u8.npy
if [[ -e $tfc && -e $images ]]; then
    figure 7 "simulate --engine reference, TFC_1W1A, 10,000 images" inferences/s "over 50,000/s" \
        "$(best_rate 7 "$tfc" --engine reference --input "$images")"
else
    skip "reference engine: no TFC_1W1A or no MNIST images"
fi

# ------------------------------------------------------------------------------- C simulation
mlp=$models/bench/mlp_16_64_32_32_5_w6a6.onnx
if [[ -e $mlp ]]; then
    rm -rf "$work/p"
    "$millrace" compile "$mlp" -o "$work/p" >/dev/null
    if command -v make >/dev/null; then
        figure 3 "C simulation of mlp_16_64_32_32_5_w6a6, build -O2" s "under 3 s; hls4ml 6.4 s" \
            "$(best 3 "$work/p/build" make -s -C "$work/p" csim OPT=-O2)"
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
    # The first run builds the simulation, which is not part of the rate.
    figure 5 "C simulation of mlp_16_64_32_32_5_w6a6, -O3, with host steps" inferences/s \
        "over 100,000/s; hls4ml 12,000/s" \
        "$(best_rate 5 "$work/p" --engine csim --input "$work/x.npy")"
else
    skip "C simulation of the benchmark MLP: no such model"
fi

# ------------------------------------------------------------------------------------- scale
large=$(dirname -- "$millrace")/bench/large_mlp_bench
if [[ -x $large ]]; then
    "$large" --write "$work/large.onnx"
    figure 3 "compile 4 x 2048 x 2048 x 8 bit, whole process" s "under 5 s" \
        "$(best 3 "$work/p" "$millrace" compile "$work/large.onnx" -o "$work/p" --cycles 65536)"
    if command -v /usr/bin/time >/dev/null; then
        rm -rf "$work/p"
        /usr/bin/time -f %M -o "$work/kilobytes" \
            "$millrace" compile "$work/large.onnx" -o "$work/p" --cycles 65536 >/dev/null
        megabytes=$(($(cat "$work/kilobytes") / 1024))
        figure 1 "compile 4 x 2048 x 2048 x 8 bit, peak memory" MB "under 1024" \
            "$megabytes $megabytes"
    else
        skip "peak memory: no /usr/bin/time"
    fi
    if command -v make >/dev/null; then
        figure 3 "its C simulation, build -O3" s "under 20 s" \
            "$(best 3 "$work/p/build" make -s -C "$work/p" csim)"
    else
        skip "its C simulation: no make"
    fi
else
    skip "scale: bin/bench/large_mlp_bench is not built (needs Google Benchmark)"
fi
