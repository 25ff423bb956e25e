// SPDX-License-Identifier: Apache-2.0
#include "ir/integer_executor.hpp"

#include "ir/diagnostics.hpp"
#include "ir/function/step_function.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

namespace millrace {

namespace {

// The default optimisation level vectorises no reduction; this is the one loop that matters.
#if defined(__GNUC__) && !defined(__clang__)
#define MILLRACE_VECTORISED __attribute__((optimize("O3")))
#else
#define MILLRACE_VECTORISED
#endif

MILLRACE_VECTORISED std::int32_t dot_narrow(const std::int16_t* a, const std::int16_t* b,
                                            std::size_t count) {
    std::int32_t sum = 0;
    for (std::size_t i = 0; i < count; ++i) {
        sum += static_cast<std::int32_t>(a[i]) * static_cast<std::int32_t>(b[i]);
    }
    return sum;
}

#undef MILLRACE_VECTORISED

const IntegerType& integer_type(const Graph& body, ValueId id) {
    return std::get<IntegerType>(body.value(id).type);
}

} // namespace

class IntegerExecutor::Kernel {
  public:
    Kernel() = default;
    Kernel(const Kernel&) = delete;
    Kernel& operator=(const Kernel&) = delete;
    virtual ~Kernel() = default;
    virtual void run(Workspace& workspace) const = 0;
};

/// The kernels narrow their operands where every partial sum fits 32 bits.
class IntegerExecutor::MatrixKernel : public Kernel {
  public:
    MatrixKernel(const Graph& body, const Node& node, const ops::IntegerMatMul& op)
        : input_(node.inputs.at(0)),
          output_(node.outputs.at(0)),
          inputs_(static_cast<std::size_t>(op.weights->shape()[0])),
          outputs_(static_cast<std::size_t>(op.weights->shape()[1])),
          vectors_(static_cast<std::size_t>(element_count(integer_type(body, input_).shape)) /
                   inputs_) {
        const ScaledIntegers* scaled = op.weights->scaled();
        if (scaled == nullptr) {
            throw Defect("weights of the integer level are not integers");
        }
        const IntegerType& type = integer_type(body, input_);
        const std::int64_t extreme = std::max(std::abs(type.lowest()), std::abs(type.highest()));
        constexpr std::int64_t narrow_limit = std::numeric_limits<std::int16_t>::max();
        narrow_ = extreme <= narrow_limit;
        for (std::size_t n = 0; n < outputs_ && narrow_; ++n) {
            std::int64_t magnitude = 0; // no partial sum is larger
            for (std::size_t k = 0; k < inputs_; ++k) {
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

    void run(Workspace& workspace) const override {
        const IntegerBuffer& input = workspace.buffer(input_);
        IntegerBuffer& output = workspace.buffer(output_);
        std::vector<std::int16_t>& row = workspace.narrow_;
        row.resize(std::max(row.size(), inputs_));
        for (std::size_t v = 0; v < vectors_; ++v) {
            const std::int64_t* x = input.data() + v * inputs_;
            std::int64_t* y = output.data() + v * outputs_;
            if (narrow_) {
                std::transform(x, x + inputs_, row.begin(),
                               [](std::int64_t e) { return static_cast<std::int16_t>(e); });
                for (std::size_t n = 0; n < outputs_; ++n) {
                    y[n] = dot_narrow(row.data(), narrow_weights_.data() + n * inputs_, inputs_);
                }
            } else {
                for (std::size_t n = 0; n < outputs_; ++n) {
                    const std::int32_t* w = wide_weights_.data() + n * inputs_;
                    std::int64_t sum = 0;
                    for (std::size_t k = 0; k < inputs_; ++k) {
                        sum += x[k] * w[k];
                    }
                    y[n] = sum;
                }
            }
        }
    }

  private:
    /// [K, N] to [N, K], in blocks that stay in the cache.
    template <class T>
    void transpose(const std::vector<std::int32_t>& from, std::vector<T>& to) const {
        to.resize(from.size());
        constexpr std::size_t block = 32;
        for (std::size_t k0 = 0; k0 < inputs_; k0 += block) {
            for (std::size_t n0 = 0; n0 < outputs_; n0 += block) {
                for (std::size_t n = n0; n < std::min(n0 + block, outputs_); ++n) {
                    for (std::size_t k = k0; k < std::min(k0 + block, inputs_); ++k) {
                        to[n * inputs_ + k] = static_cast<T>(from[k * outputs_ + n]);
                    }
                }
            }
        }
    }

    ValueId input_;
    ValueId output_;
    std::size_t inputs_;
    std::size_t outputs_;
    std::size_t vectors_;
    bool narrow_ = true;
    std::vector<std::int16_t> narrow_weights_;
    std::vector<std::int32_t> wide_weights_;
};

/// Each channel is a table where its range is short, else the sorted starts of its segments; a
/// function of very many segments is evaluated each time.
class IntegerExecutor::FunctionKernel : public Kernel {
  public:
    FunctionKernel(const Graph& body, const Node& node, const ops::IntegerFunction& op, Use use)
        : input_(node.inputs.at(0)),
          output_(node.outputs.at(0)),
          function_(op.function) {
        const IntegerType& type = integer_type(body, input_);
        const bool one =
            op.function->same_for_all_channels() && type.lo.size() == 1 && type.hi.size() == 1;
        const std::size_t count = one ? 1 : static_cast<std::size_t>(type.channels());
        for (std::size_t c = 0; c < count; ++c) {
            FunctionEvaluator evaluator(*function_, c);
            channels_.push_back(use == Use::few_samples
                                    ? Channel{std::move(evaluator), 0, {}, {}, {}}
                                    : prepare(std::move(evaluator), channel_parameter(type.lo, c),
                                              channel_parameter(type.hi, c)));
        }
    }

    void run(Workspace& workspace) const override {
        const IntegerBuffer& input = workspace.buffer(input_);
        IntegerBuffer& output = workspace.buffer(output_);
        std::size_t c = 0;
        for (std::size_t i = 0; i < input.size(); ++i) {
            output[i] = channels_[c](input[i]);
            if (++c == channels_.size()) {
                c = 0;
            }
        }
    }

  private:
    struct Channel {
        FunctionEvaluator evaluator;
        std::int64_t lo = 0;
        std::vector<std::int32_t> table;  ///< by x - lo
        std::vector<std::int64_t> starts; ///< of all segments but the first
        std::vector<std::int64_t> values; ///< of all segments

        std::int64_t operator()(std::int64_t x) const {
            if (!table.empty()) {
                return table[static_cast<std::size_t>(x - lo)];
            }
            if (!values.empty()) {
                const auto after = std::upper_bound(starts.begin(), starts.end(), x);
                return values[static_cast<std::size_t>(after - starts.begin())];
            }
            return evaluator(x);
        }
    };

    static Channel prepare(FunctionEvaluator evaluator, std::int64_t lo, std::int64_t hi) {
        constexpr std::int64_t longest_table = 8192;
        constexpr std::size_t most_segments = 65536;
        Channel channel{std::move(evaluator), lo, {}, {}, {}};
        bool listed = true;
        for_each_segment(channel.evaluator, lo, hi, [&](const Segment& segment) {
            listed = channel.values.size() < most_segments;
            if (!channel.values.empty()) {
                channel.starts.push_back(segment.first);
            }
            channel.values.push_back(segment.value);
            return listed;
        });
        const bool short_values =
            std::all_of(channel.values.begin(), channel.values.end(),
                        [](std::int64_t v) { return v == static_cast<std::int32_t>(v); });
        if (!listed) {
            channel.starts.clear();
            channel.values.clear();
        } else if (hi - lo < longest_table && short_values) {
            channel.table.resize(static_cast<std::size_t>(hi - lo + 1));
            std::size_t segment = 0;
            for (std::int64_t x = lo; x <= hi; ++x) {
                if (segment < channel.starts.size() && x == channel.starts[segment]) {
                    ++segment;
                }
                channel.table[static_cast<std::size_t>(x - lo)] =
                    static_cast<std::int32_t>(channel.values[segment]);
            }
            channel.starts.clear();
            channel.values.clear();
        }
        return channel;
    }

    ValueId input_;
    ValueId output_;
    std::shared_ptr<const ExactFunction> function_;
    std::vector<Channel> channels_;
};

class IntegerExecutor::TopKKernel : public Kernel {
  public:
    TopKKernel(const Graph& body, const Node& node, const ops::IntegerTopK& op)
        : op_(op),
          input_(node.inputs.at(0)),
          outputs_(node.outputs),
          channels_(static_cast<std::size_t>(integer_type(body, input_).channels())) {}

    void run(Workspace& workspace) const override {
        const IntegerBuffer& input = workspace.buffer(input_);
        const auto k = static_cast<std::size_t>(op_.k);
        std::vector<std::size_t> order(channels_);
        for (std::size_t v = 0; v * channels_ < input.size(); ++v) {
            const std::int64_t* x = input.data() + v * channels_;
            std::iota(order.begin(), order.end(), std::size_t{0});
            std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(k),
                              order.end(), [&](std::size_t a, std::size_t b) {
                                  if (x[a] != x[b]) {
                                      return op_.largest ? x[a] > x[b] : x[a] < x[b];
                                  }
                                  return op_.last_index ? a > b : a < b;
                              });
            for (std::size_t i = 0; i < k; ++i) {
                workspace.buffer(outputs_[0])[v * k + i] = static_cast<std::int64_t>(order[i]);
                if (op_.with_values) {
                    workspace.buffer(outputs_[1])[v * k + i] = x[order[i]];
                }
            }
        }
    }

  private:
    ops::IntegerTopK op_;
    ValueId input_;
    std::vector<ValueId> outputs_;
    std::size_t channels_;
};

class IntegerExecutor::CopyKernel : public Kernel {
  public:
    explicit CopyKernel(const Node& node)
        : input_(node.inputs.at(0)),
          output_(node.outputs.at(0)) {}
    void run(Workspace& workspace) const override {
        workspace.buffer(output_) = workspace.buffer(input_);
    }

  private:
    ValueId input_;
    ValueId output_;
};

IntegerExecutor::IntegerExecutor(const Graph& body, Use use) {
    for (const Node& node : body.nodes) {
        if (const auto* matmul = std::get_if<ops::IntegerMatMul>(&node.op)) {
            kernels_.push_back(std::make_unique<MatrixKernel>(body, node, *matmul));
        } else if (const auto* function = std::get_if<ops::IntegerFunction>(&node.op)) {
            if (function->function->steps.empty()) {
                kernels_.push_back(std::make_unique<CopyKernel>(node));
            } else {
                kernels_.push_back(std::make_unique<FunctionKernel>(body, node, *function, use));
            }
        } else if (const auto* topk = std::get_if<ops::IntegerTopK>(&node.op)) {
            kernels_.push_back(std::make_unique<TopKKernel>(body, node, *topk));
        } else if (std::holds_alternative<ops::IntegerReshape>(node.op)) {
            kernels_.push_back(std::make_unique<CopyKernel>(node));
        } else {
            throw Defect("op of another level in an integer graph");
        }
    }
}

IntegerExecutor::~IntegerExecutor() = default;

IntegerExecutor::Workspace::Workspace(const Graph& body) {
    buffers_.reserve(body.values.size());
    for (const Value& value : body.values) {
        buffers_.emplace_back(static_cast<std::size_t>(element_count(shape_of(value.type))));
    }
}

void IntegerExecutor::run(Workspace& workspace) const {
    for (const auto& kernel : kernels_) {
        kernel->run(workspace);
    }
}

} // namespace millrace
