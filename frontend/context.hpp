// SPDX-License-Identifier: Apache-2.0
//
// What the importer of an operator sees: its node's attributes, inputs and constants, and the
// means to add ops to the graph.
//
// The rule that makes the diagnostics complete and free of follow-ups: read all attributes first
// (each reports what is wrong with it and lets the importer go on), then the inputs and the results
// (these leave the node by NodeAbandoned when an input is unknown because of an earlier error, or
// when this node has been found wrong).
#pragma once

#include "frontend/attributes.hpp"
#include "frontend/graph_builder.hpp"
#include "frontend/value_table.hpp"

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace onnx {
class NodeProto;
}

namespace millrace::frontend {

/// Name for people: "MatMul", "onnx.brevitas::Quant".
std::string qualified_name(const onnx::NodeProto& node);
/// The node's name, or its first output's when it has none.
std::string display_name(const onnx::NodeProto& node);

/// Removes the default domain's long name.
std::string_view normalized_domain(std::string_view domain);

class NodeContext {
  public:
    /// `opset`: version of the node's domain. `is_used`: whether anything reads a value.
    NodeContext(GraphBuilder& builder, ValueTable& values, onnx::NodeProto& node,
                std::int64_t opset, const std::function<bool(const std::string&)>& is_used,
                Reporter reporter);

    [[nodiscard]] std::int64_t opset() const { return opset_; }
    [[nodiscard]] std::string_view operator_name() const;
    /// The name that ops of this node get.
    [[nodiscard]] const std::string& name() const { return node_name_; }
    [[nodiscard]] const Reporter& report() const { return reporter_; }
    [[nodiscard]] GraphBuilder& builder() { return builder_; }
    Attributes attributes;

    /// Reports and leaves the node.
    [[noreturn]] void fail(Code code, std::string message, std::string help) const;
    /// Leaves the node when something has been reported for it.
    void stop_on_errors() const;

    // Inputs.
    [[nodiscard]] std::size_t input_count() const;
    /// Whether the optional input is there (named, and not the empty name).
    [[nodiscard]] bool has_input(std::size_t index) const;
    /// Reports the first of these inputs that is missing and leaves the node: for operators whose
    /// optional inputs stand before others.
    void require_inputs(std::initializer_list<std::size_t> indices) const;
    /// The input's value. Leaves the node when it is unknown or not finite.
    [[nodiscard]] ValueId input(std::size_t index) const;
    /// The element when the input is a constant of one infinite element, or one that is no number.
    [[nodiscard]] std::optional<double> non_finite_element(std::size_t index) const;
    /// Whether the input is known so far (non-finite constants included).
    [[nodiscard]] bool is_known(std::size_t index) const;
    /// The input's element type; is_known() must hold.
    [[nodiscard]] DataType element_if_known(std::size_t index) const;

    [[nodiscard]] const RealType& type(ValueId id) const;
    [[nodiscard]] const Shape& shape(std::size_t index) const { return type(input(index)).shape; }
    [[nodiscard]] DataType element(std::size_t index) const { return type(input(index)).element; }
    /// The input's tensor when it is a constant, else null.
    [[nodiscard]] TensorPtr constant(std::size_t index) const;
    /// The value's tensor when it is a constant, else null.
    [[nodiscard]] TensorPtr constant_of(ValueId id) const;
    /// The tensor of an input that must be a constant; reports parameter_not_constant and leaves.
    [[nodiscard]] TensorPtr parameter(std::size_t index, std::string_view what) const;
    /// A parameter that is a list of integers (or one integer).
    [[nodiscard]] std::vector<std::int64_t> integers(std::size_t index,
                                                     std::string_view what) const;
    /// A parameter of exactly one element.
    [[nodiscard]] Real scalar(std::size_t index, std::string_view what) const;

    /// An axis in [0, rank), counted from the end when negative; reports and leaves.
    [[nodiscard]] std::int64_t axis(std::int64_t value, std::int64_t rank) const;

    // Results.
    /// Adds a node with one output.
    ValueId emit(Op op, const std::vector<ValueId>& inputs);
    std::vector<ValueId> emit_all(Op op, const std::vector<ValueId>& inputs, std::size_t outputs);
    /// Adds a constant. Unless `size` says more, its elements are as small as numbers of a file.
    ValueId add_constant(Tensor tensor, DataType element);
    ValueId add_constant(TensorPtr tensor, DataType element);
    ValueId add_constant(TensorPtr tensor, DataType element, const ConstantSize& size);
    /// The value under another shape; the value itself when it has that shape.
    ValueId reshape(ValueId value, const Shape& shape);
    /// The value with another element type; the value itself when it has that type.
    ValueId cast(ValueId value, DataType element);

    /// What the node's output is. Outputs that are not set stay unknown.
    void set_output(std::size_t index, ValueId value);
    /// The same for a constant as it was read.
    void set_output_contents(std::size_t index, TensorContents contents);
    [[nodiscard]] std::size_t output_count() const;
    /// Whether anything reads the output.
    [[nodiscard]] bool output_used(std::size_t index) const;

    /// Where tensors of attributes are read from.
    [[nodiscard]] const TensorSource& source() const { return values_.source(); }

  private:
    [[nodiscard]] const ValueEntry& entry(std::size_t index) const;
    [[nodiscard]] const std::string& output_name(std::size_t index) const;
    [[nodiscard]] std::string result_name(std::size_t index);

    GraphBuilder& builder_;
    ValueTable& values_;
    onnx::NodeProto& node_;
    std::int64_t opset_;
    const std::function<bool(const std::string&)>& is_used_;
    Reporter reporter_;
    std::string node_name_;
    std::string op_name_;
    std::size_t errors_before_;
    std::size_t values_before_ = 0;
};

} // namespace millrace::frontend
