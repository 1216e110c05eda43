// SPDX-License-Identifier: BSD-2-Clause
// A drawing of instances and connections. Boxes stand in columns so that connections run to the
// right; those that span columns get invisible boxes on the way, and boxes of a column are sorted
// by the mean place of their neighbours. Everything is integers, in the order of declaration.

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"
#include "vec.h"
#include "vm.h"

#define MAX_BOXES 400u
#define MAX_LINES 1500u
#define SWEEPS 6u

#define CHAR_WIDTH 7
#define SMALL_WIDTH 6
#define LINE_HEIGHT 16
#define PORT_STEP 34
#define BOX_GAP 28
#define MARGIN 24

struct box {
    const char *title; ///< NULL: invisible
    const char *subtitle;
    const char *style; ///< class of the rectangle
    VEC(const char *) notes; ///< connections of the instance to itself
    int column;
    int x, y, width, height;
    int order;         ///< in its column
    int out_count, in_count;
    int out_next, in_next;
};

struct line {
    uint32_t from, to;       ///< boxes, `from` in the column left of `to`
    const char *label;       ///< of the first piece; else NULL
    const char *sublabel;
    bool arrow_left, arrow_right;
    bool dotted;
};

struct drawing {
    struct model *model;
    VEC(struct box) boxes;
    VEC(struct line) lines;  ///< first as they are connected, then cut at the columns
    uint32_t *order;         ///< boxes sorted by column and place
    int columns;
    int width, height;
};

// ---------------------------------------------------------------------------------------------
// Contents

static uint32_t add_box(struct drawing *d, const char *title, const char *subtitle,
                        const char *style)
{
    struct box box = { .title = title, .subtitle = subtitle, .style = style };

    VEC_PUSH(d->model->arena, d->boxes, box);
    return (uint32_t)(d->boxes.count - 1);
}

static void add_line(struct drawing *d, uint32_t from, uint32_t to, const char *label,
                     const char *sublabel, bool dotted)
{
    struct line line = {
        .from = from, .to = to, .label = label, .sublabel = sublabel,
        .arrow_right = true, .dotted = dotted,
    };

    if (from == to) {
        const char *note = model_printf(d->model, "%s: %s", label, sublabel);
        VEC_PUSH(d->model->arena, d->boxes.items[from].notes, note);
    } else {
        VEC_PUSH(d->model->arena, d->lines, line);
    }
}

/// False when the system is too large to draw.
static bool collect(struct drawing *d)
{
    const struct flat_assembly *flat = d->model->flat;

    if (flat->instance_count > MAX_BOXES / 2) {
        return false;
    }
    for (size_t i = 0; i < flat->instance_count; i++) {
        const struct flat_instance *instance = &flat->instances[i];
        bool group = strcmp(instance->address_space, instance->name) != 0 && !instance->hardware;
        (void)add_box(d, instance->name,
                      group ? model_printf(d->model, "%s in %s", instance->component->name,
                                           instance->address_space)
                            : instance->component->name,
                      instance->hardware ? "hardware" : "instance");
    }
    for (size_t i = 0; i < d->model->instance_count; i++) {
        const struct model_instance *instance = &d->model->instances[i];
        if (instance->vm != NULL) {
            uint32_t guest =
                add_box(d, model_printf(d->model, "%s.guest", instance->name),
                        model_printf(d->model, "%" PRIu64 " MiB, %u VCPU",
                                     instance->vm->ram_size >> 20, instance->vm->vcpu_count),
                        "guest");
            add_line(d, guest, (uint32_t)instance->flat->index, "exits", "faults", true);
        }
    }
    for (size_t i = 0; i < flat->connection_count; i++) {
        const struct flat_connection *connection = &flat->connections[i];
        for (size_t j = 0; j < connection->from_count; j++) {
            for (size_t k = 0; k < connection->to_count; k++) {
                if (d->lines.count == MAX_LINES) {
                    return false;
                }
                add_line(d, (uint32_t)connection->from[j].instance->index,
                         (uint32_t)connection->to[k].instance->index, connection->name,
                         connection->connector->name, false);
            }
        }
    }
    return true;
}

// ---------------------------------------------------------------------------------------------
// Columns

/// Turn lines round that would close a circle: those to a box on the way from the start.
static void break_circles(struct drawing *d, uint32_t box, uint8_t *state)
{
    state[box] = 1;
    for (size_t i = 0; i < d->lines.count; i++) {
        struct line *line = &d->lines.items[i];
        if (line->from != box || !line->arrow_right) {
            continue;
        }
        if (state[line->to] == 1) {
            line->from = line->to;
            line->to = box;
            line->arrow_left = true;
            line->arrow_right = false;
        } else if (state[line->to] == 0) {
            break_circles(d, line->to, state);
        }
    }
    state[box] = 2;
}

