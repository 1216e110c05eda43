// SPDX-License-Identifier: BSD-2-Clause
// Table of an x86 virtual machine: every look-up, and indexes behind the ends.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <camkes/vm_x86.h>

static void make_net(void)
{
}

static void net_notify(void)
{
}

static seL4_Word net_badge(void)
{
    return 0x8000020;
}

static const struct camkes_vm_untyped ram[] = { { .paddr = 0x10000000, .cap = 50, .size_bits = 24 } };
static const struct camkes_vm_range excluded[] = {
    { .base = 0xaae84000, .size = 0x20000 }, { .base = 0xab800000, .size = 0x4200000 },
};
static const struct camkes_vm_init inits[] = {
    { .init = make_net, .badge = net_badge, .irq = net_notify },
    { .init = make_net, .badge_value = 4, .irq = net_notify },
    { .init = make_net },
};
static const struct camkes_vm_ports ports[] = {
    { .name = "disk", .cap = 60, .first = 0x3000, .last = 0x301f, .is_pci = true },
    { .name = "serial", .cap = 61, .first = 0x3f8, .last = 0x3ff },
    { .name = "net", .cap = 62, .first = 0xff00, .last = 0xffff, .is_pci = true },
};
static const struct camkes_vm_range disk_memory[] = {
    { .base = 0xc0700000, .size = 0x3000, .page_bits = 12 },
    { .base = 0xc0800000, .size = 0x200000, .page_bits = 21 },
};
static const struct camkes_vm_device devices[] = {
    { .name = "disk", .irq = "disk_irq", .memory = disk_memory, .memory_count = 2, .iospace = 70,
      .bus = 1, .device = 0x1f, .function = 2 },
    { .name = "bridge" },
};
static const struct camkes_vm_frame device_frames[] = {
    { .paddr = 0xc0700000, .cap = 80 }, { .paddr = 0xc0701000, .cap = 81 },
};
static const struct camkes_vm_range mappings[] = {
    { .base = 0xe0000000, .size = 0x200000, .page_bits = 21 },
};
static const struct camkes_vm_frame mapping_frames[] = { { .paddr = 0xe0000000, .cap = 90 } };
static const struct camkes_vm_irq irqs[] = {
    { .name = "disk_irq", .handler = 100, .ioapic = 1, .source = 19, .level_trig = true, .dest = 11 },
};

const struct camkes_vm_x86 camkes_vm_x86 = {
    .ram = ram, .ram_count = 1, .excluded = excluded, .excluded_count = 2, .inits = inits, .init_count = 3,
    .ports = ports, .port_count = 3, .devices = devices, .device_count = 2,
    .device_frames = device_frames, .device_frame_count = 2, .mappings = mappings, .mapping_count = 1,
    .mapping_frames = mapping_frames, .mapping_frame_count = 1, .irqs = irqs, .irq_count = 1,
};

static void memory_of_the_guest(void **state)
{
    uintptr_t paddr = 1;
    size_t bytes = 1;
    int bits = 0;
    seL4_CPtr cap = 0;

    (void)state;
    assert_int_equal(ram_num_untypeds(), 1);
    assert_int_equal(ram_get_untyped(0, &paddr, &bits, &cap), 0);
    assert_int_equal(paddr, 0x10000000);
    assert_int_equal(bits, 24);
    assert_int_equal(cap, 50);
    assert_int_equal(ram_get_untyped(1, &paddr, &bits, &cap), -1);
    assert_int_equal(ram_get_untyped(-1, &paddr, &bits, &cap), -1);
    assert_int_equal(cap, 50);
    assert_int_equal(exclude_paddr_num_regions(), 2);
    exclude_paddr_get_region(1, &paddr, &bytes);
    assert_int_equal(paddr, 0xab800000);
    assert_int_equal(bytes, 0x4200000);
    exclude_paddr_get_region(2, &paddr, &bytes);
    assert_int_equal(paddr, 0);
    assert_int_equal(bytes, 0);
}

static void functions_to_call_at_start(void **state)
{
    uintptr_t badge = 1;
    uintptr_t fun = 1;

    (void)state;
    assert_int_equal(init_cons_num_connections(), 3);
    assert_int_equal(init_cons_init_function(2), (uintptr_t)make_net);
    assert_int_equal(init_cons_init_function(3), 0);
    assert_int_equal(init_cons_has_interrupt(0, &badge, &fun), 1);
    assert_int_equal(badge, 0x8000020);
    assert_int_equal(fun, (uintptr_t)net_notify);
    assert_int_equal(init_cons_has_interrupt(1, &badge, &fun), 1);
    assert_int_equal(badge, 4);
    assert_int_equal(init_cons_has_interrupt(2, &badge, &fun), 0);
    assert_int_equal(init_cons_has_interrupt(-1, &badge, &fun), 0);
    assert_int_equal(badge, 4);
}

