// SPDX-License-Identifier: Apache-2.0
//
// Small ONNX models for tests, right or wrong ones: nothing that is put in is checked.
//
//   OnnxBuilder model(13);
//   model.add_input("x", {"N", 4});
//   model.add_init("w", {4, 2}, {1, 2, 3, 4, 5, 6, 7, 8});
//   model.add_node("MatMul", {"x", "w"}, {"y"});
//   model.add_node("Softmax", {"y"}, {"z"}).attr("axis", -1).name("last");
//   model.add_output("z");
//   const std::string bytes = model.bytes();
#pragma once

#include "ir/tensor.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace onnx {
class ModelProto;
class NodeProto;
} // namespace onnx

namespace millrace::tests {

/// A number or a symbol; an empty symbol is an unknown size.
struct OnnxDim {
    OnnxDim(std::int64_t number) : value(number) {} // NOLINT(google-explicit-constructor)
    OnnxDim(int number) : value(number) {}          // NOLINT(google-explicit-constructor)
    OnnxDim(const char* name)
        : symbol(name),
          symbolic(true) {} // NOLINT(google-explicit-constructor)
    std::int64_t value = 0;
    std::string symbol;
    bool symbolic = false;
};

/// A tensor as attributes hold it.
struct OnnxTensor {
    Shape shape;
    std::vector<double> values;
    DataType type = DataType::float32;
};

/// TensorProto.DataType of an element type.
int onnx_data_type(DataType type);

/// A node of the model under construction; valid until the next node is added.
class OnnxNode {
  public:
    explicit OnnxNode(onnx::NodeProto& node) : node_(&node) {}
    OnnxNode& name(const std::string& text);
    OnnxNode& domain(const std::string& text);
    OnnxNode& attr(const std::string& key, int value);
    OnnxNode& attr(const std::string& key, std::int64_t value);
    OnnxNode& attr(const std::string& key, float value);
    OnnxNode& attr(const std::string& key, const char* value);
    OnnxNode& attr(const std::string& key, const std::vector<std::int64_t>& values);
    OnnxNode& attr(const std::string& key, const std::vector<float>& values);
    OnnxNode& attr(const std::string& key, const OnnxTensor& value);
    /// A subgraph without content.
    OnnxNode& attr_graph(const std::string& key);

  private:
    onnx::NodeProto* node_;
};

class OnnxBuilder {
  public:
    explicit OnnxBuilder(std::int64_t opset = 13, std::int64_t ir_version = 8);
    ~OnnxBuilder();
    OnnxBuilder(OnnxBuilder&&) noexcept;
    OnnxBuilder& operator=(OnnxBuilder&&) noexcept;

    OnnxBuilder& add_opset(const std::string& domain, std::int64_t version);
    OnnxBuilder& clear_opsets();
    OnnxBuilder& producer(const std::string& name, const std::string& version);

    OnnxBuilder& add_input(const std::string& name, const std::vector<OnnxDim>& shape,
                           DataType type = DataType::float32);
    /// An input whose type has this TensorProto.DataType number and, optionally, no shape.
    OnnxBuilder& add_input_of_type(const std::string& name, int onnx_type, bool with_shape = true);
    OnnxBuilder& add_output(const std::string& name);

    /// An initializer with typed data (float_data, int32_data, ...).
    OnnxBuilder& add_init(const std::string& name, const Shape& shape,
                          const std::vector<double>& values, DataType type = DataType::float32);
    /// The same with raw data.
    OnnxBuilder& add_raw_init(const std::string& name, const Shape& shape,
                              const std::vector<double>& values, DataType type = DataType::float32);
    OnnxBuilder& add_scalar(const std::string& name, double value,
                            DataType type = DataType::float32);
    /// A list of int64, of any size.
    OnnxBuilder& add_ints(const std::string& name, const std::vector<std::int64_t>& values);
    /// An initializer of any claimed shape and TensorProto.DataType with these raw bytes.
    OnnxBuilder& add_bytes(const std::string& name, const Shape& shape, int onnx_type,
                           const std::string& raw);
    /// An initializer whose data lie elsewhere; empty texts are left out.
    OnnxBuilder& add_external(const std::string& name, const Shape& shape, DataType type,
                              const std::string& location, const std::string& offset = "",
                              const std::string& length = "");
    OnnxBuilder& add_sparse(const std::string& name);

    OnnxNode add_node(const std::string& op, const std::vector<std::string>& inputs,
                      const std::vector<std::string>& outputs);
    /// A function without content.
    OnnxBuilder& add_function(const std::string& domain, const std::string& name);

    [[nodiscard]] std::string bytes() const;
    void save(const std::filesystem::path& file) const;

  private:
    std::unique_ptr<onnx::ModelProto> model_;
};

} // namespace millrace::tests
