// SPDX-License-Identifier: Apache-2.0
//
// Planning in figures, as tables:
//
// 1. How long the planner takes, FIFO sizing included, for real and generated networks and a target
//    in cycles without a board, and how that grows along chains of 10 to 1,000 layers.
// 2. What the FIFOs take with the depths that were chosen, against the common method: the power of
//    two that holds the most words that waited when no FIFO was bounded.
//
//   planner_bench [MODELS [NETWORK...]]
//
// MODELS is the folder of models, ../shared/models by default; with names of networks, only those
// are planned. Tables and not iterations: a plan takes seconds, and what is compared are networks.
#include "frontend/import.hpp"
#include "ir/cost.hpp"
#include "ir/ops/dataflow.hpp"
#include "ir/token_simulation.hpp"
#include "passes/pipeline.hpp"
#include "planner/folding.hpp"
#include "planner/solver.hpp"
#include "tests/support/generated_networks.hpp"

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fmt/format.h>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace millrace;
using Clock = std::chrono::steady_clock;

constexpr Family family = Family::xc7;
constexpr const char* part = "xc7z020clg400-1";

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

struct Network {
    std::string name;
    std::string file; ///< below the folder of models; empty: generated
    std::function<tests::OnnxBuilder()> generate;
    std::int64_t target = 0; ///< cycles a frame; 0: twice those of the default plan
    double limit = 0;        ///< seconds that planning may take; 0: none
    int layers = 0;          ///< of a chain
    bool fifo_memory = false;
};

