// SPDX-License-Identifier: Apache-2.0
#include "ir/host_sides.hpp"

#include "ir/diagnostics.hpp"
#include "ir/evaluate.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace millrace {

namespace {

std::int64_t sample_size(const Graph& graph, ValueId id) {
    return element_count(shape_of(graph.value(id).type));
}

/// As floats, which hold 16 bits exactly: comparing is some ten times as fast as evaluating.
template <class T>
void quantize_elements(const HostQuantizer& quantizer, std::span<const T> x, IntegerBuffer& to) {
    static_assert(sizeof(T) <= 2);
    quantizer(std::vector<float>(x.begin(), x.end()), to);
}

} // namespace

Tensor sample_tensor(const Graph& graph, std::size_t index, const HostArray& array,
                     std::int64_t sample) {
    const ValueId id = graph.inputs[index];
    try {
        return array.tensor(sample * sample_size(graph, id), shape_of(graph.value(id).type));
    } catch (const std::domain_error&) {
        throw EngineError(fmt::format("input '{}': sample {} has a value that is infinite or not a "
                                      "number",
                                      escaped(graph.value(id).name), sample));
    }
}

std::vector<HostArray> output_arrays(const Graph& graph, std::int64_t samples) {
    std::vector<HostArray> arrays;
    for (const ValueId id : graph.outputs) {
        const auto& type = std::get<RealType>(graph.value(id).type);
        Shape shape = type.shape;
        shape.insert(shape.begin(), samples);
        arrays.emplace_back(type.element, std::move(shape));
    }
    return arrays;
}

void store_sample(HostArray& array, std::int64_t sample, const Tensor& result) {
    const std::int64_t first = sample * result.size();
    for (std::int64_t i = 0; i < result.size(); ++i) {
        array.set(first + i, result.at(i));
    }
}

std::vector<Tensor> evaluate_sample(const Graph& graph, const std::vector<Tensor>& inputs) {
    try {
        return evaluate_network(graph, inputs);
    } catch (const std::domain_error& error) {
        throw EngineError(fmt::format("node {}", error.what()));
    }
}

HostSides::HostSides(const Program& program) : program_(program) {
    fast_.resize(program.body.inputs.size());
    all_fast_ = program.head.outputs.size() == program.body.inputs.size();
    for (std::size_t i = 0; i < fast_.size(); ++i) {
        if (auto chain = host_chain(program.head, program.head.outputs[i])) {
            fast_[i] = std::make_unique<FastInput>(
                FastInput{chain->input, HostQuantizer(chain->function),
                          transposed_sources(chain->factors, chain->perm)});
        }
        all_fast_ = all_fast_ && fast_[i] != nullptr;
    }
    all_tables_ = true;
    for (const ValueId output : program.tail.outputs) {
        constexpr std::int64_t most_entries = 1 << 14; // some milliseconds of exact arithmetic
        auto table = host_table(program, output, most_entries);
        std::vector<std::size_t> source =
            table ? transposed_sources(table->factors, table->perm) : std::vector<std::size_t>();
        all_tables_ = all_tables_ && table.has_value();
        tables_.push_back({std::move(table), std::move(source)});
    }
}

void HostSides::quantize(const FastInput& fast, const HostArray& array, std::int64_t sample,
                         IntegerBuffer& to) const {
    const auto size =
        static_cast<std::size_t>(sample_size(program_.head, program_.head.inputs[fast.input]));
    to.resize(size);
    const std::size_t first = static_cast<std::size_t>(sample) * size;
    switch (array.type) {
    case DataType::float32:
        if (!fast.quantizer(array.as<float>().subspan(first, size), to)) {
            // Says which input it is.
            static_cast<void>(sample_tensor(program_.head, fast.input, array, sample));
            throw Defect("a float that is not finite was not found again");
        }
        return;
    case DataType::int8:
    case DataType::int4:
        quantize_elements(fast.quantizer, array.as<std::int8_t>().subspan(first, size), to);
        return;
    case DataType::uint8:
    case DataType::uint4:
        quantize_elements(fast.quantizer, array.as<std::uint8_t>().subspan(first, size), to);
        return;
    case DataType::int16:
        quantize_elements(fast.quantizer, array.as<std::int16_t>().subspan(first, size), to);
        return;
    case DataType::uint16:
        quantize_elements(fast.quantizer, array.as<std::uint16_t>().subspan(first, size), to);
        return;
    case DataType::float64:
    case DataType::float16:
    case DataType::bfloat16:
    case DataType::int32:
    case DataType::uint32:
    case DataType::int64:
    case DataType::uint64:
    case DataType::boolean:
        break;
    }
    const Tensor tensor = sample_tensor(program_.head, fast.input, array, sample);
    for (std::size_t i = 0; i < size; ++i) {
        const Real value = tensor.at(static_cast<std::int64_t>(i));
        const double nearest = value.to_double();
        if (Real::from_double(nearest) != value) {
            throw EngineError("an input value needs more than 53 bits");
        }
        to[i] = fast.quantizer.at(i, nearest);
    }
}

