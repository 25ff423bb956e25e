// SPDX-License-Identifier: Apache-2.0
//
// The HTML page about a project.
#pragma once

#include "cli/design_summary.hpp"
#include "cli/project_folder.hpp"
#include "ir/board.hpp"
#include "ir/plan.hpp"

#include <optional>
#include <string>

namespace millrace::cli {

struct ReportInput {
    const Project& project;
    const DesignSummary& summary;
    std::optional<Plan> plan;    ///< of the project's plan.toml, where it can be read
    std::optional<Json> results; ///< what `simulate --labels` left in the project
    std::optional<Board> board;  ///< of the project's board.toml
    std::int64_t compute_units = 1;
    std::string regions{}; ///< that the one unit is cut into; empty: there is no choice
};

/// One page without any outside resource: figures, the graph of actors as SVG, tables of actors,
/// FIFOs and host steps. Everything that comes from the model is escaped.
std::string report_page(const ReportInput& input);

} // namespace millrace::cli
