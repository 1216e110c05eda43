// SPDX-License-Identifier: BSD-2-Clause
// Whole files from a file server. The server is trusted with contents, not with memory: what it
// answers is checked before it is used.
#include "file_client.h"

#include <camkes.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/// A length from the server: sizes above SIZE_MAX and errors are errors.
static int checked_length(int64_t length, size_t *size)
{
    if (length < 0) {
        return length >= -INT32_MAX ? (int)length : -EIO;
    }
    if ((uint64_t)length > SIZE_MAX) {
        return -EFBIG;
    }
    *size = (size_t)length;
    return 0;
}

static int read_all(int fd, char *to, size_t size)
{
    size_t done = 0;

    while (done < size) {
        size_t want = size - done < fs_get_size() ? size - done : fs_get_size();
        ssize_t got = fs_read(fd, want);

        if (got < 0) {
            return (int)got;
        }
        if (got == 0 || (size_t)got > want) {
            return -EIO;
        }
        memcpy(to + done, (const void *)(uintptr_t)fs_buf, (size_t)got);
        done += (size_t)got;
    }
    return 0;
}

int fs_file_size(const char *name, size_t *size)
{
    int fd = fs_open(name, O_RDONLY);
    int status;

    if (fd < 0) {
        return fd;
    }
    status = checked_length(fs_seek(fd, 0, SEEK_END), size);
    (void)fs_close(fd);
    return status;
}

int fs_read_whole(const char *name, void *to, size_t max, size_t *size)
{
    int fd = fs_open(name, O_RDONLY);
    size_t length = 0;
    int status;

    if (fd < 0) {
        return fd;
    }
    status = checked_length(fs_seek(fd, 0, SEEK_END), &length);
    if (status == 0 && length > max) {
        status = -EFBIG;
    }
    if (status == 0 && fs_seek(fd, 0, SEEK_SET) != 0) {
        status = -EIO;
    }
    if (status == 0) {
        status = read_all(fd, to, length);
    }
    (void)fs_close(fd);
    if (status == 0) {
        *size = length;
    }
    return status;
}
