// SPDX-License-Identifier: BSD-2-Clause
// Rules about who must not reach what: docs/system-model.md has the syntax.

#include <ctype.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <string.h>

#include "audit.h"

#define MAX_WORDS 64u
#define MAX_EXCEPT 32u

enum target_kind { TARGET_PARTY, TARGET_DEVICE, TARGET_IRQ, TARGET_SMC, TARGET_PORTS,
                   TARGET_UNTYPED, TARGET_UNEXPLAINED };

struct rule {
    const char *subject; ///< pattern
    enum target_kind kind;
    const char *target;  ///< TARGET_PARTY: pattern
    uint64_t first;      ///< device, irq, smc, ports: inclusive range
    uint64_t last;
    uint32_t rights;     ///< only facts with one of these; 0: all
    bool transitive;
    const char *except[MAX_EXCEPT];
    size_t except_count;
};

struct checker {
    const struct audit *audit;
    struct arena *arena;
    const char *file;
    unsigned line;
    const char *text; ///< the rule as written
    FILE *errors;
    size_t count;     ///< errors so far
};

static void malformed(struct checker *c, const char *what, const char *word)
{
    fprintf(c->errors, "%s:%u: error: %s%s%s%s [audit-syntax]\n", c->file, c->line, what,
            word != NULL ? " '" : "", word != NULL ? word : "", word != NULL ? "'" : "");
    c->count++;
}

// ---------------------------------------------------------------------------------------------
// Names

/// The name of an instance stands for its guest too, and that of a member for its group.
static bool names_party(const struct audit *audit, const char *pattern, uint32_t party)
{
    const struct model *model = audit->model;
    const struct model_space *space = model->instances[party / 2].space;

    for (size_t i = 0; i < model->instance_count; i++) {
        if (model->instances[i].space == space
            && fnmatch(pattern, model->instances[i].name, 0) == 0) {
            return true;
        }
    }
    return fnmatch(pattern, audit_party_name(audit, party), 0) == 0;
}

/// A name that matches nobody is a slip, and a rule with it would never be broken.
static bool check_name(struct checker *c, const char *pattern)
{
    const struct model *model = c->audit->model;

    for (uint32_t party = 0; party < c->audit->party_count; party++) {
        if (audit_party_exists(c->audit, party) && names_party(c->audit, pattern, party)) {
            return true;
        }
    }
    if (strchr(pattern, '*') != NULL) {
        return true;
    }
    size_t count = model->instance_count + model->spaces.count;
    const char **names = ARENA_NEW_ARRAY(c->arena, const char *, count);
    for (size_t i = 0; i < count; i++) {
        names[i] = i < model->instance_count ? model->instances[i].name
                                             : model->spaces.items[i - model->instance_count]->name;
    }
    const char *nearest = diag_nearest(pattern, names, count);
    fprintf(c->errors, "%s:%u: error: there is no instance '%s' [audit-unknown-instance]\n",
            c->file, c->line, pattern);
    if (nearest != NULL) {
        fprintf(c->errors, "%s:%u: note: did you mean '%s'?\n", c->file, c->line, nearest);
    }
    c->count++;
    return false;
}

// ---------------------------------------------------------------------------------------------
// Parsing

/// Cut a line at spaces and commas. Returns the number of words, or MAX_WORDS when there are more.
static size_t split(char *line, char **words)
{
    size_t count = 0;

    for (char *at = line; *at != '\0';) {
        while (*at == ',' || isspace((unsigned char)*at)) {
            at++;
        }
        if (*at == '\0' || *at == '#') {
            break;
        }
        if (count == MAX_WORDS) {
            return MAX_WORDS;
        }
        words[count++] = at;
        while (*at != '\0' && *at != ',' && !isspace((unsigned char)*at)) {
            at++;
        }
        if (*at != '\0') {
            *at++ = '\0';
        }
    }
    return count;
}

