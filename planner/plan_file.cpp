// SPDX-License-Identifier: Apache-2.0
//
// toml++ parses and gives positions; everything else (which tables, keys and values there may be)
// is decided here, key by key, and all problems are reported together.
#include "planner/plan_file.hpp"

#include "ir/names.hpp"
#include "ir/nearest_name.hpp"
#include "planner/folding.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>
#include <utility>

namespace millrace::planner {

namespace {

constexpr std::array memory_names{
    std::pair{ops::MemoryStyle::automatic, std::string_view("auto")},
    std::pair{ops::MemoryStyle::lut, std::string_view("lut")},
    std::pair{ops::MemoryStyle::bram, std::string_view("bram")},
    std::pair{ops::MemoryStyle::uram, std::string_view("uram")},
};
constexpr std::array multiplier_names{
    std::pair{ops::MultiplierStyle::automatic, std::string_view("auto")},
    std::pair{ops::MultiplierStyle::lut, std::string_view("lut")},
    std::pair{ops::MultiplierStyle::dsp, std::string_view("dsp")},
};
constexpr std::array form_names{"auto",       "identity",    "shift", "multiply_add_shift",
                                "thresholds", "breakpoints", "table"};

/// Deeper than any FIFO of a device, and far from overflowing anything computed from it.
constexpr std::int64_t deepest_fifo = std::int64_t{1} << 24;
constexpr std::int64_t longest_latency = std::int64_t{1} << 60; // as --latency

template <class Table> std::vector<std::string> names_of(const Table& table) {
    std::vector<std::string> names;
    for (const auto& entry : table) {
        names.emplace_back(entry.second);
    }
    return names;
}

template <class Style, class Table>
std::optional<Style> style_of(const Table& table, std::string_view name) {
    for (const auto& [style, text] : table) {
        if (text == name) {
            return style;
        }
    }
    return std::nullopt;
}

template <class Table, class Style> std::string_view name_of(const Table& table, Style style) {
    for (const auto& [value, text] : table) {
        if (value == style) {
            return text;
        }
    }
    throw Defect("unknown style in a plan");
}

/// The keys that an actor has.
std::vector<std::string> keys_of(const ActorChoices& choices) {
    std::vector<std::string> keys;
    const auto add = [&](bool has, const char* key) {
        if (has) {
            keys.emplace_back(key);
        }
    };
    add(choices.has_pe, "pe");
    add(choices.has_simd, "simd");
    add(choices.has_form, "form");
    add(choices.has_memory, "memory");
    add(choices.has_multiplier, "multiplier");
    return keys;
}

class Reader {
  public:
    Reader(std::string file, const Graph& body, Diagnostics& diagnostics)
        : file_(std::move(file)),
          names_(actor_names(body)),
          choices_(actor_choices(body)),
          diagnostics_(diagnostics),
          errors_before_(diagnostics.error_count()) {
        plan_ = default_plan(body);
        plan_.source.file = file_;
    }

    std::optional<Plan> read(std::string_view text) {
        toml::table root;
        try {
            root = toml::parse(text);
        } catch (const toml::parse_error& error) {
            report(error.source(), escaped(error.description()), "mend the TOML syntax");
            return std::nullopt;
        }
        for (const auto& [key, node] : root) {
            if (key.str() == "actor" && node.is_table()) {
                read_actors(*node.as_table());
            } else if (key.str() == "fifo" && node.is_table()) {
                read_fifos(*node.as_table());
            } else {
                const std::array<std::string, 2> known{"actor", "fifo"};
                const bool table = key.str() == "actor" || key.str() == "fifo";
                report(key.source(),
                       table ? fmt::format("'{}' must be a table", key.str())
                             : fmt::format("unknown name '{}'", escaped(key.str())),
                       table ? "" : suggestion(key.str(), known));
            }
        }
        if (diagnostics_.error_count() != errors_before_) {
            return std::nullopt;
        }
        return std::move(plan_);
    }

