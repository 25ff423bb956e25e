// SPDX-License-Identifier: Apache-2.0
//
// Layers: convolutions in all their forms, and products with constant and computed matrices.
#include "tests/support/random_cnn_writer.hpp"

#include <algorithm>
#include <cmath>

namespace millrace::tests {

namespace {

constexpr std::int64_t most_products = 12000; ///< of one layer

} // namespace

// ------------------------------------------------------------------------------------ weights

/// -1/+1 or few bits, through a quantizer; or integers through DequantizeLinear; or floats that lie
/// on a grid already.
CnnWriter::Weights CnnWriter::weights(const Shape& shape, std::size_t channel_axis) {
    Weights drawn{"", 0.5, static_cast<int>(pick(1, 8)), chance(50)};
    const bool linear = dialect_ == Dialect::qdq || dialect_ == Dialect::qoperator ||
                        (dialect_ == Dialect::mixed && chance(50));
    if (chance(15)) {
        // Few significant bits: products with small integers stay floats, exactly.
        const double unit = std::nearbyint(near(0.05) * 1024) / 1024 + 1.0 / 1024;
        const double half = std::exp2(drawn.bits - 1);
        std::vector<double> values;
        for (std::int64_t i = 0; i < element_count(shape); ++i) {
            values.push_back(unit * static_cast<double>(pick(-static_cast<std::int64_t>(half),
                                                             static_cast<std::int64_t>(half))));
        }
        drawn.per_channel = false;
        drawn.sigma = unit * half / 1.7;
        drawn.name = floats(shape, values);
    } else {
        drawn.name = linear ? dequantized_weights(shape, channel_axis, drawn)
                            : quantized_weights(shape, channel_axis, drawn);
    }
    return drawn;
}

std::string CnnWriter::quantized_weights(const Shape& shape, std::size_t channel_axis,
                                         Weights& drawn) {
    const std::string data = floats(shape, numbers(element_count(shape), drawn.sigma));
    const std::int64_t channels = shape[channel_axis];
    const double levels = std::exp2(drawn.bits) - 1;
    std::vector<double> scales;
    for (std::int64_t c = 0; c < (drawn.per_channel ? channels : 1); ++c) {
        scales.push_back(near(drawn.bits == 1 ? drawn.sigma : 4 * drawn.sigma / levels));
    }
    Shape along(shape.size(), 1);
    along[channel_axis] = channels;
    const std::string scale = drawn.per_channel ? floats(along, scales) : scalar(scales[0]);
    const std::string name = fresh("w");
    if (drawn.bits == 1 && chance(50)) {
        node("BipolarQuant", {data, scale}, Names{name}, "qonnx.custom_op.general", "weights");
        return name;
    }
    std::string width = scalar(drawn.bits);
    if (chance(12) && drawn.bits > 1) {
        std::vector<double> widths; // mixed precision within a layer
        for (std::int64_t c = 0; c < channels; ++c) {
            widths.push_back(static_cast<double>(pick(2, drawn.bits)));
        }
        width = floats(along, widths);
    }
    node("Quant", {data, scale, scalar(0), width}, Names{name}, "onnx.brevitas", "weights")
        .attr("signed", 1)
        .attr("narrow", drawn.bits > 1 && chance(60) ? 1 : 0)
        .attr("rounding_mode", "ROUND");
    return name;
}

std::string CnnWriter::dequantized_weights(const Shape& shape, std::size_t channel_axis,
                                           Weights& drawn) {
    DataType type = DataType::int8;
    if (opset_ >= 21 && chance(30)) {
        type = chance(70) ? DataType::int4 : DataType::uint4;
    } else if (chance(25)) {
        type = DataType::uint8;
    }
    const bool four = type == DataType::int4 || type == DataType::uint4;
    const bool is_signed = type == DataType::int8 || type == DataType::int4;
    drawn.bits = four ? 4 : 8;
    drawn.per_channel = drawn.per_channel && opset_ >= 13;
    const std::int64_t levels = std::int64_t{1} << drawn.bits;
    const std::int64_t zero = is_signed ? (chance(15) ? pick(-2, 2) : 0) : levels / 2 + pick(-3, 3);
    const std::int64_t scales = drawn.per_channel ? shape[channel_axis] : 1;
    std::vector<double> scale_values;
    for (std::int64_t c = 0; c < scales; ++c) {
        scale_values.push_back(near(4 * drawn.sigma / static_cast<double>(levels)));
    }
    const Shape parameter = drawn.per_channel ? Shape{scales} : Shape{};
    const std::string scale = floats(parameter, scale_values);
    const std::string zero_point = fresh("z");
    result_.model.add_init(
        zero_point, parameter,
        std::vector<double>(static_cast<std::size_t>(scales), static_cast<double>(zero)), type);
    const std::string name = fresh("w");
    std::string integers = fresh("q");
    if (chance(25)) {
        // As training tools leave it: floats, quantized in the graph.
        const std::string data = floats(shape, numbers(element_count(shape), drawn.sigma));
        OnnxNode down =
            node("QuantizeLinear", {data, scale, zero_point}, Names{integers}, "", "weights");
        if (drawn.per_channel) {
            down.attr("axis", static_cast<std::int64_t>(channel_axis));
        }
    } else {
        std::vector<double> values;
        for (std::int64_t i = 0; i < element_count(shape); ++i) {
            values.push_back(static_cast<double>(is_signed ? pick(-levels / 2, levels / 2 - 1)
                                                           : pick(0, levels - 1)));
        }
        result_.model.add_init(integers, shape, values, type);
    }
    OnnxNode up =
        node("DequantizeLinear", {integers, scale, zero_point}, Names{name}, "", "weights");
    if (drawn.per_channel) {
        up.attr("axis", static_cast<std::int64_t>(channel_axis));
    }
    return name;
}

std::string CnnWriter::bias(std::int64_t channels, double sigma) {
    return floats({channels}, numbers(channels, sigma));
}

// ------------------------------------------------------------------------------------ windows

std::optional<CnnWriter::WindowChoice> CnnWriter::window(const Shape& sizes, bool dilate,
                                                         bool pool) {
    WindowChoice choice;
    Ints ends;
    const bool square = chance(50);
    const int mode = static_cast<int>(pick(0, 9)); // 0, 1: auto_pad; 2 to 4: no pads
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        const bool same = square && i > 0;
        choice.kernel.push_back(same ? choice.kernel[0] : pick(1, pool ? 3 : 4));
        choice.strides.push_back(same ? choice.strides[0] : chance(60) ? 1 : pick(2, 3));
        choice.dilations.push_back(!dilate ? 1 : same ? choice.dilations[0] : pick(1, 3));
        const std::int64_t k = choice.kernel[i];
        const std::int64_t most = pool ? (k - 1) / 2 + (k > 1 && chance(20) ? 1 : 0) : k;
        choice.pads.push_back(mode >= 5 ? pick(0, std::min<std::int64_t>(most, k - 1 + !pool)) : 0);
        ends.push_back(mode >= 5 ? pick(0, std::min<std::int64_t>(most, k - 1 + !pool)) : 0);
        if (mode >= 8) {
            ends[i] = choice.pads[i]; // symmetric
        }
        const std::int64_t extent = (k - 1) * choice.dilations[i] + 1;
        const std::int64_t stride = choice.strides[i];
        std::int64_t size = (sizes[i] + choice.pads[i] + ends[i] - extent) / stride + 1;
        if (mode == 0) {
            size = (sizes[i] + stride - 1) / stride;
        } else if (sizes[i] + choice.pads[i] + ends[i] < extent) {
            return std::nullopt;
        }
        choice.output.push_back(size);
    }
    choice.pads.insert(choice.pads.end(), ends.begin(), ends.end());
    if (mode == 0) {
        choice.auto_pad = chance(50) ? "SAME_UPPER" : "SAME_LOWER";
    } else if (mode == 1) {
        choice.auto_pad = "VALID";
    }
    return choice;
}

