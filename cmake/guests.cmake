# SPDX-License-Identifier: BSD-2-Clause
# Guests made from Debian's packages.

#   rookery_guest_linux(ARCHITECTURE KERNEL <variable> INITRD <variable> [OVERLAYS folder...])
#
# Sets the variables to the files of the guest's kernel and initrd: Debian's kernel and a root file system
# of busybox and overlays, or the user's own files (VM_KERNEL, VM_INITRD).
function(rookery_guest_linux architecture)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "KERNEL;INITRD" "OVERLAYS")
    set(source "${CMAKE_SOURCE_DIR}/guests/linux")
    set(folder "${CMAKE_BINARY_DIR}/guest-${architecture}")
    set(package "${VM_KERNEL_PACKAGE}")
    if(package STREQUAL "")
        set(package "linux-image-cloud-${architecture}")
    endif()

    if(NOT TARGET guest-${architecture})
        add_custom_command(
            OUTPUT "${folder}/linux" "${folder}/busybox" "${folder}/release"
            COMMAND "${source}/fetch-guest.sh" ${architecture} ${package} "${folder}"
            DEPENDS "${source}/fetch-guest.sh" "${source}/fetch-packages.sh"
            COMMENT "Guest kernel and busybox from Debian" VERBATIM)
        add_custom_target(guest-${architecture} DEPENDS "${folder}/linux" "${folder}/busybox")
    endif()

    set(kernel "${folder}/linux")
    if(NOT VM_KERNEL STREQUAL "")
        set(kernel "${VM_KERNEL}")
    endif()
    set(initrd "${VM_INITRD}")
    if(initrd STREQUAL "")
        set(initrd "${CMAKE_CURRENT_BINARY_DIR}/initrd.cpio.gz")
        set(overlays "${source}/overlay" ${arg_OVERLAYS} ${VM_OVERLAY})
        set(overlay_files "")
        foreach(overlay IN LISTS overlays)
            file(GLOB_RECURSE files CONFIGURE_DEPENDS "${overlay}/*")
            list(APPEND overlay_files ${files})
        endforeach()
        add_custom_command(
            OUTPUT "${initrd}"
            COMMAND "${source}/make-initramfs.sh" "${folder}/busybox" "${initrd}" ${overlays}
            DEPENDS "${source}/make-initramfs.sh" "${folder}/busybox" ${overlay_files}
            COMMENT "Guest root file system" VERBATIM)
    endif()
    set(${arg_KERNEL} "${kernel}" PARENT_SCOPE)
    set(${arg_INITRD} "${initrd}" PARENT_SCOPE)
endfunction()
