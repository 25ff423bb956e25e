// SPDX-License-Identifier: Apache-2.0
//
// Elementwise function units against their definitions, evaluated in int64 or, for the rounding
// modes, by exact comparison of integers: both forms, several foldings, shared and per-channel
// tables, edge values of the encodings.
#include "bench_support.hpp"

#include <doctest/doctest.h>

#include <algorithm>

namespace {

using bench::Numbers;
using millrace::Bipolar;
using millrace::ChannelTable;
using millrace::Rounding;
using millrace::Signed;
using millrace::ThresholdTree;
using millrace::Unsigned;

// Runs both forms of a unit on the same numbers. `call` gets (in, out, frames).
template <typename In, typename Out, int CHANNELS, int PE, int VECTORS, typename Loops,
          typename Unit>
void check_unit(const Numbers& x, const Numbers& expected, int frames, Loops loops, Unit unit) {
    hls::stream<ap_uint<PE * In::bits>> in("in");
    hls::stream<ap_uint<PE * Out::bits>> out("out");
    bench::put<In, PE>(in, x);
    const long long cycles = bench::iterations_of([&] { loops(in, out, frames); });
    CHECK(bench::iterations_are(cycles, static_cast<long long>(frames) * VECTORS * CHANNELS / PE));
    CHECK(bench::take<Out, PE>(out) == expected);
    bench::put<In, PE>(in, x);
    unit(in, out, frames);
    CHECK(bench::take<Out, PE>(out) == expected);
    CHECK(in.empty());
}

// round(numerator / 2^shift), straight from the words of the definition.
std::int64_t divide(std::int64_t numerator, int shift, Rounding mode) {
    const std::int64_t divisor = std::int64_t(1) << shift;
    std::int64_t below = numerator / divisor;
    if (below * divisor > numerator) --below;
    const std::int64_t above = below * divisor == numerator ? below : below + 1;
    const std::int64_t to_below = numerator - below * divisor;
    const std::int64_t to_above = above * divisor - numerator;
    const std::int64_t away = numerator < 0 ? below : above;
    const std::int64_t toward = numerator < 0 ? above : below;
    const std::int64_t even = below % 2 == 0 ? below : above;
    const std::int64_t nearest = to_below < to_above ? below : above;
    const bool tie = to_below == to_above;
    switch (mode) {
    case Rounding::floor:
        return below;
    case Rounding::ceil:
        return above;
    case Rounding::up:
        return away;
    case Rounding::down:
        return toward;
    case Rounding::half_even:
        return tie ? even : nearest;
    case Rounding::half_up:
        return tie ? away : nearest;
    case Rounding::half_down:
        return tie ? toward : nearest;
    }
    return 0;
}

template <typename In, typename Out, typename Add, int SHIFT, Rounding MODE, int CHANNELS, int PE,
          bool SHARED, long long LO, long long HI, long long Z = 0, int VECTORS = 1>
void check_shift() {
    CAPTURE(SHIFT);
    CAPTURE(static_cast<int>(MODE));
    const int frames = 3;
    static ChannelTable<CHANNELS, PE, Add, 1, SHARED> add;
    const Numbers a = bench::random_numbers<Add>(SHARED ? 1 : CHANNELS);
    bench::fill(add, a);
    Numbers x = bench::random_numbers<In>(static_cast<std::size_t>(frames) * VECTORS * CHANNELS);
    Numbers expected;
    for (std::size_t i = 0; i < x.size(); ++i) {
        const std::int64_t q = divide(x[i] + a[SHARED ? 0 : i % CHANNELS], SHIFT, MODE);
        expected.push_back(std::min<std::int64_t>(std::max<std::int64_t>(q, LO), HI) + Z);
    }
    typedef millrace::detail::ShiftFunction<In, Out, Add, SHIFT, MODE, LO, HI, Z> Function;
    check_unit<In, Out, CHANNELS, PE, VECTORS>(
        x, expected, frames,
        [](auto& in, auto& out, int n) {
            millrace::map_loops<Function, CHANNELS, PE, In, Out, VECTORS>(in, out, n, add);
        },
        [](auto& in, auto& out, int n) {
            millrace::map_shift<In, Out, SHIFT, MODE, LO, HI, Z, VECTORS>(in, out, add, n);
        });
}

template <Rounding MODE> void check_rounding() {
    // Every number of the input, so all ties of both signs.
    check_shift<Signed<7>, Signed<8>, Signed<1>, 1, MODE, 128, 2, false, -100, 100>();
    check_shift<Signed<7>, Signed<8>, Signed<3>, 2, MODE, 64, 64, false, -100, 100>();
    check_shift<Unsigned<8>, Unsigned<6>, Unsigned<4>, 3, MODE, 32, 1, true, 0, 33, 5>();
    check_shift<Signed<20>, Signed<4>, Signed<18>, 16, MODE, 6, 3, false, -8, 7, 0, 5>();
    check_shift<Signed<9>, Signed<12>, Signed<9>, 0, MODE, 6, 2, true, -600, 600>();
    check_shift<Signed<5>, Signed<2>, Signed<2>, 9, MODE, 6, 2, true, -2, 1>();
}

template <typename In, typename Out, typename M, typename A, int SHIFT, int CHANNELS, int PE,
          bool SHARED_M, bool SHARED_A, long long LO, long long HI, long long Z, int VECTORS = 1>
void check_scale() {
    CAPTURE(SHIFT);
    const int frames = 4;
    static ChannelTable<CHANNELS, PE, M, 1, SHARED_M> multiplier;
    static ChannelTable<CHANNELS, PE, A, 1, SHARED_A> offset;
    const Numbers m = bench::random_numbers<M>(SHARED_M ? 1 : CHANNELS);
    const Numbers a = bench::random_numbers<A>(SHARED_A ? 1 : CHANNELS);
    bench::fill(multiplier, m);
    bench::fill(offset, a);
    const Numbers x =
        bench::random_numbers<In>(static_cast<std::size_t>(frames) * VECTORS * CHANNELS);
    Numbers expected;
    for (std::size_t i = 0; i < x.size(); ++i) {
        const std::size_t c = i % CHANNELS;
        __extension__ typedef __int128 Wide;
        const Wide sum = static_cast<Wide>(x[i]) * m[SHARED_M ? 0 : c] + a[SHARED_A ? 0 : c];
        const Wide divisor = static_cast<Wide>(1) << SHIFT;
        Wide q = sum / divisor;
        if (q * divisor > sum) --q;
        expected.push_back(static_cast<std::int64_t>(q < LO ? LO : q > HI ? HI : q) + Z);
    }
    typedef millrace::detail::ScaleFunction<In, Out, M, A, SHIFT, LO, HI, Z> Function;
    check_unit<In, Out, CHANNELS, PE, VECTORS>(
        x, expected, frames,
        [](auto& in, auto& out, int n) {
            millrace::map_loops<Function, CHANNELS, PE, In, Out, VECTORS>(in, out, n, multiplier,
                                                                          offset);
        },
        [](auto& in, auto& out, int n) {
            millrace::map_scale<In, Out, SHIFT, LO, HI, Z, VECTORS>(in, out, multiplier, offset, n);
        });
}

template <typename T> Numbers ascending(int channels, int count) {
    Numbers rows;
    for (int c = 0; c < channels; ++c) {
        Numbers row = bench::random_numbers<T>(static_cast<std::size_t>(count));
        std::sort(row.begin(), row.end());
        rows.insert(rows.end(), row.begin(), row.end());
    }
    return rows;
}

std::int64_t count_reached(const Numbers& rows, std::size_t channel, int count, std::int64_t x) {
    std::int64_t reached = 0;
    for (int i = 0; i < count; ++i) {
        reached +=
            x >= rows[channel * static_cast<std::size_t>(count) + static_cast<std::size_t>(i)];
    }
    return reached;
}

template <typename In, typename Out, typename T, int COUNT, int CHANNELS, int PE, bool SHARED,
          long long BASE, int VECTORS = 1>
void check_thresholds() {
    CAPTURE(COUNT);
    const int frames = 5;
    static ThresholdTree<CHANNELS, PE, T, COUNT, SHARED> tree;
    const Numbers rows = ascending<T>(SHARED ? 1 : CHANNELS, COUNT);
    bench::fill(tree, rows);
    Numbers x = bench::random_numbers<In>(static_cast<std::size_t>(frames) * VECTORS * CHANNELS);
    // Half of the inputs sit on a threshold or next to one.
    for (std::size_t i = 0; i < x.size(); i += 2) {
        const std::int64_t near = rows[static_cast<std::size_t>(bench::random_between(
                                      0, static_cast<std::int64_t>(rows.size()) - 1))] +
                                  bench::random_between(-1, 1);
        x[i] = std::min(std::max(near, bench::lowest<In>()), bench::highest<In>());
        if (In::is_bipolar && x[i] == 0) x[i] = 1;
    }
    Numbers expected;
    for (std::size_t i = 0; i < x.size(); ++i) {
        const std::int64_t q = BASE + count_reached(rows, SHARED ? 0 : i % CHANNELS, COUNT, x[i]);
        expected.push_back(Out::is_bipolar ? (q >= 0 ? 1 : -1) : q);
    }
    typedef millrace::detail::ThresholdFunction<In, Out, BASE> Function;
    check_unit<In, Out, CHANNELS, PE, VECTORS>(
        x, expected, frames,
        [](auto& in, auto& out, int n) {
            millrace::map_loops<Function, CHANNELS, PE, In, Out, VECTORS>(in, out, n, tree);
        },
        [](auto& in, auto& out, int n) {
            millrace::map_thresholds<In, Out, BASE, VECTORS>(in, out, tree, n);
        });
}

template <typename In, typename Out, typename T, int COUNT, int CHANNELS, int PE>
void check_signed_thresholds() {
    CAPTURE(COUNT);
    const int frames = 5;
    static ThresholdTree<CHANNELS, PE, T, COUNT> tree;
    static ChannelTable<CHANNELS, PE, Out> base;
    static ChannelTable<CHANNELS, PE, Unsigned<1>> falling;
    const Numbers rows = ascending<T>(CHANNELS, COUNT);
    const Numbers signs = bench::random_numbers<Unsigned<1>>(CHANNELS);
    Numbers starts;
    for (const std::int64_t sign : signs) {
        starts.push_back(sign != 0 ? bench::highest<Out>() : bench::lowest<Out>());
    }
    bench::fill(tree, rows);
    bench::fill(base, starts);
    bench::fill(falling, signs);
    const Numbers x = bench::random_numbers<In>(static_cast<std::size_t>(frames) * CHANNELS);
    Numbers expected;
    for (std::size_t i = 0; i < x.size(); ++i) {
        const std::size_t c = i % CHANNELS;
        const std::int64_t reached = count_reached(rows, c, COUNT, x[i]);
        expected.push_back(signs[c] != 0 ? starts[c] - reached : starts[c] + reached);
    }
    typedef millrace::detail::SignedThresholdFunction<In, Out> Function;
    check_unit<In, Out, CHANNELS, PE, 1>(
        x, expected, frames,
        [](auto& in, auto& out, int n) {
            millrace::map_loops<Function, CHANNELS, PE, In, Out, 1>(in, out, n, tree, base,
                                                                    falling);
        },
        [](auto& in, auto& out, int n) {
            millrace::map_signed_thresholds<In, Out>(in, out, tree, base, falling, n);
        });
}

template <typename In, typename Out, typename T, int COUNT, int CHANNELS, int PE, bool SHARED>
void check_breakpoints() {
    CAPTURE(COUNT);
    const int frames = 6;
    static ThresholdTree<CHANNELS, PE, T, COUNT, SHARED> tree;
    static ChannelTable<CHANNELS, PE, Out, COUNT + 1, SHARED> values;
    const Numbers rows = ascending<T>(SHARED ? 1 : CHANNELS, COUNT);
    const Numbers v =
        bench::random_numbers<Out>(static_cast<std::size_t>(SHARED ? 1 : CHANNELS) * (COUNT + 1));
    bench::fill(tree, rows);
    bench::fill(values, v);
    const Numbers x = bench::random_numbers<In>(static_cast<std::size_t>(frames) * CHANNELS);
    Numbers expected;
    for (std::size_t i = 0; i < x.size(); ++i) {
        const std::size_t c = SHARED ? 0 : i % CHANNELS;
        expected.push_back(
            v[c * (COUNT + 1) + static_cast<std::size_t>(count_reached(rows, c, COUNT, x[i]))]);
    }
    typedef millrace::detail::BreakpointFunction<In, Out> Function;
    check_unit<In, Out, CHANNELS, PE, 1>(
        x, expected, frames,
        [](auto& in, auto& out, int n) {
            millrace::map_loops<Function, CHANNELS, PE, In, Out, 1>(in, out, n, tree, values);
        },
        [](auto& in, auto& out, int n) {
            millrace::map_breakpoints<In, Out>(in, out, tree, values, n);
        });
}

template <typename In, typename Out, long long LO, int SIZE, int CHANNELS, int PE, bool SHARED>
void check_table() {
    CAPTURE(SIZE);
    const int frames = 20;
    static ChannelTable<CHANNELS, PE, Out, SIZE, SHARED> table;
    const Numbers v =
        bench::random_numbers<Out>(static_cast<std::size_t>(SHARED ? 1 : CHANNELS) * SIZE);
    bench::fill(table, v);
    Numbers x(static_cast<std::size_t>(frames) * CHANNELS);
    Numbers expected;
    for (std::size_t i = 0; i < x.size(); ++i) {
        do {
            x[i] = bench::random_between(LO, LO + SIZE - 1);
        } while (In::is_bipolar && x[i] == 0);
        expected.push_back(
            v[(SHARED ? 0 : i % CHANNELS) * SIZE + static_cast<std::size_t>(x[i] - LO)]);
    }
    typedef millrace::detail::TableFunction<In, Out, LO, SIZE> Function;
    check_unit<In, Out, CHANNELS, PE, 1>(
        x, expected, frames,
        [](auto& in, auto& out, int n) {
            millrace::map_loops<Function, CHANNELS, PE, In, Out, 1>(in, out, n, table);
        },
        [](auto& in, auto& out, int n) { millrace::map_table<In, Out, LO>(in, out, table, n); });
}

template <typename In, typename Out, int PE> void check_identity(const Numbers& x) {
    Numbers expected = x;
    if (Out::is_bipolar) {
        for (auto& number : expected) number = number >= 0 ? 1 : -1;
    }
    typedef millrace::detail::IdentityFunction<In, Out> Function;
    check_unit<In, Out, PE, PE, 2>(
        x, expected, static_cast<int>(x.size()) / PE / 2,
        [](auto& in, auto& out, int n) {
            millrace::map_loops<Function, PE, PE, In, Out, 2>(in, out, n);
        },
        [](auto& in, auto& out, int n) { millrace::map_identity<PE, In, Out, 2>(in, out, n); });
}

} // namespace

