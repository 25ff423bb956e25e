// SPDX-License-Identifier: Apache-2.0
//
// Operators that compute: each imported in the forms that the operator sets gave it and evaluated,
// and each way to misuse it.
#include "tests/support/onnx_import.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace millrace;
using namespace millrace::tests;

namespace {

using Values = std::vector<double>;

/// y = op(x) for x of shape [n].
Values unary(const std::string& op, const Values& x, std::int64_t opset = 13) {
    OnnxBuilder model(opset);
    model.add_input("x", {static_cast<std::int64_t>(x.size())});
    model.add_node(op, {"x"}, {"y"});
    model.add_output("y");
    return run(model, {x});
}

/// y = op(x, c) with a constant c.
Values with_constant(const std::string& op, const Values& x, const Values& c,
                     DataType type = DataType::float32) {
    OnnxBuilder model(13);
    const auto size = static_cast<std::int64_t>(x.size());
    model.add_input("x", {size}, type).add_init("c", {size}, c, type);
    model.add_node(op, {"x", "c"}, {"y"});
    model.add_output("y");
    return run(model, {x});
}

void check_near(const Values& got, const Values& expected) {
    REQUIRE(got.size() == expected.size());
    for (std::size_t i = 0; i < got.size(); ++i) {
        CHECK(got[i] == doctest::Approx(expected[i]).epsilon(1e-12));
    }
}

} // namespace

TEST_SUITE_BEGIN("frontend layers");

TEST_CASE("elementwise arithmetic") {
    CHECK(with_constant("Add", {1, 2}, {10, -20}) == Values{11, -18});
    CHECK(with_constant("Sub", {1, 2}, {10, -20}) == Values{-9, 22});
    CHECK(with_constant("Mul", {1, 2}, {10, -20}) == Values{10, -40});
    CHECK(with_constant("Div", {1, 7}, {4, -2}) == Values{0.25, -3.5});
    CHECK(with_constant("Div", {7, -7}, {2, 2}, DataType::int32) == Values{3, -3});
    CHECK(with_constant("Pow", {3, 4}, {2, 0.5}) == Values{9, 2});
    CHECK(with_constant("Pow", {3, 4}, {2, 3}, DataType::int64) == Values{9, 64});
    CHECK(unary("Neg", {1, -2}) == Values{-1, 2});
    CHECK(unary("Sqrt", {9, 0.25}) == Values{3, 0.5});
    CHECK(unary("Reciprocal", {4, -0.5}) == Values{0.25, -2});
    CHECK(unary("Sign", {4, -0.5, 0}) == Values{1, -1, 0});
}

TEST_CASE("element types that arithmetic does not take") {
    const auto add = [](DataType a, DataType b) {
        OnnxBuilder model(14);
        model.add_input("a", {2}, a).add_input("b", {2}, b);
        model.add_node("Add", {"a", "b"}, {"y"}).name("n");
        model.add_output("y");
        return findings(model);
    };
    const std::string code = id(Code::unsupported_data_type);
    CHECK(add(DataType::int32, DataType::int32).empty());
    CHECK(add(DataType::float16, DataType::float16).empty());
    CHECK(add(DataType::int8, DataType::int8) ==
          code + " n (Add): input 0 has elements of type int8: only floats and integers of at "
                 "least 32 bits are supported");
    CHECK(add(DataType::float32, DataType::int32) ==
          code + " n (Add): inputs have elements of types float32 and int32, the operator needs "
                 "one type");
    OnnxBuilder power(13);
    power.add_input("x", {1}, DataType::int32).add_init("e", {1}, {-1}, DataType::int32);
    power.add_node("Pow", {"x", "e"}, {"y"}).name("n");
    power.add_output("y");
    CHECK(findings(power).starts_with(code + " n (Pow)"));
    OnnxBuilder exponent(13);
    exponent.add_input("x", {1}).add_input("e", {1});
    exponent.add_node("Pow", {"x", "e"}, {"y"}).name("n");
    exponent.add_output("y");
    CHECK(findings(exponent).starts_with(id(Code::parameter_not_constant) + " n (Pow)"));
}

