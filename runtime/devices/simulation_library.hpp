// SPDX-License-Identifier: Apache-2.0
//
// The simulation of a project's kernel as a shared library.
#pragma once

#include "runtime/manifest.hpp"

#include <cstdint>
#include <filesystem>
#include <string_view>

namespace millrace::runtime {

enum class Simulation : std::uint8_t {
    csim,  ///< the compiled C simulation of an HLS project
    rtlsim ///< the Verilated design of an RTL project
};

/// The one that projects of the manifest's backend have.
Simulation simulation_of(const Manifest& manifest);
/// "csim", "rtlsim": the name of the device.
std::string_view simulation_name(Simulation simulation);
/// "C simulation", "RTL simulation".
std::string_view simulation_title(Simulation simulation);

/// PROJECT/build/libcsim.so or librtlsim.so, built by the project's Makefile when it is missing,
/// cut short or older than one of its sources. Safe to call from several processes at once. Throws
/// Error(ErrorKind::file) when there is neither the library nor a way to build it,
/// Error(ErrorKind::device) with the tools' message when it does not build.
std::filesystem::path simulation_library(const std::filesystem::path& project,
                                         Simulation simulation);

} // namespace millrace::runtime
