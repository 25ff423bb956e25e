// SPDX-License-Identifier: Apache-2.0
//
// See node_order.hpp. Kahn's algorithm with a heap, so that ties go to the earlier node of the
// file. What remains contains every cycle and all that hangs below them; taking nodes without
// remaining readers away again and again leaves the cycles (and paths from one to another).
#include "frontend/node_order.hpp"

#include <functional>
#include <queue>

namespace millrace::frontend {

NodeOrder order_nodes(const std::vector<std::vector<std::size_t>>& needs) {
    const std::size_t count = needs.size();
    std::vector<std::vector<std::size_t>> readers(count);
    std::vector<std::size_t> waiting_for(count, 0);
    for (std::size_t n = 0; n < count; ++n) {
        for (const std::size_t source : needs[n]) {
            readers[source].push_back(n);
        }
        waiting_for[n] = needs[n].size();
    }

    NodeOrder order;
    std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>> ready;
    for (std::size_t n = 0; n < count; ++n) {
        if (waiting_for[n] == 0) {
            ready.push(n);
        }
    }
    std::vector<bool> done(count, false);
    while (!ready.empty()) {
        const std::size_t n = ready.top();
        ready.pop();
        done[n] = true;
        order.sorted.push_back(n);
        for (const std::size_t reader : readers[n]) {
            if (--waiting_for[reader] == 0) {
                ready.push(reader);
            }
        }
    }
    if (order.sorted.size() == count) {
        return order;
    }

    std::vector<std::size_t> read_by(count, 0);
    for (std::size_t n = 0; n < count; ++n) {
        for (const std::size_t reader : readers[n]) {
            read_by[n] += done[reader] ? 0U : 1U;
        }
    }
    std::vector<std::size_t> unread;
    for (std::size_t n = 0; n < count; ++n) {
        if (!done[n] && read_by[n] == 0) {
            unread.push_back(n);
        }
    }
    while (!unread.empty()) {
        const std::size_t n = unread.back();
        unread.pop_back();
        done[n] = true;
        for (const std::size_t source : needs[n]) {
            if (!done[source] && --read_by[source] == 0) {
                unread.push_back(source);
            }
        }
    }
    for (std::size_t n = 0; n < count; ++n) {
        if (!done[n]) {
            order.cyclic.push_back(n);
        }
    }
    return order;
}

} // namespace millrace::frontend
