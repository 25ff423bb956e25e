// SPDX-License-Identifier: Apache-2.0
//
// A look at an xclbin before XRT gets it: XRT trusts the sizes in the file.
#pragma once

#include "runtime/manifest.hpp"

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>

namespace millrace::runtime {

struct XclbinSummary {
    std::array<unsigned char, 16> uuid{};
    std::string platform;
    bool software_emulation = false; ///< made for XRT's sw_emu
    bool simulation = false;         ///< its "bitstream" is a shared library
    std::string design;              ///< of the manifest that it was made for; empty: unknown
};

/// Throws Error(ErrorKind::xclbin) when the file is missing, is no xclbin, is cut short, or has
/// sections beyond its end.
XclbinSummary check_xclbin(const std::filesystem::path& file);

/// Throws Error(ErrorKind::xclbin) when the image says that it is of another design than the
/// manifest's: another model can have the same kernel name, ports and registers. Images and
/// manifests that do not say are taken.
void check_design(const XclbinSummary& summary, const std::filesystem::path& file,
                  const Manifest& manifest);

} // namespace millrace::runtime
