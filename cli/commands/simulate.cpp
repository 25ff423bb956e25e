// SPDX-License-Identifier: Apache-2.0
//
// millrace simulate: run a project or a model on samples.
#include "cli/accuracy.hpp"
#include "cli/command_line.hpp"
#include "cli/engine_choice.hpp"
#include "cli/model_compiler.hpp"
#include "cli/npy.hpp"
#include "cli/project_folder.hpp"
#include "cli/sample_arrays.hpp"
#include "cli/terminal.hpp"
#include "ir/cycle_prediction.hpp"
#include "ir/schedule.hpp"

#include <CLI/CLI.hpp>
#include <chrono>
#include <fmt/format.h>
#include <memory>

namespace millrace::cli {

namespace {

namespace fs = std::filesystem;

struct Arguments {
    ModelOptions model; ///< model.model: the project or the model
    std::vector<std::string> inputs;
    std::string engine;
    std::string output;
    std::string labels;
    int jobs = default_jobs();
    bool json = false;
};

struct Result {
    std::vector<HostArray> outputs;
    std::int64_t samples = 0;
    double seconds = 0;
    std::optional<Accuracy> accuracy;
    std::optional<CyclePrediction> cycles;
    std::optional<MeasuredCycles> measured;
};

/// "y.npy", or "y_0.npy", "y_1.npy"... for several outputs.
fs::path output_file(const fs::path& wanted, std::size_t index, std::size_t count) {
    if (count == 1) {
        return wanted;
    }
    fs::path file = wanted;
    file.replace_filename(
        fmt::format("{}_{}{}", wanted.stem().string(), index, wanted.extension().string()));
    return file;
}

/// Without what is predicted.
std::optional<Result> run(const Arguments& arguments, const Executable& executable,
                          const fs::path& project, const std::string& engine_name,
                          Diagnostics& diagnostics) {
    std::optional<Samples> samples = read_samples(executable.network, executable.network.inputs,
                                                  arguments.inputs, "input", diagnostics);
    if (!samples || !fit_inputs(executable.network, *samples, diagnostics)) {
        return std::nullopt;
    }
    Result result;
    result.samples = samples->count;
    try {
        const std::unique_ptr<Engine> engine = make_engine(engine_name, executable, project);
        ProgressBar progress("simulating", samples->count, arguments.json);
        const auto start = std::chrono::steady_clock::now();
        result.outputs = engine->run(samples->arrays, samples->count, arguments.jobs,
                                     [&](std::int64_t done) { progress(done); });
        const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
        result.seconds = seconds.count();
        result.measured = engine->cycles();
    } catch (const EngineError& problem) {
        diagnostics.add({Code::simulation_failed, Severity::error, arguments.model.model, "", "",
                         problem.what(), ""});
        return std::nullopt;
    }
    if (!arguments.labels.empty()) {
        const std::vector<std::int64_t> predicted = predictions(executable.network, result.outputs);
        const auto labels =
            read_labels(arguments.labels, result.samples, predicted.size(), diagnostics);
        if (!labels) {
            return std::nullopt;
        }
        result.accuracy = accuracy(predicted, *labels);
    }
    for (std::size_t i = 0; !arguments.output.empty() && i < result.outputs.size(); ++i) {
        if (!write_npy(result.outputs[i], output_file(arguments.output, i, result.outputs.size()),
                       diagnostics)) {
            return std::nullopt;
        }
    }
    return result;
}

Json to_json(const Result& result) {
    const double rate =
        result.seconds > 0 ? static_cast<double>(result.samples) / result.seconds : 0;
    Json document{{"samples", result.samples},
                  {"seconds", result.seconds},
                  {"inferences_per_second", rate},
                  {"top1", nullptr},
                  {"cycles", nullptr}};
    if (result.accuracy) {
        document["top1"] = result.accuracy->top1();
    }
    if (result.cycles) {
        document["cycles"] = {{"interval", result.cycles->interval},
                              {"latency", result.cycles->latency}};
    }
    document["measured_cycles"] = nullptr;
    if (result.measured) {
        document["measured_cycles"] = {{"interval", result.measured->interval},
                                       {"latency", result.measured->latency}};
    }
    return document;
}

void print_result(const Result& result, const std::string& engine, double clock_mhz) {
    fmt::print("{:<12}{}\n", "engine", engine);
    fmt::print("{:<12}{} in {:.3f} s\n", "samples", grouped(result.samples), result.seconds);
    if (result.seconds > 0) {
        fmt::print("{:<12}{} inferences/s\n", "speed",
                   engineering(static_cast<double>(result.samples) / result.seconds));
    }
    if (result.accuracy) {
        fmt::print("{:<12}{} ({} of {})\n", "top-1",
                   bold(fmt::format("{:.4f}", result.accuracy->top1())),
                   grouped(result.accuracy->correct), grouped(result.accuracy->total));
    }
    if (result.cycles && result.cycles->interval > 0) {
        fmt::print(
            "{:<12}interval {} cycles, latency {} cycles: {} frames/s at {} MHz (predicted)\n",
            "hardware", grouped(result.cycles->interval), grouped(result.cycles->latency),
            engineering(clock_mhz * 1e6 / static_cast<double>(result.cycles->interval)), clock_mhz);
    }
    if (result.measured) {
        fmt::print("{:<12}{}latency {} cycles (measured)\n", "simulation",
                   result.measured->interval > 0
                       ? fmt::format("interval {} cycles, ", grouped(result.measured->interval))
                       : "",
                   grouped(result.measured->latency));
        if (result.cycles && result.measured->interval > result.cycles->interval &&
            result.cycles->interval > 0) {
            fmt::print("{:<12}the first frames of a design may come later: more samples tell\n",
                       "");
        }
    }
}

int finish(const Arguments& arguments, const std::optional<Result>& result,
           const std::string& engine, double clock_mhz, const Diagnostics& diagnostics) {
    if (!result) {
        return refuse(diagnostics, arguments.json);
    }
    answer(
        diagnostics, arguments.json, [&] { return to_json(*result); },
        [&] { print_result(*result, engine, clock_mhz); });
    return exit_done;
}

int simulate_project(const Arguments& arguments) {
    Diagnostics diagnostics;
    const fs::path folder = arguments.model.model;
    const std::optional<Project> project = open_project(folder, diagnostics);
    if (!project) {
        return refuse(diagnostics, arguments.json);
    }
    std::string engine = arguments.engine;
    if (engine.empty()) {
        engine = project_engine(project->manifest.value("backend", ""), folder);
    }
    const std::string_view needed = engine_backend(engine);
    if (!needed.empty() && needed != project->manifest.value("backend", "")) {
        diagnostics.add(
            {Code::simulation_failed, Severity::error, arguments.model.model, "", "",
             fmt::format("the engine {} runs projects of the backend {}; this one is of "
                         "the backend {}",
                         engine, needed, escaped(project->manifest.value("backend", "vitis"))),
             "leave --engine out, or compile with --backend " + std::string(needed)});
        return refuse(diagnostics, arguments.json);
    }
    const Executable executable{project->network, project->program, project->dataflow};
    std::optional<Result> result = run(arguments, executable, folder, engine, diagnostics);
    if (result && !project->dataflow.nodes.empty()) {
        result->cycles = project->cycles();
    }
    if (result && result->accuracy) {
        // The report shows it. A project that cannot be written to loses nothing else.
        Json results = to_json(*result);
        results["engine"] = engine;
        results["correct"] = result->accuracy->correct;
        Diagnostics ignored;
        backends::write_file(folder / "results.json", results.dump(2) + "\n",
                             Code::bad_output_directory, ignored);
    }
    return finish(arguments, result, engine, project->clock_mhz(), diagnostics);
}

int simulate_model(const Arguments& arguments) {
    Diagnostics diagnostics;
    const std::string engine = arguments.engine.empty() ? "reference" : arguments.engine;
    ModelOptions options = arguments.model;
    if (const std::string_view backend = engine_backend(engine); !backend.empty()) {
        options.backend = backend;
    }
    const std::optional<CompiledModel> model = compile_model(options, diagnostics);
    if (!model) {
        return refuse(diagnostics, arguments.json);
    }
    const passes::Compilation& compilation = model->compilation;
    const Executable executable{compilation.network, compilation.program, compilation.dataflow};
    std::optional<TemporaryFolder> temporary;
    fs::path project;
    if (!engine_backend(engine).empty()) {
        temporary.emplace();
        project = temporary->path() / "project";
        if (!backends::write_project(emit_project(*model, options).files, project, diagnostics)) {
            return refuse(diagnostics, arguments.json);
        }
    }
    std::optional<Result> result = run(arguments, executable, project, engine, diagnostics);
    if (result && !compilation.dataflow.nodes.empty()) {
        result->cycles = predict_cycles(compilation.dataflow, compilation.cycles);
    }
    return finish(arguments, result, engine, arguments.model.clock_mhz, diagnostics);
}

} // namespace

Command add_simulate(CLI::App& root) {
    CLI::App* command = root.add_subcommand("simulate", "Run a project or a model on samples");
    const auto arguments = std::make_shared<Arguments>();
    command->add_option("PROJECT|MODEL", arguments->model.model, "Project folder or ONNX file")
        ->required();
    command
        ->add_option("--input", arguments->inputs,
                     "Samples (.npy); several: in the model's order or NAME=FILE")
        ->required()
        ->allow_extra_args(false);
    command
        ->add_option(
            "--engine", arguments->engine,
            "reference, csim or rtlsim (default: a project's own simulation, reference for "
            "a model)")
        ->check([](const std::string& name) {
            // network and dataflow are for looking into differences, not in the help.
            for (const char* known : {"reference", "csim", "rtlsim", "network", "dataflow"}) {
                if (name == known) {
                    return std::string();
                }
            }
            return "no engine '" + escaped(name) + "': known are reference, csim and rtlsim";
        });
    command->add_option("--output", arguments->output,
                        "Where to write the results (.npy; several: FILE_0.npy, FILE_1.npy...)");
    command->add_option("--labels", arguments->labels, "Integer labels (.npy): print top-1");
    command->add_option("--jobs", arguments->jobs, "Threads")
        ->check(CLI::Range(1, 4096))
        ->capture_default_str();
    add_compiler_options(*command, arguments->model, false);
    command->add_flag("--json", arguments->json, "Print one JSON document");
    command->footer("Example:\n  millrace simulate project --input x.npy --labels y.npy");
    return {command, [arguments] {
                std::error_code error;
                return fs::is_directory(arguments->model.model, error)
                           ? simulate_project(*arguments)
                           : simulate_model(*arguments);
            }};
}

} // namespace millrace::cli
