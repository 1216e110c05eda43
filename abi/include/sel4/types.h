// SPDX-License-Identifier: BSD-2-Clause
// Words, message info, IPC buffer, cap rights, error codes, system call numbers and boot info: the part
// of the seL4 16.0.0 MCS binary interface that does not depend on the architecture's registers.
#ifndef SEL4_TYPES_H
#define SEL4_TYPES_H

#include <sel4/config.h>
#include <stddef.h>
#include <stdint.h>

/// A word of the kernel's: as large as a pointer. Everything about kernels of 32 bits but words, IPC
/// buffer and system call numbers is left out: code is compiled for them, but none is supported.
#if UINTPTR_MAX > 0xffffffffu
#define SEL4_WORD_BYTES 8
typedef uint64_t seL4_Word;
#else
#define SEL4_WORD_BYTES 4
typedef uint32_t seL4_Word;
#endif
typedef seL4_Word seL4_CPtr;
typedef seL4_Word seL4_PAddr;
typedef seL4_Word seL4_Register;
typedef seL4_Word seL4_NodeId;
typedef seL4_Word seL4_Domain;
typedef seL4_Word seL4_SlotPos;
typedef uint64_t seL4_Time; ///< microseconds
typedef uint64_t seL4_Uint64;
typedef uint32_t seL4_Uint32;
typedef uint16_t seL4_Uint16;
typedef uint8_t seL4_Uint8;
typedef int64_t seL4_Int64;
typedef int32_t seL4_Int32;
typedef int16_t seL4_Int16;
typedef int8_t seL4_Int8;
typedef seL4_Int8 seL4_Bool;
typedef seL4_CPtr seL4_CNode, seL4_TCB, seL4_Untyped, seL4_SchedContext, seL4_SchedControl;
typedef seL4_CPtr seL4_IRQHandler, seL4_IRQControl, seL4_DomainSet, seL4_Reply;

#define seL4_True 1
#define seL4_False 0
#define seL4_Null ((void *)0)

/// A last enumerator that makes `type` as large as a word: the seL4 API has such types.
#define SEL4_FORCE_LONG_ENUM(type) type##_LongEnum = (long)(~0ul >> 1)

