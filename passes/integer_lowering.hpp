// SPDX-License-Identifier: Apache-2.0
//
// The state of lower_to_integer while it goes through the network, and its parts by file:
// lower_to_integer.cpp (places of values, elementwise chains), integer_points.cpp (from chains to
// integers in an order), lower_layers.cpp (products), lower_pools.cpp, lower_joins.cpp,
// lower_moves.cpp (slices, pads, repetition, selection), host_parts.cpp (head and tail).
#pragma once

#include "ir/function/elementwise_steps.hpp"
#include "passes/lower_to_integer.hpp"
#include "passes/tensor_view.hpp"

#include <functional>
#include <map>
#include <vector>

namespace millrace::passes {

enum class Place : std::uint8_t { constant, head, body, tail };

/// What is known of a network value.
struct ValueState {
    Place place = Place::constant;
    /// Body: the value's elements are steps(decode(base)), in the order that `view` says; decode is
    /// the grid of the base's type, steps are per channel of the base's last axis.
    ValueId base = 0;
    TensorView view;
    std::vector<Step> steps;
    std::optional<Grid> grid; ///< the grid on which the value lies, where it does
    std::string point_name;   ///< name for the integer point: the last quantizer or layer
    std::string point_op;
    std::optional<ValueId> integers; ///< the body's value on `grid`, once made
    /// Why the value is on the host behind hardware, for diagnostics.
    const Node* blame = nullptr;
};

class IntegerLowering {
  public:
    IntegerLowering(const Graph& network, const LoweringOptions& options, Diagnostics& diagnostics);
    std::optional<Program> run();

  private:
    // Reporting.
    void report(Code code, Severity severity, const Node& node, std::string message,
                std::string help);
    /// Reports that the hardware cannot compute the node; false.
    bool refuse(const Node& node, std::string message, std::string help);
    void report_no_quantizer();

    // lower_to_integer.cpp
    void add_inputs();
    void enter_body(ValueId id, std::int64_t lo, std::int64_t hi, bool bipolar, Grid grid,
                    const std::string& name, const std::string& op);
    void lower(const Node& node);
    bool keeps_integers(ValueId id, DataType type);
    bool lower_joint(const Node& node);
    bool lower_single(const Node& node, std::size_t variable);
    void to_tail(const Node& node, const Node* blame);
    void lower_in_head(const Node& node);
    void quantize_on_host(const Node& node);
    bool pass_through(const Node& node);
    bool lower_transpose(const Node& node, const ops::Transpose& op);
    bool lower_elementwise(const Node& node, std::size_t variable);
    void append_steps(const Node& node, ValueState state, std::vector<Step> steps);
    [[nodiscard]] bool is_layer(const Node& node) const;
    [[nodiscard]] const Node* blame_of(const Node& node) const;
    static std::string describe(const Node& node);
    /// What to do about an operation that the hardware does not compute.
    static std::string advice(const Node& node);
    [[nodiscard]] const ValueState& input_state(const Node& node, std::size_t index) const {
        return states_[node.inputs.at(index)];
    }
    [[nodiscard]] bool is_constant(ValueId id) const {
        return network_.value(id).constant != nullptr;
    }
    [[nodiscard]] const Shape& network_shape(ValueId id) const {
        return shape_of(network_.value(id).type);
    }

    // integer_points.cpp
    [[nodiscard]] const IntegerType& body_type(ValueId id) const {
        return std::get<IntegerType>(program_.body.value(id).type);
    }
    [[nodiscard]] std::int64_t body_channels(ValueId id) const { return body_type(id).channels(); }
    /// Adds a node to the body with the name and operator of `node`.
    ValueId add(Op op, std::vector<ValueId> inputs, const Node& node, std::string name = {});
    ValueId on_even_zero(ValueId id, const std::string& name,
                         const std::function<ValueId(ValueId)>& place);
    ValueId reshape_body(ValueId id, Shape shape, const std::string& name);
    ValueId rearrange_body(ValueId id, Loops loops, Shape shape, const std::string& name,
                           const std::string& op);
    /// Gives every element its own channel; false when there are too many.
    bool widen(ValueState& state);
    /// The body's integers of a value that lies on a grid; std::nullopt when it does not.
    std::optional<ValueId> integer_point(ValueState& state);
    /// The same integers read on the grid real = q.
    ValueId on_unit_grid(const Node& node, ValueId point);
    /// A parameter tensor for the value's elements, per channel of its base.
    std::optional<std::vector<Real>> channel_values(ValueState& state, const Shape& network_shape,
                                                    const Tensor& parameter) const;
    /// Makes the integers of a network value lie in the order `dims` of its dimensions, and returns
    /// them under `shape`. Changes the value's state to that. Throws TypeError when grids or ranges
    /// per channel do not allow it.
    ValueId point_in_order(ValueId id, const std::vector<std::int64_t>& dims, Shape shape);
    /// The order of dimensions in which the value's base lies already, where it is one.
    std::optional<std::vector<std::int64_t>> present_order(ValueId id);
    /// Sets the state of a network value computed by the body, whose dimensions lie there in the
    /// order `dims`.
    void set_result(ValueId id, ValueId body_value, const Node& node,
                    const std::vector<std::int64_t>& dims);
    void set_result(ValueId id, ValueId body_value, const Node& node, TensorView view);
    /// The value lies on a grid; reports the node otherwise.
    bool require_grid(const Node& node, ValueId data, std::string_view what);
    bool require_width(const Node& node, ValueId point);
    [[nodiscard]] std::vector<std::int64_t> channels_last(std::size_t rank) const;

