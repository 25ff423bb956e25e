// SPDX-License-Identifier: Apache-2.0
//
// The test kernel (tests/kernels/test_kernel.cpp) as a library, its manifest, its data, and the
// batches that check it; what a test of devices leaves behind.
#pragma once

#include "runtime/device.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace millrace::tests {

/// What the first frame of an input tells the test kernel.
enum class Deed : signed char {
    normal = 0,
    endless = 1,      ///< advance() always says that there is more
    stuck = 2,        ///< advance() does not come back
    fail = 3,         ///< advance() fails
    read_beyond = 4,  ///< a gigabyte behind its buffers
    write_beyond = 5, ///<
    crash = 6,        ///< the process that runs it dies
    write_input = 7,  ///< into a buffer that is not an output
    slow = 8,         ///< 300 ms longer, in one advance()
    patient = 9,      ///< 400 ms longer, in as many of them
    idle = 10,        ///< goes idle without ap_done
};

/// A folder that goes at the end of the tests.
const std::filesystem::path& test_folder();

/// Compiles the test kernel with these options of the compiler, once for each set of options.
std::filesystem::path test_kernel(const std::vector<std::string>& options);

/// A manifest of the test kernel: `protocol` is "ap_ctrl_hs" or "ap_ctrl_chain", ports lie in two
/// memories.
runtime::Manifest test_manifest(const std::string& protocol, std::size_t compute_units = 1);
/// The library for that manifest.
std::filesystem::path test_library(const runtime::Manifest& manifest);

/// A project's folder with the library in build/, its manifest in the context.
runtime::DeviceContext test_project(const runtime::Manifest& manifest);

/// Fills the inputs of a batch, starts it, waits, and compares the results with the kernel's
/// function; data differs by `seed`. Returns the number of wrong values.
void fill(runtime::Batch& batch, std::uint32_t frames, std::uint32_t seed,
          Deed deed = Deed::normal);
std::size_t wrong_values(runtime::Batch& batch, std::uint32_t frames, std::uint32_t seed);
std::size_t run_batch(runtime::Batch& batch, std::uint32_t frames, std::uint32_t seed,
                      std::chrono::milliseconds timeout = std::chrono::seconds(60));

/// Checks that batches under way at once, on compute units 0 and 1, and batches of eight threads
/// get their own results.
void check_batches_at_once(runtime::Device& device);

/// Checks that four batches of 300 ms on compute unit 0, started at once, all end within a limit of
/// 900 ms each, whoever is waited for first.
void check_queue_time(runtime::Device& device);

/// True when XRT's emulation can run here; else the skip has been reported.
bool has_xrt_emulation();

/// Things that a device must not leave: open descriptors, children, folders in /tmp.
struct Traces {
    std::size_t descriptors = 0;
    std::size_t children = 0; ///< zombies among them
    std::size_t folders = 0;
    bool operator==(const Traces&) const = default;
};
Traces traces();
std::string to_string(const Traces& traces);

/// All descendants of this process, by the name of their program.
std::vector<int> descendants(const std::string& program);

} // namespace millrace::tests
