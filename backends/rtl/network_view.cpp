// SPDX-License-Identifier: Apache-2.0
#include "backends/rtl/network_view.hpp"

#include "backends/bit_writer.hpp"
#include "backends/rtl/verilog_constants.hpp"
#include "ir/circuit.hpp"
#include "ir/diagnostics.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace millrace::backends {

namespace {

int style_code(ops::MemoryStyle style) {
    switch (style) {
    case ops::MemoryStyle::automatic:
        return 0;
    case ops::MemoryStyle::lut:
        return 1;
    case ops::MemoryStyle::bram:
        return 2;
    case ops::MemoryStyle::uram:
        return 3;
    }
    throw Defect("unknown memory style");
}

int rounding_code(Rounding mode) {
    switch (mode) {
    case Rounding::half_even:
        return 0;
    case Rounding::half_up:
        return 1;
    case Rounding::half_down:
        return 2;
    case Rounding::floor:
        return 3;
    case Rounding::ceil:
        return 4;
    case Rounding::up:
        return 5;
    case Rounding::down:
        return 6;
    }
    throw Defect("unknown rounding mode");
}

int reduction_code(ops::Reduction reduction) {
    switch (reduction) {
    case ops::Reduction::max:
        return 0;
    case ops::Reduction::min:
        return 1;
    case ops::Reduction::sum:
        return 2;
    }
    throw Defect("unknown reduction");
}

class Viewer {
  public:
    Viewer(const Graph& graph, int dsp_bits) : graph_(graph), dsp_bits_(dsp_bits) {
        view_.nets.resize(graph.values.size());
    }

    NetworkView view() {
        name_nets();
        for (const Node& node : graph_.nodes) {
            node_ = &node;
            std::visit([this](const auto& op) { add(op); }, node.op);
        }
        return std::move(view_);
    }

  private:
    [[nodiscard]] const StreamType& stream(ValueId id) const {
        return std::get<StreamType>(graph_.value(id).type);
    }
    [[nodiscard]] const StreamType& input(std::size_t index = 0) const {
        return stream(node_->inputs.at(index));
    }
    [[nodiscard]] const StreamType& output() const { return stream(node_->outputs.at(0)); }
    [[nodiscard]] std::int64_t channels() const {
        return input().shape.empty() ? 1 : input().shape.back();
    }
    [[nodiscard]] std::int64_t folds() const { return channels() / input().lanes; }

    /// Every stream begins or ends at a queue; a reshape passes it on under another type.
    void name_nets() {
        for (const Node& node : graph_.nodes) {
            if (const auto* fifo = std::get_if<ops::Fifo>(&node.op)) {
                const std::int64_t bits = stream(node.outputs[0]).word_bits();
                view_.queues.push_back(
                    {node.name, bits, fifo->depth, style_code(queue_memory(*fifo, bits))});
                view_.nets[node.inputs[0]] = node.name + "_in";
                view_.nets[node.outputs[0]] = node.name + "_out";
            } else if (std::holds_alternative<ops::StreamReshape>(node.op)) {
                view_.nets[node.outputs[0]] = view_.nets[node.inputs[0]];
            }
        }
        // A reshape in front of a queue.
        for (auto node = graph_.nodes.rbegin(); node != graph_.nodes.rend(); ++node) {
            if (std::holds_alternative<ops::StreamReshape>(node->op) &&
                view_.nets[node->inputs[0]].empty()) {
                view_.nets[node->inputs[0]] = view_.nets[node->outputs[0]];
            }
        }
    }

