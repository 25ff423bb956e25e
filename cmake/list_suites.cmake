# SPDX-License-Identifier: Apache-2.0
#
# Writes OUTPUT, which registers one ctest test per doctest suite of the binary TESTS. A test case
# outside every suite would never be run that way, so it is an error.
execute_process(COMMAND "${TESTS}" --list-test-cases "--test-suite-exclude=?*" --no-colors=true
                OUTPUT_VARIABLE outside RESULT_VARIABLE result)
if(NOT result EQUAL 0 OR NOT outside MATCHES "unskipped test cases passing the current filters: 0")
  message(FATAL_ERROR "test cases outside every TEST_SUITE:\n${outside}")
endif()

execute_process(COMMAND "${TESTS}" --list-test-suites --no-colors=true
                OUTPUT_VARIABLE listing RESULT_VARIABLE result)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "${TESTS} cannot list its suites:\n${listing}")
endif()

set(script "")
string(REPLACE "\n" ";" lines "${listing}")
foreach(suite IN LISTS lines)
  if(suite MATCHES "^\\[doctest\\]|^=+$|^$")
    continue()
  endif()
  if(NOT suite MATCHES "^[A-Za-z0-9 _./+-]+$")
    message(FATAL_ERROR "the suite name \"${suite}\" cannot be a filter: use letters, digits and _./+-")
  endif()
  string(APPEND script "add_test([==[${suite}]==] [==[${TESTS}]==] [==[--test-suite=${suite}]==])\n")
  if(suite MATCHES "^(slow|slow-ci) ")
    string(APPEND script
      "set_tests_properties([==[${suite}]==] PROPERTIES LABELS ${CMAKE_MATCH_1})\n")
  endif()
endforeach()
file(WRITE "${OUTPUT}" "${script}")
