// SPDX-License-Identifier: BSD-2-Clause
// The invariants of threads, endpoints, notifications, replies, scheduling contexts and the
// scheduler's queues: every link has its way back, every queue agrees with the states of the
// threads in it.
#include "kernel_check_objects.h"
#include <kernel/sched.h>

#define QUEUE_MAX 10000u

static struct tcb_queue endpoint_queue(const struct endpoint *endpoint)
{
    return (struct tcb_queue){ (struct tcb *)(uintptr_t)(endpoint->head_state & ~(word_t)3),
                               (struct tcb *)(uintptr_t)endpoint->tail };
}

static bool queue_contains(struct tcb_queue queue, const struct tcb *tcb)
{
    for (const struct tcb *each = queue.head; each != NULL; each = each->queue_next) {
        if (each == tcb) {
            return true;
        }
    }
    return false;
}

/// The links of a queue; with `sorted`, that priorities do not rise.
static void check_queue(struct tcb_queue queue, bool sorted)
{
    const struct tcb *previous = NULL;
    unsigned length = 0;

    CHECK((queue.head == NULL) == (queue.tail == NULL), queue.head);
    for (const struct tcb *tcb = queue.head; tcb != NULL; tcb = tcb->queue_next) {
        CHECK(tcb->queue_previous == previous, tcb);
        CHECK(!sorted || previous == NULL || previous->priority >= tcb->priority, tcb);
        CHECK(++length < QUEUE_MAX, tcb);
        previous = tcb;
    }
    CHECK(queue.tail == previous, queue.tail);
}

/// First and last thread of each priority know each other.
static void check_groups(struct tcb_queue queue)
{
    for (const struct tcb *first = queue.head; first != NULL;) {
        const struct tcb *last = first;
        while (last->queue_next != NULL && last->queue_next->priority == first->priority) {
            last = last->queue_next;
        }
        CHECK(first->queue_group == last && last->queue_group == first, first);
        first = last->queue_next;
    }
}

/// The node that follows in pre-order of the heap, checking links on the way; NULL at the end.
static const struct time_node *next_node(const struct time_node *node)
{
    const struct time_node *left = node->left;
    const struct time_node *right = node->right;

    CHECK(left == NULL || (left->parent == node && left->time >= node->time), node);
    CHECK(right == NULL || (right->parent == node && right->time >= node->time), node);
    CHECK((left != NULL ? left->rank : 0) >= (right != NULL ? right->rank : 0), node);
    CHECK(node->rank == (right != NULL ? right->rank : 0) + 1, node);
    if (left != NULL) {
        return left; // a right child has a left sibling
    }
    for (; node->parent != NULL; node = node->parent) {
        if (node->parent->left == node && node->parent->right != NULL) {
            return node->parent->right;
        }
    }
    return NULL;
}

static bool time_queue_contains(const struct time_queue *queue, const struct time_node *wanted)
{
    for (const struct time_node *node = wanted; node != NULL; node = node->parent) {
        if (node == queue->first) {
            return true;
        }
    }
    return false;
}

static void check_endpoint(const struct endpoint *endpoint)
{
    const word_t state = endpoint->head_state & 3;
    const struct tcb_queue queue = endpoint_queue(endpoint);

    CHECK(state <= ENDPOINT_RECEIVE, endpoint);
    CHECK((state == ENDPOINT_IDLE) == (queue.head == NULL), endpoint);
    check_queue(queue, true);
    check_groups(queue);
    for (const struct tcb *tcb = queue.head; tcb != NULL; tcb = tcb->queue_next) {
        CHECK(tcb->blocking_object == (uintptr_t)endpoint, tcb);
        CHECK(tcb->state == (state == ENDPOINT_SEND ? THREAD_BLOCKED_ON_SEND
                                                    : THREAD_BLOCKED_ON_RECEIVE), tcb);
        CHECK(!tcb->in_ready_queue && !tcb->in_release_queue, tcb);
    }
}

/// The sender that a preempted CancelBadgedSends goes on with waits to send to its endpoint.
static void check_badged_cancel(void)
{
    const struct badged_cancel *cancel = &kernel_badged_cancel;
    CHECK(cancel->next == NULL
          || (cancel->next->state == THREAD_BLOCKED_ON_SEND
              && cancel->next->blocking_object == (uintptr_t)cancel->endpoint), cancel->next);
}

static void check_notification(const struct notification *notification)
{
    CHECK(notification->state <= NOTIFICATION_ACTIVE, notification);
    CHECK((notification->state == NOTIFICATION_WAITING) == (notification->queue.head != NULL),
          notification);
    CHECK(notification->state == NOTIFICATION_ACTIVE || notification->badge == 0, notification);
    CHECK(notification->bound_tcb == NULL
          || notification->bound_tcb->bound_notification == notification, notification);
    CHECK(notification->sched_context == NULL
          || notification->sched_context->notification == notification, notification);
    check_queue(notification->queue, true);
    check_groups(notification->queue);
    for (const struct tcb *tcb = notification->queue.head; tcb != NULL; tcb = tcb->queue_next) {
        CHECK(tcb->state == THREAD_BLOCKED_ON_NOTIFICATION, tcb);
        CHECK(tcb->blocking_object == (uintptr_t)notification, tcb);
    }
}

