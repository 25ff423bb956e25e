// SPDX-License-Identifier: Apache-2.0
//
// Nodes are visited in their order, so all inputs of a node have changed before it is worked out,
// and each of its elements is worked out once. A linear node's result changes by the weighted sum
// of its input's changes: the rounding errors of doubles that this leaves are some 2^-50 of the
// values, far below what decisions are asked about (decision_table.cpp).
#include "passes/explain/sparse_state.hpp"

#include "ir/diagnostics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace millrace::passes::explain {

namespace {

/// f(x) of the elementwise ops with one input; decisions are not among them.
double element(const ops::Relu&, double x) { return std::max(x, 0.0); }
double element(const ops::LeakyRelu& op, double x) { return x >= 0 ? x : op.alpha.to_double() * x; }
double element(const ops::Clip& op, double x) {
    const double raised = op.low ? std::max(x, op.low->to_double()) : x;
    return op.high ? std::min(raised, op.high->to_double()) : raised;
}
double element(const ops::Sigmoid&, double x) { return 1 / (1 + std::exp(-x)); }
double element(const ops::Tanh&, double x) { return std::tanh(x); }
double element(const ops::HardSigmoid& op, double x) {
    return std::clamp(op.alpha.to_double() * x + op.beta.to_double(), 0.0, 1.0);
}
double element(const ops::Neg&, double x) { return -x; }
double element(const ops::Cast&, double x) { return x; } // between float types
double element(const ops::Reshape&, double x) { return x; }
template <class T>
concept OneInput = requires(const T& op) {
    element(op, 0.0);
};

double pair(const ops::Add&, double a, double b) { return a + b; }
double pair(const ops::Sub&, double a, double b) { return a - b; }
double pair(const ops::Mul&, double a, double b) { return a * b; }
double pair(const ops::Div& op, double a, double b) {
    return op.truncate ? std::trunc(a / b) : a / b;
}
double pair(const ops::Pow&, double a, double b) { return std::pow(a, b); }
double pair(const ops::PRelu&, double a, double b) { return a >= 0 ? a : a * b; }

} // namespace

SparseState::SparseState(const NetworkMap& network,
                         const std::vector<std::optional<DecisionTable>>& decisions, Values values)
    : network_(network),
      decisions_(decisions),
      values_(std::move(values)),
      changed_(values_.size()) {
    std::size_t largest = 0;
    for (const Node& node : network.graph().nodes) {
        for (const ValueId output : node.outputs) {
            largest = std::max(largest, network.size(output));
        }
    }
    stamps_.assign(largest, 0);
    deltas_.assign(largest, 0.0);
}

void SparseState::apply(const Flip& flip) {
    const Graph& graph = network_.graph();
    flips_.push_back(flip);
    if (decisions_[flip.node]) {
        forced_[{flip.node, flip.element}] = flip.result;
        set(graph.nodes[flip.node].outputs[0], flip.element, flip.result);
    } else {
        node_ = &graph.nodes[flip.node];
        index_ = flip.node;
        map_ = &network_.of(flip.node);
        ++epoch_;
        touched_.clear();
        touch(flip.element);
        const auto* top = std::get_if<ops::TopK>(&node_->op);
        select(top == nullptr, top != nullptr ? static_cast<std::size_t>(top->k) : 1);
    }
    for (std::size_t node = flip.node + 1; node < graph.nodes.size(); ++node) {
        for (const ValueId input : graph.nodes[node].inputs) {
            if (!changed_[input].empty()) {
                update(node);
                break;
            }
        }
    }
    for (std::vector<Change>& changes : changed_) {
        changes.clear();
    }
}

void SparseState::undo(const Mark& mark) {
    while (log_.size() > mark.log) {
        values_[log_.back().value][log_.back().element] = log_.back().before;
        log_.pop_back();
    }
    while (flips_.size() > mark.flips) {
        forced_.erase({flips_.back().node, flips_.back().element});
        flips_.pop_back();
    }
}

void SparseState::set(ValueId id, std::size_t element, double value) {
    double& now = values_[id][element];
    if (value == now) {
        return;
    }
    const Change change{id, static_cast<std::uint32_t>(element), now};
    log_.push_back(change);
    changed_[id].push_back(change);
    now = value;
}

void SparseState::touch(std::size_t element) {
    if (stamps_[element] != epoch_) {
        stamps_[element] = epoch_;
        deltas_[element] = 0;
        touched_.push_back(static_cast<std::uint32_t>(element));
    }
}

