// SPDX-License-Identifier: Apache-2.0
//
// .npy files and arrays: every type there and back, NumPy's own bytes, both orders, and nothing but
// diagnostics for files that lie.
#include "cli/npy.hpp"
#include "runtime/sample_shape.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cstring>
#include <limits>
#include <random>
#include <string>

namespace {

using namespace millrace;
using namespace millrace::cli;
using namespace std::string_literals;

std::string file_with(const std::string& header, const std::string& data, char major = 1) {
    std::string text = "\x93NUMPY"s + major + '\0';
    text += static_cast<char>(header.size() & 0xff);
    text += static_cast<char>(header.size() >> 8);
    if (major > 1) {
        text += "\0\0"s;
    }
    return text + header + data;
}

std::string header(const std::string& descr, const std::string& shape, bool fortran = false) {
    return fmt::format("{{'descr': '{}', 'fortran_order': {}, 'shape': {}, }}\n", descr,
                       fortran ? "True" : "False", shape);
}

HostArray read(const std::string& bytes) {
    Diagnostics diagnostics;
    const auto array = parse_npy(bytes, "x.npy", diagnostics);
    REQUIRE_MESSAGE(array, (diagnostics.all().empty() ? "" : diagnostics.all()[0].message));
    return *array;
}

/// The message with which the bytes are refused.
std::string refusal(const std::string& bytes) {
    Diagnostics diagnostics;
    const auto array = parse_npy(bytes, "x.npy", diagnostics);
    CHECK_FALSE(array);
    REQUIRE(diagnostics.all().size() == 1);
    CHECK(diagnostics.all()[0].code == Code::bad_array_file);
    CHECK(diagnostics.all()[0].file == "x.npy");
    return diagnostics.all()[0].message;
}

std::string text_of(const HostArray& array) {
    std::string text = std::string(to_string(array.type)) + to_string(array.shape) + ":";
    for (std::int64_t i = 0; i < element_count(array.shape); ++i) {
        text += " " + array.at(i).to_string();
    }
    return text;
}

} // namespace

