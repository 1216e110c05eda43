// SPDX-License-Identifier: BSD-2-Clause
// The audit: what the lowered system may reach, what a cap or mapping too many adds, and rules.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <libfdt.h>

#include "audit.h"
#include "fake_flat.h"
#include "report.h"
#include "write_system.h"

#define SERVER 0u ///< parties
#define VMM 2u
#define GUEST 3u

struct fixture {
    uint8_t board[1024];
    struct fake *fake;
    struct model *model;
    struct model_instance *server;
    struct model_instance *vm;
    struct audit audit;
};

/// A GICv2, in a tree with two address cells and one size cell, as if none were named.
static void add_gic(void *fdt)
{
    static const uint32_t bases[4] = { 0x8000000, 0x8010000, 0x8030000, 0x8040000 };
    int node = fdt_add_subnode(fdt, 0, "intc@8000000");

    assert_true(node > 0);
    assert_int_equal(fdt_setprop_string(fdt, node, "compatible", "arm,cortex-a15-gic"), 0);
    assert_int_equal(fdt_setprop_empty(fdt, node, "interrupt-controller"), 0);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(fdt_appendprop_u64(fdt, node, "reg", bases[i]), 0);
        assert_int_equal(fdt_appendprop_u32(fdt, node, "reg", 0x10000), 0);
    }
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct lower_options options = { 0 };

    assert_int_equal(fdt_create_empty_tree(f->board, sizeof(f->board)), 0);
    add_gic(f->board);
    f->fake = fake_new(f->board, sizeof(f->board));
    f->model = model_lower(&f->fake->assembly, &options);
    assert_int_equal(diag_error_count(&f->fake->diag), 0);
    f->server = &f->model->instances[0];
    f->vm = &f->model->instances[1];
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    fake_free(f->fake);
    free(f);
    return 0;
}

static const struct audit_fact *find(const struct audit *audit, uint32_t party,
                                     enum audit_kind kind, uint32_t target)
{
    for (size_t i = 0; i < audit->facts.count; i++) {
        const struct audit_fact *fact = &audit->facts.items[i];
        if (fact->party == party && fact->kind == kind
            && (kind != AUDIT_PARTY || fact->target == target)) {
            return fact;
        }
    }
    return NULL;
}

/// Number of errors of the rules; *text gets the messages (free it).
static size_t check(struct fixture *f, const char *rules, char **text)
{
    size_t size;
    FILE *file = open_memstream(text, &size);
    size_t errors = audit_rules(&f->audit, "rules", rules, file);

    (void)fclose(file);
    return errors;
}

static void expect(struct fixture *f, const char *rule, size_t errors, const char *message)
{
    char *text;
    size_t found = check(f, rule, &text);

    if (found != errors || (message != NULL && strstr(text, message) == NULL)) {
        print_message("%s: %s", rule, text);
    }
    assert_int_equal(found, errors);
    assert_true(message == NULL || strstr(text, message) != NULL);
    free(text);
}

static void share_memory(struct fixture *f, uint32_t server_flags)
{
    model_origin_connection(f->model, &f->model->connections[0]);
    struct model_region *region = model_shared_region(f->model, "fs0.data", 8192);
    (void)model_map_region(f->model, f->vm, region, SYSTEM_MAPPING_READ | SYSTEM_MAPPING_WRITE,
                           NULL);
    (void)model_map_region(f->model, f->server, region, server_flags, NULL);
    model_origin_none(f->model);
}

// ---------------------------------------------------------------------------------------------

static void a_guest_reaches_its_devices_and_its_vmm(void **state)
{
    struct fixture *f = *state;

    assert_null(audit_build(&f->audit, f->model));
    assert_int_equal(f->audit.unexplained, 0);
    const struct audit_fact *device = find(&f->audit, GUEST, AUDIT_DEVICE, 0);
    assert_non_null(device);
    assert_int_equal(device->base, 0x8040000);
    assert_int_equal(device->size, 0x2000);
    assert_int_equal((device + 1)->base, 0x9000000);
    assert_string_equal((device + 1)->origin->name, "vm0.dtb");
    assert_null(find(&f->audit, VMM, AUDIT_DEVICE, 0));
    const struct audit_fact *irq = find(&f->audit, VMM, AUDIT_IRQ, 0);
    assert_non_null(irq);
    assert_int_equal(irq->base, 33);
    const struct audit_fact *fault = find(&f->audit, GUEST, AUDIT_PARTY, VMM);
    assert_non_null(fault);
    assert_int_equal(find(&f->audit, VMM, AUDIT_PARTY, GUEST)->size, 0x20000000);
    assert_null(find(&f->audit, VMM, AUDIT_PARTY, SERVER));
    assert_null(find(&f->audit, SERVER, AUDIT_PARTY, VMM));
}

