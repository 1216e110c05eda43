# SPDX-License-Identifier: BSD-2-Clause
# Stops when the board PLATFORM can't have NUM_NODES cores. ROOKERY_MAX_CORES (plat.cmake): how many it can
# have, 1 to 8. Also a script, for its test: cmake -DPLATFORM=... -P check_cores.cmake.
if(NOT NUM_NODES MATCHES "^[1-8]$")
    message(FATAL_ERROR "NUM_NODES is ${NUM_NODES}; it must be 1 to 8")
endif()
if(NUM_NODES GREATER 1 AND ROOKERY_MAX_CORES EQUAL 1)
    message(FATAL_ERROR "${PLATFORM} does not support SMP VMs")
endif()
if(NUM_NODES GREATER ROOKERY_MAX_CORES)
    message(FATAL_ERROR "NUM_NODES is ${NUM_NODES}; ${PLATFORM} has ${ROOKERY_MAX_CORES} cores")
endif()
