// SPDX-License-Identifier: Apache-2.0
//
// Tensors: the meaning of the storages, and that moving elements keeps meaning and storage.
#include "ir/tensor.hpp"

#include "ir/diagnostics.hpp"
#include "ir/type.hpp"
#include "tests/support/tensors.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace millrace::tests {

namespace {

const std::vector<Shape> some_shapes{{},        {1},       {5},          {2, 3},
                                     {1, 7, 1}, {4, 1, 3}, {2, 3, 4, 5}, {3, 0, 2}};

/// The same tensor as plain reals.
Tensor plain(const Tensor& tensor) { return {tensor.shape(), tensor.to_reals()}; }

} // namespace

TEST_SUITE("tensor") {
    TEST_CASE("element counts") {
        CHECK(element_count({}) == 1);
        CHECK(element_count({2, 3, 4}) == 24);
        CHECK(element_count({std::int64_t{1} << 40, 0, std::int64_t{1} << 40}) == 0);
        CHECK(element_count({std::int64_t{1} << 31, std::int64_t{1} << 31}) == std::int64_t{1}
                                                                                   << 62);
        CHECK_THROWS_AS(element_count({std::int64_t{1} << 31, std::int64_t{1} << 31, 2}),
                        std::overflow_error);
        CHECK_THROWS_AS(element_count({std::int64_t{1} << 60, 5}), std::overflow_error);
        CHECK_THROWS_AS(element_count({std::numeric_limits<std::int64_t>::max()}),
                        std::overflow_error);
        CHECK_THROWS_AS(element_count({2, -1}), std::invalid_argument);
        CHECK_THROWS_AS(element_count({0, -1}), std::invalid_argument);
        CHECK(to_string(Shape{}) == "[]");
        CHECK(to_string(Shape{1, 64}) == "[1,64]");
    }

    TEST_CASE("data types: names and ranges") {
        for (int i = 0; i <= static_cast<int>(DataType::boolean); ++i) {
            const auto type = static_cast<DataType>(i);
            CHECK(data_type_from_string(to_string(type)) == type);
        }
        CHECK(data_type_from_string("float") == std::nullopt);
        CHECK(data_type_from_string("") == std::nullopt);
        CHECK_FALSE(is_integer(DataType::bfloat16));
        CHECK(is_integer(DataType::boolean));
        CHECK(integer_limits(DataType::int4).lowest == Real(-8));
        CHECK(integer_limits(DataType::int4).highest == Real(7));
        CHECK(integer_limits(DataType::uint8).lowest == Real(0));
        CHECK(integer_limits(DataType::uint8).highest == Real(255));
        CHECK(integer_limits(DataType::int64).lowest ==
              Real(std::numeric_limits<std::int64_t>::min()));
        CHECK(integer_limits(DataType::int64).highest ==
              Real(std::numeric_limits<std::int64_t>::max()));
        CHECK(integer_limits(DataType::uint64).highest + Real(1) == Real::dyadic(1, 64));
        CHECK(integer_limits(DataType::boolean).highest == Real(1));
        CHECK_THROWS_AS(integer_limits(DataType::float16), Defect);
    }

    TEST_CASE("construction is checked") {
        CHECK_THROWS_AS(Tensor({2}, std::vector<float>(3)), std::invalid_argument);
        CHECK_THROWS_AS(Tensor({2}, std::vector<Real>(1)), std::invalid_argument);
        CHECK_THROWS_AS(scaled({2}, {1}, {Real(1)}), std::invalid_argument);
        CHECK_THROWS_AS(scaled({2}, {1, 2}, {}), std::invalid_argument);
        CHECK_THROWS_AS(scaled({2, 3}, {1, 2, 3, 4, 5, 6}, {Real(1), Real(2)}, 1),
                        std::invalid_argument);
        CHECK_THROWS_AS(scaled({2, 3}, {1, 2, 3, 4, 5, 6}, {Real(1), Real(2)}, -1),
                        std::invalid_argument);
        CHECK_THROWS_AS(Tensor({1}, std::vector<float>{INFINITY}), std::domain_error);
        for (std::size_t bad = 0; bad < 9; ++bad) {
            std::vector<float> values(9, std::numeric_limits<float>::max());
            CHECK_NOTHROW(Tensor({9}, values));
            values[bad] = bad % 2 == 0 ? NAN : -INFINITY;
            CHECK_THROWS_AS(Tensor({9}, values), std::domain_error);
        }
    }

    TEST_CASE("elements of each storage") {
        const Tensor f({3}, std::vector<float>{0.1F, -0.0F, 3});
        CHECK(f.at(0) == Real::dyadic(13421773, -27));
        CHECK(f.at(1) == Real(0));
        const Tensor q = scaled({2, 2}, {1, 2, 3, -4}, {Real::ratio(1, 3), Real(10)}, 1);
        CHECK(q.to_reals() == std::vector<Real>{Real::ratio(1, 3), Real(20), Real(1), Real(-40)});
        const Tensor rows = scaled({2, 2}, {1, 2, 3, -4}, {Real::ratio(1, 3), Real(10)}, 0);
        CHECK(rows.to_reals() ==
              std::vector<Real>{Real::ratio(1, 3), Real::ratio(2, 3), Real(30), Real(-40)});
        CHECK_THROWS_AS(static_cast<void>(f.at(3)), std::out_of_range);
        CHECK_THROWS_AS(static_cast<void>(f.at(-1)), std::out_of_range);
        CHECK(Tensor().at(0) == Real(0));
        CHECK(Tensor().rank() == 0);
    }

    TEST_CASE("integers and uniform values") {
        const std::vector<std::int64_t> small{-3, 0, 2147483647};
        CHECK(Tensor::integers(small).scaled() != nullptr);
        CHECK(Tensor::integers(small).to_int64() == small);
        const std::vector<std::int64_t> large{1, 2147483648, -9223372036854775807};
        CHECK(Tensor::integers(large).to_int64() == large);
        CHECK(Tensor({2}, std::vector<float>{4, -2}).to_int64() ==
              std::vector<std::int64_t>{4, -2});
        CHECK(Tensor({2}, std::vector<float>{4, 0.5F}).to_int64() == std::nullopt);
        CHECK(scaled({2}, {2, 4}, {Real::ratio(1, 2)}).to_int64() ==
              std::vector<std::int64_t>{1, 2});
        CHECK(scaled({2}, {2, 3}, {Real::ratio(1, 2)}).to_int64() == std::nullopt);

        CHECK(Tensor({2}, std::vector<float>{0.0F, -0.0F}).uniform_value() == Real(0));
        CHECK(Tensor({2}, std::vector<float>{1, 2}).uniform_value() == std::nullopt);
        CHECK(scaled({2}, {2, 1}, {Real(3), Real(6)}).uniform_value() == Real(6));
        CHECK(scaled({2}, {2, 2}, {Real(3), Real(6)}).uniform_value() == std::nullopt);
        CHECK(scaled({2}, {2, 5}, {Real(0)}).uniform_value() == Real(0));
        CHECK(scaled({2}, {5, 5}, {Real(2)}).uniform_value() == Real(10));
        CHECK(Tensor({0}, std::vector<float>{}).uniform_value() == std::nullopt);
    }

    TEST_CASE("equality is by elements, whatever the storage") {
        TensorSource source(1);
        for (const Shape& shape : some_shapes) {
            for (const Storage storage : all_storages) {
                const Tensor tensor = source.next(shape, storage);
                CHECK(tensor == plain(tensor));
                CHECK(plain(tensor) == tensor);
                CHECK(tensor == tensor);
                if (tensor.size() > 0) {
                    std::vector<Real> changed = tensor.to_reals();
                    changed.back() += Real::dyadic(1, -200);
                    CHECK_FALSE(tensor == Tensor(shape, changed));
                }
            }
        }
        CHECK(scaled({2}, {2, 4}, {Real(1)}) == scaled({2}, {1, 2}, {Real(2)}));
        CHECK(scaled({2}, {2, 4}, {Real(1)}) == Tensor({2}, std::vector<float>{2, 4}));
        CHECK_FALSE(Tensor({2}, std::vector<float>{2, 4}) ==
                    Tensor({1, 2}, std::vector<float>{2, 4}));
        // Equal integers and scales, but along different axes.
        CHECK_FALSE(scaled({2, 2}, {1, 1, 1, 1}, {Real(1), Real(2)}, 0) ==
                    scaled({2, 2}, {1, 1, 1, 1}, {Real(1), Real(2)}, 1));
    }

    TEST_CASE("reshaping keeps elements and storage") {
        TensorSource source(2);
        for (const Storage storage : all_storages) {
            const Tensor tensor = source.next({2, 3, 4}, storage);
            for (const Shape& shape : {Shape{24}, Shape{4, 6}, Shape{1, 2, 3, 1, 4}, Shape{6, 4}}) {
                const Tensor other = tensor.reshaped(shape);
                CHECK(other.shape() == shape);
                CHECK(other.to_reals() == tensor.to_reals());
            }
            CHECK_THROWS_AS(static_cast<void>(tensor.reshaped({23})), std::invalid_argument);
        }
        const std::vector<Real> three{Real(1), Real(2), Real(5)};
        const Tensor q = scaled({2, 3}, {1, 2, 3, 4, 5, 6}, three, 1);
        const Tensor wider = q.reshaped({1, 2, 1, 3, 1});
        REQUIRE(wider.scaled() != nullptr);
        CHECK(wider.scaled()->axis == 3);
        CHECK(wider.reshaped({2, 3}).scaled()->axis == 1);
        // Another axis may be split as long as the scale's stays whole.
        const Tensor split = scaled({4, 3}, std::vector<std::int32_t>(12, 1), three, 1);
        CHECK(split.reshaped({2, 2, 3}).scaled()->axis == 2);
        CHECK(q.reshaped({6}).scaled() == nullptr);
        CHECK(q.reshaped({3, 2}).scaled() == nullptr);
    }

    TEST_CASE("transposition against positions") {
        TensorSource source(3);
        for (const Shape& shape : some_shapes) {
            for (const Storage storage : all_storages) {
                const Tensor tensor = source.next(shape, storage);
                std::vector<std::int64_t> perm(shape.size());
                for (std::size_t i = 0; i < perm.size(); ++i) {
                    perm[i] = static_cast<std::int64_t>(i);
                }
                do {
                    const Tensor result = tensor.transposed(perm);
                    for (std::int64_t flat = 0; flat < result.size(); ++flat) {
                        const auto position = unravel(result.shape(), flat);
                        std::vector<std::int64_t> origin(shape.size());
                        for (std::size_t i = 0; i < perm.size(); ++i) {
                            REQUIRE(result.shape()[i] == shape[static_cast<std::size_t>(perm[i])]);
                            origin[static_cast<std::size_t>(perm[i])] = position[i];
                        }
                        REQUIRE(result.at(flat) == tensor.at(ravel(shape, origin)));
                    }
                    CHECK((result.scaled() != nullptr) == (tensor.scaled() != nullptr));
                } while (std::next_permutation(perm.begin(), perm.end()));
            }
        }
        const Tensor matrix = source.next({2, 3}, Storage::floats);
        CHECK_THROWS_AS(static_cast<void>(matrix.transposed({0})), std::invalid_argument);
        CHECK_THROWS_AS(static_cast<void>(matrix.transposed({0, 0})), std::invalid_argument);
        CHECK_THROWS_AS(static_cast<void>(matrix.transposed({0, 2})), std::invalid_argument);
    }

    TEST_CASE("a large matrix transposes in blocks") {
        const Shape shape{70, 45};
        std::vector<float> values(3150);
        for (std::size_t i = 0; i < values.size(); ++i) {
            values[i] = static_cast<float>(i);
        }
        const Tensor result = Tensor(shape, values).transposed({1, 0});
        for (std::int64_t r = 0; r < 45; ++r) {
            for (std::int64_t c = 0; c < 70; ++c) {
                REQUIRE(result.at(r * 70 + c) == Real(c * 45 + r));
            }
        }
    }

    TEST_CASE("broadcast shapes") {
        CHECK(broadcast_shape({}, {2, 3}) == Shape{2, 3});
        CHECK(broadcast_shape({3}, {2, 1}) == Shape{2, 3});
        CHECK(broadcast_shape({4, 1, 3}, {2, 1}) == Shape{4, 2, 3});
        CHECK(broadcast_shape({1}, {0}) == Shape{0});
        CHECK_THROWS_WITH_AS(broadcast_shape({2, 3}, {2}),
                             "shapes [2,3] and [2] do not fit by broadcasting",
                             std::invalid_argument);
        CHECK_THROWS_AS(broadcast_shape({0}, {2}), std::invalid_argument);
    }

    TEST_CASE("broadcast indices against positions") {
        TensorSource source(4);
        for (int round = 0; round < 500; ++round) {
            Shape result(static_cast<std::size_t>(source.below(5)));
            for (std::int64_t& dimension : result) {
                dimension = 1 + source.below(4);
            }
            Shape operand(result.begin() +
                              source.below(static_cast<std::int64_t>(result.size()) + 1),
                          result.end());
            for (std::int64_t& dimension : operand) {
                dimension = source.below(2) == 0 ? 1 : dimension;
            }
            const BroadcastIndex index(operand, result);
            for (std::int64_t flat = 0; flat < element_count(result); ++flat) {
                REQUIRE(index(flat) == broadcast_flat(operand, result, flat));
            }
        }
        CHECK_THROWS_AS(BroadcastIndex({2}, {3}), std::invalid_argument);
        CHECK_THROWS_AS(BroadcastIndex({2, 3}, {3}), std::invalid_argument);
        CHECK_THROWS_AS(BroadcastIndex({2, 2}, {1, 2}), std::invalid_argument);
    }
}

