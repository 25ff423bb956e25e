// SPDX-License-Identifier: Apache-2.0
//
// Doubles carry errors of some 2^-50 of an argument, float32 of 2^-24 and more: a distance that
// doubles cannot tell from a tie is within any bound of float32, so it only matters that a tie is
// decided as such. Arguments are therefore taken to be a tie where they are one but for 2^-42.
#include "passes/explain/decision_table.hpp"

#include "ir/diagnostics.hpp"
#include "ir/function/rounded_chain.hpp"
#include "passes/explain/network_map.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <tuple>

namespace millrace::passes::explain {

namespace {

constexpr double unit = 0x1p-24;
constexpr double infinity = std::numeric_limits<double>::infinity();

/// The half-integer that x nearly is, or x.
double snapped(double x) {
    const double half = std::nearbyint(2 * x) / 2;
    return std::abs(x - half) <= 0x1p-42 * std::max(1.0, std::abs(x)) ? half : x;
}

bool is_float(double x) { return static_cast<double>(static_cast<float>(x)) == x; }

bool is_power_of_two(double x) {
    int exponent = 0;
    return std::abs(std::frexp(x, &exponent)) == 0.5;
}

/// Where rounding changes from n to n + 1.
double rounding_boundary(double n, Rounding mode) {
    switch (mode) {
    case Rounding::half_even:
    case Rounding::half_up:
    case Rounding::half_down:
        return n + 0.5;
    case Rounding::floor:
        return n + 1;
    case Rounding::ceil:
        return n;
    case Rounding::up:
        return n >= 0 ? n : n + 1;
    case Rounding::down:
        return n >= 0 ? n + 1 : n;
    }
    throw Defect("unknown rounding mode");
}

} // namespace

std::optional<DecisionTable> DecisionTable::of(const Graph& network, const Node& node) {
    const Shape& shape = shape_of(network.value(node.outputs[0]).type);
    DecisionTable table;
    if (const auto* quantize = std::get_if<ops::Quantize>(&node.op)) {
        table.fill(*quantize, shape);
    } else if (const auto* thresholds = std::get_if<ops::MultiThreshold>(&node.op)) {
        table.fill(*thresholds, shape);
    } else if (std::holds_alternative<ops::Sign>(node.op)) {
        table.entries_ = {Entry{Kind::sign}};
    } else if (const auto* cast = std::get_if<ops::Cast>(&node.op); cast && is_integer(cast->to)) {
        Entry entry;
        entry.kind = cast->to == DataType::boolean ? Kind::boolean : Kind::quantizer;
        const IntegerLimits limits = integer_limits(cast->to);
        entry.low = limits.lowest.to_double();
        entry.high = limits.highest.to_double();
        table.entries_ = {entry};
        table.rounding_ = Rounding::down;
    } else {
        return std::nullopt;
    }
    return table;
}

void DecisionTable::fill(const ops::Quantize& op, const Shape& shape) {
    rounding_ = op.rounding;
    zero_point_last_ = op.zero_point_last;
    const BroadcastIndex scale_index(op.scale->shape(), shape);
    const BroadcastIndex zero_index(op.zero_point->shape(), shape);
    const BroadcastIndex bits_index(op.bits ? op.bits->shape() : Shape{}, shape);
    const auto entry_of = [&](std::int64_t scale, std::int64_t zero, std::int64_t bits) {
        Entry e;
        e.step = op.scale->at(scale);
        e.scale = e.step.to_double();
        e.zero = op.zero_point->at(zero).to_double();
        e.low = -infinity;
        e.high = infinity;
        if (op.bits) {
            const Real b = op.bits->at(bits);
            const auto [low, high] = ops::quantizer_bounds(b, op.is_signed, op.narrow);
            e.low = low.to_double();
            e.high = high.to_double();
            if (op.is_signed && b == Real(1)) {
                e.kind = Kind::binary;
                e.step = e.step * Real(2);
            }
        }
        return e;
    };
    if (op.scale->size() == 1 && op.zero_point->size() == 1 && (!op.bits || op.bits->size() == 1)) {
        entries_ = {entry_of(0, 0, 0)};
        return;
    }
    std::map<std::tuple<std::int64_t, std::int64_t, std::int64_t>, std::uint32_t> known;
    for (std::int64_t i = 0; i < element_count(shape); ++i) {
        const std::tuple key{scale_index(i), zero_index(i), op.bits ? bits_index(i) : 0};
        const auto [at, added] = known.emplace(key, static_cast<std::uint32_t>(entries_.size()));
        if (added) {
            entries_.push_back(std::apply(entry_of, key));
        }
        index_.push_back(at->second);
    }
}

void DecisionTable::fill(const ops::MultiThreshold& op, const Shape& shape) {
    Entry e;
    e.kind = Kind::thresholds;
    e.step = op.out_scale;
    const auto rows = static_cast<std::size_t>(op.thresholds->shape().at(0));
    entries_.assign(rows, e);
    levels_ = static_cast<std::size_t>(op.thresholds->shape().at(1));
    thresholds_ = to_doubles(*op.thresholds);
    out_scale_ = op.out_scale.to_double();
    out_bias_ = op.out_bias.to_double();
    std::size_t inner = 1;
    for (std::size_t d = static_cast<std::size_t>(op.channel_axis) + 1; d < shape.size(); ++d) {
        inner *= static_cast<std::size_t>(shape[d]);
    }
    const auto count = static_cast<std::size_t>(element_count(shape));
    for (std::size_t i = 0; i < count; ++i) {
        index_.push_back(static_cast<std::uint32_t>(rows == 1 ? 0 : i / inner % rows));
    }
}

double DecisionTable::argument(const Entry& e, double x) const {
    const double scaled = x / e.scale;
    return snapped(zero_point_last_ && e.kind != Kind::binary ? scaled : scaled + e.zero);
}

double DecisionTable::level(const Entry& e, double argument) const {
    if (e.kind == Kind::binary) {
        return argument >= 0 ? 1 : -1;
    }
    if (zero_point_last_) {
        return std::clamp(round_double(argument, rounding_) + e.zero, e.low, e.high);
    }
    return round_double(std::clamp(argument, e.low, e.high), rounding_);
}

double DecisionTable::decide(std::size_t element, double x) const {
    const Entry& e = entry(element);
    switch (e.kind) {
    case Kind::quantizer:
    case Kind::binary:
        return (level(e, argument(e, x)) - e.zero) * e.scale;
    case Kind::thresholds: {
        const double* row = thresholds_.data() + index_[element] * levels_;
        const auto reached = std::upper_bound(row, row + levels_, x) - row;
        return out_scale_ * static_cast<double>(reached) + out_bias_;
    }
    case Kind::sign:
        return x > 0 ? 1 : x < 0 ? -1 : 0;
    case Kind::boolean:
        return x != 0 ? 1 : 0;
    }
    throw Defect("unknown kind of decision");
}

double DecisionTable::boundary(const Entry& e, double lower) const {
    if (e.kind == Kind::binary) {
        return 0;
    }
    return rounding_boundary(zero_point_last_ ? lower - e.zero : lower, rounding_);
}

std::vector<Alternative> DecisionTable::alternatives(std::size_t element, double x, double bound,
                                                     double y) const {
    std::vector<Alternative> result;
    const Entry& e = entry(element);
    if (e.kind == Kind::boolean) {
        return result;
    }
    if (e.kind == Kind::thresholds) {
        threshold_alternatives(element, x, bound, y, result);
        return result;
    }
    if (e.kind == Kind::sign) {
        for (const double other : {-1.0, 0.0, 1.0}) {
            if (other != y && bound > 0 && std::abs(x) <= bound) {
                result.push_back({other, std::abs(x), bound});
            }
        }
        return result;
    }
    const double scaled = x / e.scale;
    const double v = argument(e, x);
    // An exact number divided by a power of two stays exact, and so does a sum that is a float.
    const bool exact = bound == 0 && is_power_of_two(e.scale) && is_float(scaled + e.zero);
    const double rounding =
        exact ? 0 : bound / std::abs(e.scale) + unit * (2 * std::abs(scaled) + std::abs(e.zero));
    if (rounding == 0) {
        return result;
    }
    const double reach = rounding * (1 + 0x1p-30);
    const double now =
        e.kind == Kind::binary ? (y / e.scale + e.zero > 0 ? 1.0 : -1.0) : y / e.scale + e.zero;
    const double step = e.kind == Kind::binary ? 2 : 1;
    for (const double direction : {-1.0, 1.0}) {
        const double other =
            e.kind == Kind::binary ? now + direction * step : std::round(now) + direction * step;
        const double distance = std::abs(v - boundary(e, direction > 0 ? std::round(now) : other));
        const bool exists =
            e.kind == Kind::binary ? std::abs(other) == 1 : other >= e.low && other <= e.high;
        // On the other side of the boundary the argument is another level's.
        if (exists && distance <= reach) {
            result.push_back({(other - e.zero) * e.scale, distance, rounding});
        }
    }
    return result;
}

void DecisionTable::threshold_alternatives(std::size_t element, double x, double bound, double y,
                                           std::vector<Alternative>& result) const {
    const double* row = thresholds_.data() + index_[element] * levels_;
    const auto now = static_cast<std::size_t>(
        std::clamp(std::round((y - out_bias_) / out_scale_), 0.0, static_cast<double>(levels_)));
    const auto add = [&](std::size_t count, double threshold) {
        const double distance = std::abs(x - threshold);
        const double rounding = bound + (is_float(threshold) ? 0 : unit * std::abs(threshold));
        if (rounding > 0 && distance <= rounding * (1 + 0x1p-30)) {
            result.push_back(
                {out_scale_ * static_cast<double>(count) + out_bias_, distance, rounding});
        }
    };
    if (now < levels_) {
        // Equal thresholds are crossed together.
        add(static_cast<std::size_t>(std::upper_bound(row, row + levels_, row[now]) - row),
            row[now]);
    }
    if (now > 0) {
        add(static_cast<std::size_t>(std::lower_bound(row, row + levels_, row[now - 1]) - row),
            row[now - 1]);
    }
}

Real DecisionTable::step(std::int64_t element) const {
    return entry(static_cast<std::size_t>(element)).step;
}

} // namespace millrace::passes::explain
