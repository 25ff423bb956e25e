// SPDX-License-Identifier: Apache-2.0
//
// Recursive descent over tokens, without backtracking: a statement either has the shape of a
// declaration from its first token on, or it declares nothing.
#include "tests/support/hls_declarations.hpp"

#include <array>
#include <charconv>

namespace millrace::lint {

namespace {

bool is(Tokens tokens, std::size_t at, std::string_view text) {
    return at < tokens.size() && tokens[at].text == text && tokens[at].kind != TokenKind::literal;
}
bool is_word(Tokens tokens, std::size_t at) {
    return at < tokens.size() && tokens[at].kind == TokenKind::word;
}

template <std::size_t N>
bool one_of(const Token& token, const std::array<std::string_view, N>& words) {
    for (const std::string_view word : words) {
        if (token.text == word) return true;
    }
    return false;
}

constexpr std::array<std::string_view, 11> builtin_types = {"unsigned", "signed", "long", "short",
                                                            "int",      "char",   "bool", "float",
                                                            "double",   "void",   "auto"};
constexpr std::array<std::string_view, 19> statement_words = {
    "return", "if",       "else",     "for",           "while",    "do",    "switch",
    "case",   "break",    "continue", "goto",          "throw",    "using", "delete",
    "new",    "template", "typedef",  "static_assert", "namespace"};

// Past the type at `at`, or the same position if there is none.
std::size_t skip_type(Tokens tokens, std::size_t at, Variable& variable) {
    const std::size_t begin = at;
    bool found = false;
    for (; is_word(tokens, at); ++at) {
        const Token& token = tokens[at];
        if (token.text == "const" || token.text == "constexpr") {
            variable.is_constant = true;
        } else if (token.text != "static" && token.text != "typename" && token.text != "volatile" &&
                   token.text != "struct" && token.text != "mutable" && token.text != "inline" &&
                   token.text != "extern") {
            break;
        }
    }
    if (is_word(tokens, at) && one_of(tokens[at], statement_words)) return begin;
    while (is_word(tokens, at) && one_of(tokens[at], builtin_types)) {
        found = true;
        ++at;
    }
    if (!found) {
        if (is(tokens, at, "::")) ++at;
        while (is_word(tokens, at)) {
            found = true;
            if (tokens[at].text == "stream") variable.is_stream = true;
            ++at;
            if (is(tokens, at, "<")) {
                const std::size_t end = matching(tokens, at);
                if (end == at) return begin;
                for (std::size_t i = at; i < end; ++i) {
                    if (tokens[i].text == "stream") variable.is_stream = true;
                }
                at = end;
            }
            if (!is(tokens, at, "::")) break;
            ++at;
            if (is(tokens, at, "template")) ++at;
        }
    }
    if (!found) return begin;
    while (is(tokens, at, "const")) {
        variable.is_constant = true;
        ++at;
    }
    return at;
}

// One declarator: pointers and references, a name, array bounds, an initializer. `at` moves past
// it.
bool declarator(Tokens tokens, std::size_t& at, Variable& variable) {
    bool wrapped = false;
    const auto marks = [&] {
        for (;; ++at) {
            if (is(tokens, at, "*")) {
                variable.is_pointer = true;
                variable.is_constant = false; // the pointer itself is not
            } else if (!is(tokens, at, "&") && !is(tokens, at, "const") && !is(tokens, at, ".")) {
                break;
            }
        }
    };
    marks();
    if (is(tokens, at, "(") && (is(tokens, at + 1, "&") || is(tokens, at + 1, "*"))) {
        wrapped = true;
        ++at;
        marks();
    }
    if (!is_word(tokens, at)) return false;
    variable.name = tokens[at++].text;
    if (wrapped) {
        if (!is(tokens, at, ")")) return false;
        ++at;
    }
    while (is(tokens, at, "[")) {
        variable.is_array = true;
        at = matching(tokens, at);
    }
    if (is(tokens, at, "(") || is(tokens, at, "{")) {
        const std::size_t end = matching(tokens, at);
        variable.initializer.assign(tokens.begin() + static_cast<std::ptrdiff_t>(at),
                                    tokens.begin() + static_cast<std::ptrdiff_t>(end));
        at = end;
    } else if (is(tokens, at, "=")) {
        const std::size_t begin = ++at;
        while (at < tokens.size() && !is(tokens, at, ",") && !is(tokens, at, ";")) {
            const bool opens = is(tokens, at, "(") || is(tokens, at, "[") || is(tokens, at, "{");
            at = opens ? matching(tokens, at) : at + 1;
        }
        variable.initializer.assign(tokens.begin() + static_cast<std::ptrdiff_t>(begin),
                                    tokens.begin() + static_cast<std::ptrdiff_t>(at));
    }
    return true;
}

class Evaluator {
  public:
    Evaluator(Tokens tokens, const Constants& constants) : tokens_(tokens), constants_(constants) {}

