// SPDX-License-Identifier: Apache-2.0
//
// Kernels of products and reductions. Operands are narrowed to 16 bits where every partial sum fits
// 32; a block of vectors shares each row of weights while it is in the cache.
#include "ir/diagnostics.hpp"
#include "ir/integer_kernels.hpp"
#include "ir/ops/integer_rearrange.hpp"

#include <algorithm>
#include <limits>

namespace millrace {

namespace {

// The default optimisation level vectorises no reduction, and the baseline instruction set has
// narrow vectors; these are the loops that matter. Sanitizers cannot run resolvers this early.
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) &&                             \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define MILLRACE_VECTORISED __attribute__((optimize("O3"), target_clones("avx2", "default")))
#elif defined(__GNUC__) && !defined(__clang__)
#define MILLRACE_VECTORISED __attribute__((optimize("O3")))
#else
#define MILLRACE_VECTORISED
#endif

/// sums[v] = row of weights times vector v, for vectors `stride` apart.
MILLRACE_VECTORISED void dot_narrow(const std::int16_t* weights, const std::int16_t* vectors,
                                    std::size_t length, std::size_t count, std::int64_t* sums,
                                    std::size_t stride) {
    for (std::size_t v = 0; v < count; ++v) {
        const std::int16_t* x = vectors + v * length;
        std::int32_t sum = 0;
        for (std::size_t i = 0; i < length; ++i) {
            sum += static_cast<std::int32_t>(x[i]) * static_cast<std::int32_t>(weights[i]);
        }
        sums[v * stride] = sum;
    }
}

/// sums[i] += x[i] * weights[i] for numbers of 32 bits.
MILLRACE_VECTORISED void add_products(const std::int64_t* x, const std::int32_t* weights,
                                      std::size_t count, std::int64_t* sums) {
    for (std::size_t i = 0; i < count; ++i) {
        sums[i] += static_cast<std::int64_t>(static_cast<std::int32_t>(x[i])) * weights[i];
    }
}

#undef MILLRACE_VECTORISED

constexpr std::size_t block_vectors = 16;

class MatrixKernel : public IntegerKernel {
  public:
    MatrixKernel(const Graph& body, const Node& node, const ops::IntegerMatMul& op,
                 VectorSource source)
        : source_(std::move(source)),
          output_(node.outputs.at(0)),
          depth_(static_cast<std::size_t>(op.weights->shape()[0])),
          outputs_(static_cast<std::size_t>(op.weights->shape()[1])),
          group_outputs_(outputs_ / static_cast<std::size_t>(op.groups)) {
        const ScaledIntegers* scaled = op.weights->scaled();
        if (scaled == nullptr) {
            throw Defect("weights of the integer level are not integers");
        }
        const IntegerType& type = integer_type(body, node.inputs.at(0));
        const std::int64_t extreme = std::max(std::abs(type.lowest()), std::abs(type.highest()));
        constexpr std::int64_t narrow_limit = std::numeric_limits<std::int16_t>::max();
        narrow_ = extreme <= narrow_limit;
        for (std::size_t n = 0; n < outputs_ && narrow_; ++n) {
            std::int64_t magnitude = 0; // no partial sum is larger
            for (std::size_t k = 0; k < depth_; ++k) {
                const std::int64_t weight =
                    std::abs(std::int64_t{scaled->values[k * outputs_ + n]});
                narrow_ = narrow_ && weight <= narrow_limit;
                magnitude += weight * extreme;
            }
            narrow_ = narrow_ && magnitude <= std::numeric_limits<std::int32_t>::max();
        }
        if (narrow_) {
            transpose(scaled->values, narrow_weights_);
        } else {
            transpose(scaled->values, wide_weights_);
        }
    }

