// SPDX-License-Identifier: Apache-2.0
//
// Types of the dataflow level: the words that each actor sends, and every divisibility and width
// rule broken once.
#include "ir/ops/dataflow.hpp"
#include "tests/support/infer_text.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace millrace;
using tests::infer_text;

namespace {

constexpr std::string_view grid = " grid scale [1] zero_point [0]";

std::string value(std::string_view shape, std::string_view lo, std::string_view hi,
                  std::string_view kind = "") {
    return fmt::format("integer {} lo {} hi {}{}{}", shape, lo, hi, kind, grid);
}

std::string matrix_vector(std::string_view fields) {
    // Weights from -2 to 2, [K, N] = [4, 6].
    return fmt::format(
        "matrix_vector {{weights = [4,6] scaled [1,2,0,0,0,1,-2,0,0,0,0,1,"
        "0,0,0,0,0,1,0,0,0,0,0,1] scale [1], groups = 1, memory = lut, multiplier = dsp, {}}}",
        fields);
}

std::string function_unit(std::string_view form, std::string_view output = "u4") {
    return fmt::format("function_unit {{form = {}, output = {}, memory = automatic}}", form,
                       output);
}

std::string memory_to_stream(int lanes, int memory_bits = 64, int memory_cycles = 0) {
    return fmt::format("memory_to_stream {{lanes = {}, memory_bits = {}, memory_cycles = {}}}",
                       lanes, memory_bits, memory_cycles);
}

std::string topk_unit(int k, bool with_values) {
    return fmt::format("topk_unit {{k = {}, largest = true, last_index = false, with_values = {}}}",
                       k, with_values);
}

} // namespace

