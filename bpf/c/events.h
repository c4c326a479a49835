/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Generated from the tables of package format by bpf/gen. Do not edit. */
#pragma once

enum {
	TR_VIEW_NONE = 0,
	TR_VIEW_OK = 1,
	TR_VIEW_SAME = 2,
	TR_VIEW_TRUNCATED = 3,
	TR_VIEW_UNREADABLE = 4,
	TR_VIEW_NULL = 5,
	TR_VIEW_REPLACED = 6,
	TR_VIEW_LOST = 7,
	TR_VIEW_ELSEWHERE = 8,
};

enum {
	TR_RUNG_LSM = 1,
	TR_RUNG_FENTRY = 2,
	TR_RUNG_KPROBE = 4,
	TR_RUNG_PUTNAME = 8,
	TR_RUNG_EXEC = 16,
	TR_RUNG_CGROUP = 32,
	TR_RUNG_OBJECT = 64,
	TR_RUNG_TRACE = 128,
};

enum {
	TR_ABI_AMD64 = 1,
	TR_ABI_IA32 = 2,
	TR_ABI_X32 = 3,
	TR_ABI_ARM64 = 4,
	TR_ABI_ARM32 = 5,
};

enum {
	TR_VMA_UNKNOWN = 0,
	TR_VMA_UNMAPPED = 1,
	TR_VMA_FILE_RO = 2,
	TR_VMA_FILE_RW = 3,
	TR_VMA_ANONYMOUS = 4,
	TR_VMA_UFFD = 5,
	TR_VMA_SHMEM = 6,
};

enum {
	TR_FLAG_NO_ENTER = 1,
	TR_FLAG_NO_EXIT = 2,
	TR_FLAG_IO_WORKER = 4,
	TR_FLAG_KERNEL = 8,
	TR_FLAG_INITIAL = 32,
	TR_FLAG_THREAD = 64,
	TR_FLAG_SHARED_VM = 128,
	TR_FLAG_RESTARTED = 256,
	TR_FLAG_LATE_ARGS = 512,
	TR_FLAG_ARGS_CHANGED = 1024,
};

enum {
	TR_LANE_WITNESS = 0,
	TR_LANE_PLAIN = 1,
	TR_LANE_COUNT = 2,
};

enum {
	TR_CLASS_CALL = 0,
	TR_CLASS_VIEW = 1,
	TR_CLASS_WITNESS = 2,
	TR_CLASS_PROCESS = 3,
	TR_CLASS_COUNT = 4,
};

enum {
	TR_SIDE_ENTER = 0,
	TR_SIDE_KERNEL = 1,
	TR_SIDE_EXIT = 2,
};

enum {
	TR_CAPTURE_BYTES = 0,
	TR_CAPTURE_PATH = 1,
	TR_CAPTURE_STRING = 2,
	TR_CAPTURE_ARGV = 3,
	TR_CAPTURE_SOCKADDR = 4,
	TR_CAPTURE_MSG_NAME = 5,
	TR_CAPTURE_MSG_NAMES = 6,
	TR_CAPTURE_HANDLE = 7,
	TR_CAPTURE_RIGHTS = 8,
};

enum {
	TR_FORM_FULL = 0,
	TR_FORM_SHORT = 1,
	TR_FORM_TWO = 2,
	TR_FORM_BRIEF = 3,
	TR_FORM_VIEWS = 4,
};

enum {
	TR_OBJECT_NONE = 0,
	TR_OBJECT_RET_FD = 1,
	TR_OBJECT_PEER = 2,
	TR_OBJECT_BOUND = 3,
	TR_OBJECT_SELF = 4,
	TR_OBJECT_SEND = 5,
	TR_OBJECT_STAT = 6,
	TR_OBJECT_STAT64 = 7,
	TR_OBJECT_STATX = 8,
};

enum {
	TR_LIMIT_INLINE = 240,
	TR_LIMIT_PATH = 4096,
	TR_LIMIT_ARGV = 8192,
	TR_LIMIT_ARGC = 256,
	TR_LIMIT_COMM = 16,
	TR_LIMIT_SOCK = 128,
	TR_LIMIT_ABI = 6,
	TR_LIMIT_VIEWS = 4,
	TR_LIMIT_BYTES = 4096,
	TR_LIMIT_MSGS = 8,
	TR_LIMIT_HANDLE = 128,
	TR_LIMIT_RIGHTS = 1012,
};

enum {
	TR_THROUGH_NR = 960,
	TR_THROUGH_TAKEN = 1073741824,
	TR_THROUGH_COUNT = 64,
	TR_THROUGH_IPC = 24,
	TR_THROUGH_OLD = 30,
	TR_THROUGH_WORD = 8,
};

enum {
	TR_SHAPE_NONE = 0,
	TR_SHAPE_CLONE_ARGS = 1,
	TR_SHAPE_SIGINFO = 2,
	TR_SHAPE_CAPS = 3,
	TR_SHAPE_GROUPS = 4,
	TR_SHAPE_HOSTNAME = 5,
	TR_SHAPE_DOMAINNAME = 6,
	TR_SHAPE_OPEN_HOW = 7,
	TR_SHAPE_TIMESPEC = 8,
	TR_SHAPE_TIMEVAL = 9,
	TR_SHAPE_TIMESPECS = 10,
	TR_SHAPE_TIMEVALS = 11,
	TR_SHAPE_UTIMBUF = 12,
	TR_SHAPE_OPTIONS = 13,
	TR_SHAPE_PERF_ATTR = 14,
	TR_SHAPE_PAYLOAD = 15,
};

enum {
	TR_FACT_EXIT = 1,
	TR_FACT_FREED = 2,
};

enum {
	TR_WATCH_CRED = 1,
	TR_WATCH_NS = 2,
	TR_WATCH_FS = 4,
	TR_WATCH_IDS = 8,
};

