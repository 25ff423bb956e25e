// SPDX-License-Identifier: Apache-2.0
#include "cli/sample_arrays.hpp"

#include "cli/npy.hpp"
#include "ir/nearest_name.hpp"
#include "runtime/sample_shape.hpp"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <iterator>
#include <utility>

namespace millrace::cli {

namespace {

void mismatch(Diagnostics& diagnostics, const std::string& file, const std::string& message,
              std::string help) {
    diagnostics.add(
        {Code::input_mismatch, Severity::error, file, "", "", message, std::move(help)});
}

struct NamedFile {
    std::string file;
    std::size_t value; ///< index in the list of values
};

/// Which file belongs to which value; empty with diagnostics when that is not clear.
std::vector<NamedFile> assign(const Graph& network, const std::vector<ValueId>& values,
                              const std::vector<std::string>& files, const std::string& option,
                              Diagnostics& diagnostics) {
    std::vector<std::string> names;
    names.reserve(values.size());
    for (const ValueId id : values) {
        names.push_back(network.value(id).name);
    }
    std::vector<bool> given(values.size(), false);
    std::vector<NamedFile> result;
    std::size_t next = 0;
    const std::size_t errors = diagnostics.error_count();
    for (const std::string& argument : files) {
        // A name may hold '='; the longest name that fits wins over a path that holds '='.
        std::size_t index = names.size();
        std::string file = argument;
        for (std::size_t i = 0; i < names.size(); ++i) {
            if (argument.starts_with(names[i] + "=") &&
                (index == names.size() || names[i].size() > names[index].size())) {
                index = i;
                file = argument.substr(names[i].size() + 1);
            }
        }
        std::error_code error;
        if (const auto sign = argument.find('='); index == names.size() &&
                                                  sign != std::string::npos &&
                                                  !std::filesystem::exists(argument, error)) {
            const std::string wanted = argument.substr(0, sign);
            mismatch(diagnostics, argument,
                     fmt::format("the model has no {} '{}'", option, escaped(wanted)),
                     suggestion(wanted, names));
            continue;
        }
        if (index == names.size()) {
            while (next < given.size() && given[next]) {
                ++next;
            }
            index = next;
        }
        if (index >= names.size() || given[index]) {
            mismatch(
                diagnostics, file,
                index >= names.size()
                    ? fmt::format("more files than the model has {}s ({})", option, names.size())
                    : fmt::format("{} '{}' is given twice", option, escaped(names[index])),
                "give one file for each");
            continue;
        }
        given[index] = true;
        result.push_back({file, index});
    }
    for (std::size_t i = 0; i < given.size(); ++i) {
        if (!given[i] && diagnostics.error_count() == errors) {
            mismatch(diagnostics, "",
                     fmt::format("no file for {} '{}' of shape {}", option, escaped(names[i]),
                                 to_string(shape_of(network.value(values[i]).type))),
                     fmt::format("give --{} once for each, in the model's order or as name=file",
                                 option));
        }
    }
    if (diagnostics.error_count() != errors) {
        result.clear();
    }
    return result;
}

} // namespace

std::optional<Samples> read_samples(const Graph& network, const std::vector<ValueId>& values,
                                    const std::vector<std::string>& files,
                                    const std::string& option, Diagnostics& diagnostics) {
    const std::vector<NamedFile> assigned = assign(network, values, files, option, diagnostics);
    if (assigned.empty()) {
        return std::nullopt;
    }
    Samples samples;
    samples.arrays.resize(values.size());
    std::string first_file;
    const std::size_t errors = diagnostics.error_count();
    for (const NamedFile& named : assigned) {
        std::optional<HostArray> array = read_npy(named.file, diagnostics);
        if (!array) {
            continue;
        }
        const Value& value = network.value(values[named.value]);
        const Shape& sample = shape_of(value.type);
        const auto count = runtime::sample_count(array->shape, sample);
        if (!count || *count == 0) {
            mismatch(diagnostics, named.file,
                     count ? fmt::format("the array of shape {} holds no sample",
                                         to_string(array->shape))
                           : fmt::format("an array of shape {} does not fit {} '{}' of shape {}",
                                         to_string(array->shape), option, escaped(value.name),
                                         to_string(sample)),
                     "expected is " + runtime::expected_shapes(sample) + " for N samples");
            continue;
        }
        if (first_file.empty()) {
            first_file = named.file;
            samples.count = *count;
        } else if (samples.count != *count) {
            mismatch(diagnostics, named.file,
                     fmt::format("{} samples, but '{}' holds {}", *count, escaped(first_file),
                                 samples.count),
                     "all arrays must hold equally many samples");
            continue;
        }
        array->shape = sample;
        array->shape.insert(array->shape.begin(), *count);
        samples.arrays[named.value] = std::move(*array);
    }
    if (diagnostics.error_count() != errors) {
        return std::nullopt;
    }
    return samples;
}

bool fit_inputs(const Graph& network, Samples& samples, Diagnostics& diagnostics) {
    bool fits = true;
    for (std::size_t i = 0; i < samples.arrays.size(); ++i) {
        const Value& value = network.value(network.inputs.at(i));
        const DataType wanted = std::get<RealType>(value.type).element;
        HostArray& array = samples.arrays[i];
        if (!is_integer(wanted) || array.type == wanted) {
            continue;
        }
        try {
            HostArray converted(wanted, array.shape);
            const std::int64_t count = element_count(array.shape);
            for (std::int64_t element = 0; element < count; ++element) {
                converted.set(element, array.at(element));
            }
            array = std::move(converted);
        } catch (const std::exception& problem) { // range_error, domain_error
            mismatch(diagnostics, "",
                     fmt::format("input '{}' takes {}: {}", escaped(value.name), to_string(wanted),
                                 problem.what()),
                     "convert the array beforehand");
            fits = false;
        }
    }
    return fits;
}

} // namespace millrace::cli
