// SPDX-License-Identifier: Apache-2.0
#include "runtime/host/big_integer.hpp"

#include "runtime/host/decision.hpp"

#include <bit>
#include <utility>

namespace millrace::runtime::host {

namespace {

constexpr std::int64_t limb_bits = 32;
constexpr std::int64_t most_bits = std::int64_t{1} << 24;

std::uint32_t low_half(std::uint64_t x) { return static_cast<std::uint32_t>(x); }

void trim(std::vector<std::uint32_t>& limbs) {
    while (!limbs.empty() && limbs.back() == 0) {
        limbs.pop_back();
    }
}

} // namespace

BigInteger::BigInteger(std::int64_t value) : negative_(value < 0) {
    auto size = static_cast<std::uint64_t>(value);
    size = negative_ ? ~size + 1 : size;
    for (; size != 0; size >>= limb_bits) {
        limbs_.push_back(low_half(size));
    }
}

BigInteger BigInteger::make(bool negative, Limbs limbs) {
    trim(limbs);
    BigInteger result;
    result.negative_ = negative && !limbs.empty();
    result.limbs_ = std::move(limbs);
    return result;
}

BigInteger BigInteger::decimal(std::string_view digits) {
    Limbs limbs;
    for (const char c : digits) {
        std::uint64_t carry = static_cast<std::uint64_t>(c - '0');
        for (std::uint32_t& limb : limbs) {
            carry += std::uint64_t{limb} * 10;
            limb = low_half(carry);
            carry >>= limb_bits;
        }
        if (carry != 0) {
            limbs.push_back(low_half(carry));
        }
    }
    return make(false, std::move(limbs));
}

std::int64_t BigInteger::bit_length() const {
    return limbs_.empty() ? 0
                          : static_cast<std::int64_t>(limbs_.size() - 1) * limb_bits +
                                std::bit_width(limbs_.back());
}

std::int64_t BigInteger::trailing_zeros() const {
    std::int64_t zeros = 0;
    for (const std::uint32_t limb : limbs_) {
        if (limb != 0) {
            return zeros + std::countr_zero(limb);
        }
        zeros += limb_bits;
    }
    return zeros;
}

std::int64_t BigInteger::to_int64() const {
    std::uint64_t size = 0;
    for (std::size_t i = limbs_.size(); i-- > 0;) {
        size = size << limb_bits | limbs_[i];
    }
    return static_cast<std::int64_t>(negative_ ? ~size + 1 : size);
}

BigInteger BigInteger::operator-() const {
    BigInteger result = *this;
    result.negative_ = !negative_ && !limbs_.empty();
    return result;
}

int BigInteger::compare_magnitudes(const Limbs& a, const Limbs& b) {
    if (a.size() != b.size()) {
        return a.size() < b.size() ? -1 : 1;
    }
    for (std::size_t i = a.size(); i-- > 0;) {
        if (a[i] != b[i]) {
            return a[i] < b[i] ? -1 : 1;
        }
    }
    return 0;
}

BigInteger::Limbs BigInteger::add_magnitudes(const Limbs& a, const Limbs& b) {
    const Limbs& large = a.size() >= b.size() ? a : b;
    const Limbs& small = a.size() >= b.size() ? b : a;
    Limbs result;
    result.reserve(large.size() + 1);
    std::uint64_t carry = 0;
    for (std::size_t i = 0; i < large.size(); ++i) {
        carry += std::uint64_t{large[i]} + (i < small.size() ? small[i] : 0);
        result.push_back(low_half(carry));
        carry >>= limb_bits;
    }
    result.push_back(low_half(carry));
    return result;
}

BigInteger::Limbs BigInteger::subtract_magnitudes(const Limbs& a, const Limbs& b) {
    Limbs result;
    result.reserve(a.size());
    std::uint64_t borrow = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const std::uint64_t less = borrow + (i < b.size() ? b[i] : 0);
        borrow = a[i] < less ? 1 : 0;
        result.push_back(low_half(a[i] - less));
    }
    return result;
}

BigInteger operator+(const BigInteger& a, const BigInteger& b) {
    if (a.negative_ == b.negative_) {
        return BigInteger::make(a.negative_, BigInteger::add_magnitudes(a.limbs_, b.limbs_));
    }
    const int order = BigInteger::compare_magnitudes(a.limbs_, b.limbs_);
    return order >= 0
               ? BigInteger::make(a.negative_, BigInteger::subtract_magnitudes(a.limbs_, b.limbs_))
               : BigInteger::make(b.negative_, BigInteger::subtract_magnitudes(b.limbs_, a.limbs_));
}

BigInteger operator-(const BigInteger& a, const BigInteger& b) { return a + -b; }

BigInteger operator*(const BigInteger& a, const BigInteger& b) {
    BigInteger::Limbs limbs(a.limbs_.size() + b.limbs_.size());
    for (std::size_t i = 0; i < a.limbs_.size(); ++i) {
        std::uint64_t carry = 0;
        for (std::size_t j = 0; j < b.limbs_.size(); ++j) {
            carry += std::uint64_t{a.limbs_[i]} * b.limbs_[j] + limbs[i + j];
            limbs[i + j] = low_half(carry);
            carry >>= limb_bits;
        }
        limbs[i + b.limbs_.size()] = low_half(carry);
    }
    return BigInteger::make(a.negative_ != b.negative_, std::move(limbs));
}

