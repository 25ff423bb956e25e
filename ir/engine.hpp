// SPDX-License-Identifier: Apache-2.0
//
// What executes a compiled model on samples.
#pragma once

#include "ir/host_array.hpp"
#include "ir/program.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace millrace {

/// A sample that the engine cannot execute (NaN in the input, a simulator that fails...): the
/// user's to mend.
class EngineError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// Called with the number of samples done so far, from the calling thread.
using Progress = std::function<void(std::int64_t)>;

/// What a cycle-accurate engine measured, in clock cycles; 0: too few samples to tell.
struct MeasuredCycles {
    std::int64_t interval = 0; ///< between frames that follow each other
    std::int64_t latency = 0;  ///< of a frame alone, between its first and its last stream word
};

class Engine {
  public:
    Engine() = default;
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;
    virtual ~Engine() = default;

    /// Runs `samples` samples. inputs[i] has the shape [samples, ...input i of the model...], in
    /// the model's element type or, for float inputs, any type whose values are meant as they are
    /// (integers are taken as real numbers, or as the declared integers of --input-type). Results
    /// likewise have a leading axis of samples and the model's output types. Real results are
    /// rounded once to the output's float type. Throws EngineError.
    virtual std::vector<HostArray> run(const std::vector<HostArray>& inputs, std::int64_t samples,
                                       int jobs, const Progress& progress = {}) = 0;
    /// Of all runs so far; none from engines that have no clock.
    [[nodiscard]] virtual std::optional<MeasuredCycles> cycles() const { return std::nullopt; }
};

/// The network level, op by op in exact reals: the oracle, slow.
std::unique_ptr<Engine> make_network_engine(const Graph& network);

/// head, integer body, tail: exact and fast (integer kernels, functions and host quantizers
/// compiled to proved thresholds).
std::unique_ptr<Engine> make_reference_engine(const Program& program);

/// head, every actor of the dataflow graph word by word, tail.
std::unique_ptr<Engine> make_dataflow_engine(const Program& program, const Graph& dataflow);

} // namespace millrace
