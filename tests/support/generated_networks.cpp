// SPDX-License-Identifier: Apache-2.0
//
// See generated_networks.hpp. Levels are used at any depth because the scale of each layer's
// weights brings its output to a variance near 1: with weights drawn evenly around zero, the
// variance of a dot product is its length times the mean squares of its factors.
#include "tests/support/generated_networks.hpp"

#include <cmath>
#include <random>
#include <string>
#include <vector>

namespace millrace::tests {

namespace {

constexpr const char* quant_domain = "qonnx.custom_op.general";
constexpr double image_square = 1.0 / 3; ///< mean square of 0 to 1, evenly
constexpr double relu_square = 0.5;      ///< of the positive half of a normal distribution

struct Convolution {
    std::int64_t inputs = 1;
    std::int64_t outputs = 1;
    std::int64_t kernel = 1;
    std::int64_t stride = 1;
};

/// Where a quantizer's levels lie.
struct Levels {
    double scale = 1;
    int bits = 4;
    bool is_signed = false;
};

/// A model under construction. Every function returns the name of the value that it adds.
class Writer {
  public:
    Writer(int weight_bits, std::uint32_t seed) : weight_bits_(weight_bits), random_(seed) {
        model_.add_opset(quant_domain, 1);
        model_.add_scalar("zero", 0);
    }

    /// A uint8 image of [1, height, width, channels], as the network takes it.
    std::string image(std::int64_t height, std::int64_t width, std::int64_t channels) {
        model_.add_input("image", {1, height, width, channels}, DataType::uint8);
        model_.add_scalar("image_scale", 1.0 / 256);
        model_.add_scalar("image_zero", 0, DataType::uint8);
        node("DequantizeLinear", {"image", "image_scale", "image_zero"}, "image_real");
        return transpose("image_real", "image_planes", {0, 3, 1, 2});
    }

    std::string transpose(const std::string& x, const std::string& name,
                          const std::vector<std::int64_t>& permutation) {
        node("Transpose", {x}, name).attr("perm", permutation);
        return name;
    }

    std::string quantize(const std::string& x, const std::string& name, const Levels& levels,
                         bool narrow = false) {
        model_.add_scalar(name + "_scale", levels.scale).add_scalar(name + "_bits", levels.bits);
        node("Quant", {x, name + "_scale", "zero", name + "_bits"}, name)
            .domain(quant_domain)
            .attr("signed", levels.is_signed ? 1 : 0)
            .attr("narrow", narrow ? 1 : 0)
            .attr("rounding_mode", "ROUND");
        return name;
    }

    /// Of inputs with this mean square.
    std::string convolve(const std::string& x, const std::string& name, const Convolution& shape,
                         double input_square) {
        const Shape sizes{shape.outputs, shape.inputs, shape.kernel, shape.kernel};
        const std::string w =
            weights(name, sizes, shape.inputs * shape.kernel * shape.kernel, input_square);
        const std::int64_t pad = (shape.kernel - 1) / 2;
        node("Conv", {x, w}, name)
            .attr("kernel_shape", std::vector<std::int64_t>{shape.kernel, shape.kernel})
            .attr("strides", std::vector<std::int64_t>{shape.stride, shape.stride})
            .attr("pads", std::vector<std::int64_t>{pad, pad, pad, pad});
        return name;
    }

    /// Of a convolution's output.
    std::string normalize(const std::string& x, const std::string& name, std::int64_t channels) {
        std::vector<std::string> inputs{x};
        const auto parameter = [&](const char* key, double low, double high) {
            std::vector<double> values;
            for (std::int64_t c = 0; c < channels; ++c) {
                values.push_back(low + (high - low) * uniform());
            }
            inputs.push_back(name + key);
            model_.add_init(inputs.back(), {channels}, values);
        };
        parameter("_gamma", 0.75, 1.25);
        parameter("_beta", -0.25, 0.25);
        parameter("_mean", -0.25, 0.25);
        parameter("_variance", 0.75, 1.25);
        node("BatchNormalization", inputs, name);
        return name;
    }

    std::string relu(const std::string& x, const std::string& name) {
        node("Relu", {x}, name);
        return name;
    }

    /// For dot products of `depth` factors: integers of `weight_bits`, evenly around zero, on the
    /// scale that makes their variance 1.
    std::string weights(const std::string& name, const Shape& shape, std::int64_t depth,
                        double input_square) {
        const std::int64_t most = (std::int64_t{1} << (weight_bits_ - 1)) - 1;
        const auto largest = static_cast<double>(most);
        const double mean_square = largest * (largest + 1) / 3; // of -most..most
        // A float, so that its multiples below are the ones that the quantizer finds.
        const double scale = static_cast<float>(
            1 / std::sqrt(static_cast<double>(depth) * mean_square * input_square));
        std::vector<double> values(static_cast<std::size_t>(element_count(shape)));
        for (double& value : values) {
            const auto level = static_cast<std::int64_t>(uniform() * (2 * largest + 1)) - most;
            value = scale * static_cast<double>(level);
        }
        model_.add_raw_init(name + "_weights", shape, values);
        return quantize(name + "_weights", name + "_levels", {scale, weight_bits_, true}, true);
    }

