// SPDX-License-Identifier: Apache-2.0
//
// One pass over the tokens with a stack of scopes. What an opening brace begins is told by the
// tokens since the last statement: a namespace, a class, a function (and its parameters), a loop
// (and its header), another block, or an initializer, which is skipped. Each scope collects its
// variables as their declarations end, so that a pragma sees exactly what is declared before it.
#include "tests/support/hls_pragma_lint.hpp"

#include "tests/support/hls_declarations.hpp"
#include "tests/support/hls_pragma_grammar.hpp"

#include <algorithm>
#include <set>

namespace millrace::lint {

namespace {

enum class ScopeKind { file, class_body, function, loop, block };

struct Scope {
    ScopeKind kind = ScopeKind::file;
    std::vector<Variable> variables;
    std::vector<Variable> parameters; // of a function
    std::vector<Token> head;          // of a loop: what stands before its brace
    std::set<std::string> seen;       // pragmas without variable, for duplicates
    bool has_statement = false;       // something other than pragmas and static_assert came
};

class Linter {
  public:
    Linter(std::string_view source, std::string_view file)
        : tokens_(tokenize(source)),
          file_(file) {}

    std::vector<LintFinding> run() {
        scopes_.push_back(Scope{});
        std::size_t start = 0; // of the current statement
        for (std::size_t i = 0; i < tokens_.size(); ++i) {
            const Token& token = tokens_[i];
            if (token.kind == TokenKind::hls_pragma) {
                pragma(token);
                // Pragmas inside of a statement do not end it; between statements they are skipped.
                if (start == i) start = i + 1;
                continue;
            }
            if (token.kind == TokenKind::literal) continue;
            if (token.text == "stream") check_stream_width(i);
            if (token.text == "(") {
                i = matching(tokens_, i) - 1;
                check_streams_between(start, i);
            } else if (token.text == ";") {
                statement(start, i + 1);
                start = i + 1;
            } else if (token.text == "{") {
                if (open(start, i)) {
                    start = i + 1;
                } else {
                    i = matching(tokens_, i) - 1;
                }
            } else if (token.text == "}") {
                if (scopes_.size() == 1) {
                    find(token.line, "a brace is closed that was not opened");
                } else {
                    scopes_.pop_back();
                }
                start = i + 1;
            } else if (token.text == ":" && is_label(start, i)) {
                start = i + 1;
            }
        }
        if (scopes_.size() > 1) {
            find(tokens_.empty() ? 1 : tokens_.back().line, "a brace is not closed");
        }
        return std::move(findings_);
    }

  private:
    void find(int line, const std::string& message) { findings_.push_back({file_, line, message}); }

    Tokens slice(std::size_t begin, std::size_t end) const {
        return Tokens(tokens_).subspan(begin, end - begin);
    }
    bool has_word(std::size_t begin, std::size_t end, std::string_view word) const {
        return std::any_of(tokens_.begin() + static_cast<std::ptrdiff_t>(begin),
                           tokens_.begin() + static_cast<std::ptrdiff_t>(end),
                           [&](const Token& token) {
                               return token.kind == TokenKind::word && token.text == word;
                           });
    }

    bool in_function() const {
        return std::any_of(scopes_.begin(), scopes_.end(),
                           [](const Scope& scope) { return scope.kind == ScopeKind::function; });
    }

    // `name :` at the start of a statement, `public:`, `case x:` and `default:`; not `a ? b : c`,
    // `::` or a base clause.
    bool is_label(std::size_t start, std::size_t colon) const {
        if (start == colon) return false;
        const std::string& first = tokens_[start].text;
        return (colon == start + 1 && tokens_[start].kind == TokenKind::word) || first == "case" ||
               first == "default";
    }

    // The tokens [begin, end) without a template<...> in front.
    std::size_t skip_template(std::size_t begin, std::size_t end) const {
        while (begin + 1 < end && tokens_[begin].text == "template" &&
               tokens_[begin + 1].text == "<") {
            begin = matching(tokens_, begin + 1);
        }
        return begin;
    }

