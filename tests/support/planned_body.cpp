// SPDX-License-Identifier: Apache-2.0
#include "tests/support/planned_body.hpp"

#include "frontend/import.hpp"
#include "tests/support/random_cnn.hpp"

#include <utility>

namespace millrace::tests {

namespace {

bool with_body(Graph network, ActorLibrary library,
               const std::function<void(const passes::PlanRequest& request)>& f) {
    Diagnostics diagnostics;
    passes::Compilation c;
    c.network = std::move(network);
    c.library = library;
    bool reached = false;
    c.make_plan = [&](const passes::PlanRequest& request, Diagnostics&) -> std::optional<Plan> {
        reached = true;
        f(request);
        return std::nullopt;
    };
    passes::run_passes(c, diagnostics);
    return reached;
}

} // namespace

bool with_random_body(std::uint32_t seed, ActorLibrary library,
                      const std::function<void(const passes::PlanRequest& request)>& f) {
    Diagnostics diagnostics;
    auto imported =
        frontend::import_onnx_bytes(random_cnn(seed).model.bytes(), "random.onnx", {}, diagnostics);
    return imported && with_body(std::move(imported->graph), library, f);
}

bool with_random_mlp(std::uint32_t seed, const RandomMlp::Limits& limits, ActorLibrary library,
                     const std::function<void(const passes::PlanRequest& request)>& f) {
    return with_body(RandomMlp(seed).network(limits), library, f);
}

MemoryCycles paced_ports(const Graph& body, std::int64_t quarters) {
    MemoryCycles cycles;
    for (const auto* ports : {&body.inputs, &body.outputs}) {
        for (const ValueId id : *ports) {
            const auto& type = std::get<IntegerType>(body.value(id).type);
            cycles.push_back(element_count(type.shape) * quarters / 4);
        }
    }
    return cycles;
}

} // namespace millrace::tests
