// SPDX-License-Identifier: BSD-2-Clause
// Deflate decoder (RFC 1951) with the gzip wrapper (RFC 1952). The output buffer is the window, so
// matches copy from what was written before.
//
// Past the end of the input the bit reader makes up zero bits, so that no caller has to look at
// every read; each block and the trailer check whether made-up bits were used.
#include <inflate/inflate.h>

#define GZIP_FHCRC 0x02u
#define GZIP_FEXTRA 0x04u
#define GZIP_FNAME 0x08u
#define GZIP_FCOMMENT 0x10u
#define GZIP_RESERVED 0xe0u

#define END_OF_BLOCK 256u
#define MAX_LENGTH_CODES 286u
#define MAX_DISTANCE_CODES 30u
#define SYMBOL_MASK 0xfffu
#define NO_SYMBOL 0xffffu

static bool refill_input(struct inflate *s)
{
    size_t got = s->read(s->context, s->input, sizeof(s->input));

    s->input_at = 0;
    s->input_end = got <= sizeof(s->input) ? got : 0;
    return s->input_end != 0;
}

/// At least 32 bits are there afterwards.
static void fill_bits(struct inflate *s)
{
    while (s->bit_count <= 56) {
        uint64_t byte = 0;
        if (s->input_at < s->input_end || refill_input(s)) {
            byte = s->input[s->input_at++];
        } else if (s->bit_count >= 32) {
            return;
        } else {
            s->padding += 8;
        }
        s->bits |= byte << s->bit_count;
        s->bit_count += 8;
    }
}

static void drop_bits(struct inflate *s, uint32_t count)
{
    s->bits >>= count;
    s->bit_count -= count;
}

/// The next `count` (0..16) bits.
static uint32_t take_bits(struct inflate *s, uint32_t count)
{
    if (s->bit_count < count) {
        fill_bits(s);
    }
    uint32_t value = (uint32_t)(s->bits & ((UINT64_C(1) << count) - 1u));
    drop_bits(s, count);
    return value;
}

static bool past_the_end(const struct inflate *s)
{
    return s->padding > s->bit_count;
}

static uint32_t reverse_bits(uint32_t value, uint32_t count)
{
    uint32_t result = 0;

    for (uint32_t i = 0; i < count; i++) {
        result = (result << 1) | ((value >> i) & 1u);
    }
    return result;
}

/// Makes a code from the lengths of its symbols. False: the lengths are no prefix code. An
/// incomplete code is allowed only with at most one symbol (RFC 1951, 3.2.7).
static bool build_code(struct inflate_code *code, const uint8_t *lengths, uint32_t count)
{
    uint16_t offset[INFLATE_MAX_BITS + 2] = { 0 };
    uint32_t next[INFLATE_MAX_BITS + 2] = { 0 };
    int32_t left = 1;
    uint32_t used = 0;

    *code = (struct inflate_code){ .count = { 0 } };
    for (uint32_t i = 0; i < count; i++) {
        code->count[lengths[i]]++;
    }
    code->count[0] = 0;
    for (uint32_t bits = 1; bits <= INFLATE_MAX_BITS; bits++) {
        left = left * 2 - code->count[bits];
        if (left < 0) {
            return false;
        }
        used += code->count[bits];
        offset[bits + 1] = (uint16_t)(offset[bits] + code->count[bits]);
        next[bits + 1] = (next[bits] + code->count[bits]) << 1;
    }
    if (left > 0 && used > 1) {
        return false;
    }

    for (uint32_t symbol = 0; symbol < count; symbol++) {
        uint32_t bits = lengths[symbol];
        if (bits == 0) {
            continue;
        }
        code->symbol[offset[bits]++] = (uint16_t)symbol;
        uint32_t value = next[bits]++;
        if (bits <= INFLATE_FAST_BITS) {
            for (uint32_t i = reverse_bits(value, bits); i < 1u << INFLATE_FAST_BITS;
                 i += 1u << bits) {
                code->fast[i] = (uint16_t)(bits << 12 | symbol);
            }
        }
    }
    return true;
}

