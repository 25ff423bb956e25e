// SPDX-License-Identifier: Apache-2.0
//
// The register map against the rule of Vitis HLS, burst settings against AXI4's limits, and where
// compute units go on boards with DDR, with HBM, and on embedded ones.
#include "backends/kernel_interface.hpp"
#include "backends/memory_traffic.hpp"
#include "backends/placement.hpp"
#include "ir/diagnostics.hpp"
#include "ir/memory_pace.hpp"
#include "planner/board.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

using namespace millrace;
using namespace millrace::backends;

namespace {

KernelInterface interface_with(std::size_t inputs, std::size_t outputs) {
    std::vector<KernelPort> ports;
    for (std::size_t i = 0; i < inputs; ++i) {
        ports.push_back({"in" + std::to_string(i), 64 << (i % 4), true});
    }
    for (std::size_t i = 0; i < outputs; ++i) {
        ports.push_back({"out" + std::to_string(i), 512, false});
    }
    return kernel_interface("k", ports);
}

Board board(const std::string& name) {
    const auto found = planner::known_board(name);
    REQUIRE(found.has_value());
    return *found;
}

/// "HBM[0] HBM[1] | HBM[2] HBM[3]": the ports of each unit.
std::string ports_text(const std::vector<PlacedUnit>& units) {
    std::string text;
    for (const PlacedUnit& unit : units) {
        text += text.empty() ? "" : " |";
        for (const PlacedPort& port : unit.ports) {
            text += (text.empty() ? "" : " ") + port.port;
        }
    }
    return text;
}

std::string regions_text(const std::vector<PlacedUnit>& units) {
    std::string text;
    for (const PlacedUnit& unit : units) {
        text += (&unit == &units.front() ? "" : " ") + unit.region;
    }
    return text;
}

} // namespace

