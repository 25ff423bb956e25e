// SPDX-License-Identifier: Apache-2.0
#include "cli/project_folder.hpp"

#include "cli/text_file.hpp"
#include "ir/text.hpp"
#include "ir/verify.hpp"

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <stdexcept>
#include <string>

namespace millrace::cli {

namespace {

namespace fs = std::filesystem;

/// What is wrong with the project; for the user.
class Damaged : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

std::string read(const fs::path& file, const fs::path& name) {
    // Graphs hold the weights: as large as these may be.
    constexpr std::uintmax_t largest_graph = std::uintmax_t{1} << 34;
    std::string problem;
    auto text =
        read_text_file(file, name.extension() == ".json" ? largest_text : largest_graph, problem);
    if (!text) {
        throw Damaged(fmt::format("'{}': {}", name.string(), problem));
    }
    return std::move(*text);
}

Graph read_graph(const fs::path& folder, const char* file, Level level) {
    const fs::path name = fs::path("model") / file;
    try {
        Graph graph = parse_graph(read(folder / name, name));
        if (graph.level != level) {
            throw Damaged(
                fmt::format("'{}' is not of the {} level", name.string(), to_string(level)));
        }
        verify(graph, name.string());
        return graph;
    } catch (const TextError& problem) {
        throw Damaged(fmt::format("'{}': {}", name.string(), problem.what()));
    } catch (const TypeError& problem) {
        throw Damaged(fmt::format("'{}': {}", name.string(), problem.what()));
    } catch (const Defect& problem) { // what verify() finds was put there after we wrote it
        throw Damaged(fmt::format("'{}' was changed: {}", name.string(), problem.what()));
    }
}

/// What the engines read of the manifest is there; a file that was changed by hand may lack it.
void check_ports(const Json& manifest, const char* side, std::size_t count) {
    const auto ports = manifest.find(side);
    const bool complete =
        ports != manifest.end() && ports->is_array() && ports->size() == count &&
        std::all_of(ports->begin(), ports->end(), [](const Json& port) {
            const auto holds = [&](const char* key, bool (Json::*is)() const noexcept) {
                return port.is_object() && port.contains(key) && (port.at(key).*is)();
            };
            return holds("port", &Json::is_string) &&
                   holds("frame_bytes", &Json::is_number_integer);
        });
    if (!complete) {
        throw Damaged(fmt::format("'{}' of 'millrace.json' do not describe the design's {} {}",
                                  side, count, side));
    }
}

} // namespace

double Project::clock_mhz() const {
    const auto found = manifest.find("clock_mhz");
    return found != manifest.end() && found->is_number() ? found->get<double>() : 100.0;
}

CyclePrediction Project::cycles() const {
    const auto interval = manifest.find("interval_cycles");
    const auto latency = manifest.find("latency_cycles");
    if (interval == manifest.end() || latency == manifest.end() ||
        !interval->is_number_unsigned() || !latency->is_number_unsigned()) {
        return predict_cycles(dataflow);
    }
    return {interval->get<std::int64_t>(), latency->get<std::int64_t>(), slowest_node(dataflow)};
}

std::optional<Project> open_project(const fs::path& folder, Diagnostics& diagnostics) {
    try {
        Project project;
        project.folder = folder;
        project.manifest = Json::parse(read(folder / "millrace.json", "millrace.json"));
        if (!project.manifest.is_object()) {
            throw Damaged("'millrace.json' is not a manifest");
        }
        project.network = read_graph(folder, "network.mir", Level::network);
        project.program.head = read_graph(folder, "head.mir", Level::network);
        project.program.body = read_graph(folder, "body.mir", Level::integer);
        project.program.tail = read_graph(folder, "tail.mir", Level::network);
        project.dataflow = read_graph(folder, "dataflow.mir", Level::dataflow);
        check_ports(project.manifest, "inputs", project.program.body.inputs.size());
        check_ports(project.manifest, "outputs", project.program.body.outputs.size());
        return project;
    } catch (const Json::exception&) {
        diagnostics.add({Code::not_a_project, Severity::error, folder.string(), "", "",
                         "'millrace.json' is not JSON", "compile the model again"});
    } catch (const Damaged& problem) {
        diagnostics.add({Code::not_a_project, Severity::error, folder.string(), "", "",
                         problem.what(), "give a folder that `millrace compile` wrote"});
    }
    return std::nullopt;
}

TemporaryFolder::TemporaryFolder() {
    std::string name = (fs::temp_directory_path() / "millrace-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
        throw std::runtime_error("no temporary folder can be made in " +
                                 fs::temp_directory_path().string());
    }
    path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
}

} // namespace millrace::cli
