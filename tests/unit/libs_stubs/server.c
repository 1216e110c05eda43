// SPDX-License-Identifier: BSD-2-Clause
// The author's side of the server: every method, as an application would write it.
#include <camkes.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_kernel.h"
#include "server.h"

uint64_t server_last_sender;
int server_errors[16];
size_t server_error_count;
bool server_default_errors;

static camkes_error_action_t note_error(camkes_error_t *error)
{
    server_errors[server_error_count % 16] = (int)error->type;
    server_error_count++;
    return CEA_DISCARD;
}

static __thread const struct camkes_thread *this_thread;

const struct camkes_thread *camkes_this_thread(void)
{
    return this_thread;
}

void *server_thread(void *interface)
{
    char name[64];

    (void)snprintf(name, sizeof(name), "server_%s_0000", (const char *)interface);
    fake_kernel_enter();
    (void)all_register_error_handler(server_default_errors ? NULL : note_error);
    for (size_t i = 0; i < camkes_instance.thread_count; i++) {
        if (strcmp(camkes_instance.threads[i].name, name) == 0) {
            this_thread = &camkes_instance.threads[i];
            this_thread->run(this_thread);
        }
    }
    return NULL;
}

static char *copy(const char *text)
{
    char *result = malloc(strlen(text) + 1);

    return result != NULL ? memcpy(result, text, strlen(text) + 1) : NULL;
}

void all_nothing(void)
{
    server_last_sender = all_get_sender_id();
}

int all_add(int a, int b)
{
    return a + b;
}

uint64_t all_scalars(char c, uint8_t u8, int64_t i64, bool flag, double number)
{
    return c == 'c' && u8 == 200 && i64 == INT64_MIN && flag && number == 2.5 ? UINT64_MAX : 0;
}

char *all_greet(const char *name)
{
    char text[64];

    (void)snprintf(text, sizeof(text), "Hello, %s", name);
    return copy(text);
}

void all_divide(int dividend, int divisor, int *quotient, int *remainder)
{
    *quotient = dividend / divisor;
    *remainder = dividend % divisor;
}

void all_swap(int *a, int *b)
{
    int old = *a;

    *a = *b;
    *b = old;
}

void all_upper(char **text)
{
    for (char *c = *text; *c != '\0'; c++) {
        *c = (char)toupper((unsigned char)*c);
    }
}

void all_describe(int n, char **text_out)
{
    *text_out = n >= 0 ? copy(n == 0 ? "nothing" : "something") : NULL;
}

int all_sum(size_t values_sz, const int *values)
{
    int sum = 0;

    for (size_t i = 0; i < values_sz; i++) {
        sum += values[i];
    }
    return sum;
}

void all_reverse(size_t *values_sz, int **values)
{
    for (size_t i = 0; i < *values_sz / 2; i++) {
        all_swap(&(*values)[i], &(*values)[*values_sz - 1 - i]);
    }
}

void all_count_to(int n, size_t *values_sz, uint16_t **values)
{
    *values = calloc((size_t)n + 1, sizeof(**values));
    *values_sz = (size_t)n;
    for (int i = 0; i < n; i++) {
        (*values)[i] = (uint16_t)(i + 1);
    }
}

int all_total_length(size_t words_sz, char **words)
{
    int total = 0;

    for (size_t i = 0; i < words_sz; i++) {
        total += (int)strlen(words[i]);
    }
    return total;
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void all_sort(size_t *words_sz, char ***words)
{
    qsort(*words, *words_sz, sizeof(**words), compare);
}

void all_split(const char *sentence, size_t *words_sz, char ***words)
{
    const char *space = strchr(sentence, ' ');

    *words = calloc(2, sizeof(**words));
    *words_sz = space != NULL ? 2 : 1;
    (*words)[0] = strndup(sentence, space != NULL ? (size_t)(space - sentence) : strlen(sentence));
    if (space != NULL) {
        (*words)[1] = copy(space + 1);
    }
}

int all_by_reference(const int *value)
{
    return *value * 2;
}

size_t all_reference_length(char **string)
{
    return strlen(*string);
}

int all_reference_sum(size_t *values_sz, int **values)
{
    return all_sum(*values_sz, *values);
}

point_t all_mirror(point_t p)
{
    return (point_t){ .x = p.y, .y = p.x };
}

struct pair all_exchange(struct pair p)
{
    return (struct pair){ .left = (int)p.right, .right = p.left };
}

char all_first(const char *string, size_t letters_sz, const char *letters)
{
    return letters_sz != 0 ? letters[0] : string[0];
}

bool all_negate(bool value, bool *same)
{
    *same = *same == value;
    return !value;
}

size_t all_count_true(size_t values_sz, const bool *values, size_t *inverted_sz, bool **inverted)
{
    size_t count = 0;

    *inverted = calloc(values_sz + 1, sizeof(**inverted));
    *inverted_sz = values_sz;
    for (size_t i = 0; i < values_sz; i++) {
        count += values[i];
        (*inverted)[i] = !values[i];
    }
    return count;
}

// The other interfaces answer with what tells them apart.

int files_open(const char *name, int flags)
{
    return name[0] + flags;
}

ssize_t files_read(int fd, size_t size)
{
    return fd + (ssize_t)size;
}

int64_t files_seek(int fd, int64_t offset, int whence)
{
    return fd + offset + whence;
}

int files_close(int fd)
{
    return -fd;
}

unsigned int clock_completed(void)
{
    clock_emit(clock_get_sender_id());
    return 5;
}

int clock_periodic(int tid, uint64_t ns)
{
    return tid + (int)ns;
}

int clock_oneshot_absolute(int tid, uint64_t ns)
{
    return tid + (int)ns;
}

int clock_oneshot_relative(int tid, uint64_t ns)
{
    return tid + (int)ns;
}

int clock_stop(int tid)
{
    return tid;
}

uint64_t clock_time(void)
{
    return 0x123456789abcdef0;
}

void screen_putchar(int c)
{
    (void)c;
}

void back_callback(seL4_Word badge)
{
    server_last_sender = badge;
}

// The datagrams are in memory that only a target has: lengths, ports and addresses are what is told.
int datagrams_out_send(seL4_Word client, const volatile void *data, unsigned int length,
                       uint16_t port, ip_addr_t address)
{
    return client == 1 && data == datagrams_out_buf(client) && port == 7
           && address.addr == 0x0100007f ? (int)length : -1;
}

int datagrams_in_poll(seL4_Word client, volatile void *data, size_t size, unsigned int *length,
                      uint16_t *port, ip_addr_t *address)
{
    *length = data == datagrams_in_buf(client) ? (unsigned int)size : 0;
    *port = datagrams_in_client_port(client);
    address->addr = 0x0200007f;
    return 1;
}