TEST_SUITE("kernel interface") {
    TEST_CASE("registers lie where Vitis HLS puts them") {
        // Of a kernel (const T* in, T* out, int frames), from the header that the tool generates:
        // 0x10 in, 0x1c out, 0x28 frames.
        const KernelInterface small = interface_with(1, 1);
        REQUIRE(small.arguments.size() == 3);
        CHECK(small.arguments[0].offset == 0x10);
        CHECK(small.arguments[1].offset == 0x1c);
        CHECK(small.arguments[2].offset == 0x28);
        // The rule, written another way: a counter of 32-bit words, one reserved after each.
        const KernelInterface large = interface_with(4, 3);
        std::uint32_t word = 4;
        for (const KernelArgument& argument : large.arguments) {
            CAPTURE(argument.name);
            CHECK(argument.offset == 4 * word);
            word += (argument.memory ? 2 : 1) + 1;
        }
        CHECK(large.arguments.back().name == "frames");
        CHECK(large.arguments.back().bytes == 4);
    }

    TEST_CASE("arguments are inputs, outputs and frames, each port with a bundle of its own") {
        const std::vector<KernelPort> mixed{
            {"out0", 64, false}, {"in0", 128, true}, {"out1", 64, false}, {"in1", 64, true}};
        const KernelInterface interface = kernel_interface("k", mixed);
        std::string names;
        std::set<std::string> bundles;
        for (const KernelArgument& argument : interface.arguments) {
            names += argument.name + " ";
            if (argument.memory) {
                CHECK(argument.bundle == "gmem" + std::to_string(argument.index));
                bundles.insert(argument.bundle);
            }
        }
        CHECK(names == "in0 in1 out0 out1 frames ");
        CHECK(bundles.size() == 4);
        CHECK_THROWS_AS(kernel_interface("k", std::vector<KernelPort>{{"in0", 96, true}}), Defect);
    }

    TEST_CASE("bursts stay within 4 KiB and 256 words") {
        for (const std::int64_t bits : {64, 128, 256, 512}) {
            CAPTURE(bits);
            const BurstSettings burst = burst_settings(bits);
            CHECK(burst.length * bits / 8 <= 4096);
            CHECK(burst.length <= 256);
            // The longest: one more would break a limit.
            CHECK((2 * burst.length * bits / 8 > 4096 || 2 * burst.length > 256));
            CHECK(burst.outstanding >= 2);
            CHECK(burst.length * burst.outstanding == 512);
        }
    }

    TEST_CASE("the manifest's control says all of it") {
        const auto json = control_json(interface_with(1, 1));
        CHECK(json.at("protocol") == "ap_ctrl_chain");
        CHECK(json.at("bytes") == 65536);
        CHECK(json.at("arguments").dump() ==
              R"([{"name":"in0","index":0,"offset":16,"bytes":8,"kind":"memory","bundle":"gmem0"},)"
              R"({"name":"out0","index":1,"offset":28,"bytes":8,"kind":"memory","bundle":"gmem1"},)"
              R"({"name":"frames","index":2,"offset":40,"bytes":4,"kind":"scalar"}])");
    }

    TEST_CASE("DDR: a unit and its memory in one region") {
        const auto units = place_units(interface_with(1, 1), board("u200"), 5);
        // SLR1 has two memories, which its units take in turn.
        CHECK(regions_text(units) == "SLR0 SLR1 SLR2 SLR0 SLR1");
        CHECK(ports_text(units) == "DDR[0] DDR[0] | DDR[1] DDR[1] | DDR[3] DDR[3] | DDR[0] DDR[0] "
                                   "| DDR[2] DDR[2]");
        CHECK(units[0].name == "k_1");
        CHECK(units[0].base == 0x1800000);
        CHECK(units[4].base == 0x1840000);
    }

    TEST_CASE("HBM: every port has a pseudo channel, DDR beside it is left alone") {
        const auto units = place_units(interface_with(2, 1), board("u280"), 2);
        CHECK(ports_text(units) == "HBM[0] HBM[1] HBM[2] | HBM[3] HBM[4] HBM[5]");
        CHECK(regions_text(units) == "SLR0 SLR1");
        CHECK(placement_problem(board("u50"), 3, 10).empty());
        CHECK(
            placement_problem(board("u50"), 3, 11) ==
            "11 compute units of 3 memory ports need 33 pseudo channels of HBM, the board has 32");
    }

    TEST_CASE("embedded: one memory, its ports in turn, registers where the processor has them") {
        const Board zcu104 = board("zcu104");
        const auto units = place_units(interface_with(1, 1), zcu104, 3);
        CHECK(ports_text(units) == "HP0 HP1 | HP2 HP3 | HP0 HP1");
        CHECK(regions_text(units) == "  ");
        CHECK(units[0].base == 0xa0000000);
        CHECK(units[1].base == 0xa0010000);
        const auto json = compute_units_json(units, interface_with(1, 1), zcu104);
        CHECK(json.at(2).dump() ==
              R"({"name":"k_3","base":2684485632,"banks":{"in0":"PS_DDR","out0":"PS_DDR"}})");
        CHECK(placement_problem(zcu104, 2, 9) ==
              "9 compute units: an embedded board has interrupts for 8");
    }

    TEST_CASE("what memories and ports carry") {
        // 1,000 elements of 5 bits, in containers of 8, and 10 of 20 bits, in containers of 32.
        Graph body;
        const auto add = [&](Shape shape, std::int64_t lowest, std::int64_t highest) {
            IntegerType type;
            type.shape = std::move(shape);
            type.lo = {lowest};
            type.hi = {highest};
            return body.add_value("v", type);
        };
        body.inputs = {add({10, 100}, 0, 31)};
        body.outputs = {add({10}, -500'000, 500'000)};
        const auto traffic = [&](const std::string& name, int units, double clock = 100) {
            return memory_traffic(body, board(name), units, clock);
        };
        // HP0 reads a frame of 1,000 bytes by 8 a cycle; the memory has 2.1 GB/s for 1,040.
        const MemoryTraffic pynq = traffic("pynq-z2", 1);
        CHECK(pynq.name == "HP0 of PS_DDR");
        CHECK(pynq.bytes == 1000);
        CHECK(pynq.cycles(100) == 125);
        CHECK(pynq.asked(250, 100) == doctest::Approx(0.4));
        // Four units: HP0 and HP2 read for two of them each, 2,000 bytes; the memory 4,160.
        CHECK(traffic("pynq-z2", 4).name == "HP0 of PS_DDR");
        CHECK(traffic("pynq-z2", 4).cycles(100) == 250);
        // The faster clock, the faster ports, but not memories.
        CHECK(traffic("pynq-z2", 4, 250).name == "PS_DDR");
        CHECK(traffic("pynq-z2", 4, 250).cycles(250) == 496);
        // Reads of two units pass PCIe (12 GB/s) one way; each has a memory of 19.25 GB/s.
        CHECK(traffic("u250", 2, 300).name == "PCIe");
        CHECK(traffic("u250", 2, 300).bytes == 2000);
        CHECK(traffic("u250", 2, 300).cycles(300) == 50);
        CHECK(traffic("u250", 17).name.empty()); // finds no room
    }

    TEST_CASE("no board: one memory, and limits") {
        const auto units = place_units(interface_with(1, 1), unnamed_board(), 2);
        CHECK(ports_text(units) == "DDR[0] DDR[0] | DDR[0] DDR[0]");
        CHECK(memories_json(unnamed_board()).dump() ==
              R"([{"tag":"DDR[0]","type":"MEM_DDR4","base":274877906944,"kib":16777216}])");
        CHECK(placement_problem(unnamed_board(), 1, 0) == "0 compute units: there can be 1 to 16");
        CHECK(placement_problem(unnamed_board(), 1, 15).empty());
        CHECK(
            placement_problem(unnamed_board(), 2, 8) ==
            "8 compute units of 2 memory ports put 16 AXI4 masters on a memory port of the board, "
            "which takes 15");
        CHECK_THROWS_AS(place_units(interface_with(1, 1), unnamed_board(), 8), Defect);
    }

    TEST_CASE("every tag of a manifest's unit is one of its memories") {
        for (const std::string& name : planner::board_names()) {
            CAPTURE(name);
            const Board known = board(name);
            std::set<std::string> tags;
            for (const auto& memory : memories_json(known)) {
                CHECK(memory.at("kib").get<std::uint64_t>() > 0);
                tags.insert(memory.at("tag").get<std::string>());
            }
            const KernelInterface interface = interface_with(2, 2);
            for (const auto& unit :
                 compute_units_json(place_units(interface, known, 4), interface, known)) {
                CHECK(unit.at("banks").size() == 4);
                CHECK(unit.contains("slr") == (known.regions.size() > 1));
                for (const auto& bank : unit.at("banks")) {
                    CHECK(tags.contains(bank.get<std::string>()));
                }
            }
        }
    }
}
