// SPDX-License-Identifier: Apache-2.0
//
// A single left-to-right scan; see the header for what becomes of each construct.
#include "tests/support/hls_source_tokens.hpp"

#include <cctype>

namespace millrace::lint {

namespace {

bool is_word_start(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool is_word(char c) {
    return is_word_start(c) || std::isdigit(static_cast<unsigned char>(c)) != 0;
}
bool is_space(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }
char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

class Scanner {
  public:
    explicit Scanner(std::string_view source) : source_(source) {}

    std::vector<Token> run() {
        bool line_start = true;
        while (at_ < source_.size()) {
            const char c = source_[at_];
            if (c == '\n') {
                line_start = true;
                advance();
            } else if (is_space(c)) {
                advance();
            } else if (starts("//")) {
                while (at_ < source_.size() && source_[at_] != '\n') advance();
            } else if (starts("/*")) {
                skip_block_comment();
            } else if (c == '#' && line_start) {
                preprocessor_line();
            } else {
                line_start = false;
                token(c);
            }
        }
        return std::move(tokens_);
    }

  private:
    bool starts(std::string_view text) const { return source_.substr(at_).starts_with(text); }

    void advance(std::size_t count = 1) {
        for (; count > 0 && at_ < source_.size(); --count, ++at_) line_ += source_[at_] == '\n';
    }

    void add(TokenKind kind, std::size_t begin, int line) {
        tokens_.push_back({kind, std::string(source_.substr(begin, at_ - begin)), line});
    }

    void skip_block_comment() {
        const std::size_t end = source_.find("*/", at_ + 2);
        advance(end == std::string_view::npos ? source_.size() - at_ : end + 2 - at_);
    }

    // Joins continued lines, drops comments, and keeps only HLS pragmas.
    void preprocessor_line() {
        const int line = line_;
        std::string text;
        while (at_ < source_.size() && source_[at_] != '\n') {
            if (starts("\\\n")) {
                text += ' ';
                advance(2);
            } else if (starts("//")) {
                while (at_ < source_.size() && source_[at_] != '\n') advance();
            } else if (starts("/*")) {
                skip_block_comment();
                text += ' ';
            } else {
                text += source_[at_];
                advance();
            }
        }
        std::size_t at = 0;
        for (const std::string_view word : {"#", "pragma", "hls"}) {
            while (at < text.size() && is_space(text[at])) ++at;
            for (const char expected : word) {
                if (at >= text.size() || lower(text[at]) != expected) return;
                ++at;
            }
        }
        if (at < text.size() && is_word(text[at])) return;
        tokens_.push_back({TokenKind::hls_pragma, text.substr(at), line});
    }

    void token(char c) {
        const std::size_t begin = at_;
        const int line = line_;
        if (starts("R\"")) {
            const std::size_t open = source_.find('(', at_);
            if (open != std::string_view::npos) {
                const std::string close =
                    ")" + std::string(source_.substr(at_ + 2, open - at_ - 2)) + "\"";
                const std::size_t end = source_.find(close, open);
                advance(end == std::string_view::npos ? source_.size() - at_
                                                      : end + close.size() - at_);
            } else {
                advance(2);
            }
            add(TokenKind::literal, begin, line);
        } else if (is_word_start(c)) {
            while (at_ < source_.size() && is_word(source_[at_])) advance();
            add(TokenKind::word, begin, line);
        } else if (std::isdigit(static_cast<unsigned char>(c)) != 0) {
            while (at_ < source_.size() &&
                   (is_word(source_[at_]) || source_[at_] == '.' || source_[at_] == '\'')) {
                advance();
            }
            add(TokenKind::number, begin, line);
        } else if (c == '"' || c == '\'') {
            advance();
            while (at_ < source_.size() && source_[at_] != c && source_[at_] != '\n') {
                advance(source_[at_] == '\\' ? 2 : 1);
            }
            advance();
            add(TokenKind::literal, begin, line);
        } else {
            advance(starts("::") || starts("->") ? 2 : 1);
            add(TokenKind::punctuation, begin, line);
        }
    }

    std::string_view source_;
    std::size_t at_ = 0;
    int line_ = 1;
    std::vector<Token> tokens_;
};

} // namespace

std::vector<Token> tokenize(std::string_view source) { return Scanner(source).run(); }

} // namespace millrace::lint
