// SPDX-License-Identifier: Apache-2.0
//
// The quantizer dialects: QONNX, Brevitas and FINN operators, QuantizeLinear and DequantizeLinear.
// Expected values are worked out by hand from the specifications' formulas.
#include "tests/support/onnx_import.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cmath>

using namespace millrace;
using namespace millrace::tests;

namespace {

using Values = std::vector<double>;

struct Quantizer {
    double scale = 1;
    double zero_point = 0;
    double bits = 4;
    int is_signed = 1;
    int narrow = 0;
    std::string rounding = "ROUND";
    std::string op = "Quant";
    std::string domain = "qonnx.custom_op.general";
};

OnnxBuilder quant_model(const Quantizer& q, std::size_t size) {
    OnnxBuilder model(13);
    model.add_input("x", {1, static_cast<std::int64_t>(size)});
    model.add_scalar("s", q.scale).add_scalar("z", q.zero_point).add_scalar("b", q.bits);
    model.add_node(q.op, {"x", "s", "z", "b"}, {"y"})
        .name("n")
        .domain(q.domain)
        .attr("signed", q.is_signed)
        .attr("narrow", q.narrow)
        .attr("rounding_mode", q.rounding.c_str());
    model.add_output("y");
    return model;
}

Values quant(const Quantizer& q, const Values& x) { return run(quant_model(q, x.size()), {x}); }

OnnxBuilder linear_model(std::int64_t opset, DataType type, const Values& scales,
                         const Values& zero_points, std::optional<int> axis = {}) {
    OnnxBuilder model(opset);
    model.add_input("x", {1, 2, 2});
    const bool per_axis = scales.size() > 1;
    const Shape shape = per_axis ? Shape{static_cast<std::int64_t>(scales.size())} : Shape{};
    model.add_init("s", shape, scales);
    std::vector<std::string> inputs{"x", "s"};
    if (!zero_points.empty()) {
        model.add_init("z", shape, zero_points, type);
        inputs.emplace_back("z");
    }
    auto quantize = model.add_node("QuantizeLinear", inputs, {"q"}).name("quantize");
    if (axis) {
        quantize.attr("axis", *axis);
    }
    inputs[0] = "q";
    auto dequantize = model.add_node("DequantizeLinear", inputs, {"y"}).name("dequantize");
    if (axis) {
        dequantize.attr("axis", *axis);
    }
    return model;
}

} // namespace

TEST_SUITE_BEGIN("frontend quantizers");

TEST_CASE("Quant rounds as its mode says") {
    const Values x{5.5, 2.5, 1.6, 1.1, 1.0, -1.0, -1.1, -1.6, -2.5, -5.5};
    const std::vector<std::pair<std::string, Values>> table{
        {"ROUND", {6, 2, 2, 1, 1, -1, -1, -2, -2, -6}},
        {"half_even", {6, 2, 2, 1, 1, -1, -1, -2, -2, -6}},
        {"CEIL", {6, 3, 2, 2, 1, -1, -1, -1, -2, -5}},
        {"FLOOR", {5, 2, 1, 1, 1, -1, -2, -2, -3, -6}},
        {"UP", {6, 3, 2, 2, 1, -1, -2, -2, -3, -6}},
        {"DOWN", {5, 2, 1, 1, 1, -1, -1, -1, -2, -5}},
        {"ROUND_TO_ZERO", {5, 2, 1, 1, 1, -1, -1, -1, -2, -5}},
        {"HALF_UP", {6, 3, 2, 1, 1, -1, -1, -2, -3, -6}},
        {"HALF_DOWN", {5, 2, 2, 1, 1, -1, -1, -2, -2, -5}},
    };
    for (const auto& [mode, expected] : table) {
        CAPTURE(mode);
        Quantizer q;
        q.rounding = mode;
        q.bits = 8;
        CHECK(quant(q, x) == expected);
    }
    Quantizer q;
    q.rounding = "SIDEWAYS";
    CHECK(findings(quant_model(q, 1)).starts_with(id(Code::bad_attribute) + " n (qonnx."));
}

