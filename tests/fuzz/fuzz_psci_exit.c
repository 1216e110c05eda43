// SPDX-License-Identifier: BSD-2-Clause
// Fuzzes the VMM's exit path with a mock kernel: the input is a stream of fault messages and
// notifications with any contents. Whatever a guest does, the VMM keeps its books and never loses a
// reply object.
#include <stdlib.h>
#include <string.h>

#include <abi/extensions.h>

#include "../unit/vmm_arm/mock.h"

#define STEP 24u
#define VCPUS 3u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t number(const uint8_t *data)
{
    uint64_t value;

    memcpy(&value, data, sizeof(value));
    return value;
}

/// Addresses that are worth trying more often than chance would.
static uint64_t address(const uint8_t *data)
{
    switch (data[7] & 3) {
    case 0:
        return (data[7] & 4) != 0 ? MOCK_GICR + (number(data) & 0x7ffff)
                                  : MOCK_GICD + (number(data) & 0x1fff);
    case 1:
        return MOCK_RAM_BASE + (number(data) & 0x1ffffff);
    default:
        return number(data);
    }
}

/// Every reply object is the receive's, spare, or kept by exactly one waiting VCPU.
static void check_replies(void)
{
    const struct vm *vm = &mock->vm;
    uint32_t seen = 1u << (vm->reply - MOCK_REPLY);

    if (vm->free_reply_count > VCPUS) {
        abort();
    }
    for (uint32_t i = 0; i < vm->free_reply_count; i++) {
        seen |= 1u << (vm->free_replies[i] - MOCK_REPLY);
    }
    for (uint32_t i = 0; i < VCPUS; i++) {
        if (vm->vcpus[i].state == VCPU_WAITING) {
            seen |= 1u << (vm->vcpus[i].reply - MOCK_REPLY);
        }
    }
    if (seen != (1u << (VCPUS + 1)) - 1u) {
        abort();
    }
}

static void step(const uint8_t *op)
{
    static const uint64_t functions[] = { 0x84000000, 0xc4000001, 0x84000002, 0xc4000003,
                                          0xc4000004, 0x8400000a, 0x80000001, 0xc2000001 };
    uint32_t vcpu = op[1] % VCPUS;

    switch (op[0] & 15) {
    case 0:
        mock_signal(number(op + 2));
        break;
    case 1:
    case 2:
    case 3:
        mock->extra_words[4] = number(op + 16);
        (void)mock_fault(vcpu, 6, 4 + (op[2] & 1), number(op + 16), address(op + 8), 0,
                         0x24u << 26 | (uint32_t)number(op + 3));
        break;
    case 4:
    case 5:
        *mock_x(vcpu, 0) = functions[op[2] & 7];
        *mock_x(vcpu, 1) = op[3] & 0x80 ? number(op + 8) : op[3] & 3u;
        *mock_x(vcpu, 2) = address(op + 8);
        *mock_x(vcpu, 3) = number(op + 16);
        (void)((op[0] & 1) != 0 ? mock_smc(vcpu) : mock_hvc(vcpu));
        break;
    case 6:
        if (op[2] >= 0xc0) { // ICC_SGI1R_EL1 and its neighbours
            (void)mock_fault(vcpu, 8, 1 + (op[3] & 1), 0x623a3016u ^ op[4] << 5 ^ (op[3] & 0xc0u) << 11,
                             number(op + 8), 0, 0);
            break;
        }
        (void)mock_fault(vcpu, 8, 1, (uint64_t)op[2] << 26 | (number(op + 3) & 0x3ffffff), 0, 0, 0);
        break;
    case 7:
        (void)mock_fault(vcpu, 7, 1, op[2] & 1 ? number(op + 8) : op[3] & 7u, 0, 0, 0);
        break;
    case 8:
        (void)mock_fault(vcpu, 9, 1, op[2] & 1 ? number(op + 8) : 27, 0, 0, 0);
        break;
    case 9: // no VCPU 8 and above
        (void)mock_fault(op[2], 8, 1, 1u << 26, 0, 0, 0);
        break;
    default:
        (void)mock_fault(vcpu, op[2] & 15, op[3] & 15, number(op + 4), number(op + 8),
                         number(op + 12), number(op + 16));
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1) {
        return 0;
    }
    mock_gic_version = (data[0] & 8) != 0 ? 3 : 2;
    mock_start(VCPUS, (data[0] & 7) | ((data[0] & 16) != 0 ? ROOKERY_EXTENSION_INJECT_REPLACE : 0)
                          | ((data[0] & 32) != 0 ? ROOKERY_EXTENSION_QUIET_INJECT : 0));
    for (size_t at = 1; at + STEP <= size; at += STEP) {
        step(data + at);
        check_replies();
        if (mock->vm.state == VM_STOPPED) {
            for (uint32_t i = 0; i < VCPUS; i++) {
                if (mock->vm.vcpus[i].state != VCPU_OFF) {
                    abort();
                }
            }
            break;
        }
    }
    mock_free();
    return 0;
}
