package show

import "github.com/tracerec/tracerec/format"

// bpfMapTypes are enum bpf_map_type, bpfProgTypes enum bpf_prog_type without
// their BPF_MAP_TYPE_ and BPF_PROG_TYPE_, as bpftool has them.
var bpfMapTypes = numbered([]string{
	"UNSPEC", "HASH", "ARRAY", "PROG_ARRAY", "PERF_EVENT_ARRAY", "PERCPU_HASH", "PERCPU_ARRAY", "STACK_TRACE", "CGROUP_ARRAY",
	"LRU_HASH", "LRU_PERCPU_HASH", "LPM_TRIE", "ARRAY_OF_MAPS", "HASH_OF_MAPS", "DEVMAP", "SOCKMAP", "CPUMAP", "XSKMAP", "SOCKHASH",
	"CGROUP_STORAGE", "REUSEPORT_SOCKARRAY", "PERCPU_CGROUP_STORAGE", "QUEUE", "STACK", "SK_STORAGE", "DEVMAP_HASH", "STRUCT_OPS",
	"RINGBUF", "INODE_STORAGE", "TASK_STORAGE", "BLOOM_FILTER", "USER_RINGBUF", "CGRP_STORAGE", "ARENA",
})

var bpfProgTypes = numbered([]string{
	"UNSPEC", "SOCKET_FILTER", "KPROBE", "SCHED_CLS", "SCHED_ACT", "TRACEPOINT", "XDP", "PERF_EVENT", "CGROUP_SKB", "CGROUP_SOCK",
	"LWT_IN", "LWT_OUT", "LWT_XMIT", "SOCK_OPS", "SK_SKB", "CGROUP_DEVICE", "SK_MSG", "RAW_TRACEPOINT", "CGROUP_SOCK_ADDR",
	"LWT_SEG6LOCAL", "LIRC_MODE2", "SK_REUSEPORT", "FLOW_DISSECTOR", "CGROUP_SYSCTL", "RAW_TRACEPOINT_WRITABLE", "CGROUP_SOCKOPT",
	"TRACING", "STRUCT_OPS", "EXT", "LSM", "SK_LOOKUP", "SYSCALL", "NETFILTER",
})

// lsmWords are what security hooks are given besides objects and what calls
// take, too.
var lsmWords = map[format.Kind]words{
	format.KindCapOpt:      {bits: []bit{{2, "CAP_OPT_NOAUDIT"}, {4, "CAP_OPT_INSETID"}}, zero: "CAP_OPT_NONE"},
	format.KindBPFMapType:  {enum: bpfMapTypes},
	format.KindBPFProgType: {enum: bpfProgTypes},
	format.KindFMode: {bits: []bit{
		{1, "FMODE_READ"}, {2, "FMODE_WRITE"}, {4, "FMODE_LSEEK"}, {8, "FMODE_PREAD"}, {0x10, "FMODE_PWRITE"}, {0x20, "FMODE_EXEC"},
	}},
	format.KindPerfAccess: {enum: numbered([]string{"PERF_SECURITY_OPEN", "PERF_SECURITY_CPU", "PERF_SECURITY_KERNEL", "PERF_SECURITY_TRACEPOINT"})},
	format.KindKeyAlloc: {zero: "KEY_ALLOC_IN_QUOTA", bits: []bit{
		{1, "KEY_ALLOC_QUOTA_OVERRUN"}, {2, "KEY_ALLOC_NOT_IN_QUOTA"}, {4, "KEY_ALLOC_BUILT_IN"}, {8, "KEY_ALLOC_BYPASS_RESTRICTION"},
		{0x10, "KEY_ALLOC_UID_KEYRING"}, {0x20, "KEY_ALLOC_SET_KEEP"},
	}},
	format.KindFSValue: {enum: numbered([]string{"undefined", "flag", "string", "blob", "filename", "file"})},
	format.KindFSNotify: {wide: true, bits: []bit{
		{1, "FS_ACCESS"}, {2, "FS_MODIFY"}, {4, "FS_ATTRIB"}, {8, "FS_CLOSE_WRITE"}, {0x10, "FS_CLOSE_NOWRITE"}, {0x20, "FS_OPEN"},
		{0x40, "FS_MOVED_FROM"}, {0x80, "FS_MOVED_TO"}, {0x100, "FS_CREATE"}, {0x200, "FS_DELETE"}, {0x400, "FS_DELETE_SELF"},
		{0x800, "FS_MOVE_SELF"}, {0x1000, "FS_OPEN_EXEC"}, {0x2000, "FS_UNMOUNT"}, {0x4000, "FS_Q_OVERFLOW"}, {0x8000, "FS_IN_IGNORED"},
		{0x10000, "FS_OPEN_PERM"}, {0x20000, "FS_ACCESS_PERM"}, {0x40000, "FS_OPEN_EXEC_PERM"}, {0x100000, "FS_PRE_ACCESS"},
		{0x8000000, "FS_EVENT_ON_CHILD"}, {0x10000000, "FS_RENAME"}, {0x20000000, "FS_DN_MULTISHOT"}, {0x40000000, "FS_ISDIR"},
	}},
	format.KindIPCKey: {enum: []bit{{0, "IPC_PRIVATE"}}},
}
