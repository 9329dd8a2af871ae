# Installs holdfast::holdfast, holdfast::testing, their headers, a CMake package and a pkg-config file.
include(CMakePackageConfigHelpers)

set_target_properties(holdfast_testing PROPERTIES EXPORT_NAME testing)
target_include_directories(holdfast INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
install(TARGETS holdfast holdfast_testing EXPORT holdfast_targets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
if(HOLDFAST_TOOLS)
  install(TARGETS holdfast_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/holdfast DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  FILES_MATCHING PATTERN "*.hpp")

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/holdfast)
install(EXPORT holdfast_targets NAMESPACE holdfast:: FILE holdfastTargets.cmake DESTINATION ${package_dir})
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/holdfastConfig.cmake.in
  ${PROJECT_BINARY_DIR}/holdfastConfig.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/holdfastConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/holdfastConfig.cmake ${PROJECT_BINARY_DIR}/holdfastConfigVersion.cmake
  DESTINATION ${package_dir})

# The prefix is found from the .pc file's own place, so that an installed tree may be moved.
set(HOLDFAST_PC_REQUIRES "liblz4, libxxhash, tbb")
if(HOLDFAST_PMEM)
  string(APPEND HOLDFAST_PC_REQUIRES ", libpmem2, libpmemobj")
endif()
set(pkgconfig_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
file(RELATIVE_PATH HOLDFAST_PC_TO_PREFIX /${pkgconfig_dir} /)
configure_file(${CMAKE_CURRENT_LIST_DIR}/holdfast.pc.in ${PROJECT_BINARY_DIR}/holdfast.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/holdfast.pc DESTINATION ${pkgconfig_dir})
