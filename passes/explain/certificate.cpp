// SPDX-License-Identifier: Apache-2.0
//
// Nothing here depends on how the flips were found. Decisions are changed in exact reals, so that
// all that follows is what the network makes of exactly that; the bounds are those of
// float32_bounds() on these values.
#include "passes/explain/certificate.hpp"

#include "ir/diagnostics.hpp"
#include "ir/evaluate.hpp"
#include "ir/host_array.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

namespace millrace::passes::explain {

namespace {

bool alike(double a, double b) {
    return std::abs(a - b) <= 0x1p-40 * std::max(std::abs(a), std::abs(b));
}

/// Integers stay scaled integers where the new element is one, too.
Tensor with_element(const Tensor& tensor, std::int64_t index, const Real& value) {
    if (const auto* q = tensor.scaled(); q != nullptr && q->scale.size() == 1) {
        const std::optional<std::int64_t> level =
            q->scale[0].sign() != 0 ? (value / q->scale[0]).as_int64() : std::nullopt;
        if (level && *level == static_cast<std::int32_t>(*level)) {
            ScaledIntegers changed = *q;
            changed.values[static_cast<std::size_t>(index)] = static_cast<std::int32_t>(*level);
            return {tensor.shape(), std::move(changed)};
        }
    }
    std::vector<Real> reals = tensor.to_reals();
    reals[static_cast<std::size_t>(index)] = value;
    return {tensor.shape(), std::move(reals)};
}

/// A decision that was taken otherwise, to be judged by the bounds.
struct Taken {
    Flip flip;
    double exact;       ///< what exact arithmetic decides there
    std::size_t better; ///< of ArgMax and TopK: the elements that changed places
    std::size_t worse;
};

class Evaluation {
  public:
    Evaluation(const NetworkMap& network,
               const std::vector<std::optional<DecisionTable>>& decisions,
               const std::vector<Flip>& flips)
        : network_(network),
          decisions_(decisions),
          flips_(flips),
          values_(network.graph().values.size()) {}

    /// False when a flip is not one level away.
    bool run(const std::vector<Tensor>& inputs) {
        const Graph& graph = network_.graph();
        std::vector<Tensor> computed(graph.values.size());
        std::vector<const Tensor*> known(graph.values.size(), nullptr);
        for (std::size_t id = 0; id < graph.values.size(); ++id) {
            known[id] = graph.values[id].constant.get();
        }
        for (std::size_t i = 0; i < inputs.size(); ++i) {
            known[graph.inputs[i]] = &inputs[i];
            values_[graph.inputs[i]] = to_doubles(inputs[i]);
        }
        std::vector<std::size_t> uses = graph.use_counts();
        for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
            const Node& node = graph.nodes[n];
            TensorList arguments;
            for (const ValueId id : node.inputs) {
                arguments.push_back(known[id]);
            }
            std::vector<Tensor> results = evaluate(node.op, arguments);
            for (const Flip& flip : flips_) {
                if (flip.node == n && !(decisions_[n] ? take(flip, results[0])
                                                      : exchange(flip, *arguments[0], results))) {
                    return false;
                }
            }
            for (std::size_t i = 0; i < node.outputs.size(); ++i) {
                values_[node.outputs[i]] = to_doubles(results[i]);
                computed[node.outputs[i]] = std::move(results[i]);
                known[node.outputs[i]] = &computed[node.outputs[i]];
            }
            for (const ValueId id : node.inputs) {
                if (--uses[id] == 0 && known[id] == &computed[id]) {
                    computed[id] = Tensor();
                }
            }
        }
        for (const ValueId id : graph.outputs) {
            outputs_.push_back(*known[id]);
        }
        return true;
    }

    [[nodiscard]] const std::vector<Tensor>& outputs() const { return outputs_; }

    /// Whether the outputs are the expected ones, rounded once to the model's type.
    [[nodiscard]] bool gives(const std::vector<ExpectedOutput>& expected) const {
        for (std::size_t o = 0; o < expected.size(); ++o) {
            const ValueId id = network_.graph().outputs[o];
            HostArray stored(std::get<RealType>(network_.graph().value(id).type).element, {1});
            for (std::int64_t i = 0; i < outputs_[o].size(); ++i) {
                stored.set(0, outputs_[o].at(i));
                const Real ours = stored.at(0);
                const std::optional<std::int64_t> integer = ours.as_int64();
                const long double number =
                    integer ? static_cast<long double>(*integer) : ours.to_double();
                if (!(std::fabs(number - expected[o].values[static_cast<std::size_t>(i)]) <=
                      expected[o].allowed)) {
                    return false;
                }
            }
        }
        return true;
    }

