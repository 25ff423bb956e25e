// SPDX-License-Identifier: Apache-2.0
//
// Constants are exact reals, so decoding and encoding are exact inverses.
#include "passes/grid_nodes.hpp"

namespace millrace::passes {

namespace {

/// value OP constants, one for all or one per channel.
ValueId add_affine_node(Graph& graph, Op op, ValueId value, const std::vector<Real>& constants,
                        const std::string& name) {
    const Shape shape =
        constants.size() == 1 ? Shape{} : Shape{static_cast<std::int64_t>(constants.size())};
    const ValueId parameter = graph.add_constant("", Tensor(shape, constants));
    return graph.add_node(std::move(op), {value, parameter}, name, "", {""}).front();
}

bool only(const std::vector<Real>& constants, const Real& value) {
    return constants.size() == 1 && constants.front() == value;
}

} // namespace

ValueId add_decode_nodes(Graph& graph, ValueId integers, const Grid& grid,
                         const std::string& name) {
    ValueId value = integers;
    if (!only(grid.zero_point, Real(0))) {
        value = add_affine_node(graph, ops::Sub{}, value, grid.zero_point, name);
    }
    if (!only(grid.scale, Real(1))) {
        value = add_affine_node(graph, ops::Mul{}, value, grid.scale, name);
    }
    return value;
}

ValueId add_encode_nodes(Graph& graph, ValueId reals, const Shape& shape, const Grid& grid,
                         const std::string& name) {
    ValueId value = reals;
    if (shape_of(graph.value(value).type) != shape) {
        value = graph.add_node(ops::Reshape{shape}, {value}, name, "", {""}).front();
    }
    if (!only(grid.scale, Real(1))) {
        value = add_affine_node(graph, ops::Div{}, value, grid.scale, name);
    }
    if (!only(grid.zero_point, Real(0))) {
        value = add_affine_node(graph, ops::Add{}, value, grid.zero_point, name);
    }
    return value;
}

} // namespace millrace::passes
