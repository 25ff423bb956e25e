// SPDX-License-Identifier: Apache-2.0
//
// MaxPool, AveragePool, ReduceMean and Pad against their definitions, in every storage.
#include "ir/text.hpp"
#include "tests/support/tensors.hpp"

#include <algorithm>
#include <optional>

namespace millrace::tests {

namespace {

/// The elements of x that the window at a position of the result covers, and how many positions of
/// the window count: those inside, and with `pads` also those in the pads that count.
struct Covered {
    std::vector<Real> elements;
    std::int64_t counted = 0;
};

Covered covered(const ops::Window& window, const std::vector<std::int64_t>& uncounted, bool pads,
                const Tensor& x, const std::vector<std::int64_t>& at) {
    Covered result;
    const std::int64_t taps = element_count(window.kernel);
    for (std::int64_t flat = 0; flat < taps; ++flat) {
        const std::vector<std::int64_t> tap = unravel(window.kernel, flat);
        std::vector<std::int64_t> from{at[0], at[1]};
        bool inside = true;
        bool counts = true;
        for (std::size_t i = 0; i < tap.size(); ++i) {
            const std::int64_t size = x.shape()[i + 2];
            const std::int64_t place =
                at[i + 2] * window.strides[i] + tap[i] * window.dilations[i] - window.pads_begin[i];
            inside = inside && place >= 0 && place < size;
            counts = counts && place < size + window.pads_end[i] - uncounted[i];
            from.push_back(place);
        }
        if (inside) {
            result.elements.push_back(x.at(ravel(x.shape(), from)));
        }
        result.counted += inside || (pads && counts) ? 1 : 0;
    }
    return result;
}

struct Case {
    ops::Window window;
    std::vector<std::int64_t> uncounted;
    Shape x;
};

const std::vector<Case> cases{
    {{{2}, {2}, {1}, {0}, {0}}, {0}, {1, 2, 6}},
    {{{3}, {2}, {1}, {1}, {1}}, {0}, {2, 2, 5}},
    {{{3, 3}, {1, 1}, {1, 1}, {1, 1}, {1, 1}}, {0, 0}, {1, 2, 4, 3}},
    {{{3, 2}, {2, 1}, {1, 1}, {0, 0}, {1, 1}}, {1, 0}, {1, 2, 4, 3}},
    {{{3, 2}, {2, 2}, {1, 1}, {1, 0}, {2, 1}}, {1, 1}, {1, 3, 4, 3}},
    {{{2, 2}, {1, 1}, {2, 3}, {1, 1}, {1, 2}}, {0, 1}, {1, 2, 4, 5}},
    {{{2, 1, 2}, {1, 1, 1}, {1, 1, 1}, {0, 0, 0}, {0, 0, 1}}, {0, 0, 0}, {1, 1, 3, 2, 3}},
};

const std::vector<std::int64_t> unravelled(const Tensor& tensor, std::int64_t flat) {
    return unravel(tensor.shape(), flat);
}

} // namespace

TEST_SUITE("network pooling") {
    TEST_CASE("maxima and means are those of the definition in every storage") {
        TensorSource source(11);
        for (const Case& test : cases) {
            for (const Storage storage : all_storages) {
                CAPTURE(static_cast<int>(storage));
                const Tensor x = source.next(test.x, storage);
                const ops::MaxPool max_pool{test.window};
                CAPTURE(print(Op(max_pool)));
                const Tensor largest = run(max_pool, {x});
                for (std::int64_t i = 0; i < largest.size(); ++i) {
                    const Covered window =
                        covered(test.window, test.uncounted, false, x, unravelled(largest, i));
                    CHECK(largest.at(i) ==
                          *std::max_element(window.elements.begin(), window.elements.end()));
                }
                for (const bool pads : {false, true}) {
                    const Tensor means =
                        run(ops::AveragePool{test.window, test.uncounted, pads}, {x});
                    for (std::int64_t i = 0; i < means.size(); ++i) {
                        const Covered window =
                            covered(test.window, test.uncounted, pads, x, unravelled(means, i));
                        Real sum;
                        for (const Real& element : window.elements) {
                            sum += element;
                        }
                        CHECK(means.at(i) == sum / Real(window.counted));
                    }
                }
            }
        }
    }

    TEST_CASE("pools of scaled integers stay scaled integers") {
        const ops::Window window{{2}, {2}, {1}, {0}, {1}};
        const Tensor x = scaled({1, 2, 3}, {1, 2, 5, -1, -3, 4}, {Real(3), Real(-2)}, 1);
        const Tensor largest = run(ops::MaxPool{window}, {x});
        REQUIRE(largest.scaled() != nullptr);
        CHECK(largest.scaled()->values == std::vector<std::int32_t>{2, 5, -3, 4});
        const Tensor means = run(ops::AveragePool{window, {0}, false}, {x});
        REQUIRE(means.scaled() != nullptr); // counts 2 and 1: halves
        CHECK(means.scaled()->values == std::vector<std::int32_t>{3, 10, -4, 8});
        CHECK(means.scaled()->scale == std::vector<Real>{Real::ratio(3, 2), Real(-1)});
        const Tensor mean = run(ops::ReduceMean{{2}}, {x});
        REQUIRE(mean.scaled() != nullptr);
        CHECK(mean.scaled()->values == std::vector<std::int32_t>{8, 0});
        CHECK(mean.scaled()->scale == std::vector<Real>{Real(1), Real::ratio(-2, 3)});
        const Tensor padded = run(ops::Pad{{0, 1, 0}, {0, 0, 1}, Real(0)}, {x});
        REQUIRE(padded.scaled() != nullptr);
        CHECK(padded.scaled()->values ==
              std::vector<std::int32_t>{0, 0, 0, 0, 1, 2, 5, 0, -1, -3, 4, 0});
        const Tensor grid = scaled({1, 1, 2}, {1, 2}, {Real::ratio(1, 4)});
        const Tensor multiple = run(ops::Pad{{0, 0, 1}, {0, 0, 0}, Real(3)}, {grid});
        REQUIRE(multiple.scaled() != nullptr);
        CHECK(multiple.scaled()->values == std::vector<std::int32_t>{12, 1, 2});
    }

    TEST_CASE("sums beyond 32 bits") {
        constexpr std::int32_t most = std::numeric_limits<std::int32_t>::max();
        const Tensor x = scaled({1, 1, 3}, {most, most, most - 3}, {Real(1)});
        const Real mean = Real(most) - Real(1);
        CHECK(run(ops::ReduceMean{{2}}, {x}).at(0) == mean);
        const ops::Window window{{3}, {1}, {1}, {0}, {0}};
        CHECK(run(ops::AveragePool{window, {0}, false}, {x}).at(0) == mean);
    }

    TEST_CASE("means over any axes in every storage") {
        TensorSource source(3);
        const Shape shape{2, 3, 4};
        for (const std::vector<std::int64_t>& axes :
             {std::vector<std::int64_t>{0}, {1}, {2}, {0, 2}, {0, 1, 2}, {}}) {
            for (const Storage storage : all_storages) {
                const Tensor x = source.next(shape, storage);
                const Tensor y = run(ops::ReduceMean{axes}, {x});
                std::vector<Real> sums(static_cast<std::size_t>(y.size()));
                for (std::int64_t i = 0; i < x.size(); ++i) {
                    std::vector<std::int64_t> at = unravelled(x, i);
                    for (const std::int64_t axis : axes) {
                        at[static_cast<std::size_t>(axis)] = 0;
                    }
                    sums[static_cast<std::size_t>(ravel(y.shape(), at))] += x.at(i);
                }
                for (std::int64_t i = 0; i < y.size(); ++i) {
                    CHECK(y.at(i) == sums[static_cast<std::size_t>(i)] / Real(x.size() / y.size()));
                }
            }
        }
    }

    TEST_CASE("padding by any value in every storage") {
        TensorSource source(5);
        for (const Real& value : {Real(0), Real(2), Real::ratio(1, 3), Real::dyadic(1, -140)}) {
            for (const Storage storage : all_storages) {
                const Tensor x = source.next({2, 3}, storage);
                const Tensor y = run(ops::Pad{{1, 0}, {0, 2}, value}, {x});
                for (std::int64_t i = 0; i < y.size(); ++i) {
                    const std::vector<std::int64_t> at = unravelled(y, i);
                    const bool inside = at[0] >= 1 && at[1] < 3;
                    CHECK(y.at(i) == (inside ? x.at((at[0] - 1) * 3 + at[1]) : value));
                }
            }
        }
        CHECK(run(ops::Pad{{}, {}, Real(1)}, {Tensor::scalar(Real(4))}).at(0) == Real(4));
    }

    TEST_CASE("what does not fit is a type error") {
        TensorSource source(1);
        const auto error = [&](const Op& op, const Shape& x) {
            return type_error(op, {source.next(x, Storage::floats)});
        };
        const ops::Window pair{{2}, {1}, {1}, {0}, {0}};
        CHECK(error(ops::MaxPool{pair}, {1, 2, 2}) == "no error");
        CHECK(error(ops::MaxPool{pair}, {1, 2}).find("no axis") != std::string::npos);
        CHECK(error(ops::MaxPool{pair}, {1, 2, 1}).find("does not fit") != std::string::npos);
        ops::Window beside = pair;
        beside.pads_begin = {2};
        CHECK(error(ops::MaxPool{beside}, {1, 2, 2}).find("outside the input") !=
              std::string::npos);
        CHECK(error(ops::AveragePool{beside, {0}, false}, {1, 2, 2}).find("no element") !=
              std::string::npos);
        CHECK(error(ops::AveragePool{beside, {0}, true}, {1, 2, 2}) == "no error");
        CHECK(error(ops::AveragePool{pair, {}, true}, {1, 2, 2}) != "no error");
        CHECK(error(ops::AveragePool{pair, {1}, true}, {1, 2, 2}) != "no error");
        const std::int64_t wide = std::int64_t{1} << 29;
        CHECK(error(ops::AveragePool{{{1}, {1}, {1}, {wide}, {wide}}, {0}, true}, {1, 1, 2})
                  .find("the limit") != std::string::npos);
        CHECK(error(ops::ReduceMean{{1, 0}}, {1, 2}).find("order") != std::string::npos);
        CHECK(error(ops::ReduceMean{{2}}, {1, 2}) != "no error");
        CHECK(error(ops::ReduceMean{{1}}, {1, 0}).find("empty") != std::string::npos);
        CHECK(error(ops::Pad{{0}, {0, 0}, Real(0)}, {1, 2}) != "no error");
        CHECK(error(ops::Pad{{0, -1}, {0, 0}, Real(0)}, {1, 2}) != "no error");
    }
}

} // namespace millrace::tests
