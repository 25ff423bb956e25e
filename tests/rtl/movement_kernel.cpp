// SPDX-License-Identifier: Apache-2.0
//
// mr_control with its movers as a host uses it, for both protocols: registers and their bits, calls
// that follow and overlap each other, calls without frames, interrupts, partial writes; every
// call's result in memory.
#include "Vmovement_kernel_top.h"
#include "support/axi_memory.hpp"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <verilated.h>

using namespace millrace::rtl_bench;

namespace {

using Top = Vmovement_kernel_top;

// docs/kernel-interface.md.
constexpr std::uint32_t control = 0x00, global_enable = 0x04, enable = 0x08, status = 0x0c;
constexpr std::uint32_t first_argument = 0x10, argument_step = 12;
constexpr std::uint32_t ap_start = 1, ap_done = 2, ap_idle = 4, ap_ready = 8, ap_continue = 16;
constexpr std::uint32_t auto_restart = 128;
constexpr std::size_t ports = 3;
constexpr std::size_t slot = 128;
constexpr std::size_t word_bits[ports] = {64, 128, 64};
constexpr std::size_t frame_bytes[ports] = {8, 16, 16};
constexpr std::size_t buffer_bytes = 8192;

class Host {
  public:
    Host(Top& top, std::size_t kernel) : top_(top), kernel_(kernel) {
        for (std::size_t p = 0; p < ports; ++p) {
            memories_[p].base = 0x7'0000'0000 + 0x10'0000 * p;
            memories_[p].bytes.resize(buffer_bytes);
            for (auto& byte : memories_[p].bytes) {
                byte = static_cast<unsigned char>(random_());
            }
            const std::size_t at = 3 * kernel + p;
            const AxiRequestPort request{{top.request_address, 64 * at},
                                         {top.request_length, 8 * at},
                                         {top.request_valid, at},
                                         {top.request_ready, at}};
            if (p < 2) {
                reads_[p] = std::make_unique<AxiReads>(
                    memories_[p], request, Signal(top.read_data, slot * at),
                    Signal(top.read_valid, at), Signal(top.read_ready, at), word_bits[p], 2, p);
                reads_[p]->set_pace({5, 3});
            } else {
                writes_ = std::make_unique<AxiWrites>(
                    memories_[p], request, Signal(top.write_data, slot * at),
                    Signal(top.write_last, at), Signal(top.write_valid, at),
                    Signal(top.write_ready, at), Signal(top.response_valid, at),
                    Signal(top.response_ready, at), word_bits[p], 2, p);
                writes_->set_pace({5, 3});
            }
        }
        expected_ = memories_[2].bytes;
        top_.rst = 1;
        cycle();
        top_.rst = 0;
    }

    void write(std::uint32_t address, std::uint32_t data, std::uint32_t strobe = 15) {
        // Address and data come in any order; the response is taken late.
        std::size_t address_wait = random_() % 4;
        std::size_t data_wait = random_() % 4;
        bool address_open = true;
        bool data_open = true;
        while (address_open || data_open) {
            Signal(top_.awaddr, 16 * kernel_).write(0, 16, address_open ? address : random_());
            Signal(top_.wdata, 32 * kernel_).write(0, 32, data_open ? data : random_());
            Signal(top_.wstrb, 4 * kernel_).write(0, 4, data_open ? strobe : random_());
            Signal(top_.awvalid, kernel_).set(address_open && address_wait == 0);
            Signal(top_.wvalid, kernel_).set(data_open && data_wait == 0);
            cycle();
            address_open = address_open && !(address_wait == 0 && awready_);
            data_open = data_open && !(data_wait == 0 && wready_);
            address_wait -= address_wait > 0 ? 1 : 0;
            data_wait -= data_wait > 0 ? 1 : 0;
        }
        Signal(top_.awvalid, kernel_).set(false);
        Signal(top_.wvalid, kernel_).set(false);
        bool answered = false;
        while (!answered) {
            const bool ready = random_() % 2 == 0;
            Signal(top_.bready, kernel_).set(ready);
            cycle();
            answered = ready && bvalid_;
        }
        Signal(top_.bready, kernel_).set(false);
    }
    std::uint32_t read(std::uint32_t address) {
        Signal(top_.araddr, 16 * kernel_).write(0, 16, address);
        Signal(top_.arvalid, kernel_).set(true);
        do {
            cycle();
        } while (!arready_);
        Signal(top_.arvalid, kernel_).set(false);
        for (;;) {
            const bool ready = random_() % 2 == 0;
            Signal(top_.rready, kernel_).set(ready);
            cycle();
            if (ready && rvalid_) {
                Signal(top_.rready, kernel_).set(false);
                return static_cast<std::uint32_t>(read_data_);
            }
        }
    }
    void wait(int cycles) {
        for (int i = 0; i < cycles; ++i) {
            cycle();
        }
    }

