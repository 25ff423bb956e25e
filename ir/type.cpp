// SPDX-License-Identifier: Apache-2.0
//
// Types: access by level with errors in the user's terms, and the narrowest bit formats.
#include "ir/type.hpp"

#include "ir/diagnostics.hpp"

#include <algorithm>
#include <bit>
#include <fmt/format.h>
#include <limits>

namespace millrace {

namespace {

template <class T>
const T& typed_input(const TypeList& inputs, std::size_t index, std::string_view wanted) {
    const T* type = std::get_if<T>(inputs.types.at(index));
    if (type == nullptr) {
        throw TypeError(fmt::format("input {} is not {}", index, wanted));
    }
    return *type;
}

} // namespace

std::int64_t IntegerType::lowest() const {
    return lo.empty() ? 0 : *std::min_element(lo.begin(), lo.end());
}

std::int64_t IntegerType::highest() const {
    return hi.empty() ? 0 : *std::max_element(hi.begin(), hi.end());
}

std::int64_t IntegerType::channels() const { return shape.empty() ? 1 : shape.back(); }

ElementFormat IntegerType::format() const {
    return bipolar ? ElementFormat{1, Encoding::bipolar} : format_for(lowest(), highest());
}

ElementFormat format_for(std::int64_t lo, std::int64_t hi) {
    if (lo > hi) {
        throw std::invalid_argument(fmt::format("no format for the empty range [{}, {}]", lo, hi));
    }
    if (lo >= 0) {
        const auto bits = static_cast<int>(std::bit_width(static_cast<std::uint64_t>(hi)));
        return {std::max(bits, 1), Encoding::unsigned_integer};
    }
    // -2^(b-1) <= lo: ~lo = -lo - 1 needs b - 1 bits, as does hi.
    const auto magnitude = static_cast<std::uint64_t>(std::max(~lo, hi));
    return {static_cast<int>(std::bit_width(magnitude)) + 1, Encoding::signed_integer};
}

std::int64_t lowest_value(const ElementFormat& format) {
    switch (format.encoding) {
    case Encoding::unsigned_integer:
        return 0;
    case Encoding::bipolar:
        return -1;
    case Encoding::signed_integer:
        if (format.bits < 1 || format.bits > 64) {
            break;
        }
        return std::numeric_limits<std::int64_t>::min() >> (64 - format.bits);
    }
    throw Defect(fmt::format("a signed format of {} bits", format.bits));
}

std::int64_t highest_value(const ElementFormat& format) {
    constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();
    switch (format.encoding) {
    case Encoding::bipolar:
        return 1;
    case Encoding::signed_integer:
        return ~lowest_value(format);
    case Encoding::unsigned_integer:
        if (format.bits < 1 || format.bits > 63) {
            break;
        }
        return largest >> (63 - format.bits);
    }
    throw Defect(fmt::format("an unsigned format of {} bits", format.bits));
}

std::string to_string(const ElementFormat& format) {
    constexpr std::string_view letters = "usb";
    return fmt::format("{}{}", letters.at(static_cast<std::size_t>(format.encoding)), format.bits);
}

const Shape& shape_of(const ValueType& type) {
    return std::visit([](const auto& alternative) -> const Shape& { return alternative.shape; },
                      type);
}

const RealType& TypeList::real(std::size_t index) const {
    return typed_input<RealType>(*this, index, "a tensor of real numbers");
}

const IntegerType& TypeList::integer(std::size_t index) const {
    return typed_input<IntegerType>(*this, index, "a tensor of integers with a range");
}

const StreamType& TypeList::stream(std::size_t index) const {
    return typed_input<StreamType>(*this, index, "a stream");
}

} // namespace millrace