TEST_CASE("identity: the same numbers in another encoding") {
    check_identity<Unsigned<4>, Signed<9>, 2>({0, 15, 3, 8, 7, 1, 2, 9});
    check_identity<Signed<9>, Signed<4>, 1>({-8, 7, 0, -1, 5, -3});
    check_identity<Signed<12>, Bipolar, 4>({-2048, -1, 0, 1, 2047, -5, 9, 0});
    check_identity<Bipolar, Signed<2>, 3>({1, -1, 1, 1, -1, -1});
    check_identity<Signed<64>, Signed<64>, 3>({INT64_MIN, INT64_MAX, 0, -1, 1, 2});
}

TEST_CASE("shift: every rounding mode") {
    check_rounding<Rounding::floor>();
    check_rounding<Rounding::ceil>();
    check_rounding<Rounding::half_even>();
    check_rounding<Rounding::half_up>();
    check_rounding<Rounding::half_down>();
    check_rounding<Rounding::up>();
    check_rounding<Rounding::down>();
}

TEST_CASE("shift: bipolar input and wide numbers") {
    check_shift<Bipolar, Signed<4>, Signed<4>, 1, Rounding::half_even, 4, 2, false, -8, 7>();
    check_shift<Signed<48>, Signed<16>, Signed<48>, 34, Rounding::half_up, 4, 2, false, -32768,
                32767>();
}

