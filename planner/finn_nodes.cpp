// SPDX-License-Identifier: Apache-2.0
#include "planner/finn_nodes.hpp"

#include <charconv>
#include <nlohmann/json.hpp>

namespace millrace::planner::finn {

Family family_of(Entry& entry) {
    const std::size_t digits = entry.name.find_last_not_of("0123456789") + 1;
    if (digits == 0 || digits == entry.name.size() || entry.name[digits - 1] != '_') {
        return Family::unknown;
    }
    const char* begin = entry.name.data() + digits;
    const auto [end, error] =
        std::from_chars(begin, entry.name.data() + entry.name.size(), entry.number);
    if (error != std::errc()) {
        return Family::unknown;
    }
    entry.stem = entry.name.substr(0, digits - 1);
    for (const auto& [prefix, family] : families_of_finn) {
        // ElementwiseAdd and its kin share a prefix; the others end with it or go on with '_'.
        if (entry.stem == prefix || entry.stem.starts_with(std::string(prefix) + "_") ||
            (prefix == "Elementwise" && entry.stem.starts_with(prefix))) {
            return family;
        }
    }
    return Family::unknown;
}

} // namespace millrace::planner::finn
