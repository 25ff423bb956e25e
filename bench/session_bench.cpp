// SPDX-License-Identifier: Apache-2.0
//
// What a session costs the host: quantizing, packing, submitting, unpacking, on a device whose
// kernel takes no time. The time of a sample is wall time with one stream: one thread does all of
// the work, batch after batch.
#include "cli/model_compiler.hpp"
#include "cli/project_folder.hpp"
#include "runtime/session.hpp"

#include <benchmark/benchmark.h>

#include <filesystem>
#include <memory>
#include <random>
#include <stdexcept>
#include <vector>

namespace {

namespace fs = std::filesystem;
using namespace millrace;
using runtime::Array;
using runtime::Batch;
using runtime::ConstArray;
using runtime::Device;
using runtime::ElementType;
using runtime::Manifest;
using runtime::PortInfo;
using runtime::Session;
using runtime::SessionOptions;

std::vector<std::vector<std::byte>> buffers(const std::vector<PortInfo>& ports,
                                            std::uint32_t capacity) {
    std::vector<std::vector<std::byte>> result;
    for (const PortInfo& port : ports) {
        result.emplace_back(capacity * port.frame_bytes);
    }
    return result;
}

class IdleBatch final : public Batch {
  public:
    IdleBatch(const Manifest& manifest, std::uint32_t capacity)
        : inputs_(buffers(manifest.inputs, capacity)),
          outputs_(buffers(manifest.outputs, capacity)) {}
    std::span<std::byte> input(std::size_t port) override { return inputs_.at(port); }
    std::span<const std::byte> output(std::size_t port) override { return outputs_.at(port); }
    void start(std::uint32_t /*frames*/) override {}
    void wait(std::chrono::milliseconds /*timeout*/) override {}

  private:
    std::vector<std::vector<std::byte>> inputs_;
    std::vector<std::vector<std::byte>> outputs_;
};

class IdleDevice final : public Device {
  public:
    explicit IdleDevice(const Manifest& manifest) : manifest_(manifest) {}
    [[nodiscard]] std::string description() const override { return "idle"; }
    [[nodiscard]] std::size_t compute_units() const override { return 1; }
    std::unique_ptr<Batch> make_batch(std::size_t /*unit*/, std::uint32_t capacity) override {
        return std::make_unique<IdleBatch>(manifest_, capacity);
    }

  private:
    const Manifest manifest_;
};

fs::path model_file() {
    const fs::path tfc =
        fs::path(MILLRACE_SHARED_DIR) / "models" / "qonnx_mlp" / "mnist_TFC_2W2A.onnx";
    return fs::exists(tfc) ? tfc
                           : fs::path(MILLRACE_SOURCE_DIR) / "examples" / "digits" / "digits.onnx";
}

Manifest compiled() {
    const cli::TemporaryFolder folder;
    Diagnostics diagnostics;
    cli::ModelOptions options;
    options.model = model_file().string();
    const auto model = cli::compile_model(options, diagnostics);
    if (!model || !backends::write_project(cli::emit_project(*model, options).files,
                                           folder.path() / "project", diagnostics)) {
        throw std::runtime_error("the model does not compile");
    }
    return runtime::read_manifest(folder.path() / "project");
}

void host_overhead(benchmark::State& state) {
    const Manifest manifest = compiled();
    const auto samples = static_cast<std::int64_t>(state.range(0));
    SessionOptions options;
    options.batch = static_cast<std::uint32_t>(samples);
    options.streams = 1;
    Session session(manifest, std::make_unique<IdleDevice>(manifest), options);
    runtime::Shape shape = manifest.model_inputs.at(0).shape;
    shape.insert(shape.begin(), samples);
    Array x(ElementType::float32, shape);
    std::mt19937 random(1);
    for (float& value : x.as<float>()) {
        value = std::uniform_real_distribution<float>(0, 1)(random);
    }
    const std::vector<ConstArray> inputs{x.view()};
    for (auto _ : state) {
        benchmark::DoNotOptimize(session.infer(inputs));
    }
    state.SetLabel(model_file().filename().string());
    state.SetItemsProcessed(state.iterations() * samples);
    state.counters["per_sample"] =
        benchmark::Counter(static_cast<double>(state.iterations() * samples),
                           benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

} // namespace

BENCHMARK(host_overhead)->Arg(1)->Arg(64)->Arg(1000)->UseRealTime();
