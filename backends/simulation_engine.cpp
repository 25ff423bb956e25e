// SPDX-License-Identifier: Apache-2.0
#include "backends/simulation_engine.hpp"

#include "backends/packing.hpp"
#include "backends/run_process.hpp"
#include "ir/diagnostics.hpp"
#include "ir/host_sides.hpp"
#include "ir/ops/dataflow.hpp"
#include "ir/parallel_samples.hpp"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdlib>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <mutex>
#include <nlohmann/json.hpp>
#include <sstream>
#include <unistd.h>

namespace millrace::backends {

namespace {

namespace fs = std::filesystem;

std::string read_text(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// A folder for shards that vanishes with this object.
class ScratchFolder {
  public:
    ScratchFolder() {
        std::string pattern = (fs::temp_directory_path() / "millrace-simulation-XXXXXX").string();
        if (mkdtemp(pattern.data()) == nullptr) {
            throw EngineError("cannot make a temporary directory");
        }
        path_ = pattern;
    }
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;
    ~ScratchFolder() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    [[nodiscard]] const fs::path& path() const { return path_; }

  private:
    fs::path path_;
};

/// A port as the manifest describes it.
struct Port {
    FrameLayout layout;
    std::string name;
};

class SimulationEngine final : public Engine {
  public:
    SimulationEngine(const Program& program, const fs::path& project, Simulator simulator)
        : program_(program),
          sides_(program),
          simulator_(std::move(simulator)) {
        const auto manifest =
            nlohmann::json::parse(read_text(project / "millrace.json"), nullptr, false);
        if (manifest.is_discarded()) {
            throw EngineError(fmt::format("'{}' has no readable millrace.json", project.string()));
        }
        try {
            inputs_ = ports(manifest.at("inputs"), program.body, program.body.inputs);
            outputs_ = ports(manifest.at("outputs"), program.body, program.body.outputs);
        } catch (const nlohmann::json::exception& error) {
            throw EngineError(
                fmt::format("millrace.json of '{}': {}", project.string(), error.what()));
        }
    }

    std::vector<HostArray> run(const std::vector<HostArray>& inputs, std::int64_t samples, int jobs,
                               const Progress& progress) override {
        std::vector<HostArray> outputs = output_arrays(program_.tail, samples);
        // Shards bound the memory; several a job keep all cores busy to the end.
        const std::int64_t shard_size =
            std::clamp<std::int64_t>((samples + jobs - 1) / jobs, 1, 16384);
        const std::int64_t shards = (samples + shard_size - 1) / shard_size;
        const ScratchFolder scratch;
        std::atomic<std::int64_t> done{0};
        for_each_sample(shards, jobs, {}, [&](int worker, std::int64_t shard) {
            const std::int64_t first = shard * shard_size;
            const std::int64_t count = std::min(shard_size, samples - first);
            const fs::path folder = scratch.path() / fmt::format("{}", shard);
            fs::create_directory(folder);
            run_shard(folder, inputs, first, count, outputs);
            fs::remove_all(folder);
            done += count;
            if (worker == 0 && progress) {
                progress(done.load());
            }
        });
        if (progress) {
            progress(samples);
        }
        return outputs;
    }

    [[nodiscard]] std::optional<MeasuredCycles> cycles() const override { return cycles_; }

  private:
    static std::vector<Port> ports(const nlohmann::json& list, const Graph& body,
                                   const std::vector<ValueId>& ids) {
        if (list.size() != ids.size()) {
            throw EngineError("millrace.json and the compiled model disagree on the ports");
        }
        std::vector<Port> result;
        for (std::size_t i = 0; i < ids.size(); ++i) {
            const auto& type = std::get<IntegerType>(body.value(ids[i]).type);
            const ElementFormat format = type.format();
            result.push_back(
                {{format, element_count(type.shape),
                  static_cast<std::int64_t>(std::bit_ceil(static_cast<unsigned>(format.bits))),
                  list[i].at("frame_bytes").get<std::int64_t>()},
                 list[i].at("port").get<std::string>()});
        }
        return result;
    }

    /// Of several processes the longest intervals and latencies count.
    void take_measurement(const std::string& text) {
        const auto json = nlohmann::json::parse(text, nullptr, false);
        const std::lock_guard lock(mutex_);
        if (!cycles_) {
            cycles_.emplace();
        }
        if (!json.is_object()) {
            return;
        }
        const auto take = [](const nlohmann::json& value, std::int64_t& most) {
            if (value.is_number_integer()) {
                most = std::max(most, value.get<std::int64_t>());
            }
        };
        take(json.value("latency_cycles", nlohmann::json()), cycles_->latency);
        const nlohmann::json intervals = json.value("interval_cycles", nlohmann::json());
        if (intervals.is_object()) {
            take(intervals.value("steady_maximum", nlohmann::json()), cycles_->interval);
        }
    }

    void run_shard(const fs::path& folder, const std::vector<HostArray>& inputs, std::int64_t first,
                   std::int64_t count, std::vector<HostArray>& outputs) {
        std::vector<std::vector<Tensor>> by_passing(static_cast<std::size_t>(count));
        std::vector<std::vector<std::byte>> packed;
        for (const Port& port : inputs_) {
            packed.emplace_back(static_cast<std::size_t>(port.layout.frame_bytes * count));
        }
        std::vector<IntegerBuffer> buffers(inputs_.size());
        std::vector<IntegerBuffer*> to_body;
        for (IntegerBuffer& buffer : buffers) {
            to_body.push_back(&buffer);
        }
        for (std::int64_t s = 0; s < count; ++s) {
            by_passing[static_cast<std::size_t>(s)] = sides_.head(inputs, first + s, to_body);
            for (std::size_t i = 0; i < inputs_.size(); ++i) {
                const auto bytes = static_cast<std::size_t>(inputs_[i].layout.frame_bytes);
                pack_frame(
                    inputs_[i].layout, buffers[i],
                    std::span(packed[i]).subspan(static_cast<std::size_t>(s) * bytes, bytes));
            }
        }
        std::vector<std::string> command = simulator_.command;
        const fs::path measured = folder / "measured.json";
        if (simulator_.measures) {
            command.insert(command.end(), {"--json", measured.string()});
        }
        command.push_back(std::to_string(count));
        for (std::size_t i = 0; i < inputs_.size(); ++i) {
            command.push_back((folder / (inputs_[i].name + ".bin")).string());
            std::ofstream file(command.back(), std::ios::binary);
            file.write(reinterpret_cast<const char*>(packed[i].data()),
                       static_cast<std::streamsize>(packed[i].size()));
            if (!file.flush()) {
                throw EngineError(fmt::format("cannot write '{}'", command.back()));
            }
        }
        for (const Port& port : outputs_) {
            command.push_back((folder / (port.name + ".bin")).string());
        }
        const ProcessResult result = run_process(command);
        if (result.exit_code != 0) {
            throw EngineError(fmt::format("the {} failed:\n{}", simulator_.name, result.errors));
        }
        if (simulator_.measures) {
            take_measurement(read_text(measured));
        }
        read_results(folder, by_passing, first, count, outputs);
    }

    void read_results(const fs::path& folder, const std::vector<std::vector<Tensor>>& by_passing,
                      std::int64_t first, std::int64_t count,
                      std::vector<HostArray>& outputs) const {
        std::vector<std::string> memory;
        std::vector<IntegerBuffer> buffers;
        std::vector<const IntegerBuffer*> from_body;
        for (const Port& port : outputs_) {
            memory.push_back(read_text(folder / (port.name + ".bin")));
            if (static_cast<std::int64_t>(memory.back().size()) !=
                port.layout.frame_bytes * count) {
                throw EngineError(
                    fmt::format("the {} wrote a file of the wrong size", simulator_.name));
            }
            buffers.emplace_back(static_cast<std::size_t>(port.layout.elements));
        }
        for (const IntegerBuffer& buffer : buffers) {
            from_body.push_back(&buffer);
        }
        for (std::int64_t s = 0; s < count; ++s) {
            for (std::size_t i = 0; i < outputs_.size(); ++i) {
                const auto bytes = static_cast<std::size_t>(outputs_[i].layout.frame_bytes);
                unpack_frame(outputs_[i].layout,
                             std::as_bytes(std::span(memory[i]))
                                 .subspan(static_cast<std::size_t>(s) * bytes, bytes),
                             buffers[i]);
            }
            sides_.tail(from_body, by_passing[static_cast<std::size_t>(s)], first + s, outputs);
        }
    }

    const Program& program_;
    HostSides sides_;
    Simulator simulator_;
    std::vector<Port> inputs_;
    std::vector<Port> outputs_;
    std::mutex mutex_;
    std::optional<MeasuredCycles> cycles_;
};

} // namespace

std::vector<std::string> host_compiler() {
    const char* chosen = std::getenv("CXX");
    std::istringstream text(chosen == nullptr ? "" : chosen);
    std::vector<std::string> words{std::istream_iterator<std::string>(text), {}};
    return words.empty() ? std::vector<std::string>{"g++"} : words;
}

bool command_exists(const std::string& name) {
    if (name.find('/') != std::string::npos) {
        return ::access(name.c_str(), X_OK) == 0;
    }
    const char* path = std::getenv("PATH");
    std::istringstream folders(path == nullptr ? "" : path);
    for (std::string folder; std::getline(folders, folder, ':');) {
        if (::access((fs::path(folder) / name).c_str(), X_OK) == 0) {
            return true;
        }
    }
    return false;
}

bool newer_than_sources(const fs::path& file, const fs::path& project,
                        const std::vector<std::string>& folders) {
    std::error_code error;
    const fs::file_time_type built = fs::last_write_time(file, error);
    if (error) {
        return false;
    }
    for (const std::string& folder : folders) {
        if (!fs::is_directory(project / folder)) {
            continue; // a network without layers has no weights
        }
        for (const auto& entry : fs::recursive_directory_iterator(project / folder)) {
            if (entry.is_regular_file() && entry.last_write_time() > built) {
                return false;
            }
        }
    }
    return true;
}

std::unique_ptr<Engine> make_simulation_engine(const Program& program, const fs::path& project,
                                               Simulator simulator) {
    return std::make_unique<SimulationEngine>(program, project, std::move(simulator));
}

} // namespace millrace::backends
