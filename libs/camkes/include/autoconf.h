// SPDX-License-Identifier: BSD-2-Clause
// Configuration of the kernel interface under the name that component sources include: CONFIG_...
// are options of the compiler's command line here (cmake/flags.cmake).
#ifndef AUTOCONF_H
#define AUTOCONF_H
#endif
