# Library, header, program, man pages, completions, pkg-config and CMake package files.
include(CMakePackageConfigHelpers)
install(TARGETS rondo_static rondo_shared EXPORT rondoTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(FILES include/rondo/rondo.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/rondo)

get_property(rondo_requires GLOBAL PROPERTY rondo_requires)
string(REPLACE ";" " " RONDO_REQUIRES "${rondo_requires}")
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