static void a_cap_too_many_is_found(void **state)
{
    struct fixture *f = *state;

    (void)model_instance_cap(f->model, f->server, f->vm->threads.items[0].tcb, MODEL_RIGHTS_ALL, 0);
    assert_null(audit_build(&f->audit, f->model));
    assert_int_equal(f->audit.unexplained, 1);
    const struct audit_fact *fact = find(&f->audit, SERVER, AUDIT_PARTY, VMM);
    assert_non_null(fact);
    assert_int_equal(fact->rights, AUDIT_CONTROL);
    expect(f, "deny * -> unexplained", 1, "fserv reaches vm0");
    expect(f, "deny fserv -> vm0 by call", 0, NULL);
    expect(f, "deny fserv -> vm0 by control", 1, "vm0.vm0_0_control.tcb, cap in slot");
}

static void a_mapping_too_many_is_found(void **state)
{
    struct fixture *f = *state;
    const struct model_region *region = NULL;

    for (size_t i = 0; i < f->model->regions.count; i++) {
        if (strcmp(f->model->regions.items[i]->name, "vm0.vm0_0_control.stack") == 0) {
            region = f->model->regions.items[i];
        }
    }
    assert_non_null(region);
    (void)model_map_region(f->model, f->server, region, SYSTEM_MAPPING_READ, NULL);
    assert_null(audit_build(&f->audit, f->model));
    assert_int_equal(f->audit.unexplained, 2); // both ways: one reads what the other writes
    const struct audit_fact *fact = find(&f->audit, SERVER, AUDIT_PARTY, VMM);
    assert_non_null(fact);
    assert_int_equal(fact->rights, AUDIT_READ);
    assert_int_equal(fact->size, 16384);
}

static void connections_explain_their_ends_only(void **state)
{
    struct fixture *f = *state;

    share_memory(f, SYSTEM_MAPPING_READ);
    uint32_t endpoint = model_new_object(f->model, SYSTEM_OBJECT_ENDPOINT, 0, "fs0.ep");
    model_origin_connection(f->model, &f->model->connections[1]); // notify: vm0 to itself
    (void)model_instance_cap(f->model, f->vm, endpoint, MODEL_RIGHT_WRITE | MODEL_RIGHT_GRANT, 7);
    model_origin_none(f->model);
    (void)model_instance_cap(f->model, f->server, endpoint, MODEL_RIGHT_READ, 0);
    assert_null(audit_build(&f->audit, f->model));
    assert_int_equal(f->audit.unexplained, 1);
    const struct audit_fact *memory = find(&f->audit, SERVER, AUDIT_PARTY, VMM);
    assert_non_null(memory);
    assert_int_equal(memory->rights, AUDIT_READ);
    assert_int_equal(memory->size, 8192);
    assert_true(memory->explained);
    expect(f, "deny vm0 -> fserv by grant", 1, "unexplained (made for notify)");
    expect(f, "deny vm0 -> fserv by write", 1, "connection fs0 (seL4RPCDataport)");
    expect(f, "deny fserv -> vm0 by write, call", 0, NULL);
}

static void memory_that_nobody_writes_is_no_way(void **state)
{
    struct fixture *f = *state;
    struct model_region *region = model_shared_region(f->model, "constants", 4096);

    (void)model_map_region(f->model, f->vm, region, SYSTEM_MAPPING_READ, NULL);
    (void)model_map_region(f->model, f->server, region, SYSTEM_MAPPING_READ, NULL);
    assert_null(audit_build(&f->audit, f->model));
    assert_int_equal(f->audit.unexplained, 0);
    assert_null(find(&f->audit, SERVER, AUDIT_PARTY, VMM));
    assert_non_null(find(&f->audit, SERVER, AUDIT_CONSTANT, 0));
}

static void rules_look_through_others(void **state)
{
    struct fixture *f = *state;

    share_memory(f, SYSTEM_MAPPING_READ | SYSTEM_MAPPING_WRITE);
    assert_null(audit_build(&f->audit, f->model));
    expect(f, "deny vm0.guest -> fserv", 0, NULL);
    expect(f, "deny vm0.guest => fserv", 1, "note: vm0.guest -> vm0 ");
    expect(f, "deny fserv -> device *", 0, NULL);
    expect(f, "deny fserv => device 0x9000000", 1, "device memory 0x9000000..0x9001000");
    expect(f, "deny vm0 -> device 0x9001000..0xa000000", 0, NULL);
    expect(f, "deny vm0 -> device 0x8ffffff+2", 1, "vm0.guest reaches");
    expect(f, "deny * -> device * except vm0", 0, NULL);
    expect(f, "deny * -> device * except vm0.guest", 0, NULL);
    expect(f, "deny * -> irq 33", 1, "vm0 reaches interrupt 33");
    expect(f, "deny * -> irq 34\ndeny * -> smc *\ndeny * -> untyped", 0, NULL);
    expect(f, "deny vm0 -> vm*", 0, NULL); // a VMM and its guest are one
    expect(f, "deny * -> *", 2, "rules:1: error: 'deny * -> *' is broken: fserv reaches vm0");
}

