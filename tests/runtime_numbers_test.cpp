// SPDX-License-Identifier: Apache-2.0
//
// The host program's two number types against the compiler's exact reals: every BoundedReal
// encloses the exact result, every decision that is made is the right one.
#include "ir/real.hpp"
#include "runtime/host/arithmetic.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>

namespace {

using millrace::Real;
using namespace millrace::runtime;
using namespace millrace::runtime::host;

Real real_of(const BigInteger& value) {
    // In pieces of 32 bits.
    Real result;
    BigInteger rest = value.sign() < 0 ? -value : value;
    for (int place = 0; rest.sign() != 0; place += 32) {
        const BigInteger high = rest.shifted_right(32);
        result += Real((rest - high.shifted_left(32)).to_int64()) * Real::dyadic(1, place);
        rest = high;
    }
    return value.sign() < 0 ? -result : result;
}
Real real_of(const Dyadic& x) {
    return real_of(x.mantissa) * Real::dyadic(1, static_cast<int>(x.exponent));
}
Real real_of(const Rational& x) { return real_of(x.value()) / real_of(x.divisor()); }
Real centre_of(const BoundedReal& x) { return Real::from_double(x.hi) + Real::from_double(x.lo); }

/// Whether |x - exact| <= radius, and whether the radius is small against the number.
bool encloses(const BoundedReal& x, const Real& exact) {
    const Real distance = centre_of(x) - exact;
    const Real radius = Real::from_double(x.radius);
    return distance <= radius && -radius <= distance;
}
bool tight(const BoundedReal& x, int bits) {
    return x.radius <= std::ldexp(std::abs(x.hi), -bits) + 1e-300;
}

class Numbers {
  public:
    explicit Numbers(unsigned seed) : random_(seed) {}

    /// Integers, floats, doubles of all sizes, near cancellations.
    double number() {
        switch (random_() % 6) {
        case 0:
            return static_cast<double>(static_cast<std::int64_t>(random_() % 2001) - 1000);
        case 1:
            return static_cast<double>(static_cast<float>(unit()));
        case 2:
            return unit() * std::ldexp(1.0, static_cast<int>(random_() % 200) - 100);
        case 3:
            return static_cast<double>(static_cast<std::int64_t>(random_() % 64) - 32) / 8;
        case 4:
            return 1 + std::ldexp(unit(), -50);
        default:
            return unit();
        }
    }
    double unit() { return std::uniform_real_distribution<double>(-1, 1)(random_); }
    std::uint64_t next() { return random_(); }

  private:
    std::mt19937_64 random_;
};

} // namespace

