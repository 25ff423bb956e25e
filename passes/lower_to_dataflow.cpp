// SPDX-License-Identifier: Apache-2.0
#include "passes/lower_to_dataflow.hpp"

#include "ir/nearest_name.hpp"
#include "ir/rearrange_choices.hpp"
#include "passes/dataflow_lowering.hpp"
#include "passes/size_fifos.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <numeric>
#include <set>

namespace millrace::passes {

DataflowLowering::DataflowLowering(const Graph& body, const Plan& plan,
                                   const ProvedFunctions& functions, Diagnostics& diagnostics)
    : body_(body),
      plan_(plan),
      functions_(functions),
      diagnostics_(diagnostics),
      names_(actor_names(body)),
      readers_(value_readers(body)) {
    flow_.level = Level::dataflow;
    flow_.library = body.library;
    flow_.name = body.name;
    for (const std::string& name : names_) {
        unique_.add(name);
    }
}

std::optional<LoweredBody> DataflowLowering::run(bool sized, const MemoryCycles& memory) {
    if (!check_plan()) {
        return std::nullopt;
    }
    choose_forms(sized);
    for (std::size_t n = 0; n < body_.nodes.size(); ++n) {
        check_function(n);
    }
    outputs_.resize(body_.outputs.size());
    for (std::size_t i = 0; i < body_.inputs.size(); ++i) {
        add_input(i);
    }
    // Also of a plan with errors: what its FIFOs are called is known at the end.
    for (std::size_t n = 0; n < body_.nodes.size(); ++n) {
        lower(n);
    }
    for (std::size_t i = 0; i < body_.outputs.size(); ++i) {
        add_output(i);
    }
    for (const auto& [name, fifo] : plan_.fifos) {
        if (std::find(fifo_names_.begin(), fifo_names_.end(), name) == fifo_names_.end()) {
            std::vector<std::string> known = fifo_names_;
            known.insert(known.end(), {"default_depth", "latency"}); // stand beside them in files
            report(name, name, "the design has no FIFO of this name", suggestion(name, known));
        } else if (fifo.depth && *fifo.depth < 1) {
            report(name, name, fmt::format("a FIFO of depth {}", *fifo.depth),
                   "use a depth of 1 or more");
        }
    }
    if (!diagnostics_.has_errors()) {
        set_memory_cycles(flow_, memory);
    }
    if (sized && !diagnostics_.has_errors()) {
        choose_depths();
    }
    if (diagnostics_.has_errors()) {
        return std::nullopt;
    }
    return LoweredBody{std::move(flow_), cycles_};
}

void DataflowLowering::choose_depths() {
    std::set<std::string> planned;
    for (const auto& [name, fifo] : plan_.fifos) {
        if (fifo.depth) {
            planned.insert(name);
        }
    }
    const FifoSizing sizing = size_fifos(flow_, planned, plan_.latency);
    cycles_ = sizing.cycles;
    if (cycles_ && plan_.latency > 0 && cycles_->latency > plan_.latency &&
        sizing.deadlocked.empty() && plan_.source.lines.contains("latency")) {
        diagnostics_.add(
            {Code::bad_plan, Severity::warning, plan_.source.file, "", "",
             fmt::format("line {}: a frame takes {} cycles, and no room in FIFOs {}makes that {}",
                         plan_.source.lines.at("latency"), cycles_->latency,
                         planned.empty() ? "" : "without a depth in the plan ", plan_.latency),
             planned.empty() ? "ask for more cycles, or fold actors less"
                             : "leave depths to the compiler, or ask for more cycles"});
    }
    const std::string place = sizing.too_small.empty() ? std::string() : sizing.too_small.front();
    const std::string names = fmt::format("{}", fmt::join(sizing.too_small, ", "));
    if (!sizing.deadlocked.empty()) {
        report(sizing.deadlocked.front(), place.empty() ? *planned.begin() : place,
               fmt::format("with these FIFO depths the design stops: {}each of {} waits for the "
                           "next, and the last for the first",
                           names.empty() ? "" : names + " full, and ",
                           fmt::join(sizing.deadlocked, ", ")),
               "leave the depths of the FIFOs behind forks to the compiler");
    } else if (sizing.slow) {
        diagnostics_.add(
            {Code::bad_plan, Severity::warning, plan_.source.file, place, "",
             fmt::format("with these FIFO depths frames come every {} cycles: {} no room for the "
                         "pace of the slowest actor",
                         cycles_->interval,
                         names.empty() ? "some have"
                                       : names + (sizing.too_small.size() == 1 ? " has" : " have")),
             "leave these depths to the compiler"});
    }
}

void DataflowLowering::report(const std::string& actor, const std::string& place,
                              std::string message, std::string help) {
    if (const auto line = plan_.source.lines.find(place); line != plan_.source.lines.end()) {
        message = fmt::format("line {}: {}", line->second, message);
    }
    diagnostics_.add({Code::bad_plan, Severity::error, plan_.source.file, actor, "",
                      std::move(message), std::move(help)});
}

bool DataflowLowering::has_entry(std::size_t node) const {
    const Op& op = body_.nodes[node].op;
    if (const auto* rearrange = std::get_if<ops::IntegerRearrange>(&op)) {
        const Shape& shape = body_type(body_.nodes[node].inputs[0]).shape;
        return !blocked_reader(body_, node) || !blocked_lanes(*rearrange, shape);
    }
    return !std::holds_alternative<ops::IntegerReshape>(op) &&
           !std::holds_alternative<ops::IntegerPad>(op);
}

/// False when actors are missing, so that nothing can be made of the plan.
bool DataflowLowering::check_plan() {
    bool complete = true;
    for (std::size_t n = 0; n < body_.nodes.size(); ++n) {
        const ActorPlan* actor = plan_.find(names_[n]);
        if (!has_entry(n)) {
            continue;
        }
        if (actor == nullptr) {
            report(names_[n], "", "the plan has no entry for this actor",
                   "write a complete plan with compile and edit that");
            complete = false;
            continue;
        }
        // Constants need a memory with initial contents.
        if (actor->memory == ops::MemoryStyle::uram &&
            !std::holds_alternative<ops::IntegerRearrange>(body_.nodes[n].op)) {
            report(actor->name, actor->name + ".memory",
                   "UltraRAM has no initial contents, so it cannot hold constants",
                   "use bram, lut or auto");
        }
    }
    return complete;
}

std::int64_t DataflowLowering::wanted_lanes(const ValueReader& reader) const {
    return millrace::wanted_lanes(body_, readers_, reader,
                                  [this](const ValueReader& actor) { return own_lanes(actor); });
}

std::int64_t DataflowLowering::own_lanes(const ValueReader& reader) const {
    const bool own = has_entry(reader.node);
    const ActorPlan& actor =
        *plan_.find(names_[own ? reader.node : *blocked_reader(body_, reader.node)]);
    return input_lanes(body_, reader, actor.pe, actor.simd);
}

ValueId DataflowLowering::add(Op op, ValueId input, const std::string& name,
                              const std::string& onnx_op) {
    return flow_.add_node(std::move(op), {input}, name, onnx_op, {name}).front();
}

ValueId DataflowLowering::convert(ValueId stream, std::int64_t lanes) {
    if (lanes == 0 || lanes == stream_type(stream).lanes) {
        return stream;
    }
    const std::string name = unique_.add(flow_.value(stream).name + "_width");
    return queue(add(ops::WidthConverter{lanes}, stream, name, ""), name);
}

/// The same numbers written in another format.
ValueId DataflowLowering::recode(ValueId stream, const ElementFormat& format,
                                 const std::string& producer) {
    if (stream_type(stream).element == format) {
        return stream;
    }
    const std::string name = unique_.add(producer + "_format");
    ops::FunctionUnit unit{std::make_shared<FunctionForm>(form::Identity{}), format,
                           ops::MemoryStyle::automatic};
    return queue(add(std::move(unit), stream, name, ""), name);
}

/// A FIFO behind an actor.
ValueId DataflowLowering::queue(ValueId stream, const std::string& producer) {
    const std::string name = unique_.add(producer + "_fifo");
    ops::Fifo fifo{plan_.default_fifo_depth};
    if (const auto planned = plan_.fifos.find(name); planned != plan_.fifos.end()) {
        fifo = {planned->second.depth.value_or(fifo.depth), planned->second.memory};
    }
    fifo_names_.push_back(name);
    return add(fifo, stream, name, "");
}

/// Hands a produced stream to the readers of the body value it stands for.
void DataflowLowering::publish(ValueId body_value, ValueId stream, const std::string& producer,
                               bool needs_queue) {
    const std::vector<ValueReader>& readers = readers_[body_value];
    if (needs_queue) {
        stream = queue(stream, producer);
    }
    // Of channels that a rearrangement leaves out, none may have needed the widest format.
    stream = recode(stream, body_type(body_value).format(), producer);
    std::vector<ValueId> copies{stream};
    if (readers.size() > 1) {
        copies = fork(stream, readers.size(), producer);
    }
    for (std::size_t i = 0; i < readers.size(); ++i) {
        const ValueId copy = convert(copies[i], wanted_lanes(readers[i]));
        if (readers[i].node == body_.nodes.size()) {
            outputs_[readers[i].input] = copy;
        } else {
            inputs_[{readers[i].node, readers[i].input}] = copy;
        }
    }
}

/// Copies for any number of readers, eight ways at a time.
std::vector<ValueId> DataflowLowering::fork(ValueId stream, std::size_t ways,
                                            const std::string& producer) {
    constexpr std::size_t widest_fork = 8;
    const std::size_t here = std::min(ways, widest_fork);
    const std::string name = unique_.add(producer + "_fork");
    const std::vector<ValueId> raw =
        flow_.add_node(ops::Fork{static_cast<std::int64_t>(here)}, {stream}, name, "",
                       std::vector<std::string>(here, name));
    std::vector<ValueId> copies;
    for (const ValueId copy : raw) {
        copies.push_back(queue(copy, name));
    }
    if (ways > here) {
        const ValueId last = copies.back();
        copies.pop_back();
        for (const ValueId copy : fork(last, ways - here + 1, producer)) {
            copies.push_back(copy);
        }
    }
    return copies;
}

void DataflowLowering::add_input(std::size_t index) {
    const ValueId id = body_.inputs[index];
    const IntegerType& type = body_type(id);
    const std::string name = unique_.add(identifier_from(body_.value(id).name, "input") + "_in");
    const ValueId memory = flow_.add_value(name + "_memory", type);
    flow_.inputs.push_back(memory);
    // As wide as the first reader takes it, within what one memory word may hold.
    std::int64_t lanes = 0;
    for (const ValueReader& reader : readers_[id]) {
        lanes = std::max(lanes, wanted_lanes(reader));
    }
    const std::int64_t channels = type.channels();
    lanes = lanes == 0 ? 1 : lanes;
    if (channels % lanes != 0) {
        lanes = std::gcd(channels, lanes);
    }
    const std::int64_t bits = mover_word_bits(type.format(), element_count(type.shape),
                                              element_count(type.shape) / lanes);
    publish(id, add(ops::MemoryToStream{lanes, bits}, memory, name, ""), name, true);
}

void DataflowLowering::add_output(std::size_t index) {
    const ValueId id = body_.outputs[index];
    const std::string name = unique_.add(identifier_from(body_.value(id).name, "output") + "_out");
    const IntegerType& type = body_type(id);
    const ValueId stream = outputs_.at(index);
    const std::int64_t bits =
        mover_word_bits(type.format(), element_count(type.shape), stream_type(stream).words());
    flow_.outputs.push_back(add(ops::StreamToMemory{type, bits}, stream, name, ""));
}

std::optional<LoweredBody> lower_to_dataflow(const Graph& body, const Plan& plan,
                                             Diagnostics& diagnostics) {
    return lower_to_dataflow(body, plan, prove_functions(body), diagnostics);
}

std::optional<LoweredBody> lower_to_dataflow(const Graph& body, const Plan& plan,
                                             const ProvedFunctions& functions,
                                             Diagnostics& diagnostics, const MemoryCycles& memory) {
    return DataflowLowering(body, plan, functions, diagnostics).run(true, memory);
}

std::optional<Graph> lower_with_default_depths(const Graph& body, const Plan& plan,
                                               const ProvedFunctions& functions,
                                               Diagnostics& diagnostics,
                                               const MemoryCycles& memory) {
    auto lowered = DataflowLowering(body, plan, functions, diagnostics).run(false, memory);
    return lowered ? std::optional(std::move(lowered->dataflow)) : std::nullopt;
}

} // namespace millrace::passes
