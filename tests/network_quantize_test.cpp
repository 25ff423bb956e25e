// SPDX-License-Identifier: Apache-2.0
//
// Quantize and MultiThreshold against their definitions in GMP rationals: every rounding mode, on
// and beside ties, both orders of zero point and rounding, bounds, binary quantizers, parameters
// per tensor, per axis and per element, and all storages.
#include "ir/ops/quantize_decision.hpp"
#include "tests/support/tensors.hpp"

#include <array>
#include <cmath>
#include <gmpxx.h>

namespace millrace::tests {

using ops::Quantize;

namespace {

constexpr std::array<Rounding, 7> all_modes{
    Rounding::half_even, Rounding::half_up, Rounding::half_down, Rounding::floor,
    Rounding::ceil,      Rounding::up,      Rounding::down};

Real real(const mpq_class& value) { return *Real::parse(value.get_str()); }

mpz_class floor_of(const mpq_class& x) {
    mpz_class result;
    mpz_fdiv_q(result.get_mpz_t(), x.get_num_mpz_t(), x.get_den_mpz_t());
    return result;
}

mpz_class rounded(const mpq_class& x, Rounding mode) {
    const mpq_class magnitude = abs(x);
    const mpz_class floor = floor_of(magnitude);
    const mpz_class ceil = -floor_of(-magnitude);
    const mpq_class half(1, 2);
    mpz_class result;
    switch (mode) {
    case Rounding::floor:
        return floor_of(x);
    case Rounding::ceil:
        return -floor_of(-x);
    case Rounding::up:
        result = ceil;
        break;
    case Rounding::down:
        result = floor;
        break;
    case Rounding::half_up:
        result = floor_of(magnitude + half);
        break;
    case Rounding::half_down:
        result = -floor_of(half - magnitude);
        break;
    case Rounding::half_even:
        result = floor_of(magnitude + half);
        if (magnitude - floor == half && mpz_odd_p(result.get_mpz_t()) != 0) {
            result -= 1;
        }
        break;
    }
    return sgn(x) < 0 ? mpz_class(-result) : result;
}

/// A quantizer's parameters as rationals; bits = 0: none.
struct Definition {
    mpq_class scale = 1;
    mpq_class zero_point = 0;
    int bits = 8;
    bool is_signed = true;
    bool narrow = false;
    Rounding rounding = Rounding::half_even;
    bool zero_point_last = false;