    // Sets the arguments of a call of `frames` frames from `first` on in all buffers.
    void set_arguments(std::size_t first, std::int32_t frames) {
        for (std::size_t p = 0; p < ports; ++p) {
            const std::uint64_t address = memories_[p].base + first * frame_bytes[p];
            const auto offset = static_cast<std::uint32_t>(first_argument + argument_step * p);
            write(offset, static_cast<std::uint32_t>(address));
            write(offset + 4, static_cast<std::uint32_t>(address >> 32));
        }
        write(first_argument + argument_step * ports, static_cast<std::uint32_t>(frames));
        for (std::size_t f = first; f < first + static_cast<std::size_t>(std::max(frames, 0));
             ++f) {
            for (std::size_t e = 0; e < 16; ++e) {
                expected_[f * 16 + e] =
                    e < 6 ? memories_[0].bytes[f * 8 + e]
                          : static_cast<unsigned char>(
                                memories_[1].bytes[f * 16 + (e - 6) / 2] >> 4 * (e % 2) & 15);
            }
        }
    }
    std::uint32_t wait_for(std::uint32_t bit) {
        for (int i = 0; i < 3000; ++i) {
            const std::uint32_t value = read(control);
            if ((value & bit) != 0) {
                return value;
            }
        }
        complain("waited for a bit of the control register in vain");
        return 0;
    }
    void expect(bool holds, const char* what) {
        if (!holds) {
            complain(what);
        }
    }
    void expect_memory(const char* what) {
        expect(memories_[2].bytes == expected_, what);
        for (const auto& port : reads_) {
            expect(port->error().empty(), port->error().c_str());
        }
        expect(writes_->error().empty(), writes_->error().c_str());
    }
    [[nodiscard]] bool interrupted() const { return irq_; }
    [[nodiscard]] std::int64_t bursts() const {
        return reads_[0]->bursts() + reads_[1]->bursts() + writes_->bursts();
    }
    [[nodiscard]] int failures() const { return failures_; }

  private:
    void complain(const char* what) {
        std::printf("kernel %zu: %s\n", kernel_, what);
        ++failures_;
    }
    // What the kernel answers is looked at before the rising edge.
    void cycle() {
        for (const auto& port : reads_) {
            port->drive();
        }
        writes_->drive();
        top_.clk = 0;
        top_.eval();
        for (const auto& port : reads_) {
            port->sample();
        }
        writes_->sample();
        awready_ = Signal(top_.awready, kernel_).get();
        wready_ = Signal(top_.wready, kernel_).get();
        bvalid_ = Signal(top_.bvalid, kernel_).get();
        arready_ = Signal(top_.arready, kernel_).get();
        rvalid_ = Signal(top_.rvalid, kernel_).get();
        read_data_ = Signal(top_.rdata, 32 * kernel_).read(0, 32);
        irq_ = Signal(top_.irq, kernel_).get();
        top_.clk = 1;
        top_.eval();
    }

