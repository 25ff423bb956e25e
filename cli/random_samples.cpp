// SPDX-License-Identifier: Apache-2.0
//
// From an input the graph is followed through layout and one-parameter operators to the quantizers
// that read it. Each is described by an affine map from input to quantizer argument (doubles do:
// nothing depends on the samples being exact) and by the range of its levels.
#include "cli/random_samples.hpp"

#include "ir/ops/quantize.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <random>
#include <vector>

namespace millrace::cli {

namespace {

/// argument = factor * x + offset.
struct AffineMap {
    double factor = 1;
    double offset = 0;
};

/// A quantizer behind an input: levels lo to hi, x = origin + step * level.
struct Quantizer {
    double origin = 0;
    double step = 1;
    double lo = 0;
    double hi = 1;

    [[nodiscard]] double value(double level) const { return origin + step * level; }
};

constexpr int deepest_search = 64;

class QuantizerSearch {
  public:
    explicit QuantizerSearch(const Graph& network) : network_(network) {}

    std::vector<Quantizer> from(ValueId input) {
        follow(input, {}, 0);
        return std::move(found_);
    }

  private:
    /// One element of a constant input; the others are alike or as good.
    [[nodiscard]] std::optional<double> parameter(const Node& node, std::size_t index) const {
        const TensorPtr& constant = network_.value(node.inputs.at(index)).constant;
        if (constant == nullptr || constant->size() == 0) {
            return std::nullopt;
        }
        return constant->at(0).to_double();
    }

    void follow(ValueId value, AffineMap map, int depth) {
        if (depth > deepest_search || map.factor == 0) {
            return;
        }
        for (const Node& node : network_.nodes) {
            for (std::size_t i = 0; i < node.inputs.size(); ++i) {
                if (node.inputs[i] == value) {
                    step(node, i, map, depth);
                }
            }
        }
    }

    void step(const Node& node, std::size_t operand, AffineMap map, int depth) {
        const auto next = [&](AffineMap changed) {
            follow(node.outputs.at(0), changed, depth + 1);
        };
        const auto other = [&]() -> std::optional<double> {
            return node.inputs.size() == 2 ? parameter(node, 1 - operand) : std::nullopt;
        };
        if (const auto* quantize = std::get_if<ops::Quantize>(&node.op)) {
            add(*quantize, map);
        } else if (const auto* thresholds = std::get_if<ops::MultiThreshold>(&node.op)) {
            add(*thresholds, map);
        } else if (std::holds_alternative<ops::Reshape>(node.op) ||
                   std::holds_alternative<ops::Transpose>(node.op) ||
                   std::holds_alternative<ops::Cast>(node.op) ||
                   std::holds_alternative<ops::Relu>(node.op) ||
                   std::holds_alternative<ops::Clip>(node.op)) {
            next(map);
        } else if (std::holds_alternative<ops::Neg>(node.op)) {
            next({-map.factor, -map.offset});
        } else if (const auto p = other()) {
            if (std::holds_alternative<ops::Add>(node.op)) {
                next({map.factor, map.offset + *p});
            } else if (std::holds_alternative<ops::Sub>(node.op)) {
                next(operand == 0 ? AffineMap{map.factor, map.offset - *p}
                                  : AffineMap{-map.factor, *p - map.offset});
            } else if (std::holds_alternative<ops::Mul>(node.op)) {
                next({map.factor * *p, map.offset * *p});
            } else if (std::holds_alternative<ops::Div>(node.op) && operand == 0 && *p != 0) {
                next({map.factor / *p, map.offset / *p});
            }
        }
    }

    void add(const ops::Quantize& quantize, AffineMap map) {
        const double scale = quantize.scale->at(0).to_double();
        const double zero_point = quantize.zero_point->at(0).to_double();
        Quantizer found;
        found.step = scale / map.factor;
        found.origin = (-zero_point * scale - map.offset) / map.factor;
        found.lo = -8 + zero_point;
        found.hi = 8 + zero_point;
        if (quantize.bits != nullptr) {
            const auto [lo, hi] =
                ops::quantizer_bounds(quantize.bits->at(0), quantize.is_signed, quantize.narrow);
            found.lo = lo.to_double();
            found.hi = hi.to_double();
        }
        keep(found);
    }

    void add(const ops::MultiThreshold& op, AffineMap map) {
        const Tensor& thresholds = *op.thresholds;
        if (thresholds.size() == 0) {
            return;
        }
        double lo = std::numeric_limits<double>::max();
        double hi = -lo;
        for (std::int64_t i = 0; i < thresholds.size(); ++i) {
            lo = std::min(lo, thresholds.at(i).to_double());
            hi = std::max(hi, thresholds.at(i).to_double());
        }
        // One "level" for each threshold of a row, so that decision points are near thresholds.
        const double levels =
            static_cast<double>(std::max<std::int64_t>(thresholds.shape().back(), 2));
        const double width = hi > lo ? (hi - lo) / (levels - 1) : 1;
        keep({(lo - width / 2 - map.offset) / map.factor, width / map.factor, 0, levels});
    }

    void keep(const Quantizer& found) {
        if (std::isfinite(found.value(found.lo)) && std::isfinite(found.value(found.hi)) &&
            found.step != 0) {
            found_.push_back(found);
        }
    }

    const Graph& network_;
    std::vector<Quantizer> found_;
};

/// Uniform numbers that are the same with every standard library.
class Random {
  public:
    explicit Random(std::uint64_t seed) : generator_(seed) {}
    /// In [0, 1).
    double unit() { return static_cast<double>(generator_() >> 11) * 0x1p-53; }
    double between(double lo, double hi) { return lo + (hi - lo) * unit(); }
    std::int64_t integer(std::int64_t lo, std::int64_t hi) {
        const auto count = static_cast<std::uint64_t>(hi - lo) + 1;
        return lo + static_cast<std::int64_t>(generator_() % count);
    }

