// SPDX-License-Identifier: Apache-2.0
//
// Quantizers of activations: Quant, IntQuant, BipolarQuant, Trunc, MultiThreshold; QuantizeLinear
// and DequantizeLinear. Scales fit the estimated magnitude, so that levels are used and clamps
// happen.
#include "tests/support/random_cnn_writer.hpp"

#include <algorithm>
#include <cmath>

namespace millrace::tests {

namespace {

const char* domain_of(std::int64_t index) {
    switch (index) {
    case 0:
        return "onnx.brevitas";
    case 1:
        return "finn.custom_op.general";
    default:
        return "qonnx.custom_op.general";
    }
}

} // namespace

CnnValue CnnWriter::quantize(const CnnValue& x, Wanted wanted) {
    const bool linear = dialect_ == Dialect::qdq || dialect_ == Dialect::qoperator ||
                        (dialect_ == Dialect::mixed && chance(60));
    wanted.bits = linear ? wanted.bits : std::min(wanted.bits, 8);
    CnnValue y = linear ? quantize_linear(x, wanted) : quantize_qonnx(x, wanted);
    live_.push_back(y);
    return y;
}

CnnValue CnnWriter::quantize_qonnx(const CnnValue& x, const Wanted& wanted) {
    if (chance(8)) {
        return bipolar(x, wanted);
    }
    if (chance(10)) {
        return thresholds(x, wanted);
    }
    CnnValue y = x;
    const bool is_signed = chance(60);
    const int bits = static_cast<int>(pick(is_signed ? 1 : 1, wanted.bits));
    const bool binary = is_signed && bits == 1;
    const std::int64_t scales = !wanted.one_scale && chance(60) ? x.channels() : 1;
    std::vector<double> values;
    const double levels = std::exp2(bits) - 1;
    for (std::int64_t i = 0; i < scales; ++i) {
        values.push_back(near(3 * x.sigma / std::max(levels, 1.5)));
    }
    const double zero =
        wanted.zero_point && !binary && chance(25) ? static_cast<double>(pick(-3, 5)) : 0;
    const std::string scale =
        scales == 1 ? scalar(values[0]) : floats(along_channel(x, scales), values);
    const std::string width = chance(90) || wanted.one_scale || binary || x.channels() == 1
                                  ? scalar(bits)
                                  : floats(along_channel(x, x.channels()), [&] {
                                        // A width for each channel.
                                        std::vector<double> widths;
                                        for (std::int64_t c = 0; c < x.channels(); ++c) {
                                            widths.push_back(static_cast<double>(
                                                pick(is_signed ? 2 : 1, std::max(bits, 2))));
                                        }
                                        return widths;
                                    }());
    OnnxNode added = node(chance(80) ? "Quant" : "IntQuant", {x.name, scale, scalar(zero), width},
                          y, domain_of(pick(0, 5)));
    added.attr("signed", is_signed ? 1 : 0)
        .attr("narrow", bits > 1 && chance(30) ? 1 : 0)
        .attr("rounding_mode", one_of({"ROUND", "ROUND", "ROUND", "HALF_EVEN", "CEIL", "FLOOR",
                                       "UP", "DOWN", "HALF_UP", "HALF_DOWN", "ROUND_TO_ZERO"}));
    y.bits = bits + (zero != 0 ? 1 : 0);
    y.lattice = scales == 1 ? Lattice::one : Lattice::channels;
    y.scale_and_zero_point.reset();
    if (scales == 1) {
        y.scale_and_zero_point = {values[0], zero};
    }
    y.sigma = std::min(x.sigma, values[0] * std::max(levels, 1.0) / 2);
    return y;
}

CnnValue CnnWriter::bipolar(const CnnValue& x, const Wanted& wanted) {
    CnnValue y = x;
    const std::int64_t scales = !wanted.one_scale && chance(40) ? x.channels() : 1;
    std::vector<double> values;
    for (std::int64_t i = 0; i < scales; ++i) {
        values.push_back(near(x.sigma));
    }
    node("BipolarQuant",
         {x.name, scales == 1 ? scalar(values[0]) : floats(along_channel(x, scales), values)}, y,
         domain_of(pick(0, 5)));
    y.bits = 2;
    y.lattice = scales == 1 ? Lattice::one : Lattice::channels;
    y.scale_and_zero_point.reset();
    y.sigma = values[0];
    return y;
}

/// Channels are dimension 1 of images and matrices, the last dimension otherwise.
CnnValue CnnWriter::thresholds(const CnnValue& x, const Wanted& wanted) {
    const bool nhwc = x.shape.size() == 4 && x.channel == 3;
    const bool per_channel = (x.is_image() || nhwc || x.shape.size() == 2) && chance(70);
    const std::int64_t rows = per_channel ? x.channels() : 1;
    const std::int64_t levels = pick(1, std::min<std::int64_t>(15, (1 << wanted.bits) - 1));
    std::vector<double> values;
    for (std::int64_t r = 0; r < rows; ++r) {
        std::vector<double> row = numbers(levels, 1.2 * x.sigma);
        std::sort(row.begin(), row.end());
        values.insert(values.end(), row.begin(), row.end());
    }
    CnnValue y = x;
    const double scale = near(3 * x.sigma / static_cast<double>(levels));
    // With one threshold and a bias of half a step: -1 and +1.
    const double bias =
        wanted.zero_point && chance(60)
            ? levels == 1 ? -scale / 2 : -scale * static_cast<double>(pick(0, levels))
            : 0;
    node("MultiThreshold", {x.name, floats({rows, levels}, values)}, y, "qonnx.custom_op.general")
        .attr("out_scale", static_cast<float>(scale))
        .attr("out_bias", static_cast<float>(bias))
        .attr("out_dtype", "UINT4")
        .attr("data_layout", nhwc ? "NHWC" : "NCHW");
    y.bits = 5;
    y.lattice = Lattice::one;
    y.scale_and_zero_point.reset();
    return y;
}

/// To an integer type and back.
CnnValue CnnWriter::quantize_linear(const CnnValue& x, const Wanted& wanted) {
    DataType type = chance(50) ? DataType::uint8 : DataType::int8;
    std::string domain;
    if (opset_ >= 21 && wanted.bits >= 4 && chance(30)) {
        type = chance(50) ? DataType::uint4 : DataType::int4;
    } else if (wanted.bits > 8 && chance(60)) {
        type = chance(50) ? DataType::uint16 : DataType::int16;
        domain = opset_ >= 21 ? "" : "com.microsoft";
    }
    const bool four = type == DataType::uint4 || type == DataType::int4;
    const bool sixteen = type == DataType::uint16 || type == DataType::int16;
    const int bits = four ? 4 : sixteen ? 16 : 8;
    const bool is_signed =
        type == DataType::int4 || type == DataType::int8 || type == DataType::int16;
    const std::int64_t scales =
        !wanted.one_scale && opset_ >= 13 && domain.empty() && chance(50) ? x.channels() : 1;
    const double levels = std::exp2(bits) - 1;
    const std::int64_t zero = wanted.zero_point && chance(50)
                                  ? pick(is_signed ? -4 : 0, static_cast<std::int64_t>(levels) / 3)
                                  : 0;
    std::vector<double> values;
    for (std::int64_t i = 0; i < scales; ++i) {
        values.push_back(near(4 * x.sigma / levels));
    }
    std::string scale;
    std::string zero_point = fresh("z");
    if (scales == 1) {
        scale = scalar(values[0]);
        result_.model.add_init(zero_point, {}, {static_cast<double>(zero)}, type);
    } else {
        scale = floats({scales}, values);
        std::vector<double> zeros;
        for (std::int64_t i = 0; i < scales; ++i) {
            zeros.push_back(static_cast<double>(chance(50) ? zero : 0));
        }
        result_.model.add_init(zero_point, {scales}, zeros, type);
    }
    CnnValue q = x;
    CnnValue y = x;
    // The pair is one node of the network level, which has the first one's name.
    OnnxNode down = node("QuantizeLinear", {x.name, scale, zero_point}, q, domain,
                         std::string(to_string(type)) + (scales > 1 ? ", per axis" : ""));
    if (scales > 1) {
        down.attr("axis", static_cast<std::int64_t>(x.channel));
    }
    OnnxNode up = node("DequantizeLinear", {q.name, scale, zero_point}, y, domain);
    if (scales > 1) {
        up.attr("axis", static_cast<std::int64_t>(x.channel));
    }
    y.bits = bits + (zero != 0 ? 1 : 0);
    y.lattice = scales == 1 ? Lattice::one : Lattice::channels;
    y.scale_and_zero_point.reset();
    if (scales == 1) {
        y.scale_and_zero_point = {values[0], static_cast<double>(zero)};
    }
    y.sigma = std::min(x.sigma, values[0] * levels / 2);
    return y;
}

/// Of a value behind a quantizer whose scale is known.
std::optional<CnnValue> CnnWriter::trunc(const CnnValue& x) {
    if (dialect_ != Dialect::qonnx && dialect_ != Dialect::mixed) {
        return std::nullopt;
    }
    CnnValue from = x;
    if (!from.scale_and_zero_point || from.bits > 12) {
        from = quantize_qonnx(x, {8, true, false});
        if (!from.scale_and_zero_point) {
            return std::nullopt;
        }
    }
    const auto [scale, zero] = *from.scale_and_zero_point;
    const int shift = static_cast<int>(pick(1, 3));
    CnnValue y = from;
    Names inputs{from.name, scalar(scale), scalar(zero), scalar(from.bits + shift)};
    const bool second = chance(40);
    if (second) {
        inputs.push_back(scalar(scale * std::exp2(shift)));
    }
    inputs.push_back(scalar(std::max(from.bits, 2)));
    OnnxNode added = node("Trunc", inputs, y, "qonnx.custom_op.general", second ? "2" : "1");
    added.attr("rounding_mode", one_of({"FLOOR", "ROUND", "CEIL"}));
    if (second) {
        added.attr("signed", 1).attr("narrow", 0);
    } else {
        y.sigma = from.sigma / std::exp2(shift);
    }
    y.scale_and_zero_point.reset();
    y.lattice = zero == 0 ? Lattice::one : Lattice::odd;
    live_.push_back(y);
    return y;
}

CnnValue CnnWriter::narrow(const CnnValue& x, int bits) {
    const bool fits = x.lattice == Lattice::one && x.bits <= bits;
    return fits || chance(1) ? x : quantize(x);
}

CnnValue CnnWriter::on_grid(const CnnValue& x, int bits) {
    const bool fits = x.lattice != Lattice::none && x.bits <= bits;
    const int most = bits >= 16 && chance(60) ? 16 : 8;
    return fits || chance(1) ? x : quantize(x, {most, chance(70), true});
}

} // namespace millrace::tests
