// SPDX-License-Identifier: Apache-2.0
//
// The rules of the code base that no compiler checks, as tests over the repository's own files:
// who may include whom, that every source is compiled, that every diagnostic has a test, licence
// lines, formatting, words of unfinished work, paths of someone's machine, and the README's two
// commands. Each rule is a function from a file to its violations, and is itself shown to find a
// violation.
#include "ir/diagnostics.hpp"
#include "tests/support/shared_data.hpp"

#include <doctest/doctest.h>
#include <fmt/core.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <initializer_list>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace fs = std::filesystem;
using millrace::tests::report_skip;

using Violations = std::vector<std::string>;

const fs::path root = MILLRACE_SOURCE_DIR;

/// The include table of the design: a folder's headers may be used by itself and by those that name
/// it here. tests/ and bench/ may use everything.
const std::map<std::string, std::set<std::string>, std::less<>> may_include{
    {"ir", {}},
    {"frontend", {"ir"}},
    {"passes", {"ir"}},
    {"planner", {"ir"}},
    {"backends", {"ir"}},
    {"runtime", {}},
    {"templates", {"runtime"}},
    {"cli", {"ir", "frontend", "passes", "planner", "backends", "runtime"}},
};

std::string read(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    REQUIRE_MESSAGE(file, "cannot read ", path.string());
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

/// Paths relative to the root of the files below these folders for which keep() holds, sorted.
std::vector<fs::path> files_below(std::initializer_list<std::string_view> folders,
                                  const std::function<bool(const fs::path&)>& keep) {
    std::vector<fs::path> found;
    for (const std::string_view folder : folders) {
        if (!fs::exists(root / folder)) {
            continue;
        }
        for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
            if (entry.is_regular_file() && keep(entry.path())) {
                found.push_back(entry.path().lexically_relative(root));
            }
        }
    }
    std::sort(found.begin(), found.end());
    return found;
}

bool is_cpp(const fs::path& path) {
    const fs::path extension = path.extension();
    return extension == ".cpp" || extension == ".hpp" || extension == ".h";
}

/// Files whose comments begin with "#".
bool is_script(const fs::path& path) {
    const fs::path extension = path.extension();
    return extension == ".cmake" || extension == ".sh" || extension == ".py" ||
           path.filename() == "CMakeLists.txt";
}

std::vector<fs::path> cpp_files() {
    return files_below({"ir", "frontend", "passes", "planner", "backends", "runtime", "cli",
                        "templates", "tests", "bench", "examples"},
                       is_cpp);
}

std::vector<fs::path> script_files() {
    std::vector<fs::path> files =
        files_below({"cmake", "ir", "frontend", "passes", "planner", "backends", "runtime", "cli",
                     "templates", "tests", "bench", "examples"},
                    is_script);
    files.insert(files.end(), {"CMakeLists.txt", "run", ".ci/run"});
    return files;
}

/// Calls visit(number, line) for every line of text, counted from 1.
void for_each_line(const std::string& text,
                   const std::function<void(int, const std::string&)>& visit) {
    std::istringstream lines(text);
    std::string line;
    for (int number = 1; std::getline(lines, line); ++number) {
        visit(number, line);
    }
}

std::string where(const fs::path& path, int line) {
    return fmt::format("{}:{}", path.generic_string(), line);
}

/// The first folder of a path, empty when it has none.
std::string first_folder(const fs::path& path) {
    return path.has_parent_path() ? path.begin()->string() : std::string{};
}

Violations include_violations(const fs::path& path, const std::string& text) {
    static const std::regex directive(R"(^\s*#\s*include\s*(["<])([^">]+)[">])");
    const std::string folder = first_folder(path);
    const auto rule = may_include.find(folder);
    Violations found;
    for_each_line(text, [&](int number, const std::string& line) {
        std::smatch match;
        if (!std::regex_search(line, match, directive)) {
            return;
        }
        const std::string header = match[2];
        const std::string target = first_folder(header);
        if (match[1] == "<") {
            if ((target == "onnx" || target == "google") && folder != "frontend" &&
                folder != "tests") {
                found.push_back(fmt::format("{}: only frontend/ sees protobuf, this includes <{}>",
                                            where(path, number), header));
            }
            return;
        }
        if (rule == may_include.end()) {
            return; // tests and benchmarks
        }
        const bool ours = may_include.contains(target);
        if (!ours && folder != "templates") {
            found.push_back(
                fmt::format("{}: \"{}\" is not written from the repository's root, or its folder "
                            "is not in the design",
                            where(path, number), header));
        } else if (ours && target != folder && !rule->second.contains(target)) {
            found.push_back(fmt::format("{}: {}/ may not include {}/ (\"{}\")", where(path, number),
                                        folder, target, header));
        }
    });
    return found;
}

