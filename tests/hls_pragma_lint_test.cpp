// SPDX-License-Identifier: Apache-2.0
//
// The pragma lint on good and bad snippets, on every header of the actor library, and on copies of
// the library with one pragma damaged, each of which it must find.
#include "tests/support/hls_pragma_lint.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace {

using millrace::lint::count_hls_pragmas;
using millrace::lint::lint_hls_pragmas;
using millrace::lint::LintFinding;

// All messages, as "line: message", joined by " | ".
std::string lint(const std::string& source) {
    std::string text;
    for (const LintFinding& finding : lint_hls_pragmas(source, "snippet.cpp")) {
        if (!text.empty()) text += " | ";
        text += std::to_string(finding.line) + ": " + finding.message;
    }
    return text;
}

// A pragma at the top of a function whose locals and parameters are declared.
std::string in_function(const std::string& pragma) {
    return "static const int table[4] = {1, 2, 3, 4};\n"
           "void top(const ap_uint<64>* memory, hls::stream<ap_uint<8>>& words, int frames) {\n"
           "#pragma HLS " +
           pragma + "\n    work(frames);\n}\n";
}
std::string in_loop(const std::string& pragma,
                    const std::string& header = "int i = 0; i < 8; ++i") {
    return "template <int N> void f(int frames) {\n    for (" + header + ") {\n#pragma HLS " +
           pragma + "\n        work(i);\n    }\n}\n";
}
std::string after_variable(const std::string& pragma) {
    return "void f() {\n    int array[8][4];\n    hls::stream<ap_uint<8>> s(\"s\");\n    int x = "
           "0;\n"
           "#pragma HLS " +
           pragma + "\n    use(array, s, x);\n}\n";
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

const std::filesystem::path library = std::filesystem::path(MILLRACE_SOURCE_DIR) / "templates/hls";

std::string read(const std::filesystem::path& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

std::vector<std::filesystem::path> library_files() {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(library)) {
        const std::string extension = entry.path().extension().string();
        if (extension == ".hpp" || extension == ".h") files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    return files;
}

} // namespace

TEST_SUITE_BEGIN("pragma lint");

TEST_CASE("documented forms pass") {
    for (const char* pragma :
         {"DATAFLOW",
          "dataflow disable_start_propagation",
          "INLINE",
          "INLINE off",
          "INLINE recursive",
          "INTERFACE mode=s_axilite port=return bundle=control",
          "INTERFACE mode=s_axilite port=frames bundle=control offset=16",
          "INTERFACE mode=m_axi port=memory offset=slave bundle=gmem0 depth=64 latency=64 "
          "num_read_outstanding=16 max_read_burst_length=64",
          "INTERFACE mode=axis port=words register_mode=both",
          "INTERFACE mode=ap_ctrl_chain port=return",
          "PIPELINE II=1",
          "PIPELINE style=flp",
          "ALLOCATION operation instances=mul limit=4",
          "ARRAY_PARTITION variable=table type=complete dim=1",
          "BIND_STORAGE variable=table type=rom_1p impl=lutram",
          "STABLE variable=frames",
          "CACHE port=memory lines=8 depth=128",
          "STREAM variable=words depth=4",
          "LATENCY min=1 max=3",
          "PERFORMANCE target_ti=1000 unit=cycle",
          "EXPRESSION_BALANCE off"}) {
        CAPTURE(pragma);
        CHECK(lint(in_function(pragma)) == "");
    }
    for (const char* pragma :
         {"PIPELINE II=1", "PIPELINE II=1 rewind", "PIPELINE off", "UNROLL", "UNROLL factor=4",
          "UNROLL factor=4 skip_exit_check", "UNROLL off=true", "LOOP_TRIPCOUNT min=1 max=8 avg=4",
          "LOOP_FLATTEN", "LOOP_FLATTEN off",
          "DEPENDENCE type=inter direction=RAW dependent=false"}) {
        CAPTURE(pragma);
        CHECK(lint(in_loop(pragma)) == "");
    }
    for (const char* pragma :
         {"ARRAY_PARTITION variable=array",
          "ARRAY_PARTITION variable=array type=cyclic factor=2 dim=2",
          "ARRAY_RESHAPE variable=array type=block factor=2 dim=1",
          "BIND_STORAGE variable=array type=RAM_2P impl=BRAM latency=2",
          "BIND_OP variable=x op=mul impl=dsp latency=-1", "BIND_OP variable=x op=fmul impl=maxdsp",
          "STREAM variable=s depth=16", "STREAM variable=s type=pipo depth=2",
          "AGGREGATE variable=x compact=bit", "DISAGGREGATE variable=x", "RESET variable=x off",
          "ARRAY_PARTITION variable = array type = complete dim = 1"}) {
        CAPTURE(pragma);
        CHECK(lint(after_variable(pragma)) == "");
    }
}

TEST_CASE("names, options and values") {
    const std::vector<std::pair<const char*, const char*>> cases = {
        {"PIPELNE II=1", "unknown pragma 'PIPELNE'"},
        {"II=1", "the pragma's name is missing"},
        {"PIPELINE I=1", "unknown option 'I'"},
        {"PIPELINE II=one!", "II=one! is not a number"},
        {"PIPELINE II=0", "II= is at least 1"},
        {"PIPELINE II=1 II=2", "'II' is given twice"},
        {"PIPELINE II", "'II' needs a value"},
        {"PIPELINE rewind=1", "'rewind' takes no value"},
        {"PIPELINE style=fast", "style=fast is not one of"},
        {"INLINE off recursive", "exclude each other"},
        {"INLINE region", "unknown option 'region'"},
        {"INTERFACE m_axi port=memory", "unknown option 'm_axi'"},
        {"INTERFACE mode=m_axi", "port= is needed"},
        {"INTERFACE mode=maxi port=memory", "mode=maxi is not one of"},
        {"INTERFACE port=memory", "option 'mode' is missing"},
        {"INTERFACE mode=m_axi port=memory offset=7", "off, direct or slave"},
        {"INTERFACE mode=m_axi port=memory offset=front", "offset=front is not"},
        {"INTERFACE mode=s_axilite port=frames offset=slave", "is an address"},
        {"INTERFACE mode=axis port=words bundle=b", "bundle belongs to"},
        {"INTERFACE mode=axis port=words max_read_burst_length=4", "belongs to mode=m_axi"},
        {"INTERFACE mode=axis port=frames", "mode=axis needs a stream"},
        {"INTERFACE mode=m_axi port=frames", "mode=m_axi needs a pointer"},
        {"INTERFACE mode=s_axilite port=frame", "'frame' is not a parameter"},
        {"INTERFACE mode=m_axi port=table", "'table' is not a parameter"},
        {"INTERFACE mode=m_axi port=return", "does not apply to port=return"},
        {"ALLOCATION instances=mul limit=1", "exactly one of function and operation"},
        {"ALLOCATION operation instances=mul", "option 'limit' is missing"},
        {"LATENCY", "min= or max= is needed"},
        {"STREAM depth=4", "option 'variable' is missing"},
        {"BIND_STORAGE variable=table type=rom_1p impl=uram", "a ROM is built from bram or lutram"},
        {"BIND_STORAGE variable=table impl=bram", "option 'type' is missing"},
        {"UNROLL", "stands outside of a loop"},
        {"LOOP_FLATTEN", "stands outside of a loop"}};
    for (const auto& [pragma, message] : cases) {
        CAPTURE(pragma);
        const std::string found = lint(in_function(pragma));
        CAPTURE(found);
        CHECK(contains(found, message));
        CHECK(found.starts_with("3: "));
    }
    const std::vector<std::pair<const char*, const char*>> variables = {
        {"ARRAY_PARTITION variable=array complete", "unknown option 'complete'"},
        {"ARRAY_PARTITION variable=array type=cyclic", "need factor="},
        {"ARRAY_PARTITION variable=array type=complete factor=2", "takes no factor="},
        {"ARRAY_PARTITION variable=array dim=-1", "dim=-1 is not a number"},
        {"ARRAY_PARTITION variable=x", "'x' is not an array"},
        {"ARRAY_PARTITION variable=arrays", "'arrays' is not declared"},
        {"ARRAY_PARTITION variable=3", "variable=3 is not a name"},
        {"BIND_OP variable=x op=mul impl=fulldsp", "built from fabric or dsp"},
        {"BIND_OP variable=x op=shift", "op=shift is not one of"},
        {"BIND_STORAGE variable=array type=ram_2p impl=srl", "implementations of fifo"},
        {"BIND_STORAGE variable=array type=ram_2p latency=-2", "latency=-2 is not a number"},
        {"STREAM variable=s", "depth= or type= is needed"},
        {"STREAM variable=s depth=0", "depth= is at least 1"},
        {"STREAM variable=x depth=2", "neither a stream nor an array"},
        {"STREAM variable=s off", "unknown option 'off'"}};
    for (const auto& [pragma, message] : variables) {
        CAPTURE(pragma);
        const std::string found = lint(after_variable(pragma));
        CAPTURE(found);
        CHECK(contains(found, message));
        CHECK(found.starts_with("5: "));
    }
}

TEST_CASE("position") {
    CHECK(lint("#pragma HLS INLINE\nvoid f() {\n}\n") == "1: INLINE: stands outside of a function");
    CHECK(lint("struct S {\n#pragma HLS INLINE\n    int x;\n};\n") ==
          "2: INLINE: stands outside of a function");
    CHECK(lint("namespace a {\n#pragma HLS INLINE\n}\n") ==
          "2: INLINE: stands outside of a function");
    CHECK(lint("void f() {\n    g();\n#pragma HLS INLINE\n}\n") ==
          "3: INLINE: stands after the first statement of its block");
    CHECK(lint("void f() {\n    hls::stream<int> s;\n#pragma HLS DATAFLOW\n    g(s);\n}\n") ==
          "3: DATAFLOW: stands after the first statement of its block");
    CHECK(lint("void f() {\n    if (x) {\n#pragma HLS DATAFLOW\n        g();\n    }\n}\n") ==
          "3: DATAFLOW: stands neither in a function's nor in a loop's own block");
    CHECK(lint("void f() {\n    for (int i = 0; i < 4; ++i) {\n#pragma HLS DATAFLOW\n        g();\n"
               "    }\n}\n") == "");
    CHECK(lint("void f() {\n    for (int i = 0; i < 4; ++i) {\n        g();\n#pragma HLS PIPELINE "
               "II=1\n    }\n}\n") == "4: PIPELINE: stands after the first statement of its block");
    CHECK(
        lint("void f() {\n#pragma HLS UNROLL\n    for (int i = 0; i < 4; ++i) {\n        g();\n    "
             "}\n}\n") == "2: UNROLL: stands outside of a loop");
    CHECK(lint("void f() {\n    for (int i = 0; i < 4; ++i) {\n        if (i) {\n#pragma HLS "
               "PIPELINE\n        }\n    }\n}\n") ==
          "4: PIPELINE: stands neither in a function's nor in a loop's own block");
    CHECK(lint(in_loop("INTERFACE mode=s_axilite port=frames")) ==
          "3: INTERFACE: stands outside of the function's own block");
    CHECK(lint(in_loop("PIPELINE II=1\n#pragma HLS PIPELINE II=2")) ==
          "4: PIPELINE: is given twice in this scope");
    // The variable's scope.
    CHECK(lint("void f() {\n#pragma HLS STREAM variable=s depth=2\n    hls::stream<int> s;\n}\n") ==
          "2: STREAM: 's' is not declared before the pragma");
    CHECK(lint("void f() {\n    int a[4];\n    for (int i = 0; i < 4; ++i) {\n#pragma HLS "
               "ARRAY_PARTITION variable=a\n    }\n}\n") ==
          "4: ARRAY_PARTITION: stands outside of the scope of 'a'");
    CHECK(lint("void f() {\n    {\n        int a[4];\n    }\n#pragma HLS ARRAY_PARTITION "
               "variable=a\n}\n") == "5: ARRAY_PARTITION: 'a' is not declared before the pragma");
    CHECK(lint("void f() {\n    for (int i = 0; i < 4; ++i) {\n        int a[4];\n#pragma HLS "
               "ARRAY_PARTITION variable=a\n    }\n}\n") == "");
    CHECK(lint("void f(int (&a)[4], const T& w) {\n#pragma HLS ARRAY_PARTITION variable=a\n#pragma "
               "HLS "
               "ARRAY_PARTITION variable=w.words type=complete dim=1\n}\n") == "");
    CHECK(
        lint("struct S {\n    int a[4];\n    void f() {\n#pragma HLS ARRAY_PARTITION variable=a\n  "
             "  }\n};\n") == "");
    CHECK(lint("void f(int x) {\n    return;\n}\nvoid g() {\n#pragma HLS STABLE variable=x\n}\n") ==
          "5: STABLE: 'x' is not declared before the pragma");
}

TEST_CASE("UNROLL needs a constant trip count or a factor") {
    const std::string message =
        "3: UNROLL: the loop's trip count is not a constant, factor= is needed";
    CHECK(lint(in_loop("UNROLL", "int i = 0; i < frames; ++i")) == message);
    CHECK(lint(in_loop("UNROLL", "int i = frames; i > 0; --i")) == message);
    CHECK(lint(in_loop("UNROLL", "int i = 0; i < 8; i += frames")) == message);
    CHECK(lint(in_loop("UNROLL", ";;")) == message);
    CHECK(lint(in_loop("UNROLL factor=2", "int i = 0; i < frames; ++i")) == "");
    CHECK(lint(in_loop("UNROLL", "int i = 0; i < N; ++i")) == "");
    CHECK(lint(in_loop("UNROLL", "int i = 0; i < In::bits * N; i += N")) == "");
    CHECK(
        lint("void f(int n) {\n    const int m = n * 2;\n    while (m) {\n#pragma HLS UNROLL\n    "
             "}\n}\n") != "");
    CHECK(
        lint(
            "void f(int n) {\n    const int m = n * 2;\n    for (int i = 0; i < m; ++i) {\n#pragma "
            "HLS UNROLL\n    }\n}\n") != "");
    CHECK(lint("void f(int n) {\n    constexpr int m = 3 * 2;\n    for (int i = 0; i < m; ++i) "
               "{\n#pragma HLS UNROLL\n    }\n}\n") == "");
}

TEST_CASE("streams of at most 4,096 bits") {
    CHECK(lint("void f(hls::stream<ap_uint<4097>>& s) {\n}\n") ==
          "1: a stream of 4097 bits; words have 1 to 4,096");
    CHECK(lint("constexpr int lanes = 512;\nvoid f() {\n    hls::stream<ap_uint<lanes * 9>> "
               "s;\n}\n") == "3: a stream of 4608 bits; words have 1 to 4,096");
    CHECK(lint("constexpr int lanes = 512;\nvoid f() {\n    hls::stream<ap_uint<lanes * 8>> "
               "s;\n}\n") == "");
    CHECK(lint("void f() {\n    hls::stream<ap_uint<(0x800 + 1) * 2> > s(\"s\");\n}\n") ==
          "2: a stream of 4098 bits; words have 1 to 4,096");
    CHECK(lint("template <int W> void f(hls::stream<ap_uint<W * 5000>>& s) {\n}\n") == "");
}

TEST_CASE("C++ that looks like something else") {
    CHECK(
        lint("// #pragma HLS NONSENSE\n/* \n#pragma HLS NONSENSE\n*/\nconst char* s = \"{ #pragma "
             "HLS X\";\nconst char c = '{';\nconst char* r = R\"x(\n#pragma HLS Y\n{)x\";\n") ==
        "");
    CHECK(lint("#define OPEN {\n#pragma once\nvoid f() {\n#pragma HLS INLINE // why\n}\n") == "");
    CHECK(
        lint("void f(int a) {\n#pragma HLS INTERFACE \\\n    mode=s_axilite \\\n    port=b\n}\n") ==
        "2: INTERFACE: 'b' is not a parameter of the function");
    CHECK(lint("extern \"C\" {\nextern \"C\" void f(int a) {\n#pragma HLS STABLE "
               "variable=a\n}\n}\n") == "");
    CHECK(lint("S::S(int a) : b(a), c() {\n#pragma HLS INLINE\n}\n") == "");
    CHECK(lint("void f() {\n    int x[2] = {1, 2};\n    auto g = [&](int y) {\n        return y;\n "
               "   };"
               "\n#pragma HLS ARRAY_PARTITION variable=x\n}\n") == "");
    CHECK(contains(lint("void f() {\n"), "a brace is not closed"));
    CHECK(contains(lint("}\n"), "a brace is closed that was not opened"));
}

TEST_CASE("the actor library") {
    int pragmas = 0;
    for (const auto& path : library_files()) {
        const std::string source = read(path);
        pragmas += count_hls_pragmas(source);
        for (const LintFinding& finding : lint_hls_pragmas(source, path.filename().string())) {
            FAIL_CHECK(finding.file << ":" << finding.line << ": " << finding.message);
        }
    }
    CHECK(pragmas > 80);
}

TEST_CASE("the README's example is the tested one and is clean") {
    const std::string begin = "// [example]\n";
    const std::string source =
        read(std::filesystem::path(MILLRACE_SOURCE_DIR) / "tests/hls/example_top_test.cpp");
    const std::size_t first = source.find(begin);
    const std::size_t last = source.find("// [end of example]");
    REQUIRE(first != std::string::npos);
    REQUIRE(last != std::string::npos);
    const std::string example = source.substr(first + begin.size(), last - first - begin.size());
    CHECK(lint(example) == "");
    CHECK(count_hls_pragmas(example) == 26);
    CHECK(contains(read(library / "README.md"), example));
}

TEST_CASE("every damaged pragma of the library is found") {
    for (const auto& path : library_files()) {
        const std::string source = read(path);
        for (std::size_t at = source.find("#pragma HLS "); at != std::string::npos;
             at = source.find("#pragma HLS ", at + 1)) {
            CAPTURE(path.filename().string());
            CAPTURE(source.substr(at, source.find('\n', at) - at));
            // Another name, an unknown option, and the pragma at the end of the file.
            std::string renamed = source;
            renamed.insert(at + 12, "X");
            CHECK(lint(renamed) != "");
            const std::size_t end = source.find('\n', at);
            std::string longer = source;
            longer.insert(end, " sideways");
            CHECK(lint(longer) != "");
            std::string moved = source;
            moved.erase(at, end + 1 - at);
            moved += source.substr(at, end + 1 - at);
            CHECK(lint(moved) != "");
            const std::size_t equals = source.find("variable=", at);
            if (equals < end) {
                std::string other = source;
                other.insert(equals + 9, "no_");
                CHECK(lint(other) != "");
            }
        }
    }
}

TEST_SUITE_END();
