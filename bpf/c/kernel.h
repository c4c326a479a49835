/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The kernel types that the programs look at, cut down to the fields in use.
 * CO-RE relocates every access, so neither order nor size matters here, and
 * one object serves all kernels. Names are the kernel's.
 */
#pragma once

typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef signed char __s8;
typedef short __s16;
typedef int __s32;
typedef long long __s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;
typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s32 s32;
typedef __s64 s64;
typedef _Bool bool;
enum { false = 0, true = 1 };

enum bpf_map_type {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_LRU_HASH = 9,
	BPF_MAP_TYPE_RINGBUF = 27,
	BPF_MAP_TYPE_TASK_STORAGE = 29,
};

enum {
	BPF_F_NO_PREALLOC = 1,
	BPF_NOEXIST = 1,
	BPF_LOCAL_STORAGE_GET_F_CREATE = 1,
	BPF_RB_NO_WAKEUP = 1,
	BPF_RB_FORCE_WAKEUP = 2,
	BPF_RB_AVAIL_DATA = 0,
};

#define TS_COMPAT 0x0002 /* arch/x86 thread_info.status: ia32 syscall active */
#define TIF_32BIT (1UL << 22) /* arch/arm64 thread_info.flags */
#define X32_SYSCALL_BIT 0x40000000
#define PF_IO_WORKER 0x00000010
#define PF_KTHREAD 0x00200000
#define CLONE_VM 0x00000100
#define CLONE_THREAD 0x00010000
#define O_CLOEXEC 02000000
#define S_IFMT 00170000
#define S_IFSOCK 0140000
#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10
#define VM_WRITE 0x00000002UL
#define VM_SHARED 0x00000008UL

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct list_head {
	struct list_head *next, *prev;
};

typedef struct {
	int counter;
} atomic_t;

struct qstr {
	u32 len;
	const unsigned char *name;
};

struct super_block {
	u32 s_dev;
	u32 s_time_gran;
	unsigned long s_magic;
};

struct inode {
	u16 i_mode;
	unsigned int i_nlink;
	struct super_block *i_sb;
	unsigned long i_ino;
};

struct dentry {
	struct super_block *d_sb;
	struct dentry *d_parent;
	struct qstr d_name;
	struct inode *d_inode;
};

struct vfsmount {
	struct dentry *mnt_root;
};

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
	int mnt_id;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct file {
	struct inode *f_inode;
	unsigned int f_flags;
	s64 f_pos;
	void *private_data;
	struct path f_path;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
	unsigned long *close_on_exec;
};

struct files_struct {
	struct fdtable *fdt;
};

struct fs_struct {
	struct path root, pwd;
};

struct filename {
	const char *name;
	const char *uptr;
	const char iname[0];
};

struct nameidata {
	struct filename *name;
	struct nameidata *saved;
};

struct kmem_cache {
	const char *name;
};

struct ns_common {
	unsigned int inum;
};

struct mnt_namespace {
	struct ns_common ns;
};

struct net {
	struct ns_common ns;
};

struct new_utsname {
	char nodename[65];
	char domainname[65];
};

struct uts_namespace {
	struct new_utsname name;
	struct ns_common ns;
};

struct ipc_namespace {
	struct ns_common ns;
};

struct cgroup_namespace {
	struct ns_common ns;
};

struct time_namespace {
	struct ns_common ns;
};

struct user_namespace {
	int level;
	struct ns_common ns;
};

struct pid_namespace {
	struct ns_common ns;
};

struct nsproxy {
	struct uts_namespace *uts_ns;
	struct ipc_namespace *ipc_ns;
	struct mnt_namespace *mnt_ns;
	struct pid_namespace *pid_ns_for_children;
	struct net *net_ns;
	struct time_namespace *time_ns_for_children;
	struct cgroup_namespace *cgroup_ns;
};

struct upid {
	int nr;
	struct pid_namespace *ns;
};

struct pid {
	unsigned int level;
	struct upid numbers[1];
};

typedef struct {
	u32 val;
} kuid_t;

typedef struct {
	u32 val;
} kgid_t;

struct group_info {
	int ngroups;
	kgid_t gid[0];
};

typedef struct {
	u64 val;
} kernel_cap_t; /* two u32 before 6.3 */

struct cred {
	struct group_info *group_info;
	kuid_t uid;
	kgid_t gid;
	kuid_t suid;
	kgid_t sgid;
	kuid_t euid;
	kgid_t egid;
	kuid_t fsuid;
	kgid_t fsgid;
	unsigned int securebits;
	kernel_cap_t cap_inheritable;
	kernel_cap_t cap_permitted;
	kernel_cap_t cap_effective;
	kernel_cap_t cap_bset;
	kernel_cap_t cap_ambient;
	struct user_namespace *user_ns;
};

struct signal_struct {
	atomic_t live;
};

struct mm_struct {
	struct {
		unsigned long arg_start, arg_end, env_start, env_end;
		struct file *exe_file;
	};
};

struct vm_area_struct {
	unsigned long vm_start, vm_end;
	unsigned long vm_flags;
	struct file *vm_file;
	struct {
		void *ctx;
	} vm_userfaultfd_ctx;
};

