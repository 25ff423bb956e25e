// SPDX-License-Identifier: Apache-2.0
#include "ir/token_simulation.hpp"

#include "ir/diagnostics.hpp"
#include "ir/schedule.hpp"

#include <algorithm>
#include <deque>
#include <limits>

namespace millrace {

namespace {

using Reads = ScheduleBlock::Reads;
using Writes = ScheduleBlock::Writes;
constexpr std::size_t nobody = std::numeric_limits<std::size_t>::max();

/// Times by index of the word, the oldest dropped when nobody asks for them any more.
class Times {
  public:
    void push(std::int64_t time) { times_.push_back(time); }
    [[nodiscard]] std::int64_t count() const {
        return dropped_ + static_cast<std::int64_t>(times_.size());
    }
    [[nodiscard]] std::int64_t at(std::int64_t index) const {
        return times_[static_cast<std::size_t>(index - dropped_)];
    }
    void drop_before(std::int64_t index) {
        while (dropped_ < index && !times_.empty()) {
            times_.pop_front();
            ++dropped_;
        }
    }

  private:
    std::deque<std::int64_t> times_;
    std::int64_t dropped_ = 0;
};

/// The way of a stream from one actor to the next: FIFOs and wires.
struct Channel {
    std::size_t writer = nobody; ///< actors, as indices of nodes
    std::size_t reader = nobody;
    std::int64_t capacity = 0;     ///< words; 0: none of it ever fills
    std::int64_t fifos = 0;        ///< each adds a cycle
    std::size_t measured = nobody; ///< the node whose occupancy is asked for
    Times ready;                   ///< when a word can be read
    Times taken;                   ///< when it was
};

/// Where an actor is in its schedule. One step is one cycle that reads or writes, or the last of
/// a run of cycles that do neither.
struct Actor {
    Schedule plan;
    std::vector<std::size_t> inputs; ///< channels
    std::vector<std::size_t> outputs;
    std::vector<std::int64_t> read; ///< words, by input
    std::int64_t frames_left = 0;
    std::int64_t repeat = 0;
    std::size_t block = 0;
    std::int64_t time = 0;  ///< of the block
    std::int64_t cycle = 0; ///< within the time
    std::int64_t now = -1;  ///< the cycle last made
};

class Simulation {
  public:
    Simulation(const Graph& graph, std::int64_t frames, const std::vector<bool>& unbounded)
        : graph_(graph),
          actors_(graph.nodes.size()),
          channel_of_(graph.values.size(), nobody) {
        result_.occupancy.assign(graph.nodes.size(), 0);
        for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
            add_node(n, frames, !unbounded.empty() && unbounded[n]);
        }
    }