enum {
	TR_EVENT_NONE = 0,
	TR_EVENT_SYSCALL = 1,
	TR_EVENT_FORK = 2,
	TR_EVENT_EXEC = 3,
	TR_EVENT_EXIT = 4,
	TR_EVENT_TASK = 5,
	TR_EVENT_VIEW = 6,
	TR_EVENT_PUTNAME = 7,
	TR_EVENT_FILE_OPEN = 8,
	TR_EVENT_BPRM_CHECK = 9,
	TR_EVENT_SOCKET_CONNECT = 10,
	TR_EVENT_SOCKET_BIND = 11,
	TR_EVENT_LOST = 12,
	TR_EVENT_CLOCK = 13,
	TR_EVENT_CGROUP_CONNECT = 14,
	TR_EVENT_CGROUP_BIND = 15,
	TR_EVENT_CGROUP_SENDMSG = 16,
	TR_EVENT_BPRM_CREDS_FOR_EXEC = 17,
	TR_EVENT_BPRM_COMMITTED_CREDS = 18,
	TR_EVENT_FILE_PERMISSION = 19,
	TR_EVENT_FILE_IOCTL = 20,
	TR_EVENT_FILE_MPROTECT = 21,
	TR_EVENT_MMAP_FILE = 22,
	TR_EVENT_MMAP_ADDR = 23,
	TR_EVENT_INODE_CREATE = 24,
	TR_EVENT_INODE_UNLINK = 25,
	TR_EVENT_INODE_RENAME = 26,
	TR_EVENT_INODE_LINK = 27,
	TR_EVENT_INODE_SYMLINK = 28,
	TR_EVENT_INODE_MKDIR = 29,
	TR_EVENT_INODE_RMDIR = 30,
	TR_EVENT_INODE_MKNOD = 31,
	TR_EVENT_INODE_SETATTR = 32,
	TR_EVENT_INODE_SETXATTR = 33,
	TR_EVENT_INODE_REMOVEXATTR = 34,
	TR_EVENT_PATH_UNLINK = 35,
	TR_EVENT_PATH_MKDIR = 36,
	TR_EVENT_PATH_RMDIR = 37,
	TR_EVENT_PATH_MKNOD = 38,
	TR_EVENT_PATH_TRUNCATE = 39,
	TR_EVENT_PATH_SYMLINK = 40,
	TR_EVENT_PATH_LINK = 41,
	TR_EVENT_PATH_RENAME = 42,
	TR_EVENT_PATH_CHMOD = 43,
	TR_EVENT_PATH_CHOWN = 44,
	TR_EVENT_PATH_CHROOT = 45,
	TR_EVENT_PATH_NOTIFY = 46,
	TR_EVENT_SB_MOUNT = 47,
	TR_EVENT_SB_UMOUNT = 48,
	TR_EVENT_SB_PIVOTROOT = 49,
	TR_EVENT_MOVE_MOUNT = 50,
	TR_EVENT_SOCKET_CREATE = 51,
	TR_EVENT_SOCKET_LISTEN = 52,
	TR_EVENT_SOCKET_ACCEPT = 53,
	TR_EVENT_SOCKET_SENDMSG = 54,
	TR_EVENT_SOCKET_SETSOCKOPT = 55,
	TR_EVENT_TASK_FIX_SETUID = 56,
	TR_EVENT_CAPSET = 57,
	TR_EVENT_CAPABLE = 58,
	TR_EVENT_PTRACE_ACCESS_CHECK = 59,
	TR_EVENT_PTRACE_TRACEME = 60,
	TR_EVENT_TASK_KILL = 61,
	TR_EVENT_TASK_PRCTL = 62,
	TR_EVENT_TASK_SETRLIMIT = 63,
	TR_EVENT_SETTIME = 64,
	TR_EVENT_KERNEL_READ_FILE = 65,
	TR_EVENT_KERNEL_POST_READ_FILE = 66,
	TR_EVENT_KERNEL_LOAD_DATA = 67,
	TR_EVENT_KERNEL_MODULE_REQUEST = 68,
	TR_EVENT_BPF = 69,
	TR_EVENT_BPF_MAP = 70,
	TR_EVENT_BPF_PROG = 71,
	TR_EVENT_PERF_EVENT_OPEN = 72,
	TR_EVENT_KEY_ALLOC = 73,
	TR_EVENT_KEY_PERMISSION = 74,
	TR_EVENT_URING_SQPOLL = 75,
	TR_EVENT_URING_OVERRIDE_CREDS = 76,
	TR_EVENT_URING_CMD = 77,
	TR_EVENT_USERNS_CREATE = 78,
	TR_EVENT_LOCKED_DOWN = 79,
	TR_EVENT_SIGNAL = 80,
	TR_EVENT_CRED = 81,
	TR_EVENT_CAPS = 82,
	TR_EVENT_NAMESPACE = 83,
	TR_EVENT_CWD = 84,
	TR_EVENT_ROOT = 85,
	TR_EVENT_TASK_RENAME = 86,
	TR_EVENT_CAP_CAPABLE = 87,
	TR_EVENT_IO_URING_CREATE = 88,
	TR_EVENT_IO_URING_SUBMIT = 89,
	TR_EVENT_IO_URING_ASYNC = 90,
	TR_EVENT_IO_URING_COMPLETE = 91,
	TR_EVENT_FD = 92,
	TR_EVENT_MOUNT = 93,
	TR_EVENT_GROUPS = 94,
	TR_EVENT_CGROUP = 95,
	TR_EVENT_NAME = 96,
	TR_EVENT_STATE = 97,
	TR_EVENT_KFREE = 98,
	TR_EVENT_FS_CONTEXT_PARSE_PARAM = 99,
	TR_EVENT_INODE_GETXATTR = 100,
	TR_EVENT_INODE_SET_ACL = 101,
	TR_EVENT_KEY_POST_CREATE_OR_UPDATE = 102,
	TR_EVENT_MSG_QUEUE_MSGSND = 103,
	TR_EVENT_SEM_SEMOP = 104,
	TR_EVENT_SB_STATFS = 105,
	TR_EVENT_TASK_ALLOC = 106,
	TR_EVENT_KERNEL_POST_LOAD_DATA = 107,
};

