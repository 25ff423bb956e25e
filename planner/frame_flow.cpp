// SPDX-License-Identifier: Apache-2.0
#include "planner/frame_flow.hpp"

#include "ir/diagnostics.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace millrace::planner {

namespace {

/// Of what waits for no input: the edges of pads, for example, may be there before a frame comes.
constexpr std::int64_t never = std::numeric_limits<std::int64_t>::min() / 4;

std::int64_t later(std::int64_t time, std::int64_t cycles) {
    return time == never ? never : time + cycles;
}

const Shape& shape_of(const Graph& body, ValueId id) {
    return std::get<IntegerType>(body.value(id).type).shape;
}

std::int64_t channels_of(const Graph& body, ValueId id) {
    return std::get<IntegerType>(body.value(id).type).channels();
}

/// Where an element stands behind the padding.
std::int64_t padded_position(const ops::IntegerPad& op, const Shape& from, const Shape& to,
                             std::int64_t element) {
    std::int64_t at = 0;
    std::int64_t place = 1;
    for (std::size_t axis = from.size(); axis-- > 0;) {
        at += (element % from[axis] + op.begin[axis]) * place;
        element /= from[axis];
        place *= to[axis];
    }
    return at;
}

/// Of all counts at once: elements of the input in the order in which they leave.
std::vector<std::int64_t> needed_by_rearrangement(const ops::IntegerRearrange& op,
                                                  std::int64_t step) {
    std::vector<std::int64_t> needed;
    std::vector<std::int64_t> digits(op.counts.size(), 0);
    std::int64_t source = op.offset;
    std::int64_t last = -1;
    std::int64_t sent = 0;
    for (;;) {
        last = std::max(last, source);
        if (++sent % step == 0) {
            needed.push_back(last + 1);
        }
        std::size_t axis = digits.size();
        while (axis > 0 && ++digits[axis - 1] == op.counts[axis - 1]) {
            --axis;
            source -= (op.counts[axis] - 1) * op.strides[axis];
            digits[axis] = 0;
        }
        if (axis == 0) {
            return needed;
        }
        source += op.strides[axis - 1];
    }
}

/// For the first `count` elements of the result.
std::int64_t needed_for(const Graph& body, const Node& node, std::size_t input, ValueId output,
                        std::int64_t count) {
    const Shape& from = shape_of(body, node.inputs.at(input));
    const Shape& to = shape_of(body, output);
    const std::int64_t elements = element_count(from);
    const auto windows = [&] { // of [T, C]
        return (count + to.back() - 1) / to.back() * from[from.size() - 2] * from.back();
    };
    return std::visit(
        Overload{
            [&](const ops::IntegerPad& op) {
                std::int64_t few = 0; // all of these stand before `count`
                std::int64_t many = elements;
                while (few < many) {
                    const std::int64_t middle = few + (many - few) / 2;
                    if (padded_position(op, from, to, middle) < count) {
                        few = middle + 1;
                    } else {
                        many = middle;
                    }
                }
                return few;
            },
            [&](const ops::IntegerConcat&) {
                std::int64_t offset = 0;
                for (std::size_t i = 0; i < input; ++i) {
                    offset += channels_of(body, node.inputs[i]);
                }
                return count / to.back() * from.back() +
                       std::clamp<std::int64_t>(count % to.back() - offset, 0, from.back());
            },
            [&](const ops::IntegerMatMul& op) {
                const std::int64_t results = op.weights->shape()[1] / op.groups;
                return (count + results - 1) / results * op.weights->shape()[0];
            },
            [&](const ops::IntegerDepthwise&) { return windows(); },
            [&](const ops::IntegerReduce&) { return windows(); },
            [&](const ops::IntegerTopK& op) { return (count + op.k - 1) / op.k * from.back(); },
            [&](const ops::IntegerDynamicMatMul&) {
                const std::int64_t rows = (count + to.back() - 1) / to.back();
                const Shape& a = shape_of(body, node.inputs[0]);
                const std::int64_t matrices = (rows + a[a.size() - 2] - 1) / a[a.size() - 2];
                return input == 0 ? rows * from.back() : matrices * a.back() * to.back();
            },
            [&](const auto&) { return std::min(count, elements); },
        },
        node.op);
}

/// When what a vector of an input waits for is there.
Arrival there_of(const SlowInput* input, std::size_t vector) {
    return input == nullptr ? Arrival{never, never, never} : input->arrivals[vector];
}

} // namespace

