// SPDX-License-Identifier: Apache-2.0
//
// One thread receives what the XRT process says, and finds out why it ended when it has ended: the
// supervisor's exit code and the last lines that the processes wrote. Everyone else waits for
// events with a time limit. Whatever the processes do, closing the lifeline makes the supervisor
// kill them all and end, so the receiving thread always comes to its end.
//
// The temporary folder is the supervisor's from its first moment: whatever ends this process, the
// lifeline closes, and the supervisor removes the folder. So it is started before there is anything
// to remove, and after the simulation was built, which may take minutes.
#include "runtime/devices/xrt_emu_device.hpp"

#include "runtime/devices/deadline.hpp"
#include "runtime/devices/kernel_arguments.hpp"
#include "runtime/devices/loss.hpp"
#include "runtime/devices/simulation_library.hpp"
#include "runtime/devices/unit_queue.hpp"
#include "runtime/emulation/host_protocol.hpp"
#include "runtime/emulation/programs.hpp"
#include "runtime/emulation/watchdog_setting.hpp"
#include "runtime/emulation/xclbin_file.hpp"
#include "runtime/emulation/xclbin_writer.hpp"
#include "runtime/emulation/xrt_root.hpp"
#include "runtime/error.hpp"
#include "runtime/printing.hpp"

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <fcntl.h>
#include <map>
#include <mutex>
#include <optional>
#include <poll.h>
#include <sstream>
#include <string_view>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>

namespace millrace::runtime {

namespace {

constexpr std::chrono::seconds patience_for_opening{60};
constexpr std::chrono::seconds patience_for_closing{2};
constexpr std::chrono::seconds patience_for_a_batch{10};

/// What the processes print: a file without a name, which goes with its last user.
Descriptor make_log() {
    Descriptor log(memfd_create("millrace-log", MFD_CLOEXEC));
    if (!log || fcntl(log.get(), F_SETFL, O_APPEND) != 0) {
        throw Error(ErrorKind::device,
                    "cannot make a log: " + std::generic_category().message(errno));
    }
    return log;
}

/// The last lines of the processes' output.
std::string last_lines(const Descriptor& log) {
    constexpr off_t most = 2000;
    struct ::stat status = {};
    const off_t size = fstat(log.get(), &status) == 0 ? status.st_size : 0;
    std::string text(static_cast<std::size_t>(std::min(size, most)), '\0');
    const ssize_t count =
        pread(log.get(), text.data(), text.size(), std::max<off_t>(size - most, 0));
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    if (size > most && !text.empty()) {
        text.erase(0, std::min(text.find('\n'), text.size() - 1) + 1);
    }
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) {
        text.pop_back();
    }
    return text;
}

/// What the device process has said, which XRT only knows as "failed".
std::string said_by_device(const Descriptor& log) {
    constexpr std::string_view mark = "millrace-emulated-device: ";
    std::istringstream lines(last_lines(log));
    std::string result;
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with(mark)) {
            result += (result.empty() ? "" : "\n") + line.substr(mark.size());
        }
    }
    return result;
}

class Emulation {
  public:
    Emulation(unsigned index, const DeviceContext& context);
    ~Emulation();
    Emulation(const Emulation&) = delete;
    Emulation& operator=(const Emulation&) = delete;

    [[nodiscard]] const KernelArguments& arguments() const { return arguments_; }
    [[nodiscard]] const std::string& name() const { return name_; }

    /// Registers a batch of the XRT process, with its memory.
    std::uint64_t make_batch(std::size_t unit, std::uint32_t capacity, const SharedMemory& memory);
    void drop_batch(std::uint64_t id);
    void start(std::uint64_t id, std::uint32_t frames);
    void wait(std::uint64_t id, std::chrono::milliseconds timeout);
    /// Whether it is over, one way or the other, in time.
    bool over(std::uint64_t id, std::chrono::milliseconds timeout);
    /// Ends all processes; the first reason is the one that counts.
    void lose(const std::string& reason);

  private:
    /// What is known of a batch (or, under number 0, of opening the device).
    struct State {
        bool pending = false; ///< an answer is to come
        bool failed = false;
        ErrorKind kind = ErrorKind::device;
        std::string text; ///< description, or error
        std::size_t unit = 0;
    };
    using Lock = std::unique_lock<std::mutex>;

    void launch();
    void receive_folder();
    void receive();
    void reap();
    void lose(Lock& lock, const std::string& reason, ErrorKind kind = ErrorKind::device);
    void send(Lock& lock, const WireWriter& message, int descriptor = -1);
    /// Waits for the answer to `id`; false when the time is over.
    bool answered(Lock& lock, std::uint64_t id, std::chrono::milliseconds timeout);
    void throw_failure(Lock& lock, std::uint64_t id);