  private:
    void report(const toml::source_region& where, const std::string& message, std::string help) {
        diagnostics_.add({Code::bad_plan, Severity::error, file_, "", "",
                          fmt::format("line {}: {}", where.begin.line, message), std::move(help)});
    }

    void read_actors(const toml::table& actors) {
        std::vector<std::string> known;
        for (const ActorChoices& choices : choices_) {
            known.push_back(choices.name);
        }
        for (const auto& [key, node] : actors) {
            const auto found = std::find(known.begin(), known.end(), std::string(key.str()));
            const auto whole =
                std::find_if(choices_.begin(), choices_.end(), [&](const ActorChoices& choices) {
                    return choices.first_node != choices.node &&
                           names_[choices.first_node] == key.str();
                });
            if (found == known.end() && whole != choices_.end()) {
                report(key.source(),
                       fmt::format("window '{}' is part of '{}' and has no folding of its own",
                                   key.str(), whole->name),
                       fmt::format("set pe{} of [actor.{}]", whole->has_simd ? " and simd" : "",
                                   whole->name));
            } else if (found == known.end()) {
                report(key.source(),
                       fmt::format("the design has no actor '{}'", escaped(key.str())),
                       suggestion(key.str(), known));
            } else if (!node.is_table()) {
                report(node.source(), fmt::format("actor '{}' must be a table", key.str()),
                       fmt::format("write [actor.{}] and its keys below", key.str()));
            } else {
                read_actor(choices_[static_cast<std::size_t>(found - known.begin())],
                           *node.as_table());
            }
        }
    }

    void read_actor(const ActorChoices& choices, const toml::table& table) {
        const auto entry =
            std::find_if(plan_.actors.begin(), plan_.actors.end(),
                         [&](const ActorPlan& actor) { return actor.name == choices.name; });
        if (entry == plan_.actors.end()) {
            throw Defect("the default folding leaves out an actor");
        }
        const std::vector<std::string> known = keys_of(choices);
        for (const auto& [key, node] : table) {
            plan_.source.lines[choices.name + "." + std::string(key.str())] =
                node.source().begin.line;
            const bool taps = choices.kind == "depthwise" || choices.kind == "reduce";
            if (key.str() == "simd" && taps && !choices.has_simd) {
                if (node.as_integer() == nullptr || node.as_integer()->get() != 1) {
                    report(node.source(),
                           fmt::format("'{}' takes one element at a time: no window of several is "
                                       "in front of it, or its words are too wide",
                                       choices.name),
                           "leave simd away");
                }
            } else if (std::find(known.begin(), known.end(), std::string(key.str())) ==
                       known.end()) {
                report(key.source(),
                       fmt::format("a {} actor has no key '{}'", choices.kind, escaped(key.str())),
                       suggestion(key.str(), known));
            } else if (key.str() == "pe") {
                read_lanes(node, choices, "pe", choices.legal_pe(), entry->pe);
            } else if (key.str() == "simd") {
                read_lanes(node, choices, "simd", choices.legal_simd(), entry->simd);
            } else if (key.str() == "memory") {
                read_style(node, "memory", memory_names, entry->memory);
            } else if (key.str() == "multiplier") {
                read_style(node, "multiplier", multiplier_names, entry->multiplier);
            } else {
                read_form(node, entry->form);
            }
        }
        if (!choices.allows(entry->pe, entry->simd)) {
            // Fewer lanes have room for all taps.
            std::int64_t most = 1;
            for (const std::int64_t pe : choices.legal_pe()) {
                most = choices.allows(pe, entry->simd) ? pe : most;
            }
            const toml::node* const simd = table.get("simd");
            const toml::node* const pe = table.get("pe");
            report(simd != nullptr ? simd->source()
                   : pe != nullptr ? pe->source()
                                   : table.source(),
                   fmt::format("pe = {} and simd = {} are not possible together for '{}': words of "
                               "{} elements have more than {} bits",
                               entry->pe, entry->simd, choices.name, entry->pe * entry->simd,
                               widest_word),
                   fmt::format("nearest legal: pe = {} with simd = {}, or simd = 1", most,
                               entry->simd));
        }
    }

