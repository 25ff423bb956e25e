// SPDX-License-Identifier: Apache-2.0
//
// In two steps: names of nodes to actors (a family of names by its prefix, a position in it by its
// number), then each node's keys to the actor's entry of the plan.
#include "planner/finn_folding.hpp"

#include "ir/nearest_name.hpp"
#include "planner/finn_nodes.hpp"
#include "planner/folding.hpp"
#include "planner/plan_file.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>
#include <vector>

namespace millrace::planner {

namespace {

using Json = nlohmann::ordered_json;
using finn::Entry;
using finn::families_of_finn;
using finn::Family;
using finn::family_of;

class FoldingReader {
  public:
    FoldingReader(std::string file, const Graph& body, Diagnostics& diagnostics)
        : file_(std::move(file)),
          body_(body),
          choices_(actor_choices(body)),
          diagnostics_(diagnostics),
          errors_before_(diagnostics.error_count()) {
        plan_ = default_plan(body);
        for (const ActorChoices& choices : choices_) {
            if (choices.has_taps()) {
                entry_of(choices).simd = 1; // as FINN's, where a file does not say otherwise
            }
        }
        find_sources();
        find_functions();
    }

    std::optional<Plan> read(std::string_view text) {
        Json root;
        try {
            root = Json::parse(text);
        } catch (const Json::parse_error& problem) {
            report("", fmt::format("not JSON: error at byte {}", problem.byte),
                   "give a folding as FINN writes it");
            return std::nullopt;
        } catch (const Json::out_of_range&) {
            report("", "a number is too large", "give a folding as FINN writes it");
            return std::nullopt;
        }
        if (!root.is_object()) {
            report("", "the file is not a JSON object", "give a folding as FINN writes it");
            return std::nullopt;
        }
        collect(root);
        assign_matrices();
        assign_functions();
        number_by_order(depthwise_);
        for (const Entry& entry : depthwise_) {
            assign(entry, actors_of("depthwise"));
        }
        for (const Entry& entry : top_k_) {
            assign(entry, actors_of("topk"));
        }
        apply_defaults();
        for (const auto& [entry, actor] : assigned_) {
            apply(entry, choices_[actor]);
        }
        keep_up();
        follow_layers();
        if (diagnostics_.error_count() != errors_before_) {
            return std::nullopt;
        }
        return std::move(plan_);
    }

  private:
    void report(const std::string& node, const std::string& message, std::string help) {
        diagnostics_.add(
            {Code::bad_folding, Severity::error, file_, node, "", message, std::move(help)});
    }
    void note(const std::string& node, const std::string& message, std::string help) {
        diagnostics_.add(
            {Code::bad_folding, Severity::note, file_, node, "", message, std::move(help)});
    }

    [[nodiscard]] std::vector<std::size_t> actors_of(std::string_view kind) const {
        std::vector<std::size_t> result;
        for (std::size_t i = 0; i < choices_.size(); ++i) {
            if (choices_[i].kind == kind) {
                result.push_back(i);
            }
        }
        return result;
    }

    ActorPlan& entry_of(const ActorChoices& choices) {
        for (ActorPlan& actor : plan_.actors) {
            if (actor.name == choices.name) {
                return actor;
            }
        }
        throw Defect("the default folding leaves out an actor");
    }

    /// The actor in front of each actor; reshapes and pads are looked through.
    void find_sources() {
        const std::size_t none = choices_.size();
        std::vector<std::size_t> actor_of(body_.nodes.size(), none);
        for (std::size_t i = 0; i < choices_.size(); ++i) {
            actor_of[choices_[i].node] = i;
        }
        std::vector<std::size_t> producer(body_.values.size(), none);
        for (std::size_t n = 0; n < body_.nodes.size(); ++n) {
            const Node& node = body_.nodes[n];
            for (const ValueId output : node.outputs) {
                producer[output] = takes_lanes(node.op) ? producer[node.inputs.at(0)] : actor_of[n];
            }
        }
        for (const ActorChoices& choices : choices_) {
            sources_.push_back(producer[body_.nodes[choices.first_node].inputs.at(0)]);
        }
    }