/// The next symbol of a code, or NO_SYMBOL.
static uint32_t take_symbol(struct inflate *s, const struct inflate_code *code)
{
    if (s->bit_count < INFLATE_MAX_BITS) {
        fill_bits(s);
    }
    uint32_t entry = code->fast[s->bits & ((1u << INFLATE_FAST_BITS) - 1u)];
    if (entry != 0) {
        drop_bits(s, entry >> 12);
        return entry & SYMBOL_MASK;
    }

    // Canonical codes of one length are consecutive numbers: walk down the lengths.
    uint32_t value = 0;
    uint32_t first = 0;
    uint32_t index = 0;
    for (uint32_t bits = 1; bits <= INFLATE_MAX_BITS; bits++) {
        value |= (uint32_t)(s->bits >> (bits - 1)) & 1u;
        uint32_t count = code->count[bits];
        if (value - first < count) {
            drop_bits(s, bits);
            return code->symbol[index + (value - first)];
        }
        index += count;
        first = (first + count) << 1;
        value <<= 1;
    }
    return NO_SYMBOL;
}

static enum inflate_result copy_match(struct inflate *s, size_t length, size_t distance)
{
    if (distance > s->out_at) {
        return INFLATE_CORRUPT;
    }
    enum inflate_result result = INFLATE_OK;
    if (length > s->out_size - s->out_at) {
        length = s->out_size - s->out_at;
        result = INFLATE_FULL;
    }
    uint8_t *to = s->out + s->out_at;
    const uint8_t *from = to - distance;
    for (size_t i = 0; i < length; i++) {
        to[i] = from[i];
    }
    s->out_at += length;
    return result;
}

/// Symbols up to the end of a compressed block.
static enum inflate_result inflate_symbols(struct inflate *s)
{
    static const uint16_t length_base[29] = { 3,  4,  5,  6,   7,   8,   9,   10,  11, 13,
                                              15, 17, 19, 23,  27,  31,  35,  43,  51, 59,
                                              67, 83, 99, 115, 131, 163, 195, 227, 258 };
    static const uint8_t length_extra[29] = { 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
                                              2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0 };
    static const uint16_t distance_base[30] = { 1,    2,    3,    4,     5,     7,    9,    13,
                                                17,   25,   33,   49,    65,    97,   129,  193,
                                                257,  385,  513,  769,   1025,  1537, 2049, 3073,
                                                4097, 6145, 8193, 12289, 16385, 24577 };
    enum inflate_result result = INFLATE_OK;

    while (result == INFLATE_OK) {
        uint32_t symbol = take_symbol(s, &s->lengths);
        if (symbol < END_OF_BLOCK) {
            if (s->out_at >= s->out_size) {
                return INFLATE_FULL;
            }
            s->out[s->out_at++] = (uint8_t)symbol;
            continue;
        }
        if (symbol == END_OF_BLOCK) {
            return past_the_end(s) ? INFLATE_TRUNCATED : INFLATE_OK;
        }
        if (symbol - 257 >= 29) {
            return past_the_end(s) ? INFLATE_TRUNCATED : INFLATE_CORRUPT;
        }
        size_t length =
            length_base[symbol - 257] + (size_t)take_bits(s, length_extra[symbol - 257]);
        uint32_t code = take_symbol(s, &s->distances);
        if (code >= MAX_DISTANCE_CODES || past_the_end(s)) {
            return past_the_end(s) ? INFLATE_TRUNCATED : INFLATE_CORRUPT;
        }
        uint32_t extra = code < 4 ? 0 : code / 2 - 1;
        result = copy_match(s, length, distance_base[code] + (size_t)take_bits(s, extra));
    }
    return result;
}

static enum inflate_result inflate_stored(struct inflate *s)
{
    drop_bits(s, s->bit_count % 8);
    uint32_t length = take_bits(s, 16);
    uint32_t inverse = take_bits(s, 16);

