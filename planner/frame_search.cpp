// SPDX-License-Identifier: Apache-2.0
#include "planner/frame_search.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <tuple>
#include <utility>

namespace millrace::planner {

namespace {

using Time = std::int32_t;
constexpr Time never = -(Time{1} << 29); // some cycles more are no less than never
constexpr Time always = (Time{1} << 30);
constexpr std::int64_t most_latency = std::int64_t{1} << 28;
constexpr double rounding = 1e-9; // of sums in different orders
constexpr std::size_t most_times = std::size_t{48} << 20;

/// Times of a vector of a partial design: its first word's and its last one's.
constexpr std::size_t words_of_vector = 2;

} // namespace

/// Offsets are among the times of a partial design before the stage, or behind it.
struct FrameSearch::Stage {
    std::size_t stage = 0;
    bool is_input = false;
    std::size_t vectors = 0;
    struct Copy {
        std::size_t from, to, count;
    };
    std::vector<Copy> copies; ///< of stages that are still waited for
    std::size_t width = 0;    ///< behind it
    bool is_kept = false;     ///< its own times are waited for
    std::size_t own = 0;      ///< where they are
    struct Wait {
        std::size_t vector;
        std::uint8_t kind; ///< 0: its first word for a first one, 1: for a last one; 2: its last
        std::size_t from;
    };
    std::vector<Wait> waits;
    std::vector<Time> deadlines; ///< of its words, with the least paces of all that follows
    struct Crossing {
        double price = 0;
        bool of_own = false; ///< among the stage's times, else among those before
        std::size_t at = 0;
    };
    std::vector<Crossing> crossings; ///< where paths with a price leave what has been chosen
};

struct FrameSearch::Design {
    double value = 0; ///< weighted use
    double bound = 0;
    ResourceUse use{};
    std::uint32_t from = 0; ///< number at the level before
    std::uint32_t way = 0;
    std::uint32_t key = 0;
};

/// Partial designs behind a stage.
struct FrameSearch::Level {
    std::vector<Design> designs;
    std::vector<Time> times;
};

FrameSearch::~FrameSearch() = default;

FrameSearch::FrameSearch(const DesignModel& model, const FrameFlow& flow, const Use& weights,
                         const Use& budgets, std::int64_t latency, FramePrices prices)
    : model_(model),
      flow_(flow),
      weights_(weights),
      budgets_(budgets),
      latency_(latency),
      prices_(std::move(prices)) {
    for (std::size_t r = 0; r < resource_count; ++r) {
        counts_[r] = prices_.of_resources[r] > 0;
    }
    const std::vector<std::size_t> order = flow.order();
    std::vector<std::size_t> position(model.stages().size(), 0);
    std::vector<std::size_t> last(model.stages().size(), 0);
    for (std::size_t i = 0; i < order.size(); ++i) {
        position[order[i]] = i;
    }
    std::vector<std::vector<FrameFlow::Wait>> waits;
    for (std::size_t i = 0; i < order.size(); ++i) {
        for (const FrameFlow::Wait& wait : waits.emplace_back(flow.waits(order[i]))) {
            last[wait.source.stage] = i;
        }
        last[order[i]] = flow.is_output(order[i]) ? order.size() : 0;
    }
    const FrameFlow::Through through = flow.through(model.least_paces());
    std::map<std::size_t, std::size_t> offsets;
    for (std::size_t i = 0; i < order.size(); ++i) {
        Stage& stage = stages_.emplace_back();
        stage.stage = order[i];
        stage.is_input = flow.is_input(order[i]);
        stage.vectors = flow.vectors(order[i]);
        const auto at = [](std::size_t offset, const Word& word) {
            return offset + words_of_vector * word.vector + (word.first ? 0 : 1);
        };
        for (const FrameFlow::Wait& wait : waits[i]) {
            stage.waits.push_back({wait.word.vector,
                                   static_cast<std::uint8_t>(!wait.word.first    ? 2
                                                             : wait.source.first ? 0
                                                                                 : 1),
                                   at(offsets.at(wait.source.stage), wait.source)});
        }
        for (const Words& rest : through.rest(order[i])) {
            for (const std::int64_t way : {rest.first, rest.last}) {
                stage.deadlines.push_back(way < 0 ? always : static_cast<Time>(latency - 1 - way));
            }
        }
        for (std::size_t p = 0; p < prices_.paths.size(); ++p) {
            const Word* exit = nullptr;
            for (const Word& word : prices_.paths[p].exits) {
                if (position[word.stage] <= i &&
                    (exit == nullptr || position[word.stage] > position[exit->stage])) {
                    exit = &word;
                }
            }
            if (exit != nullptr && prices_.of_paths[p] > 0) {
                const bool of_own = exit->stage == order[i];
                stage.crossings.push_back(
                    {prices_.of_paths[p], of_own, at(of_own ? 0 : offsets.at(exit->stage), *exit)});
            }
        }
        std::map<std::size_t, std::size_t> behind;
        for (const auto& [source, offset] : offsets) {
            if (last[source] > i) {
                const std::size_t count = words_of_vector * flow.vectors(source);
                stage.copies.push_back({offset, stage.width, count});
                behind[source] = stage.width;
                stage.width += count;
            }
        }
        stage.is_kept = last[order[i]] > i;
        if (stage.is_kept) {
            stage.own = behind[order[i]] = stage.width;
            stage.width += words_of_vector * stage.vectors;
        }
        widest_ = std::max(widest_, stage.width);
        offsets = std::move(behind);
    }
}

bool FrameSearch::can_hold(std::size_t designs) const {
    return latency_ < most_latency && designs * widest_ <= most_times &&
           !(steps_ && steps_->too_many());
}

/// One search with what is counted now.
class FrameSearch::Pass {
  public:
    Pass(const FrameSearch& search, const FrameSearchLimits& limits)
        : search_(search),
          steps_(*search.steps_),
          limits_(limits),
          rest_(steps_.rest(search.prices_)),
          lost_(std::numeric_limits<double>::infinity()) {
        for (std::size_t p = 0; p < search.prices_.paths.size(); ++p) {
            worth_ += search.prices_.of_paths[p] * static_cast<double>(search.latency_);
        }
        for (std::size_t r = 0; r < resource_count; ++r) {
            const double price = search.prices_.of_resources[r];
            worth_ += price > 0 ? price * search.budgets_[r] : 0;
        }
    }

