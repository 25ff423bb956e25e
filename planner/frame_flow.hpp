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
#include "planner/input_port.hpp"

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace millrace::planner {

/// What a stage adds to the times of vectors, in cycles; along a path, how often it does.
struct Pace {
    std::int64_t step = 0;   ///< at least so many between the ends of a vector and of the next
    std::int64_t spread = 0; ///< of these between its first word and its last
    std::int64_t delay = 0;  ///< between a word that it takes and the first that waits for that
    std::int64_t tail = 0;   ///< between that and the last that waits for it, where it is the last
    std::int64_t head = 0;   ///< of a vector's first words, before the one that its first waits for
    // Of a design, not of what is the least of several, and no part of a path:
    std::int64_t lanes = 0;  ///< elements of a word; 0: words are as they come
    std::int64_t word = 0;   ///< at least so many cycles between a word and the next
    std::int64_t memory = 0; ///< of an input, elements of a memory word; 0: words come at once
    std::int64_t unit = 0;   ///< 1 more than the number of the unit that reorders words; 0: none
    /// Of a design: that a vector is one word.
    [[nodiscard]] bool single() const { return step > 0 && spread == 0; }
    friend auto operator<=>(const Pace&, const Pace&) = default;
    Pace& operator+=(const Pace& other) {
        step += other.step;
        spread += other.spread;
        delay += other.delay;
        tail += other.tail;
        head += other.head;
        lanes += other.lanes;
        word += other.word;
        memory += other.memory;
        unit += other.unit;
        return *this;
    }
    friend Pace operator-(const Pace& a, const Pace& b) {
        return {a.step - b.step, a.spread - b.spread, a.delay - b.delay,
                a.tail - b.tail, a.head - b.head,     a.lanes - b.lanes,
                a.word - b.word, a.memory - b.memory, a.unit - b.unit};
    }
    /// Cycles that a pace adds to a path that has it so often.
    friend std::int64_t operator*(const Pace& count, const Pace& pace) {
        return count.step * pace.step + count.spread * pace.spread + count.delay * pace.delay +
               count.tail * pace.tail + count.head * pace.head;
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

/// The first or the last word of a vector.
struct Word {
    std::size_t stage = 0;
    std::size_t vector = 0;
    bool first = false;
};

/// When what the words of a vector wait for is there.
struct Arrival {
    std::int64_t begin; ///< first words of vectors, for its first word
    std::int64_t first; ///< last words, for its first word
    std::int64_t last;  ///< for its last word
};

/// An input that comes at the pace of memory.
struct SlowInput {
    InputPort port;
    std::int64_t vector = 0;       ///< its elements
    std::vector<Arrival> arrivals; ///< of vectors, in any design

    /// The words of a vector of a design. `before`: the end of the vector before.
    [[nodiscard]] Words words(std::size_t number, const Pace& pace, std::int64_t before) const;
};

class FrameFlow {
  public:
    /// `ports`: by input of the body; none: memory is as quick as its readers.
    FrameFlow(const Graph& body, const FrameStages& stages,
              const std::vector<InputPort>& ports = {});

    /// A longest path; by stage, how often what its pace says is on it. A spread is there less
    /// often than never where the path goes from the end of a vector to the next one's first word,
    /// and from there to another stage.
    struct Path {
        std::int64_t latency = 0; ///< with the paces that it was found with
        std::int64_t start = 0;   ///< cycles that no pace counts, until memory has its first word
        std::vector<Pace> counts;
        std::vector<Word> exits; ///< with which it leaves its stages, the last first
    };
    /// `paces` by stage.
    [[nodiscard]] Path longest(const std::vector<Pace>& paces) const;
    /// The latency's bound with what no path knows, too, as it is not in all designs: that a vector
    /// in one word has its first with its last, and when memory has the words of this one.
    [[nodiscard]] std::int64_t latency(const std::vector<Pace>& paces) const;

    /// Stages, inputs first, each behind those that it waits for.
    [[nodiscard]] std::vector<std::size_t> order() const;
    [[nodiscard]] bool is_input(std::size_t stage) const;
    [[nodiscard]] bool is_output(std::size_t stage) const;
    /// Nothing: it is no input, or memory is not slow.
    [[nodiscard]] const SlowInput* slow_input(std::size_t stage) const {
        const auto found = slow_inputs_.find(stage);
        return found == slow_inputs_.end() ? nullptr : &found->second;
    }
    [[nodiscard]] std::size_t vectors(std::size_t stage) const { return counts_[stage]; }
    struct Wait {
        Word word;
        Word source; ///< of an earlier stage
    };
    /// What the words of a stage wait for.
    [[nodiscard]] std::vector<Wait> waits(std::size_t stage) const;

    /// Longest paths through every stage.
    class Through {
      public:
        /// The latency's bound if a stage had another pace.
        [[nodiscard]] std::int64_t latency(std::size_t stage, const Pace& pace) const;
        /// By vector, how long the way from its words to the end is over other stages; less than 0:
        /// nothing waits for them.
        [[nodiscard]] const std::vector<Words>& rest(std::size_t stage) const {
            return behind_[stage];
        }

      private:
        friend class FrameFlow;
        std::vector<bool> is_input_;
        /// By stage and vector: when what its words wait for is there, and how long the way from
        /// them to the end is without other words of the stage.
        std::vector<std::vector<Arrival>> before_;
        std::vector<std::vector<Words>> behind_;
    };
    [[nodiscard]] Through through(const std::vector<Pace>& paces) const;
    /// That are followed for a path: of all stages, of one.
    [[nodiscard]] std::int64_t words() const;
    [[nodiscard]] std::int64_t words(std::size_t stage) const {
        return 2 * static_cast<std::int64_t>(counts_[stage]);
    }

  private:
    /// What the first word of a vector waits for.
    enum class First : std::uint8_t {
        unknown,
        first, ///< the first word of the vector that the last one waits for
        last,  ///< its last word
    };
    /// The last vector of a source of which a vector needs something.
    struct Need {
        std::int32_t vector = 0; ///< negative: it needs nothing
        bool whole = true;       ///< and not only its first word, as far as is known
    };
    struct Source {
        std::size_t stage = 0;
        First first = First::unknown;
        std::vector<Need> needs{}; ///< by vector; empty: each needs the one of its number
    };
    /// A stage that waits for others.
    struct Made {
        std::size_t stage = 0;
        std::vector<Source> sources;
    };
    /// A word that another waits for.
    struct Link {
        std::size_t vector = 0;
        bool first = false; ///< or its last word
        [[nodiscard]] std::int64_t time(const std::vector<Words>& words) const {
            return first ? words[vector].first : words[vector].last;
        }
    };

    [[nodiscard]] static First first_of(const Node& node, std::size_t input,
                                        const FrameStages& stages);
    /// What the first or the last word of a vector waits for; nothing: for none that is known.
    [[nodiscard]] static std::optional<Link> link(const Source& source, std::size_t vector,
                                                  bool first);
    using Times = std::vector<std::vector<Words>>; ///< by stage and vector
    /// `exactly`: with vectors in one word as such.
    [[nodiscard]] Times follow(const std::vector<Pace>& paces, bool exactly = false) const;
    /// The output that ends last, and when; nothing: no result waits for an input.
    [[nodiscard]] std::optional<std::pair<std::size_t, std::int64_t>>
    end_of(const Times& times) const;
    [[nodiscard]] static Arrival arrival(const Made& made, std::size_t vector, const Times& times);
    /// What a stage adds on a link to the first or to the last word of a vector.
    [[nodiscard]] static std::int64_t passing(const Link& from, const Pace& pace, bool first) {
        return pace.delay + (!first ? pace.tail : from.first ? pace.head : 0);
    }
    /// `before`: the end of the vector before.
    [[nodiscard]] static Words ready(const Arrival& there, const Pace& pace, std::int64_t before);

    std::vector<std::size_t> inputs_;              ///< stages of the body's inputs
    std::map<std::size_t, SlowInput> slow_inputs_; ///< by stage
    std::vector<std::size_t> outputs_;             ///< of the readers of its outputs
    std::vector<Made> made_;          ///< all others, each behind those that it waits for
    std::vector<std::size_t> counts_; ///< vectors by stage
};

} // namespace millrace::planner
