// SPDX-License-Identifier: Apache-2.0
//
// ops::Conv against its definition, element by element, in every storage of input and weights.
#include "ir/text.hpp"
#include "tests/support/tensors.hpp"

#include <chrono>

namespace millrace::tests {

namespace {

/// Calls f(position) for every position of a shape.
template <class F> void for_each_position(const Shape& shape, F&& f) {
    const std::int64_t count = element_count(shape);
    for (std::int64_t flat = 0; flat < count; ++flat) {
        f(unravel(shape, flat));
    }
}

/// The sum as the op's docstring has it.
Tensor defined(const ops::Conv& op, const Tensor& x, const Tensor& w, const Shape& result) {
    const std::int64_t group_outputs = w.shape()[0] / op.group;
    const std::int64_t group_inputs = w.shape()[1];
    std::vector<Real> values;
    for_each_position(result, [&](const std::vector<std::int64_t>& at) {
        Real sum;
        Shape kernel = w.shape();
        kernel[0] = 1;
        for_each_position(kernel, [&](std::vector<std::int64_t> tap) {
            std::vector<std::int64_t> from{at[0], at[1] / group_outputs * group_inputs + tap[1]};
            for (std::size_t i = 0; i + 2 < at.size(); ++i) {
                const std::int64_t place = at[i + 2] * op.window.strides[i] +
                                           tap[i + 2] * op.window.dilations[i] -
                                           op.window.pads_begin[i];
                if (place < 0 || place >= x.shape()[i + 2]) {
                    return;
                }
                from.push_back(place);
            }
            tap[0] = at[1];
            sum += x.at(ravel(x.shape(), from)) * w.at(ravel(w.shape(), tap));
        });
        values.push_back(sum);
    });
    return {result, std::move(values)};
}

ops::Window window(Shape kernel, std::vector<std::int64_t> strides,
                   std::vector<std::int64_t> dilations, std::vector<std::int64_t> begin,
                   std::vector<std::int64_t> end) {
    return {std::move(kernel), std::move(strides), std::move(dilations), std::move(begin),
            std::move(end)};
}

struct Case {
    ops::Conv op;
    Shape x;
    Shape w;
};

const std::vector<Case> cases{
    {{window({3}, {1}, {1}, {0}, {0}), 1}, {1, 2, 5}, {3, 2, 3}},
    {{window({3}, {2}, {2}, {1}, {3}), 1}, {2, 2, 6}, {1, 2, 3}},
    {{window({3, 3}, {1, 1}, {1, 1}, {1, 1}, {1, 1}), 1}, {1, 3, 4, 5}, {2, 3, 3, 3}},
    {{window({3, 2}, {2, 1}, {1, 2}, {0, 2}, {1, 0}), 1}, {2, 2, 5, 4}, {3, 2, 3, 2}},
    {{window({3, 3}, {1, 2}, {1, 1}, {1, 1}, {1, 1}), 4}, {1, 4, 4, 4}, {4, 1, 3, 3}}, // depthwise
    {{window({2, 2}, {1, 1}, {1, 1}, {0, 0}, {0, 0}), 2}, {1, 2, 3, 3}, {6, 1, 2, 2}}, // multiplier
    {{window({1, 1}, {1, 1}, {1, 1}, {0, 0}, {0, 0}), 2}, {1, 6, 2, 3}, {4, 3, 1, 1}},
    {{window({2, 1, 2}, {1, 1, 2}, {1, 1, 1}, {0, 0, 1}, {1, 0, 0}), 1},
     {1, 2, 3, 2, 3},
     {2, 2, 2, 1, 2}},
    {{window({5, 5}, {1, 1}, {1, 1}, {6, 6}, {6, 6}), 1}, {1, 1, 2, 2}, {1, 1, 5, 5}},
};

} // namespace

TEST_SUITE("network convolution") {
    TEST_CASE("the sums are those of the definition in every storage") {
        TensorSource source(7);
        for (const Case& test : cases) {
            CAPTURE(print(Op(test.op)));
            for (const Storage x_storage : all_storages) {
                for (const Storage w_storage : all_storages) {
                    CAPTURE(static_cast<int>(x_storage));
                    CAPTURE(static_cast<int>(w_storage));
                    const Tensor x = source.next(test.x, x_storage);
                    const Tensor w = source.next(test.w, w_storage);
                    const Tensor y = run(test.op, {x, w});
                    CHECK(y == defined(test.op, x, w, y.shape()));
                }
            }
        }
    }

    TEST_CASE("quantized tensors stay integers with scales along the channels") {
        const ops::Conv plain{window({1, 1}, {1, 1}, {1, 1}, {0, 0}, {0, 0}), 1};
        const Tensor x = scaled({1, 2, 1, 2}, {1, 2, 3, 4}, {Real::ratio(1, 3)});
        const Tensor w = scaled({2, 2, 1, 1}, {1, -1, 2, 0}, {Real(5), Real::ratio(1, 7)}, 0);
        const Tensor y = run(plain, {x, w});
        REQUIRE(y.scaled() != nullptr);
        CHECK(y.scaled()->values == std::vector<std::int32_t>{-2, -2, 2, 4});
        CHECK(y.scaled()->scale == std::vector<Real>{Real::ratio(5, 3), Real::ratio(1, 21)});
        CHECK(y.scaled()->axis == 1);

        const ops::Conv depthwise{plain.window, 2};
        const Tensor each = scaled({1, 2, 1, 2}, {1, 2, 3, 4}, {Real(1), Real::ratio(1, 3)}, 1);
        const Tensor z = run(depthwise, {each, scaled({2, 1, 1, 1}, {2, 3}, {Real(1)})});
        REQUIRE(z.scaled() != nullptr);
        CHECK(z.scaled()->values == std::vector<std::int32_t>{2, 4, 9, 12});
        CHECK(z.scaled()->scale == std::vector<Real>{Real(1), Real::ratio(1, 3)});
    }

    TEST_CASE("what does not fit is a type error") {
        const ops::Conv op{window({3, 3}, {1, 1}, {1, 1}, {0, 0}, {0, 0}), 1};
        const auto error = [](const ops::Conv& conv, const Shape& x, const Shape& w) {
            TensorSource source(1);
            return type_error(conv,
                              {source.next(x, Storage::floats), source.next(w, Storage::floats)});
        };
        CHECK(error(op, {1, 2, 4, 4}, {1, 2, 3, 3}) == "no error");
        CHECK(error(op, {1, 2, 4, 4}, {1, 3, 3, 3}).find("do not fit 2 channels") !=
              std::string::npos);
        CHECK(error(op, {1, 2, 4, 4}, {1, 2, 3, 2}).find("kernel") != std::string::npos);
        CHECK(error(op, {1, 2, 4}, {1, 2, 3, 3}).find("shapes") != std::string::npos);
        CHECK(error(op, {2, 4}, {1, 2}).find("shapes") != std::string::npos);
        CHECK(error(op, {1, 2, 2, 4}, {1, 2, 3, 3}).find("does not fit an axis of 2") !=
              std::string::npos);
        ops::Conv grouped = op;
        grouped.group = 2;
        CHECK(error(grouped, {1, 2, 4, 4}, {3, 1, 3, 3}).find("2 groups") != std::string::npos);
        grouped.group = 0;
        CHECK(error(grouped, {1, 2, 4, 4}, {3, 1, 3, 3}).find("0 groups") != std::string::npos);
        ops::Conv strides = op;
        strides.window.strides = {1, 0};
        CHECK(error(strides, {1, 2, 4, 4}, {1, 2, 3, 3}) != "no error");
        strides.window.strides = {1};
        CHECK(error(strides, {1, 2, 4, 4}, {1, 2, 3, 3}) != "no error");
    }

    TEST_CASE("a depthwise layer costs what its products cost") {
        // 256 channels of 64 x 64 by 3 x 3: 9.4 million products; one matrix over all channels
        // would have 256 times as many.
        const std::int64_t channels = 256;
        const Shape x_shape{1, channels, 64, 64};
        const Shape w_shape{channels, 1, 3, 3};
        const auto ones = [](const Shape& shape) {
            return scaled(
                shape, std::vector<std::int32_t>(static_cast<std::size_t>(element_count(shape)), 1),
                {Real(1)});
        };
        const ops::Conv op{window({3, 3}, {1, 1}, {1, 1}, {1, 1}, {1, 1}), channels};
        const Tensor x = ones(x_shape);
        const Tensor w = ones(w_shape);
        const auto start = std::chrono::steady_clock::now();
        const Tensor y = evaluate(op, {&x, &w}).front();
        CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(3));
        REQUIRE(y.scaled() != nullptr);
        CHECK(y.scaled()->values[0] == 4);
        CHECK(y.scaled()->values[65] == 9);
    }
}

} // namespace millrace::tests
