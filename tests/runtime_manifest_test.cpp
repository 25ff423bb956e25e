// SPDX-License-Identifier: Apache-2.0
//
// The runtime's JSON reader, the checks of a manifest, and the errors of the host program: each
// says what is wrong and where.
#include "ir/host_sides.hpp"
#include "ir/text.hpp"
#include "runtime/error.hpp"
#include "runtime/json.hpp"
#include "tests/support/runtime_host.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <bit>
#include <cmath>
#include <fstream>
#include <functional>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace {

using namespace millrace;
using namespace millrace::tests;
using nlohmann::ordered_json;

/// "kind: message" of the error that f throws.
std::string error_of(const std::function<void()>& f) {
    try {
        f();
    } catch (const runtime::Error& error) {
        return std::string(to_string(error.kind())) + ": " + error.what();
    }
    return "no error";
}

std::string json_error(const std::string& text, const runtime::JsonLimits& limits = {}) {
    return error_of([&] { runtime::parse_json(text, "f.json", limits); });
}

/// x [1,4] -> times `factor` -> signed 3 bits, -3..3, scale 1/4 -> product with the identity -> y.
/// Its head has no thresholds when the factors differ.
passes::Compilation small_network(const std::string& factor, const std::string& rest = R"(
  %y : real float32 [1,4] = matmul(%q, %w) from "MatMul" "layer")") {
    std::string text;
    auto compilation = compiled_network(parse_graph(R"(network "n" {
  input %x : real float32 [1,4]
  const %k : real float32 )" + factor + R"(
  const %w : real float32 [4,4] = floats [1,0,0,0,0,1,0,0,0,0,1,0,0,0,0,1]
  %m : real float32 [1,4] = mul(%x, %k) from "Mul" "m"
  %q : real float32 [1,4] = quantize(%m) from "Quant" "q" {scale = [] reals [1/4], zero_point = [] reals [0], bits = [] reals [3], signed = true, narrow = true, rounding = half_even, zero_point_last = false})" +
                                                    rest + R"(
  output %y
}
)"),
                                        text);
    REQUIRE_MESSAGE(compilation, text);
    return *std::move(compilation);
}

/// All places of a document, as pointers.
void places(const ordered_json& json, const ordered_json::json_pointer& at,
            std::vector<ordered_json::json_pointer>& result) {
    result.push_back(at);
    if (json.is_object()) {
        for (const auto& [key, value] : json.items()) {
            places(value, at / key, result);
        }
    } else if (json.is_array()) {
        for (std::size_t i = 0; i < json.size(); ++i) {
            places(json[i], at / i, result);
        }
    }
}

/// The error of reading a small network's manifest after an edit.
std::string edited(const std::function<void(ordered_json&)>& edit) {
    static const std::string text = manifest_text(small_network("[] = reals [1]"));
    ordered_json json = ordered_json::parse(text);
    edit(json);
    std::string error = error_of([&] {
        const runtime::Manifest manifest = read_manifest_text(json.dump());
        const runtime::HostProgram program(manifest);
    });
    // Without the temporary folder's name.
    if (const auto at = error.find("/millrace.json"); at != std::string::npos) {
        const auto begin = error.find(": ") + 2;
        error.erase(begin, at + 1 - begin);
    }
    return error;
}

/// The manifest's design.
std::string design_of(const passes::Compilation& compilation) {
    return ordered_json::parse(manifest_text(compilation)).at("design").get<std::string>();
}

} // namespace