TEST_CASE("activations") {
    CHECK(unary("Relu", {1, -2}) == Values{1, 0});
    check_near(unary("LeakyRelu", {1, -2}), {1, -2.0 * static_cast<double>(0.01F)});
    check_near(unary("Sigmoid", {0, 1}), {0.5, 1 / (1 + std::exp(-1.0))});
    check_near(unary("Tanh", {0, 1}), {0, std::tanh(1.0)});
    check_near(unary("HardSigmoid", {0, 10, -10, 1}), {0.5, 1, 0, static_cast<double>(0.2F) + 0.5});
    CHECK(with_constant("PRelu", {1, -2}, {5, 0.5}) == Values{1, -1});

    OnnxBuilder model(13);
    model.add_input("x", {2});
    model.add_node("LeakyRelu", {"x"}, {"a"}).attr("alpha", 0.5F);
    model.add_node("HardSigmoid", {"a"}, {"y"}).attr("alpha", 0.25F).attr("beta", 0.125F);
    model.add_output("y");
    CHECK(run(model, {{1, -0.5}}) == Values{0.375, 0.0625});
}

TEST_CASE("Clip with bounds as attributes and as inputs") {
    const auto attributes = [](float low, float high) {
        OnnxBuilder model(9);
        model.add_input("x", {3});
        model.add_node("Clip", {"x"}, {"y"}).attr("min", low).attr("max", high);
        model.add_output("y");
        return model;
    };
    const auto inputs = [](const std::vector<double>& bounds) {
        OnnxBuilder model(13);
        model.add_input("x", {3});
        std::vector<std::string> names{"x", "", ""};
        for (std::size_t i = 0; i < bounds.size(); ++i) {
            if (!std::isnan(bounds[i])) {
                names[i + 1] = i == 0 ? "low" : "high";
                model.add_scalar(names[i + 1], bounds[i]);
            }
        }
        model.add_node("Clip", names, {"y"}).name("n");
        model.add_output("y");
        return model;
    };
    const double infinity = std::numeric_limits<double>::infinity();
    const double absent = std::nan("");
    const Values x{-9, 1, 9};
    CHECK(run(attributes(-2, 3), {x}) == Values{-2, 1, 3});
    CHECK(run(attributes(0, std::numeric_limits<float>::max()), {x}) == Values{0, 1, 9});
    CHECK(run(inputs({-2, 3}), {x}) == Values{-2, 1, 3});
    CHECK(run(inputs({absent, 3}), {x}) == Values{-9, 1, 3});
    CHECK(run(inputs({0, absent}), {x}) == Values{0, 1, 9});
    CHECK(run(inputs({-infinity, infinity}), {x}) == Values{-9, 1, 9});
    CHECK(run(inputs({4, 2}), {x}) == Values{2, 2, 2}); // the upper bound wins
    CHECK(findings(inputs({infinity, absent})).starts_with(id(Code::non_finite_constant)));

    OnnxBuilder dynamic(13);
    dynamic.add_input("x", {3}).add_input("low", {});
    dynamic.add_node("Clip", {"x", "low"}, {"y"}).name("n");
    dynamic.add_output("y");
    CHECK(findings(dynamic) == id(Code::parameter_not_constant) +
                                   " n (Clip): the lower bound ('low') is computed from the "
                                   "network's input");
    OnnxBuilder too_early(9);
    too_early.add_input("x", {3}).add_scalar("low", 0);
    too_early.add_node("Clip", {"x", "low"}, {"y"}).name("n");
    too_early.add_output("y");
    CHECK(findings(too_early).starts_with(id(Code::wrong_arity) + " n (Clip)"));
    OnnxBuilder unknown = inputs({0, 1});
    unknown.add_node("Clip", {"x"}, {"z"}).name("n").attr("min", 0.5F);
    unknown.add_output("z");
    CHECK(findings(unknown) == id(Code::bad_attribute) + " n (Clip): attribute 'min' is not known");
}

