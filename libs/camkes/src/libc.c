// SPDX-License-Identifier: BSD-2-Clause
// What the C library asks of its environment: locks around shared state, and ends of a program.
#include <camkes/runtime.h>

#include <stdlib.h>
#include <sys/lock.h>
#include <unistd.h>

// All locks of the C library are one mutex of the instance; it is taken for a few instructions
// only.
struct __lock {
    char unused;
};

struct __lock __lock___libc_recursive_mutex;

static const struct camkes_thread *lock_owner;
static unsigned lock_depth;

void __retarget_lock_init(_LOCK_T *lock)
{
    *lock = &__lock___libc_recursive_mutex;
}

void __retarget_lock_init_recursive(_LOCK_T *lock)
{
    *lock = &__lock___libc_recursive_mutex;
}

void __retarget_lock_close(_LOCK_T lock)
{
    (void)lock;
}

void __retarget_lock_close_recursive(_LOCK_T lock)
{
    (void)lock;
}

void __retarget_lock_acquire_recursive(_LOCK_T lock)
{
    const struct camkes_thread *self = camkes_this_thread();

    (void)lock;
    if (camkes_instance.libc_lock == NULL) {
        return;
    }
    // Only the owner itself can read its own name here.
    if (__atomic_load_n(&lock_owner, __ATOMIC_RELAXED) != self) {
        (void)camkes_mutex_lock(camkes_instance.libc_lock);
        __atomic_store_n(&lock_owner, self, __ATOMIC_RELAXED);
    }
    lock_depth++;
}

void __retarget_lock_release_recursive(_LOCK_T lock)
{
    (void)lock;
    if (camkes_instance.libc_lock == NULL) {
        return;
    }
    if (--lock_depth == 0) {
        __atomic_store_n(&lock_owner, NULL, __ATOMIC_RELAXED);
        (void)camkes_mutex_unlock(camkes_instance.libc_lock);
    }
}

void __retarget_lock_acquire(_LOCK_T lock)
{
    __retarget_lock_acquire_recursive(lock);
}

void __retarget_lock_release(_LOCK_T lock)
{
    __retarget_lock_release_recursive(lock);
}

void _exit(int status)
{
    camkes_console_print("%s: thread %s: exit(%d)\n", camkes_instance.name,
                         camkes_this_thread()->name, status);
    camkes_thread_stop();
}

void abort(void)
{
    camkes_console_print("%s: thread %s: abort()\n", camkes_instance.name,
                         camkes_this_thread()->name);
    camkes_thread_stop();
}
