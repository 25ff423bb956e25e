// SPDX-License-Identifier: Apache-2.0
//
// See value_table.hpp.
#include "frontend/value_table.hpp"

#include <fmt/format.h>

namespace millrace::frontend {

void ValueTable::define(const std::string& name, ValueId id) {
    entries_[name] = {ValueEntry::State::ready, id, nullptr, std::nullopt, std::nullopt};
}

void ValueTable::define_stored(const std::string& name, onnx::TensorProto& tensor) {
    entries_[name] = {ValueEntry::State::stored, 0, &tensor, std::nullopt, std::nullopt};
    stored_names_.push_back(name);
}

void ValueTable::define_sparse(const std::string& name) {
    entries_[name] = {ValueEntry::State::sparse, 0, nullptr, std::nullopt, std::nullopt};
}

void ValueTable::define_unknown(const std::string& name) { entries_[name] = {}; }

void ValueTable::define_contents(const std::string& name, TensorContents contents) {
    if (contents.tensor) {
        define(name,
               builder_.add_constant(name, std::make_shared<Tensor>(std::move(*contents.tensor)),
                                     contents.element, size_of_stored(contents.element)));
        return;
    }
    const auto non_finite = contents.non_finite;
    entries_[name] = {ValueEntry::State::non_finite, 0, nullptr, non_finite, std::move(contents)};
}

const ValueEntry& ValueTable::resolve(const std::string& name, const Reporter& reporter) {
    const ValueEntry& entry = entries_.at(name);
    if (entry.state == ValueEntry::State::stored) {
        auto contents = read_tensor(*entry.stored, source_, reporter);
        if (contents) {
            define_contents(name, std::move(*contents));
        } else {
            define_unknown(name);
        }
    } else if (entry.state == ValueEntry::State::sparse) {
        reporter.error(Code::unsupported_data_type,
                       fmt::format("constant '{}' is stored as a sparse tensor", escaped(name)),
                       "store the constant as a dense tensor");
        define_unknown(name);
    }
    return entries_.at(name);
}

void ValueTable::check_unused(const Reporter& reporter) const {
    for (const std::string& name : stored_names_) {
        const ValueEntry& entry = entries_.at(name);
        if (entry.state == ValueEntry::State::stored) {
            check_tensor(*entry.stored, source_, reporter);
        }
    }
}

} // namespace millrace::frontend