void CnnWriter::describe(OnnxNode added, const WindowChoice& choice, bool dilations) {
    const auto plain = [](const Ints& list, std::int64_t value) {
        return std::all_of(list.begin(), list.end(), [&](std::int64_t v) { return v == value; });
    };
    added.attr("kernel_shape", choice.kernel);
    if (!plain(choice.strides, 1) || chance(50)) {
        added.attr("strides", choice.strides);
    }
    if (dilations && (!plain(choice.dilations, 1) || chance(50))) {
        added.attr("dilations", choice.dilations);
    }
    if (!choice.auto_pad.empty()) {
        added.attr("auto_pad", choice.auto_pad.c_str());
    } else if (!plain(choice.pads, 0) || chance(50)) {
        added.attr("pads", choice.pads);
    }
}

void CnnWriter::after_layer(const CnnValue& x, const Weights& w, std::int64_t depth, bool has_bias,
                            CnnValue& y) {
    y.sigma = x.sigma * w.sigma * std::sqrt(static_cast<double>(depth));
    y.bits = x.bits + w.bits + static_cast<int>(std::ceil(std::log2(depth + 1)));
    y.lattice = has_bias ? Lattice::odd : w.per_channel ? Lattice::channels : Lattice::one;
    y.scale_and_zero_point.reset();
}

