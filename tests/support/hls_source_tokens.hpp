// SPDX-License-Identifier: Apache-2.0
//
// C++ source as a flat list of tokens, for lints that need structure but no compiler.
//
// Comments vanish; string and character literals (raw strings too) are one token each; line
// continuations are joined; `#pragma HLS` lines become one token that holds the text after "HLS";
// all other preprocessor lines vanish. Every token knows its line, counted from 1.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace millrace::lint {

enum class TokenKind { word, number, literal, punctuation, hls_pragma };

struct Token {
    TokenKind kind;
    std::string text; // punctuation is one character, except "::" and "->"
    int line;
};

std::vector<Token> tokenize(std::string_view source);

} // namespace millrace::lint
