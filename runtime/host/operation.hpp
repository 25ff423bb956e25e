// SPDX-License-Identifier: Apache-2.0
//
// The operations of host graphs. Each is written once, as a callable over either arithmetic, and
// made from its step in the manifest; what they compute is defined by the operators of that name
// (docs/operators.md): real arithmetic, no rounding inside.
#pragma once

#include "runtime/host/arithmetic.hpp"

#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace::runtime::host {

template <class A> using Inputs = std::vector<const Tensor<typename A::Number>*>;
template <class A> using Results = std::vector<Tensor<typename A::Number>>;

class Operation {
  public:
    Operation() = default;
    Operation(const Operation&) = delete;
    Operation& operator=(const Operation&) = delete;
    virtual ~Operation() = default;
    /// Throws Undecided, Error(ErrorKind::value) where the mathematics has no result, and
    /// Error(ErrorKind::manifest) where shapes do not fit.
    [[nodiscard]] virtual Results<QuickArithmetic>
    run(const QuickArithmetic& a, const Inputs<QuickArithmetic>& inputs) const = 0;
    [[nodiscard]] virtual Results<ExactArithmetic>
    run(const ExactArithmetic& a, const Inputs<ExactArithmetic>& inputs) const = 0;
};

/// What a step is made from: its `fields` and, by input, the constants among its inputs.
struct StepContext {
    const JsonField& fields;
    const std::vector<const Constant*>& constants;
};

using Maker = std::unique_ptr<Operation> (*)(const StepContext& step);

/// A name of the manifest and what makes its operation for a number of inputs.
struct OperationEntry {
    std::string_view name;
    std::size_t inputs; ///< 0: any number but none
    Maker make;
};

/// The families; operation.cpp searches them all.
const std::vector<OperationEntry>& arithmetic_operations();
const std::vector<OperationEntry>& activation_operations();
const std::vector<OperationEntry>& quantizer_operations();
const std::vector<OperationEntry>& layout_operations();
const std::vector<OperationEntry>& product_operations();
const std::vector<OperationEntry>& pool_operations();
const std::vector<OperationEntry>& selection_operations();

/// The entry of a name, or null.
const OperationEntry* find_operation(std::string_view name);

/// An operation from a callable that is a template over the arithmetic.
template <class F> class OperationOf final : public Operation {
  public:
    explicit OperationOf(F f) : f_(std::move(f)) {}
    [[nodiscard]] Results<QuickArithmetic>
    run(const QuickArithmetic& a, const Inputs<QuickArithmetic>& inputs) const override {
        return f_(a, inputs);
    }
    [[nodiscard]] Results<ExactArithmetic>
    run(const ExactArithmetic& a, const Inputs<ExactArithmetic>& inputs) const override {
        return f_(a, inputs);
    }

  private:
    F f_;
};
template <class F> std::unique_ptr<Operation> operation(F f) {
    return std::make_unique<OperationOf<F>>(std::move(f));
}

/// One tensor as the list of results.
template <class Number> std::vector<Tensor<Number>> only(Tensor<Number> tensor) {
    std::vector<Tensor<Number>> result;
    result.push_back(std::move(tensor));
    return result;
}

/// f of every element.
template <class Number, class F> Tensor<Number> map_elements(const Tensor<Number>& x, F&& f) {
    Tensor<Number> result(x.shape);
    for (std::size_t i = 0; i < x.size(); ++i) {
        result.values[i] = f(x.values[i]);
    }
    return result;
}

/// The mathematics has no result.
[[noreturn]] inline void no_result(const std::string& what) { throw Error(ErrorKind::value, what); }

} // namespace millrace::runtime::host
