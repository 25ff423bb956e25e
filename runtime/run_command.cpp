// SPDX-License-Identifier: Apache-2.0
//
// The samples are cut into requests of a batch each, of which as many are under way as there are
// buffers: throughput is that of the pipeline, latency that of one request in it.
#include "runtime/run_command.hpp"

#include "runtime/error.hpp"
#include "runtime/npy.hpp"
#include "runtime/predictions.hpp"
#include "runtime/printable.hpp"
#include "runtime/printing.hpp"
#include "runtime/result_files.hpp"
#include "runtime/run_options.hpp"
#include "runtime/sample_shape.hpp"
#include "runtime/session.hpp"
#include "runtime/version.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <deque>
#include <exception>
#include <optional>
#include <sstream>
#include <stdio_ext.h>
#include <utility>

namespace millrace::runtime {

namespace {

namespace fs = std::filesystem;

constexpr int exit_done = 0;
constexpr int exit_refused = 1;
constexpr int exit_wrong_use = 2;
constexpr int exit_defect = 70;

/// Runs `body`; its errors get the file's name in front.
template <class Body> auto with_file(const fs::path& file, Body&& body) {
    try {
        return body();
    } catch (const Error& problem) {
        throw Error(problem.kind(), file.string() + ": " + problem.what());
    }
}

/// The arrays of `--input`, in the order of the model's inputs.
std::vector<Array> read_inputs(const std::vector<TensorInfo>& inputs,
                               const std::vector<std::string>& arguments) {
    std::vector<std::optional<std::string>> files(inputs.size());
    for (const std::string& argument : arguments) {
        // A name may hold '='; the longest name that fits wins over a path that holds '='.
        std::size_t index = inputs.size();
        std::string file = argument;
        for (std::size_t i = 0; i < inputs.size(); ++i) {
            const std::string prefix = inputs[i].name + "=";
            if (argument.starts_with(prefix) &&
                (index == inputs.size() || prefix.size() > inputs[index].name.size() + 1)) {
                index = i;
                file = argument.substr(prefix.size());
            }
        }
        if (index == inputs.size()) {
            index = static_cast<std::size_t>(std::find(files.begin(), files.end(), std::nullopt) -
                                             files.begin());
        }
        if (index == inputs.size()) {
            throw Error(ErrorKind::shape,
                        argument + ": the model has only " +
                            counted(static_cast<std::int64_t>(inputs.size()), "input"));
        }
        if (files[index]) {
            throw Error(ErrorKind::shape, "input '" + inputs[index].name + "' is given twice");
        }
        files[index] = file;
    }
    std::vector<Array> result;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        if (!files[i]) {
            throw Error(ErrorKind::shape, "no file for input '" + inputs[i].name + "' of shape " +
                                              to_string(inputs[i].shape) +
                                              ": give --input once for each");
        }
        result.push_back(with_file(*files[i], [&] { return read_npy(*files[i]); }));
    }
    return result;
}

/// Puts the results of samples from `first` on into the whole, or compares them with it.
void place(const std::vector<Array>& results, std::int64_t samples, std::int64_t first, bool repeat,
           std::vector<Array>& whole) {
    for (std::size_t i = 0; i < results.size(); ++i) {
        const std::size_t bytes = whole[i].bytes.size() / static_cast<std::size_t>(samples);
        std::byte* const to = whole[i].bytes.data() + static_cast<std::size_t>(first) * bytes;
        const std::vector<std::byte>& from = results[i].bytes;
        if (!repeat && !from.empty()) {
            std::memcpy(to, from.data(), from.size());
        } else if (!from.empty() && std::memcmp(to, from.data(), from.size()) != 0) {
            throw Error(ErrorKind::device,
                        "the device gives other results for the same samples when it repeats them");
        }
    }
}

struct Outcome {
    std::vector<Array> outputs;
    std::int64_t samples = 0;
    Statistics statistics;
    std::string device;
    std::uint32_t batch = 0;
    std::optional<std::int64_t> correct;
    std::int64_t predictions = 0;
};

std::vector<std::int64_t> read_labels(const fs::path& file) {
    Array array = with_file(file, [&] { return read_npy(file); });
    const ElementType type = array.type;
    const std::int64_t count = element_count(array.shape);
    if (type == ElementType::float32 || type == ElementType::float64 ||
        type == ElementType::float16 || type == ElementType::bfloat16) {
        throw Error(ErrorKind::shape, file.string() + ": " + counted(count, "label") + " of type " +
                                          to_string(type) + "; labels are integers");
    }
    array.shape = {count};
    return predictions(array.view(), true);
}

void check_labels(const RunOptions& options, std::size_t labels, std::size_t predicted,
                  std::int64_t samples) {
    if (static_cast<std::int64_t>(predicted) != samples) {
        throw Error(ErrorKind::shape,
                    "the model is no classifier: it makes " +
                        counted(static_cast<std::int64_t>(predicted), "prediction") + " for " +
                        counted(samples, "sample"));
    }
    if (labels != predicted) {
        throw Error(ErrorKind::shape,
                    options.labels + ": " + counted(static_cast<std::int64_t>(labels), "label") +
                        ", but the model makes " +
                        counted(static_cast<std::int64_t>(predicted), "prediction") +
                        "; labels are integers, one for each sample");
    }
}

/// What the session will ask for, known before there is one.
std::int64_t samples_in(const std::vector<Array>& arrays, const std::vector<TensorInfo>& inputs) {
    std::int64_t count = 0;
    for (std::size_t i = 0; i < arrays.size(); ++i) {
        count = std::max(count, sample_count(arrays[i].shape, inputs[i].shape).value_or(0));
    }
    return count;
}

Outcome run(const RunOptions& options, const fs::path& project) {
    SessionOptions session_options;
    session_options.device = options.device;
    session_options.xclbin = options.xclbin;
    session_options.streams = options.streams;
    session_options.timeout =
        std::chrono::milliseconds(static_cast<std::int64_t>(options.timeout_seconds * 1e3 + 0.999));
    // What is wrong with the files is told before a device is opened, which may take minutes.
    static_cast<void>(parse_device_name(options.device));
    const Manifest manifest = Session::manifest_of(project);
    std::vector<std::int64_t> labels;
    if (!options.labels.empty()) {
        labels = read_labels(options.labels);
    }
    std::vector<fs::path> files;
    if (!options.output.empty()) {
        files = result_files(options.output, manifest.model_outputs.size());
    }
    const std::vector<Array> inputs = read_inputs(manifest.model_inputs, options.inputs);
    // Buffers for more samples than there are would only take time to make.
    session_options.batch = static_cast<std::uint32_t>(std::min<std::int64_t>(
        options.batch, std::max<std::int64_t>(samples_in(inputs, manifest.model_inputs), 1)));
    const std::unique_ptr<Session> session = Session::open(project, session_options);

    Outcome outcome;
    outcome.device = session->device().description();
    outcome.batch = session->batch();
    std::vector<ConstArray> views;
    for (const Array& array : inputs) {
        views.push_back(array.view());
    }
    outcome.samples = session->sample_count(views);
    if (outcome.samples == 0) {
        throw Error(ErrorKind::shape, "the input holds no sample");
    }
    outcome.outputs = session->make_outputs(outcome.samples);
    const std::optional<std::size_t> selection = manifest.selection;
    const auto predicted = [&] {
        return predictions(outcome.outputs.at(selection.value_or(0)).view(), selection.has_value());
    };
    if (!options.labels.empty()) {
        check_labels(options, labels.size(), predicted().size(), outcome.samples);
    }

    struct UnderWay {
        Session::Ticket ticket;
        std::int64_t first = 0;
        bool repeat = false;
    };
    std::deque<UnderWay> under_way;
    const std::size_t most = session->device().compute_units() * options.streams;
    std::int64_t done = 0;
    ProgressBar progress("running", outcome.samples * options.repeat, options.json);
    const auto take = [&] {
        UnderWay oldest = std::move(under_way.front());
        under_way.pop_front();
        const std::vector<Array> results = session->wait(std::move(oldest.ticket));
        place(results, outcome.samples, oldest.first, oldest.repeat, outcome.outputs);
        done += std::min<std::int64_t>(outcome.batch, outcome.samples - oldest.first);
        progress(done);
    };
    for (std::uint32_t round = 0; round < options.repeat; ++round) {
        for (std::int64_t first = 0; first < outcome.samples; first += outcome.batch) {
            if (under_way.size() == most) {
                take();
            }
            const std::int64_t count =
                std::min<std::int64_t>(outcome.batch, outcome.samples - first);
            under_way.push_back({session->submit(views, first, count), first, round > 0});
        }
    }
    while (!under_way.empty()) {
        take();
    }
    outcome.statistics = session->statistics();
    if (!options.labels.empty()) {
        outcome.correct = count_correct(predicted(), labels);
        outcome.predictions = static_cast<std::int64_t>(labels.size());
    }
    if (!files.empty()) {
        write_results(files, outcome.outputs);
    }
    return outcome;
}

void print_json(const Outcome& outcome, const RunOptions& options) {
    const Statistics& s = outcome.statistics;
    std::ostringstream text;
    text.precision(9);
    text << "{\n  \"ok\": true,\n  \"device\": " << json_string(outcome.device)
         << ",\n  \"samples\": " << outcome.samples << ",\n  \"repeat\": " << options.repeat
         << ",\n  \"batch\": " << outcome.batch << ",\n  \"streams\": " << options.streams
         << ",\n  \"seconds\": " << s.seconds
         << ",\n  \"inferences_per_second\": " << s.samples_per_second << ",\n  \"top1\": ";
    if (outcome.correct) {
        text << static_cast<double>(*outcome.correct) / static_cast<double>(outcome.predictions);
    } else {
        text << "null";
    }
    text << ",\n  \"latency_seconds\": {\"p50\": " << s.latency_p50
         << ", \"p95\": " << s.latency_p95 << ", \"p99\": " << s.latency_p99
         << ", \"max\": " << s.latency_max << "},\n  \"requests\": " << s.requests
         << ",\n  \"bytes_to_device\": " << s.bytes_to_device
         << ",\n  \"bytes_from_device\": " << s.bytes_from_device
         << ",\n  \"encode_seconds\": " << s.encode_seconds
         << ",\n  \"device_seconds\": " << s.device_seconds
         << ",\n  \"decode_seconds\": " << s.decode_seconds << "\n}\n";
    std::fputs(text.str().c_str(), stdout);
}

/// "1.234 ms", "56.70 us".
std::string duration(double seconds) {
    const char* unit = "s";
    if (seconds < 1e-3) {
        seconds *= 1e6;
        unit = "us";
    } else if (seconds < 1) {
        seconds *= 1e3;
        unit = "ms";
    }
    return engineering(seconds) + " " + unit;
}

/// "19.2 kB", "7,200 B".
std::string size(std::uint64_t bytes) {
    const std::string number = engineering(static_cast<double>(bytes));
    return number + (number.back() <= '9' ? " B" : "B");
}

void print_line(const char* label, const std::string& text) {
    std::printf("%-12s%s\n", label, text.c_str());
}

void print_outcome(const Outcome& outcome, const RunOptions& options) {
    const Statistics& s = outcome.statistics;
    print_line("device", printable(outcome.device));
    print_line("samples", grouped(outcome.samples) +
                              (options.repeat > 1 ? " x " + grouped(options.repeat) : "") + " in " +
                              duration(s.seconds) + ", " + counted(s.requests, "request") + " of " +
                              grouped(outcome.batch) + ", " + counted(options.streams, "stream"));
    print_line("speed", engineering(s.samples_per_second) + " inferences/s");
    print_line("latency", "p50 " + duration(s.latency_p50) + ", p95 " + duration(s.latency_p95) +
                              ", p99 " + duration(s.latency_p99) + ", max " +
                              duration(s.latency_max) + " a request");
    const double samples = static_cast<double>(std::max<std::int64_t>(s.samples, 1));
    print_line("host", duration(s.encode_seconds / samples) + " encoding, " +
                           duration(s.decode_seconds / samples) + " decoding a sample");
    print_line("moved",
               size(s.bytes_to_device) + " to the device, " + size(s.bytes_from_device) + " back");
    if (outcome.correct) {
        std::ostringstream top1;
        top1.setf(std::ios::fixed);
        top1.precision(4);
        top1 << static_cast<double>(*outcome.correct) / static_cast<double>(outcome.predictions)
             << " (" << grouped(*outcome.correct) << " of " << grouped(outcome.predictions) << ")";
        print_line("top-1", top1.str());
    }
}

int checked_run(const RunOptions& options, const RunCommand& command) {
    if (options.help) {
        std::fputs(run_help(command.program, command.default_project.empty()).c_str(), stdout);
        return exit_done;
    }
    if (options.version) {
        std::printf("millrace-run %s\n", version);
        return exit_done;
    }
    const fs::path project =
        options.project.empty() ? command.default_project : fs::path(options.project);
    if (project.empty()) {
        throw WrongUse("no project is named");
    }
    if (options.inputs.empty()) {
        throw WrongUse("--input is missing");
    }
    const Outcome outcome = run(options, project);
    options.json ? print_json(outcome, options) : print_outcome(outcome, options);
    return exit_done;
}

/// Whether all that was printed has gone out. What has not is dropped, so that the end of the
/// program does not try, and complain, again.
bool printed() {
    if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) {
        return true;
    }
    __fpurge(stdout);
    std::clearerr(stdout);
    return false;
}

} // namespace

