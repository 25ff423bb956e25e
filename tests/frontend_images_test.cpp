// SPDX-License-Identifier: Apache-2.0
//
// Pad, Resize, Upsample, DepthToSpace, SpaceToDepth and the reductions: their forms in the operator
// sets, exactness where positions lie between elements, and what is said against wrong models.
// Values of many more cases: onnx_node_test.cpp.
#include "ir/text.hpp"
#include "tests/support/onnx_import.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <optional>

using namespace millrace;
using namespace millrace::tests;

namespace {

using Values = std::vector<double>;
using Ints = std::vector<std::int64_t>;

/// One node "n" whose further inputs are lists of integers or of floats; an absent list is an
/// empty name.
class OneNode {
  public:
    OneNode(std::int64_t opset, const std::string& op, const std::vector<OnnxDim>& shape)
        : model_(opset),
          op_(op) {
        model_.add_input("x", shape);
    }
    OneNode ints(const Ints& list) && {
        names_.push_back("list" + std::to_string(names_.size()));
        model_.add_ints(names_.back(), list);
        return std::move(*this);
    }
    OneNode floats(const Values& list) && {
        names_.push_back("list" + std::to_string(names_.size()));
        model_.add_init(names_.back(), {static_cast<std::int64_t>(list.size())}, list);
        return std::move(*this);
    }
    OneNode none() && {
        names_.emplace_back();
        return std::move(*this);
    }
    template <class T> OneNode attr(const std::string& key, const T& value) && {
        node().attr(key, value);
        return std::move(*this);
    }
    [[nodiscard]] Values result(const Values& x) { return run(model(), {x}); }
    [[nodiscard]] std::string type() { return outputs_text(model()).substr(4); }
    [[nodiscard]] std::size_t nodes() { return import_ok(model()).graph.nodes.size(); }
    [[nodiscard]] std::string op() { return print(import_ok(model()).graph.nodes.at(0).op); }
    [[nodiscard]] bool has_error(Code code, const std::string& words) {
        const std::string text = findings(model());
        INFO(text);
        return text.starts_with(id(code) + " n (" + op_) && text.find(words) != std::string::npos;
    }

  private:
    OnnxNode& node() {
        if (!node_) {
            std::vector<std::string> inputs{"x"};
            inputs.insert(inputs.end(), names_.begin(), names_.end());
            node_.emplace(model_.add_node(op_, inputs, {"y"}));
            node_->name("n");
            model_.add_output("y");
        }
        return *node_;
    }
    OnnxBuilder& model() {
        node();
        return model_;
    }

    OnnxBuilder model_;
    std::string op_;
    std::vector<std::string> names_;
    std::optional<OnnxNode> node_;
};

} // namespace

TEST_SUITE_BEGIN("frontend images");

TEST_CASE("Pad in the forms of the operator sets") {
    CHECK(OneNode(7, "Pad", {1, 2})
              .attr("pads", Ints{0, 1, 0, 2})
              .attr("value", 5.0F)
              .result({1, 2}) == Values{5, 1, 2, 5, 5});
    CHECK(OneNode(11, "Pad", {1, 2}).ints({0, 1, 0, 0}).result({1, 2}) == Values{0, 1, 2});
    CHECK(OneNode(13, "Pad", {1, 2}).ints({0, 1, 0, 0}).floats({-3}).result({1, 2}) ==
          Values{-3, 1, 2});
    CHECK(OneNode(18, "Pad", {1, 2}).ints({1, 1}).none().ints({-1}).result({1, 2}) ==
          Values{0, 1, 2, 0});
    CHECK(OneNode(13, "Pad", {1, 2}).ints({0, 0, 0, 0}).nodes() == 1); // the output's own name
    CHECK(OneNode(13, "Pad", {1, 3}).ints({0, 1, 0, 0}).op() ==
          "pad {begin = [0,1], end = [0,0], value = 0}");
}

