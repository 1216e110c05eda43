// SPDX-License-Identifier: BSD-2-Clause
// ELF segments to frames and mappings; see elf_load.h. Reads with libelf.

#include "elf_load.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <inttypes.h>
#include <libelf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report.h"

void payload_release(struct payload *payload)
{
    buffer_release(&payload->pages);
    free(payload->objects);
    free(payload->read_only);
    free(payload->places);
    memset(payload, 0, sizeof(*payload));
}

size_t payload_count(const struct payload *payload)
{
    return payload->pages.size / MODEL_PAGE_SIZE;
}

static void *checked_realloc(void *old, size_t size)
{
    void *grown = realloc(old, size);

    if (grown == NULL) {
        perror("adlc");
        exit(1);
    }
    return grown;
}

static uint64_t page_hash(const uint8_t *page)
{
    uint64_t hash = 0xcbf29ce484222325u;

    for (size_t i = 0; i < MODEL_PAGE_SIZE; i += 8) {
        uint64_t word;
        memcpy(&word, page + i, sizeof(word));
        hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
        hash ^= hash >> 29;
    }
    return hash;
}

static const uint8_t *payload_page(const struct payload *payload, size_t index)
{
    return payload->pages.data + index * MODEL_PAGE_SIZE;
}

/// Place of an equal read-only page, or of the empty slot where it belongs.
static size_t payload_place(const struct payload *payload, const uint8_t *page)
{
    size_t at = page_hash(page) & (payload->place_capacity - 1);

    while (payload->places[at] != 0) {
        const uint8_t *other = payload_page(payload, payload->places[at] - 1);
        if (memcmp(other, page, MODEL_PAGE_SIZE) == 0) {
            break;
        }
        at = (at + 1) & (payload->place_capacity - 1);
    }
    return at;
}

static void payload_grow(struct payload *payload)
{
    size_t count = payload_count(payload);

    if (count == payload->capacity) {
        payload->capacity = count != 0 ? count * 2 : 256;
        payload->objects =
            checked_realloc(payload->objects, payload->capacity * sizeof(payload->objects[0]));
        payload->read_only =
            checked_realloc(payload->read_only, payload->capacity * sizeof(payload->read_only[0]));
    }
    if (count * 2 >= payload->place_capacity) {
        payload->place_capacity = payload->place_capacity != 0 ? payload->place_capacity * 2 : 1024;
        free(payload->places);
        payload->places = checked_realloc(NULL, payload->place_capacity * sizeof(uint32_t));
        memset(payload->places, 0, payload->place_capacity * sizeof(uint32_t));
        for (size_t i = 0; i < count; i++) {
            if (payload->read_only[i]) {
                payload->places[payload_place(payload, payload_page(payload, i))] =
                    (uint32_t)i + 1;
            }
        }
    }
}

/// Frame object with these contents: a new donated page, or an equal read-only one.
static uint32_t payload_frame(struct payload *payload, struct model *model, const uint8_t *page,
                              bool read_only, const char *name)
{
    payload_grow(payload);
    size_t place = read_only ? payload_place(payload, page) : 0;
    if (read_only && payload->places[place] != 0) {
        payload->shared_count++;
        return payload->objects[payload->places[place] - 1];
    }
    size_t index = payload_count(payload);
    uint32_t object = model_new_object(model, SYSTEM_OBJECT_FRAME, MODEL_PAGE_BITS, name);
    model->objects.items[object].flags = SYSTEM_OBJECT_DONATED;
    model->objects.items[object].address = index;
    payload->objects[index] = object;
    payload->read_only[index] = read_only;
    buffer_append(&payload->pages, page, MODEL_PAGE_SIZE);
    if (read_only) {
        payload->places[place] = (uint32_t)index + 1;
    }
    return object;
}

// ---------------------------------------------------------------------------------------------
// Segments

struct elf_job {
    struct model *model;
    const struct model_space *space;
    const char *path;
    const char *name; ///< of the frames
    struct payload *payload;
    struct elf_usage *usage;
    const uint8_t *data; ///< the file
    size_t size;
    uint64_t last_page; ///< first address after the previous segment's pages
};

static bool fail(const struct elf_job *job, const char *text, uint64_t value)
{
    fprintf(stderr, "adlc: error: %s: %s (0x%" PRIx64 ")\n", job->path, text, value);
    return false;
}

static bool is_zero(const uint8_t *page)
{
    return page[0] == 0 && memcmp(page, page + 1, MODEL_PAGE_SIZE - 1) == 0;
}

static void add_mapping(struct elf_job *job, uint32_t frame, uint64_t vaddr, uint32_t flags)
{
    struct system_mapping mapping = {
        .vspace = job->space->vspace,
        .frame = frame,
        .vaddr = vaddr,
        .flags = flags,
        .cnode = MODEL_NONE,
        .slot = MODEL_NONE,
    };

    VEC_PUSH(job->model->arena, job->model->mappings, mapping);
}

