// SPDX-License-Identifier: Apache-2.0
#include "ir/token_simulation.hpp"

#include "ir/diagnostics.hpp"
#include "ir/schedule.hpp"

#include <algorithm>
#include <bit>
#include <deque>
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
        if (ring_) {
            times_[static_cast<std::size_t>(count_) & mask_] = time;
        } else {
            times_.push_back(time);
        }
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
    std::int64_t fifos = 0;        ///< each adds a cycle
    std::size_t measured = nobody; ///< the node whose occupancy is asked for
    Times ready;                   ///< when a word can be read
    Times taken;                   ///< when it was
    [[nodiscard]] bool bounded() const { return capacity > 0 && measured == nobody; }
};

/// Where an actor is in its schedule. One step is one cycle that reads or writes, or the last of
/// a run of cycles that do neither.
struct Actor {
    Schedule plan;
    std::vector<std::size_t> inputs; ///< channels
    std::vector<std::size_t> outputs;
    std::vector<std::int64_t> read; ///< words, by input
    std::int64_t frames_left = 0;
    std::int64_t paced_words = 0; ///< of a frame, when they leave evenly over the interval
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
            if (advance(actor)) {
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
        const std::int64_t interval = actor.plan.interval();
        actor.frames_left = interval > 0 ? frames : 0;
        if (interval > result_.interval) {
            result_.interval = interval;
            result_.bottleneck = n;
        }
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
        sources_.clear();
        for (std::size_t i = 0; i < actor.inputs.size(); ++i) {
            if (actor.inputs[i] != nobody && reads_input(block, i)) {
                sources_.push_back({&channels_[actor.inputs[i]], &actor.read[i]});
            }
        }
        sinks_.clear();
        for (const std::size_t c : actor.outputs) {
            sinks_.push_back(&channels_[c]);
        }
        const std::int64_t latency = actor.plan.latency;
        while (actor.time < block.times) {
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
            if (writes && actor.paced_words > 0) {
                const std::int64_t word = sinks_.front()->ready.count();
                now = std::max(now, word * result_.interval / actor.paced_words);
            }
            if (reads) {
                for (const Source& source : sources_) {
                    if (source.channel->ready.count() <= *source.read) {
                        return false;
                    }
                    now = std::max(now, source.channel->ready.at(*source.read));
                }
            }
            if (writes) {
                for (const Channel* channel : sinks_) {
                    const std::int64_t before = channel->ready.count() - channel->capacity;
                    if (!channel->bounded() || before < 0) {
                        continue;
                    }
                    if (channel->taken.count() <= before) {
                        return false;
                    }
                    now = std::max(now, channel->taken.at(before) + 1 - latency);
                }
            }
            if (reads) {
                for (const Source& source : sources_) {
                    source.channel->taken.push(now);
                    ++*source.read;
                }
            }
            if (writes) {
                for (Channel* channel : sinks_) {
                    channel->ready.push(now + latency + channel->fifos);
                }
            }
            moved = true;
            actor.now = now;
            actor.cycle = cycle + 1;
            if (actor.cycle == block.cycles) {
                actor.cycle = 0;
                ++actor.time;
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

    struct Source {
        Channel* channel;
        std::int64_t* read; ///< words so far
    };

    const Graph& graph_;
    std::vector<Actor> actors_;
    std::vector<Channel> channels_;
    std::vector<Source> sources_; ///< of the block that is followed
    std::vector<Channel*> sinks_;
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
    const TokenSimulation frame = simulate_tokens(graph, 1);
    return {frame.interval, frame.cycles, frame.bottleneck};
}

} // namespace millrace
