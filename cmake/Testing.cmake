# holdfast_test(holdfast_ROOM_test sources...): a GoogleTest program that may look inside the library (root src/).
# Its tests have the label ROOM. Where HOLDFAST_TEST_ROOMS does not name it, it is neither built nor run.
# HOLDFAST_TEST_SHARDS: so many processes run them, as a process takes longer to begin than most tests take.
# Else each test has a process of its own. The timeouts end a hang; no test depends on them.
include(GoogleTest)

# These run test programs themselves, which would take the shard of their environment for their own.
set(HOLDFAST_WHOLE_TEST_ROOMS mutants)

# What takes longest begins first, so that no processor is idle in the end.
set(HOLDFAST_LONG_TEST_ROOMS lab allocation_faults damage faults mutants kill)

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
  if(source_count GREATER 8)  # what every test includes, read once: a third of a test's compile time
    target_precompile_headers(${target} PRIVATE
      <gtest/gtest.h> <holdfast/holdfast.hpp> <functional> <map> <memory> <optional> <string> <thread> <vector>)
  endif()
  set(cost 1)
  if(room IN_LIST HOLDFAST_LONG_TEST_ROOMS)
    set(cost 100)
  endif()
  if(wanted AND HOLDFAST_TEST_SHARDS AND NOT room IN_LIST HOLDFAST_WHOLE_TEST_ROOMS)
    math(EXPR last "${HOLDFAST_TEST_SHARDS} - 1")
    foreach(shard RANGE ${last})
      add_test(NAME ${room}.${shard} COMMAND ${target} --gtest_brief=1)
      set_tests_properties(${room}.${shard} PROPERTIES TIMEOUT 3000 LABELS ${room} COST ${cost}
        ENVIRONMENT "GTEST_TOTAL_SHARDS=${HOLDFAST_TEST_SHARDS};GTEST_SHARD_INDEX=${shard}")
    endforeach()
  elseif(wanted)
    gtest_discover_tests(${target}
      NO_PRETTY_VALUES
      DISCOVERY_TIMEOUT 300
      PROPERTIES TIMEOUT 1800 LABELS ${room} COST ${cost})
  else()
    set_target_properties(${target} PROPERTIES EXCLUDE_FROM_ALL TRUE)
  endif()
endfunction()
