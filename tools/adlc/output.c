// SPDX-License-Identifier: BSD-2-Clause
// Writing files only when they change.

#include "output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool same_contents(const char *path, const unsigned char *data, size_t size)
{
    FILE *file = fopen(path, "rb");
    bool same = file != NULL;

    for (size_t i = 0; same && i < size; i++) {
        same = getc(file) == data[i];
    }
    if (file != NULL) {
        same = same && getc(file) == EOF;
        (void)fclose(file);
    }
    return same;
}

bool output_write(struct adlc_diag *diag, const char *path, const void *data, size_t size)
{
    FILE *file;
    bool good;

    if (path == NULL || same_contents(path, data, size)) {
        return true;
    }
    file = fopen(path, "wb");
    good = file != NULL && fwrite(data, 1, size, file) == size;
    good = file != NULL && fclose(file) == 0 && good;
    if (!good) {
        diag_error(diag, ADLC_NO_LOC, "output-file", "%s: %s", path, strerror(errno));
    }
    return good;
}

void output_open(struct output_text *text)
{
    text->file = open_memstream(&text->text, &text->size);
    if (text->file == NULL) {
        perror("adlc");
        exit(1);
    }
}

bool output_close(struct output_text *text, struct adlc_diag *diag, const char *path)
{
    bool good;

    if (fclose(text->file) != 0) {
        perror("adlc");
        exit(1);
    }
    good = output_write(diag, path, text->text, text->size);
    free(text->text);
    return good;
}
