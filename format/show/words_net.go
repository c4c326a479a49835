package show

import "github.com/tracerec/tracerec/format"

// Sockets.
var netWords = map[format.Kind]words{
	format.KindSockType: {mask: 0xf, enum: []bit{
		{1, "SOCK_STREAM"}, {2, "SOCK_DGRAM"}, {3, "SOCK_RAW"}, {4, "SOCK_RDM"}, {5, "SOCK_SEQPACKET"}, {6, "SOCK_DCCP"}, {10, "SOCK_PACKET"},
	}, bits: []bit{{0x80000, "SOCK_CLOEXEC"}, {0x800, "SOCK_NONBLOCK"}}},
	format.KindSockFlags: {bits: []bit{{0x80000, "SOCK_CLOEXEC"}, {0x800, "SOCK_NONBLOCK"}}},
	format.KindMsgFlags: {bits: []bit{
		{0x1, "MSG_OOB"}, {0x2, "MSG_PEEK"}, {0x4, "MSG_DONTROUTE"}, {0x8, "MSG_CTRUNC"}, {0x10, "MSG_PROXY"}, {0x20, "MSG_TRUNC"},
		{0x40, "MSG_DONTWAIT"}, {0x80, "MSG_EOR"}, {0x100, "MSG_WAITALL"}, {0x200, "MSG_FIN"}, {0x400, "MSG_SYN"}, {0x800, "MSG_CONFIRM"},
		{0x1000, "MSG_RST"}, {0x2000, "MSG_ERRQUEUE"}, {0x4000, "MSG_NOSIGNAL"}, {0x8000, "MSG_MORE"}, {0x10000, "MSG_WAITFORONE"},
		{0x40000, "MSG_BATCH"}, {0x2000000, "MSG_SOCK_DEVMEM"}, {0x4000000, "MSG_ZEROCOPY"}, {0x20000000, "MSG_FASTOPEN"},
		{0x40000000, "MSG_CMSG_CLOEXEC"},
	}},
	format.KindShutdownHow: {enum: []bit{{0, "SHUT_RD"}, {1, "SHUT_WR"}, {2, "SHUT_RDWR"}}},
	format.KindSocketCall: {enum: []bit{
		{1, "SYS_SOCKET"}, {2, "SYS_BIND"}, {3, "SYS_CONNECT"}, {4, "SYS_LISTEN"}, {5, "SYS_ACCEPT"}, {6, "SYS_GETSOCKNAME"}, {7, "SYS_GETPEERNAME"},
		{8, "SYS_SOCKETPAIR"}, {9, "SYS_SEND"}, {10, "SYS_RECV"}, {11, "SYS_SENDTO"}, {12, "SYS_RECVFROM"}, {13, "SYS_SHUTDOWN"}, {14, "SYS_SETSOCKOPT"},
		{15, "SYS_GETSOCKOPT"}, {16, "SYS_SENDMSG"}, {17, "SYS_RECVMSG"}, {18, "SYS_ACCEPT4"}, {19, "SYS_RECVMMSG"}, {20, "SYS_SENDMMSG"},
	}},
	format.KindSockLevel: {enum: []bit{
		{0, "SOL_IP"}, {1, "SOL_SOCKET"}, {6, "SOL_TCP"}, {17, "SOL_UDP"}, {41, "SOL_IPV6"}, {58, "SOL_ICMPV6"}, {132, "SOL_SCTP"}, {136, "SOL_UDPLITE"},
		{255, "SOL_RAW"}, {0x100, "SOL_IPX"}, {0x101, "SOL_AX25"}, {0x102, "SOL_ATALK"}, {0x103, "SOL_NETROM"}, {0x104, "SOL_ROSE"},
		{0x105, "SOL_DECNET"}, {0x106, "SOL_X25"}, {0x107, "SOL_PACKET"}, {0x108, "SOL_ATM"}, {0x109, "SOL_AAL"}, {0x10a, "SOL_IRDA"},
		{0x10b, "SOL_NETBEUI"}, {0x10c, "SOL_LLC"}, {0x10d, "SOL_DCCP"}, {0x10e, "SOL_NETLINK"}, {0x10f, "SOL_TIPC"}, {0x110, "SOL_RXRPC"},
		{0x111, "SOL_PPPOL2TP"}, {0x112, "SOL_BLUETOOTH"}, {0x113, "SOL_PNPIPE"}, {0x114, "SOL_RDS"}, {0x115, "SOL_IUCV"}, {0x116, "SOL_CAIF"},
		{0x117, "SOL_ALG"}, {0x118, "SOL_NFC"}, {0x119, "SOL_KCM"}, {0x11a, "SOL_TLS"}, {0x11b, "SOL_XDP"}, {0x11c, "SOL_MPTCP"}, {0x11d, "SOL_MCTP"},
		{0x11e, "SOL_SMC"}, {0x11f, "SOL_VSOCK"},
	}},
	format.KindIPCFlags: {bits: []bit{{0x200, "IPC_CREAT"}, {0x400, "IPC_EXCL"}, {0x800, "IPC_NOWAIT"}}, octal: true},
	format.KindShmCmd: {mask: 0xff, enum: []bit{
		{0, "IPC_RMID"}, {1, "IPC_SET"}, {2, "IPC_STAT"}, {3, "IPC_INFO"}, {11, "SHM_LOCK"}, {12, "SHM_UNLOCK"}, {13, "SHM_STAT"}, {14, "SHM_INFO"},
		{15, "SHM_STAT_ANY"},
	}, bits: []bit{{0x100, "IPC_64"}}},
	format.KindSemCmd: {mask: 0xff, enum: []bit{
		{0, "IPC_RMID"}, {1, "IPC_SET"}, {2, "IPC_STAT"}, {3, "IPC_INFO"}, {11, "GETPID"}, {12, "GETVAL"}, {13, "GETALL"}, {14, "GETNCNT"},
		{15, "GETZCNT"}, {16, "SETVAL"}, {17, "SETALL"}, {18, "SEM_STAT"}, {19, "SEM_INFO"}, {20, "SEM_STAT_ANY"},
	}, bits: []bit{{0x100, "IPC_64"}}},
	format.KindMsgCmd: {mask: 0xff, enum: []bit{
		{0, "IPC_RMID"}, {1, "IPC_SET"}, {2, "IPC_STAT"}, {3, "IPC_INFO"}, {11, "MSG_STAT"}, {12, "MSG_INFO"}, {13, "MSG_STAT_ANY"},
	}, bits: []bit{{0x100, "IPC_64"}}},
	format.KindShmFlags:    {bits: []bit{{0x200, "IPC_CREAT"}, {0x400, "IPC_EXCL"}, {0x800, "SHM_HUGETLB"}, {0x1000, "SHM_NORESERVE"}}, octal: true},
	format.KindIPCMsgFlags: {bits: []bit{{0x800, "IPC_NOWAIT"}, {0x1000, "MSG_NOERROR"}, {0x2000, "MSG_EXCEPT"}, {0x4000, "MSG_COPY"}}},
	format.KindIPCCall: {mask: 0xffff, enum: []bit{
		{1, "SEMOP"}, {2, "SEMGET"}, {3, "SEMCTL"}, {4, "SEMTIMEDOP"}, {11, "MSGSND"}, {12, "MSGRCV"}, {13, "MSGGET"}, {14, "MSGCTL"}, {21, "SHMAT"},
		{22, "SHMDT"}, {23, "SHMGET"}, {24, "SHMCTL"},
	}},
	format.KindShmatFlags: {bits: []bit{{0x1000, "SHM_RDONLY"}, {0x2000, "SHM_RND"}, {0x4000, "SHM_REMAP"}, {0x8000, "SHM_EXEC"}}},
	format.KindFutexOp: {mask: 0xfffffeff, enum: []bit{
		{0, "FUTEX_WAIT"}, {1, "FUTEX_WAKE"}, {2, "FUTEX_FD"}, {3, "FUTEX_REQUEUE"}, {4, "FUTEX_CMP_REQUEUE"}, {5, "FUTEX_WAKE_OP"}, {6, "FUTEX_LOCK_PI"},
		{7, "FUTEX_UNLOCK_PI"}, {8, "FUTEX_TRYLOCK_PI"}, {9, "FUTEX_WAIT_BITSET"}, {10, "FUTEX_WAKE_BITSET"}, {11, "FUTEX_WAIT_REQUEUE_PI"},
		{12, "FUTEX_CMP_REQUEUE_PI"}, {13, "FUTEX_LOCK_PI2"}, {128, "FUTEX_WAIT_PRIVATE"}, {129, "FUTEX_WAKE_PRIVATE"}, {131, "FUTEX_REQUEUE_PRIVATE"},
		{132, "FUTEX_CMP_REQUEUE_PRIVATE"}, {133, "FUTEX_WAKE_OP_PRIVATE"}, {134, "FUTEX_LOCK_PI_PRIVATE"}, {135, "FUTEX_UNLOCK_PI_PRIVATE"},
		{136, "FUTEX_TRYLOCK_PI_PRIVATE"}, {137, "FUTEX_WAIT_BITSET_PRIVATE"}, {138, "FUTEX_WAKE_BITSET_PRIVATE"}, {139, "FUTEX_WAIT_REQUEUE_PI_PRIVATE"},
		{140, "FUTEX_CMP_REQUEUE_PI_PRIVATE"}, {141, "FUTEX_LOCK_PI2_PRIVATE"},
	}, bits: []bit{{0x100, "FUTEX_CLOCK_REALTIME"}}},
	format.KindFutex2Flags: {mask: 3, enum: []bit{{0, "FUTEX2_SIZE_U8"}, {1, "FUTEX2_SIZE_U16"}, {2, "FUTEX2_SIZE_U32"}, {3, "FUTEX2_SIZE_U64"}}, bits: []bit{{0x4, "FUTEX2_NUMA"}, {0x8, "FUTEX2_MPOL"}, {0x80, "FUTEX2_PRIVATE"}}},
}
