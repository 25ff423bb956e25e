// SPDX-License-Identifier: Apache-2.0
#include "tests/support/random_mlp.hpp"

#include <array>
#include <cmath>

namespace millrace::tests {

namespace {

constexpr int widest_weight = 16; // bits, what the compiler takes

ValueId add(Graph& graph, Op op, std::vector<ValueId> inputs, std::size_t outputs = 1,
            std::size_t wanted = 0) {
    const std::string name(op_name(op));
    return graph.add_node(std::move(op), std::move(inputs), name, name,
                          std::vector<std::string>(outputs, ""))[wanted];
}

TensorPtr shared(Tensor tensor) { return std::make_shared<Tensor>(std::move(tensor)); }

} // namespace

Real RandomMlp::positive_scale() {
    // Powers of two make ties; other floats make awkward quotients.
    return chance(50)
               ? Real::dyadic(1, pick(-6, 1))
               : Real::from_double(std::uniform_real_distribution<float>(0.01F, 2.0F)(random_));
}

Tensor RandomMlp::scales(std::int64_t channels) {
    if (chance(60)) {
        return Tensor::scalar(positive_scale());
    }
    std::vector<Real> values;
    for (std::int64_t c = 0; c < channels; ++c) {
        values.push_back(positive_scale());
    }
    return {{channels}, std::move(values)};
}

Tensor RandomMlp::layer_scales(std::int64_t channels, int spread) {
    const Real base = positive_scale();
    if (chance(60)) {
        return Tensor::scalar(base);
    }
    std::vector<Real> values;
    for (std::int64_t c = 0; c < channels; ++c) {
        values.push_back(base * Real::dyadic(1, pick(0, spread)));
    }
    return {{channels}, std::move(values)};
}

ValueId RandomMlp::quantize(Graph& graph, ValueId x, int bits, Tensor scales) {
    constexpr std::array roundings{Rounding::half_even, Rounding::half_up, Rounding::half_down,
                                   Rounding::floor,     Rounding::ceil,    Rounding::up,
                                   Rounding::down};
    ops::Quantize op;
    op.scale = shared(std::move(scales));
    op.is_signed = chance(50);
    const bool binary = bits == 1 && op.is_signed;
    op.zero_point = shared(Tensor::scalar(chance(70) || binary ? Real(0) : Real(pick(-3, 5))));
    op.bits = shared(Tensor::scalar(Real(bits)));
    op.narrow = bits > 1 && chance(30);
    op.rounding = roundings[static_cast<std::size_t>(pick(0, 6))];
    op.zero_point_last = chance(30) && !binary;
    return add(graph, op, {x});
}

ValueId RandomMlp::layer(Graph& graph, ValueId x, std::int64_t inputs, std::int64_t outputs,
                         int bits) {
    // Integers of the width (1 bit: -1 and +1), scaled per tensor or per column.
    const std::int32_t half = bits == 1 ? 1 : (1 << (bits - 1)) - 1;
    std::vector<std::int32_t> integers;
    for (std::int64_t i = 0; i < inputs * outputs; ++i) {
        integers.push_back(bits == 1 ? (chance(50) ? 1 : -1) : pick(-half, half));
    }
    const Tensor scale = scales(outputs);
    const ValueId weights = graph.add_constant(
        "w", Tensor({inputs, outputs}, ScaledIntegers{std::move(integers), scale.to_reals(), 1}));
    return add(graph, ops::MatMul{}, {x, weights});
}

ValueId RandomMlp::elementwise(Graph& graph, ValueId x, std::int64_t channels) {
    const auto vector = [&](auto&& make) {
        std::vector<Real> values;
        for (std::int64_t c = 0; c < channels; ++c) {
            values.push_back(make());
        }
        return graph.add_constant("c", Tensor({channels}, std::move(values)));
    };
    const auto normal = [&] {
        return Real::from_double(std::normal_distribution<float>()(random_));
    };
    if (chance(60)) {
        x = add(graph, ops::Add{}, {x, vector(normal)});
    }
    if (chance(50)) {
        // BatchNormalization: (x - mean) * (gamma / sqrt(variance)) + beta, gamma also 0 and < 0.
        x = add(graph, ops::Sub{}, {x, vector(normal)});
        x = add(
            graph, ops::Mul{},
            {x, vector([&] { return chance(10) ? Real(0) : normal() / sqrt(Real(pick(1, 9))); })});
        x = add(graph, ops::Add{}, {x, vector(normal)});
    }
    switch (pick(0, 9)) {
    case 0:
    case 1:
    case 2:
        return add(graph, ops::Relu{}, {x});
    case 3:
        return add(graph, ops::LeakyRelu{Real::ratio(pick(-4, 4), 8)}, {x});
    case 4:
        return add(graph, ops::PRelu{}, {x, vector(normal)});
    case 5:
        return add(graph, ops::Clip{Real(-1), Real(pick(0, 6))}, {x});
    case 6:
        return add(graph, ops::Sigmoid{}, {x});
    case 7:
        return add(graph, ops::Tanh{}, {x});
    case 8:
        return add(graph, ops::HardSigmoid{Real::ratio(1, 5), Real::ratio(1, 2)}, {x});
    default:
        return x;
    }
}

ValueId RandomMlp::tail(Graph& graph, ValueId x, std::int64_t channels) {
    switch (pick(0, 6)) {
    case 0:
        return add(graph, ops::Softmax{1}, {x});
    case 1:
        return add(graph, ops::ArgMax{1, chance(50), chance(30), chance(80)}, {x});
    case 2:
        return add(graph, ops::TopK{pick(1, static_cast<int>(channels)), 1, chance(80)}, {x}, 2, 1);
    case 3:
        return elementwise(graph, x, channels);
    case 4:
        return quantize(graph, elementwise(graph, x, channels), pick(2, 8), scales(channels));
    default:
        return x;
    }
}

Graph RandomMlp::network(const Limits& limits) {
    Graph graph;
    graph.name = "random";
    std::int64_t width = pick(1, limits.widest);
    const std::int64_t rows = chance(80) ? 1 : 2;
    ValueId x = graph.add_value("x", RealType{{rows, width}, DataType::float32});
    graph.inputs = {x};
    if (chance(30)) {
        x = add(graph, ops::Mul{}, {x, graph.add_constant("two", Tensor::scalar(Real(2)))});
        x = add(graph, ops::Sub{}, {x, graph.add_constant("one", Tensor::scalar(Real(1)))});
    }
    const int layers = pick(1, limits.layers);
    for (int l = 0; l < layers; ++l) {
        const int weight_bits = pick(1, limits.weight_bits);
        const int activation_bits =
            l == 0 ? limits.activation_bits : std::min(limits.activation_bits, 10);
        const int room = std::max(0, widest_weight - std::max(weight_bits, 2));
        x = quantize(graph, x, pick(1, activation_bits), layer_scales(width, std::min(room, 3)));
        const std::int64_t next = pick(1, limits.widest);
        x = layer(graph, x, width, next, weight_bits);
        width = next;
        if (l + 1 < layers) {
            x = elementwise(graph, x, width);
        }
    }
    graph.outputs = {tail(graph, x, width)};
    graph.remove_dead();
    return graph;
}

HostArray RandomMlp::samples(const Graph& network, std::int64_t count) {
    Shape shape = shape_of(network.value(network.inputs[0]).type);
    shape.insert(shape.begin(), count);
    HostArray array(DataType::float32, shape);
    for (float& element : array.as<float>()) {
        const float wide = std::normal_distribution<float>(0, 6)(random_);
        element = chance(60) ? std::ldexp(std::nearbyint(wide * 32), -6) : wide;
    }
    return array;
}

} // namespace millrace::tests
