// SPDX-License-Identifier: Apache-2.0
//
// Only these places, never PATH: the program must be of the same build as this library, since they
// speak a protocol of their own.
#include "runtime/emulation/programs.hpp"

#include "runtime/error.hpp"

#include <cstdlib>
#include <dlfcn.h>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace millrace::runtime {

std::filesystem::path find_program(const std::string& name) {
    namespace fs = std::filesystem;
    std::error_code error;
    std::vector<fs::path> folders;
    if (const char* folder = std::getenv("MILLRACE_LIBEXEC"); folder != nullptr && *folder != 0) {
        folders.emplace_back(folder);
    }
    std::vector<fs::path> own;
    if (const fs::path self = fs::read_symlink("/proc/self/exe", error); !error) {
        own.push_back(self.parent_path());
    }
    Dl_info info{};
    if (dladdr(reinterpret_cast<const void*>(&find_program), &info) != 0 &&
        info.dli_fname != nullptr) {
        if (const fs::path library = fs::canonical(info.dli_fname, error); !error) {
            own.push_back(library.parent_path());
        }
    }
    for (const fs::path& folder : own) {
        folders.push_back(folder);
        // From bin/ or lib/, and from lib/ARCHITECTURE/.
        for (const fs::path& prefix : {folder.parent_path(), folder.parent_path().parent_path()}) {
            folders.push_back(prefix / "libexec" / "millrace");
        }
    }
    std::string looked;
    for (const fs::path& folder : folders) {
        const fs::path file = folder / name;
        if (fs::is_regular_file(file, error) && access(file.c_str(), X_OK) == 0) {
            return fs::canonical(file);
        }
        if (looked.find("\n  " + folder.string()) == std::string::npos) {
            looked += "\n  " + folder.string();
        }
    }
    throw Error(ErrorKind::no_device, "the program " + name +
                                          " is missing; it belongs into one of" + looked +
                                          "\nor into the folder that MILLRACE_LIBEXEC names");
}

} // namespace millrace::runtime
