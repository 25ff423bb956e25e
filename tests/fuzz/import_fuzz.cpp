// SPDX-License-Identifier: Apache-2.0
//
// libFuzzer target for the importer: any bytes give a graph that the verifier accepts, or errors,
// and never both or neither; nothing crashes, leaks or runs away with memory. The limits are small
// so that the fuzzer spends its time on the reader and not on large constants.
#include "frontend/import.hpp"
#include "ir/verify.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

// The name and the linkage are libFuzzer's.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    millrace::frontend::ImportOptions options;
    options.max_elements = 1 << 20;
    options.max_folded_elements = 1 << 14;
    options.max_folded_products = 1 << 16;
    options.max_constant_bits = 1 << 12;
    millrace::Diagnostics diagnostics;
    const auto model = millrace::frontend::import_onnx_bytes(
        std::string_view(reinterpret_cast<const char*>(data), size), "fuzz.onnx", {}, diagnostics,
        options);
    if (model.has_value() == diagnostics.has_errors()) {
        std::abort();
    }
    if (model) {
        millrace::verify(model->graph, "import");
    }
    for (const millrace::Diagnostic& diagnostic : diagnostics.all()) {
        if (millrace::format(diagnostic).empty() || diagnostic.help.empty()) {
            std::abort();
        }
    }
    return 0;
}
