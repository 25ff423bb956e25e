// SPDX-License-Identifier: Apache-2.0
#include "backends/placement.hpp"

#include "ir/diagnostics.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace millrace::backends {

namespace {

/// Where the control registers of compute units begin behind PCIe, for emulation; on hardware the
/// link step decides and the xclbin says.
constexpr std::uint64_t pcie_control = 0x1800000;

/// AXI4 masters that one memory port takes: the limit of platforms' memory subsystems, and of a
/// SmartConnect.
constexpr std::size_t masters_of_a_port = 15;

/// Interrupts of the programmable logic in a row.
constexpr int most_embedded_units = 8;

bool is_hbm(const BoardMemory& memory) { return memory.type == "MEM_HBM"; }

/// The memories that kernels are put on: HBM where there is any.
std::vector<std::size_t> usable_memories(const Board& board) {
    const bool hbm = std::any_of(board.memories.begin(), board.memories.end(), is_hbm);
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < board.memories.size(); ++i) {
        if (is_hbm(board.memories[i]) == hbm) {
            found.push_back(i);
        }
    }
    return found;
}

std::vector<std::size_t> memories_of_region(const Board& board,
                                            const std::vector<std::size_t>& memories,
                                            const std::string& region) {
    std::vector<std::size_t> found;
    std::copy_if(memories.begin(), memories.end(), std::back_inserter(found),
                 [&](std::size_t memory) { return board.memories[memory].region == region; });
    return found;
}

} // namespace

const Board& unnamed_board() {
    static const Board board = [] {
        Board none;
        none.regions = {{"", {}}};
        none.memories = {{.tag = "DDR[0]",
                          .type = "MEM_DDR4",
                          .base = 0x4000000000,
                          .kib = std::uint64_t{16} << 20,
                          .region = "",
                          .ports = {"DDR[0]"}}};
        return none;
    }();
    return board;
}

std::string placement_problem(const Board& board, std::size_t ports, int units) {
    if (units < 1 || units > most_compute_units) {
        return fmt::format("{} compute units: there can be 1 to {}", units, most_compute_units);
    }
    if (board.attachment == Attachment::embedded && units > most_embedded_units) {
        return fmt::format("{} compute units: an embedded board has interrupts for {}", units,
                           most_embedded_units);
    }
    const std::vector<std::size_t> memories = usable_memories(board);
    const std::size_t wanted = ports * static_cast<std::size_t>(units);
    if (is_hbm(board.memories[memories[0]])) {
        if (wanted > memories.size()) {
            return fmt::format("{} compute units of {} memory ports need {} pseudo channels of "
                               "HBM, the board has {}",
                               units, ports, wanted, memories.size());
        }
        return "";
    }
    std::size_t paths = 0;
    for (const std::size_t memory : memories) {
        paths += board.memories[memory].ports.size();
    }
    // A unit's ports share the path where memories are several.
    const bool shared = memories.size() > 1;
    const std::size_t at_a_path =
        shared ? (static_cast<std::size_t>(units) + paths - 1) / paths * ports
               : (wanted + paths - 1) / paths;
    if (at_a_path > masters_of_a_port) {
        return fmt::format("{} compute units of {} memory ports put {} AXI4 masters on a memory "
                           "port of the board, which takes {}",
                           units, ports, at_a_path, masters_of_a_port);
    }
    return "";
}

std::vector<std::vector<PlacedPort>> place_ports(const Board& board, std::size_t ports, int units) {
    const std::string problem = placement_problem(board, ports, units);
    if (!problem.empty()) {
        throw Defect(problem);
    }
    const std::vector<std::size_t> memories = usable_memories(board);
    const bool hbm = is_hbm(board.memories[memories[0]]);
    const std::size_t regions = board.regions.size();
    std::vector<std::vector<PlacedPort>> placed;
    std::size_t number = 0; // of all units
    for (std::size_t u = 0; u < static_cast<std::size_t>(units); ++u) {
        const auto near = memories_of_region(
            board, memories, regions > 1 ? board.regions[u % regions].name : std::string());
        std::vector<PlacedPort>& of_unit = placed.emplace_back();
        for (std::size_t port = 0; port < ports; ++port, ++number) {
            const std::size_t memory = hbm            ? memories[number]
                                       : near.empty() ? memories[u % memories.size()]
                                                      : near[u / regions % near.size()];
            const std::vector<std::string>& paths = board.memories[memory].ports;
            of_unit.push_back({port, memory, paths[number % paths.size()]});
        }
    }
    return placed;
}

std::vector<PlacedUnit> place_units(const KernelInterface& interface, const Board& board, int units,
                                    bool spread) {
    std::vector<std::size_t> arguments;
    for (const KernelArgument& argument : interface.arguments) {
        if (argument.memory) {
            arguments.push_back(argument.index);
        }
    }
    const auto ports = place_ports(board, arguments.size(), units);
    const std::uint64_t first =
        board.attachment == Attachment::embedded ? board.control : pcie_control;
    std::vector<PlacedUnit> placed;
    for (std::size_t u = 0; u < static_cast<std::size_t>(units); ++u) {
        PlacedUnit unit;
        unit.name = fmt::format("{}_{}", interface.kernel, u + 1);
        unit.base = first + u * control::space_bytes;
        const std::size_t regions = board.regions.size();
        const std::string& region = board.regions[u % regions].name;
        unit.region = regions > 1 && !spread ? region : "";
        unit.ports = ports[u];
        for (PlacedPort& port : unit.ports) {
            port.argument = arguments[port.argument];
        }
        placed.push_back(std::move(unit));
    }
    return placed;
}

nlohmann::ordered_json compute_units_json(const std::vector<PlacedUnit>& units,
                                          const KernelInterface& interface, const Board& board) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const PlacedUnit& unit : units) {
        nlohmann::ordered_json json;
        json["name"] = unit.name;
        json["base"] = unit.base;
        nlohmann::ordered_json banks;
        for (const PlacedPort& port : unit.ports) {
            banks[interface.arguments[port.argument].name] = board.memories[port.memory].tag;
        }
        json["banks"] = std::move(banks);
        if (!unit.region.empty()) {
            json["slr"] = unit.region;
        }
        list.push_back(std::move(json));
    }
    return list;
}

nlohmann::ordered_json memories_json(const Board& board) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const BoardMemory& memory : board.memories) {
        list.push_back({{"tag", memory.tag},
                        {"type", memory.type},
                        {"base", memory.base},
                        {"kib", memory.kib}});
    }
    return list;
}

} // namespace millrace::backends
