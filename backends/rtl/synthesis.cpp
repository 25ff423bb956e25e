// SPDX-License-Identifier: Apache-2.0
//
// The script runs in a thread, beside one that looks at what it writes: build/synth/list names the
// parts, and build/synth/parts/NAME has a file "result" or "failed" when that part is done.
#include "backends/rtl/synthesis.hpp"

#include "backends/embedded_templates.hpp"
#include "backends/run_process.hpp"

#include <chrono>
#include <fmt/format.h>
#include <fstream>
#include <future>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string_view>

namespace millrace::backends {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr std::string_view folder = "rtl_project/synth/";

CellCounts read_cells(const Json& object) {
    CellCounts cells;
    for (const CellCountField& field : cell_count_fields) {
        cells.*field.number = object.at(field.name).get<std::int64_t>();
    }
    return cells;
}

SynthesisEffort read_effort(const Json& object) {
    return {object.at("seconds").get<std::int64_t>(), object.at("cpu_seconds").get<double>(),
            object.at("cached").get<bool>()};
}

SynthesisResult read_results(const Json& document) {
    SynthesisResult result;
    result.kernel = document.at("kernel").get<std::string>();
    result.family = document.at("family").get<std::string>();
    result.tool = document.at("tool").get<std::string>();
    result.jobs = document.at("jobs").get<std::int64_t>();
    result.seconds = document.at("seconds").get<std::int64_t>();
    result.runs = document.at("runs").get<std::int64_t>();
    result.from_cache = document.at("from_cache").get<std::int64_t>();
    for (const Json& part : document.at("parts")) {
        result.parts.push_back(
            {part.at("name").get<std::string>(), part.at("kind").get<std::string>(),
             part.at("module").get<std::string>(), part.at("count").get<std::int64_t>(),
             read_cells(part), read_effort(part)});
    }
    if (const Json& total = document.at("total"); !total.is_null()) {
        result.total = read_cells(total);
    }
    if (const Json& whole = document.at("whole"); !whole.is_null()) {
        result.whole = WholeDesign{read_cells(whole.at("network")), read_cells(whole.at("kernel")),
                                   read_effort(whole)};
    }
    return result;
}

/// Tells how many of the parts in build/synth are done.
void tell_progress(const fs::path& work, const SynthesisProgress& progress) {
    std::ifstream list(work / "list");
    std::int64_t done = 0;
    std::int64_t parts = 0;
    for (std::string line; std::getline(list, line);) {
        const fs::path part = work / "parts" / line.substr(0, line.find(' '));
        std::error_code ignored;
        done +=
            fs::exists(part / "result", ignored) || fs::exists(part / "failed", ignored) ? 1 : 0;
        ++parts;
    }
    if (parts > 0) {
        progress(done, parts);
    }
}

/// The lines of the script that say what is wrong.
std::string reason(const ProcessResult& run) {
    std::istringstream lines(run.errors);
    std::string text;
    for (std::string line; std::getline(lines, line);) {
        constexpr std::string_view mark = "error: ";
        if (line.starts_with(mark)) {
            text += (text.empty() ? "" : "\n") + line.substr(mark.size());
        }
    }
    if (!text.empty()) {
        return text;
    }
    return run.errors.empty() ? fmt::format("synth/synth.sh ended with {}", run.exit_code)
                              : run.errors.substr(0, run.errors.find_last_not_of('\n') + 1);
}

} // namespace

SynthesisResult read_synthesis_results(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    try {
        if (!stream) {
            throw SynthesisError(fmt::format("cannot read '{}'", file.string()));
        }
        return read_results(Json::parse(stream));
    } catch (const Json::exception&) {
        throw SynthesisError(fmt::format("'{}' does not hold results of synthesis", file.string()));
    }
}

SynthesisResult synthesise(const SynthesisOptions& options, const SynthesisProgress& progress) {
    const fs::path script = options.project / "synth" / "synth.sh";
    std::error_code ignored;
    if (!fs::exists(script, ignored)) {
        throw SynthesisError(fmt::format(
            "'{}' has no synth/synth.sh: only projects of the backend rtl can be synthesised",
            options.project.string()));
    }
    std::vector<std::string> command{"sh", script.string(), "--jobs", std::to_string(options.jobs)};
    if (!options.family.empty()) {
        command.insert(command.end(), {"--family", options.family});
    }
    if (!options.cache.empty()) {
        // The script works in the project's folder.
        command.insert(command.end(), {"--cache", fs::absolute(options.cache).string()});
    }
    if (options.whole) {
        command.emplace_back("--whole");
    }
    auto run = std::async(std::launch::async, [&] { return run_process(command); });
    constexpr std::chrono::milliseconds pause(200);
    while (run.wait_for(pause) != std::future_status::ready) {
        if (progress) {
            tell_progress(options.project / "build" / "synth", progress);
        }
    }
    const ProcessResult ended = run.get();
    if (ended.exit_code != 0) {
        throw SynthesisError(reason(ended));
    }
    return read_synthesis_results(options.project / "build" / "synth" / "results.json");
}

void add_synthesis_files(ProjectFiles& files) {
    for (const std::string_view path : embedded_template_paths()) {
        if (path.starts_with(folder)) {
            files["synth/" + std::string(path.substr(folder.size()))] = embedded_template(path);
        }
    }
}

} // namespace millrace::backends
