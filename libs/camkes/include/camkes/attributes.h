// SPDX-License-Identifier: BSD-2-Clause
// Attributes as compile-time constants: for scalar attributes camkes.h also defines <name>_DEF.
#ifndef CAMKES_ATTRIBUTES_H
#define CAMKES_ATTRIBUTES_H

#define CAMKES_CONST_ATTR(attribute) attribute##_DEF

#endif
