// SPDX-License-Identifier: BSD-2-Clause
// Random bytes for a guest's seeds: blocks of ChaCha20 (RFC 8439) with the boot loader's entropy as
// key and the count of starts and the purpose as nonce, so that no two seeds are related.
#include <base/endian.h>

#include "images.h"

#define KEY_SIZE 32u
#define BLOCK_SIZE 64u
#define COUNT_SIZE 8u ///< the frame starts with the number of bytes that were filled in

static uint32_t rotate(uint32_t value, uint32_t bits)
{
    return (value << bits) | (value >> (32u - bits));
}

static void quarter_round(uint32_t *s, uint32_t a, uint32_t b, uint32_t c, uint32_t d)
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

static void chacha_block(const uint32_t input[16], uint8_t output[BLOCK_SIZE])
{
    uint32_t s[16];

    for (uint32_t i = 0; i < 16; i++) {
        s[i] = input[i];
    }
    for (uint32_t round = 0; round < 10; round++) {
        quarter_round(s, 0, 4, 8, 12);
        quarter_round(s, 1, 5, 9, 13);
        quarter_round(s, 2, 6, 10, 14);
        quarter_round(s, 3, 7, 11, 15);
        quarter_round(s, 0, 5, 10, 15);
        quarter_round(s, 1, 6, 11, 12);
        quarter_round(s, 2, 7, 8, 13);
        quarter_round(s, 3, 4, 9, 14);
    }
    for (uint32_t i = 0; i < 16; i++) {
        store_le32(output + 4 * i, s[i] + input[i]);
    }
}

bool entropy_fill(const struct vm *vm, uint32_t purpose, uint8_t *to, uint32_t size)
{
    const struct vm_config *config = vm->config;
    uint8_t key[KEY_SIZE] = { 0 };
    uint8_t block[BLOCK_SIZE];

    if (config->entropy == NULL || config->entropy_size <= COUNT_SIZE) {
        return false;
    }
    uint64_t count = load_le64(config->entropy);
    if (count > config->entropy_size - COUNT_SIZE) {
        count = config->entropy_size - COUNT_SIZE;
    }
    if (count == 0) {
        return false;
    }
    for (uint64_t i = 0; i < count; i++) {
        key[i % KEY_SIZE] ^= config->entropy[COUNT_SIZE + i];
    }

    uint32_t input[16] = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 };
    for (uint32_t i = 0; i < KEY_SIZE / 4; i++) {
        input[4 + i] = load_le32(key + 4 * i);
    }
    input[13] = vm->boot_count;
    input[14] = purpose;
    for (uint32_t done = 0; done < size; done += BLOCK_SIZE) {
        input[12] = done / BLOCK_SIZE;
        chacha_block(input, block);
        for (uint32_t i = 0; i < BLOCK_SIZE && done + i < size; i++) {
            to[done + i] = block[i];
        }
    }
    return true;
}