enum {
	TR_PROG_SYS_ENTER = 0,
	TR_PROG_SYS_EXIT = 1,
	TR_PROG_ITER_FLUSH = 2,
	TR_PROG_TASK_NEWTASK = 3,
	TR_PROG_SCHED_PROCESS_EXEC = 4,
	TR_PROG_SCHED_PROCESS_EXIT = 5,
	TR_PROG_ITER_TASK = 6,
	TR_PROG_CGROUP_ATTACH_TASK = 7,
	TR_PROG_SCOPE_RENAME = 8,
	TR_PROG_KMEM_CACHE_FREE = 9,
	TR_PROG_KMEM_CACHE_FREE_ANY = 10,
	TR_PROG_LSM_FILE_OPEN = 11,
	TR_PROG_FENTRY_FILE_OPEN = 12,
	TR_PROG_KPROBE_FILE_OPEN = 13,
	TR_PROG_LSM_BPRM_CHECK = 14,
	TR_PROG_FENTRY_BPRM_CHECK = 15,
	TR_PROG_KPROBE_BPRM_CHECK = 16,
	TR_PROG_LSM_SOCKET_CONNECT = 17,
	TR_PROG_FENTRY_SOCKET_CONNECT = 18,
	TR_PROG_KPROBE_SOCKET_CONNECT = 19,
	TR_PROG_LSM_SOCKET_BIND = 20,
	TR_PROG_FENTRY_SOCKET_BIND = 21,
	TR_PROG_KPROBE_SOCKET_BIND = 22,
	TR_PROG_CGROUP_CONNECT4 = 23,
	TR_PROG_CGROUP_CONNECT6 = 24,
	TR_PROG_CGROUP_BIND4 = 25,
	TR_PROG_CGROUP_BIND6 = 26,
	TR_PROG_CGROUP_SENDMSG4 = 27,
	TR_PROG_CGROUP_SENDMSG6 = 28,
	TR_PROG_LSM_BPRM_CREDS_FOR_EXEC = 29,
	TR_PROG_FENTRY_BPRM_CREDS_FOR_EXEC = 30,
	TR_PROG_KPROBE_BPRM_CREDS_FOR_EXEC = 31,
	TR_PROG_LSM_BPRM_COMMITTED_CREDS = 32,
	TR_PROG_FENTRY_BPRM_COMMITTED_CREDS = 33,
	TR_PROG_KPROBE_BPRM_COMMITTED_CREDS = 34,
	TR_PROG_LSM_FILE_PERMISSION = 35,
	TR_PROG_FENTRY_FILE_PERMISSION = 36,
	TR_PROG_KPROBE_FILE_PERMISSION = 37,
	TR_PROG_LSM_FILE_IOCTL = 38,
	TR_PROG_FENTRY_FILE_IOCTL = 39,
	TR_PROG_KPROBE_FILE_IOCTL = 40,
	TR_PROG_LSM_FILE_MPROTECT = 41,
	TR_PROG_FENTRY_FILE_MPROTECT = 42,
	TR_PROG_KPROBE_FILE_MPROTECT = 43,
	TR_PROG_LSM_MMAP_FILE = 44,
	TR_PROG_FENTRY_MMAP_FILE = 45,
	TR_PROG_KPROBE_MMAP_FILE = 46,
	TR_PROG_LSM_MMAP_ADDR = 47,
	TR_PROG_FENTRY_MMAP_ADDR = 48,
	TR_PROG_KPROBE_MMAP_ADDR = 49,
	TR_PROG_LSM_INODE_CREATE = 50,
	TR_PROG_FENTRY_INODE_CREATE = 51,
	TR_PROG_KPROBE_INODE_CREATE = 52,
	TR_PROG_LSM_INODE_UNLINK = 53,
	TR_PROG_FENTRY_INODE_UNLINK = 54,
	TR_PROG_KPROBE_INODE_UNLINK = 55,
	TR_PROG_LSM_INODE_RENAME = 56,
	TR_PROG_FENTRY_INODE_RENAME = 57,
	TR_PROG_KPROBE_INODE_RENAME = 58,
	TR_PROG_LSM_INODE_LINK = 59,
	TR_PROG_FENTRY_INODE_LINK = 60,
	TR_PROG_KPROBE_INODE_LINK = 61,
	TR_PROG_LSM_INODE_SYMLINK = 62,
	TR_PROG_FENTRY_INODE_SYMLINK = 63,
	TR_PROG_KPROBE_INODE_SYMLINK = 64,
	TR_PROG_LSM_INODE_MKDIR = 65,
	TR_PROG_FENTRY_INODE_MKDIR = 66,
	TR_PROG_KPROBE_INODE_MKDIR = 67,
	TR_PROG_LSM_INODE_RMDIR = 68,
	TR_PROG_FENTRY_INODE_RMDIR = 69,
	TR_PROG_KPROBE_INODE_RMDIR = 70,
	TR_PROG_LSM_INODE_MKNOD = 71,
	TR_PROG_FENTRY_INODE_MKNOD = 72,
	TR_PROG_KPROBE_INODE_MKNOD = 73,
	TR_PROG_LSM_INODE_SETATTR = 74,
	TR_PROG_FENTRY_INODE_SETATTR = 75,
	TR_PROG_KPROBE_INODE_SETATTR = 76,
	TR_PROG_LSM_INODE_SETXATTR = 77,
	TR_PROG_FENTRY_INODE_SETXATTR = 78,
	TR_PROG_KPROBE_INODE_SETXATTR = 79,
	TR_PROG_LSM_INODE_REMOVEXATTR = 80,
	TR_PROG_FENTRY_INODE_REMOVEXATTR = 81,
	TR_PROG_KPROBE_INODE_REMOVEXATTR = 82,
	TR_PROG_LSM_PATH_UNLINK = 83,
	TR_PROG_FENTRY_PATH_UNLINK = 84,
	TR_PROG_KPROBE_PATH_UNLINK = 85,
	TR_PROG_LSM_PATH_MKDIR = 86,
	TR_PROG_FENTRY_PATH_MKDIR = 87,
	TR_PROG_KPROBE_PATH_MKDIR = 88,
	TR_PROG_LSM_PATH_RMDIR = 89,
	TR_PROG_FENTRY_PATH_RMDIR = 90,
	TR_PROG_KPROBE_PATH_RMDIR = 91,
	TR_PROG_LSM_PATH_MKNOD = 92,
	TR_PROG_FENTRY_PATH_MKNOD = 93,
	TR_PROG_KPROBE_PATH_MKNOD = 94,
	TR_PROG_LSM_PATH_TRUNCATE = 95,
	TR_PROG_FENTRY_PATH_TRUNCATE = 96,
	TR_PROG_KPROBE_PATH_TRUNCATE = 97,
	TR_PROG_LSM_PATH_SYMLINK = 98,
	TR_PROG_FENTRY_PATH_SYMLINK = 99,
	TR_PROG_KPROBE_PATH_SYMLINK = 100,
	TR_PROG_LSM_PATH_LINK = 101,
	TR_PROG_FENTRY_PATH_LINK = 102,
	TR_PROG_KPROBE_PATH_LINK = 103,
	TR_PROG_LSM_PATH_RENAME = 104,
	TR_PROG_FENTRY_PATH_RENAME = 105,
	TR_PROG_KPROBE_PATH_RENAME = 106,
	TR_PROG_LSM_PATH_CHMOD = 107,
	TR_PROG_FENTRY_PATH_CHMOD = 108,
	TR_PROG_KPROBE_PATH_CHMOD = 109,
	TR_PROG_LSM_PATH_CHOWN = 110,
	TR_PROG_FENTRY_PATH_CHOWN = 111,
	TR_PROG_KPROBE_PATH_CHOWN = 112,
	TR_PROG_LSM_PATH_CHROOT = 113,
	TR_PROG_FENTRY_PATH_CHROOT = 114,
	TR_PROG_KPROBE_PATH_CHROOT = 115,
	TR_PROG_LSM_PATH_NOTIFY = 116,
	TR_PROG_FENTRY_PATH_NOTIFY = 117,
	TR_PROG_KPROBE_PATH_NOTIFY = 118,
	TR_PROG_LSM_SB_MOUNT = 119,
	TR_PROG_FENTRY_SB_MOUNT = 120,
	TR_PROG_KPROBE_SB_MOUNT = 121,
	TR_PROG_LSM_SB_UMOUNT = 122,
	TR_PROG_FENTRY_SB_UMOUNT = 123,
	TR_PROG_KPROBE_SB_UMOUNT = 124,
	TR_PROG_LSM_SB_PIVOTROOT = 125,
	TR_PROG_FENTRY_SB_PIVOTROOT = 126,
	TR_PROG_KPROBE_SB_PIVOTROOT = 127,
	TR_PROG_LSM_MOVE_MOUNT = 128,
	TR_PROG_FENTRY_MOVE_MOUNT = 129,
	TR_PROG_KPROBE_MOVE_MOUNT = 130,
	TR_PROG_LSM_SOCKET_CREATE = 131,
	TR_PROG_FENTRY_SOCKET_CREATE = 132,
	TR_PROG_KPROBE_SOCKET_CREATE = 133,
	TR_PROG_LSM_SOCKET_LISTEN = 134,
	TR_PROG_FENTRY_SOCKET_LISTEN = 135,
	TR_PROG_KPROBE_SOCKET_LISTEN = 136,
	TR_PROG_LSM_SOCKET_ACCEPT = 137,
	TR_PROG_FENTRY_SOCKET_ACCEPT = 138,
	TR_PROG_KPROBE_SOCKET_ACCEPT = 139,
	TR_PROG_LSM_SOCKET_SENDMSG = 140,
	TR_PROG_FENTRY_SOCKET_SENDMSG = 141,
	TR_PROG_KPROBE_SOCKET_SENDMSG = 142,
	TR_PROG_LSM_SOCKET_SETSOCKOPT = 143,
	TR_PROG_FENTRY_SOCKET_SETSOCKOPT = 144,
	TR_PROG_KPROBE_SOCKET_SETSOCKOPT = 145,
	TR_PROG_LSM_TASK_FIX_SETUID = 146,
	TR_PROG_FENTRY_TASK_FIX_SETUID = 147,
	TR_PROG_KPROBE_TASK_FIX_SETUID = 148,
	TR_PROG_LSM_CAPSET = 149,
	TR_PROG_FENTRY_CAPSET = 150,
	TR_PROG_KPROBE_CAPSET = 151,
	TR_PROG_LSM_CAPABLE = 152,
	TR_PROG_FENTRY_CAPABLE = 153,
	TR_PROG_KPROBE_CAPABLE = 154,
	TR_PROG_LSM_PTRACE_ACCESS_CHECK = 155,
	TR_PROG_FENTRY_PTRACE_ACCESS_CHECK = 156,
	TR_PROG_KPROBE_PTRACE_ACCESS_CHECK = 157,
	TR_PROG_LSM_PTRACE_TRACEME = 158,
	TR_PROG_FENTRY_PTRACE_TRACEME = 159,
	TR_PROG_KPROBE_PTRACE_TRACEME = 160,
	TR_PROG_LSM_TASK_KILL = 161,
	TR_PROG_FENTRY_TASK_KILL = 162,
	TR_PROG_KPROBE_TASK_KILL = 163,
	TR_PROG_LSM_TASK_PRCTL = 164,
	TR_PROG_FENTRY_TASK_PRCTL = 165,
	TR_PROG_KPROBE_TASK_PRCTL = 166,
	TR_PROG_LSM_TASK_SETRLIMIT = 167,
	TR_PROG_FENTRY_TASK_SETRLIMIT = 168,
	TR_PROG_KPROBE_TASK_SETRLIMIT = 169,
	TR_PROG_LSM_SETTIME = 170,
	TR_PROG_FENTRY_SETTIME = 171,
	TR_PROG_KPROBE_SETTIME = 172,
	TR_PROG_LSM_KERNEL_READ_FILE = 173,
	TR_PROG_FENTRY_KERNEL_READ_FILE = 174,
	TR_PROG_KPROBE_KERNEL_READ_FILE = 175,
	TR_PROG_LSM_KERNEL_POST_READ_FILE = 176,
	TR_PROG_FENTRY_KERNEL_POST_READ_FILE = 177,
	TR_PROG_KPROBE_KERNEL_POST_READ_FILE = 178,
	TR_PROG_LSM_KERNEL_LOAD_DATA = 179,
	TR_PROG_FENTRY_KERNEL_LOAD_DATA = 180,
	TR_PROG_KPROBE_KERNEL_LOAD_DATA = 181,
	TR_PROG_LSM_KERNEL_MODULE_REQUEST = 182,
	TR_PROG_FENTRY_KERNEL_MODULE_REQUEST = 183,
	TR_PROG_KPROBE_KERNEL_MODULE_REQUEST = 184,
	TR_PROG_LSM_BPF = 185,
	TR_PROG_FENTRY_BPF = 186,
	TR_PROG_KPROBE_BPF = 187,
	TR_PROG_LSM_BPF_MAP = 188,
	TR_PROG_FENTRY_BPF_MAP = 189,
	TR_PROG_KPROBE_BPF_MAP = 190,
	TR_PROG_LSM_BPF_PROG = 191,
	TR_PROG_FENTRY_BPF_PROG = 192,
	TR_PROG_KPROBE_BPF_PROG = 193,
	TR_PROG_LSM_PERF_EVENT_OPEN = 194,
	TR_PROG_FENTRY_PERF_EVENT_OPEN = 195,
	TR_PROG_KPROBE_PERF_EVENT_OPEN = 196,
	TR_PROG_LSM_KEY_ALLOC = 197,
	TR_PROG_FENTRY_KEY_ALLOC = 198,
	TR_PROG_KPROBE_KEY_ALLOC = 199,
	TR_PROG_LSM_KEY_PERMISSION = 200,
	TR_PROG_FENTRY_KEY_PERMISSION = 201,
	TR_PROG_KPROBE_KEY_PERMISSION = 202,
	TR_PROG_LSM_URING_SQPOLL = 203,
	TR_PROG_FENTRY_URING_SQPOLL = 204,
	TR_PROG_KPROBE_URING_SQPOLL = 205,
	TR_PROG_LSM_URING_OVERRIDE_CREDS = 206,
	TR_PROG_FENTRY_URING_OVERRIDE_CREDS = 207,
	TR_PROG_KPROBE_URING_OVERRIDE_CREDS = 208,
	TR_PROG_LSM_URING_CMD = 209,
	TR_PROG_FENTRY_URING_CMD = 210,
	TR_PROG_KPROBE_URING_CMD = 211,
	TR_PROG_LSM_USERNS_CREATE = 212,
	TR_PROG_FENTRY_USERNS_CREATE = 213,
	TR_PROG_KPROBE_USERNS_CREATE = 214,
	TR_PROG_LSM_LOCKED_DOWN = 215,
	TR_PROG_FENTRY_LOCKED_DOWN = 216,
	TR_PROG_KPROBE_LOCKED_DOWN = 217,
	TR_PROG_SIGNAL_GENERATE = 218,
	TR_PROG_TASK_RENAME = 219,
	TR_PROG_CAP_CAPABLE = 220,
	TR_PROG_IO_URING_CREATE = 221,
	TR_PROG_URING_SUBMIT_REQ = 222,
	TR_PROG_URING_SUBMIT_SQE = 223,
	TR_PROG_URING_QUEUE_ASYNC = 224,
	TR_PROG_URING_COMPLETE = 225,
	TR_PROG_ITER_FD = 226,
	TR_PROG_HEAP_FREE = 227,
	TR_PROG_LSM_FS_CONTEXT_PARSE_PARAM = 228,
	TR_PROG_FENTRY_FS_CONTEXT_PARSE_PARAM = 229,
	TR_PROG_KPROBE_FS_CONTEXT_PARSE_PARAM = 230,
	TR_PROG_LSM_INODE_GETXATTR = 231,
	TR_PROG_FENTRY_INODE_GETXATTR = 232,
	TR_PROG_KPROBE_INODE_GETXATTR = 233,
	TR_PROG_LSM_INODE_SET_ACL = 234,
	TR_PROG_FENTRY_INODE_SET_ACL = 235,
	TR_PROG_KPROBE_INODE_SET_ACL = 236,
	TR_PROG_LSM_KEY_POST_CREATE_OR_UPDATE = 237,
	TR_PROG_FENTRY_KEY_POST_CREATE_OR_UPDATE = 238,
	TR_PROG_KPROBE_KEY_POST_CREATE_OR_UPDATE = 239,
	TR_PROG_LSM_MSG_QUEUE_MSGSND = 240,
	TR_PROG_FENTRY_MSG_QUEUE_MSGSND = 241,
	TR_PROG_KPROBE_MSG_QUEUE_MSGSND = 242,
	TR_PROG_LSM_SEM_SEMOP = 243,
	TR_PROG_FENTRY_SEM_SEMOP = 244,
	TR_PROG_KPROBE_SEM_SEMOP = 245,
	TR_PROG_LSM_SB_STATFS = 246,
	TR_PROG_FENTRY_SB_STATFS = 247,
	TR_PROG_KPROBE_SB_STATFS = 248,
	TR_PROG_LSM_TASK_ALLOC = 249,
	TR_PROG_FENTRY_TASK_ALLOC = 250,
	TR_PROG_KPROBE_TASK_ALLOC = 251,
	TR_PROG_LSM_KERNEL_POST_LOAD_DATA = 252,
	TR_PROG_FENTRY_KERNEL_POST_LOAD_DATA = 253,
	TR_PROG_KPROBE_KERNEL_POST_LOAD_DATA = 254,
	TR_PROG_COUNT = 255,
};

