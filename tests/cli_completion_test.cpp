// SPDX-License-Identifier: Apache-2.0
//
// Shell completion knows exactly the commands and options that --help names.
#include "tests/support/command.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <regex>
#include <set>
#include <sstream>
#include <string>

namespace {

using namespace millrace::tests;

const std::filesystem::path completions =
    std::filesystem::path(MILLRACE_SOURCE_DIR) / "cli" / "completions";

/// Options that a help text lists: "--json", "-o".
std::set<std::string> options_of(const std::string& help) {
    std::set<std::string> options;
    static const std::regex line("^  (-[^ ]+)");
    static const std::regex option("--?[a-z][a-z-]*");
    std::istringstream lines(help);
    for (std::string text; std::getline(lines, text);) {
        std::smatch match;
        if (std::regex_search(text, match, line)) {
            const std::string names = match[1];
            for (std::sregex_iterator i(names.begin(), names.end(), option), end; i != end; ++i) {
                options.insert(i->str());
            }
        }
    }
    return options;
}

std::set<std::string> commands_of(const std::string& help) {
    std::set<std::string> commands;
    const std::size_t begin = help.find("Subcommands:\n");
    REQUIRE(begin != std::string::npos);
    std::istringstream lines(help.substr(begin + 13));
    for (std::string text; std::getline(lines, text) && text.starts_with("  ");) {
        std::istringstream words(text);
        std::string command;
        words >> command;
        commands.insert(command);
    }
    return commands;
}

/// What bash offers for a line whose last word is being typed.
std::set<std::string> bash_offers(const std::string& words) {
    const std::string script = "source '" + (completions / "millrace.bash").string() +
                               "'; COMP_WORDS=(" + words +
                               "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _millrace; "
                               "printf '%s\\n' \"${COMPREPLY[@]}\"";
    const CommandRun run = run_program("bash", {"--norc", "-c", script});
    CHECK(run.err == "");
    std::set<std::string> offers;
    std::istringstream lines(run.out);
    for (std::string text; std::getline(lines, text);) {
        if (!text.empty()) {
            offers.insert(text);
        }
    }
    return offers;
}

} // namespace

TEST_SUITE("cli completion") {
    TEST_CASE("bash offers what --help names, no more and no less") {
        const std::string help = millrace_command({"--help"}).out;
        const std::set<std::string> commands = commands_of(help);
        CHECK(commands.size() >= 5);
        std::set<std::string> first = commands;
        first.merge(options_of(help));
        CHECK(bash_offers("millrace ''") == first);
        for (const std::string& command : commands) {
            CAPTURE(command);
            CHECK(bash_offers("millrace " + command + " -") ==
                  options_of(millrace_command({command, "--help"}).out));
        }
        CHECK(bash_offers("millrace comp") == std::set<std::string>{"compile"});
        CHECK(bash_offers("millrace simulate p --engine ''") ==
              std::set<std::string>{"reference", "csim", "rtlsim"});
    }

    TEST_CASE("zsh's file has every command and, in its part, every option") {
        const std::string text = file_text(completions / "_millrace");
        const std::string help = millrace_command({"--help"}).out;
        for (const std::string& command : commands_of(help)) {
            CAPTURE(command);
            CHECK(text.find("'" + command + ":") != std::string::npos);
            const std::size_t begin = text.find("    " + command + ")\n");
            REQUIRE(begin != std::string::npos);
            std::string part = text.substr(begin, text.find(";;", begin) - begin);
            // The lists that several commands share.
            for (const std::string list : {"common", "compiler", "device", "target"}) {
                if (part.find("$" + list) != std::string::npos) {
                    const std::size_t from = text.find("    " + list + "=(");
                    REQUIRE(from != std::string::npos);
                    part += text.substr(from, text.find("\n    )", from) - from);
                }
            }
            for (const std::string& option :
                 options_of(millrace_command({command, "--help"}).out)) {
                CAPTURE(option);
                CHECK(part.find(option) != std::string::npos);
            }
        }
    }
}
