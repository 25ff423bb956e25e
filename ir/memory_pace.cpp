// SPDX-License-Identifier: Apache-2.0
#include "ir/memory_pace.hpp"

#include "ir/diagnostics.hpp"

#include <algorithm>

namespace millrace {

BurstSettings burst_settings(std::int64_t word_bits) {
    constexpr std::int64_t boundary_bits = 32'768; // no burst crosses 4 KiB
    constexpr std::int64_t longest = 256;
    constexpr std::int64_t words_under_way = 512;
    BurstSettings settings;
    settings.length = std::min(boundary_bits / word_bits, longest);
    settings.outstanding = std::max<std::int64_t>(words_under_way / settings.length, 2);
    return settings;
}

std::int64_t memory_words(const Graph& flow, const Node& mover) {
    const auto words = [&](ValueId stream, std::int64_t memory_bits) {
        const auto& type = std::get<StreamType>(flow.value(stream).type);
        const std::int64_t lanes = ops::memory_lanes(memory_bits, type.element);
        return (element_count(type.shape) + lanes - 1) / lanes;
    };
    if (const auto* read = std::get_if<ops::MemoryToStream>(&mover.op)) {
        return words(mover.outputs.at(0), read->memory_bits);
    }
    if (const auto* write = std::get_if<ops::StreamToMemory>(&mover.op)) {
        return words(mover.inputs.at(0), write->memory_bits);
    }
    throw Defect("memory words of a node that is no mover");
}

std::int64_t memory_cycles(const Node& node) {
    if (const auto* read = std::get_if<ops::MemoryToStream>(&node.op)) {
        return read->memory_cycles;
    }
    const auto* write = std::get_if<ops::StreamToMemory>(&node.op);
    return write == nullptr ? 0 : write->memory_cycles;
}

void set_memory_cycles(Graph& flow, const MemoryCycles& cycles) {
    if (cycles.empty()) {
        return;
    }
    if (cycles.size() != flow.inputs.size() + flow.outputs.size()) {
        throw Defect("cycles of another number of memory ports");
    }
    std::size_t input = 0;
    std::size_t output = flow.inputs.size();
    for (Node& node : flow.nodes) {
        const auto slow = [&](std::size_t port) {
            const std::int64_t of_port = cycles[port];
            return of_port > memory_words(flow, node) ? of_port : 0;
        };
        if (auto* read = std::get_if<ops::MemoryToStream>(&node.op)) {
            read->memory_cycles = slow(input++);
        } else if (auto* write = std::get_if<ops::StreamToMemory>(&node.op)) {
            write->memory_cycles = slow(output++);
        }
    }
}

} // namespace millrace
