// SPDX-License-Identifier: Apache-2.0
#include "support/axi_memory.hpp"

namespace millrace::rtl_bench {

void AxiChannel::fail(const std::string& message) {
    if (error_.empty()) {
        error_ = message + " (cycle " + std::to_string(now_) + ")";
    }
}

unsigned char* AxiChannel::at(std::uint64_t address) {
    return memory_.bytes.data() + (address - memory_.base);
}

void AxiChannel::sample_request() {
    const bool valid = request_.valid.get();
    const std::uint64_t address = request_.address.read(0, 64);
    const std::uint64_t length = request_.length.read(0, 8);
    if (waited_ && (!valid || address != waiting_address_ || length != waiting_length_)) {
        fail("a request changed while it waited");
    }
    waited_ = valid && !request_.ready.get();
    waiting_address_ = address;
    waiting_length_ = length;
    if (!valid || waited_) {
        return;
    }
    const std::uint64_t bytes = (length + 1) * word_bytes_;
    if (address % word_bytes_ != 0 || address / 4096 != (address + bytes - 1) / 4096) {
        fail("a burst crosses 4 KiB or is not aligned");
    }
    if (address < memory_.base || address + bytes > memory_.base + memory_.bytes.size()) {
        fail("a burst leaves the buffer");
        return;
    }
    const auto words = static_cast<std::int64_t>(length + 1);
    bursts_.push_back(
        {address, words,
         now_ + pace_.latency + (pace_.pause != 0 ? static_cast<std::int64_t>(random_() % 8) : 0)});
    if (bursts_.size() > outstanding_) {
        fail("more bursts under way than allowed");
    }
    ++burst_count_;
    word_count_ += words;
}

void AxiReads::drive() {
    drive_request();
    if (!offered_ && !bursts_.empty() && bursts_.front().answer <= now_ && !pauses()) {
        const unsigned char* const bytes = at(bursts_.front().address);
        for (std::size_t i = 0; i < word_bytes_; ++i) {
            data_.write(8 * i, 8, bytes[i]);
        }
        offered_ = true;
    }
    if (!offered_) {
        data_.write(0, 64, random_());
    }
    valid_.set(offered_);
}

void AxiReads::sample() {
    sample_request();
    if (offered_ && ready_.get()) {
        offered_ = false;
        Burst& burst = bursts_.front();
        burst.address += word_bytes_;
        if (--burst.words == 0) {
            bursts_.pop_front();
        }
    }
    ++now_;
}

void AxiWrites::drive() {
    drive_request();
    ready_.set(!pauses());
    if (!offered_ && filled_ > 0 && bursts_.front().answer <= now_ && !pauses()) {
        offered_ = true;
    }
    response_valid_.set(offered_);
}

void AxiWrites::sample() {
    sample_request();
    const bool valid = valid_.get();
    if (waited_ && !valid) {
        fail("a word to write went away while it waited");
    }
    waited_ = valid && !ready_.get();
    if (valid && !waited_) {
        if (filled_ == bursts_.size()) {
            fail("a word to write without a burst");
        } else {
            Burst& burst = bursts_[filled_];
            unsigned char* const bytes = at(burst.address);
            for (std::size_t i = 0; i < word_bytes_; ++i) {
                bytes[i] = static_cast<unsigned char>(data_.read(8 * i, 8));
            }
            burst.address += word_bytes_;
            if (last_.get() != (--burst.words == 0)) {
                fail("`last` is not on the last word of a burst");
            }
            filled_ += burst.words == 0 ? 1 : 0;
        }
    }
    if (offered_ && response_ready_.get()) {
        offered_ = false;
        bursts_.pop_front();
        --filled_;
    }
    ++now_;
}

} // namespace millrace::rtl_bench
