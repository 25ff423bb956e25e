// SPDX-License-Identifier: Apache-2.0
//
// Frames word by word, as planners know them, against the simulation of the designs: equal.
#include "ir/token_simulation.hpp"
#include "passes/lower_to_dataflow.hpp"
#include "planner/design_model.hpp"
#include "planner/frame_words.hpp"
#include "tests/support/planned_body.hpp"
#include "tests/support/window_text.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <random>
#include <string>

namespace {

using namespace millrace;
using namespace millrace::planner;

/// Some choice of what the model allows; nothing: it allows none of what was drawn.
std::optional<Choice> some_choice(const DesignModel& model, std::mt19937& random) {
    const ChoiceProblem& problem = model.problem();
    for (int trial = 0; trial < 20; ++trial) {
        Choice choice;
        for (std::size_t v = 0; v < problem.variables(); ++v) {
            choice.push_back(random() % problem.domain_size(v));
        }
        if (problem.use(choice)) {
            return choice;
        }
    }
    return std::nullopt;
}

struct Seen {
    int later = 0; ///< than flow knows
    int paced = 0; ///< by memory
};

/// Some designs of a body against the simulation.
void check_designs(const Graph& body, const ProvedFunctions& functions, const DeviceChoices& device,
                   std::mt19937& random, int trials, Seen& seen) {
    DesignModel model(body, functions, device);
    REQUIRE(FrameWords::elements_of(body, model).has_value());
    const FrameFlow flow(body, model.stages(), model.ports());
    const FrameWords words(body, model);
    for (int trial = 0; trial < trials; ++trial) {
        CAPTURE(trial);
        const std::optional<Choice> choice = some_choice(model, random);
        if (!choice) {
            continue;
        }
        Diagnostics diagnostics;
        const auto design = passes::lower_to_dataflow(body, model.plan(*choice), functions,
                                                      diagnostics, device.memory_cycles);
        REQUIRE(design.has_value());
        const std::int64_t latency = simulate_without_limits(design->dataflow).first_latency;
        const std::vector<Pace> paces = model.paces(*choice);
        CHECK(words.latency(paces) <= latency);
        // Latency begins with the first of several inputs, and which of these it is, is not known.
        if (body.inputs.size() == 1) {
            CHECK(words.latency(paces) == latency);
        }
        const std::int64_t least = flow.latency(paces);
        CHECK(least <= latency);
        CHECK(flow.longest(paces).latency <= least);
        seen.later += least < latency ? 1 : 0;
        seen.paced += paces[FrameStages::of(body.inputs[0])].memory > 0 ? 1 : 0;
    }
}

Tensor ones(std::int64_t inputs, std::int64_t outputs) {
    const auto count = static_cast<std::size_t>(inputs * outputs);
    return {Shape{inputs, outputs}, ScaledIntegers{std::vector<std::int32_t>(count, 1), {Real(1)}}};
}

/// Three vectors through branches that meet in a sum, a product and a concatenation, of which one
/// side gets another format, and groups behind them.
Graph branches() {
    Graph body = tests::body_of("integer \"n\" {\n  input " +
                                tests::value_text("x", {1, 3, 12}, 0, 7) + "\n  output %x\n}\n");
    body.library = ActorLibrary::rtl;
    const ValueId x = body.inputs[0];
    const auto add = [&](Op op, std::vector<ValueId> inputs, const std::string& name) {
        return body.add_node(std::move(op), std::move(inputs), name, "T", {name})[0];
    };
    const auto product = [&](ValueId from, std::int64_t inputs, std::int64_t outputs,
                             std::int64_t groups, const std::string& name) {
        ops::IntegerMatMul op;
        op.weights = std::make_shared<Tensor>(ones(inputs, outputs));
        op.weight_scale = {Real(1)};
        op.groups = groups;
        return add(op, {from}, name);
    };
    const ValueId a = product(x, 12, 6, 1, "a");
    const ValueId b = product(x, 6, 8, 2, "b");
    const ValueId c = product(x, 12, 6, 1, "c");
    ops::IntegerAdd sum;
    sum.grid = std::get<IntegerType>(body.value(a).type).grid;
    const ValueId s = add(sum, {a, c}, "s");
    const ValueId m = add(ops::IntegerMul{}, {a, s}, "m");
    const ValueId joined = add(ops::IntegerConcat{}, {b, m, s}, "joined");
    body.outputs = {product(joined, 10, 4, 2, "y")};
    return body;
}

} // namespace

TEST_SUITE("frame words") {
    TEST_CASE("random networks of dense layers: a frame takes as long as the simulation says") {
        std::mt19937 random(31);
        int networks = 0;
        Seen seen;
        const auto check = [&](const passes::PlanRequest& request) {
            DeviceChoices device;
            device.family = networks % 2 == 0 ? Family::xc7 : Family::xcup;
            device.memory_cycles =
                tests::paced_ports(request.body, networks % 3 == 0 ? 0 : networks % 7);
            ++networks;
            check_designs(request.body, request.functions, device, random, 8, seen);
        };
        for (std::uint32_t seed = 6060; seed < 6120; ++seed) {
            CAPTURE(seed);
            const tests::RandomMlp::Limits limits{static_cast<int>(1 + seed % 4),
                                                  static_cast<int>(8 + seed % 40), 8, 8};
            tests::with_random_mlp(seed, limits,
                                   seed % 2 == 0 ? ActorLibrary::rtl : ActorLibrary::hls, check);
        }
        CHECK(networks > 40);
        CHECK(seen.later > 15);
        CHECK(seen.paced > 60);
    }

    TEST_CASE("branches, groups and several vectors take as long, too") {
        std::mt19937 random(33);
        const Graph body = branches();
        Seen seen;
        for (const std::int64_t memory : {0, 18, 50, 200}) {
            CAPTURE(memory);
            const DeviceChoices device{Family::xcup, false, {}, {memory, 0}};
            check_designs(body, prove_functions(body), device, random, 60, seen);
        }
        CHECK(seen.later > 100);
        CHECK(seen.paced > 60);
    }

    TEST_CASE("random convolutional networks: windows, pads and blocks of channels, too") {
        std::mt19937 random(35);
        Seen seen;
        int networks = 0;
        int others = 0; // with what is not followed
        for (std::uint32_t seed = 40800; seed < 40960; ++seed) {
            CAPTURE(seed);
            const auto check = [&](const passes::PlanRequest& request) {
                DeviceChoices device{seed % 3 == 0 ? Family::xcup : Family::xc7, seed % 5 == 0};
                device.memory_cycles = tests::paced_ports(request.body, seed % 4 == 0 ? 3 : 0);
                const DesignModel model(request.body, request.functions, device);
                if (!FrameWords::elements_of(request.body, model)) {
                    ++others;
                    return;
                }
                ++networks;
                check_designs(request.body, request.functions, device, random, 6, seen);
            };
            tests::with_random_body(seed, seed % 2 == 0 ? ActorLibrary::rtl : ActorLibrary::hls,
                                    check);
        }
        CHECK(networks > 60);
        CHECK(others > 5);
        CHECK(seen.later > 60);
        CHECK(seen.paced > 40);
    }
}
