// SPDX-License-Identifier: Apache-2.0
//
// The text form of exact reals.
//
//     number      = term { ("+" | "-") term }          the first term may have a "-"
//     term        = coefficient [ "*sqrt(" digits ")" ] | "sqrt(" digits ")"
//     coefficient = digits [ "/" digits | "*2^" [ "-" ] digits ]
//
// A coefficient is written in full when it is an integer of at most 63 bits or has a denominator
// that is not a power of two, or one up to 2^15; other dyadics are written as odd * 2^exponent.
// The grammar is unambiguous, and parse() evaluates it with the exact operators, so
// parse(x.to_string()) equals x for every number that is not an expression.
#include "ir/real.hpp"
#include "ir/real_node.hpp"

#include <array>
#include <charconv>
#include <cstddef>

namespace millrace {

namespace {

using detail::RootSum;
using Node = Real::Node;

constexpr std::int64_t most_fraction_bits = 15;
constexpr std::int64_t most_integer_bits = 63;

// odd * 2^exponent.
std::string dyadic_text(const mpz_class& odd, std::int64_t exponent) {
    const auto bits = static_cast<std::int64_t>(mpz_sizeinbase(odd.get_mpz_t(), 2));
    if (exponent >= 0 && (exponent == 0 || exponent + bits <= most_integer_bits)) {
        return mpz_class(odd << static_cast<mp_bitcnt_t>(exponent)).get_str();
    }
    if (exponent < 0 && exponent >= -most_fraction_bits) {
        return odd.get_str() + "/" + std::to_string(std::int64_t{1} << -exponent);
    }
    return odd.get_str() + "*2^" + std::to_string(exponent);
}

std::string rational_text(const mpq_class& value) {
    if (sgn(value) == 0) {
        return "0";
    }
    const mpz_class& denominator = value.get_den();
    const mp_bitcnt_t point = mpz_scan1(denominator.get_mpz_t(), 0);
    if (point + 1 != mpz_sizeinbase(denominator.get_mpz_t(), 2)) {
        return value.get_str();
    }
    const mp_bitcnt_t zeros = mpz_scan1(value.get_num_mpz_t(), 0);
    return dyadic_text(value.get_num() >> zeros,
                       static_cast<std::int64_t>(zeros) - static_cast<std::int64_t>(point));
}

std::string sum_text(const RootSum& sum) {
    std::string text = sgn(sum.rational()) != 0 ? rational_text(sum.rational()) : "";
    for (const RootSum::Root& root : sum.roots()) {
        if (!text.empty() && sgn(root.coefficient) > 0) {
            text += '+';
        }
        if (root.coefficient == -1) {
            text += '-';
        } else if (root.coefficient != 1) {
            text += rational_text(root.coefficient) + "*";
        }
        text += "sqrt(" + root.radicand.get_str() + ")";
    }
    return text;
}

std::string approximate_text(const Real& x) {
    constexpr mpfr_prec_t precision = 256;
    constexpr const char* format = "~%.20Rg";
    const detail::Interval interval = detail::enclose(x, precision);
    std::array<char, 64> text{};
    mpfr_snprintf(text.data(), text.size(), format, interval.lower());
    return text.data();
}

class Parser {
  public:
    explicit Parser(std::string_view text) : rest_(text) {}

    std::optional<Real> number() {
        Real sum;
        bool first = true;
        while (first || !rest_.empty()) {
            const bool negative = take("-");
            if (!negative && !first && !take("+")) {
                return std::nullopt;
            }
            first = false;
            const std::optional<Real> value = term();
            if (!value.has_value()) {
                return std::nullopt;
            }
            sum = negative ? sum - *value : sum + *value;
        }
        return sum;
    }

  private:
    bool take(std::string_view token) {
        if (!rest_.starts_with(token)) {
            return false;
        }
        rest_.remove_prefix(token.size());
        return true;
    }

    std::optional<mpz_class> digits() {
        std::size_t count = 0;
        while (count < rest_.size() && rest_[count] >= '0' && rest_[count] <= '9') {
            ++count;
        }
        if (count == 0) {
            return std::nullopt;
        }
        mpz_class value(std::string(rest_.substr(0, count)), 10);
        rest_.remove_prefix(count);
        return value;
    }

    std::optional<Real> radicand_root() {
        const std::optional<mpz_class> radicand = digits();
        if (!radicand.has_value() || *radicand == 0 || !take(")")) {
            return std::nullopt;
        }
        return sqrt(Node::wrap(RootSum(mpq_class(*radicand))));
    }

    std::optional<Real> coefficient() {
        const std::optional<mpz_class> numerator = digits();
        if (!numerator.has_value()) {
            return std::nullopt;
        }
        const Real value = Node::wrap(RootSum(mpq_class(*numerator)));
        if (take("/")) {
            const std::optional<mpz_class> denominator = digits();
            if (!denominator.has_value() || *denominator == 0) {
                return std::nullopt;
            }
            return value / Node::wrap(RootSum(mpq_class(*denominator)));
        }
        if (take("*2^")) {
            int exponent = 0;
            const char* end = rest_.data() + rest_.size();
            const auto [stop, error] = std::from_chars(rest_.data(), end, exponent);
            if (error != std::errc()) {
                return std::nullopt;
            }
            rest_.remove_prefix(static_cast<std::size_t>(stop - rest_.data()));
            return value * Real::dyadic(1, exponent);
        }
        return value;
    }

    std::optional<Real> term() {
        if (take("sqrt(")) {
            return radicand_root();
        }
        std::optional<Real> factor = coefficient();
        if (!factor.has_value() || !take("*sqrt(")) {
            return factor;
        }
        const std::optional<Real> root = radicand_root();
        return root.has_value() ? std::optional<Real>(*factor * *root) : std::nullopt;
    }

    std::string_view rest_;
};

} // namespace

std::string Real::to_string() const {
    if (!node_) {
        return mantissa_ == 0 ? "0"
                              : dyadic_text(mpz_class(static_cast<long>(mantissa_)), exponent_);
    }
    const RootSum* sum = Node::root_sum(*this);
    return sum != nullptr ? sum_text(*sum) : approximate_text(*this);
}

std::optional<Real> Real::parse(std::string_view text) {
    try {
        return Parser(text).number();
    } catch (const std::range_error&) {
        // Beyond exact arithmetic: nothing that to_string() wrote.
        return std::nullopt;
    }
}

} // namespace millrace
