// SPDX-License-Identifier: Apache-2.0
//
// The kernel belongs to whoever holds the mutex: the thread takes it for one advance() at a time,
// register accesses in between. The thread waits while others want the mutex, since it would get it
// back before they wake otherwise.
//
// ap_ctrl_chain: a driver writes ap_continue when it has seen ap_done. The scheduler in XRT's
// software emulation does not (2.13 mistakes such compute units for ap_ctrl_hs), so the unit writes
// it in its place, at the latest moment: before the next start.
//
// A kernel that goes idle must have said ap_done, or its host waits for ever. Reading it may clear
// it, so what is read here is kept for the host.
#include "runtime/emulation/emulated_unit.hpp"

#include <algorithm>
#include <sstream>
#include <utility>

namespace millrace::runtime {

namespace {

std::int64_t now_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

std::chrono::milliseconds time_since(std::int64_t since) {
    return std::chrono::milliseconds(since == 0 ? 0 : std::max<std::int64_t>(1, now_ms() - since));
}

} // namespace

EmulatedUnit::EmulatedUnit(InstanceInfo info, std::shared_ptr<const KernelLibrary> library,
                           DeviceMemory& memory, Fatal fatal)
    : info_(std::move(info)),
      device_memory_(memory),
      fatal_(std::move(fatal)),
      memory_{this, read_memory, write_memory},
      kernel_(std::move(library), memory_),
      thread_([this] { serve(); }) {}

EmulatedUnit::~EmulatedUnit() {
    ++waiting_;
    {
        const std::lock_guard lock(mutex_);
        stop_ = true;
    }
    --waiting_;
    changed_.notify_all();
    thread_.join();
}

void EmulatedUnit::serve() {
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [this] { return stop_ || busy_; });
        if (stop_) {
            return;
        }
        step_since_ = now_ms();
        const int more = kernel_.advance();
        step_since_ = 0;
        if (more < 0 && !failed_) {
            fail("failed: " + kernel_.error());
        }
        if (more == 0) {
            const std::uint32_t value = kernel_.read(0);
            taken_ |= value & (control::done | control::ready);
            done_seen_ = done_seen_ || (value & control::done) != 0;
            if (!done_seen_ && !failed_) {
                fail("stopped without an end of its work");
            }
        }
        if (more <= 0) {
            busy_ = false;
            since_ = 0;
        } else if (waiting_ > 0) {
            lock.unlock();
            std::this_thread::yield();
            lock.lock();
        } else {
            lock.unlock(); // the control word can be read here
            lock.lock();
        }
    }
}

void EmulatedUnit::write(std::uint32_t offset, std::uint32_t value) {
    ++waiting_;
    {
        const std::lock_guard lock(mutex_);
        if (offset == 0 && (value & (control::start | control::resume)) != 0) {
            if (owed_ && (value & control::resume) == 0) {
                kernel_.write(0, control::resume);
            }
            owed_ = false;
            taken_ = 0;
        }
        kernel_.write(offset, value);
        if (offset == 0 && (value & control::start) != 0) {
            done_seen_ = false;
            busy_ = true;
            since_ = now_ms();
        }
    }
    --waiting_;
    changed_.notify_all();
}

std::uint32_t EmulatedUnit::read_control() {
    const std::uint32_t value = kernel_.read(0) | std::exchange(taken_, 0);
    done_seen_ = done_seen_ || (value & control::done) != 0;
    owed_ = owed_ || (info_.chain && (value & control::done) != 0);
    return value;
}

std::uint32_t EmulatedUnit::read(std::uint32_t offset) {
    if (offset == 0) {
        const std::unique_lock lock(mutex_, std::try_to_lock);
        return lock ? read_control() : control::start;
    }
    ++waiting_;
    std::uint32_t value = 0;
    {
        const std::lock_guard lock(mutex_);
        value = kernel_.read(offset);
    }
    --waiting_;
    return value;
}

std::chrono::milliseconds EmulatedUnit::at_work() const { return time_since(since_); }

std::chrono::milliseconds EmulatedUnit::in_step() const { return time_since(step_since_); }

void EmulatedUnit::fail(const std::string& what) {
    failed_ = true;
    fatal_("kernel " + info_.kernel + ":" + info_.name + " " + what);
}

int EmulatedUnit::access_failed(const char* what, std::uint64_t address, std::size_t bytes) {
    std::ostringstream text;
    text << what << ' ' << bytes << " bytes at 0x" << std::hex << address
         << ", beyond every buffer (" << device_memory_.describe(address) << ')';
    fail(text.str());
    return 1;
}

// Both are called by advance(), under the mutex.

int EmulatedUnit::read_memory(void* context, std::uint64_t address, void* to, std::size_t bytes) {
    auto* self = static_cast<EmulatedUnit*>(context);
    return self->device_memory_.read(address, to, bytes)
               ? 0
               : self->access_failed("read", address, bytes);
}

int EmulatedUnit::write_memory(void* context, std::uint64_t address, const void* from,
                               std::size_t bytes) {
    auto* self = static_cast<EmulatedUnit*>(context);
    return self->device_memory_.write(address, from, bytes)
               ? 0
               : self->access_failed("wrote", address, bytes);
}

} // namespace millrace::runtime
