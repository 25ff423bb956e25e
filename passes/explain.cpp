// SPDX-License-Identifier: Apache-2.0
//
// A running error analysis of float32 beside the exact evaluation. Every value carries a bound on
// how far a float32 executor's number may be from the exact one; operations add their own rounding
// and pass on what they were given. At a quantizer the bound is compared with the distance of the
// exact argument from the nearest decision point: within it, float32 may decide otherwise, and all
// that depends on it is explained by that decision. A decision that is not close is taken to be
// the same in both, so a quantizer's result starts with a small bound again.
#include "passes/explain.hpp"

#include "ir/diagnostics.hpp"
#include "ir/evaluate.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

namespace millrace::passes {

namespace {

constexpr double unit = 0x1p-24; // relative rounding of one float32 operation
constexpr double infinity = std::numeric_limits<double>::infinity();

/// What is known of a value: exact numbers as doubles (their own error is far below float32's),
/// bounds, and the close decisions behind it.
struct Tracked {
    std::vector<double> values;
    std::vector<double> bounds;
    std::set<std::size_t> close; ///< indices into the list of decisions
};

std::vector<double> to_doubles(const Tensor& tensor) {
    std::vector<double> values;
    values.reserve(static_cast<std::size_t>(tensor.size()));
    if (const auto* floats = tensor.floats()) {
        values.assign(floats->begin(), floats->end());
        return values;
    }
    for (std::int64_t i = 0; i < tensor.size(); ++i) {
        values.push_back(tensor.at(i).to_double());
    }
    return values;
}

class Analysis {
  public:
    Analysis(const Graph& network, const std::vector<Tensor>& inputs)
        : network_(network),
          tracked_(network.values.size()) {
        for (std::size_t id = 0; id < network.values.size(); ++id) {
            if (network.values[id].constant) {
                set(static_cast<ValueId>(id), *network.values[id].constant);
            }
        }
        for (std::size_t i = 0; i < inputs.size(); ++i) {
            set(network.inputs[i], inputs[i]);
        }
        evaluate_network(network, inputs, [this](ValueId id, const Tensor& tensor) {
            tracked_[id].values = to_doubles(tensor);
        });
        for (const Node& node : network.nodes) {
            node_ = &node;
            for (const ValueId output : node.outputs) {
                Tracked& result = tracked_[output];
                result.bounds.assign(result.values.size(), 0.0);
                for (const ValueId input : node.inputs) {
                    result.close.insert(tracked_[input].close.begin(), tracked_[input].close.end());
                }
            }
            std::visit([this](const auto& op) { bound(op); }, node.op);
        }
    }

    std::vector<std::vector<CloseDecision>> results() const {
        std::vector<std::vector<CloseDecision>> lists;
        for (const ValueId output : network_.outputs) {
            auto& list = lists.emplace_back();
            for (const std::size_t index : tracked_[output].close) {
                list.push_back(decisions_[index]);
            }
        }
        return lists;
    }

  private:
    void set(ValueId id, const Tensor& tensor) {
        tracked_[id].values = to_doubles(tensor);
        tracked_[id].bounds.assign(tracked_[id].values.size(), 0.0);
        // Constants that float32 cannot hold are rounded once.
        if (tensor.floats() == nullptr) {
            for (std::size_t i = 0; i < tracked_[id].values.size(); ++i) {
                tracked_[id].bounds[i] = unit * std::abs(tracked_[id].values[i]);
            }
        }
    }

    [[nodiscard]] const Tracked& in(std::size_t index) const {
        return tracked_[node_->inputs.at(index)];
    }
    Tracked& out(std::size_t index = 0) { return tracked_[node_->outputs.at(index)]; }
    [[nodiscard]] const Shape& shape(ValueId id) const { return shape_of(network_.value(id).type); }

    /// error(a, ea, b, eb, y) for each element of a broadcast pair.
    template <class Error> void pairs(Error&& error) {
        const Shape& result = shape(node_->outputs[0]);
        const BroadcastIndex left(shape(node_->inputs[0]), result);
        const BroadcastIndex right(shape(node_->inputs[1]), result);
        Tracked& y = out();
        for (std::size_t i = 0; i < y.values.size(); ++i) {
            const auto a = static_cast<std::size_t>(left(static_cast<std::int64_t>(i)));
            const auto b = static_cast<std::size_t>(right(static_cast<std::int64_t>(i)));
            y.bounds[i] = error(in(0).values[a], in(0).bounds[a], in(1).values[b], in(1).bounds[b],
                                y.values[i]);
        }
    }
    /// error(x, ex, y) for each element.
    template <class Error> void each(Error&& error) {
        Tracked& y = out();
        for (std::size_t i = 0; i < y.values.size(); ++i) {
            y.bounds[i] = error(in(0).values[i], in(0).bounds[i], y.values[i]);
        }
    }

