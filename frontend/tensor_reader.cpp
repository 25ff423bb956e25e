// SPDX-License-Identifier: Apache-2.0
//
// See tensor_reader.hpp. `describe` decides everything that can be decided without touching the
// elements; the readers behind it may then trust that `count` elements are there.
#include "frontend/tensor_reader.hpp"

#include "frontend/external_data.hpp"

#include <fmt/format.h>
#include <onnx/onnx_pb.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace::frontend {

namespace {

static_assert(std::endian::native == std::endian::little, "ONNX raw data are little endian");

/// TensorProto.DataType in the order of its numbers, up to ONNX 1.19 (IR version 12).
struct OnnxType {
    std::string_view name;
    std::optional<DataType> type;
    int bits; ///< of an element in raw data
};
const std::array onnx_types{
    OnnxType{"undefined", std::nullopt, 0},       OnnxType{"float32", DataType::float32, 32},
    OnnxType{"uint8", DataType::uint8, 8},        OnnxType{"int8", DataType::int8, 8},
    OnnxType{"uint16", DataType::uint16, 16},     OnnxType{"int16", DataType::int16, 16},
    OnnxType{"int32", DataType::int32, 32},       OnnxType{"int64", DataType::int64, 64},
    OnnxType{"string", std::nullopt, 0},          OnnxType{"boolean", DataType::boolean, 8},
    OnnxType{"float16", DataType::float16, 16},   OnnxType{"float64", DataType::float64, 64},
    OnnxType{"uint32", DataType::uint32, 32},     OnnxType{"uint64", DataType::uint64, 64},
    OnnxType{"complex64", std::nullopt, 0},       OnnxType{"complex128", std::nullopt, 0},
    OnnxType{"bfloat16", DataType::bfloat16, 16}, OnnxType{"float8e4m3fn", std::nullopt, 0},
    OnnxType{"float8e4m3fnuz", std::nullopt, 0},  OnnxType{"float8e5m2", std::nullopt, 0},
    OnnxType{"float8e5m2fnuz", std::nullopt, 0},  OnnxType{"uint4", DataType::uint4, 4},
    OnnxType{"int4", DataType::int4, 4},          OnnxType{"float4e2m1", std::nullopt, 0},
    OnnxType{"float8e8m0", std::nullopt, 0},
};

const OnnxType* find_type(std::int64_t number) {
    return number >= 0 && number < static_cast<std::int64_t>(onnx_types.size())
               ? &onnx_types[static_cast<std::size_t>(number)]
               : nullptr;
}

struct Description {
    Shape shape;
    std::int64_t count = 0;
    DataType element = DataType::float32;
    std::int64_t raw_bytes = 0;
    std::optional<FileRange> external;
};

/// Number of entries of the typed field that holds elements of this type.
std::int64_t typed_entries(const onnx::TensorProto& tensor, DataType element) {
    switch (element) {
    case DataType::float32:
        return tensor.float_data_size();
    case DataType::float64:
        return tensor.double_data_size();
    case DataType::int64:
        return tensor.int64_data_size();
    case DataType::uint32:
    case DataType::uint64:
        return tensor.uint64_data_size();
    case DataType::float16:
    case DataType::bfloat16:
    case DataType::int4:
    case DataType::uint4:
    case DataType::int8:
    case DataType::uint8:
    case DataType::int16:
    case DataType::uint16:
    case DataType::int32:
    case DataType::boolean:
        return tensor.int32_data_size();
    }
    throw Defect("unknown element type");
}

std::string title(const onnx::TensorProto& tensor) {
    return tensor.name().empty() ? "tensor" : fmt::format("tensor '{}'", escaped(tensor.name()));
}

void report_size(const onnx::TensorProto& tensor, const Reporter& reporter, std::string_view why) {
    reporter.error(Code::tensor_size_mismatch, fmt::format("{}: {}", title(tensor), why),
                   "the file is damaged or was written wrongly: export the model again");
}

std::optional<Shape> read_shape(const onnx::TensorProto& tensor, std::int64_t limit,
                                std::int64_t& count, const Reporter& reporter) {
    if (tensor.dims_size() > max_rank) {
        report_size(tensor, reporter, fmt::format("claims {} dimensions", tensor.dims_size()));
        return std::nullopt;
    }
    Shape shape(tensor.dims().begin(), tensor.dims().end());
    if (std::any_of(shape.begin(), shape.end(), [](std::int64_t size) { return size < 0; })) {
        report_size(tensor, reporter, "a dimension is negative");
        return std::nullopt;
    }
    count = 1;
    if (std::find(shape.begin(), shape.end(), 0) != shape.end()) {
        count = 0;
        return shape;
    }
    for (const std::int64_t size : shape) {
        if (size > limit / count) {
            report_size(tensor, reporter,
                        fmt::format("shape {} has more than {} elements", to_string(shape), limit));
            return std::nullopt;
        }
        count *= size;
    }
    return shape;
}

std::optional<Description> describe(const onnx::TensorProto& tensor, const TensorSource& source,
                                    const Reporter& reporter) {
    Description result;
    auto shape = read_shape(tensor, source.options.max_elements, result.count, reporter);
    if (!shape) {
        return std::nullopt;
    }
    result.shape = std::move(*shape);
    const OnnxType* type = find_type(tensor.data_type());
    if (type == nullptr || !type->type) {
        reporter.error(Code::unsupported_data_type,
                       fmt::format("{} has elements of type {}", title(tensor),
                                   onnx_data_type_name(tensor.data_type())),
                       "use a float, integer or boolean type; small floating-point, complex and "
                       "string types are not supported");
        return std::nullopt;
    }
    result.element = *type->type;
    result.raw_bytes = (result.count * type->bits + 7) / 8;
    if (tensor.has_segment()) {
        report_size(tensor, reporter, "is stored in segments, which ONNX has never defined");
        return std::nullopt;
    }
    if (tensor.data_location() == onnx::TensorProto::EXTERNAL) {
        result.external = locate_external_data(tensor, source.data_folder, reporter);
        if (!result.external) {
            return std::nullopt;
        }
        if (result.external->length != static_cast<std::uint64_t>(result.raw_bytes)) {
            report_size(tensor, reporter,
                        fmt::format("shape {} of {} needs {} bytes, the external data have {}",
                                    to_string(result.shape), type->name, result.raw_bytes,
                                    result.external->length));
            return std::nullopt;
        }
        return result;
    }
    if (tensor.has_raw_data()) {
        const auto have = static_cast<std::int64_t>(tensor.raw_data().size());
        if (have != result.raw_bytes) {
            report_size(tensor, reporter,
                        fmt::format("shape {} of {} needs {} bytes, the data have {}",
                                    to_string(result.shape), type->name, result.raw_bytes, have));
            return std::nullopt;
        }
        return result;
    }
    // Two 4-bit elements share an entry of int32_data.
    const std::int64_t needed = type->bits == 4 ? (result.count + 1) / 2 : result.count;
    const std::int64_t have = typed_entries(tensor, result.element);
    if (have != needed) {
        report_size(tensor, reporter,
                    fmt::format("shape {} of {} needs {} values, the data have {}",
                                to_string(result.shape), type->name, needed, have));
        return std::nullopt;
    }
    return result;
}

float float_from_half(std::uint16_t bits) {
    const int exponent = (bits >> 10) & 0x1f;
    const int fraction = bits & 0x3ff;
    float magnitude = 0;
    if (exponent == 0x1f) {
        magnitude = fraction == 0 ? std::numeric_limits<float>::infinity()
                                  : std::numeric_limits<float>::quiet_NaN();
    } else if (exponent == 0) {
        magnitude = std::ldexp(static_cast<float>(fraction), -24);
    } else {
        magnitude = std::ldexp(static_cast<float>(fraction + 0x400), exponent - 25);
    }
    return (bits & 0x8000) != 0 ? -magnitude : magnitude;
}

float float_from_bfloat(std::uint16_t bits) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

/// The elements' bytes, wherever they were.
struct Bytes {
    std::string storage;
    template <class T> [[nodiscard]] T load(std::int64_t index) const {
        T value{};
        std::memcpy(&value, storage.data() + static_cast<std::size_t>(index) * sizeof(T),
                    sizeof(T));
        return value;
    }
};

class Reader {
  public:
    Reader(onnx::TensorProto& tensor, const Description& description)
        : tensor_(tensor),
          description_(description),
          raw_(description.external.has_value() || tensor.has_raw_data()) {}

