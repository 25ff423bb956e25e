// SPDX-License-Identifier: Apache-2.0
//
// dlopen with RTLD_LOCAL: simulations of different kernels have equal symbol names and must not see
// each other's.
#include "runtime/devices/kernel_library.hpp"

#include "runtime/devices/elf_file.hpp"
#include "runtime/error.hpp"

#include <array>
#include <dlfcn.h>
#include <utility>

namespace millrace::runtime {

namespace {

template <class Function>
void find(void* handle, const std::filesystem::path& file, const char* name, Function& function) {
    function = reinterpret_cast<Function>(dlsym(handle, name));
    if (function == nullptr) {
        throw Error(ErrorKind::device,
                    file.string() + " is no simulation of a kernel: it has no function " + name);
    }
}

} // namespace

KernelLibrary::KernelLibrary(void* handle, const std::filesystem::path& file) : handle_(handle) {
    try {
        decltype(&millrace_kernel_abi) abi = nullptr;
        find(handle, file, "millrace_kernel_abi", abi);
        if (const std::uint32_t version = abi(); version != MILLRACE_KERNEL_ABI) {
            throw Error(ErrorKind::device,
                        file.string() + " has version " + std::to_string(version) +
                            " of the kernel interface, this runtime has version " +
                            std::to_string(MILLRACE_KERNEL_ABI) + "; build it again");
        }
        find(handle, file, "millrace_kernel_name", name_);
        find(handle, file, "millrace_kernel_open", open_);
        find(handle, file, "millrace_kernel_close", close_);
        find(handle, file, "millrace_kernel_write", write_);
        find(handle, file, "millrace_kernel_read", read_);
        find(handle, file, "millrace_kernel_advance", advance_);
        find(handle, file, "millrace_kernel_error", error_);
        find(handle, file, "millrace_kernel_cycles", cycles_);
    } catch (...) {
        dlclose(handle);
        throw;
    }
}

KernelLibrary::~KernelLibrary() { dlclose(handle_); }

std::shared_ptr<KernelLibrary> KernelLibrary::load(const std::filesystem::path& file) {
    // A name without a slash would be looked for in the system's folders.
    const std::filesystem::path path = std::filesystem::absolute(file);
    if (const std::string damage = damage_of_library(path); !damage.empty()) {
        throw Error(ErrorKind::device,
                    path.string() + " is damaged: " + damage + "; remove it and build it again" +
                        " (make -C PROJECT build/" + path.filename().string() + ")");
    }
    void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) {
        const char* why = dlerror();
        throw Error(ErrorKind::device, "cannot load the simulation of the kernel: " +
                                           std::string(why != nullptr ? why : path.c_str()));
    }
    return std::shared_ptr<KernelLibrary>(new KernelLibrary(handle, file));
}

std::string KernelLibrary::kernel_name() const {
    const char* name = name_();
    return name != nullptr ? name : "";
}

SimulatedKernel::SimulatedKernel(std::shared_ptr<const KernelLibrary> library,
                                 const millrace_memory& memory)
    : library_(std::move(library)) {
    std::array<char, 512> error{};
    kernel_ = library_->open_(&memory, error.data(), error.size());
    if (kernel_ == nullptr) {
        error.back() = '\0';
        throw Error(ErrorKind::device,
                    "the simulation of the kernel does not start: " + std::string(error.data()));
    }
}

std::string SimulatedKernel::error() const {
    const char* text = library_->error_(kernel_);
    return text != nullptr && *text != '\0' ? text : "no reason given";
}

} // namespace millrace::runtime
