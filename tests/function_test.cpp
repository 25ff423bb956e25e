// SPDX-License-Identifier: Apache-2.0
//
// Exact functions: fast evaluation against exact reals, segments against every argument, and every
// form of hardware against the function on its whole range.
#include "ir/function/function_evaluator.hpp"
#include "ir/function/realize.hpp"
#include "ir/function/step_function.hpp"
#include "ir/host_quantizer.hpp"
#include "ir/op.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <doctest/doctest.h>
#include <limits>
#include <random>

using namespace millrace;

namespace {

constexpr std::array all_roundings{Rounding::half_even, Rounding::half_up, Rounding::half_down,
                                   Rounding::floor,     Rounding::ceil,    Rounding::up,
                                   Rounding::down};

step::Quantize quantizer(const Real& scale, const Real& zero_point, int bits, bool is_signed,
                         Rounding rounding) {
    step::Quantize step;
    step.scale = {scale};
    step.zero_point = {zero_point};
    const auto [lo, hi] = ops::quantizer_bounds(Real(bits), is_signed, false);
    step.lo = {lo};
    step.hi = {hi};
    step.rounding = rounding;
    step.binary = is_signed && bits == 1;
    return step;
}

/// From the quantizer's values to its integers.
step::Affine to_integers(const step::Quantize& step) {
    return {{Real(1) / step.scale.front()}, {step.zero_point.front()}};
}

ExactFunction chain(std::vector<Step> steps, std::size_t channels = 1) {
    return {channels, std::move(steps)};
}

IntegerType input_type(std::int64_t lo, std::int64_t hi, std::int64_t channels = 1) {
    return {{1, channels}, {lo}, {hi}, false, {}};
}

/// The definition, without any cleverness.
std::int64_t by_definition(const ExactFunction& function, std::size_t channel, std::int64_t x) {
    const auto value = function.evaluate(channel, Real(x)).as_int64();
    REQUIRE(value.has_value());
    return *value;
}

void check_everywhere(const ExactFunction& function, const IntegerType& input) {
    const std::vector<FunctionForm> forms = proved_forms(function, input);
    REQUIRE(!forms.empty());
    for (std::size_t c = 0; c < static_cast<std::size_t>(input.channels()); ++c) {
        const FunctionEvaluator evaluator(function, c);
        const std::vector<Segment> runs =
            segments(evaluator, channel_parameter(input.lo, c), channel_parameter(input.hi, c));
        std::size_t run = 0;
        for (std::int64_t x = channel_parameter(input.lo, c); x <= channel_parameter(input.hi, c);
             ++x) {
            const std::int64_t expected = by_definition(function, c, x);
            CHECK(evaluator(x) == expected);
            run += x > runs[run].last ? 1U : 0U;
            CHECK(runs[run].value == expected);
            for (const FunctionForm& form : forms) {
                CAPTURE(form_name(form));
                CAPTURE(x);
                REQUIRE(apply(form, c, x) == expected);
            }
        }
        CHECK(run + 1 == runs.size());
        for (std::size_t i = 1; i < runs.size(); ++i) {
            CHECK(runs[i].value != runs[i - 1].value); // maximal
        }
    }
    for (const FunctionForm& form : forms) {
        CHECK(prove_equal(form, function, input));
    }
}

bool has_form(const std::vector<FunctionForm>& forms, std::string_view name) {
    return std::any_of(forms.begin(), forms.end(),
                       [&](const FunctionForm& form) { return form_name(form) == name; });
}

} // namespace

