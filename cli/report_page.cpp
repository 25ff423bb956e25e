// SPDX-License-Identifier: Apache-2.0
//
// Figures and geometry are worked out here; how the page looks is in
// templates/report/report.html.mustache.
#include "cli/report_page.hpp"

#include "backends/embedded_templates.hpp"
#include "backends/template_renderer.hpp"
#include "cli/graph_layout.hpp"
#include "cli/resource_use.hpp"
#include "cli/terminal.hpp"

#include "ir/circuit.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <map>
#include <utility>

namespace millrace::cli {

namespace {

using Values = nlohmann::json; ///< what the renderer takes

// The drawing, in pixels.
constexpr double box_width = 250;
constexpr double box_height = 50;
constexpr double column = box_width + 40;
constexpr double row_height = box_height + 36;
constexpr double margin = 8;

/// Text of a model is arbitrary bytes; the page is UTF-8.
std::string printable(std::string_view text) {
    const std::string quoted =
        Json(escaped(text)).dump(-1, ' ', false, Json::error_handler_t::replace);
    return Json::parse(quoted).get<std::string>();
}

std::string pixels(double value) { return fmt::format("{:.1f}", value); }

std::string percent(double part) { return fmt::format("{:.1f}", 100 * std::clamp(part, 0.0, 1.0)); }

double relative_cycles(const ActorRow& row, const DesignSummary& summary) {
    return summary.interval == 0
               ? 0
               : static_cast<double>(row.cycles) / static_cast<double>(summary.interval);
}

std::string title_of(const Project& project) {
    const auto model = project.manifest.find("model");
    if (model != project.manifest.end()) {
        if (model->is_string()) {
            return model->get<std::string>();
        }
        if (model->is_object() && model->contains("name") && (*model)["name"].is_string()) {
            return (*model)["name"].get<std::string>();
        }
    }
    return project.dataflow.name.empty() ? "model" : project.dataflow.name;
}

struct Edge {
    std::size_t from; ///< rows of the summary
    std::size_t to;
    std::string label;
};

/// Streams between actors; what lies between (FIFOs, reshapes) is their label.
std::vector<Edge> edges_of(const Graph& dataflow, const DesignSummary& summary) {
    struct Source {
        std::size_t row;
        std::string label;
    };
    std::map<ValueId, Source> sources;
    std::vector<Edge> edges;
    std::size_t row = 0;
    for (std::size_t index = 0; index < dataflow.nodes.size(); ++index) {
        const Node& node = dataflow.nodes[index];
        const bool actor = row < summary.actors.size() && summary.actors[row].node == index;
        if (actor) {
            for (const ValueId input : node.inputs) {
                if (const auto source = sources.find(input); source != sources.end()) {
                    edges.push_back({source->second.row, row, source->second.label});
                }
            }
        }
        for (const ValueId output : node.outputs) {
            std::string label;
            if (const auto* stream = std::get_if<StreamType>(&dataflow.value(output).type)) {
                label = fmt::format("{} x {}", stream->lanes, to_string(stream->element));
            }
            if (actor) {
                sources[output] = {row, label};
            } else if (const auto source = sources.find(node.inputs.at(0));
                       source != sources.end()) {
                Source passed = source->second;
                if (const auto* fifo = std::get_if<ops::Fifo>(&node.op)) {
                    passed.label = fmt::format("{}, FIFO {}", label, fifo->depth);
                }
                sources[output] = std::move(passed);
            }
        }
        row += actor ? 1 : 0;
    }
    return edges;
}

/// A smooth line downwards through points.
std::string path_through(const std::vector<Point>& points) {
    const auto x = [](const Point& p) { return margin + p.x * column + box_width / 2; };
    const auto y = [](const Point& p) { return margin + p.y * row_height; };
    std::string path;
    for (std::size_t i = 0; i + 1 < points.size(); ++i) {
        const bool first = i == 0;
        const bool last = i + 2 == points.size();
        const double top = y(points[i]) + (first ? box_height : box_height / 2);
        // Room for the arrow's head.
        const double bottom = y(points[i + 1]) + (last ? -2 : box_height / 2);
        const double middle = (top + bottom) / 2;
        if (first) {
            path += fmt::format("M{} {}", pixels(x(points[i])), pixels(top));
        }
        path += fmt::format(" C{} {} {} {} {} {}", pixels(x(points[i])), pixels(middle),
                            pixels(x(points[i + 1])), pixels(middle), pixels(x(points[i + 1])),
                            pixels(bottom));
    }
    return path;
}

/// At most this many characters, which the box holds.
std::string shortened(const std::string& text, std::size_t most) {
    return text.size() <= most ? text : text.substr(0, most - 3) + "...";
}

Values drawing(const Graph& dataflow, const DesignSummary& summary) {
    const std::vector<Edge> edges = edges_of(dataflow, summary);
    std::vector<std::pair<std::size_t, std::size_t>> pairs;
    pairs.reserve(edges.size());
    for (const Edge& edge : edges) {
        pairs.emplace_back(edge.from, edge.to);
    }
    const GraphLayout layout = lay_out(summary.actors.size(), pairs);
    Values result;
    result["width"] = pixels(layout.width * column + box_width + 2 * margin);
    result["height"] =
        pixels(static_cast<double>(std::max<std::size_t>(layout.layers, 1) - 1) * row_height +
               box_height + 2 * margin);
    result["boxes"] = Values::array();
    for (std::size_t i = 0; i < summary.actors.size(); ++i) {
        const ActorRow& row = summary.actors[i];
        const double left = margin + layout.nodes[i].x * column;
        const double top = margin + layout.nodes[i].y * row_height;
        const double inner = box_width - 16;
        result["boxes"].push_back({{"x", pixels(left)},
                                   {"y", pixels(top)},
                                   {"text_x", pixels(left + 8)},
                                   {"right_x", pixels(left + box_width - 8)},
                                   {"name_y", pixels(top + 18)},
                                   {"kind_y", pixels(top + 34)},
                                   {"bar_y", pixels(top + 41)},
                                   {"bar_width", pixels(inner)},
                                   {"bar_fill", pixels(inner * relative_cycles(row, summary))},
                                   {"kind", row.kind},
                                   {"name", printable(shortened(row.name, 24))},
                                   {"full_name", printable(row.name)},
                                   {"detail", printable(shortened(row.detail, 26))},
                                   {"cycles", grouped(row.cycles)},
                                   {"slowest", row.name == summary.bottleneck}});
    }
    result["edges"] = Values::array();
    for (std::size_t i = 0; i < edges.size(); ++i) {
        const std::vector<Point>& points = layout.edges[i];
        const Point& from = points.front();
        const Point& next = points.at(1);
        result["edges"].push_back(
            {{"path", path_through(points)},
             {"label", edges[i].label},
             {"label_x", pixels(margin + (from.x + next.x) / 2 * column + box_width / 2 + 8)},
             {"label_y", pixels(margin + from.y * row_height + box_height +
                                (row_height - box_height) / 2 + 4)}});
    }
    result["box_width"] = pixels(box_width);
    result["box_height"] = pixels(box_height);
    return result;
}

Values layer_rows(const DesignSummary& summary) {
    Values rows = Values::array();
    for (const ActorRow& row : summary.actors) {
        rows.push_back({{"name", printable(row.name)},
                        {"kind", row.kind},
                        {"detail", printable(row.detail)},
                        {"shape", row.shape},
                        {"input", row.input},
                        {"output", row.output},
                        {"pe", row.pe},
                        {"simd", row.simd},
                        {"cycles", grouped(row.cycles)},
                        {"share", percent(relative_cycles(row, summary))},
                        {"bits", row.weight_bits == 0 ? "" : grouped(row.weight_bits)},
                        {"lut", grouped(std::llround(row.cost.lut))},
                        {"ff", grouped(std::llround(row.cost.ff))},
                        {"bram", grouped(std::llround(row.cost.bram18))},
                        {"dsp", grouped(std::llround(row.cost.dsp))},
                        {"slowest", row.name == summary.bottleneck}});
    }
    return rows;
}

std::string memory_name(ops::MemoryStyle style) {
    return style == ops::MemoryStyle::bram   ? "BRAM"
           : style == ops::MemoryStyle::uram ? "URAM"
                                             : "LUT";
}

Values fifo_rows(const Graph& dataflow, const std::optional<Plan>& plan) {
    Values rows = Values::array();
    for (const Node& node : dataflow.nodes) {
        if (const auto* fifo = std::get_if<ops::Fifo>(&node.op)) {
            const auto* stream = std::get_if<StreamType>(&dataflow.value(node.outputs.at(0)).type);
            const std::int64_t bits = stream == nullptr ? 0 : stream->word_bits();
            const std::int64_t common = plan ? plan->default_fifo_depth : Plan().default_fifo_depth;
            const bool planned = plan && plan->fifos.contains(node.name) &&
                                 plan->fifos.at(node.name).depth.has_value();
            const bool own = common != Plan().default_fifo_depth;
            rows.push_back({{"name", printable(node.name)},
                            {"depth", grouped(fifo->depth)},
                            {"word", grouped(bits)},
                            {"bits", grouped(bits * fifo->depth)},
                            // Behind forks, what waits while another way takes longer.
                            {"source", planned                 ? "plan"
                                       : fifo->depth != common ? "schedule"
                                       : own                   ? "plan's default depth"
                                                               : "default"},
                            {"memory", memory_name(queue_memory(*fifo, bits))}});
        }
    }
    return rows;
}

/// Estimates of the kernel, and bars where there is a board to compare with.
Values resource_rows(const ReportInput& input) {
    Values rows = Values::array();
    for (const ResourceUse& use : resource_use(
             input.summary.cost, input.board ? &*input.board : nullptr, input.compute_units)) {
        const bool known = use.available > 0;
        rows.push_back({{"title", use.title},
                        {"used", grouped(use.used * input.compute_units)},
                        {"available", known ? grouped(use.available) : ""},
                        {"known", known},
                        {"share", percent(use.share)},
                        {"percent", fmt::format("{:.1f} %", 100 * use.share)},
                        {"over", use.share > 1}});
    }
    return rows;
}

Values host_rows(const DesignSummary& summary) {
    Values rows = Values::array();
    for (const HostStep& step : summary.host) {
        rows.push_back({{"where", step.before ? "before the hardware" : "after the hardware"},
                        {"op", printable(step.op)},
                        {"node", printable(step.node)}});
    }
    return rows;
}

Values figure(const std::string& label, const std::string& value, const std::string& note) {
    return {{"label", label}, {"value", value}, {"note", note}};
}

Values figures(const ReportInput& input, double clock) {
    const DesignSummary& summary = input.summary;
    std::int64_t macs = 0;
    std::int64_t bits = 0;
    const Graph& dataflow = input.project.dataflow;
    for (const Node& node : dataflow.nodes) {
        const std::int64_t results = element_count(shape_of(dataflow.value(node.outputs[0]).type));
        if (const auto* unit = std::get_if<ops::MatrixVector>(&node.op)) {
            macs += results * unit->weights->shape().at(0);
            bits += unit->weights->size() * unit->weight_format.bits;
        } else if (const auto* depthwise = std::get_if<ops::Depthwise>(&node.op)) {
            macs += results * depthwise->weights->shape().at(0);
            bits += depthwise->weights->size() * depthwise->weight_format.bits;
        } else if (std::holds_alternative<ops::DynamicMatrix>(node.op)) {
            macs += results * shape_of(dataflow.value(node.inputs[0]).type).back();
        }
    }
    Values list = Values::array();
    list.push_back(figure("throughput", engineering(summary.frames_per_second(clock)) + " frames/s",
                          fmt::format("predicted, at {} MHz", clock)));
    if (!summary.memory.name.empty()) {
        list.push_back(figure(
            "memory", fmt::format("{:.3g} GB/s", summary.memory.asked(summary.interval, clock)),
            fmt::format("{} carries {:.4g}{}", printable(summary.memory.name),
                        summary.memory.gbytes_per_second,
                        summary.is_limited_by_memory(clock) ? ", which limits throughput" : "")));
    }
    list.push_back(figure("interval", grouped(summary.interval) + " cycles",
                          "between frames: " + printable(summary.bottleneck)));
    list.push_back(figure(
        "latency", grouped(summary.latency) + " cycles",
        fmt::format("{} us of one frame",
                    engineering(clock == 0 ? 0 : static_cast<double>(summary.latency) / clock))));
    list.push_back(figure("work", engineering(static_cast<double>(macs)) + " MAC",
                          "multiply-accumulates of the hardware a frame"));
    list.push_back(
        figure("weights", engineering(static_cast<double>(bits)) + " bit", "on chip, as stored"));
    if (input.results && input.results->contains("top1") && (*input.results)["top1"].is_number()) {
        const Json& results = *input.results;
        // The file may have been edited: what is not as expected is left out.
        const auto samples = results.find("samples");
        const auto engine = results.find("engine");
        std::string note;
        if (samples != results.end() && samples->is_number_integer()) {
            note = grouped(samples->get<std::int64_t>()) + " samples";
        }
        if (engine != results.end() && engine->is_string()) {
            note += (note.empty() ? "" : ", ") + printable(engine->get<std::string>());
        }
        list.push_back(figure("top-1 accuracy",
                              fmt::format("{:.2f} %", 100 * results["top1"].get<double>()), note));
    }
    return list;
}

} // namespace

std::string report_page(const ReportInput& input) {
    const double clock = input.project.clock_mhz();
    Values values;
    values["title"] = printable(title_of(input.project));
    values["figures"] = figures(input, clock);
    values["graph"] = drawing(input.project.dataflow, input.summary);
    values["layers"] = layer_rows(input.summary);
    values["fifos"] = fifo_rows(input.project.dataflow, input.plan);
    values["resources"] = resource_rows(input);
    values["resource_note"] =
        input.board
            ? fmt::format(
                  "Estimated for the RTL actor library, {}; against what the shell leaves "
                  "of {} and a design may take of it to meet its clock.{}",
                  input.compute_units == 1 ? "one compute unit"
                                           : fmt::format("{} compute units", input.compute_units),
                  printable(input.board->title),
                  input.regions.empty() ? "" : " Regions: " + printable(input.regions) + ".")
            : "Estimated for the RTL actor library.";
    values["host"] = host_rows(input.summary);
    values["host_steps"] = !input.summary.host.empty();
    return backends::render_template(backends::embedded_template("report/report.html.mustache"),
                                     values, "report/report.html.mustache", backends::Escape::html);
}

} // namespace millrace::cli
