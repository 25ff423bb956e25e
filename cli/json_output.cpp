// SPDX-License-Identifier: Apache-2.0
#include "cli/json_output.hpp"

#include "cli/command_line.hpp"
#include "cli/terminal.hpp"

#include <fmt/format.h>

namespace millrace::cli {

void print_json(const Json& document) {
    fmt::print("{}\n", document.dump(2, ' ', false, Json::error_handler_t::replace));
}

Json to_json(const Diagnostics& diagnostics) {
    Json list = Json::array();
    for (const Diagnostic& diagnostic : diagnostics.all()) {
        list.push_back({{"code", std::string(info(diagnostic.code).id)},
                        {"severity", std::string(to_string(diagnostic.severity))},
                        {"file", diagnostic.file},
                        {"node", diagnostic.node},
                        {"op", diagnostic.op},
                        {"message", diagnostic.message},
                        {"help", diagnostic.help}});
    }
    return list;
}

int refuse(const Diagnostics& diagnostics, bool json) {
    print_diagnostics(diagnostics);
    if (json) {
        print_json({{"ok", false}, {"diagnostics", to_json(diagnostics)}});
    }
    return exit_refused;
}

void answer(const Diagnostics& diagnostics, bool json, const std::function<Json()>& document,
            const std::function<void()>& text) {
    print_diagnostics(diagnostics);
    if (json) {
        print_json(document());
    } else {
        text();
    }
}

} // namespace millrace::cli