TEST_SUITE("npy") {
    TEST_CASE("every type there and back") {
        for (const DataType type :
             {DataType::boolean, DataType::int8, DataType::uint8, DataType::int16, DataType::uint16,
              DataType::int32, DataType::uint32, DataType::int64, DataType::uint64,
              DataType::float16, DataType::float32, DataType::float64}) {
            CAPTURE(to_string(type));
            HostArray array(type, {2, 3});
            for (std::int64_t i = 0; i < 6; ++i) {
                array.set(i, type == DataType::boolean ? Real(i % 2) : Real(i * 17));
            }
            if (is_integer(type)) {
                array.set(0, integer_limits(type).lowest);
                array.set(1, integer_limits(type).highest);
            }
            const HostArray back = read(npy_bytes(array));
            CHECK(back.type == type);
            CHECK(back.shape == array.shape);
            CHECK(back.data == array.data);
        }
    }

    TEST_CASE("types that NumPy lacks become ones that hold them") {
        HostArray brain(DataType::bfloat16, {2});
        brain.set(0, Real::ratio(-3, 2));
        brain.set(1, Real(256));
        CHECK(text_of(read(npy_bytes(brain))) == "float32[2]: -3/2 256");
        HostArray nibbles(DataType::int4, {2});
        nibbles.set(0, Real(-8));
        nibbles.set(1, Real(7));
        CHECK(text_of(read(npy_bytes(nibbles))) == "int8[2]: -8 7");
    }

    TEST_CASE("the bytes are NumPy's") {
        HostArray array(DataType::int16, {3});
        array.set(1, Real(1));
        const std::string bytes = npy_bytes(array);
        CHECK(bytes.substr(0, 10) == "\x93NUMPY\x01\x00\x76\x00"s);
        CHECK(bytes.size() == 128 + 6);
        CHECK(bytes.substr(10, 60).starts_with(
            "{'descr': '<i2', 'fortran_order': False, 'shape': (3,), }"));
        CHECK(bytes[127] == '\n');
        CHECK(bytes.substr(128) == "\0\0\1\0\0\0"s);
        CHECK(npy_bytes(HostArray(DataType::uint8, {})).find("'|u1'") != std::string::npos);
        CHECK(npy_bytes(HostArray(DataType::uint8, {})).find("'shape': ()") != std::string::npos);
        CHECK(npy_bytes(HostArray(DataType::uint8, {2, 3})).find("'shape': (2, 3)") !=
              std::string::npos);
    }

    TEST_CASE("versions, byte orders, Fortran order, spacing") {
        CHECK(text_of(read(file_with(header("<i2", "(2,)"), "\1\0\2\0"s, 2))) == "int16[2]: 1 2");
        CHECK(text_of(read(file_with(header("<i2", "(2,)"), "\1\0\2\0"s, 3))) == "int16[2]: 1 2");
        CHECK(text_of(read(file_with(header(">i2", "(2,)"), "\0\1\0\2"s))) == "int16[2]: 1 2");
        CHECK(text_of(read(file_with(header(">f4", "()"), "\x3f\x80\0\0"s))) == "float32[]: 1");
        CHECK(text_of(read(file_with(header("=u1", "(2, 3)", true), "\1\4\2\5\3\6"s))) ==
              "uint8[2,3]: 1 2 3 4 5 6");
        CHECK(text_of(read(file_with(header("|u1", "(2, 1, 2)", true), "\1\3\2\4"s))) ==
              "uint8[2,1,2]: 1 2 3 4");
        CHECK(text_of(read(file_with("{\"shape\":(2L,),\"fortran_order\":False,\"descr\":\"|u1\"}",
                                     "\1\2"s))) == "uint8[2]: 1 2");
        CHECK(text_of(read(file_with(header("|b1", "(3,)"), "\0\1\7"s))) == "bool[3]: 0 1 1");
        CHECK(text_of(read(file_with(header("<f4", "(0, 5)"), ""))) == "float32[0,5]:");
    }

    TEST_CASE("files that lie are refused") {
        CHECK(refusal("") == "this is not a .npy file");
        CHECK(refusal("PK\3\4 a zip, as .npz is") == "this is not a .npy file");
        CHECK(refusal("\x93NUMPY\x09\0\1\0 "s).find("version 9") != std::string::npos);
        CHECK(refusal("\x93NUMPY\x01\0\xff\xff{"s) == "the file ends within its header");
        CHECK(refusal("\x93NUMPY\x02\0\1\0"s) == "the file ends within its header");
        CHECK(refusal("\x93NUMPY\x02\0\xff\xff\xff\xff {}"s) == "the header is too long");
        CHECK(refusal(file_with(header("<f4", "(2,)"), "\0\0\0\0"s)).find("ends too early") !=
              std::string::npos);
        CHECK(refusal(file_with(header("<f4", "(1,)"), "\0\0\0\0\0"s)).find("1 bytes follow") !=
              std::string::npos);
        CHECK(refusal(file_with(header("<f8", "(1152921504606846976, 16)"), "\0"s))
                  .find("ends too early") != std::string::npos);
        CHECK(refusal(file_with(header("<f8", "(4294967296, 4294967296)"), ""))
                  .find("ends too early") != std::string::npos);
        CHECK(refusal(file_with(header("<f8", "(99999999999999999999,)"), "")) ==
              "'shape' is not a tuple of sizes");
        CHECK(refusal(file_with(header("<f8", "(-1,)"), "")) == "'shape' is not a tuple of sizes");
        CHECK(refusal(file_with(header("<f8", "5"), "")).find("'(' expected") != std::string::npos);
        CHECK(refusal(file_with(header("|O", "(1,)"), "\0"s)).find("'|O'") != std::string::npos);
        CHECK(refusal(file_with(header("<c8", "(1,)"), "")).find("'<c8'") != std::string::npos);
        CHECK(refusal(file_with(header("", "(1,)"), "")).find("not supported") !=
              std::string::npos);
        CHECK(refusal(file_with("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': ()}",
                                "")) == "structured arrays are not supported");
        CHECK(refusal(file_with("{'descr': '<f4'}", "")).find("lacks") != std::string::npos);
        CHECK(refusal(file_with("{'descr': '<f4', 'x': 1}", "")).find("unknown key") !=
              std::string::npos);
        CHECK(refusal(file_with("not a dictionary", "")).find("not a dictionary") !=
              std::string::npos);
        CHECK(refusal(file_with("{'descr: ", "")).find("without end") != std::string::npos);
        CHECK(refusal(file_with(header("<f4", "()") + "x", "")).find("behind its end") !=
              std::string::npos);
        std::string deep = "(";
        for (int i = 0; i < 100; ++i) {
            deep += "1, ";
        }
        CHECK(refusal(file_with(header("<f4", deep + ")"), "\0\0\0\0"s)) ==
              "'shape' has too many dimensions");
    }

    TEST_CASE("any bytes give an array or a diagnostic") {
        std::mt19937 random(7);
        const std::string good = file_with(header("<i2", "(2, 2)", true), "abcdefgh");
        for (int round = 0; round < 20000; ++round) {
            std::string bytes = good;
            for (unsigned i = 0; i <= random() % 3; ++i) {
                bytes[random() % bytes.size()] = static_cast<char>(random());
            }
            bytes.resize(bytes.size() - random() % 2 * (random() % bytes.size()));
            Diagnostics diagnostics;
            const auto array = parse_npy(bytes, "x", diagnostics);
            REQUIRE(array.has_value() != diagnostics.has_errors());
            if (array) {
                REQUIRE(array->data.size() ==
                        static_cast<std::size_t>(element_count(array->shape)) *
                            bytes_per_element(array->type));
            }
        }
    }

    TEST_CASE("files that cannot be read or written") {
        Diagnostics diagnostics;
        CHECK_FALSE(read_npy("no/such/file.npy", diagnostics));
        CHECK_FALSE(read_npy(".", diagnostics));
        CHECK_FALSE(write_npy(HostArray(DataType::uint8, {1}), "no/such/file.npy", diagnostics));
        CHECK(diagnostics.error_count() == 3);
    }
}

