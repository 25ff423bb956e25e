// SPDX-License-Identifier: Apache-2.0
//
// One thread receives what the XRT process says, and finds out why it ended when it has ended: the
// supervisor's exit code and the last lines that the processes wrote. Everyone else waits for
// events with a time limit. Whatever the processes do, closing the lifeline makes the supervisor
// kill them all and end, so the receiving thread always comes to its end.
#include "runtime/devices/xrt_emu_device.hpp"

#include "runtime/devices/deadline.hpp"
#include "runtime/devices/kernel_arguments.hpp"
#include "runtime/devices/simulation_library.hpp"
#include "runtime/emulation/host_protocol.hpp"
#include "runtime/emulation/programs.hpp"
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
#include <fstream>
#include <map>
#include <mutex>
#include <poll.h>
#include <sstream>
#include <string_view>
#include <sys/socket.h>
#include <system_error>
#include <thread>
#include <utility>

namespace millrace::runtime {

namespace {

constexpr std::chrono::seconds patience_for_opening{60};
constexpr std::chrono::seconds patience_for_closing{2};
constexpr std::chrono::seconds patience_for_a_batch{10};

/// The last lines of the processes' output.
std::string last_lines(const std::filesystem::path& log) {
    constexpr std::streamoff most = 2000;
    std::ifstream stream(log, std::ios::binary | std::ios::ate);
    const std::streamoff size = stream ? static_cast<std::streamoff>(stream.tellg()) : 0;
    stream.seekg(size > most ? size - most : 0);
    std::string text{std::istreambuf_iterator<char>(stream), {}};
    if (size > most) {
        text.erase(0, std::min(text.find('\n'), text.size() - 1) + 1);
    }
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) {
        text.pop_back();
    }
    return text;
}

/// What the device process has said, which XRT only knows as "failed".
std::string said_by_device(const std::filesystem::path& log) {
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
    void wait(std::uint64_t id, std::uint32_t frames, std::chrono::milliseconds timeout);
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
    };
    using Lock = std::unique_lock<std::mutex>;

    void launch();
    void receive();
    void reap();
    void lose(Lock& lock, const std::string& reason);
    void check_not_lost(Lock& lock) const;
    void send(Lock& lock, const WireWriter& message, int descriptor = -1);
    /// Waits for the answer to `id`; false when the time is over.
    bool answered(Lock& lock, std::uint64_t id, std::chrono::milliseconds timeout);
    void throw_failure(Lock& lock, std::uint64_t id);

    std::string name_;
    KernelArguments arguments_;
    XrtRoot root_;
    std::filesystem::path log_;
    std::unique_ptr<Channel> channel_;
    Descriptor lifeline_;
    pid_t supervisor_ = 0;
    std::thread receiver_;
    std::mutex mutex_; ///< of all below, and of sending
    std::condition_variable changed_;
    std::map<std::uint64_t, State> states_;
    std::uint64_t next_id_ = 1;
    std::string lost_;
    bool closing_ = false;
    bool ended_ = false;
};

std::filesystem::path image(const DeviceContext& context, const XrtRoot& root) {
    if (context.xclbin.empty()) {
        const std::filesystem::path file = root.folder() / (context.manifest.kernel + ".xclbin");
        write_xclbin(file, context.manifest,
                     simulation_library(context.project, simulation_of(context.manifest)));
        return file;
    }
    if (!check_xclbin(context.xclbin).simulation) {
        throw Error(ErrorKind::xclbin, context.xclbin.string() +
                                           " is not made for emulation: it carries no simulation "
                                           "of its kernel");
    }
    return std::filesystem::absolute(context.xclbin);
}