TEST_SUITE("runtime bounded reals") {
    TEST_CASE("results enclose the exact ones, through chains of operations") {
        Numbers numbers(1);
        int exact = 0;
        for (int round = 0; round < 3000; ++round) {
            BoundedReal x(numbers.number());
            Real real = Real::from_double(x.hi);
            for (int step = 0; step < 6; ++step) {
                const double y = numbers.number();
                const BoundedReal operand(y);
                switch (numbers.next() % 4) {
                case 0:
                    x = x + operand;
                    real = real + Real::from_double(y);
                    break;
                case 1:
                    x = x - operand;
                    real = real - Real::from_double(y);
                    break;
                case 2:
                    x = x * operand;
                    real = real * Real::from_double(y);
                    break;
                default:
                    if (y != 0) {
                        x = x / operand;
                        real = real / Real::from_double(y);
                    }
                    break;
                }
                REQUIRE(encloses(x, real));
                exact += x.exact() ? 1 : 0;
            }
            // What is decided is right, and exact numbers are.
            const auto decides = [&](auto&& decide, auto expected) {
                try {
                    const auto got = decide();
                    CHECK(got == expected);
                } catch (const Undecided&) {
                    CHECK_FALSE(x.exact());
                }
            };
            decides([&] { return sign(x); }, real.sign());
            decides([&] { return std::bit_cast<std::uint32_t>(to_float(x)); },
                    std::bit_cast<std::uint32_t>(real.to_float()));
            decides([&] { return to_double(x); }, real.to_double());
            if (std::abs(x.hi) < 1e15) {
                for (const auto& [mode, name] :
                     {std::pair(Rounding::half_even, "half_even"),
                      std::pair(Rounding::floor, "floor"), std::pair(Rounding::up, "up")}) {
                    decides([&, to = mode] { return millrace::runtime::host::round(x, to); },
                            real.round(millrace::rounding_from_string(name).value()));
                }
            }
        }
        CHECK(exact > 2000);
    }

    TEST_CASE("sums of products") {
        Numbers numbers(7);
        int exact = 0;
        for (int round = 0; round < 400; ++round) {
            BoundedReal sum;
            Real real;
            for (int i = 0; i < 20; ++i) {
                const double scale = round % 2 == 0 ? 1 : std::ldexp(1.0, 25 * (i % 3) - 25);
                const auto x = static_cast<float>(numbers.number() * scale);
                const double y =
                    round % 5 == 0 ? numbers.number() : static_cast<float>(numbers.number());
                sum = add_product(sum, BoundedReal(static_cast<double>(x)), BoundedReal(y));
                real += Real::from_double(static_cast<double>(x)) * Real::from_double(y);
                REQUIRE(encloses(sum, real));
            }
            exact += sum.exact() ? 1 : 0;
        }
        CHECK(exact > 0);
        CHECK(exact < 400);
    }

    TEST_CASE("two operands with bounds of their own") {
        Numbers numbers(2);
        for (int round = 0; round < 1000; ++round) {
            const double a = numbers.number();
            const double b = numbers.number();
            const double c = numbers.number();
            const double d = numbers.number();
            if (b == 0 || d == 0 || c == 0) {
                continue;
            }
            const BoundedReal x = BoundedReal(a) / BoundedReal(b);
            const BoundedReal y = BoundedReal(c) / BoundedReal(d);
            const Real p = Real::from_double(a) / Real::from_double(b);
            const Real q = Real::from_double(c) / Real::from_double(d);
            CHECK(encloses(x + y, p + q));
            CHECK(encloses(x * y, p * q));
            CHECK(encloses(x / y, p / q));
            CHECK(tight(x * y, 100));
            CHECK(tight(x / y, 100));
            CHECK(tight(BoundedReal(a) / BoundedReal(b), 102));
        }
    }

    TEST_CASE("roots and exponentials") {
        Numbers numbers(3);
        for (int round = 0; round < 300; ++round) {
            const double a = std::abs(numbers.number()) + 0x1p-90;
            const BoundedReal root = sqrt(BoundedReal(a));
            CHECK(encloses(root, millrace::sqrt(Real::from_double(a))));
            CHECK(tight(root, 98));
            const double e = numbers.unit() * (round % 3 == 0 ? 600 : round % 3 == 1 ? 10 : 1e-12);
            const BoundedReal power = exp(BoundedReal(e));
            CHECK(encloses(power, millrace::exp(Real::from_double(e))));
            CHECK(tight(power, 85));
        }
        CHECK(sqrt(BoundedReal(49.0 / 64)).exact());
        CHECK(sqrt(BoundedReal(49.0 / 64)).hi == 7.0 / 8);
        CHECK(exp(BoundedReal(0.0)).exact());
        CHECK(encloses(exp(BoundedReal(-800.0)), millrace::exp(Real(-800))));
        CHECK(to_float(exp(BoundedReal(-800.0))) == 0);
        CHECK_THROWS_AS(exp(BoundedReal(800.0)), Undecided);
        CHECK_THROWS_AS(sqrt(BoundedReal(-1.0)), Undecided);
        CHECK_THROWS_AS(BoundedReal(1.0) / BoundedReal(0.0), Undecided);
    }

    TEST_CASE("an exact sum or product has no radius, an inexact one does") {
        CHECK((BoundedReal(0x1p80) + BoundedReal(1.0)).exact());
        CHECK((BoundedReal(0.1) * BoundedReal(0.7)).exact());
        CHECK((BoundedReal(6.0) / BoundedReal(3.0)).exact());
        CHECK_FALSE((BoundedReal(1.0) / BoundedReal(3.0)).exact());
        CHECK_FALSE((BoundedReal(0x1p200) + BoundedReal(1.0) + BoundedReal(0x1p-200)).exact());
        CHECK_FALSE((BoundedReal(0x1p-600) * BoundedReal(0x1.8p-600)).exact());
        CHECK_THROWS_AS(BoundedReal(1e300) * BoundedReal(1e300), Undecided);
    }

    TEST_CASE("a decision point within the radius is not decided") {
        const BoundedReal third = BoundedReal(1.0) / BoundedReal(3.0);
        const BoundedReal one = third + third + third;
        CHECK_THROWS_AS(compare(one, BoundedReal(1.0)), Undecided);
        CHECK_THROWS_AS(millrace::runtime::host::round(one, Rounding::floor), Undecided);
        CHECK(millrace::runtime::host::round(one, Rounding::half_even) == 1);
        CHECK(nearest_integer(one) == 1);
        CHECK_THROWS_AS(nearest_integer(third), Undecided);
        CHECK_THROWS_AS(is_integer(one), Undecided);
        CHECK_FALSE(is_integer(third));
        CHECK(sign(one - BoundedReal(0.5)) == 1);
    }

    TEST_CASE("integers of 64 bits") {
        for (const std::int64_t value :
             {INT64_MAX, INT64_MIN, std::int64_t{1} << 53, (std::int64_t{1} << 62) - 1,
              -(std::int64_t{1} << 61) - 1}) {
            const BoundedReal x = BoundedReal::integer(value);
            CHECK(x.exact());
            CHECK(centre_of(x) == Real(value));
        }
        CHECK(nearest_integer(BoundedReal::integer((std::int64_t{1} << 61) + 1)) ==
              (std::int64_t{1} << 61) + 1);
    }
}

