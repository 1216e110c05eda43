// SPDX-License-Identifier: BSD-2-Clause
// Macros for assemblies with Arm VMs: the VM component's interfaces, and per VM the instance, its connections
// and the settings that every VM has. For ADL files, which the preprocessor sees one by one.
#ifndef VM_CONFIGURATIONS_VM_H
#define VM_CONFIGURATIONS_VM_H

// The types of the interfaces below.
import <std_connector.camkes>;
import <global-connectors.camkes>;
import <seL4VMDTBPassthrough.idl4>;
import <FileServerInterface.camkes>;
import <Batch.idl4>;
import <PutChar.idl4>;
import <GetChar.idl4>;
import <VirtQueues.idl4>;

/// The text of an expression whose macros are replaced first, for attributes of type string.
#define VAR_STRINGIZE_TEXT(...) #__VA_ARGS__
#define VAR_STRINGIZE(...) VAR_STRINGIZE_TEXT(__VA_ARGS__)

/// VM_CALL_EACH(macro, a, b, c) is macro(a) macro(b) macro(c), for up to eight arguments.
#define VM_CALL_1(macro, id) macro(id)
#define VM_CALL_2(macro, id, ...) macro(id) VM_CALL_1(macro, __VA_ARGS__)
#define VM_CALL_3(macro, id, ...) macro(id) VM_CALL_2(macro, __VA_ARGS__)
#define VM_CALL_4(macro, id, ...) macro(id) VM_CALL_3(macro, __VA_ARGS__)
#define VM_CALL_5(macro, id, ...) macro(id) VM_CALL_4(macro, __VA_ARGS__)
#define VM_CALL_6(macro, id, ...) macro(id) VM_CALL_5(macro, __VA_ARGS__)
#define VM_CALL_7(macro, id, ...) macro(id) VM_CALL_6(macro, __VA_ARGS__)
#define VM_CALL_8(macro, id, ...) macro(id) VM_CALL_7(macro, __VA_ARGS__)
#define VM_NINTH(a, b, c, d, e, f, g, h, i, ...) i
#define VM_COUNT(...) VM_NINTH(__VA_ARGS__, 8, 7, 6, 5, 4, 3, 2, 1, 0)
#define VM_PASTE_TEXT(a, b) a##b
#define VM_PASTE(a, b) VM_PASTE_TEXT(a, b)
#define VM_CALL_EACH(macro, ...) VM_PASTE(VM_CALL_, VM_COUNT(__VA_ARGS__))(macro, __VA_ARGS__)

// Interfaces that only some platforms' VMs have; an application may define these before.
#ifndef VM_PLATFORM_INTERFACES_DEF
#define VM_PLATFORM_INTERFACES_DEF()
#endif

/// Body of a VM component. What is `maybe` may stay unconnected.
#define VM_INIT_DEF() \
    control; \
    uses FileServerInterface fs; \
    maybe consumes restart restart_event; \
    has semaphore vm_sem; \
    maybe uses Batch batch; \
    maybe uses PutChar guest_putchar; \
    maybe uses GetChar serial_getchar; \
    maybe uses VirtQueueDev recv; \
    maybe uses VirtQueueDrv send; \
    VM_PLATFORM_INTERFACES_DEF() \
    consumes HaveNotification notification_ready; \
    emits HaveNotification notification_ready_connector; \
    maybe uses VMDTBPassthrough dtb_self; \
    provides VMDTBPassthrough dtb; \
    attribute int base_prio; \
    attribute int num_vcpus = 1; \
    attribute int num_extra_frame_caps; \
    attribute int extra_frame_map_address; \
    attribute { \
        string ram_base; \
        string ram_paddr_base; \
        string ram_size; \
        string dtb_addr; \
        string initrd_addr; \
        string kernel_entry_addr = "-1"; \
    } vm_address_config; \
    attribute { \
        string kernel_name = "linux"; \
        string dtb_name = "linux-dtb"; \
        string initrd_name = "linux-initrd"; \
        string kernel_bootcmdline = ""; \
        string kernel_stdout = ""; \
        string dtb_base_name = ""; \
        int provide_dtb = true; \
        int generate_dtb = false; \
        int provide_initrd = true; \
        int clean_cache = false; \
        int map_one_to_one = false; \
    } vm_image_config; \
    attribute { \
        string linux_ram_base; \
        string linux_ram_paddr_base; \
        string linux_ram_size; \
        string linux_ram_offset = "0"; \
        string dtb_addr; \
        string initrd_max_size = "-1"; \
        string initrd_addr; \
    } linux_address_config; \
    attribute { \
        string linux_name = "linux"; \
        string dtb_name = "linux-dtb"; \
        string initrd_name = "linux-initrd"; \
        string linux_bootcmdline = ""; \
        string linux_stdout = ""; \
        string dtb_base_name = ""; \
    } linux_image_config; \
    attribute { \
        int send_id; \
        int recv_id; \
    } serial_layout[] = [];