static void ports_by_index_and_by_number(void **state)
{
    seL4_CPtr cap = 0;
    uint16_t start = 1;
    uint16_t end = 1;

    (void)state;
    assert_int_equal(ioports_num_pci_ioports(), 2);
    assert_int_equal(ioports_num_nonpci_ioports(), 1);
    assert_string_equal(ioports_get_pci_ioport(1, &cap, &start, &end), "net");
    assert_int_equal(cap, 62);
    assert_int_equal(start, 0xff00);
    assert_int_equal(end, 0); // 0x10000 in 16 bits
    assert_string_equal(ioports_get_nonpci_ioport(0, &cap, &start, &end), "serial");
    assert_int_equal(end, 0x400);
    assert_null(ioports_get_nonpci_ioport(1, &cap, &start, &end));
    assert_null(ioports_get_pci_ioport(-1, &cap, &start, &end));
    assert_int_equal(cap, 61);
    assert_int_equal(ioports_get_ioport(0x3f8, 0x3ff), 61);
    assert_int_equal(ioports_get_ioport(0xffff, 0xffff), 62);
    assert_int_equal(ioports_get_ioport(0x3ff, 0x400), 0);
    assert_int_equal(ioports_get_ioport(0x3f7, 0x3f8), 0);
    assert_int_equal(ioports_get_ioport(0x3ff, 0x3f8), 0);
}

static void devices_and_their_memory(void **state)
{
    uint8_t bus = 0;
    uint8_t device = 0;
    uint8_t function = 0;
    seL4_CPtr cap = 0;
    uintptr_t paddr = 0;
    size_t size = 0;
    int bits = 0;

    (void)state;
    assert_int_equal(pci_devices_num_devices(), 2);
    assert_string_equal(pci_devices_get_device(0, &bus, &device, &function, &cap), "disk");
    assert_int_equal(bus, 1);
    assert_int_equal(device, 0x1f);
    assert_int_equal(function, 2);
    assert_int_equal(cap, 70);
    assert_string_equal(pci_devices_get_device(1, &bus, &device, &function, &cap), "bridge");
    assert_int_equal(cap, 0);
    assert_null(pci_devices_get_device(2, &bus, &device, &function, &cap));
    assert_int_equal(pci_devices_num_device_mem(0), 2);
    assert_int_equal(pci_devices_num_device_mem(1), 0);
    assert_int_equal(pci_devices_num_device_mem(2), 0);
    assert_string_equal(pci_devices_get_device_irq(0), "disk_irq");
    assert_null(pci_devices_get_device_irq(1));
    assert_null(pci_devices_get_device_irq(-1));
    assert_int_equal(pci_devices_get_device_mem(0, 1, &paddr, &size, &bits), 0);
    assert_int_equal(paddr, 0xc0800000);
    assert_int_equal(size, 0x200000);
    assert_int_equal(bits, 21);
    assert_int_equal(pci_devices_get_device_mem(0, 2, &paddr, &size, &bits), -1);
    assert_int_equal(pci_devices_get_device_mem(2, 0, &paddr, &size, &bits), -1);
    assert_int_equal(pci_devices_get_device_mem_frame(0xc0701000), 81);
    assert_int_equal(pci_devices_get_device_mem_frame(0xc0701004), 0);
    assert_int_equal(pci_devices_get_device_mem_frame(0xe0000000), 0);
}

static void mappings_and_interrupts(void **state)
{
    uint64_t frame = 0;
    uint64_t size = 0;
    seL4_CPtr handler = 0;
    uint8_t ioapic = 0;
    uint8_t source = 0;
    uint8_t dest = 0;
    int level = 0;
    int low = 1;

    (void)state;
    assert_int_equal(guest_mappings_num_guestmaps(), 1);
    assert_int_equal(guest_mappings_get_guest_map(0, &frame, &size), 0);
    assert_int_equal(frame, 0xe0000000);
    assert_int_equal(size, 0x200000);
    assert_int_equal(guest_mappings_get_guest_map(1, &frame, &size), -1);
    assert_int_equal(guest_mappings_get_mapping_mem_frame(0xe0000000), 90);
    assert_int_equal(guest_mappings_get_mapping_mem_frame(0xc0700000), 0);
    assert_int_equal(irqs_num_irqs(), 1);
    assert_string_equal(irqs_get_irq(0, &handler, &ioapic, &source, &level, &low, &dest), "disk_irq");
    assert_int_equal(handler, 100);
    assert_int_equal(ioapic, 1);
    assert_int_equal(source, 19);
    assert_int_equal(level, 1);
    assert_int_equal(low, 0);
    assert_int_equal(dest, 11);
    assert_null(irqs_get_irq(1, &handler, &ioapic, &source, &level, &low, &dest));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_of_the_guest),          cmocka_unit_test(functions_to_call_at_start),
        cmocka_unit_test(ports_by_index_and_by_number), cmocka_unit_test(devices_and_their_memory),
        cmocka_unit_test(mappings_and_interrupts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
