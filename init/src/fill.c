// SPDX-License-Identifier: BSD-2-Clause
// Contents that are known only at boot: random bytes and chunks of the kernel's boot info.
#include <init/init.h>

#include <base/bits.h>
#include <base/checked.h>
#include <base/endian.h>
#include <fdt/fdt.h>

// --- ChaCha20 (RFC 8439, 2.3) -------------------------------------------------------------------

static uint32_t rotate(uint32_t value, unsigned count)
{
    return (value << count) | (value >> (32 - count));
}

static void quarter_round(uint32_t *a, uint32_t *b, uint32_t *c, uint32_t *d)
{
    *a += *b;
    *d = rotate(*d ^ *a, 16);
    *c += *d;
    *b = rotate(*b ^ *c, 12);
    *a += *b;
    *d = rotate(*d ^ *a, 8);
    *c += *d;
    *b = rotate(*b ^ *c, 7);
}

/// One block: key, 32-bit counter, nonce 0 and the stream number.
static void chacha20_block(const uint8_t key[32], uint32_t counter, uint64_t stream,
                           uint8_t out[64])
{
    uint32_t start[16] = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 };
    uint32_t x[16];

    for (unsigned i = 0; i < 8; i++) {
        start[4 + i] = load_le32(key + 4 * i);
    }
    start[12] = counter;
    start[14] = (uint32_t)stream;
    start[15] = (uint32_t)(stream >> 32);
    for (unsigned i = 0; i < 16; i++) {
        x[i] = start[i];
    }
    for (unsigned round = 0; round < 10; round++) {
        for (unsigned i = 0; i < 4; i++) {
            quarter_round(&x[i], &x[4 + i], &x[8 + i], &x[12 + i]);
        }
        for (unsigned i = 0; i < 4; i++) {
            quarter_round(&x[i], &x[4 + (i + 1) % 4], &x[8 + (i + 2) % 4], &x[12 + (i + 3) % 4]);
        }
    }
    for (unsigned i = 0; i < 16; i++) {
        store_le32(out + 4 * i, x[i] + start[i]);
    }
}

void entropy_bytes(const struct entropy *entropy, uint64_t stream, uint8_t *to, size_t size)
{
    uint8_t block[64];

    for (size_t at = 0; at < size; at++) {
        if (at % sizeof(block) == 0) {
            chacha20_block(entropy->key, (uint32_t)(at / sizeof(block)), stream, block);
        }
        to[at] = block[at % sizeof(block)];
    }
}

// --- Seeds --------------------------------------------------------------------------------------

const seL4_BootInfoHeader *boot_info_chunk(const seL4_BootInfo *boot_info, seL4_Word id)
{
    const uint8_t *extra = (const uint8_t *)boot_info + INIT_PAGE;
    seL4_Word at = 0;

    while (range_fits(at, sizeof(seL4_BootInfoHeader), boot_info->extraLen)) {
        const seL4_BootInfoHeader *header = (const void *)(extra + at);
        if (header->len < sizeof(*header) || !range_fits(at, header->len, boot_info->extraLen)
            || header->len % 8 != 0) {
            // A chunk of odd length can only be the last one.
            return header->id == id && header->len >= sizeof(*header)
                        && range_fits(at, header->len, boot_info->extraLen)
                     ? header
                     : NULL;
        }
        if (header->id == id) {
            return header;
        }
        at += header->len;
    }
    return NULL;
}

/// Mixes a seed of any length into the key: each piece goes through one block of ChaCha20. A seed
/// that is all zero is the packed tree's placeholder and counts as none.
static void add_seed(struct entropy *entropy, const struct fdt_value *seed)
{
    uint8_t any = 0;
    uint8_t block[64];

    for (uint32_t i = 0; i < seed->size; i++) {
        any |= seed->data[i];
    }
    for (uint32_t at = 0; at < seed->size && any != 0; at += sizeof(entropy->key)) {
        for (uint32_t i = 0; i < sizeof(entropy->key) && at + i < seed->size; i++) {
            entropy->key[i] ^= seed->data[at + i];
        }
        chacha20_block(entropy->key, 0, UINT64_MAX, block);
        __builtin_memcpy(entropy->key, block, sizeof(entropy->key));
    }
    entropy->seed_size += any != 0 ? seed->size : 0;
}

