// SPDX-License-Identifier: Apache-2.0
//
// Any bytes for a terminal and as JSON.
#include "runtime/error.hpp"
#include "runtime/json.hpp"
#include "runtime/printable.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <random>
#include <string>

using namespace millrace::runtime;

TEST_SUITE("runtime text") {
    TEST_CASE("what moves a cursor or is no text is escaped for a terminal") {
        using namespace std::string_literals;
        CHECK(printable("plain, \xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80") ==
              "plain, \xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80");
        CHECK(printable("\x1b[31m\n\t\x7f\0"s) == "\\x1b[31m\\x0a\\x09\\x7f\\x00");
        CHECK(printable("\xc2\x9b\xc2\xa0") == "\\xc2\\x9b\xc2\xa0"); // U+009B begins sequences
        // Longer than needed, a surrogate, beyond the last, cut short, a byte without a first one.
        CHECK(printable("\xc0\xaf") == "\\xc0\\xaf");
        CHECK(printable("\xe0\x80\xaf") == "\\xe0\\x80\\xaf");
        CHECK(printable("\xed\xa0\x80") == "\\xed\\xa0\\x80");
        CHECK(printable("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");
        CHECK(printable("\xe2\x82") == "\\xe2\\x82");
        CHECK(printable("\x80z") == "\\x80z");
        CHECK(printable_lines("one\ntwo\x1b\n") == "one\n  two\\x1b\n  ");
    }

    TEST_CASE("any bytes become a string of JSON, text the same text") {
        CHECK(json_string("a\"\\\n\x1b\xc3\xa9") == "\"a\\\"\\\\\\n\\u001b\xc3\xa9\"");
        CHECK(json_string("\xff") == "\"\\ufffd\"");
        std::mt19937 random(5);
        for (int i = 0; i < 20000; ++i) {
            std::string bytes(random() % 8, '\0');
            for (char& byte : bytes) {
                byte = static_cast<char>(random());
            }
            const std::string text = json_string(bytes);
            REQUIRE(nlohmann::json::accept(text));
            const auto read = nlohmann::json::parse(text).get<std::string>();
            CHECK((read == bytes || printable(bytes).find("\\x") != std::string::npos));
        }
    }
}
