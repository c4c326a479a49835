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
};

enum {
	TR_FORM_FULL = 0,
	TR_FORM_SHORT = 1,
	TR_FORM_TWO = 2,
};

enum {
	TR_OBJECT_NONE = 0,
	TR_OBJECT_RET_FD = 1,
	TR_OBJECT_PEER = 2,
	TR_OBJECT_BOUND = 3,
	TR_OBJECT_SELF = 4,
	TR_OBJECT_SEND = 5,
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
	TR_PROG_KMEM_CACHE_FREE = 8,
	TR_PROG_KMEM_CACHE_FREE_ANY = 9,
	TR_PROG_LSM_FILE_OPEN = 10,
	TR_PROG_FENTRY_FILE_OPEN = 11,
	TR_PROG_KPROBE_FILE_OPEN = 12,
	TR_PROG_LSM_BPRM_CHECK = 13,
	TR_PROG_FENTRY_BPRM_CHECK = 14,
	TR_PROG_KPROBE_BPRM_CHECK = 15,
	TR_PROG_LSM_SOCKET_CONNECT = 16,
	TR_PROG_FENTRY_SOCKET_CONNECT = 17,
	TR_PROG_KPROBE_SOCKET_CONNECT = 18,
	TR_PROG_LSM_SOCKET_BIND = 19,
	TR_PROG_FENTRY_SOCKET_BIND = 20,
	TR_PROG_KPROBE_SOCKET_BIND = 21,
	TR_PROG_CGROUP_CONNECT4 = 22,
	TR_PROG_CGROUP_CONNECT6 = 23,
	TR_PROG_CGROUP_BIND4 = 24,
	TR_PROG_CGROUP_BIND6 = 25,
	TR_PROG_CGROUP_SENDMSG4 = 26,
	TR_PROG_CGROUP_SENDMSG6 = 27,
	TR_PROG_COUNT = 28,
};

#define TR_NULL_LEN 0xffff

struct tr_header {
	__u64 seq;
	__u8 lane;
	__u8 class;
	__u8 form;
	__u8 pad0[5];
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

#define TR_SHORT_SYSCALL 176 /* bytes before slots and object */
#define TR_TWO_SYSCALL 224 /* bytes before the third slot */

struct tr_fork {
	struct tr_header h;
	__u64 child_tid;
	__u64 child_pid;
	__u64 child_start;
	__u64 clone_flags;
};

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

struct tr_exit {
	struct tr_header h;
	__u64 exit_code;
	__u64 group_dead;
};

struct tr_task {
	struct tr_header h;
	__u64 ino;
	__u32 dev;
	__u16 path_len;
	__u16 argv_len;
	__u16 cwd_len;
	__u8 pad1[6];
};

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

struct tr_cgroup_connect {
	struct tr_header h;
};

struct tr_cgroup_bind {
	struct tr_header h;
};

struct tr_cgroup_sendmsg {
	struct tr_header h;
};