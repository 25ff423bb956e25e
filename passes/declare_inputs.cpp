// SPDX-License-Identifier: Apache-2.0
#include "passes/declare_inputs.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace millrace::passes {

namespace {

bool small_integer(DataType type) {
    switch (type) {
    case DataType::int4:
    case DataType::uint4:
    case DataType::int8:
    case DataType::uint8:
    case DataType::int16:
    case DataType::uint16:
        return true;
    case DataType::float32:
    case DataType::float64:
    case DataType::float16:
    case DataType::bfloat16:
    case DataType::int32:
    case DataType::uint32:
    case DataType::int64:
    case DataType::uint64:
    case DataType::boolean:
        return false;
    }
    throw Defect("unknown data type");
}

/// Moves the nodes appended since `first_new` to the front, so that the order is topological again.
void move_to_front(Graph& network, std::size_t first_new) {
    std::rotate(network.nodes.begin(),
                network.nodes.begin() + static_cast<std::ptrdiff_t>(first_new),
                network.nodes.end());
}

void declare(Graph& network, ValueId input, const InputDeclaration& declaration) {
    const RealType real = std::get<RealType>(network.value(input).type);
    const std::string name = network.value(input).name;
    const std::size_t first_new = network.nodes.size();
    const ValueId integers = network.add_value(name + ".q", RealType{real.shape, declaration.type});
    ValueId value = integers;
    const auto apply = [&](Op op, const Real& constant) {
        const ValueId parameter = network.add_constant("", Tensor::scalar(constant));
        value = network.add_node(std::move(op), {value, parameter}, name, "input", {""}).front();
    };
    // The reals keep the type that the network was inferred with.
    value = network.add_node(ops::Cast{real.element}, {value}, name, "input", {""}).front();
    apply(ops::Sub{}, declaration.zero_point);
    apply(ops::Mul{}, declaration.scale);
    // The last node computes the old input value itself, so its readers need not change.
    network.nodes.back().outputs.front() = input;
    network.values[input].type = network.values[value].type;
    network.values[input].name = name + ".real";
    network.values[integers].name = name;
    move_to_front(network, first_new);
    std::replace(network.inputs.begin(), network.inputs.end(), input, integers);
    network.remove_dead();
}

} // namespace

bool declare_inputs(Graph& network, const InputDeclarations& declarations, const std::string& file,
                    Diagnostics& diagnostics) {
    for (const auto& [name, declaration] : declarations) {
        const auto found = std::find_if(
            network.inputs.begin(), network.inputs.end(),
            [&, &wanted = name](ValueId id) { return network.value(id).name == wanted; });
        if (found == network.inputs.end()) {
            std::string names;
            for (const ValueId id : network.inputs) {
                names += (names.empty() ? "" : ", ") + escaped(network.value(id).name);
            }
            diagnostics.add({Code::bad_input_type, Severity::error, file, "", "",
                             fmt::format("the model has no input '{}'", escaped(name)),
                             "its inputs are: " + names});
        } else if (!small_integer(declaration.type) || declaration.scale.sign() == 0) {
            diagnostics.add(
                {Code::bad_input_type, Severity::error, file, "", "",
                 fmt::format("input '{}' cannot be declared as {} with scale {}", escaped(name),
                             to_string(declaration.type), declaration.scale.to_string()),
                 "use an integer type of at most 16 bits and a scale that is not 0, for example "
                 "uint8:scale=1/255"});
        } else if (is_integer(std::get<RealType>(network.value(*found).type).element)) {
            diagnostics.add({Code::bad_input_type, Severity::error, file, "", "",
                             fmt::format("input '{}' is an integer input already", escaped(name)),
                             "leave the declaration out"});
        } else {
            declare(network, *found, declaration);
        }
    }
    return !declarations.empty();
}

} // namespace millrace::passes
