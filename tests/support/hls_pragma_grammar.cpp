// SPDX-License-Identifier: Apache-2.0
//
// One table row per pragma; combinations of options that a table cannot say are checked below it.
#include "tests/support/hls_pragma_grammar.hpp"

#include <algorithm>
#include <cctype>
#include <set>

namespace millrace::lint {

namespace {

enum class Value {
    flag,     // a bare keyword
    number,   // a non-negative integer, or a constant's name
    latency,  // a number or -1
    variable, // a name, maybe with members: a.b[0].c
    names,    // names separated by commas
    choice    // one of the listed words
};

struct Option {
    std::string_view name;
    Value value;
    bool required = false;
    std::string_view choices = {}; // separated by blanks
};

struct Pragma {
    std::string_view name;
    Placement placement;
    std::vector<Option> options;
};

constexpr std::string_view storage_types =
    "fifo ram_1p ram_1wnr ram_2p ram_s2p ram_t2p rom_1p rom_2p rom_np";
constexpr std::string_view storage_impls = "auto bram bram_ecc lutram uram uram_ecc srl memory";
constexpr std::string_view integer_ops = "mul add sub";
constexpr std::string_view all_ops =
    "mul add sub fadd fsub fdiv fexp flog fmul frsqrt frecip fsqrt dadd dsub ddiv dexp dlog dmul "
    "drsqrt drecip dsqrt hadd hsub hdiv hmul hsqrt facc fmacc fmadd";
constexpr std::string_view modes =
    "ap_none ap_vld ap_ack ap_hs ap_ovld ap_memory bram ap_fifo ap_stable axis s_axilite m_axi "
    "ap_ctrl_hs ap_ctrl_chain ap_ctrl_none";

const std::vector<Pragma>& grammar() {
    using enum Placement;
    static const Option variable{"variable", Value::variable, true};
    static const Option off{"off", Value::flag};
    static const std::vector<Pragma> table = {
        {"AGGREGATE",
         variable_scope,
         {variable, {"compact", Value::choice, false, "bit byte none auto"}}},
        {"ALIAS",
         function_top,
         {{"ports", Value::names, true}, {"distance", Value::number}, {"offset", Value::names}}},
        {"ALLOCATION",
         anywhere,
         {{"function", Value::flag},
          {"operation", Value::flag},
          {"instances", Value::names, true},
          {"limit", Value::number, true}}},
        {"ARRAY_PARTITION",
         variable_scope,
         {variable,
          {"type", Value::choice, false, "cyclic block complete"},
          {"factor", Value::number},
          {"dim", Value::number},
          off}},
        {"ARRAY_RESHAPE",
         variable_scope,
         {variable,
          {"type", Value::choice, false, "cyclic block complete"},
          {"factor", Value::number},
          {"dim", Value::number},
          {"object", Value::flag},
          off}},
        {"BIND_OP",
         variable_scope,
         {variable,
          {"op", Value::choice, true, all_ops},
          {"impl", Value::choice, false,
           "auto fabric dsp fulldsp meddsp maxdsp primitivedsp nodsp"},
          {"latency", Value::latency}}},
        {"BIND_STORAGE",
         variable_scope,
         {variable,
          {"type", Value::choice, true, storage_types},
          {"impl", Value::choice, false, storage_impls},
          {"latency", Value::latency}}},
        {"CACHE",
         function_top,
         {{"port", Value::variable, true},
          {"lines", Value::number},
          {"depth", Value::number},
          {"ways", Value::number},
          {"users", Value::number}}},
        {"DATAFLOW", function_or_loop, {{"disable_start_propagation", Value::flag}}},
        {"DEPENDENCE",
         function_or_loop,
         {{"variable", Value::variable},
          {"class", Value::choice, false, "array pointer"},
          {"type", Value::choice, false, "inter intra"},
          {"direction", Value::choice, false, "raw war waw"},
          {"distance", Value::number},
          {"dependent", Value::choice, false, "true false"},
          {"true", Value::flag},
          {"false", Value::flag}}},
        {"DISAGGREGATE", variable_scope, {variable}},
        {"EXPRESSION_BALANCE", anywhere, {off}},
        {"FUNCTION_INSTANTIATE", function_top, {variable}},
        {"INLINE", function_top, {off, {"recursive", Value::flag}}},
        {"INTERFACE",
         function_top,
         {{"mode", Value::choice, true, modes},
          {"port", Value::variable},
          {"bundle", Value::variable},
          {"register", Value::flag},
          {"register_mode", Value::choice, false, "forward reverse both off"},
          {"depth", Value::number},
          {"offset", Value::variable},
          {"clock", Value::variable},
          {"name", Value::variable},
          {"latency", Value::number},
          {"num_read_outstanding", Value::number},
          {"num_write_outstanding", Value::number},
          {"max_read_burst_length", Value::number},
          {"max_write_burst_length", Value::number},
          {"max_widen_bitwidth", Value::number},
          {"storage_type", Value::choice, false, storage_types},
          {"storage_impl", Value::choice, false, storage_impls},
          {"channel", Value::variable},
          {"interrupt", Value::number},
          {"direct_io", Value::choice, false, "true false"}}},
        {"LATENCY", function_or_loop, {{"min", Value::number}, {"max", Value::number}}},
        {"LOOP_FLATTEN", loop_top, {off}},
        {"LOOP_MERGE", anywhere, {{"force", Value::flag}}},
        {"LOOP_TRIPCOUNT",
         loop_top,
         {{"min", Value::number}, {"max", Value::number}, {"avg", Value::number}}},
        {"OCCURRENCE", anywhere, {{"cycle", Value::number, true}, off}},
        {"PERFORMANCE",
         function_or_loop,
         {{"target_ti", Value::number},
          {"target_tl", Value::number},
          {"assume_ti", Value::number},
          {"assume_tl", Value::number},
          {"unit", Value::choice, false, "sec cycle"},
          {"scope", Value::names}}},
        {"PIPELINE",
         function_or_loop,
         {{"II", Value::number},
          off,
          {"rewind", Value::flag},
          {"style", Value::choice, false, "stp frp flp"}}},
        {"PROTOCOL", anywhere, {{"mode", Value::choice, false, "floating fixed"}}},
        {"RESET", variable_scope, {variable, off}},
        {"STABLE", variable_scope, {variable}},
        {"STREAM",
         variable_scope,
         {variable,
          {"type", Value::choice, false, "fifo pipo shared unsync"},
          {"depth", Value::number}}},
        {"TOP", function_top, {{"name", Value::variable}}},
        {"UNROLL", loop_top, {{"factor", Value::number}, {"skip_exit_check", Value::flag}, off}},
    };
    return table;
}

bool is_name_start(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool is_name(char c) {
    return is_name_start(c) || std::isdigit(static_cast<unsigned char>(c)) != 0;
}

bool is_number(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return std::isdigit(static_cast<unsigned char>(c)) != 0;
    });
}

// A constant's name, with :: for members of types.
bool is_constant_name(std::string_view text) {
    return !text.empty() && is_name_start(text[0]) &&
           std::all_of(text.begin(), text.end(), [](char c) { return is_name(c) || c == ':'; });
}

bool is_variable(std::string_view text) {
    if (text.empty() || !is_name_start(text[0])) return false;
    int brackets = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '[') ++brackets;
        if (c == ']') --brackets;
        if (brackets < 0) return false;
        const bool arrow = c == '-' && i + 1 < text.size() && text[i + 1] == '>';
        if (!is_name(c) && c != '.' && c != '[' && c != ']' && !arrow &&
            !(c == '>' && i > 0 && text[i - 1] == '-')) {
            return false;
        }
    }
    return brackets == 0;
}

