// SPDX-License-Identifier: Apache-2.0
#include "backends/memory_traffic.hpp"

#include "backends/placement.hpp"
#include "ir/ops/dataflow.hpp"

#include <algorithm>
#include <cmath>

namespace millrace::backends {

namespace {

double frame_bytes(const Graph& body, ValueId id) {
    const auto& type = std::get<IntegerType>(body.value(id).type);
    constexpr std::int64_t word_bits = 64;
    const std::int64_t container = word_bits / ops::memory_lanes(word_bits, type.format());
    return static_cast<double>(element_count(type.shape) * container) / 8;
}

} // namespace

std::int64_t MemoryTraffic::cycles(double clock_mhz) const {
    constexpr double rounding = 1e-9;
    const double cycles = bytes * clock_mhz / (1000 * gbytes_per_second);
    return static_cast<std::int64_t>(std::ceil(cycles * (1 - rounding)));
}

double MemoryTraffic::asked(std::int64_t interval, double clock_mhz) const {
    return bytes * clock_mhz / (1000 * static_cast<double>(interval));
}

MemoryTraffic memory_traffic(const Graph& body, const Board& board, std::int64_t units) {
    std::vector<double> ports;
    double in = 0;
    double out = 0;
    for (const ValueId id : body.inputs) {
        ports.push_back(frame_bytes(body, id));
        in += ports.back();
    }
    for (const ValueId id : body.outputs) {
        ports.push_back(frame_bytes(body, id));
        out += ports.back();
    }
    std::vector<MemoryTraffic> all;
    for (const BoardMemory& memory : board.memories) {
        all.push_back({memory.tag, 0, memory.gbytes_per_second});
    }
    if (!placement_problem(board, ports.size(), static_cast<int>(units)).empty()) {
        return {};
    }
    const auto placed = memories_of_units(board, ports.size(), static_cast<int>(units));
    for (const std::vector<std::size_t>& unit : placed) {
        for (std::size_t port = 0; port < ports.size(); ++port) {
            all[unit[port]].bytes += ports[port];
        }
    }
    all.push_back({"PCIe", std::max(in, out) * static_cast<double>(units), board.pcie_gbytes});
    std::erase_if(all, [](const MemoryTraffic& one) { return one.gbytes_per_second == 0; });
    const auto seconds = [](const MemoryTraffic& one) { return one.bytes / one.gbytes_per_second; };
    const auto busiest = std::max_element(
        all.begin(), all.end(),
        [&](const MemoryTraffic& a, const MemoryTraffic& b) { return seconds(a) < seconds(b); });
    return busiest == all.end() ? MemoryTraffic{} : *busiest;
}

} // namespace millrace::backends
