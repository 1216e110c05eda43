// SPDX-License-Identifier: BSD-2-Clause
// Data: every setting the compiler knows. docs/adl.md, "Settings", explains each of them.

#include "settings_table.h"

#define ANY_INT  INT64_MIN, INT64_MAX
#define POSITIVE 1, INT64_MAX
#define NATURAL  0, INT64_MAX
#define BOOL     0, 1
#define BYTE     0, 255
#define NONE     0, 0

const struct setting_row settings_table[] = {
    // Threads: the control thread, then defaults for all threads of the instance.
    {"_priority", SETTING_INSTANCE, SETTING_INT, BYTE},
    {"_max_priority", SETTING_INSTANCE, SETTING_INT, BYTE},
    {"_affinity", SETTING_INSTANCE, SETTING_INT, BYTE},
    {"_domain", SETTING_INSTANCE, SETTING_INT, BYTE},
    {"_stack_size", SETTING_INSTANCE, SETTING_INT, POSITIVE},
    {"_period", SETTING_INSTANCE, SETTING_INT, POSITIVE},
    {"_budget", SETTING_INSTANCE, SETTING_INT, POSITIVE},
    {"_data", SETTING_INSTANCE, SETTING_INT, NATURAL},
    {"_size_bits", SETTING_INSTANCE, SETTING_INT, 7, 30},
    {"priority", SETTING_INSTANCE, SETTING_INT, BYTE},
    {"max_priority", SETTING_INSTANCE, SETTING_INT, BYTE},
    {"affinity", SETTING_INSTANCE, SETTING_INT, BYTE},
    {"period", SETTING_INSTANCE, SETTING_INT, POSITIVE},
    {"budget", SETTING_INSTANCE, SETTING_INT, POSITIVE},
    {"sched_ctrl", SETTING_INSTANCE, SETTING_ANY, NONE},

    // Memory.
    {"heap_size", SETTING_INSTANCE, SETTING_INT, NATURAL},
    {"dma_pool", SETTING_INSTANCE, SETTING_INT, NATURAL},
    {"dma_pool_cached", SETTING_INSTANCE, SETTING_INT, BOOL},
    {"dma_pool_paddr", SETTING_INSTANCE, SETTING_INT, NATURAL},
    {"cnode_size_bits", SETTING_INSTANCE, SETTING_INT, 1, 24},
    {"allocator_mempool_size", SETTING_INSTANCE, SETTING_INT, POSITIVE},

    // Objects for allocation at run time, and capabilities for components that manage their own.
    {"simple", SETTING_INSTANCE, SETTING_INT, BOOL},
    {"simple_untyped#_pool", SETTING_INSTANCE_NUMBERED, SETTING_INT, NATURAL},
    {"untyped#_pool", SETTING_INSTANCE_NUMBERED, SETTING_INT, NATURAL},
    {"tcb_pool", SETTING_INSTANCE, SETTING_INT, NATURAL},
    {"tcb_pool_domains", SETTING_INSTANCE, SETTING_LIST_INT, BYTE},
    {"ep_pool", SETTING_INSTANCE, SETTING_INT, NATURAL},
    {"notification_pool", SETTING_INSTANCE, SETTING_INT, NATURAL},
    {"asid_pool", SETTING_INSTANCE, SETTING_INT, BOOL},
    {"ioports", SETTING_INSTANCE, SETTING_STRING, NONE},
    {"mmios", SETTING_INSTANCE, SETTING_LIST_STRING, NONE},
    {"untyped_mmios", SETTING_INSTANCE, SETTING_LIST_STRING, NONE},
    {"irqs", SETTING_INSTANCE, SETTING_LIST_INT, 0, 1023},
    {"iospaces", SETTING_INSTANCE, SETTING_STRING, NONE},
    {"smmu", SETTING_INSTANCE, SETTING_LIST_INT, NATURAL},
    {"simple_extra_bootinfo", SETTING_INSTANCE, SETTING_LIST_STRING, NONE},
    {"allowed_smc_functions", SETTING_INSTANCE, SETTING_LIST_INT, 1, UINT32_MAX}, // 0 is "any"

    // Device tree.
    {"dtb", SETTING_INSTANCE, SETTING_ANY, NONE},
    {"dtb_irqs", SETTING_INSTANCE, SETTING_LIST_INT, 0, 1023},
    {"plat_keep_devices", SETTING_INSTANCE, SETTING_LIST_STRING, NONE},
    {"plat_keep_devices_and_subtree", SETTING_INSTANCE, SETTING_LIST_STRING, NONE},
    {"dtb", SETTING_INTERFACE, SETTING_ANY, NONE},
    {"generate_interrupts", SETTING_INTERFACE, SETTING_INT, BOOL},
    {"hardware_cached", SETTING_INTERFACE, SETTING_INT, BOOL},

    // Notification badges.
    {"global_endpoint_base", SETTING_INSTANCE, SETTING_INT, ANY_INT},
    {"global_endpoint_mask", SETTING_INSTANCE, SETTING_INT, ANY_INT},
    {"global_rpc_endpoint_base", SETTING_INSTANCE, SETTING_INT, ANY_INT},
    {"global_rpc_endpoint_mask", SETTING_INSTANCE, SETTING_INT, ANY_INT},

    // Other properties of an instance.
    {"environment", SETTING_INSTANCE, SETTING_STRING, NONE},
    {"single_threaded", SETTING_INSTANCE, SETTING_INT, BOOL},
    {"debug", SETTING_INSTANCE, SETTING_INT, BOOL},
    {"rump_config", SETTING_INSTANCE, SETTING_ANY, NONE},
    {"integrity_label", SETTING_INSTANCE, SETTING_STRING, NONE},

    // Interfaces: their threads.
    {"_priority", SETTING_OF_INTERFACE, SETTING_INT, BYTE},
    {"_max_priority", SETTING_OF_INTERFACE, SETTING_INT, BYTE},
    {"_affinity", SETTING_OF_INTERFACE, SETTING_INT, BYTE},
    {"_domain", SETTING_OF_INTERFACE, SETTING_INT, BYTE},
    {"_stack_size", SETTING_OF_INTERFACE, SETTING_INT, POSITIVE},
    {"_period", SETTING_OF_INTERFACE, SETTING_INT, POSITIVE},
    {"_budget", SETTING_OF_INTERFACE, SETTING_INT, POSITIVE},
    {"_data", SETTING_OF_INTERFACE, SETTING_INT, NATURAL},
    {"_size_bits", SETTING_OF_INTERFACE, SETTING_INT, 7, 30},
    {"_passive", SETTING_OF_INTERFACE, SETTING_INT, BOOL},

    // Interfaces: what their connectors read.
    {"_attributes", SETTING_OF_INTERFACE, SETTING_BADGE, 0, UINT32_MAX},
    {"_access", SETTING_OF_INTERFACE, SETTING_ACCESS, NONE},
    {"_shmem_size", SETTING_OF_INTERFACE, SETTING_INT, POSITIVE},
    {"_id", SETTING_OF_INTERFACE, SETTING_INT, NATURAL},
    {"_size", SETTING_OF_INTERFACE, SETTING_INT, POSITIVE},
    {"_hardware_cached", SETTING_OF_INTERFACE, SETTING_INT, BOOL},
    {"_paddr", SETTING_OF_INTERFACE, SETTING_INT, ANY_INT},
    {"_irq_type", SETTING_OF_INTERFACE, SETTING_IRQ_TYPE, NONE},
    {"_irq_number", SETTING_OF_INTERFACE, SETTING_INT, 0, 1023},
    {"_irq_trigger", SETTING_OF_INTERFACE, SETTING_TRIGGER, BOOL},
    {"_irq_target", SETTING_OF_INTERFACE, SETTING_INT, BYTE},
    {"_irq_ioapic", SETTING_OF_INTERFACE, SETTING_INT, BYTE},
    {"_irq_ioapic_pin", SETTING_OF_INTERFACE, SETTING_INT, BYTE},
    {"_irq_level", SETTING_OF_INTERFACE, SETTING_INT, BOOL},
    {"_irq_polarity", SETTING_OF_INTERFACE, SETTING_INT, BOOL},
    {"_irq_vector", SETTING_OF_INTERFACE, SETTING_INT, BYTE},
    {"_irq_handle", SETTING_OF_INTERFACE, SETTING_INT, NATURAL},
    {"_irq_pci_bus", SETTING_OF_INTERFACE, SETTING_INT, BYTE},
    {"_irq_pci_dev", SETTING_OF_INTERFACE, SETTING_INT, 0, 31},
    {"_irq_pci_fun", SETTING_OF_INTERFACE, SETTING_INT, 0, 7},
    {"_spi_number", SETTING_OF_INTERFACE, SETTING_INT, BOOL},
    {"_mac", SETTING_OF_INTERFACE, SETTING_ANY, NONE},
    {"_partitions", SETTING_OF_INTERFACE, SETTING_ANY, NONE},
    {"_port", SETTING_OF_INTERFACE, SETTING_INT, 0, 65535},
    {"_ports", SETTING_OF_INTERFACE, SETTING_ANY, NONE},
    {"_topology", SETTING_OF_INTERFACE, SETTING_LIST, NONE},
    {"_value", SETTING_OF_SEMAPHORE, SETTING_INT, NATURAL},

    // Connections.
    {"size", SETTING_CONNECTION, SETTING_INT, POSITIVE},
    {"paddr", SETTING_CONNECTION, SETTING_INT, ANY_INT},
    {"buffer", SETTING_CONNECTION, SETTING_ANY, NONE},
    {"queue_length", SETTING_CONNECTION, SETTING_INT, POSITIVE},
    {"controller", SETTING_CONNECTION, SETTING_STRING, NONE},
    {"connection_name", SETTING_CONNECTION, SETTING_ANY, NONE},
    {"integrity_label", SETTING_CONNECTION, SETTING_STRING, NONE},

    // Virtual machines: read without being declared.
    {"pci_devices", SETTING_INSTANCE, SETTING_RECORDS, NONE},
    {"pci_devices_iospace", SETTING_INSTANCE, SETTING_INT, NATURAL},
    {"vm_ioports", SETTING_INSTANCE, SETTING_RECORDS, NONE},
    {"vm_irqs", SETTING_INSTANCE, SETTING_RECORDS, NONE},
    {"init_cons", SETTING_INSTANCE, SETTING_RECORDS, NONE},
    {"guest_mappings", SETTING_INSTANCE, SETTING_RECORDS, NONE},
    {"ram", SETTING_INSTANCE, SETTING_RECORDS, NONE},
    {"exclude_paddr", SETTING_INSTANCE, SETTING_RECORDS, NONE},

    // Virtual machines: attributes of the VM components.
    {"base_prio", SETTING_NEEDS_ATTRIBUTE, SETTING_INT, BYTE},
    {"vcpu_affinity", SETTING_INSTANCE, SETTING_LIST_INT, BYTE},
    {"vcpu_period", SETTING_INSTANCE, SETTING_INT, POSITIVE},
    {"vcpu_budget", SETTING_INSTANCE, SETTING_INT, POSITIVE},
    {"num_vcpus", SETTING_NEEDS_ATTRIBUTE, SETTING_INT, ANY_INT},
    {"num_extra_frame_caps", SETTING_NEEDS_ATTRIBUTE, SETTING_INT, NATURAL},
    {"extra_frame_map_address", SETTING_NEEDS_ATTRIBUTE, SETTING_INT, ANY_INT},
    {"vm_address_config", SETTING_NEEDS_ATTRIBUTE, SETTING_DICT, NONE},
    {"vm_image_config", SETTING_NEEDS_ATTRIBUTE, SETTING_DICT, NONE},
    {"linux_address_config", SETTING_NEEDS_ATTRIBUTE, SETTING_DICT, NONE},
    {"linux_image_config", SETTING_NEEDS_ATTRIBUTE, SETTING_DICT, NONE},
    {"kernel_cmdline", SETTING_NEEDS_ATTRIBUTE, SETTING_STRING, NONE},
    {"kernel_image", SETTING_NEEDS_ATTRIBUTE, SETTING_STRING, NONE},
    {"kernel_relocs", SETTING_NEEDS_ATTRIBUTE, SETTING_STRING, NONE},
    {"initrd_image", SETTING_NEEDS_ATTRIBUTE, SETTING_STRING, NONE},
    {"guest_ram_mb", SETTING_NEEDS_ATTRIBUTE, SETTING_INT, NATURAL},
    {"iospace_domain", SETTING_NEEDS_ATTRIBUTE, SETTING_INT, NATURAL},
    {"vswitch_layout", SETTING_NEEDS_ATTRIBUTE, SETTING_LIST, NONE},
    {"vswitch_mac_address", SETTING_NEEDS_ATTRIBUTE, SETTING_STRING, NONE},
    {"serial_layout", SETTING_NEEDS_ATTRIBUTE, SETTING_LIST, NONE},
    {"socket_layout", SETTING_NEEDS_ATTRIBUTE, SETTING_LIST, NONE},
    {"guest_cid", SETTING_NEEDS_ATTRIBUTE, SETTING_INT, BYTE},

    // Written by applications of the reference system, but read by nothing.
    {"sem_value", SETTING_DEAD, SETTING_ANY, NONE},
    {"allow_smc", SETTING_DEAD, SETTING_ANY, NONE},
    {"iospace_id", SETTING_DEAD, SETTING_ANY, NONE},
    {"pci_bdf", SETTING_DEAD, SETTING_ANY, NONE},
    {"vm_name", SETTING_DEAD, SETTING_ANY, NONE},
    {"ram_offset", SETTING_DEAD_FIELD, SETTING_ANY, NONE},
    {"initrd_max_size", SETTING_DEAD_FIELD, SETTING_ANY, NONE},
};

const size_t settings_table_count = sizeof(settings_table) / sizeof(settings_table[0]);