    /// The functions behind matrix layers, which FINN fuses into them, and the others.
    void find_functions() {
        for (const std::size_t function : actors_of("function")) {
            const std::size_t source = sources_[function];
            const bool fused =
                source != choices_.size() &&
                (choices_[source].kind == "matrix_vector" || choices_[source].kind == "depthwise");
            (fused ? behind_ : standalone_).push_back(function);
        }
    }

    /// Sorts the nodes of the file into families.
    void collect(const Json& root) {
        for (const auto& [name, keys] : root.items()) {
            Entry entry{name, &keys, "", -1};
            if (name == "Defaults") {
                collect_defaults(keys);
                continue;
            }
            if (!keys.is_object()) {
                report(name, "the node's entry is not an object", "");
                continue;
            }
            const auto own = std::find_if(choices_.begin(), choices_.end(),
                                          [&](const ActorChoices& c) { return c.name == name; });
            if (own != choices_.end()) {
                assigned_.emplace_back(entry, static_cast<std::size_t>(own - choices_.begin()));
                continue;
            }
            switch (family_of(entry)) {
            case Family::matrix:
                matrices_.push_back(std::move(entry));
                break;
            case Family::depthwise:
                depthwise_.push_back(std::move(entry));
                break;
            case Family::function:
                functions_.push_back(std::move(entry));
                break;
            case Family::top_k:
                top_k_.push_back(std::move(entry));
                break;
            case Family::made_here:
                note(name,
                     "is not used: windows, padding, pools, joins, converters, FIFOs and movers "
                     "follow the layers around them",
                     "set the lanes of a window or pool with --plan");
                break;
            case Family::unknown:
                unknown(entry);
                break;
            }
        }
    }

    /// "Defaults": {KEY: [VALUE, WHICH, VALUE, WHICH...]}, WHICH being "all" or a list of types of
    /// nodes; for all nodes of these types, before their own values.
    void collect_defaults(const Json& defaults) {
        const std::string form =
            "write \"Defaults\": {\"PE\": [2, [\"MVAU_hls\"]]} or [2, \"all\"]";
        if (!defaults.is_object()) {
            report("Defaults", "is not an object", form);
            return;
        }
        for (const auto& [key, list] : defaults.items()) {
            if (!list.is_array() || list.size() % 2 != 0) {
                report("Defaults",
                       fmt::format("'{}' is not pairs of a value and the types of nodes "
                                   "that it is for",
                                   escaped(key)),
                       form);
                continue;
            }
            for (std::size_t i = 0; i < list.size(); i += 2) {
                const Json types =
                    list[i + 1].is_string() ? Json::array({list[i + 1]}) : list[i + 1];
                if (!types.is_array()) {
                    report("Defaults",
                           fmt::format("the types of nodes of '{}' are no list", escaped(key)),
                           form);
                    continue;
                }
                Default value{Json::object({{key, list[i]}}), {}};
                for (const Json& type : types) {
                    add_type(key, type, value.families);
                }
                defaults_.push_back(std::move(value));
            }
        }
    }

    void add_type(const std::string& key, const Json& type, std::set<Family>& families) {
        const std::string text = type.is_string() ? type.get<std::string>() : "";
        if (text == "all") {
            families.insert({Family::matrix, Family::depthwise, Family::function, Family::top_k});
            return;
        }
        Entry probe{text + "_0", nullptr, "", -1};
        const Family family = family_of(probe);
        if (family == Family::unknown) {
            std::vector<std::string> known{"all"};
            for (const auto& [prefix, named] : families_of_finn) {
                known.emplace_back(prefix);
            }
            report("Defaults",
                   fmt::format("'{}' is for '{}', which is no type of node", escaped(key),
                               escaped(text)),
                   suggestion(text, known));
        } else if (family == Family::made_here) {
            note("Defaults",
                 fmt::format("'{}' is not used for {}: these follow the layers around them",
                             escaped(key), escaped(text)),
                 "set the lanes of a window or pool with --plan");
        } else {
            families.insert(family);
        }
    }