    void statement(std::size_t begin, std::size_t end) {
        if (end - begin <= 1) return;
        begin = skip_template(begin, end);
        Scope& scope = scopes_.back();
        const std::string& first = tokens_[begin].text;
        if (first == "static_assert" || first == "typedef" || first == "using") return;
        scope.has_statement = true;
        for (Variable& variable : declared_variables(slice(begin, end))) {
            remember_constant(variable);
            scope.variables.push_back(variable);
        }
    }

    void remember_constant(const Variable& variable) {
        constants_.erase(variable.name);
        if (!variable.is_constant || variable.initializer.empty()) return;
        if (const auto value = evaluate(variable.initializer, constants_)) {
            constants_[variable.name] = *value;
        }
    }

    // Handles the brace at `brace` with the head [start, brace). False: an initializer.
    bool open(std::size_t start, std::size_t brace) {
        start = skip_template(start, brace);
        Scope scope;
        const std::string first = start < brace ? tokens_[start].text : "";
        const std::string last = start < brace ? tokens_[brace - 1].text : "";
        const bool has_parenthesis =
            std::any_of(tokens_.begin() + static_cast<std::ptrdiff_t>(start),
                        tokens_.begin() + static_cast<std::ptrdiff_t>(brace), [](const Token& t) {
                            return t.kind != TokenKind::literal && t.text == "(";
                        });
        const bool names_class = has_word(start, brace, "class") ||
                                 has_word(start, brace, "struct") ||
                                 has_word(start, brace, "union") || has_word(start, brace, "enum");
        if (first == "namespace" || (first == "extern" && !has_parenthesis && last != "=")) {
            scope.kind = ScopeKind::file;
        } else if (names_class && !has_parenthesis && last != "=") {
            if (has_word(start, brace, "enum")) return false;
            scope.kind = ScopeKind::class_body;
        } else if (in_function()) {
            if (first == "for" || first == "while" || first == "do") {
                scope.kind = ScopeKind::loop;
                scope.head.assign(tokens_.begin() + static_cast<std::ptrdiff_t>(start),
                                  tokens_.begin() + static_cast<std::ptrdiff_t>(brace));
                if (brace - start > 3 && first == "for") {
                    const std::size_t close = matching(tokens_, start + 1) - 1;
                    std::size_t semicolon = start + 2;
                    while (semicolon < close && tokens_[semicolon].text != ";" &&
                           tokens_[semicolon].text != ":") {
                        ++semicolon;
                    }
                    scope.variables = declared_variables(slice(start + 2, semicolon));
                }
            } else if (first.empty() || first == "if" || first == "else" || first == "switch" ||
                       first == "try" || first == "catch" || last == ")" || last == "else") {
                // A lambda's body is a block, too: its head ends with its parameters.
                if (last == ")" && first != "if" && first != "else" && first != "switch" &&
                    first != "catch") {
                    if (!is_lambda(start, brace)) return false;
                }
                scope.kind = ScopeKind::block;
            } else {
                return false;
            }
            scopes_.back().has_statement = true;
        } else if (has_parenthesis && last != "=") {
            scope.kind = ScopeKind::function;
            std::size_t open = start;
            while (tokens_[open].text != "(") ++open;
            scope.parameters = parameters(slice(open + 1, matching(tokens_, open) - 1));
        } else {
            return false;
        }
        scopes_.push_back(std::move(scope));
        return true;
    }

    bool is_lambda(std::size_t start, std::size_t brace) const {
        for (std::size_t i = start; i + 1 < brace; ++i) {
            if (tokens_[i].text == "]" && tokens_[i + 1].text == "(") return true;
        }
        return false;
    }

    const Variable* lookup(const std::string& name, std::size_t& depth) const {
        for (std::size_t s = scopes_.size(); s-- > 0;) {
            for (const auto* list : {&scopes_[s].variables, &scopes_[s].parameters}) {
                const auto found = std::find_if(list->rbegin(), list->rend(),
                                                [&](const Variable& v) { return v.name == name; });
                if (found != list->rend()) {
                    depth = s;
                    return &*found;
                }
            }
        }
        return nullptr;
    }