FrameStages::FrameStages(const Graph& body, const std::vector<ActorChoices>& choices)
    : size_(body.values.size()) {
    for (const Node& node : body.nodes) {
        readers_.push_back(size_);
        size_ += node.inputs.size();
    }
    readers_.push_back(size_);
    size_ += body.outputs.size();
    for (ValueId id = 0; id < body.values.size(); ++id) {
        vectors_.push_back(channels_of(body, id));
    }
    is_window_.assign(body.values.size(), false);
    for (const ActorChoices& actor : choices) {
        if (actor.first_node != actor.node) {
            const ValueId window = body.nodes[actor.first_node].outputs.at(0);
            vectors_[window] = actor.inputs * actor.outputs;
            is_window_[window] = true;
        }
    }
}

std::vector<std::int64_t> needed_elements(const Graph& body, const Node& node, std::size_t input,
                                          ValueId output, std::int64_t step) {
    if (const auto* op = std::get_if<ops::IntegerRearrange>(&node.op)) {
        return needed_by_rearrangement(*op, step);
    }
    std::vector<std::int64_t> needed;
    for (std::int64_t count = step; count <= element_count(shape_of(body, output)); count += step) {
        needed.push_back(needed_for(body, node, input, output, count));
    }
    return needed;
}

FrameFlow::First FrameFlow::first_of(const Node& node, std::size_t input,
                                     const FrameStages& stages) {
    const ValueId from = node.inputs[input];
    const ValueId to = node.outputs[0];
    return std::visit(
        Overload{
            // Of groups, the first results wait for the first inputs only.
            [&](const ops::IntegerMatMul& op) {
                return op.groups == 1 ? First::last : First::unknown;
            },
            [](const ops::IntegerDynamicMatMul&) { return First::last; },
            [](const ops::IntegerTopK&) { return First::last; },
            // The first block of channels waits for the window's last pixel.
            [](const ops::IntegerDepthwise&) { return First::first; },
            [](const ops::IntegerReduce&) { return First::first; },
            // That is what the first word of a window stands for, of which blocks are sent.
            [&](const ops::IntegerRearrange&) {
                return stages.is_window(to) ? First::first : First::unknown;
            },
            [&](const ops::IntegerConcat&) { return input == 0 ? First::first : First::unknown; },
            [&](const auto&) {
                return stages.vector(from) == stages.vector(to) ? First::first : First::unknown;
            },
        },
        node.op);
}

Words SlowInput::words(std::size_t number, const Pace& pace, std::int64_t before) const {
    Words words{never, never};
    const std::int64_t begin = static_cast<std::int64_t>(number) * vector;
    for (std::int64_t end = begin + pace.lanes; end <= begin + vector; end += pace.lanes) {
        before = std::max(before + pace.word,
                          port.time(end - 1, {pace.memory, pace.lanes}) + pace.delay);
        words.first = words.first == never ? before : words.first;
    }
    words.last = before;
    return words;
}

FrameFlow::FrameFlow(const Graph& body, const FrameStages& stages,
                     const std::vector<InputPort>& ports)
    : counts_(stages.size(), 0) {
    const auto count = [&](ValueId id) {
        return static_cast<std::size_t>(element_count(shape_of(body, id)) / stages.vector(id));
    };
    const auto add_reader = [&](ValueId id, const ValueReader& reader) {
        const std::size_t stage = stages.of(reader);
        counts_[stage] = count(id);
        made_.push_back({stage, {{FrameStages::of(id), First::first}}});
        return stage;
    };
    for (std::size_t i = 0; i < body.inputs.size(); ++i) {
        const ValueId id = body.inputs[i];
        const std::size_t stage = FrameStages::of(id);
        inputs_.push_back(stage);
        counts_[stage] = count(id);
        if (i < ports.size() && ports[i].is_slow()) {
            SlowInput& input = slow_inputs_[stage];
            input.port = ports[i];
            input.vector = stages.vector(id);
            for (std::size_t v = 0; v < counts_[stage]; ++v) {
                const std::int64_t begin = static_cast<std::int64_t>(v) * input.vector;
                input.arrivals.push_back({never, input.port.least_time(begin),
                                          input.port.least_time(begin + input.vector - 1)});
            }
        }
    }
    for (std::size_t n = 0; n < body.nodes.size(); ++n) {
        const Node& node = body.nodes[n];
        for (std::size_t i = 0; i < node.inputs.size(); ++i) {
            add_reader(node.inputs[i], {n, i});
        }
        for (const ValueId output : node.outputs) {
            counts_[FrameStages::of(output)] = count(output);
            Made made{FrameStages::of(output), {}};
            for (std::size_t i = 0; i < node.inputs.size(); ++i) {
                Source source{stages.of({n, i}), first_of(node, i, stages)};
                const std::int64_t vector = stages.vector(node.inputs[i]);
                for (const std::int64_t needed :
                     needed_elements(body, node, i, output, stages.vector(output))) {
                    const bool whole = needed % vector == 0 || stages.is_window(node.inputs[i]);
                    const std::int64_t vectors = (whole ? needed : needed + vector - 1) / vector;
                    source.needs.push_back({static_cast<std::int32_t>(vectors - 1), whole});
                }
                made.sources.push_back(std::move(source));
            }
            made_.push_back(std::move(made));
        }
    }
    for (std::size_t i = 0; i < body.outputs.size(); ++i) {
        outputs_.push_back(add_reader(body.outputs[i], {body.nodes.size(), i}));
    }
}