TEST_CASE("multiply, add, shift") {
    check_scale<Signed<18>, Unsigned<6>, Signed<16>, Signed<34>, 22, 12, 3, false, false, 0, 63,
                0>();
    check_scale<Signed<18>, Signed<8>, Unsigned<12>, Signed<20>, 14, 12, 12, true, false, -128, 100,
                3, 2>();
    check_scale<Unsigned<8>, Unsigned<8>, Unsigned<8>, Unsigned<8>, 8, 4, 1, false, true, 2, 250,
                5>();
    check_scale<Signed<48>, Signed<16>, Signed<24>, Signed<64>, 60, 4, 2, false, false, -32768,
                32767, 0>();
    check_scale<Signed<32>, Signed<8>, Signed<31>, Signed<62>, 63, 4, 4, true, true, -128, 127,
                0>();
    check_scale<Signed<4>, Signed<12>, Signed<4>, Signed<4>, 0, 6, 2, false, false, -2048, 2047,
                0>();
    check_scale<Bipolar, Signed<4>, Signed<3>, Signed<3>, 0, 6, 2, false, false, -8, 7, 0>();
}

TEST_CASE("thresholds: counts that fill the tree and counts that do not") {
    check_thresholds<Signed<8>, Unsigned<1>, Signed<8>, 1, 6, 2, false, 0>();
    check_thresholds<Signed<8>, Bipolar, Signed<8>, 1, 6, 3, false, -1>();
    check_thresholds<Signed<8>, Unsigned<2>, Signed<9>, 2, 6, 1, false, 0, 3>();
    check_thresholds<Signed<8>, Signed<2>, Signed<8>, 3, 6, 6, true, -2>();
    check_thresholds<Unsigned<8>, Unsigned<3>, Unsigned<9>, 5, 10, 5, false, 1>();
    check_thresholds<Signed<18>, Unsigned<6>, Signed<18>, 63, 8, 2, false, 0>();
    check_thresholds<Signed<12>, Signed<7>, Signed<10>, 100, 4, 2, false, -60>();
    check_thresholds<Signed<18>, Unsigned<9>, Signed<19>, 300, 4, 4, true, 7>();
    check_thresholds<Signed<24>, Unsigned<12>, Signed<24>, 4095, 2, 1, false, 0>();
    check_thresholds<Bipolar, Unsigned<2>, Signed<2>, 3, 2, 1, false, 0>();
    check_thresholds<Signed<32>, Unsigned<4>, Signed<33>, 15, 2, 1, false, 0>();
    check_thresholds<Signed<48>, Unsigned<4>, Signed<40>, 14, 2, 1, false, 0>();
}

