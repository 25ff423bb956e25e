// SPDX-License-Identifier: Apache-2.0
//
// One mutex and one condition variable serve a device: its events are whole batches, so contention
// is not worth more. What a thread may need after the device is gone (the job with its buffers, the
// kernel with its library) is held by shared pointers, which makes leaving a hung thread alone
// safe.
#include "runtime/devices/simulated_device.hpp"

#include "runtime/devices/deadline.hpp"
#include "runtime/devices/kernel_arguments.hpp"
#include "runtime/devices/kernel_library.hpp"
#include "runtime/devices/loss.hpp"
#include "runtime/error.hpp"
#include "runtime/printing.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <new>
#include <optional>
#include <sstream>
#include <thread>
#include <utility>
#include <vector>

namespace millrace::runtime {

namespace {

constexpr std::uint64_t page = 4096;
/// Above 32 bits, so that both halves of an address register matter.
constexpr std::uint64_t first_address = std::uint64_t{1} << 34;
constexpr std::chrono::seconds patience_for_closing{2};
constexpr std::chrono::seconds patience_for_a_batch{10};

/// Zeroed memory, aligned for vector units and as on a device.
class Buffer {
  public:
    Buffer(std::uint64_t address, std::size_t bytes, bool writable)
        : address_(address),
          bytes_(bytes),
          writable_(writable),
          data_(static_cast<std::byte*>(
              ::operator new (bytes == 0 ? 1 : bytes, std::align_val_t{page}))) {
        std::memset(data_.get(), 0, bytes);
    }
    [[nodiscard]] std::uint64_t address() const { return address_; }
    [[nodiscard]] std::size_t bytes() const { return bytes_; }
    [[nodiscard]] bool writable() const { return writable_; }
    [[nodiscard]] std::byte* data() const { return data_.get(); }
    /// Where an access lands; null when it is not inside.
    [[nodiscard]] std::byte* at(std::uint64_t address, std::size_t bytes) const {
        const std::uint64_t offset =
            address - address_; // wraps for lower addresses: then too large
        return offset <= bytes_ && bytes <= bytes_ - offset ? data_.get() + offset : nullptr;
    }

  private:
    struct Free {
        void operator()(std::byte* data) const { ::operator delete (data, std::align_val_t{page}); }
    };
    std::uint64_t address_;
    std::size_t bytes_;
    bool writable_;
    std::unique_ptr<std::byte, Free> data_;
};

/// A batch as the compute unit's thread sees it.
struct Job {
    enum class Phase { idle, queued, running, finished };

    std::vector<Buffer> buffers; ///< inputs, then outputs
    std::uint32_t frames = 0;
    Phase phase = Phase::idle; ///< under the device's mutex
};

/// What all compute units and batches of a device share.
struct Common {
    Common(const Manifest& manifest, const Patience& for_kernels)
        : arguments(manifest),
          interval_cycles(manifest.interval_cycles),
          latency_cycles(manifest.latency_cycles),
          patience(for_kernels) {}

    const KernelArguments arguments;
    const std::uint64_t interval_cycles; ///< predicted
    const std::uint64_t latency_cycles;
    const Patience patience;
    std::mutex mutex;
    std::condition_variable changed;
    Loss loss; ///< under the mutex
    std::atomic<bool> cancel = false;
    std::uint64_t next_address = first_address;

    /// The mutex must be held.
    void lose(ErrorKind kind, const std::string& reason) {
        loss.set(kind, reason);
        cancel = true;
        changed.notify_all();
    }
};

class Unit {
  public:
    Unit(std::shared_ptr<Common> common, std::string name,
         const std::shared_ptr<KernelLibrary>& library)
        : common_(std::move(common)),
          name_(std::move(name)),
          memory_{this, read, write},
          kernel_(std::make_unique<SimulatedKernel>(library, memory_)) {}

    /// The thread's function: runs jobs until stop().
    static void serve(const std::shared_ptr<Unit>& self) { self->serve_jobs(); }
    /// The mutex must be held for the following.
    void enqueue(const std::shared_ptr<Job>& job) {
        job->phase = Job::Phase::queued;
        queue_.push_back(job);
        common_->changed.notify_all();
    }
    void withdraw(const std::shared_ptr<Job>& job) {
        std::erase(queue_, job);
        job->phase = Job::Phase::idle;
    }
    void stop() { stop_ = true; }
    [[nodiscard]] bool ended() const { return ended_; }
    /// Whether a batch is running, and since when.
    [[nodiscard]] std::optional<Clock::time_point> running_since() const {
        return running_ == nullptr ? std::nullopt : std::optional(since_);
    }
    /// Why the batch that is running counts as hung; an empty text: it does not, or there is none.
    /// With `limit` any that is not done after this time, else what Patience says.
    [[nodiscard]] std::string hung(std::chrono::milliseconds limit) const;

