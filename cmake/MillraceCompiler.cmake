# SPDX-License-Identifier: Apache-2.0
#
# The compiler's options, the same for every target of ours. Headers of dependencies are system
# headers (imported targets), so that our warnings do not judge them.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

# Release keeps assert(): a compiler whose contract is exactness rather stops than goes on wrong.
set(CMAKE_CXX_FLAGS_RELEASE "-O2")
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O1 -g")

find_program(MILLRACE_CCACHE ccache)
if(MILLRACE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${MILLRACE_CCACHE}")
endif()

# Floating-point expressions are never contracted to fused multiply-adds: results must not depend
# on the machine that compiles.
add_compile_options(-ffp-contract=off)
# The same sources give the same bytes wherever they lie.
add_compile_options("-ffile-prefix-map=${CMAKE_SOURCE_DIR}/="
                    "-ffile-prefix-map=${CMAKE_BINARY_DIR}/=")

if(MILLRACE_CHECKED_CONTAINERS)
  add_compile_definitions(_GLIBCXX_ASSERTIONS)
endif()
if(MILLRACE_SANITIZE)
  add_compile_options("-fsanitize=${MILLRACE_SANITIZE}" -fno-sanitize-recover=all
                      -fno-omit-frame-pointer)
  add_link_options("-fsanitize=${MILLRACE_SANITIZE}")
endif()
if(MILLRACE_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "libFuzzer needs clang: configure with -DCMAKE_CXX_COMPILER=clang++")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

if(MILLRACE_TIDY)
  # Older versions cannot read C++20 as gcc 12's library writes it.
  find_program(MILLRACE_CLANG_TIDY
               NAMES clang-tidy-19 clang-tidy-18 clang-tidy-17 clang-tidy-16 REQUIRED)
endif()

# Warnings (and clang-tidy) for a target whose sources are ours.
function(millrace_compile_options target)
  target_compile_options(${target} PRIVATE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion)
  if(MILLRACE_SANITIZE AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # gcc warns of its own library (std::regex) when the instrumentation hides an initialisation.
    target_compile_options(${target} PRIVATE -Wno-maybe-uninitialized)
  endif()
  if(MILLRACE_WARNINGS_AS_ERRORS)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  if(MILLRACE_TIDY)
    set_target_properties(${target} PROPERTIES CXX_CLANG_TIDY "${MILLRACE_CLANG_TIDY}")
  endif()
endfunction()