TEST_CASE("thresholds with a sign and a base for each channel") {
    check_signed_thresholds<Signed<10>, Unsigned<4>, Signed<10>, 15, 12, 3>();
    check_signed_thresholds<Signed<10>, Signed<4>, Signed<11>, 9, 12, 12>();
    check_signed_thresholds<Signed<10>, Signed<8>, Signed<11>, 255, 12, 1>();
}

TEST_CASE("breakpoints with values") {
    check_breakpoints<Signed<10>, Signed<8>, Signed<10>, 1, 4, 2, false>();
    check_breakpoints<Signed<10>, Unsigned<8>, Signed<10>, 6, 4, 2, false>();
    check_breakpoints<Signed<16>, Signed<16>, Signed<16>, 127, 6, 6, false>();
    check_breakpoints<Signed<16>, Bipolar, Signed<16>, 20, 6, 1, true>();
}

TEST_CASE("direct table") {
    check_table<Signed<5>, Signed<9>, -16, 32, 6, 2, false>();
    check_table<Unsigned<8>, Unsigned<4>, 17, 99, 6, 6, true>();
    check_table<Signed<8>, Bipolar, -3, 1, 2, 1, false>();
    check_table<Bipolar, Unsigned<16>, -1, 3, 2, 2, false>();
}

#if !defined(__SYNTHESIS__) && !defined(MILLRACE_HARDWARE_LOOPS)
TEST_CASE("direct table: an input outside is an error") {
    static ChannelTable<1, 1, Unsigned<4>, 4> table;
    bench::fill(table, {1, 2, 3, 4});
    for (const std::int64_t x : {9, 14}) {
        hls::stream<ap_uint<4>> in("in");
        hls::stream<ap_uint<4>> out("out");
        bench::put<Unsigned<4>, 1>(in, {x});
        CHECK_THROWS_AS((millrace::map_table<Unsigned<4>, Unsigned<4>, 10>(in, out, table, 1)),
                        std::out_of_range);
    }
}
#endif
