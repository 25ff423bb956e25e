// SPDX-License-Identifier: Apache-2.0
//
// `millrace run` and the C interface on a project's compiled C simulation, as a user has them.
#include "cli/npy.hpp"
#include "cli/project_folder.hpp"
#include "runtime/millrace.h"
#include "runtime/run_options.hpp"
#include "runtime/version.hpp"
#include "tests/support/command.hpp"
#include "tests/support/shared_data.hpp"
#include "tests/support/small_model.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <cstring>
#include <fstream>
#include <limits>
#include <optional>
#include <thread>

namespace {

namespace fs = std::filesystem;
using namespace millrace;
using namespace millrace::tests;
using nlohmann::json;

const fs::path example = fs::path(MILLRACE_SOURCE_DIR) / "examples" / "digits";

std::string sample_file(const char* name) { return (example / name).string(); }

/// The digits example as a project, with the reference engine's results in expected.npy.
class DigitsProject {
  public:
    DigitsProject() {
        REQUIRE(millrace_command({"compile", sample_file("digits.onnx"), "-o", folder()}).status ==
                0);
        REQUIRE(millrace_command({"simulate", folder(), "--engine", "reference", "--input",
                                  sample_file("digits_x.npy"), "--output", path("expected.npy")})
                    .status == 0);
    }
    [[nodiscard]] std::string path(const std::string& name) const {
        return (work_.path() / name).string();
    }
    [[nodiscard]] std::string folder() const { return path("digits"); }

    [[nodiscard]] CommandRun run(std::vector<std::string> arguments) const {
        arguments.insert(arguments.begin(), {"run", folder()});
        return millrace_command(arguments);
    }

  private:
    cli::TemporaryFolder work_;
};

const DigitsProject& digits() {
    static const DigitsProject project;
    return project;
}

bool contains(const std::string& text, const std::string& part) {
    const bool found = text.find(part) != std::string::npos;
    if (!found) {
        MESSAGE("in: ", text);
    }
    return found;
}

} // namespace

