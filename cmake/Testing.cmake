# holdfast_test(NAME sources...): a GoogleTest program that may look inside the library (root src/).
# The timeouts end a hang; no test depends on them.
include(GoogleTest)

function(holdfast_test target)
  add_executable(${target} ${ARGN})
  holdfast_target(${target})
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(${target} PRIVATE holdfast holdfast_testing GTest::gtest_main Threads::Threads)
  list(LENGTH ARGN source_count)
  if(source_count GREATER 8)  # what every test includes, read once: a third of a test's compile time
    target_precompile_headers(${target} PRIVATE
      <gtest/gtest.h> <holdfast/holdfast.hpp> <functional> <map> <memory> <optional> <string> <thread> <vector>)
  endif()
  gtest_discover_tests(${target}
    NO_PRETTY_VALUES
    DISCOVERY_TIMEOUT 300
    PROPERTIES TIMEOUT 1800)
endfunction()
