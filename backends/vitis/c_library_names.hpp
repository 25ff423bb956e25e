// SPDX-License-Identifier: Apache-2.0
//
// Words that a model's file might be called and that the C library defines as functions: the
// kernel has C linkage, so a kernel of such a name would take the function's place or not compile.
// (ISO C and POSIX; names that nobody gives to a model are left out.)
#pragma once

#include <array>
#include <string_view>

namespace millrace::backends {

inline constexpr std::array<std::string_view, 165> c_library_names{
    "abort",       "abs",    "accept",  "access",    "acct",    "acos",     "acosh",    "alarm",
    "asin",        "asinh",  "atan",    "atan2",     "atanh",   "atof",     "atoi",     "basename",
    "bind",        "brk",    "bsearch", "calloc",    "cbrt",    "ceil",     "chdir",    "chmod",
    "chown",       "clone",  "close",   "conj",      "connect", "copysign", "cos",      "cosh",
    "creat",       "ctime",  "daemon",  "dirname",   "div",     "drem",     "dup",      "dup2",
    "environ",     "erf",    "erfc",    "err",       "error",   "exit",     "exp",      "exp10",
    "exp2",        "expm1",  "fabs",    "fclose",    "fdim",    "ffs",      "finite",   "floor",
    "fma",         "fmax",   "fmin",    "fmod",      "fopen",   "fread",    "free",     "frexp",
    "fsync",       "fwrite", "gamma",   "getenv",    "getline", "getopt",   "getpid",   "gets",
    "glob",        "hypot",  "ilogb",   "index",     "ioctl",   "isatty",   "j0",       "j1",
    "jn",          "kill",   "labs",    "ldexp",     "lgamma",  "link",     "listen",   "log",
    "log10",       "log1p",  "log2",    "logb",      "lrint",   "lround",   "lseek",    "malloc",
    "memchr",      "memcmp", "memcpy",  "memset",    "mkdir",   "mmap",     "modf",     "mount",
    "nan",         "nice",   "open",    "pause",     "perror",  "pipe",     "poll",     "pow",
    "printf",      "profil", "puts",    "qsort",     "raise",   "random",   "read",     "realloc",
    "realpath",    "reboot", "recv",    "remainder", "remove",  "rename",   "rewind",   "rint",
    "rmdir",       "round",  "scalb",   "scanf",     "select",  "send",     "shutdown", "signal",
    "significand", "sin",    "sinh",    "sleep",     "socket",  "splice",   "sqrt",     "srand",
    "stat",        "strlen", "sync",    "syscall",   "sysinfo", "system",   "tan",      "tanh",
    "tee",         "tgamma", "times",   "tmpfile",   "trunc",   "truncate", "uname",    "unlink",
    "usleep",      "warn",   "write",   "y0",        "y1",
};

} // namespace millrace::backends
