// SPDX-License-Identifier: Apache-2.0
//
// Fills a DesignModel: goes through a body as the dataflow lowering does (passes/lower_to_dataflow,
// lower_actors), with lanes that depend on a variable where that has numbers. Streams of one value
// depend on one variable only: the output lanes of what sends it, or the input lanes of what takes
// it; where several actors take what passes a pad or leaves a mover, the most of them decides, for
// which there is a variable of its own.
#pragma once

#include "ir/stream_lanes.hpp"
#include "planner/design_model.hpp"

#include <functional>
#include <map>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

namespace millrace::planner {

class DesignModelBuilder {
  public:
    DesignModelBuilder(DesignModel& model, const Graph& body, const ProvedFunctions& functions,
                       const DeviceChoices& device);
    void build();

  private:
    static constexpr std::size_t none = DesignModel::none;

    /// A number for each value of a variable; of no variable: one number.
    struct Lanes {
        std::size_t variable = none;
        std::vector<std::int64_t> of{1};
        [[nodiscard]] std::int64_t at(std::size_t value) const {
            return of[variable == none ? 0 : value];
        }
    };
    struct Entry {
        Cost cost;
        bool allowed = true;
        std::int64_t cycles = 0;
        Pace pace{};
        Cost node{}; ///< what one node takes of it, where that is known of one
    };
    using Values = std::vector<std::size_t>;
    /// circuit_latency() of a queue of the default depth.
    static constexpr std::int64_t queue_delay = 1;
    static constexpr std::int64_t recoding_delay = 1; ///< of a FunctionUnit of the identity

    // design_model_builder.cpp: lanes and what lies between actors
    void add_variables();
    /// What a table belongs to: a name for messages, an actor, and the stage of its paces.
    struct Place {
        std::string name;
        std::size_t actor = none;
        std::size_t stage = none;
    };
    [[nodiscard]] Place at(std::size_t actor) const {
        return {model_.choices_[actor].name, actor, FrameStages::of(node_of(actor).outputs[0])};
    }
    void add_table(const Place& place, std::vector<std::size_t> variables,
                   const std::function<Entry(const Values&)>& entry);
    /// A table over the folding of an actor.
    void add_table(std::size_t actor, const Place& place,
                   const std::function<Entry(std::int64_t pe, std::int64_t simd)>& entry);
    /// A table over the variable of some lanes: entry(lanes, value).
    void add_table(const Place& place, const Lanes& lanes,
                   const std::function<Entry(std::int64_t, std::size_t)>& entry);
    [[nodiscard]] Lanes own_lanes(const ValueReader& reader) const;
    void collect(const ValueReader& reader, std::int64_t divisor, std::vector<Lanes>& leaves) const;
    Lanes most_of(std::vector<Lanes> leaves);
    Lanes maximum(const Lanes& a, const Lanes& b);
    /// The lanes in which a reader wants its value; of 0: it takes them as they come.
    const Lanes& wanted(const ValueReader& reader);
    /// What a value's stream takes between its producer and its readers.
    void publish(ValueId value, const Lanes& lanes, const ElementFormat& element,
                 const std::string& name, std::size_t actor, bool needs_queue);
    void add_input(ValueId id);
    void add_output(std::size_t index);
    void pass(std::size_t node);
    [[nodiscard]] Cost queue(std::int64_t lanes, const ElementFormat& element) const;
    [[nodiscard]] Cost forks(std::int64_t lanes, const ElementFormat& element,
                             std::size_t ways) const;
    /// A converter; nothing for equal lanes.
    [[nodiscard]] Cost converter(std::int64_t from, std::int64_t to, std::int64_t elements,
                                 const ElementFormat& element) const;
    /// The same of a value's stream, with the queue behind it and its cycles.
    [[nodiscard]] Entry conversion(ValueId value, std::int64_t from, std::int64_t to,
                                   const ElementFormat& element) const;
    /// The same numbers in another format, with the queue behind.
    [[nodiscard]] Cost recoded(const Shape& shape, std::int64_t lanes, const ElementFormat& from,
                               const ElementFormat& to) const;

