# Of packaging/changelog's first entry, whose version has to be the project's: SPYHOP_RELEASE_DATE
# ("November 22, 2026"), SPYHOP_DEBIAN_RELEASE ("1~deb12") and SPYHOP_MAINTAINER.
set(changelog ${PROJECT_SOURCE_DIR}/packaging/changelog)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${changelog})

file(STRINGS ${changelog} entries REGEX "^spyhop \\(")
list(GET entries 0 entry)
if(NOT entry MATCHES "\\(${PROJECT_VERSION}-([^)]+)\\)")
  message(FATAL_ERROR "packaging/changelog begins with '${entry}', the project is ${PROJECT_VERSION}")
endif()
set(SPYHOP_DEBIAN_RELEASE ${CMAKE_MATCH_1})

file(STRINGS ${changelog} signatures REGEX "^ -- ")
list(GET signatures 0 signature)
if(NOT signature MATCHES "^ -- (.+ <.+>)  [A-Z][a-z]+, 0?([0-9]+) ([A-Z][a-z]+) ([0-9]+)")
  message(FATAL_ERROR "packaging/changelog: no date in '${signature}'")
endif()
set(SPYHOP_MAINTAINER ${CMAKE_MATCH_1})
set(months January February March April May June July August September October November December)
list(FILTER months INCLUDE REGEX "^${CMAKE_MATCH_3}")
set(SPYHOP_RELEASE_DATE "${months} ${CMAKE_MATCH_2}, ${CMAKE_MATCH_4}")