Violations licence_violations(const fs::path& path, const std::string& text) {
    const std::string_view comment = is_cpp(path) ? "//" : "#";
    const std::string expected = fmt::format("{} SPDX-License-Identifier: Apache-2.0", comment);
    std::istringstream lines(text);
    std::string line;
    std::getline(lines, line);
    if (line.starts_with("#!")) {
        std::getline(lines, line);
    }
    // A C header has the comments of every C.
    const bool in_c = path.extension() == ".h" && line == "/* " + expected.substr(3) + " */";
    if (line != expected && !in_c) {
        return {fmt::format("{}: does not begin with \"{}\"", path.generic_string(), expected)};
    }
    return {};
}

Violations word_violations(const fs::path& path, const std::string& text) {
    // The brackets keep this file from breaking its own rule.
    static const std::regex unfinished(R"(\b(TO[D]O|FIX[M]E|XX[X]|HAC[K])\b)");
    static const std::regex machine(R"((^|[^A-Za-z0-9_.}])/(hom[e]|roo[t]|User[s]|wor[k]|tm[p])/)");
    Violations found;
    for_each_line(text, [&](int number, const std::string& line) {
        if (std::regex_search(line, unfinished)) {
            found.push_back(fmt::format("{}: word of unfinished work", where(path, number)));
        }
        if (std::regex_search(line, machine)) {
            found.push_back(fmt::format("{}: path of a particular machine", where(path, number)));
        }
    });
    return found;
}

/// For the files that clang-format leaves alone.
Violations layout_violations(const fs::path& path, const std::string& text) {
    constexpr std::size_t columns = 100;
    Violations found;
    for_each_line(text, [&](int number, const std::string& line) {
        // Bytes, not characters: sources are ASCII.
        if (line.size() > columns) {
            found.push_back(fmt::format("{}: over {} columns", where(path, number), columns));
        }
        if (line.ends_with(' ') || line.find('\t') != std::string::npos) {
            found.push_back(fmt::format("{}: tab or trailing blank", where(path, number)));
        }
    });
    return found;
}

/// The entries of `enum class Code` in a header, in their order.
std::vector<std::string> code_names(const std::string& header) {
    static const std::regex list(R"(enum class Code[^{]*\{([^}]*)\})");
    static const std::regex entry(R"(^\s*([a-z_0-9]+),)");
    std::smatch match;
    REQUIRE(std::regex_search(header, match, list));
    std::vector<std::string> names;
    for_each_line(match[1], [&](int, const std::string& line) {
        std::smatch name;
        if (std::regex_search(line, name, entry)) {
            names.push_back(name[1]);
        }
    });
    return names;
}

/// What of a source names diagnostics: Code::NAME and ids (MR and three digits), comments aside.
std::set<std::string> mentioned_codes(const std::string& text) {
    static const std::regex mention(R"(\bCode::([a-z_0-9]+)|\b(MR[0-9]{3})\b)");
    std::set<std::string> found;
    for_each_line(text, [&](int, const std::string& line) {
        const std::string code = line.substr(0, line.find("//"));
        for (std::sregex_iterator it(code.begin(), code.end(), mention), end; it != end; ++it) {
            found.insert((*it)[1].matched ? (*it)[1] : (*it)[2]);
        }
    });
    return found;
}

/// The codes that no test mentions, by name and id.
Violations untested_codes(const std::vector<std::string>& names,
                          const std::vector<std::string>& ids,
                          const std::set<std::string>& mentioned) {
    Violations found;
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (!mentioned.contains(names[i]) && !mentioned.contains(ids.at(i))) {
            found.push_back(fmt::format("{} ({}) has no test", ids[i], names[i]));
        }
    }
    return found;
}

using Rule = Violations (*)(const fs::path&, const std::string&);

/// All violations of a rule, one a line, so that a failing test shows them together.
std::string broken(Rule rule, const std::vector<fs::path>& files) {
    Violations all;
    for (const fs::path& file : files) {
        Violations found = rule(file, read(root / file));
        all.insert(all.end(), found.begin(), found.end());
    }
    return fmt::format("{}", fmt::join(all, "\n"));
}

struct CommandResult {
    int status;
    std::string output;
};

