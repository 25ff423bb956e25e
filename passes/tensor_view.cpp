// SPDX-License-Identifier: Apache-2.0
#include "passes/tensor_view.hpp"

#include "ir/diagnostics.hpp"

#include <algorithm>
#include <numeric>

namespace millrace::passes {

TensorView TensorView::plain(std::int64_t elements) {
    TensorView view;
    if (elements != 1) {
        view.factors_ = {elements};
        view.order_ = {0};
    }
    return view;
}

TensorView TensorView::permuted(const Shape& shape, const std::vector<std::int64_t>& dims) {
    TensorView view;
    std::vector<std::size_t> factor_of(shape.size(), 0);
    for (const std::int64_t dim : dims) {
        const auto d = static_cast<std::size_t>(dim);
        if (shape.at(d) != 1) {
            factor_of[d] = view.factors_.size();
            view.factors_.push_back(shape[d]);
        }
    }
    for (std::size_t d = 0; d < shape.size(); ++d) {
        if (shape[d] != 1) {
            view.order_.push_back(factor_of[d]);
        }
    }
    return view;
}

TensorView TensorView::of(const Shape& factors, const Factors& order) {
    TensorView view;
    Factors place(factors.size());
    for (std::size_t i = 0; i < factors.size(); ++i) {
        place[i] = view.factors_.size();
        if (factors[i] != 1) {
            view.factors_.push_back(factors[i]);
        }
    }
    for (const std::size_t factor : order) {
        if (factors[factor] != 1) {
            view.order_.push_back(place[factor]);
        }
    }
    return view;
}

bool TensorView::is_plain() const { return std::is_sorted(order_.begin(), order_.end()); }

Shape TensorView::strides() const {
    Shape result(factors_.size(), 1);
    for (std::size_t i = factors_.size(); i-- > 1;) {
        result[i - 1] = result[i] * factors_[i];
    }
    return result;
}

void TensorView::split(std::size_t factor, std::int64_t outer) {
    const std::int64_t inner = factors_[factor] / outer;
    factors_[factor] = outer;
    factors_.insert(factors_.begin() + static_cast<std::ptrdiff_t>(factor) + 1, inner);
    Factors order;
    for (const std::size_t f : order_) {
        order.push_back(f > factor ? f + 1 : f);
        if (f == factor) {
            order.push_back(factor + 1);
        }
    }
    order_ = std::move(order);
}

std::optional<std::vector<TensorView::Factors>> TensorView::groups(const Shape& network_shape) {
    // First only split, which renumbers the factors; then collect.
    std::size_t position = 0;
    for (const std::int64_t dim : network_shape) {
        std::int64_t rest = dim;
        while (rest != 1) {
            if (position == order_.size() || rest == 0) {
                return std::nullopt;
            }
            const std::int64_t factor = factors_[order_[position]];
            if (factor != 0 && rest % factor == 0) {
                rest /= factor;
            } else if (factor % rest == 0) {
                split(order_[position], rest);
                rest = 1;
            } else {
                return std::nullopt;
            }
            ++position;
        }
    }
    std::vector<Factors> result;
    position = 0;
    for (const std::int64_t dim : network_shape) {
        Factors& group = result.emplace_back();
        for (std::int64_t product = 1; product != dim; ++position) {
            group.push_back(order_[position]);
            product *= factors_[order_[position]];
        }
    }
    return result;
}

std::optional<TensorView::Factors> TensorView::channel_factors(std::int64_t channels) {
    std::int64_t product = 1;
    std::size_t first = factors_.size();
    while (product != channels) {
        if (first == 0) {
            return std::nullopt;
        }
        const std::int64_t factor = factors_[--first];
        if (channels % (product * factor) == 0) {
            product *= factor;
        } else if (channels % product == 0 && factor % (channels / product) == 0) {
            split(first, factor / (channels / product));
            ++first;
            product = channels;
        } else {
            return std::nullopt;
        }
    }
    Factors result(factors_.size() - first);
    std::iota(result.begin(), result.end(), first);
    return result;
}

TensorView TensorView::with_order(Factors order) const {
    TensorView view = *this;
    view.order_ = std::move(order);
    return view;
}

TensorView TensorView::rearranged(const Factors& target) const {
    TensorView view;
    Factors place(factors_.size());
    for (std::size_t i = 0; i < target.size(); ++i) {
        place[target[i]] = i;
        view.factors_.push_back(factors_[target[i]]);
    }
    for (const std::size_t factor : order_) {
        view.order_.push_back(place[factor]);
    }
    return view;
}

Loops TensorView::loops(const Factors& target) const {
    const Shape all = strides();
    Loops result;
    for (const std::size_t factor : target) {
        result.counts.push_back(factors_[factor]);
        result.strides.push_back(all[factor]);
    }
    return result;
}

} // namespace millrace::passes
