// SPDX-License-Identifier: Apache-2.0
//
// Operators on quantized tensors, of the standard and of com.microsoft. Expected values are worked
// out by hand: dequantize, compute, divide by the result's scale, round halves to even, add the
// zero point, saturate.
#include "ir/text.hpp"
#include "tests/support/onnx_import.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <variant>

using namespace millrace;
using namespace millrace::tests;

namespace {

using Values = std::vector<double>;
using Ints = std::vector<std::int64_t>;

constexpr DataType u8 = DataType::uint8;
constexpr DataType s8 = DataType::int8;
constexpr DataType s32 = DataType::int32;
constexpr DataType f32 = DataType::float32;

/// A node "n" of a quantized operator: inputs of the graph and constants in the operator's order.
class QuantizedNode {
  public:
    explicit QuantizedNode(std::string op, std::string domain = "")
        : op_(std::move(op)),
          domain_(std::move(domain)) {}
    QuantizedNode input(const Shape& shape, DataType type = u8) && {
        model_.add_input(next(), {shape.begin(), shape.end()}, type);
        return std::move(*this);
    }
    QuantizedNode constant(const Shape& shape, const Values& values, DataType type) && {
        model_.add_init(next(), shape, values, type);
        return std::move(*this);
    }
    /// Scale and zero point of one tensor.
    QuantizedNode grid(double scale, double zero_point, DataType type = u8) && {
        model_.add_scalar(next(), scale).add_scalar(next(), zero_point, type);
        return std::move(*this);
    }
    QuantizedNode none() && {
        names_.emplace_back();
        return std::move(*this);
    }
    template <class T> QuantizedNode attr(const std::string& key, const T& value) && {
        node().attr(key, value);
        return std::move(*this);
    }
    [[nodiscard]] Values result(const std::vector<Values>& inputs) {
        node();
        return run(model_, inputs);
    }
    [[nodiscard]] std::string type() {
        node();
        return outputs_text(model_).substr(4);
    }
    [[nodiscard]] bool has_error(Code code, const std::string& words) {
        node();
        const std::string text = findings(model_);
        INFO(text);
        return text.starts_with(id(code) + " n (") && text.find(words) != std::string::npos;
    }

  private:
    std::string next() {
        names_.push_back("i" + std::to_string(names_.size()));
        return names_.back();
    }
    OnnxNode& node() {
        if (!node_) {
            node_.emplace(model_.add_node(op_, names_, {"y"}));
            node_->name("n").domain(domain_);
            model_.add_output("y");
        }
        return *node_;
    }

    OnnxBuilder model_{13};
    std::string op_;
    std::string domain_;
    std::vector<std::string> names_;
    std::optional<OnnxNode> node_;
};

const std::string microsoft = "com.microsoft";

/// QLinearConv of one uint8 channel, weights [2, 1, 2] of int8 with a scale per output channel.
QuantizedNode qlinear_conv() {
    return QuantizedNode("QLinearConv")
        .input({1, 1, 3})
        .grid(0.5, 10)
        .constant({2, 1, 2}, {1, 2, -3, 4}, s8)
        .constant({2}, {0.25, 2}, f32)
        .constant({2}, {0, 0}, s8)
        .grid(0.5, 100);
}

} // namespace

TEST_SUITE_BEGIN("frontend qoperator");

TEST_CASE("QLinearConv with scales per channel, a bias and padding by the zero point") {
    // x - 10 = 2, 4, -2. Channel 0: (2 + 8) / 8 = 1.25, (4 - 4) / 8 = 0; in steps of 0.5 from 100.
    // Channel 1: (-6 + 16) = 10, (-12 - 8) = -20.
    CHECK(qlinear_conv().result({{12, 14, 8}}) == Values{102, 100, 120, 60}); // 2.5 is even at 2
    // Bias: 4 * 0.125 = 0.5 and -3 * 1 = -3.
    CHECK(qlinear_conv().constant({2}, {4, -3}, s32).result({{12, 14, 8}}) ==
          Values{104, 101, 114, 54}); // 1.75 / 0.5 = 3.5, to 4
    CHECK(qlinear_conv().attr("pads", Ints{1, 1}).type() == "real uint8 [1,2,4]");
    // The pad counts as real 0: first outputs 2 * 2 / 8 = 0.5 and 4 * 2 = 8.
    const Values padded = qlinear_conv().attr("pads", Ints{1, 0}).result({{12, 14, 8}});
    CHECK(padded[0] == 101);
    CHECK(padded[3] == 116);
}

