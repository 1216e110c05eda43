// SPDX-License-Identifier: BSD-2-Clause
// Offsets in struct boot_handover, for assembler; checked in arch/aarch64/start.c.
#ifndef BOOT_HANDOVER_OFFSETS_H
#define BOOT_HANDOVER_OFFSETS_H

#define HANDOVER_ARGUMENTS 0
#define HANDOVER_ENTRY     48
#define HANDOVER_TABLES    56
#define HANDOVER_TCR       64 // followed by MAIR
#define HANDOVER_READY     80

#endif
