// SPDX-License-Identifier: Apache-2.0
#include "planner/frame_search.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <tuple>
#include <utility>

namespace millrace::planner {

namespace {

constexpr double rounding = 1e-9; // of sums in different orders
// What memory has room for: runs of times of partial designs, and partial designs.
constexpr std::size_t most_runs = std::size_t{32} << 20;
constexpr std::size_t most_steps = std::size_t{1} << 21;
constexpr std::int64_t run_work = 2; ///< of a run, in that of a word

} // namespace

struct FrameSearch::Design {
    double value = 0; ///< weighted use
    double bound = 0;
    double promise = 0; ///< its bound by prices
    ResourceUse use{};
    std::uint32_t from = 0; ///< number at the level before
    std::uint32_t key = 0;
    std::uint64_t way = 0; ///< of the level's steps, the first one's lowest
};

FrameSearch::FrameSearch(const DesignModel& model, const FollowedFrame& frame, const Use& weights,
                         const Use& budgets, std::int64_t latency, std::vector<FramePrices> prices)
    : model_(model),
      frame_(frame),
      weights_(weights),
      budgets_(budgets),
      latency_(latency),
      prices_(std::move(prices)),
      stages_(stage_times(model, frame, latency, prices_)) {
    for (std::size_t r = 0; r < resource_count; ++r) {
        counts_[r] = prices_.front().of_resources[r] > 0;
    }
    if (latency_ < most_time) {
        take_steps();
    }
}

void FrameSearch::take_steps() {
    steps_.emplace(model_, frame_.flow, weights_, counts_);
    work_ = steps_->work();
    levels_.clear();
    bounds_.clear();
    if (steps_->too_many()) {
        return;
    }
    const std::vector<FrameSteps::Step>& steps = steps_->steps();
    for (std::size_t i = 0; i < steps.size(); ++i) {
        const std::size_t first = i;
        i += i + 1 < steps.size() && steps[i + 1].keys < steps[i].keys ? 1U : 0U;
        levels_.push_back({first, i});
    }
    for (FramePrices prices : prices_) {
        for (std::size_t r = 0; r < resource_count; ++r) {
            // Of what does not count, designs are not known that take less of it.
            prices.of_resources[r] = counts_[r] ? prices.of_resources[r] : 0;
        }
        bounds_.emplace_back(*steps_, prices, budgets_, latency_);
        work_ += bounds_.back().work();
    }
    uses_ = steps_->rest_of_uses();
}

bool FrameSearch::can_search() const { return steps_ && !steps_->too_many(); }

/// One search with what is counted now.
class FrameSearch::Pass {
  public:
    Pass(const FrameSearch& search, const FrameSearchLimits& limits)
        : search_(search),
          steps_(*search.steps_),
          limits_(limits) {}

    FrameSearchResult run() {
        Design nothing;
        nothing.use = steps_.constant();
        for (std::size_t r = 0; r < resource_count; ++r) {
            nothing.value += search_.weights_[r] * nothing.use[r];
        }
        designs_ = {nothing};
        times_.add({});
        FrameSearchResult result;
        result.complete = true;
        for (const Level& level : search_.levels_) {
            result.complete = result.complete && advance(level);
        }
        if (result.complete) {
            read_off(result);
            result.complete = all_;
        }
        result.work = work_;
        return result;
    }

  private:
    /// A design at a step.
    struct Hand {
        std::array<TimeRow, wait_kinds> arrivals; ///< of what its words wait for; or empty
        std::vector<Time> words;                  ///< of these, where all words are followed
        TimeRow copied;                           ///< of the times behind it, those of others
        TimeRow row;                              ///< all
    };

    /// From the designs behind the last stage.
    void read_off(FrameSearchResult& result) {
        result.bound = limits_.below;
        std::vector<std::size_t> order(designs_.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
            return designs_[a].value < designs_[b].value;
        });
        for (const std::size_t end : order) {
            result.bound = std::min(result.bound, designs_[end].value);
            FrameSearchResult::Found found{choice(end), designs_[end].value, 0};
            const TimeView outputs = times_.view(end);
            for (std::uint32_t i = 0; i < outputs.width; ++i) {
                found.latency = std::max<std::int64_t>(found.latency, outputs.at(i) + 1);
            }
            if (limits_.excluded || result.found.empty() ||
                found.latency < result.found.back().latency) {
                result.found.push_back(std::move(found));
            }
        }
    }

