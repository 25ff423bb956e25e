// SPDX-License-Identifier: Apache-2.0
//
// Three steps, each by following the words of some frames (ir/token_simulation.hpp):
//
// 1. A stream that forks and joins again waits on its short way until the long way delivers. The
//    FIFOs behind forks get the most words that wait in them when they are not bounded and inputs
//    come at the pace of the slowest actor. That need not do for every timing: some of the words
//    may have waited inside of actors. So a frame is followed through the design as if actors held
//    no words, with depths that grow until it comes to an end. Such a design never stops (its
//    actors are deterministic, and frame after frame is such an execution of any number of frames).
// 2. Actors that work in bursts need queues to keep the slowest one busy. Where frames do not come
//    at its interval, the reason is a cycle of waits that takes longer, and as no actor alone does,
//    it passes through a FIFO that has no room: those on the longest chain of waits are doubled
//    until the design keeps the pace, of several in a row the one whose words have the fewest bits
//    a frame.
//    Where a latency is asked for, they are as well until a frame that comes alone takes no longer.
// 3. Steps 1 and 2 are taken back as far as they were not needed, the largest memory first.
//
// Where it takes more than a few frames until they come at the interval, designs are followed from
// where they are in the end, not from their beginning (steady_begins()).
//
// As actors stand still as a whole, more room may make a word later. So no depth is concluded to
// do: every one that is kept has been followed.
//
// Where that is too much work, steps 2 and 3 are one: all FIFOs get room for the words that wait
// when none is bounded, over three frames, or five where three do not come at the interval, and
// only for these. The design is followed with these depths, which grow until it keeps the pace, and
// until it never stops.
#include "passes/size_fifos.hpp"

#include "ir/circuit.hpp"
#include "ir/cost.hpp"
#include "ir/diagnostics.hpp"
#include "ir/memory_pace.hpp"
#include "ir/ops/dataflow.hpp"
#include "ir/token_simulation.hpp"

#include <algorithm>
#include <bit>
#include <future>
#include <map>

namespace millrace::passes {

namespace {

class Sizer {
  public:
    Sizer(Graph& flow, const std::set<std::string>& planned, std::int64_t latency)
        : flow_(flow),
          latency_(latency),
          free_(flow.nodes.size(), false),
          behind_fork_(flow.nodes.size(), false) {
        std::vector<bool> forked(flow.values.size(), false);
        const std::size_t none = flow.nodes.size();
        std::vector<std::size_t> queue_of(flow.values.size(), none); // the last FIFO, by value
        for (std::size_t n = 0; n < flow.nodes.size(); ++n) {
            const Node& node = flow.nodes[n];
            slow_memory_ = slow_memory_ || memory_cycles(node) > 0;
            if (std::holds_alternative<ops::Fork>(node.op)) {
                for (const ValueId output : node.outputs) {
                    forked[output] = true;
                }
            }
            if (is_word_by_word(node.op) && node.inputs.size() == 1) {
                queue_of[node.outputs[0]] = queue_of[node.inputs[0]];
            }
            if (std::holds_alternative<ops::Fifo>(node.op)) {
                if (const std::size_t before = queue_of[node.inputs[0]]; before != none) {
                    behind_[n] = before;
                }
                queue_of[node.outputs[0]] = n;
                words_ += std::get<StreamType>(flow.value(node.inputs[0]).type).words();
                if (!planned.contains(node.name)) {
                    free_[n] = true;
                    behind_fork_[n] = forked[node.inputs[0]];
                    any_fork_ = any_fork_ || behind_fork_[n];
                    fifos_.push_back(n);
                }
            }
        }
    }

    FifoSizing run(bool any_planned) {
        const bool paced = fifos_keep_pace(flow_.library);
        const bool any_latency = latency_ == 0;
        if (latency_ > 0 && simulate_without_limits(flow_).first_latency > latency_) {
            latency_ = 0; // no room helps
        }
        if (!paced && !any_fork_ && !any_planned && any_latency) {
            return {};
        }
        if (paced && words_ * steady_frames() > most_at_once) {
            return size_large();
        }
        if (any_fork_) {
            const std::vector<std::int64_t> most =
                simulate_tokens(flow_, 1, behind_fork_).occupancy;
            for (const std::size_t n : fifos_) {
                if (behind_fork_[n]) {
                    fifo(n).depth = std::max(fifo(n).depth, most[n]);
                }
            }
        }
        TokenSimulation ended = grow_until_it_ends();
        if (!ended.deadlocked.empty()) {
            return stopped(ended);
        }
        if (!paced) {
            std::map<std::size_t, std::int64_t> before;
            make_it_keep_latency(before);
            take_back(before, false);
            const TokenSimulation frame = frame_alone();
            return {
                CyclePrediction{frame.interval, frame.latency, frame.bottleneck}, {}, false, {}};
        }
        make_it_keep_pace();
        return in_steady_state(any_planned ? trace() : simulate(), later_half());
    }

