// SPDX-License-Identifier: Apache-2.0
//
// The Pareto fronts of explore as a picture.
#pragma once

#include <string>
#include <vector>

namespace millrace::cli {

struct ChartPoint {
    double fps = 0;   ///< more than 0
    double level = 0; ///< what is on the vertical axis: a share or a count, more than 0
    std::string note; ///< shown by a browser while the mouse is over the point
};

struct ChartLine {
    std::string name; ///< any bytes
    std::vector<ChartPoint> points;
};

/// An SVG document, both axes logarithmic. `axis`: what `level` is; `as_share`: in percent, with a
/// line at 100 %.
std::string pareto_chart(const std::vector<ChartLine>& lines, const std::string& title,
                         const std::string& axis, bool as_share);

} // namespace millrace::cli
