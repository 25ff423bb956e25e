// SPDX-License-Identifier: Apache-2.0
#include "planner/frame_bounds.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace millrace::planner {

namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();
constexpr double rounding = 1e-9; // of sums in different orders
// Curves are exact where points are no nearer than this part of the worth; of nearer ones the least
// is taken. Fewer where there are many ways: about 0.1 seconds.
constexpr std::size_t most_bins = 2048;
constexpr std::size_t most_bins_of_ways = std::size_t{1} << 25;

/// What all paths with a price count of a pace together.
class PricedPaces {
  public:
    PricedPaces(const FramePrices& prices, std::size_t stage) {
        for (std::size_t p = 0; p < prices.paths.size(); ++p) {
            const Pace& count = prices.paths[p].counts[stage];
            const std::array counts{count.step, count.spread, count.delay, count.tail, count.head};
            for (std::size_t i = 0; i < counts.size(); ++i) {
                prices_[i] += prices.of_paths[p] * static_cast<double>(counts[i]);
            }
        }
    }
    [[nodiscard]] double of(const Pace& pace) const {
        const std::array cycles{pace.step, pace.spread, pace.delay, pace.tail, pace.head};
        double sum = 0;
        for (std::size_t i = 0; i < cycles.size(); ++i) {
            sum += prices_[i] * static_cast<double>(cycles[i]);
        }
        return sum;
    }

  private:
    std::array<double, 5> prices_{};
};

} // namespace

FrameBounds::FrameBounds(const FrameSteps& steps, const FramePrices& prices, const Use& budgets,
                         std::int64_t latency)
    : of_resources_(prices.of_resources) {
    for (const double price : prices.of_paths) {
        worth_ += price * static_cast<double>(latency);
    }
    for (std::size_t r = 0; r < resource_count; ++r) {
        const double price = prices.of_resources[r];
        worth_ += price > 0 ? price * budgets[r] : 0;
    }
    for (const FrameSteps::Step& step : steps.steps()) {
        const PricedPaces paces(prices, step.stage);
        auto& by_key = priced_.emplace_back();
        for (const std::vector<FrameSteps::Way>& ways : step.ways) {
            std::vector<double>& priced = by_key.emplace_back();
            for (const FrameSteps::Way& way : ways) {
                double& sum = priced.emplace_back(paces.of(way.pace));
                for (std::size_t r = 0; r < resource_count; ++r) {
                    sum += prices.of_resources[r] * way.use[r];
                }
            }
        }
    }
    add_least(steps);
    add_curves(steps);
}

void FrameBounds::add_least(const FrameSteps& steps) {
    const std::vector<FrameSteps::Step>& all = steps.steps();
    least_.resize(all.size());
    std::vector<double> least(all.empty() ? 1 : all.back().keys, 0);
    for (std::size_t i = all.size(); i-- > 0;) {
        least_[i] = std::exchange(least, std::vector<double>(all[i].ways.size(), infinite));
        for (std::size_t key = 0; key < all[i].ways.size(); ++key) {
            for (std::size_t w = 0; w < all[i].ways[key].size(); ++w) {
                const FrameSteps::Way& way = all[i].ways[key][w];
                least[key] =
                    std::min(least[key], way.value + priced_[i][key][w] + least_[i][way.key]);
            }
        }
    }
}

void FrameBounds::add_curves(const FrameSteps& steps) {
    const std::vector<FrameSteps::Step>& all = steps.steps();
    std::size_t count = 1;
    for (const FrameSteps::Step& step : all) {
        for (const std::vector<FrameSteps::Way>& ways : step.ways) {
            count += ways.size();
        }
    }
    const std::size_t bins = std::min(most_bins, most_bins_of_ways / count);
    if (bins < 2 || worth_ <= 0) {
        return;
    }
    const double most = worth_ * (1 + rounding);
    const double in_worth = static_cast<double>(bins) / most;
    std::vector<Point> table(bins + 1);
    curves_.resize(all.size());
    std::vector<Curve> curves(all.back().keys, Curve{{0, 0}});
    for (std::size_t i = all.size(); i-- > 0;) {
        curves_[i] = std::exchange(curves, std::vector<Curve>(all[i].ways.size()));
        for (std::size_t key = 0; key < all[i].ways.size(); ++key) {
            std::fill(table.begin(), table.end(), Point{infinite, infinite});
            for (std::size_t w = 0; w < all[i].ways[key].size(); ++w) {
                const FrameSteps::Way& way = all[i].ways[key][w];
                for (const Point& point : curves_[i][way.key]) {
                    ++work_;
                    const double priced = priced_[i][key][w] + point.priced;
                    if (priced > most) {
                        break;
                    }
                    Point& bin = table[static_cast<std::size_t>(std::max(priced, 0.0) * in_worth)];
                    bin.priced = std::min(bin.priced, priced);
                    bin.value = std::min(bin.value, way.value + point.value);
                }
            }
            double least = infinite;
            for (const Point& bin : table) {
                if (bin.value < least) {
                    least = bin.value;
                    curves[key].push_back(bin);
                }
            }
        }
    }
}

FrameBounds::Bound FrameBounds::of(std::size_t step, std::size_t key, double value,
                                   const ResourceUse& use, double crossed) const {
    double priced = crossed;
    for (std::size_t r = 0; r < resource_count; ++r) {
        priced += of_resources_[r] * use[r];
    }
    Bound bound;
    bound.by_prices = value + least_[step][key] + priced - worth_;
    bound.highest = bound.by_prices;
    if (!curves_.empty()) {
        const double left = worth_ * (1 + rounding) - priced;
        const Curve& curve = curves_[step][key];
        const auto above =
            std::upper_bound(curve.begin(), curve.end(), left,
                             [](double most, const Point& point) { return most < point.priced; });
        bound.highest = above == curve.begin()
                            ? infinite
                            : std::max(bound.highest, value + std::prev(above)->value);
    }
    return bound;
}

} // namespace millrace::planner
