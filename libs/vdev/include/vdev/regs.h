// SPDX-License-Identifier: BSD-2-Clause
// Register blocks as tables: one row per register or register array, with the access widths that
// the hardware takes. Lookup, width check and reserved space are done here once for all devices.
#ifndef VDEV_REGS_H
#define VDEV_REGS_H

#include <stddef.h>
#include <stdint.h>
#include <vdev/access.h>

enum regs_width {
    REGS_W8 = 1,
    REGS_W16 = 2,
    REGS_W32 = 4,
    REGS_W64 = 8,
};

/// Answers a load of `size` bytes at byte `offset` of the row.
typedef uint64_t regs_load(void *context, uint32_t offset, uint8_t size);
/// Takes a store of `size` bytes at byte `offset` of the row.
typedef void regs_store(void *context, uint32_t offset, uint8_t size, uint64_t value);

struct regs_row {
    uint32_t offset;   ///< of the first byte, from the start of the block
    uint32_t size;     ///< bytes of the register or of the whole array
    uint32_t widths;   ///< REGS_W*, a set; accesses must be aligned to their size
    regs_load *load;   ///< NULL: reads as zero
    regs_store *store; ///< NULL: writes are ignored
};

/// Where to look for an offset: regs_access() fills it in when it is used first.
struct regs_index {
    uint16_t first[64]; ///< first row that ends behind the start of each 64th part of the block
    uint32_t shift;     ///< of an offset to get its part, 0: not filled in
};

struct regs_table {
    const struct regs_row *rows; ///< by rising offset, no overlaps
    size_t count;                ///< at most 65,535
    struct regs_index *index;
};

/// For tables at file scope: one that is in a function needs an index that lives as long.
#define REGS_TABLE(array)                                                    \
    {                                                                        \
        (array), sizeof(array) / sizeof((array)[0]), &(struct regs_index){ .shift = 0 } \
    }

/// Performs an access to a block. Reserved space, unaligned accesses and widths that the register
/// does not take read as zero and ignore writes. Returns false in those cases (for a log line),
/// else true.
bool regs_access(const struct regs_table *table, void *context, struct access *access);

/// True when the rows are sorted, do not overlap and have a size: for unit tests of tables.
bool regs_table_valid(const struct regs_table *table);

#endif
