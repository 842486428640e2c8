# Outside libraries, as Debian 12 packages them; third_party/README.md says why each is here and who
# may include it. Each becomes one spyhop_dep_* interface target, so that folders name only those.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

if(SPYHOP_STATIC)
  set(PKG_CONFIG_ARGN --static)  # Before any pkg_check_modules: else -llzma -lbz2 are missing.
  set(CMAKE_FIND_LIBRARY_SUFFIXES .a)
  set(Boost_USE_STATIC_LIBS ON)
  set(ZLIB_USE_STATIC_LIBS ON)
endif()

# Links pkg-config's answer PREFIX to TARGET, from archives in a static build.
function(spyhop_link_pkg_config target prefix)
  if(SPYHOP_STATIC)
    target_link_libraries(${target} INTERFACE ${${prefix}_STATIC_LIBRARIES})
  else()
    target_link_libraries(${target} INTERFACE PkgConfig::${prefix})
  endif()
endfunction()

# Abseil by pkg-config: its CMake package names the shared files only.
pkg_check_modules(ABSL REQUIRED IMPORTED_TARGET
  absl_any_invocable absl_cleanup absl_flat_hash_map absl_flat_hash_set absl_function_ref
  absl_inlined_vector absl_random_random absl_span absl_status absl_statusor absl_str_format
  absl_strings absl_time)
add_library(spyhop_dep_absl INTERFACE)
spyhop_link_pkg_config(spyhop_dep_absl ABSL)

# spdlog and fmt header-only. spdlog's own CMake target would bring the shared fmt along.
find_path(SPDLOG_INCLUDE spdlog/spdlog.h REQUIRED)
find_package(fmt REQUIRED)
add_library(spyhop_dep_spdlog INTERFACE)
target_include_directories(spyhop_dep_spdlog SYSTEM INTERFACE ${SPDLOG_INCLUDE})
target_compile_definitions(spyhop_dep_spdlog INTERFACE SPDLOG_FMT_EXTERNAL)
target_link_libraries(spyhop_dep_spdlog INTERFACE fmt::fmt-header-only)

find_package(Boost 1.74 REQUIRED COMPONENTS program_options)
add_library(spyhop_dep_program_options INTERFACE)
target_link_libraries(spyhop_dep_program_options INTERFACE Boost::program_options)

# Headers only, as is what it needs of Asio.
find_path(BEAST_INCLUDE boost/beast/http.hpp REQUIRED)
add_library(spyhop_dep_beast INTERFACE)
target_include_directories(spyhop_dep_beast SYSTEM INTERFACE ${BEAST_INCLUDE})
target_link_libraries(spyhop_dep_beast INTERFACE Threads::Threads)

# https:// for what the daemon sends. Not in a static file: its archive wants twenty others.
option(SPYHOP_CURL "Push over TLS by libcurl, where it is installed" ON)
add_library(spyhop_dep_curl INTERFACE)
if(SPYHOP_CURL AND NOT SPYHOP_STATIC)
  pkg_check_modules(CURL IMPORTED_TARGET libcurl>=7.85)
  if(CURL_FOUND)
    target_include_directories(spyhop_dep_curl SYSTEM INTERFACE ${CURL_INCLUDE_DIRS})  # dlopen(3)ed.
    target_link_libraries(spyhop_dep_curl INTERFACE ${CMAKE_DL_LIBS})
    target_compile_definitions(spyhop_dep_curl INTERFACE SPYHOP_HAVE_CURL)
  endif()
endif()

find_path(RAPIDJSON_INCLUDE rapidjson/document.h REQUIRED)
add_library(spyhop_dep_rapidjson INTERFACE)
target_include_directories(spyhop_dep_rapidjson SYSTEM INTERFACE ${RAPIDJSON_INCLUDE})

find_path(PROTOZERO_INCLUDE protozero/pbf_writer.hpp REQUIRED)
add_library(spyhop_dep_protozero INTERFACE)
target_include_directories(spyhop_dep_protozero SYSTEM INTERFACE ${PROTOZERO_INCLUDE})

pkg_check_modules(ZLIB REQUIRED IMPORTED_TARGET zlib)
add_library(spyhop_dep_zlib INTERFACE)
spyhop_link_pkg_config(spyhop_dep_zlib ZLIB)

pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
add_library(spyhop_dep_zstd INTERFACE)
spyhop_link_pkg_config(spyhop_dep_zstd ZSTD)

# The wide one: names of threads and files may hold any character.
pkg_check_modules(NCURSES REQUIRED IMPORTED_TARGET ncursesw)
add_library(spyhop_dep_ncurses INTERFACE)
spyhop_link_pkg_config(spyhop_dep_ncurses NCURSES)

pkg_check_modules(LZMA REQUIRED IMPORTED_TARGET liblzma)
add_library(spyhop_dep_lzma INTERFACE)
spyhop_link_pkg_config(spyhop_dep_lzma LZMA)
