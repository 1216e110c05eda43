// SPDX-License-Identifier: BSD-2-Clause
// The VMM's files over RPC: interface `fs` of the VM component, whose results arrive in shared
// memory. The file server is trusted with contents, not with memory.
#include <camkes.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <base/checked.h>
#include <vmm/files.h>

/// Where the server's offset of the open file is. One file is open at a time.
static uint64_t server_offset;

bool files_open(const char *name, int *handle, uint64_t *size)
{
    int fd = fs_open(name, O_RDONLY);

    if (fd < 0) {
        return false;
    }
    int64_t length = fs_seek(fd, 0, SEEK_END);
    if (length < 0) {
        (void)fs_close(fd);
        return false;
    }
    *handle = fd;
    *size = (uint64_t)length;
    server_offset = (uint64_t)length;
    return true;
}

bool files_read(int handle, uint64_t offset, void *to, uint64_t size)
{
    uint64_t end;

    if (!checked_add_u64(offset, size, &end) || end > INT64_MAX) {
        return false;
    }
    if (offset != server_offset) {
        if (fs_seek(handle, (int64_t)offset, SEEK_SET) != (int64_t)offset) {
            return false;
        }
        server_offset = offset;
    }
    for (uint64_t done = 0; done < size;) {
        size_t want = size - done < fs_get_size() ? (size_t)(size - done) : fs_get_size();
        ssize_t got = fs_read(handle, want);
        if (got <= 0 || (size_t)got > want) {
            server_offset = UINT64_MAX;
            return false;
        }
        memcpy((uint8_t *)to + done, (const void *)(uintptr_t)fs_buf, (size_t)got);
        done += (uint64_t)got;
        server_offset += (uint64_t)got;
    }
    return true;
}

void files_close(int handle)
{
    (void)fs_close(handle);
}
