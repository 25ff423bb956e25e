// SPDX-License-Identifier: Apache-2.0
//
// Cheap choices that keep to a latency, by changes of one actor or of two neighbours at a time.
// Limits on paths (planner/frame_flow.hpp) lead to bounds, and near the least latency there is to
// choices that are a little late on paths that are not limits yet. Here every step knows the
// longest path. From a choice that is late, the changes that gain most for what they cost are made
// until it is not; then those that save most for the cycles that they take; and at last ones that
// save too much for the latency, if what makes up for them costs less. That proves nothing, but
// what it finds is often the optimum, and leaves the searches that prove it less to do.
#pragma once

#include "planner/design_model.hpp"
#include "planner/frame_flow.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace millrace::planner {

class LatencyDescent {
  public:
    struct Found {
        Choice choice;
        double value = 0;
        std::int64_t latency = 0; ///< no design of it has less
    };

    /// Of what the model allows now. `work`: table entries and words of frames that may be looked
    /// at, as SearchLimits has it.
    LatencyDescent(DesignModel& model, const FrameFlow& flow, const Use& weights,
                   const Use& budgets, std::int64_t work);

    /// From a choice within the budgets; nothing: no choice was found that keeps to the latency.
    std::optional<Found> run(const Choice& start, std::int64_t latency);
    /// And cheaper ones around it.
    void improve(Found& found, std::int64_t latency);

    [[nodiscard]] std::int64_t work() const { return work_; }

  private:
    struct State {
        Choice choice;
        Use use{};
        double value = 0;
        std::vector<Pace> paces;
        std::int64_t latency = 0;
    };
    /// Values for the variables of a factor.
    struct Move {
        std::size_t factor = 0;
        Choice values;
        double cost = 0;
        std::int64_t latency = 0; ///< about what it would be
        double rank = 0;
    };

    [[nodiscard]] std::optional<State> state_of(const Choice& choice);
    [[nodiscard]] bool may_work() const { return work_ < most_work_; }
    /// Moves for which `rank(cost, latency)` is above 0, the best first. `fixed`: variables that
    /// stay.
    template <class Rank>
    std::vector<Move> moves(const State& state, const std::vector<bool>& fixed, const Rank& rank);
    /// The state behind a move, if that is allowed.
    std::optional<State> after(const State& state, const Move& move);
    /// Makes the best of `moves` after which `good(state)`; false: there is none.
    template <class Good>
    bool make_one(State& state, const std::vector<Move>& moves, const Good& good);
    bool reach(State& state, std::int64_t latency, const std::vector<bool>& fixed);
    void save(State& state, std::int64_t latency);

    DesignModel& model_;
    const FrameFlow& flow_;
    Use weights_;
    Use budgets_;
    std::int64_t most_work_;
    std::int64_t work_ = 0;
    std::vector<std::vector<std::size_t>> around_; ///< by factor: those that share a variable
    std::vector<std::vector<double>> weighted_;    ///< by factor and entry
};

} // namespace millrace::planner
