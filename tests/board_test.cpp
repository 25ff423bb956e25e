// SPDX-License-Identifier: Apache-2.0
//
// Board descriptions: the known ones against the makers' figures, a user's own, and everything that
// can be wrong with one.
#include "ir/diagnostics.hpp"
#include "planner/board.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace millrace;

namespace {

constexpr const char* my_card = R"(
title = "My card"
part = "xcu250-figd2104-2L-e"
family = "ultrascale+"
clock_mhz = 250
[device]
lut = 100
ff = 200
bram36 = 10
uram = 4
dsp = 30
[[region]]
name = "SLR0"
lut = 40
ff = 80
bram36 = 5
uram = 2
dsp = 15
[[memory]]
tag = "DDR[0]"
type = "MEM_DDR4"
base = 0x1000
mib = 64
region = "SLR0"
[[memory]]
tag = "HBM"
count = 2
type = "MEM_HBM"
base = 0x4100000
mib = 1
)";

std::string replaced(std::string text, const std::string& what, const std::string& by) {
    const std::size_t at = text.find(what);
    REQUIRE(at != std::string::npos);
    return text.replace(at, what.size(), by);
}

/// All diagnostics, one a line.
std::string errors_of(const std::string& toml) {
    Diagnostics diagnostics;
    const auto board = planner::read_board(toml, "mine", "my.toml", diagnostics);
    CHECK(board.has_value() == (diagnostics.error_count() == 0));
    std::string text;
    for (const Diagnostic& diagnostic : diagnostics.all()) {
        CHECK(diagnostic.code == Code::bad_board);
        text += format(diagnostic) + "\n";
    }
    return text;
}

bool finds(const std::string& toml, const std::string& message) {
    const std::string errors = errors_of(toml);
    CAPTURE(errors);
    CHECK(errors.find(message) != std::string::npos);
    return errors.find(message) != std::string::npos;
}

} // namespace

