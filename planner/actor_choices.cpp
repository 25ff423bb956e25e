// SPDX-License-Identifier: Apache-2.0
#include "planner/actor_choices.hpp"

#include "ir/actor_parts.hpp"
#include "ir/diagnostics.hpp"
#include "ir/names.hpp"
#include "ir/plan.hpp"
#include "ir/rearrange_choices.hpp"

#include <algorithm>
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

} // namespace

void WindowChoice::add(ops::Rearrange unit, std::int64_t input_words) {
    units_.emplace_back(std::move(unit), input_words);
}

std::int64_t WindowChoice::cycles() const {
    if (!followed_) {
        std::int64_t cycles = known_;
        for (const auto& [unit, words] : units_) {
            cycles = std::max(cycles, rearrange_cycles(unit, words, library_));
        }
        followed_ = cycles;
    }
    return *followed_;
}

std::int64_t WindowChoice::least_cycles() const {
    std::int64_t cycles = known_;
    for (const auto& [unit, words] : units_) {
        cycles = std::max(cycles, least_rearrange_cycles(unit, words));
    }
    return cycles;
}

const WindowChoice* ActorChoices::window(std::int64_t lanes, std::int64_t simd) const {
    const auto found = std::find_if(windows.begin(), windows.end(), [&](const WindowChoice& known) {
        return known.lanes() == lanes && known.simd() == simd;
    });
    if (found == windows.end() && !windows.empty()) {
        throw Defect("lanes that a rearrangement does not have");
    }
    return found == windows.end() ? nullptr : &*found;
}

bool ActorChoices::allows(std::int64_t pe, std::int64_t simd) const {
    return !has_taps() ||
           std::any_of(windows.begin(), windows.end(), [&](const WindowChoice& known) {
               return known.lanes() == pe && known.simd() == simd;
           });
}

std::int64_t ActorChoices::cycles(std::int64_t pe, std::int64_t simd) const {
    const WindowChoice* chosen = window(pe, simd);
    return cycles(pe, simd, chosen == nullptr ? 0 : chosen->cycles());
}

std::int64_t ActorChoices::least_cycles(std::int64_t pe, std::int64_t simd) const {
    const WindowChoice* chosen = window(pe, simd);
    return cycles(pe, simd, chosen == nullptr ? 0 : chosen->least_cycles());
}

std::int64_t ActorChoices::cycles(std::int64_t pe, std::int64_t simd,
                                  std::int64_t window_cycles) const {
    if (kind == "matrix_vector") {
        return vectors * (outputs / pe) * (inputs / simd);
    }
    if (kind == "depthwise" || kind == "reduce") {
        return std::max(vectors * (outputs / pe) * (inputs / simd), window_cycles);
    }
    if (kind == "dynamic_matrix") {
        // inputs = K, vectors = matrices * (M + 1): loading b counts like one more row.
        return vectors * inputs * (outputs / pe);
    }
    if (kind == "rearrange") {
        return window_cycles;
    }
    // Top-k compares one element a cycle, however many come with a word.
    return kind == "topk" ? vectors * inputs : vectors * (outputs / pe);
}

std::int64_t ActorChoices::cycles_behind(std::int64_t pe) const {
    std::int64_t cycles = 0;
    for (const Passage& passage : behind) {
        cycles = std::max(cycles, passage.cycles(kind == "topk" ? outputs : pe));
    }
    return cycles;
}

std::vector<std::int64_t> ActorChoices::legal_pe() const {
    if (!has_pe) {
        return {1};
    }
    if (kind == "rearrange") {
        std::vector<std::int64_t> lanes;
        for (const WindowChoice& choice : windows) {
            lanes.push_back(choice.lanes());
        }
        return lanes;
    }
    return divisors_up_to(outputs, widest_pe);
}

