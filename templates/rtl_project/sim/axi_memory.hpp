// SPDX-License-Identifier: Apache-2.0
//
// Memory behind the AXI4 masters of a Verilated kernel, an object for each master. It takes a
// request in every cycle and moves words as fast as the board's does: in every cycle, or where that
// is slower, evenly in memory_words of every memory_cycles cycles, whoever waits. With stalls every
// channel pauses at random instead, in phases from always ready to never ready that last from one
// to some ten thousand cycles, so that buffers run empty and full; what is offered stays until it
// is taken.
//
// The whole burst is read at the handshake of its address, and written when its last word is there;
// the response follows in the next cycle. Bursts are answered in order. What a master owes the bus
// is checked where it costs nothing, at the handshakes.
//
// In each cycle: drive() and a low clock, evaluation, sample(), rising edge. What drive() sets
// depends on earlier cycles only, and sample() sees outputs that have settled, so it does not
// matter which of the kernel's outputs depend on its inputs.
#ifndef MILLRACE_AXI_MEMORY_HPP
#define MILLRACE_AXI_MEMORY_HPP

#include "kernel_abi.h"
#include "simulation.hpp"

#include <verilated.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

namespace millrace {

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "signals are copied from memory as is");

// When a channel pauses: never, or at random.
class Pauses {
  public:
    Pauses() = default;
    // Phases last less than `most_cycles`, a power of two.
    Pauses(std::uint64_t seed, unsigned most_cycles)
        : state_(seed * 0x9e3779b97f4a7c15u + 1),
          scales_(static_cast<unsigned>(__builtin_ctz(most_cycles))),
          active_(true) {}

    // Whether the channel pauses in this cycle.
    bool operator()() { return active_ && pauses(); }

  private:
    bool pauses() {
        if (left_ == 0) {
            static constexpr std::array<std::uint32_t, 7> rates = {65536, 65536, 32768, 16384,
                                                                   4096,  256,   0};
            const std::uint64_t draw = next();
            left_ = 1 + (draw & ((std::uint64_t{1} << (draw >> 32) % scales_) - 1));
            rate_ = rates[(draw >> 48) % rates.size()];
        }
        --left_;
        return (next() & 65535) >= rate_;
    }
    // SplitMix64.
    std::uint64_t next() {
        state_ += 0x9e3779b97f4a7c15u;
        std::uint64_t mixed = state_;
        mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
        mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
        return mixed ^ (mixed >> 31);
    }

    std::uint64_t state_ = 0;
    std::uint64_t left_ = 0; // cycles of this phase
    std::uint32_t rate_ = 0; // of 65,536 cycles without a pause
    unsigned scales_ = 1;    // of the length of phases, powers of two
    bool active_ = false;
};

// The cycles in which a port's memory moves a word: of every `cycles`, `words`.
class Pace {
  public:
    Pace(const PortInfo& port, bool active)
        : words_(port.memory_words),
          cycles_(port.memory_cycles),
          active_(active && cycles_ > words_) {}

    // To be asked in every cycle: whether the port is to wait in this one. They count from the one
    // in which the first word could be moved, `begins`: by this port, of those that write by any.
    bool operator()(bool begins) {
        if (!active_ || (cycle_ == 0 && !begins)) return false;
        const std::uint64_t slot = cycle_++ * words_ / cycles_;
        const bool waits = slot == last_slot_;
        last_slot_ = slot;
        return waits;
    }

  private:
    std::uint64_t words_;
    std::uint64_t cycles_;
    bool active_;
    std::uint64_t cycle_ = 0;
    std::uint64_t last_slot_ = UINT64_MAX;
};

// What the ports of a kernel have in common.
class Bus {
  public:
    Bus(const millrace_memory& memory, const SimulationOptions& options)
        : memory_(memory),
          options_(options) {}

    void read(const char* port, std::uint64_t address, void* to, std::size_t bytes) const {
        if (memory_.read(memory_.context, address, to, bytes) != 0) {
            fail(port, "reads", address, bytes);
        }
    }
    void write(const char* port, std::uint64_t address, const void* from, std::size_t bytes) const {
        if (memory_.write(memory_.context, address, from, bytes) != 0) {
            fail(port, "writes", address, bytes);
        }
    }
    // Of a port's words. Stalls are slower than any board.
    Pace pace(const PortInfo& port) const { return Pace(port, !options_.stalls); }
    // Whether any port has had a word of memory to move.
    bool began() const { return began_; }
    void begin() { began_ = true; }
    // The pauses of a channel; each has other ones.
    Pauses pauses(unsigned most_cycles = 1 << 16) {
        return options_.stalls ? Pauses(options_.seed * 1024 + channels_++, most_cycles) : Pauses();
    }

