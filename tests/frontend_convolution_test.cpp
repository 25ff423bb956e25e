// SPDX-License-Identifier: Apache-2.0
//
// Conv, ConvTranspose and the pools: how attributes become windows, in all the forms that files
// have, and what is said against wrong ones. Values of many more cases: onnx_node_test.cpp.
#include "ir/text.hpp"
#include "tests/support/onnx_import.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <optional>
#include <random>

using namespace millrace;
using namespace millrace::tests;

namespace {

using Values = std::vector<double>;
using Ints = std::vector<std::int64_t>;

Values counted(std::int64_t count) {
    Values values;
    for (std::int64_t i = 0; i < count; ++i) {
        values.push_back(static_cast<double>(i % 7) - 2);
    }
    return values;
}

/// One node "n" with input x and, where the shape is given, an initializer w.
class Layer {
  public:
    Layer(std::int64_t opset, const std::string& op, const std::vector<OnnxDim>& x,
          const std::optional<Shape>& w = {}, const Values& bias = {})
        : model_(opset) {
        model_.add_input("x", x);
        std::vector<std::string> inputs{"x"};
        if (w) {
            model_.add_init("w", *w, counted(element_count(*w)));
            inputs.emplace_back("w");
        }
        if (!bias.empty()) {
            model_.add_init("b", {static_cast<std::int64_t>(bias.size())}, bias);
            inputs.emplace_back("b");
        }
        node_.emplace(model_.add_node(op, inputs, {"y"}));
        node_->name("n");
        model_.add_output("y");
    }
    template <class T> Layer attr(const std::string& key, const T& value) && {
        node_->attr(key, value);
        return std::move(*this);
    }
    Layer domain(const std::string& name) && {
        node_->domain(name);
        return std::move(*this);
    }
    /// The first op as text, without what stands before its name.
    [[nodiscard]] std::string op() const { return print(import_ok(model_).graph.nodes.at(0).op); }
    [[nodiscard]] std::string type() const { return outputs_text(model_).substr(4); }
    [[nodiscard]] Values result(const Values& x) const { return run(model_, {x}); }
    [[nodiscard]] std::string errors() const { return findings(model_); }
    [[nodiscard]] bool has_error(Code code, const std::string& words) const {
        const std::string text = errors();
        INFO(text);
        return text.starts_with(id(code) + " n (") && text.find(words) != std::string::npos;
    }

  private:
    OnnxBuilder model_;
    std::optional<OnnxNode> node_;
};

/// "pads_begin = [..], pads_end = [..]" of an op's text.
std::string pads(const std::string& text) {
    const std::size_t begin = text.find("pads_begin");
    return text.substr(begin, text.find(']', text.find("pads_end")) + 1 - begin);
}

} // namespace

TEST_SUITE_BEGIN("frontend convolution");

TEST_CASE("Conv takes its window from attributes and weights") {
    CHECK(Layer(13, "Conv", {1, 2, 5}, Shape{3, 2, 3}).op() ==
          "conv {kernel = [3], strides = [1], dilations = [1], pads_begin = [0], pads_end = [0], "
          "group = 1}");
    const Layer full = Layer(13, "Conv", {1, 4, 9, 8}, Shape{6, 2, 3, 2})
                           .attr("kernel_shape", Ints{3, 2})
                           .attr("strides", Ints{2, 1})
                           .attr("dilations", Ints{1, 3})
                           .attr("pads", Ints{0, 1, 2, 3})
                           .attr("group", 2);
    CHECK(full.op() == "conv {kernel = [3,2], strides = [2,1], dilations = [1,3], "
                       "pads_begin = [0,1], pads_end = [2,3], group = 2}");
    CHECK(full.type() == "real float32 [1,6,5,9]");
    CHECK(Layer(13, "Conv", {1, 1, 2, 2, 2}, Shape{1, 1, 1, 2, 1}).type() ==
          "real float32 [1,1,2,1,2]");
}

TEST_CASE("the bias is added along the channels") {
    const Layer layer(13, "Conv", {1, 1, 2}, Shape{2, 1, 1}, {10, 20}); // weights -2, -1
    CHECK(layer.result({1, 3}) == Values{8, 4, 19, 17});
    CHECK(Layer(13, "Conv", {1, 1, 2}, Shape{2, 1, 1}, {10})
              .has_error(Code::shape_mismatch, "bias has shape [1]"));
}

