// SPDX-License-Identifier: Apache-2.0
//
// XRT's emulation puts its socket into a folder named by $USER, which we choose, so the socket is
// in our folder too.
#include "runtime/emulation/xrt_root.hpp"

#include "runtime/emulation/library_repair.hpp"
#include "runtime/emulation/programs.hpp"
#include "runtime/emulation/xclbin_writer.hpp"
#include "runtime/error.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <dlfcn.h>
#include <fstream>
#include <iterator>
#include <link.h>
#include <sstream>
#include <string_view>
#include <system_error>
#include <utility>

namespace millrace::runtime {

namespace {

namespace fs = std::filesystem;

constexpr const char* swemu = "libxrt_swemu.so.2";
constexpr std::array<std::string_view, 3> prefixes = {"libxrt", "libxdp", "libxilinxopencl"};
/// The first version whose source stores the pointer.
constexpr int first_sound_version = 15;

/// The path of libxrt_coreutil as the loader has it; empty when it is not loaded.
fs::path loaded_coreutil() {
    fs::path found;
    dl_iterate_phdr(
        [](dl_phdr_info* info, std::size_t, void* result) {
            const std::string_view name = info->dlpi_name != nullptr ? info->dlpi_name : "";
            if (name.find("/libxrt_coreutil.so") == std::string_view::npos) {
                return 0;
            }
            *static_cast<fs::path*>(result) = name;
            return 1;
        },
        &found);
    return found;
}

std::string read_file(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(stream), {}};
    if (!stream) {
        throw Error(ErrorKind::file, "cannot read " + file.string());
    }
    return bytes;
}

void write_file(const fs::path& file, std::string_view bytes) {
    std::ofstream stream(file, std::ios::binary | std::ios::trunc);
    stream.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    stream.close();
    if (!stream) {
        throw Error(ErrorKind::file, "cannot write " + file.string());
    }
}

/// Links to the installed libraries, and a sound libxrt_swemu.
void make_libraries(const fs::path& from, const fs::path& to) {
    fs::create_directories(to);
    for (const fs::directory_entry& entry : fs::directory_iterator(from)) {
        const std::string name = entry.path().filename().string();
        const bool wanted =
            std::any_of(prefixes.begin(), prefixes.end(),
                        [&name](std::string_view prefix) { return name.rfind(prefix, 0) == 0; });
        if (name == "xrt" || (wanted && name.find(".so") != std::string::npos && name != swemu)) {
            fs::create_symlink(entry.path(), to / name);
        }
    }
    const fs::path installed = from / swemu;
    if (xrt_minor_version(installed) >= first_sound_version) {
        fs::create_symlink(installed, to / swemu);
        return;
    }
    std::string library = read_file(installed);
    switch (repair_swemu(library)) {
    case Repair::unknown:
        throw Error(ErrorKind::no_device,
                    "the software emulation of this XRT (" + installed.string() +
                        ") writes into memory that is free, in a form that is not known here; "
                        "XRT 2.15 and later do not");
    case Repair::not_needed:
        fs::create_symlink(installed, to / swemu);
        return;
    case Repair::repaired:
        write_file(to / swemu, library);
        return;
    }
}

/// The largest size that XRT has a name for: a power of two.
std::string size_name(std::uint64_t kib) {
    constexpr std::string_view units = "KMGT";
    unsigned exponent = static_cast<unsigned>(std::bit_width(std::max<std::uint64_t>(kib, 64))) - 1;
    exponent = std::min(exponent, 39U); // 512T
    return std::to_string(1U << exponent % 10) + units[exponent / 10];
}

} // namespace

fs::path xrt_library_folder() {
    std::vector<fs::path> folders;
    if (const fs::path coreutil = loaded_coreutil(); !coreutil.empty()) {
        folders.push_back(coreutil.parent_path());
    }
    if (const char* root = std::getenv("XILINX_XRT"); root != nullptr && *root != '\0') {
        folders.push_back(fs::path(root) / "lib");
    }
    folders.emplace_back("/opt/xilinx/xrt/lib");
    if (void* handle = dlopen("libxrt_coreutil.so.2", RTLD_LAZY | RTLD_LOCAL)) {
        if (const fs::path coreutil = loaded_coreutil(); !coreutil.empty()) {
            folders.push_back(coreutil.parent_path());
        }
        dlclose(handle);
    }
    std::error_code error;
    bool any = false;
    for (const fs::path& folder : folders) {
        if (fs::exists(folder / swemu, error)) {
            return fs::canonical(folder);
        }
        any = any || fs::exists(folder / "libxrt_coreutil.so.2", error);
    }
    throw Error(ErrorKind::no_device,
                any ? "this XRT has no software emulation (libxrt_swemu.so.2)"
                    : "XRT is not installed (libxrt_coreutil.so.2 was not found)");
}

