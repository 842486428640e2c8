# libdw and libelf. pkg-config gives the static order (-ldw -lelf -llzma -lbz2 -lz) by itself.
pkg_check_modules(ELFUTILS REQUIRED IMPORTED_TARGET libdw libelf)
add_library(spyhop_dep_elfutils INTERFACE)
spyhop_link_pkg_config(spyhop_dep_elfutils ELFUTILS)
