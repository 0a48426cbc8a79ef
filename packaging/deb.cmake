# `cpack`, or packaging/deb.sh, makes a package for Debian and Ubuntu. A binary plugin fits the releases
# of one Wireshark branch (4.0.x), so the package depends on the branch that it was built for.
# SPDX-License-Identifier: GPL-2.0-or-later
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME netcase)
set(CPACK_PACKAGE_CONTACT "netcase maintainers <netcase@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Wireshark plugin that names documented failure patterns")
set(CPACK_PACKAGE_DESCRIPTION
    "Reads captures in Wireshark and tshark and reports connections that failed in a documented way:
idle connections that were dropped, TLS handshakes that broke, DNS answers that mislead, mirrors
that show one direction only. Each finding says what was measured, what may have caused it, what to
check next and what would disprove it.")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
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
# Not where a user installs into the own home.
if(NETCASE_PLUGIN_DIR STREQUAL "${Wireshark_PLUGIN_INSTALL_DIR}/epan")
    install(FILES LICENSE packaging/country/NOTICE packaging/country/NRO_LICENSE DESTINATION share/doc/netcase)
endif()
include(CPack)