    void run(IntegerExecutor::Workspace& workspace) const override {
        const std::int64_t* x = workspace.buffer(source_.value).data();
        const std::size_t vectors = source_.bases.size();
        std::int64_t* y = workspace.sized(output_, vectors * outputs_).data();
        if (!narrow_) {
            workspace.wide.resize(source_.length);
            for (std::size_t v = 0; v < vectors; ++v) {
                source_.read(x, v, workspace.wide.data());
                for (std::size_t n = 0; n < outputs_; ++n) {
                    const std::int32_t* w = wide_weights_.data() + n * depth_;
                    const std::int64_t* part = workspace.wide.data() + n / group_outputs_ * depth_;
                    std::int64_t sum = 0;
                    for (std::size_t k = 0; k < depth_; ++k) {
                        sum += part[k] * w[k];
                    }
                    y[v * outputs_ + n] = sum;
                }
            }
            return;
        }
        workspace.narrow.resize(std::max(workspace.narrow.size(), block_vectors * source_.length));
        std::int16_t* block = workspace.narrow.data();
        for (std::size_t first = 0; first < vectors; first += block_vectors) {
            const std::size_t count = std::min(block_vectors, vectors - first);
            for (std::size_t group = 0; group < outputs_ / group_outputs_; ++group) {
                if (group == 0 || source_.length != depth_) {
                    read_block(x, first, count, group, workspace, block);
                }
                for (std::size_t i = 0; i < group_outputs_; ++i) {
                    const std::size_t n = group * group_outputs_ + i;
                    dot_narrow(narrow_weights_.data() + n * depth_, block, depth_, count,
                               y + first * outputs_ + n, outputs_);
                }
            }
        }
    }

  private:
    /// The group's part of some vectors, one behind the other.
    void read_block(const std::int64_t* x, std::size_t first, std::size_t count, std::size_t group,
                    IntegerExecutor::Workspace& workspace, std::int16_t* block) const {
        if (source_.length == depth_) {
            for (std::size_t v = 0; v < count; ++v) {
                source_.read(x, first + v, block + v * depth_);
            }
            return;
        }
        workspace.wide.resize(source_.length);
        for (std::size_t v = 0; v < count; ++v) {
            source_.read(x, first + v, workspace.wide.data());
            const std::int64_t* part = workspace.wide.data() + group * depth_;
            std::transform(part, part + depth_, block + v * depth_,
                           [](std::int64_t e) { return static_cast<std::int16_t>(e); });
        }
    }

    /// [K, N] to [N, K], in blocks that stay in the cache.
    template <class T>
    void transpose(const std::vector<std::int32_t>& from, std::vector<T>& to) const {
        to.resize(from.size());
        constexpr std::size_t block = 32;
        for (std::size_t k0 = 0; k0 < depth_; k0 += block) {
            for (std::size_t n0 = 0; n0 < outputs_; n0 += block) {
                for (std::size_t n = n0; n < std::min(n0 + block, outputs_); ++n) {
                    for (std::size_t k = k0; k < std::min(k0 + block, depth_); ++k) {
                        to[n * depth_ + k] = static_cast<T>(from[k * outputs_ + n]);
                    }
                }
            }
        }
    }

    VectorSource source_;
    ValueId output_;
    std::size_t depth_;
    std::size_t outputs_;
    std::size_t group_outputs_;
    bool narrow_ = true;
    std::vector<std::int16_t> narrow_weights_;
    std::vector<std::int32_t> wide_weights_;
};

class DepthwiseKernel : public IntegerKernel {
  public:
    DepthwiseKernel(const Graph& body, const Node& node, const ops::IntegerDepthwise& op,
                    VectorSource source)
        : source_(std::move(source)),
          output_(node.outputs.at(0)),
          weights_(op.weights),
          channels_(static_cast<std::size_t>(op.weights->shape()[1])) {
        const IntegerType& type = integer_type(body, node.inputs.at(0));
        const bool narrow = type.lowest() >= std::numeric_limits<std::int32_t>::min() &&
                            type.highest() <= std::numeric_limits<std::int32_t>::max();
        whole_taps_ = narrow && std::all_of(source_.runs.begin(), source_.runs.end(),
                                            [this](const VectorSource::Run& run) {
                                                return run.length % channels_ == 0;
                                            });
    }