Emulation::Emulation(unsigned index, const DeviceContext& context)
    : name_("xrt-emu:" + std::to_string(index)),
      arguments_(context.manifest),
      root_(context.manifest, index + 1),
      log_(root_.folder() / "log") {
    const std::filesystem::path xclbin = image(context, root_);
    launch();
    try {
        receiver_ = std::thread([this] { receive(); });
    } catch (const std::system_error& error) {
        lifeline_.reset();
        wait_for(supervisor_);
        throw Error(ErrorKind::device, name_ + ": cannot start a thread: " + error.what());
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
        // First of all: the log goes with the processes.
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
    const Descriptor log(
        open(log_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, S_IRUSR | S_IWUSR));
    if (!log) {
        throw Error(ErrorKind::file, "cannot write " + log_.string() + ": " +
                                         std::generic_category().message(errno));
    }
    auto [own, childs] = Channel::connect();
    auto [held, watched] = Channel::connect();
    Environment environment = root_.variables();
    // Not the settings of whatever folder the application runs in.
    environment.push_back("XRT_INI_PATH=" + (root_.folder() / "xrt.ini").string());
    std::ofstream(root_.folder() / "xrt.ini") << "[Runtime]\n";
    supervisor_ = spawn(
        {.arguments = {program.string(), "--session", root_.folder().string()},
         .environment = changed_environment(environment, XrtRoot::unwanted_variables()),
         .descriptors = {{log.get(), 1}, {log.get(), 2}, {childs.get(), 3}, {watched.get(), 4}},
         .new_session = true});
    channel_ = std::make_unique<Channel>(std::move(own));
    lifeline_ = std::move(held);
}

Emulation::~Emulation() {
    Lock lock(mutex_);
    closing_ = true;
    if (lost_.empty() && !ended_) {
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
    if (lost_.empty()) {
        lost_ = closing_ ? "it was closed" : reason;
    }
    changed_.notify_all();
}

void Emulation::lose(Lock& /*held*/, const std::string& reason) {
    if (lost_.empty()) {
        lost_ = reason;
    }
    // Makes the supervisor end everything.
    shutdown(lifeline_.get(), SHUT_RDWR);
    changed_.notify_all();
}

void Emulation::lose(const std::string& reason) {
    Lock lock(mutex_);
    lose(lock, reason);
}

void Emulation::check_not_lost(Lock& /*held*/) const {
    if (!lost_.empty()) {
        throw Error(ErrorKind::device,
                    name_ + ": the device is lost and must be opened again: " + lost_);
    }
}

void Emulation::send(Lock& lock, const WireWriter& message, int descriptor) {
    check_not_lost(lock);
    if (!channel_->send(message, descriptor)) {
        // Gone: the receiving thread knows why in a moment.
        changed_.wait_until(lock, deadline_after(std::chrono::seconds(15)),
                            [this] { return ended_ || !lost_.empty(); });
        if (lost_.empty()) {
            lose(lock, "the XRT process does not answer");
        }
        check_not_lost(lock);
    }
}

bool Emulation::answered(Lock& lock, std::uint64_t id, std::chrono::milliseconds timeout) {
    return changed_.wait_until(lock, deadline_after(timeout),
                               [this, id] { return !states_.at(id).pending || !lost_.empty(); });
}

void Emulation::throw_failure(Lock& lock, std::uint64_t id) {
    const State& state = states_.at(id);
    if (!state.pending && state.failed) {
        throw Error(state.kind, name_ + ": " + state.text);
    }
    if (state.pending) {
        check_not_lost(lock);
    }
}

std::uint64_t Emulation::make_batch(std::size_t unit, std::uint32_t capacity,
                                    const SharedMemory& memory) {
    Lock lock(mutex_);
    const std::uint64_t id = next_id_++;
    check_not_lost(lock);
    states_[id].pending = true;
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
    states_.erase(id);
    if (lost_.empty() && !ended_) {
        channel_->send(message(MessageKind::drop_batch).number(field::batch, id));
    }
}

void Emulation::start(std::uint64_t id, std::uint32_t frames) {
    Lock lock(mutex_);
    check_not_lost(lock);
    states_.at(id).pending = true;
    send(lock, message(MessageKind::start).number(field::batch, id).number(field::number, frames));
}

void Emulation::wait(std::uint64_t id, std::uint32_t frames, std::chrono::milliseconds timeout) {
    Lock lock(mutex_);
    if (!answered(lock, id, timeout)) {
        const std::string reason = "the kernel did not finish " + counted(frames, "frame") +
                                   " within " + std::to_string(timeout.count()) + " ms";
        lose(lock, reason);
        throw Error(ErrorKind::timeout,
                    name_ + ": " + reason + "; the device must be opened again");
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
        emulation_->wait(id_, std::exchange(frames_, 0), timeout);
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