    Top& top_;
    std::size_t kernel_;
    AxiMemory memories_[ports];
    std::unique_ptr<AxiReads> reads_[2];
    std::unique_ptr<AxiWrites> writes_;
    std::vector<unsigned char> expected_;
    std::mt19937_64 random_{23};
    bool awready_ = false, wready_ = false, bvalid_ = false, arready_ = false, rvalid_ = false;
    bool irq_ = false;
    std::uint64_t read_data_ = 0;
    int failures_ = 0;
};

void registers(Host& host) {
    host.expect(host.read(control) == ap_idle, "idle after reset");
    for (std::uint32_t offset = first_argument; offset < 0x40; offset += 4) {
        const bool reserved = offset == 0x18 || offset == 0x24 || offset == 0x30 || offset > 0x34;
        host.write(offset, 0x12345678 + offset);
        host.expect(host.read(offset) == (reserved ? 0 : 0x12345678 + offset),
                    "an argument reads as written, a reserved word as 0");
    }
    host.write(0x10, 0xffffffff);
    host.write(0x10, 0x11223344, 5);
    host.expect(host.read(0x10) == 0xff22ff44, "only strobed bytes are written");
    host.expect(host.read(0x1000) == 0 && host.read(0xfffc) == 0, "nothing else is there");
    host.write(0x1000, ap_start);
    host.expect(host.read(control) == ap_idle, "addresses are decoded in full");
}

void chained_calls(Host& host) {
    host.set_arguments(3, 5);
    host.write(control, ap_start);
    host.expect((host.read(control) & (ap_idle | ap_done)) == 0, "busy after the start");
    host.expect((host.wait_for(ap_ready) & ap_start) == 0, "ready clears the start");
    host.expect((host.read(control) & ap_ready) == 0, "reading clears ready");
    host.wait_for(ap_done);
    host.expect_memory("the first call's result");
    host.wait(100);
    host.expect(host.read(control) == ap_done,
                "done stays, and not idle before it is acknowledged");
    host.write(control, ap_continue);
    host.expect(host.read(control) == ap_idle, "idle when done is acknowledged");

    // The second call is started while the first runs; it is done after the acknowledgement.
    host.set_arguments(20, 40);
    host.write(control, ap_start);
    host.wait_for(ap_ready);
    host.set_arguments(70, 3);
    host.write(control, ap_start);
    host.wait_for(ap_done);
    host.wait(1000);
    host.expect_memory("both overlapping calls' results");
    host.expect((host.read(control) & ap_done) != 0, "the first of two is done");
    host.write(control, ap_continue);
    host.wait_for(ap_done);
    host.write(control, ap_continue);
    host.wait(20);
    host.expect((host.read(control) & ~ap_ready) == ap_idle, "idle after both");
}

void plain_calls(Host& host) {
    for (std::size_t call = 0; call < 3; ++call) {
        host.set_arguments(10 * call, 9);
        host.write(control, ap_start);
        host.wait_for(ap_done);
        host.expect_memory("a call's result");
        host.expect((host.read(control) & (ap_done | ap_ready | ap_idle)) == ap_idle,
                    "reading clears done");
    }
}

void empty_calls(Host& host, bool chain) {
    const std::int64_t bursts = host.bursts();
    for (const std::int32_t frames : {0, -1, -2147483647 - 1}) {
        host.set_arguments(0, frames);
        host.write(control, ap_start);
        host.wait_for(ap_done);
        if (chain) {
            host.write(control, ap_continue);
        }
    }
    host.expect(host.bursts() == bursts, "no frames, no memory");
    host.expect_memory("nothing written without frames");
}

void interrupts(Host& host, bool chain) {
    host.write(enable, 1);
    host.expect(host.read(enable) == 1 && host.read(global_enable) == 0, "enables");
    const auto call = [&] {
        host.set_arguments(90, 4);
        host.write(control, ap_start);
        host.wait_for(ap_done);
        if (chain) {
            host.write(control, ap_continue);
        }
    };
    call();
    host.expect(host.read(status) == 1 && !host.interrupted(), "status without interrupt");
    host.write(global_enable, 1);
    host.wait(2);
    host.expect(host.interrupted(), "the interrupt line");
    host.write(status, 1);
    host.wait(2);
    host.expect(host.read(status) == 0 && !host.interrupted(), "a 1 toggles the status");
    host.write(enable, 3);
    call();
    host.expect(host.read(status) == 3 && host.interrupted(), "done and ready");
    host.write(status, 3);
    host.write(enable, 0);
    call();
    host.expect(host.read(status) == 0 && !host.interrupted(), "no interrupt when not enabled");
}

void restarts(Host& host, bool chain) {
    host.set_arguments(100, 6);
    const std::int64_t before = host.bursts();
    host.write(control, ap_start | auto_restart);
    for (int i = 0; i < 5; ++i) {
        host.wait_for(ap_done);
        if (chain) {
            host.write(control, ap_continue | auto_restart);
        }
    }
    host.expect((host.read(control) & auto_restart) != 0, "auto_restart reads back");
    host.write(control, chain ? ap_continue : 0);
    for (int i = 0; i < 3; ++i) {
        host.wait(600);
        host.read(control);
        if (chain) {
            host.write(control, ap_continue);
        }
    }
    host.expect((host.read(control) & ~ap_ready) == ap_idle, "idle without auto_restart");
    host.expect(host.bursts() >= before + 5 * 3, "several calls from one start");
    host.expect_memory("the results of calls that restart themselves");
}

} // namespace

int main(int argc, char** argv) {
    int failures = 0;
    for (std::size_t kernel = 0; kernel < 2; ++kernel) {
        VerilatedContext context;
        context.commandArgs(argc, argv);
        Top top(&context);
        Host host(top, kernel);
        registers(host);
        if (kernel == 0) {
            chained_calls(host);
        } else {
            plain_calls(host);
        }
        empty_calls(host, kernel == 0);
        interrupts(host, kernel == 0);
        restarts(host, kernel == 0);
        failures += host.failures();
    }
    if (failures == 0) {
        std::printf("passed\n");
    }
    return failures == 0 ? 0 : 1;
}