static void check_reply(const struct reply *reply)
{
    const struct sched_context *sc = (struct sched_context *)(uintptr_t)(reply->next & ~(word_t)1);
    const struct reply *newer = (struct reply *)(uintptr_t)reply->next;

    if (reply->tcb == NULL) {
        CHECK(reply->next == 0 && reply->previous == NULL, reply);
        return;
    }
    CHECK(reply->tcb->reply == reply, reply);
    CHECK(reply->tcb->state == THREAD_BLOCKED_ON_REPLY
              || reply->tcb->state == THREAD_BLOCKED_ON_RECEIVE,
          reply);
    if (reply->tcb->state != THREAD_BLOCKED_ON_REPLY) {
        CHECK(reply->next == 0 && reply->previous == NULL, reply);
    }
    if ((reply->next & 1) != 0) {
        CHECK(sc->reply == reply, reply);
    } else if (reply->next != 0) {
        CHECK(newer->previous == reply, reply);
    }
    CHECK(reply->previous == NULL || reply->previous->next == (uintptr_t)reply, reply);
}

static void check_refills(const struct sched_context *sc, word_t size_bits)
{
    const word_t room = (BIT(size_bits) - sizeof(*sc)) / sizeof(struct refill);

    if (sc->refill_max == 0) {
        return;
    }
    CHECK(sc->refill_max >= REFILLS_MIN && sc->refill_max <= room, sc);
    CHECK(sc->refill_head < sc->refill_max && sc->refill_tail < sc->refill_max, sc);
    if (sc->period == 0) {
        CHECK(sc->refill_head == 0 && sc->refill_tail == 1, sc);
        return;
    }
    for (uint32_t i = sc->refill_head;;) {
        CHECK(sc->refills[i].amount != 0 && sc->refills[i].amount <= sc->period, sc);
        if (i == sc->refill_tail) {
            break;
        }
        const uint32_t next = i + 1 == sc->refill_max ? 0 : i + 1;
        CHECK(sc->refills[i].time + sc->refills[i].amount <= sc->refills[next].time, sc);
        i = next;
    }
}

static void check_sched_context(const struct sched_context *sc, word_t size_bits)
{
    CHECK(sc->tcb == NULL || sc->tcb->sched_context == sc, sc);
    CHECK(sc->notification == NULL || sc->notification->sched_context == sc, sc);
    CHECK(sc->reply == NULL || sc->reply->next == ((uintptr_t)sc | 1), sc);
    CHECK(sc->yield_from == NULL || sc->yield_from->yield_to == sc, sc);
    unsigned length = 0;
    for (const struct reply *reply = sc->reply; reply != NULL; reply = reply->previous) {
        CHECK(++length < QUEUE_MAX, reply);
        check_reply(reply);
    }
    check_refills(sc, size_bits);
}

/// What a thread waits for knows of it, and nothing else holds it.
static void check_blocking(const struct tcb *tcb)
{
    switch (tcb->state) {
    case THREAD_BLOCKED_ON_RECEIVE:
    case THREAD_BLOCKED_ON_SEND:
        CHECK(queue_contains(endpoint_queue((struct endpoint *)(uintptr_t)tcb->blocking_object),
                             tcb),
              tcb);
        break;
    case THREAD_BLOCKED_ON_NOTIFICATION:
        CHECK(queue_contains(((struct notification *)(uintptr_t)tcb->blocking_object)->queue, tcb),
              tcb);
        break;
    case THREAD_BLOCKED_ON_REPLY:
        CHECK(tcb->reply != NULL, tcb);
        break;
    default:
        break;
    }
    if (tcb->state == THREAD_BLOCKED_ON_RECEIVE || tcb->state == THREAD_BLOCKED_ON_REPLY) {
        CHECK(tcb->reply == NULL || tcb->reply->tcb == tcb, tcb);
    } else {
        CHECK(tcb->reply == NULL, tcb);
    }
}

