// SPDX-License-Identifier: Apache-2.0
//
// A running error analysis: each op's bound follows from its operands' bounds by the standard model
// of floating-point arithmetic, fl(a op b) = (a op b)(1 + d), |d| <= u, to first order and with
// room for the products of errors: every bound counts at least one u more than it must.
#include "passes/explain/float32_bounds.hpp"

#include "ir/diagnostics.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace millrace::passes::explain {

namespace {

constexpr double unit = 0x1p-24; // relative rounding of one float32 operation
constexpr double infinity = std::numeric_limits<double>::infinity();

/// Operators whose executors add integers.
bool adds_integers(const Node& node) {
    return node.onnx_op == "QLinearConv" || node.onnx_op == "QLinearMatMul" ||
           node.onnx_op == "QGemm" || node.onnx_op == "ConvInteger" ||
           node.onnx_op == "MatMulInteger" || node.onnx_op == "MatMulIntegerToFloat";
}

class Analysis {
  public:
    Analysis(const NetworkMap& network, const Values& values)
        : network_(network),
          values_(values),
          bounds_(values.size()),
          units_(values.size(), 0.0) {}

    std::vector<std::vector<double>> run() {
        const Graph& graph = network_.graph();
        for (const ValueId input : graph.inputs) {
            bounds_[input].assign(network_.size(input), 0.0);
            if (!is_exact(input)) {
                // Inputs of other types than float32 are rounded once.
                for (std::size_t i = 0; i < bounds_[input].size(); ++i) {
                    bounds_[input][i] = constant_bound(values_[input][i]);
                }
            }
        }
        for (std::size_t id = 0; id < graph.values.size(); ++id) {
            if (graph.values[id].constant) {
                for (const double value : network_.constant(static_cast<ValueId>(id))) {
                    bounds_[id].push_back(constant_bound(value));
                }
            }
        }
        for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
            index_ = n;
            node_ = &graph.nodes[n];
            map_ = &network_.of(n);
            for (const ValueId output : node_->outputs) {
                bounds_[output].assign(network_.size(output), 0.0);
            }
            if (!is_exact(node_->outputs[0])) {
                std::visit([this](const auto& op) { bound(op); }, node_->op);
            }
        }
        return std::move(bounds_);
    }

  private:
    /// Integers are the same numbers in every executor.
    [[nodiscard]] bool is_exact(ValueId id) const {
        return network_.is_quantizers_integer(id) ||
               is_integer(std::get<RealType>(network_.graph().value(id).type).element);
    }
    [[nodiscard]] const std::vector<double>& x(std::size_t i) const {
        const ValueId id = node_->inputs[i];
        return network_.is_constant(id) ? network_.constant(id) : values_[id];
    }
    [[nodiscard]] const std::vector<double>& ex(std::size_t i) const {
        return bounds_[node_->inputs[i]];
    }
    [[nodiscard]] const std::vector<double>& y() const { return values_[node_->outputs[0]]; }
    std::vector<double>& ey() { return bounds_[node_->outputs[0]]; }
    [[nodiscard]] const Shape& shape(std::size_t i) const {
        return network_.shape(node_->inputs[i]);
    }

    /// The result of integer sums, multiplied by scales at last.
    void scaled_integers() {
        for (std::size_t i = 0; i < y().size(); ++i) {
            ey()[i] = 4 * unit * std::abs(y()[i]);
        }
    }

    /// error(a, ea, b, eb, y) for each element of a broadcast pair.
    template <class Error> void pairs(Error&& error) {
        for (std::size_t i = 0; i < y().size(); ++i) {
            const std::size_t a = map_->operands[0](i);
            const std::size_t b = map_->operands[1](i);
            ey()[i] = error(x(0)[a], ex(0)[a], x(1)[b], ex(1)[b], y()[i]);
        }
    }
    /// error(x, ex, y) for each element.
    template <class Error> void each(Error&& error) {
        for (std::size_t i = 0; i < y().size(); ++i) {
            ey()[i] = error(x(0)[i], ex(0)[i], y()[i]);
        }
    }

