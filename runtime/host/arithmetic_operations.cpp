// SPDX-License-Identifier: Apache-2.0
//
// add, sub, mul, div, pow: two tensors with NumPy's broadcasting.
#include "runtime/host/operation.hpp"

#include <cmath>

namespace millrace::runtime::host {

namespace {

/// f(arithmetic, x, y) of every pair.
template <class F> std::unique_ptr<Operation> pairwise(F f) {
    return operation([f]<class A>(const A& a, const Inputs<A>& inputs) -> Results<A> {
        const auto& x = *inputs[0];
        const auto& y = *inputs[1];
        Tensor<typename A::Number> result(broadcast(x.shape, y.shape));
        if (x.shape == y.shape) {
            for (std::size_t i = 0; i < result.size(); ++i) {
                result.values[i] = f(a, x.values[i], y.values[i]);
            }
            return only(std::move(result));
        }
        const std::vector<std::size_t> in_x = broadcast_indices(x.shape, result.shape);
        const std::vector<std::size_t> in_y = broadcast_indices(y.shape, result.shape);
        for (std::size_t i = 0; i < result.size(); ++i) {
            result.values[i] = f(a, x.values[in_x[i]], y.values[in_y[i]]);
        }
        return only(std::move(result));
    });
}

std::unique_ptr<Operation> make_add(const StepContext& /*step*/) {
    return pairwise([](const auto& a, const auto& x, const auto& y) { return a.add(x, y); });
}

std::unique_ptr<Operation> make_sub(const StepContext& /*step*/) {
    return pairwise([](const auto& a, const auto& x, const auto& y) { return a.subtract(x, y); });
}

std::unique_ptr<Operation> make_mul(const StepContext& /*step*/) {
    return pairwise([](const auto& a, const auto& x, const auto& y) { return a.multiply(x, y); });
}

std::unique_ptr<Operation> make_div(const StepContext& step) {
    const bool truncate = step.fields["truncate"].boolean();
    return pairwise([truncate]<class A, class N>(const A& a, const N& x, const N& y) {
        if (a.sign(y) == 0) {
            no_result("division by zero");
        }
        const N quotient = a.divide(x, y);
        return truncate ? N::integer(a.round(quotient, Rounding::down)) : quotient;
    });
}

/// x^(halves / 2).
template <class A>
typename A::Number power(const A& a, const typename A::Number& x, std::int64_t halves) {
    using Number = typename A::Number;
    const int sign = a.sign(x);
    const bool root = halves % 2 != 0;
    if (sign == 0 && halves < 0) {
        no_result("zero to a negative power");
    }
    if (sign < 0 && root) {
        no_result("a negative number to a power that is not an integer");
    }
    if (sign == 0 && halves != 0) {
        return {};
    }
    Number base = root ? a.root(x) : x;
    std::int64_t exponent = std::abs(root ? halves : halves / 2);
    Number result = Number(1.0);
    for (; exponent != 0; exponent /= 2) {
        if (exponent % 2 != 0) {
            result = a.multiply(result, base);
        }
        if (exponent > 1) {
            base = a.multiply(base, base);
        }
    }
    return halves < 0 ? a.divide(Number(1.0), result) : result;
}

std::unique_ptr<Operation> make_pow(const StepContext& step) {
    const Constant* exponents = step.constants[1];
    constexpr double most = 1024;
    bool known = exponents != nullptr;
    for (std::size_t i = 0; known && i < exponents->size(); ++i) {
        const BoundedReal& y = exponents->at(QuickArithmetic(), i);
        known = y.exact() && std::abs(y.hi) <= most && y.lo == 0 &&
                2 * y.hi == std::nearbyint(2 * y.hi);
    }
    if (!known) {
        throw Error(ErrorKind::unsupported,
                    "the host step 'pow' is there for constant exponents that are multiples of "
                    "1/2 within +-1024 only");
    }
    return pairwise([]<class A, class N>(const A& a, const N& x, const N& y) {
        return power(a, x, a.nearest_integer(a.add(y, y)));
    });
}

} // namespace

const std::vector<OperationEntry>& arithmetic_operations() {
    static const std::vector<OperationEntry> entries{{"add", 2, make_add},
                                                     {"sub", 2, make_sub},
                                                     {"mul", 2, make_mul},
                                                     {"div", 2, make_div},
                                                     {"pow", 2, make_pow}};
    return entries;
}

} // namespace millrace::runtime::host