// -------------------------------------------------------------------------------- convolutions

std::optional<CnnValue> CnnWriter::conv(const CnnValue& x) {
    if (!x.is_channels_first()) {
        return std::nullopt;
    }
    const Shape sizes(x.shape.begin() + 2, x.shape.end());
    const auto choice = window(sizes, chance(30), false);
    if (!choice) {
        return std::nullopt;
    }
    const std::int64_t channels = x.channels();
    std::int64_t group = 1;
    std::int64_t outputs = pick(1, 6);
    std::string detail;
    const std::int64_t kind = pick(0, 9);
    if (kind < 3) {
        group = channels;
        outputs = channels * (kind == 0 ? 2 : 1); // depthwise, with a multiplier
        detail = kind == 0 ? "depth multiplier" : "depthwise";
    } else if (kind == 3 && channels % 2 == 0) {
        group = channels % 4 == 0 && chance(40) ? 4 : 2;
        outputs = group * pick(1, 3);
        detail = "grouped";
    }
    Shape shape{outputs, channels / group};
    shape.insert(shape.end(), choice->kernel.begin(), choice->kernel.end());
    CnnValue y = x;
    y.shape = {x.shape[0], outputs};
    y.shape.insert(y.shape.end(), choice->output.begin(), choice->output.end());
    const std::int64_t depth = element_count(shape) / outputs;
    if (!fits(y.shape) || element_count(y.shape) * depth > most_products) {
        return std::nullopt;
    }
    // Depthwise layers take a grid per channel, the others (nearly) one grid.
    const CnnValue from = kind > 0 && kind < 3 && chance(60) ? on_grid(x, 10) : narrow(x);
    const Weights w = weights(shape, 0);
    const bool has_bias = chance(40);
    after_layer(from, w, depth, has_bias, y);
    Names inputs{from.name, w.name};
    if (has_bias) {
        inputs.push_back(bias(outputs, y.sigma));
    }
    OnnxNode added =
        node("Conv", inputs, y, "", detail.empty() && sizes.size() == 1 ? "1-D" : detail);
    describe(added, *choice, true);
    if (group > 1 || chance(30)) {
        added.attr("group", group);
    }
    return y;
}

