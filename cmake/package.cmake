# What is installed, and the Debian package of it (tools/package). /etc/spyhop is the admin's: of what the
# package brings there dpkg replaces nothing that was changed (deb-conffiles(5)).
if(NOT TARGET spyhop)
  return()
endif()
include(GNUInstallDirs)

set(doc ${CMAKE_INSTALL_DATADIR}/doc/spyhop)
file(GLOB pages CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/docs/*.md)
install(TARGETS spyhop)
install(FILES README.md packaging/copyright DESTINATION ${doc})
install(FILES ${pages} DESTINATION ${doc}/docs)
install(FILES packaging/spyhop.conf DESTINATION /etc/spyhop)
install(FILES packaging/systemd/spyhop.service DESTINATION lib/systemd/system)
install(FILES packaging/kubernetes/daemonset.yaml DESTINATION ${doc}/examples)
install(CODE "execute_process(COMMAND_ERROR_IS_FATAL ANY COMMAND \"${CMAKE_COMMAND}\"
  \"-DSPYHOP=$<TARGET_FILE:spyhop>\"
  \"-DCHANGELOG=${PROJECT_SOURCE_DIR}/packaging/changelog\"
  \"-DSHARE=\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_DATADIR}\"
  -P \"${PROJECT_SOURCE_DIR}/cmake/install_reference.cmake\")")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME spyhop)
set(CPACK_PACKAGE_CONTACT ${SPYHOP_MAINTAINER})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "sampling profiler for CPython, from outside the process")
set(CPACK_PACKAGE_DESCRIPTION
"Spyhop attaches to a running Python process, reads the interpreter's memory
and says per line and per thread where the time goes: to Python, to native
code, to the system or to waiting for the GIL. The process is not restarted,
not injected into and not signalled.
.
It reads CPython 2.7 and 3.6 to 3.15, and writes tables, flame graphs, pprof,
speedscope, Chrome traces and recordings that can be compared.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_PACKAGE_DIRECTORY ${PROJECT_SOURCE_DIR}/build/package)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE ${SPYHOP_DEBIAN_RELEASE})
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS libcurl4)  # https:// for the daemon's pushes, opened when needed.
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA "${PROJECT_SOURCE_DIR}/packaging/debian/conffiles"
  "${PROJECT_SOURCE_DIR}/packaging/debian/postinst" "${PROJECT_SOURCE_DIR}/packaging/debian/prerm"
  "${PROJECT_SOURCE_DIR}/packaging/debian/postrm")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