static void choose_columns(struct drawing *d)
{
    uint8_t *state = ARENA_NEW_ARRAY(d->model->arena, uint8_t, d->boxes.count);

    for (uint32_t i = 0; i < d->boxes.count; i++) {
        if (state[i] == 0) {
            break_circles(d, i, state);
        }
    }
    bool changed = true;
    for (size_t round = 0; changed && round <= d->boxes.count; round++) {
        changed = false;
        for (size_t i = 0; i < d->lines.count; i++) {
            const struct box *from = &d->boxes.items[d->lines.items[i].from];
            struct box *to = &d->boxes.items[d->lines.items[i].to];
            if (to->column <= from->column) {
                to->column = from->column + 1;
                changed = true;
            }
        }
    }
    for (size_t i = 0; i < d->boxes.count; i++) {
        if (d->boxes.items[i].column >= d->columns) {
            d->columns = d->boxes.items[i].column + 1;
        }
    }
}

/// Cut every line at the columns it crosses. False when there would be too many pieces.
static bool cut_lines(struct drawing *d)
{
    size_t count = d->lines.count;

    for (size_t i = 0; i < count; i++) {
        uint32_t last = d->lines.items[i].to;
        int column = d->boxes.items[d->lines.items[i].from].column + 1;
        bool arrow_right = d->lines.items[i].arrow_right;
        uint32_t at = d->lines.items[i].from;
        for (bool first = true; at != last; first = false, column++) {
            uint32_t next = last;
            if (column < d->boxes.items[last].column) {
                if (d->boxes.count >= 8 * MAX_BOXES) {
                    return false;
                }
                next = add_box(d, NULL, NULL, NULL);
                d->boxes.items[next].column = column;
            }
            struct line piece = d->lines.items[i];
            piece.from = at;
            piece.to = next;
            piece.arrow_left = first && piece.arrow_left;
            piece.arrow_right = next == last && arrow_right;
            if (first) {
                d->lines.items[i] = piece;
            } else {
                piece.label = piece.sublabel = NULL;
                VEC_PUSH(d->model->arena, d->lines, piece);
            }
            at = next;
        }
    }
    return true;
}

// ---------------------------------------------------------------------------------------------
// Places

struct sort_key {
    uint32_t box;
    int column;
    int64_t place;
};

static int compare_keys(const void *left, const void *right)
{
    const struct sort_key *a = left;
    const struct sort_key *b = right;

    if (a->column != b->column) {
        return a->column < b->column ? -1 : 1;
    }
    if (a->place != b->place) {
        return a->place < b->place ? -1 : 1;
    }
    return a->box < b->box ? -1 : a->box > b->box;
}

/// Sort the boxes of each column by the mean of their neighbours on one side (1000 per place).
static void sweep(struct drawing *d, struct sort_key *keys, bool to_right)
{
    size_t count = d->boxes.count;
    int64_t *sum = ARENA_NEW_ARRAY(d->model->arena, int64_t, count);
    int64_t *number = ARENA_NEW_ARRAY(d->model->arena, int64_t, count);

    for (size_t i = 0; i < d->lines.count; i++) {
        const struct line *line = &d->lines.items[i];
        uint32_t box = to_right ? line->to : line->from;
        uint32_t other = to_right ? line->from : line->to;
        sum[box] += (int64_t)d->boxes.items[other].order * 1000;
        number[box]++;
    }
    for (uint32_t i = 0; i < count; i++) {
        keys[i].box = i;
        keys[i].column = d->boxes.items[i].column;
        keys[i].place = number[i] != 0 ? sum[i] / number[i]
                                       : (int64_t)d->boxes.items[i].order * 1000;
    }
    qsort(keys, count, sizeof(keys[0]), compare_keys);
    for (size_t i = 0, first = 0; i < count; i++) {
        if (i != 0 && keys[i].column != keys[i - 1].column) {
            first = i;
        }
        d->boxes.items[keys[i].box].order = (int)(i - first);
        d->order[i] = keys[i].box;
    }
}

static int text_width(const char *text, int per_char)
{
    return text != NULL ? (int)strlen(text) * per_char : 0;
}

static int larger(int a, int b)
{
    return a > b ? a : b;
}

