// SPDX-License-Identifier: BSD-2-Clause
// Decompression of gzip files (RFC 1952) and of the deflate format in them (RFC 1951), from a
// stream into one flat buffer. No allocation; any input is safe.
#ifndef INFLATE_INFLATE_H
#define INFLATE_INFLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum inflate_result {
    INFLATE_OK,
    INFLATE_FULL,      ///< the output buffer is full before the end; what is in it is right
    INFLATE_TRUNCATED, ///< the input ended early
    INFLATE_CORRUPT,   ///< not a gzip file, a code that does not exist, a distance before the start
    INFLATE_CHECKSUM,  ///< CRC-32 or length differ from what the file says
};

/// Gives up to `size` more bytes of the input at `to`; returns how many, 0 at the end or on an
/// error.
typedef size_t inflate_read(void *context, uint8_t *to, size_t size);

/// Bytes asked for at a time.
#ifndef INFLATE_INPUT_SIZE
#define INFLATE_INPUT_SIZE 4096u
#endif

#define INFLATE_FAST_BITS 10u
#define INFLATE_MAX_BITS 15u

/// A Huffman code: codes of up to INFLATE_FAST_BITS bits by one look-up, longer ones by counting.
struct inflate_code {
    uint16_t fast[1u << INFLATE_FAST_BITS]; ///< length << 12 | symbol; 0: longer code, or none
    uint16_t count[INFLATE_MAX_BITS + 1];   ///< codes of each length
    uint16_t symbol[288];                   ///< by rising code
};

/// Working memory, about 14 KiB: the caller's, no need to clear it.
struct inflate {
    inflate_read *read;
    void *context; ///< borrowed during the call
    uint8_t input[INFLATE_INPUT_SIZE];
    size_t input_at;
    size_t input_end;
    uint64_t bits;      ///< input bits not consumed yet, lowest first
    uint32_t bit_count;
    uint32_t padding;   ///< zero bits that were made up after the end of the input
    uint8_t *out;
    size_t out_at;
    size_t out_size;
    struct inflate_code lengths;
    struct inflate_code distances;
    uint32_t crc_table[4][256];
};

/// Decompresses one gzip member into `out`; *written gets the number of bytes there, whatever the
/// result.
enum inflate_result inflate_gzip(struct inflate *state, inflate_read *read, void *context,
                                 void *out, size_t out_size, size_t *written);

/// True when a file starts like a gzip file. `size`: bytes at `start`.
bool inflate_is_gzip(const uint8_t *start, size_t size);

/// Text for a result.
const char *inflate_text(enum inflate_result result);

#endif
