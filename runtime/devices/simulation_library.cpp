// SPDX-License-Identifier: Apache-2.0
//
// The look at the times, and at whether the library is whole (a build or a copy may have been
// interrupted), avoids a process in the usual case; what to build and how is the Makefile's
// alone. A lock on the project's folder keeps two processes from building at once; it leaves no
// file behind and goes with its holder.
#include "runtime/devices/simulation_library.hpp"

#include "runtime/devices/elf_file.hpp"
#include "runtime/devices/process.hpp"
#include "runtime/error.hpp"

#include <fcntl.h>
#include <string>
#include <sys/file.h>
#include <sys/wait.h>
#include <system_error>

namespace millrace::runtime {

namespace {

namespace fs = std::filesystem;

bool up_to_date(const fs::path& project, const fs::path& library) {
    std::error_code error;
    const fs::file_time_type built = fs::last_write_time(library, error);
    if (error) {
        return false;
    }
    const auto newer = [&](const fs::path& file) {
        std::error_code missing;
        const fs::file_time_type time = fs::last_write_time(file, missing);
        return !missing && time > built;
    };
    for (const char* folder : {"csim", "src", "lib", "include", "weights", "rtl", "sim"}) {
        fs::recursive_directory_iterator files(project / folder, error);
        while (!error && files != fs::recursive_directory_iterator()) {
            if (files->is_regular_file(error) && newer(files->path())) {
                return false;
            }
            files.increment(error);
        }
        error.clear(); // a project may lack a folder
    }
    return !newer(project / "Makefile") && damage_of_library(library).empty();
}

} // namespace

Simulation simulation_of(const Manifest& manifest) {
    return manifest.backend == "rtl" ? Simulation::rtlsim : Simulation::csim;
}

std::string_view simulation_name(Simulation simulation) {
    return simulation == Simulation::rtlsim ? "rtlsim" : "csim";
}

std::string_view simulation_title(Simulation simulation) {
    return simulation == Simulation::rtlsim ? "RTL simulation" : "C simulation";
}

std::filesystem::path simulation_library(const std::filesystem::path& project,
                                         Simulation simulation) {
    const std::string target = "build/lib" + std::string(simulation_name(simulation)) + ".so";
    const fs::path library = project / target;
    if (up_to_date(project, library)) {
        return library;
    }
    std::error_code error;
    if (!fs::exists(project / "Makefile", error)) {
        if (fs::exists(library, error)) {
            return library; // delivered without a way to build it
        }
        throw Error(ErrorKind::file,
                    project.string() + " has no " + target + ", and no Makefile to build it");
    }
    const Descriptor folder(open(project.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (folder) {
        flock(folder.get(), LOCK_EX);
    }
    if (up_to_date(project, library)) {
        return library; // built by another process meanwhile
    }
    if (!damage_of_library(library).empty()) {
        fs::remove(library, error); // to the Makefile it is up to date
    }
    // Not the flags of a make that this process may run under.
    const Output make =
        run_program({"make", "-s", "-C", project.string(), target},
                    changed_environment({}, {"MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES"}));
    if (!WIFEXITED(make.status) || WEXITSTATUS(make.status) != 0) {
        throw Error(ErrorKind::device,
                    "cannot build the " + std::string(simulation_title(simulation)) + " of " +
                        project.string() + " (make -C PROJECT " + target + "):\n" + make.text);
    }
    if (!fs::exists(library, error)) {
        throw Error(ErrorKind::device,
                    "the Makefile of " + project.string() + " made no " + target);
    }
    return library;
}

} // namespace millrace::runtime
