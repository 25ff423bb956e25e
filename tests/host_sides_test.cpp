// SPDX-License-Identifier: Apache-2.0
//
// The host's quantizing of inputs: arrays of every small type, through chains that become lists of
// thresholds and chains that do not, against the exact evaluation of the network.
#include "ir/engine.hpp"
#include "ir/text.hpp"
#include "passes/pipeline.hpp"
#include "planner/folding.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace {

using namespace millrace;

/// x [1,4] float -> x * 3/8 + 1/16 -> Quant of these scales and bits -> times the identity.
passes::Compilation compiled(const std::string& scale, int bits) {
    passes::Compilation compilation;
    compilation.network = parse_graph(fmt::format(R"(network "n" {{
  input %x : real float32 [1,4]
  const %k : real float32 [] = reals [3/8]
  const %c : real float32 [] = reals [1/16]
  const %w : real float32 [4,4] = floats [1,0,0,0,0,1,0,0,0,0,1,0,0,0,0,1]
  %m : real float32 [1,4] = mul(%x, %k) from "Mul" "m"
  %a : real float32 [1,4] = add(%m, %c) from "Add" "a"
  %q : real float32 [1,4] = quantize(%a) from "Quant" "q" {{scale = {}, zero_point = [] reals [0], bits = [] reals [{}], signed = true, narrow = false, rounding = half_even, zero_point_last = false}}
  %y : real float32 [1,4] = matmul(%q, %w) from "MatMul" "layer"
  output %y
}}
)",
                                                  scale, bits));
    compilation.make_plan = [](const passes::PlanRequest& request, Diagnostics&) {
        return planner::fold_for_cycles(request.body, 10);
    };
    Diagnostics diagnostics;
    REQUIRE(passes::run_passes(compilation, diagnostics));
    return compilation;
}

} // namespace

TEST_SUITE("host sides") {
    TEST_CASE("integer arrays mean their numbers, whatever their type") {
        constexpr std::int64_t samples = 128;
        struct Case {
            std::string scale;
            int bits;
        };
        // A few thresholds; many; more levels than are listed; another function per element.
        for (const Case& chain :
             {Case{"[] reals [1/4]", 3}, Case{"[] reals [1/4]", 9}, Case{"[] reals [1/16]", 14},
              Case{"[4] reals [1/4,1/2,1,1/8]", 6}}) {
            CAPTURE(chain.scale);
            CAPTURE(chain.bits);
            const passes::Compilation c = compiled(chain.scale, chain.bits);
            for (const DataType type :
                 {DataType::int8, DataType::uint8, DataType::int16, DataType::uint16,
                  DataType::int32, DataType::float32, DataType::float64}) {
                CAPTURE(to_string(type));
                // All 256 values, twice, spread over the range of the wider types.
                const bool wide = type != DataType::int8 && type != DataType::uint8;
                const std::int64_t lowest =
                    type == DataType::uint8 || type == DataType::uint16 ? 0 : -128;
                HostArray x(type, {samples, 1, 4});
                for (std::int64_t i = 0; i < samples * 4; ++i) {
                    const std::int64_t value = lowest + i % 256;
                    x.set(i, Real(wide && i >= 256 ? value * 255 : value));
                }
                const auto expected = make_network_engine(c.network)->run({x}, samples, 1);
                const auto got = make_reference_engine(c.program)->run({x}, samples, 1);
                CHECK(expected.at(0).data == got.at(0).data);
            }
        }
    }
}
