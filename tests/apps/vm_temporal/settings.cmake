# SPDX-License-Identifier: BSD-2-Clause
set(app_platforms qemu-arm-virt)
