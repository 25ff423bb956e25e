// SPDX-License-Identifier: Apache-2.0
//
// NumPy broadcasting. BroadcastIndex keeps only what it needs to walk: an operand of one element or
// of as many elements as the result needs no arithmetic, and in the other cases neighbouring
// dimensions are merged when the operand runs through both or is repeated along both, so that a
// per-channel operand costs one or two divisions per element.
#include "ir/strided.hpp"
#include "ir/tensor.hpp"

#include <algorithm>
#include <stdexcept>

namespace millrace {

Shape broadcast_shape(const Shape& a, const Shape& b) {
    const std::size_t rank = std::max(a.size(), b.size());
    Shape result(rank);
    for (std::size_t i = 0; i < rank; ++i) {
        const std::int64_t x = i + a.size() < rank ? 1 : a[i + a.size() - rank];
        const std::int64_t y = i + b.size() < rank ? 1 : b[i + b.size() - rank];
        if (x != y && x != 1 && y != 1) {
            throw std::invalid_argument("shapes " + to_string(a) + " and " + to_string(b) +
                                        " do not fit by broadcasting");
        }
        result[i] = x == 1 ? y : x;
    }
    return result;
}

BroadcastIndex::BroadcastIndex(const Shape& operand, const Shape& result) {
    const std::int64_t operand_count = element_count(operand);
    if (operand_count == 1) {
        scalar_ = true;
        return;
    }
    if (broadcast_shape(operand, result) != result) {
        throw std::invalid_argument("shape " + to_string(operand) + " does not broadcast to " +
                                    to_string(result));
    }
    if (operand_count == element_count(result)) {
        identity_ = true;
        return;
    }
    const std::vector<std::int64_t> strides = row_major_strides(operand);
    const std::size_t missing = result.size() - operand.size();
    for (std::size_t i = 0; i < result.size(); ++i) {
        if (result[i] == 1) {
            continue;
        }
        const bool repeated = i < missing || operand[i - missing] == 1;
        const std::int64_t stride = repeated ? 0 : strides[i - missing];
        // Dense operands: an outer stride is the inner stride times the inner dimension.
        const bool mergeable = !strides_.empty() && strides_.back() == stride * result[i];
        if (mergeable) {
            result_.back() *= result[i];
            strides_.back() = stride;
        } else {
            result_.push_back(result[i]);
            strides_.push_back(stride);
        }
    }
}

std::int64_t BroadcastIndex::operator()(std::int64_t result_index) const {
    if (identity_) {
        return result_index;
    }
    if (scalar_) {
        return 0;
    }
    std::int64_t position = 0;
    for (std::size_t i = result_.size(); i-- > 1;) {
        position += (result_index % result_[i]) * strides_[i];
        result_index /= result_[i];
    }
    return position + result_index * strides_.front();
}

} // namespace millrace
