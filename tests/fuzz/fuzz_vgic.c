// SPDX-License-Identifier: BSD-2-Clause
// Fuzzes the virtual GICv2 and GICv3: the input is a stream of guest accesses of all widths and
// alignments, SGIs, line changes, acknowledges and ends, run against the model of the virtual CPU
// interface; its invariants hold after every step.
#include <stdio.h>
#include <stdlib.h>

#include "../unit/vmm_arm/gic_model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint32_t word(const uint8_t *data)
{
    return data[0] | (uint32_t)data[1] << 8 | (uint32_t)data[2] << 16 | (uint32_t)data[3] << 24;
}

/// Offset of an access: GICv3 redistributors are above MODEL_REDIST, half of them in SGI_base.
static uint32_t offset(const struct gic_model *model, const uint8_t op[8])
{
    uint32_t number = op[2] | (uint32_t)op[3] << 8;

    if (model->vgic.version == 2) {
        return number & 0xfff;
    }
    if ((op[1] & 4) == 0) {
        return number;
    }
    uint32_t redist = (op[1] >> 4) % model->vgic.vcpu_count;
    return MODEL_REDIST + redist * VGIC_V3_REDIST_SIZE + ((op[1] & 8) != 0 ? 0x10000u : 0) + number;
}

static void send(struct gic_model *model, uint32_t vcpu, const uint8_t op[8])
{
    uint64_t value = word(op + 4) | (uint64_t)(op[2] | (uint32_t)op[3] << 8) << 40;

    vgic_v3_send_sgi(&model->vgic, vcpu, (enum vgic_v3_sgi)(op[1] % 3), value);
}

static void step(struct gic_model *model, const uint8_t op[8])
{
    uint32_t vcpu = (op[0] >> 4) % model->vgic.vcpu_count;
    uint32_t number = op[2] | (uint32_t)op[3] << 8;
    uint8_t width = (uint8_t)(1u << (op[1] & 3));
    uint64_t value = word(op + 4) | (uint64_t)word(op + 4) << 32;

    switch (op[0] & 7) {
    case 0:
    case 1:
    case 2:
        model_write(model, vcpu, offset(model, op), width, value & access_mask(width));
        break;
    case 3:
        (void)model_read(model, vcpu, offset(model, op), width);
        break;
    case 4:
        vgic_set_line(&model->vgic, vcpu, number, (op[1] & 1) != 0);
        break;
    case 5:
        if (model->vgic.version == 3 && (op[1] & 0x80) != 0) {
            send(model, vcpu, op);
            break;
        }
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
    struct vgic_setup setup = {
        .version = (data[0] & 0x80) != 0 ? 3 : 2,
        .vcpu_count = 1 + data[0] % VGIC_MAX_VCPUS,
        .irq_count = 32u + data[1] * 3u,
        .lr_count = 1 + data[2] % 5,
    };
    model_set_up(&model, &setup);
    model.vgic.replace = (data[2] & 0x80) == 0;
    model.vgic.quiet = (data[2] & 0x40) != 0;
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