    std::string name_;
    KernelArguments arguments_;
    Descriptor log_;
    std::filesystem::path folder_; ///< the supervisor's
    std::unique_ptr<Channel> channel_;
    Descriptor lifeline_;
    pid_t supervisor_ = 0;
    std::thread receiver_;
    std::mutex mutex_; ///< of all below, and of sending
    std::condition_variable changed_;
    std::map<std::uint64_t, State> states_;
    std::vector<UnitQueue<std::uint64_t>> units_;
    std::uint64_t next_id_ = 1;
    Loss loss_;
    bool closing_ = false;
    bool ended_ = false;
};

/// The simulation that goes into the image; nothing when the image is there already.
std::filesystem::path simulation_for_image(const DeviceContext& context) {
    if (context.xclbin.empty()) {
        return simulation_library(context.project, simulation_of(context.manifest));
    }
    const XclbinSummary summary = check_xclbin(context.xclbin);
    if (!summary.simulation) {
        throw Error(ErrorKind::xclbin, context.xclbin.string() +
                                           " is not made for emulation: it carries no simulation "
                                           "of its kernel");
    }
    check_design(summary, context.xclbin, context.manifest);
    return {};
}

Emulation::Emulation(unsigned index, const DeviceContext& context)
    : name_("xrt-emu:" + std::to_string(index)),
      arguments_(context.manifest),
      log_(make_log()),
      units_(context.manifest.compute_units.size()),
      loss_(name_) {
    static_cast<void>(watchdog_setting()); // the device process could only die of it
    static_cast<void>(find_program(emulated_device_program));
    static_cast<void>(xrt_library_folder());
    const std::filesystem::path library = simulation_for_image(context);
    launch();
    std::filesystem::path xclbin;
    try {
        receive_folder();
        const XrtRoot root(folder_, context.manifest, index + 1);
        if (library.empty()) {
            xclbin = std::filesystem::absolute(context.xclbin);
        } else {
            xclbin = folder_ / (context.manifest.kernel + ".xclbin");
            write_xclbin(xclbin, context.manifest, library);
        }
        receiver_ = std::thread([this] { receive(); });
    } catch (...) {
        lifeline_.reset(); // ends the supervisor
        wait_for(supervisor_);
        throw;
    }
    Lock lock(mutex_);
    try {
        states_[0].pending = true;
        send(lock, message(MessageKind::open)
                       .number(field::number, index)
                       .bytes(field::text, xclbin.string())
                       .bytes(field::manifest, pack_manifest(context.manifest)));
        if (!answered(lock, 0, patience_for_opening)) {
            lose(lock, "XRT did not open the device within a minute");
        }
        throw_failure(lock, 0);
    } catch (const Error& error) {
        const std::string reason = said_by_device(log_);
        // The destructor does not run for an object that was never whole.
        lose(lock, "it was not opened");
        lock.unlock();
        receiver_.join();
        const std::string text = error.what();
        if (reason.empty() || text.find(reason) != std::string::npos) {
            throw;
        }
        throw Error(error.kind(), text + "; the device process says: " + reason);
    }
}

void Emulation::launch() {
    const std::filesystem::path program = find_program(xrt_host_program);
    auto [own, childs] = Channel::connect();
    auto [held, watched] = Channel::connect();
    supervisor_ = spawn(
        {.arguments = {program.string(), "--session"},
         .environment = changed_environment({}, XrtRoot::unwanted_variables()),
         .descriptors = {{log_.get(), 1}, {log_.get(), 2}, {childs.get(), 3}, {watched.get(), 4}},
         .new_session = true});
    channel_ = std::make_unique<Channel>(std::move(own));
    lifeline_ = std::move(held);
}

/// The supervisor's first message.
void Emulation::receive_folder() {
    pollfd event{channel_->get(), POLLIN, 0};
    const auto deadline = deadline_after(patience_for_opening);
    while (poll(&event, 1, 100) <= 0) {
        if (Clock::now() >= deadline) {
            throw Error(ErrorKind::device, name_ + ": the supervisor does not answer");
        }
    }
    const std::optional<Channel::Received> received = channel_->receive();
    const std::optional<WireMessage> answer =
        received ? WireMessage::parse(received->bytes) : std::nullopt;
    if (!answer) {
        throw Error(ErrorKind::device,
                    name_ + ": the supervisor did not start: " + last_lines(log_));
    }
    if (answer->number(field::kind) != static_cast<std::uint64_t>(MessageKind::folder)) {
        throw Error(static_cast<ErrorKind>(answer->number(field::number)),
                    name_ + ": " + answer->text(field::text));
    }
    folder_ = answer->text(field::text);
}

