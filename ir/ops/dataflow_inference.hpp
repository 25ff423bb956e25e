// SPDX-License-Identifier: Apache-2.0
//
// What type inference of the dataflow level's actors shares.
//
// Actors that compute on channels need lanes that divide the last axis, so that a word never spans
// two vectors. Actors that only pass words on (memory, FIFO, fork, width converter, reshape) need
// lanes that divide the whole count, since words of a frame that leaves the fabric may span
// vectors. No word is wider than 4,096 bits.
#pragma once

#include "ir/ops/inference.hpp"
#include "ir/ops/integer_matrix.hpp"

namespace millrace::ops {

inline constexpr std::int64_t most_word_bits = 4096;
inline constexpr int most_element_bits = 63;

inline void require_format(const ElementFormat& format, std::string_view op,
                           std::string_view what) {
    if (format.bits < 1 || format.bits > most_element_bits ||
        (format.encoding == Encoding::bipolar && format.bits != 1)) {
        throw TypeError(
            fmt::format("{}: {} cannot have the format {}", op, what, to_string(format)));
    }
}

inline void require_word(std::int64_t lanes, const ElementFormat& format, std::string_view op,
                         std::string_view what) {
    if (lanes > most_word_bits / format.bits) {
        throw TypeError(fmt::format("{}: {} of {} lanes of {} bits exceeds {} bits", op, what,
                                    lanes, format.bits, most_word_bits));
    }
}

/// Throws TypeError unless the part is positive and divides the whole.
inline void require_divides(std::int64_t part, std::int64_t whole, std::string_view op,
                            std::string_view part_name, std::string_view whole_name) {
    if (part < 1 || whole % part != 0) {
        throw TypeError(fmt::format("{}: {} = {} does not divide {} = {}", op, part_name, part,
                                    whole_name, whole));
    }
}

/// A stream of whole words.
inline StreamType stream_of(Shape shape, const ElementFormat& element, std::int64_t lanes,
                            std::string_view op) {
    require_format(element, op, "an element");
    require_divides(lanes, checked_count(shape, op), op, "lanes", "the number of elements");
    require_word(lanes, element, op, "a word");
    return {std::move(shape), element, lanes};
}

inline const StreamType& only_stream(const TypeList& inputs, std::string_view op) {
    require_inputs(inputs, 1, op);
    const StreamType& x = inputs.stream(0);
    stream_of(x.shape, x.element, x.lanes, op); // well-formed, or TypeError
    return x;
}

/// The size of the input's last axis, which the lanes must divide.
inline std::int64_t vector_size(const StreamType& x, std::string_view op) {
    if (x.shape.empty()) {
        throw TypeError(fmt::format("{}: the input has no axis", op));
    }
    require_divides(x.lanes, x.shape.back(), op, "the input's lanes", "the last axis");
    return x.shape.back();
}

/// Throws TypeError unless an accumulator can have the format.
inline void require_accumulator(const ElementFormat& format, std::string_view op) {
    require_format(format, op, "the accumulator");
    if (format.encoding == Encoding::bipolar) {
        throw TypeError(fmt::format("{}: the accumulator cannot be bipolar", op));
    }
}

/// Throws TypeError unless every weight has a code in the format.
void require_weights_fit(const IntegerMatrix& weights, const ElementFormat& format,
                         std::string_view op);

/// Throws TypeError unless there is one entry or one per channel.
inline void require_one_or_each(std::size_t entries, std::int64_t channels, std::string_view op) {
    if (entries != 1 && static_cast<std::int64_t>(entries) != channels) {
        throw TypeError(fmt::format("{}: {} entries for {} channels", op, entries, channels));
    }
}

} // namespace millrace::ops
