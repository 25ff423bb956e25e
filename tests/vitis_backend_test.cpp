// SPDX-License-Identifier: Apache-2.0
//
// Emitted Vitis projects: their C simulation against the reference engine, their pragmas against
// the documented grammar, their bytes, manifest and weights.
#include "backends/packing.hpp"
#include "backends/vitis/csim_engine.hpp"
#include "backends/vitis/parameter_objects.hpp"
#include "backends/vitis/vitis_backend.hpp"
#include "passes/lower_to_dataflow.hpp"
#include "passes/pipeline.hpp"
#include "planner/folding.hpp"
#include "tests/support/hls_pragma_lint.hpp"
#include "tests/support/random_mlp.hpp"

#include <array>
#include <cstdlib>
#include <doctest/doctest.h>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <nlohmann/json.hpp>

using namespace millrace;
namespace fs = std::filesystem;

namespace {

std::optional<passes::Compilation> compile(Graph network, std::int64_t cycles) {
    passes::Compilation compilation;
    compilation.network = std::move(network);
    compilation.make_plan = [cycles](const passes::PlanRequest& request, Diagnostics&) {
        return planner::fold_for_cycles(request.body, cycles);
    };
    Diagnostics diagnostics;
    if (!passes::run_passes(compilation, diagnostics)) {
        return std::nullopt;
    }
    return compilation;
}

backends::ProjectFiles emit(const passes::Compilation& c, const std::string& name = "net.onnx") {
    backends::ProjectOptions options;
    options.model_name = name;
    return backends::emit_vitis_project({c.network, c.program, c.dataflow, c.plan, c.cycles},
                                        options)
        .files;
}

/// The first random network from a seed on that compiles.
passes::Compilation some_design(std::uint32_t seed) {
    for (;; ++seed) {
        if (auto c = compile(tests::RandomMlp(seed).network({}), 10)) {
            return std::move(*c);
        }
    }
}

class Folder {
  public:
    Folder() {
        std::string pattern = (fs::temp_directory_path() / "millrace-test-XXXXXX").string();
        REQUIRE(mkdtemp(pattern.data()) != nullptr);
        path = pattern;
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() { fs::remove_all(path); }
    fs::path path;
};

} // namespace

TEST_SUITE("vitis backend") {

    TEST_CASE("C simulation of random networks equals the reference engine") {
        int simulated = 0;
        for (std::uint32_t seed = 1000; simulated < 5; ++seed) {
            CAPTURE(seed);
            tests::RandomMlp mlp(seed);
            Graph network = mlp.network({3, 9, 16, 12});
            const HostArray samples = mlp.samples(network, 300); // more than one call of the top
            auto c = compile(std::move(network), seed % 2 == 0 ? 1 : 30);
            if (!c) {
                continue;
            }
            ++simulated;
            const Folder folder;
            Diagnostics diagnostics;
            REQUIRE(backends::write_project(emit(*c), folder.path / "project", diagnostics));
            const auto expected = make_reference_engine(c->program)->run({samples}, 300, 1);
            const auto got = backends::make_csim_engine(c->program, folder.path / "project")
                                 ->run({samples}, 300, 2);
            for (std::size_t i = 0; i < expected.size(); ++i) {
                CHECK(expected[i].data == got[i].data);
            }
        }
    }

    TEST_CASE("every pragma of emitted projects is in the documented grammar") {
        const std::array<std::string, 4> storage{"", "lutram", "bram", "uram"};
        for (std::uint32_t seed = 0; seed < 40; ++seed) {
            auto c = compile(tests::RandomMlp(seed).network({}), seed % 2 == 0 ? 1 : 20);
            if (!c) {
                continue;
            }
            for (const Node& node : c->dataflow.nodes) {
                if (std::holds_alternative<ops::Fifo>(node.op)) {
                    c->plan.fifos[node.name].memory = static_cast<ops::MemoryStyle>(seed % 4);
                }
            }
            for (ActorPlan& actor : c->plan.actors) {
                actor.memory = static_cast<ops::MemoryStyle>(seed % 3);
                actor.multiplier = static_cast<ops::MultiplierStyle>(seed % 3);
            }
            Diagnostics diagnostics;
            auto dataflow = passes::lower_to_dataflow(c->program.body, c->plan, diagnostics);
            REQUIRE(dataflow.has_value());
            c->dataflow = std::move(dataflow->dataflow);
            const backends::ProjectFiles files = emit(*c);
            for (const auto& [name, fifo] : c->plan.fifos) {
                const std::string& top = files.at("src/top.cpp");
                const std::string pragma =
                    "#pragma HLS BIND_STORAGE variable=" + name + " type=fifo";
                const bool bound =
                    top.find(pragma + " impl=" + storage.at(seed % 4) + "\n") != std::string::npos;
                CHECK(bound == (seed % 4 != 0));
                CHECK((top.find(pragma) != std::string::npos) == bound);
            }
            for (const auto& [path, text] : files) {
                if (text.find("#pragma HLS") != std::string::npos &&
                    (path.ends_with(".cpp") || path.ends_with(".hpp"))) {
                    for (const auto& finding : lint::lint_hls_pragmas(text, path)) {
                        FAIL_CHECK(fmt::format("seed {}: {}:{}: {}", seed, finding.file,
                                               finding.line, finding.message));
                    }
                }
            }
        }
    }

    TEST_CASE("equal models give equal bytes, and the project names nothing outside itself") {
        const passes::Compilation first = some_design(5);
        const passes::Compilation second = some_design(5);
        const backends::ProjectFiles files = emit(first);
        CHECK(files == emit(second));
        for (const auto& [path, text] : files) {
            CAPTURE(path);
            CHECK(text.find(MILLRACE_SOURCE_DIR) == std::string::npos);
            // The runtime knows where XRT's emulation has its sockets; it is the same in all.
            CHECK((path.starts_with("host/runtime/") || text.find("/tmp") == std::string::npos));
            // The bytes of the former are any, C++ has such braces, too.
            if (!path.ends_with(".bin") && !path.starts_with("host/")) {
                CHECK(text.find("{{") == std::string::npos);
            }
        }
        CHECK(files.count("src/top.cpp") == 1);
        CHECK(files.count("src/top_axis.cpp") == 1);
        CHECK(files.count("lib/millrace/matrix_vector.hpp") == 1);
        CHECK(files.count("lib/sim/ap_int.h") == 1);
    }

    TEST_CASE("hostile names reach no generated text") {
        Graph network = tests::RandomMlp(11).network({});
        const std::string hostile = "a\"; system(\"x\"); //\n]$[exec touch y]{{top}}*/";
        for (Node& node : network.nodes) {
            node.name = hostile;
            node.onnx_op = hostile;
        }
        network.values[network.inputs[0]].name = hostile;
        const auto c = compile(std::move(network), 10);
        REQUIRE(c);
        for (const auto& [path, text] : emit(*c, hostile)) {
            if (path.starts_with("model/") || path == "millrace.json" || path == "README.md" ||
                path.ends_with(".bin") || path.starts_with("host/")) {
                continue; // data and prose: the escaped name stands there; or the same in all
            }
            CAPTURE(path);
            CHECK(text.find("system(") == std::string::npos);
            CHECK(text.find("[exec") == std::string::npos);
            CHECK(text.find("top}}") == std::string::npos);
        }
        CHECK(nlohmann::json::accept(emit(*c, hostile).at("millrace.json")));
    }

    TEST_CASE("the manifest says what a host needs") {
        const passes::Compilation c = some_design(5);
        const auto manifest = nlohmann::json::parse(emit(c).at("millrace.json"));
        CHECK(manifest.at("kernel") == "net");
        // A function of the C library: the kernel has C linkage.
        CHECK(nlohmann::json::parse(emit(c, "random.onnx").at("millrace.json")).at("kernel") !=
              "random");
        CHECK(manifest.at("interface").at("inputs").size() == 1);
        const auto& input = manifest.at("inputs").at(0);
        for (const char* key :
             {"port", "argument", "bundle", "shape", "bits", "encoding", "container_bits",
              "memory_word_bits", "frame_words", "frame_bytes", "grid", "quantizer"}) {
            CAPTURE(key);
            CHECK(input.contains(key));
        }
        CHECK(input.at("frame_bytes").get<int>() * 8 ==
              input.at("frame_words").get<int>() * input.at("memory_word_bits").get<int>());
        CHECK(manifest.at("interval_cycles").get<int>() > 0);
        CHECK(manifest.at("platform") == "");
        const auto& arguments = manifest.at("control").at("arguments");
        REQUIRE(arguments.size() == 3);
        CHECK(arguments.at(0).at("name") == input.at("port"));
        CHECK(arguments.at(0).at("bundle") == input.at("bundle"));
        CHECK(arguments.at(2).at("offset") == 0x28);
        REQUIRE(manifest.at("compute_units").size() == 1);
        CHECK(manifest.at("compute_units").at(0).at("name") == "net_1");
        CHECK(manifest.at("compute_units").at(0).at("banks").size() == 2);
        CHECK(manifest.at("memories").at(0).at("tag") == "DDR[0]");
    }

    TEST_CASE("the top states its interface: protocol, bundles, bursts") {
        const backends::ProjectFiles files = emit(some_design(5));
        const std::string& top = files.at("src/top.cpp");
        CHECK(top.find("mode=ap_ctrl_chain port=return\n") != std::string::npos);
        CHECK(top.find("mode=s_axilite port=return bundle=control\n") != std::string::npos);
        const auto description = nlohmann::json::parse(files.at("millrace.json"));
        for (const auto& port : description.at("inputs")) {
            const int bits = port.at("memory_word_bits").get<int>();
            const std::string pragma = fmt::format("mode=m_axi port={} offset=slave bundle={} ",
                                                   port.at("port").get<std::string>(),
                                                   port.at("bundle").get<std::string>());
            const std::size_t at = top.find(pragma);
            REQUIRE(at != std::string::npos);
            const std::string line = top.substr(at, top.find('\n', at) - at);
            CAPTURE(line);
            CHECK(line.find(fmt::format(" max_read_burst_length={} ",
                                        std::min(256, 32768 / bits))) != std::string::npos);
            CHECK(line.ends_with(fmt::format(" max_widen_bitwidth={}", bits)));
        }
    }

    TEST_CASE("a kernel's name leaves room in an xclbin") {
        const backends::ProjectFiles files =
            emit(some_design(5), std::string(60, 'a') + "_with_a_long_name.onnx");
        const auto manifest = nlohmann::json::parse(files.at("millrace.json"));
        const auto kernel = manifest.at("kernel").get<std::string>();
        CHECK(kernel.size() + 1 + kernel.size() + std::string("_16").size() <= 63);
    }

    TEST_CASE("frames are packed into containers and come back") {
        std::mt19937 random(1);
        for (const ElementFormat format :
             {ElementFormat{1, Encoding::bipolar}, ElementFormat{1, Encoding::unsigned_integer},
              ElementFormat{3, Encoding::signed_integer},
              ElementFormat{7, Encoding::unsigned_integer},
              ElementFormat{8, Encoding::signed_integer},
              ElementFormat{11, Encoding::signed_integer},
              ElementFormat{33, Encoding::signed_integer},
              ElementFormat{60, Encoding::signed_integer}}) {
            CAPTURE(to_string(format));
            const auto container =
                static_cast<std::int64_t>(std::bit_ceil(static_cast<unsigned>(format.bits)));
            const backends::FrameLayout layout{format, 37, container,
                                               (37 * container + 63) / 64 * 8};
            std::vector<std::int64_t> integers(37);
            for (std::int64_t& integer : integers) {
                integer = std::uniform_int_distribution<std::int64_t>(
                    lowest_value(format), highest_value(format))(random);
                if (format.encoding == Encoding::bipolar && integer == 0) {
                    integer = 1;
                }
            }
            integers[0] = lowest_value(format);
            integers[1] = highest_value(format);
            std::vector<std::byte> bytes(static_cast<std::size_t>(layout.frame_bytes));
            backends::pack_frame(layout, integers, bytes);
            std::vector<std::int64_t> back(37);
            backends::unpack_frame(layout, bytes, back);
            CHECK(back == integers);
        }
        // Byte order and sign extension, by hand.
        const backends::FrameLayout layout{{11, Encoding::signed_integer}, 2, 16, 8};
        std::vector<std::byte> bytes(8);
        const std::vector<std::int64_t> integers{-2, 3};
        backends::pack_frame(layout, integers, bytes);
        CHECK(bytes == std::vector<std::byte>{std::byte{0xfe}, std::byte{0xff}, std::byte{3},
                                              std::byte{0}, std::byte{0}, std::byte{0},
                                              std::byte{0}, std::byte{0}});
    }

    TEST_CASE("include files hold the words that the library's contract asks for") {
        // weight[n][k] as in the README: word lane s of (pe, nf, sf) is
        // weight[nf*PE+pe][sf*SIMD+s].
        std::vector<std::int32_t> values;
        for (std::int32_t k = 0; k < 4; ++k) {
            for (std::int32_t n = 0; n < 2; ++n) {
                values.push_back(4 * n + k - 4);
            }
        }
        const Tensor weights({4, 2}, ScaledIntegers{values, {Real(1)}, 0});
        const auto object =
            backends::weight_object("w", weights, {4, Encoding::signed_integer}, 2, 2);
        CHECK(backends::object_initialiser(object) == "{\n{0xdcu,\n0xfeu},\n{0x10u,\n0x32u}\n}\n");
        CHECK(backends::object_type(object) ==
              "millrace::MatrixWeights<4, 2, 2, 2, millrace::Signed<4>>");
    }

} // TEST_SUITE