TEST_CASE("MatMul and Gemm") {
    OnnxBuilder product(13);
    product.add_input("x", {1, 2}).add_init("w", {2, 3}, {1, 2, 3, 4, 5, 6});
    product.add_node("MatMul", {"x", "w"}, {"y"});
    product.add_output("y");
    CHECK(run(product, {{10, 1}}) == Values{14, 25, 36});

    const auto gemm = [](std::int64_t opset, const Shape& c_shape, const Values& c) {
        OnnxBuilder model(opset);
        model.add_input("a", {2, 1}).add_init("b", {3, 2}, {1, 2, 3, 4, 5, 6});
        if (!c.empty()) {
            model.add_init("c", c_shape, c);
        }
        model
            .add_node("Gemm",
                      c.empty() ? std::vector<std::string>{"a", "b"}
                                : std::vector<std::string>{"a", "b", "c"},
                      {"y"})
            .name("n")
            .attr("transA", 1)
            .attr("transB", 1)
            .attr("alpha", 0.5F)
            .attr("beta", 2.0F);
        model.add_output("y");
        return model;
    };
    const Values a{1, 10}; // products 21, 43, 65
    CHECK(run(gemm(13, {3}, {1, 2, 3}), {a}) == Values{12.5, 25.5, 38.5});
    CHECK(run(gemm(7, {1, 1}, {1}), {a}) == Values{12.5, 23.5, 34.5});
    CHECK(run(gemm(11, {}, {}), {a}) == Values{10.5, 21.5, 32.5});
    CHECK(findings(gemm(9, {}, {})).starts_with(id(Code::wrong_arity) + " n (Gemm)"));
    CHECK(findings(gemm(13, {2}, {1, 2})).starts_with(id(Code::shape_mismatch) + " n (Gemm)"));
    CHECK(findings(gemm(13, {2, 3}, {1, 2, 3, 4, 5, 6})) ==
          id(Code::shape_mismatch) + " n (Gemm): C of shape [2,3] does not broadcast to [1,3]");

    OnnxBuilder defaults(13);
    defaults.add_input("a", {1, 2}).add_init("b", {2, 1}, {3, 4}).add_scalar("c", 5);
    defaults.add_node("Gemm", {"a", "b", "c"}, {"y"});
    defaults.add_output("y");
    CHECK(run(defaults, {{1, 1}}) == Values{12});
    CHECK(import_ok(defaults).graph.nodes.size() == 2); // no factors of 1, nothing transposed

    OnnxBuilder rank(13);
    rank.add_input("a", {1, 2, 2}).add_init("b", {2, 1}, {3, 4});
    rank.add_node("Gemm", {"a", "b"}, {"y"}).name("n");
    rank.add_output("y");
    CHECK(findings(rank).starts_with(id(Code::shape_mismatch) +
                                     " n (Gemm): a factor has shape [1,2,2]"));
    OnnxBuilder inner(13);
    inner.add_input("a", {1, 3}).add_init("b", {2, 1}, {3, 4});
    inner.add_node("MatMul", {"a", "b"}, {"y"}).name("n");
    inner.add_output("y");
    CHECK(findings(inner).starts_with(id(Code::shape_mismatch) + " n (MatMul)"));
    OnnxBuilder flag(13);
    flag.add_input("a", {1, 2}).add_init("b", {2, 1}, {3, 4});
    flag.add_node("Gemm", {"a", "b"}, {"y"}).name("n").attr("transA", 2).attr("alpha", 1);
    flag.add_output("y");
    CHECK(findings(flag) ==
          id(Code::bad_attribute) + " n (Gemm): attribute 'alpha' must be a float\n" +
              id(Code::bad_attribute) + " n (Gemm): attribute 'transA' is 2 and must be 0 or 1");
}

