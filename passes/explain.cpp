// SPDX-License-Identifier: Apache-2.0
//
// A best-first search. A state is a set of decisions taken otherwise; its neighbours take one more
// close decision otherwise, the likeliest first (smallest part of the rounding bound). A state that
// leaves fewer output elements wrong, or wrong by less, is followed first; close decisions are
// found anew behind every decision taken. The search works in doubles on the elements that change
// (sparse_state.hpp). It proves nothing: what it finds counts when certificate() says so.
#include "passes/explain.hpp"

#include "ir/diagnostics.hpp"
#include "ir/evaluate.hpp"
#include "passes/explain/certificate.hpp"
#include "passes/explain/decision_table.hpp"
#include "passes/explain/float32_bounds.hpp"
#include "passes/explain/network_map.hpp"
#include "passes/explain/sparse_state.hpp"

#include <algorithm>
#include <cmath>
#include <queue>
#include <set>
#include <tuple>

namespace millrace::passes {

using namespace explain;

struct Explainer::Tables {
    NetworkMap network;
    std::vector<std::optional<DecisionTable>> decisions; ///< by node

    explicit Tables(const Graph& graph) : network(graph) {
        for (const Node& node : graph.nodes) {
            decisions.push_back(DecisionTable::of(graph, node));
        }
    }

    /// Values of the exact evaluation, as doubles.
    [[nodiscard]] Values evaluated(const std::vector<Tensor>& inputs) const {
        Values values(network.graph().values.size());
        for (std::size_t i = 0; i < inputs.size(); ++i) {
            values[network.graph().inputs.at(i)] = to_doubles(inputs[i]);
        }
        evaluate_network(network.graph(), inputs, [&](ValueId id, const Tensor& tensor) {
            values[id] = to_doubles(tensor);
        });
        return values;
    }

    /// The close decisions among the marked elements, in the network's order.
    [[nodiscard]] std::vector<Flip> close(const SparseState& state,
                                          const std::vector<std::vector<char>>& marks,
                                          const std::vector<std::vector<double>>& bounds) const {
        std::vector<Flip> result;
        for (std::size_t n = 0; n < decisions.size(); ++n) {
            const Node& node = network.graph().nodes[n];
            if (decides(n)) {
                for (std::size_t e = 0; e < marks[node.outputs[0]].size(); ++e) {
                    add_close(state, n, e, marks, bounds, result);
                }
            } else if (std::holds_alternative<ops::ArgMax>(node.op)) {
                add_close_ranks(state, n, 1, marks, bounds, result);
            } else if (const auto* top = std::get_if<ops::TopK>(&node.op)) {
                add_close_ranks(state, n, static_cast<std::size_t>(top->k), marks, bounds, result);
            }
        }
        return result;
    }

    /// Whether a node's decisions are looked at element by element.
    [[nodiscard]] bool decides(std::size_t node) const {
        return decisions[node] &&
               !network.is_quantizers_integer(network.graph().nodes[node].outputs[0]);
    }

    void add_close(const SparseState& state, std::size_t n, std::size_t e,
                   const std::vector<std::vector<char>>& marks,
                   const std::vector<std::vector<double>>& bounds,
                   std::vector<Flip>& result) const {
        const Node& node = network.graph().nodes[n];
        if (marks[node.outputs[0]][e] == 0 || network.is_constant(node.inputs[0])) {
            return;
        }
        for (const Alternative& other : decisions[n]->alternatives(
                 e, state.values()[node.inputs[0]][e], bounds[node.inputs[0]][e],
                 state.values()[node.outputs[0]][e])) {
            result.push_back({n, e, 0, other.result, other.distance, other.rounding});
        }
    }

