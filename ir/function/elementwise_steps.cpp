// SPDX-License-Identifier: Apache-2.0
#include "ir/function/elementwise_steps.hpp"

#include "ir/diagnostics.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

namespace millrace {

namespace {

/// A parameter tensor broadcast to the value's shape does not repeat every `channels` elements.
struct TooFine {};

/// Values of a parameter tensor that broadcasts to `shape` and repeats every `channels` elements.
std::optional<std::vector<Real>> repeating(const Tensor& parameter, const Shape& shape,
                                           std::int64_t channels) {
    if (const auto uniform = parameter.uniform_value()) {
        return std::vector<Real>{*uniform};
    }
    const std::int64_t count = element_count(shape);
    const BroadcastIndex index(parameter.shape(), shape);
    std::vector<Real> values;
    values.reserve(static_cast<std::size_t>(channels));
    for (std::int64_t i = 0; i < count; ++i) {
        Real value = parameter.at(index(i));
        if (i < channels) {
            values.push_back(std::move(value));
        } else if (value != values[static_cast<std::size_t>(i % channels)]) {
            return std::nullopt;
        }
    }
    return values;
}

class StepBuilder {
  public:
    StepBuilder(const Graph& graph, const Node& node, std::size_t variable,
                const ParameterReader& reader)
        : graph_(graph),
          node_(node),
          variable_(variable),
          reader_(reader),
          shape_(shape_of(graph.value(node.inputs.at(variable)).type)) {}

    using Result = std::optional<std::vector<Step>>;

    Result operator()(const ops::Add&) const { return affine({Real(1)}, constant()); }
    Result operator()(const ops::Sub&) const {
        return variable_ == 0 ? affine({Real(1)}, negated(constant()))
                              : affine({Real(-1)}, constant());
    }
    Result operator()(const ops::Mul&) const { return affine(constant(), {Real(0)}); }
    Result operator()(const ops::Div& op) const {
        if (variable_ != 0 || op.truncate) {
            return std::nullopt;
        }
        std::vector<Real> scale = constant();
        for (Real& value : scale) {
            if (value.sign() == 0) {
                return std::nullopt;
            }
            value = Real(1) / value;
        }
        return affine(std::move(scale), {Real(0)});
    }
    Result operator()(const ops::Neg&) const { return affine({Real(-1)}, {Real(0)}); }
    Result operator()(const ops::Relu&) const { return one(step::LeakyRelu{{Real(0)}}); }
    Result operator()(const ops::LeakyRelu& op) const { return one(step::LeakyRelu{{op.alpha}}); }
    Result operator()(const ops::PRelu&) const {
        return variable_ == 0 ? one(step::LeakyRelu{constant()}) : std::nullopt;
    }
    Result operator()(const ops::Clip& op) const { return one(step::Clip{op.low, op.high}); }
    Result operator()(const ops::Sigmoid&) const { return one(step::Sigmoid{}); }
    Result operator()(const ops::Tanh&) const { return one(step::Tanh{}); }
    Result operator()(const ops::HardSigmoid& op) const {
        return std::vector<Step>{step::Affine{{op.alpha}, {op.beta}}, step::Clip{Real(0), Real(1)}};
    }
    Result operator()(const ops::Sign&) const { return one(step::Sign{}); }
    Result operator()(const ops::Cast& op) const {
        // Reals are not rounded to a float format; integers would be truncated.
        return is_integer(op.to) ? std::nullopt : Result(std::vector<Step>{});
    }
    Result operator()(const ops::Quantize& op) const {
        step::Quantize step;
        step.scale = per_channel(*op.scale);
        step.zero_point = per_channel(*op.zero_point);
        step.rounding = op.rounding;
        step.zero_point_last = op.zero_point_last;
        if (op.bits) {
            for (const Real& bits : per_channel(*op.bits)) {
                auto [lo, hi] = ops::quantizer_bounds(bits, op.is_signed, op.narrow);
                const bool binary = op.is_signed && bits == Real(1);
                if (step.lo.empty()) {
                    step.binary = binary;
                } else if (step.binary != binary) {
                    return std::nullopt; // binary and wider channels in one quantizer
                }
                step.lo.push_back(std::move(lo));
                step.hi.push_back(std::move(hi));
            }
        }
        return one(std::move(step));
    }
    Result operator()(const ops::MultiThreshold& op) const {
        step::MultiThreshold step{{}, op.out_scale, op.out_bias};
        const std::int64_t rows = op.thresholds->shape().at(0);
        const std::int64_t levels = op.thresholds->shape().at(1);
        const auto row = [&](std::int64_t r) {
            std::vector<Real> values;
            for (std::int64_t i = 0; i < levels; ++i) {
                values.push_back(op.thresholds->at(r * levels + i));
            }
            return values;
        };
        if (rows == 1) {
            step.thresholds = {row(0)};
            return one(std::move(step));
        }
        // The index along the channel axis is itself a parameter that varies along it.
        Shape shape(shape_.size(), 1);
        shape.at(static_cast<std::size_t>(op.channel_axis)) = rows;
        std::vector<std::int64_t> indices(static_cast<std::size_t>(rows));
        std::iota(indices.begin(), indices.end(), std::int64_t{0});
        for (const Real& index : per_channel(Tensor::integers(indices).reshaped(shape))) {
            step.thresholds.push_back(row(*index.as_int64()));
        }
        return one(std::move(step));
    }