    std::thread thread;

  private:
    void serve_jobs();
    std::string run(const Job& job);
    std::string access_error(const char* what, std::uint64_t address, std::size_t bytes) const;
    static int read(void* context, std::uint64_t address, void* to, std::size_t bytes);
    static int write(void* context, std::uint64_t address, const void* from, std::size_t bytes);

    std::shared_ptr<Common> common_;
    std::string name_;
    millrace_memory memory_;
    std::unique_ptr<SimulatedKernel> kernel_;
    std::deque<std::shared_ptr<Job>> queue_;
    const Job* running_ = nullptr; ///< null: none
    Clock::time_point since_;      ///< of which it runs
    bool stop_ = false;
    bool ended_ = false;
    std::atomic<Clock::rep> step_began_ = 0; ///< Clock's time of the advance() call; 0: none
    std::atomic<std::uint64_t> cycles_ = 0;  ///< simulated for the batch that is running
    // Of the thread alone:
    const Job* current_ = nullptr;
    std::string violation_;
};

void Unit::serve_jobs() {
    std::unique_lock lock(common_->mutex);
    while (true) {
        common_->changed.wait(lock, [this] { return stop_ || !queue_.empty(); });
        if (stop_) {
            break;
        }
        const std::shared_ptr<Job> job = queue_.front();
        queue_.pop_front();
        job->phase = Job::Phase::running;
        running_ = job.get();
        since_ = Clock::now();
        common_->changed.notify_all(); // time limits begin here
        lock.unlock();
        const std::string error = run(*job);
        lock.lock();
        running_ = nullptr;
        job->phase = Job::Phase::finished;
        if (!error.empty()) {
            common_->lose(ErrorKind::device, error);
        }
        common_->changed.notify_all();
    }
    lock.unlock();
    kernel_.reset();
    lock.lock();
    ended_ = true;
    common_->changed.notify_all();
}

/// Runs a batch as a driver would; an empty text, or what went wrong.
std::string Unit::run(const Job& job) {
    const KernelArguments& arguments = common_->arguments;
    current_ = &job;
    for (std::size_t i = 0; i < job.buffers.size(); ++i) {
        const std::uint64_t address = job.buffers[i].address();
        const std::uint32_t offset = i < arguments.inputs.size()
                                         ? arguments.inputs[i].offset
                                         : arguments.outputs[i - arguments.inputs.size()].offset;
        kernel_->write(offset, static_cast<std::uint32_t>(address));
        kernel_->write(offset + 4, static_cast<std::uint32_t>(address >> 32));
    }
    kernel_->write(arguments.frames_offset, job.frames);
    kernel_->write(0, control::start);
    const std::uint64_t begin = kernel_->cycles();
    cycles_ = 0;
    while (!common_->cancel) {
        step_began_ = Clock::now().time_since_epoch().count();
        const int more = kernel_->advance();
        step_began_ = 0;
        cycles_ = kernel_->cycles() - begin;
        if (!violation_.empty()) {
            return violation_;
        }
        if (more < 0) {
            return "kernel " + name_ + " failed: " + kernel_->error();
        }
        if (more == 0) {
            if ((kernel_->read(0) & control::done) == 0) {
                return "kernel " + name_ + " stopped without an end of its work";
            }
            if (arguments.chain) {
                kernel_->write(0, control::resume);
            }
            return {};
        }
    }
    return "kernel " + name_ + " was stopped";
}

std::string Unit::hung(std::chrono::milliseconds limit) const {
    if (running_ == nullptr) {
        return {};
    }
    const std::uint32_t frames = running_->frames;
    if (limit != no_time_limit) {
        return Clock::now() < deadline_after(limit, since_)
                   ? ""
                   : "the kernel did not finish " + counted(frames, "frame") + " within " +
                         std::to_string(limit.count()) + " ms";
    }
    const Patience& patience = common_->patience;
    const Clock::time_point began{Clock::duration(step_began_)};
    if (began != Clock::time_point() && Clock::now() - began > patience.step) {
        return "the simulation of kernel " + name_ +
               " makes no progress: one step of it has taken more than " +
               std::to_string(patience.step.count()) + " ms";
    }
    // In doubles, which do not overflow; how sharp the limit is does not matter.
    const double predicted =
        static_cast<double>(common_->latency_cycles) +
        static_cast<double>(common_->interval_cycles) * static_cast<double>(frames);
    if (static_cast<double>(cycles_) >
        static_cast<double>(patience.cycles) + static_cast<double>(patience.factor) * predicted) {
        return "kernel " + name_ + " did not finish " + counted(frames, "frame") + " in " +
               counted(static_cast<std::int64_t>(cycles_), "clock cycle") + "; predicted are " +
               grouped(std::llround(predicted));
    }
    return {};
}

std::string Unit::access_error(const char* what, std::uint64_t address, std::size_t bytes) const {
    std::ostringstream text;
    text << "kernel " << name_ << ' ' << what << ' ' << bytes << " bytes at 0x" << std::hex
         << address << ", beyond its buffers:";
    for (const Buffer& buffer : current_->buffers) {
        text << (buffer.writable() ? " output 0x" : " input 0x") << buffer.address() << " to 0x"
             << buffer.address() + buffer.bytes();
    }
    return text.str();
}

int Unit::read(void* context, std::uint64_t address, void* to, std::size_t bytes) {
    auto* self = static_cast<Unit*>(context);
    if (self->current_ != nullptr) {
        for (const Buffer& buffer : self->current_->buffers) {
            if (const std::byte* from = buffer.at(address, bytes)) {
                std::memcpy(to, from, bytes);
                return 0;
            }
        }
        self->violation_ = self->access_error("read", address, bytes);
    }
    return 1;
}

int Unit::write(void* context, std::uint64_t address, const void* from, std::size_t bytes) {
    auto* self = static_cast<Unit*>(context);
    if (self->current_ != nullptr) {
        for (const Buffer& buffer : self->current_->buffers) {
            std::byte* to = buffer.at(address, bytes);
            if (to != nullptr && buffer.writable()) {
                std::memcpy(to, from, bytes);
                return 0;
            }
        }
        self->violation_ = self->access_error("wrote", address, bytes);
    }
    return 1;
}

class SimulatedBatch final : public Batch {
  public:
    SimulatedBatch(std::shared_ptr<Common> common, std::shared_ptr<Unit> unit,
                   std::shared_ptr<Job> job, std::uint32_t capacity)
        : common_(std::move(common)),
          unit_(std::move(unit)),
          job_(std::move(job)),
          capacity_(capacity) {}
    ~SimulatedBatch() override;

