// SPDX-License-Identifier: Apache-2.0
//
// See graph_builder.hpp. A node is first inferred without being added, so that the sizes of its
// results are known before any constant is computed.
#include "frontend/graph_builder.hpp"

#include "frontend/tensor_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace millrace::frontend {

namespace {

constexpr std::string_view shape_help =
    "check the node's inputs and attributes where the model is made, for example with Netron";

[[noreturn]] void abandon(const Reporter& reporter, Code code, std::string message,
                          std::string_view help) {
    reporter.error(code, std::move(message), std::string(help));
    throw NodeAbandoned{};
}

} // namespace

std::string GraphBuilder::fresh_name(const std::string& base) {
    if (names_.insert(base).second) {
        return base;
    }
    std::uint64_t& suffix = suffixes_[base];
    for (;;) {
        std::string name = fmt::format("{}_{}", base, ++suffix);
        if (names_.insert(name).second) {
            return name;
        }
    }
}

ValueId GraphBuilder::add_input(const std::string& name, RealType type) {
    const ValueId id = graph.add_value(name, std::move(type));
    graph.inputs.push_back(id);
    return id;
}

ValueId GraphBuilder::add_constant(const std::string& name, TensorPtr tensor, DataType element,
                                   const ConstantSize& size) {
    RealType type{tensor->shape(), element};
    const ValueId id = graph.add_value(name, std::move(type), std::move(tensor));
    sizes_[id] = size;
    return id;
}

const Dequantized* GraphBuilder::find_dequantized(ValueId quantized) const {
    const auto found = dequantized_.find(quantized);
    return found == dequantized_.end() ? nullptr : &found->second;
}

std::int64_t GraphBuilder::check_shape(const Shape& shape, std::int64_t limit,
                                       const Reporter& reporter) {
    if (static_cast<std::int64_t>(shape.size()) > max_rank) {
        abandon(
            reporter, Code::shape_mismatch,
            fmt::format("the result has {} dimensions, the limit is {}", shape.size(), max_rank),
            shape_help);
    }
    if (std::find(shape.begin(), shape.end(), 0) != shape.end()) {
        return 0;
    }
    std::int64_t count = 1;
    for (const std::int64_t size : shape) {
        if (size < 0 || size > limit / count) {
            abandon(reporter, Code::shape_mismatch,
                    fmt::format("the shape {} is not possible, the limit is {} elements",
                                to_string(shape), limit),
                    shape_help);
        }
        count *= size;
    }
    return count;
}

std::int64_t GraphBuilder::reserve_folded(const Shape& shape, const Reporter& reporter,
                                          std::int64_t weight) {
    const std::int64_t count =
        check_shape(shape, (options_.max_folded_elements - folded_elements_) / weight, reporter);
    folded_elements_ += count * weight;
    return count;
}

void GraphBuilder::check_folding(const Op& op, const TypeList& inputs,
                                 const std::vector<ValueType>& results, const ConstantSize& size,
                                 const Reporter& reporter) {
    // Roots and transcendental numbers are expressions in memory of their own.
    constexpr std::int64_t expression_weight = 16;
    std::int64_t elements = 0;
    for (const ValueType& type : results) {
        elements += reserve_folded(shape_of(type), reporter, size.roots ? expression_weight : 1);
    }
    if (size.total() > static_cast<double>(options_.max_constant_bits) ||
        products_of_result(op, inputs, elements) >
            static_cast<double>(options_.max_folded_products)) {
        abandon(reporter, Code::shape_mismatch,
                "computing this constant exactly takes too many operations or digits",
                "compute the constant where the model is made and store the result");
    }
}

std::vector<ConstantSize> GraphBuilder::constant_sizes(const std::vector<ValueId>& inputs) const {
    std::vector<ConstantSize> sizes;
    sizes.reserve(inputs.size());
    for (const ValueId id : inputs) {
        sizes.push_back(sizes_.at(id));
    }
    return sizes;
}

std::vector<ValueId> GraphBuilder::emit(Op op, const std::vector<ValueId>& inputs,
                                        const std::string& node_name, const std::string& onnx_op,
                                        std::vector<std::string> output_names,
                                        const Reporter& reporter) {
    const bool folds = std::all_of(inputs.begin(), inputs.end(),
                                   [&](ValueId id) { return graph.value(id).constant != nullptr; });
    try {
        const TypeList types = graph.type_list(inputs);
        const std::vector<ValueType> results = infer(op, types);
        ConstantSize size;
        if (folds) {
            size = size_of_result(op, types, constant_sizes(inputs));
            check_folding(op, types, results, size, reporter);
        } else {
            for (const ValueType& type : results) {
                check_shape(shape_of(type), reporter);
            }
        }
        std::vector<ValueId> outputs =
            graph.add_node(std::move(op), inputs, node_name, onnx_op, std::move(output_names));
        if (folds) {
            for (const ValueId id : outputs) {
                sizes_[id] = size;
            }
        }
        return outputs;
    } catch (const TypeError& error) {
        abandon(reporter, Code::shape_mismatch, error.what(), shape_help);
    } catch (const std::invalid_argument& error) {
        abandon(reporter, Code::shape_mismatch, error.what(), shape_help);
    } catch (const std::overflow_error& error) {
        abandon(reporter, Code::shape_mismatch, error.what(), shape_help);
    } catch (const Undecided& error) {
        abandon(reporter, Code::undecided_tie, error.what(),
                "compute the constant where the model is made and store the result");
    } catch (const std::domain_error& error) {
        abandon(reporter, Code::non_finite_constant,
                fmt::format("a constant has no finite value here: {}", error.what()),
                "look for a zero divisor or a negative variance in the constants of this node");
    } catch (const std::range_error& error) {
        abandon(reporter, Code::non_finite_constant,
                fmt::format("a constant is too large: {}", error.what()),
                "check the scales and values of the constants of this node");
    }
}

} // namespace millrace::frontend
