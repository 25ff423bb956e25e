// SPDX-License-Identifier: Apache-2.0
//
// RTL projects on boards with open tools: the design behind the serial line against the golden
// vectors and, through the host's script, against the reference; what the script that makes
// bitstreams says, with stand-ins for the tools; a bitstream by the real ones.
#include "cli/project_folder.hpp"
#include "tests/support/command.hpp"
#include "tests/support/onnx_builder.hpp"
#include "tests/support/shared_data.hpp"
#include "tests/support/small_model.hpp"
#include "tests/support/tools.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace millrace::tests;
namespace fs = std::filesystem;

/// Two inputs and two outputs that meet in between, with elements of all sorts: u3 (a frame does
/// not fill its last byte), s12, 13 bits and more, u4.
///   y0 = a * w + b, y1 = quantized relu(a * w)
OnnxBuilder two_by_two() {
    constexpr const char* domain = "qonnx.custom_op.general";
    OnnxBuilder model(13);
    model.add_opset(domain, 1);
    model.add_input("a", {"N", 5}).add_input("b", {"N", 6});
    model.add_scalar("one", 1).add_scalar("zero", 0);
    std::vector<double> weights;
    for (int i = 0; i < 30; ++i) {
        weights.push_back(i * 7 % 4 - 2);
    }
    model.add_init("w", {5, 6}, weights);
    const auto quantize = [&](const std::string& from, const std::string& to, int bits,
                              int is_signed) {
        model.add_scalar(to + "_bits", bits);
        model.add_node("Quant", {from, "one", "zero", to + "_bits"}, {to})
            .domain(domain)
            .attr("signed", is_signed)
            .attr("narrow", 0)
            .attr("rounding_mode", "ROUND");
    };
    quantize("a", "aq", 3, 0);
    quantize("b", "bq", 12, 1);
    quantize("w", "wq", 2, 1);
    model.add_node("MatMul", {"aq", "wq"}, {"product"});
    model.add_node("Add", {"product", "bq"}, {"y0"});
    model.add_node("Relu", {"product"}, {"positive"});
    quantize("positive", "y1", 4, 0);
    model.add_output("y0").add_output("y1");
    return model;
}

/// The model as an RTL project, in a folder whose name has a blank.
fs::path rtl_project(const fs::path& folder, const OnnxBuilder& model) {
    const fs::path file = folder / "some.onnx";
    model.save(file);
    fs::path project = folder / "the project";
    const CommandRun run = millrace_command(
        {"compile", file.string(), "--backend", "rtl", "-o", project.string(), "--cycles", "40"});
    REQUIRE_MESSAGE(run.status == 0, run.err);
    return project;
}

void write(const fs::path& file, const std::string& text, bool program = false) {
    std::ofstream stream(file, std::ios::binary);
    stream << text;
    stream.close();
    REQUIRE_MESSAGE(stream.good(), "cannot write ", file.string());
    if (program) {
        fs::permissions(file, fs::perms::owner_all);
    }
}

CommandRun make(const fs::path& project, const std::vector<std::string>& arguments) {
    std::vector<std::string> all{"-s", "-C", project.string()};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return run_program("make", all);
}

bool has_all(const std::vector<std::string>& programs) {
    for (const std::string& program : programs) {
        if (run_program("sh", {"-c", "command -v " + program}).status != 0) {
            report_skip(program + " is not installed");
            return false;
        }
    }
    return true;
}

/// A Python with numpy; empty, reported as a skip, where there is none. (The Debian package is not
/// for a Python that comes before the system's.)
std::string python_with_numpy() {
    for (const char* python : {"python3", "/usr/bin/python3"}) {
        if (run_program(python, {"-c", "import numpy"}).status == 0) {
            return python;
        }
    }
    report_skip("python3 with numpy is absent");
    return {};
}

