// SPDX-License-Identifier: BSD-2-Clause
// Contents of a user image: never run, only looked at.
    .text
    .global _start
    .quad   0x1122334455667788
_start:
    .fill   3 * 1024 * 1024 - 8, 1, 0x5a
    .bss
    .space  100
