// SPDX-License-Identifier: Apache-2.0
#include "planner/region_search.hpp"

#include "ir/diagnostics.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace millrace::planner {

namespace {

constexpr double rounding = 1e-9; // of sums, where a design is cut

/// Of the paths of a factor, a resource of a region: behind the `paths` that were there before.
std::size_t place_of(std::size_t paths, std::size_t region, std::size_t resource) {
    return paths + region * resource_count + resource;
}

/// A factor of a node with its region, the last variable.
Factor with_region(const Factor& factor, const std::vector<ResourceUse>& nodes,
                   std::size_t variable, std::size_t paths, std::size_t regions) {
    Factor result;
    result.variables = factor.variables;
    result.variables.push_back(variable);
    result.paths.resize(place_of(paths, regions, 0));
    const std::size_t size = factor.uses.size();
    for (std::size_t p = 0; p < factor.paths.size(); ++p) {
        for (const double cycles : factor.paths[p]) {
            result.paths[p].insert(result.paths[p].end(), regions, cycles);
        }
    }
    for (std::size_t entry = 0; entry < size; ++entry) {
        result.uses.insert(result.uses.end(), regions, factor.uses[entry]);
        result.allowed.insert(result.allowed.end(), regions, factor.allowed[entry]);
        for (std::size_t r = 0; r < resource_count; ++r) {
            const double use = nodes[entry][r];
            for (std::size_t region = 0; use > 0 && region < regions; ++region) {
                std::vector<double>& path = result.paths[place_of(paths, region, r)];
                path.resize(size * regions, 0);
                path[entry * regions + region] = use;
            }
        }
    }
    return result;
}

ChoiceProblem with_regions(const ChoiceProblem& problem,
                           const std::vector<std::vector<ResourceUse>>& nodes, std::size_t paths,
                           std::size_t regions) {
    ChoiceProblem result;
    for (std::size_t v = 0; v < problem.variables(); ++v) {
        result.add_variable(problem.domain_size(v));
    }
    Factor order;
    for (std::size_t before = 0; before < regions; ++before) {
        for (std::size_t region = 0; region < regions; ++region) {
            order.uses.push_back({});
            order.allowed.push_back(before <= region ? 1 : 0);
        }
    }
    for (std::size_t f = 0; f < problem.factors().size(); ++f) {
        const Factor& factor = problem.factors()[f];
        if (nodes[f].empty()) {
            result.add_factor(factor);
            continue;
        }
        const std::size_t region = result.add_variable(regions);
        result.add_factor(with_region(factor, nodes[f], region, paths, regions));
        if (!order.variables.empty()) {
            order.variables = {order.variables.back(), region};
            result.add_factor(order);
        }
        order.variables = {region};
    }
    return result;
}

/// Of two searches of which the second looked for what is cheaper than what the first found.
SearchResult either(const SearchResult& first, const SearchResult& second) {
    const bool second_only = second.status == SearchResult::Status::found ||
                             first.status == SearchResult::Status::impossible;
    SearchResult result = second_only ? second : first;
    result.bound = std::min(first.bound, second.bound);
    result.work = first.work + second.work;
    return result;
}

} // namespace

SearchResult search_in_regions(const ChoiceProblem& problem,
                               const std::vector<std::vector<ResourceUse>>& nodes,
                               const std::vector<Use>& regions, const Use& weights,
                               const Use& budgets, const SearchLimits& limits) {
    if (regions.size() > most_regions) {
        throw Defect("more regions than there are places for");
    }
    const std::size_t paths = problem.counted() - resource_count;
    const std::size_t places = resource_count + place_of(paths, 0, 0);
    ChoiceProblem spread = with_regions(problem, nodes, paths, regions.size());
    const auto original = [&](const Choice& choice) {
        return Choice(choice.begin(),
                      choice.begin() + static_cast<std::ptrdiff_t>(problem.variables()));
    };
    bool ended = false; // by what accepts choices
    const AcceptChoice accept = [&](const Choice& choice) -> std::optional<bool> {
        const auto accepted = ended ? std::nullopt : (*limits.accept)(original(choice));
        ended = !accepted;
        return accepted;
    };
    SearchLimits both = limits;
    both.accept = limits.accept == nullptr ? nullptr : &accept;
    std::optional<SearchResult> result;
    std::vector<Use> order = regions;
    for (const bool up : {true, false}) {
        if (!up) {
            std::reverse(order.begin(), order.end());
            if (order == regions || (limits.first && !result->choice.empty())) {
                break;
            }
        }
        Use all = budgets;
        for (std::size_t region = 0; region < order.size(); ++region) {
            for (std::size_t r = 0; r < resource_count; ++r) {
                all[resource_count + place_of(paths, region, r)] =
                    order[region][r] * (1 + rounding) + rounding;
            }
        }
        SearchResult found = search(spread, weights, all, both);
        result = result ? either(*result, found) : std::move(found);
        if (result->status == SearchResult::Status::found) {
            both.below = std::min(both.below, result->value);
        }
    }
    if (result->status == SearchResult::Status::found) {
        result->choice = original(result->choice);
        result->proved = result->value <= result->bound * (1 + rounding);
    }
    for (std::size_t place = places; place < use_count; ++place) {
        const std::size_t resource = (place - places) % resource_count;
        result->prices[resource] += std::exchange(result->prices[place], 0);
        result->use[place] = 0;
    }
    return *result;
}

} // namespace millrace::planner