/// Stand-ins for Yosys, nextpnr and icepack; what nextpnr says and returns is given.
class FakeTools {
  public:
    explicit FakeTools(fs::path folder) : folder_(std::move(folder)) {
        write(folder_ / "yosys", R"sh(#!/bin/sh
if [ "$1" = -V ]; then echo "Yosys 0 (nothing)"; exit 0; fi
cat run.ys > netlist.json
)sh",
              true);
        write(folder_ / "nextpnr",
              fmt::format(R"sh(#!/bin/sh
if [ "$1" = --version ]; then echo '"nextpnr" -- (Version 9)' >&2; exit 0; fi
echo "$@" > arguments
cp '{0}/log' nextpnr.log
echo placed > placed
exit $(cat '{0}/status')
)sh",
                          folder_.string()),
              true);
        write(folder_ / "pack", "#!/bin/sh\ncp placed \"$2\"\n", true);
        placed(1000, 4, "20.50");
    }

    void placed(int cells, int blocks, const std::string& mhz, int status = 0) const {
        write(folder_ / "log", fmt::format("Info: Device utilisation:\n"
                                           "Info: \t         ICESTORM_LC:  {}/ 5280    18%\n"
                                           "Info: \t        ICESTORM_RAM:     {}/   30    13%\n"
                                           "ERROR: Unable to place cell 'x'\n"
                                           "Info: Max frequency for clock 'clk': 99.00 MHz (PASS)\n"
                                           "Info: Max frequency for clock 'clk': {} MHz (PASS)\n",
                                           cells, blocks, mhz));
        write(folder_ / "status", std::to_string(status));
    }

    [[nodiscard]] CommandRun make(const fs::path& project,
                                  const std::vector<std::string>& arguments) const {
        std::vector<std::string> all{"bitstream"};
        for (const auto& [name, program] :
             {std::pair{"YOSYS", "yosys"}, std::pair{"NEXTPNR", "nextpnr"},
              std::pair{"PACK", "pack"}}) {
            all.push_back(fmt::format("{}={}", name, (folder_ / program).string()));
        }
        all.insert(all.end(), arguments.begin(), arguments.end());
        return ::make(project, all);
    }

  private:
    fs::path folder_;
};

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_SUITE("rtl open boards") {
    TEST_CASE("behind the line the network computes the same, and the host's script decodes it") {
        if (!has_verilator()) {
            return;
        }
        const millrace::cli::TemporaryFolder folder;
        const fs::path project = rtl_project(folder.path(), two_by_two());
        const CommandRun run = make(project, {"uartsim", "OPT=-O0", "JOBS=1"});
        CHECK_MESSAGE(run.status == 0, run.err);
        for (const char* line : {"back to back: ", "with pauses, a host 2 % slow: ",
                                 "after a break within a frame, a host 2 % fast: ",
                                 "after the break that ends this: "}) {
            const std::size_t at = run.out.find(line);
            REQUIRE_MESSAGE(at != std::string::npos, run.out);
            CHECK(contains(run.out.substr(at, run.out.find('\n', at) - at),
                           " frames, 0 of 120 bytes different"));
        }
        CHECK(contains(run.out, "after a byte without stop bit: silent"));

        { // Other results are found.
            // Byte 0 of a frame is on the line, the padding behind its last byte is not.
            std::string golden = file_text(project / "golden/out1.bin");
            golden[3] ^= 1;
            write(project / "golden/out1.bin", golden);
            CHECK(make(project, {"uartsim"}).status == 0);
            golden[0] ^= 1;
            write(project / "golden/out1.bin", golden);
            const CommandRun wrong = make(project, {"uartsim"});
            CHECK(wrong.status != 0);
            CHECK(contains(wrong.out, "1 of 120 bytes different"));
        }

        { // A host on the simulated port.
            const std::string python = python_with_numpy();
            if (python.empty()) {
                return;
            }
            const std::string at = folder.path().string();
            write(folder.path() / "use.py", R"py(
import sys, numpy as np
mode, at = sys.argv[1:]
random = np.random.default_rng(1)
if mode == "make":
    np.save(at + "/a.npy", random.uniform(-1, 9, (60, 5)).astype(np.float32))
    np.save(at + "/b.npy", random.uniform(-2100, 2100, (60, 6)).astype(np.float32))
else:
    for i in range(2):
        r, y = np.load(f"{at}/r_{i}.npy"), np.load(f"{at}/y{i}.npy")
        print(r.shape == y.shape, r.dtype == y.dtype, np.array_equal(r, y))
)py");
            REQUIRE(run_program(python, {at + "/use.py", "make", at}).status == 0);
            const CommandRun reference = millrace_command(
                {"simulate", at + "/some.onnx", "--engine", "reference", "--input", at + "/a.npy",
                 "--input", at + "/b.npy", "--output", at + "/r.npy"});
            REQUIRE_MESSAGE(reference.status == 0, reference.err);
            const auto serve = [&](const std::string& arguments) {
                return run_program((project / "build/uartsim").string(),
                                   {"+mr_weights=" + (project / "weights").string(), "--serve",
                                    fmt::format("{} -B '{}/open/board.py' --port $PORT {}", python,
                                                project.string(), arguments)});
            };
            const std::string inputs = fmt::format("--input {0}/a.npy --input {0}/b.npy", at);
            const CommandRun host =
                serve(fmt::format("{0} --output {1}/y0.npy --output {1}/y1.npy", inputs, at));
            CHECK_MESSAGE(host.status == 0, host.err);
            CHECK(contains(host.out, "60 frames in "));
            CHECK(run_program(python, {at + "/use.py", "compare", at}).out ==
                  "True True True\nTrue True True\n");
            const CommandRun one = serve(fmt::format("--input {}/a.npy", at));
            CHECK(one.status == 1);
            CHECK(one.err == "error: the kernel has 2 inputs: name as many --input\n");
            const CommandRun speed = serve(inputs + " --baud 12345");
            CHECK(speed.status == 1);
            CHECK(contains(speed.err, "no speed of 12345"));
        }
    }

    TEST_CASE("what the bitstream's script reports and refuses") {
        const millrace::cli::TemporaryFolder folder;
        const fs::path project = rtl_project(folder.path(), small_mlp());
        const FakeTools tools(folder.path());
        const fs::path bitstream = project / "build/open/icebreaker/some.bin";
        const std::string board = "OPEN_BOARD=icebreaker";

        const CommandRun run = tools.make(project, {board});
        REQUIRE_MESSAGE(run.status == 0, run.err);
        CHECK(fs::exists(bitstream));
        const std::string report = file_text(project / "build/open/icebreaker/report.txt");
        CHECK(run.out.ends_with(report));
        CHECK(contains(report, "LUT4+FF cells: 1000 of 5280\nblock RAM of 4 Kbit: 4 of 30\n"));
        // The last figure of the log: the one before is from before routing.
        CHECK(contains(report, "clock: up to 20.50 MHz after place and route ("));
        CHECK(contains(report, "nextpnr 9); the board's is 12 MHz\n"));
        CHECK(contains(report, "line: 115200 bits a second, 104 clock cycles a bit\n"));
        const std::string script = file_text(project / "build/open/icebreaker/run.ys");
        CHECK(contains(script, "-DMR_NO_LUT_RAM"));
        CHECK(contains(script, "synth_ice40 -device u "));
        CHECK(contains(file_text(project / "build/open/icebreaker/arguments"), "--freq 12 "));

        SUBCASE("other speeds") {
            CHECK(contains(tools.make(project, {board, "BAUD=1000000", "FREQUENCY=33.5"}).out,
                           "line: 1000000 bits a second, 12 clock cycles a bit\n"));
            CHECK(contains(file_text(project / "build/open/icebreaker/arguments"), "--freq 33.5 "));
            for (const char* bad : {"BAUD=2000000", "BAUD=1050000", "BAUD=fast", "FREQUENCY=1e3"}) {
                CAPTURE(bad);
                const CommandRun refused = tools.make(project, {board, bad});
                CHECK(refused.status != 0);
                CHECK(contains(refused.err, "error: "));
            }
        }
        SUBCASE("a design that does not fit") {
            tools.placed(1000, 31, "20.50", 255);
            const CommandRun full = tools.make(project, {board});
            CHECK(full.status != 0);
            CHECK(contains(full.err, "the design does not fit: block RAM of 4 Kbit, 31 of 30."));
            CHECK_FALSE(fs::exists(bitstream));
        }
        SUBCASE("ROMs in LUTs") {
            CHECK(contains(script, "-DMR_ROM_IN_LUTS=\"auto\""));
            CHECK(tools.make(project, {board, "ROM=logic"}).status == 0);
            CHECK(contains(file_text(project / "build/open/icebreaker/run.ys"),
                           "-DMR_ROM_IN_LUTS=\"logic\""));
            CHECK(contains(tools.make(project, {board, "ROM=x"}).err, "not x"));
        }
        SUBCASE("another failure of place and route") {
            tools.placed(1000, 4, "20.50", 255);
            const CommandRun failed = tools.make(project, {board});
            CHECK(failed.status != 0);
            CHECK(contains(failed.err, "place and route failed: ERROR: Unable to place cell 'x'; "
                                       "log: build/open/icebreaker/nextpnr.log"));
        }
        SUBCASE("a clock that is too fast") {
            tools.placed(1000, 4, "11.99");
            const CommandRun slow = tools.make(project, {board});
            CHECK(slow.status != 0);
            CHECK(contains(slow.out, "clock: up to 11.99 MHz after place and route"));
            CHECK(contains(slow.err, "the board's clock of 12 MHz is too fast for this design"));
            CHECK_FALSE(fs::exists(bitstream));
        }
        SUBCASE("what is not there") {
            const CommandRun unknown = tools.make(project, {"OPEN_BOARD=icestick"});
            CHECK(unknown.status != 0);
            CHECK(contains(unknown.err, "there is no board 'icestick': icebreaker icesugar hx8k "));
            CHECK(contains(tools.make(project, {"OPEN_BOARD=ulx3s-99f"}).err,
                           "there is no board 'ulx3s-99f'"));
            CHECK(contains(tools.make(project, {board, "NEXTPNR=/no/such/nextpnr"}).err,
                           "this needs nextpnr-ice40 (Debian: apt install nextpnr-ice40)"));
            CHECK(contains(tools.make(project, {"OPEN_BOARD=ulx3s", "PACK=/no/such/pack"}).err,
                           "this needs ecppack"));
        }
    }
}

