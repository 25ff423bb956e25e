// SPDX-License-Identifier: Apache-2.0
//
// The verifier checks in an order in which each check may rely on the ones before: ids, then names,
// then each value's type on its own, then definitions before uses, then each node's op and types,
// then what needs the whole graph. The first broken rule is reported; it is ours, so one is enough.
#include "ir/verify.hpp"

#include "ir/diagnostics.hpp"

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <unordered_set>

namespace millrace {

namespace {

constexpr std::int64_t most_word_bits = 4096;
constexpr int most_element_bits = 63;
constexpr std::int64_t most_magnitude = std::int64_t{1} << 62;

struct LevelOf {
    template <NetworkOp T> Level operator()(const T& /*op*/) const { return Level::network; }
    template <IntegerOp T> Level operator()(const T& /*op*/) const { return Level::integer; }
    template <DataflowOp T> Level operator()(const T& /*op*/) const { return Level::dataflow; }
};

class Verifier {
  public:
    Verifier(const Graph& graph, std::string_view stage) : graph_(graph), stage_(stage) {}

    void run() {
        ids();
        names();
        for (const Value& value : graph_.values) {
            type(value);
        }
        definitions();
        for (const Node& node : graph_.nodes) {
            this->node(node);
        }
        if (graph_.level == Level::dataflow) {
            readers();
        }
    }

  private:
    [[noreturn]] void fail(std::string_view rule) const {
        throw Defect(fmt::format("{}: {}", stage_, rule));
    }
    [[noreturn]] void fail(const Value& value, std::string_view rule) const {
        throw Defect(fmt::format("{}: value '{}': {}", stage_, escaped(value.name), rule));
    }
    [[noreturn]] void fail(const Node& node, std::string_view rule) const {
        throw Defect(fmt::format("{}: node '{}' ({}): {}", stage_, escaped(node.name),
                                 op_name(node.op), rule));
    }

    void ids() const {
        const auto in_range = [this](const std::vector<ValueId>& list) {
            return std::all_of(list.begin(), list.end(),
                               [this](ValueId id) { return id < graph_.values.size(); });
        };
        for (const Node& node : graph_.nodes) {
            if (!in_range(node.inputs) || !in_range(node.outputs)) {
                fail(node, "a value id is out of range");
            }
        }
        if (!in_range(graph_.inputs) || !in_range(graph_.outputs)) {
            fail("an id of the graph's inputs or outputs is out of range");
        }
    }

    void names() const {
        std::unordered_set<std::string_view> seen;
        for (const Value& value : graph_.values) {
            if (!seen.insert(value.name).second) {
                fail(value, "the name is not unique");
            }
        }
    }

    // ------------------------------------------------------------------- a value's type alone

    void type(const Value& value) const {
        std::int64_t count = 0;
        try {
            count = element_count(shape_of(value.type));
        } catch (const std::exception& error) {
            fail(value, error.what());
        }
        if (value.constant != nullptr && value.constant->shape() != shape_of(value.type)) {
            fail(value, "the constant has another shape than its type");
        }
        std::visit([&](const auto& alternative) { type(value, alternative, count); }, value.type);
    }

    void type(const Value& value, const RealType& /*type*/, std::int64_t /*count*/) const {
        if (graph_.level != Level::network) {
            fail(value, "a real tensor stands only at the network level");
        }
    }

    void type(const Value& value, const IntegerType& type, std::int64_t count) const {
        if (graph_.level == Level::network) {
            fail(value, "an integer type does not stand at the network level");
        }
        if (count == 0) {
            fail(value, "the tensor has no elements");
        }
        const auto per_channel = [&type](std::size_t entries) {
            return entries == 1 || static_cast<std::int64_t>(entries) == type.channels();
        };
        if (!per_channel(type.lo.size()) || !per_channel(type.hi.size()) ||
            !per_channel(type.grid.scale.size()) || !per_channel(type.grid.zero_point.size())) {
            fail(value, "a list has neither one entry nor one per channel");
        }
        for (std::size_t c = 0; c < std::max(type.lo.size(), type.hi.size()); ++c) {
            range(value, channel_parameter(type.lo, c), channel_parameter(type.hi, c),
                  type.bipolar);
        }
        for (const Real& scale : type.grid.scale) {
            if (scale.sign() == 0) {
                fail(value, "the grid has scale 0");
            }
        }
    }

