# One place for compiler settings. backtrail_target(NAME) applies them to a target of ours.
find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # pch_defines,time_macros: what ccache's manual asks for when precompiled headers are used
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CCACHE_PROGRAM})
endif()

add_library(backtrail_flags INTERFACE)
target_compile_options(backtrail_flags INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Werror>
  $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<CXX_COMPILER_ID:GNU>>:-fpch-preprocess -Wno-restrict -Wno-dangling-pointer -Wno-maybe-uninitialized>
  -fstack-protector-strong)
target_compile_definitions(backtrail_flags INTERFACE $<$<NOT:$<CONFIG:Debug>>:_FORTIFY_SOURCE=2>)
target_link_options(backtrail_flags INTERFACE -Wl,-z,relro,-z,now)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

find_program(MOLD_PROGRAM mold)
if(MOLD_PROGRAM)
  target_link_options(backtrail_flags INTERFACE -fuse-ld=mold)
endif()

if(BACKTRAIL_SANITIZER STREQUAL "address")
  target_compile_options(backtrail_flags INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(backtrail_flags INTERFACE -fsanitize=address,undefined)
elseif(BACKTRAIL_SANITIZER STREQUAL "thread")
  # g++ warns that Asio's atomic fence is not instrumented; a clean run is evidence, not proof
  target_compile_options(backtrail_flags INTERFACE -fsanitize=thread -Wno-tsan)
  target_link_options(backtrail_flags INTERFACE -fsanitize=thread)
endif()

function(backtrail_target name)
  target_link_libraries(${name} PRIVATE backtrail_flags)
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
endfunction()

# A library of ours: sources listed by hand, so that a folder's CMakeLists.txt is its table of contents.
function(backtrail_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS;PRIVATE_LINKS;PRECOMPILE" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  backtrail_target(${name})
  target_link_libraries(${name} PUBLIC ${ARG_LINKS} PRIVATE ${ARG_PRIVATE_LINKS})
  if(ARG_PRECOMPILE)
    target_precompile_headers(${name} PRIVATE ${ARG_PRECOMPILE})
  endif()
endfunction()
