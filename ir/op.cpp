// SPDX-License-Identifier: Apache-2.0
#include "ir/op.hpp"

namespace millrace {

std::string_view op_name(const Op& op) {
    return std::visit([](const auto& alternative) { return alternative.name; }, op);
}

std::vector<ValueType> infer(const Op& op, const TypeList& inputs) {
    return std::visit([&](const auto& alternative) { return infer(alternative, inputs); }, op);
}

} // namespace millrace
