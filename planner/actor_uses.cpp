// SPDX-License-Identifier: Apache-2.0
//
// What actors take by their lanes and styles: the same ops on the same streams that
// passes/lower_actors makes of them.
#include "ir/actor_parts.hpp"
#include "ir/diagnostics.hpp"
#include "ir/rearrange_choices.hpp"
#include "planner/design_model_builder.hpp"

#include <algorithm>

namespace millrace::planner {

namespace {

/// The format of a computed number: never bipolar.
ElementFormat number_format(const IntegerType& type) {
    return format_for(type.lowest(), type.highest());
}

/// What is no actor of the integer level.
struct NoActor {
    void operator()(const ops::IntegerPad& /*op*/) const { throw Defect("a pad is no actor"); }
    void operator()(const ops::IntegerReshape& /*op*/) const {
        throw Defect("a reshape is no actor");
    }
    template <class T>
    requires NetworkOp<T> || DataflowOp<T>
    void operator()(const T& /*op*/) const { throw Defect("not an op of the integer level"); }
};

constexpr std::array memory_of_constants{ops::MemoryStyle::automatic, ops::MemoryStyle::lut,
                                         ops::MemoryStyle::bram};
constexpr std::array multipliers{ops::MultiplierStyle::automatic, ops::MultiplierStyle::lut,
                                 ops::MultiplierStyle::dsp};

} // namespace

void DesignModelBuilder::add_actor(std::size_t actor) {
    const Node& node = node_of(actor);
    const IntegerType& to = type(node.outputs[0]);
    const auto plain = [&](Op op) {
        add_plain(actor, [op = std::move(op)](std::size_t) { return op; });
    };
    std::visit(Overload{
                   [&](const ops::IntegerMatMul& op) { add_matrix_vector(actor, op); },
                   [&](const ops::IntegerDepthwise& op) { add_depthwise(actor, op); },
                   [&](const ops::IntegerReduce& op) { add_reduction(actor, op); },
                   [&](const ops::IntegerRearrange& op) { add_rearrangement(actor, op); },
                   [&](const ops::IntegerFunction& op) { add_function(actor, op); },
                   [&](const ops::IntegerAdd& op) {
                       plain(ops::AddJoin{op.multiplier_a, op.multiplier_b, number_format(to)});
                   },
                   [&](const ops::IntegerMul& op) {
                       plain(ops::MulJoin{op.zero_a, op.zero_b, number_format(to)});
                   },
                   [&](const ops::IntegerDynamicMatMul& op) {
                       plain(ops::DynamicMatrix{op.zero_a, op.zero_b, number_format(to)});
                   },
                   [&](const ops::IntegerConcat&) { add_concat(actor); },
                   [&](const ops::IntegerTopK& op) { add_top_k(actor, op); },
                   NoActor{},
               },
               node.op);
    // Rearrangements that are part of it, or that it is: known when somebody follows them.
    const ActorChoices& choices = model_.choices_[actor];
    if (!choices.windows.empty()) {
        std::vector<std::pair<std::int64_t, std::int64_t>> foldings;
        add_table(actor, at(actor), [&](std::int64_t pe, std::int64_t simd) {
            foldings.emplace_back(pe, simd);
            Entry entry;
            entry.allowed = choices.allows(pe, simd);
            entry.cycles = entry.allowed ? choices.least_cycles(pe, simd) : 0;
            return entry;
        });
        DesignModel::Timing& timing = model_.timings_.back();
        timing.foldings = std::move(foldings);
        timing.followed.assign(timing.cycles.size(), 0);
    }
}

std::vector<std::size_t>
DesignModelBuilder::worthwhile(const std::vector<std::vector<Entry>>& styles) {
    const auto no_less = [](const std::vector<Entry>& one, const std::vector<Entry>& kept) {
        for (std::size_t entry = 0; entry < one.size(); ++entry) {
            const ResourceUse own = resources_of(one[entry].cost);
            const ResourceUse other = resources_of(kept[entry].cost);
            for (std::size_t r = 0; r < resource_count; ++r) {
                if (own[r] < other[r]) {
                    return false;
                }
            }
            if (one[entry].pace.delay < kept[entry].pace.delay) {
                return false;
            }
        }
        return true;
    };
    std::vector<std::size_t> kept;
    for (std::size_t style = 0; style < styles.size(); ++style) {
        if (std::none_of(kept.begin(), kept.end(), [&](std::size_t earlier) {
                return no_less(styles[style], styles[earlier]);
            })) {
            std::erase_if(
                kept, [&](std::size_t earlier) { return no_less(styles[earlier], styles[style]); });
            kept.push_back(style);
        }
    }
    return kept;
}

void DesignModelBuilder::add_styled(
    std::size_t actor, std::vector<DesignModel::Style> styles,
    const std::function<Entry(std::int64_t pe, std::int64_t simd, const DesignModel::Style& style)>&
        piece) {
    DesignModel::ActorVariables& variables = model_.actors_[actor];
    const ActorChoices& choices = model_.choices_[actor];
    std::vector<std::vector<Entry>> pieces;
    for (const DesignModel::Style& style : styles) {
        std::vector<Entry>& own = pieces.emplace_back();
        for (const std::int64_t pe : variables.pes) {
            for (const std::int64_t simd : variables.simds) {
                Entry& entry = own.emplace_back();
                if (entry.allowed = choices.allows(pe, simd); entry.allowed) {
                    entry = piece(pe, simd, style);
                }
            }
        }
    }
    const std::vector<std::size_t> kept = worthwhile(pieces);
    variables.styles.clear();
    for (const std::size_t style : kept) {
        variables.styles.push_back(styles[style]);
    }
    if (kept.size() > 1) {
        variables.style = model_.problem_.add_variable(kept.size());
    }
    std::vector<std::size_t> scope;
    for (const std::size_t variable : {variables.pe, variables.simd, variables.style}) {
        if (variable != none) {
            scope.push_back(variable);
        }
    }
    add_table(at(actor), scope, [&](const Values& values) {
        std::size_t next = 0;
        const std::size_t pe = variables.pe == none ? 0 : values[next++];
        const std::size_t simd = variables.simd == none ? 0 : values[next++];
        const std::size_t style = variables.style == none ? 0 : values[next];
        Entry entry = pieces[kept[style]][pe * variables.simds.size() + simd];
        if (choices.windows.empty()) {
            entry.cycles = choices.cycles(variables.pes[pe], variables.simds[simd]);
        }
        entry.pace += pace(actor, variables.pes[pe], variables.simds[simd]);
        return entry;
    });
}

Pace DesignModelBuilder::pace(std::size_t actor, std::int64_t pe, std::int64_t simd) const {
    const ActorChoices& choices = model_.choices_[actor];
    const ValueId result = node_of(actor).outputs[0];
    const std::string& kind = choices.kind;
    if (kind == "topk") { // a word of results, in the last cycle
        Pace pace{choices.inputs, 0, simd - 1};
        pace.lanes = choices.outputs;
        pace.word = choices.inputs;
        return pace;
    }
    if (kind != "matrix_vector" && kind != "depthwise" && kind != "reduce" &&
        kind != "dynamic_matrix") {
        return words(result, pe);
    }
    const std::int64_t word = kind == "dynamic_matrix" ? choices.inputs : choices.inputs / simd;
    const std::int64_t vector = model_.stages_.vector(result) / pe * word;
    // Of groups, whose first results do not wait for all of an input's vector, the last ones wait
    // for its end.
    const auto* op = std::get_if<ops::IntegerMatMul>(&node_of(actor).op);
    const bool groups = op != nullptr && op->groups > 1;
    Pace pace{vector, vector - word, 0, groups ? (choices.outputs / pe - 1) * word : 0};
    pace.lanes = pe;
    pace.word = word;
    return pace;
}

std::vector<DesignModel::Style> DesignModelBuilder::styles_of_products() {
    std::vector<DesignModel::Style> styles;
    for (const ops::MemoryStyle memory : memory_of_constants) {
        for (const ops::MultiplierStyle multiplier : multipliers) {
            styles.push_back({"", memory, multiplier});
        }
    }
    return styles;
}

bool DesignModelBuilder::ternary(const Node& node, const Tensor& weights,
                                 const ElementFormat& weight) const {
    const ElementFormat format = type(node.inputs[0]).format();
    return ternary_products(format, -1, weights, weight) && known_lowest(node.inputs[0]) >= -1;
}

std::int64_t DesignModelBuilder::known_lowest(ValueId value) const {
    const auto producer =
        std::find_if(body_.nodes.begin(), body_.nodes.end(), [&](const Node& node) {
            return std::find(node.outputs.begin(), node.outputs.end(), value) != node.outputs.end();
        });
    if (producer == body_.nodes.end()) {
        return lowest_value(type(value).format());
    }
    const auto* pad = std::get_if<ops::IntegerPad>(&producer->op);
    const auto* reduce = std::get_if<ops::IntegerReduce>(&producer->op);
    const bool same_numbers = std::holds_alternative<ops::IntegerRearrange>(producer->op) ||
                              std::holds_alternative<ops::IntegerReshape>(producer->op) ||
                              std::holds_alternative<ops::IntegerConcat>(producer->op) ||
                              pad != nullptr ||
                              (reduce != nullptr && reduce->reduction != ops::Reduction::sum);
    if (std::holds_alternative<ops::IntegerFunction>(producer->op)) {
        return type(value).lowest();
    }
    if (!same_numbers) {
        return lowest_value(type(value).format());
    }
    std::int64_t lowest = known_lowest(producer->inputs[0]);
    for (std::size_t i = 1; i < producer->inputs.size(); ++i) {
        lowest = std::min(lowest, known_lowest(producer->inputs[i]));
    }
    return pad == nullptr
               ? lowest
               : std::min(lowest, *std::min_element(pad->values.begin(), pad->values.end()));
}

void DesignModelBuilder::add_matrix_vector(std::size_t actor, const ops::IntegerMatMul& op) {
    const Node& node = node_of(actor);
    const IntegerType& from = type(node.inputs[0]);
    const IntegerType& to = type(node.outputs[0]);
    MatrixVectorCircuit circuit;
    circuit.inputs = op.weights->shape()[0];
    circuit.outputs = op.weights->shape()[1];
    circuit.groups = op.groups;
    circuit.input = from.format();
    circuit.weight = weight_format(*op.weights);
    circuit.accumulator_bits = to.format().bits;
    circuit.ternary = ternary(node, *op.weights, circuit.weight);
    circuit.narrow = is_narrow(*op.weights, circuit.weight);
    add_styled(actor, styles_of_products(),
               [&](std::int64_t pe, std::int64_t simd, const DesignModel::Style& style) {
                   MatrixVectorCircuit one = circuit;
                   one.pe = pe;
                   one.simd = simd;
                   one.memory = style.memory;
                   one.multiplier = style.multiplier;
                   Entry entry{matrix_vector_cost(one, device_.family)};
                   entry.node = entry.cost;
                   entry.pace.delay = matrix_vector_latency(one);
                   return entry;
               });
    publish(node.outputs[0], pe_of(actor), to.format(), model_.choices_[actor].name, actor, true);
}

void DesignModelBuilder::add_depthwise(std::size_t actor, const ops::IntegerDepthwise& op) {
    const Node& node = node_of(actor);
    const IntegerType& from = type(node.inputs[0]);
    const IntegerType& to = type(node.outputs[0]);
    DepthwiseCircuit circuit;
    circuit.taps = op.weights->shape()[0];
    circuit.channels = op.weights->shape()[1];
    circuit.input = from.format();
    circuit.weight = weight_format(*op.weights);
    circuit.accumulator_bits = to.format().bits;
    circuit.ternary = ternary(node, *op.weights, circuit.weight);
    add_styled(actor, styles_of_products(),
               [&](std::int64_t pe, std::int64_t simd, const DesignModel::Style& style) {
                   DepthwiseCircuit one = circuit;
                   one.pe = pe;
                   one.simd = simd;
                   one.memory = style.memory;
                   one.multiplier = style.multiplier;
                   Entry entry = with_blocks(actor, pe, simd, depthwise_cost(one, device_.family));
                   entry.pace.delay += depthwise_latency(one);
                   return entry;
               });
    publish(node.outputs[0], pe_of(actor), to.format(), model_.choices_[actor].name, actor, true);
}

void DesignModelBuilder::add_reduction(std::size_t actor, const ops::IntegerReduce& op) {
    const Node& node = node_of(actor);
    const IntegerType& from = type(node.inputs[0]);
    ops::Reduce unit{op.reduction, type(node.outputs[0]).format()};
    const std::int64_t taps = from.shape[from.shape.size() - 2];
    add_styled(actor, {DesignModel::Style{}},
               [&](std::int64_t pe, std::int64_t simd, const DesignModel::Style&) {
                   unit.simd = simd;
                   Entry entry = with_blocks(
                       actor, pe, simd,
                       reduce_cost(unit, from.format(), taps / simd, pe, device_.family));
                   entry.pace.delay += reduce_latency(unit);
                   return entry;
               });
    publish(node.outputs[0], pe_of(actor), unit.output, model_.choices_[actor].name, actor, true);
}

void DesignModelBuilder::add_part(std::size_t actor) {
    const std::size_t index = model_.choices_[actor].first_node;
    const Node& node = body_.nodes[index];
    const auto& op = std::get<ops::IntegerRearrange>(node.op);
    const IntegerType& from = type(node.inputs[0]);
    const std::int64_t most = *blocked_lanes(op, from.shape);
    Lanes lanes = pe_of(actor);
    for (std::int64_t& own : lanes.of) {
        own = most % own == 0 ? own : 1;
    }
    const std::string& name = model_.choices_[actor].name;
    if (model_.choices_[actor].has_taps()) {
        // Its words go to its reader as they are.
        const Place place{name, actor, FrameStages::of(node.outputs[0])};
        add_table(actor, place, [&](std::int64_t pe, std::int64_t simd) {
            if (!model_.choices_[actor].allows(pe, simd)) {
                return Entry{{}, false};
            }
            const StreamType coming = stream(node.inputs[0], pe);
            const WordUnit::Op unit = simd == 1 ? WordUnit::Op(blocked_unit(op, from.shape, pe))
                                                : WordUnit::Op(*blocked_window(op, from.shape));
            Entry entry = std::visit([&](const auto& one) { return piece(one, {coming}); }, unit);
            entry.pace.unit = this->unit(node.outputs[0], pe, simd, unit, coming);
            entry.cost += queue(simd * pe, from.format());
            entry.pace.delay += queue_delay;
            return entry;
        });
        return;
    }
    const Place place{name, actor, FrameStages::of(node.outputs[0])};
    add_table(place, lanes, [&](std::int64_t own, std::size_t at) {
        const bool through = own == pe_of(actor).at(at);
        const ops::Rearrange unit =
            through ? blocked_unit(op, from.shape, own) : rearrange_unit(op, from.shape, 1);
        model_.knows_units_ = model_.knows_units_ && through;
        const StreamType coming = stream(node.inputs[0], own);
        Entry entry = piece(unit, {coming});
        entry.pace.unit = this->unit(node.outputs[0], own, 1, unit, coming);
        return entry;
    });
    publish(node.outputs[0], lanes, from.format(), name, actor, true);
}

std::int64_t DesignModelBuilder::unit(ValueId value, std::int64_t lanes, std::int64_t taps,
                                      const WordUnit::Op& op, const StreamType& input) {
    const auto [known, is_new] = units_.try_emplace({value, lanes, taps}, 0);
    if (is_new) {
        model_.units_.emplace_back(op, input, body_.library);
        known->second = std::ssize(model_.units_);
    }
    return known->second;
}

DesignModelBuilder::Entry DesignModelBuilder::with_blocks(std::size_t actor, std::int64_t pe,
                                                          std::int64_t simd, const Cost& node) {
    Entry entry = simd == 1 ? blocks(actor, pe) : Entry{};
    entry.cost += node;
    entry.node = node;
    return entry;
}

DesignModelBuilder::Entry DesignModelBuilder::blocks(std::size_t actor, std::int64_t pe) {
    const ActorChoices& choices = model_.choices_[actor];
    const Node& node = node_of(actor);
    if (choices.first_node != choices.node) {
        const Node& window = body_.nodes[choices.first_node];
        if (*blocked_lanes(std::get<ops::IntegerRearrange>(window.op),
                           type(window.inputs[0]).shape) %
                pe ==
            0) {
            return {}; // the window sends them so
        }
    }
    const IntegerType& from = type(node.inputs[0]);
    const std::int64_t taps = from.shape[from.shape.size() - 2];
    if (from.channels() == pe || taps == 1) {
        return {};
    }
    const ops::Rearrange unit = blocked_unit(plain_rearrangement(from.shape), from.shape, pe);
    Entry entry = piece(unit, {stream(node.inputs[0], pe)});
    entry.pace.unit = this->unit(node.outputs[0], pe, 1, unit, stream(node.inputs[0], pe));
    entry.cost += queue(pe, from.format());
    entry.pace.delay += queue_delay;
    return entry;
}

void DesignModelBuilder::add_rearrangement(std::size_t actor, const ops::IntegerRearrange& op) {
    const Node& node = node_of(actor);
    const IntegerType& from = type(node.inputs[0]);
    std::vector<DesignModel::Style> styles;
    for (const ops::MemoryStyle memory : memory_of_constants) {
        styles.push_back({"", memory, ops::MultiplierStyle::automatic});
    }
    if (device_.uram) {
        styles.push_back({"", ops::MemoryStyle::uram, ops::MultiplierStyle::automatic});
    }
    const std::int64_t narrow = rearrange_lanes(op, from.shape);
    add_styled(actor, std::move(styles),
               [&](std::int64_t pe, std::int64_t, const DesignModel::Style& style) {
                   const auto entry = [&](auto unit, const StreamType& coming) {
                       unit.memory = style.memory;
                       Entry one = piece(unit, {coming});
                       one.pace.unit = this->unit(node.outputs[0], pe, 1, unit, coming);
                       return one;
                   };
                   return narrow % pe == 0 ? entry(rearrange_unit(op, from.shape, pe),
                                                   stream(node.inputs[0], pe))
                                           : entry(*parallel_window(op, from.shape),
                                                   stream(node.inputs[0], from.channels()));
               });
    publish(node.outputs[0], pe_of(actor), from.format(), model_.choices_[actor].name, actor, true);
}

void DesignModelBuilder::add_function(std::size_t actor, const ops::IntegerFunction& /*op*/) {
    const Node& node = node_of(actor);
    const IntegerType& from = type(node.inputs[0]);
    const ElementFormat to = type(node.outputs[0]).format();
    const std::vector<FunctionForm>& forms = functions_.forms.at(model_.choices_[actor].node);
    if (forms.empty()) {
        throw Defect("a function without a form");
    }
    const bool vanishes =
        std::holds_alternative<form::Identity>(forms.front()) && from.format() == to;
    std::vector<DesignModel::Style> styles;
    std::map<std::string, FunctionCircuit, std::less<>> circuits;
    std::map<std::string, ops::FunctionUnit, std::less<>> units;
    for (const FunctionForm& form : forms) {
        const std::string name = forms.size() == 1 ? "" : std::string(form_name(form));
        circuits.emplace(name, function_circuit(form, from.format(), to));
        units.emplace(name, ops::FunctionUnit{std::make_shared<FunctionForm>(form), to});
        for (const ops::MemoryStyle memory : memory_of_constants) {
            styles.push_back({name, memory, ops::MultiplierStyle::automatic});
        }
    }
    add_styled(actor, std::move(styles),
               [&](std::int64_t pe, std::int64_t, const DesignModel::Style& style) {
                   if (vanishes) {
                       return Entry{};
                   }
                   Entry entry{function_cost(circuits.at(style.form), from.channels(), pe,
                                             style.memory, device_.family)};
                   entry.node = entry.cost;
                   entry.pace = piece(units.at(style.form), {stream(node.inputs[0], pe)}).pace;
                   return entry;
               });
    publish(node.outputs[0], pe_of(actor), to, model_.choices_[actor].name, actor, !vanishes);
}

void DesignModelBuilder::add_plain(std::size_t actor,
                                   const std::function<Op(std::size_t value)>& op) {
    const Node& node = node_of(actor);
    const ActorChoices& choices = model_.choices_[actor];
    const Lanes own = pe_of(actor);
    Lanes out = own;
    ElementFormat element;
    add_table(this->at(actor), own, [&](std::int64_t pe, std::size_t at) {
        std::vector<StreamType> streams;
        for (std::size_t i = 0; i < node.inputs.size(); ++i) {
            streams.push_back(stream(node.inputs[i], input_lanes(body_, {choices.node, i}, pe, 1)));
        }
        std::vector<StreamType> results;
        Entry entry = piece(op(at), streams, &results);
        entry.pace += pace(actor, pe, 1);
        entry.cycles = choices.cycles(pe, 1);
        out.of[at] = results.front().lanes;
        element = results.front().element;
        return entry;
    });
    publish(node.outputs[0], out, element, choices.name, actor, true);
}

void DesignModelBuilder::add_concat(std::size_t actor) {
    const Node& node = node_of(actor);
    const ActorChoices& choices = model_.choices_[actor];
    const ElementFormat format = type(node.outputs[0]).format();
    add_table(at(actor), pe_of(actor), [&](std::int64_t pe, std::size_t) {
        std::vector<StreamType> streams;
        Entry entry;
        for (const ValueId id : node.inputs) {
            StreamType coming = stream(id, pe);
            if (!format_holds(format, coming.element)) {
                entry.cost += recoded(coming.shape, pe, coming.element, format);
                coming.element = format;
            }
            streams.push_back(std::move(coming));
        }
        const Entry unit = piece(ops::ConcatUnit{format}, streams);
        entry.node = unit.cost;
        entry.cost += unit.cost;
        entry.pace = unit.pace;
        entry.pace += pace(actor, pe, 1);
        entry.cycles = choices.cycles(pe, 1);
        return entry;
    });
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
        Entry entry;
        if (const ElementFormat coming = type(node.inputs[i]).format();
            !format_holds(format, coming)) {
            entry.pace.delay = recoding_delay + queue_delay;
        }
        add_table({choices.name, actor, model_.stages_.of(ValueReader{choices.node, i})}, Lanes{},
                  [&](std::int64_t, std::size_t) { return entry; });
    }
    publish(node.outputs[0], pe_of(actor), format, choices.name, actor, true);
}

