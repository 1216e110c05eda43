// SPDX-License-Identifier: BSD-2-Clause
// imgpack: joins boot code, kernel, board's device tree, initialiser and payload to one bootable image, whose
// table is in abi/boot_image.h.
#include <abi/boot_image.h>
#include <elf.h>
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE UINT64_C(4096)
#define IMAGE_SIZE_OFFSET 16 ///< of image_size in the arm64 Image header

struct file {
    const char *name;
    uint8_t *bytes; ///< owned
    size_t size;
};

/// Bytes that grow at the end.
struct buffer {
    uint8_t *bytes; ///< owned
    size_t size;
    size_t room;
};

__attribute__((noreturn, format(printf, 1, 2))) static void die(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("imgpack: error: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

static struct file read_file(const char *name)
{
    struct file file = { .name = name };
    FILE *stream = fopen(name, "rb");
    if (stream == NULL) {
        die("%s: %s", name, strerror(errno));
    }
    size_t room = 1 << 20;
    file.bytes = malloc(room);
    while (file.bytes != NULL) {
        size_t count = fread(file.bytes + file.size, 1, room - file.size, stream);
        file.size += count;
        if (count == 0) {
            break;
        }
        if (file.size == room) {
            room *= 2;
            file.bytes = realloc(file.bytes, room);
        }
    }
    if (file.bytes == NULL) {
        die("%s: out of memory", name);
    }
    if (ferror(stream)) {
        die("%s: cannot be read", name);
    }
    fclose(stream);
    return file;
}

static void grow(struct buffer *buffer, size_t size)
{
    if (size > buffer->room) {
        size_t room = size + size / 2 + PAGE;
        uint8_t *bytes = realloc(buffer->bytes, room);
        if (bytes == NULL) {
            die("out of memory");
        }
        memset(bytes + buffer->room, 0, room - buffer->room);
        buffer->bytes = bytes;
        buffer->room = room;
    }
    if (size > buffer->size) {
        buffer->size = size;
    }
}

/// Appends bytes at the next multiple of `alignment`; returns their offset.
static uint64_t append(struct buffer *buffer, const void *bytes, size_t size, size_t alignment)
{
    size_t at = (buffer->size + alignment - 1) / alignment * alignment;
    grow(buffer, at + size);
    if (size > 0) {
        memcpy(buffer->bytes + at, bytes, size);
    }
    return at;
}

/// The ELF header, after checks that all program headers and their bytes lie in the file.
static const Elf64_Ehdr *elf_check(const struct file *file)
{
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)file->bytes;
    if (file->size < sizeof(*header) || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0) {
        die("%s: not an ELF file", file->name);
    }
    if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_ident[EI_DATA] != ELFDATA2LSB
        || header->e_machine != EM_AARCH64) {
        die("%s: not an AArch64 program", file->name);
    }
    if (header->e_phentsize != sizeof(Elf64_Phdr) || header->e_phoff > file->size
        || header->e_phnum > (file->size - header->e_phoff) / sizeof(Elf64_Phdr)
        || header->e_phoff % 8 != 0) {
        die("%s: damaged ELF header", file->name);
    }
    const Elf64_Phdr *segments = (const Elf64_Phdr *)(file->bytes + header->e_phoff);
    for (unsigned i = 0; i < header->e_phnum; i++) {
        const Elf64_Phdr *segment = &segments[i];
        if (segment->p_type == PT_LOAD
            && (segment->p_offset > file->size || segment->p_filesz > file->size - segment->p_offset
                || segment->p_filesz > segment->p_memsz
                || segment->p_vaddr > UINT64_MAX - segment->p_memsz)) {
            die("%s: damaged segment %u", file->name, i);
        }
    }
    return header;
}

static const Elf64_Phdr *elf_segments(const struct file *file)
{
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)file->bytes;
    return (const Elf64_Phdr *)(file->bytes + header->e_phoff);
}

