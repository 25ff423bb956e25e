#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# How far the compiler's estimates of resources are from what Yosys makes of the emitted RTL:
# cost_bench.sh MILLRACE. A line for each distinct part of some networks (actors, queues, movers,
# control registers) and for each network as the sum of its parts, with estimate, count and their
# ratio; at the end the median and the worst error of LUT, flip-flops, block RAM and DSP blocks.
# LUT are LUT1 to LUT6 and LUTs as memory together, block RAM is in 18 Kbit.
#
# The networks: examples/digits at several plans (a grid of foldings, memories and multipliers), and
# models beside the repository where they are. Those that are not here are skipped by name. The
# first run takes Yosys' time, half an hour or so; later ones read the cache of `millrace synth`.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

millrace=${1:?usage: cost_bench.sh MILLRACE}
models=../shared/models
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

skip() { printf 'SKIPPED: %s\n' "$*"; }
command -v "${YOSYS:-yosys}" >/dev/null || {
    skip "estimates of resources: no Yosys"
    exit 0
}

# rows FILE NETWORK: lines "KIND NETWORK PART MODULE COUNT, estimates and counts of LUT FF BRAM DSP"
# from the JSON of `millrace synth`, one of KIND "network" for the sum.
rows() {
    tr -d ' ",' <"$1" | awk -F: -v network="$2" '
        function clear() { split("", measured); split("", estimate) }
        function show(kind) {
            print kind, network, name, module, count,
                  estimate["lut"] + 0, measured["lut"] + measured["lut_memory"],
                  estimate["ff"] + 0, measured["ff"] + 0,
                  estimate["bram18"] + 0, measured["bram18"] + 2 * measured["bram36"],
                  estimate["dsp"] + 0, measured["dsp"] + 0
        }
        $1 == "parts" { inside = "part"; next }
        $1 == "total" { inside = "total"; name = module = "-"; count = 1; clear(); next }
        $1 == "estimate" { nested = 1; next }
        nested && $1 == "}" { nested = 0; next }
        $1 == "whole" { inside = "" }
        inside == "" { next }
        $1 == "{" { clear(); next }
        $1 == "}" { show(inside == "total" ? "network" : "part"); if (inside == "total") inside = ""; next }
        $1 == "name" { name = $2 }
        $1 == "module" { module = $2 }
        $1 == "count" { count = $2 }
        nested { estimate[$1] = $2; next }
        { measured[$1] = $2 }'
}

# network NAME MODEL OPTION...: compiles, synthesises, appends its rows.
network() {
    local name=$1 model=$2
    shift 2
    if [[ ! -e $model ]]; then
        skip "$name: no $model"
        return
    fi
    rm -rf "$work/p"
    if ! "$millrace" compile "$model" --backend rtl -o "$work/p" "$@" >/dev/null 2>"$work/error"; then
        skip "$name: $(head -n 1 "$work/error")"
        return
    fi
    "$millrace" synth "$work/p" --json >"$work/synth.json" 2>/dev/null
    rows "$work/synth.json" "$name" >>"$work/rows"
}

# The digits example, K x N = 64 x 32, 32 x 32, 32 x 10, with one folding for each layer.
digits() { # NAME PE SIMD MEMORY MULTIPLIER
    local name=$1 pe=$2 simd=$3 memory=$4 multiplier=$5 layer
    for layer in fc0 fc1 fc2; do
        printf '[actor.%s]\npe = %d\nsimd = %d\nmemory = "%s"\nmultiplier = "%s"\n' "$layer" \
            "$([[ $layer == fc2 && $pe -gt 2 ]] && echo 2 || echo "$pe")" "$simd" "$memory" "$multiplier"
    done >"$work/plan.toml"
    network "$name" examples/digits/digits.onnx --plan "$work/plan.toml"
}

: >"$work/rows"
network digits examples/digits/digits.onnx
digits digits_2x4_lut 2 4 lut lut
digits digits_4x8_lut 4 8 lut lut
digits digits_4x8_bram 4 8 bram lut
digits digits_4x4_dsp 4 4 auto dsp
digits digits_1x8_dsp 1 8 auto dsp
network TFC_1W1A_64 "$models/qonnx_mlp/mnist_TFC_1W1A.onnx" --cycles 64
network TFC_1W1A "$models/qonnx_mlp/mnist_TFC_1W1A.onnx" --cycles 784
network TFC_2W2A "$models/qonnx_mlp/mnist_TFC_2W2A.onnx" --cycles 784
network mlp_w6a6 "$models/bench/mlp_16_64_32_32_5_w6a6.onnx"
network cnn28_w6a6 "$models/bench/cnn28_w6a6.onnx" --cycles 100000
network kws_dscnn_int8 "$models/mlperf_tiny_tflite/kws_dscnn_int8.onnx" --cycles 100000
# Windows that leave whole, to depthwise products that take all of them at once.
network kws_dscnn_int8_fast "$models/mlperf_tiny_tflite/kws_dscnn_int8.onnx" --cycles 8000
network cnv_w1a1 "$models/bnnpynq_cnv/cifar10_cnv_w1a1.onnx" --cycles 100000

# Equal parts of several networks are one line of the grid. Errors of counts below 10 cells are not
# relative ones: they count as differences of a few cells, and are left out of the worst.
sort -u -k1,1 -k4,13 "$work/rows" | sort -k1,1r -k4,4 -k6,6n | awk '
    BEGIN {
        split("LUT FF BRAM18 DSP", resource, " ")
        printf "%-48s %-24s %13s %13s %9s %9s\n", "part of network", "module", "LUT est./is",
               "FF est./is", "BRAM18", "DSP"
    }
    function ratio(estimate, count) { return count > 0 ? sprintf("%.2f", estimate / count) : "-" }
    {
        name = $2 ($3 == "-" ? "" : "." $3)
        printf "%-48s %-24s %6d/%-6d %6d/%-6d %4d/%-4d %4d/%-4d  %s %s\n", name, $4, $6, $7, $8, $9,
               $10, $11, $12, $13, ratio($6, $7), ratio($8, $9)
        for (r = 1; r <= 4; ++r) {
            estimate = $(4 + 2 * r)
            count = $(5 + 2 * r)
            if (r > 2) {
                wrong[$1, r] += estimate != count
            } else if (count >= 10) {
                error = estimate / count - 1
                error = error < 0 ? -error : error
                errors[$1, r, ++n[$1, r]] = error
                if (error > worst[$1, r]) {
                    worst[$1, r] = error
                    worst_name[$1, r] = name
                }
            }
        }
        ++all[$1]
    }
    function median(kind, r, i, j, t, m) {
        m = n[kind, r]
        if (m == 0) return 0
        for (i = 2; i <= m; ++i) {
            t = errors[kind, r, i]
            for (j = i - 1; j >= 1 && errors[kind, r, j] > t; --j) errors[kind, r, j + 1] = errors[kind, r, j]
            errors[kind, r, j + 1] = t
        }
        return errors[kind, r, int((m + 1) / 2)]
    }
    function tell(kind, what, r) {
        for (r = 1; r <= 2; ++r) {
            printf "%-10s %-8s median error %5.1f %%, worst %5.1f %% (%s), of %d\n", what, resource[r],
                   100 * median(kind, r), 100 * worst[kind, r], worst_name[kind, r], n[kind, r]
        }
        for (r = 3; r <= 4; ++r) {
            printf "%-10s %-8s exact in %d of %d\n", what, resource[r], all[kind] - wrong[kind, r], all[kind]
        }
    }
    END {
        tell("part", "parts")
        tell("network", "networks")
    }'
