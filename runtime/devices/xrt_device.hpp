// SPDX-License-Identifier: Apache-2.0
//
// A board behind XRT, on PCIe or embedded: its kernel's compute units, driven through XRT's native
// C++ interface as it is from 2.13 to 2.23. XRT's software emulation is a board as well; xrt-emu
// runs this same class in a process of its own.
//
// The image is checked before XRT gets it: it must be whole, and its kernel must have the
// manifest's arguments at the manifest's offsets.
#pragma once

#include "runtime/device.hpp"

#include <memory>

namespace millrace::runtime {

/// Opens the board `index` with the image of the context. Throws Error(ErrorKind::no_device) when
/// there is no such board or this build has no XRT, Error(ErrorKind::xclbin) for a wrong image,
/// Error(ErrorKind::device) when the board refuses it.
std::unique_ptr<Device> open_xrt_device(unsigned index, const DeviceContext& context);

/// The image of a context: the one named, or the project's build/KERNEL.xclbin.
std::filesystem::path xclbin_path(const DeviceContext& context);

} // namespace millrace::runtime