    // A sum counts the rounding of its operands' magnitudes, not of the result: executors that
    // fold normalisations into one affine function cancel differently.
    void bound(const ops::Add&) { sum(); }
    void bound(const ops::Sub&) { sum(); }
    void sum() {
        pairs([](double a, double ea, double b, double eb, double y) {
            return ea + eb + unit * (std::abs(a) + std::abs(b) + std::abs(y));
        });
    }
    void bound(const ops::Mul&) {
        pairs([](double a, double ea, double b, double eb, double y) {
            return std::abs(a) * eb + std::abs(b) * ea + ea * eb + 2 * unit * std::abs(y);
        });
    }
    void bound(const ops::Div&) {
        pairs([](double /*a*/, double ea, double b, double eb, double y) {
            const double divisor = std::abs(b) - eb;
            return divisor > 0 ? (ea + std::abs(y) * eb) / divisor + 2 * unit * std::abs(y)
                               : infinity;
        });
    }
    void bound(const ops::Pow&) {
        pairs([](double a, double ea, double b, double eb, double y) {
            // d(a^b) = y (b da / a + log(a) db)
            const double relative = a > 0 ? std::abs(b) * ea / a + std::abs(std::log(a)) * eb
                                          : (ea == 0 && eb == 0 ? 0.0 : infinity);
            return std::abs(y) * (relative + 4 * unit);
        });
    }
    void bound(const ops::MatMul&) {
        const Shape& left = shape(node_->inputs[0]);
        const Shape& right = shape(node_->inputs[1]);
        const auto depth = static_cast<std::size_t>(left.back());
        const std::size_t columns = right.size() == 1 ? 1 : static_cast<std::size_t>(right.back());
        const std::size_t rows =
            left.size() == 1 ? 1 : static_cast<std::size_t>(left[left.size() - 2]);
        const Tracked& a = in(0);
        const Tracked& b = in(1);
        Tracked& y = out();
        const std::size_t matrix = rows * columns;
        const Shape batch_shape = batch_of(left, right);
        const BroadcastIndex left_batch(batch_part(left), batch_shape);
        const BroadcastIndex right_batch(batch_part(right), batch_shape);
        for (std::size_t i = 0; i < y.values.size(); ++i) {
            const auto batch = static_cast<std::int64_t>(i / matrix);
            const std::size_t row = i % matrix / columns;
            const std::size_t column = i % columns;
            const std::size_t first_a =
                static_cast<std::size_t>(left_batch(batch)) * rows * depth + row * depth;
            const std::size_t first_b =
                static_cast<std::size_t>(right_batch(batch)) * depth * columns + column;
            double magnitude = 0;
            double passed_on = 0;
            for (std::size_t k = 0; k < depth; ++k) {
                const double av = std::abs(a.values[first_a + k]);
                const double bv = std::abs(b.values[first_b + k * columns]);
                const double ea = a.bounds[first_a + k];
                const double eb = b.bounds[first_b + k * columns];
                magnitude += av * bv;
                passed_on += av * eb + bv * ea + ea * eb;
            }
            y.bounds[i] = passed_on + (static_cast<double>(depth) + 1) * unit * magnitude;
        }
    }
    static Shape batch_part(const Shape& shape) {
        return shape.size() <= 2 ? Shape{} : Shape(shape.begin(), shape.end() - 2);
    }
    static Shape batch_of(const Shape& left, const Shape& right) {
        return broadcast_shape(batch_part(left), batch_part(right));
    }

    /// Sums over at most `depth` products of magnitudes below `x` and `w`.
    void bound(const ops::Conv&) {
        const Shape& weights = shape(node_->inputs[1]);
        const auto outputs = static_cast<std::size_t>(weights.at(0));
        const auto depth = in(1).values.size() / outputs;
        const double x = largest(in(0).values);
        const double ex = largest(in(0).bounds);
        const double ew = largest(in(1).bounds);
        Tracked& y = out();
        const Shape& result = shape(node_->outputs[0]);
        const std::size_t positions =
            y.values.size() / static_cast<std::size_t>(result[0] * result[1]);
        for (std::size_t i = 0; i < y.values.size(); ++i) {
            const std::size_t m = i / positions % outputs;
            double magnitude = 0;
            for (std::size_t k = 0; k < depth; ++k) {
                magnitude += std::abs(in(1).values[m * depth + k]);
            }
            y.bounds[i] = magnitude * ex + static_cast<double>(depth) * (x + ex) * ew +
                          (static_cast<double>(depth) + 1) * unit * magnitude * x;
        }
    }
    static double largest(const std::vector<double>& values) {
        double result = 0;
        for (const double value : values) {
            result = std::max(result, std::abs(value));
        }
        return result;
    }
    void bound(const ops::MaxPool&) { worst_everywhere(); }
    void bound(const ops::Pad&) { worst_everywhere(); }
    void bound(const ops::AveragePool& op) { mean(op.window.taps()); }
    void bound(const ops::ReduceMean&) {
        mean(static_cast<std::int64_t>(in(0).values.size()) /
             std::max<std::int64_t>(1, static_cast<std::int64_t>(out().values.size())));
    }
    void mean(std::int64_t count) {
        const double bound =
            largest(in(0).bounds) + (static_cast<double>(count) + 2) * unit * largest(in(0).values);
        std::fill(out().bounds.begin(), out().bounds.end(), bound);
    }

