// SPDX-License-Identifier: Apache-2.0
//
// Floats and everything that a float holds go through Levels block by block. A number x of a wider
// type lies between the two floats next to it; the levels are those of one monotone function of
// reals, so where both floats have the same level, x has it, too.
#include "runtime/host/input_encoder.hpp"

#include "runtime/elements.hpp"
#include "runtime/host/rearrangement.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace millrace::runtime::host {

namespace {

constexpr std::size_t most_levels = std::size_t{1} << 16;

Levels levels_of(const JsonField& quantizer) {
    const std::int64_t base = quantizer["base"].integer(INT32_MIN, INT32_MAX);
    const std::int64_t step = quantizer["step"].integer(-1, 1);
    if (step == 0) {
        quantizer["step"].fail("neither 1 nor -1");
    }
    std::vector<float> thresholds;
    const JsonField list = quantizer["thresholds"];
    for (const JsonField& field : list.elements()) {
        const double value = field.number();
        const auto threshold = static_cast<float>(value);
        if (!std::isfinite(threshold) || static_cast<double>(threshold) != value) {
            field.fail("not a number of single precision");
        }
        if (!thresholds.empty() && threshold < thresholds.back()) {
            field.fail("the thresholds do not ascend");
        }
        thresholds.push_back(threshold);
    }
    if (thresholds.size() > most_levels) {
        list.fail("more than 65536 thresholds");
    }
    const std::int64_t last = base + step * static_cast<std::int64_t>(thresholds.size());
    if (last < INT32_MIN || last > INT32_MAX) {
        quantizer["base"].fail("levels of more than 32 bits");
    }
    return {std::move(thresholds), base, static_cast<int>(step)};
}

template <class T> T load(const std::byte* elements, std::size_t index) {
    T value;
    std::memcpy(&value, elements + index * sizeof(T), sizeof(T));
    return value;
}

template <class T>
void load_integers(const std::byte* elements, std::size_t first, std::size_t count, FloatBlock& x) {
    std::array<T, level_block> values{};
    std::memcpy(values.data(), elements + first * sizeof(T), count * sizeof(T));
    for (std::size_t i = 0; i < level_block; ++i) {
        x[i] = static_cast<float>(values[i]);
    }
}

/// A block of elements of a type whose numbers are floats; what is beyond `count` is 0. False: the
/// type has others.
bool load_floats(ElementType type, const std::byte* elements, std::size_t first, std::size_t count,
                 FloatBlock& x) {
    switch (type) {
    case ElementType::float32:
        std::memcpy(x.data(), elements + first * sizeof(float), count * sizeof(float));
        std::fill(x.begin() + static_cast<std::ptrdiff_t>(count), x.end(), 0.0F);
        return true;
    case ElementType::int4:
    case ElementType::int8:
        load_integers<std::int8_t>(elements, first, count, x);
        return true;
    case ElementType::uint4:
    case ElementType::uint8:
    case ElementType::boolean:
        load_integers<std::uint8_t>(elements, first, count, x);
        return true;
    case ElementType::int16:
        load_integers<std::int16_t>(elements, first, count, x);
        return true;
    case ElementType::uint16:
        load_integers<std::uint16_t>(elements, first, count, x);
        return true;
    case ElementType::float16:
    case ElementType::bfloat16:
        x.fill(0);
        for (std::size_t i = 0; i < count; ++i) {
            x[i] = static_cast<float>(
                element_at(type, elements, static_cast<std::int64_t>(first + i)));
        }
        return true;
    case ElementType::float64:
    case ElementType::int32:
    case ElementType::uint32:
    case ElementType::int64:
    case ElementType::uint64:
        break;
    }
    return false;
}

/// The floats around each element of any type; the same twice where it is one.
enum class Around { found, not_finite, beyond };
Around floats_around(ElementType type, const std::byte* elements, std::size_t first,
                     std::size_t count, FloatBlock& below, FloatBlock& above) {
    constexpr float infinity = std::numeric_limits<float>::infinity();
    below.fill(0);
    above.fill(0);
    for (std::size_t i = 0; i < count; ++i) {
        const Element x = element_at(type, elements, static_cast<std::int64_t>(first + i));
        if (!std::isfinite(x)) {
            return Around::not_finite;
        }
        const auto nearest = static_cast<float>(x);
        const auto back = static_cast<Element>(nearest);
        below[i] = back > x ? std::nextafter(nearest, -infinity) : nearest;
        above[i] = back < x ? std::nextafter(nearest, infinity) : nearest;
        if (!std::isfinite(below[i]) || !std::isfinite(above[i])) {
            return Around::beyond;
        }
    }
    return Around::found;
}

[[noreturn]] void throw_not_finite(ElementType type, const std::byte* elements, std::size_t first,
                                   std::size_t count, const ElementPlace& place) {
    std::size_t at = first;
    while (at + 1 < first + count &&
           std::isfinite(element_at(type, elements, static_cast<std::int64_t>(at)))) {
        ++at;
    }
    throw Error(ErrorKind::value,
                place_of(place.input, place.sample, at) + "is infinite or not a number");
}

} // namespace

