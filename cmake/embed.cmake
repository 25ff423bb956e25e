# SPDX-License-Identifier: Apache-2.0
#
# Writes the source that millrace_embed() promises. Each file becomes one string literal in which
# every byte is a \x escape: any content survives, and compilers read it an order of magnitude
# faster than a list of numbers.
include("${SETTINGS}")

# Sorted by the name that is looked up, which the lookup's binary search needs.
set(entries "")
foreach(file IN LISTS files)
  set(name "${file}")
  if(strip)
    string(REGEX REPLACE "${strip}$" "" name "${name}")
  endif()
  list(APPEND entries "${name}|${file}")
endforeach()
list(SORT entries)

set(names "")
set(contents "")
foreach(entry IN LISTS entries)
  string(REPLACE "|" ";" entry "${entry}")
  list(GET entry 0 name)
  list(GET entry 1 file)
  file(READ "${root}/${file}" bytes HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "\\\\x\\1" bytes "${bytes}")
  string(APPEND names "    \"${name}\",\n")
  string(APPEND contents "    {\"${bytes}\"sv},\n")
endforeach()
list(LENGTH entries count)
configure_file("${CMAKE_CURRENT_LIST_DIR}/embedded_files.cpp.in" "${source}.new" @ONLY)
file(RENAME "${source}.new" "${source}")
