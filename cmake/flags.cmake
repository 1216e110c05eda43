# SPDX-License-Identifier: BSD-2-Clause
# Compiler flags of the parts that run on the target, as interface libraries:
#   rookery_warnings     every target
#   rookery_lenient      programs that have sources of an application's own
#   rookery_freestanding kernel, boot, initialiser: no C library
#   rookery_user         components and their libraries: picolibc's headers
#   rookery_abi          configuration of the kernel interface, for kernel and user programs alike

add_library(rookery_warnings INTERFACE)
target_compile_options(rookery_warnings INTERFACE
    $<$<COMPILE_LANGUAGE:C>:-std=gnu17 -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes
    -Wold-style-definition -Wundef -Wvla -Wwrite-strings -Wcast-qual -Wpointer-arith
    -Wimplicit-fallthrough -Wformat=2 -Wredundant-decls -fno-common -fno-strict-aliasing -Werror>)

# Sources of applications outside of this project: what is wrong is shown, and the build goes on.
add_library(rookery_lenient INTERFACE)
target_compile_options(rookery_lenient INTERFACE
    $<$<COMPILE_LANGUAGE:C>:-std=gnu17 -Wall -fno-common -fno-strict-aliasing>)

add_library(rookery_abi INTERFACE)
target_include_directories(rookery_abi INTERFACE "${CMAKE_SOURCE_DIR}/abi/include")
target_compile_definitions(rookery_abi INTERFACE
    CONFIG_MAX_NUM_NODES=${NUM_NODES}
    CONFIG_DEBUG_BUILD=$<IF:$<BOOL:${RELEASE}>,0,1>
    CONFIG_PRINTING=$<IF:$<BOOL:${RELEASE}>,0,1>)

# -nostdinc: the cross compiler's own C library is glibc's, whose headers must not be found.
execute_process(COMMAND "${CMAKE_C_COMPILER}" -print-file-name=include
                OUTPUT_VARIABLE compiler_include OUTPUT_STRIP_TRAILING_WHITESPACE)
add_library(rookery_freestanding INTERFACE)
target_compile_options(rookery_freestanding INTERFACE
    -ffreestanding -nostdinc "SHELL:-isystem ${compiler_include}" -fno-pic -fno-pie
    -fno-asynchronous-unwind-tables -fno-stack-protector
    $<$<COMPILE_LANGUAGE:C>:-fwrapv -ffunction-sections -fdata-sections -O2 -g>)
target_link_options(rookery_freestanding INTERFACE
    -nostdlib -static -no-pie -Wl,--build-id=none -Wl,--gc-sections -Wl,-z,max-page-size=4096
    -Wl,--no-warn-rwx-segments)

set(ROOKERY_PICOLIBC "/usr/lib/picolibc/aarch64-linux-gnu")
add_library(rookery_user INTERFACE)
target_compile_options(rookery_user INTERFACE
    -nostdinc "SHELL:-isystem ${ROOKERY_PICOLIBC}/include" "SHELL:-isystem ${compiler_include}" -fno-pic -fno-pie
    -fno-asynchronous-unwind-tables -fno-stack-protector -mno-outline-atomics -ftls-model=local-exec
    $<$<COMPILE_LANGUAGE:C>:-ffunction-sections -fdata-sections -O2 -g>)
target_link_options(rookery_user INTERFACE
    -nostdlib -static -no-pie -Wl,--build-id=none -Wl,-z,max-page-size=4096
    # What no other member of a group uses is known when they are together.
    $<$<NOT:$<BOOL:$<TARGET_PROPERTY:ROOKERY_GROUP_MEMBER>>>:-Wl,--gc-sections>)