    const Scope* function_scope() const {
        for (std::size_t s = scopes_.size(); s-- > 0;) {
            if (scopes_[s].kind == ScopeKind::function) return &scopes_[s];
        }
        return nullptr;
    }

    void pragma(const Token& token) {
        const ParsedPragma parsed = parse_pragma(token.text);
        const std::string label = parsed.name.empty() ? "" : parsed.name + ": ";
        for (const std::string& problem : parsed.problems) find(token.line, label + problem);
        if (parsed.name.empty()) return;
        if (!in_function()) {
            find(token.line, label + "stands outside of a function");
            return;
        }
        check_placement(parsed, token.line);
        check_names(parsed, token.line);
        if (!parsed.has("variable") && !parsed.has("port") &&
            !scopes_.back().seen.insert(parsed.name).second) {
            find(token.line, label + "is given twice in this scope");
        }
        if (parsed.name == "UNROLL" && !parsed.has("factor") && !parsed.has("off") &&
            scopes_.back().kind == ScopeKind::loop && !has_constant_bounds(scopes_.back().head)) {
            find(token.line, label + "the loop's trip count is not a constant, factor= is needed");
        }
    }

    void check_placement(const ParsedPragma& parsed, int line) {
        const Scope& scope = scopes_.back();
        const bool in_loop = scope.kind == ScopeKind::loop;
        const bool at_function = scope.kind == ScopeKind::function;
        switch (parsed.placement) {
        case Placement::function_top:
            if (!at_function)
                find(line, parsed.name + ": stands outside of the function's own block");
            break;
        case Placement::function_or_loop:
            if (!at_function && !in_loop) {
                find(line,
                     parsed.name + ": stands neither in a function's nor in a loop's own block");
            }
            break;
        case Placement::loop_top:
            if (!in_loop) find(line, parsed.name + ": stands outside of a loop");
            break;
        case Placement::variable_scope:
        case Placement::anywhere:
            return;
        }
        // DEPENDENCE speaks of variables, which may be declared in the function before it.
        const bool follows_declarations = parsed.name == "DEPENDENCE" && at_function;
        if (scope.has_statement && !follows_declarations) {
            find(line, parsed.name + ": stands after the first statement of its block");
        }
    }

    void check_names(const ParsedPragma& parsed, int line) {
        if (parsed.has("variable")) {
            const std::string value = parsed.get("variable");
            const std::string name = value.substr(0, value.find_first_of(".[-"));
            std::size_t depth = 0;
            const Variable* variable = lookup(name, depth);
            if (variable == nullptr) {
                find(line, parsed.name + ": '" + name + "' is not declared before the pragma");
                return;
            }
            const bool local =
                depth > 0 &&
                std::any_of(scopes_.begin(),
                            scopes_.begin() + static_cast<std::ptrdiff_t>(depth) + 1,
                            [](const Scope& scope) { return scope.kind == ScopeKind::function; });
            const bool elsewhere =
                local ? depth + 1 != scopes_.size() : scopes_.back().kind != ScopeKind::function;
            if (parsed.placement == Placement::variable_scope && elsewhere) {
                find(line, parsed.name + ": stands outside of the scope of '" + name + "'");
            }
            const bool plain = value == name;
            if ((parsed.name == "ARRAY_PARTITION" || parsed.name == "ARRAY_RESHAPE") && plain &&
                !variable->is_array && !variable->is_pointer) {
                find(line, parsed.name + ": '" + name + "' is not an array");
            }
            if (parsed.name == "STREAM" && !variable->is_stream && !variable->is_array) {
                find(line, parsed.name + ": '" + name + "' is neither a stream nor an array");
            }
        }
        if (parsed.has("port")) check_port(parsed, line);
    }

