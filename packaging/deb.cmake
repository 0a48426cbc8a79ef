# `cpack`, or packaging/deb.sh, makes a package for Debian and Ubuntu. A binary plugin fits the releases
# of one Wireshark branch (4.0.x), so the package depends on the branch that it was built for.
# Who makes it answers for it: $DEBFULLNAME and $DEBEMAIL, as Debian's tools take them, else what git calls you.
# SPDX-License-Identifier: GPL-2.0-or-later
set(NETCASE_HOMEPAGE "" CACHE STRING "Where the project is found, for packages")

function(told_by_git name variable)
    execute_process(COMMAND git config user.${name} OUTPUT_VARIABLE value OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE ignored)
    set(${variable} "${value}" PARENT_SCOPE)
endfunction()
set(contact_name "$ENV{DEBFULLNAME}")
set(contact_email "$ENV{DEBEMAIL}")
if(NOT contact_name)
    told_by_git(name contact_name)
endif()
if(NOT contact_email)
    told_by_git(email contact_email)
endif()
if(NOT contact_name)
    set(contact_name "netcase maintainers")
endif()
if(NOT contact_email)
    set(contact_email "netcase@localhost")
endif()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME netcase)
set(CPACK_PACKAGE_CONTACT "${contact_name} <${contact_email}>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Wireshark plugin that names documented failure patterns")
set(CPACK_PACKAGE_DESCRIPTION
    "Reads captures in Wireshark and tshark and reports connections that failed
in a documented way: idle connections that were dropped, handshakes that
broke, DNS answers that mislead, floods, mirrors that show one direction
only. Each finding says what was measured, what may have caused it, what to
check next and what would disprove it.")
set(CPACK_PACKAGE_HOMEPAGE_URL ${NETCASE_HOMEPAGE})
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(branch "${Wireshark_MAJOR_VERSION}.${Wireshark_MINOR_VERSION}")
math(EXPR next "${Wireshark_MINOR_VERSION} + 1")
set(CPACK_DEBIAN_PACKAGE_DEPENDS
    "libwireshark-data (>= ${branch}), libwireshark-data (<< ${Wireshark_MAJOR_VERSION}.${next})")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "tshark | wireshark, python3")
set(CPACK_STRIP_FILES ON)
# The plugin folder is an absolute path that Wireshark names.
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
# The same bytes from each build: all files have the time of the version.
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_SOURCE_DIR}/packaging/same-times.cmake)

# What Debian wants to be in the folder of documents. Not where a user installs into the own home.
if(NETCASE_PLUGIN_DIR STREQUAL "${Wireshark_PLUGIN_INSTALL_DIR}/epan")
    execute_process(COMMAND date -u -R -d ${NETCASE_DATE} OUTPUT_VARIABLE date OUTPUT_STRIP_TRAILING_WHITESPACE)
    set(documents ${CMAKE_CURRENT_BINARY_DIR}/doc)
    file(WRITE ${documents}/changelog.Debian "netcase (${PROJECT_VERSION}-1) unstable; urgency=medium

  * Version ${PROJECT_VERSION}: changelog.gz says what users notice.

 -- ${CPACK_PACKAGE_CONTACT}  ${date}
")
    configure_file(CHANGELOG.md ${documents}/changelog COPYONLY)
    execute_process(COMMAND gzip -9 -n -f changelog changelog.Debian WORKING_DIRECTORY ${documents})
    install(FILES packaging/copyright packaging/country/NOTICE ${documents}/changelog.gz ${documents}/changelog.Debian.gz
            DESTINATION share/doc/netcase)
    install(FILES packaging/lintian-overrides DESTINATION share/lintian/overrides RENAME netcase)
endif()
include(CPack)
