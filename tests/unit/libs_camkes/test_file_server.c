// SPDX-License-Identifier: BSD-2-Clause
// The file server's logic with good and hostile clients.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "file_server.h"

static const struct file_server_file files[] = {
    { "hello", "Hello, world", 12 },
    { "empty", "", 0 },
    { NULL, NULL, 0 },
};

static struct file_server server;
static char buffer[64];

static int setup(void **state)
{
    (void)state;
    file_server_init(&server, files);
    memset(buffer, 'x', sizeof(buffer));
    return 0;
}

static void a_file_is_read_in_pieces(void **state)
{
    int fd = file_server_open(&server, 1, "hello", O_RDONLY);

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(file_server_read(&server, 1, fd, buffer, sizeof(buffer), 5), 5);
    assert_memory_equal(buffer, "Hellox", 6);
    assert_int_equal(file_server_read(&server, 1, fd, buffer, 3, 100), 3);
    assert_memory_equal(buffer, ", wl", 3);
    assert_int_equal(file_server_read(&server, 1, fd, buffer, sizeof(buffer), SIZE_MAX), 4);
    assert_int_equal(file_server_read(&server, 1, fd, buffer, sizeof(buffer), SIZE_MAX), 0);
    assert_int_equal(file_server_close(&server, 1, fd), 0);
    assert_int_equal(file_server_close(&server, 1, fd), -EBADF);
}

static void open_refuses_writing_and_unknown_names(void **state)
{
    (void)state;
    assert_int_equal(file_server_open(&server, 1, "none", O_RDONLY), -ENOENT);
    assert_int_equal(file_server_open(&server, 1, "", O_RDONLY), -ENOENT);
    assert_int_equal(file_server_open(&server, 1, NULL, O_RDONLY), -ENOENT);
    assert_int_equal(file_server_open(&server, 1, "hello", O_WRONLY), -EROFS);
    assert_int_equal(file_server_open(&server, 1, "hello", O_RDWR), -EROFS);
    assert_int_equal(file_server_open(&server, 1, "hello", O_RDONLY | O_TRUNC), -EROFS);
    assert_true(file_server_open(&server, 1, "empty", O_RDONLY) >= 0);
}

static void seeking_stays_in_range(void **state)
{
    int fd = file_server_open(&server, 1, "hello", O_RDONLY);

    (void)state;
    assert_int_equal(file_server_seek(&server, 1, fd, 0, SEEK_END), 12);
    assert_int_equal(file_server_seek(&server, 1, fd, -2, SEEK_CUR), 10);
    assert_int_equal(file_server_seek(&server, 1, fd, -1, SEEK_SET), -EINVAL);
    assert_int_equal(file_server_seek(&server, 1, fd, 0, 77), -EINVAL);
    assert_int_equal(file_server_seek(&server, 1, fd, INT64_MAX, SEEK_CUR), -EOVERFLOW);
    assert_int_equal(file_server_seek(&server, 1, fd, INT64_MIN, SEEK_CUR), -EINVAL);
    assert_int_equal(file_server_seek(&server, 1, fd, 0, SEEK_CUR), 10);
    assert_true(file_server_seek(&server, 1, fd, INT64_MAX, SEEK_SET) == INT64_MAX);
    assert_int_equal(file_server_read(&server, 1, fd, buffer, sizeof(buffer), 10), 0);
    assert_int_equal(file_server_seek(&server, 1, fd, 1, SEEK_CUR), -EOVERFLOW);
}

static void clients_see_their_own_files_only(void **state)
{
    int fd = file_server_open(&server, 1, "hello", O_RDONLY);

    (void)state;
    assert_int_equal(file_server_read(&server, 2, fd, buffer, sizeof(buffer), 5), -EBADF);
    assert_int_equal(file_server_seek(&server, 2, fd, 0, SEEK_SET), -EBADF);
    assert_int_equal(file_server_close(&server, 2, fd), -EBADF);
    assert_int_equal(file_server_read(&server, 1, fd, buffer, sizeof(buffer), 5), 5);
}

static void bad_descriptors_are_refused(void **state)
{
    static const int fds[] = { -1, INT_MIN, INT_MAX, 0, FILE_SERVER_OPEN_FILES };

    (void)state;
    for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
        assert_int_equal(file_server_read(&server, 1, fds[i], buffer, sizeof(buffer), 1), -EBADF);
        assert_int_equal(file_server_seek(&server, 1, fds[i], 0, SEEK_SET), -EBADF);
        assert_int_equal(file_server_close(&server, 1, fds[i]), -EBADF);
    }
}

static void one_client_can_not_take_all_descriptors(void **state)
{
    uint64_t client;

    (void)state;
    for (int i = 0; i < FILE_SERVER_PER_CLIENT; i++) {
        assert_true(file_server_open(&server, 1, "hello", O_RDONLY) >= 0);
    }
    assert_int_equal(file_server_open(&server, 1, "hello", O_RDONLY), -EMFILE);
    assert_int_equal(file_server_close(&server, 1, 0), 0);
    assert_true(file_server_open(&server, 1, "hello", O_RDONLY) >= 0);
    for (client = 2; client < 9; client++) {
        for (int i = 0; i < FILE_SERVER_PER_CLIENT; i++) {
            assert_true(file_server_open(&server, client, "hello", O_RDONLY) >= 0);
        }
    }
    assert_int_equal(file_server_open(&server, client, "hello", O_RDONLY), -ENFILE);
}

static void a_client_without_a_dataport_gets_an_error(void **state)
{
    int fd = file_server_open(&server, 1, "hello", O_RDONLY);

    (void)state;
    assert_int_equal(file_server_read(&server, 1, fd, NULL, 0, 5), -EINVAL);
    assert_int_equal(file_server_read(&server, 1, fd, buffer, 0, 5), 0);
    assert_int_equal(file_server_read(&server, 1, fd, buffer, sizeof(buffer), 5), 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_file_is_read_in_pieces, setup),
        cmocka_unit_test_setup(open_refuses_writing_and_unknown_names, setup),
        cmocka_unit_test_setup(seeking_stays_in_range, setup),
        cmocka_unit_test_setup(clients_see_their_own_files_only, setup),
        cmocka_unit_test_setup(bad_descriptors_are_refused, setup),
        cmocka_unit_test_setup(one_client_can_not_take_all_descriptors, setup),
        cmocka_unit_test_setup(a_client_without_a_dataport_gets_an_error, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
