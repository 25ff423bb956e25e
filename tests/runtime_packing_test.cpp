// SPDX-License-Identifier: Apache-2.0
//
// The runtime's packing against the compiler's for every width, and its thresholds against their
// definition, adversarial ones included.
#include "backends/packing.hpp"
#include "runtime/host/levels.hpp"
#include "runtime/packing.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace {

using namespace millrace;
namespace rt = runtime;
using rt::host::Levels;

rt::FrameLayout layout_of(std::uint32_t bits, rt::Encoding encoding, std::size_t elements) {
    rt::FrameLayout layout;
    layout.bits = bits;
    layout.encoding = encoding;
    layout.container_bits = std::bit_ceil(bits);
    layout.elements = elements;
    layout.frame_bytes = (elements * layout.container_bits + 63) / 64 * 8;
    return layout;
}

backends::FrameLayout compilers(const rt::FrameLayout& layout) {
    const Encoding encoding = layout.encoding == rt::Encoding::unsigned_integer
                                  ? Encoding::unsigned_integer
                              : layout.encoding == rt::Encoding::bipolar ? Encoding::bipolar
                                                                         : Encoding::signed_integer;
    return {{static_cast<int>(layout.bits), encoding},
            static_cast<std::int64_t>(layout.elements),
            layout.container_bits,
            static_cast<std::int64_t>(layout.frame_bytes)};
}

std::vector<std::int64_t> random_integers(const rt::FrameLayout& layout, std::mt19937_64& random) {
    std::uniform_int_distribution<std::int64_t> any(layout.lowest(), layout.highest());
    std::vector<std::int64_t> result(layout.elements);
    for (std::int64_t& q : result) {
        q = any(random);
        if (layout.encoding == rt::Encoding::bipolar) {
            q = q >= 0 ? 1 : -1;
        }
    }
    if (!result.empty()) {
        result.front() = layout.lowest();
        result.back() = layout.highest();
    }
    return result;
}

template <class Q>
void check_type(const rt::FrameLayout& layout, const std::vector<std::int64_t>& integers,
                const std::vector<std::byte>& expected) {
    if (layout.lowest() < std::int64_t{std::numeric_limits<Q>::min()} ||
        layout.highest() > std::int64_t{std::numeric_limits<Q>::max()}) {
        return;
    }
    const std::vector<Q> typed(integers.begin(), integers.end());
    std::vector<std::byte> frame(layout.frame_bytes, std::byte{0xa5});
    rt::pack_frame(layout, typed.data(), frame.data());
    CHECK(frame == expected);
    std::vector<Q> back(layout.elements);
    rt::unpack_frame(layout, frame.data(), 0, layout.elements, back.data());
    CHECK(back == typed);
    if (layout.elements > 8) { // a part
        std::vector<Q> part(layout.elements - 8);
        rt::unpack_frame(layout, frame.data(), 8, part.size(), part.data());
        CHECK(std::equal(part.begin(), part.end(), typed.begin() + 8));
    }
}

/// Floats in their order as integers.
std::int64_t ordinal(float x) {
    const auto bits = std::bit_cast<std::int32_t>(x);
    return bits >= 0 ? bits : -static_cast<std::int64_t>(bits & 0x7fffffff);
}
float from_ordinal(std::int64_t value) {
    return value >= 0 ? std::bit_cast<float>(static_cast<std::int32_t>(value))
                      : -std::bit_cast<float>(static_cast<std::int32_t>(-value));
}

constexpr float largest = std::numeric_limits<float>::max();

/// The thresholds of a monotone function of floats with levels first..last, by bisection.
template <class F>
std::vector<float> thresholds_of(std::int64_t first, std::int64_t last, F&& level) {
    std::vector<float> result;
    for (std::int64_t q = first + 1; q <= last; ++q) {
        std::int64_t low = ordinal(-largest);
        std::int64_t high = ordinal(largest);
        while (high - low > 1) {
            const std::int64_t middle = low + (high - low) / 2;
            (level(from_ordinal(middle)) >= q ? high : low) = middle;
        }
        result.push_back(from_ordinal(high));
    }
    return result;
}

