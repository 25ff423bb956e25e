// SPDX-License-Identifier: Apache-2.0
//
// millrace compile: a model becomes a project.
#include "backends/vitis/vitis_backend.hpp"
#include "cli/command_line.hpp"
#include "cli/design_summary.hpp"
#include "cli/model_compiler.hpp"
#include "cli/plan_summary.hpp"
#include "cli/resource_use.hpp"
#include "cli/terminal.hpp"
#include "ir/text.hpp"
#include "planner/region_assignment.hpp"
#include "planner/solver.hpp"

#include <CLI/CLI.hpp>
#include <cmath>
#include <fmt/format.h>
#include <memory>

namespace millrace::cli {

namespace {

struct Arguments {
    ModelOptions model;
    std::string output;
    bool json = false;
};

/// What --stop-after shows: the newest graph, or the program's three.
std::string graphs_text(const passes::Compilation& compilation) {
    if (!compilation.dataflow.values.empty()) {
        return print(compilation.dataflow);
    }
    if (!compilation.program.body.values.empty()) {
        return print(compilation.program.head) + print(compilation.program.body) +
               print(compilation.program.tail);
    }
    return print(compilation.network);
}

void print_host(const std::vector<HostStep>& steps, bool before) {
    std::string text;
    for (const HostStep& step : steps) {
        if (step.before == before) {
            text += (text.empty() ? "" : ", ") + escaped(step.op);
        }
    }
    if (!text.empty()) {
        fmt::print("{:<12}{}\n", before ? "host before" : "host after", text);
    }
}

/// The board, and what its parts are called there.
std::string board_text(const ModelOptions& options) {
    std::string text =
        options.board ? options.board->title
                      : std::string("none named: DDR[0] of 16 GiB is assumed in scripts/link.cfg");
    if (options.compute_units > 1) {
        text += fmt::format(", {} compute units", options.compute_units);
    }
    return text;
}

/// A plan of the user's may take more than the board has; a solver's fits it, but no cut may fit
/// its regions.
void warn_of_room(const DesignSummary& summary, const CompiledModel& model,
                  const ModelOptions& options, Diagnostics& diagnostics) {
    if (!options.board) {
        return;
    }
    const auto warn = [&](std::string reason, std::string remedy) {
        diagnostics.add({Code::target_unreachable, Severity::warning, options.model, "", "",
                         std::move(reason), std::move(remedy)});
    };
    // A solver's plan takes that into account.
    if (summary.is_limited_by_memory(options.clock_mhz) && !*model.solution) {
        const std::int64_t cycles = summary.memory.cycles(options.clock_mhz);
        warn(fmt::format("{}; frames come at {} cycles, not {}",
                         memory_text(summary, options.clock_mhz), summary.interval,
                         summary.slowest),
             fmt::format("--cycles {} gives the least resources for that speed", cycles));
    }
    const planner::Use use = planner::use_of(summary.cost);
    const planner::Budget budget = budget_for(options);
    if (!planner::fits(use, budget)) {
        std::vector<std::string> missing;
        for (std::size_t r = 0; r < planner::resource_count; ++r) {
            if (use[r] > budget.available[r]) {
                missing.push_back(fmt::format("{} {} of {}", grouped(std::llround(use[r])),
                                              planner::resource_name(r),
                                              grouped(std::llround(budget.available[r]))));
            }
        }
        warn(fmt::format("the design takes more than shell and caps leave of {}: {}",
                         options.board->title, fmt::join(missing, ", ")),
             "fold it more, give memories of the plan another place, or take a larger board");
    } else if (may_spread_over_regions(options) && !model.regions) {
        warn(fmt::format("the design fits {} as a whole, but no cut keeps every region within its "
                         "caps and {} crossing wires",
                         options.board->title, grouped(planner::most_crossing_wires)),
             "ask for fewer frames a second (--fastest: as many as are found to be possible with "
             "a cut, if any), or take a larger board");
    }
}

void print_summary(const DesignSummary& summary, const CompiledModel& model,
                   const ModelOptions& options, const std::string& project) {
    const double clock_mhz = options.clock_mhz;
    Table table(
        {"layer", "kind", "what", "in", "out", "pe", "simd", "cycles", "LUT", "BRAM18", "DSP"});
    for (const ActorRow& row : summary.actors) {
        table.add({row.name, row.kind, row.detail, row.input, row.output, fmt::format("{}", row.pe),
                   fmt::format("{}", row.simd), grouped(row.cycles),
                   grouped(std::llround(row.cost.lut)), grouped(std::llround(row.cost.bram18)),
                   grouped(std::llround(row.cost.dsp))});
    }
    table.print();
    fmt::print("\n");
    fmt::print("{:<12}{}\n", "bottleneck", summary.bottleneck);
    fmt::print("{:<12}{} cycles\n", "interval", grouped(summary.interval));
    fmt::print("{:<12}{} cycles\n", "latency", grouped(summary.latency));
    fmt::print("{:<12}{} frames/s at {} MHz (predicted){}\n", "throughput",
               engineering(summary.frames_per_second(clock_mhz)), clock_mhz,
               options.compute_units > 1 ? ", each compute unit" : "");
    if (!summary.memory.name.empty()) {
        fmt::print("{:<12}{}\n", "memory", memory_text(summary, clock_mhz));
    }
    const std::vector<ResourceUse> uses = resource_use(
        summary.cost, options.board ? &*options.board : nullptr, options.compute_units);
    fmt::print("{:<12}{}{}\n", "resources", resource_text(uses),
               options.compute_units > 1 ? ", each compute unit" : "");
    fmt::print("{:<12}{}\n", "board", board_text(options));
    if (const std::string shares = utilisation_text(uses); !shares.empty()) {
        fmt::print("{:<12}{} of what shell and caps leave\n", "utilisation", shares);
    }
    if (const auto& solution = *model.solution; solution) {
        fmt::print("{:<12}{}\n", "plan", plan_text(*solution, budget_for(options)));
    }
    if (may_spread_over_regions(options)) {
        fmt::print("{:<12}{}\n", "regions", regions_text(model.regions, *options.board));
    }
    print_host(summary.host, true);
    print_host(summary.host, false);
    fmt::print("{:<12}{}\n", "project", bold(project));
}

int compile(Arguments& arguments) {
    Diagnostics diagnostics;
    const bool write = arguments.model.stop_after.empty();
    if (write && arguments.output.empty()) {
        throw WrongUse("compile: an output directory is needed: -o DIR");
    }
    if (write && !backends::check_output_folder(arguments.output, diagnostics)) {
        return refuse(diagnostics, arguments.json);
    }
    if (!choose_board(arguments.model, diagnostics)) {
        return refuse(diagnostics, arguments.json);
    }
    const std::optional<CompiledModel> model = compile_model(arguments.model, diagnostics);
    if (!model) {
        return refuse(diagnostics, arguments.json);
    }
    if (!write) {
        print_diagnostics(diagnostics);
        const std::string text = graphs_text(model->compilation);
        if (arguments.json) {
            print_json({{"ok", true},
                        {"stopped_after", arguments.model.stop_after},
                        {"graphs", text},
                        {"diagnostics", to_json(diagnostics)}});
        } else {
            fmt::print("{}", text);
        }
        return exit_done;
    }
    if (!check_placement(model->compilation.program.body, arguments.model, diagnostics)) {
        return refuse(diagnostics, arguments.json);
    }
    const backends::EmittedProject project = emit_project(*model, arguments.model);
    if (!check_target(arguments.model, *model, project.cycles, diagnostics) ||
        !backends::write_project(project.files, arguments.output, diagnostics)) {
        return refuse(diagnostics, arguments.json);
    }
    const std::string part =
        arguments.model.part.empty() ? backends::ProjectOptions().part : arguments.model.part;
    DesignSummary summary = summarize(model->compilation.program, model->compilation.dataflow,
                                      project.cycles, family_of(part));
    if (const auto& board = arguments.model.board) {
        summary.memory =
            backends::memory_traffic(model->compilation.program.body, *board,
                                     arguments.model.compute_units, arguments.model.clock_mhz);
    }
    warn_of_room(summary, *model, arguments.model, diagnostics);
    print_diagnostics(diagnostics);
    if (arguments.json) {
        Json document{{"ok", true}, {"project", arguments.output}};
        add_to_json(document, summary, arguments.model.clock_mhz,
                    arguments.model.board ? &*arguments.model.board : nullptr,
                    arguments.model.compute_units);
        document["board"] = arguments.model.board ? Json(arguments.model.board->name) : Json();
        document["part"] = part;
        document["clock_mhz"] = arguments.model.clock_mhz;
        document["compute_units"] = arguments.model.compute_units;
        document["plan"] = *model->solution ? plan_json(**model->solution) : Json();
        document["regions"] = may_spread_over_regions(arguments.model)
                                  ? regions_json(model->regions, *arguments.model.board)
                                  : Json();
        document["diagnostics"] = to_json(diagnostics);
        print_json(document);
    } else {
        print_summary(summary, *model, arguments.model, arguments.output);
    }
    return exit_done;
}

} // namespace

Command add_compile(CLI::App& root) {
    CLI::App* command = root.add_subcommand("compile", "Write a build project for a model");
    const auto arguments = std::make_shared<Arguments>();
    command->add_option("MODEL", arguments->model.model, "ONNX file")->required();
    command->add_option("-o,--output", arguments->output,
                        "Folder for the project: new or empty (needed unless --stop-after)");
    add_board_options(*command, arguments->model);
    add_design_options(*command, arguments->model);
    add_compiler_options(*command, arguments->model, true);
    command->add_flag("--json", arguments->json, "Print one JSON document");
    command->footer("Example:\n  millrace compile model.onnx -o project --cycles 500\n"
                    "  millrace compile model.onnx -o project --board u250 --compute-units 4\n"
                    "  millrace compile model.onnx -o project --input-type x=uint8:scale=1/255");
    return {command, [arguments] { return compile(*arguments); }};
}

} // namespace millrace::cli
