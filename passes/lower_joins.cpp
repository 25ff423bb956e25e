// SPDX-License-Identifier: Apache-2.0
//
// Joins of two or more computed tensors. Operands of different grids are added on a common one:
// scales s_a and s_b whose ratio is rational are integer multiples of one scale, so the sum is
// multiplier_a * q_a + multiplier_b * q_b, exactly. A concatenation needs no common grid: grids go
// with their channels.
#include "passes/integer_lowering.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <numeric>

namespace millrace::passes {

namespace {

constexpr int widest_sum = 60;
constexpr int widest_multiplier = 40;

/// Two scales as integer multiples of one.
struct CommonScale {
    std::int64_t a;
    std::int64_t b;
    Real scale;
};

struct Fraction {
    std::int64_t numerator;
    std::int64_t denominator;
};

/// The positive number as a fraction in lowest terms of at most `bits` bits each, by its continued
/// fraction: the last convergent of a rational number is the number itself.
std::optional<Fraction> fraction_of(Real x, int bits) {
    const std::int64_t limit = std::int64_t{1} << bits;
    if (!x.is_rational() || x > Real(limit)) {
        return std::nullopt;
    }
    Fraction before{0, 1};
    Fraction now{1, 0};
    while (true) {
        if (x > Real(limit)) {
            return std::nullopt;
        }
        const std::int64_t whole = x.round(Rounding::floor);
        const Int128 numerator = Int128{whole} * now.numerator + before.numerator;
        const Int128 denominator = Int128{whole} * now.denominator + before.denominator;
        if (numerator > limit || denominator > limit) {
            return std::nullopt;
        }
        before = now;
        now = {static_cast<std::int64_t>(numerator), static_cast<std::int64_t>(denominator)};
        const Real rest = x - Real(whole);
        if (rest.sign() == 0) {
            return now;
        }
        x = Real(1) / rest;
    }
}

std::optional<CommonScale> common_scale(const Real& a, const Real& b) {
    const Real ratio = a / b;
    const int sign = ratio.sign();
    const auto fraction = fraction_of(sign < 0 ? -ratio : ratio, widest_multiplier);
    if (!fraction) {
        return std::nullopt;
    }
    // |a / b| = n / d in lowest terms: a = n * (a / n), b = +-d * (a / n).
    return CommonScale{fraction->numerator, sign * fraction->denominator,
                       a / Real(fraction->numerator)};
}

} // namespace

ValueId IntegerLowering::broadcast_point(ValueId id, const Shape& shape,
                                         const std::vector<std::int64_t>& dims, const Node& node) {
    Shape ordered;
    for (const std::int64_t dim : dims) {
        ordered.push_back(shape[static_cast<std::size_t>(dim)]);
    }
    Shape own = network_shape(id);
    if (own == shape) {
        return point_in_order(id, dims, std::move(ordered));
    }
    own.insert(own.begin(), shape.size() - own.size(), 1);
    std::vector<std::int64_t> plain(network_shape(id).size());
    std::iota(plain.begin(), plain.end(), std::int64_t{0});
    ValueState& state = states_[id];
    ValueId point = *integer_point(state);
    auto groups = state.view.groups(own);
    if (!groups) {
        point = point_in_order(id, plain, network_shape(id));
        groups = state.view.groups(own);
    }
    const Shape strides = state.view.strides();
    Loops loops;
    for (const std::int64_t dim : dims) {
        const auto d = static_cast<std::size_t>(dim);
        if (own[d] != shape[d]) {
            loops.counts.push_back(shape[d]);
            loops.strides.push_back(0);
        }
        for (const std::size_t factor : (*groups)[d]) {
            loops.counts.push_back(state.view.factors()[factor]);
            loops.strides.push_back(strides[factor]);
        }
    }
    return rearrange_body(point, std::move(loops), std::move(ordered), node.name + "_broadcast",
                          node.onnx_op);
}

std::optional<IntegerLowering::Operands> IntegerLowering::join_operands(const Node& node) {
    const Shape& shape = network_shape(node.outputs[0]);
    if (!require_grid(node, node.inputs[0], "the first operand") ||
        !require_grid(node, node.inputs[1], "the second operand")) {
        return std::nullopt;
    }
    // The order that an operand of the full shape has already.
    std::optional<std::vector<std::int64_t>> dims;
    for (const ValueId input : node.inputs) {
        if (!dims && network_shape(input) == shape) {
            integer_point(states_[input]);
            dims = present_order(input);
        }
    }
    if (!dims) {
        dims.emplace(shape.size());
        std::iota(dims->begin(), dims->end(), std::int64_t{0});
    }
    const ValueId a = broadcast_point(node.inputs[0], shape, *dims, node);
    const ValueId b = broadcast_point(node.inputs[1], shape, *dims, node);
    return Operands{a, b, std::move(*dims)};
}

bool IntegerLowering::lower_sum(const Node& node, bool subtract) {
    const auto operands = join_operands(node);
    if (!operands) {
        return false;
    }
    const Grid& a = body_type(operands->a).grid;
    const Grid& b = body_type(operands->b).grid;
    const std::size_t channels =
        std::max({a.scale.size(), a.zero_point.size(), b.scale.size(), b.zero_point.size()});
    ops::IntegerAdd sum{{}, {}, Grid{{}, {}}};
    for (std::size_t c = 0; c < channels; ++c) {
        auto common = common_scale(channel_parameter(a.scale, c), channel_parameter(b.scale, c));
        if (!common) {
            return refuse(node,
                          fmt::format("the operands' scales have no common divisor within {} bits",
                                      widest_multiplier),
                          "quantize both operands with scales of a simple ratio (equal scales, or "
                          "powers of two)");
        }
        common->b = subtract ? -common->b : common->b;
        sum.multiplier_a.push_back(common->a);
        sum.multiplier_b.push_back(common->b);
        sum.grid.zero_point.push_back(Real(common->a) * channel_parameter(a.zero_point, c) +
                                      Real(common->b) * channel_parameter(b.zero_point, c));
        sum.grid.scale.push_back(std::move(common->scale));
    }
    const ValueId result = add(std::move(sum), {operands->a, operands->b}, node);
    if (const int bits = body_type(result).format().bits; bits > widest_sum) {
        report(Code::accumulator_too_wide, Severity::error, node,
               fmt::format("the sum needs {} bits, more than {}", bits, widest_sum),
               "quantize both operands with scales of a simple ratio");
        return false;
    }
    set_result(node.outputs[0], result, node, operands->dims);
    return true;
}

bool IntegerLowering::lower_product(const Node& node) {
    const auto operands = join_operands(node);
    if (!operands) {
        return false;
    }
    const auto zero_a = zero_pads(operands->a);
    const auto zero_b = zero_pads(operands->b);
    if (!zero_a || !zero_b) {
        return refuse(node, "an operand's zero point is no integer",
                      "put a quantizer in front of both operands");
    }
    const ValueId result = add(ops::IntegerMul{*zero_a, *zero_b}, {operands->a, operands->b}, node);
    set_result(node.outputs[0], result, node, operands->dims);
    return true;
}

bool IntegerLowering::lower_concat(const Node& node, const ops::Concat& op) {
    if (node.inputs.size() == 1) {
        return pass_through(node);
    }
    for (const ValueId input : node.inputs) {
        if (is_constant(input)) {
            return false;
        }
        if (!require_grid(node, input, "an input")) {
            return false;
        }
    }
    const Shape& shape = network_shape(node.outputs[0]);
    integer_point(states_[node.inputs[0]]);
    std::vector<std::int64_t> dims;
    if (auto present = present_order(node.inputs[0])) {
        dims = std::move(*present);
    } else {
        dims.resize(shape.size());
        std::iota(dims.begin(), dims.end(), std::int64_t{0});
    }
    std::erase(dims, op.axis);
    dims.push_back(op.axis);
    std::vector<ValueId> points;
    for (const ValueId input : node.inputs) {
        Shape ordered;
        for (const std::int64_t dim : dims) {
            ordered.push_back(network_shape(input)[static_cast<std::size_t>(dim)]);
        }
        points.push_back(point_in_order(input, dims, std::move(ordered)));
    }
    const ValueId result = add(ops::IntegerConcat{}, std::move(points), node);
    set_result(node.outputs[0], result, node, dims);
    return true;
}

} // namespace millrace::passes