    TokenSimulation run() {
        std::deque<std::size_t> queue;
        std::vector<bool> queued(actors_.size(), false);
        const auto enqueue = [&](std::size_t actor) {
            if (actor != nobody && !queued[actor]) {
                queued[actor] = true;
                queue.push_back(actor);
            }
        };
        for (std::size_t n = 0; n < actors_.size(); ++n) {
            if (actors_[n].frames_left > 0) {
                enqueue(n);
            }
        }
        while (!queue.empty()) {
            const std::size_t n = queue.front();
            queue.pop_front();
            queued[n] = false;
            Actor& actor = actors_[n];
            bool moved = false;
            while (actor.frames_left > 0 && step(actor)) {
                moved = true;
            }
            if (moved) {
                for (const std::size_t c : actor.inputs) {
                    enqueue(c == nobody ? nobody : channels_[c].writer);
                }
                for (const std::size_t c : actor.outputs) {
                    enqueue(channels_[c].reader);
                }
            }
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
            ++channel.fifos;
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
        actor.frames_left = actor.plan.interval() > 0 ? frames : 0;
        for (const ValueId input : node.inputs) {
            const std::size_t c = is_stream(input) ? channel_of_[input] : nobody;
            actor.inputs.push_back(c);
            actor.read.push_back(0);
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

    /// Makes the next cycle in which the actor reads or writes; false when it must wait.
    bool step(Actor& actor) {
        const ScheduleBlock& block = actor.plan.blocks[actor.block];
        if (block.reads == Reads::none && block.writes == Writes::none) {
            actor.now += block.times * block.cycles;
            next_block(actor);
            return true;
        }
        const bool reads = block.reads == Reads::every_cycle ||
                           (block.reads == Reads::first_cycle && actor.cycle == 0);
        // Cycles that neither read nor write are passed over.
        const bool last = actor.cycle + 1 == block.cycles;
        const bool jump = !reads && !last && block.writes != Writes::every_cycle;
        const std::int64_t skipped = jump ? block.cycles - 1 - actor.cycle : 0;
        const std::int64_t cycle = actor.cycle + skipped;
        const bool writes = block.writes == Writes::every_cycle ||
                            (block.writes == Writes::last_cycle && cycle + 1 == block.cycles);

        std::int64_t now = actor.now + 1 + skipped;
        if (reads) {
            for (std::size_t i = 0; i < actor.inputs.size(); ++i) {
                if (actor.inputs[i] == nobody || !reads_input(block, i)) {
                    continue;
                }
                const Channel& channel = channels_[actor.inputs[i]];
                if (channel.ready.count() <= actor.read[i]) {
                    return false;
                }
                now = std::max(now, channel.ready.at(actor.read[i]));
            }
        }
        if (writes) {
            for (const std::size_t c : actor.outputs) {
                const Channel& channel = channels_[c];
                const std::int64_t before = channel.ready.count() - channel.capacity;
                if (!bounded(channel) || before < 0) {
                    continue;
                }
                if (channel.taken.count() <= before) {
                    return false;
                }
                now = std::max(now, channel.taken.at(before) + 1 - actor.plan.latency);
            }
        }
        if (reads) {
            for (std::size_t i = 0; i < actor.inputs.size(); ++i) {
                if (actor.inputs[i] != nobody && reads_input(block, i)) {
                    take(channels_[actor.inputs[i]], now);
                    ++actor.read[i];
                }
            }
        }
        if (writes) {
            for (const std::size_t c : actor.outputs) {
                Channel& channel = channels_[c];
                channel.ready.push(now + actor.plan.latency + channel.fifos);
                if (bounded(channel)) {
                    channel.taken.drop_before(channel.ready.count() - channel.capacity);
                }
            }
        }
        actor.now = now;
        actor.cycle = cycle + 1;
        if (actor.cycle == block.cycles) {
            actor.cycle = 0;
            if (++actor.time == block.times) {
                next_block(actor);
            }
        }
        return true;
    }

    static void next_block(Actor& actor) {
        actor.time = 0;
        if (++actor.block == actor.plan.blocks.size()) {
            actor.block = 0;
            if (++actor.repeat == actor.plan.repeats) {
                actor.repeat = 0;
                --actor.frames_left;
            }
        }
    }

    [[nodiscard]] static bool bounded(const Channel& channel) {
        return channel.capacity > 0 && channel.measured == nobody;
    }

    static void take(Channel& channel, std::int64_t now) {
        if (channel.measured != nobody || bounded(channel)) {
            channel.taken.push(now);
        }
        if (channel.measured == nobody) {
            channel.ready.drop_before(channel.ready.count() > 0 ? read_words(channel) : 0);
        }
    }
    /// Words read so far, as the list of times still knows.
    [[nodiscard]] static std::int64_t read_words(const Channel& channel) {
        return bounded(channel) ? channel.taken.count() : 0;
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
    std::vector<Actor> actors_;
    std::vector<Channel> channels_;
    std::vector<std::size_t> channel_of_;
    TokenSimulation result_;
};

} // namespace

TokenSimulation simulate_tokens(const Graph& graph, std::int64_t frames,
                                const std::vector<bool>& unbounded) {
    if (graph.level != Level::dataflow) {
        throw Defect("token simulation of a graph of another level");
    }
    return Simulation(graph, frames, unbounded).run();
}

CyclePrediction predict_cycles(const Graph& graph) {
    CyclePrediction result;
    for (std::size_t index = 0; index < graph.nodes.size(); ++index) {
        const Node& node = graph.nodes[index];
        if (std::holds_alternative<ops::Fifo>(node.op) ||
            std::holds_alternative<ops::StreamReshape>(node.op)) {
            continue;
        }
        if (const std::int64_t interval = schedule(graph, node).interval();
            interval > result.interval) {
            result.interval = interval;
            result.bottleneck = index;
        }
    }
    result.latency = simulate_tokens(graph, 1).cycles;
    return result;
}

} // namespace millrace
