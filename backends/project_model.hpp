// SPDX-License-Identifier: Apache-2.0
//
// What a project says of itself, whichever backend made it: the manifest (docs/manifest.md) and the
// compiled model in text form, from which `simulate` and `report` work again.
#pragma once

#include "backends/compiled_design.hpp"
#include "backends/kernel_ports.hpp"
#include "backends/link_files.hpp"
#include "backends/project.hpp"
#include "backends/project_options.hpp"

#include <string_view>

namespace millrace::backends {

/// Adds millrace.json and model/*.mir.
void add_project_model(ProjectFiles& files, const CompiledDesign& design,
                       const ProjectOptions& options, std::string_view backend,
                       const KernelPorts& ports, const LinkedDesign& linked,
                       const CyclePrediction& cycles);

} // namespace millrace::backends
