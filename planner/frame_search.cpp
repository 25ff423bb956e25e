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
    ResourceUse use{};
    std::uint32_t from = 0; ///< number at the level before
    std::uint32_t way = 0;
    std::uint32_t key = 0;
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
    for (const StageTimes& stage : stages_) {
        widest_ = std::max(widest_, stage.width);
    }
}

bool FrameSearch::can_search(std::size_t designs) const {
    return latency_ < most_time && most_designs() >= designs;
}

std::size_t FrameSearch::most_designs() const {
    return std::min(most_times / std::max<std::size_t>(widest_, 1), most_steps);
}

/// One search with what is counted now.
class FrameSearch::Pass {
  public:
    Pass(const FrameSearch& search, const FrameSearchLimits& limits)
        : search_(search),
          steps_(*search.steps_),
          limits_(limits),
          uses_(steps_.rest_of_uses()) {
        for (const FramePrices& prices : search.prices_) {
            Priced& priced = priced_.emplace_back();
            priced.rest = steps_.rest(prices);
            for (const double price : prices.of_paths) {
                priced.worth += price * static_cast<double>(search.latency_);
            }
            for (std::size_t r = 0; r < resource_count; ++r) {
                const double price = prices.of_resources[r];
                priced.worth += price > 0 ? price * search.budgets_[r] : 0;
            }
        }
    }

    FrameSearchResult run() {
        Design nothing;
        nothing.use = steps_.constant();
        for (std::size_t r = 0; r < resource_count; ++r) {
            nothing.value += search_.weights_[r] * nothing.use[r];
        }
        designs_ = {nothing};
        FrameSearchResult result;
        result.complete = true;
        for (std::size_t i = 0; i < steps_.steps().size() && result.complete; ++i) {
            result.complete = advance(i);
        }
        if (result.complete) {
            read_off(result);
            result.complete = all_;
        }
        result.work = work_;
        return result;
    }

