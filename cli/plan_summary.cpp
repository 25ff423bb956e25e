// SPDX-License-Identifier: Apache-2.0
#include "cli/plan_summary.hpp"

#include "cli/terminal.hpp"

#include <fmt/format.h>

namespace millrace::cli {

namespace {

using Kind = planner::Objective::Kind;

/// How near to the least resources.
std::string proof_text(const planner::Solution& solution) {
    if (solution.proved) {
        return "proved";
    }
    const double above = solution.value / solution.bound - 1;
    return (above < 1 ? fmt::format("within {:.2g} % of the bound", 100 * above)
                      : fmt::format("{:.0f} times the bound", 1 + above)) +
           (solution.cut_short ? " (--effort searches longer)" : "");
}

std::string objective_text(const planner::Solution& solution, const planner::Budget& budget) {
    switch (solution.objective.kind) {
    case Kind::cycles:
        return fmt::format("least resources for {} cycles: {}", grouped(solution.objective.target),
                           proof_text(solution));
    case Kind::latency:
        return fmt::format("least resources {}for a latency of {} cycles: {}",
                           solution.proved ? "" : "found ", grouped(solution.objective.target),
                           proof_text(solution));
    case Kind::fastest:
        break;
    }
    if (budget.name.empty() || solution.interval_bound <= 1) {
        return fmt::format("fastest folding; least resources at its interval: {}",
                           proof_text(solution));
    }
    const std::string speed =
        solution.interval_bound == solution.interval
            ? fmt::format("proved{}",
                          solution.binding.empty()
                              ? ""
                              : fmt::format(" ({} {})", solution.binding,
                                            solution.binding.find(" and ") == std::string::npos
                                                ? "binds"
                                                : "bind"))
            : fmt::format("none below {} cycles does", grouped(solution.interval_bound));
    return fmt::format("fastest that fits {}: {}; least resources at its interval: {}", budget.name,
                       speed, proof_text(solution));
}

} // namespace

std::string plan_text(const planner::Solution& solution, const planner::Budget& budget) {
    return objective_text(solution, budget) +
           (solution.trial.placed ? "" : " (for the regions together: no cut was found)");
}

Json plan_json(const planner::Solution& solution) {
    const char* const objective = solution.objective.kind == Kind::cycles    ? "cycles"
                                  : solution.objective.kind == Kind::latency ? "latency"
                                                                             : "fastest";
    Json document{{"objective", objective},        {"target", solution.objective.target},
                  {"interval", solution.interval}, {"slowest", solution.slowest},
                  {"weighted", solution.value},    {"bound", solution.bound},
                  {"proved", solution.proved}};
    if (solution.objective.kind == Kind::fastest) {
        document["interval_bound"] = solution.interval_bound;
        document["binding"] =
            solution.binding.empty() ? Json() : Json(std::string(solution.binding));
    }
    return document;
}

std::string regions_text(const std::optional<planner::RegionAssignment>& assignment,
                         const Board& board) {
    if (!assignment) {
        return fmt::format("no cut keeps every region within its caps and {} crossing wires",
                           grouped(planner::most_crossing_wires));
    }
    std::string text;
    for (const planner::RegionAssignment::Part& part : assignment->parts) {
        text +=
            fmt::format("{}{}: {} to {} ({:.0f} %)", text.empty() ? "" : ", ",
                        board.regions[part.region].name, part.first, part.last, 100 * part.share);
        if (part.crossing > 0) {
            text += fmt::format(", {} wires", grouped(part.crossing));
        }
    }
    return text;
}

Json regions_json(const std::optional<planner::RegionAssignment>& assignment, const Board& board) {
    if (!assignment) {
        return {};
    }
    Json parts = Json::array();
    for (const planner::RegionAssignment::Part& part : assignment->parts) {
        parts.push_back({{"region", board.regions[part.region].name},
                         {"first", part.first},
                         {"last", part.last},
                         {"share", part.share},
                         {"crossing", part.crossing}});
    }
    return parts;
}

} // namespace millrace::cli
