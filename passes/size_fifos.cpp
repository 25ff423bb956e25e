// SPDX-License-Identifier: Apache-2.0
//
// Three steps, each by following the words of some frames (ir/token_simulation.hpp):
//
// 1. A stream that forks and joins again waits on its short way until the long way delivers. The
//    FIFOs behind forks get the most words that wait in them when nothing is bounded and inputs
//    come at the pace of the slowest actor. That need not do: an actor reads a cycle's words only
//    once the words that it makes of them will have room, and such an order may be tighter than the
//    one that was followed. So the design is followed again with its depths, which grow until it
//    comes to an end. A design whose FIFOs allow one execution to end never stops in another (its
//    actors are deterministic, and frame after frame is such an execution of any number of frames).
// 2. Actors that work in bursts need queues to keep the slowest one busy. Where frames do not follow
//    each other at its interval, all FIFOs may grow to the occupancy found in step 1, the limit
//    doubling until they do: an execution of the unbounded design that fits into the depths keeps
//    the pace, and with more room nothing happens later.
// 3. What grew and did not need to is taken back, the largest memory first.
#include "passes/size_fifos.hpp"

#include "ir/diagnostics.hpp"
#include "ir/ops/dataflow.hpp"

#include <algorithm>

namespace millrace::passes {

namespace {

class Sizer {
  public:
    Sizer(Graph& flow, const std::map<std::string, std::int64_t>& planned)
        : flow_(flow), free_(flow.nodes.size(), false), behind_fork_(flow.nodes.size(), false) {
        std::vector<bool> forked(flow.values.size(), false);
        for (std::size_t n = 0; n < flow.nodes.size(); ++n) {
            const Node& node = flow.nodes[n];
            if (std::holds_alternative<ops::Fork>(node.op)) {
                for (const ValueId output : node.outputs) {
                    forked[output] = true;
                }
            }
            if (std::holds_alternative<ops::Fifo>(node.op)) {
                words_ += std::get<StreamType>(flow.value(node.inputs[0]).type).words();
                if (!planned.contains(node.name)) {
                    free_[n] = true;
                    behind_fork_[n] = forked[node.inputs[0]];
                    any_fork_ = any_fork_ || behind_fork_[n];
                    fifos_.push_back(n);
                }
            }
        }
    }

    FifoSizing run() {
        TokenSimulation settled = simulate(frames());
        const bool slow = !keeps_pace(settled);
        if (any_fork_ || slow) {
            most_ = simulate_tokens(flow_, 2, free_).occupancy;
        }
        if (any_fork_) {
            for (const std::size_t n : fifos_) {
                if (behind_fork_[n]) {
                    fifo(n).depth = std::max(fifo(n).depth, most_[n] + 1);
                }
            }
            settled = grow_until_it_ends();
        }
        if (settled.deadlocked.empty() && !keeps_pace(settled)) {
            grow_until_it_keeps_pace();
        }
        const TokenSimulation frame = simulate_tokens(flow_, 1);
        return {{frame.interval, frame.cycles, frame.bottleneck}, settled.deadlocked};
    }

  private:
    ops::Fifo& fifo(std::size_t node) { return std::get<ops::Fifo>(flow_.nodes[node].op); }
    [[nodiscard]] TokenSimulation simulate(std::int64_t frames) const {
        return simulate_tokens(flow_, frames);
    }
    /// As many as show a steady state, fewer where a frame is much work.
    [[nodiscard]] std::int64_t frames() const {
        constexpr std::int64_t most_words = 4'000'000;
        return std::clamp<std::int64_t>(most_words / std::max<std::int64_t>(words_, 1), 3, 8);
    }
    /// Whether the later frames follow each other at the interval of the slowest actor.
    static bool keeps_pace(const TokenSimulation& simulation) {
        const std::vector<std::int64_t>& ends = simulation.frame_ends;
        const std::size_t from = ends.size() / 2 - 1;
        const auto distances = static_cast<std::int64_t>(ends.size() - 1 - from);
        return simulation.deadlocked.empty() &&
               ends.back() - ends[from] <= distances * simulation.interval;
    }

    TokenSimulation grow_until_it_ends() {
        constexpr int most_tries = 24; // depths grow tenfold in these
        TokenSimulation bounded = simulate(frames());
        for (int i = 0; i < most_tries && !bounded.deadlocked.empty(); ++i) {
            for (const std::size_t n : fifos_) {
                if (behind_fork_[n]) {
                    fifo(n).depth += 1 + fifo(n).depth / 10;
                }
            }
            bounded = simulate(frames());
        }
        return bounded;
    }

    void grow_until_it_keeps_pace() {
        std::map<std::size_t, std::int64_t> before;
        for (const std::size_t n : fifos_) {
            before[n] = fifo(n).depth;
        }
        const std::int64_t highest = *std::max_element(most_.begin(), most_.end()) + 1;
        for (std::int64_t limit = 4;; limit *= 2) {
            for (const std::size_t n : fifos_) {
                fifo(n).depth = std::max(before[n], std::min(limit, most_[n] + 1));
            }
            if (keeps_pace(simulate(frames()))) {
                take_back(before);
                return;
            }
            if (limit >= highest) {
                return; // as deep as anything can fill
            }
        }
    }

    /// FIFOs that can be as shallow as before one by one, the largest first.
    void take_back(const std::map<std::size_t, std::int64_t>& before) {
        std::vector<std::size_t> grown;
        for (const auto& [n, depth] : before) {
            if (fifo(n).depth > depth) {
                grown.push_back(n);
            }
        }
        const auto memory = [this](std::size_t n) {
            const Node& node = flow_.nodes[n];
            return std::get<StreamType>(flow_.value(node.inputs[0]).type).word_bits() *
                   std::get<ops::Fifo>(node.op).depth;
        };
        std::stable_sort(grown.begin(), grown.end(),
                         [&](std::size_t a, std::size_t b) { return memory(a) > memory(b); });
        constexpr std::int64_t most_words = 100'000'000; // to be followed, in all
        std::int64_t left = most_words / std::max<std::int64_t>(words_ * frames(), 1);
        for (const std::size_t n : grown) {
            if (left-- <= 0) {
                return;
            }
            const std::int64_t depth = fifo(n).depth;
            fifo(n).depth = before.at(n);
            if (!keeps_pace(simulate(frames()))) {
                fifo(n).depth = depth;
            }
        }
    }

    Graph& flow_;
    std::vector<bool> free_; ///< by node: Fifos whose depth is chosen here
    std::vector<bool> behind_fork_;
    std::vector<std::size_t> fifos_; ///< the free ones
    std::vector<std::int64_t> most_; ///< words that wait when nothing is bounded, by node
    std::int64_t words_ = 0;         ///< a frame, over all FIFOs
    bool any_fork_ = false;
};

} // namespace

FifoSizing size_fifos(Graph& flow, const std::map<std::string, std::int64_t>& planned) {
    FifoSizing sizing = Sizer(flow, planned).run();
    if (!sizing.deadlocked.empty() && planned.empty()) {
        throw Defect("no depth of the FIFOs behind forks lets this design end");
    }
    return sizing;
}

} // namespace millrace::passes
