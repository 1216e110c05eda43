// SPDX-License-Identifier: BSD-2-Clause
// The SMC instruction.
#include <arch/smc.h>

void smc_call(word_t x[SMC_REGISTERS])
{
    register word_t x0 __asm__("x0") = x[0];
    register word_t x1 __asm__("x1") = x[1];
    register word_t x2 __asm__("x2") = x[2];
    register word_t x3 __asm__("x3") = x[3];
    register word_t x4 __asm__("x4") = x[4];
    register word_t x5 __asm__("x5") = x[5];
    register word_t x6 __asm__("x6") = x[6];
    register word_t x7 __asm__("x7") = x[7];
    // Firmware of version 1.0 need not keep x8 to x17.
    __asm__ volatile("smc #0"
                     : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3), "+r"(x4), "+r"(x5), "+r"(x6),
                       "+r"(x7)
                     :
                     : "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17", "cc",
                       "memory");
    const word_t results[SMC_REGISTERS] = { x0, x1, x2, x3, x4, x5, x6, x7 };
    for (unsigned i = 0; i < SMC_REGISTERS; i++) {
        x[i] = results[i];
    }
}
