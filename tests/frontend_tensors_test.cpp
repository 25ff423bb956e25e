// SPDX-License-Identifier: Apache-2.0
//
// Tensors of the file: every element type, typed and raw, compact storage, and data that do not
// match what the tensor claims.
#include "ir/evaluate.hpp"
#include "tests/support/onnx_import.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace millrace;
using namespace millrace::tests;

namespace {

/// The tensor that an initializer 'w' becomes.
Tensor read_back(OnnxBuilder model) {
    model.add_input("x", {1});
    model.add_output("x").add_output("w");
    const frontend::ImportedModel imported = import_ok(model);
    return *imported.graph.value(imported.graph.outputs.at(1)).constant;
}

/// What is found when 'w' is used.
std::string findings_with(OnnxBuilder model, const frontend::ImportOptions& options = {}) {
    model.add_input("x", {1});
    model.add_node("Identity", {"w"}, {"y"}).name("n");
    model.add_output("x").add_output("y");
    return findings(model, options);
}

struct TypeCase {
    DataType type;
    std::vector<double> values;
};

const std::vector<TypeCase> type_cases{
    {DataType::float32, {0, -0.1F, 1e-40F, 3e38F, 5}},
    {DataType::float64, {0, -0.1, 1e-300, 1e300, 5}},
    {DataType::float16, {0, -1.5, 65504, 0x1p-24, 0x1.ffcp-14}},
    {DataType::bfloat16, {0, -1.5, 0x1.fep127, 0x1p-133, 3}},
    {DataType::int4, {-8, 7, -1, 0, 3}},
    {DataType::uint4, {0, 15, 8, 7, 1}},
    {DataType::int8, {-128, 127, -1, 0, 3}},
    {DataType::uint8, {0, 255, 128, 127, 1}},
    {DataType::int16, {-32768, 32767, -1, 0, 3}},
    {DataType::uint16, {0, 65535, 32768, 2, 1}},
    {DataType::int32, {-2147483648.0, 2147483647, -1, 0, 3}},
    {DataType::uint32, {0, 4294967295.0, 2147483648.0, 2, 1}},
    {DataType::int64, {-0x1p52, 0x1p52, -1, 0, 3}},
    {DataType::uint64, {0, 0x1.8p63, 1, 2, 3}},
    {DataType::boolean, {0, 1, 1, 0, 1}},
};

} // namespace

TEST_SUITE_BEGIN("frontend tensors");

TEST_CASE("every element type, typed and raw, odd numbers of elements too") {
    for (const TypeCase& entry : type_cases) {
        CAPTURE(to_string(entry.type));
        for (const bool raw : {false, true}) {
            CAPTURE(raw);
            OnnxBuilder model(21);
            if (raw) {
                model.add_raw_init("w", {5}, entry.values, entry.type);
            } else {
                model.add_init("w", {5}, entry.values, entry.type);
            }
            const Tensor tensor = read_back(std::move(model));
            REQUIRE(tensor.shape() == Shape{5});
            for (std::size_t i = 0; i < entry.values.size(); ++i) {
                CHECK(tensor.at(static_cast<std::int64_t>(i)) ==
                      Real::from_double(entry.values[i]));
            }
        }
    }
}

TEST_CASE("64-bit integers keep every digit") {
    OnnxBuilder model(13);
    model.add_ints("w", {std::numeric_limits<std::int64_t>::max(),
                         std::numeric_limits<std::int64_t>::min(), 1});
    const Tensor tensor = read_back(std::move(model));
    CHECK(tensor.at(0) == Real(std::numeric_limits<std::int64_t>::max()));
    CHECK(tensor.at(1) == Real(std::numeric_limits<std::int64_t>::min()));
    OnnxBuilder unsigned_model(13);
    unsigned_model.add_bytes("w", {1}, onnx_data_type(DataType::uint64), std::string(8, '\xff'));
    CHECK(read_back(std::move(unsigned_model)).at(0) == Real::dyadic(1, 64) - Real(1));
}

TEST_CASE("weights keep compact storage") {
    const auto stored = [](DataType type, const std::vector<double>& values) {
        OnnxBuilder model(21);
        model.add_raw_init("w", {static_cast<std::int64_t>(values.size())}, values, type);
        return read_back(std::move(model));
    };
    CHECK(stored(DataType::float32, {1, 0.5}).floats() != nullptr);
    CHECK(stored(DataType::float16, {1, 0.5}).floats() != nullptr);
    CHECK(stored(DataType::float64, {1, 0.5}).floats() != nullptr);
    CHECK(stored(DataType::float64, {1, 0.1}).reals() != nullptr);
    CHECK(stored(DataType::int4, {1, -2}).scaled() != nullptr);
    CHECK(stored(DataType::int64, {1, -2}).scaled() != nullptr);
    CHECK(stored(DataType::int64, {1, 0x1p40}).reals() != nullptr);
}

