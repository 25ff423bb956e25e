// SPDX-License-Identifier: Apache-2.0
//
// Objectives and budgets from the command line: what fits a board and what does not, and the front
// of all speeds as table, JSON and picture.
#include "cli/pareto_chart.hpp"
#include "cli/project_folder.hpp"
#include "planner/exploration.hpp"
#include "tests/support/command.hpp"

#include <doctest/doctest.h>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

using namespace millrace;
using namespace millrace::tests;
namespace fs = std::filesystem;
using Json = nlohmann::json;

namespace {

const std::string digits = std::string(MILLRACE_SOURCE_DIR) + "/examples/digits/digits.onnx";

struct Place {
    cli::TemporaryFolder folder;
    [[nodiscard]] std::string path(const std::string& name) const {
        return (folder.path() / name).string();
    }
    /// A board of so many LUTs, before caps of 1. `memory`: more keys of its only one.
    [[nodiscard]] std::string board(std::int64_t lut, std::int64_t dsp, std::int64_t bram36 = 100,
                                    const std::string& memory = "",
                                    const std::string& pcie = "") const {
        const std::string file = path(fmt::format("b{}_{}.toml", lut, dsp));
        std::ofstream(file) << fmt::format(
            "title = \"Small & <test>\"\npart = \"xcu50-fsvh2104-2L-e\"\nfamily = \"ultrascale+\"\n"
            "clock_mhz = 100\n{}[device]\nlut = {}\nff = 100_000\nbram36 = {}\nuram = 0\n"
            "dsp = {}\n[[memory]]\ntag = \"BANK\"\ntype = \"MEM_DDR4\"\nbase = 0\n"
            "mib = 1024\n{}",
            pcie, lut, bram36, dsp, memory);
        return file;
    }
    [[nodiscard]] CommandRun compile(const std::string& project,
                                     std::vector<std::string> options) const {
        options.insert(options.begin(),
                       {"compile", digits, "--backend", "rtl", "--json", "-o", path(project)});
        return millrace_command(options);
    }
};

Json compiled(const CommandRun& run) {
    INFO(run.err);
    REQUIRE(run.status == 0);
    return Json::parse(run.out);
}

} // namespace