    // Not elementwise functions of one variable.
    Result operator()(const ops::MatMul&) const { return std::nullopt; }
    Result operator()(const ops::Conv&) const { return std::nullopt; }
    Result operator()(const ops::MaxPool&) const { return std::nullopt; }
    Result operator()(const ops::AveragePool&) const { return std::nullopt; }
    Result operator()(const ops::ReduceMean&) const { return std::nullopt; }
    Result operator()(const ops::Pad&) const { return std::nullopt; }
    Result operator()(const ops::Pow&) const { return std::nullopt; }
    Result operator()(const ops::Reshape&) const { return std::nullopt; }
    Result operator()(const ops::Transpose&) const { return std::nullopt; }
    Result operator()(const ops::Concat&) const { return std::nullopt; }
    Result operator()(const ops::Gather&) const { return std::nullopt; }
    Result operator()(const ops::Slice&) const { return std::nullopt; }
    Result operator()(const ops::Softmax&) const { return std::nullopt; }
    Result operator()(const ops::ArgMax&) const { return std::nullopt; }
    Result operator()(const ops::TopK&) const { return std::nullopt; }
    template <class T>
    requires IntegerOp<T> || DataflowOp<T> Result operator()(const T& /*op*/) const {
        throw Defect("elementwise steps exist at the network level only");
    }

  private:
    static Result one(Step step) { return std::vector<Step>{std::move(step)}; }
    static Result affine(std::vector<Real> scale, std::vector<Real> offset) {
        return one(step::Affine{std::move(scale), std::move(offset)});
    }
    static std::vector<Real> negated(std::vector<Real> values) {
        for (Real& value : values) {
            value = -value;
        }
        return values;
    }
    /// The other, constant operand per channel. The result must have the variable's element count.
    std::vector<Real> constant() const {
        const Value& value = graph_.value(node_.inputs.at(1 - variable_));
        const Shape& result = shape_of(graph_.value(node_.outputs.at(0)).type);
        if (element_count(result) != element_count(shape_)) {
            throw TooFine{}; // the constant broadcasts the variable: handled by the caller as host
        }
        return per_channel(*value.constant);
    }

    [[nodiscard]] std::vector<Real> per_channel(const Tensor& parameter) const {
        auto values = reader_(parameter);
        if (!values) {
            throw TooFine{};
        }
        return std::move(*values);
    }

