// SPDX-License-Identifier: Apache-2.0
//
// What type inference of the integer level's ops shares: lists with one entry for all channels or
// one each, and sums that must stay within 64 bits in every order.
#pragma once

#include "ir/ops/inference.hpp"
#include "ir/rounding.hpp"
#include "ir/type.hpp"

#include <algorithm>

namespace millrace::ops {

/// One entry instead of several equal ones, so that equal types have equal fields.
template <class T> void collapse(std::vector<T>& entries) {
    if (!entries.empty() && std::all_of(entries.begin(), entries.end(),
                                        [&](const T& entry) { return entry == entries.front(); })) {
        entries.resize(1);
    }
}

/// Collapses all lists of a type.
inline void collapse(IntegerType& type) {
    collapse(type.lo);
    collapse(type.hi);
    collapse(type.grid.scale);
    collapse(type.grid.zero_point);
}

/// Throws TypeError unless there is one entry or one per channel.
inline void require_per_channel(std::size_t entries, std::int64_t channels, std::string_view op,
                                std::string_view what) {
    if (entries != 1 && static_cast<std::int64_t>(entries) != channels) {
        throw TypeError(
            fmt::format("{}: {} has {} entries for {} channels", op, what, entries, channels));
    }
}

/// The one entry that all channels share; TypeError when they do not.
inline const Real& shared_entry(const std::vector<Real>& entries, std::string_view op,
                                std::string_view what) {
    if (entries.empty() || std::any_of(entries.begin(), entries.end(), [&](const Real& entry) {
            return entry != entries.front();
        })) {
        throw TypeError(fmt::format("{}: the input's channels differ in their {}", op, what));
    }
    return entries.front();
}

inline Grid shared_grid(const Grid& grid, std::string_view op) {
    return {{shared_entry(grid.scale, op, "scale")},
            {shared_entry(grid.zero_point, op, "zero point")}};
}

/// Input `index` with well-formed ranges.
inline const IntegerType& integer_input(const TypeList& inputs, std::size_t index,
                                        std::string_view op) {
    const IntegerType& x = inputs.integer(index);
    require_per_channel(x.lo.size(), x.channels(), op, "the input's lower bound");
    require_per_channel(x.hi.size(), x.channels(), op, "the input's upper bound");
    require_per_channel(x.grid.scale.size(), x.channels(), op, "the input's scale");
    require_per_channel(x.grid.zero_point.size(), x.channels(), op, "the input's zero point");
    return x;
}

inline const IntegerType& only_input(const TypeList& inputs, std::string_view op) {
    require_inputs(inputs, 1, op);
    return integer_input(inputs, 0, op);
}

/// A number that 64-bit sums may reach; TypeError beyond 2^62.
inline std::int64_t within_64_bits(Int128 value, std::string_view op) {
    constexpr Int128 limit = Int128{1} << 62;
    if (value > limit || value < -limit) {
        throw TypeError(fmt::format("{}: results need more than 62 bits", op));
    }
    return static_cast<std::int64_t>(value);
}

} // namespace millrace::ops
