# SPDX-License-Identifier: BSD-2-Clause
#   rookery_payload(NAME variable) builds guests/payloads/NAME.c and sets the variable to its Image.
set(ROOKERY_PAYLOAD_DIR "${CMAKE_SOURCE_DIR}/guests/payloads")
function(rookery_payload name variable)
    set(folder "${ROOKERY_PAYLOAD_DIR}")
    add_executable(payload-${name} EXCLUDE_FROM_ALL "${folder}/${name}.c" "${folder}/lib/start.S"
                   "${folder}/lib/payload.c" "${folder}/lib/gic.c")
    target_include_directories(payload-${name} PRIVATE "${folder}/lib")
    target_compile_options(payload-${name} PRIVATE -mgeneral-regs-only -mstrict-align -mno-outline-atomics)
    target_link_libraries(payload-${name} PRIVATE rookery_warnings rookery_freestanding)
    target_link_options(payload-${name} PRIVATE -Wl,--no-gc-sections "-T${folder}/lib/payload.ld")
    set_target_properties(payload-${name} PROPERTIES LINK_DEPENDS "${folder}/lib/payload.ld")
    set(image "${CMAKE_CURRENT_BINARY_DIR}/${name}.img")
    add_custom_command(OUTPUT "${image}"
        COMMAND "${CMAKE_OBJCOPY}" -O binary $<TARGET_FILE:payload-${name}> "${image}"
        DEPENDS payload-${name} VERBATIM)
    set(${variable} "${image}" PARENT_SCOPE)
endfunction()
