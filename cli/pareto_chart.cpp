// SPDX-License-Identifier: Apache-2.0
#include "cli/pareto_chart.hpp"

#include "cli/terminal.hpp"
#include "cli/xml_text.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>

namespace millrace::cli {

namespace {

constexpr double width = 860;
constexpr double height = 520;
constexpr double left = 84;
constexpr double right = 24;
constexpr double top = 56;
constexpr double bottom = 60;
constexpr double legend_row = 20; ///< of a line's name, below the axes
constexpr std::array<std::string_view, 6> colours{"#1f6feb", "#d1622b", "#2c9a5b",
                                                  "#8250df", "#b58a00", "#c2255c"};

/// A logarithmic axis over whole powers of ten that hold all values.
class Axis {
  public:
    Axis(double low, double high, double from, double to)
        : first_(std::floor(std::log10(low) + 1e-9)),
          last_(std::max(first_ + 1, std::ceil(std::log10(high) - 1e-9))),
          from_(from),
          to_(to) {}

    [[nodiscard]] double at(double value) const {
        return from_ + (std::log10(value) - first_) / (last_ - first_) * (to_ - from_);
    }
    [[nodiscard]] std::vector<double> ticks() const {
        std::vector<double> result;
        for (double power = first_; power <= last_; ++power) {
            result.push_back(std::pow(10, power));
        }
        return result;
    }
    /// 2 to 9 times each power of ten, too.
    [[nodiscard]] std::vector<double> lesser_ticks() const {
        std::vector<double> result;
        for (double power = first_; power < last_; ++power) {
            for (int times = 2; times <= 9; ++times) {
                result.push_back(times * std::pow(10, power));
            }
        }
        return result;
    }

  private:
    double first_;
    double last_;
    double from_;
    double to_;
};

std::string share_text(double share) { return fmt::format("{:g} %", 100 * share); }

} // namespace

std::string pareto_chart(const std::vector<ChartLine>& lines, const std::string& title,
                         const std::string& axis, bool as_share) {
    double least_fps = 1e300;
    double most_fps = 0;
    double least_level = as_share ? 1 : 1e300;
    double most_level = as_share ? 1 : 0;
    for (const ChartLine& line : lines) {
        for (const ChartPoint& point : line.points) {
            least_fps = std::min(least_fps, point.fps);
            most_fps = std::max(most_fps, point.fps);
            least_level = std::min(least_level, point.level);
            most_level = std::max(most_level, point.level);
        }
    }
    if (most_fps == 0) {
        least_fps = 1;
        most_fps = 10;
        least_level = 1;
        most_level = 10;
    }
    const Axis x(least_fps, most_fps, left, width - right);
    const Axis y(least_level, most_level, height - bottom, top);
    std::string svg = fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" "
        "height=\"{1}\" font-family=\"system-ui, sans-serif\" font-size=\"13\">\n"
        "<rect width=\"{0}\" height=\"{1}\" fill=\"white\"/>\n"
        "<text x=\"{2}\" y=\"26\" font-size=\"17\" font-weight=\"600\">{3}</text>\n",
        width, height + legend_row * static_cast<double>(lines.size()) + 8, left, xml_text(title));
    const auto grid = [&](double x1, double y1, double x2, double y2, std::string_view colour) {
        svg += fmt::format("<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" "
                           "stroke=\"{}\"/>\n",
                           x1, y1, x2, y2, colour);
    };
    for (const double tick : x.lesser_ticks()) {
        grid(x.at(tick), top, x.at(tick), height - bottom, "#f3f3f3");
    }
    for (const double tick : y.lesser_ticks()) {
        grid(left, y.at(tick), width - right, y.at(tick), "#f3f3f3");
    }
    for (const double tick : x.ticks()) {
        grid(x.at(tick), top, x.at(tick), height - bottom, "#d0d0d0");
        svg += fmt::format("<text x=\"{:.1f}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n",
                           x.at(tick), height - bottom + 20, engineering(tick));
    }
    for (const double tick : y.ticks()) {
        grid(left, y.at(tick), width - right, y.at(tick), "#d0d0d0");
        svg += fmt::format("<text x=\"{}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>\n", left - 8,
                           y.at(tick) + 4, as_share ? share_text(tick) : engineering(tick));
    }
    if (as_share) {
        grid(left, y.at(1), width - right, y.at(1), "#c2255c");
    }
    svg += fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">frames a second</text>\n",
                       (left + width - right) / 2, height - 16);
    svg += fmt::format("<text x=\"18\" y=\"{0}\" text-anchor=\"middle\" transform=\"rotate(-90 18 "
                       "{0})\">{1}</text>\n",
                       (top + height - bottom) / 2, xml_text(axis));
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const std::string_view colour = colours[i % colours.size()];
        std::string path;
        for (const ChartPoint& point : lines[i].points) {
            path += fmt::format("{}{:.1f},{:.1f}", path.empty() ? "" : " ", x.at(point.fps),
                                y.at(point.level));
        }
        svg += fmt::format("<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" "
                           "stroke-width=\"2\"/>\n",
                           path, colour);
        for (const ChartPoint& point : lines[i].points) {
            svg += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"4.5\" fill=\"{}\">"
                               "<title>{}</title></circle>\n",
                               x.at(point.fps), y.at(point.level), colour, xml_text(point.note));
        }
        const double row = height + legend_row * static_cast<double>(i) + 8;
        svg += fmt::format("<rect x=\"{0}\" y=\"{1}\" width=\"12\" height=\"12\" fill=\"{2}\"/>\n"
                           "<text x=\"{3}\" y=\"{4}\">{5}</text>\n",
                           left, row - 10, colour, left + 18, row + 1, xml_text(lines[i].name));
    }
    return svg + "</svg>\n";
}

} // namespace millrace::cli