/// The channels-last domain, between transpositions as FINN's and QONNX's tools leave them.
std::optional<CnnValue> CnnWriter::channels_last_conv(const CnnValue& x) {
    const std::size_t rank = x.shape.size();
    if (rank < 3 || rank > 4) {
        return std::nullopt;
    }
    CnnValue from = narrow(x);
    if (from.channel == 1) {
        from = permuted(from, rank == 4 ? Ints{0, 2, 3, 1} : Ints{0, 2, 1});
    } else if (from.channel != rank - 1) {
        return std::nullopt;
    }
    const Shape sizes(from.shape.begin() + 1, from.shape.end() - 1);
    const auto choice = window(sizes, false, false);
    if (!choice) {
        return std::nullopt;
    }
    const std::int64_t channels = from.channels();
    const bool depthwise = chance(25);
    const std::int64_t outputs = depthwise ? channels : pick(1, 5);
    Shape shape{outputs};
    shape.insert(shape.end(), choice->kernel.begin(), choice->kernel.end());
    shape.push_back(depthwise ? 1 : channels);
    CnnValue y = from;
    y.shape = {from.shape[0]};
    y.shape.insert(y.shape.end(), choice->output.begin(), choice->output.end());
    y.shape.push_back(outputs);
    const std::int64_t depth = element_count(shape) / outputs;
    if (!fits(y.shape) || element_count(y.shape) * depth > most_products) {
        return std::nullopt;
    }
    const Weights w = weights(shape, 0);
    after_layer(from, w, depth, false, y);
    OnnxNode added = node("Conv", {from.name, w.name}, y, "qonnx.custom_op.channels_last");
    describe(added, *choice, true);
    added.attr("group", depthwise ? channels : 1);
    live_.push_back(y);
    if (chance(70)) {
        return permuted(y, rank == 4 ? Ints{0, 3, 1, 2} : Ints{0, 2, 1});
    }
    return y;
}

std::optional<CnnValue> CnnWriter::conv_transpose(const CnnValue& x) {
    if (!x.is_channels_first()) {
        return std::nullopt;
    }
    const std::size_t axes = x.shape.size() - 2;
    const std::int64_t channels = x.channels();
    const std::int64_t group = channels % 2 == 0 && chance(30) ? 2 : chance(15) ? channels : 1;
    const std::int64_t group_outputs = pick(1, 3);
    Ints kernel;
    Ints strides;
    Ints dilations;
    Ints pads(2 * axes, 0);
    Ints added_end;
    const bool has_added = chance(30);
    const bool same = chance(15);
    CnnValue y = x;
    y.shape = {x.shape[0], group * group_outputs};
    for (std::size_t i = 0; i < axes; ++i) {
        kernel.push_back(pick(1, 4));
        strides.push_back(pick(1, 3));
        dilations.push_back(chance(20) ? 2 : 1);
        added_end.push_back(has_added ? pick(0, std::max(strides[i], dilations[i]) - 1) : 0);
        const std::int64_t full =
            strides[i] * (x.shape[i + 2] - 1) + added_end[i] + (kernel[i] - 1) * dilations[i] + 1;
        if (same) {
            y.shape.push_back(x.shape[i + 2] * strides[i]);
            continue;
        }
        pads[i] = chance(50) ? pick(0, kernel[i] - 1) : 0;
        pads[axes + i] = chance(50) ? pick(0, kernel[i] - 1) : 0;
        const std::int64_t size = full - pads[i] - pads[axes + i];
        if (size < 1) {
            return std::nullopt;
        }
        y.shape.push_back(size);
    }
    Shape shape{channels, group_outputs};
    shape.insert(shape.end(), kernel.begin(), kernel.end());
    if (!fits(y.shape) ||
        element_count(x.shape) * element_count(shape) / channels > most_products) {
        return std::nullopt;
    }
    const CnnValue from = narrow(x);
    const Weights w = weights(shape, 1);
    const bool has_bias = chance(40);
    after_layer(from, w, element_count(shape) / group_outputs / group, has_bias, y);
    Names inputs{from.name, w.name};
    if (has_bias) {
        inputs.push_back(bias(group * group_outputs, y.sigma));
    }
    OnnxNode added = node("ConvTranspose", inputs, y);
    added.attr("kernel_shape", kernel)
        .attr("strides", strides)
        .attr("dilations", dilations)
        .attr("group", group);
    if (same) {
        added.attr("auto_pad", chance(50) ? "SAME_UPPER" : "SAME_LOWER");
    } else {
        added.attr("pads", pads);
    }
    if (has_added) {
        added.attr("output_padding", added_end);
    }
    return y;
}

