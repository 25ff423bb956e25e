// SPDX-License-Identifier: Apache-2.0
//
// Synthesis of emitted RTL projects: what is counted, what is cached and when it is computed again,
// what a failure says; with a stand-in for Yosys that answers at once. With the real Yosys: DSP
// blocks are what the plan says, and the mapped netlist computes the golden vectors.
#include "backends/rtl/synthesis.hpp"
#include "cli/project_folder.hpp"
#include "tests/support/command.hpp"
#include "tests/support/random_cnn.hpp"
#include "tests/support/shared_data.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <map>
#include <string>

namespace {

using namespace millrace;
using namespace millrace::tests;
namespace fs = std::filesystem;
using Json = nlohmann::json;

const fs::path root = MILLRACE_SOURCE_DIR;
const fs::path scripts = root / "templates" / "rtl_project" / "synth";

void write(const fs::path& file, const std::string& text) {
    std::ofstream stream(file, std::ios::binary);
    stream << text;
    REQUIRE_MESSAGE(stream.good(), "cannot write ", file.string());
}

/// A model as an RTL project with our scripts, in a folder whose name has a blank.
fs::path rtl_project(const fs::path& folder, const fs::path& model,
                     const std::vector<std::string>& options = {}) {
    const fs::path project = folder / "the project";
    std::vector<std::string> arguments{"compile", model.string(), "--backend",
                                       "rtl",     "-o",           project.string()};
    arguments.insert(arguments.end(), options.begin(), options.end());
    const CommandRun run = millrace_command(arguments);
    REQUIRE_MESSAGE(run.status == 0, run.err);
    backends::ProjectFiles files;
    backends::add_synthesis_files(files);
    REQUIRE(files.contains("synth/synth.sh"));
    for (const auto& [path, text] : files) {
        fs::create_directories((project / path).parent_path());
        write(project / path, text);
    }
    return project;
}

const fs::path digits = root / "examples" / "digits" / "digits.onnx";

fs::path digits_project(const fs::path& folder, const std::vector<std::string>& options = {}) {
    return rtl_project(folder, digits, options);
}

/// Stands in for Yosys: `-V` says a version; a run is written down in `calls` and gives a netlist
/// of three LUTs, or fails if part.sv has the word in `refuse`.
class FakeYosys {
  public:
    explicit FakeYosys(const fs::path& folder) : folder_(folder) {
        write(folder / "yosys", fmt::format(R"sh(#!/bin/sh
if [ "$1" = -V ]; then cat '{0}/version'; exit 0; fi
echo "$PWD" >> '{0}/calls'
if grep -q "$(cat '{0}/refuse')" part.sv part.ys; then
  echo "ERROR: no such thing" >&2
  exit 1
fi
echo "End of script. CPU: user 1.25s system 0.10s" > yosys.log
cat > netlist.blif <<'BLIF'
.model some
.subckt LUT2 I0=a I1=b O=x
.subckt LUT3 I0=a I1=b I2=c O=y
.subckt LUT6 I0=a I1=b I2=c I3=d I4=e I5=f O=z
.subckt FDRE C=clk CE=$true D=z Q=q R=$false
.subckt RAM32M ADDRA[0]=a
.end
BLIF
if grep -q write_rtlil run.ys; then echo module > netlist.il; fi
)sh",
                                            folder.string()));
        fs::permissions(folder / "yosys", fs::perms::owner_all);
        set("version", "Yosys 0");
        set("refuse", "nothing is refused");
        REQUIRE(setenv("YOSYS", (folder / "yosys").c_str(), 1) == 0); // NOLINT: one thread
    }
    FakeYosys(const FakeYosys&) = delete;
    FakeYosys& operator=(const FakeYosys&) = delete;
    ~FakeYosys() { unsetenv("YOSYS"); } // NOLINT: one thread

    void set(const std::string& what, const std::string& text) const {
        write(folder_ / what, text + "\n");
    }
    /// Runs since the last call of this.
    [[nodiscard]] std::int64_t calls() const {
        std::int64_t count = 0;
        std::ifstream lines(folder_ / "calls");
        for (std::string line; std::getline(lines, line);) {
            ++count;
        }
        lines.close();
        fs::remove(folder_ / "calls");
        return count;
    }

  private:
    fs::path folder_;
};

std::string failure(const backends::SynthesisOptions& options) {
    try {
        backends::synthesise(options);
    } catch (const backends::SynthesisError& problem) {
        return problem.what();
    }
    FAIL("synthesis did not fail");
    return {};
}