void SparseState::update(std::size_t node) {
    index_ = node;
    node_ = &network_.graph().nodes[node];
    map_ = &network_.of(node);
    ++epoch_;
    touched_.clear();
    if (decisions_[node]) {
        const std::vector<double>& x = of(node_->inputs[0]);
        const bool integer = network_.is_quantizers_integer(node_->outputs[0]);
        for (const Change& change : changed_[node_->inputs[0]]) {
            if (!forced_.contains({node, change.element})) {
                const double at = x[change.element];
                const double before = values_[node_->outputs[0]][change.element];
                const double result =
                    integer ? std::nearbyint(at) : decisions_[node]->decide(change.element, at);
                if (std::abs(result - before) > 0x1p-40 * std::abs(before)) {
                    set(node_->outputs[0], change.element, result);
                }
            }
        }
        work_ += std::ssize(changed_[node_->inputs[0]]);
        return;
    }
    std::visit(
        [this]<class T>(const T& op) {
            if constexpr (OneInput<T>) {
                run_elements();
            } else if constexpr (requires { pair(op, 0.0, 0.0); }) {
                run_pairs();
            } else if constexpr (requires { run(op); }) {
                run(op);
            } else if constexpr (NetworkOp<T>) {
                run_moves(); // what is left but for decisions
            } else {
                throw Defect("not an op of the network level");
            }
        },
        node_->op);
    work_ += std::ssize(touched_);
}

void SparseState::run_elements() {
    const std::vector<double>& x = of(node_->inputs[0]);
    std::visit(
        [&]<class T>(const T& op) {
            if constexpr (OneInput<T>) {
                for (const Change& change : changed_[node_->inputs[0]]) {
                    set(node_->outputs[0], change.element, element(op, x[change.element]));
                }
            }
        },
        node_->op);
    work_ += std::ssize(changed_[node_->inputs[0]]);
}

void SparseState::run_pairs() {
    for (std::size_t i = 0; i < 2; ++i) {
        const std::vector<Change>& changes = changed_[node_->inputs[i]];
        const OperandMap& operand = map_->operands[i];
        if (operand.identity) {
            for (const Change& change : changes) {
                touch(change.element);
            }
        } else if (!changes.empty()) {
            std::vector<char> moved(network_.size(node_->inputs[i]), 0);
            for (const Change& change : changes) {
                moved[change.element] = 1;
            }
            for (std::size_t e = 0; e < operand.source.size(); ++e) {
                if (moved[operand.source[e]] != 0) {
                    touch(e);
                }
            }
            work_ += std::ssize(operand.source);
        }
    }
    const std::vector<double>& a = of(node_->inputs[0]);
    const std::vector<double>& b = of(node_->inputs[1]);
    std::visit(
        [&](const auto& op) {
            if constexpr (requires { pair(op, 0.0, 0.0); }) {
                for (const std::uint32_t e : touched_) {
                    set(node_->outputs[0], e,
                        pair(op, a[map_->operands[0](e)], b[map_->operands[1](e)]));
                }
            }
        },
        node_->op);
}

void SparseState::run_moves() {
    for (std::size_t input = 0; input < map_->targets.size(); ++input) {
        const std::vector<double>& x = of(node_->inputs[input]);
        for (const Change& change : changed_[node_->inputs[input]]) {
            for (const std::uint32_t target : map_->targets[input][change.element]) {
                set(node_->outputs[0], target, x[change.element]);
                ++work_;
            }
        }
    }
}

/// linear(element, change, add) adds to the result's elements.
template <class Linear> void SparseState::add_changes(std::size_t input, Linear&& linear) {
    const std::vector<double>& x = of(node_->inputs[input]);
    for (const Change& change : changed_[node_->inputs[input]]) {
        linear(change.element, x[change.element] - change.before,
               [this](std::size_t e, double difference) {
                   touch(e);
                   deltas_[e] += difference;
                   ++work_;
               });
    }
    for (const std::uint32_t e : touched_) {
        set(node_->outputs[0], e, values_[node_->outputs[0]][e] + deltas_[e]);
    }
}

