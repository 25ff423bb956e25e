// SPDX-License-Identifier: Apache-2.0
//
// Quantizing floats by the manifest's thresholds: q(x) = base + step * #{t : x >= t}, fast.
//
// Four forms compute it, the cheapest that is proved is taken:
//  - count: up to eight different thresholds are compared with every element;
//  - line (float or double): q = round(clamp(a * x + b));
//  - quotient: q = round(clamp(x / a + b)) in doubles, which is a quantizer as it is written: the
//    quotient of two floats is rounded to half a level only where it is one;
//  - corrected: a line's guess, off by at most one level, mended by the two thresholds next to it;
//  - search: a binary search.
// Line and corrected are proved when they are made. q is monotone. So is every operation of a line:
// IEEE multiplication or division by a constant, addition, comparison with a bound and rounding all
// keep (or all turn round) the order of their arguments. Between two neighbouring thresholds q is
// constant, so a line that gives q at every threshold, at the float just below it, and at the
// lowest and highest floats gives q everywhere. A guess that is off by at most one at those points
// is so everywhere, and then comparing x with the thresholds on both sides of the guess mends it.
// The very loop that is used later is run on those points; its slope and offset may come from
// anywhere.
#pragma once

#include "runtime/packing.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace millrace::runtime::host {

/// Elements that are quantized at a time: a multiple of pack_block, small enough for the cache.
inline constexpr std::size_t level_block = 4 * pack_block;
using FloatBlock = std::array<float, level_block>;
using LevelBlock = std::array<std::int32_t, level_block>;

class Levels {
  public:
    enum class Form { count, float_line, double_line, quotient, corrected, search };

    /// `thresholds` ascend, equal ones are several levels at once; step is +1 or -1; base and
    /// base + step * thresholds.size() fit 32 bits.
    Levels(std::vector<float> thresholds, std::int64_t base, int step);

    /// Levels of up to a block of floats, which need not be aligned. Floats and levels beyond
    /// `count` up to the next multiple of 16 are read and written, too. Returns whether all are
    /// finite; the levels mean nothing else.
    [[nodiscard]] bool operator()(const void* x, std::size_t count, LevelBlock& q) const;
    /// For q of 8 bits (the low ones are stored): converted to codes at once.
    [[nodiscard]] bool operator()(const void* x, std::size_t count,
                                  const CodeMap<std::uint8_t>& map,
                                  std::array<std::uint8_t, level_block>& codes) const;

    [[nodiscard]] const std::vector<float>& thresholds() const { return thresholds_; }
    [[nodiscard]] Form form() const { return form_; }
    [[nodiscard]] std::int32_t lowest() const;
    [[nodiscard]] std::int32_t highest() const;
    /// The definition, one by one.
    [[nodiscard]] std::int32_t at(float x) const;

  private:
    /// Slope, offset and bounds of a line before rounding.
    template <class T> struct Line {
        T a = 1;
        T b = 0;
        T low = 0;
        T high = 0;
    };
    struct Threshold {
        float at;
        std::int32_t change; ///< of q
    };
    static constexpr std::size_t most_counted = 8;
    /// Some bytes of floats.
    struct Floats {
        const std::byte* bytes;
        std::size_t count;
    };

    template <class Out> bool run_line(const Line<float>& line, Floats x, const Out& out) const;
    template <bool divide, class Out>
    bool run_doubles(const Line<double>& line, Floats x, const Out& out) const;
    template <std::size_t N, class Out> bool run_count(Floats x, const Out& out) const;
    template <class Out> bool count(Floats x, const Out& out) const;
    template <class Out> bool run_corrected(Floats x, const Out& out) const;
    template <class Out> bool run_search(Floats x, const Out& out) const;
    template <class Out> bool run(Floats x, const Out& out) const;
    void choose_form();
    /// Takes a form when it computes q everywhere.
    bool take_if_proved(Form form);
    void propose(double slope, double offset);

    std::vector<float> thresholds_;
    std::int32_t base_;
    std::int32_t step_;
    std::vector<Threshold> distinct_;
    std::vector<float> fence_; ///< -inf, thresholds, inf
    Line<float> float_line_;
    Line<double> double_line_; ///< also the quotient; of q, or of the number of thresholds reached
                               ///< when corrected
    Form form_ = Form::search;
};

const char* form_name(Levels::Form form);

} // namespace millrace::runtime::host
