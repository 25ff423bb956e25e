// SPDX-License-Identifier: Apache-2.0
#include "tests/support/small_model.hpp"

#include <algorithm>
#include <cmath>

namespace millrace::tests {

namespace {

constexpr std::size_t inputs = 4;
constexpr std::size_t hidden = 6;
constexpr std::size_t outputs = 3;

/// Multiples of 1/2 between -2 and 3/2, which 3 bits hold.
std::vector<double> weights(std::size_t count, int seed) {
    std::vector<double> values;
    for (std::size_t i = 0; i < count; ++i) {
        values.push_back(0.5 * ((static_cast<int>(i) * 5 + seed) % 8 - 4));
    }
    return values;
}

double quantized(double x, double scale, double lo, double hi) {
    return std::nearbyint(std::clamp(x / scale, lo, hi)) * scale;
}

std::vector<double> product(const std::vector<double>& x, const std::vector<double>& w) {
    std::vector<double> y(w.size() / x.size(), 0);
    for (std::size_t k = 0; k < x.size(); ++k) {
        for (std::size_t n = 0; n < y.size(); ++n) {
            y[n] += x[k] * w[k * y.size() + n];
        }
    }
    return y;
}

} // namespace

OnnxBuilder small_mlp(const std::string& prefix) {
    constexpr const char* domain = "qonnx.custom_op.general";
    OnnxBuilder model(13);
    model.add_opset(domain, 1);
    model.add_input("x", {"N", static_cast<std::int64_t>(inputs)});
    model.add_scalar("x_scale", 0.25).add_scalar("half", 0.5).add_scalar("zero", 0);
    model.add_scalar("bits4", 4).add_scalar("bits3", 3);
    model.add_init("w1", {inputs, hidden}, weights(inputs * hidden, 1));
    model.add_init("w2", {hidden, outputs}, weights(hidden * outputs, 3));
    const auto quantize = [&](const std::string& from, const std::string& scale,
                              const std::string& bits, int is_signed, const std::string& to) {
        model.add_node("Quant", {from, scale, "zero", bits}, {to})
            .domain(domain)
            .name(prefix + to)
            .attr("signed", is_signed)
            .attr("narrow", 0)
            .attr("rounding_mode", "ROUND");
    };
    quantize("x", "x_scale", "bits4", 1, "xq");
    quantize("w1", "half", "bits3", 1, "w1q");
    quantize("w2", "half", "bits3", 1, "w2q");
    model.add_node("MatMul", {"xq", "w1q"}, {"a1"}).name(prefix + "fc1");
    model.add_node("Relu", {"a1"}, {"r1"}).name(prefix + "relu1");
    quantize("r1", "half", "bits3", 0, "h");
    model.add_node("MatMul", {"h", "w2q"}, {"y"}).name(prefix + "fc2");
    model.add_output("y");
    return model;
}

OnnxBuilder float_mlp() {
    OnnxBuilder model(13);
    model.add_input("x", {"N", static_cast<std::int64_t>(inputs)});
    model.add_init("w1", {inputs, hidden}, weights(inputs * hidden, 1));
    model.add_node("MatMul", {"x", "w1"}, {"y"}).name("fc1");
    model.add_output("y");
    return model;
}

OnnxBuilder small_pixel_function() {
    OnnxBuilder model(13);
    model.add_opset("qonnx.custom_op.general", 1).add_input("x", {1, 2, 3});
    model.add_scalar("s", 1).add_scalar("z", 0).add_scalar("b", 4);
    const auto quantize = [&](const std::string& input, const std::string& output) {
        model.add_node("Quant", {input, "s", "z", "b"}, {output}).domain("qonnx.custom_op.general");
    };
    quantize("x", "q");
    model.add_node("Relu", {"q"}, {"r"});
    quantize("r", "y");
    model.add_output("y");
    return model;
}

std::vector<double> small_mlp_result(const std::vector<double>& x) {
    std::vector<double> q;
    for (const double value : x) {
        q.push_back(quantized(value, 0.25, -8, 7));
    }
    std::vector<double> h;
    for (const double value : product(q, weights(inputs * hidden, 1))) {
        h.push_back(quantized(std::max(value, 0.0), 0.5, 0, 7));
    }
    return product(h, weights(hidden * outputs, 3));
}

} // namespace millrace::tests
