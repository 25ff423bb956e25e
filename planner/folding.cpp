// SPDX-License-Identifier: Apache-2.0
#include "planner/folding.hpp"

#include "ir/names.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace millrace::planner {

namespace {

std::vector<std::int64_t> divisors_up_to(std::int64_t value, std::int64_t limit) {
    std::vector<std::int64_t> result;
    for (std::int64_t d = 1; d <= std::min(value, limit); ++d) {
        if (value % d == 0) {
            result.push_back(d);
        }
    }
    return result;
}

const IntegerType& type_of(const Graph& body, ValueId id) {
    return std::get<IntegerType>(body.value(id).type);
}

std::int64_t lanes_for(int bits) { return std::max<std::int64_t>(1, widest_word / bits); }

/// The narrowest weight format of a matrix: bipolar where only -1 and +1 occur.
int weight_bits(const Tensor& weights) {
    const ScaledIntegers* scaled = weights.scaled();
    if (scaled == nullptr) {
        throw Defect("weights are not integers");
    }
    const auto [lo, hi] = std::minmax_element(scaled->values.begin(), scaled->values.end());
    return format_for(*lo, *hi).bits;
}

} // namespace

std::int64_t ActorChoices::cycles(std::int64_t pe, std::int64_t simd) const {
    if (kind == "matrix_vector") {
        return vectors * (outputs / pe) * (inputs / simd);
    }
    return kind == "function" ? vectors * (outputs / pe) : vectors * (inputs / simd + outputs);
}

std::vector<std::int64_t> ActorChoices::legal_pe() const {
    return kind == "topk" ? std::vector<std::int64_t>{1} : divisors_up_to(outputs, widest_pe);
}

std::vector<std::int64_t> ActorChoices::legal_simd() const {
    return kind == "function" ? std::vector<std::int64_t>{1} : divisors_up_to(inputs, widest_simd);
}

std::vector<ActorChoices> actor_choices(const Graph& body) {
    std::vector<ActorChoices> result;
    const std::vector<std::string> names = actor_names(body);
    for (std::size_t index = 0; index < body.nodes.size(); ++index) {
        const Node& node = body.nodes[index];
        ActorChoices choices;
        choices.node = index;
        choices.name = names[index];
        const IntegerType& input = type_of(body, node.inputs.at(0));
        const IntegerType& output = type_of(body, node.outputs.at(0));
        choices.vectors = element_count(input.shape) / input.channels();
        if (const auto* layer = std::get_if<ops::IntegerMatMul>(&node.op)) {
            choices.kind = "matrix_vector";
            choices.inputs = layer->weights->shape()[0];
            choices.outputs = layer->weights->shape()[1];
            choices.widest_simd =
                lanes_for(std::max(input.format().bits, weight_bits(*layer->weights)));
            choices.widest_pe = lanes_for(output.format().bits);
        } else if (std::holds_alternative<ops::IntegerFunction>(node.op)) {
            choices.kind = "function";
            choices.inputs = 0;
            choices.outputs = input.channels();
            choices.widest_pe = lanes_for(std::max(input.format().bits, output.format().bits));
        } else if (const auto* topk = std::get_if<ops::IntegerTopK>(&node.op)) {
            choices.kind = "topk";
            choices.inputs = input.channels();
            choices.outputs = topk->k;
            choices.widest_simd = lanes_for(input.format().bits);
        } else {
            continue; // reshapes are wires
        }
        result.push_back(std::move(choices));
    }
    return result;
}

std::optional<Plan> fold_for_cycles(const Graph& body, std::int64_t target_cycles, bool strict,
                                    Diagnostics& diagnostics) {
    Plan plan;
    bool reached = true;
    for (const ActorChoices& choices : actor_choices(body)) {
        ActorPlan best;
        best.name = choices.name;
        std::int64_t best_lanes = 0;
        std::int64_t best_cycles = 0;
        std::int64_t fewest_cycles = 0;
        for (const std::int64_t pe : choices.legal_pe()) {
            for (const std::int64_t simd : choices.legal_simd()) {
                const std::int64_t cycles = choices.cycles(pe, simd);
                fewest_cycles = fewest_cycles == 0 ? cycles : std::min(fewest_cycles, cycles);
                const bool fits = cycles <= target_cycles;
                const bool best_fits = best_lanes != 0 && best_cycles <= target_cycles;
                const bool better =
                    best_lanes == 0 || (fits && !best_fits) ||
                    (fits == best_fits && (fits ? pe * simd < best_lanes : cycles < best_cycles));
                if (better) {
                    best.pe = pe;
                    best.simd = simd;
                    best_lanes = pe * simd;
                    best_cycles = cycles;
                }
            }
        }
        if (best_cycles > target_cycles) {
            reached = false;
            if (strict) {
                diagnostics.add(
                    {Code::target_unreachable, Severity::error, "", choices.name, choices.kind,
                     fmt::format("{} cycles a frame cannot be reached: the fastest folding "
                                 "(pe {}, simd {}) needs {}",
                                 target_cycles, best.pe, best.simd, fewest_cycles),
                     fmt::format("ask for at least {} cycles", fewest_cycles)});
            }
        }
        plan.actors.push_back(std::move(best));
    }
    if (strict && !reached) {
        return std::nullopt;
    }
    return plan;
}

Plan fold_fastest(const Graph& body) {
    Diagnostics ignored;
    return *fold_for_cycles(body, 1, false, ignored);
}

} // namespace millrace::planner
