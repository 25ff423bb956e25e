// SPDX-License-Identifier: Apache-2.0
//
// The kernel's control registers and memory ports around its C simulation, as kernel_abi.h and the
// compiler's docs/kernel-interface.md describe them: a host that drives this drives the hardware.
//
// A call is worked on in blocks of frames, one for each advance(), which keeps the streams of the
// network in the cache and lets a watchdog see progress; frames do not depend on each other, so the
// results are those of one long call. Arguments are taken when a call begins.
#ifndef MILLRACE_SIMULATED_KERNEL_HPP
#define MILLRACE_SIMULATED_KERNEL_HPP

#include <ap_int.h>

#include "kernel_abi.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

namespace millrace {

enum class ControlProtocol {
    hs,   // ap_ctrl_hs: ap_done is cleared when it is read
    chain // ap_ctrl_chain: ap_done stays until ap_continue, and no other call begins before
};

class SimulatedKernel {
  public:
    SimulatedKernel(const millrace_memory& memory, ControlProtocol protocol,
                    std::uint32_t frames_offset, int block_frames)
        : memory_(memory),
          protocol_(protocol),
          frames_offset_(frames_offset),
          block_frames_(block_frames),
          registers_(frames_offset / 4 + 1) {}
    SimulatedKernel(const SimulatedKernel&) = delete;
    SimulatedKernel& operator=(const SimulatedKernel&) = delete;
    virtual ~SimulatedKernel() {}

    void write(std::uint32_t offset, std::uint32_t value) {
        switch (offset) {
        case 0x00:
            if ((value & ap_continue) != 0 && protocol_ == ControlProtocol::chain) done_ = false;
            if ((value & ap_start) != 0) start_ = true;
            break;
        case 0x04:
            interrupt_global_ = value & 1;
            break;
        case 0x08:
            interrupt_enable_ = value & 3;
            break;
        case 0x0c:
            interrupt_status_ ^= value & 3;
            break;
        default:
            if (is_argument(offset)) registers_[offset / 4] = value;
        }
    }

    std::uint32_t read(std::uint32_t offset) {
        switch (offset) {
        case 0x00:
            return read_control();
        case 0x04:
            return interrupt_global_;
        case 0x08:
            return interrupt_enable_;
        case 0x0c:
            return interrupt_status_;
        default:
            return is_argument(offset) ? registers_[offset / 4] : 0;
        }
    }

    int advance() {
        if (!error_.empty()) return -1;
        if (!running_) {
            if (!start_ || (done_ && protocol_ == ControlProtocol::chain)) return 0;
            running_ = true;
            ready_ = false;
            frame_ = 0;
            arguments_ = registers_;
        }
        try {
            const std::int64_t left = frames() - frame_;
            const int count = static_cast<int>(std::min<std::int64_t>(left, block_frames_));
            if (count > 0) {
                run(frame_, count);
                frame_ += count;
            }
        } catch (const std::exception& problem) {
            error_ = problem.what();
            if (error_.empty()) error_ = "the kernel failed";
            running_ = false;
            return -1;
        }
        if (frame_ >= frames()) finish();
        return running_ ? 1 : 0;
    }

    const char* error() const { return error_.c_str(); }

  protected:
    // Computes frames [first, first + count) of the call, with load() and store().
    virtual void run(std::int64_t first, int count) = 0;

    // The words of `count` frames from `first` on, of the port whose address is at `offset`.
    template <int BITS>
    void load(const char* port, std::uint32_t offset, int frame_words, std::int64_t first,
              int count, std::vector<ap_uint<BITS>>& words) {
        words.resize(static_cast<std::size_t>(count) * frame_words);
        const std::size_t bytes = words.size() * (BITS / 8);
        const std::uint64_t at = address(port, offset, BITS / 8, frame_words, first);
        void* const target = buffer(words);
        if (memory_.read(memory_.context, at, target, bytes) != 0) {
            fail(port, "reads", at, bytes);
        }
        from_buffer(words);
    }

    template <int BITS>
    void store(const char* port, std::uint32_t offset, int frame_words, std::int64_t first,
               int count, std::vector<ap_uint<BITS>>& words) {
        const std::size_t bytes = static_cast<std::size_t>(count) * frame_words * (BITS / 8);
        const std::uint64_t at = address(port, offset, BITS / 8, frame_words, first);
        const void* const source = to_buffer(words);
        if (memory_.write(memory_.context, at, source, bytes) != 0) {
            fail(port, "writes", at, bytes);
        }
    }

