// SPDX-License-Identifier: Apache-2.0
//
// Integers of any size, for the rare samples that bounded arithmetic leaves undecided. Schoolbook
// methods: the numbers have some hundred bits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace millrace::runtime::host {

class BigInteger {
  public:
    BigInteger() = default;
    BigInteger(std::int64_t value); // NOLINT(google-explicit-constructor): integers are integers
    /// Decimal digits, without a sign.
    static BigInteger decimal(std::string_view digits);

    [[nodiscard]] int sign() const { return limbs_.empty() ? 0 : negative_ ? -1 : 1; }
    [[nodiscard]] bool is_odd() const { return !limbs_.empty() && (limbs_[0] & 1) != 0; }
    /// Bits of the magnitude; 0 for 0.
    [[nodiscard]] std::int64_t bit_length() const;
    /// How often 2 divides a number that is not 0.
    [[nodiscard]] std::int64_t trailing_zeros() const;
    /// The number itself where it is within +-2^62.
    [[nodiscard]] bool fits_int64() const { return bit_length() <= 62; }
    [[nodiscard]] std::int64_t to_int64() const;

    BigInteger operator-() const;
    friend BigInteger operator+(const BigInteger& a, const BigInteger& b);
    friend BigInteger operator-(const BigInteger& a, const BigInteger& b);
    friend BigInteger operator*(const BigInteger& a, const BigInteger& b);
    friend bool operator==(const BigInteger& a, const BigInteger& b) = default;
    /// The sign of a - b.
    friend int compare(const BigInteger& a, const BigInteger& b);
    /// this * 2^bits, bits >= 0. Throws Undecided beyond 2^24 bits.
    [[nodiscard]] BigInteger shifted_left(std::int64_t bits) const;
    /// floor(this / 2^bits), bits >= 0.
    [[nodiscard]] BigInteger shifted_right(std::int64_t bits) const;

    struct Division;
    /// Quotient rounded toward minus infinity and the remainder, which has the divisor's sign.
    [[nodiscard]] Division divided_by(const BigInteger& divisor) const;

  private:
    using Limbs = std::vector<std::uint32_t>;
    static int compare_magnitudes(const Limbs& a, const Limbs& b);
    static Limbs add_magnitudes(const Limbs& a, const Limbs& b);
    static Limbs subtract_magnitudes(const Limbs& a, const Limbs& b); ///< a >= b
    static BigInteger make(bool negative, Limbs limbs);
    /// Knuth's algorithm D on magnitudes; returns the quotient, leaves the remainder.
    static Limbs divide_magnitudes(Limbs& rest, const Limbs& divisor);

    bool negative_ = false;
    Limbs limbs_; ///< least first, the last one not 0
};

struct BigInteger::Division {
    BigInteger quotient;
    BigInteger remainder;
};

/// Of magnitudes, at least 1 where one is not 0.
BigInteger gcd(BigInteger a, BigInteger b);
/// floor(sqrt(x)), x >= 0.
BigInteger floor_root(const BigInteger& x);

} // namespace millrace::runtime::host
