// SPDX-License-Identifier: BSD-2-Clause
// GPIO controller from the device tree: a pin whose level asks for an interrupt.
#include "check.h"

// PL061 technical reference manual, 3.2.
enum { DATA = 0x3fc, IS = 0x404, IEV = 0x40c, IE = 0x410, RIS = 0x414, PERIPH_ID = 0xfe0 };

static volatile int interrupts;
static volatile bool number_is_right;

static volatile uint32_t *reg(unsigned offset)
{
    return (volatile uint32_t *)((uintptr_t)gpio_0 + offset);
}

void gpio_irq_handle(ps_irq_t *irq)
{
    interrupts++;
    // SPI 7 of the controller.
    number_is_right = irq->type == PS_TRIGGER && irq->trigger.number == 39;
    *reg(IE) = 0;
    (void)gpio_irq_acknowledge(irq);
    (void)rang_post();
}

int run(void)
{
    static const uint8_t id[8] = { 0x61, 0x10, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };
    bool good = true;

    for (unsigned i = 0; i < 8; i++) {
        good = good && *reg(PERIPH_ID + 4 * i) == id[i];
    }
    CHECK("dtb_registers", good && gpio_0_size == 0x1000);
    *reg(IE) = 0;
    *reg(IS) = 1;
    for (int i = 1; i <= 5; i++) {
        // The level that the pin has is the one that interrupts.
        *reg(IEV) = *reg(DATA) & 1;
        *reg(IE) = 1;
        (void)rang_wait();
        good = good && interrupts == i && number_is_right;
    }
    CHECK("dtb_interrupts", good);
    ps_irq_t other = { .type = PS_INTERRUPT, .irq = { .number = 40 } };
    CHECK("dtb_acknowledge_of_others", gpio_irq_acknowledge(&other) != 0);
    report_finish();
    return 0;
}
