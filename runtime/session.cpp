// SPDX-License-Identifier: Apache-2.0
//
// A session cuts every request into batches and puts these into one queue. Each pair of buffers of
// the device (a Batch) has a thread of its own that takes a batch from the queue, encodes it, runs
// the kernel on it and decodes the results. With two such threads for a compute unit one encodes,
// transfers or decodes while the kernel works for the other, and buffers are made once.
//
// An error of the inputs is the request's alone. An error of the device is the end of the session:
// what is queued fails with it, and so does every later request.
#include "runtime/session.hpp"

#include "runtime/error.hpp"
#include "runtime/host_program.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace millrace::runtime {

namespace fs = std::filesystem;

struct Session::Request {
    const void* session = nullptr; ///< whose it is
    std::vector<ConstArray> inputs;
    std::vector<Array> outputs;
    std::int64_t first = 0; ///< of the inputs' samples
    std::int64_t samples = 0;
    std::int64_t batches_left = 0;
    std::exception_ptr error;
    bool complete = false;
    StatisticsRecorder::Clock::time_point begin;
};

namespace {

using Clock = StatisticsRecorder::Clock;

constexpr std::uint64_t most_batch_bytes = 16U << 20U;
constexpr std::uint32_t most_batch_frames = 1024;
constexpr std::uint32_t most_simulated_frames = 256;

void check_options(const SessionOptions& options) {
    const auto check = [](const char* name, std::uint32_t value, std::uint32_t least,
                          std::uint32_t most) {
        if (value < least || value > most) {
            throw Error(ErrorKind::usage, std::string(name) + ": " + std::to_string(value) +
                                              " is not a number from 1 to " + std::to_string(most));
        }
    };
    check("batch", options.batch, 0, most_batch);
    check("streams", options.streams, 1, most_streams);
    if (options.timeout.count() < 0) {
        throw Error(ErrorKind::usage,
                    "timeout: " + std::to_string(options.timeout.count()) + " ms is below 0");
    }
}

bool is_board(const std::string& device) { return parse_device_name(device).kind == "xrt"; }

std::uint64_t frame_bytes(const std::vector<PortInfo>& ports) {
    std::uint64_t sum = 0;
    for (const PortInfo& port : ports) {
        sum += port.frame_bytes;
    }
    return sum;
}

std::uint32_t chosen_batch(const Manifest& manifest, const SessionOptions& options) {
    if (options.batch != 0) {
        return options.batch;
    }
    const std::uint64_t bytes =
        std::max<std::uint64_t>(frame_bytes(manifest.inputs) + frame_bytes(manifest.outputs), 1);
    return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(
        most_batch_bytes / bytes, 1,
        is_board(options.device) ? most_batch_frames : most_simulated_frames));
}

std::chrono::milliseconds chosen_timeout(const Manifest& manifest, const SessionOptions& options,
                                         std::uint32_t batch) {
    using std::chrono::milliseconds;
    if (options.timeout.count() > 0) {
        return options.timeout;
    }
    if (!is_board(options.device)) {
        return no_time_limit;
    }
    const double cycles = static_cast<double>(manifest.interval_cycles) * batch +
                          static_cast<double>(manifest.latency_cycles);
    const double predicted = manifest.clock_mhz > 0 ? cycles / (manifest.clock_mhz * 1e3) : 0;
    return milliseconds(1'000 + static_cast<std::int64_t>(std::min(20.0 * predicted, 1e9)));
}

bool is_xclbin(const fs::path& path) {
    std::error_code error;
    return path.extension() == ".xclbin" && !fs::is_directory(path, error);
}

/// The folder of millrace.json for a project, a manifest or an xclbin.
fs::path project_folder(const fs::path& path) {
    std::error_code error;
    if (is_xclbin(path)) {
        if (!fs::exists(path, error)) {
            throw Error(ErrorKind::file, "'" + path.string() + "' does not exist");
        }
        const fs::path folder = fs::absolute(path).parent_path();
        return fs::exists(folder / "millrace.json", error) ? folder : folder.parent_path();
    }
    if (path.filename() == "millrace.json" && !fs::is_directory(path, error)) {
        return fs::absolute(path).parent_path();
    }
    return path;
}

} // namespace

struct Session::Parts {
    struct Work {
        std::shared_ptr<Request> request;
        std::int64_t first = 0;
        std::int64_t count = 0;
    };