    /// Functions behind matrix layers follow them, see follow_matrices().
    void apply_defaults() {
        const auto for_kind = [&](const Default& value, Family family,
                                  const std::vector<std::size_t>& actors) {
            for (const std::size_t actor : actors) {
                // A LabelSelect has no SIMD in FINN.
                const bool has = family != Family::top_k || !value.keys.contains("SIMD");
                const bool own =
                    std::any_of(assigned_.begin(), assigned_.end(), [&](const auto& assigned) {
                        return assigned.second == actor &&
                               assigned.first.keys->contains(value.keys.begin().key());
                    });
                if (has && !own && value.families.contains(family)) {
                    apply({"Defaults for " + choices_[actor].name, &value.keys, "", -1},
                          choices_[actor]);
                }
            }
        };
        for (const Default& value : defaults_) {
            for_kind(value, Family::matrix, actors_of("matrix_vector"));
            for_kind(value, Family::depthwise, actors_of("depthwise"));
            for_kind(value, Family::function, standalone_);
            for_kind(value, Family::top_k, actors_of("topk"));
        }
    }

    /// Names that would be known for entries like this one.
    [[nodiscard]] std::vector<std::string> known_names(const std::string& stem) const {
        std::vector<std::string> names;
        const auto add = [&](const std::string& prefix, std::size_t count) {
            for (std::size_t i = 0; i < count; ++i) {
                names.push_back(fmt::format("{}_{}", prefix, i));
            }
        };
        const std::size_t layers = actors_of("matrix_vector").size();
        Entry probe{stem + "_0", nullptr, "", -1};
        if (const Family family = family_of(probe); family != Family::unknown) {
            add(stem, family == Family::matrix      ? layers
                      : family == Family::depthwise ? actors_of("depthwise").size()
                      : family == Family::function  ? std::max(standalone_.size(), behind_.size())
                                                    : actors_of("topk").size());
        }
        for (const ActorChoices& choices : choices_) {
            names.push_back(choices.name);
        }
        add("MVAU_hls", layers);
        add("MVAU_rtl", layers);
        add("MVAU", layers);
        add("MatrixVectorActivation", layers);
        add("StreamingFCLayer_Batch", layers);
        add("VVAU_hls", actors_of("depthwise").size());
        add("VVAU_rtl", actors_of("depthwise").size());
        add("Thresholding_rtl", actors_of("function").size());
        add("Thresholding_Batch", actors_of("function").size());
        add("LabelSelect_hls", actors_of("topk").size());
        add("LabelSelect_Batch", actors_of("topk").size());
        return names;
    }

    void unknown(const Entry& entry) {
        report(entry.name, "the design has no such node",
               suggestion(entry.name, known_names(entry.stem)));
    }

    void assign(const Entry& entry, const std::vector<std::size_t>& actors) {
        if (entry.number < 0 || static_cast<std::size_t>(entry.number) >= actors.size()) {
            unknown(entry);
        } else {
            assigned_.emplace_back(entry, actors[static_cast<std::size_t>(entry.number)]);
        }
    }

    /// Gives entries of several stems, which FINN counts separately, the numbers of their order.
    void number_by_order(std::vector<Entry>& entries) {
        std::set<std::int64_t> numbers;
        bool twice = false;
        for (const Entry& entry : entries) {
            twice = !numbers.insert(entry.number).second || twice;
        }
        if (twice) {
            note("",
                 "nodes of several kinds are numbered separately: their order in the file "
                 "counts",
                 "");
            for (std::size_t i = 0; i < entries.size(); ++i) {
                entries[i].number = static_cast<std::int64_t>(i);
            }
        }
    }

    void assign_matrices() {
        number_by_order(matrices_);
        for (const Entry& entry : matrices_) {
            assign(entry, actors_of("matrix_vector"));
        }
    }

    void assign_functions() {
        number_by_order(functions_);
        const std::vector<std::size_t> all = actors_of("function");
        const std::size_t count = functions_.size();
        if (count > standalone_.size() && count == all.size() + 1) {
            host_function(functions_.front());
            functions_.erase(functions_.begin());
            for (Entry& entry : functions_) {
                --entry.number;
            }
        } else if (count == 1 && standalone_.empty() && !all.empty()) {
            host_function(functions_.front());
            return;
        }
        const bool unfused =
            functions_.size() > standalone_.size() && functions_.size() == all.size();
        for (const Entry& entry : functions_) {
            assign(entry, unfused ? all : standalone_);
        }
    }