    std::span<std::byte> input(std::size_t port) override {
        if (port >= common_->arguments.inputs.size()) {
            throw Error(ErrorKind::usage, "there is no input port " + std::to_string(port));
        }
        const Buffer& buffer = job_->buffers[port];
        return {buffer.data(), buffer.bytes()};
    }
    std::span<const std::byte> output(std::size_t port) override {
        if (port >= common_->arguments.outputs.size()) {
            throw Error(ErrorKind::usage, "there is no output port " + std::to_string(port));
        }
        const Buffer& buffer = job_->buffers[common_->arguments.inputs.size() + port];
        return {buffer.data(), buffer.bytes()};
    }
    void start(std::uint32_t frames) override;
    void wait(std::chrono::milliseconds timeout) override;

  private:
    std::shared_ptr<Common> common_;
    std::shared_ptr<Unit> unit_;
    std::shared_ptr<Job> job_;
    std::uint32_t capacity_;
};

void SimulatedBatch::start(std::uint32_t frames) {
    if (frames == 0 || frames > capacity_) {
        throw Error(ErrorKind::usage, "cannot start " + counted(frames, "frame") +
                                          " in a batch of up to " + std::to_string(capacity_));
    }
    const std::lock_guard lock(common_->mutex);
    common_->loss.check();
    if (job_->phase != Job::Phase::idle) {
        throw Error(ErrorKind::usage, "the batch is already started");
    }
    job_->frames = frames;
    unit_->enqueue(job_);
}

void SimulatedBatch::wait(std::chrono::milliseconds timeout) {
    std::unique_lock lock(common_->mutex);
    if (job_->phase == Job::Phase::idle) {
        common_->loss.check();
        throw Error(ErrorKind::usage, "the batch is not started");
    }
    const auto over = [this] {
        return job_->phase == Job::Phase::finished || common_->loss.lost();
    };
    // Whoever waits looks after the batch that the kernel works on, its own or one in front of it:
    // time in the queue does not count, and nobody waits for ever behind a batch that hangs.
    const auto pause = std::clamp(common_->patience.step / 8, std::chrono::milliseconds(5),
                                  std::chrono::milliseconds(1000));
    while (!over()) {
        const std::optional<Clock::time_point> since = unit_->running_since();
        common_->changed.wait_until(lock, since && timeout != no_time_limit
                                              ? deadline_after(timeout, *since)
                                              : deadline_after(pause));
        if (over()) {
            break;
        }
        if (const std::string hung = unit_->hung(timeout); !hung.empty()) {
            common_->lose(ErrorKind::timeout, hung);
        }
    }
    common_->loss.check();
    job_->phase = Job::Phase::idle;
}

SimulatedBatch::~SimulatedBatch() {
    std::unique_lock lock(common_->mutex);
    if (job_->phase == Job::Phase::queued) {
        unit_->withdraw(job_);
    }
    // A batch that is not waited for must not hold up its owner for ever.
    const bool ended =
        common_->changed.wait_until(lock, deadline_after(patience_for_a_batch), [this] {
            return job_->phase != Job::Phase::running || common_->loss.lost();
        });
    if (!ended) {
        common_->lose(ErrorKind::device, "a batch was destroyed before its end");
    }
}

class SimulatedDevice final : public Device {
  public:
    SimulatedDevice(const std::filesystem::path& file, const Manifest& manifest,
                    std::string description, const Patience& patience)
        : description_(std::move(description)),
          common_(std::make_shared<Common>(manifest, patience)) {
        const std::shared_ptr<KernelLibrary> library = KernelLibrary::load(file);
        if (library->kernel_name() != manifest.kernel) {
            throw Error(ErrorKind::device, file.string() + " simulates kernel " +
                                               library->kernel_name() +
                                               ", the manifest is of kernel " + manifest.kernel);
        }
        for (const ComputeUnitInfo& info : manifest.compute_units) {
            units_.push_back(std::make_shared<Unit>(common_, info.name, library));
        }
    }
    ~SimulatedDevice() override;
    /// Apart from the constructor, so that the destructor ends the threads when one does not start.
    void start_threads() {
        for (const std::shared_ptr<Unit>& unit : units_) {
            unit->thread = std::thread(Unit::serve, unit);
        }
    }

