# Gives all files that are about to be packed the time of $SOURCE_DATE_EPOCH, if there is one.
# SPDX-License-Identifier: GPL-2.0-or-later
if(DEFINED ENV{SOURCE_DATE_EPOCH})
    execute_process(COMMAND find ${CPACK_TEMPORARY_DIRECTORY} -exec touch -h -d @$ENV{SOURCE_DATE_EPOCH} {} +
        COMMAND_ERROR_IS_FATAL ANY)
endif()
