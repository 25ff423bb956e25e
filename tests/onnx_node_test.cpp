// SPDX-License-Identifier: Apache-2.0
//
// ONNX's own operator tests at the network level: each model of an operator that the frontend
// knows is imported, evaluated in exact reals and compared with the stored results, integers
// exactly and floats as ONNX's test runner does (relative 1e-3, absolute 1e-7). A table shows per
// operator how many pass, how many are refused and by which diagnostics. None may be wrong.
//
// The tests give everything as inputs of the graph, also what models have as constants (axes,
// scales, weights). Where the import asks for a constant, the test's data becomes an initializer.
#include "frontend/import.hpp"
#include "frontend/ops/registry.hpp"
#include "frontend/tensor_reader.hpp"
#include "ir/evaluate.hpp"
#include "ir/verify.hpp"
#include "tests/support/command.hpp"
#include "tests/support/shared_data.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <onnx/onnx_pb.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

using namespace millrace;
using namespace millrace::tests;

namespace {

namespace fs = std::filesystem;

std::string bytes_of(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

/// Stored results that wrap round where the standard says saturate (ONNX Runtime saturates, too).
const std::set<std::string> wrong_data{
    "test_qlinearmatmul_2D_int8_float16", "test_qlinearmatmul_2D_int8_float32",
    "test_qlinearmatmul_3D_int8_float16", "test_qlinearmatmul_3D_int8_float32"};

/// A model with one set of inputs and the results that ONNX expects.
struct NodeCase {
    onnx::ModelProto model;
    std::vector<onnx::TensorProto> inputs;
    std::vector<onnx::TensorProto> outputs;
};

/// Nothing when the case has other values than tensors, or none at all.
std::optional<NodeCase> load_case(const fs::path& folder) {
    NodeCase result;
    if (!result.model.ParseFromString(bytes_of(folder / "model.onnx"))) {
        return std::nullopt;
    }
    const auto tensors = [&](std::string_view kind, int count,
                             std::vector<onnx::TensorProto>& list) {
        for (int i = 0; i < count; ++i) {
            const fs::path file = folder / "test_data_set_0" / fmt::format("{}_{}.pb", kind, i);
            if (!fs::exists(file) || !list.emplace_back().ParseFromString(bytes_of(file))) {
                return false;
            }
        }
        return true;
    };
    const onnx::GraphProto& graph = result.model.graph();
    const auto is_tensor = [](const onnx::ValueInfoProto& value) {
        return value.type().has_tensor_type();
    };
    if (!std::all_of(graph.input().begin(), graph.input().end(), is_tensor) ||
        !std::all_of(graph.output().begin(), graph.output().end(), is_tensor)) {
        return std::nullopt;
    }
    const int inputs = graph.input_size() - graph.initializer_size();
    if (!tensors("input", std::max(inputs, 0), result.inputs) ||
        !tensors("output", graph.output_size(), result.outputs)) {
        return std::nullopt;
    }
    return result;
}

/// Names of the graph's inputs that are not initializers, in order.
std::vector<std::string> free_inputs(const onnx::GraphProto& graph) {
    std::set<std::string> initializers;
    for (const onnx::TensorProto& tensor : graph.initializer()) {
        initializers.insert(tensor.name());
    }
    std::vector<std::string> names;
    for (const onnx::ValueInfoProto& input : graph.input()) {
        if (!initializers.contains(input.name())) {
            names.push_back(input.name());
        }
    }
    return names;
}

/// The model with the inputs from `first` on as initializers.
onnx::ModelProto with_constants(const NodeCase& test, std::size_t first) {
    onnx::ModelProto model = test.model;
    onnx::GraphProto& graph = *model.mutable_graph();
    const std::vector<std::string> names = free_inputs(graph);
    for (std::size_t i = first; i < names.size(); ++i) {
        onnx::TensorProto& tensor = *graph.add_initializer();
        tensor = test.inputs.at(i);
        tensor.set_name(names[i]);
    }
    if (first == 0) {
        onnx::ValueInfoProto& other = *graph.add_input(); // a graph needs an input
        other.set_name("unused input");
        onnx::TypeProto::Tensor& type = *other.mutable_type()->mutable_tensor_type();
        type.set_elem_type(onnx::TensorProto::FLOAT);
        type.mutable_shape()->add_dim()->set_dim_value(1);
    }
    return model;
}

std::set<std::string> codes(const Diagnostics& diagnostics) {
    std::set<std::string> result;
    for (const Diagnostic& diagnostic : diagnostics.all()) {
        if (diagnostic.severity == Severity::error) {
            result.emplace(info(diagnostic.code).id);
        }
    }
    return result;
}

struct Outcome {
    enum class Kind { pass, refused, wrong } kind = Kind::pass;
    std::set<std::string> reasons;
};

Outcome refused(std::string reason) { return {Outcome::Kind::refused, {std::move(reason)}}; }
Outcome wrong(std::string reason) { return {Outcome::Kind::wrong, {std::move(reason)}}; }

/// The tensor of a stored value; nothing where its type is not read. The tensor is missing where an
/// element is infinite.
struct Stored {
    DataType element;
    std::optional<Tensor> tensor;
};
std::optional<Stored> stored_tensor(onnx::TensorProto message) {
    Diagnostics diagnostics;
    const frontend::Reporter reporter(diagnostics, "stored value");
    const fs::path nowhere;
    const frontend::ImportOptions options;
    auto contents = frontend::read_tensor(message, {nowhere, options}, reporter);
    if (!contents) {
        return std::nullopt;
    }
    return Stored{contents->element, std::move(contents->tensor)};
}

/// Empty when the result is what is expected, else the difference.
std::string difference(const Tensor& result, const RealType& type, const Stored& expected) {
    if (type.element != expected.element || result.shape() != expected.tensor->shape()) {
        return fmt::format("{} {} instead of {} {}", to_string(type.element),
                           to_string(result.shape()), to_string(expected.element),
                           to_string(expected.tensor->shape()));
    }
    for (std::int64_t i = 0; i < result.size(); ++i) {
        const double value = result.at(i).to_double();
        const double wanted = expected.tensor->at(i).to_double();
        const double tolerance = is_integer(expected.element) ? 0 : 1e-7 + 1e-3 * std::abs(wanted);
        if (!(std::abs(value - wanted) <= tolerance)) {
            return fmt::format("element {} is {} instead of {}", i, value, wanted);
        }
    }
    return {};
}

const RealType& real_type(const Graph& graph, ValueId id) {
    return std::get<RealType>(graph.value(id).type);
}

Outcome evaluated(const NodeCase& test, const frontend::ImportedModel& model, std::size_t given) {
    const std::vector<std::size_t> uses = model.graph.use_counts();
    std::vector<Tensor> inputs;
    for (std::size_t i = 0; i < given; ++i) {
        const ValueId id = model.graph.inputs.at(i);
        if (uses[id] == 0) {
            // Some stored values of unused inputs do not have the declared shape.
            const Shape& shape = shape_of(model.graph.value(id).type);
            inputs.emplace_back(shape,
                                std::vector<float>(static_cast<std::size_t>(element_count(shape))));
            continue;
        }
        const auto stored = stored_tensor(test.inputs.at(i));
        if (!stored || stored->element != real_type(model.graph, id).element) {
            return refused("stored data of another type");
        }
        if (!stored->tensor) {
            return refused("infinite input");
        }
        inputs.push_back(*stored->tensor);
    }
    if (given == 0) {
        inputs.emplace_back(Shape{1}, std::vector<float>{0});
    }
    std::vector<Tensor> results;
    try {
        results = evaluate_network(model.graph, inputs);
    } catch (const std::domain_error&) {
        return refused("undefined result");
    }
    for (std::size_t i = 0; i < results.size(); ++i) {
        const auto expected = stored_tensor(test.outputs.at(i));
        if (!expected || !expected->tensor) {
            return wrong("a finite result where none is expected");
        }
        const RealType& type = real_type(model.graph, model.graph.outputs.at(i));
        const std::string found = difference(results[i], type, *expected);
        if (!found.empty()) {
            return wrong(found);
        }
    }
    return {};
}

Outcome run_case(const NodeCase& test) {
    const std::size_t count = free_inputs(test.model.graph()).size();
    Outcome outcome;
    for (const std::size_t given : {count, std::size_t{1}, std::size_t{0}}) {
        // A graph of several operators that needs all as constants is no network.
        if (given > count || (given == 0 && test.model.graph().node_size() > 1)) {
            continue;
        }
        Diagnostics diagnostics;
        const std::string bytes = with_constants(test, given).SerializeAsString();
        const auto model = frontend::import_onnx_bytes(bytes, "model.onnx", {}, diagnostics);
        if (model) {
            verify(model->graph, "import");
            return evaluated(test, *model, given);
        }
        const std::set<std::string> found = codes(diagnostics);
        // What the first attempt said is the reason, unless constants were all that was missing.
        if (!found.contains(std::string(info(Code::parameter_not_constant).id))) {
            return {Outcome::Kind::refused, found};
        }
        outcome = {Outcome::Kind::refused, found};
    }
    return outcome;
}

struct Row {
    int pass = 0;
    int refused = 0;
    int wrong = 0;
    std::map<std::string, int> reasons;
};

/// The operator that a case tests; nothing where the frontend does not know one of its operators.
std::optional<std::string> tested_operator(const onnx::GraphProto& graph) {
    for (const onnx::NodeProto& node : graph.node()) {
        if (frontend::find_operator(node) == nullptr) {
            return std::nullopt;
        }
    }
    if (graph.node_size() == 0) {
        return std::nullopt;
    }
    return graph.node_size() == 1 ? graph.node(0).op_type() : "(several operators)";
}

class Table {
  public:
    void add_folder(const fs::path& folder) {
        std::vector<fs::path> cases;
        for (const auto& entry : fs::directory_iterator(folder)) {
            if (fs::exists(entry.path() / "model.onnx") &&
                !wrong_data.contains(entry.path().filename().string())) {
                cases.push_back(entry.path());
            }
        }
        std::sort(cases.begin(), cases.end());
        for (const fs::path& path : cases) {
            add_case(path);
        }
    }

    [[nodiscard]] const std::map<std::string, Row>& rows() const { return rows_; }
    [[nodiscard]] const std::vector<std::string>& wrong() const { return wrong_; }

    void print() const {
        fmt::print("{:<24} {:>5} {:>8} {:>6}\n", "operator", "pass", "refused", "wrong");
        Row all;
        for (const auto& [name, row] : rows_) {
            std::vector<std::string> reasons;
            for (const auto& [reason, count] : row.reasons) {
                reasons.push_back(fmt::format("{} x {}", count, reason));
            }
            fmt::print("{:<24} {:>5} {:>8} {:>6}  {}\n", name, row.pass, row.refused, row.wrong,
                       fmt::join(reasons, ", "));
            all.pass += row.pass;
            all.refused += row.refused;
            all.wrong += row.wrong;
        }
        fmt::print("{:<24} {:>5} {:>8} {:>6}\n", "all", all.pass, all.refused, all.wrong);
    }

  private:
    void add_case(const fs::path& path) {
        const auto test = load_case(path);
        if (!test) {
            return;
        }
        const auto name = tested_operator(test->model.graph());
        if (!name) {
            return;
        }
        Row& row = rows_[*name];
        const Outcome outcome = run_case(*test);
        switch (outcome.kind) {
        case Outcome::Kind::pass:
            ++row.pass;
            break;
        case Outcome::Kind::refused:
            ++row.refused;
            for (const std::string& reason : outcome.reasons) {
                ++row.reasons[reason];
            }
            break;
        case Outcome::Kind::wrong:
            ++row.wrong;
            wrong_.push_back(fmt::format("{} ({}): {}", path.filename().string(), *name,
                                         fmt::join(outcome.reasons, ", ")));
            break;
        }
    }

    std::map<std::string, Row> rows_;
    std::vector<std::string> wrong_;
};

void check(const Table& table, int least_passes) {
    table.print();
    for (const std::string& found : table.wrong()) {
        CHECK_MESSAGE(false, found);
    }
    int passes = 0;
    for (const auto& [name, row] : table.rows()) {
        passes += row.pass;
    }
    CHECK(passes >= least_passes);
}

} // namespace

TEST_SUITE_BEGIN("onnx node tests");

TEST_CASE("the operator tests of ONNX 1.12, as Debian has them") {
    const fs::path data = "/usr/share/libonnx-testdata/data";
    if (!fs::is_directory(data)) {
        report_skip("the package libonnx-testdata is not installed");
        return;
    }
    Table table;
    for (const char* folder : {"node", "simple", "pytorch-converted", "pytorch-operator"}) {
        table.add_folder(data / folder);
    }
    check(table, 390);
}

TEST_CASE("the operator tests of operator set 24") {
    const auto shared = shared_dir();
    if (!shared) {
        return;
    }
    const fs::path archive = *shared / "onnx_node_tests/node_tests_opset24.tar.gz";
    if (!fs::exists(archive)) {
        report_skip("../shared/onnx_node_tests is absent");
        return;
    }
    const fs::path folder = fs::path(MILLRACE_BUILD_DIR) / "onnx_node_tests";
    fs::remove_all(folder);
    fs::create_directories(folder);
    REQUIRE(run_program("tar", {"xzf", archive.string(), "-C", folder.string()}).status == 0);
    Table table;
    table.add_folder(folder);
    fs::remove_all(folder);
    check(table, 500);
}

TEST_SUITE_END();
