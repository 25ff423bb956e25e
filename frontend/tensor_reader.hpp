// SPDX-License-Identifier: Apache-2.0
//
// ONNX tensors become exact tensors: raw and typed data, inside the file or beside it, of every
// number type that has at most 64 bits. Shape and size are checked against the data that is really
// there before memory is taken. float32 stays float32 and integers stay integers (ScaledIntegers
// with scale 1), so that the weights of a large network cost one copy and nothing per element.
#pragma once

#include "frontend/import.hpp"
#include "frontend/reporter.hpp"
#include "ir/tensor.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace onnx {
class TensorProto;
}

namespace millrace::frontend {

/// More dimensions than any network has; bounds the work that a shape in a file can ask for.
inline constexpr std::int64_t max_rank = 32;

/// The element type for a TensorProto.DataType number, nothing when Millrace does not read it.
std::optional<DataType> data_type_from_onnx(std::int64_t number);
/// ONNX's name of the number, for messages: "float8e4m3fn", "type 99".
std::string onnx_data_type_name(std::int64_t number);

struct TensorContents {
    Shape shape;
    DataType element = DataType::float32;
    /// Nothing when an element is infinite or not a number.
    std::optional<Tensor> tensor;
    /// For such a tensor of one element: that element.
    std::optional<double> non_finite;
};

struct TensorSource {
    const std::filesystem::path& data_folder;
    const ImportOptions& options;
};

/// Reads a tensor and frees its data in the message. Nothing after a report
/// (tensor_size_mismatch, unsupported_data_type, external_data_*).
std::optional<TensorContents> read_tensor(onnx::TensorProto& tensor, const TensorSource& source,
                                          const Reporter& reporter);

/// Reports what is wrong with shape, size or place of the data without reading them.
void check_tensor(const onnx::TensorProto& tensor, const TensorSource& source,
                  const Reporter& reporter);

} // namespace millrace::frontend