TEST_CASE("QLinearConv saturates") {
    CHECK(qlinear_conv().result({{0, 255, 0}}) ==
          Values{220, 156, 255, 0}); // 60, 28.125, 1010 and -775 in steps of 0.5 from 100
}

TEST_CASE("QLinearConv of com.microsoft with channels last") {
    CHECK(QuantizedNode("QLinearConv", microsoft)
              .input({1, 3, 1})
              .grid(0.5, 10)
              .constant({2, 1, 2}, {1, 2, -3, 4}, s8)
              .constant({2}, {0.25, 2}, f32)
              .constant({2}, {0, 0}, s8)
              .grid(0.5, 100)
              .attr("channels_last", 1)
              .result({{12, 14, 8}}) == Values{102, 120, 100, 60});
}

TEST_CASE("QLinearConv: what is said against wrong models") {
    CHECK(qlinear_conv()
              .constant({2}, {4, -3}, DataType::int64)
              .has_error(Code::unsupported_data_type, "bias"));
    CHECK(qlinear_conv().constant({1}, {4}, s32).has_error(Code::shape_mismatch, "bias"));
    const auto conv = [](DataType x_type, const Values& x_scales, const Values& w_scales,
                         const Values& w_zeros) {
        const auto shape = [](const Values& values) {
            return values.size() == 1 ? Shape{} : Shape{static_cast<std::int64_t>(values.size())};
        };
        return QuantizedNode("QLinearConv")
            .input({2, 1, 3}, x_type)
            .constant(shape(x_scales), x_scales, f32)
            .constant(shape(x_scales), Values(x_scales.size(), 0), x_type)
            .constant({2, 1, 2}, {1, 2, -3, 4}, s8)
            .constant(shape(w_scales), w_scales, f32)
            .constant(shape(w_zeros), w_zeros, s8)
            .grid(0.5, 100);
    };
    CHECK(conv(u8, {1}, {1, 2}, {0, 0}).type() == "real uint8 [2,2,2]");
    CHECK(conv(u8, {1}, {1, 2}, {0}).has_error(Code::shape_mismatch, "2 and 1 elements"));
    CHECK(conv(u8, {1}, {1, 2, 3}, {0, 0, 0}).has_error(Code::shape_mismatch, "3 scales"));
    CHECK(conv(u8, {1, 1}, {1}, {0}).has_error(Code::shape_mismatch, "the scale of x"));
    CHECK(conv(DataType::int64, {1}, {1}, {0}).has_error(Code::unsupported_data_type, "int64"));
    OnnxBuilder computed(13);
    computed.add_input("x", {1, 1, 2}, u8).add_input("s", {1});
    computed.add_scalar("z", 0, u8).add_scalar("one", 1).add_init("w", {1, 1, 1}, {1}, u8);
    computed.add_node("QLinearConv", {"x", "s", "z", "w", "one", "z", "one", "z"}, {"y"}).name("n");
    computed.add_output("y");
    CHECK(findings(computed).starts_with(id(Code::parameter_not_constant) +
                                         " n (QLinearConv): the scale of x ('s')"));
}

