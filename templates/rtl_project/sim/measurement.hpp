// SPDX-License-Identifier: Apache-2.0
//
// When frames begin and end, counted in stream words between the movers and the network: apart from
// memory, whose bursts would blur the cycle. A frame begins when any input takes its first word and
// ends when all outputs have sent their last.
#ifndef MILLRACE_MEASUREMENT_HPP
#define MILLRACE_MEASUREMENT_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace millrace {

class Measurement {
  public:
    // The stream words of a frame, by port.
    Measurement(const std::vector<std::uint64_t>& input_words,
                const std::vector<std::uint64_t>& output_words) {
        for (const std::uint64_t words : input_words) inputs_.push_back({words});
        for (const std::uint64_t words : output_words) outputs_.push_back({words});
    }

    // Bit i of `taken` and `sent`: input i takes, output i sends a word in cycle `now`.
    void count(std::uint64_t now, std::uint64_t taken, std::uint64_t sent) {
        for (; taken != 0; taken &= taken - 1) {
            Port& port = inputs_[lowest_bit(taken)];
            if (port.word == 0 && starts_.size() == port.frames) starts_.push_back(now);
            port.next();
        }
        for (; sent != 0; sent &= sent - 1) {
            Port& port = outputs_[lowest_bit(sent)];
            if (!port.next()) continue;
            if (ends_.size() < port.frames) ends_.push_back(now);
            ends_[port.frames - 1] = now;
        }
    }

    // Frames that all outputs have sent.
    std::size_t frames() const {
        std::uint64_t least = outputs_.front().frames;
        for (const Port& port : outputs_) least = std::min(least, port.frames);
        return static_cast<std::size_t>(least);
    }

    // Cycles from a frame's first word taken to its last word sent, both included; 0 where the
    // outputs were there before it.
    std::uint64_t latency(std::size_t frame) const {
        return ends_[frame] < starts_[frame] ? 0 : ends_[frame] - starts_[frame] + 1;
    }

    // Distances between the ends of frames that follow each other. The steady ones are those of the
    // second half of the frames, when the pipeline is full.
    struct Intervals {
        std::uint64_t minimum = 0, maximum = 0;
        std::uint64_t steady_minimum = 0, steady_maximum = 0;
        double steady = 0; // mean
    };
    // Of two frames or more.
    Intervals intervals() const {
        const std::size_t count = frames();
        const std::size_t half = count / 2;
        Intervals result;
        result.minimum = result.steady_minimum = UINT64_MAX;
        for (std::size_t f = 1; f < count; ++f) {
            const std::uint64_t distance = ends_[f] - ends_[f - 1];
            result.minimum = std::min(result.minimum, distance);
            result.maximum = std::max(result.maximum, distance);
            if (f < half) continue;
            result.steady_minimum = std::min(result.steady_minimum, distance);
            result.steady_maximum = std::max(result.steady_maximum, distance);
        }
        const std::size_t first = half == 0 ? 0 : half - 1;
        result.steady = static_cast<double>(ends_[count - 1] - ends_[first]) /
                        static_cast<double>(count - 1 - first);
        return result;
    }

    std::string input_progress(std::size_t port) const { return progress(inputs_[port]); }
    std::string output_progress(std::size_t port) const { return progress(outputs_[port]); }

  private:
    struct Port {
        std::uint64_t words;      // of a frame
        std::uint64_t word = 0;   // the next one
        std::uint64_t frames = 0; // whole ones

        // True behind the last word of a frame.
        bool next() {
            if (++word < words) return false;
            word = 0;
            ++frames;
            return true;
        }
    };

    static std::size_t lowest_bit(std::uint64_t bits) {
        return static_cast<std::size_t>(__builtin_ctzll(bits));
    }
    static std::string progress(const Port& port) {
        return std::to_string(port.frames) + " frames and " + std::to_string(port.word) + " of " +
               std::to_string(port.words) + " words";
    }

    std::vector<Port> inputs_;
    std::vector<Port> outputs_;
    std::vector<std::uint64_t> starts_; // by frame
    std::vector<std::uint64_t> ends_;
};

} // namespace millrace

#endif
