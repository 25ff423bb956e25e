// SPDX-License-Identifier: Apache-2.0
//
// What --json prints. Names of a model are arbitrary bytes: those that are not UTF-8 are replaced.
#pragma once

#include "ir/diagnostics.hpp"

#include <functional>
#include <nlohmann/json.hpp>

namespace millrace::cli {

/// Keys keep the order in which they were set, so that equal results give equal text.
using Json = nlohmann::ordered_json;

/// One document on standard output.
void print_json(const Json& document);

/// [{"code","severity","file","node","op","message","help"}].
Json to_json(const Diagnostics& diagnostics);

/// Reports why a command ends here: the diagnostics on standard error and with `json` also
/// {"ok": false, "diagnostics"} on standard output. Returns exit_refused.
int refuse(const Diagnostics& diagnostics, bool json);

/// How a command that was not refused ends: the diagnostics on standard error, its result as one
/// document or as `text` prints it on standard output.
void answer(const Diagnostics& diagnostics, bool json, const std::function<Json()>& document,
            const std::function<void()>& text);

} // namespace millrace::cli
