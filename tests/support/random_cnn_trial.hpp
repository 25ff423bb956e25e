// SPDX-License-Identifier: Apache-2.0
//
// One random network of random_cnn.hpp through the compiler, with a folding that its seed chooses
// as well, and its levels against each other, element for element, as `millrace verify` does it.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace millrace::tests {

struct CnnTrial {
    enum class Result : std::uint8_t {
        equal,
        refused, ///< diagnostics say why
        failed,  ///< levels differ, or anything was thrown: a defect of the compiler
    };
    Result result = Result::failed;
    std::uint32_t seed = 0;
    std::string text;            ///< what failed, or the diagnostics
    std::set<std::string> codes; ///< of the errors when refused: "MR204"
    /// Of RandomCnn::operators, what the hardware computes altogether, and what else is in the
    /// compiled network. Nothing when refused.
    std::map<std::string, int> in_hardware;
    std::map<std::string, int> on_host;
    std::map<std::string, int> actors; ///< of the dataflow graph, by op
    double seconds = 0;
};

/// Network, integer and dataflow level; the actors' schedules read and write the words of their
/// streams, no FIFO is too small, and printed graphs parse back.
CnnTrial reference_trial(std::uint32_t seed);

/// Network level and the emitted C simulation, built without optimisation: compiling it is what
/// takes the time.
CnnTrial csim_trial(std::uint32_t seed);

/// Network level and the Verilated RTL of the emitted project, built without optimisation, with
/// ideal memory and with random stalls; and the cycles: frames follow each other at the interval of
/// the slowest actor. Needs Verilator: see has_verilator().
CnnTrial rtlsim_trial(std::uint32_t seed);

/// Trials of `count` seeds from `first` on, in the order of the seeds, on all processors.
std::vector<CnnTrial> run_trials(CnnTrial (*trial)(std::uint32_t), std::uint32_t first,
                                 std::uint32_t count);

} // namespace millrace::tests
