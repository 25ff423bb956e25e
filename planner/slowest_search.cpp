// SPDX-License-Identifier: Apache-2.0
#include "planner/slowest_search.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <queue>
#include <span>

namespace millrace::planner {

namespace {

constexpr double rounding = 1e-9; // of sums of tables in different orders
constexpr std::int64_t first_work = 4'000'000;

struct Part {
    std::size_t factor = 0;
    std::int64_t above = 0;
    std::span<const std::int64_t> counts; ///< that are left, ascending
    double bound = 0;
    std::int64_t work = first_work;
    std::int64_t number = 0;
};

/// The most promising first; among equals the older.
struct LessPromising {
    bool operator()(const Part& a, const Part& b) const {
        return a.bound != b.bound ? a.bound > b.bound : a.number > b.number;
    }
};

} // namespace

SearchResult search_by_slowest(const std::vector<SlowestRange>& ranges,
                               const std::vector<std::vector<std::int64_t>>& counts, double bound,
                               const SearchLimits& limits, const SearchRange& search_range) {
    std::priority_queue<Part, std::vector<Part>, LessPromising> open;
    std::int64_t number = 0;
    const auto add = [&](Part part) {
        if (!part.counts.empty()) {
            part.number = number++;
            open.push(part);
        }
    };
    for (std::size_t i = 0; i < ranges.size(); ++i) {
        add({ranges[i].factor, ranges[i].above, counts[i], bound});
    }
    SearchResult best;
    best.value = std::numeric_limits<double>::infinity();
    best.work = 0;
    const auto below = [&] { return std::min(best.value, limits.below); };
    const auto is_better = [&](double value) {
        return std::isfinite(below()) ? value < below() - std::abs(below()) * rounding
                                      : std::isfinite(value);
    };
    double left = std::numeric_limits<double>::infinity(); // bound of parts that are given up
    while (!open.empty() && left > open.top().bound && is_better(open.top().bound) &&
           best.work < limits.work) {
        Part part = open.top();
        open.pop();
        SearchLimits part_limits = limits;
        part_limits.work = std::min(part.work, limits.work - best.work);
        part_limits.below = below();
        const SearchResult found =
            search_range({part.factor, part.above, part.counts.back()}, part_limits);
        best.work += found.work;
        if (found.status == SearchResult::Status::found) {
            const std::int64_t work = best.work;
            best = found;
            best.work = work;
        }
        if (found.status == SearchResult::Status::impossible || found.proved) {
            continue;
        }
        part.bound = std::max(part.bound, found.bound);
        if (part.counts.size() == 1) {
            if (found.work < part_limits.work) { // not for want of work: who judges has ended
                left = std::min(left, part.bound);
                continue;
            }
            part.work *= 4; // begins again
            add(part);
            continue;
        }
        const std::size_t half = part.counts.size() / 2;
        Part upper = part;
        upper.above = part.counts[half - 1];
        upper.counts = part.counts.subspan(half);
        part.counts = part.counts.first(half);
        add(part);
        add(upper);
    }
    left = open.empty() ? left : std::min(left, open.top().bound);
    const bool ended = !is_better(left);
    best.bound = std::min(left, below());
    if (std::isfinite(best.value)) {
        best.status = SearchResult::Status::found;
        best.proved = ended;
    } else {
        best.status = ended ? SearchResult::Status::impossible : SearchResult::Status::open;
    }
    return best;
}

} // namespace millrace::planner