int run_command(int argc, const char* const* argv, const RunCommand& command) {
    bool json = false;
    // A limit of the size of files is then an error of write(), which is told and cleaned up after.
    std::signal(SIGXFSZ, SIG_IGN);
    try {
        const RunOptions options =
            parse_run_options({argv + std::min(argc, 1), argv + std::max(argc, 0)});
        json = options.json;
        const int code = checked_run(options, command);
        if (!printed()) {
            std::fprintf(stderr,
                         "%s: error[file]: the results cannot be written to standard output\n",
                         command.program.c_str());
            return exit_refused;
        }
        return code;
    } catch (const WrongUse& problem) {
        std::fprintf(stderr, "%s: %s\nRun with --help for more information.\n",
                     command.program.c_str(), printable_lines(problem.what()).c_str());
        return exit_wrong_use;
    } catch (const Error& problem) {
        if (json && problem.kind() != ErrorKind::usage) {
            std::printf(
                "{\n  \"ok\": false,\n  \"error\": {\"kind\": \"%s\", \"message\": %s}\n}\n",
                to_string(problem.kind()), json_string(problem.what()).c_str());
        }
        std::fflush(stdout);
        std::fprintf(stderr, "%s: error[%s]: %s\n", command.program.c_str(),
                     to_string(problem.kind()), printable_lines(problem.what()).c_str());
        return problem.kind() == ErrorKind::usage ? exit_wrong_use : exit_refused;
    } catch (const std::exception& defect) {
        std::fflush(stdout);
        std::fprintf(stderr,
                     "%s: internal error: %s\nThis is a defect of Millrace. Please report it with "
                     "the command and, if you can, the project.\n",
                     command.program.c_str(), printable_lines(defect.what()).c_str());
        return exit_defect;
    }
}

fs::path project_of_this_program() {
    std::error_code error;
    fs::path folder = fs::read_symlink("/proc/self/exe", error).parent_path();
    while (!error && !folder.empty()) {
        if (fs::exists(folder / "millrace.json", error)) {
            return folder;
        }
        if (folder == folder.root_path()) {
            break;
        }
        folder = folder.parent_path();
    }
    return {};
}

} // namespace millrace::runtime