TEST_SUITE("runtime JSON") {
    TEST_CASE("values are read as they are written") {
        const auto json = runtime::parse_json(
            " {\"a\": [1, -2.5, 1e3, 9223372036854775807, 9223372036854775808, -0.0],\r\n"
            "\t\"b\": {\"\\u00e9\\ud83d\\ude00\\n\\\"\\/\": true}, \"c\": null, \"d\": "
            "\"\xc3\xa9\"} ",
            "f");
        const auto& a = *json.find("a")->get_if<runtime::JsonValue::Array>();
        CHECK(*a[0].get_if<std::int64_t>() == 1);
        CHECK(*a[1].get_if<double>() == -2.5);
        CHECK(*a[2].get_if<double>() == 1000);
        CHECK(*a[3].get_if<std::int64_t>() == INT64_MAX);
        CHECK(*a[4].get_if<double>() == 0x1p63);
        CHECK(std::signbit(*a[5].get_if<double>()));
        const auto& b = *json.find("b")->get_if<runtime::JsonValue::Object>();
        CHECK(b[0].key == "\xc3\xa9\xf0\x9f\x98\x80\n\"/");
        CHECK(*b[0].value.get_if<bool>());
        CHECK(json.find("c")->is_null());
        CHECK(*json.find("d")->get_if<std::string>() == "\xc3\xa9");
        CHECK(json.find("e") == nullptr);
    }

    TEST_CASE("doubles come back bit for bit") {
        std::mt19937_64 random(1);
        for (int i = 0; i < 2000; ++i) {
            const double value = std::bit_cast<double>(random());
            if (std::isfinite(value)) {
                const auto read = runtime::parse_json(nlohmann::json(value).dump(), "f");
                CHECK(std::bit_cast<std::uint64_t>(*read.get_if<double>()) ==
                      std::bit_cast<std::uint64_t>(value));
            }
        }
    }

    TEST_CASE("errors have a line and a column") {
        const std::string f = "manifest: f.json: line 1, column ";
        CHECK(json_error("") == f + "1: the text ends where a value is expected");
        CHECK(json_error("{\"a\": 1,\n \"b\" 2}") ==
              "manifest: f.json: line 2, column 6: ':' is expected");
        CHECK(json_error("[1, 2") == f + "6: the text ends where ']' is expected");
        CHECK(json_error("[1, 2,]") == f + "7: a value is expected");
        CHECK(json_error("{\"a\": 1,}") == f + "9: a key in quotes is expected");
        CHECK(json_error("{\"a\": 1, \"a\": 2}") == f + "10: the key \"a\" stands twice");
        CHECK(json_error("[1] x") == f + "5: text after the end of the document");
        CHECK(json_error("[01]") == f + "2: a number that begins with 0");
        CHECK(json_error("[1.]") == f + "4: a digit is expected");
        CHECK(json_error("[1e+]") == f + "5: a digit is expected");
        CHECK(json_error("[-]") == f + "3: a digit is expected");
        CHECK(json_error("[1e999]") == f + "2: a number beyond the range of doubles");
        CHECK(json_error("[nan]") == f + "2: a value is expected");
        CHECK(json_error("\"abc") == f + "5: the text ends within a string");
        CHECK(json_error("\"a\nb\"") == f + "3: a control character within a string");
        CHECK(json_error("\"\\q\"") == f + "3: an escape that JSON does not have");
        CHECK(json_error("\"\\u12g4\"") == f + "4: four hexadecimal digits are expected");
        CHECK(json_error("\"\\ud800\"") == f + "8: half of a surrogate pair");
        CHECK(json_error("\"\xc0\xaf\"") == f + "2: bytes that are not UTF-8");
        CHECK(json_error("\"\xed\xa0\x80\"") == f + "2: bytes that are not UTF-8");
        CHECK(json_error("\"\xe2\x82\"") == f + "2: bytes that are not UTF-8");
        CHECK(json_error(std::string(70, '[')) == f + "66: nested deeper than 64 levels");
        CHECK(json_error("[1, 2, 3]", {4, 64}) == "manifest: f.json: larger than 4 bytes");
    }
}

