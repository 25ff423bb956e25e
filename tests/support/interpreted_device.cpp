// SPDX-License-Identifier: Apache-2.0
#include "tests/support/interpreted_device.hpp"

#include "runtime/error.hpp"

#include <algorithm>
#include <stdexcept>
#include <thread>

namespace millrace::tests {

namespace {

using runtime::Batch;
using runtime::Device;
using runtime::Error;
using runtime::ErrorKind;
using runtime::Manifest;

backends::FrameLayout layout_of(const Graph& body, ValueId id, const runtime::PortInfo& port) {
    const auto& type = std::get<IntegerType>(body.value(id).type);
    return {type.format(), element_count(type.shape),
            static_cast<std::int64_t>(port.container_bits),
            static_cast<std::int64_t>(port.frame_bytes)};
}

class InterpretedBatch final : public Batch {
  public:
    InterpretedBatch(const Program& program, const IntegerExecutor& executor,
                     const Manifest& manifest, DeviceBehaviour& behaviour, std::uint32_t capacity)
        : body_(program.body),
          executor_(executor),
          behaviour_(behaviour),
          workspace_(program.body) {
        for (std::size_t i = 0; i < manifest.inputs.size(); ++i) {
            layouts_.push_back(layout_of(body_, body_.inputs.at(i), manifest.inputs[i]));
            inputs_.emplace_back(capacity * manifest.inputs[i].frame_bytes);
        }
        for (std::size_t i = 0; i < manifest.outputs.size(); ++i) {
            output_layouts_.push_back(layout_of(body_, body_.outputs.at(i), manifest.outputs[i]));
            outputs_.emplace_back(capacity * manifest.outputs[i].frame_bytes);
        }
    }

    std::span<std::byte> input(std::size_t port) override { return inputs_.at(port); }
    std::span<const std::byte> output(std::size_t port) override { return outputs_.at(port); }

    void start(std::uint32_t frames) override {
        bad_ = behaviour_.started++ >= behaviour_.good_batches && behaviour_.good_batches >= 0;
        const int now = ++behaviour_.under_way;
        int most = behaviour_.most_under_way;
        while (now > most && !behaviour_.most_under_way.compare_exchange_weak(most, now)) {
        }
        frames_ = frames;
    }

    void wait(std::chrono::milliseconds timeout) override {
        if (bad_) {
            --behaviour_.under_way;
            if (behaviour_.hangs) {
                std::this_thread::sleep_for(std::min(timeout, std::chrono::milliseconds(20)));
                throw Error(ErrorKind::timeout, "the kernel has not finished");
            }
            throw Error(ErrorKind::device, "the device is gone");
        }
        std::this_thread::sleep_for(behaviour_.time_a_batch);
        for (std::size_t frame = 0; frame < frames_; ++frame) {
            compute(frame);
        }
        --behaviour_.under_way;
    }

  private:
    void compute(std::size_t frame) {
        for (std::size_t i = 0; i < inputs_.size(); ++i) {
            const auto bytes = static_cast<std::size_t>(layouts_[i].frame_bytes);
            IntegerBuffer& buffer =
                workspace_.sized(body_.inputs[i], static_cast<std::size_t>(layouts_[i].elements));
            backends::unpack_frame(layouts_[i], std::span(inputs_[i]).subspan(frame * bytes, bytes),
                                   buffer);
        }
        executor_.run(workspace_);
        for (std::size_t i = 0; i < outputs_.size(); ++i) {
            const auto bytes = static_cast<std::size_t>(output_layouts_[i].frame_bytes);
            backends::pack_frame(output_layouts_[i], workspace_.buffer(body_.outputs[i]),
                                 std::span(outputs_[i]).subspan(frame * bytes, bytes));
        }
    }

    const Graph& body_;
    const IntegerExecutor& executor_;
    DeviceBehaviour& behaviour_;
    IntegerExecutor::Workspace workspace_;
    std::vector<backends::FrameLayout> layouts_;
    std::vector<backends::FrameLayout> output_layouts_;
    std::vector<std::vector<std::byte>> inputs_;
    std::vector<std::vector<std::byte>> outputs_;
    std::uint32_t frames_ = 0;
    bool bad_ = false;
};

class InterpretedDevice final : public Device {
  public:
    InterpretedDevice(const Program& program, const Manifest& manifest, DeviceBehaviour& behaviour)
        : program_(program),
          manifest_(manifest),
          behaviour_(behaviour),
          executor_(program.body) {}

    [[nodiscard]] std::string description() const override { return "interpreter"; }
    [[nodiscard]] std::size_t compute_units() const override { return behaviour_.compute_units; }
    std::unique_ptr<Batch> make_batch(std::size_t compute_unit, std::uint32_t capacity) override {
        if (compute_unit >= behaviour_.compute_units) {
            throw std::out_of_range("compute unit");
        }
        return std::make_unique<InterpretedBatch>(program_, executor_, manifest_, behaviour_,
                                                  capacity);
    }

  private:
    const Program& program_;
    const Manifest manifest_;
    DeviceBehaviour& behaviour_;
    IntegerExecutor executor_;
};

} // namespace

std::unique_ptr<Device> interpreted_device(const Program& program, const Manifest& manifest,
                                           DeviceBehaviour& behaviour) {
    return std::make_unique<InterpretedDevice>(program, manifest, behaviour);
}

} // namespace millrace::tests