TEST_SUITE("functions") {

    TEST_CASE("every rounding mode at exact ties, by evaluation and by every form") {
        for (const Rounding rounding : all_roundings) {
            for (const std::int64_t zero_point : {0, 1, -3}) {
                for (const bool last : {false, true}) {
                    CAPTURE(to_string(rounding));
                    CAPTURE(zero_point);
                    // x / 4: every second argument but one is a tie or an integer.
                    step::Quantize step = quantizer(Real(1), Real(zero_point), 5, true, rounding);
                    step.zero_point_last = last;
                    const ExactFunction function = chain(
                        {step::Affine{{Real::ratio(1, 4)}, {Real(0)}}, step, to_integers(step)});
                    check_everywhere(function, input_type(-90, 90));
                    if (!last) {
                        CHECK(has_form(proved_forms(function, input_type(-90, 90)), "shift"));
                    }
                }
            }
        }
    }

    TEST_CASE("ties of scales that are no powers of two") {
        // (x * 1/3) / (2/3) = x / 2: every odd argument is a tie that no double can show.
        for (const Rounding rounding : all_roundings) {
            step::Quantize step = quantizer(Real::ratio(2, 3), Real(0), 4, true, rounding);
            check_everywhere(
                chain({step::Affine{{Real::ratio(1, 3)}, {Real(0)}}, step, to_integers(step)}),
                input_type(-20, 20));
        }
        // (x - 3) / sqrt(2) * sqrt(2) / 2: the same through irrational factors.
        const Real root = sqrt(Real(2));
        step::Quantize step = quantizer(Real(2), Real(0), 4, true, Rounding::half_even);
        check_everywhere(
            chain({step::Affine{{Real(1)}, {Real(-3)}}, step::Affine{{Real(1) / root}, {Real(0)}},
                   step::Affine{{root}, {Real(0)}}, step, to_integers(step)}),
            input_type(-20, 20));
    }

    TEST_CASE("random chains: normalisation, rectifiers, clips, sigmoid, tanh, sign") {
        std::mt19937 random(7);
        const auto number = [&] {
            return Real::from_double(static_cast<float>(std::normal_distribution<float>()(random)));
        };
        const auto pick = [&](int n) {
            return std::uniform_int_distribution<int>(0, n - 1)(random);
        };
        for (int round = 0; round < 120; ++round) {
            CAPTURE(round);
            const std::size_t channels = pick(2) == 0 ? 1 : 3;
            const auto numbers = [&] {
                std::vector<Real> values;
                const std::size_t count = pick(2) == 0 ? 1 : channels;
                for (std::size_t i = 0; i < count; ++i) {
                    values.push_back(number());
                }
                return values;
            };
            std::vector<Step> steps{step::Affine{{number() * Real::ratio(1, 8)}, {Real(0)}}};
            switch (pick(8)) {
            case 0:
                steps.emplace_back(step::Affine{numbers(), numbers()});
                steps.emplace_back(step::LeakyRelu{{Real(0)}});
                break;
            case 1:
                steps.emplace_back(step::LeakyRelu{numbers()}); // slopes of both signs
                break;
            case 2:
                steps.emplace_back(step::Affine{numbers(), numbers()});
                steps.emplace_back(step::Clip{Real(-1), Real::ratio(7, 3)});
                break;
            case 3:
                steps.emplace_back(step::Sigmoid{});
                break;
            case 4:
                steps.emplace_back(step::Tanh{});
                steps.emplace_back(step::Affine{numbers(), {Real(0)}});
                break;
            case 5:
                steps.emplace_back(step::LeakyRelu{{Real::ratio(-1, 2)}});
                steps.emplace_back(step::LeakyRelu{{Real::ratio(-3, 4)}});
                break;
            case 6: {
                step::MultiThreshold thresholds{{}, Real(1), Real(-2)};
                for (std::size_t c = 0; c < channels; ++c) {
                    std::vector<Real> row{number(), number(), number()};
                    std::sort(row.begin(), row.end());
                    thresholds.thresholds.push_back(row);
                }
                steps.emplace_back(thresholds);
                break;
            }
            default: // a BatchNormalization with an irrational factor, a zero one among them
                steps.emplace_back(
                    step::Affine{{number() / sqrt(Real(3)), Real(0), number() / sqrt(Real(5))},
                                 {number(), Real::ratio(1, 2), number()}});
                break;
            }
            const bool three = std::any_of(steps.begin(), steps.end(), [](const Step& step) {
                const auto* affine = std::get_if<step::Affine>(&step);
                return affine != nullptr && affine->scale.size() == 3;
            });
            const std::size_t used = three ? 3 : channels;
            const bool is_signed = pick(2) == 0;
            step::Quantize step =
                quantizer(number() * number() + Real::ratio(1, 16), Real(0), 1 + pick(6), is_signed,
                          all_roundings[static_cast<std::size_t>(pick(7))]);
            if (step.scale.front().sign() == 0) {
                continue;
            }
            steps.emplace_back(step);
            steps.emplace_back(to_integers(step));
            check_everywhere(chain(std::move(steps), used),
                             input_type(-150, 170, static_cast<std::int64_t>(used)));
        }
    }

    TEST_CASE("a wide range is searched, not visited") {
        step::Quantize step =
            quantizer(Real::from_double(0.37F), Real(0), 8, true, Rounding::half_even);
        const ExactFunction function =
            chain({step::Affine{{Real::from_double(1e-9F)}, {Real(0)}}, step, to_integers(step)});
        const FunctionEvaluator evaluator(function, 0);
        constexpr std::int64_t end = std::int64_t{1} << 40;
        const std::vector<Segment> runs = segments(evaluator, -end, end);
        CHECK(runs.size() == 256);
        for (const Segment& run : runs) {
            CHECK(by_definition(function, 0, run.first) == run.value);
            CHECK(by_definition(function, 0, run.last) == run.value);
            if (run.last < end) {
                CHECK(by_definition(function, 0, run.last + 1) != run.value);
            }
        }
        CHECK(has_form(proved_forms(function, input_type(-end, end)), "thresholds"));
    }

    TEST_CASE("lines of any number of levels: another zero point, a rectifier, a clip") {
        constexpr std::int64_t end = std::int64_t{1} << 40;
        const auto only_form = [&](std::vector<Step> steps) {
            const ExactFunction function = chain(std::move(steps));
            const auto forms = proved_forms(function, input_type(-end, end));
            REQUIRE(forms.size() == 1);
            CHECK(prove_equal(forms.front(), function, input_type(-end, end)));
            for (const std::int64_t x : {-end, std::int64_t{-8}, std::int64_t{-7}, std::int64_t{-3},
                                         std::int64_t{0}, std::int64_t{5}, std::int64_t{6}, end}) {
                CHECK(apply(forms.front(), 0, x) == by_definition(function, 0, x));
            }
            auto form = std::get<form::MultiplyAddShift>(forms.front());
            form.add.front() += 1;
            CHECK(!prove_equal(form, function, input_type(-100, 100)));
        };
        const Real third = Real::ratio(1, 3);
        only_form({step::Affine{{third}, {Real(0)}}, step::Affine{{Real(3)}, {Real(7)}}});
        only_form({step::Affine{{third}, {third}}, step::LeakyRelu{{Real(0)}},
                   step::Affine{{Real(3)}, {Real(0)}}});
        only_form({step::Affine{{-third}, {Real(0)}}, step::Clip{-2 * third, Real(2)},
                   step::Affine{{Real(-3)}, {Real(0)}}});
    }

    TEST_CASE("prove_equal rejects forms that differ in one argument") {
        step::Quantize step = quantizer(Real::ratio(5, 3), Real(0), 6, true, Rounding::half_even);
        const ExactFunction function = chain({step, to_integers(step)});
        const IntegerType input = input_type(-60, 60);
        int rejected = 0;
        for (const FunctionForm& form : proved_forms(function, input)) {
            FunctionForm wrong = form;
            if (auto* thresholds = std::get_if<form::Thresholds>(&wrong)) {
                ++thresholds->thresholds[0][10];
            } else if (auto* breakpoints = std::get_if<form::Breakpoints>(&wrong)) {
                ++breakpoints->values[0].back();
            } else if (auto* table = std::get_if<form::Table>(&wrong)) {
                --table->values[0][61];
            } else if (auto* scale = std::get_if<form::MultiplyAddShift>(&wrong)) {
                scale->add[0] += std::int64_t{1} << (scale->shift - 1);
            } else {
                continue;
            }
            CHECK(!prove_equal(wrong, function, input));
            ++rejected;
        }
        CHECK(rejected == 4);
        CHECK(!prove_equal(form::Identity{}, function, input));
    }

    TEST_CASE("output ranges are what is reached") {
        step::Quantize step = quantizer(Real(1), Real(0), 8, true, Rounding::half_even);
        const ExactFunction turning =
            chain({step::LeakyRelu{{Real::ratio(-1, 2)}}, step, to_integers(step)});
        const OutputRange range = output_ranges(turning, input_type(-10, 3)).front();
        CHECK(range.lo == 0);
        CHECK(range.hi == 5);
        CHECK(!range.bipolar);
        step::Quantize binary = quantizer(Real(1), Real(0), 1, true, Rounding::half_even);
        CHECK(output_ranges(chain({binary}), input_type(-10, 3)).front().bipolar);
    }

    TEST_CASE("host thresholds over the floats are exact at their edges") {
        for (const Rounding rounding : all_roundings) {
            step::Quantize step = quantizer(Real::from_double(0.1F), Real(0), 4, true, rounding);
            auto function = std::make_shared<ExactFunction>(
                chain({step::Affine{{Real(2)}, {Real(-1)}}, step, to_integers(step)}));
            const auto thresholds = float_thresholds(*function);
            REQUIRE(thresholds.has_value());
            CHECK(thresholds->starts.size() == 15);
            const HostQuantizer host(function);
            for (const float start : thresholds->starts) {
                for (const float x :
                     {start, std::nextafter(start, -1e9F), std::nextafter(start, 1e9F)}) {
                    std::int64_t q = 0;
                    REQUIRE(host(std::span(&x, 1), std::span(&q, 1)));
                    const Real exact = function->evaluate(0, Real::from_double(x));
                    CHECK(exact == Real(q));
                }
            }
            const float nan = std::numeric_limits<float>::quiet_NaN();
            std::int64_t q = 0;
            CHECK(!host(std::span(&nan, 1), std::span(&q, 1)));
        }
    }

} // TEST_SUITE
