// SPDX-License-Identifier: Apache-2.0
//
// What actors take of a device: LUTs, flip-flops, block RAM, UltraRAM and DSP blocks, predicted
// from the structure of the modules in templates/rtl as Yosys maps them (docs/cost-model.md has the
// formulas and how far they are off). Block RAM and DSP blocks are exact: they are the modules' own
// rules. LUTs and flip-flops are counted module by module; what an optimiser finds in the contents
// of small memories is an expectation.
//
// Functions on circuits (plain parameters) serve whoever compares candidates without a graph. They
// take microseconds. node_cost() fills the circuits from a node, for which it looks through weights
// and tables once.
#pragma once

#include "ir/circuit.hpp"
#include "ir/function/function_form.hpp"
#include "ir/graph.hpp"
#include "ir/ops/dataflow.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace millrace {

/// Families of devices as far as circuits differ: 7 series (DSP48E1, CARRY4), and UltraScale+ and
/// later (DSP48E2, CARRY8, UltraRAM).
enum class Family : std::uint8_t { xc7, xcup };

/// That of a part ("xc7z020clg400-1", "xcu250-figd2104-2L-e", ...).
Family family_of(const std::string& part);

/// What a circuit takes. Additive. A block RAM of 36 Kbit is two of 18.
struct Cost {
    double lut = 0; ///< LUT1 to LUT6, and the LUTs that are memory: what a device has of them
    double lut_memory = 0; ///< the part of `lut` that is memory
    double ff = 0;
    double bram18 = 0;
    double uram = 0;
    double dsp = 0;

    Cost& operator+=(const Cost& other);
    friend Cost operator+(Cost a, const Cost& b) { return a += b; }
    friend Cost operator*(double times, Cost cost);
    friend bool operator==(const Cost&, const Cost&) = default;
};

// ---- circuits

/// ops::MatrixVector.
struct MatrixVectorCircuit {
    std::int64_t inputs = 1;  ///< K, of a group
    std::int64_t outputs = 1; ///< N, of all groups
    std::int64_t groups = 1;
    std::int64_t pe = 1;
    std::int64_t simd = 1;
    ElementFormat input;
    ElementFormat weight;
    int accumulator_bits = 1;
    bool ternary = false; ///< ternary_products()
    bool narrow = false;  ///< no weight is the lowest of its format
    ops::MemoryStyle memory = ops::MemoryStyle::automatic;
    ops::MultiplierStyle multiplier = ops::MultiplierStyle::automatic;
};
/// That of a node, but `narrow`, for which all weights are looked at.
MatrixVectorCircuit matrix_vector_circuit(const Graph& graph, const Node& node);
Cost matrix_vector_cost(const MatrixVectorCircuit& circuit, Family family);
/// circuit_latency() of ops::MatrixVector.
std::int64_t matrix_vector_latency(const MatrixVectorCircuit& circuit);
/// Products that share a DSP block, and blocks of a matrix-vector unit (0: products in LUTs).
std::int64_t dsp_lanes(const MatrixVectorCircuit& circuit, Family family);

/// ops::Depthwise.
struct DepthwiseCircuit {
    std::int64_t taps = 1;
    std::int64_t channels = 1;
    std::int64_t pe = 1;
    std::int64_t simd = 1; ///< taps a cycle
    ElementFormat input;
    ElementFormat weight;
    int accumulator_bits = 1;
    bool ternary = false;
    ops::MemoryStyle memory = ops::MemoryStyle::automatic;
    ops::MultiplierStyle multiplier = ops::MultiplierStyle::automatic;
};
/// That of a node.
DepthwiseCircuit depthwise_circuit(const Graph& graph, const Node& node);
Cost depthwise_cost(const DepthwiseCircuit& circuit, Family family);
/// circuit_latency() of ops::Depthwise.
std::int64_t depthwise_latency(const DepthwiseCircuit& circuit);

/// ops::FunctionUnit: what its cost takes of a form, so that candidates of PE need not look at
/// tables again.
struct FunctionCircuit {
    enum class Kind : std::uint8_t { identity, shift, scale, thresholds, breakpoints, table };
    Kind kind = Kind::identity;
    ElementFormat input;
    ElementFormat output;
    // Constants of channels: bits of one, and whether there is one for all.
    int add_bits = 0;
    bool add_shared = true;
    bool adds = false; ///< not only zero
    int add_zeros = 0; ///< lowest bits in which all are zero
    int multiplier_bits = 0;
    bool multiplier_shared = true;
    ElementFormat argument; ///< of the multiplier
    int product_bits = 0;
    int shift = 0;
    int add_shift = 0;
    Rounding rounding = Rounding::floor;
    bool ties = false;
    int clamped_bits = 0;
    bool limits_low = false; ///< a limit that the clamped number may pass
    bool limits_high = false;
    bool dsp = false;
    // Tables: a row for all channels or one for each, of `count` thresholds, starts or values;
    // thresholds and starts of `entry_bits`.
    std::int64_t count = 0;
    int entry_bits = 0;
    bool entry_signed = false;
    bool shared = true;
    int base_bits = 0;    ///< of thresholds: 0 where all channels count up from one base
    std::int64_t low = 0; ///< of a table: its first argument
};
FunctionCircuit function_circuit(const FunctionForm& form, const ElementFormat& input,
                                 const ElementFormat& output);
Cost function_cost(const FunctionCircuit& circuit, std::int64_t channels, std::int64_t pe,
                   ops::MemoryStyle memory, Family family);

/// A queue for words of `bits`, as networks have it: LUT memory without an output register, block
/// RAM or UltraRAM (queue_memory()).
Cost fifo_cost(const ops::Fifo& queue, std::int64_t bits, Family family);

/// ops::WidthConverter. `elements` of a frame: 0 where frames are whole words on both sides.
Cost width_converter_cost(int bits, std::int64_t in_lanes, std::int64_t out_lanes,
                          std::int64_t elements, Family family);

/// ops::Rearrange on words of `bits`; `overlap`: as rearrangements_overlap().
Cost rearrange_cost(const ops::Rearrange& op, std::int64_t bits, std::int64_t input_words,
                    bool overlap, Family family);

/// ops::ParallelWindow on words of `bits`, `blocks` of them a pixel, images of `height` x `width`.
Cost parallel_window_cost(const ops::ParallelWindow& op, std::int64_t bits, std::int64_t height,
                          std::int64_t width, std::int64_t blocks, Family family);

/// ops::Reduce of blocks of `words` words to `pe` lanes.
Cost reduce_cost(const ops::Reduce& op, const ElementFormat& input, std::int64_t words,
                 std::int64_t pe, Family family);

/// circuit_latency() of ops::Reduce.
std::int64_t reduce_latency(const ops::Reduce& op);

/// ops::Fork of words of `bits`.
Cost fork_cost(std::int64_t bits, std::int64_t ways, Family family);

// ---- graphs

/// What a node of a verified dataflow graph takes, in the RTL actor library whatever library the
/// graph is for. Throws Defect for ops of other levels.
Cost node_cost(const Graph& dataflow, const Node& node, Family family);

/// The kernel's control registers (mr_control).
Cost control_cost(std::int64_t inputs, std::int64_t outputs, Family family);

/// All nodes and the control registers: the kernel.
Cost design_cost(const Graph& dataflow, Family family);

// ---- memories

/// Block RAMs of 18 Kbit for a memory of one read and one write port: the fewest of the shapes
/// 16K x 1, 8K x 2, 4K x 4, 2K x 9, 1K x 18, 512 x 36 as Yosys puts them together.
std::int64_t block_ram18(std::int64_t bits, std::int64_t words);

} // namespace millrace