std::unique_ptr<const InputEncoder> InputEncoder::make(const JsonField& quantizer,
                                                       const PortInfo& port,
                                                       const std::vector<TensorInfo>& inputs) {
    if (quantizer.is_null()) {
        return nullptr;
    }
    const auto input = static_cast<std::size_t>(
        quantizer["input"].integer(0, static_cast<std::int64_t>(inputs.size()) - 1));
    const TensorInfo& info = inputs[input];
    std::unique_ptr<InputEncoder> result(new InputEncoder(input, port, info.type));
    const FrameLayout& layout = result->layout_;
    if (element_count(info.shape) != static_cast<std::int64_t>(layout.elements)) {
        quantizer["input"].fail("the model's input of shape " + to_string(info.shape) +
                                " does not fit the port's shape " + to_string(port.shape));
    }
    if (quantizer.has("thresholds")) {
        result->levels_ = levels_of(quantizer);
        if (result->levels_->lowest() < layout.lowest() ||
            result->levels_->highest() > layout.highest()) {
            quantizer["thresholds"].fail("levels that the port does not hold");
        }
    } else if (!integer_range(info.type)) {
        quantizer.fail("floats without thresholds");
    }
    if (quantizer.has("transpose")) {
        result->source_ = transposed_sources(quantizer["transpose"], layout.elements);
    }
    return result;
}

template <class Code>
bool InputEncoder::level_codes(ElementType type, const std::byte* elements, std::size_t first,
                               std::size_t count, std::array<Code, level_block>& codes,
                               const ElementPlace& place) const {
    FloatBlock x;
    LevelBlock q;
    const CodeMap<Code> map(layout_);
    const bool whole_floats = type == ElementType::float32 && count == level_block;
    if (whole_floats || load_floats(type, elements, first, count, x)) {
        const void* floats = x.data();
        if (whole_floats) {
            floats = elements + first * sizeof(float);
        }
        if constexpr (sizeof(Code) == 1) {
            if (!(*levels_)(floats, count, map, codes)) {
                throw_not_finite(type, elements, first, count, place);
            }
            return true;
        }
        if (!(*levels_)(floats, count, q)) {
            throw_not_finite(type, elements, first, count, place);
        }
    } else {
        FloatBlock above;
        LevelBlock q_above;
        switch (floats_around(type, elements, first, count, x, above)) {
        case Around::not_finite:
            throw_not_finite(type, elements, first, count, place);
        case Around::beyond:
            return false;
        case Around::found:
            break;
        }
        static_cast<void>((*levels_)(x.data(), count, q)); // all are finite
        static_cast<void>((*levels_)(above.data(), count, q_above));
        if (!std::equal(q.begin(), q.begin() + static_cast<std::ptrdiff_t>(count),
                        q_above.begin())) {
            return false;
        }
    }
    for (std::size_t i = 0; i < count; ++i) {
        codes[i] = map(q[i]);
    }
    return true;
}

