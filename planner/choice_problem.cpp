// SPDX-License-Identifier: Apache-2.0
#include "planner/choice_problem.hpp"

#include "ir/diagnostics.hpp"

#include <algorithm>
#include <set>

namespace millrace::planner {

namespace {

constexpr double impossible = std::numeric_limits<double>::infinity();

} // namespace

std::size_t ChoiceProblem::add_variable(std::size_t domain_size) {
    sizes_.push_back(domain_size);
    return sizes_.size() - 1;
}

void ChoiceProblem::add_factor(Factor factor) {
    std::size_t entries = 1;
    for (const std::size_t variable : factor.variables) {
        entries *= sizes_.at(variable);
    }
    if (factor.uses.size() != entries || factor.allowed.size() != entries) {
        throw Defect("a factor whose table does not fit its variables");
    }
    factors_.push_back(std::move(factor));
}

std::vector<std::vector<std::size_t>> ChoiceProblem::factors_of_variables() const {
    std::vector<std::vector<std::size_t>> factors(variables());
    for (std::size_t f = 0; f < factors_.size(); ++f) {
        for (const std::size_t variable : factors_[f].variables) {
            factors[variable].push_back(f);
        }
    }
    return factors;
}

std::vector<std::vector<std::size_t>> ChoiceProblem::factors_around() const {
    const std::vector<std::vector<std::size_t>> of_variables = factors_of_variables();
    std::vector<std::vector<std::size_t>> result;
    for (const Factor& factor : factors_) {
        std::set<std::size_t> around;
        for (const std::size_t variable : factor.variables) {
            around.insert(of_variables[variable].begin(), of_variables[variable].end());
        }
        result.emplace_back(around.begin(), around.end());
    }
    return result;
}

Domains ChoiceProblem::full_domains() const {
    Domains domains;
    for (const std::size_t size : sizes_) {
        std::vector<std::size_t>& domain = domains.emplace_back(size);
        for (std::size_t i = 0; i < size; ++i) {
            domain[i] = i;
        }
    }
    return domains;
}

std::size_t ChoiceProblem::entry(const Factor& factor, const Choice& choice) const {
    std::size_t index = 0;
    for (const std::size_t variable : factor.variables) {
        index = index * sizes_[variable] + choice[variable];
    }
    return index;
}

std::optional<Use> ChoiceProblem::use(const Choice& choice) const {
    Use sum{};
    for (const Factor& factor : factors_) {
        const std::size_t at = entry(factor, choice);
        if (factor.allowed[at] == 0) {
            return std::nullopt;
        }
        factor.add_to(sum, at);
    }
    return sum;
}

std::size_t ChoiceProblem::counted() const {
    std::size_t paths = 0;
    for (const Factor& factor : factors_) {
        paths = std::max(paths, factor.paths.size());
    }
    return resource_count + paths;
}

ChoiceProblem ChoiceProblem::restricted_to(const Domains& domains) const {
    ChoiceProblem result;
    for (const std::vector<std::size_t>& domain : domains) {
        result.add_variable(domain.size());
    }
    for (const Factor& factor : factors_) {
        Factor left;
        left.variables = factor.variables;
        left.paths.resize(factor.paths.size());
        Choice digits(factor.variables.size(), 0);
        do {
            std::size_t index = 0;
            for (std::size_t d = 0; d < digits.size(); ++d) {
                const std::size_t variable = factor.variables[d];
                index = index * sizes_[variable] + domains[variable][digits[d]];
            }
            left.uses.push_back(factor.uses[index]);
            left.allowed.push_back(factor.allowed[index]);
            for (std::size_t p = 0; p < factor.paths.size(); ++p) {
                if (!factor.paths[p].empty()) {
                    left.paths[p].push_back(factor.paths[p][index]);
                }
            }
        } while (next_combination(
            digits, [&](std::size_t d) { return domains[factor.variables[d]].size(); }));
        result.add_factor(std::move(left));
    }
    return result;
}

Elimination::Elimination(const ChoiceProblem& problem) : problem_(problem) {
    const std::vector<Factor>& factors = problem.factors();
    weighted_.resize(factors.size());
    // The tables of each variable; the variable whose elimination makes the smallest goes first.
    struct Table {
        bool message;
        std::size_t index;
        std::vector<std::size_t> variables;
    };
    std::vector<Table> tables;
    std::vector<std::set<std::size_t>> tables_of(problem.variables());
    for (std::size_t f = 0; f < factors.size(); ++f) {
        weighted_[f].resize(factors[f].uses.size());
        if (factors[f].variables.empty()) {
            constants_.push_back(f);
            continue;
        }
        for (const std::size_t variable : factors[f].variables) {
            tables_of[variable].insert(tables.size());
        }
        tables.push_back({false, f, factors[f].variables});
    }
    const auto neighbours = [&](std::size_t variable) {
        std::set<std::size_t> scope;
        for (const std::size_t table : tables_of[variable]) {
            scope.insert(tables[table].variables.begin(), tables[table].variables.end());
        }
        scope.erase(variable);
        return scope;
    };
    const auto size_after = [&](std::size_t variable) {
        double size = 1;
        for (const std::size_t other : neighbours(variable)) {
            size *= static_cast<double>(problem.domain_size(other));
        }
        return size;
    };
    std::set<std::pair<double, std::size_t>> queue;
    std::vector<double> priority(problem.variables());
    for (std::size_t v = 0; v < problem.variables(); ++v) {
        priority[v] = size_after(v);
        queue.insert({priority[v], v});
    }
    constexpr double largest_table = 1 << 26;
    while (!queue.empty()) {
        const auto [size, variable] = *queue.begin();
        if (size > largest_table) {
            throw Defect("the choices of a design are too entangled to be solved");
        }
        queue.erase(queue.begin());
        Step step;
        step.variable = variable;
        const std::set<std::size_t> scope = neighbours(variable);
        step.scope.assign(scope.begin(), scope.end());
        step.table_size = static_cast<std::size_t>(size);
        for (const std::size_t table : tables_of[variable]) {
            Source source;
            source.message = tables[table].message;
            source.index = tables[table].index;
            source.strides.assign(step.scope.size(), 0);
            std::size_t stride = 1;
            const std::vector<std::size_t>& own = tables[table].variables;
            for (std::size_t i = own.size(); i-- > 0;) {
                if (own[i] == variable) {
                    source.own_stride = stride;
                } else {
                    const auto at = std::find(step.scope.begin(), step.scope.end(), own[i]);
                    source.strides[static_cast<std::size_t>(at - step.scope.begin())] = stride;
                }
                stride *= problem.domain_size(own[i]);
            }
            step.sources.push_back(std::move(source));
        }
        const std::set<std::size_t> gone = tables_of[variable];
        for (const std::size_t other : scope) {
            for (const std::size_t table : gone) {
                tables_of[other].erase(table);
            }
            tables_of[other].insert(tables.size());
        }
        tables_of[variable].clear();
        tables.push_back({true, steps_.size(), step.scope});
        work_ += static_cast<std::int64_t>(size) *
                 static_cast<std::int64_t>(problem.domain_size(variable) * step.sources.size());
        messages_.emplace_back(step.table_size);
        best_.emplace_back(step.table_size);
        steps_.push_back(std::move(step));
        for (const std::size_t other : scope) {
            queue.erase({priority[other], other});
            priority[other] = size_after(other);
            queue.insert({priority[other], other});
        }
    }
    for (const std::vector<double>& table : weighted_) {
        work_ += static_cast<std::int64_t>(table.size());
    }
}

void Elimination::weigh(const Use& weights) {
    const std::vector<Factor>& factors = problem_.factors();
    for (std::size_t f = 0; f < factors.size(); ++f) {
        const Factor& factor = factors[f];
        std::vector<double>& weighted = weighted_[f];
        for (std::size_t i = 0; i < factor.uses.size(); ++i) {
            double sum = 0;
            for (std::size_t r = 0; r < resource_count; ++r) {
                sum += weights[r] * factor.uses[i][r];
            }
            weighted[i] = sum;
        }
        for (std::size_t p = 0; p < factor.paths.size(); ++p) {
            const double weight = weights[resource_count + p];
            if (weight != 0 && !factor.paths[p].empty()) {
                for (std::size_t i = 0; i < weighted.size(); ++i) {
                    weighted[i] += weight * factor.paths[p][i];
                }
            }
        }
        for (std::size_t i = 0; i < weighted.size(); ++i) {
            weighted[i] = factor.allowed[i] != 0 ? weighted[i] : impossible;
        }
    }
}

template <class F>
void Elimination::for_each(const Step& step, const Domains& domains, F&& f) const {
    const std::size_t depth = step.scope.size();
    const std::size_t count = step.sources.size();
    std::vector<const double*> tables(count);
    for (std::size_t s = 0; s < count; ++s) {
        const Source& source = step.sources[s];
        tables[s] =
            source.message ? messages_[source.index].data() : weighted_[source.index].data();
    }
    std::vector<std::size_t> offsets(count);
    std::vector<std::size_t> digits(depth, 0);
    do {
        std::size_t index = 0;
        std::fill(offsets.begin(), offsets.end(), std::size_t{0});
        for (std::size_t d = 0; d < depth; ++d) {
            const std::size_t value = domains[step.scope[d]][digits[d]];
            index = index * problem_.domain_size(step.scope[d]) + value;
            for (std::size_t s = 0; s < count; ++s) {
                offsets[s] += step.sources[s].strides[d] * value;
            }
        }
        f(index, tables, offsets);
    } while (
        next_combination(digits, [&](std::size_t d) { return domains[step.scope[d]].size(); }));
}

void Elimination::eliminate(std::size_t number, const Domains& domains) {
    const Step& step = steps_[number];
    const std::vector<std::size_t>& values = domains[step.variable];
    for_each(step, domains,
             [&](std::size_t index, const std::vector<const double*>& tables,
                 const std::vector<std::size_t>& offsets) {
                 double least = impossible;
                 std::size_t at = values.front();
                 for (const std::size_t value : values) {
                     double sum = 0;
                     for (std::size_t s = 0; s < tables.size(); ++s) {
                         sum += tables[s][offsets[s] + step.sources[s].own_stride * value];
                     }
                     if (sum < least) {
                         least = sum;
                         at = value;
                     }
                 }
                 messages_[number][index] = least;
                 best_[number][index] = static_cast<std::uint32_t>(at);
             });
}

std::vector<std::vector<double>> Elimination::marginals(const Domains& domains) {
    // What lies outside of a step's subtree, by its scope: from the last step to the first, each
    // gives to those whose messages it took.
    std::vector<std::vector<double>> outside(steps_.size());
    double whole = 0;
    for (const std::size_t factor : constants_) {
        whole += weighted_[factor].front();
    }
    for (std::size_t step = 0; step < steps_.size(); ++step) {
        outside[step].assign(steps_[step].table_size, impossible);
        whole += steps_[step].scope.empty() ? messages_[step].front() : 0;
    }
    std::vector<std::vector<double>> result(problem_.variables());
    for (std::size_t number = steps_.size(); number-- > 0;) {
        const Step& step = steps_[number];
        if (step.scope.empty()) {
            outside[number].front() = whole - messages_[number].front();
        }
        std::vector<double>& own = result[step.variable];
        own.assign(problem_.domain_size(step.variable), impossible);
        for_each(step, domains,
                 [&](std::size_t index, const std::vector<const double*>& tables,
                     const std::vector<std::size_t>& offsets) {
                     for (const std::size_t value : domains[step.variable]) {
                         double sum = outside[number][index];
                         for (std::size_t s = 0; s < tables.size(); ++s) {
                             sum += tables[s][offsets[s] + step.sources[s].own_stride * value];
                         }
                         if (sum == impossible) {
                             continue;
                         }
                         own[value] = std::min(own[value], sum);
                         for (std::size_t s = 0; s < tables.size(); ++s) {
                             if (step.sources[s].message) {
                                 const std::size_t at =
                                     offsets[s] + step.sources[s].own_stride * value;
                                 double& there = outside[step.sources[s].index][at];
                                 there = std::min(there, sum - tables[s][at]);
                             }
                         }
                     }
                 });
    }
    return result;
}

std::optional<Elimination::Result> Elimination::cheapest(const Use& weights,
                                                         const Domains& domains) {
    if (std::any_of(domains.begin(), domains.end(),
                    [](const auto& domain) { return domain.empty(); })) {
        return std::nullopt;
    }
    weigh(weights);
    Result result;
    for (const std::size_t factor : constants_) {
        result.value += weighted_[factor].front();
    }
    for (std::size_t step = 0; step < steps_.size(); ++step) {
        eliminate(step, domains);
        if (steps_[step].scope.empty()) {
            result.value += messages_[step].front();
        }
    }
    if (result.value == impossible) {
        return std::nullopt;
    }
    result.choice.resize(problem_.variables());
    for (std::size_t step = steps_.size(); step-- > 0;) {
        std::size_t index = 0;
        for (const std::size_t variable : steps_[step].scope) {
            index = index * problem_.domain_size(variable) + result.choice[variable];
        }
        result.choice[steps_[step].variable] = best_[step][index];
    }
    return result;
}

} // namespace millrace::planner