    /// The integer that a number of another kind is nearest to, or a text says; nothing for others.
    static std::optional<std::int64_t> number_meant(const toml::node& node) {
        constexpr double largest = 1e18;
        if (const auto* real = node.as_floating_point();
            real != nullptr && !std::isnan(real->get())) {
            return std::llround(std::clamp(real->get(), -largest, largest));
        }
        if (const auto* text = node.as_string()) {
            const std::string& digits = text->get();
            std::int64_t value = 0;
            const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
            if (read.ec == std::errc() && read.ptr == digits.data() + digits.size()) {
                return value;
            }
        }
        return std::nullopt;
    }
    /// Of 1 to `most`, for a help.
    static std::string nearest_in_range(const toml::node& node, std::int64_t most) {
        const auto* number = node.as_integer();
        const auto near = number != nullptr ? std::optional(number->get()) : number_meant(node);
        return near ? fmt::format("nearest legal: {}", std::clamp<std::int64_t>(*near, 1, most))
                    : fmt::format("legal: 1 to {}", most);
    }

    void read_lanes(const toml::node& node, const ActorChoices& choices, std::string_view key,
                    const std::vector<std::int64_t>& legal, std::int64_t& value) {
        const auto* number = node.as_integer();
        if (number == nullptr) {
            const auto near = number_meant(node);
            const bool is_legal =
                near && std::find(legal.begin(), legal.end(), *near) != legal.end();
            report(node.source(), fmt::format("'{}' must be an integer", key),
                   is_legal ? fmt::format("write {} = {}", key, *near)
                   : near   ? "nearest legal: " + nearest_values(legal, *near)
                            : fmt::format("legal: {}", fmt::join(legal, ", ")));
        } else if (std::find(legal.begin(), legal.end(), number->get()) == legal.end()) {
            report(node.source(),
                   choices.kind == "rearrange"
                       ? fmt::format("pe = {} is not possible for '{}': it must divide the input's "
                                     "channels or be a whole window, with words within {} bits",
                                     number->get(), choices.name, widest_word)
                   : key == "simd" && choices.has_taps()
                       ? fmt::format("simd = {} is not possible for '{}': a window's elements come "
                                     "one by one or all {} at once",
                                     number->get(), choices.name, choices.inputs)
                       : fmt::format("{} = {} is not possible for '{}': it must divide {} and keep "
                                     "words within {} bits",
                                     key, number->get(), choices.name,
                                     key == "pe" ? choices.outputs : choices.inputs, widest_word),
                   "nearest legal: " + nearest_values(legal, number->get()));
        } else {
            value = number->get();
        }
    }

    template <class Table, class Style>
    void read_style(const toml::node& node, std::string_view key, const Table& table,
                    Style& value) {
        const auto* text = node.as_string();
        if (text == nullptr) {
            report(node.source(), fmt::format("'{}' must be a string", key),
                   fmt::format("one of: {}", fmt::join(names_of(table), ", ")));
        } else if (const auto style = style_of<Style>(table, text->get())) {
            value = *style;
        } else {
            report(node.source(), fmt::format("unknown {} '{}'", key, escaped(text->get())),
                   suggestion(text->get(), names_of(table)));
        }
    }

    void read_form(const toml::node& node, std::string& value) {
        const std::vector<std::string> known(form_names.begin(), form_names.end());
        const auto* text = node.as_string();
        if (text == nullptr) {
            report(node.source(), "'form' must be a string",
                   fmt::format("one of: {}", fmt::join(known, ", ")));
        } else if (std::find(known.begin(), known.end(), text->get()) == known.end()) {
            report(node.source(), fmt::format("unknown form '{}'", escaped(text->get())),
                   suggestion(text->get(), known));
        } else {
            value = text->get() == "auto" ? "" : text->get();
        }
    }