/// Whether an array's elements are the frame's bytes.
bool InputEncoder::copies(ElementType type) const {
    const std::optional<IntegerRange> range = integer_range(type);
    return !levels_ && source_.empty() && type == model_type_ && range &&
           layout_.container_bits == 8 * bytes_per_element(type) &&
           range->lowest >= layout_.lowest() &&
           range->highest <= static_cast<std::uint64_t>(layout_.highest()) && range->highest > 1 &&
           type != ElementType::int4 && type != ElementType::uint4;
}

template <class Code>
void InputEncoder::integer_codes(ElementType type, const std::byte* elements, std::size_t first,
                                 std::size_t count, std::array<Code, level_block>& codes,
                                 const ElementPlace& place) const {
    const CodeMap<Code> map(layout_);
    const std::int64_t lowest = layout_.lowest();
    const std::int64_t highest = layout_.highest();
    codes.fill(0);
    for (std::size_t i = 0; i < count; ++i) {
        const std::int64_t q = integer_at(model_type_, type, elements, first + i, place);
        if (q < lowest || q > highest) {
            throw Error(ErrorKind::value, place_of(place.input, place.sample, first + i) + "is " +
                                              std::to_string(q) +
                                              ", which the kernel does not take");
        }
        codes[i] = map(q);
    }
}

template <class Code>
bool InputEncoder::codes_of(ElementType type, const std::byte* elements, std::size_t first,
                            std::size_t count, std::array<Code, level_block>& codes,
                            const ElementPlace& place) const {
    if (levels_) {
        return level_codes(type, elements, first, count, codes, place);
    }
    if constexpr (sizeof(Code) == 1) {
        // The common integers, whose codes are their bytes.
        if (type == model_type_ && layout_.bits == 8 &&
            ((type == ElementType::int8 && layout_.encoding == Encoding::signed_integer) ||
             (type == ElementType::uint8 && layout_.encoding == Encoding::unsigned_integer))) {
            std::memcpy(codes.data(), elements + first, count);
            return true;
        }
    }
    integer_codes(type, elements, first, count, codes, place);
    return true;
}

template <class Code>
bool InputEncoder::encode_as(ElementType type, const std::byte* elements, std::byte* frame,
                             const ElementPlace& place, Scratch& scratch) const {
    std::array<Code, level_block> codes{};
    const std::size_t block_bytes = level_block * layout_.container_bits / 8;
    if (source_.empty()) {
        for (std::size_t first = 0; first < layout_.elements; first += level_block) {
            const std::size_t count = std::min(level_block, layout_.elements - first);
            if (!codes_of(type, elements, first, count, codes, place)) {
                return false;
            }
            store_codes(layout_.container_bits, codes.data(), count,
                        frame + first / level_block * block_bytes);
        }
        return true;
    }
    scratch.codes.resize((layout_.elements + level_block) * sizeof(Code));
    scratch.moved.resize(layout_.elements * sizeof(Code));
    for (std::size_t first = 0; first < layout_.elements; first += level_block) {
        const std::size_t count = std::min(level_block, layout_.elements - first);
        if (!codes_of(type, elements, first, count, codes, place)) {
            return false;
        }
        std::memcpy(scratch.codes.data() + first * sizeof(Code), codes.data(), sizeof codes);
    }
    const auto* from = reinterpret_cast<const Code*>(scratch.codes.data());
    auto* to = reinterpret_cast<Code*>(scratch.moved.data());
    for (std::size_t i = 0; i < layout_.elements; ++i) {
        to[i] = from[source_[i]];
    }
    store_codes(layout_.container_bits, to, layout_.elements, frame);
    return true;
}

bool InputEncoder::encode(ElementType type, const std::byte* elements, std::byte* frame,
                          const ElementPlace& place, Scratch& scratch) const {
    zero_padding(layout_, frame);
    if (copies(type)) {
        std::memcpy(frame, elements, layout_.elements * bytes_per_element(type));
        return true;
    }
    switch (layout_.code_bytes()) {
    case 1:
        return encode_as<std::uint8_t>(type, elements, frame, place, scratch);
    case 2:
        return encode_as<std::uint16_t>(type, elements, frame, place, scratch);
    case 4:
        return encode_as<std::uint32_t>(type, elements, frame, place, scratch);
    default:
        return encode_as<std::uint64_t>(type, elements, frame, place, scratch);
    }
}

} // namespace millrace::runtime::host
