// SPDX-License-Identifier: Apache-2.0
//
// Small parts of the command line: numbers, tables, the argument of --input-type.
#include "cli/input_type.hpp"
#include "cli/terminal.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

namespace {

using namespace millrace;
using namespace millrace::cli;

} // namespace

TEST_SUITE("cli terminal") {
    TEST_CASE("numbers") {
        CHECK(grouped(0) == "0");
        CHECK(grouped(999) == "999");
        CHECK(grouped(1000) == "1,000");
        CHECK(grouped(-1234567) == "-1,234,567");
        CHECK(grouped(-123) == "-123");
        CHECK(engineering(0.5) == "0.5");
        CHECK(engineering(3392) == "3,392");
        CHECK(engineering(57268) == "57.27 k");
        CHECK(engineering(1.5e6) == "1.5 M");
        CHECK(engineering(2e9) == "2 G");
        CHECK(engineering(1.0 / 0.0) == "-");
    }

    TEST_CASE("tables are aligned, numbers to the right, without trailing blanks") {
        Table table({"name", "n", "what"});
        table.add({"a", "1", "64 x 10"});
        table.add({"long", "1,000", "x"});
        CHECK(table.text(false) == "  name      n  what\n"
                                   "  a         1  64 x 10\n"
                                   "  long  1,000  x\n");
        CHECK(table.text(true).find("\x1b[1m  name") == 0);
        CHECK_THROWS_AS(table.add({"too", "few"}), Defect);
        Table accents({"n", "x"});
        accents.add({"\xc3\xa4", "b"});
        CHECK(accents.text(false) == "  n  x\n  \xc3\xa4  b\n");
    }

    TEST_CASE("declared input types are exact") {
        const auto [name, declaration] = parse_input_type("x=uint8:scale=1/255");
        CHECK(name == "x");
        CHECK(declaration.type == DataType::uint8);
        CHECK(declaration.scale == Real::ratio(1, 255));
        CHECK(declaration.zero_point == Real(0));
        const auto [odd, signed_one] = parse_input_type("a=b:c=int8:zero_point=-3:scale=0.1e-2");
        CHECK(odd == "a=b:c");
        CHECK(signed_one.scale == Real::ratio(1, 1000));
        CHECK(signed_one.zero_point == Real(-3));
        CHECK(parse_input_type("x=int4").second.scale == Real(1));
        CHECK(parse_input_type("x=int4:scale=2.5E+1").second.scale == Real(25));
        CHECK(parse_input_type("x=int4:scale=0.5/1.5").second.scale == Real::ratio(1, 3));
        for (const char* wrong :
             {"", "x", "x=", "=uint8", "x=float32", "x=uint9", "x=uint8:", "x=uint8:scale",
              "x=uint8:scale=", "x=uint8:scale=1/0", "x=uint8:scale=1/", "x=uint8:scale=1x",
              "x=uint8:scale=1e999", "x=uint8:scale=99999999999999999999", "x=uint8:sale=1"}) {
            CAPTURE(wrong);
            CHECK_THROWS_AS(parse_input_type(wrong), std::invalid_argument);
        }
        // The reason is what is wrong, and not something else.
        const auto reason = [](const char* wrong) -> std::string {
            try {
                static_cast<void>(parse_input_type(wrong));
            } catch (const std::invalid_argument& problem) {
                return problem.what();
            }
            return "";
        };
        CHECK(reason("x=uint8:bogus=3") == "'bogus=3' is neither scale=S nor zero_point=Z");
        CHECK(reason("x=uint8:scale=-1") == "scale=-1 is not more than 0");
        CHECK(reason("x=uint8:scale=0") == "scale=0 is not more than 0");
        CHECK(reason("x=uint8:zero_point=300") ==
              "zero_point=300 is no uint8: a zero point is one of its integers, 0 to 255");
        CHECK(reason("x=int8:zero_point=0.5") ==
              "zero_point=0.5 is no int8: a zero point is one of its integers, -128 to 127");
        CHECK(reason("x=uint9:scale=1") == "'uint9' is not an integer type such as uint8 or int8");
    }
}