TEST_CASE("dequantized and quantized weights stay scaled integers") {
    OnnxBuilder model(13);
    model.add_input("x", {1, 2});
    model.add_init("w", {2, 3}, {1, -2, 3, -4, 5, -6}, DataType::int8);
    model.add_init("s", {3}, {0.1F, 0.2F, 0.3F}).add_init("z", {3}, {1, 2, 3}, DataType::int8);
    model.add_node("DequantizeLinear", {"w", "s", "z"}, {"dw"}).attr("axis", 1);
    model.add_node("MatMul", {"x", "dw"}, {"y"});
    model.add_output("y");
    const frontend::ImportedModel imported = import_ok(model);
    REQUIRE(imported.graph.nodes.size() == 1);
    const Tensor& weights = *imported.graph.value(imported.graph.nodes[0].inputs[1]).constant;
    REQUIRE(weights.scaled() != nullptr);
    CHECK(weights.scaled()->values == std::vector<std::int32_t>{0, -4, 0, -5, 3, -9});
    CHECK(weights.at(1) == Real(-4) * Real::from_double(static_cast<double>(0.2F)));
}

TEST_CASE("shapes that the data do not have") {
    const std::string code = id(Code::tensor_size_mismatch);
    const auto claim = [&](const Shape& shape, int type, const std::string& raw) {
        OnnxBuilder model(13);
        model.add_bytes("w", shape, type, raw);
        return findings_with(std::move(model));
    };
    CHECK(claim({2, 3}, 1, std::string(23, 'x')) ==
          code + " n (Identity): tensor 'w': shape [2,3] of float32 needs 24 bytes, the data "
                 "have 23");
    CHECK(claim({2, 3}, 1, std::string(28, 'x')).starts_with(code));
    CHECK(claim({std::int64_t{1} << 60}, 1, "abcd").starts_with(code));
    CHECK(claim({std::int64_t{1} << 30}, 1, "abcd").starts_with(code));
    CHECK(claim({std::int64_t{1} << 32, std::int64_t{1} << 32}, 3, "").starts_with(code));
    CHECK(claim({std::int64_t{1} << 62, 0, std::int64_t{1} << 62}, 3, "").empty());
    CHECK(claim({-1}, 1, "").starts_with(code));
    CHECK(claim({-4, -1}, 1, std::string(16, 'x')).starts_with(code));
    CHECK(claim(Shape(33, 1), 1, std::string(4, 'x')).starts_with(code));
    CHECK(claim({3}, 22, "ab").empty());
    CHECK(claim({3}, 22, "a").starts_with(code));
    OnnxBuilder typed(13);
    typed.add_init("w", {3}, {1, 2});
    CHECK(findings_with(std::move(typed)) ==
          code + " n (Identity): tensor 'w': shape [3] of float32 needs 3 values, the data have 2");
    // Also when nobody uses the tensor.
    OnnxBuilder unused(13);
    unused.add_input("x", {1}).add_output("x").add_init("w", {3}, {1, 2});
    CHECK(findings(unused).starts_with(code));
}

TEST_CASE("types that are not supported, when they are used") {
    for (const int type : {0, 8, 14, 15, 17, 18, 19, 20, 23, 24, 25, -1, 1000000}) {
        CAPTURE(type);
        OnnxBuilder model(13);
        model.add_bytes("w", {1}, type, "abcd");
        CHECK(findings_with(std::move(model)).starts_with(id(Code::unsupported_data_type)));
    }
    OnnxBuilder sparse(13);
    sparse.add_sparse("w");
    CHECK(findings_with(std::move(sparse)) ==
          id(Code::unsupported_data_type) +
              " n (Identity): constant 'w' is stored as a sparse tensor");
}

TEST_CASE("infinite constants are refused where they are used") {
    const double infinity = std::numeric_limits<double>::infinity();
    const std::string code = id(Code::non_finite_constant);
    for (const DataType type :
         {DataType::float32, DataType::float64, DataType::float16, DataType::bfloat16}) {
        for (const double value : {infinity, -infinity, std::nan("")}) {
            const auto with = [&](const std::string& used) {
                OnnxBuilder model(13);
                model.add_input("x", {2}, type).add_init("w", {2}, {1, value}, type);
                model.add_node("Add", {"x", used}, {"y"}).name("n");
                model.add_output("y");
                return findings(model);
            };
            CHECK(with("w") == code + " n (Add): constant 'w' has elements that are infinite or "
                                      "not numbers");
            CHECK(with("x").empty());
        }
    }
    OnnxBuilder output(13);
    output.add_input("x", {1}).add_init("w", {1}, {infinity}).add_output("x").add_output("w");
    CHECK(findings(output).starts_with(code));
    OnnxBuilder division(13);
    division.add_input("x", {1}).add_scalar("one", 1).add_scalar("zero", 0);
    division.add_node("Div", {"one", "zero"}, {"d"}).name("n");
    division.add_node("Add", {"x", "d"}, {"y"});
    division.add_output("y");
    CHECK(findings(division).starts_with(code + " n (Div): a constant has no finite value here"));
}

