// SPDX-License-Identifier: Apache-2.0
//
// When memory has the elements of an input ready. In designs with other lanes an input comes in
// other words of memory, and a slow memory carries few large ones as quickly as many small ones.
#pragma once

#include <cstdint>
#include <vector>

namespace millrace::planner {

struct InputPort {
    /// As a design takes it; elements of a word of memory and of the stream.
    struct Words {
        std::int64_t memory = 1;
        std::int64_t lanes = 1;
    };
    std::int64_t elements = 0;  ///< of a frame
    std::int64_t cycles = 0;    ///< in which memory carries a frame at least
    std::vector<Words> words{}; ///< of all designs

    /// Whether memory words of so many elements come less often than once a cycle.
    [[nodiscard]] bool is_slow(std::int64_t memory) const {
        return cycles > (elements + memory - 1) / memory;
    }
    /// Whether memory keeps some design waiting.
    [[nodiscard]] bool is_slow() const;
    /// Cycles from the memory word that completes the first word of the stream, with which a
    /// frame's latency begins, to the one with an element; 0: not later than that.
    [[nodiscard]] std::int64_t time(std::int64_t element, const Words& taken) const;
    /// In any design.
    [[nodiscard]] std::int64_t least_time(std::int64_t element) const;
};

} // namespace millrace::planner