/// count.awk on a netlist: key -> number.
std::map<std::string, int> count_cells(const fs::path& folder, const std::string& cells) {
    write(folder / "netlist.blif", ".model m\n" + cells + ".end\n");
    const CommandRun run = run_program(
        "awk", {"-f", (scripts / "count.awk").string(), (folder / "netlist.blif").string()});
    REQUIRE_MESSAGE(run.status == 0, run.err);
    std::map<std::string, int> counts;
    std::istringstream words(run.out);
    std::string word;
    words >> word;
    CHECK(word == "m");
    while (words >> word) {
        if (!word.starts_with("unknown=")) { // a name
            counts[word.substr(0, word.find('='))] = std::stoi(word.substr(word.find('=') + 1));
        }
    }
    return counts;
}

/// DSP blocks that an actor's text asks for: of MULT = 1 one a lane of inputs, as long as the PE
/// share one multiplier.
std::int64_t planned_dsp(const std::string& actor) {
    const auto parameter = [&](const std::string& name) {
        const std::size_t at = actor.find("." + name + "(");
        REQUIRE(at != std::string::npos);
        return std::stoll(actor.substr(at + name.size() + 2));
    };
    if (actor.find(".MULT(1)") == std::string::npos) {
        return 0;
    }
    CHECK(parameter("PE") == 1);
    return parameter("SIMD");
}

/// Whether what gate-level simulation needs is there; reports what is not.
bool have_tools() {
    for (const char* program : {"yosys", "verilator", "make"}) {
        if (run_program("sh", {"-c", fmt::format("command -v {}", program)}).status != 0) {
            report_skip(fmt::format("{} is not installed", program));
            return false;
        }
    }
    return true;
}

/// Synthesises the project as one and simulates the netlist of its network.
backends::WholeDesign simulate_gates(const fs::path& project) {
    std::vector<std::string> arguments{(project / "synth" / "gates.sh").string(), "--jobs", "1"};
    if (const char* const cache = std::getenv("MILLRACE_CACHE")) {
        arguments.insert(arguments.end(), {"--cache", (fs::path(cache) / "synthesis").string()});
    }
    const CommandRun made = run_program("sh", arguments);
    REQUIRE_MESSAGE(made.status == 0, made.err);
    const CommandRun simulated =
        run_program("make", {"-C", (project / "build/gates").string(), "test", "OPT=-O0"});
    CHECK_MESSAGE(simulated.status == 0, simulated.err);
    CHECK(simulated.out.find(" 0 different words") != std::string::npos);
    const backends::SynthesisResult result =
        backends::read_synthesis_results(project / "build/synth/results.json");
    CHECK(result.family == "xc7");
    REQUIRE(result.whole);
    CHECK(result.whole->network.other == 0);
    CHECK(result.whole->network.lut > 100);
    CHECK(result.whole->kernel.lut > result.whole->network.lut);
    return *result.whole;
}

/// The plan with another multiplier for an actor.
std::string with_multiplier(std::string plan, const std::string& actor, const std::string& style) {
    const std::string before = "multiplier = \"auto\"";
    const std::size_t at = plan.find(before, plan.find("[actor." + actor + "]"));
    REQUIRE(at != std::string::npos);
    return plan.replace(at, before.size(), "multiplier = \"" + style + "\"");
}

} // namespace

