// SPDX-License-Identifier: Apache-2.0
#include "passes/pipeline.hpp"

#include "ir/text.hpp"
#include "ir/verify.hpp"
#include "passes/lower_to_dataflow.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <fstream>
#include <utility>
#include <vector>

namespace millrace::passes {

namespace {

bool run_declare_inputs(Compilation& c, Diagnostics& diagnostics, bool& changed) {
    changed = declare_inputs(c.network, c.inputs, c.lowering.file, diagnostics);
    return !diagnostics.has_errors();
}

bool run_remove_dead(Compilation& c, Diagnostics& /*diagnostics*/, bool& changed) {
    changed = c.network.remove_dead();
    return true;
}

bool run_lower_to_integer(Compilation& c, Diagnostics& diagnostics, bool& changed) {
    std::optional<Program> program = lower_to_integer(c.network, c.lowering, diagnostics);
    changed = program.has_value();
    if (program) {
        c.program = std::move(*program);
        c.program.body.library = c.library;
    }
    return changed;
}

bool run_prove_functions(Compilation& c, Diagnostics& diagnostics, bool& changed) {
    c.functions = prove_functions(c.program.body);
    bool all = true;
    for (std::size_t n = 0; n < c.program.body.nodes.size(); ++n) {
        const Node& node = c.program.body.nodes[n];
        if (!std::holds_alternative<ops::IntegerFunction>(node.op)) {
            continue;
        }
        changed = true;
        if (c.functions.forms[n].empty()) {
            all = false;
            diagnostics.add({Code::unsupported_in_hardware, Severity::error, "", node.name,
                             node.onnx_op,
                             fmt::format("the function in front of this point has more than {} "
                                         "levels and is not affine",
                                         FormLimits{}.levels),
                             "use fewer bits for the quantizer"});
        }
    }
    return all;
}

MemoryCycles memory_of(const Compilation& c) {
    return c.memory_cycles ? c.memory_cycles(c.program.body) : MemoryCycles();
}

bool run_plan(Compilation& c, Diagnostics& diagnostics, bool& changed) {
    Plan tried;
    const MemoryCycles memory = memory_of(c);
    const PlanRequest request{c.program.body, c.functions, memory, [&](const Plan& plan) {
                                  c.tried = lower_to_dataflow(c.program.body, plan, c.functions,
                                                              diagnostics, memory);
                                  tried = plan;
                                  return c.tried ? &*c.tried : nullptr;
                              }};
    std::optional<Plan> plan = c.make_plan(request, diagnostics);
    changed = plan.has_value();
    if (plan) {
        c.plan = std::move(*plan);
    }
    if (!(c.plan == tried)) {
        c.tried.reset();
    }
    return changed;
}

bool run_lower_to_dataflow(Compilation& c, Diagnostics& diagnostics, bool& changed) {
    std::optional<LoweredBody> lowered =
        c.tried ? std::exchange(c.tried, std::nullopt)
                : lower_to_dataflow(c.program.body, c.plan, c.functions, diagnostics, memory_of(c));
    changed = lowered.has_value();
    if (lowered) {
        c.dataflow = std::move(lowered->dataflow);
        c.cycles = lowered->cycles;
    }
    return changed;
}

// The order matters; each line's invariant is what the next ones rely on.
constexpr std::array table{
    Pass{"declare_inputs", "declared inputs are integer inputs", run_declare_inputs},
    Pass{"remove_dead", "every node leads to an output", run_remove_dead},
    Pass{"lower_to_integer", "tail(body(head(x))) is the network; the body is integer",
         run_lower_to_integer},
    Pass{"prove_functions", "every function of the body has a form that is proved equal",
         run_prove_functions},
    Pass{"plan", "every actor of the body has an entry", run_plan},
    Pass{"lower_to_dataflow", "the dataflow graph is the body; every form is proved",
         run_lower_to_dataflow},
};

/// The graphs that exist after a pass, by the name of their files.
std::vector<std::pair<std::string, const Graph*>> graphs(const Compilation& c) {
    std::vector<std::pair<std::string, const Graph*>> result;
    const auto add = [&](const char* name, const Graph& graph) {
        if (!graph.values.empty()) {
            result.emplace_back(name, &graph);
        }
    };
    add("network", c.network);
    add("head", c.program.head);
    add("body", c.program.body);
    add("tail", c.program.tail);
    add("dataflow", c.dataflow);
    return result;
}

void dump(const Compilation& c, const std::filesystem::path& folder, std::size_t number,
          std::string_view pass) {
    std::filesystem::create_directories(folder);
    for (const auto& [name, graph] : graphs(c)) {
        std::ofstream file(folder / fmt::format("{:02}-{}-{}.mir", number, pass, name),
                           std::ios::binary);
        file << print(*graph);
        if (!file.flush()) {
            throw std::filesystem::filesystem_error("cannot write IR", folder,
                                                    std::make_error_code(std::errc::io_error));
        }
    }
}

void verify_all(const Compilation& c, std::string_view stage) {
    for (const auto& [name, graph] : graphs(c)) {
        verify(*graph, fmt::format("{} ({})", stage, name));
    }
}

} // namespace

std::span<const Pass> pass_table() { return table; }

bool run_passes(Compilation& compilation, Diagnostics& diagnostics, const RunOptions& options) {
    if (!options.stop_after.empty() &&
        std::none_of(table.begin(), table.end(),
                     [&](const Pass& pass) { return pass.name == options.stop_after; })) {
        throw std::invalid_argument(fmt::format("there is no pass '{}'", options.stop_after));
    }
    verify_all(compilation, "import");
    if (options.dump_ir) {
        dump(compilation, *options.dump_ir, 0, "import");
    }
    for (std::size_t i = 0; i < table.size(); ++i) {
        const auto start = std::chrono::steady_clock::now();
        bool changed = false;
        try {
            if (!table[i].run(compilation, diagnostics, changed)) {
                return false;
            }
        } catch (const Undecided& error) {
            diagnostics.add({Code::undecided_tie, Severity::error, compilation.lowering.file, "",
                             "", error.what(),
                             "change a constant between the two functions by its last digit"});
            return false;
        }
        const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
        verify_all(compilation, table[i].name);
        if (options.observe) {
            options.observe({table[i].name, changed, seconds});
        }
        if (options.dump_ir) {
            dump(compilation, *options.dump_ir, i + 1, table[i].name);
        }
        if (table[i].name == options.stop_after) {
            break;
        }
    }
    return true;
}

} // namespace millrace::passes