#define TR_NULL_LEN 0xffff

struct tr_header {
	__u64 seq;
	__u8 lane;
	__u8 class;
	__u8 form;
	__u8 args;
	__u16 ident;
	__u8 pad0[2];
	char comm[16];
	__u64 time;
	__u64 start;
	__u64 call;
	__u64 cgroup;
	__u32 tid;
	__u32 pid;
	__u32 ppid;
	__u32 uid;
	__u32 gid;
	__u32 pidns;
	__u32 mntns;
	__u16 event;
	__u16 flags;
	__u16 cpu;
	__u8 pad1[6];
};

struct tr_brief {
	__u64 seq;
	__u8 lane;
	__u8 class;
	__u8 form;
	__u8 args;
	__u16 ident;
	__u8 abi;
	__u8 pad1[1];
	__u16 flags;
	__u16 cpu;
	__u32 tid;
	__u64 call;
	__u64 time;
	__u64 ret;
	__u32 duration;
	__u32 nr;
	__u64 arg[6];
};

struct tr_views {
	__u64 seq;
	__u8 lane;
	__u8 class;
	__u8 form;
	__u8 args;
	__u16 ident;
	__u8 abi;
	__u8 pad1[1];
	__u16 flags;
	__u16 cpu;
	__u32 tid;
	__u64 call;
	__u64 time;
	__u64 ret;
	__u32 duration;
	__u32 nr;
	__u64 ino;
	__u32 a_len;
	__u32 b_len;
	__u32 dev;
	__u16 a_enter_len;
	__u16 a_kernel_len;
	__u16 a_exit_len;
	__u16 b_enter_len;
	__u16 b_kernel_len;
	__u16 b_exit_len;
	__u16 path_len;
	__u8 a_enter_status;
	__u8 a_kernel_status;
	__u8 a_exit_status;
	__u8 a_rungs;
	__u8 a_vma;
	__u8 a_copies;
	__u8 b_enter_status;
	__u8 b_kernel_status;
	__u8 b_exit_status;
	__u8 b_rungs;
	__u8 b_vma;
	__u8 b_copies;
	__u8 pad2[2];
	__u64 arg[6];
};

struct tr_syscall {
	struct tr_header h;
	__u64 duration;
	__u64 ret;
	__u64 arg0;
	__u64 arg1;
	__u64 arg2;
	__u64 arg3;
	__u64 arg4;
	__u64 arg5;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u64 ino;
	__u32 a_len;
	__u32 b_len;
	__u32 dev;
	__u16 a_enter_len;
	__u16 a_kernel_len;
	__u16 a_exit_len;
	__u16 b_enter_len;
	__u16 b_kernel_len;
	__u16 b_exit_len;
	__u16 path_len;
	__u8 a_enter_status;
	__u8 a_kernel_status;
	__u8 a_exit_status;
	__u8 a_rungs;
	__u8 a_vma;
	__u8 a_copies;
	__u8 b_enter_status;
	__u8 b_kernel_status;
	__u8 b_exit_status;
	__u8 b_rungs;
	__u8 b_vma;
	__u8 b_copies;
	__u8 pad2[2];
	__u32 c_len;
	__u32 d_len;
	__u16 c_enter_len;
	__u16 c_kernel_len;
	__u16 c_exit_len;
	__u16 d_enter_len;
	__u16 d_kernel_len;
	__u16 d_exit_len;
	__u8 c_enter_status;
	__u8 c_kernel_status;
	__u8 c_exit_status;
	__u8 c_rungs;
	__u8 c_vma;
	__u8 c_copies;
	__u8 d_enter_status;
	__u8 d_kernel_status;
	__u8 d_exit_status;
	__u8 d_rungs;
	__u8 d_vma;
	__u8 d_copies;
};
#define tr_id_syscall 1
#define tr_null_syscall(r) ((void)(r), (r)->a_enter_len = TR_NULL_LEN, (r)->a_kernel_len = TR_NULL_LEN, (r)->a_exit_len = TR_NULL_LEN, (r)->b_enter_len = TR_NULL_LEN, (r)->b_kernel_len = TR_NULL_LEN, (r)->b_exit_len = TR_NULL_LEN, (r)->path_len = TR_NULL_LEN, (r)->c_enter_len = TR_NULL_LEN, (r)->c_kernel_len = TR_NULL_LEN, (r)->c_exit_len = TR_NULL_LEN, (r)->d_enter_len = TR_NULL_LEN, (r)->d_kernel_len = TR_NULL_LEN, (r)->d_exit_len = TR_NULL_LEN)

#define TR_SHORT_SYSCALL 176 /* bytes before slots and object */
#define TR_TWO_SYSCALL 224 /* bytes before the third slot */

struct tr_fork {
	struct tr_header h;
	__u64 child_tid;
	__u64 child_pid;
	__u64 child_start;
	__u64 clone_flags;
	__u64 exit_signal;
};
#define tr_id_fork 2
#define tr_null_fork(r) ((void)(r))

struct tr_exec {
	struct tr_header h;
	__u64 old_tid;
	__u64 ino;
	__u32 argv_size;
	__u32 dev;
	__u16 filename_len;
	__u16 argv_len;
	__u16 path_len;
	__u16 interp_len;
	__u8 argv_status;
	__u8 pad1[7];
};
#define tr_id_exec 3
#define tr_null_exec(r) ((void)(r), (r)->filename_len = TR_NULL_LEN, (r)->argv_len = TR_NULL_LEN, (r)->path_len = TR_NULL_LEN, (r)->interp_len = TR_NULL_LEN)

