// SPDX-License-Identifier: Apache-2.0
//
// A lint for `#pragma HLS` in C++ source, because no vendor tool is at hand to complain.
//
// For every pragma it checks: the name, the options and their values (hls_pragma_grammar.hpp); that
// it stands where such a pragma may stand (before a function's first statement, directly after a
// loop's opening brace, or in the scope of its variable after the declaration); that variable=
// names something declared before it, and port= a parameter of the function. It also finds: UNROLL
// of a loop whose trip count is not a constant, without factor=; loops and functions with the same
// pragma twice; and hls::stream<ap_uint<W>> with W above 4,096 where W can be computed from the
// source.
//
// The source is read by structure (braces, statements, declarations), not compiled: it must be
// formatted C++ without macros that hide braces. Names that the source does not declare as
// variables (template parameters, members of types) count as constants.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace millrace::lint {

struct LintFinding {
    std::string file;
    int line;
    std::string message;
};

std::vector<LintFinding> lint_hls_pragmas(std::string_view source, std::string_view file);

// How many HLS pragmas the source holds; a run over files without any tests nothing.
int count_hls_pragmas(std::string_view source);

} // namespace millrace::lint
