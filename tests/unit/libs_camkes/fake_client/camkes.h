// SPDX-License-Identifier: BSD-2-Clause
// What adlc would generate for a client of the file server; the test plays the server.
#ifndef CAMKES_H
#define CAMKES_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

int fs_open(const char *name, int flags);
ssize_t fs_read(int fd, size_t size);
int64_t fs_seek(int fd, int64_t offset, int whence);
int fs_close(int fd);
extern volatile void *fs_buf;
size_t fs_get_size(void);

#endif
