// SPDX-License-Identifier: Apache-2.0
//
// Actors with buffers of words: mr_rearrange, mr_parallel_window.
#include "ir/cost/arithmetic.hpp"
#include "ir/cost/memory.hpp"

#include <algorithm>
#include <bit>
#include <set>

namespace millrace {

namespace {

using namespace cost;

/// The loops of a rearrangement as mr_rearrange sees them: those that go on where their inner
/// neighbour ends are one.
struct Loops {
    std::vector<std::int64_t> counts;
    std::vector<std::int64_t> strides;
    std::int64_t leading = 0;
    std::int64_t input_words = 0;

    Loops(const ops::Rearrange& op, std::int64_t words)
        : counts(op.counts),
          strides(op.strides),
          leading(static_cast<std::int64_t>(ops::rearrange_monotone_loops(op.counts, op.strides))),
          input_words(words) {
        std::ptrdiff_t inner = -1;
        for (std::ptrdiff_t i = std::ssize(counts) - 1; i >= 0; --i) {
            const auto at = static_cast<std::size_t>(i);
            if (counts[at] == 1) {
                continue;
            }
            const auto in = static_cast<std::size_t>(inner);
            if (inner >= 0 && (i < leading) == (inner < leading) &&
                strides[at] == counts[in] * strides[in]) {
                counts[in] *= counts[at];
                counts[at] = 1;
            } else {
                inner = i;
            }
        }
    }

    /// How far loop `loop` goes on with all loops inside of it back at their start; -1: the frame.
    [[nodiscard]] std::int64_t address_step(std::ptrdiff_t loop) const {
        std::int64_t step = input_words;
        for (std::ptrdiff_t i = std::max<std::ptrdiff_t>(loop, 0); i < std::ssize(counts); ++i) {
            const auto at = static_cast<std::size_t>(i);
            step = i == loop ? strides[at] : step - (counts[at] - 1) * strides[at];
        }
        return step;
    }
    [[nodiscard]] std::int64_t low_step(std::ptrdiff_t loop) const {
        std::int64_t step = loop < leading ? input_words : 0;
        for (std::ptrdiff_t i = std::max<std::ptrdiff_t>(loop, 0);
             i < std::min<std::ptrdiff_t>(std::ssize(counts), leading); ++i) {
            const auto at = static_cast<std::size_t>(i);
            step = i == loop ? strides[at] : step - (counts[at] - 1) * strides[at];
        }
        return step;
    }
};

/// Registers of some steps, one for each bit that differs from step to step and from other bits.
void add_columns(std::set<std::vector<bool>>& columns, const std::vector<std::int64_t>& steps,
                 std::int64_t bits) {
    for (std::int64_t bit = 0; bit < bits; ++bit) {
        std::vector<bool> column;
        for (const std::int64_t step : steps) {
            column.push_back((step >> bit & 1) != 0);
        }
        if (std::count(column.begin(), column.end(), true) % std::ssize(column) != 0) {
            columns.insert(std::move(column));
        }
    }
}

} // namespace

Cost rearrange_cost(const ops::Rearrange& op, std::int64_t bits, std::int64_t input_words,
                    bool overlap, Family family) {
    const Loops loops(op, input_words);
    const std::int64_t grain = op.memory == ops::MemoryStyle::bram ? 512 : 64;
    const auto power = static_cast<std::int64_t>(
        std::bit_ceil(static_cast<std::uint64_t>(std::max<std::int64_t>(op.depth, 2))));
    const std::int64_t ring =
        ceil_div(power, grain) == ceil_div(op.depth, grain) ? power : op.depth;
    const std::int64_t slot_bits = ceil_log2(ring);

    // Every loop that has a next word, and the frame.
    std::vector<std::int64_t> ahead;
    std::vector<std::int64_t> fill;
    std::vector<std::int64_t> slot;
    std::int64_t largest = op.offset + 1;
    std::int64_t largest_low = op.offset + 1;
    Cost indices;
    for (std::ptrdiff_t i = -1; i < std::ssize(loops.counts); ++i) {
        largest = std::max(largest, loops.address_step(i));
        largest_low = std::max(largest_low, loops.low_step(i));
        if (i >= 0 && loops.counts[static_cast<std::size_t>(i)] == 1) {
            continue;
        }
        ahead.push_back(-loops.address_step(i));
        fill.push_back(-loops.low_step(i));
        slot.push_back((loops.address_step(i) % ring + ring) % ring);
        if (i >= 0) {
            const auto index =
                static_cast<double>(ceil_log2(loops.counts[static_cast<std::size_t>(i)]));
            indices += logic(index <= 5 ? index + 1 : index / 3 + 3, index);
        }
    }
    const std::int64_t ahead_bits = 1 + ceil_log2(std::max(largest, op.depth) + 1);
    const std::int64_t fill_bits = 1 + ceil_log2(op.depth + largest_low + 1);
    std::set<std::vector<bool>> columns;
    add_columns(columns, ahead, ahead_bits);
    add_columns(columns, fill, fill_bits);
    add_columns(columns, slot, slot_bits);
    const auto steps = static_cast<double>(columns.size());

    // Where all steps are the same, nobody asks which loop goes on.
    Cost cost = columns.empty() ? Cost() : indices;
    cost += logic(static_cast<double>(ahead_bits + fill_bits),
                  static_cast<double>(ahead_bits + fill_bits));
    cost += logic(static_cast<double>(slot_bits), 2 * static_cast<double>(slot_bits));
    cost += logic(steps, steps);
    cost += logic(4, 1);
    if (ring != power) {
        cost += logic(3 * static_cast<double>(slot_bits), static_cast<double>(slot_bits + 1));
    }
    if (!overlap) {
        cost += counter(input_words) + logic(4, 3);
    }
    // The output's register is that of the memory.
    return cost + ram(bits, ring, op.memory, family);
}

Cost parallel_window_cost(const ops::ParallelWindow& op, std::int64_t bits, std::int64_t height,
                          std::int64_t width, std::int64_t blocks, Family family) {
    const std::int64_t rows = op.kernel[0];
    const std::int64_t columns = (op.kernel[1] - 1) * op.dilations[1] + 1;
    const std::int64_t apart = blocks * op.dilations[1]; // words between columns of a window
    Cost cost = logic(3, 1) + counter(blocks);
    const auto axis = [&](std::int64_t size, std::int64_t first, std::int64_t stride) {
        cost += counter(size);
        cost += counter(std::max<std::int64_t>(std::max(first, stride - 1) + 1, 2));
    };
    axis(width, columns - 1, op.strides[1]);
    axis(height, (rows - 1) * op.dilations[0], op.strides[0]);
    // mr_window_memory.
    const auto keep = [&](std::int64_t word, std::int64_t kept, std::int64_t length) {
        if (kept > 0 && length == 1) {
            cost += logic(0, static_cast<double>(kept * word));
        } else if (kept > 0) {
            cost += counter(length) + ram(kept * word, length, op.memory, family);
        }
    };
    keep(bits, rows - 1, op.dilations[0] * width * blocks);
    if (op.kernel[1] > 1 && apart >= 4) {
        keep(rows * bits, op.kernel[1] - 1, apart);
        return cost + logic(0, static_cast<double>(rows * op.kernel[1] * bits));
    }
    return cost + logic(0, static_cast<double>(rows * ((op.kernel[1] - 1) * apart + 1) * bits));
}

} // namespace millrace
