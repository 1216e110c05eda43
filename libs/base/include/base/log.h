// SPDX-License-Identifier: BSD-2-Clause
// Log lines: one per event, "<context>: <module>: <text>". Define LOG_MODULE before including this.
// Levels above LOG_LEVEL compile to nothing. Each program gives log_put_line().
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>

#include <base/compiler.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

#ifndef LOG_LEVEL
#define LOG_LEVEL LOG_INFO
#endif

#ifndef LOG_MODULE
#define LOG_MODULE ""
#endif

/// Where lines go, given by the program. `line` has no newline and is valid during the call only.
void log_put_line(enum log_level level, const char *line);

/// Name in front of all lines of this program, e.g. the instance's. Kept, not copied; NULL: none.
void log_set_context(const char *name);

/// Format one line (cut at 240 characters) and pass it on.
void log_message(enum log_level level, const char *module, const char *format, ...)
    PRINTF_LIKE(3, 4);

#define log_at(level, ...)                                \
    do {                                                  \
        if ((level) <= LOG_LEVEL) {                       \
            log_message((level), LOG_MODULE, __VA_ARGS__); \
        }                                                 \
    } while (0)

#define log_error(...) log_at(LOG_ERROR, __VA_ARGS__)
#define log_warn(...) log_at(LOG_WARN, __VA_ARGS__)
#define log_info(...) log_at(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_at(LOG_DEBUG, __VA_ARGS__)

/// Log at most once per place in the source: for what a guest can provoke without end.
#define log_once(level, ...)          \
    do {                              \
        static bool log_once_done;    \
        if (!log_once_done) {         \
            log_once_done = true;     \
            log_at(level, __VA_ARGS__); \
        }                             \
    } while (0)

#endif