  private:
    std::mt19937_64 generator_;
};

/// What a sample's elements are drawn from.
enum class Kind : std::uint8_t { lowest, highest, zero, alternating, random, corners, decisions };

Kind kind_of(std::int64_t sample) {
    constexpr std::int64_t first_corners = 4;
    if (sample < first_corners) {
        return static_cast<Kind>(sample);
    }
    return sample % 8 == 5 ? Kind::corners : sample % 4 == 2 ? Kind::decisions : Kind::random;
}

class Generator {
  public:
    Generator(const Graph& network, ValueId input, Random& random)
        : type_(std::get<RealType>(network.value(input).type).element),
          random_(random),
          quantizers_(QuantizerSearch(network).from(input)) {
        bool first = true;
        for (const Quantizer& quantizer : quantizers_) {
            // A step beyond the clamp on either side.
            const double a = quantizer.value(quantizer.lo - 1);
            const double b = quantizer.value(quantizer.hi + 1);
            lo_ = first ? std::min(a, b) : std::min({lo_, a, b});
            hi_ = first ? std::max(a, b) : std::max({hi_, a, b});
            first = false;
        }
        if (!is_integer(type_)) {
            lo_ = std::clamp(lo_, -largest(), largest());
            hi_ = std::clamp(hi_, -largest(), largest());
        } else {
            const IntegerLimits limits = integer_limits(type_);
            const Real widest = 65536;
            if (first || limits.highest - limits.lowest < widest) {
                constexpr double fallback = 128;
                lo_ = std::max(limits.lowest.to_double(), first ? -fallback : -0x1p31);
                hi_ = std::min(limits.highest.to_double(), first ? fallback : 0x1p31);
            }
            if (limits.highest - limits.lowest < widest) {
                lo_ = limits.lowest.to_double();
                hi_ = limits.highest.to_double();
            }
            lo_ = std::max(std::floor(lo_), std::max(limits.lowest.to_double(), -0x1p31));
            hi_ = std::min(std::ceil(hi_), std::min(limits.highest.to_double(), 0x1p31));
        }
    }

    void fill(HostArray& array, std::int64_t first, std::int64_t count, Kind kind) {
        for (std::int64_t i = 0; i < count; ++i) {
            array.set(first + i, element(kind, i));
        }
    }

  private:
    Real element(Kind kind, std::int64_t index) {
        switch (kind) {
        case Kind::lowest:
            return stored(lo_);
        case Kind::highest:
            return stored(hi_);
        case Kind::zero:
            return stored(std::clamp(0.0, lo_, hi_));
        case Kind::alternating:
            return stored(index % 2 == 0 ? lo_ : hi_);
        case Kind::corners:
            return stored(random_.integer(0, 1) == 0 ? lo_ : hi_);
        case Kind::decisions:
            if (!quantizers_.empty() && random_.integer(0, 3) == 0) {
                return stored(decision());
            }
            break;
        case Kind::random:
            break;
        }
        if (is_integer(type_)) {
            return Real(
                random_.integer(static_cast<std::int64_t>(lo_), static_cast<std::int64_t>(hi_)));
        }
        return stored(random_.between(lo_, hi_));
    }

    /// A number between two levels, or a float beside it.
    double decision() {
        const Quantizer& quantizer = quantizers_[static_cast<std::size_t>(
            random_.integer(0, static_cast<std::int64_t>(quantizers_.size()) - 1))];
        const double levels = std::min(quantizer.hi - quantizer.lo, 0x1p40);
        const double level =
            std::floor(quantizer.lo) +
            static_cast<double>(random_.integer(0, static_cast<std::int64_t>(levels))) + 0.5;
        const auto point = static_cast<float>(quantizer.value(level));
        constexpr float infinity = std::numeric_limits<float>::infinity();
        switch (random_.integer(0, 2)) {
        case 0:
            return static_cast<double>(std::nextafter(point, -infinity));
        case 1:
            return static_cast<double>(std::nextafter(point, infinity));
        default:
            return static_cast<double>(point);
        }
    }

    /// Of a float input's type; samples are single precision at most.
    [[nodiscard]] double largest() const {
        return type_ == DataType::float16    ? 65504.0
               : type_ == DataType::bfloat16 ? 0x1.fep127
                                             : double{std::numeric_limits<float>::max()};
    }

    /// The number that the input's type can hold.
    [[nodiscard]] Real stored(double value) const {
        if (is_integer(type_)) {
            return Real(static_cast<std::int64_t>(std::clamp(std::round(value), lo_, hi_)));
        }
        const double held = std::clamp(value, -largest(), largest());
        return Real::from_double(static_cast<double>(static_cast<float>(held)));
    }

    DataType type_;
    Random& random_;
    std::vector<Quantizer> quantizers_;
    double lo_ = -1;
    double hi_ = 1;
};

} // namespace

Samples random_samples(const Graph& network, std::int64_t count, std::uint64_t seed) {
    Random random(seed);
    Samples samples;
    samples.count = count;
    for (const ValueId input : network.inputs) {
        const RealType& type = std::get<RealType>(network.value(input).type);
        Shape shape = type.shape;
        const std::int64_t elements = element_count(shape);
        shape.insert(shape.begin(), count);
        HostArray array(type.element, shape);
        Generator generator(network, input, random);
        for (std::int64_t sample = 0; sample < count; ++sample) {
            generator.fill(array, sample * elements, elements, kind_of(sample));
        }
        samples.arrays.push_back(std::move(array));
    }
    return samples;
}

} // namespace millrace::cli
