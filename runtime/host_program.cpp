// SPDX-License-Identifier: Apache-2.0
//
// Ports and outputs with a fast way (thresholds, integers as they are, tables, rearrangements) take
// it; the rest is computed by the host graphs. A sample goes through a graph in bounded arithmetic
// first; where that leaves a decision open, once more in exact arithmetic of rising precision. So
// every result is the exact one rounded once, or an error that says that there is none.
#include "runtime/host_program.hpp"

#include "runtime/error.hpp"
#include "runtime/host/host_graph.hpp"
#include "runtime/host/input_encoder.hpp"
#include "runtime/host/output_decoder.hpp"
#include "runtime/packing.hpp"
#include "runtime/printing.hpp"
#include "runtime/sample_shape.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace millrace::runtime {

using host::ElementPlace;
using host::ExactArithmetic;
using host::HostGraph;
using host::InputEncoder;
using host::OutputDecoder;
using host::QuickArithmetic;
using host::Results;

namespace {

/// The head's outputs behind the ports, where the tail needs them.
class PassingValues final : public Bypass {
  public:
    /// By sample; empty where bounded arithmetic does not suffice.
    std::vector<Results<QuickArithmetic>> quick;
    /// The range's inputs, for exact arithmetic.
    std::vector<std::vector<std::byte>> inputs;
    std::vector<ElementType> types;
};

std::size_t sample_bytes(const TensorInfo& info, ElementType type) {
    return static_cast<std::size_t>(element_count(info.shape)) * bytes_per_element(type);
}

/// f of an arithmetic: bounded first, then exact ones until nothing is open.
template <class Quick, class Exact>
void with_arithmetics(std::int64_t sample, Quick&& quick, Exact&& exact) {
    try {
        try {
            return quick(QuickArithmetic());
        } catch (const host::Undecided&) { // goes on below
        }
        for (const int precision : {256, 2048, 16384}) {
            try {
                return exact(ExactArithmetic(precision));
            } catch (const host::Undecided&) { // goes on with more bits
            }
        }
    } catch (const Error& error) {
        throw Error(error.kind(),
                    "sample " + std::to_string(sample) + ": " + std::string(error.what()));
    }
    throw Error(ErrorKind::value, "sample " + std::to_string(sample) +
                                      ": a decision of the host's steps cannot be decided");
}

} // namespace

struct HostProgram::Parts {
    std::vector<TensorInfo> model_inputs;
    std::vector<TensorInfo> model_outputs;
    std::vector<PortInfo> input_ports;
    std::vector<PortInfo> output_ports;
    HostGraph head;
    HostGraph tail;
    std::vector<std::unique_ptr<const InputEncoder>> encoders;  ///< by input port; null: the head
    std::vector<std::unique_ptr<const OutputDecoder>> decoders; ///< by output; null: the tail
    HostGraph::Plan head_plan;
    HostGraph::Plan tail_plan;
    bool bypasses = false; ///< whether the tail needs values that pass by

    explicit Parts(const Manifest& manifest, const JsonField& top);
    std::unique_ptr<const OutputDecoder> moved_output(std::size_t output) const;
    void check_thresholds(std::size_t port, const JsonField& quantizer) const;
    void check_output_shapes(const JsonField& outputs) const;

    [[nodiscard]] const std::byte* sample_of(std::span<const ConstArray> inputs, std::size_t input,
                                             std::int64_t sample) const {
        const ConstArray& array = inputs[input];
        return array.bytes.data() +
               static_cast<std::size_t>(sample) * sample_bytes(model_inputs[input], array.type);
    }
    template <class A>
    Results<A> head_inputs(const A& a, const HostGraph::Plan& plan,
                           const std::vector<const std::byte*>& elements,
                           const std::vector<ElementType>& types, std::int64_t sample) const;
    template <class A>
    void pack_port(const A& a, std::size_t port, const host::Tensor<typename A::Number>& values,
                   std::byte* frame) const;
    void encode_port(std::span<const ConstArray> inputs, std::size_t port, std::int64_t first,
                     std::int64_t count, std::byte* memory) const;
    void run_head(const HostGraph::Plan& plan, std::span<const ConstArray> inputs,
                  std::int64_t sample, const std::vector<std::byte*>& frames,
                  Results<QuickArithmetic>* passing) const;
    template <class A>
    void run_tail(const A& a, const std::vector<const std::byte*>& frames, Results<A> passing,
                  const std::vector<std::byte*>& outputs) const;
};

