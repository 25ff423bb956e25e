// SPDX-License-Identifier: Apache-2.0
//
// Projects on disk: all of it or nothing, and never over something that is there.
#include "backends/project.hpp"
#include "cli/project_folder.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <unistd.h>

namespace {

namespace fs = std::filesystem;
using namespace millrace;
using backends::ProjectFiles;
using cli::TemporaryFolder;

const ProjectFiles files{{"a.txt", "one\n"},
                         {"deep/er/b.bin", std::string("\0\1", 2)},
                         {"scripts/build.sh", "#!/bin/sh\n"}};

std::string read(const fs::path& path) {
    std::ifstream stream(path, std::ios::binary);
    std::ostringstream text;
    text << stream.rdbuf();
    return text.str();
}

/// Everything below a folder, hidden files included.
std::set<std::string> below(const fs::path& folder) {
    std::set<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
        names.insert(entry.path().lexically_relative(folder).generic_string());
    }
    return names;
}

bool refused(const fs::path& folder) {
    Diagnostics diagnostics;
    const bool checked = backends::check_output_folder(folder, diagnostics);
    const bool written = backends::write_project(files, folder, diagnostics);
    return !checked && !written && diagnostics.contains(Code::bad_output_directory);
}

} // namespace

TEST_SUITE("project writer") {
    TEST_CASE("a project is written as it is") {
        const TemporaryFolder folder;
        Diagnostics diagnostics;
        for (const char* name : {"new", "new_parent/inner", "trailing/", "./dots/../dotted"}) {
            CAPTURE(name);
            CHECK(backends::check_output_folder(folder.path() / name, diagnostics));
            REQUIRE(backends::write_project(files, folder.path() / name, diagnostics));
            const fs::path target = (folder.path() / name).lexically_normal();
            CHECK(below(target) == std::set<std::string>{"a.txt", "deep", "deep/er",
                                                         "deep/er/b.bin", "scripts",
                                                         "scripts/build.sh"});
            CHECK(read(target / "a.txt") == "one\n");
            CHECK(read(target / "deep/er/b.bin") == std::string("\0\1", 2));
            CHECK(::access((target / "scripts/build.sh").c_str(), X_OK) == 0);
        }
        CHECK(diagnostics.all().empty());
        for (const std::string& name : below(folder.path())) {
            CHECK(name.find("partial") == std::string::npos);
        }
    }

    TEST_CASE("an empty folder is taken over") {
        const TemporaryFolder folder;
        fs::create_directory(folder.path() / "empty");
        Diagnostics diagnostics;
        CHECK(backends::write_project(files, folder.path() / "empty", diagnostics));
        CHECK(fs::exists(folder.path() / "empty/a.txt"));
    }

    TEST_CASE("a link to an empty folder and the current folder are filled") {
        const TemporaryFolder folder;
        fs::create_directory(folder.path() / "empty");
        fs::create_directory_symlink("empty", folder.path() / "link");
        Diagnostics diagnostics;
        CHECK(backends::write_project(files, folder.path() / "link", diagnostics));
        CHECK(fs::is_symlink(folder.path() / "link"));
        const std::set<std::string> whole{"a.txt",         "deep",    "deep/er",
                                          "deep/er/b.bin", "scripts", "scripts/build.sh"};
        CHECK(below(folder.path() / "empty") == whole);

        fs::create_directory(folder.path() / "here");
        const fs::path before = fs::current_path();
        fs::current_path(folder.path() / "here");
        CHECK(backends::write_project(files, ".", diagnostics));
        CHECK(fs::exists("a.txt")); // still the same folder
        fs::current_path(before);
        CHECK(below(folder.path() / "here") == whole);
        CHECK(diagnostics.all().empty());

        ProjectFiles awkward = files;
        awkward[std::string(300, 'y')] = "z";
        fs::create_directory(folder.path() / "other");
        fs::create_directory_symlink("other", folder.path() / "link2");
        CHECK_FALSE(backends::write_project(awkward, folder.path() / "link2", diagnostics));
        CHECK(below(folder.path() / "other").empty());
    }

    TEST_CASE("what is there stays as it is") {
        const TemporaryFolder folder;
        fs::create_directory(folder.path() / "full");
        std::ofstream(folder.path() / "full/mine") << "mine";
        std::ofstream(folder.path() / "file") << "mine";
        const std::set<std::string> before = below(folder.path());
        CHECK(refused(folder.path() / "full"));
        CHECK(refused(folder.path() / "file"));
        CHECK(refused(folder.path() / "file/inner"));
        CHECK(refused(""));
        CHECK(below(folder.path()) == before);
        CHECK(read(folder.path() / "full/mine") == "mine");
    }

    TEST_CASE("a place where nothing can be written is left alone") {
        const TemporaryFolder folder;
        // Names too long for the file system fail for every user, root included.
        CHECK(refused(folder.path() / std::string(300, 'x')));
        CHECK(below(folder.path()).empty());
        Diagnostics diagnostics;
        ProjectFiles awkward = files;
        awkward[std::string(300, 'y')] = "z";
        CHECK_FALSE(backends::write_project(awkward, folder.path() / "new/inner", diagnostics));
        CHECK(diagnostics.contains(Code::bad_output_directory));
        CHECK(below(folder.path()).empty());
    }

    TEST_CASE("a path that leaves the project is a defect") {
        const TemporaryFolder folder;
        Diagnostics diagnostics;
        for (const char* path : {"../x", "/x", "a/../../x", "", ".", "a/", "./x"}) {
            CAPTURE(path);
            CHECK_THROWS_AS(
                backends::write_project({{path, "x"}}, folder.path() / "new", diagnostics), Defect);
        }
        CHECK(below(folder.path()).empty());
    }

    TEST_CASE("single files replace, and go through links") {
        const TemporaryFolder folder;
        Diagnostics diagnostics;
        const fs::path file = folder.path() / "f";
        REQUIRE(backends::write_file(file, "1", Code::bad_array_file, diagnostics));
        REQUIRE(backends::write_file(file, "22", Code::bad_array_file, diagnostics));
        CHECK(read(file) == "22");
        fs::create_symlink("f", folder.path() / "link");
        REQUIRE(
            backends::write_file(folder.path() / "link", "3", Code::bad_array_file, diagnostics));
        CHECK(fs::is_symlink(folder.path() / "link"));
        CHECK(read(file) == "3");
        CHECK(below(folder.path()) == std::set<std::string>{"f", "link"});
        CHECK_FALSE(backends::write_file(folder.path(), "4", Code::bad_array_file, diagnostics));
        CHECK(diagnostics.contains(Code::bad_array_file));
    }
}