    std::optional<long long> run() {
        const std::optional<long long> value = sum();
        return at_ == tokens_.size() ? value : std::nullopt;
    }

  private:
    std::optional<long long> sum() {
        std::optional<long long> value = product();
        while (value && (is(tokens_, at_, "+") || is(tokens_, at_, "-"))) {
            const bool plus = tokens_[at_++].text == "+";
            const std::optional<long long> next = product();
            long long result = 0;
            if (!next || (plus ? __builtin_add_overflow(*value, *next, &result)
                               : __builtin_sub_overflow(*value, *next, &result))) {
                return std::nullopt;
            }
            value = result;
        }
        return value;
    }
    std::optional<long long> product() {
        std::optional<long long> value = unit();
        while (value && (is(tokens_, at_, "*") || is(tokens_, at_, "/") || is(tokens_, at_, "%"))) {
            const char op = tokens_[at_++].text[0];
            const std::optional<long long> next = unit();
            if (!next || (op != '*' && *next <= 0)) return std::nullopt;
            long long result = 0;
            if (op == '*' && __builtin_mul_overflow(*value, *next, &result)) return std::nullopt;
            value = op == '*' ? result : op == '/' ? *value / *next : *value % *next;
        }
        return value;
    }
    std::optional<long long> unit() {
        if (at_ >= tokens_.size()) return std::nullopt;
        const Token& token = tokens_[at_];
        if (is(tokens_, at_, "(")) {
            ++at_;
            const std::optional<long long> value = sum();
            if (!is(tokens_, at_, ")")) return std::nullopt;
            ++at_;
            return value;
        }
        ++at_;
        if (token.kind == TokenKind::number) {
            const bool hex = token.text.starts_with("0x");
            const char* begin = token.text.data() + (hex ? 2 : 0);
            const char* end = token.text.data() + token.text.size();
            long long value = 0;
            const auto [stop, error] = std::from_chars(begin, end, value, hex ? 16 : 10);
            if (error != std::errc()) return std::nullopt;
            for (const char* p = stop; p != end; ++p) {
                if (std::string_view("uUlL").find(*p) == std::string_view::npos)
                    return std::nullopt;
            }
            return value;
        }
        const auto found = constants_.find(token.text);
        if (token.kind != TokenKind::word || found == constants_.end()) return std::nullopt;
        return found->second;
    }

    Tokens tokens_;
    const Constants& constants_;
    std::size_t at_ = 0;
};

} // namespace

std::size_t matching(Tokens tokens, std::size_t open) {
    const std::string& opener = tokens[open].text;
    const std::string closer = opener == "("   ? ")"
                               : opener == "[" ? "]"
                               : opener == "{" ? "}"
                                               : ">";
    int depth = 0;
    for (std::size_t i = open; i < tokens.size(); ++i) {
        if (tokens[i].kind == TokenKind::literal) continue;
        if (closer == ">" && (tokens[i].text == ";" || tokens[i].text == "{")) return open;
        if (closer == ">" && tokens[i].text == "(") {
            i = matching(tokens, i) - 1;
            continue;
        }
        if (tokens[i].text == opener) ++depth;
        if (tokens[i].text == closer && --depth == 0) return i + 1;
    }
    return closer == ">" ? open : tokens.size();
}

std::vector<Variable> declared_variables(Tokens statement) {
    std::vector<Variable> variables;
    Variable base;
    std::size_t at = skip_type(statement, 0, base);
    if (at == 0) return {};
    for (;;) {
        Variable variable = base;
        if (!declarator(statement, at, variable)) return {};
        variables.push_back(variable);
        if (is(statement, at, ",")) {
            ++at;
        } else if (at == statement.size() || is(statement, at, ";") || is(statement, at, ":")) {
            return variables;
        } else {
            return {};
        }
    }
}

std::vector<Variable> parameters(Tokens list) {
    std::vector<Variable> result;
    for (std::size_t at = 0; at < list.size();) {
        std::size_t end = at;
        while (end < list.size() && !is(list, end, ",")) {
            const bool opens = is(list, end, "(") || is(list, end, "[") || is(list, end, "{") ||
                               is(list, end, "<");
            const std::size_t past = opens ? matching(list, end) : end + 1;
            end = past > end ? past : end + 1;
        }
        Variable variable;
        const Tokens one = list.subspan(at, end - at);
        std::size_t position = skip_type(one, 0, variable);
        if (position == 0 || !declarator(one, position, variable)) variable.name.clear();
        result.push_back(variable);
        at = end + 1;
    }
    return result;
}

std::optional<long long> evaluate(Tokens expression, const Constants& constants) {
    return Evaluator(expression, constants).run();
}

} // namespace millrace::lint
