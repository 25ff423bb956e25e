// SPDX-License-Identifier: Apache-2.0
//
// See graph_reader.hpp. Nodes that no output depends on are checked for their names only: they
// cannot change a result, so nothing of them is imported and nothing held against them.
#include "frontend/graph_reader.hpp"

#include "frontend/context.hpp"
#include "frontend/node_order.hpp"
#include "frontend/ops/registry.hpp"

#include <fmt/format.h>
#include <onnx/onnx_pb.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace millrace::frontend {

namespace {

bool accepts(Accepts what, DataType element) {
    switch (what) {
    case Accepts::anything:
        return true;
    case Accepts::numbers:
        return element != DataType::boolean;
    case Accepts::arithmetic:
        return !is_integer(element) || element == DataType::int32 || element == DataType::uint32 ||
               element == DataType::int64 || element == DataType::uint64;
    case Accepts::floats:
        return !is_integer(element);
    }
    throw Defect("unknown type class");
}

class GraphReader {
  public:
    GraphReader(const GraphReaderInput& input, const Reporter& reporter)
        : model_(input.model),
          onnx_(*input.model.mutable_graph()),
          opset_of_(input.opset_of),
          reporter_(reporter),
          errors_before_(reporter.error_count()),
          builder_(input.options),
          values_(builder_, {input.data_folder, input.options}) {}

    GraphReaderResult read() {
        builder_.graph.level = Level::network;
        builder_.graph.name = onnx_.name();
        define_names();
        find_needs();
        const NodeOrder order = order_nodes(needs_);
        report_cycle(order);
        find_live();
        define_inputs();
        for (const std::size_t index : order.sorted) {
            if (live_[index]) {
                read_node(onnx_.mutable_node(static_cast<int>(index)));
            }
        }
        define_outputs();
        values_.check_unused(reporter_);
        if (!failed()) {
            builder_.graph.remove_dead();
        }
        return {std::move(builder_.graph), symbolic_batch_, std::move(builder_.transposed)};
    }

  private:
    [[nodiscard]] bool failed() const { return reporter_.error_count() != errors_before_; }

    // ---- names

    void define_name(const std::string& name, std::string_view what, const Reporter& reporter) {
        builder_.reserve_name(name);
        if (!defined_.insert(name).second) {
            reporter.error(Code::duplicate_value,
                           fmt::format("{} '{}' is defined a second time", what, escaped(name)),
                           "every input, initializer and node output needs a name of its own");
        }
    }

    void define_names() {
        for (onnx::TensorProto& tensor : *onnx_.mutable_initializer()) {
            if (tensor.name().empty()) {
                continue; // nothing can refer to it
            }
            define_name(tensor.name(), "initializer", reporter_);
            initializers_.insert(tensor.name());
            values_.define_stored(tensor.name(), tensor);
        }
        for (const onnx::SparseTensorProto& tensor : onnx_.sparse_initializer()) {
            define_name(tensor.values().name(), "sparse initializer", reporter_);
            initializers_.insert(tensor.values().name());
            values_.define_sparse(tensor.values().name());
        }
        for (const onnx::ValueInfoProto& input : onnx_.input()) {
            if (input.name().empty()) {
                reporter_.error(Code::undefined_value, "an input of the graph has no name",
                                "name every input of the graph");
                continue;
            }
            // An initializer that is also listed as input is a default that nobody overrides.
            if (!initializers_.contains(input.name())) {
                define_name(input.name(), "input", reporter_);
            }
        }
        for (int i = 0; i < onnx_.node_size(); ++i) {
            const onnx::NodeProto& node = onnx_.node(i);
            const Reporter at_node = reporter_.at(display_name(node), qualified_name(node));
            for (const std::string& output : node.output()) {
                if (!output.empty()) {
                    define_name(output, "value", at_node);
                    producer_.try_emplace(output, static_cast<std::size_t>(i));
                }
            }
        }
    }

    /// Fills needs_, and reports names that nothing defines.
    void find_needs() {
        needs_.resize(static_cast<std::size_t>(onnx_.node_size()));
        for (int i = 0; i < onnx_.node_size(); ++i) {
            const onnx::NodeProto& node = onnx_.node(i);
            for (const std::string& name : node.input()) {
                if (const auto found = producer_.find(name); found != producer_.end()) {
                    needs_[static_cast<std::size_t>(i)].push_back(found->second);
                } else if (!name.empty() && !defined_.contains(name)) {
                    reporter_.at(display_name(node), qualified_name(node))
                        .error(Code::undefined_value,
                               fmt::format("input '{}' is defined nowhere", escaped(name)),
                               "no node, initializer or graph input has this name: the file is "
                               "incomplete, export the model again");
                    undefined_.insert(name);
                }
            }
        }
        for (const std::string& name : undefined_) {
            values_.define_unknown(name);
        }
    }

