// SPDX-License-Identifier: Apache-2.0
#include "ir/token_simulation.hpp"

#include "ir/diagnostics.hpp"
#include "ir/token_network.hpp"
#include "ir/token_trace.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <span>
#include <utility>

namespace millrace {

namespace {

using Reads = ScheduleBlock::Reads;
using Writes = ScheduleBlock::Writes;

/// `traced`: what each step waited for is kept.
template <bool traced> class Simulation {
  public:
    Simulation(const Graph& graph, std::int64_t frames, const std::vector<bool>& unbounded,
               const TokenMode& mode)
        : Simulation(graph, frames, token_network(graph, frames, unbounded, mode), mode.input) {}

    TokenSimulation run() {
        for (std::size_t n = actors_.size(); n-- > 0;) {
            TokenActor& actor = actors_[n];
            for (const std::size_t c : actor.inputs) {
                if (c != nobody) {
                    actor.sources.push_back(&channels_[c]);
                }
            }
            for (const std::size_t c : actor.outputs) {
                actor.sinks.push_back(&channels_[c]);
            }
            enqueue(n);
        }
        while (!waiting_.empty()) {
            const std::size_t n = waiting_.back();
            waiting_.pop_back();
            actors_[n].queued = false;
            follow(n);
        }
        for (std::size_t n = 0; n < actors_.size(); ++n) {
            const std::int64_t end = actors_[n].now + 1;
            result_.cycles = std::max(result_.cycles, end - start);
            result_.settled = end < start ? std::max(result_.settled, end) : result_.settled;
            if (input_ && actors_[n].frames_left > 0 && result_.deadlocked.empty()) {
                find_cycle(n);
            }
        }
        find_latency();
        for (TokenChannel& channel : channels_) {
            channel.measure(true);
            if (channel.measured != nobody) {
                result_.occupancy[channel.measured] = channel.most_waiting;
            }
        }
        if constexpr (traced) {
            if (result_.deadlocked.empty()) {
                result_.critical =
                    critical_fifos(actors_, channels_, std::ssize(result_.frame_ends));
            }
        }
        return std::move(result_);
    }

    /// Of a run that ended: the least beginning from which each actor could do its last frame, so
    /// that the next one need not wait for it.
    [[nodiscard]] Begins latest_begins(std::int64_t interval) const {
        Begins begins;
        for (const TokenActor& actor : actors_) {
            begins.push_back(std::max<std::int64_t>(0, actor.now - interval + 1));
        }
        return begins;
    }

  private:
    static constexpr std::int64_t start = first_word_cycle;

    Simulation(const Graph& graph, std::int64_t frames, TokenNetwork network, bool input)
        : graph_(graph),
          input_(input),
          actors_(std::move(network.actors)),
          channels_(std::move(network.channels)) {
        result_.interval = network.interval;
        result_.bottleneck = network.bottleneck;
        result_.occupancy.assign(graph.nodes.size(), 0);
        result_.frame_ends.assign(static_cast<std::size_t>(frames), 0);
    }

    [[nodiscard]] static bool goes_on(const TokenActor& actor) {
        return actor.frames_left > 0 || !actor.pipe.inside.empty();
    }

    void enqueue(std::size_t n) {
        if (n != nobody && !actors_[n].queued && !actors_[n].running && goes_on(actors_[n])) {
            actors_[n].queued = true;
            waiting_.push_back(n);
        }
    }

    /// Follows an actor as far as it goes and notes who may go on because of it.
    bool follow(std::size_t n) {
        TokenActor& actor = actors_[n];
        actor.running = true;
        const bool moved = advance(actor);
        actor.running = false;
        if (moved) {
            for (const std::size_t c : actor.inputs) {
                enqueue(c == nobody ? nobody : channels_[c].writer);
            }
            for (const std::size_t c : actor.outputs) {
                enqueue(channels_[c].reader);
            }
        }
        return moved;
    }

    /// Follows the reader of a full channel; false when that changes nothing. Most words find a
    /// channel of two words full: going there and back beats waiting for a turn.
    bool make_room(const TokenChannel& channel) {
        return channel.reader != nobody && !actors_[channel.reader].running &&
               goes_on(actors_[channel.reader]) && follow(channel.reader);
    }

    /// When a step is made, and what it waited for last.
    struct Wait {
        std::int64_t now;
        std::uint32_t cause = WaitCause::step_before;
        std::uint32_t word = 0;
        void until(std::int64_t time, std::uint32_t reason, std::int64_t of) {
            if (time > now) {
                now = time;
                if constexpr (traced) {
                    cause = reason;
                    word = static_cast<std::uint32_t>(of);
                }
            }
        }
    };

    /// A channel that is not bounded keeps the times of words that its reader has not followed.
    void make_space(TokenChannel& channel) {
        channel.measure(false);
        if (channel.ready.full()) {
            make_room(channel); // it may follow now what it would follow later
            channel.measure(false);
        }
    }
    void take(TokenChannel& channel, std::int64_t time) {
        if (channel.taken.full()) {
            channel.measure(false);
        }
        channel.taken.push(time);
    }

    /// When the next word of a channel finds room; nothing when that is not known yet. `insist`:
    /// follows the reader for it.
    std::optional<std::int64_t> room(const TokenChannel& channel, bool insist) {
        const std::int64_t before = channel.ready.count() - channel.capacity;
        if (!channel.bounded() || before < 0) {
            return 0;
        }
        while (channel.taken.count() <= before) {
            if (!insist || !make_room(channel)) {
                return std::nullopt;
            }
        }
        return channel.taken.at(before) + 1;
    }

    void give(TokenActor& actor, TokenChannel& channel, std::int64_t time, std::uint32_t held_by) {
        if (channel.ready.full()) {
            make_space(channel);
        }
        channel.ready.push(time + channel.delay);
        actor.gave = true;
        if constexpr (traced) {
            channel.held_by.push_back(held_by);
        }
    }

    /// Lets words leave the pipe as far as there is known to be room, and insists on those that
    /// arrive at its end up to a time; false when that cannot be known yet.
    template <class Channels>
    bool leave_pipe(TokenActor& actor, const Channels& sinks, std::int64_t until) {
        TokenPipe& pipe = actor.pipe;
        while (!pipe.inside.empty()) {
            const std::int64_t arrival = pipe.arrival();
            const bool held_up = pipe.stopped > pipe.inside.front().passed;
            for (TokenChannel* sink : sinks) {
                if (sink->ready.count() > pipe.left) {
                    continue; // it has left this way
                }
                const std::optional<std::int64_t> from = room(*sink, arrival <= until);
                if (!from) {
                    actor.waits_for = WaitCause::room(index(*sink));
                    return arrival > until;
                }
                if (*from > arrival) {
                    pipe.last_stop = static_cast<std::uint32_t>(pipe.left + 1);
                }
                pipe.held = std::max(pipe.held, *from);
                give(actor, *sink, std::max(arrival, *from),
                     held_up || *from > arrival ? pipe.last_stop : 0);
            }
            if (pipe.held > arrival) {
                pipe.stops.push({arrival, pipe.held, static_cast<std::uint32_t>(pipe.left)});
                pipe.stopped += pipe.held - arrival;
            }
            pipe.held = 0;
            pipe.inside.pop();
            ++pipe.left;
        }
        return true;
    }

    /// Lets the word of a step into the pipe, and out of it where that is known.
    template <class Channels>
    void enter_pipe(TokenActor& actor, const Channels& sinks, std::int64_t now) {
        TokenPipe& pipe = actor.pipe;
        if (!traced && sinks.size() == 1 && pipe.is_free()) {
            // Most words just pass.
            TokenChannel& sink = *sinks[0];
            const std::int64_t arrival = now + pipe.latency;
            const std::int64_t before = sink.ready.count() - sink.capacity;
            if (!sink.bounded() || before < 0 ||
                (sink.taken.count() > before && sink.taken.at(before) < arrival)) {
                give(actor, sink, arrival, 0);
                ++pipe.left;
                return;
            }
        }
        pipe.inside.push({now, pipe.passed});
        leave_pipe(actor, sinks, -1);
    }

    /// Stops of a pipe between its last step and one that is looked for.
    struct Passing {
        std::size_t stops = 0;
        std::int64_t cycles = 0;
    };
    /// Delays a step that is to be made at wait.now by the stops before it. `moves`: the pipe has
    /// work in all cycles until then; else only the stop in hand counts, if there is one. False:
    /// that is not known yet.
    template <class Channels>
    bool pass_stops(TokenActor& actor, const Channels& sinks, bool moves, Wait& wait,
                    Passing& passing) {
        TokenPipe& pipe = actor.pipe;
        while (true) {
            if (!pipe.inside.empty() && !leave_pipe(actor, sinks, wait.now)) {
                return false;
            }
            if (passing.stops == pipe.stops.size() ||
                pipe.stops.at(passing.stops).from > wait.now) {
                return true;
            }
            const TokenPipe::Stop stop = pipe.stops.at(passing.stops);
            const std::int64_t cycles = stop.until - stop.from;
            wait.until(moves ? wait.now + cycles : stop.until, WaitCause::room(index(*sinks[0])),
                       stop.word);
            passing.cycles += cycles;
            ++passing.stops;
        }
    }

    /// Follows the actor until it must wait or ends; true when it did anything.
    bool advance(TokenActor& actor) {
        bool moved = false;
        if (actor.order) {
            moved = send(actor);
            return std::exchange(actor.gave, false) || moved;
        }
        if (actor.burst > 0) {
            return move_memory(actor);
        }
        while (actor.frames_left > 0) {
            const ScheduleBlock& block = actor.plan.blocks[actor.block];
            if (block.reads == Reads::none && block.writes == Writes::none) {
                actor.now += block.times * block.cycles;
                moved = true;
            } else if (!follow(actor, block, moved)) {
                break;
            }
            next_block(actor);
        }
        if (!actor.pipe.inside.empty()) {
            leave_pipe(actor, actor.sinks, -1);
        }
        return std::exchange(actor.gave, false) || moved;
    }

    /// Follows the actor through the rest of a block; false when it must wait.
    bool follow(TokenActor& actor, const ScheduleBlock& block, bool& moved) {
        // One input and one output is by far the most common; it is worth a loop of its own.
        if (actor.sources.size() == 1 && actor.sinks.size() == 1) {
            return follow(actor, block, std::array{actor.sources[0]}, std::array{actor.sinks[0]},
                          moved);
        }
        const std::span<TokenChannel* const> all(actor.sources);
        return follow(actor, block,
                      block.input == ScheduleBlock::every_input
                          ? all
                          : all.subspan(static_cast<std::size_t>(block.input), 1),
                      std::span<TokenChannel* const>(actor.sinks), moved);
    }

    template <class Channels>
    bool follow(TokenActor& actor, const ScheduleBlock& block, const Channels& sources,
                const Channels& sinks, bool& moved) {
        const bool piped = !actor.direct;
        const std::int64_t times = block.times;
        const std::int64_t cycles = block.cycles;
        const Reads block_reads = block.reads;
        const Writes block_writes = block.writes;
        std::int64_t time = actor.time;
        std::int64_t cycle = actor.cycle;
        std::int64_t before_now = actor.now;
        std::int64_t words = actor.words_written;
        const std::int64_t start_time = time;
        const std::int64_t start_cycle = cycle;
        const auto leave = [&](bool done) {
            moved = moved || time != start_time || cycle != start_cycle;
            actor.time = time;
            actor.cycle = cycle;
            actor.now = before_now;
            actor.words_written = words;
            return done;
        };
        while (time < times) {
            const bool reads = block_reads == Reads::every_cycle ||
                               (block_reads == Reads::first_cycle && cycle == 0);
            // Cycles that neither read nor write are passed over.
            const bool last = cycle + 1 == cycles;
            const bool jump = !reads && !last && block_writes != Writes::every_cycle;
            const std::int64_t skipped = jump ? cycles - 1 - cycle : 0;
            const std::int64_t end = cycle + skipped;
            const bool writes = block_writes == Writes::every_cycle ||
                                (block_writes == Writes::last_cycle && end + 1 == cycles);

            Wait wait{before_now + 1 + skipped};
            Passing passing;
            const bool may_stop = piped && !actor.pipe.is_free();
            if (may_stop && !pass_stops(actor, sinks, true, wait, passing)) {
                return leave(false);
            }
            const std::int64_t made = wait.now;
            if (writes && actor.paced_words > 0) {
                wait.now = std::max(wait.now, start + words * result_.interval / actor.paced_words);
            }
            if (reads) {
                for (const TokenChannel* channel : sources) {
                    const std::int64_t word = channel->taken.count();
                    if (channel->ready.count() <= word) {
                        actor.waits_for = WaitCause::word(index(*channel));
                        return leave(false);
                    }
                    wait.until(channel->ready.at(word), WaitCause::word(index(*channel)), word);
                }
            }
            if (may_stop && wait.now > made && !pass_stops(actor, sinks, false, wait, passing)) {
                return leave(false);
            }
            if (writes && actor.direct && !write_directly(actor, sinks, words, wait)) {
                return leave(false);
            }
            const std::int64_t now = wait.now;
            if constexpr (traced) {
                remember(actor, wait, sources, sinks, reads, writes);
            }
            if (reads) {
                actor.last_read = now;
                for (TokenChannel* channel : sources) {
                    take(*channel, now);
                }
            }
            if (writes) {
                actor.first_write = actor.first_write < 0 ? now : actor.first_write;
                ++words;
            }
            if (piped) {
                if (may_stop) {
                    pass(actor.pipe, passing);
                }
                if (writes) {
                    enter_pipe(actor, sinks, now);
                }
            }
            before_now = now;
            cycle = end + 1;
            if (cycle == cycles) {
                cycle = 0;
                ++time;
            }
        }
        return leave(true);
    }

    static void pass(TokenPipe& pipe, const Passing& passing) {
        for (std::size_t i = 0; i < passing.stops; ++i) {
            pipe.stops.pop();
        }
        pipe.passed += passing.cycles;
    }

    /// Writes word `word` of an actor without a pipe, on each way as soon as there is room; the
    /// step ends with the last. False: that is not known yet.
    template <class Channels>
    bool write_directly(TokenActor& actor, const Channels& sinks, std::int64_t word, Wait& wait) {
        const std::int64_t latency = actor.plan.latency;
        const std::int64_t from = wait.now;
        for (TokenChannel* sink : sinks) {
            if (sink->ready.count() > word) {
                continue; // written on this way
            }
            const std::optional<std::int64_t> free = room(*sink, true);
            if (!free) {
                actor.waits_for = WaitCause::room(index(*sink));
                return false;
            }
            const std::int64_t now = std::max(from, *free - latency);
            if (now > std::max(wait.now, actor.held)) {
                wait.cause = WaitCause::room(index(*sink));
                wait.word = static_cast<std::uint32_t>(word);
            }
            actor.held = std::max(actor.held, now);
            give(actor, *sink, now + latency,
                 now > from ? static_cast<std::uint32_t>(word + 1) : 0);
        }
        wait.now = std::max(wait.now, std::exchange(actor.held, 0));
        return true;
    }

    /// Sends words of a rearrangement's buffer as far as they are there and have room.
    bool send(TokenActor& actor) {
        TokenChannel& buffer = *actor.sources[0];
        RearrangeOrder& order = *actor.order;
        const auto give_up = [&](std::int64_t low, std::int64_t time) {
            while (buffer.taken.count() < low) {
                buffer.taken.push(time);
                if constexpr (traced) {
                    buffer.taken_in.push_back(static_cast<std::uint32_t>(actor.causes.size()));
                }
            }
        };
        const std::array sinks{actor.sinks[0]};
        bool moved = false;
        if (actor.now < 0) {
            moved = order.low() > buffer.taken.count();
            give_up(order.low(), 0);
        }
        while (actor.frames_left > 0) {
            const std::int64_t word = actor.words_before + order.address();
            if (buffer.ready.count() <= word) {
                actor.waits_for = WaitCause::word(actor.inputs[0]);
                break;
            }
            Wait wait{actor.now + 1};
            Passing passing;
            if (!pass_stops(actor, sinks, true, wait, passing)) {
                break;
            }
            wait.until(buffer.ready.at(word), WaitCause::word(actor.inputs[0]), word);
            if (actor.direct ? !write_directly(actor, sinks, actor.words_written, wait)
                             : !pass_stops(actor, sinks, false, wait, passing)) {
                break;
            }
            actor.now = wait.now;
            ++actor.words_written;
            if (!actor.direct) {
                pass(actor.pipe, passing);
                enter_pipe(actor, sinks, wait.now);
            }
            order.advance();
            if (order.ended()) {
                order.next_frame();
                actor.words_before += actor.frame_words;
                --actor.frames_left;
            }
            give_up(actor.words_before + order.low(), wait.now + 1);
            if constexpr (traced) {
                sinks[0]->made_in.push_back(static_cast<std::uint32_t>(actor.causes.size()));
                actor.causes.push_back(wait.cause);
                actor.words.push_back(wait.word);
            }
            moved = true;
        }
        leave_pipe(actor, sinks, -1);
        return moved;
    }

    /// Moves memory words: a burst is asked for when the buffer has room for all of it, or when all
    /// of it is there, and the words of a batch lie one behind the other.
    bool move_memory(TokenActor& actor) {
        actor.gave = false;
        bool moved = false;
        for (; actor.frames_left > 0; moved = true) {
            const std::int64_t word = actor.words_written;
            const std::int64_t left = actor.frames_left * actor.frame_words - actor.words_before;
            const std::int64_t last =
                word + std::min(actor.burst - word % actor.burst, left) - 1; // of its burst
            std::int64_t from = actor.now + 1;
            std::uint32_t cause = WaitCause::step_before; // or the pace
            if (!actor.sources.empty()) {
                const TokenChannel& buffer = *actor.sources[0];
                if (buffer.ready.count() <= last) {
                    actor.waits_for = WaitCause::word(index(buffer));
                    break;
                }
                if (actor.pace.next(buffer.ready.at(last) - start) >
                    actor.pace.next(from - start)) {
                    cause = WaitCause::word(actor.inputs[0]);
                }
                from = std::max(from, buffer.ready.at(last));
            } else {
                const TokenChannel& buffer = *actor.sinks[0];
                const std::int64_t before = last - buffer.capacity;
                while (before >= 0 && buffer.taken.count() <= before && make_room(buffer)) {
                }
                if (before >= 0 && buffer.taken.count() <= before) {
                    actor.waits_for = WaitCause::room(index(buffer));
                    break;
                }
                if (before >= 0 && buffer.taken.at(before) + 1 > from) {
                    from = buffer.taken.at(before) + 1;
                    cause = WaitCause::room(index(buffer));
                }
            }
            actor.now = start + actor.pace.next(from - start);
            if constexpr (traced) {
                std::vector<std::uint32_t>& steps =
                    actor.sources.empty() ? actor.sinks[0]->made_in : actor.sources[0]->taken_in;
                steps.push_back(static_cast<std::uint32_t>(actor.causes.size()));
                actor.causes.push_back(cause);
                actor.words.push_back(static_cast<std::uint32_t>(last));
            }
            if (actor.sources.empty()) {
                actor.sinks[0]->ready.push(actor.now + 1);
            } else {
                take(*actor.sources[0], actor.now);
            }
            ++actor.words_written;
            if (++actor.words_before == actor.frame_words) {
                actor.words_before = 0;
                --actor.frames_left;
            }
        }
        return moved;
    }

    void next_block(TokenActor& actor) {
        actor.time = 0;
        if (++actor.block == actor.plan.blocks.size()) {
            actor.block = 0;
            if (++actor.repeat == actor.plan.repeats) {
                actor.repeat = 0;
                --actor.frames_left;
                if (std::holds_alternative<ops::StreamToMemory>(graph_.nodes[actor.node].op)) {
                    if (actor.frames_left + 1 == std::ssize(result_.frame_ends)) {
                        first_end_ = std::max(first_end_, actor.last_read);
                    }
                    auto& end = result_.frame_ends[result_.frame_ends.size() - 1 -
                                                   static_cast<std::size_t>(actor.frames_left)];
                    end = std::max(end, actor.now + 1 - start);
                }
            }
        }
    }

    [[nodiscard]] std::size_t index(const TokenChannel& channel) const {
        return static_cast<std::size_t>(&channel - channels_.data());
    }

    template <class Channels>
    void remember(TokenActor& actor, const Wait& wait, const Channels& sources,
                  const Channels& sinks, bool reads, bool writes) {
        const auto step = static_cast<std::uint32_t>(actor.causes.size());
        actor.causes.push_back(wait.cause);
        actor.words.push_back(wait.word);
        if (reads) {
            for (TokenChannel* channel : sources) {
                channel->taken_in.push_back(step);
            }
        }
        if (writes) {
            for (TokenChannel* channel : sinks) {
                channel->made_in.push_back(step);
            }
        }
    }

    /// Of the actors that wait for ever: each waits for one that does, too, so that from any of
    /// them it is not far to a cycle.
    void find_cycle(std::size_t actor) {
        std::vector<bool> seen(actors_.size(), false);
        const auto next = [this](std::size_t n) {
            const std::uint32_t cause = actors_[n].waits_for;
            const TokenChannel& channel = channels_[WaitCause::channel(cause)];
            return WaitCause::is_room(cause) ? channel.reader : channel.writer;
        };
        for (; !seen[actor]; actor = next(actor)) {
            seen[actor] = true;
        }
        for (std::size_t n = actor; n != actor || result_.deadlocked.empty(); n = next(n)) {
            const std::string& name = graph_.nodes[actors_[n].node].name;
            if (result_.deadlocked.empty() || result_.deadlocked.back() != name) {
                result_.deadlocked.push_back(name); // a rearrangement is two actors
            }
            const std::uint32_t cause = actors_[n].waits_for;
            if (const TokenChannel& channel = channels_[WaitCause::channel(cause)];
                WaitCause::is_room(cause) && channel.fifo != nobody) {
                result_.full.push_back(channel.fifo);
            }
        }
    }

    void find_latency() {
        std::int64_t first = std::numeric_limits<std::int64_t>::max();
        std::int64_t last = 0;
        for (std::size_t n = 0; n < graph_.nodes.size(); ++n) {
            const TokenActor& actor = actors_[n];
            if (std::holds_alternative<ops::MemoryToStream>(graph_.nodes[n].op) &&
                actor.first_write >= 0) {
                first = std::min(first, actor.first_write + actor.plan.latency);
            }
            if (std::holds_alternative<ops::StreamToMemory>(graph_.nodes[n].op)) {
                last = std::max(last, actor.last_read);
            }
        }
        result_.latency = last < first ? 0 : last - first + 1;
        result_.first_latency = first_end_ < first ? 0 : first_end_ - first + 1;
    }

    const Graph& graph_;
    const bool input_;               ///< words come
    std::vector<TokenActor> actors_; ///< by node; behind them those that take for rearrangements
    std::vector<TokenChannel> channels_;
    std::vector<std::size_t> waiting_; ///< actors that may go on, last in, first out
    std::int64_t first_end_ = 0;       ///< the last read of the first frame, of all outputs
    TokenSimulation result_;
};

} // namespace

TokenSimulation simulate_tokens(const Graph& graph, std::int64_t frames,
                                const std::vector<bool>& unbounded, const Begins* begins) {
    return Simulation<false>(graph, frames, unbounded, {.begins = begins}).run();
}

Begins steady_begins(const Graph& graph, const std::vector<bool>& unbounded, Begins near) {
    // Actors that begin later give later; what is behind them follows in the next round.
    constexpr int most_rounds = 16;
    Begins begins = std::move(near);
    for (int round = 0; round < most_rounds; ++round) {
        Simulation<false> frame(graph, 1, unbounded,
                                {.begins = begins.empty() ? nullptr : &begins});
        Begins next = frame.latest_begins(frame.run().interval);
        if (next == begins) {
            break;
        }
        begins = std::move(next);
    }
    return begins;
}

TokenSimulation simulate_on_board(const Graph& graph, std::int64_t frames) {
    return Simulation<false>(graph, frames, {}, {.memory = true}).run();
}

TokenSimulation simulate_without_limits(const Graph& graph) {
    const std::vector<bool> all(graph.nodes.size(), true);
    return Simulation<false>(graph, 1, all, {.paced = false, .memory = true}).run();
}

TokenSimulation simulate_without_registers(const Graph& graph) {
    return Simulation<false>(graph, 1, {}, {.registers = false}).run();
}

TokenSimulation trace_tokens(const Graph& graph, std::int64_t frames, const Begins* begins) {
    return Simulation<true>(graph, frames, {}, {.begins = begins}).run();
}

TokenSimulation trace_on_board(const Graph& graph) {
    return Simulation<true>(graph, 1, {}, {.memory = true}).run();
}

std::int64_t settling_cycles(const Graph& graph) {
    return Simulation<false>(graph, 1, {}, {.input = false}).run().settled;
}

std::int64_t steady_interval(const TokenSimulation& simulation, std::size_t distances) {
    const std::vector<std::int64_t>& ends = simulation.frame_ends;
    if (ends.size() < 2) {
        return simulation.interval;
    }
    const std::size_t last = std::min(distances, ends.size() - 1);
    const std::int64_t cycles = ends.back() - ends[ends.size() - 1 - last];
    const auto frames = static_cast<std::int64_t>(last);
    return std::max(simulation.interval, (cycles + frames - 1) / frames);
}

} // namespace millrace
