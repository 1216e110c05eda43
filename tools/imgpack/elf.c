// SPDX-License-Identifier: BSD-2-Clause
// ELF executables: loadable segments and flat memory images. Files may be damaged: all offsets are
// checked.
#include "imgpack.h"

#include <base/bits.h>
#include <base/checked.h>
#include <elf.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

// A flat image larger than this is a mistake in a linker script.
#define MAX_FLAT_SIZE GIB(1)

static int compare_segments(const void *left, const void *right)
{
    const struct segment *a = left;
    const struct segment *b = right;

    return a->vaddr < b->vaddr ? -1 : a->vaddr > b->vaddr;
}

static bool read_header(const struct blob *file, Elf64_Ehdr *header)
{
    if (file->size < sizeof(*header)) {
        return imgpack_error(file->name, "is shorter than an ELF header");
    }
    memcpy(header, file->data, sizeof(*header));
    if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0) {
        return imgpack_error(file->name, "is no ELF file");
    }
    if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_ident[EI_DATA] != ELFDATA2LSB
        || header->e_machine != EM_AARCH64) {
        return imgpack_error(file->name, "is no AArch64 program");
    }
    if (header->e_type != ET_EXEC && header->e_type != ET_DYN) {
        return imgpack_error(file->name, "is no executable (an object file?)");
    }
    if (header->e_phentsize != sizeof(Elf64_Phdr)
        || !range_fits(header->e_phoff, (uint64_t)header->e_phnum * sizeof(Elf64_Phdr),
                       file->size)) {
        return imgpack_error(file->name, "its program headers lie outside the file");
    }
    return true;
}

static bool add_segment(const struct blob *file, const Elf64_Phdr *program, struct elf *elf)
{
    uint64_t end;

    if (program->p_type != PT_LOAD || program->p_memsz == 0) {
        return true;
    }
    if (elf->count == IMGPACK_MAX_SEGMENTS) {
        return imgpack_error(file->name, "has more than %d loadable segments",
                             IMGPACK_MAX_SEGMENTS);
    }
    if (!range_fits(program->p_offset, program->p_filesz, file->size)
        || program->p_filesz > program->p_memsz) {
        return imgpack_error(file->name,
                             "the contents of segment 0x%" PRIx64 " lie outside the file",
                             program->p_vaddr);
    }
    if (!checked_add_u64(program->p_vaddr, program->p_memsz, &end)
        || !checked_add_u64(program->p_paddr, program->p_memsz, &end)) {
        return imgpack_error(file->name, "segment 0x%" PRIx64 " wraps around", program->p_vaddr);
    }
    elf->segments[elf->count++] = (struct segment){
        .vaddr = program->p_vaddr,
        .paddr = program->p_paddr,
        .memory_size = program->p_memsz,
        .file_size = program->p_filesz,
        .data = file->data + program->p_offset,
    };
    return true;
}

bool elf_read(const struct blob *file, struct elf *elf)
{
    Elf64_Ehdr header;

    memset(elf, 0, sizeof(*elf));
    if (!read_header(file, &header)) {
        return false;
    }
    for (unsigned i = 0; i < header.e_phnum; i++) {
        Elf64_Phdr program;
        memcpy(&program, file->data + header.e_phoff + i * sizeof(program), sizeof(program));
        if (!add_segment(file, &program, elf)) {
            return false;
        }
    }
    if (elf->count == 0) {
        return imgpack_error(file->name, "has no loadable segment");
    }
    elf->entry = header.e_entry;
    qsort(elf->segments, elf->count, sizeof(elf->segments[0]), compare_segments);
    bool has_entry = false;
    for (size_t i = 0; i < elf->count; i++) {
        const struct segment *segment = &elf->segments[i];
        has_entry = has_entry || range_has(segment->vaddr, segment->memory_size, elf->entry);
        if (i + 1 < elf->count
            && elf->segments[i + 1].vaddr - segment->vaddr < segment->memory_size) {
            return imgpack_error(file->name, "two segments overlap at 0x%" PRIx64,
                                 elf->segments[i + 1].vaddr);
        }
    }
    if (!has_entry) {
        return imgpack_error(file->name, "its entry 0x%" PRIx64 " is in no segment", elf->entry);
    }
    return true;
}

bool elf_flatten(const struct blob *file, const struct elf *elf, struct blob *image, uint64_t *base)
{
    const struct segment *last = &elf->segments[elf->count - 1];
    uint64_t start = bits_round_down(elf->segments[0].vaddr, BOOT_IMAGE_PAGE);
    uint64_t size = last->vaddr + last->memory_size - start;

    *image = (struct blob){ .name = file->name };
    if (size > MAX_FLAT_SIZE) {
        return imgpack_error(file->name, "takes %" PRIu64 " MiB in memory", size >> 20);
    }
    if (!blob_resize(image, (size_t)bits_round_up(size, BOOT_IMAGE_PAGE))) {
        return false;
    }
    for (size_t i = 0; i < elf->count; i++) {
        const struct segment *segment = &elf->segments[i];
        memcpy(image->data + (segment->vaddr - start), segment->data, segment->file_size);
    }
    *base = start;
    return true;
}
