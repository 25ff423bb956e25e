// SPDX-License-Identifier: Apache-2.0
//
// A fault of XRT's software emulation and its repair.
//
// CpuemShim::alloc_void() grows its message buffer with realloc() and, in XRT up to 2.14, keeps the
// old pointer: as soon as a message is larger than all before, the shim writes into memory that is
// free. In the machine code of the distributed library the branch for success jumps over the
// instruction that stores the pointer; the repair shortens that jump by the instruction's seven
// bytes, so that it is executed. It is one byte in a private copy; the installed file is untouched.
#pragma once

#include <filesystem>
#include <string>

namespace millrace::runtime {

enum class Repair {
    repaired,   ///< the fault was there
    not_needed, ///< the library stores the pointer already
    unknown,    ///< neither form was found, or more than once
};

/// Repairs the bytes of a libxrt_swemu.so in place.
Repair repair_swemu(std::string& library);

/// The version's second number of an XRT library, from the name that its links end at
/// (libxrt_swemu.so.2.13.0: 13); -1 when the name has none.
int xrt_minor_version(const std::filesystem::path& library);

} // namespace millrace::runtime