    // actor_uses.cpp: the actors
    void add_actor(std::size_t actor);
    void add_matrix_vector(std::size_t actor, const ops::IntegerMatMul& op);
    void add_depthwise(std::size_t actor, const ops::IntegerDepthwise& op);
    void add_function(std::size_t actor, const ops::IntegerFunction& op);
    void add_rearrangement(std::size_t actor, const ops::IntegerRearrange& op);
    void add_reduction(std::size_t actor, const ops::IntegerReduce& op);
    void add_concat(std::size_t actor);
    void add_top_k(std::size_t actor, const ops::IntegerTopK& op);
    /// An actor whose op depends on its lanes only through its streams: inputs of the body's shapes
    /// in the lanes that it takes.
    void add_plain(std::size_t actor, const std::function<Op(std::size_t value)>& op);
    /// The window that is part of a depthwise product or a reduction: what it takes between its
    /// input and the reader. Index of the node, where there is one.
    void add_part(std::size_t actor);
    /// What brings the input of a depthwise product or a reduction into blocks of `pe` channels.
    [[nodiscard]] Entry blocks(std::size_t actor, std::int64_t pe);
    /// The same, where windows do not come whole, with the product or reduction itself.
    [[nodiscard]] Entry with_blocks(std::size_t actor, std::int64_t pe, std::int64_t simd,
                                    const Cost& node);
    /// For Pace::unit: the number of what gives a value its words, of so many lanes and taps.
    [[nodiscard]] std::int64_t unit(ValueId value, std::int64_t lanes, std::int64_t taps,
                                    const WordUnit::Op& op, const StreamType& input);
    /// ternary_products() of a layer's design.
    [[nodiscard]] bool ternary(const Node& node, const Tensor& weights,
                               const ElementFormat& weight) const;
    /// As far as stream_range() of the design sees it.
    [[nodiscard]] std::int64_t known_lowest(ValueId value) const;
    /// Of an actor's result, without the delays of pipelines.
    [[nodiscard]] Pace pace(std::size_t actor, std::int64_t pe, std::int64_t simd) const;
    /// Of vectors that leave in words of so many lanes, one a cycle.
    [[nodiscard]] Pace words(ValueId id, std::int64_t lanes) const;
    /// Leaves out styles that take no less of anything, and are no quicker, than an earlier one;
    /// styles[style][folding].
    static std::vector<std::size_t> worthwhile(const std::vector<std::vector<Entry>>& styles);
    /// Memories of the weights and multipliers, in every combination.
    static std::vector<DesignModel::Style> styles_of_products();
    /// `piece`: its cost, and the delay of its pipeline.
    void add_styled(std::size_t actor, std::vector<DesignModel::Style> styles,
                    const std::function<Entry(std::int64_t pe, std::int64_t simd,
                                              const DesignModel::Style& style)>& piece);
    /// Cost of an actor, and the delay of its pipeline.
    [[nodiscard]] Entry piece(const Op& op, const std::vector<StreamType>& inputs,
                              std::vector<StreamType>* outputs = nullptr) const;

    [[nodiscard]] const IntegerType& type(ValueId id) const {
        return std::get<IntegerType>(body_.value(id).type);
    }
    [[nodiscard]] const Node& node_of(std::size_t actor) const {
        return body_.nodes[model_.choices_[actor].node];
    }
    [[nodiscard]] Lanes pe_of(std::size_t actor) const;
    [[nodiscard]] StreamType stream(ValueId id, std::int64_t lanes) const {
        return {type(id).shape, type(id).format(), lanes};
    }

    DesignModel& model_;
    const Graph& body_;
    const ProvedFunctions& functions_;
    DeviceChoices device_;
    std::vector<std::vector<ValueReader>> readers_;
    std::map<std::tuple<ValueId, std::int64_t, std::int64_t>, std::int64_t> units_;
    std::vector<std::size_t> actor_of_; ///< by node: that of which it is a part, else none
    std::map<std::pair<std::size_t, std::size_t>, Lanes> wanted_;
    std::map<std::pair<std::size_t, std::size_t>, Lanes> arrives_; ///< by reader
};

} // namespace millrace::planner