TEST_CASE("BatchNormalization") {
    const auto model_for = [](std::int64_t opset, const std::vector<OnnxDim>& shape,
                              double variance = 15.75) {
        OnnxBuilder model(opset);
        model.add_input("x", shape);
        model.add_init("scale", {2}, {2, -1}).add_init("b", {2}, {10, 0.5});
        model.add_init("mean", {2}, {1, -1}).add_init("var", {2}, {variance, 0});
        return model;
    };
    const std::vector<std::string> inputs{"x", "scale", "b", "mean", "var"};
    for (const std::int64_t opset : {7, 9, 14, 15}) {
        OnnxBuilder model = model_for(opset, {1, 2});
        model.add_node("BatchNormalization", inputs, {"y"}).attr("epsilon", 0.25F);
        model.add_output("y");
        // sqrt(16) and sqrt(0.25) are exact
        CHECK(run(model, {{9, 3}}) == Values{14, -7.5});
    }
    OnnxBuilder image = model_for(15, {1, 2, 1, 2});
    image.add_node("BatchNormalization", inputs, {"y"}).attr("epsilon", 0.25F);
    image.add_output("y");
    CHECK(run(image, {{9, 1, 3, -1}}) == Values{14, 10, -7.5, 0.5});

    OnnxBuilder irrational = model_for(15, {1, 2}, 2);
    irrational.add_node("BatchNormalization", inputs, {"y"});
    irrational.add_output("y");
    check_near(run(irrational, {{3, 0}}), {4 / std::sqrt(2 + static_cast<double>(1e-5F)) + 10,
                                           -1 / std::sqrt(static_cast<double>(1e-5F)) + 0.5});

    const auto wrong = [&](std::int64_t opset, const std::vector<OnnxDim>& shape, double variance,
                           const std::string& attribute, int value,
                           const std::vector<std::string>& outputs) {
        OnnxBuilder model = model_for(opset, shape, variance);
        auto node = model.add_node("BatchNormalization", inputs, outputs).name("n");
        if (!attribute.empty()) {
            node.attr(attribute, value);
        }
        for (const std::string& output : outputs) {
            model.add_output(output);
        }
        return findings(model).substr(0, 5);
    };
    CHECK(wrong(15, {1, 2}, -1, "", 0, {"y"}) == id(Code::non_finite_constant));
    CHECK(wrong(15, {1, 3}, 1, "", 0, {"y"}) == id(Code::shape_mismatch));
    CHECK(wrong(15, {2}, 1, "", 0, {"y"}) == id(Code::shape_mismatch));
    CHECK(wrong(15, {1, 2}, 1, "training_mode", 1, {"y"}) == id(Code::bad_attribute));
    CHECK(wrong(8, {1, 2}, 1, "spatial", 0, {"y"}) == id(Code::bad_attribute));
    CHECK(wrong(8, {1, 2}, 1, "spatial", 1, {"y"}).empty());
    CHECK(wrong(9, {1, 2}, 1, "", 0, {"y", "m"}) == id(Code::wrong_arity));

    OnnxBuilder unused = model_for(9, {1, 2});
    unused.add_node("BatchNormalization", inputs, {"y", "m", "v", "sm", "sv"})
        .attr("momentum", 0.9F);
    unused.add_output("y");
    CHECK(findings(unused).empty());
    OnnxBuilder dynamic(15);
    dynamic.add_input("x", {1, 2}).add_input("p", {2});
    dynamic.add_node("BatchNormalization", {"x", "p", "p", "p", "p"}, {"y"}).name("n");
    dynamic.add_output("y");
    CHECK(findings(dynamic).starts_with(id(Code::parameter_not_constant)));
}

