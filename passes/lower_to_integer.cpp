// SPDX-License-Identifier: Apache-2.0
#include "passes/lower_to_integer.hpp"

#include "ir/function/elementwise_steps.hpp"
#include "ir/function/step_function.hpp"
#include "passes/grid_nodes.hpp"
#include "passes/weight_grid.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>

namespace millrace::passes {

namespace {

constexpr int widest_activation = 16;
constexpr int widest_accumulator = 60;

enum class Place : std::uint8_t { constant, head, body, tail };

/// What is known of a network value.
struct State {
    Place place = Place::constant;
    /// Body: the value is steps(decode(base)); decode is the grid of the base's type.
    ValueId base = 0;
    std::vector<Step> steps;
    std::optional<Grid> grid; ///< the grid on which the value lies, where it does
    std::string point_name;   ///< name for the integer point: the last quantizer or layer
    std::string point_op;
    std::optional<ValueId> integers; ///< the body's value on `grid`, once made
    /// Why the value is on the host behind hardware, for diagnostics.
    std::string blame;
};

class Lowering {
  public:
    Lowering(const Graph& network, const LoweringOptions& options, Diagnostics& diagnostics)
        : network_(network),
          options_(options),
          diagnostics_(diagnostics),
          states_(network.values.size()) {
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

    std::optional<Program> run() {
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

  private:
    // ------------------------------------------------------------------------------- reporting
    void report(Code code, Severity severity, const Node& node, std::string message,
                std::string help) {
        diagnostics_.add({code, severity, options_.file, node.name, node.onnx_op,
                          std::move(message), std::move(help)});
    }

    void report_no_quantizer() {
        if (first_host_layer_ != nullptr) {
            report(Code::no_quantizer, Severity::error, *first_host_layer_,
                   "no quantizer stands between the model's input and this layer, nor behind any "
                   "other layer: nothing can be computed in integers",
                   "quantize the model first: Brevitas (PyTorch) or QKeras export QONNX, ONNX "
                   "Runtime's quantize_static makes QDQ");
        } else if (!any_integer_point_) {
            diagnostics_.add({Code::no_quantizer, Severity::error, options_.file, "", "",
                              "the model has no quantizer and no integer input",
                              "quantize the model first: Brevitas (PyTorch) or QKeras export "
                              "QONNX, ONNX Runtime's quantize_static makes QDQ"});
        }
    }

    // ---------------------------------------------------------------------------------- inputs
    void add_inputs() {
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
    void enter_body(ValueId id, std::int64_t lo, std::int64_t hi, bool bipolar, Grid grid,
                    const std::string& name, const std::string& op) {
        any_integer_point_ = true;
        const Value& value = network_.value(id);
        // A grid that varies by element varies along the last axis of the body's tensors.
        Shape shape = shape_of(value.type);
        const auto entries =
            static_cast<std::int64_t>(std::max(grid.scale.size(), grid.zero_point.size()));
        if (entries > 1 && (shape.empty() || shape.back() != entries)) {
            shape = {element_count(shape) / entries, entries};
        }
        State& state = states_[id];
        state.place = Place::body;
        state.base = program_.body.add_value(
            value.name, IntegerType{std::move(shape), {lo}, {hi}, bipolar, grid});
        state.steps.clear();
        state.grid = std::move(grid);
        state.integers = state.base;
        state.point_name = name;
        state.point_op = op;
        program_.body.inputs.push_back(state.base);
        body_inputs_.push_back(id);
    }

    // ----------------------------------------------------------------------------------- nodes
    [[nodiscard]] const State& input_state(const Node& node, std::size_t index) const {
        return states_[node.inputs.at(index)];
    }
    [[nodiscard]] bool is_constant(ValueId id) const {
        return network_.value(id).constant != nullptr;
    }

    void lower(const Node& node) {
        // Constant inputs are folded at import: at least one input varies.
        std::vector<std::size_t> variable;
        bool any_body = false;
        bool any_tail = false;
        for (std::size_t i = 0; i < node.inputs.size(); ++i) {
            const State& state = states_[node.inputs[i]];
            if (state.place != Place::constant) {
                variable.push_back(i);
            }
            any_body = any_body || state.place == Place::body;
            any_tail = any_tail || state.place == Place::tail;
        }
        if (!any_body && !any_tail) {
            lower_in_head(node);
            return;
        }
        if (any_tail || variable.size() != 1) {
            to_tail(node, any_tail ? blame_of(node) : describe(node) + " joins two streams");
            return;
        }
        const bool done = std::visit(
            Overload{
                [&](const ops::MatMul&) { return lower_layer(node, variable.front()); },
                [&](const ops::Reshape&) { return pass_through(node); },
                [&](const ops::Transpose& op) { return lower_transpose(node, op); },
                [&](const ops::ArgMax& op) {
                    return lower_selection(node, op.axis, 1, op.largest, op.last_index, false);
                },
                [&](const ops::TopK& op) {
                    return lower_selection(node, op.axis, op.k, op.largest, false, true);
                },
                [&](const auto&) { return lower_elementwise(node, variable.front()); },
            },
            node.op);
        if (!done) {
            to_tail(node, describe(node) + " is computed on the host");
        }
    }

    static std::string describe(const Node& node) {
        return fmt::format("'{}' ({})", escaped(node.name), node.onnx_op);
    }
    [[nodiscard]] std::string blame_of(const Node& node) const {
        for (const ValueId input : node.inputs) {
            if (states_[input].place == Place::tail) {
                return states_[input].blame;
            }
        }
        return describe(node);
    }
    [[nodiscard]] bool is_layer(const Node& node) const {
        return std::holds_alternative<ops::MatMul>(node.op) &&
               (is_constant(node.inputs[0]) || is_constant(node.inputs[1]));
    }

    void to_tail(const Node& node, const std::string& blame) {
        if (is_layer(node)) {
            const State& state = input_state(node, is_constant(node.inputs[0]) ? 1 : 0);
            if (state.place == Place::tail) {
                report(Code::unsupported_in_hardware, Severity::error, node,
                       fmt::format("this layer follows {}, which leaves the hardware; a layer "
                                   "behind it cannot return to it",
                                   state.blame),
                       "put the operation named behind the last layer, or quantize its input");
            }
        }
        for (const ValueId output : node.outputs) {
            states_[output].place = Place::tail;
            states_[output].blame = blame;
        }
    }

    void lower_in_head(const Node& node) {
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
    void quantize_on_host(const Node& node) {
        const ValueId output = node.outputs.at(0);
        const std::int64_t count = element_count(shape_of(network_.value(output).type));
        const Shape& shape = shape_of(network_.value(output).type);
        ElementwiseSteps found =
            elementwise_steps(network_, node, 0, shape.empty() ? 1 : shape.back());
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

    bool pass_through(const Node& node) {
        states_[node.outputs.at(0)] = input_state(node, 0);
        return true;
    }

    bool lower_transpose(const Node& node, const ops::Transpose& op) {
        // Dimensions of one element may move: the order of the elements stays.
        const Shape& shape = shape_of(network_.value(node.inputs[0]).type);
        std::vector<std::int64_t> moved;
        for (const std::int64_t axis : op.perm) {
            if (shape[static_cast<std::size_t>(axis)] != 1) {
                moved.push_back(axis);
            }
        }
        return std::is_sorted(moved.begin(), moved.end()) && pass_through(node);
    }

    bool lower_elementwise(const Node& node, std::size_t variable) {
        State state = input_state(node, variable);
        const ValueId output = node.outputs.at(0);
        if (element_count(shape_of(network_.value(output).type)) !=
            element_count(shape_of(network_.value(node.inputs[variable]).type))) {
            return false; // the constant broadcasts the value
        }
        ElementwiseSteps found =
            elementwise_steps(network_, node, variable, body_channels(state.base));
        if (found.too_fine) {
            widen(state);
            found = elementwise_steps(network_, node, variable, body_channels(state.base));
        }
        if (!found.steps) {
            return false;
        }
        for (Step& step : *found.steps) {
            state.grid = grid_after(state.grid, step);
            if (std::holds_alternative<step::Quantize>(step) ||
                std::holds_alternative<step::MultiThreshold>(step)) {
                any_integer_point_ = true;
            }
            state.steps.push_back(std::move(step));
        }
        state.integers.reset();
        state.point_name = node.name;
        state.point_op = node.onnx_op;
        states_[output] = std::move(state);
        return true;
    }

    [[nodiscard]] const IntegerType& body_type(ValueId id) const {
        return std::get<IntegerType>(program_.body.value(id).type);
    }
    [[nodiscard]] std::int64_t body_channels(ValueId id) const { return body_type(id).channels(); }

    /// Gives every element its own channel.
    void widen(State& state) {
        const std::int64_t count = element_count(body_type(state.base).shape);
        state.base = reshape_body(state.base, {1, count}, state.point_name);
        repeat_parameters(state.steps, static_cast<std::size_t>(count));
        if (state.grid) {
            repeat_parameters(*state.grid, static_cast<std::size_t>(count));
        }
        state.integers.reset();
    }

    ValueId reshape_body(ValueId id, Shape shape, const std::string& name) {
        return program_.body
            .add_node(ops::IntegerReshape{std::move(shape)}, {id}, name, "Reshape", {""})
            .front();
    }

    // ------------------------------------------------------------------------- integer points
    /// The body's integers of a value that lies on a grid; std::nullopt when it does not.
    std::optional<ValueId> integer_point(State& state) {
        if (state.integers || !state.grid) {
            return state.integers;
        }
        const Grid& from = body_type(state.base).grid;
        if (state.steps.empty() && from == *state.grid) {
            state.integers = state.base;
            return state.integers;
        }
        auto function = std::make_shared<ExactFunction>();
        function->channels = static_cast<std::size_t>(body_channels(state.base));
        const bool same_integers =
            std::all_of(state.steps.begin(), state.steps.end(), [](const Step& step) {
                return std::holds_alternative<step::Affine>(step);
            });
        // Affine steps move the grid and leave the integers alone: no steps, the identity.
        if (!same_integers) {
            function->steps.push_back(decode_step(from));
            function->steps.insert(function->steps.end(), state.steps.begin(), state.steps.end());
            function->steps.push_back(encode_step(*state.grid));
        }
        state.integers = program_.body
                             .add_node(ops::IntegerFunction{function, *state.grid}, {state.base},
                                       state.point_name, state.point_op, {state.point_name})
                             .front();
        // Later uses start from here: one function, not one more each.
        state.base = *state.integers;
        state.steps.clear();
        return state.integers;
    }

    /// The integer point of a network value in its own shape.
    std::optional<ValueId> shaped_point(ValueId id) {
        State& state = states_[id];
        const Shape& shape = shape_of(network_.value(id).type);
        const auto point = integer_point(state);
        if (!point || body_type(*point).shape == shape) {
            return point;
        }
        return reshape_body(*point, shape, state.point_name);
    }

    // ---------------------------------------------------------------------------------- layers
    bool lower_layer(const Node& node, std::size_t variable) {
        const ValueId data = node.inputs[variable];
        const ValueId weights_id = node.inputs[1 - variable];
        const Tensor& raw = *network_.value(weights_id).constant;
        if (variable != 0) {
            report(Code::unsupported_in_hardware, Severity::error, node,
                   "the constant is the left operand of the matrix product",
                   "write the layer as x * W (transpose the weights)");
            return false;
        }
        if (raw.rank() > 2) {
            report(
                Code::unsupported_in_hardware, Severity::error, node,
                fmt::format("weights of shape {} are a batch of matrices", to_string(raw.shape())),
                "use one matrix for all rows of the input");
            return false;
        }
        if (!states_[data].grid) {
            report(Code::layer_input_not_quantized, Severity::error, node,
                   fmt::format("the layer's input, the result of '{}' ({}), does not lie on an "
                               "integer grid",
                               escaped(states_[data].point_name), states_[data].point_op),
                   "put a quantizer in front of the layer");
            return false;
        }
        Tensor matrix = raw.rank() == 1 ? raw.reshaped({raw.size(), 1}) : raw;
        std::optional<ValueId> point;
        try {
            point = shaped_point(data);
        } catch (const TypeError& error) {
            report(Code::unsupported_in_hardware, Severity::error, node, error.what(),
                   "use one scale and zero point for the whole tensor in front of the reshape");
            return false;
        }
        if (!check_width(node, *point)) {
            return false;
        }
        // A grid that varies along the inputs of the sum moves into the weights.
        Grid grid = body_type(*point).grid;
        std::vector<Real> offsets;
        if (grid.scale.size() > 1 || grid.zero_point.size() > 1) {
            point = on_unit_grid(node, *point);
            matrix = scale_rows(matrix, grid, offsets);
        }
        std::optional<WeightGrid> weights = find_weight_grid(matrix);
        if (!weights) {
            report(Code::weights_not_quantized, Severity::error, node,
                   "the weights do not lie on an integer grid of at most 16 bits",
                   "quantize the weights (a Quant or DequantizeLinear node in front of them); when "
                   "the input has per-channel scales, use one scale for the tensor");
            return false;
        }
        ValueId result = 0;
        try {
            result =
                program_.body
                    .add_node(
                        ops::IntegerMatMul{std::make_shared<Tensor>(std::move(weights->integers)),
                                           std::move(weights->scale)},
                        {*point}, node.name, node.onnx_op, {node.name})
                    .front();
        } catch (const TypeError& error) {
            report(Code::accumulator_too_wide, Severity::error, node, error.what(),
                   "use narrower weights or activations");
            return false;
        }
        if (const int bits = body_type(result).format().bits; bits > widest_accumulator) {
            report(Code::accumulator_too_wide, Severity::error, node,
                   fmt::format("the accumulator needs {} bits, more than {}", bits,
                               widest_accumulator),
                   "use narrower weights or activations");
            return false;
        }
        ++layers_in_body_;
        State state;
        state.place = Place::body;
        state.base = result;
        state.grid = body_type(result).grid;
        state.integers = result;
        state.point_name = node.name;
        state.point_op = node.onnx_op;
        if (!offsets.empty()) {
            state.steps.push_back(step::Affine{{Real(1)}, std::move(offsets)});
            state.grid = grid_after(state.grid, state.steps.back());
            state.integers.reset();
        }
        states_[node.outputs.at(0)] = std::move(state);
        return true;
    }

    bool check_width(const Node& node, ValueId point) {
        const int bits = body_type(point).format().bits;
        if (bits <= widest_activation) {
            return true;
        }
        report(Code::activation_too_wide, Severity::error, node,
               fmt::format("the layer's input has {} bits, more than {}", bits, widest_activation),
               "put a quantizer of at most 16 bits in front of the layer");
        return false;
    }

    /// The same integers read on the grid real = q.
    ValueId on_unit_grid(const Node& node, ValueId point) {
        auto function = std::make_shared<ExactFunction>();
        function->channels = static_cast<std::size_t>(body_channels(point));
        return program_.body
            .add_node(ops::IntegerFunction{function, Grid{}}, {point}, node.name, node.onnx_op,
                      {""})
            .front();
    }

    // ------------------------------------------------------------------------------- selection
    bool lower_selection(const Node& node, std::int64_t axis, std::int64_t k, bool largest,
                         bool last_index, bool has_values) {
        const ValueId data = node.inputs.at(0);
        const Shape& shape = shape_of(network_.value(data).type);
        State& state = states_[data];
        if (!state.grid || state.grid->scale.size() != 1 || state.grid->zero_point.size() != 1 ||
            axis + 1 != static_cast<std::int64_t>(shape.size())) {
            return false;
        }
        const std::optional<ValueId> point = shaped_point(data);
        const bool flip = body_type(*point).grid.scale.front().sign() < 0;
        const bool values_used = has_values && is_used(node.outputs.at(0));
        const std::vector<ValueId> results = program_.body.add_node(
            ops::IntegerTopK{k, largest != flip, last_index, values_used}, {*point}, node.name,
            node.onnx_op,
            values_used ? std::vector<std::string>{node.name, node.name + ".values"}
                        : std::vector<std::string>{node.name});
        const auto set = [&](ValueId network_value, ValueId body_value) {
            State result;
            result.place = Place::body;
            result.base = body_value;
            result.grid = body_type(body_value).grid;
            result.integers = body_value;
            result.point_name = node.name;
            result.point_op = node.onnx_op;
            states_[network_value] = std::move(result);
        };
        set(node.outputs.at(has_values ? 1 : 0), results[0]);
        if (values_used) {
            set(node.outputs.at(0), results[1]);
        } else if (has_values) {
            states_[node.outputs.at(0)].place = Place::tail; // nobody asks for it
        }
        return true;
    }

    [[nodiscard]] bool is_used(ValueId id) const {
        const auto reads = [id](const Node& node) {
            return std::find(node.inputs.begin(), node.inputs.end(), id) != node.inputs.end();
        };
        return std::find(network_.outputs.begin(), network_.outputs.end(), id) !=
                   network_.outputs.end() ||
               std::any_of(network_.nodes.begin(), network_.nodes.end(), reads);
    }

    // ------------------------------------------------------------------------------ host graphs
    static std::vector<ValueId> copy_node(Graph& graph, const Node& node,
                                          std::vector<ValueId> inputs) {
        return graph.add_node(node.op, std::move(inputs), node.name, node.onnx_op,
                              std::vector<std::string>(node.outputs.size()));
    }

    ValueId head_value(ValueId id) {
        if (const auto found = head_values_.find(id); found != head_values_.end()) {
            return found->second;
        }
        return head_values_[id] = copy_constant(program_.head, id);
    }

    ValueId copy_constant(Graph& graph, ValueId id) const {
        const Value& value = network_.value(id);
        if (!value.constant) {
            throw Defect("host graph asks for a value that is not there");
        }
        return graph.add_value(value.name, value.type, value.constant);
    }

    /// The tail's copy of a network value.
    ValueId tail_value(ValueId id) {
        if (const auto found = tail_values_.find(id); found != tail_values_.end()) {
            return found->second;
        }
        ValueId result = 0;
        State& state = states_[id];
        const Value& value = network_.value(id);
        if (state.place == Place::constant) {
            result = copy_constant(program_.tail, id);
        } else if (state.place == Place::head) {
            result = program_.tail.add_value(value.name, value.type);
            by_passing_.push_back({head_values_.at(id), result});
        } else if (const auto point =
                       state.place == Place::body ? integer_point(state) : std::nullopt) {
            const IntegerType& type = body_type(*point);
            const RealType& real = std::get<RealType>(value.type);
            auto [input, inserted] = tail_inputs_.try_emplace(*point, 0);
            if (inserted) {
                input->second =
                    program_.tail.add_value(value.name + ".q", RealType{type.shape, real.element});
                program_.tail.inputs.push_back(input->second);
                program_.body.outputs.push_back(*point);
            }
            result = add_decode_nodes(program_.tail, input->second, type.grid, value.name);
            if (type.shape != real.shape) {
                result =
                    program_.tail.add_node(ops::Reshape{real.shape}, {result}, value.name, "", {""})
                        .front();
            }
        } else {
            // Not on a grid: the producing node is computed on the host.
            const Node& node = *producer_.at(id);
            std::vector<ValueId> inputs;
            for (const ValueId input : node.inputs) {
                inputs.push_back(tail_value(input));
            }
            const std::vector<ValueId> outputs = copy_node(program_.tail, node, std::move(inputs));
            for (std::size_t i = 0; i < outputs.size(); ++i) {
                tail_values_.emplace(node.outputs[i], outputs[i]);
            }
            return tail_values_.at(id);
        }
        tail_values_[id] = result;
        return result;
    }

    // --------------------------------------------------------------------------------- the end
    void finish() {
        for (const Node* node : host_layers_) {
            report(Code::layer_on_host, Severity::warning, *node,
                   "the layer's input has no quantizer: the host computes it",
                   "put a quantizer in front of it, or declare the input's type, for example "
                   "--input-type NAME=uint8:scale=1/255");
        }
        for (const ValueId output : network_.outputs) {
            program_.tail.outputs.push_back(tail_value(output));
        }
        // Inputs of the body that nothing reads are not sent.
        program_.body.remove_dead();
        drop_unread_inputs();
        for (std::size_t i = 0; i < body_inputs_.size(); ++i) {
            const ValueId id = body_inputs_[i];
            const IntegerType& type = body_type(program_.body.inputs[i]);
            program_.head.outputs.push_back(add_encode_nodes(program_.head, head_values_.at(id),
                                                             type.shape, type.grid,
                                                             network_.value(id).name));
        }
        for (const auto& [head, tail] : by_passing_) {
            program_.head.outputs.push_back(head);
            program_.tail.inputs.push_back(tail);
        }
        program_.head.remove_dead();
        program_.tail.remove_dead();
    }

    void drop_unread_inputs() {
        const std::vector<std::size_t> uses = program_.body.use_counts();
        std::vector<ValueId> inputs;
        std::vector<ValueId> sources;
        for (std::size_t i = 0; i < body_inputs_.size(); ++i) {
            if (uses.at(program_.body.inputs[i]) != 0) {
                inputs.push_back(program_.body.inputs[i]);
                sources.push_back(body_inputs_[i]);
            }
        }
        program_.body.inputs = std::move(inputs);
        body_inputs_ = std::move(sources);
        program_.body.remove_dead();
    }

    const Graph& network_;
    const LoweringOptions& options_;
    Diagnostics& diagnostics_;
    std::vector<State> states_;
    std::vector<const Node*> producer_;
    Program program_;
    std::map<ValueId, ValueId> head_values_;
    std::map<ValueId, ValueId> tail_values_;
    std::map<ValueId, ValueId> tail_inputs_; ///< by body value
    std::vector<ValueId> body_inputs_;       ///< network values, in the order of the body's inputs
    std::vector<std::pair<ValueId, ValueId>> by_passing_;
    std::vector<const Node*> host_layers_;
    const Node* first_host_layer_ = nullptr;
    std::size_t layers_in_body_ = 0;
    bool any_integer_point_ = false;
};

} // namespace

std::optional<Program> lower_to_integer(const Graph& network, const LoweringOptions& options,
                                        Diagnostics& diagnostics) {
    return Lowering(network, options, diagnostics).run();
}

} // namespace millrace::passes
