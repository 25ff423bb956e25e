// SPDX-License-Identifier: Apache-2.0
//
// Pools, reductions, normalisation and elementwise operations.
#include "tests/support/random_cnn_writer.hpp"

#include <algorithm>
#include <cmath>

namespace millrace::tests {

std::optional<CnnValue> CnnWriter::max_pool(const CnnValue& x) {
    const bool last = x.shape.size() == 4 && x.channel == 3 && chance(60);
    if (!x.is_channels_first() && !last) {
        return std::nullopt;
    }
    const std::size_t first = last ? 1 : 2;
    const Shape sizes(x.shape.begin() + static_cast<std::ptrdiff_t>(first),
                      x.shape.end() - (last ? 1 : 0));
    const auto choice = window(sizes, opset_ >= 10 && !last && chance(25), true);
    if (!choice) {
        return std::nullopt;
    }
    // The pool of anything monotone is legal; most have a quantizer in front.
    CnnValue y = chance(70) ? on_grid(x) : x;
    const CnnValue from = y;
    OnnxNode added = node("MaxPool", {from.name}, y, last ? "qonnx.custom_op.channels_last" : "");
    describe(added, *choice, opset_ >= 10 && !last);
    const bool ceil = opset_ >= 10 && choice->auto_pad.empty() && !last && chance(25);
    if (ceil) {
        added.attr("ceil_mode", 1);
    }
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        std::int64_t& size = y.shape[first + i];
        size = choice->output[i];
        const std::int64_t room = sizes[i] + choice->pads[i] + choice->pads[sizes.size() + i] -
                                  (choice->kernel[i] - 1) * choice->dilations[i] - 1;
        if (ceil && room % choice->strides[i] != 0 &&
            (room / choice->strides[i] + 1) * choice->strides[i] < sizes[i] + choice->pads[i]) {
            ++size;
        }
    }
    y.scale_and_zero_point = from.scale_and_zero_point;
    return y;
}

std::optional<CnnValue> CnnWriter::average_pool(const CnnValue& x) {
    const bool last = x.shape.size() == 4 && x.channel == 3;
    if (!x.is_channels_first() && !last) {
        return std::nullopt;
    }
    const std::size_t first = last ? 1 : 2;
    const Shape sizes(x.shape.begin() + static_cast<std::ptrdiff_t>(first),
                      x.shape.end() - (last ? 1 : 0));
    const auto choice = window(sizes, opset_ >= 19 && !last && chance(25), true);
    if (!choice) {
        return std::nullopt;
    }
    const CnnValue from = on_grid(x);
    CnnValue y = from;
    OnnxNode added =
        node("AveragePool", {from.name}, y, last ? "qonnx.custom_op.channels_last" : "");
    describe(added, *choice, opset_ >= 19 && !last);
    const bool ceil = opset_ >= 10 && choice->auto_pad.empty() && !last && chance(30);
    const bool include = chance(50);
    if (ceil) {
        added.attr("ceil_mode", 1);
    }
    added.attr("count_include_pad", include ? 1 : 0);
    bool padded = choice->auto_pad.starts_with("SAME") || ceil;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        std::int64_t& size = y.shape[first + i];
        size = choice->output[i];
        const std::int64_t pads = choice->pads[i] + choice->pads[sizes.size() + i];
        padded = padded || pads != 0;
        const std::int64_t room =
            sizes[i] + pads - (choice->kernel[i] - 1) * choice->dilations[i] - 1;
        if (ceil && room % choice->strides[i] != 0 &&
            (room / choice->strides[i] + 1) * choice->strides[i] < sizes[i] + choice->pads[i]) {
            ++size;
        }
    }
    y.scale_and_zero_point.reset();
    y.bits = from.bits + 4;
    if (padded) {
        y.lattice = Lattice::odd; // windows at the border may have factors of their own
    }
    return y;
}

std::optional<CnnValue> CnnWriter::global_pool(const CnnValue& x) {
    if (!x.is_channels_first()) {
        return std::nullopt;
    }
    const bool average = chance(60);
    const CnnValue from = on_grid(x);
    CnnValue y = from;
    node(average ? "GlobalAveragePool" : "GlobalMaxPool", {from.name}, y);
    std::fill(y.shape.begin() + 2, y.shape.end(), 1);
    y.scale_and_zero_point.reset();
    y.bits += average ? 6 : 0;
    return y;
}

std::optional<CnnValue> CnnWriter::reduce(const CnnValue& x) {
    const auto rank = static_cast<std::int64_t>(x.shape.size());
    if (rank < 3) {
        return std::nullopt;
    }
    Ints axes;
    for (std::int64_t d = 1; d < rank; ++d) {
        const bool is_channel = d == static_cast<std::int64_t>(x.channel);
        if (chance(is_channel ? 10 : 60)) {
            axes.push_back(d);
        }
    }
    if (axes.empty()) {
        return std::nullopt;
    }
    // Over the channels, the integers of all must be alike.
    const bool channels =
        std::find(axes.begin(), axes.end(), static_cast<std::int64_t>(x.channel)) != axes.end();
    const CnnValue from = channels ? narrow(x) : on_grid(x);
    CnnValue y = from;
    const bool keep = channels || chance(50);
    const std::string op = chance(70) ? "ReduceMean" : "ReduceSum";
    const bool as_input = op == "ReduceSum" ? opset_ >= 13 : opset_ >= 18;
    const bool negative = opset_ >= 11 && chance(40);
    Ints written = axes;
    for (std::int64_t& axis : written) {
        axis -= negative ? rank : 0;
    }
    Names inputs{from.name};
    if (as_input) {
        inputs.push_back(ints(written));
    }
    OnnxNode added = node(op, inputs, y);
    added.attr("keepdims", keep ? 1 : 0);
    if (!as_input) {
        added.attr("axes", written);
    }
    y.shape.clear();
    for (std::int64_t d = 0; d < rank; ++d) {
        const bool gone = std::find(axes.begin(), axes.end(), d) != axes.end();
        if (keep || !gone) {
            y.shape.push_back(gone ? 1 : x.shape[static_cast<std::size_t>(d)]);
        }
        if (!keep && gone && d < static_cast<std::int64_t>(x.channel)) {
            --y.channel;
        }
    }
    y.scale_and_zero_point.reset();
    y.bits += 6;
    return y;
}