TEST_SUITE("rtl synthesis") {
    TEST_CASE("cells are counted by kind") {
        const cli::TemporaryFolder folder;
        const auto counts =
            count_cells(folder.path(), ".subckt FDRE D=a Q=b\n.subckt FDSE D=a Q=b\n"
                                       ".subckt CARRY4 CI=a\n.subckt MUXF7 I0=a\n"
                                       ".subckt RAM64M WE=a\n.subckt RAM64X1D WE=a\n"
                                       ".subckt RAMB18E1 WEA[0]=a\n.subckt RAMB36E1 WEA[0]=a\n"
                                       ".subckt DSP48E1 A[0]=a\n.subckt INV I=a O=b\n"
                                       ".subckt RAMB36E2 WEA[0]=a\n.subckt SOMETHING I=a\n");
        const std::map<std::string, int> expected{
            {"lut", 0},    {"lut_packed", 0}, {"lut_memory", 6}, {"inv", 1},    {"ff", 2},
            {"carry4", 1}, {"carry8", 0},     {"muxf", 1},       {"bram18", 1}, {"bram36", 2},
            {"uram", 0},   {"dsp", 1},        {"other", 1}};
        for (const auto& [key, number] : expected) {
            CAPTURE(key);
            CHECK(counts.at(key) == number);
        }
    }

    TEST_CASE("two functions share a LUT if they have at most five inputs together") {
        const cli::TemporaryFolder folder;
        const auto packed = [&](const std::vector<std::string>& tables) {
            std::string cells;
            for (const std::string& inputs : tables) {
                cells += fmt::format(".subckt LUT{} ", inputs.size());
                for (std::size_t i = 0; i < inputs.size(); ++i) {
                    cells += fmt::format("I{}={} ", i,
                                         inputs[i] == '1' ? "$true" : std::string(1, inputs[i]));
                }
                cells += "O=o\n";
            }
            const auto counts = count_cells(folder.path(), cells);
            CHECK(counts.at("lut") == static_cast<int>(tables.size()));
            return counts.at("lut_packed");
        };
        CHECK(packed({"abcdef", "abcdef"}) == 2);
        CHECK(packed({"abcde", "abcde"}) == 1);
        CHECK(packed({"abcde", "abcdf"}) == 2);
        CHECK(packed({"abcde", "a"}) == 1);
        CHECK(packed({"abc", "cde"}) == 1);
        CHECK(packed({"abc", "def"}) == 2);
        CHECK(packed({"abc", "de"}) == 1);
        CHECK(packed({"abcd", "e", "fg", "hi"}) == 2);
        CHECK(packed({"abcde1", "abcde"}) == 1);            // a constant is no input
        CHECK(packed({"abcde", "ab", "abcde", "xy"}) == 2); // the partner that shares most
        CHECK(packed({"a", "b", "c"}) == 2);
    }

    TEST_CASE("every actor, distinct queue, mover and control is a part; equal ones are one") {
        const cli::TemporaryFolder folder;
        const FakeYosys yosys(folder.path());
        const fs::path project = digits_project(folder.path());
        const backends::SynthesisResult result =
            backends::synthesise({project, "xc7", 2, true, {}});
        CHECK(result.kernel == "digits");
        CHECK(result.family == "xc7");
        CHECK(result.tool == "Yosys 0");
        CHECK(result.from_cache == 0);
        std::map<std::string, std::int64_t> kinds;
        for (const backends::SynthesisPart& part : result.parts) {
            kinds[part.kind] += part.count;
            CHECK(part.cells.lut == 3);
            CHECK(part.cells.lut_packed == 2);
            CHECK(part.cells.lut_memory == 4);
            CHECK(part.cells.ff == 1);
            CHECK(part.effort.cpu_seconds == 1.25);
            CHECK_FALSE(part.effort.cached);
        }
        CHECK(kinds == std::map<std::string, std::int64_t>{
                           {"actor", 5}, {"queue", 6}, {"mover", 2}, {"control", 1}});
        CHECK(result.total.lut == 3 * 14);
        REQUIRE(result.whole);
        CHECK(result.whole->kernel.lut == 3);
        // The run of each part: queues of equal parameters are one, and so are equal texts.
        CHECK(yosys.calls() == result.runs);
        CHECK(result.runs == static_cast<std::int64_t>(result.parts.size()) + 1);
        const std::string run = file_text(project / "build/synth/parts/fc0/run.ys");
        CHECK(run.find("-family xc7 -nosrl") != std::string::npos);
        CHECK(file_text(project / "build/synth/parts/fc0/part.sv").find("//") == std::string::npos);
    }

    TEST_CASE("what was synthesised before comes from the cache, until something changes") {
        const cli::TemporaryFolder folder;
        const FakeYosys yosys(folder.path());
        const fs::path project = digits_project(folder.path());
        const fs::path cache = folder.path() / "cache";
        const backends::SynthesisOptions options{project, "xc7", 1, true, cache};
        const auto from_cache = [&] { return backends::synthesise(options).from_cache; };
        const std::int64_t runs = backends::synthesise(options).runs;
        CHECK(yosys.calls() == runs);
        CHECK(from_cache() == runs);
        CHECK(yosys.calls() == 0);

        SUBCASE("comments do not count, weights do") {
            const fs::path actor = project / "rtl/actors/digits_actor_fc1.sv";
            write(actor, "// Something else.\n" + file_text(actor));
            CHECK(from_cache() == runs);
            std::string weights = file_text(project / "weights/fc1.mem");
            weights[0] = weights[0] == '0' ? '1' : '0';
            write(project / "weights/fc1.mem", weights);
            CHECK(from_cache() == runs - 2); // fc1 and the whole
        }
        SUBCASE("a module of the library counts for those that use it") {
            const fs::path module = project / "rtl/lib/mr_control.sv";
            write(module, file_text(module) + "`define SOMETHING\n");
            CHECK(from_cache() == runs - 2); // control and the whole
        }
        SUBCASE("another version, another family") {
            yosys.set("version", "Yosys 1");
            CHECK(from_cache() == 0);
            CHECK(backends::synthesise({project, "xcup", 1, true, cache}).from_cache == 0);
            yosys.set("version", "Yosys 0");
            CHECK(from_cache() == runs);
        }
        SUBCASE("damaged entries are computed again") {
            int damaged = 0;
            for (const auto& entry : fs::directory_iterator(cache)) {
                const std::string text = file_text(entry.path());
                // Of each entry something else: the end, a digit, everything, the netlist.
                const bool netlist = entry.path().extension() == ".il";
                if (netlist || damaged < 3) {
                    std::string changed = text;
                    if (damaged == 0) {
                        changed = text.substr(0, text.size() / 2);
                    } else if (damaged == 1 || netlist) {
                        changed[changed.find_first_of("0123456789m")] ^= 1;
                    } else {
                        changed.clear();
                    }
                    write(entry.path(), changed);
                    damaged += netlist ? 0 : 1;
                }
            }
            // The whole has two files; one of the three entries may be its first.
            const std::int64_t again = from_cache();
            CHECK(again >= runs - 4);
            CHECK(again <= runs - 3);
            CHECK(from_cache() == runs);
        }
        SUBCASE("another project has it, too") {
            fs::rename(project, folder.path() / "moved");
            CHECK(
                backends::synthesise({folder.path() / "moved", "xc7", 1, true, cache}).from_cache ==
                runs);
        }
    }

    TEST_CASE("a failure names the actor and what Yosys says; the others are kept") {
        const cli::TemporaryFolder folder;
        const FakeYosys yosys(folder.path());
        const fs::path project = digits_project(folder.path());
        yosys.set("refuse", "mr_function_thresholds #");
        const backends::SynthesisOptions options{project, "xc7", 2, false, {}};
        const std::string problem = failure(options);
        CHECK(problem.find(
                  "synthesis of act0_quant (mr_function_thresholds) failed: ERROR: no such "
                  "thing; log: build/synth/parts/act0_quant/yosys.log") != std::string::npos);
        CHECK(problem.find("act1_quant") != std::string::npos);
        CHECK_FALSE(fs::exists(project / "build/synth/results.json"));
        yosys.set("refuse", "nothing is refused");
        const backends::SynthesisResult result = backends::synthesise(options);
        CHECK(result.from_cache == result.runs - 2);
    }

    TEST_CASE("what is not there is said in a line") {
        const cli::TemporaryFolder folder;
        const FakeYosys yosys(folder.path());
        const fs::path project = digits_project(folder.path());
        CHECK(failure({project, "xc9", 1, false, {}}) ==
              "there is no family 'xc9': xc7 (7 series), xcup (UltraScale+)");
        CHECK(failure({folder.path(), "", 1, false, {}}).find("only projects of the backend rtl") !=
              std::string::npos);
        fs::remove(project / "weights/fc2.mem");
        CHECK(failure({project, "xc7", 1, false, {}}) == "weights/fc2.mem is missing");
        CHECK(yosys.calls() == 0);
        REQUIRE(setenv("YOSYS", "/no/such/yosys", 1) == 0); // NOLINT: one thread
        CHECK(failure({project, "xc7", 1, false, {}}) ==
              "this needs Yosys (Debian: apt install yosys), or YOSYS=its path");
    }

    TEST_CASE("the command prints the parts, and JSON that lists them") {
        const cli::TemporaryFolder folder;
        const FakeYosys yosys(folder.path());
        const fs::path project = digits_project(folder.path());
        REQUIRE(setenv("MILLRACE_CACHE", folder.path().c_str(), 1) == 0); // NOLINT: one thread
        const CommandRun text = millrace_command({"synth", project.string(), "--whole"});
        CHECK(text.status == 0);
        CHECK(text.err == "");
        CHECK(text.out.find("fc0                      mr_matrix_vector") != std::string::npos);
        CHECK(text.out.find("whole kernel") != std::string::npos);
        CHECK(fs::exists(folder.path() / "synthesis"));
        const CommandRun run = millrace_command({"synth", project.string(), "--json"});
        REQUIRE(run.status == 0);
        const Json document = Json::parse(run.out);
        CHECK(document.at("ok") == true);
        CHECK(document.at("family") == "xc7"); // of the default part
        CHECK(document.at("from_cache") == document.at("runs"));
        CHECK(document.at("parts").size() == document.at("runs"));
        CHECK(document.at("parts").at(0).at("lut") == 3);
        CHECK(document.at("total").at("lut") == 42);
        CHECK(document.at("whole").is_null());
        // Every part has its estimate, and they add up.
        double estimated = 0;
        for (const Json& part : document.at("parts")) {
            CAPTURE(part.dump());
            CHECK(part.at("estimate").at("lut").get<double>() > 0);
            estimated +=
                part.at("count").get<double>() * part.at("estimate").at("lut").get<double>();
        }
        CHECK(document.at("total").at("estimate").at("lut").get<double>() ==
              doctest::Approx(estimated).epsilon(0.01));
        CHECK(text.out.find("est.") != std::string::npos);

        CHECK(millrace_command({"synth", project.string(), "--family", "xc6"}).status == 2);
        CHECK(millrace_command({"synth", project.string(), "--jobs", "0"}).status == 2);
        yosys.set("refuse", "mr_fifo");
        fs::remove_all(folder.path() / "synthesis");
        const CommandRun failed = millrace_command({"synth", project.string()});
        CHECK(failed.status == 1);
        CHECK(failed.err.find("error[MR406]") != std::string::npos);
        CHECK(failed.err.find("failed: ERROR: no such thing") != std::string::npos);
        unsetenv("MILLRACE_CACHE"); // NOLINT: one thread
    }

    TEST_CASE("a project of another backend is refused") {
        const cli::TemporaryFolder folder;
        const fs::path project = folder.path() / "project";
        REQUIRE(millrace_command({"compile", digits.string(), "-o", project.string()}).status == 0);
        const CommandRun run = millrace_command({"synth", project.string(), "--json"});
        CHECK(run.status == 1);
        CHECK(run.err.find("compile with --backend rtl") != std::string::npos);
        CHECK(Json::parse(run.out).at("ok") == false);
    }
}