void entropy_init(struct entropy *entropy, const seL4_BootInfo *boot_info)
{
    const seL4_BootInfoHeader *chunk = boot_info_chunk(boot_info, SEL4_BOOTINFO_HEADER_FDT);
    static const char *const names[] = { "rng-seed", "kaslr-seed" };
    struct fdt fdt;
    struct fdt_value value;

    *entropy = (struct entropy){ .seed_size = 0 };
    if (chunk == NULL || fdt_init(&fdt, chunk + 1, chunk->len - sizeof(*chunk)) != ERR_OK) {
        return;
    }
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        if (fdt_get_at(&fdt, "/chosen", names[i], &value) == ERR_OK) {
            add_seed(entropy, &value);
        }
    }
}

// --- Writing ------------------------------------------------------------------------------------

static void write_contents(const struct init *init, uint32_t index, uint8_t *to)
{
    const struct system_fill *fill = &init->system.fills[index];
    const seL4_BootInfoHeader *chunk;
    uint8_t count[8];

    if (fill->kind == SYSTEM_FILL_ENTROPY) {
        store_le64(count, init->entropy.seed_size);
        for (uint32_t i = 0; i < fill->length && i < sizeof(count); i++) {
            to[i] = count[i];
        }
        if (fill->length > sizeof(count) && init->entropy.seed_size != 0) {
            entropy_bytes(&init->entropy, index, to + sizeof(count), fill->length - sizeof(count));
        }
        return;
    }
    chunk = boot_info_chunk(init->boot_info, fill->argument);
    if (chunk != NULL) {
        __builtin_memcpy(to, chunk, min_u64(chunk->len, fill->length));
    }
}

/// Address in the own VSpace where a frame of this size can be mapped. 4 KiB: a page of the own
/// image. Larger ones: places that the image (from 4 MiB on) leaves empty below page tables that
/// exist for it.
static uint8_t *place_for(const struct init *init, unsigned size_bits)
{
    if (size_bits == seL4_PageBits) {
        return init->scratch;
    }
    return (uint8_t *)(size_bits == seL4_LargePageBits ? MIB(2) : GIB(1));
}

/// Takes the scratch page out of the own address space, once.
static bool free_scratch(struct init *init)
{
    uint64_t page = (uint64_t)(init->scratch - init->image_base) / INIT_PAGE;

    if (init->is_scratch_free) {
        return true;
    }
    init->is_scratch_free = true;
    return init_check(init, seL4_ARM_Page_Unmap(init->boot_info->userImageFrames.start + page),
                      "Page_Unmap", SYSTEM_IMAGE_NONE);
}

static bool write_mapped(struct init *init, uint32_t index)
{
    const struct system_fill *fill = &init->system.fills[index];
    seL4_CPtr root = seL4_CapInitThreadCNode;
    seL4_CPtr cap = init->temporary;
    uint8_t *at = place_for(init, init->system.objects[fill->frame].size_bits);

    if (!free_scratch(init)
        || !init_check(init,
                       seL4_CNode_Copy(root, cap, seL4_WordBits, root,
                                       object_slot(init, fill->frame), seL4_WordBits,
                                       seL4_AllRights),
                       "CNode_Copy", fill->frame)
        || !init_check(init,
                       seL4_ARM_Page_Map(cap, seL4_CapInitThreadVSpace, (uintptr_t)at,
                                         seL4_ReadWrite, seL4_ARM_Default_VMAttributes),
                       "Page_Map (to fill it)", fill->frame)) {
        return false;
    }
    write_contents(init, index, at + fill->offset);
    // The owner may have it mapped without caches.
    uint64_t end = (uint64_t)fill->offset + fill->length;
    return (fill->length == 0
            || init_check(init, seL4_ARM_Page_Clean_Data(cap, fill->offset, end), "Page_Clean_Data",
                          fill->frame))
        && init_check(init, seL4_CNode_Delete(root, cap, seL4_WordBits), "CNode_Delete",
                      fill->frame);
}

bool fills_write(struct init *init)
{
    const struct system *system = &init->system;

    for (uint32_t i = 0; i < system->header->fills.count; i++) {
        const struct system_object *frame = &system->objects[system->fills[i].frame];
        if ((frame->flags & SYSTEM_OBJECT_DONATED) != 0) {
            write_contents(init, i,
                           system->pages + frame->address * INIT_PAGE + system->fills[i].offset);
        } else if (!write_mapped(init, i)) {
            return init_error("(fill %u)", (unsigned)i);
        }
    }
    return true;
}
