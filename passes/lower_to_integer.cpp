// SPDX-License-Identifier: Apache-2.0
//
// Where each value of the network is computed, and the chains of elementwise steps behind the
// body's integers.
#include "passes/lower_to_integer.hpp"

#include "passes/integer_lowering.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace millrace::passes {

namespace {

constexpr const char* how_to_quantize =
    "quantize the model first: Brevitas (PyTorch) or QKeras export QONNX, ONNX Runtime's "
    "quantize_static makes QDQ";

/// A step that bends the numbers without reducing them to few levels (a rectifier, say) is a form
/// of hardware only when all levels have been listed, so values of more bits leave the grid there.
constexpr int most_bits_to_bend = 22;

bool is_quantizer(const Step& step) {
    return std::holds_alternative<step::Quantize>(step) ||
           std::holds_alternative<step::MultiThreshold>(step) ||
           std::holds_alternative<step::Sign>(step);
}

} // namespace

IntegerLowering::IntegerLowering(const Graph& network, const LoweringOptions& options,
                                 Diagnostics& diagnostics)
    : network_(network),
      options_(options),
      diagnostics_(diagnostics),
      states_(network.values.size()),
      uses_(network.use_counts()) {
    program_.head.level = Level::network;
    program_.body.level = Level::integer;
    program_.tail.level = Level::network;
    program_.head.name = program_.body.name = program_.tail.name = network.name;
    producer_.assign(network.values.size(), nullptr);
    for (const Node& node : network.nodes) {
        for (const ValueId output : node.outputs) {
            producer_[output] = &node;
        }
    }
}

std::optional<Program> IntegerLowering::run() {
    add_inputs();
    for (const Node& node : network_.nodes) {
        lower(node);
    }
    if (layers_in_body_ == 0 && !diagnostics_.has_errors()) {
        report_no_quantizer();
    }
    if (diagnostics_.has_errors()) {
        return std::nullopt;
    }
    finish();
    return std::move(program_);
}

// ---------------------------------------------------------------------------------- reporting

void IntegerLowering::report(Code code, Severity severity, const Node& node, std::string message,
                             std::string help) {
    diagnostics_.add({code, severity, options_.file, node.name, node.onnx_op, std::move(message),
                      std::move(help)});
}

bool IntegerLowering::refuse(const Node& node, std::string message, std::string help) {
    report(Code::unsupported_in_hardware, Severity::error, node, std::move(message),
           std::move(help));
    return false;
}

void IntegerLowering::report_no_quantizer() {
    if (first_host_layer_ != nullptr) {
        report(Code::no_quantizer, Severity::error, *first_host_layer_,
               "no quantizer stands between the model's input and this layer, nor behind any "
               "other layer: nothing can be computed in integers",
               std::string(how_to_quantize) +
                   "; if the input is integers in truth, declare them: --input-type "
                   "NAME=uint8:scale=1/255");
    } else if (!any_integer_point_) {
        diagnostics_.add({Code::no_quantizer, Severity::error, options_.file, "", "",
                          "the model has no quantizer and no integer input", how_to_quantize});
    }
}

std::string IntegerLowering::describe(const Node& node) {
    return fmt::format("'{}' ({})", escaped(node.name), node.onnx_op);
}

std::string IntegerLowering::advice(const Node& node) {
    const auto* slice = std::get_if<ops::Slice>(&node.op);
    const bool backwards =
        slice != nullptr && std::any_of(slice->steps.begin(), slice->steps.end(),
                                        [](std::int64_t step) { return step < 0; });
    return backwards ? "give the slice positive steps: hardware does not read backwards; or put it "
                       "behind the last layer"
                     : "put the operation named behind the last layer, or quantize its input";
}

const Node* IntegerLowering::blame_of(const Node& node) const {
    for (const ValueId input : node.inputs) {
        if (states_[input].place == Place::tail) {
            return states_[input].blame;
        }
    }
    return &node;
}

bool IntegerLowering::is_layer(const Node& node) const {
    return std::holds_alternative<ops::Conv>(node.op) ||
           (std::holds_alternative<ops::MatMul>(node.op) &&
            (is_constant(node.inputs[0]) || is_constant(node.inputs[1])));
}

// ------------------------------------------------------------------------------------- inputs