    /// Sets the highest of the bounds of a design whose times are in hand.
    void set_bound(Design& design, std::size_t step, TimeView row) const {
        const StageTimes& stage = search_.stages_[step];
        design.bound = -std::numeric_limits<double>::infinity();
        design.promise = design.bound;
        for (std::size_t k = 0; k < search_.bounds_.size(); ++k) {
            double crossed = 0;
            for (const StageTimes::Crossing& crossing : stage.crossings[k]) {
                crossed += crossing.price * (row.at(crossing.at) + 1.0);
            }
            const FrameBounds::Bound bound =
                search_.bounds_[k].of(step, design.key, design.value, design.use, crossed);
            design.bound = std::max(design.bound, bound.highest);
            design.promise = std::max(design.promise, bound.by_prices);
        }
    }
    [[nodiscard]] bool is_dear(double bound) const {
        return std::isinf(bound) ? bound > 0
                                 : std::isfinite(limits_.below) &&
                                       bound >= limits_.below - std::abs(limits_.below) * rounding;
    }

    /// When what the words of a stage wait for is there, and the times of others behind it.
    void arrive(const StageTimes& stage, TimeView times, Hand& hand) {
        for (TimeRow& arrivals : hand.arrivals) {
            arrivals.clear();
        }
        for (const StageTimes::Waits& waits : stage.waits) {
            TimeRow& arrivals = hand.arrivals[waits.kind];
            const bool is_first = arrivals.width() == 0;
            TimeRow& one = is_first ? arrivals : one_;
            one.clear();
            for (const StageTimes::Part& part : waits.parts) {
                one.add(part.vector - one.width(), never, 0);
                one.add_part(times, part.from);
            }
            one.add(stage.arrivals - one.width(), never, 0);
            if (!is_first) {
                set_latest(both_, arrivals.view(), 0, one_.view(), 0);
                std::swap(arrivals, both_);
            }
            work_ += run_work * static_cast<std::int64_t>(waits.parts.size());
            work_ += worth(arrivals);
        }
        if (search_.frame_.words != nullptr) {
            hand.words.clear();
            hand.arrivals[last_wait].append_to(hand.words);
            work_ += stage.arrivals;
        }
        hand.copied.clear();
        for (const Places& part : stage.copies) {
            hand.copied.add_part(times, part);
        }
        work_ += worth(hand.copied);
    }

    /// Follows the words of a stage; false: the frame will be late.
    bool follow(const StageTimes& stage, const Pace& pace, const Hand& hand) {
        own_.clear();
        if (search_.frame_.words != nullptr) {
            return follow_words(stage, pace, hand);
        }
        if (pace.memory > 0) {
            return follow_slow_input(stage, pace);
        }
        // A vector's last word comes with what it waits for itself, behind its first, and behind
        // the last one before it; the first with what it waits for, and behind that as well.
        const auto spread = static_cast<Time>(pace.spread);
        const auto step = static_cast<Time>(pace.step);
        const auto delay = static_cast<Time>(pace.delay);
        const Time before = stage.is_input ? delay - 1 : never;
        const auto head = static_cast<Time>(pace.delay + pace.head);
        const auto tail = static_cast<Time>(pace.delay + pace.tail);
        latest_of(stage, hand.arrivals[0], head, hand.arrivals[1], delay, firsts_);
        latest_of(stage, firsts_, spread, hand.arrivals[last_wait], tail, both_);
        lasts_.clear();
        if (!add_chain(lasts_, both_.view(), before, step, stage.latest)) {
            work_ += worth(lasts_);
            return false;
        }
        if (pace.single() && !stage.is_input) {
            own_.add_all(lasts_.view());
        } else {
            one_.clear();
            one_.add(1, before, 0);
            one_.add_part(lasts_.view(), {0, 1, stage.vectors - 1});
            set_latest(own_, firsts_.view(), 0, one_.view(), step - spread);
        }
        own_.add_all(lasts_.view());
        work_ += 6 * worth(own_);
        return no_later(own_.view(), stage.deadlines.view());
    }
    /// Of two rows that may be empty.
    static void latest_of(const StageTimes& stage, const TimeRow& a, Time more_a, const TimeRow& b,
                          Time more_b, TimeRow& row) {
        if (a.width() > 0 && b.width() > 0) {
            set_latest(row, a.view(), more_a, b.view(), more_b);
            return;
        }
        row.clear();
        if (a.width() + b.width() == 0) {
            row.add(stage.vectors, never, 0);
        } else if (a.width() > 0) {
            row.add_all(a.view(), more_a);
        } else {
            row.add_all(b.view(), more_b);
        }
    }
    bool follow_slow_input(const StageTimes& stage, const Pace& pace) {
        lasts_.clear();
        Time before = static_cast<Time>(pace.delay) - 1;
        for (std::uint32_t v = 0; v < stage.vectors; ++v) {
            const Words words = stage.slow->words(v, pace, before);
            before = static_cast<Time>(words.last);
            if (before > stage.latest) {
                return false;
            }
            own_.add(1, static_cast<Time>(words.first), 0);
            lasts_.add(1, before, 0);
        }
        own_.add_all(lasts_.view());
        work_ += stage.vectors;
        return no_later(own_.view(), stage.deadlines.view());
    }
    bool follow_words(const StageTimes& stage, const Pace& pace, const Hand& hand) {
        const FrameWords& words = *search_.frame_.words;
        const auto before = static_cast<Time>(FrameWords::before_first(pace));
        words.follow(
            stage.stage, pace, stage.is_input ? before : never, unit_times_,
            [&](std::size_t e) {
                return stage.is_input ? static_cast<Time>(words.arrival(stage.stage, e, pace))
                                      : hand.words[e];
            },
            [&](std::size_t begin, std::size_t end, Time time) {
                own_.add(static_cast<std::uint32_t>(end - begin), time, 0);
                return time <= stage.latest;
            });
        work_ += own_.width();
        return own_.width() == stage.vectors && no_later(own_.view(), stage.deadlines.view());
    }