std::string emulation_config(const Manifest& manifest, unsigned devices) {
    // The name is the platform's: letters, digits and underscores, checked where it is read.
    std::string name = manifest.platform.empty() ? "millrace_emulated_1" : manifest.platform;
    std::erase_if(name, [](char c) { return c == '"' || c == '\\' || c < ' '; });
    std::ostringstream text;
    text << R"({ "Version": { "FileVersion": "2.0", "ToolVersion": "2022.1" },)" << '\n'
         << R"(  "Platform": { "Name": ")" << name
         << R"(", "UnifiedPlatform": "true", "ExpandedPR": "true", "NumBoards": "1",)" << '\n'
         << R"(    "Boards": [ { "Devices": [ { "Name": ")" << name
         << R"(", "HalMajorVersion": "2", "HalMinorVersion": "13",)" << '\n'
         << R"(      "VendorId": "4334", "SubsystemVendorId": "0", "DeviceVersion": "0",)" << '\n'
         << R"(      "DataAlignment": "4096", "OclFreqency": "300", "NumDevices": ")" << devices
         << R"(",)" << '\n'
         << R"(      "DdrBanks": [)";
    const char* separator = " ";
    for (const MemoryInfo& memory : emulated_memories(manifest)) {
        text << separator << R"({ "Size": ")" << size_name(memory.kib) << R"(" })";
        separator = ", ";
    }
    text << " ] } ] } ] } }\n";
    return text.str();
}

XrtRoot::XrtRoot(fs::path folder, const Manifest& manifest, unsigned devices)
    : folder_(std::move(folder)) {
    const fs::path device = find_program(emulated_device_program);
    const fs::path& root = folder_;
    try {
        make_libraries(xrt_library_folder(), root / "xrt" / "lib");
        // Where XRT 2.13 looks for the device process, and where later versions look first.
        for (const char* place : {"cpu_em", "sw_emu"}) {
            const fs::path model = root / "vitis" / "data" / "emulation" / "unified" / place /
                                   "generic_pcie" / "model";
            fs::create_directories(model);
            fs::create_symlink(device, model / "genericpciemodel");
        }
        fs::create_directory(root / "run");
        write_file(root / "xrt.ini", "[Runtime]\n");
        write_file(root / "emconfig.json", emulation_config(manifest, devices));
    } catch (const fs::filesystem_error& error) {
        throw Error(ErrorKind::file,
                    std::string("cannot prepare XRT's emulation: ") + error.what());
    }
}

Environment XrtRoot::variables(const fs::path& root) {
    return {
        "XCL_EMULATION_MODE=sw_emu",
        "XILINX_XRT=" + (root / "xrt").string(),
        "XILINX_VITIS=" + (root / "vitis").string(),
        "EMCONFIG_PATH=" + root.string(),
        "SDACCEL_EM_RUN_DIR=" + (root / "run").string(),
        // The folder of the socket below /tmp, and its name where XRT does not choose one itself.
        "USER=" + root.filename().string(),
        "EMULATION_SOCKETID=device",
        // One file for each buffer; XRT after 2.13 maps a device's whole memory otherwise.
        "VITIS_SW_EMU_DISABLE_SINGLE_MMAP=true",
    };
}

std::vector<std::string> XrtRoot::unwanted_variables() {
    return {
        "XILINX_SDX",    "XILINX_SCOUT", "XILINX_OPENCL",       "XILINX_HLS",
        "XILINX_VIVADO", "LD_PRELOAD",   "ENABLE_KERNEL_DEBUG", "VITIS_SW_EMU_ENABLE_SINGLE_MMAP"};
}

} // namespace millrace::runtime