std::vector<Network> networks() {
    std::vector<Network> all{
        {"cnv_w1a1", "bnnpynq_cnv/cifar10_cnv_w1a1.onnx", {}, 32'768, 1, 0, true},
        {"resnet8", "mlperf_tiny_tflite/ic_resnet8_int8.onnx", {}, 65'536, 0, 0, true},
        {"mobilenetv2", "mlonmcu_tflite/mobilenetv2_flowers_int8.onnx", {}, 250'000, 10, 0, true},
        {"tiny_unet", "qonnx_cnn/tiny_unet_100k_ch_last.onnx", {}, 0, 0, 0, true},
        {"resnet50_like", "", [] { return tests::resnet50_like(3); }, 1'000'000, 60, 0, false}};
    for (const int layers : {10, 30, 100, 300, 1000}) {
        all.push_back({fmt::format("chain_{}", layers), "",
                       [layers] { return tests::convolution_chain(layers); }, 4096, 0, layers,
                       false});
    }
    return all;
}

struct Planned {
    passes::Compilation compilation;
    std::int64_t target = 0;
    double seconds = 0;       ///< of the passes plan and lower_to_dataflow
    double cpu_seconds = 0;   ///< of choosing the plan
    double trial_seconds = 0; ///< part of `seconds`: designs of tried plans, FIFOs sized
    int trials = 0;
    bool proved = false; ///< the plan is the optimum
};

[[noreturn]] void fail(const Diagnostics& diagnostics) {
    throw std::runtime_error(diagnostics.all().empty() ? "no reason given"
                                                       : format(diagnostics.all().front()));
}

Graph import_network(const Network& network, const std::filesystem::path& models) {
    Diagnostics diagnostics;
    auto imported =
        network.generate
            ? frontend::import_onnx_bytes(network.generate().bytes(), network.name, {}, diagnostics)
            : frontend::import_onnx((models / network.file).string(), diagnostics);
    if (!imported) {
        fail(diagnostics);
    }
    return std::move(imported->graph);
}

/// As `millrace compile --backend rtl --cycles N` does it.
Planned plan_network(const Network& network, const std::filesystem::path& models) {
    Planned planned;
    planned.compilation.network = import_network(network, models);
    planned.compilation.library = ActorLibrary::rtl;
    planned.compilation.make_plan = [&](const passes::PlanRequest& request,
                                        Diagnostics& diagnostics) -> std::optional<Plan> {
        planned.target =
            network.target != 0
                ? network.target
                : 2 * planner::planned_interval(request.body, planner::default_plan(request.body));
        const auto try_plan = [&](const Plan& plan) -> std::optional<planner::Trial> {
            const Clock::time_point start = Clock::now();
            const passes::LoweredBody* design = request.try_plan(plan);
            planned.trial_seconds += seconds_since(start);
            ++planned.trials;
            if (design == nullptr) {
                return std::nullopt;
            }
            return planner::trial_of(design->dataflow, family);
        };
        const std::clock_t start = std::clock();
        const auto solution = planner::solve(
            request.body, request.functions, planner::budget_of(nullptr, part, 1),
            {planner::Objective::Kind::cycles, planned.target}, try_plan, diagnostics);
        planned.cpu_seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
        planned.proved = solution && solution->proved;
        return solution ? std::optional(solution->plan) : std::nullopt;
    };
    passes::RunOptions run;
    run.observe = [&](const passes::PassReport& report) {
        if (report.name == "plan" || report.name == "lower_to_dataflow") {
            planned.seconds += report.seconds.count();
        }
    };
    Diagnostics diagnostics;
    if (!passes::run_passes(planned.compilation, diagnostics, run)) {
        fail(diagnostics);
    }
    return planned;
}

void print_planning(const Network& network, const Planned& planned) {
    const Graph& flow = planned.compilation.dataflow;
    const auto fifos = std::count_if(flow.nodes.begin(), flow.nodes.end(), [](const Node& node) {
        return std::holds_alternative<ops::Fifo>(node.op);
    });
    fmt::print("{:<14} {:>7} {:>9} {:>9} {:>9.3f} {:>9.3f} {:>9.3f} {:>9.3f} {:>6} {:>7}  {}\n",
               network.name, static_cast<std::int64_t>(flow.nodes.size()) - fifos, planned.target,
               planned.compilation.cycles ? planned.compilation.cycles->interval : 0,
               planned.seconds, planned.cpu_seconds, planned.seconds - planned.trial_seconds,
               planned.trial_seconds, planned.trials, planned.proved ? "optimum" : "open",
               network.limit == 0                 ? ""
               : planned.seconds <= network.limit ? fmt::format("within {} s", network.limit)
                                                  : fmt::format("OVER {} s", network.limit));
    std::fflush(stdout);
}

struct ChainTime {
    int layers = 0;
    double seconds = 0;
};

/// Times of chains by n log n, relative to the chain of 100 layers.
void print_growth(const std::vector<ChainTime>& chains) {
    const auto reference = std::find_if(chains.begin(), chains.end(),
                                        [](const ChainTime& one) { return one.layers == 100; });
    if (reference == chains.end()) {
        return;
    }
    const auto per_step = [](const ChainTime& one) {
        return one.seconds / (one.layers * std::log2(one.layers));
    };
    fmt::print("\n{:<14} {:>9} {:>10} {:>22}\n", "chain", "s", "ms/layer", "s/(n log n), 100 = 1");
    for (const ChainTime& one : chains) {
        fmt::print("{:<14} {:>9.3f} {:>10.2f} {:>22.2f}\n", one.layers, one.seconds,
                   1e3 * one.seconds / one.layers, per_step(one) / per_step(*reference));
    }
}

struct FifoMemory {
    std::int64_t bits = 0;
    Cost cost;
};

FifoMemory fifo_memory(const Graph& flow) {
    FifoMemory memory;
    for (const Node& node : flow.nodes) {
        if (const auto* fifo = std::get_if<ops::Fifo>(&node.op)) {
            const std::int64_t width =
                std::get<StreamType>(flow.value(node.inputs[0]).type).word_bits();
            memory.bits += width * fifo->depth;
            memory.cost += fifo_cost(*fifo, width, family);
        }
    }
    return memory;
}

/// The design with depths by the common method, over as many frames as the sizing follows.
Graph with_rounded_occupancies(Graph flow) {
    std::vector<bool> unbounded(flow.nodes.size(), false);
    for (std::size_t n = 0; n < flow.nodes.size(); ++n) {
        unbounded[n] = std::holds_alternative<ops::Fifo>(flow.nodes[n].op);
    }
    const std::vector<std::int64_t> most = simulate_tokens(flow, 5, unbounded).occupancy;
    for (std::size_t n = 0; n < flow.nodes.size(); ++n) {
        if (auto* fifo = std::get_if<ops::Fifo>(&flow.nodes[n].op)) {
            const auto words = static_cast<std::uint64_t>(std::max<std::int64_t>(most[n], 2));
            fifo->depth = static_cast<std::int64_t>(std::bit_ceil(words));
        }
    }
    return flow;
}

/// Cycles between the last two of some frames that are sent as fast as the design takes them.
std::string pace(const Graph& flow) {
    constexpr std::int64_t frames = 6; // real networks are steady from the third on
    const TokenSimulation run = simulate_tokens(flow, frames);
    if (!run.deadlocked.empty() || run.frame_ends.size() < 2) {
        return "stops";
    }
    return fmt::format("{}", run.frame_ends.back() - run.frame_ends[run.frame_ends.size() - 2]);
}

void print_fifos(const std::string& name, const char* method, const Graph& flow) {
    const FifoMemory memory = fifo_memory(flow);
    fmt::print("{:<14} {:<12} {:>11} {:>8.0f} {:>10.0f} {:>7.0f} {:>10}\n", name, method,
               memory.bits, memory.cost.lut, memory.cost.lut_memory, memory.cost.bram18,
               pace(flow));
    std::fflush(stdout);
}

} // namespace

int main(int argc, char** argv) {
    const std::filesystem::path models =
        argc > 1 ? argv[1] : std::filesystem::path(MILLRACE_SHARED_DIR) / "models";
    const std::vector<std::string> wanted(argv + std::min(argc, 2), argv + argc);
    fmt::print("Planning for a target, without a board. s: passes plan and lower_to_dataflow.\n");
    fmt::print("{:<14} {:>7} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>6} {:>7}\n", "network",
               "actors", "target", "interval", "s", "cpu s", "search s", "design s", "tries",
               "result");
    std::vector<ChainTime> chains;
    std::vector<std::pair<std::string, Graph>> designs;
    int failed = 0;
    for (const Network& network : networks()) {
        if (!wanted.empty() &&
            std::find(wanted.begin(), wanted.end(), network.name) == wanted.end()) {
            continue;
        }
        std::error_code error;
        if (!network.generate && !std::filesystem::exists(models / network.file, error)) {
            fmt::print("{:<14} SKIPPED: {} is absent\n", network.name, network.file);
            continue;
        }
        try {
            Planned planned = plan_network(network, models);
            print_planning(network, planned);
            if (network.layers != 0) {
                chains.push_back({network.layers, planned.seconds});
            }
            if (network.fifo_memory) {
                designs.emplace_back(network.name, std::move(planned.compilation.dataflow));
            }
        } catch (const std::exception& problem) {
            fmt::print("{:<14} FAILED: {}\n", network.name, problem.what());
            ++failed;
        }
    }
    print_growth(chains);
    if (!designs.empty()) {
        fmt::print("\nFIFOs with the depths that were chosen, and with powers of two of the most "
                   "words that waited.\n");
        fmt::print("{:<14} {:<12} {:>11} {:>8} {:>10} {:>7} {:>10}\n", "network", "depths", "bits",
                   "LUT", "LUT memory", "BRAM18", "interval");
    }
    for (const auto& [name, flow] : designs) {
        print_fifos(name, "chosen", flow);
        print_fifos(name, "power of 2", with_rounded_occupancies(flow));
    }
    return failed == 0 ? 0 : 1;
}