/// "*", "N", "FIRST..END" (end exclusive) or "FIRST+SIZE".
static bool parse_range(struct checker *c, const char *word, uint64_t *first, uint64_t *last)
{
    const char *dots = strstr(word, "..");
    const char *plus = strchr(word, '+');
    const char *cut = dots != NULL ? dots : plus;
    uint64_t second = 0;

    *first = 0;
    *last = UINT64_MAX;
    if (strcmp(word, "*") == 0) {
        return true;
    }
    const char *start =
        cut != NULL ? arena_strndup(c->arena, word, (size_t)(cut - word)) : word;
    bool ok = flat_parse_number(start, first);
    *last = *first;
    if (ok && cut != NULL) {
        ok = flat_parse_number(cut + (dots != NULL ? 2 : 1), &second);
        ok = ok && (dots != NULL ? second > *first
                                 : second != 0 && second - 1 <= UINT64_MAX - *first);
        *last = dots != NULL ? second - 1 : *first + second - 1;
    }
    if (!ok) {
        malformed(c, "this is no number or range:", word);
    }
    return ok;
}

static bool parse_target(struct checker *c, struct rule *rule, char **words, size_t count,
                         size_t *at)
{
    static const struct {
        const char *name;
        enum target_kind kind;
        bool has_range;
    } kinds[] = {
        { "device", TARGET_DEVICE, true },    { "irq", TARGET_IRQ, true },
        { "smc", TARGET_SMC, true },          { "ports", TARGET_PORTS, true },
        { "untyped", TARGET_UNTYPED, false }, { "unexplained", TARGET_UNEXPLAINED, false },
    };
    const char *word = words[(*at)++];

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(word, kinds[i].name) != 0) {
            continue;
        }
        rule->kind = kinds[i].kind;
        if (!kinds[i].has_range) {
            return true;
        }
        if (*at == count) {
            malformed(c, "a number or * is missing after", word);
            return false;
        }
        return parse_range(c, words[(*at)++], &rule->first, &rule->last);
    }
    rule->kind = TARGET_PARTY;
    rule->target = word;
    return check_name(c, word);
}

static bool parse_right(struct checker *c, struct rule *rule, const char *word)
{
    for (uint32_t bit = AUDIT_READ; bit <= AUDIT_FAULT; bit <<= 1) {
        if (strcmp(word, audit_rights_text(c->audit, bit)) == 0) {
            rule->rights |= bit;
            return true;
        }
    }
    malformed(c, "there is no right", word);
    return false;
}

/// "by" rights, then "except" names.
static bool parse_tail(struct checker *c, struct rule *rule, char **words, size_t count, size_t at)
{
    bool in_by = false;
    bool in_except = false;

    for (; at < count; at++) {
        if (strcmp(words[at], "except") == 0) {
            in_except = true;
        } else if (strcmp(words[at], "by") == 0 && !in_except) {
            in_by = true;
        } else if (in_except) {
            if (rule->except_count == MAX_EXCEPT) {
                malformed(c, "too many exceptions", NULL);
                return false;
            }
            if (!check_name(c, words[at])) {
                return false;
            }
            rule->except[rule->except_count++] = words[at];
        } else if (!in_by || !parse_right(c, rule, words[at])) {
            if (!in_by) {
                malformed(c, "expected 'by' or 'except', not", words[at]);
            }
            return false;
        }
    }
    if ((in_by && rule->rights == 0) || (in_except && rule->except_count == 0)) {
        malformed(c, "something is missing at the end of the rule", NULL);
        return false;
    }
    return true;
}

static bool parse_rule(struct checker *c, struct rule *rule, char **words, size_t count)
{
    size_t at = 3;

    if (strcmp(words[0], "deny") != 0) {
        malformed(c, "a rule starts with 'deny', not", words[0]);
        return false;
    }
    if (count == MAX_WORDS) {
        malformed(c, "this rule is too long", NULL);
        return false;
    }
    if (count < 4 || (strcmp(words[2], "->") != 0 && strcmp(words[2], "=>") != 0)) {
        malformed(c, "a rule is 'deny WHO -> WHAT'", NULL);
        return false;
    }
    rule->subject = words[1];
    rule->transitive = words[2][0] == '=';
    return check_name(c, rule->subject) && parse_target(c, rule, words, count, &at)
           && parse_tail(c, rule, words, count, at);
}