    /// False when external data cannot be read after all.
    [[nodiscard]] bool load() {
        if (description_.external && description_.element != DataType::float32) {
            bytes_.storage.resize(static_cast<std::size_t>(description_.raw_bytes));
            return read_range(*description_.external, bytes_.storage.data(), bytes_.storage.size());
        }
        if (!description_.external && raw_) {
            bytes_.storage = std::move(*tensor_.mutable_raw_data());
        }
        return true;
    }

    /// False when external data cannot be read after all.
    [[nodiscard]] bool floats(std::vector<float>& values) const {
        values.resize(size());
        const std::size_t byte_count = values.size() * sizeof(float);
        if (description_.external) {
            return read_range(*description_.external, values.data(), byte_count);
        }
        if (raw_) {
            if (byte_count != 0) {
                std::memcpy(values.data(), bytes_.storage.data(), byte_count);
            }
        } else {
            std::copy(tensor_.float_data().begin(), tensor_.float_data().end(), values.begin());
        }
        return true;
    }

    [[nodiscard]] std::vector<float> small_floats() const {
        std::vector<float> values(size());
        for (std::size_t i = 0; i < values.size(); ++i) {
            const auto index = static_cast<std::int64_t>(i);
            const auto bits =
                raw_ ? bytes_.load<std::uint16_t>(index)
                     : static_cast<std::uint16_t>(tensor_.int32_data(static_cast<int>(index)));
            values[i] = description_.element == DataType::float16 ? float_from_half(bits)
                                                                  : float_from_bfloat(bits);
        }
        return values;
    }