    void add_close_ranks(const SparseState& state, std::size_t n, std::size_t k,
                         const std::vector<std::vector<char>>& marks,
                         const std::vector<std::vector<double>>& bounds,
                         std::vector<Flip>& result) const {
        const Node& node = network.graph().nodes[n];
        const LaneMap& lanes = network.of(n).lanes;
        const LaneMap best{k, lanes.stride, lanes.count};
        const std::vector<double>& x = state.values()[node.inputs[0]];
        const std::vector<double>& ex = bounds[node.inputs[0]];
        for (std::size_t lane = 0; lane < lanes.count; ++lane) {
            bool marked = false;
            for (const ValueId output : node.outputs) {
                for (std::size_t r = 0; r < k && !marks[output].empty(); ++r) {
                    marked = marked || marks[output][best.first(lane, k) + r * lanes.stride] != 0;
                }
            }
            if (!marked) {
                continue;
            }
            const std::vector<std::size_t> order = state.ranks(n, lane);
            const std::size_t first = lanes.first(lane, lanes.length);
            for (std::size_t r = 0; r < std::min(k, lanes.length - 1); ++r) {
                const std::size_t a = first + order[r] * lanes.stride;
                const std::size_t b = first + order[r + 1] * lanes.stride;
                const double gap = std::abs(x[a] - x[b]);
                const double error = ex[a] + ex[b];
                if (gap <= error && error > 0) {
                    result.push_back({n, lane, r, 0, gap, error});
                }
            }
        }
    }
};

/// The search on one sample.
class Explainer::Search {
  public:
    Search(const Tables& tables, const ExplainLimits& limits, const std::vector<Tensor>& inputs,
           const std::vector<ExpectedOutput>& expected)
        : tables_(tables),
          limits_(limits),
          inputs_(inputs),
          expected_(expected),
          state_(tables.network, tables.decisions, tables.evaluated(inputs)) {
        const Graph& graph = tables.network.graph();
        outputs_of_.resize(graph.values.size());
        deciders_of_.resize(graph.values.size());
        for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
            if (tables.decides(n)) {
                deciders_of_[graph.nodes[n].inputs[0]].push_back(n);
            }
        }
        for (std::size_t o = 0; o < graph.outputs.size(); ++o) {
            outputs_of_[graph.outputs[o]].push_back(o);
            long double largest = 0;
            for (const long double value : expected[o].values) {
                largest = std::max(largest, std::fabs(value));
            }
            magnitudes_.push_back(std::max(1e-30, static_cast<double>(largest)));
            slack_.push_back(slack(std::get<RealType>(graph.value(graph.outputs[o]).type).element));
        }
    }

    Explanation run() {
        Explanation result;
        Node root;
        for (std::size_t o = 0; o < expected_.size(); ++o) {
            const std::vector<double>& ours = output(o);
            for (std::size_t e = 0; e < ours.size(); ++e) {
                root.score += wrong(o, e, ours[e]);
            }
        }
        result.differing = root.score.elements;
        result.nearest = root.score.elements;
        queue_.push(root);
        Score best = root.score;
        int without_gain = 0;
        while (!queue_.empty() && !result.found && !spent(result) && without_gain < patience) {
            const Node node = queue_.top();
            queue_.pop();
            without_gain = node.score.better_than(best) ? 0 : without_gain + (node.silent ? 0 : 1);
            best = node.score.better_than(best) ? node.score : best;
            expand(node, result);
        }
        result.gave_up = !result.found && (!queue_.empty() || spent(result) || dropped_);
        return result;
    }

  private:
    struct Score {
        std::int64_t elements = 0; ///< that differ
        double differences = 0;    ///< their sum, in the outputs' magnitudes
        Score& operator+=(const Score& other) {
            elements += other.elements;
            differences += other.differences;
            return *this;
        }
        Score& operator-=(const Score& other) {
            elements -= other.elements;
            differences -= other.differences;
            return *this;
        }
        /// Differences are sums of doubles.
        [[nodiscard]] bool better_than(const Score& other) const {
            return elements != other.elements
                       ? elements < other.elements
                       : differences < other.differences * (1 - 1e-9) - 1e-12;
        }
    };
    struct Node {
        std::vector<Flip> flips;
        Score score;
        double unlikely = 0; ///< sum of the parts of the rounding bounds
        bool silent = false; ///< the last decision changed no output
    };
    /// States followed without a better one being found.
    static constexpr int patience = 12;
    struct Later {
        bool operator()(const Node& a, const Node& b) const {
            if (a.score.better_than(b.score) || b.score.better_than(a.score)) {
                return b.score.better_than(a.score);
            }
            return a.unlikely > b.unlikely;
        }
    };
    using Key = std::tuple<std::size_t, std::size_t, std::size_t, double>;
    static Key key(const Flip& flip) { return {flip.node, flip.element, flip.rank, flip.result}; }

