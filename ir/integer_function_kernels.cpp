// SPDX-License-Identifier: Apache-2.0
//
// Kernels of functions and selections.
#include "ir/diagnostics.hpp"
#include "ir/function/step_function.hpp"
#include "ir/integer_kernels.hpp"

#include <algorithm>
#include <numeric>

namespace millrace {

namespace {

/// Each channel is a table where its range is short, else the sorted starts of its segments, looked
/// up near where an affine function has them; one of very many segments is evaluated each time.
class FunctionKernel : public IntegerKernel {
  public:
    FunctionKernel(const Graph& body, const Node& node, const ops::IntegerFunction& op,
                   IntegerExecutor::Use use)
        : input_(node.inputs.at(0)),
          output_(node.outputs.at(0)),
          function_(op.function) {
        const IntegerType& type = integer_type(body, input_);
        const bool one =
            op.function->same_for_all_channels() && type.lo.size() == 1 && type.hi.size() == 1;
        const std::size_t count = one ? 1 : static_cast<std::size_t>(type.channels());
        // Finding a channel's segments costs some thousand evaluations.
        constexpr std::int64_t worth_preparing = 4096;
        const bool evaluate =
            use == IntegerExecutor::Use::few_samples &&
            element_count(type.shape) / static_cast<std::int64_t>(std::max<std::size_t>(count, 1)) <
                worth_preparing;
        for (std::size_t c = 0; c < count; ++c) {
            FunctionEvaluator evaluator(*function_, c);
            channels_.push_back(evaluate
                                    ? Channel{std::move(evaluator), 0, {}, {}, {}, 0, 0}
                                    : prepare(std::move(evaluator), channel_parameter(type.lo, c),
                                              channel_parameter(type.hi, c)));
        }
    }

    void run(IntegerExecutor::Workspace& workspace) const override {
        const IntegerBuffer& input = workspace.buffer(input_);
        IntegerBuffer& output = workspace.sized(output_, input.size());
        const std::size_t channels = channels_.size();
        // A channel of some vectors at a time: its table stays in the cache, and so do the vectors
        // until the neighbouring channels have used them.
        constexpr std::size_t block_vectors = 256;
        const std::size_t vectors = input.size() / channels;
        for (std::size_t first = 0; first < vectors; first += block_vectors) {
            const std::size_t count = std::min(block_vectors, vectors - first);
            for (std::size_t c = 0; c < channels; ++c) {
                channels_[c].apply(input.data() + first * channels + c,
                                   output.data() + first * channels + c, count, channels);
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
        double density = 0;    ///< starts for each unit of x between the first and the last
        std::int64_t step = 0; ///< between neighbouring values where it is always the same, or 0

        /// y = f(x) for `count` numbers, `stride` apart.
        void apply(const std::int64_t* x, std::int64_t* y, std::size_t count,
                   std::size_t stride) const {
            const auto all = [&](const auto& f) {
                for (std::size_t i = 0; i < count; ++i) {
                    y[i * stride] = f(x[i * stride]);
                }
            };
            if (!table.empty()) {
                all([entries = table.data(), lowest = lo](std::int64_t v) {
                    return static_cast<std::int64_t>(entries[v - lowest]);
                });
            } else if (values.empty()) {
                all(evaluator);
            } else if (starts.empty()) {
                all([value = values.front()](std::int64_t /*v*/) { return value; });
            } else {
                all([&, front = starts.front(), back = starts.back(), least = values.front(),
                     most = values.back()](std::int64_t v) {
                    return v < front ? least : v >= back ? most : value(starts_up_to(v));
                });
            }
        }

        /// How many starts are not above x, for x from the first start to before the last. Of an
        /// affine function they lie evenly: the count is guessed, with one look at the memory,
        /// which dozens of channels of thousands of bytes would otherwise keep out of the cache.
        [[nodiscard]] std::size_t starts_up_to(std::int64_t x) const {
            const double even = static_cast<double>(x - starts.front()) * density;
            auto count = std::min(static_cast<std::size_t>(even) + 1, starts.size() - 1);
            constexpr int patience = 4;
            for (int i = 0; i < patience; ++i) {
                if (starts[count - 1] > x) {
                    --count;
                } else if (starts[count] <= x) {
                    ++count;
                } else {
                    return count;
                }
            }
            return static_cast<std::size_t>(std::upper_bound(starts.begin(), starts.end(), x) -
                                            starts.begin());
        }

        [[nodiscard]] std::int64_t value(std::size_t segment) const {
            return step != 0 ? values.front() + static_cast<std::int64_t>(segment) * step
                             : values[segment];
        }

        void finish() {
            if (starts.size() < 2) {
                return;
            }
            density = static_cast<double>(starts.size() - 1) /
                      static_cast<double>(starts.back() - starts.front());
            step = values[1] - values[0];
            for (std::size_t i = 1; i < values.size(); ++i) {
                step = values[i] - values[i - 1] == step ? step : 0;
            }
        }
    };

    static Channel prepare(FunctionEvaluator evaluator, std::int64_t lo, std::int64_t hi) {
        constexpr std::int64_t longest_table = 8192;
        constexpr std::size_t most_segments = 65536;
        Channel channel{std::move(evaluator), lo, {}, {}, {}, 0, 0};
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
        } else {
            channel.finish();
        }
        return channel;
    }

    ValueId input_;
    ValueId output_;
    std::shared_ptr<const ExactFunction> function_;
    std::vector<Channel> channels_;
};

class TopKKernel : public IntegerKernel {
  public:
    TopKKernel(const Graph& body, const Node& node, const ops::IntegerTopK& op)
        : op_(op),
          input_(node.inputs.at(0)),
          outputs_(node.outputs),
          channels_(static_cast<std::size_t>(integer_type(body, input_).channels())) {}

    void run(IntegerExecutor::Workspace& workspace) const override {
        const IntegerBuffer& input = workspace.buffer(input_);
        const auto k = static_cast<std::size_t>(op_.k);
        const std::size_t results = input.size() / channels_ * k;
        workspace.sized(outputs_[0], results);
        if (op_.with_values) {
            workspace.sized(outputs_[1], results);
        }
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

class CopyKernel : public IntegerKernel {
  public:
    explicit CopyKernel(const Node& node)
        : input_(node.inputs.at(0)),
          output_(node.outputs.at(0)) {}
    void run(IntegerExecutor::Workspace& workspace) const override {
        workspace.buffer(output_) = workspace.buffer(input_);
    }

  private:
    ValueId input_;
    ValueId output_;
};

} // namespace

KernelPtr function_kernel(const Graph& body, const Node& node, const ops::IntegerFunction& op,
                          IntegerExecutor::Use use) {
    if (op.function->steps.empty()) {
        return copy_kernel(node);
    }
    return std::make_unique<FunctionKernel>(body, node, op, use);
}

KernelPtr top_k_kernel(const Graph& body, const Node& node, const ops::IntegerTopK& op) {
    return std::make_unique<TopKKernel>(body, node, op);
}

KernelPtr copy_kernel(const Node& node) { return std::make_unique<CopyKernel>(node); }

} // namespace millrace