    [[nodiscard]] std::string description() const override { return description_; }
    [[nodiscard]] std::size_t compute_units() const override { return units_.size(); }
    std::unique_ptr<Batch> make_batch(std::size_t compute_unit, std::uint32_t capacity) override;

  private:
    std::string description_;
    std::shared_ptr<Common> common_;
    std::vector<std::shared_ptr<Unit>> units_;
};

SimulatedDevice::~SimulatedDevice() {
    std::unique_lock lock(common_->mutex);
    common_->lose(ErrorKind::device, "it was closed");
    for (const std::shared_ptr<Unit>& unit : units_) {
        unit->stop();
    }
    common_->changed.notify_all();
    const Clock::time_point deadline = deadline_after(patience_for_closing);
    for (const std::shared_ptr<Unit>& unit : units_) {
        if (!unit->thread.joinable()) {
            continue; // a thread could not be started
        }
        if (common_->changed.wait_until(lock, deadline, [&unit] { return unit->ended(); })) {
            lock.unlock();
            unit->thread.join();
            lock.lock();
        } else {
            unit->thread.detach();
        }
    }
}

std::unique_ptr<Batch> SimulatedDevice::make_batch(std::size_t compute_unit,
                                                   std::uint32_t capacity) {
    if (compute_unit >= units_.size()) {
        throw Error(ErrorKind::usage, "there is no compute unit " + std::to_string(compute_unit));
    }
    const KernelArguments& arguments = common_->arguments;
    auto job = std::make_shared<Job>();
    job->buffers.reserve(arguments.inputs.size() + arguments.outputs.size());
    const std::lock_guard lock(common_->mutex);
    common_->loss.check();
    const auto add = [&](const KernelArguments::Memory& memory, bool writable) {
        const std::size_t bytes = KernelArguments::bytes(memory, capacity);
        try {
            job->buffers.emplace_back(common_->next_address, bytes, writable);
        } catch (const std::bad_alloc&) {
            throw Error(ErrorKind::device,
                        "there is no memory for a batch of " + counted(capacity, "frame"));
        }
        // A page between buffers belongs to nobody: small overruns are seen.
        common_->next_address += (bytes / page + 2) * page;
    };
    for (const KernelArguments::Memory& memory : arguments.inputs) {
        add(memory, false);
    }
    for (const KernelArguments::Memory& memory : arguments.outputs) {
        add(memory, true);
    }
    return std::make_unique<SimulatedBatch>(common_, units_[compute_unit], std::move(job),
                                            capacity);
}

} // namespace

std::unique_ptr<Device> open_simulated_device(const std::filesystem::path& library,
                                              const Manifest& manifest, std::string description,
                                              const Patience& patience) {
    auto device =
        std::make_unique<SimulatedDevice>(library, manifest, std::move(description), patience);
    device->start_threads();
    return device;
}

} // namespace millrace::runtime
