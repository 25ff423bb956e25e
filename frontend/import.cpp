// SPDX-License-Identifier: Apache-2.0
//
// See import.hpp. Almost any bytes parse as some protobuf message, so a file counts as ONNX when it
// parses to its end, has a graph and says which version of the format it has.
#include "frontend/import.hpp"

#include "frontend/context.hpp"
#include "frontend/graph_reader.hpp"
#include "frontend/ops/registry.hpp"
#include "frontend/reporter.hpp"

#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl.h>
#include <google/protobuf/stubs/logging.h>
#include <onnx/checker.h>
#include <onnx/onnx_pb.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <limits>
#include <system_error>

namespace millrace::frontend {

namespace {

namespace fs = std::filesystem;
namespace io = google::protobuf::io;

constexpr std::int64_t oldest_ir_version = 3;     // the first with operator sets
constexpr std::int64_t newest_checked_opset = 17; // of the installed checker

using Opsets = std::vector<std::pair<std::string, std::int64_t>>;

/// Parses to the end of the stream; no message may nest deeper than protobuf's default allows.
bool parse(io::ZeroCopyInputStream& stream, onnx::ModelProto& model) {
    const google::protobuf::LogSilencer silence; // what it would print is in our diagnostic
    io::CodedInputStream coded(&stream);
    coded.SetTotalBytesLimit(std::numeric_limits<int>::max());
    return model.ParseFromCodedStream(&coded) && coded.ConsumedEntireMessage();
}

void report_not_onnx(const Reporter& reporter, std::string_view why) {
    reporter.error(Code::not_onnx, std::string(why),
                   "give an ONNX model file; if it is one, it is truncated or damaged: copy or "
                   "export it again");
}

/// Version of each domain; of the default domain when it is not imported: the newest, which
/// matters for no node then.
std::int64_t opset_version(const Opsets& opsets, std::string_view domain) {
    for (const auto& [name, version] : opsets) {
        if (name == domain) {
            return version;
        }
    }
    return domain.empty() ? newest_opset : 1;
}

void check_versions(const onnx::ModelProto& model, const Opsets& opsets, const Reporter& reporter) {
    const std::string help = fmt::format("convert the model to an operator set from {} to {} "
                                         "(onnx.version_converter) or export it again",
                                         oldest_opset, newest_opset);
    if (model.ir_version() < oldest_ir_version) {
        reporter.error(Code::unsupported_opset,
                       fmt::format("the file has IR version {}, older than {}", model.ir_version(),
                                   oldest_ir_version),
                       help);
        return;
    }
    bool imported = false;
    std::map<std::string_view, std::int64_t> seen;
    for (const auto& [domain, version] : opsets) {
        const auto [first, is_new] = seen.try_emplace(domain, version);
        if (!is_new && first->second != version) {
            reporter.error(Code::unsupported_opset,
                           fmt::format("domain '{}' is imported in versions {} and {}",
                                       escaped(domain), first->second, version),
                           help);
        }
        if (!domain.empty()) {
            continue;
        }
        imported = true;
        if (version < oldest_opset || version > newest_opset) {
            reporter.error(Code::unsupported_opset,
                           fmt::format("the model uses operator set {}", version), help);
        }
    }
    const bool needed = std::any_of(
        model.graph().node().begin(), model.graph().node().end(),
        [](const onnx::NodeProto& node) { return normalized_domain(node.domain()).empty(); });
    if (!imported && needed) {
        reporter.error(Code::unsupported_opset,
                       "the model does not say which operator set its operators belong to", help);
    }
}

void run_checker(const onnx::ModelProto& model, const Opsets& opsets, const Reporter& reporter) {
    if (opset_version(opsets, "") > newest_checked_opset) {
        return;
    }
    try {
        onnx::checker::check_model(model);
    } catch (const std::exception& error) {
        reporter.note(Code::checker_advice, escaped(error.what()),
                      "the checker does not know every operator; this alone stops nothing");
    }
}

std::optional<ImportedModel> import_model(onnx::ModelProto& model, const fs::path& data_folder,
                                          const Reporter& reporter, const ImportOptions& options) {
    if (!model.has_ir_version() || !model.has_graph()) {
        report_not_onnx(reporter, "the file has no ONNX graph");
        return std::nullopt;
    }
    const std::size_t errors_before = reporter.error_count();
    ImportedModel result;
    result.ir_version = model.ir_version();
    for (const onnx::OperatorSetIdProto& opset : model.opset_import()) {
        result.opsets.emplace_back(normalized_domain(opset.domain()), opset.version());
    }
    result.producer = model.producer_name();
    if (!model.producer_version().empty()) {
        result.producer += (result.producer.empty() ? "" : " ") + model.producer_version();
    }
    for (const onnx::NodeProto& node : model.graph().node()) {
        ++result.operators[qualified_name(node)];
    }
    if (options.operators != nullptr) {
        *options.operators = result.operators;
    }
    check_versions(model, result.opsets, reporter);
    if (options.run_checker) {
        run_checker(model, result.opsets, reporter);
    }
    const auto opset_of = [&](std::string_view domain) {
        return opset_version(result.opsets, domain);
    };
    GraphReaderResult read = read_graph({model, opset_of, data_folder, options}, reporter);
    if (reporter.error_count() != errors_before) {
        return std::nullopt;
    }
    result.graph = std::move(read.graph);
    result.transposed = std::move(read.transposed);
    result.symbolic_batch = read.symbolic_batch;
    return result;
}

} // namespace

std::optional<ImportedModel> import_onnx(const fs::path& file, Diagnostics& diagnostics,
                                         const ImportOptions& options) {
    const Reporter reporter(diagnostics, file.string());
    const auto unreadable = [&](std::string_view why) {
        reporter.error(Code::cannot_read_file, std::string(why),
                       "check the path and the permissions of the model file");
    };
    std::error_code error;
    const fs::file_status status = fs::status(file, error);
    if (!fs::exists(status)) {
        unreadable("the file does not exist");
        return std::nullopt;
    }
    if (fs::is_directory(status)) {
        unreadable("the path is a directory");
        return std::nullopt;
    }
    const std::uintmax_t size = fs::file_size(file, error);
    if (!error && size > static_cast<std::uintmax_t>(std::numeric_limits<int>::max())) {
        report_not_onnx(reporter, "the file has more than 2 GiB, which protobuf cannot hold; save "
                                  "the weights as external data");
        return std::nullopt;
    }
    std::ifstream stream(file, std::ios::binary);
    if (!stream) {
        unreadable(fmt::format("the file cannot be opened: {}", std::strerror(errno)));
        return std::nullopt;
    }
    onnx::ModelProto model;
    {
        io::IstreamInputStream input(&stream, 1 << 20);
        if (!parse(input, model)) {
            if (stream.bad()) {
                unreadable("reading the file failed");
            } else {
                report_not_onnx(reporter, "the file is not a protobuf message of an ONNX model");
            }
            return std::nullopt;
        }
    }
    fs::path folder = file.parent_path();
    if (folder.empty()) {
        folder = ".";
    }
    return import_model(model, folder, reporter, options);
}

std::optional<ImportedModel> import_onnx_bytes(std::string_view bytes,
                                               const std::string& display_name,
                                               const fs::path& data_folder,
                                               Diagnostics& diagnostics,
                                               const ImportOptions& options) {
    const Reporter reporter(diagnostics, display_name);
    if (bytes.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
        report_not_onnx(reporter, "the model has more than 2 GiB, which protobuf cannot hold");
        return std::nullopt;
    }
    onnx::ModelProto model;
    io::ArrayInputStream input(bytes.data(), static_cast<int>(bytes.size()));
    if (!parse(input, model)) {
        report_not_onnx(reporter, "the bytes are not a protobuf message of an ONNX model");
        return std::nullopt;
    }
    return import_model(model, data_folder, reporter, options);
}

} // namespace millrace::frontend
