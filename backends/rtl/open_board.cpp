// SPDX-License-Identifier: Apache-2.0
//
// The serial line has no flow control towards the board. That is safe as long as every byte under
// way has room: each input port gets a buffer of at least one block RAM of the smallest device and
// at least a frame, and the window is the number of frames that fit into all of them.
#include "backends/rtl/open_board.hpp"

#include "backends/embedded_templates.hpp"
#include "backends/rtl/verilog_constants.hpp"
#include "backends/template_renderer.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <fmt/format.h>
#include <limits>
#include <string_view>
#include <vector>

namespace millrace::backends {

namespace {

using Json = nlohmann::json;

constexpr std::string_view folder = "rtl_project/open/";
/// Bytes of a block RAM of iCE40, the smallest.
constexpr std::int64_t block_bytes = 512;
/// Bytes that wait at an output which is sent at once.
constexpr std::int64_t few_bytes = 2;

/// Of a frame on the line: whole bytes, without the padding to memory words.
std::int64_t line_bytes(const PortView& port) {
    return (element_count(port.shape) * port.container_bits + 7) / 8;
}

std::int64_t input_depth(const PortView& port) {
    return std::max(block_bytes, static_cast<std::int64_t>(
                                     std::bit_ceil(static_cast<std::uint64_t>(line_bytes(port)))));
}

/// Numbers of 32 bits as a Verilog concatenation, the first one lowest.
std::string number_list(const std::vector<PortView>& ports) {
    std::string list;
    for (const PortView& port : ports) {
        list = fmt::format("32'd{}{}{}", line_bytes(port), list.empty() ? "" : ", ", list);
    }
    return list;
}

} // namespace

void add_open_board_files(ProjectFiles& files, const KernelPorts& ports, const std::string& kernel,
                          const std::string& network) {
    std::int64_t window = std::numeric_limits<std::int64_t>::max();
    for (const PortView& port : ports.inputs) {
        window = std::min(window, input_depth(port) / line_bytes(port));
    }
    const auto frames = [&](const std::vector<PortView>& views) {
        Json list = Json::array();
        for (const PortView& port : views) {
            list.push_back({{"name", port.name},
                            {"bytes", line_bytes(port)},
                            {"frame_bytes", port.memory_words * port.memory_bits / 8}});
        }
        return list;
    };
    const auto modules = [](const std::vector<PortView>& views, bool input) {
        Json list = Json::array();
        for (const PortView& port : views) {
            Json values{{"name", port.name},
                        {"index", list.size()},
                        {"msb", port.lanes * port.element.bits - 1},
                        {"bits", port.element.bits},
                        {"lanes", port.lanes},
                        {"elements", element_count(port.shape)},
                        {"depth", input          ? input_depth(port)
                                  : list.empty() ? few_bytes
                                                 : line_bytes(port)}};
            if (!input) {
                values["encoding"] = encoding_code(port.element.encoding);
            }
            list.push_back(std::move(values));
        }
        return list;
    };
    files["open/frames.txt"] = render_embedded("rtl_project/open/frames.txt.mustache",
                                               {{"top", kernel},
                                                {"window", window},
                                                {"inputs", frames(ports.inputs)},
                                                {"outputs", frames(ports.outputs)}});
    files["open/mr_open_top.sv"] = render_embedded("rtl_project/open/mr_open_top.sv.mustache",
                                                   {{"top", kernel},
                                                    {"network", network},
                                                    {"window", window},
                                                    {"input_count", ports.inputs.size()},
                                                    {"last_input", ports.inputs.size() - 1},
                                                    {"input_bytes", number_list(ports.inputs)},
                                                    {"output_count", ports.outputs.size()},
                                                    {"last_output", ports.outputs.size() - 1},
                                                    {"output_bytes", number_list(ports.outputs)},
                                                    {"inputs", modules(ports.inputs, true)},
                                                    {"outputs", modules(ports.outputs, false)}});
    for (const std::string_view path : embedded_template_paths()) {
        if (path.starts_with(folder) && !path.ends_with(".mustache")) {
            files["open/" + std::string(path.substr(folder.size()))] = embedded_template(path);
        }
    }
}

} // namespace millrace::backends
