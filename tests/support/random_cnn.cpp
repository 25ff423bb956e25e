// SPDX-License-Identifier: Apache-2.0
//
// Drawing, the order of operations, and samples. A network grows from its inputs: each step reads
// a value that stands, most often the newest, and what nobody reads in the end are the outputs.
#include "tests/support/random_cnn.hpp"

#include "tests/support/random_cnn_writer.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace millrace::tests {

namespace {

constexpr std::int64_t most_elements = 360; ///< of any tensor: the oracle computes exact numbers

} // namespace

CnnWriter::CnnWriter(std::uint32_t seed)
    : seed_(seed),
      random_(seed),
      dialect_(one_of(
          {Dialect::qonnx, Dialect::qonnx, Dialect::qdq, Dialect::qoperator, Dialect::mixed})),
      opset_(dialect_ == Dialect::qonnx ? one_of<std::int64_t>({9, 11, 13, 17, 18})
                                        : one_of<std::int64_t>({10, 13, 13, 18, 19, 21})),
      result_{OnnxBuilder(opset_), {}, {}} {
    // Exporters forget some of these; the frontend knows the domains anyway.
    if (chance(70)) {
        result_.model.add_opset("qonnx.custom_op.general", 1);
    }
    result_.model.add_opset("com.microsoft", 1);
}

// ------------------------------------------------------------------------------------ drawing

double CnnWriter::near(double size) {
    const double value = size * uniform(0.6, 1.6);
    return chance(50) ? std::exp2(std::nearbyint(std::log2(value)))
                      : static_cast<double>(static_cast<float>(value));
}

std::vector<double> CnnWriter::numbers(std::int64_t count, double sigma) {
    std::vector<double> values;
    const bool coarse = chance(30); // exact multiples: ties
    const double unit = std::exp2(std::floor(std::log2(sigma)) - 3);
    for (std::int64_t i = 0; i < count; ++i) {
        const double value = normal(sigma);
        values.push_back(coarse ? std::nearbyint(value / unit) * unit
                                : static_cast<double>(static_cast<float>(value)));
    }
    return values;
}

// ---------------------------------------------------------------------------------- the model

std::string CnnWriter::fresh(const std::string& stem) {
    return fmt::format("{}{}", stem, ++names_);
}

std::string CnnWriter::scalar(double value, DataType type) {
    std::string name = fresh("s");
    // A list of one element is what many exporters write.
    if (chance(20) && type == DataType::float32) {
        result_.model.add_init(name, {1}, {value}, type);
    } else {
        result_.model.add_scalar(name, value, type);
    }
    return name;
}

std::string CnnWriter::floats(const Shape& shape, const std::vector<double>& values) {
    std::string name = fresh("c");
    result_.model.add_init(name, shape, values);
    return name;
}

std::string CnnWriter::ints(const Ints& values) {
    std::string name = fresh("i");
    result_.model.add_ints(name, values);
    return name;
}

OnnxNode CnnWriter::node(const std::string& op, const Names& inputs, CnnValue& result,
                         const std::string& domain, const std::string& detail) {
    result.name = fresh("v");
    return node(op, inputs, Names{result.name}, domain, detail);
}

OnnxNode CnnWriter::node(const std::string& op, const Names& inputs, const Names& outputs,
                         const std::string& domain, const std::string& detail) {
    const std::string what =
        (domain.empty() ? "" : domain + "::") + op + (detail.empty() ? "" : " (" + detail + ")");
    const std::string name = fmt::format("{}_{}", op, outputs.front());
    ++result_.operators[what];
    result_.nodes[name] = what;
    for (const std::string& input : inputs) {
        ++read_count_[input];
    }
    OnnxNode added = result_.model.add_node(op, inputs, outputs);
    added.name(name);
    if (!domain.empty()) {
        added.domain(domain);
    }
    return added;
}

bool CnnWriter::fits(const Shape& shape) const {
    const std::int64_t count = element_count(shape);
    return count > 0 && count <= most_elements;
}

/// [1, C, 1, ...] or without the leading ones, as both are usual.
Shape CnnWriter::along_channel(const CnnValue& x, std::int64_t count) const {
    Shape shape(x.shape.size(), 1);
    shape[x.channel] = count;
    return shape;
}

// ------------------------------------------------------------------------------- the network

