// SPDX-License-Identifier: BSD-2-Clause
// Who can reach what: derived from the caps, mappings and threads of the model alone. Connections
// and settings only explain what was found; what none of them explains is reported as such.

#ifndef ADLC_AUDIT_H
#define ADLC_AUDIT_H

#include "model.h"

/// A party of the audit: the program of an instance (a VM's VMM), that of a group, or the guest of a
/// VM. Party 2 * i is instance i, party 2 * i + 1 its guest. The members of a group are one party,
/// since each reaches all that is in their address space: that of the first member.
#define AUDIT_GUEST 1u

enum audit_kind {
    AUDIT_PARTY,    ///< another party: `target`
    AUDIT_DEVICE,   ///< device memory [base, base + size)
    AUDIT_IRQ,      ///< interrupt number `base`
    AUDIT_SMC,      ///< secure monitor function `base`
    AUDIT_PORTS,    ///< I/O ports [base, base + size)
    AUDIT_SPACE,    ///< what a PCI device reaches by itself: SYSTEM_IO_SPACE() in `base`
    AUDIT_UNTYPED,  ///< memory of which objects can be made: `size` bytes
    AUDIT_RAM,      ///< `size` bytes of memory that nobody else can reach
    AUDIT_CONSTANT, ///< `size` bytes that others read too and nobody can write
};

// Rights of a fact.
#define AUDIT_READ 1u     ///< read memory
#define AUDIT_WRITE 2u    ///< write memory
#define AUDIT_EXECUTE 4u  ///< run code in memory
#define AUDIT_CALL 8u     ///< send messages (and receive the answer)
#define AUDIT_SIGNAL 16u  ///< signal a notification
#define AUDIT_GRANT 32u   ///< pass caps with a message
#define AUDIT_CONTROL 64u ///< caps to kernel objects: threads, address spaces, CNodes, ...
#define AUDIT_FAULT 128u  ///< the kernel sends its faults

struct audit_fact {
    enum audit_kind kind;
    uint32_t party;
    uint32_t target; ///< AUDIT_PARTY
    uint32_t rights;
    uint64_t base;
    uint64_t size; ///< bytes, where it is memory
    uint64_t vaddr; ///< where the first of it is mapped; 0: by a cap only
    uint32_t slot;  ///< of the cap, or MODEL_NONE: mapped only
    const char *object; ///< name of the kernel object that makes it possible
    const struct model_origin *origin; ///< NULL: nothing but the instance's own program
    bool explained;
};

struct audit {
    struct model *model;
    uint32_t party_count; ///< 2 * instances; guests exist where `has_guest`
    bool *has_guest;      ///< per instance
    VEC(struct audit_fact) facts; ///< by party, then kind, then order of the objects
    size_t unexplained;
};

/// Find all facts. Returns NULL, or what is wrong with the model (a cap or mapping of nobody).
const char *audit_build(struct audit *audit, struct model *model);

/// Whether there is such a party: guests only of VMs, members of a group only for the first.
bool audit_party_exists(const struct audit *audit, uint32_t party);

/// "vm0", "vm0.guest", or the name of a group.
const char *audit_party_name(const struct audit *audit, uint32_t party);

/// "read, write" and so on; from the model's arena.
const char *audit_rights_text(const struct audit *audit, uint32_t rights);

/// "connection vm0.fs (seL4RPCDataport)", "setting vm0.dtb", ...
const char *audit_origin_text(const struct audit *audit, const struct audit_fact *fact);

/// For people; the same model always gives the same text.
void audit_text(const struct audit *audit, FILE *out);
void audit_json(const struct audit *audit, FILE *out);

/// Check a rule file (docs/system-model.md). Errors go to `errors` as "name:line: error: ...".
/// Returns the number of broken and malformed rules.
size_t audit_rules(const struct audit *audit, const char *name, const char *text, FILE *errors);

/// `adlc audit ...`: argv[0] is "audit". Returns the exit status; prints its own errors.
int adlc_audit(int argc, char **argv);

#endif
