// SPDX-License-Identifier: Apache-2.0
#include "ir/cycle_prediction.hpp"

#include "ir/memory_pace.hpp"
#include "ir/schedule.hpp"
#include "ir/token_simulation.hpp"

#include <algorithm>

namespace millrace {

namespace {

/// Words of all streams in a frame: what it costs to follow one.
std::int64_t stream_words(const Graph& flow) {
    std::int64_t words = 0;
    for (const Value& value : flow.values) {
        if (const auto* stream = std::get_if<StreamType>(&value.type)) {
            words += stream->words();
        }
    }
    return std::max<std::int64_t>(words, 1);
}

} // namespace

CyclePrediction predict_cycles(const Graph& flow, const std::optional<CyclePrediction>& ideal) {
    std::int64_t of_memory = 0;
    for (const Node& node : flow.nodes) {
        of_memory = std::max(of_memory, memory_cycles(node));
    }
    if (of_memory == 0 && ideal) {
        return *ideal;
    }
    if (of_memory == 0) {
        const TokenSimulation frame = simulate_tokens(flow, 1);
        return {frame.interval, frame.latency, frame.bottleneck};
    }
    // Frames may come later at first, until there is enough in front of what works all the time.
    constexpr std::int64_t most_words = 20'000'000;
    constexpr std::int64_t most_frames = 256;
    constexpr std::int64_t few_frames = 8;
    const std::int64_t words = stream_words(flow);
    CyclePrediction result;
    for (std::int64_t frames = std::clamp<std::int64_t>(most_words / words, 1, few_frames);
         frames <= most_frames; frames *= 4) {
        const TokenSimulation followed = simulate_on_board(flow, frames);
        const auto later_half = static_cast<std::size_t>(frames - frames / 2);
        const std::int64_t least = std::max(ideal ? ideal->interval : followed.interval, of_memory);
        result = {std::max(least, steady_interval(followed, later_half)), followed.first_latency,
                  followed.bottleneck};
        if (result.interval == least || frames * 4 * words > most_words) {
            break;
        }
    }
    return result;
}

std::size_t slowest_node(const Graph& flow) {
    std::size_t slowest = 0;
    std::int64_t most = 0;
    for (std::size_t n = 0; n < flow.nodes.size(); ++n) {
        if (const std::int64_t cycles = schedule(flow, flow.nodes[n]).interval(); cycles > most) {
            most = cycles;
            slowest = n;
        }
    }
    return slowest;
}

} // namespace millrace
