// SPDX-License-Identifier: Apache-2.0
#include "backends/vitis/top_view.hpp"

#include "backends/bit_writer.hpp"
#include "ir/circuit.hpp"
#include "ir/diagnostics.hpp"
#include "ir/schedule.hpp"

#include <algorithm>
#include <bit>
#include <fmt/format.h>

namespace millrace::backends {

namespace {

std::string_view rounding_type(Rounding mode) {
    switch (mode) {
    case Rounding::half_even:
        return "half_even";
    case Rounding::half_up:
        return "half_up";
    case Rounding::half_down:
        return "half_down";
    case Rounding::floor:
        return "floor";
    case Rounding::ceil:
        return "ceil";
    case Rounding::up:
        return "up";
    case Rounding::down:
        return "down";
    }
    throw Defect("unknown rounding mode");
}

std::string_view multiplier_type(ops::MultiplierStyle style) {
    switch (style) {
    case ops::MultiplierStyle::automatic:
        return "millrace::AutoMultiplier";
    case ops::MultiplierStyle::lut:
        return "millrace::LutMultiplier";
    case ops::MultiplierStyle::dsp:
        return "millrace::DspMultiplier";
    }
    throw Defect("unknown multiplier style");
}

std::string_view storage_implementation(ops::MemoryStyle style) {
    switch (style) {
    case ops::MemoryStyle::automatic:
        return "";
    case ops::MemoryStyle::lut:
        return "lutram";
    case ops::MemoryStyle::bram:
        return "bram";
    case ops::MemoryStyle::uram:
        return "uram";
    }
    throw Defect("unknown memory style");
}

std::string_view buffer_type(ops::MemoryStyle style) {
    switch (style) {
    case ops::MemoryStyle::automatic:
        return "millrace::AutoMemory";
    case ops::MemoryStyle::lut:
        return "millrace::LutMemory";
    case ops::MemoryStyle::bram:
        return "millrace::BramMemory";
    case ops::MemoryStyle::uram:
        return "millrace::UramMemory";
    }
    throw Defect("unknown memory style");
}

std::string_view reduction_type(ops::Reduction reduction) {
    switch (reduction) {
    case ops::Reduction::max:
        return "max";
    case ops::Reduction::min:
        return "min";
    case ops::Reduction::sum:
        return "sum";
    }
    throw Defect("unknown reduction");
}

class Viewer {
  public:
    explicit Viewer(const Graph& graph) : graph_(graph) {
        top_.stream_names.resize(graph.values.size());
    }

    TopView view() {
        name_streams();
        for (const Node& node : graph_.nodes) {
            node_ = &node;
            std::visit([this](const auto& op) { add(op); }, node.op);
        }
        return std::move(top_);
    }

  private:
    using Rows = std::vector<std::vector<std::int64_t>>;

    [[nodiscard]] const StreamType& stream(ValueId id) const {
        return std::get<StreamType>(graph_.value(id).type);
    }
    [[nodiscard]] const StreamType& input() const { return stream(node_->inputs.at(0)); }
    [[nodiscard]] const StreamType& output() const { return stream(node_->outputs.at(0)); }
    [[nodiscard]] std::int64_t channels() const {
        return input().shape.empty() ? 1 : input().shape.back();
    }
    [[nodiscard]] std::int64_t vectors() const { return element_count(input().shape) / channels(); }

    /// A FIFO node and the values on both sides of it are one hls::stream of the top; a reshape
    /// passes its stream on under another type.
    void name_streams() {
        for (const Node& node : graph_.nodes) {
            if (const auto* fifo = std::get_if<ops::Fifo>(&node.op)) {
                top_.streams.push_back({node.name, stream(node.outputs[0]).word_bits(), fifo->depth,
                                        std::string(storage_implementation(fifo->memory))});
                top_.stream_names[node.inputs[0]] = node.name;
                top_.stream_names[node.outputs[0]] = node.name;
            } else if (std::holds_alternative<ops::StreamReshape>(node.op)) {
                top_.stream_names[node.outputs[0]] = top_.stream_names[node.inputs[0]];
            }
        }
    }
    [[nodiscard]] const std::string& stream_name(ValueId id) const {
        if (top_.stream_names[id].empty()) {
            throw Defect(fmt::format("stream '{}' has no FIFO", graph_.value(id).name));
        }
        return top_.stream_names[id];
    }

