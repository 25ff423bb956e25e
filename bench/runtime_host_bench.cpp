// SPDX-License-Identifier: Apache-2.0
//
// The host's share of a sample: quantizing and packing the inputs, unpacking and looking up the
// outputs, for a network of TFC_2W2A's ports (784 floats to 2 bits, 10 integers of 7 bits to
// floats), and for 784 elements of 8 bits with each kind of quantizer. The bytes/s of "pack 8-bit
// integers" stand beside memcpy's.
#include "runtime/host/levels.hpp"
#include "runtime/host_program.hpp"
#include "runtime/json.hpp"
#include "runtime/packing.hpp"

#include <benchmark/benchmark.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace {

using namespace millrace::runtime;

constexpr std::int64_t batch = 1000;
constexpr std::int64_t pixels = 784;
constexpr std::int64_t classes = 10;

PortInfo port(std::int64_t elements, std::uint32_t bits, std::uint32_t container) {
    PortInfo info;
    info.shape = {1, elements};
    info.bits = bits;
    info.encoding = Encoding::signed_integer;
    info.container_bits = container;
    info.memory_word_bits = 64;
    info.frame_bytes = static_cast<std::uint64_t>((elements * container + 63) / 64 * 8);
    return info;
}

std::string list_of(const std::vector<float>& values) {
    std::string text;
    for (const float value : values) {
        std::array<char, 64> digits{};
        const auto end =
            std::to_chars(digits.data(), digits.data() + digits.size(), static_cast<double>(value));
        text += text.empty() ? "" : ",";
        text.append(digits.data(), end.ptr);
    }
    return text;
}

/// A manifest of one input and one output; only what the host program reads.
Manifest manifest(const std::string& quantizer, std::uint32_t bits, std::uint32_t container) {
    Manifest result;
    result.model_inputs = {{"x", ElementType::float32, {1, pixels}}};
    result.model_outputs = {{"y", ElementType::float32, {1, classes}}};
    result.inputs = {port(pixels, bits, container)};
    result.outputs = {port(classes, 7, 8)};
    const std::string graph =
        R"({"inputs": [{"value": 0}], "constants": [], "steps": [], "outputs": [0]})";
    std::vector<float> table;
    for (int q = -64; q < 64; ++q) {
        table.push_back(static_cast<float>(q) * 0.1F);
    }
    const std::string text = R"({"inputs": [{"quantizer": )" + quantizer +
                             R"(}], "decoders": [{"port": 0, "lo": -64, "entries": 128,
                             "channels": 1, "values": [)" +
                             list_of(table) + R"(]}], "host": {"head": )" + graph +
                             R"(, "tail": )" + graph + "}}";
    result.json = std::make_shared<const JsonValue>(parse_json(text, "bench"));
    return result;
}

/// round(x / scale) held in low..high, ties to even.
std::string quantizer(int low, int high, float scale) {
    std::vector<float> thresholds;
    for (int q = low + 1; q <= high; ++q) {
        // The smallest float at or, where the tie goes to the even level below, behind the tie.
        const double tie = (q - 0.5) * static_cast<double>(scale);
        auto at = static_cast<float>(tie);
        if (static_cast<double>(at) < tie || (static_cast<double>(at) == tie && q % 2 != 0)) {
            at = std::nextafter(at, std::numeric_limits<float>::max());
        }
        thresholds.push_back(at);
    }
    return R"({"input": 0, "base": )" + std::to_string(low) + R"(, "step": 1, "thresholds": [)" +
           list_of(thresholds) + "]}";
}

Array images() {
    Array x(ElementType::float32, {batch, pixels});
    std::mt19937 random(1);
    std::uniform_real_distribution<float> any(-1, 1);
    for (float& value : x.as<float>()) {
        value = any(random);
    }
    return x;
}

