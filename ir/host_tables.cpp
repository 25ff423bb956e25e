// SPDX-License-Identifier: Apache-2.0
#include "ir/host_tables.hpp"

#include "ir/host_quantizer.hpp"
#include "ir/ops/integer_rearrange.hpp"

#include <utility>

namespace millrace {

std::optional<HostTable> host_table(const Program& program, ValueId output,
                                    std::int64_t most_entries) {
    auto chain = host_chain(program.tail, output);
    if (!chain || chain->input >= program.body.outputs.size() ||
        std::get<RealType>(program.tail.value(output).type).element != DataType::float32) {
        return std::nullopt;
    }
    const auto& type =
        std::get<IntegerType>(program.body.value(program.body.outputs[chain->input]).type);
    const std::size_t channels =
        chain->function->same_for_all_channels() ? 1 : chain->function->channels;
    const std::int64_t range = type.highest() - type.lowest();
    if (range >= most_entries / static_cast<std::int64_t>(channels)) {
        return std::nullopt;
    }
    HostTable table{chain->input,
                    type.lowest(),
                    static_cast<std::size_t>(range + 1),
                    {},
                    std::move(chain->factors),
                    std::move(chain->perm)};
    for (std::size_t c = 0; c < channels; ++c) {
        for (std::int64_t q = type.lowest(); q <= type.highest(); ++q) {
            table.values.push_back(chain->function->evaluate(c, Real(q)).to_float());
        }
    }
    return table;
}

std::vector<std::size_t> transposed_sources(const Shape& factors,
                                            const std::vector<std::int64_t>& perm) {
    if (perm.empty()) {
        return {};
    }
    std::vector<std::int64_t> strides(factors.size(), 1);
    for (std::size_t i = strides.size(); i-- > 1;) {
        strides[i - 1] = strides[i] * factors[i];
    }
    std::vector<std::int64_t> counts;
    std::vector<std::int64_t> steps;
    for (const std::int64_t axis : perm) {
        counts.push_back(factors[static_cast<std::size_t>(axis)]);
        steps.push_back(strides[static_cast<std::size_t>(axis)]);
    }
    std::vector<std::size_t> result;
    ops::for_each_rearranged(counts, steps, 0, [&](std::int64_t element) {
        result.push_back(static_cast<std::size_t>(element));
    });
    return result;
}

} // namespace millrace
