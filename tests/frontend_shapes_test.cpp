// SPDX-License-Identifier: Apache-2.0
//
// Operators that move elements or compute shapes, in the forms that the operator sets gave them,
// and the chains of them that exporters write.
#include "tests/support/onnx_import.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <optional>

using namespace millrace;
using namespace millrace::tests;

namespace {

using Values = std::vector<double>;
using Ints = std::vector<std::int64_t>;

/// A model of one node with input x of a shape and int64 lists as further inputs.
class OneNode {
  public:
    OneNode(std::int64_t opset, const std::string& op, const std::vector<OnnxDim>& shape,
            const std::vector<std::optional<Ints>>& lists = {})
        : model_(opset) {
        model_.add_input("x", shape);
        std::vector<std::string> inputs{"x"};
        for (const auto& list : lists) {
            inputs.push_back(list ? "list" + std::to_string(inputs.size()) : "");
            if (list) {
                model_.add_ints(inputs.back(), *list);
            }
        }
        node_.emplace(model_.add_node(op, inputs, {"y"}));
        node_->name("n");
        model_.add_output("y");
    }
    template <class T> OneNode attr(const std::string& key, const T& value) && {
        node_->attr(key, value);
        return std::move(*this);
    }
    /// The output's type.
    [[nodiscard]] std::string type() const { return outputs_text(model_).substr(4); }
    [[nodiscard]] Values result(const Values& x) const { return run(model_, {x}); }
    /// The first error's code, "" when there is none.
    [[nodiscard]] std::string code() const { return findings(model_).substr(0, 5); }

  private:
    OnnxBuilder model_;
    std::optional<OnnxNode> node_;
};

constexpr std::int64_t maximum = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t minimum = std::numeric_limits<std::int64_t>::min();

} // namespace

TEST_SUITE_BEGIN("frontend shapes");

TEST_CASE("Flatten") {
    CHECK(OneNode(13, "Flatten", {2, 3, 4}).type() == "real float32 [2,12]");
    CHECK(OneNode(13, "Flatten", {2, 3, 4}).attr("axis", 0).type() == "real float32 [1,24]");
    CHECK(OneNode(13, "Flatten", {2, 3, 4}).attr("axis", 3).type() == "real float32 [24,1]");
    CHECK(OneNode(13, "Flatten", {2, 3, 4}).attr("axis", -1).type() == "real float32 [6,4]");
    CHECK(OneNode(9, "Flatten", {2, 3, 4}).attr("axis", -1).code() == id(Code::bad_attribute));
    CHECK(OneNode(13, "Flatten", {2, 3, 4}).attr("axis", 4).code() == id(Code::bad_attribute));
}

TEST_CASE("Reshape") {
    const auto reshape = [](const Ints& target) {
        return OneNode(14, "Reshape", {2, 3, 4}, {target});
    };
    CHECK(reshape({4, 6}).type() == "real float32 [4,6]");
    CHECK(reshape({0, -1}).type() == "real float32 [2,12]");
    CHECK(reshape({-1}).type() == "real float32 [24]");
    CHECK(reshape({4, 0, -1}).type() == "real float32 [4,3,2]");
    for (const Ints& wrong : std::vector<Ints>{
             {5, 5}, {-1, -1}, {7, -1}, {-2, 12}, {2, 3, 4, 0}, {maximum, maximum}, {minimum}}) {
        CHECK(reshape(wrong).code() == id(Code::shape_mismatch));
    }
    CHECK(OneNode(14, "Reshape", {2, 3}, {Ints{0, 3}}).attr("allowzero", 1).code() ==
          id(Code::shape_mismatch));
    OnnxBuilder dynamic(13);
    dynamic.add_input("x", {2, 3}).add_input("shape", {1}, DataType::int64);
    dynamic.add_node("Reshape", {"x", "shape"}, {"y"}).name("n");
    dynamic.add_output("y");
    CHECK(findings(dynamic).starts_with(id(Code::parameter_not_constant) + " n (Reshape)"));
    OnnxBuilder fraction(13);
    fraction.add_input("x", {2, 3}).add_init("shape", {1}, {1.5});
    fraction.add_node("Reshape", {"x", "shape"}, {"y"}).name("n");
    fraction.add_output("y");
    CHECK(findings(fraction).starts_with(id(Code::shape_mismatch) + " n (Reshape)"));
}

