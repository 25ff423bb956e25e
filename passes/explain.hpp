// SPDX-License-Identifier: Apache-2.0
//
// Why someone else's float32 results may differ from the exact ones. A difference is explained only
// constructively: by a few decisions (of quantizers, thresholds, signs, casts to integers, ArgMax
// and TopK) that float32 may take otherwise, each within its own bound on float32's rounding, and
// with which exact arithmetic gives all outputs of the sample as they are expected.
#pragma once

#include "ir/graph.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace millrace::passes {

/// A decision that float32 arithmetic may take otherwise.
struct CloseDecision {
    std::string node;     ///< that decides
    std::int64_t element; ///< flat index; for ArgMax and TopK of the lane
    double distance; ///< of the exact argument from the decision point, in levels; for ArgMax and
                     ///< TopK between the two elements
    double rounding; ///< bound on the error that float32 arithmetic makes there, in the same unit
};

/// One sample of an output as someone else has it.
struct ExpectedOutput {
    std::vector<long double> values;
    double allowed = 0; ///< difference of float-valued elements; 0: identical
};

struct Explanation {
    bool found = false;
    std::vector<CloseDecision> decisions; ///< that explain the difference, in the network's order
    std::int64_t candidates = 0;          ///< close decisions that could reach a differing element
    std::int64_t evaluations = 0;         ///< combinations that were tried
    bool gave_up = false;                 ///< not all that the search would try was tried
    std::int64_t differing = 0;           ///< elements that differ
    std::int64_t nearest = 0;             ///< elements that differ with the best combination found
};

/// How much an explanation may take.
struct ExplainLimits {
    std::size_t decisions = 16;       ///< in one sample
    std::int64_t evaluations = 2'500; ///< combinations tried
    std::int64_t work = 200'000'000;  ///< elements and products worked out
};

class Explainer {
  public:
    /// The graph must outlive the explainer.
    explicit Explainer(const Graph& network, ExplainLimits limits = {});
    ~Explainer();
    Explainer(const Explainer&) = delete;
    Explainer& operator=(const Explainer&) = delete;

    /// Looks for close decisions of this sample that give the expected outputs. expected[i] belongs
    /// to output i.
    [[nodiscard]] Explanation explain(const std::vector<Tensor>& inputs,
                                      const std::vector<ExpectedOutput>& expected) const;

    /// All close decisions of a sample that can reach each output, in the network's order.
    [[nodiscard]] std::vector<std::vector<CloseDecision>>
    close_decisions(const std::vector<Tensor>& inputs) const;

  private:
    class Search;
    struct Tables;
    std::unique_ptr<const Tables> tables_;
    ExplainLimits limits_;
};

} // namespace millrace::passes