TEST_SUITE("runtime run") {
    TEST_CASE("the C simulation gives the reference engine's bytes") {
        const CommandRun run =
            digits().run({"--device", "csim", "--input", sample_file("digits_x.npy"), "--labels",
                          sample_file("digits_y.npy"), "--output", digits().path("y.npy")});
        CAPTURE(run.err);
        REQUIRE(run.status == 0);
        CHECK(run.err == "");
        CHECK(contains(run.out, "0.9800 (294 of 300)"));
        CHECK(contains(run.out, "p99"));
        CHECK(contains(run.out, "inferences/s"));
        CHECK(file_text(digits().path("y.npy")) == file_text(digits().path("expected.npy")));
    }

    TEST_CASE("batches, streams, repeats, JSON") {
        const CommandRun run =
            digits().run({"--input=" + sample_file("digits_x.npy"), "--batch", "7", "--streams",
                          "3", "--repeat", "4", "--json", "--labels", sample_file("digits_y.npy"),
                          "--output", digits().path("z.npy")});
        CAPTURE(run.err);
        REQUIRE(run.status == 0);
        const json result = json::parse(run.out);
        CHECK(result.at("samples") == 300);
        CHECK(result.at("repeat") == 4);
        CHECK(result.at("batch") == 7);
        CHECK(result.at("requests") == 4 * 43);
        CHECK(result.at("top1").get<double>() == doctest::Approx(0.98));
        CHECK(result.at("inferences_per_second").get<double>() > 0);
        CHECK(result.at("ok") == true);
        const CommandRun refused = digits().run({"--input", sample_file("digits_y.npy"), "--json"});
        CHECK(refused.status == 1);
        const json document = json::parse(refused.out);
        CHECK(document.at("ok") == false);
        CHECK(document.at("error").at("kind") == "shape");
        const json& latency = result.at("latency_seconds");
        CHECK(latency.at("p50") <= latency.at("p95"));
        CHECK(latency.at("p95") <= latency.at("p99"));
        CHECK(latency.at("p99") <= latency.at("max"));
        CHECK(file_text(digits().path("z.npy")) == file_text(digits().path("expected.npy")));
    }

    TEST_CASE("a shape with the batch axis replaced, and other types") {
        Diagnostics diagnostics;
        auto x = cli::read_npy(example / "digits_x.npy", diagnostics);
        REQUIRE(x);
        HostArray wide(DataType::float64, x->shape);
        for (std::int64_t i = 0; i < element_count(x->shape); ++i) {
            wide.set(i, x->at(i));
        }
        REQUIRE(cli::write_npy(wide, digits().path("x64.npy"), diagnostics));
        const CommandRun run = digits().run(
            {"--input", digits().path("x64.npy"), "--output", digits().path("y64.npy")});
        CAPTURE(run.err);
        REQUIRE(run.status == 0);
        CHECK(file_text(digits().path("y64.npy")) == file_text(digits().path("expected.npy")));
    }

    TEST_CASE("what cannot be run is said, with exit code 1") {
        const auto refused = [](const std::vector<std::string>& arguments) {
            const CommandRun run = digits().run(arguments);
            CHECK(run.status == 1);
            CHECK(run.out == "");
            return run.err;
        };
        const std::string x = sample_file("digits_x.npy");
        CHECK(
            contains(refused({"--input", "missing.npy"}), "missing.npy: the file cannot be read"));
        CHECK(contains(refused({"--input", sample_file("digits.onnx")}), "not a .npy file"));
        CHECK(contains(refused({"--input", sample_file("digits_y.npy")}), "error[shape]"));
        CHECK(contains(refused({"--input", x, "--input", x}), "only 1 input"));
        CHECK(contains(refused({"--input", x, "--labels", x}), "labels"));
        CHECK(contains(refused({"--input", x, "--labels", "missing.npy"}), "missing.npy"));
        CHECK(contains(refused({"--input", x, "--output", "/no/such/folder/y.npy"}),
                       "cannot be written"));
        CHECK(contains(refused({"--input", x, "--device", "xrt:7"}), "error[no_device]"));
        const CommandRun nothing =
            millrace_command({"run", digits().path("nothing"), "--input", x});
        CHECK(nothing.status == 1);
        CHECK(contains(nothing.err, "millrace.json"));
        std::ofstream(digits().path("millrace.json")) << "{\"format\": 99}";
        const CommandRun other = millrace_command({"run", digits().path(""), "--input", x});
        CHECK(other.status == 1);
        CHECK(contains(other.err, "error[manifest]"));
    }

    TEST_CASE("what is wrong with the files is told before anything is built or opened") {
        // A project that no device can be opened for: it has nothing but its manifest.
        const cli::TemporaryFolder bare;
        fs::copy_file(fs::path(digits().folder()) / "millrace.json", bare.path() / "millrace.json");
        const auto refused = [&](std::vector<std::string> arguments) {
            arguments.insert(arguments.begin(), {"run", bare.path().string(), "--device", "csim"});
            const CommandRun run = millrace_command(arguments);
            CHECK(run.status == 1);
            return run.err;
        };
        const std::string x = sample_file("digits_x.npy");
        CHECK(contains(refused({"--input", x}), "has no build/libcsim.so"));
        CHECK(contains(refused({"--input", x, "--labels", "missing.npy"}),
                       "missing.npy: the file cannot be read"));
        CHECK(contains(refused({"--input", x, "--labels", x}), "labels are integers"));
        CHECK(contains(refused({"--input", x, "--output", "/no/such/folder/y.npy"}),
                       "/no/such/folder/y.npy: the file cannot be written: No such file"));
        CHECK(contains(refused({"--input", x, "--output", bare.path().string()}),
                       "the file cannot be written: Is a directory"));
        CHECK(contains(refused({"--input", x, "--output", (bare.path() / "y" / "").string()}),
                       "the file cannot be written: Is a directory"));
        CHECK(folder_contents(bare.path()).size() == 1);
        // One label too few is told before the run, too: nothing is written.
        Diagnostics diagnostics;
        REQUIRE(cli::write_npy(HostArray(DataType::int64, {299}), digits().path("l299.npy"),
                               diagnostics));
        const CommandRun run = digits().run({"--input", x, "--labels", digits().path("l299.npy"),
                                             "--output", digits().path("never.npy")});
        CHECK(run.status == 1);
        CHECK(contains(run.err, "299 labels, but the model makes 300 predictions"));
        CHECK_FALSE(fs::exists(digits().path("never.npy")));
    }

    TEST_CASE("a sample is named by its place in the file") {
        Diagnostics diagnostics;
        auto x = cli::read_npy(example / "digits_x.npy", diagnostics);
        REQUIRE(x);
        x->as<float>()[static_cast<std::size_t>(143 * 64 + 5)] =
            std::numeric_limits<float>::infinity();
        REQUIRE(cli::write_npy(*x, digits().path("infinite.npy"), diagnostics));
        const CommandRun run =
            digits().run({"--input", digits().path("infinite.npy"), "--batch", "100"});
        CHECK(run.status == 1);
        CHECK(contains(run.err, "error[value]"));
        CHECK(contains(run.err, "sample 143"));
    }

    TEST_CASE("buffers are not larger than the samples ask for") {
        Diagnostics diagnostics;
        REQUIRE(cli::write_npy(HostArray(DataType::float32, {2, 1, 64}), digits().path("two.npy"),
                               diagnostics));
        const CommandRun run =
            digits().run({"--input", digits().path("two.npy"), "--batch", "16777216", "--json"});
        CAPTURE(run.err);
        REQUIRE(run.status == 0);
        CHECK(json::parse(run.out).at("batch") == 2);
    }

    TEST_CASE("names do no harm to the terminal or to JSON") {
        const std::string x = sample_file("digits_x.npy");
        const std::string evil = "\x1b[31m\xff\nx";
        const auto quiet = [&](const std::vector<std::string>& arguments) {
            const CommandRun run = millrace_command(arguments);
            CHECK(run.status != 0);
            CHECK(run.err.find('\x1b') == std::string::npos);
            CHECK(contains(run.err, "\\x1b[31m\\xff\n  x"));
        };
        quiet({"run", evil, "--input", x});
        quiet({"run", digits().folder(), "--input", evil});
        quiet({"run", digits().folder(), "--input", x, "--device", evil});
        // Whatever there is of XRT.
        CHECK(digits().run({"--input", x, "--device", "xrt", "--xclbin", evil}).err.find('\x1b') ==
              std::string::npos);
        quiet({"run", digits().folder(), "--input", x, "--output", evil + "/y.npy"});
        quiet({"run", digits().folder(), "--input", x, "--labels", evil});
        quiet({"run", digits().folder(), "--" + evil});
        quiet({"run", digits().folder(), "--batch", evil});
        const CommandRun run = millrace_command({"run", evil, "--input", x, "--json"});
        CHECK(run.status == 1);
        const json document = json::parse(run.out);
        const auto message = document.at("error").at("message").get<std::string>();
        CHECK(contains(message, "\x1b[31m\xef\xbf\xbd\nx"));
    }

    TEST_CASE("results through a descriptor stand where it stands") {
        const std::string f = digits().path("both.txt");
        for (const std::string out : {"/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"}) {
            CAPTURE(out);
            const CommandRun run = run_program(
                "sh", {"-c",
                       "echo first > \"$1\"; \"$2\" run \"$3\" --input \"$4\" --json --output " +
                           out + " >> \"$1\"",
                       "sh", f, MILLRACE_BINARY, digits().folder(), sample_file("digits_x.npy")});
            CAPTURE(run.err);
            REQUIRE(run.status == 0);
            const std::string text = file_text(f);
            const std::string results = file_text(digits().path("expected.npy"));
            REQUIRE(text.size() > 6 + results.size());
            CHECK(text.substr(0, 6) == "first\n");
            CHECK(text.substr(6, results.size()) == results);
            CHECK(json::parse(text.substr(6 + results.size())).at("samples") == 300);
        }
    }

    TEST_CASE("a limit of the size of files is an error, and leaves nothing") {
        const fs::path folder = digits().path("limited");
        fs::create_directories(folder);
        const CommandRun run = run_program(
            "sh",
            {"-c", "ulimit -f 4; exec \"$1\" run \"$2\" --input \"$3\" --output \"$4/y.npy\"", "sh",
             MILLRACE_BINARY, digits().folder(), sample_file("digits_x.npy"), folder.string()});
        CHECK(run.status == 1);
        CHECK(contains(run.err, "y.npy: the file cannot be written: File too large"));
        CHECK(fs::is_empty(folder));
    }

    TEST_CASE("labels are for models that classify samples") {
        const cli::TemporaryFolder work;
        const auto file = [&](const char* name) { return (work.path() / name).string(); };
        small_pixel_function().save(file("pixels.onnx"));
        REQUIRE(millrace_command({"compile", file("pixels.onnx"), "-o", file("p")}).status == 0);
        Diagnostics diagnostics;
        REQUIRE(
            cli::write_npy(HostArray(DataType::float32, {5, 2, 3}), file("x.npy"), diagnostics));
        REQUIRE(cli::write_npy(HostArray(DataType::int64, {5}), file("labels.npy"), diagnostics));
        const CommandRun run = millrace_command(
            {"run", file("p"), "--input", file("x.npy"), "--labels", file("labels.npy")});
        CHECK(run.status == 1);
        CHECK(
            contains(run.err, "the model is no classifier: it makes 10 predictions for 5 samples"));
    }

    TEST_CASE("wrong use, with exit code 2") {
        const auto wrong = [](const std::vector<std::string>& arguments) {
            const CommandRun run = digits().run(arguments);
            CHECK(run.status == 2);
            CHECK(run.out == "");
            return run.err;
        };
        CHECK(contains(wrong({}), "--input is missing"));
        CHECK(contains(wrong({"--inputs", "x"}), "there is no option '--inputs'"));
        CHECK(contains(wrong({"--input"}), "needs a value"));
        CHECK(contains(wrong({"--input", "x.npy", "--batch", "0"}), "from 1 to"));
        CHECK(contains(wrong({"--input", "x.npy", "--streams", "two"}), "from 1 to"));
        CHECK(contains(wrong({"--input", "x.npy", "--batch", "16777217"}), "from 1 to 16777216"));
        CHECK(contains(wrong({"--input", "x.npy", "--streams", "257"}), "from 1 to 256"));
        // Less than a millisecond would not be applied.
        for (const char* time : {"-1", "0", "1e-9", "0.0009", "nan", "inf", "1e7"}) {
            CHECK(contains(wrong({"--input", "x.npy", "--timeout", time}),
                           "is not a number of seconds from 0.001 to 1000000"));
        }
        CHECK(contains(wrong({"--input", "x.npy", "--device", "xrt-emu:99"}),
                       "the highest index is 63"));
        CHECK(contains(wrong({"--json=1", "--input", "x"}), "takes no value"));
        CHECK(contains(wrong({"another", "--input", "x"}), "already"));
        CHECK(contains(wrong({"--input", "x.npy", "--device", "gpu"}), "xrt-emu"));
        const CommandRun behind =
            millrace_command({"run", "--", digits().folder(), "--input", "x.npy"});
        CHECK(behind.status == 2);
        CHECK(contains(behind.err, "'--input' stands behind '--', where only the project may"));
        const CommandRun nothing = millrace_command({"run", "--input", "x.npy"});
        CHECK(nothing.status == 2);
        CHECK(contains(nothing.err, "no project"));
    }

    TEST_CASE("results go through links and pipes, which stay") {
        const std::string x = sample_file("digits_x.npy");
        const fs::path folder = digits().path("out");
        fs::create_directories(folder);
        fs::create_symlink("y.npy", folder / "link");
        REQUIRE(digits().run({"--input", x, "--output", (folder / "link").string()}).status == 0);
        CHECK(fs::is_symlink(folder / "link"));
        CHECK(file_text(folder / "y.npy") == file_text(digits().path("expected.npy")));
        // A reader of its own, which gets the bytes or nothing: the name may be replaced.
        const std::string pipe = (folder / "pipe").string();
        REQUIRE(run_program("mkfifo", {pipe}).status == 0);
        const CommandRun run = run_program(
            "sh", {"-c",
                   "timeout 60 cat \"$1\" > \"$1.copy\" & \"$2\" run \"$3\" --input \"$4\" "
                   "--output \"$1\" && wait",
                   "sh", pipe, MILLRACE_BINARY, digits().folder(), x});
        CHECK(run.status == 0);
        CHECK(fs::is_fifo(pipe));
        CHECK(file_text(pipe + ".copy") == file_text(digits().path("expected.npy")));
    }

    TEST_CASE("a standard output that takes nothing is told once") {
        if (!fs::exists("/dev/full")) {
            report_skip("there is no device that is always full");
            return;
        }
        for (const std::string arguments :
             {"\"$2\" --input \"$3\"", "\"$2\" --input \"$3\" --json", "--help"}) {
            CAPTURE(arguments);
            const CommandRun run = run_program(
                "sh", {"-c", "\"$1\" run " + arguments + " > /dev/full", "sh", MILLRACE_BINARY,
                       digits().folder(), sample_file("digits_x.npy")});
            CHECK(run.status == 1);
            CHECK(run.err == "millrace run: error[file]: the results cannot be written to standard "
                             "output\n");
        }
    }

    TEST_CASE("one of a thing is not several") {
        Diagnostics diagnostics;
        auto x = cli::read_npy(example / "digits_x.npy", diagnostics);
        REQUIRE(x);
        x->data.resize(x->data.size() / static_cast<std::size_t>(x->shape[0]));
        x->shape[0] = 1;
        REQUIRE(cli::write_npy(*x, digits().path("one.npy"), diagnostics));
        const CommandRun run =
            digits().run({"--input", digits().path("one.npy"), "--streams", "1"});
        CAPTURE(run.err);
        REQUIRE(run.status == 0);
        CHECK(contains(run.out, ", 1 request of "));
        CHECK(contains(run.out, ", 1 stream\n"));
    }

    TEST_CASE("a variable that sends XRT to an emulation is named") {
        const std::vector<std::string> variables{"-u", "XILINX_XRT", "XCL_EMULATION_MODE=sw_emu"};
        std::vector<std::string> arguments = variables;
        arguments.insert(arguments.end(), {MILLRACE_BINARY, "run", digits().folder(), "--input",
                                           sample_file("digits_x.npy"), "--device", "xrt"});
        const CommandRun run = run_program("env", arguments);
        CHECK(run.status == 1);
        CHECK(contains(run.err, "error[no_device]"));
        CHECK(contains(run.err, "XCL_EMULATION_MODE is 'sw_emu' in the environment"));
    }

    TEST_CASE("a batch that takes longer than its time is an error") {
        Diagnostics diagnostics;
        auto x = cli::read_npy(example / "digits_x.npy", diagnostics);
        REQUIRE(x);
        const std::vector<std::byte> samples = x->data;
        for (int copy = 1; copy < 100; ++copy) { // some tens of milliseconds in one batch
            x->data.insert(x->data.end(), samples.begin(), samples.end());
        }
        x->shape[0] *= 100;
        REQUIRE(cli::write_npy(*x, digits().path("many.npy"), diagnostics));
        const CommandRun run = digits().run({"--input", digits().path("many.npy"), "--batch",
                                             "30000", "--streams", "1", "--timeout", "0.001"});
        CHECK(run.status == 1);
        CHECK(contains(run.err,
                       "error[timeout]: the kernel did not finish 30,000 frames within 1 ms"));
    }

    TEST_CASE("help and version") {
        const CommandRun help = millrace_command({"run", "--help"});
        CHECK(help.status == 0);
        CHECK(contains(help.out, "millrace run PROJECT"));
        CHECK(contains(help.out, "Example"));
        CHECK(contains(millrace_command({"run", "--version"}).out, runtime::version));
        CHECK(contains(millrace_command({"--version"}).out, runtime::version));
    }

    TEST_CASE("options in every form") {
        using runtime::parse_run_options;
        const runtime::RunOptions options =
            parse_run_options({"--input=a=b.npy", "--input", "c.npy", "--json", "--timeout", "0.5",
                               "--", "--project"});
        CHECK(options.project == "--project");
        CHECK(options.inputs == std::vector<std::string>{"a=b.npy", "c.npy"});
        CHECK(options.json);
        CHECK(options.timeout_seconds == 0.5);
        CHECK_THROWS_AS(parse_run_options({"--output="}), runtime::WrongUse);
    }
}

