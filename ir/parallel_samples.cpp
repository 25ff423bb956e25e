// SPDX-License-Identifier: Apache-2.0
#include "ir/parallel_samples.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace millrace {

void for_each_sample(std::int64_t samples, int jobs, const Progress& progress,
                     const std::function<void(int, std::int64_t)>& work) {
    // Taken in chunks, so that the counter is not what the threads wait for.
    const std::int64_t chunk = std::clamp<std::int64_t>(samples / (std::int64_t{jobs} * 16), 1, 64);
    std::atomic<std::int64_t> next{0};
    std::atomic<std::int64_t> done{0};
    std::exception_ptr failure;
    std::mutex failure_mutex;
    const auto worker = [&](int index) {
        try {
            for (;;) {
                const std::int64_t first = next.fetch_add(chunk);
                if (first >= samples) {
                    return;
                }
                const std::int64_t last = std::min(first + chunk, samples);
                for (std::int64_t sample = first; sample < last; ++sample) {
                    work(index, sample);
                }
                done += last - first;
                if (index == 0 && progress) {
                    progress(done.load());
                }
            }
        } catch (...) {
            const std::lock_guard lock(failure_mutex);
            if (!failure) {
                failure = std::current_exception();
            }
            next = samples;
        }
    };
    std::vector<std::thread> threads;
    const auto count = static_cast<int>(std::min<std::int64_t>(std::max(jobs, 1), samples));
    for (int index = 1; index < count; ++index) {
        threads.emplace_back(worker, index);
    }
    worker(0);
    for (std::thread& thread : threads) {
        thread.join();
    }
    if (failure) {
        std::rethrow_exception(failure);
    }
    if (progress) {
        progress(samples);
    }
}

} // namespace millrace
