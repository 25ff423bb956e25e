// SPDX-License-Identifier: Apache-2.0
#include "runtime/host/operation.hpp"

namespace millrace::runtime::host {

const OperationEntry* find_operation(std::string_view name) {
    for (const auto* family : {&arithmetic_operations(), &activation_operations(),
                               &quantizer_operations(), &layout_operations(), &product_operations(),
                               &pool_operations(), &selection_operations()}) {
        for (const OperationEntry& entry : *family) {
            if (entry.name == name) {
                return &entry;
            }
        }
    }
    return nullptr;
}

} // namespace millrace::runtime::host
