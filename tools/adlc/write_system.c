// SPDX-License-Identifier: BSD-2-Clause
// Writer and reader of system.bin and model.bin. The host is little endian, as the format is.

#include "write_system.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vm_platform.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the tables are written as they are");

#define MODEL_MAGIC 0x004c45444f4d4b52u ///< "RKMODEL"
#define MODEL_VERSION 3u

struct model_file {
    uint64_t magic;
    uint32_t version;
    uint32_t arch;
    uint32_t core_count;
    uint32_t instance_count;
    uint64_t system_offset;
    uint64_t origins_offset; ///< of struct model_file_origins
    char platform[32];
};

/// Tables of uint32_t follow: the origins (struct model_file_origin), their instances, the origin
/// of each cap and of each mapping; then the strings.
struct model_file_origins {
    uint32_t origin_count;
    uint32_t instance_count;
    uint32_t cap_count;
    uint32_t mapping_count;
    uint32_t string_bytes;
    uint32_t reserved;
};

struct model_file_origin {
    uint32_t kind;
    uint32_t name;   ///< offset in the strings
    uint32_t detail; ///< offset in the strings
    uint32_t first_instance;
    uint32_t instance_count;
};

struct model_file_instance {
    uint32_t name; ///< object whose name is "<instance>.fault_ep" gives it
    uint32_t cnode;
    uint32_t vspace;
    uint32_t flags; ///< bit 0: VM
    uint64_t dtb_offset; ///< device tree of the VM's guest, in the file
    uint64_t dtb_size;   ///< 0: none
    uint64_t dtb_addr;   ///< where the guest finds it
};

void buffer_append(struct buffer *buffer, const void *data, size_t size)
{
    if (size > buffer->capacity - buffer->size) {
        size_t capacity = buffer->capacity != 0 ? buffer->capacity : 4096;
        while (capacity - buffer->size < size) {
            capacity *= 2;
        }
        uint8_t *grown = realloc(buffer->data, capacity);
        if (grown == NULL) {
            perror("adlc");
            exit(1);
        }
        buffer->data = grown;
        buffer->capacity = capacity;
    }
    if (data != NULL && size != 0) {
        memcpy(buffer->data + buffer->size, data, size);
        buffer->size += size;
    }
}

void buffer_pad(struct buffer *buffer, size_t alignment)
{
    static const uint8_t zeros[256];

    while (buffer->size % alignment != 0) {
        size_t missing = alignment - buffer->size % alignment;
        buffer_append(buffer, zeros, missing < sizeof(zeros) ? missing : sizeof(zeros));
    }
}

void buffer_release(struct buffer *buffer)
{
    free(buffer->data);
    memset(buffer, 0, sizeof(*buffer));
}

int buffer_write_file(const struct buffer *buffer, const char *path)
{
    FILE *file = fopen(path, "wb");

    if (file == NULL) {
        return -1;
    }
    bool ok = fwrite(buffer->data, 1, buffer->size, file) == buffer->size;
    if (fclose(file) != 0 || !ok) {
        return -1;
    }
    return 0;
}

int buffer_read_file(struct buffer *buffer, const char *path)
{
    static uint8_t chunk[65536];
    FILE *file = fopen(path, "rb");
    size_t got;

    if (file == NULL) {
        return -1;
    }
    while ((got = fread(chunk, 1, sizeof(chunk), file)) != 0) {
        buffer_append(buffer, chunk, got);
    }
    bool ok = ferror(file) == 0;
    (void)fclose(file);
    return ok ? 0 : -1;
}

// ---------------------------------------------------------------------------------------------
// Strings

/// Set of strings with their offsets: open addressing over offsets, 0 is an empty place.
struct strings {
    struct buffer bytes;
    uint32_t *places;
    size_t capacity;
    size_t count;
    const char *last; ///< neighbours in a table often share their name
    uint32_t last_offset;
};

static size_t string_hash(const char *text)
{
    size_t hash = 5381;

    for (; *text != '\0'; text++) {
        hash = hash * 33 + (unsigned char)*text;
    }
    return hash;
}

