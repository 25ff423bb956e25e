// SPDX-License-Identifier: Apache-2.0
//
// Movers between memory and streams, and the control registers.
#include "ir/cost/arithmetic.hpp"
#include "ir/cost/fifo.hpp"
#include "ir/cost/movement.hpp"
#include "ir/memory_pace.hpp"

#include <algorithm>
#include <bit>

namespace millrace {

namespace {

using namespace cost;

/// What both movers derive from a memory word.
struct Words {
    std::int64_t lanes;       ///< elements of a memory word
    std::int64_t frame;       ///< memory words of a frame
    std::int64_t burst;       ///< words
    std::int64_t outstanding; ///< bursts

    explicit Words(const MoverCircuit& circuit) {
        lanes = ops::memory_lanes(circuit.memory_bits, circuit.element);
        frame = ceil_div(circuit.elements, lanes);
        const BurstSettings settings = burst_settings(circuit.memory_bits);
        burst = settings.length;
        outstanding = settings.outstanding;
    }
};

std::int64_t odd(std::int64_t elements, std::int64_t a, std::int64_t b) {
    return elements % a == 0 && elements % b == 0 ? 0 : elements;
}

/// mr_burst_requests.
Cost requests(const Words& words) {
    const auto factor = static_cast<double>(ceil_log2(words.frame + 1));
    const auto burst = static_cast<double>(ceil_log2(words.burst));
    return logic(190 + burst + factor, 92 + burst + 2 * factor);
}

} // namespace

Cost memory_to_stream_cost(const MoverCircuit& circuit, Family family) {
    const Words words(circuit);
    const std::int64_t room = words.burst * words.outstanding;
    const std::int64_t bits = words.lanes * circuit.element.bits;
    const auto count = static_cast<double>(ceil_log2(room + 1) + 1);
    return requests(words) + logic(3 * count + 6, 2 * count + 1) +
           fifo(bits, room, ops::MemoryStyle::automatic, true, family) +
           width_converter_cost(circuit.element.bits, words.lanes, circuit.lanes,
                                odd(circuit.elements, words.lanes, circuit.lanes), family);
}

Cost stream_to_memory_cost(const MoverCircuit& circuit, Family family) {
    const Words words(circuit);
    const std::int64_t bits = words.lanes * circuit.element.bits;
    const std::int64_t room = 2 * words.burst;
    const auto burst = static_cast<double>(ceil_log2(words.burst));
    return requests(words) + logic(6 * burst + 10, 2 * burst + 8) +
           fifo(bits, room, ops::MemoryStyle::automatic, true, family) +
           fifo(ceil_log2(words.burst), words.outstanding, ops::MemoryStyle::automatic, true,
                family) +
           width_converter_cost(circuit.element.bits, circuit.lanes, words.lanes,
                                odd(circuit.elements, words.lanes, circuit.lanes), family);
}

Cost control_cost(std::int64_t inputs, std::int64_t outputs, Family /*family*/) {
    const auto movers = static_cast<double>(inputs + outputs);
    return logic(60 + 59 * movers, 134 + 64 * movers);
}

} // namespace millrace
