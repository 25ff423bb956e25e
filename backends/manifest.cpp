// SPDX-License-Identifier: Apache-2.0
#include "backends/manifest.hpp"

#include "ir/diagnostics.hpp"
#include "ir/host_quantizer.hpp"
#include "ir/host_tables.hpp"
#include "ir/selected_output.hpp"

#include <cmath>
#include <fmt/format.h>

namespace millrace::backends {

namespace {

using Json = nlohmann::ordered_json;

// Names of a model are arbitrary bytes; JSON holds text only.
std::string text(const std::string& name) { return escaped(name); }

Json number(const Real& value) {
    Json json;
    json["exact"] = value.to_string();
    const double nearest = value.to_double();
    json["value"] = nearest;
    // Beyond the doubles there is nothing that could be added to infinity.
    json["rest"] = std::isfinite(nearest) ? (value - Real::from_double(nearest)).to_double() : 0.0;
    return json;
}

Json numbers(const Tensor& tensor) {
    // Floats of a model are exact as JSON numbers; only other reals need their text.
    Json values = Json::array();
    for (std::int64_t i = 0; i < tensor.size(); ++i) {
        const Real value = tensor.at(i);
        const double nearest = value.to_double();
        if (Real::from_double(nearest) == value) {
            values.push_back(nearest);
        } else {
            values.push_back(number(value));
        }
    }
    return values;
}

Json tensor_json(const Tensor& tensor) {
    Json json;
    json["shape"] = tensor.shape();
    json["values"] = numbers(tensor);
    return json;
}

/// The fields of network-level ops as JSON.
class FieldWriter {
  public:
    explicit FieldWriter(Json& json) : json_(json) {}
    void operator()(std::string_view name, bool value) { json_[std::string(name)] = value; }
    void operator()(std::string_view name, std::int64_t value) { json_[std::string(name)] = value; }
    void operator()(std::string_view name, const Real& value) {
        json_[std::string(name)] = number(value);
    }
    void operator()(std::string_view name, const std::optional<Real>& value) {
        json_[std::string(name)] = value ? number(*value) : Json();
    }
    void operator()(std::string_view name, const std::vector<std::int64_t>& value) {
        json_[std::string(name)] = value;
    }
    void operator()(std::string_view name, const TensorPtr& value) {
        json_[std::string(name)] = value ? tensor_json(*value) : Json();
    }
    void operator()(std::string_view name, Rounding value) {
        json_[std::string(name)] = to_string(value);
    }
    void operator()(std::string_view name, DataType value) {
        json_[std::string(name)] = to_string(value);
    }
    /// Fields of the other levels do not occur in host graphs.
    template <class T> void operator()(std::string_view name, const T& /*value*/) {
        throw Defect(fmt::format("field {} in a host graph", name));
    }

  private:
    Json& json_;
};

Json port_json(const Graph& graph, ValueId id, const std::string& name) {
    const auto& type = std::get<RealType>(graph.value(id).type);
    Json json;
    json["name"] = text(name);
    json["shape"] = type.shape;
    json["element"] = to_string(type.element);
    return json;
}

} // namespace

Json grid_json(const Grid& grid) {
    Json json;
    json["scale"] = Json::array();
    for (const Real& scale : grid.scale) {
        json["scale"].push_back(number(scale));
    }
    json["zero_point"] = Json::array();
    for (const Real& point : grid.zero_point) {
        json["zero_point"].push_back(number(point));
    }
    return json;
}

Json host_graph_json(const Graph& graph) {
    Json json;
    json["inputs"] = Json::array();
    for (const ValueId id : graph.inputs) {
        json["inputs"].push_back({{"value", id}, {"name", text(graph.value(id).name)}});
    }
    json["constants"] = Json::array();
    for (std::size_t id = 0; id < graph.values.size(); ++id) {
        if (graph.values[id].constant) {
            Json constant = tensor_json(*graph.values[id].constant);
            constant["value"] = id;
            json["constants"].push_back(std::move(constant));
        }
    }
    json["steps"] = Json::array();
    for (const Node& node : graph.nodes) {
        Json step;
        step["op"] = op_name(node.op);
        step["inputs"] = node.inputs;
        step["outputs"] = node.outputs;
        Json fields = Json::object();
        std::visit(
            [&](const auto& op) { std::decay_t<decltype(op)>::fields(op, FieldWriter(fields)); },
            node.op);
        step["fields"] = std::move(fields);
        json["steps"].push_back(std::move(step));
    }
    json["outputs"] = graph.outputs;
    return json;
}

Json model_interface_json(const Graph& network, const Program& program) {
    Json json;
    json["inputs"] = Json::array();
    // Head and tail have the network's inputs and outputs in its order, with its names there.
    for (std::size_t i = 0; i < network.inputs.size(); ++i) {
        json["inputs"].push_back(port_json(program.head, program.head.inputs.at(i),
                                           network.value(network.inputs[i]).name));
    }
    json["outputs"] = Json::array();
    for (std::size_t i = 0; i < network.outputs.size(); ++i) {
        json["outputs"].push_back(port_json(program.tail, program.tail.outputs.at(i),
                                            network.value(network.outputs[i]).name));
    }
    const std::optional<std::size_t> selected = selected_output(network);
    json["selection"] = selected ? Json(*selected) : Json();
    return json;
}

Json input_quantizer_json(const Program& program, std::size_t body_input) {
    constexpr std::size_t most_levels = 4096; // beyond that a table of floats says nothing
    const auto chain = host_chain(program.head, program.head.outputs.at(body_input));
    if (!chain) {
        return {};
    }
    const auto& type =
        std::get<RealType>(program.head.value(program.head.inputs[chain->input]).type);
    Json json;
    json["input"] = chain->input;
    if (!chain->perm.empty()) {
        json["transpose"] = {{"shape", chain->factors}, {"perm", chain->perm}};
    }
    if (is_integer(type.element)) {
        return chain->function->steps.empty() ? json : Json();
    }
    const auto thresholds = float_thresholds(*chain->function);
    if (!thresholds || thresholds->starts.size() > most_levels) {
        return {};
    }
    json["base"] = thresholds->base;
    json["step"] = thresholds->step;
    json["thresholds"] = Json::array();
    for (const float start : thresholds->starts) {
        json["thresholds"].push_back(static_cast<double>(start));
    }
    return json;
}

Json decoders_json(const Program& program) {
    constexpr std::int64_t most_entries = 65536; // about a megabyte of text
    Json json = Json::array();
    for (const ValueId output : program.tail.outputs) {
        const auto table = host_table(program, output, most_entries);
        if (!table) {
            json.push_back(nullptr);
            continue;
        }
        Json decoder;
        decoder["port"] = table->body_output;
        decoder["lo"] = table->lo;
        decoder["entries"] = table->entries;
        decoder["channels"] = table->channels();
        decoder["values"] = Json::array();
        bool finite = true;
        for (const float value : table->values) {
            finite = finite && std::isfinite(value);
            decoder["values"].push_back(static_cast<double>(value));
        }
        if (!table->perm.empty()) {
            decoder["transpose"] = {{"shape", table->factors}, {"perm", table->perm}};
        }
        // JSON has no infinities: a result beyond the floats is left to the tail.
        json.push_back(finite ? std::move(decoder) : Json());
    }
    return json;
}

} // namespace millrace::backends