void DesignModelBuilder::add_top_k(std::size_t actor, const ops::IntegerTopK& op) {
    const Node& node = node_of(actor);
    const ActorChoices& choices = model_.choices_[actor];
    const DesignModel::ActorVariables& variables = model_.actors_[actor];
    std::vector<StreamType> results;
    add_table(
        at(actor), Lanes{variables.simd, variables.simds}, [&](std::int64_t simd, std::size_t) {
            results.clear();
            Entry entry = piece(ops::TopKUnit{op.k, op.largest, op.last_index, op.with_values},
                                {stream(node.inputs[0], simd)}, &results);
            entry.pace += pace(actor, 1, simd);
            entry.cycles = choices.cycles(1, simd);
            return entry;
        });
    // It compares an element a cycle before it takes the next word.
    const ValueReader reader{choices.node, 0};
    add_table({choices.name, actor, model_.stages_.of(reader)},
              Lanes{variables.simd, variables.simds}, [&](std::int64_t simd, std::size_t) {
                  Entry entry;
                  const std::int64_t words = choices.inputs / simd;
                  entry.pace.step = words * (simd - 1);
                  entry.pace.spread = (words - 1) * (simd - 1);
                  entry.pace.word = simd - 1;
                  return entry;
              });
    for (std::size_t i = 0; i < results.size(); ++i) {
        publish(node.outputs[i], Lanes{none, {results[i].lanes}}, results[i].element, choices.name,
                actor, true);
    }
}

} // namespace millrace::planner
