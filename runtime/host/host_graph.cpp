// SPDX-License-Identifier: Apache-2.0
#include "runtime/host/host_graph.hpp"

#include <algorithm>
#include <new>
#include <stdexcept>

namespace millrace::runtime::host {

namespace {

constexpr std::int64_t most_values = 1 << 24;

} // namespace

std::size_t HostGraph::value_of(const JsonField& json) const {
    const auto value = static_cast<std::size_t>(json.integer(0, most_values));
    if (value >= known_.size() || !known_[value]) {
        json.fail("value " + std::to_string(value) + " is used before it is computed");
    }
    return value;
}

HostGraph::HostGraph(const JsonField& json) {
    const auto define = [&](const JsonField& field) {
        const auto value = static_cast<std::size_t>(field.integer(0, most_values));
        if (value >= known_.size()) {
            known_.resize(value + 1, false);
            constants_.resize(value + 1);
        }
        if (known_[value]) {
            field.fail("value " + std::to_string(value) + " is defined twice");
        }
        known_[value] = true;
        return value;
    };
    for (const JsonField& input : json["inputs"].elements()) {
        inputs_.push_back(define(input["value"]));
    }
    for (const JsonField& constant : json["constants"].elements()) {
        const std::size_t value = define(constant["value"]);
        constants_[value] = std::make_unique<const Constant>(constant);
    }
    for (const JsonField& step : json["steps"].elements()) {
        read_step(step);
        for (const JsonField& output : step["outputs"].elements()) {
            steps_.back().outputs.push_back(define(output));
        }
    }
    for (const JsonField& output : json["outputs"].elements()) {
        outputs_.push_back(value_of(output));
    }
}

void HostGraph::read_step(const JsonField& json) {
    Step step;
    step.name = json["op"].string();
    std::vector<const Constant*> constants;
    for (const JsonField& input : json["inputs"].elements()) {
        step.inputs.push_back(value_of(input));
        constants.push_back(constants_[step.inputs.back()].get());
    }
    const OperationEntry* entry = find_operation(step.name);
    if (entry == nullptr) {
        step.missing = json["op"].path() + ": this runtime has no host step '" + step.name + "'";
    } else if (entry->inputs == 0 ? step.inputs.empty() : step.inputs.size() != entry->inputs) {
        json["inputs"].fail("the host step '" + step.name + "' does not take " +
                            std::to_string(step.inputs.size()) + " inputs");
    } else {
        try {
            const JsonField fields = json["fields"];
            step.operation = entry->make({fields, constants});
        } catch (const Error& error) {
            if (error.kind() != ErrorKind::unsupported) {
                throw;
            }
            step.missing = error.what();
        }
    }
    steps_.push_back(std::move(step));
}

bool HostGraph::Plan::empty() const {
    return std::none_of(outputs.begin(), outputs.end(), [](bool wanted) { return wanted; });
}

HostGraph::Plan HostGraph::plan(const std::vector<bool>& outputs) const {
    Plan plan{outputs, {}, {}};
    std::vector<bool> needed(constants_.size(), false);
    for (std::size_t i = 0; i < outputs_.size(); ++i) {
        if (outputs.at(i)) {
            needed[outputs_[i]] = true;
        }
    }
    for (std::size_t i = steps_.size(); i-- > 0;) {
        const Step& step = steps_[i];
        if (std::none_of(step.outputs.begin(), step.outputs.end(),
                         [&](std::size_t value) { return needed[value]; })) {
            continue;
        }
        if (!step.operation) {
            throw Error(ErrorKind::unsupported, step.missing);
        }
        for (const std::size_t value : step.inputs) {
            needed[value] = true;
        }
        plan.steps.push_back(i);
    }
    std::reverse(plan.steps.begin(), plan.steps.end());
    for (const std::size_t value : inputs_) {
        plan.inputs.push_back(needed[value]);
    }
    return plan;
}

std::optional<std::size_t> HostGraph::rearranged_input(std::size_t output) const {
    std::size_t value = outputs_.at(output);
    for (std::size_t i = steps_.size(); i-- > 0;) {
        const Step& step = steps_[i];
        if (std::find(step.outputs.begin(), step.outputs.end(), value) == step.outputs.end()) {
            continue;
        }
        if (step.name != "reshape" && step.name != "transpose") {
            return std::nullopt;
        }
        value = step.inputs[0];
    }
    const auto found = std::find(inputs_.begin(), inputs_.end(), value);
    return found == inputs_.end()
               ? std::nullopt
               : std::optional(static_cast<std::size_t>(found - inputs_.begin()));
}

std::optional<std::vector<BoundedReal>>
HostGraph::function_values(std::size_t output, std::size_t input,
                           const std::vector<BoundedReal>& numbers) const {
    using T = Tensor<BoundedReal>;
    const Shape all{static_cast<std::int64_t>(numbers.size())};
    std::vector<T> values(constants_.size());
    values[inputs_.at(input)].shape = all;
    values[inputs_[input]].values = numbers;
    // One number stands for a constant of equal ones, whose shape may not fit.
    const auto known = [&](std::size_t id) -> const T* {
        if (values[id].size() == 0 && constants_[id]) {
            const T& constant = constants_[id]->tensor(QuickArithmetic());
            for (const BoundedReal& value : constant.values) {
                const BoundedReal& first = constant.values.front();
                if (value.hi != first.hi || value.lo != first.lo || value.radius != first.radius) {
                    return nullptr;
                }
            }
            if (constant.size() > 0) {
                values[id] = T(Shape{});
                values[id].values[0] = constant.values.front();
            }
        }
        return values[id].size() > 0 ? &values[id] : nullptr;
    };
    std::vector<bool> wanted(outputs_.size(), false);
    wanted.at(output) = true;
    try {
        for (const std::size_t index : plan(wanted).steps) {
            const Step& step = steps_[index];
            const bool moves = step.name == "reshape" || step.name == "transpose";
            Inputs<QuickArithmetic> arguments;
            for (const std::size_t id : step.inputs) {
                arguments.push_back(known(id));
                if (arguments.back() == nullptr) {
                    return std::nullopt;
                }
            }
            T result =
                moves ? *arguments[0] : step.operation->run(QuickArithmetic(), arguments).at(0);
            if (result.size() != numbers.size() || step.outputs.size() != 1) {
                return std::nullopt;
            }
            result.shape = all;
            values[step.outputs[0]] = std::move(result);
        }
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::manifest || error.kind() == ErrorKind::unsupported) {
            return std::nullopt; // shapes that fit other operands only, or a missing step
        }
        throw;
    }
    const T* result = known(outputs_.at(output));
    return result != nullptr && result->size() == numbers.size() ? std::optional(result->values)
                                                                 : std::nullopt;
}

