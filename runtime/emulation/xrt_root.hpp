// SPDX-License-Identifier: Apache-2.0
//
// Surroundings in which an unmodified XRT program finds emulated devices: a private XRT root with
// links to the installed libraries (one of them repaired, library_repair.hpp), a Vitis tree whose
// device process is ours, the description of the devices, and folders for what XRT writes. All of
// it is in one temporary folder, so that any number of sessions can run at once and nothing
// remains; the folder is its supervisor's (supervisor.hpp).
#pragma once

#include "runtime/devices/process.hpp"
#include "runtime/manifest.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace millrace::runtime {

/// The folder of the installed XRT's libraries: of the one that is loaded, of $XILINX_XRT, of
/// /opt/xilinx/xrt, or the system's. Throws Error(ErrorKind::no_device).
std::filesystem::path xrt_library_folder();

/// XRT's description of emulated devices (emconfig.json), with the memories of the manifest.
std::string emulation_config(const Manifest& manifest, unsigned devices);

class XrtRoot {
  public:
    /// The first part of the temporary folders' names.
    static constexpr const char* prefix = "millrace-xrt";

    /// Fills an empty folder in emulation_folder. Throws Error(ErrorKind::no_device) when XRT or
    /// its software emulation is missing, has the fault in a form that cannot be repaired, or our
    /// device process is missing.
    XrtRoot(std::filesystem::path folder, const Manifest& manifest, unsigned devices);

    [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
    /// Variables that a program needs to run in these surroundings.
    [[nodiscard]] Environment variables() const { return variables(folder_); }
    static Environment variables(const std::filesystem::path& folder);
    /// Variables that it must not have.
    [[nodiscard]] static std::vector<std::string> unwanted_variables();

  private:
    std::filesystem::path folder_;
};

} // namespace millrace::runtime
