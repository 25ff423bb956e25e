// SPDX-License-Identifier: Apache-2.0
//
// See constant_growth.hpp. The exponent range of float32 makes sums of a few values need up to some
// 300 bits; a sum or product of a and b needs at most the bits of both (over a common denominator).
#include "frontend/constant_growth.hpp"

#include "ir/diagnostics.hpp"

#include <algorithm>
#include <cmath>

namespace millrace::frontend {

namespace {

/// What a transcendental function adds to the expression of its argument.
constexpr double function_bits = 256;

ConstantSize joined(const ConstantSize& a, const ConstantSize& b) {
    return {std::max(a.bits, b.bits), std::max(a.terms, b.terms), a.roots || b.roots};
}

ConstantSize sum(const ConstantSize& a, const ConstantSize& b) {
    const bool roots = a.roots || b.roots;
    return {a.bits + b.bits, roots ? a.terms + b.terms : 1, roots};
}

ConstantSize product(const ConstantSize& a, const ConstantSize& b) {
    return {a.bits + b.bits, a.terms * b.terms, a.roots || b.roots};
}

/// The denominator's roots are removed by multiplying with its conjugates.
ConstantSize quotient(const ConstantSize& a, const ConstantSize& b) {
    ConstantSize inverse = b;
    if (b.roots && b.terms > 1) {
        const double conjugates = std::exp2(std::min(b.terms, 512.0));
        inverse.bits *= conjugates;
        inverse.terms = conjugates;
    }
    return product(a, inverse);
}

ConstantSize function_of(const ConstantSize& a) { return {a.total() + function_bits, 1, true}; }

double inner_dimension(const TypeList& inputs) {
    const Shape& shape = inputs.shape(0);
    return shape.empty() ? 1 : static_cast<double>(shape.back());
}

ConstantSize matrix_product(const ConstantSize& a, const ConstantSize& b, double inner) {
    ConstantSize size = product(a, b);
    // Dyadic numbers share the exponent range, so a sum of any length adds only its logarithm.
    size.bits += 64;
    if (size.roots) {
        size.bits += std::log2(std::max(inner, 1.0));
        size.terms *= std::max(inner, 1.0);
    }
    return size;
}

/// Products that make one element of a convolution.
double products_of_conv(const TypeList& inputs) {
    const Shape& weights = inputs.shape(1);
    return weights.empty() || weights[0] == 0
               ? 1
               : static_cast<double>(element_count(weights) / weights[0]);
}

/// A sum of equal terms, divided by a number of at most 64 bits.
ConstantSize mean(const ConstantSize& a, double terms) {
    return matrix_product(a, {64, 1, false}, terms);
}

ConstantSize power(const TypeList& inputs, const ConstantSize& base) {
    const Tensor* exponents = inputs.constants.at(1);
    double largest = 1;
    bool function = exponents == nullptr;
    for (std::int64_t i = 0; exponents != nullptr && i < exponents->size(); ++i) {
        const Real exponent = exponents->at(i);
        largest = std::max(largest, std::abs(exponent.to_double()));
        function = function || !(exponent * Real(2)).is_integer();
    }
    ConstantSize result = base;
    if (!function) {
        result.bits *= largest;
        result.terms = std::pow(result.terms, largest);
        result.roots = true; // an exponent may be one half
        return result;
    }
    return function_of(result);
}

} // namespace

ConstantSize size_of_stored(DataType element) {
    switch (element) {
    case DataType::float64:
        return {2200, 1, false};
    case DataType::float32:
    case DataType::bfloat16:
        return {300, 1, false};
    case DataType::float16:
    case DataType::int4:
    case DataType::uint4:
    case DataType::int8:
    case DataType::uint8:
    case DataType::int16:
    case DataType::uint16:
    case DataType::int32:
    case DataType::uint32:
    case DataType::int64:
    case DataType::uint64:
    case DataType::boolean:
        return {64, 1, false};
    }
    throw Defect("unknown element type");
}

ConstantSize size_of_result(const Op& op, const TypeList& inputs,
                            const std::vector<ConstantSize>& sizes) {
    ConstantSize all = sizes.empty() ? ConstantSize{} : sizes.front();
    for (const ConstantSize& size : sizes) {
        all = joined(all, size);
    }
    return std::visit(
        Overload{[&](const ops::Add&) { return sum(sizes.at(0), sizes.at(1)); },
                 [&](const ops::Sub&) { return sum(sizes.at(0), sizes.at(1)); },
                 [&](const ops::Mul&) { return product(sizes.at(0), sizes.at(1)); },
                 [&](const ops::PRelu&) { return product(sizes.at(0), sizes.at(1)); },
                 [&](const ops::Div&) { return quotient(sizes.at(0), sizes.at(1)); },
                 [&](const ops::Pow&) { return power(inputs, sizes.at(0)); },
                 [&](const ops::LeakyRelu&) {
                     return product(sizes.at(0), size_of_stored(DataType::float32));
                 },
                 [&](const ops::HardSigmoid&) {
                     return sum(product(sizes.at(0), size_of_stored(DataType::float32)),
                                size_of_stored(DataType::float32));
                 },
                 [&](const ops::MatMul&) {
                     return matrix_product(sizes.at(0), sizes.at(1), inner_dimension(inputs));
                 },
                 [&](const ops::Conv&) {
                     return matrix_product(sizes.at(0), sizes.at(1), products_of_conv(inputs));
                 },
                 [&](const ops::AveragePool& pool) {
                     return mean(sizes.at(0), static_cast<double>(pool.window.taps()));
                 },
                 [&](const ops::ReduceMean&) {
                     return mean(sizes.at(0), static_cast<double>(element_count(inputs.shape(0))));
                 },
                 [&](const ops::Sigmoid&) { return function_of(sizes.at(0)); },
                 [&](const ops::Tanh&) { return function_of(sizes.at(0)); },
                 [&](const ops::Softmax& softmax) {
                     ConstantSize size = function_of(sizes.at(0));
                     size.bits *= static_cast<double>(
                         inputs.shape(0).at(static_cast<std::size_t>(softmax.axis)));
                     return size;
                 },
                 // Integers of a few bits times a scale.
                 [&](const ops::Quantize&) {
                     return ConstantSize{600, 1, false};
                 },
                 [&](const ops::MultiThreshold&) {
                     return ConstantSize{600, 1, false};
                 },
                 // The rest moves or selects elements.
                 [&](const auto&) { return all; }},
        op);
}

double products_of_result(const Op& op, const TypeList& inputs, std::int64_t result_elements) {
    const auto elements = static_cast<double>(result_elements);
    const auto taps = [&](const ops::Window& window) {
        double product = elements;
        for (const std::int64_t size : window.kernel) {
            product *= static_cast<double>(size);
        }
        return product;
    };
    return std::visit(
        Overload{[&](const ops::MatMul&) { return elements * inner_dimension(inputs); },
                 [&](const ops::Conv&) { return elements * products_of_conv(inputs); },
                 [&](const ops::MaxPool& pool) { return taps(pool.window); },
                 [&](const ops::AveragePool& pool) { return taps(pool.window); },
                 [&](const auto&) { return elements; }},
        op);
}

} // namespace millrace::frontend
