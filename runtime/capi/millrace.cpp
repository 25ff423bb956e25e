// SPDX-License-Identifier: Apache-2.0
//
// No exception leaves these functions: each becomes a status and a message of the thread.
#include "runtime/millrace.h"

#include "runtime/error.hpp"
#include "runtime/printing.hpp"
#include "runtime/session.hpp"

#include <cstring>
#include <exception>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using millrace::runtime::Array;
using millrace::runtime::ConstArray;
using millrace::runtime::counted;
using millrace::runtime::ElementType;
using millrace::runtime::Error;
using millrace::runtime::ErrorKind;
using millrace::runtime::Session;
using millrace::runtime::SessionOptions;
using millrace::runtime::TensorInfo;

struct millrace_session {
    std::unique_ptr<Session> session;
    std::string description;
};

struct millrace_request {
    Session::Ticket ticket;
    std::int64_t samples = 0;
};

namespace {

thread_local std::string last_error;

constexpr int last_type = MILLRACE_BOOLEAN;
static_assert(static_cast<int>(ElementType::float32) == MILLRACE_FLOAT32 &&
                  static_cast<int>(ElementType::int4) == MILLRACE_INT4 &&
                  static_cast<int>(ElementType::uint64) == MILLRACE_UINT64 &&
                  static_cast<int>(ElementType::boolean) == MILLRACE_BOOLEAN,
              "the C names have the numbers of the C++ enumeration");

millrace_status status_of(ErrorKind kind) {
    switch (kind) {
    case ErrorKind::usage:
        return MILLRACE_ERROR_USAGE;
    case ErrorKind::file:
        return MILLRACE_ERROR_FILE;
    case ErrorKind::manifest:
        return MILLRACE_ERROR_MANIFEST;
    case ErrorKind::xclbin:
        return MILLRACE_ERROR_XCLBIN;
    case ErrorKind::shape:
        return MILLRACE_ERROR_SHAPE;
    case ErrorKind::value:
        return MILLRACE_ERROR_VALUE;
    case ErrorKind::unsupported:
        return MILLRACE_ERROR_UNSUPPORTED;
    case ErrorKind::no_device:
        return MILLRACE_ERROR_NO_DEVICE;
    case ErrorKind::device:
        return MILLRACE_ERROR_DEVICE;
    case ErrorKind::timeout:
        return MILLRACE_ERROR_TIMEOUT;
    }
    return MILLRACE_ERROR_INTERNAL;
}

/// Runs `body`, whose exceptions become the thread's error.
template <class Body> millrace_status guarded(Body&& body) {
    try {
        body();
        return MILLRACE_OK;
    } catch (const Error& problem) {
        last_error = problem.what();
        return status_of(problem.kind());
    } catch (const std::exception& problem) {
        last_error = problem.what();
    } catch (...) {
        last_error = "an unknown exception";
    }
    return MILLRACE_ERROR_INTERNAL;
}

template <class T> T& checked(T* pointer, const char* what) {
    if (pointer == nullptr) {
        throw Error(ErrorKind::usage, std::string(what) + " is null");
    }
    return *pointer;
}

std::uint64_t sample_bytes(const TensorInfo& info, ElementType type) {
    return static_cast<std::uint64_t>(millrace::runtime::element_count(info.shape)) *
           millrace::runtime::bytes_per_element(type);
}

ElementType checked_type(std::int32_t type) {
    if (type < 0 || type > last_type) {
        throw Error(ErrorKind::usage, "there is no element type " + std::to_string(type));
    }
    return static_cast<ElementType>(type);
}

/// The caller's array `index`, checked against the model's tensor.
void check_array(const millrace_array& array, const TensorInfo& info, std::int64_t samples,
                 const char* kind) {
    const std::uint64_t of_one = sample_bytes(info, checked_type(array.type));
    const std::string name = std::string(kind) + " '" + info.name + "'";
    std::uint64_t wanted = 0;
    if (__builtin_mul_overflow(of_one, static_cast<std::uint64_t>(samples), &wanted)) {
        throw Error(ErrorKind::shape, name + ": " + counted(samples, "sample") + " of " +
                                          std::to_string(of_one) +
                                          " bytes are more than memory can hold");
    }
    if (array.bytes != wanted || (array.data == nullptr && wanted != 0)) {
        throw Error(ErrorKind::shape, name + " needs " + std::to_string(wanted) + " bytes for " +
                                          counted(samples, "sample") + ", not " +
                                          std::to_string(array.data ? array.bytes : 0));
    }
}

void check_count(std::size_t given, std::size_t wanted, const char* kind) {
    if (given != wanted) {
        throw Error(ErrorKind::shape, "the model has " +
                                          counted(static_cast<std::int64_t>(wanted), kind) +
                                          ", not " + std::to_string(given));
    }
}

std::vector<ConstArray> input_views(const Session& session, const millrace_array* inputs,
                                    std::size_t count, std::int64_t samples) {
    check_count(count, session.inputs().size(), "input");
    if (samples < 0) {
        throw Error(ErrorKind::usage, "a negative number of samples");
    }
    std::vector<ConstArray> views;
    for (std::size_t i = 0; i < count; ++i) {
        const TensorInfo& info = session.inputs()[i];
        const millrace_array& array = (&checked(inputs, "the list of inputs"))[i];
        check_array(array, info, samples, "input");
        ConstArray view;
        view.type = static_cast<ElementType>(array.type);
        view.shape = info.shape;
        view.shape.insert(view.shape.begin(), samples);
        view.bytes = {static_cast<const std::byte*>(array.data),
                      static_cast<std::size_t>(array.bytes)};
        views.push_back(std::move(view));
    }
    return views;
}

void check_outputs(const Session& session, const millrace_array* outputs, std::size_t count,
                   std::int64_t samples) {
    check_count(count, session.outputs().size(), "output");
    for (std::size_t i = 0; i < count; ++i) {
        const TensorInfo& info = session.outputs()[i];
        const millrace_array& array = (&checked(outputs, "the list of outputs"))[i];
        check_array(array, info, samples, "output");
        if (static_cast<ElementType>(array.type) != info.type) {
            throw Error(ErrorKind::shape, "output '" + info.name + "' has elements of type " +
                                              millrace::runtime::to_string(info.type));
        }
    }
}

void copy_outputs(const std::vector<Array>& results, const millrace_array* outputs) {
    for (std::size_t i = 0; i < results.size(); ++i) {
        if (!results[i].bytes.empty()) {
            std::memcpy(outputs[i].data, results[i].bytes.data(), results[i].bytes.size());
        }
    }
}

void describe(const TensorInfo& from, millrace_tensor_info& to) {
    if (from.shape.size() > MILLRACE_MAX_RANK) {
        throw Error(ErrorKind::unsupported, "'" + from.name + "' has too many dimensions");
    }
    to = {};
    to.name = from.name.c_str();
    to.type = static_cast<std::int32_t>(from.type);
    to.rank = static_cast<std::int32_t>(from.shape.size());
    for (std::size_t i = 0; i < from.shape.size(); ++i) {
        to.shape[i] = from.shape[i];
    }
    to.sample_bytes = sample_bytes(from, from.type);
}

millrace_status tensor_info(const millrace_session* session,
                            const std::vector<TensorInfo>& (Session::*list_of)() const,
                            std::size_t index, millrace_tensor_info* info) {
    return guarded([&] {
        const std::vector<TensorInfo>& list = (*checked(session, "the session").session.*list_of)();
        if (index >= list.size()) {
            throw Error(ErrorKind::usage, "there is no tensor " + std::to_string(index));
        }
        describe(list[index], checked(info, "the info"));
    });
}

} // namespace

