// SPDX-License-Identifier: BSD-2-Clause
// The file server's RPC interface: one thread serves all clients, so the table needs no lock.
#include <camkes.h>

#include "file_server.h"

/// Made by the build: names and contents of the files.
extern const struct file_server_file file_server_files[];

static struct file_server server;

void fs_ctrl__init(void)
{
    file_server_init(&server, file_server_files);
}

int fs_ctrl_open(const char *name, int flags)
{
    return file_server_open(&server, fs_ctrl_get_sender_id(), name, flags);
}

ssize_t fs_ctrl_read(int fd, size_t size)
{
    seL4_Word client = fs_ctrl_get_sender_id();

    return file_server_read(&server, client, fd, fs_ctrl_buf(client), fs_ctrl_buf_size(client),
                            size);
}

int64_t fs_ctrl_seek(int fd, int64_t offset, int whence)
{
    return file_server_seek(&server, fs_ctrl_get_sender_id(), fd, offset, whence);
}

int fs_ctrl_close(int fd)
{
    return file_server_close(&server, fs_ctrl_get_sender_id(), fd);
}
