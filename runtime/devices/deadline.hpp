// SPDX-License-Identifier: Apache-2.0
//
// Time limits as points in time. Callers may give any number of milliseconds, the largest as well:
// clamped to a year here, since a point in time further away than the clock's range would lie in
// the past.
#pragma once

#include <algorithm>
#include <chrono>

namespace millrace::runtime {

using Clock = std::chrono::steady_clock;

inline Clock::time_point deadline_after(std::chrono::milliseconds timeout,
                                        Clock::time_point begin = Clock::now()) {
    constexpr std::chrono::milliseconds year = std::chrono::hours(24 * 365);
    return begin + std::clamp(timeout, std::chrono::milliseconds(0), year);
}

} // namespace millrace::runtime