// --- Composition -------------------------------------------------------------------------------

/// One VM.
#define VM_COMPONENT_DEF(num) \
    component VM vm##num;

/// Its connections: the file server, and a signal to itself that its control thread waits for.
#define VM_COMPONENT_CONNECTIONS_DEF(num) \
    connection seL4RPCDataport fs##num(from vm##num.fs, to fserv.fs_ctrl); \
    connection seL4GlobalAsynch notify_ready_vm##num(from vm##num.notification_ready_connector, \
                                                     to vm##num.notification_ready);

#define VM_COMPOSITION_DEF(num) \
    VM_COMPONENT_DEF(num) \
    VM_COMPONENT_CONNECTIONS_DEF(num)

/// What all VMs of an assembly share.
#define VM_GENERAL_COMPOSITION_DEF() \
    component FileServer fserv;

// --- Configuration -----------------------------------------------------------------------------

#define VM_GENERAL_CONFIGURATION_DEF() \
    fserv.heap_size = 0x30000;

#define VM_CONFIGURATION_DEF(num) \
    vm##num.fs_shmem_size = 0x100000; \
    vm##num.global_endpoint_base = 1 << 27; \
    vm##num.asid_pool = true; \
    vm##num.simple = true; \
    vm##num.base_prio = 100; \
    vm##num._priority = 101; \
    vm##num.vm_sem_value = 0; \
    vm##num.heap_size = 0x300000;

/// Run a VM, with its VCPUs, in a scheduling domain of its own.
#define VM_DOMAIN_CONFIGURATION_DEF(num, vm_domain) \
    vm##num._domain = vm_domain; \
    vm##num.tcb_pool = 2; \
    vm##num.tcb_pool_domains = [vm_domain, vm_domain];

// --- Consoles of several VMs on one UART -------------------------------------------------------

#define VM_VIRTUAL_SERIAL_COMPONENTS_DEF() \
    component SerialServer serial; \
    component TimeServer time_server; \
    connection seL4TimeServer serialserver_timer(from serial.timeout, to time_server.the_timer);

#define PER_VM_VIRTUAL_SERIAL_CONNECTIONS_DEF(num) \
    connection seL4SerialServer serial_vm##num(from vm##num.batch, to serial.processed_batch); \
    connection seL4SerialServer serial_input_vm##num(from vm##num.serial_getchar, to serial.getchar);

/// Arguments: the numbers of the VMs.
#define VM_VIRTUAL_SERIAL_COMPOSITION_DEF(...) \
    VM_VIRTUAL_SERIAL_COMPONENTS_DEF() \
    VM_CALL_EACH(PER_VM_VIRTUAL_SERIAL_CONNECTIONS_DEF, __VA_ARGS__)

#define VM_VIRTUAL_SERIAL_GENERAL_CONFIGURATION_DEF() \
    time_server.timers_per_client = 1; \
    time_server.priority = 255; \
    time_server.simple = true;

#define PER_VM_VIRTUAL_SERIAL_CONFIGURATION_DEF(num) \
    vm##num.serial_getchar_shmem_size = 0x1000; \
    vm##num.batch_shmem_size = 0x1000;

#define VM_VIRTUAL_SERIAL_CONFIGURATION_DEF(...) \
    VM_VIRTUAL_SERIAL_GENERAL_CONFIGURATION_DEF() \
    VM_CALL_EACH(PER_VM_VIRTUAL_SERIAL_CONFIGURATION_DEF, __VA_ARGS__)

#endif
