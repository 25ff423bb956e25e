// SPDX-License-Identifier: Apache-2.0
#include "runtime/emulation/watchdog_setting.hpp"

#include "runtime/error.hpp"

#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace millrace::runtime {

std::optional<std::chrono::milliseconds> watchdog_setting() {
    constexpr const char* name = "MILLRACE_EMULATION_WATCHDOG_MS";
    const char* value = std::getenv(name);
    const std::string_view text = value != nullptr ? value : "";
    if (text.empty()) {
        return std::nullopt;
    }
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) {
        throw Error(ErrorKind::usage, std::string(name) + " is '" + std::string(text) +
                                          "' in the environment, which is no number of "
                                          "milliseconds from 0 to 4294967295");
    }
    return std::chrono::milliseconds(number);
}

} // namespace millrace::runtime
