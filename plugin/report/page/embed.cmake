# Makes a C source of the files of the page: cmake -DFOLDER=... -DOUT=... -P embed.cmake
# SPDX-License-Identifier: GPL-2.0-or-later
set(text "/* Made of plugin/report/page. */\n#include \"report/page_parts.h\"\n\n")
foreach(part IN ITEMS html css js)
    file(READ ${FOLDER}/page.${part} bytes HEX)
    string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
    string(REPLACE "0x0a," "0x0a,\n" bytes "${bytes}")
    string(APPEND text "const char page_${part}[] = {${bytes}0};\n")
endforeach()
file(WRITE ${OUT} "${text}")
