// SPDX-License-Identifier: Apache-2.0
//
// millrace boards: the boards that the compiler knows.
#include "cli/command_line.hpp"
#include "cli/json_output.hpp"
#include "cli/terminal.hpp"
#include "planner/board.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <memory>

namespace millrace::cli {

namespace {

Json resources_json(const Resources& resources) {
    return {{"lut", resources.lut},
            {"ff", resources.ff},
            {"bram36", resources.bram36},
            {"uram", resources.uram},
            {"dsp", resources.dsp}};
}

Json board_json(const Board& board) {
    Json regions = Json::array();
    for (const BoardRegion& region : board.regions) {
        Json json = resources_json(region.free);
        json["name"] = region.name;
        regions.push_back(std::move(json));
    }
    Json memories = Json::array();
    for (const BoardMemory& memory : board.memories) {
        memories.push_back(
            {{"tag", memory.tag},
             {"type", memory.type},
             {"kib", memory.kib},
             {"region", memory.region},
             {"ports", memory.ports},
             {"port_bits", memory.port_bits == 0 ? Json() : Json(memory.port_bits)},
             {"gbytes_per_second",
              memory.gbytes_per_second == 0 ? Json() : Json(memory.gbytes_per_second)}});
    }
    return {{"name", board.name},
            {"title", board.title},
            {"part", board.part},
            {"family", board.family},
            {"attachment", board.attachment == Attachment::pcie ? "pcie" : "embedded"},
            {"platform", board.platform.empty() ? Json() : Json(board.platform)},
            {"clock_mhz", board.clock_mhz},
            {"resources", resources_json(board.device)},
            {"caps",
             {{"lut", board.caps.lut},
              {"ff", board.caps.ff},
              {"bram", board.caps.bram},
              {"uram", board.caps.uram},
              {"dsp", board.caps.dsp}}},
            {"regions", std::move(regions)},
            {"memories", std::move(memories)}};
}

/// "32 x HBM 256 MiB, 2 x DDR4 16 GiB".
std::string memory_text(const Board& board) {
    std::vector<std::pair<std::string, int>> kinds;
    for (const BoardMemory& memory : board.memories) {
        const std::uint64_t mib = memory.kib / 1024;
        const std::string kind =
            fmt::format("{} {} {}", memory.type.substr(4), mib >= 1024 ? mib / 1024 : mib,
                        mib >= 1024 ? "GiB" : "MiB");
        if (kinds.empty() || kinds.back().first != kind) {
            kinds.emplace_back(kind, 0);
        }
        ++kinds.back().second;
    }
    std::string text;
    for (const auto& [kind, count] : kinds) {
        text +=
            (text.empty() ? "" : ", ") + (count > 1 ? fmt::format("{} x {}", count, kind) : kind);
    }
    return text;
}

int list_boards(bool json) {
    Json list = Json::array();
    Table table({"board", "part", "lut", "bram36", "uram", "dsp", "slr", "MHz", "memory"});
    for (const std::string& name : planner::board_names()) {
        const Board board = *planner::known_board(name);
        list.push_back(board_json(board));
        table.add({board.name, board.part, grouped(board.device.lut), grouped(board.device.bram36),
                   grouped(board.device.uram), grouped(board.device.dsp),
                   fmt::format("{}", board.regions.size()), fmt::format("{}", board.clock_mhz),
                   memory_text(board)});
    }
    if (json) {
        print_json({{"boards", std::move(list)}});
    } else {
        table.print();
    }
    return exit_done;
}

} // namespace

Command add_boards(CLI::App& root) {
    CLI::App* command = root.add_subcommand("boards", "List the boards and their resources");
    const auto json = std::make_shared<bool>(false);
    command->add_flag("--json", *json, "Print one JSON document");
    command->footer("Example:\n  millrace boards\n"
                    "  millrace compile model.onnx -o project --board zcu104");
    return {command, [json] { return list_boards(*json); }};
}

} // namespace millrace::cli
