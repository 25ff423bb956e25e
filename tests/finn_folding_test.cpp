// SPDX-License-Identifier: Apache-2.0
//
// FINN's folding files: names map to the right actors, values to the right entries, and what does
// not exist is refused with the nearest name or value.
#include "planner/finn_folding.hpp"
#include "planner/folding.hpp"
#include "tests/support/small_body.hpp"

#include <doctest/doctest.h>

#include <string>

namespace {

using namespace millrace;
using namespace millrace::planner;

struct Outcome {
    std::optional<Plan> plan;
    std::string text; ///< "severity node: message / help" lines
};

Outcome read(const std::string& json) {
    Diagnostics diagnostics;
    Outcome outcome;
    outcome.plan = read_finn_folding(json, "folding.json", tests::small_body(), diagnostics);
    CHECK(outcome.plan.has_value() != diagnostics.has_errors());
    for (const Diagnostic& diagnostic : diagnostics.all()) {
        CHECK(diagnostic.code == Code::bad_folding);
        CHECK(diagnostic.file == "folding.json");
        outcome.text += std::string(to_string(diagnostic.severity)) + " " + diagnostic.node + ": " +
                        diagnostic.message + " / " + diagnostic.help + "\n";
    }
    return outcome;
}

Plan plan_of(const std::string& json) {
    Outcome outcome = read(json);
    REQUIRE_MESSAGE(outcome.plan, outcome.text);
    return *outcome.plan;
}

bool refused(const std::string& json, const std::string& reason) {
    const Outcome outcome = read(json);
    CAPTURE(outcome.text);
    const bool found = outcome.text.find(reason) != std::string::npos;
    CHECK(found);
    return found && !outcome.plan;
}

} // namespace