static size_t string_place(const struct strings *strings, const char *text)
{
    size_t at = string_hash(text) & (strings->capacity - 1);

    while (strings->places[at] != 0
           && strcmp((const char *)strings->bytes.data + strings->places[at] - 1, text) != 0) {
        at = (at + 1) & (strings->capacity - 1);
    }
    return at;
}

static void strings_grow(struct strings *strings)
{
    uint32_t *old = strings->places;
    size_t old_capacity = strings->capacity;

    strings->capacity = old_capacity != 0 ? old_capacity * 2 : 256;
    strings->places = calloc(strings->capacity, sizeof(strings->places[0]));
    if (strings->places == NULL) {
        perror("adlc");
        exit(1);
    }
    for (size_t i = 0; i < old_capacity; i++) {
        if (old[i] != 0) {
            const char *text = (const char *)strings->bytes.data + old[i] - 1;
            strings->places[string_place(strings, text)] = old[i];
        }
    }
    free(old);
}

static uint32_t strings_add(struct strings *strings, const char *text)
{
    if (text == NULL) {
        return SYSTEM_IMAGE_NONE;
    }
    if (text == strings->last) {
        return strings->last_offset;
    }
    if (strings->count * 2 >= strings->capacity) {
        strings_grow(strings);
    }
    size_t place = string_place(strings, text);
    if (strings->places[place] == 0) {
        strings->places[place] = (uint32_t)strings->bytes.size + 1;
        strings->count++;
        buffer_append(&strings->bytes, text, strlen(text) + 1);
    }
    strings->last = text;
    strings->last_offset = strings->places[place] - 1;
    return strings->last_offset;
}

// ---------------------------------------------------------------------------------------------
// Writing

static struct system_table put_table(struct buffer *out, size_t start, const void *items,
                                     size_t count, size_t item_size)
{
    buffer_pad(out, 8);
    struct system_table table = { (uint32_t)(out->size - start), (uint32_t)count };
    buffer_append(out, items, count * item_size);
    return table;
}

static struct system_table put_objects(const struct model *model, struct strings *strings,
                                       struct buffer *out, size_t start)
{
    struct system_table table = put_table(out, start, NULL, 0, 0);

    table.count = (uint32_t)model->objects.count;
    for (size_t i = 0; i < model->objects.count; i++) {
        const struct model_object *from = &model->objects.items[i];
        struct system_object object = {
            .type = (uint8_t)from->type,
            .size_bits = from->size_bits,
            .flags = from->flags,
            .name = strings_add(strings, from->name),
            .address = from->address,
        };
        buffer_append(out, &object, sizeof(object));
    }
    return table;
}

static struct system_table put_threads(const struct model *model, struct strings *strings,
                                       struct buffer *out, size_t start)
{
    struct system_table table = put_table(out, start, NULL, 0, 0);

    table.count = (uint32_t)model->threads.count;
    for (size_t i = 0; i < model->threads.count; i++) {
        struct system_thread thread = model->threads.items[i].spec;
        thread.name = strings_add(strings, model->threads.items[i].name);
        buffer_append(out, &thread, sizeof(thread));
    }
    return table;
}

void write_system(const struct model *model, uint64_t page_count, struct buffer *out)
{
    struct system_image header = {
        .magic = SYSTEM_IMAGE_MAGIC,
        .version = SYSTEM_IMAGE_VERSION,
        .arch = model->arch,
        .page_count = page_count,
    };
    struct strings strings = { 0 };
    size_t start = out->size;

    buffer_append(out, &header, sizeof(header));
    header.objects = put_objects(model, &strings, out, start);
#define PUT(field) \
    put_table(out, start, model->field.items, model->field.count, sizeof(model->field.items[0]))
    header.caps = PUT(caps);
    header.page_tables = PUT(page_tables);
    header.mappings = PUT(mappings);
    header.threads = put_threads(model, &strings, out, start);
    header.vcpus = PUT(vcpus);
    header.irqs = PUT(irqs);
    header.fills = PUT(fills);
    header.schedule = PUT(schedule);
#undef PUT
    header.strings = put_table(out, start, strings.bytes.data, strings.bytes.size, 1);
    header.size = out->size - start;
    header.page_offset =
        (header.size + MODEL_PAGE_SIZE - 1) & ~(uint64_t)(MODEL_PAGE_SIZE - 1);
    memcpy(out->data + start, &header, sizeof(header));
    buffer_release(&strings.bytes);
    free(strings.places);
}

