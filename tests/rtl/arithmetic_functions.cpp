// SPDX-License-Identifier: Apache-2.0
//
// The function units (mr_function_*) against their formulas: every form, rounding mode and kind of
// memory, per-channel and shared parameters, all encodings.
#include "Varithmetic_functions_top.h"
#include "support/stream_bench.hpp"

#include <algorithm>
#include <verilated.h>

using namespace millrace::rtl_bench;

namespace {

using Number = std::int64_t;
using Channel = std::int64_t;

constexpr auto u = Encoding::unsigned_;
constexpr auto s = Encoding::signed_;
constexpr auto b = Encoding::bipolar;

// noise() and ramp() as in arithmetic_functions_top.sv.
Number noise(Number i, std::size_t bits, Number seed, bool is_signed) {
    const Number number = ((i + 1) * (i + 7) * 37 + (seed + 3) * (i + 5) * 11) / 4;
    const auto code = static_cast<std::uint64_t>(number) & ((std::uint64_t{1} << bits) - 1);
    return decode(code, {1, bits, is_signed ? s : u});
}

// How many numbers of a row of ramp() are <= x.
Number reached(Number row, Number x, Number count, Number first, Number step) {
    Number n = 0;
    for (Number i = 0; i < count; ++i) {
        n += x >= first + 3 * row % 7 + i * step ? 1 : 0;
    }
    return n;
}

// x / 2^shift by the modes of mr_function_shift.
Number rounded(Number x, int shift, int mode) {
    const Number unit = Number{1} << shift;
    const Number floor = x >> shift;
    const Number rest = x - floor * unit;
    if (rest == 0) {
        return floor;
    }
    switch (mode) {
    case 0:
        return floor + (2 * rest > unit || (2 * rest == unit && (floor & 1) != 0) ? 1 : 0);
    case 1:
        return floor + (2 * rest > unit || (2 * rest == unit && x > 0) ? 1 : 0);
    case 2:
        return floor + (2 * rest > unit || (2 * rest == unit && x < 0) ? 1 : 0);
    case 3:
        return floor;
    case 4:
        return floor + 1;
    case 5:
        return x > 0 ? floor + 1 : floor;
    default:
        return x > 0 ? floor : floor + 1;
    }
}

Number scaled(Number t, int shift, Number tie, Number lo, Number hi) {
    const Number q = t >> shift;
    const Number r = t - q * (Number{1} << shift);
    return std::clamp(r < tie && (q & 1) != 0 ? q - 1 : q, lo, hi);
}

// The same for products of more than 64 bits.
Number widely_scaled(Number x, std::int64_t multiplier, Number add, int add_shift, int shift,
                     Number tie, Number lo, Number hi) {
    using Wide = __int128;
    const Wide t = Wide{x} * multiplier + Wide{add} * (Wide{1} << add_shift);
    const Wide q = t >> shift;
    const Wide r = t - q * (Wide{1} << shift);
    const Wide even = r < tie && (q & 1) != 0 ? q - 1 : q;
    return static_cast<Number>(even < lo ? Wide{lo} : even > hi ? Wide{hi} : even);
}

struct Case {
    const char* name;
    std::size_t pe, folds;
    StreamFormat in, out;
    Number (*function)(Channel, Number);
    Number low = 0; ///< reachable inputs, where not all are
    Number high = 0;
};

// As in arithmetic_functions_top.sv.
const Case cases[] = {
    {"thresholds",
     2,
     3,
     {2, 8, s},
     {2, 2, u},
     [](Channel c, Number x) {
         const Number n = reached(c, x, 3, -9, 4);
         return 0 + n;
     }},
    {"thresholds",
     1,
     1,
     {1, 9, s},
     {1, 1, b},
     [](Channel c, Number x) {
         const Number n = reached(0, x, 1, 3, 1);
         return -1 + n;
     }},
    {"thresholds",
     3,
     2,
     {3, 6, u},
     {3, 5, s},
     [](Channel c, Number x) {
         const Number n = reached(c, x, 5, 5, 9);
         return noise(c, 3, 2, true) + (noise(c, 1, 2 + 1, false) != 0 ? -n : n);
     }},
    {"thresholds",
     2,
     20,
     {2, 7, s},
     {2, 1, b},
     [](Channel c, Number x) {
         const Number n = reached(c, x, 2, -20, 11);
         return noise(c, 3, 3, true) + (noise(c, 1, 3 + 1, false) != 0 ? -n : n);
     }},
    {"thresholds",
     2,
     2,
     {2, 11, s},
     {2, 8, u},
     [](Channel c, Number x) {
         const Number n = reached(0, x, 255, -700, 6);
         return 0 + n;
     }},
    {"thresholds",
     2,
     3,
     {2, 1, b},
     {2, 2, u},
     [](Channel c, Number x) {
         const Number n = reached(c, x, 1, -2, 1);
         return 1 + n;
     }},
    {"thresholds",
     1,
     40,
     {1, 8, s},
     {1, 3, u},
     [](Channel c, Number x) {
         const Number n = reached(c, x, 7, -60, 15);
         return 0 + n;
     }},
    {"breakpoints",
     2,
     3,
     {2, 8, s},
     {2, 4, s},
     []([[maybe_unused]] Channel c, Number x) {
         return noise(c * 6 + reached(c, x, 5, -30, 13), 4, 7, true);
     }},
    {"breakpoints",
     3,
     1,
     {3, 6, u},
     {3, 5, u},
     []([[maybe_unused]] Channel c, Number x) {
         return noise(0 * 2 + reached(0, x, 1, 31, 1), 5, 8, false);
     }},
    {"breakpoints",
     1,
     12,
     {1, 7, s},
     {1, 6, u},
     []([[maybe_unused]] Channel c, Number x) {
         return noise(c * 10 + reached(c, x, 9, -50, 11), 6, 9, false);
     }},
    {"table",
     2,
     3,
     {2, 4, s},
     {2, 4, s},
     []([[maybe_unused]] Channel c, Number x) { return noise(c * 16 + x - (-8), 4, 10, true); },
     -8,
     7},
    {"table",
     3,
     2,
     {3, 6, u},
     {3, 7, u},
     []([[maybe_unused]] Channel c, Number x) { return noise(0 * 40 + x - (5), 7, 11, false); },
     5,
     44},
    {"table",
     1,
     5,
     {1, 5, s},
     {1, 3, u},
     []([[maybe_unused]] Channel c, Number x) { return noise(c * 11 + x - (-3), 3, 12, false); },
     -3,
     7},
    {"table",
     2,
     1,
     {2, 1, b},
     {2, 3, s},
     []([[maybe_unused]] Channel c, Number x) { return noise(0 * 3 + x - (-1), 3, 13, true); },
     -1,
     1},
    {"shift",
     2,
     2,
     {2, 8, s},
     {2, 5, s},
     []([[maybe_unused]] Channel c, Number x) {
         return std::clamp<Number>(rounded(x + noise(c, 4, 14, true), 3, 0), -10, 12);
     }},
    {"shift",
     2,
     2,
     {2, 8, s},
     {2, 5, s},
     []([[maybe_unused]] Channel c, Number x) {
         return std::clamp<Number>(rounded(x + noise(0, 4, 15, true), 3, 1), -10, 12);
     }},
    {"shift",
     2,
     2,
     {2, 8, s},
     {2, 5, s},
     []([[maybe_unused]] Channel c, Number x) {
         return std::clamp<Number>(rounded(x + noise(c, 4, 16, true), 3, 2), -10, 12);
     }},
    {"shift",
     2,
     2,
     {2, 8, s},
     {2, 5, s},
     []([[maybe_unused]] Channel c, Number x) {
         return std::clamp<Number>(rounded(x + noise(0, 4, 17, true), 3, 3), -10, 12);
     }},
    {"shift",
     2,
     2,
     {2, 8, s},
     {2, 5, s},
     []([[maybe_unused]] Channel c, Number x) {
         return std::clamp<Number>(rounded(x + noise(c, 4, 18, true), 3, 4), -10, 12);
     }},
    {"shift",
     2,
     2,
     {2, 8, s},
     {2, 5, s},
     []([[maybe_unused]] Channel c, Number x) {
         return std::clamp<Number>(rounded(x + noise(0, 4, 19, true), 3, 5), -10, 12);
     }},
    {"shift",
     2,
     2,
     {2, 8, s},
     {2, 5, s},
     []([[maybe_unused]] Channel c, Number x) {
         return std::clamp<Number>(rounded(x + noise(c, 4, 20, true), 3, 6), -10, 12);
     }},
    {"shift",
     1,
     3,
     {1, 6, u},
     {1, 7, s},
     []([[maybe_unused]] Channel c, Number x) {
         return std::clamp<Number>(rounded(x + noise(c, 5, 21, true), 0, 0), -100, 100);
     }},
    {"shift",
     1,
     2,
     {1, 8, s},
     {1, 2, s},
     []([[maybe_unused]] Channel c, Number x) {
         return std::clamp<Number>(rounded(x + noise(c, 6, 22, true), 9, 0), -2, 1);
     }},
    {"shift",
     1,
     2,
     {1, 8, s},
     {1, 2, s},
     []([[maybe_unused]] Channel c, Number x) {
         return std::clamp<Number>(rounded(x + noise(c, 6, 23, true), 9, 1), -2, 1);
     }},
    {"shift",
     1,
     2,
     {1, 8, s},
     {1, 2, s},
     []([[maybe_unused]] Channel c, Number x) {
         return std::clamp<Number>(rounded(x + noise(c, 6, 24, true), 9, 2), -2, 1);
     }},
    {"shift",
     1,
     2,
     {1, 8, s},
     {1, 2, s},
     []([[maybe_unused]] Channel c, Number x) {
         return std::clamp<Number>(rounded(x + noise(c, 6, 25, true), 10, 0), -2, 1);
     }},
    {"shift",
     1,
     2,
     {1, 8, s},
     {1, 2, s},
     []([[maybe_unused]] Channel c, Number x) {
         return std::clamp<Number>(rounded(x + noise(c, 6, 26, true), 10, 4), -2, 1);
     }},
    {"shift",
     1,
     2,
     {1, 8, s},
     {1, 2, s},
     []([[maybe_unused]] Channel c, Number x) {
         return std::clamp<Number>(rounded(x + noise(c, 6, 27, true), 12, 5), -2, 1);
     }},
    {"shift",
     1,
     2,
     {1, 8, s},
     {1, 2, s},
     []([[maybe_unused]] Channel c, Number x) {
         return std::clamp<Number>(rounded(x + noise(c, 6, 28, true), 12, 6), -2, 1);
     }},
    {"shift",
     1,
     2,
     {1, 8, s},
     {1, 2, s},
     []([[maybe_unused]] Channel c, Number x) {
         return std::clamp<Number>(rounded(x + noise(c, 6, 29, true), 8, 0), -2, 1);
     }},
    {"shift",
     1,
     2,
     {1, 8, s},
     {1, 2, s},
     []([[maybe_unused]] Channel c, Number x) {
         return std::clamp<Number>(rounded(x + noise(c, 6, 30, true), 8, 2), -2, 1);
     }},
    {"shift",
     1,
     1,
     {1, 1, b},
     {1, 1, b},
     []([[maybe_unused]] Channel c, Number x) {
         return std::clamp<Number>(rounded(x + noise(0, 3, 31, true), 1, 3), -1, 1);
     }},
    {"scale",
     2,
     3,
     {2, 10, s},
     {2, 6, s},
     []([[maybe_unused]] Channel c, Number x) {
         return scaled(x * noise(c, 7, 32, true) + noise(c, 8, 32 + 1, true) * (Number{1} << 0), 6,
                       0, -30, 31);
     }},
    {"scale",
     2,
     3,
     {2, 10, s},
     {2, 6, s},
     []([[maybe_unused]] Channel c, Number x) {
         return scaled(x * noise(0, 7, 33, true) + noise(c, 8, 33 + 1, true) * (Number{1} << 2), 6,
                       5, -32, 31);
     }},
    {"scale",
     1,
     4,
     {1, 8, u},
     {1, 8, u},
     []([[maybe_unused]] Channel c, Number x) {
         return scaled(x * noise(c, 9, 34, true) + noise(0, 5, 34 + 1, true) * (Number{1} << 3), 9,
                       17, 0, 200);
     }},
    {"scale",
     1,
     2,
     {1, 6, s},
     {1, 1, b},
     []([[maybe_unused]] Channel c, Number x) {
         return scaled(x * noise(c, 4, 35, true) + noise(c, 5, 35 + 1, true) * (Number{1} << 1), 4,
                       0, -1, 1);
     }},
    {"scale",
     1,
     2,
     {1, 6, s},
     {1, 3, s},
     []([[maybe_unused]] Channel c, Number x) {
         return scaled(x * noise(c, 4, 36, true) + noise(c, 5, 36 + 1, true) * (Number{1} << 0), 20,
                       1048576, -4, 3);
     }},
    {"scale",
     1,
     2,
     {1, 6, s},
     {1, 3, s},
     []([[maybe_unused]] Channel c, Number x) {
         return scaled(x * noise(c, 4, 37, true) + noise(c, 5, 37 + 1, true) * (Number{1} << 0), 14,
                       16000, -4, 3);
     }},
    {"scale",
     2,
     1,
     {2, 1, b},
     {2, 7, s},
     []([[maybe_unused]] Channel c, Number x) {
         return scaled(x * noise(c, 5, 38, true) + noise(c, 6, 38 + 1, true) * (Number{1} << 0), 0,
                       0, -64, 63);
     }},
    {"identity",
     3,
     1,
     {3, 8, s},
     {3, 4, u},
     []([[maybe_unused]] Channel c, Number x) { return std::clamp<Number>(x, 0, 15); }},
    {"identity",
     2,
     1,
     {2, 1, b},
     {2, 3, s},
     []([[maybe_unused]] Channel c, Number x) { return x; }},
    {"identity",
     2,
     1,
     {2, 5, s},
     {2, 1, b},
     []([[maybe_unused]] Channel c, Number x) { return std::clamp<Number>(x, -16, 15); }},
    {"identity",
     1,
     1,
     {1, 7, u},
     {1, 6, s},
     []([[maybe_unused]] Channel c, Number x) { return std::clamp<Number>(x, 3, 30); }},
    {"identity",
     2,
     1,
     {2, 6, s},
     {2, 9, s},
     []([[maybe_unused]] Channel c, Number x) { return x; }},
    {"wide scale",
     2,
     1,
     {2, 30, s},
     {2, 8, s},
     [](Channel c, Number x) {
         return widely_scaled(x, 0x1f37a5c93e1d20b, c == 0 ? 0x3a5c1e9d27 : -0x155aa55aa, 45, 80, 0,
                              -128, 127);
     }},
    {"wide scale",
     1,
     2,
     {1, 33, u},
     {1, 9, s},
     [](Channel c, Number x) {
         return widely_scaled(x, c == 0 ? 0x0b7d4c2a9158e63 : -0x0fedcba98765432, 0x12345, 60, 82,
                              Number{1} << 62, -256, 255);
     }},
};
constexpr std::size_t slot = 64;
constexpr std::size_t vectors = 3; // a frame
constexpr std::size_t frames = 8;

} // namespace

