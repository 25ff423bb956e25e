// SPDX-License-Identifier: Apache-2.0
//
// Memory words of a kernel port from and to files, for C simulation and the test bench. A file has
// the bytes as they lie in the port's memory, little endian.
#ifndef MILLRACE_WORDS_HPP
#define MILLRACE_WORDS_HPP

#include <ap_int.h>

#include <cstdint>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <vector>

namespace millrace {

class WordFile {
  public:
    WordFile(const std::string& path, const char* mode)
        : path_(path), file_(std::fopen(path.c_str(), mode)) {
        if (file_ == nullptr) throw std::runtime_error("cannot open " + path);
    }
    WordFile(const WordFile&) = delete;
    WordFile& operator=(const WordFile&) = delete;
    ~WordFile() {
        if (file_ != nullptr) std::fclose(file_);
    }

    template <int BITS> void read(std::vector<ap_uint<BITS>>& words) {
        limbs_.resize(words.size() * (BITS / 64));
        if (std::fread(limbs_.data(), 8, limbs_.size(), file_) != limbs_.size()) {
            throw std::runtime_error(path_ + " is too short");
        }
        for (std::size_t w = 0; w < words.size(); ++w) {
            for (int l = 0; l < BITS / 64; ++l) {
                words[w].range(64 * l + 63, 64 * l) = ap_uint<64>(limbs_[w * (BITS / 64) + l]);
            }
        }
    }

    template <int BITS> void write(const std::vector<ap_uint<BITS>>& words) {
        limbs_.resize(words.size() * (BITS / 64));
        for (std::size_t w = 0; w < words.size(); ++w) {
            for (int l = 0; l < BITS / 64; ++l) {
                limbs_[w * (BITS / 64) + l] =
                    ap_uint<64>(words[w].range(64 * l + 63, 64 * l)).to_uint64();
            }
        }
        if (std::fwrite(limbs_.data(), 8, limbs_.size(), file_) != limbs_.size()) {
            throw std::runtime_error("cannot write " + path_);
        }
    }

    // Writes what is still buffered, so that a full disk is an error and not a short file.
    void close() {
        std::FILE* file = file_;
        file_ = nullptr;
        if (std::fclose(file) != 0) throw std::runtime_error("cannot write " + path_);
    }

  private:
    std::string path_;
    std::FILE* file_;
    std::vector<std::uint64_t> limbs_;
};

} // namespace millrace

#endif