    [[nodiscard]] std::vector<double> doubles() const {
        std::vector<double> values(size());
        for (std::size_t i = 0; i < values.size(); ++i) {
            const auto index = static_cast<std::int64_t>(i);
            values[i] =
                raw_ ? bytes_.load<double>(index) : tensor_.double_data(static_cast<int>(index));
        }
        return values;
    }

    /// Types of at most 32 bits except uint32.
    [[nodiscard]] std::vector<std::int32_t> narrow_integers() const {
        std::vector<std::int32_t> values(size());
        for (std::size_t i = 0; i < values.size(); ++i) {
            values[i] = narrow_integer(static_cast<std::int64_t>(i));
        }
        return values;
    }

    /// uint32, int64 and uint64.
    [[nodiscard]] std::vector<Real> wide_integers() const {
        std::vector<Real> values;
        values.reserve(size());
        for (std::int64_t i = 0; i < description_.count; ++i) {
            if (description_.element == DataType::int64) {
                values.emplace_back(wide_signed(i));
            } else {
                const std::uint64_t value = wide_unsigned(i);
                values.push_back(Real(static_cast<std::int64_t>(value >> 1)) * Real(2) +
                                 Real(static_cast<std::int64_t>(value & 1)));
            }
        }
        return values;
    }
    /// The same as 32-bit integers where all of them fit.
    [[nodiscard]] std::optional<std::vector<std::int32_t>> shortened_integers() const {
        std::vector<std::int32_t> values(size());
        constexpr std::int64_t highest = std::numeric_limits<std::int32_t>::max();
        for (std::int64_t i = 0; i < description_.count; ++i) {
            std::int64_t value = 0;
            if (description_.element == DataType::int64) {
                value = wide_signed(i);
            } else {
                value = static_cast<std::int64_t>(
                    std::min(wide_unsigned(i), static_cast<std::uint64_t>(highest) + 1));
            }
            if (value > highest || value < std::numeric_limits<std::int32_t>::min()) {
                return std::nullopt;
            }
            values[static_cast<std::size_t>(i)] = static_cast<std::int32_t>(value);
        }
        return values;
    }

  private:
    [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(description_.count); }

    [[nodiscard]] std::int64_t wide_signed(std::int64_t index) const {
        return raw_ ? bytes_.load<std::int64_t>(index)
                    : static_cast<std::int64_t>(tensor_.int64_data(static_cast<int>(index)));
    }
    [[nodiscard]] std::uint64_t wide_unsigned(std::int64_t index) const {
        if (!raw_) {
            const std::uint64_t value = tensor_.uint64_data(static_cast<int>(index));
            return description_.element == DataType::uint32 ? static_cast<std::uint32_t>(value)
                                                            : value;
        }
        return description_.element == DataType::uint32 ? bytes_.load<std::uint32_t>(index)
                                                        : bytes_.load<std::uint64_t>(index);
    }

    /// Typed data wider than their type lose their upper bits, as in ONNX's own reader.
    template <class T> [[nodiscard]] std::int32_t element(std::int64_t index) const {
        return raw_ ? static_cast<std::int32_t>(bytes_.load<T>(index))
                    : static_cast<std::int32_t>(
                          static_cast<T>(tensor_.int32_data(static_cast<int>(index))));
    }
    [[nodiscard]] std::int32_t nibble(std::int64_t index) const {
        const std::int32_t pair = element<std::uint8_t>(index / 2);
        return index % 2 == 0 ? pair & 0xf : pair >> 4;
    }
    [[nodiscard]] std::int32_t narrow_integer(std::int64_t index) const {
        switch (description_.element) {
        case DataType::int4: {
            const std::int32_t value = nibble(index);
            return value >= 8 ? value - 16 : value;
        }
        case DataType::uint4:
            return nibble(index);
        case DataType::int8:
            return element<std::int8_t>(index);
        case DataType::uint8:
            return element<std::uint8_t>(index);
        case DataType::int16:
            return element<std::int16_t>(index);
        case DataType::uint16:
            return element<std::uint16_t>(index);
        case DataType::int32:
            return element<std::int32_t>(index);
        case DataType::boolean:
            return element<std::uint8_t>(index) != 0 ? 1 : 0;
        case DataType::float32:
        case DataType::float64:
        case DataType::float16:
        case DataType::bfloat16:
        case DataType::uint32:
        case DataType::int64:
        case DataType::uint64:
            break;
        }
        throw Defect("not a narrow integer type");
    }

