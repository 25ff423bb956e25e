// SPDX-License-Identifier: Apache-2.0
//
// Tags that say where a buffer of an actor lives: the tool's choice, LUTs, block RAM or UltraRAM.
//
// A pragma cannot depend on a template parameter, so actors with a buffer declare it in one
// overload per tag and hand it to their loops.
#ifndef MILLRACE_MEMORY_STYLE_HPP
#define MILLRACE_MEMORY_STYLE_HPP

namespace millrace {

struct AutoMemory {};
struct LutMemory {};
struct BramMemory {};
struct UramMemory {};

} // namespace millrace

#endif // MILLRACE_MEMORY_STYLE_HPP
