// SPDX-License-Identifier: Apache-2.0
//
// A host graph of the manifest: steps in order over numbered values.
#pragma once

#include "runtime/host/operation.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace millrace::runtime::host {

class HostGraph {
  public:
    /// Throws Error(ErrorKind::manifest). Steps that this runtime does not have are errors of
    /// plan() only, where they are needed.
    explicit HostGraph(const JsonField& json);

    [[nodiscard]] std::size_t inputs() const { return inputs_.size(); }
    [[nodiscard]] std::size_t outputs() const { return outputs_.size(); }

    /// What must be computed for some of the outputs.
    struct Plan {
        std::vector<bool> outputs;
        std::vector<bool> inputs;
        std::vector<std::size_t> steps;
        [[nodiscard]] bool empty() const;
    };
    /// Throws Error(ErrorKind::unsupported) that names a needed step which is not there.
    [[nodiscard]] Plan plan(const std::vector<bool>& outputs) const;

    /// The input that an output only rearranges (by reshape and transpose), if it does.
    [[nodiscard]] std::optional<std::size_t> rearranged_input(std::size_t output) const;

    /// What an output is for these numbers, where it is one function of each element of an input
    /// whatever the shapes are: reshapes and transposes change nothing then. Nothing where a step
    /// is of another kind, or not there. Throws Undecided, and Error(ErrorKind::value).
    [[nodiscard]] std::optional<std::vector<BoundedReal>>
    function_values(std::size_t output, std::size_t input,
                    const std::vector<BoundedReal>& numbers) const;

    /// The planned outputs (the others are empty) for inputs (those that the plan does not need may
    /// be empty). Throws Undecided and Error.
    template <class A>
    [[nodiscard]] Results<A> evaluate(const A& a, const Plan& plan, Results<A> inputs) const;

  private:
    struct Step {
        std::string name;
        std::vector<std::size_t> inputs;
        std::vector<std::size_t> outputs;
        std::unique_ptr<const Operation> operation;
        std::string missing; ///< why there is no operation
    };
    void read_step(const JsonField& json);
    [[nodiscard]] std::size_t value_of(const JsonField& json) const;

    std::vector<std::size_t> inputs_; ///< values
    std::vector<std::size_t> outputs_;
    std::vector<std::unique_ptr<const Constant>> constants_; ///< by value
    std::vector<Step> steps_;
    std::vector<bool> known_; ///< while reading: by value
};

} // namespace millrace::runtime::host
