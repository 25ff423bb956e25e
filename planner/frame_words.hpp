// SPDX-License-Identifier: Apache-2.0
//
// How a frame flows through the words of a design, where it has few enough to follow all of them:
// in networks of dense layers, whose frames are one vector or some. What planner/frame_flow.hpp
// knows of a vector are its first and its last word, which is not enough where a few words wait for
// all of a vector and then leave in bursts. Here each element comes with its word, so that designs
// with other lanes can be compared by the same times.
#pragma once

#include "planner/frame_flow.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace millrace::planner {

class FrameWords {
  public:
    /// Whether all actors of a body are followed exactly, and their elements are not too many.
    static bool can_follow(const Graph& body, const FrameStages& stages);

    FrameWords(const Graph& body, const FrameStages& stages, const std::vector<InputPort>& ports);

    /// Of a design, by stage: how long a frame takes if no FIFO is ever full.
    [[nodiscard]] std::int64_t latency(const std::vector<Pace>& paces) const;

    [[nodiscard]] std::size_t elements(std::size_t stage) const { return stages_[stage].elements; }
    /// Of what FrameFlow has as a vector of this stage.
    [[nodiscard]] std::size_t vector(std::size_t stage) const { return stages_[stage].vector; }
    /// What the elements of a stage wait for: the last of a source that each of them needs. (In
    /// place of vectors; no first words.)
    [[nodiscard]] std::vector<FrameFlow::Wait> waits(std::size_t stage) const;
    /// Of an input, when memory has an element; 0: it does not keep it waiting.
    [[nodiscard]] std::int64_t arrival(std::size_t stage, std::size_t element,
                                       const Pace& pace) const;

    /// When the words of a stage come. `before`: the one before them; `there(e)`: when what an
    /// element waits for is there; `come(e, end, time)`: of the elements from one to another.
    template <class Time, class There, class Come>
    static void follow(std::size_t elements, const Pace& pace, Time before, const There& there,
                       const Come& come) {
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
        std::vector<Source> sources;
    };
    [[nodiscard]] static std::size_t needed(const Source& source, std::size_t element) {
        return source.needs.empty() ? element : static_cast<std::size_t>(source.needs[element]);
    }

    std::vector<Stage> stages_;
    std::vector<std::size_t> order_; ///< of stages that wait for others
    std::map<std::size_t, InputPort> inputs_;
    std::vector<std::size_t> outputs_;
};

} // namespace millrace::planner
