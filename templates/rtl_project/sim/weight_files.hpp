// SPDX-License-Identifier: Apache-2.0
//
// The files that the design reads with $readmemh when it is made, for that long in a folder of
// their own: they are part of the simulation (weights.S), which moves with them.
#ifndef MILLRACE_WEIGHT_FILES_HPP
#define MILLRACE_WEIGHT_FILES_HPP

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <unistd.h>
#include <vector>

namespace millrace {

struct WeightFile {
    const char* name; // null: behind the last one
    const char* bytes;
    std::size_t size;
};

class WeightFolder {
  public:
    explicit WeightFolder(const WeightFile* files) {
        const char* const temporary = std::getenv("TMPDIR");
        path_ = std::string(temporary != nullptr && *temporary != '\0' ? temporary : "/tmp") +
                "/millrace-weights-XXXXXX";
        if (mkdtemp(&path_[0]) == nullptr) {
            throw std::runtime_error("cannot make a temporary folder: " + path_);
        }
        for (const WeightFile* file = files; file->name != nullptr; ++file) write(*file);
    }
    WeightFolder(const WeightFolder&) = delete;
    WeightFolder& operator=(const WeightFolder&) = delete;
    ~WeightFolder() { remove(); }
    const std::string& path() const { return path_; }

  private:
    void write(const WeightFile& file) {
        names_.push_back(path_ + "/" + file.name);
        std::FILE* const stream = std::fopen(names_.back().c_str(), "wb");
        bool written = stream != nullptr;
        if (written) {
            written = std::fwrite(file.bytes, 1, file.size, stream) == file.size;
            written = std::fclose(stream) == 0 && written;
        }
        if (!written) {
            const std::string name = names_.back();
            remove();
            throw std::runtime_error("cannot write " + name);
        }
    }
    void remove() {
        for (const std::string& name : names_) std::remove(name.c_str());
        rmdir(path_.c_str());
    }

    std::string path_;
    std::vector<std::string> names_;
};

} // namespace millrace

#endif
