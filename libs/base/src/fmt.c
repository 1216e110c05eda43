// SPDX-License-Identifier: BSD-2-Clause
// Formatted text: parses one conversion at a time, prints integers through a small digit buffer.
#include <base/fmt.h>

#include <stdbool.h>
#include <stdint.h>

struct fmt_spec {
    bool left;
    bool zero;
    bool plus;
    bool space;
    bool alternate;
    bool has_precision;
    int width;
    int precision;
    enum {
        FMT_CHAR,
        FMT_SHORT,
        FMT_INT,
        FMT_LONG,
        FMT_LONG_LONG,
        FMT_SIZE,
        FMT_PTRDIFF,
        FMT_MAX
    } length;
    char conversion;
};

struct fmt_out {
    fmt_put_fn put;
    void *context;
    size_t count;
};

static void out_char(struct fmt_out *out, char c)
{
    out->put(out->context, c);
    out->count++;
}

static void out_pad(struct fmt_out *out, char c, int count)
{
    for (int i = 0; i < count; i++) {
        out_char(out, c);
    }
}

static void out_bytes(struct fmt_out *out, const char *text, int length)
{
    for (int i = 0; i < length; i++) {
        out_char(out, text[i]);
    }
}

/// Decimal number in the format string; stops growing at 10000, far above any useful width.
static const char *parse_number(const char *format, int *number)
{
    *number = 0;
    for (; *format >= '0' && *format <= '9'; format++) {
        if (*number < 10000) {
            *number = *number * 10 + (*format - '0');
        }
    }
    return format;
}

static const char *parse_flags(const char *format, struct fmt_spec *spec)
{
    for (;; format++) {
        switch (*format) {
        case '-':
            spec->left = true;
            break;
        case '0':
            spec->zero = true;
            break;
        case '+':
            spec->plus = true;
            break;
        case ' ':
            spec->space = true;
            break;
        case '#':
            spec->alternate = true;
            break;
        default:
            return format;
        }
    }
}

static const char *parse_length(const char *format, struct fmt_spec *spec)
{
    spec->length = FMT_INT;
    switch (*format) {
    case 'h':
        format++;
        spec->length = FMT_SHORT;
        if (*format == 'h') {
            format++;
            spec->length = FMT_CHAR;
        }
        break;
    case 'l':
        format++;
        spec->length = FMT_LONG;
        if (*format == 'l') {
            format++;
            spec->length = FMT_LONG_LONG;
        }
        break;
    case 'z':
        format++;
        spec->length = FMT_SIZE;
        break;
    case 't':
        format++;
        spec->length = FMT_PTRDIFF;
        break;
    case 'j':
        format++;
        spec->length = FMT_MAX;
        break;
    default:
        break;
    }
    return format;
}

static void print_number(struct fmt_out *out, const struct fmt_spec *spec, uint64_t magnitude,
                         unsigned base, const char *prefix)
{
    const char *digits = spec->conversion == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
    char buffer[24];
    int count = 0;
    int prefix_length = 0;
    int zeros;
    int pad;

    while (prefix[prefix_length] != '\0') {
        prefix_length++;
    }
    for (; magnitude != 0; magnitude /= base) {
        count++;
        buffer[sizeof(buffer) - (size_t)count] = digits[magnitude % base];
    }
    // Explicit precision 0 prints nothing for 0.
    if (count == 0 && !(spec->has_precision && spec->precision == 0)) {
        count = 1;
        buffer[sizeof(buffer) - 1] = '0';
    }
    zeros = spec->has_precision && spec->precision > count ? spec->precision - count : 0;
    pad = spec->width - prefix_length - zeros - count;
    if (pad > 0 && spec->zero && !spec->left && !spec->has_precision) {
        zeros += pad;
        pad = 0;
    }
    if (!spec->left) {
        out_pad(out, ' ', pad);
    }
    out_bytes(out, prefix, prefix_length);
    out_pad(out, '0', zeros);
    out_bytes(out, buffer + sizeof(buffer) - (size_t)count, count);
    if (spec->left) {
        out_pad(out, ' ', pad);
    }
}

static void print_text(struct fmt_out *out, const struct fmt_spec *spec, const char *text,
                       int length)
{
    if (!spec->left) {
        out_pad(out, ' ', spec->width - length);
    }
    out_bytes(out, text, length);
    if (spec->left) {
        out_pad(out, ' ', spec->width - length);
    }
}

/// Length of `text`, at most `limit` when that is not negative.
static int text_length(const char *text, int limit)
{
    int length = 0;

    while ((limit < 0 || length < limit) && length < 0x7fffffff && text[length] != '\0') {
        length++;
    }
    return length;
}

/// The arguments, in a structure because va_list may be an array type.
struct fmt_args {
    va_list list;
};

static int64_t next_signed(struct fmt_args *args, const struct fmt_spec *spec)
{
    switch (spec->length) {
    case FMT_CHAR:
        return (signed char)va_arg(args->list, int);
    case FMT_SHORT:
        return (short)va_arg(args->list, int);
    case FMT_LONG:
        return va_arg(args->list, long);
    case FMT_LONG_LONG:
        return va_arg(args->list, long long);
    case FMT_SIZE:
    case FMT_PTRDIFF:
        return va_arg(args->list, ptrdiff_t);
    case FMT_MAX:
        return va_arg(args->list, intmax_t);
    case FMT_INT:
    default:
        return va_arg(args->list, int);
    }
}

