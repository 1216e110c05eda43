// SPDX-License-Identifier: BSD-2-Clause
// Puts log lines together on the stack of the caller.
#include <base/fmt.h>
#include <base/log.h>

enum { LOG_LINE_SIZE = 256 };

static const char *log_context;

void log_set_context(const char *name)
{
    log_context = name;
}

void log_message(enum log_level level, const char *module, const char *format, ...)
{
    char line[LOG_LINE_SIZE];
    size_t used = 0;
    va_list args;

    if (log_context != NULL) {
        used = fmt_print(line, sizeof(line) / 2, "%.32s: ", log_context);
    }
    if (module[0] != '\0') {
        used += fmt_print(line + used, sizeof(line) / 2 - used, "%.32s: ", module);
    }
    va_start(args, format);
    (void)fmt_vprint(line + used, sizeof(line) - used, format, args);
    va_end(args);
    log_put_line(level, line);
}
