# The manual pages: the version is put into the templates here, and what the plugin is built with by netcase-manual.
# SPDX-License-Identifier: GPL-2.0-or-later
add_executable(netcase-manual packaging/man/manual.c)
target_link_libraries(netcase-manual PRIVATE netcase_core)
set(manual_pages)
foreach(page IN ITEMS netcase.7 netcase.1 netcase-json.1 netcase-annotate.1 netcase-train.1)
    set(made ${CMAKE_CURRENT_BINARY_DIR}/man/${page})
    configure_file(packaging/man/${page} ${made}.in @ONLY)
    # Without the time: the same bytes from every build.
    add_custom_command(OUTPUT ${made}.gz COMMAND netcase-manual <${made}.in >${made} COMMAND gzip -9 -n -k -f ${made}
        DEPENDS netcase-manual ${made}.in BYPRODUCTS ${made})
    list(APPEND manual_pages ${made}.gz)
endforeach()
add_custom_target(netcase-man ALL DEPENDS ${manual_pages})