    /// The streams of an actor, and its unit's ports where they are called the same.
    ActorModule& add_actor(std::string unit) {
        ActorModule actor;
        actor.name = node_->name;
        actor.unit = std::move(unit);
        const auto add_ports = [&](std::vector<StreamPort>& ports, const std::string& side,
                                   const std::vector<ValueId>& ids) {
            for (std::size_t i = 0; i < ids.size(); ++i) {
                const std::string& net = view_.nets[ids[i]];
                if (net.empty()) {
                    throw Defect(fmt::format("stream '{}' has no FIFO", graph_.value(ids[i]).name));
                }
                ports.push_back({ids.size() == 1 ? side : fmt::format("{}{}", side, i), net,
                                 stream(ids[i]).word_bits()});
            }
        };
        add_ports(actor.inputs, "in", node_->inputs);
        add_ports(actor.outputs, "out", node_->outputs);
        return view_.actors.emplace_back(std::move(actor));
    }
    static void connect(ActorModule& actor, const std::string& unit_port, const std::string& port) {
        for (const char* signal : {"_data", "_valid", "_ready"}) {
            actor.connections.emplace_back(unit_port + signal, port + signal);
        }
    }
    /// All ports to those of the same name.
    static ActorModule& connect(ActorModule& actor) {
        for (const StreamPort& port : actor.inputs) {
            connect(actor, port.name, port.name);
        }
        for (const StreamPort& port : actor.outputs) {
            connect(actor, port.name, port.name);
        }
        return actor;
    }
    static void set(ActorModule& actor, const std::string& name, std::int64_t value) {
        actor.parameters.emplace_back(name, std::to_string(value));
    }
    static void set(ActorModule& actor, const std::string& name, const std::string& value) {
        actor.parameters.emplace_back(name, value);
    }
    static void set_format(ActorModule& actor, const std::string& name,
                           const ElementFormat& format) {
        set(actor, name + "_BITS", format.bits);
        set(actor, name + "_ENC", encoding_code(format.encoding));
    }

    void add(const ops::MemoryToStream&) {} // movers are the kernel's
    void add(const ops::StreamToMemory&) {}
    void add(const ops::Fifo&) {}
    void add(const ops::StreamReshape&) {}

