# Installs into a fresh directory, moves that away (an installed tree may be moved), builds and runs the
# README's program by find_package and by pkg-config.
function(run)
  execute_process(COMMAND ${ARGN} WORKING_DIRECTORY ${WORK_DIR} RESULT_VARIABLE result OUTPUT_VARIABLE output
    ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${ARGN}: ${result}\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

function(run_hello program)
  file(REMOVE ${WORK_DIR}/hello.hf)
  run(${program})
  if(NOT output STREQUAL "user:2 is bob\n")
    message(FATAL_ERROR "${program} said: ${output}")
  endif()
endfunction()

file(REMOVE_RECURSE ${WORK_DIR})
file(MAKE_DIRECTORY ${WORK_DIR})
run(${CMAKE_COMMAND} --install ${BUILD_DIR} --prefix ${WORK_DIR}/first)
file(RENAME ${WORK_DIR}/first ${WORK_DIR}/prefix)

run(${CMAKE_COMMAND} -G Ninja -S ${CMAKE_CURRENT_LIST_DIR}/consumer -B ${WORK_DIR}/by-cmake
  -D CMAKE_PREFIX_PATH=${WORK_DIR}/prefix -D CMAKE_CXX_COMPILER=${CXX} -D HELLO=${SOURCE_DIR}/examples/hello.cpp)
run(${CMAKE_COMMAND} --build ${WORK_DIR}/by-cmake)
run_hello(${WORK_DIR}/by-cmake/app)

set(ENV{PKG_CONFIG_PATH} ${WORK_DIR}/prefix/${LIBRARY_DIR}/pkgconfig)
run(pkg-config --static --cflags --libs holdfast)
separate_arguments(flags UNIX_COMMAND "${output}")
if(SANITIZE)
  list(APPEND flags -fsanitize=${SANITIZE})
endif()
run(${CXX} -std=c++20 ${SOURCE_DIR}/examples/hello.cpp -o by-pkg-config ${flags})
run_hello(${WORK_DIR}/by-pkg-config)
