// SPDX-License-Identifier: Apache-2.0
//
// Writes the $readmemh files of a bench's instances: a hexadecimal word a line, of elements of some
// bits each, the first in the lowest bits.
#pragma once

#include "support/stream_bench.hpp"

#include <string>

namespace millrace::rtl_bench {

/// `numbers` in words of `format.lanes`; their count is a multiple of it. Exits with a message when
/// the file cannot be written.
void write_mem(const std::string& path, const Elements& numbers, const StreamFormat& format);

} // namespace millrace::rtl_bench