TEST_CASE("QLinearMatMul with scales per row and per column") {
    // a - 1 = [[1, 2], [3, -1]], rows scaled by 1 and 2; b = [[1, 2], [3, 4]], columns by 0.5, 1.
    const auto product = [](const Values& scales, const Values& zeros) {
        return QuantizedNode("QLinearMatMul")
            .input({2, 2})
            .constant({2}, scales, f32)
            .constant({2}, zeros, u8)
            .constant({2, 2}, {1, 2, 3, 4}, s8)
            .constant({2}, {0.5, 1}, f32)
            .constant({2}, {0, 0}, s8)
            .grid(1, 3, s8);
    };
    // 3.5, 10; 0, 4 and the zero point 3.
    CHECK(product({1, 2}, {1, 1}).result({{2, 3, 4, 0}}) == Values{7, 13, 3, 7});
    CHECK(product({1, 2}, {1, 1}).type() == "real int8 [2,2]");
}

TEST_CASE("ConvInteger and MatMulInteger give the integer sums") {
    const auto conv = [] {
        return QuantizedNode("ConvInteger").input({1, 1, 2}).constant({2, 1, 1}, {3, 5}, u8);
    };
    CHECK(conv().result({{1, 2}}) == Values{3, 6, 5, 10});
    CHECK(conv().constant({}, {4}, u8).result({{1, 2}}) == Values{-9, -6, -15, -10});
    CHECK(conv().constant({}, {4}, u8).constant({2}, {1, 2}, u8).result({{1, 2}}) ==
          Values{-6, -4, -9, -6});
    CHECK(conv().type() == "real int32 [1,2,2]");
    // Pads are zero points.
    CHECK(conv().constant({}, {4}, u8).attr("pads", Ints{1, 0}).result({{1, 2}}) ==
          Values{0, -9, -6, 0, -15, -10});
    CHECK(conv().constant({3}, {1, 2, 3}, u8).has_error(Code::shape_mismatch, "zero point"));

    const auto product = [](DataType type) {
        return QuantizedNode("MatMulInteger")
            .input({2, 2}, type)
            .constant({2, 2}, {1, 2, 3, 4}, s8);
    };
    CHECK(product(u8).result({{1, 0, 0, 1}}) == Values{1, 2, 3, 4});
    CHECK(product(u8).constant({2}, {1, 0}, u8).constant({2}, {1, 2}, s8).result({{2, 1, 0, 1}}) ==
          Values{0, 0, 2, 2});
    CHECK(product(s32).has_error(Code::unsupported_data_type, "int32"));
    CHECK(product(u8).type() == "real int32 [2,2]");
}

TEST_CASE("what was quantized with the same parameters needs no way through the integers") {
    OnnxBuilder model(13);
    model.add_input("x", {1, 2}).add_scalar("s", 0.5).add_scalar("z", 3, u8);
    model.add_init("w", {2, 1}, {1, 2}, u8).add_scalar("wz", 0, u8);
    model.add_node("QuantizeLinear", {"x", "s", "z"}, {"q"});
    model.add_node("QLinearMatMul", {"q", "s", "z", "w", "s", "wz", "s", "z"}, {"p"});
    model.add_node("DequantizeLinear", {"p", "s", "z"}, {"y"});
    model.add_output("y");
    const Graph graph = import_ok(model).graph;
    REQUIRE(graph.nodes.size() == 3); // quantize, matmul, quantize
    CHECK(std::holds_alternative<ops::Quantize>(graph.nodes[0].op));
    CHECK(std::holds_alternative<ops::MatMul>(graph.nodes[1].op));
    CHECK(std::holds_alternative<ops::Quantize>(graph.nodes[2].op));
    CHECK(run(model, {{1, 2}}) == Values{2.5});
}