  private:
    [[noreturn]] static void fail(const char* port, const char* what, std::uint64_t address,
                                  std::size_t bytes) {
        char text[160];
        std::snprintf(text, sizeof text, "%s %s %zu bytes at 0x%llx, which no buffer holds", port,
                      what, bytes, static_cast<unsigned long long>(address));
        throw std::runtime_error(text);
    }

    const millrace_memory memory_;
    const SimulationOptions options_;
    std::uint64_t channels_ = 0;
    bool began_ = false;
};

// AR or AW.
struct RequestPins {
    const QData& address;
    const CData& length;
    const CData& size;
    const CData& burst;
    const CData& valid;
    CData& ready;
};

// Requests that were accepted, oldest first, and the room for their words.
template <int BITS> class RequestQueue {
  public:
    static constexpr std::size_t word_bytes = BITS / 8;
    static constexpr std::size_t burst_bytes = 4096;

    struct Burst {
        std::uint64_t address;
        unsigned words;
        unsigned char* data;
    };

    RequestQueue(const char* port, Bus& bus, const RequestPins& pins)
        : port_(port),
          pins_(pins),
          pauses_(bus.pauses()),
          data_(most * burst_bytes) {
        for (std::size_t i = 0; i < most; ++i) bursts_[i].data = &data_[i * burst_bytes];
        pins_.ready = 0;
    }

    bool empty() const { return count_ == 0; }
    const Burst& front() const { return bursts_[first_]; }
    void pop() {
        first_ = (first_ + 1) % most;
        --count_;
    }
    void drive() { pins_.ready = count_ < most && !pauses_(); }
    // The burst that is accepted in this cycle, or null.
    const Burst* sample() {
        if (!pins_.valid) {
            if (waits_) complain("takes back a request", seen_);
            return nullptr;
        }
        const unsigned words = pins_.length + 1u;
        if (waits_ && (pins_.address != seen_.address || words != seen_.words)) {
            complain("changes a request that waits", seen_);
        }
        waits_ = !pins_.ready;
        seen_.address = pins_.address;
        seen_.words = words;
        return waits_ ? nullptr : accept();
    }
    [[noreturn]] void complain(const char* what, const Burst& burst) const {
        char text[160];
        std::snprintf(text, sizeof text, "%s: the kernel %s (burst of %u words at 0x%llx)", port_,
                      what, burst.words, static_cast<unsigned long long>(burst.address));
        throw std::runtime_error(text);
    }

  private:
    static constexpr std::size_t most = 16;

    const Burst* accept() {
        const std::uint64_t bytes = seen_.words * word_bytes;
        if (pins_.burst != 1 || std::size_t{1} << pins_.size != word_bytes) {
            complain("asks for another burst than ascending whole words", seen_);
        }
        if (seen_.address % word_bytes != 0) complain("asks for parts of words", seen_);
        if (seen_.address / burst_bytes != (seen_.address + bytes - 1) / burst_bytes) {
            complain("crosses a boundary of 4 KiB", seen_);
        }
        Burst& burst = bursts_[(first_ + count_) % most];
        burst.address = seen_.address;
        burst.words = seen_.words;
        ++count_;
        return &burst;
    }

    const char* port_;
    RequestPins pins_;
    Pauses pauses_;
    bool waits_ = false; // the request seen last
    Burst seen_{};
    std::size_t first_ = 0;
    std::size_t count_ = 0;
    std::array<Burst, most> bursts_{};
    std::vector<unsigned char> data_;
};

template <int BITS> using Word = std::conditional_t<BITS == 64, QData, VlWide<BITS / 32>>;

