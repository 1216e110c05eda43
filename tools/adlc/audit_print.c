// SPDX-License-Identifier: BSD-2-Clause
// The audit as text and as JSON.

#include <inttypes.h>
#include <string.h>

#include "audit.h"
#include "report.h"
#include "vm_platform.h"

static const struct {
    uint32_t bit;
    const char *name;
} rights_names[] = {
    { AUDIT_READ, "read" },     { AUDIT_WRITE, "write" }, { AUDIT_EXECUTE, "execute" },
    { AUDIT_CALL, "call" },     { AUDIT_SIGNAL, "signal" }, { AUDIT_GRANT, "grant" },
    { AUDIT_CONTROL, "control" }, { AUDIT_FAULT, "fault" },
};

const char *audit_party_name(const struct audit *audit, uint32_t party)
{
    const struct model_instance *instance = &audit->model->instances[party / 2];
    const char *name = instance->space->name;

    return (party & AUDIT_GUEST) != 0 ? model_printf(audit->model, "%s.guest", name) : name;
}

const char *audit_rights_text(const struct audit *audit, uint32_t rights)
{
    const char *text = "";

    for (size_t i = 0; i < sizeof(rights_names) / sizeof(rights_names[0]); i++) {
        if ((rights & rights_names[i].bit) != 0) {
            text = model_printf(audit->model, "%s%s%s", text, text[0] != '\0' ? "+" : "",
                                rights_names[i].name);
        }
    }
    return text;
}

const char *audit_origin_text(const struct audit *audit, const struct audit_fact *fact)
{
    const struct model_origin *origin = fact->origin;

    if (!fact->explained) {
        return origin == NULL ? "unexplained"
                              : model_printf(audit->model, "unexplained (made for %s)",
                                             origin->name);
    }
    if (origin == NULL) {
        return "its VMM";
    }
    switch (origin->kind) {
    case MODEL_ORIGIN_CONNECTION:
        return model_printf(audit->model, "connection %s (%s)", origin->name, origin->detail);
    case MODEL_ORIGIN_SETTING:
        return model_printf(audit->model, "setting %s", origin->name);
    case MODEL_ORIGIN_GUEST:
        break;
    }
    return origin->name;
}

static void print_amount(uint64_t bytes, FILE *out)
{
    if (bytes >= 1u << 20 && bytes % (1u << 20) == 0) {
        fprintf(out, "%" PRIu64 " MiB", bytes >> 20);
    } else {
        fprintf(out, "%" PRIu64 " KiB", bytes >> 10);
    }
}

static void print_fact(const struct audit *audit, const struct audit_fact *fact, FILE *out)
{
    switch (fact->kind) {
    case AUDIT_PARTY:
        fprintf(out, "    %-20s", audit_party_name(audit, fact->target));
        break;
    case AUDIT_DEVICE:
        fprintf(out, "    device 0x%08" PRIx64 "..0x%08" PRIx64, fact->base,
                fact->base + fact->size);
        break;
    case AUDIT_IRQ:
        fprintf(out, "    interrupt %-10" PRIu64, fact->base);
        break;
    case AUDIT_SMC:
        fprintf(out, "    SMC 0x%08" PRIx64, fact->base);
        break;
    case AUDIT_PORTS:
        fprintf(out, "    I/O ports 0x%04" PRIx64 "..0x%04" PRIx64, fact->base,
                fact->base + fact->size);
        break;
    case AUDIT_SPACE:
        fprintf(out, "    DMA of PCI %02x:%02x.%x   ", (unsigned)(fact->base >> 8 & 0xff),
                (unsigned)(fact->base >> 3 & 0x1f), (unsigned)(fact->base & 7));
        break;
    case AUDIT_UNTYPED:
        fputs("    untyped memory      ", out);
        break;
    case AUDIT_RAM:
        fputs("    private memory      ", out);
        break;
    case AUDIT_CONSTANT:
        fputs("    constants in common ", out);
        break;
    }
    fprintf(out, " %s", audit_rights_text(audit, fact->rights));
    if (fact->size != 0 && fact->kind != AUDIT_DEVICE && fact->kind != AUDIT_PORTS) {
        fputs(" ", out);
        print_amount(fact->size, out);
    }
    if (fact->kind != AUDIT_RAM && fact->kind != AUDIT_CONSTANT) {
        fprintf(out, "  [%s]  by %s", fact->object, audit_origin_text(audit, fact));
    }
    fputc('\n', out);
}

/// "a, b, c": the members of a group; NULL for other parties.
static const char *member_names(const struct audit *audit, uint32_t party)
{
    const struct model *model = audit->model;
    const struct model_instance *first = &model->instances[party / 2];
    const char *names = NULL;

    for (size_t i = 0; model_in_group(first) && i < model->instance_count; i++) {
        if (model->instances[i].space == first->space) {
            names = model_printf(audit->model, "%s%s%s", names != NULL ? names : "",
                                 names != NULL ? ", " : "", model->instances[i].name);
        }
    }
    return names;
}

