// SPDX-License-Identifier: BSD-2-Clause
// Begin and end of one run of adlc in a fuzzer.
#include "adl_session.h"

bool adl_session_open(struct adl_session *session)
{
    session->sink = fopen("/dev/null", "w");
    if (session->sink == NULL) {
        return false;
    }
    arena_init(&session->arena);
    source_map_init(&session->map, &session->arena);
    diag_init(&session->diag, &session->arena, &session->map);
    return true;
}

void adl_session_close(struct adl_session *session, bool json, bool colour)
{
    diag_flush(&session->diag, session->sink, json, colour);
    (void)fclose(session->sink);
    arena_release(&session->arena);
}
