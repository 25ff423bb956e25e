// SPDX-License-Identifier: Apache-2.0
#include "cli/input_type.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <optional>
#include <stdexcept>
#include <string_view>

namespace millrace::cli {

namespace {

constexpr int largest_exponent = 60;

Real power_of_ten(int exponent) {
    Real result = 1;
    for (int i = 0; i < exponent; ++i) {
        result *= Real(10);
    }
    return result;
}

/// "12", "-0.5", "1e-3" as the decimal number that it is.
std::optional<Real> decimal(std::string_view text) {
    std::string_view mantissa = text;
    int exponent = 0;
    if (const auto e = text.find_first_of("eE"); e != std::string_view::npos) {
        std::string_view digits = text.substr(e + 1);
        if (digits.starts_with('+')) {
            digits.remove_prefix(1);
        }
        const auto [end, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
        if (error != std::errc() || end != digits.data() + digits.size()) {
            return std::nullopt;
        }
        mantissa = text.substr(0, e);
    }
    std::string digits(mantissa);
    if (const auto point = digits.find('.'); point != std::string::npos) {
        exponent -= static_cast<int>(digits.size() - point - 1);
        digits.erase(point, 1);
    }
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || end != digits.data() + digits.size() ||
        exponent > largest_exponent || exponent < -largest_exponent) {
        return std::nullopt;
    }
    return exponent < 0 ? Real(value) / power_of_ten(-exponent)
                        : Real(value) * power_of_ten(exponent);
}

Real number(std::string_view key, std::string_view text) {
    const auto slash = text.find('/');
    const std::optional<Real> above = decimal(text.substr(0, slash));
    const std::optional<Real> below =
        slash == std::string_view::npos ? Real(1) : decimal(text.substr(slash + 1));
    if (!above || !below || below->sign() == 0) {
        throw std::invalid_argument(
            fmt::format("{}={} is not a number such as 1/255 or 0.5", key, escaped(text)));
    }
    return *above / *below;
}

} // namespace

std::pair<std::string, passes::InputDeclaration> parse_input_type(const std::string& argument) {
    // Names of inputs are arbitrary and may hold '=' and ':': the last '=' that a type follows.
    const auto token = [&](std::size_t sign) {
        const std::size_t end = std::min(argument.find(':', sign), argument.size());
        return argument.substr(sign + 1, end - sign - 1);
    };
    std::size_t sign = argument.rfind('=');
    while (sign != std::string::npos && sign != 0 && !data_type_from_string(token(sign))) {
        sign = argument.rfind('=', sign - 1);
    }
    if (sign == std::string::npos || sign == 0) {
        const std::size_t first = argument.find('=');
        if (first != std::string::npos && first != 0) {
            throw std::invalid_argument(fmt::format(
                "'{}' is not an integer type such as uint8 or int8", escaped(token(first))));
        }
        throw std::invalid_argument(fmt::format(
            "'{}' is not NAME=TYPE, for example x=uint8:scale=1/255", escaped(argument)));
    }
    const std::string type_name = token(sign);
    const DataType type = *data_type_from_string(type_name);
    if (!is_integer(type)) {
        throw std::invalid_argument(
            fmt::format("'{}' is not an integer type such as uint8 or int8", escaped(type_name)));
    }
    const std::size_t type_end = sign + 1 + type_name.size();
    passes::InputDeclaration declaration;
    declaration.type = type;
    std::string_view rest = std::string_view(argument).substr(type_end);
    while (!rest.empty()) {
        rest.remove_prefix(1); // the colon
        const std::size_t end = std::min(rest.find(':'), rest.size());
        const std::string_view entry = rest.substr(0, end);
        const std::size_t equals = std::min(entry.find('='), entry.size());
        const std::string_view key = entry.substr(0, equals);
        const std::string_view value =
            equals < entry.size() ? entry.substr(equals + 1) : std::string_view();
        if (key == "scale") {
            declaration.scale = number(key, value);
            if (declaration.scale.sign() <= 0) {
                throw std::invalid_argument(
                    fmt::format("scale={} is not more than 0", escaped(value)));
            }
        } else if (key == "zero_point") {
            declaration.zero_point = number(key, value);
            const auto [lowest, highest] = integer_limits(type);
            if (!declaration.zero_point.is_integer() || declaration.zero_point < lowest ||
                declaration.zero_point > highest) {
                throw std::invalid_argument(fmt::format(
                    "zero_point={} is no {}: a zero point is one of its integers, {} to {}",
                    escaped(value), type_name, lowest.to_string(), highest.to_string()));
            }
        } else {
            throw std::invalid_argument(
                fmt::format("'{}' is neither scale=S nor zero_point=Z", escaped(entry)));
        }
        rest.remove_prefix(end);
    }
    return {argument.substr(0, sign), std::move(declaration)};
}

} // namespace millrace::cli