bool contains_word(std::string_view words, std::string_view word) {
    for (std::size_t at = 0; at < words.size();) {
        const std::size_t end = std::min(words.find(' ', at), words.size());
        if (words.substr(at, end - at) == word) return true;
        at = end + 1;
    }
    return false;
}

std::string quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

void check_value(const Pragma& pragma, const Option& option, const std::string& value,
                 ParsedPragma& parsed) {
    const std::string where = std::string(option.name) + "=" + value;
    switch (option.value) {
    case Value::flag:
        // The guide writes both "off" and "off=true".
        if (option.name != "off" || to_lower(value) != "true") {
            parsed.problems.push_back("option " + quoted(option.name) + " takes no value");
        }
        break;
    case Value::number:
    case Value::latency:
        if (!is_number(value) && !is_constant_name(value) &&
            !(option.value == Value::latency && value == "-1")) {
            parsed.problems.push_back(where + " is not a number");
        }
        break;
    case Value::variable:
        if (pragma.name == "INTERFACE" && option.name == "offset") {
            if (!is_number(value) && !contains_word("off direct slave", to_lower(value))) {
                parsed.problems.push_back(where + " is not off, direct, slave or a number");
            }
        } else if (!is_variable(value)) {
            parsed.problems.push_back(where + " is not a name");
        }
        break;
    case Value::names:
        if (value.empty()) parsed.problems.push_back(where + " names nothing");
        break;
    case Value::choice:
        if (!contains_word(option.choices, to_lower(value))) {
            parsed.problems.push_back(where + " is not one of: " + std::string(option.choices));
        }
        break;
    }
}