TEST_CASE("Transpose") {
    CHECK(OneNode(13, "Transpose", {2, 3, 4}).type() == "real float32 [4,3,2]");
    CHECK(OneNode(13, "Transpose", {2, 3, 4}).attr("perm", Ints{1, 2, 0}).type() ==
          "real float32 [3,4,2]");
    CHECK(OneNode(13, "Transpose", {2, 2}).result({1, 2, 3, 4}) == Values{1, 3, 2, 4});
    for (const Ints& wrong : std::vector<Ints>{{0, 1}, {0, 1, 1}, {0, 1, 3}, {-1, 0, 1}, {}}) {
        CHECK(OneNode(13, "Transpose", {2, 3, 4}).attr("perm", wrong).code() ==
              id(Code::bad_attribute));
    }
}

TEST_CASE("Squeeze and Unsqueeze with axes as attribute and as input") {
    CHECK(OneNode(11, "Squeeze", {1, 3, 1}).attr("axes", Ints{0}).type() == "real float32 [3,1]");
    CHECK(OneNode(13, "Squeeze", {1, 3, 1}, {Ints{-1}}).type() == "real float32 [1,3]");
    CHECK(OneNode(13, "Squeeze", {1, 3, 1}).type() == "real float32 [3]");
    CHECK(OneNode(13, "Squeeze", {1, 3, 1}, {Ints{1}}).code() == id(Code::shape_mismatch));
    CHECK(OneNode(13, "Squeeze", {1, 3, 1}, {Ints{0, -3}}).code() == id(Code::bad_attribute));
    CHECK(OneNode(13, "Squeeze", {1, 3, 1}, {Ints{3}}).code() == id(Code::bad_attribute));
    CHECK(OneNode(11, "Squeeze", {1, 3, 1}, {Ints{0}}).code() == id(Code::wrong_arity));
    CHECK(OneNode(13, "Squeeze", {1, 3, 1}).attr("axes", Ints{0}).code() ==
          id(Code::bad_attribute));
    CHECK(OneNode(11, "Unsqueeze", {3}).attr("axes", Ints{0, 2}).type() == "real float32 [1,3,1]");
    CHECK(OneNode(13, "Unsqueeze", {3}, {Ints{-1, 0}}).type() == "real float32 [1,3,1]");
    CHECK(OneNode(13, "Unsqueeze", {3}).code() == id(Code::bad_attribute));
    CHECK(OneNode(13, "Unsqueeze", {3}, {Ints{0, 0}}).code() == id(Code::bad_attribute));
    CHECK(OneNode(13, "Unsqueeze", {3}, {Ints{2}}).code() == id(Code::bad_attribute));
    CHECK(OneNode(13, "Unsqueeze", {3}, {Ints(40, 0)}).code() == id(Code::shape_mismatch));
}

