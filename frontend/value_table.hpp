// SPDX-License-Identifier: Apache-2.0
//
// What each name of the model stands for while the graph is read. Initializers are read when they
// are first used, so that unused ones cost nothing.
#pragma once

#include "frontend/graph_builder.hpp"
#include "frontend/tensor_reader.hpp"

#include <string>
#include <unordered_map>
#include <vector>

namespace onnx {
class TensorProto;
}

namespace millrace::frontend {

struct ValueEntry {
    enum class State : std::uint8_t {
        stored,     ///< an initializer that has not been read
        sparse,     ///< a sparse initializer
        ready,      ///< a value of the graph
        non_finite, ///< a constant with infinite elements or elements that are not numbers
        unknown,    ///< its node or initializer has been reported
    };
    State state = State::unknown;
    ValueId id = 0;                         ///< when ready
    onnx::TensorProto* stored = nullptr;    ///< when stored
    std::optional<double> non_finite;       ///< when it is one element
    std::optional<TensorContents> contents; ///< shape and type when non_finite
};

class ValueTable {
  public:
    ValueTable(GraphBuilder& builder, const TensorSource& source)
        : builder_(builder),
          source_(source) {}

    [[nodiscard]] bool contains(const std::string& name) const { return entries_.contains(name); }
    void define(const std::string& name, ValueId id);
    void define_stored(const std::string& name, onnx::TensorProto& tensor);
    void define_sparse(const std::string& name);
    void define_unknown(const std::string& name);
    /// A constant as it was read: ready or non_finite.
    void define_contents(const std::string& name, TensorContents contents);

    /// The entry of a defined name, read if it was stored. What is wrong with the stored data is
    /// reported once, at the node that asks first.
    const ValueEntry& resolve(const std::string& name, const Reporter& reporter);

    /// Checks the stored tensors that nobody has asked for.
    void check_unused(const Reporter& reporter) const;

    [[nodiscard]] const TensorSource& source() const { return source_; }

  private:
    GraphBuilder& builder_;
    TensorSource source_;
    std::unordered_map<std::string, ValueEntry> entries_;
    std::vector<std::string> stored_names_; ///< in the order of the file
};

} // namespace millrace::frontend
