// SPDX-License-Identifier: Apache-2.0
//
// Rational reals and rounding, checked against plain GMP quotients computed here.
#include "ir/real.hpp"

#include <doctest/doctest.h>
#include <gmpxx.h>

#include <array>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

using millrace::divide_rounded;
using millrace::Int128;
using millrace::Real;
using millrace::Rounding;

namespace {

constexpr std::array<Rounding, 7> all_modes{
    Rounding::half_even, Rounding::half_up, Rounding::half_down, Rounding::floor,
    Rounding::ceil,      Rounding::up,      Rounding::down};

constexpr std::int64_t int64_min = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t int64_max = std::numeric_limits<std::int64_t>::max();

mpq_class power_of_two(int exponent) {
    mpq_class result(1);
    if (exponent >= 0) {
        result <<= static_cast<mp_bitcnt_t>(exponent);
    } else {
        result >>= static_cast<mp_bitcnt_t>(-exponent);
    }
    return result;
}

// The same number twice: under test and in the oracle.
struct Pair {
    Real real;
    mpq_class oracle;
};

class PairSource {
  public:
    explicit PairSource(unsigned seed) : random_(seed) {}

    Pair next() {
        switch (random_() % 4) {
        case 0: {
            const auto value = static_cast<std::int64_t>(random_());
            return {Real(value), mpq_class(static_cast<long>(value))};
        }
        case 1: {
            const std::int64_t mantissa = small();
            const int exponent = static_cast<int>(random_() % 200) - 100;
            return {Real::dyadic(mantissa, exponent),
                    mpq_class(static_cast<long>(mantissa)) * power_of_two(exponent)};
        }
        case 2: {
            const std::int64_t numerator = small();
            const std::int64_t denominator = 1 + static_cast<std::int64_t>(random_() % 1000);
            mpq_class oracle(static_cast<long>(numerator), static_cast<long>(denominator));
            oracle.canonicalize();
            return {Real::ratio(numerator, denominator), oracle};
        }
        default: {
            const auto value = static_cast<std::int64_t>(random_() % 7) - 3;
            return {Real(value), mpq_class(static_cast<long>(value))};
        }
        }
    }

    std::int64_t small() { return static_cast<std::int64_t>(random_() % 2'000'001) - 1'000'000; }
    std::uint64_t bits() { return random_(); }

  private:
    std::mt19937_64 random_;
};

// A quotient as a Real, by another route than the arithmetic under test where it is decimal.
Real from_oracle(const mpq_class& value) {
    return Real::parse(value.get_num().get_str()).value() /
           Real::parse(value.get_den().get_str()).value();
}

mpz_class oracle_round(const mpq_class& value, Rounding mode) {
    mpz_class floor;
    mpz_fdiv_q(floor.get_mpz_t(), value.get_num_mpz_t(), value.get_den_mpz_t());
    if (value == floor) {
        return floor;
    }
    mpz_class above = floor + 1;
    const mpq_class half(1, 2);
    const mpq_class fraction = value - floor;
    const mpz_class& toward_zero = sgn(value) > 0 ? floor : above;
    const mpz_class& from_zero = sgn(value) > 0 ? above : floor;
    const mpz_class& nearest = fraction < half ? floor : above;
    const bool tie = fraction == half;
    switch (mode) {
    case Rounding::half_even:
        return !tie ? nearest : (mpz_even_p(floor.get_mpz_t()) != 0 ? floor : above);
    case Rounding::half_up:
        return tie ? from_zero : nearest;
    case Rounding::half_down:
        return tie ? toward_zero : nearest;
    case Rounding::floor:
        return floor;
    case Rounding::ceil:
        return above;
    case Rounding::up:
        return from_zero;
    case Rounding::down:
        return toward_zero;
    }
    return floor;
}

std::string text128(Int128 value) {
    if (value < 0) {
        return "-" + text128(-value);
    }
    return (value >= 10 ? text128(value / 10) : "") +
           static_cast<char>('0' + static_cast<int>(value % 10));
}

Int128 power128(int exponent) { return Int128{1} << exponent; }

} // namespace