/// Compares with the definition at, around and between the thresholds and at random floats.
void check_levels(const std::vector<float>& thresholds, std::int64_t base, int step,
                  const std::string& form) {
    const Levels levels(thresholds, base, step);
    CAPTURE(thresholds.size());
    if (!form.empty()) {
        CHECK(std::string(rt::host::form_name(levels.form())) == form);
    }
    std::vector<float> points{0.0F, -0.0F, largest, -largest, 1e-45F, -1e-45F};
    for (const float t : thresholds) {
        for (std::int64_t d = -3; d <= 3; ++d) {
            points.push_back(
                from_ordinal(std::clamp(ordinal(t) + d, ordinal(-largest), ordinal(largest))));
        }
    }
    std::mt19937 random(1);
    const float reach = thresholds.empty() ? 1 : std::min(std::abs(thresholds.back()), 1e30F) * 2;
    std::uniform_real_distribution<float> near(-reach, reach);
    for (int i = 0; i < 20000; ++i) {
        points.push_back(near(random));
        const auto bits = static_cast<std::uint32_t>(random());
        if (const auto any = std::bit_cast<float>(bits); std::isfinite(any)) {
            points.push_back(any);
        }
    }
    int wrong = 0;
    for (std::size_t first = 0; first < points.size(); first += rt::host::level_block) {
        rt::host::FloatBlock x{};
        rt::host::LevelBlock q;
        const std::size_t count = std::min(rt::host::level_block, points.size() - first);
        std::copy_n(points.begin() + static_cast<std::ptrdiff_t>(first), count, x.begin());
        REQUIRE(levels(x.data(), count, q));
        for (std::size_t i = 0; i < count; ++i) {
            const auto reached = std::count_if(thresholds.begin(), thresholds.end(),
                                               [&](float t) { return x[i] >= t; });
            wrong += q[i] == base + step * reached ? 0 : 1;
        }
    }
    CHECK(wrong == 0);
}

} // namespace

TEST_SUITE("runtime packing") {
    TEST_CASE("every width, encoding and type as the compiler packs them") {
        std::mt19937_64 random(5);
        for (std::uint32_t bits = 1; bits <= 64; ++bits) {
            for (const auto encoding : {rt::Encoding::unsigned_integer,
                                        rt::Encoding::signed_integer, rt::Encoding::bipolar}) {
                if (encoding == rt::Encoding::bipolar && bits != 1) {
                    continue;
                }
                for (const std::size_t elements : {1U, 7U, 64U, 65U, 200U}) {
                    CAPTURE(bits);
                    CAPTURE(elements);
                    const rt::FrameLayout layout = layout_of(bits, encoding, elements);
                    const std::vector<std::int64_t> integers = random_integers(layout, random);
                    std::vector<std::byte> expected(layout.frame_bytes);
                    backends::pack_frame(compilers(layout), integers, expected);
                    check_type<std::int8_t>(layout, integers, expected);
                    check_type<std::int16_t>(layout, integers, expected);
                    check_type<std::int32_t>(layout, integers, expected);
                    check_type<std::int64_t>(layout, integers, expected);
                }
            }
        }
    }

    TEST_CASE("only the low bits of an output's container count") {
        const rt::FrameLayout layout = layout_of(5, rt::Encoding::signed_integer, 2);
        std::vector<std::byte> frame(layout.frame_bytes);
        frame[0] = std::byte{0b11101111};
        frame[1] = std::byte{0b00011111};
        std::vector<std::int32_t> q(2);
        rt::unpack_frame(layout, frame.data(), 0, 2, q.data());
        CHECK(q == std::vector<std::int32_t>{15, -1});
    }
}