TEST_SUITE("types") {
    TEST_CASE("the narrowest formats") {
        const auto text = [](std::int64_t lo, std::int64_t hi) {
            return to_string(format_for(lo, hi));
        };
        CHECK(text(0, 0) == "u1");
        CHECK(text(0, 1) == "u1");
        CHECK(text(1, 1) == "u1");
        CHECK(text(0, 255) == "u8");
        CHECK(text(0, 256) == "u9");
        CHECK(text(-1, 0) == "s1");
        CHECK(text(-1, 1) == "s2");
        CHECK(text(-128, 127) == "s8");
        CHECK(text(-129, 0) == "s9");
        CHECK(text(-1, 128) == "s9");
        CHECK(text(std::numeric_limits<std::int64_t>::min(), 0) == "s64");
        CHECK(text(0, std::numeric_limits<std::int64_t>::max()) == "u63");
        CHECK_THROWS_AS(format_for(1, 0), std::invalid_argument);
        // Every format holds its range, and one bit less does not.
        for (std::int64_t lo = -20; lo <= 20; ++lo) {
            for (std::int64_t hi = lo; hi <= 20; ++hi) {
                ElementFormat format = format_for(lo, hi);
                CHECK(lowest_value(format) <= lo);
                CHECK(highest_value(format) >= hi);
                CHECK((format.encoding == Encoding::signed_integer) == (lo < 0));
                if (--format.bits > 0) {
                    CHECK((lowest_value(format) > lo || highest_value(format) < hi));
                }
            }
        }
        CHECK(lowest_value({64, Encoding::signed_integer}) ==
              std::numeric_limits<std::int64_t>::min());
        CHECK(highest_value({64, Encoding::signed_integer}) ==
              std::numeric_limits<std::int64_t>::max());
        CHECK_THROWS_AS(highest_value({64, Encoding::unsigned_integer}), Defect);
        CHECK_THROWS_AS(lowest_value({65, Encoding::signed_integer}), Defect);
    }

    TEST_CASE("integer types") {
        const IntegerType bipolar{{1, 3}, {-1}, {1}, true, {}};
        CHECK(to_string(bipolar.format()) == "b1");
        CHECK(lowest_value(bipolar.format()) == -1);
        CHECK(highest_value(bipolar.format()) == 1);
        const IntegerType type{{1, 3}, {0, -4, 2}, {1, 0, 9}, false, {}};
        CHECK(type.lowest() == -4);
        CHECK(type.highest() == 9);
        CHECK(type.channels() == 3);
        CHECK(to_string(type.format()) == "s5");
        CHECK(IntegerType{}.channels() == 1);
    }

    TEST_CASE("types of another level are named") {
        const ValueType real = RealType{{1, 2}};
        const ValueType stream = StreamType{{1, 2}, {4, Encoding::signed_integer}, 2};
        const TypeList list{{&real, &stream}, {nullptr, nullptr}};
        CHECK(list.size() == 2);
        CHECK(list.shape(1) == Shape{1, 2});
        CHECK(list.real(0).shape == Shape{1, 2});
        CHECK(list.stream(1).words() == 1);
        CHECK(list.stream(1).word_bits() == 8);
        CHECK_THROWS_WITH_AS(static_cast<void>(list.real(1)),
                             "input 1 is not a tensor of real numbers", TypeError);
        CHECK_THROWS_WITH_AS(static_cast<void>(list.integer(0)),
                             "input 0 is not a tensor of integers with a range", TypeError);
        CHECK_THROWS_WITH_AS(static_cast<void>(list.stream(0)), "input 0 is not a stream",
                             TypeError);
    }
}

} // namespace millrace::tests
