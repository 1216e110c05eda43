// SPDX-License-Identifier: BSD-2-Clause
// Files in memory.
#include "imgpack.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

bool imgpack_error(const char *file, const char *format, ...)
{
    va_list args;

    fprintf(stderr, "imgpack: error: %s: ", file);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    return false;
}

bool blob_resize(struct blob *blob, size_t size)
{
    uint8_t *data = realloc(blob->data, size != 0 ? size : 1);

    if (data == NULL) {
        return imgpack_error(blob->name, "%zu bytes: out of memory", size);
    }
    if (size > blob->size) {
        memset(data + blob->size, 0, size - blob->size);
    }
    blob->data = data;
    blob->size = size;
    return true;
}

bool blob_read(struct blob *blob, const char *path)
{
    FILE *file = fopen(path, "rb");
    long size = -1;

    *blob = (struct blob){ .name = path };
    if (file == NULL) {
        return imgpack_error(path, "can't be opened: %s", strerror(errno));
    }
    if (fseek(file, 0, SEEK_END) == 0) {
        size = ftell(file);
    }
    if (size < 0 || fseek(file, 0, SEEK_SET) != 0) {
        (void)fclose(file);
        return imgpack_error(path, "is no regular file: %s", strerror(errno));
    }
    bool ok = blob_resize(blob, (size_t)size);
    if (ok && fread(blob->data, 1, blob->size, file) != blob->size) {
        ok = imgpack_error(path, "can't be read: %s", strerror(errno));
    }
    (void)fclose(file);
    return ok;
}

bool blob_write(const struct blob *blob, const char *path)
{
    FILE *file = fopen(path, "wb");

    if (file == NULL) {
        return imgpack_error(path, "can't be created: %s", strerror(errno));
    }
    bool ok = fwrite(blob->data, 1, blob->size, file) == blob->size;
    if (fclose(file) != 0 || !ok) {
        (void)remove(path);
        return imgpack_error(path, "can't be written: %s", strerror(errno));
    }
    return true;
}

void blob_release(struct blob *blob)
{
    free(blob->data);
    blob->data = NULL;
    blob->size = 0;
}
