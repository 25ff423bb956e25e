// SPDX-License-Identifier: Apache-2.0
#include "support/mem_file.hpp"

#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace millrace::rtl_bench {

void write_mem(const std::string& path, const Elements& numbers, const StreamFormat& format) {
    std::ofstream file(path);
    const std::size_t word_bits = format.lanes * format.bits;
    for (std::size_t word = 0; word < numbers.size() / format.lanes; ++word) {
        std::string digits((word_bits + 3) / 4, '0');
        for (std::size_t bit = 0; bit < word_bits; ++bit) {
            const std::uint64_t code =
                encode(numbers[word * format.lanes + bit / format.bits], format);
            if ((code >> (bit % format.bits) & 1) != 0) {
                char& digit = digits[digits.size() - 1 - bit / 4];
                const int value = (digit <= '9' ? digit - '0' : digit - 'a' + 10) | 1 << (bit % 4);
                digit = "0123456789abcdef"[value];
            }
        }
        file << digits << '\n';
    }
    if (!file.flush()) {
        std::printf("cannot write %s\n", path.c_str());
        std::exit(1);
    }
}

} // namespace millrace::rtl_bench