    void run(IntegerExecutor::Workspace& workspace) const override {
        const std::int64_t* x = workspace.buffer(source_.value).data();
        const std::size_t vectors = source_.bases.size();
        std::int64_t* y = workspace.sized(output_, vectors * channels_).data();
        const std::int32_t* weights = weights_->scaled()->values.data();
        workspace.wide.resize(source_.length);
        for (std::size_t v = 0; v < vectors; ++v, y += channels_) {
            std::fill(y, y + channels_, 0);
            if (whole_taps_) {
                const std::int32_t* w = weights;
                for (const VectorSource::Run& run : source_.runs) {
                    const std::int64_t* from = x + source_.bases[v] + run.offset;
                    for (std::size_t i = 0; i < run.length; i += channels_, w += channels_) {
                        add_products(from + i, w, channels_, y);
                    }
                }
                continue;
            }
            source_.read(x, v, workspace.wide.data());
            for (std::size_t first = 0; first < source_.length; first += channels_) {
                for (std::size_t c = 0; c < channels_; ++c) {
                    y[c] += workspace.wide[first + c] * weights[first + c];
                }
            }
        }
    }

  private:
    VectorSource source_;
    ValueId output_;
    TensorPtr weights_;
    std::size_t channels_;
    bool whole_taps_ = false; ///< runs are taps of all channels, in numbers of 32 bits
};

class ReduceKernel : public IntegerKernel {
  public:
    ReduceKernel(const Graph& body, const Node& node, const ops::IntegerReduce& op,
                 VectorSource source)
        : source_(std::move(source)),
          output_(node.outputs.at(0)),
          reduction_(op.reduction),
          channels_(static_cast<std::size_t>(integer_type(body, node.inputs.at(0)).channels())) {}

    void run(IntegerExecutor::Workspace& workspace) const override {
        switch (reduction_) {
        case ops::Reduction::max:
            return reduce(workspace, [](std::int64_t a, std::int64_t b) { return std::max(a, b); });
        case ops::Reduction::min:
            return reduce(workspace, [](std::int64_t a, std::int64_t b) { return std::min(a, b); });
        case ops::Reduction::sum:
            return reduce(workspace, [](std::int64_t a, std::int64_t b) { return a + b; });
        }
    }

  private:
    template <class F> void reduce(IntegerExecutor::Workspace& workspace, F&& f) const {
        const std::int64_t* x = workspace.buffer(source_.value).data();
        const std::size_t vectors = source_.bases.size();
        std::int64_t* y = workspace.sized(output_, vectors * channels_).data();
        workspace.wide.resize(source_.length);
        for (std::size_t v = 0; v < vectors; ++v, y += channels_) {
            source_.read(x, v, workspace.wide.data());
            const std::int64_t* row = workspace.wide.data();
            std::copy(row, row + channels_, y);
            for (std::size_t first = channels_; first < source_.length; first += channels_) {
                for (std::size_t c = 0; c < channels_; ++c) {
                    y[c] = f(y[c], row[first + c]);
                }
            }
        }
    }

    VectorSource source_;
    ValueId output_;
    ops::Reduction reduction_;
    std::size_t channels_;
};

class DynamicMatrixKernel : public IntegerKernel {
  public:
    DynamicMatrixKernel(const Graph& body, const Node& node, const ops::IntegerDynamicMatMul& op)
        : a_(node.inputs.at(0)),
          b_(node.inputs.at(1)),
          output_(node.outputs.at(0)),
          op_(op) {
        const Shape& a = integer_type(body, a_).shape;
        const Shape& b = integer_type(body, b_).shape;
        rows_ = static_cast<std::size_t>(a[a.size() - 2]);
        depth_ = static_cast<std::size_t>(a.back());
        columns_ = static_cast<std::size_t>(b.back());
    }