    FrameSearchResult run() {
        FrameSearchResult result;
        Design nothing;
        nothing.use = steps_.constant();
        for (std::size_t r = 0; r < resource_count; ++r) {
            nothing.value += search_.weights_[r] * nothing.use[r];
        }
        nothing.bound = nothing.value + priced(nothing.use) + rest_.root - worth_;
        levels_.push_back({{nothing}, {}});
        for (std::size_t i = 0; i < steps_.steps().size() && !levels_.back().designs.empty(); ++i) {
            if (work_ > limits_.work) {
                for (const Design& design : levels_.back().designs) {
                    lost_ = std::min(lost_, design.bound);
                }
                levels_.back().designs.clear();
                break;
            }
            advance(i);
        }
        result.complete = !std::isfinite(lost_);
        result.bound = std::min(lost_, limits_.below);
        std::vector<Design>& ends = levels_.back().designs;
        std::vector<std::size_t> order(ends.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
            return ends[a].value < ends[b].value;
        });
        for (const std::size_t end : order) {
            result.bound = std::min(result.bound, std::max(ends[end].value, ends[end].bound));
            FrameSearchResult::Found found{choice(end), ends[end].value, 0};
            found.latency = search_.flow_.latency(search_.model_.paces(found.choice));
            work_ += static_cast<std::int64_t>(search_.widest_);
            if (result.found.empty() || found.latency < result.found.back().latency) {
                result.found.push_back(std::move(found));
            }
        }
        result.work = work_;
        return result;
    }

  private:
    [[nodiscard]] double priced(const ResourceUse& use) const {
        double sum = 0;
        for (std::size_t r = 0; r < resource_count; ++r) {
            sum += search_.prices_.of_resources[r] * use[r];
        }
        return sum;
    }
    [[nodiscard]] bool is_dear(double bound) const {
        return std::isfinite(limits_.below) &&
               bound >= limits_.below - std::abs(limits_.below) * rounding;
    }

