// SPDX-License-Identifier: BSD-2-Clause
// The VMM's files (vmm/component/files.c) through the file server's logic, and through servers that
// answer nonsense.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <camkes.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <vmm/files.h>

#include "file_server.h"

enum { DATAPORT = 8, CLIENT = 1 };

#define HONEST INT64_MIN

static const struct file_server_file files[] = {
    { "long", "0123456789abcdefghij", 20 },
    { "empty", "", 0 },
    { NULL, NULL, 0 },
};
static struct file_server server;
static char dataport[DATAPORT];
volatile void *fs_buf = dataport;

// What a broken server answers instead; HONEST: the truth.
static int64_t read_answer;
static int64_t seek_answer;
static int open_files;

int fs_open(const char *name, int flags)
{
    int fd = file_server_open(&server, CLIENT, name, flags);

    open_files += fd >= 0;
    return fd;
}

ssize_t fs_read(int fd, size_t size)
{
    ssize_t got = file_server_read(&server, CLIENT, fd, dataport, DATAPORT, size);

    return read_answer == HONEST ? got : (ssize_t)read_answer;
}

int64_t fs_seek(int fd, int64_t offset, int whence)
{
    int64_t at = file_server_seek(&server, CLIENT, fd, offset, whence);

    return seek_answer == HONEST || whence != SEEK_END ? at : seek_answer;
}

int fs_close(int fd)
{
    open_files--;
    return file_server_close(&server, CLIENT, fd);
}

size_t fs_get_size(void)
{
    return DATAPORT;
}

static int setup(void **state)
{
    (void)state;
    file_server_init(&server, files);
    read_answer = HONEST;
    seek_answer = HONEST;
    open_files = 0;
    return 0;
}

static int all_closed(void **state)
{
    (void)state;
    return open_files;
}

static void a_file_comes_in_pieces_and_from_any_offset(void **state)
{
    char data[32] = { 0 };
    uint64_t size = 0;
    int handle = -1;

    (void)state;
    assert_true(files_open("long", &handle, &size));
    assert_int_equal(size, 20);
    assert_true(files_read(handle, 0, data, 20));
    assert_string_equal(data, "0123456789abcdefghij");
    assert_true(files_read(handle, 7, data, 10));
    assert_memory_equal(data, "789abcdefg", 10);
    assert_true(files_read(handle, 17, data, 3)); // goes on where the last one ended
    assert_memory_equal(data, "hij", 3);
    files_close(handle);
    assert_true(files_open("empty", &handle, &size));
    assert_int_equal(size, 0);
    assert_true(files_read(handle, 0, data, 0));
    files_close(handle);
}

static void what_is_not_there_is_an_error(void **state)
{
    char data[32];
    uint64_t size = 99;
    int handle = -1;

    (void)state;
    assert_false(files_open("none", &handle, &size));
    assert_int_equal(size, 99);
    assert_true(files_open("long", &handle, &size));
    assert_false(files_read(handle, 0, data, 21));
    assert_false(files_read(handle, 25, data, 1));
    assert_false(files_read(handle, UINT64_MAX, data, 2));
    assert_false(files_read(handle, INT64_MAX, data, 2));
    assert_true(files_read(handle, 1, data, 4)); // an error does not spoil what comes after
    assert_memory_equal(data, "1234", 4);
    files_close(handle);
}

static void answers_of_a_broken_server_are_not_trusted(void **state)
{
    static const int64_t reads[] = { 0, -EBADF, 9, INT64_MAX, -1000 };
    char data[32];
    uint64_t size = 99;
    int handle = -1;

    (void)state;
    assert_true(files_open("long", &handle, &size));
    for (size_t i = 0; i < sizeof(reads) / sizeof(reads[0]); i++) {
        read_answer = reads[i];
        assert_false(files_read(handle, 0, data, 20));
    }
    files_close(handle);
    read_answer = HONEST;
    size = 99;
    seek_answer = INT64_MIN + 1;
    assert_false(files_open("long", &handle, &size));
    assert_int_equal(size, 99);
    seek_answer = 30; // longer than it is: reading finds out
    assert_true(files_open("long", &handle, &size));
    assert_false(files_read(handle, 0, data, 30));
    files_close(handle);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_file_comes_in_pieces_and_from_any_offset, setup, all_closed),
        cmocka_unit_test_setup_teardown(what_is_not_there_is_an_error, setup, all_closed),
        cmocka_unit_test_setup_teardown(answers_of_a_broken_server_are_not_trusted, setup,
                                        all_closed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
