// SPDX-License-Identifier: BSD-2-Clause
// Whole files from a file server, for a component that uses FileServerInterface under the name `fs`
// over seL4RPCDataport. Add components/FileServer/src/file_client.c to its sources.
#ifndef FILE_CLIENT_H
#define FILE_CLIENT_H

#include <stddef.h>

/// Size of a file in bytes. 0; a negated errno number, from the file server or -EIO, when it can't
/// be had.
int fs_file_size(const char *name, size_t *size);

/// Copy the file `name` to `to`, which has room for `max` bytes, and set `size` to its length. 0;
/// -EFBIG when the file is longer (nothing is copied then), else as fs_file_size().
int fs_read_whole(const char *name, void *to, size_t max, size_t *size);

#endif
