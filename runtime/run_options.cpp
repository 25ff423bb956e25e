// SPDX-License-Identifier: Apache-2.0
#include "runtime/run_options.hpp"

#include "runtime/session.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <functional>

namespace millrace::runtime {

namespace {

constexpr std::uint32_t most_repeats = 1'000'000'000;

struct Option {
    std::string name;
    std::string value; ///< what stands for its value in the help; empty: a flag
    std::string help;
    std::function<void(RunOptions&, const std::string&)> set;
};

std::uint32_t number(const std::string& option, const std::string& text, std::uint32_t most) {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < 1 || value > most) {
        throw WrongUse(option + ": '" + text + "' is not a number from 1 to " +
                       std::to_string(most));
    }
    return value;
}

double seconds(const std::string& option, const std::string& text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    // Devices count in milliseconds.
    if (error != std::errc() || end != text.data() + text.size() || !(value >= 1e-3) ||
        value > 1e6) {
        throw WrongUse(option + ": '" + text +
                       "' is not a number of seconds from 0.001 to 1000000");
    }
    return value;
}

const std::vector<Option>& option_list() {
    static const std::vector<Option> list{
        {"--input", "FILE", "Samples (.npy); several: in the model's order or NAME=FILE",
         [](RunOptions& o, const std::string& v) { o.inputs.push_back(v); }},
        {"--device", "NAME",
         "sim (default: the project's own), csim, rtlsim, xrt[:INDEX] or xrt-emu[:INDEX]",
         [](RunOptions& o, const std::string& v) { o.device = v; }},
        {"--xclbin", "FILE", "Bitstream (default: the project's build/KERNEL.xclbin)",
         [](RunOptions& o, const std::string& v) { o.xclbin = v; }},
        {"--output", "FILE",
         "Where to write the results (.npy; several: FILE_0.npy, FILE_1.npy...)",
         [](RunOptions& o, const std::string& v) { o.output = v; }},
        {"--labels", "FILE", "Integer labels (.npy): print top-1",
         [](RunOptions& o, const std::string& v) { o.labels = v; }},
        {"--batch", "N", "Samples of a request (default: chosen by the size of a sample)",
         [](RunOptions& o, const std::string& v) { o.batch = number("--batch", v, most_batch); }},
        {"--streams", "N", "Batches under way at once on a compute unit (default: 2)",
         [](RunOptions& o, const std::string& v) {
             o.streams = number("--streams", v, most_streams);
         }},
        {"--repeat", "N", "Run all samples so many times (default: 1)",
         [](RunOptions& o, const std::string& v) {
             o.repeat = number("--repeat", v, most_repeats);
         }},
        {"--timeout", "SECONDS",
         "Of work on a batch until it counts as hung (default: by prediction or progress)",
         [](RunOptions& o, const std::string& v) { o.timeout_seconds = seconds("--timeout", v); }},
        {"--json", "", "Print one JSON document",
         [](RunOptions& o, const std::string& /*v*/) { o.json = true; }},
        {"--help", "", "This text", [](RunOptions& o, const std::string& /*v*/) { o.help = true; }},
        {"--version", "", "The runtime's version",
         [](RunOptions& o, const std::string& /*v*/) { o.version = true; }},
    };
    return list;
}

const Option& option_named(const std::string& name) {
    for (const Option& option : option_list()) {
        if (option.name == name || (name == "-h" && option.name == "--help")) {
            return option;
        }
    }
    std::string known;
    for (const Option& option : option_list()) {
        known += (known.empty() ? "" : ", ") + option.name;
    }
    throw WrongUse("there is no option '" + name + "'; known are " + known);
}

} // namespace

RunOptions parse_run_options(const std::vector<std::string>& arguments) {
    RunOptions result;
    bool only_names = false;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string& argument = arguments[i];
        if (!only_names && argument == "--") {
            only_names = true;
        } else if (only_names || argument.empty() || argument[0] != '-') {
            if (only_names && !result.project.empty()) {
                throw WrongUse(
                    "'" + argument +
                    "' stands behind '--', where only the project may stand, which is '" +
                    result.project + "' already: write options in front of '--'");
            }
            if (!result.project.empty()) {
                throw WrongUse("'" + argument + "': the project is '" + result.project +
                               "' already");
            }
            result.project = argument;
        } else {
            const std::size_t sign = argument.find('=');
            const Option& option = option_named(argument.substr(0, sign));
            std::string value;
            if (option.value.empty()) {
                if (sign != std::string::npos) {
                    throw WrongUse(option.name + " takes no value");
                }
            } else if (sign != std::string::npos) {
                value = argument.substr(sign + 1);
            } else if (++i < arguments.size()) {
                value = arguments[i];
            } else {
                throw WrongUse(option.name + " needs a value: " + option.value);
            }
            if (!option.value.empty() && value.empty()) {
                throw WrongUse(option.name + " needs a value: " + option.value);
            }
            option.set(result, value);
        }
    }
    return result;
}

std::string run_help(const std::string& program, bool needs_project) {
    const std::string project = needs_project ? "PROJECT" : "[PROJECT]";
    std::string text = "Run a compiled project on a device\n\nUsage: " + program + " " + project +
                       " --input FILE [OPTIONS]\n\n  PROJECT             Project folder, or an "
                       ".xclbin with millrace.json beside it\n\nOptions:\n";
    constexpr std::size_t column = 22;
    for (const Option& option : option_list()) {
        std::string line = std::string("  ") + (option.name == "--help" ? "-h," : "") +
                           option.name + (option.value.empty() ? "" : " " + option.value);
        line.resize(std::max(line.size() + 1, column), ' ');
        text += line + option.help + "\n";
    }
    return text + "\nExample:\n  " + program + (needs_project ? " project" : "") +
           " --device xrt:0 --input x.npy --labels y.npy\n";
}

} // namespace millrace::runtime
