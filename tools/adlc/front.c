// SPDX-License-Identifier: BSD-2-Clause
// The order of the front end's passes. A pass runs only when those before it found no error,
// because it relies on what they checked.

#include "front.h"

#include <string.h>

#include "vm_settings.h"

static bool good(const struct front *front)
{
    return diag_error_count(front->diag) == 0;
}

void front_run_passes(struct front *front)
{
    static void (*const passes[])(struct front *front) = {
        resolve_spec,     flatten_spec, settings_evaluate, connect_assembly,
        flat_finish,      check_assembly, check_resources,   check_vm_settings, check_c_names,
    };

    front->assembly = ARENA_NEW(front->arena, struct flat_assembly);
    front->assembly->arena = front->arena;
    front->assembly->diag = front->diag;
    front->assembly->priv = front;
    if (!query_load_dtb(front)) {
        return;
    }
    for (size_t i = 0; good(front) && i < sizeof(passes) / sizeof(passes[0]); i++) {
        passes[i](front);
    }
}

static struct front *new_front(struct arena *arena, struct adlc_source_map *map,
                               struct adlc_diag *diag, const struct flat_options *options)
{
    struct front *front = ARENA_NEW(arena, struct front);

    front->arena = arena;
    front->map = map;
    front->diag = diag;
    front->options = options;
    front->spec = ARENA_NEW(arena, struct ast_spec);
    names_init(&front->names, arena, diag);
    return front;
}

struct flat_assembly *flat_build(struct arena *arena, struct adlc_source_map *map,
                                 struct adlc_diag *diag, const struct flat_options *options)
{
    struct front *front = new_front(arena, map, diag, options);

    import_spec(front);
    if (good(front)) {
        front_run_passes(front);
    }
    return good(front) ? front->assembly : NULL;
}

struct flat_assembly *flat_build_text(struct arena *arena, struct adlc_source_map *map,
                                      struct adlc_diag *diag, const struct flat_options *options,
                                      const char *text, size_t size)
{
    struct front *front = new_front(arena, map, diag, options);

    import_text(front, source_add_text(map, "<text>", text, size));
    if (good(front)) {
        front_run_passes(front);
    }
    return good(front) ? front->assembly : NULL;
}
