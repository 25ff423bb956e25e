// SPDX-License-Identifier: Apache-2.0
//
// Drives the streams of a Verilated top: any number of sources and sinks on one clock, several
// traffic patterns, and checks of what an actor owes its neighbours:
//   - the words that leave are the expected ones, all of them and no more;
//   - while valid waits for ready, valid and data stay (in both directions a word moves in a cycle
//     with valid and ready);
//   - valid does not wait for ready (a pattern raises ready only after it has seen valid);
//   - a reset in the middle of traffic leaves no trace in the next frames;
//   - at full speed every frame takes exactly the cycles that the sink was told.
//
// The tops of the benches hold many instances side by side, one per parameter set, with the ports
// of all instances packed into vectors; a Signal is some bits of such a port. Use:
//
//   Vtop top;
//   Bench bench(top);                                         // top.clk, top.rst
//   Source& in = bench.source("name", {{top.in_data, i * W}, {top.in_valid, i}, {top.in_ready, i},
//                                      {lanes, bits, Encoding::signed_}});
//   Sink& out = bench.sink("name", {...});
//   in.send(elements);                                        // numbers, not codes
//   out.expect(elements, words_per_frame, interval);          // interval 0: not checked
//   return bench.run();                                       // 0 or 1, for main()
//
// All streams run at once in each pattern. The instance's name appears in messages and in the
// table of intervals and latencies (cycles from a stream's first word in to its first and last
// word out) that run() prints for the full-speed pattern.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <random>
#include <string>
#include <type_traits>
#include <vector>

namespace millrace::rtl_bench {

/// How the bits of an element stand for a number; the values of the modules' ENC parameters.
enum class Encoding { unsigned_ = 0, signed_ = 1, bipolar = 2 };

/// Bits of a port of a Verilated top, from `first_bit` on. Verilator's port types of all widths
/// hold their bits little-endian in memory.
class Signal {
  public:
    template <class Port>
    Signal(Port& port, std::size_t first_bit = 0)
        : bytes_(reinterpret_cast<unsigned char*>(&port)),
          first_bit_(first_bit) {}

    [[nodiscard]] bool get() const { return (bytes_[first_bit_ / 8] >> (first_bit_ % 8) & 1) != 0; }
    void set(bool value) const;
    /// `bits` (at most 64) bits from bit `at` of the signal on.
    [[nodiscard]] std::uint64_t read(std::size_t at, std::size_t bits) const;
    void write(std::size_t at, std::size_t bits, std::uint64_t value) const;

  private:
    unsigned char* bytes_;
    std::size_t first_bit_;
};

/// Lanes of a word, bits (1 to 64) and encoding of an element.
struct StreamFormat {
    std::size_t lanes = 1;
    std::size_t bits = 1;
    Encoding encoding = Encoding::unsigned_;
};

struct StreamPort {
    Signal data;
    Signal valid;
    Signal ready;
    StreamFormat format;
};

using Elements = std::vector<std::int64_t>;

/// The code of a number, and back.
std::uint64_t encode(std::int64_t number, const StreamFormat& format);
std::int64_t decode(std::uint64_t code, const StreamFormat& format);

/// Random numbers of a format, corners (smallest, largest, 0) more often than chance has them.
Elements random_elements(std::mt19937_64& random, std::size_t count, const StreamFormat& format);
/// The same between two bounds.
Elements random_elements(std::mt19937_64& random, std::size_t count, std::int64_t low,
                         std::int64_t high);

/// What a side of a stream does in a cycle.
enum class Pace {
    full,   ///< every cycle
    random, ///< two cycles of three
    rare,   ///< one cycle of eight
    bursts, ///< long runs of both
    late,   ///< sinks: ready only after valid was seen; sources: as random
};

/// Feeds the elements of an input stream.
class Source {
  public:
    void send(const Elements& elements) {
        elements_.insert(elements_.end(), elements.begin(), elements.end());
    }

  private:
    friend class BenchBase;
    Source(std::string name, StreamPort port) : name_(std::move(name)), port_(port) {}
    [[nodiscard]] std::size_t words() const { return elements_.size() / port_.format.lanes; }

    std::string name_;
    StreamPort port_;
    Elements elements_;
    // State of a run.
    std::size_t next_ = 0; ///< word that is or will be offered
    bool offered_ = false;
    std::size_t burst_ = 0;
    bool burst_on_ = false;
    std::int64_t first_cycle_ = -1;
};

/// Takes and compares the words of an output stream.
class Sink {
  public:
    /// `words_per_frame` and `interval` (cycles a frame at full speed; 0: unchecked) hold for the
    /// whole stream.
    void expect(const Elements& elements, std::size_t words_per_frame, std::int64_t interval) {
        elements_.insert(elements_.end(), elements.begin(), elements.end());
        words_per_frame_ = words_per_frame;
        interval_ = interval;
    }

  private:
    friend class BenchBase;
    Sink(std::string name, StreamPort port) : name_(std::move(name)), port_(port) {}
    [[nodiscard]] std::size_t words() const { return elements_.size() / port_.format.lanes; }

    std::string name_;
    StreamPort port_;
    Elements elements_;
    std::size_t words_per_frame_ = 1;
    std::int64_t interval_ = 0;
    // State of a run.
    std::size_t next_ = 0;
    bool waiting_ = false; ///< valid was seen without ready
    std::vector<std::uint64_t> held_;
    std::size_t burst_ = 0;
    bool burst_on_ = false;
    std::vector<std::int64_t> cycles_; ///< of each word
};

class BenchBase {
  public:
    /// Streams of one instance have one name; the references stay valid.
    Source& source(std::string name, StreamPort port);
    Sink& sink(std::string name, StreamPort port);

    /// Runs all patterns; prints failures and the table. 0 when all is well, else 1.
    int run();
    /// Clock cycles simulated so far.
    [[nodiscard]] std::int64_t cycles() const { return total_cycles_; }

  protected:
    using SetBit = std::function<void(bool)>;
    BenchBase(SetBit clock, SetBit reset, std::function<void()> evaluate)
        : clock_(std::move(clock)),
          reset_(std::move(reset)),
          evaluate_(std::move(evaluate)) {}

  private:
    struct Pattern {
        const char* name;
        Pace sources;
        Pace sinks;
        bool abort; ///< stop after some cycles, in the middle of traffic
    };
    void run_pattern(const Pattern& pattern);
    void reset();
    void cycle(const Pattern& pattern);
    void edge();
    bool paced(Pace pace, std::size_t& burst, bool& on);
    void take(Sink& sink, const Pattern& pattern);
    void check_speed();
    void fail(const std::string& message);

    SetBit clock_;
    SetBit reset_;
    std::function<void()> evaluate_;
    std::deque<Source> sources_;
    std::deque<Sink> sinks_;
    std::mt19937_64 random_{5};
    std::int64_t now_ = 0; ///< cycle of the pattern
    std::int64_t last_move_ = 0;
    std::int64_t total_cycles_ = 0;
    std::size_t failures_ = 0;
};

/// A bench for a Verilated top with the ports clk and rst.
template <class Top> class Bench : public BenchBase {
  public:
    explicit Bench(Top& top)
        : BenchBase([&top](bool level) { top.clk = level; },
                    [&top](bool level) { top.rst = level; }, [&top] { top.eval(); }) {}
};

} // namespace millrace::rtl_bench
