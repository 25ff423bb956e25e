/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The C interface between a simulation of a kernel (a shared library: the compiled C simulation, or
 * a Verilated design) and what runs it (a session's simulated device, or the device process behind
 * XRT's emulation). A kernel is seen as hardware is: control registers and a port to memory.
 *
 * Registers are those of docs/kernel-interface.md: offset 0 is the control word (bit 0 ap_start,
 * bit 1 ap_done, bit 2 ap_idle, bit 3 ap_ready, bit 4 ap_continue), arguments from 0x10 on.
 *
 * Of one kernel only one call runs at a time; several kernels of a library may be used by several
 * threads at once.
 */
#ifndef MILLRACE_KERNEL_ABI_H
#define MILLRACE_KERNEL_ABI_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MILLRACE_KERNEL_ABI 1

/* Memory as the kernel's AXI4 masters see it. Both return 0, or another value for addresses that
 * belong to no buffer: the kernel then fails. */
typedef struct millrace_memory {
    void* context;
    int (*read)(void* context, uint64_t address, void* to, size_t bytes);
    int (*write)(void* context, uint64_t address, const void* from, size_t bytes);
} millrace_memory;

typedef struct millrace_kernel millrace_kernel;

/* MILLRACE_KERNEL_ABI of the library. */
uint32_t millrace_kernel_abi(void);
/* The kernel's name. */
const char* millrace_kernel_name(void);

/* A kernel in reset, or null with a message in `error` (cut to error_bytes, always terminated).
 * `memory` must outlive it. */
millrace_kernel* millrace_kernel_open(const millrace_memory* memory, char* error,
                                      size_t error_bytes);
void millrace_kernel_close(millrace_kernel* kernel);

/* AXI-Lite accesses; offsets are multiples of 4. */
void millrace_kernel_write(millrace_kernel* kernel, uint32_t offset, uint32_t value);
uint32_t millrace_kernel_read(millrace_kernel* kernel, uint32_t offset);

/* Does a bounded piece of work (C simulation: some frames, RTL: some clock cycles). Returns 1 while
 * there is more to do, 0 when idle, -1 when the kernel has failed: it stays so, and
 * millrace_kernel_error() says why. */
int millrace_kernel_advance(millrace_kernel* kernel);
const char* millrace_kernel_error(const millrace_kernel* kernel);
/* Clock cycles simulated so far; 0 where there is no clock. */
uint64_t millrace_kernel_cycles(const millrace_kernel* kernel);

#ifdef __cplusplus
}
#endif

#endif
