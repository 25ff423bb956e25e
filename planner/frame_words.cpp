// SPDX-License-Identifier: Apache-2.0
#include "planner/frame_words.hpp"

#include "ir/diagnostics.hpp"

#include <limits>

namespace millrace::planner {

namespace {

constexpr std::int64_t never = std::numeric_limits<std::int64_t>::min() / 4;
constexpr std::int64_t most_elements = 16384; // of all values

std::int64_t elements_of(const Graph& body, ValueId id) {
    return element_count(std::get<IntegerType>(body.value(id).type).shape);
}

/// Whether each word waits for elements and for the word before it, and for nothing else.
bool is_followed(const Node& node) {
    return std::visit(Overload{
                          [](const ops::IntegerMatMul&) { return true; },
                          [](const ops::IntegerFunction&) { return true; },
                          [](const ops::IntegerAdd&) { return true; },
                          [](const ops::IntegerMul&) { return true; },
                          [](const ops::IntegerConcat&) { return true; },
                          [](const ops::IntegerReshape&) { return true; },
                          [&](const ops::IntegerTopK&) { return node.outputs.size() == 1; },
                          [](const auto&) { return false; },
                      },
                      node.op);
}

} // namespace

bool FrameWords::can_follow(const Graph& body, const FrameStages& stages) {
    std::int64_t elements = 0;
    for (ValueId id = 0; id < body.values.size(); ++id) {
        if (stages.is_window(id)) {
            return false;
        }
        elements += elements_of(body, id);
    }
    return elements <= most_elements &&
           std::all_of(body.nodes.begin(), body.nodes.end(), is_followed);
}

FrameWords::FrameWords(const Graph& body, const FrameStages& stages,
                       const std::vector<InputPort>& ports)
    : stages_(stages.size()) {
    const auto add = [&](std::size_t stage, ValueId id) -> Stage& {
        stages_[stage].elements = static_cast<std::size_t>(elements_of(body, id));
        stages_[stage].vector = static_cast<std::size_t>(stages.vector(id));
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
        inputs_[FrameStages::of(body.inputs[i])] = ports.at(i);
    }
    for (std::size_t n = 0; n < body.nodes.size(); ++n) {
        const Node& node = body.nodes[n];
        for (std::size_t i = 0; i < node.inputs.size(); ++i) {
            add_reader(node.inputs[i], {n, i});
        }
        for (const ValueId output : node.outputs) {
            Stage& stage = add(FrameStages::of(output), output);
            for (std::size_t i = 0; i < node.inputs.size(); ++i) {
                Source source{stages.of({n, i})};
                for (const std::int64_t needed : needed_elements(body, node, i, output, 1)) {
                    source.needs.push_back(static_cast<std::int32_t>(needed - 1));
                }
                stage.sources.push_back(std::move(source));
            }
            order_.push_back(FrameStages::of(output));
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
    for (std::size_t e = 0; e < elements(stage); ++e) {
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
    const auto run = [&](std::size_t stage, std::int64_t before, const auto& there) {
        times[stage].resize(elements(stage));
        follow(elements(stage), paces[stage], before, there,
               [&](std::size_t begin, std::size_t end, std::int64_t time) {
                   std::fill(times[stage].begin() + static_cast<std::ptrdiff_t>(begin),
                             times[stage].begin() + static_cast<std::ptrdiff_t>(end), time);
                   return true;
               });
    };
    for (const auto& [stage, port] : inputs_) {
        run(stage, before_first(paces[stage]),
            [&](std::size_t e) { return arrival(stage, e, paces[stage]); });
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