/// A program's memory, from its lowest address, with zeros where the file has no bytes; whole pages.
static struct buffer flatten(const struct file *file, uint64_t *base, uint64_t *entry)
{
    const Elf64_Ehdr *header = elf_check(file);
    const Elf64_Phdr *segments = elf_segments(file);
    uint64_t lowest = UINT64_MAX, end = 0;
    for (unsigned i = 0; i < header->e_phnum; i++) {
        if (segments[i].p_type == PT_LOAD && segments[i].p_memsz > 0) {
            lowest = segments[i].p_vaddr < lowest ? segments[i].p_vaddr : lowest;
            uint64_t segment_end = segments[i].p_vaddr + segments[i].p_memsz;
            end = segment_end > end ? segment_end : end;
        }
    }
    if (end == 0 || end - lowest > (UINT64_C(1) << 30)) {
        die("%s: nothing to load, or more than 1 GiB", file->name);
    }
    lowest &= ~(PAGE - 1);
    struct buffer image = { 0 };
    grow(&image, (end - lowest + PAGE - 1) & ~(PAGE - 1));
    for (unsigned i = 0; i < header->e_phnum; i++) {
        if (segments[i].p_type == PT_LOAD && segments[i].p_filesz > 0) {
            memcpy(image.bytes + (segments[i].p_vaddr - lowest), file->bytes + segments[i].p_offset,
                   segments[i].p_filesz);
        }
    }
    *base = lowest;
    *entry = header->e_entry;
    return image;
}

static void add_kernel(struct buffer *image, struct boot_image *table, const struct file *kernel)
{
    const Elf64_Ehdr *header = elf_check(kernel);
    const Elf64_Phdr *segments = elf_segments(kernel);
    for (unsigned i = 0; i < header->e_phnum; i++) {
        const Elf64_Phdr *segment = &segments[i];
        if (segment->p_type != PT_LOAD || segment->p_memsz == 0) {
            continue;
        }
        if (table->segment_count == BOOT_IMAGE_MAX_SEGMENTS) {
            die("%s: more than %u segments", kernel->name, BOOT_IMAGE_MAX_SEGMENTS);
        }
        if (segment->p_paddr % 16 != 0 || segment->p_paddr < table->ram_base
            || segment->p_paddr - table->ram_base > table->ram_size
            || segment->p_memsz > table->ram_size - (segment->p_paddr - table->ram_base)) {
            die("%s: segment at 0x%llx does not lie in the board's RAM (0x%llx, 0x%llx bytes)",
                kernel->name, (unsigned long long)segment->p_paddr, (unsigned long long)table->ram_base,
                (unsigned long long)table->ram_size);
        }
        table->segments[table->segment_count++] = (struct boot_segment){
            .offset = append(image, kernel->bytes + segment->p_offset, segment->p_filesz, 16),
            .file_size = segment->p_filesz,
            .memory_size = segment->p_memsz,
            .paddr = segment->p_paddr,
            .vaddr = segment->p_vaddr,
        };
    }
    if (table->segment_count == 0) {
        die("%s: no segments to load", kernel->name);
    }
    // A kernel may be linked with a physical entry; the protocol enters it in its window.
    table->kernel_entry = header->e_entry;
    for (unsigned i = 0; i < table->segment_count; i++) {
        const struct boot_segment *segment = &table->segments[i];
        if (header->e_entry >= segment->paddr && header->e_entry - segment->paddr < segment->memory_size) {
            table->kernel_entry = header->e_entry - segment->paddr + segment->vaddr;
        }
    }
}

static void seal(struct boot_image *table)
{
    uint32_t sum = 0;
    const uint32_t *words = (const uint32_t *)table;
    table->checksum = 0;
    for (size_t i = 0; i < offsetof(struct boot_image, checksum) / 4; i++) {
        sum += words[i];
    }
    table->checksum = 0 - sum;
}

static void write_file(const char *name, const struct buffer *head, const struct buffer *tail)
{
    FILE *stream = fopen(name, "wb");
    if (stream == NULL) {
        die("%s: %s", name, strerror(errno));
    }
    if (fwrite(head->bytes, 1, head->size, stream) != head->size
        || fwrite(tail->bytes, 1, tail->size, stream) != tail->size || fclose(stream) != 0) {
        (void)remove(name);
        die("%s: cannot be written: %s", name, strerror(errno));
    }
}

