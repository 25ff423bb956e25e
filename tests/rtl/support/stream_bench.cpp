// SPDX-License-Identifier: Apache-2.0
#include "stream_bench.hpp"

#include <algorithm>
#include <cstdio>
#include <map>

namespace millrace::rtl_bench {

namespace {

constexpr std::int64_t silent_cycles = 20000; // longer without a word moving: the design stopped
constexpr std::int64_t drain_cycles = 200;
constexpr std::size_t reported_failures = 20;

std::uint64_t mask(std::size_t bits) {
    return bits >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1;
}

std::int64_t lowest(const StreamFormat& format) {
    switch (format.encoding) {
    case Encoding::unsigned_:
        return 0;
    case Encoding::signed_:
        return -static_cast<std::int64_t>(mask(format.bits - 1)) - 1;
    case Encoding::bipolar:
        return -1;
    }
    return 0;
}

std::int64_t highest(const StreamFormat& format) {
    switch (format.encoding) {
    case Encoding::unsigned_:
        return static_cast<std::int64_t>(mask(std::min<std::size_t>(format.bits, 63)));
    case Encoding::signed_:
        return static_cast<std::int64_t>(mask(format.bits - 1));
    case Encoding::bipolar:
        return 1;
    }
    return 0;
}

} // namespace

void Signal::set(bool value) const {
    const auto bit = static_cast<unsigned char>(1u << (first_bit_ % 8));
    unsigned char& byte = bytes_[first_bit_ / 8];
    byte = static_cast<unsigned char>(value ? byte | bit : byte & ~bit);
}

std::uint64_t Signal::read(std::size_t at, std::size_t bits) const {
    std::uint64_t value = 0;
    for (std::size_t done = 0; done < bits;) {
        const std::size_t position = first_bit_ + at + done;
        const std::size_t part = std::min<std::size_t>(8 - position % 8, bits - done);
        value |= (bytes_[position / 8] >> (position % 8) & mask(part)) << done;
        done += part;
    }
    return value;
}

void Signal::write(std::size_t at, std::size_t bits, std::uint64_t value) const {
    for (std::size_t done = 0; done < bits;) {
        const std::size_t position = first_bit_ + at + done;
        const std::size_t part = std::min<std::size_t>(8 - position % 8, bits - done);
        const std::uint64_t ones = mask(part) << (position % 8);
        const std::uint64_t now = (value >> done & mask(part)) << (position % 8);
        unsigned char& byte = bytes_[position / 8];
        byte = static_cast<unsigned char>((byte & ~ones) | now);
        done += part;
    }
}

std::uint64_t encode(std::int64_t number, const StreamFormat& format) {
    if (format.encoding == Encoding::bipolar) {
        return number > 0 ? 1 : 0;
    }
    return static_cast<std::uint64_t>(number) & mask(format.bits);
}

std::int64_t decode(std::uint64_t code, const StreamFormat& format) {
    switch (format.encoding) {
    case Encoding::unsigned_:
        break;
    case Encoding::signed_: {
        const std::uint64_t sign = std::uint64_t{1} << (format.bits - 1);
        return static_cast<std::int64_t>((code ^ sign) - sign);
    }
    case Encoding::bipolar:
        return code != 0 ? 1 : -1;
    }
    return static_cast<std::int64_t>(code);
}

Elements random_elements(std::mt19937_64& random, std::size_t count, std::int64_t low,
                         std::int64_t high) {
    const std::int64_t corners[] = {low, high, std::clamp<std::int64_t>(0, low, high)};
    std::uniform_int_distribution<std::int64_t> any(low, high);
    Elements elements(count);
    for (auto& element : elements) {
        element = random() % 4 == 0 ? corners[random() % 3] : any(random);
        if (low == -1 && high == 1 && element == 0 && random() % 2 == 0) {
            element = 1;
        }
    }
    return elements;
}

Elements random_elements(std::mt19937_64& random, std::size_t count, const StreamFormat& format) {
    if (format.encoding == Encoding::bipolar) {
        Elements elements(count);
        for (auto& element : elements) {
            element = random() % 2 == 0 ? 1 : -1;
        }
        return elements;
    }
    return random_elements(random, count, lowest(format), highest(format));
}

Source& BenchBase::source(std::string name, StreamPort port) {
    sources_.push_back(Source(std::move(name), port));
    return sources_.back();
}

Sink& BenchBase::sink(std::string name, StreamPort port) {
    sinks_.push_back(Sink(std::move(name), port));
    return sinks_.back();
}

int BenchBase::run() {
    for (const Source& source : sources_) {
        if (source.elements_.size() % source.port_.format.lanes != 0) {
            fail(source.name_ + ": the source's elements are not whole words");
        }
    }
    for (const Sink& sink : sinks_) {
        if (sink.elements_.empty() ||
            sink.elements_.size() % (sink.port_.format.lanes * sink.words_per_frame_) != 0) {
            fail(sink.name_ + ": the sink's elements are not whole frames");
        }
    }
    const Pattern patterns[] = {
        {"full speed", Pace::full, Pace::full, false},
        {"random stalls, aborted", Pace::random, Pace::random, true},
        {"random stalls", Pace::random, Pace::random, false},
        {"slow source", Pace::rare, Pace::full, false},
        {"full pipe, aborted", Pace::full, Pace::rare, true},
        {"slow sink", Pace::full, Pace::rare, false},
        {"bursts", Pace::bursts, Pace::bursts, false},
        {"late ready", Pace::random, Pace::late, false},
        {"full speed again", Pace::full, Pace::full, false},
    };
    for (const Pattern& pattern : patterns) {
        run_pattern(pattern);
        if (pattern.sources == Pace::full && pattern.sinks == Pace::full) {
            check_speed();
        }
        if (failures_ > 0) {
            std::printf("failed with pattern \"%s\": %zu failures\n", pattern.name, failures_);
            return 1;
        }
    }
    std::map<std::string, std::int64_t> started;
    for (const Source& source : sources_) {
        auto [place, added] = started.try_emplace(source.name_, source.first_cycle_);
        place->second = std::min(place->second, source.first_cycle_);
    }
    std::printf("%-40s %9s %9s %9s\n", "instance", "interval", "first out", "frame out");
    for (const Sink& sink : sinks_) {
        const std::int64_t start = started.count(sink.name_) != 0 ? started[sink.name_] : 0;
        std::printf("%-40s %9lld %9lld %9lld\n", sink.name_.c_str(),
                    static_cast<long long>(sink.interval_),
                    static_cast<long long>(sink.cycles_.front() - start),
                    static_cast<long long>(sink.cycles_[sink.words_per_frame_ - 1] - start));
    }
    std::printf("passed: %zu sinks, %lld cycles\n", sinks_.size(),
                static_cast<long long>(total_cycles_));
    return 0;
}

void BenchBase::run_pattern(const Pattern& pattern) {
    reset();
    const std::int64_t abort_after = 50 + static_cast<std::int64_t>(random_() % 100);
    const auto finished = [this] {
        return std::all_of(sinks_.begin(), sinks_.end(),
                           [](const Sink& sink) { return sink.next_ >= sink.words(); });
    };
    while (!finished() && failures_ < reported_failures) {
        cycle(pattern);
        if (pattern.abort && now_ > abort_after) {
            return;
        }
        if (now_ - last_move_ > silent_cycles) {
            for (const Sink& sink : sinks_) {
                if (sink.next_ < sink.words()) {
                    fail(sink.name_ + ": stopped after " + std::to_string(sink.next_) + " of " +
                         std::to_string(sink.words()) + " words");
                }
            }
            return;
        }
    }
    for (std::int64_t i = 0; i < drain_cycles && failures_ == 0; ++i) {
        cycle(pattern);
    }
    for (const Source& source : sources_) {
        if (source.next_ != source.words()) {
            fail(source.name_ + ": " + std::to_string(source.words() - source.next_) +
                 " input words were not read");
        }
    }
}

void BenchBase::reset() {
    for (Source& source : sources_) {
        source.next_ = 0;
        source.offered_ = false;
        source.burst_ = 0;
        source.first_cycle_ = -1;
        source.port_.valid.set(false);
    }
    for (Sink& sink : sinks_) {
        sink.next_ = 0;
        sink.waiting_ = false;
        sink.burst_ = 0;
        sink.cycles_.clear();
        sink.port_.ready.set(false);
    }
    reset_(true);
    for (int i = 0; i < 3; ++i) {
        edge();
    }
    reset_(false);
    evaluate_();
    for (const Sink& sink : sinks_) {
        if (sink.port_.valid.get()) {
            fail(sink.name_ + ": valid after reset");
        }
    }
    now_ = 0;
    last_move_ = 0;
}

void BenchBase::edge() {
    clock_(false);
    evaluate_();
    clock_(true);
    evaluate_();
    ++total_cycles_;
}

bool BenchBase::paced(Pace pace, std::size_t& burst, bool& on) {
    switch (pace) {
    case Pace::full:
        return true;
    case Pace::random:
    case Pace::late:
        return random_() % 3 != 0;
    case Pace::rare:
        return random_() % 8 == 0;
    case Pace::bursts:
        if (burst == 0) {
            on = !on;
            burst = 1 + random_() % 60;
        }
        --burst;
        return on;
    }
    return true;
}

void BenchBase::cycle(const Pattern& pattern) {
    for (Source& source : sources_) {
        const bool more = source.next_ < source.words();
        const bool wanted = paced(pattern.sources, source.burst_, source.burst_on_);
        if (!source.offered_ && more && wanted) {
            const StreamFormat& format = source.port_.format;
            for (std::size_t lane = 0; lane < format.lanes; ++lane) {
                source.port_.data.write(
                    lane * format.bits, format.bits,
                    encode(source.elements_[source.next_ * format.lanes + lane], format));
            }
            source.offered_ = true;
        }
        if (!source.offered_) { // nothing may depend on the data of a cycle without valid
            const StreamFormat& format = source.port_.format;
            for (std::size_t lane = 0; lane < format.lanes; ++lane) {
                source.port_.data.write(lane * format.bits, format.bits, random_());
            }
        }
        source.port_.valid.set(source.offered_);
    }
    for (Sink& sink : sinks_) {
        const bool wanted = paced(pattern.sinks, sink.burst_, sink.burst_on_);
        sink.port_.ready.set(wanted && (pattern.sinks != Pace::late || sink.waiting_));
    }
    clock_(false);
    evaluate_();
    for (Sink& sink : sinks_) {
        take(sink, pattern);
    }
    for (Source& source : sources_) {
        if (source.offered_ && source.port_.ready.get()) {
            if (source.first_cycle_ < 0) {
                source.first_cycle_ = now_;
            }
            source.offered_ = false;
            ++source.next_;
            last_move_ = now_;
        }
    }
    edge();
    ++now_;
}

void BenchBase::take(Sink& sink, const Pattern& pattern) {
    const bool valid = sink.port_.valid.get();
    const StreamFormat& format = sink.port_.format;
    if (!valid) {
        if (sink.waiting_) {
            fail(sink.name_ + ": valid fell before ready, word " + std::to_string(sink.next_));
        }
        sink.waiting_ = false;
        return;
    }
    std::vector<std::uint64_t> codes(format.lanes);
    for (std::size_t lane = 0; lane < format.lanes; ++lane) {
        codes[lane] = sink.port_.data.read(lane * format.bits, format.bits);
    }
    if (sink.waiting_ && codes != sink.held_) {
        fail(sink.name_ + ": data changed while waiting, word " + std::to_string(sink.next_));
    }
    if (!sink.port_.ready.get()) {
        sink.waiting_ = true;
        sink.held_ = std::move(codes);
        return;
    }
    sink.waiting_ = false;
    last_move_ = now_;
    if (sink.next_ >= sink.words()) {
        fail(sink.name_ + ": a word too many");
    } else {
        for (std::size_t lane = 0; lane < format.lanes; ++lane) {
            const std::int64_t wanted = sink.elements_[sink.next_ * format.lanes + lane];
            if (codes[lane] != encode(wanted, format)) {
                fail(sink.name_ + ": word " + std::to_string(sink.next_) + " lane " +
                     std::to_string(lane) + " is " + std::to_string(decode(codes[lane], format)) +
                     " instead of " + std::to_string(wanted) + " (" + pattern.name + ", cycle " +
                     std::to_string(now_) + ")");
            }
        }
    }
    sink.cycles_.push_back(now_);
    ++sink.next_;
}

void BenchBase::check_speed() {
    for (const Sink& sink : sinks_) {
        if (sink.interval_ == 0) {
            continue;
        }
        for (std::size_t end = 2 * sink.words_per_frame_; end <= sink.cycles_.size();
             end += sink.words_per_frame_) {
            const std::int64_t taken =
                sink.cycles_[end - 1] - sink.cycles_[end - 1 - sink.words_per_frame_];
            if (taken != sink.interval_) {
                fail(sink.name_ + ": frame " + std::to_string(end / sink.words_per_frame_ - 1) +
                     " took " + std::to_string(taken) + " cycles instead of " +
                     std::to_string(sink.interval_));
                break;
            }
        }
    }
}

void BenchBase::fail(const std::string& message) {
    if (++failures_ <= reported_failures) {
        std::printf("%s\n", message.c_str());
    }
}

} // namespace millrace::rtl_bench