void IntegerLowering::add_inputs() {
    for (std::size_t i = 0; i < states_.size(); ++i) {
        states_[i].place = network_.values[i].constant ? Place::constant : Place::tail;
    }
    for (const ValueId id : network_.inputs) {
        const Value& value = network_.value(id);
        const auto& type = std::get<RealType>(value.type);
        const ValueId head_value = program_.head.add_value(value.name, type);
        program_.head.inputs.push_back(head_value);
        head_values_[id] = head_value;
        states_[id].place = Place::head;
        if (is_integer(type.element)) {
            const IntegerLimits limits = integer_limits(type.element);
            const auto lo = limits.lowest.as_int64();
            const auto hi = limits.highest.as_int64();
            if (lo && hi && format_for(*lo, *hi).bits <= 32) {
                enter_body(id, *lo, *hi, false, Grid{}, value.name, "input");
            }
        }
    }
}

/// Makes a head value, real = grid(q) with q in [lo, hi], an input of the body.
void IntegerLowering::enter_body(ValueId id, std::int64_t lo, std::int64_t hi, bool bipolar,
                                 Grid grid, const std::string& name, const std::string& op) {
    any_integer_point_ = true;
    const Value& value = network_.value(id);
    // A grid that varies by element varies along the last axis of the body's tensors.
    Shape shape = shape_of(value.type);
    const std::int64_t elements = element_count(shape);
    const auto entries =
        static_cast<std::int64_t>(std::max(grid.scale.size(), grid.zero_point.size()));
    if (entries > 1 && (shape.empty() || shape.back() != entries)) {
        shape = {elements / entries, entries};
    }
    ValueState& state = states_[id];
    state.place = Place::body;
    state.base = program_.body.add_value(value.name,
                                         IntegerType{std::move(shape), {lo}, {hi}, bipolar, grid});
    state.view = TensorView::plain(elements);
    state.steps.clear();
    state.grid = grid;
    state.integers = state.base;
    state.point_name = name;
    state.point_op = op;
    program_.body.inputs.push_back(state.base);
    body_inputs_.push_back({id, std::move(grid), {elements}, {0}});
}

// -------------------------------------------------------------------------------------- nodes

void IntegerLowering::lower(const Node& node) {
    // Constant inputs are folded at import: at least one input varies.
    std::vector<std::size_t> variable;
    bool any_head = false;
    bool any_body = false;
    bool any_tail = false;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
        const Place place = states_[node.inputs[i]].place;
        if (place != Place::constant) {
            variable.push_back(i);
        }
        any_head = any_head || place == Place::head;
        any_body = any_body || place == Place::body;
        any_tail = any_tail || place == Place::tail;
    }
    if (!any_body && !any_tail) {
        lower_in_head(node);
        return;
    }
    if (any_tail) {
        to_tail(node, blame_of(node));
        return;
    }
    const auto empty = [&](ValueId id) { return element_count(network_shape(id)) == 0; };
    bool done = false;
    const std::size_t errors = diagnostics_.error_count();
    if (any_head) {
        to_tail(node, &node);
        return;
    }
    if (std::none_of(node.inputs.begin(), node.inputs.end(), empty) &&
        std::none_of(node.outputs.begin(), node.outputs.end(), empty)) {
        try {
            done = variable.size() == 1 ? lower_single(node, variable.front()) : lower_joint(node);
        } catch (const TypeError& error) {
            refuse(node, error.what(),
                   "use one scale and zero point for the whole tensor in front of it");
        }
    }
    if (!done) {
        // What was reported is said once; what follows is not the reader's concern.
        to_tail(node, errors == diagnostics_.error_count() ? &node : nullptr);
    }
}