    void range(const Value& value, std::int64_t lo, std::int64_t hi, bool bipolar) const {
        if (lo > hi) {
            fail(value, fmt::format("the range [{}, {}] is empty", lo, hi));
        }
        if (lo < -most_magnitude || hi > most_magnitude) {
            fail(value, fmt::format("the range [{}, {}] exceeds 62 bits", lo, hi));
        }
        const auto is_sign = [](std::int64_t bound) { return bound == -1 || bound == 1; };
        if (bipolar && (!is_sign(lo) || !is_sign(hi))) {
            fail(value, fmt::format("the range [{}, {}] is not bipolar", lo, hi));
        }
    }

    void type(const Value& value, const StreamType& type, std::int64_t count) const {
        if (graph_.level != Level::dataflow) {
            fail(value, "a stream stands only at the dataflow level");
        }
        if (value.constant != nullptr) {
            fail(value, "a constant cannot be a stream");
        }
        const ElementFormat& element = type.element;
        if (element.bits < 1 || element.bits > most_element_bits ||
            (element.encoding == Encoding::bipolar && element.bits != 1)) {
            fail(value, fmt::format("an element cannot have the format {}", to_string(element)));
        }
        if (count == 0) {
            fail(value, "the tensor has no elements");
        }
        if (type.lanes < 1 || count % type.lanes != 0) {
            fail(value,
                 fmt::format("{} lanes do not divide shape {}", type.lanes, to_string(type.shape)));
        }
        if (type.lanes > most_word_bits / element.bits) {
            fail(value, fmt::format("a word of {} lanes of {} bits exceeds {} bits", type.lanes,
                                    element.bits, most_word_bits));
        }
    }

    // --------------------------------------------------------------------- definitions and uses

    void define(ValueId id, std::vector<bool>& defined) const {
        if (defined[id]) {
            fail(graph_.value(id), "the value is defined more than once");
        }
        defined[id] = true;
    }

    void definitions() const {
        std::vector<bool> defined(graph_.values.size(), false);
        for (std::size_t id = 0; id < graph_.values.size(); ++id) {
            defined[id] = graph_.values[id].constant != nullptr;
        }
        for (const ValueId id : graph_.inputs) {
            define(id, defined);
        }
        for (const Node& node : graph_.nodes) {
            for (const ValueId id : node.inputs) {
                if (!defined[id]) {
                    fail(node, fmt::format("the input '{}' is used before it is produced",
                                           escaped(graph_.value(id).name)));
                }
            }
            for (const ValueId id : node.outputs) {
                define(id, defined);
            }
        }
        for (std::size_t id = 0; id < defined.size(); ++id) {
            if (!defined[id]) {
                fail(graph_.values[id], "no node produces the value");
            }
        }
    }

    void node(const Node& node) const {
        if (!belongs_to(node.op, graph_.level)) {
            fail(node,
                 fmt::format("the op does not belong to the {} level", to_string(graph_.level)));
        }
        std::vector<ValueType> types;
        try {
            types = infer(node.op, graph_.type_list(node.inputs));
        } catch (const std::exception& error) {
            fail(node, error.what());
        }
        if (types.size() != node.outputs.size()) {
            fail(node, fmt::format("the op has {} results, the node {}", types.size(),
                                   node.outputs.size()));
        }
        for (std::size_t i = 0; i < types.size(); ++i) {
            if (graph_.value(node.outputs[i]).type != types[i]) {
                fail(node, fmt::format("the type of '{}' is not the inferred one",
                                       escaped(graph_.value(node.outputs[i]).name)));
            }
        }
    }

    /// A word can be taken once, and one that nobody takes stops its sender for ever.
    void readers() const {
        const std::vector<std::size_t> uses = graph_.use_counts();
        for (std::size_t id = 0; id < uses.size(); ++id) {
            const Value& value = graph_.values[id];
            if (std::holds_alternative<StreamType>(value.type) && uses[id] != 1) {
                fail(value, fmt::format("the stream has {} readers, not one", uses[id]));
            }
        }
    }

    const Graph& graph_;
    std::string_view stage_;
};

} // namespace

bool belongs_to(const Op& op, Level level) { return std::visit(LevelOf{}, op) == level; }

void verify(const Graph& graph, std::string_view stage) { Verifier(graph, stage).run(); }

} // namespace millrace
