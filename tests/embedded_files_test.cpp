// SPDX-License-Identifier: Apache-2.0
//
// The files inside the compiler's binary are those of the repository, byte for byte and all of
// them; a name that is not there is an error that says which.
#include "backends/embedded_runtime.hpp"
#include "backends/embedded_templates.hpp"
#include "planner/embedded_boards.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>

namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    REQUIRE(file);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

/// Relative paths of the regular files below a folder of the repository, without hidden ones.
std::set<std::string> names_below(const fs::path& folder) {
    std::set<std::string> names;
    if (fs::exists(folder)) {
        for (const auto& entry : fs::recursive_directory_iterator(folder)) {
            if (entry.is_regular_file() && !entry.path().filename().string().starts_with('.')) {
                names.insert(entry.path().lexically_relative(folder).generic_string());
            }
        }
    }
    return names;
}

} // namespace

TEST_SUITE("embedded files") {
    TEST_CASE("every template is embedded as it is") {
        const fs::path folder = fs::path(MILLRACE_SOURCE_DIR) / "templates";
        std::set<std::string> embedded;
        for (const std::string_view path : millrace::backends::embedded_template_paths()) {
            CAPTURE(path);
            embedded.emplace(path);
            CHECK(millrace::backends::embedded_template(path) == read(folder / path));
        }
        CHECK(embedded == names_below(folder));
        CHECK_FALSE(embedded.empty());
        CHECK(std::ranges::is_sorted(millrace::backends::embedded_template_paths()));
    }

    TEST_CASE("every source of the runtime is embedded as it is") {
        const fs::path folder = fs::path(MILLRACE_SOURCE_DIR) / "runtime";
        std::set<std::string> embedded;
        for (const std::string_view path : millrace::backends::embedded_runtime_paths()) {
            CAPTURE(path);
            embedded.emplace(path);
            CHECK(millrace::backends::embedded_runtime_source(path) == read(folder / path));
        }
        CHECK(embedded == names_below(folder));
        CHECK(embedded.contains("kernel_abi.h"));
    }

    TEST_CASE("every board is embedded under its name") {
        const fs::path folder = fs::path(MILLRACE_SOURCE_DIR) / "boards";
        std::set<std::string> embedded;
        for (const std::string_view name : millrace::planner::embedded_board_names()) {
            CAPTURE(name);
            const std::string file = std::string(name) + ".toml";
            embedded.insert(file);
            CHECK(millrace::planner::embedded_board(name) == read(folder / file));
        }
        CHECK(embedded == names_below(folder));
    }

    TEST_CASE("an unknown name is an error that says which") {
        CHECK_THROWS_WITH_AS(millrace::backends::embedded_template("hls/none.hpp"),
                             "no embedded template \"hls/none.hpp\"", std::out_of_range);
        CHECK_THROWS_WITH_AS(millrace::planner::embedded_board("none"),
                             "no embedded board \"none\"", std::out_of_range);
        CHECK_THROWS_AS(millrace::backends::embedded_template(""), std::out_of_range);
    }
}
