# SPDX-License-Identifier: Apache-2.0

# millrace_embed(OUTPUT ROOT FOLDER FILES GLOB... HEADER HEADER NAMESPACE NAMESPACE
#                GET FUNCTION LIST FUNCTION WHAT NOUN [STRIP SUFFIX])
#
# Writes a source that holds the bytes of every matching file below FOLDER and defines the two
# functions that HEADER declares, so that the compiler is one file that runs anywhere. OUTPUT
# receives the source's path. The source is written again when a file changes, appears or goes.
# Names are paths relative to FOLDER, without SUFFIX.
set(MILLRACE_EMBED_DIR "${CMAKE_CURRENT_LIST_DIR}")

function(millrace_embed output)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "ROOT;HEADER;NAMESPACE;GET;LIST;WHAT;STRIP" "FILES")
  set(root "${CMAKE_SOURCE_DIR}/${arg_ROOT}")
  list(TRANSFORM arg_FILES PREPEND "${root}/" OUTPUT_VARIABLE globs)
  file(GLOB_RECURSE files CONFIGURE_DEPENDS RELATIVE "${root}" ${globs})
  # Leftovers of editors are not templates.
  list(FILTER files EXCLUDE REGEX "(^|/)\\.|~$|\\.swp$|\\.orig$")
  list(SORT files)

  set(source "${CMAKE_BINARY_DIR}/generated/${arg_GET}.cpp")
  set(settings "${CMAKE_BINARY_DIR}/generated/${arg_GET}.settings.cmake")
  # The list goes through a file: it outgrows a command line, and a change of it (a removed file)
  # makes the source stale.
  file(CONFIGURE OUTPUT "${settings}" @ONLY CONTENT [=[
set(root [==[@root@]==])
set(files [==[@files@]==])
set(source [==[@source@]==])
set(header [==[@arg_HEADER@]==])
set(namespace [==[@arg_NAMESPACE@]==])
set(get [==[@arg_GET@]==])
set(list [==[@arg_LIST@]==])
set(what [==[@arg_WHAT@]==])
set(strip [==[@arg_STRIP@]==])
]=])
  list(TRANSFORM files PREPEND "${root}/" OUTPUT_VARIABLE inputs)
  add_custom_command(
    OUTPUT "${source}"
    COMMAND "${CMAKE_COMMAND}" "-DSETTINGS=${settings}" -P "${MILLRACE_EMBED_DIR}/embed.cmake"
    DEPENDS ${inputs} "${settings}" "${MILLRACE_EMBED_DIR}/embed.cmake"
            "${MILLRACE_EMBED_DIR}/embedded_files.cpp.in"
    COMMENT "Embedding ${arg_ROOT}/"
    VERBATIM)
  set(${output} "${source}" PARENT_SCOPE)
endfunction()
