// SPDX-License-Identifier: BSD-2-Clause
// What the root task of this folder offers its topics. The task uses libsel4's public headers and
// nothing else, so that it can be built with those of upstream seL4 (AArch64, MCS, hypervisor, 40-bit
// physical addresses).
#ifndef TESTS_UPSTREAM_API_API_H
#define TESTS_UPSTREAM_API_API_H

#include <sel4/sel4.h>

// Upstream's generated headers do not define what is off.
#if defined(CONFIG_PRINTING) && CONFIG_PRINTING + 0
#define API_PRINTING 1
#else
#define API_PRINTING 0
#endif
#if defined(CONFIG_MAX_NUM_NODES) && CONFIG_MAX_NUM_NODES + 0 > 1
#define API_CORES CONFIG_MAX_NUM_NODES
#else
#define API_CORES 1
#endif

/// The initial thread's CSpace and VSpace, and the depth of a lookup that takes a whole word.
#define ROOT seL4_CapInitThreadCNode
#define VSPACE seL4_CapInitThreadVSpace
#define DEPTH seL4_WordBits
#define ATTRIBUTES seL4_ARM_Default_VMAttributes
#define PAGE_BYTES ((seL4_Word)1 << seL4_PageBits)
/// Registers in seL4_UserContext.
#define REGISTERS (sizeof(seL4_UserContext) / sizeof(seL4_Word))
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/// Counts a check; prints place and values when it fails.
#define CHECK(e) api_check(!!(e), 1, #e, __FILE__, __LINE__)
#define EQUAL(a, b) api_check((seL4_Word)(a), (seL4_Word)(b), #a, __FILE__, __LINE__)
/// The error of an invocation. Its message words stay in api_mr.
#define CALL(call, error) api_check(api_keep(call), (seL4_Word)(error), #call, __FILE__, __LINE__)
#define SUCCEEDS(call) CALL(call, seL4_NoError)
/// Message word of the last CALL.
#define ANSWER(word, value) EQUAL(api_mr[word], value)

#define API_MESSAGE_WORDS 12
extern seL4_Word api_mr[API_MESSAGE_WORDS];
extern seL4_BootInfo *api_info;
/// Objects that most topics use: an endpoint, a notification and a copy of it with API_BADGE.
#define API_BADGE 0x99
extern seL4_CPtr api_endpoint, api_notification, api_badged;
/// The untyped that objects come from.
extern seL4_CPtr api_memory;
/// For threads to leave results in.
extern volatile seL4_Word api_result[16];
/// 0x1234567 in every thread.
extern __thread long api_tls_probe;

void api_check(seL4_Word is, seL4_Word expected, const char *text, const char *file, unsigned line);
seL4_Word api_keep(seL4_Word error);

/// Free slots of the root CNode.
seL4_CPtr api_slot(void);
seL4_CPtr api_slots(seL4_Word count);
/// Whether a slot of it is empty.
int api_is_empty(seL4_CPtr slot);
/// A new object of ordinary memory.
seL4_CPtr api_object(seL4_Word type, seL4_Word bits);
seL4_CPtr api_copy(seL4_CPtr cap, seL4_CapRights_t rights);
seL4_CPtr api_mint(seL4_CPtr cap, seL4_CapRights_t rights, seL4_Word badge);
/// Data of a CNode cap.
seL4_Word api_guard(seL4_Word guard, seL4_Word bits);
/// The next free page of this task's VSpace.
seL4_Word api_address(void);
/// Maps a frame, with the tables that are missing; counts them in `tables`, which may be NULL.
seL4_Error api_map(seL4_CPtr vspace, seL4_CPtr frame, seL4_Word address, seL4_CapRights_t rights,
                   unsigned *tables);
/// A new page of memory; its frame in `frame`, which may be NULL.
seL4_Word api_page(seL4_CPtr *frame);
/// The frame of a device's page; 0 when no device untyped has it.
seL4_CPtr api_device_frame(seL4_Word paddr);

typedef void (*api_function)(seL4_Word);

/// A thread of this task with a stack of one page, an IPC buffer and TLS.
struct api_thread {
    seL4_CPtr tcb, sc, frame;
    seL4_IPCBuffer *buffer;
    seL4_Word stack_top;
    seL4_Word tls;
    api_function function;
    seL4_Word argument;
};

/// Makes one, not running. Times in microseconds; no scheduling context when `budget` is 0, otherwise one
/// with the badge API_SC_BADGE. Faults go to `fault_endpoint` (0: nowhere).
#define API_SC_BADGE 0xbad6e
struct api_thread *api_thread(seL4_Word priority, seL4_Word budget, seL4_Word period,
                              seL4_CPtr fault_endpoint);
/// Starts it from the beginning.
void api_start(struct api_thread *thread, api_function function, seL4_Word argument);
/// The registers with which it starts.
seL4_UserContext api_context(struct api_thread *thread, api_function function, seL4_Word argument);
void api_stop(struct api_thread *thread);
/// Waits for api_notification; its badge.
seL4_Word api_wait(void);

// start.S
void thread_entry(void);
void fault_read(seL4_Word address, volatile seL4_Word *result);
void fault_write(seL4_Word address);
seL4_Word fault_undefined(void);
seL4_Word fault_system_call(void);
extern char fault_read_at[], fault_write_at[], fault_undefined_at[], fault_system_call_at[];
void guest_entry(void);
extern char guest_hvc_at[], guest_load_at[];

// Topics, one function each.
void test_bootinfo(void);
void test_sizes(void);
void test_untyped(void);
void test_cnode(void);
void test_vspace(void);
void test_caches(void);
void test_ipc(void);
void test_rights(void);
void test_notification(void);
void test_threads(void);
void test_sched(void);
void test_cores(void);
void test_faults(void);
void test_user(void);
void test_irq(void);
void test_smc(void);
void test_vcpu(void);

#endif