    /// When what the words of a stage wait for is there.
    void arrive(const Stage& stage, const Time* times) {
        arrivals_.assign(stage.vectors, {never, never, never});
        for (const Stage::Wait& wait : stage.waits) {
            Time& own = arrivals_[wait.vector][wait.kind];
            own = std::max(own, times[wait.from]);
        }
        work_ += std::ssize(stage.waits);
    }
    /// Follows the words of a stage; false: the frame will be late.
    bool follow(const Stage& stage, const Pace& pace) {
        const auto delay = static_cast<Time>(pace.delay);
        const auto head = static_cast<Time>(pace.delay + pace.head);
        const auto tail = static_cast<Time>(pace.delay + pace.tail);
        const auto spread = static_cast<Time>(pace.spread);
        const auto gap = static_cast<Time>(pace.step - pace.spread);
        const bool single = pace.single();
        own_.resize(words_of_vector * stage.vectors);
        Time before = stage.is_input ? delay - 1 : never;
        for (std::size_t v = 0; v < stage.vectors; ++v) {
            const auto& there = arrivals_[v];
            Time first = std::max({there[0] + head, there[1] + delay, before + gap});
            const Time last = std::max(there[2] + tail, first + spread);
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

    void advance(std::size_t index) {
        const Stage& stage = search_.stages_[index];
        const FrameSteps::Step& step = steps_.steps()[index];
        const Level& before = levels_.back();
        std::vector<Design> made = ways_on(stage, step, before, index);
        leave_out(made, 4 * limits_.designs);
        std::sort(made.begin(), made.end(), [](const Design& a, const Design& b) {
            return std::tie(a.key, a.value, a.bound, a.from, a.way) <
                   std::tie(b.key, b.value, b.bound, b.from, b.way);
        });
        Level level;
        std::vector<Time> row(stage.width);
        std::vector<std::size_t> kept; // of the key in hand, those that excluded others last first
        for (std::size_t i = 0; i < made.size() && work_ <= limits_.work; ++i) {
            const Design& design = made[i];
            if (i == 0 || design.key != made[i - 1].key) {
                kept.clear();
            }
            const Time* const times = before.times.data() + design.from * times_before_;
            arrive(stage, times);
            follow(stage, step.ways[before.designs[design.from].key][design.way].pace);
            for (const Stage::Copy& copy : stage.copies) {
                std::copy_n(times + copy.from, copy.count, row.data() + copy.to);
            }
            if (stage.is_kept) {
                std::copy(own_.begin(), own_.end(), row.data() + stage.own);
            }
            if (!is_excluded(design, row, level, kept)) {
                kept.push_back(level.designs.size());
                level.designs.push_back(design);
                level.times.insert(level.times.end(), row.begin(), row.end());
            }
        }
        if (work_ > limits_.work) { // what was not compared is lost
            for (const Design& design : made) {
                lost_ = std::min(lost_, design.bound);
            }
        }
        leave_out(level, limits_.designs, stage.width);
        levels_.back().times = {};
        times_before_ = stage.width;
        levels_.push_back(std::move(level));
    }

    /// All ways to go on from partial designs that may lead to something cheap enough.
    std::vector<Design> ways_on(const Stage& stage, const FrameSteps::Step& step,
                                const Level& before, std::size_t index) {
        std::vector<Design> made;
        for (std::size_t d = 0; d < before.designs.size() && work_ <= limits_.work; ++d) {
            const Design& from = before.designs[d];
            const Time* const times = before.times.data() + d * times_before_;
            arrive(stage, times);
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
                    const double least = design.use[r] + rest_.uses[index][way.key][r];
                    fits = fits && least <= search_.budgets_[r] * (1 + rounding);
                }
                if (!fits || !follow(stage, way.pace)) {
                    continue;
                }
                design.bound =
                    design.value + priced(design.use) + rest_.priced[index][way.key] - worth_;
                for (const Stage::Crossing& crossing : stage.crossings) {
                    design.bound += crossing.price *
                                    ((crossing.of_own ? own_.data() : times)[crossing.at] + 1.0);
                }
                if (!is_dear(design.bound)) {
                    made.push_back(design);
                }
            }
        }
        if (work_ > limits_.work) {
            for (const Design& design : before.designs) {
                lost_ = std::min(lost_, design.bound);
            }
        }
        return made;
    }