    void run(IntegerExecutor::Workspace& workspace) const override {
        const IntegerBuffer& a = workspace.buffer(a_);
        const IntegerBuffer& b = workspace.buffer(b_);
        const std::size_t matrices = a.size() / (rows_ * depth_);
        IntegerBuffer& y = workspace.sized(output_, matrices * rows_ * columns_);
        std::fill(y.begin(), y.end(), 0);
        for (std::size_t i = 0; i < matrices * rows_; ++i) {
            const std::int64_t* matrix = b.data() + i / rows_ * depth_ * columns_;
            std::int64_t* sums = y.data() + i * columns_;
            for (std::size_t k = 0; k < depth_; ++k) {
                const std::int64_t x = a[i * depth_ + k] - op_.zero_a;
                for (std::size_t n = 0; n < columns_; ++n) {
                    sums[n] += x * (matrix[k * columns_ + n] - op_.zero_b);
                }
            }
        }
    }

  private:
    ValueId a_;
    ValueId b_;
    ValueId output_;
    ops::IntegerDynamicMatMul op_;
    std::size_t rows_ = 1;
    std::size_t depth_ = 1;
    std::size_t columns_ = 1;
};

} // namespace

VectorSource VectorSource::contiguous(const Graph& body, ValueId value, std::size_t length) {
    VectorSource source{value, {}, {{0, length}}, length};
    const auto count = static_cast<std::size_t>(element_count(integer_type(body, value).shape));
    for (std::size_t base = 0; base < count; base += length) {
        source.bases.push_back(base);
    }
    return source;
}

std::optional<VectorSource> VectorSource::rearranged(const Node& rearrangement,
                                                     std::size_t length) {
    const auto& op = std::get<ops::IntegerRearrange>(rearrangement.op);
    std::size_t inner = op.counts.size();
    std::int64_t product = 1;
    while (product < static_cast<std::int64_t>(length) && inner > 0) {
        product *= op.counts[--inner];
    }
    if (product != static_cast<std::int64_t>(length)) {
        return std::nullopt;
    }
    const auto split = static_cast<std::ptrdiff_t>(inner);
    VectorSource source{rearrangement.inputs.at(0), {}, {}, length};
    ops::for_each_rearranged(
        {op.counts.begin(), op.counts.begin() + split},
        {op.strides.begin(), op.strides.begin() + split}, op.offset,
        [&](std::int64_t base) { source.bases.push_back(static_cast<std::size_t>(base)); });
    ops::for_each_rearranged(
        {op.counts.begin() + split, op.counts.end()},
        {op.strides.begin() + split, op.strides.end()}, 0, [&](std::int64_t element) {
            const auto offset = static_cast<std::size_t>(element);
            if (!source.runs.empty() &&
                source.runs.back().offset + source.runs.back().length == offset) {
                ++source.runs.back().length;
            } else {
                source.runs.push_back({offset, 1});
            }
        });
    return source;
}

KernelPtr matrix_kernel(const Graph& body, const Node& node, const ops::IntegerMatMul& op,
                        VectorSource source) {
    return std::make_unique<MatrixKernel>(body, node, op, std::move(source));
}

KernelPtr depthwise_kernel(const Graph& body, const Node& node, const ops::IntegerDepthwise& op,
                           VectorSource source) {
    return std::make_unique<DepthwiseKernel>(body, node, op, std::move(source));
}

KernelPtr reduce_kernel(const Graph& body, const Node& node, const ops::IntegerReduce& op,
                        VectorSource source) {
    return std::make_unique<ReduceKernel>(body, node, op, std::move(source));
}

KernelPtr dynamic_matrix_kernel(const Graph& body, const Node& node,
                                const ops::IntegerDynamicMatMul& op) {
    return std::make_unique<DynamicMatrixKernel>(body, node, op);
}

} // namespace millrace