TEST_CASE("auto_pad") {
    const auto same = [](const char* mode, std::int64_t size, std::int64_t kernel,
                         std::int64_t stride, std::int64_t dilation) {
        return pads(Layer(13, "Conv", {1, 1, size}, Shape{1, 1, kernel})
                        .attr("auto_pad", mode)
                        .attr("strides", Ints{stride})
                        .attr("dilations", Ints{dilation})
                        .op());
    };
    CHECK(same("SAME_UPPER", 5, 3, 1, 1) == "pads_begin = [1], pads_end = [1]");
    CHECK(same("SAME_UPPER", 5, 2, 1, 1) == "pads_begin = [0], pads_end = [1]");
    CHECK(same("SAME_LOWER", 5, 2, 1, 1) == "pads_begin = [1], pads_end = [0]");
    CHECK(same("SAME_UPPER", 6, 3, 2, 1) == "pads_begin = [0], pads_end = [1]");
    CHECK(same("SAME_LOWER", 6, 3, 2, 1) == "pads_begin = [1], pads_end = [0]");
    CHECK(same("SAME_UPPER", 6, 3, 1, 2) == "pads_begin = [2], pads_end = [2]");
    CHECK(same("SAME_UPPER", 6, 1, 3, 1) == "pads_begin = [0], pads_end = [0]");
    CHECK(same("VALID", 6, 3, 1, 1) == "pads_begin = [0], pads_end = [0]");
    CHECK(same("NOTSET", 6, 3, 1, 1) == "pads_begin = [0], pads_end = [0]");
    CHECK(Layer(13, "Conv", {1, 1, 4}, Shape{1, 1, 2})
              .attr("auto_pad", "SIDEWAYS")
              .has_error(Code::bad_attribute, "'SIDEWAYS'"));
}

TEST_CASE("Conv: what is said against wrong models") {
    const auto conv = [](const std::vector<OnnxDim>& x, const Shape& w) {
        return Layer(13, "Conv", x, w);
    };
    CHECK(conv({1, 2, 4, 4}, {1, 2, 3, 3})
              .attr("kernel_shape", Ints{3, 2})
              .has_error(Code::bad_attribute, "kernel_shape"));
    CHECK(conv({1, 2, 4, 4}, {1, 2, 3, 3})
              .attr("strides", Ints{1})
              .has_error(Code::bad_attribute, "1 values where 2"));
    CHECK(conv({1, 2, 4, 4}, {1, 2, 3, 3})
              .attr("strides", Ints{1, 0})
              .has_error(Code::bad_attribute, "value 0"));
    CHECK(conv({1, 2, 4, 4}, {1, 2, 3, 3})
              .attr("pads", Ints{0, 0, 0, -1})
              .has_error(Code::bad_attribute, "value -1"));
    CHECK(conv({1, 2, 4, 4}, {1, 2, 3, 3})
              .attr("pads", Ints{std::int64_t{1} << 62, 0, 0, 0})
              .has_error(Code::bad_attribute, "pads"));
    CHECK(
        conv({1, 2, 4, 4}, {1, 2, 3, 3}).attr("group", 0).has_error(Code::bad_attribute, "group"));
    CHECK(conv({1, 2, 4, 4}, {1, 2, 3, 3})
              .attr("group", 2)
              .has_error(Code::shape_mismatch, "2 groups"));
    CHECK(conv({1, 3, 4, 4}, {1, 2, 3, 3}).has_error(Code::shape_mismatch, "3 channels"));
    CHECK(conv({1, 2, 2, 4}, {1, 2, 3, 3}).has_error(Code::shape_mismatch, "does not fit"));
    CHECK(conv({1, 2, 4}, {1, 2, 3, 3}).has_error(Code::shape_mismatch, "[1,2,3,3]"));
    CHECK(conv({1, 2}, {1, 2}).has_error(Code::shape_mismatch, "one more dimension"));
}