    void report_cycle(const NodeOrder& order) {
        if (order.cyclic.empty()) {
            return;
        }
        constexpr std::size_t most = 8;
        std::string names;
        for (std::size_t i = 0; i < std::min(order.cyclic.size(), most); ++i) {
            const onnx::NodeProto& node = onnx_.node(static_cast<int>(order.cyclic[i]));
            names += fmt::format("{}'{}'", i == 0 ? "" : ", ", escaped(display_name(node)));
        }
        if (order.cyclic.size() > most) {
            names += fmt::format(" and {} more", order.cyclic.size() - most);
        }
        const onnx::NodeProto& first = onnx_.node(static_cast<int>(order.cyclic.front()));
        reporter_.at(display_name(first), qualified_name(first))
            .error(Code::cyclic_graph, fmt::format("these nodes depend on each other: {}", names),
                   "the graph of an ONNX model has no cycles: export the model again");
    }

    /// Fills live_ and used_: what the outputs depend on.
    void find_live() {
        live_.assign(static_cast<std::size_t>(onnx_.node_size()), false);
        std::vector<std::size_t> pending;
        const auto use = [&](const std::string& name) {
            used_.insert(name);
            const auto found = producer_.find(name);
            if (found != producer_.end() && !live_[found->second]) {
                live_[found->second] = true;
                pending.push_back(found->second);
            }
        };
        for (const onnx::ValueInfoProto& output : onnx_.output()) {
            use(output.name());
        }
        while (!pending.empty()) {
            const onnx::NodeProto& node = onnx_.node(static_cast<int>(pending.back()));
            pending.pop_back();
            for (const std::string& name : node.input()) {
                use(name);
            }
        }
    }

    // ---- inputs

    void define_inputs() {
        for (const onnx::ValueInfoProto& input : onnx_.input()) {
            if (input.name().empty() || values_.contains(input.name())) {
                continue; // reported, or an initializer
            }
            if (const auto type = input_type(input)) {
                values_.define(input.name(), builder_.add_input(input.name(), *type));
            } else {
                values_.define_unknown(input.name());
            }
        }
    }

    std::optional<RealType> input_type(const onnx::ValueInfoProto& input) {
        const std::string what = fmt::format("input '{}'", escaped(input.name()));
        if (!input.type().has_tensor_type()) {
            reporter_.error(Code::unsupported_data_type, fmt::format("{} is not a tensor", what),
                            "sequences, maps and optional values are not supported");
            return std::nullopt;
        }
        const onnx::TypeProto::Tensor& tensor = input.type().tensor_type();
        const auto element = data_type_from_onnx(tensor.elem_type());
        if (!element) {
            reporter_.error(Code::unsupported_data_type,
                            fmt::format("{} has elements of type {}", what,
                                        onnx_data_type_name(tensor.elem_type())),
                            "use a float, integer or boolean type");
            return std::nullopt;
        }
        if (!tensor.has_shape()) {
            reporter_.error(Code::dynamic_shape, fmt::format("{} has no shape", what),
                            "export the model with the shape of its inputs");
            return std::nullopt;
        }
        const auto shape = input_shape(tensor.shape(), what, used_.contains(input.name()));
        return shape ? std::optional(RealType{*shape, *element}) : std::nullopt;
    }

    std::optional<Shape> input_shape(const onnx::TensorShapeProto& dimensions,
                                     const std::string& what, bool used) {
        Shape shape;
        bool known = true;
        for (int i = 0; i < dimensions.dim_size(); ++i) {
            const onnx::TensorShapeProto::Dimension& dimension = dimensions.dim(i);
            // Some exporters write an unknown size as -1, and an unknown batch as 0.
            const bool empty = dimension.has_dim_value() && dimension.dim_value() == 0;
            if (dimension.has_dim_value() && dimension.dim_value() > 0) {
                shape.push_back(dimension.dim_value());
                continue;
            }
            shape.push_back(1);
            if (i == 0) {
                symbolic_batch_ = true;
                continue;
            }
            std::string name = empty ? "0" : "unknown";
            if (!dimension.dim_param().empty()) {
                name = fmt::format("symbolic ('{}')", escaped(dimension.dim_param()));
            }
            if (!used) {
                reporter_.note(
                    Code::dynamic_shape,
                    fmt::format("{} is not used; its dimension {}, which is {}, is taken as 1",
                                what, i, name),
                    "remove the input where the model is made");
                continue;
            }
            reporter_.error(Code::dynamic_shape,
                            fmt::format("dimension {} of {} is {}", i, what, name),
                            empty ? "tensors without elements are not supported; export the model "
                                    "with the size that the input really has"
                                  : "hardware has fixed sizes: only the first dimension, the "
                                    "batch, may be symbolic; export the model with a number here");
            known = false;
        }
        try {
            builder_.check_shape(shape, reporter_);
        } catch (const NodeAbandoned&) {
            known = false;
        }
        return known ? std::optional(std::move(shape)) : std::nullopt;
    }

