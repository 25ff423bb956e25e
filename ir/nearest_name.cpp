// SPDX-License-Identifier: Apache-2.0
//
// The optimal string alignment distance by its recurrence over prefixes, three rows kept.
#include "ir/nearest_name.hpp"

#include "ir/diagnostics.hpp"

#include <algorithm>
#include <cctype>
#include <fmt/format.h>
#include <numeric>
#include <vector>

namespace millrace {

namespace {

/// Names come from files of any size; longer ones are not typing errors of ours.
constexpr std::size_t longest_compared = 256;

std::string lower(std::string_view text) {
    std::string result(text.substr(0, longest_compared));
    for (char& character : result) {
        character = static_cast<char>(std::tolower(static_cast<unsigned char>(character)));
    }
    return result;
}

std::size_t distance(const std::string& a, const std::string& b) {
    std::vector<std::size_t> before(b.size() + 1);
    std::vector<std::size_t> previous(b.size() + 1);
    std::vector<std::size_t> current(b.size() + 1);
    std::iota(previous.begin(), previous.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        current[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            current[j] = std::min({previous[j] + 1, current[j - 1] + 1, replaced});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                current[j] = std::min(current[j], before[j - 2] + 1);
            }
        }
        before.swap(previous);
        previous.swap(current);
    }
    return previous[b.size()];
}

} // namespace

std::string nearest_name(std::string_view wanted, std::span<const std::string> known) {
    const std::string target = lower(wanted);
    std::string best;
    std::size_t best_distance = 0;
    for (const std::string& name : known) {
        const std::string candidate = lower(name);
        const std::size_t edits = distance(target, candidate);
        const std::size_t limit =
            std::max<std::size_t>(2, std::max(target.size(), candidate.size()) / 3);
        // A replacement of every letter is no likeness.
        if (edits <= limit && edits < std::max(target.size(), candidate.size()) &&
            (best.empty() || edits < best_distance)) {
            best = name;
            best_distance = edits;
        }
    }
    return best;
}

std::string suggestion(std::string_view wanted, std::span<const std::string> known) {
    if (known.empty()) {
        return "there is none";
    }
    if (const std::string nearest = nearest_name(wanted, known); !nearest.empty()) {
        return fmt::format("did you mean '{}'?", escaped(nearest));
    }
    constexpr std::size_t longest_list = 12;
    std::string list;
    for (std::size_t i = 0; i < std::min(known.size(), longest_list); ++i) {
        list += (i == 0 ? "" : ", ") + escaped(known[i]);
    }
    return "known are: " + list + (known.size() > longest_list ? ", ..." : "");
}

} // namespace millrace