TEST_SUITE("runtime exact reals") {
    TEST_CASE("rationals as the compiler computes them") {
        Numbers numbers(4);
        const ExactArithmetic a(256);
        for (int round = 0; round < 400; ++round) {
            ExactReal x(numbers.number());
            Real real = real_of(*x.rational());
            for (int step = 0; step < 8; ++step) {
                const double y = numbers.number();
                switch (numbers.next() % 3) {
                case 0:
                    x = a.add(x, ExactReal(y));
                    real = real + Real::from_double(y);
                    break;
                case 1:
                    x = a.multiply(x, ExactReal(y));
                    real = real * Real::from_double(y);
                    break;
                default:
                    if (y != 0) {
                        x = a.divide(x, ExactReal(y));
                        real = real / Real::from_double(y);
                    }
                    break;
                }
            }
            REQUIRE(x.rational() != nullptr);
            REQUIRE(real_of(*x.rational()) == real);
            CHECK(a.to_float(x) == real.to_float());
            CHECK(a.to_double(x) == real.to_double());
            CHECK(encloses(bounded(x), real));
            if (std::abs(real.to_double()) < 1e15) {
                for (const auto& [mode, name] :
                     {std::pair(Rounding::half_even, "half_even"),
                      std::pair(Rounding::half_up, "half_up"),
                      std::pair(Rounding::half_down, "half_down"),
                      std::pair(Rounding::floor, "floor"), std::pair(Rounding::ceil, "ceil"),
                      std::pair(Rounding::up, "up"), std::pair(Rounding::down, "down")}) {
                    CHECK(a.round(x, mode) ==
                          real.round(millrace::rounding_from_string(name).value()));
                }
            }
        }
    }

    TEST_CASE("long division") {
        Numbers numbers(5);
        for (int round = 0; round < 300; ++round) {
            BigInteger a(1);
            BigInteger b(1);
            for (std::uint64_t i = numbers.next() % 9; i > 0; --i) {
                a = a * BigInteger(static_cast<std::int64_t>(numbers.next()));
            }
            for (std::uint64_t i = numbers.next() % 5; i > 0; --i) {
                // Digits that make the estimate too large now and then.
                b = b.shifted_left(32) + BigInteger(numbers.next() % 2 == 0 ? 0xffffffff : 0);
            }
            const auto division = a.divided_by(b);
            CHECK(division.quotient * b + division.remainder == a);
            CHECK(division.remainder.sign() >= 0);
            CHECK(compare(division.remainder, b) < 0);
            const BigInteger square = a * a;
            CHECK(floor_root(square) == (a.sign() < 0 ? -a : a));
        }
        CHECK(BigInteger::decimal("340282366920938463463374607431768211456") ==
              BigInteger(1).shifted_left(128));
    }

    TEST_CASE("roots and exponentials at any precision") {
        for (const int precision : {128, 256, 2048}) {
            const ExactArithmetic a(precision);
            for (const double x : {2.0, 0.3, 700.0, 1e-30, 1.0 + 0x1p-52}) {
                const ExactReal root = a.root(ExactReal(x));
                const Real r = millrace::sqrt(Real::from_double(x));
                CHECK(real_of(root.low(precision)) <= r);
                CHECK(r <= real_of(root.high(precision)));
                for (const double e : {x, -x}) {
                    const ExactReal power = a.exponential(ExactReal(e));
                    const Real p = millrace::exp(Real::from_double(e));
                    const Real low = real_of(power.low(precision));
                    const Real high = real_of(power.high(precision));
                    CHECK(low < p);
                    CHECK(p < high);
                    CHECK(high - low < p * Real::dyadic(1, 8 - precision));
                }
            }
        }
    }

    TEST_CASE("equal expressions are equal, unequal ones are told apart") {
        const ExactArithmetic a(256);
        const ExactReal third = a.divide(ExactReal(1.0), ExactReal(3.0));
        CHECK(a.compare(a.add(third, a.add(third, third)), ExactReal(1.0)) == 0);
        const ExactReal x = a.multiply(third, a.root(ExactReal(2.0)));
        const ExactReal y = a.multiply(third, a.root(ExactReal(2.0)));
        CHECK(a.compare(x, y) == 0);
        CHECK(a.sign(a.subtract(x, y)) == 0);
        CHECK(a.compare(x, a.add(y, ExactReal(0x1p-200))) < 0);
        CHECK_THROWS_AS(static_cast<void>(a.compare(x, a.add(y, ExactReal(0x1p-400)))), Undecided);
        CHECK(ExactArithmetic(1024).compare(
                  ExactArithmetic(1024).root(ExactReal(2.0)),
                  ExactArithmetic(1024).add(ExactArithmetic(1024).root(ExactReal(2.0)),
                                            ExactReal(0x1p-400))) < 0);
        CHECK(a.sign(a.multiply(ExactReal(), x)) == 0);
        CHECK(a.compare(a.root(ExactReal(2.25)), ExactReal(1.5)) == 0);
        CHECK(a.compare(a.exponential(ExactReal()), ExactReal(1.0)) == 0);
    }
}

