// SPDX-License-Identifier: Apache-2.0
#include "planner/frame_times.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace millrace::planner {

namespace {

/// Of the times of a stage: first words of vectors, then last ones.
std::size_t number(const FollowedFrame& frame, const Word& word) {
    return word.vector +
           (frame.words != nullptr || word.first ? 0 : frame.flow.vectors(word.stage));
}

/// Of that of a word that flow knows.
std::size_t number_of_flow(const FollowedFrame& frame, const Word& word) {
    if (frame.words == nullptr) {
        return number(frame, word);
    }
    const std::size_t vector = frame.words->vector(word.stage);
    return word.vector * vector + (word.first ? 0 : vector - 1);
}

/// What waits: a first word for a first one or for a last one, or a last word.
std::size_t kind(const FrameFlow::Wait& wait) {
    return !wait.word.first ? last_wait : wait.source.first ? 0 : 1;
}

/// The words of a stage that others wait for.
struct Waited {
    static constexpr std::int32_t nobody = -1;
    static constexpr std::int32_t undecided = -2;
    std::size_t last = 0; ///< position of the last stage that does, or behind all
    /// By word: whether somebody does; the earlier word for which that one's predecessor waits; how
    /// many cycles it comes behind that at least.
    std::vector<char> is;
    std::vector<std::int32_t> before;
    std::vector<std::int32_t> apart;
    /// By word, its place among those that are waited for.
    std::vector<std::uint32_t> place;
    std::size_t count = 0;

    explicit Waited(std::size_t words) : is(words, 0), before(words, undecided), apart(words, 0) {}

    /// A reader waits for `word`, its vector before for `earlier`. Where readers do not agree,
    /// nothing is known of the word.
    void wait(std::size_t word, std::int32_t earlier, std::int64_t cycles) {
        is[word] = 1;
        if (before[word] == undecided) {
            before[word] = earlier;
            apart[word] = static_cast<std::int32_t>(cycles);
        } else if (before[word] != earlier) {
            before[word] = nobody;
        } else {
            apart[word] = std::min(apart[word], static_cast<std::int32_t>(cycles));
        }
    }
    void number_words() {
        place.resize(is.size());
        for (std::size_t word = 0; word < is.size(); ++word) {
            place[word] = static_cast<std::uint32_t>(count);
            count += is[word] == 0 ? 0U : 1U;
        }
    }
};

/// By stage. `least`: paces that all designs have at least.
std::vector<Waited> waited_words(const FollowedFrame& frame, const std::vector<std::size_t>& order,
                                 const std::vector<Pace>& least) {
    std::vector<Waited> waited;
    for (std::size_t stage = 0; stage < least.size(); ++stage) {
        waited.emplace_back(frame.count(stage));
    }
    for (std::size_t i = 0; i < order.size(); ++i) {
        // By source and kind, the word for which the vector before waits.
        struct Earlier {
            std::size_t vector = 0;
            std::int32_t word = Waited::nobody;
        };
        std::map<std::pair<std::size_t, std::size_t>, Earlier> earlier;
        for (const FrameFlow::Wait& wait : frame.waits(order[i])) {
            const auto word = static_cast<std::int32_t>(number(frame, wait.source));
            Earlier& known = earlier[{wait.source.stage, kind(wait)}];
            waited[wait.source.stage].last = i;
            if (known.word != word) { // else it is waited for by an earlier vector, too
                const bool follows = known.word < word && known.vector + 1 == wait.word.vector;
                waited[wait.source.stage].wait(static_cast<std::size_t>(word),
                                               follows ? known.word : Waited::nobody,
                                               frame.words != nullptr ? 0 : least[order[i]].step);
            }
            known = {wait.word.vector, word};
        }
        if (frame.flow.is_output(order[i])) {
            waited[order[i]].last = order.size();
            waited[order[i]].wait(frame.count(order[i]) - 1, Waited::nobody, 0);
        }
    }
    for (Waited& one : waited) {
        one.number_words();
    }
    return waited;
}

/// What the vectors of a stage wait for.
class WaitsOfStage {
  public:
    /// A vector, no earlier one than those before it, waits for what is at a place.
    void add(const FrameFlow::Wait& wait, std::size_t place) {
        const auto vector = static_cast<std::uint32_t>(wait.word.vector);
        const auto from = static_cast<std::uint32_t>(place);
        // One that waits for several words of a source has them apart.
        const auto known = std::find_if(of_.begin(), of_.end(), [&](const Of& one) {
            return one.source == wait.source.stage && one.waits.kind == kind(wait) &&
                   one.next <= vector;
        });
        Of& of = known != of_.end() ? *known
                                    : of_.emplace_back(Of{wait.source.stage, 0, {kind(wait), {}}});
        std::vector<StageTimes::Part>& parts = of.waits.parts;
        if (parts.empty() || of.next != vector || !parts.back().from.add(from)) {
            parts.push_back({vector, {from, 0, 1}});
        }
        of.next = vector + 1;
    }
    [[nodiscard]] std::vector<StageTimes::Waits> waits() const {
        std::vector<StageTimes::Waits> waits;
        for (const Of& of : of_) {
            waits.push_back(of.waits);
        }
        return waits;
    }

