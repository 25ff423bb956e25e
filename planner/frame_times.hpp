// SPDX-License-Identifier: Apache-2.0
//
// What is known of the words of a partial design (planner/frame_search.hpp): the times of those
// that later stages wait for, in a row. With each stage some are added and others no longer waited
// for.
#pragma once

#include "planner/frame_bounds.hpp"
#include "planner/frame_words.hpp"
#include "planner/time_row.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace millrace::planner {

/// What waits: a first word for a first one or for a last one, or a last word.
inline constexpr std::size_t wait_kinds = 3;
inline constexpr std::size_t last_wait = 2;

/// How the times of a partial design become those behind a stage. Places are among the times before
/// it, or behind it.
struct StageTimes {
    std::size_t stage = 0;
    bool is_input = false;
    std::uint32_t vectors = 0;  ///< or elements, where all words are followed
    std::uint32_t arrivals = 0; ///< times that it waits for: by vector, or FrameWords::arrivals()
    const SlowInput* slow = nullptr;
    std::vector<Places> copies; ///< of stages that are still waited for
    std::uint32_t width = 0;    ///< behind it
    /// Of its own words those that are waited for. What waits for one comes at least `apart` cycles
    /// behind what waits for an earlier one, kept `back` places before: that it comes earlier than
    /// that changes nothing. `back` 0: nothing is known.
    struct Kept {
        Places words;
        std::uint32_t back = 0;
        Time apart = 0;
    };
    std::vector<Kept> kept;
    /// What vectors wait for, by kind and source: those that do, in their order.
    struct Part {
        std::uint32_t vector = 0; ///< the first; the others follow
        Places from;
    };
    struct Waits {
        std::size_t kind = 0;
        std::vector<Part> parts;
    };
    std::vector<Waits> waits;
    TimeRow deadlines; ///< of its words, with the least paces of all that follows
    Time latest = 0;   ///< of these
    struct Crossing {
        double price = 0;
        std::uint32_t at = 0;
    };
    /// By prices, where paths with a price leave what has been chosen.
    std::vector<std::vector<Crossing>> crossings;
};

/// What is followed of a frame: all words, or the first and the last one of each vector.
struct FollowedFrame {
    const FrameFlow& flow; ///< for bounds in any case
    const FrameWords* words = nullptr;

    [[nodiscard]] std::int64_t latency(const std::vector<Pace>& paces) const {
        return words != nullptr ? words->latency(paces) : flow.latency(paces);
    }
    /// Times of a stage that are followed.
    [[nodiscard]] std::size_t count(std::size_t stage) const {
        return words != nullptr ? words->elements(stage) : 2 * flow.vectors(stage);
    }
    [[nodiscard]] std::vector<FrameFlow::Wait> waits(std::size_t stage) const {
        return words != nullptr ? words->waits(stage) : flow.waits(stage);
    }
};

/// By step of FrameSteps. Of latencies above `most_time` of no use.
std::vector<StageTimes> stage_times(const DesignModel& model, const FollowedFrame& frame,
                                    std::int64_t latency, const std::vector<FramePrices>& prices);

} // namespace millrace::planner