TEST_CASE("QGemm and MatMulIntegerToFloat") {
    const auto gemm = [] {
        return QuantizedNode("QGemm", microsoft)
            .input({1, 2})
            .grid(0.5, 1)
            .constant({3, 2}, {1, 2, 3, 4, 5, 6}, s8)
            .constant({3}, {1, 2, 4}, f32)
            .constant({3}, {0, 0, 0}, s8)
            .constant({3}, {2, 4, 8}, s32)
            .attr("transB", 1)
            .attr("alpha", 2.0F);
    };
    // x = 0.5, 1: 2.5, 11, 34; doubled 5, 11 * 2, ...; C at 1, 2, 4 times 1 * 2 * 0.5.
    CHECK(gemm().result({{2, 3}}) == Values{7, 30, 100});
    CHECK(gemm().type() == "real float32 [1,3]");
    const auto quantized = [](double scale) {
        return QuantizedNode("QGemm", microsoft)
            .input({1, 2})
            .grid(0.5, 1)
            .constant({2, 1}, {1, 2}, s8)
            .grid(1, 0, s8)
            .none()
            .grid(scale, 0);
    };
    CHECK(quantized(1).result({{2, 3}}) == Values{2}); // 2.5
    CHECK(quantized(-1).has_error(Code::bad_attribute, "the scale of Y"));
    const auto to_float = [] {
        return QuantizedNode("MatMulIntegerToFloat", microsoft)
            .input({1, 2})
            .constant({2, 2}, {1, 2, 3, 4}, s8)
            .constant({}, {0.5}, f32)
            .constant({2}, {1, 2}, f32)
            .constant({}, {1}, u8);
    };
    CHECK(to_float().result({{2, 3}}) == Values{3.5, 10});
    CHECK(to_float().none().constant({2}, {1, -1}, f32).result({{2, 3}}) == Values{4.5, 9});
    OnnxBuilder dynamic(13);
    dynamic.add_input("a", {1, 1}, u8).add_input("s", {1}).add_scalar("one", 1);
    dynamic.add_init("b", {1, 1}, {1}, u8);
    dynamic.add_node("MatMulIntegerToFloat", {"a", "b", "s", "one"}, {"y"})
        .name("n")
        .domain(microsoft);
    dynamic.add_output("y");
    CHECK(findings(dynamic).starts_with(id(Code::parameter_not_constant) + " n (com.microsoft::"));
}

TEST_CASE("elementwise operators of com.microsoft") {
    const auto binary = [](const char* op) {
        return QuantizedNode(op, microsoft)
            .input({2})
            .grid(0.5, 10)
            .constant({2}, {12, 0}, u8)
            .grid(0.25, 4)
            .grid(0.5, 1);
    };
    // a = 1, -1; b = 2, -1.
    CHECK(binary("QLinearAdd").result({{12, 8}}) == Values{7, 0});
    CHECK(binary("QLinearMul").result({{12, 8}}) == Values{5, 3});
    const auto unary = [](const char* op, double scale) {
        return QuantizedNode(op, microsoft).input({1, 2}).grid(1, 10).grid(scale, 2);
    };
    CHECK(unary("QLinearLeakyRelu", 0.5).attr("alpha", 0.25F).result({{12, 6}}) == Values{6, 0});
    CHECK(unary("QLinearSigmoid", 0.25).result({{10, 255}}) == Values{4, 6});
    CHECK(unary("QLinearSoftmax", 0.25).attr("opset", 13).result({{10, 10}}) == Values{4, 4});
    CHECK(unary("QLinearSoftmax", 0.25).attr("opset", 12).attr("axis", 0).result({{10, 10}}) ==
          Values{4, 4});
    CHECK(unary("QLinearSoftmax", 0.25).has_error(Code::bad_attribute, "opset"));
    // Without a zero point the result has the input's type.
    OnnxBuilder model(13);
    model.add_input("x", {2}, s8).add_scalar("s", 0.5);
    model.add_node("QLinearLeakyRelu", {"x", "s", "", "s"}, {"y"}).domain(microsoft);
    model.add_output("y");
    CHECK(outputs_text(model) == "y : real int8 [2]");
    CHECK(QuantizedNode("QLinearSigmoid", microsoft)
              .input({1})
              .grid(1, 0)
              .none()
              .has_error(Code::wrong_arity, "input 3"));
    CHECK(QuantizedNode("QLinearAdd", microsoft)
              .input({1})
              .grid(1, 0)
              .has_error(Code::wrong_arity, "input 3"));
}