  private:
    static const std::uint32_t ap_start = 1, ap_done = 2, ap_idle = 4, ap_ready = 8,
                               ap_continue = 16;

    // A data word: of `frames`, or one of the two of an address (each third word is reserved).
    bool is_argument(std::uint32_t offset) const {
        if (offset % 4 != 0 || offset < 0x10 || offset > frames_offset_) return false;
        return offset == frames_offset_ || (offset - 0x10) / 4 % 3 != 2;
    }

    std::uint32_t read_control() {
        const bool waits = done_ && protocol_ == ControlProtocol::chain;
        const std::uint32_t value = (start_ ? ap_start : 0) | (done_ ? ap_done : 0) |
                                    (!running_ && !start_ && !waits ? ap_idle : 0) |
                                    (ready_ ? ap_ready : 0);
        ready_ = false;
        if (protocol_ == ControlProtocol::hs) done_ = false;
        return value;
    }

    // As the kernel's int: no frames for numbers below zero.
    std::int64_t frames() const {
        return static_cast<std::int32_t>(arguments_[frames_offset_ / 4]);
    }

    void finish() {
        running_ = false;
        start_ = false;
        ready_ = true;
        done_ = true;
        interrupt_status_ |= interrupt_enable_;
    }

    std::uint64_t address(const char* port, std::uint32_t offset, unsigned word_bytes,
                          int frame_words, std::int64_t first) const {
        const std::uint64_t base = static_cast<std::uint64_t>(arguments_[offset / 4 + 1]) << 32 |
                                   arguments_[offset / 4];
        if (base % word_bytes != 0) {
            char text[160];
            std::snprintf(text, sizeof text, "%s: the address 0x%llx is not a multiple of %u", port,
                          static_cast<unsigned long long>(base), word_bytes);
            throw std::runtime_error(text);
        }
        return base + static_cast<std::uint64_t>(first) * frame_words * word_bytes;
    }

    [[noreturn]] void fail(const char* port, const char* what, std::uint64_t address,
                           std::size_t bytes) const {
        char text[160];
        std::snprintf(text, sizeof text, "%s %s %zu bytes at 0x%llx, which no buffer holds", port,
                      what, bytes, static_cast<unsigned long long>(address));
        throw std::runtime_error(text);
    }

#ifdef MILLRACE_SIM_AP_INT_H
    // Our own ap_uint is its little-endian limbs and nothing else: memory as it is.
    template <int BITS> void* buffer(std::vector<ap_uint<BITS>>& words) {
        static_assert(sizeof(ap_uint<BITS>) == BITS / 8, "words without padding");
        return words.data();
    }
    template <int BITS> void from_buffer(std::vector<ap_uint<BITS>>&) {}
    template <int BITS> const void* to_buffer(std::vector<ap_uint<BITS>>& words) {
        return buffer(words);
    }
#else
    template <int BITS> void* buffer(std::vector<ap_uint<BITS>>& words) {
        limbs_.resize(words.size() * (BITS / 64));
        return limbs_.data();
    }
    template <int BITS> void from_buffer(std::vector<ap_uint<BITS>>& words) {
        for (std::size_t w = 0; w < words.size(); ++w) {
            for (int l = 0; l < BITS / 64; ++l) {
                words[w].range(64 * l + 63, 64 * l) = ap_uint<64>(limbs_[w * (BITS / 64) + l]);
            }
        }
    }
    template <int BITS> const void* to_buffer(std::vector<ap_uint<BITS>>& words) {
        buffer(words);
        for (std::size_t w = 0; w < words.size(); ++w) {
            for (int l = 0; l < BITS / 64; ++l) {
                limbs_[w * (BITS / 64) + l] =
                    ap_uint<64>(words[w].range(64 * l + 63, 64 * l)).to_uint64();
            }
        }
        return limbs_.data();
    }
    std::vector<std::uint64_t> limbs_;
#endif

    const millrace_memory memory_;
    const ControlProtocol protocol_;
    const std::uint32_t frames_offset_;
    const int block_frames_;
    std::vector<std::uint32_t> registers_; // by offset / 4
    std::vector<std::uint32_t> arguments_; // of the running call
    std::uint32_t interrupt_global_ = 0;
    std::uint32_t interrupt_enable_ = 0;
    std::uint32_t interrupt_status_ = 0;
    bool start_ = false;
    bool running_ = false;
    bool done_ = false;
    bool ready_ = false;
    std::int64_t frame_ = 0; // the next of the running call
    std::string error_;
};

} // namespace millrace

#endif
