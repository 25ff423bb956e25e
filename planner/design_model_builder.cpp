// SPDX-License-Identifier: Apache-2.0
#include "planner/design_model_builder.hpp"

#include "ir/actor_parts.hpp"
#include "ir/cost/movement.hpp"
#include "ir/diagnostics.hpp"
#include "ir/names.hpp"
#include "ir/schedule.hpp"

#include <algorithm>
#include <numeric>
#include <optional>
#include <set>

namespace millrace::planner {

namespace {

constexpr std::int64_t conversion_delay = 1; // circuit_latency() of a WidthConverter

/// The least cycles between the first and the last stream word of a vector that a memory's pace
/// leaves.
std::int64_t memory_spread(const InputPort& port, const InputPort::Words& taken,
                           std::int64_t vector) {
    std::int64_t least = port.cycles;
    std::int64_t now = -1;
    for (std::int64_t begin = 0; begin < port.elements; begin += vector) {
        std::int64_t first = 0;
        for (std::int64_t end = begin + taken.lanes; end <= begin + vector; end += taken.lanes) {
            now = std::max(now + 1, port.time(end - 1, taken));
            first = end == begin + taken.lanes ? now : first;
        }
        least = std::min(least, now - first);
    }
    return least;
}

} // namespace

DesignModelBuilder::DesignModelBuilder(DesignModel& model, const Graph& body,
                                       const ProvedFunctions& functions,
                                       const DeviceChoices& device)
    : model_(model),
      body_(body),
      functions_(functions),
      device_(device),
      readers_(value_readers(body)),
      actor_of_(body.nodes.size(), none) {}

void DesignModelBuilder::build() {
    model_.choices_ = actor_choices(body_);
    for (std::size_t i = 0; i < model_.choices_.size(); ++i) {
        actor_of_[model_.choices_[i].node] = i;
        actor_of_[model_.choices_[i].first_node] = i;
    }
    model_.stages_ = FrameStages(body_, model_.choices_);
    add_variables();
    for (const ValueId id : body_.inputs) {
        add_input(id);
    }
    for (std::size_t n = 0; n < body_.nodes.size(); ++n) {
        if (takes_lanes(body_.nodes[n].op)) {
            pass(n);
        } else if (model_.choices_[actor_of_[n]].node == n) {
            add_actor(actor_of_[n]);
        } else {
            add_part(actor_of_[n]);
        }
    }
    for (std::size_t i = 0; i < body_.outputs.size(); ++i) {
        add_output(i);
    }
}

void DesignModelBuilder::add_variables() {
    for (const ActorChoices& choices : model_.choices_) {
        DesignModel::ActorVariables& actor = model_.actors_.emplace_back();
        actor.pes = choices.legal_pe();
        actor.simds = choices.legal_simd();
        if (actor.pes.size() > 1) {
            actor.pe = model_.problem_.add_variable(actor.pes.size());
        }
        if (actor.simds.size() > 1) {
            actor.simd = model_.problem_.add_variable(actor.simds.size());
        }
    }
}

void DesignModelBuilder::add_table(const Place& place, std::vector<std::size_t> variables,
                                   const std::function<Entry(const Values&)>& entry) {
    Factor factor;
    DesignModel::Timing timing;
    timing.name = place.name;
    timing.actor = place.actor;
    timing.stage = place.stage;
    bool timed = false;
    bool paced = false;
    bool empty = true;
    bool any_node = false;
    Values values(variables.size(), 0);
    do {
        const Entry one = entry(values);
        const ResourceUse use = resources_of(one.cost);
        factor.uses.push_back(use);
        factor.allowed.push_back(one.allowed ? 1 : 0);
        timing.cycles.push_back(one.cycles);
        timing.paces.push_back(one.pace);
        timing.nodes.push_back(resources_of(one.node));
        any_node = any_node || timing.nodes.back() != ResourceUse{};
        timed = timed || one.cycles != 0;
        paced = paced || (place.stage != none && one.pace != Pace{});
        empty = empty && one.allowed && use == ResourceUse{};
    } while (next_combination(
        values, [&](std::size_t i) { return model_.problem_.domain_size(variables[i]); }));
    if (empty && !timed && !paced) {
        return;
    }
    timing.allowed = factor.allowed;
    if (!timed) {
        timing.cycles.clear();
    }
    if (!paced) {
        timing.paces.clear();
    }
    if (!any_node) {
        timing.nodes.clear();
    }
    factor.variables = std::move(variables);
    model_.problem_.add_factor(std::move(factor));
    model_.timings_.push_back(std::move(timing));
}

void DesignModelBuilder::add_table(
    std::size_t actor, const Place& place,
    const std::function<Entry(std::int64_t pe, std::int64_t simd)>& entry) {
    const DesignModel::ActorVariables& variables = model_.actors_[actor];
    std::vector<std::size_t> scope;
    for (const std::size_t variable : {variables.pe, variables.simd}) {
        if (variable != none) {
            scope.push_back(variable);
        }
    }
    add_table(place, scope, [&](const Values& values) {
        std::size_t next = 0;
        const std::int64_t pe = variables.pes[variables.pe == none ? 0 : values[next++]];
        const std::int64_t simd = variables.simds[variables.simd == none ? 0 : values[next]];
        return entry(pe, simd);
    });
}

void DesignModelBuilder::add_table(const Place& place, const Lanes& lanes,
                                   const std::function<Entry(std::int64_t, std::size_t)>& entry) {
    if (lanes.variable == none) {
        add_table(place, std::vector<std::size_t>{},
                  [&](const Values&) { return entry(lanes.of.front(), 0); });
    } else {
        add_table(place, std::vector{lanes.variable},
                  [&](const Values& values) { return entry(lanes.of[values[0]], values[0]); });
    }
}

// ---------------------------------------------------------------------------------------- lanes

DesignModelBuilder::Lanes DesignModelBuilder::pe_of(std::size_t actor) const {
    const DesignModel::ActorVariables& variables = model_.actors_[actor];
    return {variables.pe, variables.pes};
}

DesignModelBuilder::Lanes DesignModelBuilder::own_lanes(const ValueReader& reader) const {
    const DesignModel::ActorVariables& variables = model_.actors_[actor_of_[reader.node]];
    const bool by_simd = model_.choices_[actor_of_[reader.node]].takes_simd();
    Lanes lanes;
    lanes.variable = by_simd ? variables.simd : variables.pe;
    lanes.of.clear();
    for (const std::int64_t own : by_simd ? variables.simds : variables.pes) {
        lanes.of.push_back(input_lanes(body_, reader, by_simd ? 1 : own, by_simd ? own : 1));
    }
    if (std::all_of(lanes.of.begin(), lanes.of.end(),
                    [&](std::int64_t one) { return one == lanes.of.front(); })) {
        return {none, {lanes.of.front()}};
    }
    return lanes;
}

void DesignModelBuilder::collect(const ValueReader& reader, std::int64_t divisor,
                                 std::vector<Lanes>& leaves) const {
    if (reader.node == body_.nodes.size()) {
        return;
    }
    const Node& node = body_.nodes[reader.node];
    if (takes_lanes(node.op)) {
        for (const ValueReader& next : readers_[node.outputs.at(0)]) {
            collect(next, std::gcd(divisor, passed_lanes(body_, node)), leaves);
        }
        return;
    }
    Lanes lanes = own_lanes(reader);
    for (std::int64_t& own : lanes.of) {
        own = std::gcd(divisor, own);
    }
    leaves.push_back(std::move(lanes));
}

DesignModelBuilder::Lanes DesignModelBuilder::most_of(std::vector<Lanes> leaves) {
    if (leaves.empty()) {
        return {none, {0}};
    }
    Lanes most = leaves.front();
    for (std::size_t i = 1; i < leaves.size(); ++i) {
        most = maximum(most, leaves[i]);
    }
    return most;
}

DesignModelBuilder::Lanes DesignModelBuilder::maximum(const Lanes& a, const Lanes& b) {
    if (a.variable == none || b.variable == none || a.variable == b.variable) {
        Lanes result = a.variable == none ? b : a;
        const Lanes& other = a.variable == none ? a : b;
        for (std::size_t i = 0; i < result.of.size(); ++i) {
            result.of[i] = std::max(result.of[i], other.at(i));
        }
        return result;
    }
    std::set<std::int64_t> values;
    for (const std::int64_t one : a.of) {
        for (const std::int64_t other : b.of) {
            values.insert(std::max(one, other));
        }
    }
    Lanes result{model_.problem_.add_variable(values.size()), {values.begin(), values.end()}};
    add_table(Place{}, {a.variable, b.variable, result.variable}, [&](const Values& at) {
        Entry entry;
        entry.allowed = result.of[at[2]] == std::max(a.of[at[0]], b.of[at[1]]);
        return entry;
    });
    return result;
}

const DesignModelBuilder::Lanes& DesignModelBuilder::wanted(const ValueReader& reader) {
    const std::pair key{reader.node, reader.input};
    if (const auto known = wanted_.find(key); known != wanted_.end()) {
        return known->second;
    }
    std::vector<Lanes> leaves;
    collect(reader, 0, leaves);
    return wanted_[key] = most_of(std::move(leaves));
}

// ------------------------------------------------------------------------- what lies between

Cost DesignModelBuilder::queue(std::int64_t lanes, const ElementFormat& element) const {
    return fifo_cost({Plan{}.default_fifo_depth}, lanes * element.bits, device_.family);
}

Cost DesignModelBuilder::forks(std::int64_t lanes, const ElementFormat& element,
                               std::size_t ways) const {
    // As the lowering nests them: eight ways at a time.
    constexpr std::size_t widest_fork = 8;
    Cost cost;
    while (ways > 1) {
        const std::size_t here = std::min(ways, widest_fork);
        cost += fork_cost(lanes * element.bits, static_cast<std::int64_t>(here), device_.family) +
                static_cast<double>(here) * queue(lanes, element);
        ways -= here - 1;
    }
    return cost;
}

Cost DesignModelBuilder::converter(std::int64_t from, std::int64_t to, std::int64_t elements,
                                   const ElementFormat& element) const {
    if (from == to) {
        return {};
    }
    const bool whole = elements % from == 0 && elements % to == 0;
    return width_converter_cost(element.bits, from, to, whole ? 0 : elements, device_.family);
}

DesignModelBuilder::Entry DesignModelBuilder::conversion(ValueId value, std::int64_t from,
                                                         std::int64_t to,
                                                         const ElementFormat& element) const {
    const std::int64_t elements = element_count(type(value).shape);
    Entry entry{converter(from, to, elements, element)};
    entry.node = entry.cost;
    entry.cost += from == to ? Cost() : queue(to, element);
    if (from % to != 0 && to % from != 0) {
        entry.cycles = conversion_cycles(elements, from, to); // else one side's own
    }
    if (!model_.stages_.is_window(value)) {
        entry.pace = words(value, to);
        if (model_.stages_.vector(value) % to == 0) { // begins with a word, made of several
            entry.pace.head = (to + from - 1) / from - 1;
        }
    }
    entry.pace.delay = from == to ? 0 : conversion_delay + queue_delay;
    if (model_.stages_.vector(value) % from == 0) { // ends with a word, which leaves in several
        entry.pace.tail = std::max<std::int64_t>(from / to, 1) - 1;
    }
    return entry;
}

Cost DesignModelBuilder::recoded(const Shape& shape, std::int64_t lanes, const ElementFormat& from,
                                 const ElementFormat& to) const {
    if (from == to) {
        return {};
    }
    const FunctionCircuit circuit = function_circuit(form::Identity{}, from, to);
    return function_cost(circuit, shape.empty() ? 1 : shape.back(), lanes,
                         ops::MemoryStyle::automatic, device_.family) +
           queue(lanes, to);
}

void DesignModelBuilder::publish(ValueId value, const Lanes& lanes, const ElementFormat& element,
                                 const std::string& name, std::size_t actor, bool needs_queue) {
    const Shape& shape = type(value).shape;
    const ElementFormat format = type(value).format();
    const std::vector<ValueReader>& readers = readers_[value];
    add_table({name, actor, FrameStages::of(value)}, lanes, [&](std::int64_t own, std::size_t) {
        Entry entry;
        if (needs_queue) {
            entry.cost += queue(own, element);
        }
        entry.cost += recoded(shape, own, element, format) + forks(own, format, readers.size());
        entry.pace.delay = (needs_queue ? queue_delay : 0) +
                           (element == format ? 0 : recoding_delay + queue_delay) +
                           (readers.size() > 1 ? queue_delay : 0);
        return entry;
    });
    for (const ValueReader& reader : readers) {
        const Lanes& takes = wanted(reader);
        const Place between{name, actor, model_.stages_.of(reader)};
        if (takes.variable == none && takes.of.front() == 0) {
            arrives_[{reader.node, reader.input}] = lanes;
            continue;
        }
        arrives_[{reader.node, reader.input}] = takes;
        if (takes.variable == none || lanes.variable == none || takes.variable == lanes.variable) {
            add_table(between, takes.variable == none ? lanes : takes,
                      [&](std::int64_t, std::size_t at) {
                          return conversion(value, lanes.at(at), takes.at(at), format);
                      });
        } else {
            add_table(between, {lanes.variable, takes.variable}, [&](const Values& at) {
                return conversion(value, lanes.of[at[0]], takes.of[at[1]], format);
            });
        }
    }
}

void DesignModelBuilder::add_input(ValueId id) {
    const IntegerType& own = type(id);
    const std::int64_t elements = element_count(own.shape);
    std::vector<Lanes> all;
    for (const ValueReader& reader : readers_[id]) {
        all.push_back(wanted(reader));
    }
    Lanes lanes = most_of(std::move(all));
    for (std::int64_t& one : lanes.of) {
        one = one == 0 ? 1 : one;
        one = own.channels() % one == 0 ? one : std::gcd(own.channels(), one);
    }
    const auto port =
        std::find(body_.inputs.begin(), body_.inputs.end(), id) - body_.inputs.begin();
    const std::int64_t memory_cycles =
        device_.memory_cycles.empty() ? 0
                                      : device_.memory_cycles.at(static_cast<std::size_t>(port));
    InputPort& input = model_.ports_.emplace_back(InputPort{elements, memory_cycles});
    const std::string name = identifier_from(body_.value(id).name, "input") + "_in";
    // Where a design is cut, its control registers go with its first node.
    const Cost control =
        id == body_.inputs.front()
            ? control_cost(std::ssize(body_.inputs), std::ssize(body_.outputs), device_.family)
            : Cost();
    add_table({name, none, FrameStages::of(id)}, lanes, [&](std::int64_t taken, std::size_t) {
        const std::int64_t bits = mover_word_bits(own.format(), elements, elements / taken);
        const std::int64_t in_word = ops::memory_lanes(bits, own.format());
        Entry entry{memory_to_stream_cost({bits, own.format(), taken, elements}, device_.family) +
                    control};
        entry.node = entry.cost;
        entry.cycles = conversion_cycles(elements, in_word, taken);
        entry.pace = words(id, taken);
        input.words.push_back({in_word, taken});
        if (input.is_slow(in_word)) {
            entry.pace.memory = in_word;
            const std::int64_t spread =
                memory_spread(input, {in_word, taken}, model_.stages_.vector(id));
            const std::int64_t more = std::max<std::int64_t>(0, spread - entry.pace.spread);
            entry.pace.spread += more;
            entry.pace.step += more; // the next vector comes behind this one
        }
        return entry;
    });
    publish(id, lanes, own.format(), name, none, true);
}

void DesignModelBuilder::add_output(std::size_t index) {
    const ValueId id = body_.outputs[index];
    const IntegerType& own = type(id);
    const std::int64_t elements = element_count(own.shape);
    add_table({identifier_from(body_.value(id).name, "output") + "_out"},
              arrives_.at({body_.nodes.size(), index}), [&](std::int64_t lanes, std::size_t) {
                  const std::int64_t bits =
                      mover_word_bits(own.format(), elements, elements / lanes);
                  const std::int64_t in_word = ops::memory_lanes(bits, own.format());
                  Entry entry{
                      stream_to_memory_cost({bits, own.format(), lanes, elements}, device_.family)};
                  entry.node = entry.cost;
                  entry.cycles = conversion_cycles(elements, lanes, in_word);
                  return entry;
              });
}

/// Reshapes and pads, which take the lanes of what is behind them.
void DesignModelBuilder::pass(std::size_t index) {
    const Node& node = body_.nodes[index];
    const std::string name = identifier_from(node.name, "pass");
    const IntegerType& from = type(node.inputs[0]);
    const IntegerType& to = type(node.outputs[0]);
    const Lanes arriving = arrives_.at({index, 0});
    const std::int64_t elements = element_count(to.shape);
    Lanes lanes = arriving;
    ElementFormat element = from.format();
    if (const auto* pad = std::get_if<ops::IntegerPad>(&node.op)) {
        const std::vector<PadPart> parts = pad_parts(*pad, from.shape, to.format());
        const Place place{name + "_unit", none, FrameStages::of(node.outputs[0])};
        add_table(place, lanes, [&](std::int64_t own, std::size_t) {
            Entry entry;
            ElementFormat coming = from.format();
            for (const PadPart& part : parts) {
                entry.node = piece(part.unit, {StreamType{part.planes, coming, own}}).cost;
                entry.cost += entry.node + queue(own, part.unit.output);
                entry.pace.delay += queue_delay;
                coming = part.unit.output;
            }
            entry.cycles = elements / own;
            entry.pace += words(node.outputs[0], own);
            return entry;
        });
        element = parts.empty() ? element : to.format();
    } else {
        for (std::int64_t& own : lanes.of) {
            own = std::gcd(own, to.channels());
        }
        const Place place{name, none, FrameStages::of(node.outputs[0])};
        add_table(place, lanes, [&](std::int64_t own, std::size_t at) {
            Entry entry = conversion(node.outputs[0], arriving.at(at), own, element);
            entry.cycles = elements / own;
            return entry;
        });
    }
    publish(node.outputs[0], lanes, element, name, none, false);
}

Pace DesignModelBuilder::words(ValueId id, std::int64_t lanes) const {
    const std::int64_t words = model_.stages_.vector(id) / lanes;
    Pace pace{words, std::max<std::int64_t>(words - 1, 0)};
    pace.lanes = lanes;
    pace.word = 1;
    return pace;
}

DesignModelBuilder::Entry DesignModelBuilder::piece(const Op& op,
                                                    const std::vector<StreamType>& inputs,
                                                    std::vector<StreamType>* outputs) const {
    Graph graph;
    graph.level = Level::dataflow;
    graph.library = body_.library;
    std::vector<ValueId> ids;
    for (const StreamType& input : inputs) {
        ids.push_back(graph.add_value("", input));
    }
    const std::size_t results = infer(op, graph.type_list(ids)).size();
    const std::vector<ValueId> made =
        graph.add_node(op, ids, "unit", "", std::vector<std::string>(results));
    if (outputs != nullptr) {
        for (const ValueId id : made) {
            outputs->push_back(std::get<StreamType>(graph.value(id).type));
        }
    }
    Entry entry{node_cost(graph, graph.nodes.back(), device_.family)};
    entry.node = entry.cost;
    entry.pace.delay = circuit_latency(graph, graph.nodes.back());
    return entry;
}

} // namespace millrace::planner
