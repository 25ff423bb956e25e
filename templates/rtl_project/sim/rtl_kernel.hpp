// SPDX-License-Identifier: Apache-2.0
//
// A Verilated kernel with its clock, its AXI4-Lite port and memory behind its AXI4 ports. A kernel
// has a VerilatedContext of its own, so kernels share nothing and may be used by several threads,
// each by one at a time.
//
// Whether the kernel has work left is what its control word says, read over AXI4-Lite every some
// cycles. Reading clears bits that the host has not seen; they are kept for its next read.
//
// Top: the Verilated class. Ports: made by kernel.cpp, has for_each(visitor), which visits every
// port in the order of the registers.
#ifndef MILLRACE_RTL_KERNEL_HPP
#define MILLRACE_RTL_KERNEL_HPP

#include "axi_memory.hpp"
#include "simulation.hpp"

#include <verilated.h>

#include <cstdint>
#include <cstdio>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace millrace {

// A context whose design finds its weights in a folder.
inline std::unique_ptr<VerilatedContext> make_context(const std::string& weights,
                                                      const SimulationOptions& options) {
    auto context = std::make_unique<VerilatedContext>();
    const std::string folder = "+mr_weights=" + weights;
    const char* arguments[] = {"kernel", folder.c_str()};
    context->commandArgs(2, arguments);
    // With stalls: what the reset leaves alone must not matter.
    context->randReset(options.stalls ? 2 : 0);
    context->randSeed(static_cast<int>(options.seed % 0x7fffffff) + 1);
    return context;
}

// Whether the top has gates between its movers and the network, see mr_stream_gate.sv.
template <class Top, class = void> struct HasGates : std::false_type {};
template <class Top>
struct HasGates<Top, std::void_t<decltype(std::declval<Top&>().stall_inputs)>> : std::true_type {};