TEST_CASE("ConvTranspose gives the sums of its definition") {
    std::mt19937_64 random(2);
    const auto below = [&](std::int64_t limit) {
        return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(limit));
    };
    for (int round = 0; round < 120; ++round) {
        const std::int64_t axes = 1 + below(2);
        const std::int64_t group = 1 + below(2);
        const std::int64_t inputs = group * (1 + below(2));
        const std::int64_t outputs = 1 + below(2); // per group
        Shape x{1, inputs};
        Shape w{inputs, outputs};
        Shape y{1, outputs * group};
        Ints strides;
        Ints dilations;
        Ints begin;
        Ints end;
        Ints added;
        for (std::int64_t i = 0; i < axes; ++i) {
            x.push_back(1 + below(4));
            w.push_back(1 + below(4));
            strides.push_back(1 + below(4));
            dilations.push_back(1 + below(3));
            added.push_back(below(std::max(strides.back(), dilations.back())));
            const std::int64_t full = strides.back() * (x.back() - 1) + added.back() +
                                      (w.back() - 1) * dilations.back() + 1;
            begin.push_back(below(std::min<std::int64_t>(full, 4)));
            end.push_back(below(std::min<std::int64_t>(full - begin.back(), 4)));
            y.push_back(full - begin.back() - end.back());
        }
        Ints pads = begin;
        pads.insert(pads.end(), end.begin(), end.end());
        const Layer layer = Layer(13, "ConvTranspose", {x.begin(), x.end()}, w)
                                .attr("strides", strides)
                                .attr("dilations", dilations)
                                .attr("pads", pads)
                                .attr("output_padding", added)
                                .attr("group", static_cast<int>(group));
        CAPTURE(fmt::format("x {} w {} strides {} dilations {} pads {} added {} group {}",
                            to_string(x), to_string(w), to_string(strides), to_string(dilations),
                            to_string(pads), to_string(added), group));
        const Values elements = counted(element_count(x));
        const Values weights = counted(element_count(w));
        Values expected(static_cast<std::size_t>(element_count(y)));
        const auto position = [](const Shape& shape, std::int64_t flat) {
            Shape at(shape.size());
            for (std::size_t i = shape.size(); i-- > 0; flat /= shape[i]) {
                at[i] = flat % shape[i];
            }
            return at;
        };
        for (std::int64_t i = 0; i < element_count(x); ++i) {
            const Shape from = position(x, i);
            for (std::int64_t k = 0; k < element_count(w); ++k) {
                const Shape tap = position(w, k);
                if (tap[0] != from[1]) {
                    continue;
                }
                std::int64_t flat = from[1] / (inputs / group) * outputs + tap[1];
                bool inside = true;
                for (std::size_t d = 0; d < strides.size(); ++d) {
                    const std::int64_t at =
                        from[d + 2] * strides[d] + tap[d + 2] * dilations[d] - begin[d];
                    inside = inside && at >= 0 && at < y[d + 2];
                    flat = flat * y[d + 2] + at;
                }
                if (inside) {
                    expected[static_cast<std::size_t>(flat)] +=
                        elements[static_cast<std::size_t>(i)] *
                        weights[static_cast<std::size_t>(k)];
                }
            }
        }
        CHECK(layer.type() == fmt::format("real float32 {}", to_string(y)));
        CHECK(layer.result(elements) == expected);
    }
}

TEST_CASE("ConvTranspose is a convolution with a set of channels for each phase") {
    const Layer layer = Layer(13, "ConvTranspose", {1, 2, 4, 4}, Shape{2, 3, 2, 2}, {1, 2, 3})
                            .attr("strides", Ints{2, 2});
    CHECK(layer.op() == "conv {kernel = [1,1], strides = [1,1], dilations = [1,1], "
                        "pads_begin = [0,0], pads_end = [0,0], group = 1}");
    CHECK(layer.type() == "real float32 [1,3,8,8]");
    // Stride 1: no phases, nothing to interleave.
    const Layer plain = Layer(13, "ConvTranspose", {1, 1, 4}, Shape{1, 1, 3})
                            .attr("dilations", Ints{2})
                            .attr("pads", Ints{1, 1});
    CHECK(plain.op() == "conv {kernel = [3], strides = [1], dilations = [2], pads_begin = [3], "
                        "pads_end = [3], group = 1}");
}

