// SPDX-License-Identifier: Apache-2.0
//
// millrace explore: what a network costs at every speed.
#include "backends/project.hpp"
#include "cli/command_line.hpp"
#include "cli/json_output.hpp"
#include "cli/model_compiler.hpp"
#include "cli/pareto_chart.hpp"
#include "cli/plan_summary.hpp"
#include "cli/resource_use.hpp"
#include "cli/terminal.hpp"
#include "ir/parallel_samples.hpp"
#include "planner/exploration.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <memory>
#include <mutex>
#include <thread>

namespace millrace::cli {

namespace {

struct Arguments {
    ModelOptions model;
    std::vector<std::string> models;
    std::int64_t points = 16;
    int jobs = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    std::string svg;
    bool json = false;
};

/// A model's front.
struct Explored {
    std::string model;
    std::vector<planner::Solution> front;
    std::int64_t memory_cycles = 0; ///< in which the board's memories carry a frame
    std::string memory;             ///< that takes so long
};

/// The share of the board, or without one the LUTs: what the picture shows.
double level_of(const planner::Use& use, const planner::Budget& budget) {
    if (budget.name.empty()) {
        return std::max(1.0, use[0]);
    }
    double share = 1e-4;
    for (std::size_t r = 0; r < planner::resource_count; ++r) {
        if (budget.available[r] > 0) {
            share = std::max(share, use[r] / budget.available[r]);
        }
    }
    return share;
}

std::int64_t interval_of(const Explored& explored, const planner::Solution& solution) {
    return std::max(solution.interval, explored.memory_cycles);
}

/// The slowest actor, or the memory.
const std::string& slowest_of(const Explored& explored, const planner::Solution& solution) {
    return explored.memory_cycles > solution.interval ? explored.memory : solution.slowest;
}

double fps_of(const Explored& explored, const planner::Solution& solution, double clock_mhz) {
    return clock_mhz * 1e6 / static_cast<double>(interval_of(explored, solution));
}

/// The model's file without folder and ending, unless another one is called the same.
std::string name_of(const Explored& explored, const std::vector<Explored>& all) {
    const auto stem = [](const Explored& one) {
        return std::filesystem::path(one.model).stem().string();
    };
    const auto same = std::count_if(all.begin(), all.end(), [&](const Explored& other) {
        return stem(other) == stem(explored);
    });
    return same > 1 ? explored.model : stem(explored);
}

/// The plans of one model. Nothing: the diagnostics say why.
std::optional<Explored> explore_model(const Arguments& arguments, const std::string& file,
                                      Diagnostics& diagnostics) {
    ModelOptions options = arguments.model;
    options.model = file;
    std::optional<CompiledModel> model = import_model(options, diagnostics);
    if (!model) {
        return std::nullopt;
    }
    Explored result{file, {}, 0, {}};
    model->compilation.make_plan = [&](const passes::PlanRequest& request,
                                       Diagnostics& found) -> std::optional<Plan> {
        if (!check_placement(request.body, options, found)) {
            return std::nullopt;
        }
        const planner::Budget budget = budget_for(options, request.body);
        result.memory_cycles = budget.memory_cycles;
        result.memory = budget.memory;
        const auto attempt = [&](const Plan& plan, Diagnostics& into) {
            const auto design = passes::lower_to_dataflow(request.body, plan, request.functions,
                                                          into, request.memory);
            return trial_of(design ? &*design : nullptr, options, false);
        };
        const auto glance = [&](const Plan& plan, Diagnostics& into) {
            return glance_at(request, plan, options, false, into);
        };
        const std::vector<std::int64_t> targets = planner::exploration_targets(
            request.body, request.functions, budget, arguments.points, options.effort,
            [&](const Plan& plan) { return attempt(plan, found); },
            [&](const Plan& plan) { return glance(plan, found); }, found);
        std::mutex mutex;
        std::vector<planner::Solution> solutions;
        bool uncut = false; // some
        ProgressBar progress(fmt::format("exploring {}", escaped(file)), std::ssize(targets),
                             arguments.json);
        for_each_sample(
            std::ssize(targets), arguments.jobs, [&](std::int64_t done) { progress(done); },
            [&](int /*worker*/, std::int64_t i) {
                Diagnostics own;
                auto solution = planner::solve(
                    request.body, request.functions, budget,
                    {planner::Objective::Kind::cycles, targets[static_cast<std::size_t>(i)],
                     options.effort},
                    [&](const Plan& plan) { return attempt(plan, own); }, own,
                    [&](const Plan& plan) { return glance(plan, own); });
                // Where FIFOs leave no room at one of the speeds, or no cut into regions does, the
                // front goes on at the next.
                const std::lock_guard lock(mutex);
                if (solution && solution->trial.placed) {
                    solutions.push_back(std::move(*solution));
                } else if (solution) {
                    uncut = true;
                }
            });
        std::sort(solutions.begin(), solutions.end(), [](const auto& a, const auto& b) {
            return a.objective.target < b.objective.target;
        });
        result.front = planner::pareto_front(std::move(solutions));
        if (result.front.empty() && !targets.empty()) {
            found.add(
                {Code::target_unreachable, Severity::error, file, "", "",
                 fmt::format("no plan was found that {}{}",
                             uncut ? "can be cut into the regions of " : "fits ", budget.name),
                 uncut ? "take a larger board (compile --fastest keeps a plan for the regions "
                         "together)"
                       : "take a larger board"});
        }
        return std::nullopt;
    };
    run_passes(*model, options, diagnostics);
    if (diagnostics.has_errors() || result.front.empty()) {
        return std::nullopt;
    }
    return result;
}

Json front_json(const Explored& explored, const planner::Budget& budget, double clock_mhz) {
    Json points = Json::array();
    for (const planner::Solution& solution : explored.front) {
        Json point{{"cycles", interval_of(explored, solution)},
                   {"fps", fps_of(explored, solution, clock_mhz)}};
        for (std::size_t r = 0; r < planner::resource_count; ++r) {
            std::string key(planner::resource_name(r));
            std::transform(key.begin(), key.end(), key.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
            point[key] = std::llround(solution.trial.use[r]);
        }
        if (!budget.name.empty()) {
            point["utilisation"] = level_of(solution.trial.use, budget);
        }
        point["slowest"] = slowest_of(explored, solution);
        point["proved"] = solution.proved;
        points.push_back(std::move(point));
    }
    return {{"model", explored.model}, {"front", std::move(points)}};
}

void print_fronts(const std::vector<Explored>& all, const planner::Budget& budget,
                  const ModelOptions& options) {
    const bool uram = budget.device.uram;
    std::vector<std::string> header{"model", "cycles", "frames/s", "LUT", "FF", "BRAM18"};
    if (uram) {
        header.emplace_back("URAM");
    }
    header.emplace_back("DSP");
    if (!budget.name.empty()) {
        header.emplace_back("of the board");
    }
    header.emplace_back("slowest");
    Table table(header);
    for (const Explored& explored : all) {
        for (const planner::Solution& solution : explored.front) {
            const planner::Use& use = solution.trial.use;
            std::vector<std::string> row{
                escaped(name_of(explored, all)), grouped(interval_of(explored, solution)),
                engineering(fps_of(explored, solution, options.clock_mhz))};
            for (std::size_t r = 0; r < planner::resource_count; ++r) {
                if (r != 3 || uram) {
                    row.push_back(grouped(std::llround(use[r])));
                }
            }
            if (!budget.name.empty()) {
                row.push_back(fmt::format("{:.1f} %", 100 * level_of(use, budget)));
            }
            row.push_back(slowest_of(explored, solution));
            table.add(std::move(row));
        }
    }
    table.print();
    fmt::print("\nframes/s at {} MHz; resources estimated for the RTL actor library, FIFOs "
               "included{}{}\n",
               options.clock_mhz, options.compute_units > 1 ? "; all of each compute unit" : "",
               budget.name.empty()
                   ? ""
                   : fmt::format("; shares of what shell and caps leave of {}", budget.name));
}

std::string chart(const std::vector<Explored>& all, const planner::Budget& budget,
                  const ModelOptions& options) {
    std::vector<ChartLine> lines;
    for (const Explored& explored : all) {
        ChartLine& line = lines.emplace_back();
        line.name = name_of(explored, all);
        for (const planner::Solution& solution : explored.front) {
            const planner::Use& use = solution.trial.use;
            line.points.push_back(
                {fps_of(explored, solution, options.clock_mhz), level_of(use, budget),
                 fmt::format("{} cycles: {:.0f} LUT, {:.0f} FF, {:.0f} BRAM18, {:.0f} DSP",
                             interval_of(explored, solution), use[0], use[1], use[2], use[4])});
        }
    }
    return budget.name.empty()
               ? pareto_chart(lines, "Resources at every speed", "LUT (estimated)", false)
               : pareto_chart(lines, "Resources at every speed: " + budget.name,
                              "largest share of a resource (estimated)", true);
}

int explore(Arguments& arguments) {
    Diagnostics diagnostics;
    if (!choose_board(arguments.model, diagnostics)) {
        return refuse(diagnostics, arguments.json);
    }
    const planner::Budget budget = budget_for(arguments.model);
    std::vector<Explored> all;
    for (const std::string& file : arguments.models) {
        Diagnostics own;
        if (std::optional<Explored> explored = explore_model(arguments, file, own)) {
            all.push_back(std::move(*explored));
        }
        for (Diagnostic one : own.all()) {
            one.file = one.file.empty() ? file : one.file; // the planner knows no models
            diagnostics.add(std::move(one));
        }
    }
    if (all.empty()) {
        return refuse(diagnostics, arguments.json);
    }
    // What was found of the others is said, but no picture drawn that lacks one.
    const bool complete = all.size() == arguments.models.size();
    if (complete && !arguments.svg.empty() &&
        !backends::write_file(arguments.svg, chart(all, budget, arguments.model),
                              Code::bad_output_directory, diagnostics)) {
        return refuse(diagnostics, arguments.json);
    }
    answer(
        diagnostics, arguments.json,
        [&] {
            Json models = Json::array();
            for (const Explored& explored : all) {
                models.push_back(front_json(explored, budget, arguments.model.clock_mhz));
            }
            return Json{
                {"ok", complete},
                {"board", arguments.model.board ? Json(arguments.model.board->name) : Json()},
                {"clock_mhz", arguments.model.clock_mhz},
                {"compute_units", arguments.model.compute_units},
                {"models", std::move(models)},
                {"diagnostics", to_json(diagnostics)}};
        },
        [&] { print_fronts(all, budget, arguments.model); });
    return complete ? exit_done : exit_refused;
}

} // namespace

Command add_explore(CLI::App& root) {
    CLI::App* command = root.add_subcommand(
        "explore", "Least resources at every speed: the Pareto front of a model, or of several");
    const auto arguments = std::make_shared<Arguments>();
    command
        ->add_option("MODEL", arguments->models,
                     "ONNX files; several: variants of a network, for example of other bit widths")
        ->required();
    add_board_options(*command, arguments->model);
    add_device_options(*command, arguments->model);
    add_effort_option(*command, arguments->model);
    add_compiler_options(*command, arguments->model, false);
    command->add_option("--points", arguments->points, "Speeds that are tried, in equal ratios")
        ->check(CLI::Range(2, 1000))
        ->capture_default_str();
    command->add_option("--jobs", arguments->jobs, "Threads")
        ->check(CLI::Range(1, 4096))
        ->capture_default_str();
    command->add_option("--svg", arguments->svg, "Draw the fronts into this file")->check(is_named);
    command->add_flag("--json", arguments->json, "Print one JSON document");
    command->footer("Example:\n  millrace explore model.onnx --board pynq-z2 --svg front.svg\n"
                    "  millrace explore w2a2.onnx w4a4.onnx w8a8.onnx --board kv260");
    return {command, [arguments] { return explore(*arguments); }};
}

} // namespace millrace::cli