uint32_t millrace_api_version(void) { return MILLRACE_API_VERSION; }

uint32_t millrace_option_limit(const char* option) {
    const std::string_view name = option == nullptr ? "" : option;
    if (name == "batch") {
        return millrace::runtime::most_batch;
    }
    if (name == "streams") {
        return millrace::runtime::most_streams;
    }
    return name == "timeout_ms" ? std::numeric_limits<std::uint32_t>::max() : 0;
}

const char* millrace_last_error(void) { return last_error.c_str(); }

millrace_session* millrace_open(const char* path, const millrace_options* options,
                                millrace_status* status) {
    std::unique_ptr<millrace_session> result;
    const millrace_status outcome = guarded([&] {
        SessionOptions chosen;
        if (options != nullptr) {
            for (const std::uint32_t word : options->reserved) {
                if (word != 0) {
                    throw Error(ErrorKind::usage, "reserved options must be zero");
                }
            }
            if (options->device != nullptr) {
                chosen.device = options->device;
            }
            if (options->xclbin != nullptr) {
                chosen.xclbin = options->xclbin;
            }
            chosen.batch = options->batch;
            chosen.streams = options->streams != 0 ? options->streams : chosen.streams;
            chosen.timeout = std::chrono::milliseconds(options->timeout_ms);
        }
        result = std::make_unique<millrace_session>();
        result->session = Session::open(&checked(path, "the path"), chosen);
        result->description = result->session->device().description();
    });
    if (status != nullptr) {
        *status = outcome;
    }
    return outcome == MILLRACE_OK ? result.release() : nullptr;
}