static void measure(struct drawing *d)
{
    for (size_t i = 0; i < d->lines.count; i++) {
        d->boxes.items[d->lines.items[i].from].out_count++;
        d->boxes.items[d->lines.items[i].to].in_count++;
    }
    for (size_t i = 0; i < d->boxes.count; i++) {
        struct box *box = &d->boxes.items[i];
        if (box->title == NULL) {
            box->height = PORT_STEP;
            continue;
        }
        box->width = larger(text_width(box->title, CHAR_WIDTH + 1),
                            text_width(box->subtitle, CHAR_WIDTH));
        for (size_t j = 0; j < box->notes.count; j++) {
            box->width = larger(box->width, text_width(box->notes.items[j], SMALL_WIDTH));
        }
        box->width += 24;
        int ports = larger(box->out_count, box->in_count) * PORT_STEP + 8;
        box->height = larger((2 + (int)box->notes.count) * LINE_HEIGHT + 16, ports);
    }
}

/// x of each column, leaving room for the labels to its right; y in the order of the column, and
/// columns in the middle of the drawing.
static void place_boxes(struct drawing *d)
{
    int x = MARGIN;

    for (int column = 0; column < d->columns; column++) {
        int width = 0;
        int height = 0;
        int labels = 0;
        for (size_t i = 0; i < d->boxes.count; i++) {
            struct box *box = &d->boxes.items[d->order[i]];
            if (box->column == column) {
                box->x = x;
                box->y = height;
                height += box->height + BOX_GAP;
                width = larger(width, box->width);
            }
        }
        for (size_t i = 0; i < d->lines.count; i++) {
            const struct line *line = &d->lines.items[i];
            if (d->boxes.items[line->from].column == column) {
                labels = larger(labels, larger(text_width(line->label, SMALL_WIDTH),
                                               text_width(line->sublabel, SMALL_WIDTH)));
            }
        }
        for (size_t i = 0; i < d->boxes.count; i++) {
            struct box *box = &d->boxes.items[i];
            if (box->column == column) {
                box->width = width;
            }
        }
        d->height = larger(d->height, height - BOX_GAP);
        d->width = x + width + MARGIN;
        x += width + labels + 90;
    }
    for (int column = 0; column < d->columns; column++) {
        int height = -BOX_GAP;
        for (size_t i = 0; i < d->boxes.count; i++) {
            height += d->boxes.items[i].column == column ? d->boxes.items[i].height + BOX_GAP : 0;
        }
        for (size_t i = 0; i < d->boxes.count; i++) {
            if (d->boxes.items[i].column == column) {
                d->boxes.items[i].y += MARGIN + (d->height - height) / 2;
            }
        }
    }
    d->height += 2 * MARGIN;
}

// ---------------------------------------------------------------------------------------------
// SVG

static void put_text(FILE *out, int x, int y, const char *style, const char *text)
{
    fprintf(out, "<text x=\"%d\" y=\"%d\" class=\"%s\">", x, y, style);
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '<' || c == '>' || c == '&' || c == '"' || c < 0x20) {
            fprintf(out, "&#%u;", c < 0x20 ? 0x20u : c);
        } else {
            fputc(c, out);
        }
    }
    fputs("</text>\n", out);
}

static void put_box(const struct box *box, FILE *out)
{
    int middle = box->x + box->width / 2;
    int y = box->y + (box->height - (2 + (int)box->notes.count) * LINE_HEIGHT) / 2 + 12;

    fprintf(out, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"%d\" class=\"%s\"/>\n",
            box->x, box->y, box->width, box->height, strcmp(box->style, "guest") == 0 ? 14 : 3,
            box->style);
    put_text(out, middle, y, "title", box->title);
    put_text(out, middle, y + LINE_HEIGHT, "type", box->subtitle);
    for (size_t i = 0; i < box->notes.count; i++) {
        put_text(out, middle, y + (2 + (int)i) * LINE_HEIGHT, "note", box->notes.items[i]);
    }
}

/// Ports are spread over a side of the box.
static int port_y(const struct box *box, int index, int count)
{
    return box->y + box->height * (2 * index + 1) / (2 * count);
}

static void put_line(struct drawing *d, const struct line *line, FILE *out)
{
    struct box *from = &d->boxes.items[line->from];
    struct box *to = &d->boxes.items[line->to];
    int x1 = from->x + from->width;
    int y1 = port_y(from, from->out_next++, from->out_count);
    int x2 = to->x;
    int y2 = port_y(to, to->in_next++, to->in_count);
    int label = larger(text_width(line->label, SMALL_WIDTH),
                       text_width(line->sublabel, SMALL_WIDTH)) + 20;
    int bend = x1 + label < x2 ? x1 + label : x1;

    if (from->title == NULL) {
        // A line goes straight through the column that it only crosses.
        fprintf(out, "<path d=\"M%d %dH%d\" class=\"%s\"/>\n", from->x, y1, x1,
                line->dotted ? "line dotted" : "line");
    }
    fprintf(out, "<path d=\"M%d %dH%dC%d %d %d %d %d %d\" class=\"%s\"%s%s/>\n", x1, y1, bend,
            (bend + x2) / 2, y1, (bend + x2) / 2, y2, x2, y2,
            line->dotted ? "line dotted" : "line",
            line->arrow_left ? " marker-start=\"url(#left)\"" : "",
            line->arrow_right ? " marker-end=\"url(#right)\"" : "");
    if (line->label != NULL) {
        put_text(out, x1 + 12, y1 - 4, "label", line->label);
        put_text(out, x1 + 12, y1 + 12, "sublabel", line->sublabel);
    }
}