    onnx::TensorProto& tensor_;
    const Description& description_;
    bool raw_;
    Bytes bytes_;
};

template <class T> bool all_finite(const std::vector<T>& values) {
    return std::all_of(values.begin(), values.end(), [](T value) { return std::isfinite(value); });
}

template <class T> void note_non_finite(const std::vector<T>& values, TensorContents& contents) {
    if (values.size() == 1) {
        contents.non_finite = static_cast<double>(values.front());
    }
}

void fill_doubles(std::vector<double> values, TensorContents& contents) {
    if (!all_finite(values)) {
        note_non_finite(values, contents);
        return;
    }
    // Most float64 weights were float32 once and stay as cheap. The comparison comes after the
    // range check: converting a double beyond float's range is undefined.
    const bool all_single = std::all_of(values.begin(), values.end(), [](double value) {
        return std::abs(value) <= static_cast<double>(std::numeric_limits<float>::max()) &&
               static_cast<double>(static_cast<float>(value)) == value;
    });
    if (all_single) {
        std::vector<float> singles(values.size());
        std::transform(values.begin(), values.end(), singles.begin(),
                       [](double value) { return static_cast<float>(value); });
        contents.tensor = Tensor(contents.shape, std::move(singles));
        return;
    }
    std::vector<Real> reals;
    reals.reserve(values.size());
    std::transform(values.begin(), values.end(), std::back_inserter(reals), &Real::from_double);
    contents.tensor = Tensor(contents.shape, std::move(reals));
}

void fill_floats(std::vector<float> values, TensorContents& contents) {
    if (all_finite(values)) {
        contents.tensor = Tensor(contents.shape, std::move(values));
    } else {
        note_non_finite(values, contents);
    }
}

void fill_integers(std::vector<std::int32_t> values, TensorContents& contents) {
    contents.tensor = Tensor(contents.shape, ScaledIntegers{std::move(values), {Real(1)}, 0});
}

} // namespace

std::optional<DataType> data_type_from_onnx(std::int64_t number) {
    const OnnxType* type = find_type(number);
    return type == nullptr ? std::nullopt : type->type;
}

std::string onnx_data_type_name(std::int64_t number) {
    const OnnxType* type = find_type(number);
    return type == nullptr ? fmt::format("{}, which ONNX does not define", number)
                           : std::string(type->name);
}

void check_tensor(const onnx::TensorProto& tensor, const TensorSource& source,
                  const Reporter& reporter) {
    static_cast<void>(describe(tensor, source, reporter));
}

std::optional<TensorContents> read_tensor(onnx::TensorProto& tensor, const TensorSource& source,
                                          const Reporter& reporter) {
    const auto description = describe(tensor, source, reporter);
    if (!description) {
        return std::nullopt;
    }
    TensorContents contents;
    contents.shape = description->shape;
    contents.element = description->element;
    Reader reader(tensor, *description);
    bool readable = reader.load();
    if (readable) {
        switch (description->element) {
        case DataType::float32: {
            std::vector<float> values;
            readable = reader.floats(values);
            if (readable) {
                fill_floats(std::move(values), contents);
            }
            break;
        }
        case DataType::float16:
        case DataType::bfloat16:
            fill_floats(reader.small_floats(), contents);
            break;
        case DataType::float64:
            fill_doubles(reader.doubles(), contents);
            break;
        case DataType::uint32:
        case DataType::int64:
        case DataType::uint64:
            if (auto narrow = reader.shortened_integers()) {
                fill_integers(std::move(*narrow), contents);
            } else {
                contents.tensor = Tensor(contents.shape, reader.wide_integers());
            }
            break;
        case DataType::int4:
        case DataType::uint4:
        case DataType::int8:
        case DataType::uint8:
        case DataType::int16:
        case DataType::uint16:
        case DataType::int32:
        case DataType::boolean:
            fill_integers(reader.narrow_integers(), contents);
            break;
        }
    }
    if (!readable) {
        reporter.error(Code::external_data_unreadable,
                       fmt::format("{}: external data cannot be read", title(tensor)),
                       "check that the data file beside the model may be read");
        return std::nullopt;
    }
    return contents;
}

} // namespace millrace::frontend
