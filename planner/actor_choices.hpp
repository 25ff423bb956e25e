// SPDX-License-Identifier: Apache-2.0
//
// What a user may choose for the actors of a body, and the cycles that follow. All cycles are those
// of the schedules (ir/schedule.hpp) of the actors that the dataflow lowering makes: the planner
// does not estimate. Where a schedule has no formula (rearrangements) it is followed, once, and
// only when somebody asks.
#pragma once

#include "ir/graph.hpp"
#include "ir/stream_lanes.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace millrace::planner {

/// The rearrangements that an actor needs for a folding.
class WindowChoice {
  public:
    /// `known`: cycles that are known without a unit to follow, those of a parallel window.
    WindowChoice(ActorLibrary library, std::int64_t lanes, std::int64_t simd, std::int64_t known)
        : library_(library),
          lanes_(lanes),
          simd_(simd),
          known_(known) {}
    void add(ops::Rearrange unit, std::int64_t input_words);

    [[nodiscard]] std::int64_t lanes() const { return lanes_; }
    /// Of a depthwise product or a reduction: taps a cycle. Else 1.
    [[nodiscard]] std::int64_t simd() const { return simd_; }
    /// Cycles of the slowest.
    [[nodiscard]] std::int64_t cycles() const;
    /// No more than these, without following a schedule.
    [[nodiscard]] std::int64_t least_cycles() const;

  private:
    ActorLibrary library_;
    std::int64_t lanes_;
    std::int64_t simd_;
    std::int64_t known_;
    std::vector<std::pair<ops::Rearrange, std::int64_t>> units_;
    mutable std::optional<std::int64_t> followed_;
};

/// What a user may choose for one actor of an integer-level graph.
struct ActorChoices {
    std::size_t node;       ///< index in the graph
    std::size_t first_node; ///< that of the window which is part of the actor, else `node`
    std::string name;
    /// "matrix_vector", "depthwise", "reduce", "rearrange", "add", "mul", "concat",
    /// "dynamic_matrix", "function" or "topk".
    std::string kind;
    std::int64_t inputs = 1;      ///< K, or taps T: what simd divides
    std::int64_t outputs = 1;     ///< N (of one group), or channels: what pe divides
    std::int64_t vectors = 1;     ///< a frame; with groups, times groups
    std::int64_t widest_simd = 1; ///< by the word limit
    std::int64_t widest_pe = 1;
    bool has_pe = true;
    bool has_simd = false;
    bool has_memory = false;
    bool has_multiplier = false;
    bool has_form = false;
    /// Of a rearrangement: each legal number of lanes, ascending. Of a depthwise product or a
    /// reduction: each legal folding, with the rearrangements that bring its blocks of channels.
    std::vector<WindowChoice> windows;
    /// What takes this actor's lanes before its inputs, with the input whose lanes they are (of the
    /// node, or of the window that is part of it), and behind its result.
    std::vector<std::pair<ValueReader, Passage>> before;
    std::vector<Passage> behind;

    /// Cycles a frame with a folding, rearrangements that are part of the actor included.
    [[nodiscard]] std::int64_t cycles(std::int64_t pe, std::int64_t simd) const;
    /// No more than cycles(), without following a schedule.
    [[nodiscard]] std::int64_t least_cycles(std::int64_t pe, std::int64_t simd) const;
    /// Cycles of the slowest of what takes its output lanes.
    [[nodiscard]] std::int64_t cycles_behind(std::int64_t pe) const;
    /// Legal values, ascending.
    [[nodiscard]] std::vector<std::int64_t> legal_pe() const;
    [[nodiscard]] std::vector<std::int64_t> legal_simd() const;
    /// Whether two legal values go together: words of all taps of a block may be too wide.
    [[nodiscard]] bool allows(std::int64_t pe, std::int64_t simd) const;
    /// Whether its input comes in words of `simd` lanes. Else of `pe`, of a depthwise product or a
    /// reduction with all taps from its window.
    [[nodiscard]] bool takes_simd() const { return kind == "matrix_vector" || kind == "topk"; }
    /// Whether `simd` is how many taps of a window come at once: 1 or all.
    [[nodiscard]] bool has_taps() const { return has_simd && !takes_simd(); }

  private:
    [[nodiscard]] const WindowChoice* window(std::int64_t lanes, std::int64_t simd) const;
    [[nodiscard]] std::int64_t cycles(std::int64_t pe, std::int64_t simd,
                                      std::int64_t window_cycles) const;
};

/// The actors of a body, in graph order.
std::vector<ActorChoices> actor_choices(const Graph& body);

} // namespace millrace::planner