/// Reads and writes one field, `bits` bits (fewer than a word's) from bit `low` on, of a type that is one
/// word. What does not fit is cut off.
#define SEL4_WORD_FIELD(kind, field, low, bits)                                                       \
    static inline seL4_Word kind##_get_##field(kind##_t value)                                        \
    {                                                                                                 \
        return (value.words[0] >> (low)) & (((seL4_Word)1 << (bits)) - 1);                            \
    }                                                                                                 \
    static inline kind##_t kind##_set_##field(kind##_t value, seL4_Word field)                        \
    {                                                                                                 \
        seL4_Word mask = ((seL4_Word)1 << (bits)) - 1;                                                \
                                                                                                      \
        return (kind##_t){ { (value.words[0] & ~(mask << (low))) | ((field & mask) << (low)) } };     \
    }

// For the preprocessor too: programs choose by them.
#define seL4_WordBits (8 * SEL4_WORD_BYTES)
#define seL4_WordSizeBits (SEL4_WORD_BYTES == 8 ? 3 : 2)

enum {
    seL4_PageBits = 12,
    seL4_MaxPrio = CONFIG_NUM_PRIORITIES - 1,
    seL4_MinPrio = 0,
    seL4_InvalidPrio = -1,
    seL4_BootInfoFrameBits = seL4_PageBits,
    seL4_IOPageTableBits = 12,
    seL4_UntypedRetypeMaxObjects = CONFIG_RETYPE_FAN_OUT_LIMIT,
};
#define seL4_BootInfoFrameSize (1ul << seL4_BootInfoFrameBits)

#if SEL4_WORD_BYTES == 8
enum {
    seL4_SlotBits = 5,
    seL4_TCBBits = 11,
    seL4_EndpointBits = 4,
    seL4_NotificationBits = 6,
    seL4_ReplyBits = 5,
    seL4_MinSchedContextBits = 7,
    seL4_MinUntypedBits = 4,
    seL4_MaxUntypedBits = 47,
    seL4_GuardSizeBits = 6,
    seL4_GuardBits = 58,
    seL4_BadgeBits = 64,
};
#endif

/// Bytes of the fixed part of a scheduling context (two refills) and of each extra refill.
#define seL4_CoreSchedContextBytes 128
#define seL4_RefillSizeBytes 16

// System call numbers (MCS).
typedef enum seL4_Syscall_ID {
    seL4_SysCall = -1,
    seL4_SysReplyRecv = -2,
    seL4_SysNBSendRecv = -3,
    seL4_SysNBSendWait = -4,
    seL4_SysSend = -5,
    seL4_SysNBSend = -6,
    seL4_SysRecv = -7,
    seL4_SysNBRecv = -8,
    seL4_SysWait = -9,
    seL4_SysNBWait = -10,
    seL4_SysYield = -11,
    seL4_SysDebugPutChar = -12,       ///< CONFIG_PRINTING
    seL4_SysDebugDumpScheduler = -13, ///< CONFIG_PRINTING
    seL4_SysDebugHalt = -14,          ///< CONFIG_DEBUG_BUILD, as the three below
    seL4_SysDebugCapIdentify = -15,
    seL4_SysDebugSnapshot = -16,
    seL4_SysDebugNameThread = -17,
    seL4_SysDebugSendIPI = -18,       ///< CONFIG_DEBUG_BUILD and SMP, as the one below
    seL4_SysDebugGetThreadAffinity = -19,
    SEL4_FORCE_LONG_ENUM(seL4_Syscall_ID),
} seL4_Syscall_ID;

// Message info word: length 6:0, extraCaps 8:7, capsUnwrapped 11:9, label 63:12.
enum {
    seL4_MsgLengthBits = 7,
    seL4_MsgExtraCapBits = 2,
    seL4_MsgMaxLength = 120,
    seL4_MsgMaxExtraCaps = 3,
    seL4_FastMessageRegisters = 4,
    seL4_IPCBufferSizeBits = SEL4_WORD_BYTES == 8 ? 10 : 9,
};

typedef struct seL4_MessageInfo {
    seL4_Word words[1];
} seL4_MessageInfo_t;

static inline seL4_MessageInfo_t seL4_MessageInfo_new(seL4_Word label, seL4_Word capsUnwrapped,
                                                      seL4_Word extraCaps, seL4_Word length)
{
    return (seL4_MessageInfo_t){
        { (label << 12) | ((capsUnwrapped & 7) << 9) | ((extraCaps & 3) << 7) | (length & 0x7f) }
    };
}

SEL4_WORD_FIELD(seL4_MessageInfo, label, 12, seL4_WordBits - 12)
SEL4_WORD_FIELD(seL4_MessageInfo, capsUnwrapped, 9, 3)
SEL4_WORD_FIELD(seL4_MessageInfo, extraCaps, 7, 2)
SEL4_WORD_FIELD(seL4_MessageInfo, length, 0, 7)

/// One IPC buffer: 1024 bytes, naturally aligned.
typedef struct seL4_IPCBuffer_ {
    seL4_MessageInfo_t tag;
    seL4_Word msg[seL4_MsgMaxLength];
    seL4_Word userData;
    seL4_Word caps_or_badges[seL4_MsgMaxExtraCaps];
    seL4_CPtr receiveCNode;
    seL4_CPtr receiveIndex;
    seL4_Word receiveDepth;
} seL4_IPCBuffer;
_Static_assert(sizeof(seL4_IPCBuffer) == 1 << seL4_IPCBufferSizeBits, "IPC buffer layout");
_Static_assert(offsetof(seL4_IPCBuffer, receiveCNode) == 125 * SEL4_WORD_BYTES,
               "IPC buffer layout");

typedef enum seL4_Error {
    seL4_NoError = 0,
    seL4_InvalidArgument,   ///< MR0: argument number
    seL4_InvalidCapability, ///< MR0: cap argument number, 0 is the invoked cap
    seL4_IllegalOperation,
    seL4_RangeError,        ///< MR0: minimum, MR1: maximum
    seL4_AlignmentError,
    seL4_FailedLookup,      ///< MR0: 1 if the source lookup failed, MR1..: lookup failure
    seL4_TruncatedMessage,
    seL4_DeleteFirst,
    seL4_RevokeFirst,
    seL4_NotEnoughMemory,   ///< MR0: bytes left in the untyped
    seL4_NumErrors,
} seL4_Error;

typedef enum seL4_LookupFailureType {
    seL4_NoFailure = 0,
    seL4_InvalidRoot,
    seL4_MissingCapability, ///< next word: bits left
    seL4_DepthMismatch,     ///< bits left, bits found
    seL4_GuardMismatch,     ///< bits left, guard found, guard bits
    SEL4_FORCE_LONG_ENUM(seL4_LookupFailureType),
} seL4_LookupFailureType;

typedef struct seL4_CapRights {
    seL4_Word words[1];
} seL4_CapRights_t;

enum {
    seL4_CapRightWrite = 1,
    seL4_CapRightRead = 2,
    seL4_CapRightGrant = 4,
    seL4_CapRightGrantReply = 8,
    seL4_CapRightsBits = 4,
};

static inline seL4_CapRights_t seL4_CapRights_new(seL4_Word grantReply, seL4_Word grant, seL4_Word read,
                                                  seL4_Word write)
{
    return (seL4_CapRights_t){ { (write & 1) | ((read & 1) << 1) | ((grant & 1) << 2)
                                 | ((grantReply & 1) << 3) } };
}

SEL4_WORD_FIELD(seL4_CapRights, capAllowGrantReply, 3, 1)
SEL4_WORD_FIELD(seL4_CapRights, capAllowGrant, 2, 1)
SEL4_WORD_FIELD(seL4_CapRights, capAllowRead, 1, 1)
SEL4_WORD_FIELD(seL4_CapRights, capAllowWrite, 0, 1)

#define seL4_AllRights seL4_CapRights_new(1, 1, 1, 1)
#define seL4_NoRights seL4_CapRights_new(0, 0, 0, 0)
#define seL4_CanRead seL4_CapRights_new(0, 0, 1, 0)
#define seL4_CanWrite seL4_CapRights_new(0, 0, 0, 1)
#define seL4_CanGrant seL4_CapRights_new(0, 1, 0, 0)
#define seL4_CanGrantReply seL4_CapRights_new(1, 0, 0, 0)
#define seL4_NoRead seL4_CapRights_new(1, 1, 0, 1)
#define seL4_NoWrite seL4_CapRights_new(1, 1, 1, 0)
#define seL4_ReadWrite seL4_CapRights_new(0, 0, 1, 1)

#if SEL4_WORD_BYTES == 8
/// What a CNode cap carries where others have a badge: guard size in bits 5:0, guard in bits 63:6.
typedef struct seL4_CNode_CapData {
    seL4_Word words[1];
} seL4_CNode_CapData_t;

static inline seL4_CNode_CapData_t seL4_CNode_CapData_new(seL4_Word guard, seL4_Word guardSize)
{
    return (seL4_CNode_CapData_t){ { (guard << seL4_GuardSizeBits) | (guardSize & 0x3f) } };
}

SEL4_WORD_FIELD(seL4_CNode_CapData, guard, seL4_GuardSizeBits, seL4_GuardBits)
SEL4_WORD_FIELD(seL4_CNode_CapData, guardSize, 0, seL4_GuardSizeBits)
#endif

/// Cap data that sets neither badge nor guard.
#define seL4_NilData 0

typedef enum seL4_SchedContextFlag {
    seL4_SchedContext_NoFlag = 0,
    seL4_SchedContext_Sporadic = 1,
    SEL4_FORCE_LONG_ENUM(seL4_SchedContextFlag),
} seL4_SchedContextFlag;

typedef enum seL4_TCBFlag {
    seL4_TCBFlag_NoFlag = 0,
    seL4_TCBFlag_fpuDisabled = 1,
    seL4_TCBFlag_MASK = seL4_TCBFlag_fpuDisabled,
    SEL4_FORCE_LONG_ENUM(seL4_TCBFlag),
} seL4_TCBFlag;

// Object types: the common ones; the architecture's continue from seL4_NonArchObjectTypeCount.
typedef enum seL4_ObjectType {
    seL4_UntypedObject = 0,
    seL4_TCBObject,
    seL4_EndpointObject,
    seL4_NotificationObject,
    seL4_CapTableObject,
    seL4_SchedContextObject,
    seL4_ReplyObject,
    seL4_NonArchObjectTypeCount,
} seL4_ObjectType;

// Fault labels (MCS); the architecture's continue from seL4_Fault_ArchFirst.
enum {
    seL4_Fault_NullFault = 0,
    seL4_Fault_CapFault,
    seL4_Fault_UnknownSyscall,
    seL4_Fault_UserException,
    seL4_Fault_Reserved, ///< DebugException in builds with the hardware debug API
    seL4_Fault_Timeout,
    seL4_Fault_ArchFirst,
};

// Message registers of the faults that every architecture has.
typedef enum seL4_CapFault_Msg {
    seL4_CapFault_IP = 0,
    seL4_CapFault_Addr,
    seL4_CapFault_InRecvPhase,
    seL4_CapFault_LookupFailureType,
    seL4_CapFault_BitsLeft,
    seL4_CapFault_DepthMismatch_BitsFound,
    seL4_CapFault_GuardMismatch_GuardFound = 5,
    seL4_CapFault_GuardMismatch_BitsFound,
    seL4_CapFault_Length,
    SEL4_FORCE_LONG_ENUM(seL4_CapFault_Msg),
} seL4_CapFault_Msg;

typedef enum seL4_Timeout_Msg {
    seL4_Timeout_Data = 0,
    seL4_Timeout_Consumed,
    seL4_Timeout_Length,
    SEL4_FORCE_LONG_ENUM(seL4_Timeout_Msg),
} seL4_Timeout_Msg;

// Slots of the root task's CNode.
enum {
    seL4_CapNull = 0,
    seL4_CapInitThreadTCB = 1,
    seL4_CapInitThreadCNode = 2,
    seL4_CapInitThreadVSpace = 3,
    seL4_CapIRQControl = 4,
    seL4_CapASIDControl = 5,
    seL4_CapInitThreadASIDPool = 6,
    seL4_CapIOPortControl = 7,
    seL4_CapIOSpace = 8,
    seL4_CapBootInfoFrame = 9,
    seL4_CapInitThreadIPCBuffer = 10,
    seL4_CapDomain = 11,
    seL4_CapSMMUSIDControl = 12,
    seL4_CapSMMUCBControl = 13,
    seL4_CapInitThreadSC = 14,
    seL4_CapSMC = 15,
    seL4_NumInitialCaps = 16,
};

typedef struct seL4_SlotRegion {
    seL4_SlotPos start; ///< first slot
    seL4_SlotPos end;   ///< first slot after the region
} seL4_SlotRegion;

#if SEL4_WORD_BYTES == 8
typedef struct seL4_UntypedDesc {
    seL4_Word paddr;
    seL4_Uint8 sizeBits;
    seL4_Uint8 isDevice;
    seL4_Uint8 padding[6];
} seL4_UntypedDesc;

typedef struct seL4_BootInfo {
    seL4_Word extraLen; ///< bytes of extra boot info, 0 when there is none
    seL4_NodeId nodeID;
    seL4_Word numNodes;
    seL4_Word numIOPTLevels;
    seL4_IPCBuffer *ipcBuffer;
    seL4_SlotRegion empty;
    seL4_SlotRegion sharedFrames;
    seL4_SlotRegion userImageFrames;
    seL4_SlotRegion userImagePaging;
    seL4_SlotRegion ioSpaceCaps;
    seL4_SlotRegion extraBIPages;
    seL4_Word initThreadCNodeSizeBits;
    seL4_Domain initThreadDomain;
    seL4_SlotRegion schedcontrol;
    seL4_SlotRegion untyped;
    seL4_UntypedDesc untypedList[CONFIG_MAX_NUM_BOOTINFO_UNTYPED_CAPS];
} seL4_BootInfo;
_Static_assert(offsetof(seL4_BootInfo, schedcontrol) == 0x98, "boot info layout");
_Static_assert(offsetof(seL4_BootInfo, untypedList) == 0xb8, "boot info layout");
_Static_assert(sizeof(seL4_BootInfo) == 3864, "boot info layout");
#endif

/// Header of one chunk of extra boot info; chunks start one page after the boot info frame.
typedef struct seL4_BootInfoHeader {
    seL4_Word id;
    seL4_Word len; ///< bytes, with this header
} seL4_BootInfoHeader;

typedef enum seL4_BootInfoID {
    SEL4_BOOTINFO_HEADER_PADDING = 0,
    SEL4_BOOTINFO_HEADER_X86_VBE = 1,
    SEL4_BOOTINFO_HEADER_X86_MBMMAP = 2,
    SEL4_BOOTINFO_HEADER_X86_ACPI_RSDP = 3,
    SEL4_BOOTINFO_HEADER_X86_FRAMEBUFFER = 4,
    SEL4_BOOTINFO_HEADER_X86_TSC_FREQ = 5,
    SEL4_BOOTINFO_HEADER_FDT = 6,
    SEL4_BOOTINFO_HEADER_NUM,
    /// Rookery's kernel only: struct rookery_extensions (abi/extensions.h).
    SEL4_BOOTINFO_HEADER_ROOKERY_EXTENSIONS = 0x526b7279,
    SEL4_FORCE_LONG_ENUM(seL4_BootInfoID),
} seL4_BootInfoID;

enum seL4_InvocationLabel {
    InvalidInvocation = 0,
#define INVOCATION(name) name,
#include "../../invocations.def"
#undef INVOCATION
    nArchInvocationLabels,
    /// The first label that only some architectures have.
    nInvocationLabels = SchedContextYieldTo + 1,
#if defined(__aarch64__) || defined(ROOKERY_ABI_AARCH64)
    /// The first label after those that AArch64 has and 32-bit Arm has not.
    nSeL4ArchInvocationLabels = ARMSMCCall + 1,
#endif
};

#endif