HostProgram::Parts::Parts(const Manifest& manifest, const JsonField& top)
    : model_inputs(manifest.model_inputs),
      model_outputs(manifest.model_outputs),
      input_ports(manifest.inputs),
      output_ports(manifest.outputs),
      head(top["host"]["head"]),
      tail(top["host"]["tail"]) {
    if (head.inputs() != model_inputs.size() || head.outputs() < input_ports.size()) {
        top["host"]["head"].fail("inputs or outputs do not fit the model and the kernel");
    }
    if (tail.outputs() != model_outputs.size() ||
        tail.inputs() != output_ports.size() + head.outputs() - input_ports.size()) {
        top["host"]["tail"].fail("inputs or outputs do not fit the model and the kernel");
    }
    const std::vector<JsonField> ports = top["inputs"].elements();
    for (std::size_t i = 0; i < input_ports.size(); ++i) {
        encoders.push_back(InputEncoder::make(ports[i]["quantizer"], input_ports[i], model_inputs));
    }
    decoders.resize(model_outputs.size());
    if (top.has("decoders")) {
        const std::vector<JsonField> tables = top["decoders"].elements();
        if (tables.size() != model_outputs.size()) {
            top["decoders"].fail("one entry for each output of the model is expected");
        }
        for (std::size_t i = 0; i < tables.size(); ++i) {
            decoders[i] = OutputDecoder::make_table(tables[i], output_ports, model_outputs[i]);
        }
    }
    std::vector<bool> from_tail;
    for (std::size_t i = 0; i < model_outputs.size(); ++i) {
        if (!decoders[i]) {
            decoders[i] = moved_output(i);
        }
        from_tail.push_back(decoders[i] == nullptr);
    }
    tail_plan = tail.plan(from_tail);
    std::vector<bool> from_head;
    for (const auto& encoder : encoders) {
        from_head.push_back(encoder == nullptr);
    }
    for (std::size_t i = output_ports.size(); i < tail.inputs(); ++i) {
        from_head.push_back(tail_plan.inputs[i]);
        bypasses = bypasses || tail_plan.inputs[i];
    }
    head_plan = head.plan(from_head);
    for (std::size_t i = 0; i < encoders.size(); ++i) {
        if (encoders[i] && encoders[i]->levels() != nullptr) {
            check_thresholds(i, ports[i]["quantizer"]);
        }
    }
    check_output_shapes(top["interface"]["outputs"]);
}

/// The thresholds of a quantizer are a short form of the head's steps. Both must give the same
/// integers for the lowest and the highest float, where a missing threshold shows, and for the
/// floats on both sides of every threshold.
void HostProgram::Parts::check_thresholds(std::size_t port, const JsonField& quantizer) const {
    const host::Levels& levels = *encoders[port]->levels();
    std::vector<float> probes{std::numeric_limits<float>::lowest(),
                              std::numeric_limits<float>::max()};
    const auto agree = [&] {
        const std::vector<host::BoundedReal> numbers(probes.begin(), probes.end());
        const auto results = head.function_values(port, encoders[port]->input(), numbers);
        for (std::size_t i = 0; results && i < probes.size(); ++i) {
            if (QuickArithmetic::nearest_integer((*results)[i]) != levels.at(probes[i])) {
                return false;
            }
        }
        return true;
    };
    try {
        bool equal = agree();
        for (const float threshold : levels.thresholds()) {
            probes.push_back(threshold);
            probes.push_back(std::nextafter(threshold, -std::numeric_limits<float>::infinity()));
        }
        equal = equal && agree();
        if (!equal) {
            quantizer["thresholds"].fail("they do not give what the steps of host.head give");
        }
    } catch (const host::Undecided&) { // closer to a tie than bounded arithmetic tells
    }
}

