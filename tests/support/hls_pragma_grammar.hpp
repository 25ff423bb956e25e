// SPDX-License-Identifier: Apache-2.0
//
// The grammar of `#pragma HLS`: names, options, allowed values and combinations, as the Vitis HLS
// user guide (UG1399, releases 2022.2 to 2024.2) documents them. Only the documented keyed forms
// are accepted (type=complete, mode=m_axi); the positional ones of Vivado HLS are findings, because
// newer releases warn about them.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::lint {

// Where a pragma may stand.
enum class Placement {
    function_top,     // in a function's body before its first statement
    function_or_loop, // there, or directly after a loop's opening brace
    loop_top,         // directly after a loop's opening brace
    variable_scope,   // where its variable is declared, or in the function if it is not local
    anywhere          // any block of a function
};

struct ParsedPragma {
    std::string name; // upper case; empty if the pragma is not known
    Placement placement = Placement::anywhere;
    std::map<std::string, std::string> options; // key in lower case -> value as written
    std::vector<std::string> problems;

    bool has(const std::string& key) const { return options.count(key) != 0; }
    std::string get(const std::string& key) const {
        const auto found = options.find(key);
        return found == options.end() ? std::string() : found->second;
    }
};

// Parses what follows "#pragma HLS" and checks everything that needs no surrounding source.
ParsedPragma parse_pragma(std::string_view text);

std::string to_lower(std::string_view text);

} // namespace millrace::lint
