# SPDX-License-Identifier: BSD-2-Clause
# Components, the files that guests get, and the image: the functions that an application's CMakeLists.txt
# calls. Names are the reference system's where it has them.

set(ROOKERY_IMPORT_PATH
    "${CMAKE_SOURCE_DIR}/interfaces"
    "${CMAKE_SOURCE_DIR}/components"
    "${CMAKE_SOURCE_DIR}/vmm/component"
    "${ROOKERY_APP_DIR}/${PLATFORM}"
    "${ROOKERY_APP_DIR}")
set(ROOKERY_GEN_DIR "${CMAKE_BINARY_DIR}/gen")
set(CAMKES_LINKER_SCRIPT "${CMAKE_SOURCE_DIR}/libs/camkes/arch/aarch64/component.lds")
set(CAMKES_MEMBER_SCRIPT "${CMAKE_SOURCE_DIR}/libs/camkes/arch/aarch64/member.lds")

#   DeclareCAmkESComponent(NAME SOURCES file... [INCLUDES dir...] [C_FLAGS flag...] [LD_FLAGS flag...] [LIBS target...])
#
# The C sources of a component type. Several calls for one component add up. Warnings are errors in this project's
# own sources only.
function(DeclareCAmkESComponent name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;INCLUDES;C_FLAGS;LD_FLAGS;LIBS")
    if(arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "DeclareCAmkESComponent(${name}): unknown argument ${arg_UNPARSED_ARGUMENTS}")
    endif()
    foreach(kind SOURCES INCLUDES)
        foreach(path IN LISTS arg_${kind})
            cmake_path(ABSOLUTE_PATH path BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}")
            set_property(GLOBAL APPEND PROPERTY component_${name}_${kind} "${path}")
        endforeach()
    endforeach()
    foreach(kind C_FLAGS LD_FLAGS LIBS)
        set_property(GLOBAL APPEND PROPERTY component_${name}_${kind} ${arg_${kind}})
    endforeach()
    set_property(GLOBAL APPEND PROPERTY component_names ${name})
endfunction()

#   DeclareCAmkESARMVM(NAME [EXTRA_SOURCES file...] [EXTRA_INCLUDES dir...] [EXTRA_LIBS target...])
#
# More sources (modules) for the VMM component of this application.
function(DeclareCAmkESARMVM name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" ""
        "EXTRA_SOURCES;EXTRA_INCLUDES;EXTRA_LIBS;EXTRA_C_FLAGS;EXTRA_LD_FLAGS")
    DeclareCAmkESComponent(${name} SOURCES ${arg_EXTRA_SOURCES} INCLUDES ${arg_EXTRA_INCLUDES}
        C_FLAGS ${arg_EXTRA_C_FLAGS} LD_FLAGS ${arg_EXTRA_LD_FLAGS} LIBS ${arg_EXTRA_LIBS})
endfunction()

#   AddToFileServer(NAME PATH [DEPENDS target...])
#
# Puts a file (of the source or made by the build) into the file server under a name.
function(AddToFileServer name path)
    cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "DEPENDS")
    cmake_path(ABSOLUTE_PATH path BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}")
    get_property(names GLOBAL PROPERTY file_server_names)
    if(name IN_LIST names)
        message(FATAL_ERROR "AddToFileServer: there is a file '${name}' already")
    endif()
    set_property(GLOBAL APPEND PROPERTY file_server_names "${name}")
    set_property(GLOBAL APPEND PROPERTY file_server_paths "${path}")
    set_property(GLOBAL APPEND PROPERTY file_server_depends ${arg_DEPENDS})
endfunction()

#   AddGuestDeviceTree(NAME VM instance [INITRD path])
#
# Puts the device tree that adlc makes for a VM into the file server. The initrd is the file that the
# guest gets (its size is in the tree); without it the tree has no initrd.
function(AddGuestDeviceTree name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "VM;INITRD" "")
    set(dtb "${CMAKE_BINARY_DIR}/images/${arg_VM}.dtb")
    set_property(GLOBAL APPEND PROPERTY guest_trees "${arg_VM}|${dtb}|${arg_INITRD}")
    AddToFileServer("${name}" "${dtb}")
endfunction()

