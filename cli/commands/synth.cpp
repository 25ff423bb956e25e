// SPDX-License-Identifier: Apache-2.0
//
// millrace synth: what an RTL project takes of a device, by Yosys.
#include "backends/rtl/synthesis.hpp"
#include "cli/command_line.hpp"
#include "cli/engine_choice.hpp"
#include "cli/json_output.hpp"
#include "cli/project_folder.hpp"
#include "cli/resource_use.hpp"
#include "cli/synthesis_estimate.hpp"
#include "cli/terminal.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fmt/format.h>
#include <iterator>
#include <memory>
#include <optional>
#include <string_view>

namespace millrace::cli {

namespace {

namespace fs = std::filesystem;
using backends::CellCountField;
using backends::CellCounts;
using backends::SynthesisEffort;
using backends::SynthesisPart;
using backends::SynthesisResult;

struct Arguments {
    std::string project;
    std::string family;
    int jobs = default_jobs();
    bool whole = false;
    bool json = false;
};

/// Where results are kept for all projects; empty (the project's own folder) where there is no
/// home.
fs::path cache_folder() {
    const auto set = [](const char* name) -> std::optional<fs::path> {
        const char* const value = std::getenv(name);
        return value != nullptr && *value != '\0' ? std::optional<fs::path>(value) : std::nullopt;
    };
    if (const auto folder = set("MILLRACE_CACHE")) {
        return *folder / "synthesis";
    }
    if (const auto folder = set("XDG_CACHE_HOME")) {
        return *folder / "millrace" / "synthesis";
    }
    if (const auto folder = set("HOME")) {
        return *folder / ".cache" / "millrace" / "synthesis";
    }
    return {};
}

Json to_json(const CellCounts& cells) {
    Json object = Json::object();
    for (const CellCountField& field : backends::cell_count_fields) {
        object[field.name] = cells.*field.number;
    }
    return object;
}

void add_effort(Json& object, const SynthesisEffort& effort) {
    object["seconds"] = effort.seconds;
    object["cpu_seconds"] = effort.cpu_seconds;
    object["cached"] = effort.cached;
}

Json to_json(const std::optional<Cost>& estimate) {
    return estimate ? cli::to_json(*estimate) : Json();
}

Json to_json(const SynthesisResult& result, const SynthesisEstimate& estimate,
             const std::string& project) {
    Json parts = Json::array();
    for (const SynthesisPart& part : result.parts) {
        Json object{{"name", part.name},
                    {"kind", part.kind},
                    {"module", part.module},
                    {"count", part.count}};
        object.update(to_json(part.cells));
        object["estimate"] = to_json(estimate.of(part));
        add_effort(object, part.effort);
        parts.push_back(std::move(object));
    }
    Json whole;
    if (result.whole) {
        whole = {{"network", to_json(result.whole->network)},
                 {"kernel", to_json(result.whole->kernel)}};
        add_effort(whole, result.whole->effort);
    }
    Json total = to_json(result.total);
    total["estimate"] = cli::to_json(estimate.total());
    return {{"ok", true},
            {"project", project},
            {"kernel", result.kernel},
            {"family", result.family},
            {"tool", result.tool},
            {"jobs", result.jobs},
            {"seconds", result.seconds},
            {"runs", result.runs},
            {"from_cache", result.from_cache},
            {"parts", std::move(parts)},
            {"total", std::move(total)},
            {"whole", std::move(whole)}};
}

/// The columns of the table: those that are zero everywhere are left out.
struct Column {
    const char* title;
    std::int64_t (*number)(const CellCounts&);
    bool always = true;
};

constexpr Column columns[] = {
    {"LUT", [](const CellCounts& cells) { return cells.lut; }},
    {"packed", [](const CellCounts& cells) { return cells.lut_packed; }},
    {"LUTRAM", [](const CellCounts& cells) { return cells.lut_memory; }},
    {"FF", [](const CellCounts& cells) { return cells.ff; }},
    {"carry", [](const CellCounts& cells) { return cells.carry4 + cells.carry8; }},
    {"BRAM18", [](const CellCounts& cells) { return cells.bram18; }},
    {"BRAM36", [](const CellCounts& cells) { return cells.bram36; }},
    {"URAM", [](const CellCounts& cells) { return cells.uram; }, false},
    {"DSP", [](const CellCounts& cells) { return cells.dsp; }},
    {"other", [](const CellCounts& cells) { return cells.other; }, false},
};

/// The columns of estimates, beside those that they are of; by titles of `columns`.
struct EstimateColumn {
    const char* beside;
    const char* title;
    double (*number)(const Cost&);
};

constexpr EstimateColumn estimate_columns[] = {
    {"LUT", "est.", [](const Cost& cost) { return cost.lut - cost.lut_memory; }},
    {"LUTRAM", "est.", [](const Cost& cost) { return cost.lut_memory; }},
    {"FF", "est.", [](const Cost& cost) { return cost.ff; }},
    {"BRAM36", "est. 18", [](const Cost& cost) { return cost.bram18; }},
    {"URAM", "est.", [](const Cost& cost) { return cost.uram; }},
    {"DSP", "est.", [](const Cost& cost) { return cost.dsp; }},
};

void print_result(const SynthesisResult& result, const SynthesisEstimate& estimate) {
    const CellCounts& most = result.whole ? result.whole->kernel : result.total;
    const auto beside = [](const Column& column) {
        return std::find_if(std::begin(estimate_columns), std::end(estimate_columns),
                            [&](const EstimateColumn& estimated) {
                                return std::string_view(estimated.beside) == column.title;
                            });
    };
    const auto row = [&](const std::string& name, const std::string& module, std::int64_t count,
                         const CellCounts& cells, const std::optional<Cost>& estimated) {
        std::vector<std::string> words{name, module, count > 0 ? std::to_string(count) : ""};
        for (const Column& column : columns) {
            if (!column.always && column.number(most) == 0) {
                continue;
            }
            words.push_back(grouped(column.number(cells)));
            if (const auto* const own = beside(column); own != std::end(estimate_columns)) {
                words.push_back(estimated ? grouped(std::llround(own->number(*estimated))) : "");
            }
        }
        return words;
    };
    std::vector<std::string> header{"part", "module", "count"};
    for (const Column& column : columns) {
        if (column.always || column.number(most) > 0) {
            header.emplace_back(column.title);
            if (const auto* const own = beside(column); own != std::end(estimate_columns)) {
                header.emplace_back(own->title);
            }
        }
    }
    Table table(header);
    for (const SynthesisPart& part : result.parts) {
        table.add(row(part.name, part.module, part.count, part.cells, estimate.of(part)));
    }
    table.add(row("all parts", "", 0, result.total, estimate.total()));
    if (result.whole) {
        table.add(row("whole network", "", 0, result.whole->network, std::nullopt));
        table.add(row("whole kernel", "", 0, result.whole->kernel, std::nullopt));
    }
    table.print();
    fmt::print("\n{:<12}{}, family {}\n", "tool", result.tool, result.family);
    fmt::print("{:<12}{} s, {} of {} results from the cache\n", "time", grouped(result.seconds),
               grouped(result.from_cache), grouped(result.runs));
    fmt::print("{:<12}LUT: LUT1 to LUT6; packed: two in one where that fits (estimated); LUTRAM: "
               "LUTs as memory; cells are of one of COUNT equal parts; est.: what the compiler "
               "estimates, block RAM in BRAM18\n",
               "counted");
}

int synth(const Arguments& arguments) {
    if (arguments.jobs < 1) {
        throw WrongUse("--jobs must be at least 1");
    }
    Diagnostics diagnostics;
    const std::optional<Project> project = open_project(arguments.project, diagnostics);
    if (!project) {
        return refuse(diagnostics, arguments.json);
    }
    if (const std::string backend = project->manifest.value("backend", ""); backend != "rtl") {
        diagnostics.add({Code::not_a_project, Severity::error, arguments.project, "", "",
                         fmt::format("a project of the backend '{}' has nothing for synthesis with "
                                     "Yosys",
                                     escaped(backend)),
                         "compile with --backend rtl"});
        return refuse(diagnostics, arguments.json);
    }
    try {
        std::optional<ProgressBar> bar;
        const SynthesisResult result = backends::synthesise(
            {project->folder, arguments.family, arguments.jobs, arguments.whole, cache_folder()},
            [&](std::int64_t done, std::int64_t all) {
                if (!bar) {
                    bar.emplace("synthesising", all, arguments.json);
                }
                (*bar)(done);
            });
        bar.reset();
        const SynthesisEstimate estimate(
            project->dataflow, result.family == "xc7" ? Family::xc7 : Family::xcup, result.parts);
        answer(
            diagnostics, arguments.json,
            [&] { return to_json(result, estimate, arguments.project); },
            [&] { print_result(result, estimate); });
        return exit_done;
    } catch (const backends::SynthesisError& problem) {
        diagnostics.add({Code::synthesis_failed, Severity::error, arguments.project, "", "",
                         problem.what(), ""});
        return refuse(diagnostics, arguments.json);
    }
}

} // namespace

Command add_synth(CLI::App& root) {
    CLI::App* command =
        root.add_subcommand("synth", "Show what an RTL project takes of a device, by Yosys");
    const auto arguments = std::make_shared<Arguments>();
    command->add_option("PROJECT", arguments->project, "Project folder")->required();
    command
        ->add_option("--family", arguments->family,
                     "xc7 (7 series) or xcup (UltraScale+); default: that of the project's part")
        ->check(CLI::IsMember({"xc7", "xcup"}));
    command->add_option("--jobs", arguments->jobs, "Runs of Yosys at once");
    command->add_flag("--whole", arguments->whole, "Also synthesise the design as one");
    command->add_flag("--json", arguments->json, "Print one JSON document");
    command->footer("Results are kept in $MILLRACE_CACHE, or the user's cache folder.\n\n"
                    "Example:\n  millrace synth project --family xc7 --whole");
    return {command, [arguments] { return synth(*arguments); }};
}

} // namespace millrace::cli
