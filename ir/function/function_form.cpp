// SPDX-License-Identifier: Apache-2.0
#include "ir/function/function_form.hpp"

#include "ir/function/exact_function.hpp"

#include <algorithm>

namespace millrace {

namespace {

std::int64_t apply_form(const form::Identity& /*form*/, std::size_t /*channel*/, std::int64_t x) {
    return x;
}
std::int64_t apply_form(const form::Shift& form, std::size_t channel, std::int64_t x) {
    const Int128 sum = static_cast<Int128>(x) + channel_parameter(form.add, channel);
    const auto rounded = static_cast<std::int64_t>(
        divide_rounded(sum, static_cast<Int128>(1) << form.shift, form.rounding));
    return std::clamp(rounded, form.lo, form.hi);
}
std::int64_t apply_form(const form::MultiplyAddShift& form, std::size_t channel, std::int64_t x) {
    const Int128 product = static_cast<Int128>(x) * channel_parameter(form.multiplier, channel);
    const Int128 sum =
        product + (static_cast<Int128>(channel_parameter(form.add, channel)) << form.add_shift);
    const Int128 quotient = sum >> form.shift; // arithmetic: toward minus infinity
    const Int128 remainder = sum - (quotient << form.shift);
    const bool down = remainder < form.tie && (quotient & 1) != 0;
    return static_cast<std::int64_t>(
        std::clamp<Int128>(quotient - (down ? 1 : 0), form.lo, form.hi));
}
std::int64_t apply_form(const form::Thresholds& form, std::size_t channel, std::int64_t x) {
    const auto& row = channel_parameter(form.thresholds, channel);
    const auto reached = std::upper_bound(row.begin(), row.end(), x) - row.begin();
    return channel_parameter(form.base, channel) + channel_parameter(form.step, channel) * reached;
}
std::int64_t apply_form(const form::Breakpoints& form, std::size_t channel, std::int64_t x) {
    const auto& row = channel_parameter(form.starts, channel);
    const auto after = std::upper_bound(row.begin() + 1, row.end(), x) - row.begin();
    return channel_parameter(form.values, channel)[static_cast<std::size_t>(after - 1)];
}
std::int64_t apply_form(const form::Table& form, std::size_t channel, std::int64_t x) {
    return channel_parameter(form.values, channel).at(static_cast<std::size_t>(x - form.lo));
}

std::string_view name_of(const form::Identity& /*form*/) { return "identity"; }
std::string_view name_of(const form::Shift& /*form*/) { return "shift"; }
std::string_view name_of(const form::MultiplyAddShift& /*form*/) { return "multiply_add_shift"; }
std::string_view name_of(const form::Thresholds& /*form*/) { return "thresholds"; }
std::string_view name_of(const form::Breakpoints& /*form*/) { return "breakpoints"; }
std::string_view name_of(const form::Table& /*form*/) { return "table"; }

} // namespace

std::string_view form_name(const FunctionForm& form) {
    return std::visit([](const auto& alternative) { return name_of(alternative); }, form);
}

std::int64_t apply(const FunctionForm& form, std::size_t channel, std::int64_t x) {
    return std::visit([&](const auto& alternative) { return apply_form(alternative, channel, x); },
                      form);
}

} // namespace millrace