TEST_CASE("Softmax flattens before operator set 13") {
    const auto model_for = [](std::int64_t opset, std::optional<int> axis) {
        OnnxBuilder model(opset);
        model.add_input("x", {1, 2, 2});
        auto node = model.add_node("Softmax", {"x"}, {"y"}).name("n");
        if (axis) {
            node.attr("axis", *axis);
        }
        model.add_output("y");
        return model;
    };
    const double log2 = std::log(2.0);
    const std::vector<Values> x{{0, log2, 0, log2}};
    check_near(run(model_for(13, {}), x), {1. / 3, 2. / 3, 1. / 3, 2. / 3});
    check_near(run(model_for(13, 1), x), {0.5, 0.5, 0.5, 0.5});
    check_near(run(model_for(11, {}), x), {1. / 6, 1. / 3, 1. / 6, 1. / 3});
    check_near(run(model_for(11, -1), x), {1. / 3, 2. / 3, 1. / 3, 2. / 3});
    check_near(run(model_for(11, 0), x), {1. / 6, 1. / 3, 1. / 6, 1. / 3});
    check_near(run(model_for(11, 3), x), {1, 1, 1, 1});
    CHECK(findings(model_for(13, 3)).starts_with(id(Code::bad_attribute) + " n (Softmax)"));
}

TEST_CASE("ArgMax, ArgMin and TopK") {
    const auto select = [](std::int64_t opset, const std::string& op, int keep, int last) {
        OnnxBuilder model(opset);
        model.add_input("x", {2, 3});
        auto node = model.add_node(op, {"x"}, {"y"}).attr("axis", 1).attr("keepdims", keep);
        if (last != 0) {
            node.attr("select_last_index", last);
        }
        model.add_output("y");
        return model;
    };
    const std::vector<Values> x{{1, 5, 5, -2, -2, 0}};
    CHECK(run(select(13, "ArgMax", 1, 0), x) == Values{1, 2});
    CHECK(run(select(13, "ArgMax", 1, 1), x) == Values{2, 2});
    CHECK(run(select(13, "ArgMin", 1, 0), x) == Values{0, 0});
    CHECK(run(select(13, "ArgMin", 1, 1), x) == Values{0, 1});
    CHECK(outputs_text(select(11, "ArgMax", 1, 0)) == "y : real int64 [2,1]");
    CHECK(outputs_text(select(11, "ArgMax", 0, 0)) == "y : real int64 [2]");
    CHECK(findings(select(11, "ArgMax", 1, 1)).starts_with(id(Code::bad_attribute)));

    for (const std::int64_t opset : {9, 10, 11, 24}) {
        OnnxBuilder model(opset);
        model.add_input("x", {1, 4}).add_ints("k", {2});
        if (opset < 10) {
            model.add_node("TopK", {"x"}, {"v", "i"}).attr("k", 2);
        } else {
            model.add_node("TopK", {"x", "k"}, {"v", "i"});
        }
        model.add_output("i").add_output("v");
        CHECK(run(model, {{3, 9, 9, 1}}) == Values{1, 2});
        CHECK(outputs_text(model) == "i : real int64 [1,2], v : real float32 [1,2]");
    }
    OnnxBuilder smallest(11);
    smallest.add_input("x", {1, 4}).add_ints("k", {1});
    smallest.add_node("TopK", {"x", "k"}, {"", "i"}).attr("largest", 0).attr("sorted", 0);
    smallest.add_output("i");
    CHECK(run(smallest, {{3, 9, 9, 1}}) == Values{3});
    OnnxBuilder too_many(11);
    too_many.add_input("x", {1, 4}).add_ints("k", {5});
    too_many.add_node("TopK", {"x", "k"}, {"v", "i"}).name("n");
    too_many.add_output("v");
    CHECK(findings(too_many).starts_with(id(Code::shape_mismatch) + " n (TopK)"));
    OnnxBuilder dynamic(11);
    dynamic.add_input("x", {1, 4}).add_input("k", {1}, DataType::int64);
    dynamic.add_node("TopK", {"x", "k"}, {"v", "i"}).name("n");
    dynamic.add_output("v");
    CHECK(findings(dynamic).starts_with(id(Code::parameter_not_constant) + " n (TopK)"));
}

TEST_SUITE_END();