static uint64_t parse_number(const char *option, const char *text)
{
    char *end;
    errno = 0;
    uint64_t value = strtoull(text, &end, 0);
    if (errno != 0 || end == text || *end != '\0') {
        die("--%s: '%s' is not a number", option, text);
    }
    return value;
}

static void usage(FILE *stream)
{
    fputs("usage: imgpack --boot ELF --kernel ELF --dtb FILE --init ELF --payload FILE\n"
          "               --ram-base ADDRESS --ram-size BYTES -o IMAGE\n"
          "\n"
          "Joins the boot code, a kernel that speaks seL4's boot protocol, the board's device tree,\n"
          "the initialiser and the payload of `adlc link` to an arm64 Image.\n",
          stream);
}

enum { BOOT, KERNEL, DTB, INIT, PAYLOAD, OUTPUT, RAM_BASE, RAM_SIZE, OPTION_COUNT };

static void parse_options(int argc, char **argv, const char *values[OPTION_COUNT])
{
    static const struct option options[] = {
        { "boot", required_argument, NULL, BOOT },         { "kernel", required_argument, NULL, KERNEL },
        { "dtb", required_argument, NULL, DTB },           { "init", required_argument, NULL, INIT },
        { "payload", required_argument, NULL, PAYLOAD },   { "output", required_argument, NULL, OUTPUT },
        { "ram-base", required_argument, NULL, RAM_BASE }, { "ram-size", required_argument, NULL, RAM_SIZE },
        { "help", no_argument, NULL, 'h' },                { NULL, 0, NULL, 0 },
    };
    for (int option; (option = getopt_long(argc, argv, "o:h", options, NULL)) != -1;) {
        if (option == 'h') {
            usage(stdout);
            exit(0);
        }
        if (option == '?') {
            usage(stderr);
            exit(2);
        }
        values[option == 'o' ? OUTPUT : option] = optarg;
    }
    for (int i = 0; i < OPTION_COUNT; i++) {
        if (values[i] == NULL || optind != argc) {
            usage(stderr);
            exit(2);
        }
    }
}

int main(int argc, char **argv)
{
    const char *values[OPTION_COUNT] = { 0 };
    parse_options(argc, argv, values);
    struct file boot = read_file(values[BOOT]), kernel = read_file(values[KERNEL]);
    struct file dtb = read_file(values[DTB]), init = read_file(values[INIT]);
    struct file payload = read_file(values[PAYLOAD]);

    uint64_t boot_base, boot_entry;
    struct buffer head = flatten(&boot, &boot_base, &boot_entry);
    struct boot_image table = {
        .magic = BOOT_IMAGE_MAGIC,
        .version = BOOT_IMAGE_VERSION,
        .ram_base = parse_number("ram-base", values[RAM_BASE]),
        .ram_size = parse_number("ram-size", values[RAM_SIZE]),
    };
    struct buffer image = { 0 };
    (void)append(&image, &table, sizeof(table), 16);
    add_kernel(&image, &table, &kernel);
    table.dtb_size = dtb.size;
    table.dtb_offset = append(&image, dtb.bytes, dtb.size, 16);
    struct buffer user = flatten(&init, &table.user_vaddr, &table.user_entry);
    (void)append(&user, payload.bytes, payload.size, PAGE);
    grow(&user, (user.size + PAGE - 1) & ~(size_t)(PAGE - 1));
    table.user_size = user.size;
    table.user_offset = append(&image, user.bytes, user.size, PAGE);
    grow(&image, (image.size + PAGE - 1) & ~(size_t)(PAGE - 1));
    table.size = image.size;
    if (table.user_size + table.size > table.ram_size) {
        die("the image is larger than the board's RAM");
    }
    seal(&table);
    memcpy(image.bytes, &table, sizeof(table));

    if (head.size < IMAGE_SIZE_OFFSET + 8) {
        die("%s: no Image header", boot.name);
    }
    uint64_t total = head.size + image.size;
    memcpy(head.bytes + IMAGE_SIZE_OFFSET, &total, sizeof(total));
    write_file(values[OUTPUT], &head, &image);
    free(boot.bytes);
    free(kernel.bytes);
    free(dtb.bytes);
    free(init.bytes);
    free(payload.bytes);
    free(head.bytes);
    free(image.bytes);
    free(user.bytes);
    return 0;
}