static void put_head(const struct drawing *d, FILE *out)
{
    fprintf(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
            "viewBox=\"0 0 %d %d\">\n", d->width, d->height, d->width, d->height);
    fputs("<style>\n"
          "text { font-family: monospace; font-size: 12px; text-anchor: middle; fill: #222; }\n"
          ".title { font-weight: bold; font-size: 13px; }\n"
          ".type { fill: #555; }\n"
          ".note, .label, .sublabel { font-size: 10px; }\n"
          ".label, .sublabel { text-anchor: start; }\n"
          ".sublabel, .note { fill: #666; }\n"
          "rect { stroke: #333; }\n"
          ".instance { fill: #eef3fa; }\n"
          ".guest { fill: #eef7ee; }\n"
          ".hardware { fill: #f5f5f5; stroke-dasharray: 5 3; }\n"
          ".line { fill: none; stroke: #444; }\n"
          ".dotted { stroke-dasharray: 2 3; }\n"
          "</style>\n"
          "<rect width=\"100%\" height=\"100%\" style=\"fill: #fff; stroke: none\"/>\n"
          "<marker id=\"right\" refX=\"9\" refY=\"4\" markerWidth=\"10\" markerHeight=\"8\" "
          "orient=\"auto\"><path d=\"M0 0L9 4L0 8z\"/></marker>\n"
          "<marker id=\"left\" refX=\"0\" refY=\"4\" markerWidth=\"10\" markerHeight=\"8\" "
          "orient=\"auto\"><path d=\"M9 0L0 4L9 8z\"/></marker>\n", out);
}

/// Lines leave and reach a box in the order in which the boxes at their other ends stand, so that
/// they do not cross in front of it.
struct line_key {
    size_t line;
    int from_y, to_y;
};

static int compare_lines(const void *left, const void *right)
{
    const struct line_key *a = left;
    const struct line_key *b = right;

    if (a->from_y + a->to_y != b->from_y + b->to_y) {
        return a->from_y + a->to_y < b->from_y + b->to_y ? -1 : 1;
    }
    return a->line < b->line ? -1 : a->line > b->line;
}

static void put_drawing(struct drawing *d, FILE *out)
{
    struct line_key *keys = ARENA_NEW_ARRAY(d->model->arena, struct line_key, d->lines.count);

    put_head(d, out);
    for (size_t i = 0; i < d->boxes.count; i++) {
        if (d->boxes.items[i].title != NULL) {
            put_box(&d->boxes.items[i], out);
        }
    }
    for (size_t i = 0; i < d->lines.count; i++) {
        keys[i].line = i;
        keys[i].from_y = d->boxes.items[d->lines.items[i].from].y;
        keys[i].to_y = d->boxes.items[d->lines.items[i].to].y;
    }
    if (d->lines.count != 0) {
        qsort(keys, d->lines.count, sizeof(keys[0]), compare_lines);
    }
    for (size_t i = 0; i < d->lines.count; i++) {
        put_line(d, &d->lines.items[keys[i].line], out);
    }
    fputs("</svg>\n", out);
}

void report_svg(struct model *model, FILE *out)
{
    struct drawing d = { .model = model };

    bool ok = collect(&d);
    if (ok) {
        choose_columns(&d);
        ok = cut_lines(&d);
    }
    if (!ok) {
        fputs("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"500\" height=\"40\">"
              "<text x=\"10\" y=\"25\">This system is too large to draw; see system.dot.</text>"
              "</svg>\n", out);
        return;
    }
    struct sort_key *keys = ARENA_NEW_ARRAY(model->arena, struct sort_key, d.boxes.count);
    d.order = ARENA_NEW_ARRAY(model->arena, uint32_t, d.boxes.count);
    for (size_t i = 0; i < d.boxes.count; i++) {
        d.boxes.items[i].order = (int)i;
    }
    for (unsigned i = 0; i < SWEEPS && d.boxes.count != 0; i++) {
        sweep(&d, keys, i % 2 == 0);
    }
    measure(&d);
    place_boxes(&d);
    put_drawing(&d, out);
}
