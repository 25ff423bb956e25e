// SPDX-License-Identifier: Apache-2.0
//
// Plans as TOML: what is written is read back, and what nobody can build is refused with the line
// and the nearest thing that can be.
#include "ir/nearest_name.hpp"
#include "planner/folding.hpp"
#include "planner/plan_file.hpp"
#include "tests/support/small_body.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include <string>
#include <vector>

namespace {

using namespace millrace;
using namespace millrace::planner;

/// The plan, or the diagnostics as "message / help" lines.
std::string problems(const std::string& toml) {
    const Graph body = tests::small_body();
    Diagnostics diagnostics;
    const auto plan = read_plan(toml, "plan.toml", body, diagnostics);
    CHECK(plan.has_value() != diagnostics.has_errors());
    std::string text;
    for (const Diagnostic& diagnostic : diagnostics.all()) {
        CHECK(diagnostic.code == Code::bad_plan);
        CHECK(diagnostic.file == "plan.toml");
        text += diagnostic.message + " / " + diagnostic.help + "\n";
    }
    return text;
}

Plan read(const std::string& toml) {
    Diagnostics diagnostics;
    const auto plan = read_plan(toml, "plan.toml", tests::small_body(), diagnostics);
    REQUIRE_MESSAGE(plan, problems(toml));
    return *plan;
}

} // namespace