TEST_CASE("Slice with bounds as attributes and as inputs") {
    const Values x{0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
    CHECK(OneNode(9, "Slice", {10}).attr("starts", Ints{2}).attr("ends", Ints{-3}).result(x) ==
          Values{2, 3, 4, 5, 6});
    CHECK(OneNode(9, "Slice", {10}).attr("starts", Ints{2}).code() == id(Code::bad_attribute));
    const auto slice = [&](std::int64_t start, std::int64_t end, std::int64_t step) {
        return OneNode(13, "Slice", {10}, {Ints{start}, Ints{end}, Ints{0}, Ints{step}}).result(x);
    };
    CHECK(slice(1, 9, 3) == Values{1, 4, 7});
    CHECK(slice(-2, maximum, 1) == Values{8, 9});
    CHECK(slice(9, minimum, -4) == Values{9, 5, 1});
    CHECK(slice(maximum, 6, -1) == Values{9, 8, 7});
    CHECK(slice(minimum, 2, 1) == Values{0, 1});
    CHECK(slice(-1, -4, -1) == Values{9, 8, 7});
    CHECK(slice(5, 5, 1).empty());
    CHECK(OneNode(13, "Slice", {2, 4}, {Ints{1}, Ints{3}, Ints{-1}}).type() ==
          "real float32 [2,2]");
    CHECK(OneNode(13, "Slice", {10}, {Ints{0}, Ints{5}, Ints{0}, Ints{0}}).code() ==
          id(Code::bad_attribute));
    CHECK(OneNode(13, "Slice", {10}, {Ints{0}, Ints{5, 6}}).code() == id(Code::bad_attribute));
    CHECK(OneNode(13, "Slice", {10}, {Ints{0}, Ints{5}, Ints{1}}).code() ==
          id(Code::bad_attribute));
    CHECK(OneNode(13, "Slice", {10}, {Ints{0}}).code() == id(Code::wrong_arity));
}

TEST_CASE("Split with sizes as attribute, as input and left out") {
    const auto split = [](std::int64_t opset, std::int64_t size, const Ints& sizes,
                          std::size_t outputs, int count) {
        OnnxBuilder model(opset);
        model.add_input("x", {1, size}).add_ints("sizes", sizes);
        std::vector<std::string> names;
        for (std::size_t i = 0; i < outputs; ++i) {
            names.push_back("y" + std::to_string(i));
            model.add_output(names.back());
        }
        const bool as_input = opset >= 13 && !sizes.empty();
        auto node = model.add_node("Split",
                                   as_input ? std::vector<std::string>{"x", "sizes"}
                                            : std::vector<std::string>{"x"},
                                   names);
        node.attr("axis", -1);
        if (opset < 13 && !sizes.empty()) {
            node.attr("split", sizes);
        }
        if (count != 0) {
            node.attr("num_outputs", count);
        }
        return model;
    };
    CHECK(outputs_text(split(11, 5, {2, 3}, 2, 0)) ==
          "y0 : real float32 [1,2], y1 : real float32 [1,3]");
    CHECK(outputs_text(split(13, 5, {4, 1}, 2, 0)) ==
          "y0 : real float32 [1,4], y1 : real float32 [1,1]");
    CHECK(outputs_text(split(18, 5, {}, 2, 2)) ==
          "y0 : real float32 [1,3], y1 : real float32 [1,2]");
    CHECK(run(split(13, 4, {}, 2, 0), {{1, 2, 3, 4}}) == Values{1, 2});
    CHECK(findings(split(13, 5, {}, 2, 0)).starts_with(id(Code::shape_mismatch)));
    CHECK(findings(split(13, 5, {2, 2}, 2, 0)).starts_with(id(Code::shape_mismatch)));
    CHECK(findings(split(13, 5, {5}, 2, 0)).starts_with(id(Code::shape_mismatch)));
    CHECK(findings(split(13, 5, {6, -1}, 2, 0)).starts_with(id(Code::shape_mismatch)));
    CHECK(findings(split(18, 4, {}, 2, 3)).starts_with(id(Code::bad_attribute)));
}

TEST_CASE("Concat and Gather") {
    OnnxBuilder concat(13);
    concat.add_input("x", {1, 2}).add_init("c", {1, 1}, {7});
    concat.add_node("Concat", {"x", "c", "x"}, {"y"}).name("n").attr("axis", -1);
    concat.add_output("y");
    CHECK(run(concat, {{1, 2}}) == Values{1, 2, 7, 1, 2});
    OnnxBuilder wrong(13);
    wrong.add_input("x", {1, 2}).add_init("c", {2, 1}, {7, 8});
    wrong.add_node("Concat", {"x", "c"}, {"y"}).name("n").attr("axis", 1);
    wrong.add_node("Concat", {"x", "c"}, {"z"}).name("m");
    wrong.add_output("y").add_output("z");
    CHECK(findings(wrong) ==
          id(Code::shape_mismatch) +
              " n (Concat): concat along axis 1: shapes [1,2] and [2,1] do not fit\n" +
              id(Code::bad_attribute) + " m (Concat): attribute 'axis' is missing");

    const auto gather = [](const Ints& indices, int axis) {
        return OneNode(13, "Gather", {2, 3}, {indices}).attr("axis", axis);
    };
    CHECK(gather({2, -3}, 1).result({1, 2, 3, 4, 5, 6}) == Values{3, 1, 6, 4});
    CHECK(gather({1}, 0).type() == "real float32 [1,3]");
    CHECK(gather({3}, 1).code() == id(Code::shape_mismatch));
    CHECK(gather({-3}, 0).code() == id(Code::shape_mismatch));
    CHECK(gather({0}, 2).code() == id(Code::bad_attribute));
    OnnxBuilder dynamic(13);
    dynamic.add_input("x", {2, 3}).add_input("i", {1}, DataType::int64);
    dynamic.add_node("Gather", {"x", "i"}, {"y"}).name("n");
    dynamic.add_output("y");
    CHECK(findings(dynamic).starts_with(id(Code::parameter_not_constant) + " n (Gather)"));
}

TEST_CASE("Expand and Tile repeat elements") {
    OnnxBuilder model(13);
    model.add_input("x", {2, 2}).add_init("row", {1, 2}, {3, 4}).add_ints("to", {2, 1});
    model.add_node("Expand", {"row", "to"}, {"e"});
    model.add_node("Add", {"x", "e"}, {"s"});
    model.add_node("Expand", {"s", "to"}, {"y"});
    model.add_output("y");
    CHECK(run(model, {{0, 0, 10, 10}}) == Values{3, 4, 13, 14});
    CHECK(OneNode(13, "Expand", {1, 2}, {Ints{2, 2}}).result({3, 4}) == Values{3, 4, 3, 4});
    CHECK(OneNode(13, "Expand", {2}, {Ints{2, 1}}).result({3, 4}) == Values{3, 4, 3, 4});
    CHECK(OneNode(13, "Expand", {2}, {Ints{1, 2, 1}}).type() == "real float32 [1,2,2]");
    CHECK(OneNode(13, "Expand", {3, 2}, {Ints{2, 2}}).code() == id(Code::shape_mismatch));
    CHECK(OneNode(13, "Expand", {1, 2}, {Ints{-1, 2}}).code() == id(Code::shape_mismatch));
    CHECK(OneNode(13, "Tile", {1, 2}, {Ints{2, 2}}).result({3, 4}) ==
          Values{3, 4, 3, 4, 3, 4, 3, 4});
    CHECK(OneNode(13, "Tile", {1, 2}, {Ints{1, 1}}).result({3, 4}) == Values{3, 4});
    CHECK(OneNode(13, "Tile", {1, 2}, {Ints{2}}).code() == id(Code::bad_attribute));
    CHECK(OneNode(13, "Tile", {1, 2}, {Ints{1, -1}}).code() == id(Code::bad_attribute));
    CHECK(OneNode(13, "Tile", {1, 2}, {Ints{1, maximum}}).code() == id(Code::bad_attribute));
    CHECK(OneNode(13, "Tile", {1, 2}, {Ints{1, 1 << 30}}).code() == id(Code::shape_mismatch));
}

TEST_CASE("operators that change nothing") {
    OnnxBuilder model(13);
    model.add_input("x", {1, 2})
        .add_scalar("ratio", 0.5)
        .add_scalar("training", 0, DataType::boolean);
    model.add_node("Identity", {"x"}, {"a"});
    model.add_node("Dropout", {"a", "ratio", "training"}, {"b", "mask"});
    model.add_node("Cast", {"b"}, {"c"}).attr("to", 1);
    model.add_node("Reshape", {"c", "shape"}, {"d"});
    model.add_node("Transpose", {"d"}, {"e"}).attr("perm", Ints{0, 1});
    model.add_node("Relu", {"e"}, {"y"});
    model.add_ints("shape", {1, 2}).add_output("y");
    CHECK(import_ok(model).graph.nodes.size() == 1);

    OnnxBuilder old(7);
    old.add_input("x", {1, 2});
    old.add_node("Dropout", {"x"}, {"y"}).attr("ratio", 0.5F);
    old.add_output("y");
    CHECK(run(old, {{1, 2}}) == Values{1, 2});

    OnnxBuilder training(13);
    training.add_input("x", {1, 2}).add_scalar("yes", 1, DataType::boolean);
    training.add_node("Dropout", {"x", "", "yes"}, {"y"}).name("n");
    training.add_node("Dropout", {"x"}, {"z", "mask"}).name("m");
    training.add_output("y").add_output("mask");
    CHECK(findings(training) == id(Code::bad_attribute) + " n (Dropout): training_mode is true\n" +
                                    id(Code::unsupported_operator) +
                                    " m (Dropout): the mask (output 1) is used");
}

TEST_CASE("Cast") {
    const auto cast = [](int to) { return OneNode(13, "Cast", {3}).attr("to", to); };
    CHECK(cast(6).type() == "real int32 [3]");
    CHECK(cast(6).result({1.75, -1.75, 0}) == Values{1, -1, 0});
    CHECK(cast(9).result({1.75, -1.75, 0}) == Values{1, 1, 0});
    CHECK(cast(10).type() == "real float16 [3]");
    CHECK(cast(8).code() == id(Code::unsupported_data_type));
    CHECK(cast(17).code() == id(Code::unsupported_data_type));
    CHECK(cast(-7).code() == id(Code::unsupported_data_type));
    CHECK(OneNode(13, "Cast", {3}).code() == id(Code::bad_attribute));
}

TEST_CASE("Constant in all its forms") {
    const auto with = [](const std::string& key, const auto& value) {
        OnnxBuilder model(13);
        model.add_input("x", {2});
        model.add_node("Constant", {}, {"c"}).name("n").attr(key, value);
        model.add_node("Cast", {"c"}, {"f"}).attr("to", 1);
        model.add_node("Add", {"x", "f"}, {"y"});
        model.add_output("y");
        return model;
    };
    const std::vector<Values> x{{1, 2}};
    CHECK(run(with("value", OnnxTensor{{2}, {10, 20}}), x) == Values{11, 22});
    CHECK(run(with("value", OnnxTensor{{}, {10}, DataType::int8}), x) == Values{11, 12});
    CHECK(run(with("value_float", 0.5F), x) == Values{1.5, 2.5});
    CHECK(run(with("value_floats", std::vector<float>{10, 20}), x) == Values{11, 22});
    CHECK(run(with("value_int", 3), x) == Values{4, 5});
    CHECK(run(with("value_ints", Ints{3, 4}), x) == Values{4, 6});
    CHECK(findings(with("value_string", "s")).starts_with(id(Code::unsupported_data_type)));
    CHECK(findings(with("sparse_value", 1)).starts_with(id(Code::unsupported_data_type)));
    CHECK(findings(with("value_int", 1.5F)).starts_with(id(Code::bad_attribute)));
    CHECK(findings(with("nothing", 1)).starts_with(id(Code::bad_attribute)));
    CHECK(findings(with("value", OnnxTensor{{3}, {1, 2}}))
              .starts_with(id(Code::tensor_size_mismatch) + " n (Constant)"));
    const double infinity = std::numeric_limits<double>::infinity();
    CHECK(findings(with("value", OnnxTensor{{}, {infinity}}))
              .starts_with(id(Code::non_finite_constant)));
}

TEST_CASE("ConstantOfShape, Shape, Size and Range") {
    OnnxBuilder model(15);
    model.add_input("x", {1, 3, 2}, DataType::int64);
    model.add_node("Shape", {"x"}, {"s"});
    model.add_node("Shape", {"x"}, {"part"}).attr("start", -2).attr("end", -1);
    model.add_node("Size", {"x"}, {"size"});
    model.add_node("ConstantOfShape", {"s"}, {"sevens"})
        .attr("value", OnnxTensor{{1}, {7}, DataType::int64});
    model.add_node("Add", {"x", "sevens"}, {"a"});
    model.add_node("Mul", {"a", "size"}, {"b"});
    model.add_node("Sub", {"b", "part"}, {"y"});
    model.add_output("y").add_output("s");
    CHECK(run(model, {{1, 2, 3, 4, 5, 6}}) == Values{45, 51, 57, 63, 69, 75});
    CHECK(outputs_text(model) == "y : real int64 [1,3,2], s : real int64 [3]");

    const auto range = [](double start, double limit, double delta) {
        OnnxBuilder built(13);
        built.add_input("x", {1})
            .add_scalar("a", start)
            .add_scalar("b", limit)
            .add_scalar("c", delta);
        built.add_node("Range", {"a", "b", "c"}, {"r"}).name("n");
        built.add_node("Add", {"x", "r"}, {"y"});
        built.add_output("y");
        return built;
    };
    CHECK(run(range(1, 2.5, 0.5), {{0}}) == Values{1, 1.5, 2});
    CHECK(run(range(3, 0, -2), {{0}}) == Values{3, 1});
    CHECK(findings(range(0, 1, 0)).starts_with(id(Code::bad_attribute) + " n (Range)"));
    CHECK(findings(range(0, 1e30, 1)).starts_with(id(Code::shape_mismatch) + " n (Range)"));

    OnnxBuilder half(13);
    half.add_input("x", {1}).add_ints("s", {2});
    half.add_node("ConstantOfShape", {"s"}, {"c"}).attr("value", OnnxTensor{{1}, {0.5}});
    half.add_node("ConstantOfShape", {"s"}, {"zeros"});
    half.add_node("Add", {"zeros", "c"}, {"d"});
    half.add_node("Add", {"x", "d"}, {"y"});
    half.add_output("y");
    CHECK(run(half, {{1}}) == Values{1.5, 1.5});
}

TEST_CASE("the chain that exporters write for a flatten folds to one reshape") {
    OnnxBuilder model(9);
    model.add_input("x", {"N", 1, 2, 2});
    model.add_node("Shape", {"x"}, {"shape"});
    model.add_node("Constant", {}, {"zero"}).attr("value", OnnxTensor{{}, {0}, DataType::int64});
    model.add_node("Gather", {"shape", "zero"}, {"batch"}).attr("axis", 0);
    model.add_node("Constant", {}, {"rest"}).attr("value", OnnxTensor{{}, {-1}, DataType::int64});
    model.add_node("Unsqueeze", {"batch"}, {"b"}).attr("axes", Ints{0});
    model.add_node("Unsqueeze", {"rest"}, {"r"}).attr("axes", Ints{0});
    model.add_node("Concat", {"b", "r"}, {"target"}).attr("axis", 0);
    model.add_node("Reshape", {"x", "target"}, {"flat"});
    model.add_node("Relu", {"flat"}, {"y"});
    model.add_output("y");
    const frontend::ImportedModel imported = import_ok(model);
    CHECK(imported.symbolic_batch);
    CHECK(imported.graph.nodes.size() == 2);
    CHECK(outputs_text(model) == "y : real float32 [1,4]");
}

TEST_CASE("operators before the set that brought them") {
    CHECK(OneNode(8, "Sign", {2}).code() == id(Code::unsupported_operator));
    CHECK(OneNode(9, "Sign", {2}).code().empty());
    CHECK(OneNode(9, "QuantizeLinear", {2}, {Ints{1}}).code() == id(Code::unsupported_operator));
}

TEST_SUITE_END();
