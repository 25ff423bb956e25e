// SPDX-License-Identifier: Apache-2.0
#include "planner/folding.hpp"

#include "ir/names.hpp"
#include "ir/rearrange_choices.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <numeric>

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
    if (kind == "depthwise" || kind == "reduce") {
        return std::max(vectors * (outputs / pe) * inputs, window_cycles(pe));
    }
    if (kind == "dynamic_matrix") {
        // inputs = K, vectors = matrices * (M + 1): loading b counts like one more row.
        return vectors * inputs * (outputs / pe);
    }
    if (kind == "rearrange") {
        return window_cycles(pe);
    }
    // Top-k compares one element a cycle, however many come with a word.
    return kind == "topk" ? vectors * inputs : vectors * (outputs / pe);
}

std::int64_t ActorChoices::window_cycles(std::int64_t lanes) const {
    for (const auto& [known, cycles] : windows) {
        if (known == lanes) {
            return cycles;
        }
    }
    throw Defect("lanes that a rearrangement does not have");
}

std::vector<std::int64_t> ActorChoices::legal_pe() const {
    if (!has_pe) {
        return {1};
    }
    if (kind == "rearrange") {
        std::vector<std::int64_t> lanes;
        for (const auto& window : windows) {
            lanes.push_back(window.first);
        }
        return lanes;
    }
    return divisors_up_to(outputs, widest_pe);
}

std::vector<std::int64_t> ActorChoices::legal_simd() const {
    return has_simd ? divisors_up_to(inputs, widest_simd) : std::vector<std::int64_t>{1};
}

namespace {

/// Fills in what depends on the node's op. False: the node is no actor with choices.
class Chooser {
  public:
    Chooser(const Graph& body, std::size_t index, ActorChoices& choices)
        : body_(body),
          index_(index),
          node_(body.nodes[index]),
          choices_(choices) {}

    bool operator()(const ops::IntegerMatMul& op) {
        choices_.kind = "matrix_vector";
        choices_.inputs = op.weights->shape()[0];
        choices_.outputs = op.weights->shape()[1] / op.groups;
        choices_.vectors *= op.groups;
        choices_.has_simd = choices_.has_memory = choices_.has_multiplier = true;
        choices_.widest_simd = lanes_for(std::max(input_bits(), weight_bits(*op.weights)));
        choices_.widest_pe = lanes_for(output_bits());
        return true;
    }
    bool operator()(const ops::IntegerDepthwise& op) {
        choices_.kind = "depthwise";
        choices_.has_memory = choices_.has_multiplier = true;
        return blocked(op.weights->shape()[0]);
    }
    bool operator()(const ops::IntegerReduce&) {
        choices_.kind = "reduce";
        const Shape& shape = input().shape;
        return blocked(shape[shape.size() - 2]);
    }
    bool operator()(const ops::IntegerRearrange& op) {
        if (blocked_reader(body_, index_) && blocked_lanes(op, input().shape)) {
            return false; // part of its reader
        }
        choices_.kind = "rearrange";
        choices_.has_memory = true;
        choices_.inputs = input().channels();
        choices_.outputs = output().channels();
        const std::int64_t most = lanes_for(input_bits());
        for (const std::int64_t lanes : divisors_up_to(rearrange_lanes(op, input().shape), most)) {
            choices_.windows.emplace_back(lanes,
                                          estimated_cycles(rearrange_unit(op, input().shape, lanes),
                                                           element_count(input().shape) / lanes));
        }
        const std::int64_t whole = output().channels();
        if (whole <= most && whole > choices_.windows.back().first &&
            parallel_window(op, input().shape)) {
            choices_.windows.emplace_back(whole, element_count(input().shape) / input().channels());
        }
        return true;
    }
    bool operator()(const ops::IntegerDynamicMatMul&) {
        choices_.kind = "dynamic_matrix";
        const Shape& a = input().shape;
        choices_.inputs = a.back();
        choices_.outputs = output().channels();
        const std::int64_t rows = a[a.size() - 2];
        choices_.vectors = element_count(a) / (rows * a.back()) * (rows + 1);
        choices_.widest_pe =
            lanes_for(std::max(output_bits(), type_of(body_, node_.inputs[1]).format().bits));
        return true;
    }
    bool operator()(const ops::IntegerAdd&) { return join("add"); }
    bool operator()(const ops::IntegerMul&) { return join("mul"); }
    bool operator()(const ops::IntegerConcat&) {
        choices_.kind = "concat";
        std::int64_t lanes = 0;
        for (const ValueId id : node_.inputs) {
            lanes = std::gcd(lanes, type_of(body_, id).channels());
        }
        // Words of a vector: outputs / pe, a multiple of what is chosen here.
        choices_.vectors = element_count(output().shape) / lanes;
        choices_.outputs = lanes;
        choices_.widest_pe = lanes_for(output_bits());
        return true;
    }
    bool operator()(const ops::IntegerFunction&) {
        choices_.kind = "function";
        choices_.outputs = input().channels();
        choices_.has_memory = choices_.has_form = true;
        choices_.widest_pe = lanes_for(std::max(input_bits(), output_bits()));
        return true;
    }
    bool operator()(const ops::IntegerTopK& op) {
        choices_.kind = "topk";
        choices_.inputs = input().channels();
        choices_.outputs = op.k;
        choices_.has_pe = false;
        choices_.has_simd = true;
        choices_.widest_simd = lanes_for(input_bits());
        return true;
    }
    bool operator()(const ops::IntegerPad&) { return false; }     // takes its reader's lanes
    bool operator()(const ops::IntegerReshape&) { return false; } // wires
    template <class T>
    requires NetworkOp<T> || DataflowOp<T>
    bool operator()(const T& /*op*/) { throw Defect("not an op of the integer level"); }