Emulation::~Emulation() {
    Lock lock(mutex_);
    closing_ = true;
    if (!loss_.lost() && !ended_) {
        channel_->send(message(MessageKind::close));
    }
    changed_.wait_until(lock, deadline_after(patience_for_closing), [this] { return ended_; });
    lose(lock, "it was closed");
    lock.unlock();
    receiver_.join();
}

void Emulation::receive() {
    while (const std::optional<Channel::Received> received = channel_->receive()) {
        const std::optional<WireMessage> reply = WireMessage::parse(received->bytes);
        if (!reply) {
            break;
        }
        const auto kind = static_cast<MessageKind>(reply->number(field::kind));
        const Lock lock(mutex_);
        const auto state = states_.find(reply->number(field::batch));
        if (state != states_.end()) { // else it was dropped meanwhile
            if (state->first != 0) {
                units_[state->second.unit].ended(state->first);
            }
            state->second.pending = false;
            state->second.text = reply->text(field::text);
            state->second.failed = kind == MessageKind::failed;
            state->second.kind = static_cast<ErrorKind>(reply->number(field::number));
        }
        changed_.notify_all();
    }
    reap();
}

/// The XRT process has ended: ends the others, and finds out why.
void Emulation::reap() {
    // The supervisor ends by itself after its child, unless it hangs.
    pollfd end{lifeline_.get(), POLLIN | POLLHUP, 0};
    if (poll(&end, 1, 5000) == 0) {
        shutdown(lifeline_.get(), SHUT_RDWR);
        if (poll(&end, 1, 5000) == 0) {
            kill(supervisor_, SIGKILL);
        }
    }
    const int status = wait_for(supervisor_);
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
    std::string reason = "the XRT process " + describe_status(code > 128 ? code - 128 : status);
    if (const std::string lines = last_lines(log_); !lines.empty()) {
        reason += "; the last lines of it and the device process:\n" + lines;
    }
    Lock lock(mutex_);
    ended_ = true;
    loss_.set(ErrorKind::device, closing_ ? "it was closed" : reason);
    changed_.notify_all();
}

void Emulation::lose(Lock& /*held*/, const std::string& reason, ErrorKind kind) {
    loss_.set(kind, reason);
    // Makes the supervisor end everything.
    shutdown(lifeline_.get(), SHUT_RDWR);
    changed_.notify_all();
}

void Emulation::lose(const std::string& reason) {
    Lock lock(mutex_);
    lose(lock, reason);
}

void Emulation::send(Lock& lock, const WireWriter& message, int descriptor) {
    loss_.check();
    if (!channel_->send(message, descriptor)) {
        // Gone: the receiving thread knows why in a moment.
        changed_.wait_until(lock, deadline_after(std::chrono::seconds(15)),
                            [this] { return ended_ || loss_.lost(); });
        lose(lock, "the XRT process does not answer"); // unless it is known why
        loss_.check();
    }
}

bool Emulation::answered(Lock& lock, std::uint64_t id, std::chrono::milliseconds timeout) {
    return changed_.wait_until(lock, deadline_after(timeout),
                               [this, id] { return !states_.at(id).pending || loss_.lost(); });
}

void Emulation::throw_failure(Lock& /*held*/, std::uint64_t id) {
    const State& state = states_.at(id);
    if (!state.pending && state.failed) {
        throw Error(state.kind, name_ + ": " + state.text);
    }
    if (state.pending) {
        loss_.check();
    }
}

std::uint64_t Emulation::make_batch(std::size_t unit, std::uint32_t capacity,
                                    const SharedMemory& memory) {
    Lock lock(mutex_);
    const std::uint64_t id = next_id_++;
    loss_.check();
    states_[id].pending = true;
    states_[id].unit = unit;
    try {
        send(lock,
             message(MessageKind::make_batch)
                 .number(field::batch, id)
                 .number(field::number, unit)
                 .number(field::capacity, capacity),
             memory.get());
        if (!answered(lock, id, patience_for_opening)) {
            lose(lock, "XRT made no buffers within a minute");
        }
        throw_failure(lock, id);
    } catch (...) {
        states_.erase(id);
        throw;
    }
    return id;
}

