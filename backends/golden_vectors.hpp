// SPDX-License-Identifier: Apache-2.0
//
// Frames for the test benches of emitted projects, with what the integer level makes of them.
#pragma once

#include "backends/compiled_design.hpp"
#include "backends/kernel_ports.hpp"
#include "backends/project.hpp"

namespace millrace::backends {

/// golden/PORT.bin for every port: random frames over the inputs' ranges (the second and third are
/// the corners) and their results, as they lie in the ports' memory. The same on every machine.
ProjectFiles golden_files(const CompiledDesign& design, const KernelPorts& ports, int frames);

/// How many frames to take at once, at most `most`: fewer where a frame is much work.
int frames_at_once(const CompiledDesign& design, int most);

} // namespace millrace::backends