TEST_SUITE("slow-ci rtl gates") {
    TEST_CASE("DSP blocks are the plan's, and the mapped netlist computes the golden vectors") {
        if (!have_tools()) {
            return;
        }
        const cli::TemporaryFolder folder;
        const fs::path first = digits_project(folder.path());
        std::string plan = file_text(first / "plan.toml");
        fs::remove_all(first);
        plan = with_multiplier(plan, "fc0", "dsp");
        plan = with_multiplier(plan, "fc1", "lut");
        plan = with_multiplier(plan, "fc2", "dsp");
        write(folder.path() / "plan.toml", plan);
        const fs::path project =
            digits_project(folder.path(), {"--plan", (folder.path() / "plan.toml").string()});

        const backends::WholeDesign design = simulate_gates(project);
        std::int64_t planned = 0;
        for (const char* layer : {"fc0", "fc1", "fc2"}) {
            const std::int64_t dsp = planned_dsp(
                file_text(project / fmt::format("rtl/actors/digits_actor_{}.sv", layer)));
            CHECK((dsp > 0) == (std::string(layer) != "fc1"));
            planned += dsp;
        }
        CHECK(design.network.dsp == planned);
        CHECK(design.kernel.dsp == planned);
    }

    TEST_CASE("mapped netlists of two small branched networks compute the golden vectors") {
        if (!have_tools()) {
            return;
        }
        // Pads, windows, depthwise and matrix-vector units with DSP blocks, forks and joins.
        for (const std::uint32_t seed : {9042U, 9043U}) {
            CAPTURE(seed);
            const cli::TemporaryFolder folder;
            const fs::path model = folder.path() / "network.onnx";
            random_cnn(seed).model.save(model);
            simulate_gates(rtl_project(folder.path(), model));
        }
    }
}

TEST_SUITE("slow rtl gates") {
    TEST_CASE("mapped netlists of shared models compute the golden vectors") {
        const auto shared = shared_dir();
        if (!shared || !have_tools()) {
            return;
        }
        struct Trial {
            const char* model;
            const char* cycles;
        };
        for (const Trial& trial : {Trial{"qonnx_mlp/mnist_TFC_1W1A.onnx", "784"},
                                   Trial{"bench/cnn28_w6a6.onnx", "100000"}}) {
            CAPTURE(trial.model);
            const cli::TemporaryFolder folder;
            simulate_gates(rtl_project(folder.path(), *shared / "models" / trial.model,
                                       {"--cycles", trial.cycles}));
        }
    }
}