void Emulation::drop_batch(std::uint64_t id) {
    const Lock lock(mutex_);
    units_[states_.at(id).unit].ended(id);
    states_.erase(id);
    if (!loss_.lost() && !ended_) {
        channel_->send(message(MessageKind::drop_batch).number(field::batch, id));
    }
}

void Emulation::start(std::uint64_t id, std::uint32_t frames) {
    Lock lock(mutex_);
    loss_.check();
    State& state = states_.at(id);
    state.pending = true;
    units_[state.unit].started(id, frames);
    send(lock, message(MessageKind::start).number(field::batch, id).number(field::number, frames));
}

void Emulation::wait(std::uint64_t id, std::chrono::milliseconds timeout) {
    Lock lock(mutex_);
    const State& state = states_.at(id);
    const UnitQueue<std::uint64_t>& unit = units_[state.unit];
    while (state.pending && !loss_.lost()) {
        changed_.wait_until(lock, unit.deadline(timeout));
        if (state.pending && unit.late(timeout)) {
            lose(lock, unit.lateness(timeout), ErrorKind::timeout);
        }
    }
    throw_failure(lock, id);
}

bool Emulation::over(std::uint64_t id, std::chrono::milliseconds timeout) {
    Lock lock(mutex_);
    return answered(lock, id, timeout);
}

class EmulatedBatch final : public Batch {
  public:
    EmulatedBatch(std::shared_ptr<Emulation> emulation, std::size_t unit, std::uint32_t capacity)
        : emulation_(std::move(emulation)),
          capacity_(capacity),
          memory_(emulation_->arguments(), capacity),
          id_(emulation_->make_batch(unit, capacity, memory_)) {}
    ~EmulatedBatch() override {
        if (frames_ != 0 && !emulation_->over(id_, patience_for_a_batch)) {
            emulation_->lose("a batch was destroyed before its end");
        }
        emulation_->drop_batch(id_);
    }

    std::span<std::byte> input(std::size_t port) override {
        if (port >= memory_.inputs()) {
            throw Error(ErrorKind::usage, "there is no input port " + std::to_string(port));
        }
        return memory_.input(port);
    }
    std::span<const std::byte> output(std::size_t port) override {
        if (port >= memory_.outputs()) {
            throw Error(ErrorKind::usage, "there is no output port " + std::to_string(port));
        }
        return memory_.output(port);
    }
    void start(std::uint32_t frames) override {
        if (frames == 0 || frames > capacity_) {
            throw Error(ErrorKind::usage, "cannot start " + counted(frames, "frame") +
                                              " in a batch of up to " + std::to_string(capacity_));
        }
        if (frames_ != 0) {
            throw Error(ErrorKind::usage, "the batch is already started");
        }
        emulation_->start(id_, frames);
        frames_ = frames;
    }
    void wait(std::chrono::milliseconds timeout) override {
        if (frames_ == 0) {
            throw Error(ErrorKind::usage, "the batch is not started");
        }
        frames_ = 0;
        emulation_->wait(id_, timeout);
    }

  private:
    std::shared_ptr<Emulation> emulation_;
    std::uint32_t capacity_;
    SharedMemory memory_;
    std::uint64_t id_;
    std::uint32_t frames_ = 0; ///< of the run under way; 0: none
};

class EmulatedDevice final : public Device {
  public:
    EmulatedDevice(std::shared_ptr<Emulation> emulation, const Manifest& manifest)
        : emulation_(std::move(emulation)),
          units_(manifest.compute_units.size()),
          description_("XRT's software emulation of " +
                       (manifest.board.empty() ? manifest.kernel : manifest.board) + " (" +
                       emulation_->name() + ")") {}

    [[nodiscard]] std::string description() const override { return description_; }
    [[nodiscard]] std::size_t compute_units() const override { return units_; }
    std::unique_ptr<Batch> make_batch(std::size_t compute_unit, std::uint32_t capacity) override {
        if (compute_unit >= units_) {
            throw Error(ErrorKind::usage,
                        "there is no compute unit " + std::to_string(compute_unit));
        }
        return std::make_unique<EmulatedBatch>(emulation_, compute_unit, capacity);
    }

  private:
    std::shared_ptr<Emulation> emulation_;
    std::size_t units_;
    std::string description_;
};

} // namespace

std::unique_ptr<Device> open_xrt_emu_device(unsigned index, const DeviceContext& context) {
#ifndef MILLRACE_HAS_XRT
    throw Error(ErrorKind::no_device, "this program was built without XRT");
#endif
    return std::make_unique<EmulatedDevice>(std::make_shared<Emulation>(index, context),
                                            context.manifest);
}

} // namespace millrace::runtime
