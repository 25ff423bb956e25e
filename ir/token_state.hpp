// SPDX-License-Identifier: Apache-2.0
//
// What the token simulation knows of the streams and the actors of a graph while it follows them
// (ir/token_simulation.cpp).
#pragma once

#include "ir/memory_pace.hpp"
#include "ir/rearrange_walk.hpp"
#include "ir/schedule.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

namespace millrace {

inline constexpr std::size_t nobody = std::numeric_limits<std::size_t>::max();

/// Times by index of the word, the last of them, in a ring of a power of two.
class WordTimes {
  public:
    /// The last `words` times; 0: those that are not forgotten.
    void keep(std::int64_t words) {
        fixed_ = words > 0;
        resize(std::bit_ceil(static_cast<std::size_t>(fixed_ ? words : 4096)));
    }
    /// Whether the ring must grow for the next time.
    [[nodiscard]] bool full() const {
        return !fixed_ && static_cast<std::size_t>(count_ - first_) > mask_;
    }
    void forget_before(std::int64_t index) { first_ = std::max(first_, index); }
    void push(std::int64_t time) {
        if (full()) [[unlikely]] {
            resize(2 * times_.size());
        }
        times_[static_cast<std::size_t>(count_++) & mask_] = time;
    }
    [[nodiscard]] std::int64_t count() const { return count_; }
    [[nodiscard]] std::int64_t at(std::int64_t index) const {
        return times_[static_cast<std::size_t>(index) & mask_];
    }

  private:
    void resize(std::size_t size) {
        std::vector<std::int64_t> times(size);
        for (std::int64_t i = first_; i < count_; ++i) {
            times[static_cast<std::size_t>(i) & (size - 1)] = at(i);
        }
        times_ = std::move(times);
        mask_ = size - 1;
    }

    std::vector<std::int64_t> times_;
    std::size_t mask_ = 0;
    std::int64_t count_ = 0;
    std::int64_t first_ = 0;
    bool fixed_ = false;
};

/// The way of a stream from one actor to the next: FIFOs and wires. Also the buffer of a
/// rearrangement whose two sides are not bound to each other: there a word is "taken" when it is
/// not needed any more, which may be before it comes.
struct TokenChannel {
    std::size_t writer = nobody; ///< actors
    std::size_t reader = nobody;
    std::int64_t capacity = 0;     ///< words; 0: none of it ever fills
    std::int64_t delay = 0;        ///< cycles that its queues add
    std::int64_t early = 0;        ///< words of a buffer that may be given up before they come
    std::size_t measured = nobody; ///< the node whose occupancy is asked for
    std::size_t fifo = nobody;     ///< the node of its last FIFO
    WordTimes ready;               ///< when a word can be read
    WordTimes taken;               ///< when it was
    std::int64_t come = 0;         ///< measured: words that have come when the next one is read,
    std::int64_t measured_to = 0;  ///< and which that is
    /// When waits are traced: the step of the writer that made a word, of the reader that took it,
    /// and, 1 more than its number, the word for which there was no room and that held it up.
    std::vector<std::uint32_t> made_in;
    std::vector<std::uint32_t> taken_in;
    std::vector<std::uint32_t> held_by;
    std::int64_t most_waiting = 0; ///< measured: words that waited at once
    [[nodiscard]] bool bounded() const { return capacity > 0 && measured == nobody; }
    /// Forgets times that nobody asks for any more. Where words are measured, counts before how
    /// many waited, as far as that is known. `ended`: no more of them come.
    void measure(bool ended);
};

/// A queue of few entries.
template <class T> class SmallQueue {
  public:
    void room(std::size_t entries) {
        entries_.resize(std::bit_ceil(entries));
        mask_ = entries_.size() - 1;
    }
    [[nodiscard]] bool empty() const { return first_ == end_; }
    [[nodiscard]] std::size_t size() const { return end_ - first_; }
    [[nodiscard]] const T& at(std::size_t i) const { return entries_[(first_ + i) & mask_]; }
    [[nodiscard]] const T& front() const { return at(0); }
    void push(const T& entry) { entries_[end_++ & mask_] = entry; }
    void pop() { ++first_; }

  private:
    std::vector<T> entries_;
    std::size_t mask_ = 0;
    std::size_t first_ = 0;
    std::size_t end_ = 0;
};

/// The stages of an actor, which move together, or, while a word at the end finds no room, not at
/// all. A stop is what such a wait takes; words inside leave later for it, and no step is made
/// within it.
struct TokenPipe {
    struct Stop {
        std::int64_t from;
        std::int64_t until;
        std::uint32_t word; ///< that waited
    };
    struct Word {
        std::int64_t step;   ///< that made it
        std::int64_t passed; ///< cycles of the stops before that
    };
    std::int64_t latency = 0;
    std::int64_t stopped = 0;    ///< cycles of all stops that are known
    std::int64_t passed = 0;     ///< of those before the last step
    std::int64_t left = 0;       ///< words that are through
    std::int64_t held = 0;       ///< when the first word inside has left on some of its ways
    SmallQueue<Word> inside;     ///< words that have not left
    SmallQueue<Stop> stops;      ///< behind the last step
    std::uint32_t last_stop = 0; ///< 1 more than the word that waited last