struct kernfs_node {
	u64 id;
	const char *name;
	struct kernfs_node *__parent; /* parent before 6.15 */
};

struct kernfs_node___old {
	struct kernfs_node *parent;
};

struct cgroup_subsys_state {
	struct cgroup_subsys_state *parent;
};

struct cgroup {
	struct cgroup_subsys_state self;
	struct kernfs_node *kn;
};

struct css_set {
	struct cgroup *dfl_cgrp;
};

struct thread_info {
	unsigned long flags;
	u32 status;
};

struct task_struct {
	struct thread_info thread_info;
	void *stack;
	unsigned int flags;
	int pid, tgid;
	int exit_code;
	int exit_signal;
	u64 start_boottime;
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	struct mm_struct *mm;
	struct fs_struct *fs;
	struct files_struct *files;
	struct nsproxy *nsproxy;
	struct signal_struct *signal;
	struct nameidata *nameidata;
	struct css_set *cgroups;
	struct pid *thread_pid;
	const struct cred *real_cred;
	char comm[16];
};

/* The start time's name before 5.5, kept for vendor kernels. */
struct task_struct___old {
	u64 real_start_time;
};

struct linux_binprm {
	unsigned int secureexec : 1;
	struct cred *cred;
	struct file *file;
	int argc;
	const char *filename;
	const char *interp;
};

struct in6_addr {
	union {
		u8 u6_addr8[16];
		u32 u6_addr32[4];
	} in6_u;
};

struct sock_common {
	u32 skc_daddr;
	u32 skc_rcv_saddr;
	u16 skc_dport;
	u16 skc_num;
	u16 skc_family;
	unsigned char skc_state;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
};

struct sock {
	struct sock_common __sk_common;
	u16 sk_protocol;
};

struct socket {
	short type;
	struct sock *sk;
};

struct unix_address {
	int len;
	char name[0];
};

struct unix_sock {
	struct unix_address *addr;
	struct sock *peer;
};

/* What security hooks are given. */

struct timespec64 {
	s64 tv_sec;
	long tv_nsec;
};

struct iattr {
	unsigned int ia_valid;
	u16 ia_mode;
	kuid_t ia_uid;
	kgid_t ia_gid;
	s64 ia_size;
	struct timespec64 ia_atime, ia_mtime;
};

struct msghdr {
	void *msg_name;
	int msg_namelen;
};

struct kernel_siginfo {
	int si_code;
};

struct perf_event_attr {
	u32 type;
};

struct perf_event {
	struct perf_event_attr attr;
};

enum fs_value_type {
	fs_value_is_string = 2,
};

struct fs_parameter {
	const char *key;
	enum fs_value_type type : 8;
	char *string;
};

struct posix_acl {
	u32 a_count;
};

struct msg_msg {
	long m_type;
	unsigned long m_ts;
};

struct rlimit {
	unsigned long rlim_cur, rlim_max;
};

struct key_type {
	const char *name;
};

struct keyring_index_key {
	struct key_type *type;
	const char *description;
};

struct key {
	int serial;
	struct keyring_index_key index_key;
};

enum bpf_prog_type {
	BPF_PROG_TYPE_UNSPEC,
};

struct bpf_map {
	enum bpf_map_type map_type;
	u32 id;
	char name[16];
};

struct bpf_prog_aux {
	u32 id;
	char name[16];
};

struct bpf_prog {
	enum bpf_prog_type type;
	struct bpf_prog_aux *aux;
};

struct io_uring_cmd {
	struct file *file;
	u32 cmd_op;
};

enum lockdown_reason {
	LOCKDOWN_DEVICE_TREE = 10,
	LOCKDOWN_BPF_WRITE_USER = 17,
	LOCKDOWN_DBG_WRITE_KERNEL = 18,
	LOCKDOWN_RTAS_ERROR_INJECTION = 19,
	LOCKDOWN_XEN_USER_ACTIONS = 20,
	LOCKDOWN_DBG_READ_KERNEL = 25,
	LOCKDOWN_XFRM_SECRET = 29,
};

#if defined(__TARGET_ARCH_x86)
struct pt_regs {
	unsigned long bx, cx, dx, si, di, bp, r8, r9, r10, ax, orig_ax;
};
#elif defined(__TARGET_ARCH_arm64)
struct user_pt_regs {
	u64 regs[31];
};
struct pt_regs {
	u64 regs[31];
	u64 orig_x0;
	int syscallno;
};
#endif

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
	u64 session_id;
	u64 seq_num;
};

struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	u32 fd;
	struct file *file;
};

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

#pragma clang attribute pop

/* Stable user ABI, never relocated. */
struct bpf_raw_tracepoint_args {
	u64 args[0];
};

struct bpf_sock_addr {
	u32 user_family;
	u32 user_ip4;
	u32 user_ip6[4];
	u32 user_port;
	u32 family;
	u32 type;
	u32 protocol;
};

enum bpf_func_id___tr {
	BPF_FUNC_find_vma___tr = 180,
};