TEST_SUITE("boards") {
    TEST_CASE("the known boards have the figures of their parts") {
        struct Figures {
            const char* name;
            const char* part;
            Resources resources;
            std::size_t regions;
            std::size_t memories;
            double clock_mhz;
        };
        for (const Figures& wanted : {
                 Figures{"pynq-z1", "xc7z020clg400-1", {53200, 106400, 140, 0, 220}, 1, 1, 100},
                 {"pynq-z2", "xc7z020clg400-1", {53200, 106400, 140, 0, 220}, 1, 1, 100},
                 {"ultra96", "xczu3eg-sbva484-1-e", {70560, 141120, 216, 0, 360}, 1, 1, 150},
                 {"kv260", "xck26-sfvc784-2LV-c", {117120, 234240, 144, 64, 1248}, 1, 1, 200},
                 {"zcu104", "xczu7ev-ffvc1156-2-e", {230400, 460800, 312, 96, 1728}, 1, 1, 200},
                 {"zcu102", "xczu9eg-ffvb1156-2-e", {274080, 548160, 912, 0, 2520}, 1, 1, 200},
                 {"zcu111", "xczu28dr-ffvg1517-2-e", {425280, 850560, 1080, 80, 4272}, 1, 1, 200},
                 {"u50", "xcu50-fsvh2104-2L-e", {871680, 1743360, 1344, 640, 5952}, 2, 32, 300},
                 {"u55c", "xcu55c-fsvh2892-2L-e", {1303680, 2607360, 2016, 960, 9024}, 3, 32, 300},
                 {"u200", "xcu200-fsgd2104-2-e", {1182240, 2364480, 2160, 960, 6840}, 3, 4, 300},
                 {"u250", "xcu250-figd2104-2L-e", {1728000, 3456000, 2688, 1280, 12288}, 4, 4, 300},
                 {"u280", "xcu280-fsvh2892-2L-e", {1303680, 2607360, 2016, 960, 9024}, 3, 34, 300},
             }) {
            CAPTURE(wanted.name);
            const auto board = planner::known_board(wanted.name);
            REQUIRE(board.has_value());
            CHECK(board->name == wanted.name);
            CHECK(board->part == wanted.part);
            CHECK(board->device == wanted.resources);
            CHECK(board->regions.size() == wanted.regions);
            CHECK(board->memories.size() == wanted.memories);
            CHECK(board->clock_mhz == wanted.clock_mhz);
            CHECK(board->caps == ResourceCaps{0.7, 0.5, 0.8, 0.8, 0.8});
            Resources together;
            for (const BoardRegion& region : board->regions) {
                together.lut += region.free.lut;
                together.dsp += region.free.dsp;
            }
            CHECK(together.lut <= board->device.lut);
            CHECK(together.lut > board->device.lut / 2);
            CHECK(together.dsp <= board->device.dsp);
        }
        CHECK(planner::board_names().size() == 12);
        CHECK_FALSE(planner::known_board("u51").has_value());
    }

    TEST_CASE("HBM has its size in pseudo channels, one behind the other") {
        const auto u55c = planner::known_board("u55c");
        REQUIRE(u55c.has_value());
        CHECK(u55c->memories[31].tag == "HBM[31]");
        CHECK(u55c->memories[31].kib == 512 * 1024);
        CHECK(u55c->memories[31].base == 31ULL * 512 * 1024 * 1024);
        CHECK(u55c->memories[31].ports == std::vector<std::string>{"HBM[31]"});
    }

    TEST_CASE("a board of one's own") {
        Diagnostics diagnostics;
        const auto board = planner::read_board(my_card, "mine", "my.toml", diagnostics);
        REQUIRE(board.has_value());
        CHECK(board->name == "mine");
        CHECK(board->title == "My card");
        CHECK(board->attachment == Attachment::pcie);
        CHECK(board->clock_mhz == 250);
        CHECK(board->caps == ResourceCaps{});
        CHECK(board->regions.at(0).free == Resources{40, 80, 5, 2, 15});
        REQUIRE(board->memories.size() == 3);
        CHECK(board->memories[0].tag == "DDR[0]");
        CHECK(board->memories[0].base == 0x1000);
        CHECK(board->memories[2].tag == "HBM[1]");
        CHECK(board->memories[2].base == 0x4200000);
        CHECK(errors_of(my_card).empty());
    }

    TEST_CASE("what is wrong is named, with its line and the nearest name") {
        const std::string card = my_card;
        CHECK(finds(replaced(card, "clock_mhz", "clock_mzh"),
                    "error[MR304]: my.toml: line 5: a board has no key 'clock_mzh'"));
        CHECK(finds(replaced(card, "clock_mhz", "clock_mzh"), "did you mean 'clock_mhz'?"));
        CHECK(finds(replaced(card, "mib = 64", "mibs = 64"), "[[memory]] has no key 'mibs'"));
        CHECK(finds(replaced(card, "mib = 64", "mibs = 64"), "[[memory]] needs the key 'mib'"));
        CHECK(finds(replaced(card, "MEM_DDR4", "MEM_DDR44"), "did you mean 'MEM_DDR4'?"));
        CHECK(finds(replaced(card, "ultrascale+", "ultrascale"), "did you mean 'ultrascale+'?"));
        CHECK(finds(replaced(card, "lut = 100", "lut = -1"), "'lut' is -1, which cannot be"));
        CHECK(finds(replaced(card, "lut = 100", "lut = 1.5"),
                    "'lut' must be an integer, not a fraction"));
        CHECK(finds(replaced(card, "clock_mhz = 250", "clock_mhz = \"x\""),
                    "'clock_mhz' must be a number, not a string"));
        CHECK(finds(replaced(card, "clock_mhz = 250", "clock_mhz = nan"),
                    "'clock_mhz' is nan, which cannot be"));
        CHECK(finds(replaced(card, "lut = 40", "lut = 101"),
                    "the regions together have 101 'lut', the device has 100"));
        CHECK(finds(replaced(card, "region = \"SLR0\"", "region = \"SLR1\""),
                    "line 24: memory 'DDR[0]' is in region 'SLR1', which does not exist"));
        CHECK(finds(replaced(card, "tag = \"HBM\"", "tag = \"\""),
                    "line 26: 'tag' must not be empty"));
        CHECK(finds(replaced(card, "title = \"My card\"", "title = \"\""),
                    "'title' must not be empty"));
        CHECK(finds(replaced(card, "\"DDR[0]\"", "\"HBM[0]\""), "there are two memories 'HBM[0]'"));
        CHECK(finds(replaced(card, "\"DDR[0]\"", "\"A_LONG_MEMORY_TAG\""), "is too long"));
        CHECK(finds(replaced(card, "count = 2", "count = 0"), "'count' is 0, which cannot be"));
        CHECK(finds(replaced(card, "base = 0x1000", "base = 100"),
                    "line 22: 'base' must be a multiple of 4 KiB"));
        CHECK(finds(replaced(card, "base = 0x1000", "base = 0x1800"), "for example 0x1000"));
        CHECK(finds(replaced(card, "[device]", "[[device]]"), "'device' must be a table"));
        CHECK(finds("part = ", "line 1:"));
        CHECK(finds("", "a board needs the key 'part'"));
        CHECK(finds("memory = []", "'memory' must be a list of tables"));
        CHECK(finds("region = 3", "'region' must be a list of tables"));
        CHECK(finds(replaced(card, "xcu250-figd2104-2L-e", "xc7z020clg400-1"),
                    "the part 'xc7z020clg400-1' is not of the family 'ultrascale+'"));
        CHECK(finds(replaced(card, "xcu250-figd2104-2L-e", "nonsense"),
                    "the part 'nonsense' is not of the family"));
        // Names reach scripts.
        CHECK(finds(replaced(card, "xcu250-figd2104-2L-e", "x; rm"), "is not a possible part"));
        CHECK(finds("platform = \"a b\"", "'a b' is not a possible platform"));
        CHECK(finds("title = \"a\\u001bb\"", "cannot be printed"));
    }

    TEST_CASE("memories do not overlap") {
        const std::string card = my_card;
        // 64 MiB at 0x1000, and twice 1 MiB.
        const std::string same = replaced(card, "base = 0x4100000", "base = 0x1000");
        CHECK(finds(same, "line 25: memories 'DDR[0]' and 'HBM[0]' overlap"));
        CHECK(finds(same, "'DDR[0]' ends at 0x4001000, 'HBM[0]' begins at 0x1000"));
        CHECK(finds(replaced(card, "base = 0x4100000", "base = 0x4000000"),
                    "'DDR[0]' ends at 0x4001000, 'HBM[0]' begins at 0x4000000"));
        CHECK(errors_of(replaced(card, "base = 0x4100000", "base = 0x4001000")).empty());
        // From below, by its last.
        CHECK(finds(replaced(replaced(card, "base = 0x1000", "base = 0x8000000"),
                             "base = 0x4100000", "base = 0x7f00000"),
                    "memories 'DDR[0]' and 'HBM[1]' overlap"));
        CHECK(finds(replaced(card, "mib = 64", "mib = 1099511627776"),
                    "memories 'DDR[0]' and 'HBM[0]' overlap"));
        CHECK(finds(replaced(replaced(card, "count = 2", "count = 64"), "mib = 1\n",
                             "mib = 1099511627776\n"),
                    "line 25: memory 'HBM' ends beyond the last address"));
    }

    TEST_CASE("embedded boards are of a processor's family and have memory ports") {
        const std::string card = replaced(my_card, "family", "attachment = \"embedded\"\nfamily");
        CHECK(finds(card, "attachment 'embedded' does not go with family 'ultrascale+'"));
        const std::string zynq = replaced(card, "ultrascale+", "zynqmp");
        CHECK(finds(zynq, "an embedded board needs the key 'control'"));
        CHECK(finds(zynq, "an embedded board has one memory, with ports"));
        CHECK(finds(replaced(my_card, "mib = 64", "mib = 64\nports = [\"HP7\"]"),
                    "unknown port 'HP7'"));
        CHECK(finds(replaced(my_card, "mib = 64", "mib = 64\nports = []"),
                    "'ports' must be a list of names"));
        CHECK(finds(replaced(my_card, "ultrascale+", "zynq7"),
                    "attachment 'pcie' does not go with family 'zynq7'"));
    }
}