    Parts(Manifest description, std::unique_ptr<const HostProgram> host_program,
          std::unique_ptr<Device> opened, const SessionOptions& options)
        : manifest(std::move(description)),
          host(std::move(host_program)),
          program(*host),
          device(std::move(opened)),
          batch(chosen_batch(manifest, options)),
          timeout(chosen_timeout(manifest, options, batch)) {
        for (std::size_t unit = 0; unit < device->compute_units(); ++unit) {
            for (std::uint32_t i = 0; i < options.streams; ++i) {
                batches.push_back(device->make_batch(unit, batch));
            }
        }
        try {
            for (const std::unique_ptr<Batch>& buffers : batches) {
                threads.emplace_back([this, &buffers] { work(*buffers); });
            }
        } catch (...) {
            stop();
            throw;
        }
    }
    ~Parts() { stop(); }
    Parts(const Parts&) = delete;
    Parts& operator=(const Parts&) = delete;

    void stop() {
        {
            const std::lock_guard lock(mutex);
            stopping = true;
        }
        queued.notify_all();
        for (std::thread& thread : threads) {
            thread.join();
        }
        threads.clear();
        batches.clear();
    }

    /// What a thread with buffers of its own does until the session ends.
    void work(Batch& buffers) {
        std::vector<std::span<std::byte>> to;
        for (std::size_t i = 0; i < manifest.inputs.size(); ++i) {
            to.push_back(buffers.input(i));
        }
        while (std::optional<Work> next = take()) {
            std::exception_ptr error;
            bool lost = false;
            try {
                run(buffers, to, *next, lost);
            } catch (...) {
                error = std::current_exception();
            }
            finish(std::move(*next), error, lost);
        }
    }

    std::optional<Work> take() {
        std::unique_lock lock(mutex);
        for (;;) {
            queued.wait(lock, [&] { return stopping || !queue.empty(); });
            if (queue.empty()) {
                return std::nullopt;
            }
            Work next = std::move(queue.front());
            queue.pop_front();
            if (next.request->error == nullptr && failure == nullptr) {
                return next;
            }
            // Its request, or the device, has failed already: nothing is computed for it.
            end_batch(next, failure);
        }
    }

    void run(Batch& buffers, std::span<const std::span<std::byte>> memory, const Work& next,
             bool& lost) {
        StatisticsRecorder::BatchTimes times;
        const auto frames = static_cast<std::uint64_t>(next.count);
        std::vector<std::span<std::byte>> to;
        for (std::size_t i = 0; i < memory.size(); ++i) {
            to.push_back(memory[i].first(frames * manifest.inputs[i].frame_bytes));
        }
        const Clock::time_point begin = Clock::now();
        const std::unique_ptr<Bypass> bypass =
            program.encode(next.request->inputs, next.first, next.count, to);
        const Clock::time_point encoded = Clock::now();
        lost = true; // what fails from here on to the results is the device's
        buffers.start(static_cast<std::uint32_t>(next.count));
        buffers.wait(timeout);
        lost = false;
        const Clock::time_point computed = Clock::now();
        std::vector<std::span<const std::byte>> from;
        for (std::size_t i = 0; i < manifest.outputs.size(); ++i) {
            from.push_back(buffers.output(i).first(frames * manifest.outputs[i].frame_bytes));
        }
        program.decode(from, bypass.get(), next.first, next.count, next.request->outputs,
                       next.request->first);
        times.encode = encoded - begin;
        times.device = computed - encoded;
        times.decode = Clock::now() - computed;
        recorder.batch_done(times, frames * frame_bytes(manifest.inputs),
                            frames * frame_bytes(manifest.outputs));
    }

    void finish(Work next, const std::exception_ptr& error, bool lost) {
        const std::lock_guard lock(mutex);
        if (lost && failure == nullptr) {
            failure = error;
        }
        end_batch(next, error);
    }

    /// With the mutex held.
    void end_batch(const Work& next, const std::exception_ptr& error) {
        Request& request = *next.request;
        if (request.error == nullptr) {
            request.error = error;
        }
        if (--request.batches_left == 0) {
            recorder.request_ends(request.begin, Clock::now(), request.samples,
                                  request.error == nullptr);
            request.complete = true;
            completed.notify_all();
        }
    }

    const Manifest manifest;
    const std::unique_ptr<const HostProgram> host;
    const HostProgram& program;
    const std::unique_ptr<Device> device;
    const std::uint32_t batch;
    const std::chrono::milliseconds timeout;
    StatisticsRecorder recorder;
    std::vector<std::unique_ptr<Batch>> batches;
    std::vector<std::thread> threads;
    mutable std::mutex mutex;
    std::condition_variable queued;
    std::condition_variable completed;
    std::deque<Work> queue;
    std::exception_ptr failure; ///< of the device
    bool stopping = false;
};

