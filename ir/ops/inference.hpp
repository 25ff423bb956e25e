// SPDX-License-Identifier: Apache-2.0
//
// Checks that type inference of several network-level ops makes, with the words of their errors.
#pragma once

#include "ir/type.hpp"

#include <fmt/format.h>
#include <string_view>

namespace millrace::ops {

/// Throws TypeError unless the op has this many inputs.
inline void require_inputs(const TypeList& inputs, std::size_t count, std::string_view op) {
    if (inputs.size() != count) {
        throw TypeError(fmt::format("{} takes {} input{}, {} given", op, count,
                                    count == 1 ? "" : "s", inputs.size()));
    }
}

/// Throws TypeError unless 0 <= axis < rank.
inline void require_axis(std::int64_t axis, const Shape& shape, std::string_view op) {
    if (axis < 0 || axis >= static_cast<std::int64_t>(shape.size())) {
        throw TypeError(
            fmt::format("{}: axis {} does not exist in shape {}", op, axis, to_string(shape)));
    }
}

/// element_count() with TypeError for shapes that are none.
inline std::int64_t checked_count(const Shape& shape, std::string_view op) {
    try {
        return element_count(shape);
    } catch (const std::exception& error) {
        throw TypeError(fmt::format("{}: {}", op, error.what()));
    }
}

/// broadcast_shape() with TypeError for shapes that do not fit.
inline Shape broadcast_inputs(const Shape& a, const Shape& b, std::string_view op) {
    try {
        Shape result = broadcast_shape(a, b);
        element_count(result);
        return result;
    } catch (const std::exception& error) {
        throw TypeError(fmt::format("{}: {}", op, error.what()));
    }
}

/// Throws TypeError unless the parameter broadcasts to x without changing its shape; a single
/// element always does.
inline void require_broadcast_to(const Shape& parameter, const Shape& x, std::string_view what) {
    if (checked_count(parameter, what) != 1 && broadcast_inputs(parameter, x, what) != x) {
        throw TypeError(fmt::format("{} of shape {} does not broadcast to {}", what,
                                    to_string(parameter), to_string(x)));
    }
}

/// The result type of an op that keeps its only input's type.
inline std::vector<ValueType> same_type(const TypeList& inputs, std::string_view op) {
    require_inputs(inputs, 1, op);
    return {inputs.real(0)};
}

} // namespace millrace::ops