#   DefineCAmkESVMFileServer([INSTANCE name])
#
# Gives the files added so far to the file server (instance "fserv" unless told).
function(DefineCAmkESVMFileServer)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" "INSTANCE" "")
    if(NOT arg_INSTANCE)
        set(arg_INSTANCE fserv)
    endif()
    get_property(names GLOBAL PROPERTY file_server_names)
    get_property(paths GLOBAL PROPERTY file_server_paths)
    get_property(depends GLOBAL PROPERTY file_server_depends)
    set(text "// Files of the file server; made by cmake/components.cmake.\n")
    string(APPEND text "    .section .rodata.files, \"a\"\n")
    set(table "    .balign 8\n    .global file_server_files\nfile_server_files:\n")
    set(index 0)
    foreach(name path IN ZIP_LISTS names paths)
        string(APPEND text
            "    .balign 4096\nfile_${index}:\n    .incbin \"${path}\"\nfile_${index}_end:\n")
        string(APPEND text "name_${index}:\n    .asciz \"${name}\"\n")
        string(APPEND table "    .quad name_${index}, file_${index}, file_${index}_end - file_${index}\n")
        math(EXPR index "${index} + 1")
    endforeach()
    string(APPEND text "${table}    .quad 0, 0, 0\n")
    set(source "${CMAKE_BINARY_DIR}/${arg_INSTANCE}_files.S")
    file(CONFIGURE OUTPUT "${source}" CONTENT "${text}" @ONLY)
    set_property(SOURCE "${source}" PROPERTY OBJECT_DEPENDS ${paths})
    set_property(GLOBAL APPEND PROPERTY instance_${arg_INSTANCE}_sources "${source}")
    set_property(GLOBAL APPEND PROPERTY instance_${arg_INSTANCE}_depends ${paths} ${depends})
endfunction()

# Options that C macros in ADL files read: -D for every CONFIG_VARS that is set.
function(AddCamkesCPPFlag output)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "CONFIG_VARS")
    set(flags "${${output}}")
    foreach(name IN LISTS arg_CONFIG_VARS)
        if(${name})
            list(APPEND flags "-D${name}=${${name}}")
        endif()
    endforeach()
    set(${output} "${flags}" PARENT_SCOPE)
endfunction()

# Generated sources and those of this project get the project's warnings; an application's own do not.
function(rookery_strict_sources)
    set(own "")
    foreach(folder apps components libs tests vmm)
        list(APPEND own "${CMAKE_SOURCE_DIR}/${folder}/")
    endforeach()
    list(APPEND own "${ROOKERY_GEN_DIR}/")
    foreach(source IN LISTS ARGN)
        foreach(folder IN LISTS own)
            cmake_path(IS_PREFIX folder "${source}" NORMALIZE is_own)
            if(is_own)
                set_property(SOURCE "${source}" PROPERTY COMPILE_OPTIONS
                             "$<TARGET_PROPERTY:rookery_warnings,INTERFACE_COMPILE_OPTIONS>")
            endif()
        endforeach()
    endforeach()
endfunction()

# One instance: its component's sources with its generated files, linked to one ELF, or for a member of a group in
# part. No instance's name has a dash, so that "instance-NAME" is no other target's name ("kernel.elf").
function(rookery_add_instance target instance component)
    get_property(known GLOBAL PROPERTY component_names)
    foreach(kind SOURCES INCLUDES C_FLAGS LD_FLAGS LIBS)
        get_property(${kind} GLOBAL PROPERTY component_${component}_${kind})
    endforeach()
    get_property(extra GLOBAL PROPERTY instance_${instance}_sources)
    get_property(depends GLOBAL PROPERTY instance_${instance}_depends)
    add_executable(${target} "${ROOKERY_GEN_DIR}/code/${instance}/camkes.c" ${SOURCES} ${extra})
    rookery_strict_sources("${ROOKERY_GEN_DIR}/code/${instance}/camkes.c" ${SOURCES})
    target_include_directories(${target} PRIVATE "${ROOKERY_GEN_DIR}/code/${instance}" ${INCLUDES})
    target_compile_options(${target} PRIVATE ${C_FLAGS})
    target_link_libraries(${target} PRIVATE rookery_lenient rookery_user ${LIBS} camkes)
    target_link_options(${target} PRIVATE ${LD_FLAGS})
    if(depends)
        set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS ${depends})
    endif()
endfunction()

