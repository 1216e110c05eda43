// SPDX-License-Identifier: BSD-2-Clause
// Reads a known file again and again and checks every byte. One line per round: how many were wrong, and
// how long the worst took.
#include <camkes.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

enum { FILE_SIZE = 16 * 1024 };

static uint64_t counter(void)
{
    uint64_t value;
    __asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(value) : : "memory");
    return value;
}

/// Number of answers that are not what a client alone would get.
static unsigned check_contents(int fd)
{
    unsigned wrong = 0;
    size_t at = 0;

    while (at < FILE_SIZE) {
        ssize_t got = fs_read(fd, fs_get_size());
        if (got <= 0 || (size_t)got > FILE_SIZE - at) {
            return wrong + 1;
        }
        const volatile char *bytes = fs_buf;
        for (ssize_t i = 0; i < got; i++, at++) {
            wrong += bytes[i] != "0123456789abcdef"[at % 16];
        }
    }
    wrong += fs_read(fd, 1) != 0;
    wrong += fs_seek(fd, 0, SEEK_CUR) != FILE_SIZE;
    return wrong;
}

static unsigned check_round(void)
{
    unsigned wrong = 0;
    int fd = fs_open("pattern", O_RDONLY);

    if (fd < 0) {
        return 1;
    }
    wrong += check_contents(fd);
    wrong += fs_open("nothing", O_RDONLY) != -ENOENT;
    wrong += fs_close(fd) != 0;
    wrong += fs_close(fd) != -EBADF;
    return wrong;
}

int run(void)
{
    uint64_t frequency;
    __asm__ volatile("mrs %0, cntfrq_el0" : "=r"(frequency));
    uint64_t worst = 0;
    unsigned wrong = 0;

    for (unsigned round = 0;; round++) {
        uint64_t start = counter();
        wrong += check_round();
        uint64_t took = counter() - start;
        worst = took > worst ? took : worst;
        printf("client round %u wrong %u worst %" PRIu64 " us\n", round, wrong,
               worst * 1000000 / frequency);
        // The signals that the attacker sends cost nothing but this.
        (void)noise_poll();
        seL4_Yield();
    }
}
