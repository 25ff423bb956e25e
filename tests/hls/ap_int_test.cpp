// SPDX-License-Identifier: Apache-2.0
//
// Our ap_int and hls_stream headers: arithmetic against 128-bit integers, bits of wide numbers
// against arrays of bool, and the queue's order and errors. Only for our headers; the vendor's are
// not under test.
#include <ap_axi_sdata.h>
#include <ap_int.h>
#include <hls_stream.h>

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

namespace {

__extension__ typedef __int128 Wide;
std::mt19937_64 engine(7);

Wide wrap(Wide value, int width, bool is_signed) {
    const Wide modulus = static_cast<Wide>(1) << width;
    value = ((value % modulus) + modulus) % modulus;
    return is_signed && value >= modulus / 2 ? value - modulus : value;
}

template <typename T> T random_value() {
    switch (engine() % 5) {
    case 0:
        return T(0);
    case 1:
        return T(-1);
    case 2:
        return T(1LL << (T::width - 1 > 62 ? 62 : T::width - 1));
    default:
        return T(static_cast<long long>(engine()));
    }
}

template <typename A, typename B> void check_pair() {
    for (int i = 0; i < 50; ++i) {
        const A a = random_value<A>();
        const B b = random_value<B>();
        const Wide x = a.wide();
        const Wide y = b.wide();
        CHECK(x == wrap(x, A::width, A::sign_flag));
        CHECK(((a + b).wide() == x + y));
        CHECK(((a - b).wide() == x - y));
        CHECK(((a * b).wide() == x * y));
        CHECK(((a < b) == (x < y)));
        CHECK(((a <= b) == (x <= y)));
        CHECK(((a > b) == (x > y)));
        CHECK(((a >= b) == (x >= y)));
        CHECK(((a == b) == (x == y)));
        CHECK(((a != b) == (x != y)));
        CHECK(((a & b).wide() == (x & y)));
        CHECK(((a | b).wide() == (x | y)));
        CHECK(((a ^ b).wide() == (x ^ y)));
        CHECK((-a).wide() == -x);
        CHECK((~a).wide() == wrap(~x, A::width, A::sign_flag));
        CHECK(B(a).wide() == wrap(x, B::width, B::sign_flag));
        A sum = a;
        sum += b;
        CHECK(sum.wide() == wrap(x + y, A::width, A::sign_flag));
        const int shift = static_cast<int>(engine() % A::width);
        CHECK((a << shift).wide() ==
              wrap(x * (static_cast<Wide>(1) << shift), A::width, A::sign_flag));
        CHECK((a >> shift).wide() == (x >> shift));
        const int small = static_cast<int>(engine() % 200) - 100;
        CHECK(((a + small).wide() == x + small));
        CHECK(((small - a).wide() == small - x));
        CHECK(((a < small) == (x < small)));
        CHECK(((small == a) == (small == x)));
    }
}

template <int W> std::vector<bool> bits_of(const ap_uint<W>& value) {
    std::vector<bool> bits;
    for (int i = 0; i < W; ++i) bits.push_back(value[i]);
    return bits;
}

template <int W> ap_uint<W> random_wide() {
    ap_uint<W> value;
    for (int i = 0; i < W; i += 64) {
        const int hi = i + 63 < W ? i + 63 : W - 1;
        value.range(hi, i) = ap_uint<64>(static_cast<unsigned long long>(engine()));
    }
    return value;
}

template <int W> void check_wide() {
    for (int round = 0; round < 20; ++round) {
        const ap_uint<W> value = random_wide<W>();
        const std::vector<bool> bits = bits_of(value);
        const int lo = static_cast<int>(engine() % W);
        const int hi = lo + static_cast<int>(engine() % static_cast<unsigned>(W - lo));

        const ap_uint<W> part = value.range(hi, lo);
        const ap_uint<W> down = value >> lo;
        const ap_uint<W> up = value << lo;
        const ap_uint<W> inverse = ~value;
        for (int i = 0; i < W; ++i) {
            const std::size_t at = static_cast<std::size_t>(i);
            const std::size_t above = static_cast<std::size_t>(i + lo);
            CHECK(part[i] == (i <= hi - lo && bits[above]));
            CHECK(down[i] == (i + lo < W && bits[above]));
            CHECK(up[i] == (i >= lo && bits[static_cast<std::size_t>(i >= lo ? i - lo : 0)]));
            CHECK(inverse[i] != bits[at]);
        }

        const ap_uint<W> other = random_wide<W>();
        ap_uint<W> replaced = value;
        replaced.range(hi, lo) = other;
        for (int i = 0; i < W; ++i) {
            CHECK(replaced[i] == (i < lo || i > hi ? bits[static_cast<std::size_t>(i)]
                                                   : static_cast<bool>(other[i - lo])));
        }
        CHECK((replaced == value) == (bits_of(replaced) == bits));
    }
}

} // namespace

