// SPDX-License-Identifier: Apache-2.0
//
// The interpreter of the integer level, prepared once and run on many samples: matrix products on
// the narrowest native integers that cannot overflow, functions as the exact segments of their
// chain.
#pragma once

#include "ir/graph.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace millrace {

/// The integers of one tensor, row-major.
using IntegerBuffer = std::vector<std::int64_t>;

class IntegerKernel;

class IntegerExecutor {
  public:
    /// How much to prepare: compiling functions to their segments pays from some thousand samples
    /// on.
    enum class Use : std::uint8_t { few_samples, many_samples };

    /// The graph must outlive the executor.
    explicit IntegerExecutor(const Graph& body, Use use = Use::many_samples);
    ~IntegerExecutor();
    IntegerExecutor(const IntegerExecutor&) = delete;
    IntegerExecutor& operator=(const IntegerExecutor&) = delete;

    /// Buffers of one thread.
    class Workspace {
      public:
        explicit Workspace(const Graph& body);
        /// The integers of a value of the graph, to set before run() for inputs, to read after it
        /// for outputs. Values between need not be there.
        [[nodiscard]] IntegerBuffer& buffer(ValueId id) { return buffers_[id]; }
        /// The same with a size given to it.
        IntegerBuffer& sized(ValueId id, std::size_t elements) {
            buffers_[id].resize(elements);
            return buffers_[id];
        }
        /// Scratch of the kernels.
        std::vector<std::int16_t> narrow;
        std::vector<std::int64_t> wide;

      private:
        std::vector<IntegerBuffer> buffers_;
    };

    /// Executes one sample; thread-safe with one workspace per thread.
    void run(Workspace& workspace) const;

  private:
    std::vector<std::unique_ptr<IntegerKernel>> kernels_;
};

} // namespace millrace