    [[nodiscard]] mpq_class clamped(mpq_class value) const {
        if (bits == 0) {
            return value;
        }
        const mpz_class one(1);
        const mpz_class steps = one << static_cast<mp_bitcnt_t>(is_signed ? bits - 1 : bits);
        const mpq_class low = is_signed ? mpz_class(-steps + (narrow ? 1 : 0)) : mpz_class(0);
        const mpq_class high =
            is_signed ? mpz_class(steps - 1) : mpz_class(steps - 1 - (narrow ? 1 : 0));
        value = value < low ? low : value;
        return value > high ? high : value;
    }
    [[nodiscard]] mpq_class q(const mpq_class& x) const {
        const mpq_class v = x / scale;
        if (bits == 1 && is_signed) {
            return v + zero_point >= 0 ? 1 : -1;
        }
        if (zero_point_last) {
            return clamped(mpq_class(rounded(v, rounding)) + zero_point);
        }
        return rounded(clamped(v + zero_point), rounding);
    }
    [[nodiscard]] Real y(const mpq_class& x) const { return real((q(x) - zero_point) * scale); }
    [[nodiscard]] Quantize op() const {
        return {shared_scalar(real(scale)),
                shared_scalar(real(zero_point)),
                bits == 0 ? nullptr : shared_scalar(bits),
                is_signed,
                narrow,
                rounding,
                zero_point_last};
    }
};

/// Checks floats and the same numbers as reals.
void check(const Definition& definition, const std::vector<float>& values, bool keeps_integers) {
    const Shape shape{static_cast<std::int64_t>(values.size())};
    std::vector<Real> reals;
    reals.reserve(values.size());
    for (const float value : values) {
        reals.push_back(Real::from_double(static_cast<double>(value)));
    }
    const Tensor from_floats = run(definition.op(), {Tensor(shape, values)});
    const Tensor from_reals = run(definition.op(), {Tensor(shape, reals)});
    CHECK((from_floats.scaled() != nullptr) == keeps_integers);
    for (std::size_t i = 0; i < values.size(); ++i) {
        const auto flat = static_cast<std::int64_t>(i);
        const Real expected = definition.y(mpq_class(static_cast<double>(values[i])));
        CAPTURE(values[i]);
        CAPTURE(to_string(definition.rounding));
        CAPTURE(definition.scale.get_str());
        CAPTURE(definition.zero_point.get_str());
        REQUIRE(from_floats.at(flat) == expected);
        REQUIRE(from_reals.at(flat) == expected);
    }
}

/// Numbers on, just below and just above multiples of step / 2, and far out.
std::vector<float> around_ties(double step) {
    std::vector<float> values{0.0F, -0.0F, 1e-30F, -1e-30F, 3e38F, -3e38F, 1e-45F, -1e-45F};
    for (int twice = -21; twice <= 21; ++twice) {
        const auto value = static_cast<float>(twice * step / 2);
        values.insert(values.end(), {value, std::nextafterf(value, 1e9F),
                                     std::nextafterf(value, -1e9F), value * 1.25F});
    }
    return values;
}

} // namespace

TEST_SUITE("network quantize") {
    TEST_CASE("ties of every mode as the definitions list them") {
        const Tensor x({8},
                       std::vector<float>{-2.5F, -1.5F, -0.5F, 0.5F, 1.5F, 2.5F, 1.25F, -1.25F});
        const auto levels = [&](Rounding mode) {
            Definition definition;
            definition.rounding = mode;
            return *run(definition.op(), {x}).to_int64();
        };
        using Levels = std::vector<std::int64_t>;
        CHECK(levels(Rounding::half_even) == Levels{-2, -2, 0, 0, 2, 2, 1, -1});
        CHECK(levels(Rounding::half_up) == Levels{-3, -2, -1, 1, 2, 3, 1, -1});
        CHECK(levels(Rounding::half_down) == Levels{-2, -1, 0, 0, 1, 2, 1, -1});
        CHECK(levels(Rounding::floor) == Levels{-3, -2, -1, 0, 1, 2, 1, -2});
        CHECK(levels(Rounding::ceil) == Levels{-2, -1, 0, 1, 2, 3, 2, -1});
        CHECK(levels(Rounding::up) == Levels{-3, -2, -1, 1, 2, 3, 2, -2});
        CHECK(levels(Rounding::down) == Levels{-2, -1, 0, 0, 1, 2, 1, -1});
    }

    TEST_CASE("around decision points, for all parameters") {
        const std::vector<mpq_class> scales{1,
                                            mpq_class(1, 8),
                                            mpq_class(static_cast<double>(0.1F)),
                                            mpq_class(1, 3),
                                            mpq_class(-3, 4),
                                            mpq_class(7),
                                            mpq_class(static_cast<double>(-0.0123F))};
        for (const Rounding mode : all_modes) {
            for (const mpq_class& scale : scales) {
                const std::vector<float> values = around_ties(scale.get_d());
                for (const int zero_point : {0, -3, 100}) {
                    for (const bool last : {false, true}) {
                        for (const int bits : {1, 3, 8}) {
                            check({scale, zero_point, bits, true, false, mode, last}, values, true);
                        }
                        check({scale, zero_point, 3, true, true, mode, last}, values, true);
                        check({scale, zero_point, 1, false, false, mode, last}, values, true);
                        check({scale, zero_point, 4, false, false, mode, last}, values, true);
                        check({scale, zero_point, 8, false, true, mode, last}, values, true);
                    }
                }
            }
        }
    }

    TEST_CASE("zero points that are not integers, and levels beyond 32 bits") {
        const std::vector<float> values = around_ties(0.25);
        for (const Rounding mode : all_modes) {
            check({mpq_class(1, 4), mpq_class(1, 2), 4, true, false, mode, false}, values, false);
            check({mpq_class(1, 3), mpq_class(-7, 5), 4, false, false, mode, true}, values, false);
            check({mpq_class(1, 4), mpq_class(1, 2), 1, true, false, mode, false}, values, false);
            check({mpq_class(1, 4), 0, 40, true, false, mode, false}, values, false);
            check({mpq_class(1, 4), 0, 40, false, false, mode, true}, values, false);
            check(
                {mpq_class(1, 4), mpq_class(mpz_class("10000000000")), 8, true, false, mode, true},
                values, false);
            const std::vector<float> moderate{0.1F, -7.25F, 12345.625F, -0.125F, 0x1p28F};
            check({mpq_class(1, 4), 3, 0, true, false, mode, false}, moderate, true);
            check({mpq_class(1, 16), 3, 0, true, false, mode, true}, moderate, false);
        }
        // Where no bound holds them back, integers have 63 bits.
        CHECK_THROWS_AS(run(Definition{1, 0, 0}.op(), {Tensor({1}, std::vector<float>{3e38F})}),
                        std::range_error);
    }

    TEST_CASE("the zero point last differs on ties when it is odd") {
        const Tensor x({2}, std::vector<float>{0.5F, 1.5F});
        Definition definition{1, 1, 8, false};
        CHECK(run(definition.op(), {x}).to_int64() == std::vector<std::int64_t>{1, 1});
        definition.zero_point_last = true;
        CHECK(run(definition.op(), {x}).to_int64() == std::vector<std::int64_t>{0, 2});
    }

    TEST_CASE("random floats, many of them decided in blocks") {
        TensorSource source(31);
        std::normal_distribution<float> normal(0, 0.3F);
        for (const Rounding mode : all_modes) {
            for (const double scale : {0.0123, 0.015625, 0.3}) {
                std::vector<float> values(1000);
                for (float& value : values) {
                    value = normal(source.generator());
                    if (source.below(10) == 0) { // on the grid or half-way
                        value =
                            static_cast<float>(source.integer(9)) * static_cast<float>(scale) / 2;
                    }
                }
                const mpq_class exact(static_cast<double>(static_cast<float>(scale)));
                check({exact, source.integer(5), 5, true, false, mode, false}, values, true);
                check({exact, source.integer(5), 5, false, true, mode, true}, values, true);
            }
        }
    }

    TEST_CASE("reals closer to a tie than doubles can tell") {
        for (const Rounding mode : all_modes) {
            for (const mpq_class& scale : {mpq_class(1, 3), mpq_class(1, 4)}) {
                Definition definition{scale, 1, 6, true, false, mode, false};
                for (int twice = -8; twice <= 8; ++twice) {
                    for (const int side : {-1, 0, 1}) {
                        mpq_class offset(side);
                        offset >>= 90;
                        const mpq_class x = (mpq_class(twice, 2) + offset) * scale;
                        REQUIRE(run(definition.op(), {Tensor::scalar(real(x))}).at(0) ==
                                definition.y(x));
                    }
                }
            }
        }
        // An irrational tie that is none: (sqrt(2) * 10^k) never lies on one.
        const Real x = sqrt(Real(2)) * Real(1000);
        CHECK(run(Definition{1, 0, 16}.op(), {Tensor::scalar(x)}).at(0) == Real(1414));
    }

    TEST_CASE("scaled integers as inputs") {
        TensorSource source(32);
        for (const Rounding mode : all_modes) {
            for (const std::int64_t denominator : {4, 3, 10}) {
                const Real in_scale = Real::ratio(1, denominator);
                std::vector<std::int32_t> values(40);
                for (std::int32_t& value : values) {
                    value = static_cast<std::int32_t>(source.integer(50));
                }
                const mpq_class scale(3, 8);
                const Definition definition{scale, -1, 5, true, false, mode, false};
                const Tensor one = run(definition.op(), {scaled({40}, values, {in_scale})});
                const std::vector<Real> scales(40, in_scale);
                const Tensor many = run(definition.op(), {scaled({40}, values, scales)});
                for (std::size_t i = 0; i < values.size(); ++i) {
                    mpq_class x(values[i], static_cast<long>(denominator));
                    x.canonicalize();
                    REQUIRE(one.at(static_cast<std::int64_t>(i)) == definition.y(x));
                    REQUIRE(many.at(static_cast<std::int64_t>(i)) == definition.y(x));
                }
            }
        }
    }

    TEST_CASE("parameters per axis and per element") {
        TensorSource source(33);
        const Shape shape{3, 70};
        const std::vector<Shape> parameter_shapes{{}, {1}, {1, 1}, {3, 1}, {70}, {1, 70}, {3, 70}};
        for (int round = 0; round < 150; ++round) {
            const auto shape_of_parameter = [&] {
                return parameter_shapes[static_cast<std::size_t>(source.below(7))];
            };
            const Shape scale_shape = shape_of_parameter();
            const Shape zero_shape = shape_of_parameter();
            const Shape bits_shape = shape_of_parameter();
            const auto integers = [&](const Shape& s, std::int64_t low, std::int64_t high) {
                std::vector<std::int32_t> values;
                for (std::int64_t i = element_count(s); i > 0; --i) {
                    values.push_back(static_cast<std::int32_t>(low + source.below(high - low + 1)));
                }
                return values;
            };
            const auto scales = integers(scale_shape, 1, 9);
            const auto zeros = integers(zero_shape, -2, 2);
            const auto bits = integers(bits_shape, 1, 4);
            Definition definition;
            definition.rounding = all_modes[static_cast<std::size_t>(source.below(7))];
            definition.zero_point_last = source.below(2) == 0;
            definition.is_signed = source.below(2) == 0;
            Quantize op = definition.op();
            const std::int64_t divisor = source.below(2) == 0 ? 8 : 10;
            op.scale = shared(scaled(scale_shape, scales, {Real::ratio(1, divisor)}));
            op.zero_point = shared(scaled(zero_shape, zeros, {Real(1)}));
            op.bits = shared(scaled(bits_shape, bits, {Real(1)}));
            std::vector<float> x(210);
            for (float& value : x) {
                value = static_cast<float>(source.integer(40)) / 16;
            }
            const Tensor y = run(op, {Tensor(shape, x)});
            for (std::int64_t i = 0; i < y.size(); ++i) {
                const auto at = [&](const Shape& s, const std::vector<std::int32_t>& values) {
                    return values[static_cast<std::size_t>(broadcast_flat(s, shape, i))];
                };
                definition.scale = mpq_class(at(scale_shape, scales), static_cast<long>(divisor));
                definition.scale.canonicalize();
                definition.zero_point = at(zero_shape, zeros);
                definition.bits = at(bits_shape, bits);
                REQUIRE(y.at(i) == definition.y(mpq_class(
                                       static_cast<double>(x[static_cast<std::size_t>(i)]))));
            }
        }
    }

    TEST_CASE("the integers of the result are q - zero_point") {
        Quantize op = Definition{mpq_class(1, 2), 3, 4, false}.op();
        const Tensor x({2, 2}, std::vector<float>{0, 1, -9, 99});
        const Tensor y = run(op, {x});
        REQUIRE(y.scaled() != nullptr);
        CHECK(y.scaled()->values == std::vector<std::int32_t>{0, 2, -3, 12});
        CHECK(y.scaled()->scale == std::vector<Real>{Real::ratio(1, 2)});
        op.scale = shared(Tensor({2, 1}, std::vector<float>{0.5F, 1}));
        const Tensor rows = run(op, {x});
        REQUIRE(rows.scaled() != nullptr);
        CHECK(rows.scaled()->axis == 0);
        CHECK(rows.scaled()->scale == std::vector<Real>{Real::ratio(1, 2), Real(1)});
        CHECK(run(op, {Tensor({2, 0}, std::vector<float>{})}).size() == 0);
    }

    TEST_CASE("clamping comes before rounding, with bounds that are no integers") {
        // 2.5 bits: [-2 sqrt(2), 2 sqrt(2) - 1] = [-2.83, 1.83].
        const auto bounds = ops::quantizer_bounds(Real::ratio(5, 2), true, false);
        CHECK(bounds.first == Real(-2) * sqrt(Real(2)));
        CHECK(bounds.second == Real(2) * sqrt(Real(2)) - Real(1));
        Quantize op = Definition{}.op();
        op.bits = shared_scalar(Real::ratio(5, 2));
        const Tensor x({4}, std::vector<float>{-100, 100, 1.9F, -2.9F});
        const auto levels = [&](Rounding mode) {
            op.rounding = mode;
            return *run(op, {x}).to_int64();
        };
        CHECK(levels(Rounding::half_even) == std::vector<std::int64_t>{-3, 2, 2, -3});
        CHECK(levels(Rounding::floor) == std::vector<std::int64_t>{-3, 1, 1, -3});
        CHECK(levels(Rounding::ceil) == std::vector<std::int64_t>{-2, 2, 2, -2});
        CHECK(levels(Rounding::down) == std::vector<std::int64_t>{-2, 1, 1, -2});
        op.zero_point_last = true;
        CHECK(run(op, {x}).at(0) == bounds.first);
        CHECK(run(op, {x}).at(1) == bounds.second);
        CHECK(ops::quantizer_bounds(8, false, true) == std::pair(Real(0), Real(254)));
        CHECK(ops::quantizer_bounds(4, true, true) == std::pair(Real(-7), Real(7)));
        // Bits that are no multiple of 1/2: 2^1.25 = 2.378 and 2^2.25 - 1 = 3.757.
        op.zero_point_last = false;
        op.rounding = Rounding::half_even;
        op.bits = shared_scalar(Real::ratio(9, 4));
        CHECK(run(op, {x}).to_int64() == std::vector<std::int64_t>{-2, 1, 1, -2});
        op.is_signed = false;
        CHECK(run(op, {x}).to_int64() == std::vector<std::int64_t>{0, 4, 2, 0});
    }

    TEST_CASE("saturation does not overflow") {
        const Real huge = Real::dyadic(1, 300);
        for (const bool last : {false, true}) {
            const std::pair<Real, Real> bounds{Real(-128), Real(127)};
            CHECK(ops::quantize(huge, 1, 5, bounds, Rounding::half_even, last, false) == Real(122));
            CHECK(ops::quantize(-huge, 1, 5, bounds, Rounding::half_even, last, false) ==
                  Real(-133));
        }
        CHECK(ops::quantize(huge, 2, 0, std::nullopt, Rounding::floor, false, true) == Real(2));
        CHECK(ops::quantize(0, 2, 0, std::nullopt, Rounding::floor, false, true) == Real(2));
        CHECK(ops::quantize(Real::dyadic(-1, -900), 2, 0, std::nullopt, Rounding::floor, false,
                            true) == Real(-2));
        CHECK_THROWS_AS(ops::quantize(1, 0, 0, std::nullopt, Rounding::floor, false, false),
                        std::domain_error);
    }

    TEST_CASE("decisions in double precision are right or absent") {
        TensorSource source(34);
        std::size_t decided = 0;
        for (int round = 0; round < 20000; ++round) {
            const Rounding mode = all_modes[static_cast<std::size_t>(source.below(7))];
            // Scales of 1 to 53 bits, so that products with levels are exact for some.
            const std::int64_t mantissa = 1 + source.below(std::int64_t{1} << source.below(53));
            const Real scale = Real::dyadic(source.below(2) == 0 ? mantissa : -mantissa,
                                            static_cast<int>(source.integer(60)));
            const Real zero_point = source.integer(3);
            const std::pair<Real, Real> bounds{Real(-8), Real(7)};
            const bool last = source.below(2) == 0;
            const bool binary = source.below(8) == 0;
            const auto decision =
                ops::QuantizerDecision::make(scale, zero_point, bounds, mode, last, binary);
            REQUIRE(decision);
            const Real near_tie = Real::ratio(source.integer(24), 2) * scale;
            double x = near_tie.to_double();
            x = source.below(2) == 0 ? x : std::nextafter(x, source.below(2) == 0 ? 1e300 : -1e300);
            const auto level = (*decision)(x, true);
            const Real exact =
                ops::quantize(Real::from_double(x), scale, zero_point, bounds, mode, last, binary);
            if (level) {
                ++decided;
                REQUIRE(Real(*level) * scale == exact);
            }
        }
        CHECK(decided == 20000); // exact doubles and exact scales leave nothing open
        CHECK_FALSE(ops::QuantizerDecision::make(1, Real::ratio(1, 2), std::nullopt,
                                                 Rounding::floor, false, false));
        CHECK_FALSE(ops::QuantizerDecision::make(Real::dyadic(1, -600), 0, std::nullopt,
                                                 Rounding::floor, false, false));
    }

    TEST_CASE("quantizers that make no sense are told") {
        const Tensor x({2, 3}, std::vector<float>(6));
        Quantize op = Definition{}.op();
        op.scale = shared_scalar(0);
        CHECK(type_error(op, {x}) == "the quantizer's scale is zero");
        op.scale = shared(Tensor({2}, std::vector<float>{1, 1}));
        CHECK(type_error(op, {x}) ==
              "the quantizer's scale: shapes [2] and [2,3] do not fit by broadcasting");
        op.scale = shared(Tensor({4, 1, 1}, std::vector<float>{1, 1, 1, 1}));
        CHECK(type_error(op, {x}) ==
              "the quantizer's scale of shape [4,1,1] does not broadcast to [2,3]");
        op.scale = shared_scalar(1);
        op.bits = shared_scalar(0);
        CHECK(type_error(op, {x}) == "the quantizer's bit width 0 is not in (0, 62]");
        op.bits = shared_scalar(Real::dyadic(1, 40));
        CHECK(type_error(op, {x}) != "no error");
        op.bits = nullptr;
        CHECK(type_error(op, {x, x}) == "quantize takes 1 input, 2 given");
        CHECK(type_error(op, {x}) == "no error");
    }
}

TEST_SUITE("network multi threshold") {
    TEST_CASE("counts of reached thresholds") {
        TensorSource source(35);
        const Shape shape{2, 3, 4};
        for (int round = 0; round < 60; ++round) {
            const std::int64_t axis = source.below(3);
            const std::int64_t rows =
                source.below(3) == 0 ? 1 : shape[static_cast<std::size_t>(axis)];
            const std::int64_t steps = source.below(6);
            std::vector<Real> thresholds;
            for (std::int64_t row = 0; row < rows; ++row) {
                Real threshold = Real::ratio(source.integer(8), 3);
                for (std::int64_t i = 0; i < steps; ++i) {
                    thresholds.push_back(threshold);
                    threshold += Real::ratio(source.below(4), 3);
                }
            }
            const Real out_scale = Real::ratio(source.integer(3), 2);
            const Real out_bias = Real::ratio(source.integer(3), 2);
            const Tensor x = source.next(shape);
            const Tensor y = run(ops::MultiThreshold{shared(Tensor({rows, steps}, thresholds)),
                                                     out_scale, out_bias, axis},
                                 {x});
            for (std::int64_t i = 0; i < x.size(); ++i) {
                const std::int64_t row =
                    rows == 1 ? 0 : unravel(shape, i)[static_cast<std::size_t>(axis)];
                std::int64_t count = 0;
                for (std::int64_t k = 0; k < steps; ++k) {
                    count += x.at(i) >= thresholds[static_cast<std::size_t>(row * steps + k)];
                }
                REQUIRE(y.at(i) == out_scale * Real(count) + out_bias);
            }
        }
    }

    TEST_CASE("integers and errors") {
        const Tensor x({2}, std::vector<float>{-1, 5});
        const TensorPtr thresholds = shared(Tensor({1, 2}, std::vector<float>{0, 5}));
        const Tensor y = run(ops::MultiThreshold{thresholds, 2, -2, 0}, {x});
        REQUIRE(y.scaled() != nullptr);
        CHECK(y.scaled()->values == std::vector<std::int32_t>{-1, 1});
        CHECK(type_error(ops::MultiThreshold{shared(Tensor({3}, std::vector<float>(3))), 1, 0, 0},
                         {x}) == "thresholds of shape [3] are not a matrix of a row per channel");
        CHECK(
            type_error(ops::MultiThreshold{shared(Tensor({3, 1}, std::vector<float>(3))), 1, 0, 0},
                       {x}) == "3 rows of thresholds for 2 channels");
        CHECK(
            type_error(ops::MultiThreshold{shared(Tensor({2, 1}, std::vector<float>(2))), 1, 0, 1},
                       {x}) == "multi_threshold: axis 1 does not exist in shape [2]");
        CHECK(type_error(
                  ops::MultiThreshold{shared(Tensor({1, 2}, std::vector<float>{1, 0})), 1, 0, 0},
                  {x}) == "a row of thresholds does not ascend");
    }
}

} // namespace millrace::tests
