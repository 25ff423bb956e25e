// SPDX-License-Identifier: Apache-2.0
//
// A board in XRT's software emulation: the genuine libxrt_coreutil and libxrt_swemu, with a device
// process that runs the compiled C simulation (docs/xrt-emulation.md). XRT runs in a supervised
// child process, since its emulation ends the whole process (and its group) when the device process
// dies: here that is an Error, and the device can be opened again.
#pragma once

#include "runtime/device.hpp"

#include <memory>

namespace millrace::runtime {

/// Opens device `index` of an emulation of its own. Throws Error(ErrorKind::no_device) when XRT,
/// its emulation or our programs are missing, Error(ErrorKind::xclbin) for a wrong image,
/// Error(ErrorKind::device) when the processes do not come up.
std::unique_ptr<Device> open_xrt_emu_device(unsigned index, const DeviceContext& context);

} // namespace millrace::runtime