TEST_CASE("QLinearConcat brings its parts to one grid") {
    const auto concat = [] {
        return QuantizedNode("QLinearConcat", microsoft)
            .grid(0.5, 1)
            .input({1, 1})
            .grid(1, 0)
            .constant({1, 2}, {5, 7}, u8)
            .grid(0.25, 4);
    };
    CHECK(concat().attr("axis", 1).result({{3}}) == Values{7, 1, 3}); // 0.25 / 0.5 ties to 0; 1.5
    CHECK(concat().has_error(Code::bad_attribute, "axis"));
    CHECK(concat()
              .constant({1, 1}, {1}, u8)
              .attr("axis", 1)
              .has_error(Code::wrong_arity, "9 inputs"));
}

TEST_CASE("pools of com.microsoft") {
    const auto pool = [](const char* op, const Shape& shape) {
        return QuantizedNode(op, microsoft).input(shape).grid(1, 10).grid(0.5, 0);
    };
    CHECK(pool("QLinearAveragePool", {1, 1, 4})
              .attr("kernel_shape", Ints{2})
              .attr("strides", Ints{2})
              .result({{11, 12, 14, 10}}) == Values{3, 4});
    CHECK(pool("QLinearAveragePool", {1, 2, 1, 2})
              .attr("kernel_shape", Ints{2, 1})
              .attr("channels_last", 1)
              .result({{11, 12, 14, 10}}) == Values{5, 2});
    CHECK(pool("QLinearGlobalAveragePool", {1, 2, 2, 1}).result({{11, 12, 14, 10}}) ==
          Values{3, 4});
    CHECK(pool("QLinearGlobalAveragePool", {1, 1, 2, 2})
              .attr("channels_last", 1)
              .result({{11, 12, 14, 10}}) == Values{5, 2});
    CHECK(pool("QLinearReduceMean", {1, 2, 2}).attr("axes", Ints{-1}).attr("keepdims", 0).type() ==
          "real uint8 [1,2]");
    CHECK(pool("QLinearReduceMean", {1, 2, 2}).has_error(Code::bad_attribute, "axes"));
}

TEST_CASE("QuantizeLinear and DequantizeLinear of com.microsoft have an axis in every version") {
    OnnxBuilder model(7);
    model.add_input("x", {1, 2});
    model.add_init("s", {2}, {0.5, 2}).add_init("z", {2}, {0, 1}, DataType::uint16);
    model.add_node("QuantizeLinear", {"x", "s", "z"}, {"q"}).domain(microsoft).attr("axis", -1);
    model.add_node("DequantizeLinear", {"q", "s", "z"}, {"y"}).domain(microsoft).attr("axis", 1);
    model.add_output("q").add_output("y");
    CHECK(outputs_text(model) == "q : real uint16 [1,2], y : real float32 [1,2]");
    CHECK(run(model, {{3, 9}}) == Values{6, 5});
}

TEST_CASE("a DequantizeLinear that several operators read") {
    OnnxBuilder model(13);
    model.add_input("x", {1, 2}).add_scalar("s", 0.5).add_scalar("z", 3, s8);
    model.add_node("QuantizeLinear", {"x", "s", "z"}, {"q"});
    model.add_node("DequantizeLinear", {"q", "s", "z"}, {"a"});
    model.add_node("DequantizeLinear", {"q", "s", "z"}, {"b"});
    model.add_node("Relu", {"a"}, {"r"});
    model.add_node("Neg", {"a"}, {"m"});
    model.add_node("Add", {"r", "m"}, {"t"});
    model.add_node("Add", {"t", "b"}, {"y"});
    model.add_output("y");
    const Graph graph = import_ok(model).graph;
    CHECK(std::count_if(graph.nodes.begin(), graph.nodes.end(), [](const Node& node) {
              return std::holds_alternative<ops::Quantize>(node.op);
          }) == 1);
    CHECK(run(model, {{-4, 1}}) == Values{0, 1});
}

TEST_SUITE_END();
