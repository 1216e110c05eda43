// SPDX-License-Identifier: BSD-2-Clause
// Scalar types that methods may use, with a word for each: F(type, word). Read by the description
// and by C.
#ifndef CONNECTORS_KINDS_H
#define CONNECTORS_KINDS_H

#define FOR_EACH_SCALAR(F)      \
    F(int, int)                 \
    F(unsigned int, unsigned)   \
    F(char, char)               \
    F(signed char, schar)       \
    F(unsigned char, uchar)     \
    F(bool, truth)              \
    F(int8_t, int8)             \
    F(uint8_t, uint8)           \
    F(int16_t, int16)           \
    F(uint16_t, uint16)         \
    F(int32_t, int32)           \
    F(uint32_t, uint32)         \
    F(int64_t, int64)           \
    F(uint64_t, uint64)         \
    F(size_t, size)             \
    F(ssize_t, ssize)           \
    F(intptr_t, intptr)         \
    F(uintptr_t, uintptr)       \
    F(ptrdiff_t, ptrdiff)       \
    F(float, float)             \
    F(double, double)

#endif
