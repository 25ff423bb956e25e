// SPDX-License-Identifier: Apache-2.0
//
// Actors on the regions of a large device: as few regions as hold them, cut where the fewest wires
// cross, never more than a region has.
#include "cli/project_folder.hpp"
#include "ir/cost.hpp"
#include "passes/lower_to_dataflow.hpp"
#include "planner/folding.hpp"
#include "planner/region_assignment.hpp"
#include "planner/solver.hpp"
#include "tests/support/command.hpp"
#include "tests/support/small_body.hpp"

#include <algorithm>
#include <cstdlib>
#include <doctest/doctest.h>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>

using namespace millrace;
using namespace millrace::planner;

namespace {

Graph small_design() {
    const Graph body = tests::small_body();
    Diagnostics diagnostics;
    auto lowered = passes::lower_to_dataflow(body, default_plan(body), diagnostics);
    REQUIRE(lowered);
    return std::move(lowered->dataflow);
}

Board board_of(std::int64_t lut, std::size_t regions) {
    Board board;
    board.part = "xcu250-figd2104-2L-e";
    for (std::size_t i = 0; i < regions; ++i) {
        board.regions.push_back(
            {"SLR" + std::to_string(i), Resources{lut, 1'000'000, 500, 100, 2'000}});
    }
    return board;
}

/// A board file of regions with so many LUTs each.
std::string board_file(std::int64_t lut, int regions = 2) {
    std::string text = "title = \"Cut\"\npart = \"xcu200-fsgd2104-2-e\"\nfamily = \"ultrascale+\"\n"
                       "clock_mhz = 100\n[device]\nlut = 1_000_000\nff = 2_000_000\nbram36 = "
                       "2_000\nuram = 0\ndsp = 2_000\n[caps]\nlut = 1\nff = 1\nbram = 1\nuram = 1\n"
                       "dsp = 1\n";
    for (int region = 0; region < regions; ++region) {
        text += fmt::format("[[region]]\nname = \"SLR{}\"\nlut = {}\nff = 500_000\n"
                            "bram36 = 500\nuram = 0\ndsp = 500\n",
                            region, lut);
    }
    return text + "[[memory]]\ntag = \"BANK\"\ntype = \"MEM_DDR4\"\nbase = 0\nmib = 1024\n";
}

} // namespace

TEST_SUITE("region assignment") {
    TEST_CASE("what fits one region stays in one") {
        const auto assignment = assign_regions(small_design(), board_of(1'000'000, 4));
        REQUIRE(assignment);
        REQUIRE(assignment->parts.size() == 1);
        CHECK(assignment->parts[0].crossing == 0);
        CHECK(assignment->parts[0].share < 1);
    }

    TEST_CASE("smaller regions: pieces that fit, all nodes once, in the order of neighbours") {
        const Graph design = small_design();
        const Cost whole = design_cost(design, Family::xcup);
        double largest = 0;
        for (const Node& node : design.nodes) {
            largest = std::max(largest, node_cost(design, node, Family::xcup).lut);
        }
        bool several = false;
        for (const double part : {0.7, 0.5, 0.4}) {
            CAPTURE(part);
            const auto lut = static_cast<std::int64_t>(std::max(part * whole.lut, largest + 700));
            const Board board = board_of(lut, 4);
            const auto assignment = assign_regions(design, board);
            REQUIRE(assignment);
            several = several || assignment->parts.size() > 1;
            Use sum{};
            for (std::size_t i = 0; i < assignment->parts.size(); ++i) {
                const RegionAssignment::Part& piece = assignment->parts[i];
                CHECK(piece.use[0] <= static_cast<double>(lut));
                CHECK((piece.crossing > 0) == (i + 1 < assignment->parts.size()));
                CHECK(piece.crossing <= most_crossing_wires);
                if (i > 0) {
                    const auto before = static_cast<std::int64_t>(assignment->parts[i - 1].region);
                    CHECK(std::abs(before - static_cast<std::int64_t>(piece.region)) == 1);
                }
                sum[0] += piece.use[0];
            }
            CHECK(sum[0] == doctest::Approx(whole.lut));
            CHECK(assignment->region_of.size() == design.nodes.size());
        }
        CHECK(several);
    }

    TEST_CASE("regions that are too small, or too few, have no assignment") {
        const Graph design = small_design();
        CHECK(!assign_regions(design, board_of(50, 4)));
        const Cost whole = design_cost(design, Family::xcup);
        CHECK(!assign_regions(design, board_of(static_cast<std::int64_t>(0.6 * whole.lut), 1)));
    }

    TEST_CASE("several compute units may take what the fullest of their regions has for each") {
        const Board board = board_of(1'000, 2);
        CHECK(budget_of(&board, board.part, 1).available[0] == 2'000);
        CHECK(budget_of(&board, board.part, 2).available[0] == 1'000);
        CHECK(budget_of(&board, board.part, 3).available[0] == 500); // two in the first
        CHECK(budget_of(&board, board.part, 4).available[0] == 500);
    }

    TEST_CASE("a project of a kernel in several regions says where each of its cells goes") {
        namespace fs = std::filesystem;
        const cli::TemporaryFolder folder;
        const auto text_of = [](const fs::path& file) {
            std::ifstream stream(file);
            REQUIRE(stream.good());
            return std::string(std::istreambuf_iterator<char>(stream), {});
        };
        const auto compile = [&](const std::string& project, std::vector<std::string> options) {
            options.insert(options.begin(),
                           {"compile",
                            std::string(MILLRACE_SOURCE_DIR) + "/examples/digits/digits.onnx",
                            "--backend", "rtl", "--cycles", "1024", "--json", "--part",
                            "xcu200-fsgd2104-2-e", "-o", (folder.path() / project).string()});
            const tests::CommandRun run = tests::millrace_command(options);
            INFO(run.err);
            REQUIRE(run.status == 0);
            return nlohmann::json::parse(run.out);
        };
        const auto lut = compile("one", {}).at("resources").at("lut").get<std::int64_t>();
        CHECK_FALSE(fs::exists(folder.path() / "one" / "scripts" / "regions.xdc"));
        const std::string board = (folder.path() / "cut.toml").string();
        std::ofstream(board) << board_file(7 * lut / 10);
        const auto regions = compile("two", {"--board", board}).at("regions");
        CAPTURE(regions.dump());
        REQUIRE(regions.size() == 2);
        const fs::path project = folder.path() / "two";
        CHECK(text_of(project / "scripts" / "link.cfg").find("\nslr=") == std::string::npos);
        std::string modules;
        for (const auto& file : fs::directory_iterator(project / "rtl")) {
            modules += file.is_regular_file() ? text_of(file.path()) : "";
        }
        std::istringstream lines(text_of(project / "scripts" / "regions.xdc"));
        std::set<std::string> named;
        std::set<std::string> cells;
        for (std::string line; std::getline(lines, line);) {
            if (line.starts_with("set_property USER_SLR_ASSIGNMENT ")) {
                named.insert(line.substr(33, 4));
                const std::size_t begin = line.find('{') + 1;
                std::string cell = line.substr(begin, line.find('}') - begin);
                cells.insert(cell);
                CAPTURE(cell);
                CHECK(modules.find(" " + cell.substr(cell.find('/') + 1) + " (") !=
                      std::string::npos);
            }
        }
        CHECK(named == std::set<std::string>{"SLR0", "SLR1"});
        // Every instance of the network has its line.
        std::size_t instances = 0;
        for (std::size_t at = 0; (at = modules.find(" actor_", at)) != std::string::npos; ++at) {
            ++instances;
        }
        CHECK(instances > 0);
        CHECK(static_cast<std::size_t>(
                  std::count_if(cells.begin(), cells.end(), [](const std::string& cell) {
                      return cell.starts_with("network/actor_");
                  })) == instances);
    }
    TEST_CASE("the fastest plan can be cut, most are proved") {
        const cli::TemporaryFolder folder;
        std::set<std::int64_t> intervals;
        int cut = 0;
        int fastest = 0;
        for (const std::int64_t lut : {1'000, 1'200, 1'500, 2'500, 4'000, 9'000}) {
            CAPTURE(lut);
            const std::string board = (folder.path() / "board.toml").string();
            std::ofstream(board) << board_file(lut);
            const tests::CommandRun run = tests::millrace_command(
                {"compile", std::string(MILLRACE_SOURCE_DIR) + "/examples/digits/digits.onnx",
                 "--backend", "rtl", "--fastest", "--board", board, "--json", "-o",
                 (folder.path() / fmt::format("p{}", lut)).string()});
            INFO(run.err);
            REQUIRE(run.status == 0);
            const auto document = nlohmann::json::parse(run.out);
            CHECK(document.at("diagnostics").empty());
            REQUIRE(document.at("regions").is_array());
            for (const auto& part : document.at("regions")) {
                CHECK(part.at("share") <= 1);
            }
            cut += document.at("regions").size() == 2 ? 1 : 0;
            const auto& plan = document.at("plan");
            CHECK(plan.at("interval_bound") <= plan.at("interval"));
            fastest += plan.at("interval_bound") == plan.at("interval") ? 1 : 0;
            CHECK(plan.at("proved") == true);
            intervals.insert(plan.at("interval").get<std::int64_t>());
        }
        CHECK(cut > 3);
        CHECK(fastest > 3); // proved
        CHECK(intervals.size() > 3);
    }

    TEST_CASE("where nothing can be cut, the plan is for the regions together, and is said to be") {
        const cli::TemporaryFolder folder;
        const std::string board = (folder.path() / "board.toml").string();
        std::ofstream(board) << board_file(360, 4); // the mover of the input takes more
        const std::string digits =
            std::string(MILLRACE_SOURCE_DIR) + "/examples/digits/digits.onnx";
        const auto compile = [&](const std::string& option, const std::string& value) {
            return tests::millrace_command({"compile", digits, "--backend", "rtl", "--board", board,
                                            option, value, "-o",
                                            (folder.path() / option).string()});
        };
        const tests::CommandRun kept = compile("--cycles", "2048");
        INFO(kept.err);
        CHECK(kept.status == 0);
        CHECK(kept.err.find("no cut keeps every region") != std::string::npos);
        CHECK(kept.out.find("(for the regions together: no cut was found)") != std::string::npos);
        const tests::CommandRun refused = compile("--latency", "5000");
        CHECK(refused.status == 1);
        CHECK(refused.err.find("no region has room for input_quant_out_in alone") !=
              std::string::npos);
        const tests::CommandRun explored = tests::millrace_command(
            {"explore", digits, "--backend", "rtl", "--board", board, "--points", "3"});
        CHECK(explored.status == 1);
        CHECK(explored.err.find("no plan was found that can be cut into the regions of Cut") !=
              std::string::npos);
    }
}