    // ---- nodes

    void read_node(onnx::NodeProto* node) {
        const Reporter reporter = reporter_.at(display_name(*node), qualified_name(*node));
        const std::size_t errors_before = reporter_.error_count();
        try {
            import_node(*node, reporter);
        } catch (const NodeAbandoned&) {
        }
        for (const std::string& output : node->output()) {
            if (!output.empty() &&
                (!values_.contains(output) || reporter_.error_count() != errors_before)) {
                values_.define_unknown(output);
            }
        }
    }

    void import_node(onnx::NodeProto& node, const Reporter& reporter) {
        const OperatorEntry* entry = find_operator(node);
        if (entry == nullptr) {
            reporter.error(
                Code::unsupported_operator,
                fmt::format("operator {} is not supported", escaped(qualified_name(node))),
                help_for_unsupported(node));
            return;
        }
        const std::int64_t opset = opset_of_(normalized_domain(node.domain()));
        if (entry->family == Family::standard && opset < oldest_opset) {
            return; // the model has been refused; its operators may have had other forms
        }
        if (entry->family == Family::standard && opset < entry->since) {
            reporter.error(Code::unsupported_operator,
                           fmt::format("operator {} does not exist before operator set {}, the "
                                       "model imports {}",
                                       entry->name, entry->since, opset),
                           "export the model with a newer operator set");
            return;
        }
        check_arity(node, *entry, reporter);
        const std::function<bool(const std::string&)> is_used = [this](const std::string& name) {
            return used_.contains(name);
        };
        NodeContext context(builder_, values_, node, opset, is_used, reporter);
        check_types(context, *entry);
        entry->import(context);
        check_attributes(context, *entry);
    }

    std::string help_for_unsupported(const onnx::NodeProto& node) const {
        const auto is_function = [&](const onnx::FunctionProto& function) {
            return function.name() == node.op_type() &&
                   normalized_domain(function.domain()) == normalized_domain(node.domain());
        };
        if (std::any_of(model_.functions().begin(), model_.functions().end(), is_function)) {
            return "the operator is a function of the model: inline functions before compiling "
                   "(onnx.inliner.inline_local_functions)";
        }
        return unsupported_help(node);
    }

    static void check_arity(const onnx::NodeProto& node, const OperatorEntry& entry,
                            const Reporter& reporter) {
        const auto inputs = static_cast<std::size_t>(node.input_size());
        const auto outputs = static_cast<std::size_t>(node.output_size());
        const std::string help = "see the operator's description in the ONNX documentation";
        if (inputs < entry.min_inputs || inputs > entry.max_inputs) {
            const std::string range =
                entry.min_inputs == entry.max_inputs ? fmt::format("{}", entry.min_inputs)
                : entry.max_inputs > 100
                    ? fmt::format("at least {}", entry.min_inputs)
                    : fmt::format("{} to {}", entry.min_inputs, entry.max_inputs);
            reporter.error(Code::wrong_arity,
                           fmt::format("{} inputs are given, the operator takes {}", inputs, range),
                           help);
            throw NodeAbandoned{};
        }
        for (std::size_t i = 0; i < std::min(entry.min_inputs, inputs); ++i) {
            if (node.input(static_cast<int>(i)).empty()) {
                reporter.error(Code::wrong_arity, fmt::format("input {} is not optional", i), help);
                throw NodeAbandoned{};
            }
        }
        if (outputs == 0 || outputs > entry.max_outputs) {
            reporter.error(Code::wrong_arity,
                           fmt::format("{} outputs are given, the operator has {}", outputs,
                                       entry.max_outputs),
                           help);
            throw NodeAbandoned{};
        }
    }

    static void check_types(const NodeContext& context, const OperatorEntry& entry) {
        std::optional<DataType> first;
        for (std::size_t i = 0; i < std::min(entry.typed_inputs, context.input_count()); ++i) {
            if (!context.has_input(i) || !context.is_known(i)) {
                continue;
            }
            const DataType element = context.element_if_known(i);
            if (!accepts(entry.accepts, element)) {
                const std::string_view why =
                    entry.accepts == Accepts::floats ? "only floats are supported"
                    : entry.accepts == Accepts::arithmetic
                        ? "only floats and integers of at least 32 bits are supported"
                        : "only numbers are supported";
                context.fail(
                    Code::unsupported_data_type,
                    fmt::format("input {} has elements of type {}: {}", i, to_string(element), why),
                    "dequantize (DequantizeLinear) or Cast the input first");
            }
            if (first && *first != element) {
                context.fail(Code::unsupported_data_type,
                             fmt::format("inputs have elements of types {} and {}, the operator "
                                         "needs one type",
                                         to_string(*first), to_string(element)),
                             "Cast one of them where the model is made");
            }
            first = element;
        }
    }

