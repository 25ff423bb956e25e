// SPDX-License-Identifier: Apache-2.0
#include "tests/support/runtime_host.hpp"

#include "backends/packing.hpp"
#include "backends/vitis/vitis_backend.hpp"
#include "frontend/import.hpp"
#include "ir/host_sides.hpp"
#include "planner/folding.hpp"
#include "runtime/error.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <random>

namespace millrace::tests {

namespace {

backends::FrameLayout layout_of(const runtime::PortInfo& port) {
    Encoding encoding = Encoding::unsigned_integer;
    if (port.encoding != runtime::Encoding::unsigned_integer) {
        encoding = port.encoding == runtime::Encoding::bipolar ? Encoding::bipolar
                                                               : Encoding::signed_integer;
    }
    return {{static_cast<int>(port.bits), encoding},
            runtime::element_count(port.shape),
            port.container_bits,
            static_cast<std::int64_t>(port.frame_bytes)};
}

/// Memory of some frames of each port.
struct PortMemory {
    std::vector<std::vector<std::byte>> bytes;
    PortMemory(const std::vector<runtime::PortInfo>& ports, std::int64_t frames) {
        for (const runtime::PortInfo& port : ports) {
            // Not zeros: padding must be written.
            bytes.emplace_back(port.frame_bytes * static_cast<std::size_t>(frames),
                               std::byte{0xa5});
        }
    }
    template <class T> [[nodiscard]] std::vector<std::span<T>> spans() {
        return {bytes.begin(), bytes.end()};
    }
    [[nodiscard]] std::span<std::byte> frame(std::size_t port, std::int64_t index,
                                             std::size_t size) {
        return std::span(bytes[port]).subspan(static_cast<std::size_t>(index) * size, size);
    }
};

/// What the compiler's head gives for a sample; nothing when it raises an error.
struct Head {
    std::vector<IntegerBuffer> integers;
    std::vector<Tensor> by_passing;
};
std::optional<Head> reference_head(const HostSides& sides, const std::vector<HostArray>& inputs,
                                   std::int64_t sample, std::size_t ports) {
    Head head;
    head.integers.resize(ports);
    std::vector<IntegerBuffer*> to;
    for (IntegerBuffer& buffer : head.integers) {
        to.push_back(&buffer);
    }
    try {
        head.by_passing = sides.head(inputs, sample, to);
    } catch (const EngineError&) {
        return std::nullopt;
    }
    return head;
}

IntegerBuffer random_integers(const IntegerType& type, std::mt19937& random) {
    IntegerBuffer result(static_cast<std::size_t>(element_count(type.shape)));
    for (std::size_t i = 0; i < result.size(); ++i) {
        const std::int64_t low = type.lo[i % type.lo.size()];
        const std::int64_t high = type.hi[i % type.hi.size()];
        switch (random() % 8) {
        case 0:
            result[i] = low;
            break;
        case 1:
            result[i] = high;
            break;
        case 2: // small ones, for equal elements
            result[i] =
                std::clamp<std::int64_t>(static_cast<std::int64_t>(random() % 3) - 1, low, high);
            break;
        default:
            result[i] = std::uniform_int_distribution<std::int64_t>(low, high)(random);
            break;
        }
        if (type.bipolar) {
            result[i] = result[i] > 0 ? 1 : -1;
        }
    }
    return result;
}

} // namespace

std::optional<passes::Compilation> compiled_network(Graph network, std::string& text) {
    passes::Compilation compilation;
    compilation.network = std::move(network);
    compilation.make_plan = [](const passes::PlanRequest& request, Diagnostics&) {
        return planner::fold_for_cycles(request.body, 1 << 20);
    };
    Diagnostics diagnostics;
    if (!passes::run_passes(compilation, diagnostics)) {
        for (const Diagnostic& diagnostic : diagnostics.all()) {
            text += diagnostic.message + "\n";
        }
        return std::nullopt;
    }
    return compilation;
}

passes::Compilation compiled_file(const std::filesystem::path& file) {
    Diagnostics diagnostics;
    auto imported = frontend::import_onnx(file, diagnostics);
    REQUIRE_MESSAGE(imported, file.string());
    std::string text;
    auto compilation = compiled_network(std::move(imported->graph), text);
    REQUIRE_MESSAGE(compilation, text);
    return *std::move(compilation);
}

std::string manifest_text(const passes::Compilation& compilation) {
    backends::ProjectOptions options;
    options.model_name = "model.onnx";
    options.golden_samples = 1;
    return backends::emit_vitis_project({compilation.network, compilation.program,
                                         compilation.dataflow, compilation.plan,
                                         compilation.cycles},
                                        options)
        .files.at("millrace.json");
}

runtime::Manifest read_manifest_text(std::string_view text) {
    const cli::TemporaryFolder folder;
    const std::filesystem::path file = folder.path() / "millrace.json";
    std::ofstream(file, std::ios::binary) << text;
    return runtime::read_manifest(folder.path());
}

runtime::ConstArray runtime_view(const HostArray& array) {
    return {runtime::element_type_from(to_string(array.type)).value(), array.shape, array.data};
}

HostDifference compare_host_sides(const passes::Compilation& compilation,
                                  const std::vector<HostArray>& inputs, std::int64_t samples,
                                  std::uint32_t seed) {
    const Program& program = compilation.program;
    const HostSides sides(program);
    const runtime::Manifest manifest = read_manifest_text(manifest_text(compilation));
    const runtime::HostProgram host(manifest);
    HostDifference result;
    const auto differ = [&](std::string text) {
        result.text = std::move(text);
        return result;
    };
    std::vector<runtime::ConstArray> views;
    for (const HostArray& input : inputs) {
        views.push_back(runtime_view(input));
    }
    if (host.samples(views) != samples) {
        return differ("another number of samples");
    }
    std::mt19937 random(seed);
    std::vector<runtime::Array> outputs = host.outputs(samples);
    std::vector<HostArray> expected = output_arrays(program.tail, samples);
    PortMemory out(manifest.outputs, samples);
    // Sample by sample, because each may raise an error of its own.
    std::vector<std::unique_ptr<runtime::Bypass>> bypasses;
    for (std::int64_t sample = 0; sample < samples; ++sample) {
        const auto head = reference_head(sides, inputs, sample, manifest.inputs.size());
        PortMemory in(manifest.inputs, 1);
        std::unique_ptr<runtime::Bypass> bypass;
        try {
            bypass = host.encode(views, sample, 1, in.spans<std::byte>());
        } catch (const runtime::Error& error) {
            if (head) {
                return differ(fmt::format("encode: {}", error.what()));
            }
            continue;
        }
        if (!head) {
            return differ(fmt::format("encode of sample {}: an error is expected", sample));
        }
        for (std::size_t port = 0; port < manifest.inputs.size(); ++port) {
            const backends::FrameLayout layout = layout_of(manifest.inputs[port]);
            std::vector<std::byte> packed(static_cast<std::size_t>(layout.frame_bytes));
            backends::pack_frame(layout, head->integers[port], packed);
            result.compared += layout.elements;
            if (packed != in.bytes[port]) {
                IntegerBuffer got(head->integers[port].size());
                backends::unpack_frame(layout, in.bytes[port], got);
                const auto where =
                    std::mismatch(got.begin(), got.end(), head->integers[port].begin());
                const auto at = where.first - got.begin();
                return differ(fmt::format("sample {}, port {}, element {}: {} instead of {}",
                                          sample, port, at,
                                          where.first == got.end() ? 0 : *where.first,
                                          where.first == got.end() ? 0 : *where.second));
            }
        }
        std::vector<IntegerBuffer> integers;
        std::vector<const IntegerBuffer*> from;
        for (std::size_t port = 0; port < manifest.outputs.size(); ++port) {
            integers.push_back(random_integers(
                std::get<IntegerType>(program.body.value(program.body.outputs[port]).type),
                random));
            backends::pack_frame(layout_of(manifest.outputs[port]), integers.back(),
                                 out.frame(port, sample, manifest.outputs[port].frame_bytes));
        }
        for (const IntegerBuffer& buffer : integers) {
            from.push_back(&buffer);
        }
        bool raised = false;
        try {
            sides.tail(from, head->by_passing, sample, expected);
        } catch (const std::exception&) {
            raised = true;
        }
        std::vector<std::span<const std::byte>> frames;
        for (std::size_t port = 0; port < manifest.outputs.size(); ++port) {
            frames.push_back(out.frame(port, sample, manifest.outputs[port].frame_bytes));
        }
        try {
            host.decode(frames, bypass.get(), sample, 1, outputs);
        } catch (const runtime::Error& error) {
            if (!raised) {
                return differ(fmt::format("decode: {}", error.what()));
            }
            continue;
        }
        if (raised) {
            return differ(fmt::format("decode of sample {}: an error is expected", sample));
        }
        for (std::size_t i = 0; i < outputs.size(); ++i) {
            const std::size_t size = expected[i].data.size() / static_cast<std::size_t>(samples);
            const std::size_t first = static_cast<std::size_t>(sample) * size;
            result.compared +=
                static_cast<std::int64_t>(size / runtime::bytes_per_element(outputs[i].type));
            if (outputs[i].bytes.size() != expected[i].data.size() ||
                std::memcmp(outputs[i].bytes.data() + first, expected[i].data.data() + first,
                            size) != 0) {
                return differ(fmt::format("sample {}: output {} differs", sample, i));
            }
        }
    }
    return result;
}

} // namespace millrace::tests
