// SPDX-License-Identifier: Apache-2.0
#include "ir/token_trace.hpp"

namespace millrace {

std::vector<std::size_t> critical_fifos(std::span<const TokenActor> actors,
                                        std::span<const TokenChannel> channels,
                                        std::int64_t frames) {
    std::vector<std::size_t> fifos;
    // Frames end with the last word that a mover takes; what memory does behind it is not counted.
    const auto takes_results = [&](const TokenActor& one) {
        if (one.causes.empty() || one.inputs.empty() || one.burst > 0) {
            return false;
        }
        const std::size_t reader = one.outputs.empty() ? nobody : channels[one.outputs[0]].reader;
        return one.outputs.empty() || (reader != nobody && actors[reader].burst > 0);
    };
    std::size_t actor = nobody;
    for (std::size_t n = 0; n < actors.size(); ++n) {
        if (takes_results(actors[n]) &&
            (actor == nobody || actors[n].last_read > actors[actor].last_read)) {
            actor = n;
        }
    }
    if (actor == nobody) {
        return fifos;
    }
    std::vector<bool> critical(channels.size(), false);
    std::size_t step = channels[actors[actor].inputs[0]].taken_in.back();
    while (frames == 1 || step > actors[actor].causes.size() / 2) {
        const std::uint32_t cause = actors[actor].causes[step];
        if (cause == WaitCause::step_before) {
            if (step == 0) {
                break;
            }
            --step;
            continue;
        }
        const std::size_t c = WaitCause::channel(cause);
        const TokenChannel& channel = channels[c];
        std::size_t word = actors[actor].words[step];
        const bool had_room =
            !WaitCause::is_room(cause) && (channel.held_by.empty() || channel.held_by[word] == 0);
        if (had_room) {
            actor = channel.writer;
            step = channel.made_in[word];
            continue;
        }
        if (!WaitCause::is_room(cause)) {
            word = channel.held_by[word] - 1;
        }
        critical[c] = true;
        actor = channel.reader;
        step = channel.taken_in[word - static_cast<std::size_t>(channel.capacity)];
    }
    for (std::size_t c = 0; c < channels.size(); ++c) {
        if (critical[c] && channels[c].fifo != nobody) {
            fifos.push_back(channels[c].fifo);
        }
    }
    return fifos;
}

} // namespace millrace