static void bad_rules_are_errors(void **state)
{
    struct fixture *f = *state;

    assert_null(audit_build(&f->audit, f->model));
    expect(f, "\n  # nothing\n\ndeny vm0 -> fserv # fine\n", 0, NULL);
    expect(f, "\n\ndeny vm1 -> fserv", 1, "rules:3: note: did you mean 'vm0'?");
    expect(f, "deny vm0 -> fserver", 1, "no instance 'fserver'");
    expect(f, "deny vm0 -> fserv except vm9", 1, "no instance 'vm9'");
    expect(f, "deny net* -> fserv", 0, NULL);
    expect(f, "allow vm0 -> fserv", 1, "starts with 'deny', not 'allow'");
    expect(f, "deny vm0 fserv", 1, "a rule is 'deny WHO -> WHAT'");
    expect(f, "deny vm0 <- fserv", 1, "a rule is");
    expect(f, "deny vm0 -> irq", 1, "missing after 'irq'");
    expect(f, "deny vm0 -> irq x", 1, "no number or range: 'x'");
    expect(f, "deny vm0 -> device 5..5", 1, "no number or range");
    expect(f, "deny vm0 -> device 5+0", 1, "no number or range");
    expect(f, "deny vm0 -> fserv by", 1, "something is missing");
    expect(f, "deny vm0 -> fserv by magic", 1, "there is no right 'magic'");
    expect(f, "deny vm0 -> fserv with call", 1, "expected 'by' or 'except', not 'with'");
    expect(f, "deny vm0 -> fserv except", 1, "something is missing");
}

static void the_model_file_keeps_the_reasons(void **state)
{
    struct fixture *f = *state;
    struct buffer file = { 0 };
    struct model read;
    struct audit audit;
    char *first = NULL;
    char *second = NULL;
    size_t size;

    share_memory(f, SYSTEM_MAPPING_READ);
    assert_null(audit_build(&f->audit, f->model));
    write_model(f->model, &file);
    model_init(&read, &f->fake->arena, &f->fake->diag);
    assert_null(read_model(&read, file.data, file.size));
    assert_null(audit_build(&audit, &read));
    FILE *out = open_memstream(&first, &size);
    audit_text(&f->audit, out);
    audit_json(&f->audit, out);
    (void)fclose(out);
    out = open_memstream(&second, &size);
    audit_text(&audit, out);
    audit_json(&audit, out);
    (void)fclose(out);
    assert_string_equal(first, second);
    assert_non_null(strstr(first, "by connection fs0 (seL4RPCDataport)"));
    free(first);
    free(second);
    // Whatever is wrong with the file, reading it ends well.
    for (size_t cut = 0; cut < file.size; cut += 97) {
        model_init(&read, &f->fake->arena, &f->fake->diag);
        assert_non_null(read_model(&read, file.data, cut));
    }
    srand(1);
    for (int i = 0; i < 300; i++) {
        struct buffer copy = { 0 };
        buffer_append(&copy, file.data, file.size);
        copy.data[(size_t)rand() % 4096 % file.size] ^= (uint8_t)(1 << rand() % 8);
        model_init(&read, &f->fake->arena, &f->fake->diag);
        if (read_model(&read, copy.data, copy.size) == NULL) {
            (void)audit_build(&audit, &read);
        }
        buffer_release(&copy);
    }
    buffer_release(&file);
}

static void the_drawing_is_the_same_every_time(void **state)
{
    struct fixture *f = *state;
    char *text[2];
    size_t size;

    for (int i = 0; i < 2; i++) {
        FILE *out = open_memstream(&text[i], &size);
        report_svg(f->model, out);
        (void)fclose(out);
    }
    assert_string_equal(text[0], text[1]);
    assert_non_null(strstr(text[0], ">fs0</text>"));
    assert_non_null(strstr(text[0], ">vm0.guest</text>"));
    assert_non_null(strstr(text[0], ">notify: seL4GlobalAsynch</text>"));
    free(text[0]);
    free(text[1]);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_guest_reaches_its_devices_and_its_vmm),
        TEST(a_cap_too_many_is_found),
        TEST(a_mapping_too_many_is_found),
        TEST(connections_explain_their_ends_only),
        TEST(memory_that_nobody_writes_is_no_way),
        TEST(rules_look_through_others),
        TEST(bad_rules_are_errors),
        TEST(the_model_file_keeps_the_reasons),
        TEST(the_drawing_is_the_same_every_time),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
