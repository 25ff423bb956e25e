// SPDX-License-Identifier: Apache-2.0
//
// Adds to the graph on behalf of the operator importers. Names stay unique, sizes are checked
// before anything is computed, and whatever an op says against its inputs becomes a diagnostic of
// the ONNX node.
#pragma once

#include "frontend/constant_growth.hpp"
#include "frontend/import.hpp"
#include "frontend/reporter.hpp"

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace millrace::frontend {

/// Thrown to leave a node whose results cannot be known; the reason has been reported, here or at
/// the node that its inputs come from.
struct NodeAbandoned {};

/// What a quantized tensor was before: a QuantizeLinear and a DequantizeLinear with the same
/// parameters are together the one Quantize that the first of them began with.
struct Dequantized {
    ValueId value;
    TensorPtr scale;
    TensorPtr zero_point;
};

class GraphBuilder {
  public:
    explicit GraphBuilder(const ImportOptions& options) : options_(options) {}

    Graph graph;
    std::map<std::string, LayerWork> transposed; ///< for ImportedModel

    [[nodiscard]] const ImportOptions& options() const { return options_; }

    /// Keeps a name for the model's own value of that name.
    void reserve_name(const std::string& name) { names_.insert(name); }
    /// A name that is free and not reserved, beginning with `base`; it is taken from then on.
    std::string fresh_name(const std::string& base);
    /// Gives a value a reserved name.
    void rename(ValueId id, const std::string& name) { graph.values.at(id).name = name; }

    ValueId add_input(const std::string& name, RealType type);
    /// Adds a constant whose elements have at most this size.
    ValueId add_constant(const std::string& name, TensorPtr tensor, DataType element,
                         const ConstantSize& size);

    /// Adds a node, or constants when all inputs are constants. Throws NodeAbandoned after a
    /// report when the inputs do not fit or the constants have no result.
    std::vector<ValueId> emit(Op op, const std::vector<ValueId>& inputs,
                              const std::string& node_name, const std::string& onnx_op,
                              std::vector<std::string> output_names, const Reporter& reporter);

    /// Checks a shape against the limits and returns its number of elements; throws NodeAbandoned
    /// after a report.
    std::int64_t check_shape(const Shape& shape, const Reporter& reporter) const {
        return check_shape(shape, options_.max_elements, reporter);
    }
    /// The same for a constant that is going to be computed, which counts `weight` times against
    /// the limit for all of them.
    std::int64_t reserve_folded(const Shape& shape, const Reporter& reporter,
                                std::int64_t weight = 1);

    void remember_dequantized(ValueId quantized, Dequantized from) {
        dequantized_.insert_or_assign(quantized, std::move(from));
    }
    [[nodiscard]] const Dequantized* find_dequantized(ValueId quantized) const;

  private:
    [[nodiscard]] std::vector<ConstantSize>
    constant_sizes(const std::vector<ValueId>& inputs) const;
    /// Refuses a constant whose computation would take too much time or memory.
    void check_folding(const Op& op, const TypeList& inputs, const std::vector<ValueType>& results,
                       const ConstantSize& size, const Reporter& reporter);
    static std::int64_t check_shape(const Shape& shape, std::int64_t limit,
                                    const Reporter& reporter);

    const ImportOptions& options_;
    std::int64_t folded_elements_ = 0; ///< computed so far, weighted
    std::unordered_set<std::string> names_;
    std::unordered_map<std::string, std::uint64_t> suffixes_; ///< next to try for each base
    std::unordered_map<ValueId, ConstantSize> sizes_;         ///< of constants
    std::unordered_map<ValueId, Dequantized> dequantized_;
};

} // namespace millrace::frontend
