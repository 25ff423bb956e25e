// SPDX-License-Identifier: Apache-2.0
//
// Units that multiply: mr_matrix_vector, mr_depthwise, mr_dynamic_matrix.
#include "ir/cost/products.hpp"
#include "ir/cost/arithmetic.hpp"
#include "ir/cost/memory.hpp"

namespace millrace {

namespace {

using namespace cost;

int multiplier_port(Family family) { return family == Family::xc7 ? 25 : 27; }

/// Where weights do not change, half of the bits of their products with numbers are constants, and
/// lanes of signs share some of their sums.
Cost with_constant_weights(const Cost& products, const DotProduct& product) {
    return (product.signs() || product.sign_and_number() ? 0.85 : 0.66) * products;
}

} // namespace

std::int64_t dsp_lanes(const MatrixVectorCircuit& circuit, Family family) {
    if (!multiplies_in_dsp(circuit.multiplier, circuit.input, circuit.weight)) {
        return 0;
    }
    const bool a_unsigned = !is_signed(circuit.input);
    const bool w_unsigned = !is_signed(circuit.weight);
    const bool narrow = circuit.narrow && !w_unsigned;
    const int spacing = circuit.weight.bits + circuit.input.bits +
                        (w_unsigned && a_unsigned ? 1
                         : narrow && !a_unsigned  ? -1
                                                  : 0);
    const int top = circuit.weight.bits + (w_unsigned ? 1 : circuit.narrow ? 0 : 1);
    const int port = multiplier_port(family);
    return port > top ? (port - top) / spacing + 1 : 1;
}

Cost matrix_vector_cost(const MatrixVectorCircuit& circuit, Family family) {
    const std::int64_t input_folds = circuit.inputs / circuit.simd;
    const std::int64_t output_folds = circuit.outputs / circuit.groups / circuit.pe;
    const std::int64_t words = circuit.outputs / circuit.pe * input_folds;
    const std::int64_t input_bits = circuit.simd * circuit.input.bits;

    // Which word; the handshake.
    Cost cost = counter(input_folds) + counter(output_folds) + counter(words) + logic(5, 2);
    // Inputs, for all outputs of their group.
    if (output_folds > 1 && input_folds > 1) {
        constexpr std::int64_t most_in_luts = 128; // words, as mr_matrix_vector has it
        cost += input_buffer(input_bits, input_folds, input_folds > most_in_luts, family);
        // The address of the kept word; the mapping of a memory without a register has it twice.
        const auto address = static_cast<double>(ceil_log2(input_folds));
        cost += logic(address + 1, 2 * address);
    } else {
        cost += logic(0, static_cast<double>(input_bits));
    }
    cost +=
        weight_rom(circuit.pe * circuit.simd * circuit.weight.bits, words, circuit.memory, family);

    const std::int64_t share = dsp_lanes(circuit, family);
    if (share == 0) {
        const DotProduct product{circuit.simd, circuit.input, circuit.weight, circuit.ternary,
                                 circuit.accumulator_bits};
        const Cost sums = dot_accumulate(product, input_folds, circuit.pe, true);
        return cost + (words == 1 ? with_constant_weights(sums, product) : sums);
    }
    const bool both_unsigned = !is_signed(circuit.weight) && !is_signed(circuit.input);
    const bool both_signed = is_signed(circuit.weight) && is_signed(circuit.input);
    DspProduct product{circuit.simd,
                       input_folds,
                       share,
                       circuit.weight.bits + circuit.input.bits +
                           (both_unsigned                   ? 1
                            : circuit.narrow && both_signed ? -1
                                                            : 0),
                       circuit.pe > 1,
                       circuit.input,
                       circuit.weight,
                       circuit.accumulator_bits,
                       circuit.narrow};
    const std::int64_t full = circuit.pe / share;
    cost += static_cast<double>(full) * dot_dsp(product, family);
    if (circuit.pe % share != 0) {
        product.lanes = circuit.pe % share;
        cost += dot_dsp(product, family);
    }
    if (family == Family::xcup && product.apart) {
        cost += logic(0, static_cast<double>(input_bits)); // once for all blocks
    }
    const std::int64_t stages = 2 + (product.apart ? 1 : 0) + ceil_log2(circuit.simd);
    return cost + logic(1, 2 * static_cast<double>(stages) + (input_folds > 1 ? 2 : 1));
}

Cost depthwise_cost(const DepthwiseCircuit& circuit, Family family) {
    const std::int64_t folds = circuit.taps / circuit.simd;
    const std::int64_t words = circuit.channels / circuit.pe * folds;
    const std::int64_t products = circuit.pe * circuit.simd;
    Cost cost = counter(folds) + counter(words) + logic(3, 2);
    const bool in_dsp = multiplies_in_dsp(circuit.multiplier, circuit.input, circuit.weight);
    // The input is a register of the block.
    cost += logic(0, in_dsp && family == Family::xc7
                         ? 0
                         : static_cast<double>(products * circuit.input.bits));
    cost += weight_rom(products * circuit.weight.bits, words, circuit.memory, family);
    if (in_dsp) {
        const DspProduct product{circuit.simd,
                                 folds,
                                 1,
                                 0,
                                 false,
                                 circuit.input,
                                 circuit.weight,
                                 circuit.accumulator_bits};
        const auto stages = static_cast<double>(2 + ceil_log2(circuit.simd));
        return cost + static_cast<double>(circuit.pe) * dot_dsp(product, family) +
               logic(1, 2 * stages + (folds > 1 ? 2 : 1));
    }
    const DotProduct product{circuit.simd, circuit.input, circuit.weight, circuit.ternary,
                             circuit.accumulator_bits};
    const Cost sums = dot_accumulate(product, folds, circuit.pe, false);
    // No two lanes have an input in common, so constants save less than in a matrix.
    const double constant = product.signs() || product.sign_and_number() ? 0.97 : 0.81;
    return cost + (words == 1 ? constant * sums : sums);
}

Cost dynamic_matrix_cost(const DynamicMatrixCircuit& circuit, Family family) {
    const std::int64_t output_folds = circuit.columns / circuit.pe;
    const std::int64_t words = circuit.inner * output_folds;
    const DifferenceCircuit operands =
        difference_circuit(circuit.a, {circuit.zero_a}, circuit.b, {circuit.zero_b});
    Cost cost = counter(circuit.rows) + counter(circuit.inner) + counter(output_folds) +
                2.0 * counter(words) + logic(8, 4);
    cost += one_port_ram(circuit.pe * circuit.b.bits, words, family);
    if (output_folds > 1 && circuit.inner > 1) {
        cost += input_buffer(circuit.a.bits, circuit.inner, false, family);
        const auto address = static_cast<double>(ceil_log2(circuit.inner));
        cost += logic(address + 1, 2 * address);
    } else {
        cost += logic(0, circuit.a.bits);
    }
    cost += difference(1, circuit.a, operands.a, circuit.zero_a == 0);
    cost += difference(circuit.pe, circuit.b, operands.b, circuit.zero_b == 0);
    if (operands.dsp) {
        const DspProduct product{1,     circuit.inner, 1,          0,
                                 false, operands.a,    operands.b, circuit.accumulator_bits};
        return cost + static_cast<double>(circuit.pe) * dot_dsp(product, family) + logic(1, 6);
    }
    const DotProduct product{1, operands.a, operands.b, false, circuit.accumulator_bits};
    return cost + dot_accumulate(product, circuit.inner, circuit.pe, false);
}

} // namespace millrace
