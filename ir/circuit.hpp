// SPDX-License-Identifier: Apache-2.0
//
// What the circuits of actors are made of, as far as their cycles depend on it: products in LUTs or
// DSP blocks, queues in LUTs or block RAM, and the depth of pipelines. templates/rtl builds exactly
// these, with parameters that backends/rtl takes from here; the HLS library's pipelines are taken
// to be as deep.
#pragma once

#include "ir/graph.hpp"
#include "ir/ops/dataflow.hpp"

#include <cstdint>
#include <vector>

namespace millrace {

/// Whether products of two formats are made in DSP blocks. Automatic: where both sides together
/// would take more LUTs than a shared block is worth (25 partial products, 5 x 5 bits), unless a
/// side is a sign.
bool multiplies_in_dsp(ops::MultiplierStyle style, const ElementFormat& a, const ElementFormat& b);

/// Whether a queue of `depth` words of `bits` is in block RAM: where that saves more than 128 LUTs
/// for each 18 Kbit block, the ratio of the two on the devices of the 7 series and UltraScale+.
bool queue_in_block_ram(std::int64_t bits, std::int64_t depth);

/// Words of a ring buffer that take no more memory than `depth`: a power of two where that costs
/// nothing. Memory in LUTs comes by 64 words, block RAM by 512.
std::int64_t ring_words(std::int64_t depth, bool block_ram);

/// Where the words of a queue are, of `bits` each: as it says, or by queue_in_block_ram(); never
/// automatic.
ops::MemoryStyle queue_memory(const ops::Fifo& fifo, std::int64_t bits);

/// Words that the RTL library's queue holds: its ring, and with block RAM or UltraRAM the output
/// register.
std::int64_t queue_words(const ops::Fifo& fifo, std::int64_t bits);

/// Smallest and largest number on a stream, as far as its producer says more than its format.
struct NumberRange {
    std::int64_t lo = 0;
    std::int64_t hi = 0;
};
NumberRange stream_range(const Graph& graph, ValueId stream);

/// Signed numbers of two bits that are never -2, on both sides of a product.
bool ternary_products(const Graph& graph, ValueId input, const Tensor& weights,
                      const ElementFormat& weight_format);
/// The same for inputs of a format of which none is below `lowest`.
bool ternary_products(const ElementFormat& input, std::int64_t lowest, const Tensor& weights,
                      const ElementFormat& weight_format);

/// The multiplier of a multiply-add-shift: the bits of its numbers in two's complement, and where
/// its products are made.
struct ScaleCircuit {
    ElementFormat argument; ///< unsigned or signed, never bipolar
    int multiplier_bits = 1;
    int add_bits = 1;
    int product_bits = 2; ///< with a bit for the sign
    bool dsp = false;
};
ScaleCircuit scale_circuit(const form::MultiplyAddShift& form, const ElementFormat& input);

/// The multipliers of an AddJoin in two's complement, and where its products are made; powers of
/// two for all channels are wires.
struct AddCircuit {
    ElementFormat number; ///< both operands
    ElementFormat factor;
    bool wires = false;
    bool dsp = false;
};
AddCircuit add_circuit(const ops::AddJoin& op, const ElementFormat& a, const ElementFormat& b);

/// Two operands without their zero points, and where their product is made.
struct DifferenceCircuit {
    int zero_bits = 1; ///< of all zero points
    ElementFormat a;
    ElementFormat b;
    bool dsp = false;
};
DifferenceCircuit difference_circuit(const ElementFormat& a,
                                     const std::vector<std::int64_t>& zero_a,
                                     const ElementFormat& b,
                                     const std::vector<std::int64_t>& zero_b);

/// Thresholds as hardware compares with them: at least one a row, which is never reached where
/// there is none. Into signs, from -1 to +1 is a step of two levels at one threshold, given twice:
/// one of the two is left, and a base of -1 (rising) or 0 (falling); what is then 0 or more is +1.
form::Thresholds compared_thresholds(const form::Thresholds& form, const ElementFormat& input,
                                     const ElementFormat& output);

/// Bits of a number in two's complement.
int signed_bits(std::int64_t number);
/// The widest of some numbers, at least `least`.
int signed_bits(const std::vector<std::int64_t>& numbers, int least = 1);

/// Cycles from the one that computes a word of a node to the one in which the queue behind it takes
/// it; of a queue: to the one in which its reader can take it.
std::int64_t circuit_latency(const Graph& graph, const Node& node);

} // namespace millrace
