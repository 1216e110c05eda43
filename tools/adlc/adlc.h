// SPDX-License-Identifier: BSD-2-Clause
// The sub-commands of adlc and the options they share.

#ifndef ADLC_ADLC_H
#define ADLC_ADLC_H

#include <stdbool.h>
#include <stddef.h>

#include "diag.h"
#include "flat.h"

/// Options of `adlc gen` after the front end took its own (-I -D --dtb).
struct gen_options {
    const char *output_dir;        ///< -o DIR; exists when adlc_gen() is called. NULL: nothing is written
    const char *platform;          ///< --platform NAME; NULL when not given
    const char *arch;              ///< --arch aarch64|arm|x86_64|ia32; default aarch64
    const char *depfile;           ///< --depfile FILE, written by main; NULL when not given
    const char *cores;             ///< --set cores=N; NULL when not given
};

/// Lower the assembly and write all outputs below options->output_dir. Returns 0, or 1 after
/// reporting through assembly->diag.
int adlc_gen(struct flat_assembly *assembly, const struct gen_options *options);

/// `adlc link ...`: argv[0] is "link". Returns the exit status; prints its own errors.
int adlc_link(int argc, char **argv);

#endif
