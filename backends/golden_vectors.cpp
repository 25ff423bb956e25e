// SPDX-License-Identifier: Apache-2.0
#include "backends/golden_vectors.hpp"

#include "ir/integer_executor.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <span>

namespace millrace::backends {

namespace {

/// Splitmix64: the same vectors on every machine.
class GoldenInputs {
  public:
    std::int64_t next(std::int64_t lo, std::int64_t hi) {
        state_ += 0x9e3779b97f4a7c15U;
        std::uint64_t z = state_;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
        z ^= z >> 31;
        return lo + static_cast<std::int64_t>(z % static_cast<std::uint64_t>(hi - lo + 1));
    }

  private:
    std::uint64_t state_ = 1;
};

} // namespace

int frames_at_once(const CompiledDesign& design, int most) {
    constexpr std::int64_t most_elements = 4'000'000; // of all values of the body
    std::int64_t elements = 1;
    for (const Value& value : design.program.body.values) {
        elements += element_count(shape_of(value.type));
    }
    return static_cast<int>(std::clamp<std::int64_t>(most_elements / elements, 1, most));
}

ProjectFiles golden_files(const CompiledDesign& design, const KernelPorts& ports, int frames) {
    ProjectFiles files;
    const Graph& body = design.program.body;
    const IntegerExecutor executor(body, IntegerExecutor::Use::few_samples);
    IntegerExecutor::Workspace workspace(body);
    GoldenInputs random;
    const auto append = [&](const PortView& port, const IntegerBuffer& integers) {
        const FrameLayout layout = frame_layout(port);
        std::string frame(static_cast<std::size_t>(layout.frame_bytes), '\0');
        pack_frame(layout, integers, std::as_writable_bytes(std::span(frame)));
        files[fmt::format("golden/{}.bin", port.name)] += frame;
    };
    for (int frame = 0; frame < frames; ++frame) {
        for (std::size_t i = 0; i < body.inputs.size(); ++i) {
            const auto& type = std::get<IntegerType>(body.value(body.inputs[i]).type);
            IntegerBuffer& buffer = workspace.buffer(body.inputs[i]);
            for (std::int64_t& element : buffer) {
                element = frame == 1   ? type.lowest()
                          : frame == 2 ? type.highest()
                                       : random.next(type.lowest(), type.highest());
                if (type.bipolar) {
                    element = element > 0 || (element == 0 && random.next(0, 1) == 1) ? 1 : -1;
                }
            }
            append(ports.inputs[i], buffer);
        }
        executor.run(workspace);
        for (std::size_t i = 0; i < body.outputs.size(); ++i) {
            append(ports.outputs[i], workspace.buffer(body.outputs[i]));
        }
    }
    return files;
}

} // namespace millrace::backends