TEST_SUITE("real") {
    TEST_CASE("rational arithmetic agrees with plain quotients") {
        PairSource source(1);
        for (int i = 0; i < 20'000; ++i) {
            const Pair a = source.next();
            const Pair b = source.next();
            REQUIRE(a.real + b.real == from_oracle(a.oracle + b.oracle));
            REQUIRE(a.real - b.real == from_oracle(a.oracle - b.oracle));
            REQUIRE(a.real * b.real == from_oracle(a.oracle * b.oracle));
            REQUIRE((a.real <=> b.real) == (cmp(a.oracle, b.oracle) <=> 0));
            REQUIRE((a.real == b.real) == (a.oracle == b.oracle));
            REQUIRE(a.real.sign() == sgn(a.oracle));
            if (sgn(b.oracle) != 0) {
                REQUIRE(a.real / b.real == from_oracle(a.oracle / b.oracle));
                REQUIRE(a.real / b.real * b.real == a.real);
            }
            REQUIRE((a.real + b.real) - b.real == a.real);
            for (const Rounding mode : all_modes) {
                const mpz_class expected = oracle_round(a.oracle, mode);
                if (expected.fits_slong_p()) {
                    REQUIRE(a.real.round(mode) == expected.get_si());
                } else {
                    REQUIRE_THROWS_AS(static_cast<void>(a.real.round(mode)), std::range_error);
                }
            }
        }
    }

    TEST_CASE("equal values have equal forms after the heap") {
        const Real big = Real(int64_max);
        const Real square = big * big;
        CHECK_FALSE(square.dyadic_parts().has_value());
        CHECK(square.is_dyadic());
        CHECK(square.is_integer());
        CHECK_FALSE(square.as_int64().has_value());
        CHECK((square / big).dyadic_parts().has_value());
        CHECK((square / big) == big);
        CHECK((square - square) == Real(0));
        CHECK((Real(1) + Real::dyadic(1, -100) - Real(1)) == Real::dyadic(1, -100));
        CHECK((Real(1) + Real::dyadic(1, -100) - Real(1)).dyadic_parts()->mantissa == 1);
        const Real third = Real::ratio(1, 3);
        CHECK((third + third + third).as_int64() == 1);
        CHECK((third * Real(3)).dyadic_parts().has_value());
        CHECK((third * Real(2) - Real::ratio(2, 3)) == Real(0));
    }

    TEST_CASE("edges of the small form") {
        CHECK(Real(int64_min).as_int64() == int64_min);
        CHECK(Real(int64_max).as_int64() == int64_max);
        CHECK((-Real(int64_min)).dyadic_parts()->exponent == 63);
        CHECK_FALSE((-Real(int64_min)).as_int64().has_value());
        CHECK(Real(int64_min).round(Rounding::floor) == int64_min);
        CHECK_THROWS_AS(static_cast<void>((-Real(int64_min)).round(Rounding::floor)),
                        std::range_error);
        CHECK((Real(int64_max) + Real(1)) == Real::dyadic(1, 63));
        CHECK((Real(int64_max) + Real(int64_max)) == Real::dyadic(int64_max, 1));
        CHECK((Real(int64_min) + Real(int64_min)) == Real::dyadic(-1, 64));
        CHECK((Real(int64_min) - Real(int64_max)) == -(Real::dyadic(1, 64) - Real(1)));
        for (int distance = 55; distance < 70; ++distance) {
            CAPTURE(distance);
            const Real sum = Real::dyadic(1, distance) + Real(1);
            CHECK(sum.dyadic_parts().has_value() == (distance < 63));
            CHECK((sum - Real(1)) == Real::dyadic(1, distance));
            CHECK((sum <=> Real::dyadic(1, distance)) == std::strong_ordering::greater);
            CHECK((Real(1) - sum) == Real::dyadic(-1, distance));
        }
        CHECK_THROWS_AS(Real::dyadic(2, std::numeric_limits<int>::max()), std::range_error);
        const Real huge = Real::dyadic(1, std::numeric_limits<int>::max());
        const Real tiny = Real::dyadic(1, std::numeric_limits<int>::min());
        CHECK_THROWS_AS(huge * Real(2), std::range_error);
        CHECK_THROWS_AS(tiny * tiny, std::range_error);
        CHECK_THROWS_AS(huge + Real(1), std::range_error);
        CHECK(huge > Real(1));
        CHECK(-huge < tiny);
        CHECK(tiny > Real(0));
        CHECK(tiny.round(Rounding::ceil) == 1);
        CHECK((-tiny).round(Rounding::half_even) == 0);
        CHECK((-tiny).round(Rounding::up) == -1);
        CHECK_THROWS_AS(static_cast<void>(huge.round(Rounding::floor)), std::range_error);
        CHECK(Real() == Real(0));
        CHECK(Real::dyadic(0, 17) == Real(0));
        CHECK(Real::dyadic(12, -2) == Real(3));
        CHECK(Real::dyadic(12, -2).is_integer());
        CHECK_FALSE(Real::dyadic(1, -1).is_integer());
        CHECK_THROWS_AS(Real(1) / Real(0), std::domain_error);
        CHECK_THROWS_AS(Real::ratio(1, 0), std::domain_error);
        CHECK(Real::ratio(6, -4) == Real::dyadic(-3, -1));
        CHECK(Real::ratio(int64_min, int64_min) == Real(1));
        CHECK_THROWS_AS(Real::from_double(std::nan("")), std::domain_error);
        CHECK_THROWS_AS(Real::from_double(-INFINITY), std::domain_error);
    }

    TEST_CASE("small comparisons") {
        PairSource source(2);
        for (int i = 0; i < 20'000; ++i) {
            // Close in magnitude, with different exponents, both signs.
            const auto mantissa =
                static_cast<std::int64_t>(source.bits() >> (1 + source.bits() % 40));
            const std::int64_t other = mantissa + static_cast<std::int64_t>(source.bits() % 3) - 1;
            const int a_exponent = static_cast<int>(source.bits() % 5);
            const int b_exponent = static_cast<int>(source.bits() % 5);
            const bool negative = source.bits() % 2 != 0;
            const Real a = Real::dyadic(negative ? -mantissa : mantissa, a_exponent);
            const Real b = Real::dyadic(negative ? -other : other, b_exponent);
            const mpq_class x = mpq_class(static_cast<long>(negative ? -mantissa : mantissa)) *
                                power_of_two(a_exponent);
            const mpq_class y =
                mpq_class(static_cast<long>(negative ? -other : other)) * power_of_two(b_exponent);
            REQUIRE((a <=> b) == (cmp(x, y) <=> 0));
        }
    }

    TEST_CASE("rounding modes at half-way points of both signs") {
        // value, then half_even, half_up, half_down, floor, ceil, up, down
        const std::vector<std::array<int, 8>> doubled{
            {-5, -2, -3, -2, -3, -2, -3, -2}, {-4, -2, -2, -2, -2, -2, -2, -2},
            {-3, -2, -2, -1, -2, -1, -2, -1}, {-1, 0, -1, 0, -1, 0, -1, 0},
            {0, 0, 0, 0, 0, 0, 0, 0},         {1, 0, 1, 0, 0, 1, 1, 0},
            {3, 2, 2, 1, 1, 2, 2, 1},         {5, 2, 3, 2, 2, 3, 3, 2},
            {7, 4, 4, 3, 3, 4, 4, 3}};
        for (const auto& row : doubled) {
            const Real value = Real::dyadic(row[0], -1);
            const Real heap = Real::ratio(row[0], 3) * Real::ratio(3, 2);
            const Real root = sqrt(Real(2)) * Real(row[0]) / sqrt(Real(8));
            for (std::size_t i = 0; i < all_modes.size(); ++i) {
                CAPTURE(row[0]);
                CAPTURE(i);
                CHECK(value.round(all_modes[i]) == row[i + 1]);
                CHECK(heap.round(all_modes[i]) == row[i + 1]);
                CHECK(root.round(all_modes[i]) == row[i + 1]);
                CHECK(divide_rounded(row[0], 2, all_modes[i]) == row[i + 1]);
            }
        }
        // Next to a tie, on both sides, by less than any float would notice.
        const Real nudge = Real::dyadic(1, -300);
        CHECK((Real::dyadic(5, -1) + nudge).round(Rounding::half_even) == 3);
        CHECK((Real::dyadic(5, -1) - nudge).round(Rounding::half_up) == 2);
        CHECK((Real::dyadic(-5, -1) + nudge).round(Rounding::half_up) == -2);
        CHECK((Real::dyadic(-5, -1) - nudge).round(Rounding::half_down) == -3);
        CHECK(Real::dyadic(-3, -62).round(Rounding::floor) == -1);
        CHECK(Real::dyadic(int64_max, -63).round(Rounding::half_even) == 1);
        CHECK(Real::dyadic(int64_max, -64).round(Rounding::half_even) == 0);
        CHECK(Real::dyadic(1, -63).round(Rounding::up) == 1);
        CHECK((Real(int64_max) + Real::ratio(1, 3)).round(Rounding::half_even) == int64_max);
        CHECK_THROWS_AS(
            static_cast<void>((Real(int64_max) + Real::ratio(1, 3)).round(Rounding::ceil)),
            std::range_error);
        CHECK_THROWS_AS(
            static_cast<void>((Real::dyadic(1, 100) + sqrt(Real(2))).round(Rounding::ceil)),
            std::range_error);
    }

    TEST_CASE("divide_rounded against quotients, all modes and signs") {
        for (int numerator = -60; numerator <= 60; ++numerator) {
            for (int denominator = 1; denominator <= 12; ++denominator) {
                mpq_class value(numerator, denominator);
                value.canonicalize();
                for (const Rounding mode : all_modes) {
                    const auto result =
                        static_cast<long>(divide_rounded(numerator, denominator, mode));
                    REQUIRE(oracle_round(value, mode) == result);
                }
            }
        }
        const Int128 huge = power128(126);
        CHECK(text128(divide_rounded(huge + 1, 2, Rounding::half_even)) == text128(huge / 2));
        CHECK(text128(divide_rounded(-huge - 1, 2, Rounding::half_up)) == text128(-huge / 2 - 1));
        CHECK(divide_rounded(huge, (huge - 1) + huge, Rounding::half_even) == 1);
        CHECK(divide_rounded(huge - 1, (huge - 1) + huge, Rounding::half_even) == 0);
        CHECK_THROWS_AS(divide_rounded(1, 0, Rounding::floor), std::domain_error);
        CHECK_THROWS_AS(divide_rounded(1, -2, Rounding::floor), std::domain_error);
    }

    TEST_CASE("names of rounding modes") {
        for (const Rounding mode : all_modes) {
            CHECK(millrace::rounding_from_string(millrace::to_string(mode)) == mode);
        }
        CHECK_FALSE(millrace::rounding_from_string("ROUND").has_value());
        using millrace::rounding_from_qonnx;
        CHECK(rounding_from_qonnx("ROUND") == Rounding::half_even);
        CHECK(rounding_from_qonnx("half_even") == Rounding::half_even);
        CHECK(rounding_from_qonnx("Ceil") == Rounding::ceil);
        CHECK(rounding_from_qonnx("FLOOR") == Rounding::floor);
        CHECK(rounding_from_qonnx("UP") == Rounding::up);
        CHECK(rounding_from_qonnx("DOWN") == Rounding::down);
        CHECK(rounding_from_qonnx("HALF_UP") == Rounding::half_up);
        CHECK(rounding_from_qonnx("HALF_DOWN") == Rounding::half_down);
        CHECK(rounding_from_qonnx("round_to_zero") == Rounding::down);
        CHECK_FALSE(rounding_from_qonnx("NEAREST").has_value());
        CHECK_FALSE(rounding_from_qonnx("").has_value());
    }
}