    void set_latency(std::int64_t cycles) {
        latency = cycles;
        inside.room(static_cast<std::size_t>(cycles) + 2);
        stops.room(static_cast<std::size_t>(cycles) + 2);
    }
    /// Whether nothing can hold up the next step.
    [[nodiscard]] bool is_free() const { return inside.empty() && stops.empty(); }
    /// When the first word inside can leave.
    [[nodiscard]] std::int64_t arrival() const {
        return inside.front().step + latency + stopped - inside.front().passed;
    }
};

/// Where an actor is in its schedule. One step is one cycle that reads or writes, or the last of
/// a run of cycles that do neither.
struct TokenActor {
    std::size_t node = nobody;
    Schedule plan;
    std::vector<std::size_t> inputs; ///< channels; nobody: memory
    std::vector<std::size_t> outputs;
    std::vector<TokenChannel*> sources; ///< those of `inputs`
    std::vector<TokenChannel*> sinks;
    std::int64_t frames_left = 0;
    std::int64_t paced_words = 0; ///< of a frame, when they leave evenly over the interval
    std::int64_t repeat = 0;
    std::size_t block = 0;
    std::int64_t time = 0;  ///< of the block
    std::int64_t cycle = 0; ///< within the time
    std::int64_t now = -1;  ///< the cycle last made
    std::int64_t words_written = 0;
    std::int64_t first_write = -1;
    std::int64_t last_read = -1;
    bool queued = false;
    bool running = false;
    std::uint32_t waits_for = 0; ///< while it cannot go on: an entry of WaitCause
    /// Whether a step that writes waits for room itself: an actor without registers, or what fills
    /// a buffer. Else words wait at the end of the pipe.
    bool direct = false;
    std::int64_t held = 0; ///< direct: when the step in hand wrote on some of its ways
    TokenPipe pipe;
    bool gave = false; ///< a word left since that was last asked
    /// Of what sends a rearrangement's words: which, and the words of the frames before.
    std::optional<RearrangeOrder> order;
    std::int64_t words_before = 0;
    std::int64_t frame_words = 0;
    /// Of a mover's memory: its slots, and the words of a burst; the words of this frame that have
    /// been moved are words_before.
    MemoryPace pace;
    std::int64_t burst = 0;
    /// When waits are traced: what each step waited for last, an entry of WaitCause, and of which
    /// word that was.
    std::vector<std::uint32_t> causes;
    std::vector<std::uint32_t> words;
};

/// What a step waited for: the step before, a word of a channel, or room in one.
struct WaitCause {
    static constexpr std::uint32_t step_before = 0;
    static std::uint32_t word(std::size_t channel) {
        return static_cast<std::uint32_t>(2 * channel + 2);
    }
    static std::uint32_t room(std::size_t channel) {
        return static_cast<std::uint32_t>(2 * channel + 3);
    }
    static std::size_t channel(std::uint32_t cause) { return cause / 2 - 1; }
    static bool is_room(std::uint32_t cause) { return cause % 2 == 1; }
};

} // namespace millrace
