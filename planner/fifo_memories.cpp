// SPDX-License-Identifier: Apache-2.0
#include "planner/fifo_memories.hpp"

#include "ir/circuit.hpp"
#include "planner/design_model.hpp"

#include <algorithm>
#include <limits>
#include <optional>

namespace millrace::planner {

namespace {

class Mover {
  public:
    Mover(std::vector<SizedFifo>& fifos, Family family, const Use& available, Use& use)
        : fifos_(fifos),
          family_(family),
          available_(available),
          use_(use) {}

    void run() {
        std::vector<Move> moves;
        while (const std::optional<std::size_t> short_of = scarce()) {
            const std::optional<Move> move = best_move(*short_of);
            if (!move) {
                return;
            }
            apply(*move);
            fifos_[move->fifo].moved = true;
            moves.push_back(*move);
        }
        // A large one at the end may have made small ones before it needless.
        for (const Move& move : moves) {
            const Use use = use_;
            apply({move.fifo, move.from, move.to, opposite(move.change)});
            fifos_[move.fifo].moved = !within(use_, available_);
            if (fifos_[move.fifo].moved) {
                fifos_[move.fifo].fifo.memory = move.to;
                use_ = use;
            }
        }
    }

  private:
    struct Move {
        std::size_t fifo = 0;
        ops::MemoryStyle to = ops::MemoryStyle::lut;
        ops::MemoryStyle from = ops::MemoryStyle::automatic;
        Use change{};
    };

    [[nodiscard]] std::optional<std::size_t> scarce() const {
        for (std::size_t r = 0; r < resource_count; ++r) {
            if (use_[r] > available_[r]) {
                return r;
            }
        }
        return std::nullopt;
    }

    /// That gives something of a resource back, and takes no more of the others than there is.
    [[nodiscard]] std::optional<Move> best_move(std::size_t wanted) const {
        std::optional<Move> best;
        double best_worth = 0;
        for (std::size_t i = 0; i < fifos_.size(); ++i) {
            if (fifos_[i].moved) {
                continue;
            }
            for (const ops::MemoryStyle style :
                 {ops::MemoryStyle::lut, ops::MemoryStyle::bram, ops::MemoryStyle::uram}) {
                const Move move{i, style, fifos_[i].fifo.memory, change(fifos_[i], style)};
                if (move.change[wanted] >= 0) {
                    continue;
                }
                double price = std::numeric_limits<double>::min();
                bool possible = true;
                for (std::size_t r = 0; r < resource_count && possible; ++r) {
                    if (r != wanted && move.change[r] > 0) {
                        const double left = available_[r] - use_[r];
                        possible = move.change[r] <= left;
                        price += move.change[r] / left;
                    }
                }
                const double worth = -move.change[wanted] / price;
                if (possible && worth > best_worth) {
                    best = move;
                    best_worth = worth;
                }
            }
        }
        return best;
    }

    [[nodiscard]] Use change(const SizedFifo& fifo, ops::MemoryStyle style) const {
        ops::Fifo moved = fifo.fifo;
        moved.memory = style;
        Use after = use_of(fifo_cost(moved, fifo.bits, family_));
        const Use before = use_of(fifo_cost(fifo.fifo, fifo.bits, family_));
        for (std::size_t r = 0; r < resource_count; ++r) {
            after[r] -= before[r];
        }
        return after;
    }

    void apply(const Move& move) {
        fifos_[move.fifo].fifo.memory = move.to;
        for (std::size_t r = 0; r < resource_count; ++r) {
            use_[r] += move.change[r];
        }
    }

    static Use opposite(Use change) {
        for (double& one : change) {
            one = -one;
        }
        return change;
    }

    std::vector<SizedFifo>& fifos_;
    Family family_;
    const Use& available_;
    Use& use_;
};

} // namespace

std::vector<SizedFifo> sized_fifos(const Graph& dataflow) {
    std::vector<SizedFifo> fifos;
    for (const Node& node : dataflow.nodes) {
        if (const auto* fifo = std::get_if<ops::Fifo>(&node.op)) {
            const auto& type = std::get<StreamType>(dataflow.value(node.inputs[0]).type);
            fifos.push_back({node.name, type.word_bits(), type.words(), *fifo});
        }
    }
    return fifos;
}

void move_fifos(std::vector<SizedFifo>& fifos, Family family, const Use& available, Use& use) {
    Mover(fifos, family, available, use).run();
}

} // namespace millrace::planner
