// SPDX-License-Identifier: Apache-2.0
//
// The attributes of a node by name and type. A wrong type is reported as bad_attribute and the
// fallback returned, so that all of a node's attributes are checked in one go. Every name that was
// asked for is remembered: what is left over at the end was not understood.
#pragma once

#include "frontend/reporter.hpp"
#include "ir/real.hpp"

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace onnx {
class AttributeProto;
class NodeProto;
class TensorProto;
} // namespace onnx

namespace millrace::frontend {

class Attributes {
  public:
    /// The node must outlive this. Reports attributes that occur twice.
    Attributes(onnx::NodeProto& node, Reporter reporter);

    [[nodiscard]] bool has(std::string_view name);

    std::optional<std::int64_t> integer(std::string_view name);
    std::int64_t integer(std::string_view name, std::int64_t fallback);
    /// An integer that must be there; reports its absence and returns 0.
    std::int64_t required_integer(std::string_view name);
    /// An integer that must be 0 or 1.
    bool flag(std::string_view name, bool fallback);

    /// The float32 value as it is, infinite or not.
    std::optional<float> single(std::string_view name);
    /// The exact value of a finite float32 attribute (the fallback too is a float32).
    Real real(std::string_view name, float fallback);

    std::optional<std::string> text(std::string_view name);
    std::optional<std::vector<std::int64_t>> integers(std::string_view name);
    std::optional<std::vector<float>> singles(std::string_view name);
    /// The tensor, whose data the caller may take.
    onnx::TensorProto* tensor(std::string_view name);

    /// Attributes that mean nothing for the result.
    void ignore(std::initializer_list<std::string_view> names);
    /// Names that nobody has asked for.
    [[nodiscard]] std::vector<std::string> unread() const;

    /// Reports an illegal value of an attribute.
    void reject(std::string_view name, std::string_view why) const;

  private:
    onnx::AttributeProto* find(std::string_view name);
    onnx::AttributeProto* find(std::string_view name, int type, std::string_view type_name);

    onnx::NodeProto& node_;
    Reporter reporter_;
    std::set<std::string, std::less<>> read_;
};

} // namespace millrace::frontend
