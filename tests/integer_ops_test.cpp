// SPDX-License-Identifier: Apache-2.0
//
// Types of the integer level: ranges against brute force over all corners of the input's range,
// grids, and what each op refuses.
#include "ir/ops/integer.hpp"
#include "tests/support/infer_text.hpp"

#include <algorithm>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <random>

using namespace millrace;
using tests::infer_text;

namespace {

constexpr std::string_view grid = " grid scale [1] zero_point [0]";

std::string integer(std::string_view shape, std::string_view lo, std::string_view hi,
                    std::string_view rest = grid) {
    return fmt::format("integer {} lo {} hi {}{}", shape, lo, hi, rest);
}

struct Range {
    std::vector<std::int64_t> lo;
    std::vector<std::int64_t> hi;
    bool operator==(const Range&) const = default;
};

/// What the definition says, term by term in 128 bits.
Range defined_range(const Tensor& weights, const IntegerType& x) {
    const std::int64_t rows = weights.shape()[0];
    const std::int64_t columns = weights.shape()[1];
    Range range;
    for (std::int64_t n = 0; n < columns; ++n) {
        Int128 lo = 0;
        Int128 hi = 0;
        for (std::int64_t k = 0; k < rows; ++k) {
            const Int128 weight = weights.at(k * columns + n).as_int64().value();
            const Int128 a = weight * channel_parameter(x.lo, static_cast<std::size_t>(k));
            const Int128 b = weight * channel_parameter(x.hi, static_cast<std::size_t>(k));
            lo += std::min(a, b);
            hi += std::max(a, b);
        }
        range.lo.push_back(static_cast<std::int64_t>(lo));
        range.hi.push_back(static_cast<std::int64_t>(hi));
    }
    return range;
}

/// The inferred range with one entry per channel.
Range inferred_range(const Tensor& weights, const IntegerType& x) {
    const ops::IntegerMatMul op{std::make_shared<Tensor>(weights), {Real(1)}};
    const ValueType input = x;
    const auto types = infer(op, TypeList{{&input}, {nullptr}});
    const auto& y = std::get<IntegerType>(types.at(0));
    const auto size = static_cast<std::size_t>(weights.shape()[1]);
    Range range;
    for (std::size_t n = 0; n < size; ++n) {
        range.lo.push_back(channel_parameter(y.lo, n));
        range.hi.push_back(channel_parameter(y.hi, n));
    }
    return range;
}

} // namespace

