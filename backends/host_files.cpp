// SPDX-License-Identifier: Apache-2.0
#include "backends/host_files.hpp"

#include "backends/embedded_runtime.hpp"
#include "backends/embedded_templates.hpp"

#include <string>

namespace millrace::backends {

void add_host_files(ProjectFiles& files) {
    for (const char* name : {"main.cpp", "CMakeLists.txt", "millrace_driver.py"}) {
        files[std::string("host/") + name] = embedded_template(std::string("host/") + name);
    }
    for (const std::string_view path : embedded_runtime_paths()) {
        files["host/runtime/" + std::string(path)] = embedded_runtime_source(path);
    }
}

} // namespace millrace::backends
