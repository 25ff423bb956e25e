// SPDX-License-Identifier: Apache-2.0
//
// How a frame flows through a body, vector by vector, whatever the lanes: which vector of which
// input each vector of a value waits for. With the cycles that each actor takes for a vector this
// gives times before which no design has the first and the last word of a vector ready (max-plus
// recurrences as those of ir/token_simulation.hpp, but of two words of each vector, and without
// anything that could make a frame later: full FIFOs, words that wait for each other, buffers that
// are not free yet). That of the last vector of a result bounds the latency of a design from below.
//
// Such a time is the length of a longest path. The path is there in all designs, with other cycles:
// its length is a sum over the actors, and as such a bound for the latency of every design.
#pragma once

#include "ir/graph.hpp"
#include "ir/stream_lanes.hpp"
#include "planner/actor_choices.hpp"

#include <cstdint>
#include <vector>

namespace millrace::planner {

/// What a stage adds to the times of vectors, in cycles; along a path, how often it does.
struct Pace {
    /// At least so many between the ends of a vector and of the next; of a reader, between the
    /// first word of a vector and when all of it is taken.
    std::int64_t step = 0;
    /// Of these between its first word and its last; of a reader, behind the vector's last word.
    std::int64_t spread = 0;
    /// Between a word that it takes and the first that waits for that.
    std::int64_t delay = 0;
    friend bool operator==(const Pace&, const Pace&) = default;
    Pace& operator+=(const Pace& other) {
        step += other.step;
        spread += other.spread;
        delay += other.delay;
        return *this;
    }
};

/// Stages of a body: one for each value (what makes it, and what all readers get it through), and
/// one for each reader (what only this one gets it through).
class FrameStages {
  public:
    FrameStages() = default;
    FrameStages(const Graph& body, const std::vector<ActorChoices>& choices);

    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] static std::size_t of(ValueId value) { return value; }
    [[nodiscard]] bool is_value(std::size_t stage) const { return stage < vectors_.size(); }
    [[nodiscard]] std::size_t of(const ValueReader& reader) const {
        return readers_.at(reader.node) + reader.input;
    }
    /// Elements of what is followed as one vector of a value: a pixel's channels; of a window whose
    /// words come in another order than its elements (ir/actor_parts.hpp), all.
    [[nodiscard]] std::int64_t vector(ValueId value) const { return vectors_.at(value); }
    /// Whether that is a window. Its first word stands for those that come last of each block of
    /// channels, not for the first one that comes.
    [[nodiscard]] bool is_window(ValueId value) const { return is_window_.at(value); }

  private:
    std::vector<std::size_t> readers_; ///< by node, outputs of the body last
    std::vector<std::int64_t> vectors_;
    std::vector<bool> is_window_;
    std::size_t size_ = 0;
};

/// How many of the first elements of an input a node needs for the first `step`, 2 `step`, ... of a
/// result; at least.
std::vector<std::int64_t> needed_elements(const Graph& body, const Node& node, std::size_t input,
                                          ValueId output, std::int64_t step);

/// Times of the first and the last word of a vector.
struct Words {
    std::int64_t first;
    std::int64_t last;
};

class FrameFlow {
  public:
    FrameFlow(const Graph& body, FrameStages stages);

    /// A longest path; by stage, how often its step, spread and delay are on it. A spread is there
    /// less often than never where the path goes from the end of a vector to the next one's first
    /// word, and from there to another stage.
    struct Path {
        std::int64_t latency = 0; ///< with the paces that it was found with
        std::vector<Pace> counts;
    };
    /// `paces` by stage.
    [[nodiscard]] Path longest(const std::vector<Pace>& paces) const;

    /// Longest paths through every stage of a value.
    class Through {
      public:
        /// The latency's bound if a value's stage had another pace.
        [[nodiscard]] std::int64_t latency(ValueId value, const Pace& pace) const;

      private:
        friend class FrameFlow;
        std::vector<bool> is_input_;
        /// By value and vector: when what its words wait for is there, and how long the way from
        /// them to the end is without other words of the value.
        std::vector<std::vector<Words>> before_, behind_;
    };
    [[nodiscard]] Through through(const std::vector<Pace>& paces) const;

  private:
    /// What the first word of a vector waits for.
    enum class First : std::uint8_t {
        unknown,
        first, ///< the first word of the vector that the last one waits for
        last,  ///< its last word
    };
    /// The last vector of an input of which a vector of the result needs something.
    struct Need {
        std::int32_t vector = 0; ///< negative: it needs nothing
        bool whole = true;       ///< and not only its first word, as far as is known
    };
    struct Input {
        ValueId value = 0;
        std::size_t stage = 0; ///< of the reader
        First first = First::unknown;
        std::vector<Need> needs{}; ///< by vector of the result
    };
    /// A word that another waits for.
    struct Link {
        std::size_t vector = 0; ///< of an input
        bool first = false;     ///< or its last word
        Pace counts{};          ///< of the reader's pace, between the two
        [[nodiscard]] const std::int64_t& of(const Words& words) const {
            return first ? words.first : words.last;
        }
        [[nodiscard]] std::int64_t way(const Pace& reader) const {
            return counts.step * reader.step + counts.spread * reader.spread +
                   counts.delay * reader.delay;
        }
    };
    struct Made {
        ValueId value = 0;
        std::vector<Input> inputs;
    };
    [[nodiscard]] static First first_of(const Node& node, std::size_t input,
                                        const FrameStages& stages);
    /// What the first or the last word of a vector of the result waits for, as far as is known.
    template <class F>
    static void for_links(const Input& input, std::size_t vector, bool first, const F& f);
    using Times = std::vector<std::vector<Words>>; ///< by value and vector
    [[nodiscard]] Times follow(const std::vector<Pace>& paces) const;
    /// When what the words of a vector wait for is there.
    [[nodiscard]] static Words arrival(const Made& made, std::size_t vector, const Times& times,
                                       const std::vector<Pace>& paces);

    FrameStages stages_;
    std::vector<ValueId> inputs_;
    std::vector<std::pair<ValueId, std::size_t>> outputs_; ///< with the stages of their readers
    std::vector<Made> made_;                               ///< in the body's order
    std::vector<std::size_t> counts_;                      ///< vectors by value
};

} // namespace millrace::planner
