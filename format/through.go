package format

// Through says that the calls of a row are made through another one, whose first
// argument says which: i386's socketcall(2) and ipc(2). Such a row is a copy of that
// of the call made by its own number, so that whatever reads calls by their name or
// table reads it alike; it has a number of its own, which no program can bring about.
type Through struct {
	Call  string // socketcall, ipc
	Kind  Kind   // of its first argument
	Value uint32 // of that
	Key   int    // of what Base, Words and From say, in the kernel

	// Base is the register that points to Words words of the caller's memory, which
	// the kernel copies once (net/compat.c, ipc/syscall.c).
	Base, Words int
	From        []uint8 // for each argument: a register's index, or FromWord + a word's
}

// FromWord is added to the index of a word in memory.
const FromWord = 8

const (
	// ThroughNR is the number of the first of them in i386's table. A call whose own
	// number stands there is recorded with ThroughTaken added: no table has it.
	ThroughNR    = 960
	ThroughTaken = 1 << 30
	ThroughCount = 64
	ThroughIPC   = 24 // keys of ipc follow those of socketcall
	ThroughOld   = 30 // what is added to ThroughIPC for the first form of msgrcv, by a struct ipc_kludge
)

// socketCalls are those of socketcall, from 1: linux/net.h.
var socketCalls = []string{
	"socket", "bind", "connect", "listen", "accept", "getsockname", "getpeername", "socketpair", "send", "recv",
	"sendto", "recvfrom", "shutdown", "setsockopt", "getsockopt", "sendmsg", "recvmsg", "accept4", "recvmmsg", "sendmmsg",
}

// ipcCalls are those of ipc: linux/ipc.h, and where compat_ksys_ipc takes their arguments from.
var ipcCalls = []struct {
	name  string
	value uint32
	words int // behind register 4
	from  []uint8
}{
	{"semop", 1, 0, []uint8{1, 4, 2}},
	{"semget", 2, 0, []uint8{1, 2, 3}},
	{"semctl", 3, 1, []uint8{1, 2, 3, FromWord}},
	{"semtimedop", 4, 0, []uint8{1, 4, 2, 5}},
	{"msgsnd", 11, 0, []uint8{1, 4, 2, 3}},
	{"msgrcv", 12, 0, []uint8{1, 4, 2, 5, 3}},
	{"msgrcv", ThroughOld, 2, []uint8{1, FromWord, 2, FromWord + 1, 3}}, // struct ipc_kludge
	{"msgget", 13, 0, []uint8{1, 2}},
	{"msgctl", 14, 0, []uint8{1, 2, 4}},
	{"shmat", 21, 0, []uint8{1, 4, 2}},
	{"shmdt", 22, 0, []uint8{4}},
	{"shmget", 23, 0, []uint8{1, 2, 3}},
	{"shmctl", 24, 0, []uint8{1, 2, 4}},
}

// throughSyscalls are the rows of calls made through socketcall and ipc.
func throughSyscalls(direct []Syscall) (rows []Syscall) {
	add := func(name string, t Through) {
		for i := range direct {
			if direct[i].Name == name {
				row := direct[i]
				row.NR, row.Through = nr32(int16(ThroughNR+t.Key), noNR), &t
				rows = append(rows, row)
				return
			}
		}
		panic("no call is named " + name)
	}
	for i, name := range socketCalls {
		t := Through{Call: "socketcall", Kind: KindSocketCall, Value: uint32(i + 1), Key: i + 1, Base: 1}
		for k := range direct {
			if direct[k].Name == name {
				t.Words = len(direct[k].Args)
			}
		}
		for w := range t.Words {
			t.From = append(t.From, uint8(FromWord+w))
		}
		add(name, t)
	}
	for _, c := range ipcCalls {
		value := c.value
		if value == ThroughOld {
			value = 12
		}
		add(c.name, Through{Call: "ipc", Kind: KindIPCCall, Value: value, Key: ThroughIPC + int(c.value), Base: 4, Words: c.words, From: c.from})
	}
	return rows
}