    void host_function(const Entry& entry) {
        note(entry.name, "is not used: the input is quantized on the host", "");
    }

    void apply(const Entry& entry, const ActorChoices& choices) {
        ActorPlan& actor = entry_of(choices);
        for (const auto& [key, value] : entry.keys->items()) {
            if (key == "PE") {
                if (choices.kind == "topk") {
                    lanes(entry, choices, "PE", choices.legal_simd(), value, actor.simd);
                    given_simd_.insert(choices.name);
                } else {
                    lanes(entry, choices, "PE", choices.legal_pe(), value, actor.pe);
                    given_pe_.insert(choices.name);
                }
            } else if (key == "SIMD" && choices.has_simd) {
                lanes(entry, choices, "SIMD", choices.legal_simd(), value, actor.simd);
                given_simd_.insert(choices.name);
            } else if (key == "ram_style") {
                memory(entry, value, actor.memory);
            } else if (key == "resType" && choices.has_multiplier) {
                multiplier(entry, value, actor.multiplier);
            } else if (key == "SIMD" && choices.kind == "depthwise") {
                note(entry.name,
                     "SIMD is not used: no window of several elements is in front, or its words "
                     "are too wide",
                     "");
            } else if (noted_.insert(key).second) {
                note(entry.name,
                     fmt::format("'{}' has no meaning here and is not used", escaped(key)), "");
            }
        }
        if (!choices.allows(actor.pe, actor.simd)) {
            report(entry.name,
                   fmt::format("PE = {} and SIMD = {} are not possible together: words of {} "
                               "elements have more than {} bits",
                               actor.pe, actor.simd, actor.pe * actor.simd, widest_word),
                   "take fewer PE, or SIMD = 1");
            actor.simd = 1; // for what is looked at besides
        }
    }

    void lanes(const Entry& entry, const ActorChoices& choices, std::string_view key,
               const std::vector<std::int64_t>& legal, const Json& value, std::int64_t& lanes) {
        std::int64_t number = 0;
        if (value.is_number_unsigned()) {
            number = static_cast<std::int64_t>(
                std::min<std::uint64_t>(value.get<std::uint64_t>(), INT64_MAX));
        } else if (value.is_number_integer()) {
            number = value.get<std::int64_t>();
        } else {
            report(entry.name, fmt::format("{} is not an integer", key), "");
            return;
        }
        if (std::find(legal.begin(), legal.end(), number) == legal.end()) {
            const bool outputs = key == "PE" && choices.kind != "topk";
            report(entry.name,
                   choices.has_taps() && !outputs
                       ? fmt::format("{} = {} is not possible: a window's elements come one by "
                                     "one or all {} at once",
                                     key, number, choices.inputs)
                       : fmt::format("{} = {} is not possible: it must divide {} and keep words "
                                     "within {} bits",
                                     key, number, outputs ? choices.outputs : choices.inputs,
                                     widest_word),
                   "nearest legal: " + nearest_values(legal, number));
            return;
        }
        lanes = number;
    }

    void memory(const Entry& entry, const Json& value, ops::MemoryStyle& style) {
        const std::vector<std::string> names{"auto", "distributed", "block", "ultra"};
        constexpr std::array styles{ops::MemoryStyle::automatic, ops::MemoryStyle::lut,
                                    ops::MemoryStyle::bram, ops::MemoryStyle::uram};
        const std::string text = value.is_string() ? value.get<std::string>() : "";
        const auto found = std::find(names.begin(), names.end(), text);
        if (found == names.end()) {
            report(entry.name, fmt::format("unknown ram_style '{}'", escaped(text)),
                   suggestion(text, names));
        } else {
            style = styles.at(static_cast<std::size_t>(found - names.begin()));
            if (style == ops::MemoryStyle::uram) {
                // Its contents cannot be given at configuration, FINN writes them at run time.
                style = ops::MemoryStyle::bram;
                note(entry.name, "UltraRAM cannot hold constants: block RAM is taken instead", "");
            }
        }
    }

