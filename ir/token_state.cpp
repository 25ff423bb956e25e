// SPDX-License-Identifier: Apache-2.0
#include "ir/token_state.hpp"

namespace millrace {

void TokenChannel::measure(bool ended) {
    if (measured == nobody) {
        ready.forget_before(taken.count());
        taken.forget_before(taken.count());
        return;
    }
    // A word occupies the FIFO from the cycle in which it comes until it is read.
    while (measured_to < ready.count()) {
        const bool ever = measured_to < taken.count();
        while (come < ready.count() && ever && ready.at(come) - delay <= taken.at(measured_to)) {
            ++come;
        }
        if (ended && !ever) {
            come = ready.count();
        }
        if (!ended && (!ever || come == ready.count())) {
            break; // more words may come before it is read
        }
        most_waiting = std::max(most_waiting, come - measured_to);
        ++measured_to;
    }
    ready.forget_before(std::min(come, taken.count()));
    taken.forget_before(measured_to);
}

} // namespace millrace
