// SPDX-License-Identifier: Apache-2.0
//
// Both directions go through the text form of a graph, whose own tests do not use this file.
#include "tests/support/infer_text.hpp"

#include "ir/text.hpp"

#include <fmt/format.h>
#include <stdexcept>

namespace millrace::tests {

std::string type_text(const ValueType& type) {
    Graph graph;
    graph.inputs = {graph.add_value("x", type)};
    const std::string text = print(graph);
    constexpr std::string_view before = "input %x : ";
    const std::size_t start = text.find(before) + before.size();
    return text.substr(start, text.find('\n', start) - start);
}

ValueType parse_type(std::string_view text) {
    return parse_graph(fmt::format("network \"\" {{ input %x : {} }}", text)).values.at(0).type;
}

std::string infer_text(const std::vector<std::string_view>& inputs, std::string_view op) {
    std::string declarations;
    std::string arguments;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        declarations += fmt::format("input %x{} : {}\n", i, inputs[i]);
        arguments += fmt::format("{}%x{}", i == 0 ? "" : ", ", i);
    }
    const std::size_t name_end = std::min(op.find(' '), op.size());
    const Graph graph =
        parse_graph(fmt::format("network \"\" {{\n{} = {}({}){}\n}}", declarations,
                                op.substr(0, name_end), arguments, op.substr(name_end)));
    const Node& node = graph.nodes.at(0);
    std::string result;
    try {
        for (const ValueType& type : infer(node.op, graph.type_list(node.inputs))) {
            result += (result.empty() ? "" : " & ") + type_text(type);
        }
    } catch (const TypeError& error) {
        return fmt::format("error: {}", error.what());
    }
    return result;
}

std::string infer_text(std::string_view input, std::string_view op) {
    return infer_text(std::vector{input}, op);
}

} // namespace millrace::tests
