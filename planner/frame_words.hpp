// SPDX-License-Identifier: Apache-2.0
//
// How a frame flows through the words of a design, all of them, as the simulation has it. What
// planner/frame_flow.hpp knows of a vector are its first and its last word, which is not enough
// where words leave in bursts, or where the buffer of a window keeps them waiting. Here each
// element comes with its word, so that designs with other lanes can be compared by the same times.
// Frames of dense layers have few elements; for others it takes some patience.
#pragma once

#include "planner/design_model.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace millrace::planner {

class FrameWords {
  public:
    /// Elements of a frame that are followed; nothing: some actor of the body is not followed
    /// exactly.
    static std::optional<std::int64_t> elements_of(const Graph& body, const DesignModel& model);

    /// Keeps a reference to the model.
    FrameWords(const Graph& body, const DesignModel& model);

    /// Of a design, by stage: how long a frame takes if no FIFO is ever full.
    [[nodiscard]] std::int64_t latency(const std::vector<Pace>& paces) const;

    /// That are followed of a stage. Of windows that are sent in blocks of channels: those that
    /// come last of each channel; they stand in the order in which they are sent in single lanes,
    /// of which any block's last is one.
    [[nodiscard]] std::size_t elements(std::size_t stage) const { return stages_[stage].elements; }
    /// Of what FrameFlow has as a vector of this stage.
    [[nodiscard]] std::size_t vector(std::size_t stage) const { return stages_[stage].vector; }
    /// How many times a stage waits for: one for each of its elements, or for each of its source's.
    [[nodiscard]] std::size_t arrivals(std::size_t stage) const {
        return stages_[stage].taken > 0 ? stages_[stage].taken : stages_[stage].elements;
    }
    /// What these wait for: the last element of a source that each of them needs. (In place of
    /// vectors; no first words.)
    [[nodiscard]] std::vector<FrameFlow::Wait> waits(std::size_t stage) const;
    /// Of an input, when memory has an element; 0: it does not keep it waiting.
    [[nodiscard]] std::int64_t arrival(std::size_t stage, std::size_t element,
                                       const Pace& pace) const;

    template <class Time> using UnitTimes = WordUnit::Times<Time>;
    /// When the words of a stage come. `before`: the one before them; `there(i)`: of arrivals();
    /// `come(e, end, time)`: of the elements from one to another; false: no more is asked for.
    template <class Time, class There, class Come>
    void follow(std::size_t stage, const Pace& pace, Time before, UnitTimes<Time>& times,
                const There& there, const Come& come) const {
        const Stage& one = stages_[stage];
        if (pace.unit > 0) {
            const WordUnit& unit = model_.units()[static_cast<std::size_t>(pace.unit - 1)];
            const auto lanes = static_cast<std::size_t>(unit.input_lanes());
            times.come.clear();
            for (std::size_t begin = 0; begin < one.taken; begin += lanes) {
                Time latest = there(begin);
                for (std::size_t e = begin + 1; e < begin + lanes; ++e) {
                    latest = std::max(latest, there(e));
                }
                times.come.push_back(latest);
            }
            unit.follow(times);
            const auto sent = static_cast<std::size_t>(unit.output_lanes());
            follow_words(
                one.elements, pace, before,
                [&](std::size_t e) { return times.sent[((e + 1) * one.sample - 1) / sent]; }, come);
        } else if (one.taken > 0) {
            follow_words(
                one.elements, pace, before,
                [&](std::size_t e) { return there((e + 1) * one.sample - 1); }, come);
        } else {
            follow_words(one.elements, pace, before, there, come);
        }
    }
    /// The word before the first one of an input, so that this comes with the frame.
    static std::int64_t before_first(const Pace& pace) { return pace.delay - pace.word; }

  private:
    struct Source {
        std::size_t stage = 0;
        std::vector<std::int32_t> needs{}; ///< by element; empty: each needs the one of its number
    };
    struct Stage {
        std::size_t elements = 0;
        std::size_t vector = 1;
        std::size_t taken = 0; ///< elements that come to a unit, or are the taps of others; 0: none
        std::size_t sample = 1; ///< elements that are sent for one that is followed
        std::vector<Source> sources;
    };
    [[nodiscard]] static std::size_t needed(const Source& source, std::size_t element) {
        return source.needs.empty() ? element : static_cast<std::size_t>(source.needs[element]);
    }

    template <class Time, class There, class Come>
    static void follow_words(std::size_t elements, const Pace& pace, Time before,
                             const There& there, const Come& come) {
        const auto lanes = static_cast<std::size_t>(std::max<std::int64_t>(1, pace.lanes));
        for (std::size_t begin = 0; begin < elements; begin += lanes) {
            const std::size_t end = std::min(elements, begin + lanes);
            Time latest = there(begin);
            for (std::size_t e = begin + 1; e < end; ++e) {
                latest = std::max(latest, there(e));
            }
            before = std::max(static_cast<Time>(latest + pace.delay),
                              static_cast<Time>(before + pace.word));
            if (!come(begin, end, before)) {
                return;
            }
        }
    }

    const DesignModel& model_;
    std::vector<Stage> stages_;
    std::vector<std::size_t> order_; ///< of stages that wait for others
    std::map<std::size_t, InputPort> inputs_;
    std::vector<std::size_t> outputs_;
};

} // namespace millrace::planner
