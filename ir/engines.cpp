// SPDX-License-Identifier: Apache-2.0
//
// The engines that need nothing but this library: network, reference and dataflow.
#include "ir/dataflow_executor.hpp"
#include "ir/evaluate.hpp"
#include "ir/host_sides.hpp"
#include "ir/integer_executor.hpp"
#include "ir/parallel_samples.hpp"

#include <fmt/format.h>

namespace millrace {

namespace {

class NetworkEngine final : public Engine {
  public:
    explicit NetworkEngine(const Graph& network) : network_(network) {}

    std::vector<HostArray> run(const std::vector<HostArray>& inputs, std::int64_t samples, int jobs,
                               const Progress& progress) override {
        std::vector<HostArray> outputs = output_arrays(network_, samples);
        for_each_sample(samples, jobs, progress, [&](int /*worker*/, std::int64_t sample) {
            std::vector<Tensor> tensors;
            for (std::size_t i = 0; i < network_.inputs.size(); ++i) {
                tensors.push_back(sample_tensor(network_, i, inputs.at(i), sample));
            }
            const std::vector<Tensor> results = evaluate_sample(network_, tensors);
            for (std::size_t i = 0; i < results.size(); ++i) {
                store_sample(outputs[i], sample, results[i]);
            }
        });
        return outputs;
    }

  private:
    const Graph& network_;
};

class ReferenceEngine final : public Engine {
  public:
    explicit ReferenceEngine(const Program& program)
        : program_(program),
          sides_(program),
          executor_(program.body) {}

    std::vector<HostArray> run(const std::vector<HostArray>& inputs, std::int64_t samples, int jobs,
                               const Progress& progress) override {
        std::vector<HostArray> outputs = output_arrays(program_.tail, samples);
        std::vector<IntegerExecutor::Workspace> workspaces(
            static_cast<std::size_t>(jobs), IntegerExecutor::Workspace(program_.body));
        for_each_sample(samples, jobs, progress, [&](int worker, std::int64_t sample) {
            IntegerExecutor::Workspace& workspace = workspaces[static_cast<std::size_t>(worker)];
            std::vector<IntegerBuffer*> to_body;
            for (const ValueId id : program_.body.inputs) {
                to_body.push_back(&workspace.buffer(id));
            }
            const std::vector<Tensor> by_passing = sides_.head(inputs, sample, to_body);
            executor_.run(workspace);
            std::vector<const IntegerBuffer*> from_body;
            for (const ValueId id : program_.body.outputs) {
                from_body.push_back(&workspace.buffer(id));
            }
            sides_.tail(from_body, by_passing, sample, outputs);
        });
        return outputs;
    }

  private:
    const Program& program_;
    HostSides sides_;
    IntegerExecutor executor_;
};

class DataflowEngine final : public Engine {
  public:
    DataflowEngine(const Program& program, const Graph& dataflow)
        : program_(program),
          dataflow_(dataflow),
          sides_(program) {}

    std::vector<HostArray> run(const std::vector<HostArray>& inputs, std::int64_t samples, int jobs,
                               const Progress& progress) override {
        std::vector<HostArray> outputs = output_arrays(program_.tail, samples);
        for_each_sample(samples, jobs, progress, [&](int /*worker*/, std::int64_t sample) {
            std::vector<IntegerBuffer> words(program_.body.inputs.size());
            std::vector<IntegerBuffer*> to_body;
            for (IntegerBuffer& buffer : words) {
                to_body.push_back(&buffer);
            }
            const std::vector<Tensor> by_passing = sides_.head(inputs, sample, to_body);
            const std::vector<IntegerBuffer> results = execute_dataflow(dataflow_, words);
            std::vector<const IntegerBuffer*> from_body;
            for (const IntegerBuffer& buffer : results) {
                from_body.push_back(&buffer);
            }
            sides_.tail(from_body, by_passing, sample, outputs);
        });
        return outputs;
    }

  private:
    const Program& program_;
    const Graph& dataflow_;
    HostSides sides_;
};

} // namespace

std::unique_ptr<Engine> make_network_engine(const Graph& network) {
    return std::make_unique<NetworkEngine>(network);
}

std::unique_ptr<Engine> make_reference_engine(const Program& program) {
    return std::make_unique<ReferenceEngine>(program);
}

std::unique_ptr<Engine> make_dataflow_engine(const Program& program, const Graph& dataflow) {
    return std::make_unique<DataflowEngine>(program, dataflow);
}

} // namespace millrace
