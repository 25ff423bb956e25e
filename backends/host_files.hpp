// SPDX-License-Identifier: Apache-2.0
//
// The host application of a project (host/), whichever backend made the kernel: a small program on
// the runtime, the runtime's sources, and a driver for Python. The same text in every project; what
// differs is in millrace.json.
#pragma once

#include "backends/project.hpp"

namespace millrace::backends {

/// Adds host/: main.cpp, CMakeLists.txt, millrace_driver.py and runtime/.
void add_host_files(ProjectFiles& files);

} // namespace millrace::backends