TEST_SUITE("finn folding") {
    TEST_CASE("matrix layers by their number, functions behind them with the same PE") {
        const Outcome outcome = read(R"json({
            "Defaults": {},
            "MVAU_hls_1": {"PE": 3, "SIMD": 4, "ram_style": "block", "resType": "lut"},
            "MVAU_hls_0": {"PE": 4, "SIMD": 6, "ram_style": "ultra", "resType": "ap_resource_dsp()"}
        })json");
        REQUIRE_MESSAGE(outcome.plan, outcome.text);
        const Plan& plan = *outcome.plan;
        CHECK(plan.find("fc1")->pe == 4);
        CHECK(plan.find("fc1")->simd == 6);
        CHECK(plan.find("fc1")->memory == ops::MemoryStyle::bram); // "ultra" holds no constants
        CHECK(outcome.text.find("note MVAU_hls_0: UltraRAM") != std::string::npos);
        CHECK(plan.find("fc1")->multiplier == ops::MultiplierStyle::dsp);
        CHECK(plan.find("act1")->pe == 4);
        CHECK(plan.find("fc2")->pe == 3);
        CHECK(plan.find("fc2")->simd == 4);
        CHECK(plan.find("fc2")->memory == ops::MemoryStyle::bram);
        CHECK(plan.find("fc2")->multiplier == ops::MultiplierStyle::lut);
    }

    TEST_CASE("actors that are not mentioned keep up with those that are") {
        // fc1 in 8 * 12 / (4 * 6) = 4 cycles; fc2 is 8 x 6, best reads 6 elements one by one.
        const Plan four = plan_of(R"json({"MVAU_0": {"PE": 4, "SIMD": 6}})json");
        CHECK((8 / four.find("fc2")->simd) * (6 / four.find("fc2")->pe) <= 4);
        const Plan slow = plan_of(R"json({"MVAU_0": {"PE": 1, "SIMD": 1}})json");
        CHECK(slow.find("fc2")->pe * slow.find("fc2")->simd == 1);
        // What the file gives counts, however slow.
        const Plan both =
            plan_of(R"json({"MVAU_0": {"PE": 4, "SIMD": 6}, "MVAU_1": {"PE": 1, "SIMD": 1}})json");
        CHECK(both.find("fc2")->pe * both.find("fc2")->simd == 1);
    }

    TEST_CASE("older names, our own names, top-k") {
        for (const std::string name : {"MatrixVectorActivation", "StreamingFCLayer_Batch", "MVAU",
                                       "MVAU_rtl", "StreamingFCLayer"}) {
            CAPTURE(name);
            CHECK(plan_of("{\"" + name + "_1\": {\"PE\": 2, \"SIMD\": 8}}").find("fc2")->simd == 8);
        }
        const Plan plan = plan_of(
            R"json({"fc1": {"PE": 2}, "act1": {"PE": 8}, "LabelSelect_Batch_0": {"PE": 2}})json");
        CHECK(plan.find("fc1")->pe == 2);
        CHECK(plan.find("act1")->pe == 8);
        CHECK(plan.find("best")->simd == 2);
    }

    TEST_CASE("kinds that are counted separately keep their order in the file") {
        const Outcome outcome =
            read(R"json({"MVAU_rtl_0": {"PE": 8}, "MVAU_hls_0": {"PE": 6}})json");
        REQUIRE(outcome.plan);
        CHECK(outcome.plan->find("fc1")->pe == 8);
        CHECK(outcome.plan->find("fc2")->pe == 6);
        CHECK(outcome.text.find("note : nodes of several kinds") == 0);
    }

    TEST_CASE("thresholds: of the input on the host, or standing alone") {
        const Outcome input = read(R"json({"Thresholding_Batch_0": {"PE": 1}, "MVAU_0": {"PE": 2},
                                       "Thresholding_Batch_1": {"PE": 4}})json");
        REQUIRE(input.plan);
        CHECK(input.plan->find("act1")->pe == 4);
        CHECK(input.text.find("quantized on the host") != std::string::npos);
        CHECK(read(R"json({"Thresholding_rtl_0": {"PE": 1}})json").text.find("on the host") !=
              std::string::npos);
    }

    TEST_CASE("keys and nodes without a meaning here are noted, not refused") {
        const Outcome outcome = read(R"json({"Defaults": {"PE": [1, ["all"]]},
            "MVAU_hls_0": {"PE": 2, "SIMD": 2, "mem_mode": "internal_decoupled", "ActVal": 0,
                           "inFIFODepths": [2], "ram_style": "auto"},
            "MVAU_hls_1": {"mem_mode": "internal_decoupled"},
            "ConvolutionInputGenerator_rtl_0": {"SIMD": 2, "parallel_window": 0},
            "StreamingFIFO_rtl_3": {"depth": 32}, "StreamingDataWidthConverter_hls_0": {}})json");
        REQUIRE(outcome.plan);
        CHECK(outcome.text.find("note MVAU_hls_0: 'mem_mode'") != std::string::npos);
        CHECK(outcome.text.find("note MVAU_hls_1: 'mem_mode'") == std::string::npos); // once
        CHECK(outcome.text.find("'inFIFODepths'") != std::string::npos);
        CHECK(outcome.text.find("note StreamingFIFO_rtl_3") != std::string::npos);
        CHECK(outcome.text.find("note ConvolutionInputGenerator_rtl_0") != std::string::npos);
        CHECK(outcome.plan->find("fc2")->pe == 1); // by default
    }

    TEST_CASE("defaults: for all nodes or some types, before the nodes' own values") {
        Plan plan = plan_of(R"json({"Defaults": {"PE": [2, ["all"]], "SIMD": [4, "all"]},
                                    "MVAU_hls_1": {"PE": 3}})json");
        CHECK(plan.find("fc1")->pe == 2);
        CHECK(plan.find("fc1")->simd == 4);
        CHECK(plan.find("act1")->pe == 2); // behind fc1
        CHECK(plan.find("fc2")->pe == 3);
        CHECK(plan.find("fc2")->simd == 4);
        CHECK(plan.find("best")->simd == 2); // a LabelSelect's PE are input lanes
        plan = plan_of(R"json({"Defaults": {"PE": [4, ["MVAU_rtl", "VVAU_hls"], 1, ["LabelSelect"]],
                                            "ram_style": ["block", ["MVAU_rtl"]]},
                               "MVAU_rtl_1": {"PE": 2}})json");
        CHECK(plan.find("fc1")->pe == 4);
        CHECK(plan.find("fc1")->memory == ops::MemoryStyle::bram);
        CHECK(plan.find("fc2")->pe == 2);
        CHECK(plan.find("best")->simd == 1);
        CHECK(read(R"json({"Defaults": {"SIMD": [2, ["FMPadding_rtl"]]}})json")
                  .text.find("is not used for FMPadding_rtl") != std::string::npos);
        CHECK(refused(R"json({"Defaults": {"PE": [5, ["all"]]}})json", "nearest legal: 4 or 8"));
        CHECK(refused(R"json({"Defaults": {"PE": [2, ["MVUA"]]}})json", "did you mean 'MVAU'?"));
        CHECK(refused(R"json({"Defaults": {"PE": [2]}})json", "is not pairs"));
        CHECK(refused(R"json({"Defaults": {"PE": 2}})json", "is not pairs"));
        CHECK(refused(R"json({"Defaults": {"PE": [2, 3]}})json", "are no list"));
        CHECK(refused(R"json({"Defaults": 4})json", "not an object"));
    }

    TEST_CASE("unknown nodes are refused with the nearest known name") {
        CHECK(refused(R"json({"MVAU_hls_2": {"PE": 1}})json", "did you mean 'MVAU_hls_0'?"));
        CHECK(refused(R"json({"MVUA_hls_0": {"PE": 1}})json", "did you mean 'MVAU_hls_0'?"));
        CHECK(refused(R"json({"fc3": {"PE": 1}})json", "did you mean 'fc1'?"));
        CHECK(refused(R"json({"MVAU_hls_99999999999999999999": {}})json", "no such node"));
        CHECK(refused(R"json({"MVAU": {}})json", "no such node"));
        CHECK(
            refused(R"json({"VVAU_hls_0": {"PE": 1}})json", "no such node")); // no depthwise layer
        CHECK(refused(R"json({"": {}})json", "no such node"));
        CHECK(
            refused(R"json({"Thresholding_0": {}, "Thresholding_1": {}, "Thresholding_2": {}})json",
                    "no such node"));
        CHECK(refused(R"json({"LabelSelect_1": {"PE": 1}})json", "did you mean 'LabelSelect_0'?"));
    }

    TEST_CASE("values that cannot be built are refused with the nearest legal ones") {
        CHECK(refused(R"json({"MVAU_0": {"PE": 3}})json", "nearest legal: 2 or 4"));
        CHECK(refused(R"json({"MVAU_0": {"SIMD": 13}})json", "nearest legal: 12"));
        CHECK(refused(R"json({"MVAU_0": {"PE": 18446744073709551615}})json", "nearest legal: 8"));
        CHECK(refused(R"json({"MVAU_0": {"PE": -1}})json", "nearest legal: 1"));
        CHECK(refused(R"json({"MVAU_0": {"PE": "4"}})json", "PE is not an integer"));
        CHECK(refused(R"json({"MVAU_0": {"PE": 4.0}})json", "PE is not an integer"));
        CHECK(refused(R"json({"MVAU_0": {"ram_style": "blocks"}})json", "did you mean 'block'?"));
        CHECK(refused(R"json({"MVAU_0": {"ram_style": 1}})json", "unknown ram_style"));
        CHECK(refused(R"json({"MVAU_0": {"resType": "dps"}})json", "did you mean 'dsp'?"));
        CHECK(refused(R"json({"MVAU_0": 4})json", "not an object"));
    }

    TEST_CASE("what is not a folding is refused") {
        CHECK(refused("", "not JSON"));
        CHECK(refused("{\"MVAU_0\": {\"PE\": 1e400}}", "a number is too large"));
        CHECK(refused("{\"MVAU_0\": ", "not JSON"));
        CHECK(refused("[]", "not a JSON object"));
        CHECK(refused(std::string(100000, '['), "not JSON"));
        CHECK(refused("{\"\xff\": {}}", "not JSON"));
    }

    TEST_CASE("an empty folding is the default one") {
        CHECK(plan_of("{}") == fold_for_cycles(tests::small_body(), default_target_cycles));
    }
}
