// SPDX-License-Identifier: Apache-2.0
//
// The cost model: rules of devices by hand-computed numbers, laws that every cost keeps, figures
// that Yosys 0.23 gave for modules of the actor library, and, with the real Yosys, a whole network.
#include "cli/project_folder.hpp"
#include "ir/cost.hpp"
#include "tests/support/command.hpp"
#include "tests/support/shared_data.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

namespace {

using namespace millrace;
using namespace millrace::tests;
namespace fs = std::filesystem;
using Json = nlohmann::json;

const fs::path digits = fs::path(MILLRACE_SOURCE_DIR) / "examples" / "digits" / "digits.onnx";

constexpr ElementFormat unsigned_bits(int bits) { return {bits, Encoding::unsigned_integer}; }
constexpr ElementFormat signed_number(int bits) { return {bits, Encoding::signed_integer}; }
constexpr ElementFormat sign{1, Encoding::bipolar};

MatrixVectorCircuit matrix(std::int64_t inputs, std::int64_t outputs, std::int64_t pe,
                           std::int64_t simd, const ElementFormat& input,
                           const ElementFormat& weight, int accumulator) {
    MatrixVectorCircuit circuit;
    circuit.inputs = inputs;
    circuit.outputs = outputs;
    circuit.pe = pe;
    circuit.simd = simd;
    circuit.input = input;
    circuit.weight = weight;
    circuit.accumulator_bits = accumulator;
    circuit.multiplier = ops::MultiplierStyle::lut;
    return circuit;
}

MatrixVectorCircuit in_dsp(MatrixVectorCircuit circuit) {
    circuit.multiplier = ops::MultiplierStyle::dsp;
    return circuit;
}

FunctionCircuit thresholds(const ElementFormat& input, const ElementFormat& output,
                           std::int64_t count, int bits) {
    FunctionCircuit circuit;
    circuit.kind = FunctionCircuit::Kind::thresholds;
    circuit.input = input;
    circuit.output = output;
    circuit.count = count;
    circuit.entry_bits = bits;
    circuit.entry_signed = true;
    circuit.shared = false;
    return circuit;
}

/// No part of `more` is below that of `less`.
bool at_least(const Cost& more, const Cost& less) {
    return more.lut >= less.lut && more.lut_memory >= less.lut_memory && more.ff >= less.ff &&
           more.bram18 >= less.bram18 && more.uram >= less.uram && more.dsp >= less.dsp;
}

/// As far as LUT and flip-flop figures of single parts are from Yosys': relative, and cells.
bool within(double estimate, double measured, double share, double cells) {
    return std::abs(estimate - measured) <= std::max(share * measured, cells);
}

} // namespace

