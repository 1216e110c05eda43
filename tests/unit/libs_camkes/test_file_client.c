// SPDX-License-Identifier: BSD-2-Clause
// Whole files through the file server's logic, and through servers that answer nonsense.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <camkes.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "file_client.h"
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

static void a_whole_file_comes_in_pieces(void **state)
{
    char data[32] = { 0 };
    size_t size = 0;

    (void)state;
    assert_int_equal(fs_file_size("long", &size), 0);
    assert_int_equal(size, 20);
    assert_int_equal(fs_read_whole("long", data, sizeof(data), &size), 0);
    assert_int_equal(size, 20);
    assert_string_equal(data, "0123456789abcdefghij");
    assert_int_equal(fs_read_whole("empty", data, 0, &size), 0);
    assert_int_equal(size, 0);
}

static void errors_leave_the_size_alone(void **state)
{
    char data[8];
    size_t size = 99;

    (void)state;
    assert_int_equal(fs_read_whole("none", data, sizeof(data), &size), -ENOENT);
    assert_int_equal(fs_file_size("none", &size), -ENOENT);
    assert_int_equal(fs_read_whole("long", data, sizeof(data), &size), -EFBIG);
    assert_int_equal(size, 99);
}

static void answers_of_a_broken_server_are_not_trusted(void **state)
{
    static const int64_t reads[] = { 0, -EBADF, 9, INT64_MAX, -1000 };
    char data[32];
    size_t size = 99;

    (void)state;
    for (size_t i = 0; i < sizeof(reads) / sizeof(reads[0]); i++) {
        read_answer = reads[i];
        assert_true(fs_read_whole("long", data, sizeof(data), &size) < 0);
    }
    read_answer = HONEST;
    seek_answer = INT64_MIN + 1;
    assert_int_equal(fs_file_size("long", &size), -EIO);
    seek_answer = INT64_MAX;
    assert_int_equal(fs_read_whole("long", data, sizeof(data), &size), -EFBIG);
    seek_answer = 30;
    assert_int_equal(fs_read_whole("long", data, sizeof(data), &size), -EIO);
    assert_int_equal(size, 99);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_whole_file_comes_in_pieces, setup, all_closed),
        cmocka_unit_test_setup_teardown(errors_leave_the_size_alone, setup, all_closed),
        cmocka_unit_test_setup_teardown(answers_of_a_broken_server_are_not_trusted, setup,
                                        all_closed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
