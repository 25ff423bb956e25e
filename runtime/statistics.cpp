// SPDX-License-Identifier: Apache-2.0
#include "runtime/statistics.hpp"

#include <algorithm>
#include <cmath>

namespace millrace::runtime {

namespace {

constexpr std::size_t most_latencies = 65536;

double seconds(StatisticsRecorder::Clock::duration duration) {
    return std::chrono::duration<double>(duration).count();
}

} // namespace

double percentile(std::vector<double> values, double part) {
    if (values.empty()) {
        return 0;
    }
    const auto count = static_cast<double>(values.size());
    const auto rank = static_cast<std::size_t>(std::clamp(std::ceil(part * count), 1.0, count)) - 1;
    std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(rank),
                     values.end());
    return values[rank];
}

void StatisticsRecorder::request_begins(Clock::time_point now) {
    const std::lock_guard lock(mutex_);
    if (under_way_++ == 0) {
        busy_since_ = now;
    }
}

void StatisticsRecorder::request_ends(Clock::time_point begin, Clock::time_point now,
                                      std::int64_t samples, bool complete) {
    const std::lock_guard lock(mutex_);
    if (--under_way_ == 0) {
        busy_ += now - busy_since_;
    }
    if (!complete) {
        return;
    }
    ++sums_.requests;
    sums_.samples += samples;
    const double latency = seconds(now - begin);
    sums_.latency_max = std::max(sums_.latency_max, latency);
    if (latencies_.size() < most_latencies) {
        latencies_.push_back(latency);
    } else {
        latencies_[next_latency_++ % most_latencies] = latency;
    }
}

void StatisticsRecorder::batch_done(const BatchTimes& times, std::uint64_t bytes_to_device,
                                    std::uint64_t bytes_from_device) {
    const std::lock_guard lock(mutex_);
    ++sums_.batches;
    sums_.bytes_to_device += bytes_to_device;
    sums_.bytes_from_device += bytes_from_device;
    sums_.encode_seconds += seconds(times.encode);
    sums_.device_seconds += seconds(times.device);
    sums_.decode_seconds += seconds(times.decode);
}

Statistics StatisticsRecorder::statistics() const {
    const std::lock_guard lock(mutex_);
    Statistics result = sums_;
    Clock::duration busy = busy_;
    if (under_way_ > 0) {
        busy += Clock::now() - busy_since_;
    }
    result.seconds = seconds(busy);
    result.samples_per_second =
        result.seconds > 0 ? static_cast<double>(result.samples) / result.seconds : 0;
    result.latency_p50 = percentile(latencies_, 0.50);
    result.latency_p95 = percentile(latencies_, 0.95);
    result.latency_p99 = percentile(latencies_, 0.99);
    return result;
}

void StatisticsRecorder::reset() {
    const std::lock_guard lock(mutex_);
    sums_ = {};
    busy_ = {};
    busy_since_ = Clock::now();
    latencies_.clear();
    next_latency_ = 0;
}

} // namespace millrace::runtime
