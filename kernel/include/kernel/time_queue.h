// SPDX-License-Identifier: BSD-2-Clause
// Queues ordered by time: what waits for a moment. Inserting and removing take O(log n) steps, so that
// no number of waiting threads makes a kernel entry long.
#ifndef KERNEL_TIME_QUEUE_H
#define KERNEL_TIME_QUEUE_H

#include <kernel/types.h>

/// Place of an object in a queue; zeros when it is in none.
struct time_node {
    struct time_node *parent;
    struct time_node *left;
    struct time_node *right;
    ticks_t time;
    uint64_t sequence; ///< order among equal times
    word_t rank;       ///< nodes on the shortest way down to a missing child
};

/// A leftist heap: no node is before its parent, and no right child's rank is above the left one's.
struct time_queue {
    struct time_node *first; ///< the earliest; NULL: empty
    uint64_t sequence;
};

/// Puts a node that is in no queue behind all of the same time.
void time_queue_insert(struct time_queue *queue, struct time_node *node, ticks_t time);
/// Takes a node out of the queue that it is in.
void time_queue_remove(struct time_queue *queue, struct time_node *node);

#endif