int compare(const BigInteger& a, const BigInteger& b) {
    if (a.negative_ != b.negative_) {
        return a.negative_ ? -1 : 1;
    }
    const int order = BigInteger::compare_magnitudes(a.limbs_, b.limbs_);
    return a.negative_ ? -order : order;
}

BigInteger BigInteger::shifted_left(std::int64_t bits) const {
    if (limbs_.empty()) {
        return {};
    }
    if (bits > most_bits || bit_length() + bits > most_bits) {
        throw Undecided();
    }
    const auto limbs = static_cast<std::size_t>(bits / limb_bits);
    const auto shift = static_cast<unsigned>(bits % limb_bits);
    Limbs result(limbs, 0);
    std::uint64_t carry = 0;
    for (const std::uint32_t limb : limbs_) {
        carry |= std::uint64_t{limb} << shift;
        result.push_back(low_half(carry));
        carry >>= limb_bits;
    }
    result.push_back(low_half(carry));
    return make(negative_, std::move(result));
}

BigInteger BigInteger::shifted_right(std::int64_t bits) const {
    if (limbs_.empty()) {
        return {};
    }
    const bool inexact = trailing_zeros() < bits;
    Limbs result;
    const std::int64_t whole = bits / limb_bits;
    if (whole < static_cast<std::int64_t>(limbs_.size())) {
        const auto first = static_cast<std::size_t>(whole);
        const auto shift = static_cast<unsigned>(bits % limb_bits);
        for (std::size_t i = first; i < limbs_.size(); ++i) {
            const std::uint64_t above = i + 1 < limbs_.size() ? limbs_[i + 1] : 0;
            result.push_back(low_half((above << limb_bits | limbs_[i]) >> shift));
        }
    }
    const BigInteger toward_zero = make(negative_, std::move(result));
    return negative_ && inexact ? toward_zero - BigInteger(1) : toward_zero;
}

BigInteger::Limbs BigInteger::divide_magnitudes(Limbs& rest, const Limbs& divisor) {
    if (compare_magnitudes(rest, divisor) < 0) {
        return {};
    }
    if (divisor.size() == 1) {
        Limbs quotient(rest.size());
        std::uint64_t carry = 0;
        for (std::size_t i = rest.size(); i-- > 0;) {
            carry = carry << limb_bits | rest[i];
            quotient[i] = low_half(carry / divisor[0]);
            carry %= divisor[0];
        }
        rest.assign(1, low_half(carry));
        trim(rest);
        return quotient;
    }
    // The divisor's highest bit is set, so each estimate of a digit is at most two too large.
    const auto shift = static_cast<std::int64_t>(std::countl_zero(divisor.back()));
    const Limbs v = make(false, divisor).shifted_left(shift).limbs_;
    Limbs u = make(false, rest).shifted_left(shift).limbs_;
    const std::size_t n = v.size();
    while (u.size() <= rest.size()) {
        u.push_back(0);
    }
    const std::size_t digits = u.size() - n;
    Limbs quotient(digits);
    for (std::size_t j = digits; j-- > 0;) {
        const std::uint64_t top = std::uint64_t{u[j + n]} << limb_bits | u[j + n - 1];
        std::uint64_t digit = top / v[n - 1];
        std::uint64_t left = top % v[n - 1];
        while (digit >> limb_bits != 0 || digit * v[n - 2] > (left << limb_bits | u[j + n - 2])) {
            --digit;
            left += v[n - 1];
            if (left >> limb_bits != 0) {
                break;
            }
        }
        std::uint64_t carry = 0;
        std::uint64_t borrow = 0;
        for (std::size_t i = 0; i <= n; ++i) {
            carry += i < n ? digit * v[i] : 0;
            const std::uint64_t less = low_half(carry) + borrow;
            carry >>= limb_bits;
            borrow = u[j + i] < less ? 1 : 0;
            u[j + i] = low_half(u[j + i] - less);
        }
        if (borrow != 0) { // one too large
            --digit;
            std::uint64_t sum = 0;
            for (std::size_t i = 0; i <= n; ++i) {
                sum += std::uint64_t{u[j + i]} + (i < n ? v[i] : 0);
                u[j + i] = low_half(sum);
                sum >>= limb_bits;
            }
        }
        quotient[j] = low_half(digit);
    }
    rest = make(false, std::move(u)).shifted_right(shift).limbs_;
    return quotient;
}

BigInteger::Division BigInteger::divided_by(const BigInteger& divisor) const {
    Limbs rest = limbs_;
    Limbs quotient = divide_magnitudes(rest, divisor.limbs_);
    Division result{make(negative_ != divisor.negative_, std::move(quotient)),
                    make(negative_, std::move(rest))};
    if (result.remainder.sign() != 0 && result.remainder.negative_ != divisor.negative_) {
        result.quotient = result.quotient - BigInteger(1);
        result.remainder = result.remainder + divisor;
    }
    return result;
}

BigInteger gcd(BigInteger a, BigInteger b) {
    while (b.sign() != 0) {
        BigInteger rest = a.divided_by(b).remainder;
        a = std::exchange(b, std::move(rest));
    }
    return a.sign() < 0 ? -a : a;
}

BigInteger floor_root(const BigInteger& x) {
    if (x.sign() == 0) {
        return x;
    }
    // Newton's iteration from above falls until it has the root.
    BigInteger root = BigInteger(1).shifted_left((x.bit_length() + 1) / 2);
    while (true) {
        BigInteger next = (root + x.divided_by(root).quotient).shifted_right(1);
        if (compare(next, root) >= 0) {
            return root;
        }
        root = std::move(next);
    }
}

} // namespace millrace::runtime::host