  private:
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
            if (result.found.empty() || found.latency < result.found.back().latency) {
                result.found.push_back(std::move(found));
            }
        }
    }

    /// The highest of the bounds by prices, of a design whose times are in hand.
    [[nodiscard]] double bound(const Design& design, const StageTimes& stage,
                               std::size_t index) const {
        double highest = -std::numeric_limits<double>::infinity();
        for (std::size_t k = 0; k < priced_.size(); ++k) {
            double sum = design.value + priced_[k].rest[index][design.key] - priced_[k].worth;
            for (std::size_t r = 0; r < resource_count; ++r) {
                sum += search_.prices_[k].of_resources[r] * design.use[r];
            }
            for (const StageTimes::Crossing& crossing : stage.crossings[k]) {
                sum += crossing.price * (row_[crossing.at] + 1.0);
            }
            highest = std::max(highest, sum);
        }
        return highest;
    }
    [[nodiscard]] bool is_dear(double bound) const {
        return std::isfinite(limits_.below) &&
               bound >= limits_.below - std::abs(limits_.below) * rounding;
    }

    /// When what the words of a stage wait for is there.
    void arrive(const StageTimes& stage, const Time* times) {
        arrivals_.assign(stage.arrivals, {never, never, never});
        for (const StageTimes::Waits& wait : stage.waits) {
            for (std::size_t i = 0; i < wait.count; ++i) {
                Time& own = arrivals_[wait.vectors.at(i)][wait.kind];
                own = std::max(own, times[wait.from.at(i)]);
            }
        }
        work_ += static_cast<std::int64_t>(stage.arrivals);
    }
    /// Follows the words of a stage; false: the frame will be late.
    bool follow(const StageTimes& stage, const Pace& pace) {
        if (search_.frame_.words != nullptr) {
            return follow_words(stage, pace);
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
            const auto& there = arrivals_[v];
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

    bool follow_words(const StageTimes& stage, const Pace& pace) {
        const FrameWords& words = *search_.frame_.words;
        own_.resize(stage.vectors);
        const auto before = static_cast<Time>(FrameWords::before_first(pace));
        bool in_time = true;
        words.follow(
            stage.stage, pace, stage.is_input ? before : never, unit_times_,
            [&](std::size_t e) {
                return stage.is_input ? static_cast<Time>(words.arrival(stage.stage, e, pace))
                                      : arrivals_[e][last_wait];
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
    void copy(const StageTimes& stage, const Time* times) {
        row_.resize(stage.width);
        for (const StageTimes::Copy& part : stage.copies) {
            std::copy_n(times + part.from, part.count, row_.data() + part.to);
        }
        work_ += static_cast<std::int64_t>(stage.width);
    }
    /// And those of the stage's own words, as late as changes nothing.
    void keep(const StageTimes& stage) {
        for (const StageTimes::Kept& kept : stage.kept) {
            for (std::size_t i = 0; i < kept.count; ++i) {
                Time& time = row_[kept.to + i];
                time = own_[kept.words.at(i)];
                if (kept.back > 0) {
                    time = std::max(time, row_[kept.to + i - kept.back] + kept.apart);
                }
            }
        }
        work_ += static_cast<std::int64_t>(stage.vectors);
    }

    /// From the designs before a stage to those behind it; false: they are too many.
    bool advance(std::size_t index) {
        const StageTimes& stage = search_.stages_[index];
        const FrameSteps::Step& step = steps_.steps()[index];
        std::vector<Design> made;
        if (!go_on(index, made)) {
            return false;
        }
        if (limits_.designs > 0) {
            leave_out(made, 4 * limits_.designs);
        }
        std::sort(made.begin(), made.end(), [](const Design& a, const Design& b) {
            return std::tie(a.key, a.value, a.bound, a.from, a.way) <
                   std::tie(b.key, b.value, b.bound, b.from, b.way);
        });
        std::vector<Design> left;
        std::vector<Time> left_times;
        std::vector<std::size_t> of_key; // those that excluded others last come last
        for (std::size_t i = 0; i < made.size(); ++i) {
            const Design& design = made[i];
            if (i == 0 || design.key != made[i - 1].key) {
                of_key.clear();
            }
            const Time* const times = times_.data() + design.from * width_;
            arrive(stage, times);
            follow(stage, step.ways[designs_[design.from].key][design.way].pace);
            copy(stage, times);
            keep(stage);
            if (is_excluded(design, left, left_times, of_key)) {
                continue;
            }
            of_key.push_back(left.size());
            left.push_back(design);
            left_times.insert(left_times.end(), row_.begin(), row_.end());
            if (left.size() > search_.most_designs() || work_ > limits_.work) {
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
                    std::copy_n(left_times.begin() + static_cast<std::ptrdiff_t>(d * stage.width),
                                stage.width,
                                left_times.begin() +
                                    static_cast<std::ptrdiff_t>(end * stage.width));
                    ++end;
                }
            }
            left.resize(end);
            left_times.resize(end * stage.width);
        }
        std::vector<Back>& back = backs_.emplace_back();
        for (const Design& design : left) {
            back.push_back({design.from, design.way, designs_[design.from].key});
        }
        designs_ = std::move(left);
        times_ = std::move(left_times);
        width_ = stage.width;
        return true;
    }

    static bool is_promising(const Design& a, const Design& b) {
        return std::tie(a.bound, a.from, a.way) < std::tie(b.bound, b.from, b.way);
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

    /// All ways to go on from designs that may lead to something cheap enough; false: they are too
    /// many.
    bool go_on(std::size_t index, std::vector<Design>& made) {
        const StageTimes& stage = search_.stages_[index];
        const FrameSteps::Step& step = steps_.steps()[index];
        for (std::size_t d = 0; d < designs_.size(); ++d) {
            const Design& from = designs_[d];
            const Time* const times = times_.data() + d * width_;
            arrive(stage, times);
            copy(stage, times);
            const std::vector<FrameSteps::Way>& ways = step.ways[from.key];
            for (std::size_t w = 0; w < ways.size(); ++w) {
                const FrameSteps::Way& way = ways[w];
                Design design{from.value + way.value,
                              0,
                              from.use,
                              static_cast<std::uint32_t>(d),
                              static_cast<std::uint32_t>(w),
                              static_cast<std::uint32_t>(way.key)};
                bool fits = true;
                for (std::size_t r = 0; r < resource_count; ++r) {
                    design.use[r] += way.use[r];
                    const double least = design.use[r] + uses_[index][way.key][r];
                    // Of others, what exceeds its budget must be seen at the end.
                    fits = fits &&
                           (!search_.counts_[r] || least <= search_.budgets_[r] * (1 + rounding));
                }
                if (!fits || !follow(stage, way.pace)) {
                    continue;
                }
                keep(stage);
                design.bound = bound(design, stage, index);
                if (!is_dear(design.bound)) {
                    made.push_back(design);
                }
            }
            if (made.size() > most_steps || work_ > limits_.work) {
                return false;
            }
        }
        return true;
    }

    /// Whether one of those of its key that are no dearer has no word later.
    bool is_excluded(const Design& design, const std::vector<Design>& left,
                     const std::vector<Time>& left_times, std::vector<std::size_t>& of_key) {
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
            const Time* const other = left_times.data() + of_key[k] * row_.size();
            std::size_t word = row_.size(); // the last ones differ most often
            while (word > 0 && other[word - 1] <= row_[word - 1]) {
                --word;
            }
            work_ += static_cast<std::int64_t>(row_.size() - word);
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
            const FrameSteps::Step& step = steps_.steps()[i];
            const FrameSteps::Way& way = step.ways[back.key][back.way];
            for (std::size_t v = 0; v < step.variables.size(); ++v) {
                result[step.variables[v]] = way.values[v];
            }
            design = back.from;
        }
        return result;
    }

    /// How a design was made.
    struct Back {
        std::uint32_t from, way;
        std::uint32_t key; ///< before
    };

    const FrameSearch& search_;
    const FrameSteps& steps_;
    FrameSearchLimits limits_;
    std::vector<std::vector<ResourceUse>> uses_; ///< FrameSteps::rest_of_uses()
    struct Priced {
        std::vector<std::vector<double>> rest; ///< FrameSteps::rest()
        double worth = 0;                      ///< of latency and budgets
    };
    std::vector<Priced> priced_; ///< beside the search's prices
    std::int64_t work_ = 0;
    bool all_ = true;             ///< no design was left out
    std::vector<Design> designs_; ///< behind the last stage so far
    std::size_t width_ = 0;       ///< times of one of these
    std::vector<Time> times_;
    std::vector<std::vector<Back>> backs_; ///< by stage and design behind it
    // Of the stage and the design in hand.
    std::vector<std::array<Time, wait_kinds>> arrivals_;
    std::vector<Time> own_;
    FrameWords::UnitTimes<Time> unit_times_;
    std::vector<Time> row_; ///< behind the stage
};

FrameSearchResult FrameSearch::run(const FrameSearchLimits& limits) {
    std::int64_t work = 0;
    FrameSearchLimits rest = limits;
    for (;;) {
        if (!steps_) {
            steps_.emplace(model_, frame_.flow, weights_, counts_);
            work += steps_->work();
        }
        FrameSearchResult result;
        rest.work = limits.work - work;
        if (!steps_->too_many() && rest.work > 0) {
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
        steps_.reset();
    }
}

} // namespace millrace::planner
