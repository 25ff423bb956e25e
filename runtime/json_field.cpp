// SPDX-License-Identifier: Apache-2.0
#include "runtime/json_field.hpp"

#include "runtime/error.hpp"

namespace millrace::runtime {

namespace {

template <class T> const T& typed(const JsonField& field, const char* wanted) {
    const T* value = field.value().get_if<T>();
    if (value == nullptr) {
        field.fail(std::string(field.value().kind()) + " stands where " + wanted + " is expected");
    }
    return *value;
}

} // namespace

void JsonField::fail(const std::string& what) const {
    throw Error(ErrorKind::manifest, path_ + ": " + what);
}

bool JsonField::has(std::string_view key) const { return value_->find(key) != nullptr; }

JsonField JsonField::operator[](std::string_view key) const {
    static_cast<void>(object());
    const JsonValue* member = value_->find(key);
    if (member == nullptr) {
        fail("the key \"" + std::string(key) + "\" is missing");
    }
    // The top has the file's name for a path, which is set off by more than a dot.
    const bool top = path_.ends_with(".json");
    return {*member, path_ + (top ? ": " : ".") + std::string(key)};
}

const JsonValue::Array& JsonField::array() const {
    return typed<JsonValue::Array>(*this, "an array");
}
const JsonValue::Object& JsonField::object() const {
    return typed<JsonValue::Object>(*this, "an object");
}
const std::string& JsonField::string() const { return typed<std::string>(*this, "a string"); }
bool JsonField::boolean() const { return typed<bool>(*this, "true or false"); }

std::vector<JsonField> JsonField::elements() const {
    std::vector<JsonField> result;
    const JsonValue::Array& values = array();
    for (std::size_t i = 0; i < values.size(); ++i) {
        result.emplace_back(values[i], path_ + "[" + std::to_string(i) + "]");
    }
    return result;
}

double JsonField::number() const {
    if (const auto* integer = value_->get_if<std::int64_t>()) {
        return static_cast<double>(*integer);
    }
    return typed<double>(*this, "a number");
}

std::int64_t JsonField::integer() const {
    if (value_->get_if<double>() != nullptr) {
        fail("a whole number of 64 bits is expected");
    }
    return typed<std::int64_t>(*this, "a whole number");
}

std::int64_t JsonField::integer(std::int64_t low, std::int64_t high) const {
    const std::int64_t result = integer();
    if (result < low || result > high) {
        fail(std::to_string(result) + " is not in " + std::to_string(low) + ".." +
             std::to_string(high));
    }
    return result;
}

std::vector<std::int64_t> JsonField::integers() const {
    std::vector<std::int64_t> result;
    for (const JsonField& element : elements()) {
        result.push_back(element.integer());
    }
    return result;
}

Shape JsonField::shape() const {
    constexpr std::int64_t most = std::int64_t{1} << 31;
    Shape result;
    std::int64_t count = 1;
    for (const JsonField& element : elements()) {
        result.push_back(element.integer(0, most));
        if (count != 0 && result.back() > most / count) {
            fail("more than 2^31 elements");
        }
        count *= result.back();
    }
    return result;
}

} // namespace millrace::runtime