void SparseState::run(const ops::Conv& op) {
    const WindowMap& window = map_->window;
    const std::vector<double>& weights = of(node_->inputs[1]);
    const auto channels = static_cast<std::size_t>(network_.shape(node_->inputs[0])[1]);
    const auto outputs = static_cast<std::size_t>(network_.shape(node_->inputs[1])[0]);
    const auto group_inputs = channels / static_cast<std::size_t>(op.group);
    const auto group_outputs = outputs / static_cast<std::size_t>(op.group);
    if (!changed_[node_->inputs[1]].empty()) { // weights that are computed: all anew
        const std::vector<double>& x = of(node_->inputs[0]);
        for (std::size_t e = 0; e < network_.size(node_->outputs[0]); ++e) {
            const std::size_t plane = e / window.outputs;
            const std::size_t m = plane % outputs;
            const std::size_t first = plane / outputs * channels + m / group_outputs * group_inputs;
            double sum = 0;
            for (std::size_t c = 0; c < group_inputs; ++c) {
                for (const Tap& tap : window.by_output[e % window.outputs]) {
                    sum += weights[(m * group_inputs + c) * window.taps + tap.tap] *
                           x[(first + c) * window.inputs + tap.position];
                }
            }
            set(node_->outputs[0], e, sum);
        }
        work_ += std::ssize(weights) * static_cast<std::int64_t>(window.outputs);
        return;
    }
    add_changes(0, [&](std::size_t e, double difference, auto&& add) {
        const std::size_t plane = e / window.inputs;
        const std::size_t channel = plane % channels;
        const std::size_t first = channel / group_inputs * group_outputs;
        for (const Tap& tap : window.by_input[e % window.inputs]) {
            for (std::size_t m = first; m < first + group_outputs; ++m) {
                const double w =
                    weights[(m * group_inputs + channel % group_inputs) * window.taps + tap.tap];
                if (w != 0) {
                    add((plane / channels * outputs + m) * window.outputs + tap.position,
                        w * difference);
                }
            }
        }
    });
}

void SparseState::run(const ops::MatMul&) {
    const MatrixMap& m = map_->matrix;
    const std::vector<double>& a = of(node_->inputs[0]);
    const std::vector<double>& b = of(node_->inputs[1]);
    if (changed_[node_->inputs[1]].empty() && m.left.size() == 1) {
        add_changes(0, [&](std::size_t e, double difference, auto&& add) {
            const std::size_t k = e % m.inner;
            for (std::size_t n = 0; n < m.columns; ++n) {
                add(e / m.inner * m.columns + n, b[k * m.columns + n] * difference);
            }
        });
        return;
    }
    // Several matrices, or both sides may have changed: elements are worked out anew.
    for (std::size_t batch = 0; batch < m.left.size(); ++batch) {
        for (const Change& change : changed_[node_->inputs[0]]) {
            if (change.element / (m.rows * m.inner) == m.left[batch]) {
                const std::size_t row = change.element % (m.rows * m.inner) / m.inner;
                for (std::size_t n = 0; n < m.columns; ++n) {
                    touch((batch * m.rows + row) * m.columns + n);
                }
            }
        }
        for (const Change& change : changed_[node_->inputs[1]]) {
            if (change.element / (m.inner * m.columns) == m.right[batch]) {
                for (std::size_t row = 0; row < m.rows; ++row) {
                    touch((batch * m.rows + row) * m.columns + change.element % m.columns);
                }
            }
        }
    }
    for (const std::uint32_t e : touched_) {
        const std::size_t batch = e / (m.rows * m.columns);
        const std::size_t row = e % (m.rows * m.columns) / m.columns;
        const double* left = a.data() + (m.left[batch] * m.rows + row) * m.inner;
        const double* right = b.data() + m.right[batch] * m.inner * m.columns + e % m.columns;
        double sum = 0;
        for (std::size_t k = 0; k < m.inner; ++k) {
            sum += left[k] * right[k * m.columns];
        }
        set(node_->outputs[0], e, sum);
        work_ += static_cast<std::int64_t>(m.inner);
    }
}

void SparseState::run(const ops::AveragePool&) {
    const WindowMap& window = map_->window;
    add_changes(0, [&](std::size_t e, double difference, auto&& add) {
        for (const Tap& tap : window.by_input[e % window.inputs]) {
            add(e / window.inputs * window.outputs + tap.position,
                difference / window.counts[tap.position % window.counts.size()]);
        }
    });
}

void SparseState::run(const ops::ReduceMean&) {
    const double count = static_cast<double>(network_.size(node_->inputs[0])) /
                         static_cast<double>(network_.size(node_->outputs[0]));
    add_changes(0, [&](std::size_t e, double difference, auto&& add) {
        add(map_->mean_of[e], difference / count);
    });
}