TEST_CASE("a constant whose sign cannot be decided is refused at its node") {
    // sigmoid(1) - softmax(1, 0)[0] is zero by an identity that no rule here knows.
    const auto rectified = [](double second) {
        OnnxBuilder model(13);
        model.add_input("x", {2});
        model.add_init("a", {2}, {1, -1}).add_init("b", {2}, {1, second});
        model.add_node("Sigmoid", {"a"}, {"s"});
        model.add_node("Softmax", {"b"}, {"t"}).attr("axis", 0);
        model.add_node("Sub", {"s", "t"}, {"difference"});
        model.add_node("Relu", {"difference"}, {"r"}).name("rectifier");
        model.add_node("Add", {"x", "r"}, {"y"});
        model.add_output("y");
        return findings(model);
    };
    CHECK(rectified(0).starts_with(id(Code::undecided_tie) + " rectifier (Relu): "));
    CHECK(rectified(0x1p-100).empty());
    CHECK(rectified(1).empty());
}

TEST_CASE("small files cannot ask for large constants") {
    frontend::ImportOptions options;
    options.max_folded_elements = 1 << 20;
    const auto ones = [&](const std::vector<std::int64_t>& shape, int copies) {
        OnnxBuilder model(13);
        model.add_input("x", {1}).add_ints("shape", shape);
        std::string sum = "x";
        for (int i = 0; i < copies; ++i) {
            const std::string name = "c" + std::to_string(i);
            model.add_node("ConstantOfShape", {"shape"}, {name}).name(name);
            model.add_node("Add", {sum, name}, {"s" + std::to_string(i)});
            sum = "s" + std::to_string(i);
        }
        model.add_output(sum);
        return findings(model, options);
    };
    const std::string code = id(Code::shape_mismatch);
    CHECK(ones({1 << 19}, 1).empty());
    CHECK(ones({1 << 19}, 2).empty());
    CHECK(ones({1 << 19}, 3).starts_with(code + " c2 (ConstantOfShape)")); // all together
    CHECK(ones({1 << 20, 1 << 20}, 1).starts_with(code));
    CHECK(ones({std::int64_t{1} << 62, 4}, 1).starts_with(code));
    CHECK(ones({-2}, 1).starts_with(code));

    OnnxBuilder broadcast(13);
    broadcast.add_input("x", {1}).add_init("row", {1, 2000}, std::vector<double>(2000, 1));
    broadcast.add_init("column", {2000, 1}, std::vector<double>(2000, 1));
    broadcast.add_node("Add", {"row", "column"}, {"outer"}).name("n");
    broadcast.add_node("Add", {"x", "outer"}, {"y"});
    broadcast.add_output("y");
    CHECK(findings(broadcast, options).starts_with(code + " n (Add)"));

    // Numbers that are expressions count for more.
    OnnxBuilder function(13);
    function.add_input("x", {1}).add_ints("shape", {1 << 17});
    function.add_node("ConstantOfShape", {"shape"}, {"ones"}).attr("value", OnnxTensor{{1}, {1}});
    function.add_node("Tanh", {"ones"}, {"t"}).name("n");
    function.add_node("Add", {"x", "t"}, {"y"});
    function.add_output("y");
    CHECK(findings(function, options).starts_with(code + " n (Tanh)"));

    // Forty squarings of a 24-bit number would have 2^44 digits.
    OnnxBuilder squares(13);
    squares.add_input("x", {1}).add_scalar("p0", 1.0000001F);
    for (int i = 0; i < 40; ++i) {
        const std::string from = "p" + std::to_string(i);
        squares.add_node("Mul", {from, from}, {"p" + std::to_string(i + 1)}).name("square");
    }
    squares.add_node("Add", {"x", "p40"}, {"y"});
    squares.add_output("y");
    CHECK(findings(squares).starts_with(code + " square (Mul)"));

    OnnxBuilder power(13);
    power.add_input("x", {1}).add_scalar("three", 3).add_scalar("huge", 1e9);
    power.add_node("Pow", {"three", "huge"}, {"p"}).name("n");
    power.add_node("Add", {"x", "p"}, {"y"});
    power.add_output("y");
    CHECK(findings(power).starts_with(code + " n (Pow)"));
}

TEST_SUITE_END();
