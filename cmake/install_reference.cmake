# cmake -DSPYHOP=spyhop -DSHARE=/usr/share -DCHANGELOG=file -P install_reference.cmake
#
# Installs what the program tells of itself: manual pages, completions. And the changelog, where Debian
# wants it.
function(from_spyhop path)
  cmake_path(GET path PARENT_PATH folder)
  file(MAKE_DIRECTORY ${folder})
  execute_process(COMMAND ${SPYHOP} ${ARGN} OUTPUT_FILE ${path} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

# Without a name and a time in the file: the same bytes each time.
function(compress path)
  execute_process(COMMAND gzip -9nf ${path} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

execute_process(COMMAND ${SPYHOP} completion candidates -- ""
  OUTPUT_VARIABLE words COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "(^|\n)[a-z][^\t\n]*" commands "${words}")
set(manual ${SHARE}/man/man1)
from_spyhop(${manual}/spyhop.1 man)
compress(${manual}/spyhop.1)
foreach(command IN LISTS commands)
  string(STRIP ${command} command)
  from_spyhop(${manual}/spyhop-${command}.1 man ${command})
  compress(${manual}/spyhop-${command}.1)
endforeach()

from_spyhop(${SHARE}/bash-completion/completions/spyhop completion bash)
from_spyhop(${SHARE}/zsh/vendor-completions/_spyhop completion zsh)
from_spyhop(${SHARE}/fish/vendor_completions.d/spyhop.fish completion fish)

configure_file(${CHANGELOG} ${SHARE}/doc/spyhop/changelog.Debian COPYONLY)
compress(${SHARE}/doc/spyhop/changelog.Debian)