TEST_SUITE("runtime c interface") {
    TEST_CASE("what the model is, and inference in one step and in two") {
        millrace_status status = MILLRACE_ERROR_INTERNAL;
        CHECK(millrace_api_version() == MILLRACE_API_VERSION);
        millrace_options options{};
        options.batch = 64;
        millrace_session* const session =
            millrace_open(digits().folder().c_str(), &options, &status);
        CAPTURE(millrace_last_error());
        REQUIRE(session != nullptr);
        CHECK(status == MILLRACE_OK);
        CHECK(millrace_input_count(session) == 1);
        CHECK(millrace_output_count(session) == 1);
        CHECK(std::strlen(millrace_device_description(session)) > 0);
        millrace_tensor_info in{};
        millrace_tensor_info out{};
        REQUIRE(millrace_input_info(session, 0, &in) == MILLRACE_OK);
        REQUIRE(millrace_output_info(session, 0, &out) == MILLRACE_OK);
        CHECK(in.type == MILLRACE_FLOAT32);
        CHECK(in.sample_bytes == 64 * 4);
        CHECK(out.sample_bytes == 10 * 4);
        CHECK(millrace_input_info(session, 1, &in) == MILLRACE_ERROR_USAGE);
        CHECK(contains(millrace_last_error(), "no tensor 1"));

        Diagnostics diagnostics;
        auto x = cli::read_npy(example / "digits_x.npy", diagnostics);
        const auto expected = cli::read_npy(digits().path("expected.npy"), diagnostics);
        REQUIRE(x);
        REQUIRE(expected);
        std::vector<std::byte> y(expected->data.size());
        const millrace_array input{MILLRACE_FLOAT32, x->data.data(), x->data.size()};
        const millrace_array output{MILLRACE_FLOAT32, y.data(), y.size()};
        CHECK(millrace_infer(session, &input, 1, 300, &output, 1) == MILLRACE_OK);
        CHECK(y == expected->data);

        std::fill(y.begin(), y.end(), std::byte{0});
        millrace_request* const request = millrace_submit(session, &input, 1, 300, &status);
        REQUIRE(request != nullptr);
        while (millrace_done(session, request) == 0) {
            std::this_thread::yield();
        }
        CHECK(millrace_wait(session, request, &output, 1) == MILLRACE_OK);
        CHECK(y == expected->data);

        millrace_statistics statistics{};
        millrace_get_statistics(session, &statistics);
        CHECK(statistics.samples == 600);
        CHECK(statistics.latency_p50 > 0);
        millrace_reset_statistics(session);
        millrace_get_statistics(session, &statistics);
        CHECK(statistics.samples == 0);

        // Wrong calls are told and change nothing.
        CHECK(millrace_infer(session, &input, 1, 299, &output, 1) == MILLRACE_ERROR_SHAPE);
        CHECK(millrace_infer(session, &input, 2, 300, &output, 1) == MILLRACE_ERROR_SHAPE);
        CHECK(millrace_infer(session, nullptr, 1, 300, &output, 1) == MILLRACE_ERROR_USAGE);
        CHECK(millrace_infer(session, &input, 1, -1, &output, 1) == MILLRACE_ERROR_USAGE);
        millrace_array wrong = output;
        wrong.type = MILLRACE_INT32;
        CHECK(millrace_infer(session, &input, 1, 300, &wrong, 1) == MILLRACE_ERROR_SHAPE);
        // 2^61 samples of 256 bytes are 0 bytes modulo 2^64.
        const millrace_array empty{MILLRACE_FLOAT32, y.data(), 0};
        CHECK(millrace_infer(session, &empty, 1, std::int64_t{1} << 61, &output, 1) ==
              MILLRACE_ERROR_SHAPE);
        CHECK(contains(millrace_last_error(), "more than memory can hold"));
        CHECK(millrace_infer(session, &input, 1, 1, &output, 1) == MILLRACE_ERROR_SHAPE);
        CHECK(contains(millrace_last_error(), "needs 256 bytes for 1 sample, not"));
        CHECK(millrace_infer(session, &input, 0, 300, &output, 1) == MILLRACE_ERROR_SHAPE);
        CHECK(contains(millrace_last_error(), "the model has 1 input, not 0"));
        wrong.type = 99;
        CHECK(millrace_infer(session, &input, 1, 300, &wrong, 1) == MILLRACE_ERROR_USAGE);
        CHECK(millrace_submit(session, &wrong, 1, 300, &status) == nullptr);
        CHECK(status == MILLRACE_ERROR_USAGE);
        CHECK(millrace_infer(session, &input, 1, 300, &output, 1) == MILLRACE_OK);

        // A request of another session is refused, and stays to be waited for.
        millrace_session* const other = millrace_open(digits().folder().c_str(), nullptr, &status);
        REQUIRE(other != nullptr);
        millrace_request* const mine = millrace_submit(session, &input, 1, 300, &status);
        REQUIRE(mine != nullptr);
        CHECK(millrace_wait(other, mine, &output, 1) == MILLRACE_ERROR_USAGE);
        CHECK(contains(millrace_last_error(), "another session's"));
        CHECK(millrace_done(other, mine) == 1);
        std::fill(y.begin(), y.end(), std::byte{0});
        CHECK(millrace_wait(session, mine, &output, 1) == MILLRACE_OK);
        CHECK(y == expected->data);
        millrace_close(other);
        // Whatever failed last in this thread is what there is a message of.
        CHECK(millrace_input_info(session, 7, &in) == MILLRACE_ERROR_USAGE);
        CHECK(millrace_input_info(nullptr, 0, &in) == MILLRACE_ERROR_USAGE);
        CHECK(contains(millrace_last_error(), "the session is null"));
        CHECK(millrace_output_info(session, 7, &out) == MILLRACE_ERROR_USAGE);
        CHECK(millrace_output_info(nullptr, 0, &out) == MILLRACE_ERROR_USAGE);
        CHECK(contains(millrace_last_error(), "the session is null"));
        millrace_close(session);
    }

    TEST_CASE("what cannot be opened") {
        millrace_status status = MILLRACE_OK;
        CHECK(millrace_open("/no/such/project", nullptr, &status) == nullptr);
        CHECK(status == MILLRACE_ERROR_FILE);
        CHECK(millrace_open(nullptr, nullptr, &status) == nullptr);
        CHECK(status == MILLRACE_ERROR_USAGE);
        millrace_options options{};
        options.device = "gpu";
        CHECK(millrace_open(digits().folder().c_str(), &options, nullptr) == nullptr);
        CHECK(millrace_option_limit("batch") == 16777216);
        CHECK(millrace_option_limit("streams") == 256);
        CHECK(millrace_option_limit("timeout_ms") == 0xffffffff);
        CHECK(millrace_option_limit("speed") == 0);
        CHECK(millrace_option_limit(nullptr) == 0);
        options = {};
        options.streams = 257;
        // Before the project is looked at.
        CHECK(millrace_open("/no/such/project", &options, &status) == nullptr);
        CHECK(status == MILLRACE_ERROR_USAGE);
        CHECK(contains(millrace_last_error(), "streams: 257 is not a number from 1 to 256"));
        options = {};
        options.batch = 16777217;
        CHECK(millrace_open("/no/such/project", &options, &status) == nullptr);
        CHECK(status == MILLRACE_ERROR_USAGE);
        CHECK(
            contains(millrace_last_error(), "batch: 16777217 is not a number from 1 to 16777216"));
        options = {};
        options.reserved[3] = 1;
        CHECK(millrace_open(digits().folder().c_str(), &options, &status) == nullptr);
        CHECK(status == MILLRACE_ERROR_USAGE);
        millrace_close(nullptr);
        CHECK(millrace_input_count(nullptr) == 0);
    }
}
