// SPDX-License-Identifier: BSD-2-Clause
// Texts of the error codes.
#include <base/err.h>

const char *err_text(err_t err)
{
#define ERR_TEXT(name, text) text,
    static const char *const texts[] = { ERR_LIST(ERR_TEXT) };
#undef ERR_TEXT

    return (unsigned)err < ERR_COUNT ? texts[err] : "unknown error";
}
