// SPDX-License-Identifier: Apache-2.0
//
// Scale: an MLP of four 2048 x 2048 layers of 8-bit weights (16.8 million) through the compiler's
// libraries, and with `--write FILE` as an ONNX file for cli_bench.sh. The file is put together
// from protobuf's wire format, field numbers as in onnx.proto: a benchmark needs no more of it.
#include "backends/vitis/vitis_backend.hpp"
#include "frontend/import.hpp"
#include "passes/pipeline.hpp"
#include "planner/folding.hpp"

#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace millrace;

constexpr std::int64_t width = 2048;
constexpr int layers = 4;

std::string varint(std::uint64_t value) {
    std::string bytes;
    for (; value >= 0x80; value >>= 7) {
        bytes += static_cast<char>(value | 0x80);
    }
    return bytes + static_cast<char>(value);
}

std::string number(unsigned field, std::uint64_t value) {
    return varint(field << 3) + varint(value);
}

std::string bytes(unsigned field, const std::string& content) {
    return varint((field << 3) | 2) + varint(content.size()) + content;
}

constexpr unsigned float32 = 1;
constexpr unsigned uint8 = 2;
constexpr unsigned int8 = 3;

std::string tensor(const std::string& name, const std::vector<std::int64_t>& shape, unsigned type,
                   const std::string& raw) {
    std::string message;
    for (const std::int64_t size : shape) {
        message += number(1, static_cast<std::uint64_t>(size));
    }
    return bytes(5, message + number(2, type) + bytes(8, name) + bytes(9, raw));
}

std::string scalar(const std::string& name, float value) {
    std::string raw(sizeof value, '\0');
    std::memcpy(raw.data(), &value, sizeof value);
    return tensor(name, {}, float32, raw);
}

std::string node(const std::string& op, const std::vector<std::string>& inputs,
                 const std::string& output) {
    std::string message;
    for (const std::string& input : inputs) {
        message += bytes(1, input);
    }
    return bytes(1, message + bytes(2, output) + bytes(3, output) + bytes(4, op));
}

std::string value(unsigned field, const std::string& name) {
    const std::string dims =
        bytes(1, number(1, 1)) + bytes(1, number(1, static_cast<std::uint64_t>(width)));
    const std::string type = bytes(1, number(1, float32) + bytes(2, dims));
    return bytes(field, bytes(1, name) + bytes(2, type));
}

/// QuantizeLinear and DequantizeLinear around every layer, int8 weights, Relu between.
std::string large_mlp() {
    std::string graph = bytes(2, "large_mlp") + value(11, "x") + scalar("in_scale", 1.0F / 128) +
                        scalar("act_scale", 0.5F) + scalar("weight_scale", 1.0F / 64) +
                        tensor("zero_u8", {}, uint8, std::string(1, '\0')) +
                        tensor("zero_i8", {}, int8, std::string(1, '\0'));
    std::string current = "x";
    std::uint32_t random = 1;
    for (int layer = 0; layer < layers; ++layer) {
        const std::string id = std::to_string(layer);
        const std::string scale = layer == 0 ? "in_scale" : "act_scale";
        std::string weights(static_cast<std::size_t>(width * width), '\0');
        for (char& weight : weights) {
            random = random * 1664525U + 1013904223U;
            weight = static_cast<char>(random >> 24);
        }
        graph += tensor("w" + id, {width, width}, int8, weights);
        graph += node("QuantizeLinear", {current, scale, "zero_u8"}, "q" + id);
        graph += node("DequantizeLinear", {"q" + id, scale, "zero_u8"}, "d" + id);
        graph += node("DequantizeLinear", {"w" + id, "weight_scale", "zero_i8"}, "v" + id);
        graph += node("MatMul", {"d" + id, "v" + id}, "fc" + id);
        current = "fc" + id;
        if (layer + 1 < layers) {
            graph += node("Relu", {current}, "relu" + id);
            current = "relu" + id;
        }
    }
    graph += value(12, current);
    return number(1, 8) + bytes(8, bytes(1, "") + number(2, 13)) + bytes(7, graph);
}

const std::string& model() {
    static const std::string text = large_mlp();
    return text;
}

Graph import() {
    Diagnostics diagnostics;
    auto imported = frontend::import_onnx_bytes(model(), "large", {}, diagnostics);
    if (!imported) {
        throw std::runtime_error(format(diagnostics.all().at(0)));
    }
    return std::move(imported->graph);
}

passes::Compilation compiled() {
    passes::Compilation compilation;
    compilation.network = import();
    compilation.make_plan = [](const passes::PlanRequest& request, Diagnostics&) {
        return planner::fold_for_cycles(request.body, 65536);
    };
    Diagnostics diagnostics;
    if (!passes::run_passes(compilation, diagnostics)) {
        throw std::runtime_error(format(diagnostics.all().at(0)));
    }
    return compilation;
}

void import_large(benchmark::State& state) {
    for ([[maybe_unused]] auto iteration : state) {
        benchmark::DoNotOptimize(import());
    }
}
BENCHMARK(import_large)->Unit(benchmark::kMillisecond);

void passes_large(benchmark::State& state) {
    for ([[maybe_unused]] auto iteration : state) {
        benchmark::DoNotOptimize(compiled());
    }
}
BENCHMARK(passes_large)->Unit(benchmark::kMillisecond)->Name("import_and_passes_large");

void emit_large(benchmark::State& state) {
    const passes::Compilation compilation = compiled();
    for ([[maybe_unused]] auto iteration : state) {
        benchmark::DoNotOptimize(backends::emit_vitis_project(
            {compilation.network, compilation.program, compilation.dataflow, compilation.plan,
             compilation.cycles},
            {}));
    }
}
BENCHMARK(emit_large)->Unit(benchmark::kMillisecond);

} // namespace

int main(int argc, char** argv) {
    if (argc == 3 && std::string(argv[1]) == "--write") {
        std::ofstream file(argv[2], std::ios::binary);
        file << model();
        return file.flush() ? 0 : 1;
    }
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