struct tr_exit {
	struct tr_header h;
	__u64 exit_code;
	__u64 group_dead;
};
#define tr_id_exit 4
#define tr_null_exit(r) ((void)(r))

struct tr_task {
	struct tr_header h;
	__u64 ino;
	__u32 dev;
	__u16 path_len;
	__u16 argv_len;
	__u16 cwd_len;
	__u8 pad1[6];
};
#define tr_id_task 5
#define tr_null_task(r) ((void)(r), (r)->path_len = TR_NULL_LEN, (r)->argv_len = TR_NULL_LEN, (r)->cwd_len = TR_NULL_LEN)

struct tr_view {
	struct tr_header h;
	__u64 slot;
	__u64 view;
	__u64 uptr;
	__u32 size;
	__u16 value_len;
	__u8 status;
	__u8 rung;
};
#define tr_id_view 6
#define tr_null_view(r) ((void)(r), (r)->value_len = TR_NULL_LEN)

struct tr_putname {
	struct tr_header h;
	__u64 uptr;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u16 name_len;
	__u8 status;
	__u8 rung;
	__u8 pad2[4];
};
#define tr_id_putname 7
#define tr_null_putname(r) ((void)(r), (r)->name_len = TR_NULL_LEN)

struct tr_file_open {
	struct tr_header h;
	__u64 uptr;
	__u64 flags;
	__u64 mode;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u64 ino;
	__u32 dev;
	__u16 name_len;
	__u16 path_len;
	__u8 status;
	__u8 rung;
	__u8 pad2[6];
};
#define tr_id_file_open 8
#define tr_null_file_open(r) ((void)(r), (r)->name_len = TR_NULL_LEN, (r)->path_len = TR_NULL_LEN)

struct tr_bprm_check {
	struct tr_header h;
	__u64 argc;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u64 ino;
	__u32 dev;
	__u16 filename_len;
	__u16 interp_len;
	__u16 path_len;
	__u8 status;
	__u8 rung;
	__u8 pad2[4];
};
#define tr_id_bprm_check 9
#define tr_null_bprm_check(r) ((void)(r), (r)->filename_len = TR_NULL_LEN, (r)->interp_len = TR_NULL_LEN, (r)->path_len = TR_NULL_LEN)

struct tr_socket_connect {
	struct tr_header h;
	__u64 addrlen;
	__u64 family;
	__u64 type;
	__u64 protocol;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u16 addr_len;
	__u8 status;
	__u8 rung;
	__u8 pad2[4];
};
#define tr_id_socket_connect 10
#define tr_null_socket_connect(r) ((void)(r), (r)->addr_len = TR_NULL_LEN)

struct tr_socket_bind {
	struct tr_header h;
	__u64 addrlen;
	__u64 family;
	__u64 type;
	__u64 protocol;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u16 addr_len;
	__u8 status;
	__u8 rung;
	__u8 pad2[4];
};
#define tr_id_socket_bind 11
#define tr_null_socket_bind(r) ((void)(r), (r)->addr_len = TR_NULL_LEN)

struct tr_cgroup_connect {
	struct tr_header h;
};
#define tr_id_cgroup_connect 14
#define tr_null_cgroup_connect(r) ((void)(r))

struct tr_cgroup_bind {
	struct tr_header h;
};
#define tr_id_cgroup_bind 15
#define tr_null_cgroup_bind(r) ((void)(r))

struct tr_cgroup_sendmsg {
	struct tr_header h;
};
#define tr_id_cgroup_sendmsg 16
#define tr_null_cgroup_sendmsg(r) ((void)(r))

struct tr_bprm_creds_for_exec {
	struct tr_header h;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u64 ino;
	__u32 dev;
	__u16 filename_len;
	__u16 path_len;
	__u8 rung;
	__u8 pad2[7];
};
#define tr_id_bprm_creds_for_exec 17
#define tr_null_bprm_creds_for_exec(r) ((void)(r), (r)->filename_len = TR_NULL_LEN, (r)->path_len = TR_NULL_LEN)

struct tr_bprm_committed_creds {
	struct tr_header h;
	__u64 euid;
	__u64 egid;
	__u64 effective;
	__u64 secureexec;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u64 ino;
	__u32 dev;
	__u16 path_len;
	__u8 rung;
	__u8 pad2[1];
};
#define tr_id_bprm_committed_creds 18
#define tr_null_bprm_committed_creds(r) ((void)(r), (r)->path_len = TR_NULL_LEN)

struct tr_file_permission {
	struct tr_header h;
	__u64 mask;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u64 ino;
	__u32 dev;
	__u16 path_len;
	__u8 rung;
	__u8 pad2[1];
};
#define tr_id_file_permission 19
#define tr_null_file_permission(r) ((void)(r), (r)->path_len = TR_NULL_LEN)

struct tr_file_ioctl {
	struct tr_header h;
	__u64 cmd;
	__u64 arg;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u64 ino;
	__u32 dev;
	__u16 path_len;
	__u8 rung;
	__u8 pad2[1];
};
#define tr_id_file_ioctl 20
#define tr_null_file_ioctl(r) ((void)(r), (r)->path_len = TR_NULL_LEN)

struct tr_file_mprotect {
	struct tr_header h;
	__u64 vm_start;
	__u64 vm_end;
	__u64 reqprot;
	__u64 prot;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u64 ino;
	__u32 dev;
	__u16 path_len;
	__u8 rung;
	__u8 pad2[1];
};
#define tr_id_file_mprotect 21
#define tr_null_file_mprotect(r) ((void)(r), (r)->path_len = TR_NULL_LEN)

struct tr_mmap_file {
	struct tr_header h;
	__u64 reqprot;
	__u64 flags;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u64 ino;
	__u32 dev;
	__u16 path_len;
	__u8 rung;
	__u8 pad2[1];
};
#define tr_id_mmap_file 22
#define tr_null_mmap_file(r) ((void)(r), (r)->path_len = TR_NULL_LEN)

struct tr_mmap_addr {
	struct tr_header h;
	__u64 addr;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u8 rung;
	__u8 pad2[7];
};
#define tr_id_mmap_addr 23
#define tr_null_mmap_addr(r) ((void)(r))

struct tr_inode_create {
	struct tr_header h;
	__u64 dir_ino;
	__u64 mode;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u64 ino;
	__u32 dev;
	__u16 path_len;
	__u8 rung;
	__u8 pad2[1];
};
#define tr_id_inode_create 24
#define tr_null_inode_create(r) ((void)(r), (r)->path_len = TR_NULL_LEN)

struct tr_inode_unlink {
	struct tr_header h;
	__u64 dir_ino;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u64 ino;
	__u32 dev;
	__u16 path_len;
	__u8 rung;
	__u8 pad2[1];
};
#define tr_id_inode_unlink 25
#define tr_null_inode_unlink(r) ((void)(r), (r)->path_len = TR_NULL_LEN)

struct tr_inode_rename {
	struct tr_header h;
	__u64 dir_ino;
	__u64 new_dir_ino;
	__u64 new_ino;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u64 ino;
	__u32 dev;
	__u16 new_path_len;
	__u16 path_len;
	__u8 rung;
	__u8 pad2[7];
};
#define tr_id_inode_rename 26
#define tr_null_inode_rename(r) ((void)(r), (r)->new_path_len = TR_NULL_LEN, (r)->path_len = TR_NULL_LEN)

struct tr_inode_link {
	struct tr_header h;
	__u64 dir_ino;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u64 ino;
	__u32 dev;
	__u16 new_path_len;
	__u16 path_len;
	__u8 rung;
	__u8 pad2[7];
};
#define tr_id_inode_link 27
#define tr_null_inode_link(r) ((void)(r), (r)->new_path_len = TR_NULL_LEN, (r)->path_len = TR_NULL_LEN)

struct tr_inode_symlink {
	struct tr_header h;
	__u64 dir_ino;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u64 ino;
	__u32 dev;
	__u16 target_len;
	__u16 path_len;
	__u8 rung;
	__u8 pad2[7];
};
#define tr_id_inode_symlink 28
#define tr_null_inode_symlink(r) ((void)(r), (r)->target_len = TR_NULL_LEN, (r)->path_len = TR_NULL_LEN)

struct tr_inode_mkdir {
	struct tr_header h;
	__u64 dir_ino;
	__u64 mode;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u64 ino;
	__u32 dev;
	__u16 path_len;
	__u8 rung;
	__u8 pad2[1];
};
#define tr_id_inode_mkdir 29
#define tr_null_inode_mkdir(r) ((void)(r), (r)->path_len = TR_NULL_LEN)

