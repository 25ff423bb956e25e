// SPDX-License-Identifier: Apache-2.0
#include "cli/model_compiler.hpp"

#include "backends/placement.hpp"
#include "backends/rtl/rtl_backend.hpp"
#include "backends/vitis/vitis_backend.hpp"
#include "cli/command_line.hpp"
#include "cli/input_type.hpp"
#include "cli/text_file.hpp"
#include "ir/names.hpp"
#include "ir/nearest_name.hpp"
#include "ir/token_simulation.hpp"
#include "planner/board.hpp"
#include "planner/finn_folding.hpp"
#include "planner/folding.hpp"
#include "planner/plan_file.hpp"
#include "planner/region_assignment.hpp"
#include "planner/solver.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <memory>
#include <regex>
#include <sstream>

namespace millrace::cli {

namespace {

/// The text of a plan, folding or board file.
std::optional<std::string> read_text(const std::string& file, Diagnostics& diagnostics) {
    std::string problem;
    std::optional<std::string> text = read_text_file(file, largest_text, problem);
    if (!text) {
        diagnostics.add({Code::cannot_read_file, Severity::error, file, "", "", problem,
                         "check the path and its permissions"});
    }
    return text;
}

/// The decimal number that an option's text is; CLI11 takes "nan" and "0x10" for numbers, too.
std::optional<double> finite_number(const std::string& text) {
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool whole = error == std::errc() && end == text.data() + text.size();
    return whole && std::isfinite(number) ? std::optional(number) : std::nullopt;
}

/// A frame of these takes years at any clock.
constexpr std::int64_t most_cycles = std::int64_t{1} << 60;

/// Cycles a frame that a number of frames per second leaves.
std::int64_t cycles_for(const ModelOptions& options) {
    return static_cast<std::int64_t>(
        std::min(std::floor(options.clock_mhz * 1e6 / options.fps), 0x1p62));
}

/// The cycles a frame that the user asks for.
std::optional<std::int64_t> target_cycles(const ModelOptions& options) {
    return options.cycles != 0 ? std::optional(options.cycles)
           : options.fps != 0  ? std::optional(cycles_for(options))
                               : std::nullopt;
}

/// The plan for --cycles, --fps, --fastest or --latency; nothing when none of them is given.
std::optional<planner::Objective> objective_of(const ModelOptions& options) {
    using Kind = planner::Objective::Kind;
    if (options.fastest) {
        return planner::Objective{Kind::fastest, 0, options.effort};
    }
    if (options.latency != 0) {
        return planner::Objective{Kind::latency, options.latency, options.effort};
    }
    if (const auto target = target_cycles(options)) {
        return planner::Objective{Kind::cycles, *target, options.effort};
    }
    return std::nullopt;
}

std::optional<Plan> make_plan(const ModelOptions& options, const passes::PlanRequest& request,
                              std::optional<planner::Solution>& solution,
                              Diagnostics& diagnostics) {
    const Graph& body = request.body;
    if (!options.plan_file.empty()) {
        const auto text = read_text(options.plan_file, diagnostics);
        return text ? planner::read_plan(*text, options.plan_file, body, diagnostics)
                    : std::nullopt;
    }
    if (!options.folding_file.empty()) {
        const auto text = read_text(options.folding_file, diagnostics);
        return text ? planner::read_finn_folding(*text, options.folding_file, body, diagnostics)
                    : std::nullopt;
    }
    const planner::Budget budget = budget_for(options, body);
    std::optional<planner::Objective> objective = objective_of(options);
    if (!objective) {
        Plan plan = planner::default_plan(body);
        if (!options.board) {
            return plan;
        }
        const auto trial = trial_of(request.try_plan(plan), options, false);
        if (!trial || planner::fits(trial->use, budget)) {
            return plan;
        }
        objective = planner::Objective{planner::Objective::Kind::fastest, 0, options.effort};
    }
    const bool with_latency = objective->kind == planner::Objective::Kind::latency;
    solution = planner::solve(
        body, request.functions, budget, *objective,
        [&](const Plan& plan) { return trial_of(request.try_plan(plan), options, with_latency); },
        diagnostics,
        [&](const Plan& plan) {
            return glance_at(request, plan, options, with_latency, diagnostics);
        });
    return solution ? std::optional(solution->plan) : std::nullopt;
}

std::string pass_names() {
    std::string names;
    for (const passes::Pass& pass : passes::pass_table()) {
        names += (names.empty() ? "" : ", ") + std::string(pass.name);
    }
    return names;
}

void check(const ModelOptions& options) {
    if (!options.stop_after.empty()) {
        std::vector<std::string> names;
        for (const passes::Pass& pass : passes::pass_table()) {
            names.emplace_back(pass.name);
        }
        if (std::find(names.begin(), names.end(), options.stop_after) == names.end()) {
            throw WrongUse(fmt::format("--stop-after: there is no pass '{}': {}",
                                       escaped(options.stop_after),
                                       suggestion(options.stop_after, names)));
        }
    }
    if (options.fps != 0 && cycles_for(options) < 1) {
        throw WrongUse(fmt::format("--fps {} is more than one frame a cycle at {} MHz", options.fps,
                                   options.clock_mhz));
    }
}

} // namespace

planner::Budget budget_for(const ModelOptions& options) {
    return planner::budget_of(options.board ? &*options.board : nullptr,
                              options.part.empty() ? backends::ProjectOptions().part : options.part,
                              options.compute_units);
}

planner::Budget budget_for(const ModelOptions& options, const Graph& body) {
    planner::Budget budget = budget_for(options);
    const backends::MemoryTraffic memory =
        options.board ? backends::memory_traffic(body, *options.board, options.compute_units,
                                                 options.clock_mhz)
                      : backends::MemoryTraffic{};
    if (!memory.name.empty()) {
        budget.memory = memory.name;
        budget.memory_cycles = memory.cycles(options.clock_mhz);
        budget.device.memory_cycles =
            backends::memory_cycles(body, *options.board, options.compute_units, options.clock_mhz);
    }
    return budget;
}

std::optional<planner::Trial> trial_of(const passes::LoweredBody* design,
                                       const ModelOptions& options, bool with_latency) {
    if (design == nullptr) {
        return std::nullopt;
    }
    const planner::Budget budget = budget_for(options);
    planner::Trial trial = planner::trial_of(design->dataflow, budget.device.family);
    if (may_spread_over_regions(options) && planner::fits(trial.use, budget)) {
        trial.placed = planner::assign_regions(design->dataflow, *options.board).has_value();
    }
    if (with_latency) {
        const CyclePrediction cycles = predict_cycles(design->dataflow, design->cycles);
        trial.interval = cycles.interval;
        trial.latency = cycles.latency;
    }
    return trial;
}

std::optional<planner::Trial> glance_at(const passes::PlanRequest& request, const Plan& plan,
                                        const ModelOptions& options, bool with_latency,
                                        Diagnostics& diagnostics) {
    const auto design = passes::lower_with_default_depths(request.body, plan, request.functions,
                                                          diagnostics, request.memory);
    if (!design) {
        return std::nullopt;
    }
    planner::Trial trial = planner::trial_of(*design, budget_for(options).device.family);
    trial.use = {};
    trial.fifos.clear();
    if (may_spread_over_regions(options)) {
        trial.placed = planner::may_be_cut(*design, *options.board);
    }
    if (with_latency) {
        const TokenSimulation frame = simulate_without_limits(*design);
        trial.interval = frame.interval;
        trial.latency = frame.latency;
    }
    return trial;
}

void add_device_options(CLI::App& command, ModelOptions& options) {
    command.add_option("--backend", options.backend, "What to emit: vitis (HLS) or rtl")
        ->check(CLI::IsMember({"vitis", "rtl"}))
        ->capture_default_str();
    command.add_option("--part", options.part, "FPGA part for the build scripts")
        ->check([](const std::string& part) {
            // Commercial, automotive and defence parts of the 7 series, of UltraScale(+), Alveo,
            // Kria and Versal.
            static const std::regex known("x[caq](7[aksvz]|[akvzs]u|u|k2|v[cehmp])[0-9A-Za-z_-]*");
            return std::regex_match(part, known)
                       ? std::string()
                       : "'" + escaped(part) +
                             "' is not the name of a part, such as xc7z020clg400-1 or "
                             "xcu250-figd2104-2L-e";
        });
    command.add_option("--clock", options.clock_mhz, "Clock in MHz")
        ->check([](const std::string& text) {
            const auto mhz = finite_number(text);
            return mhz && *mhz >= 1 && *mhz <= 2000 ? std::string()
                                                    : "'" + text + "' is not from 1 to 2000 MHz";
        })
        ->each([&options](const std::string&) { options.clock_given = true; })
        ->capture_default_str();
}

std::string is_named(const std::string& file) { return file.empty() ? "the name is empty" : ""; }

CLI::Option& add_effort_option(CLI::App& command, ModelOptions& options) {
    constexpr std::int64_t most_effort = 10'000;
    return *command
                .add_option("--effort", options.effort,
                            "Search so many times as long for a plan and for the proof that none "
                            "is better")
                ->check(CLI::Range(std::int64_t{1}, most_effort))
                ->capture_default_str();
}

void add_design_options(CLI::App& command, ModelOptions& options) {
    add_device_options(command, options);
    // A whole number of cycles that a frame can take.
    const auto whole_cycles = [](const std::string& text) {
        std::int64_t count = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
        const bool whole = error == std::errc() && end == text.data() + text.size();
        return whole && count >= 1 && count <= most_cycles
                   ? std::string()
                   : fmt::format("'{}' is not a whole number from 1 to {}", escaped(text),
                                 most_cycles);
    };
    auto* fps = command.add_option("--fps", options.fps, "Target: frames per second")
                    ->check([](const std::string& text) {
                        const auto frames = finite_number(text);
                        return frames && *frames > 0
                                   ? std::string()
                                   : "'" + escaped(text) + "' is no decimal number above 0";
                    });
    auto* cycles =
        command
            .add_option("--cycles", options.cycles,
                        "Target: cycles per frame, with the least resources. Without a target: "
                        "1024, doubled until 4096 products a cycle suffice, or with --board the "
                        "fastest that fits when that does not")
            ->check(whole_cycles);
    auto* latency = command
                        .add_option("--latency", options.latency,
                                    "Target: cycles from a frame's first word to its result's last")
                        ->check(whole_cycles);
    auto* fastest = command.add_flag("--fastest", options.fastest,
                                     "Fold for the fewest cycles (that fit --board)");
    auto* plan =
        command.add_option("--plan", options.plan_file, "Plan to build by (TOML)")->check(is_named);
    auto* folding =
        command.add_option("--folding", options.folding_file, "FINN folding to build by (JSON)")
            ->check(is_named);
    const std::vector<CLI::Option*> targets{fps, cycles, latency, fastest, plan, folding};
    for (CLI::Option* one : targets) {
        for (CLI::Option* other : targets) {
            if (one != other) {
                one->excludes(other);
            }
        }
    }
    add_effort_option(command, options).excludes(plan)->excludes(folding);
}

void add_board_options(CLI::App& command, ModelOptions& options) {
    command
        .add_option("--board", options.board_argument,
                    "Board (millrace boards lists them) or a board file: part, clock, memories, "
                    "platform")
        ->check(is_named);
    command
        .add_option("--compute-units", options.compute_units,
                    "Copies of the kernel that the link scripts instantiate")
        ->check(CLI::Range(1, backends::most_compute_units))
        ->capture_default_str();
}

void add_compiler_options(CLI::App& command, ModelOptions& options, bool stop_after) {
    command
        .add_option("--input-type", options.input_types,
                    "Integers for a float input: NAME=uint8:scale=1/255[:zero_point=0]")
        ->allow_extra_args(false);
    command
        .add_option("--dump-ir", options.dump_ir, "Write the graph after every pass to a folder")
        ->check(is_named);
    if (stop_after) {
        command.add_option("--stop-after", options.stop_after,
                           "Stop after a pass and print the graph: " + pass_names());
    }
    command.add_flag("-v,--verbose", options.verbose,
                     "Tell what each pass did and how long it took");
}

std::optional<CompiledModel> import_model(const ModelOptions& options, Diagnostics& diagnostics,
                                          std::map<std::string, int>* operators) {
    check(options);
    CompiledModel model;
    for (const std::string& argument : options.input_types) {
        try {
            const bool fresh = model.compilation.inputs.insert(parse_input_type(argument)).second;
            if (!fresh) {
                throw WrongUse("--input-type: an input is declared twice");
            }
        } catch (const std::invalid_argument& problem) {
            throw WrongUse(fmt::format("--input-type: {}", problem.what()));
        }
    }
    const auto start = std::chrono::steady_clock::now();
    frontend::ImportOptions import;
    import.operators = operators;
    std::optional<frontend::ImportedModel> imported =
        frontend::import_onnx(options.model, diagnostics, import);
    if (!imported) {
        return std::nullopt;
    }
    if (options.verbose) {
        const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
        fmt::print(stderr, "{:>9.3f} ms  import\n", seconds.count() * 1e3);
    }
    model.imported = std::move(*imported);
    model.compilation.network = std::move(model.imported.graph);
    model.compilation.lowering.file = options.model;
    if (options.backend == "rtl") {
        model.compilation.library = ActorLibrary::rtl;
    }
    model.solution = std::make_shared<std::optional<planner::Solution>>();
    model.compilation.make_plan = [options, solution = model.solution](
                                      const passes::PlanRequest& request, Diagnostics& found) {
        return make_plan(options, request, *solution, found);
    };
    if (options.board) {
        model.compilation.memory_cycles = [options](const Graph& body) {
            return backends::memory_cycles(body, *options.board, options.compute_units,
                                           options.clock_mhz);
        };
    }
    return model;
}

bool run_passes(CompiledModel& model, const ModelOptions& options, Diagnostics& diagnostics) {
    passes::RunOptions run;
    if (!options.dump_ir.empty()) {
        run.dump_ir = options.dump_ir;
    }
    run.stop_after = options.stop_after;
    if (options.verbose) {
        run.observe = [](const passes::PassReport& report) {
            fmt::print(stderr, "{:>9.3f} ms  {}{}\n", report.seconds.count() * 1e3, report.name,
                       report.changed ? "" : " (unchanged)");
        };
    }
    try {
        return passes::run_passes(model.compilation, diagnostics, run);
    } catch (const std::filesystem::filesystem_error& problem) {
        diagnostics.add({Code::bad_output_directory, Severity::error, options.dump_ir, "", "",
                         "the graphs cannot be written: " + problem.code().message(),
                         "choose another folder for --dump-ir"});
        return false;
    }
}

std::optional<CompiledModel> compile_model(const ModelOptions& options, Diagnostics& diagnostics) {
    std::optional<CompiledModel> model = import_model(options, diagnostics);
    if (model && !run_passes(*model, options, diagnostics)) {
        return std::nullopt;
    }
    if (model && may_spread_over_regions(options) && !model->compilation.dataflow.nodes.empty()) {
        model->regions = planner::assign_regions(model->compilation.dataflow, *options.board);
    }
    return model;
}

bool choose_board(ModelOptions& options, Diagnostics& diagnostics) {
    const std::string& argument = options.board_argument;
    if (argument.empty()) {
        return true;
    }
    if (argument.find('/') != std::string::npos || argument.ends_with(".toml")) {
        const auto text = read_text(argument, diagnostics);
        const std::string name =
            identifier_from(std::filesystem::path(argument).stem().string(), "board");
        options.board =
            text ? planner::read_board(*text, name, argument, diagnostics) : std::nullopt;
        if (!options.board) {
            return false;
        }
    } else {
        options.board = planner::known_board(argument);
        if (!options.board) {
            throw WrongUse(fmt::format("--board: there is no board '{}': {}", escaped(argument),
                                       suggestion(argument, planner::board_names())));
        }
    }
    if (options.part.empty()) {
        options.part = options.board->part;
    }
    if (family_of(options.part) != family_of(options.board->part)) {
        throw WrongUse(fmt::format("--part: {} is of another family than {}, the part of {}",
                                   options.part, options.board->part, options.board->title));
    }
    if (!options.clock_given) {
        options.clock_mhz = options.board->clock_mhz;
    }
    return true;
}

bool may_spread_over_regions(const ModelOptions& options) {
    return options.board && options.board->regions.size() > 1 && options.compute_units == 1;
}

bool check_placement(const Graph& body, const ModelOptions& options, Diagnostics& diagnostics) {
    const Board& board = options.board ? *options.board : backends::unnamed_board();
    const std::string problem = backends::placement_problem(
        board, body.inputs.size() + body.outputs.size(), options.compute_units);
    if (!problem.empty()) {
        diagnostics.add({Code::bad_board, Severity::error, options.model, "", "", problem,
                         "ask for fewer with --compute-units"});
    }
    return problem.empty();
}

bool check_target(const ModelOptions& options, const CompiledModel& model,
                  const CyclePrediction& cycles, Diagnostics& diagnostics) {
    const auto target = target_cycles(options);
    if (!target || cycles.interval <= *target) {
        return true;
    }
    const Node& slowest = model.compilation.dataflow.nodes.at(cycles.bottleneck);
    diagnostics.add(
        {Code::target_unreachable, Severity::error, options.model, slowest.name,
         std::string(op_name(slowest.op)),
         fmt::format("the design needs {} cycles a frame instead of {}", cycles.interval, *target),
         fmt::format("ask for at least {} cycles", cycles.interval)});
    return false;
}

backends::EmittedProject emit_project(const CompiledModel& model, const ModelOptions& options) {
    const passes::Compilation& compilation = model.compilation;
    backends::ProjectOptions chosen;
    if (!options.part.empty()) {
        chosen.part = options.part;
    }
    chosen.board = options.board;
    chosen.compute_units = options.compute_units;
    if (model.regions && model.regions->parts.size() > 1) {
        for (const std::size_t region : model.regions->region_of) {
            chosen.region_of.push_back(options.board->regions[region].name);
        }
    }
    chosen.clock_mhz = options.clock_mhz;
    chosen.model_name = std::filesystem::path(options.model).filename().string();
    const backends::CompiledDesign design{compilation.network, compilation.program,
                                          compilation.dataflow, compilation.plan,
                                          compilation.cycles};
    backends::EmittedProject project = options.backend == "rtl"
                                           ? backends::emit_rtl_project(design, chosen)
                                           : backends::emit_vitis_project(design, chosen);
    project.files["plan.toml"] =
        planner::write_plan(compilation.plan, compilation.program.body, compilation.dataflow);
    if (options.board) {
        project.files["board.toml"] = options.board->description;
    }
    return project;
}

} // namespace millrace::cli