void SparseState::run(const ops::MaxPool&) {
    const WindowMap& window = map_->window;
    for (const Change& change : changed_[node_->inputs[0]]) {
        for (const Tap& tap : window.by_input[change.element % window.inputs]) {
            touch(change.element / window.inputs * window.outputs + tap.position);
        }
    }
    const std::vector<double>& x = of(node_->inputs[0]);
    for (const std::uint32_t e : touched_) {
        const double* plane = x.data() + e / window.outputs * window.inputs;
        double largest = -std::numeric_limits<double>::infinity();
        for (const Tap& tap : window.by_output[e % window.outputs]) {
            largest = std::max(largest, plane[tap.position]);
        }
        set(node_->outputs[0], e, largest);
    }
    work_ += std::ssize(touched_) * static_cast<std::int64_t>(window.taps);
}

void SparseState::run(const ops::Softmax&) {
    const LaneMap& lanes = map_->lanes;
    for (const Change& change : changed_[node_->inputs[0]]) {
        touch(lanes.lane_of(change.element));
    }
    const std::vector<double>& x = of(node_->inputs[0]);
    for (const std::uint32_t lane : touched_) {
        const std::size_t first = lanes.first(lane, lanes.length);
        double largest = -std::numeric_limits<double>::infinity();
        double sum = 0;
        for (std::size_t k = 0; k < lanes.length; ++k) {
            largest = std::max(largest, x[first + k * lanes.stride]);
        }
        for (std::size_t k = 0; k < lanes.length; ++k) {
            sum += std::exp(x[first + k * lanes.stride] - largest);
        }
        for (std::size_t k = 0; k < lanes.length; ++k) {
            const std::size_t e = first + k * lanes.stride;
            set(node_->outputs[0], e, std::exp(x[e] - largest) / sum);
        }
    }
    work_ += std::ssize(touched_) * static_cast<std::int64_t>(32 * lanes.length);
}

std::vector<std::size_t> SparseState::ranks(std::size_t node, std::size_t lane) const {
    const Node& of_node = network_.graph().nodes[node];
    const LaneMap& lanes = network_.of(node).lanes;
    const auto* best = std::get_if<ops::ArgMax>(&of_node.op);
    const bool largest = best != nullptr ? best->largest : std::get<ops::TopK>(of_node.op).largest;
    const bool last = best != nullptr && best->last_index;
    const std::vector<double>& x = of(of_node.inputs[0]);
    const std::size_t first = lanes.first(lane, lanes.length);
    std::vector<std::size_t> order(lanes.length);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        const double left = x[first + a * lanes.stride];
        const double right = x[first + b * lanes.stride];
        if (left != right) {
            return (left > right) == largest;
        }
        return last ? a > b : a < b;
    });
    for (const Flip& flip : flips_) {
        if (flip.node == node && flip.element == lane) {
            std::swap(order[flip.rank], order[flip.rank + 1]);
        }
    }
    return order;
}

/// Works the touched lanes of ArgMax (indices only) or TopK out.
void SparseState::select(bool indices_only, std::size_t k) {
    const LaneMap& lanes = map_->lanes;
    const LaneMap best{k, lanes.stride, lanes.count};
    const std::vector<double>& x = of(node_->inputs[0]);
    for (const std::uint32_t lane : touched_) {
        const std::vector<std::size_t> order = ranks(index_, lane);
        for (std::size_t r = 0; r < k; ++r) {
            const std::size_t e = best.first(lane, k) + r * lanes.stride;
            if (!indices_only) {
                set(node_->outputs[0], e,
                    x[lanes.first(lane, lanes.length) + order[r] * lanes.stride]);
            }
            set(node_->outputs[indices_only ? 0 : 1], e, static_cast<double>(order[r]));
        }
    }
    work_ += std::ssize(touched_) * static_cast<std::int64_t>(8 * lanes.length);
}

void SparseState::run(const ops::ArgMax&) {
    for (const Change& change : changed_[node_->inputs[0]]) {
        touch(map_->lanes.lane_of(change.element));
    }
    select(true, 1);
}

void SparseState::run(const ops::TopK& op) {
    for (const Change& change : changed_[node_->inputs[0]]) {
        touch(map_->lanes.lane_of(change.element));
    }
    select(false, static_cast<std::size_t>(op.k));
}

} // namespace millrace::passes::explain