// ---------------------------------------------------------------------------------------------
// Checking

static bool matches(const struct audit *audit, const struct rule *rule, uint32_t subject,
                    const struct audit_fact *fact)
{
    uint64_t last = fact->base + (fact->size != 0 ? fact->size - 1 : 0);

    if (rule->rights != 0 && (fact->rights & rule->rights) == 0) {
        return false;
    }
    switch (rule->kind) {
    case TARGET_PARTY:
        // A VMM and its guest are one here, and so is everybody with himself.
        return fact->kind == AUDIT_PARTY && fact->target / 2 != subject / 2
               && fact->target / 2 != fact->party / 2
               && names_party(audit, rule->target, fact->target);
    case TARGET_DEVICE:
        return fact->kind == AUDIT_DEVICE && fact->base <= rule->last && last >= rule->first;
    case TARGET_IRQ:
        return fact->kind == AUDIT_IRQ && fact->base >= rule->first && fact->base <= rule->last;
    case TARGET_SMC:
        return fact->kind == AUDIT_SMC && fact->base >= rule->first && fact->base <= rule->last;
    case TARGET_PORTS:
        return fact->kind == AUDIT_PORTS && fact->base <= rule->last && last >= rule->first;
    case TARGET_UNTYPED:
        return fact->kind == AUDIT_UNTYPED;
    case TARGET_UNEXPLAINED:
        break;
    }
    return !fact->explained;
}

static const char *thing_name(const struct audit *audit, const struct audit_fact *fact)
{
    struct model *model = audit->model;

    switch (fact->kind) {
    case AUDIT_PARTY:
        return audit_party_name(audit, fact->target);
    case AUDIT_DEVICE:
        return model_printf(model, "device memory 0x%" PRIx64 "..0x%" PRIx64, fact->base,
                            fact->base + fact->size);
    case AUDIT_IRQ:
        return model_printf(model, "interrupt %" PRIu64, fact->base);
    case AUDIT_SMC:
        return model_printf(model, "secure monitor function 0x%" PRIx64, fact->base);
    case AUDIT_PORTS:
        return model_printf(model, "I/O ports 0x%" PRIx64 "..0x%" PRIx64, fact->base,
                            fact->base + fact->size);
    default:
        return "untyped memory";
    }
}

static void print_step(struct checker *c, const struct audit_fact *fact)
{
    const struct audit *audit = c->audit;

    fprintf(c->errors, "%s:%u: note: %s -> %s (%s) by %s: %s", c->file, c->line,
            audit_party_name(audit, fact->party), thing_name(audit, fact),
            audit_rights_text(audit, fact->rights), audit_origin_text(audit, fact), fact->object);
    if (fact->vaddr != 0) {
        fprintf(c->errors, ", mapped at 0x%" PRIx64, fact->vaddr);
    }
    if (fact->slot != MODEL_NONE) {
        fprintf(c->errors, ", cap in slot 0x%x", fact->slot);
    }
    fputc('\n', c->errors);
}

/// Report a broken rule with the way from the subject to the fact. `via` has the fact by which each
/// party was reached.
static void report_broken(struct checker *c, uint32_t subject, const struct audit_fact *fact,
                          const struct audit_fact *const *via)
{
    const struct audit_fact **path =
        ARENA_NEW_ARRAY(c->arena, const struct audit_fact *, c->audit->party_count + 1);
    size_t length = 0;

    fprintf(c->errors, "%s:%u: error: '%s' is broken: %s reaches %s [audit-denied]\n", c->file,
            c->line, c->text, audit_party_name(c->audit, subject), thing_name(c->audit, fact));
    for (const struct audit_fact *step = fact; step != NULL && length <= c->audit->party_count;
         step = via[step->party]) {
        path[length++] = step;
    }
    while (length > 0) {
        print_step(c, path[--length]);
    }
    c->count++;
}