    // A sum counts the rounding of its operands' magnitudes, not of the result: executors that
    // fold normalisations into one affine function cancel differently. A bias may also come first
    // in the product's sum.
    void bound(const ops::Add&) { sum(); }
    void bound(const ops::Sub&) { sum(); }
    void sum() {
        if (adds_integers(*node_) && node_->onnx_op != "MatMulIntegerToFloat") {
            scaled_integers(); // the bias, an integer, too
            return;
        }
        const double grid = std::max(units_[node_->inputs[0]], units_[node_->inputs[1]]);
        units_[node_->outputs[0]] = grid; // residual sums may come into the product's, too
        const bool normalises = node_->onnx_op == "BatchNormalization";
        pairs([&](double a, double ea, double b, double eb, double y) {
            const bool fits =
                grid == 0 || (is_multiple(a, grid) && is_multiple(b, grid) &&
                              std::abs(a) <= 0x1p22 * grid && std::abs(b) <= 0x1p22 * grid);
            return !normalises && ea == 0 && eb == 0 && fits && is_float(y)
                       ? 0
                       : ea + eb + unit * (std::abs(a) + std::abs(b) + std::abs(y));
        });
    }
    void bound(const ops::Mul&) {
        const bool normalises = node_->onnx_op == "BatchNormalization";
        pairs([&](double a, double ea, double b, double eb, double y) {
            return !normalises && ea == 0 && eb == 0 && is_float(y)
                       ? 0
                       : std::abs(a) * eb + std::abs(b) * ea + ea * eb + 2 * unit * std::abs(y);
        });
    }
    static bool is_float(double x) { return static_cast<double>(static_cast<float>(x)) == x; }
    static bool is_multiple(double x, double grid) { return std::nearbyint(x / grid) * grid == x; }