struct tr_inode_rmdir {
	struct tr_header h;
	__u64 dir_ino;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u64 ino;
	__u32 dev;
	__u16 path_len;
	__u8 rung;
	__u8 pad2[1];
};
#define tr_id_inode_rmdir 30
#define tr_null_inode_rmdir(r) ((void)(r), (r)->path_len = TR_NULL_LEN)

struct tr_inode_mknod {
	struct tr_header h;
	__u64 dir_ino;
	__u64 mode;
	__u64 node_dev;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u64 ino;
	__u32 dev;
	__u16 path_len;
	__u8 rung;
	__u8 pad2[1];
};
#define tr_id_inode_mknod 31
#define tr_null_inode_mknod(r) ((void)(r), (r)->path_len = TR_NULL_LEN)

struct tr_inode_setattr {
	struct tr_header h;
	__u64 valid;
	__u64 mode;
	__u64 new_uid;
	__u64 new_gid;
	__u64 size;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u64 ino;
	__u32 dev;
	__u16 path_len;
	__u8 rung;
	__u8 pad2[1];
};
#define tr_id_inode_setattr 32
#define tr_null_inode_setattr(r) ((void)(r), (r)->path_len = TR_NULL_LEN)

struct tr_inode_setxattr {
	struct tr_header h;
	__u64 size;
	__u64 flags;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u64 ino;
	__u32 dev;
	__u16 name_len;
	__u16 value_len;
	__u16 path_len;
	__u8 rung;
	__u8 pad2[5];
};
#define tr_id_inode_setxattr 33
#define tr_null_inode_setxattr(r) ((void)(r), (r)->name_len = TR_NULL_LEN, (r)->value_len = TR_NULL_LEN, (r)->path_len = TR_NULL_LEN)

struct tr_inode_removexattr {
	struct tr_header h;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u64 ino;
	__u32 dev;
	__u16 name_len;
	__u16 path_len;
	__u8 rung;
	__u8 pad2[7];
};
#define tr_id_inode_removexattr 34
#define tr_null_inode_removexattr(r) ((void)(r), (r)->name_len = TR_NULL_LEN, (r)->path_len = TR_NULL_LEN)

struct tr_path_unlink {
	struct tr_header h;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u64 ino;
	__u32 dev;
	__u16 path_len;
	__u8 rung;
	__u8 pad2[1];
};
#define tr_id_path_unlink 35
#define tr_null_path_unlink(r) ((void)(r), (r)->path_len = TR_NULL_LEN)

struct tr_path_mkdir {
	struct tr_header h;
	__u64 mode;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u64 ino;
	__u32 dev;
	__u16 path_len;
	__u8 rung;
	__u8 pad2[1];
};
#define tr_id_path_mkdir 36
#define tr_null_path_mkdir(r) ((void)(r), (r)->path_len = TR_NULL_LEN)

struct tr_path_rmdir {
	struct tr_header h;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u64 ino;
	__u32 dev;
	__u16 path_len;
	__u8 rung;
	__u8 pad2[1];
};
#define tr_id_path_rmdir 37
#define tr_null_path_rmdir(r) ((void)(r), (r)->path_len = TR_NULL_LEN)

struct tr_path_mknod {
	struct tr_header h;
	__u64 mode;
	__u64 node_dev;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u64 ino;
	__u32 dev;
	__u16 path_len;
	__u8 rung;
	__u8 pad2[1];
};
#define tr_id_path_mknod 38
#define tr_null_path_mknod(r) ((void)(r), (r)->path_len = TR_NULL_LEN)

struct tr_path_truncate {
	struct tr_header h;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u64 ino;
	__u32 dev;
	__u16 path_len;
	__u8 rung;
	__u8 pad2[1];
};
#define tr_id_path_truncate 39
#define tr_null_path_truncate(r) ((void)(r), (r)->path_len = TR_NULL_LEN)

struct tr_path_symlink {
	struct tr_header h;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u64 ino;
	__u32 dev;
	__u16 target_len;
	__u16 path_len;
	__u8 rung;
	__u8 pad2[7];
};
#define tr_id_path_symlink 40
#define tr_null_path_symlink(r) ((void)(r), (r)->target_len = TR_NULL_LEN, (r)->path_len = TR_NULL_LEN)

struct tr_path_link {
	struct tr_header h;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u64 ino;
	__u32 dev;
	__u16 new_path_len;
	__u16 path_len;
	__u8 rung;
	__u8 pad2[7];
};
#define tr_id_path_link 41
#define tr_null_path_link(r) ((void)(r), (r)->new_path_len = TR_NULL_LEN, (r)->path_len = TR_NULL_LEN)

struct tr_path_rename {
	struct tr_header h;
	__u64 new_ino;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u64 ino;
	__u32 dev;
	__u16 new_path_len;
	__u16 path_len;
	__u8 rung;
	__u8 pad2[7];
};
#define tr_id_path_rename 42
#define tr_null_path_rename(r) ((void)(r), (r)->new_path_len = TR_NULL_LEN, (r)->path_len = TR_NULL_LEN)

struct tr_path_chmod {
	struct tr_header h;
	__u64 mode;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u64 ino;
	__u32 dev;
	__u16 path_len;
	__u8 rung;
	__u8 pad2[1];
};
#define tr_id_path_chmod 43
#define tr_null_path_chmod(r) ((void)(r), (r)->path_len = TR_NULL_LEN)

struct tr_path_chown {
	struct tr_header h;
	__u64 new_uid;
	__u64 new_gid;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u64 ino;
	__u32 dev;
	__u16 path_len;
	__u8 rung;
	__u8 pad2[1];
};
#define tr_id_path_chown 44
#define tr_null_path_chown(r) ((void)(r), (r)->path_len = TR_NULL_LEN)

struct tr_path_chroot {
	struct tr_header h;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u64 ino;
	__u32 dev;
	__u16 path_len;
	__u8 rung;
	__u8 pad2[1];
};
#define tr_id_path_chroot 45
#define tr_null_path_chroot(r) ((void)(r), (r)->path_len = TR_NULL_LEN)

struct tr_path_notify {
	struct tr_header h;
	__u64 mask;
	__u64 type;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u64 ino;
	__u32 dev;
	__u16 path_len;
	__u8 rung;
	__u8 pad2[1];
};
#define tr_id_path_notify 46
#define tr_null_path_notify(r) ((void)(r), (r)->path_len = TR_NULL_LEN)

struct tr_sb_mount {
	struct tr_header h;
	__u64 flags;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u64 ino;
	__u32 dev;
	__u16 source_len;
	__u16 fstype_len;
	__u16 path_len;
	__u8 rung;
	__u8 pad2[5];
};
#define tr_id_sb_mount 47
#define tr_null_sb_mount(r) ((void)(r), (r)->source_len = TR_NULL_LEN, (r)->fstype_len = TR_NULL_LEN, (r)->path_len = TR_NULL_LEN)

struct tr_sb_umount {
	struct tr_header h;
	__u64 flags;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u64 ino;
	__u32 dev;
	__u16 path_len;
	__u8 rung;
	__u8 pad2[1];
};
#define tr_id_sb_umount 48
#define tr_null_sb_umount(r) ((void)(r), (r)->path_len = TR_NULL_LEN)

struct tr_sb_pivotroot {
	struct tr_header h;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u64 ino;
	__u32 dev;
	__u16 put_old_len;
	__u16 path_len;
	__u8 rung;
	__u8 pad2[7];
};
#define tr_id_sb_pivotroot 49
#define tr_null_sb_pivotroot(r) ((void)(r), (r)->put_old_len = TR_NULL_LEN, (r)->path_len = TR_NULL_LEN)

struct tr_move_mount {
	struct tr_header h;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u64 ino;
	__u32 dev;
	__u16 from_len;
	__u16 path_len;
	__u8 rung;
	__u8 pad2[7];
};
#define tr_id_move_mount 50
#define tr_null_move_mount(r) ((void)(r), (r)->from_len = TR_NULL_LEN, (r)->path_len = TR_NULL_LEN)

struct tr_socket_create {
	struct tr_header h;
	__u64 kern;
	__u64 family;
	__u64 type;
	__u64 protocol;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u8 rung;
	__u8 pad2[7];
};
#define tr_id_socket_create 51
#define tr_null_socket_create(r) ((void)(r))

struct tr_socket_listen {
	struct tr_header h;
	__u64 family;
	__u64 type;
	__u64 protocol;
	__u64 backlog;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u16 addr_len;
	__u8 rung;
	__u8 pad2[5];
};
#define tr_id_socket_listen 52
#define tr_null_socket_listen(r) ((void)(r), (r)->addr_len = TR_NULL_LEN)