/// Runs the host's steps behind the kernel that no table stands for, once, on zeros, for the shapes
/// of their results.
void HostProgram::Parts::check_output_shapes(const JsonField& outputs) const {
    if (tail_plan.empty()) {
        return;
    }
    const QuickArithmetic a;
    Results<QuickArithmetic> results;
    try {
        std::vector<bool> passing(head.outputs(), false);
        for (std::size_t i = output_ports.size(); i < tail.inputs(); ++i) {
            passing[input_ports.size() + i - output_ports.size()] = tail_plan.inputs[i];
        }
        Results<QuickArithmetic> inputs;
        for (const TensorInfo& info : model_inputs) {
            inputs.emplace_back(info.shape);
        }
        Results<QuickArithmetic> passed = head.evaluate(a, head.plan(passing), std::move(inputs));
        Results<QuickArithmetic> values;
        for (const PortInfo& info : output_ports) {
            values.emplace_back(info.shape);
        }
        values.insert(values.end(),
                      std::make_move_iterator(passed.begin() +
                                              static_cast<std::ptrdiff_t>(input_ports.size())),
                      std::make_move_iterator(passed.end()));
        results = tail.evaluate(a, tail_plan, std::move(values));
    } catch (const host::Undecided&) { // shapes that only real samples give
        return;
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::value) {
            return; // zeros have no result
        }
        throw;
    }
    const std::vector<JsonField> fields = outputs.elements();
    for (std::size_t i = 0; i < results.size(); ++i) {
        if (tail_plan.outputs[i] && results[i].shape != model_outputs[i].shape) {
            fields[i]["shape"].fail("the steps of host.tail give the shape " +
                                    to_string(results[i].shape));
        }
    }
}

/// An output that holds a port's integers in another order at most.
std::unique_ptr<const OutputDecoder> HostProgram::Parts::moved_output(std::size_t output) const {
    const auto port = tail.rearranged_input(output);
    if (!port || *port >= output_ports.size()) {
        return nullptr;
    }
    // The graph itself says where the elements go.
    std::vector<bool> wanted(tail.outputs(), false);
    wanted[output] = true;
    const PortInfo& info = output_ports[*port];
    if (element_count(info.shape) != element_count(model_outputs[output].shape)) {
        throw Error(ErrorKind::manifest,
                    "millrace.json: the model's output '" + model_outputs[output].name +
                        "' of shape " + to_string(model_outputs[output].shape) +
                        " does not fit the port's shape " + to_string(info.shape));
    }
    Results<QuickArithmetic> numbers(tail.inputs());
    numbers[*port] = host::Tensor<host::BoundedReal>(info.shape);
    for (std::size_t i = 0; i < numbers[*port].size(); ++i) {
        numbers[*port].values[i] = host::BoundedReal(static_cast<double>(i));
    }
    const auto moved =
        tail.evaluate(QuickArithmetic(), tail.plan(wanted), std::move(numbers))[output];
    std::vector<std::size_t> source;
    bool moves = false;
    for (const host::BoundedReal& from : moved.values) {
        moves = moves || from.hi != static_cast<double>(source.size());
        source.push_back(static_cast<std::size_t>(from.hi));
    }
    return OutputDecoder::make_move(*port, info, moves ? source : std::vector<std::size_t>(),
                                    model_outputs[output]);
}

template <class A>
Results<A> HostProgram::Parts::head_inputs(const A& a, const HostGraph::Plan& plan,
                                           const std::vector<const std::byte*>& elements,
                                           const std::vector<ElementType>& types,
                                           std::int64_t sample) const {
    Results<A> result(model_inputs.size());
    for (std::size_t i = 0; i < model_inputs.size(); ++i) {
        if (!plan.inputs[i]) {
            continue;
        }
        const TensorInfo& info = model_inputs[i];
        const ElementPlace place{info.name, sample};
        if (host::integer_range(info.type)) { // arrays of other types must hold such integers
            for (std::size_t e = 0; e < static_cast<std::size_t>(element_count(info.shape)); ++e) {
                static_cast<void>(host::integer_at(info.type, types[i], elements[i], e, place));
            }
        }
        result[i] = host::load_tensor(a, types[i], elements[i], info.shape, place);
    }
    return result;
}