TEST_SUITE("cost model") {
    TEST_CASE("block RAM has the shapes of the devices") {
        // 16K x 1, 8K x 2, 4K x 4, 2K x 9, 1K x 18, 512 x 36.
        for (const auto& [bits, words] : std::vector<std::pair<std::int64_t, std::int64_t>>{
                 {1, 16384}, {2, 8192}, {4, 4096}, {9, 2048}, {18, 1024}, {36, 512}}) {
            CAPTURE(bits);
            CHECK(block_ram18(bits, words) == 1);
            CHECK(block_ram18(bits, words / 2) == 1);
            CHECK(block_ram18(2 * bits, words) == 2);
        }
        CHECK(block_ram18(24, 512) == 1);
        CHECK(block_ram18(37, 512) == 2);
        CHECK(block_ram18(73, 512) == 3);
        CHECK(block_ram18(10, 2048) == 2);
        CHECK(block_ram18(128, 600) == 8); // 1K x 36 in blocks of 36 Kbit
        CHECK(block_ram18(8, 3000) == 2);
    }

    TEST_CASE("lanes share a DSP block as its wide port allows") {
        const auto lanes = [](int a, int w, bool narrow, Family family) {
            MatrixVectorCircuit circuit =
                in_dsp(matrix(64, 64, 16, 1, signed_number(a), signed_number(w), 20));
            circuit.narrow = narrow;
            return dsp_lanes(circuit, family);
        };
        CHECK(lanes(2, 2, true, Family::xc7) == 8);
        CHECK(lanes(2, 2, true, Family::xcup) == 9);
        CHECK(lanes(3, 3, true, Family::xc7) == 5);
        CHECK(lanes(3, 3, true, Family::xcup) == 5);
        CHECK(lanes(4, 4, true, Family::xc7) == 4);
        CHECK(lanes(4, 4, false, Family::xc7) == 3);
        CHECK(lanes(8, 4, true, Family::xc7) == 2);
        CHECK(lanes(8, 4, true, Family::xcup) == 3);
        CHECK(lanes(8, 8, true, Family::xc7) == 2);
        CHECK(lanes(8, 8, true, Family::xcup) == 2);
        CHECK(dsp_lanes(matrix(64, 64, 16, 1, signed_number(8), signed_number(8), 20),
                        Family::xc7) == 0); // in LUTs
        CHECK(dsp_lanes(in_dsp(matrix(64, 64, 16, 1, unsigned_bits(8), sign, 20)), Family::xc7) ==
              0);

        // 15 PE, three a block: five blocks for each of 4 SIMD. A sixteenth has one to itself, and
        // a product of 4 x 4 bits is none that Yosys gives a block.
        const auto blocks = [](std::int64_t pe) {
            return matrix_vector_cost(
                       in_dsp(matrix(60, 240, pe, 4, signed_number(4), signed_number(4), 16)),
                       Family::xc7)
                .dsp;
        };
        CHECK(blocks(15) == 20);
        CHECK(blocks(16) == 20);
        CHECK(blocks(20) == 28);
        // A product wider than the ports takes several: 28 x 20 bits.
        FunctionCircuit scale;
        scale.kind = FunctionCircuit::Kind::scale;
        scale.input = scale.argument = signed_number(20);
        scale.output = signed_number(8);
        scale.multiplier_bits = 28;
        scale.add_bits = 16;
        scale.product_bits = 48;
        scale.shift = 36;
        scale.dsp = true;
        CHECK(function_cost(scale, 32, 2, ops::MemoryStyle::automatic, Family::xc7).dsp == 8);
        scale.multiplier_bits = 18;
        scale.product_bits = 38;
        CHECK(function_cost(scale, 32, 2, ops::MemoryStyle::automatic, Family::xc7).dsp == 2);
    }

    TEST_CASE("queues are memory in LUTs, four for 6 bits of 32 words, or block RAM") {
        const Cost two = fifo_cost({2}, 98, Family::xc7);
        CHECK(two.lut_memory == 68); // 17 RAM32M
        CHECK(two.lut == 74);
        CHECK(two.ff == 5);
        CHECK(two.bram18 == 0);
        CHECK(fifo_cost({32}, 8, Family::xc7).lut_memory == 8);
        CHECK(fifo_cost({33}, 8, Family::xc7).lut_memory == 12);  // RAM64M: 3 bits of 64 words
        CHECK(fifo_cost({65}, 8, Family::xc7).lut_memory == 24);  // two rows
        CHECK(fifo_cost({65}, 1, Family::xc7).lut_memory == 4);   // RAM128X1D
        CHECK(fifo_cost({32}, 14, Family::xcup).lut_memory == 8); // RAM32M16
        CHECK(fifo_cost({64}, 8, Family::xcup).lut_memory == 16); // RAM64M8
        const Cost block = fifo_cost({490}, 36, Family::xc7);
        CHECK(block.bram18 == 1);
        CHECK(block.lut_memory == 0);
        CHECK(block.ff == 21);
    }

    TEST_CASE("more of anything is never cheaper") {
        for (const Family family : {Family::xc7, Family::xcup}) {
            for (const auto& [input, weight] : std::vector<std::pair<ElementFormat, ElementFormat>>{
                     {sign, sign},
                     {unsigned_bits(2), signed_number(2)},
                     {unsigned_bits(4), signed_number(4)},
                     {signed_number(8), signed_number(8)},
                     {unsigned_bits(8), sign}}) {
                CAPTURE(input.bits);
                CAPTURE(weight.bits);
                const auto cost = [&](std::int64_t pe, std::int64_t simd) {
                    return matrix_vector_cost(matrix(256, 256, pe, simd, input, weight, 24),
                                              family);
                };
                // Memories that change their kind with the folding are another matter.
                for (std::int64_t lanes = 8; lanes < 64; lanes *= 2) {
                    CAPTURE(lanes);
                    CHECK(cost(2 * lanes, lanes).lut >= cost(lanes, lanes).lut);
                    CHECK(cost(2 * lanes, lanes).ff >= cost(lanes, lanes).ff);
                    CHECK(cost(lanes, 2 * lanes).lut >= cost(lanes, lanes).lut);
                    CHECK(cost(lanes, 2 * lanes).ff >= cost(lanes, lanes).ff);
                }
                MatrixVectorCircuit wide = matrix(256, 256, 8, 8, input, weight, 24);
                const Cost before = matrix_vector_cost(wide, family);
                wide.accumulator_bits = 30;
                CHECK(at_least(matrix_vector_cost(wide, family), before));
            }
            const FunctionCircuit function =
                thresholds(signed_number(12), unsigned_bits(4), 15, 12);
            for (std::int64_t pe = 1; pe < 16; pe *= 2) {
                const auto cost = [&](std::int64_t lanes) {
                    return function_cost(function, 16, lanes, ops::MemoryStyle::automatic, family);
                };
                CHECK(cost(2 * pe).ff >= cost(pe).ff);
            }
            for (std::int64_t depth = 2; depth < 400; ++depth) {
                const Cost less = fifo_cost({depth}, 12, family);
                const Cost more = fifo_cost({depth + 1}, 12, family);
                CHECK(more.lut_memory + 1000 * more.bram18 >= less.lut_memory + 1000 * less.bram18);
            }
        }
    }

    TEST_CASE("weights go where the plan says") {
        MatrixVectorCircuit circuit = matrix(64, 64, 8, 8, sign, sign, 8);
        circuit.memory = ops::MemoryStyle::lut;
        const Cost luts = matrix_vector_cost(circuit, Family::xc7);
        circuit.memory = ops::MemoryStyle::bram;
        const Cost block = matrix_vector_cost(circuit, Family::xc7);
        CHECK(luts.bram18 == 0);
        CHECK(block.bram18 == 2); // 64 words of 64 bits
        CHECK(luts.lut - block.lut == doctest::Approx(64));
        circuit.memory = ops::MemoryStyle::automatic;
        CHECK(matrix_vector_cost(circuit, Family::xc7) == luts);
    }

    TEST_CASE("costs add up") {
        Cost sum{1, 2, 3, 4, 5, 6};
        sum += 2.0 * Cost{10, 20, 30, 40, 50, 60};
        CHECK(sum == Cost{21, 42, 63, 84, 105, 126});
        CHECK(family_of("xc7z020clg400-1") == Family::xc7);
        CHECK(family_of("xcu250-figd2104-2L-e") == Family::xcup);
        CHECK(family_of("xczu7ev-ffvc1156-2-e") == Family::xcup);

        const cli::TemporaryFolder folder;
        const std::string path = (folder.path() / "project").string();
        const CommandRun run = millrace_command(
            {"compile", digits.string(), "-o", path, "--json", "--board", "pynq-z2"});
        REQUIRE(run.status == 0);
        Diagnostics diagnostics;
        const auto project = cli::open_project(path, diagnostics);
        REQUIRE(project);
        Cost together = control_cost(1, 1, Family::xc7);
        for (const Node& node : project->dataflow.nodes) {
            together += node_cost(project->dataflow, node, Family::xc7);
        }
        CHECK(together == design_cost(project->dataflow, Family::xc7));

        const Json document = Json::parse(run.out);
        const Json& resources = document.at("resources");
        for (const char* key : {"lut", "lut_memory", "ff", "bram18", "uram", "dsp"}) {
            CAPTURE(key);
            double parts = resources.at("fifos").at(key).get<double>() +
                           resources.at("control").at(key).get<double>();
            for (const Json& layer : document.at("layers")) {
                parts += layer.at(key).get<double>();
            }
            // Each is rounded by itself.
            CHECK(std::abs(parts - resources.at(key).get<double>()) <=
                  0.5 * static_cast<double>(document.at("layers").size() + 3));
        }
        CHECK(resources.at("lut").get<double>() == std::round(together.lut));
        CHECK(resources.at("available").at("lut") == 37240); // 70 % of 53,200
        CHECK(resources.at("available").at("bram18") == 224);
        CHECK(resources.at("utilisation").at("lut").get<double>() ==
              doctest::Approx(together.lut / 37240));
    }

    TEST_CASE("single actors are near what Yosys made of them") {
        struct Figure {
            const char* what;
            Cost estimate;
            double lut; ///< with memory
            double ff;
            double bram18;
            double dsp;
        };
        // Yosys 0.23, synth_xilinx -family xc7 -nosrl -flatten; random weights and thresholds.
        const auto cost = [](const MatrixVectorCircuit& circuit) {
            return matrix_vector_cost(circuit, Family::xc7);
        };
        const auto function = [](const FunctionCircuit& circuit, std::int64_t channels,
                                 std::int64_t pe) {
            return function_cost(circuit, channels, pe, ops::MemoryStyle::automatic, Family::xc7);
        };
        MatrixVectorCircuit ternary = matrix(128, 32, 8, 16, signed_number(2), signed_number(2), 9);
        ternary.ternary = true;
        DepthwiseCircuit depthwise;
        depthwise.taps = 9;
        depthwise.channels = 32;
        depthwise.pe = 8;
        depthwise.input = unsigned_bits(8);
        depthwise.weight = signed_number(8);
        depthwise.accumulator_bits = 20;
        const Figure figures[] = {
            {"signs, PE 16, SIMD 49", cost(matrix(784, 64, 16, 49, sign, sign, 11)), 2063, 2210, 0,
             0},
            {"signs, PE 16, SIMD 32", cost(matrix(576, 64, 16, 32, sign, sign, 11)), 1958, 1476, 0,
             0},
            {"signs, weights in block RAM", cost(matrix(512, 64, 1, 32, sign, sign, 11)), 116, 98,
             2, 0},
            {"2 bits, PE 8, SIMD 16",
             cost(matrix(128, 32, 8, 16, unsigned_bits(2), signed_number(2), 11)), 1094, 1198, 0,
             0},
            {"ternary, PE 8, SIMD 16", cost(ternary), 798, 862, 0, 0},
            {"8 bits in DSP, PE 4, SIMD 4",
             cost(in_dsp(matrix(64, 32, 4, 4, unsigned_bits(8), signed_number(8), 22))), 686, 744,
             0, 8},
            {"depthwise in DSP", depthwise_cost(depthwise, Family::xc7), 247, 82, 0, 8},
            {"15 thresholds",
             function(thresholds(signed_number(14), unsigned_bits(4), 15, 14), 32, 2), 232, 315, 0,
             0},
            {"3 thresholds",
             function(thresholds(signed_number(12), unsigned_bits(2), 3, 12), 64, 4), 154, 171, 0,
             0},
            {"converter of 8 to 49 lanes", width_converter_cost(8, 8, 49, 0, Family::xc7), 295, 458,
             0, 0},
            {"control registers", control_cost(1, 1, Family::xc7), 178, 262, 0, 0},
        };
        for (const Figure& figure : figures) {
            CAPTURE(figure.what);
            CAPTURE(figure.estimate.lut);
            CAPTURE(figure.estimate.ff);
            CHECK(within(figure.estimate.lut, figure.lut, 0.1, 5));
            CHECK(within(figure.estimate.ff, figure.ff, 0.05, 5));
            CHECK(figure.estimate.bram18 == figure.bram18);
            CHECK(figure.estimate.dsp == figure.dsp);
        }
    }
}

