// SPDX-License-Identifier: Apache-2.0
//
// When a rearrangement sends its words, as ir/token_simulation.hpp has it: what comes waits for
// room in the buffer, and what goes for the words that come.
#pragma once

#include "ir/graph.hpp"
#include "ir/schedule.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <variant>
#include <vector>

namespace millrace::planner {

class WordUnit {
  public:
    using Op = std::variant<ops::Rearrange, ops::ParallelWindow>;
    WordUnit(Op op, StreamType input, ActorLibrary library);

    [[nodiscard]] std::int64_t input_lanes() const { return input_.lanes; }
    [[nodiscard]] std::int64_t output_lanes() const { return plan().output_lanes; }

    /// Times of words.
    template <class Time> struct Times {
        std::vector<Time> come;  ///< when they could be taken
        std::vector<Time> sent;  ///< when they are, less the cycles that the unit adds to each
        std::vector<Time> ready; ///< when the buffer has them
        std::vector<Time> freed; ///< when there is no need for them any more
    };
    /// From `come`.
    template <class Time> void follow(Times<Time>& times) const {
        times.sent.clear();
        if (plan().addresses.empty()) {
            follow_blocks(times);
        } else {
            follow_buffer(times);
        }
    }

  private:
    /// Made when somebody follows the unit.
    struct Plan {
        bool made = false;
        std::int64_t output_lanes = 1;
        Schedule schedule; ///< of what comes and goes in the same cycles
        /// Of what comes and goes by itself: by word that is sent, the word that it is, and how
        /// many are not needed any more behind it; words of the buffer.
        std::vector<std::int32_t> addresses;
        std::vector<std::int32_t> given_up;
        std::size_t not_needed = 0; ///< by any
        std::size_t depth = 0;
    };
    const Plan& plan() const;

    template <class Time> static constexpr Time never() {
        return std::numeric_limits<Time>::min() / 4;
    }

    template <class Time> void follow_blocks(Times<Time>& times) const {
        Time now = never<Time>();
        std::size_t read = 0;
        for (std::int64_t repeat = 0; repeat < plan_.schedule.repeats; ++repeat) {
            for (const ScheduleBlock& block : plan_.schedule.blocks) { // of single cycles
                for (std::int64_t i = 0; i < block.times; ++i) {
                    now += 1;
                    if (block.reads != ScheduleBlock::Reads::none) {
                        now = std::max(now, times.come[read++]);
                    }
                    if (block.writes != ScheduleBlock::Writes::none) {
                        times.sent.push_back(now);
                    }
                }
            }
        }
    }
    template <class Time> void follow_buffer(Times<Time>& times) const {
        std::vector<Time>& freed = times.freed;
        freed.assign(plan_.not_needed, never<Time>());
        times.ready.resize(times.come.size());
        Time taken = never<Time>();
        Time now = never<Time>();
        std::size_t words = 0; // that were taken
        for (std::size_t j = 0; j < plan_.addresses.size(); ++j) {
            const auto address = static_cast<std::size_t>(plan_.addresses[j]);
            for (; words <= address; ++words) {
                taken = std::max(static_cast<Time>(taken + 1), times.come[words]);
                if (words >= plan_.depth) {
                    taken = std::max(taken, freed.at(words - plan_.depth));
                }
                times.ready[words] = taken + 1;
            }
            now = std::max(static_cast<Time>(now + 1), times.ready[address]);
            times.sent.push_back(now - 1);
            freed.resize(std::max(freed.size(), static_cast<std::size_t>(plan_.given_up[j])),
                         now + 1);
        }
    }

    Op op_;
    StreamType input_;
    ActorLibrary library_;
    mutable Plan plan_;
};

} // namespace millrace::planner
