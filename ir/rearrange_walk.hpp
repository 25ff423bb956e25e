// SPDX-License-Identifier: Apache-2.0
//
// The schedule of ops::Rearrange, word by word and cycle by cycle, for whoever needs to follow it:
// the executor and the prediction of cycles.
#pragma once

#include "ir/ops/dataflow.hpp"

namespace millrace {

/// The words that a frame sends, one after the other.
class RearrangeOrder {
  public:
    explicit RearrangeOrder(const ops::Rearrange& op)
        : op_(op),
          words_(element_count(op.counts)),
          monotone_(ops::rearrange_monotone_loops(op.counts, op.strides)),
          index_(op.counts.size(), 0),
          address_(op.offset),
          low_(op.offset) {}

    [[nodiscard]] std::int64_t words() const { return words_; }
    [[nodiscard]] std::int64_t sent() const { return sent_; }
    [[nodiscard]] bool ended() const { return sent_ == words_; }
    /// The input word that is sent next, and the first one that is still needed.
    [[nodiscard]] std::int64_t address() const { return address_; }
    [[nodiscard]] std::int64_t low() const { return low_; }

    /// On to the next word; behind the last one both are those of the first again.
    void advance() {
        ++sent_;
        for (std::size_t loop = index_.size(); loop-- > 0;) {
            const std::int64_t back = (op_.counts[loop] - 1) * op_.strides[loop];
            if (++index_[loop] < op_.counts[loop]) {
                address_ += op_.strides[loop];
                low_ += loop < monotone_ ? op_.strides[loop] : 0;
                return;
            }
            index_[loop] = 0;
            address_ -= back;
            low_ -= loop < monotone_ ? back : 0;
        }
    }
    void next_frame() { sent_ = 0; }

  private:
    const ops::Rearrange& op_;
    std::int64_t words_;
    std::size_t monotone_;
    std::vector<std::int64_t> index_;
    std::int64_t address_;
    std::int64_t low_;
    std::int64_t sent_ = 0;
};

class RearrangeWalk {
  public:
    /// `input_words`: words of a frame that come in.
    RearrangeWalk(const ops::Rearrange& op, std::int64_t input_words)
        : op_(op),
          input_words_(input_words) {}

    /// Calls f(read, sent) for each cycle of a frame by itself: the input word that is read in it
    /// and the input word that is sent in it, -1 for none.
    template <class F> void for_each_cycle(F&& f) const {
        RearrangeOrder order(op_);
        std::int64_t read = 0;
        while (read < input_words_ || !order.ended()) {
            const bool sends = !order.ended() && order.address() < read;
            const std::int64_t oldest = order.ended() ? input_words_ : order.low();
            const bool reads = read < input_words_ && read - oldest < op_.depth;
            f(reads ? read : -1, sends ? order.address() : -1);
            read += reads ? 1 : 0;
            if (sends) {
                order.advance();
            }
        }
    }

    /// Cycles between frames that overlap, in the long run. Where a frame begins, all that matters
    /// is how many of its words are there already: the frames are the same from then on when the
    /// next one begins with as many.
    [[nodiscard]] std::int64_t overlapped_interval() const {
        RearrangeOrder order(op_);
        std::int64_t read = 0; // less than none: words of the frame before are still to come
        for (;;) {
            const std::int64_t at_start = read;
            std::int64_t cycles = 0;
            for (order.next_frame(); !order.ended(); ++cycles) {
                const bool sends = order.address() < read;
                read += read - order.low() < op_.depth ? 1 : 0;
                if (sends) {
                    order.advance();
                }
            }
            read -= input_words_;
            if (read == at_start) {
                return cycles;
            }
        }
    }

  private:
    const ops::Rearrange& op_;
    std::int64_t input_words_;
};

} // namespace millrace
