// SPDX-License-Identifier: Apache-2.0
//
// The parts of the generator of random_cnn.hpp: a model under construction and what is known of
// its values. Every operation takes a value of the model, adds nodes and returns the result, or
// nothing where it does not apply to the value. By file: random_cnn.cpp (drawing, order of
// operations, samples), random_cnn_quantizers.cpp, random_cnn_layers.cpp, random_cnn_pools.cpp
// (pools, normalisation, activations), random_cnn_moves.cpp (joins and rearrangements),
// random_cnn_qlinear.cpp (operators on quantized integers).
#pragma once

#include "tests/support/random_cnn.hpp"

#include <initializer_list>
#include <optional>
#include <random>

namespace millrace::tests {

/// Where a value's elements may lie.
enum class Lattice : std::uint8_t {
    none,     ///< anywhere: behind an activation
    odd,      ///< on a grid whose zero is no level, or whose scale varies along another axis
    channels, ///< on one grid per channel
    one,      ///< on one grid with an integer zero point
};

struct CnnValue {
    std::string name;
    Shape shape;
    std::size_t channel = 1; ///< axis of the channels
    double sigma = 1;        ///< typical magnitude, by estimate
    Lattice lattice = Lattice::none;
    int bits = 24; ///< width of its integers, by estimate
    /// Of a value right behind a quantizer with one scale.
    std::optional<std::pair<double, double>> scale_and_zero_point;

    [[nodiscard]] std::int64_t channels() const { return shape.at(channel); }
    [[nodiscard]] bool is_image() const { return shape.size() == 4 && channel == 1; }
    [[nodiscard]] bool is_channels_first() const { return shape.size() > 2 && channel == 1; }
};

class CnnWriter {
  public:
    explicit CnnWriter(std::uint32_t seed);
    RandomCnn write();

  private:
    using Result = std::optional<CnnValue>;
    using Ints = std::vector<std::int64_t>;
    using Names = std::vector<std::string>;

    // Drawing.
    std::int64_t pick(std::int64_t low, std::int64_t high) {
        return std::uniform_int_distribution<std::int64_t>(low, high)(random_);
    }
    bool chance(int percent) { return pick(1, 100) <= percent; }
    double normal(double sigma = 1) { return std::normal_distribution<double>(0, sigma)(random_); }
    double uniform(double low, double high) {
        return std::uniform_real_distribution<double>(low, high)(random_);
    }
    template <class T> T one_of(std::initializer_list<T> list) {
        return list.begin()[pick(0, static_cast<std::int64_t>(list.size()) - 1)];
    }
    /// About `size`; half of the time a power of two, always a float32.
    double near(double size);
    std::vector<double> numbers(std::int64_t count, double sigma);

    // The model.
    std::string fresh(const std::string& stem);
    std::string scalar(double value, DataType type = DataType::float32);
    std::string floats(const Shape& shape, const std::vector<double>& values);
    std::string ints(const Ints& values);
    /// Adds a node with one result of a fresh name; `detail` as in RandomCnn::operators.
    OnnxNode node(const std::string& op, const Names& inputs, CnnValue& result,
                  const std::string& domain = "", const std::string& detail = "");
    OnnxNode node(const std::string& op, const Names& inputs, const Names& outputs,
                  const std::string& domain = "", const std::string& detail = "");
    [[nodiscard]] bool fits(const Shape& shape) const;
    Shape along_channel(const CnnValue& x, std::int64_t count) const;

    // random_cnn.cpp
    CnnValue input();
    Result step(const CnnValue& x);
    struct Choice {
        int weight;
        Result (CnnWriter::*make)(const CnnValue&);
    };
    static const std::vector<Choice>& choices();
    /// The operation that every so-many-th seed has, so that a few dozen of them have all.
    Result featured(const CnnValue& x);
    void finish();
    [[nodiscard]] const CnnValue* live_like(const CnnValue& x, bool broadcast);