std::optional<CnnValue> CnnWriter::normalize(const CnnValue& x) {
    const bool last = x.shape.size() == 4 && x.channel == 3;
    if (x.channel != 1 && !last) {
        return std::nullopt;
    }
    const std::int64_t channels = x.channels();
    std::vector<double> gamma = numbers(channels, 1);
    if (chance(10)) {
        gamma[0] = 0;
    }
    std::vector<double> variance;
    for (std::int64_t c = 0; c < channels; ++c) {
        variance.push_back(near(x.sigma * x.sigma));
    }
    CnnValue y = x;
    OnnxNode added = node("BatchNormalization",
                          {x.name, floats({channels}, gamma), bias(channels, 0.7),
                           bias(channels, x.sigma), floats({channels}, variance)},
                          y, last ? "qonnx.custom_op.channels_last" : "");
    if (chance(60)) {
        added.attr("epsilon", chance(50) ? 1e-3F : 0.0F);
    }
    y.sigma = 1;
    y.lattice = Lattice::none;
    y.scale_and_zero_point.reset();
    return y;
}

std::optional<CnnValue> CnnWriter::activate(const CnnValue& x) {
    CnnValue y = x;
    y.lattice = Lattice::none;
    y.scale_and_zero_point.reset();
    switch (pick(0, 13)) {
    default:
        node("Relu", {x.name}, y);
        break;
    case 4:
        node("LeakyRelu", {x.name}, y).attr("alpha", one_of({0.1F, 0.25F, -0.5F, 0.01F}));
        break;
    case 5:
        node("PRelu", {x.name, floats(along_channel(x, x.channels()), numbers(x.channels(), 0.4))},
             y);
        break;
    case 6:
    case 7: {
        const auto low = static_cast<float>(chance(50) ? 0 : -near(x.sigma));
        const auto high = static_cast<float>(near(1.5 * x.sigma));
        if (opset_ >= 11) {
            node("Clip", {x.name, scalar(low), scalar(high)}, y);
        } else {
            node("Clip", {x.name}, y).attr("min", low).attr("max", high);
        }
        break;
    }
    case 8:
        node("Sigmoid", {x.name}, y);
        y.sigma = 0.6;
        break;
    case 9:
        node("Tanh", {x.name}, y);
        y.sigma = 0.7;
        break;
    case 10:
        node("HardSigmoid", {x.name}, y).attr("alpha", 0.25F).attr("beta", 0.5F);
        y.sigma = 0.6;
        break;
    case 11:
        node(chance(50) ? "Abs" : "Neg", {x.name}, y);
        break;
    case 12:
        node("Sign", {x.name}, y);
        y.sigma = 1;
        y.bits = 2;
        y.lattice = Lattice::one;
        break;
    case 13:
        node("Identity", {x.name}, y);
        y.lattice = x.lattice;
        break;
    }
    return y;
}

/// With a constant: one, one per channel, or rarely one per element.
std::optional<CnnValue> CnnWriter::scale_or_shift(const CnnValue& x) {
    CnnValue y = x;
    y.scale_and_zero_point.reset();
    const bool shift = chance(50);
    const double size = shift ? x.sigma : 0.8;
    const auto values = [&](std::int64_t count) {
        std::vector<double> drawn = numbers(count, size);
        for (double& value : drawn) {
            // Factors away from zero: a grid stays one.
            value = shift || std::abs(value) > 0.05 ? value : 0.5;
        }
        return drawn;
    };
    std::string constant;
    if (chance(50)) {
        constant = floats({}, values(1));
        y.lattice = x.lattice == Lattice::none ? x.lattice : shift ? Lattice::odd : x.lattice;
    } else if (chance(85) || x.shape.size() == 2) {
        constant = floats(along_channel(x, x.channels()), values(x.channels()));
        y.lattice = x.lattice == Lattice::none ? x.lattice
                    : shift                    ? Lattice::odd
                                               : Lattice::channels;
    } else {
        Shape shape = x.shape;
        shape[0] = 1;
        constant = floats(shape, values(element_count(shape)));
        y.lattice = Lattice::none;
    }
    if (shift) {
        const bool from_constant = chance(20);
        node(from_constant || chance(40) ? "Sub" : "Add",
             from_constant ? Names{constant, x.name} : Names{x.name, constant}, y, "", "constant");
    } else {
        const bool divide = chance(25);
        node(divide ? "Div" : "Mul",
             divide || chance(70) ? Names{x.name, constant} : Names{constant, x.name}, y, "",
             "constant");
    }
    return y;
}

} // namespace millrace::tests