static void put_origins(const struct model *model, struct buffer *out)
{
    struct model_file_origins header = {
        .origin_count = (uint32_t)model->origins.count,
        .cap_count = (uint32_t)model->cap_origins.count,
        .mapping_count = (uint32_t)model->mapping_origins.count,
    };
    struct strings strings = { 0 };
    size_t start = out->size;

    buffer_append(out, &header, sizeof(header));
    for (size_t i = 0; i < model->origins.count; i++) {
        const struct model_origin *from = &model->origins.items[i];
        struct model_file_origin origin = {
            .kind = (uint32_t)from->kind,
            .name = strings_add(&strings, from->name),
            .detail = strings_add(&strings, from->detail),
            .first_instance = header.instance_count,
            .instance_count = from->instance_count,
        };
        header.instance_count += from->instance_count;
        buffer_append(out, &origin, sizeof(origin));
    }
    for (size_t i = 0; i < model->origins.count; i++) {
        const struct model_origin *from = &model->origins.items[i];
        buffer_append(out, from->instances, from->instance_count * sizeof(uint32_t));
    }
    buffer_append(out, model->cap_origins.items, model->cap_origins.count * sizeof(uint32_t));
    buffer_append(out, model->mapping_origins.items,
                  model->mapping_origins.count * sizeof(uint32_t));
    header.string_bytes = (uint32_t)strings.bytes.size;
    buffer_append(out, strings.bytes.data, strings.bytes.size);
    memcpy(out->data + start, &header, sizeof(header));
    buffer_pad(out, 8);
    buffer_release(&strings.bytes);
    free(strings.places);
}

void write_model(const struct model *model, struct buffer *out)
{
    size_t start = out->size;
    struct model_file header = {
        .magic = MODEL_MAGIC,
        .version = MODEL_VERSION,
        .arch = model->arch,
        .core_count = model->core_count,
        .instance_count = (uint32_t)model->instance_count,
    };

    (void)snprintf(header.platform, sizeof(header.platform), "%s", model->platform->name);
    uint64_t offset = sizeof(header) + model->instance_count * sizeof(struct model_file_instance);
    buffer_append(out, &header, sizeof(header));
    for (size_t i = 0; i < model->instance_count; i++) {
        const struct model_instance *from = &model->instances[i];
        struct model_file_instance instance = {
            .name = from->fault_endpoint,
            .cnode = from->cnode,
            .vspace = from->vspace,
            .flags = from->is_vm ? 1 : 0,
            .dtb_offset = from->guest_dtb_size != 0 ? offset : 0,
            .dtb_size = from->guest_dtb_size,
            .dtb_addr = from->guest_dtb_addr,
        };
        buffer_append(out, &instance, sizeof(instance));
        offset += (from->guest_dtb_size + 7) & ~(uint64_t)7;
    }
    for (size_t i = 0; i < model->instance_count; i++) {
        buffer_append(out, model->instances[i].guest_dtb, model->instances[i].guest_dtb_size);
        buffer_pad(out, 8);
    }
    header.origins_offset = out->size - start;
    put_origins(model, out);
    header.system_offset = out->size - start;
    write_system(model, 0, out);
    memcpy(out->data + start, &header, sizeof(header));
}

// ---------------------------------------------------------------------------------------------
// Reading

/// Start of a table after checking that it lies inside the file; NULL when it does not.
static const uint8_t *get_table(const uint8_t *data, uint64_t size, struct system_table table,
                                size_t item_size)
{
    if (table.offset > size || table.count > (size - table.offset) / item_size
        || table.offset % (item_size == 1 ? 1 : 8) != 0) {
        return NULL;
    }
    return data + table.offset;
}

