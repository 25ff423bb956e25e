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
// What memory has room for: times of partial designs, and partial designs.
constexpr std::size_t most_times = std::size_t{96} << 20;
constexpr std::size_t most_steps = std::size_t{1} << 21;

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
    widest_ = 0;
    if (steps_->too_many()) {
        return;
    }
    const std::vector<FrameSteps::Step>& steps = steps_->steps();
    for (std::size_t i = 0; i < steps.size(); ++i) {
        const std::size_t first = i;
        i += i + 1 < steps.size() && steps[i + 1].keys < steps[i].keys ? 1U : 0U;
        levels_.push_back({first, i});
        widest_ = std::max(widest_, stages_[i].width);
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

bool FrameSearch::can_search(std::size_t designs) const {
    return steps_ && !steps_->too_many() && most_designs(1) >= designs;
}

std::size_t FrameSearch::most_designs(std::size_t memory) const {
    return std::min(memory * most_times / std::max<std::size_t>(widest_, 1), most_steps);
}

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
    /// A design at a step: when what its words wait for is there, and the times behind it.
    struct Hand {
        std::vector<std::array<Time, wait_kinds>> arrivals;
        std::vector<Time> row;
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
            found.latency = search_.frame_.latency(search_.model_.paces(found.choice));
            work_ += search_.frame_.flow.words();
            if (limits_.excluded || result.found.empty() ||
                found.latency < result.found.back().latency) {
                result.found.push_back(std::move(found));
            }
        }
    }

    /// Sets the highest of the bounds of a design whose times are in hand.
    void set_bound(Design& design, std::size_t step, const Hand& hand) const {
        const StageTimes& stage = search_.stages_[step];
        design.bound = -std::numeric_limits<double>::infinity();
        design.promise = design.bound;
        for (std::size_t k = 0; k < search_.bounds_.size(); ++k) {
            double crossed = 0;
            for (const StageTimes::Crossing& crossing : stage.crossings[k]) {
                crossed += crossing.price * (hand.row[crossing.at] + 1.0);
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

    /// When what the words of a stage wait for is there.
    void arrive(const StageTimes& stage, const Time* times, Hand& hand) {
        hand.arrivals.assign(stage.arrivals, {never, never, never});
        for (const StageTimes::Waits& wait : stage.waits) {
            for (std::size_t i = 0; i < wait.count; ++i) {
                Time& own = hand.arrivals[wait.vectors.at(i)][wait.kind];
                own = std::max(own, times[wait.from.at(i)]);
            }
        }
        work_ += static_cast<std::int64_t>(stage.arrivals);
    }
    /// Follows the words of a stage; false: the frame will be late.
    bool follow(const StageTimes& stage, const Pace& pace, const Hand& hand) {
        if (search_.frame_.words != nullptr) {
            return follow_words(stage, pace, hand);
        }
        const auto delay = static_cast<Time>(pace.delay);
        const auto head = static_cast<Time>(pace.delay + pace.head);
        const auto tail = static_cast<Time>(pace.delay + pace.tail);
        const auto spread = static_cast<Time>(pace.spread);
        const auto gap = static_cast<Time>(pace.step - pace.spread);
        const bool single = pace.single();
        own_.resize(2 * stage.vectors);
        Time before = stage.is_input ? delay - 1 : never;
        for (std::size_t v = 0; v < stage.vectors; ++v) {
            const auto& there = hand.arrivals[v];
            Time first = std::max({there[0] + head, there[1] + delay, before + gap});
            Time last = std::max(there[2] + tail, first + spread);
            if (pace.memory > 0) {
                const Words words = stage.slow->words(v, pace, before);
                first = static_cast<Time>(words.first);
                last = static_cast<Time>(words.last);
            }
            first = single && !stage.is_input ? last : first;
            if (first > stage.deadlines[2 * v] || last > stage.deadlines[2 * v + 1]) {
                work_ += static_cast<std::int64_t>(v);
                return false;
            }
            own_[2 * v] = first;
            own_[2 * v + 1] = last;
            before = last;
        }
        work_ += static_cast<std::int64_t>(stage.vectors);
        return true;
    }

    bool follow_words(const StageTimes& stage, const Pace& pace, const Hand& hand) {
        const FrameWords& words = *search_.frame_.words;
        own_.resize(stage.vectors);
        const auto before = static_cast<Time>(FrameWords::before_first(pace));
        bool in_time = true;
        words.follow(
            stage.stage, pace, stage.is_input ? before : never, unit_times_,
            [&](std::size_t e) {
                return stage.is_input ? static_cast<Time>(words.arrival(stage.stage, e, pace))
                                      : hand.arrivals[e][last_wait];
            },
            [&](std::size_t begin, std::size_t end, Time time) {
                for (std::size_t e = begin; e < end; ++e) {
                    own_[e] = time;
                    in_time = in_time && time <= stage.deadlines[e];
                }
                return in_time;
            });
        work_ += static_cast<std::int64_t>(stage.vectors);
        return in_time;
    }

    /// Begins the times behind a stage with those before that are still waited for.
    void copy(const StageTimes& stage, const Time* times, Hand& hand) {
        hand.row.resize(stage.width);
        for (const StageTimes::Copy& part : stage.copies) {
            std::copy_n(times + part.from, part.count, hand.row.data() + part.to);
        }
        work_ += static_cast<std::int64_t>(stage.width);
    }
    /// And those of the stage's own words, as late as changes nothing.
    void keep(const StageTimes& stage, Hand& hand) {
        for (const StageTimes::Kept& kept : stage.kept) {
            for (std::size_t i = 0; i < kept.count; ++i) {
                Time& time = hand.row[kept.to + i];
                time = own_[kept.words.at(i)];
                if (kept.back > 0) {
                    time = std::max(time, hand.row[kept.to + i - kept.back] + kept.apart);
                }
            }
        }
        work_ += static_cast<std::int64_t>(stage.vectors);
    }

    /// From the designs before a level to those behind it; false: they are too many.
    bool advance(const Level& level) {
        std::vector<Design> made;
        for (std::size_t d = 0; d < designs_.size(); ++d) {
            Design from = designs_[d];
            from.from = static_cast<std::uint32_t>(d);
            from.way = 0;
            go_on(level, level.first, from, times_.data() + d * width_, 1, made);
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
        const std::size_t width = search_.stages_[level.last].width;
        std::vector<Design> left;
        std::vector<Time> left_times;
        std::vector<std::size_t> of_key; // those that excluded others last come last
        for (std::size_t i = 0; i < made.size(); ++i) {
            const Design& design = made[i];
            if (i == 0 || design.key != made[i - 1].key) {
                of_key.clear();
            }
            const std::vector<Time>& row = make_again(level, design);
            if (!limits_.excluded && is_excluded(design, row, left, left_times, of_key)) {
                continue;
            }
            of_key.push_back(left.size());
            left.push_back(design);
            left_times.insert(left_times.end(), row.begin(), row.end());
            if (left.size() > search_.most_designs(limits_.memory) || work_ > limits_.work) {
                return false;
            }
        }
        if (limits_.designs > 0 && left.size() > limits_.designs) {
            std::vector<Design> promising = left;
            leave_out(promising, limits_.designs);
            const Design last = *std::max_element(promising.begin(), promising.end(), is_promising);
            std::size_t end = 0;
            for (std::size_t d = 0; d < left.size(); ++d) {
                if (!is_promising(last, left[d])) {
                    left[end] = left[d];
                    std::copy_n(left_times.begin() + static_cast<std::ptrdiff_t>(d * width), width,
                                left_times.begin() + static_cast<std::ptrdiff_t>(end * width));
                    ++end;
                }
            }
            left.resize(end);
            left_times.resize(end * width);
        }
        std::vector<Back>& back = backs_.emplace_back();
        for (const Design& design : left) {
            back.push_back({design.from, designs_[design.from].key, design.way});
        }
        designs_ = std::move(left);
        times_ = std::move(left_times);
        width_ = width;
        return true;
    }

    /// All ways to go on from a design before a step, to behind the level, that may lead to
    /// something cheap enough. `ways`: of the level's steps before.
    void go_on(const Level& level, std::size_t index, const Design& from, const Time* times,
               std::uint64_t ways, std::vector<Design>& made) {
        const StageTimes& stage = search_.stages_[index];
        Hand& hand = hands_[index - level.first];
        arrive(stage, times, hand);
        copy(stage, times, hand);
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
            set_bound(design, index, hand);
            if (is_dear(design.bound)) {
                continue;
            }
            if (index == level.last) {
                made.push_back(design);
            } else {
                go_on(level, index + 1, design, hand.row.data(), ways * all.size(), made);
            }
        }
    }

    /// The times behind a level of a design that was made there.
    const std::vector<Time>& make_again(const Level& level, const Design& design) {
        const Time* times = times_.data() + design.from * width_;
        for_each_way(level, designs_[design.from].key, design.way,
                     [&](std::size_t index, const FrameSteps::Way& way) {
                         const StageTimes& stage = search_.stages_[index];
                         Hand& hand = hands_[index - level.first];
                         arrive(stage, times, hand);
                         copy(stage, times, hand);
                         follow(stage, way.pace, hand);
                         keep(stage, hand);
                         times = hand.row.data();
                     });
        return hands_[level.last - level.first].row;
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

    /// Whether one of those of its key that are no dearer has no word later.
    bool is_excluded(const Design& design, const std::vector<Time>& row,
                     const std::vector<Design>& left, const std::vector<Time>& left_times,
                     std::vector<std::size_t>& of_key) {
        const auto takes_less = [&](const Design& other) {
            for (std::size_t r = 0; r < resource_count; ++r) {
                if (search_.counts_[r] && other.use[r] > design.use[r]) {
                    return false;
                }
            }
            return true;
        };
        for (std::size_t k = of_key.size(); k-- > 0;) {
            ++work_;
            if (!takes_less(left[of_key[k]])) {
                continue;
            }
            const Time* const other = left_times.data() + of_key[k] * row.size();
            std::size_t word = row.size(); // the last ones differ most often
            while (word > 0 && other[word - 1] <= row[word - 1]) {
                --word;
            }
            work_ += static_cast<std::int64_t>(row.size() - word);
            if (word == 0) {
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
    bool all_ = true;             ///< no design was left out
    std::vector<Design> designs_; ///< behind the last level so far
    std::size_t width_ = 0;       ///< times of one of these
    std::vector<Time> times_;
    std::vector<std::vector<Back>> backs_; ///< by level and design behind it
    std::array<Hand, 2> hands_;            ///< by step of a level
    std::vector<Time> own_;                ///< of the stage and the design in hand
    FrameWords::UnitTimes<Time> unit_times_;
};

FrameSearchResult FrameSearch::run(const FrameSearchLimits& limits) {
    std::int64_t work = 0;
    FrameSearchLimits rest = limits;
    for (;;) {
        work += std::exchange(work_, 0); // for steps that are new
        FrameSearchResult result;
        rest.work = limits.work - work;
        if (can_search(1) && rest.work > 0) {
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
