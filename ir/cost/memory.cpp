// SPDX-License-Identifier: Apache-2.0
//
// Yosys takes the mapping of a memory with the lowest price: 129 for a block of 18 Kbit, 257 for
// one of 36 Kbit, 8 for the four LUTs of a RAM32M or RAM64M (16 for the eight of UltraScale+), half
// a unit for each bit of each row that has to be chosen from. A memory that is longer than a block
// is cut into rows; rows that are only read lie densely beside each other in the blocks, rows that
// are written begin at bytes of nine bits, which have enables of their own.
#include "ir/cost/memory.hpp"

#include "ir/cost/arithmetic.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace millrace {

std::int64_t block_ram18(std::int64_t bits, std::int64_t words) {
    return static_cast<std::int64_t>(cost::blocks(bits, words, true).bram18());
}

namespace cost {

namespace {

struct Shape {
    std::int64_t bits;
    std::int64_t words;
    bool full;
};
constexpr std::array shapes{
    Shape{1, 16384, false}, Shape{2, 8192, false}, Shape{4, 4096, false}, Shape{9, 2048, false},
    Shape{18, 1024, false}, Shape{36, 512, false}, Shape{1, 32768, true}, Shape{2, 16384, true},
    Shape{4, 8192, true},   Shape{9, 4096, true},  Shape{18, 2048, true}, Shape{36, 1024, true},
    Shape{72, 512, true},
};

/// Words of a LUT memory's row, and its cells.
struct LutRows {
    double luts = 0;
    std::int64_t rows = 1;
    double price = 0;
};

LutRows lut_rows(std::int64_t bits, std::int64_t words, Family family) {
    LutRows result;
    const bool small = words <= 32;
    const std::int64_t width = family == Family::xc7 ? (small ? 6 : 3) : (small ? 14 : 7);
    const int luts = family == Family::xc7 ? 4 : 8;
    result.rows = small ? 1 : ceil_div(words, 64);
    result.luts = static_cast<double>(result.rows * luts * ceil_div(bits, width));
    if (family == Family::xc7 && bits == 1 && result.rows == 2) {
        result.luts = 4; // RAM128X1D
        result.rows = 1;
    }
    result.price =
        2.0 * luts * static_cast<double>(result.rows * bits) / static_cast<double>(width);
    if (result.rows > 1) {
        result.price += 0.5 * static_cast<double>(result.rows * (bits + 1));
    }
    return result;
}

/// What chooses among rows of a read port, for a bit: a LUT6 takes four. More rows come out larger
/// than select_luts() where their number is no power of two.
double row_luts(std::int64_t bits, std::int64_t rows) {
    const double luts = rows <= 1   ? 0
                        : rows <= 4 ? 1
                        : rows <= 8 ? 4
                                    : 0.37 * static_cast<double>(rows);
    return static_cast<double>(bits) * luts;
}

/// A LUT memory's enables and its choice of a row.
double lut_row_luts(std::int64_t bits, const LutRows& memory) {
    return memory.rows <= 1 ? 0 : static_cast<double>(memory.rows) + row_luts(bits, memory.rows);
}

/// How many of some random functions of an address are different ones, `without` of all possible
/// functions not counted.
double different(double functions, std::int64_t words, double without) {
    const double all = std::exp2(static_cast<double>(std::min<std::int64_t>(words, 40)));
    return std::max(0.0, all - without) * (1 - std::pow(1 - 1 / all, functions));
}

/// LUTs for a bit of a function of an address: MUXF7 and MUXF8 join four of them, LUTs the rest.
double rom_luts(std::int64_t words) {
    if (words <= 256) {
        return words <= 64 ? 1 : words <= 128 ? 2 : words <= 144 ? 3.25 : 4;
    }
    return 1.22 * static_cast<double>(ceil_div(words, 64));
}

bool table_in_block(std::int64_t bits, std::int64_t words, ops::MemoryStyle style) {
    const std::int64_t luts = bits * ceil_div(words, 64);
    const std::int64_t block_bits = words <= 512    ? 36
                                    : words <= 1024 ? 18
                                    : words <= 2048 ? 9
                                    : words <= 4096 ? 4
                                    : words <= 8192 ? 2
                                                    : 1;
    const std::int64_t needed =
        ceil_div(bits, block_bits) * (words <= 16384 ? 1 : ceil_div(words, 16384));
    return style == ops::MemoryStyle::bram ||
           (style == ops::MemoryStyle::automatic && luts > 128 * needed);
}

Cost in_blocks(std::int64_t bits, std::int64_t words, bool writes) {
    const Blocks needed = blocks(bits, words, writes);
    Cost cost;
    cost.bram18 = needed.bram18();
    if (needed.rows > 1) {
        cost.lut = row_luts(bits, needed.rows);
        cost.ff = static_cast<double>(ceil_log2(needed.rows));
    }
    return cost;
}

} // namespace

double select_luts(std::int64_t choices) {
    double luts = 0;
    for (; choices > 4; choices = ceil_div(choices, 4)) {
        luts += static_cast<double>(choices) / 4;
    }
    return choices > 1 ? luts + 1 : luts;
}

Blocks blocks(std::int64_t bits, std::int64_t words, bool writes) {
    Blocks best;
    best.price = std::numeric_limits<double>::infinity();
    for (const Shape& shape : shapes) {
        const std::int64_t rows = ceil_div(words, shape.words);
        const std::int64_t row_bits = rows > 1 && writes ? 9 * ceil_div(bits, 9) : bits;
        const std::int64_t count = ceil_div(row_bits * rows, shape.bits);
        double price = static_cast<double>(count) * (shape.full ? 257 : 129);
        if (rows > 1) {
            price += 0.5 * static_cast<double>(rows * (bits + (writes ? 1 : 0)));
        }
        if (price < best.price) {
            best = {shape.full ? 0 : count, shape.full ? count : 0, rows, price};
        }
    }
    return best;
}

Cost weight_rom(std::int64_t bits, std::int64_t words, ops::MemoryStyle style, Family family) {
    return words == 1 ? Cost() : table(bits, words, style, true, family);
}

Cost table(std::int64_t bits, std::int64_t words, ops::MemoryStyle style, bool registered,
           Family /*family*/) {
    if (words == 1) {
        return {};
    }
    if (registered && table_in_block(bits, words, style)) {
        return in_blocks(bits, words, false);
    }
    const auto functions = static_cast<double>(bits);
    const auto address_bits = static_cast<double>(ceil_log2(words));
    // Constants and bits of the address, perhaps inverted, are no functions of their own.
    Cost cost;
    cost.lut = different(functions, words, 2 + 2 * address_bits) * rom_luts(words);
    if (registered) {
        cost.ff = different(functions, words, 2);
    }
    return cost;
}

Cost lut_ram(std::int64_t bits, std::int64_t words, Family family) {
    const LutRows memory = lut_rows(bits, words, family);
    Cost cost;
    cost.lut_memory = memory.luts;
    cost.lut = memory.luts + lut_row_luts(bits, memory);
    return cost;
}

Cost ram(std::int64_t bits, std::int64_t words, ops::MemoryStyle style, Family family) {
    const bool automatic_block =
        style == ops::MemoryStyle::automatic && queue_in_block_ram(bits, words); // mr_ram's rule
    if (style == ops::MemoryStyle::bram || automatic_block) {
        return in_blocks(bits, words, true);
    }
    if (style == ops::MemoryStyle::uram) {
        Cost cost;
        cost.uram = static_cast<double>(ceil_div(bits, 72) * ceil_div(words, 4096));
        return cost;
    }
    Cost cost = lut_ram(bits, words, family);
    cost.ff += static_cast<double>(bits);
    return cost;
}

Cost one_port_ram(std::int64_t bits, std::int64_t words, Family family) {
    Cost cost = ram(bits, words, ops::MemoryStyle::automatic, family);
    if (cost.lut_memory > 0) {
        // A LUT for a bit of 64 words, half of one for a bit of 32; MUXF join 256 words.
        const auto luts =
            static_cast<double>(words <= 32 ? ceil_div(bits, 8) * 4 : bits * ceil_div(words, 64));
        cost.lut = luts + row_luts(bits, ceil_div(words, 256));
        cost.lut_memory = luts;
    }
    return cost;
}

Cost input_buffer(std::int64_t bits, std::int64_t words, bool block, Family family) {
    if (block) {
        return in_blocks(bits, words, true);
    }
    if (lut_rows(bits, words, family).price > blocks(bits, words, true).price) {
        // What is written while it is read goes around the block.
        const auto around = static_cast<double>(bits);
        return in_blocks(bits, words, true) + logic(around + 5, around + 2);
    }
    return lut_ram(bits, words, family);
}

} // namespace cost

} // namespace millrace
