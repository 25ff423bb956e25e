// SPDX-License-Identifier: Apache-2.0
//
// The choices of a design in the order in which a frame comes to them: at each stage of its flow
// (planner/frame_flow.hpp), the variables on which the stage's pace depends get their values. What
// was chosen before matters to what comes behind only through the variables that later tables have,
// too (few in networks that are chains with branches), and through the times of words.
#pragma once

#include "planner/design_model.hpp"
#include "planner/frame_flow.hpp"

#include <array>
#include <cstddef>
#include <vector>

namespace millrace::planner {

class FrameSteps {
  public:
    /// Values for the variables of a step.
    struct Way {
        std::size_t key = 0; ///< of the values that matter later
        Pace pace;
        ResourceUse use{};
        double value = 0; ///< weighted use
        Choice values;    ///< of Step::variables
    };
    struct Step {
        std::size_t stage = 0;
        std::vector<std::size_t> variables;
        /// By key before the step. Of ways to one key with one pace, those that are not the dearest
        /// in all that counts.
        std::vector<std::vector<Way>> ways;
        std::size_t keys = 0; ///< behind it
    };

    /// Of what the model allows. `counts`: resources that are looked at apart from their weight.
    FrameSteps(const DesignModel& model, const FrameFlow& flow, const Use& weights,
               const std::array<bool, resource_count>& counts);

    /// Whether there are too many combinations to look at.
    [[nodiscard]] bool too_many() const { return too_many_; }
    [[nodiscard]] const std::vector<Step>& steps() const { return steps_; }
    /// What is in every design: of no variable.
    [[nodiscard]] const ResourceUse& constant() const { return constant_; }
    /// Table entries that were looked at.
    [[nodiscard]] std::int64_t work() const { return work_; }

    /// By step and key behind it, the least that all later steps take of each resource.
    [[nodiscard]] std::vector<std::vector<ResourceUse>> rest_of_uses() const;

  private:
    struct Plan; ///< which tables and variables belong to which step
    void add_step(const DesignModel& model, const Plan& plan, std::size_t index, const Use& weights,
                  const std::array<bool, resource_count>& counts);

    std::vector<Step> steps_;
    std::vector<std::size_t> live_; ///< variables that are in a key behind the last step
    std::vector<Choice> keys_;      ///< their values by key
    ResourceUse constant_{};
    std::int64_t work_ = 0;
    bool too_many_ = false;
};

} // namespace millrace::planner
