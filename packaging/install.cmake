# What is installed, and where: for all users of this system (`cmake --install BUILD`, packages), and as a folder that install.sh of it
# installs from (`cmake --install BUILD --component portable --prefix FOLDER`).
# SPDX-License-Identifier: GPL-2.0-or-later
set(NETCASE_PLUGIN_DIR "${Wireshark_PLUGIN_INSTALL_DIR}/epan" CACHE PATH "Folder that Wireshark loads plugins from")
set(NETCASE_BIN_DIR bin CACHE PATH "Folder for commands")
set(NETCASE_PROFILE_DIR share/wireshark/profiles CACHE PATH "Folder of Wireshark's global configuration profiles")

# Commands tell the version.
set(commands)
foreach(command IN ITEMS netcase-annotate netcase-json netcase-train)
    configure_file(packaging/${command} ${CMAKE_CURRENT_BINARY_DIR}/bin/${command} @ONLY)
    list(APPEND commands ${CMAKE_CURRENT_BINARY_DIR}/bin/${command})
endforeach()
configure_file(packaging/install.sh ${CMAKE_CURRENT_BINARY_DIR}/install.sh @ONLY)

include(packaging/training.cmake)

# install_into(PLUGINS BIN PROFILES WORD...): the words go to each install().
function(install_into plugins bin profiles)
    install(TARGETS netcase LIBRARY DESTINATION ${plugins} ${ARGN})
    install(FILES packaging/country/geo-whois-asn-country.mmdb DESTINATION ${plugins} RENAME netcase-country.mmdb ${ARGN})
    install(PROGRAMS ${commands} DESTINATION ${bin} ${ARGN})
    foreach(page IN LISTS manual_pages)
        string(REGEX REPLACE "^.*\\.([0-9])\\.gz$" "\\1" section ${page})
        install(FILES ${page} DESTINATION share/man/man${section} ${ARGN})
    endforeach()
    install(DIRECTORY packaging/profiles/netcase packaging/profiles/netcase-triage DESTINATION ${profiles} ${ARGN})
    install_training(share/netcase/training ${ARGN})
endfunction()

install_into(${NETCASE_PLUGIN_DIR} ${NETCASE_BIN_DIR} ${NETCASE_PROFILE_DIR})
install(TARGETS netcase-command RUNTIME DESTINATION ${NETCASE_BIN_DIR})
# Branches of Wireshark and kinds of machine stand side by side in it.
install_into(plugins/${CMAKE_SYSTEM_PROCESSOR}/${Wireshark_MAJOR_VERSION}.${Wireshark_MINOR_VERSION} bin profiles
    COMPONENT portable EXCLUDE_FROM_ALL)
# This one is of a branch as well: it reads captures by libwiretap.
install(TARGETS netcase-command RUNTIME
    DESTINATION plugins/${CMAKE_SYSTEM_PROCESSOR}/${Wireshark_MAJOR_VERSION}.${Wireshark_MINOR_VERSION}/bin
    COMPONENT portable EXCLUDE_FROM_ALL)
install(PROGRAMS ${CMAKE_CURRENT_BINARY_DIR}/install.sh DESTINATION . COMPONENT portable EXCLUDE_FROM_ALL)
install(FILES LICENSE CHANGELOG.md packaging/country/NOTICE packaging/country/NRO_LICENSE DESTINATION share/doc/netcase
    COMPONENT portable EXCLUDE_FROM_ALL)
