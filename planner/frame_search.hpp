// SPDX-License-Identifier: Apache-2.0
//
// The cheapest choice of which no frame has a greater latency, exactly: designs are put together
// stage by stage in the order in which a frame comes to them (planner/frame_steps.hpp). What is
// behind a stage depends on what was chosen before only through a few variables and through the
// times of the words that are still waited for, and nothing that comes later makes a later word
// earlier. So of partial designs with the same values for these variables, one that is dearer than
// another and has no word before that one's is given up. What is left are few, where bounds leave
// the search hopeless: 10^34 designs of keyword spotting come down to some hundred at a time.
//
// A partial design is given up, too, where the least that the rest takes (planner/frame_bounds.hpp)
// makes it as dear as what is known already, where it takes more than there is, or where it is late
// even if all that follows is as quick as it can be.
#pragma once

#include "planner/frame_bounds.hpp"
#include "planner/frame_times.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace millrace::planner {

struct FrameSearchLimits {
    /// Words of partial designs (or runs of their times) and table entries that may be looked at.
    std::int64_t work = 0;
    /// Choices that are not cheaper than this are not looked for.
    double below = std::numeric_limits<double>::infinity();
    /// Of partial designs behind a stage, no more than this are followed, those with the lowest
    /// bounds; 0: all.
    std::size_t designs = 0;
    /// How many times the usual memory times of partial designs may take (400 MB at a level).
    std::size_t memory = 1;
    /// Whether designs that another excludes are wanted, too: for where what is followed of a frame
    /// does not decide whether the other is in time.
    bool excluded = false;
};

struct FrameSearchResult {
    struct Found {
        Choice choice;
        double value = 0;
        std::int64_t latency = 0; ///< as far as the frame was followed
    };
    /// Within the budgets, the cheapest first, each quicker than those before (or all).
    std::vector<Found> found;
    /// Whether nothing was left out: not if there are more partial designs than the limits or
    /// memory have room for.
    bool complete = false;
    /// Complete: no choice within the budgets and the latency is cheaper; no more than `below`.
    double bound = 0;
    std::int64_t work = 0;
};

class FrameSearch {
  public:
    /// Of what the model allows. Keeps references to model and frame. Bounds with any of the prices
    /// hold; for designs that have lost time others are higher than for those that have not.
    FrameSearch(const DesignModel& model, const FollowedFrame& frame, const Use& weights,
                const Use& budgets, std::int64_t latency, std::vector<FramePrices> prices);

    /// Not where latencies or the combinations at a stage are too many.
    [[nodiscard]] bool can_search() const;
    FrameSearchResult run(const FrameSearchLimits& limits);

  private:
    struct Design;
    class Pass;

    /// Steps that partial designs go together, with times of what is behind the last of them only.
    /// Where fewer variables matter behind the next step, as behind an actor and its reader, most
    /// of the designs between are excluded there.
    struct Level {
        std::size_t first = 0;
        std::size_t last = 0;
    };

    void take_steps();

    const DesignModel& model_;
    FollowedFrame frame_;
    Use weights_;
    Use budgets_;
    std::int64_t latency_;
    std::vector<FramePrices> prices_;
    std::vector<StageTimes> stages_; ///< by step
    /// Budgets that partial designs are compared by.
    std::array<bool, resource_count> counts_{};
    std::optional<FrameSteps> steps_;
    // Of these steps.
    std::vector<Level> levels_;
    std::vector<FrameBounds> bounds_;            ///< by prices
    std::vector<std::vector<ResourceUse>> uses_; ///< FrameSteps::rest_of_uses()
    std::int64_t work_ = 0;                      ///< for all that
};

} // namespace millrace::planner