TEST_SUITE("slow-ci cost model") {
    TEST_CASE("the digits example is near what Yosys makes of it") {
        if (std::system("command -v yosys > /dev/null 2>&1") != 0) { // NOLINT: fixed text
            report_skip("no Yosys");
            return;
        }
        const cli::TemporaryFolder folder;
        const std::string path = (folder.path() / "project").string();
        REQUIRE(
            millrace_command({"compile", digits.string(), "--backend", "rtl", "-o", path}).status ==
            0);
        const CommandRun run = millrace_command({"synth", path, "--json"});
        REQUIRE_MESSAGE(run.status == 0, run.err);
        const Json document = Json::parse(run.out);
        const auto luts = [](const Json& cells) {
            return cells.at("lut").get<double>() + cells.at("lut_memory").get<double>();
        };
        for (const Json& part : document.at("parts")) {
            CAPTURE(part.dump());
            const Json& estimate = part.at("estimate");
            CHECK(within(estimate.at("lut").get<double>(), luts(part), 0.2, 8));
            CHECK(within(estimate.at("ff").get<double>(), part.at("ff").get<double>(), 0.05, 5));
            CHECK(estimate.at("lut_memory") == part.at("lut_memory"));
            CHECK(estimate.at("bram18").get<int>() ==
                  part.at("bram18").get<int>() + 2 * part.at("bram36").get<int>());
            CHECK(estimate.at("dsp") == part.at("dsp"));
        }
        const Json& total = document.at("total");
        CHECK(within(total.at("estimate").at("lut").get<double>(), luts(total), 0.1, 0));
    }
}
