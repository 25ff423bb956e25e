// SPDX-License-Identifier: Apache-2.0
//
// millrace inspect: what is in a model, and what stands in the way of compiling it.
//
// It goes as far as it can: operators and layers of whatever can be imported, and for what can be
// lowered the ranges, widths and the split between hardware and host.
#include "cli/command_line.hpp"
#include "cli/design_summary.hpp"
#include "cli/model_compiler.hpp"
#include "cli/terminal.hpp"
#include "ir/names.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <memory>

namespace millrace::cli {

namespace {

struct Arguments {
    ModelOptions model;
    bool json = false;
};

/// One node of the hardware part at the integer level.
struct Layer {
    std::string name;
    std::string kind;
    std::string op;
    std::string node;
    std::string input_shape;
    std::string output_shape;
    std::string input_format;
    std::string output_format;
    std::int64_t lo = 0; ///< range of the results
    std::int64_t hi = 0;
    std::int64_t macs = 0;
    std::int64_t weights = 0;
    int weight_bits = 0; ///< of one weight
};

struct Port {
    std::string name;
    std::string type;
    Shape shape;
};

std::vector<Port> ports(const Graph& network, const std::vector<ValueId>& values) {
    std::vector<Port> result;
    for (const ValueId id : values) {
        const Value& value = network.value(id);
        const RealType& type = std::get<RealType>(value.type);
        result.push_back({value.name, std::string(to_string(type.element)), type.shape});
    }
    return result;
}

/// Bits of one weight; -1 and +1 alone take one. `filled`: zeros are not of the model.
int width_of(const Tensor& weights, bool filled) {
    auto values = weights.to_int64();
    if (values && filled) {
        std::erase(*values, 0);
    }
    if (!values || values->empty()) {
        return 0;
    }
    const auto [lo, hi] = std::minmax_element(values->begin(), values->end());
    const bool bipolar =
        *lo == -1 && *hi == 1 && std::find(values->begin(), values->end(), 0) == values->end();
    return bipolar ? 1 : format_for(*lo, *hi).bits;
}

using LayerWork = std::map<std::string, frontend::LayerWork>;

/// Products and weights of a layer. Of a transposed convolution those of the model: the zeros that
/// fill the kernels of its phases, and their products, are the hardware's.
void count_work(const Graph& body, const Node& node, const LayerWork& transposed, Layer& layer) {
    const std::int64_t results = element_count(shape_of(body.value(node.outputs.at(0)).type));
    const auto with_weights = [&](const Tensor& weights) {
        const auto own = transposed.find(node.name);
        const bool filled = own != transposed.end() && own->second.weights < weights.size();
        layer.weights = filled ? own->second.weights : weights.size();
        layer.macs = own != transposed.end() ? own->second.macs : results * weights.shape().at(0);
        const auto values = filled ? weights.to_int64() : std::nullopt;
        const bool other_zeros = values && std::count(values->begin(), values->end(), 0) >
                                               weights.size() - own->second.weights;
        layer.weight_bits = width_of(weights, filled && !other_zeros);
    };
    if (const auto* matrix = std::get_if<ops::IntegerMatMul>(&node.op)) {
        with_weights(*matrix->weights);
    } else if (const auto* depthwise = std::get_if<ops::IntegerDepthwise>(&node.op)) {
        with_weights(*depthwise->weights);
    } else if (std::holds_alternative<ops::IntegerDynamicMatMul>(node.op)) {
        layer.macs = results * shape_of(body.value(node.inputs.at(0)).type).back();
    }
}

std::vector<Layer> layers_of(const Graph& body, const LayerWork& transposed) {
    std::vector<Layer> result;
    const std::vector<std::string> names = actor_names(body);
    for (std::size_t index = 0; index < body.nodes.size(); ++index) {
        const Node& node = body.nodes[index];
        const auto& from = std::get<IntegerType>(body.value(node.inputs.at(0)).type);
        const auto& to = std::get<IntegerType>(body.value(node.outputs.at(0)).type);
        Layer layer;
        layer.name = names[index];
        layer.kind = op_name(node.op);
        layer.op = node.onnx_op;
        layer.node = node.name;
        layer.input_shape = to_string(from.shape);
        layer.output_shape = to_string(to.shape);
        layer.input_format = to_string(from.format());
        layer.output_format = to_string(to.format());
        layer.lo = to.lowest();
        layer.hi = to.highest();
        count_work(body, node, transposed, layer);
        result.push_back(std::move(layer));
    }
    return result;
}

/// Products of the network level, for models that cannot be lowered.
std::int64_t network_macs(const Graph& network, const LayerWork& transposed) {
    std::int64_t macs = 0;
    for (const Node& node : network.nodes) {
        const auto shape = [&](ValueId id) -> const Shape& {
            return shape_of(network.value(id).type);
        };
        const std::int64_t results = element_count(shape(node.outputs.at(0)));
        if (std::holds_alternative<ops::MatMul>(node.op)) {
            const Shape& left = shape(node.inputs.at(0));
            macs += left.empty() ? 0 : results * left.back();
        } else if (std::holds_alternative<ops::Conv>(node.op)) {
            const auto own = transposed.find(node.name);
            const Shape& weights = shape(node.inputs.at(1));
            macs += own != transposed.end() ? own->second.macs
                                            : results * element_count(weights) / weights.at(0);
        }
    }
    return macs;
}

struct Findings {
    bool ok = false;
    std::optional<CompiledModel> model;
    std::map<std::string, int> operators; ///< also of models that cannot be imported
    std::vector<Layer> layers;
    std::vector<HostStep> host;
    std::int64_t macs = 0;
    std::int64_t weight_bits = 0;
};

Findings find(const Arguments& arguments, Diagnostics& diagnostics) {
    Findings findings;
    findings.model = import_model(arguments.model, diagnostics, &findings.operators);
    if (!findings.model) {
        return findings;
    }
    findings.macs =
        network_macs(findings.model->compilation.network, findings.model->imported.transposed);
    findings.ok = run_passes(*findings.model, arguments.model, diagnostics);
    const Program& program = findings.model->compilation.program;
    if (!program.body.values.empty()) {
        findings.layers = layers_of(program.body, findings.model->imported.transposed);
        findings.host = host_steps(program);
        findings.macs = 0;
        for (const Layer& layer : findings.layers) {
            findings.macs += layer.macs;
            findings.weight_bits += layer.weights * layer.weight_bits;
        }
    }
    return findings;
}

Json to_json(const std::vector<Port>& ports) {
    Json list = Json::array();
    for (const Port& port : ports) {
        list.push_back({{"name", port.name}, {"type", port.type}, {"shape", port.shape}});
    }
    return list;
}

Json to_json(const Findings& findings, const Diagnostics& diagnostics) {
    Json document{{"ok", findings.ok}};
    Json operators = Json::array();
    Json inputs = Json::array();
    Json outputs = Json::array();
    for (const auto& [name, count] : findings.operators) {
        operators.push_back({{"name", name}, {"count", count}});
    }
    if (findings.model) {
        const Graph& network = findings.model->compilation.network;
        inputs = to_json(ports(network, network.inputs));
        outputs = to_json(ports(network, network.outputs));
        document["producer"] = findings.model->imported.producer;
        document["ir_version"] = findings.model->imported.ir_version;
        Json opsets = Json::object();
        for (const auto& [domain, version] : findings.model->imported.opsets) {
            opsets[domain] = version;
        }
        document["opsets"] = std::move(opsets);
    }
    document["operators"] = std::move(operators);
    Json layers = Json::array();
    for (const Layer& layer : findings.layers) {
        layers.push_back({{"name", layer.name},
                          {"kind", layer.kind},
                          {"op", layer.op},
                          {"node", layer.node},
                          {"input", {{"shape", layer.input_shape}, {"format", layer.input_format}}},
                          {"output",
                           {{"shape", layer.output_shape},
                            {"format", layer.output_format},
                            {"range", {layer.lo, layer.hi}}}},
                          {"macs", layer.macs},
                          {"weights", layer.weights},
                          {"weight_bits", layer.weight_bits}});
    }
    document["layers"] = std::move(layers);
    Json host = Json::array();
    for (const HostStep& step : findings.host) {
        host.push_back(
            {{"where", step.before ? "before" : "after"}, {"op", step.op}, {"node", step.node}});
    }
    document["host"] = std::move(host);
    document["inputs"] = std::move(inputs);
    document["outputs"] = std::move(outputs);
    document["macs"] = findings.macs;
    document["weight_bits"] = findings.weight_bits;
    document["diagnostics"] = cli::to_json(diagnostics);
    return document;
}

void print_ports(std::string_view label, const std::vector<Port>& ports) {
    for (const Port& port : ports) {
        fmt::print("{:<12}{} {} {}\n", label, escaped(port.name), port.type, to_string(port.shape));
    }
}

void print_operators(const Findings& findings) {
    std::string operators;
    for (const auto& [name, count] : findings.operators) {
        operators += fmt::format("{}{} {}", operators.empty() ? "" : ", ", count, escaped(name));
    }
    if (!operators.empty()) {
        fmt::print("{:<12}{}\n", "operators", operators);
    }
}

void print_findings(const Findings& findings) {
    if (!findings.model) {
        print_operators(findings);
        return;
    }
    const frontend::ImportedModel& imported = findings.model->imported;
    const Graph& network = findings.model->compilation.network;
    if (!imported.producer.empty()) {
        fmt::print("{:<12}{}\n", "producer", escaped(imported.producer));
    }
    std::string opsets;
    for (const auto& [domain, version] : imported.opsets) {
        opsets += fmt::format("{}{} {}", opsets.empty() ? "" : ", ",
                              domain.empty() ? "ai.onnx" : escaped(domain), version);
    }
    fmt::print("{:<12}{}\n", "opsets", opsets);
    print_operators(findings);
    print_ports("input", ports(network, network.inputs));
    print_ports("output", ports(network, network.outputs));
    fmt::print("{:<12}{} multiply-accumulates a sample\n", "work", grouped(findings.macs));
    if (findings.layers.empty()) {
        return;
    }
    fmt::print("{:<12}{} bits\n", "weights", grouped(findings.weight_bits));
    const auto print_host = [&](bool before) {
        for (const HostStep& step : findings.host) {
            if (step.before == before) {
                fmt::print("  {} '{}'\n", escaped(step.op), escaped(step.node));
            }
        }
    };
    const auto on_host = [&](bool before) {
        return std::any_of(findings.host.begin(), findings.host.end(),
                           [&](const HostStep& step) { return step.before == before; });
    };
    if (on_host(true)) {
        fmt::print("\n{}\n", bold("on the host, before the hardware"));
        print_host(true);
    }
    fmt::print("\n{}\n", bold("in hardware"));
    Table table({"layer", "operator", "in", "out", "range", "weights", "bits", "MACs"});
    for (const Layer& layer : findings.layers) {
        const bool weights = layer.weights != 0;
        table.add({layer.name, escaped(layer.op.empty() ? layer.kind : layer.op),
                   layer.input_format + layer.input_shape, layer.output_format + layer.output_shape,
                   fmt::format("[{}, {}]", layer.lo, layer.hi),
                   weights ? grouped(layer.weights) : "",
                   weights ? fmt::format("{}", layer.weight_bits) : "",
                   layer.macs != 0 ? grouped(layer.macs) : ""});
    }
    table.print();
    if (on_host(false)) {
        fmt::print("\n{}\n", bold("on the host, after the hardware"));
        print_host(false);
    }
}

int inspect(const Arguments& arguments) {
    Diagnostics diagnostics;
    const Findings findings = find(arguments, diagnostics);
    if (arguments.json) {
        print_json(to_json(findings, diagnostics));
    } else {
        print_findings(findings);
    }
    print_diagnostics(diagnostics);
    return findings.ok ? exit_done : exit_refused;
}

} // namespace

Command add_inspect(CLI::App& root) {
    CLI::App* command = root.add_subcommand(
        "inspect", "Show what is in a model, what goes to hardware and what stands in the way");
    const auto arguments = std::make_shared<Arguments>();
    command->add_option("MODEL", arguments->model.model, "ONNX file")->required();
    add_compiler_options(*command, arguments->model, false);
    command->add_flag("--json", arguments->json, "Print one JSON document");
    command->footer("Example:\n  millrace inspect model.onnx");
    return {command, [arguments] { return inspect(*arguments); }};
}

} // namespace millrace::cli
