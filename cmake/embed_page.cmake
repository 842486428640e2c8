# cmake -DFOLDER=report/html -DOUT=html_page.cc -P embed_page.cmake
#
# Puts the HTML report's page together (page.html, style.css, the scripts) and writes it as C++: two
# raw strings, before and after the place of the data. The page's Content-Security-Policy gets the
# SHA-256 of its style and of its script.

# Two base64 digits for each three hexadecimal ones.
function(base64_of_hex hex result)
  set(digits "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
  set(base64 "")
  string(APPEND hex "00")  # 64 hexadecimal digits: 21 times three, and one
  foreach(at RANGE 0 63 3)
    string(SUBSTRING ${hex} ${at} 3 three)
    math(EXPR high "0x${three} >> 6")
    math(EXPR low "0x${three} & 63")
    string(SUBSTRING ${digits} ${high} 1 high)
    string(SUBSTRING ${digits} ${low} 1 low)
    string(APPEND base64 ${high}${low})
  endforeach()
  string(SUBSTRING ${base64} 0 43 base64)
  set(${result} "${base64}=" PARENT_SCOPE)
endfunction()

# Replaces {{NAME}} in `page` by the variable NAME, and {{NAME-hash}} by its hash.
function(insert name)
  string(SHA256 hash "${${name}}")
  base64_of_hex(${hash} hash)
  string(REPLACE "{{${name}-hash}}" "sha256-${hash}" page "${page}")
  string(REPLACE "{{${name}}}" "${${name}}" page "${page}")
  set(page "${page}" PARENT_SCOPE)
endfunction()

# In this order: main.js starts what the others define.
set(scripts data.js format.js dom.js theme.js table.js scroll_canvas.js header.js lines.js tree.js
  flame.js flame_view.js timeline.js waits.js gil.js main.js)

file(READ ${FOLDER}/style.css style)
set(script "'use strict';\n")
foreach(name IN LISTS scripts)
  file(READ ${FOLDER}/${name} text)
  string(APPEND script "${text}")
endforeach()
file(READ ${FOLDER}/page.html page)
insert(style)
insert(script)

string(FIND "${page}" "{{data}}" at)
string(SUBSTRING "${page}" 0 ${at} before)
math(EXPR at "${at} + 8")
string(SUBSTRING "${page}" ${at} -1 after)
if("${page}" MATCHES "\\)page\"")
  message(FATAL_ERROR "the page holds the end of the raw string it is put into")
endif()
file(WRITE ${OUT} "// By cmake/embed_page.cmake, from report/html/.
#include \"report/html_page.h\"

namespace spyhop {

std::string_view HtmlPageBeforeData() { return R\"page(${before})page\"; }

std::string_view HtmlPageAfterData() { return R\"page(${after})page\"; }

}  // namespace spyhop
")
