// SPDX-License-Identifier: Apache-2.0
//
// A kernel for tests of the runtime's devices, compiled while they run. Two inputs, two outputs;
// byte 15 of the first frame of `in0` tells it to misbehave. It watches the control protocol as the
// hardware would: with CHAIN, a start after a done that nobody has acknowledged is an error.
//
// Registers: in0 0x10, in1 0x1c, out0 0x28, out1 0x34 (64 bits each), frames 0x40.
#include "runtime/kernel_abi.h"

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <thread>

#ifndef KERNEL_NAME
#define KERNEL_NAME "blend"
#endif
#ifndef KERNEL_ABI
#define KERNEL_ABI MILLRACE_KERNEL_ABI
#endif
#ifndef CYCLES_A_STEP
#define CYCLES_A_STEP 0
#endif
#ifdef CHAIN
constexpr bool chain = true;
#else
constexpr bool chain = false;
#endif

struct millrace_kernel {
    millrace_memory memory;
    std::map<uint32_t, uint32_t> registers;
    uint32_t control = 4; // idle
    uint32_t next = 0;
    uint64_t steps = 0;
    int waits = 0;
    bool working = false;
    std::string error;

    uint64_t address(uint32_t offset) {
        return registers[offset] | uint64_t{registers[offset + 4]} << 32;
    }
    int fail(const char* why) {
        error = why;
        working = false;
        return -1;
    }
    int frame(uint32_t index) {
        signed char a[16];
        int32_t b[2];
        int32_t x[2];
        if (memory.read(memory.context, address(0x10) + uint64_t{16} * index, a, sizeof a) != 0 ||
            memory.read(memory.context, address(0x1c) + uint64_t{8} * index, b, sizeof b) != 0) {
            return fail("an input cannot be read");
        }
        switch (index == 0 ? a[15] : 0) {
        case 1: // works for ever
            return 2;
        case 2: // does not come back
            while (true) {
                std::this_thread::sleep_for(std::chrono::milliseconds(10));
            }
        case 3:
            return fail("it was told to");
        case 4:
            memory.read(memory.context, address(0x10) + (uint64_t{1} << 30), a, sizeof a);
            return fail("read beyond its buffers");
        case 5:
            memory.write(memory.context, address(0x28) + (uint64_t{1} << 30), a, sizeof a);
            return fail("wrote beyond its buffers");
        case 6:
            std::abort();
        case 7:
            memory.write(memory.context, address(0x10), a, 1);
            return fail("wrote to an input");
        case 9: // comes back 400 times before it goes on
            if (++waits < 400) {
                return 2;
            }
            waits = 0;
            break;
        case 10: // goes idle without having done its work
            return 3;
        case 8:
            std::this_thread::sleep_for(std::chrono::milliseconds(300));
            break;
        default:
            break;
        }
        for (int k = 0; k < 2; ++k) {
            x[k] = b[k];
            for (int i = 0; i < 15; ++i) {
                x[k] += a[i] * (k + 1 + i);
            }
        }
        const int32_t y = x[0] ^ b[1];
        if (memory.write(memory.context, address(0x28) + uint64_t{8} * index, x, sizeof x) != 0 ||
            memory.write(memory.context, address(0x34) + uint64_t{4} * index, &y, sizeof y) != 0) {
            return fail("an output cannot be written");
        }
        return 0;
    }
};

extern "C" {

uint32_t millrace_kernel_abi(void) { return KERNEL_ABI; }
const char* millrace_kernel_name(void) { return KERNEL_NAME; }

millrace_kernel* millrace_kernel_open(const millrace_memory* memory, char* error, size_t bytes) {
#ifdef NO_START
    std::strncpy(error, "it does not want to", bytes);
    return nullptr;
#else
    static_cast<void>(error);
    static_cast<void>(bytes);
    auto* kernel = new millrace_kernel;
    kernel->memory = *memory;
    return kernel;
#endif
}
void millrace_kernel_close(millrace_kernel* kernel) { delete kernel; }

void millrace_kernel_write(millrace_kernel* kernel, uint32_t offset, uint32_t value) {
    if (offset != 0) {
        kernel->registers[offset] = value;
        return;
    }
    if (chain && (value & 16) != 0) {
        kernel->control &= ~uint32_t{2};
    }
    if ((value & 1) != 0) {
        if (chain && (kernel->control & 2) != 0) {
            kernel->error = "started before its end was acknowledged";
        }
        kernel->control = 1;
        kernel->working = true;
        kernel->next = 0;
    }
}

uint32_t millrace_kernel_read(millrace_kernel* kernel, uint32_t offset) {
    if (offset != 0) {
        return kernel->registers[offset];
    }
    const uint32_t value = kernel->control;
    if (!chain) {
        kernel->control &= ~uint32_t{2};
    }
    return value;
}

int millrace_kernel_advance(millrace_kernel* kernel) {
    ++kernel->steps;
    if (!kernel->error.empty()) {
        return -1;
    }
    if (!kernel->working) {
        return 0;
    }
    for (int i = 0; i < 3 && kernel->next < kernel->registers[0x40]; ++i) {
        const int result = kernel->frame(kernel->next);
        if (result == 2) {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
            return 1;
        }
        if (result == 3) {
            kernel->working = false;
            kernel->control = 4;
            return 0;
        }
        if (result != 0) {
            return result;
        }
        ++kernel->next;
    }
    if (kernel->next < kernel->registers[0x40]) {
        return 1;
    }
    kernel->working = false;
    kernel->control = 2 | 4 | 8; // done, idle, ready
    return 0;
}

const char* millrace_kernel_error(const millrace_kernel* kernel) { return kernel->error.c_str(); }
uint64_t millrace_kernel_cycles(const millrace_kernel* kernel) {
    return CYCLES_A_STEP * kernel->steps;
}
}
