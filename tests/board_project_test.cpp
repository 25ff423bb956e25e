// SPDX-License-Identifier: Apache-2.0
//
// Projects for boards, as `millrace compile --board` writes them: link configurations, manifests,
// and for embedded boards the block design (run with stand-ins for Vivado's commands), the overlay
// (through dtc) and the description for XRT. And `millrace boards`.
#include "cli/project_folder.hpp"
#include "planner/board.hpp"
#include "tests/support/command.hpp"
#include "tests/support/shared_data.hpp"
#include "tests/support/small_model.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;
using namespace millrace::tests;
using millrace::cli::TemporaryFolder;
using nlohmann::json;

/// A folder with small_mlp as m.onnx.
struct Workplace {
    TemporaryFolder folder;
    std::string model = path("m.onnx");
    Workplace() { small_mlp().save(model); }
    [[nodiscard]] std::string path(const std::string& name) const {
        return (folder.path() / name).string();
    }
    /// Compiles with these arguments into the folder p; the command must succeed.
    [[nodiscard]] fs::path project(std::vector<std::string> arguments) const {
        arguments.insert(arguments.begin(), {"compile", model, "-o", path("p")});
        const CommandRun run = millrace_command(arguments);
        CAPTURE(run.err);
        REQUIRE(run.status == 0);
        return path("p");
    }
};

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

/// The lines that begin with a word, without it.
std::string lines_of(const std::string& text, const std::string& word) {
    std::istringstream lines(text);
    std::string found;
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with(word)) {
            found += (found.empty() ? "" : " ") + line.substr(word.size());
        }
    }
    return found;
}

bool has_program(const std::string& program) {
    return run_program("sh", {"-c", "command -v " + program}).status == 0;
}

/// Vivado's commands, which print how they are called; $argv has the script and a scratch folder.
constexpr const char* vivado_stand_in = R"(
lassign $argv script scratch
foreach name {create_project set_property update_ip_catalog create_bd_design apply_bd_automation
              connect_bd_net connect_bd_intf_net assign_bd_address validate_bd_design
              save_bd_design add_files launch_runs wait_on_run open_run write_hw_platform} {
    proc $name {args} "puts \"$name \$args\""
}
foreach name {get_board_parts get_bd_pins get_bd_intf_pins get_bd_addr_spaces get_bd_addr_segs
              get_files make_wrapper get_runs current_project current_fileset} {
    proc $name {args} {return [lindex $args end]}
}
proc create_bd_cell {args} {
    puts "create_bd_cell $args"
    return [lindex $args end]
}
proc get_property {name args} {
    return [dict get [list PROGRESS 100% STATS.WNS 0.1 DIRECTORY $::scratch] $name]
}
close [open [file join $scratch system_wrapper.bit] w]
source $script
)";

} // namespace

