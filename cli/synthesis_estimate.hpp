// SPDX-License-Identifier: Apache-2.0
//
// What the compiler estimates for the parts that `millrace synth` counts.
#pragma once

#include "backends/rtl/synthesis.hpp"
#include "ir/cost.hpp"
#include "ir/graph.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace millrace::cli {

class SynthesisEstimate {
  public:
    /// `dataflow`: the graph of the project that the parts are of.
    SynthesisEstimate(const Graph& dataflow, Family family,
                      const std::vector<backends::SynthesisPart>& parts);

    /// Of one of the equal parts; none for a part that is nothing of the graph.
    [[nodiscard]] std::optional<Cost> of(const backends::SynthesisPart& part) const;
    /// Of all parts that there is an estimate of.
    [[nodiscard]] const Cost& total() const { return total_; }

  private:
    std::map<std::string, Cost> costs_; ///< by name of the part
    Cost total_;
};

} // namespace millrace::cli
