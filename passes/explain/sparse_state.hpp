// SPDX-License-Identifier: Apache-2.0
//
// The network's values for one sample, in doubles, and what becomes of them when single decisions
// are taken otherwise. A change runs through the elements that depend on it only: linear operations
// add the change times its weights, others work the elements in reach out anew, and decisions stop
// what does not carry them over. Every change is logged and can be undone.
#pragma once

#include "passes/explain/decision_table.hpp"
#include "passes/explain/float32_bounds.hpp"

#include <map>
#include <optional>
#include <utility>

namespace millrace::passes::explain {

/// One decision taken otherwise. Of elementwise decisions: `element` becomes `result`. Of ArgMax
/// and TopK: in lane `element`, the elements of ranks `rank` and `rank` + 1 change places.
struct Flip {
    std::size_t node = 0;
    std::size_t element = 0;
    std::size_t rank = 0;
    double result = 0;
    double distance = 0; ///< of the argument from the decision point, in levels
    double rounding = 0; ///< bound on float32's error there, in levels
};

class SparseState {
  public:
    /// `values` are those of the exact evaluation.
    SparseState(const NetworkMap& network,
                const std::vector<std::optional<DecisionTable>>& decisions, Values values);

    [[nodiscard]] const Values& values() const { return values_; }

    /// Takes a decision otherwise, behind those taken before.
    void apply(const Flip& flip);
    /// Takes back what was applied since mark() gave this.
    struct Mark {
        std::size_t log;
        std::size_t flips;
    };
    [[nodiscard]] Mark mark() const { return {log_.size(), flips_.size()}; }
    void undo(const Mark& mark);

    /// Calls use(value, element, before) for all changes since a mark.
    template <class Use> void for_each_change(const Mark& since, Use&& use) const {
        for (std::size_t i = since.log; i < log_.size(); ++i) {
            use(log_[i].value, log_[i].element, log_[i].before);
        }
    }

    /// Elements worked out and products formed so far: the measure of time.
    [[nodiscard]] std::int64_t work() const { return work_; }

    /// The positions of a lane of ArgMax or TopK by rank, as the flips have it.
    [[nodiscard]] std::vector<std::size_t> ranks(std::size_t node, std::size_t lane) const;

  private:
    struct Change {
        ValueId value;
        std::uint32_t element;
        double before;
    };

    [[nodiscard]] const std::vector<double>& of(ValueId id) const {
        return network_.is_constant(id) ? network_.constant(id) : values_[id];
    }
    void set(ValueId id, std::size_t element, double value);
    void update(std::size_t node);
    /// Marks an element of the result as to be worked out.
    void touch(std::size_t element);

    void run(const ops::Conv& op);
    void run(const ops::MatMul& op);
    void run(const ops::AveragePool& op);
    void run(const ops::MaxPool& op);
    void run(const ops::ReduceMean& op);
    void run(const ops::Softmax& op);
    void run(const ops::ArgMax& op);
    void run(const ops::TopK& op);
    void touch_windows();
    void run_moves();
    void run_pairs();
    void run_elements();
    void select(bool indices_only, std::size_t k);
    template <class Linear> void add_changes(std::size_t input, Linear&& linear);

    const NetworkMap& network_;
    const std::vector<std::optional<DecisionTable>>& decisions_;
    Values values_;
    std::vector<Change> log_;
    std::vector<Flip> flips_;
    std::map<std::pair<std::size_t, std::size_t>, double> forced_;
    std::vector<std::vector<Change>> changed_; ///< by value, in the running propagation
    std::int64_t work_ = 0;

    // Of the node that is worked out.
    std::size_t index_ = 0;
    const Node* node_ = nullptr;
    const NodeMap* map_ = nullptr;
    std::vector<std::uint32_t> stamps_; ///< equal to epoch_: touched
    std::vector<double> deltas_;
    std::uint32_t epoch_ = 0;
    std::vector<std::uint32_t> touched_;
};

} // namespace millrace::passes::explain
