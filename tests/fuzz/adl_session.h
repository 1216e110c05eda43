// SPDX-License-Identifier: BSD-2-Clause
// What adlc needs to compile one text, for its fuzzers.
#ifndef FUZZ_ADL_SESSION_H
#define FUZZ_ADL_SESSION_H

#include <stdbool.h>
#include <stdio.h>

#include "diag.h"
#include "flat.h"
#include "source.h"

struct adl_session {
    struct arena arena;
    struct adlc_source_map map;
    struct adlc_diag diag;
    FILE *sink; ///< takes what is written
};

bool adl_session_open(struct adl_session *session);

/// Writes the messages and frees everything.
void adl_session_close(struct adl_session *session, bool json, bool colour);

#endif