/// Name at an offset of the string table; "" for none, NULL when the offset is bad.
static const char *get_name(struct model *model, const char *strings, uint32_t length,
                            uint32_t offset, const char *previous, const char *previous_copy)
{
    if (offset == SYSTEM_IMAGE_NONE) {
        return "";
    }
    if (offset >= length) {
        return NULL;
    }
    if (strings + offset == previous) {
        return previous_copy;
    }
    return arena_intern(model->arena, strings + offset);
}

static const char *check_references(const struct model *model)
{
    uint32_t objects = (uint32_t)model->objects.count;

#define BAD(index) ((index) >= objects)
#define BAD_OPTIONAL(index) ((index) != SYSTEM_IMAGE_NONE && BAD(index))
    for (size_t i = 0; i < model->caps.count; i++) {
        if (BAD(model->caps.items[i].cnode) || BAD(model->caps.items[i].object)) {
            return "a cap refers to an object that does not exist";
        }
    }
    for (size_t i = 0; i < model->page_tables.count; i++) {
        if (BAD(model->page_tables.items[i].vspace)
            || BAD(model->page_tables.items[i].page_table)) {
            return "a page table refers to an object that does not exist";
        }
    }
    for (size_t i = 0; i < model->mappings.count; i++) {
        const struct system_mapping *mapping = &model->mappings.items[i];
        if (BAD(mapping->vspace) || BAD(mapping->frame) || BAD_OPTIONAL(mapping->cnode)) {
            return "a mapping refers to an object that does not exist";
        }
    }
    for (size_t i = 0; i < model->threads.count; i++) {
        const struct system_thread *thread = &model->threads.items[i].spec;
        if (BAD(thread->tcb) || BAD_OPTIONAL(thread->cnode) || BAD(thread->vspace)
            || BAD_OPTIONAL(thread->ipc_buffer) || BAD_OPTIONAL(thread->sched_context)
            || BAD_OPTIONAL(thread->bound_notification) || BAD_OPTIONAL(thread->fault_endpoint)
            || BAD_OPTIONAL(thread->timeout_endpoint)) {
            return "a thread refers to an object that does not exist";
        }
    }
    for (size_t i = 0; i < model->vcpus.count; i++) {
        if (BAD(model->vcpus.items[i].vcpu) || BAD(model->vcpus.items[i].tcb)) {
            return "a VCPU refers to an object that does not exist";
        }
    }
    for (size_t i = 0; i < model->irqs.count; i++) {
        if (BAD(model->irqs.items[i].handler) || BAD_OPTIONAL(model->irqs.items[i].notification)) {
            return "an interrupt refers to an object that does not exist";
        }
    }
    for (size_t i = 0; i < model->fills.count; i++) {
        if (BAD(model->fills.items[i].frame)) {
            return "a fill refers to an object that does not exist";
        }
    }
#undef BAD
#undef BAD_OPTIONAL
    return NULL;
}

static const char *read_objects(struct model *model, const uint8_t *from, uint32_t count,
                                const char *strings, uint32_t length)
{
    const char *previous = NULL;
    const char *name = "";

    for (uint32_t i = 0; i < count; i++) {
        struct system_object object;
        memcpy(&object, from + (size_t)i * sizeof(object), sizeof(object));
        name = get_name(model, strings, length, object.name, previous, name);
        if (name == NULL) {
            return "the name of an object lies outside the strings";
        }
        previous = object.name != SYSTEM_IMAGE_NONE ? strings + object.name : NULL;
        if (object.type < SYSTEM_OBJECT_UNTYPED || object.type > SYSTEM_OBJECT_LAST
            || object.size_bits > 47) {
            return "an object has an unknown type or an impossible size";
        }
        struct model_object copy = {
            .type = (enum system_object_type)object.type,
            .size_bits = object.size_bits,
            .flags = object.flags,
            .address = object.address,
            .name = name,
        };
        VEC_PUSH(model->arena, model->objects, copy);
    }
    return NULL;
}

