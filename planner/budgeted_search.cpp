// SPDX-License-Identifier: Apache-2.0
#include "planner/budgeted_search.hpp"

#include <algorithm>
#include <cmath>
#include <queue>
#include <set>

namespace millrace::planner {

namespace {

/// Values closer than this, relatively, are equal: sums of tables in different orders.
constexpr double rounding = 1e-9;

struct Box {
    Domains domains;
    Use prices{};
    double bound = 0;
    std::int64_t number = 0;
};

/// The most promising first; among equals the older.
struct LessPromising {
    bool operator()(const Box& a, const Box& b) const {
        return a.bound != b.bound ? a.bound > b.bound : a.number > b.number;
    }
};

class BudgetedSearch {
  public:
    BudgetedSearch(ChoiceProblem& problem, const Use& weights, const Use& budgets,
                   const SearchLimits& limits)
        : problem_(problem),
          weights_(weights),
          budgets_(budgets),
          limits_(limits),
          counted_(problem.counted()),
          elimination_(problem),
          factors_of_(problem.factors_of_variables()),
          around_(problem.factors_around()) {
        for (std::size_t r = 0; r < counted_; ++r) {
            scale_[r] = std::isfinite(budgets[r]) ? std::max(budgets[r], 1.0) : 0;
            if (limits.only_budgets) {
                weights_[r] *= 1e-3;
            }
        }
        most_possible_ = find_most_possible();
    }

    /// The search of all choices up to the first split: what is left of the domains, and prices.
    /// Nothing: it has ended.
    std::optional<Box> root() {
        Box box{problem_.full_domains(), {}, -std::numeric_limits<double>::infinity(), 0};
        for (std::size_t r = 0; r < counted_; ++r) {
            box.prices[r] = limits_.only_budgets && budgets_[r] > 0 && scale_[r] > 0 ? 1 : 0;
        }
        std::priority_queue<Box, std::vector<Box>, LessPromising> open;
        ascend(box, 60, open);
        prices_ = box.prices;
        return open.empty() ? std::nullopt : std::optional(open.top());
    }

    /// Goes on where a search of more values ended; that had found `best`, in values of this one.
    SearchResult run(const Use& prices, double bound, const SearchResult& best) {
        best_ = best;
        work_ = best.work;
        prices_ = prices;
        std::priority_queue<Box, std::vector<Box>, LessPromising> open;
        Box all{problem_.full_domains(), prices, bound, 0};
        ascend(all, 12, open);
        while (!open.empty() && !stop()) {
            if (open.top().bound >= cutoff()) {
                open = {};
                break;
            }
            const Box box = open.top();
            open.pop();
            for (Box& half : split(box)) {
                ascend(half, 12, open);
            }
        }
        return finish(open.empty() ? std::nullopt : std::optional(open.top().bound));
    }

    /// `bound`: of what has not been searched; nothing when that is nothing.
    SearchResult finish(std::optional<double> bound) {
        SearchResult result = best_;
        result.status = std::isfinite(best_.value) ? SearchResult::Status::found
                        : bound                    ? SearchResult::Status::open
                                                   : SearchResult::Status::impossible;
        result.work = work_;
        result.prices = prices_;
        const double best = std::min(best_.value, limits_.below);
        result.bound = bound ? std::min(*bound, best) : best;
        result.proved = result.status == SearchResult::Status::found && result.bound >= cutoff();
        if (result.proved) {
            result.bound = result.value;
        }
        return result;
    }
    /// Whether there is enough, or was too much work.
    [[nodiscard]] bool stop() const {
        return stopped_ || work_ >= limits_.work || (limits_.first && std::isfinite(best_.value));
    }
    [[nodiscard]] const SearchResult& best() const { return best_; }

  private:
    /// Bounds from here on up cannot improve on the best.
    [[nodiscard]] double cutoff() const {
        const double best = std::min(best_.value, limits_.below);
        return std::isfinite(best) ? best - std::abs(best) * rounding : best;
    }

