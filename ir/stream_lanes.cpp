// SPDX-License-Identifier: Apache-2.0
#include "ir/stream_lanes.hpp"

#include "ir/diagnostics.hpp"
#include "ir/rearrange_choices.hpp"

#include <algorithm>
#include <numeric>

namespace millrace {

namespace {

const IntegerType& type_of(const Graph& body, ValueId id) {
    return std::get<IntegerType>(body.value(id).type);
}

} // namespace

std::vector<std::vector<ValueReader>> value_readers(const Graph& body) {
    std::vector<std::vector<ValueReader>> readers(body.values.size());
    for (std::size_t n = 0; n < body.nodes.size(); ++n) {
        for (std::size_t i = 0; i < body.nodes[n].inputs.size(); ++i) {
            readers[body.nodes[n].inputs[i]].push_back({n, i});
        }
    }
    for (std::size_t i = 0; i < body.outputs.size(); ++i) {
        readers[body.outputs[i]].push_back({body.nodes.size(), i});
    }
    return readers;
}

bool takes_lanes(const Op& op) {
    return std::holds_alternative<ops::IntegerReshape>(op) ||
           std::holds_alternative<ops::IntegerPad>(op);
}

std::int64_t passed_lanes(const Graph& body, const Node& node) {
    return std::gcd(type_of(body, node.inputs.at(0)).channels(),
                    type_of(body, node.outputs.at(0)).channels());
}

std::int64_t input_lanes(const Graph& body, const ValueReader& reader, std::int64_t pe,
                         std::int64_t simd) {
    const Op& op = body.nodes[reader.node].op;
    if (const auto* rearrange = std::get_if<ops::IntegerRearrange>(&op)) {
        const IntegerType& type = type_of(body, body.nodes[reader.node].inputs.at(0));
        if (const auto most = blocked_lanes(*rearrange, type.shape);
            most && blocked_reader(body, reader.node)) {
            return *most % pe == 0 ? pe : 1;
        }
        // A parallel window takes a whole pixel.
        return rearrange_lanes(*rearrange, type.shape) % pe == 0 ? pe : type.channels();
    }
    if (std::holds_alternative<ops::IntegerMatMul>(op) ||
        std::holds_alternative<ops::IntegerTopK>(op)) {
        return simd;
    }
    if (std::holds_alternative<ops::IntegerDynamicMatMul>(op)) {
        return reader.input == 0 ? 1 : pe;
    }
    if (std::holds_alternative<ops::IntegerDepthwise>(op) ||
        std::holds_alternative<ops::IntegerReduce>(op)) {
        return simd * pe;
    }
    return pe;
}

std::int64_t wanted_lanes(const Graph& body, const std::vector<std::vector<ValueReader>>& readers,
                          const ValueReader& reader,
                          const std::function<std::int64_t(const ValueReader&)>& own_lanes) {
    const auto wanted = [&](const auto& self, const ValueReader& at,
                            std::int64_t divisor) -> std::int64_t {
        if (at.node == body.nodes.size()) {
            return 0;
        }
        const Node& node = body.nodes[at.node];
        if (!takes_lanes(node.op)) {
            return std::gcd(divisor, own_lanes(at));
        }
        std::int64_t most = 0;
        for (const ValueReader& next : readers[node.outputs.at(0)]) {
            most = std::max(most, self(self, next, std::gcd(divisor, passed_lanes(body, node))));
        }
        return most;
    };
    return wanted(wanted, reader, 0);
}

std::int64_t mover_word_bits(const ElementFormat& element, std::int64_t elements,
                             std::int64_t stream_words) {
    std::int64_t bits = 64;
    while (bits < widest_memory_word &&
           (elements + ops::memory_lanes(bits, element) - 1) / ops::memory_lanes(bits, element) >
               stream_words) {
        bits *= 2;
    }
    return bits;
}

std::int64_t Passage::cycles(std::int64_t lanes) const {
    return elements / std::gcd(lanes, divisor);
}

std::vector<Passage> passages_before(const Graph& body, std::size_t node, std::size_t input) {
    std::vector<Passage> result;
    ValueId value = body.nodes[node].inputs.at(input);
    std::int64_t divisor = 0;
    while (true) {
        if (const auto at = std::find(body.inputs.begin(), body.inputs.end(), value);
            at != body.inputs.end()) {
            result.push_back({element_count(type_of(body, value).shape), divisor});
            return result;
        }
        const auto producer =
            std::find_if(body.nodes.begin(), body.nodes.end(), [&](const Node& candidate) {
                return std::find(candidate.outputs.begin(), candidate.outputs.end(), value) !=
                       candidate.outputs.end();
            });
        if (producer == body.nodes.end()) {
            throw Defect("a value that nothing makes");
        }
        if (!takes_lanes(producer->op)) {
            return result;
        }
        divisor = std::gcd(divisor, passed_lanes(body, *producer));
        result.push_back({element_count(type_of(body, value).shape), divisor});
        value = producer->inputs.at(0);
    }
}

std::vector<Passage> passages_behind(const Graph& body,
                                     const std::vector<std::vector<ValueReader>>& readers,
                                     ValueId value) {
    std::vector<Passage> result;
    const auto follow = [&](const auto& self, ValueId id, std::int64_t divisor) -> void {
        for (const ValueReader& reader : readers[id]) {
            const IntegerType& type = type_of(body, id);
            if (reader.node == body.nodes.size()) {
                result.push_back({element_count(type.shape), divisor});
                continue;
            }
            const Node& node = body.nodes[reader.node];
            if (wanted_lanes(body, readers, reader, [](const ValueReader&) { return 1; }) == 0) {
                const std::int64_t passed = std::gcd(divisor, passed_lanes(body, node));
                const std::int64_t elements =
                    element_count(type_of(body, node.outputs.at(0)).shape);
                result.push_back({elements, passed});
                self(self, node.outputs.at(0), passed);
            }
        }
    };
    follow(follow, value, 0);
    return result;
}

} // namespace millrace