static const char *read_threads(struct model *model, const uint8_t *from, uint32_t count,
                                const char *strings, uint32_t length)
{
    for (uint32_t i = 0; i < count; i++) {
        struct model_thread thread;
        memcpy(&thread.spec, from + (size_t)i * sizeof(thread.spec), sizeof(thread.spec));
        thread.name = get_name(model, strings, length, thread.spec.name, NULL, NULL);
        if (thread.name == NULL) {
            return "the name of a thread lies outside the strings";
        }
        VEC_PUSH(model->arena, model->threads, thread);
    }
    return NULL;
}

const char *read_system(struct model *model, const uint8_t *data, size_t size,
                        uint64_t *page_count)
{
    struct system_image header;

    if (size < sizeof(header)) {
        return "the file is shorter than its header";
    }
    memcpy(&header, data, sizeof(header));
    if (header.magic != SYSTEM_IMAGE_MAGIC || header.version != SYSTEM_IMAGE_VERSION) {
        return "this is no system image of this version";
    }
    if (header.size > size || header.size < sizeof(header)) {
        return "the file is cut short";
    }
    const char *strings = (const char *)get_table(data, header.size, header.strings, 1);
    if (strings == NULL || header.strings.count == 0
        || strings[header.strings.count - 1] != '\0') {
        return "the strings are damaged";
    }
    const uint8_t *objects =
        get_table(data, header.size, header.objects, sizeof(struct system_object));
    const uint8_t *threads =
        get_table(data, header.size, header.threads, sizeof(struct system_thread));
    if (objects == NULL || threads == NULL) {
        return "a table lies outside the file";
    }
    const char *error =
        read_objects(model, objects, header.objects.count, strings, header.strings.count);
    if (error == NULL) {
        error = read_threads(model, threads, header.threads.count, strings, header.strings.count);
    }
    if (error != NULL) {
        return error;
    }
#define GET(field)                                                                               \
    do {                                                                                         \
        size_t item_size = sizeof(model->field.items[0]);                                        \
        const uint8_t *from = get_table(data, header.size, header.field, item_size);             \
        if (from == NULL) {                                                                      \
            return "a table lies outside the file";                                              \
        }                                                                                        \
        model->field.items = arena_alloc_array(model->arena, header.field.count, item_size);     \
        model->field.count = model->field.capacity = header.field.count;                         \
        memcpy(model->field.items, from, header.field.count * item_size);                        \
    } while (0)
    GET(caps);
    GET(page_tables);
    GET(mappings);
    GET(vcpus);
    GET(irqs);
    GET(fills);
    GET(schedule);
#undef GET
    model->arch = (enum system_arch)header.arch;
    if (page_count != NULL) {
        *page_count = header.page_count;
    }
    return check_references(model);
}

/// `count` words at *offset, which moves behind them; NULL when the file ends before.
static uint32_t *get_words(struct model *model, const uint8_t *data, size_t size, uint64_t *offset,
                           uint64_t count)
{
    if (*offset > size || count > (size - *offset) / sizeof(uint32_t)) {
        return NULL;
    }
    uint32_t *words = ARENA_NEW_ARRAY(model->arena, uint32_t, count);
    if (count != 0) {
        memcpy(words, data + *offset, count * sizeof(uint32_t));
    }
    *offset += count * sizeof(uint32_t);
    return words;
}

static const char *take_origins(struct model *model, const struct model_file_origins *header,
                                const uint32_t *origins, const uint32_t *instances,
                                const char *strings)
{
    for (uint32_t i = 0; i < header->instance_count; i++) {
        if (instances[i] >= model->instance_count) {
            return "an origin refers to an instance that does not exist";
        }
    }
    for (uint32_t i = 0; i < header->origin_count; i++) {
        struct model_file_origin from;
        memcpy(&from, (const uint8_t *)origins + i * sizeof(from), sizeof(from));
        if (from.kind < MODEL_ORIGIN_CONNECTION || from.kind > MODEL_ORIGIN_GUEST
            || from.name >= header->string_bytes || from.detail >= header->string_bytes
            || from.first_instance > header->instance_count
            || from.instance_count > header->instance_count - from.first_instance) {
            return "an origin is damaged";
        }
        struct model_origin origin = {
            .kind = (enum model_origin_kind)from.kind,
            .name = arena_intern(model->arena, strings + from.name),
            .detail = arena_intern(model->arena, strings + from.detail),
            .instances = instances + from.first_instance,
            .instance_count = from.instance_count,
        };
        VEC_PUSH(model->arena, model->origins, origin);
    }
    return NULL;
}

