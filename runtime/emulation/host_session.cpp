// SPDX-License-Identifier: Apache-2.0
//
// A thread for each batch: it copies the inputs into XRT's buffers, starts the kernel, waits
// without a limit, copies the results and says so. Time limits are the session's, which ends this
// process when one is over: nothing in here may be trusted to come back.
#include "runtime/emulation/host_session.hpp"

#include "runtime/devices/xrt_device.hpp"
#include "runtime/error.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <unistd.h>
#include <utility>

namespace millrace::runtime {

namespace {

/// The connection's sending side, for all threads.
class Replies {
  public:
    explicit Replies(Channel& channel) : channel_(channel) {}
    void send(const WireWriter& reply) {
        const std::lock_guard lock(mutex_);
        if (!channel_.send(reply)) {
            _exit(1); // the session is gone
        }
    }
    void fail(std::uint64_t batch, ErrorKind kind, const std::string& text) {
        // Messages have a limit; what is cut off is the end of a compiler's or XRT's list.
        send(message(MessageKind::failed)
                 .number(field::batch, batch)
                 .number(field::number, static_cast<std::uint64_t>(kind))
                 .bytes(field::text, std::string_view(text).substr(0, 32 * 1024)));
    }

  private:
    Channel& channel_;
    std::mutex mutex_;
};

class Worker {
  public:
    Worker(std::uint64_t id, std::unique_ptr<SharedMemory> memory, std::unique_ptr<Batch> batch,
           const KernelArguments& arguments, Replies& replies)
        : id_(id),
          memory_(std::move(memory)),
          batch_(std::move(batch)),
          arguments_(arguments),
          replies_(replies),
          thread_([this] { serve(); }) {}
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;
    ~Worker() {
        {
            const std::lock_guard lock(mutex_);
            stop_ = true;
        }
        changed_.notify_all();
        thread_.join();
    }
    void start(std::uint32_t frames) {
        {
            const std::lock_guard lock(mutex_);
            frames_ = frames;
        }
        changed_.notify_all();
    }
    bool busy() {
        const std::lock_guard lock(mutex_);
        return frames_ != 0;
    }

  private:
    void serve() {
        std::unique_lock lock(mutex_);
        while (true) {
            changed_.wait(lock, [this] { return stop_ || frames_ != 0; });
            if (stop_) {
                return;
            }
            const std::uint32_t frames = frames_;
            lock.unlock();
            ErrorKind kind{};
            std::string error;
            try {
                run(frames);
            } catch (const Error& e) {
                kind = e.kind();
                error = e.what();
            } catch (const std::exception& e) {
                kind = ErrorKind::device;
                error = e.what();
            }
            lock.lock();
            frames_ = 0; // before the reply: the next start may follow it at once
            lock.unlock();
            if (error.empty()) {
                replies_.send(message(MessageKind::done).number(field::batch, id_));
            } else {
                replies_.fail(id_, kind, error);
            }
            lock.lock();
        }
    }
    void run(std::uint32_t frames) {
        for (std::size_t port = 0; port < memory_->inputs(); ++port) {
            const std::size_t bytes = KernelArguments::bytes(arguments_.inputs[port], frames);
            std::memcpy(batch_->input(port).data(), memory_->input(port).data(), bytes);
        }
        batch_->start(frames);
        batch_->wait(std::chrono::milliseconds::max());
        for (std::size_t port = 0; port < memory_->outputs(); ++port) {
            const std::size_t bytes = KernelArguments::bytes(arguments_.outputs[port], frames);
            std::memcpy(memory_->output(port).data(), batch_->output(port).data(), bytes);
        }
    }

    std::uint64_t id_;
    std::unique_ptr<SharedMemory> memory_;
    std::unique_ptr<Batch> batch_;
    const KernelArguments& arguments_;
    Replies& replies_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::uint32_t frames_ = 0; ///< of the run under way
    bool stop_ = false;
    std::thread thread_;
};

class HostSession {
  public:
    explicit HostSession(Channel channel) : channel_(std::move(channel)), replies_(channel_) {}

    int serve() {
        while (true) {
            std::optional<Channel::Received> received = channel_.receive();
            if (!received) {
                _exit(1);
            }
            const std::optional<WireMessage> request = WireMessage::parse(received->bytes);
            if (!request) {
                _exit(1); // cannot be: both ends are of one build
            }
            if (request->number(field::kind) == static_cast<std::uint64_t>(MessageKind::close)) {
                return close();
            }
            handle(*request, std::move(received->descriptor));
        }
    }

  private:
    void handle(const WireMessage& request, Descriptor descriptor) {
        const std::uint64_t batch = request.number(field::batch);
        try {
            switch (static_cast<MessageKind>(request.number(field::kind))) {
            case MessageKind::open:
                open(request);
                break;
            case MessageKind::make_batch:
                make_batch(request, std::move(descriptor));
                break;
            case MessageKind::start:
                workers_.at(batch)->start(
                    static_cast<std::uint32_t>(request.number(field::number)));
                break;
            case MessageKind::drop_batch:
                workers_.erase(batch);
                break;
            default:
                throw Error(ErrorKind::device, "an unknown message");
            }
        } catch (const Error& error) {
            replies_.fail(batch, error.kind(), error.what());
        } catch (const std::exception& error) {
            replies_.fail(batch, ErrorKind::device, error.what());
        }
    }

    void open(const WireMessage& request) {
        DeviceContext context;
        context.manifest = unpack_manifest(request.text(field::manifest));
        context.xclbin = request.text(field::text);
        arguments_ = std::make_unique<KernelArguments>(context.manifest);
        device_ = open_xrt_device(static_cast<unsigned>(request.number(field::number)), context);
        replies_.send(message(MessageKind::opened).bytes(field::text, device_->description()));
    }

    void make_batch(const WireMessage& request, Descriptor descriptor) {
        const std::uint64_t id = request.number(field::batch);
        const auto capacity = static_cast<std::uint32_t>(request.number(field::capacity));
        if (!device_) {
            throw Error(ErrorKind::device, "the device is not open");
        }
        auto memory = std::make_unique<SharedMemory>(*arguments_, capacity, std::move(descriptor));
        auto batch =
            device_->make_batch(static_cast<std::size_t>(request.number(field::number)), capacity);
        workers_.emplace(id, std::make_unique<Worker>(id, std::move(memory), std::move(batch),
                                                      *arguments_, replies_));
        replies_.send(message(MessageKind::made).number(field::batch, id));
    }

    int close() {
        for (const auto& [id, worker] : workers_) {
            if (worker->busy()) {
                _exit(0); // nobody wants the results; the supervisor ends the device process
            }
        }
        workers_.clear();
        device_.reset();
        return 0;
    }

    Channel channel_;
    Replies replies_;
    std::unique_ptr<KernelArguments> arguments_;
    std::unique_ptr<Device> device_;
    std::map<std::uint64_t, std::unique_ptr<Worker>> workers_;
};

} // namespace

int serve_host_session(Channel channel) { return HostSession(std::move(channel)).serve(); }

} // namespace millrace::runtime