    /// The times behind a stage: of others, and of its own words, as late as changes nothing.
    void keep(const StageTimes& stage, Hand& hand) {
        hand.row = hand.copied;
        for (const StageTimes::Kept& kept : stage.kept) {
            if (kept.back == 0) {
                hand.row.add_part(own_.view(), kept.words);
                continue;
            }
            // Those that are kept so far say when the next ones come at the earliest.
            for (std::uint32_t i = 0; i < kept.words.count;) {
                const std::uint32_t begin = hand.row.width() - kept.back;
                const std::uint32_t count =
                    kept.back == 1 ? kept.words.count : std::min(kept.back, kept.words.count - i);
                one_.clear();
                one_.add_part(own_.view(), {kept.words.at(i), kept.words.by, count});
                if (kept.back == 1) {
                    add_chain(hand.row, one_.view(), hand.row.view().at(begin), kept.apart, always);
                } else {
                    both_.clear();
                    both_.add_part(hand.row.view(), {begin, 1, count});
                    set_latest(lasts_, one_.view(), 0, both_.view(), kept.apart);
                    hand.row.add_all(lasts_.view());
                }
                i += count;
            }
        }
        work_ += worth(hand.row) + run_work * static_cast<std::int64_t>(stage.kept.size());
    }

    /// From the designs before a level to those behind it; false: they are too many.
    bool advance(const Level& level) {
        std::vector<Design> made;
        for (std::size_t d = 0; d < designs_.size(); ++d) {
            Design from = designs_[d];
            from.from = static_cast<std::uint32_t>(d);
            from.way = 0;
            go_on(level, level.first, from, times_.view(d), 1, made);
            if (made.size() > most_steps || work_ > limits_.work) {
                return false;
            }
        }
        if (limits_.designs > 0) {
            leave_out(made, 4 * limits_.designs);
        }
        std::sort(made.begin(), made.end(), [](const Design& a, const Design& b) {
            return std::tie(a.key, a.value, a.bound, a.from, a.way) <
                   std::tie(b.key, b.value, b.bound, b.from, b.way);
        });
        std::vector<Design> left;
        TimeRows left_times;
        std::vector<Excluder> of_key; // those that excluded others last come last
        for (std::size_t i = 0; i < made.size(); ++i) {
            const Design& design = made[i];
            if (i == 0 || design.key != made[i - 1].key) {
                of_key.clear();
            }
            const TimeView row = make_again(level, design);
            if (!limits_.excluded) {
                const Excluder excluder = excluder_of(design, row, left.size());
                if (is_excluded(excluder, row, left_times, of_key)) {
                    continue;
                }
                of_key.push_back(excluder);
            }
            left.push_back(design);
            left_times.add(row);
            if (left_times.runs() > limits_.memory * most_runs || work_ > limits_.work) {
                return false;
            }
        }
        if (limits_.designs > 0 && left.size() > limits_.designs) {
            std::vector<Design> promising = left;
            leave_out(promising, limits_.designs);
            const Design last = *std::max_element(promising.begin(), promising.end(), is_promising);
            promising.clear();
            TimeRows promising_times;
            for (std::size_t d = 0; d < left.size(); ++d) {
                if (!is_promising(last, left[d])) {
                    promising.push_back(left[d]);
                    promising_times.add(left_times.view(d));
                }
            }
            left = std::move(promising);
            left_times = std::move(promising_times);
        }
        std::vector<Back>& back = backs_.emplace_back();
        for (const Design& design : left) {
            back.push_back({design.from, designs_[design.from].key, design.way});
        }
        designs_ = std::move(left);
        times_ = std::move(left_times);
        return true;
    }