# A member of a group: everything that its program has, in one object. Of its names only the entry is seen by the
# others, as camkes_start.INSTANCE, and functions for direct calls; and two thread-local variables, which the first
# member's stand in for in all, since threads run the code of other members.
function(rookery_add_member instance component output)
    set(target "${instance}.member")
    set(object "${CMAKE_CURRENT_BINARY_DIR}/${instance}.member.o")
    set(shared camkes_current_thread __sel4_ipc_buffer)
    list(TRANSFORM shared PREPEND "--weaken-symbol=" OUTPUT_VARIABLE weaken)
    list(TRANSFORM shared PREPEND "--keep-global-symbol=" OUTPUT_VARIABLE keep)
    rookery_add_instance(${target} ${instance} ${component})
    set_property(TARGET ${target} PROPERTY ROOKERY_GROUP_MEMBER ON)
    target_link_options(${target} PRIVATE -r)
    add_custom_command(OUTPUT "${object}"
        COMMAND "${CMAKE_OBJCOPY}" --wildcard --redefine-sym "_camkes_start=camkes_start.${instance}"
                "--keep-global-symbol=camkes_start.*" "--keep-global-symbol=camkes_direct_[0-9]*" ${keep} ${weaken}
                "$<TARGET_FILE:${target}>" "${object}"
        DEPENDS ${target} COMMENT "Member ${instance} of a group" VERBATIM)
    set(${output} "${object}" PARENT_SCOPE)
endfunction()

# A group: its members in one ELF. The arguments behind the name are the members, as INSTANCE and COMPONENT in turn.
function(rookery_add_group group)
    set(target "instance-${group}")
    set(members ${ARGN})
    set(objects "")
    set(roots "")
    while(members)
        list(POP_FRONT members instance component)
        rookery_add_member(${instance} ${component} object)
        list(APPEND objects "${object}")
        list(APPEND roots "-Wl,--undefined=camkes_start.${instance}")
    endwhile()
    list(GET ARGN 0 first)
    add_executable(${target} ${objects})
    set_target_properties(${target} PROPERTIES OUTPUT_NAME "${group}.elf")
    set_property(SOURCE ${objects} PROPERTY EXTERNAL_OBJECT ON)
    set_property(TARGET ${target} PROPERTY LINKER_LANGUAGE C)
    target_link_libraries(${target} PRIVATE rookery_user)
    target_link_options(${target} PRIVATE "-T${CAMKES_LINKER_SCRIPT}" "-Wl,--entry=camkes_start.${first}" ${roots})
    set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS "${CAMKES_LINKER_SCRIPT}")
endfunction()