    void read_fifos(const toml::table& fifos) {
        for (const auto& [key, node] : fifos) {
            const std::string name(key.str());
            if (name == "default_depth") {
                if (const auto depth = read_depth(node, name)) {
                    plan_.default_fifo_depth = *depth;
                }
                continue;
            }
            if (name == "latency") {
                plan_.source.lines[name] = node.source().begin.line;
                const auto* cycles = node.as_integer();
                if (cycles == nullptr || cycles->get() < 1 || cycles->get() > longest_latency) {
                    report(
                        node.source(),
                        fmt::format("'latency' must be an integer from 1 to {}: cycles of a frame",
                                    longest_latency),
                        nearest_in_range(node, longest_latency));
                } else {
                    plan_.latency = cycles->get();
                }
                continue;
            }
            FifoPlan& fifo = plan_.fifos[name];
            plan_.source.lines[name] = node.source().begin.line;
            if (const toml::table* const table = node.as_table()) {
                read_fifo(*table, name, fifo);
            } else {
                fifo.depth = read_depth(node, name);
            }
        }
    }

    void read_fifo(const toml::table& table, const std::string& name, FifoPlan& fifo) {
        const std::array<std::string, 2> known{"depth", "memory"};
        for (const auto& [key, node] : table) {
            if (key.str() == "depth") {
                fifo.depth = read_depth(node, name);
            } else if (key.str() == "memory") {
                read_style(node, "memory", memory_names, fifo.memory);
            } else {
                report(key.source(), fmt::format("a FIFO has no key '{}'", escaped(key.str())),
                       suggestion(key.str(), known));
            }
        }
    }

    std::optional<std::int64_t> read_depth(const toml::node& node, const std::string& name) {
        const auto* depth = node.as_integer();
        if (depth == nullptr) {
            report(
                node.source(), fmt::format("the depth of '{}' must be an integer", escaped(name)),
                number_meant(node)
                    ? nearest_in_range(node, deepest_fifo)
                    : fmt::format("use 1 to {} words; a memory is chosen by FIFO: NAME = {{ depth "
                                  "= 16, memory = \"bram\" }}, with either key",
                                  deepest_fifo));
        } else if (depth->get() < 1 || depth->get() > deepest_fifo) {
            report(node.source(), fmt::format("a depth of {} is not possible", depth->get()),
                   fmt::format("use 1 to {} words", deepest_fifo));
        } else {
            return depth->get();
        }
        return std::nullopt;
    }