    /// All ways to go on from a design before a step, to behind the level, that may lead to
    /// something cheap enough. `ways`: of the level's steps before.
    void go_on(const Level& level, std::size_t index, const Design& from, TimeView times,
               std::uint64_t ways, std::vector<Design>& made) {
        const StageTimes& stage = search_.stages_[index];
        Hand& hand = hands_[index - level.first];
        arrive(stage, times, hand);
        const std::vector<FrameSteps::Way>& all = steps_.steps()[index].ways[from.key];
        for (std::size_t w = 0; w < all.size(); ++w) {
            const FrameSteps::Way& way = all[w];
            Design design = from;
            design.value += way.value;
            design.way += ways * w;
            design.key = static_cast<std::uint32_t>(way.key);
            bool fits = true;
            for (std::size_t r = 0; r < resource_count; ++r) {
                design.use[r] += way.use[r];
                const double least = design.use[r] + search_.uses_[index][way.key][r];
                // Of others, what exceeds its budget must be seen at the end.
                fits =
                    fits && (!search_.counts_[r] || least <= search_.budgets_[r] * (1 + rounding));
            }
            if (!fits || !follow(stage, way.pace, hand)) {
                continue;
            }
            keep(stage, hand);
            set_bound(design, index, hand.row.view());
            if (is_dear(design.bound)) {
                continue;
            }
            if (index == level.last) {
                made.push_back(design);
            } else {
                go_on(level, index + 1, design, hand.row.view(), ways * all.size(), made);
            }
        }
    }

    /// The times behind a level of a design that was made there.
    TimeView make_again(const Level& level, const Design& design) {
        TimeView times = times_.view(design.from);
        for_each_way(level, designs_[design.from].key, design.way,
                     [&](std::size_t index, const FrameSteps::Way& way) {
                         const StageTimes& stage = search_.stages_[index];
                         Hand& hand = hands_[index - level.first];
                         arrive(stage, times, hand);
                         follow(stage, way.pace, hand);
                         keep(stage, hand);
                         times = hand.row.view();
                     });
        return times;
    }
    /// The steps of a level with what was chosen there, from a key before it.
    template <class Visit>
    void for_each_way(const Level& level, std::size_t key, std::uint64_t ways,
                      const Visit& visit) const {
        for (std::size_t i = level.first; i <= level.last; ++i) {
            const std::vector<FrameSteps::Way>& all = steps_.steps()[i].ways[key];
            const FrameSteps::Way& way = all[ways % all.size()];
            ways /= all.size();
            key = way.key;
            visit(i, way);
        }
    }

    static bool is_promising(const Design& a, const Design& b) {
        return std::tie(a.promise, a.from, a.way) < std::tie(b.promise, b.from, b.way);
    }
    /// All but the most promising.
    void leave_out(std::vector<Design>& designs, std::size_t most) {
        if (designs.size() > most) {
            const auto end = designs.begin() + static_cast<std::ptrdiff_t>(most);
            std::nth_element(designs.begin(), end, designs.end(), is_promising);
            designs.erase(end, designs.end());
            all_ = false;
        }
    }

    /// Whether a row has no time behind that of another.
    bool no_later(TimeView a, TimeView b) {
        std::int64_t runs = 0;
        const bool result = planner::no_later(a, b, runs);
        work_ += runs;
        return result;
    }
    static std::int64_t worth(const TimeRow& row) {
        return run_work * static_cast<std::int64_t>(row.view().count);
    }

