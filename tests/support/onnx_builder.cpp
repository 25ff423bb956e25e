// SPDX-License-Identifier: Apache-2.0
//
// See onnx_builder.hpp.
#include "tests/support/onnx_builder.hpp"

#include <onnx/onnx_pb.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <fstream>
#include <stdexcept>

namespace millrace::tests {

namespace {

std::uint16_t half_bits(double value) {
    if (std::isnan(value)) {
        return 0x7e00;
    }
    const std::uint16_t sign = std::signbit(value) ? 0x8000 : 0;
    const double magnitude = std::abs(value);
    if (std::isinf(magnitude)) {
        return sign | 0x7c00;
    }
    if (magnitude < 0x1p-14) {
        return static_cast<std::uint16_t>(sign | static_cast<int>(magnitude * 0x1p24));
    }
    const int exponent = std::ilogb(magnitude);
    const auto fraction = static_cast<int>((std::ldexp(magnitude, -exponent) - 1) * 1024);
    return static_cast<std::uint16_t>(sign | (exponent + 15) << 10 | fraction);
}

template <class T> void append(std::string& bytes, T value) {
    char raw[sizeof(T)];
    std::memcpy(raw, &value, sizeof(T));
    bytes.append(raw, sizeof(T));
}

/// The bits of one element as int32_data holds them.
std::int32_t small_bits(DataType type, double value) {
    switch (type) {
    case DataType::float16:
        return half_bits(value);
    case DataType::bfloat16:
        return static_cast<std::int32_t>(std::bit_cast<std::uint32_t>(static_cast<float>(value)) >>
                                         16);
    default:
        return static_cast<std::int32_t>(value);
    }
}

bool is_nibble(DataType type) { return type == DataType::int4 || type == DataType::uint4; }

std::vector<std::int32_t> nibble_pairs(const std::vector<double>& values) {
    std::vector<std::int32_t> pairs((values.size() + 1) / 2, 0);
    for (std::size_t i = 0; i < values.size(); ++i) {
        const int nibble = static_cast<int>(values[i]) & 0xf;
        pairs[i / 2] |= i % 2 == 0 ? nibble : nibble << 4;
    }
    return pairs;
}

void fill_typed(onnx::TensorProto& tensor, const std::vector<double>& values, DataType type) {
    if (is_nibble(type)) {
        for (const std::int32_t pair : nibble_pairs(values)) {
            tensor.add_int32_data(pair);
        }
        return;
    }
    for (const double value : values) {
        switch (type) {
        case DataType::float32:
            tensor.add_float_data(static_cast<float>(value));
            break;
        case DataType::float64:
            tensor.add_double_data(value);
            break;
        case DataType::int64:
            tensor.add_int64_data(static_cast<std::int64_t>(value));
            break;
        case DataType::uint32:
        case DataType::uint64:
            tensor.add_uint64_data(static_cast<std::uint64_t>(value));
            break;
        default:
            tensor.add_int32_data(small_bits(type, value));
        }
    }
}

std::string raw_bytes(const std::vector<double>& values, DataType type) {
    std::string raw;
    if (is_nibble(type)) {
        for (const std::int32_t pair : nibble_pairs(values)) {
            raw += static_cast<char>(pair);
        }
        return raw;
    }
    for (const double value : values) {
        switch (type) {
        case DataType::float32:
            append(raw, static_cast<float>(value));
            break;
        case DataType::float64:
            append(raw, value);
            break;
        case DataType::float16:
        case DataType::bfloat16:
        case DataType::int16:
        case DataType::uint16:
            append(raw, static_cast<std::uint16_t>(small_bits(type, value)));
            break;
        case DataType::int8:
        case DataType::uint8:
        case DataType::boolean:
            raw += static_cast<char>(small_bits(type, value));
            break;
        case DataType::int32:
            append(raw, static_cast<std::int32_t>(value));
            break;
        case DataType::uint32:
            append(raw, static_cast<std::uint32_t>(value));
            break;
        case DataType::int64:
            append(raw, static_cast<std::int64_t>(value));
            break;
        case DataType::uint64:
            append(raw, static_cast<std::uint64_t>(value));
            break;
        case DataType::int4:
        case DataType::uint4:
            break;
        }
    }
    return raw;
}

void describe(onnx::TensorProto& tensor, const std::string& name, const Shape& shape, int type) {
    tensor.set_name(name);
    tensor.set_data_type(type);
    for (const std::int64_t size : shape) {
        tensor.add_dims(size);
    }
}

onnx::AttributeProto& new_attribute(onnx::NodeProto& node, const std::string& key,
                                    onnx::AttributeProto::AttributeType type) {
    onnx::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name(key);
    attribute.set_type(type);
    return attribute;
}

} // namespace

int onnx_data_type(DataType type) {
    switch (type) {
    case DataType::float32:
        return 1;
    case DataType::uint8:
        return 2;
    case DataType::int8:
        return 3;
    case DataType::uint16:
        return 4;
    case DataType::int16:
        return 5;
    case DataType::int32:
        return 6;
    case DataType::int64:
        return 7;
    case DataType::boolean:
        return 9;
    case DataType::float16:
        return 10;
    case DataType::float64:
        return 11;
    case DataType::uint32:
        return 12;
    case DataType::uint64:
        return 13;
    case DataType::bfloat16:
        return 16;
    case DataType::uint4:
        return 21;
    case DataType::int4:
        return 22;
    }
    throw std::logic_error("unknown element type");
}

OnnxNode& OnnxNode::name(const std::string& text) {
    node_->set_name(text);
    return *this;
}

OnnxNode& OnnxNode::domain(const std::string& text) {
    node_->set_domain(text);
    return *this;
}

OnnxNode& OnnxNode::attr(const std::string& key, int value) {
    return attr(key, static_cast<std::int64_t>(value));
}

OnnxNode& OnnxNode::attr(const std::string& key, std::int64_t value) {
    new_attribute(*node_, key, onnx::AttributeProto::INT).set_i(value);
    return *this;
}

OnnxNode& OnnxNode::attr(const std::string& key, float value) {
    new_attribute(*node_, key, onnx::AttributeProto::FLOAT).set_f(value);
    return *this;
}

OnnxNode& OnnxNode::attr(const std::string& key, const char* value) {
    new_attribute(*node_, key, onnx::AttributeProto::STRING).set_s(value);
    return *this;
}

OnnxNode& OnnxNode::attr(const std::string& key, const std::vector<std::int64_t>& values) {
    auto& attribute = new_attribute(*node_, key, onnx::AttributeProto::INTS);
    attribute.mutable_ints()->Add(values.begin(), values.end());
    return *this;
}

OnnxNode& OnnxNode::attr(const std::string& key, const std::vector<float>& values) {
    auto& attribute = new_attribute(*node_, key, onnx::AttributeProto::FLOATS);
    attribute.mutable_floats()->Add(values.begin(), values.end());
    return *this;
}

OnnxNode& OnnxNode::attr(const std::string& key, const OnnxTensor& value) {
    auto& attribute = new_attribute(*node_, key, onnx::AttributeProto::TENSOR);
    describe(*attribute.mutable_t(), key, value.shape, onnx_data_type(value.type));
    fill_typed(*attribute.mutable_t(), value.values, value.type);
    return *this;
}

OnnxNode& OnnxNode::attr_graph(const std::string& key) {
    new_attribute(*node_, key, onnx::AttributeProto::GRAPH).mutable_g()->set_name(key);
    return *this;
}

OnnxBuilder::OnnxBuilder(std::int64_t opset, std::int64_t ir_version)
    : model_(std::make_unique<onnx::ModelProto>()) {
    model_->set_ir_version(ir_version);
    model_->mutable_graph()->set_name("test");
    add_opset("", opset);
}

OnnxBuilder::~OnnxBuilder() = default;
OnnxBuilder::OnnxBuilder(OnnxBuilder&&) noexcept = default;
OnnxBuilder& OnnxBuilder::operator=(OnnxBuilder&&) noexcept = default;

OnnxBuilder& OnnxBuilder::add_opset(const std::string& domain, std::int64_t version) {
    auto& opset = *model_->add_opset_import();
    opset.set_domain(domain);
    opset.set_version(version);
    return *this;
}

OnnxBuilder& OnnxBuilder::clear_opsets() {
    model_->clear_opset_import();
    return *this;
}

OnnxBuilder& OnnxBuilder::producer(const std::string& name, const std::string& version) {
    model_->set_producer_name(name);
    model_->set_producer_version(version);
    return *this;
}

OnnxBuilder& OnnxBuilder::add_input(const std::string& name, const std::vector<OnnxDim>& shape,
                                    DataType type) {
    add_input_of_type(name, onnx_data_type(type));
    auto& input = *model_->mutable_graph()->mutable_input()->rbegin();
    for (const OnnxDim& dim : shape) {
        auto& added = *input.mutable_type()->mutable_tensor_type()->mutable_shape()->add_dim();
        if (!dim.symbolic) {
            added.set_dim_value(dim.value);
        } else if (!dim.symbol.empty()) {
            added.set_dim_param(dim.symbol);
        }
    }
    return *this;
}

OnnxBuilder& OnnxBuilder::add_input_of_type(const std::string& name, int onnx_type,
                                            bool with_shape) {
    auto& input = *model_->mutable_graph()->add_input();
    input.set_name(name);
    input.mutable_type()->mutable_tensor_type()->set_elem_type(onnx_type);
    if (with_shape) {
        input.mutable_type()->mutable_tensor_type()->mutable_shape();
    }
    return *this;
}

OnnxBuilder& OnnxBuilder::add_output(const std::string& name) {
    auto& output = *model_->mutable_graph()->add_output();
    output.set_name(name);
    output.mutable_type()->mutable_tensor_type()->set_elem_type(onnx::TensorProto::FLOAT);
    return *this;
}

OnnxBuilder& OnnxBuilder::add_init(const std::string& name, const Shape& shape,
                                   const std::vector<double>& values, DataType type) {
    auto& tensor = *model_->mutable_graph()->add_initializer();
    describe(tensor, name, shape, onnx_data_type(type));
    fill_typed(tensor, values, type);
    return *this;
}

OnnxBuilder& OnnxBuilder::add_raw_init(const std::string& name, const Shape& shape,
                                       const std::vector<double>& values, DataType type) {
    return add_bytes(name, shape, onnx_data_type(type), raw_bytes(values, type));
}

OnnxBuilder& OnnxBuilder::add_scalar(const std::string& name, double value, DataType type) {
    return add_init(name, {}, {value}, type);
}

OnnxBuilder& OnnxBuilder::add_ints(const std::string& name,
                                   const std::vector<std::int64_t>& values) {
    auto& tensor = *model_->mutable_graph()->add_initializer();
    describe(tensor, name, {static_cast<std::int64_t>(values.size())},
             onnx_data_type(DataType::int64));
    tensor.mutable_int64_data()->Add(values.begin(), values.end());
    return *this;
}

OnnxBuilder& OnnxBuilder::add_bytes(const std::string& name, const Shape& shape, int onnx_type,
                                    const std::string& raw) {
    auto& tensor = *model_->mutable_graph()->add_initializer();
    describe(tensor, name, shape, onnx_type);
    tensor.set_raw_data(raw);
    return *this;
}

OnnxBuilder& OnnxBuilder::add_external(const std::string& name, const Shape& shape, DataType type,
                                       const std::string& location, const std::string& offset,
                                       const std::string& length) {
    auto& tensor = *model_->mutable_graph()->add_initializer();
    describe(tensor, name, shape, onnx_data_type(type));
    tensor.set_data_location(onnx::TensorProto::EXTERNAL);
    const auto add = [&](const char* key, const std::string& value) {
        if (!value.empty()) {
            auto& entry = *tensor.add_external_data();
            entry.set_key(key);
            entry.set_value(value);
        }
    };
    add("location", location);
    add("offset", offset);
    add("length", length);
    return *this;
}

OnnxBuilder& OnnxBuilder::add_sparse(const std::string& name) {
    auto& tensor = *model_->mutable_graph()->add_sparse_initializer();
    describe(*tensor.mutable_values(), name, {0}, onnx_data_type(DataType::float32));
    describe(*tensor.mutable_indices(), "", {0}, onnx_data_type(DataType::int64));
    tensor.add_dims(4);
    return *this;
}

OnnxNode OnnxBuilder::add_node(const std::string& op, const std::vector<std::string>& inputs,
                               const std::vector<std::string>& outputs) {
    auto& node = *model_->mutable_graph()->add_node();
    node.set_op_type(op);
    for (const std::string& input : inputs) {
        node.add_input(input);
    }
    for (const std::string& output : outputs) {
        node.add_output(output);
    }
    return OnnxNode(node);
}

OnnxBuilder& OnnxBuilder::add_function(const std::string& domain, const std::string& name) {
    auto& function = *model_->add_functions();
    function.set_domain(domain);
    function.set_name(name);
    return *this;
}

std::string OnnxBuilder::bytes() const { return model_->SerializeAsString(); }

void OnnxBuilder::save(const std::filesystem::path& file) const {
    std::ofstream stream(file, std::ios::binary);
    const std::string text = bytes();
    stream.write(text.data(), static_cast<std::streamsize>(text.size()));
    if (!stream.flush()) {
        throw std::runtime_error("cannot write " + file.string());
    }
}

} // namespace millrace::tests
