// SPDX-License-Identifier: Apache-2.0
//
// The schedule of ops::Rearrange, cycle by cycle, for whoever needs to follow it: the executor and
// the prediction of cycles.
#pragma once

#include "ir/ops/dataflow.hpp"

namespace millrace {

class RearrangeWalk {
  public:
    /// `input_words`: words of a frame that come in.
    RearrangeWalk(const ops::Rearrange& op, std::int64_t input_words)
        : op_(op),
          input_words_(input_words),
          output_words_(element_count(op.counts)),
          monotone_(ops::rearrange_monotone_loops(op.counts, op.strides)) {}

    /// Calls f(read, sent) for each cycle of a frame: the input word that is read in it and the
    /// input word that is sent in it, -1 for none.
    template <class F> void for_each_cycle(F&& f) const {
        std::vector<std::int64_t> index(op_.counts.size(), 0);
        std::int64_t address = op_.offset;
        std::int64_t low = op_.offset;
        std::int64_t read = 0;
        std::int64_t sent = 0;
        while (read < input_words_ || sent < output_words_) {
            const bool sends = sent < output_words_ && address < read;
            const std::int64_t oldest = sent < output_words_ ? low : input_words_;
            const bool reads = read < input_words_ && read - oldest < op_.depth;
            f(reads ? read : -1, sends ? address : -1);
            read += reads ? 1 : 0;
            if (sends) {
                ++sent;
                advance(index, address, low);
            }
        }
    }

  private:
    void advance(std::vector<std::int64_t>& index, std::int64_t& address, std::int64_t& low) const {
        for (std::size_t loop = index.size(); loop-- > 0;) {
            const std::int64_t back = (op_.counts[loop] - 1) * op_.strides[loop];
            if (++index[loop] < op_.counts[loop]) {
                address += op_.strides[loop];
                low += loop < monotone_ ? op_.strides[loop] : 0;
                return;
            }
            index[loop] = 0;
            address -= back;
            low -= loop < monotone_ ? back : 0;
        }
    }

    const ops::Rearrange& op_;
    std::int64_t input_words_;
    std::int64_t output_words_;
    std::size_t monotone_;
};

} // namespace millrace