TEST_CASE("Quant clamps to its range, scales and shifts") {
    const Values x{-100, -3.5, 0.25, 0.75, 100};
    CHECK(quant({.scale = 0.5, .bits = 4}, x) == Values{-4, -3.5, 0, 1, 3.5});
    CHECK(quant({.scale = 0.5, .bits = 4, .narrow = 1}, x) == Values{-3.5, -3.5, 0, 1, 3.5});
    CHECK(quant({.scale = 0.5, .bits = 4, .is_signed = 0}, x) == Values{0, 0, 0, 1, 7.5});
    CHECK(quant({.scale = 0.5, .bits = 4, .is_signed = 0, .narrow = 1}, x) ==
          Values{0, 0, 0, 1, 7});
    CHECK(quant({.scale = 0.5, .zero_point = 3, .bits = 4, .is_signed = 0}, x) ==
          Values{-1.5, -1.5, 0.5, 0.5, 6}); // 3.5 and 4.5 are ties: both become 4
    CHECK(quant({.scale = 0.5, .bits = 1}, x) == Values{-0.5, -0.5, 0.5, 0.5, 0.5});
    for (const char* domain :
         {"qonnx.custom_op.general", "onnx.brevitas", "finn.custom_op.general"}) {
        CHECK(quant({.scale = 2, .op = "IntQuant", .domain = domain}, {5}) == Values{4});
    }
}

TEST_CASE("Quant per channel, with default attributes") {
    OnnxBuilder model(13);
    model.add_input("x", {1, 2});
    model.add_init("s", {1, 2}, {0.5, 2}).add_scalar("z", 0).add_init("b", {1, 2}, {2, 8});
    model.add_node("Quant", {"x", "s", "z", "b"}, {"y"}).domain("onnx.brevitas");
    model.add_output("y");
    CHECK(run(model, {{-9, 300}}) == Values{-1, 254});
}

TEST_CASE("BipolarQuant") {
    OnnxBuilder model(13);
    model.add_input("x", {1, 3}).add_init("s", {1}, {0.25});
    model.add_node("BipolarQuant", {"x", "s"}, {"y"}).domain("onnx.brevitas");
    model.add_output("y");
    CHECK(run(model, {{-0.001, 0, 7}}) == Values{-0.25, 0.25, 0.25});
}

TEST_CASE("quantizer parameters that are not possible") {
    const std::string code = id(Code::bad_attribute) + " n (qonnx.custom_op.general::Quant): ";
    CHECK(findings(quant_model({.scale = 0}, 1)) ==
          code + "the scale is 0 in element 0 and must be positive");
    CHECK(findings(quant_model({.scale = -1}, 1)).starts_with(code));
    CHECK(findings(quant_model({.bits = 0}, 1)).starts_with(code));
    CHECK(findings(quant_model({.bits = 65}, 1)).starts_with(code));
    CHECK(findings(quant_model({.is_signed = 2}, 1)).starts_with(code));

    OnnxBuilder dynamic(13);
    dynamic.add_input("x", {1, 2}).add_input("s", {}).add_scalar("z", 0).add_scalar("b", 4);
    dynamic.add_node("Quant", {"x", "s", "z", "b"}, {"y"}).name("n").domain("onnx.brevitas");
    dynamic.add_output("y");
    CHECK(findings(dynamic) == id(Code::parameter_not_constant) +
                                   " n (onnx.brevitas::Quant): the scale ('s') is computed from "
                                   "the network's input");
    OnnxBuilder shape(13);
    shape.add_input("x", {1, 2})
        .add_init("s", {3}, {1, 1, 1})
        .add_scalar("z", 0)
        .add_scalar("b", 4);
    shape.add_node("Quant", {"x", "s", "z", "b"}, {"y"}).name("n").domain("onnx.brevitas");
    shape.add_output("y");
    CHECK(findings(shape).starts_with(id(Code::shape_mismatch)));
    OnnxBuilder hint = quant_model({}, 1);
    hint.add_node("Quant", {"y", "s", "z", "b"}, {"w"})
        .name("m")
        .domain("onnx.brevitas")
        .attr("backend", "fpga");
    hint.add_output("w");
    CHECK(findings(hint) == "warning " + id(Code::bad_attribute) +
                                " m (onnx.brevitas::Quant): attribute 'backend' is not known and "
                                "ignored");
}

