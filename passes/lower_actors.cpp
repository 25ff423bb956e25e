// SPDX-License-Identifier: Apache-2.0
//
// One actor, or two, for each operator of the body.
#include "ir/actor_parts.hpp"
#include "ir/function/proved_functions.hpp"
#include "ir/parallel_samples.hpp"
#include "ir/rearrange_choices.hpp"
#include "passes/dataflow_lowering.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <numeric>
#include <thread>

namespace millrace::passes {

void DataflowLowering::lower(std::size_t index) {
    index_ = index;
    std::visit([this](const auto& op) { lower_op(op); }, body_.nodes[index].op);
}

ElementFormat DataflowLowering::number_format() const {
    return format_for(output_type().lowest(), output_type().highest());
}

void DataflowLowering::finish(Op op, ValueId stream) {
    publish(node().outputs[0], add(std::move(op), stream, name(), node().onnx_op), name(), true);
}

void DataflowLowering::finish(Op op, std::vector<ValueId> streams) {
    publish(
        node().outputs[0],
        flow_.add_node(std::move(op), std::move(streams), name(), node().onnx_op, {name()}).front(),
        name(), true);
}

void DataflowLowering::lower_op(const ops::IntegerMatMul& op) {
    ops::MatrixVector unit;
    unit.weights = op.weights;
    unit.groups = op.groups;
    unit.weight_format = weight_format(*op.weights);
    unit.accumulator = output_type().format();
    unit.pe = actor().pe;
    unit.simd = actor().simd;
    unit.memory = actor().memory;
    unit.multiplier = actor().multiplier;
    finish(std::move(unit), input());
}

ValueId DataflowLowering::blocks() {
    const ValueId stream = input();
    const std::int64_t pe = actor().pe;
    const std::int64_t simd = actor().simd;
    const Shape& shape = input_type().shape;
    const std::int64_t channels = shape.back();
    const std::int64_t taps = shape[shape.size() - 2];
    Shape blocked(shape.begin(), shape.end() - 2);
    blocked.insert(blocked.end(), {channels / pe, taps / simd, simd * pe});
    if (stream_type(stream).shape == blocked && stream_type(stream).lanes == simd * pe) {
        return stream; // a window has sent it so
    }
    if (channels == pe || simd == taps) {
        return add(ops::StreamReshape{blocked}, stream, unique_.add(name() + "_blocks"), "");
    }
    // The elements of a channel block of all positions, one block after the other.
    const std::string order = unique_.add(name() + "_order");
    return queue(
        add(blocked_unit(plain_rearrangement(shape), shape, pe), stream, order, node().onnx_op),
        order);
}

void DataflowLowering::lower_op(const ops::IntegerDepthwise& op) {
    ops::Depthwise unit;
    unit.weights = op.weights;
    unit.weight_format = weight_format(*op.weights);
    unit.accumulator = output_type().format();
    unit.simd = actor().simd;
    unit.memory = actor().memory;
    unit.multiplier = actor().multiplier;
    finish(std::move(unit), blocks());
}

void DataflowLowering::lower_op(const ops::IntegerReduce& op) {
    finish(ops::Reduce{op.reduction, output_type().format(), actor().simd}, blocks());
}

void DataflowLowering::lower_op(const ops::IntegerRearrange& op) {
    const Shape& shape = input_type().shape;
    if (const auto reader = blocked_reader(body_, index_)) {
        const auto most = blocked_lanes(op, shape);
        const ActorPlan& folding = *plan_.find(names_[*reader]);
        const std::int64_t pe = folding.pe;
        if (most && folding.simd > 1) {
            publish(node().outputs[0],
                    add(*blocked_window(op, shape), convert(input(), pe), name(), node().onnx_op),
                    name(), true);
            return;
        }
        if (most && *most % pe == 0) {
            publish(node().outputs[0],
                    add(blocked_unit(op, shape, pe), convert(input(), pe), name(), node().onnx_op),
                    name(), true);
            return;
        }
        if (most) {
            // The lanes do not go through this window: a word at a time, then into blocks.
            finish(rearrange_unit(op, shape, 1), convert(input(), 1));
            return;
        }
    }
    const std::int64_t lanes = actor().pe;
    if (rearrange_lanes(op, shape) % lanes == 0) {
        ops::Rearrange unit = rearrange_unit(op, shape, lanes);
        unit.memory = actor().memory;
        finish(std::move(unit), input());
        return;
    }
    ops::ParallelWindow window = *parallel_window(op, shape);
    window.memory = actor().memory;
    // Its output is as wide as the result's last axis, which its readers narrow as they wish.
    finish(std::move(window), input());
}

void DataflowLowering::lower_op(const ops::IntegerPad& op) {
    ValueId stream = input(); // lanes stay as they come
    for (PadPart& part : pad_parts(op, input_type().shape, output_type().format())) {
        const std::string unit = unique_.add(name() + "_unit");
        stream = add(ops::StreamReshape{part.planes}, stream, unique_.add(unit + "_planes"), "");
        stream = queue(add(std::move(part.unit), stream, unit, node().onnx_op), unit);
    }
    publish(node().outputs[0],
            add(ops::StreamReshape{output_type().shape}, stream, name(), node().onnx_op), name(),
            false);
}

void DataflowLowering::lower_op(const ops::IntegerAdd& op) {
    finish(ops::AddJoin{op.multiplier_a, op.multiplier_b, number_format()},
           std::vector{input(0), input(1)});
}

void DataflowLowering::lower_op(const ops::IntegerMul& op) {
    finish(ops::MulJoin{op.zero_a, op.zero_b, number_format()}, std::vector{input(0), input(1)});
}

void DataflowLowering::lower_op(const ops::IntegerConcat&) {
    const ElementFormat format = output_type().format();
    std::vector<ValueId> streams;
    for (std::size_t i = 0; i < node().inputs.size(); ++i) {
        const ElementFormat part = stream_type(input(i)).element;
        streams.push_back(format_holds(format, part) ? input(i) : recode(input(i), format, name()));
    }
    finish(ops::ConcatUnit{format}, std::move(streams));
}

void DataflowLowering::lower_op(const ops::IntegerDynamicMatMul& op) {
    finish(ops::DynamicMatrix{op.zero_a, op.zero_b, number_format()},
           std::vector{input(0), input(1)});
}

void DataflowLowering::lower_op(const ops::IntegerTopK& op) {
    std::vector<std::string> outputs{name()};
    if (op.with_values) {
        outputs.push_back(name() + "_values");
    }
    const std::vector<ValueId> results =
        flow_.add_node(ops::TopKUnit{op.k, op.largest, op.last_index, op.with_values}, {input()},
                       name(), node().onnx_op, outputs);
    for (std::size_t i = 0; i < results.size(); ++i) {
        publish(node().outputs[i], results[i], outputs[i], true);
    }
}

void DataflowLowering::lower_op(const ops::IntegerReshape& op) {
    const std::int64_t channels = op.shape.empty() ? 1 : op.shape.back();
    const std::int64_t lanes = std::gcd(stream_type(input()).lanes, channels);
    publish(node().outputs[0],
            add(ops::StreamReshape{op.shape}, convert(input(), lanes), name(), node().onnx_op),
            name(), false);
}

/// The form that the plan takes of each function. Nothing where it takes none.
void DataflowLowering::choose_forms(bool check) {
    std::vector<std::size_t> nodes;
    forms_.assign(body_.nodes.size(), nullptr);
    for (std::size_t n = 0; n < body_.nodes.size(); ++n) {
        if (std::holds_alternative<ops::IntegerFunction>(body_.nodes[n].op)) {
            const ActorPlan& actor = *plan_.find(names_[n]);
            forms_[n] = chosen_form(functions_, body_, n, actor.form, actor.pe);
            nodes.push_back(n);
        }
    }
    if (!check) {
        return;
    }
    const int jobs = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    for_each_sample(std::ssize(nodes), jobs, {}, [&](int /*worker*/, std::int64_t i) {
        const std::size_t n = nodes[static_cast<std::size_t>(i)];
        const Node& node = body_.nodes[n];
        const auto& op = std::get<ops::IntegerFunction>(node.op);
        if (forms_[n] != nullptr &&
            !prove_equal(*forms_[n], *op.function, body_type(node.inputs[0]))) {
            throw Defect(fmt::format("form {} of '{}' is not equal to its function",
                                     form_name(*forms_[n]), node.name));
        }
    });
}

namespace {

/// Why a form that a plan asks for is not among those proved.
std::string form_problem(const std::string& form, const IntegerType& from,
                         const std::vector<std::string>& proved) {
    const FormLimits limits;
    if (proved == std::vector<std::string>{"identity"}) {
        return "is not needed: the function is the identity";
    }
    if (form == "table") {
        return fmt::format("would have {} entries a channel, more than {}",
                           from.highest() - from.lowest() + 1, limits.table_entries);
    }
    if (form == "breakpoints") {
        return fmt::format("would have more than {} breakpoints a channel", limits.levels);
    }
    if (form == "thresholds") {
        return fmt::format("is for functions that only rise or only fall, by at most {} levels",
                           limits.levels);
    }
    return "is not proved equal to this function";
}

} // namespace

/// Reports that the form of the plan does not compute a function; the first of the proved forms
/// stands in.
void DataflowLowering::check_function(std::size_t index) {
    const Node& function = body_.nodes[index];
    if (std::holds_alternative<ops::IntegerFunction>(function.op) && forms_[index] == nullptr) {
        const std::vector<FunctionForm>& proved = functions_.forms[index];
        std::vector<std::string> names;
        for (const FunctionForm& form : proved) {
            names.emplace_back(form_name(form));
        }
        const std::string& form = plan_.find(names_[index])->form;
        report(names_[index], names_[index] + ".form",
               fmt::format("form '{}' {}", escaped(form),
                           form_problem(form, body_type(function.inputs[0]), names)),
               fmt::format("forms that are possible: {}", fmt::join(names, ", ")));
        forms_[index] = &proved.front();
    }
}

void DataflowLowering::lower_op(const ops::IntegerFunction& /*op*/) {
    const FunctionForm& form = *forms_[index_];
    const ElementFormat format = output_type().format();
    if (std::holds_alternative<form::Identity>(form) && input_type().format() == format) {
        publish(node().outputs[0], input(), name(), false);
        return;
    }
    finish(ops::FunctionUnit{std::make_shared<FunctionForm>(form), format, actor().memory},
           input());
}

} // namespace millrace::passes