/// Zero pages [vaddr, end): large frames where the alignment allows it.
static void load_zeros(struct elf_job *job, uint64_t vaddr, uint64_t end, uint32_t flags)
{
    while (vaddr < end) {
        bool large = vaddr % MODEL_LARGE_PAGE_SIZE == 0 && end - vaddr >= MODEL_LARGE_PAGE_SIZE;
        uint8_t bits = large ? MODEL_LARGE_PAGE_BITS : MODEL_PAGE_BITS;
        uint32_t frame = model_new_object(job->model, SYSTEM_OBJECT_FRAME, bits, job->name);
        add_mapping(job, frame, vaddr, flags);
        vaddr += 1ull << bits;
    }
}

/// The page at `vaddr` of a segment: what the file has of it, zeros elsewhere.
static void fetch_page(const struct elf_job *job, const GElf_Phdr *segment, uint64_t vaddr,
                       uint8_t *page)
{
    uint64_t from = vaddr > segment->p_vaddr ? vaddr : segment->p_vaddr;
    uint64_t file_end = segment->p_vaddr + segment->p_filesz;
    uint64_t to = vaddr + MODEL_PAGE_SIZE < file_end ? vaddr + MODEL_PAGE_SIZE : file_end;

    memset(page, 0, MODEL_PAGE_SIZE);
    if (from < to) {
        memcpy(page + (from - vaddr), job->data + segment->p_offset + (from - segment->p_vaddr),
               to - from);
    }
}

static void count_usage(struct elf_usage *usage, uint32_t flags, uint64_t contents, uint64_t zeros)
{
    if ((flags & SYSTEM_MAPPING_EXECUTE) != 0) {
        usage->text += contents + zeros;
    } else if ((flags & SYSTEM_MAPPING_WRITE) == 0) {
        usage->rodata += contents + zeros;
    } else {
        usage->data += contents;
        usage->bss += zeros;
    }
}

static void load_pages(struct elf_job *job, const GElf_Phdr *segment, uint64_t start, uint64_t end,
                       uint32_t flags)
{
    uint64_t file_end = segment->p_vaddr + segment->p_filesz;
    uint64_t zeros_from = 0; // start of a pending run of zero pages; 0: none
    uint64_t contents = 0;
    uint8_t page[MODEL_PAGE_SIZE];

    for (uint64_t vaddr = start; vaddr < end; vaddr += MODEL_PAGE_SIZE) {
        if (vaddr >= file_end) {
            memset(page, 0, sizeof(page));
        } else {
            fetch_page(job, segment, vaddr, page);
        }
        if (is_zero(page)) {
            zeros_from = zeros_from == 0 ? vaddr : zeros_from;
            continue;
        }
        if (zeros_from != 0) {
            load_zeros(job, zeros_from, vaddr, flags);
            zeros_from = 0;
        }
        uint32_t frame = payload_frame(job->payload, job->model, page,
                                       (flags & SYSTEM_MAPPING_WRITE) == 0, job->name);
        add_mapping(job, frame, vaddr, flags);
        contents += MODEL_PAGE_SIZE;
    }
    if (zeros_from != 0) {
        load_zeros(job, zeros_from, end, flags);
    }
    count_usage(job->usage, flags, contents, end - start - contents);
}

static bool load_segment(struct elf_job *job, const GElf_Phdr *segment)
{
    uint32_t flags = SYSTEM_MAPPING_CACHED;

    if (segment->p_type != PT_LOAD || segment->p_memsz == 0) {
        return true;
    }
    if (segment->p_offset > job->size || segment->p_filesz > job->size - segment->p_offset
        || segment->p_filesz > segment->p_memsz) {
        return fail(job, "a segment lies outside the file", segment->p_vaddr);
    }
    if (segment->p_vaddr < MODEL_PAGE_SIZE || segment->p_vaddr >= MODEL_VADDR_STACKS
        || segment->p_memsz > MODEL_VADDR_STACKS - segment->p_vaddr) {
        return fail(job, "a segment lies outside the ELF part of the address space",
                    segment->p_vaddr);
    }
    if ((segment->p_flags & (PF_W | PF_X)) == (PF_W | PF_X)) {
        return fail(job, "a segment is both writable and executable", segment->p_vaddr);
    }
    flags |= SYSTEM_MAPPING_READ; // execute-only and write-only are not possible
    flags |= (segment->p_flags & PF_W) != 0 ? SYSTEM_MAPPING_WRITE : 0;
    flags |= (segment->p_flags & PF_X) != 0 ? SYSTEM_MAPPING_EXECUTE : 0;

    uint64_t start = segment->p_vaddr & ~(uint64_t)(MODEL_PAGE_SIZE - 1);
    uint64_t end = (segment->p_vaddr + segment->p_memsz + MODEL_PAGE_SIZE - 1)
                   & ~(uint64_t)(MODEL_PAGE_SIZE - 1);
    if (start < job->last_page) {
        return fail(job, "two segments share a page; align the segments to 4096", start);
    }
    job->last_page = end;
    load_pages(job, segment, start, end, flags);
    return true;
}