    [[nodiscard]] bool fits(const Use& use) const {
        for (std::size_t r = 0; r < counted_; ++r) {
            if (use[r] > budgets_[r] + rounding * scale_[r]) {
                return false;
            }
        }
        return true;
    }
    [[nodiscard]] double weighted(const Use& use) const {
        double sum = 0;
        for (std::size_t r = 0; r < counted_; ++r) {
            sum += weights_[r] * use[r];
        }
        return sum;
    }
    void consider(const Choice& choice, const Use& use) {
        if (stopped_ || !fits(use) || weighted(use) >= cutoff()) {
            return;
        }
        if (limits_.accept != nullptr) {
            const std::optional<bool> accepted = (*limits_.accept)(choice);
            stopped_ = !accepted;
            if (!accepted || !*accepted) {
                return;
            }
        }
        best_.choice = choice;
        best_.use = use;
        best_.value = weighted(use);
    }

    /// Use of some factors; nothing when they do not allow the choice.
    [[nodiscard]] std::optional<Use> use_of(const std::vector<std::size_t>& factors,
                                            const Choice& choice) const {
        Use sum{};
        for (const std::size_t f : factors) {
            const Factor& factor = problem_.factors()[f];
            const std::size_t index = problem_.entry(factor, choice);
            if (factor.allowed[index] == 0) {
                return std::nullopt;
            }
            factor.add_to(sum, index);
        }
        return sum;
    }

    void weigh_entries() {
        for (const Factor& factor : problem_.factors()) {
            std::vector<double>& values = weighted_.emplace_back(factor.uses.size());
            for (std::size_t i = 0; i < values.size(); ++i) {
                Use use{};
                factor.add_to(use, i);
                values[i] = weighted(use);
            }
        }
    }
    /// The weighted use of some factors; infinite when they do not allow the choice.
    [[nodiscard]] double weighted_use(const std::vector<std::size_t>& factors,
                                      const Choice& choice) const {
        double sum = 0;
        for (const std::size_t f : factors) {
            const Factor& factor = problem_.factors()[f];
            const std::size_t index = problem_.entry(factor, choice);
            sum += factor.allowed[index] == 0 ? std::numeric_limits<double>::infinity()
                                              : weighted_[f][index];
        }
        return sum;
    }

    /// From a choice that takes too much, changes the variables of one factor at a time: to what
    /// takes the most of the excess away for what it costs, then, within the budgets, to what takes
    /// the least.
    void repair(Choice choice, Use use, const Domains& domains) {
        if (weighted_.empty()) {
            weigh_entries();
        }
        const auto excess = [&](const Use& of) {
            double sum = 0;
            for (std::size_t r = 0; r < counted_; ++r) {
                sum += scale_[r] == 0 ? 0 : std::max(0.0, of[r] - budgets_[r]) / scale_[r];
            }
            return sum;
        };
        for (std::size_t steps = 0; steps < 2 * problem_.variables(); ++steps) {
            const double now = excess(use);
            const double value = weighted(use);
            const double floor = 1e-9 * std::abs(value);
            double best_ratio = 0;
            std::optional<std::pair<std::size_t, Choice>> move; // a factor, its variables' values
            Use after{};
            for (std::size_t f = 0; f < problem_.factors().size(); ++f) {
                const std::vector<std::size_t>& variables = problem_.factors()[f].variables;
                if (variables.empty()) {
                    continue;
                }
                const Use before = *use_of(around_[f], choice);
                const double weighted_before = weighted_use(around_[f], choice);
                Choice old;
                for (const std::size_t variable : variables) {
                    old.push_back(choice[variable]);
                }
                Choice digits(variables.size(), 0);
                do {
                    for (std::size_t d = 0; d < digits.size(); ++d) {
                        choice[variables[d]] = domains[variables[d]][digits[d]];
                    }
                    // No more than all of the excess can go: most changes cost too much for that.
                    const double least_cost =
                        weighted_use(around_[f], choice) - weighted_before - floor;
                    if (now > 0 ? now < best_ratio * least_cost : least_cost > 0) {
                        continue;
                    }
                    if (const std::optional<Use> changed = use_of(around_[f], choice)) {
                        Use total = use;
                        for (std::size_t r = 0; r < counted_; ++r) {
                            total[r] += (*changed)[r] - before[r];
                        }
                        const double cost = weighted(total) - value;
                        const double gain = now - excess(total);
                        const double ratio = now > 0 ? gain / std::max(cost, floor)
                                             : excess(total) > 0 || cost > -floor ? 0
                                                                                  : -cost;
                        if (ratio > best_ratio * (1 + rounding)) {
                            best_ratio = ratio;
                            Choice values;
                            for (const std::size_t variable : variables) {
                                values.push_back(choice[variable]);
                            }
                            move = {f, std::move(values)};
                            after = total;
                        }
                    }
                } while (next_combination(
                    digits, [&](std::size_t d) { return domains[variables[d]].size(); }));
                for (std::size_t d = 0; d < old.size(); ++d) {
                    choice[variables[d]] = old[d];
                }
            }
            work_ += 4 * elimination_.work();
            if (!move) {
                break;
            }
            const std::vector<std::size_t>& variables = problem_.factors()[move->first].variables;
            for (std::size_t d = 0; d < variables.size(); ++d) {
                choice[variables[d]] = move->second[d];
            }
            use = after;
            if (limits_.first && fits(use)) {
                break;
            }
        }
        if (const auto exact = problem_.use(choice)) {
            consider(choice, *exact);
        }
    }

