# holdfast_test(NAME sources...): a GoogleTest program that may look inside the library (root src/).
# The timeouts end a hang; no test depends on them.
include(GoogleTest)

function(holdfast_test target)
  add_executable(${target} ${ARGN})
  holdfast_target(${target})
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(${target} PRIVATE holdfast holdfast_testing GTest::gtest_main Threads::Threads)
  gtest_discover_tests(${target}
    NO_PRETTY_VALUES
    DISCOVERY_TIMEOUT 300
    PROPERTIES TIMEOUT 1800)
endfunction()
