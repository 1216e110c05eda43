// SPDX-License-Identifier: BSD-2-Clause
// The file server's logic without RPC: a table of open files, checked against every argument that a
// client can choose. Clients are told apart by their badge; none can use, see or exhaust another's
// open files.
#ifndef FILE_SERVER_H
#define FILE_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <base/compiler.h>

/// One file. The table ends with an entry whose name is NULL.
struct file_server_file {
    const char *name;
    const void *start;
    size_t size;
};

enum {
    FILE_SERVER_OPEN_FILES = 128, ///< of all clients
    FILE_SERVER_PER_CLIENT = 16,
};

struct file_server_handle {
    const struct file_server_file *file; ///< NULL: free
    uint64_t client;
    uint64_t offset;
};

struct file_server {
    const struct file_server_file *files; ///< borrowed for ever
    struct file_server_handle handles[FILE_SERVER_OPEN_FILES];
};

void file_server_init(struct file_server *server, const struct file_server_file *files);

// All return a negated errno number for an error.

/// Open `name` (may be NULL) for reading: a file descriptor from 0 up. -EROFS for any other mode
/// than reading,
/// -ENOENT, -EMFILE (this client has too many), -ENFILE (all clients together have).
GUEST_INPUT int file_server_open(struct file_server *server, uint64_t client, const char *name,
                                 int flags);

/// Read up to `size` bytes at the file's offset into `buffer` of `buffer_size` bytes (NULL:
/// -EINVAL), and move the offset: bytes read, 0 at the end. -EBADF.
GUEST_INPUT ssize_t file_server_read(struct file_server *server, uint64_t client, int fd,
                                     void *buffer, size_t buffer_size, size_t size);

/// Move the offset (`whence` is SEEK_SET, SEEK_CUR or SEEK_END): the new offset. -EINVAL below 0 or
/// for another `whence`, -EOVERFLOW, -EBADF. An offset behind the end is fine.
GUEST_INPUT int64_t file_server_seek(struct file_server *server, uint64_t client, int fd,
                                     int64_t offset, int whence);

/// 0, or -EBADF.
GUEST_INPUT int file_server_close(struct file_server *server, uint64_t client, int fd);

#endif