    /// Takes out of a box the values that no choice has that could be better than the best, by the
    /// box's prices. False: nothing is left.
    bool narrow(Box& box) {
        const double worst = std::isfinite(cutoff()) ? cutoff() : most_possible_ * (1 + rounding);
        if (!std::isfinite(worst)) {
            return true;
        }
        double worth = 0;
        const auto found = elimination_.cheapest(priced(box.prices, worth), box.domains);
        work_ += 3 * elimination_.work();
        if (!found) {
            return false;
        }
        const std::vector<std::vector<double>> marginals = elimination_.marginals(box.domains);
        for (std::size_t v = 0; v < problem_.variables(); ++v) {
            std::erase_if(box.domains[v],
                          [&](std::size_t value) { return marginals[v][value] - worth >= worst; });
            if (box.domains[v].empty()) {
                return false;
            }
        }
        return true;
    }

    /// Weights with prices on top, and what the budgets are worth at these.
    [[nodiscard]] Use priced(const Use& prices, double& worth) const {
        Use result = weights_;
        worth = 0;
        for (std::size_t r = 0; r < counted_; ++r) {
            if (scale_[r] != 0) {
                result[r] += prices[r] / scale_[r];
                worth += prices[r] * budgets_[r] / scale_[r];
            }
        }
        return result;
    }

    /// Raises the bound of a box by changing prices, and keeps the box when it can still hold
    /// something better.
    void ascend(Box& box, int rounds,
                std::priority_queue<Box, std::vector<Box>, LessPromising>& open) {
        seen_.clear();
        Use prices = box.prices;
        double step = 1;
        int without_progress = 0;
        bool closed = false;
        std::optional<std::pair<Choice, Use>> nearest;
        double nearest_excess = std::numeric_limits<double>::infinity();
        for (int round = 0; round < rounds; ++round) {
            double worth = 0;
            const auto found = elimination_.cheapest(priced(prices, worth), box.domains);
            work_ += elimination_.work();
            if (!found) {
                return; // nothing in it is allowed
            }
            const Use use = *problem_.use(found->choice);
            const double bound = found->value - worth;
            seen_.push_back(found->choice);
            consider(found->choice, use);
            if (bound > box.bound + 1e-7 * std::abs(box.bound)) {
                without_progress = 0;
            } else if (++without_progress == 4) {
                step /= 2;
                without_progress = 0;
            }
            if (bound > box.bound) {
                box.bound = bound;
                box.prices = prices;
            }
            // Above what everything within the budgets can cost, there is nothing.
            if (box.bound >= cutoff() || box.bound > most_possible_ * (1 + rounding) ||
                (limits_.first && std::isfinite(best_.value))) {
                closed = true;
                break;
            }
            Use slope{};
            double length = 0;
            double excess = 0;
            for (std::size_t r = 0; r < counted_; ++r) {
                if (scale_[r] == 0) {
                    continue;
                }
                slope[r] = (use[r] - budgets_[r]) / scale_[r];
                excess += std::max(0.0, slope[r]);
                if (slope[r] < 0 && prices[r] == 0) {
                    slope[r] = 0;
                }
                length += slope[r] * slope[r];
            }
            if (excess < nearest_excess) {
                nearest_excess = excess;
                nearest = {found->choice, use};
            }
            if (length == 0) {
                closed = fits(use) && weighted(use) >= cutoff(); // cheapest of all, and it will do
                break;
            }
            const double most = most_possible_;
            const double aim = std::isfinite(cutoff()) ? cutoff()
                               : limits_.only_budgets  ? std::max(bound, 0.0) + most + 0.02
                               : std::isfinite(most)
                                   ? std::min(most, bound + 0.1 * std::abs(bound) + 0.05 * most)
                                   : bound + 0.2 * std::abs(bound) + 1e-6;
            const double stride = step * std::max(aim - bound, 1e-9) / length;
            for (std::size_t r = 0; r < counted_; ++r) {
                prices[r] = std::max(0.0, prices[r] + stride * slope[r]);
            }
            if (stride * std::sqrt(length) < 1e-9 || stopped_ || work_ >= limits_.work) {
                break;
            }
        }
        if (stopped_) {
            open.push(box); // for its bound
            return;
        }
        if (!closed && nearest && !fits(nearest->second) && repairs_ < 40) {
            ++repairs_;
            repair(nearest->first, nearest->second, box.domains);
        }
        if (closed || box.bound >= cutoff() || !narrow(box)) {
            return;
        }
        if (std::all_of(box.domains.begin(), box.domains.end(),
                        [](const auto& domain) { return domain.size() == 1; })) {
            Choice only;
            for (const std::vector<std::size_t>& domain : box.domains) {
                only.push_back(domain.front());
            }
            if (const auto use = problem_.use(only)) {
                consider(only, *use);
            }
            if (stopped_) {
                open.push(box);
            }
            return;
        }
        // What to split later: the variable whose values cost the most different things.
        box.number = ++boxes_;
        choose_split(box);
        open.push(box);
    }