TEST_SUITE("slow-ci rtl bitstream") {
    TEST_CASE("nextpnr and icepack make a bitstream of a small network") {
        if (!has_all({"make", "yosys", "nextpnr-ice40", "icepack"})) {
            return;
        }
        const millrace::cli::TemporaryFolder folder;
        const fs::path project = rtl_project(folder.path(), small_mlp());
        const CommandRun run = make(project, {"bitstream", "OPEN_BOARD=icebreaker"});
        REQUIRE_MESSAGE(run.status == 0, run.err);
        const std::string report = file_text(project / "build/open/icebreaker/report.txt");
        CAPTURE(report);
        CHECK(contains(report, " of 5280\n"));
        CHECK(contains(report, " of 30\n"));
        CHECK(contains(report, " MHz after place and route (nextpnr-ice40 "));
        // What iCE40 bitstreams of the UP5K are: the same size, after a comment the preamble.
        const std::string bits = file_text(project / "build/open/icebreaker/some.bin");
        CHECK(bits.size() > 100000);
        CHECK(contains(bits.substr(0, 200), "\x7e\xaa\x99\x7e"));
    }

    TEST_CASE("the netlist for iCE40 computes the same") {
        if (!has_all({"make", "yosys", "verilator"})) {
            return;
        }
        const millrace::cli::TemporaryFolder folder;
        const fs::path project = rtl_project(folder.path(), two_by_two());
        const CommandRun run = make(project, {"uartgates", "OPT=-O0"});
        CHECK_MESSAGE(run.status == 0, run.err);
        CHECK(contains(run.out, "back to back: 8 frames, 0 of 120 bytes different"));
        CHECK(contains(file_text(project / "build/open/hx8k-netlist/netlist.v"), "SB_LUT4"));
    }
}