    /// The largest power of two that all numbers are multiples of; 0 where one of them is wrong in
    /// float32, or there are none.
    [[nodiscard]] double grid_of(std::size_t i) const {
        int lowest = 10000;
        for (std::size_t e = 0; e < x(i).size(); ++e) {
            const double value = x(i)[e];
            if (ex(i)[e] != 0) {
                return 0;
            }
            if (value == 0) {
                continue;
            }
            int exponent = 0;
            auto mantissa = static_cast<std::int64_t>(std::ldexp(std::frexp(value, &exponent), 53));
            lowest = std::min(lowest, exponent - 53 +
                                          std::countr_zero(static_cast<std::uint64_t>(mantissa)));
        }
        return lowest == 10000 || lowest < -120 ? 0 : std::ldexp(1.0, lowest);
    }
    /// Sums of products of multiples of powers of two, where float32 holds all of them: the bound
    /// of each is `rounding` times the sum of its magnitudes as long as the operands are exact.
    void drop_exact_sums(double rounding) {
        const double grid = network_.may_be_rescaled(index_) ? 0 : grid_of(0) * grid_of(1);
        if (grid == 0) {
            return;
        }
        for (double& bound : ey()) {
            bound = bound / rounding <= 0x1p22 * grid ? 0 : bound;
        }
        units_[node_->outputs[0]] = grid;
    }
    [[nodiscard]] static double product_rounding(std::size_t terms) {
        return (static_cast<double>(terms) + 5) * unit;
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

    /// A product's bound is sum (|w| ex + |x| ew + ex ew + (K + 4) u |x w|). Where a factor is a
    /// constant with ew <= u |w| it is sum |w| t, with t from weighted().
    [[nodiscard]] std::vector<double> weighted(std::size_t i, std::size_t terms) const {
        std::vector<double> result(x(i).size());
        const double rounding = product_rounding(terms);
        for (std::size_t e = 0; e < result.size(); ++e) {
            result[e] = rounding * std::abs(x(i)[e]) + (1 + unit) * ex(i)[e];
        }
        return result;
    }
    [[nodiscard]] std::vector<double> magnitudes(std::size_t i, double plus = 0) const {
        std::vector<double> result(x(i).size());
        for (std::size_t e = 0; e < result.size(); ++e) {
            result[e] = std::abs(x(i)[e]) + plus * ex(i)[e];
        }
        return result;
    }

    void bound(const ops::MatMul&) {
        if (adds_integers(*node_)) {
            scaled_integers();
            return;
        }
        // For two variables: (|a| + ea) eb is the second part.
        const std::size_t terms = map_->matrix.inner;
        if (network_.is_constant(node_->inputs[0])) {
            add_product(magnitudes(0), weighted(1, terms));
        } else {
            add_product(weighted(0, terms), magnitudes(1));
            if (!network_.is_constant(node_->inputs[1])) {
                add_product(magnitudes(0, 1), ex(1));
            }
        }
        drop_exact_sums(product_rounding(terms));
    }
    void add_product(const std::vector<double>& a, const std::vector<double>& b) {
        const MatrixMap& m = map_->matrix;
        for (std::size_t batch = 0; batch < m.left.size(); ++batch) {
            for (std::size_t row = 0; row < m.rows; ++row) {
                double* to = ey().data() + (batch * m.rows + row) * m.columns;
                const double* left = a.data() + (m.left[batch] * m.rows + row) * m.inner;
                for (std::size_t k = 0; k < m.inner; ++k) {
                    const double* right = b.data() + (m.right[batch] * m.inner + k) * m.columns;
                    for (std::size_t n = 0; left[k] != 0 && n < m.columns; ++n) {
                        to[n] += left[k] * right[n];
                    }
                }
            }
        }
    }

    void bound(const ops::Conv& op) {
        if (adds_integers(*node_)) {
            scaled_integers();
            return;
        }
        const auto outputs = static_cast<std::size_t>(shape(1)[0]);
        const std::size_t terms = x(1).size() / outputs;
        add_convolution(op, weighted(0, terms), magnitudes(1));
        if (!network_.is_constant(node_->inputs[1])) {
            add_convolution(op, magnitudes(0, 1), ex(1));
        }
        drop_exact_sums(product_rounding(terms));
    }
    void add_convolution(const ops::Conv& op, const std::vector<double>& from,
                         const std::vector<double>& weights) {
        const WindowMap& window = map_->window;
        const auto batch = static_cast<std::size_t>(shape(0)[0]);
        const auto channels = static_cast<std::size_t>(shape(0)[1]);
        const auto outputs = static_cast<std::size_t>(shape(1)[0]);
        const auto group_inputs = channels / static_cast<std::size_t>(op.group);
        const auto group_outputs = outputs / static_cast<std::size_t>(op.group);
        for (std::size_t plane = 0; plane < batch * outputs; ++plane) {
            const std::size_t m = plane % outputs;
            const std::size_t first = plane / outputs * channels + m / group_outputs * group_inputs;
            double* to = ey().data() + plane * window.outputs;
            for (std::size_t c = 0; c < group_inputs; ++c) {
                const double* w = weights.data() + (m * group_inputs + c) * window.taps;
                const double* source = from.data() + (first + c) * window.inputs;
                for (std::size_t p = 0; p < window.outputs; ++p) {
                    double sum = 0;
                    for (const Tap& tap : window.by_output[p]) {
                        sum += w[tap.tap] * source[tap.position];
                    }
                    to[p] += sum;
                }
            }
        }
    }

    void bound(const ops::MaxPool&) { windows(); }
    void bound(const ops::AveragePool&) { windows(); }
    /// The largest of a window's bounds, or for means their mean with the sum's rounding.
    void windows() {
        const WindowMap& window = map_->window;
        const double rounding = (static_cast<double>(window.taps) + 4) * unit;
        for (std::size_t i = 0; i < y().size(); ++i) {
            const std::size_t plane = i / window.outputs * window.inputs;
            double largest = 0;
            double sum = 0;
            for (const Tap& tap : window.by_output[i % window.outputs]) {
                const double e = ex(0)[plane + tap.position];
                largest = std::max(largest, e);
                sum += e + rounding * std::abs(x(0)[plane + tap.position]);
            }
            ey()[i] =
                window.counts.empty() ? largest : sum / window.counts[i % window.counts.size()];
        }
    }
    void bound(const ops::ReduceMean&) {
        const double count = static_cast<double>(x(0).size()) /
                             static_cast<double>(std::max<std::size_t>(1, y().size()));
        for (std::size_t i = 0; i < y().size(); ++i) {
            double sum = 0;
            for (const std::uint32_t input : map_->mean_inputs[i]) {
                sum += ex(0)[input] + (count + 4) * unit * std::abs(x(0)[input]);
            }
            ey()[i] = sum / count;
        }
    }

    void bound(const ops::Relu&) { chosen(); }
    void bound(const ops::LeakyRelu& op) {
        lipschitz(std::max(1.0, std::abs(op.alpha.to_double())), 2);
    }
    void bound(const ops::PRelu&) {
        pairs([](double x, double ex, double slope, double eslope, double y) {
            return ex * std::max(1.0, std::abs(slope) + eslope) + eslope * std::abs(x) +
                   2 * unit * std::abs(y);
        });
    }
    void bound(const ops::Clip&) { chosen(); }
    void bound(const ops::Sigmoid&) { lipschitz(0.25, 8); }
    void bound(const ops::Tanh&) { lipschitz(1, 8); }
    void bound(const ops::HardSigmoid& op) {
        const double slope = std::abs(op.alpha.to_double());
        each([slope](double x, double ex, double y) {
            return slope * ex + unit * (2 * slope * std::abs(x) + 2 * std::abs(y) + 1);
        });
    }
    void bound(const ops::Neg&) { chosen(); }
    /// The argument, its negative, or a constant.
    void chosen() {
        each([](double /*x*/, double ex, double y) { return ex + constant_bound(y); });
    }
    /// |f(a) - f(b)| <= slope |a - b|, computed to some units in the last place.
    void lipschitz(double slope, double units = 1) {
        each([=](double /*x*/, double ex, double y) {
            return slope * ex + units * unit * std::abs(y);
        });
    }
    void bound(const ops::Sign&) {} // -1, 0 and 1 are floats
    void bound(const ops::Cast& op) {
        if (!is_integer(op.to)) {
            chosen();
        }
    }
    void bound(const ops::Quantize& op) {
        // (q - zero_point) * scale: one rounding when the scale is a float, none when the result
        // is.
        bool exact = true;
        for (std::int64_t i = 0; i < op.scale->size(); ++i) {
            exact = exact && is_float(op.scale->at(i).to_double());
        }
        level(exact);
    }
    void bound(const ops::MultiThreshold& op) {
        level(op.out_bias == Real(0) && is_float(op.out_scale.to_double()));
    }
    void level(bool exact) {
        for (std::size_t i = 0; i < y().size(); ++i) {
            ey()[i] = exact && is_float(y()[i]) ? 0 : 3 * unit * std::abs(y()[i]);
        }
    }

    void bound(const ops::Reshape&) { ey() = ex(0); }
    void bound(const ops::Transpose&) { moved(); }
    void bound(const ops::Concat&) { moved(); }
    void bound(const ops::Gather&) { moved(); }
    void bound(const ops::Slice&) { moved(); }
    void bound(const ops::Pad&) { moved(); }
    void moved() {
        for (std::size_t i = 0; i < y().size(); ++i) {
            const Source& source = map_->sources[i];
            ey()[i] = source.input == Source::none ? constant_bound(y()[i])
                                                   : ex(source.input)[source.element];
        }
    }
    void bound(const ops::Softmax&) {
        // With every argument wrong by at most e, a probability is multiplied by e^(2 e) at most.
        const LaneMap& lanes = map_->lanes;
        for (std::size_t lane = 0; lane < lanes.count; ++lane) {
            const std::size_t first = lanes.first(lane, lanes.length);
            double worst = 0;
            for (std::size_t k = 0; k < lanes.length; ++k) {
                worst = std::max(worst, ex(0)[first + k * lanes.stride]);
            }
            const double relative =
                std::expm1(2 * worst) + (32 + static_cast<double>(lanes.length)) * unit;
            for (std::size_t k = 0; k < lanes.length; ++k) {
                ey()[first + k * lanes.stride] = y()[first + k * lanes.stride] * relative;
            }
        }
    }
    void bound(const ops::ArgMax&) {} // indices
    void bound(const ops::TopK& op) {
        const LaneMap& lanes = map_->lanes;
        const auto k = static_cast<std::size_t>(op.k);
        const std::vector<double>& indices = values_[node_->outputs[1]];
        for (std::size_t i = 0; i < y().size(); ++i) {
            const std::size_t lane = LaneMap{k, lanes.stride, lanes.count}.lane_of(i);
            ey()[i] = ex(0)[lanes.first(lane, lanes.length) +
                            static_cast<std::size_t>(indices[i]) * lanes.stride];
        }
    }

    // Other levels.
    template <class T>
    requires IntegerOp<T> || DataflowOp<T>
    void bound(const T& /*op*/) const { throw Defect("not an op of the network level"); }

    const NetworkMap& network_;
    const Values& values_;
    std::vector<std::vector<double>> bounds_;
    std::vector<double> units_; ///< of exact sums: what all of them are multiples of; else 0
    std::size_t index_ = 0;
    const Node* node_ = nullptr;
    const NodeMap* map_ = nullptr;
};

} // namespace

double constant_bound(double value) {
    return static_cast<double>(static_cast<float>(value)) == value ? 0 : unit * std::abs(value);
}

std::vector<std::vector<double>> float32_bounds(const NetworkMap& network, const Values& values) {
    return Analysis(network, values).run();
}

} // namespace millrace::passes::explain