    /// "lut", "dsp", "auto", also in the older form "ap_resource_lut()".
    void multiplier(const Entry& entry, const Json& value, ops::MultiplierStyle& style) {
        std::string text = value.is_string() ? value.get<std::string>() : "";
        std::transform(text.begin(), text.end(), text.begin(),
                       [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        constexpr std::string_view prefix = "ap_resource_";
        if (text.starts_with(prefix) && text.ends_with("()")) {
            text = text.substr(prefix.size(), text.size() - prefix.size() - 2);
            text = text == "dflt" ? "auto" : text;
        }
        if (const auto found = multiplier_style(text)) {
            style = *found;
        } else {
            const std::vector<std::string> names{"auto", "lut", "dsp"};
            report(entry.name, fmt::format("unknown resType '{}'", escaped(text)),
                   suggestion(text, names));
        }
    }

    /// What the file does not mention is folded for the interval of what it does.
    void keep_up() {
        std::int64_t interval = 0;
        const auto is_given = [&](const ActorChoices& choices) {
            return given_pe_.contains(choices.name) || given_simd_.contains(choices.name);
        };
        for (const ActorChoices& choices : choices_) {
            if (is_given(choices)) {
                const ActorPlan& actor = entry_of(choices);
                interval = std::max(interval, choices.cycles(actor.pe, actor.simd));
            }
        }
        if (interval == 0 || diagnostics_.error_count() != errors_before_) {
            return;
        }
        const Plan paced = fold_for_cycles(body_, interval);
        for (const ActorChoices& choices : choices_) {
            if (!is_given(choices)) {
                ActorPlan& actor = entry_of(choices);
                actor.pe = paced.find(choices.name)->pe;
                actor.simd = paced.find(choices.name)->simd;
            }
        }
    }

    /// As in FINN: functions and pools behind matrix layers take the layer's words as they come, a
    /// window in front of one sends words of its SIMD. That is also what answers soonest.
    void follow_layers() {
        std::set<std::size_t> paced;
        for (std::size_t i = 0; i < choices_.size(); ++i) {
            const std::size_t source = sources_[i];
            const std::string& kind = choices_[i].kind;
            const bool follows = source != choices_.size() && paced.contains(source) &&
                                 (kind == "reduce" || (kind == "function" && is_behind(i)));
            if (given_pe_.contains(choices_[i].name)) {
                paced.insert(i);
            } else if (follows) {
                follow(choices_[i], entry_of(choices_[source]).pe);
                paced.insert(i);
            }
            if (source != choices_.size() && choices_[source].kind == "rearrange" &&
                kind == "matrix_vector" && given_simd_.contains(choices_[i].name) &&
                !given_pe_.contains(choices_[source].name)) {
                follow(choices_[source], entry_of(choices_[i]).simd);
            }
        }
    }

    [[nodiscard]] bool is_behind(std::size_t function) const {
        return std::find(behind_.begin(), behind_.end(), function) != behind_.end();
    }

    /// The most lanes up to those of the layer.
    void follow(const ActorChoices& choices, std::int64_t wanted) {
        const std::int64_t simd = entry_of(choices).simd;
        std::int64_t best = 1;
        for (const std::int64_t pe : choices.legal_pe()) {
            best = pe <= wanted && choices.allows(pe, simd) ? pe : best;
        }
        entry_of(choices).pe = best;
    }

    std::string file_;
    const Graph& body_;
    std::vector<ActorChoices> choices_;
    Diagnostics& diagnostics_;
    std::size_t errors_before_;
    Plan plan_;
    std::vector<std::size_t> sources_; ///< by actor: the one in front; their number: none
    std::vector<std::size_t> behind_;  ///< functions
    std::vector<std::size_t> standalone_;
    /// A value for all nodes of some families.
    struct Default {
        Json keys; ///< one
        std::set<Family> families;
    };
    std::vector<Default> defaults_;
    std::vector<Entry> matrices_;
    std::vector<Entry> depthwise_;
    std::vector<Entry> functions_;
    std::vector<Entry> top_k_;
    std::vector<std::pair<Entry, std::size_t>> assigned_;
    std::set<std::string> given_pe_;
    std::set<std::string> given_simd_;
    std::set<std::string> noted_;
};

} // namespace

std::optional<Plan> read_finn_folding(std::string_view json, const std::string& file,
                                      const Graph& body, Diagnostics& diagnostics) {
    return FoldingReader(file, body, diagnostics).read(json);
}

} // namespace millrace::planner