std::vector<Tensor> HostSides::head(const std::vector<HostArray>& inputs, std::int64_t sample,
                                    const std::vector<IntegerBuffer*>& to_body) const {
    for (std::size_t i = 0; i < fast_.size(); ++i) {
        if (fast_[i]) {
            quantize(*fast_[i], inputs.at(fast_[i]->input), sample, *to_body[i]);
            if (const std::vector<std::size_t>& source = fast_[i]->source; !source.empty()) {
                const IntegerBuffer before = *to_body[i];
                for (std::size_t e = 0; e < source.size(); ++e) {
                    (*to_body[i])[e] = before[source[e]];
                }
            }
        }
    }
    if (all_fast_) {
        return {};
    }
    std::vector<Tensor> tensors;
    for (std::size_t i = 0; i < program_.head.inputs.size(); ++i) {
        tensors.push_back(sample_tensor(program_.head, i, inputs.at(i), sample));
    }
    std::vector<Tensor> results = evaluate_sample(program_.head, tensors);
    for (std::size_t i = 0; i < fast_.size(); ++i) {
        if (!fast_[i]) {
            auto integers = results[i].to_int64();
            if (!integers) {
                throw Defect("the head's results for the hardware are not integers");
            }
            *to_body[i] = std::move(*integers);
        }
    }
    results.erase(results.begin(), results.begin() + static_cast<std::ptrdiff_t>(fast_.size()));
    return results;
}

void HostSides::tail(const std::vector<const IntegerBuffer*>& from_body,
                     const std::vector<Tensor>& by_passing, std::int64_t sample,
                     std::vector<HostArray>& outputs) const {
    for (std::size_t i = 0; i < tables_.size(); ++i) {
        if (!tables_[i].table) {
            continue;
        }
        const HostTable& table = *tables_[i].table;
        const std::vector<std::size_t>& source = tables_[i].source;
        const IntegerBuffer& integers = *from_body[table.body_output];
        const std::size_t channels = table.channels();
        float* to =
            outputs[i].as<float>().data() + static_cast<std::size_t>(sample) * integers.size();
        for (std::size_t e = 0; e < integers.size(); ++e) {
            const auto entry = static_cast<std::size_t>(integers[e] - table.lo);
            if (entry >= table.entries) { // below lo wraps around: also too large
                throw Defect(
                    fmt::format("a hardware result {} is outside its proved range", integers[e]));
            }
            to[e] = table.values[e % channels * table.entries + entry];
        }
        if (!source.empty()) {
            const std::vector<float> before(to, to + integers.size());
            for (std::size_t e = 0; e < integers.size(); ++e) {
                to[e] = before[source[e]];
            }
        }
    }
    if (all_tables_) {
        return;
    }
    std::vector<Tensor> tensors;
    for (std::size_t i = 0; i < from_body.size(); ++i) {
        std::vector<Real> reals(from_body[i]->begin(), from_body[i]->end());
        tensors.emplace_back(shape_of(program_.tail.value(program_.tail.inputs[i]).type),
                             std::move(reals));
    }
    tensors.insert(tensors.end(), by_passing.begin(), by_passing.end());
    const std::vector<Tensor> results = evaluate_sample(program_.tail, tensors);
    for (std::size_t i = 0; i < results.size(); ++i) {
        if (!tables_[i].table) {
            store_sample(outputs[i], sample, results[i]);
        }
    }
}

} // namespace millrace