    const Graph& graph_;
    const Node& node_;
    std::size_t variable_;
    const ParameterReader& reader_;
    const Shape& shape_;
};

bool all_nonzero(const std::vector<Real>& values) {
    return std::all_of(values.begin(), values.end(), [](const Real& v) { return v.sign() != 0; });
}

/// True when every channel's grid has the real `value` on it.
bool on_grid(const Grid& grid, const Real& value) {
    const std::size_t channels = std::max(grid.scale.size(), grid.zero_point.size());
    for (std::size_t c = 0; c < channels; ++c) {
        const Real level =
            value / channel_parameter(grid.scale, c) + channel_parameter(grid.zero_point, c);
        if (!level.is_integer()) {
            return false;
        }
    }
    return true;
}

std::optional<Grid> after(const std::optional<Grid>& grid, const step::Affine& affine) {
    if (!grid || !all_nonzero(affine.scale)) {
        return std::nullopt;
    }
    // scale * (g * (q - z)) + offset = (scale * g) * (q - (z - offset / (scale * g)))
    const std::size_t scales = std::max(grid->scale.size(), affine.scale.size());
    Grid result{{}, {}};
    for (std::size_t c = 0; c < scales; ++c) {
        result.scale.push_back(channel_parameter(grid->scale, c) *
                               channel_parameter(affine.scale, c));
    }
    const bool no_offset = affine.offset.size() == 1 && affine.offset.front().sign() == 0;
    if (no_offset) {
        result.zero_point = grid->zero_point;
        return result;
    }
    const std::size_t points = std::max({scales, grid->zero_point.size(), affine.offset.size()});
    for (std::size_t c = 0; c < points; ++c) {
        result.zero_point.push_back(channel_parameter(grid->zero_point, c) -
                                    channel_parameter(affine.offset, c) /
                                        channel_parameter(result.scale, c));
    }
    return result;
}
std::optional<Grid> after(const std::optional<Grid>& grid, const step::LeakyRelu& relu) {
    // A rectifier keeps or replaces by zero; other slopes leave the grid.
    const bool rectifier = std::all_of(relu.slope.begin(), relu.slope.end(),
                                       [](const Real& s) { return s.sign() == 0; });
    return grid && rectifier && on_grid(*grid, Real(0)) ? grid : std::nullopt;
}
std::optional<Grid> after(const std::optional<Grid>& grid, const step::Clip& clip) {
    const bool kept = grid && (!clip.low || on_grid(*grid, *clip.low)) &&
                      (!clip.high || on_grid(*grid, *clip.high));
    return kept ? grid : std::nullopt;
}
std::optional<Grid> after(const std::optional<Grid>& /*grid*/, const step::Sigmoid& /*step*/) {
    return std::nullopt;
}
std::optional<Grid> after(const std::optional<Grid>& /*grid*/, const step::Tanh& /*step*/) {
    return std::nullopt;
}
std::optional<Grid> after(const std::optional<Grid>& /*grid*/, const step::Sign& /*step*/) {
    return Grid{};
}
std::optional<Grid> after(const std::optional<Grid>& /*grid*/, const step::Quantize& quantizer) {
    // Fractional bounds (fractional bit widths) still round to integers.
    return Grid{quantizer.scale, quantizer.zero_point};
}
std::optional<Grid> after(const std::optional<Grid>& /*grid*/, const step::MultiThreshold& step) {
    if (step.out_scale.sign() == 0) {
        return std::nullopt;
    }
    const bool one_threshold = std::all_of(step.thresholds.begin(), step.thresholds.end(),
                                           [](const auto& row) { return row.size() == 1; });
    if (one_threshold && step.out_bias * Real(-2) == step.out_scale) {
        return Grid{{-step.out_bias}, {Real(0)}}; // the two values are +v and -v: bipolar
    }
    return Grid{{step.out_scale}, {-step.out_bias / step.out_scale}};
}

template <class T> void repeat(std::vector<T>& values, std::size_t channels) {
    if (values.size() <= 1 || values.size() == channels) {
        return;
    }
    if (channels % values.size() != 0) {
        throw Defect("per-channel parameters cannot be repeated");
    }
    const std::size_t period = values.size();
    values.reserve(channels);
    for (std::size_t i = period; i < channels; ++i) {
        values.push_back(values[i - period]);
    }
}

} // namespace

ElementwiseSteps elementwise_steps(const Graph& graph, const Node& node, std::size_t variable_input,
                                   std::int64_t channels) {
    const Shape& shape = shape_of(graph.value(node.inputs.at(variable_input)).type);
    return elementwise_steps(graph, node, variable_input, [&](const Tensor& parameter) {
        return repeating(parameter, shape, channels);
    });
}

ElementwiseSteps elementwise_steps(const Graph& graph, const Node& node, std::size_t variable_input,
                                   const ParameterReader& reader) {
    try {
        return {std::visit(StepBuilder(graph, node, variable_input, reader), node.op), false};
    } catch (const TooFine&) {
        return {std::nullopt, true};
    }
}

std::optional<Grid> grid_after(const std::optional<Grid>& grid, const Step& step) {
    return std::visit([&](const auto& alternative) { return after(grid, alternative); }, step);
}

Step decode_step(const Grid& grid) {
    const std::size_t entries = std::max(grid.scale.size(), grid.zero_point.size());
    step::Affine affine{grid.scale, {}};
    for (std::size_t c = 0; c < entries; ++c) {
        affine.offset.push_back(
            -(channel_parameter(grid.scale, c) * channel_parameter(grid.zero_point, c)));
    }
    return affine;
}

Step encode_step(const Grid& grid) {
    step::Affine affine{{}, grid.zero_point};
    for (const Real& scale : grid.scale) {
        affine.scale.push_back(Real(1) / scale);
    }
    return affine;
}

std::optional<OutputRange> quantizer_levels(const Step& step) {
    if (std::holds_alternative<step::Sign>(step)) {
        return OutputRange{-1, 1, false};
    }
    if (const auto* thresholds = std::get_if<step::MultiThreshold>(&step)) {
        const std::optional<Grid> grid = after(std::nullopt, *thresholds);
        if (!grid) {
            return std::nullopt;
        }
        // On the bipolar grid (its scale is half the step) one threshold separates -1 from +1.
        if (grid->scale.front() != thresholds->out_scale) {
            return OutputRange{-1, 1, true};
        }
        return OutputRange{0, static_cast<std::int64_t>(thresholds->thresholds.front().size()),
                           false};
    }
    const auto* quantizer = std::get_if<step::Quantize>(&step);
    if (quantizer == nullptr || quantizer->lo.empty()) {
        return std::nullopt;
    }
    if (quantizer->binary) {
        return OutputRange{-1, 1, true};
    }
    OutputRange range{std::numeric_limits<std::int64_t>::max(),
                      std::numeric_limits<std::int64_t>::min(), false};
    for (std::size_t c = 0; c < quantizer->lo.size(); ++c) {
        // Rounding the clamped value may step over a fractional bound.
        range.lo = std::min(range.lo, quantizer->lo[c].round(Rounding::floor));
        range.hi = std::max(range.hi, quantizer->hi[c].round(Rounding::ceil));
    }
    return range;
}

void repeat_parameters(std::vector<Step>& steps, std::size_t channels) {
    for (Step& step : steps) {
        std::visit(Overload{
                       [&](step::Affine& s) {
                           repeat(s.scale, channels);
                           repeat(s.offset, channels);
                       },
                       [&](step::LeakyRelu& s) { repeat(s.slope, channels); },
                       [](step::Clip&) {},
                       [](step::Sigmoid&) {},
                       [](step::Tanh&) {},
                       [](step::Sign&) {},
                       [&](step::Quantize& s) {
                           repeat(s.scale, channels);
                           repeat(s.zero_point, channels);
                           repeat(s.lo, channels);
                           repeat(s.hi, channels);
                       },
                       [&](step::MultiThreshold& s) { repeat(s.thresholds, channels); },
                   },
                   step);
    }
}

void repeat_parameters(Grid& grid, std::size_t channels) {
    repeat(grid.scale, channels);
    repeat(grid.zero_point, channels);
}

} // namespace millrace