TEST_CASE("ap_int: arithmetic with the tools' result widths") {
    check_pair<ap_int<8>, ap_int<8>>();
    check_pair<ap_uint<8>, ap_int<8>>();
    check_pair<ap_int<3>, ap_uint<17>>();
    check_pair<ap_uint<1>, ap_uint<1>>();
    check_pair<ap_int<1>, ap_int<2>>();
    check_pair<ap_uint<33>, ap_int<33>>();
    check_pair<ap_int<48>, ap_uint<16>>();
    check_pair<ap_int<63>, ap_int<62>>();
    check_pair<ap_uint<64>, ap_int<20>>();
    check_pair<ap_int<64>, ap_uint<60>>();
    CHECK(decltype(ap_int<8>() * ap_uint<5>())::width == 13);
    CHECK(decltype(ap_int<8>() + ap_uint<8>())::width == 10);
    CHECK(decltype(ap_uint<8>() + ap_uint<8>())::width == 9);
    CHECK(decltype(ap_uint<8>() - ap_uint<8>())::width == 9);
    CHECK((ap_uint<8>(3) - ap_uint<8>(5)).to_int() == -2);
}

TEST_CASE("ap_int: bits of wide numbers") {
    check_wide<5>();
    check_wide<64>();
    check_wide<65>();
    check_wide<200>();
    check_wide<1024>();
}

TEST_CASE("ap_int: numbers from text") {
    CHECK(ap_uint<128>("0x0123456789abcdefFEDCBA9876543210", 16).range(127, 64).to_uint64() ==
          0x0123456789abcdefu);
    CHECK(ap_uint<128>("0123456789abcdefFEDCBA9876543210", 16).to_uint64() == 0xfedcba9876543210u);
    CHECK(ap_int<100>("-12", 10).to_int64() == -12);
    CHECK(ap_int<100>("-12", 10) == ap_int<8>(-12));
    CHECK(ap_uint<4>("1011", 2).to_uint() == 11);
}

TEST_CASE("hls::stream: order, blocks and errors") {
    hls::stream<ap_uint<20>> stream("numbers");
    unsigned written = 0;
    unsigned read = 0;
    for (int round = 0; round < 3000; ++round) {
        if (engine() % 100 < 55) {
            for (std::size_t n = engine() % 5; n > 0; --n) stream.write(ap_uint<20>(written++));
        } else if (engine() % 3 == 0) {
            const std::size_t count = engine() % 4;
            ap_uint<20>* block = stream.write_block(count);
            for (std::size_t i = 0; i < count; ++i) block[i] = ap_uint<20>(written++);
        } else if (stream.size() >= 3 && engine() % 2 == 0) {
            const ap_uint<20>* block = stream.read_block(3);
            for (int i = 0; i < 3; ++i) CHECK(block[i].to_uint() == read++);
        } else if (!stream.empty()) {
            CHECK(stream.read().to_uint() == read++);
        }
        CHECK(stream.size() == written - read);
    }
    while (!stream.empty()) CHECK(stream.read().to_uint() == read++);
    CHECK(read == written);

    ap_uint<20> value = 3;
    CHECK_FALSE(stream.read_nb(value));
    std::string message;
    try {
        stream.read();
    } catch (const std::runtime_error& error) {
        message = error.what();
    }
    CHECK(message.find("'numbers'") != std::string::npos);
    CHECK(message.find("empty") != std::string::npos);
    CHECK_THROWS_AS(stream.read_block(1), std::runtime_error);
}
