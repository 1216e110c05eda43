// SPDX-License-Identifier: BSD-2-Clause
// What the test sees of the server instance.
#ifndef SERVER_H
#define SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Run the server's interface thread `name` of `camkes_instance` until it is cancelled.
void *server_thread(void *interface);

extern uint64_t server_last_sender;

/// Error types that the server's handler saw, newest last.
extern int server_errors[16];
extern size_t server_error_count;

/// Set before a start: the server leaves its errors to the library.
extern bool server_default_errors;

#endif
