// SPDX-License-Identifier: Apache-2.0
//
// Many choices that cost something alone and in pairs: variables with finite domains, and factors,
// each a table over a few variables of what a combination takes of every resource. The sum over all
// factors is what a choice takes. Where variables touch few others, as in chains with branches, the
// cheapest of all combinations under any weights is found by eliminating one variable after the
// other: exactly, in time that grows with the tables and not with the number of combinations.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

namespace millrace::planner {

/// LUT, FF, BRAM18, URAM, DSP, in this order.
inline constexpr std::size_t resource_count = 5;
/// And what is no resource, but adds up and may be limited like one: cycles on paths that a frame
/// takes (planner/frame_flow.hpp), and behind these what single regions of a board give
/// (planner/region_search.hpp); all 0 at first.
inline constexpr std::size_t path_count = 24;
inline constexpr std::size_t most_regions = 4;
inline constexpr std::size_t use_count =
    resource_count + path_count + most_regions * resource_count;
using Use = std::array<double, use_count>;
using ResourceUse = std::array<double, resource_count>;

/// One value for each variable: an index into its domain.
using Choice = std::vector<std::size_t>;

/// The values of each variable that are still possible, ascending.
using Domains = std::vector<std::vector<std::size_t>>;

struct Factor {
    std::vector<std::size_t> variables; ///< distinct; none: a constant
    std::vector<ResourceUse> uses;      ///< row-major over the variables' domains
    std::vector<char> allowed;          ///< whether a combination is possible
    /// By path (or region's resource), what an entry adds to it, in the order of `uses`; none:
    /// nothing.
    std::vector<std::vector<double>> paths{};

    void add_to(Use& sum, std::size_t entry) const {
        for (std::size_t r = 0; r < resource_count; ++r) {
            sum[r] += uses[entry][r];
        }
        for (std::size_t p = 0; p < paths.size(); ++p) {
            sum[resource_count + p] += paths[p].empty() ? 0 : paths[p][entry];
        }
    }
};

/// Counts through combinations: `size_of(i)` values for digit i, the last the fastest. False: it
/// was the last combination, and the digits are all 0 again.
template <class SizeOf>
bool next_combination(std::vector<std::size_t>& digits, const SizeOf& size_of) {
    std::size_t i = digits.size();
    while (i > 0 && ++digits[i - 1] == size_of(i - 1)) {
        digits[--i] = 0;
    }
    return i > 0;
}

class ChoiceProblem {
  public:
    /// Returns the variable's index.
    std::size_t add_variable(std::size_t domain_size);
    void add_factor(Factor factor);

    [[nodiscard]] std::size_t variables() const { return sizes_.size(); }
    [[nodiscard]] std::size_t domain_size(std::size_t variable) const { return sizes_[variable]; }
    [[nodiscard]] const std::vector<Factor>& factors() const { return factors_; }
    /// For changes of `allowed` and `paths`, which leave the structure as it is.
    [[nodiscard]] std::vector<Factor>& factors() { return factors_; }
    /// Of a Use, how many numbers a choice may have that are not 0: resources, and paths so far.
    [[nodiscard]] std::size_t counted() const;
    [[nodiscard]] Domains full_domains() const;
    /// By variable, the factors over it; by factor, those that share a variable with it.
    [[nodiscard]] std::vector<std::vector<std::size_t>> factors_of_variables() const;
    [[nodiscard]] std::vector<std::vector<std::size_t>> factors_around() const;
    /// Index of a choice in a factor's table.
    [[nodiscard]] std::size_t entry(const Factor& factor, const Choice& choice) const;

    /// What a choice takes; nothing when a combination in it is not allowed.
    [[nodiscard]] std::optional<Use> use(const Choice& choice) const;

    /// The problem of the values that are left, which are numbered from 0.
    [[nodiscard]] ChoiceProblem restricted_to(const Domains& domains) const;

  private:
    std::vector<std::size_t> sizes_;
    std::vector<Factor> factors_;
};

/// Finds cheapest choices of one problem, again and again.
class Elimination {
  public:
    /// Keeps a reference to the problem, whose structure must stay.
    explicit Elimination(const ChoiceProblem& problem);

    struct Result {
        Choice choice;
        double value = 0;
    };
    /// A choice within the domains for which the weighted sum of what it takes is the least;
    /// nothing when none is allowed. Among equals the same one in every run.
    std::optional<Result> cheapest(const Use& weights, const Domains& domains);

    /// For every variable and value of its domain, the least weighted sum of the choices that have
    /// that value, under the weights and within the domains of the last call of cheapest(), which
    /// must have found something; infinite for values that are in no allowed choice.
    std::vector<std::vector<double>> marginals(const Domains& domains);

    /// Table entries that one call looks at, domains unrestricted.
    [[nodiscard]] std::int64_t work() const { return work_; }

  private:
    /// A table that is summed while a variable is eliminated: a factor, or what an earlier
    /// elimination left.
    struct Source {
        bool message = false;
        std::size_t index = 0;
        std::vector<std::size_t> strides; ///< of Step::scope
        std::size_t own_stride = 0;       ///< of the eliminated variable
    };
    struct Step {
        std::size_t variable = 0;
        std::vector<std::size_t> scope;
        std::size_t table_size = 1;
        std::vector<Source> sources;
    };

    void weigh(const Use& weights);
    void eliminate(std::size_t step, const Domains& domains);
    /// Calls f(index of the scope's combination, starts of the sources' tables there) for every
    /// combination that the domains leave of a step's scope.
    template <class F> void for_each(const Step& step, const Domains& domains, F&& f) const;

    const ChoiceProblem& problem_;
    std::vector<Step> steps_;
    std::vector<std::vector<double>> weighted_;    ///< by factor
    std::vector<std::vector<double>> messages_;    ///< by step
    std::vector<std::vector<std::uint32_t>> best_; ///< by step: value of the variable
    std::vector<std::size_t> constants_;           ///< factors of no variable
    std::int64_t work_ = 0;
};

} // namespace millrace::planner
