// SPDX-License-Identifier: BSD-2-Clause
// The VMM's files: kernel, device tree and initial RAM disk, read from the file server. The
// component implements these functions over RPC, unit tests over memory.
#ifndef VMM_FILES_H
#define VMM_FILES_H

#include <stdbool.h>
#include <stdint.h>

/// Opens a file and says how large it is. False: there is no such file.
bool files_open(const char *name, int *handle, uint64_t *size);

/// Copies [offset, offset + size) of the file; false when any of it is past the end or can't be
/// read.
bool files_read(int handle, uint64_t offset, void *to, uint64_t size);

void files_close(int handle);

#endif
