// SPDX-License-Identifier: Apache-2.0
//
// The dataflow level: actors connected by bounded FIFOs. Streams are words of lanes, channels
// last, row-major. Every actor's cycle schedule is part of its definition (ir/schedule.hpp gives it
// as data); one frame is one sample.
#pragma once

#include "ir/function/function_form.hpp"
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
    static constexpr std::string_view name = "memory_to_stream";
    template <class Self, class Visit> static void fields(Self& self, Visit&& visit) {
        visit("lanes", self.lanes);
        visit("memory_bits", self.memory_bits);
    }
};

/// Writes a stream to external memory in MemoryToStream's layout; the result keeps the grid of the
/// integer value it stands for. Schedule: one word of the narrower side a cycle.
struct StreamToMemory {
    IntegerType type;
    std::int64_t memory_bits = 64;
    static constexpr std::string_view name = "stream_to_memory";
    template <class Self, class Visit> static void fields(Self& self, Visit&& visit) {
        visit("type", self.type);
        visit("memory_bits", self.memory_bits);
    }
};

/// acc[n] = sum over k of x[k] * w[k, n] for each vector of K elements (last axis) of the frame.
/// Input lanes are SIMD, output lanes PE. Loop order: vector, n in blocks of PE, k in blocks of
/// SIMD; the input vector is read during the first block of n and kept; a word of PE accumulators
/// leaves after each block of k. Schedule: vectors * (N / PE) * (K / SIMD) cycles a frame.
struct MatrixVector {
    TensorPtr weights; ///< [K, N] integers
    ElementFormat weight_format;
    ElementFormat accumulator;
    std::int64_t pe = 1;
    std::int64_t simd = 1;
    MemoryStyle memory = MemoryStyle::automatic;
    MultiplierStyle multiplier = MultiplierStyle::automatic;
    static constexpr std::string_view name = "matrix_vector";
    template <class Self, class Visit> static void fields(Self& self, Visit&& visit) {
        visit("weights", self.weights);
        visit("weight_format", self.weight_format);
        visit("accumulator", self.accumulator);
        visit("pe", self.pe);
        visit("simd", self.simd);
        visit("memory", self.memory);
        visit("multiplier", self.multiplier);
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
    static constexpr std::string_view name = "fifo";
    template <class Self, class Visit> static void fields(Self& self, Visit&& visit) {
        visit("depth", self.depth);
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

/// Elements of a memory word: containers are the next power of two of bits.
std::int64_t memory_lanes(std::int64_t memory_bits, const ElementFormat& element);

std::vector<ValueType> infer(const MemoryToStream& op, const TypeList& inputs);
std::vector<ValueType> infer(const StreamToMemory& op, const TypeList& inputs);
std::vector<ValueType> infer(const MatrixVector& op, const TypeList& inputs);
std::vector<ValueType> infer(const FunctionUnit& op, const TypeList& inputs);
std::vector<ValueType> infer(const WidthConverter& op, const TypeList& inputs);
std::vector<ValueType> infer(const Fifo& op, const TypeList& inputs);
std::vector<ValueType> infer(const Fork& op, const TypeList& inputs);
std::vector<ValueType> infer(const TopKUnit& op, const TypeList& inputs);
std::vector<ValueType> infer(const StreamReshape& op, const TypeList& inputs);

} // namespace millrace::ops
