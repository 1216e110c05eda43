// SPDX-License-Identifier: BSD-2-Clause
// Macros that build assemblies of Arm virtual machines, for the tests.
#pragma once

#define VAR_STRINGIZE_(text) #text
#define VAR_STRINGIZE(text) VAR_STRINGIZE_(text)

// FOR_EACH_VM(f, ids...): f once per id. The count of the arguments picks one of the FOR_n.
#define FOR_COUNT_(a, b, c, d, e, f, g, h, n, rest...) n
#define FOR_COUNT(args...) FOR_COUNT_(args, 8, 7, 6, 5, 4, 3, 2, 1, 0)
#define FOR_1(f, x) f(x)
#define FOR_2(f, x, more...) f(x) FOR_1(f, more)
#define FOR_3(f, x, more...) f(x) FOR_2(f, more)
#define FOR_4(f, x, more...) f(x) FOR_3(f, more)
#define FOR_JOIN_(a, b) a##b
#define FOR_JOIN(a, b) FOR_JOIN_(a, b)
#define FOR_EACH_VM(f, vm_ids...) FOR_JOIN(FOR_, FOR_COUNT(vm_ids))(f, vm_ids)

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

#define VM_GENERAL_COMPOSITION_DEF() \
    component FileServer fserv;

#define VM_COMPONENT_DEF(num) \
    component VM vm##num;

#define VM_COMPONENT_CONNECTIONS_DEF(num) \
    connection seL4RPCDataport fs##num(from vm##num.fs, to fserv.fs_ctrl); \
    connection seL4GlobalAsynch notify_ready_vm##num( \
        from vm##num.notification_ready_connector, to vm##num.notification_ready);

#define VM_COMPOSITION_DEF(num) \
    VM_COMPONENT_DEF(num) \
    VM_COMPONENT_CONNECTIONS_DEF(num)

#define VM_GENERAL_CONFIGURATION_DEF() \
    fserv.heap_size = 0x30000;

#define VM_CONFIGURATION_DEF(num) \
    vm##num.fs_shmem_size = 0x100000; \
    vm##num.global_endpoint_base = 1 << 27; \
    vm##num.asid_pool = true; \
    vm##num.simple = true; \
    vm##num.base_prio = 100; \
    vm##num._priority = 101; \
    vm##num.sem_value = 0; \
    vm##num.heap_size = 0x300000;

#define PER_VM_SERIAL_COMPOSITION_DEF(num) \
    connection seL4SerialServer serial_vm##num(from vm##num.batch, to serial.processed_batch); \
    connection seL4SerialServer serial_input_vm##num(from vm##num.serial_getchar, \
                                                     to serial.getchar);

#define VM_VIRTUAL_SERIAL_COMPOSITION_DEF(vm_ids...) \
    component SerialServer serial; \
    component TimeServer time_server; \
    FOR_EACH_VM(PER_VM_SERIAL_COMPOSITION_DEF, vm_ids) \
    connection seL4TimeServer serialserver_timer(from serial.timeout, to time_server.the_timer);

#define VM_VIRTUAL_SERIAL_GENERAL_CONFIGURATION_DEF() \
    time_server.timers_per_client = 1; \
    time_server.priority = 255; \
    time_server.simple = true;

#define PER_VM_SERIAL_CONFIGURATION_DEF(num) \
    vm##num.serial_getchar_shmem_size = 0x1000; \
    vm##num.batch_shmem_size = 0x1000;

#define VM_VIRTUAL_SERIAL_CONFIGURATION_DEF(vm_ids...) \
    FOR_EACH_VM(PER_VM_SERIAL_CONFIGURATION_DEF, vm_ids)
