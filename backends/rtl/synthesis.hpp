// SPDX-License-Identifier: Apache-2.0
//
// What an RTL project takes of a device: runs the project's own script
// (templates/rtl_project/synth, Yosys) and reads its results.
#pragma once

#include "backends/project.hpp"

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace millrace::backends {

/// Cells of a mapped netlist.
struct CellCounts {
    std::int64_t lut = 0;        ///< LUT1 to LUT6
    std::int64_t lut_packed = 0; ///< LUTs that hold them, two in one where that fits: an estimate
    std::int64_t lut_memory = 0; ///< LUTs that are memory
    std::int64_t inv = 0;        ///< inverters, which LUTs and flip-flops take in
    std::int64_t ff = 0;
    std::int64_t carry4 = 0;
    std::int64_t carry8 = 0;
    std::int64_t muxf = 0;
    std::int64_t bram18 = 0;
    std::int64_t bram36 = 0;
    std::int64_t uram = 0;
    std::int64_t dsp = 0;
    std::int64_t other = 0; ///< cells of unknown kinds
};

/// A number of CellCounts under the name that the script's results and --json have for it.
struct CellCountField {
    const char* name;
    std::int64_t CellCounts::*number;
};

/// All of them.
inline constexpr std::array cell_count_fields{
    CellCountField{"lut", &CellCounts::lut},
    CellCountField{"lut_packed", &CellCounts::lut_packed},
    CellCountField{"lut_memory", &CellCounts::lut_memory},
    CellCountField{"inv", &CellCounts::inv},
    CellCountField{"ff", &CellCounts::ff},
    CellCountField{"carry4", &CellCounts::carry4},
    CellCountField{"carry8", &CellCounts::carry8},
    CellCountField{"muxf", &CellCounts::muxf},
    CellCountField{"bram18", &CellCounts::bram18},
    CellCountField{"bram36", &CellCounts::bram36},
    CellCountField{"uram", &CellCounts::uram},
    CellCountField{"dsp", &CellCounts::dsp},
    CellCountField{"other", &CellCounts::other},
};

/// Of one run of Yosys: seconds on the clock and of the processor; whether it was earlier.
struct SynthesisEffort {
    std::int64_t seconds = 0;
    double cpu_seconds = 0;
    bool cached = false;
};

/// A part that was synthesised by itself.
struct SynthesisPart {
    std::string name;   ///< actor: of the node in the dataflow graph; else of the first instance
    std::string kind;   ///< "actor", "queue", "mover", "control"
    std::string module; ///< of the actor library
    std::int64_t count = 1; ///< so many equal ones in the design; cells are of one
    CellCounts cells;
    SynthesisEffort effort;
};

/// The design synthesised as one: the network, and the kernel with it.
struct WholeDesign {
    CellCounts network;
    CellCounts kernel;
    SynthesisEffort effort;
};

struct SynthesisResult {
    std::string kernel;
    std::string family;
    std::string tool; ///< with its version
    std::int64_t jobs = 1;
    std::int64_t seconds = 0;
    std::int64_t runs = 0;
    std::int64_t from_cache = 0; ///< of the runs
    std::vector<SynthesisPart> parts;
    CellCounts total; ///< of all parts
    std::optional<WholeDesign> whole;
};

struct SynthesisOptions {
    std::filesystem::path project;
    std::string family; ///< "xc7", "xcup"; empty: that of the project's part
    int jobs = 1;
    bool whole = false;          ///< also the design as one
    std::filesystem::path cache; ///< of results; empty: in the project
};

/// Synthesis could not be done; for the user.
class SynthesisError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// Runs finished, and how many there are.
using SynthesisProgress = std::function<void(std::int64_t, std::int64_t)>;

/// Runs synth/synth.sh of the project. Throws SynthesisError with what it said when it fails, and
/// when the project has no such script. `progress` is called now and then, from this thread.
SynthesisResult synthesise(const SynthesisOptions& options, const SynthesisProgress& progress = {});

/// Reads build/synth/results.json. Throws SynthesisError for anything but what the script writes.
SynthesisResult read_synthesis_results(const std::filesystem::path& file);

/// Adds the scripts for synthesis and gate-level simulation, synth/, to a project.
void add_synthesis_files(ProjectFiles& files);

} // namespace millrace::backends