std::vector<std::int64_t> ActorChoices::legal_simd() const {
    if (has_taps()) {
        return {1, inputs};
    }
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
        choices_.widest_simd = lanes_for(std::max(input_bits(), weight_format(*op.weights).bits));
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
        const Shape& from = input().shape;
        const std::int64_t most = lanes_for(input_bits());
        for (const std::int64_t lanes : divisors_up_to(rearrange_lanes(op, from), most)) {
            choices_.windows.emplace_back(body_.library, lanes, 1, 0);
            choices_.windows.back().add(rearrange_unit(op, from, lanes),
                                        element_count(from) / lanes);
        }
        const std::int64_t whole = output().channels();
        if (whole <= most && whole > choices_.windows.back().lanes() && parallel_window(op, from)) {
            choices_.windows.emplace_back(body_.library, whole, 1,
                                          element_count(from) / input().channels());
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

    /// The window that is part of this node, by index.
    [[nodiscard]] std::optional<std::size_t> part() const {
        for (std::size_t n = 0; n < index_; ++n) {
            const auto* window = std::get_if<ops::IntegerRearrange>(&body_.nodes[n].op);
            if (window != nullptr && body_.nodes[n].outputs[0] == node_.inputs[0] &&
                blocked_reader(body_, n) == index_ &&
                blocked_lanes(*window, type_of(body_, body_.nodes[n].inputs[0]).shape)) {
                return n;
            }
        }
        return std::nullopt;
    }

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
            choices_.windows.push_back(block_window(pe, taps));
        }
        if (const auto window = part(); window && taps > 1) {
            const auto& op = std::get<ops::IntegerRearrange>(body_.nodes[*window].op);
            const Shape& from = type_of(body_, body_.nodes[*window].inputs[0]).shape;
            for (const std::int64_t pe : choices_.legal_pe()) {
                if (blocked_window(op, from) && taps * pe <= lanes_for(input_bits())) {
                    choices_.has_simd = true;
                    choices_.windows.emplace_back(body_.library, pe, taps,
                                                  element_count(from) / pe);
                }
            }
        }
        return true;
    }
    /// The rearrangements that send blocks of `pe` channels to this node.
    [[nodiscard]] WindowChoice block_window(std::int64_t pe, std::int64_t taps) const {
        WindowChoice result(body_.library, pe, 1, 0);
        if (const auto window = part(); window) {
            const auto& op = std::get<ops::IntegerRearrange>(body_.nodes[*window].op);
            const Shape& from = type_of(body_, body_.nodes[*window].inputs[0]).shape;
            if (*blocked_lanes(op, from) % pe == 0) {
                result.add(blocked_unit(op, from, pe), element_count(from) / pe);
                return result;
            }
            result.add(rearrange_unit(op, from, 1), element_count(from));
        }
        const Shape& shape = input().shape;
        if (pe != choices_.outputs && taps != 1) {
            result.add(blocked_unit(plain_rearrangement(shape), shape, pe),
                       element_count(shape) / pe);
        }
        return result;
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
    const std::vector<std::vector<ValueReader>> readers = value_readers(body);
    for (std::size_t index = 0; index < body.nodes.size(); ++index) {
        const Node& node = body.nodes[index];
        ActorChoices choices;
        choices.node = choices.first_node = index;
        choices.name = names[index];
        const IntegerType& input = type_of(body, node.inputs.at(0));
        choices.vectors = element_count(input.shape) / input.channels();
        Chooser chooser(body, index, choices);
        if (!std::visit(chooser, node.op)) {
            continue;
        }
        const std::size_t first = chooser.part().value_or(index);
        choices.first_node = first;
        for (std::size_t i = 0; i < body.nodes[first].inputs.size(); ++i) {
            for (Passage& passage : passages_before(body, first, i)) {
                choices.before.emplace_back(ValueReader{first, i}, std::move(passage));
            }
        }
        for (const ValueId value : node.outputs) {
            for (Passage& passage : passages_behind(body, readers, value)) {
                choices.behind.push_back(std::move(passage));
            }
        }
        result.push_back(std::move(choices));
    }
    return result;
}

} // namespace millrace::planner
