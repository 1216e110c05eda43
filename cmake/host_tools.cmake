# SPDX-License-Identifier: BSD-2-Clause
# adlc and imgpack run while configuring, so they are built first, by the host's compiler, in host/.
# A change to them configures again.

set(ROOKERY_HOST_DIR "${CMAKE_BINARY_DIR}/host")
set(ADLC "${ROOKERY_HOST_DIR}/adlc/adlc")
set(IMGPACK "${ROOKERY_HOST_DIR}/imgpack/imgpack")

execute_process(
    COMMAND "${CMAKE_COMMAND}" -G Ninja -S "${CMAKE_SOURCE_DIR}/tools" -B "${ROOKERY_HOST_DIR}"
            -DCMAKE_BUILD_TYPE=Release
    COMMAND_ERROR_IS_FATAL ANY OUTPUT_QUIET)
execute_process(COMMAND "${CMAKE_COMMAND}" --build "${ROOKERY_HOST_DIR}" COMMAND_ERROR_IS_FATAL ANY)
file(GLOB_RECURSE tool_sources "${CMAKE_SOURCE_DIR}/tools/*.[ch]")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${tool_sources})

# The board's device tree, as kernel, compiler and initialiser see it.
set(ROOKERY_PLATFORM_DTB "${CMAKE_BINARY_DIR}/${PLATFORM}.dtb")
execute_process(COMMAND dtc -q -I dts -O dtb -o "${ROOKERY_PLATFORM_DTB}"
                        "${ROOKERY_PLATFORM_DTS}" COMMAND_ERROR_IS_FATAL ANY)
file(GLOB platform_trees "${ROOKERY_PLATFORM_DIR}/*.dts")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${platform_trees})