TEST_SUITE("runtime thresholds") {
    TEST_CASE("few thresholds are counted, equal ones at once") {
        check_levels({}, 5, 1, "count");
        check_levels({0.0F, 0.0F}, -1, 1, "count");
        check_levels({-0.5F, 0.25F, 0.25F, 1e30F}, -2, 1, "count");
        check_levels({-0.5F, 0.25F, 3.0F}, 3, -1, "count");
        check_levels({-1, -1e-45F, 1e-45F, 1, 2, 3, 4, 5}, -4, 1, "count");
    }

    TEST_CASE("quantizers become lines") {
        const auto half_even = [](double scale) {
            return [scale](float x) {
                return static_cast<std::int64_t>(
                    std::nearbyint(std::clamp(static_cast<double>(x) / scale, -1e6, 1e6)));
            };
        };
        // Powers of two, whose ties are floats; other floats, whose ties mostly are not.
        check_levels(thresholds_of(-128, 127, half_even(1.0 / 128)), -128, 1, "float_line");
        check_levels(thresholds_of(-128, 127, half_even(0.5)), 128, -1, "float_line");
        for (const float scale : {1 / 255.0F, 0.0078432F, 1 / 127.0F}) {
            CAPTURE(scale);
            const auto levels = half_even(static_cast<double>(scale));
            check_levels(thresholds_of(0, 255, levels), 0, 1, "double_line");
            check_levels(thresholds_of(-2048, 2047, levels), -2048, 1, "double_line");
        }
    }

    TEST_CASE("quotients decide ties that products do not") {
        for (const double scale : {3.0 / 256, static_cast<double>(0.3F), 0.1875}) {
            check_levels(
                thresholds_of(-128, 127,
                              [scale](float x) {
                                  return static_cast<std::int64_t>(std::nearbyint(
                                      std::clamp(static_cast<double>(x) / scale, -1e6, 1e6)));
                              }),
                -128, 1, "quotient");
        }
    }

    TEST_CASE("what no line gives is mended or searched") {
        // Rounding down.
        check_levels(thresholds_of(-128, 127,
                                   [](float x) {
                                       return static_cast<std::int64_t>(std::floor(
                                           std::clamp(static_cast<double>(x) * 4, -1e6, 1e6)));
                                   }),
                     -128, 1, "");
        std::mt19937 random(3);
        std::vector<float> thresholds;
        for (int i = 0; i < 300; ++i) {
            thresholds.push_back(std::uniform_real_distribution<float>(-1, 1)(random));
        }
        thresholds.insert(thresholds.end(), 5, 0.125F);
        std::sort(thresholds.begin(), thresholds.end());
        check_levels(thresholds, -100, 1, "search");
        // A line but for one float.
        std::vector<float> almost;
        for (int i = 0; i < 100; ++i) {
            almost.push_back(static_cast<float>(i) + 0.5F);
        }
        check_levels(almost, 0, 1, "");
        almost[50] = std::nextafter(almost[50], 100.0F);
        almost[51] = std::nextafter(almost[51], 0.0F);
        check_levels(almost, 0, 1, "");
        // Neighbouring floats, the ends of the range, denormal numbers.
        std::vector<float> dense{-largest};
        for (std::int64_t i = 0; i < 40; ++i) {
            dense.push_back(from_ordinal(ordinal(1.0F) + i));
        }
        dense.push_back(largest);
        check_levels(dense, 0, 1, "");
        std::vector<float> small;
        for (std::int64_t i = -20; i < 20; ++i) {
            small.push_back(from_ordinal(i));
        }
        check_levels(small, 0, 1, "");
    }

    TEST_CASE("infinities and NaN are found, wherever they stand") {
        for (const std::size_t count : {2U, 100U}) {
            std::vector<float> thresholds;
            for (std::size_t i = 0; i < count; ++i) {
                thresholds.push_back(static_cast<float>(i));
            }
            const Levels levels(thresholds, 0, 1);
            for (const float bad :
                 {std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity(),
                  std::numeric_limits<float>::quiet_NaN()}) {
                for (std::size_t at = 0; at < rt::host::level_block; ++at) {
                    rt::host::FloatBlock x{};
                    rt::host::LevelBlock q;
                    x[at] = bad;
                    CHECK_FALSE(levels(x.data(), x.size(), q));
                }
            }
        }
    }
}