    // lower_layers.cpp
    bool lower_matmul(const Node& node, std::size_t variable);
    bool lower_dynamic_matmul(const Node& node);
    bool lower_conv(const Node& node, const ops::Conv& op);
    struct Layer {
        ValueId result;
        std::vector<Real> offsets; ///< to be added per output, when not empty
    };
    /// x [..., groups * K] times matrix [K, N], or with `depthwise` x [..., T, C] times [T, C].
    std::optional<Layer> add_layer(const Node& node, ValueId point, Tensor matrix,
                                   std::int64_t groups, bool depthwise);
    void finish_layer(const Node& node, Layer layer, TensorView view);

    // lower_pools.cpp
    bool lower_max_pool(const Node& node, const ops::MaxPool& op);
    bool lower_average_pool(const Node& node, const ops::AveragePool& op);
    bool lower_reduce_mean(const Node& node, const ops::ReduceMean& op);
    /// Windows of an [N, H, W, C] tensor, padded with the given integers: [N, OH, OW, T, C], or
    /// with `groups` [N, OH, OW, groups * T * C / groups], each group's block in the order (t, c).
    ValueId add_windows(const Node& node, ValueId point, const ops::Window& window,
                        const std::vector<std::int64_t>& pad_values, std::int64_t groups,
                        bool separate_channels);
    /// The pads that stand for the real number 0: the zero points; std::nullopt when they are no
    /// integers.
    [[nodiscard]] std::optional<std::vector<std::int64_t>> zero_pads(ValueId point) const;
    bool max_of(const Node& node, ValueState& state);

    // lower_joins.cpp
    bool lower_sum(const Node& node, bool subtract);
    bool lower_product(const Node& node);
    bool lower_concat(const Node& node, const ops::Concat& op);
    /// Both operands, broadcast to the result's shape, in one order of dimensions.
    struct Operands {
        ValueId a;
        ValueId b;
        std::vector<std::int64_t> dims;
    };
    std::optional<Operands> join_operands(const Node& node);
    ValueId broadcast_point(ValueId id, const Shape& shape, const std::vector<std::int64_t>& dims,
                            const Node& node);

    // lower_moves.cpp
    bool lower_slice(const Node& node, const ops::Slice& op);
    bool lower_gather(const Node& node, const ops::Gather& op);
    bool lower_pad(const Node& node, const ops::Pad& op);
    bool lower_selection(const Node& node, std::int64_t axis, std::int64_t k, bool largest,
                         bool last_index, bool has_values);
    [[nodiscard]] bool is_used(ValueId id) const;

    // host_parts.cpp
    static std::vector<ValueId> copy_node(Graph& graph, const Node& node,
                                          std::vector<ValueId> inputs);
    ValueId head_value(ValueId id);
    ValueId copy_constant(Graph& graph, ValueId id) const;
    ValueId tail_value(ValueId id);
    void finish();
    void absorb_input_order();
    bool absorb_first_reader(std::size_t index);
    void drop_unread_inputs();

    const Graph& network_;
    const LoweringOptions& options_;
    Diagnostics& diagnostics_;
    std::vector<ValueState> states_;
    std::vector<const Node*> producer_;
    std::vector<std::size_t> uses_;
    Program program_;
    std::map<ValueId, ValueId> head_values_;
    std::map<ValueId, ValueId> tail_values_;
    std::map<ValueId, ValueId> tail_inputs_; ///< by body value
    /// Of one input of the body: the network value, and how its elements are permuted.
    struct BodyInput {
        ValueId network_value;
        Grid grid;
        Shape factors; ///< of the encoded value, row-major
        std::vector<std::int64_t> perm;
    };
    std::vector<BodyInput> body_inputs_; ///< in the order of the body's inputs
    std::vector<std::pair<ValueId, ValueId>> by_passing_;
    std::vector<const Node*> host_layers_;
    const Node* first_host_layer_ = nullptr;
    std::size_t layers_in_body_ = 0;
    bool any_integer_point_ = false;
};

} // namespace millrace::passes
