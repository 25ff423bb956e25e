// SPDX-License-Identifier: Apache-2.0
//
// mkdtemp makes the name and the folder in one step, so nobody else can have it.
#include "runtime/emulation/temporary_folder.hpp"

#include "runtime/error.hpp"

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>
#include <unistd.h>

namespace millrace::runtime {

TemporaryFolder::TemporaryFolder(const char* prefix) {
    const std::string pattern = std::string(prefix) + "-" + std::to_string(getpid()) + "-XXXXXX";
    std::string name = std::filesystem::path(emulation_folder) / pattern;
    if (mkdtemp(name.data()) == nullptr) {
        throw Error(ErrorKind::file, "cannot make a temporary folder " + name + ": " +
                                         std::generic_category().message(errno));
    }
    path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code error; // a folder that cannot be removed must not end the program
    std::filesystem::remove_all(path_, error);
}

} // namespace millrace::runtime
