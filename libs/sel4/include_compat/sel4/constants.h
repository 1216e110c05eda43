// SPDX-License-Identifier: BSD-2-Clause
#include <sel4/arch.h>
