// SPDX-License-Identifier: Apache-2.0
#include "passes/lower_to_dataflow.hpp"

#include "ir/function/realize.hpp"
#include "ir/names.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <numeric>

namespace millrace::passes {

namespace {

/// Lanes that the readers of a stream take it in.
struct Reader {
    std::size_t node;  ///< of the body; the node count stands for an output of the graph
    std::size_t input; ///< index among its inputs, or among the graph's outputs
};

class Lowering {
  public:
    Lowering(const Graph& body, const Plan& plan, Diagnostics& diagnostics)
        : body_(body),
          plan_(plan),
          diagnostics_(diagnostics),
          names_(actor_names(body)),
          readers_(body.values.size()) {
        flow_.level = Level::dataflow;
        flow_.name = body.name;
        for (std::size_t n = 0; n < body.nodes.size(); ++n) {
            for (std::size_t i = 0; i < body.nodes[n].inputs.size(); ++i) {
                readers_[body.nodes[n].inputs[i]].push_back({n, i});
            }
        }
        for (std::size_t i = 0; i < body.outputs.size(); ++i) {
            readers_[body.outputs[i]].push_back({body.nodes.size(), i});
        }
        for (const std::string& name : names_) {
            unique_.add(name);
        }
    }

    std::optional<Graph> run() {
        check_names();
        if (diagnostics_.has_errors()) {
            return std::nullopt;
        }
        outputs_.resize(body_.outputs.size());
        for (std::size_t i = 0; i < body_.inputs.size(); ++i) {
            add_input(i);
        }
        for (std::size_t n = 0; n < body_.nodes.size(); ++n) {
            lower(n);
            if (diagnostics_.has_errors()) {
                return std::nullopt;
            }
        }
        for (std::size_t i = 0; i < body_.outputs.size(); ++i) {
            add_output(i);
        }
        for (const auto& [name, depth] : plan_.fifos) {
            if (std::find(fifo_names_.begin(), fifo_names_.end(), name) == fifo_names_.end()) {
                report(name, "the design has no FIFO of this name",
                       "its FIFOs are: " + fmt::format("{}", fmt::join(fifo_names_, ", ")));
            } else if (depth < 1) {
                report(name, fmt::format("a FIFO of depth {}", depth), "use a depth of 1 or more");
            }
        }
        if (diagnostics_.has_errors()) {
            return std::nullopt;
        }
        return std::move(flow_);
    }

  private:
    void report(const std::string& actor, std::string message, std::string help) {
        diagnostics_.add(
            {Code::bad_plan, Severity::error, "", actor, "", std::move(message), std::move(help)});
    }

    /// Constants need a memory with initial contents.
    void check_memory(const ActorPlan& actor) {
        if (actor.memory == ops::MemoryStyle::uram) {
            report(actor.name, "UltraRAM has no initial contents, so it cannot hold constants",
                   "use bram, lut or auto");
        }
    }

    void check_names() {
        for (std::size_t n = 0; n < body_.nodes.size(); ++n) {
            if (!std::holds_alternative<ops::IntegerReshape>(body_.nodes[n].op) &&
                plan_.find(names_[n]) == nullptr) {
                report(names_[n], "the plan has no entry for this actor",
                       "write a complete plan with compile and edit that");
            }
        }
        for (const ActorPlan& actor : plan_.actors) {
            check_memory(actor);
        }
    }

    [[nodiscard]] const IntegerType& body_type(ValueId id) const {
        return std::get<IntegerType>(body_.value(id).type);
    }
    [[nodiscard]] const StreamType& stream_type(ValueId id) const {
        return std::get<StreamType>(flow_.value(id).type);
    }

    /// Lanes in which a body node takes its input; 0: as they come.
    [[nodiscard]] std::int64_t wanted_lanes(const Reader& reader) const {
        if (reader.node == body_.nodes.size()) {
            return 0;
        }
        const Node& node = body_.nodes[reader.node];
        if (std::holds_alternative<ops::IntegerReshape>(node.op)) {
            return 0;
        }
        const ActorPlan& actor = *plan_.find(names_[reader.node]);
        return std::holds_alternative<ops::IntegerFunction>(node.op) ? actor.pe : actor.simd;
    }

    ValueId add(Op op, ValueId input, const std::string& name, const std::string& onnx_op) {
        return flow_.add_node(std::move(op), {input}, name, onnx_op, {name}).front();
    }

    ValueId convert(ValueId stream, std::int64_t lanes) {
        if (lanes == 0 || lanes == stream_type(stream).lanes) {
            return stream;
        }
        const std::string name = unique_.add(flow_.value(stream).name + "_width");
        return queue(add(ops::WidthConverter{lanes}, stream, name, ""), name);
    }

