# holdfast_test(holdfast_ROOM_test sources...): a GoogleTest program that may look inside the library (root src/).
# Its tests have the label ROOM. Where HOLDFAST_TEST_ROOMS does not name it, it is neither built nor run.
# HOLDFAST_TEST_SHARDS: so many processes run them, as a process takes longer to begin than most tests take.
# Else each test has a process of its own. The timeouts end a hang, whose output
# names the test; no test depends on them.
include(GoogleTest)

# These run test programs themselves, which would take the shard of their environment for their own.
set(HOLDFAST_WHOLE_TEST_ROOMS mutants)

# What takes longest begins first, so that no processor is idle in the end.
set(HOLDFAST_LONG_TEST_ROOMS lab allocation_faults damage faults mutants kill)

# What every test includes is read once for all of them, but for those that are compiled otherwise: a third of a test's compile
# time.
set(HOLDFAST_TEST_HEADERS
  <gtest/gtest.h> <holdfast/holdfast.hpp> <functional> <map> <memory> <optional> <string> <thread> <vector>)
file(WRITE ${PROJECT_BINARY_DIR}/test_headers.cpp "")
add_library(holdfast_test_headers OBJECT EXCLUDE_FROM_ALL ${PROJECT_BINARY_DIR}/test_headers.cpp)
holdfast_target(holdfast_test_headers)
target_link_libraries(holdfast_test_headers PRIVATE holdfast GTest::gtest Threads::Threads)
target_precompile_headers(holdfast_test_headers PRIVATE ${HOLDFAST_TEST_HEADERS})

function(holdfast_test target)
  string(REGEX REPLACE "^holdfast_(.*)_test$" "\\1" room ${target})
  set(wanted TRUE)
  if(HOLDFAST_TEST_ROOMS AND NOT room IN_LIST HOLDFAST_TEST_ROOMS)
    set(wanted FALSE)
  endif()
  add_executable(${target} ${ARGN})
  holdfast_target(${target})
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(${target} PRIVATE holdfast holdfast_testing GTest::gtest_main Threads::Threads)
  list(LENGTH ARGN source_count)
  if(NOT CMAKE_CURRENT_SOURCE_DIR MATCHES "${HOLDFAST_OPTIMIZED_ROOMS}")
    target_precompile_headers(${target} REUSE_FROM holdfast_test_headers)
  elseif(source_count GREATER 8)
    target_precompile_headers(${target} PRIVATE ${HOLDFAST_TEST_HEADERS})
  endif()
  set(cost 1)
  if(room IN_LIST HOLDFAST_LONG_TEST_ROOMS)
    set(cost 100)
  endif()
  if(wanted AND HOLDFAST_TEST_SHARDS AND NOT room IN_LIST HOLDFAST_WHOLE_TEST_ROOMS)
    math(EXPR last "${HOLDFAST_TEST_SHARDS} - 1")
    foreach(shard RANGE ${last})
      add_test(NAME ${room}.${shard} COMMAND ${target})
      set_tests_properties(${room}.${shard} PROPERTIES TIMEOUT 900 LABELS ${room} COST ${cost}
        ENVIRONMENT "GTEST_TOTAL_SHARDS=${HOLDFAST_TEST_SHARDS};GTEST_SHARD_INDEX=${shard}")
    endforeach()
  elseif(wanted)
    gtest_discover_tests(${target}
      NO_PRETTY_VALUES
      DISCOVERY_TIMEOUT 300
      PROPERTIES TIMEOUT 900 LABELS ${room} COST ${cost})
  else()
    set_target_properties(${target} PROPERTIES EXCLUDE_FROM_ALL TRUE)
  endif()
endfunction()
