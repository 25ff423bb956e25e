// SPDX-License-Identifier: Apache-2.0
//
// Arbitrary-width integers for plain C++ compilers: the part of the HLS tools' ap_int interface
// that the actor library and the generated tops use, and nothing more.
//
// ap_uint<W> holds W bits as a natural number, ap_int<W> as two's complement, 1 <= W <= 4096. The
// bits live in little-endian 64-bit limbs (numbers of up to 32 bits in one limb of 8, 16 or 32)
// that are always normalised: bits above W - 1 in the top limb repeat the sign (ap_int) or are zero
// (ap_uint). So equality is limb equality, widening is filling with the sign, and every read of at
// most 64 bits is one or two loads.
//
// Widths of results follow the tools: a sum has one bit more than its wider operand, a product the
// sum of the widths, a shift the width of its left operand. Arithmetic (+ - * and ordering) is done
// in 128 bits, which is exact because operands whose result might not fit are rejected at compile
// time; bit operations, shifts and ranges work at any width.
#ifndef MILLRACE_SIM_AP_INT_H
#define MILLRACE_SIM_AP_INT_H

#include <cstdint>
#include <type_traits>

namespace ap_detail {

__extension__ typedef __int128 Wide;

constexpr int max(int a, int b) { return a > b ? a : b; }

// Width that a W-bit operand needs when it meets an operand of the other signedness.
constexpr int joined(int width, bool is_signed, bool other_signed) {
    return width + (other_signed && !is_signed ? 1 : 0);
}
constexpr int joint_width(int w1, bool s1, int w2, bool s2) {
    return max(joined(w1, s1, s2), joined(w2, s2, s1));
}

// The native integers that limbs of a W-bit number are made of.
template <int W> struct LimbOf {
    typedef typename std::conditional<
        (W > 32), std::uint64_t,
        typename std::conditional<
            (W > 16), std::uint32_t,
            typename std::conditional<(W > 8), std::uint16_t, std::uint8_t>::type>::type>::type
        Unsigned;
    typedef typename std::make_signed<Unsigned>::type Signed;
};

} // namespace ap_detail

template <int W> struct ap_uint;
template <int W> struct ap_int;
template <int W, bool S> struct ap_range_ref;

