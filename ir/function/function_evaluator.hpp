// SPDX-License-Identifier: Apache-2.0
//
// Fast certain evaluation of exact functions: doubles with an error bound first, intervals where
// that leaves a decision open, exact reals where these do.
#pragma once

#include "ir/function/exact_function.hpp"
#include "ir/function/interval.hpp"
#include "ir/function/rounded_chain.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace millrace {

/// Evaluates one channel of an exact function; holds the channel's parameters as intervals. Copies
/// are cheap enough to store one per channel.
/// The function must outlive the evaluator.
class FunctionEvaluator {
  public:
    FunctionEvaluator(const ExactFunction& function, std::size_t channel);

    /// The integer result for an integer argument (below 2^53 in magnitude). Throws Defect when the
    /// exact result is not an integer, Undecided as ir/real.hpp says.
    [[nodiscard]] std::int64_t operator()(std::int64_t x) const;
    /// The same for any real argument that is a double.
    [[nodiscard]] std::int64_t at(double x) const;
    /// The integer result where it is one.
    [[nodiscard]] std::optional<std::int64_t> integer_at(double x) const;

    /// Sign of the value before step `index` (index = number of steps: the result).
    [[nodiscard]] int sign_before(std::size_t index, double x) const;

    [[nodiscard]] std::size_t channel() const { return channel_; }
    [[nodiscard]] const ExactFunction& function() const { return *function_; }

  private:
    struct Affine {
        Interval scale;
        Interval offset;
    };
    struct LeakyRelu {
        Interval slope;
    };
    struct Clip {
        Interval low;
        Interval high;
    };
    struct Sigmoid {};
    struct Tanh {};
    struct Sign {};
    struct Quantize {
        Interval scale;
        Interval zero_point;
        double lo; ///< bounds are only used when integers; infinite without a clamp
        double hi;
        bool usable; ///< zero point last needs an integer one, bounds must be integers
        Rounding rounding;
        bool zero_point_last;
        bool binary;
        bool to_levels; ///< the affine step to the integers follows and is left out
    };
    struct MultiThreshold {
        std::vector<Interval> thresholds;
        Interval out_scale;
        Interval out_bias;
    };
    using Prepared =
        std::variant<Affine, LeakyRelu, Clip, Sigmoid, Tanh, Sign, Quantize, MultiThreshold>;

    void build_rounded_chain();
    static Prepared prepare(const Step& step, std::size_t channel);
    /// False when the step's decision is open.
    static bool advance(const Affine& step, Interval& x);
    static bool advance(const LeakyRelu& step, Interval& x);
    static bool advance(const Clip& step, Interval& x);
    static bool advance(const Sigmoid& step, Interval& x);
    static bool advance(const Tanh& step, Interval& x);
    static bool advance(const Sign& step, Interval& x);
    static bool advance(const Quantize& step, Interval& x);
    static bool advance(const MultiThreshold& step, Interval& x);
    [[nodiscard]] bool enclose(Interval& x) const;
    [[nodiscard]] Real exact_steps(std::size_t count, double x) const;

    const ExactFunction* function_;
    std::size_t channel_;
    std::vector<Prepared> steps_;         ///< affine steps in a row are one
    std::optional<RoundedChain> rounded_; ///< where its steps suffice
};

} // namespace millrace
