// SPDX-License-Identifier: Apache-2.0
//
// The QOperator dialect: one to four operators on quantized integers between QuantizeLinear and
// DequantizeLinear, or ConvInteger with what exporters put behind it.
#include "tests/support/random_cnn_writer.hpp"

#include <algorithm>
#include <cmath>

namespace millrace::tests {

/// A fresh name with parameters that suit the meaning.
CnnWriter::Linear CnnWriter::linear_like(const CnnValue& meaning, DataType type) {
    Linear result;
    result.name = fresh("q");
    result.type = type;
    result.scale_value = near(4 * meaning.sigma / 255);
    result.scale = fresh("s");
    result_.model.add_scalar(result.scale, result.scale_value);
    result.zero_point = fresh("z");
    const std::int64_t low = type == DataType::int8 ? -10 : 0;
    result_.model.add_init(result.zero_point, {},
                           {static_cast<double>(chance(40) ? 0 : pick(low, 130 + low))}, type);
    result.real = meaning;
    result.real.bits = 9;
    result.real.lattice = Lattice::one;
    result.real.scale_and_zero_point.reset();
    return result;
}

std::optional<CnnValue> CnnWriter::qlinear(const CnnValue& x) {
    if (opset_ < 10) {
        return std::nullopt; // QuantizeLinear came with version 10
    }
    Linear q = linear_like(x, chance(60) ? DataType::uint8 : DataType::int8);
    node("QuantizeLinear", {x.name, q.scale, q.zero_point}, Names{q.name});
    if (chance(15)) {
        return x.is_channels_first() && chance(60) ? integer_conv(q) : integer_matmul(q);
    }
    const std::int64_t count = pick(1, 4);
    std::optional<Linear> (CnnWriter::*const makers[])(const Linear&) = {
        &CnnWriter::qlinear_conv, &CnnWriter::qlinear_conv, &CnnWriter::qlinear_matmul,
        &CnnWriter::qlinear_join, &CnnWriter::qlinear_join, &CnnWriter::qlinear_concat,
        &CnnWriter::qlinear_pool, &CnnWriter::qlinear_pool, &CnnWriter::qlinear_unary,
        &CnnWriter::qlinear_move,
    };
    for (std::int64_t done = 0, tries = 0; done < count && tries < 40; ++tries) {
        if (auto next = (this->*makers[pick(0, std::ssize(makers) - 1)])(q)) {
            q = std::move(*next);
            ++done;
        }
    }
    CnnValue y = q.real;
    node("DequantizeLinear", {q.name, q.scale, q.zero_point}, y);
    return y;
}

std::optional<CnnWriter::Linear> CnnWriter::qlinear_conv(const Linear& x) {
    if (!x.real.is_channels_first()) {
        return std::nullopt;
    }
    const Shape& shape = x.real.shape;
    const auto choice = window(Shape(shape.begin() + 2, shape.end()), chance(20), false);
    if (!choice) {
        return std::nullopt;
    }
    const std::int64_t channels = shape[1];
    const bool depthwise = chance(30);
    const std::int64_t outputs = depthwise ? channels : pick(1, 5);
    Shape kernel{outputs, depthwise ? 1 : channels};
    kernel.insert(kernel.end(), choice->kernel.begin(), choice->kernel.end());
    CnnValue meaning = x.real;
    meaning.shape = {shape[0], outputs};
    meaning.shape.insert(meaning.shape.end(), choice->output.begin(), choice->output.end());
    const std::int64_t depth = element_count(kernel) / outputs;
    if (!fits(meaning.shape) || element_count(meaning.shape) * depth > 9000) {
        return std::nullopt;
    }
    // uint8 weights go with uint8 inputs only, as in the standard's table of types.
    const bool is_signed = x.type == DataType::int8 || chance(70);
    const DataType type = is_signed ? DataType::int8 : DataType::uint8;
    const bool per_channel = is_signed && chance(50);
    const std::int64_t scales = per_channel ? outputs : 1;
    const Shape parameter = per_channel ? Shape{outputs} : Shape{};
    const double sigma = 0.5;
    std::vector<double> scale_values;
    for (std::int64_t c = 0; c < scales; ++c) {
        scale_values.push_back(near(4 * sigma / 255));
    }
    std::vector<double> values;
    for (std::int64_t i = 0; i < element_count(kernel); ++i) {
        values.push_back(static_cast<double>(is_signed ? pick(-127, 127) : pick(0, 255)));
    }
    const std::string weights = fresh("w");
    result_.model.add_init(weights, kernel, values, type);
    const std::string zero = fresh("z");
    const double zero_value = is_signed ? 0 : static_cast<double>(pick(110, 140));
    result_.model.add_init(zero, parameter,
                           std::vector<double>(static_cast<std::size_t>(scales), zero_value), type);
    meaning.sigma = x.real.sigma * sigma * std::sqrt(static_cast<double>(depth));
    Linear y = linear_like(meaning, x.type);
    Names inputs{x.name, x.scale, x.zero_point, weights, floats(parameter, scale_values),
                 zero,   y.scale, y.zero_point};
    if (chance(50)) {
        std::vector<double> biases;
        for (std::int64_t c = 0; c < outputs; ++c) {
            biases.push_back(static_cast<double>(pick(-3000, 3000)));
        }
        inputs.push_back(fresh("b"));
        result_.model.add_init(inputs.back(), {outputs}, biases, DataType::int32);
    }
    OnnxNode added = node("QLinearConv", inputs, Names{y.name}, chance(15) ? "com.microsoft" : "");
    describe(added, *choice, true);
    added.attr("group", depthwise ? channels : 1);
    return y;
}

/// QLinearMatMul, or QGemm of matrices.
std::optional<CnnWriter::Linear> CnnWriter::qlinear_matmul(const Linear& x) {
    const Shape& shape = x.real.shape;
    const std::int64_t depth = shape.back();
    const std::int64_t columns = pick(1, 6);
    const bool gemm = shape.size() == 2 && chance(50);
    const bool transposed = gemm && chance(50);
    const bool per_channel = chance(40);
    const std::int64_t scales = per_channel ? columns : 1;
    const Shape parameter = per_channel ? Shape{columns} : Shape{};
    std::vector<double> scale_values;
    for (std::int64_t c = 0; c < scales; ++c) {
        scale_values.push_back(near(2.0 / 255));
    }
    std::vector<double> values;
    for (std::int64_t i = 0; i < depth * columns; ++i) {
        values.push_back(static_cast<double>(pick(-127, 127)));
    }
    const std::string weights = fresh("w");
    result_.model.add_init(weights, transposed ? Shape{columns, depth} : Shape{depth, columns},
                           values, DataType::int8);
    const std::string zero = fresh("z");
    result_.model.add_init(zero, parameter,
                           std::vector<double>(static_cast<std::size_t>(scales), 0.0),
                           DataType::int8);
    CnnValue meaning = x.real;
    meaning.shape.back() = columns;
    if (!fits(meaning.shape)) {
        return std::nullopt;
    }
    meaning.sigma = x.real.sigma * 0.5 * std::sqrt(static_cast<double>(depth));
    Linear y = linear_like(meaning, x.type);
    const std::string scale = floats(parameter, scale_values);
    if (!gemm) {
        node("QLinearMatMul",
             {x.name, x.scale, x.zero_point, weights, scale, zero, y.scale, y.zero_point},
             Names{y.name});
        return y;
    }
    std::string biases;
    if (chance(60)) {
        biases = fresh("b");
        std::vector<double> numbers_of_bias;
        for (std::int64_t c = 0; c < columns; ++c) {
            numbers_of_bias.push_back(static_cast<double>(pick(-3000, 3000)));
        }
        result_.model.add_init(biases, {columns}, numbers_of_bias, DataType::int32);
    }
    node("QGemm",
         {x.name, x.scale, x.zero_point, weights, scale, zero, biases, y.scale, y.zero_point},
         Names{y.name}, "com.microsoft")
        .attr("transB", transposed ? 1 : 0)
        .attr("alpha", 1.0F);
    return y;
}

/// With another quantization of a value that stands, or with itself.
std::optional<CnnWriter::Linear> CnnWriter::qlinear_join(const Linear& x) {
    Linear b = x;
    if (const CnnValue* found = live_like(x.real, true); found != nullptr && chance(80)) {
        const CnnValue other = *found;
        b = linear_like(other, x.type);
        node("QuantizeLinear", {other.name, b.scale, b.zero_point}, Names{b.name});
    }
    const bool add = chance(65);
    CnnValue meaning = x.real;
    meaning.sigma = add ? std::hypot(x.real.sigma, b.real.sigma) : x.real.sigma * b.real.sigma;
    Linear y = linear_like(meaning, x.type);
    node(add ? "QLinearAdd" : "QLinearMul",
         {x.name, x.scale, x.zero_point, b.name, b.scale, b.zero_point, y.scale, y.zero_point},
         Names{y.name}, "com.microsoft");
    return y;
}

std::optional<CnnWriter::Linear> CnnWriter::qlinear_concat(const Linear& x) {
    Linear b = x;
    if (const CnnValue* found = live_like(x.real, false); found != nullptr && chance(80)) {
        const CnnValue other = *found;
        b = linear_like(other, x.type);
        node("QuantizeLinear", {other.name, b.scale, b.zero_point}, Names{b.name});
    }
    const std::size_t axis = x.real.channel;
    CnnValue meaning = x.real;
    meaning.shape[axis] += b.real.shape[axis];
    if (!fits(meaning.shape)) {
        return std::nullopt;
    }
    Linear y = linear_like(meaning, x.type);
    node("QLinearConcat",
         {y.scale, y.zero_point, x.name, x.scale, x.zero_point, b.name, b.scale, b.zero_point},
         Names{y.name}, "com.microsoft")
        .attr("axis", static_cast<std::int64_t>(axis));
    return y;
}

std::optional<CnnWriter::Linear> CnnWriter::qlinear_pool(const Linear& x) {
    if (!x.real.is_channels_first()) {
        return std::nullopt;
    }
    CnnValue meaning = x.real;
    const std::int64_t kind = pick(0, 2);
    if (kind == 0) {
        std::fill(meaning.shape.begin() + 2, meaning.shape.end(), 1);
        Linear y = linear_like(meaning, x.type);
        node("QLinearGlobalAveragePool", {x.name, x.scale, x.zero_point, y.scale, y.zero_point},
             Names{y.name}, "com.microsoft")
            .attr("channels_last", 0);
        return y;
    }
    const auto choice = window(Shape(meaning.shape.begin() + 2, meaning.shape.end()), false, true);
    if (!choice || (kind == 1 && opset_ < 12)) {
        return std::nullopt; // pools of 8-bit integers came with version 12
    }
    std::copy(choice->output.begin(), choice->output.end(), meaning.shape.begin() + 2);
    if (kind == 1) {
        Linear y = x;
        y.name = fresh("q");
        y.real = meaning;
        describe(node("MaxPool", {x.name}, Names{y.name}, "", "integers"), *choice, false);
        return y;
    }
    Linear y = linear_like(meaning, x.type);
    OnnxNode added =
        node("QLinearAveragePool", {x.name, x.scale, x.zero_point, y.scale, y.zero_point},
             Names{y.name}, "com.microsoft");
    describe(added, *choice, false);
    added.attr("count_include_pad", chance(50) ? 1 : 0);
    return y;
}

std::optional<CnnWriter::Linear> CnnWriter::qlinear_unary(const Linear& x) {
    CnnValue meaning = x.real;
    const bool leaky = chance(50);
    meaning.sigma = leaky ? x.real.sigma : 0.6;
    Linear y = linear_like(meaning, x.type);
    OnnxNode added = node(leaky ? "QLinearLeakyRelu" : "QLinearSigmoid",
                          {x.name, x.scale, x.zero_point, y.scale, y.zero_point}, Names{y.name},
                          "com.microsoft");
    if (leaky) {
        added.attr("alpha", 0.125F);
    }
    return y;
}

/// Integers move as they are.
std::optional<CnnWriter::Linear> CnnWriter::qlinear_move(const Linear& x) {
    Linear y = x;
    y.name = fresh("q");
    const Shape& shape = x.real.shape;
    if (shape.size() > 2 && chance(50)) {
        y.real.shape = {shape[0], element_count(shape) / shape[0]};
        y.real.channel = 1;
        node("Reshape", {x.name, ints({shape[0], -1})}, Names{y.name}, "", "integers");
        return y;
    }
    if (shape.size() < 3) {
        return std::nullopt;
    }
    Ints perm{0};
    for (std::size_t d = shape.size() - 1; d > 0; --d) {
        perm.push_back(static_cast<std::int64_t>(d));
    }
    for (std::size_t d = 1; d < shape.size(); ++d) {
        y.real.shape[d] = shape[shape.size() - d];
    }
    y.real.channel = shape.size() - x.real.channel;
    node("Transpose", {x.name}, Names{y.name}, "", "integers").attr("perm", perm);
    return y;
}

/// ConvInteger (or MatMulInteger), Cast, Mul by the scales: what dynamic exporters leave after
/// fixing the scales.
std::optional<CnnValue> CnnWriter::integer_conv(const Linear& x) {
    const std::int64_t outputs = pick(1, 4);
    Shape kernel = x.real.shape;
    kernel[0] = outputs;
    for (std::size_t d = 2; d < kernel.size(); ++d) {
        kernel[d] = std::min<std::int64_t>(kernel[d], 2);
    }
    std::vector<double> values;
    for (std::int64_t i = 0; i < element_count(kernel); ++i) {
        values.push_back(static_cast<double>(pick(-128, 127)));
    }
    const std::string weights = fresh("w");
    result_.model.add_init(weights, kernel, values, DataType::int8);
    CnnValue y = x.real;
    y.shape[1] = outputs;
    for (std::size_t d = 2; d < kernel.size(); ++d) {
        y.shape[d] -= kernel[d] - 1;
    }
    node("ConvInteger", {x.name, weights, x.zero_point}, y);
    return from_integers(y, x, element_count(kernel) / outputs);
}

std::optional<CnnValue> CnnWriter::integer_matmul(const Linear& x) {
    CnnValue y = x.real;
    const std::int64_t depth = y.shape.back();
    const std::int64_t columns = pick(1, 5);
    y.shape.back() = columns;
    if (!fits(y.shape)) {
        return std::nullopt;
    }
    const bool is_signed = chance(60);
    const DataType type = is_signed ? DataType::int8 : DataType::uint8;
    std::vector<double> values;
    for (std::int64_t i = 0; i < depth * columns; ++i) {
        values.push_back(static_cast<double>(is_signed ? pick(-128, 127) : pick(0, 255)));
    }
    const std::string weights = fresh("w");
    result_.model.add_init(weights, {depth, columns}, values, type);
    const std::string zero = fresh("z");
    result_.model.add_init(zero, {},
                           {static_cast<double>(is_signed ? pick(-2, 2) : pick(120, 136))}, type);
    node("MatMulInteger", {x.name, weights, x.zero_point, zero}, y);
    return from_integers(y, x, depth);
}

CnnValue CnnWriter::from_integers(const CnnValue& y, const Linear& x, std::int64_t depth) {
    CnnValue real = y;
    node("Cast", {y.name}, real).attr("to", 1);
    const double scale = near(0.004);
    const CnnValue from = real;
    node("Mul", {from.name, scalar(x.scale_value * scale)}, real, "", "constant");
    real.sigma = x.real.sigma * 0.3 * std::sqrt(static_cast<double>(depth));
    real.bits = 24;
    return real;
}

} // namespace millrace::tests
