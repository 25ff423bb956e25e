// SPDX-License-Identifier: Apache-2.0
//
// Nothing here uses the test framework: trials run in threads, and what they find is data.
#include "tests/support/random_cnn_trial.hpp"

#include "backends/rtl/rtl_backend.hpp"
#include "backends/rtl/rtlsim_engine.hpp"
#include "backends/run_process.hpp"
#include "backends/simulation_engine.hpp"
#include "backends/vitis/csim_engine.hpp"
#include "backends/vitis/vitis_backend.hpp"
#include "cli/project_folder.hpp"
#include "cli/random_samples.hpp"
#include "frontend/import.hpp"
#include "ir/names.hpp"
#include "ir/schedule.hpp"
#include "ir/text.hpp"
#include "ir/token_simulation.hpp"
#include "passes/pipeline.hpp"
#include "planner/folding.hpp"
#include "tests/support/random_cnn.hpp"
#include "tests/support/solved.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <fmt/format.h>
#include <functional>
#include <random>
#include <thread>

namespace millrace::tests {

namespace {

constexpr std::int64_t sample_count = 10;

/// A difference, with where it is.
class Difference : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// The default plan, the fastest, one for some interval, or any legal folding of each actor.
Plan choose_plan(const Graph& body, std::uint32_t seed) {
    std::mt19937 random(seed * 7919U + 1);
    const auto pick = [&](std::size_t count) {
        return std::uniform_int_distribution<std::size_t>(0, count - 1)(random);
    };
    switch (pick(5)) {
    case 0:
        return planner::default_plan(body);
    case 1:
        return planner::fold_for_cycles(body, 1);
    case 2: {
        const auto cycles = static_cast<std::int64_t>(1 + pick(400));
        return planner::fold_for_cycles(body, cycles);
    }
    default:
        break;
    }
    Plan plan = planner::default_plan(body);
    for (const planner::ActorChoices& choices : planner::actor_choices(body)) {
        const auto actor =
            std::find_if(plan.actors.begin(), plan.actors.end(),
                         [&](const ActorPlan& entry) { return entry.name == choices.name; });
        if (actor == plan.actors.end()) {
            throw Defect("an actor with choices is not in the plan: " + choices.name);
        }
        const std::vector<std::int64_t> pe = choices.legal_pe();
        const std::vector<std::int64_t> simd = choices.legal_simd();
        actor->pe = pe[pick(pe.size())];
        actor->simd = simd[pick(simd.size())];
        actor->simd = choices.allows(actor->pe, actor->simd) ? actor->simd : 1;
    }
    return plan;
}

/// The solver's plan for some interval, for every second network; else one of choose_plan.
Plan choose_or_solve(const Graph& body, std::uint32_t seed) {
    if (seed % 2 == 1) {
        Diagnostics unreachable;
        std::mt19937 random(seed);
        for (std::int64_t cycles = 1 + static_cast<std::int64_t>(random() % 400); cycles < 10'000;
             cycles *= 4) {
            if (std::optional<Plan> plan = solved(body, cycles, unreachable)) {
                return *plan;
            }
        }
    }
    return choose_plan(body, seed);
}

void compare(const std::string& stage, const std::vector<HostArray>& expected,
             const std::vector<HostArray>& got) {
    if (expected.size() != got.size()) {
        throw Difference(stage + ": another number of outputs");
    }
    for (std::size_t i = 0; i < expected.size(); ++i) {
        if (expected[i].type != got[i].type || expected[i].shape != got[i].shape) {
            throw Difference(fmt::format("{}: output {} has another type or shape", stage, i));
        }
        if (expected[i].data == got[i].data) {
            continue;
        }
        const std::int64_t count = element_count(expected[i].shape);
        std::int64_t different = 0;
        std::string first;
        for (std::int64_t at = 0; at < count; ++at) {
            if (expected[i].at(at) != got[i].at(at)) {
                if (different++ == 0) {
                    first = fmt::format("element {} is {} instead of {}", at,
                                        got[i].at(at).to_double(), expected[i].at(at).to_double());
                }
            }
        }
        throw Difference(fmt::format("{}: {} of {} elements of output {} differ, {}", stage,
                                     different, count, i, first));
    }
}

void check_schedules(const Graph& dataflow) {
    for (const Node& node : dataflow.nodes) {
        const Schedule plan = schedule(dataflow, node);
        for (std::size_t i = 0; i < node.inputs.size(); ++i) {
            const auto* stream = std::get_if<StreamType>(&dataflow.value(node.inputs[i]).type);
            if (stream != nullptr && plan.words_read(static_cast<int>(i)) != stream->words()) {
                throw Difference(fmt::format("schedule of '{}': {} words read of input {}, not {}",
                                             node.name, plan.words_read(static_cast<int>(i)), i,
                                             stream->words()));
            }
        }
        for (const ValueId id : node.outputs) {
            const auto* stream = std::get_if<StreamType>(&dataflow.value(id).type);
            if (stream != nullptr && plan.words_written() != stream->words()) {
                throw Difference(fmt::format("schedule of '{}': {} words written, not {}",
                                             node.name, plan.words_written(), stream->words()));
            }
        }
    }
}

/// Three frames back to back go through without a deadlock, as slowly as the planner says.
void check_tokens(const passes::Compilation& c) {
    const TokenSimulation tokens = simulate_tokens(c.dataflow, 3);
    if (const std::int64_t planned = planner::planned_interval(c.program.body, c.plan);
        planned != tokens.interval) {
        throw Difference(fmt::format("the planner counts {} cycles, '{}' needs {}", planned,
                                     c.dataflow.nodes[tokens.bottleneck].name, tokens.interval));
    }
    if (!tokens.deadlocked.empty()) {
        throw Difference(fmt::format("deadlock of '{}'", tokens.deadlocked.front()));
    }
}

/// The RTL simulation of sample_count frames takes the predicted cycles.
void check_cycles(const Graph& dataflow, const MeasuredCycles& measured) {
    // Of the later half of the frames, the longest distance, as the simulation measures it.
    const TokenSimulation frames = simulate_on_board(dataflow, sample_count);
    std::int64_t interval = 0;
    for (auto f = static_cast<std::size_t>(sample_count) / 2; f < frames.frame_ends.size(); ++f) {
        interval = std::max(interval, frames.frame_ends[f] - frames.frame_ends[f - 1]);
    }
    if (measured.interval != interval) {
        throw Difference(fmt::format("frames follow each other after {} cycles, not {}; '{}' needs "
                                     "{}",
                                     measured.interval, interval,
                                     dataflow.nodes[frames.bottleneck].name, frames.interval));
    }
    // Several inputs share the memory, which serves one after the other.
    const bool one_input =
        std::count_if(dataflow.nodes.begin(), dataflow.nodes.end(), [](const Node& node) {
            return std::holds_alternative<ops::MemoryToStream>(node.op);
        }) == 1;
    const std::int64_t latency = simulate_on_board(dataflow, 1).latency;
    const std::int64_t tolerance = one_input ? 0 : std::max<std::int64_t>(latency / 100, 4);
    if (std::abs(measured.latency - latency) > tolerance) {
        throw Difference(fmt::format("a frame takes {} cycles, not {}", measured.latency, latency));
    }
}

void check_text(const passes::Compilation& c) {
    for (const Graph* graph :
         {&c.network, &c.program.head, &c.program.body, &c.program.tail, &c.dataflow}) {
        const std::string text = print(*graph);
        if (print(parse_graph(text)) != text) {
            throw Difference("a printed graph does not parse back");
        }
    }
}

/// What a network op's node is named is what the generator named the ONNX node.
void count_operators(const RandomCnn& cnn, const passes::Compilation& c, CnnTrial& trial) {
    std::set<std::string> live;
    for (const Node& node : c.network.nodes) {
        live.insert(node.name);
    }
    std::set<std::string> hosted;
    for (const Graph* graph : {&c.program.head, &c.program.tail}) {
        for (const Node& node : graph->nodes) {
            hosted.insert(node.name);
        }
    }
    for (const auto& [name, what] : cnn.nodes) {
        if (live.contains(name)) {
            ++(hosted.contains(name) ? trial.on_host : trial.in_hardware)[what];
        }
    }
    for (const Node& node : c.dataflow.nodes) {
        ++trial.actors[std::string(op_name(node.op))];
    }
}

/// For a third of the networks: any memory for some of the FIFOs.
void choose_fifo_memories(Plan& plan, const Graph& dataflow, std::uint32_t seed) {
    std::mt19937 random(seed);
    for (const Node& node : dataflow.nodes) {
        if (seed % 3 == 0 && std::holds_alternative<ops::Fifo>(node.op) && random() % 2 == 0) {
            constexpr std::array styles{ops::MemoryStyle::lut, ops::MemoryStyle::bram,
                                        ops::MemoryStyle::uram};
            plan.fifos[node.name].memory = styles.at(random() % styles.size());
        }
    }
}

/// For half of the networks: memory that takes up to four cycles for an element.
MemoryCycles choose_memory_cycles(const Graph& body, std::uint32_t seed) {
    std::mt19937 random(seed);
    MemoryCycles cycles;
    for (const auto* ports : {&body.inputs, &body.outputs}) {
        for (const ValueId id : *ports) {
            const std::int64_t elements =
                element_count(std::get<IntegerType>(body.value(id).type).shape);
            const auto sixteenths = static_cast<std::int64_t>(1 + random() % 64);
            cycles.push_back(seed % 2 == 0 ? 0 : elements * sixteenths / 16);
        }
    }
    return cycles;
}

using PlanChooser = Plan (*)(const Graph& body, std::uint32_t seed);
using Check = std::function<void(const passes::Compilation&, const std::vector<HostArray>& samples,
                                 const std::vector<HostArray>& expected)>;

void attempt(CnnTrial& trial, ActorLibrary library, PlanChooser chooser, const Check& check) {
    const RandomCnn cnn = random_cnn(trial.seed);
    Diagnostics diagnostics;
    const auto refuse = [&] {
        trial.result = CnnTrial::Result::refused;
        for (const Diagnostic& diagnostic : diagnostics.all()) {
            if (diagnostic.severity == Severity::error) {
                trial.codes.emplace(info(diagnostic.code).id);
                trial.text += format(diagnostic) + "\n";
            }
        }
        if (trial.codes.empty()) {
            throw Defect("refused without a reason");
        }
    };
    auto imported = frontend::import_onnx_bytes(cnn.model.bytes(), "random.onnx", {}, diagnostics);
    if (!imported) {
        refuse();
        return;
    }
    passes::Compilation c;
    c.network = std::move(imported->graph);
    c.lowering.file = "random.onnx";
    c.library = library;
    c.make_plan = [&](const passes::PlanRequest& request, Diagnostics&) {
        Plan plan = chooser(request.body, trial.seed);
        if (const passes::LoweredBody* design = request.try_plan(plan)) {
            choose_fifo_memories(plan, design->dataflow, trial.seed);
        }
        return plan;
    };
    c.memory_cycles = [&](const Graph& body) { return choose_memory_cycles(body, trial.seed); };
    if (!passes::run_passes(c, diagnostics)) {
        refuse();
        return;
    }
    count_operators(cnn, c, trial);
    // verify's samples seek decision points, the generator's ties of small powers of two.
    std::vector<std::vector<HostArray>> sets{
        cli::random_samples(c.network, sample_count, trial.seed).arrays,
        random_samples(c.network, sample_count, trial.seed)};
    for (const std::vector<HostArray>& samples : sets) {
        check(c, samples, make_network_engine(c.network)->run(samples, sample_count, 1));
    }
    trial.result = CnnTrial::Result::equal;
}

CnnTrial guarded(std::uint32_t seed, ActorLibrary library, PlanChooser chooser,
                 const Check& check) {
    CnnTrial trial;
    trial.seed = seed;
    const auto start = std::chrono::steady_clock::now();
    try {
        attempt(trial, library, chooser, check);
    } catch (const Difference& difference) {
        trial.result = CnnTrial::Result::failed;
        trial.text = difference.what();
    } catch (const std::exception& error) {
        trial.result = CnnTrial::Result::failed;
        trial.text = fmt::format("exception: {}", error.what());
    }
    trial.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return trial;
}

/// Where the engine finds a binary that is newer than the sources, it does not build its own at
/// -O3, which takes many times as long.
void build_quickly(const std::filesystem::path& project) {
    std::filesystem::create_directory(project / "build");
    const backends::ProcessResult result = backends::run_process(
        {"g++", "-std=c++14", "-O0", "-Wno-unknown-pragmas", "-Wno-unused-label",
         "-I" + (project / "lib").string(), "-I" + (project / "lib" / "sim").string(),
         (project / "csim" / "main.cpp").string(), (project / "src" / "top.cpp").string(), "-o",
         (project / "build" / "csim").string()});
    if (result.exit_code != 0) {
        throw Difference("the C simulation does not build:\n" + result.errors);
    }
}

void write(backends::EmittedProject (*emit)(const backends::CompiledDesign&,
                                            const backends::ProjectOptions&),
           const passes::Compilation& c, const std::filesystem::path& project) {
    backends::ProjectOptions options;
    options.model_name = "random.onnx";
    options.golden_samples = 1;
    Diagnostics diagnostics;
    if (!backends::write_project(
            emit({c.network, c.program, c.dataflow, c.plan, c.cycles}, options).files, project,
            diagnostics)) {
        throw Difference("the project cannot be written");
    }
}

} // namespace

CnnTrial reference_trial(std::uint32_t seed) {
    bool first = true;
    return guarded(
        seed, ActorLibrary::hls, choose_plan,
        [&](const passes::Compilation& c, const std::vector<HostArray>& samples,
            const std::vector<HostArray>& expected) {
            if (first) {
                check_schedules(c.dataflow);
                check_text(c);
                check_tokens(c);
                first = false;
            }
            compare("integer", expected,
                    make_reference_engine(c.program)->run(samples, sample_count, 1));
            compare("dataflow", expected,
                    make_dataflow_engine(c.program, c.dataflow)->run(samples, sample_count, 1));
        });
}

CnnTrial csim_trial(std::uint32_t seed) {
    const cli::TemporaryFolder folder;
    const std::filesystem::path project = folder.path() / "project";
    return guarded(
        seed, ActorLibrary::hls, choose_plan,
        [&](const passes::Compilation& c, const std::vector<HostArray>& samples,
            const std::vector<HostArray>& expected) {
            if (!std::filesystem::exists(project)) {
                write(backends::emit_vitis_project, c, project);
                build_quickly(project);
            }
            compare("csim", expected,
                    backends::make_csim_engine(c.program, project)->run(samples, sample_count, 1));
        });
}

CnnTrial rtlsim_trial(std::uint32_t seed) {
    const cli::TemporaryFolder folder;
    const std::filesystem::path project = folder.path() / "project";
    return guarded(
        seed, ActorLibrary::rtl, choose_or_solve,
        [&](const passes::Compilation& c, const std::vector<HostArray>& samples,
            const std::vector<HostArray>& expected) {
            if (!std::filesystem::exists(project)) {
                write(backends::emit_rtl_project, c, project);
                const backends::ProcessResult made = backends::run_process(
                    {"make", "-s", "-C", project.string(), "OPT=-O0", "JOBS=1", "build/rtlsim"});
                if (made.exit_code != 0) {
                    throw Difference("the RTL simulation does not build:\n" + made.errors);
                }
            }
            const auto engine = backends::make_rtlsim_engine(c.program, project);
            compare("rtlsim", expected, engine->run(samples, sample_count, 1));
            check_cycles(c.dataflow, *engine->cycles());
            const auto stalled = backends::make_simulation_engine(
                c.program, project,
                {"RTL simulation",
                 {(project / "build" / "rtlsim").string(), "--stalls", "5"},
                 true});
            compare("rtlsim with stalls", expected, stalled->run(samples, sample_count, 1));
        });
}

std::vector<CnnTrial> run_trials(CnnTrial (*trial)(std::uint32_t), std::uint32_t first,
                                 std::uint32_t count) {
    std::vector<CnnTrial> trials(count);
    std::atomic<std::uint32_t> next{0};
    std::vector<std::jthread> workers;
    const unsigned jobs = std::max(1U, std::thread::hardware_concurrency());
    for (unsigned job = 0; job < jobs; ++job) {
        workers.emplace_back([&] {
            for (std::uint32_t i = next++; i < count; i = next++) {
                trials[i] = trial(first + i);
            }
        });
    }
    workers.clear();
    return trials;
}

} // namespace millrace::tests
