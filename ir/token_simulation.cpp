// SPDX-License-Identifier: Apache-2.0
#include "ir/token_simulation.hpp"

#include "ir/circuit.hpp"
#include "ir/diagnostics.hpp"
#include "ir/schedule.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>

namespace millrace {

namespace {

using Reads = ScheduleBlock::Reads;
using Writes = ScheduleBlock::Writes;
constexpr std::size_t nobody = std::numeric_limits<std::size_t>::max();

/// Times by index of the word. A bounded channel asks for the last few only: they are kept in a
/// ring of a power of two.
class Times {
  public:
    /// The last `words` times; 0: all of them.
    void keep(std::int64_t words) {
        if (words > 0) {
            times_.resize(std::bit_ceil(static_cast<std::size_t>(words)));
            mask_ = times_.size() - 1;
            ring_ = true;
        }
    }
    void push(std::int64_t time) {
        if (!ring_ && static_cast<std::size_t>(count_) == times_.size()) {
            times_.resize(std::max<std::size_t>(1024, 2 * times_.size()));
        }
        times_[static_cast<std::size_t>(count_) & mask_] = time;
        ++count_;
    }
    [[nodiscard]] std::int64_t count() const { return count_; }
    [[nodiscard]] std::int64_t at(std::int64_t index) const {
        return times_[static_cast<std::size_t>(index) & mask_];
    }

  private:
    std::vector<std::int64_t> times_;
    std::int64_t count_ = 0;
    std::size_t mask_ = std::numeric_limits<std::size_t>::max();
    bool ring_ = false;
};

/// The way of a stream from one actor to the next: FIFOs and wires.
struct Channel {
    std::size_t writer = nobody; ///< actors, as indices of nodes
    std::size_t reader = nobody;
    std::int64_t capacity = 0;     ///< words; 0: none of it ever fills
    std::int64_t delay = 0;        ///< cycles that its queues add
    std::size_t measured = nobody; ///< the node whose occupancy is asked for
    std::size_t fifo = nobody;     ///< the node of its last FIFO
    Times ready;                   ///< when a word can be read
    Times taken;                   ///< when it was
    /// When waits are traced: the step of the writer that made a word, of the reader that took it.
    std::vector<std::uint32_t> made_in;
    std::vector<std::uint32_t> taken_in;
    [[nodiscard]] bool bounded() const { return capacity > 0 && measured == nobody; }
};

/// Where an actor is in its schedule. One step is one cycle that reads or writes, or the last of
/// a run of cycles that do neither.
struct Actor {
    Schedule plan;
    std::vector<std::size_t> inputs; ///< channels
    std::vector<std::size_t> outputs;
    std::int64_t frames_left = 0;
    std::int64_t paced_words = 0; ///< of a frame, when they leave evenly over the interval
    std::int64_t repeat = 0;
    std::size_t block = 0;
    std::int64_t time = 0;  ///< of the block
    std::int64_t cycle = 0; ///< within the time
    std::int64_t now = -1;  ///< the cycle last made
    bool queued = false;
    bool running = false;
    /// When waits are traced: what each step waited for last, an entry of Cause.
    std::vector<std::uint32_t> causes;
};

/// What a step waited for: the step before, a word of a channel, or room in one.
struct Cause {
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

class Simulation {
  public:
    Simulation(const Graph& graph, std::int64_t frames, const std::vector<bool>& unbounded,
               bool traced)
        : graph_(graph),
          traced_(traced),
          actors_(graph.nodes.size()),
          channel_of_(graph.values.size(), nobody) {
        result_.occupancy.assign(graph.nodes.size(), 0);
        result_.frame_ends.assign(static_cast<std::size_t>(frames), 0);
        for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
            add_node(n, frames, !unbounded.empty() && unbounded[n]);
        }
        for (Channel& channel : channels_) {
            if (channel.bounded()) {
                channel.ready.keep(channel.capacity + 1);
                channel.taken.keep(channel.capacity + 1);
            }
        }
        for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
            Actor& actor = actors_[n];
            if (!unbounded.empty() &&
                std::holds_alternative<ops::MemoryToStream>(graph.nodes[n].op)) {
                actor.paced_words = actor.plan.words_written();
            }
        }
    }

    TokenSimulation run() {
        for (std::size_t n = actors_.size(); n-- > 0;) {
            enqueue(n);
        }
        while (!waiting_.empty()) {
            const std::size_t n = waiting_.back();
            waiting_.pop_back();
            actors_[n].queued = false;
            follow(n);
        }
        for (std::size_t n = 0; n < actors_.size(); ++n) {
            result_.cycles = std::max(result_.cycles, actors_[n].now + 1);
            if (actors_[n].frames_left > 0) {
                result_.deadlocked.push_back(graph_.nodes[n].name);
            }
        }
        for (const Channel& channel : channels_) {
            measure(channel);
        }
        if (traced_ && result_.deadlocked.empty()) {
            trace();
        }
        return std::move(result_);
    }

  private:
    [[nodiscard]] bool is_stream(ValueId id) const {
        return std::holds_alternative<StreamType>(graph_.value(id).type);
    }

