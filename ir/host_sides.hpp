// SPDX-License-Identifier: Apache-2.0
//
// The host's part of a program around any executor of its body: head before, tail after.
#pragma once

#include "ir/engine.hpp"
#include "ir/host_quantizer.hpp"
#include "ir/host_tables.hpp"
#include "ir/integer_executor.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace millrace {

/// Input `index` of a network-level graph for one sample, as exact numbers. Throws EngineError for
/// infinities and NaN.
Tensor sample_tensor(const Graph& graph, std::size_t index, const HostArray& array,
                     std::int64_t sample);
/// Zero-filled arrays for the outputs of a network-level graph: [samples, ...].
std::vector<HostArray> output_arrays(const Graph& graph, std::int64_t samples);
/// Writes one sample's result, rounded once to the array's type.
void store_sample(HostArray& array, std::int64_t sample, const Tensor& result);

/// evaluate_network() of one sample's inputs. Throws EngineError, with the node, where the
/// mathematics has no result.
std::vector<Tensor> evaluate_sample(const Graph& graph, const std::vector<Tensor>& inputs);

class HostSides {
  public:
    /// The program must outlive this.
    explicit HostSides(const Program& program);

    /// Fills the integers of the body's inputs for one sample; returns what passes by the hardware.
    /// Thread-safe.
    std::vector<Tensor> head(const std::vector<HostArray>& inputs, std::int64_t sample,
                             const std::vector<IntegerBuffer*>& to_body) const;

    /// Computes the model's outputs for one sample and stores them. Thread-safe.
    void tail(const std::vector<const IntegerBuffer*>& from_body,
              const std::vector<Tensor>& by_passing, std::int64_t sample,
              std::vector<HostArray>& outputs) const;

  private:
    struct FastInput {
        std::size_t input;
        HostQuantizer quantizer;
        std::vector<std::size_t> source; ///< element of the input, by element; empty: the same
    };
    void quantize(const FastInput& fast, const HostArray& array, std::int64_t sample,
                  IntegerBuffer& to) const;

    struct TableOutput {
        std::optional<HostTable> table;  ///< nothing: evaluate the tail
        std::vector<std::size_t> source; ///< element of the body's output; empty: the same
    };

    const Program& program_;
    std::vector<TableOutput> tables_; ///< by output of the tail
    bool all_tables_ = false;
    std::vector<std::unique_ptr<FastInput>>
        fast_; ///< by input of the body; null: evaluate the head
    bool all_fast_ = false;
};

} // namespace millrace
