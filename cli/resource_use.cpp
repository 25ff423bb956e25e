// SPDX-License-Identifier: Apache-2.0
#include "cli/resource_use.hpp"

#include "cli/terminal.hpp"
#include "planner/solver.hpp"

#include <cmath>
#include <fmt/format.h>

namespace millrace::cli {

namespace {

std::int64_t rounded(double number) { return std::llround(number); }

} // namespace

std::vector<ResourceUse> resource_use(const Cost& cost, const Board* board,
                                      std::int64_t compute_units) {
    const Cost free = board == nullptr ? Cost() : planner::available_on(*board);
    std::vector<ResourceUse> uses;
    const auto add = [&](const char* title, const char* key, double used, double available) {
        ResourceUse use;
        use.title = title;
        use.key = key;
        use.used = rounded(used);
        use.available = rounded(available);
        const double all = used * static_cast<double>(compute_units);
        use.share = available > 0 ? all / available : 0;
        uses.push_back(std::move(use));
    };
    add("LUT", "lut", cost.lut, free.lut);
    add("FF", "ff", cost.ff, free.ff);
    add("BRAM18", "bram18", cost.bram18, free.bram18);
    if (cost.uram > 0 || free.uram > 0) {
        add("URAM", "uram", cost.uram, free.uram);
    }
    add("DSP", "dsp", cost.dsp, free.dsp);
    return uses;
}

std::string resource_text(const std::vector<ResourceUse>& uses) {
    std::string text;
    for (const ResourceUse& use : uses) {
        text += fmt::format("{}{} {}", text.empty() ? "" : ", ", grouped(use.used), use.title);
    }
    return text + " (estimated)";
}

std::string utilisation_text(const std::vector<ResourceUse>& uses) {
    std::string text;
    for (const ResourceUse& use : uses) {
        if (use.available > 0) {
            text +=
                fmt::format("{}{} {:.1f} %", text.empty() ? "" : ", ", use.title, 100 * use.share);
        }
    }
    return text;
}

Json to_json(const Cost& cost) {
    return {{"lut", rounded(cost.lut)},   {"lut_memory", rounded(cost.lut_memory)},
            {"ff", rounded(cost.ff)},     {"bram18", rounded(cost.bram18)},
            {"uram", rounded(cost.uram)}, {"dsp", rounded(cost.dsp)}};
}

Json resources_json(const Cost& cost, const Cost& queues, const Cost& control, const Board* board,
                    std::int64_t compute_units) {
    Json document = to_json(cost);
    document["library"] = "rtl";
    document["fifos"] = to_json(queues);
    document["control"] = to_json(control);
    document["available"] = nullptr;
    document["utilisation"] = nullptr;
    if (board != nullptr) {
        document["available"] = Json::object();
        document["utilisation"] = Json::object();
        for (const ResourceUse& use : resource_use(cost, board, compute_units)) {
            document["available"][use.key] = use.available;
            document["utilisation"][use.key] = use.share;
        }
    }
    return document;
}

} // namespace millrace::cli
