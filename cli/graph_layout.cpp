// SPDX-License-Identifier: Apache-2.0
//
// The usual three steps of layered drawing (Sugiyama, Tagawa, Toda 1981): a node's layer is its
// longest path from a source; edges over several layers get a place in each layer between; places
// in a layer are ordered by the mean position of their neighbours in the layer above, which keeps
// crossings few. Layers are centred, so a chain is a straight line.
#include "cli/graph_layout.hpp"

#include "ir/diagnostics.hpp"

#include <algorithm>
#include <iterator>
#include <numeric>

namespace millrace::cli {

GraphLayout lay_out(std::size_t count,
                    const std::vector<std::pair<std::size_t, std::size_t>>& edges) {
    std::vector<std::size_t> layer(count, 0);
    // Topological order: by the time an edge's source is looked at, its layer is final.
    std::vector<std::size_t> by_source(edges.size());
    std::iota(by_source.begin(), by_source.end(), std::size_t{0});
    std::stable_sort(by_source.begin(), by_source.end(),
                     [&](std::size_t a, std::size_t b) { return edges[a].first < edges[b].first; });
    for (const std::size_t edge : by_source) {
        const auto [from, to] = edges[edge];
        if (from >= to || to >= count) {
            throw Defect("a graph to be drawn is not in topological order");
        }
        layer[to] = std::max(layer[to], layer[from] + 1);
    }

    // Places: the nodes, then the points of long edges.
    std::vector<std::vector<std::size_t>> above(count);
    std::vector<std::vector<std::size_t>> chains(edges.size());
    for (std::size_t edge = 0; edge < edges.size(); ++edge) {
        const auto [from, to] = edges[edge];
        chains[edge].push_back(from);
        for (std::size_t between = layer[from] + 1; between < layer[to]; ++between) {
            const std::size_t place = layer.size();
            layer.push_back(between);
            above.push_back({chains[edge].back()});
            chains[edge].push_back(place);
        }
        above[to].push_back(chains[edge].back());
        chains[edge].push_back(to);
    }

    GraphLayout result;
    result.layers = count == 0 ? 0 : 1 + *std::max_element(layer.begin(), layer.end());
    std::vector<std::vector<std::size_t>> rows(result.layers);
    for (std::size_t place = 0; place < layer.size(); ++place) {
        rows[layer[place]].push_back(place);
    }
    std::vector<double> x(layer.size(), 0);
    for (std::vector<std::size_t>& row : rows) {
        std::vector<double> wanted(layer.size(), 0);
        for (const std::size_t place : row) {
            for (const std::size_t neighbour : above[place]) {
                wanted[place] += x[neighbour] / static_cast<double>(above[place].size());
            }
        }
        std::stable_sort(row.begin(), row.end(),
                         [&](std::size_t a, std::size_t b) { return wanted[a] < wanted[b]; });
        for (std::size_t i = 0; i < row.size(); ++i) {
            x[row[i]] = static_cast<double>(i) - (static_cast<double>(row.size()) - 1) / 2;
        }
    }
    const double left = x.empty() ? 0 : *std::min_element(x.begin(), x.end());
    const auto point = [&](std::size_t place) {
        return Point{x[place] - left, static_cast<double>(layer[place])};
    };
    for (std::size_t place = 0; place < layer.size(); ++place) {
        result.width = std::max(result.width, point(place).x);
        if (place < count) {
            result.nodes.push_back(point(place));
        }
    }
    for (const std::vector<std::size_t>& chain : chains) {
        std::vector<Point> points;
        std::transform(chain.begin(), chain.end(), std::back_inserter(points), point);
        result.edges.push_back(std::move(points));
    }
    return result;
}

} // namespace millrace::cli