struct tr_socket_accept {
	struct tr_header h;
	__u64 family;
	__u64 type;
	__u64 protocol;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u16 addr_len;
	__u8 rung;
	__u8 pad2[5];
};
#define tr_id_socket_accept 53
#define tr_null_socket_accept(r) ((void)(r), (r)->addr_len = TR_NULL_LEN)

struct tr_socket_sendmsg {
	struct tr_header h;
	__u64 family;
	__u64 type;
	__u64 protocol;
	__u64 size;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u16 addr_len;
	__u8 rung;
	__u8 pad2[5];
};
#define tr_id_socket_sendmsg 54
#define tr_null_socket_sendmsg(r) ((void)(r), (r)->addr_len = TR_NULL_LEN)

struct tr_socket_setsockopt {
	struct tr_header h;
	__u64 family;
	__u64 type;
	__u64 protocol;
	__u64 level;
	__u64 optname;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u8 rung;
	__u8 pad2[7];
};
#define tr_id_socket_setsockopt 55
#define tr_null_socket_setsockopt(r) ((void)(r))

struct tr_task_fix_setuid {
	struct tr_header h;
	__u64 old_uid;
	__u64 old_euid;
	__u64 new_uid;
	__u64 new_euid;
	__u64 new_suid;
	__u64 new_fsuid;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u8 rung;
	__u8 pad2[7];
};
#define tr_id_task_fix_setuid 56
#define tr_null_task_fix_setuid(r) ((void)(r))

struct tr_capset {
	struct tr_header h;
	__u64 effective;
	__u64 permitted;
	__u64 inheritable;
	__u64 old_effective;
	__u64 old_permitted;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u8 rung;
	__u8 pad2[7];
};
#define tr_id_capset 57
#define tr_null_capset(r) ((void)(r))

struct tr_capable {
	struct tr_header h;
	__u64 cap;
	__u64 userns;
	__u64 opts;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u8 rung;
	__u8 pad2[7];
};
#define tr_id_capable 58
#define tr_null_capable(r) ((void)(r))

struct tr_ptrace_access_check {
	struct tr_header h;
	__u64 target_tid;
	__u64 target_pid;
	__u64 mode;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u16 target_comm_len;
	__u8 rung;
	__u8 pad2[5];
};
#define tr_id_ptrace_access_check 59
#define tr_null_ptrace_access_check(r) ((void)(r), (r)->target_comm_len = TR_NULL_LEN)

struct tr_ptrace_traceme {
	struct tr_header h;
	__u64 target_tid;
	__u64 target_pid;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u16 target_comm_len;
	__u8 rung;
	__u8 pad2[5];
};
#define tr_id_ptrace_traceme 60
#define tr_null_ptrace_traceme(r) ((void)(r), (r)->target_comm_len = TR_NULL_LEN)

struct tr_task_kill {
	struct tr_header h;
	__u64 target_tid;
	__u64 target_pid;
	__u64 sig;
	__u64 code;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u16 target_comm_len;
	__u8 rung;
	__u8 pad2[5];
};
#define tr_id_task_kill 61
#define tr_null_task_kill(r) ((void)(r), (r)->target_comm_len = TR_NULL_LEN)

struct tr_task_prctl {
	struct tr_header h;
	__u64 option;
	__u64 arg2;
	__u64 arg3;
	__u64 arg4;
	__u64 arg5;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u8 rung;
	__u8 pad2[7];
};
#define tr_id_task_prctl 62
#define tr_null_task_prctl(r) ((void)(r))

struct tr_task_setrlimit {
	struct tr_header h;
	__u64 target_tid;
	__u64 target_pid;
	__u64 resource;
	__u64 cur;
	__u64 max;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u8 rung;
	__u8 pad2[7];
};
#define tr_id_task_setrlimit 63
#define tr_null_task_setrlimit(r) ((void)(r))

struct tr_settime {
	struct tr_header h;
	__u64 sec;
	__u64 nsec;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u8 rung;
	__u8 pad2[7];
};
#define tr_id_settime 64
#define tr_null_settime(r) ((void)(r))

struct tr_kernel_read_file {
	struct tr_header h;
	__u64 id;
	__u64 contents;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u64 ino;
	__u32 dev;
	__u16 path_len;
	__u8 rung;
	__u8 pad2[1];
};
#define tr_id_kernel_read_file 65
#define tr_null_kernel_read_file(r) ((void)(r), (r)->path_len = TR_NULL_LEN)

struct tr_kernel_post_read_file {
	struct tr_header h;
	__u64 id;
	__u64 size;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u64 ino;
	__u32 dev;
	__u16 path_len;
	__u8 rung;
	__u8 pad2[1];
};
#define tr_id_kernel_post_read_file 66
#define tr_null_kernel_post_read_file(r) ((void)(r), (r)->path_len = TR_NULL_LEN)

struct tr_kernel_load_data {
	struct tr_header h;
	__u64 id;
	__u64 contents;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u8 rung;
	__u8 pad2[7];
};
#define tr_id_kernel_load_data 67
#define tr_null_kernel_load_data(r) ((void)(r))

struct tr_kernel_module_request {
	struct tr_header h;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u16 name_len;
	__u8 rung;
	__u8 pad2[5];
};
#define tr_id_kernel_module_request 68
#define tr_null_kernel_module_request(r) ((void)(r), (r)->name_len = TR_NULL_LEN)

struct tr_bpf {
	struct tr_header h;
	__u64 cmd;
	__u64 size;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u16 attr_len;
	__u8 rung;
	__u8 pad2[5];
};
#define tr_id_bpf 69
#define tr_null_bpf(r) ((void)(r), (r)->attr_len = TR_NULL_LEN)

struct tr_bpf_map {
	struct tr_header h;
	__u64 id;
	__u64 type;
	__u64 fmode;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u16 name_len;
	__u8 rung;
	__u8 pad2[5];
};
#define tr_id_bpf_map 70
#define tr_null_bpf_map(r) ((void)(r), (r)->name_len = TR_NULL_LEN)

struct tr_bpf_prog {
	struct tr_header h;
	__u64 id;
	__u64 type;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u16 name_len;
	__u8 rung;
	__u8 pad2[5];
};
#define tr_id_bpf_prog 71
#define tr_null_bpf_prog(r) ((void)(r), (r)->name_len = TR_NULL_LEN)

struct tr_perf_event_open {
	struct tr_header h;
	__u64 type;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u8 rung;
	__u8 pad2[7];
};
#define tr_id_perf_event_open 72
#define tr_null_perf_event_open(r) ((void)(r))

struct tr_key_alloc {
	struct tr_header h;
	__u64 flags;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u16 description_len;
	__u16 type_len;
	__u8 rung;
	__u8 pad2[3];
};
#define tr_id_key_alloc 73
#define tr_null_key_alloc(r) ((void)(r), (r)->description_len = TR_NULL_LEN, (r)->type_len = TR_NULL_LEN)

struct tr_key_permission {
	struct tr_header h;
	__u64 serial;
	__u64 need;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u16 description_len;
	__u16 type_len;
	__u8 rung;
	__u8 pad2[3];
};
#define tr_id_key_permission 74
#define tr_null_key_permission(r) ((void)(r), (r)->description_len = TR_NULL_LEN, (r)->type_len = TR_NULL_LEN)

struct tr_uring_sqpoll {
	struct tr_header h;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u8 rung;
	__u8 pad2[7];
};
#define tr_id_uring_sqpoll 75
#define tr_null_uring_sqpoll(r) ((void)(r))

struct tr_uring_override_creds {
	struct tr_header h;
	__u64 new_uid;
	__u64 new_euid;
	__u64 effective;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u8 rung;
	__u8 pad2[7];
};
#define tr_id_uring_override_creds 76
#define tr_null_uring_override_creds(r) ((void)(r))

struct tr_uring_cmd {
	struct tr_header h;
	__u64 cmd;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u64 ino;
	__u32 dev;
	__u16 path_len;
	__u8 rung;
	__u8 pad2[1];
};
#define tr_id_uring_cmd 77
#define tr_null_uring_cmd(r) ((void)(r), (r)->path_len = TR_NULL_LEN)

struct tr_userns_create {
	struct tr_header h;
	__u64 euid;
	__u64 effective;
	__u64 parent;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u8 rung;
	__u8 pad2[7];
};
#define tr_id_userns_create 78
#define tr_null_userns_create(r) ((void)(r))

struct tr_locked_down {
	struct tr_header h;
	__u64 what;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u8 rung;
	__u8 pad2[7];
};
#define tr_id_locked_down 79
#define tr_null_locked_down(r) ((void)(r))

struct tr_signal {
	struct tr_header h;
	__u64 sig;
	__u64 code;
	__u64 target_tid;
	__u64 target_pid;
	__u64 sender;
	__u64 result;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
};
#define tr_id_signal 80
#define tr_null_signal(r) ((void)(r))