    [[nodiscard]] const std::vector<double>& output(std::size_t o) const {
        const ValueId id = tables_.network.graph().outputs[o];
        return tables_.network.is_constant(id) ? tables_.network.constant(id) : state_.values()[id];
    }

    /// An output of a float type is rounded, and the search's own doubles are off by a little.
    static double slack(DataType type) {
        switch (type) {
        case DataType::float32:
            return 0x1p-22;
        case DataType::float16:
            return 0x1p-9;
        case DataType::bfloat16:
            return 0x1p-6;
        default:
            return 0x1p-40;
        }
    }

    [[nodiscard]] Score wrong(std::size_t o, std::size_t element, double ours) const {
        const auto theirs = static_cast<double>(expected_[o].values[element]);
        const double allowed = std::max(expected_[o].allowed, slack_[o] * std::abs(theirs));
        const double difference = std::abs(ours - theirs);
        return difference <= allowed ? Score{} : Score{1, difference / magnitudes_[o]};
    }

    [[nodiscard]] bool spent(const Explanation& result) const {
        return result.evaluations >= limits_.evaluations || state_.work() >= limits_.work;
    }

    /// The close decisions of the state, all that reach a wrong element.
    std::vector<Flip> all_candidates() {
        std::vector<std::vector<char>> wrong_elements;
        for (std::size_t o = 0; o < expected_.size(); ++o) {
            std::vector<char>& of = wrong_elements.emplace_back();
            const std::vector<double>& ours = output(o);
            for (std::size_t e = 0; e < ours.size(); ++e) {
                of.push_back(wrong(o, e, ours[e]).elements != 0 ? 1 : 0);
            }
        }
        marks_ = tables_.network.upstream(wrong_elements);
        bounds_ = float32_bounds(tables_.network, state_.values());
        return tables_.close(state_, marks_, bounds_);
    }
    /// Those among elements that changed since a mark, by the bounds and the wrong elements as they
    /// were last: near enough for a search.
    std::vector<Flip> new_candidates(const SparseState::Mark& since) const {
        std::vector<Flip> result;
        std::set<std::pair<std::size_t, std::size_t>> asked;
        state_.for_each_change(since, [&](ValueId id, std::size_t element, double /*was*/) {
            for (const std::size_t n : deciders_of_[id]) {
                if (asked.emplace(n, element).second) {
                    tables_.add_close(state_, n, element, marks_, bounds_, result);
                }
            }
        });
        std::erase_if(result, [&](const Flip& flip) { return known_.contains(key(flip)); });
        return result;
    }

    void expand(const Node& node, Explanation& result) {
        const SparseState::Mark start = state_.mark();
        for (const Flip& flip : node.flips) {
            state_.apply(flip);
        }
        std::vector<Flip> candidates = node.silent ? new_candidates(start) : all_candidates();
        if (node.flips.empty()) {
            result.candidates = std::ssize(candidates);
        }
        if (!node.silent) {
            for (const Flip& flip : candidates) {
                known_.insert(key(flip));
            }
        }
        std::stable_sort(candidates.begin(), candidates.end(), [](const Flip& a, const Flip& b) {
            return a.distance * b.rounding < b.distance * a.rounding;
        });
        std::vector<Node> children;
        for (const Flip& flip : candidates) {
            const bool again =
                std::any_of(node.flips.begin(), node.flips.end(), [&](const Flip& taken) {
                    return taken.node == flip.node && taken.element == flip.element &&
                           taken.rank == flip.rank;
                });
            if (again) {
                continue;
            }
            if (spent(result) || result.found) {
                break;
            }
            Node child = node;
            child.flips.push_back(flip);
            std::sort(child.flips.begin(), child.flips.end(),
                      [](const Flip& a, const Flip& b) { return key(a) < key(b); });
            child.unlikely += flip.distance / flip.rounding;
            child.score = node.score;
            child.silent = !evaluate(flip, child.score);
            ++result.evaluations;
            if (child.score.elements == 0) {
                prove(child, result);
            } else {
                result.nearest = std::min(result.nearest, child.score.elements);
                children.push_back(std::move(child));
            }
        }
        state_.undo(start);
        if (!result.found) {
            keep(std::move(children));
        }
    }

