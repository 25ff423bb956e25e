// SPDX-License-Identifier: Apache-2.0
#include "backends/memory_traffic.hpp"

#include "backends/placement.hpp"
#include "ir/ops/dataflow.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <map>
#include <set>
#include <utility>

namespace millrace::backends {

namespace {

double frame_bytes(const Graph& body, ValueId id) {
    const auto& type = std::get<IntegerType>(body.value(id).type);
    constexpr std::int64_t word_bits = 64;
    const std::int64_t container = word_bits / ops::memory_lanes(word_bits, type.format());
    return static_cast<double>(element_count(type.shape) * container) / 8;
}

/// A way to memory and the ports that share it.
struct SharedWay {
    MemoryTraffic traffic;
    std::set<std::size_t> ports; ///< of a unit
};

/// Those of which the speed is known; none where the units find no room.
std::vector<SharedWay> shared_ways(const Graph& body, const Board& board, std::int64_t units,
                                   double clock_mhz) {
    std::vector<double> ports;
    for (const ValueId id : body.inputs) {
        ports.push_back(frame_bytes(body, id));
    }
    for (const ValueId id : body.outputs) {
        ports.push_back(frame_bytes(body, id));
    }
    const int count = static_cast<int>(units);
    if (!placement_problem(board, ports.size(), count).empty()) {
        return {};
    }
    /// What is read and what is written.
    struct Both {
        double in = 0;
        double out = 0;
        std::set<std::size_t> ports;
        [[nodiscard]] double sum() const { return in + out; }
        [[nodiscard]] double more() const { return std::max(in, out); }
    };
    Both host;
    std::map<std::size_t, Both> memories;
    std::map<std::pair<std::size_t, std::string>, Both> paths;
    for (const std::vector<PlacedPort>& unit : place_ports(board, ports.size(), count)) {
        for (const PlacedPort& port : unit) {
            for (Both* const both :
                 {&host, &memories[port.memory], &paths[{port.memory, port.port}]}) {
                (port.argument < body.inputs.size() ? both->in : both->out) += ports[port.argument];
                both->ports.insert(port.argument);
            }
        }
    }
    std::vector<SharedWay> all{{{"PCIe", host.more(), board.pcie_gbytes}, host.ports}};
    for (const auto& [memory, both] : memories) {
        all.push_back(
            {{board.memories[memory].tag, both.sum(), board.memories[memory].gbytes_per_second},
             both.ports});
    }
    for (const auto& [path, both] : paths) {
        const BoardMemory& memory = board.memories[path.first];
        all.push_back({{fmt::format("{} of {}", path.second, memory.tag), both.more(),
                        static_cast<double>(memory.port_bits) / 8 * clock_mhz / 1000},
                       both.ports});
    }
    std::erase_if(all, [](const SharedWay& way) { return way.traffic.gbytes_per_second == 0; });
    return all;
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

MemoryTraffic memory_traffic(const Graph& body, const Board& board, std::int64_t units,
                             double clock_mhz) {
    const std::vector<SharedWay> ways = shared_ways(body, board, units, clock_mhz);
    const auto seconds = [](const SharedWay& way) {
        return way.traffic.bytes / way.traffic.gbytes_per_second;
    };
    const auto busiest =
        std::max_element(ways.begin(), ways.end(), [&](const SharedWay& a, const SharedWay& b) {
            return seconds(a) < seconds(b);
        });
    return busiest == ways.end() ? MemoryTraffic{} : busiest->traffic;
}

MemoryCycles memory_cycles(const Graph& body, const Board& board, std::int64_t units,
                           double clock_mhz) {
    const std::vector<SharedWay> ways = shared_ways(body, board, units, clock_mhz);
    MemoryCycles cycles(ways.empty() ? 0 : body.inputs.size() + body.outputs.size());
    for (const SharedWay& way : ways) {
        for (const std::size_t port : way.ports) {
            cycles[port] = std::max(cycles[port], way.traffic.cycles(clock_mhz));
        }
    }
    return cycles;
}

} // namespace millrace::backends