TEST_CASE("Pad with negative pads and with elements of the input") {
    const Values x{1, 2, 3};
    const auto pad = [](const Ints& pads, const char* mode) {
        return OneNode(19, "Pad", {3}).ints(pads).attr("mode", mode);
    };
    CHECK(pad({-1, 2}, "constant").result(x) == Values{2, 3, 0, 0});
    CHECK(pad({-1, 2}, "edge").result(x) == Values{2, 3, 3, 3});
    CHECK(pad({-2, -2}, "constant").type() == "real float32 [0]");
    CHECK(pad({2, 1}, "edge").result(x) == Values{1, 1, 1, 2, 3, 3});
    CHECK(pad({2, 2}, "reflect").result(x) == Values{3, 2, 1, 2, 3, 2, 1});
    CHECK(pad({5, 0}, "reflect").result(x) == Values{2, 1, 2, 3, 2, 1, 2, 3});
    CHECK(pad({2, 4}, "wrap").result(x) == Values{2, 3, 1, 2, 3, 1, 2, 3, 1});
    CHECK(pad({0, 0}, "wrap").nodes() == 1);
}

TEST_CASE("Pad: what is said against wrong models") {
    CHECK(OneNode(13, "Pad", {1, 2}).ints({0, 1}).has_error(Code::bad_attribute, "2 pads"));
    CHECK(OneNode(13, "Pad", {2})
              .ints({1, 1})
              .attr("mode", "wrap")
              .has_error(Code::bad_attribute, "wrap"));
    CHECK(OneNode(18, "Pad", {2})
              .ints({1, 1, 1, 1})
              .none()
              .ints({0, 0})
              .has_error(Code::bad_attribute, "twice"));
    CHECK(OneNode(18, "Pad", {2})
              .ints({1, 1})
              .none()
              .ints({1})
              .has_error(Code::bad_attribute, "axis 1"));
    CHECK(OneNode(13, "Pad", {2})
              .ints({std::numeric_limits<std::int64_t>::max(), 0})
              .has_error(Code::bad_attribute, "pads"));
    CHECK(OneNode(13, "Pad", {2})
              .ints({std::numeric_limits<std::int64_t>::min(), 0})
              .has_error(Code::bad_attribute, "pads"));
    CHECK(OneNode(13, "Pad", {2})
              .ints({-2, 1})
              .attr("mode", "edge")
              .has_error(Code::shape_mismatch, "no elements"));
    CHECK(OneNode(13, "Pad", {2}).has_error(Code::wrong_arity, "pads"));
    CHECK(OneNode(7, "Pad", {2}).has_error(Code::bad_attribute, "pads"));
}

TEST_CASE("Resize: positions on the border of two elements are decided as the mode says") {
    const Values x{1, 2, 3, 4};
    const auto resize = [](double scale, const char* coordinates, const char* nearest) {
        return OneNode(13, "Resize", {4})
            .none()
            .floats({scale})
            .attr("coordinate_transformation_mode", coordinates)
            .attr("nearest_mode", nearest);
    };
    // Half scale, half_pixel: positions 0.5 and 2.5.
    CHECK(resize(0.5, "half_pixel", "round_prefer_floor").result(x) == Values{1, 3});
    CHECK(resize(0.5, "half_pixel", "round_prefer_ceil").result(x) == Values{2, 4});
    CHECK(resize(0.5, "half_pixel", "floor").result(x) == Values{1, 3});
    CHECK(resize(0.5, "half_pixel", "ceil").result(x) == Values{2, 4});
    CHECK(resize(0.5, "asymmetric", "floor").result(x) == Values{1, 3});
    CHECK(resize(0.5, "tf_half_pixel_for_nn", "floor").result(x) == Values{2, 4});
    CHECK(resize(0.25, "pytorch_half_pixel", "floor").result(x) == Values{1});
    CHECK(resize(0.25, "half_pixel", "floor").result(x) == Values{2}); // 1.5
    CHECK(resize(0.5, "align_corners", "floor").result(x) == Values{1, 4});
    CHECK(resize(2, "half_pixel", "round_prefer_floor").result(x) ==
          Values{1, 1, 2, 2, 3, 3, 4, 4});
    CHECK(resize(2, "asymmetric", "ceil").result(x) == Values{1, 2, 2, 3, 3, 4, 4, 4});
    // Positions 0, 7/15, 14/15, 21/15, ...: exact sixths would be lost in float32.
    CHECK(resize(1.5, "half_pixel_symmetric", "round_prefer_floor").result(x) ==
          Values{1, 1, 2, 3, 3, 4});
    CHECK(resize(1, "half_pixel", "ceil").nodes() == 1); // nothing is moved
}