  private:
    struct Of {
        std::size_t source = 0;
        std::uint32_t next = 0; ///< vector, behind its last one
        StageTimes::Waits waits;
    };
    std::vector<Of> of_;
};

/// Its words that are waited for, behind the times of others.
void keep_words(StageTimes& stage, const Waited& waited) {
    for (std::size_t word = 0; word < waited.is.size(); ++word) {
        if (waited.is[word] == 0) {
            continue;
        }
        const bool follows = waited.before[word] >= 0 && waited.apart[word] > 0;
        const std::uint32_t back =
            follows
                ? waited.place[word] - waited.place[static_cast<std::size_t>(waited.before[word])]
                : 0;
        const Time apart = follows ? waited.apart[word] : 0;
        const auto number = static_cast<std::uint32_t>(word);
        if (stage.kept.empty() || stage.kept.back().back != back ||
            stage.kept.back().apart != apart || !stage.kept.back().words.add(number)) {
            stage.kept.push_back({{number, 0, 1}, back, apart});
        }
    }
    stage.width += static_cast<std::uint32_t>(waited.count);
}

/// No later than these, words of a stage are in time.
void set_deadlines(StageTimes& stage, const FollowedFrame& frame, const std::vector<Words>& rest,
                   std::int64_t latency) {
    stage.latest = never;
    for (std::size_t word = 0; word < frame.count(stage.stage); ++word) {
        std::int64_t way = 0;
        if (frame.words == nullptr) {
            way = word < stage.vectors ? rest[word].first : rest[word - stage.vectors].last;
        } else {
            const std::size_t vector = frame.words->vector(stage.stage);
            const Words& ways = rest[word / vector];
            way = word % vector > 0 ? ways.last
                  : vector > 1      ? ways.first
                                    : std::max(ways.first, ways.last);
        }
        const Time deadline = way < 0 ? always : static_cast<Time>(latency - 1 - way);
        stage.deadlines.add(1, deadline, 0);
        stage.latest = std::max(stage.latest, deadline);
    }
}

} // namespace

std::vector<StageTimes> stage_times(const DesignModel& model, const FollowedFrame& frame,
                                    std::int64_t latency, const std::vector<FramePrices>& prices) {
    std::vector<StageTimes> stages;
    const FrameFlow& flow = frame.flow;
    const std::vector<std::size_t> order = flow.order();
    std::vector<std::size_t> position(model.stages().size(), 0);
    for (std::size_t i = 0; i < order.size(); ++i) {
        position[order[i]] = i;
    }
    const std::vector<Pace> least = model.least_paces();
    const FrameFlow::Through through = flow.through(least);
    const std::vector<Waited> waited = waited_words(frame, order, least);
    std::map<std::size_t, std::uint32_t> offsets; // by stage, of its kept words
    const auto at = [&](const Word& word) {
        return offsets.at(word.stage) + waited[word.stage].place[number(frame, word)];
    };
    for (std::size_t i = 0; i < order.size(); ++i) {
        StageTimes& stage = stages.emplace_back();
        stage.stage = order[i];
        stage.is_input = flow.is_input(order[i]);
        stage.vectors = static_cast<std::uint32_t>(frame.words != nullptr ? frame.count(order[i])
                                                                          : flow.vectors(order[i]));
        stage.arrivals = frame.words != nullptr
                             ? static_cast<std::uint32_t>(frame.words->arrivals(order[i]))
                             : stage.vectors;
        stage.slow = flow.slow_input(order[i]);
        WaitsOfStage waits;
        for (const FrameFlow::Wait& wait : frame.waits(order[i])) {
            waits.add(wait, at(wait.source));
        }
        stage.waits = waits.waits();
        set_deadlines(stage, frame, through.rest(order[i]), latency);
        std::map<std::size_t, std::uint32_t> behind;
        for (const auto& [source, offset] : offsets) {
            if (waited[source].last > i) {
                const auto count = static_cast<std::uint32_t>(waited[source].count);
                stage.copies.push_back({offset, 1, count});
                behind[source] = stage.width;
                stage.width += count;
            }
        }
        offsets = std::move(behind);
        offsets[order[i]] = stage.width;
        keep_words(stage, waited[order[i]]);
        for (const FramePrices& one : prices) {
            std::vector<StageTimes::Crossing>& crossings = stage.crossings.emplace_back();
            for (std::size_t p = 0; p < one.paths.size(); ++p) {
                const Word* exit = nullptr;
                for (const Word& word : one.paths[p].exits) {
                    if (position[word.stage] <= i &&
                        (exit == nullptr || position[word.stage] > position[exit->stage])) {
                        exit = &word;
                    }
                }
                if (exit == nullptr || one.of_paths[p] <= 0) {
                    continue;
                }
                const Waited& words = waited[exit->stage];
                if (const std::size_t word = number_of_flow(frame, *exit); words.is[word] != 0) {
                    crossings.push_back(
                        {one.of_paths[p], offsets.at(exit->stage) + words.place[word]});
                }
            }
        }
    }
    return stages;
}

} // namespace millrace::planner
