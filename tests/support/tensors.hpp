// SPDX-License-Identifier: Apache-2.0
//
// Tensors in every storage, and ops run on them the way the graph does it: types are inferred, the
// op is evaluated, and the results must have the inferred shapes.
#pragma once

#include "ir/evaluate.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace millrace::tests {

inline Tensor scaled(Shape shape, std::vector<std::int32_t> values, std::vector<Real> scale,
                     std::int64_t axis = 0) {
    return {std::move(shape), ScaledIntegers{std::move(values), std::move(scale), axis}};
}

inline TensorPtr shared(Tensor tensor) { return std::make_shared<const Tensor>(std::move(tensor)); }

inline TensorPtr shared_scalar(const Real& value) { return shared(Tensor::scalar(value)); }

/// The types and constants of inputs, as long as they live.
struct Inputs {
    std::vector<Tensor> tensors;
    std::vector<ValueType> types;

    explicit Inputs(std::vector<Tensor> given, DataType element = DataType::float32)
        : tensors(std::move(given)) {
        for (const Tensor& tensor : tensors) {
            types.emplace_back(RealType{tensor.shape(), element});
        }
    }
    [[nodiscard]] TypeList list(bool constant = true) const {
        TypeList result;
        for (std::size_t i = 0; i < tensors.size(); ++i) {
            result.types.push_back(&types[i]);
            result.constants.push_back(constant ? &tensors[i] : nullptr);
        }
        return result;
    }
};

/// Infers and evaluates.
inline std::vector<Tensor> run_all(const Op& op, std::vector<Tensor> tensors) {
    const Inputs inputs(std::move(tensors));
    const std::vector<ValueType> types = infer(op, inputs.list());
    TensorList pointers;
    for (const Tensor& tensor : inputs.tensors) {
        pointers.push_back(&tensor);
    }
    std::vector<Tensor> results = evaluate(op, pointers);
    REQUIRE(results.size() == types.size());
    for (std::size_t i = 0; i < results.size(); ++i) {
        REQUIRE(results[i].shape() == shape_of(types[i]));
    }
    return results;
}

/// Infers and evaluates an op with one result.
inline Tensor run(const Op& op, std::vector<Tensor> tensors) {
    std::vector<Tensor> results = run_all(op, std::move(tensors));
    REQUIRE(results.size() == 1);
    return std::move(results.front());
}

/// The message of the TypeError that inference must throw.
inline std::string type_error(const Op& op, std::vector<Tensor> tensors, bool constant = true) {
    const Inputs inputs(std::move(tensors));
    try {
        infer(op, inputs.list(constant));
    } catch (const TypeError& error) {
        return error.what();
    }
    return "no error";
}

/// Position along each axis of a flat index.
inline std::vector<std::int64_t> unravel(const Shape& shape, std::int64_t flat) {
    std::vector<std::int64_t> position(shape.size());
    for (std::size_t i = shape.size(); i-- > 0;) {
        position[i] = flat % shape[i];
        flat /= shape[i];
    }
    return position;
}

inline std::int64_t ravel(const Shape& shape, const std::vector<std::int64_t>& position) {
    std::int64_t flat = 0;
    for (std::size_t i = 0; i < shape.size(); ++i) {
        flat = flat * shape[i] + position[i];
    }
    return flat;
}

/// Flat index in an operand of an element of a broadcast result, worked out by positions.
inline std::int64_t broadcast_flat(const Shape& operand, const Shape& result, std::int64_t flat) {
    std::vector<std::int64_t> position = unravel(result, flat);
    position.erase(position.begin(),
                   position.begin() + static_cast<std::ptrdiff_t>(result.size() - operand.size()));
    for (std::size_t i = 0; i < operand.size(); ++i) {
        position[i] = operand[i] == 1 ? 0 : position[i];
    }
    return ravel(operand, position);
}

enum class Storage : std::uint8_t { floats, one_scale, axis_scales, reals };
constexpr Storage all_storages[] = {Storage::floats, Storage::one_scale, Storage::axis_scales,
                                    Storage::reals};

/// Random elements, among them equal ones, zeros and negative scales.
class TensorSource {
  public:
    explicit TensorSource(unsigned seed) : random_(seed) {}

    Tensor next(const Shape& shape, Storage storage) {
        const auto count = static_cast<std::size_t>(element_count(shape));
        switch (storage) {
        case Storage::floats: {
            std::vector<float> values(count);
            for (float& value : values) {
                value = static_cast<float>(integer(20)) / 8;
            }
            return {shape, std::move(values)};
        }
        case Storage::reals: {
            std::vector<Real> values(count);
            for (Real& value : values) {
                value = Real::ratio(integer(20), 3);
            }
            return {shape, std::move(values)};
        }
        case Storage::one_scale:
        case Storage::axis_scales:
            break;
        }
        ScaledIntegers q;
        q.values.resize(count);
        for (std::int32_t& value : q.values) {
            value = static_cast<std::int32_t>(integer(9));
        }
        const bool per_axis = storage == Storage::axis_scales && !shape.empty();
        q.axis = per_axis ? below(static_cast<std::int64_t>(shape.size())) : 0;
        const std::int64_t scales = per_axis ? shape[static_cast<std::size_t>(q.axis)] : 1;
        for (std::int64_t i = 0; i < scales; ++i) {
            const std::int64_t numerator = 1 + below(5);
            q.scale.push_back(Real::ratio(below(2) == 0 ? numerator : -numerator, 1 + below(3)));
        }
        return {shape, std::move(q)};
    }
    Tensor next(const Shape& shape) { return next(shape, all_storages[below(4)]); }

    /// In [0, limit).
    std::int64_t below(std::int64_t limit) {
        return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(limit));
    }
    /// In [-limit, limit].
    std::int64_t integer(std::int64_t limit) { return below(2 * limit + 1) - limit; }

    std::mt19937_64& generator() { return random_; }

  private:
    std::mt19937_64 random_;
};

} // namespace millrace::tests