template <class A>
void HostProgram::Parts::pack_port(const A& a, std::size_t port,
                                   const host::Tensor<typename A::Number>& values,
                                   std::byte* frame) const {
    const FrameLayout layout(input_ports[port]);
    if (values.size() != layout.elements) {
        throw Error(ErrorKind::manifest, "the head's result of shape " + to_string(values.shape) +
                                             " does not fit the port's shape " +
                                             to_string(input_ports[port].shape));
    }
    std::vector<std::int64_t> integers;
    integers.reserve(values.size());
    for (const auto& value : values.values) {
        integers.push_back(a.nearest_integer(value));
        if (integers.back() < layout.lowest() || integers.back() > layout.highest()) {
            throw Error(ErrorKind::manifest,
                        "the head's result " + std::to_string(integers.back()) +
                            " does not fit the port " + input_ports[port].name);
        }
    }
    pack_frame(layout, integers.data(), frame);
}

/// Evaluates the head for a sample. Ports go to frames (null: not wanted), values that pass by to
/// `passing`, which stays empty where bounded arithmetic does not suffice.
void HostProgram::Parts::run_head(const HostGraph::Plan& plan, std::span<const ConstArray> inputs,
                                  std::int64_t sample, const std::vector<std::byte*>& frames,
                                  Results<QuickArithmetic>* passing) const {
    std::vector<const std::byte*> elements;
    std::vector<ElementType> types;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        elements.push_back(sample_of(inputs, i, sample));
        types.push_back(inputs[i].type);
    }
    const auto run = [&]<class A>(const A& a) {
        Results<A> results = head.evaluate(a, plan, head_inputs(a, plan, elements, types, sample));
        for (std::size_t port = 0; port < frames.size(); ++port) {
            if (plan.outputs[port] && frames[port] != nullptr) {
                pack_port(a, port, results[port], frames[port]);
            }
        }
        if constexpr (std::is_same_v<A, QuickArithmetic>) {
            if (passing != nullptr) {
                passing->assign(std::make_move_iterator(results.begin() +
                                                        static_cast<std::ptrdiff_t>(frames.size())),
                                std::make_move_iterator(results.end()));
            }
        }
    };
    with_arithmetics(sample, run, run);
}

void HostProgram::Parts::encode_port(std::span<const ConstArray> inputs, std::size_t port,
                                     std::int64_t first, std::int64_t count,
                                     std::byte* memory) const {
    const InputEncoder& encoder = *encoders[port];
    const ConstArray& array = inputs[encoder.input()];
    const std::string& name = model_inputs[encoder.input()].name;
    InputEncoder::Scratch scratch;
    for (std::int64_t i = 0; i < count; ++i) {
        std::byte* frame = memory + static_cast<std::size_t>(i) * input_ports[port].frame_bytes;
        const ElementPlace place{name, first + i};
        if (!encoder.encode(array.type, sample_of(inputs, encoder.input(), first + i), frame, place,
                            scratch)) {
            std::vector<bool> wanted(head.outputs(), false);
            wanted[port] = true;
            std::vector<std::byte*> frames(input_ports.size(), nullptr);
            frames[port] = frame;
            run_head(head.plan(wanted), inputs, first + i, frames, nullptr);
        }
    }
}

