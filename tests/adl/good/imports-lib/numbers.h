// SPDX-License-Identifier: BSD-2-Clause
#define NUMBER 42