// key=value (blanks around = allowed) or a bare word.
struct Part {
    std::string key;
    std::string value;
    bool has_value;
};

std::vector<Part> split(std::string_view text) {
    std::vector<Part> parts;
    std::size_t at = 0;
    const auto skip = [&] {
        while (at < text.size() && std::isspace(static_cast<unsigned char>(text[at])) != 0) ++at;
    };
    const auto word = [&](bool stop_at_equals) {
        const std::size_t begin = at;
        while (at < text.size() && std::isspace(static_cast<unsigned char>(text[at])) == 0 &&
               !(stop_at_equals && text[at] == '=')) {
            ++at;
        }
        return std::string(text.substr(begin, at - begin));
    };
    for (skip(); at < text.size(); skip()) {
        Part part{word(true), "", false};
        skip();
        if (at < text.size() && text[at] == '=') {
            ++at;
            skip();
            part.value = word(false);
            part.has_value = true;
        }
        parts.push_back(part);
    }
    return parts;
}

void check_combinations(ParsedPragma& parsed) {
    const auto is = [&](const char* key, std::string_view value) {
        return to_lower(parsed.get(key)) == value;
    };
    const auto problem = [&](const std::string& text) { parsed.problems.push_back(text); };
    if (parsed.name == "ARRAY_PARTITION" || parsed.name == "ARRAY_RESHAPE") {
        const bool complete = !parsed.has("type") || is("type", "complete");
        if (!complete && !parsed.has("factor")) problem("cyclic and block need factor=");
        if (complete && parsed.has("factor")) problem("complete takes no factor=");
        if (is("factor", "0")) problem("factor= is at least 1");
    } else if (parsed.name == "BIND_OP") {
        const std::string impl = to_lower(parsed.get("impl"));
        const bool integer = contains_word(integer_ops, to_lower(parsed.get("op")));
        if (integer && !impl.empty() && !contains_word("auto fabric dsp", impl)) {
            problem("integer operations are built from fabric or dsp");
        }
    } else if (parsed.name == "BIND_STORAGE") {
        const std::string type = to_lower(parsed.get("type"));
        const std::string impl = to_lower(parsed.get("impl"));
        if (type.starts_with("rom") && !impl.empty() && !contains_word("auto bram lutram", impl)) {
            problem("a ROM is built from bram or lutram");
        }
        if (type.starts_with("ram") && contains_word("srl memory", impl)) {
            problem("srl and memory are implementations of fifo");
        }
        if (type == "fifo" && contains_word("bram_ecc uram_ecc", impl)) {
            problem("a fifo has no error correction");
        }
    } else if (parsed.name == "ALLOCATION") {
        if (parsed.has("function") == parsed.has("operation")) {
            problem("exactly one of function and operation is needed");
        }
    } else if (parsed.name == "INLINE") {
        if (parsed.has("off") && parsed.has("recursive"))
            problem("off and recursive exclude each other");
    } else if (parsed.name == "LATENCY") {
        if (!parsed.has("min") && !parsed.has("max")) problem("min= or max= is needed");
    } else if (parsed.name == "LOOP_TRIPCOUNT") {
        if (!parsed.has("max") && !parsed.has("avg") && !parsed.has("min")) {
            problem("min=, max= or avg= is needed");
        }
    } else if (parsed.name == "PIPELINE") {
        if (is("ii", "0")) problem("II= is at least 1");
    } else if (parsed.name == "STREAM") {
        if (!parsed.has("depth") && !parsed.has("type")) problem("depth= or type= is needed");
        if (is("depth", "0")) problem("depth= is at least 1");
    } else if (parsed.name == "UNROLL") {
        if (is("factor", "0")) problem("factor= is at least 1");
        if (parsed.has("skip_exit_check") && !parsed.has("factor")) {
            problem("skip_exit_check needs factor=");
        }
    } else if (parsed.name == "INTERFACE") {
        const std::string mode = to_lower(parsed.get("mode"));
        if (!parsed.has("port") && !mode.starts_with("ap_ctrl_")) problem("port= is needed");
        if (mode != "m_axi") {
            for (const char* key :
                 {"num_read_outstanding", "num_write_outstanding", "max_read_burst_length",
                  "max_write_burst_length", "max_widen_bitwidth", "channel"}) {
                if (parsed.has(key)) problem(std::string(key) + " belongs to mode=m_axi");
            }
        }
        if (parsed.has("offset") && mode != "m_axi" && mode != "s_axilite") {
            problem("offset belongs to mode=m_axi or s_axilite");
        }
        if (mode == "s_axilite" && parsed.has("offset") && !is_number(parsed.get("offset"))) {
            problem("offset of mode=s_axilite is an address");
        }
        if (mode == "m_axi" && is_number(parsed.get("offset"))) {
            problem("offset of mode=m_axi is off, direct or slave");
        }
        if (parsed.has("bundle") && mode != "m_axi" && mode != "s_axilite") {
            problem("bundle belongs to mode=m_axi or s_axilite");
        }
    }
}

} // namespace

