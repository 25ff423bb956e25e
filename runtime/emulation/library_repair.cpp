// SPDX-License-Identifier: Apache-2.0
//
// The code that is looked for (x86-64, as compiled by gcc), with the buffer at `field` of the shim:
//     48 89 83 field         mov  %rax, field(%rbx)       the store, used after malloc
// T:  ...                                                 the end of the function
//     48 85 c0               test %rax, %rax              after realloc
//     75 e6                  jne  T                       success: past the store
//     48 8b bb field         mov  field(%rbx), %rdi
//     e8 ....                call free
//     eb d8                  jmp  ...
// Both mentions of `field`, and the store in front of T, must agree, and the place must be the only
// one of its kind; then the jump goes to the store instead of T.
#include "runtime/emulation/library_repair.hpp"

#include <cctype>
#include <cstring>
#include <string_view>
#include <system_error>

namespace millrace::runtime {

namespace {

constexpr std::size_t pattern_bytes = 19;
constexpr std::size_t displacement_at = 4;
constexpr std::size_t field_at = 8;
constexpr unsigned char to_the_end = 0xE6;
constexpr std::size_t store_bytes = 7;
constexpr unsigned char to_the_store = to_the_end - store_bytes;

bool is_realloc_branch(std::string_view code) {
    using namespace std::string_view_literals;
    return code.substr(0, 4) == "\x48\x85\xC0\x75"sv && code.substr(5, 3) == "\x48\x8B\xBB"sv &&
           code.substr(10, 3) == "\x00\x00\xE8"sv && code.substr(17, 2) == "\xEB\xD8"sv;
}

/// Whether the instruction in front of T stores to the same field.
bool stores_before(std::string_view library, std::size_t at) {
    using namespace std::string_view_literals;
    // T = the instruction after the jump, and its displacement, which is negative.
    const std::size_t target = at + displacement_at + 1 - (0x100 - to_the_end);
    if (target < store_bytes || target > at) {
        return false;
    }
    const std::string_view store = library.substr(target - store_bytes, store_bytes);
    return store.substr(0, 3) == "\x48\x89\x83"sv &&
           store.substr(3) == library.substr(at + field_at, 4);
}

} // namespace

Repair repair_swemu(std::string& library) {
    std::size_t found = 0;
    std::size_t place = 0;
    const std::string_view code = library;
    for (std::size_t at = code.find("\x48\x85\xC0\x75"); at != std::string_view::npos;
         at = code.find("\x48\x85\xC0\x75", at + 1)) {
        const std::string_view here = code.substr(at, pattern_bytes);
        if (here.size() == pattern_bytes && is_realloc_branch(here)) {
            const auto displacement = static_cast<unsigned char>(here[displacement_at]);
            if ((displacement == to_the_end || displacement == to_the_store) &&
                at + displacement_at >= 0x100 - to_the_end + store_bytes &&
                stores_before(code, at)) {
                ++found;
                place = at + displacement_at;
            }
        }
    }
    if (found != 1) {
        return Repair::unknown;
    }
    if (static_cast<unsigned char>(library[place]) == to_the_store) {
        return Repair::not_needed;
    }
    library[place] = static_cast<char>(to_the_store);
    return Repair::repaired;
}

int xrt_minor_version(const std::filesystem::path& library) {
    std::error_code error;
    const std::string name = std::filesystem::canonical(library, error).filename().string();
    const std::size_t at = name.find(".so.2.");
    if (error || at == std::string::npos) {
        return -1;
    }
    int minor = 0;
    std::size_t digit = at + 6;
    if (digit >= name.size() || std::isdigit(static_cast<unsigned char>(name[digit])) == 0) {
        return -1;
    }
    for (; digit < name.size() && std::isdigit(static_cast<unsigned char>(name[digit])) != 0 &&
           minor < 10000;
         ++digit) {
        minor = minor * 10 + (name[digit] - '0');
    }
    return minor;
}

} // namespace millrace::runtime