  private:
    static constexpr std::int64_t least_depth = 2;
    /// Words that may be followed again and again.
    static constexpr std::int64_t most_at_once = 4'000'000;
    /// And in all, until room is given to everything.
    static constexpr std::int64_t most_followed = 100'000'000;

    static bool is_word_by_word(const Op& op) {
        return std::holds_alternative<ops::FunctionUnit>(op) ||
               std::holds_alternative<ops::WidthConverter>(op) ||
               std::holds_alternative<ops::StreamReshape>(op) ||
               std::holds_alternative<ops::Reduce>(op);
    }
    ops::Fifo& fifo(std::size_t node) { return std::get<ops::Fifo>(flow_.nodes[node].op); }
    TokenSimulation simulate() {
        followed_ += words_ * frames_;
        return simulate_tokens(flow_, frames_, {}, begins());
    }
    TokenSimulation trace() {
        followed_ += 2 * words_ * frames_; // about twice the work
        return trace_tokens(flow_, frames_, begins());
    }
    /// Queues in block RAM give words a cycle later.
    const Begins* begins() {
        if (!begins_) {
            return nullptr;
        }
        followed_ += 2 * words_;
        begins_ = steady_begins(flow_, free_, std::move(*begins_));
        return &*begins_;
    }
    /// With FIFOs that never fill. Where it takes more frames until they follow each other at the
    /// interval of the slowest actor, this and what is followed from then on begins where the
    /// design is in the end.
    TokenSimulation simulate_unbounded(std::int64_t frames) {
        followed_ += words_ * frames;
        TokenSimulation unbounded = simulate_tokens(flow_, frames, free_, begins());
        if (!begins_ && !keeps_pace(unbounded, last_one)) {
            Begins begins = steady_begins(flow_, free_);
            TokenSimulation steady = simulate_tokens(flow_, frames, free_, &begins);
            if (keeps_pace(steady, last_two)) { // else depths of the plan are too small
                begins_ = std::move(begins);
                return steady;
            }
        }
        return unbounded;
    }
    /// As many as show a steady state, fewer where a frame is much work.
    [[nodiscard]] std::int64_t steady_frames() const {
        constexpr std::int64_t most = 1'000'000; // words
        return std::clamp<std::int64_t>(most / std::max<std::int64_t>(words_, 1), 3, 8);
    }
    /// Distances between frames that are looked at: those between the later half of them.
    [[nodiscard]] std::size_t later_half() const {
        return static_cast<std::size_t>(frames_ - frames_ / 2);
    }
    /// The same where few frames are followed.
    static constexpr std::size_t last_two = 2;
    static constexpr std::size_t last_one = 1;

    static bool keeps_pace(const TokenSimulation& simulation, std::size_t distances) {
        return simulation.deadlocked.empty() &&
               steady_interval(simulation, distances) == simulation.interval;
    }

    [[nodiscard]] FifoSizing stopped(const TokenSimulation& simulation) const {
        return {std::nullopt, simulation.deadlocked, false, planned_of(simulation.full)};
    }
    FifoSizing in_steady_state(const TokenSimulation& simulation, std::size_t distances) {
        const std::int64_t interval = steady_interval(simulation, distances);
        const bool slow = interval > simulation.interval;
        return {CyclePrediction{interval, latency_of(simulation), simulation.bottleneck},
                {},
                slow,
                slow ? planned_of(simulation.critical) : std::vector<std::string>()};
    }

