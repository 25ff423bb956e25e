// SPDX-License-Identifier: Apache-2.0
//
// The one list of kinds of devices.
#include "runtime/device.hpp"

#include "runtime/devices/simulated_device.hpp"
#include "runtime/devices/simulation_library.hpp"
#include "runtime/devices/xrt_device.hpp"
#include "runtime/devices/xrt_emu_device.hpp"
#include "runtime/error.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>

namespace millrace::runtime {

namespace {

struct Kind {
    std::string_view name;
    bool indexed; ///< several may be there
    std::unique_ptr<Device> (*open)(unsigned index, const DeviceContext& context);
};

template <Simulation simulation>
std::unique_ptr<Device> open_simulation(unsigned /*index*/, const DeviceContext& context) {
    const Simulation own = simulation_of(context.manifest);
    if (own != simulation) {
        throw Error(ErrorKind::usage,
                    "this project has no " + std::string(simulation_title(simulation)) +
                        ": its simulation is the device " + std::string(simulation_name(own)));
    }
    return open_simulated_device(simulation_library(context.project, simulation), context.manifest,
                                 std::string(simulation_title(simulation)));
}

std::unique_ptr<Device> open_own_simulation(unsigned index, const DeviceContext& context) {
    return simulation_of(context.manifest) == Simulation::rtlsim
               ? open_simulation<Simulation::rtlsim>(index, context)
               : open_simulation<Simulation::csim>(index, context);
}

/// A variable that people forget makes XRT look for an emulation in the place of boards.
std::unique_ptr<Device> open_board(unsigned index, const DeviceContext& context) {
    try {
        return open_xrt_device(index, context);
    } catch (const Error& error) {
        const char* mode = std::getenv("XCL_EMULATION_MODE");
        if (mode == nullptr) {
            throw;
        }
        throw Error(error.kind(),
                    std::string(error.what()) + "; XCL_EMULATION_MODE is '" + mode +
                        "' in the environment, so XRT looks for an emulation and not for boards: "
                        "unset it, or use the device xrt-emu");
    }
}

constexpr std::array<Kind, 5> kinds = {{
    {"sim", false, open_own_simulation},
    {"csim", false, open_simulation<Simulation::csim>},
    {"rtlsim", false, open_simulation<Simulation::rtlsim>},
    {"xrt", true, open_board},
    {"xrt-emu", true, open_xrt_emu_device},
}};

constexpr unsigned highest_index = 63;

[[noreturn]] void unknown(std::string_view text) {
    std::string names;
    for (const Kind& kind : kinds) {
        names +=
            (names.empty() ? "" : ", ") + std::string(kind.name) + (kind.indexed ? "[:INDEX]" : "");
    }
    throw Error(ErrorKind::usage,
                "there is no device \"" + std::string(text) + "\"; devices are " + names);
}

const Kind* find_kind(std::string_view name) {
    const auto* found = std::find_if(kinds.begin(), kinds.end(),
                                     [name](const Kind& kind) { return kind.name == name; });
    return found == kinds.end() ? nullptr : found;
}

} // namespace

DeviceName parse_device_name(std::string_view text) {
    const std::size_t colon = text.find(':');
    const std::string_view name = text.substr(0, colon);
    const Kind* kind = find_kind(name);
    if (kind == nullptr) {
        unknown(text);
    }
    DeviceName result{std::string(name), 0};
    if (colon != std::string_view::npos) {
        const std::string_view number = text.substr(colon + 1);
        const char* last = number.data() + number.size();
        const auto [end, error] = std::from_chars(number.data(), last, result.index);
        const bool digits =
            !number.empty() && number.find_first_not_of("0123456789") == std::string_view::npos;
        if (!kind->indexed || !digits) {
            unknown(text);
        }
        if (error != std::errc() || end != last || result.index > highest_index) {
            throw Error(ErrorKind::usage, "there is no device \"" + std::string(text) +
                                              "\": the highest index is " +
                                              std::to_string(highest_index));
        }
    }
    return result;
}

std::unique_ptr<Device> open_device(const DeviceName& name, const DeviceContext& context) {
    const Kind* kind = find_kind(name.kind);
    if (kind == nullptr) {
        unknown(name.kind);
    }
    return kind->open(name.index, context);
}

} // namespace millrace::runtime
