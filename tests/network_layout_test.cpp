// SPDX-License-Identifier: Apache-2.0
//
// Layout and selection ops of the network level against definitions by positions.
#include "tests/support/tensors.hpp"

#include <algorithm>
#include <limits>

namespace millrace::tests {

namespace {

constexpr std::int64_t int64_min = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t int64_max = std::numeric_limits<std::int64_t>::max();

/// The elements along an axis in the lane of a position.
std::vector<Real> lane(const Tensor& x, std::size_t axis, std::vector<std::int64_t> position) {
    std::vector<Real> elements;
    for (position[axis] = 0; position[axis] < x.shape()[axis]; ++position[axis]) {
        elements.push_back(x.at(ravel(x.shape(), position)));
    }
    return elements;
}

/// Number of elements that come before the element at index i in the order of TopK.
std::int64_t rank_of(const std::vector<Real>& elements, std::size_t i, bool largest,
                     bool ties_to_last) {
    std::int64_t before = 0;
    for (std::size_t j = 0; j < elements.size(); ++j) {
        const bool better = largest ? elements[j] > elements[i] : elements[j] < elements[i];
        const bool tie_first = elements[j] == elements[i] && (ties_to_last ? j > i : j < i);
        before += better || tie_first ? 1 : 0;
    }
    return before;
}

} // namespace

TEST_SUITE("network layout") {
    TEST_CASE("reshape and transpose") {
        TensorSource source(21);
        for (const Storage storage : all_storages) {
            const Tensor x = source.next({2, 3, 4}, storage);
            CHECK(run(ops::Reshape{{4, 6}}, {x}) == x.reshaped({4, 6}));
            CHECK(run(ops::Transpose{{2, 0, 1}}, {x}) == x.transposed({2, 0, 1}));
        }
        const Tensor x = source.next({2, 3});
        CHECK(type_error(ops::Reshape{{7}}, {x}) == "reshape: shape [2,3] cannot become [7]");
        CHECK(type_error(ops::Reshape{{-1, 6}}, {x}) ==
              "reshape: negative dimension in shape [-1,6]");
        CHECK(type_error(ops::Transpose{{0, 0}}, {x}) == "transpose: axis 0 stands twice");
        CHECK(type_error(ops::Transpose{{0}}, {x}) == "transpose: 1 axes for shape [2,3]");
        CHECK(type_error(ops::Transpose{{0, 2}}, {x}) ==
              "transpose: axis 2 does not exist in shape [2,3]");
    }

    TEST_CASE("concat against positions") {
        TensorSource source(22);
        for (int round = 0; round < 300; ++round) {
            Shape shape{1 + source.below(3), 1 + source.below(3), 1 + source.below(3)};
            const auto axis = static_cast<std::size_t>(source.below(3));
            const bool mixed = source.below(2) == 0;
            const Storage storage = all_storages[source.below(4)];
            std::vector<Tensor> parts;
            for (std::int64_t i = 1 + source.below(3); i > 0; --i) {
                shape[axis] = source.below(4);
                parts.push_back(mixed ? source.next(shape) : source.next(shape, storage));
            }
            const Tensor result = run(ops::Concat{static_cast<std::int64_t>(axis)}, parts);
            std::int64_t offset = 0;
            for (const Tensor& part : parts) {
                for (std::int64_t i = 0; i < part.size(); ++i) {
                    auto position = unravel(part.shape(), i);
                    position[axis] += offset;
                    REQUIRE(result.at(ravel(result.shape(), position)) == part.at(i));
                }
                offset += part.shape()[axis];
            }
            CHECK(result.shape()[axis] == offset);
        }
    }

    TEST_CASE("concat keeps scaled integers") {
        const Tensor a = scaled({2, 2}, {1, 2, 3, 4}, {Real(2)});
        const Tensor b = scaled({2, 1}, {5, 6}, {Real(2)});
        const Tensor c = scaled({2, 1}, {7, 8}, {Real(3)});
        const Tensor equal = run(ops::Concat{1}, {a, b});
        REQUIRE(equal.scaled() != nullptr);
        CHECK(equal.scaled()->scale.size() == 1);
        CHECK(equal.scaled()->values == std::vector<std::int32_t>{1, 2, 5, 3, 4, 6});
        const Tensor different = run(ops::Concat{1}, {a, c});
        REQUIRE(different.scaled() != nullptr);
        CHECK(different.scaled()->scale == std::vector<Real>{Real(2), Real(2), Real(3)});
        CHECK(different.scaled()->axis == 1);
        const Tensor rows = scaled({2, 1}, {7, 8}, {Real(3), Real(5)}, 0);
        CHECK(run(ops::Concat{1}, {rows, rows}).scaled()->scale.size() == 2);
        CHECK(run(ops::Concat{0}, {rows, rows}).scaled()->scale.size() == 4);
        CHECK(run(ops::Concat{1}, {rows, c}).scaled() == nullptr);
        CHECK(type_error(ops::Concat{0}, {a, b}) ==
              "concat along axis 0: shapes [2,2] and [2,1] do not fit");
        CHECK(type_error(ops::Concat{1}, {a, Tensor::scalar(1)}) ==
              "concat along axis 1: shapes [2,2] and [] do not fit");
        CHECK(type_error(ops::Concat{2}, {a}) == "concat: axis 2 does not exist in shape [2,2]");
        CHECK(type_error(ops::Concat{0}, {}) == "concat takes at least one input");
    }

    TEST_CASE("gather against positions") {
        TensorSource source(23);
        for (int round = 0; round < 300; ++round) {
            const Shape shape{1 + source.below(3), 1 + source.below(4), 1 + source.below(3)};
            const auto axis = static_cast<std::size_t>(source.below(3));
            const Shape index_shapes[] = {{}, {3}, {2, 2}, {0}};
            const Shape index_shape = index_shapes[source.below(4)];
            std::vector<std::int64_t> indices(static_cast<std::size_t>(element_count(index_shape)));
            for (std::int64_t& index : indices) {
                index = source.below(2 * shape[axis]) - shape[axis];
            }
            const Tensor x = source.next(shape);
            const Tensor result = run(ops::Gather{static_cast<std::int64_t>(axis)},
                                      {x, Tensor::integers(indices).reshaped(index_shape)});
            for (std::int64_t i = 0; i < result.size(); ++i) {
                const auto position = unravel(result.shape(), i);
                const auto middle = position.begin() + static_cast<std::ptrdiff_t>(axis);
                const auto end = middle + static_cast<std::ptrdiff_t>(index_shape.size());
                const std::int64_t index = indices[static_cast<std::size_t>(
                    ravel(index_shape, std::vector<std::int64_t>(middle, end)))];
                std::vector<std::int64_t> origin(position.begin(), middle);
                origin.push_back(index < 0 ? index + shape[axis] : index);
                origin.insert(origin.end(), end, position.end());
                REQUIRE(result.at(i) == x.at(ravel(shape, origin)));
            }
        }
        const Tensor rows = scaled({3, 2}, {1, 2, 3, 4, 5, 6}, {Real(1), Real(2), Real(3)}, 0);
        const Tensor picked = run(ops::Gather{0}, {rows, Tensor::integers({-1, 0})});
        REQUIRE(picked.scaled() != nullptr);
        CHECK(picked.scaled()->scale == std::vector<Real>{Real(3), Real(1)});
        CHECK(run(ops::Gather{0}, {rows, Tensor::scalar(1)}).scaled() != nullptr);
        CHECK(run(ops::Gather{1}, {rows, Tensor::integers({1, 1})}).scaled() != nullptr);
        CHECK(type_error(ops::Gather{0}, {rows, Tensor::integers({3})}) ==
              "gather: index 3 does not exist along an axis of 3");
        CHECK(type_error(ops::Gather{0}, {rows, Tensor::integers({-4})}) ==
              "gather: index -4 does not exist along an axis of 3");
        CHECK(type_error(ops::Gather{0}, {rows, Tensor::scalar(Real::ratio(1, 2))}) ==
              "gather: the indices are not integers");
        CHECK(type_error(ops::Gather{0}, {rows, Tensor::scalar(1)}, false) ==
              "gather: the indices are not constant");
    }

    TEST_CASE("slice against positions") {
        TensorSource source(24);
        for (int round = 0; round < 500; ++round) {
            const Shape shape{1 + source.below(5), 1 + source.below(5)};
            ops::Slice op;
            std::vector<std::vector<std::int64_t>> kept(2);
            for (std::size_t i = 0; i < 2; ++i) {
                const std::int64_t step =
                    source.below(2) == 0 ? 1 + source.below(3) : -1 - source.below(3);
                op.steps.push_back(step);
                op.starts.push_back(source.below(shape[i]));
                op.ends.push_back(step > 0 ? source.below(shape[i] + 1)
                                           : source.below(shape[i] + 1) - 1);
                for (std::int64_t k = op.starts[i]; step > 0 ? k < op.ends[i] : k > op.ends[i];
                     k += step) {
                    kept[i].push_back(k);
                }
            }
            const Tensor x = source.next(shape);
            const Tensor result = run(op, {x});
            REQUIRE(result.shape() == Shape{static_cast<std::int64_t>(kept[0].size()),
                                            static_cast<std::int64_t>(kept[1].size())});
            for (std::int64_t i = 0; i < result.size(); ++i) {
                const auto p = unravel(result.shape(), i);
                REQUIRE(result.at(i) ==
                        x.at(ravel(shape, {kept[0][static_cast<std::size_t>(p[0])],
                                           kept[1][static_cast<std::size_t>(p[1])]})));
            }
            CHECK((x.scaled() != nullptr) == (result.scaled() != nullptr));
        }
        const Tensor x = Tensor::integers({1, 2, 3});
        CHECK(run(ops::Slice{{2}, {-1}, {int64_min}}, {x}).to_int64() ==
              std::vector<std::int64_t>{3});
        CHECK(run(ops::Slice{{1}, {3}, {int64_max}}, {x}).to_int64() ==
              std::vector<std::int64_t>{2});
        CHECK(run(ops::Slice{{3}, {3}, {1}}, {x}).size() == 0);
        CHECK(type_error(ops::Slice{{0}, {4}, {1}}, {x}) ==
              "slice: 0 to 4 by 1 leaves axis 0 of shape [3]");
        CHECK(type_error(ops::Slice{{0}, {-2}, {-1}}, {x}) ==
              "slice: 0 to -2 by -1 leaves axis 0 of shape [3]");
        CHECK(type_error(ops::Slice{{-1}, {2}, {1}}, {x}) ==
              "slice: -1 to 2 by 1 leaves axis 0 of shape [3]");
        CHECK(type_error(ops::Slice{{0}, {int64_max}, {1}}, {x}) != "no error");
        CHECK(type_error(ops::Slice{{0}, {3}, {0}}, {x}) == "slice: step 0 along axis 0");
        CHECK(type_error(ops::Slice{{}, {}, {}}, {x}) == "slice: bounds for 0 axes of shape [3]");
    }
}

TEST_SUITE("network selection") {
    TEST_CASE("argmax, argmin and topk against ranks") {
        TensorSource source(25);
        for (int round = 0; round < 200; ++round) {
            const Shape shape{1 + source.below(3), 1 + source.below(6), 1 + source.below(3)};
            const auto axis = static_cast<std::size_t>(source.below(3));
            const auto signed_axis = static_cast<std::int64_t>(axis);
            const bool largest = source.below(2) == 0;
            const bool last = source.below(2) == 0;
            const Tensor x = source.next(shape);

            const Tensor best = run(ops::ArgMax{signed_axis, true, last, largest}, {x});
            CHECK(run(ops::ArgMax{signed_axis, false, last, largest}, {x}).to_reals() ==
                  best.to_reals());
            for (std::int64_t i = 0; i < best.size(); ++i) {
                const auto elements = lane(x, axis, unravel(best.shape(), i));
                const auto index = static_cast<std::size_t>(*best.at(i).as_int64());
                REQUIRE(rank_of(elements, index, largest, last) == 0);
            }

            const std::int64_t k = 1 + source.below(shape[axis]);
            const auto top = run_all(ops::TopK{k, signed_axis, largest}, {x});
            for (std::int64_t i = 0; i < top[0].size(); ++i) {
                const auto position = unravel(top[0].shape(), i);
                const auto elements = lane(x, axis, position);
                const auto index = static_cast<std::size_t>(*top[1].at(i).as_int64());
                REQUIRE(rank_of(elements, index, largest, false) == position[axis]);
                REQUIRE(top[0].at(i) == elements[index]);
            }
        }
    }

    TEST_CASE("selection: types and errors") {
        const Inputs inputs({Tensor({2, 3}, std::vector<float>(6))});
        const auto types = infer(Op(ops::TopK{2, 1, true}), inputs.list());
        CHECK(std::get<RealType>(types[0]) == RealType{{2, 2}, DataType::float32});
        CHECK(std::get<RealType>(types[1]) == RealType{{2, 2}, DataType::int64});
        CHECK(std::get<RealType>(infer(Op(ops::ArgMax{1, false}), inputs.list())[0]) ==
              RealType{{2}, DataType::int64});
        const std::vector<Tensor> x{inputs.tensors};
        CHECK(type_error(ops::TopK{4, 1}, x) ==
              "topk: 4 of the elements along axis 1 of shape [2,3]");
        CHECK(type_error(ops::TopK{0, 1}, x) ==
              "topk: 0 of the elements along axis 1 of shape [2,3]");
        CHECK(type_error(ops::ArgMax{2}, x) == "argmax: axis 2 does not exist in shape [2,3]");
        CHECK(type_error(ops::ArgMax{-1}, x) == "argmax: axis -1 does not exist in shape [2,3]");
        CHECK(type_error(ops::ArgMax{0}, {Tensor({0, 2}, std::vector<float>{})}) ==
              "argmax: axis 0 of shape [0,2] is empty");
        CHECK(type_error(ops::Softmax{0}, {Tensor::scalar(1)}) ==
              "softmax: axis 0 does not exist in shape []");
        // The values keep their storage.
        const auto top = run_all(ops::TopK{1, 0}, {scaled({3}, {1, 3, 2}, {Real(-1)})});
        REQUIRE(top[0].scaled() != nullptr);
        CHECK(top[1].at(0) == Real(0));
    }

    TEST_CASE("softmax") {
        const Tensor x({2, 3}, std::vector<float>{1, 2, 2, -5, 0.5F, 100});
        for (const std::int64_t axis : {0, 1}) {
            const Tensor y = run(ops::Softmax{axis}, {x});
            for (std::int64_t i = 0; i < x.size(); ++i) {
                const auto elements =
                    lane(x, static_cast<std::size_t>(axis), unravel(x.shape(), i));
                Real sum;
                for (const Real& element : elements) {
                    sum += exp(element - x.at(i));
                }
                const Real difference = y.at(i) * sum - Real(1);
                CHECK(difference < Real::dyadic(1, -200));
                CHECK(difference > Real::dyadic(-1, -200));
            }
        }
        // Equal elements have equal results, and the order stays.
        const Tensor y = run(ops::Softmax{1}, {x});
        CHECK(y.at(1) == y.at(2));
        CHECK(run(ops::ArgMax{1, false}, {y}).to_int64() == std::vector<std::int64_t>{1, 2});
        CHECK(run(ops::Softmax{0}, {Tensor({1}, std::vector<float>{7})}).at(0) == Real(1));
        CHECK(run(ops::Softmax{0}, {Tensor({4}, std::vector<float>(4, 3))}).uniform_value() ==
              Real::ratio(1, 4));
    }
}

} // namespace millrace::tests