CnnValue CnnWriter::input() {
    CnnValue x;
    x.name = fresh("x");
    const std::int64_t batch = chance(8) ? 2 : 1;
    switch (pick(0, 9)) {
    case 0:
        x.shape = {batch, pick(1, 9)};
        break;
    case 1:
    case 2:
        x.shape = {batch, pick(1, 5), pick(2, 14)};
        break;
    default:
        x.shape = {batch, pick(1, 5), pick(1, 7), pick(2, 7)};
    }
    DataType type = DataType::float32;
    if (chance(25) && opset_ >= 10) {
        type = chance(50) ? DataType::uint8 : DataType::int8;
    }
    std::vector<OnnxDim> dims(x.shape.begin(), x.shape.end());
    if (batch == 1 && chance(40)) {
        dims[0] = OnnxDim("N");
    }
    result_.model.add_input(x.name, dims, type);
    if (type == DataType::float32) {
        if (chance(20)) {
            x = *scale_or_shift(x); // preprocessing
        }
        return x;
    }
    // Integers: meant as such, or with a scale.
    CnnValue real = x;
    if (chance(40)) {
        node("Cast", {x.name}, real).attr("to", 1);
        real.sigma = 70;
        real.bits = 9;
        real.lattice = Lattice::one;
        return real;
    }
    const double scale = near(1.0 / 70);
    const double zero = chance(50) ? 0 : static_cast<double>(pick(0, 20));
    node("DequantizeLinear", {x.name, scalar(scale), scalar(zero, type)}, real);
    real.lattice = Lattice::one;
    real.bits = 8;
    return real;
}

const CnnValue* CnnWriter::live_like(const CnnValue& x, bool broadcast) {
    std::vector<const CnnValue*> fitting;
    for (const CnnValue& value : live_) {
        if (value.name == x.name || value.shape.size() != x.shape.size() ||
            value.channel != x.channel) {
            continue;
        }
        bool fit = true;
        for (std::size_t d = 0; d < x.shape.size(); ++d) {
            fit = fit && (value.shape[d] == x.shape[d] || (broadcast && value.shape[d] == 1));
        }
        if (fit) {
            fitting.push_back(&value);
        }
    }
    return fitting.empty() ? nullptr
                           : fitting[static_cast<std::size_t>(
                                 pick(0, static_cast<std::int64_t>(fitting.size()) - 1))];
}

/// Operations with their weights; in the QOperator dialect, most steps are operators of that.
const std::vector<CnnWriter::Choice>& CnnWriter::choices() {
    static const std::vector<Choice> all{
        {24, &CnnWriter::conv},          {5, &CnnWriter::channels_last_conv},
        {5, &CnnWriter::conv_transpose}, {8, &CnnWriter::gemm},
        {6, &CnnWriter::matmul},         {4, &CnnWriter::dynamic_matmul},
        {8, &CnnWriter::max_pool},       {8, &CnnWriter::average_pool},
        {4, &CnnWriter::global_pool},    {3, &CnnWriter::reduce},
        {6, &CnnWriter::normalize},      {12, &CnnWriter::activate},
        {5, &CnnWriter::scale_or_shift}, {12, &CnnWriter::join},
        {7, &CnnWriter::concat},         {4, &CnnWriter::split},
        {5, &CnnWriter::slice},          {4, &CnnWriter::pad},
        {5, &CnnWriter::resize},         {6, &CnnWriter::depth_space},
        {6, &CnnWriter::transpose},      {6, &CnnWriter::reshape},
        {3, &CnnWriter::trunc},          {2, &CnnWriter::qlinear},
    };
    return all;
}

std::optional<CnnValue> CnnWriter::featured(const CnnValue& x) {
    return (this->*choices()[seed_ % choices().size()].make)(x);
}

std::optional<CnnValue> CnnWriter::step(const CnnValue& x) {
    if (dialect_ == Dialect::qoperator || (dialect_ == Dialect::mixed && chance(20))) {
        if (chance(60)) {
            return qlinear(x);
        }
    }
    if (chance(10)) {
        return quantize(x, {8, chance(60), true});
    }
    int total = 0;
    for (const Choice& choice : choices()) {
        total += choice.weight;
    }
    std::int64_t drawn = pick(0, total - 1);
    for (const Choice& choice : choices()) {
        drawn -= choice.weight;
        if (drawn < 0) {
            return (this->*choice.make)(x);
        }
    }
    return std::nullopt;
}

