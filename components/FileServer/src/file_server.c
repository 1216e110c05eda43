// SPDX-License-Identifier: BSD-2-Clause
// Open files and their offsets.
#include "file_server.h"

#include <base/checked.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

void file_server_init(struct file_server *server, const struct file_server_file *files)
{
    *server = (struct file_server){ .files = files };
}

static struct file_server_handle *find_handle(struct file_server *server, uint64_t client, int fd)
{
    // Two checks: gcc's taint analysis does not understand the single comparison made of both.
    if (fd < 0) {
        return NULL;
    }
    if (fd >= FILE_SERVER_OPEN_FILES) {
        return NULL;
    }
    struct file_server_handle *handle = &server->handles[fd];

    return handle->file != NULL && handle->client == client ? handle : NULL;
}

static const struct file_server_file *find_file(const struct file_server *server, const char *name)
{
    for (const struct file_server_file *file = server->files; file->name != NULL; file++) {
        if (strcmp(file->name, name) == 0) {
            return file;
        }
    }
    return NULL;
}

int file_server_open(struct file_server *server, uint64_t client, const char *name, int flags)
{
    const struct file_server_file *file;
    int open_count = 0;
    int free_fd = -1;

    if ((flags & O_ACCMODE) != O_RDONLY || (flags & (O_CREAT | O_TRUNC | O_APPEND)) != 0) {
        return -EROFS;
    }
    file = name != NULL ? find_file(server, name) : NULL;
    if (file == NULL) {
        return -ENOENT;
    }
    for (int fd = FILE_SERVER_OPEN_FILES - 1; fd >= 0; fd--) {
        if (server->handles[fd].file == NULL) {
            free_fd = fd;
        } else if (server->handles[fd].client == client) {
            open_count++;
        }
    }
    if (open_count >= FILE_SERVER_PER_CLIENT) {
        return -EMFILE;
    }
    if (free_fd < 0) {
        return -ENFILE;
    }
    server->handles[free_fd] = (struct file_server_handle){ .file = file, .client = client };
    return free_fd;
}

ssize_t file_server_read(struct file_server *server, uint64_t client, int fd, void *buffer,
                         size_t buffer_size, size_t size)
{
    struct file_server_handle *handle = find_handle(server, client, fd);
    uint64_t left;

    if (handle == NULL) {
        return -EBADF;
    }
    if (buffer == NULL) {
        return -EINVAL;
    }
    left = handle->offset < handle->file->size ? handle->file->size - handle->offset : 0;
    if (size > left) {
        size = (size_t)left;
    }
    if (size > buffer_size) {
        size = buffer_size;
    }
    memcpy(buffer, (const char *)handle->file->start + handle->offset, size);
    handle->offset += size;
    return (ssize_t)size;
}

int64_t file_server_seek(struct file_server *server, uint64_t client, int fd, int64_t offset,
                         int whence)
{
    struct file_server_handle *handle = find_handle(server, client, fd);
    int64_t base;
    int64_t target;

    if (handle == NULL) {
        return -EBADF;
    }
    switch (whence) {
    case SEEK_SET:
        base = 0;
        break;
    case SEEK_CUR:
        base = (int64_t)handle->offset;
        break;
    case SEEK_END:
        base = (int64_t)handle->file->size;
        break;
    default:
        return -EINVAL;
    }
    if (!checked_add_i64(base, offset, &target)) {
        return -EOVERFLOW;
    }
    if (target < 0) {
        return -EINVAL;
    }
    handle->offset = (uint64_t)target;
    return target;
}

int file_server_close(struct file_server *server, uint64_t client, int fd)
{
    struct file_server_handle *handle = find_handle(server, client, fd);

    if (handle == NULL) {
        return -EBADF;
    }
    handle->file = NULL;
    return 0;
}
