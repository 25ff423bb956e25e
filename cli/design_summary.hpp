// SPDX-License-Identifier: Apache-2.0
//
// A compiled design as rows and figures: what compile prints and report draws.
#pragma once

#include "backends/memory_traffic.hpp"
#include "ir/board.hpp"
#include "ir/cost.hpp"
#include "ir/cycle_prediction.hpp"
#include "ir/program.hpp"
#include "ir/schedule.hpp"

#include "cli/json_output.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace millrace::cli {

/// One actor of the dataflow graph; FIFOs and reshapes are no rows.
struct ActorRow {
    std::size_t node = 0; ///< index in the dataflow graph
    std::string name;
    std::string kind;        ///< "matrix_vector", "function", "topk", "memory_to_stream", ...
    std::int64_t pe = 1;     ///< output lanes
    std::int64_t simd = 1;   ///< input lanes
    std::int64_t cycles = 0; ///< a frame
    std::string shape;       ///< of its first result: "[1,64]"
    std::string input;       ///< element format: "u8"
    std::string output;
    std::string detail;           ///< matrix: "784 x 64, b1"; function: its form
    std::int64_t weight_bits = 0; ///< of weights or of a function's parameters
    Cost cost;                    ///< estimated for the RTL actor library
};

/// A step that stays on the host.
struct HostStep {
    bool before = true; ///< before the hardware or behind it
    std::string op;     ///< as ONNX calls it
    std::string node;   ///< the ONNX node's name, any bytes
};

struct DesignSummary {
    std::vector<ActorRow> actors;
    std::vector<HostStep> host;
    std::int64_t interval = 0; ///< cycles between frames, with the board's memory
    std::int64_t latency = 0;
    std::int64_t slowest = 0; ///< cycles of the slowest actor
    std::string bottleneck;   ///< name of the slowest actor
    // Estimates for the RTL actor library: the kernel, and what of it is no row.
    Cost cost;
    Cost fifo_cost;
    Cost control_cost;
    backends::MemoryTraffic memory{}; ///< of the board; an empty name: not known

    /// Of one compute unit, all of them at work.
    [[nodiscard]] double frames_per_second(double clock_mhz) const;
    [[nodiscard]] bool is_limited_by_memory(double clock_mhz) const {
        return !memory.name.empty() && memory.cycles(clock_mhz) > slowest;
    }
};

DesignSummary summarize(const Program& program, const Graph& dataflow,
                        const CyclePrediction& cycles, Family family);

/// What the board's memory carries and the design asks for, where that is known.
std::string memory_text(const DesignSummary& summary, double clock_mhz);

/// Steps of head and tail in order; consecutive ones of one ONNX node are one step.
std::vector<HostStep> host_steps(const Program& program);

/// The keys that compile --json has: interval_cycles, latency_cycles, fps, resources, layers,
/// bottleneck. `board`: null, or what the resources are compared with.
void add_to_json(Json& document, const DesignSummary& summary, double clock_mhz, const Board* board,
                 std::int64_t compute_units);

} // namespace millrace::cli
