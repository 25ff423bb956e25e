// SPDX-License-Identifier: Apache-2.0
//
// Arithmetic, activations and matrix products of the network level against element-by-element
// definitions written here, over all combinations of storages; and which storages they keep.
#include "tests/support/tensors.hpp"

#include <algorithm>
#include <limits>

namespace millrace::tests {

namespace {

constexpr std::int32_t int32_min = std::numeric_limits<std::int32_t>::min();
constexpr std::int32_t int32_max = std::numeric_limits<std::int32_t>::max();

/// Checks a binary op on random tensors of all storages and shapes against f.
template <class F> void check_binary(const Op& op, F f, bool divisor_is_nonzero = false) {
    const std::vector<std::pair<Shape, Shape>> shapes{
        {{}, {}},      {{4}, {4}},          {{2, 3}, {}},  {{}, {2, 3}},
        {{2, 3}, {3}}, {{2, 3}, {2, 1}},    {{3}, {2, 3}}, {{2, 1}, {1, 3}},
        {{1, 4}, {4}}, {{2, 3, 2}, {3, 1}}, {{1}, {1, 1}}, {{2, 0}, {2, 1}},
    };
    TensorSource source(11);
    for (int round = 0; round < 20; ++round) {
        for (const auto& [shape_a, shape_b] : shapes) {
            const Tensor a = source.next(shape_a);
            Tensor b = source.next(shape_b);
            if (divisor_is_nonzero) {
                std::vector<Real> values = b.to_reals();
                if (std::any_of(values.begin(), values.end(),
                                [](const Real& value) { return value.sign() == 0; })) {
                    std::replace(values.begin(), values.end(), Real(0), Real(7));
                    b = Tensor(shape_b, values);
                }
            }
            const Tensor result = run(op, {a, b});
            for (std::int64_t i = 0; i < result.size(); ++i) {
                REQUIRE(result.at(i) == f(a.at(broadcast_flat(shape_a, result.shape(), i)),
                                          b.at(broadcast_flat(shape_b, result.shape(), i))));
            }
        }
    }
}

template <class F> void check_unary(const Op& op, F f) {
    TensorSource source(12);
    for (int round = 0; round < 20; ++round) {
        for (const Storage storage : all_storages) {
            const Tensor x = source.next({2, 3, 2}, storage);
            const Tensor result = run(op, {x});
            for (std::int64_t i = 0; i < x.size(); ++i) {
                REQUIRE(result.at(i) == f(x.at(i)));
            }
        }
    }
}

Real min(const Real& a, const Real& b) { return a < b ? a : b; }
Real max(const Real& a, const Real& b) { return a < b ? b : a; }

/// Entry (m, n) of the product of two matrices.
Real entry(const Tensor& a, const Tensor& b, std::int64_t m, std::int64_t n) {
    const std::int64_t inner = a.shape()[1];
    const std::int64_t columns = b.shape()[1];
    Real sum;
    for (std::int64_t k = 0; k < inner; ++k) {
        sum += a.at(m * inner + k) * b.at(k * columns + n);
    }
    return sum;
}

void check_product(const Tensor& a, const Tensor& b) {
    const Tensor result = run(ops::MatMul{}, {a, b});
    for (std::int64_t m = 0; m < a.shape()[0]; ++m) {
        for (std::int64_t n = 0; n < b.shape()[1]; ++n) {
            REQUIRE(result.at(m * b.shape()[1] + n) == entry(a, b, m, n));
        }
    }
}

} // namespace

TEST_SUITE("network ops") {
    TEST_CASE("arithmetic against its definition") {
        check_binary(ops::Add{}, [](const Real& a, const Real& b) { return a + b; });
        check_binary(ops::Sub{}, [](const Real& a, const Real& b) { return a - b; });
        check_binary(ops::Mul{}, [](const Real& a, const Real& b) { return a * b; });
        check_binary(
            ops::Div{}, [](const Real& a, const Real& b) { return a / b; }, true);
        check_binary(
            ops::Div{true},
            [](const Real& a, const Real& b) {
                const Real q = a / b;
                return Real(q.sign() < 0 ? q.round(Rounding::ceil) : q.round(Rounding::floor));
            },
            true);
    }

    TEST_CASE("powers") {
        const Tensor base({4}, std::vector<float>{-2, 0.5F, 3, 4});
        CHECK(run(ops::Pow{}, {base, Tensor::scalar(3)}) ==
              Tensor({4}, std::vector<float>{-8, 0.125F, 27, 64}));
        CHECK(run(ops::Pow{}, {base, Tensor::scalar(-1)}).at(2) == Real::ratio(1, 3));
        CHECK(run(ops::Pow{}, {Tensor::scalar(8), Tensor::scalar(Real::ratio(1, 2))}).at(0) ==
              sqrt(Real(8)));
        CHECK(run(ops::Pow{}, {Tensor::scalar(3), base.reshaped({2, 2})}).at(1) == sqrt(Real(3)));
        CHECK_THROWS_AS(run(ops::Pow{}, {base, Tensor::scalar(Real::ratio(1, 2))}),
                        std::domain_error);
        CHECK_THROWS_AS(run(ops::Pow{}, {Tensor::scalar(0), Tensor::scalar(-1)}),
                        std::domain_error);
    }

    TEST_CASE("division by zero") {
        const Tensor q = scaled({2}, {1, 2}, {Real(1)});
        CHECK_THROWS_AS(run(ops::Div{}, {q, Tensor::scalar(0)}), std::domain_error);
        CHECK_THROWS_AS(run(ops::Div{}, {q, scaled({2}, {1, 0}, {Real(1)})}), std::domain_error);
        CHECK_THROWS_AS(run(ops::Div{true}, {q, Tensor::scalar(0)}), std::domain_error);
        CHECK_THROWS_AS(run(ops::Div{}, {Tensor({1}, std::vector<float>{1}), Tensor::scalar(0)}),
                        std::domain_error);
    }

    TEST_CASE("adding multiples of the scale keeps integers") {
        const Real s = Real::ratio(1, 3);
        const Tensor q = scaled({2, 3}, {1, 2, 3, 4, 5, 6}, {s});
        const auto values = [](const Tensor& tensor) {
            REQUIRE(tensor.scaled() != nullptr);
            return tensor.scaled()->values;
        };
        CHECK(values(run(ops::Sub{}, {q, Tensor::scalar(s * Real(4))})) ==
              std::vector<std::int32_t>{-3, -2, -1, 0, 1, 2});
        CHECK(values(run(ops::Sub{}, {Tensor::scalar(s * Real(4)), q})) ==
              std::vector<std::int32_t>{3, 2, 1, 0, -1, -2});
        CHECK(
            values(run(ops::Add{}, {q, Tensor({3}, std::vector<Real>{s, s * Real(0), Real(1)})})) ==
            std::vector<std::int32_t>{2, 2, 6, 5, 5, 9});
        // Per-axis scale and zero point along the same axis, as DequantizeLinear has them.
        const Tensor rows = scaled({2, 3}, {1, 2, 3, 4, 5, 6}, {Real(1), Real(2)}, 0);
        const Tensor moved =
            run(ops::Sub{}, {rows, Tensor({2, 1}, std::vector<Real>{Real(5), Real(-2)})});
        CHECK(values(moved) == std::vector<std::int32_t>{-4, -3, -2, 5, 6, 7});
        CHECK(moved.scaled()->axis == 0);
        // Equal scales, broadcast.
        CHECK(values(run(ops::Add{}, {q, scaled({2, 3}, {1, 1, 1, 2, 2, 2}, {s})})) ==
              std::vector<std::int32_t>{2, 3, 4, 6, 7, 8});
        CHECK(values(run(ops::Sub{}, {scaled({3}, {1, 1, 2}, {s}), q})) ==
              std::vector<std::int32_t>{0, -1, -1, -3, -4, -4});
        // No multiple, another axis, or too large for 32 bits: reals.
        CHECK(run(ops::Add{}, {q, Tensor::scalar(Real::ratio(1, 2))}).scaled() == nullptr);
        CHECK(run(ops::Add{}, {rows, Tensor({3}, std::vector<float>{1, 2, 3})}).scaled() ==
              nullptr);
        const Tensor largest = scaled({2}, {int32_max, 0}, {Real(1)});
        const Tensor over = run(ops::Add{}, {largest, Tensor::scalar(1)});
        CHECK(over.scaled() == nullptr);
        CHECK(over.at(0) == Real(std::int64_t{int32_max} + 1));
        CHECK(run(ops::Add{}, {largest, scaled({2}, {1, 1}, {Real(1)})}).at(0) == over.at(0));
        CHECK(run(ops::Add{}, {largest, Tensor::scalar(Real::dyadic(1, 100))}).at(1) ==
              Real::dyadic(1, 100));
    }

    TEST_CASE("factors along one axis change scales only") {
        const Tensor q = scaled({2, 3}, {1, 2, 3, 4, 5, 6}, {Real::ratio(1, 3)});
        const Tensor by_column = run(ops::Mul{}, {Tensor({3}, std::vector<float>{2, -0.5F, 3}), q});
        REQUIRE(by_column.scaled() != nullptr);
        CHECK(by_column.scaled()->values == q.scaled()->values);
        CHECK(by_column.scaled()->scale ==
              std::vector<Real>{Real::ratio(2, 3), Real::ratio(-1, 6), Real(1)});
        CHECK(by_column.scaled()->axis == 1);
        const Tensor halves = run(ops::Div{}, {by_column, Tensor::scalar(2)});
        REQUIRE(halves.scaled() != nullptr);
        CHECK(halves.scaled()->scale[2] == Real::ratio(1, 2));
        CHECK(run(ops::Mul{}, {by_column, Tensor({2, 1}, std::vector<float>{1, 2})}).scaled() ==
              nullptr);
        // A uniform tensor is a scalar.
        CHECK(run(ops::Mul{}, {q, Tensor({2, 3}, std::vector<float>(6, 5))}).scaled() != nullptr);
        // A factor of zero, as a BatchNormalization may have it, leaves no zero scale.
        const Tensor vanished = run(ops::Mul{}, {q, Tensor({3}, std::vector<float>{2, 0, -1})});
        REQUIRE(vanished.scaled() != nullptr);
        CHECK(vanished.scaled()->values == std::vector<std::int32_t>{1, 0, 3, 4, 0, 6});
        CHECK(vanished.scaled()->scale[1] == Real(1));
        CHECK(run(ops::Mul{}, {Tensor::scalar(0), q}).uniform_value() == Real(0));
        // An irrational factor, too.
        const Tensor root = run(ops::Mul{}, {q, Tensor::scalar(sqrt(Real(2)))});
        CHECK(root.scaled() != nullptr);
        CHECK(root.at(5) == Real(2) * sqrt(Real(2)));
    }

    TEST_CASE("floats stay floats where the results are floats") {
        const Tensor a({3}, std::vector<float>{1, 2.5F, -3});
        const Tensor b({3}, std::vector<float>{0.5F, 0.25F, 1});
        CHECK(run(ops::Add{}, {a, b}).floats() != nullptr);
        CHECK(run(ops::Mul{}, {a, b}).floats() != nullptr);
        const Tensor tenth({1}, std::vector<float>{0.1F});
        CHECK(run(ops::Mul{}, {tenth, tenth}).floats() == nullptr);
        CHECK(run(ops::Mul{}, {tenth, tenth}).at(0) == tenth.at(0) * tenth.at(0));
        // The sum needs more bits than a double has.
        const Tensor huge({1}, std::vector<float>{0x1p100F});
        const Tensor tiny({1}, std::vector<float>{0x1p-100F});
        CHECK(run(ops::Sub{}, {huge, tiny}).at(0) == Real::dyadic(1, 100) - Real::dyadic(1, -100));
        CHECK(run(ops::Mul{}, {huge, huge}).at(0) == Real::dyadic(1, 200));
        CHECK(run(ops::Mul{}, {tiny, tiny}).at(0) == Real::dyadic(1, -200));
    }

    TEST_CASE("activations against their definitions") {
        check_unary(ops::Relu{}, [](const Real& x) { return max(x, 0); });
        check_unary(ops::Neg{}, [](const Real& x) { return Real(0) - x; });
        check_unary(ops::Sign{}, [](const Real& x) { return Real(x.sign()); });
        const Real alpha = Real::dyadic(3, -5);
        check_unary(ops::LeakyRelu{alpha},
                    [&](const Real& x) { return x.sign() < 0 ? alpha * x : x; });
        check_unary(ops::Sigmoid{}, [](const Real& x) { return sigmoid(x); });
        check_unary(ops::Tanh{}, [](const Real& x) { return tanh(x); });
        const Real fifth = Real::ratio(1, 5);
        check_unary(ops::HardSigmoid{fifth, Real::ratio(1, 2)},
                    [&](const Real& x) { return max(0, min(1, fifth * x + Real::ratio(1, 2))); });
        const std::vector<std::optional<Real>> bounds{
            std::nullopt, Real(0), Real(1), Real(-1), Real::ratio(1, 3), Real::ratio(-7, 8)};
        for (const auto& low : bounds) {
            for (const auto& high : bounds) {
                check_unary(ops::Clip{low, high}, [&](Real x) {
                    x = low ? max(x, *low) : x;
                    return high ? min(x, *high) : x;
                });
            }
        }
    }

    TEST_CASE("prelu broadcasts its slope") {
        const Tensor x({2, 2}, std::vector<float>{-1, 2, -4, -8});
        const Tensor slope({2}, std::vector<float>{0.5F, 3});
        CHECK(run(ops::PRelu{}, {x, slope}) ==
              Tensor({2, 2}, std::vector<float>{-0.5F, 2, -2, -24}));
        CHECK(type_error(ops::PRelu{}, {slope, x}) ==
              "the slope of prelu of shape [2,2] does not broadcast to [2]");
    }

    TEST_CASE("choosing ops keep the storage") {
        TensorSource source(13);
        const std::vector<Op> choosing{ops::Relu{}, ops::Neg{}, ops::Clip{Real(-1), Real(1)},
                                       ops::Cast{DataType::float16}};
        for (const Op& op : choosing) {
            CHECK(run(op, {source.next({3, 4}, Storage::floats)}).floats() != nullptr);
            const Tensor q = scaled({2, 2}, {1, -2, 3, -4}, {Real::ratio(1, 2), Real(-1)}, 1);
            CHECK(run(op, {q}).scaled() != nullptr);
        }
        // The smallest integer has no negative in 32 bits: the scale changes sign.
        const Tensor lowest = scaled({2}, {int32_min, 5}, {Real(2)});
        const Tensor negated = run(ops::Neg{}, {lowest});
        REQUIRE(negated.scaled() != nullptr);
        CHECK(negated.at(0) == Real::dyadic(1, 32));
        CHECK(negated.at(1) == Real(-10));
        CHECK(run(ops::Sign{}, {lowest}).scaled() != nullptr);
    }

    TEST_CASE("casts") {
        const Tensor x({4}, std::vector<float>{-2.75F, 2.75F, 0, 100.5F});
        CHECK(run(ops::Cast{DataType::float64}, {x}) == x);
        CHECK(run(ops::Cast{DataType::int8}, {x}).to_int64() ==
              std::vector<std::int64_t>{-2, 2, 0, 100});
        CHECK(run(ops::Cast{DataType::boolean}, {x}).to_int64() ==
              std::vector<std::int64_t>{1, 1, 0, 1});
        CHECK(run(ops::Cast{DataType::int32}, {Tensor::scalar(Real::ratio(-7, 3))}).at(0) ==
              Real(-2));
        const auto cast = [](const Real& value, DataType type) {
            return run(ops::Cast{type}, {Tensor::scalar(value)}).at(0);
        };
        CHECK(cast(Real::ratio(511, 2), DataType::uint8) == Real(255));
        CHECK_THROWS_AS(cast(Real(256), DataType::uint8), std::domain_error);
        CHECK(cast(Real::ratio(-9, 10), DataType::uint8) == Real(0));
        CHECK_THROWS_AS(cast(Real(-1), DataType::uint8), std::domain_error);
        const Real two_64 = Real::dyadic(1, 64);
        CHECK(cast(two_64 - Real::ratio(1, 2), DataType::uint64) == two_64 - Real(1));
        CHECK(cast(Real::dyadic(1, 63) + Real::ratio(1, 3), DataType::uint64) ==
              Real::dyadic(1, 63));
        CHECK_THROWS_AS(cast(two_64, DataType::uint64), std::domain_error);
        CHECK(cast(-Real::dyadic(1, 63) - Real::ratio(1, 2), DataType::int64) ==
              -Real::dyadic(1, 63));
        CHECK_THROWS_AS(cast(Real::dyadic(1, 63), DataType::int64), std::domain_error);
        CHECK_THROWS_AS(run(ops::Cast{DataType::int4}, {scaled({2}, {7, 8}, {Real(1)})}),
                        std::domain_error);
        const Inputs inputs({x});
        CHECK(std::get<RealType>(infer(ops::Cast{DataType::int8}, inputs.list())[0]).element ==
              DataType::int8);
    }

    TEST_CASE("matrix products of all storages") {
        TensorSource source(14);
        for (int round = 0; round < 200; ++round) {
            const std::int64_t m = 1 + source.below(3);
            const std::int64_t k = source.below(5);
            const std::int64_t n = 1 + source.below(4);
            check_product(source.next({m, k}), source.next({k, n}));
        }
    }

    TEST_CASE("matrix products at the limits of the integer types") {
        // Sums that need 32, 33, 63, 64, 65 and more bits.
        for (const std::int32_t value : {1 << 14, 1 << 15, 46341, int32_max, int32_min}) {
            for (const std::int64_t k : {1, 2, 3, 4, 8}) {
                const auto count = static_cast<std::size_t>(k);
                const Tensor a = scaled({1, k}, std::vector<std::int32_t>(count, value), {Real(1)});
                const Tensor b = scaled({k, 1}, std::vector<std::int32_t>(count, value), {Real(3)});
                check_product(a, b);
                CHECK(run(ops::MatMul{}, {a, b}).at(0) ==
                      Real(k) * Real(std::int64_t{value}) * Real(std::int64_t{value}) * Real(3));
            }
        }
        // Mantissas spread over 40 to 144 binary places; 63 and 64 are the border of the integers.
        for (const int spread : {16, 36, 39, 40, 60, 120}) {
            const std::vector<Real> values{Real::dyadic(0xabcdef, 0), Real::dyadic(-1, -spread),
                                           Real(0), Real::dyadic(0x7654321, -spread / 2)};
            check_product(Tensor({1, 4}, values), Tensor({4, 1}, values));
            check_product(Tensor({2, 2}, values), Tensor({2, 2}, values));
            check_product(Tensor({2, 2}, values), scaled({2, 1}, {3, -1}, {Real(1)}));
        }
        const float lowest = std::numeric_limits<float>::denorm_min();
        const float highest = std::numeric_limits<float>::max();
        const Tensor floats({2, 2}, std::vector<float>{lowest, 3 * lowest, -7 * lowest, 0});
        check_product(floats, floats);
        check_product(Tensor({1, 2}, std::vector<float>{lowest, highest}),
                      Tensor({2, 1}, std::vector<float>{highest, -highest}));
        check_product(Tensor({1, 2}, std::vector<Real>{sqrt(Real(2)), Real(1)}),
                      Tensor({2, 1}, std::vector<Real>{sqrt(Real(2)), Real::ratio(1, 3)}));
    }

    TEST_CASE("matrix products keep integers and column scales") {
        const Tensor x = scaled({1, 2}, {3, -1}, {Real::ratio(1, 2)});
        const Tensor w = scaled({2, 3}, {1, 2, 3, 4, 5, 6}, {Real(1), Real(2), Real(4)}, 1);
        const Tensor y = run(ops::MatMul{}, {x, w});
        REQUIRE(y.scaled() != nullptr);
        CHECK(y.scaled()->values == std::vector<std::int32_t>{-1, 1, 3});
        CHECK(y.scaled()->scale == std::vector<Real>{Real::ratio(1, 2), Real(1), Real(2)});
        CHECK(y.scaled()->axis == 1);
        const Tensor vector = run(ops::MatMul{}, {x.reshaped({2}), w});
        CHECK(vector.shape() == Shape{3});
        REQUIRE(vector.scaled() != nullptr);
        CHECK(vector.scaled()->axis == 0);
        CHECK(vector == y.reshaped({3}));
    }

    TEST_CASE("matrix products of vectors and batches") {
        TensorSource source(15);
        const Tensor a = source.next({3, 1, 2, 4}, Storage::floats);
        const Tensor b = source.next({2, 4, 5}, Storage::one_scale);
        const Tensor y = run(ops::MatMul{}, {a, b});
        REQUIRE(y.shape() == Shape{3, 2, 2, 5});
        for (std::int64_t i = 0; i < y.size(); ++i) {
            const auto p = unravel(y.shape(), i);
            Real sum;
            for (std::int64_t k = 0; k < 4; ++k) {
                sum += a.at(ravel(a.shape(), {p[0], 0, p[2], k})) *
                       b.at(ravel(b.shape(), {p[1], k, p[3]}));
            }
            REQUIRE(y.at(i) == sum);
        }
        const Tensor v({2}, std::vector<float>{2, 3});
        CHECK(run(ops::MatMul{}, {v, v}) == Tensor::scalar(13));
        const Tensor m({2, 2}, std::vector<float>{1, 2, 3, 4});
        CHECK(run(ops::MatMul{}, {m, v}) == Tensor({2}, std::vector<float>{8, 18}));
        CHECK(run(ops::MatMul{}, {v, m}) == Tensor({2}, std::vector<float>{11, 16}));
    }

    TEST_CASE("what does not fit is told") {
        const Tensor a({2, 3}, std::vector<float>(6));
        const Tensor b({2}, std::vector<float>(2));
        CHECK(type_error(ops::MatMul{}, {a, b}) ==
              "matmul: shapes [2,3] and [2] do not fit, 3 columns meet 2 rows");
        CHECK(type_error(ops::MatMul{}, {a, Tensor::scalar(1)}) == "matmul of a scalar");
        CHECK(type_error(ops::MatMul{}, {a}) == "matmul takes 2 inputs, 1 given");
        CHECK(type_error(ops::Add{}, {a, b}) ==
              "add: shapes [2,3] and [2] do not fit by broadcasting");
        CHECK(type_error(ops::Relu{}, {a, b}) == "relu takes 1 input, 2 given");
        CHECK(type_error(ops::MatMul{}, {Tensor({2, 1, 3}, std::vector<float>(6)),
                                         Tensor({3, 3, 1}, std::vector<float>(9))}) ==
              "matmul: shapes [2] and [3] do not fit by broadcasting");
        // Result types keep the element type of input 0.
        const Inputs integers({a, a}, DataType::int8);
        for (const Op& op : std::vector<Op>{ops::Add{}, ops::Div{}, ops::Pow{}}) {
            CHECK(std::get<RealType>(infer(op, integers.list())[0]).element == DataType::int8);
        }
        // Shapes whose product has no 63 bits.
        const ValueType wide = RealType{{std::int64_t{1} << 40, 1}};
        const ValueType high = RealType{{1, std::int64_t{1} << 40}};
        CHECK_THROWS_AS(infer(Op(ops::Add{}), TypeList{{&wide, &high}, {nullptr, nullptr}}),
                        TypeError);
        CHECK_THROWS_AS(infer(Op(ops::MatMul{}), TypeList{{&wide, &high}, {nullptr, nullptr}}),
                        TypeError);
    }
}

} // namespace millrace::tests
