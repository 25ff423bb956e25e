// SPDX-License-Identifier: Apache-2.0
//
// Types of the actors with several inputs.
#include "ir/ops/dataflow.hpp"

#include "ir/ops/dataflow_inference.hpp"

#include <algorithm>

namespace millrace::ops {

namespace {

/// Two streams of one shape and number of lanes; the result has both.
StreamType joined(const TypeList& inputs, std::size_t parameters_a, std::size_t parameters_b,
                  const ElementFormat& output, std::string_view op) {
    require_inputs(inputs, 2, op);
    const StreamType& a = inputs.stream(0);
    const StreamType& b = inputs.stream(1);
    if (a.shape != b.shape || a.lanes != b.lanes) {
        throw TypeError(fmt::format("{}: streams of {} by {} and {} by {} differ", op,
                                    to_string(a.shape), a.lanes, to_string(b.shape), b.lanes));
    }
    const std::int64_t channels = a.shape.empty() ? 1 : vector_size(a, op);
    require_one_or_each(parameters_a, channels, op);
    require_one_or_each(parameters_b, channels, op);
    require_accumulator(output, op);
    return stream_of(a.shape, output, a.lanes, op);
}

} // namespace

std::vector<ValueType> infer(const AddJoin& op, const TypeList& inputs) {
    return {joined(inputs, op.multiplier_a.size(), op.multiplier_b.size(), op.output, op.name)};
}

std::vector<ValueType> infer(const MulJoin& op, const TypeList& inputs) {
    return {joined(inputs, op.zero_a.size(), op.zero_b.size(), op.output, op.name)};
}

std::vector<ValueType> infer(const ConcatUnit& op, const TypeList& inputs) {
    if (inputs.size() < 2) {
        throw TypeError(fmt::format("{}: {} input", op.name, inputs.size()));
    }
    Shape shape = inputs.stream(0).shape;
    const std::int64_t lanes = inputs.stream(0).lanes;
    std::int64_t channels = 0;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        const StreamType& x = inputs.stream(i);
        channels += vector_size(x, op.name);
        if (x.lanes != lanes || x.shape.size() != shape.size() ||
            !std::equal(x.shape.begin(), x.shape.end() - 1, shape.begin())) {
            throw TypeError(fmt::format("{}: a stream of {} by {} does not fit {} by {}", op.name,
                                        to_string(x.shape), x.lanes, to_string(shape), lanes));
        }
        if (lowest_value(x.element) < lowest_value(op.output) ||
            highest_value(x.element) > highest_value(op.output) ||
            (op.output.encoding == Encoding::bipolar && x.element != op.output)) {
            throw TypeError(fmt::format("{}: elements {} do not fit {}", op.name,
                                        to_string(x.element), to_string(op.output)));
        }
    }
    shape.back() = channels;
    return {stream_of(std::move(shape), op.output, lanes, op.name)};
}

std::vector<ValueType> infer(const DynamicMatrix& op, const TypeList& inputs) {
    require_inputs(inputs, 2, op.name);
    const StreamType& a = inputs.stream(0);
    const StreamType& b = inputs.stream(1);
    const std::size_t rank = a.shape.size();
    if (rank < 2 || b.shape.size() != rank || a.lanes != 1 || vector_size(b, op.name) < 1 ||
        b.shape[rank - 2] != a.shape.back() ||
        !std::equal(a.shape.begin(), a.shape.end() - 2, b.shape.begin())) {
        throw TypeError(fmt::format("{}: streams of {} by {} and {} by {} do not fit", op.name,
                                    to_string(a.shape), a.lanes, to_string(b.shape), b.lanes));
    }
    require_accumulator(op.accumulator, op.name);
    Shape shape = a.shape;
    shape.back() = b.shape.back();
    return {stream_of(std::move(shape), op.accumulator, b.lanes, op.name)};
}

} // namespace millrace::ops