    bool is_excluded(const Design& design, const std::vector<Time>& row, const Level& level,
                     std::vector<std::size_t>& kept) {
        const auto takes_less = [&](const Design& other) {
            for (std::size_t r = 0; r < resource_count; ++r) {
                if (search_.counts_[r] && other.use[r] > design.use[r]) {
                    return false;
                }
            }
            return true;
        };
        for (std::size_t k = kept.size(); k-- > 0;) {
            ++work_;
            if (!takes_less(level.designs[kept[k]])) {
                continue;
            }
            const Time* const other = level.times.data() + kept[k] * row.size();
            std::size_t word = row.size(); // the last ones differ most often
            while (word > 0 && other[word - 1] <= row[word - 1]) {
                --word;
            }
            work_ += static_cast<std::int64_t>(row.size() - word);
            if (word == 0) {
                std::rotate(kept.begin() + static_cast<std::ptrdiff_t>(k),
                            kept.begin() + static_cast<std::ptrdiff_t>(k) + 1, kept.end());
                return true;
            }
        }
        return false;
    }

    static bool is_more_promising(const Design& a, const Design& b) {
        return std::tie(a.bound, a.from, a.way) < std::tie(b.bound, b.from, b.way);
    }
    void leave_out(std::vector<Design>& designs, std::size_t most) {
        if (designs.size() > most) {
            const auto end = designs.begin() + static_cast<std::ptrdiff_t>(most);
            std::nth_element(designs.begin(), end, designs.end(), is_more_promising);
            lost_ = std::min(lost_, end->bound);
            designs.resize(most);
        }
    }
    void leave_out(Level& level, std::size_t most, std::size_t width) {
        if (level.designs.size() <= most) {
            return;
        }
        std::vector<Design> left = level.designs;
        leave_out(left, most);
        const Design worst = *std::max_element(left.begin(), left.end(), is_more_promising);
        std::size_t end = 0;
        for (std::size_t d = 0; d < level.designs.size(); ++d) {
            if (!is_more_promising(worst, level.designs[d])) {
                level.designs[end] = level.designs[d];
                std::copy_n(level.times.begin() + static_cast<std::ptrdiff_t>(d * width), width,
                            level.times.begin() + static_cast<std::ptrdiff_t>(end * width));
                ++end;
            }
        }
        level.designs.resize(end);
        level.times.resize(end * width);
    }

    /// Of a design at the last level.
    [[nodiscard]] Choice choice(std::size_t design) const {
        Choice result(search_.model_.problem().variables(), 0);
        for (std::size_t i = steps_.steps().size(); i-- > 0;) {
            const Design& at = levels_[i + 1].designs[design];
            const FrameSteps::Step& step = steps_.steps()[i];
            const FrameSteps::Way& way = step.ways[levels_[i].designs[at.from].key][at.way];
            for (std::size_t v = 0; v < step.variables.size(); ++v) {
                result[step.variables[v]] = way.values[v];
            }
            design = at.from;
        }
        return result;
    }

    const FrameSearch& search_;
    const FrameSteps& steps_;
    FrameSearchLimits limits_;
    FrameSteps::Rest rest_;
    double worth_ = 0; ///< of latency and budgets, at the prices
    double lost_;      ///< the least bound of what was left out
    std::int64_t work_ = 0;
    std::vector<Level> levels_; ///< times of the last one only
    std::size_t times_before_ = 0;
    std::vector<std::array<Time, 3>> arrivals_;
    std::vector<Time> own_;
};

FrameSearchResult FrameSearch::run(const FrameSearchLimits& limits) {
    std::int64_t work = 0;
    FrameSearchLimits rest = limits;
    for (;;) {
        if (!steps_) {
            steps_.emplace(model_, flow_, weights_, counts_);
            work += steps_->work();
        }
        FrameSearchResult result;
        if (!can_hold(limits.designs)) {
            result.bound = -std::numeric_limits<double>::infinity();
            result.work = work;
            return result;
        }
        rest.work = limits.work - work;
        result = Pass(*this, rest).run();
        work += result.work;
        result.work = work;
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
        if (!more || work >= limits.work) {
            return result;
        }
        steps_.reset();
    }
}

} // namespace millrace::planner