static void check_thread(const struct core *core, const struct tcb *tcb)
{
    const struct sched_context *sc = tcb->sched_context;

    CHECK(tcb->state <= THREAD_BLOCKED_IN_GUEST_IDLE, tcb);
    CHECK(tcb->domain < CONFIG_NUM_DOMAINS, tcb);
    CHECK(sc == NULL || sc->tcb == tcb, tcb);
    CHECK(tcb->bound_notification == NULL || tcb->bound_notification->bound_tcb == tcb, tcb);
    CHECK(tcb->yield_to == NULL || tcb->yield_to->yield_from == tcb, tcb);
    CHECK(!(tcb->in_ready_queue && tcb->in_release_queue), tcb);
    check_blocking(tcb);
    if (tcb->in_ready_queue) {
        CHECK(queue_contains(core->ready.queue[tcb->domain][tcb->priority], tcb), tcb);
    }
    if (tcb->in_release_queue) {
        CHECK(time_queue_contains(&core->release, &tcb->release_node), tcb);
    }
    if (tcb == core->current) {
        CHECK(!tcb->in_ready_queue && !tcb->in_release_queue, tcb);
        CHECK(tcb->state == THREAD_RUNNING, tcb);
        CHECK(sc != NULL && sc == core->current_sc && sc->refill_max != 0, tcb);
        CHECK(tcb->domain == core->domain, tcb);
    } else if (tcb_is_runnable(tcb) && sc != NULL && sc->refill_max != 0) {
        CHECK(tcb->in_ready_queue || tcb->in_release_queue, tcb);
    }
}

static void check_ready_queues(const struct core *core)
{
    const struct ready_queues *ready = &core->ready;

    for (unsigned domain = 0; domain < CONFIG_NUM_DOMAINS; domain++) {
        for (unsigned i = 0; i < CONFIG_NUM_PRIORITIES / 64; i++) {
            CHECK(((ready->summary[domain] & BIT(i)) != 0) == (ready->bitmap[domain][i] != 0),
                  core);
        }
        for (unsigned priority = 0; priority < CONFIG_NUM_PRIORITIES; priority++) {
            const struct tcb_queue queue = ready->queue[domain][priority];
            const bool marked = (ready->bitmap[domain][priority / 64] & BIT(priority % 64)) != 0;
            CHECK(marked == (queue.head != NULL) && marked == (queue.tail != NULL), core);
            if (!marked) {
                continue;
            }
            check_queue(queue, false);
            for (const struct tcb *tcb = queue.head; tcb != NULL; tcb = tcb->queue_next) {
                CHECK(tcb->in_ready_queue && tcb->domain == domain && tcb->priority == priority,
                      tcb);
                CHECK(tcb_is_schedulable(tcb), tcb);
                CHECK(domain != core->domain || priority <= core->current->priority
                      || core->current == core->idle, tcb);
                CHECK(domain != core->domain || core->current != core->idle, tcb);
            }
        }
    }
}

/// The thread that has a node at an offset.
static const struct tcb *tcb_of(const struct time_node *node, size_t offset)
{
    return (const struct tcb *)(const void *)((const char *)node - offset);
}

static void check_release_queue(const struct core *core)
{
    const struct time_node *node = core->release.first;
    unsigned length = 0;

    CHECK(node == NULL || node->parent == NULL, node);
    for (; node != NULL; node = next_node(node)) {
        const struct tcb *tcb = tcb_of(node, offsetof(struct tcb, release_node));
        CHECK(tcb->in_release_queue && tcb_is_runnable(tcb), tcb);
        CHECK(tcb->sched_context != NULL && tcb->sched_context->refill_max != 0, tcb);
        CHECK(node->time == refill_head(tcb->sched_context)->time, tcb);
        CHECK(++length < QUEUE_MAX, tcb);
    }
}

static void check_wake_queue(const struct core *core)
{
    const struct time_node *node = core->wake.first;
    unsigned length = 0;

    CHECK(node == NULL || node->parent == NULL, node);
    for (; node != NULL; node = next_node(node)) {
        const struct tcb *tcb = tcb_of(node, offsetof(struct tcb, wake_node));
        CHECK(tcb->in_wake_queue && tcb->state == THREAD_BLOCKED_IN_GUEST_IDLE, tcb);
        CHECK(tcb->arch.vcpu != NULL, tcb);
        CHECK(++length < QUEUE_MAX, tcb);
    }
}

void check_objects(struct core *core, const struct slot *const *slots, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        const struct cap cap = slots[i]->cap;
        switch (cap_type(cap)) {
        case CAP_ENDPOINT:
            check_endpoint(cap_pointer(cap));
            break;
        case CAP_NOTIFICATION:
            check_notification(cap_pointer(cap));
            break;
        case CAP_REPLY:
            check_reply(cap_pointer(cap));
            break;
        case CAP_SCHED_CONTEXT:
            check_sched_context(cap_pointer(cap), sched_context_cap_size_bits(cap));
            break;
        case CAP_THREAD:
            check_thread(core, cap_pointer(cap));
            break;
        default:
            break;
        }
    }
    check_ready_queues(core);
    check_release_queue(core);
    check_wake_queue(core);
    check_badged_cancel();
    CHECK(core->action == SCHEDULER_RESUME_CURRENT, core);
}