    /// Weighted use of everything within the budgets is no more; without budgets infinite, but for
    /// proofs that nothing fits, which need it: that of the dearest entries.
    [[nodiscard]] double find_most_possible() const {
        double sum = 0;
        for (std::size_t r = 0; r < counted_; ++r) {
            sum += weights_[r] == 0 ? 0 : weights_[r] * budgets_[r];
        }
        if (std::isfinite(sum) || !limits_.only_budgets) {
            return sum;
        }
        sum = 0;
        for (const Factor& factor : problem_.factors()) {
            double most = 0;
            for (std::size_t i = 0; i < factor.uses.size(); ++i) {
                Use use{};
                factor.add_to(use, i);
                most = std::max(most, weighted(use));
            }
            sum += most;
        }
        return sum;
    }

    /// Puts the variable to split first: of those whose value differed between the cheapest choices
    /// at different prices, the one with the greatest differences in use; else the one with the
    /// largest domain.
    void choose_split(const Box& box) {
        std::size_t variable = 0;
        double greatest = -1;
        for (std::size_t v = 0; v < problem_.variables(); ++v) {
            if (box.domains[v].size() < 2) {
                continue;
            }
            double spread = 0;
            std::set<std::size_t> values;
            Use low{};
            Use high{};
            bool any = false;
            for (const Choice& choice : seen_) {
                if (!is_left(box, v, choice[v]) || !values.insert(choice[v]).second) {
                    continue;
                }
                const Use use = *use_of(factors_of_[v], choice);
                for (std::size_t r = 0; r < counted_; ++r) {
                    low[r] = any ? std::min(low[r], use[r]) : use[r];
                    high[r] = any ? std::max(high[r], use[r]) : use[r];
                }
                any = true;
            }
            if (values.size() > 1) {
                for (std::size_t r = 0; r < counted_; ++r) {
                    spread += scale_[r] == 0 ? weights_[r] * (high[r] - low[r])
                                             : (high[r] - low[r]) / scale_[r];
                }
                spread += 1e-6;
            } else {
                spread = 1e-12 * static_cast<double>(box.domains[v].size());
            }
            if (spread > greatest) {
                greatest = spread;
                variable = v;
            }
        }
        // Between the values that were seen, else in the middle.
        const std::vector<std::size_t>& domain = box.domains[variable];
        std::size_t low = domain.back();
        std::size_t high = domain.front();
        for (const Choice& choice : seen_) {
            if (is_left(box, variable, choice[variable])) {
                low = std::min(low, choice[variable]);
                high = std::max(high, choice[variable]);
            }
        }
        std::size_t last = domain[(domain.size() - 1) / 2];
        if (low < high) {
            const std::size_t middle = (low + high) / 2; // at least low, below high
            for (const std::size_t value : domain) {
                last = value <= middle ? value : last;
            }
        }
        splits_.resize(static_cast<std::size_t>(boxes_) + 1);
        splits_[static_cast<std::size_t>(boxes_)] = {variable, last};
    }