    void add_node(std::size_t n, std::int64_t frames, bool unbounded) {
        const Node& node = graph_.nodes[n];
        if (const auto* fifo = std::get_if<ops::Fifo>(&node.op)) {
            // Part of the channel that begins at its producer.
            const std::size_t c = channel_of_[node.inputs[0]];
            Channel& channel = channels_[c];
            channel.capacity += fifo->depth;
            channel.fifo = n;
            channel.delay += circuit_latency(graph_, node);
            if (unbounded) {
                channel.measured = n;
            }
            channel_of_[node.outputs[0]] = c;
            return;
        }
        if (std::holds_alternative<ops::StreamReshape>(node.op)) {
            channel_of_[node.outputs[0]] = channel_of_[node.inputs[0]];
            return;
        }
        Actor& actor = actors_[n];
        actor.plan = schedule(graph_, node);
        const std::int64_t interval = actor.plan.interval();
        actor.frames_left = interval > 0 ? frames : 0;
        if (interval > result_.interval) {
            result_.interval = interval;
            result_.bottleneck = n;
        }
        for (const ValueId input : node.inputs) {
            const std::size_t c = is_stream(input) ? channel_of_[input] : nobody;
            actor.inputs.push_back(c);
            if (c != nobody) {
                channels_[c].reader = n;
            }
        }
        for (const ValueId output : node.outputs) {
            if (is_stream(output)) {
                actor.outputs.push_back(channels_.size());
                channel_of_[output] = channels_.size();
                channels_.emplace_back().writer = n;
            }
        }
    }

    [[nodiscard]] static bool reads_input(const ScheduleBlock& block, std::size_t index) {
        return block.input == ScheduleBlock::every_input || block.input == static_cast<int>(index);
    }

    void enqueue(std::size_t n) {
        if (n != nobody && !actors_[n].queued && !actors_[n].running &&
            actors_[n].frames_left > 0) {
            actors_[n].queued = true;
            waiting_.push_back(n);
        }
    }

