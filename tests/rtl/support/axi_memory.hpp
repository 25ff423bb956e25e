// SPDX-License-Identifier: Apache-2.0
//
// A memory behind AXI4 masters of a Verilated top, one object for each master's reads or writes. It
// answers after a random time, in order, with random pauses on every channel, and checks what a
// master owes the bus: bursts of at most 256 words that do not cross 4 KiB and stay within the
// memory, requests that do not change while they wait, the announced number of words with `last`
// on the last, no more bursts under way than allowed.
//
// In each cycle: drive() all, evaluate the top with the clock low, sample() all, raise the clock.
#pragma once

#include "support/stream_bench.hpp"

#include <deque>
#include <random>
#include <string>
#include <vector>

namespace millrace::rtl_bench {

/// Bytes at addresses from `base` on.
struct AxiMemory {
    std::uint64_t base = 0;
    std::vector<unsigned char> bytes;
};

/// How the memory behaves: a request is answered after `latency` cycles or more; a channel pauses
/// in a cycle with one chance in `pause` (0: never).
struct AxiPace {
    std::int64_t latency = 0;
    unsigned pause = 0;
};

/// The request channel of a master: AR or AW.
struct AxiRequestPort {
    Signal address; ///< 64 bits
    Signal length;  ///< 8 bits: words less one
    Signal valid;
    Signal ready;
};

/// What reads and writes have in common.
class AxiChannel {
  public:
    [[nodiscard]] const std::string& error() const { return error_; }
    [[nodiscard]] bool idle() const { return bursts_.empty(); }
    void set_pace(AxiPace pace) { pace_ = pace; }
    /// Bursts since the last reset_counts(), and words in them.
    [[nodiscard]] std::int64_t bursts() const { return burst_count_; }
    [[nodiscard]] std::int64_t words() const { return word_count_; }
    void reset_counts() { burst_count_ = word_count_ = 0; }

  protected:
    struct Burst {
        std::uint64_t address;
        std::int64_t words;  ///< that are still to come
        std::int64_t answer; ///< cycle from which it may be answered
    };
    AxiChannel(AxiMemory& memory, const AxiRequestPort& request, std::size_t word_bits,
               std::size_t outstanding, std::uint64_t seed)
        : memory_(memory),
          request_(request),
          word_bytes_(word_bits / 8),
          outstanding_(outstanding),
          random_(seed) {}
    [[nodiscard]] bool pauses() { return pace_.pause != 0 && random_() % pace_.pause == 0; }
    void drive_request() { request_.ready.set(!pauses()); }
    void sample_request();
    void fail(const std::string& message);
    [[nodiscard]] unsigned char* at(std::uint64_t address);

    AxiMemory& memory_;
    AxiRequestPort request_;
    std::size_t word_bytes_;
    std::size_t outstanding_;
    std::mt19937_64 random_;
    AxiPace pace_;
    std::deque<Burst> bursts_;
    std::int64_t now_ = 0;

  private:
    std::string error_;
    bool waited_ = false;
    std::uint64_t waiting_address_ = 0;
    std::uint64_t waiting_length_ = 0;
    std::int64_t burst_count_ = 0;
    std::int64_t word_count_ = 0;
};

class AxiReads : public AxiChannel {
  public:
    AxiReads(AxiMemory& memory, const AxiRequestPort& request, const Signal& data,
             const Signal& valid, const Signal& ready, std::size_t word_bits,
             std::size_t outstanding, std::uint64_t seed)
        : AxiChannel(memory, request, word_bits, outstanding, seed),
          data_(data),
          valid_(valid),
          ready_(ready) {}
    void drive();
    void sample();

  private:
    Signal data_, valid_, ready_;
    bool offered_ = false;
};

class AxiWrites : public AxiChannel {
  public:
    AxiWrites(AxiMemory& memory, const AxiRequestPort& request, const Signal& data,
              const Signal& last, const Signal& valid, const Signal& ready,
              const Signal& response_valid, const Signal& response_ready, std::size_t word_bits,
              std::size_t outstanding, std::uint64_t seed)
        : AxiChannel(memory, request, word_bits, outstanding, seed),
          data_(data),
          last_(last),
          valid_(valid),
          ready_(ready),
          response_valid_(response_valid),
          response_ready_(response_ready) {}
    void drive();
    void sample();

  private:
    Signal data_, last_, valid_, ready_, response_valid_, response_ready_;
    std::size_t filled_ = 0; ///< bursts, from the oldest, that have all their words
    bool offered_ = false;   ///< a response waits
    bool waited_ = false;    ///< a word waited for ready
};

} // namespace millrace::rtl_bench