TEST_CASE("Trunc, version 1: shifts, keeps the input's scale") {
    const auto trunc = [](double s, double z, double in, double out, const char* mode) {
        OnnxBuilder model(13);
        model.add_input("x", {1, 5}).add_scalar("s", s).add_scalar("z", z);
        model.add_scalar("in", in).add_scalar("out", out);
        auto node = model.add_node("Trunc", {"x", "s", "z", "in", "out"}, {"y"});
        node.name("n").domain("qonnx.custom_op.general");
        if (mode != nullptr) {
            node.attr("rounding_mode", mode);
        }
        model.add_output("y");
        return model;
    };
    // n = -7, -2, 2, 6, 13
    const std::vector<Values> x{{-3.5, -1, 1.1, 3, 6.5}};
    CHECK(run(trunc(0.5, 0, 8, 6, nullptr), x) == Values{-1, -0.5, 0, 0.5, 1.5});
    CHECK(run(trunc(0.5, 0, 8, 6, "CEIL"), x) == Values{-0.5, 0, 0.5, 1, 2});
    CHECK(run(trunc(0.5, 0, 8, 6, "ROUND"), x) == Values{-1, 0, 0, 1, 1.5});
    // (floor((n + 3) / 4) - 3) / 2 with n + 3 = -4, 1, 5, 9, 16
    CHECK(run(trunc(0.5, 3, 8, 6, "FLOOR"), x) == Values{-2, -1.5, -1, -0.5, 0.5});
    CHECK(run(trunc(0.5, 0, 8, 8, "FLOOR"), x) == Values{-3.5, -1, 1, 3, 6.5});
    CHECK(findings(trunc(0.5, 0, 8, 6.5, nullptr)).starts_with(id(Code::bad_attribute)));
    CHECK(findings(trunc(0, 0, 8, 6, nullptr)).starts_with(id(Code::bad_attribute)));
}

TEST_CASE("Trunc, version 2: clamps, takes the output's scale") {
    const auto trunc = [](double z, double out_scale, double bits, int is_signed, int narrow) {
        OnnxBuilder model(13);
        model.add_input("x", {1, 5}).add_scalar("s", 0.5).add_scalar("z", z);
        model.add_scalar("in", 8).add_scalar("so", out_scale).add_scalar("out", bits);
        model.add_node("Trunc", {"x", "s", "z", "in", "so", "out"}, {"y"})
            .name("n")
            .domain("qonnx.custom_op.general")
            .attr("signed", is_signed)
            .attr("narrow", narrow);
        model.add_output("y");
        return model;
    };
    const std::vector<Values> x{{-3.5, -1, 1.1, 3, 6.5}};
    // divisor 4: n / 4 = -1.75, -0.5, 0.5, 1.5, 3.25
    CHECK(run(trunc(0, 2, 8, 1, 0), x) == Values{-4, -2, 0, 2, 6});
    CHECK(run(trunc(0, 2, 2, 1, 0), x) == Values{-4, -2, 0, 2, 2});
    CHECK(run(trunc(0, 2, 2, 1, 1), x) == Values{-2, -2, 0, 2, 2});
    CHECK(run(trunc(0, 2, 1, 0, 0), x) == Values{0, 0, 0, 2, 2});
    // log2(2.5 / 0.5) = 2.32: divisor 4 again
    CHECK(run(trunc(0, 2.5, 8, 1, 0), x) == Values{-5, -2.5, 0, 2.5, 7.5});
    // (n + 2) / 4 = -1.25, 0, 1, 2, 3.75; the zero point becomes 0.5
    CHECK(run(trunc(2, 2, 8, 1, 0), x) == Values{-5, -1, 1, 3, 5});
    CHECK(findings(trunc(0, 0, 8, 1, 0)).starts_with(id(Code::bad_attribute)));
    CHECK(findings(trunc(0, 2, 1, 1, 0)).starts_with(id(Code::bad_attribute)));
    CHECK(findings(trunc(0, 2, 0, 1, 0)).starts_with(id(Code::bad_attribute)));
}