// ------------------------------------------------------------------------------------ products

std::optional<CnnValue> CnnWriter::gemm(const CnnValue& x) {
    if (x.shape.size() != 2 || x.channel != 1) {
        return std::nullopt;
    }
    const std::int64_t depth = x.shape[1];
    const std::int64_t columns = pick(1, 7);
    const bool transposed = chance(50);
    const CnnValue from = narrow(x);
    const Weights w =
        weights(transposed ? Shape{columns, depth} : Shape{depth, columns}, transposed ? 0 : 1);
    CnnValue y = x;
    y.shape = {x.shape[0], columns};
    const bool has_bias = opset_ < 11 || chance(60);
    after_layer(from, w, depth, has_bias, y);
    Names inputs{from.name, w.name};
    if (has_bias) {
        inputs.push_back(bias(columns, y.sigma));
    }
    OnnxNode added = node("Gemm", inputs, y);
    added.attr("transB", transposed ? 1 : 0);
    if (chance(20)) {
        added.attr("alpha", static_cast<float>(near(1))).attr("beta", static_cast<float>(near(1)));
    }
    return y;
}

/// A matrix on the right, and now and then on the left.
std::optional<CnnValue> CnnWriter::matmul(const CnnValue& x) {
    const std::size_t rank = x.shape.size();
    const bool left = rank >= 2 && chance(20);
    const std::size_t sum_dim = left ? rank - 2 : rank - 1;
    const std::int64_t depth = x.shape[sum_dim];
    const std::int64_t other = pick(1, 6);
    CnnValue y = x;
    y.shape[sum_dim] = other;
    if (!fits(y.shape) || element_count(y.shape) * depth > most_products ||
        (left && rank == 2 && x.shape[0] > 1)) {
        return std::nullopt;
    }
    const CnnValue from = narrow(x);
    const Weights w = weights(left ? Shape{other, depth} : Shape{depth, other}, left ? 0 : 1);
    after_layer(from, w, depth, false, y);
    if (y.lattice == Lattice::channels && sum_dim != x.channel) {
        y.lattice = Lattice::odd;
    }
    node("MatMul", left ? Names{w.name, from.name} : Names{from.name, w.name}, y, "",
         left ? "constant on the left" : "");
    return y;
}

/// x times its own transpose, or with another value that fits.
std::optional<CnnValue> CnnWriter::dynamic_matmul(const CnnValue& x) {
    const std::size_t rank = x.shape.size();
    if (rank < 3) {
        return std::nullopt;
    }
    const CnnValue a = narrow(x);
    CnnValue b = a;
    if (const CnnValue* other = live_like(x, false)) {
        b = *other;
        b = narrow(b);
    } else if (chance(50)) {
        b = quantize(x, {6, true, true});
    }
    Ints perm;
    for (std::size_t d = 0; d + 2 < rank; ++d) {
        perm.push_back(static_cast<std::int64_t>(d));
    }
    perm.push_back(static_cast<std::int64_t>(rank) - 1);
    perm.push_back(static_cast<std::int64_t>(rank) - 2);
    CnnValue y = x;
    const bool outer = chance(50); // x * x^T or x^T * x
    const std::int64_t rows = x.shape[outer ? rank - 2 : rank - 1];
    const std::int64_t depth = x.shape[outer ? rank - 1 : rank - 2];
    y.shape[rank - 2] = y.shape[rank - 1] = rows;
    if (!fits(y.shape)) {
        return std::nullopt;
    }
    const CnnValue turned = permuted(outer ? b : a, perm);
    node("MatMul", outer ? Names{a.name, turned.name} : Names{turned.name, b.name}, y, "",
         "computed");
    y.sigma = a.sigma * b.sigma * std::sqrt(static_cast<double>(depth));
    y.bits = a.bits + b.bits + 4;
    y.lattice = Lattice::one;
    y.scale_and_zero_point.reset();
    return y;
}

} // namespace millrace::tests