TEST_SUITE("ir dataflow ops") {
    TEST_CASE("memory to stream") {
        CHECK(infer_text(value("[1,6]", "[0]", "[200]"), memory_to_stream(3)) ==
              "stream [1,6] u8 x3");
        CHECK(infer_text(value("[1,6]", "[-1]", "[1]"), memory_to_stream(1)) ==
              "stream [1,6] s2 x1");
        CHECK(infer_text(value("[1,6]", "[-1]", "[1]", " bipolar"), memory_to_stream(6)) ==
              "stream [1,6] b1 x6");
        CHECK(infer_text(value("[1,6]", "[0]", "[1]"), memory_to_stream(4)) ==
              "error: memory_to_stream: lanes = 4 does not divide the number of elements = 6");
        CHECK(infer_text(value("[1,6]", "[0]", "[1]"), memory_to_stream(0)) ==
              "error: memory_to_stream: lanes = 0 does not divide the number of elements = 6");
        CHECK(infer_text(value("[8192]", "[0]", "[1]"), memory_to_stream(4096)) ==
              "stream [8192] u1 x4096");
        CHECK(infer_text(value("[8192]", "[0]", "[1]"), memory_to_stream(8192)) ==
              "error: memory_to_stream: a word of 8192 lanes of 1 bits exceeds 4096 bits");
        CHECK(infer_text("stream [6] u1 x1", memory_to_stream(1))
                  .starts_with("error: input 0 is not"));
    }

    TEST_CASE("memory words") {
        const std::string x = value("[1,6]", "[0]", "[1]");
        for (const int bits : {64, 128, 256, 512}) {
            CHECK(infer_text(x, memory_to_stream(1, bits)) == "stream [1,6] u1 x1");
            CHECK(infer_text(x, memory_to_stream(1, bits, 5)) == "stream [1,6] u1 x1");
            CHECK(infer_text(x, memory_to_stream(1, bits, -5)) ==
                  "error: memory_to_stream: memory_cycles = -5 is negative");
        }
        for (const int bits : {-64, 0, 32, 96, 1024}) {
            const std::string error =
                fmt::format("memory words of {} bits; 64, 128, 256 or 512 are possible", bits);
            CHECK(infer_text(x, memory_to_stream(1, bits)) == "error: memory_to_stream: " + error);
            CHECK(infer_text(
                      "stream [1,6] u1 x1",
                      fmt::format(
                          "stream_to_memory {{type = {}, memory_bits = {}, memory_cycles = 0}}", x,
                          bits)) == "error: stream_to_memory: " + error);
        }
        CHECK(ops::memory_lanes(64, {1, Encoding::bipolar}) == 64);
        CHECK(ops::memory_lanes(64, {5, Encoding::signed_integer}) == 8);
        CHECK(ops::memory_lanes(512, {33, Encoding::signed_integer}) == 8);
        CHECK(ops::memory_lanes(64, {63, Encoding::unsigned_integer}) == 1);
    }

    TEST_CASE("stream to memory") {
        const auto to_memory = [](const std::string& type) {
            return "stream_to_memory {type = " + type + ", memory_bits = 64, memory_cycles = 7}";
        };
        const std::string type = value("[2,3]", "[-4,0,0]", "[3]");
        CHECK(infer_text("stream [2,3] s3 x3", to_memory(type)) == type);
        // Words may span vectors where they leave the fabric.
        CHECK(infer_text("stream [2,3] s3 x2", to_memory(type)) == type);
        CHECK(infer_text("stream [2,3] s4 x3", to_memory(type)) ==
              "error: stream_to_memory: a stream of [2,3] s4 does not carry an integer value of "
              "[2,3] s3");
        CHECK(infer_text("stream [3,2] s3 x2", to_memory(type)) ==
              "error: stream_to_memory: a stream of [3,2] s3 does not carry an integer value of "
              "[2,3] s3");
        CHECK(infer_text(type, to_memory(type)).starts_with("error: input 0 is not a stream"));
    }

    TEST_CASE("matrix-vector unit") {
        const std::string fold = "weight_format = s3, accumulator = s7, pe = 3, simd = 2";
        CHECK(infer_text("stream [5,4] u4 x2", matrix_vector(fold)) == "stream [5,6] s7 x3");
        CHECK(infer_text("stream [6,3] u4 x3", matrix_vector(fold)) ==
              "error: matrix_vector: input of shape [6,3] does not fit weights of shape [4,6], "
              "groups = 1");
        CHECK(infer_text("stream [] u4 x1", matrix_vector(fold)) ==
              "error: matrix_vector: the input has no axis");
        CHECK(infer_text("stream [2,4] u4 x8", matrix_vector(fold)) ==
              "error: matrix_vector: the input's lanes = 8 does not divide the last axis = 4");
        CHECK(infer_text("stream [5,4] u4 x4", matrix_vector(fold)) ==
              "error: matrix_vector: an input of 4 lanes for SIMD = 2");
        const auto with = [](std::string_view weight, std::string_view accumulator, int pe,
                             int simd) {
            return infer_text("stream [4] u4 x1",
                              matrix_vector(fmt::format("weight_format = {}, accumulator = {}, "
                                                        "pe = {}, simd = {}",
                                                        weight, accumulator, pe, simd)));
        };
        CHECK(with("s3", "s7", 6, 1) == "stream [6] s7 x6");
        CHECK(with("s3", "s7", 4, 1) ==
              "error: matrix_vector: PE = 4 does not divide N / groups = 6");
        CHECK(with("s3", "s7", 0, 1) ==
              "error: matrix_vector: PE = 0 does not divide N / groups = 6");
        CHECK(with("s3", "s7", 1, 3) == "error: matrix_vector: SIMD = 3 does not divide K = 4");
        CHECK(with("s2", "s7", 1, 1) ==
              "error: matrix_vector: weights within [-2, 2] do not fit the format s2");
        CHECK(with("u2", "s7", 1, 1) ==
              "error: matrix_vector: weights within [-2, 2] do not fit the format u2");
        CHECK(with("s64", "s7", 1, 1) ==
              "error: matrix_vector: a weight cannot have the format s64");
        CHECK(with("s3", "s0", 1, 1) ==
              "error: matrix_vector: the accumulator cannot have the format s0");
        CHECK(with("s3", "b1", 1, 1) == "error: matrix_vector: the accumulator cannot be bipolar");
    }

    TEST_CASE("matrix-vector unit: bipolar weights and wide words") {
        const auto unit = [](std::string_view weights, std::string_view format, int simd) {
            return fmt::format(
                "matrix_vector {{weights = {}, groups = 1, weight_format = {}, accumulator = "
                "s8, pe = 1, simd = {}, memory = lut, multiplier = lut}}",
                weights, format, simd);
        };
        CHECK(infer_text("stream [2] b1 x1", unit("[2,1] scaled [1,-1] scale [1]", "b1", 1)) ==
              "stream [1] s8 x1");
        CHECK(infer_text("stream [2] b1 x1", unit("[2,1] scaled [1,0] scale [1]", "b1", 1)) ==
              "error: matrix_vector: weights within [0, 1] do not fit the format b1");
        std::string zeros = "0";
        for (int i = 1; i < 512; ++i) {
            zeros += ",0";
        }
        const std::string many = fmt::format("[512,1] scaled [{}] scale [1]", zeros);
        CHECK(infer_text("stream [512] u8 x512", unit(many, "s8", 512)) == "stream [1] s8 x1");
        CHECK(infer_text("stream [512] u8 x512", unit(many, "s9", 512)) ==
              "error: matrix_vector: a word of weights of 512 lanes of 9 bits exceeds 4096 bits");
        CHECK(infer_text("stream [512] u9 x512", unit(many, "s8", 512)) ==
              "error: matrix_vector: a word of 512 lanes of 9 bits exceeds 4096 bits");
    }

    TEST_CASE("matrix-vector unit: wide results") {
        std::string zeros = "0";
        for (int i = 1; i < 512; ++i) {
            zeros += ",0";
        }
        const auto unit = [&](int pe, std::string_view accumulator) {
            return fmt::format(
                "matrix_vector {{weights = [1,512] scaled [{}] scale [1], groups = 1, "
                "weight_format = u1, accumulator = {}, pe = {}, simd = 1, "
                "memory = lut, multiplier = lut}}",
                zeros, accumulator, pe);
        };
        CHECK(infer_text("stream [1] u1 x1", unit(512, "s8")) == "stream [512] s8 x512");
        CHECK(infer_text("stream [1] u1 x1", unit(512, "s9")) ==
              "error: matrix_vector: a word of 512 lanes of 9 bits exceeds 4096 bits");
    }

    TEST_CASE("function unit") {
        const std::string x = "stream [2,3] s6 x3";
        CHECK(infer_text(x, function_unit("identity", "s7")) == "stream [2,3] s7 x3");
        CHECK(infer_text("stream [] s6 x1", function_unit("identity")) == "stream [] u4 x1");
        const auto shift = [](std::string_view add, int by, int lo, int hi) {
            return function_unit(
                fmt::format("shift {{add = {}, shift = {}, rounding = floor, lo = {}, hi = {}}}",
                            add, by, lo, hi));
        };
        CHECK(infer_text(x, shift("[1]", 3, 0, 15)) == "stream [2,3] u4 x3");
        CHECK(infer_text(x, shift("[1,2,3]", 0, 0, 15)) == "stream [2,3] u4 x3");
        CHECK(infer_text(x, shift("[1,2]", 3, 0, 15)) ==
              "error: function_unit: the form has 2 entries for 3 channels");
        CHECK(infer_text(x, shift("[1]", 63, 0, 15)) ==
              "error: function_unit: a shift by 63 clamped to [0, 15] is none");
        CHECK(infer_text(x, shift("[1]", -1, 0, 15)).starts_with("error: function_unit: a shift"));
        CHECK(infer_text(x, shift("[1]", 1, 16, 15)).starts_with("error: function_unit: a shift"));
        const auto multiply = [](std::string_view multiplier, std::string_view add, int by) {
            return function_unit(fmt::format("multiply_add_shift {{multiplier = {}, add = {}, "
                                             "add_shift = 0, shift = {}, tie = 0, "
                                             "lo = 0, hi = 15}}",
                                             multiplier, add, by));
        };
        CHECK(infer_text(x, multiply("[3,4,5]", "[1]", 8)) == "stream [2,3] u4 x3");
        CHECK(infer_text(x, multiply("[3]", "[]", 8)) ==
              "error: function_unit: the form has 0 entries for 3 channels");
        CHECK(infer_text(x, multiply("[3]", "[0]", 111)).starts_with("error: "));
        const auto thresholds = [](std::string_view base, std::string_view rows) {
            return function_unit(
                fmt::format("thresholds {{base = {}, step = [1], thresholds = {}}}", base, rows));
        };
        CHECK(infer_text(x, thresholds("[0]", "[[]]")) == "stream [2,3] u4 x3");
        CHECK(infer_text(x, thresholds("[0]", "[[1],[2],[3]]")) == "stream [2,3] u4 x3");
        CHECK(infer_text(x, thresholds("[0]", "[[1],[2]]")).starts_with("error: "));
        CHECK(infer_text(x, thresholds("[0,0]", "[[1]]")).starts_with("error: "));
        CHECK(infer_text(x, thresholds("[0]", "[[1],[2,3],[3]]")) ==
              "error: function_unit: the form's rows are not of one length");
        const auto breakpoints = [](std::string_view starts, std::string_view values) {
            return function_unit(
                fmt::format("breakpoints {{starts = {}, values = {}}}", starts, values));
        };
        CHECK(infer_text(x, breakpoints("[[0,4]]", "[[1,2],[2,3],[3,4]]")) == "stream [2,3] u4 x3");
        CHECK(infer_text(x, breakpoints("[[0,4]]", "[[1]]")) ==
              "error: function_unit: a form with 2 starts and 1 values");
        CHECK(infer_text(x, breakpoints("[[]]", "[[]]")).starts_with("error: "));
        const auto table = [](std::string_view values) {
            return function_unit(fmt::format("table {{lo = 0, values = {}}}", values));
        };
        CHECK(infer_text(x, table("[[1,2,3]]")) == "stream [2,3] u4 x3");
        CHECK(infer_text(x, table("[[1],[2]]")).starts_with("error: "));
        CHECK(infer_text(x, table("[[1],[2],[]]")).starts_with("error: "));

        CHECK(infer_text(x, function_unit("null")) == "error: function_unit: there is no function");
        CHECK(infer_text("stream [2,3] s6 x2", function_unit("identity")) ==
              "error: function_unit: the input's lanes = 2 does not divide the last axis = 3");
        CHECK(infer_text(x, function_unit("identity", "b2")) ==
              "error: function_unit: an element cannot have the format b2");
        CHECK(infer_text("stream [1024] u4 x1024", function_unit("identity", "u5")) ==
              "error: function_unit: a word of 1024 lanes of 5 bits exceeds 4096 bits");
    }

    TEST_CASE("words passed on") {
        const std::string x = "stream [2,3] s6 x2";
        CHECK(infer_text(x, "width_converter {lanes = 3}") == "stream [2,3] s6 x3");
        CHECK(infer_text(x, "width_converter {lanes = 4}") ==
              "error: width_converter: lanes = 4 does not divide the number of elements = 6");
        CHECK(infer_text("stream [8192] u1 x1", "width_converter {lanes = 8192}") ==
              "error: width_converter: a word of 8192 lanes of 1 bits exceeds 4096 bits");
        CHECK(infer_text(x, "fifo {depth = 1, memory = automatic}") == x);
        CHECK(infer_text(x, "fifo {depth = 0, memory = automatic}") ==
              "error: fifo: a depth of 0 words");
        CHECK(infer_text(x, "fork {ways = 2}") == x + " & " + x);
        CHECK(infer_text(x, "fork {ways = 8}").size() == 8 * x.size() + 7 * 3);
        CHECK(infer_text(x, "fork {ways = 1}") == "error: fork: 1 ways are not within 2 to 8");
        CHECK(infer_text(x, "fork {ways = 9}") == "error: fork: 9 ways are not within 2 to 8");
        CHECK(infer_text(x, "stream_reshape {shape = [6]}") == "stream [6] s6 x2");
        CHECK(infer_text(x, "stream_reshape {shape = [5]}") ==
              "error: stream_reshape: shape [2,3] cannot become [5]");
        CHECK(infer_text(std::vector<std::string_view>{}, "fifo {depth = 1, memory = automatic}") ==
              "error: fifo takes 1 input, 0 given");
        // A broken input stream is refused by all.
        CHECK(infer_text("stream [2,3] s6 x0", "fifo {depth = 1, memory = automatic}")
                  .starts_with("error: "));
        CHECK(infer_text("stream [2,3] s6 x4", "fifo {depth = 1, memory = automatic}")
                  .starts_with("error: "));
        CHECK(infer_text("stream [2,3] s0 x1", "fifo {depth = 1, memory = automatic}")
                  .starts_with("error: "));
        CHECK(infer_text("stream [2,-3] s6 x1", "fifo {depth = 1, memory = automatic}")
                  .starts_with("error: "));
    }

    TEST_CASE("topk unit") {
        CHECK(infer_text("stream [2,10] s9 x5", topk_unit(3, false)) == "stream [2,3] u4 x3");
        CHECK(infer_text("stream [2,10] s9 x5", topk_unit(1, true)) ==
              "stream [2,1] u4 x1 & stream [2,1] s9 x1");
        CHECK(infer_text("stream [2,10] s9 x5", topk_unit(2, true)) ==
              "stream [2,2] u4 x2 & stream [2,2] s9 x2");
        CHECK(infer_text("stream [512] s9 x1", topk_unit(455, true)) ==
              "stream [455] u9 x455 & stream [455] s9 x455");
        CHECK(infer_text("stream [512] s9 x1", topk_unit(456, false)) ==
              "error: topk_unit: a word of 456 lanes of 9 bits exceeds 4096 bits");
        CHECK(infer_text("stream [1] s9 x1", topk_unit(1, false)) == "stream [1] u1 x1");
        CHECK(infer_text("stream [10] s9 x1", topk_unit(0, false)) ==
              "error: topk_unit: k = 0 is not within 1 to 10");
        CHECK(infer_text("stream [10] s9 x1", topk_unit(11, false)) ==
              "error: topk_unit: k = 11 is not within 1 to 10");
        CHECK(infer_text("stream [] s9 x1", topk_unit(1, false)) ==
              "error: topk_unit: the input has no axis");
        CHECK(infer_text("stream [2,3] s9 x2", topk_unit(1, false)) ==
              "error: topk_unit: the input's lanes = 2 does not divide the last axis = 3");
    }
}