TEST_CASE("Resize by sizes, for some axes, keeping the ratio") {
    CHECK(OneNode(13, "Resize", {1, 2}).none().none().ints({1, 4}).result({1, 2}) ==
          Values{1, 1, 2, 2});
    CHECK(OneNode(13, "Resize", {1, 2}).floats({}).floats({}).ints({1, 4}).result({1, 2}) ==
          Values{1, 1, 2, 2});
    CHECK(OneNode(18, "Resize", {1, 2}).none().floats({2}).attr("axes", Ints{-2}).result({1, 2}) ==
          Values{1, 2, 1, 2});
    const auto kept = [](const char* policy) {
        return OneNode(18, "Resize", {2, 4})
            .none()
            .none()
            .ints({3, 8})
            .attr("keep_aspect_ratio_policy", policy);
    };
    CHECK(kept("stretch").type() == "real float32 [3,8]");
    CHECK(kept("not_larger").type() == "real float32 [3,6]");
    CHECK(kept("not_smaller").type() == "real float32 [4,8]");
    // The axis that shrinks comes first.
    CHECK(OneNode(13, "Resize", {2, 2}).none().floats({2, 0.5}).op() == "gather {axis = 1}");
    CHECK(OneNode(13, "Resize", {4})
              .floats({0, 0.5})
              .none()
              .ints({2})
              .attr("coordinate_transformation_mode", "tf_crop_and_resize")
              .result({1, 2, 3, 4}) == Values{1, 2}); // positions 0 and 1.5
}

TEST_CASE("Resize and Upsample before operator set 11") {
    CHECK(OneNode(10, "Resize", {2}).floats({2}).result({1, 2}) == Values{1, 1, 2, 2});
    CHECK(OneNode(10, "Resize", {4}).floats({0.6}).result({1, 2, 3, 4}) == Values{1, 3});
    CHECK(OneNode(9, "Upsample", {2}).floats({1.5}).result({1, 2}) == Values{1, 1, 2});
    CHECK(OneNode(8, "Upsample", {2}).attr("scales", std::vector<float>{2}).result({1, 2}) ==
          Values{1, 1, 2, 2});
    CHECK(OneNode(8, "Upsample", {2})
              .attr("scales", std::vector<float>{std::numeric_limits<float>::infinity()})
              .has_error(Code::bad_attribute, "positive"));
    CHECK(OneNode(10, "Upsample", {2})
              .floats({2})
              .has_error(Code::unsupported_operator, "operator set 9"));
}