TEST_SUITE("explore") {
    TEST_CASE("the fastest that fits: more cycles on smaller boards, never more than there is") {
        const Place place;
        std::int64_t before = 0;
        for (const std::int64_t lut : {50'000, 8'000, 4'000, 2'500}) {
            CAPTURE(lut);
            const Json document = compiled(place.compile(
                fmt::format("p{}", lut), {"--fastest", "--board", place.board(lut, 20)}));
            const Json& plan = document.at("plan");
            CHECK(plan.at("objective") == "fastest");
            CHECK(plan.at("interval_bound") <= plan.at("interval"));
            CHECK(plan.at("bound") <= plan.at("weighted"));
            CHECK(document.at("interval_cycles") == plan.at("interval"));
            CHECK(document.at("resources").at("lut") <= lut);
            CHECK(document.at("resources").at("dsp") <= 20);
            CHECK(document.at("interval_cycles") >= before);
            before = document.at("interval_cycles");
            // The plan file says the same design again.
            const Json again = compiled(place.compile(
                fmt::format("q{}", lut), {"--plan", place.path(fmt::format("p{}/plan.toml", lut)),
                                          "--part", "xcu50-fsvh2104-2L-e"}));
            CHECK(again.at("interval_cycles") == document.at("interval_cycles"));
            CHECK(again.at("resources").at("lut") == document.at("resources").at("lut"));
            CHECK(again.at("plan").is_null());
        }
        CHECK(before > 1);
    }

    TEST_CASE("memories have a speed: no plan is asked to be faster") {
        const Place place;
        // 0.125 bytes a cycle: a frame of 64 containers of 4 bits or more takes 256 cycles or more.
        const std::string board = place.board(50'000, 20, 100, "gbytes_per_second = 0.0125\n");
        const Json fastest = compiled(place.compile("p", {"--fastest", "--board", board}));
        const Json& memory = fastest.at("memory");
        CHECK(memory.at("name") == "BANK");
        CHECK(memory.at("gbytes_per_second") == 0.0125);
        const auto cycles = memory.at("cycles").get<std::int64_t>();
        CHECK(cycles > 256);
        const auto interval = fastest.at("interval_cycles").get<std::int64_t>();
        CHECK(interval == cycles);
        CHECK(fastest.at("plan").at("binding") == "BANK");
        CHECK(fastest.at("fps").get<double>() ==
              doctest::Approx(1e8 / static_cast<double>(cycles)));
        CHECK(memory.at("asked").get<double>() == doctest::Approx(0.0125).epsilon(0.01));
        const std::string target = std::to_string(cycles);
        const Json same = compiled(place.compile("s", {"--cycles", target, "--board", board}));
        CHECK(same.at("plan").at("weighted") == fastest.at("plan").at("weighted"));
        const CommandRun faster =
            place.compile("f", {"--cycles", std::to_string(cycles - 1), "--board", board});
        CHECK(faster.status == 1);
        CHECK(faster.err.find("BANK of Small & <test> carries a frame in " + target) !=
              std::string::npos);
        CHECK(faster.err.find("ask for at least " + target + " cycles") != std::string::npos);
        // A plan of one's own may ask for more, and is warned of that.
        const CommandRun own =
            place.compile("own", {"--plan", place.path("p/plan.toml"), "--board",
                                  place.board(50'001, 20, 100, "gbytes_per_second = 0.00625\n")});
        CHECK(compiled(own).at("memory").at("cycles").get<std::int64_t>() > 2 * cycles - 3);
        CHECK(own.err.find("BANK carries 0.00625 GB/s") != std::string::npos);
        CHECK(own.err.find("it binds; frames come at") != std::string::npos);
        // Two units share the memory; the host's way to it may be slower.
        const Json two =
            compiled(place.compile("two", {"--fastest", "--board", board, "--compute-units", "2"}));
        CHECK(two.at("memory").at("cycles").get<std::int64_t>() > 2 * cycles - 3);
        const Json pcie =
            compiled(place.compile("pcie", {"--fastest", "--board",
                                            place.board(50'002, 20, 100, "gbytes_per_second = 19\n",
                                                        "pcie_gbytes = 0.00625\n")}));
        CHECK(pcie.at("memory").at("name") == "PCIe");
        // Nothing is known of this one's.
        CHECK(compiled(place.compile("none", {"--board", place.board(50'003, 20)}))
                  .at("memory")
                  .is_null());
        CHECK(fastest.at("diagnostics").empty());
        const CommandRun front =
            millrace_command({"explore", digits, "--board", board, "--points", "3", "--json"});
        const Json fronts = compiled(front);
        const Json& points = fronts.at("models").at(0).at("front");
        CHECK(points.size() > 1);
        CHECK(points.at(0).at("cycles") == cycles);
        CHECK(points.at(0).at("fps") == fastest.at("fps"));
        // The memory of this one is slower than every plan.
        const Json slow = compiled(
            millrace_command({"explore", digits, "--json", "--board",
                              place.board(50'004, 20, 100, "gbytes_per_second = 0.001\n")}));
        CHECK(slow.at("models").at(0).at("front").size() == 1);
        for (const Json& point : points) {
            CHECK(point.at("fps").get<double>() <= fastest.at("fps").get<double>() + 1e-6);
        }
        // The project knows its board.
        const CommandRun report = millrace_command({"report", place.path("p"), "--json"});
        CHECK(compiled(report).at("memory") == memory);
        CHECK(compiled(report).at("resources") == fastest.at("resources"));
        CHECK(compiled(report).at("regions").is_null());
        CHECK(compiled(place.compile("u", {"--board", "u250"})).at("regions").size() == 1);
        const CommandRun of_regions = millrace_command({"report", place.path("u"), "--json"});
        CHECK(compiled(of_regions).at("regions").at(0).at("region") == "SLR0");
        std::ifstream page(place.path("u/report.html"));
        const std::string text((std::istreambuf_iterator<char>(page)),
                               std::istreambuf_iterator<char>());
        CHECK(text.find(" Regions: SLR0: ") != std::string::npos);
        CHECK(text.find("PCIe carries 12") != std::string::npos);
        page.close();
        fs::remove(place.path("u/board.toml"));
        const CommandRun without = millrace_command({"report", place.path("u")});
        CHECK(without.status == 0);
        CHECK(without.err.find("for the board 'u250', whose description is not there") !=
              std::string::npos);
    }

    TEST_CASE("a target that no actor reaches comes with the one that fits the board") {
        const Place place;
        const std::string board = place.board(4'000, 0);
        const auto interval = compiled(place.compile("p", {"--fastest", "--board", board}))
                                  .at("interval_cycles")
                                  .get<std::int64_t>();
        const CommandRun run =
            millrace_command({"compile", digits, "--backend", "rtl", "-o", place.path("q"), "--fps",
                              "1e8", "--board", board});
        CAPTURE(run.err);
        CHECK(run.status == 1);
        CHECK(interval > 1);
        CHECK(run.err.find(fmt::format("ask for at least {} cycles", interval)) !=
              std::string::npos);
    }

    TEST_CASE("a default folding that does not fit gives way to one that does") {
        const Place place;
        const Json large = compiled(place.compile("large", {"--board", place.board(90'000, 99)}));
        CHECK(large.at("plan").is_null());
        const auto needed = large.at("resources").at("lut").get<std::int64_t>();
        const Json small =
            compiled(place.compile("small", {"--board", place.board(needed - 200, 99)}));
        CHECK(small.at("plan").at("objective") == "fastest");
        CHECK(small.at("resources").at("lut") <= needed - 200);
    }

    TEST_CASE("what does not fit is refused with the resource, the actors and what does") {
        const Place place;
        const CommandRun slow =
            place.compile("p", {"--cycles", "16", "--board", place.board(4'000, 0)});
        CHECK(slow.status == 1);
        CHECK(slow.err.find("16 cycles a frame do not fit Small & <test>: it takes at least") !=
              std::string::npos);
        CHECK(slow.err.find("LUT of 4000 (") != std::string::npos);
        CHECK(slow.err.find("ask for at least") != std::string::npos);
        CHECK(!fs::exists(place.path("p")));
        const CommandRun none = place.compile("p", {"--board", place.board(100, 0)});
        CHECK(none.status == 1);
        CHECK(none.err.find("no folding of this network was found that fits") != std::string::npos);
        const CommandRun misfit =
            place.compile("p", {"--latency", "100000", "--board", place.board(100, 0)});
        CHECK(misfit.status == 1);
        CHECK(misfit.err.find("no folding fits Small & <test>: it takes at least") !=
              std::string::npos);
        const CommandRun shared = place.compile(
            "p", {"--fastest", "--board", place.board(200, 0), "--compute-units", "3"});
        CHECK(shared.status == 1);
        CHECK(shared.err.find("no folding fits Small & <test> with 3 compute units: it takes at "
                              "least") != std::string::npos);
        const CommandRun hurried = place.compile("p", {"--latency", "3"});
        CHECK(hurried.status == 1);
        CHECK(hurried.err.find("a latency of 3 cycles cannot be reached: no plan has less than") !=
              std::string::npos);
        // The number that it names works.
        const std::size_t hint = hurried.err.find("ask for ");
        REQUIRE(hint != std::string::npos);
        const std::int64_t named = std::stoll(hurried.err.substr(hint + 8));
        CHECK(compiled(place.compile("p", {"--latency", std::to_string(named)}))
                  .at("latency_cycles") == named);
    }

    TEST_CASE("resources that do not suffice together are named, with the actors") {
        // 5 BRAM18 with 1,668 LUT, or 4 with 1,824.
        const Place place;
        const std::string board = place.board(1'800, 0, 2);
        const CommandRun run = place.compile("p", {"--cycles", "640", "--board", board});
        CAPTURE(run.err);
        CHECK(run.status == 1);
        CHECK(run.err.find("not LUT and BRAM18 together; most of them take ") != std::string::npos);
        CHECK(run.err.find("fc0") != std::string::npos);
    }

    TEST_CASE("of several models, those that are not refused are shown") {
        const Place place;
        std::ofstream(place.path("bad.onnx")) << "no model";
        const CommandRun run =
            millrace_command({"explore", place.path("bad.onnx"), digits, "--points", "3", "--svg",
                              place.path("front.svg"), "--json"});
        CHECK(run.status == 1);
        const Json document = Json::parse(run.out);
        CHECK(document.at("ok") == false);
        REQUIRE(document.at("models").size() == 1);
        CHECK(document.at("models").at(0).at("model") == digits);
        CHECK(document.at("diagnostics").size() == 1);
        CHECK(!fs::exists(place.path("front.svg")));
    }

    TEST_CASE("a latency is kept, and less of it takes more") {
        const Place place;
        double before = 0;
        for (const int latency : {2'000, 300, 80}) {
            CAPTURE(latency);
            const Json document = compiled(
                place.compile(fmt::format("p{}", latency), {"--latency", std::to_string(latency)}));
            CHECK(document.at("latency_cycles") <= latency);
            CHECK(document.at("plan").at("weighted") >= before);
            before = document.at("plan").at("weighted");
        }
    }

    TEST_CASE("a front falls in cycles as it rises in resources, and is drawn") {
        const Place place;
        const CommandRun run =
            millrace_command({"explore", digits, digits, "--board", place.board(50'000, 50),
                              "--points", "7", "--svg", place.path("front.svg"), "--json"});
        const Json document = compiled(run);
        REQUIRE(document.at("models").size() == 2);
        CHECK(document.at("models").at(0) == document.at("models").at(1)); // deterministic
        const Json& front = document.at("models").at(0).at("front");
        REQUIRE(front.size() >= 3);
        for (std::size_t i = 1; i < front.size(); ++i) {
            CHECK(front.at(i).at("cycles") > front.at(i - 1).at("cycles"));
            bool less = false;
            for (const char* key : {"lut", "ff", "bram18", "dsp"}) {
                less = less || front.at(i).at(key) < front.at(i - 1).at(key);
            }
            CHECK(less);
        }
        const std::string svg = file_text(place.path("front.svg"));
        CHECK(svg.starts_with("<svg"));
        CHECK(svg.find("Small &amp; &lt;test&gt;") != std::string::npos);
        CHECK(svg.find("nan") == std::string::npos);
        std::size_t circles = 0;
        for (std::size_t at = svg.find("<circle"); at != std::string::npos;
             at = svg.find("<circle", at + 1)) {
            ++circles;
        }
        CHECK(circles == 2 * front.size());
        const CommandRun units = millrace_command(
            {"explore", digits, "--board", "pynq-z2", "--compute-units", "16", "--points", "2"});
        CHECK(units.status == 1);
        CHECK(units.err.find("error[MR304]") != std::string::npos);
        CHECK(millrace_command({"explore", digits, "--svg", ""}).status == 2);
        const CommandRun table = millrace_command({"explore", digits, "--points", "4"});
        CHECK(table.status == 0);
        CHECK(table.out.find("frames/s at 100 MHz") != std::string::npos);
    }

    TEST_CASE("dominated plans are no part of a front; of equals the first stays") {
        const auto solution = [](std::int64_t interval, double lut, double dsp) {
            planner::Solution result;
            result.interval = interval;
            result.trial.use = {lut, 0, 0, 0, dsp};
            result.slowest = fmt::format("{}", interval);
            return result;
        };
        const auto front =
            planner::pareto_front({solution(8, 10, 0), solution(4, 20, 0), solution(4, 20, 0),
                                   solution(6, 20, 0), solution(9, 11, 0), solution(4, 15, 9)});
        REQUIRE(front.size() == 3);
        CHECK(front[0].interval == 4);
        CHECK(front[1].interval == 4);
        CHECK(front[2].interval == 8);
    }

    TEST_CASE("a chart of nothing, and of one point, is a picture all the same") {
        for (const auto& points : {std::vector<cli::ChartPoint>{}, {{1000, 0.5, "a\"<b>"}}}) {
            const std::string svg = cli::pareto_chart({{"x\xff", points}}, "t", "share", true);
            CHECK(svg.find("</svg>") != std::string::npos);
            CHECK(svg.find("nan") == std::string::npos);
            CHECK(svg.find("inf") == std::string::npos);
            CHECK(svg.find("<b>") == std::string::npos);
        }
    }
}