    void bound(const ops::Relu&) { lipschitz(1); }
    void bound(const ops::LeakyRelu& op) {
        lipschitz(std::max(1.0, std::abs(op.alpha.to_double())));
    }
    void bound(const ops::PRelu&) {
        pairs([](double /*x*/, double ex, double slope, double eslope, double y) {
            return ex * std::max(1.0, std::abs(slope)) + eslope * std::abs(y) +
                   2 * unit * std::abs(y);
        });
    }
    void bound(const ops::Clip&) { lipschitz(1); }
    void bound(const ops::Sigmoid&) { lipschitz(0.25, 8); }
    void bound(const ops::Tanh&) { lipschitz(1, 8); }
    void bound(const ops::HardSigmoid& op) {
        const double slope = std::abs(op.alpha.to_double());
        each([slope](double x, double ex, double y) {
            return slope * ex + unit * (slope * std::abs(x) + 2 * std::abs(y) + 1);
        });
    }
    void bound(const ops::Neg&) { lipschitz(1); }
    /// |f(a) - f(b)| <= slope |a - b|, computed to some units in the last place.
    void lipschitz(double slope, double units = 1) {
        each([=](double /*x*/, double ex, double y) {
            return slope * ex + units * unit * std::abs(y);
        });
    }
    void bound(const ops::Sign&) {
        each_decision(
            [](std::size_t /*i*/, double x, double ex) { return std::pair(std::abs(x), ex); });
    }
    void bound(const ops::Cast& op) {
        if (is_integer(op.to)) {
            each_decision([](std::size_t /*i*/, double x, double ex) {
                return std::pair(std::abs(x - std::nearbyint(x)), ex);
            });
        } else {
            lipschitz(1);
        }
    }

    void bound(const ops::Quantize& op) {
        const Shape& result = shape(node_->outputs[0]);
        const BroadcastIndex scale_index(op.scale->shape(), result);
        const BroadcastIndex zero_index(op.zero_point->shape(), result);
        const std::vector<double> scales = to_doubles(*op.scale);
        const std::vector<double> zeros = to_doubles(*op.zero_point);
        std::vector<double> bits;
        const BroadcastIndex bits_index(op.bits ? op.bits->shape() : Shape{}, result);
        if (op.bits) {
            bits = to_doubles(*op.bits);
        }
        each_decision([&](std::size_t i, double x, double ex) {
            const auto element = static_cast<std::int64_t>(i);
            const double scale = scales[static_cast<std::size_t>(scale_index(element))];
            const double zero = zeros[static_cast<std::size_t>(zero_index(element))];
            const double scaled = x / scale;
            const double argument = op.zero_point_last ? scaled : scaled + zero;
            const double error =
                ex / std::abs(scale) + unit * (2 * std::abs(scaled) + std::abs(zero));
            const double b =
                op.bits ? bits[static_cast<std::size_t>(bits_index(element))] : infinity;
            if (op.is_signed && b == 1) {
                return std::pair(std::abs(argument), error);
            }
            double distance = decision_distance(argument, op.rounding);
            if (std::isfinite(b)) {
                // Beyond the clamp nothing is decided.
                const double hi = op.is_signed ? std::exp2(b - 1) - 1 : std::exp2(b) - 1;
                const double lo = op.is_signed ? -std::exp2(b - 1) : 0;
                const double shift = op.zero_point_last ? zero : 0;
                distance =
                    std::max({distance, argument + shift - hi - 1, lo - 1 - argument - shift});
            }
            return std::pair(distance, error);
        });
    }
    /// From the nearest point where the rounding's result changes.
    static double decision_distance(double x, Rounding rounding) {
        switch (rounding) {
        case Rounding::half_even:
        case Rounding::half_up:
        case Rounding::half_down:
            return std::abs(x - (std::floor(x) + 0.5));
        case Rounding::floor:
        case Rounding::ceil:
        case Rounding::up:
        case Rounding::down:
            return std::abs(x - std::nearbyint(x));
        }
        throw Defect("unknown rounding mode");
    }

