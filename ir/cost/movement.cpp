// SPDX-License-Identifier: Apache-2.0
//
// Actors that move words: queues, width converters, pads, forks, concatenations.
#include "ir/cost/movement.hpp"

#include "ir/cost/arithmetic.hpp"
#include "ir/cost/fifo.hpp"
#include "ir/cost/memory.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

namespace millrace {

namespace {

using namespace cost;

/// Addresses of a ring of `words`: two counters, and which of full and empty it is.
double ring_luts(std::int64_t words) {
    const auto bits = static_cast<double>(std::max<std::int64_t>(ceil_log2(words), 1));
    const bool power = std::has_single_bit(static_cast<std::uint64_t>(words));
    return (bits <= 1 ? 6 : bits <= 3 ? 10 : 5 + 2 * bits) + (power ? 0 : 4 * bits);
}

} // namespace

namespace cost {

Cost fifo(std::int64_t bits, std::int64_t depth, ops::MemoryStyle style, bool registered,
          Family family) {
    const bool block = style == ops::MemoryStyle::bram || style == ops::MemoryStyle::uram;
    const std::int64_t words = ring_words(depth, block);
    const auto address = static_cast<double>(ceil_log2(words));
    if (registered) {
        return ram(bits, words, style, family) + logic(ring_luts(words) - 5, 2 * address + 3);
    }
    return lut_ram(bits, words, family) + logic(ring_luts(words), 3 * address + 2);
}

} // namespace cost

Cost fifo_cost(const ops::Fifo& queue, std::int64_t bits, Family family) {
    const ops::MemoryStyle memory = queue_memory(queue, bits);
    return fifo(bits, queue.depth, memory, memory != ops::MemoryStyle::lut, family);
}

Cost width_converter_cost(int bits, std::int64_t in_lanes, std::int64_t out_lanes,
                          std::int64_t elements, Family /*family*/) {
    const std::int64_t common = std::gcd(in_lanes, out_lanes);
    const std::int64_t chunk = common * bits;
    const std::int64_t in = in_lanes / common;
    const std::int64_t out = out_lanes / common;
    const std::int64_t kept = in + out - 1;
    // Neighbouring words of a register share what they choose in the first steps, four to one.
    const auto shifted = [](std::int64_t from, std::int64_t to) {
        std::int64_t luts = 0;
        for (std::int64_t step = 4, left = from; left > 1; step *= 4, left = ceil_div(left, 4)) {
            luts += std::min(to * ceil_div(left, 4), std::max(from + to - step, to));
        }
        return static_cast<double>(luts);
    };
    const auto rotated = [](std::int64_t places) {
        return static_cast<double>(places * ceil_div(ceil_log2(places), 2));
    };
    const auto width = static_cast<double>(chunk);
    // The module's own comparison of its two ways.
    const std::int64_t rows = ceil_div(kept, out);
    const std::int64_t direct = out * chunk * ((in + 3) / 4);
    const std::int64_t widened = in * chunk * ((in + 3) / 4) + (in - 1) * chunk + 2 * kept;
    const std::int64_t by_rows = out * chunk * ((rows + 3) / 4 + (out + 3) / 4) + 4 * out;
    const bool flushes = elements != 0 && elements % out_lanes != 0;
    const bool drops = elements != 0 && elements % in_lanes != 0;
    const double frame =
        flushes || drops ? static_cast<double>(ceil_log2(elements / std::min(in_lanes, out_lanes)))
                         : 0;
    const auto skip = static_cast<double>(ceil_log2(kept + 1));
    Cost cost;
    if (in > 1 && in < out && widened < direct) {
        cost = logic(width * (rotated(in) + static_cast<double>(in - 1)) +
                         static_cast<double>(2 * kept),
                     static_cast<double>(kept * chunk + ceil_log2(in)) + skip + 2);
    } else if (out > 1 && in > out && by_rows < direct) {
        cost = logic(width * (2.3 * static_cast<double>(out) * select_luts(rows) + rotated(out)) +
                         static_cast<double>(4 * out) + 4 * skip,
                     static_cast<double>(kept * chunk + ceil_log2(rows + 1) + ceil_log2(out)) +
                         skip + 1);
    } else {
        cost = logic(width * shifted(in, out) + 3 + 1.2 * skip,
                     static_cast<double>(kept * chunk) + skip + 1);
    }
    if (flushes || drops) {
        cost += logic(6 + frame, frame + (flushes ? 1 : 0));
        if (flushes) {
            cost += logic(static_cast<double>(out * chunk), 0);
        }
    }
    return cost;
}

Cost pad_cost(const PadCircuit& circuit, Family family) {
    const auto bits = static_cast<double>(circuit.lanes * circuit.output.bits);
    Cost cost = logic(2, 2);
    cost += counter(circuit.columns * circuit.folds) + counter(circuit.rows);
    const auto positions = static_cast<double>(ceil_log2(circuit.columns * circuit.folds));
    const auto rows = static_cast<double>(ceil_log2(circuit.rows));
    cost += logic(
        (circuit.pads_columns ? 2 + positions / 3 : 0) + (circuit.pads_rows ? 2 + rows / 3 : 0), 0);
    cost += logic(bits, 0);
    if (!circuit.shared && circuit.folds > 1) {
        cost += counter(circuit.folds);
        cost += table(circuit.lanes * circuit.output.bits, circuit.folds, ops::MemoryStyle::lut,
                      true, family);
    }
    return cost;
}

Cost fork_cost(std::int64_t /*bits*/, std::int64_t ways, Family /*family*/) {
    const auto outputs = static_cast<double>(ways);
    return logic(2 * outputs + std::max(1.0, outputs - 2), outputs);
}

Cost concat_cost(const std::vector<std::int64_t>& words, const std::vector<ElementFormat>& inputs,
                 const ElementFormat& output, std::int64_t lanes, Family /*family*/) {
    const auto count = static_cast<double>(inputs.size());
    const auto longest = *std::max_element(words.begin(), words.end());
    const auto bits = static_cast<double>(lanes * output.bits);
    Cost cost = counter(std::max<std::int64_t>(longest, 2)) + logic(2 * count, count);
    // A LUT takes three words and what chooses.
    return cost + logic(bits * std::ceil((count - 1) / 2), 0);
}

Cost reduce_cost(const ops::Reduce& op, const ElementFormat& input, std::int64_t words,
                 std::int64_t pe, Family /*family*/) {
    const auto lanes = static_cast<double>(pe);
    const bool sums = op.reduction == ops::Reduction::sum;
    Cost cost = counter(words) + logic(2, 1);
    // A word's taps: pairs become one, a lone one, the last, is kept.
    std::int64_t bits = sums && op.simd > 1 && input.encoding == Encoding::bipolar ? 2 : input.bits;
    std::int64_t last_bits = bits;
    // A comparison and what it chooses: the bits of three and less are functions of one LUT each;
    // six bits Yosys compares in LUTs.
    const double chosen = input.bits <= 3 ? input.bits : input.bits == 6 ? 14.5 : 1.75 * input.bits;
    for (std::int64_t left = op.simd; left > 1; left = (left + 1) / 2) {
        const std::int64_t pairs = left / 2;
        const auto of_pair = sums ? static_cast<double>(bits) : chosen;
        bits = sums ? std::min<std::int64_t>(bits + 1, op.output.bits) : bits;
        last_bits = left % 2 == 0 ? bits : last_bits;
        const std::int64_t registers = pairs * bits + (left % 2 == 0 ? 0 : last_bits);
        cost += logic(lanes * static_cast<double>(pairs) * of_pair,
                      lanes * static_cast<double>(registers) + 1);
    }
    if (words == 1 && op.simd > 1) {
        return cost + logic(0, lanes * static_cast<double>(bits)); // one word: nothing to combine
    }
    if (sums) {
        // The sum that is kept comes second to the chain, so that its clearing takes LUTs as well.
        return cost +
               logic(lanes * static_cast<double>(bits + op.output.bits), lanes * op.output.bits);
    }
    // A comparison, and what it enables.
    const double compared = input.bits == 1 ? 1 : input.bits <= 4 ? 2.1 : input.bits;
    return cost + logic(lanes * compared, lanes * input.bits);
}

} // namespace millrace