std::optional<FrameFlow::Link> FrameFlow::link(const Source& source, std::size_t vector,
                                               bool first) {
    const Need need =
        source.needs.empty() ? Need{static_cast<std::int32_t>(vector), true} : source.needs[vector];
    // Where the first word needs less than the last, of a vector that is not needed whole it may
    // need nothing.
    if (need.vector < 0 || (first && (source.first == First::unknown ||
                                      (source.first == First::first && !need.whole)))) {
        return std::nullopt;
    }
    return Link{static_cast<std::size_t>(need.vector),
                !need.whole || (first && source.first == First::first)};
}

Arrival FrameFlow::arrival(const Made& made, std::size_t vector, const Times& times) {
    Arrival latest{never, never, never};
    for (const Source& source : made.sources) {
        for (const bool first : {true, false}) {
            if (const std::optional<Link> from = link(source, vector, first)) {
                std::int64_t& own = !first        ? latest.last
                                    : from->first ? latest.begin
                                                  : latest.first;
                own = std::max(own, from->time(times[source.stage]));
            }
        }
    }
    return latest;
}

Words FrameFlow::ready(const Arrival& there, const Pace& pace, std::int64_t before) {
    const std::int64_t first =
        std::max({later(there.begin, pace.delay + pace.head), later(there.first, pace.delay),
                  later(before, pace.step - pace.spread)});
    return {first, std::max(later(there.last, pace.delay + pace.tail), later(first, pace.spread))};
}

FrameFlow::Times FrameFlow::follow(const std::vector<Pace>& paces, bool exactly) const {
    Times times(counts_.size());
    for (const std::size_t stage : inputs_) {
        const Pace& pace = paces[stage];
        const SlowInput* slow = slow_input(stage);
        std::int64_t before = pace.delay - 1; // the first word at 0
        for (std::size_t v = 0; v < counts_[stage]; ++v) {
            if (slow != nullptr && exactly && pace.memory > 0) {
                times[stage].push_back(slow->words(v, pace, before));
            } else {
                times[stage].push_back(ready(there_of(slow, v), pace, before));
            }
            before = times[stage].back().last;
        }
    }
    for (const Made& made : made_) {
        const Pace& pace = paces[made.stage];
        std::vector<Words>& words = times[made.stage];
        words.resize(counts_[made.stage]);
        std::int64_t before = never;
        for (std::size_t v = 0; v < words.size(); ++v) {
            words[v] = ready(arrival(made, v, times), pace, before);
            if (exactly && pace.single()) {
                words[v].first = words[v].last;
            }
            before = words[v].last;
        }
    }
    return times;
}

std::optional<std::pair<std::size_t, std::int64_t>> FrameFlow::end_of(const Times& times) const {
    std::pair<std::size_t, std::int64_t> end{0, never};
    for (const std::size_t output : outputs_) {
        if (times[output].back().last > end.second) {
            end = {output, times[output].back().last};
        }
    }
    return end.second == never ? std::nullopt : std::optional(end);
}

std::int64_t FrameFlow::latency(const std::vector<Pace>& paces) const {
    const auto end = end_of(follow(paces, true));
    return end ? end->second + 1 : 0;
}

std::vector<std::size_t> FrameFlow::order() const {
    std::vector<std::size_t> order = inputs_;
    for (const Made& made : made_) {
        order.push_back(made.stage);
    }
    return order;
}

bool FrameFlow::is_input(std::size_t stage) const {
    return std::find(inputs_.begin(), inputs_.end(), stage) != inputs_.end();
}

bool FrameFlow::is_output(std::size_t stage) const {
    return std::find(outputs_.begin(), outputs_.end(), stage) != outputs_.end();
}

std::vector<FrameFlow::Wait> FrameFlow::waits(std::size_t stage) const {
    std::vector<Wait> waits;
    const auto made = std::find_if(made_.begin(), made_.end(),
                                   [&](const Made& one) { return one.stage == stage; });
    for (std::size_t v = 0; made != made_.end() && v < counts_[stage]; ++v) {
        for (const Source& source : made->sources) {
            for (const bool first : {true, false}) {
                if (const std::optional<Link> from = link(source, v, first)) {
                    waits.push_back({{stage, v, first}, {source.stage, from->vector, from->first}});
                }
            }
        }
    }
    return waits;
}

