// SPDX-License-Identifier: Apache-2.0
//
// What a session has done and how fast.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <vector>

namespace millrace::runtime {

/// Times in seconds, sizes in bytes. Latencies are those of requests, from submit() to the last
/// output of the request: percentiles over the latest 65,536.
struct Statistics {
    std::int64_t requests = 0;
    std::int64_t samples = 0;
    std::int64_t batches = 0;
    double seconds = 0;            ///< in which at least one request was under way
    double samples_per_second = 0; ///< samples / seconds
    double latency_p50 = 0;
    double latency_p95 = 0;
    double latency_p99 = 0;
    double latency_max = 0;
    std::uint64_t bytes_to_device = 0;
    std::uint64_t bytes_from_device = 0;
    double encode_seconds = 0; ///< host time on inputs, summed over threads
    double device_seconds = 0; ///< from start to results, summed over batches (they overlap)
    double decode_seconds = 0; ///< host time on outputs, summed over threads
};

/// Gathers statistics. Thread-safe.
class StatisticsRecorder {
  public:
    using Clock = std::chrono::steady_clock;

    struct BatchTimes {
        Clock::duration encode{};
        Clock::duration device{};
        Clock::duration decode{};
    };

    void request_begins(Clock::time_point now);
    /// `complete`: whether all its samples are done; else it counts for nothing but its time.
    void request_ends(Clock::time_point begin, Clock::time_point now, std::int64_t samples,
                      bool complete);
    void batch_done(const BatchTimes& times, std::uint64_t bytes_to_device,
                    std::uint64_t bytes_from_device);

    [[nodiscard]] Statistics statistics() const;
    /// Forgets all but the requests that are under way.
    void reset();

  private:
    mutable std::mutex mutex_;
    Statistics sums_;
    std::int64_t under_way_ = 0;
    Clock::time_point busy_since_{};
    Clock::duration busy_{};
    std::vector<double> latencies_; ///< a ring once it is full
    std::size_t next_latency_ = 0;
};

/// The value below which a share `part` (0 to 1) of the values lies: the nearest rank. 0 for none.
double percentile(std::vector<double> values, double part);

} // namespace millrace::runtime
