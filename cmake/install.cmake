# Library, header, program, man pages, completions, pkg-config and CMake package files. A project that takes rondo
# in with add_subdirectory gets the targets, and installs nothing of it.
foreach(kind static shared)
  add_library(rondo::${kind} ALIAS rondo_${kind})
endforeach()
if(BUILD_SHARED_LIBS)
  add_library(rondo::rondo ALIAS rondo_shared)
else()
  add_library(rondo::rondo ALIAS rondo_static)
endif()
if(NOT PROJECT_IS_TOP_LEVEL)
  return()
endif()

include(CMakePackageConfigHelpers)
install(TARGETS rondo_static rondo_shared EXPORT rondoTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(FILES include/rondo/rondo.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/rondo)

# The .pc file says where it is relative to itself, so that the installed tree can be moved.
get_property(rondo_requires GLOBAL PROPERTY rondo_requires)
string(REPLACE ";" " " RONDO_REQUIRES "${rondo_requires}")
get_property(rondo_links GLOBAL PROPERTY rondo_links)
string(REPLACE ";" " " RONDO_LINKS "${rondo_links}")
get_property(RONDO_FEATURES GLOBAL PROPERTY rondo_features)
file(RELATIVE_PATH RONDO_PC_UP ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
string(REGEX REPLACE "/$" "" RONDO_PC_UP "${RONDO_PC_UP}")
set(RONDO_PC_LIBDIR "\${prefix}")
set(RONDO_PC_INCLUDEDIR "\${prefix}")
cmake_path(APPEND RONDO_PC_LIBDIR ${CMAKE_INSTALL_LIBDIR}) # an absolute folder replaces the prefix
cmake_path(APPEND RONDO_PC_INCLUDEDIR ${CMAKE_INSTALL_INCLUDEDIR})
configure_file(cmake/rondo.pc.in rondo.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/rondo.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

install(EXPORT rondoTargets NAMESPACE rondo:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/rondo)
configure_package_config_file(cmake/rondoConfig.cmake.in rondoConfig.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/rondo)
write_basic_package_version_file(rondoConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/rondoConfig.cmake ${PROJECT_BINARY_DIR}/rondoConfigVersion.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/rondo)

if(TARGET rondo_program)
  # Man pages and completions are made by the program itself, from its table of options.
  set(pages ${PROJECT_BINARY_DIR}/pages)
  add_custom_command(OUTPUT ${pages}/rondo.1
    COMMAND ${CMAKE_COMMAND} -DPROGRAM=$<TARGET_FILE:rondo_program> -DOUT=${pages} -P ${PROJECT_SOURCE_DIR}/cmake/pages.cmake
    DEPENDS rondo_program VERBATIM COMMENT "Writing man pages and completions")
  add_custom_target(rondo_pages ALL DEPENDS ${pages}/rondo.1)
  install(DIRECTORY ${pages}/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 FILES_MATCHING PATTERN "*.1")
  install(FILES ${pages}/rondo.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME rondo OPTIONAL)
  install(FILES ${pages}/_rondo DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions OPTIONAL)
  install(FILES ${pages}/rondo.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d OPTIONAL)
endif()