    TokenSimulation frame_alone() {
        followed_ += words_;
        return simulate_on_board(flow_, 1);
    }
    /// Of a frame that comes alone, which is the first where it does not begin in the midst, and
    /// memory is as quick as there.
    std::int64_t latency_of(const TokenSimulation& simulation) {
        return begins_ || slow_memory_ ? frame_alone().first_latency : simulation.first_latency;
    }
    bool is_late(const TokenSimulation& simulation) {
        return latency_ > 0 && latency_of(simulation) > latency_;
    }

    /// A frame without registers; it ends where depths can be chosen.
    TokenSimulation grow_until_it_ends() {
        constexpr int most_tries = 24; // depths grow tenfold in these
        TokenSimulation frame = follow_strictly();
        for (int i = 0; any_fork_ && i < most_tries && !frame.deadlocked.empty(); ++i) {
            for (const std::size_t n : fifos_) {
                if (behind_fork_[n]) {
                    fifo(n).depth += 1 + fifo(n).depth / 10;
                }
            }
            frame = follow_strictly();
        }
        return frame;
    }
    TokenSimulation follow_strictly() {
        followed_ += words_;
        return simulate_without_registers(flow_);
    }
    /// The names of those whose depths are not chosen here.
    [[nodiscard]] std::vector<std::string> planned_of(const std::vector<std::size_t>& nodes) const {
        std::vector<std::string> names;
        for (const std::size_t n : nodes) {
            if (!free_[n]) {
                names.push_back(flow_.nodes[n].name);
            }
        }
        return names;
    }

    /// The most words that a queue holds for the price of `depth`: memory in LUTs comes by 32 and
    /// by 64 words, block RAM by 512.
    [[nodiscard]] std::int64_t same_price(std::size_t n, std::int64_t depth) {
        const ops::Fifo queue{depth, fifo(n).memory};
        const bool block = queue_memory(queue, word_bits(n)) != ops::MemoryStyle::lut;
        const std::int64_t grain = block ? 512 : depth <= 32 ? 32 : 64;
        return (depth + grain - 1) / grain * grain;
    }
    [[nodiscard]] std::int64_t word_bits(std::size_t n) const {
        return std::get<StreamType>(flow_.value(flow_.nodes[n].inputs[0]).type).word_bits();
    }
    /// What a frame takes when all of it waits there: of FIFOs one behind the other, room for the
    /// same time costs the least where this is least.
    [[nodiscard]] std::int64_t frame_bits(std::size_t n) const {
        const auto& type = std::get<StreamType>(flow_.value(flow_.nodes[n].inputs[0]).type);
        return type.word_bits() * type.words();
    }

    /// Makes FIFOs deeper; `before` gets the depths that were too little. False: there are none.
    bool grow(const std::vector<std::size_t>& fifos, std::map<std::size_t, std::int64_t>& before) {
        for (const std::size_t n : fifos) {
            before[n] = fifo(n).depth;
            fifo(n).depth = same_price(n, std::max(2 * fifo(n).depth, std::int64_t{32}));
        }
        return !fifos.empty();
    }
    /// For a frame that comes alone. False: it is still late.
    bool make_it_keep_latency(std::map<std::size_t, std::int64_t>& before) {
        bool late = latency_ > 0;
        for (bool grown = true; late && grown && followed_ < most_followed;) {
            followed_ += 2 * words_;
            const TokenSimulation traced = trace_on_board(flow_);
            late = traced.first_latency > latency_;
            grown = late && grow(cheapest(traced), before);
            if (late && !grown) {
                latency_ = 0; // planned depths do not let it
                return true;
            }
        }
        return !late;
    }

    void make_it_keep_pace() {
        std::map<std::size_t, std::int64_t> before; // the depth that was too little
        constexpr std::int64_t few_frames = 3;      // show most of what is missing
        frames_ = std::min(few_frames, steady_frames());
        simulate_unbounded(few_frames); // whether it is to be followed from its end
        for (bool keeps = false; !keeps;) {
            const TokenSimulation traced = trace();
            keeps = keeps_pace(traced, later_half());
            if (keeps && frames_ < steady_frames()) {
                frames_ = steady_frames();
                keeps = false;
                continue;
            }
            bool grown = false;
            if (keeps && is_late(traced)) {
                keeps = false; // until it has been followed again
                grown = make_it_keep_latency(before);
            } else if (!keeps) {
                grown = grow(cheapest(traced), before);
            }
            if (!keeps && (!grown || followed_ > most_followed)) {
                allow_everything(std::max<std::int64_t>(frames_, 5));
                return;
            }
        }
        for (const std::size_t n : fifos_) {
            if (behind_fork_[n]) {
                before.emplace(n, least_depth);
            }
        }
        take_back(before, true);
    }

