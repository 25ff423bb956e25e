// SPDX-License-Identifier: Apache-2.0
//
// Loops run over a block of fixed size without branches, for vector instructions at -O2. Rounding
// is adding and taking off 1.5 * 2^23 (or 2^52): the sum's last place is 1, so the processor's
// rounding, to nearest and ties to even, leaves the integer in the low bits of the sum.
//
// Finding a line: q must reach the middle h_k between two levels somewhere in (prev(t_k), t_k],
// prev being the float just below. For a slope a the offsets that do it are the intersection of
// [h_k - a * t_k, h_k - a * prev(t_k)]; its width is a concave function of a, whose maximum a
// ternary search finds. Where ties go to even, alternate thresholds lie just above their ties, and
// only the exact slope and offset of the quantizer do; they have short mantissas then, so shortened
// slopes are tried, too.
#include "runtime/host/levels.hpp"

#include "runtime/vectors.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

namespace millrace::runtime::host {

namespace {

using simd::D2;
using simd::F4;
using simd::I4;

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float largest = std::numeric_limits<float>::max();

/// All ones where x is infinite or not a number.
I4 not_finite(F4 x) {
    constexpr std::int32_t exponent = 0x7f800000;
    return (reinterpret_cast<I4>(x) & exponent) == exponent;
}

constexpr std::size_t vectors = 4;        // of 4 elements, which narrow to one of bytes
constexpr std::size_t step = 4 * vectors; // elements of a round

/// Levels as they are.
struct LevelSink {
    std::int32_t* q;
    void operator()(std::size_t first, const I4* level) const {
        for (std::size_t v = 0; v < vectors; ++v) {
            simd::store(q + first + 4 * v, level[v]);
        }
    }
};
/// Levels as codes of a byte.
struct CodeSink {
    std::uint8_t* codes;
    std::int32_t add;
    std::int32_t shift;
    std::int32_t mask;
    CodeSink(std::uint8_t* to, const CodeMap<std::uint8_t>& map)
        : codes(to),
          add(map.add),
          shift(map.shift),
          mask(map.mask) {}
    void operator()(std::size_t first, const I4* level) const {
        I4 code[vectors];
        for (std::size_t v = 0; v < vectors; ++v) {
            code[v] = ((level[v] + add) >> shift) & mask;
        }
        simd::store(codes + first, simd::narrow(code[0], code[1], code[2], code[3]));
    }
};

/// level(four floats) of `count` floats; returns whether all are finite.
template <class Level, class Sink>
bool for_floats(const std::byte* x, std::size_t count, const Level& level, const Sink& to) {
    I4 bad{};
    for (std::size_t first = 0; first < count; first += step) {
        I4 q[vectors];
        for (std::size_t v = 0; v < vectors; ++v) {
            const auto value = simd::load<F4>(x + sizeof(float) * (first + 4 * v));
            q[v] = level(value);
            bad |= not_finite(value);
        }
        to(first, q);
    }
    const auto halves = reinterpret_cast<simd::L2>(bad);
    return (halves[0] | halves[1]) == 0;
}

/// Sends levels that were found one by one.
template <class Sink> void send(const LevelBlock& q, std::size_t count, const Sink& to) {
    for (std::size_t first = 0; first < count; first += step) {
        I4 level[vectors];
        for (std::size_t v = 0; v < vectors; ++v) {
            level[v] = simd::load<I4>(q.data() + first + 4 * v);
        }
        to(first, level);
    }
}

template <class T> T shortened(T value, int bits) {
    int exponent = 0;
    const T mantissa = std::frexp(value, &exponent);
    return std::ldexp(std::nearbyint(std::ldexp(mantissa, bits)), exponent - bits);
}

} // namespace

const char* form_name(Levels::Form form) {
    switch (form) {
    case Levels::Form::count:
        return "count";
    case Levels::Form::float_line:
        return "float_line";
    case Levels::Form::double_line:
        return "double_line";
    case Levels::Form::quotient:
        return "quotient";
    case Levels::Form::corrected:
        return "corrected";
    case Levels::Form::search:
        return "search";
    }
    return "unknown";
}

Levels::Levels(std::vector<float> thresholds, std::int64_t base, int step)
    : thresholds_(std::move(thresholds)),
      base_(static_cast<std::int32_t>(base)),
      step_(step) {
    for (const float t : thresholds_) {
        if (distinct_.empty() || distinct_.back().at != t) {
            distinct_.push_back({t, 0});
        }
        distinct_.back().change += step_;
    }
    fence_.push_back(-infinity);
    fence_.insert(fence_.end(), thresholds_.begin(), thresholds_.end());
    fence_.push_back(infinity);
    choose_form();
}

std::int32_t Levels::lowest() const { return std::min(base_, at(largest)); }
std::int32_t Levels::highest() const { return std::max(base_, at(largest)); }

std::int32_t Levels::at(float x) const {
    const auto count =
        std::upper_bound(thresholds_.begin(), thresholds_.end(), x) - thresholds_.begin();
    return base_ + step_ * static_cast<std::int32_t>(count);
}

template <std::size_t N, class Out> bool Levels::run_count(Floats x, const Out& out) const {
    F4 at[N + 1];
    I4 change[N + 1];
    for (std::size_t k = 0; k < N; ++k) {
        at[k] = F4{} + distinct_[k].at;
        change[k] = I4{} + distinct_[k].change;
    }
    const I4 base = I4{} + base_;
    return for_floats(
        x.bytes, x.count,
        [&](F4 value) {
            I4 q = base;
            for (std::size_t k = 0; k < N; ++k) {
                q += (value >= at[k]) & change[k];
            }
            return q;
        },
        out);
}

template <class Out> bool Levels::count(Floats x, const Out& out) const {
    switch (distinct_.size()) {
    case 0:
        return run_count<0>(x, out);
    case 1:
        return run_count<1>(x, out);
    case 2:
        return run_count<2>(x, out);
    case 3:
        return run_count<3>(x, out);
    case 4:
        return run_count<4>(x, out);
    case 5:
        return run_count<5>(x, out);
    case 6:
        return run_count<6>(x, out);
    case 7:
        return run_count<7>(x, out);
    default:
        return run_count<8>(x, out);
    }
}

template <class Out>
bool Levels::run_line(const Line<float>& line, Floats x, const Out& out) const {
    constexpr float magic = 0x1.8p23F;
    const F4 low = F4{} + line.low;
    const F4 high = F4{} + line.high;
    return for_floats(
        x.bytes, x.count,
        [&](F4 value) {
            F4 y = value * line.a + line.b;
            y = y < low ? low : y;
            y = y > high ? high : y;
            return reinterpret_cast<I4>(y + magic) - std::bit_cast<std::int32_t>(magic);
        },
        out);
}

template <bool divide, class Out>
bool Levels::run_doubles(const Line<double>& line, Floats x, const Out& out) const {
    constexpr double magic = 0x1.8p52; // its low 32 bits are 0
    const D2 low = D2{} + line.low;
    const D2 high = D2{} + line.high;
    const auto rounded = [&](D2 value) {
        D2 y = (divide ? value / line.a : value * line.a) + line.b;
        y = y < low ? low : y;
        y = y > high ? high : y;
        return reinterpret_cast<I4>(y + magic);
    };
    return for_floats(
        x.bytes, x.count,
        [&](F4 value) {
            const D2 first = {static_cast<double>(value[0]), static_cast<double>(value[1])};
            const D2 second = {static_cast<double>(value[2]), static_cast<double>(value[3])};
            return __builtin_shufflevector(rounded(first), rounded(second), 0, 2, 4, 6);
        },
        out);
}

template <class Out> bool Levels::run_corrected(Floats x, const Out& out) const {
    LevelBlock q{};
    if (!run_doubles<false>(double_line_, x, LevelSink{q.data()})) {
        return false;
    }
    const float* fence = fence_.data();
    for (std::size_t i = 0; i < x.count; ++i) {
        const auto value = simd::load<float>(x.bytes + sizeof(float) * i);
        const auto k = static_cast<std::size_t>(q[i]);
        const std::int32_t up = value >= fence[k + 1] ? 1 : 0;
        const std::int32_t down = value < fence[k] ? 1 : 0;
        q[i] = base_ + step_ * (q[i] + up - down);
    }
    send(q, x.count, out);
    return true;
}

template <class Out> bool Levels::run_search(Floats x, const Out& out) const {
    LevelBlock q{};
    for (std::size_t i = 0; i < x.count; ++i) {
        const auto value = simd::load<float>(x.bytes + sizeof(float) * i);
        if (!std::isfinite(value)) {
            return false;
        }
        q[i] = at(value);
    }
    send(q, x.count, out);
    return true;
}

template <class Out> bool Levels::run(Floats x, const Out& out) const {
    switch (form_) {
    case Form::count:
        return count(x, out);
    case Form::float_line:
        return run_line(float_line_, x, out);
    case Form::double_line:
        return run_doubles<false>(double_line_, x, out);
    case Form::quotient:
        return run_doubles<true>(double_line_, x, out);
    case Form::corrected:
        return run_corrected(x, out);
    case Form::search:
        break;
    }
    return run_search(x, out);
}

bool Levels::operator()(const void* x, std::size_t count, LevelBlock& q) const {
    return run({static_cast<const std::byte*>(x), count}, LevelSink{q.data()});
}

bool Levels::operator()(const void* x, std::size_t count, const CodeMap<std::uint8_t>& map,
                        std::array<std::uint8_t, level_block>& codes) const {
    return run({static_cast<const std::byte*>(x), count}, CodeSink(codes.data(), map));
}

bool Levels::take_if_proved(Form form) {
    const Form before = form_;
    form_ = form;
    FloatBlock x;
    LevelBlock q{};
    std::size_t filled = 0;
    bool equal = true;
    const auto check = [&] {
        std::fill(x.begin() + static_cast<std::ptrdiff_t>(filled), x.end(), 0.0F);
        equal = equal && (*this)(x.data(), filled, q);
        for (std::size_t i = 0; i < filled && equal; ++i) {
            equal = q[i] == at(x[i]);
        }
        filled = 0;
    };
    const auto point = [&](float value) {
        if (!equal || !std::isfinite(value)) {
            return;
        }
        x[filled++] = value;
        if (filled == x.size()) {
            check();
        }
    };
    point(-largest);
    point(largest);
    for (const Threshold& t : distinct_) {
        point(t.at);
        point(std::nextafter(t.at, -infinity));
    }
    check();
    form_ = equal ? form : before;
    return equal;
}

void Levels::propose(double slope, double offset) {
    double_line_ = {slope, offset, static_cast<double>(lowest()), static_cast<double>(highest())};
    float_line_ = {static_cast<float>(slope), static_cast<float>(offset),
                   static_cast<float>(lowest()), static_cast<float>(highest())};
}

void Levels::choose_form() {
    if (distinct_.size() <= most_counted) {
        form_ = Form::count;
        return;
    }
    // The levels' middles against the thresholds. Bounds of the offset in doubles: an error of
    // theirs costs a proof, never a wrong result.
    struct Crossing {
        double middle;
        double at;
        double below;
    };
    std::vector<Crossing> crossings;
    for (std::size_t k = 0; k < thresholds_.size(); ++k) {
        const double level = base_ + step_ * static_cast<double>(k);
        const float t = thresholds_[k];
        if (std::isfinite(t) && t > -largest) {
            crossings.push_back({level + 0.5 * step_, static_cast<double>(t),
                                 static_cast<double>(std::nextafter(t, -infinity))});
        }
    }
    struct Offsets {
        double low;
        double high;
    };
    const auto offsets = [&](double a) {
        Offsets range{-std::numeric_limits<double>::infinity(),
                      std::numeric_limits<double>::infinity()};
        for (const Crossing& c : crossings) {
            const double at = c.middle - a * c.at;
            const double below = c.middle - a * c.below;
            range.low = std::max(range.low, std::min(at, below));
            range.high = std::min(range.high, std::max(at, below));
        }
        return range;
    };
    const auto width = [&](double a) {
        const Offsets range = offsets(a);
        return range.high - range.low;
    };
    if (crossings.size() < 2 || crossings.front().at == crossings.back().at) {
        return;
    }
    const double chord = (crossings.back().middle - crossings.front().middle) /
                         (crossings.back().at - crossings.front().at);
    double low = chord * (1 - 0x1p-8);
    double high = chord * (1 + 0x1p-8);
    for (int i = 0; i < 120; ++i) {
        const double third = (high - low) / 3;
        if (width(low + third) < width(high - third)) {
            low += third;
        } else {
            high -= third;
        }
    }
    const double best = low + (high - low) / 2;
    std::vector<double> slopes;
    for (const int bits : {1, 2, 3, 4, 6, 8, 11, 16, 24}) {
        slopes.push_back(shortened(best, bits));
    }
    slopes.push_back(best);
    for (const Form form : {Form::float_line, Form::double_line}) {
        for (const double slope : slopes) {
            const Offsets range = offsets(slope);
            const double middle = range.low + (range.high - range.low) / 2;
            for (const double offset : {range.low, range.high, middle, std::nearbyint(middle)}) {
                propose(slope, offset);
                if (take_if_proved(form)) {
                    return;
                }
            }
        }
    }
    // A scale of single precision, and an integer zero point most likely.
    const double middle_of_best = offsets(best).low + width(best) / 2;
    const double scale = shortened(1 / best, 24);
    const double last_place = std::ldexp(1.0, std::ilogb(scale) - 23);
    for (const double places : {0.0, 1.0, -1.0, 2.0, -2.0}) {
        for (const double offset : {std::nearbyint(middle_of_best), middle_of_best}) {
            propose(scale + places * last_place, offset);
            if (take_if_proved(Form::quotient)) {
                return;
            }
        }
    }
    // The number of thresholds reached, q = base + step * it.
    double_line_ = {step_ * best, step_ * (middle_of_best - base_), 0.0,
                    static_cast<double>(thresholds_.size())};
    form_ = Form::search;
    take_if_proved(Form::corrected);
}

} // namespace millrace::runtime::host
