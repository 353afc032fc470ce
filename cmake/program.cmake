# The program includes rondo.h and nothing from src/.
file(GLOB cli_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/cli/*.c)
if(cli_sources AND NOT RONDO_CORE_ONLY AND PROJECT_IS_TOP_LEVEL)
  add_executable(rondo_program ${cli_sources})
  set_target_properties(rondo_program PROPERTIES OUTPUT_NAME rondo)
  target_link_libraries(rondo_program PRIVATE rondo_flags rondo_static)
  install(TARGETS rondo_program RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