std::string to_lower(std::string_view text) {
    std::string result(text);
    for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return result;
}

ParsedPragma parse_pragma(std::string_view text) {
    ParsedPragma parsed;
    std::vector<Part> parts = split(text);
    if (parts.empty() || parts[0].has_value) {
        parsed.problems.emplace_back("the pragma's name is missing");
        return parsed;
    }
    const std::string name = to_lower(parts[0].key);
    const auto pragma = std::find_if(grammar().begin(), grammar().end(), [&](const Pragma& entry) {
        return to_lower(entry.name) == name;
    });
    if (pragma == grammar().end()) {
        parsed.problems.push_back("unknown pragma " + quoted(parts[0].key));
        return parsed;
    }
    parsed.name = pragma->name;
    parsed.placement = pragma->placement;
    for (std::size_t i = 1; i < parts.size(); ++i) {
        const Part& part = parts[i];
        const std::string key = to_lower(part.key);
        const auto option =
            std::find_if(pragma->options.begin(), pragma->options.end(),
                         [&](const Option& entry) { return to_lower(entry.name) == key; });
        if (option == pragma->options.end()) {
            parsed.problems.push_back("unknown option " + quoted(part.key));
        } else if (parsed.has(key)) {
            parsed.problems.push_back("option " + quoted(part.key) + " is given twice");
        } else if (part.has_value) {
            check_value(*pragma, *option, part.value, parsed);
        } else if (option->value != Value::flag) {
            parsed.problems.push_back("option " + quoted(part.key) + " needs a value");
        }
        parsed.options[key] = part.value;
    }
    for (const Option& option : pragma->options) {
        if (option.required && !parsed.has(to_lower(option.name))) {
            parsed.problems.push_back("option " + quoted(option.name) + " is missing");
        }
    }
    check_combinations(parsed);
    return parsed;
}

} // namespace millrace::lint