// ---------------------------------------------------------------------------------------------
// Entries

/// Value of a symbol of the file's symbol table. False when there is none of that name.
static bool find_symbol(Elf *elf, const char *name, uint64_t *value)
{
    for (Elf_Scn *section = elf_nextscn(elf, NULL); section != NULL;
         section = elf_nextscn(elf, section)) {
        GElf_Shdr header;
        Elf_Data *data = elf_getdata(section, NULL);
        if (gelf_getshdr(section, &header) == NULL || header.sh_type != SHT_SYMTAB
            || data == NULL) {
            continue;
        }
        GElf_Sym symbol;
        for (int i = 0; gelf_getsym(data, i, &symbol) != NULL; i++) {
            // NULL where the name lies outside the table.
            const char *found = elf_strptr(elf, header.sh_link, symbol.st_name);
            if (symbol.st_shndx != SHN_UNDEF && found != NULL && strcmp(found, name) == 0) {
                *value = symbol.st_value;
                return true;
            }
        }
    }
    return false;
}

/// All threads of `instance`; their TCBs have its name.
static void set_entry(struct model *model, const struct model_instance *instance, uint64_t entry)
{
    for (size_t i = 0; i < model->threads.count; i++) {
        struct system_thread *spec = &model->threads.items[i].spec;
        if (spec->vspace != instance->vspace) {
            continue;
        }
        const char *owner = report_owner(model, model->objects.items[spec->tcb].name);
        if (owner != NULL && strcmp(owner, instance->name) == 0) {
            spec->ip = entry;
        }
    }
}

static bool set_entries(const struct elf_job *job, Elf *elf)
{
    struct model *model = job->model;

    for (size_t i = 0; i < model->instance_count; i++) {
        const struct model_instance *instance = &model->instances[i];
        uint64_t entry = job->usage->entry;
        if (instance->vspace != job->space->vspace) {
            continue;
        }
        if (model_in_group(instance)
            && !find_symbol(elf, model_printf(model, "camkes_start.%s", instance->name), &entry)) {
            fprintf(stderr, "adlc: error: %s: there is no symbol camkes_start.%s for this member "
                    "of group '%s'\n", job->path, instance->name, job->space->name);
            return false;
        }
        set_entry(model, instance, entry);
    }
    return true;
}

static bool load_image(struct elf_job *job, Elf *elf)
{
    GElf_Ehdr header;
    size_t count;

    if (elf_kind(elf) != ELF_K_ELF || gelf_getehdr(elf, &header) == NULL
        || elf_getphdrnum(elf, &count) != 0) {
        return fail(job, "this is no ELF file", 0);
    }
    if (header.e_type != ET_EXEC || header.e_machine != EM_AARCH64
        || gelf_getclass(elf) != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB) {
        return fail(job, "this is no static 64-bit Arm executable; its type is", header.e_type);
    }
    for (size_t i = 0; i < count; i++) {
        GElf_Phdr segment;
        if (gelf_getphdr(elf, (int)i, &segment) == NULL || !load_segment(job, &segment)) {
            return false;
        }
    }
    job->usage->entry = header.e_entry;
    return set_entries(job, elf);
}

bool elf_load(struct model *model, const struct model_space *space, const char *path,
              struct payload *payload, struct elf_usage *usage)
{
    struct elf_job job = {
        .model = model,
        .space = space,
        .path = path,
        .name = model_printf(model, "%s.elf", space->name),
        .payload = payload,
        .usage = usage,
    };
    struct buffer file = { 0 };

    memset(usage, 0, sizeof(*usage));
    if (buffer_read_file(&file, path) != 0) {
        fprintf(stderr, "adlc: error: %s: %s\n", path, strerror(errno));
        return false;
    }
    job.data = file.data;
    job.size = file.size;
    if (file.size == 0 || elf_version(EV_CURRENT) == EV_NONE) {
        buffer_release(&file);
        return fail(&job, "this is no ELF file", 0);
    }
    Elf *elf = elf_memory((char *)file.data, file.size);
    bool ok = elf != NULL && load_image(&job, elf);
    if (elf == NULL) {
        (void)fail(&job, "this is no ELF file", 0);
    } else {
        (void)elf_end(elf);
    }
    buffer_release(&file);
    return ok;
}
