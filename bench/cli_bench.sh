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
            sed -n 's/.*"inferences_per_second": *\([0-9]*[.]\{0,1\}[0-9]\{0,2\}\).*/\1/p'
    done | sort -gr | sed -n '1p;$p' | paste -sd' '
}

# figure RUNS NAME UNIT TARGET "BEST WORST"
figure() {
    local runs=$1 name=$2 unit=$3 target=$4 values=$5
    printf '%-58s %10s %-12s (%s) best of %s, worst %s\n' \
        "$name" "${values% *}" "$unit" "$target" "$runs" "${values#* }"
}

# ------------------------------------------------------------------------------- compiling
compile_figure() { # NAME MODEL TARGET
    if [[ -e $2 ]]; then
        figure 5 "compile $1, whole process" s "$3" \
            "$(best 5 "$work/p" "$millrace" compile "$2" -o "$work/p")"
    else
        skip "compile $1: no such model"
    fi
}
compile_figure mnist_TFC_1W1A "$models/qonnx_mlp/mnist_TFC_1W1A.onnx" "under 0.3 s"
compile_figure kws_mlp_w3a3 "$models/qonnx_mlp/kws_mlp_w3a3.onnx" "under 0.3 s"
compile_figure examples/digits examples/digits/digits.onnx "under 0.3 s"
compile_figure cifar10_cnv_w1a1 "$models/bnnpynq_cnv/cifar10_cnv_w1a1.onnx" "under 1 s"
compile_figure mobilenetv2_flowers_int8 "$models/mlonmcu_tflite/mobilenetv2_flowers_int8.onnx" \
    "under 3 s"

# npy_header TYPE SHAPE: the first 128 bytes of an array file.
npy_header() {
    printf '\x93NUMPY\x01\x00\x76\x00%-117s\n' \
        "{'descr': '$1', 'fortran_order': False, 'shape': ($2), }"
}

# repeat_npy FILE TIMES: the array's rows, all of them so many times.
repeat_npy() {
    local header type shape i
    header=$(head -c 127 "$1" | tail -c 117)
    type=$(sed "s/.*'descr': '\([^']*\)'.*/\1/" <<<"$header")
    shape=$(sed "s/.*'shape': (\([^)]*\)).*/\1/" <<<"$header")
    npy_header "$type" "$((${shape%%,*} * $2)),${shape#*,}"
    for ((i = 0; i < $2; i++)); do tail -c +129 "$1"; done
}

# ----------------------------------------------------------------------------- reference engine
tfc=$models/qonnx_mlp/mnist_TFC_1W1A.onnx
images=$data/mnist_t10k_images_u8.npy
if [[ -e $tfc && -e $images ]]; then
    figure 7 "simulate --engine reference, TFC_1W1A, 10,000 images" inferences/s "over 50,000/s" \
        "$(best_rate 7 "$tfc" --engine reference --input "$images")"
else
    skip "reference engine: no TFC_1W1A or no MNIST images"
fi

reference_figure() { # MODEL TIMES TARGET: on its golden inputs, so many times over
    local samples=../shared/golden/$1/random_many/input_0.npy
    if [[ -e $samples && -e $models/$1.onnx ]]; then
        repeat_npy "$samples" "$2" >"$work/x.npy"
        figure 5 "simulate --engine reference, ${1##*/}" inferences/s "$3" \
            "$(best_rate 5 "$models/$1.onnx" --engine reference --input "$work/x.npy")"
    else
        skip "reference engine on ${1##*/}: no such model or samples"
    fi
}
reference_figure bnnpynq_cnv/cifar10_cnv_w1a1 32 "over 100/s"
reference_figure mlperf_tiny_tflite/kws_dscnn_int8 32 "over 1,000/s"

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
    repeat_npy ../shared/golden/bench/mlp_16_64_32_32_5_w6a6/random_many/input_0.npy 3125 \
        >"$work/x.npy"
    # The first run builds the simulation, which is not part of the rate.
    figure 5 "C simulation of mlp_16_64_32_32_5_w6a6, -O3, with host steps" inferences/s \
        "over 100,000/s; hls4ml 12,000/s" \
        "$(best_rate 5 "$work/p" --engine csim --input "$work/x.npy")"
else
    skip "C simulation of the benchmark MLP: no such model"
fi

cnn=bench/cnn28_w6a6
if [[ -e $models/$cnn.onnx ]]; then
    rm -rf "$work/p"
    "$millrace" compile "$models/$cnn.onnx" -o "$work/p" >/dev/null
    repeat_npy "../shared/golden/$cnn/random_many/input_0.npy" 400 >"$work/x.npy"
    figure 5 "C simulation of cnn28_w6a6, -O3, one thread" inferences/s \
        "over 5,000/s; hls4ml 237/s" \
        "$(best_rate 5 "$work/p" --engine csim --jobs 1 --input "$work/x.npy")"
else
    skip "C simulation of the benchmark CNN: no such model"
fi
unet=$models/qonnx_cnn/tiny_unet_100k_ch_last.onnx
if [[ -e $unet && -e $images ]]; then
    rm -rf "$work/p"
    "$millrace" compile "$unet" -o "$work/p" >/dev/null
    # Any bytes do for pixels.
    {
        npy_header '|u1' '8, 256, 256, 3'
        head -c $((128 + 8 * 256 * 256 * 3)) "$images" | tail -c +129
    } >"$work/x.npy"
    figure 3 "C simulation of tiny_unet_100k (256 x 256), one thread" images/s \
        "over 0.5/s: 2 CPU-seconds an image" \
        "$(best_rate 3 "$work/p" --engine csim --jobs 1 --input "$work/x.npy")"
else
    skip "C simulation of the U-Net: no such model"
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
