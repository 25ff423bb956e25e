// SPDX-License-Identifier: Apache-2.0
#include "ir/token_network.hpp"

#include "ir/circuit.hpp"
#include "ir/diagnostics.hpp"
#include "ir/memory_pace.hpp"

#include <utility>

namespace millrace {

namespace {

using Reads = ScheduleBlock::Reads;
using Writes = ScheduleBlock::Writes;

class Builder {
  public:
    Builder(const Graph& graph, const TokenMode& mode)
        : graph_(graph),
          mode_(mode),
          channel_of_(graph.values.size(), nobody) {
        network_.actors.resize(graph.nodes.size());
    }

    TokenNetwork build(std::int64_t frames, const std::vector<bool>& unbounded) {
        for (std::size_t n = 0; n < graph_.nodes.size(); ++n) {
            add_node(n, frames, !unbounded.empty() && unbounded[n]);
        }
        for (TokenChannel& channel : network_.channels) {
            channel.ready.keep(channel.bounded() ? channel.capacity + 1 : 0);
            channel.taken.keep(channel.bounded() ? channel.capacity + channel.early + 1 : 0);
        }
        for (std::size_t n = 0; n < network_.actors.size(); ++n) {
            TokenActor& actor = network_.actors[n];
            if (n < graph_.nodes.size() &&
                std::holds_alternative<ops::MemoryToStream>(graph_.nodes[n].op)) {
                actor.now = first_word_cycle - 1;
                actor.frames_left = mode_.input ? frames : 0;
                actor.paced_words =
                    unbounded.empty() || !mode_.paced ? 0 : actor.plan.words_written();
            } else if (mode_.begins != nullptr) {
                actor.now = mode_.begins->at(n) - 1;
            }
        }
        return std::move(network_);
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
            TokenChannel& channel = network_.channels[c];
            const auto& type = std::get<StreamType>(graph_.value(node.inputs[0]).type);
            channel.capacity += graph_.library == ActorLibrary::rtl
                                    ? queue_words(*fifo, type.word_bits())
                                    : fifo->depth;
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
        TokenActor& actor = network_.actors[n];
        actor.node = n;
        actor.plan = schedule(graph_, node);
        const std::int64_t interval = actor.plan.interval();
        actor.frames_left = interval > 0 ? frames : 0;
        if (interval > network_.interval) {
            network_.interval = interval;
            network_.bottleneck = n;
        }
        for (const ValueId input : node.inputs) {
            const std::size_t c = is_stream(input) ? channel_of_[input] : nobody;
            actor.inputs.push_back(c);
            if (c != nobody) {
                network_.channels[c].reader = n;
            }
        }
        for (const ValueId output : node.outputs) {
            if (is_stream(output)) {
                actor.outputs.push_back(network_.channels.size());
                channel_of_[output] = network_.channels.size();
                network_.channels.emplace_back().writer = n;
            }
        }
        if (actor.plan.overlapped > 0) {
            split(n, std::get<ops::Rearrange>(node.op));
        } else if (mode_.memory && memory_cycles(node) > 0) {
            add_memory(n, frames);
        }
        network_.actors[n].direct = !mode_.registers || network_.actors[n].plan.latency == 0;
        network_.actors[n].pipe.set_latency(network_.actors[n].plan.latency);
    }

    /// A rearrangement as two actors with the buffer between them; the node's own sends.
    void split(std::size_t n, const ops::Rearrange& op) {
        TokenChannel buffer;
        buffer.writer = network_.actors.size();
        buffer.reader = n;
        buffer.capacity = op.depth;
        buffer.early = network_.actors[n].plan.words_read();
        TokenActor taker;
        taker.node = n;
        taker.plan = {1, {{buffer.early, 1, Reads::every_cycle, Writes::every_cycle}}};
        taker.plan.latency = 1; // what is written in a cycle can be sent in the next
        taker.direct = true;
        taker.inputs = network_.actors[n].inputs;
        taker.outputs = {network_.channels.size()};
        taker.frames_left = network_.actors[n].frames_left;
        network_.channels[taker.inputs[0]].reader = network_.actors.size();

        TokenActor& sender = network_.actors[n];
        sender.inputs = {network_.channels.size()};
        sender.plan.latency -= taker.plan.latency;
        sender.order.emplace(op);
        sender.frame_words = buffer.early;
        network_.channels.push_back(std::move(buffer));
        network_.actors.push_back(std::move(taker));
    }

    /// The memory of a mover and the buffer between the two.
    void add_memory(std::size_t n, std::int64_t frames) {
        const Node& node = graph_.nodes[n];
        const auto* read = std::get_if<ops::MemoryToStream>(&node.op);
        const BurstSettings settings =
            burst_settings(read != nullptr ? read->memory_bits
                                           : std::get<ops::StreamToMemory>(node.op).memory_bits);
        TokenActor memory;
        memory.node = n;
        memory.frames_left = frames;
        memory.frame_words = memory_words(graph_, node);
        memory.pace = {memory.frame_words, memory_cycles(node)};
        memory.burst = settings.length;
        memory.now = first_word_cycle - 1;
        network_.actors[n].plan = schedule_with_memory(graph_, node);
        TokenChannel buffer;
        if (read != nullptr) {
            buffer.writer = network_.actors.size();
            buffer.reader = n;
            buffer.capacity = settings.length * settings.outstanding;
            memory.outputs = {network_.channels.size()};
            network_.actors[n].inputs = {network_.channels.size()};
        } else {
            buffer.writer = n;
            buffer.reader = network_.actors.size();
            buffer.capacity = 2 * settings.length;
            memory.inputs = {network_.channels.size()};
            network_.actors[n].outputs = {network_.channels.size()};
        }
        network_.channels.push_back(std::move(buffer));
        network_.actors.push_back(std::move(memory));
    }

    const Graph& graph_;
    const TokenMode& mode_;
    std::vector<std::size_t> channel_of_; ///< by value
    TokenNetwork network_;
};

} // namespace

TokenNetwork token_network(const Graph& graph, std::int64_t frames,
                           const std::vector<bool>& unbounded, const TokenMode& mode) {
    if (graph.level != Level::dataflow) {
        throw Defect("token simulation of a graph of another level");
    }
    return Builder(graph, mode).build(frames, unbounded);
}

} // namespace millrace