static uint64_t next_unsigned(struct fmt_args *args, const struct fmt_spec *spec)
{
    switch (spec->length) {
    case FMT_CHAR:
        return (unsigned char)va_arg(args->list, unsigned);
    case FMT_SHORT:
        return (unsigned short)va_arg(args->list, unsigned);
    case FMT_LONG:
        return va_arg(args->list, unsigned long);
    case FMT_LONG_LONG:
        return va_arg(args->list, unsigned long long);
    case FMT_SIZE:
    case FMT_PTRDIFF:
        return va_arg(args->list, size_t);
    case FMT_MAX:
        return va_arg(args->list, uintmax_t);
    case FMT_INT:
    default:
        return va_arg(args->list, unsigned);
    }
}

static void print_signed(struct fmt_out *out, const struct fmt_spec *spec, int64_t value)
{
    const char *sign = "";

    if (value < 0) {
        sign = "-";
    } else if (spec->plus) {
        sign = "+";
    } else if (spec->space) {
        sign = " ";
    }
    print_number(out, spec, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, 10, sign);
}

static void print_string(struct fmt_out *out, const struct fmt_spec *spec, const char *text)
{
    if (text == NULL) {
        text = "(null)";
    }
    print_text(out, spec, text, text_length(text, spec->has_precision ? spec->precision : -1));
}

/// Print one conversion. False when there is none of this letter.
static bool print_conversion(struct fmt_out *out, struct fmt_spec *spec, struct fmt_args *args)
{
    uint64_t value;
    char c;

    switch (spec->conversion) {
    case 'd':
    case 'i':
        print_signed(out, spec, next_signed(args, spec));
        return true;
    case 'u':
        print_number(out, spec, next_unsigned(args, spec), 10, "");
        return true;
    case 'o':
        print_number(out, spec, next_unsigned(args, spec), 8, spec->alternate ? "0" : "");
        return true;
    case 'x':
    case 'X':
        value = next_unsigned(args, spec);
        print_number(out, spec, value, 16,
                     !spec->alternate || value == 0 ? "" : spec->conversion == 'x' ? "0x" : "0X");
        return true;
    case 'p':
        print_number(out, spec, (uintptr_t)va_arg(args->list, void *), 16, "0x");
        return true;
    case 'c':
        c = (char)va_arg(args->list, int);
        print_text(out, spec, &c, 1);
        return true;
    case 's':
        print_string(out, spec, va_arg(args->list, const char *));
        return true;
    case '%':
        out_char(out, '%');
        return true;
    default:
        return false;
    }
}

static const char *parse_spec(const char *format, struct fmt_spec *spec, struct fmt_args *args)
{
    *spec = (struct fmt_spec){ .precision = -1 };
    format = parse_flags(format, spec);
    if (*format == '*') {
        int width = va_arg(args->list, int);

        format++;
        spec->left = spec->left || width < 0;
        // The most negative width has no positive counterpart.
        spec->width = width >= 0 ? width : width == -0x7fffffff - 1 ? 0 : -width;
    } else {
        format = parse_number(format, &spec->width);
    }
    if (*format == '.') {
        format++;
        spec->has_precision = true;
        if (*format == '*') {
            format++;
            spec->precision = va_arg(args->list, int);
        } else {
            format = parse_number(format, &spec->precision);
        }
        spec->has_precision = spec->precision >= 0;
    }
    format = parse_length(format, spec);
    spec->conversion = *format;
    return format;
}

size_t fmt_vwrite(fmt_put_fn put, void *context, const char *format, va_list args)
{
    struct fmt_out out = { .put = put, .context = context };
    struct fmt_args copy;

    va_copy(copy.list, args);
    for (; *format != '\0'; format++) {
        const char *start = format;
        struct fmt_spec spec;

        if (*format != '%') {
            out_char(&out, *format);
            continue;
        }
        format = parse_spec(format + 1, &spec, &copy);
        if (*format == '\0') {
            break;
        }
        if (!print_conversion(&out, &spec, &copy)) {
            out_bytes(&out, start, (int)(format - start) + 1);
        }
    }
    va_end(copy.list);
    return out.count;
}

size_t fmt_write(fmt_put_fn put, void *context, const char *format, ...)
{
    va_list args;
    size_t count;

    va_start(args, format);
    count = fmt_vwrite(put, context, format, args);
    va_end(args);
    return count;
}

struct fmt_buffer {
    char *next;
    size_t left; ///< without the NUL
};

static void buffer_put(void *context, char c)
{
    struct fmt_buffer *buffer = context;

    if (buffer->left > 0) {
        *buffer->next++ = c;
        buffer->left--;
    }
}

size_t fmt_vprint(char *buffer, size_t size, const char *format, va_list args)
{
    struct fmt_buffer state = { .next = buffer, .left = size == 0 ? 0 : size - 1 };
    size_t count = fmt_vwrite(buffer_put, &state, format, args);

    if (size != 0) {
        *state.next = '\0';
    }
    return count;
}

size_t fmt_print(char *buffer, size_t size, const char *format, ...)
{
    va_list args;
    size_t count;

    va_start(args, format);
    count = fmt_vprint(buffer, size, format, args);
    va_end(args);
    return count;
}