    /// Follows an actor as far as it goes and notes who may go on because of it.
    bool follow(std::size_t n) {
        Actor& actor = actors_[n];
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
    bool make_room(const Channel& channel) {
        return channel.reader != nobody && !actors_[channel.reader].running &&
               actors_[channel.reader].frames_left > 0 && follow(channel.reader);
    }

    /// Follows the actor until it must wait or ends; true when it did anything.
    bool advance(Actor& actor) {
        bool moved = false;
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
        return moved;
    }

    /// Follows the actor through the rest of a block; false when it must wait.
    bool follow(Actor& actor, const ScheduleBlock& block, bool& moved) {
        // One input and one output is by far the most common; it is worth a loop of its own.
        if (actor.inputs.size() == 1 && actor.outputs.size() == 1 && actor.inputs[0] != nobody) {
            return follow(actor, block, std::array{&channels_[actor.inputs[0]]},
                          std::array{&channels_[actor.outputs[0]]}, moved);
        }
        std::vector<Channel*> sources;
        for (std::size_t i = 0; i < actor.inputs.size(); ++i) {
            if (actor.inputs[i] != nobody && reads_input(block, i)) {
                sources.push_back(&channels_[actor.inputs[i]]);
            }
        }
        std::vector<Channel*> sinks;
        for (const std::size_t c : actor.outputs) {
            sinks.push_back(&channels_[c]);
        }
        return follow(actor, block, sources, sinks, moved);
    }

    template <class Channels>
    bool follow(Actor& actor, const ScheduleBlock& block, const Channels& sources,
                const Channels& sinks, bool& moved) {
        const std::int64_t latency = actor.plan.latency;
        const std::int64_t times = block.times;
        const std::int64_t cycles = block.cycles;
        const Reads block_reads = block.reads;
        const Writes block_writes = block.writes;
        std::int64_t time = actor.time;
        std::int64_t cycle = actor.cycle;
        std::int64_t before_now = actor.now;
        const std::int64_t start_time = time;
        const std::int64_t start_cycle = cycle;
        const auto leave = [&](bool done) {
            moved = moved || time != start_time || cycle != start_cycle;
            actor.time = time;
            actor.cycle = cycle;
            actor.now = before_now;
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

            std::int64_t now = before_now + 1 + skipped;
            std::uint32_t cause = Cause::step_before;
            const auto wait = [&](std::int64_t until, std::uint32_t reason) {
                if (until > now) {
                    now = until;
                    cause = reason;
                }
            };
            if (writes && actor.paced_words > 0) {
                const std::int64_t word = sinks.front()->ready.count();
                now = std::max(now, word * result_.interval / actor.paced_words);
            }
            if (reads) {
                for (const Channel* channel : sources) {
                    if (channel->ready.count() <= channel->taken.count()) {
                        return leave(false);
                    }
                    wait(channel->ready.at(channel->taken.count()), Cause::word(index(*channel)));
                }
            }
            if (writes) {
                for (const Channel* channel : sinks) {
                    const std::int64_t before = channel->ready.count() - channel->capacity;
                    if (!channel->bounded() || before < 0) {
                        continue;
                    }
                    while (channel->taken.count() <= before) {
                        if (!make_room(*channel)) {
                            return leave(false);
                        }
                    }
                    wait(channel->taken.at(before) + 1 - latency, Cause::room(index(*channel)));
                }
            }
            if (traced_) {
                remember(actor, cause, sources, sinks, reads, writes);
            }
            if (reads) {
                for (Channel* channel : sources) {
                    channel->taken.push(now);
                }
            }
            if (writes) {
                for (Channel* channel : sinks) {
                    channel->ready.push(now + latency + channel->delay);
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

    void next_block(Actor& actor) {
        actor.time = 0;
        if (++actor.block == actor.plan.blocks.size()) {
            actor.block = 0;
            if (++actor.repeat == actor.plan.repeats) {
                actor.repeat = 0;
                --actor.frames_left;
                if (actor.outputs.empty()) {
                    auto& end = result_.frame_ends[result_.frame_ends.size() - 1 -
                                                   static_cast<std::size_t>(actor.frames_left)];
                    end = std::max(end, actor.now + 1);
                }
            }
        }
    }

    [[nodiscard]] std::size_t index(const Channel& channel) const {
        return static_cast<std::size_t>(&channel - channels_.data());
    }

    template <class Channels>
    void remember(Actor& actor, std::uint32_t cause, const Channels& sources, const Channels& sinks,
                  bool reads, bool writes) {
        const auto step = static_cast<std::uint32_t>(actor.causes.size());
        actor.causes.push_back(cause);
        if (reads) {
            for (Channel* channel : sources) {
                channel->taken_in.push_back(step);
            }
        }
        if (writes) {
            for (Channel* channel : sinks) {
                channel->made_in.push_back(step);
            }
        }
    }

    /// Back from the last step of the output that ends last, from each step to the one that it
    /// waited for. A step that waited for the n-th word of a channel was the n-th to read it, one
    /// that waited for room for the n-th word waited for the reader of word n - capacity.
    void trace() {
        std::size_t actor = nobody;
        for (std::size_t n = 0; n < actors_.size(); ++n) {
            const bool ends = actors_[n].outputs.empty() && !actors_[n].causes.empty();
            if (ends && (actor == nobody || actors_[n].now > actors_[actor].now)) {
                actor = n;
            }
        }
        if (actor == nobody) {
            return;
        }
        std::vector<bool> critical(channels_.size(), false);
        std::size_t step = actors_[actor].causes.size() - 1;
        while (step > actors_[actor].causes.size() / 2) {
            const std::uint32_t cause = actors_[actor].causes[step];
            if (cause == Cause::step_before) {
                --step;
                continue;
            }
            const Channel& channel = channels_[Cause::channel(cause)];
            if (Cause::is_room(cause)) {
                critical[Cause::channel(cause)] = true;
                const auto made =
                    std::lower_bound(channel.made_in.begin(), channel.made_in.end(), step) -
                    channel.made_in.begin();
                actor = channel.reader;
                step = channel.taken_in[static_cast<std::size_t>(made - channel.capacity)];
            } else {
                const auto taken =
                    std::lower_bound(channel.taken_in.begin(), channel.taken_in.end(), step) -
                    channel.taken_in.begin();
                actor = channel.writer;
                step = channel.made_in[static_cast<std::size_t>(taken)];
            }
        }
        for (std::size_t c = 0; c < channels_.size(); ++c) {
            if (critical[c]) {
                result_.critical.push_back(channels_[c].fifo);
            }
        }
    }

    void measure(const Channel& channel) {
        if (channel.measured == nobody) {
            return;
        }
        // A word occupies the FIFO from the cycle before it is ready until it is read.
        std::int64_t written = 0;
        std::int64_t& most = result_.occupancy[channel.measured];
        for (std::int64_t read = 0; read < channel.ready.count(); ++read) {
            const bool ever = read < channel.taken.count();
            while (written < channel.ready.count() &&
                   (!ever || channel.ready.at(written) - 1 <= channel.taken.at(read))) {
                ++written;
            }
            most = std::max(most, written - read);
        }
    }

    const Graph& graph_;
    const bool traced_;
    std::vector<Actor> actors_;
    std::vector<Channel> channels_;
    std::vector<std::size_t> waiting_; ///< actors that may go on, last in, first out
    std::vector<std::size_t> channel_of_;
    TokenSimulation result_;
};

} // namespace

TokenSimulation simulate_tokens(const Graph& graph, std::int64_t frames,
                                const std::vector<bool>& unbounded) {
    if (graph.level != Level::dataflow) {
        throw Defect("token simulation of a graph of another level");
    }
    return Simulation(graph, frames, unbounded, false).run();
}

TokenSimulation trace_tokens(const Graph& graph, std::int64_t frames) {
    if (graph.level != Level::dataflow) {
        throw Defect("token simulation of a graph of another level");
    }
    return Simulation(graph, frames, {}, true).run();
}

CyclePrediction predict_cycles(const Graph& graph) {
    const TokenSimulation frame = simulate_tokens(graph, 1);
    return {frame.interval, frame.cycles, frame.bottleneck};
}

} // namespace millrace