TEST_SUITE("board projects") {
    TEST_CASE("DDR behind PCIe: two units beside their memories") {
        const Workplace work;
        const fs::path project = work.project({"--board", "u250", "--compute-units", "2"});
        const std::string link = file_text(project / "scripts" / "link.cfg");
        CHECK(lines_of(link, "nk=") == "m:2");
        CHECK_FALSE(contains(link, "\nstream_connect=")); // no stream leaves a unit
        CHECK(lines_of(link, "slr=") == "m_1:SLR0 m_2:SLR1");
        CHECK(lines_of(link, "sp=") == "m_1.m_axi_gmem0:DDR[0] m_1.m_axi_gmem1:DDR[0] "
                                       "m_2.m_axi_gmem0:DDR[1] m_2.m_axi_gmem1:DDR[1]");
        CHECK(lines_of(link, "kernel_frequency=") == "300");
        CHECK(contains(link, "[connectivity]\n"));
        CHECK_FALSE(contains(link, "[clock]"));
        const json manifest = json::parse(file_text(project / "millrace.json"));
        CHECK(manifest.at("board") == "u250");
        CHECK(manifest.at("part") == "xcu250-figd2104-2L-e");
        CHECK(manifest.at("clock_mhz") == 300);
        REQUIRE(manifest.at("compute_units").size() == 2);
        CHECK(manifest.at("compute_units").at(1) ==
              json{{"name", "m_2"},
                   {"base", 0x1810000},
                   {"banks", {{"in0", "DDR[1]"}, {"out0", "DDR[1]"}}},
                   {"slr", "SLR1"}});
        CHECK(manifest.at("memories").size() == 4);
        CHECK(manifest.at("control").at("protocol") == "ap_ctrl_chain");
        // The platform is not known; make says what to do.
        const CommandRun make = run_program("make", {"-C", project.string(), "xclbin"});
        CHECK(make.status != 0);
        CHECK(contains(make.err, "PLATFORM="));
        CHECK(contains(file_text(project / "scripts" / "vitis_hls.tcl"),
                       "set_part xcu250-figd2104-2L-e"));
        CHECK_FALSE(fs::exists(project / "scripts" / "vivado_bd.tcl"));
    }

    TEST_CASE("HBM: a pseudo channel for each port, and the platform in the Makefile") {
        const Workplace work;
        const fs::path project = work.project({"--board", "u55c"});
        const std::string link = file_text(project / "scripts" / "link.cfg");
        CHECK(lines_of(link, "sp=") == "m_1.m_axi_gmem0:HBM[0] m_1.m_axi_gmem1:HBM[1]");
        CHECK(lines_of(link, "slr=") == "m_1:SLR0");
        const std::string platform = "xilinx_u55c_gen3x16_xdma_3_202210_1";
        const json manifest = json::parse(file_text(project / "millrace.json"));
        CHECK(manifest.at("platform") == platform);
        CHECK(manifest.at("memories").size() == 32);
        const CommandRun make = run_program(
            "make", {"-n", "-C", project.string(), "xclbin", "TARGET=hw_emu", "TOOL=v++"});
        CAPTURE(make.err);
        CHECK(make.status == 0);
        CHECK(contains(make.out, "v++ -l -t hw_emu --platform " + platform));
        CHECK(contains(make.out, "-o build/m.hw_emu.xclbin"));
        CHECK(contains(make.out, "emconfigutil --platform " + platform));
        const CommandRun hardware =
            run_program("make", {"-n", "-C", project.string(), "xclbin", "TOOL=v++"});
        CHECK(contains(hardware.out, "-o build/m.xclbin"));
        CHECK_FALSE(contains(hardware.out, "emconfigutil"));
    }

    TEST_CASE("no board: one memory is assumed, and said") {
        const Workplace work;
        const fs::path project = work.project({});
        const std::string link = file_text(project / "scripts" / "link.cfg");
        CHECK(contains(link, "No board was named"));
        CHECK(lines_of(link, "sp=") == "m_1.m_axi_gmem0:DDR[0] m_1.m_axi_gmem1:DDR[0]");
        CHECK(lines_of(link, "slr=") == "");
        CHECK(contains(file_text(project / "scripts" / "README.md"), "No board was named"));
        CHECK(json::parse(file_text(project / "millrace.json")).at("board") == "");
    }

    TEST_CASE("embedded: the block design connects what the manifest says") {
        if (!has_program("tclsh")) {
            report_skip("tclsh is absent");
            return;
        }
        struct Names {
            const char* board;
            const char* processor;
            const char* master;
            const char* memory;
            const char* base;
        };
        for (const Names& names :
             {Names{"zcu104", "zynq_ultra_ps_e", "ps/M_AXI_HPM0_FPD", "ps/S_AXI_HP3_FPD",
                    "0xa0010000"},
              {"pynq-z2", "processing_system7", "ps/M_AXI_GP0", "ps/S_AXI_HP3", "0x40010000"}}) {
            CAPTURE(names.board);
            const Workplace work;
            const fs::path project = work.project({"--board", names.board, "--compute-units", "2"});
            std::ofstream(work.path("vivado.tcl")) << vivado_stand_in;
            const std::string script = (project / "scripts" / "vivado_bd.tcl").string();
            const std::vector<std::string> command{work.path("vivado.tcl"), script,
                                                   work.folder.path().string()};
            const CommandRun early = run_program("tclsh", command);
            CHECK(early.status != 0);
            CHECK(contains(early.err, "run `make ip` first"));
            const fs::path ip = project / "build" / "vitis_ip" / "hls" / "impl" / "ip";
            fs::create_directories(ip);
            std::ofstream(ip / "component.xml") << "<x/>";
            const CommandRun run = run_program("tclsh", command);
            CAPTURE(run.err);
            REQUIRE(run.status == 0);
            CHECK(contains(run.out, std::string("xilinx.com:ip:") + names.processor + " ps\n"));
            CHECK(contains(run.out, std::string("connect_bd_intf_net ") + names.master +
                                        " control/S00_AXI\n"));
            CHECK(contains(run.out, "connect_bd_intf_net control/M01_AXI m_2/s_axi_control\n"));
            CHECK(contains(run.out, "connect_bd_intf_net m_2/m_axi_gmem1 memory_hp3/S00_AXI\n"));
            CHECK(contains(run.out, std::string("connect_bd_intf_net memory_hp3/M00_AXI ") +
                                        names.memory + "\n"));
            CHECK(contains(run.out, "connect_bd_net m_2/interrupt interrupts/In1\n"));
            CHECK(contains(run.out, std::string("assign_bd_address -offset ") + names.base +
                                        " -range 64K -force -target_address_space ps/Data "
                                        "m_2/s_axi_control/Reg\n"));
            CHECK(contains(run.out, "write_hw_platform -fixed -include_bit"));
            CHECK(fs::exists(project / "build" / "m.bit"));
        }
    }

    TEST_CASE("both tool forms package a kernel for Vitis and a block for Vivado") {
        const Workplace work;
        const fs::path project = work.project({"--board", "zcu104"});
        // The new form, with stand-ins for the tools.
        const fs::path tools = work.folder.path() / "tools";
        fs::create_directories(tools);
        for (const char* tool : {"v++", "vitis-run"}) {
            std::ofstream(tools / tool) << "#!/bin/sh\necho \"$(basename \"$0\") $*\"\n";
            fs::permissions(tools / tool, fs::perms::owner_all);
        }
        for (const std::string step : {"xo", "ip"}) {
            CAPTURE(step);
            const bool ip = step == "ip";
            const CommandRun run =
                run_program("sh", {"-c", "PATH='" + tools.string() + "':$PATH make -s -C '" +
                                             project.string() + "' " + step});
            CAPTURE(run.err);
            CHECK(run.status == 0);
            const std::string work_dir = ip ? "../build/vitis_ip" : "../build/vitis";
            CHECK(run.out == "v++ -c --mode hls --config ../build/hls_config.cfg --work_dir " +
                                 work_dir +
                                 "\nvitis-run --mode hls --package --config "
                                 "../build/hls_config.cfg --work_dir " +
                                 work_dir + "\n");
            const std::string config = file_text(project / "build" / "hls_config.cfg");
            CHECK(lines_of(config, "flow_target=") == (ip ? "vivado" : "vitis"));
            CHECK(lines_of(config, "package.output.format=") == (ip ? "ip_catalog" : "xo"));
            CHECK(lines_of(config, "package.output.file=") ==
                  (ip ? "" : (project / "build" / "m.xo").string()));
            CHECK(lines_of(config, "syn.interface.m_axi_addr64=") == "1");
        }
        // The old form.
        if (!has_program("tclsh")) {
            report_skip("tclsh is absent");
            return;
        }
        std::ofstream(work.path("hls.tcl"))
            << "foreach name {open_project set_top add_files open_solution set_part create_clock "
               "config_interface csim_design csynth_design cosim_design export_design} {\n"
               "    proc $name {args} \"puts \\\"$name \\$args\\\"\"\n}\n"
               "source [lindex $argv 0]\n";
        for (const std::string step : {"xo", "ip"}) {
            CAPTURE(step);
            const CommandRun run =
                run_program("env", {"MILLRACE_STEP=" + step, "tclsh", work.path("hls.tcl"),
                                    (project / "scripts" / "vitis_hls.tcl").string()});
            CAPTURE(run.err);
            CHECK(run.status == 0);
            CHECK(lines_of(run.out, "open_solution ") ==
                  (step == "ip" ? "-reset -flow_target vivado solution"
                                : "-reset -flow_target vitis solution"));
            CHECK(lines_of(run.out, "export_design ") ==
                  (step == "ip" ? "-format ip_catalog"
                                : "-format xo -output " + (project / "build" / "m.xo").string()));
        }
    }

    TEST_CASE("RTL: Vivado packages the same kernel, or synthesises it by itself") {
        const Workplace work;
        const fs::path project = work.project({"--backend", "rtl", "--board", "u250"});
        CHECK(contains(file_text(project / "scripts" / "README.md"), "| `make xo` | Vivado |"));
        CHECK_FALSE(contains(file_text(project / "scripts" / "README.md"), "HLS"));
        CHECK(contains(
            run_program("make", {"-s", "-n", "-C", project.string(), "xclbin", "PLATFORM=p.xpfm"})
                .out,
            "v++ -l -t hw --platform p.xpfm --config scripts/link.cfg"));
        if (!has_program("tclsh")) {
            report_skip("tclsh is absent");
            return;
        }
        std::ofstream(work.path("vivado.tcl"))
            << "foreach name {create_project add_files set_property update_compile_order "
               "ipx::package_project ipx::associate_bus_interfaces ipx::create_xgui_files "
               "ipx::update_checksums ipx::check_integrity ipx::save_core close_project "
               "package_xo read_verilog read_mem synth_design create_clock report_utilization "
               "report_timing_summary write_checkpoint} {\n"
               "    namespace eval ::ipx {}\n"
               "    proc ::$name {args} \"puts \\\"$name \\$args\\\"\"\n}\n"
               "foreach name {current_fileset ipx::current_core ipx::get_address_blocks "
               "ipx::get_memory_maps get_ports} {\n"
               "    proc ::$name {args} {return [lindex $args 0]}\n}\n"
               "proc ::ipx::add_register {name block} {return $name}\n"
               "proc ::ipx::add_register_parameter {name register} {return $register.$name}\n"
               "source [lindex $argv 0]\n";
        const auto vivado = [&](const std::string& step) {
            const CommandRun run =
                run_program("env", {"MILLRACE_STEP=" + step, "tclsh", work.path("vivado.tcl"),
                                    (project / "scripts" / "vivado.tcl").string()});
            CAPTURE(run.err);
            CHECK(run.status == (step == "nothing" ? 1 : 0));
            return run.out;
        };
        const std::string packaged = vivado("xo");
        const std::string build = (project / "build").string();
        for (const std::string& line :
             {"create_project m " + build + "/vivado_ip -part xcu250-figd2104-2L-e\n",
              std::string("ipx::associate_bus_interfaces -busif m_axi_gmem1 -clock ap_clk"),
              std::string("set_property address_offset 0x10 in0\n"),
              std::string("set_property value m_axi_gmem0 in0.ASSOCIATED_BUSIF\n"),
              std::string("set_property address_offset 0x1c out0\n"),
              std::string("set_property address_offset 0x28 frames\n"),
              "package_xo -force -xo_path " + build + "/m.xo -kernel_name m -ip_directory " +
                  build + "/ip -ctrl_protocol ap_ctrl_chain\n"}) {
            CAPTURE(packaged);
            CHECK(contains(packaged, line));
        }
        // All sources and weights, and nothing that only simulations need.
        const std::string added = lines_of(packaged, "add_files ");
        CHECK(contains(added, "rtl/m.sv"));
        CHECK(contains(added, "rtl/lib/mr_control.sv"));
        CHECK(contains(added, ".mem"));
        CHECK_FALSE(contains(added, "/sim/"));
        CHECK_FALSE(contains(vivado("ip"), "package_xo"));
        const std::string alone = vivado("ooc");
        CHECK(contains(alone, "synth_design -top m -part xcu250-figd2104-2L-e -mode "
                              "out_of_context\n"));
        CHECK(contains(alone, "create_clock -period 3.333"));
        vivado("nothing");
    }

    TEST_CASE("embedded: the overlay compiles") {
        if (!has_program("dtc")) {
            report_skip("dtc (device-tree-compiler) is absent");
            return;
        }
        for (const std::string board : {"kv260", "pynq-z1"}) {
            CAPTURE(board);
            const Workplace work;
            const fs::path project = work.project({"--board", board, "--compute-units", "3"});
            const CommandRun run =
                run_program("dtc", {"-@", "-I", "dts", "-O", "dtb", "-o", work.path("o.dtbo"),
                                    (project / "scripts" / "overlay.dts").string()});
            CHECK(run.status == 0);
            CHECK(run.err == "");
            const CommandRun back =
                run_program("dtc", {"-q", "-I", "dtb", "-O", "dts", work.path("o.dtbo")});
            CHECK(contains(back.out, "firmware-name = \"m.bit.bin\""));
            CHECK(contains(back.out, "compatible = \"xlnx,zocl\""));
            CHECK(contains(back.out, board == "kv260" ? "<0x00 0x59 0x04 0x00 0x5a 0x04 0x00 0x5b"
                                                      : "<0x00 0x1d 0x04 0x00 0x1e 0x04 0x00"));
        }
    }

    TEST_CASE("embedded: the description for XRT agrees with the manifest") {
        const Workplace work;
        const fs::path project = work.project({"--board", "zcu102", "--compute-units", "2"});
        const json manifest = json::parse(file_text(project / "millrace.json"));
        const fs::path folder = project / "scripts" / "xclbin";
        const json layout = json::parse(file_text(folder / "ip_layout.json")).at("ip_layout");
        CHECK(layout.at("m_count") == "2");
        const std::string xml = file_text(folder / "kernel.xml");
        for (std::size_t u = 0; u < 2; ++u) {
            const json& unit = layout.at("m_ip_data").at(u);
            const json& described = manifest.at("compute_units").at(u);
            CHECK(unit.at("m_name") == "m:" + described.at("name").get<std::string>());
            CHECK(std::stoull(unit.at("m_base_address").get<std::string>(), nullptr, 16) ==
                  described.at("base").get<std::uint64_t>());
            CHECK(unit.at("m_ip_control") == "AP_CTRL_CHAIN");
            CHECK(contains(xml, "<instance name=\"" + described.at("name").get<std::string>()));
        }
        for (const json& argument : manifest.at("control").at("arguments")) {
            std::ostringstream text;
            text << "name=\"" << argument.at("name").get<std::string>() << "\" addressQualifier=\""
                 << (argument.at("kind") == "memory" ? 1 : 0) << "\" id=\""
                 << argument.at("index").get<int>() << '"';
            CHECK(contains(xml, text.str()));
            text.str("");
            text << std::hex << "offset=\"0x" << argument.at("offset").get<int>() << '"';
            CHECK(contains(xml, text.str()));
        }
        const json connections = json::parse(file_text(folder / "connectivity.json"));
        CHECK(connections.at("connectivity").at("m_count") == "4");
        const json memories = json::parse(file_text(folder / "mem_topology.json"));
        CHECK(memories.at("mem_topology").at("m_mem_data").at(0).at("m_tag") == "PS_DDR");
        CHECK(lines_of(file_text(project / "scripts" / "link.cfg"), "freqHz=") ==
              "200000000:m_1.ap_clk,m_2.ap_clk");
        const CommandRun make = run_program("make", {"-n", "-C", project.string(), "xclbin"});
        CHECK(contains(make.out, "sh scripts/xclbin.sh m\n"));
        const CommandRun platform = run_program(
            "make", {"-n", "-C", project.string(), "xclbin", "PLATFORM=a.xpfm", "TOOL=v++"});
        CHECK(contains(platform.out, "v++ -l -t hw --platform a.xpfm"));
        // Either way the image says of which design it is.
        const auto design = manifest.at("design").get<std::string>();
        CHECK(design.size() == 32);
        CHECK(contains(platform.out, "xclbinutil --force --input build/m.xclbin --key-value "
                                     "USER:millrace_design:" +
                                         design));
        CHECK(contains(platform.out, "mv build/m.xclbin.marked build/m.xclbin"));
        const fs::path tools = work.path("tools");
        fs::create_directories(tools);
        std::ofstream(tools / "xclbinutil") << "#!/bin/sh\necho \"$@\"\n";
        fs::permissions(tools / "xclbinutil", fs::perms::owner_all);
        const CommandRun script =
            run_program("sh", {"-c", "PATH=$1:$PATH; exec sh $2 m", "sh", tools.string(),
                               (project / "scripts" / "xclbin.sh").string()});
        CHECK(contains(script.out, "--key-value USER:millrace_design:" + design + " --output"));
        CHECK(contains(run_program("make", {"-n", "-C", project.string(), "overlay"}).out,
                       "bootgen -arch zynqmp"));
    }

    TEST_CASE("a board file, and options that go before what it says") {
        const Workplace work;
        std::ofstream(work.path("my.toml"))
            << "part = \"xcu50-fsvh2104-2L-e\"\nfamily = \"ultrascale+\"\nclock_mhz = 250\n"
               "[device]\nlut = 90_000\nff = 90_000\nbram36 = 99\nuram = 1\ndsp = 99\n"
               "[[memory]]\ntag = \"BANK\"\ntype = \"MEM_DDR4\"\nbase = 0\nmib = 1024\n";
        const fs::path project = work.project({"--board", work.path("my.toml")});
        const json manifest = json::parse(file_text(project / "millrace.json"));
        CHECK(manifest.at("board") == "my");
        CHECK(manifest.at("clock_mhz") == 250);
        CHECK(manifest.at("compute_units").at(0).at("banks").at("in0") == "BANK");
        const CommandRun other = millrace_command({"compile", work.model, "-o", work.path("q"),
                                                   "--board", work.path("my.toml"), "--clock",
                                                   "100", "--part", "xcku115", "--json"});
        CHECK(other.status == 0);
        const json document = json::parse(other.out);
        CHECK(document.at("clock_mhz") == 100);
        CHECK(document.at("part") == "xcku115");
        CHECK(document.at("board") == "my");
        CHECK(document.at("compute_units") == 1);
    }

    TEST_CASE("boards that do not exist, wrong board files, too many units") {
        const Workplace work;
        const auto compile = [&](std::vector<std::string> arguments) {
            arguments.insert(arguments.begin(), {"compile", work.model, "-o", work.path("p")});
            const CommandRun run = millrace_command(arguments);
            CHECK_FALSE(fs::exists(work.path("p")));
            return run;
        };
        const CommandRun unknown = compile({"--board", "zcu140"});
        CHECK(unknown.status == 2);
        CHECK(contains(unknown.err, "there is no board 'zcu140': did you mean 'zcu104'?"));
        CHECK(contains(compile({"--board", "spartan"}).err, "known are: kv260"));
        const CommandRun missing = compile({"--board", work.path("none.toml")});
        CHECK(missing.status == 1);
        CHECK(contains(missing.err, "the file cannot be read"));
        std::ofstream(work.path("bad.toml")) << "prat = \"x\"\n";
        const CommandRun bad = compile({"--board", work.path("bad.toml")});
        CHECK(bad.status == 1);
        CHECK(contains(bad.err, "error[MR304]"));
        CHECK(contains(bad.err, "did you mean 'part'?"));
        const CommandRun many = compile({"--board", "zcu104", "--compute-units", "9"});
        CHECK(many.status == 1);
        CHECK(contains(many.err, "error[MR304]"));
        CHECK(compile({"--compute-units", "17"}).status == 2);
        CHECK(compile({"--compute-units", "0"}).status == 2);
    }

    TEST_CASE("millrace boards lists them all") {
        const CommandRun table = millrace_command({"boards"});
        CHECK(table.status == 0);
        const CommandRun document = millrace_command({"boards", "--json"});
        CHECK(document.status == 0);
        const json boards = json::parse(document.out).at("boards");
        REQUIRE(boards.size() == millrace::planner::board_names().size());
        for (std::size_t i = 0; i < boards.size(); ++i) {
            const std::string name = millrace::planner::board_names()[i];
            CAPTURE(name);
            CHECK(boards.at(i).at("name") == name);
            CHECK(contains(table.out, "  " + name + " "));
            CHECK(boards.at(i).at("resources").at("lut").get<int>() > 0);
        }
        CHECK(boards.at(0).at("memories").at(0).at("ports").size() == 4);
        CHECK(contains(table.out, "32 x HBM 512 MiB"));
    }

    TEST_CASE("shell completion knows the boards") {
        std::string names;
        for (const std::string& name : millrace::planner::board_names()) {
            names += (names.empty() ? "" : " ") + name;
        }
        const fs::path folder = fs::path(MILLRACE_SOURCE_DIR) / "cli" / "completions";
        CHECK(contains(file_text(folder / "millrace.bash"), "boards=\"" + names + "\""));
        CHECK(contains(file_text(folder / "_millrace"), "boards=(" + names + ")"));
    }
}