template <class A>
Results<A> HostGraph::evaluate(const A& a, const Plan& plan, Results<A> inputs) const {
    using T = Tensor<typename A::Number>;
    std::vector<T> values(constants_.size());
    std::vector<const T*> known(constants_.size(), nullptr);
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
        values[inputs_[i]] = std::move(inputs.at(i));
        known[inputs_[i]] = &values[inputs_[i]];
    }
    const auto value = [&](std::size_t id) -> const T* {
        if (known[id] == nullptr && constants_[id]) {
            if constexpr (std::is_same_v<A, QuickArithmetic>) {
                known[id] = &constants_[id]->tensor(a);
            } else {
                values[id] = constants_[id]->tensor(a);
                known[id] = &values[id];
            }
        }
        return known[id];
    };
    for (const std::size_t index : plan.steps) {
        const Step& step = steps_[index];
        Inputs<A> arguments;
        for (const std::size_t id : step.inputs) {
            arguments.push_back(value(id));
        }
        try {
            Results<A> results = step.operation->run(a, arguments);
            if (results.size() < step.outputs.size()) {
                misfit("too many outputs");
            }
            for (std::size_t i = 0; i < step.outputs.size(); ++i) {
                values[step.outputs[i]] = std::move(results[i]);
                known[step.outputs[i]] = &values[step.outputs[i]];
            }
        } catch (const Error& error) {
            throw Error(error.kind(), "host step '" + step.name + "': " + error.what());
        } catch (const std::bad_alloc&) {
            throw Error(ErrorKind::manifest,
                        "host step '" + step.name + "' needs more memory than there is");
        } catch (const std::length_error&) {
            throw Error(ErrorKind::manifest,
                        "host step '" + step.name + "' needs more memory than there is");
        }
    }
    Results<A> results(outputs_.size());
    for (std::size_t i = 0; i < outputs_.size(); ++i) {
        if (plan.outputs[i]) {
            results[i] = *value(outputs_[i]);
        }
    }
    return results;
}

template Results<QuickArithmetic> HostGraph::evaluate(const QuickArithmetic&, const Plan&,
                                                      Results<QuickArithmetic>) const;
template Results<ExactArithmetic> HostGraph::evaluate(const ExactArithmetic&, const Plan&,
                                                      Results<ExactArithmetic>) const;

} // namespace millrace::runtime::host
