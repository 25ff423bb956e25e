// SPDX-License-Identifier: Apache-2.0
//
// The constants of actors in the formats of templates/hls/README.md: sections of the binary file
// that C simulation reads, and the include files with which synthesis initialises its ROMs.
#pragma once

#include "ir/tensor.hpp"
#include "ir/type.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace millrace::backends {

/// One constant object of the generated code.
struct ParameterObject {
    enum class Kind : std::uint8_t { weights, table, tree };

    std::string name; ///< of the C++ object, the section and the include file
    Kind kind = Kind::weights;
    ElementFormat element;
    std::int64_t channels = 1; ///< N of weights
    std::int64_t pe = 1;
    std::int64_t depth = 1; ///< numbers per channel; K of weights
    std::int64_t simd = 1;  ///< of weights
    bool shared = false;    ///< one copy for all channels
    /// The numbers in the section's order: [N][K], or [channels or 1][depth].
    std::vector<std::int64_t> numbers;
};

/// "millrace::Signed<5>".
std::string encoding_type(const ElementFormat& format);
/// "millrace::MatrixWeights<64, 32, 8, 4, millrace::Signed<6>>".
std::string object_type(const ParameterObject& object);
/// Members of the object that are partitioned and bound to memory.
std::vector<std::string> object_members(const ParameterObject& object);
/// Contents of NAME.inc.
std::string object_initialiser(const ParameterObject& object);
/// Contents of parameters.bin.
std::string parameter_file(const std::vector<ParameterObject>& objects);

/// Weights [K, N] of a matrix-vector unit.
ParameterObject weight_object(std::string name, const Tensor& weights, const ElementFormat& format,
                              std::int64_t pe, std::int64_t simd);
/// One row of numbers per channel, or one row in all.
ParameterObject row_object(std::string name, ParameterObject::Kind kind,
                           const std::vector<std::vector<std::int64_t>>& rows,
                           const ElementFormat& element, std::int64_t channels, std::int64_t pe);

} // namespace millrace::backends
