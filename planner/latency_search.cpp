// SPDX-License-Identifier: Apache-2.0
#include "planner/latency_search.hpp"

#include "planner/budgeted_plans.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace millrace::planner {

std::optional<Solution> LatencySearch::run(const std::vector<std::int64_t>& counts) {
    search_bounds();
    if (!best_ || !best_->proved) {
        search_cycles(counts);
        search_around();
    }
    return lost_ ? std::nullopt : best_;
}

bool LatencySearch::may_try() const {
    constexpr std::size_t most_tries = 48;
    constexpr std::int64_t most_words = 60'000'000; // some seconds
    return !lost_ && tried_.size() < most_tries && (followed_ < most_words || simulated_ < 10);
}

const Solution* LatencySearch::attempt(std::int64_t cycles, std::int64_t bound) {
    const std::pair key{cycles, bound};
    if (const auto known = tried_.find(key); known != tried_.end()) {
        return known->second ? &*known->second : nullptr;
    }
    if (!may_try()) {
        return nullptr;
    }
    Attempt made = try_(cycles, bound);
    lost_ = made.lost;
    std::optional<Solution>& solution = tried_[key] = std::move(made.solution);
    if (!solution) {
        return nullptr;
    }
    followed_ += solution->trial.words;
    ++simulated_;
    if (!quickest_ || solution->trial.latency < quickest_->trial.latency) {
        quickest_ = solution;
    }
    if (keeps(*solution) && (!best_ || solution->value < best_->value)) {
        best_ = solution;
    }
    return &*solution;
}

void LatencySearch::search_bounds() {
    std::int64_t low = 0;            // nothing fits, or there may be more
    std::int64_t high = target_ + 1; // too slow
    std::int64_t bound = target_;
    constexpr int rounds = 6;
    int missed = 0; // where even the limit is not kept to: the search did not find enough paths
    for (int round = 0; round < rounds && missed < 2 && low < bound && bound < high; ++round) {
        const Solution* const solution = attempt(any_cycles, bound);
        if (solution == nullptr && !may_try()) {
            return;
        }
        if (solution == nullptr || keeps(*solution)) {
            low = bound;
            bound += (high - bound) / 2;
            continue;
        }
        missed += solution->least_latency > bound ? 1 : 0;
        high = std::min(bound, solution->least_latency);
        bound = std::min(bound_for_target(*solution), high - 1);
        if (bound <= low) {
            bound = low + (high - low) / 2;
        }
    }
}

void LatencySearch::search_cycles(const std::vector<std::int64_t>& counts) {
    // Slower actors take less; halfway is on a scale of ratios. What is slower than the target is
    // so in a frame, too, but for what an actor does before one comes (the edges of pads).
    std::int64_t low = 0;
    std::int64_t high = std::min(counts.back(), target_) + 1;
    constexpr int rounds = 12;
    for (int round = 0; round < rounds; ++round) {
        const auto from = std::upper_bound(counts.begin(), counts.end(), low);
        const auto to = std::lower_bound(counts.begin(), counts.end(), high);
        if (from >= to) {
            return;
        }
        const auto middle = static_cast<std::int64_t>(
            std::sqrt(static_cast<double>(std::max<std::int64_t>(low, counts.front())) *
                      static_cast<double>(high)));
        const std::int64_t at = *std::clamp(std::lower_bound(counts.begin(), counts.end(), middle),
                                            from, std::prev(to));
        const Solution* const solution = attempt(at, any_latency);
        if (solution == nullptr && !may_try()) {
            return;
        }
        // What does not fit is slower than what does.
        (solution == nullptr || keeps(*solution) ? low : high) = at;
    }
}

void LatencySearch::search_around() {
    if (!quickest_) {
        return;
    }
    constexpr std::array factors{0.7, 0.85, 1.0, 1.2, 1.5, 2.0};
    constexpr int rounds = 4;
    for (const double factor : factors) {
        const Solution& from = best_ ? *best_ : *quickest_;
        const auto cycles = static_cast<std::int64_t>(factor * static_cast<double>(from.interval));
        std::int64_t bound = factor < 1 ? any_latency : from.least_latency;
        for (int round = 0; round < rounds; ++round) {
            const Solution* const solution = attempt(cycles, bound);
            if (solution == nullptr) {
                break;
            }
            // Where it keeps to the target with room to spare, that room is for more.
            const std::int64_t next = bound_for_target(*solution);
            if (next < 1 || next == bound) {
                break;
            }
            bound = next;
        }
    }
}

} // namespace millrace::planner
