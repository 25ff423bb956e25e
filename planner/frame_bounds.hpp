// SPDX-License-Identifier: Apache-2.0
//
// The least that a partial design takes with all that follows (planner/frame_search.hpp).
//
// With prices on paths and budgets, a design is within the latency and the budgets only if what is
// priced comes to no more than latency and budgets are worth. So two numbers bound the rest of a
// partial design: the least it takes with prices added (the Lagrangian bound), and the least it
// takes of weights alone while what is priced stays within what is left of the worth (the
// surrogate bound, a knapsack). The first is low where the choices of single actors are far apart,
// as divisors are; the second knows these choices. (Of ResNet-8 for 45,000 cycles, 5 % above the
// first bound, a quarter of the partial designs is left.)
#pragma once

#include "planner/frame_steps.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace millrace::planner {

/// What bounds count beside weights, for a latency and for budgets.
struct FramePrices {
    std::vector<FrameFlow::Path> paths;
    std::vector<double> of_paths; ///< for a cycle, beside `paths`
    ResourceUse of_resources{};
};

class FrameBounds {
  public:
    /// Keeps no references.
    FrameBounds(const FrameSteps& steps, const FramePrices& prices, const Use& budgets,
                std::int64_t latency);

    struct Bound {
        double by_prices = 0; ///< goes with what is left evenly: says which designs promise most
        double highest = 0;   ///< of both; infinite: nothing that follows is within the worth
    };
    /// Of a design behind a step, with its key there and its use. `value`: of that, weighted;
    /// `crossed`: what the times count, priced, where paths leave what has been chosen.
    [[nodiscard]] Bound of(std::size_t step, std::size_t key, double value, const ResourceUse& use,
                           double crossed) const;

    /// Table entries that were looked at.
    [[nodiscard]] std::int64_t work() const { return work_; }

  private:
    /// A rest that takes `value` at least, and no less before what is priced comes to more.
    struct Point {
        double priced = 0;
        double value = 0;
    };
    using Curve = std::vector<Point>; ///< `priced` rises, `value` falls

    void add_least(const FrameSteps& steps);
    void add_curves(const FrameSteps& steps);

    double worth_ = 0;
    ResourceUse of_resources_{}; ///< prices
    /// By step and way, in the order of FrameSteps::Step::ways.
    std::vector<std::vector<std::vector<double>>> priced_;
    // By step and key behind it.
    std::vector<std::vector<double>> least_;
    std::vector<std::vector<Curve>> curves_;
    std::int64_t work_ = 0;
};

} // namespace millrace::planner
