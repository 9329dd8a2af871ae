# holdfast_test(holdfast_ROOM_test sources...): a GoogleTest program that may look inside the library (root src/).
# Its tests have the label ROOM. Where HOLDFAST_TEST_ROOMS does not name it, it is neither built nor run.
# The timeouts end a hang; no test depends on them.
include(GoogleTest)

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
  if(wanted)
    gtest_discover_tests(${target}
      NO_PRETTY_VALUES
      DISCOVERY_TIMEOUT 300
      PROPERTIES TIMEOUT 1800 LABELS ${room})
  else()
    set_target_properties(${target} PROPERTIES EXCLUDE_FROM_ALL TRUE)
  endif()
endfunction()