TEST_CASE("ConvTranspose with a wanted shape") {
    const auto shaped = [](const Ints& shape, const char* mode) {
        return Layer(13, "ConvTranspose", {1, 1, 3}, Shape{1, 1, 3})
            .attr("strides", Ints{2})
            .attr("output_shape", shape)
            .attr("auto_pad", mode);
    };
    const Values x{1, 10, 100}; // weights -2, -1, 0: -2, -1, -20, -10, -200, -100, 0
    CHECK(shaped({6}, "SAME_UPPER").result(x) == Values{-2, -1, -20, -10, -200, -100});
    CHECK(shaped({6}, "NOTSET").result(x) == Values{-1, -20, -10, -200, -100, 0});
    CHECK(shaped({1, 1, 6}, "SAME_UPPER").type() == "real float32 [1,1,6]");
    CHECK(shaped({8}, "NOTSET").result(x) == Values{-2, -1, -20, -10, -200, -100, 0, 0});
    CHECK(shaped({6, 6}, "NOTSET").has_error(Code::bad_attribute, "output_shape"));
    CHECK(Layer(13, "ConvTranspose", {1, 1, 3}, Shape{1, 1, 3})
              .attr("strides", Ints{2})
              .attr("auto_pad", "SAME_LOWER")
              .result(x) == Values{-1, -20, -10, -200, -100, 0});
    CHECK(Layer(13, "ConvTranspose", {1, 1, 3}, Shape{1, 1, 3}).attr("auto_pad", "VALID").type() ==
          "real float32 [1,1,5]");
}

TEST_CASE("ConvTranspose: what is said against wrong models") {
    const auto layer = [] { return Layer(13, "ConvTranspose", {1, 2, 3}, Shape{2, 1, 3}); };
    CHECK(layer().attr("pads", Ints{3, 3}).has_error(Code::shape_mismatch, "-1 elements"));
    CHECK(layer().attr("group", 3).has_error(Code::shape_mismatch, "3 groups"));
    CHECK(layer().attr("strides", Ints{0}).has_error(Code::bad_attribute, "strides"));
    CHECK(layer().attr("kernel_shape", Ints{2}).has_error(Code::bad_attribute, "kernel_shape"));
    CHECK(layer().attr("strides", Ints{1 << 30}).has_error(Code::shape_mismatch, "the limit"));
    CHECK(Layer(13, "ConvTranspose", {1, 2, 3}, Shape{1, 1, 3})
              .has_error(Code::shape_mismatch, "[1,1,3]"));
    OnnxBuilder computed(13);
    computed.add_input("x", {1, 1, 3}).add_input("w", {1, 1, 3});
    computed.add_node("ConvTranspose", {"x", "w"}, {"y"}).name("n");
    computed.add_output("y");
    CHECK(findings(computed).starts_with(id(Code::parameter_not_constant) +
                                         " n (ConvTranspose): the kernel"));
}

TEST_CASE("the channels-last domain transposes input, weights and result") {
    const std::string domain = "qonnx.custom_op.channels_last";
    // One pixel, two channels; weights [M = 3, 1, 1, C = 2] hold -2 -1, 0 1, 2 3.
    const Layer conv =
        Layer(13, "Conv", {1, 1, 1, 2}, Shape{3, 1, 1, 2}, {0, 0, 100}).domain(domain);
    CHECK(conv.result({1, 10}) == Values{-12, 10, 132});
    const Layer pool =
        Layer(13, "MaxPool", {1, 1, 2, 2}).domain(domain).attr("kernel_shape", Ints{1, 2});
    CHECK(pool.result({1, 8, 4, 2}) == Values{4, 8});
    CHECK(Layer(13, "NhwcMaxPool", {1, 1, 2, 2})
              .domain("com.microsoft")
              .attr("kernel_shape", Ints{1, 2})
              .result({1, 8, 4, 2}) == Values{4, 8});
    OnnxBuilder norm(13);
    norm.add_input("x", {1, 1, 1, 2});
    norm.add_init("one", {2}, {1, 1}).add_init("b", {2}, {5, 7}).add_init("zero", {2}, {0, 0});
    norm.add_init("var", {2}, {4, 0.25});
    norm.add_node("BatchNormalization", {"x", "one", "b", "zero", "var"}, {"y"})
        .domain(domain)
        .attr("epsilon", 0.0F);
    norm.add_output("y");
    CHECK(run(norm, {{2, 2}}) == Values{6, 11});
}