bool IntegerLowering::lower_single(const Node& node, std::size_t variable) {
    return std::visit(
        Overload{
            [&](const ops::MatMul&) { return lower_matmul(node, variable); },
            [&](const ops::Conv& op) {
                return variable == 0
                           ? lower_conv(node, op)
                           : refuse(node, "the weights are computed, the data is constant",
                                    "make the weights constants");
            },
            [&](const ops::MaxPool& op) { return lower_max_pool(node, op); },
            [&](const ops::AveragePool& op) { return lower_average_pool(node, op); },
            [&](const ops::ReduceMean& op) { return lower_reduce_mean(node, op); },
            [&](const ops::Pad& op) { return lower_pad(node, op); },
            [&](const ops::Reshape&) { return pass_through(node); },
            [&](const ops::Transpose& op) { return lower_transpose(node, op); },
            [&](const ops::Slice& op) { return lower_slice(node, op); },
            [&](const ops::Gather& op) { return variable == 0 && lower_gather(node, op); },
            [&](const ops::Concat& op) { return lower_concat(node, op); },
            [&](const ops::ArgMax& op) {
                return lower_selection(node, op.axis, 1, op.largest, op.last_index, false);
            },
            [&](const ops::TopK& op) {
                return lower_selection(node, op.axis, op.k, op.largest, false, true);
            },
            [&](const ops::Cast& op) {
                return is_integer(op.to) && keeps_integers(node.inputs[0], op.to)
                           ? pass_through(node)
                           : lower_elementwise(node, variable);
            },
            [&](const auto&) { return lower_elementwise(node, variable); },
        },
        node.op);
}

/// Whether a value is integers already, all within the limits of an integer type.
bool IntegerLowering::keeps_integers(ValueId id, DataType type) {
    ValueState& state = states_[id];
    if (!state.grid) {
        return false;
    }
    const Grid& grid = *state.grid;
    const auto integral = [](const Real& value) { return value.is_integer(); };
    if (!std::all_of(grid.scale.begin(), grid.scale.end(), integral) ||
        !std::all_of(grid.zero_point.begin(), grid.zero_point.end(), integral)) {
        return false;
    }
    const IntegerType& point = body_type(*integer_point(state));
    const IntegerLimits limits = integer_limits(type);
    for (std::size_t c = 0; c < static_cast<std::size_t>(point.channels()); ++c) {
        for (const std::int64_t q :
             {channel_parameter(point.lo, c), channel_parameter(point.hi, c)}) {
            const Real value = channel_parameter(point.grid.scale, c) *
                               (Real(q) - channel_parameter(point.grid.zero_point, c));
            if (value < limits.lowest || value > limits.highest) {
                return false;
            }
        }
    }
    return true;
}

bool IntegerLowering::lower_joint(const Node& node) {
    return std::visit(Overload{
                          [&](const ops::MatMul&) { return lower_dynamic_matmul(node); },
                          [&](const ops::Conv&) {
                              return refuse(node, "the weights are computed by the model itself",
                                            "make the weights constants");
                          },
                          [&](const ops::Add&) { return lower_sum(node, false); },
                          [&](const ops::Sub&) { return lower_sum(node, true); },
                          [&](const ops::Mul&) { return lower_product(node); },
                          [&](const ops::Concat& op) { return lower_concat(node, op); },
                          [](const auto&) { return false; },
                      },
                      node.op);
}

void IntegerLowering::to_tail(const Node& node, const Node* blame) {
    if (is_layer(node)) {
        const ValueState* host = nullptr;
        for (const ValueId input : node.inputs) {
            if (states_[input].place == Place::tail) {
                host = &states_[input];
            }
        }
        if (host != nullptr && host->blame != nullptr) {
            report(Code::unsupported_in_hardware, Severity::error, node,
                   fmt::format("this layer follows {}, which the host computes; a layer behind it "
                               "cannot return to the hardware",
                               describe(*host->blame)),
                   advice(*host->blame));
        }
    }
    for (const ValueId output : node.outputs) {
        states_[output].place = Place::tail;
        states_[output].blame = blame;
    }
}

void IntegerLowering::lower_in_head(const Node& node) {
    std::vector<ValueId> inputs;
    for (const ValueId input : node.inputs) {
        inputs.push_back(head_value(input));
    }
    const std::vector<ValueId> outputs = copy_node(program_.head, node, std::move(inputs));
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        states_[node.outputs[i]].place = Place::head;
        head_values_[node.outputs[i]] = outputs[i];
    }
    if (is_layer(node)) {
        if (first_host_layer_ == nullptr) {
            first_host_layer_ = &node;
        }
        host_layers_.push_back(&node);
    }
    const auto* quantize = std::get_if<ops::Quantize>(&node.op);
    const bool thresholds = std::holds_alternative<ops::MultiThreshold>(node.op);
    const bool sign = std::holds_alternative<ops::Sign>(node.op);
    if ((quantize != nullptr && quantize->bits != nullptr) || thresholds || sign) {
        quantize_on_host(node);
    }
}

