// SPDX-License-Identifier: Apache-2.0
//
// Numbers of manifests. Their exact text is read by value: sums of terms that are fractions a/b,
// dyadic numbers m*2^e, or those times sqrt(r). A text that begins with ~ stands for a number that
// no such sum gives; its nearest double and what that leaves enclose it within 2^-104 of its size.
#include "runtime/host/arithmetic.hpp"

#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>

namespace millrace::runtime::host {

namespace {

// Square roots in constants: enough for every decision that 16,384 bits of text could ask for.
constexpr int constant_precision = 2048;

class TextReader {
  public:
    explicit TextReader(std::string_view text) : text_(text) {}

    std::optional<ExactReal> number() {
        const ExactArithmetic a(constant_precision);
        ExactReal sum;
        do {
            const bool negative = accept('-');
            const std::optional<ExactReal> value = term(a);
            if (!value) {
                return std::nullopt;
            }
            sum = a.add(sum, negative ? a.negate(*value) : *value);
        } while (accept('+') || (at_ < text_.size() && text_[at_] == '-'));
        return at_ == text_.size() ? std::optional(sum) : std::nullopt;
    }

  private:
    bool accept(char c) {
        if (at_ >= text_.size() || text_[at_] != c) {
            return false;
        }
        ++at_;
        return true;
    }
    bool accept(std::string_view word) {
        if (text_.substr(at_, word.size()) != word) {
            return false;
        }
        at_ += word.size();
        return true;
    }
    std::optional<BigInteger> digits() {
        const std::size_t start = at_;
        while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') {
            ++at_;
        }
        if (at_ == start || at_ - start > 10000) {
            return std::nullopt;
        }
        return BigInteger::decimal(text_.substr(start, at_ - start));
    }
    std::optional<Rational> fraction() {
        const auto numerator = digits();
        if (!numerator) {
            return std::nullopt;
        }
        Dyadic value(*numerator, 0);
        if (accept("*2^")) {
            std::int64_t exponent = 0;
            const char* first = text_.data() + at_;
            const auto read = std::from_chars(first, text_.data() + text_.size(), exponent);
            if (read.ec != std::errc() || std::abs(exponent) > (std::int64_t{1} << 40)) {
                return std::nullopt;
            }
            at_ += static_cast<std::size_t>(read.ptr - first);
            return Rational(Dyadic(value.mantissa, value.exponent + exponent));
        }
        if (accept('/')) {
            const auto divisor = digits();
            if (!divisor || divisor->sign() == 0) {
                return std::nullopt;
            }
            return Rational(value, Dyadic(*divisor, 0));
        }
        return Rational(value);
    }
    std::optional<ExactReal> root(const ExactArithmetic& a) {
        const auto radicand = fraction();
        if (!radicand || !accept(')')) {
            return std::nullopt;
        }
        return a.root(ExactReal(*radicand));
    }
    std::optional<ExactReal> term(const ExactArithmetic& a) {
        if (accept("sqrt(")) {
            return root(a);
        }
        const auto factor = fraction();
        if (!factor) {
            return std::nullopt;
        }
        if (!accept("*sqrt(")) {
            return ExactReal(*factor);
        }
        const auto radical = root(a);
        return radical ? std::optional(a.multiply(ExactReal(*factor), *radical)) : std::nullopt;
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

} // namespace

ExactReal number_of(const JsonField& field) {
    if (const auto* integer = field.value().get_if<std::int64_t>()) {
        return ExactReal::integer(*integer);
    }
    if (field.value().get_if<double>() != nullptr) {
        return ExactReal(field.number());
    }
    const std::string& text = field["exact"].string();
    if (!text.starts_with('~')) {
        std::optional<ExactReal> number = TextReader(text).number();
        if (!number) {
            field["exact"].fail("\"" + text + "\" is not a number");
        }
        return *std::move(number);
    }
    if (!field.has("rest")) {
        field.fail("the key \"rest\" is missing: compile the model again with the Millrace of this "
                   "runtime");
    }
    const double value = field["value"].number();
    const Dyadic centre = Dyadic(value) + Dyadic(field["rest"].number());
    const Dyadic radius(std::ldexp(std::abs(value), -104) + 0x1p-1070);
    return ExactReal::within(centre - radius, centre + radius);
}

Constant::Constant(const JsonField& field) {
    const Shape shape = field["shape"].shape();
    const std::vector<JsonField> values = field["values"].elements();
    // First of all: a damaged shape must not decide how much memory is taken.
    if (element_count(shape) != static_cast<std::int64_t>(values.size())) {
        field["values"].fail(std::to_string(element_count(shape)) +
                             " values are expected for shape " + to_string(shape) + ", " +
                             std::to_string(values.size()) + " stand there");
    }
    quick_ = Tensor<BoundedReal>(shape);
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (values[i].value().get_if<double>() != nullptr) {
            quick_.values[i] = BoundedReal(values[i].number());
            continue;
        }
        ExactReal number = number_of(values[i]);
        quick_.values[i] = bounded(number);
        if (!quick_.values[i].exact()) {
            others_.emplace(i, std::move(number));
        }
    }
}

Constant::Constant(const ExactReal& value) : quick_(Shape{}) {
    quick_.values[0] = bounded(value);
    if (!quick_.values[0].exact()) {
        others_.emplace(0, value);
    }
}

ExactReal Constant::at(const ExactArithmetic& a, std::size_t i) const {
    if (const auto found = others_.find(i); found != others_.end()) {
        return found->second;
    }
    const BoundedReal& value = quick_.values[i];
    return a.add(ExactReal(value.hi), ExactReal(value.lo));
}

Tensor<ExactReal> Constant::tensor(const ExactArithmetic& a) const {
    Tensor<ExactReal> result(quick_.shape);
    for (std::size_t i = 0; i < result.size(); ++i) {
        result.values[i] = at(a, i);
    }
    return result;
}

std::vector<std::int64_t> Constant::integers() const {
    std::vector<std::int64_t> result;
    for (const BoundedReal& value : quick_.values) {
        if (!value.exact() || !is_integer(value)) {
            throw Error(ErrorKind::manifest, "an index that is not an integer");
        }
        result.push_back(nearest_integer(value));
    }
    return result;
}

} // namespace millrace::runtime::host