TEST_CASE("pools take their windows from attributes") {
    const Layer pool = Layer(13, "MaxPool", {1, 1, 7})
                           .attr("kernel_shape", Ints{3})
                           .attr("strides", Ints{2})
                           .attr("pads", Ints{1, 0})
                           .attr("storage_order", 1);
    CHECK(pool.op() == "max_pool {kernel = [3], strides = [2], dilations = [1], pads_begin = [1], "
                       "pads_end = [0]}");
    CHECK(pool.result({1, 5, 2, 0, -3, -4, -9}) == Values{5, 5, 0});
    CHECK(Layer(13, "GlobalMaxPool", {1, 2, 2, 3})
              .result({1, 2, 9, 4, 5, 6, -1, -2, -3, -4, -5, -6}) == Values{9, -1});
    CHECK(Layer(13, "GlobalAveragePool", {1, 2, 1, 2}).op() == "reduce_mean {axes = [2,3]}");
    const Layer average =
        Layer(13, "AveragePool", {1, 1, 3}).attr("kernel_shape", Ints{2}).attr("pads", Ints{1, 0});
    CHECK(average.result({4, 8, 2}) == Values{4, 6, 5});
}

TEST_CASE("ceil_mode rounds the number of positions up, but none begins behind the input") {
    const auto pool = [](std::int64_t size, std::int64_t kernel, std::int64_t stride,
                         const Ints& pads, int counts) {
        return Layer(13, "AveragePool", {1, 1, size})
            .attr("kernel_shape", Ints{kernel})
            .attr("strides", Ints{stride})
            .attr("pads", pads)
            .attr("ceil_mode", 1)
            .attr("count_include_pad", counts);
    };
    CHECK(pool(5, 2, 2, {0, 0}, 0).op() ==
          "average_pool {kernel = [2], strides = [2], dilations = [1], pads_begin = [0], "
          "pads_end = [1], uncounted_end = [1], count_include_pad = false}");
    CHECK(pool(5, 2, 2, {0, 0}, 1).result({2, 4, 6, 8, 10}) == Values{3, 7, 10});
    CHECK(pool(4, 2, 2, {0, 0}, 1).result({2, 4, 6, 8}) == Values{3, 7});
    // The pad counts, what ceil_mode adds behind it does not: (8 + 0) / 2.
    CHECK(pool(4, 3, 3, {0, 1}, 1).result({3, 3, 3, 8}) == Values{3, 4});
    // The third window would begin in the end pad.
    CHECK(pool(4, 2, 2, {0, 1}, 1).result({2, 4, 6, 8}) == Values{3, 7});
    CHECK(pool(2, 1, 3, {0, 0}, 0).type() == "real float32 [1,1,1]");
}

TEST_CASE("pools: what is said against wrong models") {
    CHECK(Layer(13, "MaxPool", {1, 1, 4}).has_error(Code::bad_attribute, "kernel_shape"));
    CHECK(Layer(13, "MaxPool", {1, 1, 4})
              .attr("kernel_shape", Ints{2, 2})
              .has_error(Code::bad_attribute, "kernel_shape"));
    CHECK(Layer(13, "MaxPool", {1, 1, 4})
              .attr("kernel_shape", Ints{5})
              .has_error(Code::shape_mismatch, "does not fit"));
    CHECK(Layer(13, "MaxPool", {1, 1, 4})
              .attr("kernel_shape", Ints{2})
              .attr("pads", Ints{2, 0})
              .has_error(Code::shape_mismatch, "outside the input"));
    CHECK(Layer(8, "MaxPool", {1, 1, 4})
              .attr("kernel_shape", Ints{2})
              .attr("ceil_mode", 1)
              .has_error(Code::bad_attribute, "ceil_mode"));
    CHECK(Layer(13, "AveragePool", {1, 1, 4})
              .attr("kernel_shape", Ints{2})
              .attr("dilations", Ints{2})
              .has_error(Code::bad_attribute, "dilations"));
    CHECK(Layer(19, "AveragePool", {1, 1, 4})
              .attr("kernel_shape", Ints{2})
              .attr("dilations", Ints{2})
              .type() == "real float32 [1,1,2]");
    CHECK(Layer(13, "GlobalAveragePool", {1, 4}).has_error(Code::shape_mismatch, "[1,4]"));
    OnnxBuilder indices(13);
    indices.add_input("x", {1, 1, 4});
    indices.add_node("MaxPool", {"x"}, {"y", "i"}).name("n").attr("kernel_shape", Ints{2});
    indices.add_output("y");
    CHECK(findings(indices).empty());
    indices.add_output("i");
    CHECK(findings(indices).starts_with(id(Code::unsupported_operator) + " n (MaxPool): the ind"));
}

TEST_SUITE_END();