template <class A>
void HostProgram::Parts::run_tail(const A& a, const std::vector<const std::byte*>& frames,
                                  Results<A> passing,
                                  const std::vector<std::byte*>& outputs) const {
    using N = typename A::Number;
    Results<A> values(output_ports.size());
    for (std::size_t i = 0; i < output_ports.size(); ++i) {
        if (!tail_plan.inputs[i]) {
            continue;
        }
        const FrameLayout layout(output_ports[i]);
        std::vector<std::int64_t> integers(layout.elements);
        unpack_frame(layout, frames[i], 0, layout.elements, integers.data());
        values[i] = host::Tensor<N>(output_ports[i].shape);
        for (std::size_t e = 0; e < integers.size(); ++e) {
            values[i].values[e] = N::integer(integers[e]);
        }
    }
    for (auto& tensor : passing) {
        values.push_back(std::move(tensor));
    }
    values.resize(tail.inputs());
    const Results<A> results = tail.evaluate(a, tail_plan, std::move(values));
    for (std::size_t i = 0; i < results.size(); ++i) {
        if (!tail_plan.outputs[i]) {
            continue;
        }
        if (static_cast<std::int64_t>(results[i].size()) != element_count(model_outputs[i].shape)) {
            throw Error(ErrorKind::manifest, "the tail's result of shape " +
                                                 to_string(results[i].shape) +
                                                 " does not fit the model's output of shape " +
                                                 to_string(model_outputs[i].shape));
        }
        host::store_tensor(a, results[i], model_outputs[i].type, outputs[i]);
    }
}

HostProgram::HostProgram(const Manifest& manifest) {
    if (!manifest.json) {
        throw Error(ErrorKind::usage, "a manifest that was not read from a file");
    }
    // Shapes are checked against each other, but all of them may be wrong.
    const auto too_large = [] {
        return Error(ErrorKind::manifest,
                     "millrace.json: its shapes need more memory than there is");
    };
    try {
        parts_ =
            std::make_unique<const Parts>(manifest, JsonField(*manifest.json, "millrace.json"));
    } catch (const std::bad_alloc&) {
        throw too_large();
    } catch (const std::length_error&) {
        throw too_large();
    }
}

HostProgram::~HostProgram() = default;

std::int64_t HostProgram::samples(std::span<const ConstArray> inputs) const {
    const std::vector<TensorInfo>& wanted = parts_->model_inputs;
    if (inputs.size() != wanted.size()) {
        throw Error(ErrorKind::shape,
                    "the model has " + counted(static_cast<std::int64_t>(wanted.size()), "input") +
                        ", " + std::to_string(inputs.size()) + " given");
    }
    std::int64_t samples = 0;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        const ConstArray& array = inputs[i];
        const std::optional<std::int64_t> count = sample_count(array.shape, wanted[i].shape);
        if (!count) {
            throw Error(ErrorKind::shape, "an array of shape " + to_string(array.shape) +
                                              " does not fit input '" + wanted[i].name +
                                              "': expected is " + expected_shapes(wanted[i].shape) +
                                              " for N samples");
        }
        if (i != 0 && *count != samples) {
            throw Error(ErrorKind::shape, "input '" + wanted[i].name + "' has " +
                                              counted(*count, "sample") + ", input '" +
                                              wanted[0].name + "' " + std::to_string(samples));
        }
        samples = *count;
        if (array.bytes.size() !=
            static_cast<std::size_t>(element_count(array.shape)) * bytes_per_element(array.type)) {
            throw Error(ErrorKind::shape,
                        "input '" + wanted[i].name + "': " + std::to_string(array.bytes.size()) +
                            " bytes are no array of shape " + to_string(array.shape) + " of " +
                            to_string(array.type));
        }
    }
    return samples;
}

std::vector<Array> HostProgram::outputs(std::int64_t samples) const {
    std::vector<Array> result;
    for (const TensorInfo& info : parts_->model_outputs) {
        Shape shape = info.shape;
        shape.insert(shape.begin(), samples);
        const auto no_room = [&shape] {
            return Error(ErrorKind::shape,
                         "there is no memory for outputs of shape " + to_string(shape));
        };
        try {
            result.emplace_back(info.type, shape);
        } catch (const std::bad_alloc&) {
            throw no_room();
        } catch (const std::length_error&) {
            throw no_room();
        }
    }
    return result;
}