/// Check one subject: its own facts and, for '=>', those of all whom it reaches, nearest first.
static void check_subject(struct checker *c, const struct rule *rule, uint32_t subject)
{
    const struct audit *audit = c->audit;
    uint32_t *queue = ARENA_NEW_ARRAY(c->arena, uint32_t, audit->party_count);
    bool *seen = ARENA_NEW_ARRAY(c->arena, bool, audit->party_count);
    const struct audit_fact **via =
        ARENA_NEW_ARRAY(c->arena, const struct audit_fact *, audit->party_count);
    size_t count = 1;

    queue[0] = subject;
    seen[subject] = true;
    for (size_t next = 0; next < count; next++) {
        for (size_t i = 0; i < audit->facts.count; i++) {
            const struct audit_fact *fact = &audit->facts.items[i];
            if (fact->party != queue[next]) {
                continue;
            }
            if (matches(audit, rule, subject, fact)) {
                report_broken(c, subject, fact, via);
                return;
            }
            if (rule->transitive && fact->kind == AUDIT_PARTY && !seen[fact->target]) {
                seen[fact->target] = true;
                via[fact->target] = fact;
                queue[count++] = fact->target;
            }
        }
    }
}

/// Whether a pattern of a rule means this member of a group.
static bool names_member(const struct model_instance *member, const char *pattern)
{
    return fnmatch(pattern, member->name, 0) == 0 || fnmatch(pattern, member->space->name, 0) == 0;
}

/// Members of a group reach all of each other, which no fact says.
static void check_members(struct checker *c, const struct rule *rule,
                          const struct model_instance *subject)
{
    const struct model *model = c->audit->model;

    if (rule->kind != TARGET_PARTY || !names_member(subject, rule->subject)) {
        return;
    }
    for (size_t i = 0; i < rule->except_count; i++) {
        if (names_member(subject, rule->except[i])) {
            return;
        }
    }
    for (size_t i = 0; i < model->instance_count; i++) {
        const struct model_instance *other = &model->instances[i];
        if (other != subject && other->space == subject->space
            && names_member(other, rule->target)) {
            fprintf(c->errors, "%s:%u: error: '%s' is broken: %s reaches %s [audit-denied]\n",
                    c->file, c->line, c->text, subject->name, other->name);
            fprintf(c->errors, "%s:%u: note: both are in group %s: one address space\n", c->file,
                    c->line, subject->space->name);
            c->count++;
            return;
        }
    }
}

static void check_rule(struct checker *c, const struct rule *rule)
{
    const struct model *model = c->audit->model;

    for (size_t i = 0; i < model->instance_count; i++) {
        check_members(c, rule, &model->instances[i]);
    }

    for (uint32_t party = 0; party < c->audit->party_count; party++) {
        bool is_subject = audit_party_exists(c->audit, party)
                          && names_party(c->audit, rule->subject, party);
        for (size_t i = 0; i < rule->except_count && is_subject; i++) {
            is_subject = !names_party(c->audit, rule->except[i], party);
        }
        if (is_subject) {
            check_subject(c, rule, party);
        }
    }
}

size_t audit_rules(const struct audit *audit, const char *name, const char *text, FILE *errors)
{
    struct checker c = {
        .audit = audit, .arena = audit->model->arena, .file = name, .errors = errors
    };
    char *words[MAX_WORDS];

    while (*text != '\0') {
        size_t length = strcspn(text, "\n");
        char *line = arena_strndup(c.arena, text, length);
        struct rule rule = { 0 };

        c.line++;
        text += length + (text[length] == '\n');
        line[strcspn(line, "#\r")] = '\0';
        while (length > 0 && isspace((unsigned char)line[0])) {
            line++;
            length--;
        }
        for (size_t end = strlen(line); end > 0 && isspace((unsigned char)line[end - 1]); end--) {
            line[end - 1] = '\0';
        }
        c.text = arena_strndup(c.arena, line, strlen(line));
        size_t count = split(line, words);
        if (count != 0 && parse_rule(&c, &rule, words, count)) {
            check_rule(&c, &rule);
        }
    }
    return c.count;
}
