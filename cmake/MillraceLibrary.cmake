# SPDX-License-Identifier: Apache-2.0

# millrace_library(FOLDER [EXCEPT FILE...] [GENERATED FILE...] USES TARGET...)
#
# The static library millrace_FOLDER from every *.cpp below FOLDER. The sources are found by a
# glob and not listed, so that a file that lies there cannot be forgotten: a source that compiles
# nowhere would be dead text that no warning and no test ever sees. CONFIGURE_DEPENDS lets Ninja
# look again before every build. A folder without sources gives an interface library, so that a
# new folder starts with headers only.
#
# Include directories begin at the repository's root: #include "ir/graph.hpp".
function(millrace_library folder)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "EXCEPT;GENERATED;USES")
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/${folder}/*.cpp")
  foreach(file IN LISTS arg_EXCEPT)
    list(REMOVE_ITEM sources "${CMAKE_SOURCE_DIR}/${file}")
  endforeach()

  set(target millrace_${folder})
  if(sources OR arg_GENERATED)
    add_library(${target} STATIC ${sources} ${arg_GENERATED})
    millrace_compile_options(${target})
    set(scope PUBLIC)
  else()
    add_library(${target} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(${target} ${scope} "${CMAKE_SOURCE_DIR}")
  target_link_libraries(${target} ${scope} ${arg_USES})
endfunction()