    /// The decisions taken otherwise when float32 may take all of them so.
    [[nodiscard]] std::optional<std::vector<CloseDecision>> close() const {
        const std::vector<std::vector<double>> bounds = float32_bounds(network_, values_);
        std::vector<CloseDecision> result;
        for (const Taken& taken : taken_) {
            const Node& node = network_.graph().nodes[taken.flip.node];
            const std::vector<double>& x = values_[node.inputs[0]];
            const std::vector<double>& ex = bounds[node.inputs[0]];
            const std::size_t e = taken.flip.element;
            CloseDecision decision{node.name, static_cast<std::int64_t>(e), 0, 0};
            if (decisions_[taken.flip.node]) {
                const std::vector<Alternative> others =
                    decisions_[taken.flip.node]->alternatives(e, x[e], ex[e], taken.exact);
                const auto found =
                    std::find_if(others.begin(), others.end(), [&](const Alternative& other) {
                        return alike(other.result, taken.flip.result);
                    });
                if (found == others.end()) {
                    return std::nullopt;
                }
                decision.distance = found->distance;
                decision.rounding = found->rounding;
            } else {
                decision.distance = std::abs(x[taken.better] - x[taken.worse]);
                decision.rounding = ex[taken.better] + ex[taken.worse];
                if (decision.distance > decision.rounding || decision.rounding == 0) {
                    return std::nullopt;
                }
            }
            result.push_back(std::move(decision));
        }
        return result;
    }

  private:
    bool take(const Flip& flip, Tensor& result) {
        const auto element = static_cast<std::int64_t>(flip.element);
        const Real now = result.at(element);
        const Real step = decisions_[flip.node]->step(element);
        const double exact = now.to_double();
        if (alike(exact, flip.result)) {
            return true; // as exact arithmetic has it
        }
        const double steps = std::nearbyint((flip.result - exact) / step.to_double());
        if (std::abs(steps) > 0x1p20) {
            return false;
        }
        const Real other = now + Real(static_cast<std::int64_t>(steps)) * step;
        if (!alike(other.to_double(), flip.result)) {
            return false;
        }
        result = with_element(result, element, other);
        taken_.push_back({flip, exact, 0, 0});
        return true;
    }

    /// Two neighbours in the order of ArgMax or TopK change places.
    bool exchange(const Flip& flip, const Tensor& x, std::vector<Tensor>& results) {
        const Node& node = network_.graph().nodes[flip.node];
        const LaneMap& lanes = network_.of(flip.node).lanes;
        const auto* best = std::get_if<ops::ArgMax>(&node.op);
        const auto* top = std::get_if<ops::TopK>(&node.op);
        const bool largest = best != nullptr ? best->largest : top->largest;
        const bool last = best != nullptr && best->last_index;
        const std::size_t k = top != nullptr ? static_cast<std::size_t>(top->k) : 1;
        const std::size_t first = lanes.first(flip.element, lanes.length);
        const auto at = [&](std::size_t position) {
            return x.at(static_cast<std::int64_t>(first + position * lanes.stride));
        };
        std::vector<std::size_t> order(lanes.length);
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
            const Real left = at(a);
            const Real right = at(b);
            if (left != right) {
                return (left > right) == largest;
            }
            return last ? a > b : a < b;
        });
        for (const Taken& before : taken_) {
            if (before.flip.node == flip.node && before.flip.element == flip.element) {
                std::swap(order[before.flip.rank], order[before.flip.rank + 1]);
            }
        }
        std::swap(order[flip.rank], order[flip.rank + 1]);
        for (std::size_t r = flip.rank; r < std::min(k, flip.rank + 2); ++r) {
            const auto e = static_cast<std::int64_t>(
                LaneMap{k, lanes.stride, lanes.count}.first(flip.element, k) + r * lanes.stride);
            if (top != nullptr) {
                results[0] = with_element(results[0], e, at(order[r]));
            }
            Tensor& indices = results[top != nullptr ? 1 : 0];
            indices = with_element(indices, e, Real(static_cast<std::int64_t>(order[r])));
        }
        taken_.push_back({flip, 0, first + order[flip.rank] * lanes.stride,
                          first + order[flip.rank + 1] * lanes.stride});
        return true;
    }

    const NetworkMap& network_;
    const std::vector<std::optional<DecisionTable>>& decisions_;
    const std::vector<Flip>& flips_;
    Values values_;
    std::vector<Tensor> outputs_;
    std::vector<Taken> taken_;
};

} // namespace

std::optional<std::vector<CloseDecision>>
certificate(const NetworkMap& network, const std::vector<std::optional<DecisionTable>>& decisions,
            const std::vector<Tensor>& inputs, const std::vector<Flip>& flips,
            const std::vector<ExpectedOutput>& expected) {
    try {
        Evaluation evaluation(network, decisions, flips);
        if (!evaluation.run(inputs) || !evaluation.gives(expected)) {
            return std::nullopt;
        }
        return evaluation.close();
    } catch (const std::domain_error&) { // a result that the mathematics does not have
        return std::nullopt;
    } catch (const std::range_error&) { // or the type does not hold
        return std::nullopt;
    } catch (const Undecided&) {
        return std::nullopt;
    }
}

std::optional<std::vector<Tensor>>
outputs_with(const NetworkMap& network, const std::vector<std::optional<DecisionTable>>& decisions,
             const std::vector<Tensor>& inputs, const std::vector<Flip>& flips) {
    Evaluation evaluation(network, decisions, flips);
    return evaluation.run(inputs) ? std::optional(evaluation.outputs()) : std::nullopt;
}

} // namespace millrace::passes::explain