    [[nodiscard]] static bool is_left(const Box& box, std::size_t variable, std::size_t value) {
        const std::vector<std::size_t>& domain = box.domains[variable];
        return std::binary_search(domain.begin(), domain.end(), value);
    }

    [[nodiscard]] std::vector<Box> split(const Box& box) const {
        const auto [variable, last] = splits_[static_cast<std::size_t>(box.number)];
        std::vector<Box> halves(2, box);
        for (std::size_t half = 0; half < 2; ++half) {
            std::erase_if(halves[half].domains[variable], [&, last = last](std::size_t value) {
                return (value <= last) != (half == 0);
            });
        }
        return halves;
    }

    ChoiceProblem& problem_;
    Use weights_;
    Use budgets_;
    Use scale_{}; ///< prices are for so much; 0: no budget
    double most_possible_ = 0;
    SearchLimits limits_;
    std::size_t counted_; ///< of a Use, what may be other than 0
    Elimination elimination_;
    std::vector<std::vector<std::size_t>> factors_of_; ///< by variable
    std::vector<std::vector<std::size_t>> around_;     ///< by factor: those of its variables
    std::vector<std::vector<double>> weighted_; ///< by factor and entry; made by the first repair
    std::vector<Choice> seen_;                  ///< cheapest ones in the box in hand
    std::vector<std::pair<std::size_t, std::size_t>> splits_; ///< by box: variable, last of half
    SearchResult best_{SearchResult::Status::open,
                       {},
                       {},
                       std::numeric_limits<double>::infinity(),
                       0,
                       false,
                       {},
                       0};
    Use prices_{}; ///< at the end of the first box
    std::int64_t boxes_ = 0;
    std::int64_t work_ = 0;
    int repairs_ = 0;
    bool stopped_ = false; ///< by what accepts choices
};

SearchResult search_allowed(ChoiceProblem& problem, const Use& weights, const Use& budgets,
                            const SearchLimits& limits) {
    BudgetedSearch whole(problem, weights, budgets, limits);
    const std::optional<Box> left = whole.root();
    if (!left || whole.stop()) {
        return whole.finish(left ? std::optional(left->bound) : std::nullopt);
    }
    // Most values are excluded by now: the rest of the search is in a much smaller problem.
    ChoiceProblem small = problem.restricted_to(left->domains);
    SearchResult best = whole.best();
    const Choice found = best.choice;
    best.choice.clear();
    best.work = whole.finish(left->bound).work;
    const auto original = [&](Choice choice) {
        for (std::size_t v = 0; v < choice.size(); ++v) {
            choice[v] = left->domains[v][choice[v]];
        }
        return choice;
    };
    SearchLimits rest = limits;
    const AcceptChoice accept = [&](const Choice& choice) {
        return (*limits.accept)(original(choice));
    };
    rest.accept = limits.accept == nullptr ? nullptr : &accept;
    SearchResult result =
        BudgetedSearch(small, weights, budgets, rest).run(left->prices, left->bound, best);
    result.choice = result.choice.empty() ? found : original(std::move(result.choice));
    return result;
}

} // namespace

SearchResult search(ChoiceProblem& problem, const Use& weights, const Use& budgets,
                    const SearchLimits& limits) {
    // What alone takes more than a budget is in no choice; a resource without any is not free.
    std::vector<std::vector<char>> allowed;
    for (Factor& factor : problem.factors()) {
        allowed.push_back(factor.allowed);
        for (std::size_t i = 0; i < factor.uses.size(); ++i) {
            Use use{};
            factor.add_to(use, i);
            for (std::size_t r = 0; r < use_count; ++r) {
                if (use[r] > budgets[r]) {
                    factor.allowed[i] = 0;
                }
            }
        }
    }
    SearchResult result = search_allowed(problem, weights, budgets, limits);
    for (std::size_t f = 0; f < allowed.size(); ++f) {
        problem.factors()[f].allowed = std::move(allowed[f]);
    }
    return result;
}

} // namespace millrace::planner