template <int BITS> class ReadPort {
  public:
    static constexpr bool reads = true;

    struct Pins {
        RequestPins request;
        Word<BITS>& data;
        CData& response;
        CData& last;
        CData& valid;
        const CData& ready;
    };

    ReadPort(const PortInfo& port, Bus& bus, const Pins& pins)
        : name_(port.name),
          bus_(bus),
          pins_(pins),
          requests_(port.name, bus, pins.request),
          pauses_(bus.pauses()),
          pace_(bus.pace(port)) {
        pins_.response = 0;
        pins_.valid = 0;
    }

    void drive() {
        if (moved_) {
            moved_ = false;
            pins_.valid = 0;
            if (++sent_ == requests_.front().words) {
                requests_.pop();
                sent_ = 0;
            }
        }
        requests_.drive();
        if (!requests_.empty()) bus_.begin();
        const bool waits = pace_(!requests_.empty());
        if (pins_.valid || requests_.empty() || waits || pauses_()) return;
        const auto& burst = requests_.front();
        std::memcpy(&pins_.data, burst.data + sent_ * word_bytes, word_bytes);
        pins_.last = sent_ + 1 == burst.words;
        pins_.valid = 1;
    }
    void sample() {
        if (const auto* burst = requests_.sample()) {
            bus_.read(name_, burst->address, burst->data, burst->words * word_bytes);
        }
        moved_ = pins_.valid && pins_.ready;
    }
    std::string state() const {
        if (pins_.valid) return "a memory word waits for the kernel";
        return requests_.empty() ? "the kernel asks for nothing" : "the memory pauses";
    }

  private:
    static constexpr std::size_t word_bytes = BITS / 8;

    const char* name_;
    Bus& bus_;
    Pins pins_;
    RequestQueue<BITS> requests_;
    Pauses pauses_;
    Pace pace_;
    unsigned sent_ = 0;  // words of the oldest burst
    bool moved_ = false; // a word in the last cycle
};

template <int BITS> class WritePort {
  public:
    static constexpr bool reads = false;

    // As Verilator chooses them.
    using Strobe = std::conditional_t<
        BITS == 64, CData,
        std::conditional_t<BITS == 128, SData, std::conditional_t<BITS == 256, IData, QData>>>;

    struct Pins {
        RequestPins request;
        const Word<BITS>& data;
        const Strobe& strobe;
        const CData& last;
        const CData& valid;
        CData& ready;
        CData& response;
        CData& response_valid;
        const CData& response_ready;
    };

    WritePort(const PortInfo& port, Bus& bus, const Pins& pins)
        : name_(port.name),
          bus_(bus),
          pins_(pins),
          requests_(port.name, bus, pins.request),
          pauses_(bus.pauses()),
          response_pauses_(bus.pauses()),
          pace_(bus.pace(port)) {
        pins_.ready = 0;
        pins_.response = 0;
        pins_.response_valid = 0;
    }

    void drive() {
        if (answered_) {
            answered_ = false;
            pins_.response_valid = 0;
            --answers_;
        }
        requests_.drive();
        const bool waits = pace_(bus_.began());
        pins_.ready = !requests_.empty() && !waits && !pauses_();
        if (answers_ > 0 && !pins_.response_valid) pins_.response_valid = !response_pauses_();
    }
    void sample() {
        requests_.sample();
        answered_ = pins_.response_valid && pins_.response_ready;
        if (pins_.valid && pins_.ready) take();
    }
    std::string state() const {
        if (pins_.valid && !pins_.ready) return "a word of the kernel waits for the memory";
        return requests_.empty() ? "the kernel writes nothing"
                                 : "the memory waits for words of a burst";
    }

  private:
    static constexpr std::size_t word_bytes = BITS / 8;
    static constexpr Strobe all_bytes = static_cast<Strobe>(~Strobe{0});

    void take() {
        const auto& burst = requests_.front();
        if (pins_.strobe != all_bytes) requests_.complain("writes parts of words", burst);
        std::memcpy(burst.data + taken_ * word_bytes, &pins_.data, word_bytes);
        ++taken_;
        if ((taken_ == burst.words) != (pins_.last != 0)) {
            requests_.complain("ends a burst at another word than announced", burst);
        }
        if (taken_ < burst.words) return;
        bus_.write(name_, burst.address, burst.data, burst.words * word_bytes);
        requests_.pop();
        taken_ = 0;
        ++answers_;
    }

    const char* name_;
    Bus& bus_;
    Pins pins_;
    RequestQueue<BITS> requests_;
    Pauses pauses_;
    Pauses response_pauses_;
    Pace pace_;
    unsigned taken_ = 0;        // words of the oldest burst
    std::uint64_t answers_ = 0; // bursts that are written and not answered
    bool answered_ = false;     // in the last cycle
};

} // namespace millrace

#endif
