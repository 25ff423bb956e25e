// SPDX-License-Identifier: Apache-2.0
#include "ir/names.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <fmt/format.h>

namespace millrace {

namespace {

constexpr std::size_t longest_identifier = 48;

/// Words that would collide in C++, SystemVerilog or with names of the generated top.
constexpr std::array reserved{
    "alignas",  "alignof",   "always",   "and",       "asm",       "assert",    "assign",
    "auto",     "begin",     "bit",      "bool",      "break",     "buf",       "byte",
    "case",     "cell",      "char",     "class",     "clock",     "clocking",  "config",
    "const",    "continue",  "cover",    "deassign",  "decltype",  "default",   "define",
    "delete",   "design",    "disable",  "do",        "double",    "edge",      "else",
    "end",      "enum",      "event",    "explicit",  "export",    "expect",    "extern",
    "final",    "float",     "for",      "force",     "forever",   "fork",      "frames",
    "friend",   "function",  "generate", "genvar",    "global",    "goto",      "hls",
    "if",       "import",    "include",  "initial",   "inline",    "inout",     "input",
    "inside",   "int",       "integer",  "interface", "join",      "let",       "library",
    "local",    "logic",     "long",     "main",      "matches",   "millrace",  "module",
    "mutable",  "namespace", "nand",     "new",       "nor",       "not",       "null",
    "operator", "or",        "output",   "package",   "parameter", "primitive", "priority",
    "private",  "process",   "program",  "property",  "protected", "public",    "pure",
    "rand",     "real",      "reg",      "register",  "release",   "repeat",    "reset",
    "restrict", "return",    "scalared", "sequence",  "short",     "signed",    "sizeof",
    "specify",  "static",    "std",      "string",    "strong",    "struct",    "super",
    "supply0",  "switch",    "table",    "tagged",    "task",      "template",  "this",
    "throw",    "time",      "top",      "tri",       "true",      "try",       "type",
    "typedef",  "typename",  "union",    "unique",    "unsigned",  "use",       "using",
    "var",      "vector",    "virtual",  "void",      "volatile",  "wait",      "wand",
    "weak",     "while",     "wire",     "with",      "within",    "wor",       "xnor",
    "xor",
};

/// in0, out12: the generated top's ports.
bool is_port_name(std::string_view name) {
    for (const std::string_view prefix : {"in", "out"}) {
        if (name.starts_with(prefix) && name.size() > prefix.size() &&
            std::all_of(name.begin() + static_cast<std::ptrdiff_t>(prefix.size()), name.end(),
                        [](char c) { return c >= '0' && c <= '9'; })) {
            return true;
        }
    }
    return false;
}

} // namespace

std::string identifier_from(std::string_view name, std::string_view fallback) {
    std::string result;
    bool gap = false;
    for (const char character : name) {
        const auto byte = static_cast<unsigned char>(character);
        if (byte < 0x80 && std::isalnum(byte) != 0) {
            if (gap && !result.empty()) {
                result += '_';
            }
            gap = false;
            result += static_cast<char>(std::tolower(byte));
        } else {
            gap = true;
        }
    }
    // The end of an exporter's path-like name tells more than its beginning.
    if (result.size() > longest_identifier) {
        result.erase(0, result.size() - longest_identifier);
        result.erase(0, result.find_first_not_of('_'));
    }
    if (result.empty() || std::isdigit(static_cast<unsigned char>(result.front())) != 0) {
        result = std::string(fallback) + (result.empty() ? "" : "_" + result);
    }
    return result;
}

std::string UniqueNames::add(const std::string& wanted) {
    const auto taken = [this](const std::string& name) {
        return is_port_name(name) ||
               std::find(reserved.begin(), reserved.end(), name) != reserved.end() ||
               std::find(taken_.begin(), taken_.end(), name) != taken_.end();
    };
    std::string name = wanted;
    for (int number = 1; taken(name); ++number) {
        name = fmt::format("{}_{}", wanted, number);
    }
    taken_.push_back(name);
    return name;
}

std::vector<std::string> actor_names(const Graph& body) {
    UniqueNames names;
    std::vector<std::string> result;
    for (const Node& node : body.nodes) {
        // Names such as "64" say nothing without the operator.
        result.push_back(names.add(identifier_from(node.name, identifier_from(node.onnx_op, "n"))));
    }
    return result;
}

} // namespace millrace