TEST_SUITE("ir integer ops") {
    TEST_CASE("matmul: range and grid") {
        // Column 0 is 2x0 - x1, column 1 is 3x1.
        const std::string op = "integer_matmul {weights = [2,2] scaled [2,0,-1,3] scale [1], "
                               "weight_scale = [1/2,1/4], groups = 1}";
        CHECK(infer_text(integer("[5,2]", "[0]", "[10]"), op) ==
              "integer [5,2] lo [-10,0] hi [20,30] grid scale [1/2,1/4] zero_point [0]");
        CHECK(infer_text(integer("[5,2]", "[0,-7]", "[10,-1]"), op) ==
              "integer [5,2] lo [1,-21] hi [27,-3] grid scale [1/2,1/4] zero_point [0]");
        CHECK(infer_text(integer("[2]", "[-1]", "[1]", " bipolar" + std::string(grid)), op) ==
              "integer [2] lo [-3] hi [3] grid scale [1/2,1/4] zero_point [0]");
        // Column sums are 1 and 3.
        CHECK(infer_text(integer("[2]", "[0]", "[1]", " grid scale [1/3] zero_point [128]"), op) ==
              "integer [2] lo [-1,0] hi [2,3] grid scale [1/6,1/12] zero_point [128,384]");
        CHECK(infer_text(integer("[2]", "[0]", "[1]", " grid scale [1/3,1/3] zero_point [5,5]"),
                         op) ==
              "integer [2] lo [-1,0] hi [2,3] grid scale [1/6,1/12] zero_point [5,15]");
    }

    TEST_CASE("matmul: what it refuses") {
        const auto matmul = [](std::string_view weights, std::string_view scale = "[1]") {
            return fmt::format("integer_matmul {{weights = {}, weight_scale = {}, groups = 1}}",
                               weights, scale);
        };
        const std::string x = integer("[2]", "[0]", "[1]");
        const std::string w = "[2,2] scaled [1,2,3,4] scale [1]";
        CHECK(infer_text(std::vector<std::string_view>{}, matmul(w)) ==
              "error: integer_matmul takes 1 input, 0 given");
        CHECK(infer_text("real float32 [2]", matmul(w)).starts_with("error: input 0 is not"));
        CHECK(infer_text(x, matmul("null")) ==
              "error: integer_matmul: the weights must be a constant matrix");
        CHECK(infer_text(x, matmul("[2] scaled [1,2] scale [1]")) ==
              "error: integer_matmul: the weights must be a constant matrix");
        CHECK(infer_text(x, matmul("[2,1] scaled [1,2] scale [1/2]")) ==
              "error: integer_matmul: the weights must be integers");
        CHECK(infer_text(x, matmul("[1,2] scaled [1,2] scale [1]")) ==
              "error: integer_matmul: input of shape [2] does not fit weights of shape [1,2], "
              "groups = 1");
        CHECK(infer_text(integer("[]", "[0]", "[1]"), matmul(w)).starts_with("error: "));
        CHECK(infer_text(x, matmul(w, "[1,2,3]")) ==
              "error: integer_matmul: the weights' scale has 3 entries for 2 channels");
        CHECK(infer_text(integer("[2]", "[0]", "[1]", " grid scale [1,2] zero_point [0]"),
                         matmul(w)) ==
              "error: integer_matmul: the input's channels differ in their scale");
        CHECK(infer_text(integer("[2]", "[0]", "[1]", " grid scale [1] zero_point [0,1]"),
                         matmul(w)) ==
              "error: integer_matmul: the input's channels differ in their zero point");
        CHECK(infer_text(integer("[2]", "[0,0,0]", "[1]"), matmul(w)) ==
              "error: integer_matmul: the input's lower bound has 3 entries for 2 channels");
    }

    TEST_CASE("matmul: accumulators of at most 62 bits") {
        const auto matmul = [](std::string_view weights) {
            return fmt::format(
                "integer_matmul {{weights = [2,1] {}, weight_scale = [1], groups = 1}}", weights);
        };
        constexpr std::string_view over =
            "error: integer_matmul: the accumulator of channel 0 needs more than 62 bits";
        // 2^31 * 2^30 * 2 = 2^62 is just within; one more is not.
        const std::string x = integer("[2]", "[0]", "[2147483648]");
        CHECK(infer_text(x, matmul("scaled [1073741824,1073741824] scale [1]")) ==
              integer("[1]", "[0]", "[4611686018427387904]"));
        CHECK(infer_text(x, matmul("scaled [1073741824,1073741825] scale [1]")) == over);
        CHECK(infer_text(x, matmul("scaled [-1073741824,1073741824] scale [1]")) ==
              integer("[1]", "[-2305843009213693952]", "[2305843009213693952]"));
        // A partial sum would overflow even though the whole does not.
        CHECK(infer_text(integer("[2]", "[2147483648]", "[2147483648]"),
                         matmul("scaled [-2147483648,2147483647] scale [1]")) == over);
        CHECK(infer_text(x, matmul("reals [9223372036854775807,0]")) == over);
        CHECK(infer_text(integer("[2]", "[0]", "[0]"), matmul("reals [4611686018427387904,0]")) ==
              integer("[1]", "[0]", "[0]"));
    }

    TEST_CASE("matmul: every way through agrees with the definition") {
        std::mt19937 random(5);
        const auto between = [&random](std::int64_t lo, std::int64_t hi) {
            return std::uniform_int_distribution<std::int64_t>(lo, hi)(random);
        };
        struct Case {
            std::int64_t rows;
            std::int64_t columns;
            std::int64_t weight; ///< largest magnitude
            std::int64_t range;  ///< largest magnitude
        };
        const std::vector<Case> cases{
            {1, 1, 1, 1},
            {3, 5, 127, 255},
            {64, 300, 127, 255},
            {5, 1090, 1, 1},              // more than a tile of columns
            {500, 70, 127, 65535},        // blocks of rows, per channel
            {20, 70, 1 << 26, 100},       // blocks of rows
            {9, 65, 1 << 30, 255},        // beyond 32 bits
            {30, 7, 2147483647, 1 << 20}, // beyond 62 bits by the coarse bound
            {4, 3, 1 << 20, std::int64_t{1} << 38},
        };
        for (const Case& c : cases) {
            for (const bool per_channel : {false, true}) {
                IntegerType x;
                x.shape = {c.rows};
                x.lo.clear();
                x.hi.clear();
                for (std::int64_t k = 0; k < (per_channel ? c.rows : 1); ++k) {
                    const auto [lo, hi] =
                        std::minmax({between(-c.range, c.range), between(-c.range, c.range)});
                    x.lo.push_back(lo);
                    x.hi.push_back(hi);
                }
                ScaledIntegers scaled;
                scaled.scale = {Real(1)};
                std::vector<Real> reals;
                for (std::int64_t i = 0; i < c.rows * c.columns; ++i) {
                    scaled.values.push_back(
                        static_cast<std::int32_t>(between(-c.weight, c.weight)));
                    reals.emplace_back(std::int64_t{scaled.values.back()});
                }
                const Tensor narrow({c.rows, c.columns}, std::move(scaled));
                CAPTURE(c.rows);
                CAPTURE(c.columns);
                const bool agrees = inferred_range(narrow, x) == defined_range(narrow, x);
                CHECK(agrees);
                const Tensor wide({c.rows, c.columns}, std::move(reals));
                const bool wide_agrees = inferred_range(wide, x) == defined_range(wide, x);
                CHECK(wide_agrees);
            }
        }
    }

    TEST_CASE("function: the result's range is what it reaches") {
        const auto function = [](std::string_view steps, std::size_t channels = 1) {
            return fmt::format("integer_function {{function = channels {} [{}], grid = scale [1/7] "
                               "zero_point [3]}}",
                               channels, steps);
        };
        constexpr std::string_view result = " grid scale [1/7] zero_point [3]";
        constexpr std::string_view clamp = "quantize {scale = [1], zero_point = [0], lo = [0], "
                                           "hi = [15], rounding = floor, zero_point_last = false, "
                                           "binary = false}";
        constexpr std::string_view sign = "quantize {scale = [1], zero_point = [0], lo = [], "
                                          "hi = [], rounding = floor, zero_point_last = false, "
                                          "binary = true}";
        const std::string x = integer("[1,2]", "[-100]", "[20]");
        CHECK(infer_text(x, function(clamp)) == integer("[1,2]", "[0]", "[15]", result));
        CHECK(infer_text(integer("[1,2]", "[3]", "[7]"), function(clamp)) ==
              integer("[1,2]", "[3]", "[7]", result));
        CHECK(infer_text(integer("[1,2]", "[3,-5]", "[7,1]"), function(clamp)) ==
              integer("[1,2]", "[3,0]", "[7,1]", result));
        // Equal for all channels: one entry.
        CHECK(infer_text(integer("[1,2]", "[-3,-5]", "[70,100]"), function(clamp)) ==
              integer("[1,2]", "[0]", "[15]", result));
        CHECK(infer_text(x,
                         function(fmt::format("affine {{scale = [1,-1], offset = [0]}}, {}", clamp),
                                  2)) == integer("[1,2]", "[0]", "[15]", result));
        CHECK(infer_text(integer("[1,2]", "[-9]", "[4]"),
                         function(fmt::format("affine {{scale = [1,-1], offset = [0]}}, {}", clamp),
                                  2)) == integer("[1,2]", "[0]", "[4,9]", result));
        CHECK(infer_text(x, function(sign)) ==
              integer("[1,2]", "[-1]", "[1]", " bipolar" + std::string(result)));
        CHECK(infer_text(integer("[1,2]", "[-4,1]", "[-2,1]"), function(sign)) ==
              integer("[1,2]", "[-1,1]", "[-1,1]", " bipolar" + std::string(result)));
        CHECK(infer_text(x, function("sign")) == integer("[1,2]", "[-1]", "[1]", result));
        // One channel with three levels: not bipolar.
        CHECK(infer_text(integer("[1,2]", "[-1,0]", "[-1,1]"), function("sign")) ==
              integer("[1,2]", "[-1,0]", "[-1,1]", result));
    }

    TEST_CASE("function: what it refuses") {
        const std::string x = integer("[1,2]", "[0]", "[1]");
        CHECK(
            infer_text(x, "integer_function {function = null, grid = scale [1] zero_point [0]}") ==
            "error: integer_function: there is no function");
        CHECK(infer_text(x, "integer_function {function = channels 3 [sign], "
                            "grid = scale [1] zero_point [0]}") ==
              "error: integer_function: a function of 3 channels for an input of 2");
        CHECK(infer_text(x, "integer_function {function = channels 2 [leaky_relu {slope = "
                            "[1,2,3]}], grid = scale [1] zero_point [0]}") ==
              "error: integer_function: a step's parameter has 3 entries for 2 channels");
        CHECK(infer_text(x, "integer_function {function = channels 1 [sign], "
                            "grid = scale [1,2,3] zero_point [0]}") ==
              "error: integer_function: the result's scale has 3 entries for 2 channels");
        CHECK(infer_text(x, "integer_function {function = channels 1 [sign], "
                            "grid = scale [1] zero_point []}") ==
              "error: integer_function: the result's zero point has 0 entries for 2 channels");
    }

    TEST_CASE("topk") {
        const auto topk = [](int k, bool with_values) {
            return fmt::format("integer_topk {{k = {}, largest = true, last_index = false, "
                               "with_values = {}}}",
                               k, with_values);
        };
        const std::string x = integer("[2,3]", "[0,-1,2]", "[5,6,4]");
        CHECK(infer_text(x, topk(2, false)) == integer("[2,2]", "[0]", "[2]"));
        CHECK(infer_text(x, topk(1, true)) ==
              integer("[2,1]", "[0]", "[2]") + " & " + integer("[2,1]", "[-1]", "[6]"));
        const std::string grids =
            integer("[3]", "[0]", "[1]", " grid scale [1,2,1] zero_point [0]");
        CHECK(infer_text(grids, topk(1, false)) == integer("[1]", "[0]", "[2]"));
        CHECK(infer_text(grids, topk(1, true)) ==
              "error: integer_topk: the input's channels differ in their scale");
        CHECK(infer_text(integer("[3]", "[-1]", "[1]", " bipolar" + std::string(grid)),
                         topk(3, true)) ==
              integer("[3]", "[0]", "[2]") + " & " +
                  integer("[3]", "[-1]", "[1]", " bipolar" + std::string(grid)));
        CHECK(infer_text(x, topk(0, false)) == "error: integer_topk: k = 0 is not within 1 to 3");
        CHECK(infer_text(x, topk(4, false)) == "error: integer_topk: k = 4 is not within 1 to 3");
        CHECK(infer_text(integer("[]", "[0]", "[1]"), topk(1, false)) ==
              "error: integer_topk: the input has no axis");
    }

    TEST_CASE("reshape") {
        const std::string x = integer("[2,3]", "[0,-1,2]", "[5]");
        CHECK(infer_text(x, "integer_reshape {shape = [1,2,3]}") ==
              integer("[1,2,3]", "[0,-1,2]", "[5]"));
        CHECK(infer_text(x, "integer_reshape {shape = [6]}") ==
              integer("[6]", "[0,-1,2,0,-1,2]", "[5]"));
        CHECK(infer_text(x, "integer_reshape {shape = [3,2]}") == integer("[3,2]", "[-1]", "[5]"));
        CHECK(infer_text(integer("[2,3]", "[0]", "[5]"), "integer_reshape {shape = [3,2]}") ==
              integer("[3,2]", "[0]", "[5]"));
        const std::string grids =
            integer("[2,3]", "[0]", "[5]", " grid scale [1,2,3] zero_point [0]");
        CHECK(infer_text(grids, "integer_reshape {shape = [2,1,3]}") ==
              integer("[2,1,3]", "[0]", "[5]", " grid scale [1,2,3] zero_point [0]"));
        CHECK(infer_text(grids, "integer_reshape {shape = [6]}") ==
              integer("[6]", "[0]", "[5]", " grid scale [1,2,3,1,2,3] zero_point [0]"));
        CHECK(infer_text(grids, "integer_reshape {shape = [3,2]}") ==
              "error: integer_reshape: the input's channels differ in their scale");
        CHECK(infer_text(x, "integer_reshape {shape = [7]}") ==
              "error: integer_reshape: shape [2,3] cannot become [7]");
        CHECK(infer_text(x, "integer_reshape {shape = [-2,-3]}").starts_with("error: "));
    }
}
