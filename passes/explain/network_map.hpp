// SPDX-License-Identifier: Apache-2.0
//
// Which elements of a network's values depend on which: for each node the maps between elements of
// its inputs and of its outputs, worked out once for all samples. They come from the ops' own
// definitions: windows from window_runs(), the ops that move elements by evaluating them on
// indices.
#pragma once

#include "ir/graph.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace millrace::passes::explain {

/// Lists of entries, one after the other.
template <class T> struct Lists {
    std::vector<std::uint32_t> begin; ///< one more than there are lists
    std::vector<T> items;
    [[nodiscard]] std::span<const T> operator[](std::size_t list) const {
        return {items.data() + begin[list], items.data() + begin[list + 1]};
    }
};

/// A window element and the position that it meets.
struct Tap {
    std::uint32_t tap;
    std::uint32_t position;
};

/// Within one channel: the pairs of positions that a sliding window brings together.
struct WindowMap {
    std::size_t inputs = 0;  ///< positions of an input plane
    std::size_t outputs = 0; ///< positions of an output plane
    std::size_t taps = 0;
    Lists<Tap> by_output;       ///< position: of the input
    Lists<Tap> by_input;        ///< position: of the output
    std::vector<double> counts; ///< of an average pool, by output position
};

/// Batches of matrices [rows, inner] times [inner, columns].
struct MatrixMap {
    std::size_t rows = 1;
    std::size_t inner = 1;
    std::size_t columns = 1;
    std::vector<std::uint32_t> left;  ///< matrix of the left operand, by batch
    std::vector<std::uint32_t> right; ///< matrix of the right operand, by batch
};

/// An operand broadcast to the result: its element for each of the result's.
struct OperandMap {
    bool identity = true;
    std::vector<std::uint32_t> source;
    [[nodiscard]] std::size_t operator()(std::size_t element) const {
        return identity ? element : source[element];
    }
};

/// Where a moved element comes from.
struct Source {
    static constexpr std::uint32_t none = ~0U; ///< a pad
    std::uint32_t input = none;
    std::uint32_t element = 0;
};

/// Elements along an axis: lane l has first(l) + k * stride.
struct LaneMap {
    std::size_t length = 1;
    std::size_t stride = 1;
    std::size_t count = 1;
    [[nodiscard]] std::size_t first(std::size_t lane, std::size_t axis_length) const {
        return lane / stride * stride * axis_length + lane % stride;
    }
    [[nodiscard]] std::size_t lane_of(std::size_t element) const {
        return element / (stride * length) * stride + element % stride;
    }
};

/// Only the part that the node's op needs is filled.
struct NodeMap {
    WindowMap window;
    MatrixMap matrix;
    std::vector<OperandMap> operands;
    std::vector<Source> sources;               ///< of a move, by output element
    std::vector<Lists<std::uint32_t>> targets; ///< of a move, by input and its element
    std::vector<std::uint32_t> mean_of;        ///< of ReduceMean: output element by input element
    Lists<std::uint32_t> mean_inputs;          ///< and back
    LaneMap lanes;
};

class NetworkMap {
  public:
    /// The graph must outlive the map. Throws Defect for a graph of another level.
    explicit NetworkMap(const Graph& network);

    [[nodiscard]] const Graph& graph() const { return *graph_; }
    [[nodiscard]] const NodeMap& of(std::size_t node) const { return nodes_[node]; }
    [[nodiscard]] const Shape& shape(ValueId id) const { return shape_of(graph_->value(id).type); }
    [[nodiscard]] std::size_t size(ValueId id) const { return sizes_[id]; }
    /// Whether a value is a constant; its elements as doubles.
    [[nodiscard]] bool is_constant(ValueId id) const {
        return graph_->value(id).constant != nullptr;
    }
    [[nodiscard]] const std::vector<double>& constant(ValueId id) const { return constants_[id]; }
    /// The node that computes a value; none for inputs and constants.
    static constexpr std::size_t no_node = ~std::size_t{0};
    [[nodiscard]] std::size_t producer(ValueId id) const { return producers_[id]; }
    /// Whether the value is the integer of a quantizer as a step of the same ONNX operator works it
    /// out from what the quantizer gave: executors have that integer itself.
    [[nodiscard]] bool is_quantizers_integer(ValueId id) const { return integers_[id]; }

    /// Whether an executor may multiply a product's weights beforehand by what its result is
    /// multiplied by behind it (a normalisation, a scale): some number that is no power of two.
    [[nodiscard]] bool may_be_rescaled(std::size_t node) const { return rescaled_[node]; }

    /// Which elements can reach one of the marked elements of the outputs: a mark for each element
    /// of each value. marks[i] are those of output i.
    [[nodiscard]] std::vector<std::vector<char>>
    upstream(const std::vector<std::vector<char>>& marks) const;

  private:
    [[nodiscard]] bool rescales(std::size_t reader, ValueId value,
                                const std::vector<bool>& rescaled) const;
    void mark_sources(std::size_t node, std::vector<std::vector<char>>& marks) const;

    const Graph* graph_;
    std::vector<NodeMap> nodes_;
    std::vector<std::size_t> sizes_;
    std::vector<std::vector<double>> constants_;
    std::vector<std::size_t> producers_;
    std::vector<bool> integers_;
    std::vector<std::vector<std::size_t>> readers_; ///< nodes, by value
    std::vector<bool> rescaled_;
};

/// A tensor's elements as doubles: relative errors of at most 2^-52.
std::vector<double> to_doubles(const Tensor& tensor);

} // namespace millrace::passes::explain
