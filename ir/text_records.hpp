// SPDX-License-Identifier: Apache-2.0
//
// What the printer and the parser of the text form share, so that neither can know a name that the
// other does not: the alternatives of ops, function steps and function forms are all "records", a
// name and fields, and enumerations are tables.
#pragma once

#include "ir/op.hpp"

#include <array>
#include <string_view>
#include <type_traits>
#include <utility>

namespace millrace::text {

/// Name and fields of a record. Ops bring their own; the steps and forms below are listed here.
template <class T> struct Record {
    static constexpr std::string_view name = T::name;
    template <class Self, class Visit> static void fields(Self& self, Visit&& visit) {
        T::fields(self, std::forward<Visit>(visit));
    }
};

template <> struct Record<step::Affine> {
    static constexpr std::string_view name = "affine";
    template <class Self, class Visit> static void fields(Self& self, Visit&& visit) {
        visit("scale", self.scale);
        visit("offset", self.offset);
    }
};
template <> struct Record<step::LeakyRelu> {
    static constexpr std::string_view name = "leaky_relu";
    template <class Self, class Visit> static void fields(Self& self, Visit&& visit) {
        visit("slope", self.slope);
    }
};
template <> struct Record<step::Clip> {
    static constexpr std::string_view name = "clip";
    template <class Self, class Visit> static void fields(Self& self, Visit&& visit) {
        visit("low", self.low);
        visit("high", self.high);
    }
};
template <> struct Record<step::Sigmoid> {
    static constexpr std::string_view name = "sigmoid";
    template <class Self, class Visit> static void fields(Self& /*self*/, Visit&& /*visit*/) {}
};
template <> struct Record<step::Tanh> {
    static constexpr std::string_view name = "tanh";
    template <class Self, class Visit> static void fields(Self& /*self*/, Visit&& /*visit*/) {}
};
template <> struct Record<step::Sign> {
    static constexpr std::string_view name = "sign";
    template <class Self, class Visit> static void fields(Self& /*self*/, Visit&& /*visit*/) {}
};
template <> struct Record<step::Quantize> {
    static constexpr std::string_view name = "quantize";
    template <class Self, class Visit> static void fields(Self& self, Visit&& visit) {
        visit("scale", self.scale);
        visit("zero_point", self.zero_point);
        visit("lo", self.lo);
        visit("hi", self.hi);
        visit("rounding", self.rounding);
        visit("zero_point_last", self.zero_point_last);
        visit("binary", self.binary);
    }
};
template <> struct Record<step::MultiThreshold> {
    static constexpr std::string_view name = "multi_threshold";
    template <class Self, class Visit> static void fields(Self& self, Visit&& visit) {
        visit("thresholds", self.thresholds);
        visit("out_scale", self.out_scale);
        visit("out_bias", self.out_bias);
    }
};

template <> struct Record<form::Identity> {
    static constexpr std::string_view name = "identity";
    template <class Self, class Visit> static void fields(Self& /*self*/, Visit&& /*visit*/) {}
};
template <> struct Record<form::Shift> {
    static constexpr std::string_view name = "shift";
    template <class Self, class Visit> static void fields(Self& self, Visit&& visit) {
        visit("add", self.add);
        visit("shift", self.shift);
        visit("rounding", self.rounding);
        visit("lo", self.lo);
        visit("hi", self.hi);
    }
};
template <> struct Record<form::MultiplyAddShift> {
    static constexpr std::string_view name = "multiply_add_shift";
    template <class Self, class Visit> static void fields(Self& self, Visit&& visit) {
        visit("multiplier", self.multiplier);
        visit("add", self.add);
        visit("add_shift", self.add_shift);
        visit("shift", self.shift);
        visit("tie", self.tie);
        visit("lo", self.lo);
        visit("hi", self.hi);
    }
};
template <> struct Record<form::Thresholds> {
    static constexpr std::string_view name = "thresholds";
    template <class Self, class Visit> static void fields(Self& self, Visit&& visit) {
        visit("base", self.base);
        visit("step", self.step);
        visit("thresholds", self.thresholds);
    }
};
template <> struct Record<form::Breakpoints> {
    static constexpr std::string_view name = "breakpoints";
    template <class Self, class Visit> static void fields(Self& self, Visit&& visit) {
        visit("starts", self.starts);
        visit("values", self.values);
    }
};
template <> struct Record<form::Table> {
    static constexpr std::string_view name = "table";
    template <class Self, class Visit> static void fields(Self& self, Visit&& visit) {
        visit("lo", self.lo);
        visit("values", self.values);
    }
};

/// An enumeration's values with their names.
template <class T> using Names = std::pair<T, std::string_view>;
inline constexpr std::array memory_styles{
    Names<ops::MemoryStyle>{ops::MemoryStyle::automatic, "automatic"},
    Names<ops::MemoryStyle>{ops::MemoryStyle::lut, "lut"},
    Names<ops::MemoryStyle>{ops::MemoryStyle::bram, "bram"},
    Names<ops::MemoryStyle>{ops::MemoryStyle::uram, "uram"},
};
inline constexpr std::array multiplier_styles{
    Names<ops::MultiplierStyle>{ops::MultiplierStyle::automatic, "automatic"},
    Names<ops::MultiplierStyle>{ops::MultiplierStyle::lut, "lut"},
    Names<ops::MultiplierStyle>{ops::MultiplierStyle::dsp, "dsp"},
};
inline constexpr std::array reductions{
    Names<ops::Reduction>{ops::Reduction::max, "max"},
    Names<ops::Reduction>{ops::Reduction::min, "min"},
    Names<ops::Reduction>{ops::Reduction::sum, "sum"},
};
inline constexpr std::array encodings{
    Names<Encoding>{Encoding::unsigned_integer, "u"},
    Names<Encoding>{Encoding::signed_integer, "s"},
    Names<Encoding>{Encoding::bipolar, "b"},
};

/// Characters of names that stand without quotes.
constexpr bool is_plain(char character) {
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
           (character >= '0' && character <= '9') || character == '_' || character == '.';
}

} // namespace millrace::text