    /// Attributes that the importer did not ask for. The standard operators' are all known, so an
    /// unknown one is an error; the quantizer dialects add hints for other tools.
    static void check_attributes(const NodeContext& context, const OperatorEntry& entry) {
        for (const std::string& name : context.attributes.unread()) {
            const std::string message = fmt::format("attribute '{}' is not known", escaped(name));
            if (entry.family == Family::standard) {
                context.report().error(Code::bad_attribute, message,
                                       "remove the attribute, or import the operator set that "
                                       "defines it");
            } else {
                context.report().warning(Code::bad_attribute, message + " and ignored",
                                         "remove the attribute if it changes nothing");
            }
        }
    }

    // ---- outputs

    void define_outputs() {
        if (onnx_.output_size() == 0) {
            reporter_.error(Code::no_outputs, "the graph has no outputs",
                            "declare the results of the network as outputs of the graph");
        }
        std::unordered_set<std::string> names;
        for (const onnx::ValueInfoProto& output : onnx_.output()) {
            names.insert(output.name());
        }
        std::unordered_set<std::string> seen;
        for (const onnx::ValueInfoProto& output : onnx_.output()) {
            if (!seen.insert(output.name()).second) {
                reporter_.error(Code::duplicate_value,
                                fmt::format("output '{}' is listed twice", escaped(output.name())),
                                "list every output of the graph once");
                continue;
            }
            if (!defined_.contains(output.name())) {
                reporter_.error(
                    Code::undefined_value,
                    fmt::format("output '{}' is defined nowhere", escaped(output.name())),
                    "no node computes this output: the file is incomplete, export the "
                    "model again");
                continue;
            }
            if (values_.contains(output.name())) {
                define_output(output.name(), names);
            }
        }
        if (builder_.graph.inputs.empty() && !failed()) {
            reporter_.error(Code::no_outputs, "the graph has no inputs: its outputs are constants",
                            "declare what the network is to be run on as an input of the graph");
        }
    }

    void define_output(const std::string& name, const std::unordered_set<std::string>& names) {
        const ValueEntry& entry = values_.resolve(name, reporter_);
        if (entry.state == ValueEntry::State::non_finite) {
            reporter_.error(Code::non_finite_constant,
                            fmt::format("output '{}' is a constant with elements that are infinite "
                                        "or not numbers",
                                        escaped(name)),
                            "remove the output");
        }
        if (entry.state != ValueEntry::State::ready) {
            return;
        }
        Graph& graph = builder_.graph;
        const ValueId id = entry.id;
        if (graph.value(id).name != name) {
            // An alias: the value takes the output's name unless its own one is needed.
            const bool is_input =
                std::find(graph.inputs.begin(), graph.inputs.end(), id) != graph.inputs.end();
            if (is_input || names.contains(graph.value(id).name)) {
                graph.outputs.push_back(copied_value(id, name));
                return;
            }
            builder_.rename(id, name);
        }
        graph.outputs.push_back(id);
    }

    /// The same value once more, under another name.
    ValueId copied_value(ValueId id, const std::string& name) {
        Graph& graph = builder_.graph;
        const Value value = graph.value(id);
        if (value.constant != nullptr) {
            return graph.add_value(name, value.type, value.constant);
        }
        return graph.add_node(ops::Reshape{shape_of(value.type)}, {id}, name, "Identity", {name})
            .front();
    }

    onnx::ModelProto& model_;
    onnx::GraphProto& onnx_;
    const std::function<std::int64_t(std::string_view)>& opset_of_;
    const Reporter& reporter_;
    std::size_t errors_before_;
    GraphBuilder builder_;
    ValueTable values_;

    std::unordered_set<std::string> defined_;
    std::unordered_set<std::string> initializers_;
    std::unordered_set<std::string> undefined_;
    std::unordered_set<std::string> used_; ///< names that live nodes and outputs read
    std::unordered_map<std::string, std::size_t> producer_;
    std::vector<std::vector<std::size_t>> needs_;
    std::vector<bool> live_;
    bool symbolic_batch_ = false;
};

} // namespace

GraphReaderResult read_graph(const GraphReaderInput& input, const Reporter& reporter) {
    return GraphReader(input, reporter).read();
}

} // namespace millrace::frontend