TEST_CASE("Resize: what is said against wrong models") {
    const auto scaled = [](const Values& scales) {
        return OneNode(13, "Resize", {2, 2}).none().floats(scales);
    };
    CHECK(scaled({1, 2}).attr("mode", "linear").has_error(Code::unsupported_operator, "'linear'"));
    CHECK(scaled({1, 2}).attr("mode", "cubic").has_error(Code::unsupported_operator, "'cubic'"));
    CHECK(scaled({2}).has_error(Code::bad_attribute, "1 scales"));
    CHECK(scaled({1, -2}).has_error(Code::bad_attribute, "scale -2"));
    CHECK(scaled({1, 1e30}).has_error(Code::bad_attribute, "has the scale 1.0"));
    CHECK(scaled({1, 0.25}).has_error(Code::shape_mismatch, "would get 0"));
    CHECK(scaled({1, 1e9}).has_error(Code::shape_mismatch, "the limit"));
    CHECK(scaled({1, 2})
              .attr("coordinate_transformation_mode", "sideways")
              .has_error(Code::bad_attribute, "'sideways'"));
    CHECK(scaled({1, 2}).attr("axes", Ints{0, 1}).has_error(Code::bad_attribute, "'axes'"));
    CHECK(OneNode(13, "Resize", {2})
              .none()
              .floats({2})
              .ints({4})
              .has_error(Code::wrong_arity, "either"));
    CHECK(OneNode(13, "Resize", {2}).has_error(Code::wrong_arity, "either"));
    CHECK(OneNode(10, "Resize", {2}).none().has_error(Code::wrong_arity, "input 1"));
    CHECK(OneNode(13, "Resize", {2})
              .none()
              .none()
              .ints({std::int64_t{1} << 62})
              .has_error(Code::bad_attribute, "a size is"));
    CHECK(OneNode(18, "Resize", {1, 8})
              .none()
              .none()
              .ints({1 << 30, 8})
              .attr("keep_aspect_ratio_policy", "not_smaller")
              .has_error(Code::bad_attribute, "the scale"));
    CHECK(OneNode(13, "Resize", {2}).none().none().ints({-1}).has_error(Code::bad_attribute, "-1"));
    CHECK(OneNode(18, "Resize", {2, 2})
              .none()
              .floats({2, 2})
              .attr("axes", Ints{1, 1})
              .has_error(Code::bad_attribute, "twice"));
    CHECK(OneNode(13, "Resize", {4})
              .floats({0, 2})
              .none()
              .ints({4})
              .attr("coordinate_transformation_mode", "tf_crop_and_resize")
              .has_error(Code::unsupported_operator, "beyond the input"));
}

TEST_CASE("DepthToSpace and SpaceToDepth") {
    const Values channels{0, 1, 2, 3, 4, 5, 6, 7}; // [1, 8, 1, 1]
    CHECK(OneNode(13, "DepthToSpace", {1, 8, 1, 1}).attr("blocksize", 2).result(channels) ==
          Values{0, 2, 4, 6, 1, 3, 5, 7});
    CHECK(OneNode(13, "DepthToSpace", {1, 8, 1, 1})
              .attr("blocksize", 2)
              .attr("mode", "CRD")
              .result(channels) == channels);
    CHECK(OneNode(13, "SpaceToDepth", {1, 2, 2, 2}).attr("blocksize", 2).result(channels) ==
          Values{0, 4, 1, 5, 2, 6, 3, 7});
    CHECK(OneNode(13, "DepthToSpace", {1, 6, 1, 1})
              .attr("blocksize", 2)
              .has_error(Code::shape_mismatch, "blocks of 2"));
    CHECK(OneNode(13, "SpaceToDepth", {1, 1, 2, 3})
              .attr("blocksize", 2)
              .has_error(Code::shape_mismatch, "blocks of 2"));
    CHECK(OneNode(13, "SpaceToDepth", {2, 2})
              .attr("blocksize", 2)
              .has_error(Code::shape_mismatch, "[2,2]"));
    CHECK(OneNode(13, "DepthToSpace", {1, 4, 1, 1})
              .attr("blocksize", 0)
              .has_error(Code::bad_attribute, "blocksize"));
    CHECK(OneNode(13, "DepthToSpace", {1, 4, 1, 1}).has_error(Code::bad_attribute, "blocksize"));
    CHECK(OneNode(13, "DepthToSpace", {1, 4, 1, 1})
              .attr("blocksize", 2)
              .attr("mode", "RCD")
              .has_error(Code::bad_attribute, "'RCD'"));
}