TEST_CASE("MultiThreshold") {
    const auto thresholds = [](const std::vector<OnnxDim>& shape, const Shape& t_shape,
                               const Values& t, const char* layout) {
        OnnxBuilder model(13);
        model.add_input("x", shape).add_init("t", t_shape, t);
        auto node = model.add_node("MultiThreshold", {"x", "t"}, {"y"});
        node.name("n").domain("finn.custom_op.general").attr("out_dtype", "UINT2");
        node.attr("out_scale", 0.5F).attr("out_bias", -1.0F);
        if (layout != nullptr) {
            node.attr("data_layout", layout);
        }
        model.add_output("y");
        return model;
    };
    CHECK(run(thresholds({1, 3}, {1, 2}, {0, 1}, nullptr), {{-1, 0, 2}}) == Values{-1, -0.5, 0});
    CHECK(run(thresholds({1, 2}, {2, 2}, {0, 1, 5, 6}, nullptr), {{5, 5}}) == Values{0, -0.5});
    const Values image{0, 0, 9, 9};
    CHECK(run(thresholds({1, 2, 2, 1}, {2, 1}, {0, 10}, "NCHW"), {image}) ==
          Values{-0.5, -0.5, -1, -1});
    CHECK(run(thresholds({1, 2, 1, 2}, {2, 1}, {0, 10}, "NHWC"), {image}) ==
          Values{-0.5, -1, -0.5, -1});
    CHECK(run(thresholds({1, 2, 2}, {2, 1}, {0, 10}, nullptr), {image}) ==
          Values{-0.5, -1, -0.5, -1});
    CHECK(findings(thresholds({1, 2}, {1, 2}, {1, 0}, nullptr)) ==
          id(Code::bad_attribute) + " n (finn.custom_op.general::MultiThreshold): the thresholds "
                                    "of channel 0 do not ascend");
    CHECK(findings(thresholds({1, 2}, {2}, {0, 1}, nullptr)).starts_with(id(Code::shape_mismatch)));
    CHECK(findings(thresholds({1, 2}, {3, 1}, {0, 1, 2}, nullptr))
              .starts_with(id(Code::shape_mismatch)));
    CHECK(findings(thresholds({1, 2}, {1, 1}, {0}, "CHWN")).starts_with(id(Code::bad_attribute)));
}

TEST_CASE("QuantizeLinear gives the integers of its type") {
    const std::vector<Values> x{{-1000, 0.25, 0.75, 1000}};
    struct TypeRange {
        DataType type;
        double low;
        double high;
    };
    const std::vector<TypeRange> types{
        {DataType::int4, -8, 7},   {DataType::uint4, 0, 15},       {DataType::int8, -128, 127},
        {DataType::uint8, 0, 255}, {DataType::int16, -2000, 2000}, {DataType::uint16, 1, 2001},
    };
    for (const TypeRange& entry : types) {
        CAPTURE(to_string(entry.type));
        const bool is_unsigned = entry.low >= 0;
        const double zero_point = is_unsigned ? 1 : 0;
        OnnxBuilder model = linear_model(21, entry.type, {0.5}, {zero_point});
        model.add_output("q");
        // 0.25 / 0.5 and 0.75 / 0.5 are ties; the zero point is added after rounding.
        const double low = entry.type == DataType::uint16 ? 0 : entry.low;
        CHECK(run(model, x) == Values{low, 0 + zero_point, 2 + zero_point, entry.high});
        CHECK(outputs_text(model) == fmt::format("q : real {} [1,2,2]", to_string(entry.type)));
    }
    OnnxBuilder defaults = linear_model(13, DataType::uint8, {0.5}, {});
    defaults.add_output("q");
    CHECK(outputs_text(defaults) == "q : real uint8 [1,2,2]");
    CHECK(run(defaults, x) == Values{0, 0, 2, 255});

    OnnxBuilder typed(21);
    typed.add_input("x", {1, 2}).add_scalar("s", 1);
    typed.add_node("QuantizeLinear", {"x", "s"}, {"q"}).attr("output_dtype", 5);
    typed.add_output("q");
    CHECK(outputs_text(typed) == "q : real int16 [1,2]");
}

TEST_CASE("QuantizeLinear and DequantizeLinear of equal parameters are one Quantize") {
    OnnxBuilder model = linear_model(13, DataType::int8, {0.5, 2}, {0, 3}, 2);
    model.add_output("y");
    CHECK(run(model, {{0.75, 3, -100, 1e6}}) == Values{1, 4, -64, 248});
    const frontend::ImportedModel imported = import_ok(model);
    REQUIRE(imported.graph.nodes.size() == 1);
    CHECK(op_name(imported.graph.nodes[0].op) == "quantize");

    OnnxBuilder other = linear_model(13, DataType::int8, {0.5}, {0});
    other.add_init("s2", {}, {0.25}).add_init("z2", {}, {1}, DataType::int8);
    other.add_node("DequantizeLinear", {"q", "s2", "z2"}, {"w"});
    other.add_output("w");
    CHECK(run(other, {{0.75, 3, -100, 1e6}}) == Values{0.25, 1.25, -32.25, 31.5});
}

