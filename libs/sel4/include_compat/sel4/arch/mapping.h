// SPDX-License-Identifier: BSD-2-Clause
#include <sel4/sel4.h>
