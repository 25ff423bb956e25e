// SPDX-License-Identifier: Apache-2.0
//
// What a compute unit has been given and has not finished, in the order of the starts. It works on
// the first: since that was started, or since the one in front of it ended. So time limits are
// those of the unit's work, and waiting behind other batches does not count.
#pragma once

#include "runtime/devices/deadline.hpp"
#include "runtime/printing.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <string>

namespace millrace::runtime {

/// `Key` tells the batches of a unit apart. For one thread at a time.
template <class Key> class UnitQueue {
  public:
    void started(Key key, std::uint32_t frames) {
        if (entries_.empty()) {
            since_ = Clock::now();
        }
        entries_.push_back({key, frames});
    }
    /// Whichever it is: it may be gone already.
    void ended(Key key) {
        if (std::erase_if(entries_, [key](const Entry& entry) { return entry.key == key; }) != 0) {
            since_ = Clock::now();
        }
    }
    [[nodiscard]] bool empty() const { return entries_.empty(); }
    /// What the unit works on; not of an empty queue.
    [[nodiscard]] Key front() const { return entries_.front().key; }
    /// When the time limit of that is over.
    [[nodiscard]] Clock::time_point deadline(std::chrono::milliseconds limit) const {
        return deadline_after(limit, entries_.empty() ? Clock::now() : since_);
    }
    [[nodiscard]] bool late(std::chrono::milliseconds limit) const {
        return !entries_.empty() && Clock::now() >= deadline(limit);
    }
    /// Why it counts as hung then.
    [[nodiscard]] std::string lateness(std::chrono::milliseconds limit) const {
        return "the kernel did not finish " + counted(entries_.front().frames, "frame") +
               " within " + std::to_string(limit.count()) + " ms";
    }

  private:
    struct Entry {
        Key key;
        std::uint32_t frames;
    };
    std::deque<Entry> entries_;
    Clock::time_point since_;
};

} // namespace millrace::runtime
