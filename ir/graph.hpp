// SPDX-License-Identifier: Apache-2.0
//
// One graph for three levels: values with types, nodes with ops, in topological order.
#pragma once

#include "ir/op.hpp"
#include "ir/type.hpp"

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace millrace {

enum class Level : std::uint8_t { network, integer, dataflow };
std::string_view to_string(Level level);

/// Whose actors a body is compiled for; what that decides is said by the functions below.
enum class ActorLibrary : std::uint8_t { hls, rtl };
/// Whether a Rearrange takes words of the next frame while it still sends those of this one, and
/// sends without waiting for words that it does not need yet. A loop of HLS does both by one fixed
/// order of reads and writes, frame by frame.
constexpr bool rearrangements_overlap(ActorLibrary library) { return library == ActorLibrary::rtl; }
/// Whether FIFOs are sized so that frames follow each other at the interval of the slowest actor,
/// and not only so that the design never stops.
constexpr bool fifos_keep_pace(ActorLibrary library) { return library == ActorLibrary::rtl; }

using ValueId = std::uint32_t;

struct Value {
    std::string name; ///< unique within the graph, any bytes
    ValueType type;
    TensorPtr constant; ///< set for constants, which no node produces
};

struct Node {
    std::string name;    ///< the ONNX node's name (or its first output's), any bytes
    std::string onnx_op; ///< the ONNX operator it came from, for diagnostics
    Op op;
    std::vector<ValueId> inputs;
    std::vector<ValueId> outputs;
};

/// Where add_value looks names up: a cache of Graph::values, so that building a graph of n values
/// is not n^2 comparisons. Copies and moves begin empty and are filled on demand, from the names
/// as they are then.
class NameIndex {
  public:
    NameIndex() = default;
    ~NameIndex() = default;
    NameIndex(const NameIndex& /*other*/) {}
    NameIndex(NameIndex&& other) noexcept { other.clear(); }
    NameIndex& operator=(const NameIndex& /*other*/) {
        clear();
        return *this;
    }
    NameIndex& operator=(NameIndex&& other) noexcept {
        clear();
        other.clear();
        return *this;
    }

    /// Whether a value has the name. Sees values that were appended since the last call, and names
    /// that were given up; not names given to older values: clear() after that.
    [[nodiscard]] bool contains(const std::vector<Value>& values, const std::string& name);
    void clear() noexcept {
        ids_.clear();
        indexed_ = 0;
    }

  private:
    std::unordered_map<std::string, ValueId> ids_; ///< of the first `indexed_` values
    std::size_t indexed_ = 0;
};

struct Graph {
    Level level = Level::network;
    ActorLibrary library = ActorLibrary::hls;
    std::string name;
    std::vector<Value> values;
    std::vector<Node> nodes; ///< each value is produced before it is used
    std::vector<ValueId> inputs;
    std::vector<ValueId> outputs;

    [[nodiscard]] const Value& value(ValueId id) const { return values.at(id); }
    /// Adds a value; the name is made unique by a suffix when it is taken (or empty). A new name
    /// that was written into an older value is known to be taken only after the next remove_dead(),
    /// copy or move of the graph.
    ValueId add_value(std::string name, ValueType type, TensorPtr constant = nullptr);
    /// Adds a constant of the network level.
    ValueId add_constant(std::string name, Tensor tensor, DataType element = DataType::float32);
    /// Appends a node with inferred output types and returns its outputs. Throws TypeError when the
    /// inputs do not fit. At the network level, a node whose inputs are all constants is not added:
    /// its outputs are evaluated and added as constants (std::domain_error from the evaluation
    /// passes through).
    std::vector<ValueId> add_node(Op op, std::vector<ValueId> node_inputs, std::string node_name,
                                  std::string onnx_op, std::vector<std::string> output_names);
    [[nodiscard]] TypeList type_list(const std::vector<ValueId>& ids) const;
    /// Number of reads of each value: node inputs (twice where a node reads it twice) and outputs.
    [[nodiscard]] std::vector<std::size_t> use_counts() const;
    /// Removes nodes and constants that no output depends on, and renumbers; inputs stay.
    /// Returns whether anything was removed.
    bool remove_dead();

  private:
    NameIndex names_;
    std::uint64_t next_suffix_ = 0;
};

} // namespace millrace