/// The model's own first quantizer, on the host, makes integers for the hardware.
void IntegerLowering::quantize_on_host(const Node& node) {
    const ValueId output = node.outputs.at(0);
    const Shape& shape = network_shape(output);
    const std::int64_t count = element_count(shape);
    if (count == 0) {
        return;
    }
    ElementwiseSteps found = elementwise_steps(network_, node, 0, shape.empty() ? 1 : shape.back());
    if (found.too_fine) {
        found = elementwise_steps(network_, node, 0, count);
    }
    if (!found.steps || found.steps->size() != 1) {
        return;
    }
    std::optional<Grid> grid = grid_after(std::nullopt, found.steps->front());
    const std::optional<OutputRange> levels = quantizer_levels(found.steps->front());
    if (!grid || !levels || format_for(levels->lo, levels->hi).bits > 32) {
        return;
    }
    enter_body(output, levels->lo, levels->hi, levels->bipolar, std::move(*grid), node.name,
               node.onnx_op);
}

bool IntegerLowering::pass_through(const Node& node) {
    states_[node.outputs.at(0)] = input_state(node, 0);
    return true;
}

bool IntegerLowering::lower_transpose(const Node& node, const ops::Transpose& op) {
    ValueState state = input_state(node, 0);
    const auto groups = state.view.groups(network_shape(node.inputs[0]));
    if (!groups) {
        // The dimensions cut through the body's order: put that right first.
        std::vector<std::int64_t> plain;
        for (std::size_t i = 0; i < op.perm.size(); ++i) {
            plain.push_back(static_cast<std::int64_t>(i));
        }
        if (!require_grid(node, node.inputs[0], "transposed")) {
            return false;
        }
        point_in_order(node.inputs[0], plain, network_shape(node.inputs[0]));
        return lower_transpose(node, op);
    }
    TensorView::Factors order;
    for (const std::int64_t axis : op.perm) {
        const auto& group = (*groups)[static_cast<std::size_t>(axis)];
        order.insert(order.end(), group.begin(), group.end());
    }
    state.view = state.view.with_order(std::move(order));
    states_[node.outputs.at(0)] = std::move(state);
    return true;
}

bool IntegerLowering::lower_elementwise(const Node& node, std::size_t variable) {
    const ValueId data = node.inputs[variable];
    const ValueId output = node.outputs.at(0);
    ValueState state = states_[data];
    if (element_count(network_shape(output)) != element_count(network_shape(data))) {
        return false; // the constant broadcasts the value
    }
    const Shape& shape = network_shape(data);
    const ParameterReader reader = [&](const Tensor& parameter) {
        return channel_values(state, shape, parameter);
    };
    ElementwiseSteps found = elementwise_steps(network_, node, variable, reader);
    if (found.too_fine) {
        if (!widen(state)) {
            return false;
        }
        found = elementwise_steps(network_, node, variable, reader);
    }
    if (!found.steps) {
        return false;
    }
    append_steps(node, std::move(state), std::move(*found.steps));
    return true;
}

/// The value after further steps becomes the state of the node's output.
void IntegerLowering::append_steps(const Node& node, ValueState state, std::vector<Step> steps) {
    const ValueId output = node.outputs.at(0);
    bool quantized = false;
    for (Step& step : steps) {
        state.grid = grid_after(state.grid, step);
        quantized = is_quantizer(step);
        any_integer_point_ = any_integer_point_ || quantized;
        if (!quantized && !std::holds_alternative<step::Affine>(step) &&
            body_type(state.base).format().bits > most_bits_to_bend) {
            state.grid.reset();
        }
        state.steps.push_back(std::move(step));
    }
    state.integers.reset();
    state.point_name = node.name;
    state.point_op = node.onnx_op;
    if (quantized && uses_[output] > 1) {
        integer_point(state); // several readers share these few bits, not what is before them
    }
    states_[output] = std::move(state);
}

std::optional<Program> lower_to_integer(const Graph& network, const LoweringOptions& options,
                                        Diagnostics& diagnostics) {
    return IntegerLowering(network, options, diagnostics).run();
}

} // namespace millrace::passes
