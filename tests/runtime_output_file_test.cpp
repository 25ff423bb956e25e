// SPDX-License-Identifier: Apache-2.0
//
// Files of results: what stands under the name decides whether it is replaced or written to, and
// nothing but whole files is ever seen. Devices are private nodes, so that a mistake costs nothing.
#include "cli/project_folder.hpp"
#include "runtime/devices/process.hpp"
#include "runtime/output_file.hpp"
#include "runtime/result_files.hpp"
#include "tests/support/command.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/shared_data.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace {

namespace fs = std::filesystem;
using namespace millrace;
using namespace millrace::tests;
using runtime::Error;
using runtime::ErrorKind;
using runtime::write_output_file;

std::set<std::string> names_in(const fs::path& folder) {
    std::set<std::string> names;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
        names.insert(entry.path().filename().string());
    }
    return names;
}

mode_t mode_of(const fs::path& file) {
    struct ::stat there = {};
    REQUIRE(::lstat(file.c_str(), &there) == 0);
    return there.st_mode;
}

/// A node of the system's null (3) or full (7) device; false where that is not allowed.
bool make_device(const fs::path& file, unsigned minor_number) {
    if (::mknod(file.c_str(), S_IFCHR | S_IRUSR | S_IWUSR, makedev(1, minor_number)) == 0 &&
        std::ofstream(file).good()) {
        return true;
    }
    report_skip("device nodes cannot be made here");
    return false;
}

} // namespace

