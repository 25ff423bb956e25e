// SPDX-License-Identifier: Apache-2.0
//
// millrace report: an HTML page about a project.
#include "backends/project.hpp"
#include "cli/command_line.hpp"
#include "cli/report_page.hpp"
#include "cli/terminal.hpp"
#include "planner/plan_file.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fstream>
#include <memory>
#include <sstream>

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
    std::ifstream stream(file, std::ios::binary);
    if (!stream) {
        return std::nullopt;
    }
    std::ostringstream text;
    text << stream.rdbuf();
    return std::move(text).str();
}

int report(const Arguments& arguments) {
    Diagnostics diagnostics;
    const fs::path folder = arguments.project;
    const std::optional<Project> project = open_project(folder, diagnostics);
    if (!project) {
        return refuse(diagnostics, arguments.json);
    }
    const DesignSummary summary =
        summarize(project->program, project->dataflow, predict_cycles(project->dataflow));
    ReportInput input{*project, summary, std::nullopt, std::nullopt};
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
        add_to_json(document, summary, project->clock_mhz());
        document["diagnostics"] = to_json(diagnostics);
        print_json(document);
    } else {
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