TEST_SUITE("plan file") {
    TEST_CASE("a written plan reads back") {
        const Graph body = tests::small_body();
        Plan plan = default_plan(body);
        REQUIRE(plan.actors.size() == 4);
        plan.actors[0].pe = 4;
        plan.actors[0].simd = 6;
        plan.actors[0].memory = ops::MemoryStyle::uram;
        plan.actors[0].multiplier = ops::MultiplierStyle::dsp;
        plan.actors[1].pe = 2;
        plan.actors[1].form = "thresholds";
        plan.actors[1].memory = ops::MemoryStyle::lut;
        plan.actors[3].simd = 3;
        plan.default_fifo_depth = 5;
        plan.latency = 1234;
        plan.fifos = {{"act1_fifo", {32}},
                      {"act2_fifo", {16, ops::MemoryStyle::bram}},
                      {"fc1_fifo", {std::nullopt, ops::MemoryStyle::lut}}};
        const std::string text = write_plan(plan, body);
        CHECK(read(text) == plan);
        CHECK(write_plan(read(text), body) == text);
    }

    TEST_CASE("the comments tell what there is to choose") {
        const Graph body = tests::small_body();
        const std::string text = write_plan(default_plan(body), body);
        CHECK(text.find("# matrix_vector: K = 12 inputs, N = 8 outputs") != std::string::npos);
        CHECK(text.find("#   simd: 1 2 3 4 6 12\n") != std::string::npos);
        CHECK(text.find("#   pe: 1 2 4 8\n") != std::string::npos);
        CHECK(text.find("# topk: 1 of 6 values") != std::string::npos);
    }

    TEST_CASE("what is not mentioned stays the default") {
        const Graph body = tests::small_body();
        CHECK(read("") == default_plan(body));
        Plan expected = default_plan(body);
        expected.actors[0].pe = 8;
        CHECK(read("[actor.fc1]\npe = 8\n") == expected);
        CHECK(read("[fifo]\nfc1_fifo = 7\n").fifos.at("fc1_fifo").depth == 7);
        const Plan moved = read("[fifo]\nfc1_fifo = { memory = \"uram\" }\n");
        CHECK(!moved.fifos.at("fc1_fifo").depth);
        CHECK(moved.fifos.at("fc1_fifo").memory == ops::MemoryStyle::uram);
        CHECK(read("[fifo.fc1_fifo]\ndepth = 9\n").fifos.at("fc1_fifo").depth == 9);
    }

    TEST_CASE("unknown tables, actors and keys get the nearest known name") {
        CHECK(problems("[actors.fc1]\n") ==
              "line 1: unknown name 'actors' / did you mean 'actor'?\n");
        CHECK(problems("\n[actor.fc3]\n") ==
              "line 2: the design has no actor 'fc3' / did you mean 'fc1'?\n");
        CHECK(problems("[actor.fc1]\nsmid = 2\n") ==
              "line 2: a matrix_vector actor has no key 'smid' / did you mean 'simd'?\n");
        CHECK(problems("[actor.act1]\nsimd = 2\n") ==
              "line 2: a function actor has no key 'simd' / known are: pe, form, memory\n");
        CHECK(problems("[actor.best]\npe = 1\n").find("a topk actor has no key 'pe'") !=
              std::string::npos);
        CHECK(problems("[actor.fc1]\nmemory = \"bramm\"\n") ==
              "line 2: unknown memory 'bramm' / did you mean 'bram'?\n");
        CHECK(problems("[actor.fc1]\nmultiplier = \"DSP\"\n") ==
              "line 2: unknown multiplier 'DSP' / did you mean 'dsp'?\n");
        CHECK(problems("[actor.act1]\nform = \"treshold\"\n") ==
              "line 2: unknown form 'treshold' / did you mean 'thresholds'?\n");
    }

    TEST_CASE("lanes that cannot be built get the nearest legal ones") {
        CHECK(problems("[actor.fc1]\nsimd = 5\n").find("nearest legal: 4 or 6") !=
              std::string::npos);
        CHECK(problems("[actor.fc1]\npe = 9\n").find("nearest legal: 8\n") != std::string::npos);
        CHECK(problems("[actor.fc1]\npe = 0\n").find("nearest legal: 1\n") != std::string::npos);
        CHECK(problems("[actor.fc1]\npe = -3\n").find("nearest legal: 1\n") != std::string::npos);
        CHECK(problems("[actor.best]\nsimd = 4\n").find("nearest legal: 3 or 6") !=
              std::string::npos);
    }

    TEST_CASE("wrong types, depths out of range and bad syntax") {
        CHECK(problems("[actor.fc1]\npe = \"4\"\n")
                  .starts_with("line 2: 'pe' must be an integer / write pe = 4\n"));
        CHECK(problems("[actor.fc1]\npe = true\n")
                  .starts_with("line 2: 'pe' must be an integer / legal: 1, 2, "));
        CHECK(problems("[actor.fc1]\npe = -inf\n")
                  .starts_with("line 2: 'pe' must be an integer / nearest legal: 1\n"));
        CHECK(problems("[actor.fc1]\npe = 4.0\n")
                  .starts_with("line 2: 'pe' must be an integer / write pe = 4\n"));
        CHECK(problems("[actor.fc1]\npe = 3.1\n")
                  .starts_with("line 2: 'pe' must be an integer / nearest legal: 2 or 4\n"));
        CHECK(problems("[fifo]\nlatency = 2e3\n").find("/ nearest legal: 2000\n") !=
              std::string::npos);
        CHECK(problems("[fifo]\ndefault_depth = \"16\"\n").find("/ nearest legal: 16\n") !=
              std::string::npos);
        CHECK(problems("[actor.fc1]\nmemory = 1\n").find("'memory' must be a string") !=
              std::string::npos);
        CHECK(problems("[actor]\nfc1 = 4\n").find("actor 'fc1' must be a table") !=
              std::string::npos);
        CHECK(problems("actor = 4\n").find("'actor' must be a table") != std::string::npos);
        CHECK(problems("[fifo]\ndefault_depth = 0\n").find("a depth of 0 is not possible") !=
              std::string::npos);
        CHECK(problems("[fifo]\na = 99999999999\n").find("is not possible") != std::string::npos);
        CHECK(problems("[fifo]\na = true\n").find("must be an integer") != std::string::npos);
        CHECK(problems("[fifo]\na = { depth = true }\n").find("must be an integer") !=
              std::string::npos);
        CHECK(problems("[fifo]\na = { depth = 0 }\n").find("a depth of 0 is not possible") !=
              std::string::npos);
        CHECK(problems("[fifo]\nlatency = 0\n").find("must be an integer from 1 to") !=
              std::string::npos);
        CHECK(problems("[fifo]\nlatency = 0\n").find("/ nearest legal: 1\n") != std::string::npos);
        CHECK(problems("[fifo]\na = { memory = \"brom\" }\n") ==
              "line 2: unknown memory 'brom' / did you mean 'bram'?\n");
        CHECK(problems("[fifo]\na = { memry = \"bram\" }\n") ==
              "line 2: a FIFO has no key 'memry' / did you mean 'memory'?\n");
        CHECK(
            problems("[fifo]\ndefault_depth = { depth = 3 }\n") ==
            "line 2: the depth of 'default_depth' must be an integer / use 1 to 16777216 words; a "
            "memory is chosen by FIFO: NAME = { depth = 16, memory = \"bram\" }, with either "
            "key\n");
        CHECK(problems("[actor.fc1]\npe = = 4\n").find("line 2: ") == 0);
        CHECK(problems("[actor.fc1\n").find("line 1: ") == 0);
        CHECK(problems("a = \"\xff\"\n").find("line 1: ") == 0);
    }

    TEST_CASE("all problems are reported together") {
        const std::string text =
            problems("[actor.fc1]\npe = 3\nsimd = 5\n[actor.none]\n[fifo]\nx = -1\n[other]\n");
        CHECK(std::count(text.begin(), text.end(), '\n') == 5);
    }

    TEST_CASE("nearest names") {
        const std::vector<std::string> known{"pe", "simd", "memory", "multiplier"};
        CHECK(nearest_name("simd", known) == "simd");
        CHECK(nearest_name("SIMD", known) == "simd");
        CHECK(nearest_name("smid", known) == "simd");
        CHECK(nearest_name("memmory", known) == "memory");
        CHECK(nearest_name("multplier", known) == "multiplier");
        CHECK(nearest_name("x", known) == "");
        CHECK(nearest_name("frequency", known) == "");
        CHECK(nearest_name("", known) == "");
        CHECK(nearest_name(std::string(100000, 'a'), known) == "");
        CHECK(suggestion("x", {}) == "there is none");
        CHECK(suggestion("frequency", known) == "known are: pe, simd, memory, multiplier");
    }

    TEST_CASE("nearest values") {
        const std::vector<std::int64_t> legal{1, 2, 4, 8};
        CHECK(nearest_values(legal, 3) == "2 or 4");
        CHECK(nearest_values(legal, 0) == "1");
        CHECK(nearest_values(legal, 100) == "8");
    }
}