    void bound(const ops::MultiThreshold& op) {
        const std::vector<double> thresholds = to_doubles(*op.thresholds);
        const auto levels = static_cast<std::size_t>(op.thresholds->shape().at(1));
        const Shape& result = shape(node_->outputs[0]);
        std::size_t inner = 1;
        for (std::size_t d = static_cast<std::size_t>(op.channel_axis) + 1; d < result.size();
             ++d) {
            inner *= static_cast<std::size_t>(result[d]);
        }
        const auto rows = static_cast<std::size_t>(op.thresholds->shape().at(0));
        each_decision([&](std::size_t i, double x, double ex) {
            const std::size_t row = rows == 1 ? 0 : i / inner % rows;
            double distance = infinity;
            for (std::size_t t = 0; t < levels; ++t) {
                distance = std::min(distance, std::abs(x - thresholds[row * levels + t]));
            }
            return std::pair(distance, ex + unit * std::abs(x));
        });
    }

    /// measure(element, x, ex) gives distance and error of each argument.
    template <class Measure> void each_decision(Measure&& measure) {
        Tracked& y = out();
        for (std::size_t i = 0; i < y.values.size(); ++i) {
            const auto [distance, error] = measure(i, in(0).values[i], in(0).bounds[i]);
            y.bounds[i] = 3 * unit * std::abs(y.values[i]);
            if (distance <= error) {
                y.close.insert(decisions_.size());
                decisions_.push_back({node_->name, static_cast<std::int64_t>(i), distance, error});
            }
        }
    }

    void bound(const ops::Reshape&) { out().bounds = in(0).bounds; }
    void bound(const ops::Transpose&) { worst_everywhere(); }
    void bound(const ops::Concat&) { worst_everywhere(); }
    void bound(const ops::Gather&) { worst_everywhere(); }
    void bound(const ops::Slice&) { worst_everywhere(); }
    /// Elements move: the largest bound serves all.
    void worst_everywhere() {
        double worst = 0;
        for (const ValueId input : node_->inputs) {
            for (const double b : tracked_[input].bounds) {
                worst = std::max(worst, b);
            }
        }
        std::fill(out().bounds.begin(), out().bounds.end(), worst);
    }
    void bound(const ops::Softmax&) {
        // Each probability p changes by at most p * 2 max|dx| to first order.
        const double worst =
            in(0).bounds.empty() ? 0 : *std::max_element(in(0).bounds.begin(), in(0).bounds.end());
        each(
            [worst](double /*x*/, double /*ex*/, double y) { return y * (2 * worst + 32 * unit); });
    }
    void bound(const ops::ArgMax& op) { selection(op.axis); }
    void bound(const ops::TopK& op) { selection(op.axis); }
    /// Close when two neighbours in the order are closer than their bounds.
    void selection(std::int64_t axis) {
        const Shape& from = shape(node_->inputs[0]);
        const auto size = static_cast<std::size_t>(from[static_cast<std::size_t>(axis)]);
        std::size_t inner = 1;
        for (std::size_t d = static_cast<std::size_t>(axis) + 1; d < from.size(); ++d) {
            inner *= static_cast<std::size_t>(from[d]);
        }
        const Tracked& x = in(0);
        for (std::size_t line = 0; line < x.values.size() / size; ++line) {
            std::vector<std::size_t> order(size);
            const std::size_t first = line / inner * inner * size + line % inner;
            for (std::size_t i = 0; i < size; ++i) {
                order[i] = first + i * inner;
            }
            std::sort(order.begin(), order.end(),
                      [&](std::size_t a, std::size_t b) { return x.values[a] < x.values[b]; });
            for (std::size_t i = 1; i < size; ++i) {
                const double gap = x.values[order[i]] - x.values[order[i - 1]];
                const double error = x.bounds[order[i]] + x.bounds[order[i - 1]];
                if (gap <= error && error > 0) {
                    for (const ValueId output : node_->outputs) {
                        tracked_[output].close.insert(decisions_.size());
                    }
                    decisions_.push_back(
                        {node_->name, static_cast<std::int64_t>(line), gap, error});
                }
            }
        }
    }

    // Other levels.
    template <class T>
    requires IntegerOp<T> || DataflowOp<T>
    void bound(const T& /*op*/) const { throw Defect("not an op of the network level"); }

    const Graph& network_;
    const Node* node_ = nullptr;
    std::vector<Tracked> tracked_;
    std::vector<CloseDecision> decisions_;
};

} // namespace

std::vector<std::vector<CloseDecision>> close_decisions(const Graph& network,
                                                        const std::vector<Tensor>& inputs) {
    return Analysis(network, inputs).results();
}

} // namespace millrace::passes