    /// What tells most designs of a key apart, of one that is kept: few bytes, in a row.
    struct Excluder {
        std::array<Time, 4> times{}; ///< of places all over the row, the last one first
        ResourceUse use{};           ///< of what counts; others 0
        std::size_t kept = 0;        ///< number
    };
    [[nodiscard]] Excluder excluder_of(const Design& design, TimeView row, std::size_t kept) const {
        Excluder result;
        result.kept = kept;
        std::uint32_t place = row.width;
        for (Time& time : result.times) {
            time = row.width > 0 ? row.at(place > 0 ? place - 1 : 0) : 0;
            place -= row.width / 4;
        }
        for (std::size_t r = 0; r < resource_count; ++r) {
            result.use[r] = search_.counts_[r] ? design.use[r] : 0;
        }
        return result;
    }
    /// Whether one of those of its key, which are no dearer, has no word later and takes no more.
    bool is_excluded(const Excluder& design, TimeView row, const TimeRows& kept_times,
                     std::vector<Excluder>& of_key) {
        work_ += static_cast<std::int64_t>(of_key.size()) / 4;
        for (std::size_t k = of_key.size(); k-- > 0;) {
            const Excluder& other = of_key[k];
            bool no_more = true;
            for (std::size_t i = 0; i < design.times.size(); ++i) {
                no_more = no_more && other.times[i] <= design.times[i];
            }
            for (std::size_t r = 0; no_more && r < resource_count; ++r) {
                no_more = other.use[r] <= design.use[r];
            }
            if (no_more && no_later(kept_times.view(other.kept), row)) {
                std::rotate(of_key.begin() + static_cast<std::ptrdiff_t>(k),
                            of_key.begin() + static_cast<std::ptrdiff_t>(k) + 1, of_key.end());
                return true;
            }
        }
        return false;
    }

    /// Of a design behind the last stage.
    [[nodiscard]] Choice choice(std::size_t design) const {
        Choice result(search_.model_.problem().variables(), 0);
        for (std::size_t i = backs_.size(); i-- > 0;) {
            const Back& back = backs_[i][design];
            for_each_way(search_.levels_[i], back.key, back.way,
                         [&](std::size_t index, const FrameSteps::Way& way) {
                             const FrameSteps::Step& step = steps_.steps()[index];
                             for (std::size_t v = 0; v < step.variables.size(); ++v) {
                                 result[step.variables[v]] = way.values[v];
                             }
                         });
            design = back.from;
        }
        return result;
    }

    /// How a design was made.
    struct Back {
        std::uint32_t from;
        std::uint32_t key; ///< before
        std::uint64_t way;
    };

    const FrameSearch& search_;
    const FrameSteps& steps_;
    FrameSearchLimits limits_;
    std::int64_t work_ = 0;
    bool all_ = true;                      ///< no design was left out
    std::vector<Design> designs_;          ///< behind the last level so far
    TimeRows times_;                       ///< of these
    std::vector<std::vector<Back>> backs_; ///< by level and design behind it
    std::array<Hand, 2> hands_;            ///< by step of a level
    // Of the stage and the design in hand.
    TimeRow own_; ///< its words: the first ones of vectors, then the last ones
    TimeRow firsts_, lasts_, one_, both_;
    FrameWords::UnitTimes<Time> unit_times_;
};

FrameSearchResult FrameSearch::run(const FrameSearchLimits& limits) {
    std::int64_t work = 0;
    FrameSearchLimits rest = limits;
    for (;;) {
        work += std::exchange(work_, 0); // for steps that are new
        FrameSearchResult result;
        rest.work = limits.work - work;
        if (can_search() && rest.work > 0) {
            result = Pass(*this, rest).run();
        }
        work += result.work;
        result.work = work;
        if (!result.complete && result.found.empty()) {
            return result;
        }
        // What takes too much counts from then on.
        bool more = false;
        std::erase_if(result.found, [&](const FrameSearchResult::Found& found) {
            const Use use = *model_.problem().use(found.choice);
            bool fits = true;
            for (std::size_t r = 0; r < resource_count; ++r) {
                const bool within = use[r] <= budgets_[r] * (1 + rounding);
                more = more || (!within && !counts_[r]);
                counts_[r] = counts_[r] || !within;
                fits = fits && within;
            }
            return !fits;
        });
        if (!more) {
            return result;
        }
        take_steps();
    }
}

} // namespace millrace::planner
