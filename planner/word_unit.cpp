// SPDX-License-Identifier: Apache-2.0
#include "planner/word_unit.hpp"

#include "ir/rearrange_walk.hpp"

#include <utility>

namespace millrace::planner {

WordUnit::WordUnit(Op op, StreamType input, ActorLibrary library)
    : op_(std::move(op)),
      input_(std::move(input)),
      library_(library) {}

const WordUnit::Plan& WordUnit::plan() const {
    if (std::exchange(plan_.made, true)) {
        return plan_;
    }
    Graph graph;
    graph.level = Level::dataflow;
    graph.library = library_;
    const ValueId input = graph.add_value("", input_);
    const std::vector<ValueId> made = std::visit(
        [&](const auto& op) { return graph.add_node(op, {input}, "unit", "", {""}); }, op_);
    plan_.output_lanes = std::get<StreamType>(graph.value(made[0]).type).lanes;
    plan_.schedule = schedule(graph, graph.nodes[0]);
    if (plan_.schedule.overlapped == 0) {
        return plan_;
    }
    const auto& op = std::get<ops::Rearrange>(op_);
    plan_.depth = static_cast<std::size_t>(op.depth);
    RearrangeOrder order(op);
    plan_.not_needed = static_cast<std::size_t>(order.low());
    while (!order.ended()) {
        plan_.addresses.push_back(static_cast<std::int32_t>(order.address()));
        order.advance();
        plan_.given_up.push_back(
            static_cast<std::int32_t>(order.ended() ? input_.words() : order.low()));
    }
    return plan_;
}

} // namespace millrace::planner
