// SPDX-License-Identifier: Apache-2.0
//
// Declarations and constant expressions in token lists: which variables a statement or a parameter
// list declares, and what an integer expression of known constants evaluates to.
//
// A declaration is recognised by its shape: specifiers, a type (qualified, with template
// arguments), then declarators. An expression statement never has that shape, except `a * b;` and
// `a & b;`, which are useless as statements.
#pragma once

#include "tests/support/hls_source_tokens.hpp"

#include <map>
#include <optional>
#include <span>

namespace millrace::lint {

typedef std::span<const Token> Tokens;

struct Variable {
    std::string name;
    bool is_constant = false; // declared const or constexpr
    bool is_array = false;
    bool is_pointer = false;
    bool is_stream = false;
    std::vector<Token> initializer;
};

typedef std::map<std::string, long long> Constants;

// Variables that the statement declares; empty if it is not a declaration.
std::vector<Variable> declared_variables(Tokens statement);

// Parameters between the parentheses of a function's head, in order; unnamed ones have no name.
std::vector<Variable> parameters(Tokens list);

// The value of an integer expression of + - * / % and parentheses over literals and constants.
std::optional<long long> evaluate(Tokens expression, const Constants& constants);

// Index just past the bracket that closes the one at `open` ('(', '[', '{' or '<').
std::size_t matching(Tokens tokens, std::size_t open);

} // namespace millrace::lint
