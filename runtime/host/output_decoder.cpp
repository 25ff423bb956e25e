// SPDX-License-Identifier: Apache-2.0
#include "runtime/host/output_decoder.hpp"

#include "runtime/error.hpp"
#include "runtime/host/element_values.hpp"
#include "runtime/host/rearrangement.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <string>
#include <utility>

namespace millrace::runtime::host {

namespace {

/// to[i] = from[source[i]] for elements of 1, 2, 4 or 8 bytes.
template <class Bits>
void move_elements(const std::vector<std::byte>& from, const std::vector<std::size_t>& source,
                   std::byte* to) {
    for (std::size_t i = 0; i < source.size(); ++i) {
        std::memcpy(to + i * sizeof(Bits), from.data() + source[i] * sizeof(Bits), sizeof(Bits));
    }
}

void move_elements(std::size_t size, const std::vector<std::byte>& from,
                   const std::vector<std::size_t>& source, std::byte* to) {
    switch (size) {
    case 1:
        return move_elements<std::uint8_t>(from, source, to);
    case 2:
        return move_elements<std::uint16_t>(from, source, to);
    case 4:
        return move_elements<std::uint32_t>(from, source, to);
    default:
        return move_elements<std::uint64_t>(from, source, to);
    }
}

} // namespace

std::unique_ptr<const OutputDecoder> OutputDecoder::make_table(const JsonField& decoder,
                                                               const std::vector<PortInfo>& ports,
                                                               const TensorInfo& output) {
    if (decoder.is_null()) {
        return nullptr;
    }
    const auto port = static_cast<std::size_t>(
        decoder["port"].integer(0, static_cast<std::int64_t>(ports.size()) - 1));
    std::unique_ptr<OutputDecoder> result(new OutputDecoder(port, ports[port]));
    constexpr std::int64_t most = std::int64_t{1} << 24;
    result->lo_ = decoder["lo"].integer();
    result->entries_ = static_cast<std::size_t>(decoder["entries"].integer(1, most));
    const auto channels = static_cast<std::size_t>(decoder["channels"].integer(1, most));
    const std::size_t elements = result->layout_.elements;
    if (output.type != ElementType::float32) {
        decoder.fail("the model's output is no float32");
    }
    if (element_count(output.shape) != static_cast<std::int64_t>(elements)) {
        decoder["port"].fail("the port's shape " + to_string(ports[port].shape) +
                             " does not fit the model's output of shape " +
                             to_string(output.shape));
    }
    const JsonField values = decoder["values"];
    for (const JsonField& field : values.elements()) {
        const double value = field.number();
        result->values_.push_back(static_cast<float>(value));
        if (static_cast<double>(result->values_.back()) != value) {
            field.fail("not a number of single precision");
        }
    }
    if (result->values_.size() != result->entries_ * channels) {
        values.fail(std::to_string(result->entries_ * channels) + " values are expected");
    }
    if (decoder.has("transpose")) {
        result->source_ = transposed_sources(decoder["transpose"], elements);
    }
    return result;
}

std::unique_ptr<const OutputDecoder> OutputDecoder::make_move(std::size_t port,
                                                              const PortInfo& info,
                                                              std::vector<std::size_t> source,
                                                              const TensorInfo& output) {
    std::unique_ptr<OutputDecoder> result(new OutputDecoder(port, info));
    result->type_ = output.type;
    result->source_ = std::move(source);
    const bool float_type =
        output.type == ElementType::float32 || output.type == ElementType::float64;
    const auto range = integer_range(output.type);
    const bool holds = range && result->layout_.lowest() >= range->lowest &&
                       (range->highest > INT64_MAX ||
                        result->layout_.highest() <= static_cast<std::int64_t>(range->highest));
    if ((!float_type && !holds) ||
        element_count(output.shape) != static_cast<std::int64_t>(result->layout_.elements)) {
        return nullptr;
    }
    return result;
}

template <class Q> void OutputDecoder::look_up(const std::byte* frame, std::byte* elements) const {
    std::array<Q, pack_block> q;
    std::array<float, pack_block> found;
    const std::size_t channels = values_.size() / entries_;
    std::size_t row = 0;
    for (std::size_t first = 0; first < layout_.elements; first += pack_block) {
        const std::size_t count = std::min(pack_block, layout_.elements - first);
        unpack_frame(layout_, frame, first, count, q.data());
        for (std::size_t i = 0; i < count; ++i) {
            // Below lo wraps around and is too large as well.
            const auto entry = static_cast<std::size_t>(static_cast<std::uint64_t>(q[i]) -
                                                        static_cast<std::uint64_t>(lo_));
            if (entry >= entries_) {
                throw Error(ErrorKind::device, "the kernel gave " + std::to_string(q[i]) +
                                                   ", which is outside of its proved range");
            }
            found[i] = values_[row * entries_ + entry];
            row = row + 1 == channels ? 0 : row + 1;
        }
        std::memcpy(elements + first * sizeof(float), found.data(), count * sizeof(float));
    }
}

template <class T> void OutputDecoder::convert(const std::byte* frame, std::byte* elements) const {
    std::array<std::int64_t, pack_block> q{};
    std::array<T, pack_block> values;
    for (std::size_t first = 0; first < layout_.elements; first += pack_block) {
        const std::size_t count = std::min(pack_block, layout_.elements - first);
        unpack_frame(layout_, frame, first, count, q.data());
        for (std::size_t i = 0; i < pack_block; ++i) {
            values[i] = static_cast<T>(q[i]);
        }
        std::memcpy(elements + first * sizeof(T), values.data(), count * sizeof(T));
    }
}

void OutputDecoder::decode(const std::byte* frame, std::byte* elements, Scratch& scratch) const {
    const std::size_t size = bytes_per_element(type_);
    std::byte* to = elements;
    if (!source_.empty()) {
        scratch.values.resize(layout_.elements * size);
        to = scratch.values.data();
    }
    if (!values_.empty()) {
        if (layout_.bits < 32) {
            look_up<std::int32_t>(frame, to);
        } else {
            look_up<std::int64_t>(frame, to);
        }
    } else if (type_ == ElementType::float32) {
        convert<float>(frame, to);
    } else if (type_ == ElementType::float64) {
        convert<double>(frame, to);
    } else {
        switch (size) {
        case 1:
            convert<std::uint8_t>(frame, to);
            break;
        case 2:
            convert<std::uint16_t>(frame, to);
            break;
        case 4:
            convert<std::uint32_t>(frame, to);
            break;
        default:
            convert<std::uint64_t>(frame, to);
            break;
        }
    }
    if (!source_.empty()) {
        move_elements(size, scratch.values, source_, elements);
    }
}

} // namespace millrace::runtime::host
