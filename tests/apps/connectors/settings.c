// SPDX-License-Identifier: BSD-2-Clause
// Attributes of every type, from defaults, settings and references.
#include <string.h>

#include "check.h"

int run(void)
{
    CHECK("number", number == 7 && number_DEF == 7 && number_default == -4);
    CHECK("unsigned", unsigned_number == 0xffffffffu);
    CHECK("wide", wide == -9000000000ll && huge == UINT64_MAX);
    CHECK("letter", letter == 'A' && flag && ratio == 0.25);
    CHECK("text", strcmp(text, "two\\nlines? \"quoted\"") == 0 && strcmp(text_DEF, text) == 0);
    CHECK("list", sizeof(list) == 3 * sizeof(int) && list[0] == 1 && list[2] == 3);
    CHECK("words", sizeof(words) == 3 * sizeof(char *) && strcmp(words[0], "a") == 0
                       && words[1][0] == '\0' && strcmp(words[2], "c") == 0);
    CHECK("struct", place.x == 1 && place.y == 5);
    CHECK("structs", sizeof(places) == 2 * sizeof(struct corner) && places[0].y == 2
                         && places[1].x == 3 && places[1].y == 5);
    CHECK("anonymous_struct", strcmp(page.name, "title") == 0 && page.sizes[0] == 10
                                  && page.sizes[1] == 20);
    CHECK("unset", &unset == NULL);
    CHECK("references", strcmp(of_parent, "a couple") == 0 && of_dict == 3 && of_list == 20);
    CHECK("computed", computed == 16 + 16 - 3);
    CHECK("constant", CAMKES_CONST_ATTR(number) == 7);
    report_finish();
    return 0;
}
