// SPDX-License-Identifier: BSD-2-Clause
// Leftist heaps (C. A. Crane, 1972). Ranks fall on every way to the right, so a way to the right has
// at most log2(n) nodes; all loops here follow such a way, or ranks that grow with each step.
#include <kernel/time_queue.h>

static bool is_before(const struct time_node *a, const struct time_node *b)
{
    return a->time < b->time || (a->time == b->time && a->sequence < b->sequence);
}

static word_t rank_of(const struct time_node *node)
{
    return node != NULL ? node->rank : 0;
}

/// Puts a node's children and rank right. Returns whether the rank changed.
static bool settle(struct time_node *node)
{
    if (rank_of(node->left) < rank_of(node->right)) {
        struct time_node *left = node->left;
        node->left = node->right;
        node->right = left;
    }
    const word_t rank = rank_of(node->right) + 1;
    const bool changed = rank != node->rank;
    node->rank = rank;
    return changed;
}

/// Makes one heap of two (NULL: empty). Returns its first node, which has no parent.
static struct time_node *merge(struct time_node *a, struct time_node *b)
{
    struct time_node *root = NULL;
    struct time_node **link = &root;
    struct time_node *parent = NULL;

    while (a != NULL && b != NULL) {
        if (is_before(b, a)) {
            struct time_node *swapped = a;
            a = b;
            b = swapped;
        }
        *link = a;
        a->parent = parent;
        parent = a;
        link = &a->right;
        a = a->right;
    }
    *link = a != NULL ? a : b;
    if (*link != NULL) {
        (*link)->parent = parent;
    }
    for (; parent != NULL; parent = parent->parent) {
        (void)settle(parent);
    }
    return root;
}

void time_queue_insert(struct time_queue *queue, struct time_node *node, ticks_t time)
{
    *node = (struct time_node){ .time = time, .sequence = queue->sequence++, .rank = 1 };
    queue->first = merge(queue->first, node);
}

void time_queue_remove(struct time_queue *queue, struct time_node *node)
{
    struct time_node *parent = node->parent;
    struct time_node *rest = merge(node->left, node->right);

    if (rest != NULL) {
        rest->parent = parent;
    }
    if (parent == NULL) {
        queue->first = rest;
    } else if (parent->left == node) {
        parent->left = rest;
    } else {
        parent->right = rest;
    }
    while (parent != NULL && settle(parent)) {
        parent = parent->parent;
    }
    *node = (struct time_node){ 0 };
}
