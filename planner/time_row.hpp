// SPDX-License-Identifier: Apache-2.0
//
// Times of many words in a row, kept as runs that are evenly apart: an actor that works all the
// time sends its words so, and one that waits for each word sends them as they come. A frame of
// 131,072 words comes down to some hundred runs, and the max-plus recurrences of a stage take as
// many steps.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace millrace::planner {

using Time = std::int32_t;
inline constexpr Time never = -(Time{1} << 29); ///< some cycles more are no less than never
inline constexpr Time always = Time{1} << 29;   ///< no time is later
inline constexpr std::int64_t most_time = std::int64_t{1} << 28;

/// Places in a row, evenly apart.
struct Places {
    std::uint32_t first = 0;
    std::int32_t by = 0;
    std::uint32_t count = 1;

    [[nodiscard]] std::uint32_t at(std::uint32_t i) const {
        return first + static_cast<std::uint32_t>(by) * i;
    }
    /// Adds a place, if they go on evenly with it; two do.
    bool add(std::uint32_t place) {
        if (count == 1) {
            by = static_cast<std::int32_t>(place) - static_cast<std::int32_t>(first);
        }
        const bool goes_on = at(count) == place;
        count += goes_on ? 1U : 0U;
        return goes_on;
    }
};

/// Times from a place in a row to where the next run begins.
struct TimeRun {
    std::uint32_t begin = 0;
    Time first = 0;
    Time apart = 0;

    [[nodiscard]] Time at(std::uint32_t place) const {
        return first + static_cast<Time>(place - begin) * apart;
    }
};

/// A row that is kept elsewhere. Of at least one time.
struct TimeView {
    const TimeRun* runs = nullptr;
    std::size_t count = 0; ///< of runs
    std::uint32_t width = 0;

    [[nodiscard]] std::uint32_t end(std::size_t run) const {
        return run + 1 < count ? runs[run + 1].begin : width;
    }
    /// The run with a place.
    [[nodiscard]] std::size_t run_of(std::uint32_t place) const {
        const TimeRun* const behind =
            std::upper_bound(runs, runs + count, place,
                             [](std::uint32_t one, const TimeRun& run) { return one < run.begin; });
        return static_cast<std::size_t>(behind - runs) - 1;
    }
    [[nodiscard]] Time at(std::uint32_t place) const { return runs[run_of(place)].at(place); }
};

/// A row that grows at its end.
class TimeRow {
  public:
    [[nodiscard]] std::uint32_t width() const { return width_; }
    [[nodiscard]] TimeView view() const { return {runs_.data(), runs_.size(), width_}; }

    void clear() {
        runs_.clear();
        width_ = 0;
    }
    /// Times evenly apart.
    void add(std::uint32_t count, Time first, Time apart);
    /// Those at some places of another row.
    void add_part(TimeView from, const Places& places);
    /// All of another row, each later by `more`.
    void add_all(TimeView from, Time more = 0);
    void append_to(std::vector<Time>& times) const;

  private:
    std::vector<TimeRun> runs_;
    std::uint32_t width_ = 0;
};

/// Rows of one width, of partial designs.
class TimeRows {
  public:
    [[nodiscard]] std::size_t runs() const { return runs_.size(); }
    [[nodiscard]] TimeView view(std::size_t row) const {
        const std::size_t end = row + 1 < begins_.size() ? begins_[row + 1] : runs_.size();
        return {runs_.data() + begins_[row], end - begins_[row], width_};
    }
    void add(TimeView row) {
        begins_.push_back(runs_.size());
        runs_.insert(runs_.end(), row.runs, row.runs + row.count);
        width_ = row.width;
    }

  private:
    std::vector<TimeRun> runs_;
    std::vector<std::size_t> begins_; ///< by row
    std::uint32_t width_ = 0;
};

/// `row` becomes, at each place, the later of two times, each with some cycles more.
void set_latest(TimeRow& row, TimeView a, Time more_a, TimeView b, Time more_b);

/// Adds times no earlier than those of `there`, each at least `apart` behind the one before it;
/// `before`: behind that for the first. False: one comes behind `latest`.
bool add_chain(TimeRow& row, TimeView there, Time before, Time apart, Time latest);

/// Whether a row has no time that is later than that of another at its place. Looks from the end:
/// the last times differ most often. `work`: counts runs.
bool no_later(TimeView a, TimeView b, std::int64_t& work);

} // namespace millrace::planner