    /// A FIFO behind an actor.
    ValueId queue(ValueId stream, const std::string& producer) {
        const std::string name = unique_.add(producer + "_fifo");
        const auto planned = plan_.fifos.find(name);
        const std::int64_t depth =
            planned == plan_.fifos.end() ? plan_.default_fifo_depth : planned->second;
        fifo_names_.push_back(name);
        return add(ops::Fifo{depth}, stream, name, "");
    }

    /// Hands a produced stream to the readers of the body value it stands for.
    void publish(ValueId body_value, ValueId stream, const std::string& producer,
                 bool needs_queue) {
        const std::vector<Reader>& readers = readers_[body_value];
        if (needs_queue) {
            stream = queue(stream, producer);
        }
        std::vector<ValueId> copies{stream};
        if (readers.size() > 1) {
            copies = fork(stream, readers.size(), producer);
        }
        for (std::size_t i = 0; i < readers.size(); ++i) {
            const ValueId copy = convert(copies[i], wanted_lanes(readers[i]));
            if (readers[i].node == body_.nodes.size()) {
                outputs_[readers[i].input] = copy;
            } else {
                inputs_[{readers[i].node, readers[i].input}] = copy;
            }
        }
    }

    /// Copies for any number of readers, eight ways at a time.
    std::vector<ValueId> fork(ValueId stream, std::size_t ways, const std::string& producer) {
        constexpr std::size_t widest_fork = 8;
        const std::size_t here = std::min(ways, widest_fork);
        const std::string name = unique_.add(producer + "_fork");
        const std::vector<ValueId> raw =
            flow_.add_node(ops::Fork{static_cast<std::int64_t>(here)}, {stream}, name, "",
                           std::vector<std::string>(here, name));
        std::vector<ValueId> copies;
        for (const ValueId copy : raw) {
            copies.push_back(queue(copy, name));
        }
        if (ways > here) {
            const ValueId last = copies.back();
            copies.pop_back();
            for (const ValueId copy : fork(last, ways - here + 1, producer)) {
                copies.push_back(copy);
            }
        }
        return copies;
    }

    void add_input(std::size_t index) {
        const ValueId id = body_.inputs[index];
        const IntegerType& type = body_type(id);
        const std::string name =
            unique_.add(identifier_from(body_.value(id).name, "input") + "_in");
        const ValueId memory = flow_.add_value(name + "_memory", type);
        flow_.inputs.push_back(memory);
        // As wide as the first reader takes it, within what one memory word may hold.
        std::int64_t lanes = 0;
        for (const Reader& reader : readers_[id]) {
            lanes = std::max(lanes, wanted_lanes(reader));
        }
        const std::int64_t channels = type.channels();
        lanes = lanes == 0 ? 1 : lanes;
        if (channels % lanes != 0) {
            lanes = std::gcd(channels, lanes);
        }
        const std::int64_t bits = memory_bits(type.format(), element_count(type.shape),
                                              element_count(type.shape) / lanes);
        publish(id, add(ops::MemoryToStream{lanes, bits}, memory, name, ""), name, true);
    }

    void add_output(std::size_t index) {
        const ValueId id = body_.outputs[index];
        const std::string name =
            unique_.add(identifier_from(body_.value(id).name, "output") + "_out");
        const IntegerType& type = body_type(id);
        const ValueId stream = outputs_.at(index);
        const std::int64_t bits =
            memory_bits(type.format(), element_count(type.shape), stream_type(stream).words());
        flow_.outputs.push_back(add(ops::StreamToMemory{type, bits}, stream, name, ""));
    }

    /// The narrowest memory word that keeps up with the stream.
    static std::int64_t memory_bits(const ElementFormat& element, std::int64_t elements,
                                    std::int64_t stream_words) {
        std::int64_t bits = 64;
        while (bits < 512 && (elements + ops::memory_lanes(bits, element) - 1) /
                                     ops::memory_lanes(bits, element) >
                                 stream_words) {
            bits *= 2;
        }
        return bits;
    }