    ActorView& add_actor(std::string function, std::string arguments) {
        ActorView actor;
        actor.name = node_->name;
        actor.function = std::move(function);
        actor.arguments = std::move(arguments);
        for (const ValueId id : node_->inputs) {
            actor.input_bits.push_back(stream(id).word_bits());
            actor.inputs.push_back(stream_name(id));
        }
        for (const ValueId id : node_->outputs) {
            actor.output_bits.push_back(stream(id).word_bits());
            actor.outputs.push_back(stream_name(id));
        }
        return top_.actors.emplace_back(std::move(actor));
    }

    void add(const ops::MemoryToStream&) {} // ports, see kernel_ports()
    void add(const ops::StreamToMemory&) {}
    void add(const ops::MatrixVector& op) {
        ActorView& actor = add_actor(
            "matrix_vector", fmt::format("{}, {}, {}, {}, {}", encoding_type(input().element),
                                         encoding_type(op.accumulator), vectors(),
                                         multiplier_type(op.multiplier), op.groups));
        actor.rom = storage_implementation(op.memory);
        actor.objects.push_back(actor.name + "_Weights");
        top_.objects.push_back(
            weight_object(actor.objects.back(), *op.weights, op.weight_format, op.pe, op.simd));
    }
    void add(const ops::Depthwise& op) {
        ActorView& actor = add_actor(
            "depthwise", fmt::format("{}, {}, {}, {}", encoding_type(input().element),
                                     encoding_type(op.accumulator),
                                     element_count(output().shape) / op.weights->shape()[1],
                                     multiplier_type(op.multiplier)));
        actor.rom = storage_implementation(op.memory);
        actor.objects.push_back(actor.name + "_Weights");
        top_.objects.push_back(weight_object(actor.objects.back(), *op.weights, op.weight_format,
                                             output().lanes, op.simd));
    }
    void add(const ops::Reduce& op) {
        const Shape& shape = input().shape;
        const std::int64_t words = shape[shape.size() - 2]; // of a block of channels
        add_actor("reduce", fmt::format("{}, {}, {}, {}, {}, millrace::Reduction::{}, {}",
                                        encoding_type(input().element), encoding_type(op.output),
                                        output().lanes, input().words() / words, words * op.simd,
                                        reduction_type(op.reduction), op.simd));
    }
    void add(const ops::Rearrange& op) {
        std::string loops;
        for (std::size_t i = 0; i < op.counts.size(); ++i) {
            loops += fmt::format("{}millrace::Loop<{}, {}>", i == 0 ? "" : ", ", op.counts[i],
                                 op.strides[i]);
        }
        add_actor("rearrange", fmt::format("{}, {}, {}, {}, {}, {}, millrace::Loops<{}>, {}",
                                           input().word_bits(), input().words(), op.depth,
                                           op.offset, schedule(graph_, *node_).interval(),
                                           ops::rearrange_monotone_loops(op.counts, op.strides),
                                           loops, buffer_type(op.memory)));
    }
    void add(const ops::ParallelWindow& op) {
        const Shape& shape = input().shape;
        const std::int64_t height = shape[shape.size() - 3];
        const std::int64_t width = shape[shape.size() - 2];
        const std::int64_t blocks = shape.back() / input().lanes;
        add_actor("parallel_window",
                  fmt::format("{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}", input().word_bits(),
                              height, width, op.kernel[0], op.kernel[1], op.strides[0],
                              op.strides[1], op.dilations[0], op.dilations[1],
                              input().words() / (height * width * blocks), blocks,
                              buffer_type(op.memory)));
    }
    void add(const ops::PadUnit& op) {
        const Shape& shape = input().shape;
        const std::int64_t height = shape[shape.size() - 3];
        const std::int64_t width = shape[shape.size() - 2];
        add_actor("pad",
                  fmt::format("{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}",
                              encoding_type(input().element), encoding_type(op.output), channels(),
                              input().lanes, height, width, op.top, op.bottom, op.left, op.right,
                              element_count(shape) / (height * width * channels())));
        add_operand("Values", op.values);
    }
    void add(const ops::AddJoin& op) {
        add_join("add_join", op.output);
        add_operand("Multiplier_a", op.multiplier_a);
        add_operand("Multiplier_b", op.multiplier_b);
    }
    void add(const ops::MulJoin& op) {
        add_join("mul_join", op.output);
        add_operand("Zero_a", op.zero_a);
        add_operand("Zero_b", op.zero_b);
    }
    void add_join(std::string function, const ElementFormat& output_format) {
        add_actor(std::move(function),
                  fmt::format("{}, {}, {}, {}, {}, {}", encoding_type(input().element),
                              encoding_type(stream(node_->inputs[1]).element),
                              encoding_type(output_format), channels(), input().lanes, vectors()));
    }
    void add(const ops::ConcatUnit& op) {
        std::string parts;
        for (const ValueId id : node_->inputs) {
            parts += fmt::format(", millrace::Part<{}, {}>", encoding_type(stream(id).element),
                                 stream(id).shape.back());
        }
        add_actor("concat", fmt::format("{}, {}, {}{}", input().lanes, encoding_type(op.output),
                                        vectors(), parts));
    }
    void add(const ops::DynamicMatrix& op) {
        const Shape& a = input().shape;
        const StreamType& b = stream(node_->inputs[1]);
        const std::int64_t rows = a[a.size() - 2];
        add_actor("dynamic_matrix",
                  fmt::format("{}, {}, {}, {}, {}, {}, {}, {}, {}, {}",
                              encoding_type(input().element), encoding_type(b.element),
                              encoding_type(op.accumulator), rows, a.back(), b.shape.back(),
                              b.lanes, element_count(a) / (rows * a.back()), op.zero_a, op.zero_b));
    }
    /// A number of each channel as an argument of the actor that was added last: a constant where
    /// all are equal, else a table.
    void add_operand(const std::string& suffix, const std::vector<std::int64_t>& values) {
        if (values.size() == 1) {
            top_.actors.back().operands.push_back(
                fmt::format("millrace::Constant<{}>()", values.front()));
            return;
        }
        add_table(suffix, column(values));
        top_.actors.back().operands.push_back(top_.actors.back().objects.back());
    }
    void add(const ops::WidthConverter& op) {
        add_actor("width_converter",
                  fmt::format("{}, {}, {}, {}", input().lanes, op.lanes, input().element.bits,
                              element_count(input().shape)));
    }
    void add(const ops::Fifo&) {}          // a stream of the top
    void add(const ops::StreamReshape&) {} // wires
    void add(const ops::Fork&) {
        add_actor("fork", fmt::format("{}", input().words())).frames_first = true;
    }
    void add(const ops::TopKUnit& op) {
        add_actor(op.with_values ? "top_k_values" : "top_k",
                  fmt::format("{}, {}, {}, {}, {}, {}, {}, {}", channels(), op.k, input().lanes,
                              encoding_type(input().element), output().element.bits, vectors(),
                              op.largest, op.last_index));
    }
    void add(const ops::FunctionUnit& op) {
        const std::string in = encoding_type(input().element);
        const std::string out = encoding_type(op.output);
        std::visit([&](const auto& form) { add_function(op, form, in, out); }, *op.form);
    }