struct tr_cred {
	struct tr_header h;
	__u64 euid;
	__u64 suid;
	__u64 fsuid;
	__u64 egid;
	__u64 sgid;
	__u64 fsgid;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u16 old_len;
	__u16 new_len;
	__u8 pad2[4];
};
#define tr_id_cred 81
#define tr_null_cred(r) ((void)(r), (r)->old_len = TR_NULL_LEN, (r)->new_len = TR_NULL_LEN)

struct tr_caps {
	struct tr_header h;
	__u64 effective;
	__u64 permitted;
	__u64 inheritable;
	__u64 ambient;
	__u64 bounding;
	__u64 securebits;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u16 old_len;
	__u8 pad2[6];
};
#define tr_id_caps 82
#define tr_null_caps(r) ((void)(r), (r)->old_len = TR_NULL_LEN)

struct tr_namespace {
	struct tr_header h;
	__u64 type;
	__u64 old;
	__u64 new;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
};
#define tr_id_namespace 83
#define tr_null_namespace(r) ((void)(r))

struct tr_cwd {
	struct tr_header h;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u64 ino;
	__u32 dev;
	__u16 path_len;
	__u8 pad2[2];
};
#define tr_id_cwd 84
#define tr_null_cwd(r) ((void)(r), (r)->path_len = TR_NULL_LEN)

struct tr_root {
	struct tr_header h;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u64 ino;
	__u32 dev;
	__u16 path_len;
	__u8 pad2[2];
};
#define tr_id_root 85
#define tr_null_root(r) ((void)(r), (r)->path_len = TR_NULL_LEN)

struct tr_task_rename {
	struct tr_header h;
	__u64 target_tid;
	__u64 target_pid;
	__u16 old_len;
	__u16 new_len;
	__u8 pad1[4];
};
#define tr_id_task_rename 86
#define tr_null_task_rename(r) ((void)(r), (r)->old_len = TR_NULL_LEN, (r)->new_len = TR_NULL_LEN)

struct tr_cap_capable {
	struct tr_header h;
	__u64 cap;
	__u64 userns;
	__u64 result;
	__u64 granted_in;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
};
#define tr_id_cap_capable 87
#define tr_null_cap_capable(r) ((void)(r))

struct tr_io_uring_create {
	struct tr_header h;
	__u64 ring;
	__u64 fd;
	__u64 sq_entries;
	__u64 cq_entries;
	__u64 flags;
	__u64 sqpoll_tid;
};
#define tr_id_io_uring_create 88
#define tr_null_io_uring_create(r) ((void)(r))

struct tr_io_uring_submit {
	struct tr_header h;
	__u64 ring;
	__u64 opcode;
	__u64 user_data;
	__u64 fd;
	__u64 flags;
	__u64 owner;
};
#define tr_id_io_uring_submit 89
#define tr_null_io_uring_submit(r) ((void)(r))

struct tr_io_uring_async {
	struct tr_header h;
	__u64 ring;
	__u64 opcode;
	__u64 user_data;
	__u64 fd;
	__u64 flags;
	__u64 owner;
};
#define tr_id_io_uring_async 90
#define tr_null_io_uring_async(r) ((void)(r))

struct tr_io_uring_complete {
	struct tr_header h;
	__u64 ring;
	__u64 user_data;
	__u64 result;
	__u64 cflags;
};
#define tr_id_io_uring_complete 91
#define tr_null_io_uring_complete(r) ((void)(r))

struct tr_fd {
	struct tr_header h;
	__u64 fd;
	__u64 flags;
	__u64 pos;
	__u64 family;
	__u64 type;
	__u64 description;
	__u64 ino;
	__u32 mode;
	__u32 links;
	__u32 dev;
	__u16 path_len;
	__u16 local_len;
	__u16 peer_len;
	__u8 state;
	__u8 pad1[5];
	__u32 protocol;
	__u32 mnt;
};
#define tr_id_fd 92
#define tr_null_fd(r) ((void)(r), (r)->path_len = TR_NULL_LEN, (r)->local_len = TR_NULL_LEN, (r)->peer_len = TR_NULL_LEN)

struct tr_groups {
	struct tr_header h;
	__u16 groups_len;
	__u8 pad1[6];
};
#define tr_id_groups 94
#define tr_null_groups(r) ((void)(r), (r)->groups_len = TR_NULL_LEN)

struct tr_cgroup {
	struct tr_header h;
	__u64 id;
	__u16 path_len;
	__u16 runtime_len;
	__u16 container_len;
	__u8 pad1[2];
	__u16 unit_len;
	__u16 pod_len;
	__u8 pad2[4];
};
#define tr_id_cgroup 95
#define tr_null_cgroup(r) ((void)(r), (r)->path_len = TR_NULL_LEN, (r)->runtime_len = TR_NULL_LEN, (r)->container_len = TR_NULL_LEN, (r)->unit_len = TR_NULL_LEN, (r)->pod_len = TR_NULL_LEN)

struct tr_name {
	struct tr_header h;
	__u64 of;
	__u64 id;
	__u16 name_len;
	__u8 pad1[6];
};
#define tr_id_name 96
#define tr_null_name(r) ((void)(r), (r)->name_len = TR_NULL_LEN)

struct tr_kfree {
	struct tr_header h;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
};
#define tr_id_kfree 98
#define tr_null_kfree(r) ((void)(r))

struct tr_fs_context_parse_param {
	struct tr_header h;
	__u64 type;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u16 key_len;
	__u16 value_len;
	__u8 rung;
	__u8 pad2[3];
};
#define tr_id_fs_context_parse_param 99
#define tr_null_fs_context_parse_param(r) ((void)(r), (r)->key_len = TR_NULL_LEN, (r)->value_len = TR_NULL_LEN)

struct tr_inode_getxattr {
	struct tr_header h;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u64 ino;
	__u32 dev;
	__u16 name_len;
	__u16 path_len;
	__u8 rung;
	__u8 pad2[7];
};
#define tr_id_inode_getxattr 100
#define tr_null_inode_getxattr(r) ((void)(r), (r)->name_len = TR_NULL_LEN, (r)->path_len = TR_NULL_LEN)

struct tr_inode_set_acl {
	struct tr_header h;
	__u64 entries;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u64 ino;
	__u32 dev;
	__u16 name_len;
	__u16 path_len;
	__u8 rung;
	__u8 pad2[7];
};
#define tr_id_inode_set_acl 101
#define tr_null_inode_set_acl(r) ((void)(r), (r)->name_len = TR_NULL_LEN, (r)->path_len = TR_NULL_LEN)

struct tr_key_post_create_or_update {
	struct tr_header h;
	__u64 serial;
	__u64 size;
	__u64 created;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u16 description_len;
	__u16 type_len;
	__u8 rung;
	__u8 pad2[3];
};
#define tr_id_key_post_create_or_update 102
#define tr_null_key_post_create_or_update(r) ((void)(r), (r)->description_len = TR_NULL_LEN, (r)->type_len = TR_NULL_LEN)

struct tr_msg_queue_msgsnd {
	struct tr_header h;
	__u64 type;
	__u64 size;
	__u64 flags;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u16 text_len;
	__u8 rung;
	__u8 pad2[5];
};
#define tr_id_msg_queue_msgsnd 103
#define tr_null_msg_queue_msgsnd(r) ((void)(r), (r)->text_len = TR_NULL_LEN)

struct tr_sem_semop {
	struct tr_header h;
	__u64 nsops;
	__u64 alter;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u16 sops_len;
	__u8 rung;
	__u8 pad2[5];
};
#define tr_id_sem_semop 104
#define tr_null_sem_semop(r) ((void)(r), (r)->sops_len = TR_NULL_LEN)

struct tr_sb_statfs {
	struct tr_header h;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u64 ino;
	__u32 dev;
	__u16 path_len;
	__u8 rung;
	__u8 pad2[1];
};
#define tr_id_sb_statfs 105
#define tr_null_sb_statfs(r) ((void)(r), (r)->path_len = TR_NULL_LEN)

struct tr_task_alloc {
	struct tr_header h;
	__u64 clone_flags;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u8 rung;
	__u8 pad2[7];
};
#define tr_id_task_alloc 106
#define tr_null_task_alloc(r) ((void)(r))

struct tr_kernel_post_load_data {
	struct tr_header h;
	__u64 size;
	__u64 id;
	__u32 nr;
	__u8 abi;
	__u8 pad1[3];
	__u16 head_len;
	__u8 rung;
	__u8 pad2[5];
};
#define tr_id_kernel_post_load_data 107
#define tr_null_kernel_post_load_data(r) ((void)(r), (r)->head_len = TR_NULL_LEN)