// SPDX-License-Identifier: Apache-2.0
//
// See attributes.hpp. Files of the first ONNX versions leave the type of an attribute out; then the
// field that is set decides.
#include "frontend/attributes.hpp"

#include <fmt/format.h>
#include <onnx/onnx_pb.h>

#include <cmath>

namespace millrace::frontend {

namespace {

int type_of(const onnx::AttributeProto& attribute) {
    if (attribute.has_type() && attribute.type() != onnx::AttributeProto::UNDEFINED) {
        return attribute.type();
    }
    if (attribute.has_f()) {
        return onnx::AttributeProto::FLOAT;
    }
    if (attribute.has_i()) {
        return onnx::AttributeProto::INT;
    }
    if (attribute.has_s()) {
        return onnx::AttributeProto::STRING;
    }
    if (attribute.has_t()) {
        return onnx::AttributeProto::TENSOR;
    }
    if (attribute.floats_size() != 0) {
        return onnx::AttributeProto::FLOATS;
    }
    if (attribute.ints_size() != 0) {
        return onnx::AttributeProto::INTS;
    }
    return onnx::AttributeProto::UNDEFINED;
}

} // namespace

Attributes::Attributes(onnx::NodeProto& node, Reporter reporter)
    : node_(node),
      reporter_(std::move(reporter)) {
    std::set<std::string_view> names;
    for (const onnx::AttributeProto& attribute : node.attribute()) {
        if (!names.insert(attribute.name()).second) {
            reject(attribute.name(), "is given twice");
        }
    }
}

void Attributes::reject(std::string_view name, std::string_view why) const {
    reporter_.error(Code::bad_attribute, fmt::format("attribute '{}' {}", escaped(name), why),
                    "correct the attribute where the model is made");
}

onnx::AttributeProto* Attributes::find(std::string_view name) {
    read_.emplace(name);
    for (onnx::AttributeProto& attribute : *node_.mutable_attribute()) {
        if (attribute.name() == name) {
            return &attribute;
        }
    }
    return nullptr;
}

onnx::AttributeProto* Attributes::find(std::string_view name, int type,
                                       std::string_view type_name) {
    onnx::AttributeProto* attribute = find(name);
    if (attribute == nullptr) {
        return nullptr;
    }
    const int actual = type_of(*attribute);
    // An empty list without a type says neither floats nor integers.
    const bool empty_list =
        actual == onnx::AttributeProto::UNDEFINED &&
        (type == onnx::AttributeProto::INTS || type == onnx::AttributeProto::FLOATS);
    if (actual != type && !empty_list) {
        reject(name, fmt::format("must be {}", type_name));
        return nullptr;
    }
    return attribute;
}

bool Attributes::has(std::string_view name) { return find(name) != nullptr; }

std::optional<std::int64_t> Attributes::integer(std::string_view name) {
    const auto* attribute = find(name, onnx::AttributeProto::INT, "an integer");
    return attribute == nullptr ? std::nullopt : std::optional<std::int64_t>(attribute->i());
}

std::int64_t Attributes::integer(std::string_view name, std::int64_t fallback) {
    return integer(name).value_or(fallback);
}

std::int64_t Attributes::required_integer(std::string_view name) {
    if (!has(name)) {
        reject(name, "is missing");
        return 0;
    }
    return integer(name, 0);
}

bool Attributes::flag(std::string_view name, bool fallback) {
    const auto value = integer(name);
    if (value && *value != 0 && *value != 1) {
        reject(name, fmt::format("is {} and must be 0 or 1", *value));
        return fallback;
    }
    return value ? *value == 1 : fallback;
}

std::optional<float> Attributes::single(std::string_view name) {
    const auto* attribute = find(name, onnx::AttributeProto::FLOAT, "a float");
    return attribute == nullptr ? std::nullopt : std::optional<float>(attribute->f());
}

Real Attributes::real(std::string_view name, float fallback) {
    const float value = single(name).value_or(fallback);
    if (!std::isfinite(value)) {
        reject(name, "is infinite or not a number");
        return Real::from_double(static_cast<double>(fallback));
    }
    return Real::from_double(static_cast<double>(value));
}

std::optional<std::string> Attributes::text(std::string_view name) {
    const auto* attribute = find(name, onnx::AttributeProto::STRING, "a string");
    return attribute == nullptr ? std::nullopt : std::optional<std::string>(attribute->s());
}

std::optional<std::vector<std::int64_t>> Attributes::integers(std::string_view name) {
    const auto* attribute = find(name, onnx::AttributeProto::INTS, "a list of integers");
    if (attribute == nullptr) {
        return std::nullopt;
    }
    return std::vector<std::int64_t>(attribute->ints().begin(), attribute->ints().end());
}

std::optional<std::vector<float>> Attributes::singles(std::string_view name) {
    const auto* attribute = find(name, onnx::AttributeProto::FLOATS, "a list of floats");
    if (attribute == nullptr) {
        return std::nullopt;
    }
    return std::vector<float>(attribute->floats().begin(), attribute->floats().end());
}

onnx::TensorProto* Attributes::tensor(std::string_view name) {
    auto* attribute = find(name, onnx::AttributeProto::TENSOR, "a tensor");
    return attribute == nullptr ? nullptr : attribute->mutable_t();
}

void Attributes::ignore(std::initializer_list<std::string_view> names) {
    for (const std::string_view name : names) {
        read_.emplace(name);
    }
}

std::vector<std::string> Attributes::unread() const {
    std::vector<std::string> names;
    for (const onnx::AttributeProto& attribute : node_.attribute()) {
        if (!read_.contains(attribute.name())) {
            names.push_back(attribute.name());
        }
    }
    return names;
}

} // namespace millrace::frontend
