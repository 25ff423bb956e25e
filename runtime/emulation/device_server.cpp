// SPDX-License-Identifier: Apache-2.0
//
// Numbers of calls and fields are those of XRT (xcl_macros.h, rpc_messages.proto). Replies begin
// with a success flag or a number of bytes as field 1, and data is field 2, in all calls used.
#include "runtime/emulation/device_server.hpp"

#include "runtime/emulation/wire.hpp"
#include "runtime/error.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <sys/mman.h>
#include <unistd.h>
#include <utility>

namespace millrace::runtime {

namespace {

enum Api : std::uint32_t {
    close_device = 1,
    load_bitstream = 3,
    allocate_buffer = 4,
    free_buffer = 5,
    host_to_device = 6,
    device_to_host = 7,
    write_device_ram = 8,
    write_kernel_control = 9,
    read_device_ram = 10,
    read_kernel_control = 11,
    device_timestamp = 17,
    debug_messages = 19,
    set_environment = 20,
    setup_instance = 28,
    register_write = 51,
    register_read = 52,
};

constexpr std::uint64_t largest_transfer = std::uint64_t{1} << 30;

std::string hex(std::uint64_t value) {
    std::ostringstream text;
    text << "0x" << std::hex << value;
    return text.str();
}

std::string success(std::uint64_t value = 1) { return WireWriter().number(1, value).take(); }

} // namespace

DeviceServer::DeviceServer(DeviceServerOptions options) : options_(std::move(options)) {
    if (options_.watchdog.count() > 0 || options_.step_watchdog.count() > 0) {
        watchdog_ = std::thread([this] { watch(); });
    }
}

DeviceServer::~DeviceServer() {
    {
        const std::lock_guard lock(units_mutex_);
        stop_ = true;
    }
    stopped_.notify_all();
    if (watchdog_.joinable()) {
        watchdog_.join();
    }
    units_.clear();
}

void DeviceServer::watch() {
    const auto least = [](std::chrono::milliseconds a, std::chrono::milliseconds b) {
        return a.count() == 0 || (b.count() != 0 && b < a) ? b : a;
    };
    const auto step = std::clamp(least(options_.watchdog, options_.step_watchdog) / 8,
                                 std::chrono::milliseconds(5), std::chrono::milliseconds(1000));
    const auto over = [](std::chrono::milliseconds time, std::chrono::milliseconds limit) {
        return limit.count() > 0 && time > limit;
    };
    std::unique_lock lock(units_mutex_);
    while (!stopped_.wait_for(lock, step, [this] { return stop_; })) {
        for (const std::unique_ptr<EmulatedUnit>& unit : units_) {
            const std::string name = "kernel " + unit->info().kernel + ":" + unit->info().name;
            if (over(unit->at_work(), options_.watchdog)) {
                options_.fatal(name + " did not finish within " +
                               std::to_string(options_.watchdog.count()) + " ms");
                return;
            }
            if (over(unit->in_step(), options_.step_watchdog)) {
                options_.fatal(name +
                               " makes no progress: one step of its simulation has taken more "
                               "than " +
                               std::to_string(options_.step_watchdog.count()) + " ms");
                return;
            }
        }
    }
}

bool DeviceServer::idle() const {
    return std::all_of(units_.begin(), units_.end(),
                       [](const auto& unit) { return unit->at_work().count() == 0; });
}

void DeviceServer::serve(CallStream& stream) {
    while (!closed_) {
        const std::optional<Call> call = stream.receive();
        if (!call || !stream.reply(answer(*call))) {
            return;
        }
    }
}

std::string DeviceServer::failed(const std::string& what) {
    options_.log(what);
    return success(0);
}

std::string DeviceServer::answer(const Call& call) {
    const std::optional<WireMessage> message = WireMessage::parse(call.body);
    if (!message) {
        throw std::runtime_error("call " + std::to_string(call.api) + " with a malformed message");
    }
    switch (call.api) {
    case close_device: {
        closed_ = message->number(3) != 0;
        std::vector<std::unique_ptr<EmulatedUnit>> units;
        if (!closed_) { // a reset, before an image is loaded
            const std::lock_guard lock(units_mutex_);
            units_.swap(units);
        }
        return success();
    }
    case load_bitstream:
        return load(*message);
    case allocate_buffer:
        return allocate(*message);
    case free_buffer:
        return release(*message);
    case host_to_device:
        return copy_in(*message, 3, 4);
    case device_to_host:
        return copy_out(message->number(4), message->number(5));
    case write_device_ram:
        return copy_in(*message, 2, 4);
    case read_device_ram:
        return copy_out(message->number(2), message->number(3));
    case write_kernel_control:
        return write_registers(message->number(2), message->bytes(4).value_or(""));
    case read_kernel_control:
        return read_registers(message->number(2), message->number(3));
    case register_write:
        return write_registers(message->number(1) + message->number(2),
                               message->bytes(3).value_or(""));
    case register_read:
        return read_registers(message->number(1) + message->number(2), message->number(3));
    case set_environment:
    case setup_instance: // routes of streams; kernels with memory ports have none
        return success();
    case device_timestamp:
        return success(0);
    case debug_messages:
        return {};
    default:
        return failed("call " + std::to_string(call.api) + " is not supported");
    }
}

std::string DeviceServer::load(const WireMessage& message) {
    const std::string library = message.text(2);
    if (library.empty()) {
        return success(); // XRT starts the process for buffers before there is an image
    }
    try {
        const std::string xml_file = message.text(1);
        std::ifstream stream(xml_file, std::ios::binary);
        const std::string xml{std::istreambuf_iterator<char>(stream), {}};
        if (!stream) {
            return failed("cannot read " + xml_file);
        }
        const std::shared_ptr<KernelLibrary> kernel = KernelLibrary::load(library);
        std::vector<std::unique_ptr<EmulatedUnit>> units;
        for (InstanceInfo& info : read_instances(xml)) {
            if (info.kernel != kernel->kernel_name()) {
                return failed("the image carries the simulation of kernel " +
                              kernel->kernel_name() + ", its description is of kernel " +
                              info.kernel);
            }
            units.push_back(
                std::make_unique<EmulatedUnit>(std::move(info), kernel, memory_, options_.fatal));
        }
        if (units.empty()) {
            return failed("the image has no compute unit");
        }
        const std::lock_guard lock(units_mutex_);
        units_.swap(units);
        return success();
    } catch (const std::runtime_error& error) { // Error among them
        return failed(error.what());
    }
}

std::string DeviceServer::allocate(const WireMessage& message) {
    const std::uint64_t address = message.number(1);
    const std::uint64_t bytes = message.number(2);
    if (!memory_.allocate(address, bytes)) {
        return failed("cannot allocate " + std::to_string(bytes) + " bytes at " + hex(address) +
                      " (" + memory_.describe(address) + ")");
    }
    WireWriter reply;
    reply.number(1, 1);
    if (message.number(3) != 0) {
        // The host maps a file where it would map the device's memory, and still sends the data on
        // each sync: a missing sync shows as on a board. Without a file, XRT unmaps memory of
        // malloc's later.
        constexpr std::uint64_t page = 4096;
        Descriptor file(memfd_create("millrace-buffer", MFD_CLOEXEC));
        if (!file || ftruncate(file.get(), static_cast<off_t>((bytes + page - 1) / page * page))) {
            memory_.release(address);
            return failed("cannot make a file of " + std::to_string(bytes) + " bytes");
        }
        reply.bytes(2, "/proc/" + std::to_string(getpid()) + "/fd/" + std::to_string(file.get()));
        files_.insert_or_assign(address, std::move(file));
    }
    return reply.take();
}

std::string DeviceServer::release(const WireMessage& message) {
    const std::uint64_t address = message.number(1);
    files_.erase(address);
    return memory_.release(address) ? success() : failed("there is no buffer at " + hex(address));
}

std::string DeviceServer::copy_in(const WireMessage& message, std::uint32_t to,
                                  std::uint32_t data) {
    const std::uint64_t address = message.number(to);
    const std::string_view bytes = message.bytes(data).value_or("");
    if (!memory_.write(address, bytes.data(), bytes.size())) {
        return failed("the host wrote " + std::to_string(bytes.size()) + " bytes at " +
                      hex(address) + ", beyond every buffer (" + memory_.describe(address) + ")");
    }
    return success(bytes.size());
}

std::string DeviceServer::copy_out(std::uint64_t address, std::uint64_t bytes) {
    std::string data;
    if (bytes <= largest_transfer) {
        data.resize(static_cast<std::size_t>(bytes));
    }
    if (bytes > largest_transfer || !memory_.read(address, data.data(), data.size())) {
        options_.log("the host read " + std::to_string(bytes) + " bytes at " + hex(address) +
                     ", beyond every buffer (" + memory_.describe(address) + ")");
        return WireWriter().number(1, 0).bytes(2, "").take();
    }
    return WireWriter().number(1, bytes).bytes(2, data).take();
}

EmulatedUnit* DeviceServer::unit_at(std::uint64_t address, std::uint64_t bytes) {
    for (const std::unique_ptr<EmulatedUnit>& unit : units_) {
        const std::uint64_t offset = address - unit->info().base;
        if (offset < unit->info().bytes && bytes <= unit->info().bytes - offset) {
            return unit.get();
        }
    }
    return nullptr;
}

std::string DeviceServer::write_registers(std::uint64_t address, std::string_view words) {
    EmulatedUnit* unit = unit_at(address, words.size());
    if (unit == nullptr || address % 4 != 0 || words.empty() || words.size() % 4 != 0) {
        return failed("the host wrote " + std::to_string(words.size()) + " bytes of registers at " +
                      hex(address) + ", where there is no compute unit");
    }
    const auto offset = static_cast<std::uint32_t>(address - unit->info().base);
    // From the end: a block begins with the control word, and its start bit must come last.
    for (std::size_t at = words.size(); at > 0; at -= 4) {
        unit->write(offset + static_cast<std::uint32_t>(at - 4), fixed32(words.data() + at - 4));
    }
    return success();
}

std::string DeviceServer::read_registers(std::uint64_t address, std::uint64_t bytes) {
    EmulatedUnit* unit = unit_at(address, bytes);
    if (unit == nullptr || address % 4 != 0 || bytes == 0 || bytes % 4 != 0) {
        options_.log("the host read " + std::to_string(bytes) + " bytes of registers at " +
                     hex(address) + ", where there is no compute unit");
        return WireWriter().number(1, 0).bytes(2, std::string(4, '\0')).take();
    }
    const auto offset = static_cast<std::uint32_t>(address - unit->info().base);
    std::string data;
    for (std::uint64_t at = 0; at < bytes; at += 4) {
        const std::uint32_t word = unit->read(offset + static_cast<std::uint32_t>(at));
        for (unsigned byte = 0; byte < 4; ++byte) {
            data.push_back(static_cast<char>(word >> (8 * byte) & 0xFF));
        }
    }
    return WireWriter().number(1, 1).bytes(2, data).take();
}

} // namespace millrace::runtime
