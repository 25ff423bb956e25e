// SPDX-License-Identifier: Apache-2.0
//
// The dataflow level: actors connected by bounded FIFOs. Streams are words of lanes, channels
// last, row-major. Every actor's cycle schedule is part of its definition (ir/schedule.hpp gives it
// as data); one frame is one sample.
#pragma once

#include "ir/function/function_form.hpp"
#include "ir/ops/integer.hpp"
#include "ir/type.hpp"

#include <string>

namespace millrace::ops {

/// Where the words of a weight or parameter array live.
enum class MemoryStyle : std::uint8_t { automatic, lut, bram, uram };
/// What multiplies.
enum class MultiplierStyle : std::uint8_t { automatic, lut, dsp };

/// Reads the frame from external memory and sends it as words of `lanes` elements. In memory each
/// element has a container of the next power of two of bits, containers packed from bit 0, a frame
/// padded to whole memory words of `memory_bits` (64, 128, 256 or 512). Schedule: one word of the
/// narrower side a cycle.
struct MemoryToStream {
    std::int64_t lanes = 1;
    std::int64_t memory_bits = 64;
    /// Cycles in which the board's memory gives the memory words of a frame, evenly; 0: a word
    /// whenever there is room for it. Not the mover's doing, and not in its schedule.
    std::int64_t memory_cycles = 0;
    static constexpr std::string_view name = "memory_to_stream";
    template <class Self, class Visit> static void fields(Self& self, Visit&& visit) {
        visit("lanes", self.lanes);
        visit("memory_bits", self.memory_bits);
        visit("memory_cycles", self.memory_cycles);
    }
};

/// Writes a stream to external memory in MemoryToStream's layout; the result keeps the grid of the
/// integer value it stands for. Schedule: one word of the narrower side a cycle.
struct StreamToMemory {
    IntegerType type;
    std::int64_t memory_bits = 64;
    std::int64_t memory_cycles = 0; ///< as MemoryToStream's
    static constexpr std::string_view name = "stream_to_memory";
    template <class Self, class Visit> static void fields(Self& self, Visit&& visit) {
        visit("type", self.type);
        visit("memory_bits", self.memory_bits);
        visit("memory_cycles", self.memory_cycles);
    }
};

/// ops::IntegerMatMul on a stream: for each vector (last axis) of the frame, for each of its
/// `groups` blocks of K elements, the block's N / groups outputs. Input lanes are SIMD, which
/// divides K; output lanes PE, which divides N / groups. Loop order: vector, group, n in blocks of
/// PE, k in blocks of SIMD; a group's block of input is read during its first block of n and kept;
/// a word of PE accumulators leaves after each block of k. Schedule: vectors * (N / PE) *
/// (K / SIMD) cycles a frame.
struct MatrixVector {
    TensorPtr weights; ///< [K, N] integers
    std::int64_t groups = 1;
    ElementFormat weight_format;
    ElementFormat accumulator;
    std::int64_t pe = 1;
    std::int64_t simd = 1;
    MemoryStyle memory = MemoryStyle::automatic;
    MultiplierStyle multiplier = MultiplierStyle::automatic;
    static constexpr std::string_view name = "matrix_vector";
    template <class Self, class Visit> static void fields(Self& self, Visit&& visit) {
        visit("weights", self.weights);
        visit("groups", self.groups);
        visit("weight_format", self.weight_format);
        visit("accumulator", self.accumulator);
        visit("pe", self.pe);
        visit("simd", self.simd);
        visit("memory", self.memory);
        visit("multiplier", self.multiplier);
    }
};

/// acc[c] = sum over t of x[t, c] * w[t, c] (ops::IntegerDepthwise) on a stream of shape
/// [..., C / PE, T / SIMD, SIMD * PE] and SIMD * PE lanes, tap after tap the channels of a block:
/// as a Rearrange (SIMD = 1) or a ParallelWindow (SIMD = T) sends it, the T / SIMD words of a block
/// of channels follow each other. The result is [..., C] in words of PE. Schedule: a cycle per
/// input word; the output word leaves with its block's last input word.
struct Depthwise {
    TensorPtr weights; ///< [T, C] integers
    ElementFormat weight_format;
    ElementFormat accumulator;
    std::int64_t simd = 1; ///< taps a cycle, a divisor of T
    MemoryStyle memory = MemoryStyle::automatic;
    MultiplierStyle multiplier = MultiplierStyle::automatic;
    static constexpr std::string_view name = "depthwise";
    template <class Self, class Visit> static void fields(Self& self, Visit&& visit) {
        visit("weights", self.weights);
        visit("weight_format", self.weight_format);
        visit("accumulator", self.accumulator);
        visit("simd", self.simd);
        visit("memory", self.memory);
        visit("multiplier", self.multiplier);
    }
};

/// ops::IntegerReduce on a stream of shape [..., C / PE, T / SIMD, SIMD * PE] and SIMD * PE lanes
/// (as Depthwise's); the result is [..., C] in words of PE. Schedule: a cycle per input word; the
/// output word leaves with its block's last input word.
struct Reduce {
    Reduction reduction = Reduction::max;
    ElementFormat output;
    std::int64_t simd = 1; ///< taps a cycle, a divisor of T
    static constexpr std::string_view name = "reduce";
    template <class Self, class Visit> static void fields(Self& self, Visit&& visit) {
        visit("reduction", self.reduction);
        visit("output", self.output);
        visit("simd", self.simd);
    }
};

/// Words of a frame by nested loops, the first outermost: output word j, in row-major order of
/// `counts`, is input word a(j) = offset + sum over i of index_i * strides[i]; `shape` is the
/// result's. A circular buffer of `depth` words holds what is still needed. Let m be the number of
/// leading loops that only go forward (rearrange_monotone_loops()) and low(j) = offset + sum over
/// i < m of index_i * strides[i], no later word is before it. Schedule, each cycle until all words
/// of the frame are read and sent, with r words read and j words sent so far:
///   - reads the next input word when r < input words and r - low(j) < depth (low is the number of
///     input words once all are sent);
///   - sends output word j when a(j) < r, r as it was before this cycle.
/// Both may happen in one cycle. Frames do not overlap; a cycle that reads and sends waits for
/// both. In a library whose rearrangements overlap (ir/graph.hpp), reading and sending wait each
/// for itself, and frames follow each other without a gap: the words of all frames are numbered on,
/// and behind the last word sent of a frame low is that of the next frame's first.
struct Rearrange {
    Shape shape;
    std::vector<std::int64_t> counts;
    std::vector<std::int64_t> strides; ///< in words, none negative
    std::int64_t offset = 0;           ///< in words
    std::int64_t depth = 1;            ///< in words
    MemoryStyle memory = MemoryStyle::automatic;
    static constexpr std::string_view name = "rearrange";
    template <class Self, class Visit> static void fields(Self& self, Visit&& visit) {
        visit("shape", self.shape);
        visit("counts", self.counts);
        visit("strides", self.strides);
        visit("offset", self.offset);
        visit("depth", self.depth);
        visit("memory", self.memory);
    }
};

/// The whole sliding window at once: x [..., H, W, C] in words of C lanes, one pixel each; y
/// [..., OH, OW, KH * KW * C] in words of KH * KW * C lanes, one window each, in the order (kh, kw,
/// c). In words of fewer lanes P, a divisor of C, each block of channels has windows of its own: y
/// [..., OH, OW, C / P, KH * KW * P] in words of KH * KW * P lanes. No padding. Two-dimensional;
/// one dimension is H = 1. Schedule: one input word a cycle, a window leaves with its last word;
/// rows and columns behind the last window are read, too.
struct ParallelWindow {
    std::vector<std::int64_t> kernel;    ///< KH, KW
    std::vector<std::int64_t> strides;   ///< by rows, by columns
    std::vector<std::int64_t> dilations; ///< by rows, by columns
    MemoryStyle memory = MemoryStyle::automatic;
    static constexpr std::string_view name = "parallel_window";
    template <class Self, class Visit> static void fields(Self& self, Visit&& visit) {
        visit("kernel", self.kernel);
        visit("strides", self.strides);
        visit("dilations", self.dilations);
        visit("memory", self.memory);
    }
};

/// ops::IntegerPad on a stream: x [..., A, B, C] becomes [..., top + A + bottom, left + B + right,
/// C], lanes as they come. The pad of lane c has the integer values[c] (one entry serves all
/// channels). Schedule: one output word a cycle, an input word read in the cycle that sends it.
struct PadUnit {
    std::int64_t top = 0;
    std::int64_t bottom = 0;
    std::int64_t left = 0;
    std::int64_t right = 0;
    std::vector<std::int64_t> values{0};
    ElementFormat output; ///< holds the input and the pads
    static constexpr std::string_view name = "pad_unit";
    template <class Self, class Visit> static void fields(Self& self, Visit&& visit) {
        visit("top", self.top);
        visit("bottom", self.bottom);
        visit("left", self.left);
        visit("right", self.right);
        visit("values", self.values);
        visit("output", self.output);
    }
};

/// ops::IntegerAdd on two streams of one shape and number of lanes. Schedule: one word of each a
/// cycle.
struct AddJoin {
    std::vector<std::int64_t> multiplier_a{1}; ///< one, or one per channel
    std::vector<std::int64_t> multiplier_b{1};
    ElementFormat output;
    static constexpr std::string_view name = "add_join";
    template <class Self, class Visit> static void fields(Self& self, Visit&& visit) {
        visit("multiplier_a", self.multiplier_a);
        visit("multiplier_b", self.multiplier_b);
        visit("output", self.output);
    }
};

/// ops::IntegerMul on two streams of one shape and number of lanes. Schedule: one word of each a
/// cycle.
struct MulJoin {
    std::vector<std::int64_t> zero_a{0}; ///< one, or one per channel
    std::vector<std::int64_t> zero_b{0};
    ElementFormat output;
    static constexpr std::string_view name = "mul_join";
    template <class Self, class Visit> static void fields(Self& self, Visit&& visit) {
        visit("zero_a", self.zero_a);
        visit("zero_b", self.zero_b);
        visit("output", self.output);
    }
};

/// ops::IntegerConcat on two or more streams of one number of lanes, which divides each last axis:
/// for each vector the words of the first input, then those of the second... Elements are given to
/// the `output` format, which holds them all. Schedule: one word a cycle.
struct ConcatUnit {
    ElementFormat output;
    static constexpr std::string_view name = "concat_unit";
    template <class Self, class Visit> static void fields(Self& self, Visit&& visit) {
        visit("output", self.output);
    }
};

/// ops::IntegerDynamicMatMul on two streams: a [..., M, K] in words of one lane, b [..., K, N] in
/// words of PE lanes; the result [..., M, N] in words of PE. For each matrix: all of b is read into
/// a memory (K * N / PE cycles, one word each), then m, n in blocks of PE, k; a row of a is read
/// during its first block of n and kept; a word leaves after each block's last k. Schedule:
/// matrices
/// * (K * N / PE + M * (N / PE) * K) cycles a frame.
struct DynamicMatrix {
    std::int64_t zero_a = 0;
    std::int64_t zero_b = 0;
    ElementFormat accumulator;
    static constexpr std::string_view name = "dynamic_matrix";
    template <class Self, class Visit> static void fields(Self& self, Visit&& visit) {
        visit("zero_a", self.zero_a);
        visit("zero_b", self.zero_b);
        visit("accumulator", self.accumulator);
    }
};

/// y[c] = form_c(x[c]), c the index along the last axis. Lanes in = lanes out. Schedule: one word a
/// cycle.
struct FunctionUnit {
    std::shared_ptr<const FunctionForm> form;
    ElementFormat output;
    MemoryStyle memory = MemoryStyle::automatic;
    static constexpr std::string_view name = "function_unit";
    template <class Self, class Visit> static void fields(Self& self, Visit&& visit) {
        visit("form", self.form);
        visit("output", self.output);
        visit("memory", self.memory);
    }
};

/// The same elements in words of another number of lanes, any ratio. Schedule: one word of the
/// narrower side a cycle, output word j in the cycle that completes it.
struct WidthConverter {
    std::int64_t lanes = 1;
    static constexpr std::string_view name = "width_converter";
    template <class Self, class Visit> static void fields(Self& self, Visit&& visit) {
        visit("lanes", self.lanes);
    }
};

/// A bounded queue of words. Schedule: one word a cycle; a word leaves at the earliest one cycle
/// after it came.
struct Fifo {
    std::int64_t depth = 2;
    MemoryStyle memory = MemoryStyle::automatic;
    static constexpr std::string_view name = "fifo";
    template <class Self, class Visit> static void fields(Self& self, Visit&& visit) {
        visit("depth", self.depth);
        visit("memory", self.memory);
    }
};

/// Every word to each of `ways` outputs. Schedule: one word a cycle.
struct Fork {
    std::int64_t ways = 2;
    static constexpr std::string_view name = "fork";
    template <class Self, class Visit> static void fields(Self& self, Visit&& visit) {
        visit("ways", self.ways);
    }
};

/// ops::IntegerTopK on a stream: takes a vector (last axis) element by element and sends one word
/// of k results, best in lane 0. Schedule: a cycle per element.
struct TopKUnit {
    std::int64_t k = 1;
    bool largest = true;
    bool last_index = false;
    bool with_values = false;
    static constexpr std::string_view name = "topk_unit";
    template <class Self, class Visit> static void fields(Self& self, Visit&& visit) {
        visit("k", self.k);
        visit("largest", self.largest);
        visit("last_index", self.last_index);
        visit("with_values", self.with_values);
    }
};

/// The same words under another shape of the tensor; wires only, no cycles.
struct StreamReshape {
    Shape shape;
    static constexpr std::string_view name = "stream_reshape";
    template <class Self, class Visit> static void fields(Self& self, Visit&& visit) {
        visit("shape", self.shape);
    }
};

/// The number of leading loops during which addresses only go forward: the largest m such that
/// each stride before m is at least the sum of (count - 1) * stride of the loops between it and m.
std::size_t rearrange_monotone_loops(const std::vector<std::int64_t>& counts,
                                     const std::vector<std::int64_t>& strides);
/// The fewest words with which a Rearrange of these loops can work.
std::int64_t rearrange_least_depth(const std::vector<std::int64_t>& counts,
                                   const std::vector<std::int64_t>& strides);

/// Elements of a memory word: containers are the next power of two of bits.
std::int64_t memory_lanes(std::int64_t memory_bits, const ElementFormat& element);

std::vector<ValueType> infer(const MemoryToStream& op, const TypeList& inputs);
std::vector<ValueType> infer(const StreamToMemory& op, const TypeList& inputs);
std::vector<ValueType> infer(const MatrixVector& op, const TypeList& inputs);
std::vector<ValueType> infer(const Depthwise& op, const TypeList& inputs);
std::vector<ValueType> infer(const Reduce& op, const TypeList& inputs);
std::vector<ValueType> infer(const Rearrange& op, const TypeList& inputs);
std::vector<ValueType> infer(const ParallelWindow& op, const TypeList& inputs);
std::vector<ValueType> infer(const PadUnit& op, const TypeList& inputs);
std::vector<ValueType> infer(const AddJoin& op, const TypeList& inputs);
std::vector<ValueType> infer(const MulJoin& op, const TypeList& inputs);
std::vector<ValueType> infer(const ConcatUnit& op, const TypeList& inputs);
std::vector<ValueType> infer(const DynamicMatrix& op, const TypeList& inputs);
std::vector<ValueType> infer(const FunctionUnit& op, const TypeList& inputs);
std::vector<ValueType> infer(const WidthConverter& op, const TypeList& inputs);
std::vector<ValueType> infer(const Fifo& op, const TypeList& inputs);
std::vector<ValueType> infer(const Fork& op, const TypeList& inputs);
std::vector<ValueType> infer(const TopKUnit& op, const TypeList& inputs);
std::vector<ValueType> infer(const StreamReshape& op, const TypeList& inputs);

} // namespace millrace::ops
