// SPDX-License-Identifier: Apache-2.0
//
// The straight line behind a chain of steps. It only proposes the parameters of a form; whether the
// form equals the function is proved on the function's segments (realize.hpp).
#pragma once

#include "ir/function/exact_function.hpp"

#include <cstddef>
#include <optional>

namespace millrace {

/// The affine part of a chain up to its last quantizer, in units of the quantizer's levels:
/// level = slope * x + offset, rectifiers and clips left out (the final clamp stands for them).
struct LinearPart {
    Real slope = 1;
    Real offset;
    const step::Quantize* quantizer = nullptr; ///< of the function, which must outlive this
};

/// std::nullopt for chains with a step that is not affine on either side of zero.
std::optional<LinearPart> linear_part(const ExactFunction& function, std::size_t channel);

} // namespace millrace
