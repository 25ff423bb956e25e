// SPDX-License-Identifier: Apache-2.0
//
// Memories of the actor library, and how Yosys puts them together from LUTs and block RAM.
#pragma once

#include "ir/cost.hpp"

namespace millrace::cost {

/// Blocks for a memory; `rows` are what a multiplexer behind them chooses from.
struct Blocks {
    std::int64_t half = 0; ///< of 18 Kbit
    std::int64_t full = 0; ///< of 36 Kbit
    std::int64_t rows = 1;
    double price = 0; ///< as Yosys compares mappings

    [[nodiscard]] double bram18() const { return static_cast<double>(half + 2 * full); }
};
/// `writes`: a port that writes whole words.
Blocks blocks(std::int64_t bits, std::int64_t words, bool writes);

/// mr_rom: a word of weights a cycle.
Cost weight_rom(std::int64_t bits, std::int64_t words, ops::MemoryStyle style, Family family);
/// mr_table: `words` words of constants, of which the optimiser sees the contents; `registered`:
/// read in a cycle of its own.
Cost table(std::int64_t bits, std::int64_t words, ops::MemoryStyle style, bool registered,
           Family family);
/// Memory in LUTs with a read port that has no register, and what chooses among its rows.
Cost lut_ram(std::int64_t bits, std::int64_t words, Family family);
/// mr_ram: with a register behind the memory.
Cost ram(std::int64_t bits, std::int64_t words, ops::MemoryStyle style, Family family);
/// The same of automatic style, with one address for reading and writing.
Cost one_port_ram(std::int64_t bits, std::int64_t words, Family family);
/// The inputs of a matrix-vector unit that are kept: no register, and no style unless `block`.
Cost input_buffer(std::int64_t bits, std::int64_t words, bool block, Family family);

/// LUTs for a bit of a multiplexer of `choices`.
double select_luts(std::int64_t choices);

} // namespace millrace::cost