template <class Top, class Ports> class RtlKernel final : public Simulation {
  public:
    RtlKernel(const KernelInfo& info, const std::string& weights, const millrace_memory& memory,
              const SimulationOptions& options)
        : info_(info),
          options_(options),
          context_(make_context(weights, options)),
          top_(std::make_unique<Top>(context_.get(), "")),
          bus_(memory, options),
          ports_(*top_, bus_),
          control_pauses_(bus_.pauses(8)),
          input_pauses_(stream_pauses(info.inputs.size())),
          output_pauses_(stream_pauses(info.outputs.size())),
          arguments_(info.frames_offset / 4 + 1),
          measurement_(stream_words(info.inputs), stream_words(info.outputs)) {
        top_->s_axi_control_AWVALID = 0;
        top_->s_axi_control_WVALID = 0;
        top_->s_axi_control_BREADY = 0;
        top_->s_axi_control_ARVALID = 0;
        top_->s_axi_control_RREADY = 0;
        reset();
    }
    ~RtlKernel() override { top_->final(); }

    void write(std::uint32_t offset, std::uint32_t value) override {
        if (offset / 4 < arguments_.size()) arguments_[offset / 4] = value;
        if (offset > last_offset) return;
        guard([&] {
            if (offset == 0 && (value & ap_start) != 0) {
                check_addresses();
                last_move_ = cycles_;
            }
            bus_write(offset, value);
        });
    }

    std::uint32_t read(std::uint32_t offset) override {
        if (offset > last_offset) return 0;
        std::uint32_t value = 0;
        guard([&] {
            value = offset == 0 ? std::exchange(unseen_, 0) | bus_read(0) : bus_read(offset);
        });
        // One that has failed stays at work for ever.
        if (!error_.empty()) return offset == 0 ? ap_start : 0;
        return value;
    }

    int advance() override {
        bool works = true;
        guard([&] {
            const std::uint64_t end = cycles_ + cycles_at_once;
            while (works && cycles_ < end) {
                for (int i = 0; i < cycles_between_looks; ++i) step();
                works = has_work();
            }
            if (works && options_.patience != 0 && cycles_ - last_move_ > options_.patience) {
                throw std::runtime_error(deadlock());
            }
        });
        return error_.empty() ? works : -1;
    }

    std::uint64_t cycles() const override { return cycles_; }
    const std::string& error() const override { return error_; }
    const Measurement& measurement() const override { return measurement_; }

  private:
    static constexpr std::uint32_t ap_start = 1, ap_done = 2, ap_idle = 4, ap_ready = 8;
    static constexpr std::uint32_t last_offset = 0xfffc;
    static constexpr std::uint64_t cycles_at_once = 1024;
    static constexpr int cycles_between_looks = 48;
    static constexpr int most_bus_cycles = 1 << 20;

    // What the ports show meanwhile means nothing. The reset inside ends some cycles later, and
    // words that need no input move from then on.
    void reset() {
        top_->ap_rst_n = 0;
        for (int i = 0; i < 16; ++i) {
            top_->ap_clk = 0;
            top_->eval();
            top_->ap_clk = 1;
            top_->eval();
            ++cycles_;
        }
        top_->ap_rst_n = 1;
        for (int i = 0; i < 16; ++i) step();
    }

    void step() {
        ports_.for_each([](auto& port, const PortInfo&) { port.drive(); });
        if (options_.stalls) stall_streams();
        top_->ap_clk = 0;
        top_->eval();
        ports_.for_each([](auto& port, const PortInfo&) { port.sample(); });
        const std::uint64_t taken = top_->probe_inputs;
        const std::uint64_t sent = top_->probe_outputs;
        if ((taken | sent) != 0) {
            last_move_ = cycles_;
            if (options_.measure) measurement_.count(cycles_, taken, sent);
        }
        top_->ap_clk = 1;
        top_->eval();
        ++cycles_;
    }

    void stall_streams() {
        if constexpr (HasGates<Top>::value) {
            set_bits(top_->stall_inputs, input_pauses_);
            set_bits(top_->stall_outputs, output_pauses_);
        }
    }
    template <class Bits> static void set_bits(Bits& bits, std::vector<Pauses>& streams) {
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < streams.size(); ++i) value |= std::uint64_t{streams[i]()} << i;
        bits = static_cast<Bits>(value);
    }
    std::vector<Pauses> stream_pauses(std::size_t streams) {
        std::vector<Pauses> result;
        while (result.size() < streams) result.push_back(bus_.pauses());
        return result;
    }
    static std::vector<std::uint64_t> stream_words(const std::vector<PortInfo>& ports) {
        std::vector<std::uint64_t> result;
        for (const PortInfo& port : ports) result.push_back(port.stream_words);
        return result;
    }

    // The first failure stays and stops the clock.
    template <class Work> void guard(Work&& work) {
        if (!error_.empty()) return;
        Verilated::threadContextp(context_.get());
        try {
            work();
        } catch (const std::exception& problem) {
            error_ = problem.what();
            if (error_.empty()) error_ = "the kernel failed";
        }
    }

    bool has_work() {
        const std::uint32_t word = bus_read(0);
        unseen_ |= word & (chain() ? ap_ready : ap_ready | ap_done);
        // Nothing ends before the host has acknowledged what has.
        if (chain() && (word & ap_done) != 0) return false;
        return (word & ap_idle) == 0;
    }

    bool chain() const { return info_.protocol == ControlProtocol::chain; }

    // The kernel would ignore the low bits.
    void check_addresses() {
        if (static_cast<std::int32_t>(arguments_[info_.frames_offset / 4]) <= 0) return;
        for (const auto* ports : {&info_.inputs, &info_.outputs}) {
            for (const PortInfo& port : *ports) {
                const std::uint64_t high = arguments_[port.offset / 4 + 1];
                const std::uint64_t address = high << 32 | arguments_[port.offset / 4];
                if (address % (port.memory_bits / 8) == 0) continue;
                char text[160];
                std::snprintf(text, sizeof text, "%s: the address 0x%llx is not a multiple of %u",
                              port.name, static_cast<unsigned long long>(address),
                              port.memory_bits / 8);
                throw std::runtime_error(text);
            }
        }
    }

    // Holds `valid` until the kernel is ready in a cycle.
    void offer(CData& valid, const CData& ready, int& patience) {
        while (control_pauses_() && --patience > 0) step();
        valid = 1;
        bool taken = false;
        while (!taken && --patience > 0) taken = step_and_look(ready);
        valid = 0;
        if (!taken) throw std::runtime_error("s_axi_control does not answer");
    }
    // A cycle; whether the signal is set in it. It may depend on this cycle's inputs.
    bool step_and_look(const CData& signal) {
        top_->ap_clk = 0;
        top_->eval();
        const bool set = signal != 0;
        step();
        return set;
    }

    void bus_write(std::uint32_t offset, std::uint32_t value) {
        int patience = most_bus_cycles;
        top_->s_axi_control_AWADDR = static_cast<SData>(offset);
        top_->s_axi_control_WDATA = value;
        top_->s_axi_control_WSTRB = 15;
        offer(top_->s_axi_control_AWVALID, top_->s_axi_control_AWREADY, patience);
        offer(top_->s_axi_control_WVALID, top_->s_axi_control_WREADY, patience);
        offer(top_->s_axi_control_BREADY, top_->s_axi_control_BVALID, patience);
    }
    std::uint32_t bus_read(std::uint32_t offset) {
        int patience = most_bus_cycles;
        top_->s_axi_control_ARADDR = static_cast<SData>(offset);
        offer(top_->s_axi_control_ARVALID, top_->s_axi_control_ARREADY, patience);
        while (!top_->s_axi_control_RVALID && --patience > 0) step();
        const std::uint32_t value = top_->s_axi_control_RDATA;
        offer(top_->s_axi_control_RREADY, top_->s_axi_control_RVALID, patience);
        return value;
    }

    std::string deadlock() {
        std::string text = "no stream word moved for " + std::to_string(options_.patience) +
                           " cycles: the kernel hangs";
        ports_.for_each([&](auto& port, const PortInfo& info) {
            text += std::string("\n  ") + info.name + ": " + port.state();
            if (!options_.measure) return;
            text += port.reads
                        ? "; the network has taken " + measurement_.input_progress(info.index)
                        : "; the network has sent " + measurement_.output_progress(info.index);
        });
        return text;
    }

    const KernelInfo& info_;
    const SimulationOptions options_;
    const std::unique_ptr<VerilatedContext> context_;
    const std::unique_ptr<Top> top_;
    Bus bus_;
    Ports ports_;
    Pauses control_pauses_;
    std::vector<Pauses> input_pauses_;
    std::vector<Pauses> output_pauses_;
    std::vector<std::uint32_t> arguments_; // as written, by offset / 4
    Measurement measurement_;
    std::uint32_t unseen_ = 0; // bits of the control word that were read and cleared
    std::uint64_t cycles_ = 0;
    std::uint64_t last_move_ = 0; // cycle
    std::string error_;
};

} // namespace millrace

#endif