    // random_cnn_quantizers.cpp
    struct Wanted {
        int bits = 8;           ///< at most
        bool one_scale = true;  ///< for the whole tensor
        bool zero_point = true; ///< may have one
    };
    CnnValue quantize(const CnnValue& x, Wanted wanted);
    CnnValue quantize(const CnnValue& x) { return quantize(x, Wanted{}); }
    CnnValue quantize_qonnx(const CnnValue& x, const Wanted& wanted);
    CnnValue bipolar(const CnnValue& x, const Wanted& wanted);
    CnnValue thresholds(const CnnValue& x, const Wanted& wanted);
    CnnValue quantize_linear(const CnnValue& x, const Wanted& wanted);
    Result trunc(const CnnValue& x);
    /// The value itself where it has one scale and few bits, else quantized.
    CnnValue narrow(const CnnValue& x, int bits = 9);
    /// The value itself where it lies on a grid of at most so many bits, else quantized.
    CnnValue on_grid(const CnnValue& x, int bits = 24);

    // random_cnn_layers.cpp
    struct Weights {
        std::string name;
        double sigma;
        int bits;
        bool per_channel;
    };
    Weights weights(const Shape& shape, std::size_t channel_axis);
    std::string quantized_weights(const Shape& shape, std::size_t channel_axis, Weights& drawn);
    std::string dequantized_weights(const Shape& shape, std::size_t channel_axis, Weights& drawn);
    std::string bias(std::int64_t channels, double sigma);
    struct WindowChoice {
        Ints kernel, strides, dilations, pads;
        std::string auto_pad;
        Shape output; ///< spatial sizes
    };
    std::optional<WindowChoice> window(const Shape& sizes, bool dilate, bool pool);
    void describe(OnnxNode added, const WindowChoice& choice, bool dilations);
    void after_layer(const CnnValue& x, const Weights& w, std::int64_t depth, bool has_bias,
                     CnnValue& y);
    Result conv(const CnnValue& x);
    Result channels_last_conv(const CnnValue& x);
    Result conv_transpose(const CnnValue& x);
    Result gemm(const CnnValue& x);
    Result matmul(const CnnValue& x);
    Result dynamic_matmul(const CnnValue& x);

    // random_cnn_pools.cpp
    Result max_pool(const CnnValue& x);
    Result average_pool(const CnnValue& x);
    Result global_pool(const CnnValue& x);
    Result reduce(const CnnValue& x);
    Result normalize(const CnnValue& x);
    Result activate(const CnnValue& x);
    Result scale_or_shift(const CnnValue& x);

    // random_cnn_moves.cpp
    Result join(const CnnValue& x);
    Result concat(const CnnValue& x);
    Result split(const CnnValue& x);
    Result slice(const CnnValue& x);
    Result pad(const CnnValue& x);
    Result resize(const CnnValue& x);
    Result depth_space(const CnnValue& x);
    Result transpose(const CnnValue& x);
    Result reshape(const CnnValue& x);
    CnnValue permuted(const CnnValue& x, const Ints& perm);
    CnnValue reshaped(const CnnValue& x, const Shape& shape, std::size_t channel);

    // random_cnn_qlinear.cpp
    struct Linear {
        std::string name, scale, zero_point; ///< the tensor of integers and its parameters
        double scale_value = 1;
        DataType type = DataType::uint8;
        CnnValue real; ///< what the integers mean; its name is not used
    };
    Linear linear_like(const CnnValue& meaning, DataType type);
    Result qlinear(const CnnValue& x);
    std::optional<Linear> qlinear_conv(const Linear& x);
    std::optional<Linear> qlinear_matmul(const Linear& x);
    std::optional<Linear> qlinear_join(const Linear& x);
    std::optional<Linear> qlinear_concat(const Linear& x);
    std::optional<Linear> qlinear_pool(const Linear& x);
    std::optional<Linear> qlinear_unary(const Linear& x);
    std::optional<Linear> qlinear_move(const Linear& x);
    Result integer_conv(const Linear& x);
    Result integer_matmul(const Linear& x);
    CnnValue from_integers(const CnnValue& y, const Linear& x, std::int64_t depth);

    enum class Dialect : std::uint8_t { qonnx, qdq, qoperator, mixed };

    std::uint32_t seed_;
    std::mt19937 random_;
    Dialect dialect_;
    std::int64_t opset_;
    RandomCnn result_;
    std::int64_t names_ = 0;
    std::vector<CnnValue> live_;            ///< values that later operations may read
    std::map<std::string, int> read_count_; ///< by value
};

} // namespace millrace::tests
