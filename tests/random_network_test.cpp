// SPDX-License-Identifier: Apache-2.0
//
// Random convolutional networks (tests/support/random_cnn.hpp) from the ONNX file to the dataflow
// level, and to the C simulation of the emitted project. A difference, or an exception where the
// compiler should have compiled or refused, fails with the seed.
//
// MILLRACE_RANDOM_SEEDS=FIRST:COUNT runs other seeds, as many as wanted:
//   MILLRACE_RANDOM_SEEDS=1000:5000 build/bin/millrace_tests --test-suite="slow-ci random networks"
#include "tests/support/random_cnn_trial.hpp"
#include "tests/support/tools.hpp"

#include <algorithm>
#include <cstdlib>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

using namespace millrace::tests;

namespace {

struct Seeds {
    std::uint32_t first;
    std::uint32_t count;
    bool chosen = false; ///< by the environment: what they cover is not checked
};

Seeds seeds(Seeds usual) {
    const char* text = std::getenv("MILLRACE_RANDOM_SEEDS");
    if (text == nullptr) {
        return usual;
    }
    std::istringstream stream(text);
    Seeds result{0, 0, true};
    char colon = 0;
    stream >> result.first >> colon >> result.count;
    REQUIRE_MESSAGE((stream && colon == ':' && stream.eof()),
                    "MILLRACE_RANDOM_SEEDS is not FIRST:COUNT");
    return result;
}

std::string listing(const std::map<std::string, int>& counts) {
    std::string text;
    for (const auto& [what, count] : counts) {
        text += fmt::format("\n  {:6} {}", count, what);
    }
    return text;
}

struct Coverage {
    int equal = 0;
    std::map<std::string, int> in_hardware;
    std::map<std::string, int> on_host;
    std::map<std::string, int> actors;
};

void add(std::map<std::string, int>& sums, const std::map<std::string, int>& counts) {
    for (const auto& [what, count] : counts) {
        sums[what] += count;
    }
}

/// Runs and reports the trials; each that failed is a failed check.
Coverage run(CnnTrial (*trial)(std::uint32_t), const Seeds& range) {
    const std::vector<CnnTrial> trials = run_trials(trial, range.first, range.count);
    Coverage coverage;
    std::map<std::string, int> refused;
    double slowest = 0;
    std::uint32_t slowest_seed = range.first;
    for (const CnnTrial& one : trials) {
        if (one.seconds > slowest) {
            slowest = one.seconds;
            slowest_seed = one.seed;
        }
        switch (one.result) {
        case CnnTrial::Result::equal:
            ++coverage.equal;
            add(coverage.in_hardware, one.in_hardware);
            add(coverage.on_host, one.on_host);
            add(coverage.actors, one.actors);
            break;
        case CnnTrial::Result::refused: {
            std::string codes;
            for (const std::string& code : one.codes) {
                codes += (codes.empty() ? "" : "+") + code;
            }
            ++refused[codes];
            if (range.chosen) {
                MESSAGE("seed ", one.seed, " is refused: ", one.text);
            }
            break;
        }
        case CnnTrial::Result::failed:
            FAIL_CHECK(fmt::format("seed {}: {}", one.seed, one.text));
            break;
        }
    }
    MESSAGE(fmt::format("{} networks from seed {} on: {} compiled and equal; refused:{}\n"
                        "slowest: {:.2f} s, seed {}\noperators in hardware:{}\n"
                        "operators (partly) on the host:{}\nactors:{}",
                        range.count, range.first, coverage.equal, listing(refused), slowest,
                        slowest_seed, listing(coverage.in_hardware), listing(coverage.on_host),
                        listing(coverage.actors)));
    return coverage;
}

/// What hardware has to have computed somewhere: each line's operators, by the beginning of their
/// names, are one requirement.
constexpr std::string_view required[] = {
    "Conv",
    "Conv (1-D)",
    "Conv (depthwise)",
    "Conv (grouped)",
    "ConvTranspose",
    "Gemm",
    "MatMul",
    "MatMul (computed)",
    "MaxPool",
    "AveragePool",
    "GlobalAveragePool",
    "GlobalMaxPool",
    "ReduceMean",
    "Add (two streams)",
    "Mul (two streams)",
    "Sub (two streams)",
    "Concat (channels)",
    "Split",
    "Slice",
    "Pad",
    "Resize",
    "DepthToSpace",
    "SpaceToDepth",
    "Flatten",
    "Reshape",
    "Transpose",
    "BatchNormalization",
    "Relu",
    "qonnx.custom_op.channels_last::Conv",
    "qonnx.custom_op.general::Quant",
    "qonnx.custom_op.general::IntQuant",
    "qonnx.custom_op.general::BipolarQuant",
    "qonnx.custom_op.general::MultiThreshold",
    "qonnx.custom_op.general::Trunc (1)",
    "QuantizeLinear (int8)",
    "QuantizeLinear (uint8)",
    "QuantizeLinear (int8, per axis)",
    "QuantizeLinear (uint8, per axis)",
    "com.microsoft::QuantizeLinear (int16)",
    "QLinearConv",
    "QLinearMatMul",
    "com.microsoft::QGemm",
    "com.microsoft::QLinearAdd",
    "com.microsoft::QLinearMul",
    "com.microsoft::QLinearConcat",
    "com.microsoft::QLinearAveragePool",
    "com.microsoft::QLinearGlobalAveragePool",
    "com.microsoft::QLinearLeakyRelu",
    "com.microsoft::QLinearSigmoid",
    "ConvInteger",
    "MatMulInteger",
};

/// Nine of ten compile, and every operator has been in hardware.
void check_coverage(const Coverage& coverage, const Seeds& range) {
    if (range.chosen) {
        return;
    }
    CHECK(10 * coverage.equal >= 9 * static_cast<int>(range.count));
    for (const std::string_view what : required) {
        CAPTURE(what);
        CHECK(coverage.in_hardware.contains(std::string(what)));
    }
}

} // namespace

TEST_SUITE("slow-ci random networks") {
    TEST_CASE("network, integer and dataflow level agree") {
        const Seeds range = seeds({0, 300});
        const Coverage coverage = run(reference_trial, range);
        check_coverage(coverage, range);
    }
}

TEST_SUITE("slow-ci random networks csim") {
    TEST_CASE("the C simulation of the emitted project agrees") {
        const Seeds range = seeds({5000, 60});
        const Coverage coverage = run(csim_trial, range);
        check_coverage(coverage, range);
    }
}

TEST_SUITE("slow-ci random networks rtlsim") {
    TEST_CASE("the RTL simulation of the emitted project agrees, at the predicted interval") {
        if (has_verilator()) {
            run(rtlsim_trial, seeds({7105, 8}));
            run(rtlsim_trial, {40325, 1}); // a sum of signs that is always 1, in one bit
        }
    }
}

TEST_SUITE("slow random networks rtlsim") {
    TEST_CASE("every operator of the generator goes through the RTL simulation") {
        if (has_verilator()) {
            const Seeds range = seeds({7100, 100});
            check_coverage(run(rtlsim_trial, range), range);
        }
    }
}