TEST_SUITE("host array") {
    TEST_CASE("float16 and bfloat16 are rounded once, half to even") {
        HostArray array(DataType::float16, {1});
        const auto stored = [&](const Real& value) {
            array.set(0, value);
            return array.as<std::uint16_t>()[0];
        };
        CHECK(stored(Real(1)) == 0x3c00);
        CHECK(stored(Real(-2)) == 0xc000);
        CHECK(stored(Real(0)) == 0);
        CHECK(stored(Real(65504)) == 0x7bff);
        CHECK(stored(Real(65519)) == 0x7bff);
        CHECK(stored(Real(65520)) == 0x7c00); // infinity
        CHECK(stored(Real(1) + Real::dyadic(1, -11)) == 0x3c00);
        CHECK(stored(Real(1) + Real::dyadic(3, -11)) == 0x3c02);
        // Rounding to double or float first would end on the tie.
        CHECK(stored(Real(1) + Real::dyadic(1, -11) + Real::dyadic(1, -70)) == 0x3c01);
        CHECK(stored(Real(2) - Real::dyadic(1, -60)) == 0x4000);
        CHECK(stored(Real::dyadic(1, -24)) == 1);
        CHECK(stored(Real::dyadic(1, -25)) == 0);
        CHECK(stored(Real::dyadic(3, -26)) == 1);
        CHECK(stored(Real::dyadic(1, -14) - Real::dyadic(1, -30)) == 0x400);
        for (unsigned bits = 0; bits < 0x7c00; ++bits) {
            array.as<std::uint16_t>()[0] = static_cast<std::uint16_t>(bits);
            REQUIRE(stored(array.at(0)) == bits);
        }
        HostArray brain(DataType::bfloat16, {1});
        brain.set(0, Real(1) + Real::dyadic(3, -8));
        CHECK(brain.as<std::uint16_t>()[0] == 0x3f82);
        CHECK(brain.at(0) == Real(1) + Real::dyadic(1, -6));
    }

    TEST_CASE("integers hold exactly what they hold") {
        HostArray array(DataType::uint64, {1});
        array.set(0, integer_limits(DataType::uint64).highest);
        CHECK(array.as<std::uint64_t>()[0] == ~std::uint64_t{0});
        CHECK(array.at(0) == integer_limits(DataType::uint64).highest);
        HostArray small(DataType::int8, {1});
        CHECK_THROWS_AS(small.set(0, Real(128)), std::range_error);
        CHECK_THROWS_AS(small.set(0, Real::ratio(1, 2)), std::range_error);
        small.set(0, Real(-128));
        CHECK(small.at(0) == Real(-128));
    }

    TEST_CASE("infinities and NaN are no numbers") {
        HostArray array(DataType::float32, {1});
        const float infinity = std::numeric_limits<float>::infinity();
        std::memcpy(array.data.data(), &infinity, sizeof infinity);
        CHECK_THROWS_AS(array.at(0), std::domain_error);
        CHECK_THROWS_AS(array.tensor(0, {1}), std::domain_error);
        HostArray half(DataType::float16, {1});
        half.as<std::uint16_t>()[0] = 0x7c01;
        CHECK_THROWS_AS(half.at(0), std::domain_error);
    }

    TEST_CASE("tensors of a part") {
        HostArray array(DataType::int16, {2, 2});
        for (int i = 0; i < 4; ++i) {
            array.set(i, Real(i - 2));
        }
        CHECK(array.tensor(2, {1, 2}) == Tensor::integers({0, 1}).reshaped({1, 2}));
    }
}

TEST_SUITE("sample arrays") {
    TEST_CASE("one sample, many samples, the batch axis replaced, axes of size 1") {
        const Shape image{1, 1, 28, 28};
        CHECK(runtime::sample_count({1, 1, 28, 28}, image) == 1);
        CHECK(runtime::sample_count({8, 1, 1, 28, 28}, image) == 8);
        CHECK(runtime::sample_count({8, 1, 28, 28}, image) == 8);
        CHECK(runtime::sample_count({8, 28, 28}, image) == 8);
        CHECK(runtime::sample_count({28, 28}, image) == 1);
        CHECK_FALSE(runtime::sample_count({784}, image));
        CHECK_FALSE(runtime::sample_count({8, 784}, image));
        CHECK(runtime::sample_count({10}, {1, 10}) == 1);
        CHECK(runtime::sample_count({5, 10}, {1, 10}) == 5);
        CHECK(runtime::sample_count({5}, {1, 1}) == 5);
        CHECK(runtime::sample_count({5, 1}, {1, 1}) == 5);
        CHECK(runtime::sample_count({5}, {}) == 5);
        CHECK(runtime::sample_count({}, {}) == 1);
        CHECK(runtime::sample_count({16}, {16}) == 1);
        CHECK_FALSE(runtime::sample_count({32}, {16}));
        CHECK(runtime::sample_count({3, 16}, {16}) == 3);
        CHECK(runtime::sample_count({12, 5}, {4, 5}) == 3); // a batch of 4
        CHECK_FALSE(runtime::sample_count({10, 5}, {4, 5}));
        CHECK(runtime::sample_count({0, 10}, {1, 10}) == 0);
    }
}