  private:
    [[nodiscard]] const IntegerType& input() const { return type_of(body_, node_.inputs.at(0)); }
    [[nodiscard]] const IntegerType& output() const { return type_of(body_, node_.outputs.at(0)); }
    [[nodiscard]] int input_bits() const { return input().format().bits; }
    [[nodiscard]] int output_bits() const { return output().format().bits; }

    /// T words for each block of channels.
    bool blocked(std::int64_t taps) {
        choices_.inputs = taps;
        choices_.outputs = output().channels();
        choices_.vectors = element_count(output().shape) / choices_.outputs;
        choices_.widest_pe = lanes_for(std::max(input_bits(), output_bits()));
        for (const std::int64_t pe : choices_.legal_pe()) {
            choices_.windows.emplace_back(pe, block_cycles(pe, taps));
        }
        return true;
    }
    /// Cycles of the rearrangement that sends blocks of `pe` channels to this node.
    [[nodiscard]] std::int64_t block_cycles(std::int64_t pe, std::int64_t taps) const {
        const auto cycles = [](const ops::Rearrange& unit, const Shape& from, std::int64_t lanes) {
            return estimated_cycles(unit, element_count(from) / lanes);
        };
        std::int64_t before = 0;
        for (std::size_t n = 0; n < index_; ++n) {
            const auto* window = std::get_if<ops::IntegerRearrange>(&body_.nodes[n].op);
            if (window == nullptr || body_.nodes[n].outputs[0] != node_.inputs[0] ||
                blocked_reader(body_, n) != index_) {
                continue;
            }
            const Shape& from = type_of(body_, body_.nodes[n].inputs[0]).shape;
            if (const auto most = blocked_lanes(*window, from)) {
                if (*most % pe == 0) {
                    return cycles(blocked_unit(*window, from, pe), from, pe);
                }
                before = cycles(rearrange_unit(*window, from, 1), from, 1);
            }
        }
        const Shape& shape = input().shape;
        if (pe == choices_.outputs || taps == 1) {
            return before;
        }
        return std::max(before,
                        cycles(blocked_unit(plain_rearrangement(shape), shape, pe), shape, pe));
    }
    bool join(std::string kind) {
        choices_.kind = std::move(kind);
        choices_.outputs = output().channels();
        choices_.widest_pe = lanes_for(
            std::max({input_bits(), output_bits(), type_of(body_, node_.inputs[1]).format().bits}));
        return true;
    }

    const Graph& body_;
    std::size_t index_;
    const Node& node_;
    ActorChoices& choices_;
};

} // namespace

std::vector<ActorChoices> actor_choices(const Graph& body) {
    std::vector<ActorChoices> result;
    const std::vector<std::string> names = actor_names(body);
    for (std::size_t index = 0; index < body.nodes.size(); ++index) {
        const Node& node = body.nodes[index];
        ActorChoices choices;
        choices.node = index;
        choices.name = names[index];
        const IntegerType& input = type_of(body, node.inputs.at(0));
        choices.vectors = element_count(input.shape) / input.channels();
        if (std::visit(Chooser(body, index, choices), node.op)) {
            result.push_back(std::move(choices));
        }
    }
    return result;
}

Plan default_plan(const Graph& body) {
    constexpr std::int64_t longest = std::int64_t{1} << 32;
    const std::vector<ActorChoices> choices = actor_choices(body);
    for (std::int64_t target = default_target_cycles;; target *= 2) {
        Diagnostics ignored;
        Plan plan = *fold_for_cycles(body, target, false, ignored);
        std::int64_t lanes = 0;
        for (const ActorChoices& actor : choices) {
            const ActorPlan& chosen = *plan.find(actor.name);
            lanes += actor.has_multiplier ? chosen.pe * chosen.simd : 0;
        }
        if (lanes <= default_most_lanes || target >= longest) {
            return plan;
        }
    }
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