    void add(const ops::MatrixVector& op) {
        ActorModule& actor = connect(add_actor("mr_matrix_vector"));
        set(actor, "K", op.weights->shape()[0]);
        set(actor, "N", op.weights->shape()[1]);
        set(actor, "GROUPS", op.groups);
        set(actor, "PE", op.pe);
        set(actor, "SIMD", op.simd);
        add_products(actor, *op.weights, op.weight_format, op.accumulator, op.multiplier);
        set(actor, "DSP_BITS", dsp_bits_);
        const std::vector<std::int32_t>& weights = op.weights->scaled()->values;
        const std::int64_t lowest = lowest_value(op.weight_format);
        set(actor, "W_NARROW",
            std::none_of(weights.begin(), weights.end(),
                         [&](std::int32_t w) { return w == lowest; })
                ? 1
                : 0);
        set_file(actor, op.memory, matrix_file(*op.weights, op.weight_format, op.pe, op.simd));
    }
    void add(const ops::Depthwise& op) {
        ActorModule& actor = connect(add_actor("mr_depthwise"));
        set(actor, "TAPS", op.weights->shape()[0]);
        set(actor, "SIMD", op.simd);
        set(actor, "BLOCKS", op.weights->shape()[1] / output().lanes);
        set(actor, "PE", output().lanes);
        add_products(actor, *op.weights, op.weight_format, op.accumulator, op.multiplier);
        set_file(actor, op.memory,
                 matrix_file(*op.weights, op.weight_format, output().lanes, op.simd));
    }
    void add_products(ActorModule& actor, const Tensor& weights, const ElementFormat& format,
                      const ElementFormat& accumulator, ops::MultiplierStyle multiplier) {
        set_format(actor, "A", input().element);
        set_format(actor, "W", format);
        set(actor, "ACC_BITS", accumulator.bits);
        set(actor, "TERNARY", ternary_products(graph_, node_->inputs[0], weights, format) ? 1 : 0);
        set(actor, "MULT", multiplies_in_dsp(multiplier, input().element, format) ? 1 : 0);
    }
    void set_file(ActorModule& actor, ops::MemoryStyle style, std::string contents) {
        const std::string file = actor.name + ".mem";
        set(actor, "STYLE", style_code(style));
        set(actor, "INIT", fmt::format("\"{}\"", file));
        view_.weights[file] = std::move(contents);
    }
    void add(const ops::Reduce& op) {
        ActorModule& actor = connect(add_actor("mr_reduce"));
        const Shape& shape = input().shape;
        set(actor, "TAPS", shape[shape.size() - 2] * op.simd);
        set(actor, "SIMD", op.simd);
        set(actor, "PE", output().lanes);
        set(actor, "REDUCTION", reduction_code(op.reduction));
        set_format(actor, "IN", input().element);
        set_format(actor, "OUT", op.output);
    }
    void add(const ops::Rearrange& op) {
        ActorModule& actor = connect(add_actor("mr_rearrange"));
        set(actor, "WIDTH", input().word_bits());
        set(actor, "IN_WORDS", input().words());
        set(actor, "DEPTH", op.depth);
        set(actor, "OFFSET", op.offset);
        set(actor, "LOOPS", std::ssize(op.counts));
        set(actor, "COUNTS", list_literal(op.counts));
        set(actor, "STRIDES", list_literal(op.strides));
        set(actor, "LEADING",
            static_cast<std::int64_t>(ops::rearrange_monotone_loops(op.counts, op.strides)));
        set(actor, "OVERLAP", 1);
        set(actor, "STYLE", style_code(op.memory));
    }
    void add(const ops::ParallelWindow& op) {
        ActorModule& actor = connect(add_actor("mr_parallel_window"));
        const Shape& shape = input().shape;
        set(actor, "BITS", input().word_bits());
        set(actor, "HEIGHT", shape[shape.size() - 3]);
        set(actor, "WIDTH", shape[shape.size() - 2]);
        set(actor, "BLOCKS", folds());
        set(actor, "KERNEL_ROWS", op.kernel[0]);
        set(actor, "KERNEL_COLUMNS", op.kernel[1]);
        set(actor, "STRIDE_ROWS", op.strides[0]);
        set(actor, "STRIDE_COLUMNS", op.strides[1]);
        set(actor, "DILATION_ROWS", op.dilations[0]);
        set(actor, "DILATION_COLUMNS", op.dilations[1]);
        set(actor, "STYLE", style_code(op.memory));
    }
    void add(const ops::PadUnit& op) {
        ActorModule& actor = connect(add_actor("mr_pad"));
        const Shape& shape = input().shape;
        set_lanes(actor, "LANES");
        set_format(actor, "IN", input().element);
        set_format(actor, "OUT", op.output);
        set(actor, "ROWS", shape[shape.size() - 3]);
        set(actor, "COLUMNS", shape[shape.size() - 2]);
        set(actor, "TOP", op.top);
        set(actor, "BOTTOM", op.bottom);
        set(actor, "LEFT", op.left);
        set(actor, "RIGHT", op.right);
        set(actor, "SHARED", op.values.size() == 1 ? 1 : 0);
        set(actor, "VALUES", packed_literal(NumberRows{op.values}, op.output));
    }
    void set_lanes(ActorModule& actor, const std::string& name) {
        set(actor, name, input().lanes);
        set(actor, "FOLDS", folds());
    }
    void set_join(ActorModule& actor, const ElementFormat& output_format) {
        set_lanes(actor, "PE");
        set_format(actor, "A", input().element);
        set_format(actor, "B", input(1).element);
        set_format(actor, "OUT", output_format);
    }
    /// A number of each channel, or one for all.
    static void set_constants(ActorModule& actor, const std::string& shared,
                              const std::string& name, const std::vector<std::int64_t>& values,
                              int bits) {
        set(actor, shared, values.size() == 1 ? 1 : 0);
        set(actor, name, packed_literal(values, bits));
    }
    void add(const ops::AddJoin& op) {
        ActorModule& actor = connect(add_actor("mr_add_join"));
        set_join(actor, op.output);
        const AddCircuit circuit = add_circuit(op, input().element, input(1).element);
        set(actor, "M_BITS", circuit.factor.bits);
        set_constants(actor, "SHARED_A", "MULTIPLIER_A", op.multiplier_a, circuit.factor.bits);
        set_constants(actor, "SHARED_B", "MULTIPLIER_B", op.multiplier_b, circuit.factor.bits);
        set(actor, "MULT", circuit.dsp ? 1 : 0);
    }
    void add(const ops::MulJoin& op) {
        ActorModule& actor = connect(add_actor("mr_mul_join"));
        set_join(actor, op.output);
        const DifferenceCircuit circuit =
            difference_circuit(input().element, op.zero_a, input(1).element, op.zero_b);
        set(actor, "Z_BITS", circuit.zero_bits);
        set_constants(actor, "SHARED_A", "ZERO_A", op.zero_a, circuit.zero_bits);
        set_constants(actor, "SHARED_B", "ZERO_B", op.zero_b, circuit.zero_bits);
        set(actor, "MULT", circuit.dsp ? 1 : 0);
    }
    void add(const ops::ConcatUnit& op) {
        ActorModule& actor = add_actor("mr_concat");
        std::int64_t width = 0;
        std::vector<std::int64_t> words;
        std::vector<std::int64_t> bits;
        std::vector<std::int64_t> encodings;
        for (const ValueId id : node_->inputs) {
            const StreamType& type = stream(id);
            width += type.word_bits();
            words.push_back(type.shape.back() / type.lanes);
            bits.push_back(type.element.bits);
            encodings.push_back(encoding_code(type.element.encoding));
        }
        set(actor, "INPUTS", std::ssize(node_->inputs));
        set(actor, "LANES", input().lanes);
        set(actor, "IN_WIDTH", width);
        set(actor, "WORDS", list_literal(words));
        set(actor, "BITS", list_literal(bits));
        set(actor, "ENCS", list_literal(encodings));
        set_format(actor, "OUT", op.output);
        for (const char* signal : {"_data", "_valid", "_ready"}) {
            actor.connections.emplace_back(std::string("in") + signal,
                                           joined(actor.inputs, signal));
        }
        connect(actor, "out", "out");
    }
    /// Signals of several ports as one, the first lowest.
    static std::string joined(const std::vector<StreamPort>& ports, const std::string& signal) {
        std::string text;
        for (const StreamPort& port : ports) {
            text.insert(0, port.name + signal + (text.empty() ? "" : ", "));
        }
        return "{" + text + "}";
    }
    void add(const ops::DynamicMatrix& op) {
        ActorModule& actor = connect(add_actor("mr_dynamic_matrix"));
        const Shape& a = input().shape;
        const DifferenceCircuit circuit =
            difference_circuit(input().element, {op.zero_a}, input(1).element, {op.zero_b});
        set(actor, "M", a[a.size() - 2]);
        set(actor, "K", a.back());
        set(actor, "N", input(1).shape.back());
        set(actor, "PE", input(1).lanes);
        set_format(actor, "A", input().element);
        set_format(actor, "B", input(1).element);
        set(actor, "ZERO_A", literal_64(op.zero_a));
        set(actor, "ZERO_B", literal_64(op.zero_b));
        set(actor, "Z_BITS", circuit.zero_bits);
        set(actor, "ACC_BITS", op.accumulator.bits);
        set(actor, "MULT", circuit.dsp ? 1 : 0);
    }
    void add(const ops::WidthConverter& op) {
        ActorModule& actor = connect(add_actor("mr_width_converter"));
        const std::int64_t elements = element_count(input().shape);
        set(actor, "BITS", input().element.bits);
        set(actor, "IN_LANES", input().lanes);
        set(actor, "OUT_LANES", op.lanes);
        const bool whole = elements % input().lanes == 0 && elements % op.lanes == 0;
        set(actor, "ELEMENTS", whole ? 0 : elements);
    }
    void add(const ops::Fork& op) {
        ActorModule& actor = add_actor("mr_fork");
        set(actor, "WIDTH", input().word_bits());
        set(actor, "WAYS", op.ways);
        connect(actor, "in", "in");
        actor.statements.push_back(fmt::format("wire [{}:0] word;", input().word_bits() - 1));
        actor.connections.emplace_back("out_data", "word");
        for (const char* signal : {"_valid", "_ready"}) {
            actor.connections.emplace_back(std::string("out") + signal,
                                           joined(actor.outputs, signal));
        }
        for (const StreamPort& port : actor.outputs) {
            actor.statements.push_back(fmt::format("assign {}_data = word;", port.name));
        }
    }
    void add(const ops::TopKUnit& op) {
        ActorModule& actor = add_actor("mr_top_k");
        set(actor, "N", channels());
        set(actor, "K", op.k);
        set(actor, "PE", input().lanes);
        set(actor, "BITS", input().element.bits);
        set(actor, "ENC", encoding_code(input().element.encoding));
        set(actor, "INDEX_BITS", output().element.bits);
        set(actor, "LARGEST", op.largest ? 1 : 0);
        set(actor, "LAST_INDEX", op.last_index ? 1 : 0);
        set(actor, "VALUES", op.with_values ? 1 : 0);
        connect(actor, "in", "in");
        if (op.with_values) {
            connect(actor, "out0", "out0");
            connect(actor, "out1", "out1");
            return;
        }
        connect(actor, "out0", "out");
        actor.statements.push_back(
            fmt::format("wire [{}:0] unused_values;", op.k * input().element.bits - 1));
        actor.statements.emplace_back("wire unused_valid;");
        actor.connections.emplace_back("out1_data", "unused_values");
        actor.connections.emplace_back("out1_valid", "unused_valid");
        actor.connections.emplace_back("out1_ready", "1'b1");
    }
    void add(const ops::FunctionUnit& op) {
        std::visit([&](const auto& form) { add_function(op, form); }, *op.form);
    }
    /// What the units of all forms have in common; `by_channel` where constants may differ.
    ActorModule& add_function_unit(const std::string& form, const ops::FunctionUnit& op,
                                   bool by_channel, bool output_encoding) {
        ActorModule& actor = connect(add_actor("mr_function_" + form));
        set(actor, "PE", input().lanes);
        if (by_channel) {
            set(actor, "FOLDS", folds());
            set(actor, "STYLE", style_code(op.memory));
        }
        set_format(actor, "IN", input().element);
        if (output_encoding) {
            set_format(actor, "OUT", op.output);
        } else {
            set(actor, "OUT_BITS", op.output.bits);
        }
        return actor;
    }
    void add_function(const ops::FunctionUnit& op, const form::Identity& /*form*/) {
        add_function_unit("identity", op, false, true);
    }
    void add_function(const ops::FunctionUnit& op, const form::Shift& form) {
        ActorModule& actor = add_function_unit("shift", op, true, true);
        set(actor, "SHIFT", form.shift);
        set(actor, "ROUNDING", rounding_code(form.rounding));
        set(actor, "LO", literal_64(form.lo));
        set(actor, "HI", literal_64(form.hi));
        const int bits = signed_bits(form.add);
        set(actor, "ADD_BITS", bits);
        set_constants(actor, "SHARED", "ADD", form.add, bits);
    }
    void add_function(const ops::FunctionUnit& op, const form::MultiplyAddShift& form) {
        ActorModule& actor = add_function_unit("scale", op, true, true);
        const ScaleCircuit circuit = scale_circuit(form, input().element);
        set(actor, "SHIFT", form.shift);
        set(actor, "ADD_SHIFT", form.add_shift);
        set(actor, "TIE", literal_64(form.tie));
        set(actor, "LO", literal_64(form.lo));
        set(actor, "HI", literal_64(form.hi));
        set(actor, "M_BITS", circuit.multiplier_bits);
        set_constants(actor, "SHARED_M", "MULTIPLIER", form.multiplier, circuit.multiplier_bits);
        set(actor, "A_BITS", circuit.add_bits);
        set_constants(actor, "SHARED_A", "ADD", form.add, circuit.add_bits);
        set(actor, "MULT", circuit.dsp ? 1 : 0);
    }
    void add_function(const ops::FunctionUnit& op, const form::Thresholds& form) {
        ActorModule& actor = add_function_unit("thresholds", op, true, true);
        const form::Thresholds compared = compared_thresholds(form, input().element, op.output);
        set_rows(actor, "THRESHOLDS", compared.thresholds);
        const auto one = [](const std::vector<std::int64_t>& values) {
            return std::all_of(values.begin(), values.end(),
                               [&](std::int64_t v) { return v == values.front(); });
        };
        if (one(compared.base) && one(compared.step) && compared.step.front() == 1) {
            set(actor, "BASE_BITS", 0);
            set(actor, "BASE", packed_literal({compared.base.front()}, 32));
            return;
        }
        std::vector<std::int64_t> bases;
        std::vector<std::int64_t> falling;
        for (std::size_t c = 0; c < static_cast<std::size_t>(channels()); ++c) {
            bases.push_back(compared.base[compared.base.size() == 1 ? 0 : c]);
            falling.push_back(compared.step[compared.step.size() == 1 ? 0 : c] < 0 ? 1 : 0);
        }
        const int bits = signed_bits(bases);
        set(actor, "BASE_BITS", bits);
        set(actor, "BASE", packed_literal(bases, bits));
        set(actor, "FALLING", packed_literal(falling, 1));
    }
    /// Ascending numbers to compare with, a row for all channels or one each.
    void set_rows(ActorModule& actor, const std::string& name, const NumberRows& rows) {
        const ElementFormat format = format_of(rows);
        set(actor, "COUNT", std::ssize(rows.front()));
        set(actor, "T_BITS", format.bits);
        set(actor, "T_SIGNED", format.encoding == Encoding::signed_integer ? 1 : 0);
        set(actor, "SHARED", rows.size() == 1 ? 1 : 0);
        set(actor, name, packed_literal(rows, format));
    }
    void add_function(const ops::FunctionUnit& op, const form::Breakpoints& form) {
        ActorModule& actor = add_function_unit("breakpoints", op, true, false);
        NumberRows starts = form.starts;
        NumberRows values = form.values;
        for (auto& row : starts) {
            row.erase(row.begin()); // the first segment begins at the lowest argument
        }
        if (starts.front().empty()) {
            for (std::size_t i = 0; i < starts.size(); ++i) {
                starts[i].push_back(highest_value(input().element) + 1); // never reached
                values[i].push_back(values[i].front());
            }
        }
        set_rows(actor, "STARTS", starts);
        set(actor, "VALUES", packed_literal(values, op.output));
    }
    void add_function(const ops::FunctionUnit& op, const form::Table& form) {
        ActorModule& actor = add_function_unit("table", op, true, false);
        set(actor, "LO", literal_64(form.lo));
        set(actor, "SIZE", std::ssize(form.values.front()));
        set(actor, "SHARED", form.values.size() == 1 ? 1 : 0);
        set(actor, "VALUES", packed_literal(form.values, op.output));
    }

    template <class T>
    requires NetworkOp<T> || IntegerOp<T>
    void add(const T& /*op*/) { throw Defect(fmt::format("'{}' is not an actor", node_->name)); }

    const Graph& graph_;
    const int dsp_bits_;
    const Node* node_ = nullptr;
    NetworkView view_;
};

} // namespace

NetworkView view_network(const Graph& dataflow, int dsp_bits) {
    return Viewer(dataflow, dsp_bits).view();
}

} // namespace millrace::backends
