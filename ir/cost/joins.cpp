// SPDX-License-Identifier: Apache-2.0
//
// Actors that compute on elements of two streams, and mr_top_k.
#include "ir/cost/arithmetic.hpp"
#include "ir/cost/memory.hpp"
#include "ir/cost/movement.hpp"

#include <algorithm>

namespace millrace {

namespace {

using namespace cost;

/// Constant factors leave about half of what a product of numbers takes.
constexpr double constant_factor = 0.55;

} // namespace

Cost add_join_cost(const ops::AddJoin& op, const ElementFormat& a, const ElementFormat& b,
                   std::int64_t pe, std::int64_t folds, Family family) {
    const AddCircuit circuit = add_circuit(op, a, b);
    const auto lanes = static_cast<double>(pe);
    const ElementFormat& number = circuit.number;
    // A bit that only repeats the sign has no register of its own.
    Cost cost = logic(3, 2 + lanes * (a.bits + b.bits));
    const bool shared = op.multiplier_a.size() == 1 && op.multiplier_b.size() == 1;
    for (const auto* factors : {&op.multiplier_a, &op.multiplier_b}) {
        cost += channel_constant(pe, folds, circuit.factor.bits, factors->size() == 1,
                                 ops::MemoryStyle::automatic, family);
    }
    const int sum = number.bits + circuit.factor.bits + 1;
    if (circuit.wires) {
        const double bits = std::min(op.output.bits, sum);
        return cost + lanes * logic(bits, bits);
    }
    if (circuit.dsp) {
        // Two blocks, of which one adds; operands and products are their registers.
        if (family == Family::xc7) {
            cost.ff -= lanes * (a.bits + b.bits);
        } else {
            const double products = 2.0 * (number.bits + circuit.factor.bits);
            cost += logic(lanes * std::min(op.output.bits, sum),
                          lanes * (a.bits + b.bits + 2.0 * circuit.factor.bits + products));
        }
        cost += logic(2, 3 + lanes * std::min(op.output.bits, sum));
        cost.dsp +=
            lanes * 2 * static_cast<double>(dsp_blocks(number.bits, circuit.factor.bits, family));
        return cost;
    }
    const Cost products =
        lanes * dot_accumulate({2, number, circuit.factor, false, sum}, 1, 1, false);
    return cost + (shared ? constant_factor * products : products);
}

Cost mul_join_cost(const ops::MulJoin& op, const ElementFormat& a, const ElementFormat& b,
                   std::int64_t pe, std::int64_t folds, Family family) {
    const DifferenceCircuit circuit = difference_circuit(a, op.zero_a, b, op.zero_b);
    const auto lanes = static_cast<double>(pe);
    Cost cost = logic(3, 3 + lanes * (a.bits + b.bits));
    for (const auto* zeros : {&op.zero_a, &op.zero_b}) {
        cost += channel_constant(pe, folds, circuit.zero_bits, zeros->size() == 1,
                                 ops::MemoryStyle::automatic, family);
    }
    const auto one = [&](const ElementFormat& from, const ElementFormat& to,
                         const std::vector<std::int64_t>& zeros) {
        const bool constant = zeros.size() == 1;
        // The operand's register is one of the block's.
        Cost lane = difference(1, from, to, constant && zeros.front() == 0);
        lane.lut = constant ? 0 : lane.lut;
        lane.ff = circuit.dsp && family == Family::xc7 ? 0 : lane.ff;
        return lanes * lane;
    };
    cost += one(a, circuit.a, op.zero_a) + one(b, circuit.b, op.zero_b);
    return cost + lanes * multiply(circuit.a, circuit.b, circuit.dsp,
                                   circuit.a.bits + circuit.b.bits + 1, family);
}

Cost top_k_cost(const ops::TopKUnit& op, const ElementFormat& input, int index_bits,
                std::int64_t elements, std::int64_t pe, Family /*family*/) {
    const auto places = static_cast<double>(op.k);
    const auto held = static_cast<double>(pe * input.bits);
    Cost cost = counter(pe) + counter(elements) + logic(3, 2);
    cost += logic(pe > 1 ? held : 0, held);
    // A comparison, the element and its index; places behind the first take those of the place
    // before.
    cost += logic(places * input.bits + (places - 1) * (input.bits + index_bits),
                  places * (input.bits + index_bits + 1));
    return cost + logic(0, op.with_values ? 1 : 0);
}

} // namespace millrace
