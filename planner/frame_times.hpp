// SPDX-License-Identifier: Apache-2.0
//
// What is known of the words of a partial design (planner/frame_search.hpp): the times of those
// that later stages wait for, in a row. With each stage some are added and others no longer waited
// for.
#pragma once

#include "planner/frame_bounds.hpp"
#include "planner/frame_words.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace millrace::planner {

using Time = std::int32_t;
inline constexpr Time never = -(Time{1} << 29); ///< some cycles more are no less than never
inline constexpr std::int64_t most_time = std::int64_t{1} << 28;

/// Numbers that go on evenly: many, as words do.
struct Run {
    std::size_t first = 0;
    std::ptrdiff_t by = 0;

    [[nodiscard]] std::size_t at(std::size_t i) const {
        return first + i * static_cast<std::size_t>(by);
    }
    /// Whether a number can be the next behind so many; of the second, the distance is taken.
    bool goes_on(std::size_t count, std::size_t next) {
        if (count == 1) {
            by = static_cast<std::ptrdiff_t>(next) - static_cast<std::ptrdiff_t>(first);
        }
        return at(count) == next;
    }
};

/// What waits: a first word for a first one or for a last one, or a last word.
inline constexpr std::size_t wait_kinds = 3;
inline constexpr std::size_t last_wait = 2;

/// How the times of a partial design become those behind a stage. Places are among the times before
/// it, or behind it.
struct StageTimes {
    std::size_t stage = 0;
    bool is_input = false;
    std::size_t vectors = 0;  ///< or elements, where all words are followed
    std::size_t arrivals = 0; ///< times that it waits for: by vector, or FrameWords::arrivals()
    const SlowInput* slow = nullptr;
    struct Copy {
        std::size_t from, to, count;
    };
    std::vector<Copy> copies; ///< of stages that are still waited for
    std::size_t width = 0;    ///< behind it
    /// Of its own words those that are waited for. What waits for one comes at least `apart` cycles
    /// behind what waits for an earlier one, kept `back` places before: that it comes earlier than
    /// that changes nothing. `back` 0: nothing is known.
    struct Kept {
        Run words;
        std::size_t to = 0; ///< of the first; the others follow
        std::size_t count = 1;
        std::size_t back = 0;
        Time apart = 0;
    };
    std::vector<Kept> kept;
    /// What vectors wait for.
    struct Waits {
        std::size_t kind = 0;
        Run vectors, from;
        std::size_t count = 1;
    };
    std::vector<Waits> waits;
    std::vector<Time> deadlines; ///< of its words, with the least paces of all that follows
    struct Crossing {
        double price = 0;
        std::size_t at = 0;
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
