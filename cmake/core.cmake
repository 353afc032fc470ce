# The core (C11, libm, threads) is compiled twice: with float, which is the product, and with double under other
# names, which checks gradients. Everything else is compiled once.
set(core_folders base equations options sequence kernels layers losses optim model decode)
set(rest_folders formats data draw store tasks look train)
include_directories(${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)

set(core_sources)
foreach(folder ${core_folders})
  file(GLOB found CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${folder}/*.c)
  list(APPEND core_sources ${found})
endforeach()
set(rest_sources)
if(NOT RONDO_CORE_ONLY)
  foreach(folder ${rest_folders})
    file(GLOB found CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${folder}/*.c)
    list(APPEND rest_sources ${found})
  endforeach()
endif()

# One file per instruction set, each compiled with its own registers.
set(cpu ${PROJECT_SOURCE_DIR}/src/kernels/cpu)
set(isa_sources ${cpu}/cpu_generic.c)
set(isa_flags_generic -O3)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  list(APPEND isa_sources ${cpu}/cpu_avx2.c ${cpu}/cpu_avx512.c)
  set(isa_flags_avx2 -O3 -mavx2 -mfma)
  set(isa_flags_avx512 -O3 -mavx512f -mavx512dq -mavx512bw -mavx512vl -mfma -mprefer-vector-width=512)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64|ARM64")
  list(APPEND isa_sources ${cpu}/cpu_neon.c)
  set(isa_flags_neon -O3)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "wasm")
  list(APPEND isa_sources ${cpu}/cpu_simd128.c)
  set(isa_flags_simd128 -O3)
  add_compile_options(-msimd128) # one feature for the whole module: isa.c looks at it
endif()
foreach(isa generic avx2 avx512 neon simd128)
  set_source_files_properties(${cpu}/cpu_${isa}.c PROPERTIES COMPILE_OPTIONS "${isa_flags_${isa}}")
endforeach()

# Names of the double core: every rd_ and rondo_ word of the core, with r64_ in front, unless it is a macro.
set(names_header ${PROJECT_BINARY_DIR}/real64_names.h)
file(GLOB_RECURSE core_texts CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/include/rondo/*.h)
foreach(folder ${core_folders})
  file(GLOB_RECURSE found CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${folder}/*.[ch] ${PROJECT_SOURCE_DIR}/src/${folder}/*.def)
  list(APPEND core_texts ${found})
endforeach()
list(REMOVE_ITEM core_texts ${PROJECT_SOURCE_DIR}/src/model/real64.h)
add_custom_command(OUTPUT ${names_header}
  COMMAND ${CMAKE_COMMAND} "-DTEXTS=${core_texts}" -DOUT=${names_header} -P ${PROJECT_SOURCE_DIR}/cmake/real64_names.cmake
  DEPENDS ${core_texts} ${PROJECT_SOURCE_DIR}/cmake/real64_names.cmake VERBATIM
  COMMENT "Naming the double core")
add_custom_target(rondo_names64 DEPENDS ${names_header})

add_library(rondo_core64 OBJECT ${core_sources} ${isa_sources})
target_link_libraries(rondo_core64 PRIVATE rondo_flags)
target_compile_definitions(rondo_core64 PRIVATE RONDO_REAL64 RD_REAL64)
target_compile_options(rondo_core64 PRIVATE -include ${names_header})
add_dependencies(rondo_core64 rondo_names64)

add_library(rondo_objects OBJECT ${core_sources} ${rest_sources} ${isa_sources})
target_link_libraries(rondo_objects PRIVATE rondo_flags)

get_property(rondo_libraries GLOBAL PROPERTY rondo_libraries)
foreach(target rondo_core64 rondo_objects)
  if(rondo_libraries)
    target_link_libraries(${target} PRIVATE ${rondo_libraries})
  endif()
endforeach()
foreach(kind static shared)
  string(TOUPPER ${kind} KIND)
  add_library(rondo_${kind} ${KIND} $<TARGET_OBJECTS:rondo_objects> $<TARGET_OBJECTS:rondo_core64>)
  set_target_properties(rondo_${kind} PROPERTIES OUTPUT_NAME rondo EXPORT_NAME ${kind})
  target_include_directories(rondo_${kind} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_link_libraries(rondo_${kind} PRIVATE ${rondo_libraries} Threads::Threads m)
  if(RONDO_SANITIZE)
    target_link_options(rondo_${kind} PUBLIC -fsanitize=${RONDO_SANITIZE})
  endif()
endforeach()
set_target_properties(rondo_shared PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION 0)
if(NOT APPLE AND NOT RONDO_SANITIZE AND NOT RONDO_FUZZ)
  target_link_options(rondo_shared PRIVATE LINKER:-z,defs) # a name that is nowhere is an error here, not in programs
endif()
