// SPDX-License-Identifier: Apache-2.0
#include "planner/time_row.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

namespace millrace::planner {

namespace {

/// Some runs, and times that belong to none.
std::vector<Time> random_times(std::mt19937& random, std::size_t count) {
    std::vector<Time> times;
    auto time = static_cast<Time>(random() % 20);
    while (times.size() < count) {
        const auto apart = static_cast<Time>(random() % 7) - 1;
        time += static_cast<Time>(random() % 9) - 2;
        for (std::size_t left = 1 + random() % 6; left > 0 && times.size() < count; --left) {
            times.push_back(random() % 40 == 0 ? never : time);
            time += apart;
        }
    }
    return times;
}

TimeRow row_of(const std::vector<Time>& times) {
    TimeRow row;
    for (const Time time : times) {
        row.add(1, time, 0);
    }
    return row;
}

std::vector<Time> times_of(const TimeRow& row) {
    std::vector<Time> times;
    row.append_to(times);
    return times;
}

} // namespace

TEST_SUITE("frame times") {
    TEST_CASE("rows of runs are what is done time by time") {
        std::mt19937 random(6);
        int late = 0;
        int in_order = 0;
        for (int trial = 0; trial < 3000; ++trial) {
            const std::size_t count = 1 + random() % 40;
            const std::vector<Time> a = random_times(random, count);
            std::vector<Time> b = random_times(random, count);
            const TimeRow row_a = row_of(a);
            const TimeRow row_b = row_of(b);
            REQUIRE(times_of(row_a) == a);
            REQUIRE(row_a.view().at(static_cast<std::uint32_t>(count - 1)) == a.back());

            const auto more_a = static_cast<Time>(random() % 9);
            const auto more_b = static_cast<Time>(random() % 9);
            std::vector<Time> latest;
            for (std::size_t i = 0; i < count; ++i) {
                latest.push_back(std::max(a[i] + more_a, b[i] + more_b));
            }
            TimeRow row;
            set_latest(row, row_a.view(), more_a, row_b.view(), more_b);
            CHECK(times_of(row) == latest);

            const auto apart = static_cast<Time>(random() % 6);
            const Time begin = random() % 2 == 0 ? never : static_cast<Time>(random() % 60);
            const auto last = static_cast<Time>(20 + random() % 200);
            std::vector<Time> chain;
            Time before = begin;
            for (const Time time : a) {
                before = std::max(time, before + apart);
                chain.push_back(before);
            }
            const bool in_time = *std::max_element(chain.begin(), chain.end()) <= last;
            row.clear();
            REQUIRE(add_chain(row, row_a.view(), begin, apart, last) == in_time);
            if (in_time) {
                CHECK(times_of(row) == chain);
            }
            late += in_time ? 0 : 1;

            const auto first = static_cast<std::uint32_t>(random() % count);
            const auto by = static_cast<std::int32_t>(random() % 4) - 1;
            const std::uint32_t most = by > 0 ? (static_cast<std::uint32_t>(count) - 1 - first) /
                                                        static_cast<std::uint32_t>(by) +
                                                    1
                                       : by < 0 ? first + 1
                                                : 5;
            const auto taken = static_cast<std::uint32_t>(1 + random() % most);
            std::vector<Time> part = a;
            for (std::uint32_t i = 0; i < taken; ++i) {
                part.push_back(b[static_cast<std::size_t>(static_cast<std::int64_t>(first) +
                                                          std::int64_t{by} * i)]);
            }
            row = row_a;
            row.add_part(row_b.view(), {first, by, taken});
            CHECK(times_of(row) == part);

            if (random() % 2 == 0) {
                b = a;
                b[random() % count] += static_cast<Time>(random() % 3) - 1;
            }
            bool expected = true;
            for (std::size_t i = 0; i < count; ++i) {
                expected = expected && a[i] <= b[i];
            }
            std::int64_t work = 0;
            CHECK(no_later(row_a.view(), row_of(b).view(), work) == expected);
            CHECK(work > 0);
            in_order += expected ? 1 : 0;
        }
        CHECK(late > 100);
        CHECK(in_order > 100);
    }

    TEST_CASE("times that are evenly apart are one run") {
        TimeRow row;
        for (Time time = 5; time < 5000; time += 5) {
            row.add(1, time, 0);
        }
        CHECK(row.view().count == 1);
        TimeRow chain;
        REQUIRE(add_chain(chain, row.view(), 100, 7, always));
        CHECK(chain.view().count == 1);
    }
}

} // namespace millrace::planner