    OnnxNode node(const std::string& op, const std::vector<std::string>& inputs,
                  const std::string& output) {
        OnnxNode added = model_.add_node(op, inputs, {output});
        added.name(output);
        return added;
    }

    OnnxBuilder& model() { return model_; }

  private:
    /// In [0, 1), the same everywhere (the standard's distributions are not).
    double uniform() { return std::ldexp(static_cast<double>(random_()), -32); }

    OnnxBuilder model_{13};
    int weight_bits_;
    std::mt19937 random_;
};

/// Of all activations, so that the branches of blocks join on it.
constexpr double residual_scale = 0.25;

/// Convolution, normalization, Relu, quantizer.
std::string layer(Writer& writer, const std::string& x, const std::string& name,
                  const Convolution& shape, double input_square) {
    std::string y = writer.convolve(x, name, shape, input_square);
    y = writer.normalize(y, name + "_norm", shape.outputs);
    y = writer.relu(y, name + "_relu");
    return writer.quantize(y, name + "_act", {residual_scale, 4, false});
}

/// Convolution, normalization, quantizer: the end of a branch.
std::string branch_end(Writer& writer, const std::string& x, const std::string& name,
                       const Convolution& shape) {
    std::string y = writer.convolve(x, name, shape, relu_square);
    y = writer.normalize(y, name + "_norm", shape.outputs);
    return writer.quantize(y, name + "_act", {residual_scale, 4, true});
}

std::string bottleneck(Writer& writer, const std::string& x, const std::string& name,
                       std::int64_t inputs, std::int64_t width, std::int64_t stride) {
    const std::int64_t outputs = 4 * width;
    std::string y = layer(writer, x, name + "_reduce", {inputs, width, 1, 1}, relu_square);
    y = layer(writer, y, name + "_middle", {width, width, 3, stride}, relu_square);
    y = branch_end(writer, y, name + "_expand", {width, outputs, 1, 1});
    const std::string shortcut =
        inputs == outputs && stride == 1
            ? x
            : branch_end(writer, x, name + "_shortcut", {inputs, outputs, 1, stride});
    writer.node("Add", {y, shortcut}, name + "_add");
    y = writer.relu(name + "_add", name + "_relu");
    return writer.quantize(y, name + "_act", {residual_scale, 4, false});
}

} // namespace

OnnxBuilder resnet50_like(int bits, std::uint32_t seed) {
    Writer writer(bits, seed);
    std::string x = writer.image(224, 224, 3);
    x = layer(writer, x, "stem", {3, 64, 7, 2}, image_square);
    writer.node("MaxPool", {x}, "stem_pool")
        .attr("kernel_shape", std::vector<std::int64_t>{3, 3})
        .attr("strides", std::vector<std::int64_t>{2, 2})
        .attr("pads", std::vector<std::int64_t>{1, 1, 1, 1});
    x = "stem_pool";
    constexpr int blocks[]{3, 4, 6, 3};
    std::int64_t channels = 64;
    std::int64_t width = 64;
    for (int stage = 0; stage < 4; ++stage) {
        for (int block = 0; block < blocks[stage]; ++block) {
            x = bottleneck(writer, x,
                           "stage" + std::to_string(stage + 1) + "_block" +
                               std::to_string(block + 1),
                           channels, width, stage > 0 && block == 0 ? 2 : 1);
            channels = 4 * width;
        }
        width *= 2;
    }
    writer.node("GlobalAveragePool", {x}, "mean");
    x = writer.quantize("mean", "mean_act", {residual_scale / 2, 4, false});
    writer.node("Flatten", {x}, "features").attr("axis", 1);
    constexpr std::int64_t classes = 1000;
    const std::string w = writer.weights("classifier", {channels, classes}, channels, relu_square);
    writer.node("MatMul", {"features", w}, "classifier");
    writer.model().add_output("classifier");
    return std::move(writer.model());
}

OnnxBuilder convolution_chain(int layers, std::uint32_t seed) {
    constexpr std::int64_t channels = 16;
    constexpr int bits = 3;
    Writer writer(bits, seed);
    std::string x = writer.image(16, 16, channels);
    for (int l = 0; l < layers; ++l) {
        const std::string name = "conv" + std::to_string(l);
        const Convolution shape{channels, channels, l % 2 == 0 ? 3 : 1, 1};
        x = writer.convolve(x, name, shape, l == 0 ? image_square : relu_square);
        x = writer.relu(x, name + "_relu");
        x = writer.quantize(x, name + "_act", {0.375, bits, false});
    }
    writer.model().add_output(writer.transpose(x, "result", {0, 2, 3, 1}));
    return std::move(writer.model());
}

} // namespace millrace::tests
