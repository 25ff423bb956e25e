// SPDX-License-Identifier: Apache-2.0
//
// millrace verify: the levels against each other, element for element, and against someone else's
// outputs.
#include "cli/command_line.hpp"
#include "cli/comparison.hpp"
#include "cli/engine_choice.hpp"
#include "cli/model_compiler.hpp"
#include "cli/project_folder.hpp"
#include "cli/random_samples.hpp"
#include "cli/terminal.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fmt/format.h>
#include <memory>

namespace millrace::cli {

namespace {

struct Arguments {
    ModelOptions model;
    std::vector<std::string> inputs;
    std::vector<std::string> expected;
    std::vector<std::string> engines;
    std::int64_t samples = 64;
    std::uint64_t seed = 1;
    int jobs = default_jobs();
    bool json = false;
};

struct Stage {
    std::string name;
    Equality equality;
};

struct Verification {
    std::int64_t samples = 0;
    std::vector<Stage> stages;
    std::optional<ExpectResult> expected;

    [[nodiscard]] bool holds() const {
        return std::all_of(stages.begin(), stages.end(),
                           [](const Stage& stage) { return stage.equality.different == 0; }) &&
               (!expected || expected->unexplained == 0);
    }
};

std::vector<HostArray> run_stage(const Arguments& arguments, const std::string& engine_name,
                                 const std::string& label, const Executable& executable,
                                 const std::filesystem::path& project, const Samples& samples) {
    const std::unique_ptr<Engine> engine = make_engine(engine_name, executable, project);
    ProgressBar progress(label, samples.count, arguments.json);
    return engine->run(samples.arrays, samples.count, arguments.jobs,
                       [&](std::int64_t done) { progress(done); });
}

std::optional<Samples> choose_samples(const Arguments& arguments, const Graph& network,
                                      Diagnostics& diagnostics) {
    if (arguments.inputs.empty()) {
        return random_samples(network, arguments.samples, arguments.seed);
    }
    std::optional<Samples> samples =
        read_samples(network, network.inputs, arguments.inputs, "input", diagnostics);
    if (samples && !fit_inputs(network, *samples, diagnostics)) {
        return std::nullopt;
    }
    return samples;
}

std::optional<Samples> choose_expected(const Arguments& arguments, const Graph& network,
                                       std::int64_t count, Diagnostics& diagnostics) {
    std::optional<Samples> expected =
        read_samples(network, network.outputs, arguments.expected, "expect", diagnostics);
    if (expected && expected->count != count) {
        diagnostics.add({Code::input_mismatch, Severity::error, "", "", "",
                         fmt::format("{} expected samples for {} of input", expected->count, count),
                         "give --input and --expect of one run"});
        return std::nullopt;
    }
    return expected;
}

std::optional<Verification> run(const Arguments& arguments, Diagnostics& diagnostics) {
    ModelOptions compile_options = arguments.model;
    if (std::find(arguments.engines.begin(), arguments.engines.end(), "rtlsim") !=
        arguments.engines.end()) {
        compile_options.backend = "rtl"; // whose FIFOs are deeper
    }
    const std::optional<CompiledModel> model = compile_model(compile_options, diagnostics);
    if (!model) {
        return std::nullopt;
    }
    const passes::Compilation& compilation = model->compilation;
    const std::optional<Samples> samples =
        choose_samples(arguments, compilation.network, diagnostics);
    if (!samples) {
        return std::nullopt;
    }
    std::optional<Samples> expected;
    if (!arguments.expected.empty()) {
        expected = choose_expected(arguments, compilation.network, samples->count, diagnostics);
        if (!expected) {
            return std::nullopt;
        }
    }
    const Executable executable{compilation.network, compilation.program, compilation.dataflow};
    Verification result;
    result.samples = samples->count;
    try {
        const std::vector<HostArray> reference =
            run_stage(arguments, "network", "network level", executable, {}, *samples);
        const auto add_stage = [&](const std::string& name, const std::string& engine,
                                   const std::filesystem::path& project) {
            result.stages.push_back(
                {name, compare(reference,
                               run_stage(arguments, engine, name, executable, project, *samples))});
        };
        add_stage("integer", "reference", {});
        add_stage("dataflow", "dataflow", {});
        for (const char* engine : {"csim", "rtlsim"}) {
            if (std::find(arguments.engines.begin(), arguments.engines.end(), engine) ==
                arguments.engines.end()) {
                continue;
            }
            const TemporaryFolder temporary;
            const std::filesystem::path project = temporary.path() / "project";
            ModelOptions options = arguments.model;
            options.backend = engine_backend(engine);
            if (!backends::write_project(emit_project(*model, options).files, project,
                                         diagnostics)) {
                return std::nullopt;
            }
            add_stage(engine, engine, project);
        }
        if (expected) {
            result.expected = compare_expected(compilation.network, samples->arrays, reference,
                                               expected->arrays, samples->count);
        }
    } catch (const EngineError& problem) {
        diagnostics.add({Code::simulation_failed, Severity::error, arguments.model.model, "", "",
                         problem.what(), ""});
        return std::nullopt;
    }
    return result;
}

Json expect_json(const ExpectResult& expected) {
    Json decisions = Json::array();
    for (const auto& [sample, decision] : expected.first_decisions) {
        decisions.push_back({{"sample", sample},
                             {"node", escaped(decision.node)},
                             {"element", decision.element},
                             {"distance", decision.distance},
                             {"rounding", decision.rounding}});
    }
    Json failures = Json::array();
    for (const ExpectResult::Failure& failure : expected.failures) {
        failures.push_back({{"sample", failure.sample},
                            {"candidates", failure.search.candidates},
                            {"evaluations", failure.search.evaluations},
                            {"gave_up", failure.search.gave_up},
                            {"nearest", failure.search.nearest}});
    }
    return {{"equal", expected.equal},
            {"explained", expected.explained},
            {"unexplained", expected.unexplained},
            {"max_abs_difference", expected.max_abs_difference},
            {"explained_samples", expected.explained_samples},
            {"unexplained_samples", expected.unexplained_samples},
            {"unsearched_samples", expected.unsearched_samples},
            {"decisions", expected.decisions},
            {"first_decisions", std::move(decisions)},
            {"failures", std::move(failures)}};
}

Json to_json(const Verification& result) {
    Json document{{"ok", result.holds()}, {"samples", result.samples}};
    Json stages = Json::array();
    for (const Stage& stage : result.stages) {
        stages.push_back({{"stage", stage.name},
                          {"equal", stage.equality.equal},
                          {"different", stage.equality.different}});
    }
    document["stages"] = std::move(stages);
    document["expect"] = nullptr;
    if (result.expected) {
        document["expect"] = expect_json(*result.expected);
    }
    return document;
}

/// "1 sample", "2 samples".
std::string counted(std::int64_t count, std::string_view what) {
    return fmt::format("{} {}{}", grouped(count), what, count == 1 ? "" : "s");
}

std::string why(const ExpectResult::Failure& failure) {
    const passes::Explanation& search = failure.search;
    if (!failure.searched) {
        return "an expected element is infinite or not a number";
    }
    if (search.candidates == 0) {
        return "no decision before the differing elements is within float32's rounding";
    }
    const std::string tried = fmt::format("{} of {}", counted(search.evaluations, "combination"),
                                          counted(search.candidates, "close decision"));
    return fmt::format("{}; at best {} of {} stay different",
                       search.gave_up ? fmt::format("the search gave up after {}", tried)
                                      : fmt::format("none of {} gives the expected outputs", tried),
                       grouped(search.nearest), counted(search.differing, "differing element"));
}

void print_expected(const ExpectResult& expected) {
    fmt::print("\nagainst the expected outputs:\n");
    Table counts({"equal", "explained", "unexplained", "largest difference"});
    counts.add({grouped(expected.equal), grouped(expected.explained), grouped(expected.unexplained),
                fmt::format("{:.6g}", expected.max_abs_difference)});
    counts.print();
    for (const auto& [sample, decision] : expected.first_decisions) {
        fmt::print("  explained: sample {}: element {} of '{}' decided otherwise, {:.3g} from the "
                   "decision point, float32 rounds by up to {:.3g}\n",
                   sample, decision.element, escaped(decision.node), decision.distance,
                   decision.rounding);
    }
    for (const ExpectResult::Example& example : expected.examples) {
        fmt::print("  unexplained: output {}, sample {}, element {}: {:.9g}, expected {:.9g}\n",
                   example.output, example.sample, example.element, example.ours, example.theirs);
    }
    for (const ExpectResult::Failure& failure : expected.failures) {
        fmt::print("  sample {}: {}\n", failure.sample, why(failure));
    }
    if (expected.unsearched_samples != 0) {
        fmt::print("  {} more that differ were not looked into\n",
                   counted(expected.unsearched_samples, "sample"));
    }
}

std::string verdict(const Verification& result) {
    if (!result.holds()) {
        return "NOT EQUAL";
    }
    if (!result.expected || result.expected->explained == 0) {
        return "equal";
    }
    return fmt::format("equal but for {} ({} taken otherwise in {})",
                       counted(result.expected->explained, "explained element"),
                       counted(result.expected->decisions, "decision"),
                       counted(result.expected->explained_samples, "sample"));
}

void print_result(const Verification& result) {
    fmt::print("{} samples, elements compared with the network level:\n", grouped(result.samples));
    Table table({"stage", "equal", "different"});
    for (const Stage& stage : result.stages) {
        table.add({stage.name, grouped(stage.equality.equal), grouped(stage.equality.different)});
    }
    table.print();
    if (result.expected) {
        print_expected(*result.expected);
    }
    fmt::print("\n{}\n", bold(verdict(result)));
}

int verify_model(const Arguments& arguments) {
    Diagnostics diagnostics;
    const std::optional<Verification> result = run(arguments, diagnostics);
    if (!result) {
        return refuse(diagnostics, arguments.json);
    }
    answer(
        diagnostics, arguments.json, [&] { return to_json(*result); },
        [&] { print_result(*result); });
    return result->holds() ? exit_done : exit_refused;
}

} // namespace

Command add_verify(CLI::App& root) {
    CLI::App* command =
        root.add_subcommand("verify", "Prove on samples that every stage computes the model");
    const auto arguments = std::make_shared<Arguments>();
    command->add_option("MODEL", arguments->model.model, "ONNX file")->required();
    auto* inputs =
        command
            ->add_option("--input", arguments->inputs,
                         "Samples (.npy) instead of random ones; several: in the model's order or "
                         "NAME=FILE")
            ->allow_extra_args(false);
    command
        ->add_option("--expect", arguments->expected,
                     "Someone else's outputs (.npy) for --input, given alike")
        ->allow_extra_args(false)
        ->needs(inputs);
    command
        ->add_option("--engines", arguments->engines,
                     "Simulations to compare as well: csim, rtlsim")
        ->delimiter(',')
        ->check(CLI::IsMember({"csim", "rtlsim"}));
    command->add_option("--samples", arguments->samples, "Random samples")
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 24))
        ->excludes(inputs)
        ->capture_default_str();
    command->add_option("--seed", arguments->seed, "Of the random samples")->capture_default_str();
    command->add_option("--jobs", arguments->jobs, "Threads")
        ->check(CLI::Range(1, 4096))
        ->capture_default_str();
    add_design_options(*command, arguments->model);
    add_compiler_options(*command, arguments->model, false);
    command->add_flag("--json", arguments->json, "Print one JSON document");
    command->footer("Example:\n  millrace verify model.onnx --engines csim\n"
                    "  millrace verify model.onnx --input x.npy --expect y.npy");
    return {command, [arguments] { return verify_model(*arguments); }};
}

} // namespace millrace::cli