#   DeclareCAmkESVMRootServer(FILE.camkes [CPP_INCLUDES dir...] [CPP_FLAGS flag...])
#
# Compiles the assembly, builds its instances and packs the image. images/audit.txt says who reaches what;
# a file audit.rules beside FILE.camkes says who must not, and stops the build (docs/system-model.md).
function(DeclareCAmkESVMRootServer file)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "CPP_INCLUDES;CPP_FLAGS")
    cmake_path(ABSOLUTE_PATH file BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}")
    set(paths "")
    foreach(path IN LISTS ROOKERY_IMPORT_PATH arg_CPP_INCLUDES)
        list(APPEND paths "-I" "${path}")
    endforeach()
    set(images "${CMAKE_BINARY_DIR}/images")
    file(MAKE_DIRECTORY "${images}" "${ROOKERY_GEN_DIR}")
    set(adlc_options --arch ${ROOKERY_ARCH} --platform ${PLATFORM} --dtb "${ROOKERY_PLATFORM_DTB}"
        --set cores=${NUM_NODES})
    if(EXISTS "${ROOKERY_APP_DIR}/${PLATFORM}/gpio.yaml")
        list(APPEND adlc_options --gpio-list "${ROOKERY_APP_DIR}/${PLATFORM}/gpio.yaml")
    endif()
    execute_process(
        COMMAND "${ADLC}" gen ${paths} ${arg_CPP_FLAGS} ${adlc_options}
                --depfile "${ROOKERY_GEN_DIR}/deps.d" -o "${ROOKERY_GEN_DIR}" "${file}"
        RESULT_VARIABLE result)
    if(NOT result EQUAL 0)
        message(FATAL_ERROR "adlc could not compile ${file}; its messages are above")
    endif()
    # Whatever the assembly was read from configures again when it changes.
    file(READ "${ROOKERY_GEN_DIR}/deps.d" deps)
    string(REGEX REPLACE "^[^:]*:" "" deps "${deps}")
    string(REGEX REPLACE "[ \\\n]+" ";" deps "${deps}")
    list(FILTER deps EXCLUDE REGEX "^$")
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${deps})

    file(COPY "${ROOKERY_GEN_DIR}/system.dot" "${ROOKERY_GEN_DIR}/system.svg" DESTINATION "${images}")

    file(STRINGS "${ROOKERY_GEN_DIR}/instances.txt" lines)
    set(elfs "")
    set(elf_arguments "")
    set(groups "")
    foreach(line IN LISTS lines)
        string(REPLACE " " ";" fields "${line}")
        list(GET fields 0 instance)
        list(GET fields 1 component)
        list(GET fields 2 space)
        if(space STREQUAL instance)
            rookery_add_instance("instance-${instance}" ${instance} ${component})
            set_target_properties("instance-${instance}" PROPERTIES OUTPUT_NAME "${instance}.elf")
        else()
            list(APPEND members_of_${space} ${instance} ${component})
            list(APPEND groups ${space})
        endif()
        list(APPEND elfs "instance-${space}")
        list(APPEND elf_arguments "${space}=$<TARGET_FILE:instance-${space}>")
    endforeach()
    list(REMOVE_DUPLICATES groups)
    list(REMOVE_DUPLICATES elfs)
    list(REMOVE_DUPLICATES elf_arguments)
    foreach(group IN LISTS groups)
        rookery_add_group(${group} ${members_of_${group}})
    endforeach()

    get_property(trees GLOBAL PROPERTY guest_trees)
    foreach(tree IN LISTS trees)
        string(REPLACE "|" ";" fields "${tree}")
        list(GET fields 0 vm)
        list(GET fields 1 dtb)
        list(LENGTH fields count)
        set(initrd "")
        set(initrd_option "")
        if(count GREATER 2)
            list(GET fields 2 initrd)
        endif()
        if(initrd)
            set(initrd_option --initrd "${initrd}")
        endif()
        add_custom_command(OUTPUT "${dtb}"
            COMMAND "${ADLC}" guest-dtb --model "${ROOKERY_GEN_DIR}/model.bin" --vm ${vm}
                    --dtb "${ROOKERY_PLATFORM_DTB}" ${initrd_option} --bootargs "${VM_BOOTARGS}" -o "${dtb}"
            DEPENDS "${ROOKERY_GEN_DIR}/model.bin" "${ROOKERY_PLATFORM_DTB}" ${initrd}
            COMMENT "Device tree of ${vm}" VERBATIM)
    endforeach()

    set(payload "${CMAKE_BINARY_DIR}/payload.bin")
    add_custom_command(OUTPUT "${payload}"
        COMMAND "${ADLC}" link --model "${ROOKERY_GEN_DIR}/model.bin" -o "${payload}"
                --reports "${images}" ${elf_arguments}
        DEPENDS "${ROOKERY_GEN_DIR}/model.bin" ${elfs}
        COMMENT "System image" VERBATIM)

    set(audit "${images}/audit.txt")
    set(rules "")
    set(rules_option "")
    cmake_path(GET file PARENT_PATH folder)
    if(EXISTS "${folder}/audit.rules")
        set(rules "${folder}/audit.rules")
        set(rules_option --deny "${rules}")
    endif()
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${rules})
    add_custom_command(OUTPUT "${audit}"
        COMMAND "${ADLC}" audit --model "${ROOKERY_GEN_DIR}/model.bin" -o "${audit}" ${rules_option}
                "${payload}"
        DEPENDS "${payload}" ${rules}
        COMMENT "Audit" VERBATIM)

    set(kernel "${KERNEL_ELF}")
    set(kernel_target "")
    if(kernel STREQUAL "")
        set(kernel "$<TARGET_FILE:kernel.elf>")
        set(kernel_target kernel.elf)
    endif()
    set(image "${images}/capdl-loader-image-arm-${PLATFORM}")
    add_custom_command(OUTPUT "${image}"
        COMMAND "${IMGPACK}" --boot $<TARGET_FILE:boot.elf> --kernel "${kernel}"
                --dtb "${ROOKERY_PLATFORM_DTB}" --init $<TARGET_FILE:init.elf>
                --payload "${payload}" -o "${image}"
        DEPENDS boot.elf init.elf ${kernel_target} "${kernel}" "${payload}" "${audit}" "${ROOKERY_PLATFORM_DTB}"
        COMMENT "Image ${image}" VERBATIM)
    add_custom_target(image ALL DEPENDS "${image}")
    rookery_simulate_script("${image}")
endfunction()

# ./simulate in the build folder.
function(rookery_simulate_script image)
    set(SIMULATE_IMAGE "${image}")
    configure_file("${CMAKE_SOURCE_DIR}/scripts/simulate.in" "${CMAKE_BINARY_DIR}/simulate" @ONLY
                   FILE_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE
                                    WORLD_READ WORLD_EXECUTE)
endfunction()