int main(int argc, char** argv) {
    Verilated::commandArgs(argc, argv);
    std::mt19937_64 random(2);
    Varithmetic_functions_top top;
    Bench bench(top);
    for (std::size_t i = 0; i < std::size(cases); ++i) {
        const Case& c = cases[i];
        const std::string name = std::string(c.name) + " " + std::to_string(i);
        Source& in = bench.source(
            name, {{top.in_data, i * slot}, {top.in_valid, i}, {top.in_ready, i}, c.in});
        Sink& out = bench.sink(
            name, {{top.out_data, i * slot}, {top.out_valid, i}, {top.out_ready, i}, c.out});
        const std::size_t channels = c.pe * c.folds;
        const std::size_t count = frames * vectors * channels;
        const bool limited = c.low != c.high && c.in.encoding != b;
        const Elements x = limited ? random_elements(random, count, c.low, c.high)
                                   : random_elements(random, count, c.in);
        Elements y;
        for (std::size_t j = 0; j < count; ++j) {
            Number number = c.function(static_cast<Channel>(j % channels), x[j]);
            if (c.out.encoding == b) {
                number = number >= 0 ? 1 : -1;
            }
            y.push_back(number);
        }
        in.send(x);
        out.expect(y, vectors * c.folds, static_cast<std::int64_t>(vectors * c.folds));
    }
    return bench.run();
}
