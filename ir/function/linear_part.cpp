// SPDX-License-Identifier: Apache-2.0
#include "ir/function/linear_part.hpp"

namespace millrace {

std::optional<LinearPart> linear_part(const ExactFunction& function, std::size_t channel) {
    LinearPart part;
    std::size_t end = function.steps.size();
    while (end > 0 && !std::holds_alternative<step::Quantize>(function.steps[end - 1])) {
        --end;
    }
    const std::size_t count = end == 0 ? function.steps.size() : end - 1;
    for (std::size_t i = 0; i < count; ++i) {
        if (const auto* affine = std::get_if<step::Affine>(&function.steps[i])) {
            const Real& scale = channel_parameter(affine->scale, channel);
            part.slope *= scale;
            part.offset = part.offset * scale + channel_parameter(affine->offset, channel);
        } else if (const auto* inner = std::get_if<step::Quantize>(&function.steps[i])) {
            if (inner->binary) {
                return std::nullopt;
            }
        } else if (std::holds_alternative<step::Sigmoid>(function.steps[i]) ||
                   std::holds_alternative<step::Tanh>(function.steps[i]) ||
                   std::holds_alternative<step::Sign>(function.steps[i]) ||
                   std::holds_alternative<step::MultiThreshold>(function.steps[i])) {
            return std::nullopt;
        }
    }
    if (end != 0) {
        part.quantizer = std::get_if<step::Quantize>(&function.steps[end - 1]);
        if (part.quantizer->binary) {
            return std::nullopt;
        }
        const Real& scale = channel_parameter(part.quantizer->scale, channel);
        part.slope = part.slope / scale;
        part.offset = part.offset / scale + channel_parameter(part.quantizer->zero_point, channel);
    }
    return part;
}

} // namespace millrace