/// Runs a shell command; its output is what it writes to both standard streams.
CommandResult run(const std::string& command) {
    FILE* pipe = popen((command + " 2>&1").c_str(), "r");
    REQUIRE(pipe != nullptr);
    std::string output;
    std::array<char, 4096> buffer{};
    for (std::size_t n = 0; (n = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
        output.append(buffer.data(), n);
    }
    return {pclose(pipe), output};
}

/// The first line of each file that clang-format complains about.
std::string first_errors(const std::string& output) {
    std::set<std::string> files;
    std::string report;
    for_each_line(output, [&](int, const std::string& line) {
        if (line.find(": error: ") != std::string::npos &&
            files.insert(line.substr(0, line.find(':'))).second) {
            report += line + '\n';
        }
    });
    return report.empty() ? output : report;
}

} // namespace

TEST_SUITE("project rules") {
    TEST_CASE("folders include only what the design's table allows") {
        CHECK(broken(include_violations, cpp_files()) == "");
    }

    TEST_CASE("the include rule finds violations and names file and line") {
        CHECK(include_violations("ir/a.hpp", "\n#include \"passes/fold.hpp\"\n") ==
              Violations{"ir/a.hpp:2: ir/ may not include passes/ (\"passes/fold.hpp\")"});
        CHECK(include_violations("passes/a.cpp", "#include \"frontend/import.hpp\"").size() == 1);
        CHECK(include_violations("backends/a.cpp", "# include \"planner/plan.hpp\"").size() == 1);
        CHECK(include_violations("ir/a.cpp", "#include \"../cli/main.hpp\"").size() == 1);
        CHECK(include_violations("ir/a.cpp", "#include \"neighbour.hpp\"").size() == 1);
        CHECK(include_violations("templates/hls/a.hpp", "#include \"ir/graph.hpp\"").size() == 1);
        CHECK(include_violations("cli/a.cpp", "#include <onnx/onnx_pb.h>").size() == 1);
        CHECK(include_violations("frontend/a.cpp",
                                 "#include <onnx/onnx_pb.h>\n#include \"ir/graph.hpp\"")
                  .empty());
        CHECK(include_violations("templates/hls/a.hpp", "#include \"ap_int.h\"").empty());
        CHECK(include_violations("cli/a.cpp", "#include \"planner/plan.hpp\"").empty());
    }

    TEST_CASE("every source is compiled") {
        const fs::path database = fs::path(MILLRACE_BUILD_DIR) / "compile_commands.json";
        if (!fs::exists(database)) {
            report_skip("the build has no compile_commands.json");
            return;
        }
        std::set<fs::path> compiled;
        for (const auto& entry : nlohmann::json::parse(read(database))) {
            compiled.insert(fs::path(entry.at("file").get<std::string>()).lexically_normal());
        }
        const auto sources = files_below(
            {"ir", "frontend", "passes", "planner", "backends", "runtime", "cli", "tests", "bench"},
            [](const fs::path& path) { return path.extension() == ".cpp"; });
        Violations missing;
        for (const fs::path& source : sources) {
            // A bench of the RTL actors goes to Verilator with its top.
            const bool rtl_bench =
                source.parent_path() == "tests/rtl" &&
                fs::exists(root / source.parent_path() / (source.stem().string() + "_top.sv"));
            // Other builds compile these: ./run fuzz, ./run bench where its library is, Verilator,
            // and tests while they run.
            const bool elsewhere = source.parent_path() == "tests/fuzz" ||
                                   source.parent_path() == "tests/kernels" || rtl_bench ||
                                   source.parent_path() == "tests/rtl/support" ||
                                   (first_folder(source) == "bench" &&
                                    source.filename().string().ends_with("_bench.cpp"));
            if (!elsewhere && !compiled.contains((root / source).lexically_normal())) {
                missing.push_back(source.generic_string() + ": no target compiles it");
            }
        }
        CHECK(fmt::format("{}", fmt::join(missing, "\n")) == "");
    }

    TEST_CASE("every diagnostic has a test") {
        const std::vector<std::string> names = code_names(read(root / "ir/diagnostics.hpp"));
        std::vector<std::string> ids;
        for (const millrace::DiagnosticInfo& entry : millrace::diagnostic_table()) {
            ids.emplace_back(entry.id);
        }
        REQUIRE(names.size() == ids.size());
        std::set<std::string> mentioned;
        for (const fs::path& file : files_below({"tests"}, is_cpp)) {
            if (file.filename() != "project_rules_test.cpp") { // whose mentions test nothing
                mentioned.merge(mentioned_codes(read(root / file)));
            }
        }
        CHECK(fmt::format("{}", fmt::join(untested_codes(names, ids, mentioned), "\n")) == "");
    }

    TEST_CASE("the rule on diagnostics finds violations") {
        const std::string header = "enum class Severity { note };\n"
                                   "enum class Code : std::uint8_t {\n    // Reading.\n"
                                   "    first_code,\n    second_code,\n    third_code,\n};\n";
        const std::vector<std::string> names = code_names(header);
        CHECK(names == std::vector<std::string>{"first_code", "second_code", "third_code"});
        const std::vector<std::string> ids{"MR901", "MR902", "MR903"};
        const auto untested = [&](const std::string& test) {
            return untested_codes(names, ids, mentioned_codes(test));
        };
        CHECK(untested("CHECK(d.contains(Code::second_code)); // not Code::first_code, MR901\n"
                       "CHECK(run.err == \"error[MR903]: x\");") ==
              Violations{"MR901 (first_code) has no test"});
        CHECK(untested("Code::first_code_2; MR9021; first_code").size() == 3);
    }

    TEST_CASE("every source begins with the licence line") {
        CHECK(broken(licence_violations, cpp_files()) == "");
        CHECK(broken(licence_violations, script_files()) == "");
    }

    TEST_CASE("the licence rule finds violations") {
        const std::string line = "// SPDX-License-Identifier: Apache-2.0\n";
        CHECK(licence_violations("ir/a.cpp", line + "//\n// What it does.\n").empty());
        const std::string in_c = "/* SPDX-License-Identifier: Apache-2.0 */\n";
        CHECK(licence_violations("runtime/a.h", in_c).empty());
        CHECK(licence_violations("runtime/a.hpp", in_c).size() == 1);
        CHECK(licence_violations("ir/a.cpp", "#include <vector>\n").size() == 1);
        CHECK(licence_violations("ir/a.cpp", "// What it does.\n" + line).size() == 1);
        CHECK(licence_violations("ir/a.cpp", "").size() == 1);
        CHECK(licence_violations(
                  "a.sh", "#!/bin/sh\n# SPDX-License-Identifier: Apache-2.0\n#\n# What it does.\n")
                  .empty());
    }

    TEST_CASE("no words of unfinished work, no paths of a machine") {
        CHECK(broken(word_violations, cpp_files()) == "");
        CHECK(broken(word_violations, script_files()) == "");
        CHECK(broken(word_violations, files_below({"docs", "boards", "templates", "examples"},
                                                  [](const fs::path& path) {
                                                      const fs::path extension = path.extension();
                                                      return extension == ".md" ||
                                                             extension == ".toml" ||
                                                             extension == ".mustache" ||
                                                             extension == ".sv";
                                                  })) == "");
    }

    TEST_CASE("the word rule finds violations") {
        const std::string to_do = fmt::format("TO{}", "DO");
        const std::string home = fmt::format("/{}/me/", "home");
        CHECK(word_violations("ir/a.cpp", "int x; // " + to_do + ": y") ==
              Violations{"ir/a.cpp:1: word of unfinished work"});
        CHECK(word_violations("ir/a.cpp", "\nopen(\"" + home + "x\")") ==
              Violations{"ir/a.cpp:2: path of a particular machine"});
        CHECK(word_violations("ir/a.cpp", "open(\"build" + home + "x\"); mastodon").empty());
    }

    TEST_CASE("sources are formatted") {
        std::string tool;
        for (const std::string candidate : {"clang-format-14", "clang-format"}) {
            const CommandResult version = run(candidate + " --version");
            if (version.status == 0 && version.output.find("version 14.") != std::string::npos) {
                tool = candidate;
                break;
            }
        }
        if (tool.empty()) {
            report_skip("clang-format 14 is absent");
            return;
        }
        std::string names;
        for (const fs::path& file : cpp_files()) {
            names += fmt::format(" '{}'", file.generic_string());
        }
        const CommandResult result =
            run(fmt::format("cd '{}' && {} --dry-run -Werror{}", root.string(), tool, names));
        CHECK_MESSAGE(result.status == 0, "./run format mends:\n", first_errors(result.output));
    }

    TEST_CASE("the actor library keeps to the line length and has no stray blanks") {
        CHECK(broken(layout_violations, files_below({"templates"}, is_cpp)) == "");
        CHECK(layout_violations("a.hpp", std::string(100, 'x') + "\n").empty());
        CHECK(layout_violations("a.hpp", "\n" + std::string(101, 'x')) ==
              Violations{"a.hpp:2: over 100 columns"});
        CHECK(layout_violations("a.hpp", "\tint a;\nint b; \n").size() == 2);
    }

    TEST_CASE("README names the two commands") {
        const std::string readme = read(root / "README.md");
        CHECK(readme.find("./run demo") != std::string::npos);
        CHECK(readme.find("./run test") != std::string::npos);
    }
}