std::unique_ptr<Bypass> HostProgram::encode(std::span<const ConstArray> inputs, std::int64_t first,
                                            std::int64_t count,
                                            std::span<const std::span<std::byte>> memory) const {
    const Parts& parts = *parts_;
    for (std::size_t port = 0; port < parts.encoders.size(); ++port) {
        if (parts.encoders[port]) {
            parts.encode_port(inputs, port, first, count, memory[port].data());
        }
    }
    if (parts.head_plan.empty()) {
        return nullptr;
    }
    auto bypass = parts.bypasses ? std::make_unique<PassingValues>() : nullptr;
    if (bypass) {
        bypass->quick.resize(static_cast<std::size_t>(count));
        for (std::size_t i = 0; i < inputs.size(); ++i) {
            const std::byte* begin = parts.sample_of(inputs, i, first);
            bypass->inputs.emplace_back(begin, parts.sample_of(inputs, i, first + count));
            bypass->types.push_back(inputs[i].type);
        }
    }
    for (std::int64_t i = 0; i < count; ++i) {
        std::vector<std::byte*> frames;
        for (std::size_t port = 0; port < memory.size(); ++port) {
            frames.push_back(memory[port].data() +
                             static_cast<std::size_t>(i) * parts.input_ports[port].frame_bytes);
        }
        parts.run_head(parts.head_plan, inputs, first + i, frames,
                       bypass ? &bypass->quick[static_cast<std::size_t>(i)] : nullptr);
    }
    return bypass;
}

void HostProgram::decode(std::span<const std::span<const std::byte>> memory,
                         const Bypass* passing_by, std::int64_t first, std::int64_t count,
                         std::span<Array> outputs, std::int64_t begin) const {
    const Parts& parts = *parts_;
    const auto* bypass = static_cast<const PassingValues*>(passing_by); // encode() made it
    const auto frame = [&](std::size_t port, std::int64_t i) {
        return memory[port].data() +
               static_cast<std::size_t>(i) * parts.output_ports[port].frame_bytes;
    };
    const auto element = [&](std::size_t output, std::int64_t i) {
        return outputs[output].bytes.data() +
               static_cast<std::size_t>(first - begin + i) *
                   sample_bytes(parts.model_outputs[output], parts.model_outputs[output].type);
    };
    OutputDecoder::Scratch scratch;
    for (std::size_t output = 0; output < outputs.size(); ++output) {
        if (const auto& decoder = parts.decoders[output]) {
            for (std::int64_t i = 0; i < count; ++i) {
                decoder->decode(frame(decoder->port(), i), element(output, i), scratch);
            }
        }
    }
    if (parts.tail_plan.empty()) {
        return;
    }
    for (std::int64_t i = 0; i < count; ++i) {
        std::vector<const std::byte*> frames;
        for (std::size_t port = 0; port < memory.size(); ++port) {
            frames.push_back(frame(port, i));
        }
        std::vector<std::byte*> elements;
        for (std::size_t output = 0; output < outputs.size(); ++output) {
            elements.push_back(element(output, i));
        }
        const auto quick = [&](const QuickArithmetic& a) {
            Results<QuickArithmetic> passing;
            if (bypass != nullptr) {
                passing = bypass->quick[static_cast<std::size_t>(i)];
                if (passing.empty()) {
                    throw host::Undecided();
                }
            }
            parts.run_tail(a, frames, std::move(passing), elements);
        };
        const auto exact = [&](const ExactArithmetic& a) {
            Results<ExactArithmetic> passing;
            if (bypass != nullptr) {
                std::vector<const std::byte*> at;
                for (std::size_t input = 0; input < bypass->inputs.size(); ++input) {
                    at.push_back(bypass->inputs[input].data() +
                                 static_cast<std::size_t>(i) *
                                     sample_bytes(parts.model_inputs[input], bypass->types[input]));
                }
                Results<ExactArithmetic> all = parts.head.evaluate(
                    a, parts.head_plan,
                    parts.head_inputs(a, parts.head_plan, at, bypass->types, first + i));
                passing.assign(std::make_move_iterator(all.begin() + static_cast<std::ptrdiff_t>(
                                                                         parts.input_ports.size())),
                               std::make_move_iterator(all.end()));
            }
            parts.run_tail(a, frames, std::move(passing), elements);
        };
        with_arithmetics(first + i, quick, exact);
    }
}

} // namespace millrace::runtime
