// SPDX-License-Identifier: BSD-2-Clause
// What the unit tests of the virtual GIC share: cmocka, the model, and the distributor's registers
// (ARM IHI 0048B, 4.1.2; IHI 0069, 12.8).
#ifndef TEST_GIC_TEST_H
#define TEST_GIC_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "gic_model.h"

#define CTLR 0x0000u
#define TYPER 0x0004u
#define IIDR 0x0008u
#define IGROUPR 0x0080u
#define ISENABLER 0x0100u
#define ICENABLER 0x0180u
#define ISPENDR 0x0200u
#define ICPENDR 0x0280u
#define ISACTIVER 0x0300u
#define ICACTIVER 0x0380u
#define IPRIORITYR 0x0400u
#define ITARGETSR 0x0800u
#define ICFGR 0x0c00u
#define SGIR 0x0f00u
#define CPENDSGIR 0x0f10u
#define SPENDSGIR 0x0f20u

/// Checks the model's books a last time, and frees it.
static inline void finish(struct gic_model *model)
{
    assert_null(model_check(model));
    free(model);
}

#endif