TEST_CASE("per-axis parameters run along the axis") {
    OnnxBuilder model = linear_model(13, DataType::int8, {1, 10}, {0, 0}, -2);
    model.add_output("q");
    CHECK(run(model, {{20, 30, 20, 30}}) == Values{20, 30, 2, 3});
    CHECK(findings(linear_model(13, DataType::int8, {1, 10, 5}, {0, 0, 0}, 1).add_output("y"))
              .starts_with(id(Code::shape_mismatch) + " quantize"));
    CHECK(findings(linear_model(13, DataType::int8, {1, 10}, {0, 0}, 3).add_output("y"))
              .starts_with(id(Code::bad_attribute) + " quantize"));
    CHECK(findings(linear_model(11, DataType::int8, {1}, {0}, 1).add_output("y"))
              .starts_with(id(Code::bad_attribute) + " quantize (QuantizeLinear): attribute "
                                                     "'axis' is not known"));
}

TEST_CASE("DequantizeLinear of an int8 input and int32 bias") {
    OnnxBuilder model(13);
    model.add_input("x", {1, 2}, DataType::int8).add_scalar("s", 0.5);
    model.add_init("z", {}, {-128}, DataType::int8);
    model.add_init("b", {2}, {100000, -7}, DataType::int32);
    model.add_node("DequantizeLinear", {"x", "s", "z"}, {"dx"});
    model.add_node("DequantizeLinear", {"b", "s"}, {"db"});
    model.add_node("Add", {"dx", "db"}, {"y"});
    model.add_output("y");
    CHECK(run(model, {{-128, 127}}) == Values{50000, 124});
    CHECK(outputs_text(model) == "y : real float32 [1,2]");
}

TEST_CASE("linear quantization that is not supported") {
    OnnxBuilder blocked(21);
    blocked.add_input("x", {2, 2}).add_init("s", {2, 1}, {1, 2});
    blocked.add_node("QuantizeLinear", {"x", "s"}, {"q"}).name("n").attr("block_size", 2);
    blocked.add_output("q");
    CHECK(findings(blocked).starts_with(id(Code::bad_attribute) + " n (QuantizeLinear)"));
    OnnxBuilder ranks(21);
    ranks.add_input("x", {2, 2}).add_init("s", {2, 1}, {1, 2});
    ranks.add_node("QuantizeLinear", {"x", "s"}, {"q"}).name("n");
    ranks.add_output("q");
    CHECK(findings(ranks).starts_with(id(Code::unsupported_operator) + " n (QuantizeLinear)"));
    CHECK(findings(linear_model(13, DataType::int8, {0}, {0}).add_output("y"))
              .starts_with(id(Code::bad_attribute) + " quantize"));
    CHECK(findings(linear_model(13, DataType::int32, {1}, {0}).add_output("y"))
              .starts_with(id(Code::unsupported_data_type) + " quantize"));
    OnnxBuilder minifloat(21);
    minifloat.add_input("x", {2, 2}).add_scalar("s", 1).add_bytes("z", {}, 17, "a");
    minifloat.add_node("QuantizeLinear", {"x", "s", "z"}, {"q"}).name("n");
    minifloat.add_output("q");
    CHECK(findings(minifloat).starts_with(id(Code::unsupported_data_type) + " n"));
    OnnxBuilder types(13);
    types.add_input("x", {2}, DataType::int8).add_scalar("s", 1);
    types.add_scalar("z", 0, DataType::uint8);
    types.add_node("DequantizeLinear", {"x", "s", "z"}, {"y"}).name("n");
    types.add_output("y");
    CHECK(findings(types).starts_with(id(Code::unsupported_data_type) + " n"));
    OnnxBuilder sizes(13);
    sizes.add_input("x", {2}).add_init("s", {2}, {1, 1}).add_scalar("z", 0, DataType::uint8);
    sizes.add_node("QuantizeLinear", {"x", "s", "z"}, {"y"}).name("n").attr("axis", 0);
    sizes.add_output("y");
    CHECK(findings(sizes).starts_with(id(Code::shape_mismatch) + " n"));
}

TEST_SUITE_END();