FrameFlow::Path FrameFlow::longest(const std::vector<Pace>& paces) const {
    const Times times = follow(paces);
    Path path;
    path.counts.resize(paces.size());
    const auto end = end_of(times);
    if (!end) {
        return path;
    }
    std::size_t stage = end->first;
    path.latency = end->second + 1;
    std::vector<const Made*> made(counts_.size(), nullptr);
    for (const Made& one : made_) {
        made[one.stage] = &one;
    }
    // Back from the last word, at each to one that makes it as late as it is.
    std::size_t vector = counts_[stage] - 1;
    bool first = false;
    path.exits.push_back({stage, vector, first});
    for (;;) {
        const Pace& pace = paces[stage];
        Pace& count = path.counts[stage];
        const Words& at = times[stage][vector];
        if (!first && at.first != never && at.first + pace.spread == at.last) {
            ++count.spread;
            first = true;
        }
        const std::int64_t time = first ? at.first : at.last;
        if (first && (vector > 0 || made[stage] == nullptr)) {
            const std::int64_t before = vector > 0 ? times[stage][vector - 1].last : pace.delay - 1;
            if (before != never && before + pace.step - pace.spread == time) {
                ++count.step;
                --count.spread;
                first = false;
                if (vector > 0) {
                    --vector;
                    continue;
                }
                ++count.delay; // the beginning
                return path;
            }
        }
        ++count.delay;
        if (made[stage] == nullptr) {
            // Memory's pace, if there is one; else a first word that nothing keeps waiting.
            const Arrival there = there_of(slow_input(stage), vector);
            const std::int64_t since = first ? there.first : there.last;
            count.tail += first || since == never ? 0 : 1;
            path.start = since == never ? 0 : since + 1;
            return path;
        }
        std::optional<Link> from;
        const auto source = std::find_if(
            made[stage]->sources.begin(), made[stage]->sources.end(), [&](const Source& one) {
                from = link(one, vector, first);
                return from &&
                       later(from->time(times[one.stage]), passing(*from, pace, first)) == time;
            });
        if (source == made[stage]->sources.end()) {
            throw Defect("a word that waits for nothing");
        }
        count.tail += first ? 0 : 1;
        count.head += first && from->first ? 1 : 0;
        stage = source->stage;
        vector = from->vector;
        first = from->first;
        path.exits.push_back({stage, vector, first});
    }
}

FrameFlow::Through FrameFlow::through(const std::vector<Pace>& paces) const {
    const Times times = follow(paces);
    Through result;
    result.is_input_.assign(counts_.size(), false);
    result.before_.resize(counts_.size());
    result.behind_.resize(counts_.size());
    for (std::size_t stage = 0; stage < counts_.size(); ++stage) {
        result.before_[stage].assign(counts_[stage], {never, never, never});
        result.behind_[stage].assign(counts_[stage], {never, never});
    }
    for (const std::size_t stage : inputs_) {
        result.is_input_[stage] = true;
        for (std::size_t v = 0; v < counts_[stage]; ++v) {
            result.before_[stage][v] = there_of(slow_input(stage), v);
        }
    }
    for (const std::size_t stage : outputs_) {
        result.behind_[stage].back().last = 0;
    }
    for (auto made = made_.rbegin(); made != made_.rend(); ++made) {
        const Pace& pace = paces[made->stage];
        const std::vector<Words>& behind = result.behind_[made->stage];
        Words way{never, never}; // from here, over the next words of the stage, too
        for (std::size_t v = behind.size(); v-- > 0;) {
            result.before_[made->stage][v] = arrival(*made, v, times);
            way.last = std::max(behind[v].last, later(way.first, pace.step - pace.spread));
            way.first = std::max(behind[v].first, later(way.last, pace.spread));
            for (const Source& source : made->sources) {
                for (const bool first : {true, false}) {
                    if (const std::optional<Link> to = link(source, v, first)) {
                        Words& from = result.behind_[source.stage][to->vector];
                        std::int64_t& own = to->first ? from.first : from.last;
                        own = std::max(
                            own, later(first ? way.first : way.last, passing(*to, pace, first)));
                    }
                }
            }
        }
    }
    return result;
}

std::int64_t FrameFlow::words() const {
    std::int64_t words = 0;
    for (std::size_t stage = 0; stage < counts_.size(); ++stage) {
        words += this->words(stage);
    }
    return words;
}

std::int64_t FrameFlow::Through::latency(std::size_t stage, const Pace& pace) const {
    std::int64_t before = is_input_[stage] ? pace.delay - 1 : never;
    std::int64_t latest = never;
    for (std::size_t v = 0; v < before_[stage].size(); ++v) {
        const auto [first, last] = ready(before_[stage][v], pace, before);
        const Words& behind = behind_[stage][v];
        if (first != never && behind.first != never) {
            latest = std::max(latest, first + behind.first);
        }
        if (last != never && behind.last != never) {
            latest = std::max(latest, last + behind.last);
        }
        before = last;
    }
    return latest == never ? 0 : latest + 1;
}

} // namespace millrace::planner
