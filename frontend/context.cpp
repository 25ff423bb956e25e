// SPDX-License-Identifier: Apache-2.0
//
// See context.hpp. Values that a node adds get provisional names derived from its first output;
// set_output() gives the ONNX name to the value that carries it.
#include "frontend/context.hpp"

#include <fmt/format.h>
#include <onnx/onnx_pb.h>

namespace millrace::frontend {

std::string_view normalized_domain(std::string_view domain) {
    return domain == "ai.onnx" ? std::string_view{} : domain;
}

std::string qualified_name(const onnx::NodeProto& node) {
    const std::string_view domain = normalized_domain(node.domain());
    return domain.empty() ? node.op_type() : fmt::format("{}::{}", domain, node.op_type());
}

std::string display_name(const onnx::NodeProto& node) {
    if (!node.name().empty()) {
        return node.name();
    }
    for (const std::string& output : node.output()) {
        if (!output.empty()) {
            return output;
        }
    }
    return "(unnamed)";
}

NodeContext::NodeContext(GraphBuilder& builder, ValueTable& values, onnx::NodeProto& node,
                         std::int64_t opset, const std::function<bool(const std::string&)>& is_used,
                         Reporter reporter)
    : attributes(node, reporter),
      builder_(builder),
      values_(values),
      node_(node),
      opset_(opset),
      is_used_(is_used),
      reporter_(std::move(reporter)),
      node_name_(display_name(node)),
      op_name_(qualified_name(node)),
      errors_before_(reporter_.error_count()) {
    // Initializers that are read now are not values that this node makes.
    for (const std::string& name : node.input()) {
        if (!name.empty()) {
            values.resolve(name, reporter_);
        }
    }
    values_before_ = builder.graph.values.size();
}

std::string_view NodeContext::operator_name() const { return node_.op_type(); }

void NodeContext::fail(Code code, std::string message, std::string help) const {
    reporter_.error(code, std::move(message), std::move(help));
    throw NodeAbandoned{};
}

void NodeContext::stop_on_errors() const {
    if (reporter_.error_count() != errors_before_) {
        throw NodeAbandoned{};
    }
}

std::size_t NodeContext::input_count() const {
    return static_cast<std::size_t>(node_.input_size());
}

bool NodeContext::has_input(std::size_t index) const {
    return index < input_count() && !node_.input(static_cast<int>(index)).empty();
}

void NodeContext::require_inputs(std::initializer_list<std::size_t> indices) const {
    for (const std::size_t index : indices) {
        if (!has_input(index)) {
            fail(Code::wrong_arity, fmt::format("input {} is not optional", index),
                 "see the operator's description in its documentation");
        }
    }
}

const ValueEntry& NodeContext::entry(std::size_t index) const {
    if (!has_input(index)) {
        throw Defect("an operator importer asks for an input that is not there");
    }
    return values_.resolve(node_.input(static_cast<int>(index)), reporter_);
}

ValueId NodeContext::input(std::size_t index) const {
    const ValueEntry& value = entry(index);
    switch (value.state) {
    case ValueEntry::State::ready:
        return value.id;
    case ValueEntry::State::non_finite:
        fail(Code::non_finite_constant,
             fmt::format("constant '{}' has elements that are infinite or not numbers",
                         escaped(node_.input(static_cast<int>(index)))),
             "replace them by finite numbers; an infinite bound can be left out");
    case ValueEntry::State::unknown:
    case ValueEntry::State::stored:
    case ValueEntry::State::sparse:
        break;
    }
    throw NodeAbandoned{};
}

std::optional<double> NodeContext::non_finite_element(std::size_t index) const {
    return entry(index).non_finite;
}

bool NodeContext::is_known(std::size_t index) const {
    return entry(index).state != ValueEntry::State::unknown;
}

DataType NodeContext::element_if_known(std::size_t index) const {
    const ValueEntry& value = entry(index);
    return value.contents ? value.contents->element : type(value.id).element;
}

const RealType& NodeContext::type(ValueId id) const {
    return std::get<RealType>(builder_.graph.value(id).type);
}

TensorPtr NodeContext::constant(std::size_t index) const { return constant_of(input(index)); }

TensorPtr NodeContext::constant_of(ValueId id) const { return builder_.graph.value(id).constant; }

TensorPtr NodeContext::parameter(std::size_t index, std::string_view what) const {
    TensorPtr tensor = constant(index);
    if (tensor == nullptr) {
        fail(Code::parameter_not_constant,
             fmt::format("{} ('{}') is computed from the network's input", what,
                         escaped(node_.input(static_cast<int>(index)))),
             "make it a constant: an initializer, or computed from constants only");
    }
    return tensor;
}

std::vector<std::int64_t> NodeContext::integers(std::size_t index, std::string_view what) const {
    const TensorPtr tensor = parameter(index, what);
    auto values = tensor->to_int64();
    if (!values || tensor->rank() > 1) {
        fail(Code::shape_mismatch,
             fmt::format("{} must be a list of integers and has shape {}", what,
                         to_string(tensor->shape())),
             "correct the constant where the model is made");
    }
    return std::move(*values);
}

Real NodeContext::scalar(std::size_t index, std::string_view what) const {
    const TensorPtr tensor = parameter(index, what);
    if (tensor->size() != 1) {
        fail(
            Code::shape_mismatch,
            fmt::format("{} must be one number and has shape {}", what, to_string(tensor->shape())),
            "correct the constant where the model is made");
    }
    return tensor->at(0);
}

std::int64_t NodeContext::axis(std::int64_t value, std::int64_t rank) const {
    if (value < -rank || value >= rank) {
        fail(Code::bad_attribute,
             fmt::format("axis {} does not exist in a tensor of {} dimensions", value, rank),
             "correct the axis where the model is made");
    }
    return value < 0 ? value + rank : value;
}

const std::string& NodeContext::output_name(std::size_t index) const {
    static const std::string none;
    return index < static_cast<std::size_t>(node_.output_size())
               ? node_.output(static_cast<int>(index))
               : none;
}

std::string NodeContext::result_name(std::size_t index) {
    for (const std::size_t candidate : {index, std::size_t{0}}) {
        if (!output_name(candidate).empty()) {
            return builder_.fresh_name(output_name(candidate) + "." + op_name_);
        }
    }
    return builder_.fresh_name(node_name_);
}

ValueId NodeContext::emit(Op op, const std::vector<ValueId>& inputs) {
    return emit_all(std::move(op), inputs, 1).front();
}

std::vector<ValueId> NodeContext::emit_all(Op op, const std::vector<ValueId>& inputs,
                                           std::size_t outputs) {
    stop_on_errors();
    std::vector<std::string> names;
    for (std::size_t i = 0; i < outputs; ++i) {
        names.push_back(result_name(i));
    }
    auto result =
        builder_.emit(std::move(op), inputs, node_name_, op_name_, std::move(names), reporter_);
    if (result.size() != outputs) {
        throw Defect("an op has another number of results than its importer expects");
    }
    return result;
}

ValueId NodeContext::add_constant(Tensor tensor, DataType element) {
    return add_constant(std::make_shared<Tensor>(std::move(tensor)), element);
}

ValueId NodeContext::add_constant(TensorPtr tensor, DataType element) {
    return add_constant(std::move(tensor), element, size_of_stored(element));
}

ValueId NodeContext::add_constant(TensorPtr tensor, DataType element, const ConstantSize& size) {
    stop_on_errors();
    return builder_.add_constant(result_name(0), std::move(tensor), element, size);
}

ValueId NodeContext::reshape(ValueId value, const Shape& shape) {
    return type(value).shape == shape ? value : emit(ops::Reshape{shape}, {value});
}

ValueId NodeContext::cast(ValueId value, DataType element) {
    return type(value).element == element ? value : emit(ops::Cast{element}, {value});
}

void NodeContext::set_output(std::size_t index, ValueId value) {
    stop_on_errors();
    const std::string& name = output_name(index);
    if (name.empty()) {
        return;
    }
    // A value that an earlier node made keeps its name; so does one that is two outputs of this.
    const bool made_here = value >= values_before_;
    bool named = false;
    for (std::size_t other = 0; other < index; ++other) {
        named = named || builder_.graph.value(value).name == output_name(other);
    }
    if (made_here && !named) {
        builder_.rename(value, name);
    }
    values_.define(name, value);
}

void NodeContext::set_output_contents(std::size_t index, TensorContents contents) {
    stop_on_errors();
    if (!output_name(index).empty()) {
        values_.define_contents(output_name(index), std::move(contents));
    }
}

std::size_t NodeContext::output_count() const {
    return static_cast<std::size_t>(node_.output_size());
}

bool NodeContext::output_used(std::size_t index) const {
    return !output_name(index).empty() && is_used_(output_name(index));
}

} // namespace millrace::frontend