void audit_text(const struct audit *audit, FILE *out)
{
    fprintf(out, "Who reaches what on %s (%s). Facts without an explanation: %zu.\n",
            audit->model->platform->name, report_arch_name(audit->model->arch),
            audit->unexplained);
    for (uint32_t party = 0; party < audit->party_count; party++) {
        if (!audit_party_exists(audit, party)) {
            continue;
        }
        fprintf(out, "\n%s\n", audit_party_name(audit, party));
        const char *members = member_names(audit, party);
        if (members != NULL) {
            fprintf(out, "    a group with one address space: each of %s reaches all of it\n",
                    members);
        }
        for (size_t i = 0; i < audit->facts.count; i++) {
            if (audit->facts.items[i].party == party) {
                print_fact(audit, &audit->facts.items[i], out);
            }
        }
    }
}

// ---------------------------------------------------------------------------------------------
// JSON

static const char *kind_name(enum audit_kind kind)
{
    switch (kind) {
    case AUDIT_PARTY:
        return "party";
    case AUDIT_DEVICE:
        return "device";
    case AUDIT_IRQ:
        return "irq";
    case AUDIT_SMC:
        return "smc";
    case AUDIT_PORTS:
        return "ports";
    case AUDIT_SPACE:
        return "io_space";
    case AUDIT_UNTYPED:
        return "untyped";
    case AUDIT_RAM:
        return "ram";
    case AUDIT_CONSTANT:
        break;
    }
    return "constant";
}

static void json_rights(uint32_t rights, FILE *out)
{
    const char *comma = "";

    fputs(", \"rights\": [", out);
    for (size_t i = 0; i < sizeof(rights_names) / sizeof(rights_names[0]); i++) {
        if ((rights & rights_names[i].bit) != 0) {
            fprintf(out, "%s\"%s\"", comma, rights_names[i].name);
            comma = ", ";
        }
    }
    fputs("]", out);
}

static void json_origin(const struct model_origin *origin, FILE *out)
{
    static const char *const kinds[] = {
        [MODEL_ORIGIN_CONNECTION] = "connection",
        [MODEL_ORIGIN_SETTING] = "setting",
        [MODEL_ORIGIN_GUEST] = "guest",
    };

    if (origin == NULL) {
        fputs(", \"by\": null", out);
        return;
    }
    fprintf(out, ", \"by\": { \"kind\": \"%s\", \"name\": ", kinds[origin->kind]);
    diag_json_string(out, origin->name);
    if (origin->detail[0] != '\0') {
        fputs(", \"connector\": ", out);
        diag_json_string(out, origin->detail);
    }
    fputs(" }", out);
}

static void json_fact(const struct audit *audit, const struct audit_fact *fact, FILE *out)
{
    fprintf(out, "      { \"kind\": \"%s\"", kind_name(fact->kind));
    if (fact->kind == AUDIT_PARTY) {
        fputs(", \"target\": ", out);
        diag_json_string(out, audit_party_name(audit, fact->target));
    } else if (fact->kind == AUDIT_DEVICE || fact->kind == AUDIT_PORTS) {
        fprintf(out, ", \"base\": %" PRIu64, fact->base);
    } else if (fact->kind == AUDIT_IRQ || fact->kind == AUDIT_SMC || fact->kind == AUDIT_SPACE) {
        fprintf(out, ", \"number\": %" PRIu64, fact->base);
    }
    if (fact->size != 0) {
        fprintf(out, ", \"size\": %" PRIu64, fact->size);
    }
    json_rights(fact->rights, out);
    if (fact->kind != AUDIT_RAM && fact->kind != AUDIT_CONSTANT) {
        fputs(", \"object\": ", out);
        diag_json_string(out, fact->object);
        if (fact->slot != MODEL_NONE) {
            fprintf(out, ", \"slot\": %u", fact->slot);
        }
        if (fact->vaddr != 0) {
            fprintf(out, ", \"vaddr\": %" PRIu64, fact->vaddr);
        }
        json_origin(fact->origin, out);
        fprintf(out, ", \"explained\": %s", fact->explained ? "true" : "false");
    }
    fputs(" }", out);
}

static void json_members(const struct audit *audit, uint32_t party, FILE *out)
{
    const struct model *model = audit->model;
    const struct model_instance *first = &model->instances[party / 2];
    const char *comma = "";

    if (!model_in_group(first)) {
        return;
    }
    fputs(", \"members\": [", out);
    for (size_t i = 0; i < model->instance_count; i++) {
        if (model->instances[i].space == first->space) {
            fputs(comma, out);
            diag_json_string(out, model->instances[i].name);
            comma = ", ";
        }
    }
    fputs("]", out);
}

void audit_json(const struct audit *audit, FILE *out)
{
    const char *party_comma = "";

    fprintf(out, "{\n  \"platform\": \"%s\",\n  \"unexplained\": %zu,\n  \"parties\": [",
            audit->model->platform->name, audit->unexplained);
    for (uint32_t party = 0; party < audit->party_count; party++) {
        if (!audit_party_exists(audit, party)) {
            continue;
        }
        const char *comma = "";
        fprintf(out, "%s\n    { \"name\": ", party_comma);
        diag_json_string(out, audit_party_name(audit, party));
        json_members(audit, party, out);
        fputs(", \"reaches\": [", out);
        for (size_t i = 0; i < audit->facts.count; i++) {
            if (audit->facts.items[i].party == party) {
                fprintf(out, "%s\n", comma);
                json_fact(audit, &audit->facts.items[i], out);
                comma = ",";
            }
        }
        fputs(" ] }", out);
        party_comma = ",";
    }
    fputs("\n  ]\n}\n", out);
}
