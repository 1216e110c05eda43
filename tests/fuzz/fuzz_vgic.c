// SPDX-License-Identifier: BSD-2-Clause
// Fuzzes the virtual GICv2: the input is a stream of guest accesses, line changes, acknowledges and
// ends, run against the model of the virtual CPU interface; its invariants hold after every step.
#include <stdio.h>
#include <stdlib.h>

#include "../unit/vmm_arm/gic_model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint32_t word(const uint8_t *data)
{
    return data[0] | (uint32_t)data[1] << 8 | (uint32_t)data[2] << 16 | (uint32_t)data[3] << 24;
}

static void step(struct gic_model *model, const uint8_t op[8])
{
    uint32_t vcpu = (op[0] >> 4) % model->vgic.vcpu_count;
    uint32_t number = op[2] | (uint32_t)op[3] << 8;
    uint8_t width = (uint8_t)(1u << (op[1] & 3));

    switch (op[0] & 7) {
    case 0:
    case 1:
    case 2:
        model_write(model, vcpu, number & 0xfff, width, word(op + 4));
        break;
    case 3:
        (void)model_read(model, vcpu, number & 0xfff, width);
        break;
    case 4:
        vgic_set_line(&model->vgic, vcpu, number, (op[1] & 1) != 0);
        break;
    case 5:
        vgic_pend_physical(&model->vgic, vcpu, number);
        break;
    case 6:
        (void)model_acknowledge(model, vcpu);
        break;
    default:
        (void)model_end(model, vcpu, model->lrs[vcpu][op[1] % VGIC_MAX_LRS].irq);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct gic_model model;

    if (size < 3) {
        return 0;
    }
    model_init(&model, 1 + data[0] % VGIC_MAX_VCPUS, 32u + data[1] * 3u, 1 + data[2] % 5);
    for (size_t at = 3; at + 8 <= size; at += 8) {
        step(&model, data + at);
        const char *problem = model_check(&model);
        if (problem != NULL) {
            fprintf(stderr, "step %zu: %s\n", (at - 3) / 8, problem);
            abort();
        }
    }
    return 0;
}
