// SPDX-License-Identifier: Apache-2.0
//
// Samples on several threads.
#pragma once

#include "ir/engine.hpp"

#include <cstdint>
#include <functional>

namespace millrace {

/// Calls work(worker, sample) for each sample, on up to `jobs` threads (workers 0 to jobs - 1). The
/// calling thread is worker 0 and reports progress. The first exception that work throws ends the
/// loop and passes through.
void for_each_sample(std::int64_t samples, int jobs, const Progress& progress,
                     const std::function<void(int, std::int64_t)>& work);

} // namespace millrace
