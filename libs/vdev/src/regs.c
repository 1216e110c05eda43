// SPDX-License-Identifier: BSD-2-Clause
// Lookup of an access in a register table, with the checks that every device needs.
#include <vdev/regs.h>

static const struct regs_row *find_row(const struct regs_table *table, uint64_t offset)
{
    size_t low = 0;
    size_t high = table->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct regs_row *row = &table->rows[middle];
        if (offset < row->offset) {
            high = middle;
        } else if (offset - row->offset < row->size) {
            return row;
        } else {
            low = middle + 1;
        }
    }
    return NULL;
}

bool regs_access(const struct regs_table *table, void *context, struct access *access)
{
    const struct regs_row *row = find_row(table, access->offset);

    if (!access->is_store) {
        access->value = 0;
    }
    if (row == NULL || (row->widths & access->size) == 0
        || (access->offset & (access->size - 1u)) != 0
        || access->size > row->size - (access->offset - row->offset)) {
        return false;
    }

    uint32_t offset = (uint32_t)(access->offset - row->offset);
    if (access->is_store) {
        if (row->store != NULL) {
            row->store(context, offset, access->size, access->value & access_mask(access->size));
        }
    } else if (row->load != NULL) {
        access->value = row->load(context, offset, access->size) & access_mask(access->size);
    }
    return true;
}

bool regs_table_valid(const struct regs_table *table)
{
    uint64_t end = 0;

    for (size_t i = 0; i < table->count; i++) {
        const struct regs_row *row = &table->rows[i];
        if (row->size == 0 || row->offset < end || row->widths == 0) {
            return false;
        }
        end = (uint64_t)row->offset + row->size;
    }
    return true;
}