void millrace_close(millrace_session* session) { delete session; }

size_t millrace_input_count(const millrace_session* session) {
    return session == nullptr ? 0 : session->session->inputs().size();
}
size_t millrace_output_count(const millrace_session* session) {
    return session == nullptr ? 0 : session->session->outputs().size();
}

millrace_status millrace_input_info(const millrace_session* session, size_t index,
                                    millrace_tensor_info* info) {
    return tensor_info(session, &Session::inputs, index, info);
}
millrace_status millrace_output_info(const millrace_session* session, size_t index,
                                     millrace_tensor_info* info) {
    return tensor_info(session, &Session::outputs, index, info);
}

const char* millrace_device_description(const millrace_session* session) {
    return session == nullptr ? "" : session->description.c_str();
}

millrace_status millrace_infer(millrace_session* session, const millrace_array* inputs,
                               size_t input_count, int64_t samples, const millrace_array* outputs,
                               size_t output_count) {
    return guarded([&] {
        Session& runner = *checked(session, "the session").session;
        const std::vector<ConstArray> views = input_views(runner, inputs, input_count, samples);
        check_outputs(runner, outputs, output_count, samples);
        copy_outputs(runner.infer(views), outputs);
    });
}

millrace_request* millrace_submit(millrace_session* session, const millrace_array* inputs,
                                  size_t input_count, int64_t samples, millrace_status* status) {
    std::unique_ptr<millrace_request> result;
    const millrace_status outcome = guarded([&] {
        Session& runner = *checked(session, "the session").session;
        result = std::make_unique<millrace_request>();
        result->samples = samples;
        result->ticket = runner.submit(input_views(runner, inputs, input_count, samples));
    });
    if (status != nullptr) {
        *status = outcome;
    }
    return outcome == MILLRACE_OK ? result.release() : nullptr;
}

millrace_status millrace_wait(millrace_session* session, millrace_request* request,
                              const millrace_array* outputs, size_t output_count) {
    std::unique_ptr<millrace_request> owned(request);
    return guarded([&] {
        Session& runner = *checked(session, "the session").session;
        const std::int64_t samples = checked(request, "the request").samples;
        if (!runner.owns(owned->ticket)) {
            static_cast<void>(owned.release()); // its inputs are in use until its session has it
            throw Error(ErrorKind::usage, "the request is another session's");
        }
        // First of all: the inputs are in use until then.
        const std::vector<Array> results = runner.wait(std::move(owned->ticket));
        check_outputs(runner, outputs, output_count, samples);
        copy_outputs(results, outputs);
    });
}

int millrace_done(const millrace_session* session, const millrace_request* request) {
    return session != nullptr && request != nullptr && session->session->done(request->ticket) ? 1
                                                                                               : 0;
}

void millrace_get_statistics(const millrace_session* session, millrace_statistics* statistics) {
    if (session == nullptr || statistics == nullptr) {
        return;
    }
    const millrace::runtime::Statistics from = session->session->statistics();
    *statistics = {
        from.requests,           from.samples,         from.batches,          from.seconds,
        from.samples_per_second, from.latency_p50,     from.latency_p95,      from.latency_p99,
        from.latency_max,        from.bytes_to_device, from.bytes_from_device};
}

void millrace_reset_statistics(millrace_session* session) {
    if (session != nullptr) {
        session->session->reset_statistics();
    }
}