    /// What a further flip changes in the outputs; false when it changes nothing.
    bool evaluate(const Flip& flip, Score& score) {
        bool changed = false;
        const SparseState::Mark before = state_.mark();
        state_.apply(flip);
        state_.for_each_change(before, [&](ValueId id, std::size_t element, double was) {
            for (const std::size_t o : outputs_of_[id]) {
                changed = true;
                score -= wrong(o, element, was);
                score += wrong(o, element, state_.values()[id][element]);
            }
        });
        state_.undo(before);
        return changed;
    }

    void prove(const Node& node, Explanation& result) const {
        if (auto decisions =
                certificate(tables_.network, tables_.decisions, inputs_, node.flips, expected_)) {
            result.found = true;
            result.nearest = 0;
            result.decisions = std::move(*decisions);
        }
    }

    /// The best of a state's neighbours are followed later.
    void keep(std::vector<Node> children) {
        constexpr std::size_t most = 64;
        std::stable_sort(children.begin(), children.end(),
                         [](const Node& a, const Node& b) { return Later()(b, a); });
        for (std::size_t i = 0; i < children.size(); ++i) {
            std::vector<Key> set;
            for (const Flip& flip : children[i].flips) {
                set.push_back(key(flip));
            }
            if (i >= most || children[i].flips.size() >= limits_.decisions) {
                dropped_ = true;
            } else if (seen_.insert(std::move(set)).second) {
                queue_.push(std::move(children[i]));
            }
        }
    }

    const Tables& tables_;
    const ExplainLimits& limits_;
    const std::vector<Tensor>& inputs_;
    const std::vector<ExpectedOutput>& expected_;
    SparseState state_;
    std::vector<std::vector<std::size_t>> outputs_of_;  ///< by value
    std::vector<std::vector<std::size_t>> deciders_of_; ///< nodes, by the value they decide about
    std::vector<double> magnitudes_;                    ///< by output
    std::vector<double> slack_;                         ///< by output
    std::priority_queue<Node, std::vector<Node>, Later> queue_;
    std::set<std::vector<Key>> seen_;
    std::set<Key> known_;                     ///< close decisions that were tried by themselves
    std::vector<std::vector<char>> marks_;    ///< of the last all_candidates()
    std::vector<std::vector<double>> bounds_; ///< likewise
    bool dropped_ = false;
};

Explainer::Explainer(const Graph& network, ExplainLimits limits)
    : tables_(std::make_unique<Tables>(network)),
      limits_(limits) {}

Explainer::~Explainer() = default;

Explanation Explainer::explain(const std::vector<Tensor>& inputs,
                               const std::vector<ExpectedOutput>& expected) const {
    if (expected.size() != tables_->network.graph().outputs.size()) {
        throw Defect("expected outputs of another network");
    }
    return Search(*tables_, limits_, inputs, expected).run();
}

std::vector<std::vector<CloseDecision>>
Explainer::close_decisions(const std::vector<Tensor>& inputs) const {
    const NetworkMap& network = tables_->network;
    const SparseState state(network, tables_->decisions, tables_->evaluated(inputs));
    std::vector<std::vector<CloseDecision>> result;
    for (std::size_t o = 0; o < network.graph().outputs.size(); ++o) {
        std::vector<std::vector<char>> marks(network.graph().outputs.size());
        marks[o].assign(network.size(network.graph().outputs[o]), 1);
        auto& list = result.emplace_back();
        for (const Flip& flip : tables_->close(state, network.upstream(marks),
                                               float32_bounds(network, state.values()))) {
            list.push_back({network.graph().nodes[flip.node].name,
                            static_cast<std::int64_t>(flip.element), flip.distance, flip.rounding});
        }
    }
    return result;
}

} // namespace millrace::passes