    /// Of the FIFOs on the longest chain of waits: where several follow each other with nothing but
    /// word-by-word actors between them, room in any of them helps, and the cheapest gets it.
    [[nodiscard]] std::vector<std::size_t> cheapest(const TokenSimulation& traced) const {
        std::vector<std::size_t> result;
        std::map<std::size_t, std::size_t> best; // by the first FIFO of a row
        std::map<std::size_t, std::size_t> row_of;
        for (const std::size_t n : traced.critical) { // in graph order
            if (!free_[n]) {
                continue;
            }
            const auto behind = behind_.find(n);
            const auto row = behind == behind_.end() ? row_of.end() : row_of.find(behind->second);
            const std::size_t first = row == row_of.end() ? n : row->second;
            row_of[n] = first;
            const auto [known, fresh] = best.emplace(first, n);
            if (!fresh && frame_bits(n) <= frame_bits(known->second)) {
                known->second = n;
            }
        }
        for (const auto& [first, n] : best) {
            result.push_back(n);
        }
        return result;
    }

    struct Followed {
        TokenSimulation frames;
        TokenSimulation strictly; ///< a frame without registers
    };
    /// Room for all words that wait when no FIFO is bounded, a little more while that does not do.
    Followed allow_everything(std::int64_t frames) {
        frames_ = frames;
        const TokenSimulation unbounded = simulate_unbounded(frames_);
        const std::vector<std::int64_t>& most = unbounded.occupancy;
        const bool can_keep_pace =
            keeps_pace(unbounded, last_one); // planned depths may be too small
        for (const std::size_t n : fifos_) {
            fifo(n).depth = most[n] <= least_depth ? least_depth : cheapest_depth(n, most[n]);
        }
        constexpr int most_tries = 24; // depths grow tenfold in these
        constexpr int few_tries = 4;   // by half; planned depths may not let it
        auto strictly =
            std::async(std::launch::async, [this] { return simulate_without_registers(flow_); });
        Followed followed{simulate(), strictly.get()};
        bool late = is_late(followed.frames);
        if (late && keeps_pace(followed.frames, last_two)) {
            leave_block_ram(followed);
            late = is_late(followed.frames);
        }
        for (int i = 0; i < most_tries && can_keep_pace &&
                        (!keeps_pace(followed.frames, last_two) || (i < few_tries && late));
             ++i) {
            for (const std::size_t n : fifos_) {
                fifo(n).depth += 1 + fifo(n).depth / 10;
            }
            followed.frames = simulate();
            late = is_late(followed.frames);
        }
        if (!followed.strictly.deadlocked.empty()) {
            followed.strictly = grow_until_it_ends();
        }
        return followed;
    }

    /// At least `depth`; a power of two where its simpler pointers cost less than the memory.
    [[nodiscard]] std::int64_t cheapest_depth(std::size_t n, std::int64_t depth) {
        const auto power =
            static_cast<std::int64_t>(std::bit_ceil(static_cast<std::uint64_t>(depth)));
        const auto price = [&](std::int64_t words) {
            const ops::Fifo queue{words, fifo(n).memory};
            const Cost cost = fifo_cost(queue, word_bits(n), Family::xc7);
            // As many LUTs as there are for a block RAM, of which an UltraRAM has 16.
            return cost.lut + 190 * (cost.bram18 + 16 * cost.uram);
        };
        return price(power) < price(depth) ? power : depth;
    }

