// SPDX-License-Identifier: Apache-2.0
//
// millrace report: an HTML page about a project.
#include "backends/project.hpp"
#include "cli/command_line.hpp"
#include "cli/plan_summary.hpp"
#include "cli/report_page.hpp"
#include "cli/resource_use.hpp"
#include "cli/terminal.hpp"
#include "cli/text_file.hpp"
#include "planner/board.hpp"
#include "planner/plan_file.hpp"
#include "planner/region_assignment.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <memory>

namespace millrace::cli {

namespace {

namespace fs = std::filesystem;

struct Arguments {
    std::string project;
    std::string output;
    bool json = false;
};

/// The text of a file that may be missing.
std::optional<std::string> read_optional(const fs::path& file) {
    std::string problem;
    return read_text_file(file, largest_text, problem);
}

/// A text of the manifest; empty where it has none.
std::string text_of(const Json& manifest, const char* key) {
    const auto found = manifest.find(key);
    return found != manifest.end() && found->is_string() ? found->get<std::string>()
                                                         : std::string();
}

int report(const Arguments& arguments) {
    Diagnostics diagnostics;
    const fs::path folder = arguments.project;
    const std::optional<Project> project = open_project(folder, diagnostics);
    if (!project) {
        return refuse(diagnostics, arguments.json);
    }
    DesignSummary summary = summarize(project->program, project->dataflow, project->cycles(),
                                      family_of(text_of(project->manifest, "part")));
    ReportInput input{*project, summary, std::nullopt, std::nullopt, std::nullopt, 1};
    const std::string board = text_of(project->manifest, "board");
    const std::string board_file = (folder / "board.toml").string();
    if (const auto text = read_optional(board_file)) {
        input.board = planner::read_board(*text, board, board_file, diagnostics);
        if (!input.board) {
            return refuse(diagnostics, arguments.json);
        }
    } else if (!board.empty()) {
        diagnostics.add({Code::bad_board, Severity::warning, board_file, "", "",
                         fmt::format("the project is for the board '{}', whose description is "
                                     "not there: nothing is said of its resources and memories",
                                     escaped(board)),
                         "compile the project again"});
    }
    if (const auto units = project->manifest.find("compute_units");
        units != project->manifest.end() && units->is_array() && !units->empty()) {
        input.compute_units = std::ssize(*units);
    }
    std::optional<planner::RegionAssignment> regions;
    if (input.board && input.board->regions.size() > 1 && input.compute_units == 1) {
        regions = planner::assign_regions(project->dataflow, *input.board);
        input.regions = regions_text(regions, *input.board);
    }
    if (input.board) {
        summary.memory = backends::memory_traffic(project->program.body, *input.board,
                                                  input.compute_units, project->clock_mhz());
    }
    if (const auto plan = read_optional(folder / "plan.toml")) {
        input.plan = planner::read_plan(*plan, (folder / "plan.toml").string(),
                                        project->program.body, diagnostics);
        if (!input.plan) {
            return refuse(diagnostics, arguments.json);
        }
    }
    if (const auto results = read_optional(folder / "results.json")) {
        Json parsed = Json::parse(*results, nullptr, false);
        if (parsed.is_object()) {
            input.results = std::move(parsed);
        }
    }
    const fs::path output =
        arguments.output.empty() ? folder / "report.html" : fs::path(arguments.output);
    if (!backends::write_file(output, report_page(input), Code::bad_output_directory,
                              diagnostics)) {
        return refuse(diagnostics, arguments.json);
    }
    print_diagnostics(diagnostics);
    if (arguments.json) {
        Json document{{"ok", true}, {"report", output.string()}};
        add_to_json(document, summary, project->clock_mhz(), input.board ? &*input.board : nullptr,
                    input.compute_units);
        document["regions"] = input.regions.empty() ? Json() : regions_json(regions, *input.board);
        document["diagnostics"] = to_json(diagnostics);
        print_json(document);
    } else {
        if (!summary.memory.name.empty()) {
            fmt::print("{:<12}{}\n", "memory", memory_text(summary, project->clock_mhz()));
        }
        const std::vector<ResourceUse> uses =
            resource_use(summary.cost, input.board ? &*input.board : nullptr, input.compute_units);
        fmt::print("{:<12}{}\n", "resources", resource_text(uses));
        if (const std::string shares = utilisation_text(uses); !shares.empty()) {
            fmt::print("{:<12}{} of what shell and caps leave of {}\n", "utilisation", shares,
                       escaped(input.board->title));
        }
        if (!input.regions.empty()) {
            fmt::print("{:<12}{}\n", "regions", input.regions);
        }
        fmt::print("{:<12}{}\n", "report", bold(output.string()));
    }
    return exit_done;
}

} // namespace

Command add_report(CLI::App& root) {
    CLI::App* command = root.add_subcommand("report", "Write an HTML page about a project");
    const auto arguments = std::make_shared<Arguments>();
    command->add_option("PROJECT", arguments->project, "Project folder")->required();
    command->add_option("-o,--output", arguments->output, "Page (default: PROJECT/report.html)");
    command->add_flag("--json", arguments->json, "Print one JSON document");
    command->footer("Example:\n  millrace report project");
    return {command, [arguments] { return report(*arguments); }};
}

} // namespace millrace::cli