    void lower(std::size_t index) {
        const Node& node = body_.nodes[index];
        const std::string& name = names_[index];
        const ValueId input = inputs_.at({index, 0});
        std::visit(Overload{
                       [&](const ops::IntegerMatMul& op) { lower_layer(index, op, input); },
                       [&](const ops::IntegerFunction& op) { lower_function(index, op, input); },
                       [&](const ops::IntegerTopK& op) {
                           std::vector<std::string> outputs{name};
                           if (op.with_values) {
                               outputs.push_back(name + "_values");
                           }
                           const std::vector<ValueId> results = flow_.add_node(
                               ops::TopKUnit{op.k, op.largest, op.last_index, op.with_values},
                               {input}, name, node.onnx_op, outputs);
                           for (std::size_t i = 0; i < results.size(); ++i) {
                               publish(node.outputs[i], results[i], outputs[i], true);
                           }
                       },
                       [&](const ops::IntegerReshape& op) {
                           const std::int64_t channels = op.shape.empty() ? 1 : op.shape.back();
                           const std::int64_t lanes = std::gcd(stream_type(input).lanes, channels);
                           publish(node.outputs[0],
                                   add(ops::StreamReshape{op.shape}, convert(input, lanes), name,
                                       node.onnx_op),
                                   name, false);
                       },
                       [](const auto&) { throw Defect("not an op of the integer level"); },
                   },
                   node.op);
    }

    void lower_layer(std::size_t index, const ops::IntegerMatMul& op, ValueId input) {
        const Node& node = body_.nodes[index];
        const std::string& name = names_[index];
        const ActorPlan& actor = *plan_.find(name);
        ops::MatrixVector unit;
        unit.weights = op.weights;
        unit.weight_format = weight_format(*op.weights);
        unit.accumulator = body_type(node.outputs[0]).format();
        unit.pe = actor.pe;
        unit.simd = actor.simd;
        unit.memory = actor.memory;
        unit.multiplier = actor.multiplier;
        publish(node.outputs[0], add(std::move(unit), input, name, node.onnx_op), name, true);
    }

    static ElementFormat weight_format(const Tensor& weights) {
        const ScaledIntegers& scaled = *weights.scaled();
        const auto [lo, hi] = std::minmax_element(scaled.values.begin(), scaled.values.end());
        const bool bipolar =
            *lo == -1 && *hi == 1 &&
            std::find(scaled.values.begin(), scaled.values.end(), 0) == scaled.values.end();
        return bipolar ? ElementFormat{1, Encoding::bipolar} : format_for(*lo, *hi);
    }

    void lower_function(std::size_t index, const ops::IntegerFunction& op, ValueId input) {
        const Node& node = body_.nodes[index];
        const std::string& name = names_[index];
        const ActorPlan& actor = *plan_.find(name);
        const IntegerType& from = body_type(node.inputs[0]);
        const IntegerType& to = body_type(node.outputs[0]);
        const std::vector<FunctionForm> forms = proved_forms(*op.function, from);
        if (forms.empty()) {
            diagnostics_.add({Code::unsupported_in_hardware, Severity::error, "", node.name,
                              node.onnx_op,
                              fmt::format("the function in front of this point has more than {} "
                                          "levels and is not affine",
                                          FormLimits{}.levels),
                              "use fewer bits for the quantizer"});
            return;
        }
        const FunctionForm* chosen = nullptr;
        if (actor.form.empty()) {
            chosen = &cheapest_form(forms, from, to.format(), from.channels() / actor.pe);
        } else {
            std::string names;
            for (const FunctionForm& form : forms) {
                names += (names.empty() ? "" : ", ") + std::string(form_name(form));
                if (form_name(form) == actor.form) {
                    chosen = &form;
                }
            }
            if (chosen == nullptr) {
                report(name,
                       fmt::format("form '{}' is not proved equal to this function",
                                   escaped(actor.form)),
                       "forms that are: " + names);
                return;
            }
        }
        if (!prove_equal(*chosen, *op.function, from)) {
            throw Defect(fmt::format("form {} of '{}' is not equal to its function",
                                     form_name(*chosen), node.name));
        }
        if (std::holds_alternative<form::Identity>(*chosen) && from.format() == to.format()) {
            publish(node.outputs[0], input, name, false);
            return;
        }
        publish(node.outputs[0],
                add(ops::FunctionUnit{std::make_shared<FunctionForm>(*chosen), to.format(),
                                      actor.memory},
                    input, name, node.onnx_op),
                name, true);
    }

    const Graph& body_;
    const Plan& plan_;
    Diagnostics& diagnostics_;
    std::vector<std::string> names_;
    std::vector<std::vector<Reader>> readers_;
    UniqueNames unique_;
    std::vector<std::string> fifo_names_;
    Graph flow_;
    std::map<std::pair<std::size_t, std::size_t>, ValueId> inputs_;
    std::vector<ValueId> outputs_;
};

} // namespace

std::optional<Graph> lower_to_dataflow(const Graph& body, const Plan& plan,
                                       Diagnostics& diagnostics) {
    return Lowering(body, plan, diagnostics).run();
}

} // namespace millrace::passes