    /// Block RAM makes words a cycle later: where that makes the frame late, FIFOs that need not
    /// have that much room get as much as LUTs hold instead.
    void leave_block_ram(Followed& followed) {
        constexpr int most_tries = 8;
        int tries = 0;
        std::int64_t latency = latency_of(followed.frames);
        for (const std::size_t n : fifos_) {
            if (latency <= latency_ || tries == most_tries) {
                return;
            }
            const std::int64_t deep = fifo(n).depth;
            const std::int64_t shallow = deepest_in_luts(n);
            if (shallow == 0 || shallow >= deep) {
                continue;
            }
            ++tries;
            fifo(n).depth = shallow;
            TokenSimulation frames = simulate();
            const std::int64_t earlier = latency_of(frames);
            TokenSimulation strictly =
                any_fork_ ? follow_strictly() : TokenSimulation(followed.strictly);
            if (earlier < latency && keeps_pace(frames, last_two) && strictly.deadlocked.empty()) {
                latency = earlier;
                followed = {std::move(frames), std::move(strictly)};
            } else {
                fifo(n).depth = deep;
            }
        }
    }
    /// Of a FIFO that is free to be in block RAM; 0: no depth is.
    [[nodiscard]] std::int64_t deepest_in_luts(std::size_t n) {
        constexpr std::int64_t grain = 64;
        std::int64_t depth = 0;
        while (depth < fifo(n).depth && queue_memory({depth + grain, fifo(n).memory},
                                                     word_bits(n)) == ops::MemoryStyle::lut) {
            depth += grain;
        }
        return depth;
    }

    FifoSizing size_large() {
        // Three frames that keep the pace are enough. Of a design that fills more slowly, as many
        // as are in a deep one at once, and two more.
        constexpr std::int64_t few_frames = 3;
        constexpr std::int64_t frames = 5;
        Followed followed = allow_everything(few_frames);
        if (!keeps_pace(followed.frames, last_two)) {
            followed = allow_everything(frames);
        }
        return followed.strictly.deadlocked.empty() ? in_steady_state(followed.frames, last_two)
                                                    : stopped(followed.strictly);
    }

    /// Whether the depths do.
    bool suffices(bool paced) {
        if (any_fork_ && !follow_strictly().deadlocked.empty()) {
            return false;
        }
        const TokenSimulation followed = paced ? simulate() : frame_alone();
        return (!paced || keeps_pace(followed, later_half())) && !is_late(followed);
    }

    /// The last doubling may have been too much. Only depths of different prices are tried.
    /// `paced`: frames are to come at the interval.
    void take_back(const std::map<std::size_t, std::int64_t>& before, bool paced) {
        std::vector<std::size_t> grown;
        for (const auto& [n, depth] : before) {
            grown.push_back(n);
        }
        const auto memory = [this](std::size_t n) { return word_bits(n) * fifo(n).depth; };
        std::stable_sort(grown.begin(), grown.end(),
                         [&](std::size_t a, std::size_t b) { return memory(a) > memory(b); });
        constexpr std::int64_t most_words = 40'000'000; // to be followed, in all
        const std::int64_t last = followed_ + most_words;
        for (const std::size_t n : grown) {
            std::int64_t low = same_price(n, before.at(n));
            std::int64_t high = fifo(n).depth;
            while (followed_ < last) {
                const std::int64_t middle = same_price(n, low + (high - low) / 2);
                const std::int64_t tried = middle < high ? middle : same_price(n, low + 1);
                if (tried <= low || tried >= high || high - low <= high / 16) {
                    break;
                }
                fifo(n).depth = tried;
                (suffices(paced) ? high : low) = tried;
            }
            fifo(n).depth = high;
        }
    }

    Graph& flow_;
    std::int64_t latency_ = 0; ///< of a frame alone; 0: any
    bool slow_memory_ = false;
    std::vector<bool> free_; ///< by node: Fifos whose depth is chosen here
    std::vector<bool> behind_fork_;
    std::vector<std::size_t> fifos_; ///< the free ones
    /// The FIFO in front of a FIFO, where only word-by-word actors are between them.
    std::map<std::size_t, std::size_t> behind_;
    std::int64_t words_ = 0;    ///< a frame, over all FIFOs
    std::int64_t frames_ = 1;   ///< that are followed at once
    std::int64_t followed_ = 0; ///< words so far
    bool any_fork_ = false;
    std::optional<Begins> begins_;
};

} // namespace

FifoSizing size_fifos(Graph& flow, const std::set<std::string>& planned, std::int64_t latency) {
    FifoSizing sizing = Sizer(flow, planned, latency).run(!planned.empty());
    if (planned.empty()) {
        if (!sizing.deadlocked.empty()) {
            throw Defect("no depth of the FIFOs behind forks lets this design end");
        }
        sizing.slow = false; // nobody's choice: its interval says it
    }
    return sizing;
}

} // namespace millrace::passes
