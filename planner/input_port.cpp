// SPDX-License-Identifier: Apache-2.0
#include "planner/input_port.hpp"

#include "ir/memory_pace.hpp"

#include <algorithm>
#include <limits>

namespace millrace::planner {

bool InputPort::is_slow() const {
    return std::any_of(words.begin(), words.end(),
                       [this](const Words& taken) { return is_slow(taken.memory); });
}

std::int64_t InputPort::time(std::int64_t element, const Words& taken) const {
    const std::int64_t of_frame = (elements + taken.memory - 1) / taken.memory;
    const MemoryPace pace{of_frame, std::max(cycles, of_frame)};
    return std::max<std::int64_t>(0, pace.time(element / taken.memory) -
                                         pace.time((taken.lanes - 1) / taken.memory));
}

std::int64_t InputPort::least_time(std::int64_t element) const {
    std::int64_t least = std::numeric_limits<std::int64_t>::max();
    for (const Words& taken : words) {
        least = std::min(least, time(element, taken));
    }
    return least;
}

} // namespace millrace::planner