    /// One number per channel as rows of one.
    static Rows column(const std::vector<std::int64_t>& values) {
        Rows rows;
        for (const std::int64_t value : values) {
            rows.push_back({value});
        }
        return rows;
    }
    /// A constant object of the actor that was added last. Names of actors are lower case: a suffix
    /// with a capital never collides.
    void add_object(const std::string& suffix, ParameterObject::Kind kind, const Rows& rows,
                    const ElementFormat& element) {
        ActorView& actor = top_.actors.back();
        actor.objects.push_back(actor.name + "_" + suffix);
        top_.objects.push_back(
            row_object(actor.objects.back(), kind, rows, element, channels(), input().lanes));
    }
    void add_table(const std::string& suffix, const Rows& rows) {
        add_object(suffix, ParameterObject::Kind::table, rows, format_of(rows));
    }
    /// Thresholds in the narrowest format; a tree has at least one, the filler is never reached.
    void add_tree(const std::string& suffix, Rows rows) {
        for (auto& row : rows) {
            if (row.empty()) {
                row.push_back(highest_value(input().element) + 1);
            }
        }
        add_object(suffix, ParameterObject::Kind::tree, rows, format_of(rows));
    }

    void add_function(const ops::FunctionUnit& /*op*/, const form::Identity& /*form*/,
                      const std::string& in, const std::string& out) {
        add_actor("map_identity",
                  fmt::format("{}, {}, {}, {}", input().lanes, in, out, input().words()));
    }
    void add_function(const ops::FunctionUnit& op, const form::Shift& form, const std::string& in,
                      const std::string& out) {
        add_actor("map_shift", fmt::format("{}, {}, {}, millrace::Rounding::{}, {}, {}, 0, {}", in,
                                           out, form.shift, rounding_type(form.rounding), form.lo,
                                           form.hi, vectors()))
            .rom = storage_implementation(op.memory);
        add_table("Add", column(form.add));
    }
    void add_function(const ops::FunctionUnit& op, const form::MultiplyAddShift& form,
                      const std::string& in, const std::string& out) {
        std::string arguments = fmt::format("{}, {}, {}, {}, {}, 0, {}", in, out, form.shift,
                                            form.lo, form.hi, vectors());
        if (form.add_shift != 0 || form.tie != 0) {
            arguments += fmt::format(", {}, {}LL", form.add_shift, form.tie);
        }
        add_actor("map_scale", std::move(arguments)).rom = storage_implementation(op.memory);
        add_table("Multiplier", column(form.multiplier));
        add_table("Offset", column(form.add));
    }
    void add_function(const ops::FunctionUnit& op, const form::Thresholds& form,
                      const std::string& in, const std::string& out) {
        const form::Thresholds compared = compared_thresholds(form, input().element, op.output);
        const std::vector<std::int64_t>& base = compared.base;
        const auto all_equal = [](const std::vector<std::int64_t>& values) {
            return std::all_of(values.begin(), values.end(),
                               [&](std::int64_t v) { return v == values.front(); });
        };
        const bool plain =
            all_equal(base) && all_equal(compared.step) && compared.step.front() == 1;
        if (plain) {
            add_actor("map_thresholds",
                      fmt::format("{}, {}, {}, {}", in, out, base.front(), vectors()));
        } else {
            add_actor("map_signed_thresholds", fmt::format("{}, {}, {}", in, out, vectors()));
        }
        top_.actors.back().rom = storage_implementation(op.memory);
        add_tree("Thresholds", compared.thresholds);
        if (!plain) {
            add_table("Base", column(base));
            std::vector<std::int64_t> falling;
            for (const std::int64_t step : compared.step) {
                falling.push_back(step < 0 ? 1 : 0);
            }
            add_object("Falling", ParameterObject::Kind::table, column(falling),
                       {1, Encoding::unsigned_integer});
        }
    }
    void add_function(const ops::FunctionUnit& op, const form::Breakpoints& form,
                      const std::string& in, const std::string& out) {
        add_actor("map_breakpoints", fmt::format("{}, {}, {}", in, out, vectors())).rom =
            storage_implementation(op.memory);
        Rows starts = form.starts;
        Rows values = form.values;
        for (auto& row : starts) {
            row.erase(row.begin()); // the first segment begins at the lowest argument
        }
        if (starts.front().empty()) {
            for (auto& row : values) {
                row.push_back(row.front()); // behind the threshold that is never reached
            }
        }
        add_tree("Breakpoints", std::move(starts));
        add_object("Values", ParameterObject::Kind::table, values, op.output);
    }
    void add_function(const ops::FunctionUnit& op, const form::Table& form, const std::string& in,
                      const std::string& out) {
        add_actor("map_table", fmt::format("{}, {}, {}, {}", in, out, form.lo, vectors())).rom =
            storage_implementation(op.memory);
        add_object("Table", ParameterObject::Kind::table, form.values, op.output);
    }

    template <class T>
    requires NetworkOp<T> || IntegerOp<T>
    void add(const T& /*op*/) { throw Defect(fmt::format("'{}' is not an actor", node_->name)); }

    const Graph& graph_;
    const Node* node_ = nullptr;
    TopView top_;
};

} // namespace

TopView view_top(const Graph& dataflow) { return Viewer(dataflow).view(); }

} // namespace millrace::backends
