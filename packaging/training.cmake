# What netcase-train needs: the table of the exercises, the list of cases, and the captures that the table names.
# SPDX-License-Identifier: GPL-2.0-or-later
set(exercises ${CMAKE_CURRENT_SOURCE_DIR}/docs/training/exercises/exercises.ini)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${exercises})
# `captures = NAME NAME` of exercises, `NAME = ADDRESS` of pools.
file(STRINGS ${exercises} lines REGEX "^(captures = )?[a-z]+/")
list(TRANSFORM lines REPLACE "^captures = " "")
list(TRANSFORM lines REPLACE "=.*" "")
string(REGEX MATCHALL "[a-z]+/[a-z0-9-]+" exercise_captures "${lines}")
list(REMOVE_DUPLICATES exercise_captures)

# install_training(FOLDER WORD...): the words go to each install().
function(install_training folder)
    install(FILES ${exercises} docs/cases.md DESTINATION ${folder} ${ARGN})
    foreach(name IN LISTS exercise_captures)
        get_filename_component(family ${name} DIRECTORY)
        install(FILES captures/${name}.pcapng DESTINATION ${folder}/captures/${family} ${ARGN})
    endforeach()
endfunction()