template <int W, bool S> struct ap_int_base {
    static_assert(W >= 1 && W <= 4096, "ap_int widths are 1 to 4096 bits");
    static constexpr int width = W;
    static constexpr bool sign_flag = S;
    static constexpr int limbs = (W + 63) / 64;
    static constexpr int top_bits = W - 64 * (limbs - 1);
    typedef typename std::conditional<S, ap_int<W>, ap_uint<W>>::type Self;
    typedef typename ap_detail::LimbOf<W>::Unsigned Limb;
    typedef typename ap_detail::LimbOf<W>::Signed SignedLimb;

    Limb limb[limbs] = {};

    ap_int_base() = default;

    template <typename I, typename = typename std::enable_if<std::is_integral<I>::value>::type>
    ap_int_base(I value) {
        put(0, static_cast<std::uint64_t>(value));
        for (int i = 1; i < limbs; ++i) put(i, value < I(0) ? ~std::uint64_t(0) : 0);
    }

    template <int W2, bool S2> ap_int_base(const ap_int_base<W2, S2>& other) {
        for (int i = 0; i < limbs; ++i) put(i, other.get(i));
    }

    template <int W2, bool S2> ap_int_base(const ap_range_ref<W2, S2>& range) {
        for (int i = 0, lo = range.lo; i < limbs && lo <= range.hi; ++i, lo += 64) {
            const int count = range.hi - lo + 1;
            put(i, range.base.bits(lo, count < 64 ? count : 64));
        }
    }

    // Digits of radix 2, 8, 10 or 16; radix 16 may start with 0x. Excess digits wrap.
    ap_int_base(const char* text, signed char radix) {
        const bool negated = *text == '-';
        text += negated;
        if (radix == 16 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) text += 2;
        std::uint64_t value[limbs] = {};
        for (; *text; ++text) {
            const char c = *text;
            std::uint64_t carry =
                static_cast<std::uint64_t>(c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
            for (int i = 0; i < limbs; ++i) {
                const ap_detail::Wide sum = static_cast<ap_detail::Wide>(value[i]) * radix +
                                            static_cast<ap_detail::Wide>(carry);
                value[i] = static_cast<std::uint64_t>(sum);
                carry = static_cast<std::uint64_t>(sum >> 64);
            }
        }
        bool carry = true;
        for (int i = 0; i < limbs; ++i) {
            if (negated) value[i] = ~value[i] + (carry ? 1 : 0);
            carry = carry && value[i] == 0;
            put(i, value[i]);
        }
    }

    // Limb i of the number in unbounded two's complement.
    std::uint64_t get(int i) const {
        if (limbs == 1 && i == 0) {
            return S ? static_cast<std::uint64_t>(
                           static_cast<std::int64_t>(static_cast<SignedLimb>(limb[0])))
                     : static_cast<std::uint64_t>(limb[0]);
        }
        return i < limbs ? static_cast<std::uint64_t>(limb[i]) : negative() ? ~std::uint64_t(0) : 0;
    }
    // Replaces limb i; bits above the number's width are ignored.
    void put(int i, std::uint64_t value) {
        constexpr int spare = 64 - top_bits;
        if (i == limbs - 1) {
            value =
                S ? static_cast<std::uint64_t>(static_cast<std::int64_t>(value << spare) >> spare)
                  : (value << spare) >> spare;
        }
        limb[i] = static_cast<Limb>(value);
    }

    bool negative() const { return S && (limb[limbs - 1] >> (8 * sizeof(Limb) - 1)) != 0; }

    // Bits [lo, lo + count) as a number; 1 <= count <= 64.
    std::uint64_t bits(int lo, int count) const {
        const int index = lo >> 6;
        const int offset = lo & 63;
        std::uint64_t value = get(index) >> offset;
        if (offset + count > 64 && index + 1 < limbs) value |= get(index + 1) << (64 - offset);
        return count == 64 ? value : value & ((std::uint64_t(1) << count) - 1);
    }

    // Replaces bits [lo, lo + count); 1 <= count <= 64.
    void set_bits(int lo, int count, std::uint64_t value) {
        const std::uint64_t mask =
            count == 64 ? ~std::uint64_t(0) : (std::uint64_t(1) << count) - 1;
        const int index = lo >> 6;
        const int offset = lo & 63;
        value &= mask;
        put(index, (get(index) & ~(mask << offset)) | (value << offset));
        if (offset + count > 64 && index + 1 < limbs) {
            put(index + 1, (get(index + 1) & ~(mask >> (64 - offset))) | (value >> (64 - offset)));
        }
    }

    std::uint64_t to_uint64() const { return get(0); }
    std::int64_t to_int64() const { return static_cast<std::int64_t>(get(0)); }
    int to_int() const { return static_cast<int>(get(0)); }
    unsigned to_uint() const { return static_cast<unsigned>(get(0)); }
    bool to_bool() const { return *this != ap_int_base(); }

    // The value itself, for arithmetic.
    ap_detail::Wide wide() const {
        static_assert(W <= 127 || (S && W == 128), "arithmetic is limited to 128 bits");
        if (limbs == 1) {
            return S ? static_cast<ap_detail::Wide>(to_int64())
                     : static_cast<ap_detail::Wide>(to_uint64());
        }
        return static_cast<ap_detail::Wide>(static_cast<std::int64_t>(get(1))) *
                   (static_cast<ap_detail::Wide>(1) << 64) +
               static_cast<ap_detail::Wide>(get(0));
    }
    static Self from_wide(ap_detail::Wide value) {
        Self result;
        for (int i = 0; i < limbs; ++i) {
            result.put(i, static_cast<std::uint64_t>(value >> (i < 2 ? 64 * i : 127)));
        }
        return result;
    }

    ap_range_ref<W, S> range(int hi, int lo) { return ap_range_ref<W, S>(*this, hi, lo); }
    ap_range_ref<W, S> range(int hi, int lo) const {
        return ap_range_ref<W, S>(const_cast<ap_int_base&>(*this), hi, lo);
    }
    ap_range_ref<W, S> operator()(int hi, int lo) { return range(hi, lo); }
    ap_range_ref<W, S> operator()(int hi, int lo) const { return range(hi, lo); }
    ap_range_ref<W, S> operator[](int bit) { return range(bit, bit); }
    bool operator[](int bit) const { return bits(bit, 1) != 0; }

    Self operator~() const {
        Self result;
        for (int i = 0; i < limbs; ++i) result.put(i, ~get(i));
        return result;
    }
    ap_int<W + 1> operator-() const { return ap_int<W + 1>::from_wide(-wide()); }

    Self operator<<(int count) const {
        Self result;
        if (count >= W) return result;
        const int jump = count >> 6;
        const int offset = count & 63;
        for (int i = limbs - 1; i >= jump; --i) {
            std::uint64_t value = get(i - jump) << offset;
            if (offset != 0 && i > jump) value |= get(i - jump - 1) >> (64 - offset);
            result.put(i, value);
        }
        return result;
    }
    Self operator>>(int count) const {
        Self result;
        const int jump = count >> 6;
        const int offset = count & 63;
        for (int i = 0; i < limbs; ++i) {
            const std::uint64_t low = get(i + jump);
            result.put(i,
                       offset == 0 ? low : (low >> offset) | (get(i + jump + 1) << (64 - offset)));
        }
        return result;
    }

    template <typename T> ap_int_base& operator+=(const T& other) {
        return *this = ap_int_base(*this + other);
    }
    template <typename T> ap_int_base& operator-=(const T& other) {
        return *this = ap_int_base(*this - other);
    }
    template <typename T> ap_int_base& operator|=(const T& other) {
        return *this = ap_int_base(*this | other);
    }
    template <typename T> ap_int_base& operator&=(const T& other) {
        return *this = ap_int_base(*this & other);
    }
    ap_int_base& operator<<=(int count) { return *this = ap_int_base(*this << count); }
    ap_int_base& operator>>=(int count) { return *this = ap_int_base(*this >> count); }
    ap_int_base& operator++() { return *this += 1; }

    template <int W2, bool S2> bool equals(const ap_int_base<W2, S2>& other) const {
        if (negative() != other.negative()) return false;
        constexpr int most = ap_detail::max(limbs, ap_int_base<W2, S2>::limbs);
        for (int i = 0; i < most; ++i) {
            if (get(i) != other.get(i)) return false;
        }
        return true;
    }
    template <int W2, bool S2> bool less(const ap_int_base<W2, S2>& other) const {
        if (negative() != other.negative()) return negative();
        constexpr int most = ap_detail::max(limbs, ap_int_base<W2, S2>::limbs);
        for (int i = most - 1; i >= 0; --i) {
            const std::uint64_t a = get(i);
            const std::uint64_t b = other.get(i);
            if (a != b) return a < b;
        }
        return false;
    }
};

// A part of a number: readable as a natural number, assignable when the number is.
template <int W, bool S> struct ap_range_ref {
    ap_int_base<W, S>& base;
    int hi;
    int lo;

    ap_range_ref(ap_int_base<W, S>& number, int high, int low) : base(number), hi(high), lo(low) {}
    ap_range_ref(const ap_range_ref&) = default;

    std::uint64_t to_uint64() const {
        const int count = hi - lo + 1;
        return base.bits(lo, count < 64 ? count : 64);
    }
    unsigned to_uint() const { return static_cast<unsigned>(to_uint64()); }
    int to_int() const { return static_cast<int>(to_uint64()); }
    operator unsigned long long() const { return to_uint64(); }

    template <int W2, bool S2> ap_range_ref& operator=(const ap_int_base<W2, S2>& value) {
        for (int at = lo, i = 0; at <= hi; at += 64, ++i) {
            const int count = hi - at + 1;
            base.set_bits(at, count < 64 ? count : 64, value.get(i));
        }
        return *this;
    }
    template <int W2, bool S2> ap_range_ref& operator=(const ap_range_ref<W2, S2>& value) {
        return *this = ap_uint<W2>(value);
    }
    ap_range_ref& operator=(const ap_range_ref& value) { return *this = ap_uint<W>(value); }
    template <typename I>
    typename std::enable_if<std::is_integral<I>::value, ap_range_ref&>::type operator=(I value) {
        return *this = ap_int<65>(value);
    }
};

template <int W> struct ap_uint : ap_int_base<W, false> {
    typedef ap_int_base<W, false> Base;
    using Base::Base;
    ap_uint() = default;
    template <int W2, bool S2> ap_uint(const ap_int_base<W2, S2>& other) : Base(other) {}
};

template <int W> struct ap_int : ap_int_base<W, true> {
    typedef ap_int_base<W, true> Base;
    using Base::Base;
    ap_int() = default;
    template <int W2, bool S2> ap_int(const ap_int_base<W2, S2>& other) : Base(other) {}
};

namespace ap_detail {

template <int W, bool S> using Number = typename std::conditional<S, ap_int<W>, ap_uint<W>>::type;

// The ap type of a native integer, for mixed operands.
template <typename I>
using Native = Number<std::is_same<I, bool>::value ? 1 : 8 * static_cast<int>(sizeof(I)),
                      std::is_signed<I>::value>;

} // namespace ap_detail

template <int W1, bool S1, int W2, bool S2>
ap_detail::Number<ap_detail::joint_width(W1, S1, W2, S2) + 1, S1 || S2>
operator+(const ap_int_base<W1, S1>& a, const ap_int_base<W2, S2>& b) {
    return ap_detail::Number < ap_detail::joint_width(W1, S1, W2, S2) + 1,
           S1 || S2 > ::from_wide(a.wide() + b.wide());
}
template <int W1, bool S1, int W2, bool S2>
ap_int<ap_detail::joint_width(W1, S1, W2, S2) + 1> operator-(const ap_int_base<W1, S1>& a,
                                                             const ap_int_base<W2, S2>& b) {
    return ap_int<ap_detail::joint_width(W1, S1, W2, S2) + 1>::from_wide(a.wide() - b.wide());
}
template <int W1, bool S1, int W2, bool S2>
ap_detail::Number<W1 + W2, S1 || S2> operator*(const ap_int_base<W1, S1>& a,
                                               const ap_int_base<W2, S2>& b) {
    static_assert(W1 + W2 <= 127, "products are limited to 127 bits");
    return ap_detail::Number < W1 + W2, S1 || S2 > ::from_wide(a.wide() * b.wide());
}

#define MILLRACE_AP_BIT_OPERATOR(OP)                                                               \
    template <int W1, bool S1, int W2, bool S2>                                                    \
    ap_detail::Number<ap_detail::joint_width(W1, S1, W2, S2), S1 || S2> operator OP(               \
        const ap_int_base<W1, S1>& a, const ap_int_base<W2, S2>& b) {                              \
        typedef ap_detail::Number<ap_detail::joint_width(W1, S1, W2, S2), S1 || S2> Result;        \
        Result result;                                                                             \
        for (int i = 0; i < Result::limbs; ++i) result.put(i, a.get(i) OP b.get(i));               \
        return result;                                                                             \
    }
MILLRACE_AP_BIT_OPERATOR(&)
MILLRACE_AP_BIT_OPERATOR(|)
MILLRACE_AP_BIT_OPERATOR(^)
#undef MILLRACE_AP_BIT_OPERATOR

#define MILLRACE_AP_COMPARISON(OP, EXPRESSION)                                                     \
    template <int W1, bool S1, int W2, bool S2>                                                    \
    bool operator OP(const ap_int_base<W1, S1>& a, const ap_int_base<W2, S2>& b) {                 \
        return EXPRESSION;                                                                         \
    }
MILLRACE_AP_COMPARISON(==, a.equals(b))
MILLRACE_AP_COMPARISON(!=, !a.equals(b))
MILLRACE_AP_COMPARISON(<, a.less(b))
MILLRACE_AP_COMPARISON(>, b.less(a))
MILLRACE_AP_COMPARISON(<=, !b.less(a))
MILLRACE_AP_COMPARISON(>=, !a.less(b))
#undef MILLRACE_AP_COMPARISON

#define MILLRACE_AP_MIXED(OP)                                                                      \
    template <int W, bool S, typename I,                                                           \
              typename = typename std::enable_if<std::is_integral<I>::value>::type>                \
    auto operator OP(const ap_int_base<W, S>& a, I b)->decltype(a OP ap_detail::Native<I>(b)) {    \
        return a OP ap_detail::Native<I>(b);                                                       \
    }                                                                                              \
    template <int W, bool S, typename I,                                                           \
              typename = typename std::enable_if<std::is_integral<I>::value>::type>                \
    auto operator OP(I a, const ap_int_base<W, S>& b)->decltype(ap_detail::Native<I>(a) OP b) {    \
        return ap_detail::Native<I>(a) OP b;                                                       \
    }
MILLRACE_AP_MIXED(+)
MILLRACE_AP_MIXED(-)
MILLRACE_AP_MIXED(*)
MILLRACE_AP_MIXED(&)
MILLRACE_AP_MIXED(|)
MILLRACE_AP_MIXED(^)
MILLRACE_AP_MIXED(==)
MILLRACE_AP_MIXED(!=)
MILLRACE_AP_MIXED(<)
MILLRACE_AP_MIXED(>)
MILLRACE_AP_MIXED(<=)
MILLRACE_AP_MIXED(>=)
#undef MILLRACE_AP_MIXED

#endif // MILLRACE_SIM_AP_INT_H