void encode(benchmark::State& state, const Manifest& description) {
    const HostProgram program(description);
    const Array x = images();
    const std::vector<ConstArray> inputs{x.view()};
    std::vector<std::byte> memory(description.inputs[0].frame_bytes * batch);
    const std::vector<std::span<std::byte>> ports{memory};
    for (auto _ : state) {
        benchmark::DoNotOptimize(program.encode(inputs, 0, batch, ports));
        benchmark::ClobberMemory();
    }
    state.counters["sample"] =
        benchmark::Counter(static_cast<double>(state.iterations() * batch),
                           benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void encode_two_bits(benchmark::State& state) {
    encode(state, manifest(quantizer(-1, 1, 0.5F), 2, 2));
}
BENCHMARK(encode_two_bits)->Name("encode 784 floats to 2 bits, 2 thresholds");

void encode_eight_bits(benchmark::State& state) {
    encode(state, manifest(quantizer(-128, 127, 1 / 128.0F), 8, 8));
}
BENCHMARK(encode_eight_bits)->Name("encode 784 floats to 8 bits, scale 1/128");

void encode_odd_scale(benchmark::State& state) {
    encode(state, manifest(quantizer(-128, 127, 0.0078432F), 8, 8));
}
BENCHMARK(encode_odd_scale)->Name("encode 784 floats to 8 bits, scale 0.0078432");

void decode(benchmark::State& state) {
    const Manifest description = manifest(quantizer(-1, 1, 0.5F), 2, 2);
    const HostProgram program(description);
    std::vector<std::byte> memory(description.outputs[0].frame_bytes * batch);
    std::mt19937 random(1);
    for (std::byte& byte : memory) {
        byte = static_cast<std::byte>(random() % 127);
    }
    const std::vector<std::span<const std::byte>> ports{memory};
    std::vector<Array> outputs = program.outputs(batch);
    for (auto _ : state) {
        program.decode(ports, nullptr, 0, batch, outputs);
        benchmark::ClobberMemory();
    }
    state.counters["sample"] =
        benchmark::Counter(static_cast<double>(state.iterations() * batch),
                           benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(decode)->Name("decode 10 integers of 7 bits");

constexpr std::size_t copied = std::size_t{1} << 20;

void copy(benchmark::State& state) {
    const std::vector<std::int8_t> from(copied, 1);
    std::vector<std::byte> to(copied);
    for (auto _ : state) {
        std::memcpy(to.data(), from.data(), copied);
        benchmark::ClobberMemory();
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(copied));
}
BENCHMARK(copy)->Name("memcpy");

void pack(benchmark::State& state) {
    FrameLayout layout(port(static_cast<std::int64_t>(copied), 8, 8));
    const std::vector<std::int8_t> from(copied, 1);
    std::vector<std::byte> to(copied);
    for (auto _ : state) {
        pack_frame(layout, from.data(), to.data());
        benchmark::ClobberMemory();
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(copied));
}
BENCHMARK(pack)->Name("pack 8-bit integers");

void pack_small(benchmark::State& state) {
    const auto bits = static_cast<std::uint32_t>(state.range(0));
    FrameLayout layout(port(static_cast<std::int64_t>(copied), bits, bits));
    const std::vector<std::int8_t> from(copied, 0);
    std::vector<std::byte> to(copied);
    for (auto _ : state) {
        pack_frame(layout, from.data(), to.data());
        benchmark::ClobberMemory();
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(copied));
}
BENCHMARK(pack_small)->Name("pack 8-bit integers to bits")->Arg(1)->Arg(2)->Arg(4);

void unpack_small(benchmark::State& state) {
    const auto bits = static_cast<std::uint32_t>(state.range(0));
    FrameLayout layout(port(static_cast<std::int64_t>(copied), bits, bits));
    std::vector<std::int8_t> to(copied);
    const std::vector<std::byte> from(copied);
    for (auto _ : state) {
        unpack_frame(layout, from.data(), 0, copied, to.data());
        benchmark::ClobberMemory();
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(copied));
}
BENCHMARK(unpack_small)->Name("unpack to 8-bit integers")->Arg(1)->Arg(2)->Arg(4)->Arg(8);

} // namespace
