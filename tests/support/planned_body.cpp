// SPDX-License-Identifier: Apache-2.0
#include "tests/support/planned_body.hpp"

#include "frontend/import.hpp"
#include "tests/support/random_cnn.hpp"

#include <utility>

namespace millrace::tests {

bool with_random_body(std::uint32_t seed, ActorLibrary library,
                      const std::function<void(const passes::PlanRequest& request)>& f) {
    Diagnostics diagnostics;
    auto imported =
        frontend::import_onnx_bytes(random_cnn(seed).model.bytes(), "random.onnx", {}, diagnostics);
    if (!imported) {
        return false;
    }
    passes::Compilation c;
    c.network = std::move(imported->graph);
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

} // namespace millrace::tests
