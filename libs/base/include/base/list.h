// SPDX-License-Identifier: BSD-2-Clause
// Doubly linked ring with an embedded link: a list head is a link of its own. A link that is in no
// list points to itself, so removing it twice does no harm.
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include <base/compiler.h>

struct list {
    struct list *next; ///< borrowed
    struct list *prev; ///< borrowed
};

#define LIST_INIT(name) { &(name), &(name) }

static inline void list_init(struct list *list)
{
    list->next = list;
    list->prev = list;
}

static inline bool list_empty(const struct list *list)
{
    return list->next == list;
}

static inline void list_insert_between(struct list *item, struct list *prev, struct list *next)
{
    item->prev = prev;
    item->next = next;
    prev->next = item;
    next->prev = item;
}

/// Insert behind `list`: at the front when it is a head.
static inline void list_push_front(struct list *list, struct list *item)
{
    list_insert_between(item, list, list->next);
}

/// Insert before `list`: at the back when it is a head.
static inline void list_push_back(struct list *list, struct list *item)
{
    list_insert_between(item, list->prev, list);
}

static inline void list_remove(struct list *item)
{
    item->prev->next = item->next;
    item->next->prev = item->prev;
    list_init(item);
}

/// First item, taken out; NULL when the list is empty.
static inline struct list *list_pop_front(struct list *list)
{
    struct list *item = list->next;

    if (item == list) {
        return NULL;
    }
    list_remove(item);
    return item;
}

#define list_entry(link, type, member) CONTAINER_OF(link, type, member)

#define list_for_each(link, head) \
    for (struct list *link = (head)->next; link != (head); link = link->next)

/// The current item may be removed in the loop.
#define list_for_each_safe(link, head)                                                    \
    for (struct list *link = (head)->next, *link##_next = link->next; link != (head);     \
         link = link##_next, link##_next = link->next)

#endif