/// Up to three of the values that nobody reads, and now and then one that somebody reads, too.
void CnnWriter::finish() {
    std::vector<CnnValue> leaves;
    for (auto value = live_.rbegin(); value != live_.rend() && leaves.size() < 3; ++value) {
        // The same value may stand there several times.
        const bool listed = std::any_of(leaves.begin(), leaves.end(), [&](const CnnValue& leaf) {
            return leaf.name == value->name;
        });
        if (!listed && (read_count_[value->name] == 0 || (!leaves.empty() && chance(6)))) {
            leaves.push_back(*value);
        }
    }
    for (CnnValue& leaf : leaves) {
        const auto rank = static_cast<std::int64_t>(leaf.shape.size());
        CnnValue y = leaf;
        switch (pick(0, 11)) {
        case 0:
            node("Softmax", {leaf.name}, y).attr("axis", rank - 1);
            break;
        case 1:
        case 2: {
            const bool narrowed = chance(80);
            const CnnValue from = narrowed ? on_grid(leaf) : leaf;
            OnnxNode added = node(chance(80) ? "ArgMax" : "ArgMin", {from.name}, y);
            added.attr("axis", pick(0, rank - 1)).attr("keepdims", chance(50) ? 1 : 0);
            if (opset_ >= 12 && chance(30)) {
                added.attr("select_last_index", 1);
            }
            break;
        }
        case 3:
            y = quantize(leaf, {8, false, true});
            break;
        case 4:
            node("Sigmoid", {leaf.name}, y);
            break;
        case 5:
            if (opset_ >= 11) {
                const std::int64_t axis = pick(0, rank - 1);
                const CnnValue from = on_grid(leaf);
                CnnValue values = leaf;
                values.name = fresh("v");
                y.name = fresh("v");
                node("TopK",
                     {from.name, ints({pick(1, leaf.shape[static_cast<std::size_t>(axis)])})},
                     Names{values.name, y.name})
                    .attr("axis", axis)
                    .attr("largest", chance(70) ? 1 : 0);
                if (chance(50)) {
                    result_.model.add_output(values.name);
                }
            }
            break;
        default:
            break;
        }
        result_.model.add_output(y.name);
    }
}

RandomCnn CnnWriter::write() {
    const std::int64_t inputs = chance(75) ? 1 : chance(80) ? 2 : 3;
    for (std::int64_t i = 0; i < inputs; ++i) {
        live_.push_back(input());
    }
    const std::int64_t steps = pick(2, 9);
    const std::int64_t feature = pick(0, steps - 1); // from which step on it is tried
    bool has_feature = false;
    int tries = 0;
    for (std::int64_t done = 0; done < steps && tries < 200; ++tries) {
        const std::int64_t last = static_cast<std::int64_t>(live_.size()) - 1;
        const CnnValue x = live_[static_cast<std::size_t>(chance(80) ? last : pick(0, last))];
        const bool now = !has_feature && done >= feature && tries < 150;
        if (auto y = now ? featured(x) : step(x)) {
            has_feature = has_feature || now;
            live_.push_back(std::move(*y));
            ++done;
        }
    }
    finish();
    return std::move(result_);
}

RandomCnn random_cnn(std::uint32_t seed) { return CnnWriter(seed).write(); }

std::vector<HostArray> random_samples(const Graph& network, std::int64_t count,
                                      std::uint32_t seed) {
    std::mt19937 random(seed);
    std::vector<HostArray> arrays;
    for (const ValueId id : network.inputs) {
        const auto& type = std::get<RealType>(network.value(id).type);
        Shape shape = type.shape;
        shape.insert(shape.begin(), count);
        HostArray array(type.element, shape);
        const std::int64_t elements = element_count(shape);
        for (std::int64_t i = 0; i < elements; ++i) {
            if (type.element == DataType::float32) {
                const double value = std::normal_distribution<double>(0, 1.5)(random);
                const bool even = std::uniform_int_distribution<int>(0, 9)(random) < 6;
                array.as<float>()[static_cast<std::size_t>(i)] =
                    static_cast<float>(even ? std::ldexp(std::nearbyint(value * 32), -5) : value);
            } else {
                const bool is_signed = type.element == DataType::int8;
                array.set(i, Real(std::uniform_int_distribution<int>(
                                 is_signed ? -128 : 0, is_signed ? 127 : 255)(random)));
            }
        }
        arrays.push_back(std::move(array));
    }
    return arrays;
}

} // namespace millrace::tests
