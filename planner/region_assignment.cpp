// SPDX-License-Identifier: Apache-2.0
#include "planner/region_assignment.hpp"

#include "ir/cost.hpp"
#include "planner/budget.hpp"

#include <algorithm>
#include <limits>

namespace millrace::planner {

namespace {

constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

/// What nodes take, and the wires that are cut between neighbours in the graph's order.
class Order {
  public:
    Order(const Graph& graph, Family family, bool with_fifos) : sums_(graph.nodes.size() + 1) {
        const std::size_t count = graph.nodes.size();
        Cost control = control_cost(std::ssize(graph.inputs), std::ssize(graph.outputs), family);
        sums_[0] = Use{};
        std::vector<std::int64_t> change(count + 2, 0);
        std::vector<std::size_t> producer(graph.values.size(), count);
        std::vector<std::size_t> last(graph.values.size(), 0);
        for (std::size_t n = 0; n < count; ++n) {
            const bool counts = with_fifos || !std::holds_alternative<ops::Fifo>(graph.nodes[n].op);
            const Use use = use_of((counts ? node_cost(graph, graph.nodes[n], family) : Cost()) +
                                   (n == 0 ? control : Cost()));
            for (std::size_t r = 0; r < resource_count; ++r) {
                sums_[n + 1][r] = sums_[n][r] + use[r];
            }
            for (const ValueId id : graph.nodes[n].outputs) {
                producer[id] = n;
            }
            for (const ValueId id : graph.nodes[n].inputs) {
                last[id] = n;
            }
        }
        for (std::size_t v = 0; v < graph.values.size(); ++v) {
            const auto* stream = std::get_if<StreamType>(&graph.values[v].type);
            if (stream != nullptr && producer[v] < last[v]) {
                const std::int64_t wires = stream->word_bits() + 2; // valid and ready
                change[producer[v] + 1] += wires;
                change[last[v] + 1] -= wires;
            }
        }
        cut_.assign(count + 1, 0);
        for (std::size_t at = 1; at <= count; ++at) {
            cut_[at] = cut_[at - 1] + change[at];
        }
    }

    /// Of nodes [from, to).
    [[nodiscard]] Use use(std::size_t from, std::size_t to) const {
        Use use{};
        for (std::size_t r = 0; r < resource_count; ++r) {
            use[r] = sums_[to][r] - sums_[from][r];
        }
        return use;
    }
    /// Wires between nodes before `at` and those from there on.
    [[nodiscard]] std::int64_t cut(std::size_t at) const { return cut_[at]; }

  private:
    std::vector<Use> sums_;
    std::vector<std::int64_t> cut_;
};

double share_of(const Use& use, const Use& available) {
    double share = 0;
    for (std::size_t r = 0; r < resource_count; ++r) {
        if (use[r] > 1e-6) {
            share = std::max(share, available[r] > 0 ? use[r] / available[r]
                                                     : std::numeric_limits<double>::infinity());
        }
    }
    return share;
}

/// The cheapest cut of the order into pieces for these regions, one after the other; where each
/// ends. Empty: there is none.
std::vector<std::size_t> cut_into(const Order& order, std::size_t count,
                                  const std::vector<Use>& available, std::int64_t& wires) {
    // least[p][e]: wires cut when the first p pieces hold the nodes before e.
    std::vector<std::vector<std::int64_t>> least(available.size() + 1,
                                                 std::vector<std::int64_t>(count + 1, never));
    std::vector<std::vector<std::size_t>> from(available.size() + 1,
                                               std::vector<std::size_t>(count + 1, 0));
    least[0][0] = 0;
    for (std::size_t p = 0; p < available.size(); ++p) {
        for (std::size_t begin = 0; begin < count; ++begin) {
            if (least[p][begin] == never) {
                continue;
            }
            for (std::size_t end = begin + 1; end <= count; ++end) {
                if (share_of(order.use(begin, end), available[p]) > 1) {
                    break; // more nodes take no less
                }
                const std::int64_t crossing = end == count ? 0 : order.cut(end);
                if (crossing <= most_crossing_wires &&
                    least[p][begin] + crossing < least[p + 1][end]) {
                    least[p + 1][end] = least[p][begin] + crossing;
                    from[p + 1][end] = begin;
                }
            }
        }
    }
    wires = least[available.size()][count];
    std::vector<std::size_t> ends;
    if (wires != never) {
        std::size_t end = count;
        for (std::size_t p = available.size(); p > 0; --p) {
            ends.insert(ends.begin(), end);
            end = from[p][end];
        }
    }
    return ends;
}

std::optional<RegionAssignment> assign(const Graph& dataflow, const Board& board, bool with_fifos) {
    const Order order(dataflow, family_of(board.part), with_fifos);
    const std::size_t count = dataflow.nodes.size();
    const std::vector<Use> available = available_by_region(board);
    for (std::size_t used = 1; used <= available.size(); ++used) {
        std::int64_t best = never;
        std::vector<std::size_t> ends;
        std::vector<std::size_t> regions;
        for (std::size_t first = 0; first + used <= available.size(); ++first) {
            for (const bool down : {false, true}) {
                std::vector<std::size_t> chosen;
                std::vector<Use> offered;
                for (std::size_t i = 0; i < used; ++i) {
                    chosen.push_back(down ? first + used - 1 - i : first + i);
                    offered.push_back(available[chosen.back()]);
                }
                std::int64_t wires = 0;
                std::vector<std::size_t> found = cut_into(order, count, offered, wires);
                if (!found.empty() && wires < best) {
                    best = wires;
                    ends = std::move(found);
                    regions = std::move(chosen);
                }
            }
        }
        if (ends.empty()) {
            continue;
        }
        RegionAssignment result;
        result.region_of.resize(count);
        std::size_t begin = 0;
        for (std::size_t i = 0; i < ends.size(); ++i) {
            RegionAssignment::Part& part = result.parts.emplace_back();
            part.region = regions[i];
            part.use = order.use(begin, ends[i]);
            part.share = share_of(part.use, available[regions[i]]);
            part.first = dataflow.nodes[begin].name;
            part.last = dataflow.nodes[ends[i] - 1].name;
            part.crossing = ends[i] == count ? 0 : order.cut(ends[i]);
            std::fill(result.region_of.begin() + static_cast<std::ptrdiff_t>(begin),
                      result.region_of.begin() + static_cast<std::ptrdiff_t>(ends[i]), regions[i]);
            begin = ends[i];
        }
        return result;
    }
    return std::nullopt;
}

} // namespace

std::optional<RegionAssignment> assign_regions(const Graph& dataflow, const Board& board) {
    return assign(dataflow, board, true);
}

bool may_be_cut(const Graph& dataflow, const Board& board) {
    return assign(dataflow, board, false).has_value();
}

} // namespace millrace::planner
