// SPDX-License-Identifier: Apache-2.0
//
// The decisions of one node element by element, in double precision: what a quantizer, a sign, a
// row of thresholds or a cast to integers makes of an argument, and what it would make of arguments
// nearby. Only a search may rely on the doubles; what it finds is checked in exact arithmetic
// (certificate.hpp).
#pragma once

#include "ir/graph.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace millrace::passes::explain {

/// Another result of a decision.
struct Alternative {
    double result;   ///< one level away
    double distance; ///< of the argument from the decision point, in levels
    double rounding; ///< bound on the argument's error, in levels
};

class DecisionTable {
  public:
    /// Nothing for nodes that decide nothing element by element.
    static std::optional<DecisionTable> of(const Graph& network, const Node& node);

    [[nodiscard]] double decide(std::size_t element, double x) const;

    /// What the decision `y` about x may be instead when x is wrong by at most `bound`: one level
    /// up, one level down, or both. The rounding of the decision's own arithmetic is added.
    [[nodiscard]] std::vector<Alternative> alternatives(std::size_t element, double x, double bound,
                                                        double y) const;

    /// Distance between neighbouring levels.
    [[nodiscard]] Real step(std::int64_t element) const;

  private:
    enum class Kind : std::uint8_t { quantizer, binary, thresholds, sign, boolean };
    struct Entry {
        Kind kind = Kind::quantizer;
        double scale = 1;
        double zero = 0;
        double low = 0;
        double high = 0;
        Real step = 1;
    };

    DecisionTable() = default;
    void fill(const ops::Quantize& op, const Shape& shape);
    void fill(const ops::MultiThreshold& op, const Shape& shape);
    [[nodiscard]] const Entry& entry(std::size_t element) const {
        return entries_[entries_.size() == 1 ? 0 : index_[element]];
    }
    [[nodiscard]] double argument(const Entry& e, double x) const;
    /// The level for an argument; for binary quantizers -1 and 1.
    [[nodiscard]] double level(const Entry& e, double argument) const;
    /// The argument at which the lower of two neighbouring levels ends.
    [[nodiscard]] double boundary(const Entry& e, double lower) const;
    void threshold_alternatives(std::size_t element, double x, double bound, double y,
                                std::vector<Alternative>& result) const;

    std::vector<Entry> entries_;
    std::vector<std::uint32_t> index_; ///< of the entry, where there are several
    Rounding rounding_ = Rounding::half_even;
    bool zero_point_last_ = false;
    std::vector<double> thresholds_; ///< rows of levels_ each
    std::size_t levels_ = 0;
    double out_scale_ = 1;
    double out_bias_ = 0;
};

} // namespace millrace::passes::explain