    std::string file_;
    std::vector<std::string> names_; ///< by node of the body
    std::vector<ActorChoices> choices_;
    Diagnostics& diagnostics_;
    std::size_t errors_before_;
    Plan plan_;
};

void write_actor(std::string& text, const ActorChoices& choices, const ActorPlan& actor) {
    const auto out = std::back_inserter(text);
    fmt::format_to(out, "\n# {}: ", choices.kind);
    if (choices.kind == "matrix_vector" || choices.kind == "dynamic_matrix") {
        fmt::format_to(out, "K = {} inputs, N = {} outputs", choices.inputs, choices.outputs);
    } else if (choices.kind == "topk") {
        fmt::format_to(out, "{} of {} values", choices.outputs, choices.inputs);
    } else if (choices.kind == "depthwise" || choices.kind == "reduce") {
        fmt::format_to(out, "{} channels, {} elements each", choices.outputs, choices.inputs);
    } else {
        fmt::format_to(out, "{} channels", choices.outputs);
    }
    if (choices.vectors != 1) {
        fmt::format_to(out, ", {} vectors a frame", choices.vectors);
    }
    fmt::format_to(out, "; {} cycles a frame\n", choices.cycles(actor.pe, actor.simd));
    if (choices.has_pe) {
        fmt::format_to(out, "#   pe: {}\n", fmt::join(choices.legal_pe(), " "));
    }
    if (choices.has_simd) {
        fmt::format_to(out, "#   simd: {}\n", fmt::join(choices.legal_simd(), " "));
    }
    fmt::format_to(out, "[actor.{}]\n", choices.name);
    if (choices.has_pe) {
        fmt::format_to(out, "pe = {}\n", actor.pe);
    }
    if (choices.has_simd) {
        fmt::format_to(out, "simd = {}\n", actor.simd);
    }
    if (choices.has_form) {
        fmt::format_to(out, "form = \"{}\"\n", actor.form.empty() ? "auto" : actor.form);
    }
    if (choices.has_memory) {
        fmt::format_to(out, "memory = \"{}\"\n", to_string(actor.memory));
    }
    if (choices.has_multiplier) {
        fmt::format_to(out, "multiplier = \"{}\"\n", to_string(actor.multiplier));
    }
}

void write_fifo(std::string& text, const std::string& name, const FifoPlan& fifo) {
    const std::string memory = fifo.memory == ops::MemoryStyle::automatic
                                   ? std::string()
                                   : fmt::format("memory = \"{}\"", to_string(fifo.memory));
    if (memory.empty() && fifo.depth) {
        text += fmt::format("{} = {}\n", name, *fifo.depth);
    } else if (fifo.depth) {
        text += fmt::format("{} = {{ depth = {}, {} }}\n", name, *fifo.depth, memory);
    } else if (!memory.empty()) {
        text += fmt::format("{} = {{ {} }}\n", name, memory);
    }
}

} // namespace

std::string write_plan(const Plan& plan, const Graph& body, const Graph& dataflow) {
    const std::vector<std::string> forms(form_names.begin(), form_names.end());
    std::string text = fmt::format(
        "# How each actor of the design is built. Edit, then compile with --plan.\n"
        "#   pe: output lanes; simd: input lanes; the legal values stand above each actor.\n"
        "#   memory: auto, lut, bram, and uram for buffers; multiplier: {}\n"
        "#   form: {}\n"
        "\n"
        "# Words that each FIFO holds: default_depth, what the schedules need, or a line for one:\n"
        "#   NAME = DEPTH, or NAME = {{ depth = DEPTH, memory = \"bram\" }} with either key\n"
        "[fifo]\n"
        "default_depth = {}\n",
        fmt::join(names_of(multiplier_names), ", "), fmt::join(forms, ", "),
        plan.default_fifo_depth);
    if (plan.latency > 0) {
        text += fmt::format("latency = {} # cycles of a frame alone, for which FIFOs have room\n",
                            plan.latency);
    }
    for (const auto& [name, fifo] : plan.fifos) {
        write_fifo(text, name, fifo);
    }
    for (const Node& node : dataflow.nodes) {
        const auto* fifo = std::get_if<ops::Fifo>(&node.op);
        const auto planned = plan.fifos.find(node.name);
        if (fifo != nullptr && fifo->depth != plan.default_fifo_depth &&
            (planned == plan.fifos.end() || !planned->second.depth)) {
            text += fmt::format("# {} holds {}\n", node.name, fifo->depth);
        }
    }
    for (const ActorChoices& choices : actor_choices(body)) {
        const ActorPlan* actor = plan.find(choices.name);
        if (actor == nullptr) {
            throw Defect(fmt::format("the plan has no entry for actor '{}'", choices.name));
        }
        write_actor(text, choices, *actor);
    }
    return text;
}

std::optional<Plan> read_plan(std::string_view toml, const std::string& file, const Graph& body,
                              Diagnostics& diagnostics) {
    return Reader(file, body, diagnostics).read(toml);
}

std::string nearest_values(std::span<const std::int64_t> legal, std::int64_t value) {
    const auto above = std::upper_bound(legal.begin(), legal.end(), value);
    if (above == legal.end()) {
        return fmt::format("{}", legal.back());
    }
    if (above == legal.begin()) {
        return fmt::format("{}", legal.front());
    }
    return fmt::format("{} or {}", *std::prev(above), *above);
}

std::string_view to_string(ops::MemoryStyle style) { return name_of(memory_names, style); }

std::string_view to_string(ops::MultiplierStyle style) { return name_of(multiplier_names, style); }

std::optional<ops::MemoryStyle> memory_style(std::string_view name) {
    return style_of<ops::MemoryStyle>(memory_names, name);
}

std::optional<ops::MultiplierStyle> multiplier_style(std::string_view name) {
    return style_of<ops::MultiplierStyle>(multiplier_names, name);
}

} // namespace millrace::planner
