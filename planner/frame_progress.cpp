// SPDX-License-Identifier: Apache-2.0
#include "planner/frame_progress.hpp"

#include "ir/diagnostics.hpp"

#include <algorithm>
#include <limits>

namespace millrace::planner {

namespace {

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

/// Calls f(element of the input) for the elements of a rearrangement in order, while it says so.
template <class F> void follow(const ops::IntegerRearrange& op, F&& f) {
    std::vector<std::int64_t> digits(op.counts.size(), 0);
    std::int64_t source = op.offset;
    while (f(source)) {
        std::size_t axis = digits.size();
        while (axis > 0 && ++digits[axis - 1] == op.counts[axis - 1]) {
            --axis;
            source -= (op.counts[axis] - 1) * op.strides[axis];
            digits[axis] = 0;
        }
        if (axis == 0) {
            return;
        }
        source += op.strides[axis - 1];
    }
}

class Early {
  public:
    Early(const Graph& body, const Node& node, const std::vector<std::int64_t>& known)
        : body_(body),
          node_(node),
          known_(known) {}

    std::int64_t operator()(const ops::IntegerPad& op) const {
        const Shape& from = shape(0);
        const Shape& to = output();
        return early() == element_count(from) ? element_count(to)
                                              : padded_position(op, from, to, early());
    }
    std::int64_t operator()(const ops::IntegerRearrange& op) const {
        std::int64_t sent = 0;
        follow(op, [&](std::int64_t source) {
            sent += source < early() ? 1 : 0;
            return source < early();
        });
        return sent;
    }
    std::int64_t operator()(const ops::IntegerMatMul& op) const {
        return early() / op.weights->shape()[0] * (op.weights->shape()[1] / op.groups);
    }
    std::int64_t operator()(const ops::IntegerDynamicMatMul&) const {
        const Shape& b = shape(1);
        return early(1) == element_count(b) ? early() / shape(0).back() * b.back() : 0;
    }
    std::int64_t operator()(const ops::IntegerDepthwise&) const { return windows(); }
    std::int64_t operator()(const ops::IntegerReduce&) const { return windows(); }
    std::int64_t operator()(const ops::IntegerTopK& op) const {
        return early() / shape(0).back() * op.k;
    }
    std::int64_t operator()(const ops::IntegerConcat&) const {
        std::int64_t first = std::numeric_limits<std::int64_t>::max();
        std::int64_t offset = 0;
        for (std::size_t i = 0; i < node_.inputs.size(); ++i) {
            const std::int64_t channels = shape(i).back();
            if (early(i) < element_count(shape(i))) {
                first = std::min(first, early(i) / channels * output().back() + offset +
                                            early(i) % channels);
            }
            offset += channels;
        }
        return std::min(first, element_count(output()));
    }
    template <class T> std::int64_t operator()(const T& /*op*/) const {
        std::int64_t least = early();
        for (std::size_t i = 1; i < node_.inputs.size(); ++i) {
            least = std::min(least, early(i));
        }
        return least;
    }

  private:
    [[nodiscard]] std::int64_t early(std::size_t input = 0) const {
        return known_[node_.inputs.at(input)];
    }
    [[nodiscard]] const Shape& shape(std::size_t input) const {
        return std::get<IntegerType>(body_.value(node_.inputs.at(input)).type).shape;
    }
    [[nodiscard]] const Shape& output() const {
        return std::get<IntegerType>(body_.value(node_.outputs.at(0)).type).shape;
    }
    /// Results of [T, C], which come with the last row.
    [[nodiscard]] std::int64_t windows() const {
        const Shape& from = shape(0);
        const std::int64_t channels = from.back();
        const std::int64_t window = from[from.size() - 2] * channels;
        return early() / window * channels +
               std::max<std::int64_t>(0, early() % window - (window - channels));
    }

    const Graph& body_;
    const Node& node_;
    const std::vector<std::int64_t>& known_;
};

} // namespace

std::vector<std::int64_t> early_elements(const Graph& body) {
    std::vector<std::int64_t> early(body.values.size(), 0);
    for (const Node& node : body.nodes) {
        const std::int64_t elements = std::visit(Early(body, node, early), node.op);
        for (const ValueId output : node.outputs) {
            early[output] = elements;
        }
    }
    return early;
}

std::int64_t needed_elements(const Graph& body, const Node& node, std::size_t input,
                             std::int64_t count) {
    const auto shape = [&](ValueId id) -> const Shape& {
        return std::get<IntegerType>(body.value(id).type).shape;
    };
    const Shape& from = shape(node.inputs.at(input));
    const Shape& to = shape(node.outputs.at(0));
    const std::int64_t elements = element_count(from);
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
            [&](const ops::IntegerRearrange& op) {
                std::int64_t last = -1;
                std::int64_t sent = 0;
                follow(op, [&](std::int64_t source) {
                    last = sent < count ? std::max(last, source) : last;
                    return ++sent < count;
                });
                return last + 1;
            },
            [&](const ops::IntegerConcat&) {
                std::int64_t offset = 0;
                for (std::size_t i = 0; i < input; ++i) {
                    offset += shape(node.inputs[i]).back();
                }
                return count / to.back() * from.back() +
                       std::clamp<std::int64_t>(count % to.back() - offset, 0, from.back());
            },
            [&](const ops::IntegerReduce&) {
                return count / to.back() * from[from.size() - 2] * from.back();
            },
            [&](const ops::IntegerTopK& op) { return (count + op.k - 1) / op.k * from.back(); },
            [&](const ops::IntegerDynamicMatMul&) {
                return input == 1 ? elements : (count + to.back() - 1) / to.back() * from.back();
            },
            [&](const ops::IntegerDepthwise&) -> std::int64_t { return 0; },
            [&](const ops::IntegerMatMul&) -> std::int64_t { return 0; },
            [&](const auto&) { return std::min(count, elements); },
        },
        node.op);
}

bool ends_with_input(const Graph& body, const Node& node) {
    const auto* op = std::get_if<ops::IntegerRearrange>(&node.op);
    if (op == nullptr) {
        return true;
    }
    std::int64_t last = op->offset;
    for (std::size_t i = 0; i < op->counts.size(); ++i) {
        last += (op->counts[i] - 1) * op->strides[i];
    }
    const auto& type = std::get<IntegerType>(body.value(node.inputs[0]).type);
    return last == element_count(type.shape) - 1;
}

std::vector<bool> awaited_to_the_end(const Graph& body) {
    std::vector<bool> awaited(body.values.size(), false);
    for (const ValueId id : body.outputs) {
        awaited[id] = true;
    }
    for (auto node = body.nodes.rbegin(); node != body.nodes.rend(); ++node) {
        const bool ends =
            ends_with_input(body, *node) &&
            std::any_of(node->outputs.begin(), node->outputs.end(),
                        [&](ValueId output) { return static_cast<bool>(awaited[output]); });
        for (const ValueId input : node->inputs) {
            awaited[input] = awaited[input] || ends;
        }
    }
    return awaited;
}

} // namespace millrace::planner
