// SPDX-License-Identifier: BSD-2-Clause
// Contents of frames that only the boot knows: entropy from the boot loader, chunks of the boot info. Each
// fill gets its own random bytes: the ChaCha20 block function (RFC 8439, 2.3) keyed with the seed, with the
// number of the fill as nonce.
#include "init.h"

#include <fdt/fdt.h>

#define SEED_MAX 256u

struct entropy {
    uint32_t key[8];
    uint32_t seed_bytes; ///< 0: the loader gave none
};

/// A page of this program's own memory, whose frame makes room for the frame that is filled.
static uint8_t window[INIT_PAGE_SIZE] __attribute__((aligned(4096)));

static uint32_t rotate(uint32_t value, unsigned bits)
{
    return (value << bits) | (value >> (32 - bits));
}

static void quarter_round(uint32_t *s, unsigned a, unsigned b, unsigned c, unsigned d)
{
    s[a] += s[b];
    s[d] = rotate(s[d] ^ s[a], 16);
    s[c] += s[d];
    s[b] = rotate(s[b] ^ s[c], 12);
    s[a] += s[b];
    s[d] = rotate(s[d] ^ s[a], 8);
    s[c] += s[d];
    s[b] = rotate(s[b] ^ s[c], 7);
}

static void chacha_block(const uint32_t key[8], uint32_t counter, uint32_t nonce, uint32_t out[16])
{
    uint32_t start[16] = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 };
    for (unsigned i = 0; i < 8; i++) {
        start[4 + i] = key[i];
    }
    start[12] = counter;
    start[13] = nonce;
    for (unsigned i = 0; i < 16; i++) {
        out[i] = start[i];
    }
    for (unsigned round = 0; round < 10; round++) {
        quarter_round(out, 0, 4, 8, 12);
        quarter_round(out, 1, 5, 9, 13);
        quarter_round(out, 2, 6, 10, 14);
        quarter_round(out, 3, 7, 11, 15);
        quarter_round(out, 0, 5, 10, 15);
        quarter_round(out, 1, 6, 11, 12);
        quarter_round(out, 2, 7, 8, 13);
        quarter_round(out, 3, 4, 9, 14);
    }
    for (unsigned i = 0; i < 16; i++) {
        out[i] += start[i];
    }
}

/// A chunk of extra boot info with its header; NULL when the kernel gives none with that id.
static const uint8_t *find_chunk(const struct init *init, uint64_t id, uint64_t *length)
{
    const uint8_t *extra = (const uint8_t *)init->boot_info + INIT_PAGE_SIZE;
    uint64_t size = init->boot_info->extraLen;
    for (uint64_t at = 0; size >= sizeof(seL4_BootInfoHeader) && at <= size - sizeof(seL4_BootInfoHeader);) {
        const seL4_BootInfoHeader *header = (const seL4_BootInfoHeader *)(extra + at);
        if (header->len < sizeof(*header) || header->len > size - at) {
            return NULL;
        }
        if (header->id == id) {
            *length = header->len;
            return extra + at;
        }
        at += header->len;
    }
    return NULL;
}

/// Reads the seed that the boot code left in the device tree. All zeros is a placeholder that nobody filled.
static void collect_entropy(const struct init *init, struct entropy *entropy)
{
    uint64_t length;
    struct fdt fdt;
    struct fdt_value seed;
    const uint8_t *chunk = find_chunk(init, SEL4_BOOTINFO_HEADER_FDT, &length);
    if (chunk == NULL
        || fdt_init(&fdt, chunk + sizeof(seL4_BootInfoHeader), length - sizeof(seL4_BootInfoHeader)) != ERR_OK
        || fdt_get_at(&fdt, "/chosen", "rng-seed", &seed) != ERR_OK) {
        return;
    }
    uint32_t size = seed.size < SEED_MAX ? seed.size : SEED_MAX;
    uint8_t any = 0;
    for (uint32_t at = 0; at < size; at++) {
        any |= seed.data[at];
        entropy->key[at / 4 % 8] ^= (uint32_t)seed.data[at] << (at % 4 * 8);
        if (at % 32 == 31 || at == size - 1) {
            uint32_t block[16];
            chacha_block(entropy->key, at, 0, block);
            for (unsigned i = 0; i < 8; i++) {
                entropy->key[i] = block[i];
            }
        }
    }
    entropy->seed_bytes = any != 0 ? size : 0;
}

static void fill_entropy(uint8_t *target, uint32_t length, const struct entropy *entropy, uint32_t number)
{
    uint32_t block[16];
    for (uint32_t i = 0; i < length; i++) {
        if (i < 8) {
            target[i] = (uint8_t)((uint64_t)entropy->seed_bytes >> (8 * i));
            continue;
        }
        uint32_t at = i - 8;
        if (at % 64 == 0) {
            chacha_block(entropy->key, at / 64, number + 1, block);
        }
        target[i] = (uint8_t)(block[at % 64 / 4] >> (at % 4 * 8));
    }
}

static void fill_boot_info(const struct init *init, uint8_t *target, const struct system_fill *fill)
{
    uint64_t length;
    const uint8_t *chunk = find_chunk(init, fill->argument, &length);
    for (uint32_t i = 0; chunk != NULL && i < fill->length && i < length; i++) {
        target[i] = chunk[i];
    }
}

void fill_frames(struct init *init)
{
    if (init->image->fills.count == 0) {
        return;
    }
    struct entropy entropy = { 0 };
    collect_entropy(init, &entropy);
    uint64_t page = ((uint64_t)(uintptr_t)window - UINT64_C(0x400000)) / INIT_PAGE_SIZE;
    init_check(init, seL4_ARM_Page_Unmap(init->boot_info->userImageFrames.start + page), "Page.Unmap",
               SYSTEM_IMAGE_NONE);
    for (uint32_t i = 0; i < init->image->fills.count; i++) {
        const struct system_fill *fill = &init->fills[i];
        seL4_CPtr cap = object_copy(init, fill->frame, (1u << seL4_CapRightsBits) - 1, 0);
        init_check(init, seL4_ARM_Page_Map(cap, seL4_CapInitThreadVSpace, (seL4_Word)(uintptr_t)window,
                                           seL4_ReadWrite, seL4_ARM_Default_VMAttributes),
                   "Page.Map (fill)", fill->frame);
        volatile uint8_t *target = window;
        uint8_t bytes[INIT_PAGE_SIZE];
        for (uint32_t at = 0; at < fill->length; at++) {
            bytes[at] = target[fill->offset + at];
        }
        if (fill->kind == SYSTEM_FILL_ENTROPY) {
            fill_entropy(bytes, fill->length, &entropy, i);
        } else {
            fill_boot_info(init, bytes, fill);
        }
        for (uint32_t at = 0; at < fill->length; at++) {
            target[fill->offset + at] = bytes[at];
        }
        init_check(init, seL4_ARM_Page_Unmap(cap), "Page.Unmap", fill->frame);
    }
}