    void check_port(const ParsedPragma& parsed, int line) {
        const std::string port = parsed.get("port");
        const std::string mode = to_lower(parsed.get("mode"));
        if (port == "return") {
            if (mode != "s_axilite" && !mode.starts_with("ap_ctrl_")) {
                find(line, parsed.name + ": mode=" + mode + " does not apply to port=return");
            }
            return;
        }
        const Scope* function = function_scope();
        const std::string name = port.substr(0, port.find_first_of(".[-"));
        const auto found =
            std::find_if(function->parameters.begin(), function->parameters.end(),
                         [&](const Variable& variable) { return variable.name == name; });
        if (found == function->parameters.end()) {
            find(line, parsed.name + ": '" + name + "' is not a parameter of the function");
        } else if (mode == "m_axi" && !found->is_pointer && !found->is_array) {
            find(line,
                 parsed.name + ": mode=m_axi needs a pointer or an array, not '" + name + "'");
        } else if (mode == "axis" && !found->is_stream) {
            find(line, parsed.name + ": mode=axis needs a stream, not '" + name + "'");
        }
    }

    // Whether a name is known to change at run time.
    bool varies(const Token& token, const std::string& loop_variable) const {
        if (token.kind != TokenKind::word || token.text == loop_variable) return false;
        std::size_t depth = 0;
        const Variable* variable = lookup(token.text, depth);
        if (variable == nullptr) return false;
        if (!variable->is_constant) return true;
        return std::any_of(variable->initializer.begin(), variable->initializer.end(),
                           [&](const Token& part) {
                               return part.text != token.text && varies(part, loop_variable);
                           }) ||
               variable->initializer.empty();
    }

    // for (TYPE i = BEGIN; CONDITION; STEP) with constants only.
    bool has_constant_bounds(const std::vector<Token>& head) const {
        if (head.empty() || head[0].text != "for") return false;
        std::string loop_variable;
        std::size_t semicolons = 0;
        std::size_t part_begin = 2;
        for (std::size_t i = 2; i < head.size(); ++i) {
            const bool ends = head[i].text == ";" || i + 1 == head.size();
            if (!ends) continue;
            const Tokens part = Tokens(head).subspan(part_begin, i - part_begin);
            if (semicolons == 0) {
                const std::vector<Variable> variables = declared_variables(part);
                if (variables.size() != 1) return false;
                loop_variable = variables[0].name;
                for (const Token& token : variables[0].initializer) {
                    if (varies(token, loop_variable)) return false;
                }
            } else {
                if (semicolons == 1 && part.empty()) return false;
                for (const Token& token : part) {
                    if (varies(token, loop_variable)) return false;
                }
            }
            ++semicolons;
            part_begin = i + 1;
        }
        return semicolons == 3;
    }

    // Parentheses are jumped over as a whole; streams in them (parameters) are looked at here.
    void check_streams_between(std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) {
            if (tokens_[i].text == "stream" && i > last_stream_) check_stream_width(i);
            if (tokens_[i].kind == TokenKind::hls_pragma) pragma(tokens_[i]);
        }
    }

    void check_stream_width(std::size_t at) {
        last_stream_ = at;
        if (at + 3 >= tokens_.size() || tokens_[at + 1].text != "<" ||
            (tokens_[at + 2].text != "ap_uint" && tokens_[at + 2].text != "ap_int") ||
            tokens_[at + 3].text != "<") {
            return;
        }
        const std::size_t end = matching(tokens_, at + 3);
        if (end <= at + 5) return;
        const auto width = evaluate(slice(at + 4, end - 1), constants_);
        if (width && (*width > max_word_bits || *width < 1)) {
            find(tokens_[at].line,
                 "a stream of " + std::to_string(*width) + " bits; words have 1 to 4,096");
        }
    }

    static constexpr long long max_word_bits = 4096;

    std::vector<Token> tokens_;
    std::string file_;
    std::vector<Scope> scopes_;
    std::vector<LintFinding> findings_;
    Constants constants_;
    std::size_t last_stream_ = 0;
};

} // namespace

std::vector<LintFinding> lint_hls_pragmas(std::string_view source, std::string_view file) {
    return Linter(source, file).run();
}

int count_hls_pragmas(std::string_view source) {
    int count = 0;
    for (const Token& token : tokenize(source)) count += token.kind == TokenKind::hls_pragma;
    return count;
}

} // namespace millrace::lint