    if (past_the_end(s)) {
        return INFLATE_TRUNCATED;
    }
    if ((length ^ inverse) != 0xffff) {
        return INFLATE_CORRUPT;
    }
    for (uint32_t i = 0; i < length; i++) {
        if (s->out_at >= s->out_size) {
            return INFLATE_FULL;
        }
        s->out[s->out_at++] = (uint8_t)take_bits(s, 8);
        if (past_the_end(s)) {
            s->out_at--;
            return INFLATE_TRUNCATED;
        }
    }
    return INFLATE_OK;
}

static bool fixed_codes(struct inflate *s)
{
    uint8_t lengths[288];

    for (uint32_t i = 0; i < 288; i++) {
        lengths[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
    }
    bool ok = build_code(&s->lengths, lengths, 288);
    for (uint32_t i = 0; i < 32; i++) {
        lengths[i] = 5;
    }
    return ok && build_code(&s->distances, lengths, 32);
}

/// Lengths of both codes of a dynamic block, run-length coded with a third code. Returns false when
/// corrupt.
static bool read_lengths(struct inflate *s, uint8_t *lengths, uint32_t count)
{
    uint32_t at = 0;

    while (at < count) {
        uint32_t symbol = take_symbol(s, &s->lengths);
        uint32_t repeat = 1;
        uint8_t value = 0;
        if (symbol < 16) {
            value = (uint8_t)symbol;
        } else if (symbol == 16) {
            if (at == 0) {
                return false;
            }
            value = lengths[at - 1];
            repeat = 3 + take_bits(s, 2);
        } else if (symbol == 17) {
            repeat = 3 + take_bits(s, 3);
        } else if (symbol == 18) {
            repeat = 11 + take_bits(s, 7);
        } else {
            return false;
        }
        if (repeat > count - at) {
            return false;
        }
        for (; repeat > 0; repeat--) {
            lengths[at++] = value;
        }
    }
    return true;
}

static bool dynamic_codes(struct inflate *s)
{
    static const uint8_t order[19] = { 16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                       11, 4,  12, 3, 13, 2, 14, 1, 15 };
    uint8_t lengths[MAX_LENGTH_CODES + 32] = { 0 };
    uint32_t length_count = take_bits(s, 5) + 257;
    uint32_t distance_count = take_bits(s, 5) + 1;
    uint32_t order_count = take_bits(s, 4) + 4;

    if (length_count > MAX_LENGTH_CODES || distance_count > MAX_DISTANCE_CODES) {
        return false;
    }
    for (uint32_t i = 0; i < order_count; i++) {
        lengths[order[i]] = (uint8_t)take_bits(s, 3);
    }
    if (!build_code(&s->lengths, lengths, 19)) {
        return false;
    }
    for (uint32_t i = 0; i < 19; i++) {
        lengths[i] = 0;
    }
    if (!read_lengths(s, lengths, length_count + distance_count) || lengths[END_OF_BLOCK] == 0) {
        return false;
    }
    return build_code(&s->lengths, lengths, length_count)
           && build_code(&s->distances, lengths + length_count, distance_count);
}

static enum inflate_result inflate_blocks(struct inflate *s)
{
    enum inflate_result result = INFLATE_OK;
    uint32_t last = 0;

    while (last == 0 && result == INFLATE_OK) {
        last = take_bits(s, 1);
        uint32_t type = take_bits(s, 2);
        if (past_the_end(s)) {
            return INFLATE_TRUNCATED;
        }
        if (type == 0) {
            result = inflate_stored(s);
        } else if (type == 3 || !(type == 1 ? fixed_codes(s) : dynamic_codes(s))) {
            result = past_the_end(s) ? INFLATE_TRUNCATED : INFLATE_CORRUPT;
        } else {
            result = inflate_symbols(s);
        }
    }
    return result;
}

/// CRC-32 of ISO 3309, four bytes at a time: table[k][b] is the checksum of byte b followed by k
/// zeros.
static uint32_t crc32(uint32_t table[4][256], const uint8_t *bytes, size_t size)
{
    uint32_t crc = 0xffffffff;

    for (uint32_t i = 0; i < 256; i++) {
        uint32_t value = i;
        for (uint32_t bit = 0; bit < 8; bit++) {
            value = (value & 1u) != 0 ? (value >> 1) ^ 0xedb88320u : value >> 1;
        }
        table[0][i] = value;
    }
    for (uint32_t k = 1; k < 4; k++) {
        for (uint32_t i = 0; i < 256; i++) {
            table[k][i] = table[0][table[k - 1][i] & 0xffu] ^ (table[k - 1][i] >> 8);
        }
    }
    for (; size >= 4; size -= 4, bytes += 4) {
        crc ^= (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16
               | (uint32_t)bytes[3] << 24;
        crc = table[3][crc & 0xffu] ^ table[2][(crc >> 8) & 0xffu] ^ table[1][(crc >> 16) & 0xffu]
              ^ table[0][crc >> 24];
    }
    for (; size > 0; size--, bytes++) {
        crc = table[0][(crc ^ *bytes) & 0xffu] ^ (crc >> 8);
    }
    return ~crc;
}

static void skip_string(struct inflate *s)
{
    while (take_bits(s, 8) != 0 && !past_the_end(s)) {
    }
}

static enum inflate_result gzip_header(struct inflate *s)
{
    bool magic = take_bits(s, 8) == 0x1f && take_bits(s, 8) == 0x8b && take_bits(s, 8) == 8;
    uint32_t flags = take_bits(s, 8);

    if (!magic || (flags & GZIP_RESERVED) != 0) {
        return past_the_end(s) ? INFLATE_TRUNCATED : INFLATE_CORRUPT;
    }
    for (uint32_t i = 0; i < 6; i++) { // time, extra flags, operating system
        (void)take_bits(s, 8);
    }
    if ((flags & GZIP_FEXTRA) != 0) {
        for (uint32_t length = take_bits(s, 16); length > 0 && !past_the_end(s); length--) {
            (void)take_bits(s, 8);
        }
    }
    if ((flags & GZIP_FNAME) != 0) {
        skip_string(s);
    }
    if ((flags & GZIP_FCOMMENT) != 0) {
        skip_string(s);
    }
    if ((flags & GZIP_FHCRC) != 0) {
        (void)take_bits(s, 16);
    }
    return past_the_end(s) ? INFLATE_TRUNCATED : INFLATE_OK;
}

static enum inflate_result gzip_trailer(struct inflate *s)
{
    drop_bits(s, s->bit_count % 8);
    uint32_t crc = take_bits(s, 16);
    crc |= take_bits(s, 16) << 16;
    uint32_t size = take_bits(s, 16);
    size |= take_bits(s, 16) << 16;

    if (past_the_end(s)) {
        return INFLATE_TRUNCATED;
    }
    return crc == crc32(s->crc_table, s->out, s->out_at) && size == (uint32_t)s->out_at
               ? INFLATE_OK
               : INFLATE_CHECKSUM;
}

enum inflate_result inflate_gzip(struct inflate *state, inflate_read *read, void *context,
                                 void *out, size_t out_size, size_t *written)
{
    state->read = read;
    state->context = context;
    state->input_at = 0;
    state->input_end = 0;
    state->bits = 0;
    state->bit_count = 0;
    state->padding = 0;
    state->out = out;
    state->out_at = 0;
    state->out_size = out_size;

    enum inflate_result result = gzip_header(state);
    if (result == INFLATE_OK) {
        result = inflate_blocks(state);
    }
    if (result == INFLATE_OK) {
        result = gzip_trailer(state);
    }
    *written = state->out_at;
    // Made-up bits can fill the output too.
    return result == INFLATE_FULL && past_the_end(state) ? INFLATE_TRUNCATED : result;
}

bool inflate_is_gzip(const uint8_t *start, size_t size)
{
    return size >= 3 && start[0] == 0x1f && start[1] == 0x8b && start[2] == 8;
}

const char *inflate_text(enum inflate_result result)
{
    switch (result) {
    case INFLATE_OK:
        return "no error";
    case INFLATE_FULL:
        return "it does not fit";
    case INFLATE_TRUNCATED:
        return "the file ends early";
    case INFLATE_CORRUPT:
        return "the data is corrupt";
    default:
        return "the checksum is wrong";
    }
}
