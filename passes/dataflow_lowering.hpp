// SPDX-License-Identifier: Apache-2.0
//
// The state of lower_to_dataflow while it goes through a body: lower_to_dataflow.cpp connects
// actors (lanes, forks, FIFOs, memory), lower_actors.cpp makes them.
#pragma once

#include "ir/names.hpp"
#include "ir/stream_lanes.hpp"
#include "passes/lower_to_dataflow.hpp"

#include <map>
#include <vector>

namespace millrace::passes {

class DataflowLowering {
  public:
    DataflowLowering(const Graph& body, const Plan& plan, const ProvedFunctions& functions,
                     Diagnostics& diagnostics);
    /// `sized`: with the depths of FIFOs chosen.
    std::optional<LoweredBody> run(bool sized, const MemoryCycles& memory);

  private:
    // lower_to_dataflow.cpp
    /// `place`: "ACTOR.KEY" or the name of a FIFO, for the line of the plan's file.
    void report(const std::string& actor, const std::string& place, std::string message,
                std::string help);
    bool check_plan();
    [[nodiscard]] bool has_entry(std::size_t node) const;
    [[nodiscard]] const IntegerType& body_type(ValueId id) const {
        return std::get<IntegerType>(body_.value(id).type);
    }
    [[nodiscard]] const StreamType& stream_type(ValueId id) const {
        return std::get<StreamType>(flow_.value(id).type);
    }
    /// Lanes in which a body node takes its input; 0: as they come.
    [[nodiscard]] std::int64_t wanted_lanes(const ValueReader& reader) const;
    /// Of an actor.
    [[nodiscard]] std::int64_t own_lanes(const ValueReader& reader) const;
    ValueId add(Op op, ValueId input, const std::string& name, const std::string& onnx_op);
    ValueId convert(ValueId stream, std::int64_t lanes);
    ValueId recode(ValueId stream, const ElementFormat& format, const std::string& producer);
    ValueId queue(ValueId stream, const std::string& producer);
    void publish(ValueId body_value, ValueId stream, const std::string& producer, bool needs_queue);
    std::vector<ValueId> fork(ValueId stream, std::size_t ways, const std::string& producer);
    void add_input(std::size_t index);
    void add_output(std::size_t index);
    void choose_depths();

    // lower_actors.cpp
    /// `check`: proves once more that they are equal to their functions. A design that is only
    /// glanced at is not built: there that would be most of the work.
    void choose_forms(bool check);
    void check_function(std::size_t index);
    void lower(std::size_t index);
    void lower_op(const ops::IntegerMatMul& op);
    void lower_op(const ops::IntegerDepthwise& op);
    void lower_op(const ops::IntegerReduce& op);
    void lower_op(const ops::IntegerRearrange& op);
    void lower_op(const ops::IntegerPad& op);
    void lower_op(const ops::IntegerAdd& op);
    void lower_op(const ops::IntegerMul& op);
    void lower_op(const ops::IntegerConcat& op);
    void lower_op(const ops::IntegerDynamicMatMul& op);
    void lower_op(const ops::IntegerFunction& op);
    void lower_op(const ops::IntegerTopK& op);
    void lower_op(const ops::IntegerReshape& op);
    template <class T>
    requires NetworkOp<T> || DataflowOp<T>
    void lower_op(const T& /*op*/) { throw Defect("not an op of the integer level"); }
    [[nodiscard]] const Node& node() const { return body_.nodes[index_]; }
    [[nodiscard]] const std::string& name() const { return names_[index_]; }
    [[nodiscard]] const ActorPlan& actor() const { return *plan_.find(names_[index_]); }
    [[nodiscard]] ValueId input(std::size_t index = 0) const { return inputs_.at({index_, index}); }
    [[nodiscard]] const IntegerType& input_type(std::size_t index = 0) const {
        return body_type(node().inputs[index]);
    }
    [[nodiscard]] const IntegerType& output_type() const { return body_type(node().outputs[0]); }
    /// The format of a computed number: never bipolar.
    [[nodiscard]] ElementFormat number_format() const;
    /// The node's input as [..., C / PE, T / SIMD, SIMD * PE] in words of SIMD * PE lanes.
    ValueId blocks();
    void finish(Op op, ValueId stream);
    void finish(Op op, std::vector<ValueId> streams);

    const Graph& body_;
    const Plan& plan_;
    const ProvedFunctions& functions_;
    Diagnostics& diagnostics_;
    std::vector<std::string> names_;
    std::vector<std::vector<ValueReader>> readers_;
    UniqueNames unique_;
    std::vector<std::string> fifo_names_;
    Graph flow_;
    std::optional<CyclePrediction> cycles_;
    std::map<std::pair<std::size_t, std::size_t>, ValueId> inputs_;
    std::vector<ValueId> outputs_;
    std::vector<const FunctionForm*> forms_; ///< by node of the body: of functions
    std::size_t index_ = 0;                  ///< of the body's node in hand
};

} // namespace millrace::passes
