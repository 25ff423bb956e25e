// SPDX-License-Identifier: Apache-2.0
#include "planner/time_row.hpp"

namespace millrace::planner {

void TimeRow::add(std::uint32_t count, Time first, Time apart) {
    if (count == 0) {
        return;
    }
    if (!runs_.empty()) {
        TimeRun& last = runs_.back();
        const bool single = width_ - last.begin == 1; // may have any distance
        const Time distance = single ? first - last.first : last.apart;
        if (last.first + static_cast<Time>(width_ - last.begin) * distance == first &&
            (count == 1 || apart == distance)) {
            last.apart = distance;
            width_ += count;
            return;
        }
    }
    runs_.push_back({width_, first, apart});
    width_ += count;
}

void TimeRow::add_part(TimeView from, const Places& places) {
    if (places.by <= 0) {
        for (std::uint32_t i = 0; i < places.count; ++i) {
            add(1, from.at(places.at(i)), 0);
        }
        return;
    }
    const auto by = static_cast<std::uint32_t>(places.by);
    std::uint32_t place = places.first;
    std::uint32_t left = places.count;
    for (std::size_t r = left > 0 ? from.run_of(place) : 0; left > 0; ++r) {
        const std::uint32_t end = from.end(r);
        if (place >= end) {
            continue;
        }
        const TimeRun run = from.runs[r];
        const std::uint32_t here = std::min(left, (end - place + by - 1) / by);
        add(here, run.at(place), run.apart * places.by);
        place += here * by;
        left -= here;
    }
}

void TimeRow::add_all(TimeView from, Time more) {
    for (std::size_t r = 0; r < from.count; ++r) {
        const TimeRun& run = from.runs[r];
        add(from.end(r) - run.begin, run.first + more, run.apart);
    }
}

void TimeRow::append_to(std::vector<Time>& times) const {
    for (std::size_t r = 0; r < runs_.size(); ++r) {
        const std::uint32_t end = view().end(r);
        for (std::uint32_t i = runs_[r].begin; i < end; ++i) {
            times.push_back(runs_[r].at(i));
        }
    }
}

void set_latest(TimeRow& row, TimeView a, Time more_a, TimeView b, Time more_b) {
    row.clear();
    std::size_t in_a = 0;
    std::size_t in_b = 0;
    for (std::uint32_t begin = 0; begin < a.width;) {
        const std::uint32_t end = std::min(a.end(in_a), b.end(in_b));
        const std::uint32_t count = end - begin;
        const TimeRun& run_a = a.runs[in_a];
        const TimeRun& run_b = b.runs[in_b];
        const Time first_a = run_a.at(begin) + more_a;
        const Time first_b = run_b.at(begin) + more_b;
        const bool a_leads =
            first_a > first_b || (first_a == first_b && run_a.apart >= run_b.apart);
        const Time ahead = a_leads ? first_a - first_b : first_b - first_a;
        const Time gains = a_leads ? run_b.apart - run_a.apart : run_a.apart - run_b.apart;
        // Until the other one is later.
        const std::uint32_t leads =
            gains > 0 ? std::min(count, static_cast<std::uint32_t>(ahead / gains) + 1) : count;
        row.add(leads, a_leads ? first_a : first_b, a_leads ? run_a.apart : run_b.apart);
        if (leads < count) {
            const TimeRun& other = a_leads ? run_b : run_a;
            row.add(count - leads, other.at(begin + leads) + (a_leads ? more_b : more_a),
                    other.apart);
        }
        in_a += a.end(in_a) == end ? 1U : 0U;
        in_b += b.end(in_b) == end ? 1U : 0U;
        begin = end;
    }
}

bool add_chain(TimeRow& row, TimeView there, Time before, Time apart, Time latest) {
    for (std::size_t r = 0; r < there.count; ++r) {
        const TimeRun& run = there.runs[r];
        const std::uint32_t count = there.end(r) - run.begin;
        const bool keeps_up = run.apart <= apart;
        const Time next = keeps_up ? std::max(run.first, before + apart) : before + apart;
        // What comes slower than the chain has it waiting in the end.
        std::uint32_t chained = count;
        if (!keeps_up) {
            const Time behind = std::max<Time>(0, next - run.first);
            const Time gains = run.apart - apart;
            chained = std::min(count, static_cast<std::uint32_t>((behind + gains - 1) / gains));
        }
        if (chained > 0) {
            const std::int64_t end = next + std::int64_t{chained - 1} * apart;
            if (end > latest) {
                return false;
            }
            row.add(chained, next, apart);
            before = static_cast<Time>(end);
        }
        if (chained < count) {
            before = run.at(run.begin + count - 1);
            if (before > latest) {
                return false;
            }
            row.add(count - chained, run.at(run.begin + chained), run.apart);
        }
    }
    return true;
}

bool no_later(TimeView a, TimeView b, std::int64_t& work) {
    std::size_t in_a = a.count;
    std::size_t in_b = b.count;
    for (std::uint32_t end = a.width; end > 0;) {
        ++work;
        const TimeRun& run_a = a.runs[in_a - 1];
        const TimeRun& run_b = b.runs[in_b - 1];
        const std::uint32_t begin = std::max(run_a.begin, run_b.begin);
        if (run_a.at(end - 1) > run_b.at(end - 1) || run_a.at(begin) > run_b.at(begin)) {
            return false;
        }
        in_a -= run_a.begin == begin ? 1U : 0U;
        in_b -= run_b.begin == begin ? 1U : 0U;
        end = begin;
    }
    return true;
}

} // namespace millrace::planner