std::unique_ptr<Session> Session::open(const fs::path& path, const SessionOptions& options) {
    check_options(options);
    const DeviceName name = parse_device_name(options.device);
    DeviceContext context;
    context.project = project_folder(path);
    context.xclbin = options.xclbin.empty() && is_xclbin(path) ? path : options.xclbin;
    context.manifest = read_manifest(context.project);
    // First, since opening a device may take long: a simulation is built for it.
    auto program = std::make_unique<const HostProgram>(context.manifest);
    std::unique_ptr<Device> device = open_device(name, context);
    return std::unique_ptr<Session>(new Session(std::make_unique<Parts>(
        std::move(context.manifest), std::move(program), std::move(device), options)));
}

Manifest Session::manifest_of(const fs::path& path) { return read_manifest(project_folder(path)); }

Session::Session(Manifest manifest, std::unique_ptr<Device> device, const SessionOptions& options) {
    check_options(options);
    auto program = std::make_unique<const HostProgram>(manifest);
    parts_ = std::make_unique<Parts>(std::move(manifest), std::move(program), std::move(device),
                                     options);
}

Session::Session(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Session::~Session() = default;

const Manifest& Session::manifest() const { return parts_->manifest; }
const std::vector<TensorInfo>& Session::inputs() const { return parts_->manifest.model_inputs; }
const std::vector<TensorInfo>& Session::outputs() const { return parts_->manifest.model_outputs; }
const Device& Session::device() const { return *parts_->device; }
std::uint32_t Session::batch() const { return parts_->batch; }

std::int64_t Session::sample_count(std::span<const ConstArray> inputs) const {
    return parts_->program.samples(inputs);
}
std::vector<Array> Session::make_outputs(std::int64_t samples) const {
    return parts_->program.outputs(samples);
}

std::vector<Array> Session::infer(std::span<const ConstArray> inputs) {
    return wait(submit(inputs));
}

Session::Ticket Session::submit(std::span<const ConstArray> inputs) {
    return submit(inputs, 0, sample_count(inputs));
}

Session::Ticket Session::submit(std::span<const ConstArray> inputs, std::int64_t first,
                                std::int64_t count) {
    Parts& parts = *parts_;
    auto request = std::make_shared<Request>();
    request->begin = Clock::now();
    const std::int64_t there = parts.program.samples(inputs);
    if (first < 0 || count < 0 || first > there || count > there - first) {
        throw Error(ErrorKind::usage, "there are no samples " + std::to_string(first) + " to " +
                                          std::to_string(first) + " + " + std::to_string(count) +
                                          ", but " + std::to_string(there));
    }
    request->session = parts_.get();
    request->first = first;
    request->samples = count;
    request->inputs.assign(inputs.begin(), inputs.end());
    request->outputs = parts.program.outputs(request->samples);
    request->batches_left = (request->samples + parts.batch - 1) / parts.batch;
    parts.recorder.request_begins(request->begin);
    {
        const std::lock_guard lock(parts.mutex);
        if (parts.failure != nullptr) {
            parts.recorder.request_ends(request->begin, Clock::now(), 0, false);
            std::rethrow_exception(parts.failure);
        }
        for (std::int64_t at = 0; at < request->samples; at += parts.batch) {
            parts.queue.push_back(
                {request, first + at, std::min<std::int64_t>(parts.batch, request->samples - at)});
        }
        if (request->batches_left == 0) {
            parts.recorder.request_ends(request->begin, Clock::now(), 0, true);
            request->complete = true;
        }
    }
    parts.queued.notify_all();
    Ticket ticket;
    ticket.request_ = std::move(request);
    return ticket;
}

std::vector<Array> Session::wait(Ticket ticket) {
    if (ticket.request_ == nullptr) {
        throw Error(ErrorKind::usage, "the ticket is of no request");
    }
    if (!owns(ticket)) {
        throw Error(ErrorKind::usage, "the request is another session's");
    }
    Request& request = *ticket.request_;
    {
        std::unique_lock lock(parts_->mutex);
        parts_->completed.wait(lock, [&] { return request.complete; });
    }
    if (request.error != nullptr) {
        std::rethrow_exception(request.error);
    }
    return std::move(request.outputs);
}

bool Session::owns(const Ticket& ticket) const {
    return ticket.request_ != nullptr && ticket.request_->session == parts_.get();
}

bool Session::done(const Ticket& ticket) const {
    const std::lock_guard lock(parts_->mutex);
    return !owns(ticket) || ticket.request_->complete; // wait() throws at once
}

Statistics Session::statistics() const { return parts_->recorder.statistics(); }
void Session::reset_statistics() { parts_->recorder.reset(); }

} // namespace millrace::runtime
