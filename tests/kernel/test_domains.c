// SPDX-License-Identifier: BSD-2-Clause
#include "task.h"
void test_domains(void)
{
}
