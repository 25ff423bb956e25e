// SPDX-License-Identifier: Apache-2.0
#include "planner/frame_words.hpp"

#include "ir/diagnostics.hpp"

#include <limits>
#include <utility>

namespace millrace::planner {

namespace {

constexpr std::int64_t never = std::numeric_limits<std::int64_t>::min() / 4;

const Shape& shape_of(const Graph& body, ValueId id) {
    return std::get<IntegerType>(body.value(id).type).shape;
}

/// Of a value that is sent in blocks of channels, and of what reads it: the taps of [..., T, C].
std::int64_t sample_of(const Graph& body, const FrameStages& stages, ValueId id) {
    const Shape& shape = shape_of(body, id);
    return stages.is_window(id) ? shape[shape.size() - 2] : 1;
}

std::int64_t followed_elements(const Graph& body, const FrameStages& stages, ValueId id) {
    return element_count(shape_of(body, id)) / sample_of(body, stages, id);
}

/// Whether each word waits for elements and for the word before it, or comes from a unit.
bool is_followed(const Node& node) {
    return std::visit(Overload{
                          [](const ops::IntegerDynamicMatMul&) { return false; },
                          [&](const ops::IntegerTopK&) { return node.outputs.size() == 1; },
                          [](const auto&) { return true; },
                      },
                      node.op);
}

} // namespace

std::optional<std::int64_t> FrameWords::elements_of(const Graph& body, const DesignModel& model) {
    if (!model.knows_units() || !std::all_of(body.nodes.begin(), body.nodes.end(), is_followed)) {
        return std::nullopt;
    }
    std::int64_t elements = 0;
    for (ValueId id = 0; id < body.values.size(); ++id) {
        elements += followed_elements(body, model.stages(), id);
    }
    return elements;
}

FrameWords::FrameWords(const Graph& body, const DesignModel& model)
    : model_(model),
      stages_(model.stages().size()) {
    const FrameStages& stages = model.stages();
    const auto add = [&](std::size_t stage, ValueId id) -> Stage& {
        stages_[stage].elements = static_cast<std::size_t>(followed_elements(body, stages, id));
        stages_[stage].vector =
            static_cast<std::size_t>(stages.vector(id) / sample_of(body, stages, id));
        return stages_[stage];
    };
    const auto add_reader = [&](ValueId id, const ValueReader& reader) {
        const std::size_t stage = stages.of(reader);
        add(stage, id).sources.push_back({FrameStages::of(id)});
        order_.push_back(stage);
        return stage;
    };
    for (std::size_t i = 0; i < body.inputs.size(); ++i) {
        add(FrameStages::of(body.inputs[i]), body.inputs[i]);
        inputs_[FrameStages::of(body.inputs[i])] = model.ports().at(i);
    }
    for (std::size_t n = 0; n < body.nodes.size(); ++n) {
        const Node& node = body.nodes[n];
        for (std::size_t i = 0; i < node.inputs.size(); ++i) {
            add_reader(node.inputs[i], {n, i});
        }
        const bool reduces = std::holds_alternative<ops::IntegerDepthwise>(node.op) ||
                             std::holds_alternative<ops::IntegerReduce>(node.op);
        const bool rearranges = std::holds_alternative<ops::IntegerRearrange>(node.op);
        for (const ValueId output : node.outputs) {
            Stage& stage = add(FrameStages::of(output), output);
            order_.push_back(FrameStages::of(output));
            const ValueId from = node.inputs[0];
            if (rearranges || (reduces && !stages.is_window(from))) {
                const Shape& shape = shape_of(body, from);
                stage.taken = static_cast<std::size_t>(element_count(shape));
                stage.sample = static_cast<std::size_t>(reduces ? shape[shape.size() - 2]
                                                                : sample_of(body, stages, output));
            }
            for (std::size_t i = 0; i < node.inputs.size(); ++i) {
                Source& source = stage.sources.emplace_back(Source{stages.of({n, i})});
                if (rearranges || reduces) {
                    continue;
                }
                for (const std::int64_t needed : needed_elements(body, node, i, output, 1)) {
                    source.needs.push_back(static_cast<std::int32_t>(needed - 1));
                }
            }
        }
    }
    for (std::size_t i = 0; i < body.outputs.size(); ++i) {
        outputs_.push_back(add_reader(body.outputs[i], {body.nodes.size(), i}));
    }
}

std::int64_t FrameWords::arrival(std::size_t stage, std::size_t element, const Pace& pace) const {
    return pace.memory == 0 ? 0
                            : inputs_.at(stage).time(static_cast<std::int64_t>(element),
                                                     {pace.memory, pace.lanes});
}

std::vector<FrameFlow::Wait> FrameWords::waits(std::size_t stage) const {
    std::vector<FrameFlow::Wait> waits;
    for (std::size_t e = 0; e < arrivals(stage); ++e) {
        for (const Source& source : stages_[stage].sources) {
            if (source.needs.empty() || source.needs[e] >= 0) {
                waits.push_back({{stage, e, false}, {source.stage, needed(source, e), false}});
            }
        }
    }
    return waits;
}

std::int64_t FrameWords::latency(const std::vector<Pace>& paces) const {
    std::vector<std::vector<std::int64_t>> times(stages_.size());
    UnitTimes<std::int64_t> of_unit;
    const auto run = [&](std::size_t stage, std::int64_t before, const auto& there) {
        times[stage].resize(elements(stage));
        follow(stage, paces[stage], before, of_unit, there,
               [&](std::size_t begin, std::size_t end, std::int64_t time) {
                   std::fill(times[stage].begin() + static_cast<std::ptrdiff_t>(begin),
                             times[stage].begin() + static_cast<std::ptrdiff_t>(end), time);
                   return true;
               });
    };
    for (const auto& [stage, port] : inputs_) {
        run(stage, before_first(paces[stage]),
            [&, &stage = stage](std::size_t e) { return arrival(stage, e, paces[stage]); });
    }
    for (const std::size_t stage : order_) {
        run(stage, never, [&](std::size_t e) {
            std::int64_t latest = never;
            for (const Source& source : stages_[stage].sources) {
                const std::int32_t none = -1;
                if (source.needs.empty() || source.needs[e] != none) {
                    latest = std::max(latest, times[source.stage][needed(source, e)]);
                }
            }
            return latest;
        });
    }
    std::int64_t end = never;
    for (const std::size_t output : outputs_) {
        end = std::max(end, times[output].back());
    }
    return end < 0 ? 0 : end + 1;
}

} // namespace millrace::planner