TEST_SUITE("runtime number formats") {
    TEST_CASE("halves are rounded once, both ways alike") {
        Numbers numbers(6);
        const ExactArithmetic a(256);
        for (int round = 0; round < 20000; ++round) {
            double value = numbers.number();
            if (round % 2 == 0) { // ties and their neighbours
                const double tie = (static_cast<double>(numbers.next() % 4096) + 0.5) *
                                   std::ldexp(1.0, static_cast<int>(numbers.next() % 40) - 30);
                value = numbers.next() % 2 == 0 ? tie : -tie;
            }
            BoundedReal x(value);
            ExactReal e(value);
            if (round % 3 == 0) {
                const double off = std::ldexp(numbers.unit(), -80);
                x = x + BoundedReal(off);
                e = a.add(e, ExactReal(off));
            }
            for (const int mantissa : {10, 7}) {
                CHECK(to_half(x, mantissa) == a.to_half(e, mantissa));
            }
            CHECK(to_float(x) == a.to_float(e));
        }
        CHECK(to_half(BoundedReal(65519.0), 10) == 0x7bff);
        CHECK(to_half(BoundedReal(65520.0), 10) == 0x7c00);
        CHECK(to_half(BoundedReal(1.0), 10) == 0x3c00);
        CHECK(to_half(BoundedReal(-1.5), 7) == 0xbfc0);
        CHECK(to_half(BoundedReal(0x1p-25), 10) == 0);
        CHECK(to_half(BoundedReal(0x1.8p-25), 10) == 1);
    }

    TEST_CASE("floats at the ends of their range") {
        const double middle = 0x1.ffffffp127; // between the largest float and 2^128
        CHECK(std::isinf(to_float(BoundedReal(middle))));
        CHECK(to_float(BoundedReal(middle, -0x1p-10, 0)) == std::numeric_limits<float>::max());
        CHECK(to_float(BoundedReal(-middle, 0x1p-10, 0)) == -std::numeric_limits<float>::max());
        CHECK(to_float(BoundedReal(0x1p-150)) == 0);
        CHECK(to_float(BoundedReal(0x1p-150, 0x1p-220, 0)) == 0x1p-149F);
        CHECK(to_float(BoundedReal(1 + 0x1p-24, 0x1p-90, 0)) == 1 + 0x1p-23F);
        CHECK(to_float(BoundedReal(1 + 0x1p-24, -0x1p-90, 0)) == 1);
        CHECK(to_float(BoundedReal(1 + 0x1p-24)) == 1);
    }

    TEST_CASE("numbers of manifests") {
        const auto read = [](const std::string& text) {
            const JsonValue json = parse_json(text, "n.json");
            return number_of({json, "n"});
        };
        CHECK(real_of(*read("-12").rational()) == Real(-12));
        CHECK(real_of(*read("0.1").rational()) == Real::from_double(0.1));
        for (const char* text :
             {"0", "-3/7", "5*2^-20", "123456789012345678901234567890", "-7*2^200", "1/3"}) {
            const ExactReal x = read(std::string(R"({"exact": ")") + text + R"(", "value": 0})");
            REQUIRE(x.rational() != nullptr);
            CHECK(real_of(*x.rational()) == Real::parse(text).value());
        }
        const ExactReal root =
            read(R"x({"exact": "1/2+3/4*sqrt(5)-1/3*sqrt(6)", "value": 0, "rest": 0})x");
        const Real expected = Real::parse("1/2+3/4*sqrt(5)-1/3*sqrt(6)").value();
        CHECK(encloses(bounded(root), expected));
        CHECK(tight(bounded(root), 100));
        const ExactReal about = read(R"({"exact": "~2.7182818", "value": 2.718281828459045,
                                         "rest": 1.4456468917292502e-16})");
        CHECK(about.rational() == nullptr);
        CHECK(encloses(bounded(about), millrace::exp(Real(1))));
        CHECK_THROWS_WITH(read(R"({"exact": "~2.7", "value": 2.7})"),
                          "n: the key \"rest\" is missing: compile the model again with the "
                          "Millrace of this runtime");
        CHECK_THROWS_WITH(read(R"({"exact": "two", "value": 2})"),
                          "n.exact: \"two\" is not a number");
        CHECK_THROWS_WITH(read(R"({"exact": "1/0", "value": 2})"),
                          "n.exact: \"1/0\" is not a number");
    }
}