static const char *read_origins(struct model *model, const uint8_t *data, size_t size,
                                uint64_t offset)
{
    static const char cut[] = "the origins are cut short";
    struct model_file_origins header;

    if (offset > size || sizeof(header) > size - offset) {
        return cut;
    }
    memcpy(&header, data + offset, sizeof(header));
    offset += sizeof(header);
    const uint32_t *origins =
        get_words(model, data, size, &offset,
                  (uint64_t)header.origin_count * (sizeof(struct model_file_origin) / 4));
    const uint32_t *instances = get_words(model, data, size, &offset, header.instance_count);
    uint32_t *caps = get_words(model, data, size, &offset, header.cap_count);
    uint32_t *mappings = get_words(model, data, size, &offset, header.mapping_count);
    if (origins == NULL || instances == NULL || caps == NULL || mappings == NULL
        || header.string_bytes > size - offset
        || (header.string_bytes != 0 && data[offset + header.string_bytes - 1] != '\0')) {
        return cut;
    }
    model->cap_origins.items = caps;
    model->cap_origins.count = model->cap_origins.capacity = header.cap_count;
    model->mapping_origins.items = mappings;
    model->mapping_origins.count = model->mapping_origins.capacity = header.mapping_count;
    return take_origins(model, &header, origins, instances, (const char *)data + offset);
}

static const char *read_instances(struct model *model, const struct model_file *header,
                                  const uint8_t *data, size_t size)
{
    model->instance_count = header->instance_count;
    model->instances =
        ARENA_NEW_ARRAY(model->arena, struct model_instance, header->instance_count);
    for (uint32_t i = 0; i < header->instance_count; i++) {
        struct model_file_instance from;
        memcpy(&from, data + sizeof(*header) + (size_t)i * sizeof(from), sizeof(from));
        if (from.name >= model->objects.count || from.cnode >= model->objects.count
            || from.vspace >= model->objects.count) {
            return "an instance refers to an object that does not exist";
        }
        if (from.dtb_offset > size || from.dtb_size > size - from.dtb_offset) {
            return "a device tree lies outside the file";
        }
        const char *name = model->objects.items[from.name].name;
        const char *dot = strrchr(name, '.');
        struct model_instance *instance = &model->instances[i];
        instance->name =
            arena_strndup(model->arena, name, dot != NULL ? (size_t)(dot - name) : strlen(name));
        instance->index = i;
        instance->cnode = from.cnode;
        instance->vspace = from.vspace;
        instance->is_vm = (from.flags & 1) != 0;
        instance->guest_dtb = data + from.dtb_offset;
        instance->guest_dtb_size = from.dtb_size;
        instance->guest_dtb_addr = from.dtb_addr;
    }
    model_find_spaces(model);
    return NULL;
}

const char *read_model(struct model *model, const uint8_t *data, size_t size)
{
    struct model_file header;

    if (size < sizeof(header)) {
        return "the file is shorter than its header";
    }
    memcpy(&header, data, sizeof(header));
    header.platform[sizeof(header.platform) - 1] = '\0';
    if (header.magic != MODEL_MAGIC || header.version != MODEL_VERSION) {
        return "this is no model of this compiler version";
    }
    if (header.system_offset < sizeof(header) || header.system_offset > size
        || header.instance_count
               > (header.system_offset - sizeof(header)) / sizeof(struct model_file_instance)) {
        return "the file is cut short";
    }
    const char *error =
        read_system(model, data + header.system_offset, size - header.system_offset, NULL);
    if (error != NULL) {
        return error;
    }
    model->core_count = header.core_count;
    model->platform = platform_find(header.platform, model->arch);
    if (model->platform == NULL) {
        return "its platform is unknown";
    }
    error = read_instances(model, &header, data, size);
    return error != NULL ? error : read_origins(model, data, size, header.origins_offset);
}
