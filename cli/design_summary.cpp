// SPDX-License-Identifier: Apache-2.0
#include "cli/design_summary.hpp"

#include "cli/resource_use.hpp"
#include "ir/diagnostics.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace millrace::cli {

namespace {

const StreamType* stream_of(const Graph& graph, ValueId id) {
    return std::get_if<StreamType>(&graph.value(id).type);
}

std::string format_of(const Graph& graph, ValueId id) {
    const ValueType& type = graph.value(id).type;
    if (const auto* stream = std::get_if<StreamType>(&type)) {
        return to_string(stream->element);
    }
    if (const auto* integer = std::get_if<IntegerType>(&type)) {
        return to_string(integer->format());
    }
    return "real";
}

int bits_of(std::int64_t lo, std::int64_t hi) { return format_for(lo, hi).bits; }

std::int64_t bits_of_rows(const std::vector<std::vector<std::int64_t>>& rows) {
    std::int64_t count = 0;
    int bits = 0;
    for (const auto& row : rows) {
        count += static_cast<std::int64_t>(row.size());
        if (!row.empty()) {
            const auto [lo, hi] = std::minmax_element(row.begin(), row.end());
            bits = std::max(bits, bits_of(*lo, *hi));
        }
    }
    return count * bits;
}

std::int64_t bits_of_list(const std::vector<std::int64_t>& values) {
    return values.size() == 1 ? 0 : bits_of_rows({values});
}

/// Bits of the parameters that a function's form stores; single constants are wires.
std::int64_t parameter_bits(const FunctionForm& form) {
    return std::visit(Overload{
                          [](const form::Identity&) { return std::int64_t{0}; },
                          [](const form::Shift& f) { return bits_of_list(f.add); },
                          [](const form::MultiplyAddShift& f) {
                              return bits_of_list(f.multiplier) + bits_of_list(f.add);
                          },
                          [](const form::Thresholds& f) { return bits_of_rows(f.thresholds); },
                          [](const form::Breakpoints& f) {
                              return bits_of_rows(f.starts) + bits_of_rows(f.values);
                          },
                          [](const form::Table& f) { return bits_of_rows(f.values); },
                      },
                      form);
}

std::string_view name_of(ops::Reduction reduction) {
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

/// Fills in what depends on the actor's kind. False: no row.
class Describe {
  public:
    Describe(const Graph& graph, const Node& node, ActorRow& row)
        : graph_(graph),
          node_(node),
          row_(row) {}

    bool operator()(const ops::MatrixVector& op) {
        row_.kind = "matrix_vector";
        row_.pe = op.pe;
        row_.simd = op.simd;
        describe_weights(*op.weights, op.weight_format);
        if (op.groups != 1) {
            row_.detail += fmt::format(", {} groups", op.groups);
        }
        return true;
    }
    bool operator()(const ops::Depthwise& op) {
        row_.kind = "depthwise";
        row_.pe = output_lanes();
        row_.simd = op.simd;
        describe_weights(*op.weights, op.weight_format);
        return true;
    }
    bool operator()(const ops::Reduce& op) {
        row_.kind = "reduce";
        row_.pe = output_lanes();
        row_.simd = op.simd;
        row_.detail = name_of(op.reduction);
        return true;
    }
    bool operator()(const ops::Rearrange& op) {
        same_lanes("rearrange");
        row_.detail = fmt::format("buffer of {} words", op.depth);
        return true;
    }
    bool operator()(const ops::ParallelWindow& op) {
        row_.kind = "parallel_window";
        row_.simd = input_lanes();
        row_.pe = output_lanes();
        row_.detail = fmt::format("{} x {}", op.kernel.at(0), op.kernel.at(1));
        return true;
    }
    bool operator()(const ops::PadUnit& op) {
        same_lanes("pad");
        row_.detail = fmt::format("top {}, bottom {}, left {}, right {}", op.top, op.bottom,
                                  op.left, op.right);
        return true;
    }
    bool operator()(const ops::AddJoin& op) {
        same_lanes("add");
        row_.detail = to_string(op.output);
        row_.weight_bits = bits_of_list(op.multiplier_a) + bits_of_list(op.multiplier_b);
        return true;
    }
    bool operator()(const ops::MulJoin& op) {
        same_lanes("mul");
        row_.detail = to_string(op.output);
        row_.weight_bits = bits_of_list(op.zero_a) + bits_of_list(op.zero_b);
        return true;
    }
    bool operator()(const ops::ConcatUnit& op) {
        same_lanes("concat");
        row_.detail = fmt::format("{} streams, {}", node_.inputs.size(), to_string(op.output));
        return true;
    }
    bool operator()(const ops::DynamicMatrix& op) {
        row_.kind = "dynamic_matrix";
        row_.pe = output_lanes();
        row_.detail = fmt::format("accumulator {}", to_string(op.accumulator));
        return true;
    }
    bool operator()(const ops::FunctionUnit& op) {
        row_.kind = "function";
        row_.pe = output_lanes();
        row_.detail = form_name(*op.form);
        row_.weight_bits = parameter_bits(*op.form);
        return true;
    }
    bool operator()(const ops::TopKUnit& op) {
        row_.kind = "topk";
        row_.simd = input_lanes();
        row_.detail = fmt::format("{} {} of {}", op.k, op.largest ? "largest" : "smallest",
                                  shape_of(graph_.value(node_.inputs[0]).type).back());
        return true;
    }
    bool operator()(const ops::MemoryToStream& op) {
        row_.kind = "memory_to_stream";
        row_.pe = op.lanes;
        row_.detail = fmt::format("{}-bit words", op.memory_bits);
        return true;
    }
    bool operator()(const ops::StreamToMemory& op) {
        row_.kind = "stream_to_memory";
        row_.simd = input_lanes();
        row_.detail = fmt::format("{}-bit words", op.memory_bits);
        return true;
    }
    bool operator()(const ops::WidthConverter& op) {
        row_.kind = "width_converter";
        row_.simd = input_lanes();
        row_.pe = op.lanes;
        row_.detail = fmt::format("{} to {} lanes", row_.simd, row_.pe);
        return true;
    }
    bool operator()(const ops::Fork& op) {
        same_lanes("fork");
        row_.detail = fmt::format("{} ways", op.ways);
        return true;
    }
    bool operator()(const ops::Fifo&) { return false; }
    bool operator()(const ops::StreamReshape&) { return false; }

    template <class T>
    requires NetworkOp<T> || IntegerOp<T>
    bool operator()(const T& /*op*/) {
        throw Defect("a dataflow graph holds an op of another level");
    }

  private:
    void describe_weights(const Tensor& weights, const ElementFormat& format) {
        row_.detail =
            fmt::format("{} x {}, {}", weights.shape()[0], weights.shape()[1], to_string(format));
        row_.weight_bits = weights.size() * format.bits;
    }
    void same_lanes(const char* kind) {
        row_.kind = kind;
        row_.simd = input_lanes();
        row_.pe = row_.simd;
    }
    [[nodiscard]] std::int64_t input_lanes() const {
        const StreamType* stream = stream_of(graph_, node_.inputs.at(0));
        return stream == nullptr ? 1 : stream->lanes;
    }
    [[nodiscard]] std::int64_t output_lanes() const {
        const StreamType* stream = stream_of(graph_, node_.outputs.at(0));
        return stream == nullptr ? 1 : stream->lanes;
    }

    const Graph& graph_;
    const Node& node_;
    ActorRow& row_;
};

/// Steps that the model does not have bring numbers to the hardware and back. The way there is
/// which integers the model's numbers are, which its own quantizer has said, and maybe their order;
/// on the way back they become real numbers again. Empty: nothing is computed.
std::string_view step_between(const Node& node, bool before) {
    if (std::holds_alternative<ops::Transpose>(node.op)) {
        return "reorder";
    }
    return before || std::holds_alternative<ops::Reshape>(node.op) ? "" : "dequantize";
}

void add_steps(std::vector<HostStep>& steps, const Graph& graph, bool before) {
    for (const Node& node : graph.nodes) {
        const std::string op(node.onnx_op.empty() ? step_between(node, before)
                                                  : std::string_view(node.onnx_op));
        const bool again = !steps.empty() && steps.back().before == before &&
                           steps.back().op == op && steps.back().node == node.name;
        if (!op.empty() && !again) {
            steps.push_back({before, op, node.name});
        }
    }
}

} // namespace

double DesignSummary::frames_per_second(double clock_mhz) const {
    return interval == 0 ? 0 : clock_mhz * 1e6 / static_cast<double>(interval);
}

std::string memory_text(const DesignSummary& summary, double clock_mhz) {
    const backends::MemoryTraffic& memory = summary.memory;
    return fmt::format("{} carries {:.4g} GB/s, {:.4g} are asked for{}", memory.name,
                       memory.gbytes_per_second, memory.asked(summary.interval, clock_mhz),
                       summary.is_limited_by_memory(clock_mhz) ? ": it binds" : "");
}

std::vector<HostStep> host_steps(const Program& program) {
    std::vector<HostStep> steps;
    add_steps(steps, program.head, true);
    add_steps(steps, program.tail, false);
    return steps;
}

DesignSummary summarize(const Program& program, const Graph& dataflow,
                        const CyclePrediction& cycles, Family family) {
    DesignSummary summary;
    std::int64_t inputs = 0;
    std::int64_t outputs = 0;
    for (std::size_t index = 0; index < dataflow.nodes.size(); ++index) {
        const Node& node = dataflow.nodes[index];
        ActorRow row;
        row.node = index;
        row.name = node.name;
        row.cost = node_cost(dataflow, node, family);
        summary.cost += row.cost;
        inputs += std::holds_alternative<ops::MemoryToStream>(node.op) ? 1 : 0;
        outputs += std::holds_alternative<ops::StreamToMemory>(node.op) ? 1 : 0;
        if (!std::visit(Describe(dataflow, node, row), node.op)) {
            summary.fifo_cost += row.cost;
            continue;
        }
        row.cycles = schedule(dataflow, node).interval();
        summary.slowest = std::max(summary.slowest, row.cycles);
        row.shape = to_string(shape_of(dataflow.value(node.outputs.at(0)).type));
        row.input = format_of(dataflow, node.inputs.at(0));
        row.output = format_of(dataflow, node.outputs.at(0));
        summary.actors.push_back(std::move(row));
    }
    summary.control_cost = control_cost(inputs, outputs, family);
    summary.cost += summary.control_cost;
    summary.interval = cycles.interval;
    summary.latency = cycles.latency;
    if (cycles.bottleneck < dataflow.nodes.size()) {
        summary.bottleneck = dataflow.nodes[cycles.bottleneck].name;
    }
    summary.host = host_steps(program);
    return summary;
}

void add_to_json(Json& document, const DesignSummary& summary, double clock_mhz, const Board* board,
                 std::int64_t compute_units) {
    document["interval_cycles"] = summary.interval;
    document["latency_cycles"] = summary.latency;
    document["fps"] = summary.frames_per_second(clock_mhz);
    const backends::MemoryTraffic& memory = summary.memory;
    document["memory"] = memory.name.empty()
                             ? Json()
                             : Json{{"name", memory.name},
                                    {"gbytes_per_second", memory.gbytes_per_second},
                                    {"asked", memory.asked(summary.interval, clock_mhz)},
                                    {"cycles", memory.cycles(clock_mhz)}};
    document["resources"] =
        resources_json(summary.cost, summary.fifo_cost, summary.control_cost, board, compute_units);
    Json layers = Json::array();
    for (const ActorRow& row : summary.actors) {
        Json layer{{"name", row.name},
                   {"kind", row.kind},
                   {"pe", row.pe},
                   {"simd", row.simd},
                   {"cycles", row.cycles}};
        layer.update(to_json(row.cost));
        layers.push_back(std::move(layer));
    }
    document["layers"] = std::move(layers);
    document["bottleneck"] = summary.bottleneck;
}

} // namespace millrace::cli