TEST_CASE("reductions") {
    const Values x{1, -2, 3, 4, 5, -12};
    const auto reduce = [](std::int64_t opset, const char* op) {
        return OneNode(opset, op, {2, 3});
    };
    CHECK(reduce(13, "ReduceMean").attr("axes", Ints{-1}).op() == "reduce_mean {axes = [1]}");
    CHECK(reduce(18, "ReduceMean").ints({1}).attr("keepdims", 0).type() == "real float32 [2]");
    CHECK(reduce(13, "ReduceMean").attr("axes", Ints{0}).result(x) == Values{2.5, 1.5, -4.5});
    CHECK(reduce(13, "ReduceSum").ints({1}).result(x) == Values{2, -3});
    CHECK(reduce(11, "ReduceSum").attr("axes", Ints{1, 0}).result(x) == Values{-1});
    CHECK(reduce(13, "ReduceSum").result(x) == Values{-1});
    CHECK(reduce(13, "ReduceSum").attr("noop_with_empty_axes", 1).result(x) == x);
    CHECK(reduce(13, "ReduceMax").attr("axes", Ints{0}).result(x) == Values{4, 5, 3});
    CHECK(reduce(18, "ReduceMax").ints({1}).result(x) == Values{3, 5});
    CHECK(reduce(18, "ReduceMin").ints({0}).attr("keepdims", 0).result(x) == Values{1, -2, -12});
    CHECK(reduce(13, "ReduceL1").attr("axes", Ints{1}).result(x) == Values{6, 21});
    CHECK(reduce(13, "ReduceSumSquare").attr("axes", Ints{1}).result(x) == Values{14, 185});
    CHECK(OneNode(13, "ReduceMax", {1, 2, 3, 2}).attr("axes", Ints{2}).op() ==
          "max_pool {kernel = [3,1], strides = [1,1], dilations = [1,1], pads_begin = [0,0], "
          "pads_end = [0,0]}");
    CHECK(
        reduce(13, "ReduceMean").attr("axes", Ints{1, -1}).has_error(Code::bad_attribute, "twice"));
    CHECK(reduce(13, "ReduceMean").attr("axes", Ints{2}).has_error(Code::bad_attribute, "axis 2"));
    CHECK(reduce(13, "ReduceMean").ints({1}).has_error(Code::wrong_arity, "operator set 18"));
}

TEST_CASE("elementwise operators of several tensors") {
    const auto model = [](const char* op, std::vector<std::string> inputs) {
        OnnxBuilder result(13);
        result.add_input("x", {2}).add_input("z", {2}).add_scalar("c", 2);
        result.add_node(op, inputs, {"y"}).name("n");
        result.add_output("y");
        return result;
    };
    const std::vector<Values> inputs{{1, -3}, {4, -5}};
    CHECK(run(model("Sum", {"x", "z", "c"}), inputs) == Values{7, -6});
    CHECK(run(model("Mean", {"x", "z", "c"}), {{1, -3}, {3, -5}}) == Values{2, -2});
    CHECK(run(model("Max", {"x", "z"}), inputs) == Values{4, -3});
    CHECK(run(model("Min", {"x", "z"}), inputs) == Values{1, -5});
    CHECK(run(model("Max", {"x", "c", "z"}), inputs) == Values{4, 2});
    CHECK(run(model("Min", {"c", "x"}), inputs) == Values{1, -3});
    CHECK(print(import_ok(model("Max", {"c", "x"})).graph.nodes[0].op) ==
          "clip {low = 2, high = none}");
    CHECK(run(model("Max", {"x"}), inputs) == Values{1, -3});
    CHECK(findings(model("Max", {"x", ""})).starts_with(id(Code::wrong_arity) + " n (Max)"));
    CHECK(findings(model("Sum", {"x", "", "z"})).starts_with(id(Code::wrong_arity) + " n (Sum)"));
}

TEST_CASE("functions that others make") {
    const auto apply = [](std::int64_t opset, const char* op, const Values& x) {
        return OneNode(opset, op, {static_cast<std::int64_t>(x.size())}).result(x);
    };
    CHECK(apply(13, "Abs", {-2, 0, 3}) == Values{2, 0, 3});
    CHECK(apply(14, "HardSwish", {-4, 0, 3, 4}) == Values{0, 0, 3, 4});
    CHECK(apply(24, "Swish", {0}) == Values{0});
    CHECK(apply(13, "Floor", {-1.5, 2.5}) == Values{-2, 2});
    CHECK(apply(13, "Ceil", {-1.5, 2.5}) == Values{-1, 3});
    CHECK(apply(13, "Round", {-1.5, 0.5, 2.5, 2.75}) == Values{-2, 0, 2, 3});
}

TEST_SUITE_END();
