// SPDX-License-Identifier: BSD-2-Clause
// imgpack: joins boot code, kernel, device tree, initialiser and payload to one image.
#include "imgpack.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "usage: imgpack --boot ELF --kernel ELF --init ELF [options] -o IMAGE\n"
    "       imgpack --list IMAGE\n"
    "\n"
    "Joins the boot code, a kernel and the first user program to an AArch64 Linux Image that QEMU "
    "(-kernel)\n"
    "and U-Boot (booti) start. Kernel: any ELF that follows seL4's AArch64 boot protocol.\n"
    "\n"
    "  --boot ELF        boot code of the board; it knows the board's memory\n"
    "  --kernel ELF      its segments go to their physical addresses\n"
    "  --dtb FILE        device tree for the kernel; the boot code fills in /chosen's seeds\n"
    "  --init ELF        root task\n"
    "  --payload FILE    follows the root task's memory image at the next page (adlc link)\n"
    "  --load ADDRESS    where the image should be loaded (default: behind kernel and device tree, "
    "so\n"
    "                    that the user image is used where it lies)\n"
    "  -o, --output FILE\n"
    "  -v, --verbose     print the table of the image\n"
    "  --list IMAGE      check an image and print its table\n";

static int list(const char *path)
{
    struct blob image;
    struct boot_table table;
    struct boot_plan plan;
    bool ok = blob_read(&image, path) && image_check(&image, &table, &plan);

    if (ok) {
        image_print(&image, &table, &plan, stdout);
    }
    blob_release(&image);
    return ok ? 0 : 1;
}

static bool parse_address(const char *text, uint64_t *address)
{
    char *end;

    errno = 0;
    *address = strtoull(text, &end, 0);
    if (errno != 0 || end == text || *end != '\0') {
        return imgpack_error("--load", "'%s' is no address", text);
    }
    return true;
}

struct options {
    const char *files[5]; ///< boot, kernel, dtb, init, payload
    const char *output;
    const char *list;
    uint64_t load;
    bool verbose;
};

/// Returns -1 to go on, else the exit code.
static int parse_options(int argc, char **argv, struct options *options)
{
    static const struct option names[] = {
        { "boot", required_argument, NULL, 0 },
        { "kernel", required_argument, NULL, 1 },
        { "dtb", required_argument, NULL, 2 },
        { "init", required_argument, NULL, 3 },
        { "payload", required_argument, NULL, 4 },
        { "load", required_argument, NULL, 'a' },
        { "output", required_argument, NULL, 'o' },
        { "list", required_argument, NULL, 'l' },
        { "verbose", no_argument, NULL, 'v' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    int option;

    while ((option = getopt_long(argc, argv, "o:vh", names, NULL)) != -1) {
        switch (option) {
        case 'o':
            options->output = optarg;
            break;
        case 'l':
            options->list = optarg;
            break;
        case 'v':
            options->verbose = true;
            break;
        case 'a':
            if (!parse_address(optarg, &options->load)) {
                return 2;
            }
            break;
        case 'h':
            fputs(help, stdout);
            return 0;
        case '?':
            fputs("Try imgpack --help.\n", stderr);
            return 2;
        default:
            options->files[option] = optarg;
            break;
        }
    }
    if (optind != argc) {
        (void)imgpack_error(argv[optind], "unexpected word; try imgpack --help");
        return 2;
    }
    if (options->list == NULL
        && (options->files[0] == NULL || options->files[1] == NULL || options->files[3] == NULL
            || options->output == NULL)) {
        fputs(help, stderr);
        return 2;
    }
    return -1;
}

int main(int argc, char **argv)
{
    struct options options = { .output = NULL };
    int code = parse_options(argc, argv, &options);

    if (code >= 0) {
        return code;
    }
    if (options.list != NULL) {
        return list(options.list);
    }
    struct parts parts = { .load = options.load };
    struct blob *blobs[5] = { &parts.boot, &parts.kernel, &parts.dtb, &parts.init, &parts.payload };
    struct blob image = { .name = options.output };
    bool ok = true;
    for (int i = 0; i < 5 && ok; i++) {
        ok = options.files[i] == NULL || blob_read(blobs[i], options.files[i]);
    }
    ok = ok && image_make(&parts, &image);
    image.name = options.output;
    ok = ok && blob_write(&image, options.output);
    struct boot_table table;
    struct boot_plan plan;
    if (ok && options.verbose && image_check(&image, &table, &plan)) {
        image_print(&image, &table, &plan, stdout);
    }
    for (int i = 0; i < 5; i++) {
        blob_release(blobs[i]);
    }
    blob_release(&image);
    return ok ? 0 : 1;
}
