// SPDX-License-Identifier: BSD-2-Clause
// The attacks one after the other, and the thread that keeps them going: it has a lower priority than the
// attacking thread, so that it runs exactly when that one has faulted or waits.
#include "attempt.h"

#include <camkes.h>
#include <camkes/runtime.h>
#include <stdio.h>

static const struct camkes_thread *find_thread(enum camkes_thread_kind kind)
{
    for (size_t i = 0; i < camkes_instance.thread_count; i++) {
        if (camkes_instance.threads[i].kind == kind) {
            return &camkes_instance.threads[i];
        }
    }
    return NULL;
}

static void attack_noise(void)
{
    for (unsigned i = 0; i < 200000; i++) {
        noise_emit();
    }
}

static void attack(void *context)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } attacks[] = {
        { "addresses", attack_addresses },     { "instructions", attack_instructions },
        { "numbers", attack_numbers },         { "slots", attack_slots },
        { "file server", attack_file_server }, { "signals", attack_noise },
    };

    (void)context;
    for (unsigned i = 0; i < sizeof(attacks) / sizeof(attacks[0]); i++) {
        attacks[i].run();
        printf("attack on %s: %llu calls, %llu faults, %llu waits, %u breaches so far\n",
               attacks[i].name, (unsigned long long)attempt_calls,
               (unsigned long long)attempt_faults, (unsigned long long)attempt_waits,
               attempt_breaches);
    }
    printf("attacks done: %u breaches\n", attempt_breaches);
    attack_itself();
}

/// Set the attacking thread behind what it tried.
static void call_back(const struct camkes_thread *thread)
{
    seL4_UserContext regs;

    if (seL4_TCB_ReadRegisters(thread->tcb, 0, 0, SEL4_USER_CONTEXT_WORDS, &regs) == seL4_NoError) {
        regs.pc = attempt_landing;
        (void)seL4_TCB_WriteRegisters(thread->tcb, 1, 0, SEL4_USER_CONTEXT_WORDS, &regs);
    }
}

int run(void)
{
    const struct camkes_thread *attacking = find_thread(CAMKES_THREAD_INTERFACE);
    const struct camkes_thread *handler = find_thread(CAMKES_THREAD_FAULT_HANDLER);

    // The instance's own report of faults would be long.
    (void)seL4_TCB_Suspend(handler->tcb);
    (void)attack_reg_callback(attack, NULL);
    go_emit();
    for (;;) {
        seL4_Word badge = 0;
        (void)seL4_NBRecv(camkes_instance.fault_endpoint, &badge, handler->reply);
        if (badge == attacking->tcb) {
            attempt_faults++;
        } else {
            attempt_waits++;
        }
        call_back(attacking);
    }
}
