# What only drives the library need not be fast in a test build, and optimizing takes a compiler two to three times as long.
# The rooms that work for themselves, on images and histories, are optimized where no sanitizer makes that dear.
set(HOLDFAST_OPTIMIZED_ROOMS "^${PROJECT_SOURCE_DIR}/(src|tests/(lab|damage|fuzz|mutants|lanes|kill))")
if(HOLDFAST_SANITIZE)
  set(HOLDFAST_OPTIMIZED_ROOMS "^${PROJECT_SOURCE_DIR}/src")
endif()

# holdfast_target(NAME): the warnings, sanitizers and language level of our own targets.
# Warnings stay with us (PRIVATE); whoever embeds the library keeps their own.
function(holdfast_target target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion)
  if(HOLDFAST_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  if(HOLDFAST_SANITIZE)
    target_compile_options(${target} PRIVATE
      -fsanitize=${HOLDFAST_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(${target} PUBLIC -fsanitize=${HOLDFAST_SANITIZE})
  endif()
  if(HOLDFAST_MUTANTS AND NOT CMAKE_CURRENT_SOURCE_DIR MATCHES "${HOLDFAST_OPTIMIZED_ROOMS}")
    target_compile_options(${target} PRIVATE -O0)
  endif()
endfunction()
