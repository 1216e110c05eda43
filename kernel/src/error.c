// SPDX-License-Identifier: BSD-2-Clause
// Records why an invocation failed; the caller's error reply is made from it (seL4 API, error codes
// and their message registers).
#include <kernel/kernel.h>

enum status error_set(struct core *core, enum seL4_Error code)
{
    core->error = (struct error){ .code = code };
    return STATUS_ERROR;
}

enum status error_invalid_argument(struct core *core, word_t number)
{
    core->error = (struct error){ .code = seL4_InvalidArgument, .argument = number };
    return STATUS_ERROR;
}

enum status error_invalid_capability(struct core *core, word_t number)
{
    core->error = (struct error){ .code = seL4_InvalidCapability, .argument = number };
    return STATUS_ERROR;
}

enum status error_range(struct core *core, word_t minimum, word_t maximum)
{
    core->error = (struct error){ .code = seL4_RangeError, .minimum = minimum, .maximum = maximum };
    return STATUS_ERROR;
}

enum status error_failed_lookup(struct core *core, bool source)
{
    core->error = (struct error){ .code = seL4_FailedLookup, .argument = source };
    return STATUS_ERROR;
}
