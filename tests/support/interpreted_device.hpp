// SPDX-License-Identifier: Apache-2.0
//
// A device of the runtime whose kernel is the compiler's integer interpreter, and which fails in
// the ways that devices do when it is told to.
#pragma once

#include "backends/packing.hpp"
#include "ir/integer_executor.hpp"
#include "ir/program.hpp"
#include "runtime/device.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

namespace millrace::tests {

/// What a device is told, also while it runs.
struct DeviceBehaviour {
    std::size_t compute_units = 1;
    std::chrono::microseconds time_a_batch{0};
    std::atomic<std::int64_t> good_batches{-1}; ///< then what follows; -1: all are good
    bool hangs = false;                         ///< else a bad batch fails at once
    std::atomic<std::int64_t> started{0};       ///< batches, all together
    std::atomic<int> most_under_way{0};
    std::atomic<int> under_way{0};
};

/// `program` and `behaviour` must outlive it.
std::unique_ptr<runtime::Device> interpreted_device(const Program& program,
                                                    const runtime::Manifest& manifest,
                                                    DeviceBehaviour& behaviour);

} // namespace millrace::tests