TEST_SUITE("runtime manifest") {
    TEST_CASE("the design tells kernels apart") {
        const std::string design = design_of(small_network("[] = reals [1]"));
        CHECK(design.size() == 32);
        CHECK(design == design_of(small_network("[] = reals [1]")));
        CHECK(design != design_of(small_network("[] = reals [1]", R"(
  const %v : real float32 [4,4] = floats [1,0,0,0,0,1,0,0,0,0,1,0,0,0,0,-1]
  %y : real float32 [1,4] = matmul(%q, %v) from "MatMul" "layer")")));
    }

    TEST_CASE("everything is read") {
        const runtime::Manifest manifest =
            read_manifest_text(manifest_text(small_network("[] = reals [1]")));
        CHECK(manifest.model == "model.onnx");
        CHECK(manifest.backend == "vitis");
        CHECK_FALSE(manifest.kernel.empty());
        REQUIRE(manifest.model_inputs.size() == 1);
        CHECK(manifest.model_inputs[0].name == "x");
        CHECK(manifest.model_inputs[0].shape == runtime::Shape{1, 4});
        REQUIRE(manifest.inputs.size() == 1);
        CHECK(manifest.inputs[0].bits == 3);
        CHECK(manifest.inputs[0].container_bits == 4);
        CHECK(manifest.inputs[0].frame_bytes == 8);
        REQUIRE(manifest.arguments.size() == 3);
        CHECK(manifest.arguments[0].offset == 0x10);
        CHECK_FALSE(manifest.arguments[2].memory);
        CHECK(manifest.compute_units.size() == 1);
        CHECK(manifest.control_protocol == "ap_ctrl_chain");
    }

    TEST_CASE("files that are not there") {
        const cli::TemporaryFolder folder;
        const std::string path = folder.path().string();
        CHECK(error_of([&] { runtime::read_manifest(folder.path()); }) ==
              "file: " + path +
                  ": no millrace.json in this folder; it is not a project that "
                  "Millrace wrote");
        CHECK(error_of([&] { runtime::read_manifest(folder.path() / "x.json"); }) ==
              "file: " + path + "/x.json: cannot be opened");
        std::ofstream(folder.path() / "millrace.json") << "{\"format\": 1,";
        CHECK(error_of([&] { runtime::read_manifest(folder.path()); }) ==
              "manifest: " + path +
                  "/millrace.json: line 1, column 14: a key in quotes is "
                  "expected");
    }

    TEST_CASE("what does not fit is named") {
        const std::string f = "manifest: millrace.json: ";
        CHECK(edited([](ordered_json& json) { json.erase("design"); }) == "no error");
        CHECK(edited([](ordered_json& json) { json["design"] = "x\"y"; }) ==
              f + "design: it has other characters than hexadecimal digits");
        CHECK(edited([](auto&) {}) == "no error");
        CHECK(edited([](auto& j) { j["format"] = 2; }) ==
              f + "format: this runtime reads format 1, not 2: compile the model again with the "
                  "Millrace of this runtime");
        for (const char* key : {"control", "compute_units", "memories", "decoders"}) {
            CHECK(edited([key](auto& j) { j.erase(key); }) ==
                  f.substr(0, f.size() - 1) + " the key \"" + key +
                      "\" is missing: compile the model again with the Millrace of this runtime");
        }
        CHECK(edited([](auto& j) { j.erase("kernel"); }) == f + "the key \"kernel\" is missing");
        CHECK(edited([](auto& j) { j["kernel"] = 3; }) ==
              f + "kernel: a number stands where a string is expected");
        CHECK(edited([](auto& j) { j["clock_mhz"] = 0; }) == f + "clock_mhz: no frequency");
        CHECK(edited([](auto& j) { j["interface"]["inputs"][0]["element"] = "int3"; }) ==
              f + "interface.inputs[0].element: no element type is called \"int3\"");
        CHECK(edited([](auto& j) {
                  j["interface"]["inputs"][0]["shape"] = {1, -4};
              }) == f + "interface.inputs[0].shape[1]: -4 is not in 0..2147483648");
        CHECK(edited([](auto& j) { j["inputs"][0]["argument"] = 1; }) ==
              f + "inputs[0].argument: the kernel's arguments are not in order: 0 is expected");
        CHECK(edited([](auto& j) { j["inputs"][0]["bits"] = 0; }) ==
              f + "inputs[0].bits: 0 is not in 1..64");
        CHECK(edited([](auto& j) { j["inputs"][0]["bits"] = 3.5; }) ==
              f + "inputs[0].bits: a whole number of 64 bits is expected");
        CHECK(edited([](auto& j) { j["inputs"][0]["container_bits"] = 8; }) ==
              f + "inputs[0].container_bits: 4 is expected for elements of 3 bits");
        CHECK(edited([](auto& j) { j["inputs"][0]["encoding"] = "ternary"; }) ==
              f + "inputs[0].encoding: \"ternary\" is none of unsigned, signed, bipolar");
        CHECK(edited([](auto& j) { j["inputs"][0]["frame_words"] = 2; }) ==
              f + "inputs[0].frame_words: does not fit the shape: 1 is expected");
        CHECK(edited([](auto& j) { j["inputs"][0]["frame_bytes"] = 16; }) ==
              f + "inputs[0].frame_bytes: does not fit frame_words: 8 is expected");
        CHECK(edited([](auto& j) { j["control"]["arguments"].erase(2); }) ==
              f + "control.arguments: 3 arguments are expected, 2 stand there");
        CHECK(edited([](auto& j) { j["control"]["protocol"] = "ap_none"; }) ==
              f + "control.protocol: \"ap_none\" is neither ap_ctrl_chain nor ap_ctrl_hs");
        CHECK(edited([](auto& j) { j["inputs"][0]["quantizer"]["step"] = 0; }) ==
              "manifest: millrace.json: inputs[0].quantizer.step: neither 1 nor -1");
        CHECK(edited([](auto& j) { j["inputs"][0]["quantizer"]["thresholds"][0] = 0.1; }) ==
              "manifest: millrace.json: inputs[0].quantizer.thresholds[0]: not a number of single "
              "precision");
        CHECK(edited([](auto& j) { j["inputs"][0]["quantizer"]["thresholds"][0] = 100; }) ==
              "manifest: millrace.json: inputs[0].quantizer.thresholds[1]: the thresholds do not "
              "ascend");
        // A list that lacks an entry fits the port's bits as well: the head's steps tell.
        for (const std::size_t missing : {0U, 2U, 5U}) {
            CHECK(edited([missing](auto& j) {
                      j["inputs"][0]["quantizer"]["thresholds"].erase(missing);
                  }) == f + "inputs[0].quantizer.thresholds: they do not give what the steps of "
                            "host.head give");
        }
        CHECK(edited([](auto& j) { j["inputs"][0]["quantizer"]["thresholds"][1] = -0.5; }) ==
              f + "inputs[0].quantizer.thresholds: they do not give what the steps of host.head "
                  "give");
        CHECK(edited([](auto& j) { j["inputs"][0]["quantizer"]["base"] = -100; }) ==
              "manifest: millrace.json: inputs[0].quantizer.thresholds: levels that the port does "
              "not hold");
        CHECK(edited([](auto& j) {
                  j["decoders"][0]["entries"] = 3;
              }).find("values are expected") != std::string::npos);
        CHECK(edited([](auto& j) { j["decoders"].push_back(nullptr); }) ==
              "manifest: millrace.json: decoders: one entry for each output of the model is "
              "expected");
        CHECK(edited([](auto& j) {
                  j["inputs"][0]["quantizer"] = nullptr;
                  j["host"]["head"]["steps"][0]["op"] = "fft";
              }) == "unsupported: millrace.json: host.head.steps[0].op: this runtime has no host "
                    "step 'fft'");
    }
}

TEST_SUITE("runtime damaged manifest") {
    TEST_CASE("outputs without a table have the shape of the tail's result") {
        // Softmax is no function of one integer.
        const std::string text = manifest_text(small_network("[] = reals [1]", R"(
  %z : real float32 [1,4] = matmul(%q, %w) from "MatMul" "layer"
  %y : real float32 [1,4] = softmax(%z) from "Softmax" "s" {axis = 1})"));
        REQUIRE(ordered_json::parse(text)["decoders"][0].is_null());
        for (const Shape& shape : {Shape{1, 5}, Shape{1}, Shape{4, 1}, Shape{1, 1LL << 31}}) {
            ordered_json json = ordered_json::parse(text);
            json["interface"]["outputs"][0]["shape"] = shape;
            CHECK(error_of([&] {
                      const runtime::HostProgram program(read_manifest_text(json.dump()));
                  }) == "manifest: millrace.json: interface.outputs[0].shape: the steps of "
                        "host.tail give the shape [1, 4]");
        }
    }

    TEST_CASE("whatever is wrong with it, a manifest is read or refused") {
        int refused = 0;
        int read = 0;
        const auto check = [&](const ordered_json& json) {
            try {
                const runtime::Manifest manifest = read_manifest_text(json.dump());
                const runtime::HostProgram host(manifest);
                if (manifest.model_inputs.size() == 1 &&
                    element_count(manifest.model_inputs[0].shape) < 100) {
                    runtime::Array x(manifest.model_inputs[0].type, manifest.model_inputs[0].shape);
                    const std::vector<runtime::ConstArray> views{x.view()};
                    std::vector<runtime::Array> outputs = host.outputs(host.samples(views));
                }
                ++read;
            } catch (const runtime::Error&) {
                ++refused;
            }
        };
        for (const std::string& text :
             {manifest_text(small_network("[] = reals [1]")),
              manifest_text(small_network("[4] = reals [1/3,2/3,1,1/7]"))}) {
            const ordered_json whole = ordered_json::parse(text);
            std::vector<ordered_json::json_pointer> all;
            places(whole, ordered_json::json_pointer(), all);
            for (const ordered_json::json_pointer& place : all) {
                CAPTURE(place.to_string());
                if (place.empty()) {
                    continue;
                }
                ordered_json json = whole;
                if (json[place].is_number()) {
                    for (const std::int64_t value :
                         {std::int64_t{-1}, std::int64_t{0}, std::int64_t{7}, std::int64_t{1} << 31,
                          std::int64_t{1} << 40, std::numeric_limits<std::int64_t>::max()}) {
                        json[place] = value;
                        check(json);
                    }
                } else if (json[place].is_array() && !json[place].empty()) {
                    json[place].erase(json[place].size() - 1);
                    check(json);
                    json[place] = ordered_json::array();
                    check(json);
                }
                json[place] = nullptr;
                check(json);
            }
        }
        CHECK(refused > 500);
        CHECK(read > 100);
    }
}

TEST_SUITE("runtime host program errors") {
    TEST_CASE("arrays that are not the model's inputs") {
        const runtime::Manifest manifest =
            read_manifest_text(manifest_text(small_network("[] = reals [1]")));
        const runtime::HostProgram host(manifest);
        const auto samples = [&](const std::vector<Shape>& shapes) {
            std::vector<HostArray> arrays;
            std::vector<runtime::ConstArray> views;
            for (const Shape& shape : shapes) {
                arrays.emplace_back(DataType::float32, shape);
            }
            for (const HostArray& array : arrays) {
                views.push_back(runtime_view(array));
            }
            std::int64_t count = 0;
            const std::string error = error_of([&] { count = host.samples(views); });
            return error == "no error" ? std::to_string(count) : error;
        };
        CHECK(samples({{1, 4}}) == "1");
        CHECK(samples({{7, 4}}) == "7");
        CHECK(samples({{7, 1, 4}}) == "7");
        CHECK(samples({{4}}) == "1");
        CHECK(samples({{7, 2, 2}}) == "shape: an array of shape [7, 2, 2] does not fit input 'x': "
                                      "expected is [N, 1, 4] or [N, 4] for N samples");
        CHECK(samples({}) == "shape: the model has 1 input, 0 given");
        runtime::ConstArray cut = {runtime::ElementType::float32, {2, 4}, {}};
        CHECK(error_of([&] {
                  static_cast<void>(host.samples({&cut, 1}));
              }) == "shape: input 'x': 0 bytes are no array of shape [2, 4] of float32");
        CHECK(host.outputs(3)[0].shape == runtime::Shape{3, 1, 4});
    }

    TEST_CASE("numbers that are none, by every way of encoding") {
        for (const char* factor : {"[] = reals [1]", "[4] = reals [1/3,2/3,1,1/7]"}) {
            const passes::Compilation compilation = small_network(factor);
            const runtime::Manifest manifest = read_manifest_text(manifest_text(compilation));
            const runtime::HostProgram host(manifest);
            for (const auto type : {DataType::float32, DataType::float64, DataType::float16}) {
                HostArray x(type, {3, 4});
                const std::size_t size = bytes_per_element(type);
                // Infinity's exponent: all ones in the highest bits.
                x.data[7 * size - 1] = std::byte{0x7f};
                x.data[7 * size - 2] = std::byte{0xff};
                const std::vector<runtime::ConstArray> views{runtime_view(x)};
                std::vector<std::byte> memory(manifest.inputs[0].frame_bytes * 3);
                const std::vector<std::span<std::byte>> ports{memory};
                const std::string error = error_of([&] { host.encode(views, 0, 3, ports); });
                CHECK_MESSAGE(error.find("input 'x': sample 1, element 2 is infinite or not a "
                                         "number") != std::string::npos,
                              error);
                CHECK(error.starts_with("value: "));
            }
        }
    }

    TEST_CASE("arrays of every type mean their numbers") {
        std::mt19937 random(3);
        for (const char* factor :
             {"[] = reals [1]", "[] = reals [1/3]", "[4] = reals [1/3,2/3,1,1/7]"}) {
            const passes::Compilation compilation = small_network(factor);
            for (const auto type :
                 {DataType::int8, DataType::uint8, DataType::int16, DataType::uint16,
                  DataType::int32, DataType::uint32, DataType::int64, DataType::uint64,
                  DataType::float16, DataType::bfloat16, DataType::float32, DataType::float64,
                  DataType::boolean}) {
                CAPTURE(to_string(type));
                HostArray x(type, {64, 1, 4});
                for (std::int64_t i = 0; i < 256; ++i) {
                    if (type == DataType::float64) {
                        // Beside and on the decision points, closer than floats come.
                        const double tie = (static_cast<double>(random() % 16) - 8.5) / 12;
                        const double off = std::ldexp(static_cast<double>(random() % 3) - 1.0, -50);
                        x.set(i, Real::from_double(tie * (1 + off)));
                    } else if (is_integer(type)) {
                        const bool negative = type == DataType::int8 || type == DataType::int16 ||
                                              type == DataType::int32 || type == DataType::int64;
                        const std::int64_t most = type == DataType::boolean ? 2 : 6;
                        x.set(i, Real(static_cast<std::int64_t>(random()) % most -
                                      (negative ? 3 : 0)));
                    } else {
                        x.set(i, Real::dyadic(static_cast<std::int64_t>(random() % 64) - 32, -4));
                    }
                }
                const HostDifference difference = compare_host_sides(compilation, {x}, 64, 1);
                CHECK_MESSAGE(difference.text.empty(), difference.text);
            }
        }
    }

    TEST_CASE("integers that the kernel cannot have given") {
        const runtime::Manifest manifest =
            read_manifest_text(manifest_text(small_network("[] = reals [1]")));
        const runtime::HostProgram host(manifest);
        // -4, which three bits hold and the quantizer never gives.
        std::vector<std::byte> memory(manifest.outputs[0].frame_bytes, std::byte{0xcc});
        const std::vector<std::span<const std::byte>> ports{memory};
        std::vector<runtime::Array> outputs = host.outputs(1);
        CHECK(error_of([&] { host.decode(ports, nullptr, 0, 1, outputs); }) ==
              "device: the kernel gave -4, which is outside of its proved range");
    }
}
