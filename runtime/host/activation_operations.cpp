// SPDX-License-Identifier: Apache-2.0
//
// Elementwise functions of one tensor: relu, leaky_relu, prelu, clip, sigmoid, tanh, hard_sigmoid,
// sign, neg, cast.
#include "runtime/host/element_values.hpp"
#include "runtime/host/operation.hpp"

namespace millrace::runtime::host {

namespace {

/// f(arithmetic, x) of every element.
template <class F> std::unique_ptr<Operation> elementwise(F f) {
    return operation([f]<class A>(const A& a, const Inputs<A>& inputs) -> Results<A> {
        return only(map_elements(*inputs[0], [&](const auto& x) { return f(a, x); }));
    });
}

std::unique_ptr<Operation> make_relu(const StepContext& /*step*/) {
    return elementwise(
        []<class A, class N>(const A& a, const N& x) { return a.sign(x) > 0 ? x : N(); });
}

std::unique_ptr<Operation> make_leaky_relu(const StepContext& step) {
    return elementwise(
        [alpha = Constant(number_of(step.fields["alpha"]))]<class A, class N>(
            const A& a, const N& x) { return a.sign(x) >= 0 ? x : a.multiply(alpha.at(a, 0), x); });
}

std::unique_ptr<Operation> make_prelu(const StepContext& /*step*/) {
    return operation([]<class A>(const A& a, const Inputs<A>& inputs) -> Results<A> {
        const auto& x = *inputs[0];
        const auto& slope = *inputs[1];
        const std::vector<std::size_t> in_slope = broadcast_indices(slope.shape, x.shape);
        auto result = x;
        for (std::size_t i = 0; i < x.size(); ++i) {
            if (a.sign(x.values[i]) < 0) {
                result.values[i] = a.multiply(slope.values[in_slope[i]], x.values[i]);
            }
        }
        return only(std::move(result));
    });
}

/// min(max(x, low), high).
template <class A, class N> N clipped(const A& a, const N& x, const N* low, const N* high) {
    const N& raised = low != nullptr && a.compare(x, *low) < 0 ? *low : x;
    return high != nullptr && a.compare(raised, *high) > 0 ? *high : raised;
}

std::unique_ptr<Operation> make_clip(const StepContext& step) {
    const auto bound = [&](const char* name) -> std::optional<Constant> {
        const JsonField field = step.fields[name];
        return field.is_null() ? std::nullopt : std::optional(Constant(number_of(field)));
    };
    return operation([low = bound("low"), high = bound("high")]<class A>(
                         const A& a, const Inputs<A>& inputs) -> Results<A> {
        using N = typename A::Number;
        const std::optional<N> l = low ? std::optional<N>(low->at(a, 0)) : std::nullopt;
        const std::optional<N> h = high ? std::optional<N>(high->at(a, 0)) : std::nullopt;
        return only(map_elements(*inputs[0], [&](const N& x) {
            return clipped(a, x, l ? &*l : nullptr, h ? &*h : nullptr);
        }));
    });
}

/// Both forms hold for every x; the one taken does not overflow.
template <class A, class N> N sigmoid(const A& a, const N& x) {
    const N one(1.0);
    if (a.seems_larger(N(), x)) {
        const N power = a.exponential(x);
        return a.divide(power, a.add(one, power));
    }
    return a.divide(one, a.add(one, a.exponential(a.negate(x))));
}

std::unique_ptr<Operation> make_sigmoid(const StepContext& /*step*/) {
    return elementwise([](const auto& a, const auto& x) { return sigmoid(a, x); });
}

std::unique_ptr<Operation> make_tanh(const StepContext& /*step*/) {
    return elementwise([]<class A, class N>(const A& a, const N& x) {
        // (1 - e^-2x) / (1 + e^-2x), of |x|.
        const N one(1.0);
        const bool negative = a.seems_larger(N(), x);
        const N twice = a.add(x, x);
        const N power = a.exponential(negative ? twice : a.negate(twice));
        const N size = a.divide(a.subtract(one, power), a.add(one, power));
        return negative ? a.negate(size) : size;
    });
}

std::unique_ptr<Operation> make_hard_sigmoid(const StepContext& step) {
    return elementwise([alpha = Constant(number_of(step.fields["alpha"])),
                        beta = Constant(number_of(step.fields["beta"]))]<class A, class N>(
                           const A& a, const N& x) {
        const N zero;
        const N one(1.0);
        return clipped(a, a.add(a.multiply(alpha.at(a, 0), x), beta.at(a, 0)), &zero, &one);
    });
}

std::unique_ptr<Operation> make_sign(const StepContext& /*step*/) {
    return elementwise(
        []<class A, class N>(const A& a, const N& x) { return N(static_cast<double>(a.sign(x))); });
}

std::unique_ptr<Operation> make_neg(const StepContext& /*step*/) {
    return elementwise([](const auto& a, const auto& x) { return a.negate(x); });
}

std::unique_ptr<Operation> make_cast(const StepContext& step) {
    const JsonField to = step.fields["to"];
    const auto type = element_type_from(to.string());
    if (!type) {
        to.fail("no element type is called \"" + to.string() + "\"");
    }
    const std::optional<IntegerRange> range = integer_range(*type);
    if (!range) { // reals are not rounded to float formats
        return elementwise([](const auto& /*a*/, const auto& x) { return x; });
    }
    if (*type == ElementType::boolean) {
        return elementwise(
            []<class A, class N>(const A& a, const N& x) { return N(a.sign(x) == 0 ? 0.0 : 1.0); });
    }
    return elementwise(
        [range = *range, name = to.string()]<class A, class N>(const A& a, const N& x) {
            const N one(1.0);
            const N low = N::integer(range.lowest);
            // Of 64 bits without a sign: twice its half, and the rest.
            const N half = N::integer(static_cast<std::int64_t>(range.highest / 2));
            const N high = a.add(a.add(half, half), N(range.highest % 2 == 0 ? 0.0 : 1.0));
            if (a.compare(x, a.add(high, one)) >= 0 || a.compare(x, a.subtract(low, one)) <= 0) {
                no_result("a number is beyond the range of " + name);
            }
            return a.is_integer(x) ? x : N::integer(a.round(x, Rounding::down));
        });
}

} // namespace

const std::vector<OperationEntry>& activation_operations() {
    static const std::vector<OperationEntry> entries{
        {"relu", 1, make_relu}, {"leaky_relu", 1, make_leaky_relu},     {"prelu", 2, make_prelu},
        {"clip", 1, make_clip}, {"sigmoid", 1, make_sigmoid},           {"tanh", 1, make_tanh},
        {"sign", 1, make_sign}, {"hard_sigmoid", 1, make_hard_sigmoid}, {"neg", 1, make_neg},
        {"cast", 1, make_cast}};
    return entries;
}

} // namespace millrace::runtime::host
