// SPDX-License-Identifier: Apache-2.0
//
// Constants of the SystemVerilog actor library as text: literals for parameters and files for
// $readmemh, in the orders that templates/rtl/README.md fixes.
#pragma once

#include "ir/tensor.hpp"
#include "ir/type.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace millrace::backends {

using NumberRows = std::vector<std::vector<std::int64_t>>;

/// ENC of the library: 0 unsigned, 1 signed, 2 bipolar.
int encoding_code(Encoding encoding);
/// "64'h00000000000000ff": two's complement.
std::string literal_64(std::int64_t number);
/// Entry i in bits [32 * i +: 32].
std::string list_literal(const std::vector<std::int64_t>& entries);
/// Row after row, number i in bits [i * format.bits +: format.bits]. Literals of more than 65,536
/// bits, too wide for Verilator, are concatenated.
std::string packed_literal(const NumberRows& rows, const ElementFormat& format);
/// One row of numbers in two's complement of `bits`.
std::string packed_literal(const std::vector<std::int64_t>& numbers, int bits);

/// The weights [K, N] of mr_matrix_vector, or [T, C] of mr_depthwise: a word for each cycle of a
/// vector, lane after lane in planes of bits.
std::string matrix_file(const Tensor& weights, const ElementFormat& format, std::int64_t pe,
                        std::int64_t simd);

} // namespace millrace::backends