TEST_SUITE("runtime output file") {
    TEST_CASE("regular files are replaced, with their permissions") {
        const cli::TemporaryFolder folder;
        const fs::path file = folder.path() / "y.npy";
        std::ofstream(folder.path() / "y.npy.part") << "a file of the user";
        write_output_file(file, "one");
        CHECK(file_text(file) == "one");
        fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write);
        fs::create_hard_link(file, folder.path() / "before");
        write_output_file(file, "second");
        CHECK(file_text(file) == "second");
        CHECK(file_text(folder.path() / "before") == "one"); // replaced, not written over
        CHECK((mode_of(file) & 0777) == 0600);
        CHECK(file_text(folder.path() / "y.npy.part") == "a file of the user");
        CHECK(names_in(folder.path()) == std::set<std::string>{"before", "y.npy", "y.npy.part"});
    }

    TEST_CASE("links stay, and lead to what is written") {
        const cli::TemporaryFolder folder;
        fs::create_directories(folder.path() / "data");
        fs::create_symlink("../second", folder.path() / "data" / "first");
        fs::create_symlink("data/y.npy", folder.path() / "second");
        // The end of the links is not there yet, then it is.
        for (const char* text : {"new", "another"}) {
            write_output_file(folder.path() / "data" / "first", text);
            CHECK(fs::is_symlink(folder.path() / "data" / "first"));
            CHECK(fs::is_symlink(folder.path() / "second"));
            CHECK(S_ISREG(mode_of(folder.path() / "data" / "y.npy")));
            CHECK(file_text(folder.path() / "data" / "y.npy") == text);
        }
        CHECK(names_in(folder.path() / "data") == std::set<std::string>{"first", "y.npy"});
        fs::create_symlink("round", folder.path() / "round");
        const Error error = error_of([&] { write_output_file(folder.path() / "round", "x"); });
        CHECK(error.kind() == ErrorKind::file);
        CHECK(fs::is_symlink(folder.path() / "round"));
    }

    TEST_CASE("pipes are written to") {
        const cli::TemporaryFolder folder;
        const fs::path pipe = folder.path() / "pipe";
        REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
        fs::create_symlink("pipe", folder.path() / "link");
        // Both ends here: nobody waits for anybody, whatever happens to the name.
        const runtime::Descriptor end(::open(pipe.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
        REQUIRE(end);
        for (const std::string name : {"pipe", "link"}) {
            write_output_file(folder.path() / name, "through " + name);
            std::string received(100, '\0');
            const ssize_t count = ::read(end.get(), received.data(), received.size());
            REQUIRE(count > 0);
            CHECK(received.substr(0, static_cast<std::size_t>(count)) == "through " + name);
            CHECK(S_ISFIFO(mode_of(pipe)));
        }
        CHECK(names_in(folder.path()) == std::set<std::string>{"link", "pipe"});
    }

    TEST_CASE("devices are written to, and what they refuse is an error") {
        const cli::TemporaryFolder folder;
        if (!make_device(folder.path() / "null", 3) || !make_device(folder.path() / "full", 7)) {
            return;
        }
        fs::create_symlink("null", folder.path() / "link");
        write_output_file(folder.path() / "null", "nothing");
        write_output_file(folder.path() / "link", "nothing");
        const Error error = error_of([&] { write_output_file(folder.path() / "full", "much"); });
        CHECK(error.kind() == ErrorKind::file);
        mentions(error, "No space left on device");
        CHECK(S_ISCHR(mode_of(folder.path() / "null")));
        CHECK(S_ISCHR(mode_of(folder.path() / "full")));
        CHECK(names_in(folder.path()) == std::set<std::string>{"full", "link", "null"});
    }

    TEST_CASE("a file that cannot be written whole stays as it was") {
        const cli::TemporaryFolder folder;
        const fs::path file = folder.path() / "y.npy";
        std::ofstream(file) << "old";
        struct ::rlimit old = {};
        REQUIRE(::getrlimit(RLIMIT_FSIZE, &old) == 0);
        struct ::rlimit small = old;
        small.rlim_cur = 4096;
        const auto handler = std::signal(SIGXFSZ, SIG_IGN);
        REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
        std::string text;
        try {
            write_output_file(file, std::string(10'000, 'y'));
        } catch (const Error& error) {
            text = error.what();
        }
        REQUIRE(::setrlimit(RLIMIT_FSIZE, &old) == 0);
        std::signal(SIGXFSZ, handler);
        CHECK(text == "the file cannot be written: File too large");
        CHECK(file_text(file) == "old");
        CHECK(names_in(folder.path()) == std::set<std::string>{"y.npy"});
        mentions(error_of([&] { write_output_file(folder.path(), "x"); }), "Is a directory");
        mentions(error_of([&] { write_output_file(folder.path() / "no" / "y", "x"); }),
                 "No such file or directory");
    }

    TEST_CASE("several files are all written, or none") {
        const cli::TemporaryFolder folder;
        const auto path = [&](const char* name) { return folder.path() / name; };
        std::ofstream(path("y_0.npy")) << "old";
        fs::create_directories(path("y_2.npy"));
        const std::vector<runtime::OutputFile> files{
            {path("y_0.npy"), "a"}, {path("y_1.npy"), "b"}, {path("y_2.npy"), "c"}};
        mentions(error_of([&] { runtime::write_output_files(files); }),
                 path("y_2.npy").string() + ": the file cannot be written: Is a directory");
        CHECK(file_text(path("y_0.npy")) == "old");
        CHECK(names_in(folder.path()) == std::set<std::string>{"y_0.npy", "y_2.npy"});
        fs::remove(path("y_2.npy"));
        runtime::write_output_files(files);
        CHECK(file_text(path("y_0.npy")) + file_text(path("y_1.npy")) +
                  file_text(path("y_2.npy")) ==
              "abc");
        CHECK(names_in(folder.path()).size() == 3);
    }

    TEST_CASE("the names of several outputs are those of files") {
        const cli::TemporaryFolder folder;
        const auto names = [&](const std::string& wanted, std::size_t outputs) {
            std::string text;
            for (const fs::path& file : runtime::result_files(folder.path() / wanted, outputs)) {
                text += file.filename().string() + " ";
            }
            return text;
        };
        CHECK(names("y.npy", 1) == "y.npy ");
        CHECK(names("y.npy", 3) == "y_0.npy y_1.npy y_2.npy ");
        fs::create_directories(folder.path() / "d");
        REQUIRE(::mkfifo((folder.path() / "pipe").c_str(), 0600) == 0);
        CHECK(names("pipe", 1) == "pipe ");
        for (const std::size_t outputs : {1U, 2U}) {
            for (const char* wanted : {"d", "d/", "d/.", "..", "new/"}) {
                CAPTURE(wanted);
                mentions(error_of([&] { names(wanted, outputs); }), "Is a directory");
            }
        }
        mentions(error_of([&] { names("pipe", 2); }), "no regular file, which one output");
        const runtime::Descriptor open_file(
            ::open((folder.path() / "open").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
        const std::string descriptor = "/dev/fd/" + std::to_string(open_file.get());
        CHECK(names(descriptor, 1) == std::to_string(open_file.get()) + " ");
        mentions(error_of([&] { names(descriptor, 2); }), "no regular file, which one output");
        mentions(error_of([&] { names("no/y.npy", 2); }),
                 "y_0.npy: the file cannot be written: No such");
        CHECK(names_in(folder.path()) == std::set<std::string>{"d", "open", "pipe"});
        CHECK(fs::is_empty(folder.path() / "d"));
    }

    TEST_CASE("an open descriptor is written where it stands") {
        const cli::TemporaryFolder folder;
        const fs::path file = folder.path() / "f";
        const runtime::Descriptor open_file(
            ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
        REQUIRE(::write(open_file.get(), "before ", 7) == 7);
        const std::string number = std::to_string(open_file.get());
        fs::create_symlink("/proc/self/fd/" + number, folder.path() / "link");
        for (const std::string& name :
             {"/dev/fd/" + number, "/proc/self/fd/" + number, "/proc/thread-self/fd/" + number,
              (folder.path() / "link").string()}) {
            write_output_file(name, "x");
        }
        // By another process's name of it, which is another place in the file: from its start.
        CHECK(file_text(file) == "before xxxx");
        REQUIRE(::write(open_file.get(), " behind", 7) == 7);
        CHECK(file_text(file) == "before xxxx behind");
        CHECK(names_in(folder.path()) == std::set<std::string>{"f", "link"});
        const runtime::Descriptor to_read(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
        mentions(
            error_of([&] { write_output_file("/dev/fd/" + std::to_string(to_read.get()), "x"); }),
            "Bad file descriptor");
    }

    TEST_CASE("a file that may be written in a folder that may not is written in its place") {
        const cli::TemporaryFolder folder;
        const fs::path closed = folder.path() / "closed";
        const fs::path file = closed / "y.npy";
        fs::create_directories(closed);
        std::ofstream(file) << "an old text";
        fs::permissions(file, static_cast<fs::perms>(0666));
        fs::permissions(closed, static_cast<fs::perms>(0555));
        fs::permissions(folder.path(), static_cast<fs::perms>(0755));
        const bool root = ::geteuid() == 0; // to whom everything is allowed
        REQUIRE((!root || ::seteuid(65534) == 0));
        std::string text;
        std::string refused;
        try {
            write_output_file(file, "new");
            text = file_text(file);
            write_output_file(closed / "another", "new");
        } catch (const Error& error) {
            refused = error.what();
        }
        REQUIRE((!root || ::seteuid(0) == 0));
        fs::permissions(closed, static_cast<fs::perms>(0755));
        CHECK(text == "new");
        CHECK(refused == "the file cannot be written: Permission denied");
        CHECK(names_in(closed) == std::set<std::string>{"y.npy"});
    }

    TEST_CASE("a process that is killed while it writes leaves nothing") {
        const cli::TemporaryFolder folder;
        const fs::path file = folder.path() / "y.npy";
        if (!runtime::Descriptor(::open(folder.path().c_str(), O_TMPFILE | O_WRONLY, 0600))) {
            report_skip("this file system has no files without a name");
            return;
        }
        const std::string much(std::size_t{64} << 20, 'y');
        for (int time = 1; time <= 16; time *= 2) {
            const pid_t child = ::fork();
            REQUIRE(child >= 0);
            if (child == 0) {
                std::signal(SIGTERM, SIG_DFL); // not the tests' own
                for (;;) {
                    write_output_file(file, much);
                }
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(time));
            ::kill(child, SIGTERM);
            runtime::wait_for(child);
            std::set<std::string> names = names_in(folder.path());
            names.erase("y.npy");
            CHECK(names.empty());
            CHECK((!fs::exists(file) || fs::file_size(file) == much.size()));
        }
    }

    TEST_CASE("several writers of one name at once leave one whole file") {
        const cli::TemporaryFolder folder;
        const fs::path file = folder.path() / "y.npy";
        write_output_file(file, std::string(50'000, 'a'));
        std::atomic<bool> done = false;
        std::atomic<int> torn = 0;
        const auto whole = [&] {
            const std::string text = file_text(file);
            return text.size() == 50'000 && text.find_first_not_of(text[0]) == std::string::npos;
        };
        std::thread reader([&] {
            while (!done) {
                torn += whole() ? 0 : 1;
            }
        });
        std::atomic<int> failed = 0;
        std::vector<std::thread> writers;
        for (char letter = 'a'; letter < 'g'; ++letter) {
            writers.emplace_back([&, letter] {
                for (int i = 0; i < 40; ++i) {
                    try {
                        write_output_file(file, std::string(50'000, letter));
                    } catch (const Error&) {
                        ++failed;
                    }
                }
            });
        }
        for (std::thread& writer : writers) {
            writer.join();
        }
        done = true;
        reader.join();
        CHECK(failed == 0);
        CHECK(torn == 0);
        CHECK(whole());
        CHECK(names_in(folder.path()) == std::set<std::string>{"y.npy"});
    }
}
