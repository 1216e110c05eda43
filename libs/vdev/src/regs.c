// SPDX-License-Identifier: BSD-2-Clause
// Lookup of an access in a register table, with the checks that every device needs.
#include <vdev/regs.h>

#define PARTS (sizeof(((struct regs_index *)NULL)->first) / sizeof(uint16_t))

static uint64_t row_end(const struct regs_row *row)
{
    return (uint64_t)row->offset + row->size;
}

static __attribute__((noinline)) void fill_index(const struct regs_table *table)
{
    const uint64_t end = table->count == 0 ? 0 : row_end(&table->rows[table->count - 1]);
    uint32_t shift = 1;
    size_t row = 0;

    while (end > (uint64_t)PARTS << shift) {
        shift++;
    }
    for (size_t part = 0; part < PARTS; part++) {
        while (row < table->count && row_end(&table->rows[row]) <= (uint64_t)part << shift) {
            row++;
        }
        table->index->first[part] = (uint16_t)row;
    }
    table->index->shift = shift;
}

static const struct regs_row *find_row(const struct regs_table *table, uint64_t offset)
{
    if (table->index->shift == 0) {
        fill_index(table);
    }
    const uint64_t part = offset >> table->index->shift;
    if (part >= PARTS) {
        return NULL;
    }
    const struct regs_row *end = table->rows + table->count;
    for (const struct regs_row *row = table->rows + table->index->first[part];
         row < end && row->offset <= offset; row++) {
        if (offset - row->offset < row->size) {
            return row;
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
